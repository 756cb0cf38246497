//! Claims against a trace → verdicts.
//!
//! A claim about nothing is inconclusive, never true: a percentile of no requests, an error rate of an
//! idle second, a run that stopped early.

use super::heals;
use super::measure::{Stretch, measure};
use super::{Comparison, Condition, Expectation, Level, Operand, Quantifier, Quantity, Window};
use crate::export::grouped;
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
    /// What was measured, with its unit, as people read it.
    pub value: String,
    /// The same to more digits, as goldens keep it.
    pub exact: String,
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
    /// What was seen, if it is no number: as people read it, and as goldens keep it.
    text: Option<[String; 2]>,
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
    let unit = unit(&expectation.condition);
    let shown = |show: fn(Unit, f64) -> String| said.value.map_or_else(|| "no samples".to_owned(), |v| show(unit, v));
    let [mut value, mut exact] = said.text.clone().unwrap_or_else(|| [shown(Unit::said), shown(Unit::exact)]);
    if let Some(at_ns) = said.at_ns {
        let seconds = at_ns as f64 / 1e9;
        value.push_str(&format!(" at {seconds} s"));
        exact.push_str(&format!(" at {seconds}s"));
    }
    Outcome { expectation: expectation.clone(), verdict, value, exact }
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

/// How a quantity is written.
#[derive(Clone, Copy)]
enum Unit {
    Time,
    Rate,
    Share,
    Factor,
    /// Dollars, with so many decimals.
    Dollars(usize),
    /// What is no whole number of things.
    Mean,
    Count,
    Number,
}

/// The unit of what a condition measures first.
fn unit(condition: &Condition) -> Unit {
    let quantity = match condition {
        Condition::Compare(Operand::Metric(metric), _, _) | Condition::Compare(_, _, Operand::Metric(metric)) => {
            metric.quantity
        }
        Condition::Near { metric, .. } => metric.quantity,
        Condition::And(left, _) | Condition::Or(left, _) => return unit(left),
        Condition::Compare(..) | Condition::Heals { .. } | Condition::Metastable => return Unit::Number,
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
        | Quantity::Max => Unit::Time,
        Quantity::Throughput | Quantity::Goodput => Unit::Rate,
        Quantity::GoodShare
        | Quantity::ErrorRate
        | Quantity::BreakerOpenShare
        | Quantity::ConnectShare
        | Quantity::Utilization
        | Quantity::HitRatio
        | Quantity::StaleRatio
        | Quantity::Leaderless
        | Quantity::TokensWasted
        | Quantity::DuplicateShare => Unit::Share,
        Quantity::RetryAmplification | Quantity::HottestPartition => Unit::Factor,
        Quantity::MonthlyUsd => Unit::Dollars(0),
        Quantity::CostPer => Unit::Dollars(4),
        Quantity::QueueMean
        | Quantity::Replicas
        | Quantity::PresentMean
        | Quantity::TurnsMean
        | Quantity::BatchSize => Unit::Mean,
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
        | Quantity::PartitionLag => Unit::Count,
    }
}

impl Unit {
    /// As goldens have it, for ever.
    fn exact(self, value: f64) -> String {
        match self {
            Unit::Time => format!("{:.3}ms", value / 1e6),
            Unit::Rate => format!("{value:.1}rps"),
            Unit::Share => format!("{:.2}%", value * 100.0),
            Unit::Factor => format!("{value:.3}x"),
            Unit::Dollars(decimals) => format!("${value:.decimals$}"),
            Unit::Mean => format!("{value:.2}"),
            Unit::Count => format!("{value:.0}"),
            Unit::Number => format!("{value}"),
        }
    }

    /// As people read it: thousands apart, and four digits that count where there are no whole numbers.
    fn said(self, value: f64) -> String {
        match self {
            Unit::Time if value >= 1e9 => format!("{} s", four(value / 1e9)),
            Unit::Time if value >= 1e6 => format!("{} ms", four(value / 1e6)),
            Unit::Time if value >= 1e3 => format!("{} us", four(value / 1e3)),
            Unit::Time => format!("{value:.0} ns"),
            Unit::Rate => format!("{} rps", four(value)),
            Unit::Share => format!("{} %", trimmed(format!("{:.2}", value * 100.0))),
            Unit::Dollars(0) => format!("${}", whole(value)),
            Unit::Count => whole(value),
            Unit::Factor => format!("{}x", four(value)),
            Unit::Mean => four(value),
            Unit::Dollars(_) | Unit::Number => self.exact(value),
        }
    }
}

/// `5,448`, `54.48`, `0.5`
fn four(value: f64) -> String {
    match value.abs() {
        v if v >= 999.95 => whole(value),
        v if v >= 99.995 => trimmed(format!("{value:.1}")),
        v if v >= 9.9995 => trimmed(format!("{value:.2}")),
        _ => trimmed(format!("{value:.3}")),
    }
}

/// Without zeros behind the point that say nothing.
fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn whole(value: f64) -> String {
    let text = grouped(value.abs().round() as u64, ',');
    if value <= -0.5 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn values_are_written_for_people_and_kept_exactly() {
        for (unit, value, said, exact) in [
            (Unit::Rate, 5448.0, "5,448 rps", "5448.0rps"),
            (Unit::Rate, 0.25, "0.25 rps", "0.2rps"),
            (Unit::Time, 2_407_530_000.0, "2.408 s", "2407.530ms"),
            (Unit::Time, 41_026_000.0, "41.03 ms", "41.026ms"),
            (Unit::Time, 0.0, "0 ns", "0.000ms"),
            (Unit::Time, 80_000.0, "80 us", "0.080ms"),
            (Unit::Share, 0.0, "0 %", "0.00%"),
            (Unit::Share, 1.0, "100 %", "100.00%"),
            (Unit::Share, 0.5909, "59.09 %", "59.09%"),
            (Unit::Factor, 3.0, "3x", "3.000x"),
            (Unit::Dollars(0), 12_345.6, "$12,346", "$12346"),
            (Unit::Count, 20_000.0, "20,000", "20000"),
            (Unit::Mean, 1234.5, "1,235", "1234.50"),
        ] {
            assert_eq!((unit.said(value).as_str(), unit.exact(value).as_str()), (said, exact));
        }
    }
}
