//! Circuit breakers: an edge stops its calls while too many of them fail.
//!
//! Closed until the share of failures among the attempts it judges reaches its trip; open for a while,
//! when attempts are refused; then one attempt is let through as a probe and its result decides. A probe
//! that is never heard of again is replaced after as long as the breaker stays open.

use super::memory::now;
use super::{records, windows};
use crate::columns::edge as column;
use crate::layout::{Edge, EdgeState, record};

const CLOSED: u32 = 0;
const OPEN: u32 = 1;
const PROBING: u32 = 2;

/// Whether an attempt may be sent. The first after the time of being open is the probe.
#[unsafe(export_name = "if_breakers_lets_through")]
#[inline(never)]
pub extern "C" fn lets_through(edge: u32, row: &Edge, state: &EdgeState, visit_key: u64) -> bool {
    if state.breaker.get() == CLOSED {
        return true;
    }
    if now() < state.breaker_until_ns.get() {
        windows::count_edge(edge, column::REFUSED);
        return false;
    }
    state.breaker.set(PROBING);
    state.breaker_probe.set(visit_key);
    state.breaker_until_ns.set(now() + row.breaker_open_ns);
    true
}

/// Whether calls go through without being a probe.
pub fn is_closed(state: &EdgeState) -> bool {
    state.breaker.get() == CLOSED
}

/// The result of an attempt that was sent.
#[unsafe(export_name = "if_breakers_learn")]
#[inline(never)]
pub extern "C" fn learn(edge: u32, row: &Edge, state: &EdgeState, visit_key: u64, failed: bool) {
    match state.breaker.get() {
        CLOSED if judge(row, state, failed) => open(edge, row, state),
        PROBING if state.breaker_probe.get() == visit_key => {
            if failed {
                open(edge, row, state);
            } else {
                forget(state);
                state.breaker.set(CLOSED);
                records::write(record::BREAKER_CLOSED, edge, 0, 0, 0);
            }
        }
        // Closed, and stays so; open; or a straggler while the probe is under way.
        _ => {}
    }
}

/// Counts a result. True if the breaker is to open.
fn judge(row: &Edge, state: &EdgeState, failed: bool) -> bool {
    let failures = if row.breaker_window_ns > 0 {
        if now() - state.breaker_since_ns.get() >= row.breaker_window_ns {
            forget(state);
        }
        state.breaker_total.set(state.breaker_total.get().saturating_add(1));
        state.breaker_failed.set(state.breaker_failed.get().saturating_add(failed as u32));
        state.breaker_failed.get()
    } else {
        let mask = u64::MAX >> (64 - row.breaker_count);
        state.breaker_bits.set((state.breaker_bits.get() << 1 | failed as u64) & mask);
        state.breaker_total.set((state.breaker_total.get() + 1).min(row.breaker_count));
        state.breaker_bits.get().count_ones()
    };
    let total = state.breaker_total.get();
    total >= row.breaker_least && (failures as u64) << 16 >= total as u64 * row.breaker_trip as u64
}

/// Nothing has been seen yet; a window of time begins.
fn forget(state: &EdgeState) {
    state.breaker_since_ns.set(now());
    state.breaker_bits.set(0);
    state.breaker_total.set(0);
    state.breaker_failed.set(0);
}

fn open(edge: u32, row: &Edge, state: &EdgeState) {
    state.breaker.set(OPEN);
    state.breaker_until_ns.set(now() + row.breaker_open_ns);
    forget(state);
    windows::count_edge(edge, column::BREAKER_OPENS);
    records::write(record::BREAKER_OPEN, edge, 0, 0, 0);
}
