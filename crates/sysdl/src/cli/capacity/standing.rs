//! Whether a claim holds, given what it said of runs under several seeds.

use super::super::probe::{Claimed, Seen};
use sysdl_runtime::expect::{Comparison, Condition, Expectation, Level, Operand, Quantifier, Window};
use sysdl_runtime::statistics::{Estimate, estimate};

/// What can be said with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// More runs are needed to tell.
    Unclear,
}

/// A claim after some runs.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// Whether it holds.
    pub standing: Standing,
    /// What it measures, if every run measured something.
    pub found: Option<Estimate>,
    /// Runs that bear it out.
    pub held: usize,
}

/// Judges a claim.
pub fn judge(claim: &Expectation, index: usize, runs: &[Seen]) -> Judged {
    let said: Vec<&Claimed> = runs.iter().map(|run| &run.claims[index]).collect();
    let held = said.iter().filter(|claimed| !claimed.verdict.is_failure()).count();
    let values: Option<Vec<f64>> = said.iter().map(|claimed| claimed.value).collect();
    let found = values.and_then(|values| estimate(&values));
    let standing = match (sides(claim), found) {
        // What all runs measure alike has no interval: then the comparison itself decides.
        (Some(_), Some(found)) if found.half_width == 0.0 && held == said.len() => Standing::Holds,
        (Some(_), Some(found)) if found.half_width == 0.0 && held == 0 => Standing::Fails,
        (Some(bounds), Some(found)) => of_number(claim, &bounds, &found),
        _ => of_runs(held, said.len()),
    };
    Judged { standing, found, held }
}

/// The numbers between which what is measured must lie, if the claim compares a number over a stretch as a whole.
fn sides(claim: &Expectation) -> Option<[f64; 2]> {
    let whole = matches!(claim.window, Window::Run | Window::Phase { .. } | Window::After { .. });
    if claim.quantifier != Quantifier::Plain || !whole {
        return None;
    }
    let (below, above) = (f64::NEG_INFINITY, f64::INFINITY);
    match &claim.condition {
        Condition::Compare(Operand::Metric(_), Comparison::Less | Comparison::LessEqual, Operand::Number(most))
        | Condition::Compare(
            Operand::Number(most),
            Comparison::Greater | Comparison::GreaterEqual,
            Operand::Metric(_),
        ) => Some([below, *most]),
        Condition::Compare(
            Operand::Metric(_),
            Comparison::Greater | Comparison::GreaterEqual,
            Operand::Number(least),
        )
        | Condition::Compare(Operand::Number(least), Comparison::Less | Comparison::LessEqual, Operand::Metric(_)) => {
            Some([*least, above])
        }
        Condition::Near { tolerance, value, .. } => {
            let half = tolerance * value.abs();
            Some([value - half, value + half])
        }
        _ => None,
    }
}

fn of_number(claim: &Expectation, [least, most]: &[f64; 2], found: &Estimate) -> Standing {
    let [low, high] = found.interval();
    let inside = low >= *least && high <= *most;
    let outside = high < *least || low > *most;
    match (inside, outside, claim.level == Level::ExpectFail) {
        (true, _, false) | (_, true, true) => Standing::Holds,
        (_, true, false) | (true, _, true) => Standing::Fails,
        _ => Standing::Unclear,
    }
}

/// Whether most runs bear it out: Wilson's interval of their share, against one half.
fn of_runs(held: usize, runs: usize) -> Standing {
    const Z: f64 = 1.96;
    let (n, share) = (runs as f64, held as f64 / runs.max(1) as f64);
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    match (middle - half > 0.5, middle + half < 0.5) {
        (true, _) => Standing::Holds,
        (_, true) => Standing::Fails,
        _ => Standing::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_runs_of_four_are_most_and_three_of_four_are_not_enough() {
        assert_eq!(of_runs(4, 4), Standing::Holds);
        assert_eq!(of_runs(3, 4), Standing::Unclear);
        assert_eq!(of_runs(0, 4), Standing::Fails);
        assert_eq!(of_runs(40, 60), Standing::Holds);
        assert_eq!(of_runs(3, 3), Standing::Unclear);
    }
}
