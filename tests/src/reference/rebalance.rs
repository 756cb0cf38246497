//! Members of a group: replicas that come and go, and how partitions are assigned to them.

use super::Engine;
use super::calendar::Event;
use sysdl_kernel::columns::subscription as column;
use sysdl_kernel::draw::mix;
use sysdl_kernel::fact;

impl Engine<'_> {
    /// A replica has gone down or come back, or its work stands still or goes on.
    pub(super) fn presence(&mut self, c: usize, r: usize) {
        if !self.is_assigned(c) {
            return;
        }
        let still = self.parameters.at(self.plan.components.slot_speed[c], r) == Some(0.0);
        let absent = still || !self.stations[c].is_up(r);
        let row = self.group(c).row;
        let member = &mut self.group(c).members[r];
        if absent == member.absent {
            return;
        }
        (member.absent, member.turns) = (absent, member.turns + 1);
        let Some(turn) = absent.then_some(member.turns) else {
            if std::mem::take(&mut member.expired) && !member.out {
                self.begin_assignment(c);
            }
            return;
        };
        let at_ns = self.now + self.plan.groups.session_ns[row];
        let key = mix(self.plan.components.hash[c] ^ (r as u64 + 1));
        self.calendar.push(at_ns, key, Event::Gone { component: c, member: r, turn });
    }

    /// It is looked at an instant how long a partition has been worked on.
    pub(super) fn watch_partition(&mut self, c: usize, p: usize, at_ns: u64) {
        self.group(c).partitions[p].watched = true;
        let key = mix(self.plan.components.hash[c] ^ (p as u64 + 1));
        self.calendar.push(at_ns, key, Event::Poll { component: c, partition: p });
    }

    /// A replica that has worked on what it took for too long is expelled; it comes again at once unless it stands still.
    pub(super) fn worked_on(&mut self, c: usize, p: usize) {
        let row = self.group(c).row;
        let partition = &mut self.group(c).partitions[p];
        partition.watched = false;
        let Some(&leader) = partition.at_work.first() else { return };
        let strand = self.strands.get(leader);
        let r = strand.replica.expect("it has been started");
        let began_ns = strand.visit().started_ns.expect("it has been started");
        let due_ns = began_ns + self.plan.groups.poll_ns[row];
        if self.now < due_ns {
            return self.watch_partition(c, p, due_ns);
        }
        self.empty_replica(c, r, 0.0);
        let member = self.group(c).members[r];
        if member.expired || member.out {
            return;
        }
        self.group(c).members[r].expired = true;
        self.begin_assignment(c);
        if !member.absent {
            self.group(c).members[r].expired = false;
            self.begin_assignment(c);
        }
    }

    /// A member's session is over, unless it has come back: what it holds is taken from it.
    pub(super) fn member_gone(&mut self, c: usize, r: usize, turn: u32) {
        if self.group(c).members[r].turns != turn {
            return;
        }
        self.group(c).members[r].expired = true;
        if self.stations[c].is_up(r) {
            self.empty_replica(c, r, 0.0);
        }
        if !self.group(c).members[r].out {
            self.begin_assignment(c);
        }
    }

    /// A replica has come into service, or is to take nothing new.
    pub(super) fn membership(&mut self, c: usize, r: usize) {
        if self.stations[c].group.is_none() {
            return;
        }
        let out = !self.stations[c].replicas[r].takes();
        let member = &mut self.group(c).members[r];
        let changed = std::mem::replace(&mut member.out, out) != out;
        if changed && !member.expired && self.is_assigned(c) {
            self.begin_assignment(c);
        }
    }

    pub(super) fn begin_assignment(&mut self, c: usize) {
        if let Some(once_more) = &mut self.group(c).assigning {
            *once_more = true;
            return;
        }
        self.group(c).assigning = Some(false);
        let row = self.group(c).row;
        let (sticky, pause_ns) = (self.plan.groups.sticky[row] == 1, self.plan.groups.pause_ns[row]);
        for s in 0..self.plan.subscriptions.edge.len() {
            if self.plan.subscriptions.group[s] as usize == row {
                *self.windows.subscription(s, column::REBALANCES) += 1;
            }
        }
        let targets = if sticky { self.sticky_assignment(c) } else { self.assignment_in_ranges(c) };
        for (p, target) in targets.into_iter().enumerate() {
            let partition = &mut self.group(c).partitions[p];
            partition.target = target;
            if !sticky || partition.target != partition.owner {
                partition.commit();
                partition.paused = true;
                self.settle(c, p);
            }
        }
        let hash = self.plan.components.hash[c];
        self.windows.fact(Some(c), fact::rebalance(hash, self.now, false, 0));
        self.calendar.push(self.now + pause_ns, hash, Event::Assigned { component: c });
    }

    /// Partitions have their new owners.
    pub(super) fn assigned(&mut self, c: usize) {
        let mut moved = 0;
        for p in 0..self.group(c).partitions.len() {
            let partition = &mut self.group(c).partitions[p];
            if !std::mem::take(&mut partition.paused) {
                continue;
            }
            let moves = partition.owner != partition.target;
            partition.owner = partition.target;
            let s = partition.subscription();
            if moves {
                moved += 1;
                *self.windows.subscription(s, column::MOVED) += 1;
            }
            self.settle(c, p);
        }
        self.windows.fact(Some(c), fact::rebalance(self.plan.components.hash[c], self.now, true, moved));
        for r in 0..self.group(c).members.len() {
            self.serve(c, Some(r));
        }
        if self.group(c).assigning.take() == Some(true) {
            self.begin_assignment(c);
        }
    }

    fn members(&mut self, c: usize) -> Vec<usize> {
        let members = &self.group(c).members;
        (0..members.len()).filter(|&r| !members[r].expired && !members[r].out).collect()
    }

    fn assignment_in_ranges(&mut self, c: usize) -> Vec<Option<usize>> {
        let members = self.members(c);
        let row = self.group(c).row;
        let (first, subscriptions) = (self.plan.groups.first_partition[row], &self.plan.subscriptions);
        let of_partition = |p: usize, s: usize| {
            let i = p - (subscriptions.first_partition[s] - first) as usize;
            members.get(i * members.len() / subscriptions.partitions[s] as usize).copied()
        };
        let partitions = self.stations[c].group.iter().flat_map(|group| &group.partitions);
        partitions.enumerate().map(|(p, partition)| of_partition(p, partition.subscription())).collect()
    }

    /// Each member keeps as many as it may have; the rest goes to those who have less than that, in order.
    fn sticky_assignment(&mut self, c: usize) -> Vec<Option<usize>> {
        let members = self.members(c);
        let owners: Vec<Option<usize>> = self.group(c).partitions.iter().map(|partition| partition.owner).collect();
        let mut targets = vec![None; owners.len()];
        if members.is_empty() {
            return targets;
        }
        let (fewest, mut more) = (owners.len() / members.len(), owners.len() % members.len());
        for &r in &members {
            let owned: Vec<usize> = (0..owners.len()).filter(|&p| owners[p] == Some(r)).collect();
            let extra = usize::from(owned.len() > fewest && more > 0);
            more -= extra;
            owned.into_iter().take(fewest + extra).for_each(|p| targets[p] = Some(r));
        }
        for room in [fewest, fewest + 1] {
            for &r in &members {
                let has = targets.iter().filter(|&&target| target == Some(r)).count();
                let free: Vec<usize> = (0..targets.len()).filter(|&p| targets[p].is_none()).collect();
                free.into_iter().take(room.saturating_sub(has)).for_each(|p| targets[p] = Some(r));
            }
        }
        targets
    }
}
