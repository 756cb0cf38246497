//! `balance = …`, `cross_zone`: how an edge chooses among replicas, and what it makes of zones.

use super::eval::{Args, Evaluator};
use super::system::Builder;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Balance, EdgeId, Queueing, Zones};

/// The way to balance that a value names, which has been held to the type of one; and whether it prefers the caller's zone.
pub(super) fn of(value: &Value) -> (Balance, bool) {
    let balance = match value {
        Value::Balance(balance, zone) => return (balance.clone(), *zone),
        Value::Choices(d) => Balance::Choices(*d),
        Value::Word(word) => match word.as_str() {
            "random" => Balance::Random,
            "least_loaded" => Balance::Least,
            "sticky" => Balance::Sticky,
            "hash" => Balance::Hash,
            "ring" => Balance::Ring,
            "maglev" => Balance::Maglev,
            _ => Balance::RoundRobin,
        },
        _ => Balance::RoundRobin,
    };
    (balance, *value == Value::Word("zone".into()))
}

impl Evaluator {
    /// `weighted([3, 1, 1])`
    pub(super) fn weighted(&mut self, a: &Args) -> Value {
        let Some((Value::List(items), _)) = a.find("weights", 0) else {
            return self.impossible(a, "weighted needs a list: `weighted([3, 1, 1])`".to_owned());
        };
        let weight = |item: &Value| match item {
            Value::Number(number, Dimension::Count)
                if (1.0..=1e6).contains(number) && *number == libm::floor(*number) =>
            {
                Some(*number as u32)
            }
            _ => None,
        };
        match items.iter().map(weight).collect::<Option<Vec<u32>>>() {
            Some(weights) if !weights.is_empty() => Value::Balance(Balance::Weighted(weights), false),
            _ if items.contains(&Value::Bad) => Value::Bad,
            _ => self.impossible(a, "weights are whole numbers from 1 to a million".to_owned()),
        }
    }
}

impl Builder<'_> {
    /// Weights that do not fit their replicas, and zones that are not there.
    pub(super) fn mismatched_balance(&mut self) {
        for index in 0..self.edge_drafts.len() {
            let draft = &self.edge_drafts[index];
            let (id, from, to, span) = (draft.id, draft.from, draft.to, draft.span);
            let (caller, callee) = (self.drafts[from].name.text.clone(), self.drafts[to].name.text.clone());
            self.mismatched_weights(id, to, span);
            let edge = id.0 as usize;
            let zones = (self.drafts[from].zones, self.drafts[to].zones);
            let Some(Zones { prefer, .. }) = self.edges[edge].zones else { continue };
            let what = if prefer { "`balance = zone`" } else { "`cross_zone`" };
            if zones.0 == 0 || zones.0 != zones.1 {
                let message = format!("{what} needs `{caller}` and `{callee}` to lie in the same zones");
                let label = format!("`{caller}` lies in {}, `{callee}` in {}", zones.0.max(1), zones.1.max(1));
                let diagnostic = Diagnostic::new(&codes::E0514, message, span, label);
                self.eval.report(diagnostic.help("write `zones = 3` in both"));
                self.edges[edge].zones = None;
            } else if self.components[to].station.queue == Queueing::Shared {
                let message = format!("the replicas of `{callee}` share a queue: none of them is chosen");
                let diagnostic =
                    Diagnostic::new(&codes::E0514, message, span, "there is no zone to prefer or to cross to");
                self.eval.report(diagnostic.help(format!("remove {what}")));
            }
        }
    }

    /// Weights of an edge that do not fit the replicas of its callee.
    pub(super) fn mismatched_weights(&mut self, edge: EdgeId, to: usize, span: Span) {
        let (replicas, callee) = (self.drafts[to].replicas, &self.drafts[to].name.text);
        if let Balance::Weighted(weights) = &self.edges[edge.0 as usize].balance
            && weights.len() != replicas as usize
        {
            let message = format!("{} weights for the {replicas} replicas of `{callee}`", weights.len());
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "each replica needs a weight");
            self.eval.report(diagnostic.help(format!("write {replicas} of them: `weighted([…])`")));
        }
    }
}
