//! Claims against a trace → verdicts.
//!
//! A claim about nothing is inconclusive, never true: a percentile of no requests, an error rate of an
//! idle second, a run that stopped early.

use super::heals;
use super::measure::{Stretch, measure};
use super::{Comparison, Condition, Expectation, Level, Operand, Quantifier, Quantity, Window};
use crate::trace::Trace;
use serde::Serialize;

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds, or it is an expected failure and fails.
    Pass,
    /// It does not hold.
    Fail,
    /// Nothing was seen that could tell.
    Inconclusive,
    /// It was expected to fail, and holds.
    UnexpectedPass,
    /// A warning that does not hold: reported, no more.
    Warned,
}

impl Verdict {
    /// Whether it makes a run fail.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Verdict::Fail | Verdict::Inconclusive | Verdict::UnexpectedPass)
    }
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The claim.
    pub expectation: Expectation,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was measured, as text with its unit.
    pub value: String,
}

/// Evaluates claims.
#[must_use]
pub fn evaluate(trace: &Trace, expectations: &[Expectation]) -> Vec<Outcome> {
    expectations.iter().map(|expectation| one(trace, expectation)).collect()
}

/// What a claim measures in a run, in base units. `None` if nothing was seen.
#[must_use]
pub fn measured(trace: &Trace, expectation: &Expectation) -> Option<f64> {
    say(trace, expectation).value
}

/// What a claim says of one stretch.
#[derive(Clone, Default)]
struct Said {
    holds: Option<bool>,
    value: Option<f64>,
    at_ns: Option<u64>,
    /// What was seen, if it is no number.
    text: Option<String>,
}

fn one(trace: &Trace, expectation: &Expectation) -> Outcome {
    let said = say(trace, expectation);
    let verdict = match (said.holds, expectation.level) {
        (None, Level::Warn) => Verdict::Warned,
        (None, _) => Verdict::Inconclusive,
        (Some(true), Level::Expect | Level::Warn) | (Some(false), Level::ExpectFail) => Verdict::Pass,
        (Some(false), Level::Expect) => Verdict::Fail,
        (Some(true), Level::ExpectFail) => Verdict::UnexpectedPass,
        (Some(false), Level::Warn) => Verdict::Warned,
    };
    let mut value = match &said.text {
        Some(text) => text.clone(),
        None => said.value.map_or_else(|| "no samples".to_owned(), |v| show(v, &expectation.condition)),
    };
    if let Some(at_ns) = said.at_ns {
        value.push_str(&format!(" at {}s", at_ns as f64 / 1e9));
    }
    Outcome { expectation: expectation.clone(), verdict, value }
}

fn say(trace: &Trace, expectation: &Expectation) -> Said {
    if expectation.condition.is_of_healing() {
        let (holds, text) = heals::judge(trace, &expectation.condition);
        return Said { holds, text: Some(text), ..Said::default() };
    }
    let end = trace.simulated_ns;
    let (start_ns, end_ns) = match &expectation.window {
        Window::Run => (trace.meta.warmup_ns, end),
        Window::Phase { start_ns, end_ns, .. } => (*start_ns, *end_ns),
        Window::Within { within_ns, after_ns } => {
            (*after_ns, after_ns.saturating_add(*within_ns).min(trace.meta.duration_ns))
        }
        Window::After { after_ns } => (*after_ns, end),
        Window::Over { length_ns } => return stretches(trace, expectation, *length_ns),
    };
    if end_ns > end {
        return Said::default();
    }
    // `within d after e` claims that it comes true in time, unless it says otherwise.
    let quantifier = match (expectation.quantifier, &expectation.window) {
        (Quantifier::Plain, Window::Within { .. }) => Quantifier::Eventually,
        (quantifier, _) => quantifier,
    };
    let exact = [start_ns, end_ns].iter().all(|&ns| ns == 0 || trace.snapshots.iter().any(|s| s.at_ns == ns));
    if quantifier == Quantifier::Plain && exact {
        let interval = trace.interval(start_ns, end_ns);
        let (holds, value) = judge(trace, &Stretch::Interval(&interval), &expectation.condition);
        return Said { holds, value, ..Said::default() };
    }
    let width = trace.meta.window_ns;
    let (first, last) = (start_ns.div_ceil(width) as usize, (end_ns / width) as usize);
    let buckets = first..last.min(trace.windows.len());
    if quantifier == Quantifier::Plain {
        // No snapshot was taken there: closed windows have to do.
        let stretch = Stretch::Windows(buckets.start, buckets.end.max(buckets.start));
        let (holds, value) = judge(trace, &stretch, &expectation.condition);
        return Said { holds: holds.filter(|_| !buckets.is_empty()), value, ..Said::default() };
    }
    quantified(trace, expectation, quantifier, buckets.map(|w| (w, w + 1)))
}

/// `over d`: every stretch of that length, sliding by one bucket.
fn stretches(trace: &Trace, expectation: &Expectation, length_ns: u64) -> Said {
    let width = trace.meta.window_ns;
    let length = length_ns.div_ceil(width).max(1) as usize;
    let first = trace.meta.warmup_ns.div_ceil(width) as usize;
    let starts = first..(trace.windows.len() + 1).saturating_sub(length);
    let quantifier = match expectation.quantifier {
        Quantifier::Plain => Quantifier::Always,
        quantifier => quantifier,
    };
    quantified(trace, expectation, quantifier, starts.map(|w| (w, w + length)))
}

/// Judges stretches until one decides, and reports the one that did, or the last.
fn quantified(
    trace: &Trace,
    expectation: &Expectation,
    quantifier: Quantifier,
    stretches: impl Iterator<Item = (usize, usize)>,
) -> Said {
    let deciding = quantifier != Quantifier::Always;
    let mut last = Said::default();
    let mut seen = false;
    for (first, end) in stretches {
        let (holds, value) = judge(trace, &Stretch::Windows(first, end), &expectation.condition);
        let Some(holds) = holds else { continue };
        seen = true;
        let at_ns = Some(end as u64 * trace.meta.window_ns);
        last = Said { holds: Some(holds), value, at_ns, text: None };
        if holds == deciding {
            break;
        }
    }
    let found = last.holds == Some(deciding);
    let holds = match quantifier {
        Quantifier::Always | Quantifier::Never => !found,
        Quantifier::Eventually | Quantifier::Plain => found,
    };
    Said { holds: seen.then_some(holds), ..last }
}

/// Whether a condition holds in a stretch, and what it measured first.
fn judge(trace: &Trace, stretch: &Stretch<'_>, condition: &Condition) -> (Option<bool>, Option<f64>) {
    match condition {
        Condition::Compare(left, comparison, right) => {
            let value = |operand: &Operand| match operand {
                Operand::Number(number) => Some(*number),
                Operand::Metric(metric) => measure(trace, stretch, metric),
            };
            let (a, b) = (value(left), value(right));
            let shown = if matches!(left, Operand::Metric(_)) { a } else { b };
            (a.zip(b).map(|(a, b)| compare(a, *comparison, b)), shown)
        }
        Condition::Near { metric, tolerance, value } => {
            let found = measure(trace, stretch, metric);
            (found.map(|found| (found - value).abs() <= tolerance * value.abs()), found)
        }
        Condition::And(left, right) => {
            let ((a, value), (b, _)) = (judge(trace, stretch, left), judge(trace, stretch, right));
            (a.zip(b).map(|(a, b)| a && b), value)
        }
        // Healing is of the whole run.
        Condition::Heals { .. } | Condition::Metastable => (heals::judge(trace, condition).0, None),
        Condition::Or(left, right) => {
            let ((a, value), (b, _)) = (judge(trace, stretch, left), judge(trace, stretch, right));
            (a.zip(b).map(|(a, b)| a || b), value)
        }
    }
}

fn compare(a: f64, comparison: Comparison, b: f64) -> bool {
    match comparison {
        Comparison::Less => a < b,
        Comparison::LessEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterEqual => a >= b,
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
    }
}

/// A measured value in the unit of what was measured first.
fn show(value: f64, condition: &Condition) -> String {
    let quantity = match condition {
        Condition::Compare(Operand::Metric(metric), _, _) | Condition::Compare(_, _, Operand::Metric(metric)) => {
            metric.quantity
        }
        Condition::Near { metric, .. } => metric.quantity,
        Condition::And(left, _) | Condition::Or(left, _) => return show(value, left),
        Condition::Compare(..) | Condition::Heals { .. } | Condition::Metastable => return format!("{value}"),
    };
    match quantity {
        Quantity::Percentile(_)
        | Quantity::WaitingPercentile(_)
        | Quantity::Mean
        | Quantity::WaitingMean
        | Quantity::PermitWait
        | Quantity::BatchWait
        | Quantity::EndToEndPercentile(_)
        | Quantity::EndToEndMean
        | Quantity::EndToEndMax
        | Quantity::Max => {
            format!("{:.3}ms", value / 1e6)
        }
        Quantity::Throughput | Quantity::Goodput => format!("{value:.1}rps"),
        Quantity::GoodShare
        | Quantity::ErrorRate
        | Quantity::BreakerOpenShare
        | Quantity::ConnectShare
        | Quantity::Utilization
        | Quantity::HitRatio
        | Quantity::StaleRatio
        | Quantity::Leaderless
        | Quantity::TokensWasted
        | Quantity::DuplicateShare => {
            format!("{:.2}%", value * 100.0)
        }
        Quantity::RetryAmplification | Quantity::HottestPartition => format!("{value:.3}x"),
        Quantity::MonthlyUsd => format!("${value:.0}"),
        Quantity::CostPer => format!("${value:.4}"),
        Quantity::QueueMean
        | Quantity::Replicas
        | Quantity::PresentMean
        | Quantity::TurnsMean
        | Quantity::BatchSize => format!("{value:.2}"),
        Quantity::Count
        | Quantity::Errors(_)
        | Quantity::QueueMax
        | Quantity::Queue
        | Quantity::Tokens
        | Quantity::BudgetStops
        | Quantity::TurnsPercentile(_)
        | Quantity::Stale
        | Quantity::OfEdges(_)
        | Quantity::OfComponents(_)
        | Quantity::OfMessages(_)
        | Quantity::LostMessages
        | Quantity::PartitionLag => format!("{value:.0}"),
    }
}
