//! Systems with a formula, written in the language: the interval of thirty seeds holds the formula's
//! value, and is narrow enough to mean something.

use std::path::Path;
use sysdl_runtime::replicate::replicate;
use sysdl_runtime::statistics::estimate;
use sysdl_runtime::{Limits, Report};
use sysdl_tests::programs;

const SEEDS: u64 = 30;

/// A file's runs under all seeds.
struct Runs {
    file: &'static str,
    reports: Vec<Report>,
}

fn runs(file: &'static str) -> Runs {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("theory").join(file);
    let program = programs::load(&path, "steady");
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    let traces = replicate(&program.prepared, &seeds, Limits::default()).expect("they run");
    Runs { file, reports: traces.iter().map(|trace| Report::of(trace, &[], file)).collect() }
}

impl Runs {
    /// Holds the mean of a number to `exact`, within `tolerance` and with an interval half as wide.
    fn check(&self, exact: f64, tolerance: f64, number: impl Fn(&Report) -> f64) {
        let values: Vec<f64> = self.reports.iter().map(number).collect();
        let found = estimate(&values).expect("there are runs");
        let (file, mean, half) = (self.file, found.mean, found.half_width);
        assert!((mean - exact).abs() <= tolerance * exact, "{file}: {mean} ± {half}, theory {exact}");
        assert!(half <= tolerance * exact / 2.0, "{file}: {mean} ± {half} is too wide to tell");
    }

    /// The mean sojourn time of a station, in seconds.
    fn sojourn(&self, station: &str, exact: f64, tolerance: f64) {
        self.check(exact, tolerance, |r| r.components[station].sojourn_s.mean);
    }
}

#[test]
fn one_server() {
    let runs = runs("mm1.sysdl");
    runs.sojourn("server", 0.5, 0.02);
    runs.check(4.0, 0.02, |r| r.components["server"].mean_in_system);
    runs.check(0.8, 0.01, |r| r.components["server"].utilization.expect("it is bounded"));
    runs.check(1.497_866, 0.03, |r| r.latency_s.p95);
}

#[test]
fn four_servers() {
    let runs = runs("mm4.sysdl");
    runs.check(0.149_108, 0.03, |r| r.components["server"].waiting_s.mean);
    runs.check(0.349_108, 0.02, |r| r.latency_s.mean);
}

#[test]
fn service_times_that_vary_less_and_more() {
    let runs = runs("mg1.sysdl");
    runs.sojourn("constant_time", 0.3, 0.015);
    runs.sojourn("erlang_time", 0.35, 0.02);
    runs.sojourn("hyper_time", 1.1, 0.04);
}

#[test]
fn arrivals_that_are_not_poisson() {
    let runs = runs("arrivals.sysdl");
    runs.sojourn("regular", 0.269_273, 0.015);
    runs.sojourn("erlang_two", 0.384_398, 0.02);
    runs.sojourn("erlang_four", 0.326_738, 0.02);
    runs.sojourn("batched", 1.5, 0.04);
}

#[test]
fn processors_that_are_shared() {
    let runs = runs("sharing.sysdl");
    runs.sojourn("exponential", 0.5, 0.02);
    runs.sojourn("hyperexponential", 0.5, 0.02);
    runs.sojourn("batching", 4.115_348, 0.03);
}

#[test]
fn classes_that_go_first() {
    let runs = runs("priorities.sysdl");
    runs.check(0.214_286, 0.02, |r| r.endpoints["server.gold"].latency_s.mean);
    runs.check(0.671_429, 0.03, |r| r.endpoints["server.iron"].latency_s.mean);
}

#[test]
fn work_that_is_interrupted_and_queues_that_are_left() {
    let runs = runs("disciplines.sysdl");
    runs.check(0.142_857, 0.02, |r| r.endpoints["classes.gold"].latency_s.mean);
    runs.check(0.714_286, 0.03, |r| r.endpoints["classes.iron"].latency_s.mean);
    runs.sojourn("newest", 0.5, 0.03);
    runs.sojourn("anyone", 0.5, 0.02);
    runs.check(0.409_505, 0.02, |r| r.components["impatient"].mean_queue);
    runs.check(0.595_245, 0.01, |r| r.components["impatient"].utilization.expect("it is bounded"));
    runs.check(0.255_941, 0.02, |r| {
        let left = &r.components["impatient"];
        left.errors["abandoned"] as f64 / left.arrivals as f64
    });
}

#[test]
fn calls_that_are_hedged_pooled_and_retried() {
    let runs = runs("calls.sysdl");
    runs.check(0.0975, 0.01, |r| r.endpoints["hedger.ask"].latency_s.mean);
    runs.check(0.380_045, 0.02, |r| r.endpoints["hedger.ask"].latency_s.p99);
    runs.check(1.05, 0.005, |r| {
        r.edges["hedger->slow_tail"].attempts as f64 / r.edges["hedger->slow_tail"].calls as f64
    });
    runs.check(0.349_108, 0.02, |r| r.endpoints["pooled.ask"].latency_s.mean);
    runs.check(0.149_108, 0.03, |r| r.edges["pooled->backend"].permit_wait_s);
    assert!(runs.reports.iter().all(|r| r.edges["hopeful->broken"].retries == 100));
}

#[test]
fn callers_that_throttle_hedge_late_and_send_again() {
    let runs = runs("callers.sysdl");
    runs.check(0.8, 0.01, |r| r.edges["asker->scarce"].throttled as f64 / r.edges["asker->scarce"].attempts as f64);
    runs.check(0.05, 0.02, |r| r.edges["hedger->slow_tail"].hedges as f64 / r.edges["hedger->slow_tail"].calls as f64);
    runs.check(0.380_045, 0.02, |r| r.endpoints["hedger.ask"].latency_s.p99);
    runs.check(0.001 + 0.017_202, 0.02, |r| r.endpoints["far.ask"].latency_s.mean);
    runs.check(0.001 + 0.008_333, 0.02, |r| r.endpoints["near.ask"].latency_s.mean);
}

#[test]
fn servers_that_break_down_and_arrivals_that_come_in_waves() {
    let runs = runs("breakdowns.sysdl");
    runs.check(2.088_803, 0.03, |r| r.components["fragile"].mean_in_system);
    runs.sojourn("fragile", 0.696_268, 0.03);
    runs.check(9.0, 0.02, |r| r.endpoints["burst.serve"].totals.throughput_rps);
}

#[test]
fn servers_that_work_in_batches_and_start_cold() {
    let batches = runs("servers.sysdl");
    batches.check(1.646_738, 0.02, |r| r.components["committer"].mean_queue);
    batches.check(0.827_150, 0.01, |r| r.components["committer"].utilization.expect("it is bounded"));
    runs("cold_starts.sysdl").check(0.049_787, 0.02, |r| {
        let function = &r.components["function"];
        function.setups as f64 / function.arrivals as f64
    });
}

#[test]
fn messages_that_hold_a_link_for_as_long_as_they_weigh() {
    let links = runs("links.sysdl");
    links.check(0.3, 0.02, |r| r.endpoints["one.send"].latency_s.mean);
    links.check(0.5, 0.02, |r| r.endpoints["two.send"].latency_s.mean);
    links.check(0.066_667, 0.01, |r| r.endpoints["three.send"].latency_s.mean);
    links.sojourn("mill", 0.5, 0.02);
}

#[test]
fn messages_that_are_handed_over_again() {
    let runs = runs("messages.sysdl");
    runs.check(1.417, 0.005, |r| r.edges["inbox->worker"].attempts as f64 / r.edges["inbox->worker"].calls as f64);
    runs.check(0.0081, 0.03, |r| r.components["dead"].arrivals as f64 / r.edges["inbox->worker"].calls as f64);
}

#[test]
fn ways_to_balance() {
    let balance = runs("balance.sysdl");
    balance.sojourn("at_random", 0.5, 0.02);
    balance.sojourn("in_turn", 0.326_738, 0.02);
    balance.sojourn("newest_first", 0.5, 0.03);
    runs("two_choices.sysdl").sojourn("servers", 1.947_363, 0.01);
}

#[test]
fn replicas_that_are_probed() {
    runs("health.sysdl").check(20.0 * 250.0, 0.02, |r| r.edges["front->web"].failed as f64);
}

#[test]
fn twenty_users() {
    let runs = runs("closed.sysdl");
    runs.check(2.466_200, 0.01, |r| r.totals.throughput_rps);
    runs.check(3.109_643, 0.015, |r| r.latency_s.mean);
}
