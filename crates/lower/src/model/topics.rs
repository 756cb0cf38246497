//! What gathers before it is sent, how much topics keep, and the brokers that they are on.

use super::{Call, Distribution};
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

/// How many messages a subscription keeps that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    /// Most. Positive.
    pub most: u32,
    /// One more displaces the one that came first. If not, publishers look for room by a step.
    pub displaces: bool,
}

/// Appends a message to a log on brokers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Append {
    /// The call of a broker that leads a partition, or has a copy of it. Its edge sends to all replicas and gathers nothing.
    pub call: Call,
    /// Partitions of the log: that of the request's key, or the next in turn. Positive.
    pub partitions: u32,
    /// Copies of each, the leader's included. Positive, at most 31 and at most the brokers.
    pub replication: u32,
    /// When the publisher is answered.
    pub acks: Acks,
    /// Copies that must be up to date, for [`Acks::All`].
    pub min_in_sync: u32,
    /// Pause before a copy is asked for again that could not be made, in nanoseconds.
    pub fetch_ns: u64,
}

/// When a publisher is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acks {
    /// At once.
    None,
    /// When the leader has the message.
    Leader,
    /// When all copies that are up to date have it.
    All,
}

/// Replicas that are brokers of logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Time until it is found out that one is gone.
    pub detection: Distribution,
    /// How long one that is back is behind, in nanoseconds.
    pub catch_up_ns: u64,
    /// After which time it leads again what it led at first, in nanoseconds. 0: never.
    pub restore_ns: u64,
}
