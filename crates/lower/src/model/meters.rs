//! What requests weigh, cost, and may use.

use super::Distribution;
use serde::{Deserialize, Serialize};

/// What a visit may use. It stops before the first step at which one of these is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Tokens that it and its callees have used.
    pub tokens: Option<u64>,
    /// Their price in billionths of a dollar.
    pub nano_usd: Option<u64>,
    /// Time since it arrived, in nanoseconds; a deadline too. Positive.
    pub wall_ns: Option<u64>,
}

/// What a conversation weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// At first.
    pub initial: Distribution,
    /// What each round of a loop adds.
    pub per_turn: Distribution,
    /// What goes beyond is cut off.
    pub most: u64,
}

/// Billionths of a dollar for each unit of weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Of a request, as far as it is not cached.
    pub input: f64,
    /// Of a request, as far as it is cached.
    pub cached: f64,
    /// Of an answer.
    pub output: f64,
}

/// A component has the begin of its requests cached, as long as it is asked often enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptCache {
    /// Share of a request that is cached.
    pub share: f64,
    /// Longest time between requests, in nanoseconds.
    pub ttl_ns: u64,
}

/// What a message weighs, in whole bytes, tokens or whatever the reader means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Size {
    /// Drawn: a request's once per call, an answer's once per visit.
    Drawn(Distribution),
    /// So many times what the sender's own request weighs.
    OfRequest(f64),
    /// So many times the sender's context.
    OfContext(f64),
}
