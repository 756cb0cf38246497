//! What a window records: three families of rows, fixed columns of `u64`.
//!
//! Of each column exist a cumulative value, the value of the current window, and those of the recent
//! closed windows. How they relate is the column's [`Kind`].

/// How a column's window values become its cumulative value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A count or sum: added.
    Sum,
    /// A maximum within the window: the larger is kept.
    Max,
    /// The value at the window's end: the newest is kept.
    Gauge,
    /// A percentile of the window's histogram in nanoseconds: the newest is kept.
    Quantile,
}

/// Name and kind of a column, in row order.
pub type Column = (&'static str, Kind);

/// Kinds of columns without their names, which modules need not carry.
#[must_use]
pub const fn kinds<const N: usize>(columns: &[Column; N]) -> [Kind; N] {
    let mut kinds = [Kind::Sum; N];
    let mut i = 0;
    while i < N {
        kinds[i] = columns[i].1;
        i += 1;
    }
    kinds
}

/// Columns of a component (all replicas together).
pub mod component {
    use super::{Column, Kind::*};
    /// First of nine outcome counters: visits ended, by outcome code.
    pub const OUTCOMES: usize = 0;
    /// Messages that reached it.
    pub const ARRIVALS: usize = 9;
    /// Times a server was taken.
    pub const STARTS: usize = 10;
    /// Times a server was given back after work.
    pub const SERVED: usize = 11;
    /// Visits that ended with nobody waiting for the answer.
    pub const ORPHANED: usize = 12;
    /// Visits killed by a replica going down (they also count as failed).
    pub const KILLED: usize = 13;
    /// Sum of waiting times.
    pub const WAITING_NS: usize = 14;
    /// Sum of times a server was held.
    pub const SERVICE_NS: usize = 15;
    /// Sum of sojourn times of visits that had started.
    pub const SOJOURN_NS: usize = 16;
    /// Integral of busy servers.
    pub const BUSY_NS: usize = 17;
    /// Integral of waiting requests.
    pub const QUEUE_NS: usize = 18;
    /// Integral of visits present, waiting ones included.
    pub const PRESENT_NS: usize = 19;
    /// Integral of servers that are up; 0 if unbounded.
    pub const CAPACITY_NS: usize = 20;
    /// Lookups that hit.
    pub const HITS: usize = 21;
    /// Lookups that missed.
    pub const MISSES: usize = 22;
    /// Lookups that waited for another's fetch.
    pub const COALESCED: usize = 23;
    /// Longest queue, all replicas together.
    pub const QUEUE_MAX: usize = 24;
    /// Busy servers.
    pub const BUSY: usize = 25;
    /// Waiting requests.
    pub const QUEUE: usize = 26;
    /// Visits present.
    pub const PRESENT: usize = 27;
    /// Sojourn percentiles.
    pub const SOJOURN_P50: usize = 28;
    /// 95th percentile.
    pub const SOJOURN_P95: usize = 29;
    /// 99th percentile.
    pub const SOJOURN_P99: usize = 30;
    /// Servers that were set up.
    pub const SETUPS: usize = 31;
    /// Visits that were for a call whose work another visit does or has done.
    pub const JOINED: usize = 32;
    /// Visits that a replica going down gave back to the queue.
    pub const REQUEUED: usize = 33;
    /// Tokens used here.
    pub const TOKENS: usize = 34;
    /// Their price in billionths of a dollar.
    pub const NANO_USD: usize = 35;
    /// Tokens of visits here whose answers nobody took, those of their callees included.
    pub const TOKENS_WASTED: usize = 36;
    /// Visits that stopped because their budget was used up; they answered, and count as what they answered.
    pub const BUDGET_STOPS: usize = 37;
    /// Lookups that hit something out of date; they are hits.
    pub const STALE: usize = 38;
    /// Integral of replicas that serve; 0 where they do not come and go.
    pub const SERVING_NS: usize = 39;
    /// Integral of replicas that there are: starting, serving or draining.
    pub const DEPLOYED_NS: usize = 40;
    /// Replicas that serve.
    pub const SERVING: usize = 41;
    /// Integral of processors at work, where work shares so many of them.
    pub const PROCESSORS_BUSY_NS: usize = 42;
    /// Integral of processors of replicas that are up.
    pub const PROCESSORS_NS: usize = 43;
    /// Times that a replica became the leader; at brokers, partitions of logs that have got another leader.
    pub const ELECTIONS: usize = 44;
    /// Messages that publishers were told are there, and that were lost with a broker.
    pub const VANISHED: usize = 45;
    /// Visits that ended because nobody led where they called.
    pub const NO_LEADER: usize = 46;
    /// Time during which nobody led who attended.
    pub const LEADERLESS_NS: usize = 47;
    /// Number of columns.
    pub const COUNT: usize = 48;
    /// The integrals whose ratio is the utilization: of processors where they are counted, of servers otherwise.
    #[must_use]
    pub const fn busy_of(processors_ns: u64) -> [usize; 2] {
        if processors_ns > 0 { [PROCESSORS_BUSY_NS, PROCESSORS_NS] } else { [BUSY_NS, CAPACITY_NS] }
    }
    /// Counter of an outcome.
    #[must_use]
    pub const fn of_outcome(code: usize) -> usize {
        if code == crate::outcome::NO_LEADER as usize { NO_LEADER } else { OUTCOMES + code }
    }
    /// All of them.
    pub const ALL: [Column; COUNT] = [
        ("ok", Sum),
        ("timeout", Sum),
        ("rejected", Sum),
        ("shed", Sum),
        ("rate_limited", Sum),
        ("breaker_open", Sum),
        ("lost", Sum),
        ("failed", Sum),
        ("abandoned", Sum),
        ("arrivals", Sum),
        ("starts", Sum),
        ("served", Sum),
        ("orphaned", Sum),
        ("killed", Sum),
        ("waiting_ns", Sum),
        ("service_ns", Sum),
        ("sojourn_ns", Sum),
        ("busy_ns", Sum),
        ("queue_ns", Sum),
        ("present_ns", Sum),
        ("capacity_ns", Sum),
        ("hits", Sum),
        ("misses", Sum),
        ("coalesced", Sum),
        ("queue_max", Max),
        ("busy", Gauge),
        ("queue", Gauge),
        ("present", Gauge),
        ("sojourn_p50_ns", Quantile),
        ("sojourn_p95_ns", Quantile),
        ("sojourn_p99_ns", Quantile),
        ("setups", Sum),
        ("joined", Sum),
        ("requeued", Sum),
        ("tokens", Sum),
        ("nano_usd", Sum),
        ("tokens_wasted", Sum),
        ("budget_stops", Sum),
        ("stale", Sum),
        ("serving_ns", Sum),
        ("deployed_ns", Sum),
        ("serving", Gauge),
        ("processors_busy_ns", Sum),
        ("processors_ns", Sum),
        ("elections", Sum),
        ("vanished", Sum),
        ("no_leader", Sum),
        ("leaderless_ns", Sum),
    ];
}

/// Columns of an edge, as its caller sees it.
pub mod edge {
    use super::{Column, Kind::*};
    /// Calls begun, and messages handed over.
    pub const CALLS: usize = 0;
    /// Attempts made.
    pub const ATTEMPTS: usize = 1;
    /// Attempts after the first.
    pub const RETRIES: usize = 2;
    /// Attempts that ran out of patience.
    pub const TIMEOUTS: usize = 3;
    /// Messages lost, requests and replies.
    pub const LOST: usize = 4;
    /// Calls that ended well.
    pub const OK: usize = 5;
    /// Calls that failed for good.
    pub const FAILED: usize = 6;
    /// Sum of call times, retries included.
    pub const LATENCY_NS: usize = 7;
    /// Longest call.
    pub const LATENCY_MAX_NS: usize = 8;
    /// Attempts that an open breaker refused; they are attempts, but nothing was sent.
    pub const REFUSED: usize = 9;
    /// Times the breaker opened.
    pub const BREAKER_OPENS: usize = 10;
    /// Second attempts beside a first one.
    pub const HEDGES: usize = 11;
    /// Attempts that found no permit, and no room or time to wait for one.
    pub const NO_PERMIT: usize = 12;
    /// Sum of waiting times for permits, of attempts that got one.
    pub const PERMIT_WAIT_NS: usize = 13;
    /// Times that it stopped sending to a replica.
    pub const EJECTIONS: usize = 14;
    /// Attempts made while too few replicas were eligible: sent to any, or not at all.
    pub const NONE_ELIGIBLE: usize = 15;
    /// Attempts that the caller throttled; they are attempts, but nothing was sent.
    pub const THROTTLED: usize = 16;
    /// Messages sent again after having been lost.
    pub const RESENT: usize = 17;
    /// What its messages weighed, requests and replies, lost ones included.
    pub const CARRIED: usize = 18;
    /// Time for which its link was held, both directions.
    pub const LINK_BUSY_NS: usize = 19;
    /// Sum of times that messages waited for its link.
    pub const LINK_WAIT_NS: usize = 20;
    /// Batches of requests that set out.
    pub const BATCHES: usize = 21;
    /// Requests in them.
    pub const GATHERED: usize = 22;
    /// Sum of times that they waited for their batch to set out.
    pub const GATHER_WAIT_NS: usize = 23;
    /// Copies of attempts that opened a connection.
    pub const CONNECTS: usize = 24;
    /// Number of columns.
    pub const COUNT: usize = 25;
    /// All of them.
    pub const ALL: [Column; COUNT] = [
        ("calls", Sum),
        ("attempts", Sum),
        ("retries", Sum),
        ("timeouts", Sum),
        ("lost", Sum),
        ("ok", Sum),
        ("failed", Sum),
        ("latency_ns", Sum),
        ("latency_max_ns", Max),
        ("refused", Sum),
        ("breaker_opens", Sum),
        ("hedges", Sum),
        ("no_permit", Sum),
        ("permit_wait_ns", Sum),
        ("ejections", Sum),
        ("none_eligible", Sum),
        ("throttled", Sum),
        ("resent", Sum),
        ("carried", Sum),
        ("link_busy_ns", Sum),
        ("link_wait_ns", Sum),
        ("batches", Sum),
        ("gathered", Sum),
        ("gather_wait_ns", Sum),
        ("connects", Sum),
    ];
}

/// Columns of a flow: an endpoint as traffic sees it.
pub mod flow {
    use super::{Column, Kind::*};
    /// First of nine outcome counters: requests ended, by outcome code; late ones are not in `ok`.
    pub const OUTCOMES: usize = 0;
    /// Requests created.
    pub const REQUESTS: usize = 9;
    /// Answered well, but too late to be good.
    pub const LATE: usize = 10;
    /// Attempts of the sources' own calls.
    pub const ATTEMPTS: usize = 11;
    /// Sum of response times.
    pub const RESPONSE_NS: usize = 12;
    /// Longest response time.
    pub const RESPONSE_MAX_NS: usize = 13;
    /// Requests created and not ended.
    pub const IN_FLIGHT: usize = 14;
    /// Response time percentiles.
    pub const RESPONSE_P50: usize = 15;
    /// 95th percentile.
    pub const RESPONSE_P95: usize = 16;
    /// 99th percentile.
    pub const RESPONSE_P99: usize = 17;
    /// Tokens used for its requests, as far as answers brought them.
    pub const TOKENS: usize = 18;
    /// Their price in billionths of a dollar.
    pub const NANO_USD: usize = 19;
    /// Rounds taken for its requests.
    pub const TURNS: usize = 20;
    /// Percentiles of rounds.
    pub const TURNS_P50: usize = 21;
    /// 95th percentile.
    pub const TURNS_P95: usize = 22;
    /// 99th percentile.
    pub const TURNS_P99: usize = 23;
    /// Requests that ended because nobody led where they called.
    pub const NO_LEADER: usize = 24;
    /// Number of columns.
    pub const COUNT: usize = 25;
    /// Counter of an outcome.
    #[must_use]
    pub const fn of_outcome(code: usize) -> usize {
        if code == crate::outcome::NO_LEADER as usize { NO_LEADER } else { OUTCOMES + code }
    }
    /// All of them.
    pub const ALL: [Column; COUNT] = [
        ("ok", Sum),
        ("timeout", Sum),
        ("rejected", Sum),
        ("shed", Sum),
        ("rate_limited", Sum),
        ("breaker_open", Sum),
        ("lost", Sum),
        ("failed", Sum),
        ("abandoned", Sum),
        ("requests", Sum),
        ("late", Sum),
        ("attempts", Sum),
        ("response_ns", Sum),
        ("response_max_ns", Max),
        ("in_flight", Gauge),
        ("response_p50_ns", Quantile),
        ("response_p95_ns", Quantile),
        ("response_p99_ns", Quantile),
        ("tokens", Sum),
        ("nano_usd", Sum),
        ("turns", Sum),
        ("turns_p50", Quantile),
        ("turns_p95", Quantile),
        ("turns_p99", Quantile),
        ("no_leader", Sum),
    ];
}

/// Columns of a subscription: messages on an edge, from when they were published until they are dealt with.
pub mod subscription {
    use super::{Column, Kind::*};
    /// Messages that came.
    pub const MESSAGES: usize = 0;
    /// Messages whose handling ended well.
    pub const HANDLED: usize = 1;
    /// Messages that were handed over again because their consumer was lost.
    pub const REDELIVERED: usize = 2;
    /// Those of them that nobody recognized.
    pub const DUPLICATES: usize = 3;
    /// Messages that were lost with their consumer.
    pub const DROPPED: usize = 4;
    /// Messages that were not served in the time that they are kept.
    pub const EXPIRED: usize = 5;
    /// Times that partitions were assigned anew.
    pub const REBALANCES: usize = 6;
    /// Partitions that have moved to another replica.
    pub const MOVED: usize = 7;
    /// Messages by which the partition that has got most has grown.
    pub const HOTTEST: usize = 8;
    /// Most messages that waited in a partition when one more came.
    pub const LAG_MAX: usize = 9;
    /// Sum of times from being published to being handled.
    pub const END_TO_END_NS: usize = 10;
    /// Longest of them.
    pub const END_TO_END_MAX_NS: usize = 11;
    /// Percentiles of them.
    pub const END_TO_END_P50: usize = 12;
    /// 95th percentile.
    pub const END_TO_END_P95: usize = 13;
    /// 99th percentile.
    pub const END_TO_END_P99: usize = 14;
    /// Messages that others displaced because no more are kept.
    pub const DISPLACED: usize = 15;
    /// Number of columns.
    pub const COUNT: usize = 16;
    /// All of them.
    pub const ALL: [Column; COUNT] = [
        ("messages", Sum),
        ("handled", Sum),
        ("redelivered", Sum),
        ("duplicates", Sum),
        ("dropped", Sum),
        ("expired", Sum),
        ("rebalances", Sum),
        ("moved", Sum),
        ("hottest", Sum),
        ("lag_max", Max),
        ("end_to_end_ns", Sum),
        ("end_to_end_max_ns", Max),
        ("end_to_end_p50_ns", Quantile),
        ("end_to_end_p95_ns", Quantile),
        ("end_to_end_p99_ns", Quantile),
        ("displaced", Sum),
    ];
}

/// Offset, in words, of the first edge row within a block of rows.
#[must_use]
pub const fn edges_at(components: usize) -> usize {
    components * component::COUNT
}

/// Offset, in words, of the first flow row.
#[must_use]
pub const fn flows_at(components: usize, edges: usize) -> usize {
    edges_at(components) + edges * edge::COUNT
}

/// Offset, in words, of the first subscription row.
#[must_use]
pub const fn subscriptions_at(components: usize, edges: usize, flows: usize) -> usize {
    flows_at(components, edges) + flows * flow::COUNT
}

/// Offset, in words, of the first row of a replica that is watched; its columns are those of a component.
#[must_use]
pub const fn replicas_at(components: usize, edges: usize, flows: usize, subscriptions: usize) -> usize {
    subscriptions_at(components, edges, flows) + subscriptions * subscription::COUNT
}

/// Length of a block of rows in words; `watched` replicas have rows.
#[must_use]
pub const fn row_words(components: usize, edges: usize, flows: usize, subscriptions: usize, watched: usize) -> usize {
    replicas_at(components, edges, flows, subscriptions) + watched * component::COUNT
}

/// Histograms of `components` components come first, two each; then one per flow, then those of edges that have any, then one per subscription.
pub mod histograms {
    /// Histogram of a component's sojourn times.
    #[must_use]
    pub const fn sojourn(component: u32) -> u32 {
        component * 2
    }
    /// Histogram of a component's waiting times.
    #[must_use]
    pub const fn waiting(component: u32) -> u32 {
        component * 2 + 1
    }
    /// Histogram of a flow's response times.
    #[must_use]
    pub const fn response(components: u32, flow: u32) -> u32 {
        components * 2 + flow
    }
    /// Histogram of the rounds taken for a flow's requests, behind those of edges and subscriptions; only where there are meters.
    #[must_use]
    pub const fn turns(components: u32, flows: u32, others: u32, flow: u32) -> u32 {
        components * 2 + flows + others + flow
    }
    /// Histogram of the sojourn times at a replica that is watched: the last of all, one each.
    #[must_use]
    pub const fn replica(all: u32, watched: u32, row: u32) -> u32 {
        all - watched + row
    }
    /// A histogram of an edge, of so many.
    #[must_use]
    pub const fn of_edge(components: u32, flows: u32, number: u32) -> u32 {
        components * 2 + flows + number
    }
    /// Histogram of a subscription's times from being published to being handled.
    #[must_use]
    pub const fn end_to_end(components: u32, flows: u32, of_edges: u32, subscription: u32) -> u32 {
        components * 2 + flows + of_edges + subscription
    }
}
