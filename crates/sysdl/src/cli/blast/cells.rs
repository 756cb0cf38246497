//! A cell of the matrix: one fault on one target, and what became of it. Cells can be kept in a file and found again.

use super::super::trouble;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use sysdl::resolve::Strike;
use sysdl_lower::meta::fingerprint;
use sysdl_lower::model::Model;
use sysdl_runtime::healing::State;
use sysdl_runtime::{Report, Trace, healing};

/// What became of a fault on a target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Position by harm, from 1.
    pub rank: usize,
    /// The fault.
    pub fault: String,
    /// What it strikes.
    pub target: String,
    /// The injection, to be pasted into a scenario.
    pub statement: String,
    /// Good answers lost, of those that would have been given from the fault's begin on.
    pub lost_share: f64,
    /// The same in requests of the system that was run.
    pub lost: f64,
    /// What became of the run: `unharmed`, `healed`, `metastable`, `draining` or `disturbed`.
    pub state: String,
    /// From the fault's end until the run was what it would have been; null if it was not yet.
    pub recovered_after_s: Option<f64>,
    /// Share of requests that failed, over the whole run after its warm-up.
    pub error_rate: f64,
    /// 99th percentile of response times over the same time.
    pub p99_s: f64,
    /// What it costs more per month while it lasts, where prices are stated.
    pub cost_monthly_usd: f64,
    /// Whether a scenario of the file injects this fault there.
    pub covered: bool,
    /// The injection that does exactly the same and was run for it, if it is another.
    pub same_as: Option<String>,
}

impl Cell {
    /// Judges a run.
    pub fn of(strike: &Strike, run: &Trace, twin: &Trace) -> Self {
        let found = healing::judge(run, twin);
        let (with, without) = (Report::of(run, &[], ""), Report::of(twin, &[], ""));
        let state = serde_json::to_value(found.state).ok().and_then(|value| value.as_str().map(str::to_owned));
        Self {
            rank: 0,
            fault: strike.fault.clone(),
            target: strike.target.clone(),
            statement: strike.statement.clone(),
            lost_share: if found.state == State::Unharmed { 0.0 } else { found.lost_share },
            lost: if found.state == State::Unharmed { 0.0 } else { found.lost },
            state: state.unwrap_or_default(),
            recovered_after_s: found.took_ns().map(|ns| ns as f64 / 1e9),
            error_rate: with.totals.error_rate,
            p99_s: with.latency_s.p99,
            cost_monthly_usd: with.cost.monthly_usd - without.cost.monthly_usd,
            covered: strike.covered,
            same_as: None,
        }
    }

    /// The same under the name of another injection that does the same.
    pub fn named(&self, strike: &Strike, run: &Strike) -> Self {
        let same_as = (strike.statement != run.statement).then(|| run.fault.clone());
        Self {
            fault: strike.fault.clone(),
            target: strike.target.clone(),
            statement: strike.statement.clone(),
            covered: strike.covered,
            same_as,
            ..self.clone()
        }
    }
}

/// A line of the file of finished cells.
#[derive(Serialize, Deserialize)]
struct Line {
    /// Of which model, seed and size.
    of: String,
    cell: Cell,
}

/// Cells that were finished before, and where new ones are kept.
pub struct Known {
    of: String,
    cells: HashMap<String, Cell>,
    file: Option<Mutex<File>>,
}

impl Known {
    /// Reads the file of finished cells, if there is one. Cells of another model, seed or size are not taken.
    pub fn read(path: Option<&Path>, model: &Model, seed: u64, times: u32) -> Result<Self, u8> {
        let of = format!("{} {} {seed} {times}", fingerprint(model), sysdl_kernel::SEMANTICS);
        let Some(path) = path else { return Ok(Self { of, cells: HashMap::new(), file: None }) };
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let cells = lines.filter(|line| line.of == of).map(|line| (line.cell.statement.clone(), line.cell)).collect();
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|error| trouble(format!("cannot write {}: {error}", path.display())))?;
        Ok(Self { of, cells, file: Some(Mutex::new(file)) })
    }

    /// What is known of an injection.
    pub fn cell(&self, statement: &str) -> Option<Cell> {
        self.cells.get(statement).cloned()
    }

    /// Keeps a finished cell.
    pub fn keep(&self, cell: &Cell) -> Result<(), u8> {
        let Some(file) = &self.file else { return Ok(()) };
        let line = serde_json::to_string(&Line { of: self.of.clone(), cell: cell.clone() }).map_err(trouble)?;
        let mut file = file.lock().map_err(|_| trouble("the file of finished cells cannot be written any more"))?;
        writeln!(file, "{line}").map_err(trouble)
    }
}
