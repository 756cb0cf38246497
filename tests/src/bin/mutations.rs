//! Breaks the machine, one primitive at a time, and demands that the named test notices.
//!
//! ```text
//! cargo run --release -p sysdl-tests --bin mutations [name…]
//! ```
//!
//! Names select mutations that contain one of them, or whose test is in the file of that name. Sources are copied to `target/mutations/tree`, built in
//! `target/mutations/build`, and the tests must hold there before anything is broken.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use sysdl_tests::mutations::{Mutation, all, fits, replace, root};

/// Longer than any test takes; what takes longer does not end.
const PATIENCE: Duration = Duration::from_secs(900);

/// What became of a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    DoesNotCompile,
    DoesNotEnd,
    NotThere,
}

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    match run(&names) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("mutations: {message}");
            ExitCode::from(2)
        }
    }
}

/// The number of mutations that were not caught.
fn run(names: &[String]) -> Result<usize, String> {
    let mut mutations = all()?;
    let selects = |name: &String, m: &Mutation| m.name.contains(name.as_str()) || m.suite == *name;
    mutations.retain(|mutation| names.is_empty() || names.iter().any(|name| selects(name, mutation)));
    if mutations.is_empty() {
        return Err("no mutation has such a name".to_owned());
    }
    let place = root().canonicalize().map_err(|error| error.to_string())?;
    let tree = place.join("target/mutations/tree");
    copy_sources(&place, &tree)?;
    for mutation in &mutations {
        fits(&tree, mutation)?;
    }
    let tests: BTreeSet<(&str, &str)> = mutations.iter().map(|m| (m.suite.as_str(), m.function.as_str())).collect();
    for (suite, function) in tests {
        if test(&place, &tree, suite, function)? != Verdict::Passed {
            return Err(format!("`{suite} {function}` does not hold before anything is broken"));
        }
    }
    println!("| mutation | caught by |\n| --- | --- |");
    let mut missed = 0;
    for mutation in &mutations {
        let verdict = broken(&place, &tree, mutation)?;
        let by = match verdict {
            Verdict::Failed => format!("{} {}", mutation.suite, mutation.function),
            Verdict::Passed => format!("**nothing**: {} {} holds", mutation.suite, mutation.function),
            Verdict::DoesNotCompile => "**nothing**: it does not compile".to_owned(),
            Verdict::DoesNotEnd => "**nothing**: the test does not end".to_owned(),
            Verdict::NotThere => "**nothing**: the test is not there".to_owned(),
        };
        missed += usize::from(verdict != Verdict::Failed);
        println!("| {} | {by} |", mutation.name);
    }
    println!("\n{} mutations, {missed} not caught", mutations.len());
    Ok(missed)
}

/// Applies a mutation, runs its test, and takes it back.
fn broken(place: &Path, tree: &Path, mutation: &Mutation) -> Result<Verdict, String> {
    let mut before: Vec<(PathBuf, String)> = Vec::new();
    for change in &mutation.changes {
        let path = tree.join(&change.file);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let changed = replace(&text, change)?;
        before.push((path.clone(), text));
        std::fs::write(&path, changed).map_err(|error| error.to_string())?;
    }
    let verdict = test(place, tree, &mutation.suite, &mutation.function);
    for (path, text) in before.iter().rev() {
        std::fs::write(path, text).map_err(|error| error.to_string())?;
    }
    verdict
}

/// Builds and runs one test function.
fn test(place: &Path, tree: &Path, suite: &str, function: &str) -> Result<Verdict, String> {
    let cargo = || {
        let mut command = Command::new("cargo");
        command.args(["test", "--release", "--workspace", "--quiet", "--test", suite]);
        command.current_dir(tree).env("CARGO_TARGET_DIR", place.join("target/mutations/build"));
        command.stderr(Stdio::null());
        command
    };
    let built = cargo().arg("--no-run").stdout(Stdio::null()).status().map_err(|error| error.to_string())?;
    if !built.success() {
        return Ok(Verdict::DoesNotCompile);
    }
    let log = place.join("target/mutations/output");
    let out = std::fs::File::create(&log).map_err(|error| error.to_string())?;
    let mut child = cargo().args(["--", "--exact", function]).stdout(out).spawn().map_err(|error| error.to_string())?;
    let began = Instant::now();
    loop {
        if child.try_wait().map_err(|error| error.to_string())?.is_some() {
            break;
        }
        if began.elapsed() > PATIENCE {
            child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
            return Ok(Verdict::DoesNotEnd);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let text = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
    Ok(if text.contains("test result: FAILED. 0 passed; 1 failed") {
        Verdict::Failed
    } else if text.contains("test result: ok. 1 passed") {
        Verdict::Passed
    } else {
        Verdict::NotThere
    })
}

/// Copies what differs of the sources that git knows or would know, and removes what is no longer there.
fn copy_sources(from: &Path, to: &Path) -> Result<(), String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(from)
        .output()
        .map_err(|error| format!("git: {error}"))?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let files: BTreeSet<PathBuf> = text.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    for file in files.iter().filter(|file| from.join(file).is_file()) {
        let new = std::fs::read(from.join(file)).map_err(|error| error.to_string())?;
        let target = to.join(file);
        if std::fs::read(&target).is_ok_and(|old| old == new) {
            continue;
        }
        let folder = target.parent().unwrap_or(to);
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&target, new)).map_err(|e| e.to_string())?;
    }
    remove_others(from, to, to)
}

fn remove_others(from: &Path, to: &Path, folder: &Path) -> Result<(), String> {
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        let path = entry.path();
        let original = from.join(path.strip_prefix(to).unwrap_or(&path));
        if path.is_dir() {
            remove_others(from, to, &path)?;
        } else if !original.exists() {
            std::fs::remove_file(&path).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}
