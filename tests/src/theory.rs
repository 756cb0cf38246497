//! Systems with a formula: `tests/theory/*.sysdl`, with the formula's value in the file.
//!
//! `expect mean(server.sojourn) within 2% of 500ms` in scenario `steady`, or one whose name begins with `whole`, is a case. Thirty seeds run; it holds
//! if their mean is within the tolerance of the value, and the 95 % interval of that mean reaches no farther than half
//! the tolerance to either side, so that no noise passes for agreement.
//!
//! By default a tenth of `steady`'s duration is run and √10 of its tolerances demanded; `SYSDL_THEORY=full` runs it all.

use crate::programs;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use sysdl_lower::compile;
use sysdl_runtime::Trace;
use sysdl_runtime::expect::{Condition, Expectation, measured};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::statistics::{Estimate, estimate};

/// Replications of a case.
pub const SEEDS: u64 = 30;
/// A short run's share of the whole.
const SHORT: u64 = 10;

/// How much of a case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// A tenth of the duration, √10 of the tolerance.
    Short,
    /// All of it.
    Full,
}

impl Length {
    /// What the environment asks for.
    #[must_use]
    pub fn asked() -> Self {
        if std::env::var("SYSDL_THEORY").is_ok_and(|value| value == "full") { Length::Full } else { Length::Short }
    }

    /// By what tolerances are widened.
    #[must_use]
    pub fn widens(self) -> f64 {
        if self == Length::Full { 1.0 } else { (SHORT as f64).sqrt() }
    }
}

/// A case and what came out.
#[derive(Clone, Debug)]
pub struct Case {
    /// The claim, as written.
    pub text: String,
    /// The value of the formula, in base units.
    pub exact: f64,
    /// The tolerance, as a share of the value.
    pub tolerance: f64,
    /// Of the replications.
    pub found: Estimate,
}

impl Case {
    /// Whether the mean is close enough, and known well enough.
    #[must_use]
    pub fn holds(&self) -> bool {
        let allowed = self.tolerance * self.exact.abs();
        (self.found.mean - self.exact).abs() <= allowed && self.found.half_width <= allowed / 2.0
    }
}

impl Case {
    /// A number that is read off each replication.
    #[must_use]
    pub fn of(text: &str, exact: f64, tolerance: f64, values: &[f64]) -> Case {
        let found = estimate(values).expect("there are runs");
        Case { text: text.to_owned(), exact, tolerance, found }
    }
}

/// The folder of the cases.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("theory")
}

/// Runs a scenario under all seeds, and reads each trace as its run ends: thirty traces do not fit into memory.
pub fn replications<T: Send>(
    file: &str,
    scenario: &str,
    length: Length,
    read: impl Fn(&Trace, &[Expectation]) -> T + Sync,
) -> Vec<T> {
    let mut program = programs::load(&folder().join(file), scenario);
    if length == Length::Short {
        let model = &mut program.model;
        model.duration_ns = model.warmup_ns + (model.duration_ns - model.warmup_ns).div_ceil(SHORT);
    }
    let wasm = compile(&program.model).expect("it fits into memory").module.bytes;
    let prepared = Prepared::new(&wasm).expect("the module is valid");
    let by_events = programs::by_events(&program.model);
    let run = |seed| {
        // One seed shows whether what is resolved ahead of time is what events come to.
        let trace = programs::run_both_ways(&prepared, by_events.as_ref().filter(|_| seed == 1), seed);
        read(&trace, &program.expectations)
    };
    (1..=SEEDS).into_par_iter().map(run).collect()
}

/// Runs all cases of a file: what scenario `steady` claims, and those whose names begin with `whole`, which have no tenth.
#[must_use]
pub fn cases(file: &str, length: Length) -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join(file)).expect("it can be read");
    let names = text.lines().filter_map(|line| line.strip_prefix("scenario ")?.split(' ').next());
    let lengths = names.filter_map(|name| match name {
        "steady" => Some((name, length)),
        _ => name.starts_with("whole").then_some((name, Length::Full)),
    });
    lengths.flat_map(|(scenario, length)| of_scenario(file, scenario, length)).collect()
}

fn of_scenario(file: &str, scenario: &str, length: Length) -> Vec<Case> {
    let runs = replications(file, scenario, length, |trace, claims| {
        claims.iter().map(|claim| (claim.clone(), measured(trace, claim))).collect::<Vec<_>>()
    });
    let claims: Vec<Expectation> = runs[0].iter().map(|(claim, _)| claim.clone()).collect();
    let case = |(index, claim): (usize, &Expectation)| {
        let Condition::Near { tolerance, value, .. } = claim.condition else {
            panic!("{file}: `{}` says no value", claim.text)
        };
        let values: Vec<f64> = runs.iter().map(|run| run[index].1.unwrap_or(f64::NAN)).collect();
        let found = estimate(&values).expect("there are runs");
        Case { text: claim.text.clone(), exact: value, tolerance: tolerance * length.widens(), found }
    };
    claims.iter().enumerate().map(case).collect()
}
