//! Room in topics: how many messages a subscription keeps, and what happens to one more.

use super::Engine;
use super::calendar::{Event, How};
use super::program::Op;
use super::strands::{StrandId, Waiting};
use std::collections::VecDeque;
use sysdl_kernel::columns::subscription as column;
use sysdl_kernel::outcome;
use sysdl_lower::plan::NONE;

/// Publishers that wait for room.
#[derive(Clone, Default)]
pub(super) struct Depot {
    line: VecDeque<Waiting>,
    /// The first of them is about to look.
    awake: bool,
}

impl Engine<'_> {
    /// Messages of a subscription that wait.
    fn waiting_of(&mut self, s: usize) -> Vec<StrandId> {
        let group = self.plan.subscriptions.group[s] as usize;
        let c = self.plan.groups.component[group] as usize;
        let first = (self.plan.subscriptions.first_partition[s] - self.plan.groups.first_partition[group]) as usize;
        let count = self.plan.subscriptions.partitions[s] as usize;
        let partitions = &self.group(c).partitions[first..first + count];
        let all: Vec<StrandId> = partitions.iter().flat_map(|partition| partition.waiting.iter().copied()).collect();
        all.into_iter().filter(|&id| self.is_of(id, s)).collect()
    }

    fn is_of(&mut self, message: StrandId, s: usize) -> bool {
        let site = self.strands.get(message).visit().site;
        self.plan.edges.subscription[self.edge_of(site) as usize] as usize == s
    }

    fn has_room_for_one(&mut self, depot: usize) -> bool {
        self.plan.depots.bounds[depot].iter().all(|&s| {
            let under_way = self.subscriptions[s as usize].under_way;
            let waiting = self.waiting_of(s as usize).len() as u64;
            waiting + under_way < u64::from(self.plan.subscriptions.depth[s as usize])
        })
    }

    /// A strand wants to publish: it goes on, is turned away, or waits for room.
    pub(super) fn room(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        if let Some(why) = self.reason_to_stop(strand) {
            self.strands.get(strand).outcome = why;
            return Some(op.alt);
        }
        let depot = op.a as usize;
        if self.depots[depot].line.is_empty() && self.has_room_for_one(depot) {
            return Some(op.next);
        }
        if self.plan.depots.waits[depot] == 0 {
            self.strands.get(strand).outcome = outcome::REJECTED;
            return Some(op.alt);
        }
        self.strands.get(strand).well = op.next;
        let waiting = self.strands.begin_wait(strand);
        self.depots[depot].line.push_back(waiting);
        None
    }

    /// A message is on its way on an edge.
    pub(super) fn message_sets_out(&mut self, edge: u32) {
        let s = self.plan.edges.subscription[edge as usize];
        if s != NONE {
            self.subscriptions[s as usize].under_way += 1;
        }
    }

    /// It has arrived, or never will.
    pub(super) fn message_landed(&mut self, edge: u32) {
        let s = self.plan.edges.subscription[edge as usize];
        if s != NONE {
            self.subscriptions[s as usize].under_way -= 1;
            self.may_have_room(s as usize);
        }
    }

    /// The first of the line looks one nanosecond later, unless it is about to.
    pub(super) fn may_have_room(&mut self, s: usize) {
        let depot = self.plan.subscriptions.depot[s];
        if depot != NONE && !self.depots[depot as usize].awake {
            self.look_next(depot as usize);
        }
    }

    fn look_next(&mut self, depot: usize) {
        let first = self.depots[depot].line.front().copied();
        self.depots[depot].awake = first.is_some();
        if let Some(Waiting { strand, wait }) = first {
            let key = self.strands.get(strand).key;
            self.calendar.push(self.now + 1, key, Event::Resume { strand, wait, how: How::Room });
        }
    }

    /// The first of a line looks whether there is room.
    pub(super) fn look_for_room(&mut self, waiting: Waiting) {
        let stands = |depot: &Depot| depot.line.front() == Some(&waiting);
        let depot = self.depots.iter().position(stands).expect("it is the first of a line");
        self.depots[depot].awake = false;
        if !self.has_room_for_one(depot) {
            return;
        }
        self.depots[depot].line.pop_front();
        self.strands.end_wait(waiting);
        let well = self.strands.get(waiting.strand).well;
        self.go_on(waiting.strand, well);
        if !self.depots[depot].awake {
            self.look_next(depot);
        }
    }

    /// Strands that are killed stand in no line.
    pub(super) fn leave_lines(&mut self, killed: &[StrandId]) {
        for depot in 0..self.depots.len() {
            let line = &mut self.depots[depot].line;
            let first = line.front().copied();
            line.retain(|waiting| !killed.contains(&waiting.strand));
            if line.front().copied() != first {
                self.look_next(depot);
            }
        }
    }

    /// A message waits beyond what its subscription keeps: the one that came first goes.
    pub(super) fn displace(&mut self, c: usize, s: usize) {
        let depth = self.plan.subscriptions.depth[s] as usize;
        if depth == 0 || self.plan.subscriptions.depot[s] != NONE || self.waiting_of(s).len() <= depth {
            return;
        }
        let mut firsts = Vec::new();
        let waiting: Vec<VecDeque<StrandId>> = self.group(c).partitions.iter().map(|p| p.waiting.clone()).collect();
        for messages in waiting {
            firsts.extend(messages.into_iter().find(|&message| self.is_of(message, s)));
        }
        let oldest = firsts.into_iter().min_by_key(|&message| {
            let strand = self.strands.get(message);
            (strand.visit().arrived_ns, strand.key)
        });
        *self.windows.subscription(s, column::DISPLACED) += 1;
        self.leave_partition(c, oldest.expect("too many wait"), outcome::LOST);
    }
}
