//! Columns of what requests weigh, cost and may use.

use super::rows_of;
use serde::{Deserialize, Serialize};

/// What a message weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weighing {
    /// Nothing.
    Nothing,
    /// A draw of the distribution.
    Drawn,
    /// The factor times what the sender's own request weighs.
    OfRequest,
    /// The factor times the sender's context.
    OfContext,
}

/// One row per distinct way to weigh a request and its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// How the request and the answer are weighed.
    pub how: Vec<[Weighing; 2]>,
    /// Rows in [`Plan::distributions`](super::Plan::distributions) of what is drawn, or [`NONE`](super::NONE).
    pub distribution: Vec<[u32; 2]>,
    /// Factors.
    pub factor: Vec<[f64; 2]>,
    /// Slot that multiplies what the request weighs, or [`NONE`](super::NONE).
    pub slot: Vec<u32>,
    /// Draw purposes: `purpose(edge name, "size")`, `purpose(program name, "result")`.
    pub purpose: Vec<[u64; 2]>,
}

/// One row per way in which work depends on sizes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paces {
    /// Nanoseconds for each unit that the request weighs.
    pub per_size: Vec<f64>,
    /// Nanoseconds for each unit that the answer will weigh.
    pub per_result: Vec<f64>,
    /// Nanoseconds more for each unit of the request that is cached.
    pub per_cached: Vec<f64>,
}

/// Two token buckets in front of each component: of requests, and of weight. One row per component, or none at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quotas {
    /// Tokens per second, 0: no bucket.
    pub rate: Vec<[f64; 2]>,
    /// Most tokens at that rate; at another rate, in proportion.
    pub burst: Vec<[f64; 2]>,
    /// Slots of the rates, or [`NONE`](super::NONE).
    pub slot: Vec<[u32; 2]>,
}

/// What tokens cost, in billionths of a dollar for each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceLists {
    /// Of a request, as far as it is not cached.
    pub input: Vec<f64>,
    /// Of a request, as far as it is cached.
    pub cached: Vec<f64>,
    /// Of an answer.
    pub output: Vec<f64>,
}

/// What of a request is cached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptCaches {
    /// Share of it.
    pub share: Vec<f64>,
    /// Longest time since the component was last asked, in nanoseconds.
    pub ttl_ns: Vec<u64>,
}

/// What a visit may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// Tokens, `u64::MAX`: any number.
    pub tokens: Vec<u64>,
    /// Billionths of a dollar, `u64::MAX`: any amount.
    pub nano_usd: Vec<u64>,
    /// Time since its arrival in nanoseconds, 0: any.
    pub wall_ns: Vec<u64>,
    /// Component.
    pub component: Vec<u32>,
    /// Slot of what tokens and money are multiplied with, or [`NONE`](super::NONE).
    pub slot: Vec<u32>,
}

/// What conversations weigh.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contexts {
    /// Row in [`Plan::distributions`](super::Plan::distributions): at first.
    pub initial: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): what a round adds.
    pub per_turn: Vec<u32>,
    /// Most.
    pub most: Vec<u64>,
}

rows_of!(Sizes: how, distribution, factor, slot, purpose);
