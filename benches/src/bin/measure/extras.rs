//! What is no comparison of contenders: sizes, times to make ready, and how costs grow.

use crate::page::digits;
use flate2::{Compression, write::GzEncoder};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;
use sysdl_bench::system::System;
use sysdl_bench::workload::Workload;
use sysdl_bench::{guest, texts};
use sysdl_runtime::Limits;
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::replicate::replicate;

/// Seeds of a replicated run.
const SEEDS: u64 = 32;

/// All of it, as a table.
///
/// # Errors
/// If something does not compile or run.
pub fn measure(rounds: usize) -> Result<String, String> {
    let mut text = String::from("\n## Sizes, times, growth\n\n| | |\n| --- | --: |\n");
    let web = Workload::called("web").ok_or("there is no such workload")?.compile(None)?;
    // First, while no other system has left its memory behind in this process.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let faster = speed_up(&web, rounds, cores)?;
    let wide = |components: u32| System::compile("wide", texts::wide(components).as_bytes(), "", None);
    for (name, system) in [("`web`", &web), ("50 components", &wide(50)?), ("1,000 components", &wide(1000)?)] {
        row(&mut text, &format!("module of {name}, bytes"), system.wasm.len() as f64);
        row(&mut text, &format!("module of {name}, bytes compressed by gzip"), compressed(&system.wasm)? as f64);
    }
    for components in [50, 1000] {
        let ms = median(rounds, || Ok(wide(components)?.took.as_secs_f64() * 1e3))?;
        row(&mut text, &format!("text to module, {components} components, ms"), ms);
        let system = wide(components)?;
        let ms = median(rounds, || timed_ms(|| prepare(&system.wasm).map(drop)))?;
        row(&mut text, &format!("module to code of this machine (wasmtime), {components} components, ms"), ms);
        let prepared = prepare(&system.wasm)?;
        let ms = median(rounds, || timed_ms(|| prepared.instantiate().map(drop).map_err(|error| error.to_string())))?;
        row(&mut text, &format!("instantiation, {components} components, ms"), ms);
    }
    let crowd = |in_flight| System::compile("crowd", texts::crowd(in_flight).as_bytes(), "", None);
    let growths = [
        ("10 components, ns an event", wide(10)?),
        ("1,000 components, ns an event", wide(1000)?),
        ("1,000 requests in flight, ns an event", crowd(1000)?),
        ("1,000,000 requests in flight, ns an event", crowd(1_000_000)?),
    ];
    for (ns, (name, _)) in in_turn(rounds, &growths)?.iter().zip(&growths) {
        row(&mut text, name, *ns);
    }
    let name = format!("{SEEDS} seeds of `web` on {cores} cores, times as fast as on one");
    row(&mut text, &name, faster);
    Ok(text)
}

fn row(text: &mut String, name: &str, value: f64) {
    let _ = writeln!(text, "| {name} | {} |", digits(value));
}

/// A module, made ready to run.
pub fn prepare(wasm: &[u8]) -> Result<Prepared, String> {
    Prepared::new(wasm).map_err(|error| error.to_string())
}

/// Bytes of something compressed by gzip.
pub fn compressed(bytes: &[u8]) -> Result<usize, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map(|bytes| bytes.len()).map_err(|error| error.to_string())
}

fn timed_ms(run: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let began = Instant::now();
    run()?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

fn median(rounds: usize, run: impl Fn() -> Result<f64, String>) -> Result<f64, String> {
    let mut all: Vec<f64> = (0..rounds).map(|_| run()).collect::<Result<_, _>>()?;
    all.sort_by(f64::total_cmp);
    Ok(all[all.len() / 2])
}

/// Medians of nanoseconds an event, the systems run in turn.
fn in_turn(rounds: usize, systems: &[(&str, System)]) -> Result<Vec<f64>, String> {
    let prepared: Vec<Prepared> = systems.iter().map(|(_, system)| prepare(&system.wasm)).collect::<Result<_, _>>()?;
    let mut all = vec![Vec::new(); systems.len()];
    for _ in 0..rounds {
        for (one, all) in prepared.iter().zip(&mut all) {
            let run = guest::run(one, 1).map_err(|error| error.to_string())?;
            all.push(run.wall.as_nanos() as f64 / run.events as f64);
        }
    }
    Ok(all
        .into_iter()
        .map(|mut all| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        })
        .collect())
}

/// How much faster many seeds are on all cores than on one.
fn speed_up(system: &System, rounds: usize, cores: usize) -> Result<f64, String> {
    let prepared = prepare(&system.wasm)?;
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| error.to_string())?;
        timed_ms(|| {
            pool.install(|| replicate(&prepared, &seeds, Limits::default())).map(drop).map_err(|e| e.to_string())
        })
    };
    median(rounds, || Ok(on(1)? / on(cores)?))
}
