//! What one run can say of its own mean response time, and why it should not be believed where it should not.

use super::batches::{self, BatchMeans};
use super::tail;
use super::warmup::{self, Begin};
use crate::trace::Trace;
use serde::Serialize;
use sysdl_kernel::columns::flow;
use sysdl_kernel::layout::record;
use sysdl_kernel::outcome;

/// Correlation of neighboring stretches from which on they are not independent: with 20 of them, chance alone stays below
/// this in 19 of 20 runs.
const LAG_ONE_MOST: f64 = 0.44;
/// Exponent of a tail below which the variance is infinite.
const EXPONENT_LEAST: f64 = 2.0;

/// What a run says of its mean response time.
#[derive(Clone, Debug, Serialize)]
pub struct Confidence {
    /// Seconds that the scenario discards as warm-up.
    pub warmup_s: f64,
    /// Seconds after which the run seems steady (MSER-5 on the requests in flight); null if it does not say.
    pub steady_from_s: Option<f64>,
    /// Interval of the mean response time in seconds by batch means; null if the run is too short, or has faults.
    pub mean_ci95_s: Option<[f64; 2]>,
    /// Correlation of neighboring batches.
    pub lag_one: Option<f64>,
    /// Why the interval, or the lack of one, should make a reader careful. Empty if nothing does.
    pub doubts: Vec<String>,
}

/// Judges a run.
#[must_use]
pub fn of(trace: &Trace) -> Confidence {
    let window_s = trace.meta.window_ns as f64 / 1e9;
    let warmup_s = trace.meta.warmup_ns as f64 / 1e9;
    let mut doubts = Vec::new();
    let begin = warmup::find(&in_flight(trace));
    let steady_from_s = match begin {
        Begin::From(window) => Some(window as f64 * window_s),
        Begin::Short | Begin::Unsettled => None,
    };
    if is_disturbed(trace) {
        return Confidence { warmup_s, steady_from_s, mean_ci95_s: None, lag_one: None, doubts };
    }
    match begin {
        Begin::Unsettled => doubts.push("the run never settles: it is overloaded, or too short".to_owned()),
        Begin::From(window) if window as f64 * window_s > warmup_s => doubts.push(format!(
            "it seems steady only from {:.0} s on, and {warmup_s:.0} s are discarded: set `warmup`",
            window as f64 * window_s
        )),
        _ => {}
    }
    let means = batches::of(&responses(trace));
    doubts.extend(doubtful(means.as_ref(), tail::exponent(&response_counts(trace))));
    Confidence {
        warmup_s,
        steady_from_s,
        mean_ci95_s: means.map(|means| means.estimate.interval().map(|ns| ns / 1e9)),
        lag_one: means.map(|means| means.lag_one),
        doubts,
    }
}

fn doubtful(means: Option<&BatchMeans>, exponent: Option<f64>) -> Vec<String> {
    let mut doubts = Vec::new();
    if let Some(means) = means.filter(|means| means.lag_one > LAG_ONE_MOST) {
        doubts.push(format!(
            "neighboring stretches resemble each other (correlation {:.2}): the run is too short for its load, use `--seeds`",
            means.lag_one
        ));
    }
    if let Some(exponent) = exponent.filter(|&exponent| exponent < EXPONENT_LEAST) {
        doubts.push(format!(
            "the slowest 1% fall off like x^-{exponent:.1}: the mean hardly settles, trust percentiles instead"
        ));
    }
    doubts
}

/// Whether something happens to the system during the run: then there is no steady state to speak of.
fn is_disturbed(trace: &Trace) -> bool {
    trace.records.iter().any(|r| matches!(r.kind, record::EFFECT_ON | record::EFFECT_OFF) && !trace.is_quiet(r))
}

fn flows(trace: &Trace) -> std::ops::Range<usize> {
    0..trace.meta.flows.len()
}

/// Requests in flight at the end of each window.
fn in_flight(trace: &Trace) -> Vec<f64> {
    let at = |window: usize| flows(trace).map(|f| trace.window_flow(window, f, flow::IN_FLIGHT)).sum::<u64>() as f64;
    (0..trace.windows.len()).map(at).collect()
}

/// Response times summed, and their number, by window after the warm-up.
fn responses(trace: &Trace) -> Vec<(u64, u64)> {
    let first = trace.meta.warmup_ns.div_ceil(trace.meta.window_ns) as usize;
    let sum = |window: usize, column: usize| flows(trace).map(|f| trace.window_flow(window, f, column)).sum::<u64>();
    let ended = |window: usize| {
        (0..outcome::COUNT).map(|code| sum(window, flow::of_outcome(code))).sum::<u64>() + sum(window, flow::LATE)
    };
    (first..trace.windows.len()).map(|window| (sum(window, flow::RESPONSE_NS), ended(window))).collect()
}

fn response_counts(trace: &Trace) -> Vec<u32> {
    trace.measured().response(flows(trace)).counts()
}
