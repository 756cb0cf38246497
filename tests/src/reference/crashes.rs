//! Replicas that go down and come back: what becomes of the work that they hold.

use super::Engine;
use super::meters::Usage;
use super::stations::SILENT;
use super::strands::{Call, Doing, Role, Strand, StrandId, Waiting};
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::nth;
use sysdl_kernel::outcome;
use sysdl_lower::plan::NONE;

/// Value of being down: what is in service goes back to the queue.
const REQUEUES: f64 = 3.0;

impl Engine<'_> {
    /// A replica goes down: what it holds is killed.
    pub(super) fn take_down(&mut self, c: usize, r: usize, value: f64) {
        self.empty_replica(c, r, value);
        if self.stations[c].group.is_some() {
            self.presence(c, r);
        }
        if self.plan.components.cluster[c] != NONE {
            self.broker_goes_down(self.plan.components.cluster[c] as usize, r);
        }
    }

    /// Every visit that has arrived at a replica and every branch there is killed, for a value of being down; 0: it is up.
    pub(super) fn empty_replica(&mut self, c: usize, r: usize, value: f64) {
        let has_group = self.stations[c].group.is_some();
        if has_group {
            self.take_back(c, r);
        }
        let at_replica = |strand: &Strand| strand.component == Some(c) && strand.replica == Some(r);
        let has_arrived = |strand: &Strand| match strand.role {
            Role::Visit(visit) => visit.arrived_ns.is_some(),
            _ => true,
        };
        let killed = self.strands.which(|strand| at_replica(strand) && has_arrived(strand));
        let replica = &mut self.stations[c].replicas[r];
        *replica = replica.emptied(value == 0.0);
        self.reset_gates(c, r);
        self.reset_connections(c, r);
        self.lose_baskets(c, r);
        self.fail_fetches(&killed);
        self.leave_lines(&killed);
        if value >= REQUEUES && self.plan.components.shared_queue[c] == 1 && !has_group {
            return self.requeue(c, r, killed);
        }
        // All of them end first, because none of them hears an answer of another.
        let killed: Vec<Strand> = killed.into_iter().map(|strand| self.strands.remove(strand)).collect();
        for strand in &killed {
            self.waste_of_killed(c, strand);
        }
        for mut strand in killed.into_iter().filter(|strand| matches!(strand.role, Role::Visit(_))) {
            if value == SILENT {
                strand.visit().answered = true;
            }
            self.count_killed(c, &mut strand);
        }
    }

    /// What a killed strand has used, and what was under way to it, is for nobody.
    fn waste_of_killed(&mut self, c: usize, strand: &Strand) {
        for answer in &strand.under_way {
            let edge = self.plan.sites.edge[strand.call.site as usize] as usize;
            self.waste(self.plan.edges.to[edge] as usize, answer.usage);
        }
        let has_answered = matches!(strand.role, Role::Visit(visit) if visit.answered);
        if strand.awaited_by.is_some() && !has_answered {
            self.waste(c, strand.usage);
        }
    }

    /// Visits that a replica was at go back to the head of their queue, to begin anew; its branches are gone.
    fn requeue(&mut self, c: usize, r: usize, killed: Vec<StrandId>) {
        let mut visits = Vec::new();
        for id in killed {
            let strand = self.strands.get(id).clone();
            self.waste_of_killed(c, &strand);
            match strand.role {
                Role::Visit(visit) => visits.push((visit.arrived_ns, strand.key, id)),
                _ => drop(self.strands.remove(id)),
            }
        }
        visits.sort_unstable();
        for (_, key, id) in visits.into_iter().rev() {
            let anew = self.strands.get(id);
            anew.visit().started_ns = None;
            (anew.key, anew.replica, anew.outcome, anew.wait) = (nth(key, 1 << 33), None, outcome::OK, None);
            (anew.call, anew.work, anew.doing, anew.left_ns) = (Call::default(), None, Doing::Else, None);
            (anew.gated, anew.permits, anew.remembered) = (false, 0, None);
            (anew.usage, anew.context, anew.cached) = (Usage::default(), 0, 0);
            anew.under_way.clear();
            anew.riders.clear();
            self.windows.add(c, component::REQUEUED, 1);
            self.put_back(c, r, id);
        }
    }

    /// Replicas that are up take from the queue that they share what they have servers for.
    pub(super) fn take_up(&mut self, c: usize) {
        while self.stations[c].shared.len() > 0 {
            let Some(r) = self.stations[c].find_free(self.plan.components.servers[c]) else { return };
            let Some(visit) = self.next_in_queue(c, r) else { return };
            self.take_server(c, r, visit);
        }
    }

    fn count_killed(&mut self, c: usize, strand: &mut Strand) {
        self.windows.add(c, component::OUTCOMES + outcome::FAILED as usize, 1);
        self.windows.add(c, component::KILLED, 1);
        let place = (c, strand.replica.expect("it was killed at one"));
        self.ended_at(place, outcome::FAILED, None);
        self.windows.add_replica(place, component::KILLED, 1);
        self.stations[c].present -= 1;
        let (key, visit) = (strand.key, *strand.visit());
        let caller: Option<Waiting> = strand.awaited_by.filter(|&caller| self.strands.waits(caller));
        if let (Some(caller), false) = (caller, visit.answered) {
            self.send_reply(visit.site, key, 0, Usage::default(), caller, outcome::FAILED);
        }
    }

    /// A replica comes back: it takes as many from a shared queue as it has servers for.
    pub(super) fn bring_up(&mut self, c: usize, r: usize) {
        self.stations[c].replicas[r].up = true;
        if self.plan.components.cluster[c] != NONE {
            self.broker_comes_back(self.plan.components.cluster[c] as usize, r);
        }
        self.reset_connections(c, r);
        if self.stations[c].group.is_some() {
            self.presence(c, r);
            return self.serve(c, Some(r));
        }
        self.take_from_queue(c, r);
    }

    /// A replica that has come takes as many from a shared queue as it has servers for.
    pub(super) fn take_from_queue(&mut self, c: usize, r: usize) {
        let replica = &self.stations[c].replicas[r];
        if !replica.up || !replica.takes() {
            return;
        }
        if self.stations[c].group.is_some() {
            return self.serve(c, Some(r));
        }
        while self.stations[c].replicas[r].has_free(self.plan.components.servers[c]) {
            if self.stations[c].shared.len() == 0 {
                return;
            }
            let Some(visit) = self.next_in_queue(c, r) else { return };
            self.take_server(c, r, visit);
        }
    }
}
