//! Which requests need not wait for their first points: they go *straight* through them when they are created, ahead of time.
//!
//! A first point lies a constant time behind the source. If its turn and its servers are asked for by the requests of this
//! source alone, once by each, they are asked for in the order in which requests are created. So what a request would find
//! there is known as soon as those before it have been there, and no strand of theirs is still on its way. Everything else
//! (nobody waits, there is a server to be had) is found out when it goes straight; if it does not hold, the request waits
//! for its point like any other.

use super::{Due, Effects, End, Flight, Flights, Level, Point, Taken};
use crate::plan::{NONE, OpKind, Plan};

/// Fewest servers for which it is worth trying: of few, one to be had is rarely certain ahead of time.
const SERVERS_MIN: u32 = 4;

impl Flights {
    /// The points of a flight through which its requests go straight, the first ones; none where others may come between.
    pub(crate) fn straight(&self, plan: &Plan, flight: usize) -> Vec<usize> {
        let this = &self.flights[flight];
        let points = this.first_points();
        let Some(&last) = points.last() else { return points };
        let levels = &this.points[last].levels;
        let alone = points.iter().all(|&point| {
            is_simple(plan, &this.points[point]) && self.is_asked_nowhere_else(plan, flight, &points, point)
        });
        let only = is_only_source(plan, this.source) && levels.iter().all(|level| is_only_way(plan, level));
        if alone && only { points } else { Vec::new() }
    }

    /// Whether no other point asks for the turn or the servers of this one.
    fn is_asked_nowhere_else(&self, plan: &Plan, flight: usize, points: &[usize], point: usize) -> bool {
        let asked = Asked::of(plan, &self.flights[flight].points[point]);
        self.flights.iter().enumerate().all(|(f, other)| {
            let others = other.points.iter().enumerate().filter(|(p, _)| f != flight || !points.contains(p));
            others.map(|(_, other)| Asked::of(plan, other)).all(|other| !asked.shares(&other))
        })
    }
}

impl Flight {
    /// The first point, if it lies a constant time behind the source, and the one behind it, if that does so too and nothing
    /// but a turn has been taken between them.
    fn first_points(&self) -> Vec<usize> {
        let (Some(_), End::Point { point, .. }) = (self.shift_ns(), &self.points[0].block.end) else {
            return Vec::new();
        };
        let mut points = vec![*point];
        if let End::Point { point: next, effects } = &self.points[*point].block.end {
            let turns = effects.lookup.is_none() && effects.taken.is_none() && effects.released.is_empty();
            if turns && self.points[*next].at.terms == self.points[*point].at.terms {
                points.push(*next);
            }
        }
        points
    }
}

/// Component whose servers, and edge whose turn a point asks for.
struct Asked {
    servers_of: Option<u32>,
    turn_on: Option<u32>,
}

impl Asked {
    fn of(plan: &Plan, point: &Point) -> Self {
        let turn_on = match point.due {
            Due::Call(op) => Some(plan.sites.edge[plan.ops.a[op as usize] as usize]),
            _ => None,
        };
        Self { servers_of: point.needs.map(|(component, _): Taken| component), turn_on }
    }

    fn shares(&self, other: &Self) -> bool {
        let both = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
        both(self.servers_of, other.servers_of) || both(self.turn_on, other.turn_on)
    }
}

/// Whether a point is one where a visit arrives at enough servers or a call takes its turn, and nothing is sought in a store
/// behind it.
fn is_simple(plan: &Plan, point: &Point) -> bool {
    fn seeks(end: &End) -> bool {
        let lookup = |effects: &Effects| effects.lookup.is_some();
        match end {
            End::Either { well, badly, .. } => seeks(&well.end) || seeks(&badly.end),
            End::Point { effects, .. } | End::Landed { effects, .. } => lookup(effects),
            End::GivesUp => false,
        }
    }
    let enough = point.needs.is_none_or(|(component, _)| plan.components.servers[component as usize] >= SERVERS_MIN);
    matches!(point.due, Due::Arrival | Due::Call(_)) && enough && !seeks(&point.block.end)
}

/// Whether no other source has the program of this one.
fn is_only_source(plan: &Plan, source: u32) -> bool {
    let programs = &plan.sources.program;
    programs.iter().filter(|&&program| program == programs[source as usize]).count() == 1
}

/// Whether the call that a level makes is the only way to its callee, and is made once by each that comes there.
fn is_only_way(plan: &Plan, level: &Level) -> bool {
    let Some(calling) = &level.calling else { return true };
    let (sites, edges, ops) = (&plan.sites, &plan.edges, &plan.ops);
    let site = calling.site as usize;
    let (edge, policy) = (sites.edge[site], sites.policy[site] as usize);
    let to = edges.to[edge as usize];
    let calls = (0..ops.kind.len()).filter(|&op| ops.kind[op] == OpKind::Call && ops.a[op] == calling.site).count();
    plan.policies.retry_max[policy] == 0
        && ops.scope[calling.op as usize] == NONE
        && calls == 1
        && sites.edge.iter().filter(|&&of| of == edge).count() == 1
        && edges.to.iter().filter(|&&of| of == to).count() == 1
}
