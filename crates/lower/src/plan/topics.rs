//! Columns of what gathers before it is sent.

use serde::{Deserialize, Serialize};

/// How requests on an edge gather before they set out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gathers {
    /// Edge.
    pub edge: Vec<u32>,
    /// Longest wait of the first for others, in nanoseconds.
    pub linger_ns: Vec<u64>,
    /// They set out when they are so many, or [`UNBOUNDED`](super::UNBOUNDED).
    pub messages: Vec<u32>,
    /// They set out when they weigh so much; 0: whatever they weigh.
    pub weight: Vec<u64>,
    /// 1: a batch comes in as one.
    pub together: Vec<u32>,
    /// First of its baskets, one per replica of the caller, numbered through.
    pub first_basket: Vec<u32>,
}
