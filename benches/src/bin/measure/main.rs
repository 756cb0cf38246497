//! `benches/measure.sh [ROUNDS] [WORKLOAD… | peers | passes | growth]`: measures, and writes the tables of `docs/performance.md`, if all
//! is measured.
//!
//! All that is compared is run in turn, several times, in one go; medians are compared. What does not end in the digest of
//! its module is no result: then nothing is written.

mod contenders;
mod extras;
mod page;
mod passes;
mod rounds;

use sysdl_bench::workload::ALL;

/// Rounds unless said.
const ROUNDS: usize = 5;

fn main() -> Result<(), String> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = arguments.first().and_then(|first| first.parse().ok());
    let rounds = number.unwrap_or(ROUNDS);
    if number.is_some() {
        arguments.remove(0);
    }
    let chosen = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let mut text = page::machine();
    text.push_str(page::HEAD_OF_WORKLOADS);
    // It stands last and is run first; `extras` says why.
    let growth = chosen("growth").then(|| extras::measure(rounds)).transpose()?;
    let mut add = |rows: String| {
        print!("{rows}");
        text.push_str(&rows);
    };
    for workload in ALL.iter().filter(|workload| chosen(workload.name)) {
        add(page::workload(workload, &rounds::run(&contenders::of(workload)?, rounds)?));
    }
    if chosen("peers") {
        add(page::peers(&rounds::run(&contenders::peers()?, rounds)?));
    }
    if chosen("passes") {
        add(passes::measure(rounds)?);
    }
    if let Some(growth) = growth {
        add(growth);
    }
    if arguments.is_empty() { page::write(&text) } else { Ok(()) }
}
