//! Edges: latency, loss, breakers, permits, and which replica is chosen.

use core::cell::Cell;

/// An edge.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Edge {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Edge.bytes() }>,
    /// Hash of its name.
    pub hash: u64,
    /// Purposes of draws: request time, reply time, request jitter, reply jitter, request loss, reply loss, balance.
    pub purposes: [u64; 7],
    /// Loss of a message.
    pub loss: f64,
    /// How long its breaker stays open, 0 for no breaker.
    pub breaker_open_ns: u64,
    /// Length of the breaker's window of time, 0 if it judges the last attempts.
    pub breaker_window_ns: u64,
    /// Longest wait for a permit, 0: as long as the attempt's patience.
    pub permit_wait_ns: u64,
    /// Caller, [`NONE`](super::NONE) for traffic.
    pub from: u32,
    /// Callee.
    pub to: u32,
    /// Distribution of the network time, or [`NONE`](super::NONE).
    pub latency: u32,
    /// 0 in turn, 1 at random, 2 least loaded, 3 least loaded of some, 4 by weight; by key 5 modulo, 6 on a ring, 7 in a
    /// Maglev table.
    pub balance: u32,
    /// Cell of added delay, or [`NONE`](super::NONE).
    pub cell_delay: u32,
    /// Cell of jitter, or [`NONE`](super::NONE).
    pub cell_jitter: u32,
    /// Cell of request loss, or [`NONE`](super::NONE).
    pub cell_loss_request: u32,
    /// Cell of reply loss, or [`NONE`](super::NONE).
    pub cell_loss_reply: u32,
    /// Of how many, for balance 3; for balance 1: 1 if each replica of the caller keeps to one.
    pub choices: u32,
    /// The breaker judges the last so many attempts.
    pub breaker_count: u32,
    /// It opens at this share of failures, in 1/65,536.
    pub breaker_trip: u32,
    /// Fewest attempts that it judges.
    pub breaker_least: u32,
    /// Attempts that each replica of the caller may have under way, 0: any number.
    pub permits: u32,
    /// Most that wait for a permit.
    pub permit_queue: u32,
    /// First of its gates.
    pub first_gate: u32,
    /// Row of [`Balancing`], or [`NONE`](super::NONE): every replica may be chosen, always.
    pub balancing: u32,
    /// Row of [`Conduct`](super::Conduct), or [`NONE`](super::NONE).
    pub conduct: u32,
    /// Its bandwidth, or [`NONE`](super::NONE).
    pub link: u32,
    /// What becomes of messages on it, or [`NONE`](super::NONE).
    pub subscription: u32,
    /// How requests on it gather, or [`NONE`](super::NONE).
    pub gather: u32,
    /// Row of [`EdgeStrain`](super::EdgeStrain), or [`NONE`](super::NONE).
    pub strain: u32,
    /// 1 if a message that weighs nothing takes a nanosecond, whatever happens.
    pub instant: u32,
}

/// To which replicas an edge may send.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Balancing {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Balancing.bytes() }>,
    /// How long an ejection lasts, times how often the replica was ejected.
    pub eject_ns: u64,
    /// How long at most.
    pub eject_cap_ns: u64,
    /// Time from probe to probe, 0: it does not probe.
    pub probe_interval_ns: u64,
    /// Longest wait for the answer to a probe.
    pub probe_timeout_ns: u64,
    /// How long the share of a replica grows that has become eligible, 0: it does not.
    pub slow_start_ns: u64,
    /// Purpose of passing such a replica over.
    pub purpose_slow_start: u64,
    /// Added to the network time of an exchange between zones.
    pub cross_zone_ns: u64,
    /// The edge.
    pub edge: u32,
    /// First of its peers.
    pub first_peer: u32,
    /// 1: with fewer eligible replicas than `least` all are; 0: nothing is sent then.
    pub fail_open: u32,
    /// Fewest eligible replicas.
    pub least: u32,
    /// Failures in a row that eject a replica; 0: none do.
    pub eject_failures: u32,
    /// Most replicas ejected at once.
    pub eject_most: u32,
    /// Probes that must fail in a row.
    pub probe_fall: u32,
    /// Probes that must be answered well in a row.
    pub probe_rise: u32,
    /// For balance 4: first row of [`Weight`].
    pub first_weight: u32,
    /// Zones of caller and callee, 0: they do not matter.
    pub zones: u32,
    /// 1: replicas of the caller's zone are chosen as long as one of them is eligible.
    pub prefer_zone: u32,
    /// For balances 6 and 7: address of the table (state).
    pub table: u32,
    /// Its entries.
    pub table_len: u32,
    /// Unused.
    pub pad: u32,
}

/// The connections of an edge.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Connections {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Connections.bytes() }>,
    /// How long an idle one stays open.
    pub idle_ns: u64,
    /// Purpose of the draw of how long it takes to open one.
    pub purpose: u64,
    /// Distribution of that.
    pub connect: u32,
    /// The edge.
    pub edge: u32,
    /// Replicas of its caller.
    pub gates: u32,
    /// Replicas of its callee that connections end at; 1 where these share a queue.
    pub ends: u32,
    /// First of its counts of idle connections.
    pub first_stack: u32,
    /// Most of them from one replica to one other.
    pub depth: u32,
    /// First of the instants since when they are idle.
    pub first_since: u32,
    /// First of the epochs of its ends.
    pub first_epoch: u32,
}

/// A histogram of an edge.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct EdgeHistogram {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::EdgeHistogram.bytes() }>,
    /// Edge.
    pub edge: u32,
    /// 3 its calls, 4 its good attempts.
    pub kind: u32,
}

/// The bandwidth of an edge.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Link {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Link.bytes() }>,
    /// Units of weight per second without a slot.
    pub bandwidth: f64,
    /// Cell of the bandwidth, or [`NONE`](super::NONE).
    pub cell: u32,
    /// Unused.
    pub pad: u32,
}

/// State of a link.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct LinkState {
    /// When each direction is free again: requests, replies.
    pub free_ns: [Cell<u64>; 2],
}

/// State of a gate: the permits of an edge for one replica of its caller.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Gate {
    /// Permits in use.
    pub used: Cell<u32>,
    /// Strands that wait for one.
    pub waiting: Cell<u32>,
    /// First of them plus one.
    pub head: Cell<u32>,
    /// Last of them plus one.
    pub tail: Cell<u32>,
}

/// State of an edge.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct EdgeState {
    /// Results of the last attempts, a bit each, failures set; newest lowest.
    pub breaker_bits: Cell<u64>,
    /// Begin of the breaker's window of time.
    pub breaker_since_ns: Cell<u64>,
    /// End of being open, or of waiting for the probe.
    pub breaker_until_ns: Cell<u64>,
    /// Key of the probe's visit.
    pub breaker_probe: Cell<u64>,
    /// 0 closed, 1 open, 2 a probe is under way.
    pub breaker: Cell<u32>,
    /// Attempts judged so far.
    pub breaker_total: Cell<u32>,
    /// Failures among them, in a window of time.
    pub breaker_failed: Cell<u32>,
    /// Round-robin counter.
    pub turn: Cell<u32>,
    /// Retry tokens.
    pub tokens: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a peer: a replica in the eyes of an edge.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Peer {
    /// When it last became eligible, 0: it always was.
    pub since_ns: Cell<u64>,
    /// When the probe under way began.
    pub probe_ns: Cell<u64>,
    /// Number of the probe under way, or of the next.
    pub probes: Cell<u64>,
    /// By weight: how much it is behind what it should have had.
    pub behind: Cell<i64>,
    /// Row of [`Balancing`].
    pub balancing: Cell<u32>,
    /// Number of the replica within its component.
    pub replica: Cell<u32>,
    /// 1 while it is ejected.
    pub ejected: Cell<u32>,
    /// How often it was.
    pub ejections: Cell<u32>,
    /// Attempts that failed in a row.
    pub failures: Cell<u32>,
    /// 1 while probes say that it is not well.
    pub unhealthy: Cell<u32>,
    /// Probes in a row that say otherwise.
    pub contrary: Cell<u32>,
    /// Round-robin counter of the zone that has its number.
    pub turn: Cell<u32>,
}

/// Weight of a replica.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Weight {
    /// In proportion to those of the others.
    pub weight: u64,
}
