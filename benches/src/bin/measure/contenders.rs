//! What is run.

use crate::rounds::{Contender, Sample};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use sysdl_bench::native::{self, Setup};
use sysdl_bench::peers::{Tally, Topology, desru, nexosim};
use sysdl_bench::system::System;
use sysdl_bench::{guest, workload::Workload};
use sysdl_kernel::fact::Digest;
use sysdl_runtime::guest::Prepared;
use wasmtime::{Config, Engine, Instance, Module, Store};

const ALL: &str = "every fact";
const ANSWERS: &str = "answers and the mean of their times";

/// A module under its hosts, and the programs that do the same.
///
/// # Errors
/// If something cannot be made ready.
pub fn of(workload: &Workload) -> Result<Vec<Contender>, String> {
    let system = workload.compile(None)?;
    let mut contenders = modules(workload.name, &system)?;
    if workload.by_hand {
        contenders.extend(by_hand(&system)?);
    }
    Ok(contenders)
}

fn contender(name: &str, records: &'static str, run: impl Fn() -> Result<Sample, String> + 'static) -> Contender {
    Contender { name: name.to_owned(), records, run: Box::new(run) }
}

fn modules(name: &str, system: &System) -> Result<Vec<Contender>, String> {
    let seed = system.plan.run.seed;
    let prepared = Prepared::new(&system.wasm).map_err(|error| error.to_string())?;
    let file = scratch(&format!("{}.wasm", name.replace(' ', "_")));
    std::fs::write(&file, &system.wasm).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(vec![
        contender("module, wasmtime", ALL, move || {
            let run = guest::run(&prepared, seed).map_err(|error| error.to_string())?;
            Ok(Sample { requests: run.requests, events: run.events, digest: Some(run.digest), wall: run.wall })
        }),
        contender("module, V8", ALL, move || v8("module", &file, &[seed.to_string()])),
    ])
}

fn by_hand(system: &System) -> Result<Vec<Contender>, String> {
    let seed = system.plan.run.seed;
    let programs = native::programs(&system.plan)?.into_iter();
    let contenders = programs.map(|program| {
        contender(program.name, ALL, move || {
            let began = Instant::now();
            let found = (program.run)(seed);
            let wall = began.elapsed();
            Ok(Sample { requests: found.requests, events: 0, digest: Some(found.digest), wall })
        })
    });
    Ok(contenders.collect())
}

/// Everybody on the reference topology at 10,000 requests a second.
///
/// # Errors
/// If something cannot be made ready.
pub fn peers() -> Result<Vec<Contender>, String> {
    let workload = Workload::called("web").ok_or("there is no such workload")?;
    let setup = Setup::of(&workload.compile(None)?.plan)?;
    let topology = Topology {
        rate: setup.rate,
        apps: setup.apps as usize,
        slots: setup.slots as usize,
        connections: setup.connections as usize,
        seconds: setup.duration_ns as f64 * 1e-9,
        seed: setup.seed,
    };
    let mut contenders = of(&workload)?;
    contenders.push(contender("desru", ANSWERS, move || timed(|| Ok(desru::run(topology)))));
    contenders.push(contender("NeXosim, one thread", ANSWERS, move || timed(|| nexosim::run(topology))));
    contenders.push(contender("textbook, native", ANSWERS, move || {
        timed(|| {
            let Topology { rate, apps, slots, connections, seconds, seed } = topology;
            let mut engine = sysdl_textbook::Engine::new(rate, apps as u32, slots as u32, connections as u32, seed);
            engine.run((seconds * 1e9) as u64);
            let (ended, mean_ns) = engine.result();
            Ok(Tally { ended, response_s: ended as f64 * mean_ns * 1e-9 })
        })
    }));
    contenders.extend(textbook(topology)?);
    Ok(contenders)
}

/// Mean response time of the reference topology in seconds, and how far off a simulation of it may be.
const RESPONSE_S: f64 = 3.1e-3;
const RESPONSE_OFF: f64 = 0.03;

fn timed(run: impl FnOnce() -> Result<Tally, String>) -> Result<Sample, String> {
    let began = Instant::now();
    let tally = run()?;
    let wall = began.elapsed();
    let mean = tally.response_s / tally.ended as f64;
    if (mean / RESPONSE_S - 1.0).abs() > RESPONSE_OFF {
        return Err(format!("its mean response time is {mean} s"));
    }
    Ok(Sample { requests: tally.ended, events: 0, digest: None, wall })
}

/// The textbook's engine as WebAssembly.
fn textbook(topology: Topology) -> Result<Vec<Contender>, String> {
    let file = target().join("wasm32-unknown-unknown/small/sysdl_textbook.wasm");
    let wasm = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let engine = Engine::new(&Config::new()).map_err(|error| error.to_string())?;
    let module = Module::new(&engine, wasm).map_err(|error| error.to_string())?;
    let Topology { rate, apps, slots, connections, seconds, seed } = topology;
    let arguments = [rate, apps as f64, slots as f64, connections as f64, seconds, seed as f64].map(|n| n.to_string());
    let under_wasmtime = move || {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let begin = instance.get_typed_func::<(f64, u32, u32, u32, u64), ()>(&mut store, "textbook_begin")?;
        let run = instance.get_typed_func::<u64, u64>(&mut store, "textbook_run")?;
        let mean_ns = instance.get_typed_func::<(), f64>(&mut store, "textbook_mean_ns")?;
        begin.call(&mut store, (rate, apps as u32, slots as u32, connections as u32, seed))?;
        let began = Instant::now();
        let ended = run.call(&mut store, (seconds * 1e9) as u64)?;
        let wall = began.elapsed();
        let response_s = ended as f64 * mean_ns.call(&mut store, ())? * 1e-9;
        Ok::<_, wasmtime::Error>((Tally { ended, response_s }, wall))
    };
    Ok(vec![
        contender("textbook, wasmtime", ANSWERS, move || {
            let (tally, wall) = under_wasmtime().map_err(|error| error.to_string())?;
            Ok(Sample { wall, ..timed(|| Ok(tally))? })
        }),
        contender("textbook, V8", ANSWERS, move || v8("textbook", &file, &arguments)),
    ])
}

/// Runs a module in V8.
fn v8(what: &str, file: &Path, arguments: &[String]) -> Result<Sample, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("v8.mjs");
    let mut command = Command::new("node");
    let output = command.arg(script).arg(what).arg(file).args(arguments).output();
    let output = output.map_err(|error| format!("node: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let digest = found["digest"].as_str().and_then(|text| u128::from_str_radix(text, 16).ok());
    Ok(Sample {
        requests: found["requests"].as_u64().unwrap_or(0),
        events: found["events"].as_u64().unwrap_or(0),
        digest: digest.map(|word| Digest { lo: word as u64, hi: (word >> 64) as u64 }),
        wall: Duration::from_secs_f64(found["wall_ms"].as_f64().unwrap_or(0.0) * 1e-3),
    })
}

/// Where cargo puts what it makes.
fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}

fn scratch(name: &str) -> PathBuf {
    target().join("release").join(name)
}
