//! `scenario storm of shop { … }` → the model of one run, and what is expected of it.

use super::expectations::From;
use super::inheritance::{chain_of, replacements, statements_of};
use super::questions::{Answered, Asking, Questions};
use super::system::{Builder, Replacement, expression};
use super::{Analysis, Override, Resolved};
use crate::check;
use crate::codes;
use crate::diagnostic::{Diagnostic, meant};
use crate::syntax::ast::{Node, Section, Statement};
use crate::syntax::span::{FileId, Span};
use crate::units::Dimension;
use std::cell::Cell;
use sysdl_lower::model::{Effect, Model};
use sysdl_runtime::expect::Metric;

/// Most replicas of a component.
const REPLICAS_MAX: u32 = 100_000;

/// A scenario of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioInfo {
    /// Its name.
    pub name: String,
    /// Its title, if any.
    pub title: Option<String>,
    /// The system it runs.
    pub system: Option<String>,
}

pub(super) fn list(program: &super::Program) -> Vec<ScenarioInfo> {
    let scenarios: Vec<ScenarioInfo> = program
        .scenarios
        .iter()
        .map(|scenario| ScenarioInfo {
            name: scenario.name.text.clone(),
            title: scenario.title.clone(),
            system: scenario.of.as_ref().map(|path| path.dotted()),
        })
        .collect();
    if scenarios.is_empty() {
        let system = program.systems.first().map(|system| system.name.text.clone());
        return vec![ScenarioInfo { name: "steady".to_owned(), title: None, system }];
    }
    scenarios
}

/// A builder that knows what the scenario and the command line replace; the scenario's statements; the system it runs.
fn prepare<'a>(
    analysis: &'a Analysis,
    name: &str,
    overrides: &[Override],
) -> (Builder<'a>, Vec<&'a Statement>, Option<&'a Section>) {
    let chain = chain_of(analysis, name);
    let statements = statements_of(&chain);
    let mut replacements = replacements(&statements);
    let mut wrong = Vec::new();
    for (path, text) in overrides {
        match expression(text) {
            Some(value) => {
                replacements.push(Replacement { path: path.clone(), value, span: None, used: Cell::new(false) })
            }
            None => {
                let message = format!("`{text}` is not a value, in `--set {path}={text}`");
                wrong.push(
                    Diagnostic::new(&codes::E0102, message, Span::GIVEN, "from the command line")
                        .help("write `--set peak=6krps`"),
                );
            }
        }
    }
    let mut builder = Builder::new(&analysis.program, replacements);
    builder.eval.diagnostics.extend(wrong);
    builder.extended(analysis, &chain);
    let system = system_of(&mut builder, analysis, &chain);
    (builder, statements, system)
}

/// A metric that is named outside of the file, and the dimension of its values. Percentiles, `mean` and `max` alone are
/// those of all response times.
pub(super) fn metric(
    analysis: &Analysis,
    name: &str,
    overrides: &[Override],
    text: &str,
) -> Result<(Metric, Dimension), Vec<Diagnostic>> {
    let (mut builder, _, system) = prepare(analysis, name, overrides);
    if let Some(system) = system {
        builder.system(system);
    }
    named_metric(&mut builder, text)
}

/// A metric that is named outside of the file, of a system that was read.
pub(super) fn named_metric(builder: &mut Builder<'_>, text: &str) -> Result<(Metric, Dimension), Vec<Diagnostic>> {
    let found = expression(text).and_then(|expr| builder.metric_of(&expr));
    let said = std::mem::take(&mut builder.eval.diagnostics);
    let mut wrong: Vec<Diagnostic> = said.into_iter().filter(Diagnostic::is_error).collect();
    match found {
        Some(found) if wrong.is_empty() => Ok(found),
        _ => {
            if wrong.is_empty() {
                let message = format!("`{text}` is not a metric");
                let diagnostic = Diagnostic::new(&codes::E0710, message, Span::GIVEN, "from the command line");
                wrong.push(
                    diagnostic.help("write `p99`, `error_rate`, `utilization(db)` or `p95(edge.browse.latency)`"),
                );
            }
            Err(wrong)
        }
    }
}

/// Statements in the place of a scenario's own, but for what it sets.
pub(super) struct Extra<'a>(pub(super) &'a [Statement]);

pub(super) fn resolve(analysis: &Analysis, name: &str, overrides: &[Override]) -> Resolved {
    resolve_with(analysis, name, overrides, None)
}

/// Resolves a scenario and what is asked of it from outside of the file.
pub(super) fn ask(analysis: &Analysis, name: &str, overrides: &[Override], questions: &Questions) -> Answered {
    let mut asking = Asking { questions: Some(questions), ..Asking::default() };
    let resolved = build(analysis, name, overrides, None, &mut asking);
    Answered { resolved, metrics: asking.metrics, wrong: asking.wrong }
}

/// Resolves a scenario with other statements: those of its own that set something, or say how much there is room for, stay.
pub(super) fn resolve_with(
    analysis: &Analysis,
    name: &str,
    overrides: &[Override],
    extra: Option<Extra<'_>>,
) -> Resolved {
    build(analysis, name, overrides, extra, &mut Asking::default())
}

fn build(
    analysis: &Analysis,
    name: &str,
    overrides: &[Override],
    extra: Option<Extra<'_>>,
    asking: &mut Asking<'_>,
) -> Resolved {
    let (mut builder, mut statements, system) = prepare(analysis, name, overrides);
    if let Some(Extra(others)) = extra {
        statements.retain(|statement| matches!(statement.node, Node::Assign(_) | Node::Set(_)));
        statements.extend(others);
    }
    let Some(system) = system else {
        return Resolved {
            model: None,
            expectations: Vec::new(),
            objectives: Vec::new(),
            predictions: Vec::new(),
            diagnostics: builder.eval.diagnostics,
            waivers: Vec::new(),
        };
    };
    builder.system(system);
    let settings = builder.scenario_settings(&statements);
    builder.set_clock(&settings);
    let (effects, events, phases) = builder.timeline(&statements, &settings);
    builder.injected = super::healing::Injected::of(&effects, settings.duration_ns);
    builder.odd_leaders(&effects);
    let mut expectations = builder.expectations(&statements, &phases, &events, &analysis.sources, From::Scenario);
    if let Some(claims) = asking.ask(&mut builder, &phases, &events) {
        expectations = claims;
    }
    builder.unused_replacements();
    let mut model = Model {
        system: system.name.text.clone(),
        scenario: name.to_owned(),
        seed: settings.seed,
        duration_ns: settings.duration_ns,
        warmup_ns: settings.warmup_ns,
        window_ns: settings.window_ns,
        frames_max: settings.in_flight,
        components: std::mem::take(&mut builder.components),
        edges: std::mem::take(&mut builder.edges),
        sources: std::mem::take(&mut builder.sources),
        effects,
        triggers: std::mem::take(&mut builder.triggers),
        phases: phases.list.clone(),
        interactive: false,
    };
    super::sizes::forget_weightless(&mut model);
    super::leaders::retry_without_leader(&mut model);
    check::model(&mut builder, &model, system.name.span);
    let (diagnostics, waivers) = check::waive(&mut builder);
    let objectives = builder.objectives;
    Resolved { model: Some(model), expectations, objectives, predictions: Vec::new(), diagnostics, waivers }
}

/// Of injections, those that change something in a scenario. Each is tried by itself on the system as it is.
pub(super) fn applicable(analysis: &Analysis, name: &str, injections: &[Statement]) -> Vec<bool> {
    let (mut builder, statements, system) = prepare(analysis, name, &[]);
    let Some(system) = system else { return vec![false; injections.len()] };
    builder.system(system);
    let settings = builder.scenario_settings(&statements);
    builder.set_clock(&settings);
    builder.window_ns = settings.window_ns;
    // What has a limit or a bandwidth only for the sake of a fault has none for the next.
    let limits: Vec<_> = builder.components.iter().map(|component| component.station.limit).collect();
    let bandwidths: Vec<_> = builder.edges.iter().map(|edge| edge.bandwidth).collect();
    let mut works = |injection: &Statement| {
        builder.eval.diagnostics.clear();
        let (mut effects, mut events) = (Vec::new(), Vec::new());
        if let Node::Timed(trigger, action) = &injection.node {
            builder.timed(trigger, action, injection.span, settings.duration_ns, &mut effects, &mut events);
        }
        builder.components.iter_mut().zip(&limits).for_each(|(component, limit)| component.station.limit = *limit);
        builder.edges.iter_mut().zip(&bandwidths).for_each(|(edge, bandwidth)| edge.bandwidth = *bandwidth);
        effects.iter().any(Effect::is_disturbance) && !builder.eval.diagnostics.iter().any(Diagnostic::is_error)
    };
    injections.iter().map(&mut works).collect()
}

/// The system that is named by the scenario, or by the next that it extends; otherwise the first of the file.
fn system_of<'a>(builder: &mut Builder<'_>, analysis: &'a Analysis, chain: &[&Section]) -> Option<&'a Section> {
    let systems = &analysis.program.systems;
    if let Some(of) = chain.iter().find_map(|scenario| scenario.of.as_ref()) {
        let found = systems.iter().find(|s| s.name.text == of.dotted());
        if found.is_none() {
            let names: Vec<&str> = systems.iter().map(|s| s.name.text.as_str()).collect();
            let help = meant(&of.dotted(), "systems:", &names);
            let message = format!("there is no system `{}`", of.dotted());
            builder.eval.report(Diagnostic::new(&codes::E0301, message, of.span, "not found").help(help));
        }
        return found;
    }
    if systems.is_empty() && analysis.syntax.iter().all(|d| !d.is_error()) {
        let span = chain.first().map_or(Span { file: FileId(0), start: 0, end: 0 }, |own| own.name.span);
        let diagnostic = Diagnostic::new(&codes::E0604, "this file has no system", span, "nothing to run");
        builder.eval.report(diagnostic.help("write `system name { … }`"));
    }
    systems.first()
}

/// Bounds on sizes that a model must keep, named where they are broken.
pub(crate) fn bounds(builder: &mut Builder<'_>) {
    for index in 0..builder.drafts.len() {
        let draft = &builder.drafts[index];
        if draft.replicas > REPLICAS_MAX {
            let message = format!("`{}` has more than {REPLICAS_MAX} replicas", draft.name.text);
            let diagnostic = Diagnostic::new(&codes::E0212, message, draft.name.span, "too many");
            builder.eval.report(diagnostic.help("simulate a share of the replicas at a share of the rate"));
        }
    }
}
