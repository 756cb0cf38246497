//! The calendar: future events in the order of (time, rank, key). No two of strands have all three in common; what flights
//! leave behind may, and is ordered by its argument.
//!
//! ```text
//!         before the base              from the base on
//!   push ───────────────▶ heap   push ─────────────────▶ wheel
//!                          ▲ │                             │
//!   a slot of the wheel ───┘ └──▶ pop                      │ the heap is empty: the next slot
//!            ▲─────────────────────────────────────────────┘
//! ```
//!
//! The [`heap`] holds what is due soon, a few dozen events that stay in the cache, however many are pending; the [`wheel`]
//! holds the others, by digits of their instants. An entry whose strand has moved on is stale; it
//! is dropped when it comes to the top, or when the calendar is full and is swept.

mod heap;
mod wheel;

pub use wheel::{blocks_peak, init};

use super::lanes;
use super::memory::{generation_of, header, machine};

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

/// Whether an event comes before another.
#[inline(always)]
pub fn before(a: &Event, b: &Event) -> bool {
    if a.at != b.at {
        return a.at < b.at;
    }
    (a.rank as u32, a.key, a.argument) < (b.rank as u32, b.key, b.argument)
}

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
    wheel::push(Event { at, key, subject, generation, argument, rank });
}

/// Takes the first event if it is before `until`.
#[inline]
pub fn pop_before(until: u64) -> Option<Event> {
    let lane_at = machine().lane_at.get();
    if heap::len() == 0 {
        wheel::bring(lane_at.min(until));
    }
    if heap::len() == 0
        || lane_at <= heap::first().at && (lane_at < heap::first().at || before(&lanes::first(), heap::first()))
    {
        return (lane_at < until).then(lanes::take);
    }
    let first = *heap::first();
    if first.at >= until {
        return None;
    }
    machine().calendar_len.set(machine().calendar_len.get() - 1);
    heap::drop_first();
    Some(first)
}

/// Puts the first event at the top of the heap, unless it is in a lane or not before `until`, for whoever looks there.
pub fn show_first(until: u64) {
    if heap::len() == 0 {
        wheel::bring(machine().lane_at.get().min(until));
    }
}

/// All events that are in no lane, in no order.
pub fn all() -> impl Iterator<Item = Event> {
    heap::all().chain(wheel::all())
}

/// Whether an event comes before such a one.
#[inline]
pub fn is_before(at: u64, rank: Rank, key: u64) -> bool {
    let than = Event { at, rank, key, subject: 0, generation: 0, argument: 0 };
    let lane_at = machine().lane_at.get();
    if heap::len() == 0 {
        wheel::bring(at);
    }
    heap::len() > 0 && before(heap::first(), &than) || lane_at <= at && (lane_at < at || before(&lanes::first(), &than))
}

/// Drops timeouts and pauses of strands that no longer wait.
#[cold]
fn sweep() {
    let waits = |event: &Event| {
        let of_strand = event.argument < super::calls::GONE;
        let stops = of_strand && (event.rank == Rank::Timeout || event.rank == Rank::Resume);
        !stops || generation_of(event.subject) == event.generation
    };
    machine().calendar_len.set(heap::retain(waits) + wheel::retain(waits));
}
