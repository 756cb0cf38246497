//! The calendar: future events in the order of (time, rank, key).

use super::leaders::Ballot;
use super::logs::Finding;
use super::strands::{Session, StrandId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The number of a wait. Every wait of a run has its own, so a late event is recognized by it.
pub(super) type Wait = u64;

/// How a strand goes on after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// At the operation for a good end.
    Well,
    /// At the operation for a bad end.
    Badly,
    /// With the next attempt of its call.
    NextAttempt,
    /// With its program: its server is set up.
    Begin,
    /// Waiting on, with a second attempt beside the one under way.
    Hedge { number: u32 },
    /// By a look whether there is room to publish.
    Room,
    /// Waiting on, with the attempt sent to the leader that there is now.
    Send,
}

/// What patience runs out with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Patience {
    /// An attempt.
    Attempt,
    /// A wait for a permit.
    Gate,
    /// A wait for a server.
    Queue,
    /// A message that is kept no longer.
    TooOld,
    /// A message that is not served with others.
    Alone,
}

/// A step of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// It begins.
    Begin,
    /// It reaches the replica.
    Look,
    /// It has its result.
    Result { well: bool },
}

/// What happens at an instant, in the order of ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// Rank 0: a row of the timeline acts.
    Timeline { row: usize },
    /// Rank 0: an effect comes or goes at random.
    Turn { row: usize },
    /// Rank 0: what a trigger has brought about is over: its number among all that triggers bring about.
    Over { number: usize },
    /// Rank 0: a replica that started is ready.
    Ready { component: usize, replica: usize },
    /// Rank 1: a piece of work is done.
    WorkEnd { strand: StrandId, wait: Wait },
    /// Rank 2: an answer reaches the strand that made an attempt; or the attempt was never sent.
    Reply { strand: StrandId, wait: Wait, outcome: u32, visit_key: u64, sent: bool },
    /// Rank 3: patience runs out.
    Timeout { strand: StrandId, wait: Wait, with: Patience },
    /// Rank 3: a member of a group has been gone for too long.
    Gone { component: usize, member: usize, turn: u32 },
    /// Rank 3: the partitions of a group have their new owners.
    Assigned { component: usize },
    /// Rank 3: a partition whose message was lost is served again.
    Back { component: usize, partition: usize, turn: u32 },
    /// Rank 3: the first of what gathers at a replica of a sender has waited for long enough.
    Lingered { edge: u32, replica: usize, turn: u32 },
    /// Rank 3: a partition may have been worked on for too long.
    Poll { component: usize, partition: usize },
    /// Rank 3: something is found out about a broker.
    Broker { cluster: usize, replica: usize, turn: u32, finding: Finding },
    /// Rank 3: a replica has heard nothing of a leader for as long as it waits.
    HearsNothing { leadership: usize, replica: usize, timer: u64 },
    /// Rank 3: a candidate asks for votes, or counts them.
    Ballot { leadership: usize, replica: usize, ballot: Ballot },
    /// Rank 3: the next leader is named, or the one that there is steps down.
    NextLeader { leadership: usize, timer: u64 },
    /// Rank 4: a pause is over.
    Resume { strand: StrandId, wait: Wait, how: How },
    /// Rank 5: a message reaches its component.
    Arrive { visit: StrandId },
    /// Rank 6: word reaches a visit that its answer is not wanted.
    CallOff { visit: StrandId, visit_key: u64 },
    /// A message that was lost sets out again, for the so-manieth time; its rank is that of its arrival.
    Resend { message: Message, retries: u32 },
    /// Rank 7: an ejection of a replica by an edge is over.
    Return { edge: u32, replica: usize },
    /// Rank 7: a probe of a replica by an edge goes on.
    Probe { edge: u32, replica: usize, step: Step },
    /// Rank 8: a source creates a request. An open one has planned it under a number.
    Source { source: usize, user: u32, planned: u64 },
    /// Rank 8: one who arrived with others comes.
    Comer { source: usize, key: u64 },
    /// Rank 8: a session has thought.
    Session { source: usize, session: Session },
    /// Rank 9: a window closes.
    Window,
    /// Rank 10: what watches closed windows acts.
    Control,
}

/// What travels between components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Message {
    /// Brings a visit to its component.
    Request { visit: StrandId, visit_key: u64 },
    /// Brings an answer.
    Reply { strand: StrandId, wait: Wait, outcome: u32, visit_key: u64 },
    /// Tells a visit that its answer is not wanted.
    Word { visit: StrandId, visit_key: u64 },
}

impl Message {
    /// What happens when it has arrived, and the key of that.
    pub(super) fn arrival(self) -> (u64, Event) {
        match self {
            Message::Request { visit, visit_key } => (visit_key, Event::Arrive { visit }),
            Message::Reply { strand, wait, outcome, visit_key } => {
                (visit_key, Event::Reply { strand, wait, outcome, visit_key, sent: true })
            }
            Message::Word { visit, visit_key } => (visit_key, Event::CallOff { visit, visit_key }),
        }
    }
}

impl Event {
    fn rank(self) -> u8 {
        match self {
            Event::Timeline { .. } | Event::Turn { .. } | Event::Ready { .. } | Event::Over { .. } => 0,
            Event::WorkEnd { .. } => 1,
            Event::Reply { .. } => 2,
            Event::Timeout { .. } | Event::Gone { .. } | Event::Assigned { .. } => 3,
            Event::Back { .. } | Event::Lingered { .. } | Event::Broker { .. } | Event::Poll { .. } => 3,
            Event::HearsNothing { .. } | Event::Ballot { .. } | Event::NextLeader { .. } => 3,
            Event::Resume { .. } => 4,
            Event::Arrive { .. } => 5,
            Event::CallOff { .. } => 6,
            Event::Resend { message, .. } => message.arrival().1.rank(),
            Event::Return { .. } | Event::Probe { .. } => 7,
            Event::Source { .. } | Event::Comer { .. } | Event::Session { .. } => 8,
            Event::Window => 9,
            Event::Control => 10,
        }
    }
}

/// Future events. Two with equal time, rank and key never both matter: one of them is late.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    events: BinaryHeap<Reverse<(u64, u8, u64, Event)>>,
}

impl Calendar {
    pub(super) fn push(&mut self, at_ns: u64, key: u64, event: Event) {
        self.events.push(Reverse((at_ns, event.rank(), key, event)));
    }

    /// The next event, if it is before an instant.
    pub(super) fn pop_before(&mut self, until_ns: u64) -> Option<(u64, Event)> {
        if self.events.peek()?.0.0 >= until_ns {
            return None;
        }
        self.events.pop().map(|Reverse((at_ns, _, _, event))| (at_ns, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_leave_by_time_then_rank_then_key() {
        let mut calendar = Calendar::default();
        calendar.push(5, 0, Event::Window);
        calendar.push(5, 9, Event::Timeout { strand: 1, wait: 1, with: Patience::Attempt });
        calendar.push(5, 3, Event::Timeout { strand: 2, wait: 2, with: Patience::Attempt });
        calendar.push(4, 0, Event::Window);
        calendar.push(6, 0, Event::Window);
        let order: Vec<_> = std::iter::from_fn(|| calendar.pop_before(6)).collect();
        let expected = [
            (4, Event::Window),
            (5, Event::Timeout { strand: 2, wait: 2, with: Patience::Attempt }),
            (5, Event::Timeout { strand: 1, wait: 1, with: Patience::Attempt }),
            (5, Event::Window),
        ];
        assert_eq!(order, expected);
    }
}
