//! Endpoints and the steps they are made of.

use super::{
    Append, At, Budget, Context, Distribution, EdgeId, EndpointId, Hit, Keys, Policy, Prices, PromptCache, Size,
    is_default,
};
use serde::{Deserialize, Serialize};

/// Something a component can be asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Name, unique in its component.
    pub name: String,
    /// A reply later than this is late, not good, in nanoseconds. `None`: never late.
    pub good_within_ns: Option<u64>,
    /// Class of its requests in queues, 0 to 3: a lower one is served first. Service is never interrupted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: u32,
    /// It changes what is stored: a full disk fails it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writes: bool,
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
        /// Take as many as the request weighs. If not, one.
        #[serde(default, skip_serializing_if = "is_default")]
        by_weight: bool,
    },
    /// Hand a message over and go on without an answer.
    Send(Call),
    /// Look whether edges from here, whose subscriptions bound what they keep and displace nothing, have room for one more
    /// message each. Those of a component are together in all its steps.
    Room {
        /// The edges. At least one.
        edges: Vec<EdgeId>,
        /// Wait for room. If not, fail as rejected.
        waits: bool,
    },
    /// Append to a log on brokers.
    Append(Box<Append>),
    /// Wait, without doing anything. A server that is held for the visit is held meanwhile.
    Pause(Distribution),
    /// Do the steps if the request's key, modulo a number, is another.
    OfClass {
        /// The number of classes. Positive.
        of: u32,
        /// The class, less than that.
        class: u32,
        /// What is done for it.
        then: Vec<Step>,
    },
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
            Step::Append(append) => Some(&append.call),
            Step::Lookup { call, .. } | Step::Put { call, .. } => call.as_ref(),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Step::Call(call) | Step::Send(call) => Some(call),
            Step::Append(append) => Some(&mut append.call),
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
            Step::OfClass { then, .. } => vec![then],
            Step::With { then: body, otherwise, .. } | Step::Try { body, otherwise } => vec![body, otherwise],
            _ => Vec::new(),
        }
    }

    /// The same, to be changed.
    pub fn inside_mut(&mut self) -> Vec<&mut Vec<Step>> {
        match self {
            Step::Lookup { miss: body, .. } | Step::Loop { body, .. } | Step::Background(body) => vec![body],
            Step::Parallel { branches, .. } => branches.iter_mut().collect(),
            Step::OfClass { then, .. } => vec![then],
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
    /// Which replicas it is for.
    #[serde(default, skip_serializing_if = "At::is_any")]
    pub at: At,
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
