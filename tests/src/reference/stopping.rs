//! Strands that are to stop, because nobody wants their answer any more.

use super::Engine;
use super::strands::{Doing, Role, StrandId};
use sysdl_kernel::outcome;

impl Engine<'_> {
    /// Why a strand is to stop, if it is.
    pub(super) fn reason_to_stop(&mut self, strand: StrandId) -> Option<u32> {
        let now = self.now;
        let strand = self.strands.get(strand);
        if strand.cancelled {
            return Some(outcome::ABANDONED);
        }
        strand.deadline_ns.filter(|&deadline_ns| now >= deadline_ns).map(|_| outcome::TIMEOUT)
    }

    /// Word has come that the answer of a visit is not wanted.
    pub(super) fn called_off(&mut self, visit: StrandId, visit_key: u64) {
        // One that has begun anew since is another visit.
        let same = self.strands.is_alive(visit) && self.strands.get(visit).key == visit_key;
        if same && !self.strands.get(visit).visit().answered {
            self.stop(visit);
        }
    }

    fn stop(&mut self, id: StrandId) {
        let strand = self.strands.get(id);
        if strand.in_company {
            return;
        }
        if std::mem::replace(&mut strand.cancelled, true) {
            return;
        }
        let in_transit = matches!(strand.role, Role::Visit(visit) if visit.arrived_ns.is_none());
        match strand.doing {
            _ if in_transit => {}
            _ if strand.queued => {
                if strand.left_ns.is_none() {
                    self.leave_queue(id, outcome::ABANDONED);
                }
            }
            Doing::Call => self.abandon_call(id),
            Doing::Fork(waiting) => {
                strand.doing = Doing::Else;
                strand.wait = None;
                let mut branches = self.strands.which(|branch| branch.awaited_by == Some(waiting));
                branches.reverse();
                for branch in branches {
                    self.stop(branch);
                }
                let strand = self.strands.get(id);
                strand.outcome = outcome::ABANDONED;
                let badly = strand.badly;
                self.go_on(id, badly);
            }
            Doing::Else => {}
        }
    }
}
