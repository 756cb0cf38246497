//! Calls whose work is done once, however often they are attempted.

use super::Engine;
use super::strands::{Served, StrandId};
use sysdl_kernel::columns::component;
use sysdl_kernel::outcome;

impl Engine<'_> {
    /// Whether the calls of a site are idempotent.
    pub(super) fn is_idempotent(&self, site: u32) -> bool {
        self.pacing_of(site).is_some_and(|row| self.plan.pacings.idempotent[row] == 1)
    }

    /// What the callee remembers of the call that a visit is for, if its caller has made no other since.
    fn remembered(&mut self, visit: StrandId) -> Option<(StrandId, Served)> {
        let serving = self.strands.get(visit);
        let (call, caller) = (serving.serves?, serving.awaited_by?.strand);
        if !self.strands.is_alive(caller) {
            return None;
        }
        let (key, served) = self.strands.get(caller).remembered?;
        (key == call).then_some((caller, served))
    }

    fn remember_call(&mut self, caller: StrandId, served: Served) {
        if let Some((_, what)) = &mut self.strands.get(caller).remembered {
            *what = served;
        }
    }

    /// Whether another visit does or has done the work of the call that this one is for; then this one is gone.
    pub(super) fn joins(&mut self, visit: StrandId) -> bool {
        let Some((caller, served)) = self.remembered(visit) else { return false };
        match served {
            Served::Done => self.answer(visit, outcome::OK),
            Served::By(first) if self.strands.is_alive(first) => {
                let waits = self.strands.get(visit).awaited_by;
                if waits.is_some_and(|waiting| self.strands.waits(waiting)) {
                    self.strands.get(first).awaited_by = waits;
                }
                let site = self.strands.get(visit).visit().site;
                if self.plan.sites.once_received[site as usize] == 1 {
                    self.received(visit);
                }
            }
            Served::NotYet | Served::By(_) => {
                self.remember_call(caller, Served::By(visit));
                return false;
            }
        }
        let gone = self.strands.remove(visit);
        let c = gone.component.expect("it has arrived at a component");
        self.windows.add(c, component::JOINED, 1);
        self.leaves(c, gone.replica);
        true
    }

    /// A visit has answered well.
    pub(super) fn is_done(&mut self, visit: StrandId) {
        if let Some((caller, Served::By(first))) = self.remembered(visit)
            && first == visit
        {
            self.remember_call(caller, Served::Done);
        }
    }

    /// A visit has taken the place of another.
    pub(super) fn works_instead_of(&mut self, old: StrandId, visit: StrandId) {
        if let Some((caller, Served::By(first))) = self.remembered(visit)
            && first == old
        {
            self.remember_call(caller, Served::By(visit));
        }
    }
}
