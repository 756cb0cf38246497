//! Stations: what a component is, and what its replicas are doing.

use core::cell::Cell;

/// Classes of a queue.
pub const CLASSES: usize = 4;

/// A component.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Component {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Component.bytes() }>,
    /// Hash of its name.
    pub hash: u64,
    /// Purpose of failing at service start.
    pub purpose_errors: u64,
    /// Purpose of patience.
    pub purpose_patience: u64,
    /// Purpose of random order.
    pub purpose_order: u64,
    /// Purpose of setup times.
    pub purpose_setup: u64,
    /// How long an idle server needs no setup.
    pub keep_alive_ns: u64,
    /// Longest wait that is fine, for discipline 4.
    pub codel_target_ns: u64,
    /// How long waits must exceed it.
    pub codel_interval_ns: u64,
    /// Tokens of its limit per nanosecond, 0 for no limit.
    pub limit_rate: f64,
    /// Most tokens.
    pub limit_burst: f64,
    /// Processors of a replica.
    pub cores: f64,
    /// Slowdown by each other at work.
    pub contention: f64,
    /// Slowdown by each pair at work.
    pub coherency: f64,
    /// Replicas.
    pub replicas: u32,
    /// First of them.
    pub first_replica: u32,
    /// Servers per replica, [`NONE`](super::NONE) for unbounded.
    pub servers: u32,
    /// Waiting room per queue, [`NONE`](super::NONE) for unbounded.
    pub queue_capacity: u32,
    /// 1: held for the visit.
    pub hold_visit: u32,
    /// 1: one queue for all replicas.
    pub shared_queue: u32,
    /// Outcome of finding no room.
    pub overflow: u32,
    /// First cell of the service factor, or [`NONE`](super::NONE).
    pub cell_service: u32,
    /// First cell of the error probability, or [`NONE`](super::NONE).
    pub cell_errors: u32,
    /// First cell of the down flag, or [`NONE`](super::NONE).
    pub cell_down: u32,
    /// First cell of the speed of work, or [`NONE`](super::NONE).
    pub cell_speed: u32,
    /// 0 first come, 1 last come, 2 random, 3 last come while many wait, 4 first come and some dropped.
    pub discipline: u32,
    /// 1: work shares processors.
    pub sharing: u32,
    /// Who interrupts work: 0 nobody, 1 a lower class, 2 everyone.
    pub preempt: u32,
    /// Distribution of the longest wait for a server, or [`NONE`](super::NONE).
    pub patience: u32,
    /// Distribution of the time to set a server up, or [`NONE`](super::NONE).
    pub setup: u32,
    /// First of the idle times of its servers.
    pub first_idle: u32,
    /// Most pieces of work that a server does together.
    pub batch: u32,
    /// How its replicas share out messages, or [`NONE`](super::NONE).
    pub group: u32,
    /// Row of [`Processors`], or [`NONE`](super::NONE): they are not counted.
    pub processors: u32,
    /// Row of [`ComponentStrain`](super::ComponentStrain), or [`NONE`](super::NONE).
    pub strain: u32,
    /// Row of [`Leaders`](super::Leaders), or [`NONE`](super::NONE): all replicas are alike.
    pub leaders: u32,
}

/// The processors of a component, all replicas together. All but `each` are state, in thousandths of a processor.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Processors {
    /// Processors at work.
    pub busy: Cell<u64>,
    /// Those of replicas that are up.
    pub up: Cell<u64>,
    /// What the integral of `busy` has beyond whole processors.
    pub busy_left: Cell<u64>,
    /// What that of `up` has.
    pub up_left: Cell<u64>,
    /// Processors of a replica.
    pub each: u32,
    /// Unused.
    pub pad: u32,
}

/// State of a component.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct ComponentState {
    /// Integrals are up to date until here.
    pub flushed_ns: Cell<u64>,
    /// Tokens of its limit.
    pub tokens: Cell<f64>,
    /// When they were counted.
    pub tokens_ns: Cell<u64>,
    /// Busy servers.
    pub busy: Cell<u32>,
    /// Waiting requests.
    pub waiting: Cell<u32>,
    /// Visits present.
    pub present: Cell<u32>,
    /// Servers that are up, 0 if unbounded.
    pub capacity: Cell<u32>,
    /// Where the search for a free replica begins (shared queue).
    pub cursor: Cell<u32>,
    /// Replicas that serve, where they come and go.
    pub serving: Cell<u32>,
    /// Replicas that there are, where they come and go.
    pub deployed: Cell<u32>,
    /// Its fleet plus one, 0: all replicas are always in service.
    pub fleet: Cell<u32>,
    /// First of the rows of its replicas plus one, 0: they have none.
    pub watched: Cell<u32>,
}

/// A replica that is watched. The last two are state, in thousandths of a processor.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct WatchedReplica {
    /// Hash of its facts.
    pub hash: u64,
    /// What the integral of processors at work has beyond whole ones.
    pub busy_left: Cell<u64>,
    /// What that of processors has.
    pub up_left: Cell<u64>,
    /// Component.
    pub component: u32,
    /// The replica, numbered through.
    pub replica: u32,
}

/// State of a replica, and of its queue.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct ReplicaState {
    /// Work done by each strand that shares its processors, in 1/256 ns; 0 when there is none.
    pub work: Cell<u64>,
    /// Up to date until here.
    pub work_ns: Cell<u64>,
    /// Heap of strands at work by their end: its root plus one, 0 for none.
    pub root: Cell<u32>,
    /// Strands at work.
    pub sharing: Cell<u32>,
    /// Component.
    pub component: Cell<u32>,
    /// Busy servers.
    pub busy: Cell<u32>,
    /// First waiting frame plus one, 0 for none, of each class. The queue shared by all replicas is the first's.
    pub heads: [Cell<u32>; CLASSES],
    /// Last waiting frame plus one, of each class.
    pub tails: [Cell<u32>; CLASSES],
    /// Waiting frames.
    pub waiting: Cell<u32>,
    /// Bit 0 after the queue filled up, bit 1 after it grew as long as there are servers, until it has drained.
    pub full: Cell<u32>,
    /// Visits that have arrived and not ended; not kept where replicas share a queue.
    pub present: Cell<u32>,
    /// Idle servers that were used before, where they need setup.
    pub idle: Cell<u32>,
    /// Strand that began work last, plus one, of those at work; kept where work can be interrupted.
    pub working: Cell<u32>,
    /// Dropping: when waits will have been long for an interval, 0 if they are not.
    pub long_until_ns: Cell<u64>,
    /// Dropping: when the next is dropped.
    pub drop_next_ns: Cell<u64>,
    /// Dropping: 1 while it goes on.
    pub dropping: Cell<u32>,
    /// Dropping: how many were dropped since it began, and before it began anew.
    pub drops: Cell<u32>,
    /// See `drops`.
    pub drops_before: Cell<u32>,
    /// Unused.
    pub pad: u32,
}
