//! Forks: branches of one strand that run side by side, and the join that waits for enough of them.

use super::Engine;
use super::calendar::How;
use super::program::Op;
use super::strands::{Doing, Role, Strand, StrandId, Waiting};
use sysdl_kernel::draw::step_key;

impl Engine<'_> {
    /// Creates and begins all branches in order, then waits.
    pub(super) fn fork(&mut self, strand: StrandId, op: Op) {
        let key = self.folded_key(strand, op);
        let waiting = self.strands.begin_wait(strand);
        let forking = self.strands.get(strand);
        (forking.well, forking.badly) = (op.next, op.alt);
        (forking.needed, forking.afforded) = (op.c, op.b - op.c);
        forking.doing = Doing::Fork(waiting);
        let (component, replica, priority) = (forking.component, forking.replica, forking.priority);
        let (cancelled, deadline_ns, request_key) = (forking.cancelled, forking.deadline_ns, forking.request_key);
        let (cached, context) = (forking.cached, forking.context);
        let born_ns = forking.born_ns;
        let appended = forking.appended.clone();
        let (size, result) = self.weights_of_all(strand);
        for row in op.a as usize..(op.a + op.b) as usize {
            let key = step_key(key, self.plan.branches.path[row]);
            let mut branch = Strand::new(key, Role::Branch, self.plan.run.registers);
            (branch.priority, branch.born_ns) = (priority, born_ns);
            branch.appended = appended.clone();
            (branch.cancelled, branch.deadline_ns) = (cancelled, deadline_ns);
            branch.request_key = request_key;
            (branch.size, branch.result) = (size, result);
            (branch.cached, branch.context) = (cached, context);
            branch.awaited_by = Some(waiting);
            (branch.component, branch.replica) = (component, replica);
            let branch = self.strands.add(branch);
            self.go_on(branch, self.plan.branches.entry[row]);
        }
    }

    /// Creates and begins a branch that nobody waits for.
    pub(super) fn spawn(&mut self, strand: StrandId, op: Op) {
        let branch = self.spawned(strand, op);
        self.go_on(branch, self.plan.branches.entry[op.a as usize]);
        self.spawn_for_others(strand, op);
    }

    /// Key of the branch that an operation begins.
    pub(super) fn key_of_branch(&mut self, strand: StrandId, op: Op) -> u64 {
        step_key(self.folded_key(strand, op), self.plan.branches.path[op.a as usize])
    }

    /// A branch that nobody waits for, before it begins.
    pub(super) fn spawned(&mut self, strand: StrandId, op: Op) -> StrandId {
        let key = self.key_of_branch(strand, op);
        self.spawned_under(strand, key)
    }

    /// The same, of a key.
    pub(super) fn spawned_under(&mut self, strand: StrandId, key: u64) -> StrandId {
        let mut branch = Strand::new(key, Role::Branch, self.plan.run.registers);
        let spawning = self.strands.get(strand);
        (branch.priority, branch.request_key) = (spawning.priority, spawning.request_key);
        (branch.size, branch.result) = (spawning.size, spawning.result);
        (branch.cached, branch.context) = (spawning.cached, spawning.context);
        branch.born_ns = spawning.born_ns;
        (branch.component, branch.replica) = (spawning.component, spawning.replica);
        self.strands.add(branch)
    }

    /// A branch ends well.
    pub(super) fn branch_end(&mut self, branch: StrandId) {
        let Some(waiting) = self.end_branch(branch).0 else { return };
        let forking = self.strands.get(waiting.strand);
        forking.needed -= 1;
        if forking.needed == 0 {
            self.join(waiting, How::Well);
        }
    }

    /// A branch ends badly.
    pub(super) fn branch_fail(&mut self, branch: StrandId) {
        let (Some(waiting), outcome) = self.end_branch(branch) else { return };
        let forking = self.strands.get(waiting.strand);
        if forking.afforded > 0 {
            forking.afforded -= 1;
            return;
        }
        forking.outcome = outcome;
        self.join(waiting, How::Badly);
    }

    /// Who still waits for an ended branch, and the branch's outcome.
    fn end_branch(&mut self, branch: StrandId) -> (Option<Waiting>, u32) {
        let branch = self.strands.remove(branch);
        let waiting = branch.awaited_by.filter(|&waiting| self.strands.waits(waiting));
        match waiting {
            Some(waiting) => self.strands.get(waiting.strand).usage.add(branch.usage),
            None if branch.awaited_by.is_some() => self.waste(branch.component.expect("it is at one"), branch.usage),
            None => {}
        }
        (waiting, branch.outcome)
    }

    /// The forking strand has what it waited for. From here on it waits for the next nanosecond only.
    fn join(&mut self, waiting: Waiting, how: How) {
        self.strands.get(waiting.strand).doing = Doing::Else;
        let pause = self.strands.begin_wait(waiting.strand);
        self.resume_next(pause, how);
    }
}
