//! Items of a system → components: kinds instantiated, properties held to their types.

mod endpoints;
mod stations;
mod values;

use super::eligibility::EligibilityDraft;
use super::kinds::{ENDPOINT_WORDS, KindView};
use super::messages::Log;
use super::meters::grouped;
use super::system::{Builder, readable};
use super::topics::Placement;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Assign, Block, Declare, Item, Name, Node, Path, Statement};
use crate::syntax::span::Span;
pub(crate) use endpoints::EndpointDraft;
use endpoints::declares;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;
use sysdl_lower::model::{Cluster, Distribution, Fleet, Leaders, Station, Store};
pub(crate) use values::{count, distribution, duration, is};

/// A component whose steps are not resolved yet.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: Name,
    /// The whole declaration.
    pub(crate) span: Span,
    pub(crate) view: Arc<KindView>,
    pub(crate) endpoints: Vec<EndpointDraft>,
    pub(crate) replicas: u32,
    /// Zones that they are spread over, 0: not divided.
    pub(crate) zones: u32,
    pub(crate) station: Station,
    pub(crate) store: Option<Store>,
    /// `log { … }` of its kind: how it keeps messages.
    pub(crate) log: Option<Log>,
    /// The brokers that it is on.
    pub(crate) placement: Option<Placement>,
    /// How long it keeps each message back.
    pub(crate) delay: Option<Distribution>,
    /// `cluster { … }` of its kind: what its replicas are as brokers, and whether a topic is on them.
    pub(crate) cluster: Option<Cluster>,
    pub(crate) is_cluster: bool,
    /// `link { … }` of its kind: defaults of edges from here.
    pub(crate) link: FxHashMap<&'static str, Value>,
    /// Bandwidth of each edge that leads here and says none.
    pub(crate) bandwidth: Option<f64>,
    /// Each replica of a caller keeps to one of its replicas, unless the edge says otherwise.
    pub(crate) sticky: bool,
    pub(super) eligibility: EligibilityDraft,
    pub(crate) monthly_usd: Option<f64>,
    /// Its replicas come and go; `replicas` are those at the begin.
    pub(crate) fleet: Option<Fleet>,
    /// Time until a new replica serves.
    pub(crate) startup_ns: u64,
    /// The properties that its own block says.
    pub(crate) said: Vec<Name>,
    /// Its replicas are watched one by one.
    watched: bool,
    /// A statement of it could not be read, which was reported: what it lacks may stand there.
    pub(super) unread: bool,
    /// One of its replicas leads.
    pub(crate) leaders: Option<Leaders>,
}

/// Blocks of a component that are no property.
pub(super) const SECTIONS: [&str; 2] = ["autoscale", "leader"];

impl Builder<'_> {
    pub(crate) fn collect_components(&mut self, statements: &[&Statement]) {
        for statement in statements {
            let Node::Item(item) = &statement.node else { continue };
            match item.kind.dotted().as_str() {
                "slo" => {}
                word if ENDPOINT_WORDS.contains(&word) => self.misplaced(statement, "put it inside a component"),
                _ => self.component(item, statement.span),
            }
        }
    }

    fn component(&mut self, item: &Item, span: Span) {
        if let Some(&old) = self.by_name.get(&item.name.text) {
            let old = &self.drafts[old];
            let message = format!("`{}` is declared twice", item.name.text);
            let diagnostic = Diagnostic::new(&codes::E0107, message, item.name.span, "declared again");
            let diagnostic = diagnostic.label(old.name.span, "first declared here").help("rename one of them");
            self.eval.report(diagnostic);
            return;
        }
        let view = self.view_of(&item.kind);
        let view = match &item.base {
            Some(base) => self.view_of(base).or(view),
            None => view,
        };
        // An unknown kind was reported; the name is still known, so that nothing else complains of it.
        let view = view.unwrap_or_else(|| KindView { label: "?".to_owned(), ..KindView::default() }.into());
        let empty = Block { statements: Arc::default(), span };
        let body = item.body.as_deref().unwrap_or(&empty);
        let known = !view.properties.is_empty();
        let own = if known { self.own_settings(item, body, span, &view) } else { Vec::new() };
        let scope = Rc::new(self.properties(item, &view, &own));
        let endpoints = self.endpoints(body, &view, &scope);
        self.half_said_priorities(body);
        let mut draft = self.draft(item, span, view, &scope, endpoints);
        draft.said =
            own.into_iter().filter_map(|assign| assign.target.segments.into_iter().next()).map(|s| s.name).collect();
        draft.unread = body.statements.iter().any(|statement| statement.node == Node::Bad);
        self.by_name.insert(draft.name.text.clone(), self.drafts.len());
        self.drafts.push(draft);
    }

    /// A kind, flattened but once for all components and scenarios, unless something is wrong with it.
    fn view_of(&mut self, kind: &Path) -> Option<Arc<KindView>> {
        let name = kind.dotted();
        if let Some(view) = self.program.views.get(&name) {
            return Some(view);
        }
        let before = self.eval.diagnostics.len();
        let view = Arc::new(KindView::of(self.program, kind, &mut self.eval)?);
        if self.eval.diagnostics.len() == before {
            self.program.views.add(name, &view);
        }
        Some(view)
    }

    /// The assignments of a component's body that its kind knows.
    fn own_settings(&mut self, item: &Item, body: &Block, span: Span, view: &KindView) -> Vec<Assign> {
        let mut own: Vec<Assign> = Vec::new();
        for statement in readable(body) {
            match &statement.node {
                Node::Assign(assign) if assign.target.is("allow") => self.waiver(&assign.value, span),
                Node::Assign(assign) => self.own_setting(item, assign.clone(), view, &mut own),
                Node::Section(section) if grouped(section, view).is_some() => {
                    for assign in grouped(section, view).into_iter().flatten() {
                        self.own_setting(item, assign, view, &mut own);
                    }
                }
                Node::Section(section) if SECTIONS.contains(&section.name.text.as_str()) => {}
                Node::Section(section) => {
                    self.unknown_property(&section.name.text, section.name.span, view, &item.name.text)
                }
                Node::Item(inner) if ENDPOINT_WORDS.contains(&inner.kind.dotted().as_str()) => {}
                Node::Step(_) => self.misplaced(statement, "put it into `endpoint name { … }`"),
                _ => self.misplaced(statement, "a component holds properties and endpoints"),
            }
        }
        own
    }

    fn own_setting(&mut self, item: &Item, assign: Assign, view: &KindView, own: &mut Vec<Assign>) {
        let name = assign.target.dotted();
        if view.property(&name).is_none() {
            return self.unknown_property(&name, assign.target.span, view, &item.name.text);
        }
        if let Some(first) = own.iter().find(|a| a.target.is(&name)) {
            let message = format!("`{name}` of `{}` is set twice", item.name.text);
            let diagnostic = Diagnostic::new(&codes::E0108, message, assign.target.span, "set again");
            let diagnostic = diagnostic.label(first.target.span, "first set here").help("remove one of them");
            self.eval.report(diagnostic);
        }
        own.push(assign);
    }

    fn unknown_property(&mut self, name: &str, span: Span, view: &KindView, component: &str) {
        if view.later.iter().any(|later| later == name) {
            return self.eval.later(&format!("`{name}` of `{}`", view.label), span);
        }
        // A property of another kind is a different mistake than a misspelt one.
        let owners = self.program.kinds.iter().filter(|(_, def)| !def.own && declares(&def.kind.body, name));
        let owner = owners.min_by_key(|(kind, _)| kind.as_str());
        let names: Vec<&str> = view.properties.iter().map(|(declare, _)| declare.name.text.as_str()).collect();
        let near = nearest(name, names.iter().copied());
        self.eval.report(match (near, owner) {
            (None, Some((owner, _))) => {
                let message = format!("`{name}` belongs to `{owner}`; `{component}` is a `{}`", view.label);
                let diagnostic = Diagnostic::new(&codes::E0110, message, span, "of another kind");
                diagnostic.help(format!("remove it, or declare `{owner} {component}`"))
            }
            (near, _) => {
                let message = format!("a `{}` has no property `{name}`", view.label);
                let diagnostic = Diagnostic::new(&codes::E0106, message, span, "unknown property");
                match near {
                    Some(meant) => diagnostic.help(did_you_mean(meant)).edit(span, meant),
                    None => diagnostic.help(format!("it has {}", names.join(", "))),
                }
            }
        });
    }

    /// Values of all properties: replacement, own, template, default, in this order.
    fn properties(&mut self, item: &Item, view: &KindView, own: &[Assign]) -> Scope {
        let mut scope = Scope::inside(&self.scope);
        scope.reserve(view.properties.len());
        // Properties can refer to others that are declared later, so those assigned by the user come first.
        let own_of = |(declare, _): &(Declare, Type)| own.iter().find(|own| own.target.is(&declare.name.text));
        let own: Vec<Option<&Assign>> = view.properties.iter().map(own_of).collect();
        let turns = [(true, false), (true, true), (false, false), (false, true)];
        let turn_of = |&i: &usize| (own[i].is_some(), view.replaced[i].is_some());
        let in_turn = |turn| (0..own.len()).filter(move |i| turn_of(i) == turn);
        for i in turns.into_iter().flat_map(in_turn) {
            let (declare, ty) = &view.properties[i];
            let name = &declare.name.text;
            let replaced = self.replacement_in(&item.name.text, name).cloned();
            let said = own[i].or(view.replaced[i].map(|last| &view.assigns[last])).map(|assign| &assign.value);
            let expr = replaced.as_ref().or(said).or(declare.default.as_ref());
            let value = match expr {
                Some(expr) => {
                    let value = self.eval.eval(expr, &scope);
                    self.eval.hold(value, ty, declare.optional, name, expr.span)
                }
                None if declare.optional => Value::None,
                None => self.missing(item, declare, view),
            };
            scope.set(Arc::clone(&view.names[i]), value);
        }
        scope
    }

    fn missing(&mut self, item: &Item, declare: &Declare, view: &KindView) -> Value {
        let name = &declare.name.text;
        let message = format!("`{} {}` needs `{name}`", view.label, item.name.text);
        let mut diagnostic = Diagnostic::new(&codes::E0109, message, item.name.span, format!("`{name}` is not set"));
        if let Some(doc) = declare.docs.first() {
            diagnostic = diagnostic.help(format!("add `{name} = …`: {doc}"));
        }
        self.eval.report(diagnostic);
        Value::Bad
    }
}

impl Draft {
    /// Most replicas that it can have.
    pub(crate) fn most_replicas(&self) -> u32 {
        let autoscaler = self.fleet.as_ref().and_then(|fleet| fleet.autoscaler.as_ref());
        autoscaler.map_or(self.replicas, |autoscaler| autoscaler.most)
    }
}
