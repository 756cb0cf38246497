//! What faults change about edges and components beyond the network, service and errors → slots, and rows that name them.

use super::slots::NewSlot;
use crate::model::{ComponentId, EdgeId, Model, Parameter, Strain};
use crate::plan::{NONE, Plan, SlotKind};

/// Whether any effect acts on something.
pub(super) fn changes(model: &Model, strain: Strain) -> bool {
    model.effects.iter().any(|effect| effect.parameter == Parameter::Strain(strain))
}

/// Whether visits of a component may linger or stall when their steps are done.
pub(super) fn tarry(model: &Model, component: ComponentId) -> bool {
    let lingers =
        |edge: u32| model.edges[edge as usize].to == component && changes(model, Strain::Linger(EdgeId(edge)));
    changes(model, Strain::Stall(component)) || (0..model.edges.len() as u32).any(lingers)
}

/// The slot of a strain; rows that read it name it from now on.
pub(super) fn slot(model: &Model, plan: &mut Plan, strain: Strain, slot: u32) -> NewSlot {
    match strain {
        Strain::Refused(e)
        | Strain::Broken(e)
        | Strain::Timeout(e)
        | Strain::Retries(e)
        | Strain::Backoff(e)
        | Strain::Permits(e)
        | Strain::Linger(e)
        | Strain::LingerTime(e)
        | Strain::ProbeErrors(e) => of_edge(plan, strain, e.0, slot),
        Strain::Servers(c)
        | Strain::Stall(c)
        | Strain::StallTime(c)
        | Strain::WriteErrors(c)
        | Strain::Poison(c)
        | Strain::Startup(c)
        | Strain::Stuck(c) => of_component(model, plan, strain, c.0, slot),
        Strain::Capacity(c) | Strain::Clock(c) => of_store(plan, strain, c.0, slot),
        Strain::Budget(c) => of_budgets(plan, c.0, slot),
        Strain::HotKey(source) => of_source(model, plan, source, slot),
        Strain::Rebalance(c) => {
            let name = format!("{}.rebalance", plan.components.name[c.0 as usize]);
            NewSlot { name, kind: SlotKind::Rebalance, base: 0.0, cells: 1, owner: c.0 }
        }
    }
}

fn of_edge(plan: &mut Plan, strain: Strain, edge: u32, slot: u32) -> NewSlot {
    let (e, name) = (edge as usize, plan.edges.name[edge as usize].clone());
    if plan.edges.strain[e] == NONE {
        plan.edges.strain[e] = plan.edge_strains.add(edge, &name);
    }
    let (row, rows) = (plan.edges.strain[e] as usize, &mut plan.edge_strains);
    let level = SlotKind::Level;
    let (column, word, kind, base) = match strain {
        Strain::Refused(_) => (&mut rows.slot_refused, "refused", level, 0.0),
        Strain::Broken(_) => (&mut rows.slot_broken, "broken", level, 0.0),
        Strain::Timeout(_) => (&mut rows.slot_timeout, "timeout", level, 1.0),
        Strain::Retries(_) => (&mut rows.slot_retries, "retries", level, 0.0),
        Strain::Backoff(_) => (&mut rows.slot_backoff, "backoff", level, 1.0),
        Strain::Linger(_) => (&mut rows.slot_linger, "linger", level, 0.0),
        Strain::LingerTime(_) => (&mut rows.slot_linger_time, "linger_time", level, 0.0),
        Strain::ProbeErrors(_) => (&mut rows.slot_probe_errors, "probe_errors", level, 0.0),
        _ => (&mut rows.slot_permits, "pool", SlotKind::Permits, f64::from(plan.edges.permits[e])),
    };
    column[row] = slot;
    NewSlot { name: format!("{name}.{word}"), kind, base, cells: 1, owner: edge }
}

fn of_component(model: &Model, plan: &mut Plan, strain: Strain, component: u32, slot: u32) -> NewSlot {
    let (c, name) = (component as usize, plan.components.name[component as usize].clone());
    if plan.components.strain[c] == NONE {
        plan.components.strain[c] = plan.component_strains.add(component, &name);
    }
    let (row, rows) = (plan.components.strain[c] as usize, &mut plan.component_strains);
    let (level, replicas) = (SlotKind::Level, model.components[c].replicas);
    let servers = f64::from(plan.components.servers[c]);
    let (column, word, kind, base, cells) = match strain {
        Strain::Stall(_) => (&mut rows.slot_stall, "stall", level, 0.0, replicas),
        Strain::StallTime(_) => (&mut rows.slot_stall_time, "stall_time", level, 0.0, replicas),
        Strain::WriteErrors(_) => (&mut rows.slot_writes, "write_errors", level, 0.0, replicas),
        Strain::Poison(_) => (&mut rows.slot_poison, "poison", level, 0.0, 1),
        Strain::Startup(_) => (&mut rows.slot_startup, "startup", level, 1.0, 1),
        Strain::Stuck(_) => (&mut rows.slot_stuck, "stuck", level, 0.0, 1),
        _ => (&mut rows.slot_servers, "servers", SlotKind::Servers, servers, replicas),
    };
    column[row] = slot;
    NewSlot { name: format!("{name}.{word}"), kind, base, cells, owner: component }
}

fn of_store(plan: &mut Plan, strain: Strain, component: u32, slot: u32) -> NewSlot {
    let (store, name) = (plan.components.store[component as usize], &plan.components.name[component as usize]);
    let rows = &mut plan.keepings;
    let (column, word, base) = match strain {
        Strain::Clock(_) => (&mut rows.slot_clock, "clock", 0.0),
        _ => (&mut rows.slot_capacity, "capacity", f64::from(plan.stores.capacity[store as usize])),
    };
    column[store as usize] = slot;
    NewSlot { name: format!("{name}.{word}"), kind: SlotKind::Level, base, cells: 1, owner: store }
}

/// All budgets of a component's endpoints.
fn of_budgets(plan: &mut Plan, component: u32, slot: u32) -> NewSlot {
    for row in 0..plan.budgets.component.len() {
        if plan.budgets.component[row] == component {
            plan.budgets.slot[row] = slot;
        }
    }
    let name = format!("{}.budget", plan.components.name[component as usize]);
    NewSlot { name, kind: SlotKind::Level, base: 1.0, cells: 1, owner: component }
}

/// The populations that the requests of a source draw from; they are its own from now on.
fn of_source(model: &Model, plan: &mut Plan, source: u32, slot: u32) -> NewSlot {
    let edges: Vec<u32> = model.sources[source as usize].mix.iter().map(|(_, call)| call.edge.0).collect();
    let rows = &mut plan.keyspaces;
    let mut own: Vec<(u32, u32)> = Vec::new();
    for (edge, keys) in plan.sites.edge.iter().zip(&mut plan.sites.keys) {
        if *keys == NONE || !edges.contains(edge) {
            continue;
        }
        let shared = *keys;
        let known = own.iter().find(|(of, _)| *of == shared).map(|(_, row)| *row);
        *keys = known.unwrap_or_else(|| {
            rows.keys.push(rows.keys[shared as usize]);
            rows.skew.push(rows.skew[shared as usize]);
            rows.first_key.push(rows.first_key[shared as usize]);
            rows.slot_hot.push(slot);
            own.push((shared, rows.keys.len() as u32 - 1));
            rows.keys.len() as u32 - 1
        });
    }
    let name = format!("{}.hot", plan.sources.name[source as usize]);
    NewSlot { name, kind: SlotKind::Level, base: 0.0, cells: 1, owner: source }
}
