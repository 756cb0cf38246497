//! What is due soon and has no room in the row: a 4-ary heap of packed entries.

use super::super::memory::{header, machine, read, write};
use super::Entry;
use crate::layout::{ENTRY_BYTES, ROW, ROW_ROOM};

const ARITY: u32 = 4;

/// How many events it holds.
#[inline(always)]
fn len() -> u32 {
    machine().heap_len.get()
}

/// All its events, in no order.
pub fn all() -> impl Iterator<Item = Entry> {
    (0..len()).map(entry)
}

/// Adds an event.
#[inline(never)]
pub fn push(event: Entry) {
    let (m, len) = (machine(), len());
    m.heap_len.set(len + 1);
    if len >= m.heap_peak.get() {
        m.heap_peak.set(len + 1);
    }
    sift_up(len, event);
}

/// Takes the first event; there is one.
#[inline(never)]
pub fn pop() -> Entry {
    let (first, len) = (entry(0), len());
    machine().heap_len.set(len - 1);
    if len > 1 {
        fill_root(len - 1);
    }
    first
}

/// Drops all events but some. Returns how many are left.
pub fn retain(keep: impl Fn(&Entry) -> bool) -> u32 {
    let mut kept = 0;
    for event in all().filter(keep) {
        set(kept, event);
        kept += 1;
    }
    machine().heap_len.set(kept);
    for i in (0..kept.div_ceil(ARITY)).rev() {
        sift_down(i, entry(i), kept);
    }
    kept
}

/// Address of its entries: they are behind the row.
#[inline(always)]
fn entries() -> u32 {
    header().calendar.address + (ROW + ROW_ROOM) * ENTRY_BYTES
}

#[inline(always)]
fn entry(index: u32) -> Entry {
    read(entries(), index)
}

#[inline(always)]
fn set(index: u32, event: Entry) {
    write(entries(), index, event);
}

/// An entry where it lies.
#[inline(always)]
fn at(index: u32) -> &'static Entry {
    // SAFETY: indices are below the heap's length; nothing writes entries while one is looked at.
    unsafe { &*(entries() as *const Entry).add(index as usize) }
}

#[inline]
fn sift_up(mut hole: u32, event: Entry) {
    while hole > 0 {
        let parent = (hole - 1) / ARITY;
        if !event.is_before(at(parent)) {
            break;
        }
        set(hole, entry(parent));
        hole = parent;
    }
    set(hole, event);
}

/// The last entry, which is at `len`, takes its place, and the root is filled from below. It mostly belongs far down: the
/// hole goes there first.
#[inline]
fn fill_root(len: u32) {
    let mut hole = 0;
    loop {
        let first = hole * ARITY + 1;
        if first >= len {
            break;
        }
        let least = least_of(first, (first + ARITY).min(len));
        set(hole, entry(least));
        hole = least;
    }
    sift_up(hole, entry(len));
}

#[inline]
fn sift_down(mut hole: u32, event: Entry, len: u32) {
    loop {
        let first = hole * ARITY + 1;
        if first >= len {
            break;
        }
        let least = least_of(first, (first + ARITY).min(len));
        if !at(least).is_before(&event) {
            break;
        }
        set(hole, entry(least));
        hole = least;
    }
    set(hole, event);
}

/// The first of some entries that are children of one. By instant alone it is found without a jump, and equal instants
/// are rare.
#[inline(always)]
fn least_of(first: u32, end: u32) -> u32 {
    let (mut least, mut least_at) = (first, at(first).at);
    for child in first + 1..end {
        let here = at(child).at;
        if here == least_at && at(child).is_before(at(least)) {
            least = child;
        }
        let less = here < least_at;
        least = if less { child } else { least };
        least_at = if less { here } else { least_at };
    }
    least
}
