//! Mutations: small breaks of a primitive, each with the test that must notice.
//!
//! A file of `tests/mutations` names a source file, a test, and lines to replace:
//!
//! ```text
//! file: crates/kernel/src/machine/queues.rs
//! test: exact servers_take_who_came_first
//! -         _ => first,
//! +         _ => list.tail.get() - 1,
//! ```
//!
//! A line that begins with its indentation stands for itself; one without, for a line with any. An empty `+` takes its
//! line out.

use std::path::{Path, PathBuf};

/// A break of one primitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// Name of its file, without extension: what is broken.
    pub name: String,
    /// Lines to replace, with the source files they are in, relative to the root.
    pub changes: Vec<Change>,
    /// File of the test, as `cargo test --test` names it.
    pub suite: String,
    /// Function of the test.
    pub function: String,
}

/// A line and what replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Source file, relative to the root.
    pub file: String,
    /// The line as it stands, with or without its indentation.
    pub from: String,
    /// What replaces it.
    pub to: String,
}

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All mutations, by name.
///
/// # Errors
/// What is wrong with a file.
pub fn all() -> Result<Vec<Mutation>, String> {
    let folder = root().join("tests/mutations");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Mutation, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    parse(&name, &text)
}

/// Reads a mutation.
///
/// # Errors
/// What is missing.
pub fn parse(name: &str, text: &str) -> Result<Mutation, String> {
    let (mut file, mut test, mut removed) = (None, None, None);
    let mut changes = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if let Some(path) = line.strip_prefix("file:") {
            file = Some(path.trim().to_owned());
        } else if let Some(words) = line.strip_prefix("test:") {
            test = words.trim().split_once(' ').map(|(suite, function)| (suite.to_owned(), function.trim().to_owned()));
        } else if let Some(from) = line.strip_prefix('-') {
            removed = Some(from.strip_prefix(' ').unwrap_or(from).to_owned());
        } else if let Some(to) = line.strip_prefix('+') {
            let file = file.clone().ok_or_else(|| format!("{name}: no `file:` before the first line"))?;
            let from = removed.take().ok_or_else(|| format!("{name}: `{line}` replaces nothing"))?;
            changes.push(Change { file, from, to: to.strip_prefix(' ').unwrap_or(to).trim().to_owned() });
        } else {
            return Err(format!("{name}: `{line}` is neither `file:`, `test:`, `-` nor `+`"));
        }
    }
    let (suite, function) = test.ok_or_else(|| format!("{name}: no `test: suite function`"))?;
    match (changes.is_empty(), removed) {
        (true, _) => Err(format!("{name}: it changes nothing")),
        (_, Some(from)) => Err(format!("{name}: `{from}` is not replaced")),
        _ => Ok(Mutation { name: name.to_owned(), changes, suite, function }),
    }
}

/// A text with a line replaced that occurs exactly once in it.
///
/// # Errors
/// If it occurs otherwise.
pub fn replace(text: &str, change: &Change) -> Result<String, String> {
    let indented = change.from.starts_with(' ');
    let is_it = |line: &str| if indented { line == change.from } else { line.trim() == change.from };
    let found = text.lines().filter(|line| is_it(line)).count();
    if found != 1 {
        return Err(format!("`{}` occurs {found} times in {}", change.from, change.file));
    }
    let replaced = text.lines().map(|line| {
        if !is_it(line) {
            return line.to_owned();
        }
        let indentation = &line[..line.len() - line.trim_start().len()];
        format!("{indentation}{}", change.to)
    });
    Ok(replaced.collect::<Vec<_>>().join("\n") + "\n")
}

/// Whether a mutation still fits the sources under a root, and its test is there.
///
/// # Errors
/// Why not.
pub fn fits(root: &Path, mutation: &Mutation) -> Result<(), String> {
    let read = |path: &str| {
        std::fs::read_to_string(root.join(path)).map_err(|error| format!("{}: {path}: {error}", mutation.name))
    };
    for change in &mutation.changes {
        replace(&read(&change.file)?, change).map_err(|why| format!("{}: {why}", mutation.name))?;
    }
    let suite = format!("tests/tests/{}.rs", mutation.suite);
    if !read(&suite)?.contains(&format!("fn {}()", mutation.function)) {
        return Err(format!("{}: there is no test `{}` in {suite}", mutation.name, mutation.function));
    }
    Ok(())
}
