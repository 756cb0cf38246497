//! A scenario under some settings, run under seeds and measured: what sweeps and searches are made of.

use super::axis::answered;
use super::{TROUBLE, length, trouble};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use sysdl::resolve::{Analysis, Answered, Override, Questions, Resolved};
use sysdl::units::Dimension;
use sysdl_lower::meta::fingerprint;
use sysdl_lower::{compile, twin_of};
use sysdl_runtime::expect::{
    self, Expectation, Level, Metric, Quantity, Subject, Verdict, evaluate, measured, need_twin,
};
use sysdl_runtime::guest::{Prepared, Status};
use sysdl_runtime::replicate::judged;
use sysdl_runtime::statistics::Estimate;
use sysdl_runtime::{Limits, Trace, drive};

/// Set by Ctrl-C: runs stop, and what is finished is kept.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Lets Ctrl-C end runs instead of the program.
pub fn listen() {
    let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed));
}

/// Whether Ctrl-C was pressed.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// What is run and asked, but for the settings.
pub struct Question {
    /// The file.
    pub analysis: Analysis,
    /// As the user named it.
    pub file: String,
    /// The scenario.
    pub scenario: String,
    /// Settings of all probes.
    pub set: Vec<Override>,
    /// What is measured and claimed.
    pub asked: Questions,
    /// Length of the run instead of the scenario's.
    pub duration: Option<String>,
    /// Claims that a run under some of the settings is too short for. They are left out under all: what is compared is
    /// the same everywhere.
    pub left_out: Vec<Expectation>,
}

impl Question {
    /// Tries settings, so that a mistake shows before anything is run, and leaves out what some of them cannot show.
    pub fn settle(&mut self, tried: &[Vec<Override>]) -> Result<(), u8> {
        for settings in tried {
            let (_, beyond) = self.within(settings)?;
            self.left_out.extend(beyond);
        }
        length::tell(&self.left_out, self.duration.as_deref().unwrap_or_default());
        Ok(())
    }

    /// What is asked of the scenario under settings, those of all probes first.
    pub fn answered(&self, settings: &[Override]) -> Result<Answered, u8> {
        let (answered, beyond) = self.within(settings)?;
        let Some(claim) = beyond.first() else { return Ok(answered) };
        let at: Vec<String> = settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
        let run = self.duration.as_deref().unwrap_or_default();
        let (text, at) = (&claim.text, at.join(", "));
        Err(trouble(format!("at {at} a run of {run} ends before `{text}` could be seen; make `--duration` longer")))
    }

    /// The same; and of the claims that are not left out those that its run is too short for.
    fn within(&self, settings: &[Override]) -> Result<(Answered, Vec<Expectation>), u8> {
        let set = [self.set.as_slice(), settings].concat();
        let mut answered = answered(&self.analysis, &self.scenario, &set, &self.asked)?;
        let Resolved { model, expectations, .. } = &mut answered.resolved;
        let is_left_out = |claim: &Expectation| self.left_out.iter().any(|known| is_same(known, claim));
        expectations.retain(|claim| claim.level != Level::Warn && !is_left_out(claim));
        let beyond = match (&self.duration, model) {
            (Some(text), Some(model)) => length::shorten(model, expectations, text)?,
            _ => Vec::new(),
        };
        Ok((answered, beyond))
    }
}

/// Whether two claims stand at the same place, whatever the settings make of them.
fn is_same(a: &Expectation, b: &Expectation) -> bool {
    (a.line, &a.text) == (b.line, &b.text)
}

/// A scenario under some settings, ready to run.
pub struct Probe {
    /// Of its model.
    pub fingerprint: String,
    /// What is claimed.
    pub claims: Vec<Expectation>,
    /// What is measured.
    pub metrics: Vec<(Metric, Dimension)>,
    prepared: Prepared,
    twin: Option<Prepared>,
}

/// What a claim says of a run.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Whether it holds.
    pub verdict: Verdict,
    /// What it measures.
    pub value: Option<f64>,
}

/// What is kept of a run.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its seed.
    pub seed: u64,
    /// `done`, `out_of_pool` or `out_of_budget`.
    pub status: &'static str,
    /// Metrics in order; none where nothing was seen, or the run did not end.
    pub values: Vec<Option<f64>>,
    /// Claims in order.
    pub claims: Vec<Claimed>,
    /// Busy share of each component that has bounded servers.
    pub busy: Vec<(String, f64)>,
    /// Share of all requests that fail.
    pub failed: f64,
}

impl Seen {
    /// Whether the run ended by itself.
    pub fn is_done(&self) -> bool {
        self.status == "done"
    }
}

impl Probe {
    /// Compiles a scenario under settings.
    pub fn new(question: &Question, settings: &[Override]) -> Result<Self, u8> {
        let answered = question.answered(settings)?;
        let Some(model) = answered.resolved.model else { return Err(TROUBLE) };
        let claims = answered.resolved.expectations;
        let prepare = |model: &sysdl_lower::model::Model| -> Result<Prepared, u8> {
            Prepared::new(&compile(model).map_err(trouble)?.module.bytes).map_err(trouble)
        };
        let prepared = prepare(&model)?;
        let twin = need_twin(&claims).then(|| prepare(&twin_of(&model).0)).transpose()?;
        Ok(Self { fingerprint: fingerprint(&model), claims, metrics: answered.metrics, prepared, twin })
    }

    /// Runs under a seed. None if the user stopped it.
    pub fn run(&self, seed: u64) -> Result<Option<Seen>, u8> {
        if is_stopped() {
            return Ok(None);
        }
        let trace = match &self.twin {
            Some(twin) => {
                let pairs = judged(&self.prepared, twin, &[seed], Limits::default()).map_err(trouble)?;
                pairs.into_iter().next().map(|(run, _)| run).ok_or(TROUBLE)?
            }
            None => {
                let mut guest = self.prepared.instantiate().map_err(trouble)?;
                let meta = self.prepared.meta();
                drive(&mut guest, meta, seed, Limits::default(), |_| !is_stopped()).map_err(trouble)?
            }
        };
        Ok((!is_stopped()).then(|| self.seen(seed, &trace)))
    }

    fn seen(&self, seed: u64, trace: &Trace) -> Seen {
        let status = match trace.status {
            Status::Done | Status::Reached => "done",
            Status::OutOfBudget => "out_of_budget",
            Status::OutOfPool => "out_of_pool",
        };
        let value = |metric: &Metric| expect::value(trace, metric).filter(|_| status == "done");
        let outcomes = evaluate(trace, &self.claims);
        let claimed = |outcome: expect::Outcome| Claimed {
            verdict: outcome.verdict,
            value: measured(trace, &outcome.expectation),
        };
        let bounded = trace.meta.components.iter().filter(|component| component.servers.is_some());
        let busy = |name: &String| {
            let metric = Metric { quantity: Quantity::Utilization, subject: Subject::Component(name.clone()) };
            Some((name.clone(), expect::value(trace, &metric)?))
        };
        let failed = Metric { quantity: Quantity::ErrorRate, subject: Subject::System };
        Seen {
            failed: expect::value(trace, &failed).unwrap_or(0.0),
            seed,
            status,
            values: self.metrics.iter().map(|(metric, _)| value(metric)).collect(),
            claims: outcomes.into_iter().map(claimed).collect(),
            busy: bounded.filter_map(|component| busy(&component.name)).collect(),
        }
    }
}

/// A bar of runs that are done, on terminals only.
pub fn bar(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{msg} {pos} of {len} runs {wide_bar} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A number of a dimension for a person: four digits that matter.
pub fn shown(value: f64, dimension: Dimension) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    sysdl::units::quantity(rounded, dimension)
}

/// `12.3ms ± 0.4ms`, from numbers in base units; one run says nothing of the width.
pub fn estimated(found: &Estimate, dimension: Dimension) -> String {
    let mean = shown(found.mean, dimension);
    match found.half_width {
        0.0 => format!("{mean} ± 0"),
        half if half.is_finite() => format!("{mean} ± {}", sysdl::units::rounded(half, dimension, 2)),
        _ => mean,
    }
}

/// Columns as wide as their widest cell; the last may be longer.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

/// A number of a dimension for a program: seconds, shares, counts, and what a number in those units is called.
pub fn plain(value: f64, dimension: Dimension) -> f64 {
    if dimension == Dimension::Duration { value / 1e9 } else { value }
}

/// The unit of plain numbers.
pub fn unit(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Duration => "s",
        Dimension::Rate => "rps",
        Dimension::Size => "bytes",
        Dimension::Bandwidth => "bytes/s",
        Dimension::Share => "share",
        Dimension::Factor => "factor",
        Dimension::Count => "count",
        Dimension::Money => "usd",
        Dimension::MoneyPerHour => "usd/h",
        Dimension::MoneyPerTokens => "usd/Mtok",
        Dimension::MoneyPerByte => "usd/byte",
        Dimension::TokenRate => "tok/s",
    }
}
