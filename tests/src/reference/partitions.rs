//! Partitions: messages that are served in order, and the replicas that share them out.

use super::Engine;
use super::calendar::{Event, Patience};
use super::stations::initial;
use super::strands::{Role, Strand, StrandId, Visit};
use std::collections::VecDeque;
use sysdl_kernel::columns::{component, subscription as column};
use sysdl_kernel::draw::{below, mix, nth};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan};

/// What changes about a group of consumers.
pub(super) struct Group {
    /// Row of the plan.
    pub(super) row: usize,
    pub(super) partitions: Vec<Partition>,
    /// Partitions that could be served, by the replica they are assigned to; all in the first line where none are.
    pub(super) lines: Vec<VecDeque<usize>>,
    pub(super) members: Vec<Member>,
    /// It assigns partitions anew; and once more after that.
    pub(super) assigning: Option<bool>,
}

/// Messages in order.
#[derive(Default)]
pub(super) struct Partition {
    subscription: usize,
    /// Messages that it has got.
    messages: u64,
    pub(super) waiting: VecDeque<StrandId>,
    /// Where it is served in order: the messages at work.
    pub(super) at_work: Vec<StrandId>,
    /// Messages done and not committed, as they were at their end.
    done: Vec<Strand>,
    pub(super) owner: Option<usize>,
    pub(super) target: Option<usize>,
    pub(super) paused: bool,
    /// It will be looked at how long it has been worked on.
    pub(super) watched: bool,
    /// How often it was held back.
    turns: u32,
}

/// A replica as a consumer.
#[derive(Clone, Copy, Default)]
pub(super) struct Member {
    pub(super) absent: bool,
    pub(super) expired: bool,
    /// It takes no new work.
    pub(super) out: bool,
    /// How often it went or came back.
    pub(super) turns: u32,
}

/// What changes about a subscription.
#[derive(Clone, Copy, Default)]
pub(super) struct Subscription {
    turns: u64,
    hottest: u64,
    /// Messages on their way.
    pub(super) under_way: u64,
}

impl Partition {
    /// Nothing that was done of it will come again.
    pub(super) fn commit(&mut self) {
        self.done.clear();
    }

    pub(super) fn subscription(&self) -> usize {
        self.subscription
    }
}

/// The group of a component as it is at the begin of a run, if it has one.
pub(super) fn of_component(plan: &Plan, c: usize) -> Option<Group> {
    let row = plan.components.group[c];
    if row == NONE {
        return None;
    }
    let row = row as usize;
    let (rows, subscriptions) = (&plan.groups, &plan.subscriptions);
    let replicas = plan.components.replicas[c] as usize;
    let in_service = initial(plan, c).map_or(replicas, |initial| initial as usize);
    let mut partitions: Vec<Partition> = (0..rows.partitions[row]).map(|_| Partition::default()).collect();
    for s in (0..subscriptions.edge.len()).filter(|&s| subscriptions.group[s] as usize == row) {
        let first = (subscriptions.first_partition[s] - rows.first_partition[row]) as usize;
        let count = subscriptions.partitions[s] as usize;
        for i in 0..count {
            partitions[first + i].subscription = s;
            let assigned = rows.assigned[row] == 1 && in_service > 0;
            partitions[first + i].owner = assigned.then_some(i * in_service / count);
        }
    }
    let lines = vec![VecDeque::new(); replicas];
    let members = (0..replicas).map(|r| Member { out: r >= in_service, ..Member::default() }).collect();
    Some(Group { row, partitions, lines, members, assigning: None })
}

/// Messages that come, wait and are served.
impl Engine<'_> {
    pub(super) fn group(&mut self, c: usize) -> &mut Group {
        self.stations[c].group.as_mut().expect("the component has a group")
    }

    fn subscription_of(&self, site: u32) -> usize {
        let edge = self.plan.sites.edge[site as usize] as usize;
        self.plan.edges.subscription[edge] as usize
    }

    /// A message has reached its component and may be served.
    pub(super) fn message_arrives(&mut self, c: usize, id: StrandId) {
        let site = self.strands.get(id).visit().site;
        let s = self.subscription_of(site);
        let row = self.group(c).row;
        let first = self.plan.subscriptions.first_partition[s] - self.plan.groups.first_partition[row];
        let p = first as usize + self.choose_partition(s, row, id);
        self.strands.get(id).partition = p;
        *self.windows.subscription(s, column::MESSAGES) += 1;
        let messages = &mut self.group(c).partitions[p].messages;
        *messages += 1;
        let messages = *messages;
        if messages > self.subscriptions[s].hottest {
            self.subscriptions[s].hottest = messages;
            *self.windows.subscription(s, column::HOTTEST) += 1;
        }
        let alone = self.plan.groups.batch[row] == 1;
        let at_once = alone && self.group(c).partitions[p].waiting.is_empty() && self.is_open(c, p);
        if let Some(r) = if at_once { self.server_for(c, p) } else { None } {
            self.works(c, p, vec![id]);
            return self.take_server(c, r, id);
        }
        self.waits_in_partition(c, p, id, false);
        self.settle(c, p);
        self.serve(c, self.group_owner(c, p));
        self.displace(c, s);
    }

    fn group_owner(&self, c: usize, p: usize) -> Option<usize> {
        self.stations[c].group.as_ref().and_then(|group| group.partitions[p].owner)
    }

    fn choose_partition(&mut self, s: usize, row: usize, visit: StrandId) -> usize {
        let count = self.plan.subscriptions.partitions[s];
        if let Some(key) = self.strands.get(visit).request_key {
            let assigned = self.plan.groups.assigned[row] == 1;
            return (if assigned { below(mix(u64::from(key) + 1), count) } else { key % count }) as usize;
        }
        let turn = self.subscriptions[s].turns;
        self.subscriptions[s].turns += u64::from(count > 1);
        (turn % u64::from(count)) as usize
    }

    /// Whether more work of a partition may begin.
    fn is_open(&mut self, c: usize, p: usize) -> bool {
        let assigned = self.is_assigned(c);
        let partition = &self.group(c).partitions[p];
        partition.at_work.is_empty() && !partition.paused && (!assigned || partition.owner.is_some())
    }

    pub(super) fn is_assigned(&mut self, c: usize) -> bool {
        let row = self.group(c).row;
        self.plan.groups.assigned[row] == 1
    }

    /// Whether a server could take messages of a partition now.
    fn is_ready(&mut self, c: usize, p: usize) -> bool {
        let row = self.group(c).row;
        let (size, wait_ns) = (self.plan.groups.batch[row] as usize, self.plan.groups.wait_ns[row]);
        let waiting = &self.group(c).partitions[p].waiting;
        let (count, oldest) = (waiting.len(), waiting.front().copied());
        let Some(oldest) = oldest else { return false };
        let since_ns = self.strands.get(oldest).visit().arrived_ns.expect("it has arrived");
        self.is_open(c, p) && (count >= size || self.now >= since_ns.saturating_add(wait_ns))
    }

    /// A replica with a free server for a partition.
    fn server_for(&mut self, c: usize, p: usize) -> Option<usize> {
        let servers = self.plan.components.servers[c];
        if !self.is_assigned(c) {
            return self.stations[c].find_free(servers);
        }
        let owner = self.group_owner(c, p)?;
        self.stations[c].is_free(owner, servers).then_some(owner)
    }

    fn works(&mut self, c: usize, p: usize, messages: Vec<StrandId>) {
        let row = self.group(c).row;
        if self.plan.groups.ordered[row] == 1 {
            self.group(c).partitions[p].at_work = messages;
            let poll_ns = self.plan.groups.poll_ns[row];
            if poll_ns > 0 && !self.group(c).partitions[p].watched {
                self.watch_partition(c, p, self.now + poll_ns);
            }
        }
    }

    fn waits_in_partition(&mut self, c: usize, p: usize, id: StrandId, first: bool) {
        let row = self.group(c).row;
        let (size, wait_ns) = (self.plan.groups.batch[row], self.plan.groups.wait_ns[row]);
        let wait = self.strands.begin_wait(id).wait;
        let strand = self.strands.get(id);
        strand.queued = true;
        let (key, site) = (strand.key, strand.visit().site);
        let s = self.subscription_of(site);
        let waiting = &mut self.group(c).partitions[p].waiting;
        if first {
            waiting.push_front(id)
        } else {
            waiting.push_back(id)
        }
        let lag = waiting.len() as u64;
        let longest = self.windows.subscription(s, column::LAG_MAX);
        *longest = lag.max(*longest);
        let all = self.stations[c].waiting();
        self.windows.raise(c, component::QUEUE_MAX, all);
        let retention_ns = self.plan.subscriptions.retention_ns[s];
        if retention_ns > 0 {
            let event = Event::Timeout { strand: id, wait, with: Patience::TooOld };
            self.calendar.push(self.now + retention_ns, key, event);
        }
        if size > 1 {
            let event = Event::Timeout { strand: id, wait, with: Patience::Alone };
            self.calendar.push(self.now + wait_ns, key, event);
        }
    }

    fn leaves_partition(&mut self, c: usize, p: usize, id: StrandId) {
        self.group(c).partitions[p].waiting.retain(|&waiting| waiting != id);
        let strand = self.strands.get(id);
        (strand.queued, strand.wait) = (false, None);
        let site = strand.visit().site;
        let s = self.subscription_of(site);
        self.may_have_room(s);
    }

    /// Puts a partition in its line, or takes it out, as it is ready or not.
    pub(super) fn settle(&mut self, c: usize, p: usize) {
        let ready = self.is_ready(c, p);
        let line = if self.is_assigned(c) { self.group_owner(c, p) } else { Some(0) };
        let lines = &mut self.group(c).lines;
        let stands = lines.iter().any(|line| line.contains(&p));
        match (ready, stands) {
            (true, false) => lines[line.expect("it is assigned")].push_back(p),
            (false, true) => lines.iter_mut().for_each(|line| line.retain(|&other| other != p)),
            _ => {}
        }
    }

    /// Free servers take what is in the line of a replica, or of the group.
    pub(super) fn serve(&mut self, c: usize, owner: Option<usize>) {
        let line = if self.is_assigned(c) { owner } else { Some(0) };
        let Some(line) = line else { return };
        while let Some(&p) = self.group(c).lines[line].front() {
            let Some(r) = self.server_for(c, p) else { return };
            let leader = self.take_messages(c, p);
            self.take_server(c, r, leader);
            self.attend(c, r, leader);
        }
    }

    /// What a server of a replica that is free does next.
    pub(super) fn next_of_group(&mut self, c: usize, r: usize) -> Option<StrandId> {
        if !self.is_assigned(c) && !self.stations[c].replicas[r].takes() {
            return None;
        }
        let line = if self.is_assigned(c) { r } else { 0 };
        let p = *self.group(c).lines[line].front()?;
        Some(self.take_messages(c, p))
    }

    /// Takes the next messages out of a partition; the first of them does the work of all.
    fn take_messages(&mut self, c: usize, p: usize) -> StrandId {
        let row = self.group(c).row;
        let size = self.plan.groups.batch[row] as usize;
        let messages: Vec<StrandId> = self.group(c).partitions[p].waiting.iter().copied().take(size).collect();
        for &message in &messages {
            self.leaves_partition(c, p, message);
        }
        let leader = messages[0];
        if messages.len() > 1 {
            self.strands.get(leader).deadline_ns = None;
            self.strands.get(leader).company = messages[1..].to_vec();
            messages.iter().for_each(|&message| self.strands.get(message).in_company = true);
        }
        self.works(c, p, messages);
        self.settle(c, p);
        leader
    }

    /// Those who are done with a visit are at work since now.
    pub(super) fn attend(&mut self, c: usize, r: usize, leader: StrandId) {
        for rider in self.strands.get(leader).company.clone() {
            let now = self.now;
            let strand = self.strands.get(rider);
            strand.replica = Some(r);
            strand.visit().started_ns = Some(now);
            let (arrived_ns, site) = (strand.visit().arrived_ns.expect("it has arrived"), strand.visit().site);
            self.record_start(c, arrived_ns);
            if self.plan.sites.once_received[site as usize] == 1 {
                self.received(rider);
            }
        }
    }

    /// The message of a visit that had started is done: how long that took from its being published on.
    pub(super) fn message_handled(&mut self, strand: &Strand, visit: Visit, result: u32) {
        let s = self.subscription_of(visit.site);
        if result != outcome::OK {
            return;
        }
        let took_ns = self.now - strand.born_ns;
        *self.windows.subscription(s, column::HANDLED) += 1;
        *self.windows.subscription(s, column::END_TO_END_NS) += took_ns;
        let longest = self.windows.subscription(s, column::END_TO_END_MAX_NS);
        *longest = took_ns.max(*longest);
        self.windows.observe_end_to_end(s, took_ns);
    }

    /// Remembers a message that is done, until it is committed.
    pub(super) fn keep_until_commit(&mut self, c: usize, strand: Strand, site: u32) {
        let s = self.subscription_of(site);
        if self.plan.subscriptions.commit_every[s] > 1 {
            let p = strand.partition;
            self.group(c).partitions[p].done.push(strand);
        }
    }

    /// The messages of a partition at work are done; their server at a replica is about to be free.
    pub(super) fn messages_done(&mut self, c: usize, p: usize, r: usize) {
        let partition = &mut self.group(c).partitions[p];
        partition.at_work.clear();
        let (done, waiting, s) = (partition.done.len(), partition.waiting.len(), partition.subscription);
        if waiting == 0 || done >= self.plan.subscriptions.commit_every[s] as usize {
            self.group(c).partitions[p].commit();
        }
        self.settle(c, p);
        let owner = self.group_owner(c, p);
        if self.is_assigned(c) && owner != Some(r) {
            self.serve(c, owner);
        }
    }
}

/// Messages that do not stay with their consumer.
impl Engine<'_> {
    /// A message that waits is called off.
    pub(super) fn leave_partition(&mut self, c: usize, id: StrandId, result: u32) {
        let p = self.strands.get(id).partition;
        self.leaves_partition(c, p, id);
        self.settle(c, p);
        self.end_visit(id, result);
    }

    /// A message has waited for as long as its topic keeps it.
    pub(super) fn message_too_old(&mut self, id: StrandId) {
        let strand = self.strands.get(id);
        let (c, site) = (strand.component.expect("it waits at a component"), strand.visit().site);
        let s = self.subscription_of(site);
        *self.windows.subscription(s, column::EXPIRED) += 1;
        self.leave_partition(c, id, outcome::LOST);
    }

    /// A message has waited for as long as its handler waits for others.
    pub(super) fn message_alone(&mut self, id: StrandId) {
        let strand = self.strands.get(id);
        let (c, p) = (strand.component.expect("it waits at a component"), strand.partition);
        self.settle(c, p);
        self.serve(c, self.group_owner(c, p));
    }

    /// A replica is lost: messages that it worked on, and those that it had not committed, come again, or are lost too.
    pub(super) fn take_back(&mut self, c: usize, r: usize) {
        let row = self.group(c).row;
        let (assigned, session_ns) = (self.plan.groups.assigned[row] == 1, self.plan.groups.session_ns[row]);
        for p in 0..self.group(c).partitions.len() {
            let at_work = self.group(c).partitions[p].at_work.clone();
            let works_here = at_work.first().is_some_and(|&leader| self.strands.get(leader).replica == Some(r));
            let mut come_again = Vec::new();
            if works_here {
                self.group(c).partitions[p].at_work.clear();
                come_again.extend(at_work.into_iter().filter_map(|old| Some((old, self.successor(old)?))));
            }
            for (old, strand) in come_again.into_iter().rev() {
                let served = strand.serves;
                let id = self.comes_again(c, p, strand);
                self.strands.get(id).serves = served;
                self.works_instead_of(old, id);
            }
            let owned = self.group_owner(c, p) == Some(r);
            if owned || works_here && !assigned {
                self.take_back_done(c, p);
            }
            if works_here && !assigned && session_ns > 0 {
                let partition = &mut self.group(c).partitions[p];
                partition.paused = true;
                partition.turns += 1;
                let turn = partition.turns;
                let key = mix(self.plan.components.hash[c] ^ (p as u64 + 1));
                self.calendar.push(self.now + session_ns, key, Event::Back { component: c, partition: p, turn });
            }
            self.settle(c, p);
            if works_here && !owned {
                self.serve(c, self.group_owner(c, p));
            }
        }
    }

    /// What takes the place of a message at work whose replica is lost; nothing if it was committed before.
    fn successor(&mut self, old: StrandId) -> Option<Strand> {
        let strand = self.strands.get(old);
        let site = strand.visit().site;
        let s = self.subscription_of(site);
        if self.plan.subscriptions.commit_every[s] == 0 {
            *self.windows.subscription(s, column::DROPPED) += 1;
            return None;
        }
        // Whoever waits for it waits for the other now.
        let strand = self.strands.get(old);
        let successor = strand.clone();
        strand.awaited_by = None;
        Some(successor)
    }

    /// Messages that were done and not committed come again, unless they are recognized.
    fn take_back_done(&mut self, c: usize, p: usize) {
        for mut strand in std::mem::take(&mut self.group(c).partitions[p].done).into_iter().rev() {
            let s = self.subscription_of(strand.visit().site);
            if self.plan.subscriptions.idempotent[s] == 1 {
                *self.windows.subscription(s, column::REDELIVERED) += 1;
            } else {
                strand.awaited_by = None;
                strand.deadline_ns = None;
                self.comes_again(c, p, strand);
            }
        }
    }

    /// A message is the first of its partition once more, with a key of its own.
    fn comes_again(&mut self, c: usize, p: usize, mut old: Strand) -> StrandId {
        let site = old.visit().site;
        let s = self.subscription_of(site);
        *self.windows.subscription(s, column::REDELIVERED) += 1;
        if self.plan.subscriptions.idempotent[s] == 0 {
            *self.windows.subscription(s, column::DUPLICATES) += 1;
        }
        let visit = Visit { site, arrived_ns: Some(self.now), started_ns: None, answered: false };
        let mut strand = Strand::new(nth(old.key, 1 << 33), Role::Visit(visit), self.plan.run.registers);
        (strand.awaited_by, strand.deadline_ns) = (old.awaited_by, old.deadline_ns);
        (strand.priority, strand.born_ns, strand.partition) = (old.priority, old.born_ns, p);
        (strand.component, strand.request_key) = (Some(c), old.request_key);
        (strand.size, strand.result) = (old.size, old.result);
        let id = self.strands.add(strand);
        self.windows.add(c, component::ARRIVALS, 1);
        self.stations[c].add_present();
        self.waits_in_partition(c, p, id, true);
        id
    }

    /// A partition whose message was lost with its consumer is served again.
    pub(super) fn partition_back(&mut self, c: usize, p: usize, turn: u32) {
        if self.group(c).partitions[p].turns == turn {
            self.group(c).partitions[p].paused = false;
            self.settle(c, p);
            self.serve(c, None);
        }
    }
}
