//! The part of the calendar that is due soon: a row of a few events, and a [`heap`] of those for which it has no room.
//!
//! ```text
//!   a copy │ the end of time │ the row: later … sooner, first │ room │ the heap
//! ```
//!
//! The row is in order, its first event last. Mostly there are a few in it, and what is scheduled is due before all of them, so
//! that taking and scheduling concern its end alone. All of it is before anything in the heap, and the heap is empty when it is.

use super::super::memory::{header, machine, write};
use super::{Entry, heap};
use crate::layout::{ENTRY_BYTES, ROW, ROW_ROOM};

/// Place of the end of time.
const END: u32 = ROW - 1;
/// The last place of the row.
const LAST: u32 = ROW + ROW_ROOM - 1;
/// So many leave the row when it is full, and come into it when it is empty.
const HALF: u32 = ROW_ROOM / 2;

/// Nothing is in it. Who looks for a place in the row stops at the end of time.
pub fn init() {
    write(place(END), 0, Entry::END_OF_TIME);
    begins_at(place(END));
    see_heap();
}

/// Whether there is nothing in it.
#[inline(always)]
pub fn is_empty() -> bool {
    first_at() == u64::MAX
}

/// Instant of its first event; the last of all if it is empty.
#[inline(always)]
pub fn first_at() -> u64 {
    machine().soonest_at.get()
}

/// Its first event; the end of time if it is empty.
#[inline(always)]
pub fn first() -> &'static Entry {
    at(machine().soonest.get())
}

/// All its events, in no order.
pub fn all() -> impl Iterator<Item = Entry> {
    (0..len()).map(|index| *at(place(ROW + index))).chain(heap::all())
}

/// Adds an event.
#[inline(always)]
pub fn push(event: Entry) {
    let m = machine();
    let mut before = m.soonest.get();
    if before >= m.row_full.get() {
        return push_words(event.at, event.key, event.subject_and_generation, event.argument_and_rank);
    }
    m.soonest.set(before + ENTRY_BYTES);
    m.soonest_at.set(m.soonest_at.get().min(event.at));
    while at(before).is_before(&event) {
        write(before, 1, *at(before));
        before -= ENTRY_BYTES;
    }
    write(before, 1, event);
}

/// Adds an event where the row is full, or there is something in the heap. Takes numbers, for the reason that the calendar does.
#[inline(never)]
fn push_words(at_ns: u64, key: u64, subject_and_generation: u64, argument_and_rank: u64) {
    let event = Entry { at: at_ns, key, subject_and_generation, argument_and_rank };
    if machine().soonest.get() == place(LAST) {
        make_room();
    }
    if machine().heap_len.get() > 0 && !event.is_before(at(place(ROW))) {
        heap::push(event);
    } else {
        machine().row_full.set(place(LAST));
        push(event);
    }
    see_heap();
}

/// While there is something in the heap, whatever is added has to be compared with it.
fn see_heap() {
    machine().row_full.set(if machine().heap_len.get() > 0 { 0 } else { place(LAST) });
}

/// Drops the first event.
#[inline(always)]
pub fn drop_first() {
    let m = machine();
    begins_at(m.soonest.get() - ENTRY_BYTES);
    if is_empty() && m.heap_len.get() > 0 {
        refill();
    }
}

/// Drops all events but some. Returns how many are left.
pub fn retain(keep: impl Fn(&Entry) -> bool) -> u32 {
    let mut kept = 0;
    for event in (0..len()).map(|index| *at(place(ROW + index))).filter(&keep) {
        write(place(ROW + kept), 0, event);
        kept += 1;
    }
    begins_at(place(END + kept));
    let all = kept + heap::retain(keep);
    see_heap();
    if kept == 0 && all > 0 {
        refill();
    }
    all
}

/// Writes a copy of the first event to the begin of the calendar, for whoever looks at it from outside.
pub fn show_first() {
    write(place(0), 0, *first());
}

/// The later ones of a full row go to the heap.
#[inline(never)]
fn make_room() {
    (ROW..ROW + HALF).for_each(|index| heap::push(*at(place(index))));
    (ROW..ROW + ROW_ROOM - HALF).for_each(|index| write(place(index), 0, *at(place(index + HALF))));
    begins_at(place(END + ROW_ROOM - HALF));
}

/// The first ones of the heap come into the row, which is empty.
#[inline(never)]
fn refill() {
    let count = HALF.min(machine().heap_len.get());
    (ROW..ROW + count).rev().for_each(|index| write(place(index), 0, heap::pop()));
    begins_at(place(END + count));
    see_heap();
}

/// The first event of the row is at an address.
#[inline(always)]
fn begins_at(first: u32) {
    machine().soonest.set(first);
    machine().soonest_at.set(at(first).at);
}

/// Events in the row.
fn len() -> u32 {
    (machine().soonest.get() - place(END)) / ENTRY_BYTES
}

/// Address of a place.
#[inline(always)]
fn place(index: u32) -> u32 {
    header().calendar.address + index * ENTRY_BYTES
}

/// The entry at an address.
#[inline(always)]
fn at(address: u32) -> &'static Entry {
    // SAFETY: there are as many places as the row and the heap need; nothing writes entries while one is looked at.
    unsafe { &*(address as *const Entry) }
}
