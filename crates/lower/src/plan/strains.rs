//! Columns of what faults change about edges and components beyond the network, service and errors.

use super::NONE;
use serde::{Deserialize, Serialize};
use sysdl_kernel::draw::purpose;

/// One row per edge about which something of this can change. Slots, or [`NONE`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeStrains {
    /// Edge.
    pub edge: Vec<u32>,
    /// Share of attempts that are refused.
    pub slot_refused: Vec<u32>,
    /// Share of good answers that are cut off.
    pub slot_broken: Vec<u32>,
    /// Factor of timeouts.
    pub slot_timeout: Vec<u32>,
    /// Retries more than the policy's.
    pub slot_retries: Vec<u32>,
    /// Factor of pauses between attempts.
    pub slot_backoff: Vec<u32>,
    /// Permits of each gate.
    pub slot_permits: Vec<u32>,
    /// Share of visits that linger.
    pub slot_linger: Vec<u32>,
    /// For how long, in nanoseconds.
    pub slot_linger_time: Vec<u32>,
    /// Share of probes that are answered badly.
    pub slot_probe_errors: Vec<u32>,
    /// Draw purposes: refused, broken, linger, probes.
    pub purposes: Vec<[u64; 4]>,
}

impl EdgeStrains {
    /// A row of an edge; nothing can change yet.
    pub(crate) fn add(&mut self, edge: u32, name: &str) -> u32 {
        self.edge.push(edge);
        for column in self.slots_mut() {
            column.push(NONE);
        }
        self.purposes.push(["refused", "broken", "linger", "probe errors"].map(|word| purpose(name, word)));
        self.edge.len() as u32 - 1
    }

    fn slots_mut(&mut self) -> [&mut Vec<u32>; 9] {
        [
            &mut self.slot_refused,
            &mut self.slot_broken,
            &mut self.slot_timeout,
            &mut self.slot_retries,
            &mut self.slot_backoff,
            &mut self.slot_permits,
            &mut self.slot_linger,
            &mut self.slot_linger_time,
            &mut self.slot_probe_errors,
        ]
    }
}

/// One row per component about which something of this can change. Slots, or [`NONE`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComponentStrains {
    /// Component.
    pub component: Vec<u32>,
    /// Servers of each replica.
    pub slot_servers: Vec<u32>,
    /// Share of visits that stall at each replica.
    pub slot_stall: Vec<u32>,
    /// For how long, in nanoseconds.
    pub slot_stall_time: Vec<u32>,
    /// Share of visits of endpoints that write which fail at each replica.
    pub slot_writes: Vec<u32>,
    /// Share of keys that are poison.
    pub slot_poison: Vec<u32>,
    /// Factor of the time until a new replica serves.
    pub slot_startup: Vec<u32>,
    /// Whether its autoscaler does nothing.
    pub slot_stuck: Vec<u32>,
    /// Draw purpose of stalling; key of the draws of which keys are poison.
    pub purposes: Vec<[u64; 2]>,
}

impl ComponentStrains {
    /// A row of a component; nothing can change yet.
    pub(crate) fn add(&mut self, component: u32, name: &str) -> u32 {
        self.component.push(component);
        for column in [
            &mut self.slot_servers,
            &mut self.slot_stall,
            &mut self.slot_stall_time,
            &mut self.slot_writes,
            &mut self.slot_poison,
            &mut self.slot_startup,
            &mut self.slot_stuck,
        ] {
            column.push(NONE);
        }
        self.purposes.push(["stall", "poison"].map(|word| purpose(name, word)));
        self.component.len() as u32 - 1
    }

    /// The component that a slot of these rows belongs to.
    pub(crate) fn component_of(&self, slot: u32) -> Option<u32> {
        let columns = [
            &self.slot_servers,
            &self.slot_stall,
            &self.slot_stall_time,
            &self.slot_writes,
            &self.slot_poison,
            &self.slot_startup,
            &self.slot_stuck,
        ];
        columns.iter().find_map(|column| column.iter().position(|&s| s == slot)).map(|row| self.component[row])
    }
}
