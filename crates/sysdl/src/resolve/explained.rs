//! What a distribution is like: by its formula, and as the machine draws it.

use super::counts::normal;
use super::eval::Evaluator;
use super::program::Loader;
use super::system::expression;
use super::value::{Scope, Value};
use super::{data, distributions};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::{FileId, Span};
use crate::units::Dimension;
use serde::Serialize;
use sysdl_lower::model::{Count, Distribution};
use sysdl_lower::sampler::Sampler;

/// Bins of the shape.
const BINS: usize = 14;
/// Bins grow by a factor where the largest value shown is so many times the smallest.
const WIDE: f64 = 20.0;

/// Mean, standard deviation, and their ratio.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// Coefficient of variation.
    pub cv: f64,
}

/// A part of the shape: the share of draws between two values.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bin {
    /// Above this.
    pub from: f64,
    /// Up to this.
    pub to: f64,
    /// Share of draws.
    pub share: f64,
}

/// What a distribution is like. Values are in seconds, or in plain numbers if it counts.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// As written.
    pub distribution: String,
    /// `s`, or `1` for counts.
    pub unit: &'static str,
    /// By its formula, if it has one.
    pub formula: Option<Moments>,
    /// Of the table that the machine draws from.
    pub sampled: Moments,
    /// Half are below.
    pub p50: f64,
    /// 95% are below.
    pub p95: f64,
    /// 99% are below.
    pub p99: f64,
    /// 99.9% are below.
    pub p999: f64,
    /// The shape, from the first to the 99.5th percentile.
    pub shape: Vec<Bin>,
}

/// Explains what is written, such as `lognormal(p50 = 2ms, p99 = 9ms)`.
///
/// # Errors
/// What is wrong with it.
pub fn explain(text: &str, loader: &dyn Loader) -> Result<Explained, Vec<Diagnostic>> {
    let not_one = |message: String| {
        let diagnostic = Diagnostic::new(&codes::E0102, message, Span::GIVEN, "not a distribution");
        vec![diagnostic.help("write `sysdl explain 'lognormal(p50 = 2ms, p99 = 9ms)'`")]
    };
    let Some(written) = expression(text) else { return Err(not_one(format!("`{text}` is not a value"))) };
    let mut evaluator = Evaluator::default();
    data::load(loader, "", FileId(0), text, &mut evaluator.files);
    let value = evaluator.eval(&written, &Scope::default());
    if !evaluator.diagnostics.is_empty() {
        return Err(evaluator.diagnostics);
    }
    let (distribution, dimension) = match value {
        Value::Distribution(of, dimension) => (of, dimension),
        Value::Number(ns, Dimension::Duration) => (Distribution::Constant(ns), Dimension::Duration),
        Value::Counts(Count::Weighted(weights)) => (of_counts(weights), Dimension::Count),
        Value::Geometric { mean, max } => (geometric(mean.max(1.0), max), Dimension::Count),
        other => return Err(not_one(format!("`{text}` is {}, not a distribution", other.describe()))),
    };
    let by = if dimension == Dimension::Duration { 1e-9 } else { 1.0 };
    let sampler = Sampler::of(&distribution);
    let (mean, deviation) = sampler.moments();
    let formula = distributions::deviation(&distribution);
    let moments = |mean: f64, deviation: f64| Moments {
        mean: mean * by,
        deviation: deviation * by,
        cv: if mean > 0.0 { deviation / mean } else { 0.0 },
    };
    let at = |share: f64| sampler.quantile(share) * by;
    Ok(Explained {
        distribution: text.to_owned(),
        unit: if dimension == Dimension::Duration { "s" } else { "1" },
        formula: formula.map(|deviation| moments(distributions::mean(&distribution), deviation)),
        sampled: moments(mean, deviation),
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        shape: shape(&sampler, by),
    })
}

fn of_counts(weights: Vec<(u32, f64)>) -> Distribution {
    Distribution::Histogram(weights.into_iter().map(|(n, weight)| (f64::from(n), weight)).collect())
}

/// 1, 2, 3 … with a mean, cut at `max`, where what is cut off comes together.
fn geometric(mean: f64, max: Option<f64>) -> Distribution {
    let (stop, most) = (1.0 / mean, max.unwrap_or(super::counts::WEIGHTS_MAX).min(super::counts::WEIGHTS_MAX) as u32);
    let weight = |n: u32| {
        let reached = libm::pow(1.0 - stop, f64::from(n - 1));
        (n, if n == most { reached } else { reached * stop })
    };
    of_counts(normal((1..=most.max(1)).map(weight).filter(|(_, weight)| *weight > 1e-15).collect()))
}

/// The share of draws up to a value.
fn below(sampler: &Sampler, value: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if sampler.quantile(middle) <= value { low = middle } else { high = middle }
    }
    low
}

fn shape(sampler: &Sampler, by: f64) -> Vec<Bin> {
    let (low, high) = (sampler.quantile(0.01), sampler.quantile(0.995));
    if high <= low {
        return vec![Bin { from: low * by, to: high * by, share: 1.0 }];
    }
    let growing = low > 0.0 && high / low > WIDE;
    let edge = |k: usize| {
        let part = k as f64 / BINS as f64;
        if growing { low * libm::pow(high / low, part) } else { low + (high - low) * part }
    };
    let share = |k: usize| if k == BINS { below(sampler, high) } else { below(sampler, edge(k)) };
    (0..BINS)
        .map(|k| {
            // The first bin has what lies below it as well.
            let before = if k == 0 { 0.0 } else { share(k) };
            Bin { from: edge(k) * by, to: edge(k + 1) * by, share: share(k + 1) - before }
        })
        .collect()
}
