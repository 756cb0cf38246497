//! Processor sharing: all strands at work in a replica progress together, the slower the more they are.
//!
//! A replica has a clock of work: what each strand at work has done so far. A strand's work ends when
//! the clock reaches its mark, so the order of ends is that of marks, kept in a pairing heap whose nodes
//! are the strands' frames. Only the strand that ends first has an event, and never more than one: others
//! can only slow it down, so the event comes early rather than late, and is then set anew.

use super::calendar::{Rank, push};
use super::frames::{EXPECTED, SHARING, is, lower, raise};
use super::memory::{cell, generation_of, get32, get64, key_of, now, set32, set64};
use super::processors;
use super::stations::replica;
use crate::layout::{Component, NONE, ReplicaState, frame32, frame64};

/// Ticks of the clock of work per nanosecond.
const TICKS: f64 = 256.0;

/// A strand begins to work for `duration` ns of a processor of its own.
#[unsafe(export_name = "if_sharing_begin")]
#[inline(never)]
pub extern "C" fn begin(row: &Component, r: u32, strand: u32, duration: u64) {
    let rep = replica(r);
    advance(row, r);
    set64(frame64::FINISH, strand, rep.work.get().saturating_add(duration.saturating_mul(TICKS as u64)));
    raise(strand, SHARING);
    lower(strand, EXPECTED);
    set32(frame32::CHILD, strand, 0);
    at_work(row, rep, rep.sharing.get() + 1);
    rep.root.set(meld(rep.root.get(), strand + 1));
    expect_first(row, r);
}

/// The event of a strand at work has come. True if its work is done.
#[unsafe(export_name = "if_sharing_end")]
#[inline(never)]
pub extern "C" fn end(row: &Component, r: u32, strand: u32) -> bool {
    let rep = replica(r);
    advance(row, r);
    lower(strand, EXPECTED);
    let done = rep.root.get() == strand + 1 && get64(frame64::FINISH, strand) <= rep.work.get();
    if done {
        lower(strand, SHARING);
        at_work(row, rep, rep.sharing.get() - 1);
        rep.root.set(without_root(strand));
        if rep.root.get() == 0 {
            rep.work.set(0);
        }
    }
    expect_first(row, r);
    done
}

/// So many strands are at work.
fn at_work(row: &Component, rep: &ReplicaState, strands: u32) {
    processors::at_work(rep.component.get(), row, rep.sharing.get(), strands);
    rep.sharing.set(strands);
}

/// Nobody is at work any more.
pub fn clear(row: &Component, rep: &ReplicaState) {
    rep.root.set(0);
    at_work(row, rep, 0);
    rep.work.set(0);
}

/// Progress of each of `n` strands at work, in ticks per nanosecond.
fn speed(row: &Component, r: u32) -> f64 {
    let n = replica(r).sharing.get() as f64;
    let share = (row.cores / n).min(1.0);
    let own = if row.cell_speed == NONE { 1.0 } else { cell(row.cell_speed + r - row.first_replica) };
    TICKS * own * share / (1.0 + row.contention * (n - 1.0) + row.coherency * n * (n - 1.0))
}

/// Work comes up to now.
#[unsafe(export_name = "if_sharing_advance")]
#[inline(never)]
pub extern "C" fn advance(row: &Component, r: u32) {
    let rep = replica(r);
    let passed = now() - rep.work_ns.get();
    rep.work_ns.set(now());
    if rep.sharing.get() > 0 {
        let done = passed as f64 * speed(row, r);
        rep.work.set(rep.work.get().saturating_add(done as u64));
    }
}

/// Sees to it that the strand that ends first has an event.
#[unsafe(export_name = "if_sharing_expect_first")]
#[inline(never)]
pub extern "C" fn expect_first(row: &Component, r: u32) {
    let rep = replica(r);
    let root = rep.root.get();
    if root == 0 || is(root - 1, EXPECTED) {
        return;
    }
    let strand = root - 1;
    let speed = speed(row, r);
    if speed <= 0.0 {
        // Expected once it changes.
        return;
    }
    let left = get64(frame64::FINISH, strand).saturating_sub(rep.work.get());
    let wait = (libm::ceil(left as f64 / speed) as u64).max(1);
    raise(strand, EXPECTED);
    push(now() + wait, Rank::WorkEnd, key_of(strand), strand, generation_of(strand), 0);
}

/// Two heaps as one. Nodes are frames plus one, 0 is empty.
fn meld(a: u32, b: u32) -> u32 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let mark = |node: u32| (get64(frame64::FINISH, node - 1), key_of(node - 1));
    let (parent, child) = if mark(a) <= mark(b) { (a, b) } else { (b, a) };
    set32(frame32::NEXT, child - 1, get32(frame32::CHILD, parent - 1));
    set32(frame32::CHILD, parent - 1, child);
    parent
}

/// What is left of a heap without its root: its children melded in pairs, then all together.
fn without_root(root: u32) -> u32 {
    let (mut next, mut pairs) = (get32(frame32::CHILD, root), 0);
    while next != 0 {
        let (first, second) = (next, get32(frame32::NEXT, next - 1));
        next = if second == 0 { 0 } else { get32(frame32::NEXT, second - 1) };
        let pair = meld(first, second);
        set32(frame32::NEXT, pair - 1, pairs);
        pairs = pair;
    }
    let mut whole = 0;
    while pairs != 0 {
        let after = get32(frame32::NEXT, pairs - 1);
        whole = meld(whole, pairs);
        pairs = after;
    }
    whole
}
