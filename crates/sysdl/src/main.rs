//! The command line.

mod cli;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    // `sysdl list kinds | head` ends quietly when nobody reads on.
    sigpipe::reset();
    let args = cli::args::Args::parse();
    ExitCode::from(match args.command {
        None => cli::welcome::welcome(),
        Some(cli::args::Command::Check(args)) => cli::check::check(&args),
        Some(cli::args::Command::Run(args)) => cli::run::run(&args),
        Some(cli::args::Command::Test(args)) => cli::test::test(&args),
        Some(cli::args::Command::Build(args)) => cli::build::build(&args),
        Some(cli::args::Command::Link(args)) => cli::link::link(&args),
        Some(cli::args::Command::Fmt(args)) => cli::fmt::fmt(&args),
        Some(cli::args::Command::List(args)) => cli::list::list(&args),
        Some(cli::args::Command::ExportWeb(args)) => cli::export_web::export_web(&args),
        Some(cli::args::Command::Explain(args)) => cli::explain::explain(&args),
        Some(cli::args::Command::Serve(args)) => cli::serve::serve(&args),
        Some(cli::args::Command::Blast(args)) => cli::blast::blast(&args),
        Some(cli::args::Command::Metastable(args)) => cli::metastable::metastable(&args),
        Some(cli::args::Command::Capacity(args)) => cli::capacity::capacity(&args),
        Some(cli::args::Command::Sweep(args)) => cli::sweep::sweep(&args),
        Some(cli::args::Command::Why(args)) => cli::why::why(&args),
    })
}
