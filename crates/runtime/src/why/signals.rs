//! What is watched of components, edges and flows, and when it has left its twin's band.

use crate::steps::{Steps, Words};
use crate::trace::Trace;
use serde::Serialize;
use sysdl_kernel::columns::{component, edge, flow, subscription};
use sysdl_kernel::outcome;

/// What crossed a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// A fault, or another change of the timeline, began.
    Fault,
    /// Replicas went down.
    Down,
    /// Lookups hit less often.
    Cold,
    /// Lookups hit what is out of date.
    Stale,
    /// More comes than would.
    Load,
    /// A server is held for longer.
    Slow,
    /// Work is there, and nearly nothing is finished.
    Stalled,
    /// All servers are busy.
    Saturated,
    /// A queue grows.
    Queue,
    /// Messages pile up in a partition.
    Lag,
    /// Requests are turned away: no room to wait.
    Rejecting,
    /// Requests are turned away by decision.
    Shedding,
    /// Requests are over a rate limit.
    RateLimited,
    /// Requests fail.
    Failing,
    /// What is done is for callers who have left.
    Wasted,
    /// The number of replicas is changed.
    Scaled,
    /// Partitions are assigned anew.
    Rebalanced,
    /// Messages are lost on the way.
    Lost,
    /// Calls take longer.
    SlowCalls,
    /// Callers wait for a connection of their pool.
    PoolWait,
    /// No connection of the pool is left.
    PoolExhausted,
    /// More calls are made.
    Calls,
    /// Callers give up waiting.
    Timeouts,
    /// Calls fail for good.
    FailedCalls,
    /// Attempts are retries.
    Retries,
    /// A breaker opened.
    BreakerOpen,
    /// A caller drops attempts itself.
    Throttled,
    /// A replica is left out.
    Ejected,
    /// Requests of users fail.
    Errors,
    /// Answers come too late to be good.
    Late,
    /// Answers take longer.
    SlowAnswers,
}

/// Whether what crosses at a component is trouble of it, rather than work or a remedy.
pub(super) fn hurts(signal: Signal) -> bool {
    !matches!(signal, Signal::Load | Signal::Calls | Signal::Scaled)
}

/// Whether what crosses on an edge is trouble of its caller.
pub(super) fn hurts_caller(signal: Signal) -> bool {
    use Signal::{BreakerOpen, FailedCalls, PoolExhausted, PoolWait, Timeouts};
    matches!(signal, Timeouts | FailedCalls | PoolWait | PoolExhausted | BreakerOpen)
}

/// Whose it is, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A change of the timeline.
    Effect(usize),
    /// A component.
    Component(usize),
    /// An edge.
    Edge(usize),
    /// An endpoint that traffic enters.
    Flow(usize),
}

/// How a signal is measured, step by step.
#[derive(Clone, Debug)]
pub(super) enum Measure {
    /// Events counted; they rise.
    Count(Vec<f64>),
    /// A part of a whole; the share rises, or falls.
    Share { part: Vec<f64>, whole: Vec<f64>, falls: bool },
    /// A sum over a count: a mean that rises. Of what comes and goes it says something only while it comes: of what was
    /// there before, the longest ends last.
    Mean { sum: Vec<f64>, count: Vec<f64>, come: Option<Vec<f64>> },
    /// Mean value over a step; it rises.
    Level(Vec<f64>),
}

/// When a value has left its twin's band.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// It differs by more than this, in its own unit (events, share, nanoseconds, number).
    pub(super) floor: f64,
    /// And by more than this share of the twin's highest.
    pub(super) relative: f64,
    /// And is no less than this.
    pub(super) least: f64,
}

/// A signal of a subject, in one run.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) signal: Signal,
    pub(super) subject: Subject,
    pub(super) measure: Measure,
    pub(super) bound: Bound,
}

const fn bound(floor: f64, relative: f64) -> Bound {
    Bound { floor, relative, least: 0.0 }
}

/// A tenth of a millisecond.
const TENTH_MS: f64 = 100_000.0;

/// All signals of a run, in the same order for a run and its twin.
pub(super) fn watch(trace: &Trace) -> Vec<Watched> {
    let (steps, words) = (Steps::of(trace), Words::of(trace));
    let mut all = Vec::new();
    for c in 0..trace.meta.components.len() {
        of_component(trace, steps, words, c, &mut all);
    }
    for (s, row) in trace.meta.subscriptions.iter().enumerate() {
        let count = |column| steps.sums(words.subscription(s, column));
        let (come, handled) = (count(subscription::MESSAGES), count(subscription::HANDLED));
        let gone = [subscription::DROPPED, subscription::EXPIRED].map(count);
        let mut waiting = 0.0;
        let level = (0..come.len()).map(|k| {
            waiting += come[k] - handled[k] - gone[0][k] - gone[1][k];
            waiting
        });
        let subject = Subject::Component(trace.meta.edges[row.edge as usize].to as usize);
        let (measure, bound) = (Measure::Level(level.collect()), bound(20.0, 0.5));
        all.push(Watched { signal: Signal::Lag, subject, measure, bound });
    }
    for e in 0..trace.meta.edges.len() {
        of_edge(steps, words, e, &mut all);
    }
    for f in 0..trace.meta.flows.len() {
        of_flow(steps, words, f, &mut all);
    }
    all
}

fn of_component(trace: &Trace, steps: Steps<'_>, words: Words, c: usize, all: &mut Vec<Watched>) {
    let sum = |column| steps.sums(words.component(c, column));
    let together = |columns: &[usize]| steps.sums_of(columns.iter().map(|&column| words.component(c, column)));
    let level = |column| sum(column).iter().map(|ns| ns / steps.step_ns as f64).collect::<Vec<_>>();
    let bad = |code: u32| component::of_outcome(code as usize);
    let meta = &trace.meta.components[c];
    let servers = f64::from(meta.servers.unwrap_or(0)) * f64::from(meta.replicas);
    let ended: Vec<usize> = (0..outcome::COUNT).map(component::of_outcome).collect();
    let turned = [outcome::REJECTED, outcome::SHED, outcome::RATE_LIMITED].map(|code| sum(bad(code)));
    let away = turned_away(
        sum(component::ARRIVALS),
        sum(component::STARTS),
        steps.gauges(words.component(c, component::QUEUE)),
    );
    let [mut rejected, mut shed, limited] = own(turned, away);
    if meta.servers.is_none() {
        // What takes any number at once is never full.
        rejected.fill(0.0);
        shed.fill(0.0);
    }
    let mut failed = together(&(1..outcome::COUNT).map(component::of_outcome).collect::<Vec<_>>());
    for k in 0..failed.len() {
        failed[k] -= rejected[k] + shed[k] + limited[k];
    }
    let hits = sum(component::HITS);
    let lookups = together(&[component::HITS, component::MISSES, component::COALESCED]);
    let capacity = sum(component::CAPACITY_NS);
    let served = sum(component::SERVED);
    let (present, queue) = (level(component::PRESENT_NS), level(component::QUEUE_NS));
    let mut watch = |signal, measure, bound| {
        all.push(Watched { signal, subject: Subject::Component(c), measure, bound });
    };
    watch(
        Signal::Down,
        Measure::Level(capacity.iter().map(|ns| -ns / steps.step_ns as f64).collect()),
        bound(0.5, 0.0),
    );
    watch(Signal::Cold, Measure::Share { part: hits.clone(), whole: lookups, falls: true }, bound(0.05, 0.0));
    watch(Signal::Stale, Measure::Share { part: sum(component::STALE), whole: hits, falls: false }, bound(0.05, 0.0));
    watch(Signal::Load, Measure::Count(sum(component::ARRIVALS)), bound(5.0, 0.25));
    let come = Some(sum(component::ARRIVALS));
    let held = Measure::Mean { sum: sum(component::SERVICE_NS), count: served.clone(), come };
    watch(Signal::Slow, held, bound(TENTH_MS, 0.3));
    watch(Signal::Stalled, Measure::Share { part: present.clone(), whole: served, falls: false }, bound(f64::NAN, 0.0));
    let full = Bound { floor: 0.02, relative: 0.0, least: 0.97 };
    watch(Signal::Saturated, Measure::Share { part: sum(component::BUSY_NS), whole: capacity, falls: false }, full);
    watch(Signal::Queue, Measure::Level(queue), bound((servers * 0.1).max(2.0), 0.5));
    watch(Signal::Rejecting, Measure::Count(rejected), bound(3.0, 1.0));
    watch(Signal::Shedding, Measure::Count(shed), bound(3.0, 1.0));
    watch(Signal::RateLimited, Measure::Count(limited), bound(3.0, 1.0));
    let failing = Measure::Share { part: failed, whole: together(&ended), falls: false };
    watch(Signal::Failing, failing, bound(0.02, 0.5));
    let wasted = Measure::Share { part: sum(component::ORPHANED), whole: together(&ended), falls: false };
    watch(Signal::Wasted, wasted, bound(0.1, 0.5));
}

/// Visits that ended without a server: they came, did not start, and do not wait.
fn turned_away(came: Vec<f64>, started: Vec<f64>, waiting: Vec<f64>) -> Vec<f64> {
    let mut before = 0.0;
    let grown = waiting.iter().map(|&now| now - std::mem::replace(&mut before, now));
    came.iter().zip(&started).zip(grown).map(|((came, started), grown)| (came - started - grown).max(0.0)).collect()
}

/// Of those that were turned away, those that were so here: an answer is handed on to the caller as it is.
fn own(mut turned: [Vec<f64>; 3], mut away: Vec<f64>) -> [Vec<f64>; 3] {
    for counts in &mut turned {
        for (count, left) in counts.iter_mut().zip(&mut away) {
            *count = count.min(*left);
            *left -= *count;
        }
    }
    turned
}

fn of_edge(steps: Steps<'_>, words: Words, e: usize, all: &mut Vec<Watched>) {
    let sum = |column| steps.sums(words.edge(e, column));
    let ended = || steps.sums_of([edge::OK, edge::FAILED].map(|column| words.edge(e, column)));
    let attempts = sum(edge::ATTEMPTS);
    let share = |part, whole| Measure::Share { part, whole, falls: false };
    let mut watch = |signal, measure, bound| {
        all.push(Watched { signal, subject: Subject::Edge(e), measure, bound });
    };
    watch(Signal::Lost, Measure::Count(sum(edge::LOST)), bound(3.0, 1.0));
    watch(Signal::Calls, Measure::Count(sum(edge::CALLS)), bound(5.0, 0.25));
    let waits = Measure::Mean { sum: sum(edge::PERMIT_WAIT_NS), count: attempts.clone(), come: None };
    watch(Signal::PoolWait, waits, bound(1_000_000.0, 0.5));
    watch(Signal::PoolExhausted, Measure::Count(sum(edge::NO_PERMIT)), bound(3.0, 1.0));
    let calls = Measure::Mean { sum: sum(edge::LATENCY_NS), count: ended(), come: Some(sum(edge::CALLS)) };
    watch(Signal::SlowCalls, calls, bound(TENTH_MS, 0.5));
    watch(Signal::Timeouts, Measure::Count(sum(edge::TIMEOUTS)), bound(3.0, 1.0));
    watch(Signal::FailedCalls, share(sum(edge::FAILED), ended()), bound(0.02, 0.5));
    watch(Signal::Retries, share(sum(edge::RETRIES), attempts), bound(0.05, 0.5));
    watch(Signal::Throttled, Measure::Count(sum(edge::THROTTLED)), bound(3.0, 1.0));
}

fn of_flow(steps: Steps<'_>, words: Words, f: usize, all: &mut Vec<Watched>) {
    let sum = |column| steps.sums(words.flow(f, column));
    let together = |columns: &[usize]| steps.sums_of(columns.iter().map(|&column| words.flow(f, column)));
    let failed: Vec<usize> = (1..outcome::COUNT).map(flow::of_outcome).collect();
    let ended: Vec<usize> = failed.iter().copied().chain([flow::OUTCOMES, flow::LATE]).collect();
    let share = |part| Measure::Share { part, whole: together(&ended), falls: false };
    let mut watch = |signal, measure, bound| {
        all.push(Watched { signal, subject: Subject::Flow(f), measure, bound });
    };
    watch(Signal::Errors, share(together(&failed)), bound(0.02, 0.5));
    watch(Signal::Late, share(sum(flow::LATE)), bound(0.02, 0.5));
    let slow = Measure::Mean { sum: sum(flow::RESPONSE_NS), count: together(&ended), come: None };
    watch(Signal::SlowAnswers, slow, bound(TENTH_MS, 0.5));
}
