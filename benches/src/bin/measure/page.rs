//! The tables of `docs/performance.md`.

use crate::rounds::Measured;
use std::fmt::Write;
use std::path::Path;
use sysdl_bench::workload::Workload;

const BEGIN: &str = "<!-- measured -->";
const END: &str = "<!-- /measured -->";

/// What programs written by hand are called, in the order of their columns.
const BY_HAND: [&str; 3] = ["by hand, events", "by hand, fused", "by hand, eager"];

/// Heading of the table of workloads.
pub const HEAD_OF_WORKLOADS: &str = "\n## Nanoseconds a request\n\n\
    | workload | requests | events a request | module, wasmtime | module, V8 | by hand, events | by hand, fused | by hand, eager | module ÷ events | module ÷ fused | module ÷ eager | V8 ÷ wasmtime | simulated s a second |\n\
    | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n";

/// On what was measured.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    format!("{}, {cores} cores; load when it began: {load}.\n", model.trim_start_matches([' ', '\t', ':']))
}

/// A median with the least and the most of all rounds.
pub fn spread(measured: &Measured) -> String {
    let last = measured.ns.len() - 1;
    format!("{} ({}–{})", digits(measured.median()), digits(measured.ns[0]), digits(measured.ns[last]))
}

/// Three digits, about.
pub fn digits(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

/// A row of the table of workloads.
pub fn workload(workload: &Workload, measured: &[Measured]) -> String {
    let [wasmtime, v8, hands @ ..] = measured else { return String::new() };
    let module = wasmtime.median();
    let (mut times, mut ratios) = (String::new(), String::new());
    for name in BY_HAND {
        let hand = hands.iter().find(|hand| hand.name == name);
        let _ = write!(times, " | {}", hand.map_or(String::new(), spread));
        let _ = write!(ratios, " | {}", hand.map_or(String::new(), |hand| digits(module / hand.median())));
    }
    let simulated_s = workload.seconds() / (module * 1e-9 * wasmtime.sample.requests as f64);
    format!(
        "| {} | {} | {:.1} | {} | {}{times}{ratios} | {} | {} |\n",
        workload.name,
        wasmtime.sample.requests,
        wasmtime.sample.events as f64 / wasmtime.sample.requests as f64,
        spread(wasmtime),
        spread(v8),
        digits(v8.median() / module),
        digits(simulated_s),
    )
}

/// The table of peers.
pub fn peers(measured: &[Measured]) -> String {
    let mut text = String::from(
        "\n## Beside others\n\nThe reference topology at 10,000 requests a second (`web`).\n\n\
         | | records | ns a request | as many times a module under wasmtime |\n| --- | --- | --: | --: |\n",
    );
    let module = measured.first().map_or(1.0, Measured::median);
    for one in measured {
        let times = digits(one.median() / module);
        let _ = writeln!(text, "| {} | {} | {} | {times} |", one.name, one.records, spread(one));
    }
    text
}

/// Puts tables in their place.
///
/// # Errors
/// If the page has no such place.
pub fn write(tables: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let page = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let marked = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, behind) = marked.ok_or_else(|| format!("{} has no {BEGIN} … {END}", path.display()))?;
    std::fs::write(&path, format!("{before}{BEGIN}\n{tables}{END}{behind}")).map_err(|error| error.to_string())
}
