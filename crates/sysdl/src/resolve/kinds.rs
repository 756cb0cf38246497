//! Kinds, flattened: what a component of a kind has, its bases' definitions first.

use super::eval::Evaluator;
use super::program::Program;
use super::types::Type;
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Arg, Assign, Block, Declare, Item, Node, Path, Statement};
use crate::syntax::span::Span;
use std::sync::Arc;
use sysdl_order::Order as _;

/// Words that begin declarations inside components.
pub const ENDPOINT_WORDS: [&str; 2] = ["endpoint", "handler"];

/// A kind with all that its bases give it.
#[derive(Clone, Debug, Default)]
pub struct KindView {
    /// A template has endpoints of its own, so that the kind's `handle` is not there.
    pub has_own: bool,
    /// The name reports show: the nearest kind that is no template.
    pub label: String,
    /// The kind and its bases.
    pub chain: Vec<String>,
    /// Properties in declaration order.
    pub properties: Vec<(Declare, Type)>,
    /// Their names, for the scope of each component.
    pub names: Vec<Arc<str>>,
    /// Assignments that replace defaults, base first.
    pub assigns: Vec<Assign>,
    /// Of each property, the last of the assignments that replace its default.
    pub replaced: Vec<Option<usize>>,
    /// Sections such as `station`, base first.
    pub sections: Vec<(String, Block)>,
    /// Endpoints; a later one replaces an earlier one of its name.
    pub endpoints: Vec<Item>,
    /// Properties that a later version gives a meaning.
    pub later: Vec<String>,
}

impl KindView {
    /// Flattens a kind. `None` and a diagnostic if there is none.
    pub fn of(program: &Program, path: &Path, evaluator: &mut Evaluator) -> Option<KindView> {
        let mut chain: Vec<&super::program::KindDef> = Vec::new();
        let mut next = Some(path.clone());
        let mut view = KindView::default();
        while let Some(path) = next {
            let name = path.dotted();
            if view.chain.contains(&name) || chain.len() > 16 {
                let message = format!("the kind `{name}` extends itself");
                evaluator
                    .report(Diagnostic::new(&codes::E0902, message, path.span, "a circle").help("remove one base"));
                return None;
            }
            let Some(def) = program.kinds.get(&name) else {
                unknown_kind(program, &name, path.span, evaluator);
                return None;
            };
            view.chain.push(name);
            chain.push(def);
            next = def.kind.base.clone();
        }
        let label = chain.iter().position(|def| !def.kind.template).unwrap_or(0);
        view.label = view.chain[label].clone();
        for def in chain.iter().rev() {
            let mut names = def.kind.body.statements.iter().filter_map(endpoint_name).peekable();
            // Endpoints of a template are the user's own, as those of a component.
            view.has_own |= def.kind.template && names.peek().is_some() && names.all(|name| name != "handle");
            for statement in &def.kind.body {
                view.add(statement, evaluator);
            }
        }
        let last = |(declare, _): &(Declare, Type)| {
            view.assigns.iter().rposition(|assign| assign.target.is(&declare.name.text))
        };
        view.replaced = view.properties.iter().map(last).collect();
        view.names = view.properties.iter().map(|(declare, _)| declare.name.text.as_str().into()).collect();
        Some(view)
    }

    fn add(&mut self, statement: &Statement, evaluator: &mut Evaluator) {
        match &statement.node {
            Node::Declare(declare) => {
                let ty = Type::of(declare, evaluator);
                let declare = Declare { docs: statement.docs.clone(), ..declare.clone() };
                self.properties.retain(|(old, _)| old.name.text != declare.name.text);
                self.properties.push((declare, ty));
            }
            Node::Assign(assign) => self.assigns.push(assign.clone()),
            Node::Section(section) => match super::meters::grouped(section, self) {
                Some(assigns) => self.assigns.extend(assigns),
                None => self.sections.push((section.name.text.clone(), section.body.clone())),
            },
            Node::Item(item) if ENDPOINT_WORDS.contains(&item.kind.dotted().as_str()) => {
                self.endpoints.retain(|old| old.name.text != item.name.text);
                self.endpoints.push(item.clone());
            }
            Node::Bare(name, args) if name.text == "later" => self.later.extend(args.iter().filter_map(Arg::word)),
            Node::Bad => {}
            _ => {
                let message = "a kind holds properties, sections and endpoints";
                evaluator.report(
                    Diagnostic::new(&codes::E0115, message, statement.span, "not one of these")
                        .help("write `name: type = default`, `station { … }` or `endpoint name { … }`"),
                );
            }
        }
    }

    /// Whether the kind has a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&(Declare, Type)> {
        self.properties.iter().find(|(declare, _)| declare.name.text == name)
    }
}

fn endpoint_name(statement: &Statement) -> Option<&str> {
    let Node::Item(item) = &statement.node else { return None };
    ENDPOINT_WORDS.contains(&item.kind.dotted().as_str()).then_some(item.name.text.as_str())
}

fn unknown_kind(program: &Program, name: &str, span: Span, evaluator: &mut Evaluator) {
    let mut known: Vec<&str> = program.kinds.keys().map(String::as_str).filter(|name| *name != "component").collect();
    known.order();
    let help = match nearest(name, known.iter().copied()) {
        Some(meant) => did_you_mean(meant),
        None => format!("kinds: {}", known.join(", ")),
    };
    let diagnostic =
        Diagnostic::new(&codes::E0105, format!("there is no kind `{name}`"), span, "unknown kind").help(help);
    evaluator.report(match nearest(name, known.iter().copied()) {
        Some(meant) => diagnostic.edit(span, meant),
        None => diagnostic,
    });
}
