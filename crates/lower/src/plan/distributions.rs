//! Shapes of distributions.

use serde::{Deserialize, Serialize};
use sysdl_kernel::mixture;
use sysdl_kernel::mixture::family;

/// Shape of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// `scale`.
    Constant,
    /// `offset + scale * u`.
    Uniform,
    /// `scale` × a unit exponential.
    Exponential,
    /// `scale` × a lognormal with median 1 and this sigma.
    LogNormal(f64),
    /// `scale` × a gamma with mean 1 and this coefficient of variation.
    Gamma(f64),
    /// `scale` × a Weibull with scale 1 and this shape.
    Weibull(f64),
    /// `scale` × a Pareto between 1 and a ratio.
    Pareto {
        /// Tail exponent.
        alpha: f64,
        /// Largest over smallest value.
        ratio: f64,
    },
    /// A curve through percentiles `(share below, nanoseconds)`, in order. The scale is 1.
    Percentiles(Vec<(f64, f64)>),
    /// Equally likely values in nanoseconds, in order, and what lies between them. The scale is 1.
    Values(Vec<f64>),
    /// One of several, by weight, in nanoseconds. The scale is 1.
    Mixture(Vec<Part>),
    /// Exactly these values `(share up to and with it, nanoseconds)`, in order. The scale is 1.
    Histogram(Vec<(f64, f64)>),
}

/// A part of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Share of draws.
    pub weight: f64,
    /// Shape: none of the curves, no mixture.
    pub shape: Shape,
    /// Nanoseconds per unit of the shape.
    pub scale: f64,
    /// Nanoseconds added.
    pub offset: f64,
}

impl Part {
    /// As the kernel has it.
    #[must_use]
    pub fn row(&self) -> mixture::Part {
        let (family, parameter, ratio) = match self.shape {
            Shape::Uniform => (family::UNIFORM, 0.0, 0.0),
            Shape::Exponential => (family::EXPONENTIAL, 0.0, 0.0),
            Shape::LogNormal(sigma) => (family::LOGNORMAL, sigma, 0.0),
            Shape::Gamma(cv) => (family::GAMMA, cv, 0.0),
            Shape::Weibull(shape) => (family::WEIBULL, shape, 0.0),
            Shape::Pareto { alpha, ratio } => (family::PARETO, alpha, ratio),
            Shape::Constant | Shape::Percentiles(_) | Shape::Values(_) | Shape::Mixture(_) | Shape::Histogram(_) => {
                (family::CONSTANT, 0.0, 0.0)
            }
        };
        let (weight, scale, offset) = (self.weight, self.scale, self.offset);
        mixture::Part { weight, scale, offset, parameter, ratio, family, pad: 0 }
    }
}

/// One row per distribution in use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distributions {
    /// Shape; distributions of one shape share a unit table.
    pub shape: Vec<Shape>,
    /// Nanoseconds per unit of the shape.
    pub scale: Vec<f64>,
    /// Nanoseconds added.
    pub offset: Vec<f64>,
}
