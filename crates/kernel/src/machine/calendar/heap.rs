//! The part of the calendar that is due soon: a 4-ary heap of packed entries.

use super::super::memory::{header, machine, read, write};
use super::{Event, before};

const ARITY: u32 = 4;

/// How many events it holds.
#[inline(always)]
pub fn len() -> u32 {
    machine().heap_len.get()
}

/// Its first event; there is one unless it is empty.
#[inline(always)]
pub fn first() -> &'static Event {
    at(0)
}

/// All its events, in no order.
pub fn all() -> impl Iterator<Item = Event> {
    (0..len()).map(entry)
}

/// Adds an event.
#[inline(always)]
pub fn push(event: Event) {
    let (m, len) = (machine(), len());
    m.heap_len.set(len + 1);
    if len >= m.heap_peak.get() {
        m.heap_peak.set(len + 1);
    }
    sift_up(len, event);
}

/// Drops the first event.
#[inline(always)]
pub fn drop_first() {
    let len = len();
    machine().heap_len.set(len - 1);
    if len > 1 {
        fill_root(len - 1);
    }
}

/// Drops all events but some. Returns how many are left.
pub fn retain(keep: impl Fn(&Event) -> bool) -> u32 {
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

#[inline(always)]
fn entry(index: u32) -> Event {
    read(header().calendar.address, index)
}

#[inline(always)]
fn set(index: u32, event: Event) {
    write(header().calendar.address, index, event);
}

/// An entry where it lies.
#[inline(always)]
fn at(index: u32) -> &'static Event {
    // SAFETY: indices are below the heap's length; nothing writes entries while one is looked at.
    unsafe { &*(header().calendar.address as *const Event).add(index as usize) }
}

#[inline]
fn sift_up(mut hole: u32, event: Event) {
    while hole > 0 {
        let parent = (hole - 1) / ARITY;
        if !before(&event, at(parent)) {
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
fn sift_down(mut hole: u32, event: Event, len: u32) {
    loop {
        let first = hole * ARITY + 1;
        if first >= len {
            break;
        }
        let least = least_of(first, (first + ARITY).min(len));
        if !before(at(least), &event) {
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
        if here == least_at && before(at(child), at(least)) {
            least = child;
        }
        let less = here < least_at;
        least = if less { child } else { least };
        least_at = if less { here } else { least_at };
    }
    least
}
