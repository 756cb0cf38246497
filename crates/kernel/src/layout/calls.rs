//! Call sites and the policies of calls.

use core::cell::Cell;

/// What callers and the network do on an edge beyond the common.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Conduct {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Conduct.bytes() }>,
    /// Purpose of the draw that throttles.
    pub purpose_throttle: u64,
    /// What an accepted attempt weighs against a made one, 0: nothing is throttled.
    pub throttle_k: f64,
    /// A sixteenth of the time over which attempts are counted.
    pub throttle_slot_ns: u64,
    /// Time until a lost message is sent again for the first time, 0: never.
    pub rto_ns: u64,
    /// Packets of a message, each of which may be lost.
    pub packets: u32,
    /// Histogram of its calls, or [`NONE`](super::NONE).
    pub histogram_calls: u32,
    /// Histogram of its good attempts, or [`NONE`](super::NONE).
    pub histogram_attempts: u32,
    /// Row of [`Connections`](super::Connections), or [`NONE`](super::NONE): it has as many as it needs at once.
    pub connections: u32,
}

/// How the attempts under a policy follow each other, beyond the common.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Pacing {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Pacing.bytes() }>,
    /// First backoff after a throttling outcome.
    pub throttled_ns: u64,
    /// Shortest pause after being turned away: what the callee asks for.
    pub honored_ns: u64,
    /// For jitter 4: how far it goes to either side.
    pub jitter_share: f64,
    /// Throttling outcomes, a bit each.
    pub throttled_on: u32,
    /// What a retry after one takes of the bucket.
    pub throttled_cost: u32,
    /// Percentile of good attempts after which a hedge is made, in 1/100,000, 0: not after a percentile.
    pub hedge_per_100k: u32,
    /// Histogram of the edge's good attempts.
    pub histogram: u32,
    /// 1: the callee does the work of a call once.
    pub idempotent: u32,
    /// Hedges beyond the first.
    pub hedges_more: u32,
}

/// A policy.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Policy {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Policy.bytes() }>,
    /// Patience per attempt, 0 for none.
    pub timeout_ns: u64,
    /// First backoff.
    pub backoff_ns: u64,
    /// Longest backoff.
    pub backoff_cap_ns: u64,
    /// When a second attempt is made beside the first, 0: never.
    pub hedge_after_ns: u64,
    /// Growth.
    pub backoff_factor: f64,
    /// Outcome of running out of patience.
    pub gives_up_as: u32,
    /// Attempts after the first.
    pub retry_max: u32,
    /// 0 none, 1 full, 2 equal, 3 decorrelated, 4 to either side.
    pub jitter: u32,
    /// Tokens per first attempt in 1/65,536, or [`NONE`](super::NONE).
    pub budget: u32,
    /// Outcomes tried again.
    pub retry_on: u32,
    /// Most tokens of the retry bucket in 1/65,536, 0: no bucket.
    pub bucket_size: u32,
    /// What a retry takes.
    pub bucket_cost: u32,
    /// What a call that ends well puts back.
    pub bucket_refund: u32,
    /// What a retry must leave.
    pub bucket_floor: u32,
    /// 1: who gives up tells the callee.
    pub cancel: u32,
    /// 1: the callee is told until when the answer is wanted.
    pub deadline: u32,
    /// Row of [`Pacing`], or [`NONE`](super::NONE).
    pub pacing: u32,
    /// Lane of its timeouts, or [`NONE`](super::NONE): they are scheduled like any other event.
    pub lane: u32,
    /// Unused.
    pub pad: u32,
}

/// A call site.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Site {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Site.bytes() }>,
    /// Purpose of the backoff draw.
    pub purpose_backoff: u64,
    /// Edge.
    pub edge: u32,
    /// Policy, [`NONE`](super::NONE) for a message.
    pub policy: u32,
    /// Label where the callee's program begins.
    pub entry: u32,
    /// Both in one word, because modules must be small: see [`Site::class`] and [`Site::role`].
    pub class_and_role: u32,
    /// 1: patience begins when the callee's program does.
    pub once_received: u32,
    /// Population that its visits' keys are drawn from, or [`NONE`](super::NONE): their key is the caller's.
    pub keys: u32,
    /// How its messages are weighed, or [`NONE`](super::NONE).
    pub sizes: u32,
    /// Where an append goes: 0 to the leader of its partition, 1 + n to copy n; or [`NONE`](super::NONE): it is none.
    pub copy: u32,
}

impl Site {
    /// Class of its visits in queues: 0 to 3, lower first.
    #[must_use]
    #[inline(always)]
    pub const fn class(&self) -> u32 {
        self.class_and_role & 0xFF
    }

    /// Which replicas it is for: 0 any, 1 the one that leads, 2 any but that.
    #[must_use]
    #[inline(always)]
    pub const fn role(&self) -> u32 {
        self.class_and_role >> 8
    }
}

/// State of a conduct.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct ConductState {
    /// Number of the slot of time that is counted in.
    pub slot: Cell<u64>,
    /// Attempts made, by slot modulo 16.
    pub requests: [Cell<u32>; SLOTS],
    /// Attempts that ended well.
    pub accepts: [Cell<u32>; SLOTS],
}

/// Slots of time in which throttles count.
pub const SLOTS: usize = 16;
