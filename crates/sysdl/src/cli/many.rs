//! The report of replications: each number a mean, with its interval where there is more than one run.

use super::human::counted;
use serde_json::{Value, json};
use std::fmt::Write as _;
use sysdl_runtime::Report;
use sysdl_runtime::expect::Verdict;
use sysdl_runtime::report::Expected;

/// A metric of all runs together.
struct Row {
    name: String,
    mean: f64,
    /// Half the width of the 95 % interval; none of one run.
    half: Option<f64>,
    unit: &'static str,
}

impl Row {
    fn mean(&self) -> String {
        format!("{:.3}{}", self.mean, self.unit)
    }

    fn half(&self) -> Option<String> {
        self.half.map(|half| format!("± {half:.3}{}", self.unit))
    }
}

/// What is expected, and in how many runs it holds.
pub struct Claim {
    text: String,
    held: usize,
    of: usize,
    /// Some run fails because of it: not if it is only a warning.
    fails: bool,
}

/// What is expected of some runs, in order.
pub fn claims(reports: &[Report]) -> Vec<Claim> {
    let Some(first) = reports.first() else { return Vec::new() };
    let verdicts = |index: usize| reports.iter().map(move |report| report.expectations[index].verdict);
    let claim = |(index, expected): (usize, &Expected)| Claim {
        text: expected.text.clone(),
        held: verdicts(index).filter(|verdict| *verdict == Verdict::Pass).count(),
        of: reports.len(),
        fails: verdicts(index).any(Verdict::is_failure),
    };
    first.expectations.iter().enumerate().map(claim).collect()
}

/// Says of each expectation of a merged report in how many runs it holds: `held` and `of`.
pub fn add_claims(merged: &mut Value, claims: &[Claim]) {
    for (expected, claim) in merged["expectations"].as_array_mut().into_iter().flatten().zip(claims) {
        expected["held"] = json!(claim.held);
        expected["of"] = json!(claim.of);
    }
}

impl Claim {
    fn mark(&self) -> &'static str {
        match self {
            Claim { fails: true, .. } => "✗",
            Claim { held, of, .. } if held == of => "✓",
            _ => "⚠",
        }
    }
}

/// The merged report of `seeds` runs, for a person.
pub fn human(merged: &Value, claims: &[Claim], seeds: usize) -> String {
    let means = if seeds > 1 { ", means with 95 % intervals" } else { "" };
    let scenario = merged["scenario"].as_str().unwrap_or("");
    let mut out = format!("{scenario}  {}{means}\n\n", counted(seeds, "seed"));
    for row in rows(merged, seeds) {
        let mean = format!("{:>14.3}{}", row.mean, row.unit);
        let half = row.half().map_or(String::new(), |half| format!(" {half}"));
        let _ = writeln!(out, "{:<28} {mean}{half}", row.name);
    }
    if !claims.is_empty() {
        out.push_str("\nexpectations, and how many seeds hold each\n");
    }
    for claim in claims {
        let _ = writeln!(out, "{} {} of {}  {}", claim.mark(), claim.held, claim.of, claim.text);
    }
    out
}

/// The merged report of `seeds` runs as Markdown.
pub fn markdown(merged: &Value, claims: &[Claim], seeds: usize) -> String {
    let [scenario, file] = ["scenario", "file"].map(|key| merged[key].as_str().unwrap_or(""));
    let mut out = format!("### {scenario} · {file}\n\n");
    out.push_str(if seeds > 1 {
        "| metric | mean | 95 % interval |\n|---|--:|--:|\n"
    } else {
        "| metric | value |\n|---|--:|\n"
    });
    for row in rows(merged, seeds) {
        let half = row.half().map_or(String::new(), |half| format!(" {half} |"));
        let _ = writeln!(out, "| {} | {} |{half}", row.name, row.mean());
    }
    if !claims.is_empty() {
        out.push_str("\n| expectation | seeds that hold it | |\n|---|--:|---|\n");
    }
    for claim in claims {
        let _ = writeln!(out, "| `{}` | {} of {} | {} |", claim.text, claim.held, claim.of, claim.mark());
    }
    let _ = writeln!(out, "\n{}: `sysdl run {file} --scenario {scenario} --seeds {seeds}`", counted(seeds, "seed"));
    out
}

fn rows(merged: &Value, seeds: usize) -> Vec<Row> {
    let row = |name: String, value: &Value, scale: f64, unit: &'static str| {
        let mean = value["mean"].as_f64().or_else(|| value.as_f64()).unwrap_or(0.0);
        let high = value["ci95"][1].as_f64().unwrap_or(mean);
        Row { name, mean: mean * scale, half: (seeds > 1).then_some((high - mean) * scale), unit }
    };
    let (totals, latency) = (&merged["totals"], &merged["latency_s"]);
    let mut rows = vec![
        row("throughput".to_owned(), &totals["throughput_rps"], 1.0, "/s"),
        row("goodput".to_owned(), &totals["goodput_rps"], 1.0, "/s"),
        row("error rate".to_owned(), &totals["error_rate"], 100.0, "%"),
    ];
    rows.extend(
        ["mean", "p50", "p95", "p99"].map(|name| row(format!("response time {name}"), &latency[name], 1e3, "ms")),
    );
    let components = merged["components"].as_object().into_iter().flatten();
    let bounded = components.filter(|(_, component)| !component["utilization"].is_null());
    rows.extend(bounded.map(|(name, c)| row(format!("utilization of {name}"), &c["utilization"], 100.0, "%")));
    let objectives = merged["objectives"].as_object().into_iter().flatten();
    let objectives = objectives.filter(|(_, kept)| !kept["burn_rate"].is_null());
    rows.extend(objectives.map(|(name, kept)| row(format!("burn rate of {name}"), &kept["burn_rate"], 1.0, "x")));
    rows
}
