//! Messages that replicas share out.

use super::{Depth, HandlerBatch, is_default};
use serde::{Deserialize, Serialize};

/// Consumers of messages: the replicas of one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Messages of a partition are served one after another. If not, each subscription has one partition and all share it.
    pub ordered: bool,
    /// Who serves a partition.
    pub assignment: Assignment,
    /// The handler works on several messages together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<HandlerBatch>,
}

/// Who serves a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Assignment {
    /// Whoever is free.
    Free {
        /// How long a partition whose message was lost with its consumer is not served, in nanoseconds.
        visibility_ns: u64,
    },
    /// One replica each.
    Members {
        /// How long a replica may be gone before partitions are assigned anew, in nanoseconds. Positive.
        session_ns: u64,
        /// How long that takes, in nanoseconds. Positive.
        pause_ns: u64,
        /// Partitions stay where they are if they can, and are served meanwhile. If not, none is.
        sticky: bool,
        /// How long a replica may work on what it took from a partition before it is expelled, in nanoseconds. 0: for ever.
        #[serde(default, skip_serializing_if = "is_default")]
        poll_ns: u64,
    },
}

/// What becomes of messages on an edge to a component with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Partitions; 1 if the group is not ordered. Positive.
    pub partitions: u32,
    /// When it is known that a message needs not come again. `After` if the group is not ordered.
    pub commit: Commit,
    /// Messages that come again though they were done are recognized.
    pub idempotent: bool,
    /// How long a message is kept that is not served, in nanoseconds. `None`: for ever.
    pub retention_ns: Option<u64>,
    /// How many of them wait at most. `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<Depth>,
}

/// When a message is taken as dealt with, should its consumer be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Commit {
    /// Before it is: it is lost.
    Before,
    /// When it is: if not, it comes again.
    After,
    /// When so many of its partition are, or no more wait: those since the last time come again. At least 2.
    Every(u32),
}
