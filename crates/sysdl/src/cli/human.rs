//! Reports as a person reads them.

use super::objectives::{self, AllKept};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use sysdl_runtime::expect::Verdict;
pub use sysdl_runtime::export::seconds;
use sysdl_runtime::guest::Status;
use sysdl_runtime::report::{Latency, Report, Totals};
use sysdl_runtime::statistics::estimate;
use sysdl_runtime::trace::Trace;
use sysdl_runtime::why::Story;

/// Stations shown.
const STATIONS: usize = 8;
/// Columns of a sparkline.
const SPARK_WIDTH: usize = 60;

/// Prints a report.
pub fn print(report: &Report, trace: &Trace, story: Option<&Story>, kept: &AllKept) {
    let paint = Paint::of_stdout();
    let mut out = String::new();
    head(&mut out, report, &paint);
    phases(&mut out, report, &paint);
    outcomes(&mut out, report, &paint);
    confidence(&mut out, report, &paint);
    stations(&mut out, report, &paint);
    theory(&mut out, report, &paint);
    retries(&mut out, report, &paint);
    sparklines(&mut out, report, &paint);
    match story {
        Some(story) => {
            let _ = writeln!(out, "\n{}", paint.bold("why"));
            super::why::section(&mut out, story, &paint);
        }
        None => transitions(&mut out, trace, &paint),
    }
    never(&mut out, trace, &paint);
    out.push_str(&objectives::human(kept, &paint));
    expectations(&mut out, report, &paint);
    let _ = writeln!(
        out,
        "\n{}",
        paint.dim(&format!(
            "digest {}   reproduce: sysdl run {} --scenario {} --seed {}",
            report.digest, report.file, report.scenario, report.seed
        ))
    );
    print!("{out}");
}

/// Colors, on terminals.
pub struct Paint {
    on: bool,
}

impl Paint {
    /// On if standard output takes colors.
    pub fn of_stdout() -> Self {
        Self { on: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }
    fn with(&self, text: &str, code: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
    /// Bold.
    pub fn bold(&self, text: &str) -> String {
        self.with(text, "1")
    }
    /// Dim.
    pub fn dim(&self, text: &str) -> String {
        self.with(text, "2")
    }
    /// Green.
    pub fn green(&self, text: &str) -> String {
        self.with(text, "32")
    }
    /// Red.
    pub fn red(&self, text: &str) -> String {
        self.with(text, "31")
    }
    /// Yellow.
    pub fn yellow(&self, text: &str) -> String {
        self.with(text, "33")
    }
}

fn head(out: &mut String, report: &Report, paint: &Paint) {
    let speed = report.simulated_s / report.wall_s.max(1e-9);
    let _ = writeln!(out, "{}  {}  seed {}", paint.bold(&report.scenario), paint.dim(&report.file), report.seed);
    let _ = writeln!(
        out,
        "{} simulated in {}: {} requests, {} events, {}",
        seconds(report.simulated_s),
        seconds(report.wall_s),
        count(report.requests),
        count(report.events),
        paint.dim(&format!("{speed:.0}× real time")),
    );
    if report.status != "done" {
        let _ = writeln!(out, "{}", paint.red(&format!("stopped early: {}", report.status.replace('_', " "))));
    }
}

/// A table with a row per phase; the whole run is the last.
fn phases(out: &mut String, report: &Report, paint: &Paint) {
    let mut rows: Vec<(&str, &Totals, &Latency)> =
        report.phases.iter().map(|(name, p)| (name.as_str(), &p.totals, &p.latency_s)).collect();
    rows.sort_by(|a, b| report.phases[a.0].start_s.total_cmp(&report.phases[b.0].start_s));
    rows.push(("whole run", &report.totals, &report.latency_s));
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(9).max(9);
    let _ = writeln!(
        out,
        "\n{:width$}  {:>10} {:>10} {:>8} {:>9} {:>9} {:>9} {:>9}",
        paint.bold("phase"),
        "ended/s",
        "good/s",
        "errors",
        "p50",
        "p95",
        "p99",
        "max",
        width = width + if paint.on { 8 } else { 0 }
    );
    for (name, totals, latency) in rows {
        let errors = format!("{:.2}%", totals.error_rate * 100.0);
        let errors = format!("{errors:>8}");
        let errors = if totals.error_rate > 0.01 { paint.red(&errors) } else { errors };
        let _ = writeln!(
            out,
            "{name:width$}  {:>10.1} {:>10.1} {errors} {:>9} {:>9} {:>9} {:>9}",
            totals.throughput_rps,
            totals.goodput_rps,
            seconds(latency.p50),
            seconds(latency.p95),
            seconds(latency.p99),
            seconds(latency.max),
        );
    }
}

fn outcomes(out: &mut String, report: &Report, paint: &Paint) {
    let t = &report.totals;
    let mut parts = vec![format!("{} ok", count(t.ok))];
    if t.late > 0 {
        parts.push(paint.yellow(&format!("{} late", count(t.late))));
    }
    parts.extend(t.errors.iter().map(|(name, n)| paint.red(&format!("{} {}", count(*n), name.replace('_', " ")))));
    let _ = writeln!(out, "\n{}  {}", paint.bold("outcomes"), parts.join("   "));
}

/// How far the mean can be trusted, where there is something to say.
fn confidence(out: &mut String, report: &Report, paint: &Paint) {
    let found = &report.confidence;
    if let Some([low, high]) = found.mean_ci95_s {
        let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
        let _ = writeln!(
            out,
            "{}  mean response time {} ± {}, by batch means",
            paint.bold("confidence"),
            seconds(middle),
            seconds(half)
        );
    }
    for doubt in &found.doubts {
        let _ = writeln!(out, "            {}", paint.yellow(doubt));
    }
}

/// The busiest stations.
fn stations(out: &mut String, report: &Report, paint: &Paint) {
    let mut rows: Vec<_> = report.components.iter().filter(|(_, c)| c.arrivals > 0).collect();
    rows.sort_by(|a, b| {
        let load = |c: &sysdl_runtime::report::Component| c.utilization.unwrap_or(-1.0);
        load(b.1).total_cmp(&load(a.1)).then(b.1.arrivals.cmp(&a.1.arrivals))
    });
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(8);
    let pad = if paint.on { 8 } else { 0 };
    let _ = writeln!(
        out,
        "\n{:w$}  {:>22} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}",
        paint.bold("station"),
        "utilization",
        "arrivals",
        "waiting",
        "service",
        "p99",
        "max queue",
        "hits",
        w = width + pad
    );
    for (name, c) in rows.iter().take(STATIONS) {
        let load = match c.utilization {
            Some(u) => {
                let bar = format!("{} {:>5.1}%", gauge(u), u * 100.0);
                if u > 0.9 { paint.red(&bar) } else { bar }
            }
            None => format!("{:>22}", "unbounded"),
        };
        let hits = c.hit_ratio.map_or(String::new(), |ratio| format!("{:.1}%", ratio * 100.0));
        let _ = writeln!(
            out,
            "{name:width$}  {load:>22} {:>9} {:>9} {:>9} {:>9} {:>9} {hits:>8}",
            count(c.arrivals),
            seconds(c.waiting_s.mean),
            seconds(c.service_s.mean),
            seconds(c.sojourn_s.p99),
            count(c.max_queue),
        );
    }
    if rows.len() > STATIONS {
        let _ = writeln!(out, "{}", paint.dim(&format!("and {} more", rows.len() - STATIONS)));
    }
}

/// What formulas say beside what the run found.
fn theory(out: &mut String, report: &Report, paint: &Paint) {
    let rows = report.components.iter().filter_map(|(name, c)| c.theory.as_ref().map(|theory| (name, c, theory)));
    for (i, (name, c, theory)) in rows.take(STATIONS).enumerate() {
        let head = if i == 0 { format!("\n{}", paint.bold("theory")) } else { " ".repeat(6) };
        let nearly = if theory.prediction.exact { "" } else { ", arrivals only nearly Poisson" };
        let _ = writeln!(
            out,
            "{head}  {name}: {} says sojourn {}, simulated {} ({:+.1}%){nearly}",
            theory.prediction.formula,
            seconds(theory.prediction.sojourn_s),
            seconds(c.sojourn_s.mean),
            100.0 * theory.sojourn_off,
        );
    }
}

/// Fifteen cells that fill with utilization.
fn gauge(share: f64) -> String {
    let cells = (share.clamp(0.0, 1.0) * 15.0).round() as usize;
    format!("{}{}", "█".repeat(cells), "·".repeat(15 - cells))
}

fn retries(out: &mut String, report: &Report, paint: &Paint) {
    let mut rows: Vec<_> = report.edges.iter().filter(|(_, e)| e.retries + e.timeouts + e.lost > 0).collect();
    rows.sort_by_key(|(_, e)| std::cmp::Reverse(e.timeouts + e.retries + e.lost));
    for (i, (name, e)) in rows.iter().take(5).enumerate() {
        let head = if i == 0 { paint.bold("calls in trouble") } else { " ".repeat(16) };
        let lost = if e.lost > 0 { format!(", {} messages lost", count(e.lost)) } else { String::new() };
        let _ = writeln!(
            out,
            "{}{head}  {name}: {} of {} calls failed, {} timeouts, {} retries{lost}",
            if i == 0 { "\n" } else { "" },
            count(e.failed),
            count(e.calls),
            count(e.timeouts),
            count(e.retries)
        );
    }
}

fn sparklines(out: &mut String, report: &Report, paint: &Paint) {
    let columns = &report.windows.columns;
    if columns.t.len() < 3 {
        return;
    }
    let errors: Vec<f64> = columns.errors.iter().map(|&n| n as f64).collect();
    let _ = writeln!(out);
    for (name, values, unit) in [("ended/s", &columns.rps, ""), ("errors", &errors, ""), ("p99", &columns.p99_s, "s")] {
        let most = values.iter().copied().fold(0.0, f64::max);
        let top = if unit == "s" { seconds(most) } else { count(most as u64) };
        let _ = writeln!(out, "{:<8} {} {}", name, spark(values), paint.dim(&format!("max {top}")));
    }
}

/// One character per stretch of time, as high as its largest value.
fn spark(values: &[f64]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().copied().fold(0.0, f64::max);
    let width = SPARK_WIDTH.min(values.len());
    (0..width)
        .map(|i| {
            let (from, to) =
                (i * values.len() / width, ((i + 1) * values.len() / width).max(i * values.len() / width + 1));
            let value = values[from..to].iter().copied().fold(0.0, f64::max);
            if most > 0.0 { LEVELS[((value / most * 7.0).round() as usize).min(7)] } else { LEVELS[0] }
        })
        .collect()
}

/// Events told.
const MOMENTS: usize = 12;
/// How often it is told that a component scales, or has another leader.
const CHANGES_TOLD: usize = 4;

/// Faults and full queues, the first few.
fn transitions(out: &mut String, trace: &Trace, paint: &Paint) {
    use sysdl_kernel::layout::record;
    let mut seen: Vec<(u32, u32, u64)> = Vec::new();
    let (mut lines, mut again) = (Vec::new(), 0);
    for r in trace.records.iter().filter(|r| !record::is_span(r.kind) && !trace.is_quiet(r)) {
        // Each is told once: what comes later repeats the story.
        let replica = if matches!(r.kind, record::PEER_OUT | record::PEER_BACK) { r.a } else { 0 };
        let told = seen.iter().filter(|&&known| known == (r.kind, r.entity, replica)).count();
        let changes = matches!(r.kind, record::SCALED | record::LEADER_LOST | record::CANDIDATE | record::ELECTED);
        if told >= if changes { CHANGES_TOLD } else { 1 } {
            again += 1;
            continue;
        }
        seen.push((r.kind, r.entity, replica));
        let at = format!("{:>9.3}s", r.at_ns as f64 / 1e9);
        let component = trace.meta.components.get(r.entity as usize).map_or("?", |c| c.name.as_str());
        let edge = trace.meta.edges.get(r.entity as usize).map_or("?", |e| e.name.as_str());
        let effect = trace.meta.effects.get(r.entity as usize).map_or("?", |e| e.label.as_str());
        lines.push(match r.kind {
            record::EFFECT_ON => format!("{at}  {}", paint.yellow(effect)),
            record::EFFECT_OFF => format!("{at}  {effect} is over"),
            record::QUEUE_FULL => {
                format!("{at}  {}: {} busy, {} waiting", paint.red(&format!("{} is full", trace.queue(r))), r.a, r.b)
            }
            record::OVERLOADED => {
                format!(
                    "{at}  {}: {} busy, {} waiting",
                    paint.red(&format!("{} is overloaded", trace.queue(r))),
                    r.a,
                    r.b
                )
            }
            record::QUEUE_DRAINED => format!("{at}  {} has drained", trace.queue(r)),
            record::BREAKER_OPEN => format!("{at}  {}", paint.red(&format!("the breaker of {edge} opens"))),
            record::PEER_OUT => {
                let (from, to) = edge.split_once("->").unwrap_or((edge, "?"));
                let what = format!("{from} stops sending to {to}[{replica}]");
                format!("{at}  {}: {}", paint.red(&what), record::why(r.b))
            }
            record::PEER_BACK => {
                let (from, to) = edge.split_once("->").unwrap_or((edge, "?"));
                format!("{at}  {from} has nothing against {to}[{replica}] any more")
            }
            record::BREAKER_CLOSED => format!("{at}  the breaker of {edge} closes"),
            record::REBALANCE => format!("{at}  {}", paint.yellow(&format!("{component} assigns its partitions anew"))),
            record::REBALANCED => format!("{at}  {component} rebalances: {} partitions move, {} replicas", r.a, r.b),
            _ => match sysdl_runtime::change(component, r) {
                Some((_, said)) => format!("{at}  {said}"),
                None => continue,
            },
        });
    }
    if !lines.is_empty() {
        lines.dedup();
        let _ = writeln!(out, "\n{}", paint.bold("what happened"));
        for line in lines.iter().take(MOMENTS) {
            let _ = writeln!(out, "{line}");
        }
        if let Some(rest) = untold(lines.len().saturating_sub(MOMENTS), again) {
            let _ = writeln!(out, "{}", paint.dim(&rest));
        }
    }
}

/// Faults that a whole run did not see: what they wait for did not come true.
fn never(out: &mut String, trace: &Trace, paint: &Paint) {
    use sysdl_kernel::layout::record;
    if trace.status != Status::Done || trace.records_lost > 0 {
        return;
    }
    let began: BTreeSet<u32> = trace.records.iter().filter(|r| r.kind == record::EFFECT_ON).map(|r| r.entity).collect();
    let told = || trace.meta.effects.iter().zip(0..).filter(|(effect, _)| !effect.quiet);
    let seen: BTreeSet<&str> =
        told().filter(|(_, e)| began.contains(e)).map(|(effect, _)| effect.label.as_str()).collect();
    let all: BTreeSet<&str> = told().map(|(effect, _)| effect.label.as_str()).collect();
    for label in all.difference(&seen) {
        let _ = writeln!(out, "{:>10}  {label}: what it waits for did not come true", paint.yellow("never"));
    }
}

/// `… and 12 more, and 34 like these`: events that are left out, and those that are because their like is told.
fn untold(more: usize, again: usize) -> Option<String> {
    let parts = [(more > 0).then(|| format!("{more} more")), (again > 0).then(|| format!("{again} like these"))];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("… and {}", parts.join(", and ")))
}

fn expectations(out: &mut String, report: &Report, paint: &Paint) {
    if report.expectations.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", paint.bold("expectations"));
    for expected in &report.expectations {
        let mark = match expected.verdict {
            Verdict::Pass => paint.green("✓"),
            Verdict::Fail => paint.red("✗"),
            Verdict::Inconclusive => paint.red("?"),
            Verdict::UnexpectedPass => paint.red("! holds, though expected to fail:"),
            Verdict::Warned => paint.yellow("⚠"),
        };
        let _ = writeln!(out, "{mark} {}  {}", expected.text, paint.dim(&format!("= {}", expected.value)));
    }
}

/// A report as Markdown.
pub fn markdown(report: &Report, kept: &AllKept) -> String {
    let mut out = format!("### {} · {}\n\n", report.scenario, report.file);
    out.push_str("| phase | ended/s | good/s | errors | p50 | p95 | p99 |\n|---|--:|--:|--:|--:|--:|--:|\n");
    let whole = std::iter::once(("whole run", &report.totals, &report.latency_s));
    let phases = report.phases.iter().map(|(name, p)| (name.as_str(), &p.totals, &p.latency_s));
    for (name, t, l) in phases.chain(whole) {
        let _ = writeln!(
            out,
            "| {name} | {:.1} | {:.1} | {:.2} % | {} | {} | {} |",
            t.throughput_rps,
            t.goodput_rps,
            t.error_rate * 100.0,
            seconds(l.p50),
            seconds(l.p95),
            seconds(l.p99)
        );
    }
    out.push_str(&objectives::markdown(kept));
    if !report.expectations.is_empty() {
        out.push_str("\n| expectation | measured | |\n|---|---|---|\n");
        for e in &report.expectations {
            let mark = match e.verdict {
                Verdict::Pass => "✓",
                Verdict::Warned => "⚠",
                _ => "✗",
            };
            let _ = writeln!(out, "| `{}` | {} | {mark} |", e.text, e.value);
        }
    }
    let _ = writeln!(out, "\n`sysdl run {} --scenario {} --seed {}`", report.file, report.scenario, report.seed);
    out
}

/// Merges reports of replications: numbers that vary become `{mean, ci95, n}`.
pub fn merge(values: &[Value]) -> Value {
    let Some(first) = values.first() else { return Value::Null };
    if values.iter().all(|value| value == first) {
        return first.clone();
    }
    match first {
        Value::Number(_) => {
            let numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
            estimate(&numbers).map_or(
                Value::Null,
                |e| json!({ "mean": e.mean, "ci95": [e.mean - e.half_width, e.mean + e.half_width], "n": e.count }),
            )
        }
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            for value in values {
                keys.extend(value.as_object().into_iter().flat_map(Map::keys));
            }
            keys.sort();
            keys.dedup();
            let picked = |key: &String| Some((key.clone(), merge(&pick(values, key)?)));
            Value::Object(keys.into_iter().filter_map(picked).collect())
        }
        Value::Array(items) if values.iter().all(|v| v.as_array().is_some_and(|a| a.len() == items.len())) => {
            let at = |i: usize| -> Vec<Value> { values.iter().map(|value| value[i].clone()).collect() };
            Value::Array((0..items.len()).map(|i| merge(&at(i))).collect())
        }
        _ => Value::Array(values.to_vec()),
    }
}

/// What each run has under a key. A number that is not there is 0; anything else must be in all of them.
fn pick(values: &[Value], key: &str) -> Option<Vec<Value>> {
    let found = || values.iter().map(|value| value.get(key));
    let counts = found().flatten().all(Value::is_number);
    found().map(|value| value.cloned().or(counts.then(|| json!(0)))).collect()
}

/// `1 seed`, `3 seeds`
pub fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `1.2M`, `34.5k`, `678`
pub fn count(value: u64) -> String {
    match value {
        n if n >= 10_000_000 => format!("{:.1}M", n as f64 / 1e6),
        n if n >= 10_000 => format!("{:.1}k", n as f64 / 1e3),
        n => n.to_string(),
    }
}
