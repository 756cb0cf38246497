//! Health checks: what edges find out about replicas by asking them.

use super::Engine;
use super::calendar::{Event, Step};
use sysdl_kernel::draw::{chance, draw, nth, source_key, unit_f64};

impl Engine<'_> {
    /// Every edge that probes will begin to.
    pub(super) fn schedule_probes(&mut self) {
        for edge in 0..self.edges.len() as u32 {
            let Some((rows, row)) = self.balancing_of(edge) else { continue };
            let interval_ns = rows.probe_interval_ns[row];
            if interval_ns == 0 {
                continue;
            }
            for replica in 0..self.edges[edge as usize].peers.len() {
                let phase = interval_ns as f64 * unit_f64(self.key_of_probes(edge, replica));
                self.schedule_probe(edge, replica, 1 + phase as u64, Step::Begin);
            }
        }
    }

    fn schedule_probe(&mut self, edge: u32, replica: usize, at_ns: u64, step: Step) {
        let key = nth(self.plan.edges.hash[edge as usize], 2 * replica as u64 + 1);
        self.calendar.push(at_ns, key, Event::Probe { edge, replica, step });
    }

    fn key_of_probes(&self, edge: u32, replica: usize) -> u64 {
        nth(source_key(self.seed, self.plan.edges.hash[edge as usize]), replica as u64)
    }

    /// A probe goes on.
    pub(super) fn probe(&mut self, edge: u32, replica: usize, step: Step) {
        let now = self.now;
        let (rows, row) = self.balancing_of(edge).expect("it probes");
        let (interval_ns, timeout_ns) = (rows.probe_interval_ns[row], rows.probe_timeout_ns[row]);
        let (fall, rise) = (rows.probe_fall[row], rows.probe_rise[row]);
        if let Step::Result { well } = step {
            let peer = &mut self.edges[edge as usize].peers[replica];
            peer.probes += 1;
            let next_ns = peer.probe_ns + interval_ns;
            let says_otherwise = well == peer.unhealthy;
            peer.contrary = if says_otherwise { peer.contrary + 1 } else { 0 };
            if says_otherwise && peer.contrary >= if well { rise } else { fall } {
                (peer.unhealthy, peer.contrary) = (!well, 0);
                self.tell(edge, replica, 1, !well);
            }
            return self.schedule_probe(edge, replica, next_ns, Step::Begin);
        }
        if step == Step::Begin {
            self.edges[edge as usize].peers[replica].probe_ns = now;
        }
        let (began_ns, number) = {
            let peer = &self.edges[edge as usize].peers[replica];
            (peer.probe_ns, peer.probes)
        };
        let key = nth(self.key_of_probes(edge, replica), number);
        let came = match step {
            Step::Begin => self.leg_of_probe(edge, key, false).map(|leg_ns| (leg_ns, Step::Look)),
            _ => self
                .asked_for_health(edge, replica, key)
                .and_then(|well| self.leg_of_probe(edge, key, true).map(|leg_ns| (leg_ns, Step::Result { well }))),
        };
        let until_ns = began_ns + timeout_ns;
        let in_time = came.map(|(leg_ns, next)| (now + leg_ns, next)).filter(|(at_ns, _)| *at_ns < until_ns);
        let (at_ns, next) = in_time.unwrap_or((until_ns, Step::Result { well: false }));
        self.schedule_probe(edge, replica, at_ns, next);
    }

    /// What a replica answers a probe; nothing while it stands still.
    fn asked_for_health(&self, edge: u32, replica: usize, key: u64) -> Option<bool> {
        let rows = &self.plan.components;
        let to = self.plan.edges.to[edge as usize] as usize;
        if self.parameters.at(rows.slot_down[to], replica).unwrap_or(0.0) != 0.0 {
            return Some(false);
        }
        if self.parameters.at(rows.slot_speed[to], replica) == Some(0.0) {
            return None;
        }
        let errors = self.parameters.at(rows.slot_errors[to], replica).unwrap_or(0.0);
        Some(!chance(draw(key, rows.purpose_errors[to]), errors) && !self.probe_is_spoiled(edge, key))
    }
}
