//! Every kind of the library has an example that runs, and that would fail if the kind did nothing.

use std::path::{Path, PathBuf};
use sysdl::resolve::program::NoFiles;
use sysdl::resolve::{Analysis, analyze};
use sysdl::syntax::ast::Node;
use sysdl_runtime::expect::{Verdict, evaluate};
use sysdl_tests::programs;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kinds")
}

fn library() -> Analysis {
    analyze("", b"sysdl 1\n", &NoFiles)
}

fn kinds() -> Vec<String> {
    let kinds = library().program.kinds;
    let mut names: Vec<String> = kinds.into_keys().filter(|name| name != "component").collect();
    names.sort();
    names
}

#[test]
fn every_kind_has_an_example_of_itself_that_holds() {
    for kind in kinds() {
        let path = folder().join(format!("{kind}.sysdl"));
        let text = std::fs::read(&path).unwrap_or_else(|_| panic!("tests/kinds/{kind}.sysdl is missing"));
        let analysis = analyze(&kind, &text, &NoFiles);
        let uses = analysis.program.systems.iter().flat_map(|system| &system.body);
        let of_kind = |node: &Node| matches!(node, Node::Item(item) if item.kind.dotted() == kind);
        assert!(uses.into_iter().any(|statement| of_kind(&statement.node)), "{kind}: the example has none");

        let program = programs::load(&path, "steady");
        assert!(!program.expectations.is_empty(), "{kind}: nothing is expected");
        let outcomes = evaluate(&program.run(program.model.seed), &program.expectations);
        assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Pass), "{kind}: {outcomes:#?}");
    }
}

#[test]
fn every_kind_says_what_it_models_and_each_property_too() {
    for (name, def) in &library().program.kinds {
        assert!(!def.docs.is_empty(), "{name} has no documentation");
        for statement in &def.kind.body {
            if let Node::Declare(declare) = &statement.node {
                assert!(!statement.docs.is_empty(), "{name}.{} has no documentation", declare.name.text);
            }
        }
    }
}

/// The kernel, the compiler and the runtime know stations, links, stores and sources, and no kind by name.
#[test]
fn no_rust_code_behind_the_language_names_a_kind() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Words that are also primitives or properties of the machine.
    let shared = ["source", "queue", "service"];
    for crate_name in ["kernel", "lower", "runtime"] {
        for path in rust_files(&root.join("crates").join(crate_name).join("src")) {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            for kind in kinds().iter().filter(|kind| !shared.contains(&kind.as_str())) {
                assert!(!text.contains(&format!("\"{kind}\"")), "{} names the kind `{kind}`", path.display());
            }
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
