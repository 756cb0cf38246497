//! Retries: whether one can be afforded, and the pause before it.

use super::edges::{edge, edge_state, policy, site};
use super::memory::{get64, header};
use super::{pacing, strains};
use crate::draw::{self, draw, unit_f64};
use crate::layout::{NONE, Policy, Site, frame64};

/// One retry token.
const TOKEN: u32 = 1 << 16;
/// Most tokens a budget can hold.
const TOKENS_MAX: u32 = 10 * TOKEN;
/// Jitters of that kind.
const DECORRELATED: u32 = 3;
/// See [`DECORRELATED`].
const AROUND: u32 = 4;

/// Budgets and buckets start full.
pub fn init() {
    for index in 0..header().edges.len {
        edge_state(index).tokens.set(TOKENS_MAX);
    }
    for index in 0..header().sites.len {
        let site = site(index);
        if site.policy != NONE && policy(site).bucket_size > 0 {
            edge_state(site.edge).tokens.set(policy(site).bucket_size);
        }
    }
}

/// A call is made: what it adds to the budget of retries.
pub fn earn(edge: u32, policy: &Policy) {
    if policy.budget != NONE {
        let tokens = &edge_state(edge).tokens;
        tokens.set(tokens.get().saturating_add(policy.budget).min(TOKENS_MAX));
    }
}

/// Takes what a retry costs, if there is enough of it.
pub fn afford(edge: u32, policy: &Policy, result: u32) -> bool {
    let (cost, floor) = match (policy.bucket_size, policy.budget) {
        (0, NONE) => return true,
        (0, _) => (TOKEN, 0),
        _ if policy.pacing == NONE => (policy.bucket_cost, policy.bucket_floor),
        _ => (pacing::cost(policy, result), policy.bucket_floor),
    };
    let tokens = &edge_state(edge).tokens;
    let enough = tokens.get() >= cost.saturating_add(floor);
    if enough {
        tokens.set(tokens.get() - cost);
    }
    enough
}

/// A call has ended well.
pub fn refund(edge: u32, policy: &Policy) {
    if policy.bucket_size > 0 {
        let tokens = &edge_state(edge).tokens;
        tokens.set(tokens.get().saturating_add(policy.bucket_refund).min(policy.bucket_size));
    }
}

/// Pause after attempt `number`, which had a bad result.
pub fn backoff(strand: u32, site: &Site, policy: &Policy, number: u32, result: u32) -> u64 {
    let call_key = get64(frame64::CALL_KEY, strand);
    let u = |n: u32| unit_f64(draw(draw::attempt_key(call_key, n as u64), site.purpose_backoff));
    let first = if policy.pacing == NONE { policy.backoff_ns } else { pacing::first_backoff(policy, result) };
    let (first, cap) = (first as f64, policy.backoff_cap_ns as f64);
    let pause = if policy.jitter == DECORRELATED {
        (0..=number).fold(first, |before, n| (first + u(n) * (3.0 * before - first)).min(cap))
    } else {
        let pause = (0..number).fold(first, |pause, _| pause * policy.backoff_factor).min(cap);
        match policy.jitter {
            0 => pause,
            1 => u(number) * pause,
            AROUND => pause * (1.0 + pacing::jitter_share(policy) * (2.0 * u(number) - 1.0)),
            _ => pause / 2.0 + u(number) * (pause / 2.0),
        }
    };
    (strains::pause(edge(site.edge), pause) as u64).max(1)
}
