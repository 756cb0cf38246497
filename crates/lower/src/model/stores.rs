//! What is kept by key.

use super::Distribution;
use serde::{Deserialize, Serialize};

/// Memory addressed by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// Most entries held at once. `None`: every key fits.
    pub capacity: Option<u32>,
    /// Life of an entry after it was filled, in nanoseconds. `None`: until evicted.
    pub ttl_ns: Option<u64>,
    /// After a flush, a lookup by ratio climbs back linearly over this many nanoseconds.
    pub refill_ns: u64,
    /// Begins with its most popular keys, as many as fit, at ages spread over their life.
    pub warm: bool,
    /// What is kept, and how it ages.
    #[serde(default, skip_serializing_if = "Keeping::is_plain")]
    pub keeping: Keeping,
}

/// What a store keeps and how it ages, where that is not least recently used until the time to live is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keeping {
    /// Who is forgotten when it is full.
    pub evict: Evict,
    /// A hit begins the time to live anew.
    pub sliding: bool,
    /// Times to live are spread evenly over so much more and less. From 0 to 1.
    pub jitter: f64,
    /// Keys that do not exist.
    pub negative: Option<Negative>,
    /// What is out of date serves for so many more nanoseconds (`u64::MAX`: for ever) while it is fetched anew.
    pub stale_ns: Option<u64>,
    /// Time until what is written can be read. `None`: at once.
    pub lag: Option<Distribution>,
}

/// Who is forgotten when a store is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evict {
    /// Who was used least recently.
    #[default]
    Lru,
    /// Who came first.
    Fifo,
    /// Any of those held before.
    Random,
    /// Whose key has been looked up least, the newcomer's included; among equals the least recent.
    Lfu,
}

/// Keys that do not exist: a lookup's fetch finds that there is nothing, and that is remembered for a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Negative {
    /// Share of keys. Which keys these are depends on the store's name only.
    pub share: f64,
    /// How long that is remembered, in nanoseconds; 0: not at all.
    pub ttl_ns: u64,
}

impl Keeping {
    /// Whether it is the usual.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Keeping::default()
    }
}

/// A population of keys. A key is its rank by popularity, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    /// Number of distinct keys. Positive.
    pub keys: u32,
    /// Popularity: the k-th most popular key has weight `k^-skew`. 0 is uniform.
    pub skew: f64,
}

/// How a lookup is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Hit {
    /// A share of lookups hits, whatever the key.
    Ratio(f64),
    /// A key is drawn and looked up in the store.
    Keyed {
        /// Number of distinct keys. Lookups in one store that draw from equally many keys share them.
        keys: u32,
        /// Popularity: the k-th most popular key has weight `k^-skew`. 0 is uniform.
        skew: f64,
        /// One fetch per key at a time; later lookups of the key wait for it.
        coalesce: bool,
    },
    /// The request's key is looked up in the store.
    Requested {
        /// Number of keys that requests can have here: more than any of them. Shares entries as `Keyed` does.
        keys: u32,
        /// As for `Keyed`.
        coalesce: bool,
    },
}
