//! Components one of whose replicas leads.

use crate::plan::{NONE, Plan};
use sysdl_kernel::layout as k;

pub(super) fn leaders(plan: &Plan) -> Vec<k::Leaders> {
    let l = &plan.leaders;
    let mut first_candidate = 0;
    (0..l.component.len())
        .map(|i| {
            let first = first_candidate;
            first_candidate += plan.components.replicas[l.component[i] as usize];
            k::Leaders {
                heartbeat_ns: l.heartbeat_ns[i],
                leg_ns: l.leg_ns[i],
                component: l.component[i],
                elected: l.elected[i],
                waits: l.waits[i],
                timeout: l.timeout[i],
                first_candidate: first,
                lost: NONE.into(),
                term: 1.into(),
                ..k::Leaders::default()
            }
        })
        .collect()
}
