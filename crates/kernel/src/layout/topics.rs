//! Topics: what gathers before it is sent to them, how much they keep, and the brokers that they are on.

use core::cell::Cell;

/// How requests on an edge gather before they set out.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Gather {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Gather.bytes() }>,
    /// Hash of the edge's name.
    pub hash: u64,
    /// Longest wait of the first for others.
    pub linger_ns: u64,
    /// They set out when they weigh so much, 0: whatever they weigh.
    pub weight: u64,
    /// They set out when they are so many.
    pub messages: u32,
    /// 1: a batch comes in as one.
    pub together: u32,
    /// The edge.
    pub edge: u32,
    /// First of its baskets, one per replica of the caller.
    pub first_basket: u32,
}

/// State of a basket: what gathers at a replica of a caller.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Basket {
    /// What it weighs together.
    pub weight: Cell<u64>,
    /// First, plus one.
    pub head: Cell<u32>,
    /// Last, plus one.
    pub tail: Cell<u32>,
    /// How many.
    pub count: Cell<u32>,
    /// How often it was emptied.
    pub turn: Cell<u32>,
    /// Row of [`Gather`].
    pub gather: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// Publishers' view of the subscriptions of a component that keep so many messages and no more.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Depot {
    /// First of its bounds: rows of [`Subscription`](super::Subscription), `u32`.
    pub first_bound: u32,
    /// How many.
    pub bounds: u32,
    /// 1: publishers wait for room. 0: they are turned away.
    pub waits: u32,
    /// First strand that waits, plus one. State, as all that follows.
    pub head: Cell<u32>,
    /// Last, plus one.
    pub tail: Cell<u32>,
    /// 1 while the first is about to look again.
    pub awake: Cell<u32>,
}

/// Machines that logs are on.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Cluster {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Cluster.bytes() }>,
    /// Hash of the component's name.
    pub hash: u64,
    /// Purpose of the time until it is found out that a broker is gone.
    pub purpose: u64,
    /// How long a broker that is back is behind.
    pub catch_up_ns: u64,
    /// After which time it leads again what it led at first, 0: never.
    pub restore_ns: u64,
    /// Component.
    pub component: u32,
    /// First of its brokers, one per replica.
    pub first_broker: u32,
    /// Distribution of the time until it is found out that one is gone.
    pub detection: u32,
    /// Unused.
    pub pad: u32,
}

/// State of a broker.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Broker {
    /// How often it went down or came back.
    pub turns: Cell<u32>,
    /// 1 from when it was found to be gone until its copies are up to date again.
    pub gone: Cell<u32>,
}

/// A log on brokers: that of a topic. `turn` is state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Log {
    /// Row of [`Cluster`].
    pub cluster: u32,
    /// First of its partitions.
    pub first_partition: u32,
    /// Partitions.
    pub partitions: u32,
    /// Copies of each, at most 31 and at most the brokers.
    pub replication: u32,
    /// Copies that must be up to date for an append, 0: any number.
    pub min_in_sync: u32,
    /// Partition of the next append without a key.
    pub turn: Cell<u32>,
}

/// State of a partition of a log.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct LogPartition {
    /// Number of the copy that leads, or [`NONE`](super::NONE).
    pub leader: Cell<u32>,
    /// Copies that are up to date, a bit each.
    pub in_sync: Cell<u32>,
    /// How often its leader has gone down.
    pub term: Cell<u32>,
    /// Row of [`Log`].
    pub log: Cell<u32>,
}
