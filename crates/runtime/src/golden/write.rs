//! A trace as the text of a golden.

use super::{FIRST_LINE, SIZE_MAX};
use crate::change;
use crate::expect::{Expectation, Verdict, evaluate};
use crate::export::grouped;
use crate::trace::{Interval, Trace};
use std::fmt::Write as _;
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::layout::record;
use sysdl_kernel::outcome;

/// The golden of a trace.
#[must_use]
pub fn text(trace: &Trace, expectations: &[Expectation], file: &str) -> String {
    let head = [header(trace, file), expected(trace, expectations), summary(trace), events(trace)].concat();
    let tail = digests(trace);
    let mut step = 1;
    loop {
        let whole = format!("{head}{}{tail}", timeline(trace, step));
        if whole.len() <= SIZE_MAX || step >= trace.windows.len().max(1) {
            return whole;
        }
        step *= 2;
    }
}

fn header(trace: &Trace, file: &str) -> String {
    let meta = &trace.meta;
    format!(
        "{FIRST_LINE}\nscenario   {file}::{}   seed {}\nsemantics  {}   model {}\n",
        meta.scenario, trace.seed, meta.semantics, meta.model
    )
}

fn expected(trace: &Trace, expectations: &[Expectation]) -> String {
    let mut text = "\n[expect]\n".to_owned();
    for outcome in evaluate(trace, expectations) {
        let word = match outcome.verdict {
            Verdict::Pass => "ok",
            Verdict::Fail => "FAIL",
            Verdict::Inconclusive => "UNKNOWN",
            Verdict::UnexpectedPass => "HOLDS",
            Verdict::Warned => "warn",
        };
        let _ = writeln!(text, "{word:<8}{}  = {}", outcome.expectation.text, outcome.exact);
    }
    text
}

/// A row per number, a column per phase, the whole run last.
fn summary(trace: &Trace) -> String {
    let mut columns: Vec<(String, Interval)> = trace
        .meta
        .phases
        .iter()
        .map(|phase| (phase.name.clone(), trace.interval(phase.start_ns, phase.end_ns)))
        .collect();
    columns.push(("run".to_owned(), trace.measured()));
    let flows: Vec<usize> = (0..trace.meta.flows.len()).collect();
    let edges = 0..trace.meta.edges.len();
    let mut rows: Vec<(String, Vec<u64>)> = Vec::new();
    let mut row = |name: &str, value: &dyn Fn(&Interval) -> u64| {
        let values: Vec<u64> = columns.iter().map(|(_, interval)| value(interval)).collect();
        if values.iter().any(|&v| v > 0) {
            rows.push((name.to_owned(), values));
        }
    };
    let of_flows = |interval: &Interval, column: usize| flows.iter().map(|&f| interval.flow(f, column)).sum::<u64>();
    row("requests", &|i| of_flows(i, flow::REQUESTS));
    row("ok", &|i| of_flows(i, flow::OUTCOMES));
    row("late", &|i| of_flows(i, flow::LATE));
    for code in 1..outcome::COUNT {
        row(outcome::NAMES[code], &|i| of_flows(i, flow::of_outcome(code)));
    }
    for (name, share) in [("p50_us", 0.5), ("p95_us", 0.95), ("p99_us", 0.99)] {
        row(name, &|i| i.response(flows.iter().copied()).quantile(share).unwrap_or(0) / 1000);
    }
    row("attempts", &|i| edges.clone().map(|e| i.edge(e, edge::ATTEMPTS)).sum());
    row("retries", &|i| edges.clone().map(|e| i.edge(e, edge::RETRIES)).sum());
    row("timeouts", &|i| edges.clone().map(|e| i.edge(e, edge::TIMEOUTS)).sum());
    row("refused", &|i| edges.clone().map(|e| i.edge(e, edge::REFUSED)).sum());
    row("lost", &|i| edges.clone().map(|e| i.edge(e, edge::LOST)).sum());
    for (c, meta) in trace.meta.components.iter().enumerate() {
        row(&format!("{}.arrivals", meta.name), &|i| i.component(c, component::ARRIVALS));
        row(&format!("{}.queue_max", meta.name), &|i| i.component(c, component::QUEUE_MAX));
    }

    let mut text = "\n[summary]".to_owned();
    let label = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(9);
    let _ = write!(text, "{:width$}", "", width = label - 9);
    let width = columns.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(12);
    for (name, _) in &columns {
        let _ = write!(text, " {name:>width$}");
    }
    text.push('\n');
    for (name, values) in &rows {
        let _ = write!(text, "{name:<label$}");
        for &value in values {
            let _ = write!(text, " {:>width$}", grouped(value, '_'));
        }
        text.push('\n');
    }
    text
}

/// Transitions, in order. Repetitions beyond a screenful are counted, not shown.
fn events(trace: &Trace) -> String {
    const SHOWN: usize = 60;
    let mut text = "\n[events]\n".to_owned();
    let transitions: Vec<_> = trace.records.iter().filter(|r| !record::is_span(r.kind) && !trace.is_quiet(r)).collect();
    for r in transitions.iter().take(SHOWN) {
        let at = format!("{}.{:06}s", r.at_ns / 1_000_000_000, r.at_ns / 1000 % 1_000_000);
        let component = || trace.meta.components.get(r.entity as usize).map_or("?", |c| c.name.as_str());
        let edge = || trace.meta.edges.get(r.entity as usize).map_or("?", |e| e.name.as_str());
        let effect = || trace.meta.effects.get(r.entity as usize);
        let line = match r.kind {
            record::EFFECT_ON => {
                let name =
                    effect().and_then(|e| e.event.as_deref()).map_or(String::new(), |name| format!("   as {name}"));
                format!("inject   {}{name}", effect().map_or("?", |e| e.label.as_str()))
            }
            record::EFFECT_OFF => format!("end      {}", effect().map_or("?", |e| e.label.as_str())),
            record::QUEUE_FULL => format!("full     {}   {} busy, {} waiting", trace.queue(r), r.a, r.b),
            record::OVERLOADED => format!("overload {}   {} busy, {} waiting", trace.queue(r), r.a, r.b),
            record::QUEUE_DRAINED => format!("drained  {}   {} busy", trace.queue(r), r.a),
            record::BREAKER_OPEN => format!("breaker  {}   opens", edge()),
            record::PEER_OUT => format!("left out {}[{}]   {}", edge(), r.a, record::why(r.b)),
            record::PEER_BACK => format!("back     {}[{}]   {}", edge(), r.a, record::why(r.b)),
            record::BREAKER_CLOSED => format!("breaker  {}   closes", edge()),
            record::REBALANCE => format!("assign   {}   begins", component()),
            record::REBALANCED => format!("assign   {}   {} partitions moved, {} replicas", component(), r.a, r.b),
            _ => match change(component(), r) {
                Some((what, said)) => format!("{what:<8} {said}"),
                None => continue,
            },
        };
        let _ = writeln!(text, "{at:>14} {line}");
    }
    if transitions.len() > SHOWN {
        let _ = writeln!(text, "               and {} more", transitions.len() - SHOWN);
    }
    text
}

/// Every `step`-th window: sums over the step, the largest p99. Equal lines are written once.
fn timeline(trace: &Trace, step: usize) -> String {
    let width_s = trace.meta.window_ns as f64 / 1e9;
    let mut text = format!(
        "\n[timeline {}s]\n{:>6} {:>8} {:>8} {:>10} {:>9}\n",
        step as f64 * width_s,
        "t",
        "ended",
        "errors",
        "p99_us",
        "in_flight"
    );
    let flows = 0..trace.meta.flows.len();
    let mut previous = String::new();
    let mut equal = 0;
    for first in (0..trace.windows.len()).step_by(step) {
        let last = (first + step).min(trace.windows.len());
        let sum = |column: usize| {
            (first..last)
                .flat_map(|w| flows.clone().map(move |f| (w, f)))
                .map(|(w, f)| trace.window_flow(w, f, column))
                .sum::<u64>()
        };
        let errors: u64 = (1..outcome::COUNT).map(|code| sum(flow::of_outcome(code))).sum();
        let ended = sum(flow::OUTCOMES) + sum(flow::LATE) + errors;
        let p99 =
            (first..last).flat_map(|w| flows.clone().map(move |f| trace.window_flow(w, f, flow::RESPONSE_P99))).max();
        let in_flight: u64 = flows.clone().map(|f| trace.window_flow(last - 1, f, flow::IN_FLIGHT)).sum();
        let line = format!("{ended:>8} {errors:>8} {:>10} {in_flight:>9}", p99.unwrap_or(0) / 1000);
        if line == previous {
            equal += 1;
            continue;
        }
        repeated(&mut text, &mut equal);
        let _ = writeln!(text, "{:>6} {line}", last as f64 * width_s);
        previous = line;
    }
    repeated(&mut text, &mut equal);
    text
}

fn repeated(text: &mut String, equal: &mut usize) {
    if *equal > 0 {
        let _ = writeln!(text, "       and {equal} more like it");
        *equal = 0;
    }
}

/// Cumulative digests, so that the first that differs bounds where two runs part.
fn digests(trace: &Trace) -> String {
    let mut text = "\n[digest]\n".to_owned();
    for (at_ns, digest) in &trace.checkpoints {
        let _ = writeln!(text, "{:>7}s {}", *at_ns as f64 / 1e9, Trace::hex(*digest));
    }
    text
}
