//! Which metrics a subject has.

use super::super::edges::EdgeDraft;
use super::super::system::Builder;
use super::{Side, side};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_kernel::columns::component;
use sysdl_lower::model::Queueing;
use sysdl_runtime::expect::{Quantity, Subject};

impl Builder<'_> {
    /// A quantity of a subject, if the subject has it.
    pub(super) fn on(
        &mut self,
        quantity: Quantity,
        dimension: Dimension,
        windowed: bool,
        subject: Subject,
        span: Span,
    ) -> Option<Side> {
        if let (true, Subject::Component(name) | Subject::Edge(name)) = (quantity.is_of_messages(), &subject) {
            if !self.keeps_messages(name) {
                let message = format!("the messages of `{name}` are not followed");
                let help = "give the topic partitions, or its edge a group: `topic ~> service { group = \"x\" }`";
                return self.not_measured(message, span, "not measured", help);
            }
            return Some(side(quantity, subject, dimension, windowed));
        }
        if !fits(&subject, quantity) {
            let name = match &subject {
                Subject::System => String::new(),
                Subject::Flow(name) | Subject::Component(name) | Subject::Edge(name) => name.clone(),
                Subject::Replica(name, replica) => format!("{name}[{replica}]"),
            };
            let message = match &subject {
                Subject::System => "this is measured of one thing, not of the system".to_owned(),
                _ => format!("`{name}` has no such metric"),
            };
            return self.not_measured(message, span, "not measured", metrics_of(&subject));
        }
        self.on_one(&subject, quantity, span)?;
        self.counts_nothing(&subject, quantity, span);
        Some(side(quantity, subject, dimension, windowed))
    }

    /// What depends on this very replica or edge.
    fn on_one(&mut self, subject: &Subject, quantity: Quantity, span: Span) -> Option<()> {
        use Quantity::{BreakerOpenShare, Percentile, Queue, QueueMean};
        match (subject, quantity) {
            (Subject::Replica(name, _), Queue | QueueMean)
                if self.components.iter().any(|c| c.name == *name && c.station.queue == Queueing::Shared) =>
            {
                let message = format!("the replicas of `{name}` share a queue: none has one of its own");
                let help = format!("measure the queue of all: `queue({name})`");
                return self.not_measured(message, span, "not measured", &help);
            }
            (Subject::Edge(name), Percentile(_)) => {
                let edge = self.edges.iter_mut().find(|edge| edge.name == *name);
                edge.into_iter().for_each(|edge| edge.conduct.measured = true);
            }
            (Subject::Edge(name), BreakerOpenShare)
                if self.edges.iter().any(|edge| edge.name == *name && edge.breaker.is_none()) =>
            {
                let help = "add `breaker { trip = 50%, window = 20, open_for = 5s }` to the edge";
                return self.not_measured(format!("`{name}` has no breaker"), span, "never open", help);
            }
            _ => {}
        }
        Some(())
    }

    fn not_measured<T>(&mut self, message: String, span: Span, label: &str, help: &str) -> Option<T> {
        self.eval.report(Diagnostic::new(&codes::E0710, message, span, label).help(help));
        None
    }

    /// Whether something hands on messages that are followed until they are dealt with.
    pub(super) fn keeps_messages(&self, name: &str) -> bool {
        let of = |draft: &EdgeDraft| {
            self.drafts[draft.from].name.text == name || self.edges[draft.id.0 as usize].name == name
        };
        let is_followed = |draft: &EdgeDraft| self.edges[draft.id.0 as usize].subscription.is_some();
        self.edge_drafts.iter().any(|draft| of(draft) && is_followed(draft))
    }
}

/// Whether a subject can have a metric.
fn fits(subject: &Subject, quantity: Quantity) -> bool {
    use Quantity::*;
    let everywhere = matches!(quantity, Percentile(_) | Mean | Count | Errors(_) | ErrorRate);
    match subject {
        Subject::System | Subject::Flow(_) => {
            let of_all = matches!(quantity, MonthlyUsd | OfEdges(_) | TokensWasted | BudgetStops);
            let of_one = matches!(quantity, TurnsMean | TurnsPercentile(_));
            let either = matches!(quantity, Max | Throughput | Goodput | GoodShare | CostPer | Tokens);
            everywhere || either || if *subject == Subject::System { of_all } else { of_one }
        }
        Subject::Component(_) => {
            everywhere
                || matches!(
                    quantity,
                    WaitingPercentile(_)
                        | WaitingMean
                        | Throughput
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
                        | Tokens
                        | TokensWasted
                        | BudgetStops
                )
        }
        Subject::Replica(..) => {
            everywhere
                || matches!(
                    quantity,
                    Throughput | Utilization | QueueMean | Queue | OfComponents(component::SERVED | component::KILLED)
                )
        }
        Subject::Edge(_) => {
            everywhere && !matches!(quantity, Errors(Some(_)))
                || matches!(
                    quantity,
                    BreakerOpenShare
                        | Max
                        | RetryAmplification
                        | ConnectShare
                        | PermitWait
                        | BatchSize
                        | BatchWait
                        | OfEdges(_)
                )
        }
    }
}

/// Those that something like a subject has, for who asks for another.
fn metrics_of(subject: &Subject) -> &'static str {
    match subject {
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
    }
}
