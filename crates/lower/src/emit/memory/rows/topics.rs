//! What gathers before it is sent.

use crate::plan::Plan;
use sysdl_kernel::layout as k;

pub(super) fn gathers(plan: &Plan) -> Vec<k::Gather> {
    let g = &plan.gathers;
    (0..g.edge.len())
        .map(|i| k::Gather {
            hash: plan.edges.hash[g.edge[i] as usize],
            linger_ns: g.linger_ns[i],
            weight: g.weight[i],
            messages: g.messages[i],
            together: g.together[i],
            edge: g.edge[i],
            first_basket: g.first_basket[i],
        })
        .collect()
}
