//! Commands: arguments in, exit code out.
//!
//! 0: everything asked for holds. 1: findings. 2: usage, file or internal error. 4: nothing matched.
//! 10: only goldens drifted.

pub mod against;
pub mod args;
pub mod axis;
pub mod blast;
pub mod build;
pub mod capacity;
pub mod check;
pub mod explain;
pub mod export_web;
pub mod files;
pub mod fmt;
pub mod human;
pub mod length;
pub mod link;
pub mod list;
pub mod many;
pub mod metastable;
pub mod objectives;
pub mod pair;
pub mod probe;
pub mod profile;
pub mod run;
pub mod serve;
pub mod site;
pub mod stopped;
pub mod sweep;
pub mod test;
pub mod until;
pub mod welcome;
pub mod why;

/// Everything asked for holds.
pub const OK: u8 = 0;
/// Findings: mistakes in a text, an expectation that does not hold.
pub const FINDINGS: u8 = 1;
/// Wrong usage, a file that cannot be read, an internal error.
pub const TROUBLE: u8 = 2;
/// No scenario matched.
pub const NOTHING: u8 = 4;
/// Every expectation holds, but a golden differs or is missing.
pub const DRIFT: u8 = 10;

/// Says what went wrong on standard error.
pub fn trouble(message: impl std::fmt::Display) -> u8 {
    eprintln!("error: {message}");
    TROUBLE
}
