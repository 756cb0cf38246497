//! Edges that have a say in who may be chosen.

use super::{fleets, leaders};
use crate::model::{Balance, Edge, Model, Queueing};
use crate::plan::{NONE, Plan};
use sysdl_kernel::draw::purpose;

/// Longest ejection, unless the first is longer, in nanoseconds.
const EJECT_CAP_NS: u64 = 300_000_000_000;

/// Number of a way to balance, and of how many it chooses.
pub(super) fn balance(balance: &Balance) -> (u32, u32) {
    match balance {
        Balance::RoundRobin => (0, 0),
        Balance::Random => (1, 0),
        Balance::Least => (2, 0),
        Balance::Choices(choices) => (3, *choices),
        Balance::Sticky => (1, 1),
        Balance::Weighted(_) => (4, 0),
        Balance::Hash => (5, 0),
        Balance::Ring => (6, 0),
        Balance::Maglev => (7, 0),
    }
}

/// The row of the edge that is about to be added, or [`NONE`] if it may send to every replica, always, and needs no
/// more to choose. Where replicas share a queue, none is chosen.
pub(super) fn row(model: &Model, index: usize, plan: &mut Plan) -> u32 {
    let edge = &model.edges[index];
    let to = &model.components[edge.to.0 as usize];
    let some = fleets::comes_and_goes(model, edge.to.0 as usize) || leaders::matter_to(model, index);
    let needed = some || edge.eligibility.is_some() || edge.zones.is_some() || balance(&edge.balance).0 >= 4;
    if !needed || to.station.queue == Queueing::Shared {
        return NONE;
    }
    let rows = &mut plan.balancings;
    let replicas_of = |edge: &Edge| model.components[edge.to.0 as usize].replicas;
    let before = rows.edge.last().map(|&last| replicas_of(&model.edges[last as usize]));
    let first_peer = rows.first_peer.last().zip(before).map_or(0, |(first, replicas)| first + replicas);
    rows.edge.push(index as u32);
    rows.first_peer.push(first_peer);
    rows.first_weight.push(plan.weights.len() as u32);
    if let Balance::Weighted(weights) = &edge.balance {
        plan.weights.extend(weights);
    }
    rows.zones.push(edge.zones.map_or(0, |_| to.zones));
    rows.prefer_zone.push(edge.zones.is_some_and(|zones| zones.prefer) as u32);
    rows.cross_zone_ns.push(edge.zones.map_or(0, |zones| zones.cross_ns));
    eligibility(edge, to.replicas, plan);
    plan.balancings.edge.len() as u32 - 1
}

/// The columns of a row that say who is eligible.
fn eligibility(edge: &Edge, replicas: u32, plan: &mut Plan) {
    let rows = &mut plan.balancings;
    let eligibility = edge.eligibility;
    let of_all = |share: f64| share * f64::from(replicas);
    let least = eligibility.map_or(0, |eligibility| of_all(eligibility.panic).ceil() as u32);
    rows.least.push(least.max(1));
    rows.fail_open.push(eligibility.is_none_or(|eligibility| eligibility.fail_open) as u32);
    let eject = eligibility.and_then(|eligibility| eligibility.eject);
    rows.eject_failures.push(eject.map_or(0, |eject| eject.failures));
    rows.eject_ns.push(eject.map_or(0, |eject| eject.lasting_ns));
    rows.eject_cap_ns.push(eject.map_or(0, |eject| eject.lasting_ns.max(EJECT_CAP_NS)));
    rows.eject_most.push(eject.map_or(0, |eject| (of_all(eject.most) as u32).max(1)));
    let health = eligibility.and_then(|eligibility| eligibility.health);
    rows.probe_interval_ns.push(health.map_or(0, |health| health.interval_ns));
    rows.probe_timeout_ns.push(health.map_or(0, |health| health.timeout_ns));
    rows.probe_fall.push(health.map_or(0, |health| health.fall));
    rows.probe_rise.push(health.map_or(0, |health| health.rise));
    rows.slow_start_ns.push(eligibility.map_or(0, |eligibility| eligibility.slow_start_ns));
    rows.purpose_slow_start.push(purpose(&edge.name, "slow start"));
}
