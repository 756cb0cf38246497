//! Components that are watched replica by replica.

use super::Engine;
use std::collections::HashMap;
use sysdl_kernel::columns::component;
use sysdl_lower::plan::{NONE, UNBOUNDED};

/// Integrals of processors at work and up of each replica, in thousandths of a processor times nanoseconds.
pub(super) type OfProcessors = HashMap<(usize, usize), [u128; 2]>;

impl Engine<'_> {
    /// Adds what the replicas held for a while.
    pub(super) fn integrate_replicas(&mut self, passed_ns: u64) {
        let rows = &self.plan.components;
        for c in 0..self.stations.len() {
            if !self.windows.watches(c) {
                continue;
            }
            for (r, replica) in self.stations[c].replicas.iter().enumerate() {
                let up = u64::from(replica.up && (replica.takes() || replica.holds()));
                let servers = if rows.servers[c] == UNBOUNDED { 0 } else { u64::from(rows.servers[c]) };
                self.windows.add_replica((c, r), component::BUSY_NS, u64::from(replica.busy) * passed_ns);
                self.windows.add_replica((c, r), component::QUEUE_NS, replica.queue.len() as u64 * passed_ns);
                self.windows.add_replica((c, r), component::CAPACITY_NS, up * servers * passed_ns);
                if rows.processors[c] != NONE {
                    let each = u64::from(self.plan.processors.each[rows.processors[c] as usize]);
                    let now = [each.min(1000 * replica.sharing.at_work()), up * each];
                    let totals = self.processors_of_replicas.entry((c, r)).or_default();
                    for (i, column) in [component::PROCESSORS_BUSY_NS, component::PROCESSORS_NS].into_iter().enumerate()
                    {
                        let before = totals[i] / 1000;
                        totals[i] += u128::from(now[i]) * u128::from(passed_ns);
                        self.windows.add_replica((c, r), column, (totals[i] / 1000 - before) as u64);
                    }
                }
            }
        }
    }

    /// Reads the gauges of replicas.
    pub(super) fn set_gauges_of_replicas(&mut self) {
        for c in 0..self.stations.len() {
            if !self.windows.watches(c) {
                continue;
            }
            for (r, replica) in self.stations[c].replicas.iter().enumerate() {
                self.windows.set_replica((c, r), component::BUSY, u64::from(replica.busy));
                self.windows.set_replica((c, r), component::QUEUE, replica.queue.len() as u64);
            }
        }
    }

    /// A visit has ended at a replica.
    pub(super) fn ended_at(&mut self, place: (usize, usize), result: u32, sojourn_ns: Option<u64>) {
        self.windows.add_replica(place, component::OUTCOMES + result as usize, 1);
        if self.plan.components.shared_queue[place.0] == 1 {
            self.windows.add_replica(place, component::ARRIVALS, 1);
        }
        if let Some(ns) = sojourn_ns {
            self.windows.add_replica(place, component::SOJOURN_NS, ns);
            self.windows.observe_at_replica(place, ns);
        }
    }
}
