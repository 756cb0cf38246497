//! What requests weigh, and what is counted and priced by it.

use core::cell::Cell;

/// How a request and its answer are weighed.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Sizes {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Sizes.bytes() }>,
    /// Purposes of draws.
    pub purpose: [u64; 2],
    /// Factors.
    pub factor: [f64; 2],
    /// 0 nothing, 1 drawn, 2 the factor times the sender's own request, 3 times its context.
    pub how: [u32; 2],
    /// Distributions of what is drawn.
    pub distribution: [u32; 2],
    /// Cell of a factor of what the request weighs, or [`NONE`](super::NONE).
    pub cell: u32,
    /// Unused.
    pub pad: u32,
}

/// How work depends on sizes.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Pace {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Pace.bytes() }>,
    /// Nanoseconds for each unit that the request weighs.
    pub per_size: f64,
    /// Nanoseconds for each unit that the answer will weigh.
    pub per_result: f64,
    /// Nanoseconds more for each unit of the request that is cached.
    pub per_cached: f64,
}

/// Two token buckets in front of a component: of requests, and of weight.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Quota {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Quota.bytes() }>,
    /// Tokens per second without a slot, 0: no bucket.
    pub base: [f64; 2],
    /// Most tokens at that rate.
    pub burst: [f64; 2],
    /// Cells of the rates, or [`NONE`](super::NONE).
    pub cell: [u32; 2],
}

/// State of a quota.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct QuotaState {
    /// What is in the buckets.
    pub tokens: [Cell<f64>; 2],
    /// Since when.
    pub since_ns: Cell<u64>,
}

/// What tokens cost, in billionths of a dollar for each.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Price {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Price.bytes() }>,
    /// Of a request, as far as it is not cached.
    pub input: f64,
    /// Of a request, as far as it is cached.
    pub cached: f64,
    /// Of an answer.
    pub output: f64,
}

/// What of a request is cached.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct PromptCache {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::PromptCache.bytes() }>,
    /// Share of it.
    pub share: f64,
    /// Longest time since the component was last asked.
    pub ttl_ns: u64,
}

/// What a visit may use.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Budget {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Budget.bytes() }>,
    /// Tokens.
    pub tokens: u64,
    /// Billionths of a dollar.
    pub nano_usd: u64,
    /// Time since its arrival, 0: any.
    pub wall_ns: u64,
    /// Cell of what tokens and money are multiplied with, or [`NONE`](super::NONE).
    pub cell: u32,
    /// Unused.
    pub pad: u32,
}

/// What conversations weigh.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Context {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Context.bytes() }>,
    /// Most.
    pub most: u64,
    /// Distribution of what they weigh at first.
    pub initial: u32,
    /// Distribution of what a round adds.
    pub per_turn: u32,
}

/// What a strand has used.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Meter {
    /// Tokens, billionths of a dollar, rounds.
    pub usage: [Cell<u64>; 3],
    /// The same of answers under way to it: of its attempt, and of the hedge beside it.
    pub pending: [[Cell<u64>; 3]; 2],
    /// Its context.
    pub context: Cell<u64>,
    /// What of its request is cached.
    pub cached: Cell<u64>,
}
