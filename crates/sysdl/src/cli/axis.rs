//! `--param peak=10krps,20krps`, `--param peak=10krps..100krps/10`: what is varied, and through which values.
//!
//! `a..b/n` is n values from a to b, evenly apart; `a..b*f` is a, f times a, f² times a, …, not beyond b. Both ends have one
//! unit of measure. Counts stay whole.

use super::trouble;
use sysdl::resolve::{Analysis, Answered, Override, Questions};
use sysdl::syntax::span::FileId;
use sysdl::units::{self, Dimension};

/// Most values of one parameter.
const VALUES_MAX: usize = 10_000;
/// Digits of values between two ends.
const DIGITS: usize = 6;

/// A parameter or property, and its values as the command line would give each.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What is varied: `peak`, `db.replicas`.
    pub path: String,
    /// Its values, in order, each once.
    pub values: Vec<String>,
}

/// A stretch of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its lower end in base units.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What it is of.
    pub dimension: Dimension,
}

impl Axis {
    /// Reads `name=values`.
    pub fn read(text: &str) -> Result<Self, u8> {
        let (path, values) = split(text)?;
        let values = match values.split_once("..") {
            Some((low, rest)) => range(text, low, rest)?,
            None => list(values),
        };
        if values.iter().any(String::is_empty) {
            return Err(trouble(format!("`--param {text}`: a value is missing; write `--param {path}=10,20,50`")));
        }
        let mut seen = std::collections::HashSet::new();
        let values = values.into_iter().filter(|value| seen.insert(value.clone())).collect();
        Ok(Self { path, values })
    }
}

/// The name and what stands behind `=`.
pub fn split(text: &str) -> Result<(String, &str), u8> {
    match text.split_once('=') {
        Some((path, values)) if !path.trim().is_empty() && !values.trim().is_empty() => {
            Ok((path.trim().to_owned(), values.trim()))
        }
        _ => Err(trouble(format!(
            "`--param {text}`: write a name and its values, such as `--param peak=10krps,20krps` or `--param peak=10krps..100krps/10`"
        ))),
    }
}

/// Values between commas that no bracket holds.
fn list(text: &str) -> Vec<String> {
    let (mut values, mut open) = (vec![String::new()], 0_i32);
    for c in text.chars() {
        match c {
            ',' if open == 0 => {
                values.push(String::new());
                continue;
            }
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open -= 1,
            _ => {}
        }
        if let Some(last) = values.last_mut() {
            last.push(c);
        }
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

/// Both ends of `low..high`.
pub fn stretch(whole: &str, low: &str, high: &str) -> Result<Stretch, u8> {
    let read = |text: &str| {
        units::read(text).ok_or_else(|| {
            trouble(format!("`--param {whole}`: `{text}` is no quantity with a unit, such as `10krps`, `200ms` or `8`"))
        })
    };
    let ((from, dimension), (to, other)) = (read(low)?, read(high)?);
    if dimension != other {
        return Err(trouble(format!(
            "`--param {whole}`: `{low}` is {}, `{high}` is {}; give both ends the same kind of unit",
            dimension.name(),
            other.name()
        )));
    }
    if from >= to {
        return Err(trouble(format!("`--param {whole}`: the lower end comes first: `{high}..{low}`")));
    }
    Ok(Stretch { low: from, high: to, dimension })
}

fn range(whole: &str, low: &str, rest: &str) -> Result<Vec<String>, u8> {
    // The unit of a rate may have a slash: what stands behind the last one tells.
    let even = rest.rsplit_once('/').and_then(|(high, n)| Some((high, n.trim().parse::<usize>().ok()?)));
    let times = rest.rsplit_once('*').and_then(|(high, f)| Some((high, f.trim().parse::<f64>().ok()?)));
    let values = match (even, times) {
        (Some((high, count)), _) if (2..=VALUES_MAX).contains(&count) => {
            let Stretch { low, high, dimension } = stretch(whole, low, high)?;
            let at = |i: usize| low + (high - low) * i as f64 / (count - 1) as f64;
            ((0..count).map(at).collect::<Vec<f64>>(), dimension)
        }
        (None, Some((high, factor))) if factor > 1.0 => {
            let Stretch { low, high, dimension } = stretch(whole, low, high)?;
            if low <= 0.0 {
                return Err(trouble(format!("`--param {whole}`: no factor leads away from 0; begin above it")));
            }
            let steps = ((high / low).ln() / factor.ln() + 1e-9).floor() as usize;
            if steps >= VALUES_MAX {
                return Err(trouble(format!("`--param {whole}`: {steps} values; at most {VALUES_MAX} are run")));
            }
            ((0..=steps).map(|i| low * factor.powi(i as i32)).collect(), dimension)
        }
        _ => {
            let high = even.map(|(high, _)| high).or(times.map(|(high, _)| high)).unwrap_or(rest);
            return Err(trouble(format!(
                "`--param {whole}`: say how many values, evenly apart (`{low}..{high}/10`), or by what factor above 1 they grow (`{low}..{high}*2`)"
            )));
        }
    };
    let (numbers, dimension) = values;
    Ok(numbers.into_iter().map(|number| written(number, dimension, DIGITS)).collect())
}

/// A value as the command line would give it; counts are whole.
pub fn written(number: f64, dimension: Dimension, digits: usize) -> String {
    let number = if dimension == Dimension::Count { number.round() } else { number };
    let digits = if dimension == Dimension::Count { 15 } else { digits };
    units::rounded(number, dimension, digits)
}

/// What is asked of a scenario, if it can be run so; else says what is wrong with the settings, the questions or the file.
pub fn answered(analysis: &Analysis, scenario: &str, set: &[Override], questions: &Questions) -> Result<Answered, u8> {
    let answered = analysis.ask(scenario, set, questions);
    if answered.resolved.model.is_none() {
        let errors: Vec<_> = answered.resolved.diagnostics.into_iter().filter(|d| d.is_error()).collect();
        let settings = set.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(" ");
        // What is wrong with a setting stands nowhere in the file.
        let Some(foreign) = errors.iter().find(|error| error.primary.span.file == FileId::GIVEN) else {
            if settings.is_empty() {
                super::files::show(&errors, &analysis.sources);
                return Err(super::FINDINGS);
            }
            // The others follow from the first.
            super::files::show(&errors[..1], &analysis.sources);
            return Err(trouble(format!("with {settings} there is nothing to run")));
        };
        let help = foreign.help.as_deref().map_or(String::new(), |help| format!("; {help}"));
        trouble(format!("{}{help}", foreign.message));
        parameters(analysis);
        return Err(super::TROUBLE);
    }
    if answered.wrong.is_empty() {
        return Ok(answered);
    }
    answered.wrong.iter().for_each(|line| {
        trouble(line);
    });
    Err(super::TROUBLE)
}

/// Names what can be varied.
fn parameters(analysis: &Analysis) {
    let all: Vec<String> = analysis.parameters().into_iter().map(|(_, declared)| declared).collect();
    if all.is_empty() {
        eprintln!("  the file declares no parameter; a property can be varied: `--param db.replicas=1,2,4`");
    } else {
        eprintln!("  the file's parameters: {}", all.join(", "));
    }
}
