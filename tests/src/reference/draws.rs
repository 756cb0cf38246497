//! Draws: words from keys (the kernel's functions), durations from words (the kernel's unit tables).

use sysdl_kernel::mixture::fill_mixture;
use sysdl_kernel::shape::{self, CELLS, Point};
use sysdl_kernel::zipf::{HEAD, Zipf};
use sysdl_lower::plan::{Distributions, Keyspaces, Part, Plan, Shape};

/// What draws read. Nothing here changes while running.
pub(super) struct Draws {
    distributions: Distributions,
    /// Unit table of each distribution that needs one.
    tables: Vec<Option<Box<[f64; CELLS]>>>,
    exponential: Box<[f64; CELLS]>,
    zipfs: Vec<Box<Zipf>>,
}

impl Draws {
    /// Builds the tables of a plan.
    pub(super) fn new(plan: &Plan) -> Self {
        Draws {
            distributions: plan.distributions.clone(),
            tables: plan.distributions.shape.iter().map(table).collect(),
            exponential: exponential(),
            zipfs: zipfs(&plan.keyspaces),
        }
    }

    /// A value of a distribution in nanoseconds, before truncation.
    pub(super) fn sample(&self, distribution: u32, word: u64) -> f64 {
        let row = distribution as usize;
        let (scale, offset) = (self.distributions.scale[row], self.distributions.offset[row]);
        match (&self.tables[row], &self.distributions.shape[row]) {
            (Some(table), _) => offset + scale * shape::unit(table, word),
            (None, Shape::Constant) => scale,
            (None, Shape::Histogram(values)) => {
                // The first value whose share, with all before it, is beyond the word's.
                let at = shape::uniform(word);
                let value = values.iter().find(|(share, _)| at < *share).or(values.last());
                offset + scale * value.expect("a histogram has values").1
            }
            (None, _) => offset + scale * shape::uniform(word),
        }
    }

    /// An exponential with mean 1.
    pub(super) fn exponential(&self, word: u64) -> f64 {
        shape::unit(&self.exponential, word)
    }

    /// A key of a population, from 0.
    pub(super) fn key(&self, keyspace: u32, word: u64) -> u32 {
        self.zipfs[keyspace as usize].draw(word)
    }
}

/// A time becomes a number of nanoseconds by truncation; every step lasts at least one.
pub(super) fn whole_ns(time: f64) -> u64 {
    (time as u64).max(1)
}

fn empty() -> Box<[f64; CELLS]> {
    Box::new([0.0; CELLS])
}

fn exponential() -> Box<[f64; CELLS]> {
    let mut table = empty();
    shape::fill_exponential(&mut table);
    table
}

fn table(shape: &Shape) -> Option<Box<[f64; CELLS]>> {
    let mut table = empty();
    match shape {
        Shape::Constant | Shape::Uniform | Shape::Histogram(_) => return None,
        Shape::Exponential => shape::fill_exponential(&mut table),
        Shape::LogNormal(sigma) => shape::fill_lognormal(&mut table, *sigma),
        Shape::Gamma(cv) => shape::fill_gamma(&mut table, *cv),
        Shape::Weibull(shape) => shape::fill_weibull(&mut table, *shape),
        Shape::Pareto { alpha, ratio } => shape::fill_pareto(&mut table, *alpha, *ratio),
        Shape::Percentiles(points) => {
            let points: Vec<Point> = points.iter().map(|&(share, value)| Point { share, value }).collect();
            shape::fill_percentiles(&mut table, &points);
        }
        Shape::Values(values) => {
            let values: Vec<Point> = values.iter().map(|&value| Point { share: 0.0, value }).collect();
            shape::fill_values(&mut table, &values);
        }
        Shape::Mixture(parts) => {
            let parts: Vec<_> = parts.iter().map(Part::row).collect();
            fill_mixture(&mut table, &parts);
        }
    }
    Some(table)
}

fn zipfs(keyspaces: &Keyspaces) -> Vec<Box<Zipf>> {
    let populations = keyspaces.keys.iter().zip(&keyspaces.skew);
    populations
        .map(|(&keys, &skew)| {
            let mut zipf = Box::new(Zipf { keys: 0, head: 0, skew: 0.0, head_mass: 0.0, cumulated: [0.0; HEAD] });
            zipf.init(keys, skew);
            zipf
        })
        .collect()
}
