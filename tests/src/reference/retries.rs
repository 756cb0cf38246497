//! Retries: whether one can be afforded, and the pause before it.

use super::Engine;
use super::draws::whole_ns;
use super::strands::Call;
use sysdl_kernel::draw::{attempt_key, draw, unit_f64};
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// One retry token.
const TOKEN: u32 = 65_536;
/// Most tokens that a budget holds.
pub(super) const TOKENS_MAX: u32 = 10 * TOKEN;

/// Buckets begin full. Where several policies of an edge have one, the last has its way.
pub(super) fn first_tokens(plan: &Plan, edge: usize) -> u32 {
    let sites = (0..plan.sites.edge.len()).rev();
    let mut policies = sites
        .filter(|&site| plan.sites.edge[site] as usize == edge && plan.sites.policy[site] != NONE)
        .map(|site| plan.policies.bucket_size[plan.sites.policy[site] as usize]);
    policies.find(|&size| size > 0).unwrap_or(TOKENS_MAX)
}

impl Engine<'_> {
    /// Takes a retry token. True also where retries have no budget.
    pub(super) fn take_token(&mut self, site: u32, result: u32) -> bool {
        let (policies, policy) = (&self.plan.policies, self.policy_of(site));
        let (cost, floor) = match (policies.bucket_size[policy], policies.budget[policy]) {
            (0, UNBOUNDED) => return true,
            (0, _) => (TOKEN, 0),
            _ => (policies.bucket_cost[policy], policies.bucket_floor[policy]),
        };
        let throttled = policies.bucket_size[policy] > 0;
        let cost = match self.throttled_by(site, result).filter(|_| throttled) {
            Some(row) => self.plan.pacings.throttled_cost[row],
            None => cost,
        };
        let edge = self.edge_of(site) as usize;
        let tokens = &mut self.edges[edge].tokens;
        let enough = *tokens >= cost.saturating_add(floor);
        if enough {
            *tokens -= cost;
        }
        enough
    }

    /// A call has ended well.
    pub(super) fn refund(&mut self, site: u32) {
        let (policies, policy, edge) = (&self.plan.policies, self.policy_of(site), self.edge_of(site) as usize);
        if policies.bucket_size[policy] > 0 {
            let tokens = &mut self.edges[edge].tokens;
            *tokens = tokens.saturating_add(policies.bucket_refund[policy]).min(policies.bucket_size[policy]);
        }
    }

    /// The pause after an attempt.
    pub(super) fn backoff_ns(&self, call: &Call, result: u32) -> u64 {
        let (policies, policy) = (&self.plan.policies, self.policy_of(call.site));
        let throttled = self.throttled_by(call.site, result).map(|row| self.plan.pacings.throttled_ns[row]);
        let first = throttled.unwrap_or(policies.backoff_ns[policy]) as f64;
        let cap = policies.backoff_cap_ns[policy] as f64;
        let u = |attempt: u32| {
            let visit_key = attempt_key(call.key, u64::from(attempt));
            unit_f64(draw(visit_key, self.plan.sites.purpose_backoff[call.site as usize]))
        };
        let mut backoff = first;
        if policies.jitter[policy] == 3 {
            for attempt in 0..=call.attempt {
                backoff = (first + u(attempt) * (3.0 * backoff - first)).min(cap);
            }
            return whole_ns(self.stretched(call.site, backoff));
        }
        for _ in 0..call.attempt {
            backoff *= policies.backoff_factor[policy];
        }
        backoff = backoff.min(cap);
        let u = u(call.attempt);
        let pause = match policies.jitter[policy] {
            0 => backoff,
            1 => u * backoff,
            4 => {
                let row = self.pacing_of(call.site).expect("jitter to either side is a pacing");
                backoff * (1.0 + self.plan.pacings.jitter_share[row] * (2.0 * u - 1.0))
            }
            _ => backoff / 2.0 + u * (backoff / 2.0),
        };
        whole_ns(self.stretched(call.site, pause))
    }
}
