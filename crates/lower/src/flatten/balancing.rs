//! Edges that have a say in who may be chosen.

use crate::model::{Edge, Model};
use crate::plan::{Balancings, NONE};
use sysdl_kernel::draw::purpose;

/// Longest ejection, unless the first is longer, in nanoseconds.
const EJECT_CAP_NS: u64 = 300_000_000_000;

/// The row of the edge that is about to be added, or [`NONE`] if it may send to every replica, always.
pub(super) fn row(model: &Model, index: usize, rows: &mut Balancings) -> u32 {
    let edge = &model.edges[index];
    let Some(eligibility) = edge.eligibility else { return NONE };
    let replicas_of = |edge: &Edge| model.components[edge.to.0 as usize].replicas;
    let replicas = replicas_of(edge);
    let before = rows.edge.last().map(|&last| replicas_of(&model.edges[last as usize]));
    let first_peer = rows.first_peer.last().zip(before).map_or(0, |(first, replicas)| first + replicas);
    let of_all = |share: f64| share * f64::from(replicas);
    rows.edge.push(index as u32);
    rows.first_peer.push(first_peer);
    rows.fail_open.push(eligibility.fail_open as u32);
    rows.least.push((of_all(eligibility.panic).ceil() as u32).max(1));
    let eject = eligibility.eject;
    rows.eject_failures.push(eject.map_or(0, |eject| eject.failures));
    rows.eject_ns.push(eject.map_or(0, |eject| eject.lasting_ns));
    rows.eject_cap_ns.push(eject.map_or(0, |eject| eject.lasting_ns.max(EJECT_CAP_NS)));
    rows.eject_most.push(eject.map_or(0, |eject| (of_all(eject.most) as u32).max(1)));
    let health = eligibility.health;
    rows.probe_interval_ns.push(health.map_or(0, |health| health.interval_ns));
    rows.probe_timeout_ns.push(health.map_or(0, |health| health.timeout_ns));
    rows.probe_fall.push(health.map_or(0, |health| health.fall));
    rows.probe_rise.push(health.map_or(0, |health| health.rise));
    rows.slow_start_ns.push(eligibility.slow_start_ns);
    rows.purpose_slow_start.push(purpose(&edge.name, "slow start"));
    rows.edge.len() as u32 - 1
}
