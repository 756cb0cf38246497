//! Arguments of all commands.

pub use super::capacity::args::CapacityArgs;
pub use super::sweep::args::SweepArgs;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Text files that describe distributed systems, compiled to simulations of those very systems.
#[derive(Debug, Parser)]
#[command(name = "sysdl", version, max_term_width = 100)]
pub struct Args {
    /// What to do; without a command, show and run a small shop.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report every mistake in some files.
    Check(CheckArgs),
    /// Run a scenario and report.
    Run(RunArgs),
    /// Run every scenario: expectations and golden traces.
    Test(TestArgs),
    /// Write the module of a scenario, or a stage on the way to it.
    Build(BuildArgs),
    /// Print a link that holds a file, and how it is to be run.
    Link(LinkArgs),
    /// Bring files into the one style.
    Fmt(FmtArgs),
    /// List kinds or faults with what they model.
    List(ListArgs),
    /// Explain a diagnostic, a kind or a fault.
    Explain(ExplainArgs),
    /// Tell what broke first, what followed from it, and whether it healed.
    Why(WhyArgs),
    /// Say whether a scenario heals by itself, and find the smallest trigger from which it does not.
    Metastable(MetastableArgs),
    /// Strike everything with every fault that applies, and rank what it costs.
    Blast(BlastArgs),
    /// Run a scenario at every combination of some values, under the same seeds at each.
    Sweep(SweepArgs),
    /// Find the largest load, or the smallest system, at which what is expected holds.
    Capacity(CapacityArgs),
    /// Show the page on this machine: write, watch, break, share.
    Serve(ServeArgs),
    /// Write the page for a static host, or as one file.
    ExportWeb(ExportWebArgs),
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FindingsFormat {
    /// For a person, with the text marked.
    Human,
    /// A line each.
    Short,
    /// JSON.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

/// Arguments of `check`.
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Files or folders; `-` is standard input.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// `warnings`: they count as errors.
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<String>,
    /// How findings are written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: FindingsFormat,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a person.
    Human,
    /// JSON, stable.
    Json,
    /// Markdown.
    Md,
}

/// Arguments of `run`.
#[derive(Clone, Debug, ClapArgs)]
pub struct RunArgs {
    /// A `.sysdl` file, a module, or what `sysdl link` printed (`'#1.…'`); without one, a small shop.
    pub file: Option<PathBuf>,
    /// The scenario; the first by default.
    #[arg(long, conflicts_with = "all")]
    pub scenario: Option<String>,
    /// Run every scenario.
    #[arg(long)]
    pub all: bool,
    /// Seed; the scenario's own by default.
    #[arg(long, conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Run under so many seeds, from 1 on, and report means with 95 % intervals.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub seeds: Option<u64>,
    /// Run under seeds 1, 2, 3 … until the interval of a metric is narrow enough: `--until 'p99 ±2%'`,
    /// `--until 'utilization(db) ±1%'`. `--seeds` then bounds their number (1,000 unless said).
    #[arg(long, value_name = "METRIC ±SHARE", conflicts_with = "seed")]
    pub until: Option<String>,
    /// Length of the run instead of the scenario's, such as `10s`.
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// A parameter or property: `--set peak=6krps`, `--set db.replicas=2`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// How the report is written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
    /// Write the trace for another tool: `--trace perfetto run.json` (ui.perfetto.dev), `--trace jsonl run.jsonl`.
    #[arg(long, num_args = 2, value_names = ["FORM", "FILE"], conflicts_with_all = ["all", "seeds"])]
    pub trace: Vec<String>,
    /// Write every window as CSV: `t_s,family,name,column,value`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "seeds"])]
    pub csv: Option<PathBuf>,
    /// Write the report as a page that needs nothing else.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "seeds"])]
    pub html: Option<PathBuf>,
    /// Hold the run to the identities that every run obeys: what came is what went and what is there, Little's law, the
    /// utilization law.
    #[arg(long, conflicts_with_all = ["seeds", "until"])]
    pub verify: bool,
    /// Beside another scenario of the file on the same random draws, or, with `baseline`, beside the same scenario
    /// without its faults: differences with their intervals, over seeds with `--seeds`.
    #[arg(long, value_name = "SCENARIO", conflicts_with_all = ["all", "until", "trace", "csv", "html", "verify", "why"])]
    pub against: Option<String>,
    /// Add the story: what broke first, what followed from it, and whether it healed.
    #[arg(long, conflicts_with_all = ["seeds", "until"])]
    pub why: bool,
    /// Add where the time goes: stages of compilation, what the module is made of, speed, and events by type and owner with
    /// what they take. For the events a second run is looked at, step by step; its facts are the same.
    #[arg(long, conflicts_with_all = ["seeds", "until", "against"])]
    pub profile: bool,
    /// Most events before the run is stopped.
    #[arg(long, default_value_t = 20_000_000_000)]
    pub max_events: u64,
}

/// Arguments of `test`.
#[derive(Debug, ClapArgs)]
pub struct TestArgs {
    /// Files or folders; the current folder by default.
    pub paths: Vec<PathBuf>,
    /// Ask about every golden that drifted or is missing.
    #[arg(long, conflicts_with_all = ["ci", "update"])]
    pub review: bool,
    /// Accept what the runs did as goldens, unless an expectation fails.
    #[arg(long, conflicts_with = "ci")]
    pub update: bool,
    /// Write nothing; a missing golden is a drift. On when `CI` is set.
    #[arg(long)]
    pub ci: bool,
    /// Only scenarios whose `file::name` contains this.
    #[arg(short = 'k', value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only the i-th of n parts, such as `1/4`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Write results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// A stage of compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// What was written.
    Ast,
    /// What was meant.
    Model,
    /// How it runs.
    Plan,
    /// The module as text.
    Wat,
}

/// Arguments of `build`.
#[derive(Debug, ClapArgs)]
pub struct BuildArgs {
    /// A `.sysdl` file.
    pub file: PathBuf,
    /// The scenario; the first by default.
    #[arg(long)]
    pub scenario: Option<String>,
    /// A parameter or property: `--set peak=6krps`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Keep every parameter changeable while the module runs.
    #[arg(long)]
    pub interactive: bool,
    /// Make no pass that only saves size or time: a larger and slower module, with the same facts.
    #[arg(long)]
    pub plain: bool,
    /// Where the module goes.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print a stage instead of writing the module.
    #[arg(long, value_enum)]
    pub emit: Option<Stage>,
    /// Say what each pass did.
    #[arg(long)]
    pub explain: bool,
}

/// Arguments of `link`.
#[derive(Debug, ClapArgs)]
pub struct LinkArgs {
    /// A `.sysdl` file that imports none beside it.
    pub file: PathBuf,
    /// The scenario; the first by default.
    #[arg(long)]
    pub scenario: Option<String>,
    /// Seed; the scenario's own by default.
    #[arg(long)]
    pub seed: Option<u64>,
    /// A parameter or property: `--set peak=6krps`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// The time that a page shows first, such as `30s`.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The view that a page shows first.
    #[arg(long)]
    pub view: Option<String>,
    /// The address of a page, printed before the fragment.
    #[arg(long, value_name = "URL", default_value = "")]
    pub base: String,
}

/// Arguments of `serve`.
#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// A `.sysdl` file that the page opens.
    pub file: Option<PathBuf>,
    /// Tell the page when the file changes.
    #[arg(long, requires = "file")]
    pub watch: bool,
    /// Port on the loopback address; 0: any that is free.
    #[arg(long, default_value_t = 4747)]
    pub port: u16,
}

/// Arguments of `export-web`.
#[derive(Debug, ClapArgs)]
pub struct ExportWebArgs {
    /// The folder, or with `--single` the file, that is written.
    pub to: PathBuf,
    /// A `.sysdl` file that the page opens.
    pub file: Option<PathBuf>,
    /// One file that also opens from a disk.
    #[arg(long)]
    pub single: bool,
}

/// Arguments of `fmt`.
#[derive(Debug, ClapArgs)]
pub struct FmtArgs {
    /// Files or folders; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 if something would change.
    #[arg(long)]
    pub check: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// Kinds of components.
    Kinds,
    /// Faults.
    Faults,
}

/// Arguments of `list`.
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// What.
    #[arg(value_enum)]
    pub what: Listed,
    /// A file whose own definitions are listed too.
    pub file: Option<PathBuf>,
    /// How it is written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
}

/// Arguments of `explain`.
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// A diagnostic such as `E0301`, a kind such as `cache`, a fault such as `crash`, a distribution such as
    /// `lognormal(p50 = 2ms, p99 = 9ms)`; all diagnostics without one.
    pub name: Option<String>,
    /// How a distribution is written.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub format: ReportFormat,
}

/// Arguments of `why`.
#[derive(Debug, ClapArgs)]
pub struct WhyArgs {
    /// A `.sysdl` file; without one, a small shop.
    pub file: Option<PathBuf>,
    /// The scenario; the first that injects something by default.
    #[arg(long)]
    pub scenario: Option<String>,
    /// Seed; the scenario's own by default.
    #[arg(long)]
    pub seed: Option<u64>,
    /// A parameter or property: `--set peak=6krps`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// How the story is written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
    /// Write the story with the report as a page that needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Arguments of `blast`.
#[derive(Debug, ClapArgs)]
pub struct BlastArgs {
    /// A `.sysdl` file; without one, a small shop.
    pub file: Option<PathBuf>,
    /// The scenario whose system, traffic and settings are struck; the first by default. Its own timeline is left out.
    #[arg(long)]
    pub scenario: Option<String>,
    /// Seed of all cells; the scenario's own by default.
    #[arg(long)]
    pub seed: Option<u64>,
    /// A parameter or property: `--set peak=6krps`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Only faults whose name contains this.
    #[arg(long, value_name = "TEXT")]
    pub fault: Option<String>,
    /// Only targets whose name contains this.
    #[arg(long, value_name = "TEXT")]
    pub on: Option<String>,
    /// The whole system, even if a smaller one with the same utilizations would do.
    #[arg(long)]
    pub full: bool,
    /// Keep finished cells in a file, and take those that it has.
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Cells of the ranking that are printed.
    #[arg(long, default_value_t = 15)]
    pub top: usize,
    /// How the matrix is written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
    /// Write the matrix as a page that needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// What of a trigger is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Varied {
    /// How long faults last.
    Length,
    /// How strong they are.
    Severity,
}

/// Arguments of `metastable`.
#[derive(Debug, ClapArgs)]
pub struct MetastableArgs {
    /// A `.sysdl` file; without one, a small shop.
    pub file: Option<PathBuf>,
    /// The scenario; the first that injects something by default.
    #[arg(long)]
    pub scenario: Option<String>,
    /// Under so many seeds, from 1 on; most of them decide.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub seeds: u64,
    /// A parameter or property: `--set peak=6krps`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// What of the trigger is varied in the search.
    #[arg(long, value_enum, default_value = "length")]
    pub by: Varied,
    /// How it is written.
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
}
