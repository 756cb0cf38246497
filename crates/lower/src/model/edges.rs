//! Edges: how messages travel, and to whom.

use super::{ComponentId, Distribution, Gather, Subscription, is_default};
use serde::{Deserialize, Serialize};

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
    /// How requests on it gather at their sender and set out as one. `None`: each sets out by itself. Only where it sends to
    /// all replicas, by turns, at random or by load, and not to a component with a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gather: Option<Gather>,
    /// What it takes to connect. `None`: nothing. Not where requests gather.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
}

/// Connections that are opened when they are needed, and kept for a while. Only where there are permits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connections {
    /// Time to open one.
    pub connect: Distribution,
    /// How long an idle one stays open, in nanoseconds.
    pub idle_ns: u64,
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub slow_start_ns: u64,
    /// With fewer eligible replicas than that, all are. Otherwise the attempt is rejected.
    pub fail_open: bool,
    /// Share of replicas that must be eligible; one at least.
    pub panic: f64,
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
    #[serde(default, skip_serializing_if = "is_default")]
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
