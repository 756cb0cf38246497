//! `cargo run --release --bin smoke [--accept]`: what a request costs in instructions, held against `fuel.txt`.
//!
//! Instructions are those that wasmtime counts as a module runs, so they are the same on every machine and in every run. The
//! programs written by hand are held to the modules' digests on the way.

use std::fmt::Write;
use std::path::Path;
use sysdl_bench::native::Outcome;
use sysdl_bench::system::System;
use sysdl_bench::workload::{self, ALL, Workload};
use sysdl_bench::{guest, texts};
use sysdl_runtime::guest::Prepared;

/// Simulated length of a run.
const DURATION_NS: u64 = 2_000_000_000;
/// Share by which a number may differ from the one that is written down.
const TOLERANCE: f64 = 0.1;
/// Seeds under which programs and modules are compared.
const SEEDS: std::ops::Range<u64> = 1..4;

fn main() -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuel.txt");
    let mut found = sizes()?;
    for workload in ALL.iter().filter(|workload| is_small(workload)) {
        let system = workload.compile(Some(DURATION_NS))?;
        let (fuel, requests) = guest::fuel(&system.wasm, 1).map_err(|error| format!("{}: {error}", workload.name))?;
        found.push((format!("{}: instructions a request", workload.name), fuel as f64 / requests as f64));
        if workload.by_hand {
            compare(workload, &system)?;
        }
    }
    if std::env::args().any(|argument| argument == "--accept") {
        let mut text = String::new();
        for (name, number) in &found {
            let _ = writeln!(text, "{name}: {number:.0}");
        }
        return std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
    }
    let expected = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    hold(&expected, &found)
}

/// Rates of 10,000 a second say all that instructions can say.
fn is_small(workload: &Workload) -> bool {
    !workload.name.ends_with("00k") && !workload.name.ends_with("0M") && !workload.name.ends_with("1M")
}

/// Sizes of modules in bytes, and what it takes to make one.
fn sizes() -> Result<Vec<(String, f64)>, String> {
    let mut sizes = Vec::new();
    for components in [10, 50, 1000] {
        let system = System::compile("wide", texts::wide(components).as_bytes(), "", None)?;
        sizes.push((format!("bytes of a module of {components} components"), system.wasm.len() as f64));
    }
    let compiling = guest::fuel_of_compiling(&texts::wide(50)).map_err(|error| error.to_string())?;
    sizes.push(("instructions of the page's compiler for 50 components".to_owned(), compiling as f64));
    Ok(sizes)
}

/// The programs written by hand find what the module finds.
fn compare(workload: &Workload, system: &System) -> Result<(), String> {
    let prepared = Prepared::new(&system.wasm).map_err(|error| error.to_string())?;
    for seed in SEEDS {
        let run = guest::run(&prepared, seed).map_err(|error| format!("{}: {error}", workload.name))?;
        workload::check(workload.name, system, seed, Outcome { requests: run.requests, digest: run.digest })?;
    }
    Ok(())
}

/// Holds numbers to those that are written down.
fn hold(expected: &str, found: &[(String, f64)]) -> Result<(), String> {
    let (mut passed, mut failed) = (0, 0);
    for (name, number) in found {
        let written = expected.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let written = written.and_then(|number| number.parse::<f64>().ok());
        match written {
            Some(before) if (number - before).abs() <= TOLERANCE * before => passed += 1,
            Some(before) => {
                failed += 1;
                println!("{name}: {number:.0}, {:+.0} % from {before:.0}", 100.0 * (number / before - 1.0));
            }
            None => {
                failed += 1;
                println!("{name}: {number:.0}, and none is written down");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => Ok(()),
        _ => Err("`benches/smoke.sh --accept` writes down what is found".to_owned()),
    }
}
