//! How attempts follow each other beyond the common, and the histograms of edges that some of it rests on.

use super::Engine;
use sysdl_kernel::histogram::quantile_ns;
use sysdl_lower::plan::NONE;

impl Engine<'_> {
    /// The row that the policy of a site has, if any.
    pub(super) fn pacing_of(&self, site: u32) -> Option<usize> {
        let row = self.plan.policies.pacing[self.policy_of(site)];
        (row != NONE).then_some(row as usize)
    }

    /// The same, if an outcome counts as being throttled there.
    pub(super) fn throttled_by(&self, site: u32, result: u32) -> Option<usize> {
        self.pacing_of(site).filter(|&row| self.plan.pacings.throttled_on[row] & (1 << result) != 0)
    }

    /// When a hedge follows an attempt; 0: never.
    pub(super) fn hedge_after_ns(&self, site: u32) -> u64 {
        let fixed_ns = self.plan.policies.hedge_after_ns[self.policy_of(site)];
        let Some(row) = self.pacing_of(site) else { return fixed_ns };
        let per_100k = self.plan.pacings.hedge_per_100k[row];
        if per_100k == 0 {
            return fixed_ns;
        }
        let counts = self.windows.closed_counts_of_edge(self.plan.pacings.histogram[row]);
        let total = counts.iter().map(|&count| u64::from(count)).sum();
        match quantile_ns(counts, total, u64::from(per_100k)) {
            0 => fixed_ns,
            after_ns => after_ns,
        }
    }

    /// A good attempt took so long.
    pub(super) fn observe_attempt(&mut self, edge: u32, ns: u64) {
        let conduct = self.plan.edges.conduct[edge as usize];
        if conduct != NONE {
            self.windows.observe_edge(self.plan.conducts.histogram_attempts[conduct as usize], ns);
        }
    }

    /// A call took so long.
    pub(super) fn observe_call(&mut self, edge: u32, ns: u64) {
        let conduct = self.plan.edges.conduct[edge as usize];
        if conduct != NONE {
            self.windows.observe_edge(self.plan.conducts.histogram_calls[conduct as usize], ns);
        }
    }
}
