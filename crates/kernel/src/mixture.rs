//! Mixtures: one of several distributions, by weight, as one unit table.
//!
//! The quantile is found by bisection on the logarithm of the value, from whichever tail is smaller,
//! so that far tails keep their precision.

use crate::shape::{CELLS, fill, gamma_tails};
use libm::{erfc, exp, expm1, log, pow};

/// A part of a mixture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Part {
    /// Share of draws. The weights of a mixture sum to 1.
    pub weight: f64,
    /// Nanoseconds per unit of the family. Positive, but 0 may stand for a constant.
    pub scale: f64,
    /// Nanoseconds added.
    pub offset: f64,
    /// Sigma, coefficient of variation, shape or tail exponent.
    pub parameter: f64,
    /// Largest over smallest value of a Pareto.
    pub ratio: f64,
    /// See [`family`].
    pub family: u32,
    /// Unused.
    pub pad: u32,
}

/// Families of parts.
pub mod family {
    /// `scale`.
    pub const CONSTANT: u32 = 0;
    /// Uniform between 0 and 1.
    pub const UNIFORM: u32 = 1;
    /// Exponential with mean 1.
    pub const EXPONENTIAL: u32 = 2;
    /// Lognormal with median 1; `parameter` is sigma.
    pub const LOGNORMAL: u32 = 3;
    /// Gamma with mean 1; `parameter` is its coefficient of variation.
    pub const GAMMA: u32 = 4;
    /// Weibull with scale 1; `parameter` is its shape.
    pub const WEIBULL: u32 = 5;
    /// Pareto from 1 to `ratio`; `parameter` is its tail exponent.
    pub const PARETO: u32 = 6;
}

/// Smallest and largest value that a table can hold, as logarithms of nanoseconds: 1e-3 to 1e19.
const LOW: f64 = -6.9;
const HIGH: f64 = 43.7;
/// Halvings of the bracket; what is left is below the rounding of the logarithm.
const HALVINGS: u32 = 56;

/// Fills a table with the mixture, in nanoseconds.
pub fn fill_mixture(table: &mut [f64; CELLS], parts: &[Part]) {
    fill(table, |p, upper| {
        let (mut low, mut high) = (LOW, HIGH);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            let (below, above) = tails(parts, exp(middle));
            let beyond = if upper { above < p } else { below > p };
            if beyond { high = middle } else { low = middle }
        }
        exp(0.5 * (low + high))
    });
}

/// Shares below and above a value.
fn tails(parts: &[Part], value: f64) -> (f64, f64) {
    parts.iter().fold((0.0, 0.0), |(below, above), part| {
        let (b, a) = part.tails(value);
        (below + part.weight * b, above + part.weight * a)
    })
}

impl Part {
    fn tails(&self, value: f64) -> (f64, f64) {
        if self.family == family::CONSTANT {
            return if value >= self.scale + self.offset { (1.0, 0.0) } else { (0.0, 1.0) };
        }
        let x = (value - self.offset) / self.scale;
        if x <= 0.0 {
            return (0.0, 1.0);
        }
        match self.family {
            family::UNIFORM => (x.min(1.0), (1.0 - x).max(0.0)),
            family::EXPONENTIAL => (-expm1(-x), exp(-x)),
            family::LOGNORMAL => {
                let z = log(x) / self.parameter * core::f64::consts::FRAC_1_SQRT_2;
                (0.5 * erfc(-z), 0.5 * erfc(z))
            }
            family::GAMMA => {
                let shape = 1.0 / (self.parameter * self.parameter);
                gamma_tails(shape, x * shape)
            }
            family::WEIBULL => {
                let hazard = pow(x, self.parameter);
                (-expm1(-hazard), exp(-hazard))
            }
            _ => {
                let end = pow(self.ratio, -self.parameter);
                let above = ((pow(x, -self.parameter) - end) / (1.0 - end)).clamp(0.0, 1.0);
                (1.0 - above, above)
            }
        }
    }
}
