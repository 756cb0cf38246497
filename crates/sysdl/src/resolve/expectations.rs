//! `expect p99(edge.browse.latency) < 250ms during storm` → claims of the runtime.

use super::system::Builder;
use super::timeline::Event;
use super::value::Value;
use crate::codes;
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::ast::{
    Arg, BinaryOp, Expect, Expr, ExprKind, Level as AstLevel, Node, Path, Quantifier as AstQuantifier, Statement,
    Window as AstWindow,
};
use crate::syntax::span::{Sources, Span};
use crate::units::{self, Dimension};
use std::rc::Rc;
use sysdl_kernel::outcome;
use sysdl_lower::model::{Arrivals, Phase, RateProfile};
use sysdl_runtime::expect::{
    Comparison, Condition, Expectation, Level, Metric, Operand, Quantifier, Quantity, Subject, Window,
};

/// Phases of a scenario.
#[derive(Debug, Default)]
pub(super) struct Phases {
    pub(super) list: Vec<Phase>,
    pub(super) spans: Vec<(String, Span)>,
}

/// Metrics that stand alone or take one subject.
const METRICS: [&str; 20] = [
    "error_rate",
    "goodput",
    "throughput",
    "requests",
    "errors",
    "utilization",
    "queue",
    "queue_mean",
    "queue_max",
    "lag",
    "hit_ratio",
    "retry_amplification",
    "retries",
    "timeouts",
    "breaker_opens",
    "mean",
    "max",
    "arrivals",
    "goodput_share",
    "p99",
];

/// Metrics that a later version measures.
const LATER: [&str; 10] = [
    "breaker",
    "tokens.wasted",
    "cost.per",
    "lost",
    "duplicates",
    "hottest_partition",
    "turns",
    "end_to_end",
    "heals",
    "metastable",
];

/// Requests that should lie beyond a percentile.
const SAMPLES_MIN: f64 = 5.0;

/// A side of a comparison, with its dimension.
struct Side {
    operand: Operand,
    dimension: Dimension,
    /// Needs a window: a rate, percentile or utilization.
    windowed: bool,
}

impl Builder<'_> {
    pub(super) fn expectations(
        &mut self,
        statements: &[&Statement],
        phases: &Phases,
        events: &[Event],
        sources: &Sources,
    ) -> Vec<Expectation> {
        let mut found = Vec::new();
        for statement in statements {
            let Node::Expect(expect) = &statement.node else { continue };
            let mut windowed = false;
            let condition = self.condition(&expect.condition, &mut windowed);
            let window = self.window(expect, phases, events);
            let (Some(condition), Some(window)) = (condition, window) else { continue };
            if windowed && expect.windows.is_empty() && expect.quantifier.is_none() {
                let message = "over which time should this hold?";
                let diagnostic = Diagnostic::new(&codes::E0708, message, expect.condition.span, "no window");
                let phase = phases.list.first().map_or("phase", |phase| phase.name.as_str());
                self.eval.report(diagnostic.help(format!("add `during {phase}`, or begin with `expect always`")));
                continue;
            }
            self.samples(&condition, &window, expect.condition.span);
            let source = sources.get(statement.span.file);
            let text = sources.text(statement.span).trim_start_matches("expect").trim_start_matches("warn").trim();
            found.push(Expectation {
                text: text.strip_prefix("fail ").unwrap_or(text).split_whitespace().collect::<Vec<_>>().join(" "),
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
                AstWindow::During(expr) | AstWindow::For(expr) | AstWindow::Over(expr) | AstWindow::Within(expr, _) => {
                    expr.span
                }
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
            AstWindow::After(event) => Some(Window::After { after_ns: self.event(event, events, phases)? }),
            AstWindow::For(expr) | AstWindow::Over(expr) => {
                Some(Window::Over { length_ns: self.time(expr, "over")?.max(1) })
            }
        }
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
            (Some(meant), _) => format!("did you mean `{meant}`?"),
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

    fn condition(&mut self, expr: &Expr, windowed: &mut bool) -> Option<Condition> {
        let ExprKind::Binary(op, left, right) = &expr.kind else {
            if expr.kind != ExprKind::Bad {
                let diagnostic =
                    Diagnostic::new(&codes::E0208, "an expectation is a comparison", expr.span, "nothing is compared");
                self.eval.report(diagnostic.help("write `expect error_rate < 1% during phase`"));
            }
            return None;
        };
        let comparison = match op {
            BinaryOp::And | BinaryOp::Or => {
                let (a, b) = (self.condition(left, windowed), self.condition(right, windowed));
                let (a, b) = (Box::new(a?), Box::new(b?));
                return Some(if *op == BinaryOp::And { Condition::And(a, b) } else { Condition::Or(a, b) });
            }
            BinaryOp::Less => Comparison::Less,
            BinaryOp::LessEqual => Comparison::LessEqual,
            BinaryOp::Greater => Comparison::Greater,
            BinaryOp::GreaterEqual => Comparison::GreaterEqual,
            BinaryOp::Equal => Comparison::Equal,
            BinaryOp::NotEqual => Comparison::NotEqual,
            _ => {
                let diagnostic =
                    Diagnostic::new(&codes::E0208, "an expectation is a comparison", expr.span, "nothing is compared");
                self.eval.report(diagnostic.help("write `expect error_rate < 1% during phase`"));
                return None;
            }
        };
        let a = self.side(left);
        // What a word on the right means depends on the left: `breaker(a -> b) == open`.
        let is_word = matches!(&right.kind, ExprKind::Path(path) if path.word().is_some());
        let b = if a.is_none() && is_word { None } else { self.side(right) };
        let (mut a, b) = (a?, b?);
        // `goodput > 60%` means the share of good answers, `goodput > 60rps` their rate.
        if b.dimension == Dimension::Share
            && let Operand::Metric(metric) = &mut a.operand
            && metric.quantity == Quantity::Goodput
        {
            metric.quantity = Quantity::GoodShare;
            a.dimension = Dimension::Share;
        }
        *windowed |= a.windowed || b.windowed;
        if !comparable(a.dimension, b.dimension) {
            let message = format!("{} is compared with {}", a.dimension.name(), b.dimension.name());
            let help = format!("write {} such as {}", a.dimension.name(), a.dimension.examples());
            self.eval.report(Diagnostic::new(&codes::E0208, message, expr.span, "dimensions differ").help(help));
            return None;
        }
        Some(Condition::Compare(a.operand, comparison, b.operand))
    }

    fn side(&mut self, expr: &Expr) -> Option<Side> {
        match &expr.kind {
            ExprKind::Invoke(path, args) => self.metric(path, args, expr.span),
            ExprKind::Path(path) if self.scope.get(&path.dotted()).is_none() => self.metric_path(path),
            ExprKind::Bad => None,
            _ => {
                let scope = Rc::clone(&self.scope);
                match self.eval.eval(expr, &scope) {
                    // Money is compared per month, as budgets are written.
                    Value::Number(number, Dimension::MoneyPerHour) => Some(Side {
                        operand: Operand::Number(number * units::HOURS_PER_MONTH),
                        dimension: Dimension::Money,
                        windowed: false,
                    }),
                    Value::Number(number, dimension) => {
                        Some(Side { operand: Operand::Number(number), dimension, windowed: false })
                    }
                    Value::Bad => None,
                    other => {
                        let message = format!("{} cannot be compared", other.describe());
                        self.eval.report(
                            Diagnostic::new(&codes::E0208, message, expr.span, "not a quantity")
                                .help("compare a metric with a quantity"),
                        );
                        None
                    }
                }
            }
        }
    }

    /// `error_rate`, `cost.monthly`, `enrich.lag`, `edge.browse.error_rate`
    fn metric_path(&mut self, path: &Path) -> Option<Side> {
        let name = path.dotted();
        if name == "cost.monthly" {
            return Some(side(Quantity::MonthlyUsd, Subject::System, Dimension::Money, false));
        }
        if let Some((quantity, dimension, windowed)) = simple(&name) {
            return self.on(quantity, dimension, windowed, Subject::System, path.span);
        }
        if let [subject @ .., last] = path.segments.as_slice()
            && !subject.is_empty()
            && let Some((quantity, dimension, windowed)) = simple(&last.name.text)
        {
            let subject = Path { segments: subject.to_vec(), span: path.span };
            let subject = self.subject(&subject)?;
            return self.on(quantity, dimension, windowed, subject, path.span);
        }
        self.unknown_metric(&name, path.span);
        None
    }

    /// `p99(edge.browse.latency)`, `utilization(postgres)`, `retries(a -> b)`
    fn metric(&mut self, path: &Path, args: &[Arg], span: Span) -> Option<Side> {
        let name = path.dotted();
        if LATER.contains(&name.as_str()) {
            self.eval.later(&format!("the metric `{name}`"), path.span);
            return None;
        }
        let share = percentile(&name);
        let Some(arg) = args.first() else {
            let message = format!("`{name}` of what?");
            self.eval.report(
                Diagnostic::new(&codes::E0710, message, span, "nothing is named")
                    .help(format!("write `{name}(component)`")),
            );
            return None;
        };
        if share.is_none() && !matches!(name.as_str(), "mean" | "max") {
            let Some((quantity, dimension, windowed)) = simple(&name) else {
                self.unknown_metric(&name, path.span);
                return None;
            };
            let subject = self.argument(arg)?;
            return self.on(quantity, dimension, windowed, subject, span);
        }
        let ExprKind::Path(subject) = &arg.value.kind else {
            self.eval.report(
                Diagnostic::new(&codes::E0710, format!("`{name}` needs a name"), arg.value.span, "not a name")
                    .help(format!("write `{name}(edge.browse.latency)`")),
            );
            return None;
        };
        if let Some(last) = subject.segments.last()
            && LATER.contains(&last.name.text.as_str())
        {
            self.eval.later(&format!("the metric `{}`", last.name.text), arg.value.span);
            return None;
        }
        // The last word says which time: `latency`, `waiting`, `sojourn`, or another metric of `max`.
        let (subject, what) = match (arg.to.is_some(), subject.segments.as_slice()) {
            (false, [most @ .., last]) if !most.is_empty() && is_time(&last.name.text) => {
                (Path { segments: most.to_vec(), span: subject.span }, last.name.text.clone())
            }
            (false, [most @ .., last])
                if !most.is_empty() && matches!(last.name.text.as_str(), "lag" | "queue") && name == "max" =>
            {
                let subject = self.subject(&Path { segments: most.to_vec(), span: subject.span })?;
                return self.on(Quantity::QueueMax, Dimension::Count, false, subject, span);
            }
            _ => (subject.clone(), "latency".to_owned()),
        };
        let subject = match &arg.to {
            Some(to) => self.edge_subject(&subject, to)?,
            None if subject.dotted() == "latency" => Subject::System,
            None => self.subject(&subject)?,
        };
        let waiting = what == "waiting";
        let quantity = match (share, name.as_str(), waiting) {
            (Some(share), _, true) => Quantity::WaitingPercentile(share),
            (Some(share), _, false) => Quantity::Percentile(share),
            (None, "mean", true) => Quantity::WaitingMean,
            (None, "mean", false) => Quantity::Mean,
            _ => Quantity::Max,
        };
        self.on(quantity, Dimension::Duration, name != "max", subject, span)
    }

    fn argument(&mut self, arg: &Arg) -> Option<Subject> {
        let ExprKind::Path(path) = &arg.value.kind else {
            self.eval.report(
                Diagnostic::new(&codes::E0710, "a metric needs a name", arg.value.span, "not a name")
                    .help("write the name of a component, `component.endpoint`, or `a -> b`"),
            );
            return None;
        };
        match &arg.to {
            Some(to) => self.edge_subject(path, to),
            None => self.subject(path),
        }
    }

    /// A component, or an endpoint that traffic enters.
    fn subject(&mut self, path: &Path) -> Option<Subject> {
        let component = self.component_of(path)?;
        let name = self.drafts[component].name.text.clone();
        if path.segments.len() == 1 {
            return Some(Subject::Component(name));
        }
        let endpoint = self.endpoint_of(component, path)?;
        let flow = format!("{name}.{}", self.drafts[component].endpoints[endpoint].name.text);
        let entered = self.sources.iter().flat_map(|source| &source.mix).any(|(_, call)| {
            call.endpoint.component.0 as usize == component && call.endpoint.index as usize == endpoint
        });
        if !entered && self.eval.diagnostics.iter().any(|d| d.code.id.starts_with("E060")) {
            // What enters where is in doubt, and was reported.
            return None;
        }
        if !entered {
            let message = format!("no traffic enters at `{flow}`, so its response time is not measured");
            let help = format!("measure the component: `{name}`, or the edge: `a -> {name}`");
            self.eval.report(Diagnostic::new(&codes::E0710, message, path.span, "not an entry").help(help));
            return None;
        }
        Some(Subject::Flow(flow))
    }

    fn edge_subject(&mut self, from: &Path, to: &Path) -> Option<Subject> {
        let (a, b) = (self.component_of(from), self.component_of(to));
        let (a, b) = (a?, b?);
        let name = format!("{}->{}", self.drafts[a].name.text, self.drafts[b].name.text);
        if self.edges.iter().any(|edge| edge.name == name) {
            return Some(Subject::Edge(name));
        }
        let message = format!("no edge leads from `{}` to `{}`", from.dotted(), to.dotted());
        self.eval.report(
            Diagnostic::new(&codes::E0301, message, from.span.to(to.span), "not found")
                .help("name an edge of the system"),
        );
        None
    }

    /// A quantity of a subject, if the subject has it.
    fn on(
        &mut self,
        quantity: Quantity,
        dimension: Dimension,
        windowed: bool,
        subject: Subject,
        span: Span,
    ) -> Option<Side> {
        use Quantity::*;
        let fits = match &subject {
            Subject::System if matches!(quantity, MonthlyUsd | Retries | Timeouts | BreakerOpens) => true,
            Subject::System | Subject::Flow(_) => matches!(
                quantity,
                Percentile(_) | Mean | Max | Throughput | Goodput | GoodShare | ErrorRate | Count | Errors(_)
            ),
            Subject::Component(_) => matches!(
                quantity,
                Percentile(_)
                    | WaitingPercentile(_)
                    | Mean
                    | WaitingMean
                    | Throughput
                    | ErrorRate
                    | Count
                    | Errors(_)
                    | Utilization
                    | QueueMean
                    | QueueMax
                    | Queue
                    | HitRatio
            ),
            Subject::Edge(_) => matches!(
                quantity,
                Mean | Max | Count | Errors(None) | ErrorRate | RetryAmplification | Retries | Timeouts | BreakerOpens
            ),
        };
        if !fits {
            let message = match &subject {
                Subject::System => "this is measured of one thing, not of the system".to_owned(),
                Subject::Flow(name) | Subject::Component(name) | Subject::Edge(name) => {
                    format!("`{name}` has no such metric")
                }
            };
            let help = match &subject {
                Subject::System | Subject::Flow(_) => {
                    "traffic has percentiles, mean, max, error_rate, goodput, throughput, requests, errors"
                }
                Subject::Component(_) => {
                    "a component has utilization, queue, queue_mean, queue_max, hit_ratio, arrivals, error_rate, percentiles of `.sojourn` and `.waiting`"
                }
                Subject::Edge(_) => "an edge has requests, errors, retries, timeouts, retry_amplification, mean, max",
            };
            self.eval.report(Diagnostic::new(&codes::E0710, message, span, "not measured").help(help));
            return None;
        }
        Some(side(quantity, subject, dimension, windowed))
    }

    fn unknown_metric(&mut self, name: &str, span: Span) {
        let last = name.rsplit('.').next().unwrap_or(name);
        if LATER.contains(&name) || LATER.contains(&last) {
            return self.eval.later(&format!("the metric `{name}`"), span);
        }
        let near = nearest(name, METRICS);
        let help =
            near.map_or_else(|| format!("metrics: {}", METRICS.join(", ")), |meant| format!("did you mean `{meant}`?"));
        self.eval.report(
            Diagnostic::new(&codes::E0710, format!("there is no metric `{name}`"), span, "not measured").help(help),
        );
    }
}

fn collect_percentiles(condition: &Condition, found: &mut Vec<(f64, Option<String>)>) {
    match condition {
        Condition::And(a, b) | Condition::Or(a, b) => {
            collect_percentiles(a, found);
            collect_percentiles(b, found);
        }
        Condition::Compare(a, _, b) => {
            for operand in [a, b] {
                if let Operand::Metric(Metric { quantity: Quantity::Percentile(share), subject }) = operand {
                    match subject {
                        Subject::System => found.push((*share, None)),
                        Subject::Flow(name) => found.push((*share, Some(name.clone()))),
                        Subject::Component(_) | Subject::Edge(_) => {}
                    }
                }
            }
        }
    }
}

fn side(quantity: Quantity, subject: Subject, dimension: Dimension, windowed: bool) -> Side {
    Side { operand: Operand::Metric(Metric { quantity, subject }), dimension, windowed }
}

fn comparable(a: Dimension, b: Dimension) -> bool {
    let plain = |d: Dimension| matches!(d, Dimension::Count | Dimension::Factor);
    a == b || (plain(a) && plain(b)) || (a == Dimension::Share && plain(b)) || (plain(a) && b == Dimension::Share)
}

fn is_time(word: &str) -> bool {
    matches!(word, "latency" | "waiting" | "sojourn")
}

/// `p99`, `p99.9` → the share below.
fn percentile(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?;
    let value: f64 = digits.parse().ok()?;
    (value > 0.0 && value < 100.0).then_some(value / 100.0)
}

fn simple(name: &str) -> Option<(Quantity, Dimension, bool)> {
    Some(match name {
        "error_rate" => (Quantity::ErrorRate, Dimension::Share, true),
        "goodput" => (Quantity::Goodput, Dimension::Rate, true),
        "goodput_share" => (Quantity::GoodShare, Dimension::Share, true),
        "throughput" => (Quantity::Throughput, Dimension::Rate, true),
        "arrivals" => (Quantity::Throughput, Dimension::Rate, true),
        "requests" => (Quantity::Count, Dimension::Count, false),
        "errors" => (Quantity::Errors(None), Dimension::Count, false),
        "utilization" => (Quantity::Utilization, Dimension::Share, true),
        "queue_mean" => (Quantity::QueueMean, Dimension::Count, true),
        "queue_max" => (Quantity::QueueMax, Dimension::Count, false),
        "queue" | "lag" => (Quantity::Queue, Dimension::Count, true),
        "hit_ratio" => (Quantity::HitRatio, Dimension::Share, true),
        "retry_amplification" => (Quantity::RetryAmplification, Dimension::Factor, true),
        "retries" => (Quantity::Retries, Dimension::Count, false),
        "timeouts" => (Quantity::Timeouts, Dimension::Count, false),
        "breaker_opens" => (Quantity::BreakerOpens, Dimension::Count, false),
        name => {
            let code = outcome::NAMES.iter().skip(1).position(|known| *known == name)?;
            (Quantity::Errors(Some(code as u32 + 1)), Dimension::Count, false)
        }
    })
}
