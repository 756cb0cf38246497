//! `expect p99(edge.browse.latency) < 250ms during storm` → claims of the runtime.

use super::system::Builder;
use super::timeline::Event;
use super::value::Value;
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{
    Expect, Expr, ExprKind, Level as AstLevel, Node, Path, Quantifier as AstQuantifier, Statement, Window as AstWindow,
};
use crate::syntax::span::{Sources, Span};
use crate::units::{self, Dimension};
use std::rc::Rc;
use sysdl_lower::model::{Arrivals, Phase, RateProfile};
use sysdl_runtime::expect::{Condition, Expectation, Level, Metric, Operand, Quantifier, Quantity, Subject, Window};

/// Phases of a scenario.
#[derive(Debug, Default)]
pub(super) struct Phases {
    pub(super) list: Vec<Phase>,
    pub(super) spans: Vec<(String, Span)>,
}

/// Requests that should lie beyond a percentile.
const SAMPLES_MIN: f64 = 5.0;

/// Where claims stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// In the scenario: they say over which time they are.
    Scenario,
    /// Outside of it: those that do not say are of the run after its warm-up.
    Outside,
}

impl Builder<'_> {
    pub(super) fn expectations(
        &mut self,
        statements: &[&Statement],
        phases: &Phases,
        events: &[Event],
        sources: &Sources,
        from: From,
    ) -> Vec<Expectation> {
        let mut found = Vec::new();
        for statement in statements {
            let Node::Expect(expect) = &statement.node else { continue };
            let mut windowed = false;
            let of_healing = self.healing(expect);
            let condition = match (&of_healing, &expect.near) {
                (Some(found), _) => found.clone(),
                (None, None) => self.condition(&expect.condition, &mut windowed),
                (None, Some((tolerance, value))) => self.near(&expect.condition, tolerance, value),
            };
            let window = if of_healing.is_some() { Some(Window::Run) } else { self.window(expect, phases, events) };
            let (Some(condition), Some(window)) = (condition, window) else { continue };
            if windowed && from == From::Scenario && expect.windows.is_empty() && expect.quantifier.is_none() {
                let message = "over which time should this hold?";
                let diagnostic = Diagnostic::new(&codes::E0708, message, expect.condition.span, "no window");
                let phase = phases.list.first().map_or("phase", |phase| phase.name.as_str());
                self.eval.report(diagnostic.help(format!("add `during {phase}`, or begin with `expect always`")));
                continue;
            }
            if self.needs_buckets(&condition, &window, expect.quantifier.is_some(), expect.condition.span) {
                continue;
            }
            self.samples(&condition, &window, expect.condition.span);
            let source = sources.get(statement.span.file);
            let text = sources.text(statement.span).trim_start_matches("expect").trim_start_matches("warn").trim();
            found.push(Expectation {
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                label: expect.label.clone(),
                line: source.position(statement.span.start).0,
                level: match expect.level {
                    AstLevel::Expect => Level::Expect,
                    AstLevel::ExpectFail => Level::ExpectFail,
                    AstLevel::Warn => Level::Warn,
                },
                quantifier: match expect.quantifier {
                    None => Quantifier::Plain,
                    Some(AstQuantifier::Always) => Quantifier::Always,
                    Some(AstQuantifier::Eventually) => Quantifier::Eventually,
                    Some(AstQuantifier::Never) => Quantifier::Never,
                },
                condition,
                window,
            });
        }
        found
    }

    /// Percentiles of edges are kept over phases, not over each second.
    fn needs_buckets(&mut self, condition: &Condition, window: &Window, quantified: bool, span: Span) -> bool {
        let bucketed = quantified || matches!(window, Window::Within { .. } | Window::Over { .. });
        let found = bucketed && has_edge_percentile(condition);
        if found {
            self.eval.later("a percentile of an edge second by second: write `during a phase`", span);
        }
        found
    }

    /// A percentile that rests on next to nothing: few requests are expected beyond it.
    fn samples(&mut self, condition: &Condition, window: &Window, span: Span) {
        let mut percentiles = Vec::new();
        collect_percentiles(condition, &mut percentiles);
        let Window::Phase { start_ns, end_ns, .. } = window else { return };
        let seconds = (end_ns - start_ns) as f64 / 1e9;
        for (share, flow) in percentiles {
            let Some(rate) = self.entering(flow.as_deref()) else { continue };
            let beyond = rate * seconds * (1.0 - share);
            if beyond < SAMPLES_MIN {
                let message = format!(
                    "p{} of about {} requests rests on {} of them",
                    units::trimmed(share * 100.0),
                    units::trimmed((rate * seconds).round()),
                    units::trimmed((beyond * 10.0).round() / 10.0)
                );
                let diagnostic = Diagnostic::new(&codes::W0711, message, span, "too few samples");
                self.eval.report(diagnostic.help("lengthen the phase, or ask for a lower percentile"));
            }
        }
    }

    /// Requests per second that enter at `component.endpoint`, or anywhere; `None` if users decide it.
    fn entering(&self, flow: Option<&str>) -> Option<f64> {
        let mut total = 0.0;
        for source in &self.sources {
            let Arrivals::Open { rate: RateProfile::Steady(rate), .. } = &source.arrivals else { return None };
            for (share, call) in &source.mix {
                let draft = &self.drafts[call.endpoint.component.0 as usize];
                let name = format!("{}.{}", draft.name.text, draft.endpoints[call.endpoint.index as usize].name.text);
                total += if flow.is_none_or(|flow| flow == name) { rate * share } else { 0.0 };
            }
        }
        Some(total)
    }

    fn window(&mut self, expect: &Expect, phases: &Phases, events: &[Event]) -> Option<Window> {
        let Some(first) = expect.windows.first() else { return Some(Window::Run) };
        if let Some(second) = expect.windows.get(1) {
            let span = match second {
                AstWindow::During(expr)
                | AstWindow::For(expr)
                | AstWindow::Over(expr)
                | AstWindow::Within(expr, _)
                | AstWindow::InTime(expr) => expr.span,
                AstWindow::After(path) => path.span,
            };
            self.eval.later("a second window of an expectation", span);
            return None;
        }
        match first {
            AstWindow::During(expr) => self.during(expr, phases),
            AstWindow::Within(expr, event) => {
                let within_ns = self.time(expr, "within");
                let after_ns = self.event(event, events, phases);
                Some(Window::Within { within_ns: within_ns?, after_ns: after_ns? })
            }
            AstWindow::InTime(expr) => {
                let message = "within this time after what?";
                let diagnostic = Diagnostic::new(&codes::E0708, message, expr.span, "no begin");
                let event = events.first().map_or("event", |event| event.name.as_str());
                self.eval.report(diagnostic.help(format!("add `after {event}`; `heals within 30s` needs none")));
                None
            }
            AstWindow::After(event) => Some(Window::After { after_ns: self.event(event, events, phases)? }),
            AstWindow::For(expr) | AstWindow::Over(expr) => {
                let length_ns = self.time(expr, "over")?.max(1);
                self.within_run(length_ns, expr.span)?;
                Some(Window::Over { length_ns })
            }
        }
    }

    /// Reports a time that is longer than the run.
    fn within_run(&mut self, ns: u64, span: Span) -> Option<()> {
        let run_ns = self.injected.duration_ns;
        if ns <= run_ns {
            return Some(());
        }
        let message = format!("the run lasts {}", units::duration(run_ns as f64));
        let diagnostic = Diagnostic::new(&codes::E0702, message, span, "longer than that");
        self.eval.report(diagnostic.help("make the run longer, or this shorter"));
        None
    }

    fn during(&mut self, expr: &Expr, phases: &Phases) -> Option<Window> {
        if let ExprKind::Path(path) = &expr.kind {
            let name = path.dotted();
            if let Some(phase) = phases.list.iter().find(|phase| phase.name == name) {
                return Some(Window::Phase { name, start_ns: phase.start_ns, end_ns: phase.end_ns });
            }
            // A phase that was declared wrongly was reported already.
            if phases.spans.iter().all(|(known, _)| *known != name) {
                let names: Vec<&str> = phases.list.iter().map(|phase| phase.name.as_str()).collect();
                self.unknown_moment("phase", &name, path.span, &names);
            }
            return None;
        }
        let scope = Rc::clone(&self.scope);
        match self.eval.eval(expr, &scope) {
            Value::Range(start, end, Dimension::Duration) if start < end => {
                self.within_run(end as u64, expr.span)?;
                let name = format!("{}..{}", units::duration(start), units::duration(end));
                Some(Window::Phase { name, start_ns: start as u64, end_ns: end as u64 })
            }
            _ => {
                let diagnostic =
                    Diagnostic::new(&codes::E0701, "`during` names a phase or a range of times", expr.span, "neither");
                self.eval.report(diagnostic.help("write `during storm` or `during 60s..80s`"));
                None
            }
        }
    }

    fn event(&mut self, path: &Path, events: &[Event], phases: &Phases) -> Option<u64> {
        let name = path.dotted();
        if let Some(event) = events.iter().find(|event| event.name == name) {
            return Some(event.at_ns);
        }
        // `after storm`: a phase's begin is a moment too.
        if let Some(phase) = phases.list.iter().find(|phase| phase.name == name) {
            return Some(phase.start_ns);
        }
        let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
        self.unknown_moment("event", &name, path.span, &names);
        None
    }

    fn unknown_moment(&mut self, what: &str, name: &str, span: Span, known: &[&str]) {
        let near = nearest(name, known.iter().copied());
        let help = match (near, known) {
            (Some(meant), _) => did_you_mean(meant),
            (None, []) if what == "event" => "name one: `at 60s inject … as name`".to_owned(),
            (None, []) => "declare one: `phase name = 10s..30s`".to_owned(),
            (None, known) => format!("{what}s: {}", known.join(", ")),
        };
        let diagnostic =
            Diagnostic::new(&codes::E0701, format!("there is no {what} `{name}`"), span, "not found").help(help);
        self.eval.report(match near {
            Some(meant) => diagnostic.edit(span, meant),
            None => diagnostic,
        });
    }
}

fn has_edge_percentile(condition: &Condition) -> bool {
    let is = |operand: &Operand| {
        matches!(operand, Operand::Metric(Metric { quantity: Quantity::Percentile(_), subject: Subject::Edge(_) }))
    };
    match condition {
        Condition::And(a, b) | Condition::Or(a, b) => has_edge_percentile(a) || has_edge_percentile(b),
        Condition::Compare(a, _, b) => is(a) || is(b),
        Condition::Near { metric, .. } => is(&Operand::Metric(metric.clone())),
        Condition::Heals { .. } | Condition::Metastable => false,
    }
}

fn collect_percentiles(condition: &Condition, found: &mut Vec<(f64, Option<String>)>) {
    match condition {
        Condition::And(a, b) | Condition::Or(a, b) => {
            collect_percentiles(a, found);
            collect_percentiles(b, found);
        }
        Condition::Near { metric, .. } => collect_percentile(metric, found),
        Condition::Heals { .. } | Condition::Metastable => {}
        Condition::Compare(a, _, b) => {
            for operand in [a, b] {
                if let Operand::Metric(metric) = operand {
                    collect_percentile(metric, found);
                }
            }
        }
    }
}

fn collect_percentile(metric: &Metric, found: &mut Vec<(f64, Option<String>)>) {
    let Quantity::Percentile(share) = metric.quantity else { return };
    match &metric.subject {
        Subject::System => found.push((share, None)),
        Subject::Flow(name) => found.push((share, Some(name.clone()))),
        Subject::Component(_) | Subject::Replica(..) | Subject::Edge(_) => {}
    }
}
