//! What it means: the numbers of a trace under the names that people use.
//!
//! The shape is a contract: `schema` counts its versions, keys are only ever added. Times are in
//! seconds, rates per second, shares in `0..=1`. Totals are of the run after its warm-up.

mod made;

use crate::expect::Verdict;
use crate::statistics::confidence::Confidence;
use crate::theory::Compared;
use serde::Serialize;
use std::collections::BTreeMap;

/// A run, reported.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this shape.
    pub schema: u32,
    /// Version of what a program means.
    pub semantics: String,
    /// The file, as given.
    pub file: String,
    /// Scenario name.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Fingerprint of the model.
    pub model: String,
    /// Digest of all facts, 32 hexadecimal digits.
    pub digest: String,
    /// Digests of parts.
    pub digests: Digests,
    /// How the run ended: `done`, `out_of_budget`, `out_of_pool`.
    pub status: &'static str,
    /// Simulated seconds.
    pub simulated_s: f64,
    /// Events handled.
    pub events: u64,
    /// Requests created, warm-up included.
    pub requests: u64,
    /// Wall time in seconds.
    pub wall_s: f64,
    /// All traffic.
    pub totals: Totals,
    /// Response times of all traffic.
    pub latency_s: Latency,
    /// By endpoint that traffic enters.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// By component.
    pub components: BTreeMap<String, Component>,
    /// By edge.
    pub edges: BTreeMap<String, Edge>,
    /// By phase.
    pub phases: BTreeMap<String, Phase>,
    /// By window.
    pub windows: Windows,
    /// How far the mean can be trusted.
    pub confidence: Confidence,
    /// What was expected.
    pub expectations: Vec<Expected>,
    /// What it costs.
    pub cost: Cost,
}

/// Digests of parts.
#[derive(Clone, Debug, Serialize)]
pub struct Digests {
    /// Of requests.
    pub requests: String,
    /// Of each component.
    pub components: BTreeMap<String, String>,
}

/// Counts and rates of some traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Requests that ended.
    pub requests: u64,
    /// Good answers.
    pub ok: u64,
    /// Answers that came too late to be good.
    pub late: u64,
    /// Failures by outcome; those that occurred.
    pub errors: BTreeMap<String, u64>,
    /// Requests ended per second.
    pub throughput_rps: f64,
    /// Good answers per second.
    pub goodput_rps: f64,
    /// Failures among ended requests.
    pub error_rate: f64,
}

/// A distribution of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Longest.
    pub max: f64,
}

/// An endpoint that traffic enters.
#[derive(Clone, Debug, Serialize)]
pub struct Endpoint {
    /// Counts and rates.
    #[serde(flatten)]
    pub totals: Totals,
    /// Response times.
    pub latency_s: Latency,
    /// What its requests have used, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What requests have used, each on average.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    /// Tokens.
    pub tokens: f64,
    /// Their price in USD.
    pub usd: f64,
    /// Rounds.
    pub turns: f64,
}

/// A replica of a component that is watched.
#[derive(Clone, Debug, Serialize)]
pub struct Replica {
    /// Messages that reached it; where replicas share a queue, those that ended at it.
    pub arrivals: u64,
    /// Pieces of work that were done.
    pub served: u64,
    /// Visits that ended well.
    pub completions: u64,
    /// Visits that ended badly, by outcome.
    pub errors: BTreeMap<String, u64>,
    /// Busy share of its servers, or processors, while it was up; null if unbounded.
    pub utilization: Option<f64>,
    /// Mean number waiting at it.
    pub mean_queue: f64,
    /// Times from arrival to end.
    pub sojourn_s: Sojourn,
}

/// A component.
#[derive(Clone, Debug, Serialize)]
pub struct Component {
    /// Its kind.
    pub kind: String,
    /// Its replicas, the most there can be where they come and go.
    pub replicas: u32,
    /// Where they come and go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Fleet>,
    /// Servers of all replicas; null if unbounded.
    pub servers: Option<u64>,
    /// Messages that reached it.
    pub arrivals: u64,
    /// Visits that ended well.
    pub completions: u64,
    /// Visits that ended badly, by outcome.
    pub errors: BTreeMap<String, u64>,
    /// Visits that ended with nobody waiting.
    pub orphaned: u64,
    /// Busy share of the servers that were up; null if unbounded.
    pub utilization: Option<f64>,
    /// Mean number of busy servers.
    pub mean_busy: f64,
    /// Mean number of processors at work, where they are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_processors_busy: Option<f64>,
    /// Mean number waiting.
    pub mean_queue: f64,
    /// Most waiting at once.
    pub max_queue: u64,
    /// Mean number present.
    pub mean_in_system: f64,
    /// Times in the queue.
    pub waiting_s: Mean,
    /// Times at a server.
    pub service_s: Mean,
    /// Times from arrival to end.
    pub sojourn_s: Sojourn,
    /// Its replicas, where they are watched one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_replica: Vec<Replica>,
    /// Servers that were set up: cold starts.
    pub setups: u64,
    /// Visits that joined the work another did for the same call.
    #[serde(skip_serializing_if = "is_zero")]
    pub joined: u64,
    /// Visits that a crash put back into the queue.
    #[serde(skip_serializing_if = "is_zero")]
    pub requeued: u64,
    /// Lookups that hit; null if nothing is looked up here.
    pub hit_ratio: Option<f64>,
    /// Lookups that hit something out of date.
    #[serde(skip_serializing_if = "is_zero")]
    pub stale: u64,
    /// What a formula says of it; absent if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theory: Option<Compared>,
    /// Tokens used here.
    #[serde(skip_serializing_if = "is_zero")]
    pub tokens: u64,
    /// Tokens of visits whose answers nobody took.
    #[serde(skip_serializing_if = "is_zero")]
    pub tokens_wasted: u64,
    /// Visits that stopped because their budget was used up.
    #[serde(skip_serializing_if = "is_zero")]
    pub budget_stops: u64,
    /// Times that a replica became the leader.
    #[serde(skip_serializing_if = "is_zero")]
    pub elections: u64,
    /// Share of time during which nobody led who attended.
    #[serde(skip_serializing_if = "is_never")]
    pub leaderless: f64,
}

/// Replicas that come and go.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Fleet {
    /// Replicas that served, on average.
    pub serving: f64,
    /// Replicas that there were, on average: those that started and drained included.
    pub deployed: f64,
    /// Replicas that serve at the end.
    pub last: u64,
}

/// A mean.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Mean {
    /// Mean.
    pub mean: f64,
}

/// Sojourn times.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sojourn {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// An edge, as its caller sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Edge {
    /// Calls begun.
    pub calls: u64,
    /// Attempts sent.
    pub attempts: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Attempts that ran out of patience.
    pub timeouts: u64,
    /// Calls that failed for good.
    pub failed: u64,
    /// Messages lost.
    pub lost: u64,
    /// Openings of its breaker.
    pub breaker_opens: u64,
    /// Second attempts beside a first one.
    pub hedges: u64,
    /// Attempts that found no permit, and no room or time to wait for one.
    pub no_permit: u64,
    /// Times that it stopped sending to a replica.
    pub ejections: u64,
    /// Attempts made while too few replicas were eligible.
    pub none_eligible: u64,
    /// Attempts that callers dropped themselves.
    #[serde(skip_serializing_if = "is_zero")]
    pub throttled: u64,
    /// Messages sent again after having been lost.
    #[serde(skip_serializing_if = "is_zero")]
    pub resent: u64,
    /// Connections opened.
    #[serde(skip_serializing_if = "is_zero")]
    pub connects: u64,
    /// Mean wait for a permit of all attempts, those that did not wait included.
    pub permit_wait_s: f64,
    /// Mean time of a call, retries included.
    pub mean_s: f64,
}

/// A phase.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// Begin in seconds.
    pub start_s: f64,
    /// End in seconds.
    pub end_s: f64,
    /// All traffic.
    pub totals: Totals,
    /// Response times.
    pub latency_s: Latency,
    /// Busy share by component, of those with bounded servers.
    pub utilization: BTreeMap<String, f64>,
    /// Hit ratio by component, of those that are looked up.
    pub hit_ratio: BTreeMap<String, f64>,
    /// Retries of all edges.
    pub retries: u64,
    /// Timeouts of all edges.
    pub timeouts: u64,
}

/// Windows of the whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Windows {
    /// Width in seconds.
    pub width_s: f64,
    /// Equally long columns.
    pub columns: WindowColumns,
}

/// Columns over time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WindowColumns {
    /// End of the window in seconds.
    pub t: Vec<f64>,
    /// Requests ended per second.
    pub rps: Vec<f64>,
    /// Good answers per second.
    pub goodput_rps: Vec<f64>,
    /// Failures.
    pub errors: Vec<u64>,
    /// Largest p99 of all endpoints.
    pub p99_s: Vec<f64>,
    /// Requests in flight at the end.
    pub in_flight: Vec<u64>,
}

/// An expectation and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Expected {
    /// As written.
    pub text: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Line in the file.
    pub line: u32,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was measured.
    pub value: String,
}

/// What it costs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// Stated prices per month.
    pub monthly_usd: f64,
}

impl Report {
    /// Whether an expectation makes the run fail.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.expectations.iter().any(|expected| expected.verdict.is_failure())
    }
}

fn is_never(share: &f64) -> bool {
    *share == 0.0
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
