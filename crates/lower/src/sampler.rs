//! A distribution as the machine draws from it: its unit table, and what can be read off that.

use crate::flatten::form;
use crate::model::Distribution;
use crate::plan::{Part, Shape};
use sysdl_kernel::mixture::fill_mixture;
use sysdl_kernel::shape::{self, CELLS, Point, SEGMENTS};

/// Words per unit of probability.
const WORDS: f64 = 18_446_744_073_709_551_616.0;

/// Draws of a distribution, in its unit.
pub struct Sampler {
    scale: f64,
    offset: f64,
    form: Form,
}

enum Form {
    Constant,
    Uniform,
    Table(Box<[f64; CELLS]>),
    OneOf(Vec<Point>),
}

impl Sampler {
    /// Builds what the machine builds.
    #[must_use]
    pub fn of(distribution: &Distribution) -> Self {
        let (shape, scale, offset) = form(distribution);
        let points = |list: &[(f64, f64)]| list.iter().map(|&(share, value)| Point { share, value }).collect();
        let form = match &shape {
            Shape::Constant => Form::Constant,
            Shape::Uniform => Form::Uniform,
            Shape::Histogram(values) => Form::OneOf(points(values)),
            shape => {
                let mut table = Box::new([0.0; CELLS]);
                fill(&mut table, shape);
                Form::Table(table)
            }
        };
        Self { scale, offset, form }
    }

    /// The value of a random word.
    #[must_use]
    pub fn sample(&self, word: u64) -> f64 {
        let unit = match &self.form {
            Form::Constant => return self.scale + self.offset,
            Form::Uniform => shape::uniform(word),
            Form::Table(table) => shape::unit(table, word),
            Form::OneOf(points) => shape::one_of(points, word),
        };
        self.offset + self.scale * unit
    }

    /// The value that a share of draws is below, `0 < share < 1`.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let upper = matches!(self.form, Form::Table(_)) && share >= 0.5;
        // In the upper half of a table words count from its far end.
        let beyond = (((1.0 - share) * WORDS) as u64).min((1 << 63) - 1);
        self.sample(if upper { (1 << 63) + beyond } else { (share * WORDS) as u64 })
    }

    /// Mean and standard deviation of the draws: segments of a table are straight, so both are exact.
    #[must_use]
    pub fn moments(&self) -> (f64, f64) {
        let (mean, second) = match &self.form {
            Form::Constant => return (self.scale + self.offset, 0.0),
            Form::Uniform => (0.5, 1.0 / 3.0),
            Form::Table(table) => {
                (quadrature(table, |a, b| 0.5 * (a + b)), quadrature(table, |a, b| (a * a + a * b + b * b) / 3.0))
            }
            Form::OneOf(points) => {
                let before = std::iter::once(0.0).chain(points.iter().map(|point| point.share));
                let parts = points.iter().zip(before).map(|(point, before)| (point.share - before, point.value));
                parts.fold((0.0, 0.0), |(mean, second), (share, x)| (mean + share * x, second + share * x * x))
            }
        };
        (self.offset + self.scale * mean, self.scale * (second - mean * mean).max(0.0).sqrt())
    }
}

/// The integral of a table's segments, given that of one between two ends.
fn quadrature(table: &[f64; CELLS], segment: impl Fn(f64, f64) -> f64) -> f64 {
    let tail = CELLS / 2;
    let half = |first: usize| -> f64 {
        let part = |cell: usize| {
            let width = 0.25 / (1u64 << (cell / SEGMENTS)) as f64 / SEGMENTS as f64;
            width * segment(table[first + cell], table[first + cell + 1])
        };
        (0..tail - 1).map(part).sum()
    };
    half(0) + half(tail)
}

fn fill(table: &mut [f64; CELLS], shape: &Shape) {
    match shape {
        Shape::Constant | Shape::Uniform | Shape::Histogram(_) | Shape::Exponential => shape::fill_exponential(table),
        Shape::LogNormal(sigma) => shape::fill_lognormal(table, *sigma),
        Shape::Gamma(cv) => shape::fill_gamma(table, *cv),
        Shape::Weibull(shape) => shape::fill_weibull(table, *shape),
        Shape::Pareto { alpha, ratio } => shape::fill_pareto(table, *alpha, *ratio),
        Shape::Percentiles(curve) => {
            let points: Vec<Point> = curve.iter().map(|&(share, value)| Point { share, value }).collect();
            shape::fill_percentiles(table, &points);
        }
        Shape::Values(values) => {
            let points: Vec<Point> = values.iter().map(|&value| Point { share: 0.0, value }).collect();
            shape::fill_values(table, &points);
        }
        Shape::Mixture(parts) => fill_mixture(table, &parts.iter().map(Part::row).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_moments_are_those_of_the_exponential() {
        let sampler = Sampler::of(&Distribution::Shifted(5.0, Box::new(Distribution::Exponential(2.0))));
        let near =
            |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-4, "{found}, not {expected}");
        let (mean, deviation) = sampler.moments();
        near(mean, 7.0);
        near(deviation, 2.0);
        for share in [0.001, 0.1, 0.5, 0.95, 0.999] {
            near(sampler.quantile(share), 5.0 - 2.0 * (1.0 - share).ln());
        }
    }
}
