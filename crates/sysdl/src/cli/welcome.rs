//! Bare `sysdl`: a small shop, shown and run.

use super::args::{Args, Command};
use super::{OK, run};
use clap::Parser as _;

/// Shows the built-in architecture, then runs it as `sysdl run` without a file does.
pub fn welcome() -> u8 {
    println!("{}", run::BUILT_IN);
    println!("────────  sysdl run shop.sysdl  ────────\n");
    match Args::parse_from(["sysdl", "run"]).command {
        Some(Command::Run(args)) => run::run(&args),
        _ => OK,
    }
}
