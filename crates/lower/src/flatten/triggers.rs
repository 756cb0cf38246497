//! Conditions that effects wait for → terms in postfix order, cells as words of a block of rows.

use crate::model::{Cell, Condition, Model};
use crate::plan::{Plan, Term};
use sysdl_kernel::columns::{component, edge, edges_at, flow, flows_at};

/// A row for each trigger; its effects are added with the others.
pub(super) fn rows(model: &Model, plan: &mut Plan) {
    for trigger in &model.triggers {
        let mut terms = Vec::new();
        postfix(model, plan, &trigger.condition, &mut terms);
        let windows = trigger.for_ns.div_ceil(model.window_ns).clamp(1, u64::from(u32::MAX));
        plan.triggers.terms.push(terms);
        plan.triggers.windows.push(windows as u32);
        plan.triggers.effects.push(Vec::new());
        plan.triggers.from_ns.push(trigger.from_ns);
        plan.triggers.to_ns.push(trigger.until_ns.unwrap_or(u64::MAX));
    }
}

fn postfix(model: &Model, plan: &Plan, condition: &Condition, terms: &mut Vec<Term>) {
    match condition {
        Condition::Compare(comparison) => {
            let words = |cells: &[Cell]| cells.iter().filter_map(|&cell| word(model, plan, cell)).collect();
            terms.push(Term::Compare {
                left: words(&comparison.left),
                right: words(&comparison.right),
                largest: comparison.largest,
                factor: comparison.factor,
                order: comparison.order,
                bound: comparison.bound,
                scale: comparison.scale,
            });
        }
        Condition::And(one, other) | Condition::Or(one, other) => {
            postfix(model, plan, one, terms);
            postfix(model, plan, other, terms);
            terms.push(if matches!(condition, Condition::And(..)) { Term::And } else { Term::Or });
        }
    }
}

/// Where a cell lies; none of an endpoint that no traffic enters.
fn word(model: &Model, plan: &Plan, cell: Cell) -> Option<u32> {
    let (components, edges) = (model.components.len(), model.edges.len());
    let word = match cell {
        Cell::Component(c, column) => c.0 as usize * component::COUNT + column as usize,
        Cell::Edge(e, column) => edges_at(components) + e.0 as usize * edge::COUNT + column as usize,
        Cell::Flow(endpoint, column) => {
            let component = &model.components[endpoint.component.0 as usize];
            let name = format!("{}.{}", component.name, component.endpoints[endpoint.index as usize].name);
            let row = plan.flows.name.iter().position(|known| *known == name)?;
            flows_at(components, edges) + row * flow::COUNT + column as usize
        }
    };
    Some(word as u32)
}
