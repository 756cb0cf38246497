//! What keeps a failure going when nothing is wrong any more.

use super::causes::Crossing;
use super::signals::{Signal, Subject};
use crate::steps::{Steps, Words};
use crate::trace::Trace;
use serde::Serialize;
use sysdl_kernel::columns::{component, edge};
use sysdl_order::Order as _;

/// Share of retries from which on they are what keeps it going.
const RETRIES_LEAST: f64 = 0.1;

/// What feeds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Callers that give up come again.
    Retries,
    /// Users that were turned away come again.
    ReconnectHerd,
    /// A cache is not filled because what fills it is too slow, because the cache does not help it.
    ColdCache,
    /// Connections are held by those that wait for each other.
    Pool,
    /// Servers do what nobody waits for any more.
    WastedWork,
    /// What has piled up takes its time.
    Backlog,
}

/// A loop, with the numbers that show it.
#[derive(Clone, Debug, Serialize)]
pub struct Loop {
    /// What feeds itself.
    pub kind: Kind,
    /// Where it turns: the component that cannot keep up.
    pub component: String,
    /// The edges on which it turns.
    pub edges: Vec<String>,
    /// What comes to the component, per second, while nothing is wrong any more.
    pub offered_rps: f64,
    /// What would come without the loop, per second: the twin's.
    pub healthy_rps: f64,
    /// What it can do, per second, as far as the run shows.
    pub capacity_rps: f64,
    /// Part of what comes that is retries.
    pub retry_share: f64,
    /// In words.
    pub words: String,
}

/// Rates at a component while the loop turns.
struct Rates {
    offered: f64,
    healthy: f64,
    capacity: f64,
}

/// The loop that keeps a run from healing between two instants, if something does.
pub(super) fn find(run: &Trace, twin: &Trace, crossings: &[Crossing], from_ns: u64, until_ns: u64) -> Option<Loop> {
    let lasting: Vec<&Crossing> = crossings
        .iter()
        .filter(|c| c.at_ns < until_ns && c.until_ns.is_none_or(|end| end > from_ns + (until_ns - from_ns) / 4))
        .collect();
    let has = |signal: Signal, subject: Subject| lasting.iter().any(|c| (c.signal, c.subject) == (signal, subject));
    let core = core(run, &lasting, from_ns, until_ns)?;
    let name = run.meta.components[core].name.clone();
    let rates = rates(run, twin, core, from_ns, until_ns);
    let mut retried: Vec<(f64, usize)> = (0..run.meta.edges.len())
        .filter(|&e| has(Signal::Retries, Subject::Edge(e)) && leads_to(run, e, core))
        .map(|e| (share(run, e, from_ns, until_ns), e))
        .filter(|(share, _)| *share >= RETRIES_LEAST)
        .collect();
    retried.order_by(|a, b| b.0.total_cmp(&a.0));
    let cold = (0..run.meta.components.len()).find(|&c| has(Signal::Cold, Subject::Component(c)) && c != core);
    let pool = (0..run.meta.edges.len()).find(|&e| {
        run.meta.edges[e].to as usize == core
            && (has(Signal::PoolWait, Subject::Edge(e)) || has(Signal::PoolExhausted, Subject::Edge(e)))
    });
    let edge_name = |e: usize| run.meta.edges[e].name.clone();
    let retry_share = retried.first().map_or(0.0, |(share, _)| *share);
    let (kind, edges, words) = if let Some(&(share, e)) = retried.first() {
        let users = run.meta.edges[e].from.is_none();
        let (from, to) = ends(&run.meta.edges[e].name);
        let who = if users { "users come again" } else { "calls are tried again" };
        let words = format!(
            "{who} faster than they are answered: {:.0} % of what {from} sends to {to} are retries. {} of {name}'s load of {} would come anyway; it can do {}",
            share * 100.0,
            per_second(rates.healthy),
            per_second(rates.offered),
            per_second(rates.capacity),
        );
        let kind = if users { Kind::ReconnectHerd } else { Kind::Retries };
        (kind, retried.iter().map(|&(_, e)| edge_name(e)).collect(), words)
    } else if let Some(cache) = cold {
        let cache = &run.meta.components[cache].name;
        let words = format!(
            "{cache} stays cold: what it misses goes to {name}, which gets {} instead of {} and can do {}; what is not answered in time fills no cache",
            per_second(rates.offered),
            per_second(rates.healthy),
            per_second(rates.capacity),
        );
        let edges = (0..run.meta.edges.len()).filter(|&e| run.meta.edges[e].to as usize == core).map(edge_name);
        (Kind::ColdCache, edges.collect(), words)
    } else if let Some(e) = pool {
        let (from, to) = ends(&run.meta.edges[e].name);
        (Kind::Pool, vec![edge_name(e)], format!("{from}'s connections to {to} are held by calls that wait at {to}"))
    } else if has(Signal::Wasted, Subject::Component(core)) {
        let words = format!("{name} works through what its callers no longer wait for");
        (Kind::WastedWork, Vec::new(), words)
    } else {
        let words = format!(
            "a backlog at {name} that drains: {} come, it can do {}",
            per_second(rates.offered),
            per_second(rates.capacity)
        );
        (Kind::Backlog, Vec::new(), words)
    };
    Some(Loop {
        kind,
        component: name,
        edges,
        offered_rps: rates.offered,
        healthy_rps: rates.healthy,
        capacity_rps: rates.capacity,
        retry_share,
        words,
    })
}

/// Caller and callee of `a->b`.
pub(super) fn ends(name: &str) -> (&str, &str) {
    name.split_once("->").map_or((name, "?"), |(from, to)| (from.trim(), to.trim()))
}

/// `1,234/s`
pub(super) fn per_second(rate: f64) -> String {
    format!("{}/s", super::words::number(rate))
}

/// The component where most wait or are served while nothing is wrong any more; deepest of those that are full.
fn core(run: &Trace, lasting: &[&Crossing], from_ns: u64, until_ns: u64) -> Option<usize> {
    let (steps, words) = (Steps::of(run), Words::of(run));
    let is_strained = |c: usize| {
        lasting.iter().any(|x| {
            x.subject == Subject::Component(c)
                && matches!(
                    x.signal,
                    Signal::Saturated
                        | Signal::Queue
                        | Signal::Rejecting
                        | Signal::Shedding
                        | Signal::Stalled
                        | Signal::Lag
                )
        })
    };
    let range = range(steps, from_ns, until_ns);
    let strained: Vec<usize> = (0..run.meta.components.len()).filter(|&c| is_strained(c)).collect();
    // Callers wait because their callee does: the one that calls no other strained one is where it begins.
    let deepest = strained.iter().copied().filter(|&c| {
        !strained
            .iter()
            .any(|&d| d != c && run.meta.edges.iter().any(|e| e.from == Some(c as u32) && e.to as usize == d))
    });
    let waiting =
        |c: usize| -> f64 { steps.sums(words.component(c, component::PRESENT_NS))[range.clone()].iter().sum() };
    let candidates: Vec<usize> = deepest.collect();
    let among = if candidates.is_empty() { strained } else { candidates };
    among.into_iter().max_by(|&a, &b| waiting(a).total_cmp(&waiting(b)))
}

fn range(steps: Steps<'_>, from_ns: u64, until_ns: u64) -> std::ops::Range<usize> {
    let low = ((from_ns / steps.step_ns) as usize).min(steps.len().saturating_sub(1));
    low..((until_ns / steps.step_ns) as usize).clamp(low + 1, steps.len().max(low + 1)).min(steps.len())
}

fn rates(run: &Trace, twin: &Trace, c: usize, from_ns: u64, until_ns: u64) -> Rates {
    let words = Words::of(run);
    let rate = |trace: &Trace, column: usize, from_ns: u64, until_ns: u64| {
        let steps = Steps::of(trace);
        let range = range(steps, from_ns, until_ns);
        let seconds = range.len() as f64 * steps.step_ns as f64 / 1e9;
        steps.sums(words.component(c, column))[range].iter().sum::<f64>() / seconds.max(1e-9)
    };
    Rates {
        offered: rate(run, component::ARRIVALS, from_ns, until_ns),
        healthy: rate(twin, component::ARRIVALS, from_ns, until_ns),
        capacity: capacity(run, c, from_ns, until_ns)
            .unwrap_or_else(|| rate(run, component::SERVED, from_ns, until_ns)),
    }
}

/// What a component finishes per second while all its servers are busy. `None` if they never are.
fn capacity(run: &Trace, c: usize, from_ns: u64, until_ns: u64) -> Option<f64> {
    let (steps, words) = (Steps::of(run), Words::of(run));
    let sums = |column| steps.sums(words.component(c, column));
    let (busy, there, served) = (sums(component::BUSY_NS), sums(component::CAPACITY_NS), sums(component::SERVED));
    let full: Vec<usize> =
        range(steps, from_ns, until_ns).filter(|&k| there[k] > 0.0 && busy[k] >= 0.95 * there[k]).collect();
    let seconds = full.len() as f64 * steps.step_ns as f64 / 1e9;
    (seconds > 0.0).then(|| full.iter().map(|&k| served[k]).sum::<f64>() / seconds)
}

/// Share of retries among the attempts of an edge.
fn share(run: &Trace, e: usize, from_ns: u64, until_ns: u64) -> f64 {
    let (steps, words) = (Steps::of(run), Words::of(run));
    let range = range(steps, from_ns, until_ns);
    let sum = |column| steps.sums(words.edge(e, column))[range.clone()].iter().sum::<f64>();
    sum(edge::RETRIES) / sum(edge::ATTEMPTS).max(1.0)
}

/// Whether what goes along an edge reaches a component.
fn leads_to(run: &Trace, e: usize, component: usize) -> bool {
    let mut open = vec![run.meta.edges[e].to as usize];
    let mut seen = vec![false; run.meta.components.len()];
    while let Some(c) = open.pop() {
        if c == component {
            return true;
        }
        if !std::mem::replace(&mut seen[c], true) {
            let next = run.meta.edges.iter().filter(|edge| edge.from == Some(c as u32));
            open.extend(next.map(|edge| edge.to as usize));
        }
    }
    false
}
