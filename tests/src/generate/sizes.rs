//! What generated messages weigh, and links that carry them.

use super::Generator;
use rand::RngExt;
use sysdl_lower::model::{Distribution, Size, Step, WorkBySize};

impl Generator {
    /// What a message weighs, some hundreds to ten thousands.
    pub(super) fn size(&mut self) -> Option<Size> {
        if !self.features.sizes || self.chance(0.3) {
            return None;
        }
        Some(match self.rng.random_range(0..5) {
            0 => Size::OfRequest(self.rng.random_range(0.0..2.0)),
            4 if self.features.meters => Size::OfContext(self.rng.random_range(0.0..2.0)),
            1 => Size::Drawn(Distribution::Constant(2_000.0)),
            2 => Size::Drawn(Distribution::Uniform(0.0, 3_000.0)),
            _ => Size::Drawn(Distribution::LogNormal { median: 1_000.0, sigma: 1.0 }),
        })
    }

    /// Hundreds of messages per second.
    pub(super) fn bandwidth(&mut self) -> Option<f64> {
        let on = self.features.sizes && self.features.bandwidth && self.chance(0.5);
        on.then(|| if self.features.grid { 2e6 } else { self.rng.random_range(5e4..5e6) })
    }

    /// Work that depends on sizes, where there are sizes.
    pub(super) fn work_by_size(&mut self, time: Distribution) -> Step {
        let mut per_unit = || if self.rng.random_bool(0.6) { self.rng.random_range(0.0..2_000.0) } else { 0.0 };
        let (per_size, per_result) = (per_unit(), per_unit());
        let per_cached = if self.features.meters { -per_size } else { 0.0 };
        Step::WorkBySize(WorkBySize { time, per_size, per_result, per_cached })
    }
}
