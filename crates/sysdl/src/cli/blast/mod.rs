//! `sysdl blast`: every fault on everything that it can strike, ranked by what it costs.
//!
//! Each cell is a run of its own, of one injection; all are compared with one run without any, under the same seed and with
//! the same draws. Equal injections under different names are run once.

mod cells;
mod page;
mod table;

use super::args::{BlastArgs, ReportFormat};
use super::{OK, files, pair, trouble};
use cells::{Cell, Known};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use sysdl::blast::{Shrunk, shrink};
use sysdl::resolve::{Protocol, Strike};
use sysdl_lower::model::{Arrivals, Effect, Model, RateProfile};
use sysdl_runtime::{Limits, Trace};

/// Requests per second to which larger systems are shrunk, unless they are wanted whole.
const RATE_WANTED: f64 = 1_000.0;
/// Length of a fault, and of the time before and after it, in seconds.
const BEFORE_S: u64 = 5;
const LASTING_S: u64 = 15;
const AFTER_S: u64 = 30;
/// Longest warm-up.
const WARMUP_MAX_S: u64 = 60;
/// Nanoseconds between frames.
const FRAME_NS: u64 = 500_000_000;
/// Set by Ctrl-C: what is finished is kept.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// What was done.
#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    schema: u32,
    file: String,
    scenario: String,
    seed: u64,
    protocol: Said,
    cells: Vec<Cell>,
    /// Cells that were not run because the command was stopped.
    missing: usize,
    cpu_note: String,
}

/// The protocol, as it is stated.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    warmup_s: u64,
    fault_begins_s: u64,
    fault_lasts_s: u64,
    simulated_s: u64,
    /// The system is so many times smaller than it is written.
    shrunk: u32,
    words: String,
}

/// Strikes.
pub fn blast(args: &BlastArgs) -> u8 {
    let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed));
    try_blast(args).unwrap_or_else(|code| code)
}

fn try_blast(args: &BlastArgs) -> Result<u8, u8> {
    let (analysis, file) = pair::analysis(args.file.as_deref())?;
    let overrides = files::overrides(&args.set)?;
    let scenario = files::scenario(&analysis, args.scenario.as_deref())?;
    let resolved = files::usable(analysis.resolve(&scenario, &overrides), &analysis.sources)?;
    let Some(own) = resolved.model else { return Err(super::TROUBLE) };
    let protocol = protocol(&own);
    let Some((healthy, mut strikes)) = analysis.strikes(&scenario, &overrides, protocol) else {
        return Err(trouble(format!("`{scenario}` cannot be run without its own timeline: `sysdl check` says why")));
    };
    let wanted = |text: &Option<String>, name: &str| text.as_ref().is_none_or(|text| name.contains(text.as_str()));
    strikes.retain(|s| wanted(&args.fault, &s.fault) && wanted(&args.on, &s.target));
    let seed = args.seed.unwrap_or(own.seed);
    let wanted = if args.full { 1 } else { (rate(&healthy) / RATE_WANTED).floor().max(1.0) as u32 };
    let shrunk = Shrunk::of(&healthy, wanted);
    let times = shrunk.times;
    let began = Instant::now();
    let known = Known::read(args.resume.as_deref(), &healthy, seed, times)?;
    let twin = pair::filmed(&shrink(&healthy, times), seed, Limits::default(), Some(FRAME_NS))?;
    let (mut cells, missing) = run(&strikes, &twin, seed, times, &known)?;
    rank(&mut cells);
    let matrix = Matrix {
        schema: 1,
        file,
        scenario,
        seed,
        protocol: said(protocol, &shrunk),
        cells,
        missing,
        cpu_note: format!("{:.1} s on {} cores", began.elapsed().as_secs_f64(), rayon::current_num_threads()),
    };
    show(args, &matrix)?;
    Ok(OK)
}

fn show(args: &BlastArgs, matrix: &Matrix) -> Result<(), u8> {
    match args.format {
        ReportFormat::Json => println!("{}", serde_json::to_string_pretty(matrix).map_err(trouble)?),
        ReportFormat::Human => print!("{}", table::human(matrix, args.top)),
        ReportFormat::Md => print!("{}", table::markdown(matrix)),
    }
    if let Some(path) = &args.html {
        let page = page::html(matrix);
        std::fs::write(path, page).map_err(|error| trouble(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(())
}

fn protocol(own: &Model) -> Protocol {
    let warmup_s = own.warmup_ns.div_ceil(1_000_000_000).clamp(5, WARMUP_MAX_S);
    let begin_s = warmup_s + BEFORE_S;
    Protocol { warmup_s, begin_s, lasting_s: LASTING_S, duration_s: begin_s + LASTING_S + AFTER_S }
}

fn said(protocol: Protocol, shrunk: &Shrunk) -> Said {
    let Protocol { warmup_s, begin_s, lasting_s, duration_s } = protocol;
    let mut words = format!(
        "each cell is {duration_s} simulated seconds: {warmup_s} s of warm-up, the fault from {begin_s} s on for {lasting_s} s, {} s to recover",
        duration_s - begin_s - lasting_s
    );
    if shrunk.times > 1 {
        let times = shrunk.times;
        words.push_str(&format!(
            "; of a system {times} times smaller: traffic, servers, queues, pools, limits and keys are divided, so that all is as busy"
        ));
        for (name, slower) in &shrunk.slower {
            words.push_str(&format!(", {name} has few servers and works {slower:.1} times slower"));
        }
        words.push_str("; `--full` runs all of it");
    }
    let shrunk = shrunk.times;
    Said { warmup_s, fault_begins_s: begin_s, fault_lasts_s: lasting_s, simulated_s: duration_s, shrunk, words }
}

/// Requests per second of open traffic.
fn rate(model: &Model) -> f64 {
    let of = |arrivals: &Arrivals| match arrivals {
        Arrivals::Open { rate, .. } => match rate {
            RateProfile::Steady(rate) => *rate,
            RateProfile::Burst { peak, .. } | RateProfile::Modulated { peak, .. } | RateProfile::Wave { peak, .. } => {
                *peak
            }
            RateProfile::Steps { first, changes } | RateProfile::Track { first, changes, .. } => {
                changes.iter().map(|(_, rate)| *rate).fold(*first, f64::max)
            }
        },
        _ => 0.0,
    };
    model.sources.iter().map(|source| of(&source.arrivals)).sum()
}

/// Effects without what they are called: equal ones do the same.
fn signature(effects: &[Effect]) -> String {
    let bare = effects.iter().map(|effect| Effect { label: String::new(), ..effect.clone() });
    format!("{:?}", bare.collect::<Vec<_>>())
}

/// Runs every cell that is not known yet, equal ones once; and counts those that were not run.
fn run(strikes: &[Strike], twin: &Trace, seed: u64, times: u32, known: &Known) -> Result<(Vec<Cell>, usize), u8> {
    let mut groups: Vec<(String, Vec<&Strike>)> = Vec::new();
    for strike in strikes {
        let what = signature(&strike.model.effects);
        // What a fault changes of a component beyond its effects is in the model.
        match groups.iter_mut().find(|(known, of)| *known == what && of[0].model.components == strike.model.components)
        {
            Some((_, group)) => group.push(strike),
            None => groups.push((what, vec![strike])),
        }
    }
    let bar = bar(groups.len() as u64);
    let results: Vec<Option<Vec<Cell>>> = groups
        .par_iter()
        .map(|(_, group)| {
            let first = group[0];
            if STOPPED.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let cell = match known.cell(&first.statement) {
                Some(cell) => cell,
                None => {
                    let run = pair::filmed(&shrink(&first.model, times), seed, Limits::default(), Some(FRAME_NS))?;
                    let cell = Cell::of(first, &run, twin);
                    known.keep(&cell)?;
                    cell
                }
            };
            bar.inc(1);
            Ok(Some(group.iter().map(|strike| cell.named(strike, first)).collect()))
        })
        .collect::<Result<_, u8>>()?;
    bar.finish_and_clear();
    let missing =
        results.iter().zip(&groups).filter(|(found, _)| found.is_none()).map(|(_, (_, group))| group.len()).sum();
    Ok((results.into_iter().flatten().flatten().collect(), missing))
}

fn bar(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{pos} of {len} {wide_bar} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// By good answers lost, then by the time to recover; what never does is last to recover.
fn rank(cells: &mut [Cell]) {
    cells.sort_by(|a, b| {
        let late = |cell: &Cell| cell.recovered_after_s.unwrap_or(f64::INFINITY);
        b.lost_share.total_cmp(&a.lost_share).then(late(b).total_cmp(&late(a))).then(a.statement.cmp(&b.statement))
    });
    for (index, cell) in cells.iter_mut().enumerate() {
        cell.rank = index + 1;
    }
}
