//! What gathers before it is sent.

use serde::{Deserialize, Serialize};

/// Requests that wait for others to set out with, at each replica of their sender by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// Longest wait of the first, in nanoseconds. Positive.
    pub linger_ns: u64,
    /// They set out when they are so many. Positive. `None`: however many.
    pub messages: Option<u32>,
    /// They set out when they weigh so much. Positive. `None`: whatever they weigh.
    pub weight: Option<u64>,
    /// A batch is one visit of its callee, whose replicas have queues of their own.
    pub together: bool,
}
