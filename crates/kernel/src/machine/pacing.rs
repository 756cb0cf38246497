//! How attempts follow each other where a policy says more than a backoff: after being throttled, as the callee
//! asks, and hedges after a percentile of what attempts take.

use super::memory::{header, read, row, write};
use super::observing;
use crate::layout::{NONE, Pacing, Policy};

/// Rows are few; each belongs to one policy of one edge.
fn pacing(policy: &Policy) -> &'static Pacing {
    row(header().pacings, policy.pacing)
}

/// First backoff of a retry after an outcome.
#[unsafe(export_name = "if_pacing_first_backoff")]
#[inline(never)]
pub extern "C" fn first_backoff(policy: &Policy, result: u32) -> u64 {
    let pacing = pacing(policy);
    if pacing.throttled_on >> result & 1 == 1 { pacing.throttled_ns } else { policy.backoff_ns }
}

/// How far a pause goes to either side.
#[unsafe(export_name = "if_pacing_jitter")]
#[inline(never)]
pub extern "C" fn jitter_share(policy: &Policy) -> f64 {
    pacing(policy).jitter_share
}

/// Shortest pause after being turned away.
#[unsafe(export_name = "if_pacing_honored")]
#[inline(never)]
pub extern "C" fn honored(policy: &Policy) -> u64 {
    pacing(policy).honored_ns
}

/// What a retry after an outcome takes of the bucket.
#[unsafe(export_name = "if_pacing_cost")]
#[inline(never)]
pub extern "C" fn cost(policy: &Policy, result: u32) -> u32 {
    let pacing = pacing(policy);
    if pacing.throttled_on >> result & 1 == 1 { pacing.throttled_cost } else { policy.bucket_cost }
}

/// When a hedge follows an attempt, 0: never.
#[unsafe(export_name = "if_pacing_hedge_after")]
#[inline(never)]
pub extern "C" fn hedge_after(policy: &Policy) -> u64 {
    if pacing(policy).hedge_per_100k == 0 {
        return policy.hedge_after_ns;
    }
    match read(header().pacing_states, policy.pacing) {
        0 => policy.hedge_after_ns,
        after => after,
    }
}

/// Hedges beyond the first.
#[unsafe(export_name = "if_copies_hedges_more")]
#[inline(never)]
pub extern "C" fn hedges_more(policy: &Policy) -> u32 {
    if policy.pacing == NONE { 0 } else { pacing(policy).hedges_more }
}

/// A window has closed: hedges follow what attempts have taken so far.
#[unsafe(export_name = "if_pacing_close")]
#[inline(never)]
pub extern "C" fn close() {
    for index in 0..header().pacings.len {
        let pacing: &Pacing = row(header().pacings, index);
        if pacing.hedge_per_100k > 0 {
            let after: u64 = observing::quantile(pacing.histogram, pacing.hedge_per_100k as u64);
            write(header().pacing_states, index, after);
        }
    }
}
