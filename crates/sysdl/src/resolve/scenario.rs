//! `scenario storm of shop { … }` → the model of one run, and what is expected of it.

use super::expectations::{From, Phases};
use super::inheritance::{chain_of, replacements, statements_of};
use super::questions::{Answered, Asking, Questions};
use super::system::{Builder, Replacement, expression};
use super::timeline::Event;
use super::types::Type;
use super::value::Value;
use super::{Analysis, Override, Resolved};
use crate::check;
use crate::codes;
use crate::diagnostic::{Diagnostic, meant};
use crate::syntax::ast::{Action, BinaryOp, Expr, ExprKind, Node, Section, Statement};
use crate::syntax::span::{FileId, Span};
use crate::units::Dimension;
use std::cell::Cell;
use std::rc::Rc;
use sysdl_kernel::columns;
use sysdl_lower::model::{Arrivals, Effect, Model, Phase, RateProfile};
use sysdl_runtime::expect::Metric;

/// Length of a run when nothing is said, in nanoseconds.
const DURATION_NS: u64 = 60_000_000_000;
/// Longest run: a year.
const DURATION_MAX_NS: u64 = 365 * 86_400_000_000_000;
/// Requests and calls for which there is room, when a scenario does not say.
const IN_FLIGHT: u32 = 1 << 20;
/// Most that a scenario may ask for. Plans whose requests carry much hit the bound of memory before.
const IN_FLIGHT_MAX: u32 = 12_000_000;
/// Most replicas of a component.
const REPLICAS_MAX: u32 = 100_000;

/// Largest seed that a number of the language holds exactly, 2^53.
const SEED_MAX: f64 = 9_007_199_254_740_992.0;

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

/// Shortest window of observation.
const WINDOW_MIN_NS: u64 = 10_000_000;
/// Most numbers in all windows of a run together: each is kept.
const CELLS_MAX: u64 = 200_000_000;
/// Most changes of a rate in a run.
const CHANGES_MAX: u64 = 200_000;
/// Window of observation, when a scenario does not say.
const WINDOW_NS: u64 = 1_000_000_000;

/// What a scenario's own statements say.
struct Settings {
    duration_ns: u64,
    warmup_ns: u64,
    seed: u64,
    window_ns: u64,
    /// What the clock shows when the run begins, in nanoseconds since midnight of its first day.
    clock_ns: u64,
    /// Requests and calls for which there is room.
    in_flight: u32,
    /// Where the duration is said.
    span: Span,
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

impl Builder<'_> {
    fn scenario_settings(&mut self, statements: &[&Statement]) -> Settings {
        let mut settings = Settings {
            duration_ns: DURATION_NS,
            warmup_ns: 0,
            seed: 1,
            window_ns: WINDOW_NS,
            clock_ns: 0,
            in_flight: IN_FLIGHT,
            span: Span::default(),
        };
        let mut warmup_span = None;
        for statement in statements {
            let Node::Assign(assign) = &statement.node else { continue };
            let (value, span) = (&assign.value, assign.value.span);
            match assign.target.dotted().as_str() {
                "duration" => {
                    if let Some(ns) = self.time(value, "duration") {
                        settings.duration_ns = ns.clamp(1, DURATION_MAX_NS);
                        settings.span = span;
                        if ns == 0 || ns > DURATION_MAX_NS {
                            let diagnostic = Diagnostic::new(
                                &codes::E0207,
                                "`duration` must be between 1ns and a year",
                                span,
                                "out of range",
                            );
                            self.eval.report(diagnostic.help("write `duration = 4min`"));
                        }
                    }
                }
                "warmup" => {
                    if let Some(ns) = self.time(value, "warmup") {
                        settings.warmup_ns = ns;
                        warmup_span = Some(span);
                    }
                }
                "window" => {
                    if let Some(ns) = self.time(value, "window") {
                        if ns < WINDOW_MIN_NS {
                            let diagnostic =
                                Diagnostic::new(&codes::E0207, "`window` is too short", span, "below 10ms");
                            self.eval.report(diagnostic.help("write `window = 1s`"));
                        }
                        settings.window_ns = ns.max(WINDOW_MIN_NS);
                    }
                }
                "seed" => {
                    let scope = Rc::clone(&self.scope);
                    let seed = self.eval.eval(value, &scope);
                    if let Value::Number(seed, _) =
                        self.eval.hold(seed, &Type::Quantity(Dimension::Count), false, "seed", span)
                    {
                        settings.seed = seed as u64;
                        if seed > SEED_MAX {
                            let message = "a seed in a file is 9007199254740992 at most";
                            let diagnostic = Diagnostic::new(&codes::E0212, message, span, "too large to be exact");
                            self.eval.report(diagnostic.help("write a smaller one, or `--seed` with all its digits"));
                        }
                    }
                }
                "extends" => {}
                "start_clock" => settings.clock_ns = self.time(value, "start_clock").unwrap_or(0),
                "in_flight" => settings.in_flight = self.in_flight(value).unwrap_or(IN_FLIGHT),
                "seeds" => self.eval.later("`seeds` of a scenario", assign.target.span),
                "allow" => self.waiver(value, Span { start: 0, end: u32::MAX, ..statement.span }),
                other => {
                    const KNOWN: [&str; 7] =
                        ["duration", "warmup", "seed", "window", "start_clock", "in_flight", "extends"];
                    self.unknown_word("scenario", other, assign.target.span, &KNOWN);
                }
            }
        }
        if settings.warmup_ns >= settings.duration_ns {
            let span = warmup_span.unwrap_or_default();
            let message = format!(
                "the warm-up ({}) is no shorter than the run ({})",
                crate::units::duration(settings.warmup_ns as f64),
                crate::units::duration(settings.duration_ns as f64)
            );
            self.eval.report(
                Diagnostic::new(&codes::E0702, message, span, "nothing is left to measure").help("make the run longer"),
            );
            settings.warmup_ns = 0;
        }
        settings
    }

    /// `in_flight = 2M`
    fn in_flight(&mut self, value: &Expr) -> Option<u32> {
        let (scope, span) = (Rc::clone(&self.scope), value.span);
        let asked = self.eval.eval(value, &scope);
        let Value::Number(asked, _) =
            self.eval.hold(asked, &Type::Quantity(Dimension::Count), false, "in_flight", span)
        else {
            return None;
        };
        if (1.0..=f64::from(IN_FLIGHT_MAX)).contains(&asked) {
            return Some(asked as u32);
        }
        let gib = (asked * sysdl_lower::bytes_in_flight() as f64) / f64::from(1 << 30);
        let message = if asked < 1.0 {
            "there is no room for any request".to_owned()
        } else {
            format!(
                "room for {asked} requests and calls would take {gib:.1} GiB at least; the limit is {IN_FLIGHT_MAX}"
            )
        };
        let diagnostic = Diagnostic::new(&codes::E0212, message, span, "out of range");
        self.eval.report(
            diagnostic.help("write `in_flight = 2M`, or simulate a share of the system at a share of the rate"),
        );
        None
    }

    /// What goes by the clock of the day begins where the clock stands; and what is repeated is not repeated for ever.
    fn set_clock(&mut self, settings: &Settings) {
        let (clock_ns, mut wrong) = (settings.clock_ns, Vec::new());
        for (source, name) in self.sources.iter_mut().zip(&self.source_names) {
            match &mut source.arrivals {
                Arrivals::Cron { every_ns, first_ns, .. } => {
                    // The first that is not before the begin.
                    let behind = clock_ns.saturating_sub(*first_ns).div_ceil(*every_ns);
                    *first_ns = *first_ns + behind * *every_ns - clock_ns;
                }
                Arrivals::Open { rate: RateProfile::Wave { period_ns, peak_at_ns, .. }, .. } => {
                    let clock_ns = clock_ns % *period_ns;
                    *peak_at_ns = if *peak_at_ns >= clock_ns {
                        *peak_at_ns - clock_ns
                    } else {
                        *peak_at_ns + *period_ns - clock_ns
                    };
                }
                Arrivals::Open { rate: RateProfile::Track { changes, period_ns, .. }, .. } if *period_ns > 0 => {
                    let times = settings.duration_ns / *period_ns + 1;
                    let changes = (changes.len() as u64 + 1).saturating_mul(times);
                    if changes > CHANGES_MAX {
                        wrong.push((
                            name.span,
                            format!("the rate of `{}` changes {changes} times in this run", name.text),
                        ));
                    }
                }
                _ => {}
            }
        }
        for (span, what) in wrong {
            let message = format!("{what}; the limit is {CHANGES_MAX}");
            let diagnostic = Diagnostic::new(&codes::E0212, message, span, "repeated too often");
            self.eval.report(diagnostic.help("shorten the run, or take longer steps"));
        }
        self.too_many_watched();
        let windows = settings.duration_ns / settings.window_ns;
        let flows = self.sources.iter().map(|source| source.mix.len()).sum();
        let subscriptions = self.edges.iter().filter(|edge| edge.subscription.is_some()).count();
        let watched = self.components.iter().filter(|component| component.watched);
        let watched = watched.map(|component| component.replicas as usize).sum();
        let words = columns::row_words(self.components.len(), self.edges.len(), flows, subscriptions, watched) as u64;
        if windows.saturating_mul(words) > CELLS_MAX {
            let most = CELLS_MAX / words;
            let message = format!("this run has {windows} windows; for a system of this size the limit is {most}");
            let diagnostic = Diagnostic::new(&codes::E0212, message, settings.span, "too many to keep");
            let least = settings.duration_ns.div_ceil(most).next_multiple_of(1_000_000_000);
            self.eval.report(diagnostic.help(format!("write `window = {}`", crate::units::duration(least as f64))));
        }
    }

    fn timeline(&mut self, statements: &[&Statement], settings: &Settings) -> (Vec<Effect>, Vec<Event>, Phases) {
        let (mut effects, mut events, mut phases) = (Vec::new(), Vec::new(), Phases::default());
        self.window_ns = settings.window_ns;
        // What sets a number of replicas comes first: faults on all replicas strike those too that come later.
        let is_set = |statement: &&&Statement| matches!(statement.node, Node::Timed(_, Action::Set { .. }));
        let (sets, others): (Vec<&Statement>, Vec<&Statement>) = statements.iter().partition(|s| is_set(s));
        for statement in sets.into_iter().chain(others) {
            match &statement.node {
                Node::Timed(trigger, action) => {
                    self.timed(trigger, action, statement.span, settings.duration_ns, &mut effects, &mut events);
                }
                Node::Phase(name, range) => {
                    let bounds = self.phase_bounds(range, settings);
                    phases.spans.push((name.text.clone(), name.span));
                    if let Some((start_ns, end_ns)) = bounds {
                        phases.list.retain(|phase: &Phase| phase.name != name.text);
                        phases.list.push(Phase { name: name.text.clone(), start_ns, end_ns });
                    }
                }
                Node::Assign(_) | Node::Set(_) | Node::Expect(_) | Node::Bad => {}
                Node::Section(section) if section.name.text == "golden" => {}
                _ => self.misplaced(statement, "a scenario holds settings, `phase`, `at … inject …` and `expect …`"),
            }
        }
        (effects, events, phases)
    }

    fn phase_bounds(&mut self, range: &Expr, settings: &Settings) -> Option<(u64, u64)> {
        let ExprKind::Binary(BinaryOp::Range, from, to) = &range.kind else {
            let diagnostic = Diagnostic::new(&codes::E0702, "a phase is a range of times", range.span, "not a range");
            self.eval.report(diagnostic.help("write `phase name = 10s..30s`"));
            return None;
        };
        let (start, end) = (self.time(from, "phase")?, self.time(to, "phase")?);
        let show = |ns: u64| crate::units::duration(ns as f64);
        let message = if start >= end {
            format!("this phase ends ({}) before it begins ({})", show(end), show(start))
        } else if end > settings.duration_ns {
            format!("this phase ends at {}, the run at {}", show(end), show(settings.duration_ns))
        } else {
            if start < settings.warmup_ns {
                let message =
                    format!("{} of this phase are discarded as warm-up", show(settings.warmup_ns.min(end) - start));
                let diagnostic = Diagnostic::new(&codes::W0712, message, range.span, "begins within the warm-up");
                self.eval.report(diagnostic.help(format!("begin it at {}", show(settings.warmup_ns))));
            }
            return Some((start, end));
        };
        self.eval.report(
            Diagnostic::new(&codes::E0702, message, range.span, "outside the run")
                .help("change the phase, or `duration`"),
        );
        None
    }
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
