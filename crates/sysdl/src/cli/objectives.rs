//! What `slo` promises beside what a run found: the share of good answers, and how fast that uses up the error budget.
//!
//! The error budget is the share of answers that need not be good. It burns at rate 1 if it is just used up when the window
//! of the objective is over.

use super::human::Paint;
use serde::Serialize;
use std::collections::BTreeMap;
use sysdl::resolve::Objective;
use sysdl::units::{Dimension, rounded, significant, trimmed};
use sysdl_runtime::Report;

/// Digits that matter of rates and times.
const DIGITS: usize = 3;

/// An objective and what became of it in the measured part of a run.
#[derive(Serialize)]
pub struct Kept {
    /// The endpoint whose requests it is of.
    pub endpoint: String,
    /// The share that is promised.
    pub objective: f64,
    /// Over which time, in seconds.
    pub window_s: f64,
    /// Good answers among ended requests.
    pub good: f64,
    /// So many times as fast as it may is the error budget used up; null if there is none.
    pub burn_rate: Option<f64>,
    /// The part of the window's error budget that the run has used up.
    pub budget_spent: Option<f64>,
    /// The time in which all of it would be, in seconds; null if never.
    pub budget_lasts_s: Option<f64>,
}

/// Objectives by name, those that were asked of.
pub type AllKept = BTreeMap<String, Kept>;

/// Sets objectives beside a report whose measured part has so many seconds.
pub fn kept(objectives: &[Objective], report: &Report, measured_s: f64) -> AllKept {
    let one = |objective: &Objective| {
        let found = &report.endpoints.get(&objective.endpoint)?.totals;
        if found.requests == 0 {
            return None;
        }
        let window_s = objective.window_ns.max(1) as f64 / 1e9;
        let good = found.ok as f64 / found.requests as f64;
        let burn_rate = (objective.share < 1.0).then(|| (1.0 - good) / (1.0 - objective.share));
        let kept = Kept {
            endpoint: objective.endpoint.clone(),
            objective: objective.share,
            window_s,
            good,
            burn_rate,
            budget_spent: burn_rate.map(|rate| rate * measured_s / window_s),
            budget_lasts_s: burn_rate.filter(|&rate| rate > 0.0).map(|rate| window_s / rate),
        };
        Some((objective.name.clone(), kept))
    };
    objectives.iter().filter_map(one).collect()
}

impl Kept {
    /// Whether the share of good answers is what is promised.
    pub fn holds(&self) -> bool {
        self.good >= self.objective
    }

    /// `99.95% of web.get good, promised 99.9% over 30d; …`
    fn words(&self) -> String {
        let promised = format!("{}% over {}", trimmed(self.objective * 100.0), time(self.window_s));
        let good = format!("{}% of {} good, promised {promised}", percent(self.good), self.endpoint);
        let (Some(rate), Some(spent)) = (self.burn_rate, self.budget_spent) else { return good };
        let gone = self.budget_lasts_s.filter(|_| !self.holds());
        let gone = gone.map_or(String::new(), |seconds| format!(", gone in {}", time(seconds)));
        let [rate, spent] = [rate, spent * 100.0].map(|number| significant(number, DIGITS));
        format!("{good}; error budget burns at {rate}x{gone}, this run took {spent}%")
    }
}

/// The section of a report.
pub fn human(kept: &AllKept, paint: &Paint) -> String {
    if kept.is_empty() {
        return String::new();
    }
    let mark = |one: &Kept| if one.holds() { paint.green("✓") } else { paint.yellow("⚠") };
    let lines = kept.iter().map(|(name, one)| format!("{} {name}  {}\n", mark(one), one.words()));
    format!("\n{}\n{}", paint.bold("objectives"), lines.collect::<String>())
}

/// The table of a report in Markdown.
pub fn markdown(kept: &AllKept) -> String {
    if kept.is_empty() {
        return String::new();
    }
    let row = |(name, one): (&String, &Kept)| {
        let mark = if one.holds() { "✓" } else { "⚠" };
        format!("| `{name}` | {} | {mark} |\n", one.words())
    };
    format!("\n| objective | measured | |\n|---|---|---|\n{}", kept.iter().map(row).collect::<String>())
}

/// A share that is near 1, with the digits that tell it from 1.
fn percent(share: f64) -> String {
    let bad = significant((1.0 - share) * 100.0, DIGITS);
    let digits = bad.split_once('.').map_or(0, |(_, behind)| behind.len());
    format!("{:.digits$}", share * 100.0)
}

/// A length of time.
fn time(seconds: f64) -> String {
    rounded(seconds * 1e9, Dimension::Duration, DIGITS)
}
