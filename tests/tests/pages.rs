//! The reference pages say what the library says.
//!
//! `SYSDL_PAGES=write cargo test --release --workspace --test pages` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sysdl::reference::{self, Property};
use sysdl::resolve::program::NoFiles;
use sysdl::resolve::{Analysis, analyze};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every page by its path below `docs`.
fn pages() -> BTreeMap<String, String> {
    let library = analyze("", b"sysdl 1\n", &NoFiles);
    let mut pages = BTreeMap::from([
        ("kinds/component.md".to_owned(), reference::base_markdown(&library)),
        ("kinds/README.md".to_owned(), index(&library)),
        ("faults.md".to_owned(), faults(&library)),
    ]);
    for kind in reference::kinds(&library) {
        let example = std::fs::read_to_string(root().join(format!("tests/kinds/{}.sysdl", kind.name)));
        pages.insert(format!("kinds/{}.md", kind.name), kind.markdown(example.ok().as_deref()));
    }
    pages
}

/// A line a kind, a section a library file.
fn index(library: &Analysis) -> String {
    let mut page = "# Kinds\n\nWhat the library defines, read off it. `sysdl list kinds` prints the same, with a file its own kinds too.\n".to_owned();
    for (path, text) in sysdl::library::prelude() {
        let defined = |name: &str| text.lines().any(|line| line.split_whitespace().take(2).eq(["kind", name]));
        let kinds: Vec<_> = reference::kinds(library).into_iter().filter(|kind| defined(&kind.name)).collect();
        if !kinds.is_empty() {
            page.push_str(&format!("\n`{path}`\n\n| kind | models |\n| --- | --- |\n"));
        }
        for kind in kinds {
            let first = kind.models.split_inclusive(". ").next().unwrap_or_default().trim();
            page.push_str(&format!("| [`{0}`]({0}.md) | {first} |\n", kind.name));
        }
    }
    page
}

/// Its head is written by hand, in `tests/faults/head.md`.
fn faults(library: &Analysis) -> String {
    let faults = reference::faults(library);
    let mut page = include_str!("../faults/head.md").to_owned();
    page.push_str("\n## The 28 of SysSimulator\n\n| there | here |\n| --- | --- |\n");
    for name in NAMES {
        let ours = faults.iter().find(|fault| fault.known_as.iter().any(|known| known.eq_ignore_ascii_case(name)));
        let ours = ours.unwrap_or_else(|| panic!("no fault says `Known as: {name}`"));
        page.push_str(&format!("| {name} | [`{0}`](#{0}) |\n", ours.name));
    }
    page.push('\n');
    for fault in faults {
        let example = std::fs::read_to_string(root().join(format!("tests/faults/{}.sysdl", fault.name)));
        page.push_str(&fault.markdown(example.ok().as_deref()));
    }
    page
}

/// Scenarios of SysSimulator, as its documentation lists them.
const NAMES: [&str; 28] = [
    "Latency injection",
    "Network partition",
    "Packet loss",
    "Bandwidth throttle",
    "Node failure",
    "Disk full",
    "CPU spike",
    "Memory pressure",
    "Request spike",
    "Payload bloat",
    "Slow clients",
    "Thundering herd",
    "Database crash",
    "Replication lag",
    "Cache stampede",
    "Connection pool exhaustion",
    "Memory leak",
    "Thread pool exhaustion",
    "Deadlock",
    "Cascading failure",
    "Third-party timeout",
    "Degraded response",
    "Error response",
    "Rate limit hit",
    "Tool timeouts",
    "Token budget pressure",
    "Policy denials",
    "Vector index staleness",
];

#[test]
fn reference_pages_are_those_of_the_library() {
    let docs = root().join("docs");
    let write = std::env::var_os("SYSDL_PAGES").is_some_and(|mode| mode == "write");
    let pages = pages();
    let (mut stale, mut known) = (Vec::new(), Vec::new());
    for (path, text) in &pages {
        let full = docs.join(path);
        known.push(full.clone());
        if write {
            std::fs::create_dir_all(full.parent().expect("it is in a folder")).expect("it can be made");
            std::fs::write(&full, text).expect("it can be written");
        } else if std::fs::read_to_string(&full).ok().as_ref() != Some(text) {
            stale.push(path.clone());
        }
    }
    for entry in std::fs::read_dir(docs.join("kinds")).expect("there are pages") {
        let path = entry.expect("it can be read").path();
        if !known.contains(&path) && write {
            std::fs::remove_file(path).expect("it can be removed");
        } else if !known.contains(&path) {
            stale.push(path.display().to_string());
        }
    }
    assert!(stale.is_empty(), "out of date, see the head of this file: {stale:#?}");
}

/// A default is known from somewhere, or it is said that nobody measured it.
#[test]
fn every_default_has_a_grade() {
    let library = analyze("", b"sysdl 1\n", &NoFiles);
    let pages: Vec<(String, Vec<Property>)> =
        reference::kinds(&library).into_iter().map(|kind| (kind.name, kind.properties)).collect();
    let mut missing = Vec::new();
    for (of, properties) in pages {
        for property in properties {
            // What is not stated and has no value needs none.
            let is_graded = property.grade.is_some() || matches!(property.default.as_deref(), None | Some("none"));
            let needs_source = matches!(property.grade.as_deref(), Some("published" | "measured"));
            if !is_graded || needs_source && property.source.is_none() {
                missing.push(format!("{of}.{}", property.name));
            }
        }
    }
    let how = "write `[published: source]`, `[measured: source]` or `[assumed: why]` into the `///` above them";
    assert!(missing.is_empty(), "{how}: {missing:#?}");
}

#[test]
fn every_kind_says_what_it_leaves_out_which_faults_strike_it_and_shows_itself() {
    let library = analyze("", b"sysdl 1\n", &NoFiles);
    for kind in reference::kinds(&library) {
        assert!(!kind.models.is_empty(), "{}: what does it model?", kind.name);
        assert!(kind.not_modelled.is_some(), "{}: write `Not modelled: …` above it", kind.name);
        assert!(!kind.faults.is_empty(), "{}: no fault strikes it", kind.name);
        let example = root().join(format!("tests/kinds/{}.sysdl", kind.name));
        assert!(example.exists(), "{} is missing", example.display());
    }
}
