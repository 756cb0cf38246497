//! Running a module: host, trace, report, expectations, goldens.
//!
//! This crate knows modules and what they say of themselves, not the language they were written in.
//! Everything but the wasmtime host and parallel replications (feature `host`) is portable, so that a
//! page builds the same reports from the same runs.

pub mod against;
mod change;
pub mod drive;
pub mod expect;
pub mod export;
pub mod golden;
pub mod guest;
pub mod healing;
pub mod meta;
pub mod profile;
pub mod recorder;
#[cfg(feature = "host")]
pub mod replicate;
pub mod report;
pub mod statistics;
mod steps;
pub mod theory;
pub mod trace;
mod verify;
pub mod why;

pub use change::change;
pub use drive::{Limits, Progress, drive, drive_filmed};
pub use meta::Meta;
pub use report::Report;
pub use trace::Trace;
pub use verify::verify;
