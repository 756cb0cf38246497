//! What may be resolved ahead of time.
//!
//! The rules name what a flight would have to know of others, and leave it to events. A parameter that may change is no
//! obstacle as long as it has the value at which it changes nothing: such slots are collected, and nothing flies unless all
//! of them are *calm*.

use super::FOREVER_NS;
use crate::plan::{NONE, OpKind, Plan, SlotKind, UNBOUNDED};
use std::collections::BTreeMap;

/// Most servers, over all replicas, that can be reserved.
const SERVERS_MAX: u64 = 1 << 20;
/// Most changes of a timeline: whoever changes something every other moment has no calm.
const CHANGES_MAX: usize = 4096;

/// What the rules have found out, and what they rely on. Whoever asks whether something may be resolved ahead has the answer
/// remembered.
pub(super) struct Legal<'a> {
    plan: &'a Plan,
    /// Slots that must be calm, and the value at which they are.
    calm: BTreeMap<u32, f64>,
    /// Components whose replicas are chosen by how many visits are present.
    watched_loads: Vec<bool>,
    /// What keeps requests on events: whose fault it is, and why.
    obstacles: BTreeMap<String, &'static str>,
}

/// Why nothing can be resolved ahead in a plan at all, if so.
fn forbids(plan: &Plan) -> Option<&'static str> {
    let gated = (0..plan.components.name.len()).filter(|&c| plan.components.servers[c] != UNBOUNDED);
    let servers: u64 =
        gated.map(|c| u64::from(plan.components.servers[c]) * u64::from(plan.components.replicas[c])).sum();
    first_of([
        (plan.run.duration_ns >= FOREVER_NS, "it is too long"),
        (servers > SERVERS_MAX, "it has more servers than can be reserved"),
        (!plan.flickers.effect.is_empty(), "faults come at random"),
        (plan.timeline.at_ns.len() > CHANGES_MAX, "its timeline changes too often"),
        (plan.has_meters(), "tokens and money are counted along the way"),
        (plan.has_sizes(), "messages weigh something"),
        (plan.pacings.idempotent.contains(&1), "calls are idempotent"),
    ])
}

/// The first reason that holds.
fn first_of<const N: usize>(reasons: [(bool, &'static str); N]) -> Option<&'static str> {
    reasons.into_iter().find_map(|(holds, why)| holds.then_some(why))
}

impl<'a> Legal<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let mut watched_loads = vec![false; plan.components.name.len()];
        for e in 0..plan.edges.name.len() {
            if matches!(plan.edges.balance[e], 2 | 3) {
                watched_loads[plan.edges.to[e] as usize] = true;
            }
        }
        Self { plan, calm: BTreeMap::new(), watched_loads, obstacles: BTreeMap::new() }
    }

    /// Cells that must be calm.
    pub(super) fn calms(&self) -> Vec<(u32, f64)> {
        let cells = self.calm.iter().flat_map(|(&slot, &neutral)| {
            let (first, count) = (self.plan.slots.first_cell[slot as usize], self.plan.slots.cells[slot as usize]);
            (first..first + count).map(move |cell| (cell, neutral))
        });
        cells.collect()
    }

    /// What keeps requests on events, by name.
    pub(super) fn obstacles(self) -> Vec<(String, &'static str)> {
        self.obstacles.into_iter().collect()
    }

    /// Whether nothing stands in the way; if something does, it is remembered.
    fn judge(&mut self, name: &str, why: Option<&'static str>) -> bool {
        if let Some(why) = why {
            self.obstacles.entry(name.to_owned()).or_insert(why);
        }
        why.is_none()
    }

    /// Whether anything can be resolved ahead.
    pub(super) fn plan(&mut self) -> bool {
        let plan = self.plan;
        self.judge(&plan.run.system, forbids(plan))
    }

    /// An operation that is never resolved ahead.
    pub(super) fn operation(&mut self, op: u32) {
        let plan = self.plan;
        let why = match plan.ops.kind[op as usize] {
            _ if plan.ops.scope[op as usize] != NONE => "it is within a loop",
            OpKind::HitRequest => "what a store holds is known by the request's key",
            OpKind::Fork | OpKind::Spawn | OpKind::BranchEnd => "it goes several ways at once",
            OpKind::Send => "it sends messages",
            OpKind::Reply => "it answers before it ends",
            OpKind::LoopBegin | OpKind::LoopNext => "it goes round in a loop",
            OpKind::EndFailed | OpKind::BranchFail => return,
            _ => "it does more than work and call",
        };
        self.judge(&plan.ops.label[op as usize], Some(why));
    }

    /// Whether requests of a source may fly.
    pub(super) fn source(&mut self, source: usize) -> bool {
        let plan = self.plan;
        let why = first_of([
            (plan.sources.intake[source] != NONE, "arrivals are more than one request each, or not at a rate"),
            (plan.sources.slot_users[source] != NONE, "its users come and go"),
        ]);
        self.judge(&plan.sources.name[source], why)
    }

    /// Whether visits at a component may be resolved ahead.
    pub(super) fn component(&mut self, component: u32) -> bool {
        let (c, plan) = (component as usize, self.plan);
        let components = &plan.components;
        let quota = plan.quotas.rate.get(c).is_some_and(|rates| *rates != [0.0; 2])
            || plan.quotas.slot.get(c).is_some_and(|slots| *slots != [NONE; 2]);
        let why = first_of([
            (components.group[c] != NONE || components.cluster[c] != NONE, "it serves messages in partitions"),
            (components.shared_queue[c] == 1, "its replicas share a queue"),
            (components.preempt[c] != 0, "work can be interrupted"),
            (components.setup[c] != NONE, "servers must be set up"),
            (components.batch[c] != 1, "work is done in batches"),
            (components.fleet[c] != NONE, "replicas come and go"),
            (components.leaders[c] != NONE, "a replica leads"),
            (components.sharing[c] == 1 || components.processors[c] != NONE, "work shares processors"),
            (components.limit_rate[c] != 0.0 || quota, "its rate is limited"),
            (components.strain[c] != NONE, "a fault reaches its servers"),
            (self.watched_loads[c], "replicas are chosen by their load"),
            (plan.watched.component.contains(&component), "each replica is watched"),
        ]);
        let slots = [
            (components.slot_service[c], 1.0),
            (components.slot_errors[c], 0.0),
            (components.slot_speed[c], 1.0),
            (components.slot_flaws[c], 0.0),
            (components.slot_down[c], 0.0),
        ];
        self.judge(&components.name[c], why) && self.are_calm(&slots)
    }

    /// Slots must be calm.
    fn are_calm(&mut self, slots: &[(u32, f64)]) -> bool {
        self.calm.extend(slots.iter().copied().filter(|&(slot, _)| slot != NONE));
        true
    }

    /// Whether a call through a site may be resolved ahead.
    pub(super) fn site(&mut self, site: u32) -> bool {
        let (s, plan) = (site as usize, self.plan);
        let (sites, policies) = (&plan.sites, &plan.policies);
        let (edge, policy) = (sites.edge[s], sites.policy[s] as usize);
        let hedged = policies.hedge_after_ns[policy] > 0
            || plan
                .pacings
                .hedge_per_100k
                .get(policies.pacing[policy] as usize)
                .is_some_and(|&percentile| percentile > 0);
        let why = first_of([
            (sites.keys[s] != NONE, "its requests are about keys"),
            (sites.once_received[s] == 1, "patience begins when a request is received"),
            (sites.copy[s] != NONE || sites.role[s] != 0, "it is for one replica of several"),
            (hedged, "calls are hedged"),
            (policies.budget[policy] != NONE || policies.bucket_size[policy] > 0, "retries have a budget"),
        ]);
        self.judge(&plan.edges.name[edge as usize], why) && self.edge(edge)
    }

    fn edge(&mut self, edge: u32) -> bool {
        let (e, plan) = (edge as usize, self.plan);
        let edges = &plan.edges;
        let replicas = plan.components.replicas[edges.to[e] as usize];
        let chosen = replicas == 1 || edges.balance[e] == 0 || edges.balance[e] == 1 && edges.choices[e] == 0;
        let why = first_of([
            (!chosen || edges.balancing[e] != NONE, "replicas are chosen by what is known of them"),
            (edges.breaker_open_ns[e] != 0, "a breaker watches its calls"),
            (edges.permits[e] != 0, "calls need permits"),
            (edges.conduct[e] != NONE, "the network or the caller remembers calls"),
            (edges.subscription[e] != NONE || edges.gather[e] != NONE, "it carries messages"),
            (edges.strain[e] != NONE, "a fault reaches its calls"),
            (edges.link[e] != NONE, "its bandwidth is shared"),
        ]);
        let slots = [edges.slot_delay[e], edges.slot_jitter[e], edges.slot_loss_request[e], edges.slot_loss_reply[e]];
        self.judge(&edges.name[e], why) && self.are_calm(&slots.map(|slot| (slot, 0.0)))
    }

    /// Whether hits by key in a store may be resolved ahead.
    pub(super) fn keyed_store(&mut self, store: u32) -> bool {
        let plan = self.plan;
        let name = &plan.components.name[plan.stores.component[store as usize] as usize];
        let ages = !plan.keepings.evict.is_empty();
        self.judge(name, ages.then_some("what it holds ages in a way of its own"))
    }

    /// Whether lookups by ratio in a store may be resolved ahead: nothing can empty it.
    pub(super) fn store(&mut self, store: u32) -> bool {
        let plan = self.plan;
        let slots = &plan.slots;
        let cleared = (0..slots.kind.len()).any(|i| slots.kind[i] == SlotKind::Clear && slots.owner[i] == store);
        let name = &plan.components.name[plan.stores.component[store as usize] as usize];
        self.judge(name, cleared.then_some("a fault can empty it"))
            && self.are_calm(&[(plan.stores.slot_hits[store as usize], 1.0)])
    }
}
