//! Texts of `systems/` and what is made of them.

use std::path::Path;
use std::time::{Duration, Instant};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::model::Model;
use sysdl_lower::plan::Plan;
use sysdl_lower::{Passes, compile_with};

/// A scenario, compiled.
pub struct System {
    /// What it is.
    pub model: Model,
    /// How it runs.
    pub plan: Plan,
    /// The module.
    pub wasm: Vec<u8>,
    /// Time from text to module.
    pub took: Duration,
}

impl System {
    /// Compiles a scenario of a file of `systems/`, with another length if it is given, in nanoseconds.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load(file: &str, scenario: &str, duration_ns: Option<u64>) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systems").join(file);
        let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::compile(file, &text, scenario, duration_ns)
    }

    /// Compiles a scenario of a text; the first if it has no name.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn compile(file: &str, text: &[u8], scenario: &str, duration_ns: Option<u64>) -> Result<Self, String> {
        let began = Instant::now();
        let analysis = analyze(file, text, &NoFiles);
        let named = analysis.scenarios().into_iter().find(|one| scenario.is_empty() || one.name == scenario);
        let name = named.ok_or_else(|| format!("{file} has no scenario {scenario}"))?.name;
        let resolved = analysis.resolve(&name, &[]);
        let mut model = resolved.model.ok_or_else(|| match resolved.diagnostics.first() {
            Some(first) => format!("{file}: {}", first.message),
            None => format!("{file}: no model"),
        })?;
        model.duration_ns = duration_ns.unwrap_or(model.duration_ns);
        let compiled = sysdl_lower::compile(&model).map_err(|_| format!("{file} is too large for a module"))?;
        Ok(Self { model, plan: compiled.plan, wasm: compiled.module.bytes, took: began.elapsed() })
    }

    /// Its module, made by some passes only.
    ///
    /// # Errors
    /// If it is too large.
    pub fn module(&self, passes: Passes) -> Result<Vec<u8>, String> {
        let compiled = compile_with(&self.model, passes).map_err(|_| "too large for a module")?;
        Ok(compiled.module.bytes)
    }
}
