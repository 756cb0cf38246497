//! Pauses between attempts.

use sysdl_kernel::draw::{draw, unit_f64};
use sysdl_lower::plan::Plan;

/// How long a caller pauses before it tries again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    purpose: u64,
    /// Attempts beyond the first.
    pub retries: u32,
    first_ns: f64,
    cap_ns: f64,
    factor: f64,
}

impl Backoff {
    /// Of a call site. None if it is not with full jitter.
    pub fn of(plan: &Plan, site: usize) -> Option<Self> {
        let (rows, policy) = (&plan.policies, plan.sites.policy[site] as usize);
        (rows.jitter[policy] == 1).then(|| Self {
            purpose: plan.sites.purpose_backoff[site],
            retries: rows.retry_max[policy],
            first_ns: rows.backoff_ns[policy] as f64,
            cap_ns: rows.backoff_cap_ns[policy] as f64,
            factor: rows.backoff_factor[policy],
        })
    }

    /// Pause after an attempt in nanoseconds, with full jitter, given the key of the visit that it was.
    #[inline]
    pub fn pause(&self, visit: u64, attempt: u32) -> u64 {
        let most = (0..attempt).fold(self.first_ns, |pause, _| pause * self.factor).min(self.cap_ns);
        ((unit_f64(draw(visit, self.purpose)) * most) as u64).max(1)
    }
}
