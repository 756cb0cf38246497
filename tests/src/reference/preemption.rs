//! Work that is interrupted, and goes on later where it stopped.

use super::Engine;
use super::strands::{Role, StrandId, Work};
use sysdl_kernel::columns::component;

impl Engine<'_> {
    /// Whether a strand's work can be interrupted: it holds a server of its own.
    fn can_be_interrupted(&mut self, c: usize, strand: StrandId) -> bool {
        let of_visit = self.plan.components.hold_visit[c] == 1;
        let is_branch = matches!(self.strands.get(strand).role, Role::Branch);
        self.plan.components.preempt[c] != 0 && !(of_visit && is_branch)
    }

    /// Work has begun and ends after a time.
    pub(super) fn interruptible_work_begins(&mut self, strand: StrandId, duration_ns: u64) {
        let (c, r) = self.place(strand);
        if self.can_be_interrupted(c, strand) {
            self.strands.get(strand).work_ends_ns = self.now + duration_ns;
            self.stations[c].replicas[r].working.push(strand);
        }
    }

    /// Work is over.
    pub(super) fn interruptible_work_ends(&mut self, strand: StrandId) {
        let (c, r) = self.place(strand);
        self.stations[c].replicas[r].working.retain(|&working| working != strand);
    }

    /// Interrupts work for a strand, if there is work to interrupt and room to wait. True if a server is now the strand's.
    pub(super) fn interrupt_for(&mut self, c: usize, r: usize, strand: StrandId) -> bool {
        let preempt = self.plan.components.preempt[c];
        if preempt == 0 || !self.has_room(c, Some(r)) {
            return false;
        }
        let class = self.strands.get(strand).priority;
        let working = self.stations[c].replicas[r].working.clone();
        // The last of the highest class.
        let Some(victim) = working.into_iter().max_by_key(|&working| self.strands.get(working).priority) else {
            return false;
        };
        let found = self.strands.get(victim).priority;
        if found < class || found == class && preempt != 2 {
            return false;
        }
        self.interruptible_work_ends(victim);
        let (now, of_visit) = (self.now, self.plan.components.hold_visit[c] == 1);
        let stopped = self.strands.get(victim);
        stopped.wait = None;
        stopped.left_ns = Some(stopped.work_ends_ns.saturating_sub(now).max(1));
        let since_ns = if of_visit { stopped.visit().started_ns } else { stopped.work.map(|work| work.asked_ns) };
        self.windows.add(c, component::SERVICE_NS, now - since_ns.expect("it was served"));
        self.put_back(c, r, victim);
        true
    }

    /// Interrupted work goes on; a server is already its own.
    pub(super) fn resume_work(&mut self, c: usize, strand: StrandId, left_ns: u64) {
        let (now, of_visit) = (self.now, self.plan.components.hold_visit[c] == 1);
        let resumed = self.strands.get(strand);
        resumed.left_ns = None;
        if of_visit {
            resumed.visit().started_ns = Some(now);
        } else {
            resumed.work = resumed.work.map(|work| Work { asked_ns: now, ..work });
        }
        self.interruptible_work_begins(strand, left_ns);
        self.expect_work_end(strand, left_ns);
    }
}
