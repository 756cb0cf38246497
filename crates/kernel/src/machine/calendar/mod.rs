//! The calendar: future events in the order of (time, rank, key). No two of strands have all three in common; what flights
//! leave behind may, and is ordered by its argument.
//!
//! ```text
//!         before the base              from the base on
//!   push ───────────────▶ soon   push ─────────────────▶ wheel
//!                          ▲ │                             │
//!   a slot of the wheel ───┘ └──▶ pop                      │ nothing is due soon: the next slot
//!            ▲─────────────────────────────────────────────┘
//! ```
//!
//! What is due [`soon`] is in order, a few events that stay in the cache, however many are pending; the [`wheel`]
//! holds the others, by digits of their instants. What has just been scheduled for the next nanosecond is [`handed`] over past
//! both, if it turns out to be the first. An entry whose strand has moved on is stale; it
//! is dropped when it comes to the top, or when the calendar is full and is swept.

mod handed;
mod heap;
mod soon;
mod wheel;

pub use wheel::blocks_peak;

use super::lanes;
use super::memory::{generation_of, header, machine, now};

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

/// Whether events of a rank are of strands, which flights may stand for.
#[inline(always)]
pub fn is_of_strand(rank: Rank) -> bool {
    (rank as u32).wrapping_sub(Rank::WorkEnd as u32) <= Rank::Arrive as u32 - Rank::WorkEnd as u32
}

/// An event.
#[derive(Clone, Copy)]
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

/// An event as it is stored: words that are written and read as such. Where one load needs what two stores have written, the
/// processor waits for both.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    pub at: u64,
    pub key: u64,
    pub subject_and_generation: u64,
    pub argument_and_rank: u64,
}

const _: () = assert!(size_of::<Entry>() == crate::layout::ENTRY_BYTES as usize);

impl Entry {
    /// Behind every event.
    pub const END_OF_TIME: Self =
        Self { at: u64::MAX, key: u64::MAX, subject_and_generation: 0, argument_and_rank: u64::MAX };

    #[inline(always)]
    pub fn event(self) -> Event {
        Event {
            at: self.at,
            key: self.key,
            subject: self.subject_and_generation as u32,
            generation: (self.subject_and_generation >> 32) as u32,
            argument: self.argument_and_rank as u32,
            // SAFETY: an entry is made of an event; one that is not is never taken for one.
            rank: unsafe { core::mem::transmute::<u32, Rank>((self.argument_and_rank >> 32) as u32) },
        }
    }

    /// Whether it comes before another.
    #[inline(always)]
    pub fn is_before(&self, other: &Self) -> bool {
        if self.at != other.at {
            return self.at < other.at;
        }
        let order = |of: &Self| ((of.argument_and_rank >> 32) as u32, of.key, of.argument_and_rank as u32);
        order(self) < order(other)
    }
}

impl From<Event> for Entry {
    #[inline(always)]
    fn from(event: Event) -> Self {
        let words = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        Self {
            at: event.at,
            key: event.key,
            subject_and_generation: words(event.subject, event.generation),
            argument_and_rank: words(event.argument, event.rank as u32),
        }
    }
}

/// Nothing is scheduled.
pub fn init() {
    handed::init();
    soon::init();
    wheel::init();
}

/// Schedules an event.
#[inline(always)]
pub fn push(at: u64, rank: Rank, key: u64, subject: u32, generation: u32, argument: u32) {
    push_entry(Event { at, key, subject, generation, argument, rank }.into());
}

/// Schedules an event for the next nanosecond.
#[inline(always)]
pub fn push_next(rank: Rank, key: u64, subject: u32, generation: u32, argument: u32) {
    if handed::at() == u64::MAX {
        handed::give(Event { at: now() + 1, key, subject, generation, argument, rank });
    } else {
        push(now() + 1, rank, key, subject, generation, argument);
    }
}

/// What is handed over is scheduled like any other event.
#[inline(never)]
fn lay_down() {
    if handed::at() != u64::MAX {
        push_entry(handed::take());
    }
}

/// Schedules an event.
#[inline(always)]
pub fn push_entry(entry: Entry) {
    push_words(entry.at, entry.key, entry.subject_and_generation, entry.argument_and_rank);
}

/// Takes numbers: whatever is handed over in memory has to be written and read once more.
#[inline(never)]
fn push_words(at: u64, key: u64, subject_and_generation: u64, argument_and_rank: u64) {
    let (m, entry) = (machine(), Entry { at, key, subject_and_generation, argument_and_rank });
    if m.calendar_len.get() == header().calendar.len {
        return push_when_full(at, key, subject_and_generation, argument_and_rank);
    }
    m.calendar_len.set(m.calendar_len.get() + 1);
    wheel::push(entry);
}

#[unsafe(export_name = "rare_push")]
#[inline(never)]
extern "C" fn push_when_full(at: u64, key: u64, subject_and_generation: u64, argument_and_rank: u64) {
    sweep();
    if machine().calendar_len.get() == header().calendar.len {
        return machine().halted.set(2);
    }
    push_words(at, key, subject_and_generation, argument_and_rank);
}

/// Takes the first event if it is before `until`.
#[inline]
pub fn pop_before(until: u64) -> Option<Event> {
    let (lane_at, handed_at) = (machine().lane_at.get(), handed::at());
    if handed_at != u64::MAX {
        if handed_at < lane_at.min(soon::first_at()).min(wheel::first_at()).min(until) {
            return Some(handed::take().event());
        }
        lay_down();
    }
    if soon::is_empty() {
        wheel::bring(lane_at.min(until));
    }
    let soon_at = soon::first_at();
    if lane_at <= soon_at && (lane_at < soon_at || lanes::first().is_before(soon::first())) {
        return (lane_at < until).then(lanes::take);
    }
    if soon_at >= until {
        return None;
    }
    let event = soon::first().event();
    machine().calendar_len.set(machine().calendar_len.get() - 1);
    soon::drop_first();
    Some(event)
}

/// Writes the first event, unless it is in a lane or not before `until`, to the begin of the calendar, for whoever looks there.
pub fn show_first(until: u64) {
    lay_down();
    if soon::is_empty() {
        wheel::bring(machine().lane_at.get().min(until));
    }
    soon::show_first();
}

/// All events that are in no lane, in no order.
pub fn all() -> impl Iterator<Item = Event> {
    lay_down();
    soon::all().chain(wheel::all()).map(Entry::event)
}

/// Whether an event comes before such a one.
#[inline]
pub fn is_before(at: u64, rank: Rank, key: u64) -> bool {
    if handed::at() <= at {
        lay_down();
    }
    if soon::is_empty() {
        wheel::bring(at);
    }
    let (soon_at, lane_at) = (soon::first_at(), machine().lane_at.get());
    (soon_at <= at || lane_at <= at) && is_before_there(at, rank as u32, key)
}

/// The same where an event may be at that very instant.
#[inline(never)]
fn is_before_there(at: u64, rank: u32, key: u64) -> bool {
    let than = Entry { at, key, subject_and_generation: 0, argument_and_rank: u64::from(rank) << 32 };
    soon::first().is_before(&than) || machine().lane_at.get() <= at && lanes::first().is_before(&than)
}

/// Drops timeouts and pauses of strands that no longer wait.
fn sweep() {
    let waits = |entry: &Entry| {
        let event = entry.event();
        let of_strand = event.argument < super::due::GONE;
        let stops = of_strand && (event.rank == Rank::Timeout || event.rank == Rank::Resume);
        !stops || generation_of(event.subject) == event.generation
    };
    machine().calendar_len.set(soon::retain(waits) + wheel::retain(waits));
}
