//! Columns of what gathers before it is sent, of how much topics keep, and of logs on brokers.

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

/// Where publishers of a component look for room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Depots {
    /// Rows in [`Plan::subscriptions`](super::Plan::subscriptions) that must have room.
    pub bounds: Vec<Vec<u32>>,
    /// 1: they wait for it; 0: they are turned away.
    pub waits: Vec<u32>,
}

/// One row per component whose replicas are brokers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clusters {
    /// Component.
    pub component: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): time until it is found out that one is gone.
    pub detection: Vec<u32>,
    /// How long one that is back is behind, in nanoseconds.
    pub catch_up_ns: Vec<u64>,
    /// After which time it leads again what it led at first, in nanoseconds; 0: never.
    pub restore_ns: Vec<u64>,
    /// Draw purpose of `detection`: `purpose(name, "detection")`.
    pub purpose: Vec<u64>,
}

/// One row per log on brokers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logs {
    /// Component that appends to it.
    pub component: Vec<u32>,
    /// Row in [`Plan::clusters`](super::Plan::clusters).
    pub cluster: Vec<u32>,
    /// Partitions. Positive.
    pub partitions: Vec<u32>,
    /// Copies of each.
    pub replication: Vec<u32>,
    /// Copies that must be up to date; 0: any number.
    pub min_in_sync: Vec<u32>,
}
