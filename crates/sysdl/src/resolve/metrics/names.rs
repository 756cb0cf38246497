//! What metrics are called.

use super::super::system::Builder;
use crate::codes;
use crate::diagnostic::{Diagnostic, meant};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_kernel::columns::{component, edge, subscription};
use sysdl_kernel::outcome;
use sysdl_runtime::expect::Quantity;

/// Metrics that stand alone or take one subject.
pub(crate) const METRICS: &[&str] = &[
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
    "leaderless",
];

/// Those that count what happens on edges: names of their columns.
pub(super) const OF_EDGES: &[&str] = &[
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
pub(super) const OF_COMPONENTS: &[&str] =
    &["served", "orphaned", "killed", "hits", "misses", "coalesced", "setups", "elections", "vanished"];
/// Those of messages that a topic has handed on.
pub(super) const OF_MESSAGES: [(&str, Quantity, Dimension); 8] = [
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
pub(super) const LATER: [&str; 2] = ["heals", "metastable"];

impl Builder<'_> {
    pub(super) fn unknown_metric(&mut self, name: &str, span: Span) {
        let last = name.rsplit('.').next().unwrap_or(name);
        if LATER.contains(&name) || LATER.contains(&last) {
            return self.eval.later(&format!("the metric `{name}`"), span);
        }
        let help = meant(name, "metrics:", METRICS);
        self.eval.report(
            Diagnostic::new(&codes::E0710, format!("there is no metric `{name}`"), span, "not measured").help(help),
        );
    }
}

pub(super) fn is_time(word: &str) -> bool {
    matches!(word, "latency" | "waiting" | "sojourn" | "end_to_end")
}

/// `p99`, `p99.9` → the share below.
pub(super) fn percentile(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?;
    let value: f64 = digits.parse().ok()?;
    (value > 0.0 && value < 100.0).then_some(value / 100.0)
}

/// What a word alone means of all response times: `p99` is `p99(latency)`.
pub(super) fn of_responses(name: &str) -> Option<Quantity> {
    match name {
        "mean" => Some(Quantity::Mean),
        "max" => Some(Quantity::Max),
        _ => percentile(name).map(Quantity::Percentile),
    }
}

pub(super) fn simple(name: &str) -> Option<(Quantity, Dimension, bool)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_alone_are_those_of_responses() {
        assert_eq!(of_responses("p50"), Some(Quantity::Percentile(0.5)));
        assert_eq!(of_responses("max"), Some(Quantity::Max));
        assert_eq!(of_responses("p0"), None);
        assert_eq!(of_responses("people"), None);
    }
}
