//! What may be resolved ahead of time.
//!
//! The rules name what a flight would have to know of others, and leave it to events. A parameter that may change is no
//! obstacle as long as it has the value at which it changes nothing: such slots are collected, and nothing flies unless all
//! of them are *calm*.

use crate::plan::{NONE, Plan, SlotKind, UNBOUNDED};
use std::collections::BTreeMap;

/// Most servers, over all replicas, that can be reserved.
const SERVERS_MAX: u64 = 1 << 20;
/// Most changes of a timeline: whoever changes something every other moment has no calm.
const CHANGES_MAX: usize = 4096;

/// What the rules have found out, and what they rely on.
pub(super) struct Legal<'a> {
    plan: &'a Plan,
    /// Slots that must be calm, and the value at which they are.
    calm: BTreeMap<u32, f64>,
    /// Components whose replicas are chosen by how many visits are present.
    watched_loads: Vec<bool>,
}

/// Whether anything can be resolved ahead in a plan at all.
pub(super) fn permits(plan: &Plan) -> bool {
    let gated = (0..plan.components.name.len()).filter(|&c| plan.components.servers[c] != UNBOUNDED);
    let servers: u64 =
        gated.map(|c| u64::from(plan.components.servers[c]) * u64::from(plan.components.replicas[c])).sum();
    servers <= SERVERS_MAX
        && plan.flickers.effect.is_empty()
        && plan.timeline.at_ns.len() <= CHANGES_MAX
        && !plan.has_meters()
        && !plan.has_sizes()
        && !plan.pacings.idempotent.contains(&1)
}

impl<'a> Legal<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let mut watched_loads = vec![false; plan.components.name.len()];
        for e in 0..plan.edges.name.len() {
            if matches!(plan.edges.balance[e], 2 | 3) {
                watched_loads[plan.edges.to[e] as usize] = true;
            }
        }
        Self { plan, calm: BTreeMap::new(), watched_loads }
    }

    /// Cells that must be calm.
    pub(super) fn calms(&self) -> Vec<(u32, f64)> {
        let cells = self.calm.iter().flat_map(|(&slot, &neutral)| {
            let (first, count) = (self.plan.slots.first_cell[slot as usize], self.plan.slots.cells[slot as usize]);
            (first..first + count).map(move |cell| (cell, neutral))
        });
        cells.collect()
    }

    fn is_calm(&mut self, slot: u32, neutral: f64) {
        if slot != NONE {
            self.calm.insert(slot, neutral);
        }
    }

    /// Whether requests of a source may fly.
    pub(super) fn source(&self, source: usize) -> bool {
        self.plan.sources.intake[source] == NONE && self.plan.sources.slot_users[source] == NONE
    }

    /// Whether visits at a component may be resolved ahead.
    pub(super) fn component(&mut self, component: u32) -> bool {
        let (c, components) = (component as usize, &self.plan.components);
        let plain = components.shared_queue[c] == 0
            && components.preempt[c] == 0
            && components.setup[c] == NONE
            && components.batch[c] == 1
            && components.fleet[c] == NONE
            && components.leaders[c] == NONE
            && components.sharing[c] == 0
            && components.processors[c] == NONE
            && components.limit_rate[c] == 0.0
            && components.group[c] == NONE
            && components.cluster[c] == NONE
            && components.strain[c] == NONE
            && !self.watched_loads[c]
            && !self.plan.watched.component.contains(&component)
            && self.plan.quotas.rate.get(c).is_none_or(|rates| *rates == [0.0; 2])
            && self.plan.quotas.slot.get(c).is_none_or(|slots| *slots == [NONE; 2]);
        if plain {
            let slots = [
                (components.slot_service[c], 1.0),
                (components.slot_errors[c], 0.0),
                (components.slot_speed[c], 1.0),
                (components.slot_flaws[c], 0.0),
                (components.slot_down[c], 0.0),
            ];
            for (slot, neutral) in slots {
                self.is_calm(slot, neutral);
            }
        }
        plain
    }

    /// Whether a call through a site may be resolved ahead.
    pub(super) fn site(&mut self, site: u32) -> bool {
        let (s, sites, policies) = (site as usize, &self.plan.sites, &self.plan.policies);
        let plain = sites.policy[s] != NONE
            && sites.once_received[s] == 0
            && sites.keys[s] == NONE
            && sites.sizes[s] == NONE
            && sites.copy[s] == NONE
            && sites.role[s] == 0;
        if !plain {
            return false;
        }
        let p = policies.pacing[sites.policy[s] as usize];
        let policy = sites.policy[s] as usize;
        let hedged = policies.hedge_after_ns[policy] > 0 || p != NONE && self.plan.pacings.hedge_per_100k[p as usize] > 0;
        !hedged && policies.budget[policy] == NONE && policies.bucket_size[policy] == 0 && self.edge(sites.edge[s])
    }

    fn edge(&mut self, edge: u32) -> bool {
        let (e, edges) = (edge as usize, &self.plan.edges);
        let replicas = self.plan.components.replicas[edges.to[e] as usize];
        let chosen = replicas == 1 || edges.balance[e] == 0 || edges.balance[e] == 1 && edges.choices[e] == 0;
        let plain = chosen
            && edges.breaker_open_ns[e] == 0
            && edges.permits[e] == 0
            && edges.balancing[e] == NONE
            && edges.conduct[e] == NONE
            && edges.subscription[e] == NONE
            && edges.gather[e] == NONE
            && edges.strain[e] == NONE
            && edges.link[e] == NONE;
        if plain {
            for slot in [edges.slot_delay[e], edges.slot_jitter[e], edges.slot_loss_request[e], edges.slot_loss_reply[e]] {
                self.is_calm(slot, 0.0);
            }
        }
        plain
    }

    /// Whether lookups by ratio in a store may be resolved ahead: nothing can empty it.
    pub(super) fn store(&mut self, store: u32) -> bool {
        let slots = &self.plan.slots;
        let cleared = (0..slots.kind.len()).any(|i| slots.kind[i] == SlotKind::Clear && slots.owner[i] == store);
        if !cleared {
            self.is_calm(self.plan.stores.slot_hits[store as usize], 1.0);
        }
        !cleared
    }
}
