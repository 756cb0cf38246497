//! AST → model.
//!
//! Before: trees of the user's file, its imports and the library.
//! After: for a scenario and a choice of parameters, a [`Model`] in which every name is an id and
//! every quantity in base units; or diagnostics, as many as there are mistakes.

mod arrivals;
mod autoscale;
mod balance;
mod changes;
mod components;
mod conduct;
mod connections;
mod counts;
pub mod data;
pub mod distributions;
mod edges;
mod eligibility;
pub mod eval;
mod expectations;
pub mod explained;
mod faults;
mod gathering;
mod healing;
mod inheritance;
mod intakes;
mod keys;
pub mod kinds;
mod leaders;
mod lookups;
mod messages;
mod meters;
mod metrics;
mod objectives;
mod policies;
pub mod program;
mod questions;
mod sagas;
mod scenario;
mod sets;
mod settings;
mod sizes;
mod stagger;
mod steps;
mod stores;
mod strikes;
mod system;
mod timeline;
mod topics;
mod traces;
mod traffic;
pub mod types;
pub mod value;
mod watched;
mod when;

use crate::check;
use crate::codes;
use crate::diagnostic::{self, Diagnostic};
use crate::syntax::ast::{Declare, Expr, ExprKind, File};
use crate::syntax::span::{Sources, Span};
use crate::units::Dimension;
use program::{Loader, Program, Reader};
use sysdl_lower::model::Model;
use sysdl_runtime::expect::{Expectation, Metric};
use sysdl_runtime::theory::Prediction;

pub(crate) use changes::PARAMETERS;
pub(crate) use edges::EdgeDraft;
#[cfg(test)]
pub(crate) use eval::FUNCTIONS;
pub(crate) use inheritance::extends;
#[cfg(test)]
pub(crate) use metrics::METRIC_NAMES;
pub use objectives::Objective;
pub use questions::{Answered, Questions};
pub use scenario::ScenarioInfo;
pub(crate) use scenario::bounds;
pub use strikes::{Protocol, Strike};
pub(crate) use system::{Builder, expression};

/// A path and the text of the value that replaces what it names: `peak`, `6krps`.
pub type Override = (String, String);

/// A file, read with all it imports.
#[derive(Debug)]
pub struct Analysis {
    /// The files.
    pub sources: Sources,
    /// The tree of the file that was given.
    pub file: File,
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
    /// What its system promises.
    pub objectives: Vec<Objective>,
    /// What formulas say of its stations.
    pub predictions: Vec<Prediction>,
    /// What is wrong, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Waivers of warnings: the code, where it stands, and whether there was something to waive.
    pub waivers: Vec<(String, Span, bool)>,
}

/// Reads a file and what it imports.
#[must_use]
pub fn analyze(path: &str, bytes: &[u8], loader: &dyn Loader) -> Analysis {
    let mut reader = Reader::new(loader);
    reader.read(path, bytes);
    Analysis { sources: reader.sources, file: reader.file, program: reader.program, syntax: reader.diagnostics }
}

impl Analysis {
    /// Scenarios in the order of the file; one of plain traffic if it has none.
    #[must_use]
    pub fn scenarios(&self) -> Vec<ScenarioInfo> {
        scenario::list(&self.program)
    }

    /// Whether the file defines things for others, and has nothing of its own to run.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        let program = &self.program;
        let defines = !program.policies.is_empty() || !program.lets.is_empty() || !program.params.is_empty();
        let own_kinds = program.kinds.values().any(|def| def.own) || program.faults.values().any(|def| def.own);
        program.systems.is_empty() && program.scenarios.is_empty() && (defines || own_kinds)
    }

    /// Parameters with the values they list. One that the scenario sets itself keeps that value.
    pub(crate) fn lists(&self, scenario: &str) -> Vec<(&Declare, &[Expr])> {
        let set = inheritance::set_by(self, scenario);
        let free = self.program.params.iter().filter(|param| !set.contains(&param.name.text));
        free.filter_map(|param| match param.choices.as_ref().map(|choices| &choices.kind) {
            Some(ExprKind::List(values)) => Some((param, values.as_slice())),
            _ => None,
        })
        .collect()
    }

    /// How many combinations of listed values a scenario has.
    #[must_use]
    pub fn variant_count(&self, scenario: &str) -> usize {
        self.lists(scenario).iter().fold(1, |count, (_, values)| count.saturating_mul(values.len()))
    }

    /// Every combination of the values that parameters list; one without overrides if none does.
    #[must_use]
    pub fn variants(&self, scenario: &str) -> Vec<Vec<Override>> {
        let mut variants = vec![Vec::new()];
        for (param, values) in self.lists(scenario) {
            let longer = |variant: &Vec<Override>, value: &Expr| {
                let one = (param.name.text.clone(), self.sources.text(value.span).to_owned());
                variant.iter().cloned().chain([one]).collect()
            };
            variants = variants.iter().flat_map(|variant| values.iter().map(|v| longer(variant, v))).collect();
        }
        variants
    }

    /// Resolves a scenario under some overrides.
    #[must_use]
    pub fn resolve(&self, scenario: &str, overrides: &[Override]) -> Resolved {
        predicted(self.finish(scenario::resolve(self, scenario, overrides)))
    }

    /// Resolves a scenario under some overrides, and what is asked of it from outside of the file.
    #[must_use]
    pub fn ask(&self, scenario: &str, overrides: &[Override], questions: &Questions) -> Answered {
        let answered = scenario::ask(self, scenario, overrides, questions);
        Answered { resolved: predicted(self.finish(answered.resolved)), ..answered }
    }

    /// Parameters as they are declared, in order: `peak: rate = 4krps`.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        let declared = |param: &Declare| {
            let default = param.default.as_ref().map(|value| self.sources.text(value.span));
            let default = default.map_or(String::new(), |text| format!(" = {text}"));
            (param.name.text.clone(), format!("{}: {}{default}", param.name.text, param.ty.text))
        };
        self.program.params.iter().map(declared).collect()
    }

    /// Adds what is wrong with the text. Without errors there is a model.
    fn finish(&self, mut resolved: Resolved) -> Resolved {
        resolved.diagnostics.extend(self.syntax.iter().cloned());
        diagnostic::sort(&mut resolved.diagnostics);
        if resolved.diagnostics.iter().any(Diagnostic::is_error) {
            resolved.model = None;
        }
        resolved
    }

    /// A metric of a scenario, named outside of the file: `p99`, `utilization(db)`; and the dimension of its values.
    ///
    /// # Errors
    /// What is wrong with the name, or with the file.
    pub fn metric(
        &self,
        scenario: &str,
        overrides: &[Override],
        text: &str,
    ) -> Result<(Metric, Dimension), Vec<Diagnostic>> {
        scenario::metric(self, scenario, overrides, text)
    }

    /// Everything that is wrong, over all scenarios.
    #[must_use]
    pub fn check(&self) -> Vec<Diagnostic> {
        self.check_all().0
    }

    /// Everything that is wrong; and the scenarios in which nothing is, with their durations in nanoseconds.
    pub(crate) fn check_all(&self) -> (Vec<Diagnostic>, Vec<(String, u64)>) {
        let mut all = self.syntax.clone();
        let (mut waivers, mut durations) = (Vec::new(), Vec::new());
        if !self.is_shared() {
            for scenario in self.scenarios() {
                let resolved = self.finish(scenario::resolve(self, &scenario.name, &[]));
                durations.extend(resolved.model.map(|model| (scenario.name, model.duration_ns)));
                all.extend(resolved.diagnostics);
                waivers.extend(resolved.waivers);
            }
        }
        if all.iter().all(|d| d.code.id != codes::E0901.id && d.code.id != codes::E0902.id) {
            all.extend(check::unused::check(self));
        }
        all.extend(check::matrix(self));
        if !all.iter().any(Diagnostic::is_error) {
            all.extend(check::idle_waivers(&waivers));
        }
        diagnostic::sort(&mut all);
        (all, durations)
    }
}

/// Adds what formulas say.
fn predicted(mut resolved: Resolved) -> Resolved {
    resolved.predictions = resolved.model.as_ref().map(check::theory::predict).unwrap_or_default();
    resolved
}
