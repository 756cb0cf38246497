//! Arguments of `sweep`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How the points of a sweep are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PointsFormat {
    /// A table for a person.
    Table,
    /// JSON, stable.
    Json,
    /// CSV with a row for each point.
    Csv,
}

/// Arguments of `sweep`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sysdl sweep shop.sysdl --param peak=4krps,8krps,12krps --seeds 8
  sysdl sweep shop.sysdl --param peak=4krps..12krps/5 --param postgres.replicas=1,2,4 --out shop.csv
  sysdl sweep shop.sysdl --param peak=1krps..64krps*2 --metric p99 --metric 'utilization(postgres)' --format json

Exit codes: 0 all runs are there, 1 some ran out of room or events, 2 wrong usage, or stopped. Expectations that do not hold
are reported, and change no exit code.")]
pub struct SweepArgs {
    /// A `.sysdl` file; without one, a small shop.
    pub file: Option<PathBuf>,
    /// What is varied: a list, `peak=4krps,8krps`; so many values evenly apart, `peak=10krps..100krps/10`; or each so many
    /// times the one before, `peak=1krps..64krps*2`. Several are combined, each value with each.
    #[arg(long, value_name = "NAME=VALUES", required = true)]
    pub param: Vec<String>,
    /// Each point is run under so many seeds, from 1 on: the same at all points, so that they share their random draws.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub seeds: u64,
    /// The scenario; the first by default.
    #[arg(long)]
    pub scenario: Option<String>,
    /// What is measured, over the run after its warm-up and in the words of expectations: `p99`, `utilization(db)`,
    /// `p95(web.get.latency)`. Unless said: throughput, error_rate, p50, p99 and the utilization of what has bounded servers.
    #[arg(long, value_name = "METRIC")]
    pub metric: Vec<String>,
    /// A setting of all points: `--set db.replicas=2`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Length of the runs instead of the scenario's, such as `10s`.
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// How the points are written.
    #[arg(long, value_enum, default_value = "table")]
    pub format: PointsFormat,
    /// Keep every run as a row of this file, `.csv` or `.jsonl`. Runs that it has are not made again.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
