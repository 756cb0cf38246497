//! Which requests need not wait for their first points: they go *straight* through them when they are created, ahead of time.
//!
//! A first point lies a constant time behind the source. If the requests of this source alone come there, once each, its turn
//! and its servers are asked for in the order in which requests are created. So what a request would find there is known as
//! soon as those before it have been there, and no strand of theirs is still on its way. Everything else (nobody waits, there
//! is a server to be had) is found out when it goes straight; if it does not hold, the request waits for its point like any
//! other.

use super::{Due, End, Flight};
use crate::plan::{NONE, OpKind, Plan};

/// Fewest servers for which it is worth trying: of few, one to be had is rarely certain ahead of time.
const SERVERS_MIN: u32 = 4;

impl Flight {
    /// The points through which requests go straight, the first ones; none where others may come between.
    pub(crate) fn straight(&self, plan: &Plan) -> Vec<usize> {
        let mut points = Vec::new();
        let programs = &plan.sources.program;
        let program = programs[self.source as usize];
        if self.shift_ns().is_none() || programs.iter().filter(|&&of| of == program).count() > 1 {
            return points;
        }
        let mut last = 0;
        while let End::Point { point, effects } = &self.points[last].block.end {
            let apart = self.points[*point].at.terms == self.points[0].at.terms;
            let turns = effects.taken.is_none() && effects.released.is_empty();
            if points.len() == 2 || !apart || !turns || !self.is_straight(plan, *point) {
                break;
            }
            last = *point;
            points.push(last);
        }
        points
    }

    /// Whether a point is one where a call takes its turn, or a visit arrives where there are enough servers, and there is one
    /// way to it only. Then no other point asks for the same turn or for the same servers.
    fn is_straight(&self, plan: &Plan, point: usize) -> bool {
        let this = &self.points[point];
        let enough = this.needs.is_none_or(|(component, _)| plan.components.servers[component as usize] >= SERVERS_MIN);
        let mut calls = this.levels.iter().filter_map(|level| level.calling.as_ref());
        let on_the_way = calls.all(|calling| is_only_way(plan, calling.op));
        let due = match this.due {
            Due::Call(op) => is_only_way(plan, op),
            Due::Arrival => true,
            _ => false,
        };
        enough && on_the_way && due
    }
}

/// Whether a call is the only way to its callee, and is made once by each request that comes there.
fn is_only_way(plan: &Plan, op: u32) -> bool {
    let (sites, edges, ops) = (&plan.sites, &plan.edges, &plan.ops);
    let site = ops.a[op as usize];
    let (edge, policy) = (sites.edge[site as usize], sites.policy[site as usize]);
    let times = |of: &[u32], sought: u32| of.iter().filter(|&&one| one == sought).count();
    let calls = (0..ops.kind.len()).filter(|&of| ops.kind[of] == OpKind::Call && ops.a[of] == site).count();
    plan.policies.retry_max[policy as usize] == 0
        && ops.scope[op as usize] == NONE
        && calls == 1
        && times(&sites.edge, edge) == 1
        && times(&edges.to, edges.to[edge as usize]) == 1
}
