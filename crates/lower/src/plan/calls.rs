//! Columns of call sites and policies.

use super::rows_of;
use serde::{Deserialize, Serialize};

/// One row per distinct policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policies {
    /// Patience per attempt in nanoseconds, 0 for none.
    pub timeout_ns: Vec<u64>,
    /// Outcome code when patience runs out.
    pub gives_up_as: Vec<u32>,
    /// Attempts after the first.
    pub retry_max: Vec<u32>,
    /// First backoff in nanoseconds.
    pub backoff_ns: Vec<u64>,
    /// Growth of the backoff.
    pub backoff_factor: Vec<f64>,
    /// Longest backoff in nanoseconds.
    pub backoff_cap_ns: Vec<u64>,
    /// 0 none, 1 full, 2 equal, 3 decorrelated, 4 to either side.
    pub jitter: Vec<u32>,
    /// Retry tokens earned per first attempt, in 1/65,536; [`UNBOUNDED`](super::UNBOUNDED): no budget.
    pub budget: Vec<u32>,
    /// Bit set of outcome codes that are tried again.
    pub retry_on: Vec<u32>,
    /// Most tokens of the retry bucket in 1/65,536; 0: no bucket.
    pub bucket_size: Vec<u32>,
    /// What a retry takes.
    pub bucket_cost: Vec<u32>,
    /// What a call that ends well puts back.
    pub bucket_refund: Vec<u32>,
    /// What a retry must leave.
    pub bucket_floor: Vec<u32>,
    /// When a second attempt is made beside the first, in nanoseconds; 0: never.
    pub hedge_after_ns: Vec<u64>,
    /// 1: who gives up tells the callee.
    pub cancel: Vec<u32>,
    /// 1: the callee is told until when the answer is wanted.
    pub deadline: Vec<u32>,
    /// Row in [`Plan::pacings`](super::Plan::pacings), or [`NONE`](super::NONE).
    pub pacing: Vec<u32>,
}

/// One row per distinct pacing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pacings {
    /// Outcomes that count as throttling, a bit each.
    pub throttled_on: Vec<u32>,
    /// First backoff after one, in nanoseconds.
    pub throttled_ns: Vec<u64>,
    /// What a retry after one takes of the bucket, in 1/65,536.
    pub throttled_cost: Vec<u32>,
    /// Shortest pause after being turned away, in nanoseconds.
    pub honored_ns: Vec<u64>,
    /// For jitter 4: how far it goes to either side, as a share.
    pub jitter_share: Vec<f64>,
    /// Percentile of good attempts after which a hedge is made, in 1/100,000; 0: not after a percentile.
    pub hedge_per_100k: Vec<u32>,
    /// Row in [`Plan::edge_histograms`](super::Plan::edge_histograms) of those attempts, or [`NONE`](super::NONE).
    pub histogram: Vec<u32>,
    /// 1: the callee does the work of a call once.
    pub idempotent: Vec<u32>,
    /// Hedges beyond the first.
    pub hedges_more: Vec<u32>,
}

/// One row per call site: what a `Call` or `Send` operation needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sites {
    /// Edge travelled.
    pub edge: Vec<u32>,
    /// Policy; [`NONE`](super::NONE) for a message nobody waits for.
    pub policy: Vec<u32>,
    /// Program run at the callee.
    pub program: Vec<u32>,
    /// Class of the visit in queues: 0 to 3, lower first.
    pub priority: Vec<u32>,
    /// 1: patience begins when the callee's program does.
    pub once_received: Vec<u32>,
    /// Row in [`Plan::keyspaces`](super::Plan::keyspaces): what is asked for is about a key drawn from it; [`NONE`](super::NONE): about the caller's.
    pub keys: Vec<u32>,
    /// Draw purpose of the backoff: `purpose(edge name, "backoff")`.
    pub purpose_backoff: Vec<u64>,
    /// Row in [`Plan::sizes`](super::Plan::sizes), or [`NONE`](super::NONE) where nothing weighs anything.
    pub sizes: Vec<u32>,
    /// Where an append goes: 0 to the leader of its partition, 1 + n to copy n; [`NONE`](super::NONE): it is none.
    pub copy: Vec<u32>,
    /// Which replicas it is for: 0 any, 1 the one that leads, 2 any but that.
    #[serde(default)]
    pub role: Vec<u32>,
}

rows_of!(Policies: timeout_ns, gives_up_as, retry_max, backoff_ns, backoff_factor, backoff_cap_ns, jitter, budget, retry_on,
    bucket_size, bucket_cost, bucket_refund, bucket_floor, hedge_after_ns, cancel, deadline, pacing);
rows_of!(Pacings: throttled_on, throttled_ns, throttled_cost, honored_ns, jitter_share, hedge_per_100k, histogram,
    idempotent, hedges_more);
