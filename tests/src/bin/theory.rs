//! Runs every case of `tests/theory` at full length and writes `docs/theory.md`.
//!
//! ```text
//! cargo run --release -p sysdl-tests --bin theory [file…]
//! ```
//!
//! With names, only files that contain one of them are run, and the table is printed.

use std::fmt::Write as _;
use std::process::ExitCode;
use sysdl_tests::mutations::root;
use sysdl_tests::theory::{Case, Length, SEEDS, cases, folder};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    match run(&names) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("theory: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(names: &[String]) -> Result<bool, String> {
    let entries = std::fs::read_dir(folder()).map_err(|error| error.to_string())?;
    let mut files: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    files.retain(|file| names.is_empty() || names.iter().any(|name| file.contains(name.as_str())));
    files.sort();
    let (mut rows, mut all) = (String::new(), true);
    for file in &files {
        for case in cases(file, Length::Full) {
            all &= case.holds();
            let row = row(file, &case);
            eprint!("{row}");
            rows.push_str(&row);
        }
    }
    if names.is_empty() {
        let text = format!("{}{rows}", head());
        std::fs::write(root().join("docs/theory.md"), text).map_err(|error| error.to_string())?;
    }
    Ok(all)
}

fn head() -> String {
    format!(
        "# Against theory\n\n\
         Each row is a claim of a file in `tests/theory`, where the formula stands. Simulated is the mean of {SEEDS} seeds and half \
         of its 95 % interval, relative to theory. It holds if the mean is within the claim's tolerance and the interval \
         reaches no farther than half of that. Written by `cargo run --release -p sysdl-tests --bin theory`.\n\n\
         | file | claim | simulated / theory | runs | holds |\n| --- | --- | --- | --- | --- |\n"
    )
}

fn row(file: &str, case: &Case) -> String {
    let mut row = String::new();
    let (ratio, half) = (case.found.mean / case.exact, case.found.half_width / case.exact.abs());
    let holds = if case.holds() { "yes" } else { "**no**" };
    let _ = writeln!(row, "| {file} | `{}` | {ratio:.4} ± {half:.4} | {} | {holds} |", case.text, case.found.count);
    row
}
