//! Components of generated models whose replicas come and go.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{Autoscaler, Fleet, ScalingMetric, ScalingRule, ScalingStep};

/// A whole, in millionths.
const ONE: u64 = 1_000_000;

impl Generator {
    /// Some of so many replicas are in service at the begin.
    pub(super) fn fleet(&mut self, replicas: u32) -> Fleet {
        let least = u32::from(self.chance(0.9));
        let initial = self.rng.random_range(least..=replicas);
        let startup_ns = if self.chance(0.7) { self.rng.random_range(1..=600) * MS } else { 0 };
        let autoscaler = self.chance(0.6).then(|| self.autoscaler(replicas));
        Fleet { initial, startup_ns, autoscaler }
    }

    fn autoscaler(&mut self, replicas: u32) -> Autoscaler {
        let metrics =
            [ScalingMetric::Utilization, ScalingMetric::Queue, ScalingMetric::Concurrency, ScalingMetric::Arrivals];
        let metric = metrics[self.rng.random_range(0..metrics.len())];
        let unit = match metric {
            ScalingMetric::Utilization => ONE,
            ScalingMetric::Queue | ScalingMetric::Concurrency => 5 * ONE,
            ScalingMetric::Arrivals => 500 * ONE,
        };
        let rule = if self.chance(0.6) {
            let target = self.rng.random_range(unit / 20..=unit);
            ScalingRule::Target { target, tolerance: self.rng.random_range(0..=300) }
        } else {
            let step = |above: bool, bound: u64, by: u32| ScalingStep { above, bound, by };
            let by = self.rng.random_range(1..=2);
            ScalingRule::Steps(vec![step(true, unit / 2, by), step(true, unit, 3), step(false, unit / 4, by)])
        };
        let least = self.rng.random_range(0..=replicas);
        Autoscaler {
            least,
            most: self.rng.random_range(least..=replicas),
            metric,
            rule,
            every_ns: self.rng.random_range(1..=1_000) * MS,
            cooldown_ns: self.rng.random_range(0..=3_000) * MS,
        }
    }
}
