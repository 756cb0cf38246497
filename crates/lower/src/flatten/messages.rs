//! Groups of consumers, and the edges by which messages come to them.

use crate::model::{Assignment, Commit, Component, Model, Subscription};
use crate::plan::{NONE, Plan};

/// Fills groups and subscriptions, and the columns that point to them.
pub(super) fn groups_and_subscriptions(model: &Model, plan: &mut Plan) {
    plan.edges.subscription = vec![NONE; model.edges.len()];
    plan.components.group = vec![NONE; model.components.len()];
    let mut next = 0;
    for (c, component) in model.components.iter().enumerate() {
        if component.station.group.is_some() {
            plan.components.group[c] = plan.groups.component.len() as u32;
            next += group(model, plan, c, component, next);
        }
    }
}

/// A group and its subscriptions; the number of its partitions.
fn group(model: &Model, plan: &mut Plan, c: usize, component: &Component, first: u32) -> u32 {
    let Some(group) = &component.station.group else { return 0 };
    let row = plan.groups.component.len() as u32;
    let mut partitions = 0;
    for (e, edge) in model.edges.iter().enumerate() {
        let (Some(sub), true) = (edge.subscription, edge.to.0 as usize == c) else { continue };
        plan.edges.subscription[e] = plan.subscriptions.edge.len() as u32;
        subscription(plan, e, row, first + if group.ordered { partitions } else { 0 }, sub);
        partitions += sub.partitions;
    }
    let partitions = if group.ordered { partitions } else { 1 };
    let rows = &mut plan.groups;
    let (assigned, session_ns, pause_ns, sticky, poll_ns) = match group.assignment {
        Assignment::Free { visibility_ns } => (0, visibility_ns, 0, false, 0),
        Assignment::Members { session_ns, pause_ns, sticky, poll_ns } => (1, session_ns, pause_ns, sticky, poll_ns),
    };
    rows.component.push(c as u32);
    rows.first_partition.push(first);
    rows.partitions.push(partitions);
    rows.ordered.push(group.ordered as u32);
    rows.assigned.push(assigned);
    rows.session_ns.push(session_ns);
    rows.pause_ns.push(pause_ns);
    rows.sticky.push(sticky as u32);
    rows.poll_ns.push(poll_ns);
    rows.batch.push(group.batch.map_or(1, |batch| batch.size));
    rows.wait_ns.push(group.batch.map_or(0, |batch| batch.wait_ns));
    partitions
}

fn subscription(plan: &mut Plan, edge: usize, group: u32, first: u32, sub: Subscription) {
    let rows = &mut plan.subscriptions;
    rows.edge.push(edge as u32);
    rows.group.push(group);
    rows.first_partition.push(first);
    rows.partitions.push(sub.partitions);
    rows.commit_every.push(match sub.commit {
        Commit::Before => 0,
        Commit::After => 1,
        Commit::Every(count) => count,
    });
    rows.idempotent.push(sub.idempotent as u32);
    rows.retention_ns.push(sub.retention_ns.unwrap_or(0));
    // Where it displaces nothing, it bounds what publishers look at: see `topics`.
    rows.depth.push(sub.depth.filter(|depth| depth.displaces).map_or(0, |depth| depth.most));
    rows.depot.push(NONE);
}
