//! Functions that are alike are one: the same facts as without, from less code.

use std::fmt::Write as _;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::model::Model;
use sysdl_lower::{Passes, compile_with};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, drive};

/// Parts of systems, to be there many times: what they are called ends in `#`, what differs from one to the next is `{n}`.
const PARTS: &[(&str, &str)] = &[
    (
        "requests that are resolved ahead",
        "service front# { concurrency = unlimited, endpoint get { work exp(1ms), call back#.get } }
         service back# { concurrency = {n}, endpoint get { work exp(200us) } }
         front# -> back#
         traffic people# -> front#.get { open = poisson({n}00rps) }",
    ),
    (
        "calls that time out, are tried again and hedged",
        "service edge# { concurrency = unlimited, endpoint get { call core#.get } }
         service core# { concurrency = 2, queue = {n}, endpoint get { work exp(4ms) } }
         edge# -> core# { timeout = {n}ms, retry { max = 2, backoff = exp(5ms, cap = 1s), jitter = full } }
         traffic people# -> edge#.get { open = poisson(400rps) }",
    ),
    (
        "caches, and what they hide",
        "service shop# { concurrency = 9, endpoint get { work lognormal(p50 = {n}00us, p99 = 9ms),
           lookup cache#.get { hit_ratio = {n}0%, miss { call db#.read } } } }
         cache cache# { }
         database db# { }
         shop# -> cache# { timeout = 20ms }
         shop# -> db# { timeout = {n}00ms }
         traffic people# -> shop#.get { open = poisson(100rps) }",
    ),
    (
        "users who think, and work in parallel",
        "service desk# { concurrency = {n}, endpoint get { parallel { call left#.get, call right#.get } } }
         service left# { endpoint get { work exp({n}ms) } }
         service right# { endpoint get { work uniform(1ms, {n}0ms) } }
         desk# -> left#, desk# -> right#
         traffic people# -> desk#.get { closed = users({n}0, think = exp(100ms)) }",
    ),
];

/// Copies of a part in one system.
fn copies(part: &str, count: usize) -> String {
    let mut text = String::from("sysdl 1\nsystem many {\n");
    for i in 0..count {
        let _ = writeln!(text, "{}", part.replace('#', &i.to_string()).replace("{n}", &(2 + i % 7).to_string()));
    }
    text + "}\nscenario steady of many { duration = 3s, seed = 1 }\n"
}

fn model(text: &str) -> Model {
    let analysis = analyze("alike.sysdl", text.as_bytes(), &NoFiles);
    let resolved = analysis.resolve("steady", &[]);
    let errors: Vec<_> = resolved.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    resolved.model.expect("there is one")
}

/// The digest of a module that is made by some passes, and its bytes.
fn run(model: &Model, passes: Passes) -> (u128, usize) {
    let wasm = compile_with(model, passes).expect("it fits").module.bytes;
    let prepared = Prepared::new(&wasm).expect("it is valid");
    let mut guest = prepared.instantiate().expect("it instantiates");
    let trace = drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true).expect("it runs");
    (u128::from(trace.digest.hi) << 64 | u128::from(trace.digest.lo), wasm.len())
}

#[test]
fn functions_that_are_alike_are_one() {
    for (what, part) in PARTS {
        let model = model(&copies(part, 40));
        let (merged, small) = run(&model, Passes::ALL);
        let (apart, large) = run(&model, Passes { merge: false, ..Passes::ALL });
        assert_eq!(merged, apart, "{what}");
        assert!(small < large, "{what}: {small} bytes, {large} without");
        let (plain, _) = run(&model, Passes::NONE);
        assert_eq!(merged, plain, "{what}");
    }
}
