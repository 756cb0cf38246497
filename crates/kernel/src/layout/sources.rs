//! Traffic: sources, how much each arrival brings, and the flows that it enters.

use core::cell::Cell;

/// A source.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Source {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Source.bytes() }>,
    /// Hash of its name.
    pub hash: u64,
    /// Purpose of gaps or think times.
    pub purpose: u64,
    /// Requests per second without a slot.
    pub rate: f64,
    /// Label where a request's program begins.
    pub entry: u32,
    /// Users, 0 for an open source.
    pub users: u32,
    /// First user.
    pub first_user: u32,
    /// Distribution of think times, or of an open source's gaps at unit rate, or [`NONE`](super::NONE).
    pub think: u32,
    /// 1: Poisson.
    pub poisson: u32,
    /// Cell of the rate, or [`NONE`](super::NONE).
    pub cell_rate: u32,
    /// What arrivals are where they are not one request each: a row of [`Intake`], or [`NONE`](super::NONE).
    pub intake: u32,
    /// Cell of the number of users that are there, or [`NONE`](super::NONE): all of them.
    pub cell_users: u32,
    /// Label where a request's flight begins, or [`NONE`](super::NONE): its requests are never resolved ahead.
    pub flight: u32,
    /// Lane of its arrivals, or [`NONE`](super::NONE): they are scheduled like any other event.
    pub lane: u32,
    /// Label where a request goes straight through its first points, or [`NONE`](super::NONE): none does.
    pub straight: u32,
    /// Lane in which requests wait for their first points that did not.
    pub straight_lane: u32,
    /// How long behind its creation the last point lies through which a request goes straight.
    pub straight_ns: u64,
    /// How long behind its creation nothing can happen to a flight, if that is the same for all; else 0.
    pub ahead_ns: u64,
}

/// What arrivals of an open source are, and when, if not at a rate.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Intake {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Intake.bytes() }>,
    /// Nanoseconds between arrivals by the clock, 0: not by the clock.
    pub every_ns: u64,
    /// The first of them.
    pub first_ns: u64,
    /// Who comes does so within this time, 0: at once.
    pub spread_ns: u64,
    /// After which time the list of instants begins anew, 0: never.
    pub period_ns: u64,
    /// Purposes of draws: how many come, how many requests, think times, place within the spread.
    pub purposes: [u64; 4],
    /// How many come at an arrival.
    pub batch: Count,
    /// How many requests a session makes; at most 0: who arrives is one request.
    pub session: Count,
    /// Distribution of a session's think times, or [`NONE`](super::NONE).
    pub think: u32,
    /// First of its instants.
    pub first_instant: u32,
    /// How many, 0: not by a list.
    pub instants: u32,
    /// Unused.
    pub pad: u32,
}

/// A number: `min(most, base + floor(draw of extra))`, or always `most` if there is no such distribution.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Count {
    /// Upper bound.
    pub most: u32,
    /// Distribution of what is drawn, or [`NONE`](super::NONE).
    pub extra: u32,
    /// What is added to it.
    pub base: u32,
    /// Unused.
    pub pad: u32,
}

/// A flow.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Flow {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Flow.bytes() }>,
    /// Hash of its name.
    pub hash: u64,
    /// Good answers come within this, 0: any time.
    pub good_within_ns: u64,
}

/// State of a source.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct SourceState {
    /// Ordinal of the next request.
    pub ordinal: Cell<u64>,
    /// Since when `gap_left` counts.
    pub since_ns: Cell<u64>,
    /// Part of the gap still to come.
    pub gap_left: Cell<f64>,
    /// Remainder of a nanosecond that the scheduled arrival started from.
    pub carry: Cell<f64>,
    /// Remainder that it leaves for the one after it.
    pub carry_next: Cell<f64>,
    /// Rate in force.
    pub rate: Cell<f64>,
    /// Nanoseconds of a gap at that rate, on average; infinitely many if there is none.
    pub interval_ns: Cell<f64>,
    /// Key under the seed.
    pub key: Cell<u64>,
    /// Generation of the scheduled arrival.
    pub generation: Cell<u32>,
    /// Unused.
    pub pad: u32,
}
