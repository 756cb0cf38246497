//! Systems with a formula, written in the language, with the formula's value in the file: see `sysdl_tests::theory`.
//!
//! A tenth of each case runs here; `SYSDL_THEORY=full` runs all of it, and the binary `theory` writes `docs/theory.md`.

use sysdl_kernel::columns::component;
use sysdl_runtime::Report;
use sysdl_runtime::statistics::estimate;
use sysdl_tests::theory::{Length, cases, replications};

/// Holds every claim of a file.
fn holds(file: &str) {
    let cases = cases(file, Length::asked());
    assert!(!cases.is_empty(), "{file} claims nothing");
    let wrong = cases.iter().filter(|case| !case.holds());
    let wrong: Vec<String> =
        wrong.map(|case| format!("{file}: {} is {} ± {}", case.text, case.found.mean, case.found.half_width)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file's runs under all seeds, for what no claim of the language can say.
struct Runs {
    file: &'static str,
    reports: Vec<Report>,
}

fn runs(file: &'static str) -> Runs {
    let reports = replications(file, "steady", Length::asked(), |trace, _| Report::of(trace, &[], file));
    Runs { file, reports }
}

impl Runs {
    /// Holds the mean of a number to `exact`, within `tolerance` and with an interval half as wide.
    fn check(&self, exact: f64, tolerance: f64, number: impl Fn(&Report) -> f64) {
        let values: Vec<f64> = self.reports.iter().map(number).collect();
        let found = estimate(&values).expect("there are runs");
        let (file, mean, half) = (self.file, found.mean, found.half_width);
        let allowed = tolerance * Length::asked().widens() * exact;
        assert!((mean - exact).abs() <= allowed, "{file}: {mean} ± {half}, theory {exact}");
        assert!(half <= allowed / 2.0, "{file}: {mean} ± {half} is too wide to tell");
    }
}

#[test]
fn one_server() {
    holds("mm1.sysdl");
}

#[test]
#[ignore = "long; `SYSDL_THEORY=full cargo test --release --workspace --test theory -- --include-ignored`"]
fn a_busy_server() {
    holds("mm1_busy.sysdl");
}

#[test]
#[ignore = "long; `SYSDL_THEORY=full cargo test --release --workspace --test theory -- --include-ignored`"]
fn a_server_that_is_nearly_full() {
    holds("mm1_full.sysdl");
}

#[test]
fn four_servers() {
    holds("mm4.sysdl");
    holds("mm2.sysdl");
}

#[test]
#[ignore = "long; `SYSDL_THEORY=full cargo test --release --workspace --test theory -- --include-ignored`"]
fn a_hundred_servers() {
    holds("mm100.sysdl");
}

#[test]
fn bounded_queues() {
    holds("bounded.sysdl");
}

#[test]
fn service_times_that_vary_less_and_more() {
    holds("mg1.sysdl");
    holds("mg1_hyper.sysdl");
}

#[test]
#[ignore = "long; `SYSDL_THEORY=full cargo test --release --workspace --test theory -- --include-ignored`"]
fn service_times_with_heavy_tails() {
    holds("mg1_heavy.sysdl");
    holds("mg1_heaviest.sysdl");
}

#[test]
fn arrivals_that_are_not_poisson() {
    holds("arrivals.sysdl");
}

#[test]
fn a_connection_that_is_closed_when_idle() {
    holds("connections.sysdl");
}

#[test]
fn processors_that_are_shared() {
    holds("sharing.sysdl");
}

#[test]
fn slots_of_a_language_model() {
    holds("slots.sysdl");
}

#[test]
fn classes_that_go_first() {
    holds("priorities.sysdl");
}

#[test]
fn work_that_is_interrupted_and_queues_that_are_left() {
    holds("disciplines.sysdl");
}

#[test]
fn calls_that_are_hedged_and_pooled() {
    holds("calls.sysdl");
}

#[test]
fn retries_with_jitter() {
    holds("retries.sysdl");
}

#[test]
fn callers_that_throttle_hedge_late_and_send_again() {
    holds("callers.sysdl");
}

#[test]
fn answers_of_many() {
    holds("fan_out.sysdl");
}

#[test]
fn answers_of_a_hundred() {
    holds("fan_out_wide.sysdl");
}

#[test]
fn halves_that_wait_for_each_other() {
    holds("fork_join.sysdl");
}

#[test]
fn queues_of_textbooks() {
    holds("other_queues.sysdl");
}

#[test]
fn who_finds_no_room() {
    holds("losses.sysdl");
    holds("token_buckets.sysdl");
}

#[test]
fn closed_networks_of_two_classes() {
    holds("classes_closed.sysdl");
}

#[test]
fn replicas_that_are_needed_and_fail() {
    holds("availability.sysdl");
}

#[test]
fn callers_of_what_fails() {
    holds("failures.sysdl");
    let runs = runs("failures.sysdl");
    assert!(runs.reports.iter().all(|r| r.edges["low->bottom"].attempts == 27 * r.edges["top->middle"].calls));
}

#[test]
fn attempts_layers_and_users_who_leave() {
    holds("attempts.sysdl");
}

#[test]
fn work_that_is_done_once_or_undone() {
    let reports = replications("once.sysdl", "steady", Length::Full, |trace, _| Report::of(trace, &[], "once.sysdl"));
    let report = &reports[0];
    let ended = |component: &str| report.components[component].arrivals;
    assert_eq!((ended("bank"), report.edges["careful->bank"].failed), (400, 0));
    assert_eq!(report.components["bank"].joined, 300);
    assert_eq!((ended("till"), report.edges["careless->till"].failed), (1_000, 100));
    // Reserved, put back and sorry for the first kind of order, whose refund fails; reserved and put back for the second.
    assert_eq!((ended("stock"), ended("card"), ended("courier")), (500, 200, 200));
    assert_eq!(report.endpoints["shop.order"].totals.ok, 100);
    assert_eq!(report.endpoints["shop.order_late"].totals.ok, 0);
}

/// What a crash leaves behind it, second by second.
#[test]
fn consumers_that_crash_and_put_their_work_back() {
    const AFTER: [(usize, f64, f64); 7] = [
        (1, 9.043, 0.03),
        (5, 29.276, 0.03),
        (10, 54.285, 0.03),
        (12, 44.324, 0.03),
        (15, 30.166, 0.03),
        (20, 13.330, 0.06),
        (30, 4.071, 0.08),
    ];
    let means = replications("crashes.sysdl", "steady", Length::asked(), |trace, _| {
        let consumer = trace.meta.components.iter().position(|c| c.name == "consumer").expect("it is there");
        let crashes = trace.windows.len() / 100;
        let present = |second: usize, crash: usize| {
            trace.window_component(100 * crash + second - 1, consumer, component::PRESENT) as f64
        };
        AFTER.map(|(second, ..)| (1..crashes).map(|crash| present(second, crash)).sum::<f64>() / (crashes - 1) as f64)
    });
    for (index, (second, exact, tolerance)) in AFTER.into_iter().enumerate() {
        let values: Vec<f64> = means.iter().map(|means| means[index]).collect();
        let found = estimate(&values).expect("there are runs");
        let (mean, half, allowed) = (found.mean, found.half_width, tolerance * Length::asked().widens() * exact);
        assert!((mean - exact).abs() <= allowed, "{second} s: {mean} ± {half}, theory {exact}");
        assert!(half <= allowed, "{second} s: {mean} ± {half} is too wide");
    }
}

#[test]
fn servers_that_break_down_and_arrivals_that_come_in_waves() {
    holds("breakdowns.sysdl");
}

#[test]
#[ignore = "long; see above"]
fn servers_that_break_down_for_long() {
    holds("breakdowns_long.sysdl");
}

#[test]
fn servers_that_work_in_batches_and_start_cold() {
    holds("servers.sysdl");
    holds("cold_starts.sysdl");
}

#[test]
fn agents_that_pay_for_a_context_that_grows_and_stop_at_their_budget() {
    holds("agents.sysdl");
    let agents = runs("agents.sysdl");
    agents.check(0.421_875, 0.01, |r| {
        r.components["bounded"].budget_stops as f64 / r.components["bounded"].completions as f64
    });
    agents.check(0.200_04, 0.001, |r| {
        let counted = &r.components["counted"];
        (counted.arrivals - counted.errors["rate_limited"]) as f64 / counted.arrivals as f64
    });
}

#[test]
fn messages_that_hold_a_link_for_as_long_as_they_weigh() {
    holds("links.sysdl");
}

#[test]
fn messages_that_are_handed_over_again() {
    holds("messages.sysdl");
}

#[test]
fn one_queue_or_many() {
    holds("balance.sysdl");
}

#[test]
fn the_shortest_of_some_queues() {
    holds("two_choices.sysdl");
}

#[test]
#[ignore = "long; see above"]
fn the_shortest_of_some_more_queues() {
    holds("two_choices_half.sysdl");
    holds("two_choices_busy.sysdl");
    holds("three_choices.sysdl");
    holds("five_choices.sysdl");
}

#[test]
fn messages_in_partitions() {
    holds("partitions.sysdl");
}

#[test]
fn requests_that_gather() {
    holds("linger.sysdl");
}

#[test]
fn handlers_that_wait_for_company() {
    holds("handler_batches.sysdl");
}

#[test]
fn leaders_that_are_lost() {
    holds("elections.sysdl");
}

#[test]
fn replicas_that_are_probed() {
    holds("health.sysdl");
}

#[test]
fn keys_that_are_remembered_for_a_time() {
    holds("ttl.sysdl");
}

#[test]
fn keys_that_are_evicted() {
    holds("eviction.sysdl");
}

#[test]
fn reads_of_what_is_not_visible_yet() {
    holds("staleness.sysdl");
}

#[test]
fn twenty_users() {
    holds("closed.sysdl");
}

#[test]
fn networks_of_servers() {
    holds("jackson.sysdl");
    holds("jackson_two.sysdl");
    holds("tandem.sysdl");
}
