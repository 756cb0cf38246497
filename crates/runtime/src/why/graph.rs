//! Who can cause whom: a signal of a subject explains another one if the system's edges lead from one to the other.

use super::signals::{Signal, Subject};
use crate::trace::Trace;

/// Edges of the system, and what its effects change.
#[derive(Debug)]
pub(super) struct Graph {
    /// Caller (none: traffic) and callee of each edge.
    edges: Vec<(Option<usize>, usize)>,
    /// Edges on which messages are handed on by what keeps them.
    handed_on: Vec<usize>,
    /// Component of each flow.
    flows: Vec<Option<usize>>,
    /// What each effect changes.
    effects: Vec<Place>,
}

/// Where an effect acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Component(usize),
    Edge(usize),
    /// A source of traffic, by its name's edges.
    Source,
    Unknown,
}

/// How one thing explains another: lower numbers explain better; the edge it went along.
pub(super) type Link = (u8, Option<usize>);

impl Graph {
    pub(super) fn of(trace: &Trace) -> Self {
        let meta = &trace.meta;
        let component = |name: &str| meta.components.iter().position(|c| c.name == name);
        let place = |slot: u32| {
            let Some(owner) = meta.slots.get(slot as usize).and_then(|slot| slot.name.rsplit_once('.')) else {
                return Place::Unknown;
            };
            if let Some(edge) = meta.edges.iter().position(|edge| edge.name == owner.0) {
                return Place::Edge(edge);
            }
            component(owner.0).map_or(Place::Source, Place::Component)
        };
        Self {
            edges: meta.edges.iter().map(|edge| (edge.from.map(|from| from as usize), edge.to as usize)).collect(),
            handed_on: meta.subscriptions.iter().map(|row| row.edge as usize).collect(),
            flows: meta.flows.iter().map(|f| f.name.split_once('.').and_then(|(name, _)| component(name))).collect(),
            effects: meta.effects.iter().map(|effect| place(effect.slot)).collect(),
        }
    }

    /// The component on which an effect acts.
    pub(super) fn target(&self, effect: usize) -> Option<usize> {
        match self.place(effect) {
            Place::Component(c) => Some(c),
            _ => None,
        }
    }

    pub(super) fn place(&self, effect: usize) -> Place {
        self.effects.get(effect).copied().unwrap_or(Place::Unknown)
    }

    /// Whether and how well a cause explains an effect.
    pub(super) fn explains(&self, cause: (Signal, Subject), effect: (Signal, Subject)) -> Option<Link> {
        match (cause.1, effect.1) {
            (Subject::Effect(fault), subject) => self.fault(fault, effect.0, subject),
            (Subject::Component(c), Subject::Component(d)) if c == d => within(cause.0, effect.0).map(|p| (p, None)),
            (Subject::Edge(e), Subject::Edge(f)) if e == f => along(cause.0, effect.0).map(|p| (p, Some(e))),
            (Subject::Component(c), Subject::Component(d)) => self.callee_to_caller(cause.0, c, effect.0, d),
            (Subject::Component(c), Subject::Edge(e)) => self.component_to_edge(cause.0, c, effect.0, e),
            (Subject::Edge(e), Subject::Component(c)) => self.edge_to_component(cause.0, e, effect.0, c),
            (Subject::Edge(e), Subject::Edge(f)) => self.edge_to_edge(cause.0, e, effect.0, f),
            (Subject::Component(c), Subject::Flow(f)) if self.flows[f] == Some(c) => {
                to_flow(cause.0, effect.0).map(|p| (p, None))
            }
            (Subject::Edge(e), Subject::Flow(f)) => {
                let (from, to) = self.edges[e];
                let rank = if from.is_none() && self.flows[f] == Some(to) {
                    edge_to_flow(cause.0, effect.0)
                } else if from.is_some() && self.flows[f] == from {
                    edge_to_flow(cause.0, effect.0).map(|rank| rank + 2)
                } else {
                    None
                };
                rank.map(|rank| (rank, Some(e)))
            }
            (Subject::Flow(f), Subject::Flow(g)) if f == g => {
                use Signal::{Late, SlowAnswers};
                (cause.0 == SlowAnswers && effect.0 == Late).then_some((1, None))
            }
            _ => None,
        }
    }

    /// A fault explains everything where it acts, and best what it changes itself.
    fn fault(&self, fault: usize, signal: Signal, subject: Subject) -> Option<Link> {
        use Signal::{Calls, Cold, Down, Failing, Load, Lost, RateLimited, Slow, SlowCalls, Stale, Stalled};
        let direct = matches!(
            signal,
            Down | Cold | Stale | Slow | Stalled | Failing | Lost | RateLimited | Load | Calls | SlowCalls
        );
        let rank = if direct { 0 } else { 6 };
        let at_caller = matches!(signal, SlowCalls | Signal::Timeouts | Signal::FailedCalls | Lost | Signal::Ejected);
        match (self.place(fault), subject) {
            (Place::Component(c), Subject::Component(d)) if c == d && signal != Load => Some((rank, None)),
            // Requests that a fault of the callee swallows are late or lost on the edge.
            (Place::Component(c), Subject::Edge(e)) if self.edges[e].1 == c && at_caller => Some((7, Some(e))),
            (Place::Edge(e), Subject::Edge(f)) if e == f => Some((rank, Some(e))),
            (Place::Source, Subject::Edge(e)) if self.edges[e].0.is_none() => Some((rank, Some(e))),
            (Place::Unknown, _) => Some((9, None)),
            _ => None,
        }
    }

    /// Where nothing is answered, no call ends that could be measured: callers stand still with their callee.
    fn callee_to_caller(&self, cause: Signal, c: usize, effect: Signal, d: usize) -> Option<Link> {
        use Signal::{Down, Failing, Lag, Queue, Saturated, Slow, Stalled};
        let direct = self.edges.iter().position(|&(from, to)| from == Some(d) && to == c);
        let rank = match (cause, effect) {
            // No room is left where messages wait for their consumer.
            (Queue | Lag, Failing | Stalled) if direct.is_some_and(|e| self.handed_on.contains(&e)) => 2,
            (Stalled, Slow) => 6,
            (Stalled, Stalled) => 2,
            (Down, Stalled) => 4,
            (Stalled, Saturated) => 4,
            (Stalled | Saturated | Queue, Queue) => 7,
            (Saturated | Queue, Saturated) => 6,
            _ => return None,
        };
        // Requests wait all along the way before the first answer is late.
        match direct {
            Some(edge) => Some((rank, Some(edge))),
            None => self.way(d, c).map(|edge| (rank + 4, Some(edge))),
        }
    }

    /// The first edge of a way from a caller to a component, if there is one.
    fn way(&self, caller: usize, to: usize) -> Option<usize> {
        let reaches = |start: usize| {
            let (mut open, mut seen) = (vec![start], vec![start]);
            while let Some(c) = open.pop() {
                if c == to {
                    return true;
                }
                for &(from, next) in &self.edges {
                    if from == Some(c) && !seen.contains(&next) {
                        seen.push(next);
                        open.push(next);
                    }
                }
            }
            false
        };
        (0..self.edges.len()).find(|&e| self.edges[e].0 == Some(caller) && reaches(self.edges[e].1))
    }

    fn component_to_edge(&self, cause: Signal, c: usize, effect: Signal, e: usize) -> Option<Link> {
        use Signal::*;
        let (from, to) = self.edges[e];
        if to == c {
            // What the callee does to its callers.
            let rank = match (cause, effect) {
                (Queue | Slow | Stalled | Saturated, SlowCalls) => 1,
                (Stalled, Timeouts) | (Queue | Slow, Timeouts | PoolWait) => 2,
                (Saturated | Down, Timeouts) => 3,
                (
                    Rejecting | Shedding | RateLimited | Failing | Down,
                    FailedCalls | Retries | BreakerOpen | Ejected,
                ) => 2,
                (Stalled, Ejected) => 1,
                (Rejecting | Shedding | RateLimited, Throttled) => 2,
                _ => return None,
            };
            return Some((rank, Some(e)));
        }
        if from == Some(c) {
            // What the caller does because of what happens to it.
            let rank = match (cause, effect) {
                (Cold, Calls) => 1,
                (Load, Calls) => 2,
                (Scaled, Calls) => 4,
                (Load | Saturated, PoolWait | PoolExhausted) => 3,
                _ => return None,
            };
            return Some((rank, Some(e)));
        }
        // Where a consumer's backlog is full, publishers wait for room.
        if self.handed_on.iter().any(|&h| self.edges[h] == (Some(to), c)) {
            let waits = matches!((cause, effect), (Queue | Lag, SlowCalls | Timeouts | FailedCalls));
            return waits.then_some((4, Some(e)));
        }
        // A cache that misses: whoever asks it asks somebody else.
        let asks = |edge: &(Option<usize>, usize)| edge.0 == from && edge.1 == c;
        (cause == Cold && effect == Calls && from.is_some() && self.edges.iter().any(asks)).then_some((1, Some(e)))
    }

    fn edge_to_component(&self, cause: Signal, e: usize, effect: Signal, c: usize) -> Option<Link> {
        use Signal::*;
        let (from, to) = self.edges[e];
        let mut best: Option<u8> = None;
        let mut offer = |rank: u8| best = Some(best.map_or(rank, |b| b.min(rank)));
        if to == c {
            match (cause, effect) {
                (Calls | Retries, Load | RateLimited) => offer(1),
                (Calls | Retries, Saturated | Queue | Lag | Rejecting | Shedding) => offer(4),
                (Timeouts, Wasted) => offer(1),
                // A replica that is left out leaves more for the others; one that answers at once draws more.
                (Ejected, Load | Saturated | Queue) => offer(4),
                (Timeouts | FailedCalls, Cold) => offer(4),
                _ => {}
            }
        }
        if from == Some(c) {
            match (cause, effect) {
                // Whoever waits holds a server.
                (SlowCalls | PoolWait, Slow) => offer(1),
                (Timeouts | Lost, Slow) => offer(3),
                (SlowCalls | PoolWait | Timeouts | Lost, Stalled | Saturated) => offer(3),
                (SlowCalls | PoolWait | Timeouts | Lost, Queue) => offer(5),
                (FailedCalls, Failing) => offer(1),
                (BreakerOpen | PoolExhausted | Throttled | Timeouts | Lost, Failing) => offer(2),
                (FailedCalls | Timeouts, Cold) => offer(5),
                _ => {}
            }
        }
        best.map(|rank| (rank, Some(e)))
    }

    /// Edges of one caller: what fails on one is asked on another. Behind each other: who waits lets others wait.
    fn edge_to_edge(&self, cause: Signal, e: usize, effect: Signal, f: usize) -> Option<Link> {
        use Signal::{BreakerOpen, Calls, FailedCalls, Lost, SlowCalls, Timeouts};
        if self.edges[e].0 == Some(self.edges[f].1) {
            let rank = match (cause, effect) {
                (SlowCalls, SlowCalls) => 2,
                (FailedCalls, FailedCalls) => 4,
                (Timeouts, SlowCalls) => 4,
                _ => return None,
            };
            return Some((rank, Some(f)));
        }
        let same_caller = self.edges[e].0.is_some() && self.edges[e].0 == self.edges[f].0;
        let instead = matches!(cause, FailedCalls | Timeouts | BreakerOpen | Lost) && effect == Calls;
        (same_caller && instead).then_some((4, Some(f)))
    }
}

/// Within a component.
fn within(cause: Signal, effect: Signal) -> Option<u8> {
    use Signal::*;
    Some(match (cause, effect) {
        (Down, Failing | Cold) => 1,
        (Down | Stalled | Slow | Load, Saturated) => 2,
        (Saturated, Queue) => 1,
        (Down | Stalled | Slow | Load, Queue | Lag) => 2,
        (Rebalanced, Lag | Queue) => 2,
        (Queue, Rejecting | Shedding) => 1,
        (Saturated | Stalled | Down, Rejecting | Shedding) => 2,
        (Load, RateLimited) => 1,
        (Load | Queue, Slow) => 4,
        (Load | Saturated | Queue, Scaled) => 1,
        (Down | Stalled, Rebalanced) => 1,
        (Load, Cold | Stale) => 4,
        (Cold, Slow) => 3,
        (Queue, Lag) => 2,
        (Slow | Stalled, Failing) => 5,
        (Queue | Rejecting | Shedding, Failing) => 5,
        _ => return None,
    })
}

/// Along an edge, as its caller sees it.
fn along(cause: Signal, effect: Signal) -> Option<u8> {
    use Signal::*;
    Some(match (cause, effect) {
        (Lost, Timeouts) => 1,
        (SlowCalls, Timeouts) => 1,
        (SlowCalls | Calls, PoolWait) => 2,
        (PoolWait, PoolExhausted | SlowCalls) => 1,
        (Lost | Timeouts, SlowCalls) => 3,
        (Timeouts | Lost, Retries | BreakerOpen | Ejected) => 1,
        (Timeouts | PoolExhausted, FailedCalls) => 1,
        (Lost | BreakerOpen | Throttled, FailedCalls) => 2,
        (FailedCalls, BreakerOpen | Throttled | Ejected | Retries) => 2,
        (Retries, SlowCalls) => 3,
        _ => return None,
    })
}

fn to_flow(cause: Signal, effect: Signal) -> Option<u8> {
    use Signal::*;
    Some(match (cause, effect) {
        (Failing | Rejecting | Shedding | RateLimited | Down, Errors) => 1,
        (Queue | Slow | Stalled, SlowAnswers) => 1,
        (Saturated, SlowAnswers) => 2,
        (Queue | Slow | Stalled, Errors | Late) => 3,
        _ => return None,
    })
}

fn edge_to_flow(cause: Signal, effect: Signal) -> Option<u8> {
    use Signal::*;
    Some(match (cause, effect) {
        (FailedCalls | Timeouts | Lost, Errors) => 2,
        (SlowCalls, SlowAnswers | Late) => 2,
        (Timeouts | Lost | Retries, SlowAnswers | Late) => 3,
        _ => return None,
    })
}
