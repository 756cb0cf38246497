//! What callers do about failures.

use super::is_default;
use serde::{Deserialize, Serialize};

/// What a caller does about slow and failed calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Patience per attempt in nanoseconds. `None`: waits for ever. The callee works on regardless.
    pub timeout_ns: Option<u64>,
    /// The outcome that running out of patience has: a timeout, or (for users) leaving.
    pub gives_up_as: GivesUpAs,
    /// When and how the call is tried again.
    pub retry: Option<Retry>,
    /// Patience begins when the callee's program does, not with the attempt: a message that was received and not dealt with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub once_received: bool,
    /// Asks a second time while the first attempt has no answer yet; the first good answer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge_after_ns: Option<u64>,
    /// Hedges after this percentile of the edge's good attempts in closed windows, as a share; until there are any, after
    /// `hedge_after_ns`, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge_percentile: Option<f64>,
    /// Hedges beyond the first, each as much later.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hedges_more: u32,
    /// The callee does the work of a call once, however often it is attempted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idempotent: bool,
    /// Tells the callee when the answer is not wanted any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cancel: bool,
    /// Tells the callee until when the answer is wanted; what it asks for in turn is wanted no longer than that.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deadline: bool,
}

/// What it is called when patience runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GivesUpAs {
    /// A caller's timeout.
    Timeout,
    /// A user who leaves.
    Abandoned,
}

/// Trying again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// Attempts after the first. Positive.
    pub max: u32,
    /// Wait before the first retry in nanoseconds.
    pub backoff_ns: u64,
    /// Factor by which the wait grows. At least 1.
    pub factor: f64,
    /// Longest wait in nanoseconds.
    pub cap_ns: u64,
    /// How the wait is spread.
    pub jitter: Jitter,
    /// Retries allowed per first attempt, if limited. One bucket per edge, filled by first attempts, capped at 10 retries.
    pub budget: Option<f64>,
    /// Outcomes worth another try, a bit per outcome code (see `sysdl_kernel::outcome`).
    pub on: u32,
    /// Retries draw on a bucket that successes fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<RetryBucket>,
    /// Waits longer, and pays differently, after being throttled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<Throttled>,
    /// Waits at least as long as a callee that turns it away asks for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub honor: bool,
}

/// Retries after being throttled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throttled {
    /// Outcomes that are meant, a bit each.
    pub on: u32,
    /// Wait before the first retry in nanoseconds.
    pub backoff_ns: u64,
    /// Tokens that a retry takes of the bucket, if there is one.
    pub cost: f64,
}

/// A bucket of retry tokens, one per edge, full at first. A retry is made if what it costs leaves at least `floor`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryBucket {
    /// Most tokens. Positive, at most 60,000.
    pub size: f64,
    /// Tokens that a retry takes.
    pub cost: f64,
    /// Tokens that a call that ends well puts back.
    pub refund: f64,
    /// Fewest tokens that a retry may leave.
    pub floor: f64,
}

/// How a backoff is spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Jitter {
    /// Exactly the backoff.
    None,
    /// Uniform between zero and the backoff.
    Full,
    /// Half of it, plus uniform up to the other half.
    Equal,
    /// Uniform between the first backoff and three times the pause before, up to the cap.
    Decorrelated,
    /// The backoff, and up to this share of it more or less.
    Around(f64),
}
