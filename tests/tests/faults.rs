//! Every fault of the library has an example that runs, and whose expectations fail without the fault.

use std::path::{Path, PathBuf};
use sysdl::reference::{self, FaultPage};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::without_faults;
use sysdl_runtime::expect::{Outcome, Verdict, evaluate};
use sysdl_tests::programs;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faults")
}

fn faults() -> Vec<FaultPage> {
    reference::faults(&analyze("", b"sysdl 1\n", &NoFiles))
}

fn failed(outcomes: &[Outcome]) -> Vec<&Outcome> {
    outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass).collect()
}

#[test]
fn every_fault_has_an_example_that_fails_without_it() {
    let mut wrong = Vec::new();
    for fault in faults() {
        let path = folder().join(format!("{}.sysdl", fault.name));
        let Ok(text) = std::fs::read_to_string(&path) else {
            wrong.push(format!("tests/faults/{}.sysdl is missing", fault.name));
            continue;
        };
        if !text.contains(&format!("inject {}", fault.name)) {
            wrong.push(format!("{}: its example does not inject it", fault.name));
        }
        let program = programs::load(&path, "steady");
        let outcomes = evaluate(&program.run(program.model.seed), &program.expectations);
        if !failed(&outcomes).is_empty() || outcomes.is_empty() {
            wrong.push(format!("{}: with it, {:?}", fault.name, failed(&outcomes)));
        }
        let twin = programs::of_model(without_faults(&program.model));
        let outcomes = evaluate(&twin.run(program.model.seed), &program.expectations);
        if failed(&outcomes).is_empty() {
            wrong.push(format!("{}: everything holds without it", fault.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Examples of what is no fault any more teach nothing.
#[test]
fn every_example_is_of_a_fault() {
    let known = faults();
    for entry in std::fs::read_dir(folder()).expect("the folder exists") {
        let path = entry.expect("it can be read").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_example = path.extension().is_some_and(|extension| extension == "sysdl");
        assert!(!is_example || known.iter().any(|fault| fault.name == name), "{name} is no fault");
    }
}

#[test]
fn every_fault_says_what_happens_and_what_helps() {
    for fault in faults() {
        let name = &fault.name;
        assert!(!fault.does.is_empty(), "{name}: what does it do?");
        assert!(!fault.in_flight.is_empty(), "{name}: write `In flight: …` above it");
        assert!(!fault.mitigation.is_empty(), "{name}: write `Mitigation: …` above it");
        assert!(fault.doc.contains("Maps to:"), "{name}: write `Maps to: …` or `Maps to: nothing.` above it");
        for property in &fault.properties {
            assert!(!property.doc.is_empty(), "{name}.{} has no documentation", property.name);
            let is_graded = property.grade.is_some() || matches!(property.default.as_deref(), None | Some("none"));
            assert!(is_graded, "{name}.{}: how well is its default known?", property.name);
        }
    }
}
