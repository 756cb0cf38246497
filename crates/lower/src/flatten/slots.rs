//! Parameters that change → slots: where their values are, one cell each or one for each replica.

use super::base_rate;
use super::strains;
use super::tables::MANY_CORES;
use crate::model::{Arrivals, ComponentId, Model, Parameter};
use crate::plan::{NONE, Plan, SlotKind, UNBOUNDED};

/// A slot that is about to be added.
pub(super) struct NewSlot {
    pub(super) name: String,
    pub(super) kind: SlotKind,
    pub(super) base: f64,
    pub(super) cells: u32,
    pub(super) owner: u32,
}

/// Adds the slot of a parameter; rows that read it name it from now on.
pub(super) fn add(model: &Model, plan: &mut Plan, parameter: Parameter) {
    let slot = plan.slots.name.len() as u32;
    let new = match parameter {
        Parameter::Strain(strain) => strains::slot(model, plan, strain, slot),
        Parameter::LinkDelay(edge)
        | Parameter::LinkJitter(edge)
        | Parameter::LinkLossRequest(edge)
        | Parameter::LinkLossReply(edge)
        | Parameter::LinkBandwidth(edge) => of_edge(plan, parameter, edge.0, slot),
        Parameter::StationFlaws(c)
        | Parameter::StationService(c)
        | Parameter::StationSpeed(c)
        | Parameter::StationErrors(c)
        | Parameter::StationDown(c)
        | Parameter::StationDraining(c) => of_replicas(model, plan, parameter, c, slot),
        Parameter::LimitRequests(c) | Parameter::LimitWeight(c) => {
            of_limit(plan, usize::from(matches!(parameter, Parameter::LimitWeight(_))), c, slot)
        }
        Parameter::StationReplicas(c) => {
            let fleet = plan.components.fleet[c.0 as usize];
            let base = f64::from(plan.fleets.initial[fleet as usize]);
            NewSlot { name: named(plan, c, "replicas"), kind: SlotKind::Replicas, base, cells: 1, owner: c.0 }
        }
        Parameter::StoreHits(c) | Parameter::StoreLagFactor(c) | Parameter::StoreLag(c) => {
            of_store(plan, parameter, c, slot)
        }
        Parameter::StoreClear(c) => {
            let owner = plan.components.store[c.0 as usize];
            NewSlot { name: named(plan, c, "clear"), kind: SlotKind::Clear, base: 0.0, cells: 1, owner }
        }
        Parameter::LinkConnections(edge) => {
            let name = format!("{}.connections", plan.edges.name[edge.0 as usize]);
            NewSlot { name, kind: SlotKind::Connections, base: 0.0, cells: 1, owner: edge.0 }
        }
        Parameter::SourceSize(source) | Parameter::SourceUsers(source) | Parameter::SourceRate(source) => {
            of_source(model, plan, parameter, source, slot)
        }
    };
    push(plan, new);
}

fn of_edge(plan: &mut Plan, parameter: Parameter, edge: u32, slot: u32) -> NewSlot {
    let e = edge as usize;
    let (column, word, base) = match parameter {
        Parameter::LinkDelay(_) => (&mut plan.edges.slot_delay[e], "delay", 0.0),
        Parameter::LinkJitter(_) => (&mut plan.edges.slot_jitter[e], "jitter", 0.0),
        Parameter::LinkLossRequest(_) => (&mut plan.edges.slot_loss_request[e], "loss_request", 0.0),
        Parameter::LinkLossReply(_) => (&mut plan.edges.slot_loss_reply[e], "loss_reply", 0.0),
        _ => {
            let link = plan.edges.link[e] as usize;
            (&mut plan.links.slot[link], "bandwidth", plan.links.bandwidth[link])
        }
    };
    *column = slot;
    NewSlot { name: format!("{}.{word}", plan.edges.name[e]), kind: SlotKind::Level, base, cells: 1, owner: edge }
}

/// Of each replica by itself.
fn of_replicas(model: &Model, plan: &mut Plan, parameter: Parameter, component: ComponentId, slot: u32) -> NewSlot {
    let c = component.0 as usize;
    let rows = &mut plan.components;
    let level = SlotKind::Level;
    let (column, word, kind, base) = match parameter {
        Parameter::StationFlaws(_) => (&mut rows.slot_flaws[c], "flaws", level, 0.0),
        Parameter::StationService(_) => (&mut rows.slot_service[c], "service", level, 1.0),
        Parameter::StationErrors(_) => (&mut rows.slot_errors[c], "errors", level, 0.0),
        Parameter::StationDown(_) => (&mut rows.slot_down[c], "down", SlotKind::Down, 0.0),
        Parameter::StationSpeed(_) => {
            // Where work can be slowed down under way, it is work that shares: one processor for each server.
            if rows.sharing[c] == 0 {
                rows.sharing[c] = 1;
                rows.cores[c] = if rows.servers[c] == UNBOUNDED { MANY_CORES } else { f64::from(rows.servers[c]) };
            }
            (&mut rows.slot_speed[c], "speed", SlotKind::Speed, 1.0)
        }
        _ => {
            let fleet = rows.fleet[c] as usize;
            (&mut plan.fleets.slot_draining[fleet], "draining", SlotKind::Draining, 0.0)
        }
    };
    *column = slot;
    let cells = model.components[c].replicas;
    NewSlot { name: named(plan, component, word), kind, base, cells, owner: component.0 }
}

/// Of a bucket of a component: 0 for requests, 1 for what they weigh.
fn of_limit(plan: &mut Plan, which: usize, component: ComponentId, slot: u32) -> NewSlot {
    let c = component.0 as usize;
    plan.quotas.slot[c][which] = slot;
    let name = named(plan, component, ["limit_requests", "limit_weight"][which]);
    NewSlot { name, kind: SlotKind::Quota, base: plan.quotas.rate[c][which], cells: 1, owner: component.0 }
}

fn of_store(plan: &mut Plan, parameter: Parameter, component: ComponentId, slot: u32) -> NewSlot {
    let store = plan.components.store[component.0 as usize];
    let s = store as usize;
    let (column, word, base) = match parameter {
        Parameter::StoreHits(_) => (&mut plan.stores.slot_hits[s], "hits", 1.0),
        Parameter::StoreLagFactor(_) => (&mut plan.keepings.slot_lag_factor[s], "lag_factor", 1.0),
        _ => (&mut plan.keepings.slot_lag[s], "lag", 0.0),
    };
    *column = slot;
    NewSlot { name: named(plan, component, word), kind: SlotKind::Level, base, cells: 1, owner: store }
}

fn of_source(model: &Model, plan: &mut Plan, parameter: Parameter, source: u32, slot: u32) -> NewSlot {
    let s = source as usize;
    let (word, kind, base) = match (parameter, &model.sources[s].arrivals) {
        (Parameter::SourceSize(_), _) => {
            for row in sizes_of_source(model, plan, source) {
                plan.sizes.slot[row] = slot;
            }
            ("size", SlotKind::Level, 1.0)
        }
        (Parameter::SourceUsers(_), arrivals) => {
            plan.sources.slot_users[s] = slot;
            let Arrivals::Closed { users, .. } = arrivals else { unreachable!("only a closed source has users") };
            ("users", SlotKind::Users, f64::from(*users))
        }
        (_, arrivals) => {
            plan.sources.slot_rate[s] = slot;
            let base = match arrivals {
                Arrivals::Open { rate, .. } => base_rate(rate),
                Arrivals::Closed { .. } | Arrivals::Cron { .. } | Arrivals::Trace { .. } => 0.0,
            };
            ("rate", SlotKind::Rate, base)
        }
    };
    NewSlot { name: format!("{}.{word}", plan.sources.name[s]), kind, base, cells: 1, owner: source }
}

/// Rows of how the requests of a source are weighed. Its edge is its own, so no other call has them.
fn sizes_of_source(model: &Model, plan: &Plan, source: u32) -> Vec<usize> {
    let edges: Vec<u32> = model.sources[source as usize].mix.iter().map(|(_, call)| call.edge.0).collect();
    let sites = &plan.sites;
    let rows = (0..sites.edge.len()).filter(|&site| edges.contains(&sites.edge[site])).map(|site| sites.sizes[site]);
    rows.filter(|&row| row != NONE).map(|row| row as usize).collect()
}

fn named(plan: &Plan, component: ComponentId, word: &str) -> String {
    format!("{}.{word}", plan.components.name[component.0 as usize])
}

fn push(plan: &mut Plan, NewSlot { name, kind, base, cells, owner }: NewSlot) {
    let slots = &mut plan.slots;
    slots.first_cell.push(slots.first_cell.last().map_or(0, |first| first + slots.cells[slots.cells.len() - 1]));
    slots.name.push(name);
    slots.kind.push(kind);
    slots.owner.push(owner);
    slots.base.push(base);
    slots.cells.push(cells);
}
