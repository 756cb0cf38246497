//! The calendar: future events in the order of (time, rank, key).
//!
//! A 4-ary heap of packed entries. An entry whose strand has moved on is stale; it is dropped when it
//! comes to the top, or when the heap is full and is swept.

use super::memory::{generation_of, header, machine, read, write};

/// What kind of event, in the order of handling at one instant.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
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
    pad: [u8; 3],
}

const _: () = assert!(size_of::<Event>() == crate::layout::ENTRY_BYTES as usize);

const ARITY: u32 = 4;

/// Schedules an event.
#[inline]
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
    sift_up(len, Event { at, key, subject, generation, argument, rank, pad: [0; 3] });
}

/// Takes the first event if it is before `until`.
#[inline]
pub fn pop_before(until: u64) -> Option<Event> {
    let len = machine().calendar_len.get();
    if len == 0 {
        return None;
    }
    let first = entry(0);
    if first.at >= until {
        return None;
    }
    machine().calendar_len.set(len - 1);
    if len > 1 {
        sift_down(0, entry(len - 1), len - 1);
    }
    Some(first)
}

/// All events, in no order.
pub fn all() -> impl Iterator<Item = Event> {
    (0..machine().calendar_len.get()).map(entry)
}

/// Whether an event comes before such a one.
#[inline]
pub fn is_before(at: u64, rank: Rank, key: u64) -> bool {
    if machine().calendar_len.get() == 0 {
        return false;
    }
    let first = entry(0);
    first.at < at || first.at == at && (first.rank as u8, first.key) < (rank as u8, key)
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
fn before(a: &Event, b: &Event) -> bool {
    if a.at != b.at {
        return a.at < b.at;
    }
    (a.rank as u8, a.key) < (b.rank as u8, b.key)
}

#[inline]
fn sift_up(mut hole: u32, event: Event) {
    while hole > 0 {
        let parent = (hole - 1) / ARITY;
        let above = entry(parent);
        if !before(&event, &above) {
            break;
        }
        set(hole, above);
        hole = parent;
    }
    set(hole, event);
}

#[inline]
fn sift_down(mut hole: u32, event: Event, len: u32) {
    loop {
        let first = hole * ARITY + 1;
        if first >= len {
            break;
        }
        let mut least = first;
        let mut least_event = entry(first);
        for child in first + 1..(first + ARITY).min(len) {
            let candidate = entry(child);
            if before(&candidate, &least_event) {
                (least, least_event) = (child, candidate);
            }
        }
        if !before(&least_event, &event) {
            break;
        }
        set(hole, least_event);
        hole = least;
    }
    set(hole, event);
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
