//! Files of the language, compiled: the short way from a text to a trace, for tests.

use std::path::Path;
use sysdl::resolve::analyze;
use sysdl::resolve::program::Loader;
use sysdl_lower::model::Model;
use sysdl_lower::{Passes, compile, compile_with, twin_of};
use sysdl_runtime::expect::{Expectation, need_twin};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, Trace, drive, drive_filmed, verify, why};

/// Files from the folder of a file.
pub struct Beside<'p>(pub &'p Path);

impl Loader for Beside<'_> {
    fn load(&self, _importing: &str, path: &str) -> Option<(String, Vec<u8>)> {
        let full = self.0.with_file_name(path.strip_prefix("./")?);
        Some((path.to_owned(), std::fs::read(full).ok()?))
    }
}

/// The scenarios of a file, in order.
#[must_use]
pub fn scenarios(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let analysis = analyze(&path.display().to_string(), &bytes, &Beside(path));
    analysis.scenarios().into_iter().map(|scenario| scenario.name).collect()
}

/// The first scenario of a file.
#[must_use]
pub fn first_scenario(path: &Path) -> String {
    scenarios(path).into_iter().next().unwrap_or_else(|| "steady".to_owned())
}

/// A filmed run of a model, and one of its twin without faults.
#[must_use]
pub fn pair(model: &Model, seed: u64) -> (Trace, Trace) {
    let run = |model: &Model| {
        let prepared = Prepared::new(&compile(model).expect("it fits").module.bytes).expect("it is valid");
        let mut guest = prepared.instantiate().expect("it instantiates");
        let frame_ns = why::frame_ns(model.duration_ns, prepared.meta().row_words());
        drive_filmed(&mut guest, prepared.meta(), seed, Limits::default(), frame_ns, |_| true).expect("it runs")
    };
    rayon::join(|| run(model), || run(&twin_of(model).0))
}

/// A compiled scenario.
pub struct Program {
    /// What was meant.
    pub model: Model,
    /// What is expected.
    pub expectations: Vec<Expectation>,
    /// The module.
    pub wasm: Vec<u8>,
    /// The module, ready to run.
    pub prepared: Prepared,
    /// Where it resolves requests ahead of time: one in which each step is an event.
    pub by_events: Option<Prepared>,
}

/// Compiles a scenario of a file. Mistakes of the file end the test.
#[must_use]
pub fn load(path: &Path, scenario: &str) -> Program {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let analysis = analyze(&path.display().to_string(), &bytes, &Beside(path));
    let resolved = analysis.resolve(scenario, &[]);
    let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
    let model = resolved.model.unwrap_or_else(|| panic!("{mistakes}"));
    Program { expectations: resolved.expectations, ..of_model(model) }
}

/// Compiles a model, of which nothing is expected.
#[must_use]
pub fn of_model(model: Model) -> Program {
    let wasm = compile(&model).expect("it fits into memory").module.bytes;
    let prepared = Prepared::new(&wasm).expect("the module is valid");
    let by_events = by_events(&model);
    Program { model, expectations: Vec::new(), wasm, prepared, by_events }
}

/// A module in which each step is an event, of a model whose module resolves requests ahead of time.
#[must_use]
pub fn by_events(model: &Model) -> Option<Prepared> {
    if compile(model).expect("it fits into memory").module.ahead.sources.is_empty() {
        return None;
    }
    let passes = Passes { ahead: false, ..Passes::ALL };
    let wasm = compile_with(model, passes).expect("it fits into memory").module.bytes;
    Some(Prepared::new(&wasm).expect("the module is valid"))
}

/// A run with every identity that a run has.
fn sound(prepared: &Prepared, seed: u64) -> Trace {
    let mut guest = prepared.instantiate().expect("it instantiates");
    let trace = drive(&mut guest, prepared.meta(), seed, Limits::default(), |_| true).expect("it runs");
    assert_eq!(verify(&trace), Vec::<String>::new(), "{}, seed {seed}", trace.meta.system);
    trace
}

/// A run that has every identity; if a module in which each step is an event is given, that has the same facts.
#[must_use]
pub fn run_both_ways(prepared: &Prepared, by_events: Option<&Prepared>, seed: u64) -> Trace {
    let trace = sound(prepared, seed);
    if let Some(plain) = by_events.map(|prepared| sound(prepared, seed)) {
        assert_eq!(trace.digest, plain.digest, "{}, seed {seed}: ahead of time and by events", trace.meta.system);
    }
    trace
}

impl Program {
    /// Runs under wasmtime, holds the run to its identities, and what was resolved ahead of time to events.
    #[must_use]
    pub fn run(&self, seed: u64) -> Trace {
        let trace = run_both_ways(&self.prepared, self.by_events.as_ref(), seed);
        if need_twin(&self.expectations) {
            let (run, twin) = pair(&self.model, seed);
            return Trace { healing: Some(why::judge(&run, &twin)), ..trace };
        }
        trace
    }
}
