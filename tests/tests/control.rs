//! What acts on a system from outside of its requests, at instants and in sizes that follow from arithmetic.

use std::path::Path;
use sysdl_kernel::layout::record;
use sysdl_runtime::{Limits, Trace, drive};
use sysdl_tests::programs;

fn run(file: &str) -> Trace {
    run_scenario(file, "steady")
}

fn run_scenario(file: &str, scenario: &str) -> Trace {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("control").join(file);
    let program = programs::load(&path, scenario);
    let mut guest = program.prepared.instantiate().expect("it instantiates");
    let trace = drive(&mut guest, program.prepared.meta(), 1, Limits::default(), |_| true).expect("it runs");
    let verdicts = sysdl_runtime::expect::evaluate(&trace, &program.expectations);
    for outcome in verdicts {
        assert!(!outcome.verdict.is_failure(), "{file} {scenario}: {} is {}", outcome.expectation.text, outcome.value);
    }
    trace
}

/// Instants in nanoseconds and what a record says, of one kind.
fn told(trace: &Trace, kind: u32) -> Vec<(u64, u64, u64)> {
    trace.records.iter().filter(|r| r.kind == kind).map(|r| (r.at_ns, r.a, r.b)).collect()
}

/// The nanosecond after so many seconds, when controllers act.
fn after(seconds: u64) -> u64 {
    seconds * 1_000_000_000 + 1
}

#[test]
fn an_autoscaler_tracks_its_target() {
    // From 60 s on 29 servers are wanted. At 75 s all of 20 are busy, twice the target: 2 · 2 = 4. At 90 s two of four
    // are ready and the others count as idle: 1. At 105 s four are ready, and the old ones were busy: 4 · 2 = 8. At
    // 120 s again 4 · 2. At 135 s eight are ready, and four were busy: 16. From then on there is room: 7, 12, 6, 6 …
    // are right, but it scales down no further than the largest of the four recommendations before.
    let trace = run("target.sysdl");
    let expected = [(75, 2, 4), (105, 4, 8), (135, 8, 16), (210, 16, 12), (240, 12, 6)];
    assert_eq!(told(&trace, record::SCALED), expected.map(|(at, from, to)| (after(at), from, to)));
}

#[test]
fn an_autoscaler_takes_steps() {
    // 16 of 20 servers are busy from 60 s on: two more at 70 s, and none while they start. At 90 s they serve, but the
    // old ones were busy: two more. From 120 s on few are busy: one less at every decision.
    let trace = run("steps.sysdl");
    let expected = [(70, 2, 4), (90, 4, 6), (120, 6, 5), (130, 5, 4), (140, 4, 3)];
    assert_eq!(told(&trace, record::SCALED), expected.map(|(at, from, to)| (after(at), from, to)));
}

#[test]
fn a_number_of_replicas_is_set() {
    let trace = run("sets.sysdl");
    let at = |seconds: u64| seconds * 1_000_000_000;
    assert_eq!(told(&trace, record::SCALED), [(at(10), 3, 6), (at(20), 6, 2)]);
}

#[test]
fn a_condition_is_watched() {
    let trace = run("when.sysdl");
    let faults = |kind| told(&trace, kind).into_iter().map(|(at, ..)| at).collect::<Vec<_>>();
    let fired: Vec<u64> = faults(record::EFFECT_ON).into_iter().filter(|at| *at > 10_000_000_000).collect();
    assert_eq!(fired, [13, 21, 29, 37].map(after));
    assert_eq!(faults(record::EFFECT_OFF), [18, 26, 34].map(after));
}

#[test]
fn faults_go_from_one_replica_to_the_next() {
    let seconds = |trace: &Trace, kind| -> Vec<u64> {
        told(trace, kind).into_iter().map(|(at, ..)| at / 1_000_000_000).collect()
    };
    let trace = run_scenario("deploys.sysdl", "restarts");
    assert_eq!(seconds(&trace, record::EFFECT_ON), [10, 18, 26, 34]);
    assert_eq!(seconds(&trace, record::EFFECT_OFF), [15, 23, 31, 39]);
    let trace = run_scenario("deploys.sysdl", "staggered");
    assert_eq!(seconds(&trace, record::EFFECT_ON), [10, 13]);
    assert_eq!(seconds(&trace, record::EFFECT_OFF), [14, 17]);
}

#[test]
fn versions_are_replaced() {
    for scenario in ["rolling", "canary", "withdrawn", "switch"] {
        run_scenario("deploys.sysdl", scenario);
    }
}

#[test]
fn the_next_leader_is_named() {
    let trace = run_scenario("leaders.sysdl", "refused");
    let ns = |ms: u64| ms * 1_000_000;
    assert_eq!(told(&trace, record::LEADER_LOST), [(ns(10_005), 0, 0)]);
    assert_eq!(told(&trace, record::ELECTED), [(ns(13_005), 1, 2)]);
    run_scenario("leaders.sysdl", "waits");
    let trace = run_scenario("leaders.sysdl", "all_down");
    assert_eq!(told(&trace, record::ELECTED), [(ns(15_005), 0, 2)]);
}

#[test]
fn the_others_elect_a_leader() {
    let ms = |ns: u64| ns / 1_000_000;
    let trace = run_scenario("leaders.sysdl", "crash");
    let [(asked_ns, candidate, 2)] = told(&trace, record::CANDIDATE)[..] else { panic!("one candidate, in term 2") };
    assert!((10_151..=10_301).contains(&ms(asked_ns)), "{asked_ns}");
    assert_eq!(told(&trace, record::ELECTED), [(asked_ns + 2_000_000, candidate, 2)]);
    for scenario in ["short_pause", "long_pause", "minority"] {
        run_scenario("leaders.sysdl", scenario);
    }
    let trace = run_scenario("leaders.sysdl", "split");
    let asked: Vec<u64> = told(&trace, record::CANDIDATE).into_iter().map(|(at, ..)| ms(at)).collect();
    let expected: Vec<u64> = (0..25).flat_map(|round| [10_201 + 200 * round; 2]).collect();
    assert_eq!(asked, expected);
    let elected = told(&trace, record::ELECTED);
    assert_eq!(elected.iter().map(|&(at, _, term)| (ms(at), term)).collect::<Vec<_>>(), [(15_003, 26)]);
}
