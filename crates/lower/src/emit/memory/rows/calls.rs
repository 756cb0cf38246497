//! Call sites and their policies.

use super::super::super::{Labels, Resolved};
use crate::plan::{NONE, Plan};
use sysdl_kernel::layout as k;

pub(super) fn sites(plan: &Plan, labels: &Labels) -> Vec<k::Site> {
    let s = &plan.sites;
    (0..s.edge.len())
        .map(|i| k::Site {
            purpose_backoff: s.purpose_backoff[i],
            edge: s.edge[i],
            policy: s.policy[i],
            entry: labels.of(plan.programs.entry[s.program[i] as usize]),
            class_and_role: s.priority[i] | s.role[i] << 8,
            once_received: s.once_received[i],
            keys: s.keys[i],
            sizes: s.sizes[i],
            copy: s.copy[i],
        })
        .collect()
}

pub(super) fn policies(plan: &Plan, ahead: &Resolved) -> Vec<k::Policy> {
    let p = &plan.policies;
    (0..p.timeout_ns.len())
        .map(|i| k::Policy {
            timeout_ns: p.timeout_ns[i],
            backoff_ns: p.backoff_ns[i],
            backoff_cap_ns: p.backoff_cap_ns[i],
            hedge_after_ns: p.hedge_after_ns[i],
            backoff_factor: p.backoff_factor[i],
            gives_up_as: p.gives_up_as[i],
            retry_max: p.retry_max[i],
            jitter: p.jitter[i],
            budget: p.budget[i],
            retry_on: p.retry_on[i],
            bucket_size: p.bucket_size[i],
            bucket_cost: p.bucket_cost[i],
            bucket_refund: p.bucket_refund[i],
            bucket_floor: p.bucket_floor[i],
            cancel: p.cancel[i],
            deadline: p.deadline[i],
            pacing: p.pacing[i],
            lane: ahead.lanes.of_timeout(p.timeout_ns[i]).unwrap_or(NONE),
            pad: 0,
        })
        .collect()
}

pub(super) fn conducts(plan: &Plan) -> Vec<k::Conduct> {
    let c = &plan.conducts;
    (0..c.rto_ns.len())
        .map(|i| k::Conduct {
            purpose_throttle: c.purpose_throttle[i],
            throttle_k: c.throttle_k[i],
            throttle_slot_ns: c.throttle_slot_ns[i],
            rto_ns: c.rto_ns[i],
            packets: c.packets[i],
            histogram_calls: c.histogram_calls[i],
            histogram_attempts: c.histogram_attempts[i],
            connections: c.connections[i],
        })
        .collect()
}

pub(super) fn pacings(plan: &Plan) -> Vec<k::Pacing> {
    let p = &plan.pacings;
    (0..p.histogram.len())
        .map(|i| k::Pacing {
            throttled_ns: p.throttled_ns[i],
            honored_ns: p.honored_ns[i],
            jitter_share: p.jitter_share[i],
            throttled_on: p.throttled_on[i],
            throttled_cost: p.throttled_cost[i],
            hedge_per_100k: p.hedge_per_100k[i],
            histogram: p.histogram[i],
            idempotent: p.idempotent[i],
            hedges_more: p.hedges_more[i],
        })
        .collect()
}
