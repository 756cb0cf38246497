//! Columns of groups and subscriptions.

use serde::{Deserialize, Serialize};

/// How the replicas of a component share out messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// Component.
    pub component: Vec<u32>,
    /// First of its partitions, numbered through over all groups.
    pub first_partition: Vec<u32>,
    /// Partitions of all its subscriptions; 1 if it is not ordered.
    pub partitions: Vec<u32>,
    /// 1: a partition's messages are served one after another.
    pub ordered: Vec<u32>,
    /// 1: each partition is assigned to a replica.
    pub assigned: Vec<u32>,
    /// How long a replica may be gone; where none has partitions, how long one is not served whose message was lost.
    pub session_ns: Vec<u64>,
    /// How long it takes to assign partitions anew, in nanoseconds.
    pub pause_ns: Vec<u64>,
    /// 1: partitions stay where they are if they can, and are served meanwhile.
    pub sticky: Vec<u32>,
    /// How long a replica may work on what it took from a partition, in nanoseconds; 0: for ever.
    pub poll_ns: Vec<u64>,
    /// Most messages that the handler works on together. Positive.
    pub batch: Vec<u32>,
    /// How long the oldest waits for others, in nanoseconds.
    pub wait_ns: Vec<u64>,
}

/// What becomes of messages on an edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscriptions {
    /// Edge.
    pub edge: Vec<u32>,
    /// Row in [`Plan::groups`](super::Plan::groups).
    pub group: Vec<u32>,
    /// First of its partitions; that of the group if that is not ordered.
    pub first_partition: Vec<u32>,
    /// Partitions. Positive.
    pub partitions: Vec<u32>,
    /// Messages after which a partition is committed: 0 before each.
    pub commit_every: Vec<u32>,
    /// 1: messages that come again though they were done are recognized.
    pub idempotent: Vec<u32>,
    /// How long a message is kept in nanoseconds, 0: for ever.
    pub retention_ns: Vec<u64>,
    /// Most messages that wait; 0: any number.
    pub depth: Vec<u32>,
    /// Row in [`Plan::depots`](super::Plan::depots); [`NONE`](super::NONE): one too many displaces the first.
    pub depot: Vec<u32>,
}
