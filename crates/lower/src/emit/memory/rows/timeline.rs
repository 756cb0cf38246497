//! Live parameters, the effects on them, and when they act.

use crate::plan::{NONE, Plan, SlotKind};
use rustc_hash::FxHashMap;
use sysdl_kernel::draw::name_hash;
use sysdl_kernel::layout as k;

pub(super) fn slots(plan: &Plan) -> Vec<k::Slot> {
    let s = &plan.slots;
    let (first_effect, _) = lists_of_effects(plan);
    (0..s.name.len())
        .map(|i| k::Slot {
            hash: name_hash(&s.name[i]),
            base: s.base[i].into(),
            pending: 0.0.into(),
            kind: match s.kind[i] {
                SlotKind::Level => 0,
                SlotKind::Down => 1,
                SlotKind::Rate => 2,
                SlotKind::Clear => 3,
                SlotKind::Speed => 4,
                SlotKind::Quota => 5,
                SlotKind::Replicas => 6,
                SlotKind::Draining => 7,
                SlotKind::Connections => 8,
                SlotKind::Users => 9,
                SlotKind::Servers => 32,
                SlotKind::Permits => 33,
                SlotKind::Rebalance => 34,
            },
            owner: s.owner[i],
            first_cell: s.first_cell[i],
            cells: s.cells[i],
            first_effect: first_effect.get(&(i as u32)).copied().unwrap_or(NONE),
            component: plan.component_of_slot(i),
        })
        .collect()
}

pub(super) fn effects(plan: &Plan) -> Vec<k::Effect> {
    let e = &plan.effects;
    let (_, next) = lists_of_effects(plan);
    (0..e.slot.len())
        .map(|i| k::Effect {
            hash: e.hash[i],
            value: 0.0.into(),
            active: 0.into(),
            slot: e.slot[i],
            // Nobody, until it begins.
            first: if e.count[i] == 0 { NONE } else { e.first[i] }.into(),
            count: e.count[i],
            op: e.op[i],
            next: next[i],
        })
        .collect()
}

/// First effect of each slot, and the next of each effect: effects of a slot form a list in row order.
fn lists_of_effects(plan: &Plan) -> (FxHashMap<u32, u32>, Vec<u32>) {
    let mut first: FxHashMap<u32, u32> = FxHashMap::default();
    let mut next = vec![NONE; plan.effects.slot.len()];
    for (i, &slot) in plan.effects.slot.iter().enumerate().rev() {
        next[i] = first.insert(slot, i as u32).unwrap_or(NONE);
    }
    (first, next)
}

pub(super) fn timeline(plan: &Plan) -> Vec<k::Change> {
    let t = &plan.timeline;
    (0..t.at_ns.len())
        .map(|i| k::Change { at_ns: t.at_ns[i], value: t.value[i], effect: t.effect[i], active: t.active[i] })
        .collect()
}

pub(super) fn flickers(plan: &Plan) -> Vec<k::Flicker> {
    let f = &plan.flickers;
    (0..f.effect.len())
        .map(|i| k::Flicker {
            hash: f.hash[i],
            start_ns: f.start_ns[i],
            end_ns: f.end_ns[i],
            value: f.value[i],
            turns: 0.into(),
            effect: f.effect[i],
            after: f.after[i],
            lasting: f.lasting[i],
            pad: 0,
        })
        .collect()
}
