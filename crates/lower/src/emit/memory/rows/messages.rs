//! Groups and what they subscribe to.

use crate::plan::Plan;
use sysdl_kernel::layout as k;

pub(super) fn groups(plan: &Plan) -> Vec<k::Group> {
    let g = &plan.groups;
    let mut members = 0;
    (0..g.component.len())
        .map(|i| {
            let first_member = members;
            members += plan.components.replicas[g.component[i] as usize];
            k::Group {
                session_ns: g.session_ns[i],
                pause_ns: g.pause_ns[i],
                wait_ns: g.wait_ns[i],
                poll_ns: g.poll_ns[i],
                component: g.component[i],
                first_partition: g.first_partition[i],
                partitions: g.partitions[i],
                first_member,
                assigned: g.assigned[i],
                ordered: g.ordered[i],
                sticky: g.sticky[i],
                batch: g.batch[i],
            }
        })
        .collect()
}

pub(super) fn subscriptions(plan: &Plan) -> Vec<k::Subscription> {
    let (g, s) = (&plan.groups, &plan.subscriptions);
    (0..s.edge.len())
        .map(|i| k::Subscription {
            hash: plan.edges.hash[s.edge[i] as usize],
            retention_ns: s.retention_ns[i],
            group: s.group[i],
            first_partition: s.first_partition[i],
            partitions: s.partitions[i],
            commit_every: s.commit_every[i],
            idempotent: s.idempotent[i],
            component: g.component[s.group[i] as usize],
            depth: s.depth[i],
            depot: s.depot[i],
        })
        .collect()
}
