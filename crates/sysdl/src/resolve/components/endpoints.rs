//! Endpoints of a component: what each is worth, before its steps are read.

use super::super::kinds::{ENDPOINT_WORDS, KindView};
use super::super::meters::Meter;
use super::super::sizes;
use super::super::system::{Builder, readable};
use super::super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Block, Expr, ExprKind, Item, Name, Node, Statement};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use std::sync::Arc;
use sysdl_lower::model::{At, Budget, Context, Size};

/// What a request and its answer weigh: properties of endpoints, and of `message { … }` of kinds.
pub(super) const SIZES: [&str; 2] = ["size", "result"];

/// An endpoint whose steps are not resolved yet.
#[derive(Debug)]
pub(crate) struct EndpointDraft {
    pub(crate) name: Name,
    pub(crate) span: Span,
    pub(crate) handler: bool,
    pub(crate) body: Option<Arc<Block>>,
    /// Names that mean something else in this endpoint.
    pub(crate) scope: Rc<Scope>,
    /// Share of requests that fail when all is done.
    pub(crate) errors: f64,
    /// Class of its requests in queues, 0 to 3, lower first.
    pub(crate) priority: u32,
    /// It changes what is stored.
    pub(crate) writes: bool,
    pub(crate) good_within_ns: Option<u64>,
    /// What a request weighs that does not say it.
    pub(crate) size: Option<Size>,
    /// What a good answer weighs.
    pub(crate) result: Option<Size>,
    /// The component whose context a request weighs, if one is named.
    pub(crate) context_of: Option<String>,
    /// What a visit uses.
    pub(crate) meter: Option<Meter>,
    /// What a visit may use.
    pub(crate) budget: Option<Budget>,
    /// What its conversation weighs.
    pub(crate) context: Option<Context>,
    /// Whom calls of it are for, where one leads.
    pub(crate) at: At,
}

impl Builder<'_> {
    /// Endpoints of the body; those of the kind that the body does not replace.
    pub(super) fn endpoints(&mut self, body: &Block, view: &KindView, scope: &Rc<Scope>) -> Vec<EndpointDraft> {
        let mut drafts: Vec<EndpointDraft> = Vec::new();
        for statement in readable(body) {
            let Node::Item(item) = &statement.node else { continue };
            if !ENDPOINT_WORDS.contains(&item.kind.dotted().as_str()) {
                continue;
            }
            if let Some(old) = drafts.iter().find(|draft| draft.name.text == item.name.text) {
                let message = format!("the endpoint `{}` is declared twice", item.name.text);
                let diagnostic = Diagnostic::new(&codes::E0107, message, item.name.span, "declared again");
                let diagnostic = diagnostic.label(old.name.span, "first declared here").help("rename one of them");
                self.eval.report(diagnostic);
                continue;
            }
            let draft = self.endpoint(item, statement.span, view, scope);
            drafts.push(draft);
        }
        // Endpoints of the kind are there unless the user declared some: a service with endpoints of
        // its own has no `handle`. A cache with its own `get` still has `put`.
        let replaced = drafts.len();
        for item in &view.endpoints {
            let generic = item.name.text == "handle" && (replaced > 0 || view.has_own);
            if !generic && drafts.iter().all(|draft| draft.name.text != item.name.text) {
                let draft = self.endpoint(item, item.name.span, view, scope);
                drafts.push(draft);
            }
        }
        drafts
    }

    pub(super) fn endpoint(&mut self, item: &Item, span: Span, view: &KindView, scope: &Rc<Scope>) -> EndpointDraft {
        let mut inner = Scope::inside(scope);
        sizes::words(&mut inner);
        let (mut errors, mut priority, mut sizes) = (0.0, 0, [None, None]);
        let (mut writes, mut at) = (None, At::Any);
        let mut steps = false;
        let (mut budget, mut context, mut context_of) = (None, None, None);
        for statement in item.body.as_deref().into_iter().flat_map(readable) {
            match &statement.node {
                Node::Assign(assign) => {
                    let name = assign.target.dotted();
                    if name == "errors" {
                        errors = self.share(&assign.value, scope, "errors");
                    } else if name == "priority" {
                        priority = self.priority(&assign.value, scope);
                    } else if name == "writes" {
                        writes = Some(self.flag(&assign.value, scope, "writes"));
                    } else if name == "at" {
                        at = self.at(&assign.value, scope).unwrap_or(at);
                    } else if let (Some(which), None) =
                        (SIZES.iter().position(|word| *word == name), view.property(&name))
                    {
                        let value = self.eval.eval(&assign.value, &inner);
                        context_of = context_of.or_else(|| sizes::context_of(&value));
                        sizes[which] = self.eval.size(value, &name, assign.value.span);
                    } else if let Some((declare, ty)) = view.property(&name) {
                        let value = self.eval.eval(&assign.value, scope);
                        let value = self.eval.hold(value, ty, declare.optional, &name, assign.value.span);
                        inner.set(name, value);
                    } else {
                        self.unknown_property(&name, assign.target.span, view, &item.name.text);
                    }
                }
                Node::Section(section) if section.name.text == "budget" => {
                    budget = Some(self.budget(&section.body, scope));
                }
                Node::Section(section) if section.name.text == "context" => {
                    context = Some(self.context(&section.body, scope));
                }
                Node::Section(section) => {
                    let message = format!("an endpoint has no block `{}`", section.name.text);
                    let diagnostic = Diagnostic::new(&codes::E0106, message, section.name.span, "unknown block");
                    self.eval.report(diagnostic.help("it has `budget { … }` and `context { … }`"));
                }
                Node::Step(_) => steps = true,
                _ => self.misplaced(statement, "an endpoint holds steps such as `work exp(2ms)` and `call a.b`"),
            }
        }
        // An endpoint without steps does what the kind's endpoint of that name does, or its first.
        let default = view.endpoints.iter().find(|e| e.name.text == item.name.text).or(view.endpoints.first());
        let writes =
            writes.unwrap_or_else(|| default.is_some_and(|of| self.writes_by_kind(of, &item.name.text, scope)));
        let body = if steps { item.body.clone() } else { default.and_then(|e| e.body.clone()).or(item.body.clone()) };
        let scope = Rc::new(inner);
        let mut of_kind = self.section(view, "message", &scope);
        if sizes[0].is_none() {
            context_of = of_kind.get("size").and_then(sizes::context_of);
        }
        let of_meter = self.section(view, "meter", &scope);
        let [size, result] = std::array::from_fn(|which| {
            let value = of_kind.remove(SIZES[which]).unwrap_or(Value::None);
            sizes[which].take().or_else(|| self.eval.size(value, SIZES[which], item.name.span))
        });
        EndpointDraft {
            name: item.name.clone(),
            span,
            handler: item.kind.dotted() == "handler",
            body,
            scope,
            errors,
            priority,
            writes,
            good_within_ns: None,
            size,
            result,
            context_of,
            meter: (!of_meter.is_empty()).then(|| Meter::of(&of_meter)),
            budget,
            context,
            at,
        }
    }

    /// Whether the kind's endpoint of the same name changes what is stored.
    pub(super) fn writes_by_kind(&mut self, of: &Item, name: &str, scope: &Rc<Scope>) -> bool {
        let said = of.body.as_deref().into_iter().flat_map(readable).find_map(|statement| match &statement.node {
            Node::Assign(assign) if assign.target.word() == Some("writes") => Some(&assign.value),
            _ => None,
        });
        of.name.text == name && said.is_some_and(|value| self.flag(value, scope, "writes"))
    }

    pub(super) fn flag(&mut self, value: &Expr, scope: &Rc<Scope>, name: &str) -> bool {
        let (span, value) = (value.span, self.eval.eval(value, scope));
        let held = self.eval.hold(value, &super::super::types::Type::Flag, false, name, span);
        matches!(held, Value::Word(word) if word == "on" || word == "true")
    }

    /// A class in queues: 0 to 3.
    /// An endpoint that says no priority goes before those that say one: seldom what was meant.
    pub(super) fn half_said_priorities(&mut self, body: &Block) {
        let endpoints = readable(body).filter_map(|statement| match &statement.node {
            Node::Item(item) if ENDPOINT_WORDS.contains(&item.kind.dotted().as_str()) => Some(item),
            _ => None,
        });
        let says = |item: &&Item| {
            let said = |s: &Statement| matches!(&s.node, Node::Assign(a) if a.target.word() == Some("priority"));
            item.body.as_ref().is_some_and(|body| body.statements.iter().any(said))
        };
        let (said, silent): (Vec<&Item>, Vec<&Item>) = endpoints.partition(says);
        let (Some(low), Some(first)) = (said.iter().find(|item| !goes_first(item)), silent.first()) else { return };
        let message = format!("`{}` says no priority, so it goes before `{}`", first.name.text, low.name.text);
        let diagnostic = Diagnostic::new(&codes::W0516, message, first.name.span, "priority 0, which is first");
        let diagnostic = diagnostic.label(low.name.span, "says a priority that is served later");
        self.eval.report(diagnostic.help(format!("say `priority = …` in `{}` too", first.name.text)));
    }

    pub(super) fn priority(&mut self, expr: &Expr, scope: &Rc<Scope>) -> u32 {
        let value = self.eval.eval(expr, scope);
        let ty = super::super::types::Type::Quantity(Dimension::Count);
        match self.eval.hold(value, &ty, false, "priority", expr.span) {
            Value::Number(class, _) if class <= 3.0 && class == libm::floor(class) => class as u32,
            Value::Number(..) => {
                let message = "`priority` is a class: 0, 1, 2 or 3";
                let diagnostic = Diagnostic::new(&codes::E0212, message, expr.span, "no such class");
                self.eval.report(diagnostic.help("write `priority = 0` for what is served first"));
                0
            }
            _ => 0,
        }
    }

    /// A share of some expression, 0 if it is wrong.
    pub(crate) fn share(&mut self, expr: &Expr, scope: &Rc<Scope>, name: &str) -> f64 {
        let value = self.eval.eval(expr, scope);
        let ty = super::super::types::Type::Quantity(Dimension::Share);
        match self.eval.hold(value, &ty, false, name, expr.span) {
            Value::Number(share, _) => share,
            _ => 0.0,
        }
    }
}

pub(super) fn declares(body: &Block, name: &str) -> bool {
    body.statements.iter().any(|s| matches!(&s.node, Node::Declare(declare) if declare.name.text == name))
}

/// Whether an endpoint says `priority = 0`.
pub(super) fn goes_first(item: &Item) -> bool {
    let zero = |expr: &Expr| matches!(&expr.kind, ExprKind::Quantity(quantity) if quantity.number == 0.0);
    let first =
        |s: &Statement| matches!(&s.node, Node::Assign(a) if a.target.word() == Some("priority") && zero(&a.value));
    item.body.as_ref().is_some_and(|body| body.statements.iter().any(first))
}
