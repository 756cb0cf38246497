//! One system under construction: what its parts share.

use super::components::Draft;
use super::edges::EdgeDraft;
use super::eval::Evaluator;
use super::keys::KeyUser;
use super::objectives::Objective;
use super::program::Program;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Block, Expr, ExprKind, Item, Name, Node, Path, Section, Statement};
use crate::syntax::parse;
use crate::syntax::span::{FileId, Span};
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::rc::Rc;
use sysdl_lower::model::{Component, Edge, Source, Trigger};

/// A value that replaces what a path names.
#[derive(Debug)]
pub(crate) struct Replacement {
    pub(crate) path: String,
    pub(crate) value: Expr,
    /// Where it was written; a command line has no place.
    pub(crate) span: Option<Span>,
    pub(crate) used: Cell<bool>,
}

/// The system under construction.
#[derive(Debug)]
pub(crate) struct Builder<'p> {
    pub(crate) program: &'p Program,
    pub(crate) eval: Evaluator,
    /// Named values of the file.
    pub(crate) scope: Rc<Scope>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) drafts: Vec<Draft>,
    /// Row of each component in `drafts`.
    pub(crate) by_name: FxHashMap<String, usize>,
    pub(crate) edge_drafts: Vec<EdgeDraft>,
    /// Row of the edge between two components in `edge_drafts`.
    pub(crate) by_ends: FxHashMap<(usize, usize), usize>,
    pub(crate) components: Vec<Component>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) sources: Vec<Source>,
    /// Conditions that effects wait for.
    pub(crate) triggers: Vec<Trigger>,
    /// Width of a window in nanoseconds.
    pub(crate) window_ns: u64,
    /// What the scenario injects.
    pub(crate) injected: super::healing::Injected,
    /// Names and places of sources, in order.
    pub(crate) source_names: Vec<Name>,
    /// Row of each source in `source_names`.
    pub(crate) by_source: FxHashMap<String, usize>,
    /// Some traffic could not be read, and that was said: nobody knows where it enters.
    pub(crate) traffic_in_doubt: bool,
    /// Steps that need requests to have keys.
    pub(crate) key_users: Vec<KeyUser>,
    /// `(place of the block, codes)` that waive warnings.
    pub(crate) waivers: Vec<(Span, Vec<(String, Span)>)>,
    /// What is promised.
    pub(crate) objectives: Vec<Objective>,
    /// Monthly budget and where it was set.
    pub(crate) budget: Option<(f64, Span)>,
}

impl<'p> Builder<'p> {
    pub(crate) fn new(program: &'p Program, replacements: Vec<Replacement>) -> Self {
        let mut builder = Self {
            program,
            eval: Evaluator { files: program.data.clone(), ..Evaluator::default() },
            scope: Rc::new(Scope::default()),
            replacements,
            drafts: Vec::new(),
            by_name: FxHashMap::default(),
            edge_drafts: Vec::new(),
            by_ends: FxHashMap::default(),
            components: Vec::new(),
            edges: Vec::new(),
            sources: Vec::new(),
            triggers: Vec::new(),
            window_ns: 0,
            injected: super::healing::Injected::default(),
            source_names: Vec::new(),
            by_source: FxHashMap::default(),
            traffic_in_doubt: false,
            key_users: Vec::new(),
            waivers: Vec::new(),
            objectives: Vec::new(),
            budget: None,
        };
        builder.file_scope();
        builder
    }

    /// Parameters, then `let`s in order; each sees those before it.
    fn file_scope(&mut self) {
        let program = self.program;
        let mut scope = Scope::default();
        for param in &program.params {
            let name = &param.name.text;
            let replaced = self.replacement(name).cloned();
            let ty = Type::of(param, &mut self.eval);
            let value = match replaced.as_ref().or(param.default.as_ref()) {
                Some(expr) => {
                    let value = self.eval.eval(expr, &scope);
                    self.eval.hold(value, &ty, param.optional, name, expr.span)
                }
                None => {
                    let message = format!("the parameter `{name}` has no value");
                    let diagnostic = Diagnostic::new(&codes::E0109, message, param.name.span, "no default");
                    self.eval.report(diagnostic.help(format!("write a default: `param {name}: … = …`")));
                    Value::Bad
                }
            };
            if let (Some(choices), None) = (&param.choices, &replaced) {
                self.among(&value, choices, name, &scope);
            }
            scope.set(name.clone(), value);
        }
        for (index, (name, expr, _)) in program.lets.iter().enumerate() {
            let mut value = self.eval.eval(expr, &scope);
            if let Value::Word(word) = &value
                && program.lets[index..].iter().any(|(below, ..)| below.text == *word)
            {
                self.too_early(&name.text, word, expr.span);
                value = Value::Bad;
            }
            scope.set(name.text.clone(), value);
        }
        self.scope = Rc::new(scope);
    }

    /// A `let` is what one below it is, which is perhaps, by way of others, what the first is.
    fn too_early(&mut self, name: &str, word: &str, span: Span) {
        let lets = &self.program.lets;
        let (mut chain, mut next) = (vec![name], Some(word));
        while let Some(word) = next
            && !chain.contains(&word)
        {
            chain.push(word);
            next = lets.iter().find(|(known, ..)| known.text == word).and_then(|(_, expr, _)| match &expr.kind {
                ExprKind::Path(path) => path.word(),
                _ => None,
            });
        }
        let message = match next {
            Some(first) if first == name => format!("`{} = {name}` is a circle", chain.join(" = ")),
            _ => format!("`{word}` is declared below `{name}`"),
        };
        let diagnostic = Diagnostic::new(&codes::E0301, message, span, "not known here");
        self.eval.report(diagnostic.help("a `let` sees what stands above it"));
    }

    fn among(&mut self, value: &Value, choices: &Expr, name: &str, scope: &Scope) {
        if let Value::List(values) = self.eval.eval(choices, scope)
            && *value != Value::Bad
            && !values.contains(value)
        {
            let message = format!("the default of `{name}` is not among its values");
            let diagnostic = Diagnostic::new(&codes::E0904, message, choices.span, "the default is not here");
            self.eval.report(diagnostic.help("add the default to the list"));
        }
    }

    /// The value that replaces what a path names, if one was given.
    pub(crate) fn replacement(&self, path: &str) -> Option<&Expr> {
        self.last_of(|named| named == path)
    }

    /// The value that replaces a property of a component.
    pub(crate) fn replacement_in(&self, component: &str, property: &str) -> Option<&Expr> {
        let names = |path: &str| {
            let rest = path.strip_prefix(component).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| rest == property)
        };
        self.last_of(names)
    }

    /// The last of some replacements. What it replaces has replaced something as well.
    fn last_of(&self, names: impl Fn(&str) -> bool) -> Option<&Expr> {
        let found = self.replacements.iter().filter(|r| names(&r.path));
        found.inspect(|r| r.used.set(true)).last().map(|r| &r.value)
    }

    /// Replacements that replaced nothing.
    pub(crate) fn unused_replacements(&mut self) {
        let unused: Vec<(String, Option<Span>)> =
            self.replacements.iter().filter(|r| !r.used.get()).map(|r| (r.path.clone(), r.span)).collect();
        let params: Vec<&str> = self.program.params.iter().map(|p| p.name.text.as_str()).collect();
        for (path, span) in unused {
            let last = path.rsplit('.').next().unwrap_or("");
            let component = path.split('.').next().unwrap_or("");
            let help = match self.drafts.iter().find(|draft| draft.name.text == component) {
                Some(draft) => {
                    let known = draft.view.properties.iter().map(|(d, _)| d.name.text.as_str());
                    nearest(last, known).map(|meant| format!("did you mean `{component}.{meant}`?"))
                }
                None => nearest(&path, params.iter().copied()).map(did_you_mean),
            };
            let help = help.unwrap_or_else(|| {
                "paths are `parameter`, `component.property` or `component.endpoint.lookup.property`".to_owned()
            });
            let message = format!("`{path}` names nothing that can be set");
            let place = span.unwrap_or(Span::GIVEN);
            self.eval.report(Diagnostic::new(&codes::E0903, message, place, "sets nothing").help(help));
        }
    }

    /// A system's body: components first, then everything that refers to them.
    pub(crate) fn system(&mut self, system: &Section) {
        let mut statements: Vec<&Statement> = Vec::new();
        self.amended(system, &mut statements, 0);
        self.collect_components(&statements);
        self.collect_edges(&statements);
        self.edges_to_brokers();
        self.finish_components();
        self.collect_traffic(&statements);
        self.subscribe();
        self.odd_gathering();
        self.odd_filters();
        self.settle_keys();
        self.settings(&statements);
    }

    /// The statements of a system, those of what it amends before its own.
    fn amended<'s>(&mut self, system: &'s Section, statements: &mut Vec<&'s Statement>, depth: u32)
    where
        'p: 's,
    {
        if let Some(base) = &system.of {
            let program: &'p Program = self.program;
            let found = program.systems.iter().find(|s| s.name.text == base.dotted());
            match found {
                Some(found) if depth < 16 => self.amended(found, statements, depth + 1),
                _ => {
                    let message = format!("there is no system `{}` to amend", base.dotted());
                    let diagnostic = Diagnostic::new(&codes::E0301, message, base.span, "unknown system");
                    self.eval.report(diagnostic.help("name a system of this file"));
                }
            }
        }
        statements.extend(&system.body);
    }

    /// Statements that configure the system as a whole.
    fn settings(&mut self, statements: &[&Statement]) {
        let scope = Rc::clone(&self.scope);
        for statement in statements {
            match &statement.node {
                Node::Assign(assign) if assign.target.word() == Some("budget") => {
                    let value = self.eval.eval(&assign.value, &scope);
                    let ty = Type::Quantity(crate::units::Dimension::MoneyPerHour);
                    if let Value::Number(hourly, _) = self.eval.hold(value, &ty, false, "budget", assign.value.span) {
                        self.budget = Some((hourly * crate::units::HOURS_PER_MONTH, assign.value.span));
                    }
                }
                Node::Assign(assign) if assign.target.word() == Some("allow") => {
                    self.waiver(&assign.value, Span { start: 0, end: u32::MAX, ..statement.span });
                }
                Node::Assign(assign) => {
                    let message = format!("a system has no property `{}`", assign.target.dotted());
                    let diagnostic = Diagnostic::new(&codes::E0106, message, assign.target.span, "unknown property");
                    self.eval.report(diagnostic.help("a system has `budget` and `allow`"));
                }
                Node::Item(_) | Node::Edge(_) | Node::Traffic { .. } | Node::Bad => {}
                Node::Let(..) | Node::LetBlock(..) | Node::Kind(_) | Node::Fault { .. } => {
                    self.misplaced(statement, "put it at the top of the file")
                }
                Node::Expect(_) | Node::Phase(..) | Node::Timed(..) => {
                    self.misplaced(statement, "put it into a `scenario`")
                }
                Node::Step(_) => self.misplaced(statement, "put it into an `endpoint`"),
                _ => self.misplaced(statement, "a system holds components, edges and traffic"),
            }
        }
    }

    pub(crate) fn misplaced(&mut self, statement: &Statement, help: &str) {
        if let Node::Item(Item { kind, name, base: None, body: None, .. }) = &statement.node {
            let (word, value) = (kind.dotted(), &name.text);
            let message = format!("`{word} {value}` looks like an assignment");
            let diagnostic = Diagnostic::new(&codes::E0102, message, kind.span, "`=` is missing behind this");
            let diagnostic = diagnostic.help(format!("write `{word} = {value}`")).edit(kind.span, format!("{word} ="));
            return self.eval.report(diagnostic);
        }
        self.eval.report(
            Diagnostic::new(&codes::E0115, "this statement stands in the wrong place", statement.span, "not here")
                .help(help),
        );
    }

    /// `allow = [W0405, W0511]`
    pub(crate) fn waiver(&mut self, value: &Expr, block: Span) {
        let scope = Rc::clone(&self.scope);
        let mut found = Vec::new();
        if let Value::List(items) = self.eval.eval(value, &scope) {
            for item in items {
                match item {
                    Value::Word(code) => found.push((code, value.span)),
                    _ => {
                        let message = "`allow` lists codes of warnings";
                        let diagnostic = Diagnostic::new(&codes::E0203, message, value.span, "not a code");
                        self.eval.report(diagnostic.help("write `allow = [W0501]`"));
                    }
                }
            }
        }
        self.waivers.push((block, found));
    }

    /// The component that the first segment of a path names.
    pub(crate) fn component_of(&mut self, path: &Path) -> Option<usize> {
        let name = path.segments.first()?;
        let found = self.by_name.get(&name.name.text).copied();
        if found.is_none() {
            self.unknown_component(&name.name);
        }
        found
    }

    pub(crate) fn unknown_component(&mut self, name: &Name) {
        if name.text.is_empty() {
            return;
        }
        let names: Vec<&str> = self.drafts.iter().map(|draft| draft.name.text.as_str()).collect();
        let near = nearest(&name.text, names.iter().copied());
        let help = match near {
            Some(meant) => {
                let kind =
                    self.drafts.iter().find(|d| d.name.text == meant).map_or("component", |d| d.view.label.as_str());
                format!("did you mean `{meant}`? (a {kind})")
            }
            None if names.is_empty() => "declare it: `service name { … }`".to_owned(),
            None => format!("components: {}", names.join(", ")),
        };
        let message = format!("no component is named `{}`", name.text);
        let diagnostic = Diagnostic::new(&codes::E0301, message, name.span, "not found").help(help);
        let diagnostic = match near {
            Some(meant) => diagnostic.edit(name.span, meant),
            None => diagnostic,
        };
        self.eval.report(diagnostic);
    }
}

/// A value as a command line gives it.
pub(crate) fn expression(text: &str) -> Option<Expr> {
    let source = format!("sysdl 1\nlet v = {text}\n");
    let (file, found) = parse(source.as_bytes(), FileId::GIVEN);
    match file.statements.into_iter().nth(1)?.node {
        Node::Let(_, expr) if found.is_empty() => Some(expr),
        _ => None,
    }
}

/// Statements of a block that were read.
pub(crate) fn readable(block: &Block) -> impl Iterator<Item = &Statement> {
    block.statements.iter().filter(|statement| statement.node != Node::Bad)
}
