//! Bare `sysdl`: a small shop, shown and run.

use super::args::{ReportFormat, RunArgs};
use super::run;

/// Shows the built-in architecture, then runs it.
pub fn welcome() -> u8 {
    println!("{}", run::BUILT_IN);
    println!("────────  sysdl run shop.sysdl  ────────\n");
    run::run(&RunArgs {
        file: None,
        scenario: None,
        all: false,
        seed: None,
        seeds: None,
        duration: None,
        set: Vec::new(),
        format: ReportFormat::Human,
        max_events: 20_000_000_000,
    })
}
