//! What each pass buys: modules without it, beside those with all of them.

use crate::extras::{compressed, prepare};
use crate::page::digits;
use std::fmt::Write as _;
use sysdl_bench::guest;
use sysdl_bench::workload::Workload;
use sysdl_lower::Passes;

/// Systems that are run without a pass, and how long, in nanoseconds.
const SYSTEMS: [(&str, u64); 5] = [
    ("web", 20_000_000_000),
    ("web_busy", 10_000_000_000),
    ("storm", 5_000_000_000),
    ("kafka", 10_000_000_000),
    ("wide", 2_000_000_000),
];

/// Ways of making a module.
const WAYS: [(&str, Passes); 11] = {
    let all = Passes::ALL;
    [
        ("all of them", all),
        ("not resolved ahead of time", Passes { ahead: false, ..all }),
        ("no constant durations and probabilities", Passes { fold: false, ..all }),
        ("the kernel asks its rows", Passes { specialize: false, ..all }),
        ("small functions called", Passes { expand: false, ..all }),
        ("functions that are alike apart", Passes { merge: false, ..all }),
        ("parameters that nothing changes read from cells", Passes { fix: false, ..all }),
        ("each operation a function", Passes { in_line: false, ..all }),
        ("equal distributions and policies apart", Passes { share: false, ..all }),
        ("the whole kernel", Passes { leave_out: false, ..all }),
        ("none (`--plain`)", Passes::NONE),
    ]
};

/// The table.
///
/// # Errors
/// If something does not compile or run, or a module without a pass ends in another digest.
pub fn measure(rounds: usize) -> Result<String, String> {
    let mut text = String::from(
        "\n## What each pass buys\n\nNanoseconds a request under wasmtime, without a pass, and the size of the module of `web`.\n\n| passes |",
    );
    for (name, _) in SYSTEMS {
        let _ = write!(text, " {name} |");
    }
    text.push_str(" bytes, compressed by gzip |\n| --- | --: | --: | --: | --: | --: | --: |\n");
    let mut columns = Vec::new();
    for (name, duration_ns) in SYSTEMS {
        columns.push(column(name, duration_ns, rounds)?);
    }
    let web = Workload::called(SYSTEMS[0].0).ok_or("there is no such workload")?.compile(None)?;
    for (row, (way, passes)) in WAYS.iter().enumerate() {
        let _ = write!(text, "| {way} |");
        for column in &columns {
            let _ = write!(text, " {} |", digits(column[row]));
        }
        let _ = writeln!(text, " {} |", compressed(&web.module(*passes)?)?);
    }
    Ok(text)
}

/// Medians of one system, all ways in turn.
fn column(name: &str, duration_ns: u64, rounds: usize) -> Result<Vec<f64>, String> {
    let system = Workload::called(name).ok_or("there is no such workload")?.compile(Some(duration_ns))?;
    let modules = WAYS.iter().map(|(_, passes)| prepare(&system.module(*passes)?)).collect::<Result<Vec<_>, _>>()?;
    let mut all = vec![Vec::new(); WAYS.len()];
    let mut digest = None;
    for _ in 0..rounds {
        for (module, all) in modules.iter().zip(&mut all) {
            let run = guest::run(module, 1).map_err(|error| error.to_string())?;
            if *digest.get_or_insert(run.digest) != run.digest {
                return Err(format!("{name}: a pass changes what it means"));
            }
            all.push(run.wall.as_nanos() as f64 / run.requests as f64);
        }
    }
    Ok(all.into_iter().map(median).collect())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
