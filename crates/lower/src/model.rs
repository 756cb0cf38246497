//! What was meant: a resolved, complete, id-addressed architecture under one scenario.
//!
//! Before: names, units, templates, imports, kinds and faults, all with spans, in the language crate.
//! After: every reference is an id, every quantity is in base units (nanoseconds, requests per
//! second, shares in `0.0..=1.0`), every default is filled in. A `Model` that the resolver hands over
//! is right: lowering relies on it and reports nothing.
//!
//! The model knows primitives only (station, link, store, source, slot). A `cache` or a `database`
//! is a label here: what it does has been written out by its definition in the library.

use serde::{Deserialize, Serialize};

/// Index into [`Model::components`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ComponentId(pub u32);

/// Index into [`Model::edges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EdgeId(pub u32);

/// An endpoint of a component: `(component, index into its endpoints)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EndpointId {
    /// The component that serves it.
    pub component: ComponentId,
    /// Index into [`Component::endpoints`].
    pub index: u32,
}

/// One system under one scenario, for one choice of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The system's name, as written.
    pub system: String,
    /// The scenario's name; `steady` when the file has none.
    pub scenario: String,
    /// Default seed; a host may run the module with any other.
    pub seed: u64,
    /// Length of the run in nanoseconds. Positive.
    pub duration_ns: u64,
    /// Discarded from totals, in nanoseconds. Less than the duration.
    pub warmup_ns: u64,
    /// Width of an observation window in nanoseconds (1 s unless declared).
    pub window_ns: u64,
    /// Most frames (requests and calls in flight) that a run may hold at once.
    pub frames_max: u32,
    /// Components in declaration order.
    pub components: Vec<Component>,
    /// Edges in declaration order, traffic entries included.
    pub edges: Vec<Edge>,
    /// Traffic sources in declaration order.
    pub sources: Vec<Source>,
    /// Timed changes of parameters, in declaration order.
    pub effects: Vec<Effect>,
    /// Conditions that effects wait for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Named intervals.
    pub phases: Vec<Phase>,
    /// Parameters that a live host may set; those named by effects are always live.
    pub interactive: bool,
}

/// A deployed component: some replicas of one station, and what they do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Name, unique in the system.
    pub name: String,
    /// Name of the kind it was written as. A label: nothing downstream branches on it.
    pub kind: String,
    /// Deployed copies. Positive.
    pub replicas: u32,
    /// Zones that they are spread over: replica r lies in zone r modulo this. 0: not divided. At most the replicas.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub zones: u32,
    /// Where its requests wait and are served.
    pub station: Station,
    /// What it remembers by key, if anything looks keys up here.
    pub store: Option<Store>,
    /// What it can be asked for.
    pub endpoints: Vec<Endpoint>,
    /// Price of the whole component per month in USD, if stated; of a fleet that of its initial replicas.
    pub monthly_usd: Option<f64>,
    /// Its replicas come and go. `None`: all are always in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Fleet>,
}

/// Replicas that come and go. [`Component::replicas`] is the most there can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Replicas in service at the begin.
    pub initial: u32,
    /// Time until a new replica serves, in nanoseconds.
    pub startup_ns: u64,
    /// What decides how many there are, if anything does.
    pub autoscaler: Option<Autoscaler>,
}

/// Decides how many replicas there are, by what it measured in closed windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autoscaler {
    /// Fewest replicas.
    pub least: u32,
    /// Most replicas, at most those of the component.
    pub most: u32,
    /// What is measured.
    pub metric: ScalingMetric,
    /// What follows from it.
    pub rule: ScalingRule,
    /// How often it decides, in nanoseconds: every so many windows, rounded up.
    pub every_ns: u64,
    /// It scales down no further than the largest number it found right in this time, in nanoseconds.
    pub cooldown_ns: u64,
}

/// What an autoscaler measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScalingMetric {
    /// Busy servers among those that count.
    Utilization,
    /// Waiting for each replica that serves.
    Queue,
    /// Present for each replica that serves.
    Concurrency,
    /// Arrivals per second for each replica that serves.
    Arrivals,
}

/// What an autoscaler does about what it measured. Bounds are in millionths of the metric's unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScalingRule {
    /// As many replicas as bring the metric to a target.
    Target {
        /// The target. Positive.
        target: u64,
        /// Share of the target by which the metric may differ from it, in 1/1000.
        tolerance: u32,
    },
    /// So many more or fewer beyond bounds. Every bound above which some are added exceeds every one below which some are removed.
    Steps(Vec<ScalingStep>),
}

/// A step of an autoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingStep {
    /// Added above the bound, or removed below it.
    pub above: bool,
    /// The bound.
    pub bound: u64,
    /// How many.
    pub by: u32,
}

/// Servers and waiting room of one replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Parallel servers per replica: the `c` of M/M/c. `None`: as many as there are requests.
    pub servers: Option<u32>,
    /// Waiting room, not counting requests in service. `None`: unbounded.
    pub queue_capacity: Option<u32>,
    /// How long a request keeps its server.
    pub hold: Hold,
    /// Whether replicas wait in one queue (consumers of a topic) or in one each.
    pub queue: Queueing,
    /// What a request that finds the waiting room full is told.
    pub overflow: Overflow,
    /// Who is served next. Absent in the fingerprint when it is the default, as everything added later is.
    #[serde(default, skip_serializing_if = "Discipline::is_fifo")]
    pub discipline: Discipline,
    /// Work slows down with the number of others at work, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<Sharing>,
    /// Arrivals beyond it are turned away, at the door and at no cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The same by weight: each arrival takes what its request and its answer weigh. Both buckets must hold enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Limit>,
    /// Longest time that whoever waits for a server puts up with; then they leave. Drawn for each wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Distribution>,
    /// Servers that have been idle for long must be set up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Setup>,
    /// Most pieces of work that a server does together. For servers held for work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// How long those who are turned away are asked to wait, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ns: Option<u64>,
    /// How its replicas share out messages. For servers held for the visit and one queue, served first come, first served,
    /// without patience; everything comes to it by edges with a subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
}

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
    },
}

/// A handler that works on several messages of a partition in the time of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlerBatch {
    /// Most messages. At least 2.
    pub size: u32,
    /// How long the oldest waits for others, in nanoseconds.
    pub wait_ns: u64,
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

/// A cold start: a server that is taken and was not used for a while needs time before it serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Time that it needs.
    pub time: Distribution,
    /// How long an idle server stays warm, in nanoseconds. Those used last are used first.
    pub keep_alive_ns: u64,
}

/// Who of those that wait is served next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Discipline {
    /// Who has waited longest.
    #[default]
    Fifo,
    /// Who came last.
    Lifo,
    /// Any of them.
    Random,
    /// Who came last while more wait than there are servers, else who has waited longest.
    AdaptiveLifo,
    /// Who has waited longest; the work of a higher class is interrupted for a lower one, and resumed later.
    Preemptive,
    /// Who came last, at once: work is interrupted for it, and resumed later.
    PreemptiveLifo,
    /// Who has waited longest, but some are dropped while everyone waits longer than a target for an interval (RFC 8289).
    CoDel {
        /// Longest wait that is fine, in nanoseconds. Positive.
        target_ns: u64,
        /// How long waits must exceed it before the first is dropped, in nanoseconds. Positive.
        interval_ns: u64,
    },
}

impl Discipline {
    fn is_fifo(&self) -> bool {
        *self == Discipline::Fifo
    }
}

/// Processor sharing: each of n strands at work in a replica progresses at the speed
/// `min(1, cores / n) / (1 + contention · (n - 1) + coherency · n · (n - 1))` (Gunther's law of scalability).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sharing {
    /// Processors of a replica. Positive. `None`: as many as there is work.
    pub cores: Option<f64>,
    /// Slowdown by each other at work.
    pub contention: f64,
    /// Slowdown by each pair at work.
    pub coherency: f64,
}

/// A token bucket in front of a component, all replicas together. It begins full.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Tokens per second. Positive.
    pub rate: f64,
    /// Most tokens. At least 1.
    pub burst: f64,
}

/// How long a request keeps its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// From start to reply, downstream calls included (a thread per request).
    Visit,
    /// Only while working (an event loop).
    Work,
}

/// Where requests for a component wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Queueing {
    /// Each replica has its own queue; the caller's balancer chooses the replica.
    PerReplica,
    /// One queue feeds all replicas; a free server takes the oldest.
    Shared,
}

/// The outcome of a request that finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overflow {
    /// Turned away because it is full.
    Reject,
    /// Dropped by a declared decision.
    Shed,
}

/// Memory addressed by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// Most entries held at once. `None`: every key fits.
    pub capacity: Option<u32>,
    /// Life of an entry after it was filled, in nanoseconds. `None`: until evicted.
    pub ttl_ns: Option<u64>,
    /// After a flush, a lookup by ratio climbs back linearly over this many nanoseconds.
    pub refill_ns: u64,
    /// Begins with its most popular keys, as many as fit, at ages spread over their life.
    pub warm: bool,
    /// What is kept, and how it ages.
    #[serde(default, skip_serializing_if = "Keeping::is_plain")]
    pub keeping: Keeping,
}

/// What a store keeps and how it ages, where that is not least recently used until the time to live is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keeping {
    /// Who is forgotten when it is full.
    pub evict: Evict,
    /// A hit begins the time to live anew.
    pub sliding: bool,
    /// Times to live are spread evenly over so much more and less. From 0 to 1.
    pub jitter: f64,
    /// Keys that do not exist.
    pub negative: Option<Negative>,
    /// What is out of date serves for so many more nanoseconds (`u64::MAX`: for ever) while it is fetched anew.
    pub stale_ns: Option<u64>,
    /// Time until what is written can be read. `None`: at once.
    pub lag: Option<Distribution>,
}

/// Who is forgotten when a store is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evict {
    /// Who was used least recently.
    #[default]
    Lru,
    /// Who came first.
    Fifo,
    /// Any of those held before.
    Random,
    /// Whose key has been looked up least, the newcomer's included; among equals the least recent.
    Lfu,
}

/// Keys that do not exist: a lookup's fetch finds that there is nothing, and that is remembered for a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Negative {
    /// Share of keys. Which keys these are depends on the store's name only.
    pub share: f64,
    /// How long that is remembered, in nanoseconds; 0: not at all.
    pub ttl_ns: u64,
}

impl Keeping {
    /// Whether it is the usual.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Keeping::default()
    }
}

/// Something a component can be asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Name, unique in its component.
    pub name: String,
    /// A reply later than this is late, not good, in nanoseconds. `None`: never late.
    pub good_within_ns: Option<u64>,
    /// Class of its requests in queues, 0 to 3: a lower one is served first. Service is never interrupted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u32,
    /// What is done for one request, in order.
    pub steps: Vec<Step>,
    /// What a good answer weighs. `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Size>,
    /// What a visit may use before it stops, and answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// A weight that grows with every round of its loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// What a visit may use. It stops before the first step at which one of these is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Tokens that it and its callees have used.
    pub tokens: Option<u64>,
    /// Their price in billionths of a dollar.
    pub nano_usd: Option<u64>,
    /// Time since it arrived, in nanoseconds; a deadline too. Positive.
    pub wall_ns: Option<u64>,
}

/// What a conversation weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// At first.
    pub initial: Distribution,
    /// What each round of a loop adds.
    pub per_turn: Distribution,
    /// What goes beyond is cut off.
    pub most: u64,
}

/// Billionths of a dollar for each unit of weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Of a request, as far as it is not cached.
    pub input: f64,
    /// Of a request, as far as it is cached.
    pub cached: f64,
    /// Of an answer.
    pub output: f64,
}

/// A component has the begin of its requests cached, as long as it is asked often enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptCache {
    /// Share of a request that is cached.
    pub share: f64,
    /// Longest time between requests, in nanoseconds.
    pub ttl_ns: u64,
}

/// What a message weighs, in whole bytes, tokens or whatever the reader means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Size {
    /// Drawn: a request's once per call, an answer's once per visit.
    Drawn(Distribution),
    /// So many times what the sender's own request weighs.
    OfRequest(f64),
    /// So many times the sender's context.
    OfContext(f64),
}

fn is_zero(priority: &u32) -> bool {
    *priority == 0
}

/// One thing a request does. Steps are named by their path, so that adding one moves no other's draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Occupy the server for a while.
    Work(Distribution),
    /// Occupy the server for a while that depends on what the request and its answer weigh.
    WorkBySize(WorkBySize),
    /// See what of the request is cached.
    ReadCache(PromptCache),
    /// Turn a share of requests away, as a queue without room does.
    TurnAway(f64),
    /// Use as many tokens as the request and its answer weigh.
    Use(Prices),
    /// Ask another component and wait for the answer.
    Call(Call),
    /// Ask a store; do `miss` when it does not have the key.
    Lookup {
        /// The request that reads the store. If it fails, the lookup is a miss that fills nothing. `None`: the
        /// component's own store is read.
        call: Option<Call>,
        /// How hits are decided.
        hit: Hit,
        /// What is done on a miss; the entry is filled when this ends well.
        miss: Vec<Step>,
    },
    /// Write the request's key: once the call has ended well, its entry is filled or removed.
    Put {
        /// The request that writes. `None`: the component's own store is written.
        call: Option<Call>,
        /// Number of keys that requests can have here, as for [`Hit::Requested`].
        keys: u32,
        /// The entry is removed.
        remove: bool,
    },
    /// Do all branches at once; go on when `need` of them have ended well. When so many have
    /// failed that `need` cannot be reached, fail with the outcome of the failure that decided it.
    Parallel {
        /// The branches, each a sequence.
        branches: Vec<Vec<Step>>,
        /// How many must end well. `1..=branches.len()`.
        need: u32,
    },
    /// Do `then` with a probability, else `otherwise`.
    With {
        /// Share of requests that take `then`.
        probability: f64,
        /// Taken with `probability`.
        then: Vec<Step>,
        /// Taken otherwise.
        otherwise: Vec<Step>,
    },
    /// Repeat `body`. Each round after the first begins one nanosecond after the round before it ended.
    Loop {
        /// How many rounds.
        count: Count,
        /// The repeated steps.
        body: Vec<Step>,
    },
    /// Do `body`; if it fails, do `otherwise` in its place.
    Try {
        /// What is tried.
        body: Vec<Step>,
        /// What is done when it fails.
        otherwise: Vec<Step>,
    },
    /// Begin the steps and go on without waiting for them. Whether they end well makes no difference.
    Background(Vec<Step>),
    /// Take a token of a bucket, or fail as rate limited.
    Admit {
        /// Buckets, all alike; the request's key says which, chance where it has none. Positive.
        partitions: u32,
        /// Tokens per second of each. Positive.
        rate: f64,
        /// Most tokens of each; it begins with so many. At least 1.
        burst: f64,
    },
    /// Hand a message over and go on without an answer.
    Send(Call),
    /// Fail with a probability.
    Fail(f64),
    /// Answer now; the steps after it still hold the server.
    Reply,
}

impl Step {
    /// The call that it makes itself, if any.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Step::Call(call) | Step::Send(call) => Some(call),
            Step::Lookup { call, .. } | Step::Put { call, .. } => call.as_ref(),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Step::Call(call) | Step::Send(call) => Some(call),
            Step::Lookup { call, .. } | Step::Put { call, .. } => call.as_mut(),
            _ => None,
        }
    }

    /// The sequences of steps inside it.
    #[must_use]
    pub fn inside(&self) -> Vec<&Vec<Step>> {
        match self {
            Step::Lookup { miss: body, .. } | Step::Loop { body, .. } | Step::Background(body) => vec![body],
            Step::Parallel { branches, .. } => branches.iter().collect(),
            Step::With { then: body, otherwise, .. } | Step::Try { body, otherwise } => vec![body, otherwise],
            _ => Vec::new(),
        }
    }

    /// The same, to be changed.
    pub fn inside_mut(&mut self) -> Vec<&mut Vec<Step>> {
        match self {
            Step::Lookup { miss: body, .. } | Step::Loop { body, .. } | Step::Background(body) => vec![body],
            Step::Parallel { branches, .. } => branches.iter_mut().collect(),
            Step::With { then: body, otherwise, .. } | Step::Try { body, otherwise } => vec![body, otherwise],
            _ => Vec::new(),
        }
    }
}

/// Work that depends on sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkBySize {
    /// What is needed in any case.
    pub time: Distribution,
    /// Nanoseconds for each unit that the request weighs.
    pub per_size: f64,
    /// Nanoseconds for each unit that the answer will weigh.
    pub per_result: f64,
    /// Nanoseconds more, or less, for each unit of the request that is cached.
    #[serde(default)]
    pub per_cached: f64,
}

/// A request sent along an edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The edge it travels.
    pub edge: EdgeId,
    /// What is asked for.
    pub endpoint: EndpointId,
    /// The policy it is made under.
    pub policy: Policy,
    /// Go on as if nothing had been asked when the call fails.
    pub skip_failure: bool,
    /// What is asked for is about a key of this population, drawn for each call. `None`: about what the caller is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Keys>,
    /// What the request weighs. `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
}

/// A population of keys. A key is its rank by popularity, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    /// Number of distinct keys. Positive.
    pub keys: u32,
    /// Popularity: the k-th most popular key has weight `k^-skew`. 0 is uniform.
    pub skew: f64,
}

/// How a lookup is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Hit {
    /// A share of lookups hits, whatever the key.
    Ratio(f64),
    /// A key is drawn and looked up in the store.
    Keyed {
        /// Number of distinct keys. Lookups in one store that draw from equally many keys share them.
        keys: u32,
        /// Popularity: the k-th most popular key has weight `k^-skew`. 0 is uniform.
        skew: f64,
        /// One fetch per key at a time; later lookups of the key wait for it.
        coalesce: bool,
    },
    /// The request's key is looked up in the store.
    Requested {
        /// Number of keys that requests can have here: more than any of them. Shares entries as `Keyed` does.
        keys: u32,
        /// As for `Keyed`.
        coalesce: bool,
    },
}

/// A number of rounds, of requests. At least 0, bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Count {
    /// Always so many.
    Constant(u32),
    /// 1, 2, 3 … with this mean, cut at `max`.
    Geometric {
        /// Mean before the cut. At least 1.
        mean: f64,
        /// Upper bound.
        max: u32,
    },
    /// Any from `low` to `high`, equally likely.
    Uniform {
        /// Smallest.
        low: u32,
        /// Largest.
        high: u32,
    },
    /// One of these, by weight; the numbers grow, the weights are positive and sum to 1. At least one.
    Weighted(Vec<(u32, f64)>),
}

/// A distribution of durations. Parameters are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distribution {
    /// Always the same.
    Constant(f64),
    /// Exponential with this mean.
    Exponential(f64),
    /// Uniform between two bounds.
    Uniform(f64, f64),
    /// Lognormal with this median and standard deviation of the logarithm.
    LogNormal {
        /// The 50th percentile.
        median: f64,
        /// Standard deviation of the logarithm. Positive.
        sigma: f64,
    },
    /// Gamma with this mean and coefficient of variation (Erlang-k when `cv = 1/sqrt(k)`).
    Gamma {
        /// Mean.
        mean: f64,
        /// Coefficient of variation. Positive.
        cv: f64,
    },
    /// Weibull: the hazard falls with time for shapes below 1, grows above.
    Weibull {
        /// The value that 63.2 % lie below.
        scale: f64,
        /// Exponent. Positive.
        shape: f64,
    },
    /// Pareto between two bounds: a heavy tail that ends.
    Pareto {
        /// Smallest value. Positive.
        low: f64,
        /// Largest value.
        high: f64,
        /// Tail exponent. Positive.
        alpha: f64,
    },
    /// Through some percentiles `(share below, value)` exactly, at least two, both growing; lognormal between and beyond.
    Percentiles(Vec<(f64, f64)>),
    /// Equally likely values in order, at least one, and what lies between them.
    Values(Vec<f64>),
    /// One of several by weight; the weights sum to 1. No part is a curve, a histogram or a mixture.
    Mixture(Vec<(f64, Distribution)>),
    /// Exactly these values `(value, weight)`; the values grow, the weights are positive and sum to 1. At least one.
    Histogram(Vec<(f64, f64)>),
    /// Another, and so much more. The offset is positive; the other is no constant.
    Shifted(f64, Box<Distribution>),
}

/// A connection from a component or a source to a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// `from->to`, unique.
    pub name: String,
    /// The caller; `None` for traffic entering the system.
    pub from: Option<ComponentId>,
    /// The callee.
    pub to: ComponentId,
    /// Time on the network for request and reply together; each direction takes half of a draw of its own.
    pub latency: Distribution,
    /// Share of messages that are lost, each direction by itself.
    pub loss: f64,
    /// How the replica is chosen.
    pub balance: Balance,
    /// Stops calls while most of them fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// Bounds the attempts under way: a connection pool, a bulkhead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permits: Option<Permits>,
    /// To which replicas it may send. `None`: to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligibility: Option<Eligibility>,
    /// What it does about zones. `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Zones>,
    /// What else callers and the network do.
    #[serde(default, skip_serializing_if = "Conduct::is_plain")]
    pub conduct: Conduct,
    /// What it carries per second, in units of weight, each direction by itself. `None`: any amount at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<f64>,
    /// What becomes of the messages on it, if it leads to a component with a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
}

/// What an edge does about zones. Its callee is divided, its caller into as many zones, or it is traffic's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    /// Chooses among the replicas of the caller's zone as long as one of them is eligible.
    pub prefer: bool,
    /// Added to the network time of an exchange between zones, in nanoseconds.
    pub cross_ns: u64,
}

/// What makes a replica ineligible in the eyes of an edge, and what happens when too few are left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eligibility {
    /// Failures of attempts in a row eject a replica for a while.
    pub eject: Option<Eject>,
    /// Probes that fail make a replica ineligible, until they are answered well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// How long the share of a replica grows that has become eligible, in nanoseconds. 0: it has its share at once.
    #[serde(default, skip_serializing_if = "is_none_at_all")]
    pub slow_start_ns: u64,
    /// With fewer eligible replicas than that, all are. Otherwise the attempt is rejected.
    pub fail_open: bool,
    /// Share of replicas that must be eligible; one at least.
    pub panic: f64,
}

fn is_none_at_all(ns: &u64) -> bool {
    *ns == 0
}

/// Active health checks: an edge probes each replica of its callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Time from probe to probe, in nanoseconds. Positive.
    pub interval_ns: u64,
    /// Longest wait for an answer in nanoseconds, less than the interval. Positive.
    pub timeout_ns: u64,
    /// Probes that must fail in a row. Positive.
    pub fall: u32,
    /// Probes that must be answered well in a row. Positive.
    pub rise: u32,
}

/// Passive ejection, as Envoy's outlier detection does it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eject {
    /// Failed attempts in a row. Positive.
    pub failures: u32,
    /// For how long, times how often it was ejected, in nanoseconds. At most 300 s, or this if it is more.
    pub lasting_ns: u64,
    /// Share of replicas that may be ejected at once; one at least.
    pub most: f64,
}

/// What callers and the network do on an edge beyond breakers and permits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conduct {
    /// Callers drop some attempts themselves while most are turned away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// Lost messages are sent again. `None`: they vanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retransmit: Option<Retransmit>,
    /// The times of its calls are kept in a histogram.
    #[serde(default, skip_serializing_if = "is_false")]
    pub measured: bool,
}

impl Conduct {
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// Adaptive throttling: attempts are dropped with probability (made − k · well) / (made + 1).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throttle {
    /// Attempts made for each that ends well, before any is dropped. At least 1.
    pub k: f64,
    /// Over how long both are counted, in nanoseconds. Positive.
    pub window_ns: u64,
}

/// A transport that sends lost messages again, after a timeout that doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retransmit {
    /// First timeout in nanoseconds. Positive, at most 120 s.
    pub rto_ns: u64,
    /// Packets of a message, 1 to 64; when one is lost, the message waits for it.
    pub packets: u32,
}

/// Attempts that each replica of a caller may have under way. One that finds no permit waits for it, or is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permits {
    /// Most attempts under way. Positive.
    pub count: u32,
    /// Most that wait for a permit. `None`: unbounded.
    pub queue: Option<u32>,
    /// Longest wait for one in nanoseconds; then the attempt is rejected. `None`: as long as the attempt's patience.
    pub wait_ns: Option<u64>,
}

/// A circuit breaker: closed until too many attempts fail, open for a while, then one probe decides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breaker {
    /// Share of failed attempts that opens it. Between 0 and 1, above 0.
    pub trip: f64,
    /// Which attempts are judged.
    pub window: BreakerWindow,
    /// Fewest attempts that can be judged. Positive.
    pub least: u32,
    /// How long it stays open, in nanoseconds. Positive.
    pub open_ns: u64,
}

/// Attempts that a breaker judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BreakerWindow {
    /// The last so many, at most 64.
    Count(u32),
    /// Those since a window began that is so many nanoseconds long; then the next begins.
    Time(u64),
}

/// How a caller chooses among replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Balance {
    /// In turn; one counter per edge.
    RoundRobin,
    /// Uniformly at random.
    Random,
    /// The one with the fewest visits present; among equals a random one.
    Least,
    /// The one with the fewest visits present among so many drawn at random, with repetition.
    Choices(u32),
    /// In proportion to weights, one for each replica, as smoothly as can be. Positive.
    Weighted(Vec<u32>),
    /// By the key of the request, modulo the eligible replicas. A request without a key goes to a random one.
    Hash,
    /// By the key of the request: the next of the points that each replica has on a ring.
    Ring,
    /// By the key of the request: the cell of a table that replicas fill in turn.
    Maglev,
    /// One at random for each replica of the caller, always the same: its session.
    Sticky,
}

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
    #[serde(default, skip_serializing_if = "is_false")]
    pub once_received: bool,
    /// Asks a second time while the first attempt has no answer yet; the first good answer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge_after_ns: Option<u64>,
    /// Hedges after this percentile of the edge's good attempts in closed windows, as a share; until there are any, after
    /// `hedge_after_ns`, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge_percentile: Option<f64>,
    /// The callee does the work of a call once, however often it is attempted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub idempotent: bool,
    /// Tells the callee when the answer is not wanted any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel: bool,
    /// Tells the callee until when the answer is wanted; what it asks for in turn is wanted no longer than that.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deadline: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
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
    #[serde(default, skip_serializing_if = "is_false")]
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

/// Where requests come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Name, unique among sources.
    pub name: String,
    /// How they come.
    pub arrivals: Arrivals,
    /// What they ask for: weights that sum to 1, one call each. All calls share one edge.
    pub mix: Vec<(f64, Call)>,
    /// How many come at each arrival of an open source; one if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Count>,
    /// Who arrives makes several requests, one after another. For open sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// What one who arrives does: asks, waits for the answer, thinks, asks again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// How many requests.
    pub requests: Count,
    /// Time between an answer and the next request.
    pub think: Distribution,
}

/// The arrival process of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Arrivals {
    /// Independent of the system's answers.
    Open {
        /// Gaps between arrivals at unit rate.
        gaps: Gaps,
        /// Rate over time. Changing the rate stretches the same sequence of arrivals.
        rate: RateProfile,
    },
    /// A fixed population: think, ask, wait for the answer, think again.
    Closed {
        /// Population. Positive.
        users: u32,
        /// Time between an answer and the next request.
        think: Distribution,
    },
    /// By the clock: arrivals at `first_ns`, then one every `every_ns`. How many come is the source's batch.
    Cron {
        /// Time between arrivals in nanoseconds. Positive.
        every_ns: u64,
        /// The first, in nanoseconds.
        first_ns: u64,
        /// Who comes does so within this time, uniformly, in nanoseconds. Less than `every_ns`. 0: at once.
        spread_ns: u64,
    },
    /// At given instants.
    Trace {
        /// In nanoseconds, in order; two may be equal. At least one.
        instants: Vec<u64>,
        /// Begins anew when it is over; it is then as long as its last instant, which is positive.
        repeat: bool,
    },
}

/// Gaps of an open source at unit rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Gaps {
    /// Exponential: a Poisson process.
    Poisson,
    /// All equal.
    Constant,
    /// Independent, of a distribution with mean 1: a renewal process.
    Renewal(Distribution),
}

/// A rate in requests per second over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RateProfile {
    /// Always the same.
    Steady(f64),
    /// `peak` during the first `lasting_ns` of every period (the first burst begins one period in), `base` otherwise.
    Burst {
        /// Rate between bursts.
        base: f64,
        /// Rate during a burst.
        peak: f64,
        /// Period in nanoseconds.
        every_ns: u64,
        /// Length of a burst in nanoseconds, less than the period.
        lasting_ns: u64,
    },
    /// `first`, then another rate from each instant on; instants in nanoseconds, in order.
    Steps {
        /// Rate from the begin on.
        first: f64,
        /// Instants and rates.
        changes: Vec<(u64, f64)>,
    },
    /// `base`, and at times `peak`: a Markov-modulated Poisson process, when gaps are Poisson and both times exponential.
    Modulated {
        /// Rate at first, and between busy times.
        base: f64,
        /// Rate in busy times.
        peak: f64,
        /// How long it is calm.
        calm: Distribution,
        /// How long it is busy.
        busy: Distribution,
    },
    /// As [`RateProfile::Steps`], but many: one effect whose value changes.
    Track {
        /// Rate from the begin on.
        first: f64,
        /// Instants and rates.
        changes: Vec<(u64, f64)>,
        /// After which time it begins anew, with `first`, in nanoseconds; beyond the last instant. 0: never.
        period_ns: u64,
    },
    /// `mean + (peak - mean) · cos(2π (t - peak_at) / period)`, in steps of 1/288 of the period (five minutes of a day).
    Wave {
        /// Rate on average.
        mean: f64,
        /// Largest rate, at most twice the mean.
        peak: f64,
        /// Period in nanoseconds.
        period_ns: u64,
        /// When the rate is largest, in nanoseconds.
        peak_at_ns: u64,
    },
}

/// A parameter that changes while the system runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Parameter {
    /// Added to the network time of every exchange, in nanoseconds. Base 0.
    LinkDelay(EdgeId),
    /// Uniform extra network time up to this, in nanoseconds. Base 0.
    LinkJitter(EdgeId),
    /// Probability that a request message is lost, on top of the edge's own. Base 0.
    LinkLossRequest(EdgeId),
    /// Probability that a reply message is lost, on top of the edge's own. Base 0.
    LinkLossReply(EdgeId),
    /// What an edge with a bandwidth carries per second, in units of weight. Base: its bandwidth.
    LinkBandwidth(EdgeId),
    /// Multiplies what the requests of a source weigh (index into [`Model::sources`]). Base 1.
    SourceSize(u32),
    /// Requests that a component with a limit takes in per second. Base: its limit.
    LimitRequests(ComponentId),
    /// Weight that a component with a quota takes in per second. Base: its quota.
    LimitWeight(ComponentId),
    /// Probability that a visit fails when all is done. Base 0. Per replica.
    StationFlaws(ComponentId),
    /// Multiplies service times. Base 1. Per replica.
    StationService(ComponentId),
    /// Probability that a visit fails as soon as it is served. Base 0. Per replica.
    StationErrors(ComponentId),
    /// Speed of all work, that under way included; 0: it stands still. Base 1. Per replica.
    StationSpeed(ComponentId),
    /// Whether a replica is down (0 or 1). Base 0. Per replica.
    StationDown(ComponentId),
    /// Whether a replica drains (0 or 1): it takes nothing new, and finishes what it holds. Base 0. Per replica.
    StationDraining(ComponentId),
    /// How many replicas are to be in service. Base: those of the fleet at the begin. Not with an autoscaler.
    StationReplicas(ComponentId),
    /// Multiplies the hit ratio of lookups by ratio. Base 1.
    StoreHits(ComponentId),
    /// Multiplies the time until what is written can be read. Base 1.
    StoreLagFactor(ComponentId),
    /// Added to it, in nanoseconds. Base 0.
    StoreLag(ComponentId),
    /// Forget everything: rising from 0 empties the store. Effects on it end at once, so that each acts.
    StoreClear(ComponentId),
    /// The rate of an open source (index into [`Model::sources`]), per second. Base: its steady rate.
    SourceRate(u32),
}

/// How an effect acts on the value of its parameter. Effects compose in this order:
/// the last active `Set` replaces the base, then `Multiply`, `Add`, `Combine`, `Or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectOp {
    /// Replaces the base value.
    Set,
    /// Multiplies.
    Multiply,
    /// Adds.
    Add,
    /// Combines probabilities: `1 - (1 - a)(1 - b)`.
    Combine,
    /// Raises a flag: 1 wins.
    Or,
}

/// A timed change of one parameter, all of it known before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What the timeline calls it: the fault and its target, `flush redis`.
    pub label: String,
    /// The name given by `as`, if any.
    pub event: Option<String>,
    /// The parameter.
    pub parameter: Parameter,
    /// First replica it acts on (0 where the parameter has no replicas).
    pub first: u32,
    /// How many replicas it acts on (1 where the parameter has no replicas).
    pub count: u32,
    /// How it acts.
    pub op: EffectOp,
    /// With which value, in the parameter's unit.
    pub value: f64,
    /// When it begins, in nanoseconds.
    pub start_ns: u64,
    /// When it ends, in nanoseconds. `None`: never.
    pub end_ns: Option<u64>,
    /// Reaches its value in 16 equal steps over this time, in nanoseconds. 0: at once.
    pub ramp_ns: u64,
    /// Begins when a trigger fires. It has no begin and no end of its own then, and no ramp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Comes and goes at random between its begin and its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random: Option<ComesAndGoes>,
}

/// What an effect waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Index into [`Model::triggers`].
    pub trigger: u32,
    /// How long it lasts, in nanoseconds. Positive. `None`: for ever.
    pub lasting_ns: Option<u64>,
}

/// Fires when its condition has held in closed windows for a while. It fires again only after it has not held in a
/// window, and not while what it has brought about lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// What must hold in a window.
    pub condition: Condition,
    /// For how long, in nanoseconds, rounded up to windows; at least one.
    pub for_ns: u64,
}

/// What must hold in a closed window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// A comparison.
    Compare(Comparison),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// One of them, or both.
    Or(Box<Condition>, Box<Condition>),
}

/// `left · factor` compared with `right · bound · scale`, all integers. If nothing was seen, it does not hold: if the
/// right side has cells and they sum to 0, or the left side is a largest and 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Cells of the window.
    pub left: Vec<Cell>,
    /// The largest of them counts, not their sum.
    pub largest: bool,
    /// See above.
    pub factor: u64,
    /// How they are compared.
    pub order: Order,
    /// Cells whose sum is the right side; none: it is 1.
    pub right: Vec<Cell>,
    /// See above.
    pub bound: u64,
    /// See above.
    pub scale: u64,
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// A cell of a closed window: whose, and which of `sysdl_kernel::columns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    /// Of a component.
    Component(ComponentId, u32),
    /// Of an edge.
    Edge(EdgeId, u32),
    /// Of an endpoint that traffic enters.
    Flow(EndpointId, u32),
}

/// How an effect comes and goes. Effects of one `group` come and go together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComesAndGoes {
    /// Time without it, before each time it comes.
    pub after: Distribution,
    /// How long it stays.
    pub lasting: Distribution,
    /// Name of what its draws belong to.
    pub group: String,
}

/// A named interval `(start, end]` of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Name, unique in the scenario.
    pub name: String,
    /// Begin in nanoseconds.
    pub start_ns: u64,
    /// End in nanoseconds, at most the duration.
    pub end_ns: u64,
}
