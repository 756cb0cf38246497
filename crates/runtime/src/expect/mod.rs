//! Expectations: what a scenario claims of its run, and whether the run bears it out.

mod evaluate;
mod heals;
mod measure;
mod messages;

pub use evaluate::{Outcome, Verdict, evaluate, measured};
pub(crate) use measure::monthly_usd;

use crate::trace::Trace;

/// What a metric is over a run after its warm-up. `None` if nothing was seen that could be measured.
#[must_use]
pub fn value(trace: &Trace, metric: &Metric) -> Option<f64> {
    measure::measure(trace, &measure::Stretch::Interval(&trace.measured()), metric)
}

/// A claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// As written.
    pub text: String,
    /// Its name, if it has one.
    pub label: Option<String>,
    /// Line in the file, from 1.
    pub line: u32,
    /// How it counts.
    pub level: Level,
    /// Over which buckets it must hold.
    pub quantifier: Quantifier,
    /// What must hold.
    pub condition: Condition,
    /// When.
    pub window: Window,
}

impl Expectation {
    /// The instant from which on its verdict is final, in a run of so many nanoseconds.
    #[must_use]
    pub fn until_ns(&self, duration_ns: u64) -> u64 {
        match &self.window {
            _ if self.condition.is_of_healing() => duration_ns,
            Window::Phase { end_ns, .. } => *end_ns,
            Window::Within { within_ns, after_ns } => after_ns.saturating_add(*within_ns).min(duration_ns),
            Window::Run | Window::After { .. } | Window::Over { .. } => duration_ns,
        }
    }
}

/// How a claim counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It must hold.
    Expect,
    /// It must not hold: a known bad behavior, kept until it is mended.
    ExpectFail,
    /// It is reported, no more.
    Warn,
}

/// Over which one-second buckets of its window a claim must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// The window as a whole.
    Plain,
    /// Every bucket.
    Always,
    /// Some bucket.
    Eventually,
    /// No bucket.
    Never,
}

/// When a claim looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// The run after its warm-up.
    Run,
    /// A phase, in nanoseconds, as `(start, end]`.
    Phase {
        /// Its name.
        name: String,
        /// Begin.
        start_ns: u64,
        /// End.
        end_ns: u64,
    },
    /// Some bucket that ends within this many nanoseconds after an event.
    Within {
        /// How long.
        within_ns: u64,
        /// When the event was.
        after_ns: u64,
    },
    /// From an event to the end of the run.
    After {
        /// When the event was.
        after_ns: u64,
    },
    /// Every stretch of so many nanoseconds.
    Over {
        /// Length of the stretch.
        length_ns: u64,
    },
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A comparison of two values.
    Compare(Operand, Comparison, Operand),
    /// A metric within a share of a value.
    Near {
        /// What is measured.
        metric: Metric,
        /// The share, above 0.
        tolerance: f64,
        /// The value, in the base unit of the metric.
        value: f64,
    },
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// One of them, or both.
    Or(Box<Condition>, Box<Condition>),
    /// Some time after its last fault the run is what it would have been without any.
    Heals {
        /// In how many nanoseconds; none: before the run ends.
        within_ns: Option<u64>,
    },
    /// It stays worse than it would have been, though nothing is wrong any more.
    Metastable,
}

impl Condition {
    /// Whether it compares the run with its twin without faults.
    #[must_use]
    pub fn is_of_healing(&self) -> bool {
        matches!(self, Condition::Heals { .. } | Condition::Metastable)
    }
}

/// Whether some of these compare the run with its twin without faults.
#[must_use]
pub fn need_twin(expectations: &[Expectation]) -> bool {
    expectations.iter().any(|expectation| expectation.condition.is_of_healing())
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
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

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A number in the base unit of what it is compared with.
    Number(f64),
    /// Something measured.
    Metric(Metric),
}

/// Something measured of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What.
    pub quantity: Quantity,
    /// Of what.
    pub subject: Subject,
}

/// Of what something is measured. Names are those of the module's meta data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All traffic.
    System,
    /// An endpoint that traffic enters: `edge.browse`.
    Flow(String),
    /// A component: `postgres`.
    Component(String),
    /// A replica of a component that is watched: `postgres[0]`.
    Replica(String, u32),
    /// An edge: `catalog->postgres`.
    Edge(String),
}

/// What can be measured. Durations are in nanoseconds, shares in `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A percentile of the response time of flows, the sojourn time of a component, or the times of an edge's calls.
    Percentile(f64),
    /// A percentile of a component's waiting time.
    WaitingPercentile(f64),
    /// The mean of the same times as [`Quantity::Percentile`]; of an edge, of its calls.
    Mean,
    /// The mean waiting time.
    WaitingMean,
    /// The longest response time, or call.
    Max,
    /// Requests ended, or messages arrived, per second.
    Throughput,
    /// Good answers per second.
    Goodput,
    /// Good answers among ended requests.
    GoodShare,
    /// Failed requests among ended ones. Late answers are not failed.
    ErrorRate,
    /// Requests (arrivals, calls) counted.
    Count,
    /// Failures with an outcome code, or all.
    Errors(Option<u32>),
    /// Busy servers among servers that are up.
    Utilization,
    /// Mean number waiting.
    QueueMean,
    /// Most waiting at once.
    QueueMax,
    /// Waiting at the end of a bucket.
    Queue,
    /// Lookups that hit.
    HitRatio,
    /// Lookups that hit something out of date.
    Stale,
    /// Their share of hits.
    StaleRatio,
    /// Share of time during which nobody led who attended.
    Leaderless,
    /// Replicas that serve.
    Replicas,
    /// Attempts per call.
    RetryAmplification,
    /// Connections opened over attempts.
    ConnectShare,
    /// Share of the time during which an edge's breaker is not closed.
    BreakerOpenShare,
    /// A count of edges: an index into [`sysdl_kernel::columns::edge::ALL`].
    OfEdges(usize),
    /// A count of a component: an index into [`sysdl_kernel::columns::component::ALL`].
    OfComponents(usize),
    /// Mean number of visits present.
    PresentMean,
    /// Mean wait for a permit, of attempts that got one.
    PermitWait,
    /// Requests in a batch, on average.
    BatchSize,
    /// Mean wait of a request for its batch to set out.
    BatchWait,
    /// Tokens used: at a component, or for the requests of flows.
    Tokens,
    /// Tokens whose answers nobody took, among those used.
    TokensWasted,
    /// Price in USD of what an ended request has used.
    CostPer,
    /// Visits that stopped because their budget was used up.
    BudgetStops,
    /// A percentile of the rounds taken for a request.
    TurnsPercentile(f64),
    /// Mean number of rounds taken for a request.
    TurnsMean,
    /// A count of messages that a component handed on: an index into [`sysdl_kernel::columns::subscription::ALL`].
    OfMessages(usize),
    /// Messages that were lost with their consumer, or kept no longer.
    LostMessages,
    /// Duplicates among messages.
    DuplicateShare,
    /// Messages of the partition that has got most, over the mean of all partitions.
    HottestPartition,
    /// Most messages that waited in a partition when one more came.
    PartitionLag,
    /// A percentile of the time from a message's being published to its being handled.
    EndToEndPercentile(f64),
    /// The mean of that time.
    EndToEndMean,
    /// The longest of them.
    EndToEndMax,
    /// Stated prices per month in USD.
    MonthlyUsd,
}

impl Quantity {
    /// Whether it is measured of messages that a component handed on.
    #[must_use]
    pub fn is_of_messages(self) -> bool {
        use Quantity::*;
        matches!(
            self,
            OfMessages(_)
                | LostMessages
                | DuplicateShare
                | HottestPartition
                | PartitionLag
                | EndToEndPercentile(_)
                | EndToEndMean
                | EndToEndMax
        )
    }
}
