//! Gates: how many attempts a replica of a caller may have under way on an edge.

use super::Engine;
use super::calendar::{Event, Patience};
use super::strands::{StrandId, Waiting};
use std::collections::VecDeque;
use sysdl_kernel::columns::edge;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// The permits of an edge for one replica of its caller.
#[derive(Clone, Default)]
pub(super) struct Gate {
    used: u32,
    line: VecDeque<StrandId>,
}

/// What an attempt finds at a gate.
pub(super) enum Found {
    Permit,
    Line,
    Nothing,
}

/// The gates of an edge.
pub(super) fn of_edge(plan: &Plan, edge: usize) -> Vec<Gate> {
    let replicas = match plan.edges.from[edge] {
        NONE => 1,
        from => plan.components.replicas[from as usize],
    };
    vec![Gate::default(); replicas as usize]
}

impl Engine<'_> {
    fn gate(&mut self, edge: u32, strand: StrandId) -> &mut Gate {
        let replica = if self.plan.edges.from[edge as usize] == NONE { 0 } else { self.place(strand).1 };
        &mut self.edges[edge as usize].gates[replica]
    }

    /// An attempt asks for a permit.
    pub(super) fn enter_gate(&mut self, edge: u32, waiting: Waiting) -> Found {
        let row = edge as usize;
        let (permits, room) = (self.permits(edge), self.plan.edges.permit_queue[row]);
        let strand = waiting.strand;
        if self.plan.edges.permits[row] == 0 {
            return Found::Permit;
        }
        let gate = self.gate(edge, strand);
        if gate.used < permits {
            gate.used += 1;
            self.strands.get(strand).permits = 1;
            return Found::Permit;
        }
        if room != UNBOUNDED && gate.line.len() as u64 >= u64::from(room) {
            *self.windows.edge(edge, edge::NO_PERMIT) += 1;
            return Found::Nothing;
        }
        gate.line.push_back(strand);
        let standing = self.strands.get(strand);
        standing.gated = true;
        let key = standing.key;
        let wait_ns = self.plan.edges.permit_wait_ns[row];
        let patience_ends = self.wanted_until(strand);
        if wait_ns > 0 && patience_ends.is_none_or(|end_ns| self.now + wait_ns < end_ns) {
            let event = Event::Timeout { strand, wait: waiting.wait, with: Patience::Gate };
            self.calendar.push(self.now + wait_ns, key, event);
        }
        Found::Line
    }

    /// A hedge takes a permit only if one is free.
    pub(super) fn enter_gate_beside(&mut self, edge: u32, strand: StrandId) -> bool {
        if self.plan.edges.permits[edge as usize] == 0 {
            return true;
        }
        let permits = self.permits(edge);
        let gate = self.gate(edge, strand);
        let free = gate.used < permits;
        gate.used += u32::from(free);
        self.strands.get(strand).permits += u32::from(free);
        free
    }

    /// An attempt is over.
    pub(super) fn leave_gate(&mut self, edge: u32, strand: StrandId) {
        if self.plan.edges.permits[edge as usize] == 0 {
            return;
        }
        let leaving = self.strands.get(strand);
        let (gated, permits) = (std::mem::take(&mut leaving.gated), std::mem::take(&mut leaving.permits));
        if gated {
            self.gate(edge, strand).line.retain(|&standing| standing != strand);
        }
        for _ in 0..permits {
            let most = self.permits(edge);
            let gate = self.gate(edge, strand);
            let next = if gate.used > most { None } else { gate.line.pop_front() };
            let Some(next) = next else {
                gate.used -= 1;
                continue;
            };
            self.pass_gate(edge, next);
        }
    }

    /// There may be more permits: those in line take them.
    pub(super) fn change_permits(&mut self, edge: u32) {
        let most = self.permits(edge);
        for replica in 0..self.edges[edge as usize].gates.len() {
            loop {
                let gate = &mut self.edges[edge as usize].gates[replica];
                if gate.used >= most {
                    break;
                }
                let Some(next) = gate.line.pop_front() else { break };
                gate.used += 1;
                self.pass_gate(edge, next);
            }
        }
    }

    /// Who stood in line has a permit now.
    fn pass_gate(&mut self, edge: u32, next: StrandId) {
        let passing = self.strands.get(next);
        (passing.gated, passing.permits) = (false, 1);
        let waited_ns = self.now - passing.call.attempt_began_ns;
        *self.windows.edge(edge, edge::PERMIT_WAIT_NS) += waited_ns;
        self.send_attempt(next);
    }

    /// A replica goes down: all its permits are free again.
    pub(super) fn reset_gates(&mut self, c: usize, r: usize) {
        for (row, edge) in self.edges.iter_mut().enumerate() {
            if self.plan.edges.from[row] == c as u32 {
                edge.gates[r] = Gate::default();
            }
        }
    }
}
