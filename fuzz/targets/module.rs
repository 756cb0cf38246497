//! Bytes as a file → modules that are valid, import nothing, and run to a bound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, drive};

/// Memory above which a module is built and not run: many at once would fill the machine.
const PAGES_MAX: u64 = 16_384;

fuzz_target!(|bytes: &[u8]| {
    let analysis = analyze("fuzz.sysdl", bytes, &NoFiles);
    let Some(scenario) = analysis.scenarios().into_iter().next() else { return };
    let Some(model) = analysis.resolve(&scenario.name, &[]).model else { return };
    // Too large for a module is an answer.
    let Ok(compiled) = sysdl_lower::compile(&model) else { return };
    let prepared = Prepared::new(&compiled.module.bytes).expect("it is valid");
    if compiled.module.pages > PAGES_MAX {
        return;
    }
    let mut guest = prepared.instantiate().expect("it instantiates");
    drive(&mut guest, prepared.meta(), model.seed, Limits { events: 20_000 }, |_| true).expect("it does not trap");
});
