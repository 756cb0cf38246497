//! Who a message may go to: systems in which it can be counted, written in the language.

use std::path::Path;
use sysdl_runtime::expect::{Verdict, evaluate};
use sysdl_tests::programs;

/// Runs scenarios of a file; whatever they expect must hold.
fn holds(file: &str, scenarios: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("balancing").join(file);
    for scenario in scenarios {
        let program = programs::load(&path, scenario);
        assert!(!program.expectations.is_empty(), "{scenario}: nothing is expected");
        for outcome in evaluate(&program.run(program.model.seed), &program.expectations) {
            let (text, value) = (&outcome.expectation.text, &outcome.value);
            assert_eq!(outcome.verdict, Verdict::Pass, "{file}, {scenario}: {text}, got {value}");
        }
    }
}

#[test]
fn failures_in_a_row_eject_a_replica() {
    holds("ejection.sysdl", &["one_is_down", "two_are_down", "here_and_there"]);
}

#[test]
fn a_replica_that_fails_its_probes_is_left_out() {
    holds("health.sysdl", &["crash", "hang", "partition", "all_down", "crash_behind_alb", "a_share_grows"]);
}

#[test]
fn weights_and_ties_have_their_shares() {
    holds("shares.sysdl", &["exact_shares", "one_is_left_out", "fair"]);
}

#[test]
fn keys_are_spread_and_zones_are_kept() {
    holds("shares.sysdl", &["even", "near"]);
}

#[test]
fn a_replica_that_fails_fast_attracts_the_traffic_unless_it_is_ejected() {
    holds("ejection.sysdl", &["a_replica_fails_fast"]);
}
