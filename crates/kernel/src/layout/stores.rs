//! What is kept by key, and what lets requests in by key.

use core::cell::Cell;

/// A store.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Store {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Store.bytes() }>,
    /// Life of an entry, 0: for ever.
    pub ttl_ns: u64,
    /// Climb after a flush.
    pub refill_ns: u64,
    /// Component.
    pub component: u32,
    /// Most entries, [`NONE`](super::NONE) for unbounded.
    pub capacity: u32,
    /// First entry.
    pub first_key: u32,
    /// Entries.
    pub keys: u32,
    /// Cell of the hit factor, or [`NONE`](super::NONE).
    pub cell_hits: u32,
    /// 1: begins with its first entries, as many as fit.
    pub warm: u32,
}

/// A population of keys.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Keyspace {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Keyspace.bytes() }>,
    /// Zipf exponent.
    pub skew: f64,
    /// Number of keys.
    pub keys: u32,
    /// First entry; 0 for keys of requests.
    pub first_key: u32,
    /// Address of its `Zipf` table (state).
    pub zipf: u32,
    /// Cell of the share of draws that are the most popular key whatever the word, or [`NONE`](super::NONE).
    pub cell_hot: u32,
}

/// What a store keeps and how it ages.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Keeping {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Keeping.bytes() }>,
    /// Times to live are spread over so much more and less.
    pub jitter: f64,
    /// Share of keys that do not exist.
    pub negative_share: f64,
    /// How long that is remembered, 0: not at all.
    pub negative_ttl_ns: u64,
    /// How much longer than its time to live an entry serves.
    pub stale_ns: u64,
    /// Purpose of times to live.
    pub purpose_ttl: u64,
    /// Purpose of who is forgotten.
    pub purpose_evict: u64,
    /// Key of the draws of which keys do not exist.
    pub purpose_negative: u64,
    /// Who is forgotten: 0 the least recently used, 1 who came first, 2 any, 3 whose key was looked up least.
    pub evict: u32,
    /// 1: a hit begins the time to live anew.
    pub sliding: u32,
    /// Distribution of the time until what is written can be read, or [`NONE`](super::NONE).
    pub lag: u32,
    /// Cell of its factor, or [`NONE`](super::NONE).
    pub cell_lag_factor: u32,
    /// Cell of what is added to it, or [`NONE`](super::NONE).
    pub cell_lag: u32,
    /// Cell of how many entries it may hold, or [`NONE`](super::NONE).
    pub cell_capacity: u32,
    /// Cell of how much its clock is ahead, or [`NONE`](super::NONE).
    pub cell_clock: u32,
    /// Unused.
    pub pad: u32,
}

/// Buckets of tokens that a step takes from.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Admission {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Admission.bytes() }>,
    /// Tokens of each per nanosecond.
    pub rate: f64,
    /// Most tokens of each.
    pub burst: f64,
    /// Buckets.
    pub partitions: u32,
    /// First of them.
    pub first: u32,
    /// 1: as many tokens are taken as the request weighs.
    pub by_weight: u32,
    /// Unused.
    pub pad: u32,
}

/// State of a bucket.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Bucket {
    /// Tokens that are missing.
    pub missing: Cell<f64>,
    /// When they were counted.
    pub counted_ns: Cell<u64>,
}

/// State of a store.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct StoreState {
    /// When it was last cleared, 0: never.
    pub cleared_ns: Cell<u64>,
    /// Entries held.
    pub size: Cell<u32>,
    /// Most recently used entry plus one.
    pub newest: Cell<u32>,
    /// Least recently used entry plus one.
    pub oldest: Cell<u32>,
    /// Uses so far, where those are counted.
    pub uses: Cell<u32>,
}

/// More state of an entry, in stores that are not plain.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Mark {
    /// A hit before this is of something old.
    pub stale_until_ns: Cell<u64>,
    /// Lookups of the key.
    pub lookups: Cell<u32>,
    /// Number of the last use.
    pub used: Cell<u32>,
    /// Place among those held, in stores that keep no list.
    pub place: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a store's entry.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Entry {
    /// Valid before this, 0: absent.
    pub expiry_ns: Cell<u64>,
    /// Next more recently used entry plus one.
    pub newer: Cell<u32>,
    /// Next less recently used entry plus one.
    pub older: Cell<u32>,
    /// Frame that fetches it plus one.
    pub fetcher: Cell<u32>,
    /// Unused.
    pub pad: u32,
    /// First waiting frame plus one.
    pub waiter_head: Cell<u32>,
    /// Last waiting frame plus one.
    pub waiter_tail: Cell<u32>,
}
