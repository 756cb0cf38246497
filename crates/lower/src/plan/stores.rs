//! Columns of what is kept by key.

use serde::{Deserialize, Serialize};

/// One row per store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stores {
    /// Owning component.
    pub component: Vec<u32>,
    /// Most entries, or [`UNBOUNDED`](super::UNBOUNDED).
    pub capacity: Vec<u32>,
    /// Life of an entry in nanoseconds, 0: for ever.
    pub ttl_ns: Vec<u64>,
    /// Climb of lookups by ratio after a flush, in nanoseconds.
    pub refill_ns: Vec<u64>,
    /// 1: begins with its first keys, as many as fit.
    pub warm: Vec<u32>,
    /// Slot that multiplies hit ratios, or [`NONE`](super::NONE).
    pub slot_hits: Vec<u32>,
    /// First entry of its keys; the entries of all keyspaces are numbered through.
    pub first_key: Vec<u32>,
    /// Number of keys over its keyspaces.
    pub keys: Vec<u32>,
}

/// One row per population of keys, in a store or of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keyspaces {
    /// Number of keys. Positive.
    pub keys: Vec<u32>,
    /// Zipf exponent, 0 for uniform.
    pub skew: Vec<f64>,
    /// First entry in its store; 0 for keys of requests.
    pub first_key: Vec<u32>,
    /// Slot of the share of draws that are the most popular key whatever the word, or [`NONE`](super::NONE).
    pub slot_hot: Vec<u32>,
}

/// What a store keeps and how it ages: one row per store, none if all of them are plain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keepings {
    /// Who is forgotten: 0 the least recently used, 1 who came first, 2 any, 3 whose key was looked up least.
    pub evict: Vec<u32>,
    /// 1: a hit begins the time to live anew.
    pub sliding: Vec<u32>,
    /// Times to live are spread over so much more and less.
    pub jitter: Vec<f64>,
    /// Share of keys that do not exist.
    pub negative_share: Vec<f64>,
    /// How long it is remembered that a key does not exist, in nanoseconds; 0: not at all.
    pub negative_ttl_ns: Vec<u64>,
    /// How much longer than its time to live an entry serves, in nanoseconds.
    pub stale_ns: Vec<u64>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): time until what is written can be read; [`NONE`](super::NONE): none.
    pub lag: Vec<u32>,
    /// Slot that multiplies it, or [`NONE`](super::NONE).
    pub slot_lag_factor: Vec<u32>,
    /// Slot of what is added to it in nanoseconds, or [`NONE`](super::NONE).
    pub slot_lag: Vec<u32>,
    /// Slot of how many entries it may hold, or [`NONE`](super::NONE).
    pub slot_capacity: Vec<u32>,
    /// Slot of how much its clock is ahead in nanoseconds, or [`NONE`](super::NONE).
    pub slot_clock: Vec<u32>,
    /// Draw purpose of times to live: `purpose(name, "ttl")`.
    pub purpose_ttl: Vec<u64>,
    /// Draw purpose of who is forgotten: `purpose(name, "evict")`.
    pub purpose_evict: Vec<u64>,
    /// Key of the draws of which keys do not exist: `purpose(name, "negative")`.
    pub purpose_negative: Vec<u64>,
}

/// Buckets of tokens that steps take from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Admissions {
    /// Buckets. Positive.
    pub partitions: Vec<u32>,
    /// First of them, numbered through.
    pub first: Vec<u32>,
    /// Tokens of each per nanosecond.
    pub rate: Vec<f64>,
    /// Most tokens of each.
    pub burst: Vec<f64>,
    /// 1: as many are taken as the request weighs.
    pub by_weight: Vec<u32>,
}
