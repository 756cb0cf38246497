//! Live parameters, effects and the conditions they wait for.

use super::{ComponentId, Distribution, EdgeId, EndpointId};
use serde::{Deserialize, Serialize};

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
    /// Multiplies what the requests of a source weigh (index into [`Model::sources`](super::Model::sources)). Base 1.
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
    /// Close all connections: rising from 0 does. Effects on it end at once, so that each acts.
    LinkConnections(EdgeId),
    /// How many users of a closed source are there (index into [`super::Model::sources`]). Base: those at the begin.
    SourceUsers(u32),
    /// The rate of an open source (index into [`Model::sources`](super::Model::sources)), per second. Base: its steady rate.
    SourceRate(u32),
    /// Something else about an edge or a component.
    Strain(Strain),
}

/// What can change about edges and components beyond the network, service and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Strain {
    /// Probability that an attempt is refused. Base 0.
    Refused(EdgeId),
    /// Probability that a good answer is cut off. Base 0.
    Broken(EdgeId),
    /// Multiplies timeouts. Base 1.
    Timeout(EdgeId),
    /// Retries more than policies say. Base 0.
    Retries(EdgeId),
    /// Multiplies pauses between attempts. Base 1.
    Backoff(EdgeId),
    /// Permits of each gate. Base: those of the edge, which has some.
    Permits(EdgeId),
    /// Probability that a visit holds what it holds for a while when its steps are done. Base 0.
    Linger(EdgeId),
    /// How long, in nanoseconds. Base 0.
    LingerTime(EdgeId),
    /// Probability that a probe is answered badly. Base 0.
    ProbeErrors(EdgeId),
    /// Servers of a replica, no more than there are. Base: all, which are bounded. Per replica.
    Servers(ComponentId),
    /// Probability that a visit stalls when its steps are done, and fails. Base 0. Per replica.
    Stall(ComponentId),
    /// How long, in nanoseconds. Base 0. Per replica.
    StallTime(ComponentId),
    /// Probability that a visit of an endpoint that writes fails at its begin. Base 0. Per replica.
    WriteErrors(ComponentId),
    /// Probability that a key is poison: visits about it fail. Base 0.
    Poison(ComponentId),
    /// Multiplies the time until a new replica serves, of a component with a fleet. Base 1.
    Startup(ComponentId),
    /// Whether the autoscaler does nothing (0 or 1), of a component with one. Base 0.
    Stuck(ComponentId),
    /// Entries that a store may hold, no more than fit. Base: its capacity, which is bounded.
    Capacity(ComponentId),
    /// How much the clock of a store is ahead, in nanoseconds. Base 0.
    Clock(ComponentId),
    /// Multiplies tokens and money of the budgets of its endpoints. Base 1.
    Budget(ComponentId),
    /// Rising from 0 lets a group assign its partitions anew. Effects on it end at once, so that each acts.
    Rebalance(ComponentId),
    /// Probability that a request of a source is about the most popular key of its population. Base 0.
    HotKey(u32),
}

impl Parameter {
    /// Whether each replica has a value of its own.
    #[must_use]
    pub fn is_per_replica(self) -> bool {
        matches!(
            self,
            Parameter::StationService(_)
                | Parameter::StationErrors(_)
                | Parameter::StationFlaws(_)
                | Parameter::StationDraining(_)
                | Parameter::StationDown(_)
                | Parameter::StationSpeed(_)
                | Parameter::Strain(
                    Strain::Servers(_) | Strain::Stall(_) | Strain::StallTime(_) | Strain::WriteErrors(_)
                )
        )
    }
}

impl Parameter {
    /// Whether effects on it are over at once, so that the next acts again.
    #[must_use]
    pub fn acts_at_once(self) -> bool {
        matches!(
            self,
            Parameter::StoreClear(_) | Parameter::LinkConnections(_) | Parameter::Strain(Strain::Rebalance(_))
        )
    }
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
    /// How many replicas it acts on (1 where the parameter has no replicas); 0: on the one that leads when it begins.
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
    /// Goes back in 16 equal steps over this time when it ends, in nanoseconds. 0: at once. It has an end then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fade_ns: u64,
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
    /// Index into [`Model::triggers`](super::Model::triggers).
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
    /// It holds at no instant up to this, in nanoseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub from_ns: u64,
    /// It holds at no instant after this, in nanoseconds. `None`: at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ns: Option<u64>,
}

fn is_zero(ns: &u64) -> bool {
    *ns == 0
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
