//! What a metric is of, and whether that has it.

use super::super::system::Builder;
use super::{Side, side};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, ExprKind, Path};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_kernel::columns::component;
use sysdl_lower::model::Queueing;
use sysdl_runtime::expect::{Quantity, Subject};

impl Builder<'_> {
    pub(super) fn argument(&mut self, arg: &Arg) -> Option<Subject> {
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
    pub(super) fn subject(&mut self, path: &Path) -> Option<Subject> {
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
        let entered = self.is_entered(component, endpoint);
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
    pub(super) fn edge_subject(&mut self, from: &Path, to: &Path) -> Option<Subject> {
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
    pub(super) fn who_lags(&mut self, word: &str, subject: Subject, span: Span) -> Option<Subject> {
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
    pub(super) fn on(
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
    pub(super) fn keeps_messages(&self, name: &str) -> bool {
        let of = |draft: &super::super::edges::EdgeDraft| {
            self.drafts[draft.from].name.text == name || self.edges[draft.id.0 as usize].name == name
        };
        let is_followed =
            |draft: &super::super::edges::EdgeDraft| self.edges[draft.id.0 as usize].subscription.is_some();
        self.edge_drafts.iter().any(|draft| of(draft) && is_followed(draft))
    }
}
