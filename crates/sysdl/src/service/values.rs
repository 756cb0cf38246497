//! Values as hovers show them.

use crate::resolve::distributions;
use crate::resolve::value::Value;
use crate::resolve::{Analysis, Builder, expression};
use crate::units::{self, Dimension};
use sysdl_lower::model::{Count, Distribution, Gaps, RateProfile};
use sysdl_lower::sampler::Sampler;

/// The value of an expression of the file, outside of any component. `None` if it has none there.
pub(super) fn evaluate(analysis: &Analysis, text: &str) -> Option<Value> {
    let expr = expression(text)?;
    let mut builder = Builder::new(&analysis.program, Vec::new());
    builder.eval.diagnostics.clear();
    let scope = std::rc::Rc::clone(&builder.scope);
    let value = builder.eval.eval(&expr, &scope);
    (value != Value::Bad && builder.eval.diagnostics.is_empty()).then_some(value)
}

/// A value in words; empty if there is nothing to say beyond its text.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Number(number, dimension) => units::quantity(*number, *dimension),
        Value::Distribution(of, dimension) => moments(of, *dimension),
        Value::Geometric { mean, max: Some(max) } => format!("mean {}, at most {max}", units::trimmed(*mean)),
        Value::Geometric { mean, max: None } => format!("mean {}", units::trimmed(*mean)),
        Value::Counts(Count::Weighted(weights)) => {
            let mean: f64 = weights.iter().map(|(count, weight)| f64::from(*count) * weight).sum();
            format!("mean {}", units::trimmed(mean))
        }
        Value::Keys { keys, skew } if *skew > 0.0 => {
            format!("{} keys, exponent {}", units::quantity(*keys, Dimension::Count), units::trimmed(*skew))
        }
        Value::Keys { keys, .. } => format!("{} keys, each as likely", units::quantity(*keys, Dimension::Count)),
        Value::Open(gaps, RateProfile::Steady(rate)) => {
            let gaps = if *gaps == Gaps::Poisson { ", at random" } else { "" };
            format!("{}{gaps}", units::quantity(*rate, Dimension::Rate))
        }
        Value::Users(users, think) => {
            format!("{users} users who think for {} on average", units::duration(distributions::mean(think)))
        }
        Value::Range(from, to, dimension) => {
            format!("{}..{}", units::quantity(*from, *dimension), units::quantity(*to, *dimension))
        }
        Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Text(text) => format!("\"{text}\""),
        Value::Word(word) => word.clone(),
        Value::None => "none".to_owned(),
        _ => String::new(),
    }
}

/// `mean 2.9ms, CV 0.65, p50 2ms, p99 9ms`
pub(super) fn moments(of: &Distribution, dimension: Dimension) -> String {
    let show = |value: f64| units::quantity(value, dimension);
    if let Distribution::Constant(value) = of {
        return format!("always {}", show(*value));
    }
    let sampler = Sampler::of(of);
    let mean = distributions::mean(of);
    let deviation = distributions::deviation(of).unwrap_or_else(|| sampler.moments().1);
    let cv = if mean > 0.0 { deviation / mean } else { 0.0 };
    let (p50, p99) = (show(sampler.quantile(0.5)), show(sampler.quantile(0.99)));
    format!("mean {}, CV {}, p50 {p50}, p99 {p99}", show(mean), units::trimmed((cv * 100.0).round() / 100.0))
}
