//! Distributions of times, sizes and counts.

use serde::{Deserialize, Serialize};

/// A distribution of durations. Parameters are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distribution {
    /// Always the same.
    Constant(f64),
    /// Exponential with this mean.
    Exponential(f64),
    /// Uniform between two bounds.
    Uniform(f64, f64),
    /// Lognormal with this median and standard deviation of the logarithm.
    LogNormal {
        /// The 50th percentile.
        median: f64,
        /// Standard deviation of the logarithm. Positive.
        sigma: f64,
    },
    /// Gamma with this mean and coefficient of variation (Erlang-k when `cv = 1/sqrt(k)`).
    Gamma {
        /// Mean.
        mean: f64,
        /// Coefficient of variation. Positive.
        cv: f64,
    },
    /// Weibull: the hazard falls with time for shapes below 1, grows above.
    Weibull {
        /// The value that 63.2 % lie below.
        scale: f64,
        /// Exponent. Positive.
        shape: f64,
    },
    /// Pareto between two bounds: a heavy tail that ends.
    Pareto {
        /// Smallest value. Positive.
        low: f64,
        /// Largest value.
        high: f64,
        /// Tail exponent. Positive.
        alpha: f64,
    },
    /// Through some percentiles `(share below, value)` exactly, at least two, both growing; lognormal between and beyond.
    Percentiles(Vec<(f64, f64)>),
    /// Equally likely values in order, at least one, and what lies between them.
    Values(Vec<f64>),
    /// One of several by weight; the weights sum to 1. No part is a curve, a histogram or a mixture.
    Mixture(Vec<(f64, Distribution)>),
    /// Exactly these values `(value, weight)`; the values grow, the weights are positive and sum to 1. At least one.
    Histogram(Vec<(f64, f64)>),
    /// Another, and so much more. The offset is positive; the other is no constant.
    Shifted(f64, Box<Distribution>),
}
