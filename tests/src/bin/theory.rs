//! Runs every case of `tests/theory` at full length and writes `docs/theory.md`.
//!
//! ```text
//! cargo run --release -p sysdl-tests --bin theory [--again] [file…]
//! ```
//!
//! With names, only files that contain one of them are run. What a file came to is kept in `target/theory`, and run anew
//! if the file or the semantics have changed, or if asked to: what the machine does with it is held by the tests of every commit.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::ExitCode;
use sysdl_tests::mutations::root;
use sysdl_tests::theory::{Case, Length, SEEDS, cases, folder};

fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let again = names.iter().any(|name| name == "--again");
    names.retain(|name| name != "--again");
    match run(&names, again) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("theory: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(names: &[String], again: bool) -> Result<bool, String> {
    let entries = std::fs::read_dir(folder()).map_err(|error| error.to_string())?;
    let mut files: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    files.retain(|file| file.ends_with(".sysdl"));
    files.sort();
    let kept = root().join("target/theory");
    std::fs::create_dir_all(&kept).map_err(|error| error.to_string())?;
    let (mut rows, mut complete) = (String::new(), true);
    for file in &files {
        let place = kept.join(format!("{file}-{:016x}", fingerprint(file)?));
        let wanted = names.is_empty() || names.iter().any(|name| file.contains(name.as_str()));
        let known = std::fs::read_to_string(&place).ok();
        let found = match known {
            Some(found) if !(wanted && again) => found,
            _ if wanted => ran(file, &place)?,
            _ => {
                complete = false;
                continue;
            }
        };
        rows.push_str(&found);
    }
    let holds = !rows.contains("**no**");
    if complete {
        let count = rows.lines().count();
        std::fs::write(root().join("docs/theory.md"), format!("{}{rows}", head(count))).map_err(|e| e.to_string())?;
    }
    Ok(holds)
}

/// Runs a file and keeps its rows.
fn ran(file: &str, place: &PathBuf) -> Result<String, String> {
    let rows: String = cases(file, Length::Full).iter().map(|case| row(file, case)).collect();
    eprint!("{rows}");
    std::fs::write(place, &rows).map_err(|error| error.to_string())?;
    Ok(rows)
}

fn fingerprint(file: &str) -> Result<u64, String> {
    let mut hasher = DefaultHasher::new();
    sysdl_kernel::SEMANTICS.hash(&mut hasher);
    std::fs::read(folder().join(file)).map_err(|error| error.to_string())?.hash(&mut hasher);
    Ok(hasher.finish())
}

fn head(count: usize) -> String {
    format!(
        "# Against theory\n\n\
         Each of the {count} rows is a claim of a file in `tests/theory`, where the formula stands, or is read off its runs by \
         `tests/src/theory.rs`. *Simulated* is the mean of {SEEDS} seeds, with half of its 95 % interval; both columns are in base \
         units (seconds, shares, counts). A claim holds if the mean is within its tolerance and the interval reaches no farther \
         than half of that. Written by `cargo run --release -p sysdl-tests --bin theory`.\n\n\
         | file | case | theory | simulated | runs | holds |\n| --- | --- | --- | --- | --- | --- |\n"
    )
}

fn row(file: &str, case: &Case) -> String {
    let mut row = String::new();
    let holds = if case.holds() { "yes" } else { "**no**" };
    let (exact, found) = (case.exact, case.found);
    let _ = writeln!(
        row,
        "| {file} | `{}` | {} | {} ± {} | {} | {holds} |",
        case.text.replace('|', "/"),
        number(exact),
        number(found.mean),
        number(found.half_width),
        found.count
    );
    row
}

/// Five significant digits.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (4 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{value:.digits$}")
}
