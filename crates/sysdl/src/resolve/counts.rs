//! Counts at random: rounds of a loop, requests of a session, how many come at once.

use super::eval::{Args, Evaluator};
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Count, Distribution};

/// Most different numbers of a count with weights.
pub(super) const WEIGHTS_MAX: f64 = 4_096.0;
/// What lies beyond the numbers of a Poisson count.
const REST: f64 = 1e-14;

/// What is counted, for messages.
pub(super) struct Counted {
    /// `a loop`
    pub(super) what: &'static str,
    /// `rounds`
    pub(super) of: &'static str,
    /// The largest number.
    pub(super) most: f64,
    /// How to write one: `loop 3 { … }`
    pub(super) help: &'static str,
}

impl Evaluator {
    /// A value as a count, if it is one and not too large.
    pub(super) fn count(&mut self, value: Value, span: Span, counted: &Counted) -> Option<Count> {
        let Counted { what, of, most, help } = counted;
        let count = match value {
            Value::Bad => return None,
            Value::Number(n, Dimension::Count) if n >= 0.0 && n.fract() == 0.0 => {
                (n, Count::Constant(n.min(*most) as u32))
            }
            Value::Geometric { mean, max: None } => {
                let message = format!("{what} has no bound: it may never end");
                let help = format!("write `geometric(mean = {mean}, max = {})`", (mean * 3.0).ceil());
                self.report(Diagnostic::new(&codes::E0513, message, span, "`max` is missing").help(help));
                return None;
            }
            Value::Geometric { mean, max: Some(max) } if max >= 1.0 => {
                (max, Count::Geometric { mean: mean.max(1.0), max: max.min(*most) as u32 })
            }
            Value::Distribution(Distribution::Uniform(low, high), Dimension::Count) if low >= 0.0 => {
                (high, Count::Uniform { low: low.min(*most) as u32, high: high.min(*most) as u32 })
            }
            Value::Distribution(Distribution::Constant(n), Dimension::Count) if n >= 0.0 => {
                (n, Count::Constant(n.min(*most) as u32))
            }
            Value::Keys { keys, skew } if keys >= 1.0 => (keys, zipf(keys.min(WEIGHTS_MAX), skew)),
            Value::Counts(count) => (largest(&count), count),
            value => {
                let message = format!("{what} needs a number of {of}, got {}", value.describe());
                let diagnostic = Diagnostic::new(&codes::E0203, message, span, format!("not a number of {of}"));
                self.report(diagnostic.help(*help));
                return None;
            }
        };
        let limit = if matches!(count.1, Count::Weighted(_)) { most.min(WEIGHTS_MAX) } else { *most };
        if count.0 > limit {
            let message = format!("{} {of} are more than {limit}", count.0);
            self.report(Diagnostic::new(&codes::E0513, message, span, "too many").help("write a smaller number"));
            return None;
        }
        Some(count.1)
    }

    /// `poisson(3)`: a count, as `poisson(3rps)` is a rate.
    pub(super) fn poisson_count(&mut self, mean: f64, a: &Args) -> Value {
        if !(mean > 0.0 && mean <= 1_000.0) {
            return self.impossible(a, "a Poisson count has a mean above 0, of 1000 at most".to_owned());
        }
        let (mut weights, mut sum, mut n) = (Vec::new(), 0.0, 0u32);
        while f64::from(n) < mean || 1.0 - sum > REST {
            let log = f64::from(n) * libm::log(mean) - mean - libm::lgamma(f64::from(n) + 1.0);
            let weight = libm::exp(log);
            if f64::from(n) > mean && weight < REST * REST {
                break;
            }
            if weight > 0.0 {
                weights.push((n, weight));
            }
            sum += weight;
            n += 1;
        }
        Value::Counts(Count::Weighted(normal(weights)))
    }
}

fn largest(count: &Count) -> f64 {
    f64::from(match count {
        Count::Constant(n) | Count::Geometric { max: n, .. } | Count::Uniform { high: n, .. } => *n,
        Count::Weighted(weights) => weights.last().map_or(0, |(n, _)| *n),
    })
}

/// 1 to `n`, the k-th with weight `k^-skew`.
fn zipf(n: f64, skew: f64) -> Count {
    Count::Weighted(normal((1..=n as u32).map(|k| (k, libm::pow(f64::from(k), -skew))).collect()))
}

/// Weights that sum to 1.
pub(super) fn normal<T: Copy>(weights: Vec<(T, f64)>) -> Vec<(T, f64)> {
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    weights.into_iter().map(|(value, weight)| (value, weight / sum)).collect()
}
