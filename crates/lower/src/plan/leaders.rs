//! Columns of components one of whose replicas leads.

use serde::{Deserialize, Serialize};

/// One row per component one of whose replicas leads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Leaders {
    /// Component.
    pub component: Vec<u32>,
    /// 1: replicas elect the next; 0: it is named.
    pub elected: Vec<u32>,
    /// 1: calls for the leader wait while nobody leads; 0: they fail.
    pub waits: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): how long a replica that hears nothing waits, or the
    /// time until the next is named.
    pub timeout: Vec<u32>,
    /// Time from word to word of the leader, in nanoseconds; 0 where the next is named.
    pub heartbeat_ns: Vec<u64>,
    /// Time from replica to replica, in nanoseconds. Positive.
    pub leg_ns: Vec<u64>,
}
