//! Stations.

use crate::plan::Plan;
use sysdl_kernel::layout as k;

pub(super) fn components(plan: &Plan) -> Vec<k::Component> {
    let c = &plan.components;
    (0..c.name.len())
        .map(|i| k::Component {
            hash: c.hash[i],
            purpose_errors: c.purpose_errors[i],
            purpose_patience: c.purpose_patience[i],
            purpose_order: c.purpose_order[i],
            purpose_setup: c.purpose_setup[i],
            keep_alive_ns: c.keep_alive_ns[i],
            codel_target_ns: c.codel_target_ns[i],
            codel_interval_ns: c.codel_interval_ns[i],
            limit_rate: c.limit_rate[i],
            limit_burst: c.limit_burst[i],
            cores: c.cores[i],
            contention: c.contention[i],
            coherency: c.coherency[i],
            replicas: c.replicas[i],
            first_replica: c.first_replica[i],
            servers: c.servers[i],
            queue_capacity: c.queue_capacity[i],
            hold_visit: c.hold_visit[i],
            shared_queue: c.shared_queue[i],
            overflow: c.overflow[i],
            cell_service: plan.cell(c.slot_service[i]),
            cell_errors: plan.cell(c.slot_errors[i]),
            cell_down: plan.cell(c.slot_down[i]),
            cell_speed: plan.cell(c.slot_speed[i]),
            discipline: c.discipline[i],
            sharing: c.sharing[i],
            preempt: c.preempt[i],
            patience: c.patience[i],
            setup: c.setup[i],
            first_idle: c.first_idle[i],
            batch: c.batch[i],
            group: c.group[i],
            processors: c.processors[i],
            strain: c.strain[i],
            leaders: c.leaders[i],
        })
        .collect()
}

pub(super) fn watched(plan: &Plan) -> Vec<k::WatchedReplica> {
    let w = &plan.watched;
    let row = |i: usize| k::WatchedReplica {
        hash: w.hash[i],
        component: w.component[i],
        replica: plan.components.first_replica[w.component[i] as usize] + w.replica[i],
        ..k::WatchedReplica::default()
    };
    (0..w.hash.len()).map(row).collect()
}

pub(super) fn processors(plan: &Plan) -> Vec<k::Processors> {
    let each = plan.processors.each.iter();
    each.map(|&each| k::Processors { each, ..k::Processors::default() }).collect()
}
