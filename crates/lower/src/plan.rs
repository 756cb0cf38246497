//! How it runs: the model as flat tables, one struct of columns per table.
//!
//! Before: a tree of steps, ids of the model.
//! After: every column of a table has the same length; row order is declaration order; an operation
//! names its successors by row. Both the emitter and the reference executor read this and nothing else.
//!
//! Hashes are of *names* (see [`sysdl_kernel::draw::name_hash`]), never of row numbers, so that adding
//! a component moves no draw and no fact of another.

use crate::model::Order;
use serde::{Deserialize, Serialize};
use sysdl_kernel::mixture::{self, family};

/// No successor, no row.
pub const NONE: u32 = u32::MAX;
/// A count without bound (servers, waiting room, store capacity).
pub const UNBOUNDED: u32 = u32::MAX;

/// The whole program, ready to be emitted or interpreted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Names and bounds of the run.
    pub run: Run,
    /// One row per component.
    pub components: Components,
    /// One row per edge.
    pub edges: Edges,
    /// One row per edge with a say in who may be chosen.
    pub balancings: Balancings,
    /// Weights of replicas, where edges have some.
    pub weights: Vec<u32>,
    /// One row per distinct policy.
    pub policies: Policies,
    /// One row per call site.
    pub sites: Sites,
    /// One row per edge with anything beyond the common.
    pub conducts: Conducts,
    /// One row per policy whose attempts follow each other in other ways than the common.
    pub pacings: Pacings,
    /// One row per histogram of an edge.
    pub edge_histograms: EdgeHistograms,
    /// One row per distinct way to weigh a request and its answer.
    pub sizes: Sizes,
    /// One row per way in which work depends on sizes.
    pub paces: Paces,
    /// One row per edge with a bandwidth.
    pub links: Links,
    /// One row per component, if any has a quota.
    pub quotas: Quotas,
    /// One row per price list.
    pub prices: PriceLists,
    /// One row per prompt cache.
    pub caches: PromptCaches,
    /// One row per endpoint with a budget.
    pub budgets: Budgets,
    /// One row per endpoint with a context.
    pub contexts: Contexts,
    /// One row per distribution in use.
    pub distributions: Distributions,
    /// One row per endpoint or source: where its operations begin.
    pub programs: Programs,
    /// Operations of all programs.
    pub ops: Ops,
    /// Branch entries of forks, several rows per fork.
    pub branches: Branches,
    /// Loops around operations, for draw keys.
    pub scopes: Scopes,
    /// One row per source.
    pub sources: Sources,
    /// What arrivals are, where they are not one request each.
    #[serde(default)]
    pub intakes: Intakes,
    /// Instants of arrivals in nanoseconds, those of a source in order.
    #[serde(default)]
    pub instants: Vec<u64>,
    /// One row per endpoint that traffic enters.
    pub flows: Flows,
    /// One row per store.
    pub stores: Stores,
    /// One row per population of keys.
    pub keyspaces: Keyspaces,
    /// One row per store, none if all of them are plain.
    pub keepings: Keepings,
    /// One row per step that takes a token.
    pub admissions: Admissions,
    /// One row per live parameter.
    pub slots: Slots,
    /// One row per effect on a slot.
    pub effects: Effects,
    /// Instants at which an effect changes, sorted by (time, effect).
    pub timeline: Timeline,
    /// Effects that come and go at random.
    pub flickers: Flickers,
    /// One row per component whose replicas share out messages.
    pub groups: Groups,
    /// One row per edge that leads to one.
    pub subscriptions: Subscriptions,
    /// One row per component whose replicas come and go.
    #[serde(default)]
    pub fleets: Fleets,
    /// One row per autoscaler.
    #[serde(default)]
    pub autoscalers: Autoscalers,
    /// One row per condition that effects wait for.
    #[serde(default)]
    pub triggers: Triggers,
}

/// Names and bounds of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// System name.
    pub system: String,
    /// Scenario name.
    pub scenario: String,
    /// Default seed.
    pub seed: u64,
    /// Length in nanoseconds.
    pub duration_ns: u64,
    /// Warm-up in nanoseconds.
    pub warmup_ns: u64,
    /// Window width in nanoseconds.
    pub window_ns: u64,
    /// Frame pool size.
    pub frames_max: u32,
    /// Registers per frame: loop counters and looked-up keys of the deepest program.
    pub registers: u32,
}

/// One row per component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Components {
    /// Name.
    pub name: Vec<String>,
    /// Kind, a label.
    pub kind: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// Number of replicas. Positive.
    pub replicas: Vec<u32>,
    /// First row of its replicas, numbered through over all components.
    pub first_replica: Vec<u32>,
    /// Servers per replica, or [`UNBOUNDED`].
    pub servers: Vec<u32>,
    /// Waiting room per queue, or [`UNBOUNDED`].
    pub queue_capacity: Vec<u32>,
    /// 1: a server is held for the whole visit; 0: only while working.
    pub hold_visit: Vec<u32>,
    /// 1: all replicas share one queue; 0: one queue each.
    pub shared_queue: Vec<u32>,
    /// Outcome code of a request that finds no room.
    pub overflow: Vec<u32>,
    /// 0: first come, first served; 1: last come, first served; 2 in random order; 3 last come while more wait than
    /// there are servers; 4 first come, and some are dropped.
    pub discipline: Vec<u32>,
    /// Who interrupts work: 0 nobody, 1 a lower class that of a higher one, 2 everyone.
    pub preempt: Vec<u32>,
    /// For discipline 4: longest wait that is fine, in nanoseconds.
    pub codel_target_ns: Vec<u64>,
    /// For discipline 4: how long waits must exceed it, in nanoseconds.
    pub codel_interval_ns: Vec<u64>,
    /// Row in [`Plan::distributions`]: longest wait for a server; [`NONE`]: for ever.
    pub patience: Vec<u32>,
    /// Row in [`Plan::distributions`]: time to set a server up; [`NONE`]: none.
    pub setup: Vec<u32>,
    /// How long an idle server needs none, in nanoseconds.
    pub keep_alive_ns: Vec<u64>,
    /// First of the idle times of its servers, numbered through over components with setup.
    pub first_idle: Vec<u32>,
    /// Most pieces of work that a server does together.
    pub batch: Vec<u32>,
    /// Row in [`Plan::fleets`]; [`NONE`]: all replicas are always in service.
    pub fleet: Vec<u32>,
    /// 1: work at a replica shares its processors.
    pub sharing: Vec<u32>,
    /// Processors of a replica; 1e18 if work does not contend for them.
    pub cores: Vec<f64>,
    /// Slowdown by each other at work.
    pub contention: Vec<f64>,
    /// Slowdown by each pair at work.
    pub coherency: Vec<f64>,
    /// Tokens of its limit per nanosecond, 0 for no limit.
    pub limit_rate: Vec<f64>,
    /// Most tokens.
    pub limit_burst: Vec<f64>,
    /// Row in [`Plan::stores`], or [`NONE`].
    pub store: Vec<u32>,
    /// Row in [`Plan::groups`], or [`NONE`].
    pub group: Vec<u32>,
    /// Slot that multiplies service times, or [`NONE`].
    pub slot_service: Vec<u32>,
    /// Slot with the probability of failing at service start, or [`NONE`].
    pub slot_errors: Vec<u32>,
    /// Slot of the speed of work, or [`NONE`].
    pub slot_speed: Vec<u32>,
    /// Slot with the probability of failing when all is done, or [`NONE`].
    pub slot_flaws: Vec<u32>,
    /// Slot that takes replicas down, or [`NONE`].
    pub slot_down: Vec<u32>,
    /// Draw purpose of failing at service start: `purpose(name, "errors")`.
    pub purpose_errors: Vec<u64>,
    /// Draw purpose of patience: `purpose(name, "patience")`.
    pub purpose_patience: Vec<u64>,
    /// Draw purpose of random order: `purpose(name, "order")`.
    pub purpose_order: Vec<u64>,
    /// Draw purpose of setup times: `purpose(name, "setup")`.
    pub purpose_setup: Vec<u64>,
}

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
    /// Row in [`Plan::groups`].
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
}

/// One row per edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edges {
    /// `from->to`.
    pub name: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// Caller component, or [`NONE`] for traffic.
    pub from: Vec<u32>,
    /// Callee component.
    pub to: Vec<u32>,
    /// Row in [`Plan::distributions`]: network time of an exchange. [`NONE`]: none.
    pub latency: Vec<u32>,
    /// Probability that a message is lost, each direction.
    pub loss: Vec<f64>,
    /// How the replica is chosen: 0 in turn, 1 at random, 2 least loaded, 3 least loaded of some, 4 by weight; by key 5
    /// modulo, 6 on a ring, 7 in a Maglev table. From 4 on it has a row in [`Plan::balancings`].
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
    /// Most that wait for a permit, or [`UNBOUNDED`].
    pub permit_queue: Vec<u32>,
    /// Longest wait for a permit in nanoseconds; 0: as long as the attempt's patience.
    pub permit_wait_ns: Vec<u64>,
    /// First of its gates, one per replica of the caller, numbered through over edges with permits.
    pub first_gate: Vec<u32>,
    /// Row in [`Plan::balancings`], or [`NONE`]: every replica may be chosen, always.
    pub balancing: Vec<u32>,
    /// Row in [`Plan::conducts`], or [`NONE`].
    pub conduct: Vec<u32>,
    /// Row in [`Plan::subscriptions`], or [`NONE`].
    pub subscription: Vec<u32>,
    /// Slot of added delay in nanoseconds, or [`NONE`].
    pub slot_delay: Vec<u32>,
    /// Slot of uniform extra delay in nanoseconds, or [`NONE`].
    pub slot_jitter: Vec<u32>,
    /// Slot of request loss, or [`NONE`].
    pub slot_loss_request: Vec<u32>,
    /// Slot of reply loss, or [`NONE`].
    pub slot_loss_reply: Vec<u32>,
    /// Row in [`Plan::links`], or [`NONE`].
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
    /// For balance 4: first row in [`Plan::weights`].
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
    /// Slot of the bandwidth, or [`NONE`].
    pub slot: Vec<u32>,
}

/// What a message weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weighing {
    /// Nothing.
    Nothing,
    /// A draw of the distribution.
    Drawn,
    /// The factor times what the sender's own request weighs.
    OfRequest,
    /// The factor times the sender's context.
    OfContext,
}

/// One row per distinct way to weigh a request and its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// How the request and the answer are weighed.
    pub how: Vec<[Weighing; 2]>,
    /// Rows in [`Plan::distributions`] of what is drawn, or [`NONE`].
    pub distribution: Vec<[u32; 2]>,
    /// Factors.
    pub factor: Vec<[f64; 2]>,
    /// Slot that multiplies what the request weighs, or [`NONE`].
    pub slot: Vec<u32>,
    /// Draw purposes: `purpose(edge name, "size")`, `purpose(program name, "result")`.
    pub purpose: Vec<[u64; 2]>,
}

/// One row per way in which work depends on sizes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paces {
    /// Nanoseconds for each unit that the request weighs.
    pub per_size: Vec<f64>,
    /// Nanoseconds for each unit that the answer will weigh.
    pub per_result: Vec<f64>,
    /// Nanoseconds more for each unit of the request that is cached.
    pub per_cached: Vec<f64>,
}

/// Two token buckets in front of each component: of requests, and of weight. One row per component, or none at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quotas {
    /// Tokens per second, 0: no bucket.
    pub rate: Vec<[f64; 2]>,
    /// Most tokens at that rate; at another rate, in proportion.
    pub burst: Vec<[f64; 2]>,
    /// Slots of the rates, or [`NONE`].
    pub slot: Vec<[u32; 2]>,
}

/// What tokens cost, in billionths of a dollar for each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceLists {
    /// Of a request, as far as it is not cached.
    pub input: Vec<f64>,
    /// Of a request, as far as it is cached.
    pub cached: Vec<f64>,
    /// Of an answer.
    pub output: Vec<f64>,
}

/// What of a request is cached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptCaches {
    /// Share of it.
    pub share: Vec<f64>,
    /// Longest time since the component was last asked, in nanoseconds.
    pub ttl_ns: Vec<u64>,
}

/// What a visit may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// Tokens, `u64::MAX`: any number.
    pub tokens: Vec<u64>,
    /// Billionths of a dollar, `u64::MAX`: any amount.
    pub nano_usd: Vec<u64>,
    /// Time since its arrival in nanoseconds, 0: any.
    pub wall_ns: Vec<u64>,
}

/// What conversations weigh.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contexts {
    /// Row in [`Plan::distributions`]: at first.
    pub initial: Vec<u32>,
    /// Row in [`Plan::distributions`]: what a round adds.
    pub per_turn: Vec<u32>,
    /// Most.
    pub most: Vec<u64>,
}

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
    /// Retry tokens earned per first attempt, in 1/65,536; [`UNBOUNDED`]: no budget.
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
    /// Row in [`Plan::pacings`], or [`NONE`].
    pub pacing: Vec<u32>,
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
    /// Row in [`Plan::edge_histograms`] of its calls, or [`NONE`].
    pub histogram_calls: Vec<u32>,
    /// Row in [`Plan::edge_histograms`] of its good attempts, or [`NONE`].
    pub histogram_attempts: Vec<u32>,
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
    /// Row in [`Plan::edge_histograms`] of those attempts, or [`NONE`].
    pub histogram: Vec<u32>,
    /// 1: the callee does the work of a call once.
    pub idempotent: Vec<u32>,
}

/// One row per histogram of an edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeHistograms {
    /// Edge.
    pub edge: Vec<u32>,
    /// 3: its calls; 4: its good attempts.
    pub kind: Vec<u32>,
}

/// One row per call site: what a `Call` or `Send` operation needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sites {
    /// Edge travelled.
    pub edge: Vec<u32>,
    /// Policy; [`NONE`] for a message nobody waits for.
    pub policy: Vec<u32>,
    /// Program run at the callee.
    pub program: Vec<u32>,
    /// Class of the visit in queues: 0 to 3, lower first.
    pub priority: Vec<u32>,
    /// 1: patience begins when the callee's program does.
    pub once_received: Vec<u32>,
    /// Row in [`Plan::keyspaces`]: what is asked for is about a key drawn from it; [`NONE`]: about the caller's.
    pub keys: Vec<u32>,
    /// Draw purpose of the backoff: `purpose(edge name, "backoff")`.
    pub purpose_backoff: Vec<u64>,
    /// Row in [`Plan::sizes`], or [`NONE`] where nothing weighs anything.
    pub sizes: Vec<u32>,
}

/// Shape of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// `scale`.
    Constant,
    /// `offset + scale * u`.
    Uniform,
    /// `scale` × a unit exponential.
    Exponential,
    /// `scale` × a lognormal with median 1 and this sigma.
    LogNormal(f64),
    /// `scale` × a gamma with mean 1 and this coefficient of variation.
    Gamma(f64),
    /// `scale` × a Weibull with scale 1 and this shape.
    Weibull(f64),
    /// `scale` × a Pareto between 1 and a ratio.
    Pareto {
        /// Tail exponent.
        alpha: f64,
        /// Largest over smallest value.
        ratio: f64,
    },
    /// A curve through percentiles `(share below, nanoseconds)`, in order. The scale is 1.
    Percentiles(Vec<(f64, f64)>),
    /// Equally likely values in nanoseconds, in order, and what lies between them. The scale is 1.
    Values(Vec<f64>),
    /// One of several, by weight, in nanoseconds. The scale is 1.
    Mixture(Vec<Part>),
    /// Exactly these values `(share up to and with it, nanoseconds)`, in order. The scale is 1.
    Histogram(Vec<(f64, f64)>),
}

/// A part of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Share of draws.
    pub weight: f64,
    /// Shape: none of the curves, no mixture.
    pub shape: Shape,
    /// Nanoseconds per unit of the shape.
    pub scale: f64,
    /// Nanoseconds added.
    pub offset: f64,
}

impl Part {
    /// As the kernel has it.
    #[must_use]
    pub fn row(&self) -> mixture::Part {
        let (family, parameter, ratio) = match self.shape {
            Shape::Uniform => (family::UNIFORM, 0.0, 0.0),
            Shape::Exponential => (family::EXPONENTIAL, 0.0, 0.0),
            Shape::LogNormal(sigma) => (family::LOGNORMAL, sigma, 0.0),
            Shape::Gamma(cv) => (family::GAMMA, cv, 0.0),
            Shape::Weibull(shape) => (family::WEIBULL, shape, 0.0),
            Shape::Pareto { alpha, ratio } => (family::PARETO, alpha, ratio),
            Shape::Constant | Shape::Percentiles(_) | Shape::Values(_) | Shape::Mixture(_) | Shape::Histogram(_) => {
                (family::CONSTANT, 0.0, 0.0)
            }
        };
        let (weight, scale, offset) = (self.weight, self.scale, self.offset);
        mixture::Part { weight, scale, offset, parameter, ratio, family, pad: 0 }
    }
}

/// One row per distribution in use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distributions {
    /// Shape; distributions of one shape share a unit table.
    pub shape: Vec<Shape>,
    /// Nanoseconds per unit of the shape.
    pub scale: Vec<f64>,
    /// Nanoseconds added.
    pub offset: Vec<f64>,
}

/// One row per endpoint, then one per source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Programs {
    /// `component.endpoint` or the source's name.
    pub name: Vec<String>,
    /// Serving component, or [`NONE`] for a source.
    pub component: Vec<u32>,
    /// First operation.
    pub entry: Vec<u32>,
}

/// What an operation does. `a`, `b`, `c` are the operand columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpKind {
    /// Hold a server for a draw of distribution `a`. Then `next`; `alt` if there was no room to wait for one.
    Work,
    /// The same, and the draw grows by what row `b` of [`Paces`] says of the sizes.
    WorkBySize,
    /// See what of the request is cached, by row `a` of [`PromptCaches`]. Then `next`.
    ReadCache,
    /// Use what the request and its answer weigh, at the prices of row `a` of [`PriceLists`]. Then `next`.
    Use,
    /// The visit has the budget of row `a` of [`Budgets`]: its wall time is a deadline. Then `next`.
    BudgetBegin,
    /// `next` if the budget of row `a` is not used up, else `alt`.
    BudgetCheck,
    /// The visit fails: `next` if the wall time of row `a` is over, else `alt`.
    BudgetOver,
    /// The visit stops because its budget is used up. Then `next`.
    BudgetStop,
    /// The visit has the context of row `a` of [`Contexts`]. Then `next`.
    ContextBegin,
    /// A round is over, and the context of row `a` has grown, if that is not [`NONE`]. Then `next`.
    Turn,
    /// With the probability of the component's slot of flaws: set the outcome to failed, go to `alt`; else `next`.
    Flaw,
    /// Call through site `a`. Ends well: `next`; else `alt`.
    Call,
    /// Send a message through site `a` and go on. Then `next`.
    Send,
    /// With probability `f`: `next`; else `alt`.
    Branch,
    /// Lookup by ratio `f` in store `a`. Hit: `next`; miss: `alt`.
    HitRatio,
    /// Lookup by key: draw a key of keyspace `b` into register `c`, look it up in store `a`.
    /// `coalesce` = 1: a miss of a key being fetched waits for that fetch (then `next`, or `fail`).
    /// Hit: `next`; miss: `alt`.
    HitKey,
    /// As `HitKey`, of the request's key. A strand without a key misses, fetches for nobody and fills nothing.
    HitRequest,
    /// Set register `c` to no key: what follows fetches for nobody and fills nothing. Then `next`.
    NoKey,
    /// Fill store `a` with the key in register `c` (keyspace `b`); wake those who waited for it. Then `next`.
    /// Nothing is filled if the register holds no key.
    Fill,
    /// Write the request's key (keyspace `b`) to store `a`: fill its entry if `c` is 0, else remove it. Then `next`.
    Put,
    /// If the entry of the key in register `c` is out of date and nobody fetches it: start the branch in row `a` of
    /// [`Branches`], which has the key in register 0 and fetches it. Then `next`.
    Refresh,
    /// Give up the fetch of the key in register `c` (keyspace `b`, store `a`); those who waited for it
    /// fail with this strand's outcome. Then `next`. Nothing is given up if the register holds no key.
    Unfetch,
    /// Start the `b` branches from row `a` of [`Branches`]; go on when `c` have ended well.
    /// Well: `next`; else `alt`.
    Fork,
    /// Start the branch in row `a` of [`Branches`], which nobody waits for. Then `next`.
    Spawn,
    /// A branch ends well.
    BranchEnd,
    /// A branch ends badly, with this strand's outcome.
    BranchFail,
    /// Set register `c` to 0 and `c + 1` to a count: `a` rounds if `b` is [`NONE`], else
    /// `min(a, f + floor(draw of distribution b))`. No rounds: `alt`; else `next`.
    LoopBegin,
    /// Add 1 to register `c`. Fewer than register `c + 1`: `next`, one nanosecond later; else `alt`, at once.
    LoopNext,
    /// With probability `f`: set the outcome to rejected, go to `alt`; else `next`.
    TurnAway,
    /// Take a token of row `a` of [`Admissions`] and go to `next`; if there is none, the outcome is rate limited: `alt`.
    Admit,
    /// With probability `f`: set the outcome to failed, go to `alt`; else `next`.
    Fail,
    /// Answer the caller now. Then `next`.
    Reply,
    /// The visit ends well.
    End,
    /// The visit ends with this strand's outcome.
    EndFailed,
    /// The strand is a request of flow `a` from here on. Then `next`.
    RequestBegin,
    /// The request of flow `a` has its answer; the strand's outcome is its outcome.
    RequestEnd,
}

/// Operations of all programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ops {
    /// What is done.
    pub kind: Vec<OpKind>,
    /// Next operation, or [`NONE`].
    pub next: Vec<u32>,
    /// Other successor, or [`NONE`].
    pub alt: Vec<u32>,
    /// First operand.
    pub a: Vec<u32>,
    /// Second operand.
    pub b: Vec<u32>,
    /// Third operand.
    pub c: Vec<u32>,
    /// Probability or ratio.
    pub f: Vec<f64>,
    /// For `HitKey` and `HitRequest`: 1 if fetches are coalesced.
    pub coalesce: Vec<u32>,
    /// The same with coalescing: where a waiter goes when the fetch fails, else [`NONE`].
    pub fail: Vec<u32>,
    /// Hash of the step's path by name: purpose of its draws, key of its calls.
    pub path: Vec<u64>,
    /// Innermost loop around it: row in [`Scopes`], or [`NONE`].
    pub scope: Vec<u32>,
    /// The step's path as text, for people.
    pub label: Vec<String>,
    /// Component whose program it belongs to, or [`NONE`] for a source's.
    pub component: Vec<u32>,
}

/// Branch entries, `b` rows per fork.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Branches {
    /// First operation of the branch.
    pub entry: Vec<u32>,
    /// Hash of the branch's path: key of its strand.
    pub path: Vec<u64>,
}

/// One row per loop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scopes {
    /// The loop around this loop, or [`NONE`].
    pub parent: Vec<u32>,
    /// Register that counts its rounds from 0.
    pub register: Vec<u32>,
}

/// One row per source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    /// Name.
    pub name: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// Program that a request of this source runs.
    pub program: Vec<u32>,
    /// Users of a closed source, 0 for an open one.
    pub users: Vec<u32>,
    /// Row in [`Plan::distributions`]: think time of a closed source, gaps at unit rate of an open one; or [`NONE`].
    pub think: Vec<u32>,
    /// 1: Poisson gaps; 0: gaps of the distribution, or equal gaps if there is none.
    pub poisson: Vec<u32>,
    /// Rate of an open source, per second, unless a slot says otherwise.
    pub rate: Vec<f64>,
    /// Slot that holds the rate, per second, or [`NONE`]. Bursts are `Set` effects on it.
    pub slot_rate: Vec<u32>,
    /// Draw purpose of gaps, or of think times.
    pub purpose: Vec<u64>,
    /// Row in [`Intakes`], or [`NONE`] where each arrival is one request, at a rate or of a user.
    pub intake: Vec<u32>,
}

/// One row per open source whose arrivals are by the clock or a list, or more than one request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intakes {
    /// Most that come at an arrival; if `batch_extra` is [`NONE`], always so many.
    pub batch_most: Vec<u32>,
    /// Row in [`Plan::distributions`]: `min(batch_most, batch_base + floor(draw))` come; or [`NONE`].
    pub batch_extra: Vec<u32>,
    /// See `batch_extra`.
    pub batch_base: Vec<u32>,
    /// The same of the requests of a session; 0: who arrives is one request.
    pub session_most: Vec<u32>,
    /// See `session_most`.
    pub session_extra: Vec<u32>,
    /// See `session_most`.
    pub session_base: Vec<u32>,
    /// Row in [`Plan::distributions`]: think time of a session; or [`NONE`].
    pub think: Vec<u32>,
    /// Nanoseconds between arrivals by the clock, 0: not by the clock.
    pub every_ns: Vec<u64>,
    /// The first of them.
    pub first_ns: Vec<u64>,
    /// Who comes does so within this time, 0: at once.
    pub spread_ns: Vec<u64>,
    /// First row in [`Plan::instants`].
    pub first_instant: Vec<u32>,
    /// How many, 0: not by a list.
    pub instants: Vec<u32>,
    /// After which time the list begins anew, in nanoseconds, 0: never.
    pub period_ns: Vec<u64>,
    /// Draw purposes: how many come, how many requests, think times, place within the spread.
    pub purposes: Vec<[u64; 4]>,
}

/// One row per endpoint that traffic enters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flows {
    /// `component.endpoint`.
    pub name: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// A good answer comes within this, in nanoseconds; 0: any time.
    pub good_within_ns: Vec<u64>,
}

/// One row per store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stores {
    /// Owning component.
    pub component: Vec<u32>,
    /// Most entries, or [`UNBOUNDED`].
    pub capacity: Vec<u32>,
    /// Life of an entry in nanoseconds, 0: for ever.
    pub ttl_ns: Vec<u64>,
    /// Climb of lookups by ratio after a flush, in nanoseconds.
    pub refill_ns: Vec<u64>,
    /// 1: begins with its first keys, as many as fit.
    pub warm: Vec<u32>,
    /// Slot that multiplies hit ratios, or [`NONE`].
    pub slot_hits: Vec<u32>,
    /// First entry of its keys; the entries of all keyspaces are numbered through.
    pub first_key: Vec<u32>,
    /// Number of keys over its keyspaces.
    pub keys: Vec<u32>,
}

/// One row per population of keys, in a store or of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keyspaces {
    /// Number of keys. Positive.
    pub keys: Vec<u32>,
    /// Zipf exponent, 0 for uniform.
    pub skew: Vec<f64>,
    /// First entry in its store; 0 for keys of requests.
    pub first_key: Vec<u32>,
}

/// What a store keeps and how it ages: one row per store, none if all of them are plain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keepings {
    /// Who is forgotten: 0 the least recently used, 1 who came first, 2 any, 3 whose key was looked up least.
    pub evict: Vec<u32>,
    /// 1: a hit begins the time to live anew.
    pub sliding: Vec<u32>,
    /// Times to live are spread over so much more and less.
    pub jitter: Vec<f64>,
    /// Share of keys that do not exist.
    pub negative_share: Vec<f64>,
    /// How long it is remembered that a key does not exist, in nanoseconds; 0: not at all.
    pub negative_ttl_ns: Vec<u64>,
    /// How much longer than its time to live an entry serves, in nanoseconds.
    pub stale_ns: Vec<u64>,
    /// Row in [`Plan::distributions`]: time until what is written can be read; [`NONE`]: none.
    pub lag: Vec<u32>,
    /// Slot that multiplies it, or [`NONE`].
    pub slot_lag_factor: Vec<u32>,
    /// Slot of what is added to it in nanoseconds, or [`NONE`].
    pub slot_lag: Vec<u32>,
    /// Draw purpose of times to live: `purpose(name, "ttl")`.
    pub purpose_ttl: Vec<u64>,
    /// Draw purpose of who is forgotten: `purpose(name, "evict")`.
    pub purpose_evict: Vec<u64>,
    /// Key of the draws of which keys do not exist: `purpose(name, "negative")`.
    pub purpose_negative: Vec<u64>,
}

/// Buckets of tokens that steps take from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Admissions {
    /// Buckets. Positive.
    pub partitions: Vec<u32>,
    /// First of them, numbered through.
    pub first: Vec<u32>,
    /// Tokens of each per nanosecond.
    pub rate: Vec<f64>,
    /// Most tokens of each.
    pub burst: Vec<f64>,
}

/// What a slot is the value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotKind {
    /// Read by whoever needs it; nothing else happens on a change.
    Level,
    /// Rising from 0 takes the replica down and kills what it holds; falling brings it back.
    Down,
    /// The rate of a source: its next arrival is moved.
    Rate,
    /// Rising from 0 empties the store.
    Clear,
    /// Speed of work under way at the replica.
    Speed,
    /// The rate of a bucket of a component: what came in at the old rate is counted first.
    Quota,
    /// Replicas that are to be in service.
    Replicas,
    /// Rising from 0 takes the replica out of service; falling brings it back.
    Draining,
}

/// One row per condition that effects wait for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Triggers {
    /// The condition, in postfix order.
    pub terms: Vec<Vec<Term>>,
    /// Windows in a row in which it must hold. Positive.
    pub windows: Vec<u32>,
    /// Effects that it brings about as `(row, value, nanoseconds that it lasts or 0)`.
    pub effects: Vec<Vec<(u32, f64, u64)>>,
}

/// Part of a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Term {
    /// A comparison, its cells as words of a block of rows.
    Compare {
        /// Words of the left side.
        left: Vec<u32>,
        /// Words of the right side.
        right: Vec<u32>,
        /// See [`crate::model::Comparison`].
        largest: bool,
        /// See [`crate::model::Comparison`].
        factor: u64,
        /// See [`crate::model::Comparison`].
        order: Order,
        /// See [`crate::model::Comparison`].
        bound: u64,
        /// See [`crate::model::Comparison`].
        scale: u64,
    },
    /// Both of the two before it.
    And,
    /// One of the two before it, or both.
    Or,
}

/// One row per component whose replicas come and go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleets {
    /// Component.
    pub component: Vec<u32>,
    /// Replicas in service at the begin.
    pub initial: Vec<u32>,
    /// Time until a new replica serves, in nanoseconds.
    pub startup_ns: Vec<u64>,
    /// Slot of the draining flag, or [`NONE`].
    pub slot_draining: Vec<u32>,
}

/// One row per autoscaler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Autoscalers {
    /// Row in [`Plan::fleets`].
    pub fleet: Vec<u32>,
    /// Fewest replicas.
    pub least: Vec<u32>,
    /// Most replicas.
    pub most: Vec<u32>,
    /// It measures the numerator over the denominator: columns of the component.
    pub columns: Vec<[u32; 2]>,
    /// Numerator · factor / denominator is in millionths of the metric's unit.
    pub factor: Vec<u64>,
    /// Target in millionths; 0 with steps.
    pub target: Vec<u64>,
    /// In 1/1000 of the target.
    pub tolerance: Vec<u32>,
    /// Steps as `(above, bound in millionths, by)`; none: it tracks the target.
    pub steps: Vec<Vec<(bool, u64, u32)>>,
    /// It decides at every so many-th close of a window.
    pub every_windows: Vec<u32>,
    /// Earlier recommendations that keep it from scaling down.
    pub recommendations: Vec<u32>,
}

/// One row per live parameter; the values are `count` consecutive cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slots {
    /// `component.parameter`, `edge.parameter`.
    pub name: Vec<String>,
    /// What it is.
    pub kind: Vec<SlotKind>,
    /// Row of the component, edge, store or source it belongs to.
    pub owner: Vec<u32>,
    /// Value without effects.
    pub base: Vec<f64>,
    /// First cell.
    pub first_cell: Vec<u32>,
    /// Number of cells (replicas, or 1).
    pub cells: Vec<u32>,
}

/// One row per effect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// `flush redis`.
    pub label: Vec<String>,
    /// Name given by `as`, or empty.
    pub event: Vec<String>,
    /// `name_hash(label)`, for facts.
    pub hash: Vec<u64>,
    /// 1: part of how a source behaves, not worth telling.
    pub quiet: Vec<u32>,
    /// Slot acted on.
    pub slot: Vec<u32>,
    /// First cell of the slot, counted from the slot's first.
    pub first: Vec<u32>,
    /// Number of cells.
    pub count: Vec<u32>,
    /// 0 set, 1 multiply, 2 add, 3 combine, 4 or: the order in which they compose.
    pub op: Vec<u32>,
}

/// Effects that come and go at random; they have no rows in the timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flickers {
    /// Which effect.
    pub effect: Vec<u32>,
    /// Its value while it is there.
    pub value: Vec<f64>,
    /// Row in [`Plan::distributions`]: time without it.
    pub after: Vec<u32>,
    /// Row in [`Plan::distributions`]: how long it stays.
    pub lasting: Vec<u32>,
    /// From when on, in nanoseconds.
    pub start_ns: Vec<u64>,
    /// When it is over for good, in nanoseconds.
    pub end_ns: Vec<u64>,
    /// `name_hash` of what the draws belong to.
    pub hash: Vec<u64>,
}

/// Instants at which an effect changes, sorted by (time, effect).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// When, in nanoseconds. At least 1.
    pub at_ns: Vec<u64>,
    /// Which effect.
    pub effect: Vec<u32>,
    /// 1: active with `value` from now on; 0: over.
    pub active: Vec<u32>,
    /// The value from now on.
    pub value: Vec<f64>,
}

/// Rows of a table of columns, for tables whose equal rows are shared.
macro_rules! rows_of {
    ($table:ty: $($column:ident),*) => {
        impl $table {
            /// One row, as a table of its own.
            pub(crate) fn row(&self, i: usize) -> Self {
                Self { $($column: vec![self.$column[i]]),* }
            }

            /// Adds the rows of another table.
            pub(crate) fn append(&mut self, other: Self) {
                $(self.$column.extend(other.$column);)*
            }
        }
    };
}

rows_of!(Policies: timeout_ns, gives_up_as, retry_max, backoff_ns, backoff_factor, backoff_cap_ns, jitter, budget, retry_on,
    bucket_size, bucket_cost, bucket_refund, bucket_floor, hedge_after_ns, cancel, deadline, pacing);
rows_of!(Pacings: throttled_on, throttled_ns, throttled_cost, honored_ns, jitter_share, hedge_per_100k, histogram,
    idempotent);
rows_of!(Sizes: how, distribution, factor, slot, purpose);

impl Plan {
    /// Whether strands have meters.
    #[must_use]
    pub fn has_meters(&self) -> bool {
        let rows =
            [self.prices.input.len(), self.caches.share.len(), self.budgets.tokens.len(), self.contexts.most.len()];
        rows.iter().any(|&rows| rows > 0)
    }

    /// Whether strands know what their messages weigh.
    #[must_use]
    pub fn has_sizes(&self) -> bool {
        !self.sizes.how.is_empty() || !self.paces.per_size.is_empty() || self.has_meters()
    }

    /// The component whose program an operation belongs to; none for a source's.
    #[must_use]
    pub fn component_of_op(&self, op: u32) -> Option<u32> {
        let component = self.ops.component[op as usize];
        (component != NONE).then_some(component)
    }

    /// The component whose digest the changes of a slot belong to, or [`NONE`].
    #[must_use]
    pub fn component_of_slot(&self, slot: usize) -> u32 {
        let owner = self.slots.owner[slot];
        match self.slots.kind[slot] {
            SlotKind::Down | SlotKind::Speed | SlotKind::Quota | SlotKind::Replicas | SlotKind::Draining => owner,
            SlotKind::Clear => self.stores.component[owner as usize],
            SlotKind::Rate => NONE,
            SlotKind::Level => {
                let slot = slot as u32;
                let keepings = &self.keepings;
                for of_store in [&self.stores.slot_hits, &keepings.slot_lag, &keepings.slot_lag_factor] {
                    if let Some(store) = of_store.iter().position(|&s| s == slot) {
                        return self.stores.component[store];
                    }
                }
                let of_component = |slots: &[u32]| slots.iter().position(|&s| s == slot);
                of_component(&self.components.slot_service)
                    .or_else(|| of_component(&self.components.slot_errors))
                    .or_else(|| of_component(&self.components.slot_flaws))
                    .map_or(NONE, |component| component as u32)
            }
        }
    }
}
