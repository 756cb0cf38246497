//! What a module is: small, closed, the same bytes twice, the same facts whether parameters are
//! folded into it or stay live.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_kernel::layout::record;
use sysdl_lower::compile;
use sysdl_lower::model::Model;
use sysdl_runtime::guest::{Guest as _, Prepared};
use sysdl_runtime::{Limits, Trace, drive};
use sysdl_tests::executions::in_slices;
use sysdl_tests::programs;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory has room");
    encoder.finish().expect("memory has room").len()
}

fn run(model: &Model) -> Trace {
    let prepared = Prepared::new(&compile(model).expect("it fits").module.bytes).expect("it is valid");
    let mut guest = prepared.instantiate().expect("it instantiates");
    drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true).expect("it runs")
}

/// Whoever calls a module, and however often, it finds the same: here while requests that have waited are under way.
#[test]
fn calls_of_a_module_leave_no_trace() {
    let shop = programs::load(&root().join("blueprints/shop.sysdl"), "cache_stampede");
    let whole = run(&shop.model);
    for (stop_ns, events) in [(5_000_000_000, 200_000), (5_000_000_000, 50_000), (3_000_000_007, 30_000)] {
        let digest = in_slices(&shop.prepared, shop.model.seed, stop_ns, events).expect("it runs");
        assert_eq!(digest, whole.digest, "at most {events} events a call, a stop every {stop_ns} ns");
    }
}

/// Fifty components: five gateways, each with five services, a cache, a database and two more tiers.
fn fifty() -> Model {
    let mut text = "sysdl 1\nsystem wide {\n".to_owned();
    for group in 0..5 {
        let g = format!("g{group}");
        let _ = writeln!(text, "gateway {g} {{ endpoint get {{ work exp(1ms), call {g}a.get, call {g}b.get }} }}");
        let services = ["a", "b", "c", "d", "e", "f", "h"];
        for pair in services.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let _ = writeln!(
                text,
                "service {g}{from} {{ endpoint get {{ work lognormal(p50 = 2ms, p99 = 9ms), call {g}{to}.get }} }}"
            );
            let _ = writeln!(text, "{g}{from} -> {g}{to} {{ timeout = 900ms, retry {{ max = 1, jitter = full }} }}");
        }
        let _ = writeln!(
            text,
            "service {g}h {{ endpoint get {{ work exp(1ms), lookup {g}k.get {{ key = zipf(n = 10k, s = 1.0), miss {{ call {g}p.read }} }} }} }}
             cache {g}k {{ ttl = 10min }}\n database {g}p {{ }}
             {g}h -> {g}k {{ timeout = 20ms }}\n {g}h -> {g}p {{ timeout = 500ms }}
             {g} -> {g}a {{ timeout = 2s }}\n {g} -> {g}b {{ timeout = 2s }}
             traffic t{group} -> {g} {{ open = poisson(50rps) }}"
        );
    }
    text.push_str("}\n");
    steady(&text)
}

/// The scenario `steady` of a text.
fn steady(text: &str) -> Model {
    let analysis = analyze("text.sysdl", text.as_bytes(), &NoFiles);
    let resolved = analysis.resolve("steady", &[]);
    let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
    resolved.model.unwrap_or_else(|| panic!("{mistakes}"))
}

#[test]
fn modules_are_small_and_the_same_bytes_twice() {
    let fifty = fifty();
    assert_eq!(fifty.components.len(), 50);
    let shop = programs::load(&root().join("blueprints/shop.sysdl"), "cache_stampede").model;
    for model in [&shop, &fifty] {
        let bytes = compile(model).expect("it fits").module.bytes;
        assert_eq!(bytes, compile(model).expect("it fits").module.bytes);
        let (raw, packed) = (bytes.len(), gzipped(&bytes));
        println!("{}: {raw} bytes, {packed} gzipped", model.system);
        assert!(raw <= 100_000 && packed <= 40_000, "{}: {raw} bytes, {packed} gzipped", model.system);
        Prepared::new(&bytes).expect("it is valid and imports nothing");
    }
}

/// Folding what nothing changes into constants changes no fact.
#[test]
fn a_live_module_says_what_a_folded_one_says() {
    for (file, scenario) in [
        ("tests/theory/mm1.sysdl", "steady"),
        ("tests/corpus/own_kind.sysdl", "jammed"),
        ("blueprints/url_shortener.sysdl", "database_slow"),
        ("blueprints/agent.sysdl", "crm_down"),
    ] {
        let folded = programs::load(&root().join(file), scenario).model;
        let live = Model { interactive: true, ..folded.clone() };
        let (folded, live) = (run(&folded), run(&live));
        assert!(live.meta.slots.len() > folded.meta.slots.len(), "{file}: nothing stayed live");
        assert_eq!(Trace::hex(folded.digest), Trace::hex(live.digest), "{file}");
        assert_eq!(folded.digest_components, live.digest_components, "{file}");
    }
}

/// A parameter set while the module runs acts from then on, and one that was folded away says so.
#[test]
fn live_parameters_can_be_set_and_folded_ones_refuse() {
    let model = Model { interactive: true, ..programs::load(&root().join("tests/theory/mm1.sysdl"), "steady").model };
    let digest = |change: Option<f64>| {
        let prepared = Prepared::new(&compile(&model).expect("it fits").module.bytes).expect("it is valid");
        let slot = prepared.meta().slots.iter().position(|slot| slot.name.contains("service")).expect("it is live");
        let mut guest = prepared.instantiate().expect("it instantiates");
        guest.init(1).expect("it starts");
        guest.run(5_000_000_000, u64::MAX >> 1).expect("it runs");
        if let Some(value) = change {
            assert!(guest.set(slot as u32, value).expect("it runs"));
        }
        guest.run(10_000_000_000, u64::MAX >> 1).expect("it runs");
        (guest.digest(0).expect("it runs"), guest.digest(1).expect("it runs"))
    };
    assert_ne!(digest(None), digest(Some(3.0)));
    assert_eq!(digest(Some(3.0)), digest(Some(3.0)));

    let folded = Model { interactive: false, ..model.clone() };
    let prepared = Prepared::new(&compile(&folded).expect("it fits").module.bytes).expect("it is valid");
    let mut guest = prepared.instantiate().expect("it instantiates");
    guest.init(1).expect("it starts");
    assert!(!guest.set(prepared.meta().slots.len() as u32, 3.0).expect("it runs"));
}

/// However many requests come, some ten in a second leave spans.
#[test]
fn of_many_requests_as_few_leave_spans_as_of_some() {
    for rate in ["4krps", "40krps", "400krps"] {
        let text = format!(
            "sysdl 1\nsystem one {{\n  service a {{ concurrency = unlimited, endpoint get {{ work 1us }} }}\n  \
             traffic people -> a.get {{ open = poisson({rate}) }}\n}}\n\
             scenario steady of one {{ duration = 5s, seed = 1 }}\n"
        );
        let spans = run(&steady(&text)).records.iter().filter(|record| record.kind == record::REQUEST).count();
        assert!((25..=60).contains(&spans), "{rate}: {spans} in 5 s");
    }
}

/// An endpoint that nothing asks for is not part of the system: the module is the same to the last byte.
#[test]
fn endpoints_that_nothing_asks_for_leave_no_trace() {
    let used = programs::load(&root().join("blueprints/chat.sysdl"), "steady").model;
    let mut grown = used.clone();
    for component in &mut grown.components {
        let mut more = component.endpoints.first().cloned().unwrap_or_default();
        more.name = "more".to_owned();
        component.endpoints.push(more);
    }
    let bytes = |model: &Model| compile(model).expect("it fits").module.bytes;
    assert_eq!(bytes(&used), bytes(&grown));
}
