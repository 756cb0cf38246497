//! Files of the language, compiled: the short way from a text to a trace, for tests.

use std::path::Path;
use sysdl::resolve::analyze;
use sysdl::resolve::program::Loader;
use sysdl_lower::compile;
use sysdl_lower::model::Model;
use sysdl_runtime::expect::Expectation;
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, Trace, drive, verify};

/// Files from the folder of a file.
pub struct Beside<'p>(pub &'p Path);

impl Loader for Beside<'_> {
    fn load(&self, _importing: &str, path: &str) -> Option<(String, Vec<u8>)> {
        let full = self.0.with_file_name(path.strip_prefix("./")?);
        Some((path.to_owned(), std::fs::read(full).ok()?))
    }
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
    let wasm = compile(&model).expect("it fits into memory").module.bytes;
    let prepared = Prepared::new(&wasm).expect("the module is valid");
    Program { model, expectations: resolved.expectations, wasm, prepared }
}

impl Program {
    /// Runs under wasmtime, and holds the run to its identities.
    #[must_use]
    pub fn run(&self, seed: u64) -> Trace {
        let mut guest = self.prepared.instantiate().expect("it instantiates");
        let trace = drive(&mut guest, self.prepared.meta(), seed, Limits::default(), |_| true).expect("it runs");
        assert_eq!(verify(&trace), Vec::<String>::new(), "{}", trace.meta.system);
        trace
    }
}
