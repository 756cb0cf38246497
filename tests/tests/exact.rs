//! Systems small enough to reckon by hand: `tests/exact/*.sysdl` says what must come out, and how one knows.
//! Each file is one test, so that a mutation can name it.

use std::path::Path;
use sysdl_runtime::expect::{Verdict, evaluate};
use sysdl_tests::programs;

fn holds(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("exact").join(file);
    let wrong: Vec<String> = programs::scenarios(&path).iter().flat_map(|name| wrong(&path, name)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What does not hold in a scenario of a file.
fn wrong(path: &Path, scenario: &str) -> Vec<String> {
    let program = programs::load(path, scenario);
    let outcomes = evaluate(&program.run(program.model.seed), &program.expectations);
    let wrong = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass);
    wrong.map(|o| format!("{}:{}: {} is {}", path.display(), o.expectation.line, o.expectation.text, o.value)).collect()
}

#[test]
fn who_is_served_next() {
    holds("order.sysdl");
}

#[test]
fn servers_and_what_they_hold() {
    holds("servers.sysdl");
}

#[test]
fn calls_and_their_policies() {
    holds("calls.sysdl");
}

#[test]
fn messages_lost_and_handed_over_again() {
    holds("messages.sysdl");
}

#[test]
fn connections_that_are_kept_for_a_while() {
    holds("connections.sysdl");
}

#[test]
fn replicas_one_by_one() {
    holds("replicas.sysdl");
}

#[test]
fn requests_that_gather() {
    holds("gathering.sysdl");
}

#[test]
fn brokers_that_lead_partitions() {
    holds("brokers.sysdl");
}

#[test]
fn topics_that_are_full() {
    holds("rooms.sysdl");
}

#[test]
fn events_that_are_filtered_delayed_and_limited() {
    holds("streams.sysdl");
}

#[test]
fn users_and_consumers_that_come_and_go() {
    holds("comers.sysdl");
}

#[test]
fn stores_by_key() {
    holds("stores.sysdl");
}

#[test]
fn requests_as_they_come() {
    holds("traffic.sysdl");
}

#[test]
fn faults_while_they_last() {
    holds("faults.sysdl");
}

#[test]
fn what_messages_weigh_and_visits_use() {
    holds("weights.sysdl");
}

#[test]
fn steps_of_programs() {
    holds("programs.sysdl");
}

#[test]
fn servers_that_stand_still_and_networks_that_are_silent() {
    holds("outages.sysdl");
}

#[test]
fn what_else_faults_change() {
    holds("strains.sysdl");
}
