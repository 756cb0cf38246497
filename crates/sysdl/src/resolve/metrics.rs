//! `p99(edge.browse.latency) < 250ms` → conditions of the runtime: metrics, their subjects, comparisons.

use super::system::Builder;
use super::value::Value;
use crate::codes;
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Path};
use crate::syntax::span::Span;
use crate::units::{self, Dimension};
use std::rc::Rc;
use sysdl_kernel::columns::{component, edge, subscription};
use sysdl_kernel::outcome;
use sysdl_lower::model::Queueing;
use sysdl_runtime::expect::{Comparison, Condition, Metric, Operand, Quantity, Subject};

/// Metrics that stand alone or take one subject.
const METRICS: &[&str] = &[
    "replicas",
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
    "stale",
    "stale_ratio",
    "retry_amplification",
    "retries",
    "timeouts",
    "breaker_opens",
    "hedges",
    "no_permit",
    "refused",
    "ejections",
    "none_eligible",
    "throttled",
    "resent",
    "carried",
    "connects",
    "connect_share",
    "attempts",
    "permit_wait",
    "batches",
    "batch_size",
    "batch_wait",
    "in_system_mean",
    "served",
    "orphaned",
    "killed",
    "hits",
    "misses",
    "coalesced",
    "setups",
    "elections",
    "vanished",
    "displaced",
    "tokens",
    "tokens.wasted",
    "cost.per",
    "budget_stops",
    "breaker",
    "breaker_open_share",
    "mean",
    "max",
    "arrivals",
    "goodput_share",
    "p99",
    "duplicates",
    "redelivered",
    "expired",
    "rebalances",
    "partition_lag",
    "hottest_partition",
    "elections",
    "leaderless",
];

/// Those that count what happens on edges: names of their columns.
const OF_EDGES: &[&str] = &[
    "attempts",
    "retries",
    "timeouts",
    "breaker_opens",
    "hedges",
    "no_permit",
    "refused",
    "ejections",
    "none_eligible",
    "throttled",
    "resent",
    "carried",
    "batches",
    "connects",
];

/// Those that count what happens at components: names of their columns.
const OF_COMPONENTS: &[&str] =
    &["served", "orphaned", "killed", "hits", "misses", "coalesced", "setups", "elections", "vanished"];
/// Those of messages that a topic has handed on.
const OF_MESSAGES: [(&str, Quantity, Dimension); 8] = [
    ("displaced", Quantity::OfMessages(subscription::DISPLACED), Dimension::Count),
    ("duplicates", Quantity::OfMessages(subscription::DUPLICATES), Dimension::Count),
    ("redelivered", Quantity::OfMessages(subscription::REDELIVERED), Dimension::Count),
    ("expired", Quantity::OfMessages(subscription::EXPIRED), Dimension::Count),
    ("rebalances", Quantity::OfMessages(subscription::REBALANCES), Dimension::Count),
    ("partition_lag", Quantity::PartitionLag, Dimension::Count),
    ("lost_messages", Quantity::LostMessages, Dimension::Count),
    ("hottest_partition", Quantity::HottestPartition, Dimension::Factor),
];

/// Metrics that a later version measures.
const LATER: [&str; 2] = ["heals", "metastable"];

/// A side of a comparison, with its dimension.
struct Side {
    operand: Operand,
    dimension: Dimension,
    /// Needs a window: a rate, percentile or utilization.
    windowed: bool,
}

impl Builder<'_> {
    pub(super) fn condition(&mut self, expr: &Expr, windowed: &mut bool) -> Option<Condition> {
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
        if let Some(condition) = self.breaker_is(left, comparison, right, windowed) {
            return condition;
        }
        let a = self.side(left);
        // What a word on the right means depends on the left: `breaker(a -> b) == open`.
        let is_word = matches!(&right.kind, ExprKind::Path(path) if path.word().is_some());
        let b = if a.is_none() && is_word { None } else { self.side(right) };
        let (mut a, b) = (a?, b?);
        settle_goodput(&mut a, b.dimension);
        *windowed |= a.windowed || b.windowed;
        if !comparable(a.dimension, b.dimension) {
            let message = format!("{} is compared with {}", a.dimension.name(), b.dimension.name());
            let help = format!("write {} such as {}", a.dimension.name(), a.dimension.examples());
            self.eval.report(Diagnostic::new(&codes::E0208, message, expr.span, "dimensions differ").help(help));
            return None;
        }
        Some(Condition::Compare(a.operand, comparison, b.operand))
    }

    /// What an expression measures, and the dimension of its values. `None` if it is wrong, or measures nothing.
    pub(super) fn metric_of(&mut self, expr: &Expr) -> Option<(Metric, Dimension)> {
        let side = self.side(expr)?;
        match side.operand {
            Operand::Metric(metric) => Some((metric, side.dimension)),
            Operand::Number(_) => None,
        }
    }

    /// `mean(server.sojourn) within 2% of 500ms`
    pub(super) fn near(&mut self, measured: &Expr, tolerance: &Expr, value: &Expr) -> Option<Condition> {
        let (a, b, t) = (self.side(measured), self.side(value), self.side(tolerance));
        let (mut a, b, t) = (a?, b?, t?);
        settle_goodput(&mut a, b.dimension);
        let (Operand::Metric(metric), Operand::Number(value)) = (a.operand, b.operand) else {
            let message = "`within … of` holds a metric to a value";
            let diagnostic = Diagnostic::new(&codes::E0208, message, measured.span, "not a metric");
            self.eval.report(diagnostic.help("write `expect mean(server.sojourn) within 2% of 500ms`"));
            return None;
        };
        if !comparable(a.dimension, b.dimension) {
            let message = format!("{} is compared with {}", a.dimension.name(), b.dimension.name());
            let help = format!("write {} such as {}", a.dimension.name(), a.dimension.examples());
            let span = measured.span;
            self.eval.report(Diagnostic::new(&codes::E0208, message, span, "dimensions differ").help(help));
            return None;
        }
        match t.operand {
            Operand::Number(tolerance) if t.dimension == Dimension::Share && tolerance > 0.0 => {
                Some(Condition::Near { metric, tolerance, value })
            }
            _ => {
                let message = "a tolerance is a share of the value";
                let diagnostic = Diagnostic::new(&codes::E0208, message, tolerance.span, "not a share above 0%");
                self.eval.report(diagnostic.help("write `within 2% of …`"));
                None
            }
        }
    }

    /// `breaker(a -> b) == open`: it is for some of the time; `closed`: all of the time. None if it is something else.
    fn breaker_is(
        &mut self,
        left: &Expr,
        comparison: Comparison,
        right: &Expr,
        windowed: &mut bool,
    ) -> Option<Option<Condition>> {
        let ExprKind::Invoke(path, args) = &left.kind else { return None };
        if path.word() != Some("breaker") {
            return None;
        }
        let state = if let ExprKind::Path(word) = &right.kind { word.dotted() } else { String::new() };
        let equal = comparison == Comparison::Equal;
        if !matches!(state.as_str(), "open" | "closed") || !equal && comparison != Comparison::NotEqual {
            let message = "a breaker is `open` or `closed`";
            let diagnostic = Diagnostic::new(&codes::E0208, message, right.span, "neither");
            self.eval.report(diagnostic.help("write `breaker(a -> b) == open`"));
            return Some(None);
        }
        let Some(subject) = args.first().and_then(|arg| self.argument(arg)) else { return Some(None) };
        let Some(side) = self.on(Quantity::BreakerOpenShare, Dimension::Share, true, subject, left.span) else {
            return Some(None);
        };
        *windowed = true;
        let comparison = if (state == "open") == equal { Comparison::Greater } else { Comparison::Equal };
        Some(Some(Condition::Compare(side.operand, comparison, Operand::Number(0.0))))
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
            let subject = self.who_lags(&last.name.text, subject, path.span)?;
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
            let subject = self.who_lags(&name, subject, span)?;
            // What a topic has lost is messages.
            let lost = Quantity::Errors(Some(outcome::LOST));
            let keeps = matches!(&subject, Subject::Component(name) | Subject::Edge(name) if self.keeps_messages(name));
            let quantity = if quantity == lost && keeps { Quantity::LostMessages } else { quantity };
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
        if let (false, [most @ .., last]) = (arg.to.is_some(), subject.segments.as_slice())
            && !most.is_empty()
            && last.name.text == "turns"
            && name != "max"
        {
            let endpoints = || self.drafts.iter().flat_map(|draft| &draft.endpoints);
            if !endpoints().any(|e| e.budget.is_some() || e.context.is_some()) {
                let diagnostic =
                    Diagnostic::new(&codes::E0710, "no rounds are counted here", arg.value.span, "not measured");
                self.eval.report(
                    diagnostic.help("rounds are those of loops in an endpoint with `context { … }` or `budget { … }`"),
                );
                return None;
            }
            let subject = self.subject(&Path { segments: most.to_vec(), span: subject.span })?;
            let quantity = share.map_or(Quantity::TurnsMean, Quantity::TurnsPercentile);
            return self.on(quantity, Dimension::Count, true, subject, span);
        }
        // The last word says which time: `latency`, `waiting`, `sojourn`, or another metric of `max`.
        let (subject, what) = match (arg.to.is_some(), subject.segments.as_slice()) {
            (false, [most @ .., last]) if !most.is_empty() && is_time(&last.name.text) => {
                (Path { segments: most.to_vec(), span: subject.span }, last.name.text.clone())
            }
            (false, [most @ .., last])
                if !most.is_empty() && matches!(last.name.text.as_str(), "lag" | "queue") && name == "max" =>
            {
                let named = self.subject(&Path { segments: most.to_vec(), span: subject.span })?;
                let subject = self.who_lags(&last.name.text, named, span)?;
                return self.on(Quantity::QueueMax, Dimension::Count, false, subject, span);
            }
            (false, [most @ .., last]) if !most.is_empty() && simple(&last.name.text).is_some() => {
                let of = Path { segments: most.to_vec(), span: subject.span }.dotted();
                let message = format!("`{name}` is of times, and `{}` is counted window by window", last.name.text);
                let diagnostic = Diagnostic::new(&codes::E0710, message, span, "not a time");
                let help = format!("say which windows: `expect eventually {0}({of}) > …`, or `always`", last.name.text);
                self.eval.report(diagnostic.help(help));
                return None;
            }
            _ => (subject.clone(), "latency".to_owned()),
        };
        let subject = match &arg.to {
            Some(to) => self.edge_subject(&subject, to)?,
            None if subject.dotted() == "latency" => Subject::System,
            None => self.subject(&subject)?,
        };
        if what == "end_to_end" {
            let quantity = match (share, name.as_str()) {
                (Some(share), _) => Quantity::EndToEndPercentile(share),
                (None, "mean") => Quantity::EndToEndMean,
                _ => Quantity::EndToEndMax,
            };
            return self.on(quantity, Dimension::Duration, name != "max", subject, span);
        }
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
        if path.segments.first().is_some_and(|segment| segment.index.is_some()) {
            return self.replica_subject(component, path);
        }
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

    /// `a -> b`, where `a` may be traffic.
    fn edge_subject(&mut self, from: &Path, to: &Path) -> Option<Subject> {
        let is_traffic = from.word().is_some_and(|word| self.source_names.iter().any(|source| source.text == word));
        let a = if is_traffic {
            from.word().map(str::to_owned)
        } else {
            self.component_of(from).map(|row| self.drafts[row].name.text.clone())
        };
        let b = self.component_of(to);
        let name = format!("{}->{}", a?, self.drafts[b?].name.text);
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

    /// Behind a topic it is its consumers that lag: those of a topic with one group are meant by its name.
    fn who_lags(&mut self, word: &str, subject: Subject, span: Span) -> Option<Subject> {
        let Subject::Component(topic) = &subject else { return Some(subject) };
        if word != "lag" {
            return Some(subject);
        }
        let handles = |row: usize| self.drafts[row].endpoints.iter().any(|endpoint| endpoint.handler);
        let Some(row) = self.by_name.get(topic).copied().filter(|&row| !handles(row)) else { return Some(subject) };
        let handed_over =
            self.edge_drafts.iter().filter(|edge| edge.from == row && edge.asynchronous && handles(edge.to));
        let mut consumers: Vec<&str> = handed_over.map(|edge| self.drafts[edge.to].name.text.as_str()).collect();
        consumers.dedup();
        match consumers.as_slice() {
            [] => Some(subject),
            [only] => Some(Subject::Component((*only).to_owned())),
            [first, ..] => {
                let message = format!("whose lag? `{topic}` has {} groups", consumers.len());
                let help = format!("write `{first}.lag`; its consumers are {}", consumers.join(", "));
                self.eval.report(Diagnostic::new(&codes::E0710, message, span, "several lag").help(help));
                None
            }
        }
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
        if let (true, Subject::Component(name) | Subject::Edge(name)) = (quantity.is_of_messages(), &subject) {
            if !self.keeps_messages(name) {
                let message = format!("the messages of `{name}` are not followed");
                let diagnostic = Diagnostic::new(&codes::E0710, message, span, "not measured");
                let help =
                    "give the topic partitions, or its edge a group: `topic ~> service { group = \"x\" }`".to_owned();
                self.eval.report(diagnostic.help(help));
                return None;
            }
            return Some(side(quantity, subject, dimension, windowed));
        }
        let fits = match &subject {
            Subject::System if matches!(quantity, MonthlyUsd | OfEdges(_) | Tokens | TokensWasted | BudgetStops) => {
                true
            }
            Subject::System | Subject::Flow(_) if matches!(quantity, CostPer | Tokens) => true,
            Subject::Flow(_) if matches!(quantity, TurnsMean | TurnsPercentile(_)) => true,
            Subject::Component(_) if matches!(quantity, Tokens | TokensWasted | BudgetStops) => true,
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
                    | PresentMean
                    | OfComponents(_)
                    | QueueMax
                    | Queue
                    | HitRatio
                    | Stale
                    | StaleRatio
                    | Leaderless
                    | Replicas
            ),
            Subject::Replica(..) => matches!(
                quantity,
                Percentile(_)
                    | Mean
                    | Throughput
                    | ErrorRate
                    | Count
                    | Errors(_)
                    | Utilization
                    | QueueMean
                    | Queue
                    | OfComponents(component::SERVED | component::KILLED)
            ),
            Subject::Edge(_) => {
                matches!(
                    quantity,
                    Percentile(_)
                        | BreakerOpenShare
                        | Mean
                        | Max
                        | Count
                        | Errors(None)
                        | ErrorRate
                        | RetryAmplification
                        | ConnectShare
                        | PermitWait
                        | BatchSize
                        | BatchWait
                        | OfEdges(_)
                )
            }
        };
        if !fits {
            let message = match &subject {
                Subject::System => "this is measured of one thing, not of the system".to_owned(),
                Subject::Flow(name) | Subject::Component(name) | Subject::Edge(name) => {
                    format!("`{name}` has no such metric")
                }
                Subject::Replica(name, replica) => format!("`{name}[{replica}]` has no such metric"),
            };
            let help = match &subject {
                Subject::System | Subject::Flow(_) => {
                    "traffic has percentiles, mean, max, error_rate, goodput, throughput, requests, errors"
                }
                Subject::Component(_) => {
                    "a component has utilization, replicas, queue, queue_mean, queue_max, in_system_mean, hit_ratio, stale, stale_ratio, arrivals, served, error_rate, percentiles of `.sojourn` and `.waiting`"
                }
                Subject::Replica(..) => {
                    "a replica has utilization, queue, queue_mean, arrivals, requests, served, killed, errors, error_rate, mean and percentiles of `.sojourn`"
                }
                Subject::Edge(_) => {
                    "an edge has requests, attempts, errors, retries, timeouts, retry_amplification, permit_wait, batches, batch_size, batch_wait, mean, max"
                }
            };
            self.eval.report(Diagnostic::new(&codes::E0710, message, span, "not measured").help(help));
            return None;
        }
        if let (Subject::Replica(name, _), Queue | QueueMean) = (&subject, quantity)
            && self.components.iter().any(|c| c.name == *name && c.station.queue == Queueing::Shared)
        {
            let message = format!("the replicas of `{name}` share a queue: none has one of its own");
            let diagnostic = Diagnostic::new(&codes::E0710, message, span, "not measured");
            self.eval.report(diagnostic.help(format!("measure the queue of all: `queue({name})`")));
            return None;
        }
        if let (Subject::Edge(name), Percentile(_)) = (&subject, quantity) {
            let edge = self.edges.iter_mut().find(|edge| edge.name == *name);
            edge.into_iter().for_each(|edge| edge.conduct.measured = true);
        }
        if let (Subject::Edge(name), BreakerOpenShare) = (&subject, quantity)
            && self.edges.iter().any(|edge| edge.name == *name && edge.breaker.is_none())
        {
            let message = format!("`{name}` has no breaker");
            let diagnostic = Diagnostic::new(&codes::E0710, message, span, "never open");
            self.eval.report(diagnostic.help("add `breaker { trip = 50%, window = 20, open_for = 5s }` to the edge"));
            return None;
        }
        Some(side(quantity, subject, dimension, windowed))
    }

    /// Whether something hands on messages that are followed until they are dealt with.
    fn keeps_messages(&self, name: &str) -> bool {
        let of = |draft: &super::edges::EdgeDraft| {
            self.drafts[draft.from].name.text == name || self.edges[draft.id.0 as usize].name == name
        };
        let is_followed = |draft: &super::edges::EdgeDraft| self.edges[draft.id.0 as usize].subscription.is_some();
        self.edge_drafts.iter().any(|draft| of(draft) && is_followed(draft))
    }

    fn unknown_metric(&mut self, name: &str, span: Span) {
        let last = name.rsplit('.').next().unwrap_or(name);
        if LATER.contains(&name) || LATER.contains(&last) {
            return self.eval.later(&format!("the metric `{name}`"), span);
        }
        let near = nearest(name, METRICS.iter().copied());
        let help =
            near.map_or_else(|| format!("metrics: {}", METRICS.join(", ")), |meant| format!("did you mean `{meant}`?"));
        self.eval.report(
            Diagnostic::new(&codes::E0710, format!("there is no metric `{name}`"), span, "not measured").help(help),
        );
    }
}

/// `goodput > 60%` means the share of good answers, `goodput > 60rps` their rate.
fn settle_goodput(side: &mut Side, with: Dimension) {
    if with == Dimension::Share
        && let Operand::Metric(metric) = &mut side.operand
        && metric.quantity == Quantity::Goodput
    {
        metric.quantity = Quantity::GoodShare;
        side.dimension = Dimension::Share;
    }
    // So with duplicates: their number, or their share of messages.
    if with == Dimension::Share
        && let Operand::Metric(metric) = &mut side.operand
        && metric.quantity == Quantity::OfMessages(subscription::DUPLICATES)
    {
        metric.quantity = Quantity::DuplicateShare;
        side.dimension = Dimension::Share;
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
    matches!(word, "latency" | "waiting" | "sojourn" | "end_to_end")
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
        "in_system_mean" => (Quantity::PresentMean, Dimension::Count, true),
        "permit_wait" => (Quantity::PermitWait, Dimension::Duration, true),
        "batch_size" => (Quantity::BatchSize, Dimension::Count, false),
        "batch_wait" => (Quantity::BatchWait, Dimension::Duration, false),
        "queue_max" => (Quantity::QueueMax, Dimension::Count, false),
        "queue" | "lag" => (Quantity::Queue, Dimension::Count, true),
        "tokens" => (Quantity::Tokens, Dimension::Count, false),
        "tokens.wasted" => (Quantity::TokensWasted, Dimension::Share, false),
        "cost.per" => (Quantity::CostPer, Dimension::Money, false),
        "budget_stops" => (Quantity::BudgetStops, Dimension::Count, false),
        "stale" => (Quantity::Stale, Dimension::Count, false),
        "stale_ratio" => (Quantity::StaleRatio, Dimension::Share, true),
        "leaderless" => (Quantity::Leaderless, Dimension::Share, true),
        "replicas" => (Quantity::Replicas, Dimension::Count, true),
        "hit_ratio" => (Quantity::HitRatio, Dimension::Share, true),
        "breaker_open_share" => (Quantity::BreakerOpenShare, Dimension::Share, true),
        "connect_share" => (Quantity::ConnectShare, Dimension::Share, true),
        "retry_amplification" => (Quantity::RetryAmplification, Dimension::Factor, true),
        name if OF_MESSAGES.iter().any(|(known, ..)| *known == name) => {
            let (_, quantity, dimension) = OF_MESSAGES.into_iter().find(|(known, ..)| *known == name)?;
            (quantity, dimension, false)
        }
        name if OF_EDGES.contains(&name) => {
            let column = edge::ALL.iter().position(|(known, _)| *known == name)?;
            (Quantity::OfEdges(column), Dimension::Count, false)
        }
        name if OF_COMPONENTS.contains(&name) => {
            let column = component::ALL.iter().position(|(known, _)| *known == name)?;
            (Quantity::OfComponents(column), Dimension::Count, false)
        }
        name => {
            let code = outcome::NAMES.iter().skip(1).position(|known| *known == name)?;
            (Quantity::Errors(Some(code as u32 + 1)), Dimension::Count, false)
        }
    })
}
