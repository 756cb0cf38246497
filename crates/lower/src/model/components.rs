//! Stations: servers, queues, disciplines.

use super::{Cluster, Distribution, Endpoint, Fleet, Group, Leaders, Store, is_default};
use serde::{Deserialize, Serialize};

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
    #[serde(default, skip_serializing_if = "is_default")]
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
    /// Its replicas are brokers of logs. They do not come and go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Cluster>,
    /// What it counts is counted for each replica too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub watched: bool,
    /// One of its replicas leads. `None`: all are alike. Not where replicas share a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaders: Option<Leaders>,
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

/// A handler that works on several messages of a partition in the time of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlerBatch {
    /// Most messages. At least 2.
    pub size: u32,
    /// How long the oldest waits for others, in nanoseconds.
    pub wait_ns: u64,
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
