//! `scenario worse of shop { extends = storm … }` → scenarios and what they extend.
//!
//! A scenario has the statements of what it extends before its own, so that its own count. Within one of them nothing is said
//! twice: which one counts would depend on the order.

use super::Analysis;
use super::system::{Builder, Replacement};
use crate::codes;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Action, ExprKind, Node, Section, Statement};
use crate::syntax::span::Span;
use std::cell::Cell;

/// A scenario and those that it extends, each once; none if there is no such scenario.
pub(super) fn chain_of<'a>(analysis: &'a Analysis, name: &str) -> Vec<&'a Section> {
    let find = |name: &str| analysis.program.scenarios.iter().find(|s| s.name.text == name);
    let mut chain: Vec<&Section> = Vec::new();
    let mut next = find(name);
    while let Some(scenario) = next.filter(|next| !chain.iter().any(|s| std::ptr::eq(*s, *next))) {
        chain.push(scenario);
        next = extends(scenario).and_then(|(base, _)| find(&base));
    }
    chain
}

/// Statements of a scenario, those of what it extends before its own. Expectations are not inherited: what extends a failure
/// mends it, and expects something else.
pub(super) fn statements_of<'a>(chain: &[&'a Section]) -> Vec<&'a Statement> {
    let inherited = |statement: &&Statement| !matches!(statement.node, Node::Expect(_));
    let bases = chain.iter().skip(1).rev().flat_map(|scenario| &scenario.body).filter(inherited);
    bases.chain(chain.first().into_iter().flat_map(|scenario| &scenario.body)).collect()
}

/// Paths that a scenario, or what it extends, sets.
pub(super) fn set_by(analysis: &Analysis, name: &str) -> Vec<String> {
    let statements = statements_of(&chain_of(analysis, name));
    replacements(&statements).into_iter().map(|replacement| replacement.path).collect()
}

/// `extends = other`
pub(crate) fn extends(scenario: &Section) -> Option<(String, Span)> {
    scenario.body.statements.iter().find_map(|statement| match &statement.node {
        Node::Assign(assign) if assign.target.word() == Some("extends") => match &assign.value.kind {
            ExprKind::Path(path) => Some((path.dotted(), path.span)),
            _ => Some((String::new(), assign.value.span)),
        },
        _ => None,
    })
}

/// `set path = value` of a scenario.
pub(super) fn replacements(statements: &[&Statement]) -> Vec<Replacement> {
    statements
        .iter()
        .filter_map(|statement| match &statement.node {
            Node::Set(assign) => Some(Replacement {
                path: assign.target.dotted(),
                value: assign.value.clone(),
                span: Some(assign.target.span),
                used: Cell::new(false),
            }),
            _ => None,
        })
        .collect()
}

impl Builder<'_> {
    /// Reports what is wrong with a scenario and those that it extends.
    pub(super) fn extended(&mut self, analysis: &Analysis, chain: &[&Section]) {
        if let Some((base, span)) = chain.last().and_then(|last| extends(last)) {
            self.no_base(analysis, &base, span);
        }
        for scenario in chain {
            self.said_twice(scenario);
        }
    }

    /// The last of a chain extends what is in it already, or nothing.
    fn no_base(&mut self, analysis: &Analysis, base: &str, span: Span) {
        let known: Vec<&str> = analysis.program.scenarios.iter().map(|s| s.name.text.as_str()).collect();
        let diagnostic = if known.contains(&base) {
            let message = format!("the scenario `{base}` extends itself");
            Diagnostic::new(&codes::E0902, message, span, "a circle").help("remove one `extends`")
        } else {
            let help = match nearest(base, known.iter().copied()) {
                Some(meant) if !base.is_empty() => did_you_mean(meant),
                _ => format!("scenarios: {}", known.join(", ")),
            };
            let message = match base {
                "" => "`extends` asks for the name of a scenario".to_owned(),
                base => format!("there is no scenario `{base}` to extend"),
            };
            Diagnostic::new(&codes::E0301, message, span, "not found").help(help)
        };
        self.eval.report(diagnostic);
    }

    /// Properties, paths, phases and events that a scenario has twice.
    fn said_twice(&mut self, scenario: &Section) {
        let mut first: Vec<(&str, String, Span)> = Vec::new();
        for statement in &scenario.body {
            let Some((code, what, name, span)) = named(&statement.node) else { continue };
            if let Some(&(.., old)) = first.iter().find(|of| (of.0, &of.1) == (what, &name)) {
                let done = if code.id == codes::E0108.id { "set" } else { "declared" };
                let message = format!("`{name}` is {done} twice");
                let diagnostic = Diagnostic::new(code, message, span, format!("{done} again"));
                let diagnostic = diagnostic.label(old, format!("first {done} here"));
                self.eval.report(diagnostic.help("remove one of them"));
            } else {
                first.push((what, name, span));
            }
        }
    }
}

/// What a statement of a scenario gives a name or a value that it can have once: how it is complained of, its sort, its name.
fn named(node: &Node) -> Option<(&'static Code, &'static str, String, Span)> {
    match node {
        Node::Assign(assign) if assign.op == "=" => {
            Some((&codes::E0108, "property", assign.target.dotted(), assign.target.span))
        }
        Node::Set(assign) => Some((&codes::E0108, "path", assign.target.dotted(), assign.target.span)),
        Node::Phase(name, _) => Some((&codes::E0107, "phase", name.text.clone(), name.span)),
        Node::Timed(_, Action::Inject { named: Some(name), .. } | Action::Set { named: Some(name), .. }) => {
            Some((&codes::E0107, "event", name.text.clone(), name.span))
        }
        _ => None,
    }
}
