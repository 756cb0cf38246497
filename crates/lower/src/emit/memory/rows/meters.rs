//! What requests weigh, cost and may use.

use crate::plan::{Plan, Weighing};
use sysdl_kernel::layout as k;

pub(super) fn sizes(plan: &Plan) -> Vec<k::Sizes> {
    let s = &plan.sizes;
    (0..s.how.len())
        .map(|i| k::Sizes {
            purpose: s.purpose[i],
            factor: s.factor[i],
            how: s.how[i].map(|how| match how {
                Weighing::Nothing => 0,
                Weighing::Drawn => 1,
                Weighing::OfRequest => 2,
                Weighing::OfContext => 3,
            }),
            distribution: s.distribution[i],
            cell: plan.cell(s.slot[i]),
            pad: 0,
        })
        .collect()
}

pub(super) fn paces(plan: &Plan) -> Vec<k::Pace> {
    let p = &plan.paces;
    (0..p.per_size.len())
        .map(|i| k::Pace { per_size: p.per_size[i], per_result: p.per_result[i], per_cached: p.per_cached[i] })
        .collect()
}

pub(super) fn quotas(plan: &Plan) -> Vec<k::Quota> {
    let q = &plan.quotas;
    (0..q.rate.len())
        .map(|i| k::Quota { base: q.rate[i], burst: q.burst[i], cell: q.slot[i].map(|slot| plan.cell(slot)) })
        .collect()
}

pub(super) fn prices(plan: &Plan) -> Vec<k::Price> {
    let p = &plan.prices;
    (0..p.input.len()).map(|i| k::Price { input: p.input[i], cached: p.cached[i], output: p.output[i] }).collect()
}

pub(super) fn caches(plan: &Plan) -> Vec<k::PromptCache> {
    let c = &plan.caches;
    (0..c.share.len()).map(|i| k::PromptCache { share: c.share[i], ttl_ns: c.ttl_ns[i] }).collect()
}

pub(super) fn budgets(plan: &Plan) -> Vec<k::Budget> {
    let b = &plan.budgets;
    (0..b.tokens.len())
        .map(|i| k::Budget {
            tokens: b.tokens[i],
            nano_usd: b.nano_usd[i],
            wall_ns: b.wall_ns[i],
            cell: plan.cell(b.slot[i]),
            pad: 0,
        })
        .collect()
}

pub(super) fn contexts(plan: &Plan) -> Vec<k::Context> {
    let c = &plan.contexts;
    (0..c.most.len()).map(|i| k::Context { most: c.most[i], initial: c.initial[i], per_turn: c.per_turn[i] }).collect()
}
