//! Queues that are shared out by partition: groups, subscriptions, members.

use core::cell::Cell;

/// How the replicas of a component share out the messages for it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Group {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Group.bytes() }>,
    /// How long a replica may be gone before its partitions are assigned anew; where none are, how long a message that was
    /// lost with its consumer is not handed over again.
    pub session_ns: u64,
    /// How long that takes.
    pub pause_ns: u64,
    /// How long the handler waits for a batch.
    pub wait_ns: u64,
    /// How long a replica may work on what it took from a partition, 0: for ever.
    pub poll_ns: u64,
    /// Component.
    pub component: u32,
    /// First of its partitions.
    pub first_partition: u32,
    /// Partitions, of all subscriptions.
    pub partitions: u32,
    /// First of its members.
    pub first_member: u32,
    /// 1: each partition is assigned to a replica.
    pub assigned: u32,
    /// 1: a partition's messages are served one after another.
    pub ordered: u32,
    /// 1: partitions stay where they are if they can, and are served meanwhile.
    pub sticky: u32,
    /// Most messages that the handler works on together.
    pub batch: u32,
}

/// What becomes of messages on an edge.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Subscription {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::Subscription.bytes() }>,
    /// Hash of the edge's name.
    pub hash: u64,
    /// How long a message is kept, 0: for ever.
    pub retention_ns: u64,
    /// Group of the consumers.
    pub group: u32,
    /// First of its partitions.
    pub first_partition: u32,
    /// Partitions.
    pub partitions: u32,
    /// Messages of a partition after which it is committed what was done: 0 before each is done, 1 after each.
    pub commit_every: u32,
    /// 1: messages that come again and were done are recognized.
    pub idempotent: u32,
    /// Component whose digest its facts belong to.
    pub component: u32,
    /// Most messages that wait, 0: any number.
    pub depth: u32,
    /// Where publishers look for room, or [`NONE`](super::NONE): one too many displaces the first.
    pub depot: u32,
}

/// State of a partition.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct PartitionState {
    /// Messages that it has got.
    pub messages: Cell<u64>,
    /// First message that waits, plus one.
    pub head: Cell<u32>,
    /// Last of them, plus one.
    pub tail: Cell<u32>,
    /// Messages that wait.
    pub waiting: Cell<u32>,
    /// Messages done and not committed.
    pub done: Cell<u32>,
    /// First of them, plus one.
    pub done_head: Cell<u32>,
    /// Last of them, plus one.
    pub done_tail: Cell<u32>,
    /// Where it is served in order: the visit at work for it, plus one.
    pub leader: Cell<u32>,
    /// Replica that it is assigned to, or [`NONE`](super::NONE).
    pub owner: Cell<u32>,
    /// Replica that it is being assigned to, or [`NONE`](super::NONE).
    pub target: Cell<u32>,
    /// Bit 0: it stands in a line. Bit 1: it is not served for now.
    pub marks: Cell<u32>,
    /// The one behind it in the line, plus one.
    pub next: Cell<u32>,
    /// The one before it, plus one.
    pub previous: Cell<u32>,
    /// How often it was held back.
    pub turns: Cell<u32>,
    /// Group.
    pub group: Cell<u32>,
    /// Subscription; the last of the group's where they share it.
    pub subscription: Cell<u32>,
    /// 1 while an event is under way that looks how long it has been worked on.
    pub watched: Cell<u32>,
}

/// State of a member of a group: a replica.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct MemberState {
    /// First partition in its line, plus one. Where none are assigned, the first member has the line of all.
    pub head: Cell<u32>,
    /// Last of them, plus one.
    pub tail: Cell<u32>,
    /// Bit 0: it is down or stands still. Bit 1: its session is over.
    pub marks: Cell<u32>,
    /// How often it went or came back.
    pub turns: Cell<u32>,
    /// Group.
    pub group: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a group.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct GroupState {
    /// Bit 0: it assigns partitions anew. Bit 1: and once more after that.
    pub marks: Cell<u32>,
}

/// State of a subscription.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct SubscriptionState {
    /// Messages of the partition that has got most.
    pub hottest: Cell<u64>,
    /// Turn of the next message without a key.
    pub turn: Cell<u32>,
    /// Messages that wait, where that is bounded.
    pub waiting: Cell<u32>,
    /// Messages on their way, where publishers look for room.
    pub under_way: Cell<u32>,
    /// Unused.
    pub pad: u32,
}
