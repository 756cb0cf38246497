//! Distributions: from what is written to the model's forms, and their moments.

use super::eval::{Args, Evaluator};
use super::value::Value;
use crate::units::{self, Dimension};
use sysdl_kernel::shape::{self, CELLS, Point};
use sysdl_lower::model::Distribution;
use sysdl_order::Order as _;

/// Quantile of the standard normal at 99 %.
const Z99: f64 = 2.326_347_874_040_841;

impl Evaluator {
    pub(super) fn uniform(&mut self, a: &Args) -> Value {
        // Uniform over keys: `uniform(n = 1000)`.
        if let Some((keys, Dimension::Count)) = self.optional(a, "n", usize::MAX) {
            return Value::Keys { keys, skew: 0.0 };
        }
        match (self.named(a, "low", 0), self.named(a, "high", 1)) {
            (Some((low, x)), Some((high, y))) if x == y && 0.0 <= low && low <= high => {
                Value::Distribution(Distribution::Uniform(low, high), x)
            }
            (Some(_), Some(_)) => self.impossible(a, "uniform needs its lower bound first, and not below 0".to_owned()),
            _ => Value::Bad,
        }
    }

    pub(super) fn lognormal(&mut self, a: &Args) -> Value {
        let (Some((p50, x)), Some((p99, y))) = (self.named(a, "p50", 0), self.named(a, "p99", 1)) else {
            return Value::Bad;
        };
        if x != y || p50 <= 0.0 || p50 >= p99 {
            let show = |v: f64| if x == Dimension::Duration { units::duration(v) } else { units::trimmed(v) };
            return self.impossible(a, format!("lognormal needs 0 < p50 < p99, got {} and {}", show(p50), show(p99)));
        }
        let sigma = libm::log(p99 / p50) / Z99;
        Value::Distribution(Distribution::LogNormal { median: p50, sigma }, x)
    }

    pub(super) fn gamma(&mut self, a: &Args) -> Value {
        match (self.named(a, "mean", 0), self.named(a, "cv", 1)) {
            (Some((mean, x)), Some((cv, _))) if mean > 0.0 && cv > 0.0 => {
                Value::Distribution(Distribution::Gamma { mean, cv }, x)
            }
            (Some(_), Some(_)) => {
                self.impossible(a, "gamma needs a positive mean and coefficient of variation".to_owned())
            }
            _ => Value::Bad,
        }
    }

    /// `erlang(k = 4, mean = 10ms)`: the sum of k exponentials.
    pub(super) fn erlang(&mut self, a: &Args) -> Value {
        match (self.named(a, "k", 0), self.named(a, "mean", 1)) {
            (Some((k, _)), Some((mean, x))) if k >= 1.0 && mean > 0.0 => {
                Value::Distribution(Distribution::Gamma { mean, cv: 1.0 / libm::sqrt(k.floor()) }, x)
            }
            (Some(_), Some(_)) => self.impossible(a, "erlang needs k of 1 or more and a positive mean".to_owned()),
            _ => Value::Bad,
        }
    }

    /// `hyperexp(mean = 10ms, cv = 2)`, balanced means; or `hyperexp(p = 90%, a = 1ms, b = 91ms)`.
    pub(super) fn hyperexp(&mut self, a: &Args) -> Value {
        if a.find("p", usize::MAX).is_some() {
            let parts = ["p", "a", "b"].map(|part| self.named(a, part, usize::MAX));
            let [Some((p, _)), Some((first, x)), Some((second, y))] = parts else { return Value::Bad };
            if !(0.0..=1.0).contains(&p) || first <= 0.0 || second <= 0.0 || x != y {
                return self.impossible(a, "hyperexp needs a share and two positive means".to_owned());
            }
            return two_exponentials(p, first, second, x);
        }
        let (Some((mean, x)), Some((cv, _))) = (self.named(a, "mean", 0), self.named(a, "cv", 1)) else {
            return Value::Bad;
        };
        if mean <= 0.0 || cv < 1.0 {
            return self.impossible(a, format!("hyperexp varies more than exp: cv is at least 1, got {cv}"));
        }
        let squared = cv * cv;
        let p = 0.5 * (1.0 + libm::sqrt((squared - 1.0) / (squared + 1.0)));
        two_exponentials(p, mean / (2.0 * p), mean / (2.0 * (1.0 - p)), x)
    }

    /// `weibull(mean = 10ms, shape = 0.7)`
    pub(super) fn weibull(&mut self, a: &Args) -> Value {
        match (self.named(a, "mean", 0), self.named(a, "shape", 1)) {
            (Some((mean, x)), Some((shape, _))) if mean > 0.0 && shape > 0.0 => {
                let scale = mean / libm::tgamma(1.0 + 1.0 / shape);
                Value::Distribution(Distribution::Weibull { scale, shape }, x)
            }
            (Some(_), Some(_)) => self.impossible(a, "weibull needs a positive mean and shape".to_owned()),
            _ => Value::Bad,
        }
    }

    /// `pareto(low = 1ms, high = 10s, alpha = 1.2)`
    pub(super) fn pareto(&mut self, a: &Args) -> Value {
        match (self.named(a, "low", 0), self.named(a, "high", 1), self.named(a, "alpha", 2)) {
            (Some((low, x)), Some((high, y)), Some((alpha, _))) if x == y && 0.0 < low && low < high && alpha > 0.0 => {
                Value::Distribution(Distribution::Pareto { low, high, alpha }, x)
            }
            (Some(_), Some(_), Some(_)) => {
                self.impossible(a, "pareto needs 0 < low < high and a positive alpha".to_owned())
            }
            _ => Value::Bad,
        }
    }

    /// `latency(p50 = 2ms, p95 = 9ms, p99 = 30ms)`: exact at each, `p999` is the 99.9th.
    pub(super) fn latency(&mut self, a: &Args) -> Value {
        let mut points = Vec::new();
        for (name, value, _) in &a.named {
            let (Some(share), Value::Number(value, Dimension::Duration)) = (share_of(name), value) else {
                if *value == Value::Bad {
                    return Value::Bad;
                }
                return self.impossible(a, format!("`{name}` is no percentile with a duration: write `p99 = 30ms`"));
            };
            points.push((share, *value));
        }
        points.order_by(|a, b| a.0.total_cmp(&b.0));
        let grows = points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        if points.len() < 2 || !grows || points[0].1 <= 0.0 || !a.positional.is_empty() {
            let message = "latency needs two percentiles or more, each above the one before".to_owned();
            return self.impossible(a, message);
        }
        Value::Distribution(Distribution::Percentiles(points), Dimension::Duration)
    }

    /// `values([1ms, 2ms, 9ms])`: as measured, from one to the next, each stretch equally likely.
    pub(super) fn values(&mut self, a: &Args) -> Value {
        let Some((Value::List(items), _)) = a.find("of", 0) else {
            return self.impossible(a, "values needs a list: `values([1ms, 2ms, 9ms])`".to_owned());
        };
        let number = |item: &Value| match item {
            Value::Number(ns, Dimension::Duration) => Some(*ns),
            _ => None,
        };
        match items.iter().map(number).collect::<Option<Vec<f64>>>() {
            Some(mut values) if !values.is_empty() => {
                values.order_by(f64::total_cmp);
                Value::Distribution(Distribution::Values(values), Dimension::Duration)
            }
            _ if items.contains(&Value::Bad) => Value::Bad,
            _ => self.impossible(a, "values are durations".to_owned()),
        }
    }

    /// `mixture(of = [exp(1ms), exp(90ms)], weights = [90%, 10%])`
    pub(super) fn mixture(&mut self, a: &Args) -> Value {
        let list = |name: &str, position: usize| match a.find(name, position) {
            Some((Value::List(items), _)) => items.clone(),
            _ => Vec::new(),
        };
        let (of, weights) = (list("of", 0), list("weights", 1));
        if of.contains(&Value::Bad) || weights.contains(&Value::Bad) {
            return Value::Bad;
        }
        let mut parts = Vec::new();
        for (part, weight) in of.iter().zip(&weights) {
            let part = match part {
                Value::Number(ns, Dimension::Duration) => Distribution::Constant(*ns),
                Value::Distribution(part, Dimension::Duration) => part.clone(),
                _ => return self.impossible(a, "a mixture is of durations".to_owned()),
            };
            if !is_plain(&part) {
                let message = "a mixture is of plain distributions, not of curves, histograms or mixtures".to_owned();
                return self.impossible(a, message);
            }
            let Value::Number(weight, _) = weight else {
                return self.impossible(a, "weights are shares".to_owned());
            };
            parts.push((*weight, part));
        }
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        if parts.is_empty() || of.len() != weights.len() || (total - 1.0).abs() > 1e-6 {
            let message = "a mixture needs as many weights as parts, and they sum to 100%".to_owned();
            return self.impossible(a, message);
        }
        Value::Distribution(Distribution::Mixture(parts), Dimension::Duration)
    }
}

fn two_exponentials(p: f64, first: f64, second: f64, dimension: Dimension) -> Value {
    let parts = vec![(p, Distribution::Exponential(first)), (1.0 - p, Distribution::Exponential(second))];
    Value::Distribution(Distribution::Mixture(parts), dimension)
}

/// `p99` is 0.99, `p999` is 0.999, `p5` is 0.05.
fn share_of(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let value: f64 = digits.parse().ok()?;
    let share = value / libm::pow(10.0, digits.len().max(2) as f64);
    (share > 0.0 && share < 1.0).then_some(share)
}

/// A distribution times a positive number.
pub(crate) fn scaled(distribution: Distribution, by: f64) -> Distribution {
    match distribution {
        Distribution::Constant(value) => Distribution::Constant(value * by),
        Distribution::Exponential(mean) => Distribution::Exponential(mean * by),
        Distribution::Uniform(low, high) => Distribution::Uniform(low * by, high * by),
        Distribution::LogNormal { median, sigma } => Distribution::LogNormal { median: median * by, sigma },
        Distribution::Gamma { mean, cv } => Distribution::Gamma { mean: mean * by, cv },
        Distribution::Weibull { scale, shape } => Distribution::Weibull { scale: scale * by, shape },
        Distribution::Pareto { low, high, alpha } => Distribution::Pareto { low: low * by, high: high * by, alpha },
        Distribution::Percentiles(points) => {
            Distribution::Percentiles(points.into_iter().map(|(share, value)| (share, value * by)).collect())
        }
        Distribution::Values(values) => Distribution::Values(values.into_iter().map(|value| value * by).collect()),
        Distribution::Mixture(parts) => {
            Distribution::Mixture(parts.into_iter().map(|(weight, part)| (weight, scaled(part, by))).collect())
        }
        Distribution::Histogram(values) => {
            Distribution::Histogram(values.into_iter().map(|(value, weight)| (value * by, weight)).collect())
        }
        Distribution::Shifted(offset, of) => Distribution::Shifted(offset * by, Box::new(scaled(*of, by))),
    }
}

/// A distribution and so much more.
pub(super) fn shifted(distribution: Distribution, by: f64) -> Distribution {
    match distribution {
        of if by == 0.0 => of,
        Distribution::Constant(value) => Distribution::Constant(value + by),
        Distribution::Uniform(low, high) => Distribution::Uniform(low + by, high + by),
        Distribution::Values(values) => Distribution::Values(values.into_iter().map(|value| value + by).collect()),
        Distribution::Histogram(values) => {
            Distribution::Histogram(values.into_iter().map(|(value, weight)| (value + by, weight)).collect())
        }
        Distribution::Shifted(offset, of) => Distribution::Shifted(offset + by, of),
        of => Distribution::Shifted(by, Box::new(of)),
    }
}

/// Whether a mixture can have it as a part.
fn is_plain(distribution: &Distribution) -> bool {
    match distribution {
        Distribution::Percentiles(_)
        | Distribution::Values(_)
        | Distribution::Mixture(_)
        | Distribution::Histogram(_) => false,
        Distribution::Shifted(_, of) => is_plain(of),
        _ => true,
    }
}

/// The mean of a distribution.
#[must_use]
pub fn mean(distribution: &Distribution) -> f64 {
    match distribution {
        Distribution::Constant(value) => *value,
        Distribution::Exponential(mean) | Distribution::Gamma { mean, .. } => *mean,
        Distribution::Uniform(low, high) => 0.5 * (low + high),
        Distribution::LogNormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
        Distribution::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
        Distribution::Pareto { low, high, alpha } => pareto_mean(*low, *high, *alpha),
        Distribution::Values(values) if values.len() == 1 => values[0],
        Distribution::Values(values) => {
            // Straight between neighbors: the trapezoidal rule is exact.
            let sum: f64 = values.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).sum();
            sum / (values.len() - 1) as f64
        }
        Distribution::Percentiles(points) => {
            let points: Vec<Point> = points.iter().map(|&(share, value)| Point { share, value }).collect();
            table_mean(|table| shape::fill_percentiles(table, &points))
        }
        Distribution::Mixture(parts) => parts.iter().map(|(weight, part)| weight * mean(part)).sum(),
        Distribution::Histogram(values) => values.iter().map(|(value, weight)| value * weight).sum(),
        Distribution::Shifted(offset, of) => offset + mean(of),
    }
}

/// The standard deviation of a distribution; `None` if its form has no formula for it.
#[must_use]
pub fn deviation(distribution: &Distribution) -> Option<f64> {
    variance(distribution).map(|variance| libm::sqrt(variance.max(0.0)))
}

fn variance(distribution: &Distribution) -> Option<f64> {
    Some(match distribution {
        Distribution::Constant(_) => 0.0,
        Distribution::Exponential(mean) => mean * mean,
        Distribution::Uniform(low, high) => (high - low) * (high - low) / 12.0,
        Distribution::LogNormal { sigma, .. } => {
            let mean = mean(distribution);
            mean * mean * libm::expm1(sigma * sigma)
        }
        Distribution::Gamma { mean, cv } => mean * mean * cv * cv,
        Distribution::Weibull { scale, shape } => {
            let mean = mean(distribution);
            scale * scale * libm::tgamma(1.0 + 2.0 / shape) - mean * mean
        }
        Distribution::Pareto { low, high, alpha } => {
            let (mean, end) = (mean(distribution), libm::pow(high / low, -alpha));
            let second = if (alpha - 2.0).abs() < 1e-9 {
                2.0 * low * low * libm::log(high / low)
            } else {
                alpha * low * low / (alpha - 2.0) * (1.0 - libm::pow(high / low, 2.0 - alpha))
            };
            second / (1.0 - end) - mean * mean
        }
        Distribution::Percentiles(_) => return None,
        Distribution::Values(values) => {
            // Straight between neighbors.
            let part = |pair: &[f64]| (pair[0] * pair[0] + pair[0] * pair[1] + pair[1] * pair[1]) / 3.0;
            let parts = (values.len() - 1).max(1) as f64;
            let mean = mean(distribution);
            if values.len() == 1 { 0.0 } else { values.windows(2).map(part).sum::<f64>() / parts - mean * mean }
        }
        Distribution::Mixture(parts) => {
            let whole = mean(distribution);
            let part = |(weight, of): &(f64, Distribution)| {
                let mean = mean(of);
                variance(of).map(|variance| weight * (variance + mean * mean))
            };
            parts.iter().map(part).sum::<Option<f64>>()? - whole * whole
        }
        Distribution::Histogram(values) => {
            let mean = mean(distribution);
            values.iter().map(|(value, weight)| weight * (value - mean) * (value - mean)).sum()
        }
        Distribution::Shifted(_, of) => variance(of)?,
    })
}

fn pareto_mean(low: f64, high: f64, alpha: f64) -> f64 {
    let end = libm::pow(high / low, -alpha);
    if (alpha - 1.0).abs() < 1e-9 {
        return low * libm::log(high / low) / (1.0 - end);
    }
    alpha * low / (alpha - 1.0) * (1.0 - libm::pow(high / low, 1.0 - alpha)) / (1.0 - end)
}

/// The mean of a unit table: segments are straight, so each contributes its middle.
fn table_mean(fill: impl Fn(&mut [f64; CELLS])) -> f64 {
    let mut table = Box::new([0.0; CELLS]);
    fill(&mut table);
    let tail = CELLS / 2;
    let half = |first: usize| -> f64 {
        let segment = |cell: usize| {
            let width = 0.25 / (1u64 << (cell / shape::SEGMENTS)) as f64 / shape::SEGMENTS as f64;
            width * 0.5 * (table[first + cell] + table[first + cell + 1])
        };
        (0..tail - 1).map(segment).sum()
    };
    half(0) + half(tail)
}
