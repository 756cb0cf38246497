//! Quotas: buckets of requests and of weight in front of a component.

use super::Engine;
use super::strands::StrandId;
use sysdl_lower::plan::Plan;

/// What is in the buckets of a component, and since when.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets {
    tokens: [f64; 2],
    since_ns: u64,
}

/// Full buckets for every component; none where no component has a quota.
pub(super) fn all(plan: &Plan) -> Vec<Buckets> {
    plan.quotas.burst.iter().map(|&tokens| Buckets { tokens, since_ns: 0 }).collect()
}

impl Engine<'_> {
    /// Takes what a visit weighs from each bucket of its component, or nothing. True also without a quota.
    pub(super) fn quota_admits(&mut self, c: usize, visit: StrandId) -> bool {
        if self.quotas.is_empty() {
            return true;
        }
        self.settle_quota(c);
        let strand = self.strands.get(visit);
        let costs = [1.0, (strand.size + strand.result) as f64];
        let limited = self.plan.quotas.rate[c].map(|rate| rate > 0.0);
        let tokens = &mut self.quotas[c].tokens;
        if (0..2).any(|which| limited[which] && tokens[which] < costs[which]) {
            return false;
        }
        for which in (0..2).filter(|&which| limited[which]) {
            tokens[which] -= costs[which];
        }
        true
    }

    /// Counts what has come into the buckets up to now, at the rates in force.
    pub(super) fn settle_quota(&mut self, c: usize) {
        let rows = &self.plan.quotas;
        let passed_ns = (self.now - self.quotas[c].since_ns) as f64;
        self.quotas[c].since_ns = self.now;
        for which in 0..2 {
            let base = rows.rate[c][which];
            if base == 0.0 {
                continue;
            }
            let rate = self.parameters.of(rows.slot[c][which]).unwrap_or(base);
            let full = rows.burst[c][which] * (rate / base);
            let tokens = &mut self.quotas[c].tokens[which];
            *tokens = (*tokens + passed_ns * (rate * 1e-9)).min(full);
        }
    }
}
