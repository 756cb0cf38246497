//! Components one of whose replicas leads.

use core::cell::Cell;

/// A component one of whose replicas leads. What is in cells is state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Leaders {
    /// Time from word to word of the leader.
    pub heartbeat_ns: u64,
    /// Time from replica to replica.
    pub leg_ns: u64,
    /// When the leader was elected.
    pub elected_ns: Cell<u64>,
    /// When the last one was lost.
    pub lost_ns: Cell<u64>,
    /// Since when nobody leads who attends, as far as it is not counted yet.
    pub vacant_ns: Cell<u64>,
    /// Component.
    pub component: u32,
    /// 1: replicas elect the next; 0: it is named.
    pub elected: u32,
    /// 1: calls for the leader wait while nobody leads.
    pub waits: u32,
    /// Distribution of how long a replica that hears nothing waits, or of the time until the next is named.
    pub timeout: u32,
    /// First of its candidates.
    pub first_candidate: u32,
    /// The replica that leads, or [`NONE`](super::NONE).
    pub leader: Cell<u32>,
    /// The one that was lost last.
    pub lost: Cell<u32>,
    /// 1: nobody leads who attends.
    pub vacant: Cell<u32>,
    /// 1: the time is over after which the next is named, and nobody attended; where there are elections, the leader hears
    /// from fewer than a majority.
    pub overdue: Cell<u32>,
    /// Number of the term of the last leader.
    pub term: Cell<u32>,
    /// Number of the last timer that concerns all: until the next is named, until the leader steps down.
    pub timer: Cell<u32>,
    /// How many of those were set by a draw.
    pub draws: Cell<u32>,
    /// Replicas that attend.
    pub attending: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// A replica that may lead.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Candidate {
    /// Whose it is.
    pub leaders: Cell<u32>,
    /// The latest term that it knows of.
    pub term: Cell<u32>,
    /// Votes that it has in that term, 0: it is no candidate.
    pub votes: Cell<u32>,
    /// 1: it has voted in that term.
    pub voted: Cell<u32>,
    /// Number of its last timer.
    pub timer: Cell<u32>,
    /// How many timers were drawn.
    pub draws: Cell<u32>,
    /// 1: it does not attend.
    pub absent: Cell<u32>,
    /// Unused.
    pub pad: u32,
}
