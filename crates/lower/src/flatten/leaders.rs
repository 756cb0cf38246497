//! Components one of whose replicas leads.

use super::tables::Tables;
use crate::model::{At, Model, Succession};
use crate::plan::NONE;

/// A row for each of them.
pub(super) fn rows(model: &Model, tables: &mut Tables) {
    for (index, component) in model.components.iter().enumerate() {
        tables.plan.components.leaders.push(NONE);
        let Some(leaders) = &component.leaders else { continue };
        let (elected, timeout, heartbeat_ns, round_ns) = match &leaders.succession {
            Succession::Election { heartbeat_ns, timeout, round_ns } => (1, timeout, *heartbeat_ns, *round_ns),
            Succession::Failover(time) => (0, time, 0, 0),
        };
        let timeout = tables.distribution(timeout);
        tables.plan.components.leaders[index] = tables.plan.leaders.component.len() as u32;
        let rows = &mut tables.plan.leaders;
        rows.component.push(index as u32);
        rows.elected.push(elected);
        rows.waits.push(leaders.waits as u32);
        rows.timeout.push(timeout);
        rows.heartbeat_ns.push(heartbeat_ns);
        rows.leg_ns.push((round_ns / 2).max(1));
    }
}

/// Number of whom a call is for.
pub(super) fn role(at: At) -> u32 {
    match at {
        At::Any => 0,
        At::Leader => 1,
        At::Follower => 2,
    }
}

/// Whether some call on an edge is for the leader, or for others.
pub(super) fn matter_to(model: &Model, edge: usize) -> bool {
    model.components[model.edges[edge].to.0 as usize].leaders.is_some()
}
