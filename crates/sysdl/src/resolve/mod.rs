//! AST → model.
//!
//! Before: trees of the user's file, its imports and the library.
//! After: for a scenario and a choice of parameters, a [`Model`] in which every name is an id and
//! every quantity in base units; or diagnostics, as many as there are mistakes.

mod components;
mod edges;
pub mod eval;
mod expectations;
pub mod kinds;
pub mod program;
mod scenario;
mod steps;
mod system;
mod timeline;
mod traffic;
pub mod types;
pub mod value;

use crate::diagnostic::{self, Diagnostic};
use crate::syntax::span::Sources;
use program::{Loader, Program, Reader};
use sysdl_lower::model::Model;
use sysdl_runtime::expect::Expectation;

pub use scenario::ScenarioInfo;
pub(crate) use scenario::bounds;
pub(crate) use system::Builder;

/// A path and the text of the value that replaces what it names: `peak`, `6krps`.
pub type Override = (String, String);

/// A file, read with all it imports.
#[derive(Debug)]
pub struct Analysis {
    /// The files.
    pub sources: Sources,
    /// What they define.
    pub program: Program,
    /// What is wrong with their text.
    pub syntax: Vec<Diagnostic>,
}

/// A scenario, resolved.
#[derive(Debug)]
pub struct Resolved {
    /// The model, unless something is wrong.
    pub model: Option<Model>,
    /// What the scenario expects.
    pub expectations: Vec<Expectation>,
    /// What is wrong, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file and what it imports.
#[must_use]
pub fn analyze(path: &str, bytes: &[u8], loader: &dyn Loader) -> Analysis {
    let mut reader = Reader::new(loader);
    reader.read(path, bytes);
    Analysis { sources: reader.sources, program: reader.program, syntax: reader.diagnostics }
}

impl Analysis {
    /// Scenarios in the order of the file; one of plain traffic if it has none.
    #[must_use]
    pub fn scenarios(&self) -> Vec<ScenarioInfo> {
        scenario::list(&self.program)
    }

    /// Resolves a scenario under some overrides.
    #[must_use]
    pub fn resolve(&self, scenario: &str, overrides: &[Override]) -> Resolved {
        let mut resolved = scenario::resolve(self, scenario, overrides);
        resolved.diagnostics.extend(self.syntax.iter().cloned());
        diagnostic::sort(&mut resolved.diagnostics);
        if resolved.diagnostics.iter().any(Diagnostic::is_error) {
            resolved.model = None;
        }
        resolved
    }

    /// Everything that is wrong, over all scenarios.
    #[must_use]
    pub fn check(&self) -> Vec<Diagnostic> {
        let mut all = self.syntax.clone();
        for scenario in self.scenarios() {
            all.extend(self.resolve(&scenario.name, &[]).diagnostics);
        }
        diagnostic::sort(&mut all);
        all
    }
}
