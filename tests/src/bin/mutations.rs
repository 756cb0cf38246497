//! Breaks the machine, one primitive at a time, and demands that the named test notices.
//!
//! ```text
//! cargo run --release -p sysdl-tests --bin mutations [--again] [name…]
//! ```
//!
//! Names select mutations that contain one of them, or whose test is in the file of that name. Sources are copied to `target/mutations/tree`, built in
//! `target/mutations/build`, and the tests must hold there before anything is broken. What was found is kept in
//! `target/mutations/results`: a mutation is tried again only if it, what it breaks or its test has changed, or if asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use sysdl_tests::mutations::{Mutation, all, fits, replace, root};

/// Longer than any test takes, on a busy machine too; what takes longer does not end.
const PATIENCE: Duration = Duration::from_secs(7_200);

/// What builds fast: the modules of broken machines need not be.
const QUICKLY: [&str; 8] = [
    "--config",
    "profile.release.incremental=true",
    "--config",
    "profile.release.package.sysdl.opt-level=1",
    "--config",
    "profile.release.package.sysdl-lower.opt-level=1",
    "--config",
    "profile.release.package.sysdl-runtime.opt-level=1",
];

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
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let again = names.iter().any(|name| name == "--again");
    names.retain(|name| name != "--again");
    match run(&names, again) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("mutations: {message}");
            ExitCode::from(2)
        }
    }
}

/// The number of mutations that were not caught.
fn run(names: &[String], again: bool) -> Result<usize, String> {
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
    let mut results = Results::read(&place.join("target/mutations/results"));
    let mut missed = 0;
    let mut held = BTreeSet::new();
    println!("| mutation | caught by |\n| --- | --- |");
    for mutation in &mutations {
        let print = fingerprint(&tree, mutation)?;
        let known = results.of(mutation, print).filter(|_| !again);
        let by = match known {
            Some(by) => by,
            None => {
                let (suite, function) = (mutation.suite.as_str(), mutation.function.as_str());
                if held.insert((suite, function)) && test(&place, &tree, suite, function)? != Verdict::Passed {
                    return Err(format!("`{suite} {function}` does not hold before anything is broken"));
                }
                let by = told(broken(&place, &tree, mutation)?, mutation);
                results.keep(mutation, print, &by)?;
                by
            }
        };
        missed += usize::from(by.starts_with("**"));
        println!("| {} | {by} |", mutation.name);
    }
    println!("\n{} mutations, {missed} not caught", mutations.len());
    Ok(missed)
}

/// What became of a mutation, for the table.
fn told(verdict: Verdict, mutation: &Mutation) -> String {
    let test = format!("{} {}", mutation.suite, mutation.function);
    match verdict {
        Verdict::Failed => test,
        Verdict::Passed => format!("**nothing**: {test} holds"),
        Verdict::DoesNotCompile => "**nothing**: it does not compile".to_owned(),
        Verdict::DoesNotEnd => "**nothing**: the test does not end".to_owned(),
        Verdict::NotThere => "**nothing**: the test is not there".to_owned(),
    }
}

/// Of all that a result depends on, what is likely to change it: the mutation, the files it breaks, the file of its test.
fn fingerprint(tree: &Path, mutation: &Mutation) -> Result<u64, String> {
    let suite = format!("tests/tests/{}.rs", mutation.suite);
    let mut hasher = DefaultHasher::new();
    format!("{mutation:?}").hash(&mut hasher);
    for file in mutation.changes.iter().map(|change| change.file.as_str()).chain([suite.as_str()]) {
        std::fs::read(tree.join(file)).map_err(|error| format!("{file}: {error}"))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// What was found before: a line for each mutation, with its fingerprint.
struct Results {
    path: PathBuf,
    found: BTreeMap<String, (u64, String)>,
}

impl Results {
    fn read(path: &Path) -> Results {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let parts = |line: &str| {
            let mut parts = line.splitn(3, '\t');
            let (name, print, by) = (parts.next()?, parts.next()?, parts.next()?);
            Some((name.to_owned(), (u64::from_str_radix(print, 16).ok()?, by.to_owned())))
        };
        Results { path: path.to_owned(), found: text.lines().filter_map(parts).collect() }
    }

    fn of(&self, mutation: &Mutation, print: u64) -> Option<String> {
        self.found.get(&mutation.name).filter(|(known, _)| *known == print).map(|(_, by)| by.clone())
    }

    fn keep(&mut self, mutation: &Mutation, print: u64, by: &str) -> Result<(), String> {
        self.found.insert(mutation.name.clone(), (print, by.to_owned()));
        let lines: Vec<String> =
            self.found.iter().map(|(name, (print, by))| format!("{name}\t{print:016x}\t{by}\n")).collect();
        std::fs::write(&self.path, lines.concat()).map_err(|error| error.to_string())
    }
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
        command.args(QUICKLY).args(["test", "--release", "--workspace", "--quiet", "--test", suite]);
        command.current_dir(tree).env("CARGO_TARGET_DIR", place.join("target/mutations/build"));
        command.env("SYSDL_KERNEL_QUICK", "1");
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
