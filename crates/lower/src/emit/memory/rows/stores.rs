//! What is kept by key.

use crate::plan::Plan;
use sysdl_kernel::layout as k;

pub(super) fn stores(plan: &Plan) -> Vec<k::Store> {
    let s = &plan.stores;
    (0..s.component.len())
        .map(|i| k::Store {
            ttl_ns: s.ttl_ns[i],
            refill_ns: s.refill_ns[i],
            component: s.component[i],
            capacity: s.capacity[i],
            first_key: s.first_key[i],
            keys: s.keys[i],
            cell_hits: plan.cell(s.slot_hits[i]),
            warm: s.warm[i],
        })
        .collect()
}

pub(super) fn keyspaces(plan: &Plan, zipfs: &[u32]) -> Vec<k::Keyspace> {
    let s = &plan.keyspaces;
    (0..s.keys.len())
        .map(|i| k::Keyspace {
            skew: s.skew[i],
            keys: s.keys[i],
            first_key: s.first_key[i],
            zipf: zipfs[i],
            cell_hot: plan.cell(s.slot_hot[i]),
        })
        .collect()
}

pub(super) fn keepings(plan: &Plan) -> Vec<k::Keeping> {
    let s = &plan.keepings;
    (0..s.evict.len())
        .map(|i| k::Keeping {
            jitter: s.jitter[i],
            negative_share: s.negative_share[i],
            negative_ttl_ns: s.negative_ttl_ns[i],
            stale_ns: s.stale_ns[i],
            purpose_ttl: s.purpose_ttl[i],
            purpose_evict: s.purpose_evict[i],
            purpose_negative: s.purpose_negative[i],
            evict: s.evict[i],
            sliding: s.sliding[i],
            lag: s.lag[i],
            cell_lag_factor: plan.cell(s.slot_lag_factor[i]),
            cell_lag: plan.cell(s.slot_lag[i]),
            cell_capacity: plan.cell(s.slot_capacity[i]),
            cell_clock: plan.cell(s.slot_clock[i]),
            pad: 0,
        })
        .collect()
}

pub(super) fn admissions(plan: &Plan) -> Vec<k::Admission> {
    let t = &plan.admissions;
    (0..t.first.len())
        .map(|i| k::Admission {
            rate: t.rate[i],
            burst: t.burst[i],
            partitions: t.partitions[i],
            first: t.first[i],
            by_weight: t.by_weight[i],
            pad: 0,
        })
        .collect()
}
