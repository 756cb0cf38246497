//! Systems with a formula, written in the language: the interval of thirty seeds holds the formula's
//! value, and is narrow enough to mean something.

use std::path::Path;
use sysdl_runtime::replicate::replicate;
use sysdl_runtime::statistics::estimate;
use sysdl_runtime::{Limits, Report};
use sysdl_tests::programs;

const SEEDS: u64 = 30;

/// Holds the mean of a number of the report to `exact`, within `tolerance` and with an interval half as wide.
fn check(file: &str, exact: f64, tolerance: f64, number: impl Fn(&Report) -> f64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("theory").join(file);
    let program = programs::load(&path, "steady");
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    let traces = replicate(&program.prepared, &seeds, Limits::default()).expect("they run");
    let values: Vec<f64> = traces.iter().map(|trace| number(&Report::of(trace, &[], file))).collect();
    let found = estimate(&values).expect("there are runs");
    let (mean, half) = (found.mean, found.half_width);
    assert!((mean - exact).abs() <= tolerance * exact, "{file}: {mean} ± {half}, theory {exact}");
    assert!(half <= tolerance * exact / 2.0, "{file}: {mean} ± {half} is too wide to tell");
}

#[test]
fn one_server() {
    check("mm1.sysdl", 0.5, 0.02, |r| r.components["server"].sojourn_s.mean);
    check("mm1.sysdl", 4.0, 0.02, |r| r.components["server"].mean_in_system);
    check("mm1.sysdl", 0.8, 0.01, |r| r.components["server"].utilization.expect("it is bounded"));
    check("mm1.sysdl", 1.497_866, 0.03, |r| r.latency_s.p95);
}

#[test]
fn four_servers() {
    check("mm4.sysdl", 0.149_108, 0.03, |r| r.components["server"].waiting_s.mean);
    check("mm4.sysdl", 0.349_108, 0.02, |r| r.latency_s.mean);
}

#[test]
fn service_times_that_vary_less_and_more() {
    check("mg1.sysdl", 0.3, 0.015, |r| r.components["constant_time"].sojourn_s.mean);
    check("mg1.sysdl", 0.35, 0.02, |r| r.components["erlang_time"].sojourn_s.mean);
    check("mg1.sysdl", 1.1, 0.04, |r| r.components["hyper_time"].sojourn_s.mean);
}

#[test]
fn twenty_users() {
    check("closed.sysdl", 2.466_200, 0.01, |r| r.totals.throughput_rps);
    check("closed.sysdl", 3.109_643, 0.015, |r| r.latency_s.mean);
}
