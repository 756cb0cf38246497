//! Flights: requests that are resolved ahead of time, where nothing can come between.

use core::cell::Cell;
use core::ops::RangeInclusive;

/// What the record of a flight holds, in words of 64 bits; the generated code adds its own behind these.
pub mod flight {
    /// Key of the request.
    pub const KEY: u32 = 0;
    /// When it was created.
    pub const BEGAN_NS: u32 = 1;
    /// User of a closed source.
    pub const WHO: u32 = 2;
    /// How long it has waited at the point at hand, in nanoseconds. Who waited until the end of an event waited 0; see
    /// [`FlightState::frame`].
    pub const WAITED_NS: u32 = 3;
    /// Words of every record.
    pub const COUNT: u32 = 4;
}

/// State of all flights.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct FlightState {
    /// What a flight does must be over before this instant: nothing changes and nobody looks until then.
    pub horizon_ns: Cell<u64>,
    /// The run at hand ends before this instant.
    pub until_ns: Cell<u64>,
    /// When something changes or somebody looks next.
    pub boundary_ns: Cell<u64>,
    /// Flights do not look farther ahead than this: about as far as the events go that a call may handle.
    pub reach_ns: Cell<u64>,
    /// When the horizon is to be found again, because only their reach bounds it.
    pub renew_ns: Cell<u64>,
    /// Latest end of a flight.
    pub landed_ns: Cell<u64>,
    /// Key of the event at hand.
    pub key: Cell<u64>,
    /// When all strands and flights that did not go straight are beyond their first points, those in lanes left out.
    pub clear_ns: Cell<u64>,
    /// Rank of the event at hand.
    pub rank: Cell<u32>,
    /// 1: flights may begin.
    pub open: Cell<u32>,
    /// 1: cells that must be calm are.
    pub calm: Cell<u32>,
    /// Whether requests of the source at hand go straight through their first points: 1; 0, not while others are on their way; 2,
    /// one of them could not.
    pub straight: Cell<u32>,
    /// First free record plus one.
    pub free: Cell<u32>,
    /// Records ever used.
    pub fresh: Cell<u32>,
    /// Flights that wait for a server.
    pub waiting: Cell<u32>,
    /// Frame plus one in which the flight at hand waits, or has waited; 0: it has none.
    pub frame: Cell<u32>,
    /// 1: no strand is before the first points of its source's flights, but those that get there until [`Self::clear_ns`].
    pub clear: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// Events that a lane can hold, a power of two: as many as there are frames, but no fewer and no more than these.
pub const LANE_EVENTS: RangeInclusive<u32> = 1 << 12..=1 << 18;

/// A ring of events that come in order.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Lane {
    /// Place of the first.
    pub head: Cell<u32>,
    /// How many there are.
    pub len: Cell<u32>,
    /// 1: there was no place for an event, which is in the calendar.
    pub spilled: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// A cell that must have a value for flights to begin.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Calm {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Calm.bytes() }>,
    /// The value at which it changes nothing.
    pub neutral: f64,
    /// The cell.
    pub cell: u32,
    /// Unused.
    pub pad: u32,
}

/// What a sum of landed flights adds to a word of the open window.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Gain {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Gain.bytes() }>,
    /// Times the sum.
    pub factor: u64,
    /// The sum.
    pub sum: u32,
    /// Word of the row block.
    pub word: u32,
}

/// What the longest time of landed flights says of a word of the open window, or of a histogram's range.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Peak {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Peak.bytes() }>,
    /// Added to it.
    pub offset_ns: u64,
    /// The sum that counts these flights.
    pub count: u32,
    /// Where the longest time is, among the sums.
    pub top: u32,
    /// Word of the row block, or the histogram.
    pub of: u32,
    /// 1: so many times are in the histogram; 0: the word is a maximum.
    pub counts: u32,
}

/// Servers of a replica that are given back at a known instant, without an event.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Reserved {
    /// First of its [`Release`]s.
    pub first: u32,
    /// How many there are.
    pub len: Cell<u32>,
}

/// When such a server is given back: as if by the event of that time, rank and key.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Release {
    /// Instant.
    pub at_ns: u64,
    /// Key.
    pub key: u64,
    /// Rank.
    pub rank: u64,
}
