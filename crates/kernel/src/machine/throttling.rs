//! Adaptive throttling: a caller that is mostly turned away asks less.
//!
//! It counts its attempts and those that ended well over a while, in sixteen slots of time; when it has made
//! more than `k` times as many as ended well, it drops the surplus itself, at random.

use super::memory::{header, now, row};
use super::windows;
use crate::columns::edge as column;
use crate::draw::{chance, draw};
use crate::layout::{Conduct, ConductState, Edge, SLOTS, Table};

fn state(index: u32) -> &'static ConductState {
    row(Table { address: header().conduct_states, len: 0 }, index)
}

/// What an edge does beyond the common.
#[inline(always)]
pub fn conduct(edge: &Edge) -> &'static Conduct {
    row(header().conducts, edge.conduct)
}

/// Whether the caller sends an attempt. It counts as made either way.
#[unsafe(export_name = "if_throttle_lets_through")]
#[inline(never)]
pub extern "C" fn lets_through(edge: u32, row: &Edge, visit_key: u64) -> bool {
    let (conduct, state) = (conduct(row), state(row.conduct));
    let at = up_to_now(conduct, state);
    let sum = |counts: &[core::cell::Cell<u32>; SLOTS]| counts.iter().map(|count| count.get() as u64).sum::<u64>();
    let (made, well) = (sum(&state.requests) as f64, sum(&state.accepts) as f64);
    state.requests[at].set(state.requests[at].get() + 1);
    let surplus = (made - conduct.throttle_k * well) / (made + 1.0);
    let drops = surplus > 0.0 && chance(draw(visit_key, conduct.purpose_throttle), surplus);
    if drops {
        windows::count_edge(edge, column::THROTTLED);
    }
    !drops
}

/// An attempt has ended well.
#[unsafe(export_name = "if_throttle_accepted")]
#[inline(never)]
pub extern "C" fn accepted(row: &Edge) {
    let state = state(row.conduct);
    let at = up_to_now(conduct(row), state);
    state.accepts[at].set(state.accepts[at].get() + 1);
}

/// The slot of this instant; those that have begun since the last count start anew.
fn up_to_now(conduct: &Conduct, state: &ConductState) -> usize {
    let slot = now() / conduct.throttle_slot_ns;
    let stale = (slot - state.slot.get()).min(SLOTS as u64);
    for back in 0..stale {
        let at = ((slot - back) % SLOTS as u64) as usize;
        state.requests[at].set(0);
        state.accepts[at].set(0);
    }
    state.slot.set(slot);
    (slot % SLOTS as u64) as usize
}
