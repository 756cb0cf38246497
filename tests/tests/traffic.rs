//! Where requests come from, held to theory and to exact counts.

use rayon::prelude::*;
use std::path::{Path, PathBuf};
use sysdl_kernel::columns::component as column;
use sysdl_runtime::statistics::estimate;
use sysdl_runtime::{Report, Trace};
use sysdl_tests::programs;
use sysdl_tests::theory::{Length, cases};

const SEEDS: u64 = 30;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("theory").join(name)
}

/// Runs of a scenario under all seeds.
struct Runs {
    what: String,
    traces: Vec<Trace>,
    reports: Vec<Report>,
}

fn runs(name: &str, scenario: &str) -> Runs {
    let program = programs::load(&file(name), scenario);
    let traces: Vec<Trace> = (1..=SEEDS).into_par_iter().map(|seed| program.run(seed)).collect();
    let reports = traces.iter().map(|trace| Report::of(trace, &[], name)).collect();
    Runs { what: format!("{name} {scenario}"), traces, reports }
}

impl Runs {
    /// Holds the mean of some values to `exact`, within `tolerance` and with an interval half as wide.
    fn hold(&self, exact: f64, tolerance: f64, values: &[f64]) {
        let found = estimate(values).expect("there are runs");
        let (what, mean, half) = (&self.what, found.mean, found.half_width);
        assert!((mean - exact).abs() <= tolerance * exact, "{what}: {mean} ± {half}, theory {exact}");
        assert!(half <= tolerance * exact / 2.0, "{what}: {mean} ± {half} is too wide to tell {exact}");
    }

    fn check(&self, exact: f64, tolerance: f64, number: impl Fn(&Report) -> f64) {
        let values: Vec<f64> = self.reports.iter().map(number).collect();
        self.hold(exact, tolerance, &values);
    }

    /// Holds the mean of a number of each trace.
    fn check_trace(&self, exact: f64, tolerance: f64, number: impl Fn(&Trace) -> f64) {
        let values: Vec<f64> = self.traces.iter().map(number).collect();
        self.hold(exact, tolerance, &values);
    }

    fn row(&self, component: &str) -> usize {
        self.traces[0].meta.components.iter().position(|c| c.name == component).expect("it exists")
    }
}

/// Holds every claim of a file.
fn holds(file: &str) {
    let cases = cases(file, Length::asked());
    assert!(!cases.is_empty(), "{file} claims nothing");
    let wrong = cases.iter().filter(|case| !case.holds());
    let wrong: Vec<String> =
        wrong.map(|case| format!("{file}: {} is {} ± {}", case.text, case.found.mean, case.found.half_width)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn arrivals_that_come_in_batches() {
    holds("batches.sysdl");
}

#[test]
fn visitors_who_make_several_requests() {
    holds("sessions.sysdl");
}

#[test]
fn calls_that_are_lost() {
    holds("loss.sysdl");
}

#[test]
fn users_who_think_and_who_serves_them() {
    holds("users.sysdl");
}

#[test]
fn mean_values_of_a_closed_network() {
    holds("network.sysdl");
}

/// How many were present at a component when each window closed.
fn present(trace: &Trace, component: usize) -> impl Iterator<Item = f64> {
    (0..trace.windows.len()).map(move |window| trace.window_component(window, component, column::PRESENT) as f64)
}

#[test]
fn a_hundred_every_ten_seconds_by_the_clock() {
    let runs = runs("sessions.sysdl", "steady");
    let row = runs.row("tick");
    for trace in runs.traces.iter().take(3) {
        // Those of 5 s are at the station until 6 s and two nanoseconds.
        for (window, n) in present(trace, row).enumerate() {
            let expected = if (window + 1) % 10 == 5 || (window + 1) % 10 == 6 { 100.0 } else { 0.0 };
            let at_the_door = if (window + 1) % 10 == 5 { 0.0 } else { expected };
            assert!((n - at_the_door).abs() < 0.5, "window {window}: {n}");
        }
        let arrivals = trace.interval(0, trace.simulated_ns).component(row, column::ARRIVALS);
        assert_eq!(arrivals, 102_000);
    }
}

#[test]
fn crowds_that_are_spread() {
    let program = programs::load(&file("sessions.sysdl"), "steady");
    let trace = program.run(1);
    let row = trace.meta.components.iter().position(|c| c.name == "crowd").expect("it exists");
    for window in 0..1_000 {
        // A thousand within five seconds, nobody in the five after.
        let arrivals = trace.window_component(window, row, column::ARRIVALS);
        let expected = if window % 10 < 5 { 130..=270 } else { 0..=0 };
        assert!(expected.contains(&arrivals), "window {window}: {arrivals}");
    }
}

#[test]
fn servers_without_end() {
    let runs = runs("infinite.sysdl", "steady");
    for name in ["exponential", "lognormal_time"] {
        let row = runs.row(name);
        let share = |trace: &Trace, of: &dyn Fn(f64) -> f64| {
            let numbers: Vec<f64> = present(trace, row).skip(30).collect();
            numbers.iter().map(|&n| of(n)).sum::<f64>() / numbers.len() as f64
        };
        runs.check_trace(10.0, 0.01, |trace| share(trace, &|n| n));
        runs.check_trace(10.0, 0.03, |trace| share(trace, &|n| (n - 10.0) * (n - 10.0)));
        runs.check_trace(0.048_740, 0.06, |trace| share(trace, &|n| f64::from(n > 15.0)));
    }
}

#[test]
fn a_wave_of_arrivals_and_its_echo() {
    let runs = runs("infinite.sysdl", "cycles");
    // Six whole periods after the first 40 s.
    let project = |trace: &Trace| {
        let (mut mean, mut sine, mut cosine) = (0.0, 0.0, 0.0);
        for (window, n) in present(trace, 0).enumerate().skip(39).take(360) {
            let angle = std::f64::consts::TAU * (window as f64 + 1.0) / 60.0;
            mean += n / 360.0;
            sine += n * angle.sin() / 180.0;
            cosine += n * angle.cos() / 180.0;
        }
        (mean, sine, cosine)
    };
    runs.check_trace(200.0, 0.01, |trace| project(trace).0);
    runs.check_trace(97.876_369, 0.02, |trace| project(trace).1.hypot(project(trace).2));
    // Rates are held for 60/288 s, so they themselves are late by half of that.
    runs.check_trace(1.971_503 + 30.0 / 288.0, 0.08, |trace| {
        let (_, sine, cosine) = project(trace);
        -cosine.atan2(sine) / std::f64::consts::TAU * 60.0
    });
}

#[test]
fn queues_that_were_empty_and_a_spike_and_what_it_leaves() {
    holds("transient.sysdl");
}

#[test]
fn what_was_recorded_comes_again() {
    let runs = runs("traces.sysdl", "steady");
    let row = runs.row("each");
    for trace in &runs.traces {
        // Of 650 rounds of two seconds; the two requests of the last instant do not arrive any more.
        assert_eq!(trace.interval(0, trace.simulated_ns).component(row, column::ARRIVALS), 3 * 650 - 1);
    }
    runs.check(0.025, 0.01, |r| r.components["each"].service_s.mean);
    runs.check(310.0 / 13.0, 0.01, |r| r.endpoints["rates.get"].totals.throughput_rps);
    runs.check(0.117, 0.02, |r| r.components["rates"].service_s.mean);
    runs.check(0.01, 0.01, |r| r.endpoints["rates.get"].latency_s.p50);
}

#[test]
fn mixes_have_their_shares_and_loops_their_counts() {
    let runs = runs("traces.sysdl", "steady");
    for (name, share) in [("mixed.a", 0.7), ("mixed.b", 0.2), ("mixed.c", 0.1)] {
        runs.check(100.0 * share, 0.01, |r| r.endpoints[name].totals.throughput_rps);
    }
    runs.check(0.007, 0.005, |r| r.endpoints["mixed.a"].latency_s.mean);
    runs.check(0.014, 0.005, |r| r.endpoints["mixed.b"].latency_s.mean);
    // 3 rounds, 4/H(4) = 1.92 rounds, 3 rounds.
    runs.check(0.007_92, 0.01, |r| r.endpoints["mixed.c"].latency_s.mean);
}

#[test]
fn a_run_begins_when_the_clock_says() {
    let runs = runs("traces.sysdl", "steady");
    // From 19:00 to 19:21:40, an hour before the peak.
    let mean: f64 = (0..1_300).map(|s| (std::f64::consts::TAU * (3_600.0 - f64::from(s)) / 86_400.0).cos()).sum();
    runs.check(50.0 + 50.0 * mean / 1_300.0, 0.01, |r| r.endpoints["daily.get"].totals.throughput_rps);
    assert!(runs.reports.iter().all(|r| r.components["nightly"].arrivals == 0));
}
