//! Arrivals of generated models that are more than one request, or do not go by a rate.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{Arrivals, Count, Session};

impl Generator {
    /// A number of about so many, at most.
    pub(super) fn count(&mut self, most: u32) -> Count {
        match self.rng.random_range(0..4) {
            0 => Count::Constant(self.rng.random_range(1..=most)),
            1 => Count::Geometric { mean: self.rng.random_range(1.0..3.0), max: most },
            2 => Count::Uniform { low: self.rng.random_range(0..2), high: self.rng.random_range(2..=most.max(2)) },
            _ => Count::Weighted(vec![(0, 0.25), (1, 0.5), (most, 0.25)]),
        }
    }

    pub(super) fn session(&mut self) -> Session {
        Session { requests: self.count(4), think: self.time(1, 60) }
    }

    /// Arrivals by the clock or by a list.
    pub(super) fn given(&mut self) -> Arrivals {
        let duration_ms = self.duration_ns / MS;
        if self.chance(0.5) {
            let every_ms = self.rng.random_range(20..=400);
            let spread_ms = if self.chance(0.5) { self.rng.random_range(1..every_ms) } else { 0 };
            let first_ms = if self.chance(0.5) { 0 } else { self.rng.random_range(0..=500) };
            return Arrivals::Cron { every_ns: every_ms * MS, first_ns: first_ms * MS, spread_ns: spread_ms * MS };
        }
        let mut instants: Vec<u64> = (0..100).map(|_| self.rng.random_range(0..duration_ms) * MS).collect();
        instants.sort_unstable();
        let repeat = self.chance(0.5);
        if repeat {
            // A short list that begins anew.
            instants.iter_mut().for_each(|at| *at = *at / 8 + MS);
        }
        Arrivals::Trace { instants, repeat }
    }
}
