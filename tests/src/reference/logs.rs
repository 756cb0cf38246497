//! Logs on brokers: who leads a partition, who has copies of what is appended, and what is lost with a broker.

use super::Engine;
use super::calendar::Event;
use super::draws::whole_ns;
use super::program::Op;
use super::strands::StrandId;
use std::collections::BTreeSet;
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{below, draw, mix, nth, source_key};
use sysdl_kernel::fact::{self, transition};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan};

/// What is found out about a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    Gone,
    CaughtUp,
    LeadsAgain,
}

/// Brokers of a cluster.
pub(super) struct Cluster {
    /// How often each went down or came back.
    turns: Vec<u32>,
    /// Those that were found to be gone, until their copies are up to date again.
    gone: BTreeSet<usize>,
}

/// A log, by partition.
pub(super) struct Log {
    partitions: Vec<Partition>,
    turn: usize,
}

struct Partition {
    leader: Option<usize>,
    in_sync: BTreeSet<usize>,
    /// How often its leader has gone down.
    term: u32,
}

/// What a strand has appended.
#[derive(Clone, Debug)]
pub(super) struct Appended {
    log: usize,
    partition: usize,
    /// The leader's when it was asked; none before.
    term: Option<u32>,
    copies: BTreeSet<usize>,
}

pub(super) fn clusters(plan: &Plan) -> Vec<Cluster> {
    let replicas = plan.clusters.component.iter().map(|&c| plan.components.replicas[c as usize] as usize);
    replicas.map(|count| Cluster { turns: vec![0; count], gone: BTreeSet::new() }).collect()
}

pub(super) fn logs(plan: &Plan) -> Vec<Log> {
    let log = |i: usize| {
        let in_sync: BTreeSet<usize> = (0..plan.logs.replication[i] as usize).collect();
        let partition = || Partition { leader: Some(0), in_sync: in_sync.clone(), term: 0 };
        Log { partitions: (0..plan.logs.partitions[i]).map(|_| partition()).collect(), turn: 0 }
    };
    (0..plan.logs.cluster.len()).map(log).collect()
}

/// Appends.
impl Engine<'_> {
    fn brokers_of(&self, log: usize) -> usize {
        self.plan.clusters.component[self.plan.logs.cluster[log] as usize] as usize
    }

    /// Replica that has a copy of a partition.
    fn broker_with(&self, log: usize, partition: usize, copy: usize) -> usize {
        (partition + copy) % self.plan.components.replicas[self.brokers_of(log)] as usize
    }

    /// A strand appends to the partition of its key, or to the next in turn.
    pub(super) fn log_place(&mut self, strand: StrandId, op: Op) {
        let log = op.a as usize;
        let count = self.plan.logs.partitions[log];
        let partition = match self.strands.get(strand).request_key {
            Some(key) => below(mix(u64::from(key) + 1), count) as usize,
            None => {
                let turn = &mut self.logs[log].turn;
                std::mem::replace(turn, (*turn + 1) % count as usize)
            }
        };
        let appended = Appended { log, partition, term: None, copies: BTreeSet::new() };
        self.strands.get(strand).appended = Some(appended);
    }

    /// Where a call to the leader or to another copy goes; none if it is no such call.
    pub(super) fn broker_for(&mut self, strand: StrandId, site: u32) -> Option<Result<usize, u32>> {
        let copy = self.plan.sites.copy[site as usize];
        if copy == NONE {
            return None;
        }
        let appended = self.strands.get(strand).appended.clone().expect("it has a partition");
        let Appended { log, partition: p, term, .. } = appended;
        let partition = &self.logs[log].partitions[p];
        let (leader, now_term, in_sync) = (partition.leader, Some(partition.term), partition.in_sync.clone());
        if let Some(copy) = copy.checked_sub(1) {
            let copy = copy as usize;
            let needed = now_term == term && leader != Some(copy) && in_sync.contains(&copy);
            return Some(if needed { Ok(self.broker_with(log, p, copy)) } else { Err(outcome::OK) });
        }
        let Some(leader) = leader else { return Some(Err(outcome::FAILED)) };
        if (in_sync.len() as u32) < self.plan.logs.min_in_sync[log] {
            return Some(Err(outcome::REJECTED));
        }
        let copies = BTreeSet::from([leader]);
        self.strands.get(strand).appended = Some(Appended { term: now_term, copies, ..appended });
        Some(Ok(self.broker_with(log, p, leader)))
    }

    /// A branch has made a copy, if one was needed and its leader has not gone down meanwhile.
    pub(super) fn log_copied(&mut self, branch: StrandId, op: Op) {
        let copy = op.a as usize;
        let Appended { log, partition, term, .. } =
            self.strands.get(branch).appended.clone().expect("it has a partition");
        let partition = &self.logs[log].partitions[partition];
        let in_time = Some(partition.term) == term && partition.in_sync.contains(&copy);
        let waiting = self.strands.get(branch).awaited_by.filter(|&waiting| self.strands.waits(waiting));
        if let (true, Some(waiting)) = (in_time, waiting) {
            let appended = self.strands.get(waiting.strand).appended.as_mut();
            appended.expect("its strand has one").copies.insert(copy);
        }
    }

    /// Whether what was appended is there.
    pub(super) fn log_settle(&mut self, strand: StrandId) -> bool {
        let appended = self.strands.get(strand).appended.clone().expect("it has a partition");
        let partition = &self.logs[appended.log].partitions[appended.partition];
        if Some(partition.term) == appended.term {
            return true;
        }
        let Some(leader) = partition.leader else { return false };
        let other = partition.in_sync.iter().copied().find(|&copy| copy != leader);
        let r = self.broker_with(appended.log, appended.partition, leader);
        let heir = if self.stations[self.brokers_of(appended.log)].is_up(r) { Some(leader) } else { other };
        heir.is_some_and(|heir| appended.copies.contains(&heir))
    }

    /// What was said to be there is lost.
    pub(super) fn log_lost(&mut self, strand: StrandId) {
        let strand = self.strands.get(strand);
        let (c, count) = (strand.component.expect("it is at one"), 1 + strand.company.len() as u64);
        self.windows.add(c, component::VANISHED, count);
    }
}

/// Brokers that go down and come back.
impl Engine<'_> {
    /// Log, partition and copy of all that a broker has.
    fn copies_at(&self, cluster: usize, r: usize) -> Vec<(usize, usize, usize)> {
        let mut found = Vec::new();
        for log in (0..self.logs.len()).filter(|&log| self.plan.logs.cluster[log] as usize == cluster) {
            for p in 0..self.logs[log].partitions.len() {
                let copies = 0..self.plan.logs.replication[log] as usize;
                let copy = copies.into_iter().find(|&copy| self.broker_with(log, p, copy) == r);
                found.extend(copy.map(|copy| (log, p, copy)));
            }
        }
        found
    }

    fn find_out(&mut self, cluster: usize, r: usize, wait_ns: u64, finding: Finding) {
        let hash = self.plan.components.hash[self.plan.clusters.component[cluster] as usize];
        let key = mix(mix(hash) ^ (r as u64 + 1));
        let turn = self.clusters[cluster].turns[r];
        self.calendar.push(self.now + wait_ns, key, Event::Broker { cluster, replica: r, turn, finding });
    }

    pub(super) fn broker_goes_down(&mut self, cluster: usize, r: usize) {
        self.clusters[cluster].turns[r] += 1;
        for (log, p, copy) in self.copies_at(cluster, r) {
            let partition = &mut self.logs[log].partitions[p];
            partition.term += u32::from(partition.leader == Some(copy));
        }
        if self.clusters[cluster].gone.contains(&r) {
            return;
        }
        let rows = &self.plan.clusters;
        let hash = self.plan.components.hash[rows.component[cluster] as usize];
        let key = nth(nth(source_key(self.seed, hash), r as u64), u64::from(self.clusters[cluster].turns[r]));
        let wait_ns = whole_ns(self.draws.sample(rows.detection[cluster], draw(key, rows.purpose[cluster])));
        self.find_out(cluster, r, wait_ns, Finding::Gone);
    }

    pub(super) fn broker_comes_back(&mut self, cluster: usize, r: usize) {
        self.clusters[cluster].turns[r] += 1;
        if !self.clusters[cluster].gone.contains(&r) {
            return;
        }
        let mut moved = 0;
        for (log, p, copy) in self.copies_at(cluster, r) {
            let partition = &self.logs[log].partitions[p];
            if partition.leader.is_some() || !partition.in_sync.contains(&copy) {
                continue;
            }
            moved += 1;
            let copies = 0..self.plan.logs.replication[log] as usize;
            let is_there = |&copy: &usize| !self.clusters[cluster].gone.contains(&self.broker_with(log, p, copy));
            let there: Vec<usize> = copies.into_iter().filter(is_there).collect();
            let partition = &mut self.logs[log].partitions[p];
            partition.leader = Some(copy);
            partition.in_sync.extend(there);
        }
        self.led_anew(cluster, moved, 0);
        self.find_out(cluster, r, self.plan.clusters.catch_up_ns[cluster], Finding::CaughtUp);
    }

    pub(super) fn broker_found(&mut self, cluster: usize, r: usize, turn: u32, finding: Finding) {
        if self.clusters[cluster].turns[r] != turn {
            return;
        }
        let copies = self.copies_at(cluster, r);
        let (mut moved, mut without) = (0, 0);
        match finding {
            Finding::Gone => {
                self.clusters[cluster].gone.insert(r);
                for (log, p, copy) in copies {
                    let partition = &mut self.logs[log].partitions[p];
                    let next = partition.in_sync.iter().copied().find(|&other| other != copy);
                    if next.is_some() {
                        partition.in_sync.remove(&copy);
                    }
                    if partition.leader == Some(copy) {
                        partition.leader = next;
                        moved += u32::from(next.is_some());
                        without += u32::from(next.is_none());
                    }
                }
            }
            Finding::CaughtUp => {
                self.clusters[cluster].gone.remove(&r);
                for (log, p, copy) in copies {
                    let partition = &mut self.logs[log].partitions[p];
                    if partition.leader.is_some() {
                        partition.in_sync.insert(copy);
                    }
                }
                let restore_ns = self.plan.clusters.restore_ns[cluster];
                if restore_ns > 0 {
                    self.find_out(cluster, r, restore_ns, Finding::LeadsAgain);
                }
            }
            Finding::LeadsAgain => {
                for (log, p, _) in copies.into_iter().filter(|(_, _, copy)| *copy == 0) {
                    let partition = &mut self.logs[log].partitions[p];
                    if partition.leader != Some(0) && partition.in_sync.contains(&0) {
                        partition.leader = Some(0);
                        moved += 1;
                    }
                }
            }
        }
        self.led_anew(cluster, moved, without);
    }

    fn led_anew(&mut self, cluster: usize, moved: u32, without: u32) {
        let c = self.plan.clusters.component[cluster] as usize;
        if moved + without > 0 {
            self.windows.add(c, component::ELECTIONS, u64::from(moved));
            let hash = self.plan.components.hash[c];
            self.windows.fact(Some(c), fact::changed(hash, self.now, transition::LED_ANEW, moved, without));
        }
    }
}
