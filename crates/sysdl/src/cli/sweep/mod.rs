//! `sysdl sweep`: a scenario at every combination of some values, under the same seeds at each.
//!
//! All runs of all points are one pool of work. A run is a row; what a table shows of a point is computed from its rows, so
//! that rows kept from before are as good as new ones.

pub mod args;
mod points;
mod rows;

use super::args::SweepArgs;
use super::axis::Axis;
use super::probe::{self, Probe, Question};
use super::{FINDINGS, OK, files, human, pair, trouble};
use args::PointsFormat;
use points::Sweep;
use rayon::prelude::*;
use rows::{Columns, Kept, Row};
use sysdl::resolve::{Override, Questions};
use sysdl::units::Dimension;
use sysdl_lower::model::Model;

/// Most runs of a sweep.
const RUNS_MAX: usize = 1_000_000;
/// Components whose utilization is measured when nothing is said.
const STATIONS: usize = 6;

/// Sweeps.
pub fn sweep(args: &SweepArgs) -> u8 {
    probe::listen();
    try_sweep(args).unwrap_or_else(|code| code)
}

fn try_sweep(args: &SweepArgs) -> Result<u8, u8> {
    let axes: Vec<Axis> = args.param.iter().map(|text| Axis::read(text)).collect::<Result<_, _>>()?;
    distinct(&axes)?;
    let (analysis, file) = pair::analysis(args.file.as_deref())?;
    let scenario = files::scenario(&analysis, args.scenario.as_deref())?;
    let asked = Questions { metrics: args.metric.clone(), claims: Vec::new() };
    let set = files::overrides(&args.set)?;
    let mut question =
        Question { analysis, file, scenario, set, asked, duration: args.duration.clone(), left_out: Vec::new() };
    let columns = columns(&mut question, &axes)?;
    let points = combinations(&axes);
    let runs = points.len().saturating_mul(args.seeds as usize);
    if runs > RUNS_MAX {
        return Err(trouble(format!(
            "{} under {} are {runs} runs; at most {RUNS_MAX} are made",
            human::counted(points.len(), "point"),
            human::counted(args.seeds as usize, "seed")
        )));
    }
    let kept = Kept::open(args.out.as_deref(), &columns)?;
    let bar = probe::bar(runs as u64);
    bar.set_message(question.scenario.clone());
    let rows: Vec<Vec<Row>> = points
        .par_iter()
        .map(|settings| point(&question, settings, args.seeds, &kept, &bar))
        .collect::<Result<_, u8>>()?;
    bar.finish_and_clear();
    let done: usize = rows.iter().map(Vec::len).sum();
    let sweep = Sweep::of(&question, columns, args.seeds, &points, &rows);
    match args.format {
        PointsFormat::Table => print!("{}", sweep.table()),
        PointsFormat::Json => println!("{}", serde_json::to_string_pretty(&sweep).map_err(trouble)?),
        PointsFormat::Csv => print!("{}", sweep.csv()),
    }
    kept.tell();
    if done < runs {
        let again = if args.out.is_some() { "the same command goes on from there" } else { "`--out FILE` keeps them" };
        return Err(trouble(format!("stopped: {done} of {runs} runs are done; {again}")));
    }
    let stuck = rows.iter().flatten().any(|row| !row.is_done());
    Ok(if stuck { FINDINGS } else { OK })
}

/// A parameter cannot have two values at once.
fn distinct(axes: &[Axis]) -> Result<(), u8> {
    for (index, axis) in axes.iter().enumerate() {
        if axes[..index].iter().any(|other| other.path == axis.path) {
            let path = &axis.path;
            return Err(trouble(format!(
                "`--param {path}` stands twice; write all values in one list: `--param {path}=1,2`"
            )));
        }
    }
    Ok(())
}

/// What is measured and claimed; and every value tried, so that a mistake shows before anything is run.
fn columns(question: &mut Question, axes: &[Axis]) -> Result<Columns, u8> {
    let first: Vec<Override> = axes.iter().map(|axis| (axis.path.clone(), axis.values[0].clone())).collect();
    let mut tried = vec![first.clone()];
    for (index, axis) in axes.iter().enumerate() {
        for value in &axis.values[1..] {
            let mut set = first.clone();
            set[index].1 = value.clone();
            tried.push(set);
        }
    }
    question.settle(&tried)?;
    if question.asked.metrics.is_empty() {
        question.asked.metrics = usual(question.answered(&first)?.resolved.model.as_ref());
    }
    let found = question.answered(&first)?;
    Ok(Columns {
        params: axes.iter().map(|axis| axis.path.clone()).collect(),
        metrics: question.asked.metrics.iter().cloned().zip(found.metrics.iter().map(|(_, d)| *d)).collect(),
        claims: found.resolved.expectations.iter().map(|claim| claim.text.clone()).collect(),
    })
}

/// What is measured when nothing is said.
fn usual(model: Option<&Model>) -> Vec<String> {
    let all = model.iter().flat_map(|model| &model.components);
    let bounded = all.filter(|component| component.station.servers.is_some());
    let busy = bounded.take(STATIONS).map(|component| format!("utilization({})", component.name));
    ["throughput", "error_rate", "p50", "p99"].into_iter().map(str::to_owned).chain(busy).collect()
}

/// Each value of each axis with each of the others; the last changes fastest.
fn combinations(axes: &[Axis]) -> Vec<Vec<Override>> {
    let mut points = vec![Vec::new()];
    for axis in axes {
        let with = |point: &Vec<Override>, value: &String| {
            point.iter().cloned().chain([(axis.path.clone(), value.clone())]).collect()
        };
        points = points.iter().flat_map(|point| axis.values.iter().map(move |value| with(point, value))).collect();
    }
    points
}

/// All runs of a point, in the order of their seeds. Fewer if the user stopped them.
fn point(
    question: &Question,
    settings: &[Override],
    seeds: u64,
    kept: &Kept,
    bar: &indicatif::ProgressBar,
) -> Result<Vec<Row>, u8> {
    if probe::is_stopped() {
        return Ok(Vec::new());
    }
    let probe = Probe::new(question, settings)?;
    let runs = (1..=seeds).into_par_iter().map(|seed| {
        let row = match kept.row(&probe.fingerprint, seed) {
            Some(row) => Some(row),
            None => match probe.run(seed)? {
                Some(seen) => {
                    let row = Row::of(settings, &probe.fingerprint, &seen, &dimensions(&probe));
                    kept.keep(&row)?;
                    Some(row)
                }
                None => None,
            },
        };
        bar.inc(u64::from(row.is_some()));
        Ok(row)
    });
    let rows: Vec<Option<Row>> = runs.collect::<Result<_, u8>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn dimensions(probe: &Probe) -> Vec<Dimension> {
    probe.metrics.iter().map(|(_, dimension)| *dimension).collect()
}
