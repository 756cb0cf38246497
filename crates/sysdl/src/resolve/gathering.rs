//! `linger = 5ms, batch = 256KiB`: requests that gather at their sender and set out as one.

use super::system::Builder;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::Assign;
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Balance, Component, Edge, Gather, Queueing};

/// Properties of an edge that say it.
pub(super) const PROPERTIES: [&str; 3] = ["linger", "batch", "work_per"];
/// Most messages of a batch.
const MESSAGES_MAX: f64 = 1e6;

/// What an edge says of batches.
#[derive(Clone, Debug, Default)]
pub(super) struct GatherDraft {
    linger: Option<(u64, Span)>,
    messages: Option<u32>,
    weight: Option<u64>,
    batch: Option<Span>,
    /// Whether a batch is one unit of work, and where that stands.
    together: Option<(bool, Span)>,
}

impl GatherDraft {
    pub(super) fn is_said(&self) -> bool {
        self.linger.is_some() || self.batch.is_some() || self.together.is_some()
    }
}

impl Builder<'_> {
    /// `linger = 5ms`, `batch = 500 | 256KiB`, `work_per = batch | message`
    pub(super) fn gather_property(&mut self, name: &str, assign: &Assign, scope: &Scope, draft: &mut GatherDraft) {
        let span = assign.value.span;
        let value = self.eval.eval(&assign.value, scope);
        let ty = match (name, &value) {
            ("linger", _) => Type::Quantity(Dimension::Duration),
            ("batch", Value::Number(_, Dimension::Size)) => Type::Quantity(Dimension::Size),
            ("batch", _) => Type::Quantity(Dimension::Count),
            _ => Type::OneOf(vec!["batch".into(), "message".into()]),
        };
        let value = self.eval.hold(value, &ty, false, name, span);
        match (name, value) {
            (_, Value::Number(number, _)) if number < 1.0 => {
                let message = format!("`{name}` must be positive");
                let diagnostic = Diagnostic::new(&codes::E0207, message, span, "nothing would gather");
                self.eval.report(diagnostic.help("write `linger = 5ms, batch = 256KiB`, or remove both"));
            }
            ("linger", Value::Number(ns, _)) => draft.linger = Some((ns as u64, span)),
            ("batch", Value::Number(bytes, Dimension::Size)) => {
                (draft.weight, draft.batch) = (Some(bytes as u64), Some(span))
            }
            ("batch", Value::Number(count, _)) => {
                (draft.messages, draft.batch) = (Some(count.min(MESSAGES_MAX) as u32), Some(span));
            }
            (_, Value::Word(word)) => draft.together = Some((word == "batch", span)),
            _ => {}
        }
    }

    /// As the model has it, for an edge to a component.
    pub(super) fn gather(&mut self, draft: &GatherDraft, to: usize) -> Option<Gather> {
        let said = draft.batch.or(draft.together.map(|(_, span)| span));
        let Some((linger_ns, _)) = draft.linger else {
            if let Some(span) = said {
                let message = "a batch of requests needs a `linger`";
                let diagnostic = Diagnostic::new(&codes::E0109, message, span, "how long does the first wait?");
                self.eval.report(diagnostic.help("add `linger = 5ms`"));
            }
            return None;
        };
        let handler = self.drafts[to].endpoints.iter().any(|e| e.handler);
        let own_queues = self.drafts[to].station.queue == Queueing::PerReplica && !handler;
        if let (Some((true, span)), false) = (draft.together, own_queues) {
            let message = format!("`{}` takes one message at a time from a queue", self.drafts[to].name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "no work for a whole batch");
            self.eval.report(diagnostic.help("write `work_per = message`, or `batch { size = 50 }` for its handler"));
        }
        let together = draft.together.map_or(own_queues, |(together, _)| together && own_queues);
        Some(Gather { linger_ns, messages: draft.messages, weight: draft.weight, together })
    }

    /// What edges that gather cannot do besides, once all is known of their callees.
    pub(super) fn odd_gathering(&mut self) {
        for e in 0..self.edge_drafts.len() {
            let draft = &self.edge_drafts[e];
            let Some((_, span)) = draft.policy.gather.linger else { continue };
            let edge = &self.edges[draft.id.0 as usize];
            let to = &self.components[draft.to];
            let Some((why, help)) = at_odds(edge, to) else { continue };
            let message = format!("requests to `{}` cannot gather: {why}", to.name);
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "nothing would gather");
            self.eval.report(diagnostic.help(help));
        }
    }
}

/// What does not go with gathering, and what to do about it.
fn at_odds(edge: &Edge, to: &Component) -> Option<(&'static str, &'static str)> {
    let (fleet, group) = (to.fleet.is_some(), to.station.group.is_some());
    if to.leaders.is_some() {
        return Some(("one of its replicas leads", "remove `linger`, or `leader`"));
    }
    let by_key = matches!(edge.balance, Balance::Hash | Balance::Ring | Balance::Maglev | Balance::Weighted(_));
    if group {
        return Some((
            "its handlers take messages in groups",
            "write `batch { size = 50, wait = 2s }` to work on several",
        ));
    }
    if fleet {
        return Some(("its replicas come and go", "put what gathers in front of a component that stays"));
    }
    if edge.eligibility.is_some() || edge.zones.is_some() || by_key {
        let help = "remove `health`, `eject` and zones from the edge, and write `balance = round_robin`";
        return Some(("the edge chooses among its replicas message by message", help));
    }
    None
}
