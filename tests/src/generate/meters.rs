//! What generated visits use, and how much they may.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{Budget, Context, Distribution, Limit, Prices, PromptCache, Step};

impl Generator {
    /// A step that uses tokens, or reads what is cached.
    pub(super) fn metered(&mut self) -> Step {
        if self.chance(0.2) {
            return Step::TurnAway(self.rng.random_range(0.0..0.3));
        }
        if self.chance(0.3) {
            let share = self.rng.random_range(0.0..=1.0);
            return Step::ReadCache(PromptCache { share, ttl_ns: self.rng.random_range(1..=200) * MS });
        }
        let mut price = || self.rng.random_range(0.0..10_000.0);
        Step::Use(Prices { input: price(), cached: price(), output: price() })
    }

    pub(super) fn budget(&mut self) -> Option<Budget> {
        if !self.features.meters || self.chance(0.6) {
            return None;
        }
        Some(Budget {
            tokens: self.chance(0.6).then(|| self.rng.random_range(0..10_000)),
            nano_usd: self.chance(0.3).then(|| self.rng.random_range(0..20_000_000)),
            wall_ns: self.chance(0.4).then(|| self.rng.random_range(1..=60) * MS),
        })
    }

    pub(super) fn context(&mut self) -> Option<Context> {
        let on = self.features.meters && self.chance(0.4);
        on.then(|| Context {
            initial: Distribution::Constant(500.0),
            per_turn: Distribution::Exponential(800.0),
            most: self.rng.random_range(500..5_000),
        })
    }

    /// Some thousand tokens per second.
    pub(super) fn quota(&mut self) -> Option<Limit> {
        let on = self.features.quotas && self.chance(0.6);
        on.then(|| Limit { rate: self.rng.random_range(1e3..1e6), burst: self.rng.random_range(1e3..5e4) })
    }
}
