//! Verdicts about healing, beside the arithmetic of the case: `tests/metastability/grid.sysdl` says it.
//!
//! A grid of loads, retries and lengths of the trigger, away from the edges where chance decides. `SYSDL_METASTABLE=20` runs
//! every cell under so many seeds; otherwise a part of the grid is run under one.

use rayon::prelude::*;
use std::path::{Path, PathBuf};
use sysdl::resolve::analyze;
use sysdl_lower::model::Model;
use sysdl_runtime::healing::{Healing, State};
use sysdl_runtime::why;
use sysdl_tests::programs::{self, Beside};

/// What the database can do per second.
const CAPACITY: f64 = 100.0;
const LOADS: [u32; 3] = [40, 60, 80];
const RETRIES: [u32; 3] = [0, 1, 3];
const TRIGGERS_MS: [u32; 3] = [300, 8_000, 20_000];

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("metastability/grid.sysdl")
}

fn seeds() -> Option<u64> {
    std::env::var("SYSDL_METASTABLE").ok().and_then(|text| text.parse().ok())
}

/// A cell of the grid.
#[derive(Clone, Copy, Debug)]
struct Cell {
    load: u32,
    retries: u32,
    trigger_ms: u32,
    seed: u64,
}

impl Cell {
    fn model(self, scenario: &str) -> Model {
        let path = file();
        let bytes = std::fs::read(&path).expect("it can be read");
        let analysis = analyze("grid.sysdl", &bytes, &Beside(&path));
        let set = [
            ("load".to_owned(), format!("{}rps", self.load)),
            ("retries".to_owned(), self.retries.to_string()),
            ("trigger".to_owned(), format!("{}ms", self.trigger_ms)),
        ];
        let resolved = analysis.resolve(scenario, &set);
        let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
        resolved.model.unwrap_or_else(|| panic!("{mistakes}"))
    }

    fn healing(self, scenario: &str) -> Healing {
        let (run, twin) = programs::pair(&self.model(scenario), self.seed);
        why::judge(&run, &twin)
    }

    /// Whether it never heals, by arithmetic.
    fn is_metastable(self) -> bool {
        let offered = f64::from(self.load) * f64::from(1 + self.retries);
        let waits = f64::from(self.load) * f64::from(self.trigger_ms) / 1e3 / CAPACITY;
        offered > CAPACITY && waits + f64::from(self.trigger_ms) / 1e3 > 1.0
    }
}

fn grid() -> Vec<Cell> {
    let count = seeds();
    let mut cells = Vec::new();
    for (number, load) in LOADS.into_iter().enumerate() {
        for retries in RETRIES {
            for (place, trigger_ms) in TRIGGERS_MS.into_iter().enumerate() {
                // A part: each load with every number of retries, and one length of the trigger at least.
                if count.is_none() && (number + retries as usize + place) % 3 != 1 {
                    continue;
                }
                cells.extend((1..=count.unwrap_or(1)).map(|seed| Cell { load, retries, trigger_ms, seed }));
            }
        }
    }
    cells
}

#[test]
fn verdicts_agree_with_arithmetic() {
    let cells = grid();
    let wrong: Vec<String> = cells
        .par_iter()
        .filter_map(|cell| {
            let healing = cell.healing("hiccup");
            let right = match cell.is_metastable() {
                true => healing.state == State::Metastable && healing.words.contains("tried again"),
                false => matches!(healing.state, State::Healed | State::Unharmed),
            };
            (!right).then(|| format!("{cell:?} {healing:?}"))
        })
        .collect();
    eprintln!(
        "{} runs, {} wrong; {} never heal",
        cells.len(),
        wrong.len(),
        cells.iter().filter(|c| c.is_metastable()).count()
    );
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}

#[test]
fn with_a_budget_or_cancellation_every_case_heals() {
    let cells: Vec<(Cell, &str)> =
        grid().into_iter().flat_map(|cell| [(cell, "hiccup_budgeted"), (cell, "hiccup_cancelled")]).collect();
    let wrong: Vec<String> = cells
        .par_iter()
        .filter_map(|(cell, scenario)| {
            let healing = cell.healing(scenario);
            let heals = matches!(healing.state, State::Healed | State::Unharmed);
            (!heals).then(|| format!("{scenario} {cell:?} {healing:?}"))
        })
        .collect();
    eprintln!("{} runs, {} do not heal", cells.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}
