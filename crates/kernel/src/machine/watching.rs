//! Components that are watched replica by replica: each replica has a row of its own, with the columns of a component.
//!
//! What a row counts is said in `docs/semantics.md`. Integrals come up to date when the component's do, from what each
//! replica holds.

use super::memory::{cell, header, read, row, write};
use super::stations::{self, replica, state_of};
use super::{fleets, observing, processors, windows};
use crate::columns::{component as column, histograms, replicas_at};
use crate::layout::{Component, NONE, WatchedReplica};
use core::cell::Cell;

/// Parts of a processor that are counted.
const PARTS: u64 = processors::PARTS;

/// Whether the replicas of a component have rows.
#[inline(always)]
pub fn has(c: u32) -> bool {
    state_of(c).watched.get() != 0
}

/// Components know the first of their replicas' rows.
pub fn init() {
    for index in 0..header().watched.len {
        let of: &WatchedReplica = row(header().watched, index);
        let state = state_of(of.component);
        if state.watched.get() == 0 {
            state.watched.set(index + 1);
        }
    }
}

/// Row of a replica, given its number among all of them.
fn row_of(c: u32, r: u32) -> u32 {
    state_of(c).watched.get() - 1 + r - stations::component(c).first_replica
}

/// Word of a column of a row.
fn word(watched: u32, column: usize) -> u32 {
    let h = header();
    let lens = [h.components.len, h.edges.len, h.flows.len, h.subscriptions.len].map(|len| len as usize);
    let first = replicas_at(lens[0], lens[1], lens[2], lens[3]) as u32;
    first + watched * column::COUNT as u32 + column as u32
}

fn grow(watched: u32, column: usize, by: u64) {
    let (address, word) = (header().current, word(watched, column));
    write(address, word, read::<u64>(address, word) + by);
}

/// Adds to a column of a replica, if it is watched.
#[inline(always)]
pub fn add(c: u32, r: u32, column: usize, by: u64) {
    if has(c) {
        add_to(c, r, column, by);
    }
}

#[unsafe(export_name = "if_watching_add")]
#[inline(never)]
extern "C" fn add_to(c: u32, r: u32, column: usize, by: u64) {
    grow(row_of(c, r), column, by);
}

/// A visit has ended at a replica, or one that was there was killed; if it had started, it stayed for a while.
#[inline(always)]
pub fn ended(c: u32, r: u32, outcome: u32, sojourn: Option<u64>) {
    if has(c) {
        count_end(c, r, outcome, sojourn.map_or(u64::MAX, |ns| ns));
    }
}

#[unsafe(export_name = "if_watching_ended")]
#[inline(never)]
extern "C" fn count_end(c: u32, r: u32, outcome: u32, sojourn: u64) {
    let watched = row_of(c, r);
    grow(watched, column::OUTCOMES + outcome as usize, 1);
    if stations::component(c).shared_queue == 1 {
        grow(watched, column::ARRIVALS, 1);
    }
    if sojourn != u64::MAX {
        grow(watched, column::SOJOURN_NS, sojourn);
        observing::observe(histogram(watched), sojourn);
    }
}

/// Histogram of the sojourn times of a row.
fn histogram(watched: u32) -> u32 {
    histograms::replica(header().histogram_states.len, header().watched.len, watched)
}

/// Whether a replica's servers count.
fn counts(c: u32, row: &Component, r: u32) -> bool {
    if fleets::has(c) {
        return fleets::counts(row, r);
    }
    row.cell_down == NONE || cell(row.cell_down + r - row.first_replica) == 0.0
}

/// Brings the integrals of a component's replicas up by so much time.
#[unsafe(export_name = "if_watching_integrate")]
#[inline(never)]
pub extern "C" fn integrate(c: u32, passed: u64) {
    let row = stations::component(c);
    for r in row.first_replica..row.first_replica + row.replicas {
        let (rep, watched) = (replica(r), row_of(c, r));
        let counts = counts(c, row, r) as u64;
        grow(watched, column::BUSY_NS, rep.busy.get() as u64 * passed);
        if row.shared_queue == 0 {
            grow(watched, column::QUEUE_NS, rep.waiting.get() as u64 * passed);
        }
        if row.servers != NONE {
            grow(watched, column::CAPACITY_NS, row.servers as u64 * counts * passed);
        }
        if row.processors != NONE {
            let of: &WatchedReplica = super::memory::row(header().watched, watched);
            let each = processors::each(row) as u64;
            let busy = (rep.sharing.get() as u64 * PARTS).min(each);
            grow_parts(watched, column::PROCESSORS_BUSY_NS, busy * passed, &of.busy_left);
            grow_parts(watched, column::PROCESSORS_NS, counts * each * passed, &of.up_left);
        }
    }
}

fn grow_parts(watched: u32, column: usize, parts: u64, left: &Cell<u64>) {
    let all = parts + left.get();
    grow(watched, column, all / PARTS);
    left.set(all % PARTS);
}

/// Reads the gauges of all replicas that are watched.
#[unsafe(export_name = "if_watching_gauges")]
#[inline(never)]
pub extern "C" fn set_gauges() {
    for watched in 0..header().watched.len {
        let of: &WatchedReplica = row(header().watched, watched);
        let rep = replica(of.replica);
        let queue = if stations::component(of.component).shared_queue == 1 { 0 } else { rep.waiting.get() };
        write(header().current, word(watched, column::BUSY), rep.busy.get() as u64);
        write(header().current, word(watched, column::QUEUE), queue as u64);
    }
}

/// A window closes.
#[unsafe(export_name = "if_watching_close")]
#[inline(never)]
pub extern "C" fn close(window: u64) {
    for watched in 0..header().watched.len {
        let of: &WatchedReplica = row(header().watched, watched);
        let (p50, first) = (word(watched, column::SOJOURN_P50), word(watched, 0));
        windows::close_replica(of.hash, of.component, histogram(watched), p50, first, window);
    }
}
