//! `sysdl run --against`: a scenario beside another one, or beside its twin without faults, on the same random draws.

use super::args::{ReportFormat, RunArgs};
use super::human::{Paint, seconds};
use super::{FINDINGS, OK, files, length, pair, trouble};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use sysdl::resolve::Analysis;
use sysdl_lower::model::Model;
use sysdl_lower::{compile, twin_of};
use sysdl_runtime::expect::Expectation;
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::replicate::replicate;
use sysdl_runtime::{Limits, Report, Trace, against};

/// The twin's name.
const BASELINE: &str = "baseline";
/// Rows of components and edges that are shown.
const ROWS: usize = 16;

/// One side of a comparison.
struct Side {
    name: String,
    model: Model,
    expectations: Vec<Expectation>,
}

/// Runs both and reports their differences.
pub fn run(args: &RunArgs, other: &str) -> Result<u8, u8> {
    let (analysis, file) = pair::analysis(args.file.as_deref())?;
    let overrides = files::overrides(&args.set)?;
    let side = |name: String| -> Result<Side, u8> {
        let resolved = files::usable(analysis.resolve(&name, &overrides), &analysis.sources)?;
        let (mut model, mut expectations) = (resolved.model.ok_or(FINDINGS)?, resolved.expectations);
        if let Some(text) = &args.duration {
            length::tell(&length::shorten(&mut model, &mut expectations, text)?, text);
        }
        Ok(Side { name, model, expectations })
    };
    let with = side(files::scenario(&analysis, args.scenario.as_deref())?)?;
    let without = match other {
        BASELINE => baseline(&analysis, &with),
        name => side(files::scenario(&analysis, Some(name))?)?,
    };
    let seeds: Vec<u64> = match args.seeds {
        Some(count) => (1..=count).collect(),
        None => vec![args.seed.unwrap_or(with.model.seed)],
    };
    let limits = Limits { events: args.max_events };
    let sides = [&with, &without];
    let traces: Vec<Vec<Trace>> =
        sides.par_iter().map(|side| traces(side, &seeds, limits)).collect::<Result<_, u8>>()?;
    let reports: Vec<Vec<Report>> = (sides.iter().zip(&traces))
        .map(|(side, traces)| traces.iter().map(|trace| Report::of(trace, &side.expectations, &file)).collect())
        .collect();
    let values: Vec<Vec<Value>> = reports
        .iter()
        .map(|of| of.iter().map(serde_json::to_value).collect::<Result<_, _>>())
        .collect::<Result<_, _>>()
        .map_err(trouble)?;
    let batches = if seeds.len() == 1 { against::by_time(&traces[0][0], &traces[1][0]) } else { BTreeMap::new() };
    let tree = against::differences(&values[0], &values[1], &batches);
    let report = if seeds.len() == 1 { values[0][0].clone() } else { super::human::merge(&values[0]) };
    show(args, &with, &without, &seeds, &tree, report)?;
    Ok(if reports[0].iter().any(Report::failed) { FINDINGS } else { OK })
}

/// The twin; a scenario of its name is not meant.
fn baseline(analysis: &Analysis, with: &Side) -> Side {
    if analysis.scenarios().iter().any(|scenario| scenario.name == BASELINE) {
        eprintln!("note: `--against {BASELINE}` is the scenario without its faults, not the scenario `{BASELINE}`");
    }
    let (model, kind) = twin_of(&with.model);
    Side { name: kind.words().to_owned(), model, expectations: Vec::new() }
}

fn traces(side: &Side, seeds: &[u64], limits: Limits) -> Result<Vec<Trace>, u8> {
    let prepared = Prepared::new(&compile(&side.model).map_err(trouble)?.module.bytes).map_err(trouble)?;
    replicate(&prepared, seeds, limits).map_err(trouble)
}

fn show(args: &RunArgs, with: &Side, without: &Side, seeds: &[u64], tree: &Value, report: Value) -> Result<(), u8> {
    match args.format {
        ReportFormat::Json => {
            let mut value = report;
            value["against"] = json!({
                "what": without.name, "seeds": seeds,
                "intervals": if seeds.len() > 1 { "seeds" } else { "batch means" },
                "differences": tree,
            });
            println!("{}", serde_json::to_string_pretty(&value).map_err(trouble)?);
        }
        ReportFormat::Human => print!("{}", human(with, without, seeds, tree, &Paint::of_stdout())),
        ReportFormat::Md => print!("{}", markdown(with, without, tree)),
    }
    Ok(())
}

/// A number of both sides.
struct Row {
    name: String,
    with: f64,
    without: f64,
    difference: f64,
    half: Option<f64>,
}

/// Every number of a tree, by its path.
fn rows(path: &str, value: &Value, found: &mut Vec<Row>) {
    let number = |key: &str| value[key].as_f64();
    if let (Some(with), Some(without), Some(difference)) = (number("with"), number("without"), number("difference")) {
        let high = value["ci95"][1].as_f64();
        found.push(Row { name: path.to_owned(), with, without, difference, half: high.map(|high| high - difference) });
        return;
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        rows(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, found);
    }
}

/// A number in the unit of its name.
fn shown(name: &str, value: f64) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_time = name.contains("latency_s") || last.ends_with("_s") || name.contains("_s.");
    let sign = if value < 0.0 { "-" } else { "" };
    match last {
        "error_rate" | "utilization" | "hit_ratio" => format!("{:.2}%", value * 100.0),
        _ if is_time => format!("{sign}{}", seconds(value.abs())),
        _ if value.abs() >= 100.0 || value == value.round() => format!("{value:.0}"),
        _ => format!("{value:.3}"),
    }
}

fn human(with: &Side, without: &Side, seeds: &[u64], tree: &Value, paint: &Paint) -> String {
    let mut all = Vec::new();
    rows("", tree, &mut all);
    let mut out = format!("{}  against {}\n", paint.bold(&with.name), paint.bold(&without.name));
    let how = match seeds {
        [seed] => format!("seed {seed}, the same draws for both; intervals from 20 stretches of time"),
        seeds => format!("{} seeds, each with the same draws for both; 95 % intervals over seeds", seeds.len()),
    };
    let _ = writeln!(out, "{}", paint.dim(&how));
    let differing: Vec<&Row> =
        all.iter().filter(|row| row.difference != 0.0 || row.half.is_some_and(|h| h > 0.0)).collect();
    if differing.is_empty() {
        let _ = writeln!(out, "\nno difference: all {} numbers are equal", all.len());
        return out;
    }
    let width = differing.iter().map(|row| row.name.chars().count()).max().unwrap_or(20).min(44);
    let _ = writeln!(out, "\n{:width$}  {:>11} {:>11} {:>11}", "", "with", "without", "difference");
    let is_main = |row: &&&Row| row.name.starts_with("totals") || row.name.starts_with("latency_s");
    let mut others: Vec<&&Row> = differing.iter().filter(|row| telling(&row.name)).collect();
    let relative = |row: &Row| row.difference.abs() / (row.with.abs() + row.without.abs()).max(1e-12);
    others.sort_by(|a, b| relative(b).total_cmp(&relative(a)).then(a.name.cmp(&b.name)));
    for row in differing.iter().filter(is_main).chain(others.into_iter().take(ROWS)) {
        line(&mut out, row, width);
    }
    let _ = writeln!(out, "\n{} of {} numbers differ; `--format json` has all", differing.len(), all.len());
    out
}

fn line(out: &mut String, row: &Row, width: usize) {
    let half = row.half.map_or(String::new(), |half| format!(" ± {}", shown(&row.name, half)));
    let _ = writeln!(
        out,
        "{:width$}  {:>11} {:>11} {:>11}{half}",
        row.name,
        shown(&row.name, row.with),
        shown(&row.name, row.without),
        shown(&row.name, row.difference),
    );
}

/// Numbers of components and edges that say most.
fn telling(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let of_component = matches!(last, "utilization" | "mean_queue" | "hit_ratio" | "orphaned" | "arrivals");
    let of_edge = matches!(last, "retries" | "timeouts" | "failed" | "breaker_opens" | "mean_s");
    name.starts_with("components.") && of_component || name.starts_with("edges.") && of_edge
}

fn markdown(with: &Side, without: &Side, tree: &Value) -> String {
    let mut all = Vec::new();
    rows("", tree, &mut all);
    let mut out =
        format!("### {} against {}\n\n| | with | without | difference |\n|---|--:|--:|--:|\n", with.name, without.name);
    let is_main =
        |row: &&Row| row.name.starts_with("totals") || row.name.starts_with("latency_s") || telling(&row.name);
    for row in all.iter().filter(|row| row.difference != 0.0).filter(is_main) {
        let half = row.half.map_or(String::new(), |half| format!(" ± {}", shown(&row.name, half)));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {}{half} |",
            row.name,
            shown(&row.name, row.with),
            shown(&row.name, row.without),
            shown(&row.name, row.difference)
        );
    }
    out
}
