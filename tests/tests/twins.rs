//! A scenario beside its twin without faults: the same requests, the same draws, and no difference but what the faults do.

use std::path::{Path, PathBuf};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_kernel::columns::flow;
use sysdl_lower::model::Model;
use sysdl_lower::{compile, undisturbed, without_faults};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, Trace, drive};
use sysdl_tests::programs;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(model: &Model) -> Trace {
    let prepared = Prepared::new(&compile(model).expect("it fits").module.bytes).expect("it is valid");
    let mut guest = prepared.instantiate().expect("it instantiates");
    drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true).expect("it runs")
}

fn model(text: &str, scenario: &str) -> Model {
    let analysis = analyze("twins.sysdl", text.as_bytes(), &NoFiles);
    let resolved = analysis.resolve(scenario, &[]);
    let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
    resolved.model.unwrap_or_else(|| panic!("{mistakes}"))
}

const PAIR: &str = "sysdl 1
system pair {
  service web { replicas = 2, concurrency = 8, endpoint get { work exp(5ms), call db.read } }
  database db { connections = 10, endpoint read { work exp(8ms) } }
  web -> db { timeout = 200ms, retry { max = 2, backoff = exp(20ms) } }
  traffic people -> web.get { open = poisson(400rps) }
}
scenario never of pair {
  duration = 20s
  when utilization(db) > 500% inject hang on db for 5s
  when utilization(db) > 500% inject partition on web -> db for 5s
}
scenario hangs of pair {
  duration = 20s
  at 8s inject hang on db for 2s
  at 8s set people.rate = 800rps for 2s
  at 15s set people.rate = 450rps
}
";

#[test]
fn a_fault_that_never_fires_makes_no_difference() {
    let never = model(PAIR, "never");
    let (run, twin) = (run(&never), run(&without_faults(&never)));
    assert!(run.requests > 7_000);
    assert_eq!(run.digest, twin.digest);
}

#[test]
fn the_twin_has_the_same_requests() {
    let hangs = model(PAIR, "hangs");
    let (run, twin) = (run(&hangs), run(&without_faults(&hangs)));
    let arrivals = |trace: &Trace| -> Vec<u64> {
        (0..trace.windows.len()).map(|w| trace.window_flow(w, 0, flow::REQUESTS)).collect()
    };
    let (faulty, healthy) = (arrivals(&run), arrivals(&twin));
    assert_eq!(faulty[..8], healthy[..8]);
    assert_eq!(run.windows[..8], twin.windows[..8]);
    // What is set for a while is a disturbance, what is set for good is not.
    assert!(faulty[8] > healthy[8] + 200);
    assert!(healthy[16..].iter().sum::<u64>() > 430 * 4);
    assert!(twin.records.iter().all(|r| r.kind >= 3 || !twin.meta.effects[r.entity as usize].label.contains("hang")));
}

#[test]
fn as_it_began_nothing_is_set() {
    let hangs = undisturbed(&model(PAIR, "hangs"));
    let trace = run(&hangs);
    let late: u64 = (16..20).map(|w| trace.window_flow(w, 0, flow::REQUESTS)).sum();
    assert!((1_450..1_750).contains(&late), "{late}");
}

#[test]
fn twins_of_blueprints_are_healthy() {
    let program = programs::load(&root().join("blueprints/shop.sysdl"), "cache_stampede");
    let trace = run(&Model { duration_ns: 40_000_000_000, phases: Vec::new(), ..without_faults(&program.model) });
    let run = trace.measured();
    let ok = |index: usize| run.flow(index, flow::OUTCOMES);
    assert!(ok(0) + ok(1) > 290_000, "{} {}", ok(0), ok(1));
    assert!(run.flow(0, flow::OUTCOMES + 1) < 10);
}
