//! What gathers before it is sent, room in topics, and logs on brokers.

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

pub(super) fn depots(plan: &Plan) -> Vec<k::Depot> {
    let mut first_bound = 0;
    let row = |(bounds, &waits): (&Vec<u32>, &u32)| {
        let first = first_bound;
        first_bound += bounds.len() as u32;
        k::Depot { first_bound: first, bounds: bounds.len() as u32, waits, ..k::Depot::default() }
    };
    plan.depots.bounds.iter().zip(&plan.depots.waits).map(row).collect()
}

pub(super) fn bounds(plan: &Plan) -> Vec<u32> {
    plan.depots.bounds.iter().flatten().copied().collect()
}

pub(super) fn clusters(plan: &Plan) -> Vec<k::Cluster> {
    let c = &plan.clusters;
    let mut first_broker = 0;
    let row = |i: usize| {
        let first = first_broker;
        first_broker += plan.components.replicas[c.component[i] as usize];
        k::Cluster {
            hash: plan.components.hash[c.component[i] as usize],
            purpose: c.purpose[i],
            catch_up_ns: c.catch_up_ns[i],
            restore_ns: c.restore_ns[i],
            component: c.component[i],
            first_broker: first,
            detection: c.detection[i],
            pad: 0,
        }
    };
    (0..c.component.len()).map(row).collect()
}

pub(super) fn logs(plan: &Plan) -> Vec<k::Log> {
    let l = &plan.logs;
    let mut first_partition = 0;
    let row = |i: usize| {
        let first = first_partition;
        first_partition += l.partitions[i];
        k::Log {
            cluster: l.cluster[i],
            first_partition: first,
            partitions: l.partitions[i],
            replication: l.replication[i],
            min_in_sync: l.min_in_sync[i],
            turn: 0.into(),
        }
    };
    (0..l.cluster.len()).map(row).collect()
}
