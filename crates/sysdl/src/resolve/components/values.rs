//! Values of sections as what they are used as.

use super::super::value::Value;
use crate::units::Dimension;
use sysdl_lower::model::Distribution;

/// A whole number, if the value is one and bounded.
pub(crate) fn count(value: Option<&Value>) -> Option<u32> {
    match value {
        Some(Value::Number(number, _)) => Some(number.clamp(0.0, f64::from(u32::MAX - 1)) as u32),
        _ => None,
    }
}

/// A duration in whole nanoseconds, if the value is one.
pub(crate) fn duration(value: Option<&Value>) -> Option<u64> {
    match value {
        Some(Value::Number(ns, Dimension::Duration)) => Some(*ns as u64),
        _ => None,
    }
}

/// A distribution of durations, if the value is one.
pub(crate) fn distribution(value: Option<&Value>) -> Option<Distribution> {
    match value {
        Some(Value::Distribution(distribution, Dimension::Duration)) => Some(distribution.clone()),
        _ => None,
    }
}

pub(crate) fn is(value: Option<&Value>, word: &str) -> bool {
    matches!(value, Some(Value::Word(w)) if w == word)
}
