//! What becomes of messages when consumers are lost, counted.

use std::path::Path;
use sysdl_runtime::expect::{Verdict, evaluate};
use sysdl_tests::programs;

/// Runs a scenario of a file of the corpus, all of whose expectations must hold.
fn holds(file: &str, scenario: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(file);
    let program = programs::load(&path, scenario);
    assert!(!program.expectations.is_empty(), "nothing is expected");
    let outcomes = evaluate(&program.run(program.model.seed), &program.expectations);
    let wrong: Vec<String> = (outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass))
        .map(|outcome| format!("{} = {}", outcome.expectation.text, outcome.value))
        .collect();
    assert!(wrong.is_empty(), "{file} {scenario}: {wrong:#?}");
}

#[test]
fn a_replica_that_is_lost_loses_its_partitions_after_a_while() {
    holds("groups.sysdl", "lost_for_long");
}

#[test]
fn a_replica_that_comes_back_in_time_keeps_its_partitions() {
    holds("groups.sysdl", "lost_for_short");
}

#[test]
fn a_replica_that_stands_still_is_lost_as_well() {
    holds("groups.sysdl", "hanging");
}

#[test]
fn what_was_not_committed_comes_again() {
    holds("groups.sysdl", "behind");
}
