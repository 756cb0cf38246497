//! Edges whose requests gather before they set out.

use crate::model::Model;
use crate::plan::{NONE, Plan, UNBOUNDED};

/// Fills the rows, and the column of edges that points to them.
pub(super) fn rows(model: &Model, plan: &mut Plan) {
    plan.edges.gather = vec![NONE; model.edges.len()];
    let mut first_basket = 0;
    for (index, edge) in model.edges.iter().enumerate() {
        let Some(gather) = edge.gather else { continue };
        let rows = &mut plan.gathers;
        plan.edges.gather[index] = rows.edge.len() as u32;
        rows.edge.push(index as u32);
        rows.linger_ns.push(gather.linger_ns);
        rows.messages.push(gather.messages.unwrap_or(UNBOUNDED));
        rows.weight.push(gather.weight.unwrap_or(0));
        rows.together.push(gather.together as u32);
        rows.first_basket.push(first_basket);
        first_basket += edge.from.map_or(1, |from| model.components[from.0 as usize].replicas);
    }
}
