//! Memories go from one run to the next. A memory that another run has used is as good as new.

use rayon::prelude::*;
use std::path::Path;
use sysdl::resolve::analyze;
use sysdl_lower::compile;
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, drive};
use sysdl_tests::programs::Beside;

/// Systems of different sizes and shapes, each for two seconds.
const SYSTEMS: [(&str, &str); 4] = [
    ("blueprints/shop.sysdl", "steady"),
    ("blueprints/pipeline.sysdl", "steady"),
    ("blueprints/chat.sysdl", "steady"),
    ("tests/theory/mm1.sysdl", "steady"),
];

fn module((file, scenario): (&str, &str)) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let bytes = std::fs::read(&path).expect("it can be read");
    let mut model = analyze(file, &bytes, &Beside(&path)).resolve(scenario, &[]).model.expect("it is right");
    model.duration_ns = 2_000_000_000;
    model.warmup_ns = 0;
    model.phases.clear();
    model.effects.clear();
    compile(&model).expect("it fits").module.bytes
}

fn digest(prepared: &Prepared, seed: u64) -> String {
    let mut guest = prepared.instantiate().expect("there is a place");
    let trace = drive(&mut guest, prepared.meta(), seed, Limits::default(), |_| true).expect("it does not trap");
    sysdl_runtime::Trace::hex(trace.digest)
}

#[test]
fn a_memory_that_was_used_is_as_good_as_new() {
    let modules: Vec<Vec<u8>> = SYSTEMS.iter().map(|&system| module(system)).collect();
    // Modules that are not optimized share no memory with others.
    let alone: Vec<Prepared> = modules.iter().map(|wasm| Prepared::unoptimized(wasm).expect("it is valid")).collect();
    let pooled: Vec<Prepared> = modules.iter().map(|wasm| Prepared::new(wasm).expect("it is valid")).collect();
    let told: Vec<[String; 2]> = alone.par_iter().map(|one| [digest(one, 1), digest(one, 2)]).collect();
    // Every system after every other, on all cores.
    (0..32_usize).into_par_iter().for_each(|turn| {
        let (system, seed) = ((turn * 7 + turn / 4) % SYSTEMS.len(), turn % 2);
        assert_eq!(digest(&pooled[system], seed as u64 + 1), told[system][seed], "{:?}", SYSTEMS[system]);
    });
}

/// More at once than there are cores: a place each.
#[test]
fn many_runs_can_stand_still_at_once() {
    let prepared = Prepared::new(&module(SYSTEMS[3])).expect("it is valid");
    let guests: Vec<_> = (0..100).map(|_| prepared.instantiate().expect("there is a place")).collect();
    assert_eq!(guests.len(), 100);
}
