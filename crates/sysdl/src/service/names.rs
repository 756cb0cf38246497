//! Where the user's own names are defined, and where they are used.
//!
//! Found in the tree, so what stands in a statement that could not be read is not among them. A name means what the
//! resolver takes it for: the same word may be a component of one system and an endpoint of another.

use super::document::Document;
use crate::resolve::kinds::ENDPOINT_WORDS;
use crate::resolve::program::Program;
use crate::syntax::ast::{Block, Item, Name, Node, Section, Statement};
use crate::syntax::span::Span;
use sysdl_order::Order as _;

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Kind,
    Fault,
    /// A parameter or a `let`.
    Value,
    Policy,
    System,
    Scenario,
    Component,
    Traffic,
    Endpoint,
    /// A phase or an event of a scenario.
    Moment,
}

impl Sort {
    /// As texts call it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Sort::Kind => "kind",
            Sort::Fault => "fault",
            Sort::Value => "value",
            Sort::Policy => "policy",
            Sort::System => "system",
            Sort::Scenario => "scenario",
            Sort::Component => "component",
            Sort::Traffic => "traffic",
            Sort::Endpoint => "endpoint",
            Sort::Moment => "moment",
        }
    }
}

/// A name and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) sort: Sort,
    /// The system of a component, `system/component` or `kind:name` of an endpoint, the scenario of a moment. What
    /// amends or extends another has the names of that: then it is the first of them.
    pub(super) owner: String,
    pub(super) name: String,
}

/// Where a name is defined.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) symbol: Symbol,
    /// The name.
    pub(super) span: Span,
    /// The statement.
    pub(super) whole: Span,
    pub(super) docs: Vec<String>,
    /// The kind of a component, the title of a scenario: what lists say beside the name.
    pub(super) detail: String,
    /// How many definitions it is inside of.
    pub(super) depth: u32,
    /// An import brings it.
    pub(super) imported: bool,
}

/// All names of a file.
pub(super) struct Names {
    pub(super) definitions: Vec<Definition>,
    /// Every place where one stands, its definition included, in the order of the text.
    pub(super) mentions: Vec<(Span, Symbol)>,
    /// The kind of each component: owner, name, kind.
    pub(super) kinds: Vec<(String, String, String)>,
}

impl Names {
    pub(super) fn of(document: &Document<'_>) -> Names {
        let mut names = Names { definitions: Vec::new(), mentions: Vec::new(), kinds: Vec::new() };
        for statement in &document.analysis.file.statements {
            names.define(&document.analysis.program, statement);
        }
        names.mentions = names.definitions.iter().map(|of| (of.span, of.symbol.clone())).collect();
        super::uses::uses(document, &mut names);
        names.mentions.order_by_key(|(span, _)| *span);
        names.mentions.dedup_by_key(|(span, _)| *span);
        names
    }

    /// What the name at a byte is.
    pub(super) fn at(&self, byte: u32) -> Option<&(Span, Symbol)> {
        self.mentions.iter().find(|(span, _)| span.start <= byte && byte <= span.end)
    }

    /// Where a name is defined.
    pub(super) fn definition(&self, symbol: &Symbol) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.symbol == *symbol)
    }

    /// Whether a name of a sort and an owner is defined.
    pub(super) fn has(&self, sort: Sort, owner: &str, name: &str) -> bool {
        self.of_sort(sort, owner).any(|of| of.symbol.name == name)
    }

    /// Definitions of a sort and an owner.
    pub(super) fn of_sort(&self, sort: Sort, owner: &str) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |of| of.symbol.sort == sort && of.symbol.owner == owner)
    }

    /// The kind of a component.
    pub(super) fn kind_of(&self, owner: &str, component: &str) -> Option<&str> {
        self.kinds.iter().find(|(of, name, _)| of == owner && name == component).map(|(.., kind)| kind.as_str())
    }

    /// An endpoint of a component: its own, or that of a kind of the user.
    pub(super) fn endpoint(&self, program: &Program, owner: &str, component: &str, name: &str) -> Option<Symbol> {
        let own = format!("{owner}/{component}");
        let mut owners = vec![own];
        let kinds = chain(program, self.kind_of(owner, component).unwrap_or(""));
        owners.extend(kinds.into_iter().map(|kind| format!("kind:{kind}")));
        let owner = owners.into_iter().find(|owner| self.has(Sort::Endpoint, owner, name))?;
        Some(Symbol { sort: Sort::Endpoint, owner, name: name.to_owned() })
    }

    fn add(&mut self, sort: Sort, owner: &str, name: &Name, whole: &Statement, detail: &str, depth: u32) {
        if !name.text.is_empty() {
            self.definitions.push(Definition {
                symbol: Symbol { sort, owner: owner.to_owned(), name: name.text.clone() },
                span: name.span,
                whole: whole.span,
                docs: whole.docs.clone(),
                detail: detail.to_owned(),
                depth,
                imported: false,
            });
        }
    }

    fn define(&mut self, program: &Program, statement: &Statement) {
        match &statement.node {
            Node::Kind(kind) => {
                let name = Name { text: kind.name.dotted(), span: kind.name.span };
                let base = kind.base.as_ref().map(|base| base.dotted()).unwrap_or_default();
                self.add(Sort::Kind, "", &name, statement, &base, 0);
                self.endpoints(&format!("kind:{}", name.text), &kind.body, 1);
            }
            Node::Fault { name, target, .. } => self.add(Sort::Fault, "", name, statement, &target.text, 0),
            Node::Let(name, _) => self.add(Sort::Value, "", name, statement, "let", 0),
            Node::LetBlock(name, word, _) => self.add(Sort::Policy, "", name, statement, &word.text, 0),
            Node::Declare(declare) => self.add(Sort::Value, "", &declare.name, statement, &declare.ty.text, 0),
            Node::Import { alias, names, .. } => {
                let visible = names.iter().map(|(name, alias)| alias.as_ref().unwrap_or(name));
                for name in visible.chain(alias) {
                    self.add(imported(program, &name.text), "", name, statement, "import", 0);
                    self.definitions.last_mut().into_iter().for_each(|of| of.imported = true);
                }
            }
            Node::System(section) => {
                let title = section.title.clone().unwrap_or_default();
                self.add(Sort::System, "", &section.name, statement, &title, 0);
                let family = family(program, &section.name.text);
                section.body.statements.iter().for_each(|inner| self.part(&family, inner));
            }
            Node::Scenario(section) => {
                let title = section.title.clone().unwrap_or_default();
                self.add(Sort::Scenario, "", &section.name, statement, &title, 0);
                let root = root(program, &section.name.text);
                section.body.statements.iter().for_each(|inner| self.moment(&root, inner));
            }
            _ => {}
        }
    }

    fn part(&mut self, family: &str, statement: &Statement) {
        match &statement.node {
            Node::Item(item) if item.kind.word() != Some("slo") => {
                let kind = item.base.as_ref().unwrap_or(&item.kind).dotted();
                self.add(Sort::Component, family, &item.name, statement, &item.kind.dotted(), 1);
                self.kinds.push((family.to_owned(), item.name.text.clone(), kind));
                if let Some(body) = &item.body {
                    self.endpoints(&format!("{family}/{}", item.name.text), body, 2);
                }
            }
            Node::Traffic { name, target, .. } => {
                self.add(Sort::Traffic, family, name, statement, &format!("-> {}", target.dotted()), 1);
            }
            _ => {}
        }
    }

    fn endpoints(&mut self, owner: &str, body: &Block, depth: u32) {
        for statement in body {
            if let Some(item) = endpoint(statement) {
                let title = item.title.clone().unwrap_or_default();
                self.add(Sort::Endpoint, owner, &item.name, statement, &title, depth);
            }
        }
    }

    fn moment(&mut self, root: &str, statement: &Statement) {
        use crate::syntax::ast::Action;
        match &statement.node {
            Node::Phase(name, _) => self.add(Sort::Moment, root, name, statement, "phase", 1),
            Node::Timed(_, action) => {
                let mut next = Some(action);
                while let Some(action) = next {
                    let name = match action {
                        Action::Inject { named, .. } | Action::Set { named, .. } => named.as_ref(),
                        Action::Mark(name) => Some(name),
                    };
                    name.into_iter().for_each(|name| self.add(Sort::Moment, root, name, statement, "event", 1));
                    next = if let Action::Inject { then, .. } = action { then.as_deref() } else { None };
                }
            }
            _ => {}
        }
    }
}

/// The endpoint or handler that a statement declares.
pub(super) fn endpoint(statement: &Statement) -> Option<&Item> {
    match &statement.node {
        Node::Item(item) if ENDPOINT_WORDS.contains(&item.kind.dotted().as_str()) => Some(item),
        _ => None,
    }
}

fn imported(program: &Program, name: &str) -> Sort {
    if program.policies.contains_key(name) {
        Sort::Policy
    } else if program.faults.contains_key(name) {
        Sort::Fault
    } else if program.lets.iter().any(|(known, ..)| known.text == name) {
        Sort::Value
    } else {
        Sort::Kind
    }
}

/// A kind and what it extends.
pub(super) fn chain<'p>(program: &'p Program, kind: &str) -> Vec<&'p str> {
    let mut found: Vec<&str> = Vec::new();
    let mut next = program.kinds.get_key_value(kind);
    while let Some((name, def)) = next.filter(|(name, _)| !found.contains(&name.as_str())) {
        found.push(name);
        next = def.kind.base.as_ref().and_then(|base| program.kinds.get_key_value(&base.dotted()));
    }
    found
}

/// The first of the systems that amend each other.
pub(super) fn family(program: &Program, system: &str) -> String {
    let base = |section: &Section| section.of.as_ref().map(|of| of.dotted());
    last(&program.systems, system, base)
}

/// The first of the scenarios that extend each other.
pub(super) fn root(program: &Program, scenario: &str) -> String {
    last(&program.scenarios, scenario, |section| crate::resolve::extends(section).map(|(base, _)| base))
}

fn last(sections: &[Section], name: &str, base: impl Fn(&Section) -> Option<String>) -> String {
    let mut name = name.to_owned();
    for _ in 0..sections.len() {
        match sections.iter().find(|section| section.name.text == name).and_then(&base) {
            Some(next) => name = next,
            None => break,
        }
    }
    name
}

/// The system that a scenario is of: its own, or that of what it extends, or the first.
pub(super) fn system_of(program: &Program, scenario: &str) -> String {
    let mut name = scenario.to_owned();
    for _ in 0..=program.scenarios.len() {
        let Some(section) = program.scenarios.iter().find(|section| section.name.text == name) else { break };
        if let Some(of) = &section.of {
            return of.dotted();
        }
        let Some((base, _)) = crate::resolve::extends(section) else { break };
        name = base;
    }
    program.systems.first().map(|system| system.name.text.clone()).unwrap_or_default()
}
