//! Other simulators on the reference topology. They record what they can: how many requests ended and how long these took.

pub mod desru;
pub mod nexosim;

use sysdl_kernel::draw::{PHI, mix, unit_f64};
use sysdl_kernel::shape::{self, CELLS, fill_exponential};

/// Random times for those that bring no generator: the same tables as a module's, so that drawing is no handicap.
pub struct Draws {
    state: u64,
    table: Box<[f64; CELLS]>,
}

impl Default for Draws {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Draws {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut table = Box::new([0.0; CELLS]);
        fill_exponential(&mut table);
        Self { state: seed, table }
    }

    fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(PHI);
        mix(self.state)
    }

    /// Exponentially distributed, with a mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        let word = self.word();
        mean * shape::unit(&self.table, word)
    }

    /// True with a probability.
    pub fn chance(&mut self, p: f64) -> bool {
        unit_f64(self.word()) < p
    }
}

/// The reference topology in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Topology {
    /// Requests per second.
    pub rate: f64,
    /// Replicas of the applications.
    pub apps: usize,
    /// Servers of each.
    pub slots: usize,
    /// Connections of the database.
    pub connections: usize,
    /// Length of the run in seconds.
    pub seconds: f64,
    /// Seed.
    pub seed: u64,
}

/// What a run has found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Requests that have ended.
    pub ended: u64,
    /// Sum of their response times in seconds.
    pub response_s: f64,
}
