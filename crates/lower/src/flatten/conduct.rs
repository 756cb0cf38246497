//! What callers do beyond the common: rows of conducts, pacings and histograms of edges.

use super::tables::{TOKEN, Tables};
use crate::model::{Conduct, Edge, Jitter, Policy, Station};
use crate::plan::{NONE, Pacings};
use sysdl_kernel::draw::purpose;

/// Slots of time in which throttles count.
const SLOTS: u64 = sysdl_kernel::layout::SLOTS as u64;
/// Kinds of histograms: of calls, of good attempts.
const CALLS: u32 = 3;
const ATTEMPTS: u32 = 4;

impl Tables {
    /// Row for the edge that is about to be added, if it has anything beyond the common.
    pub(super) fn conduct(&mut self, conduct: &Conduct, name: &str) -> u32 {
        if *conduct == Conduct::default() {
            return NONE;
        }
        let edge = self.plan.edges.hash.len() as u32;
        let row = self.new_conduct(conduct, name);
        if conduct.measured {
            self.plan.conducts.histogram_calls[row as usize] = self.edge_histogram(edge, CALLS);
        }
        row
    }

    fn new_conduct(&mut self, conduct: &Conduct, name: &str) -> u32 {
        let rows = &mut self.plan.conducts;
        rows.throttle_k.push(conduct.throttle.map_or(0.0, |throttle| throttle.k));
        rows.throttle_slot_ns.push(conduct.throttle.map_or(1, |throttle| (throttle.window_ns / SLOTS).max(1)));
        rows.purpose_throttle.push(purpose(name, "throttle"));
        rows.rto_ns.push(conduct.retransmit.map_or(0, |retransmit| retransmit.rto_ns));
        rows.packets.push(conduct.retransmit.map_or(1, |retransmit| retransmit.packets));
        rows.histogram_calls.push(NONE);
        rows.histogram_attempts.push(NONE);
        rows.connections.push(NONE);
        rows.rto_ns.len() as u32 - 1
    }

    /// The connections of the edge that is about to be added, whose conduct this is; one more if it had none.
    pub(super) fn connections(&mut self, edge: &Edge, conduct: u32) -> u32 {
        let Some(connections) = &edge.connections else { return conduct };
        let conduct = if conduct == NONE { self.new_conduct(&Conduct::default(), &edge.name) } else { conduct };
        let connect = self.distribution(&connections.connect);
        let index = self.plan.edges.hash.len() as u32;
        let rows = &mut self.plan.connections;
        rows.edge.push(index);
        rows.connect.push(connect);
        rows.idle_ns.push(connections.idle_ns);
        rows.purpose.push(purpose(&edge.name, "connect"));
        self.plan.conducts.connections[conduct as usize] = rows.edge.len() as u32 - 1;
        conduct
    }

    fn edge_histogram(&mut self, edge: u32, kind: u32) -> u32 {
        let rows = &mut self.plan.edge_histograms;
        rows.edge.push(edge);
        rows.kind.push(kind);
        rows.edge.len() as u32 - 1
    }

    /// The histogram of an edge's good attempts.
    fn attempts_of(&mut self, edge: u32) -> u32 {
        let index = edge as usize;
        if self.plan.edges.conduct[index] == NONE {
            let name = self.plan.edges.name[index].clone();
            self.plan.edges.conduct[index] = self.new_conduct(&Conduct::default(), &name);
        }
        let conduct = self.plan.edges.conduct[index] as usize;
        if self.plan.conducts.histogram_attempts[conduct] == NONE {
            self.plan.conducts.histogram_attempts[conduct] = self.edge_histogram(edge, ATTEMPTS);
        }
        self.plan.conducts.histogram_attempts[conduct]
    }

    /// Row of an equal pacing, or a new one; none if there is nothing beyond the common.
    pub(super) fn pacing(&mut self, policy: &Policy, edge: u32, callee: &Station) -> u32 {
        let retry = policy.retry.as_ref();
        let throttled = retry.and_then(|retry| retry.throttled);
        let honored_ns = retry.filter(|retry| retry.honor).and(callee.retry_after_ns).unwrap_or(0);
        let jitter_share =
            retry.map_or(0.0, |retry| if let Jitter::Around(share) = retry.jitter { share } else { 0.0 });
        let percentile = policy.hedge_percentile;
        let plain = throttled.is_none() && honored_ns == 0 && jitter_share == 0.0 && percentile.is_none();
        if plain && !policy.idempotent && policy.hedges_more == 0 {
            return NONE;
        }
        let row = Pacings {
            throttled_on: vec![throttled.map_or(0, |throttled| throttled.on)],
            throttled_ns: vec![throttled.map_or(0, |throttled| throttled.backoff_ns)],
            throttled_cost: vec![throttled.map_or(0, |throttled| (throttled.cost * TOKEN) as u32)],
            honored_ns: vec![honored_ns],
            jitter_share: vec![jitter_share],
            hedge_per_100k: vec![percentile.map_or(0, |share| (share * 100_000.0).round() as u32)],
            histogram: vec![percentile.map_or(NONE, |_| self.attempts_of(edge))],
            idempotent: vec![policy.idempotent as u32],
            hedges_more: vec![policy.hedges_more],
        };
        self.plan.pacings.place_of(row, true)
    }
}
