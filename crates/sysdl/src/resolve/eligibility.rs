//! `eject { … }`, `fail_open`, `panic`: to which replicas an edge may send.

use super::edges::EdgeDraft;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Assign, Block, Node};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Eject, Eligibility, Queueing};

/// Properties of `eject`.
const EJECT: [&str; 3] = ["failures", "for", "most"];

/// What an edge's block says of its replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct EligibilityDraft {
    pub(super) eject: Option<Eject>,
    fail_open: Option<bool>,
    panic: Option<f64>,
    /// What was said first, and where.
    said: Option<(&'static str, Span)>,
}

impl EligibilityDraft {
    /// The first of its properties that was set.
    pub(super) fn said(&self) -> Option<&'static str> {
        self.said.map(|(name, _)| name)
    }

    /// As the model has it.
    pub(super) fn eligibility(&self) -> Option<Eligibility> {
        self.eject.map(|eject| Eligibility {
            eject: Some(eject),
            fail_open: self.fail_open.unwrap_or(true),
            panic: self.panic.unwrap_or(0.0),
        })
    }
}

impl Builder<'_> {
    /// `eject { failures = 5, for = 30s, most = 10% }`
    pub(super) fn eject(&mut self, block: &Block, scope: &Scope, draft: &mut EligibilityDraft) {
        let mut eject = Eject { failures: 5, lasting_ns: 30_000_000_000, most: 0.1 };
        draft.said.get_or_insert(("eject", block.span));
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "an ejection holds `name = value`");
                continue;
            };
            let (name, span) = (assign.target.dotted(), assign.value.span);
            let ty = match name.as_str() {
                "failures" => Type::Quantity(Dimension::Count),
                "for" => Type::Quantity(Dimension::Duration),
                "most" => Type::Quantity(Dimension::Share),
                _ => {
                    self.unknown_word("eject", &name, assign.target.span, &EJECT);
                    continue;
                }
            };
            let value = self.eval.eval(&assign.value, scope);
            match (name.as_str(), self.eval.hold(value, &ty, false, &name, span)) {
                ("failures" | "for", Value::Number(number, _)) if number < 1.0 => {
                    let message = format!("`{name}` of an ejection must be positive");
                    let diagnostic = Diagnostic::new(&codes::E0207, message, span, "it would never work");
                    self.eval.report(diagnostic.help("write `failures = 5, for = 30s`"));
                }
                ("failures", Value::Number(failures, _)) => eject.failures = failures.min(1e9) as u32,
                ("for", Value::Number(ns, _)) => eject.lasting_ns = ns as u64,
                (_, Value::Number(share, _)) => eject.most = share,
                _ => {}
            }
        }
        draft.eject = Some(eject);
    }

    /// `fail_open = off`, `panic = 50%`
    pub(super) fn fail_open(&mut self, name: &str, assign: &Assign, scope: &Scope, draft: &mut EligibilityDraft) {
        let span = assign.value.span;
        let value = self.eval.eval(&assign.value, scope);
        if name == "panic" {
            draft.said.get_or_insert(("panic", assign.target.span));
            let ty = Type::Quantity(Dimension::Share);
            if let Value::Number(share, _) = self.eval.hold(value, &ty, false, name, span) {
                draft.panic = Some(share);
            }
            return;
        }
        draft.said.get_or_insert(("fail_open", assign.target.span));
        if let Value::Word(word) = self.eval.hold(value, &Type::Flag, false, name, span) {
            draft.fail_open = Some(word == "true");
        }
    }

    /// What would be ignored: rules for too few eligible replicas where all always are, and any where none is chosen.
    pub(super) fn pointless_eligibility(&mut self) {
        let drafts: Vec<(usize, EligibilityDraft)> =
            self.edge_drafts.iter().map(|EdgeDraft { to, policy, .. }| (*to, policy.eligibility.clone())).collect();
        for (to, draft) in drafts {
            let Some((name, span)) = draft.said else { continue };
            if draft.eligibility().is_none() {
                let message = format!("`{name}` is for edges that stop sending to some replicas");
                let diagnostic = Diagnostic::new(&codes::E0209, message, span, "this one never does");
                self.eval.report(diagnostic.help("add `eject { failures = 5, for = 30s }`"));
            } else if self.components[to].station.queue == Queueing::Shared {
                let callee = &self.drafts[to].name.text;
                let message = format!("the replicas of `{callee}` share a queue: none of them is chosen");
                let diagnostic = Diagnostic::new(&codes::E0209, message, span, "there is nobody to leave out");
                self.eval.report(diagnostic.help(format!("remove `{name}`")));
            }
        }
    }
}
