//! Columns of edges.

use serde::{Deserialize, Serialize};

/// One row per edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edges {
    /// `from->to`.
    pub name: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// Caller component, or [`NONE`](super::NONE) for traffic.
    pub from: Vec<u32>,
    /// Callee component.
    pub to: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): network time of an exchange. [`NONE`](super::NONE): none.
    pub latency: Vec<u32>,
    /// Probability that a message is lost, each direction.
    pub loss: Vec<f64>,
    /// How the replica is chosen: 0 in turn, 1 at random, 2 least loaded, 3 least loaded of some, 4 by weight; by key 5
    /// modulo, 6 on a ring, 7 in a Maglev table. From 4 on it has a row in [`Plan::balancings`](super::Plan::balancings).
    pub balance: Vec<u32>,
    /// For balance 3: how many. For balance 1: 1 if each replica of the caller keeps to the one drawn for it.
    pub choices: Vec<u32>,
    /// Attempts that its breaker judges: the last so many, at most 64; 0 for none or a window of time.
    pub breaker_count: Vec<u32>,
    /// Length of its breaker's window of time in nanoseconds; 0 for none.
    pub breaker_window_ns: Vec<u64>,
    /// Share of failures that opens its breaker, in 1/65,536.
    pub breaker_trip: Vec<u32>,
    /// Fewest attempts that its breaker judges.
    pub breaker_least: Vec<u32>,
    /// How long its breaker stays open in nanoseconds; 0: it has no breaker.
    pub breaker_open_ns: Vec<u64>,
    /// Attempts that each replica of the caller may have under way; 0: any number.
    pub permits: Vec<u32>,
    /// Most that wait for a permit, or [`UNBOUNDED`](super::UNBOUNDED).
    pub permit_queue: Vec<u32>,
    /// Longest wait for a permit in nanoseconds; 0: as long as the attempt's patience.
    pub permit_wait_ns: Vec<u64>,
    /// First of its gates, one per replica of the caller, numbered through over edges with permits.
    pub first_gate: Vec<u32>,
    /// Row in [`Plan::balancings`](super::Plan::balancings), or [`NONE`](super::NONE): every replica may be chosen, always.
    pub balancing: Vec<u32>,
    /// Row in [`Plan::conducts`](super::Plan::conducts), or [`NONE`](super::NONE).
    pub conduct: Vec<u32>,
    /// Row in [`Plan::subscriptions`](super::Plan::subscriptions), or [`NONE`](super::NONE).
    pub subscription: Vec<u32>,
    /// Row in [`Plan::gathers`](super::Plan::gathers), or [`NONE`](super::NONE).
    pub gather: Vec<u32>,
    /// Slot of added delay in nanoseconds, or [`NONE`](super::NONE).
    pub slot_delay: Vec<u32>,
    /// Slot of uniform extra delay in nanoseconds, or [`NONE`](super::NONE).
    pub slot_jitter: Vec<u32>,
    /// Slot of request loss, or [`NONE`](super::NONE).
    pub slot_loss_request: Vec<u32>,
    /// Slot of reply loss, or [`NONE`](super::NONE).
    pub slot_loss_reply: Vec<u32>,
    /// Row in [`Plan::edge_strains`](super::Plan::edge_strains), or [`NONE`](super::NONE).
    pub strain: Vec<u32>,
    /// Row in [`Plan::links`](super::Plan::links), or [`NONE`](super::NONE).
    pub link: Vec<u32>,
    /// Draw purposes: request time, reply time, request jitter, reply jitter, request loss, reply loss, balance.
    pub purposes: Vec<[u64; 7]>,
}

/// To which replicas an edge may send: one row per edge where that is not just all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balancings {
    /// The edge.
    pub edge: Vec<u32>,
    /// First of its peers, one per replica of the callee, numbered through over these rows.
    pub first_peer: Vec<u32>,
    /// 1: with fewer eligible replicas than `least` all are; 0: nothing is sent then.
    pub fail_open: Vec<u32>,
    /// Fewest eligible replicas. Positive.
    pub least: Vec<u32>,
    /// Failures in a row that eject a replica; 0: none do.
    pub eject_failures: Vec<u32>,
    /// For how long, times how often, in nanoseconds.
    pub eject_ns: Vec<u64>,
    /// For how long at most, in nanoseconds.
    pub eject_cap_ns: Vec<u64>,
    /// Most replicas ejected at once.
    pub eject_most: Vec<u32>,
    /// Time from probe to probe in nanoseconds; 0: it does not probe.
    pub probe_interval_ns: Vec<u64>,
    /// Longest wait for the answer to a probe, in nanoseconds.
    pub probe_timeout_ns: Vec<u64>,
    /// Probes that must fail in a row.
    pub probe_fall: Vec<u32>,
    /// Probes that must be answered well in a row.
    pub probe_rise: Vec<u32>,
    /// How long the share of a replica grows that has become eligible, in nanoseconds; 0: it does not.
    pub slow_start_ns: Vec<u64>,
    /// Draw purpose of passing such a replica over: `purpose(edge name, "slow start")`.
    pub purpose_slow_start: Vec<u64>,
    /// For balance 4: first row in [`Plan::weights`](super::Plan::weights).
    pub first_weight: Vec<u32>,
    /// Zones of the caller and the callee; 0: they do not matter.
    pub zones: Vec<u32>,
    /// 1: replicas of the caller's zone are chosen as long as one of them is eligible.
    pub prefer_zone: Vec<u32>,
    /// Added to the network time of an exchange between zones, in nanoseconds.
    pub cross_zone_ns: Vec<u64>,
}

/// One row per edge with a bandwidth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Links {
    /// Units of weight per second, each direction.
    pub bandwidth: Vec<f64>,
    /// Slot of the bandwidth, or [`NONE`](super::NONE).
    pub slot: Vec<u32>,
}

/// One row per edge on which callers or the network do more than the common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conducts {
    /// What an accepted attempt weighs against a made one; 0: nothing is throttled.
    pub throttle_k: Vec<f64>,
    /// A sixteenth of the time over which attempts are counted, in nanoseconds. Positive.
    pub throttle_slot_ns: Vec<u64>,
    /// Draw purpose of throttling: `purpose(edge name, "throttle")`.
    pub purpose_throttle: Vec<u64>,
    /// Time until a lost message is sent again, in nanoseconds; 0: never.
    pub rto_ns: Vec<u64>,
    /// Packets of a message.
    pub packets: Vec<u32>,
    /// Row in [`Plan::edge_histograms`](super::Plan::edge_histograms) of its calls, or [`NONE`](super::NONE).
    pub histogram_calls: Vec<u32>,
    /// Row in [`Plan::edge_histograms`](super::Plan::edge_histograms) of its good attempts, or [`NONE`](super::NONE).
    pub histogram_attempts: Vec<u32>,
    /// Row in [`Plan::connections`](super::Plan::connections), or [`NONE`](super::NONE).
    pub connections: Vec<u32>,
}

/// One row per edge with connections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Connections {
    /// Edge.
    pub edge: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): time to open one.
    pub connect: Vec<u32>,
    /// How long an idle one stays open, in nanoseconds.
    pub idle_ns: Vec<u64>,
    /// Draw purpose of the time to open one: `purpose(edge name, "connect")`.
    pub purpose: Vec<u64>,
}

/// One row per histogram of an edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeHistograms {
    /// Edge.
    pub edge: Vec<u32>,
    /// 3: its calls; 4: its good attempts.
    pub kind: Vec<u32>,
}
