//! Files of the language, compiled: the short way from a text to a trace, for tests.

use std::path::Path;
use sysdl::resolve::analyze;
use sysdl::resolve::program::Loader;
use sysdl_lower::model::Model;
use sysdl_lower::{compile, twin_of};
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
    Program { model, expectations: Vec::new(), wasm, prepared }
}

impl Program {
    /// Runs under wasmtime, and holds the run to its identities.
    #[must_use]
    pub fn run(&self, seed: u64) -> Trace {
        let mut guest = self.prepared.instantiate().expect("it instantiates");
        let trace = drive(&mut guest, self.prepared.meta(), seed, Limits::default(), |_| true).expect("it runs");
        assert_eq!(verify(&trace), Vec::<String>::new(), "{}", trace.meta.system);
        if need_twin(&self.expectations) {
            let (run, twin) = pair(&self.model, seed);
            return Trace { healing: Some(why::judge(&run, &twin)), ..trace };
        }
        trace
    }
}
