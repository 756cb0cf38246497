//! `health { … }`, `eject { … }`, `slow_start`, `fail_open`, `panic`: to which replicas an edge may send.

use super::kinds::KindView;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Assign, Block, Node, Statement};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{EdgeId, Eject, Eligibility, Health, Queueing};

/// Properties of an edge that say which replicas it may send to; all but the last two can make one ineligible.
pub(super) const WORDS: [&str; 5] = ["health", "eject", "slow_start", "fail_open", "panic"];
/// Properties of `eject`.
const EJECT: [(&str, Dimension); 3] =
    [("failures", Dimension::Count), ("for", Dimension::Duration), ("most", Dimension::Share)];
/// Properties of `health`.
const HEALTH: [(&str, Dimension); 4] = [
    ("interval", Dimension::Duration),
    ("timeout", Dimension::Duration),
    ("fall", Dimension::Count),
    ("rise", Dimension::Count),
];

/// What an edge's block, or the `link` of a kind, says of replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct EligibilityDraft {
    eject: Option<Option<Eject>>,
    health: Option<Option<Health>>,
    slow_start_ns: Option<u64>,
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

    /// This, with gaps filled from a wider one.
    pub(super) fn over(&self, wider: &EligibilityDraft) -> EligibilityDraft {
        EligibilityDraft {
            eject: self.eject.or(wider.eject),
            health: self.health.or(wider.health),
            slow_start_ns: self.slow_start_ns.or(wider.slow_start_ns),
            fail_open: self.fail_open.or(wider.fail_open),
            panic: self.panic.or(wider.panic),
            said: self.said,
        }
    }

    /// As the model has it.
    pub(super) fn eligibility(&self) -> Option<Eligibility> {
        let (eject, health) = (self.eject.flatten(), self.health.flatten());
        (eject.is_some() || health.is_some()).then(|| Eligibility {
            eject,
            health,
            slow_start_ns: self.slow_start_ns.unwrap_or(0),
            fail_open: self.fail_open.unwrap_or(true),
            panic: self.panic.unwrap_or(0.0),
        })
    }
}

/// Whether a statement says which replicas an edge may send to.
pub(super) fn is_about(statement: &Statement) -> bool {
    let name = match &statement.node {
        Node::Assign(assign) => assign.target.dotted(),
        Node::Section(section) => section.name.text.clone(),
        _ => return false,
    };
    WORDS.contains(&name.as_str())
}

impl Builder<'_> {
    /// A statement that says which replicas an edge may send to. False if it is about something else.
    pub(super) fn eligibility(&mut self, statement: &Statement, scope: &Scope, draft: &mut EligibilityDraft) -> bool {
        let (name, span) = match &statement.node {
            Node::Assign(assign) => (assign.target.dotted(), assign.target.span),
            Node::Section(section) => (section.name.text.clone(), section.name.span),
            _ => return false,
        };
        let Some(word) = WORDS.into_iter().find(|word| *word == name) else { return false };
        draft.said.get_or_insert((word, span));
        match &statement.node {
            Node::Section(section) if word == "eject" => draft.eject = Some(Some(self.eject(&section.body, scope))),
            Node::Section(section) if word == "health" => draft.health = Some(self.health(&section.body, scope)),
            Node::Assign(assign) => self.eligibility_value(word, assign, scope, draft),
            _ => self.misplaced(statement, &format!("write `{word} = …`")),
        }
        true
    }

    fn eligibility_value(&mut self, word: &'static str, assign: &Assign, scope: &Scope, draft: &mut EligibilityDraft) {
        let span = assign.value.span;
        if matches!(word, "health" | "eject") {
            let none = self.eval.eval(&assign.value, scope) == Value::None;
            let block = if none { None } else { self.named(word, &assign.value) };
            if word == "eject" {
                draft.eject = Some(block.map(|block| self.eject(block, scope)));
            } else {
                draft.health = Some(block.and_then(|block| self.health(block, scope)));
            }
            return;
        }
        let ty = match word {
            "slow_start" => Type::Quantity(Dimension::Duration),
            "panic" => Type::Quantity(Dimension::Share),
            _ => Type::Flag,
        };
        let value = self.eval.eval(&assign.value, scope);
        match (word, self.eval.hold(value, &ty, false, word, span)) {
            ("slow_start", Value::Number(ns, _)) => draft.slow_start_ns = Some(ns as u64),
            ("panic", Value::Number(share, _)) => draft.panic = Some(share),
            (_, Value::Word(flag)) => draft.fail_open = Some(flag == "true"),
            _ => {}
        }
    }

    /// `eject { failures = 5, for = 30s, most = 10% }`
    fn eject(&mut self, block: &Block, scope: &Scope) -> Eject {
        let mut eject = Eject { failures: 5, lasting_ns: 30_000_000_000, most: 0.1 };
        for (name, number, _) in self.quantities("eject", block, scope, &EJECT) {
            match name {
                "failures" => eject.failures = number.min(1e9) as u32,
                "for" => eject.lasting_ns = number as u64,
                _ => eject.most = number,
            }
        }
        eject
    }

    /// `health { interval = 10s, timeout = 2s, fall = 3, rise = 2 }`
    fn health(&mut self, block: &Block, scope: &Scope) -> Option<Health> {
        let mut health = Health { interval_ns: 10_000_000_000, timeout_ns: 0, fall: 3, rise: 2 };
        let said = self.quantities("health", block, scope, &HEALTH);
        for (name, number, _) in &said {
            match *name {
                "interval" => health.interval_ns = *number as u64,
                "timeout" => health.timeout_ns = *number as u64,
                "fall" => health.fall = number.min(1e9) as u32,
                _ => health.rise = number.min(1e9) as u32,
            }
        }
        if health.timeout_ns == 0 {
            health.timeout_ns = (health.interval_ns / 2).clamp(1, 2_000_000_000);
        }
        if health.timeout_ns >= health.interval_ns {
            let at = said.iter().find(|(name, ..)| matches!(*name, "timeout" | "interval")).map(|(_, _, span)| *span);
            let message = "a probe must have its result before the next begins";
            let diagnostic = Diagnostic::new(&codes::E0514, message, at.unwrap_or(block.span), "too long a wait");
            self.eval.report(diagnostic.help("write a `timeout` below the `interval`: `interval = 10s, timeout = 2s`"));
            return None;
        }
        Some(health)
    }

    /// The assignments of a block that holds quantities, all of them positive.
    fn quantities(
        &mut self,
        word: &str,
        block: &Block,
        scope: &Scope,
        known: &[(&'static str, Dimension)],
    ) -> Vec<(&'static str, f64, Span)> {
        let mut found = Vec::new();
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, &format!("`{word}` holds `name = value`"));
                continue;
            };
            let (name, span) = (assign.target.dotted(), assign.value.span);
            let Some(&(name, dimension)) = known.iter().find(|(known, _)| *known == name) else {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                self.unknown_word(word, &name, assign.target.span, &names);
                continue;
            };
            let value = self.eval.eval(&assign.value, scope);
            match self.eval.hold(value, &Type::Quantity(dimension), false, name, span) {
                Value::Number(number, _) if dimension != Dimension::Share && number < 1.0 => {
                    let message = format!("`{name}` of `{word}` must be positive");
                    let diagnostic = Diagnostic::new(&codes::E0207, message, span, "it would never work");
                    self.eval.report(diagnostic.help(match word {
                        "eject" => "write `eject { failures = 5, for = 30s }`",
                        _ => "write `health { interval = 10s, timeout = 2s, fall = 3, rise = 2 }`",
                    }));
                }
                Value::Number(number, _) => found.push((name, number, span)),
                _ => {}
            }
        }
        found
    }

    /// What the `link` sections of a kind say of replicas, base first.
    pub(super) fn eligibility_of_kind(&mut self, view: &KindView, scope: &Rc<Scope>) -> EligibilityDraft {
        let mut draft = EligibilityDraft::default();
        for (_, block) in view.sections.iter().filter(|(name, _)| name == "link") {
            for statement in readable(block) {
                self.eligibility(statement, scope, &mut draft);
            }
        }
        EligibilityDraft { said: None, ..draft }
    }

    /// What would be ignored: rules for too few eligible replicas where all always are, and any where none is chosen.
    pub(super) fn pointless_eligibility(&mut self) {
        for index in 0..self.edge_drafts.len() {
            let draft = &self.edge_drafts[index];
            let (edge, to, said) = (draft.id, draft.to, draft.policy.eligibility.clone());
            self.pointless_for(edge, to, &said);
        }
    }

    /// The same for one edge, of which so much was said.
    pub(super) fn pointless_for(&mut self, edge: EdgeId, to: usize, draft: &EligibilityDraft) {
        let shared = self.components[to].station.queue == Queueing::Shared;
        let row = &mut self.edges[edge.0 as usize];
        let eligibility = row.eligibility;
        if shared {
            row.eligibility = None;
        }
        let Some((name, span)) = draft.said else { return };
        let switched_off = draft.eject == Some(None) || draft.health == Some(None);
        if eligibility.is_none() && !switched_off {
            let message = format!("`{name}` is for edges that stop sending to some replicas");
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "this one never does");
            self.eval.report(diagnostic.help("add `health { interval = 10s }` or `eject { failures = 5 }`"));
        } else if shared {
            let callee = &self.drafts[to].name.text;
            let message = format!("the replicas of `{callee}` share a queue: none of them is chosen");
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "there is nobody to leave out");
            self.eval.report(diagnostic.help(format!("remove `{name}`")));
        }
    }
}
