//! `slo checkout { good = edge.checkout.latency < 1s, … }` → what counts as good, and how much of it is promised.

use super::system::{Builder, readable};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Item, Node};
use crate::units;
use std::rc::Rc;

/// Properties of `slo`.
const WORDS: [&str; 3] = ["good", "objective", "window"];

/// A share of good answers over a time.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// The endpoint whose requests it is of: `edge.checkout`.
    pub endpoint: String,
    /// The share that is promised.
    pub share: f64,
    /// Over which time, in nanoseconds.
    pub window_ns: u64,
}

impl Builder<'_> {
    /// `slo checkout { good = edge.checkout.latency < 1s, objective = 99.9%, window = 30d }`
    pub(super) fn slo(&mut self, item: &Item) {
        let Some(body) = &item.body else { return };
        let (mut endpoint, mut share, mut window_ns) = (None, 0.0, None);
        let mut seen = Vec::new();
        for statement in readable(body) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "an objective holds `good`, `objective` and `window`");
                continue;
            };
            let name = assign.target.dotted();
            match name.as_str() {
                "good" => endpoint = self.good(&assign.value),
                "objective" => share = self.share(&assign.value, &Rc::clone(&self.scope), "objective"),
                "window" => {
                    window_ns = self.time(&assign.value, "window");
                    if window_ns == Some(0) {
                        self.eval.no_time(&codes::E0207, "window", assign.value.span, "write `window = 30d`");
                    }
                }
                _ => self.unknown_word("slo", &name, assign.target.span, &WORDS),
            }
            seen.push(name);
        }
        let missing: Vec<&str> = WORDS.into_iter().filter(|w| seen.iter().all(|s| s != w)).collect();
        if !missing.is_empty() {
            let message = format!("`slo {}` has no {}", item.name.text, missing.join(" and no "));
            let diagnostic = Diagnostic::new(&codes::E0714, message, item.name.span, "incomplete");
            self.eval.report(diagnostic.help("write `good = a.b.latency < 1s, objective = 99.9%, window = 30d`"));
        }
        if let (Some(endpoint), Some(window_ns)) = (endpoint, window_ns) {
            self.objectives.push(Objective { name: item.name.text.clone(), endpoint, share, window_ns });
        }
    }

    /// Whether traffic asks an endpoint.
    pub(super) fn is_entered(&self, component: usize, index: usize) -> bool {
        let mut calls = self.sources.iter().flat_map(|source| &source.mix).map(|(_, call)| call.endpoint);
        calls.any(|at| (at.component.0 as usize, at.index as usize) == (component, index))
    }

    /// `edge.checkout.latency < 1s`: the endpoint, whose answers are good within that time.
    fn good(&mut self, expr: &Expr) -> Option<String> {
        let ExprKind::Binary(BinaryOp::Less | BinaryOp::LessEqual, left, right) = &expr.kind else {
            let message = "`good` compares a latency with a duration";
            let diagnostic = Diagnostic::new(&codes::E0208, message, expr.span, "not a comparison");
            self.eval.report(diagnostic.help("write `good = edge.checkout.latency < 1s`"));
            return None;
        };
        let ExprKind::Path(path) = &left.kind else { return None };
        let good_ns = self.time(right, "good");
        let mut path = path.clone();
        path.segments.pop_if(|last| last.name.text == "latency");
        let component = self.component_of(&path)?;
        let index = self.endpoint_of(component, &path)?;
        let endpoint = &mut self.components[component].endpoints[index];
        let name = format!("{}.{}", self.drafts[component].name.text, endpoint.name);
        let other_ns = std::mem::replace(&mut endpoint.good_within_ns, good_ns);
        if let (Some(other_ns), true) = (other_ns, other_ns != good_ns) {
            let message = format!("an answer of `{name}` is good within {} already", units::duration(other_ns as f64));
            let diagnostic = Diagnostic::new(&codes::E0514, message, expr.span, "or within this?");
            self.eval.report(diagnostic.help("keep one of them"));
        }
        if !self.is_entered(component, index) {
            let message = format!("no traffic enters at `{name}`: nothing of it counts as good or bad");
            let diagnostic = Diagnostic::new(&codes::W0517, message, left.span, "promises nothing");
            self.eval.report(diagnostic.help("name an endpoint that `traffic` asks"));
        }
        Some(name)
    }
}
