//! The calendar: future events in the order of (time, rank, key). No two of strands have all three in common; what flights
//! leave behind may, and is ordered by its argument.
//!
//! A 4-ary heap of packed entries. An entry whose strand has moved on is stale; it is dropped when it
//! comes to the top, or when the heap is full and is swept.

use super::lanes;
use super::memory::{generation_of, header, machine, read, write};

/// What kind of event, in the order of handling at one instant.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Rank {
    /// An effect changes.
    Timeline,
    /// A piece of work is done.
    WorkEnd,
    /// An answer arrives.
    Reply,
    /// Patience runs out.
    Timeout,
    /// A pause is over.
    Resume,
    /// A message arrives.
    Arrive,
    /// Word arrives that an answer is not wanted.
    CallOff,
    /// An edge learns of a replica.
    Health,
    /// A request is created.
    Source,
    /// A window closes.
    Window,
    /// What watches closed windows acts.
    Control,
}

/// An event. 32 bytes in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Event {
    /// Instant.
    pub at: u64,
    /// Order among equals of one rank.
    pub key: u64,
    /// Strand, timeline row or source.
    pub subject: u32,
    /// Generation of the strand or source for which it holds.
    pub generation: u32,
    /// Outcome of a reply, what to resume, user of a source.
    pub argument: u32,
    /// Rank.
    pub rank: Rank,
}

const _: () = assert!(size_of::<Event>() == crate::layout::ENTRY_BYTES as usize);

const ARITY: u32 = 4;

/// Schedules an event.
#[inline(never)]
pub fn push(at: u64, rank: Rank, key: u64, subject: u32, generation: u32, argument: u32) {
    let m = machine();
    if m.calendar_len.get() == header().calendar.len {
        sweep();
    }
    let len = m.calendar_len.get();
    if len == header().calendar.len {
        m.halted.set(2);
        return;
    }
    m.calendar_len.set(len + 1);
    if len >= m.calendar_peak.get() {
        m.calendar_peak.set(len + 1);
    }
    sift_up(len, Event { at, key, subject, generation, argument, rank });
}

/// Takes the first event if it is before `until`.
#[inline]
pub fn pop_before(until: u64) -> Option<Event> {
    let (len, lane_at) = (machine().calendar_len.get(), machine().lane_at.get());
    if len == 0 || lane_at <= at(0).at && (lane_at < at(0).at || before(&lanes::first(), at(0))) {
        return (lane_at < until).then(lanes::take);
    }
    let first = entry(0);
    if first.at >= until {
        return None;
    }
    machine().calendar_len.set(len - 1);
    if len > 1 {
        fill_root(len - 1);
    }
    Some(first)
}

/// All events that are in no lane, in no order.
pub fn all() -> impl Iterator<Item = Event> {
    (0..machine().calendar_len.get()).map(entry)
}

/// Whether an event comes before such a one.
#[inline]
pub fn is_before(at: u64, rank: Rank, key: u64) -> bool {
    let than = Event { at, rank, key, subject: 0, generation: 0, argument: 0 };
    let lane_at = machine().lane_at.get();
    machine().calendar_len.get() > 0 && before(self::at(0), &than)
        || lane_at <= at && (lane_at < at || before(&lanes::first(), &than))
}

#[inline(always)]
fn entry(index: u32) -> Event {
    read(header().calendar.address, index)
}

#[inline(always)]
fn set(index: u32, event: Event) {
    write(header().calendar.address, index, event);
}

#[inline(always)]
pub fn before(a: &Event, b: &Event) -> bool {
    if a.at != b.at {
        return a.at < b.at;
    }
    (a.rank as u32, a.key, a.argument) < (b.rank as u32, b.key, b.argument)
}

/// An entry where it lies.
#[inline(always)]
fn at(index: u32) -> &'static Event {
    // SAFETY: indices are below the calendar's length; nothing writes entries while one is looked at.
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

/// Drops timeouts and pauses of strands that no longer wait, then restores the heap.
#[cold]
fn sweep() {
    let len = machine().calendar_len.get();
    let mut kept = 0;
    for i in 0..len {
        let event = entry(i);
        let of_strand = event.argument < super::calls::GONE;
        let stops = of_strand && (event.rank == Rank::Timeout || event.rank == Rank::Resume);
        if !stops || generation_of(event.subject) == event.generation {
            set(kept, event);
            kept += 1;
        }
    }
    machine().calendar_len.set(kept);
    for i in (0..kept.div_ceil(ARITY)).rev() {
        sift_down(i, entry(i), kept);
    }
}
