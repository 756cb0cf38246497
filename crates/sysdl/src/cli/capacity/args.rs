//! Arguments of `capacity`.

use clap::Args;
use std::path::PathBuf;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AnswerFormat {
    /// For a person.
    Human,
    /// JSON, stable.
    Json,
}

/// Arguments of `capacity`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sysdl capacity shop.sysdl --param peak=4krps..40krps --expect 'p99 < 200ms' --expect 'error_rate < 0.1%'
  sysdl capacity shop.sysdl --param postgres.replicas=1..16 --expect 'utilization(postgres) < 60%'

Where an expectation compares a number, a value holds (fails) if the 95 % interval of its mean over seeds lies wholly on the
right (wrong) side; otherwise (`always`, `heals`, `and`) if most runs bear it out (do not), with 95 % confidence.

Exit codes: 0 the edge is found as closely as asked, or all of the range holds; 1 nothing in the range holds, or it is too
close to tell; 2 wrong usage, or stopped.")]
pub struct CapacityArgs {
    /// A `.sysdl` file; without one, a small shop.
    pub file: Option<PathBuf>,
    /// What is searched, and between which ends: `peak=4krps..40krps`, `db.replicas=1..16`. Counts stay whole.
    #[arg(long, value_name = "NAME=LOW..HIGH")]
    pub param: String,
    /// What must hold: `p99 < 200ms`. Several must hold together. Unless said: what the scenario expects.
    #[arg(long, value_name = "CLAIM")]
    pub expect: Vec<String>,
    /// Each value is first run under so many seeds.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=1_000))]
    pub seeds: u64,
    /// While an interval straddles what is expected, seeds are doubled up to so many.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(2..=10_000))]
    pub seeds_most: u64,
    /// The search ends when what holds and what does not are this close: `2%`.
    #[arg(long, value_name = "SHARE", default_value = "2%")]
    pub tolerance: String,
    /// The scenario; the first by default.
    #[arg(long)]
    pub scenario: Option<String>,
    /// A setting of all values: `--set db.replicas=2`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Length of the runs instead of the scenario's, such as `10s`.
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: AnswerFormat,
}
