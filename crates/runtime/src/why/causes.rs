//! Departures → crossings in order, each with what caused it.
//!
//! Before: departures, each with the instant at which it began, as exactly as steps are short.
//! After: crossings are in order of time, and none comes before its cause.

use super::departures::Departure;
use super::graph::Graph;
use super::signals::{Signal, Subject};

/// Steps by which an instant may be off.
const SLACK_STEPS: u64 = 2;
/// Steps that an unexplained departure waits for its cause to be found.
const PATIENCE_STEPS: u64 = 10;

/// Something that crossed a threshold, and why.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    pub(super) signal: Signal,
    pub(super) subject: Subject,
    pub(super) at_ns: u64,
    pub(super) until_ns: Option<u64>,
    pub(super) value: f64,
    pub(super) twin: f64,
    /// Both values when it began.
    pub(super) first: (f64, f64),
    /// Index of the crossing that caused it, among those before.
    pub(super) cause: Option<usize>,
    /// Edge along which it came.
    pub(super) edge: Option<usize>,
    /// How well the cause explains it; 0: best.
    pub(super) rank: u8,
}

/// How many times what it began with a value must reach for that to be worth a word.
const FURTHER: f64 = 1.2;

impl Crossing {
    /// What is told of it, and of its twin: more load as it began, since others come to it later; else what is furthest apart.
    pub(super) fn told(&self) -> (f64, f64) {
        if matches!(self.signal, Signal::Load | Signal::Calls) { self.first } else { (self.value, self.twin) }
    }

    /// What it came to later, if that is much further than what is told.
    pub(super) fn later(&self) -> Option<f64> {
        Some(self.value).filter(|&value| value > FURTHER * self.told().0)
    }
}

/// A way to explain an open departure: its instant, how well, the departure, its cause, the edge.
type Way = (u64, u8, usize, usize, Option<usize>);

/// Puts departures in order behind the faults.
pub(super) fn order(faults: Vec<Departure>, mut open: Vec<Departure>, graph: &Graph, step_ns: u64) -> Vec<Crossing> {
    let Some(begin_ns) = faults.iter().map(|fault| fault.at_ns).min() else { return Vec::new() };
    // The step in which a fault began has a part before it.
    open.iter_mut().for_each(|departure| departure.at_ns = departure.at_ns.max(begin_ns));
    open.extend(faults);
    let mut placed: Vec<Crossing> = Vec::new();
    while !open.is_empty() {
        let first_ns = open.iter().map(|departure| departure.at_ns).min().unwrap_or(0);
        let soon = |steps: u64| first_ns.saturating_add(steps * step_ns);
        let way = next(&open, &placed, graph, soon(SLACK_STEPS), step_ns);
        let way = way.or_else(|| ways(&open, &placed, graph, soon(PATIENCE_STEPS)).into_iter().min());
        match way {
            Some((at_ns, rank, index, cause, edge)) => {
                let departure = open.swap_remove(index);
                place(&mut placed, crossing(departure, at_ns, Some((cause, edge, rank))));
            }
            None => {
                let first = (0..open.len()).min_by_key(|&i| (open[i].at_ns, !is_fault(&open[i]), open[i].subject));
                let departure = open.swap_remove(first.unwrap_or(0));
                let at_ns = departure.at_ns;
                place(&mut placed, crossing(departure, at_ns, None));
            }
        }
    }
    prune(placed)
}

/// Without what nothing followed from and is no harm by itself: more load that is carried, and what nothing explains.
fn prune(mut placed: Vec<Crossing>) -> Vec<Crossing> {
    loop {
        let is_cause = |index: usize| placed.iter().any(|c| c.cause == Some(index));
        let is_retried = |c: &Crossing| c.cause.is_some_and(|cause| placed[cause].signal == Signal::Retries);
        let is_harmless = |c: &Crossing| {
            let fault = matches!(c.subject, Subject::Effect(_));
            let flow = matches!(c.subject, Subject::Flow(_));
            let mild = matches!(c.signal, Signal::Load | Signal::Calls | Signal::Slow);
            !fault && (mild && c.rank >= 1 && !is_retried(c) || c.cause.is_none() && !flow)
        };
        let found = (0..placed.len()).rev().find(|&index| is_harmless(&placed[index]) && !is_cause(index));
        let Some(index) = found else { return placed };
        placed.remove(index);
        let is_behind = |cause: &&mut usize| **cause > index;
        placed
            .iter_mut()
            .filter_map(|crossing| crossing.cause.as_mut())
            .filter(is_behind)
            .for_each(|cause| *cause -= 1);
    }
}

/// Puts a crossing behind all that began no later, its cause among them.
fn place(placed: &mut Vec<Crossing>, crossing: Crossing) {
    let index = placed.partition_point(|before| before.at_ns <= crossing.at_ns);
    let is_behind = |cause: &&mut usize| **cause >= index;
    placed.iter_mut().filter_map(|crossing| crossing.cause.as_mut()).filter(is_behind).for_each(|cause| *cause += 1);
    placed.insert(index, crossing);
}

/// The first way to explain what began by `until_ns`. What has a better cause that is about to be placed waits for it.
fn next(open: &[Departure], placed: &[Crossing], graph: &Graph, until_ns: u64, step_ns: u64) -> Option<Way> {
    let all = ways(open, placed, graph, until_ns + SLACK_STEPS * step_ns);
    let now: Vec<&Way> = all.iter().filter(|way| open[way.2].at_ns <= until_ns).collect();
    let waits = |way: &&Way| {
        let better = |other: &Way| {
            let (cause, effect) = (&open[other.2], &open[way.2]);
            let link = graph.explains((cause.signal, cause.subject), (effect.signal, effect.subject));
            other.0 <= way.0 + effect.slack_ns && link.is_some_and(|(rank, _)| rank < way.1)
        };
        !all.iter().any(|other| other.2 != way.2 && better(other))
    };
    let ready = |ways: &[&Way]| ways.iter().copied().filter(waits).min().copied();
    ready(&now)
        .or_else(|| ready(&all.iter().collect::<Vec<_>>()).filter(|_| !now.is_empty()))
        .or(now.into_iter().min().copied())
}

fn is_fault(departure: &Departure) -> bool {
    matches!(departure.subject, Subject::Effect(_))
}

/// Every way to explain what began by `until_ns` by what is placed. A fault explains itself.
fn ways(open: &[Departure], placed: &[Crossing], graph: &Graph, until_ns: u64) -> Vec<Way> {
    let mut found = Vec::new();
    for (index, departure) in open.iter().enumerate().filter(|(_, departure)| departure.at_ns <= until_ns) {
        if is_fault(departure) {
            continue;
        }
        let causes = placed.iter().enumerate().filter_map(|(number, cause)| {
            let link = graph.explains((cause.signal, cause.subject), (departure.signal, departure.subject));
            let (rank, edge) = link.filter(|_| cause.at_ns <= departure.at_ns + departure.slack_ns)?;
            // Of equally good causes the latest: the nearest link of the chain.
            Some((rank, std::cmp::Reverse(cause.at_ns), number, edge))
        });
        if let Some((rank, _, number, edge)) = causes.min() {
            found.push((departure.at_ns.max(placed[number].at_ns), rank, index, number, edge));
        }
    }
    // A fault that begins first comes first.
    let faults = open.iter().filter(|departure| is_fault(departure)).map(|fault| fault.at_ns).min();
    found.retain(|way| faults.is_none_or(|at_ns| way.0 < at_ns));
    found
}

fn crossing(departure: Departure, at_ns: u64, link: Option<(usize, Option<usize>, u8)>) -> Crossing {
    let Departure { signal, subject, until_ns, value, twin, first, .. } = departure;
    let (cause, edge, rank) = link.map_or((None, None, 9), |(cause, edge, rank)| (Some(cause), edge, rank));
    Crossing { signal, subject, at_ns, until_ns, value, twin, first, cause, edge, rank }
}
