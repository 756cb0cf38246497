//! Two runs on the same draws: differences are paired, and a fault that never fires makes none.

use serde_json::Value;
use std::collections::BTreeMap;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::model::Model;
use sysdl_runtime::{Report, Trace, against};
use sysdl_tests::programs;

const TEXT: &str = "sysdl 1
system pair {
  service web { replicas = 2, concurrency = 8, endpoint get { work exp(5ms), call db.read } }
  database db { connections = 10, endpoint read { work exp(8ms) } }
  web -> db { timeout = 200ms, retry { max = 2, backoff = exp(20ms) } }
  traffic people -> web.get { open = poisson(400rps) }
}
scenario never of pair {
  duration = 30s, warmup = 5s
  when utilization(db) > 500% inject hang on db for 5s
}
scenario slow of pair {
  duration = 30s, warmup = 5s
  at 10s inject slow(2x) on db for 10s
}
";

fn model(scenario: &str) -> Model {
    let analysis = analyze("pair.sysdl", TEXT.as_bytes(), &NoFiles);
    let resolved = analysis.resolve(scenario, &[]);
    let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
    resolved.model.unwrap_or_else(|| panic!("{mistakes}"))
}

fn report(trace: &Trace) -> Value {
    serde_json::to_value(Report::of(trace, &[], "pair.sysdl")).expect("it is JSON")
}

/// Every difference of a tree, by its path.
fn flat(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    if value["difference"].is_number() {
        found.insert(path.to_owned(), value.clone());
        return;
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        flat(&format!("{path}.{key}"), value, found);
    }
}

fn differences(scenario: &str, seeds: &[u64]) -> BTreeMap<String, Value> {
    let model = model(scenario);
    let pairs: Vec<(Trace, Trace)> = seeds.iter().map(|&seed| programs::pair(&model, seed)).collect();
    let with: Vec<Value> = pairs.iter().map(|(run, _)| report(run)).collect();
    let without: Vec<Value> = pairs.iter().map(|(_, twin)| report(twin)).collect();
    let batches = if seeds.len() == 1 { against::by_time(&pairs[0].0, &pairs[0].1) } else { BTreeMap::new() };
    let mut found = BTreeMap::new();
    flat("", &against::differences(&with, &without, &batches), &mut found);
    found
}

#[test]
fn a_fault_that_never_fires_makes_no_difference() {
    for seeds in [&[1][..], &[1, 2, 3][..]] {
        let found = differences("never", seeds);
        assert!(found.len() > 60, "{}", found.len());
        for (name, number) in &found {
            assert_eq!(number["difference"], 0.0, "{name}: {number}");
            assert_eq!(number["with"], number["without"], "{name}");
            assert_eq!(number["ci95"], serde_json::json!([0.0, 0.0]), "{name}");
        }
    }
}

#[test]
fn differences_are_paired() {
    let seeds: Vec<u64> = (1..=5).collect();
    let found = differences("slow", &seeds);
    let of = |name: &str| (found[name]["difference"].as_f64(), found[name]["ci95"].clone());
    // For ten of 25 seconds a call takes 8 ms longer, at least.
    let (mean, interval) = of(".latency_s.mean");
    assert!(mean.is_some_and(|mean| (0.003..0.02).contains(&mean)), "{mean:?}");
    assert!(interval[0].as_f64() > Some(0.0), "the interval does not hold 0: {interval}");
    // Both have the same requests.
    assert_eq!(of(".totals.requests").0.map(|d| d.abs() < 20.0), Some(true));
    let by_time = differences("slow", &[1]);
    let number = &by_time[".components.db.utilization"];
    assert!(number["ci95"].is_array() && number["n"] == 20, "{number}");
    assert!(by_time[".latency_s.p99"]["ci95"].is_null());
}
