//! Every fault on everything that it can strike: models of one injection each, for `sysdl blast`.
//!
//! Each is resolved from the statement that a user would write, so that it can be pasted into a scenario; what a fault does
//! not apply to is found by that statement being wrong.

use super::scenario::{self, Extra};
use super::{Analysis, Override};
use crate::syntax::ast::{Action, Aim, Declare, Node, Path};
use crate::syntax::parse;
use crate::syntax::span::FileId;
use std::collections::BTreeSet;
use sysdl_lower::model::Model;
use sysdl_order::Order as _;

/// When the fault of a strike begins and ends, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Discarded as warm-up.
    pub warmup_s: u64,
    /// When the fault begins.
    pub begin_s: u64,
    /// For how long it lasts.
    pub lasting_s: u64,
    /// Length of the run.
    pub duration_s: u64,
}

/// A fault on a target.
#[derive(Clone, Debug)]
pub struct Strike {
    /// The fault.
    pub fault: String,
    /// What it strikes: a component, `a -> b`, or traffic.
    pub target: String,
    /// The injection, as it can be written in a scenario.
    pub statement: String,
    /// Whether a scenario of the file injects this fault there.
    pub covered: bool,
    /// The run.
    pub model: Model,
}

/// What faults are tried on, by the word after `on` in their definitions.
struct Targets {
    components: Vec<String>,
    edges: Vec<String>,
    sources: Vec<String>,
}

impl Analysis {
    /// The model without any fault, and one for each fault and target. `None` if the scenario has mistakes.
    #[must_use]
    pub fn strikes(&self, scenario: &str, overrides: &[Override], protocol: Protocol) -> Option<(Model, Vec<Strike>)> {
        let Protocol { warmup_s, duration_s, .. } = protocol;
        let settings = format!("duration = {duration_s}s\n warmup = {warmup_s}s\n window = 1s");
        let healthy = self.struck(scenario, overrides, &settings)?;
        let targets = Targets {
            components: healthy.components.iter().map(|component| component.name.clone()).collect(),
            edges: healthy
                .edges
                .iter()
                .filter_map(|edge| Some((edge.from?, edge.to)))
                .map(|(from, to)| [from, to].map(|c| healthy.components[c.0 as usize].name.clone()).join(" -> "))
                .collect(),
            sources: healthy.sources.iter().map(|source| source.name.clone()).collect(),
        };
        let covered = self.injected();
        let mut names: Vec<&String> = self.program.faults.keys().collect();
        names.order();
        let mut strikes = Vec::new();
        for name in names {
            let fault = &self.program.faults[name];
            let on = match fault.target.text.as_str() {
                "link" => &targets.edges,
                "source" => &targets.sources,
                _ => &targets.components,
            };
            for target in on {
                let first = arguments(&fault.params, false);
                let second = arguments(&fault.params, true);
                let mut tries = vec![first];
                if tries[0] != second {
                    tries.push(second);
                }
                for arguments in tries {
                    let call = if arguments.is_empty() { name.clone() } else { format!("{name}({arguments})") };
                    let Protocol { begin_s, lasting_s, .. } = protocol;
                    let statement = format!("at {begin_s}s inject {call} on {target} for {lasting_s}s");
                    let Some(model) = self.struck(scenario, overrides, &format!("{settings}\n {statement}")) else {
                        continue;
                    };
                    if !model.effects.iter().any(sysdl_lower::model::Effect::is_disturbance) {
                        continue;
                    }
                    let covered = covered.contains(&(name.clone(), target.clone()));
                    strikes.push(Strike { fault: name.clone(), target: target.clone(), statement, covered, model });
                    break;
                }
            }
        }
        Some((healthy, strikes))
    }

    /// The model of a scenario with its own settings, other times, and nothing but these statements on its timeline.
    fn struck(&self, scenario: &str, overrides: &[Override], text: &str) -> Option<Model> {
        let whole = format!("sysdl 1\nscenario strike {{\n {text}\n}}\n");
        let (file, mistakes) = parse(whole.as_bytes(), FileId(0));
        if mistakes.iter().any(crate::diagnostic::Diagnostic::is_error) {
            return None;
        }
        let strike = file.statements.into_iter().find_map(|statement| match statement.node {
            Node::Section(section) | Node::Scenario(section) => Some(section.body.statements),
            _ => None,
        });
        let resolved = scenario::resolve_with(self, scenario, overrides, Some(Extra(&strike.unwrap_or_default())));
        let broken = resolved.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error);
        resolved.model.filter(|_| !broken)
    }

    /// Of injections such as `inject crash on db for 10s`, those that change something in a scenario.
    pub(crate) fn applicable(&self, scenario: &str, lines: &[String]) -> Vec<bool> {
        let statements = lines.iter().map(|line| format!(" at 0s {line}\n")).collect::<String>();
        let whole = format!("sysdl 1\nscenario strike {{\n{statements}}}\n");
        let (file, _) = parse(whole.as_bytes(), FileId(0));
        let body = file.statements.into_iter().find_map(|statement| match statement.node {
            Node::Scenario(section) => Some(section.body.statements),
            _ => None,
        });
        scenario::applicable(self, scenario, &body.unwrap_or_default())
    }

    /// Faults and targets that scenarios of the file inject.
    fn injected(&self) -> BTreeSet<(String, String)> {
        let statements = self.program.scenarios.iter().flat_map(|scenario| &scenario.body);
        let name = |path: &Path| path.segments.first().map(|segment| segment.name.text.clone()).unwrap_or_default();
        let mut open: Vec<&Action> = statements
            .filter_map(|statement| match &statement.node {
                Node::Timed(_, action) => Some(action),
                _ => None,
            })
            .collect();
        let mut found = BTreeSet::new();
        while let Some(action) = open.pop() {
            let Action::Inject { fault, on, then, .. } = action else { continue };
            open.extend(then.as_deref());
            for aim in on {
                let target = match aim {
                    Aim::At(path) => name(path),
                    Aim::Edge(from, to) => format!("{} -> {}", name(from), name(to)),
                    // Which those are depends on the system; none is named.
                    Aim::Zone(..) | Aim::Kind(_) => continue,
                };
                found.insert((fault.text.clone(), target));
            }
        }
        found
    }
}

/// Values of the parameters that must be set; and, where a fault does nothing unless told how much, of the first share.
fn arguments(params: &[Declare], forced: bool) -> String {
    let mut forced = forced;
    let mut given = Vec::new();
    for param in params {
        let value = match param.ty.text.as_str() {
            "duration" | "distribution" => "500ms",
            "share" => "50%",
            "factor" => "4x",
            "rate" => "10rps",
            "count" => "1",
            _ => continue,
        };
        let is_share = param.ty.text == "share";
        if param.default.is_none() && !param.optional || forced && is_share {
            forced = forced && !is_share;
            given.push(format!("{} = {value}", param.name.text));
        }
    }
    given.join(", ")
}
