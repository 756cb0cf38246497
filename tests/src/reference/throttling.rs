//! Adaptive throttling: callers drop attempts themselves while most are turned away.

use super::Engine;
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::{chance, draw};
use sysdl_lower::plan::NONE;

/// Slots of time that count: the current one and those before it.
const SLOTS: u64 = 16;

/// What an edge's callers remember: slot of time of each attempt made, and of each that ended well.
#[derive(Default)]
pub(super) struct Throttle {
    made: Vec<u64>,
    well: Vec<u64>,
}

impl Engine<'_> {
    fn throttle_of(&self, edge: u32) -> Option<(usize, f64)> {
        let conduct = self.plan.edges.conduct[edge as usize];
        if conduct == NONE {
            return None;
        }
        let k = self.plan.conducts.throttle_k[conduct as usize];
        (k > 0.0).then_some((conduct as usize, k))
    }

    /// Whether callers send an attempt. It counts as made either way.
    pub(super) fn throttle_lets_through(&mut self, edge: u32, visit_key: u64) -> bool {
        let Some((conduct, k)) = self.throttle_of(edge) else { return true };
        let slot = self.now / self.plan.conducts.throttle_slot_ns[conduct];
        let throttle = &mut self.edges[edge as usize].throttle;
        throttle.made.retain(|&made| made + SLOTS > slot);
        throttle.well.retain(|&well| well + SLOTS > slot);
        let (made, well) = (throttle.made.len() as f64, throttle.well.len() as f64);
        throttle.made.push(slot);
        let p = (made - k * well) / (made + 1.0);
        let dropped = p > 0.0 && chance(draw(visit_key, self.plan.conducts.purpose_throttle[conduct]), p);
        if dropped {
            *self.windows.edge(edge, edge::THROTTLED) += 1;
        }
        !dropped
    }

    /// An attempt has ended well.
    pub(super) fn throttle_learns(&mut self, edge: u32) {
        if let Some((conduct, _)) = self.throttle_of(edge) {
            let slot = self.now / self.plan.conducts.throttle_slot_ns[conduct];
            self.edges[edge as usize].throttle.well.push(slot);
        }
    }
}
