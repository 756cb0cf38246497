//! Items of a system → components: kinds instantiated, properties held to their types.

use super::eligibility::{self, EligibilityDraft};
use super::kinds::{ENDPOINT_WORDS, KindView};
use super::messages::{self, Log};
use super::meters::{METER, Meter, bucket, grouped};
use super::system::{Builder, readable};
use super::topics::{self, Placement};
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::ast::{Assign, Block, Declare, Expr, ExprKind, Item, Name, Node, Statement};
use crate::syntax::span::Span;
use crate::units::{Dimension, HOURS_PER_MONTH};
use std::collections::HashMap;
use std::rc::Rc;
use sysdl_lower::model::{
    At, Budget, Cluster, Component, ComponentId, Context, Discipline, Distribution, Endpoint, Fleet, Hold, Leaders,
    Limit, Overflow, Queueing, Setup, Sharing, Size, Station, Store,
};

/// What a request and its answer weigh: properties of endpoints, and of `message { … }` of kinds.
const SIZES: [&str; 2] = ["size", "result"];

/// A component whose steps are not resolved yet.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: Name,
    /// The whole declaration.
    pub(crate) span: Span,
    pub(crate) view: KindView,
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
    pub(crate) link: HashMap<String, Value>,
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

impl Draft {
    /// Most replicas that it can have.
    pub(crate) fn most_replicas(&self) -> u32 {
        let autoscaler = self.fleet.as_ref().and_then(|fleet| fleet.autoscaler.as_ref());
        autoscaler.map_or(self.replicas, |autoscaler| autoscaler.most)
    }
}

/// An endpoint whose steps are not resolved yet.
#[derive(Debug)]
pub(crate) struct EndpointDraft {
    pub(crate) name: Name,
    pub(crate) span: Span,
    pub(crate) handler: bool,
    pub(crate) body: Option<Block>,
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
        let program = self.program;
        let view = KindView::of(program, &item.kind, &mut self.eval);
        let view = match &item.base {
            Some(base) => KindView::of(program, base, &mut self.eval).or(view),
            None => view,
        };
        // An unknown kind was reported; the name is still known, so that nothing else complains of it.
        let view = view.unwrap_or_else(|| KindView { label: "?".to_owned(), ..KindView::default() });
        let empty = Block { statements: Vec::new(), span };
        let body = item.body.as_ref().unwrap_or(&empty);
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

    /// The assignments of a component's body that its kind knows.
    fn own_settings(&mut self, item: &Item, body: &Block, span: Span, view: &KindView) -> Vec<Assign> {
        let mut own: Vec<Assign> = Vec::new();
        let names = view.names();
        for statement in readable(body) {
            match &statement.node {
                Node::Assign(assign) if assign.target.dotted() == "allow" => self.waiver(&assign.value, span),
                Node::Assign(assign) => self.own_setting(item, assign.clone(), view, &mut own),
                Node::Section(section) if grouped(section, &names).is_some() => {
                    for assign in grouped(section, &names).into_iter().flatten() {
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
        if let Some(first) = own.iter().find(|a| a.target.dotted() == name) {
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
                    Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).edit(span, meant),
                    None => diagnostic.help(format!("it has {}", names.join(", "))),
                }
            }
        });
    }

    /// Values of all properties: replacement, own, template, default, in this order.
    fn properties(&mut self, item: &Item, view: &KindView, own: &[Assign]) -> Scope {
        let mut scope = Scope::inside(&self.scope);
        // Properties can refer to others that are declared later, so those assigned by the user come first.
        let mut order: Vec<usize> = (0..view.properties.len()).collect();
        let name_of = |i: usize| view.properties[i].0.name.text.as_str();
        let is_own = |i: usize| own.iter().any(|assign| assign.target.dotted() == name_of(i));
        let is_template = |i: usize| view.assigns.iter().any(|assign| assign.target.dotted() == name_of(i));
        order.sort_by_key(|&i| (!is_own(i), is_template(i), i));
        for i in order {
            let (declare, ty) = &view.properties[i];
            let name = &declare.name.text;
            let replaced = self.replacement(&format!("{}.{name}", item.name.text)).cloned();
            let assigned = own.iter().find(|a| a.target.dotted() == *name).map(|a| &a.value);
            let from_template = view.assigns.iter().rev().find(|a| a.target.dotted() == *name).map(|a| &a.value);
            let expr = replaced.as_ref().or(assigned).or(from_template).or(declare.default.as_ref());
            let value = match expr {
                Some(expr) => {
                    let value = self.eval.eval(expr, &scope);
                    self.eval.hold(value, ty, declare.optional, name, expr.span)
                }
                None if declare.optional => Value::None,
                None => self.missing(item, declare, view),
            };
            scope.set(name.clone(), value);
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

    /// Endpoints of the body; those of the kind that the body does not replace.
    fn endpoints(&mut self, body: &Block, view: &KindView, scope: &Rc<Scope>) -> Vec<EndpointDraft> {
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

    fn endpoint(&mut self, item: &Item, span: Span, view: &KindView, scope: &Rc<Scope>) -> EndpointDraft {
        let mut inner = Scope::inside(scope);
        super::sizes::words(&mut inner);
        let (mut errors, mut priority, mut sizes) = (0.0, 0, [None, None]);
        let (mut writes, mut at) = (None, At::Any);
        let mut steps = false;
        let (mut budget, mut context) = (None, None);
        for statement in item.body.iter().flat_map(readable) {
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
                        sizes[which] = self.size_of(&assign.value, &inner, &name);
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
        let context_of = match of_kind.get("size") {
            Some(Value::Word(word)) => word.strip_suffix(".context").map(str::to_owned),
            _ => None,
        };
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
    fn writes_by_kind(&mut self, of: &Item, name: &str, scope: &Rc<Scope>) -> bool {
        let said = of.body.iter().flat_map(readable).find_map(|statement| match &statement.node {
            Node::Assign(assign) if assign.target.word() == Some("writes") => Some(&assign.value),
            _ => None,
        });
        of.name.text == name && said.is_some_and(|value| self.flag(value, scope, "writes"))
    }

    fn flag(&mut self, value: &Expr, scope: &Rc<Scope>, name: &str) -> bool {
        let (span, value) = (value.span, self.eval.eval(value, scope));
        let held = self.eval.hold(value, &super::types::Type::Flag, false, name, span);
        matches!(held, Value::Word(word) if word == "on" || word == "true")
    }

    /// A class in queues: 0 to 3.
    /// An endpoint that says no priority goes before those that say one: seldom what was meant.
    fn half_said_priorities(&mut self, body: &Block) {
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

    fn priority(&mut self, expr: &Expr, scope: &Rc<Scope>) -> u32 {
        let value = self.eval.eval(expr, scope);
        let ty = super::types::Type::Quantity(Dimension::Count);
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
        let ty = super::types::Type::Quantity(Dimension::Share);
        match self.eval.hold(value, &ty, false, name, expr.span) {
            Value::Number(share, _) => share,
            _ => 0.0,
        }
    }

    fn draft(
        &mut self,
        item: &Item,
        span: Span,
        view: KindView,
        scope: &Rc<Scope>,
        endpoints: Vec<EndpointDraft>,
    ) -> Draft {
        let replicas = count(scope.get("replicas")).unwrap_or(1);
        if replicas == 0 {
            self.no_capacity(&item.name, "replicas");
        }
        let zones = count(scope.get("zones")).filter(|&zones| zones > 1).unwrap_or(0);
        if zones > replicas.max(1) {
            let copies = if replicas > 1 { format!("{replicas} replicas") } else { "one replica".to_owned() };
            let message = format!("`{}` lies in {zones} zones with {copies}", item.name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, item.name.span, "some zones are empty");
            self.eval.report(diagnostic.help(format!("write `replicas = {zones}` or more, or fewer `zones`")));
        }
        let station = self.section(&view, "station", scope);
        let servers = station.get("servers").and_then(|value| count(Some(value)));
        if servers == Some(0) {
            self.no_capacity(&item.name, "servers");
        }
        let store_section = view.sections.iter().any(|(name, _)| name == "store");
        let store = if store_section {
            let values = self.section(&view, "store", scope);
            self.store(&item.name, &values)
        } else {
            None
        };
        let discipline = match station.get("discipline") {
            Some(Value::Discipline(discipline)) => *discipline,
            _ => Discipline::Fifo,
        };
        let sharing = sharing(&station);
        if sharing.is_some() && matches!(discipline, Discipline::Preemptive | Discipline::PreemptiveLifo) {
            let message = format!("`{}` shares its processors: nothing is interrupted there", item.name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, item.name.span, "work progresses side by side");
            self.eval.report(
                diagnostic.help("remove `cores`, `contention` and `coherency`, or choose another `discipline`"),
            );
        }
        let keep_alive_ns = duration(station.get("keep_alive")).unwrap_or(0);
        let setup = distribution(station.get("setup")).map(|time| Setup { time, keep_alive_ns });
        if setup.is_some() && servers.is_none() {
            let message = format!("`{}` has unlimited servers: none of them is ever cold", item.name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, item.name.span, "`setup` needs servers to count");
            self.eval.report(diagnostic.help("bound them: `concurrency = 1000`"));
        }
        let setup = setup.filter(|_| servers.is_some());
        let batch = count(station.get("batch")).filter(|&batch| batch > 1);
        let interrupts = matches!(discipline, Discipline::Preemptive | Discipline::PreemptiveLifo);
        if batch.is_some() && (sharing.is_some() || interrupts || !is(station.get("hold"), "work")) {
            let message = format!("`{}` cannot work in batches", item.name.text);
            let diagnostic =
                Diagnostic::new(&codes::E0514, message, item.name.span, "`batch` goes with `hold = work` only");
            self.eval.report(
                diagnostic.help("write `hold = work`, without `cores`, `contention`, `coherency` and interruption"),
            );
        }
        let is_rate = |name: &str| matches!(station.get(name), Some(Value::Number(..)));
        if is_rate("limit") && is_rate("limit_requests") {
            let message = format!("`{}` has two limits of requests", item.name.text);
            let diagnostic =
                Diagnostic::new(&codes::E0514, message, item.name.span, "`limit = …` and `limit { requests = … }`");
            self.eval.report(diagnostic.help("keep one of them"));
        }
        let fleet = self.autoscale(item, &view, scope, replicas.max(1));
        let leaders = self.leaders(item, &view, scope);
        let link = self.section(&view, "link", scope);
        let eligibility = self.eligibility_of_kind(&view, scope);
        let message = self.section(&view, "message", scope);
        let sticky = is(message.get("session"), "sticky");
        let bandwidth = match message.get("bandwidth") {
            Some(Value::Number(bandwidth, Dimension::Bandwidth)) if *bandwidth > 0.0 => Some(*bandwidth),
            _ => None,
        };
        let keeps = view.sections.iter().any(|(name, _)| name == "log");
        let section = self.section(&view, "log", scope);
        let log = keeps.then(|| messages::log(&section));
        let placement = topics::placement(&section);
        let delay = distribution(section.get("delay"))
            .or_else(|| duration(section.get("delay")).map(|ns| Distribution::Constant(ns as f64)));
        let brokers = view.sections.iter().any(|(name, _)| name == "cluster");
        let cluster = brokers.then(|| topics::cluster(&self.section(&view, "cluster", scope)));
        let hourly = match scope.get("cost") {
            Some(Value::Number(price, _)) => Some(*price),
            _ => None,
        };
        Draft {
            name: item.name.clone(),
            span,
            replicas: replicas.max(1),
            zones,
            station: Station {
                servers,
                queue_capacity: station.get("queue").and_then(|value| count(Some(value))),
                hold: if is(station.get("hold"), "work") { Hold::Work } else { Hold::Visit },
                queue: if is(station.get("pool"), "shared") { Queueing::Shared } else { Queueing::PerReplica },
                overflow: if is(station.get("overflow"), "shed") { Overflow::Shed } else { Overflow::Reject },
                discipline,
                sharing,
                limit: limit(station.get("limit"), station.get("burst"))
                    .or_else(|| bucket(station.get("limit_requests"), station.get("limit_burst"))),
                quota: bucket(station.get("limit_tokens"), station.get("limit_burst")),
                patience: distribution(station.get("patience")),
                setup,
                batch,
                retry_after_ns: duration(station.get("retry_after")).filter(|&ns| ns > 0),
                group: None,
            },
            store,
            log,
            placement,
            delay,
            cluster,
            is_cluster: false,
            link,
            bandwidth,
            sticky,
            eligibility,
            monthly_usd: hourly.map(|price| price * HOURS_PER_MONTH * f64::from(replicas)),
            fleet,
            startup_ns: duration(scope.get("startup")).unwrap_or(0),
            said: Vec::new(),
            watched: is(scope.get("per_replica"), "true"),
            unread: false,
            leaders,
            view,
            endpoints,
        }
    }

    fn no_capacity(&mut self, name: &Name, what: &str) {
        let message = format!("`{}` has no {what}: it can never serve anyone", name.text);
        let diagnostic = Diagnostic::new(&codes::E0401, message, name.span, "no capacity");
        self.eval.report(
            diagnostic
                .help(format!("give it at least one: `{} = 1`", if what == "replicas" { what } else { "concurrency" })),
        );
    }

    /// The values of a primitive section of a kind.
    fn section(&mut self, view: &KindView, word: &str, scope: &Rc<Scope>) -> HashMap<String, Value> {
        const KEYS: [(&str, &[&str]); 7] = [
            (
                "station",
                &[
                    "servers",
                    "queue",
                    "hold",
                    "pool",
                    "overflow",
                    "discipline",
                    "patience",
                    "setup",
                    "keep_alive",
                    "batch",
                    "limit",
                    "burst",
                    "limit_requests",
                    "limit_tokens",
                    "limit_burst",
                    "retry_after",
                    "cores",
                    "contention",
                    "coherency",
                ],
            ),
            ("message", &["size", "result", "bandwidth", "session"]),
            ("meter", &METER),
            ("store", &super::stores::KEYS),
            ("link", &["balance", "latency", "loss"]),
            (
                "log",
                &[
                    "partitions",
                    "assign",
                    "retention",
                    "delay",
                    "depth",
                    "on_full",
                    "on",
                    "replication",
                    "acks",
                    "min_in_sync",
                ],
            ),
            ("cluster", &["detection", "catch_up", "leaders_return"]),
        ];
        let mut values = HashMap::new();
        let blocks = view.sections.iter().filter(|(name, _)| name == word).map(|(_, block)| block.clone());
        for block in blocks.collect::<Vec<_>>() {
            for statement in readable(&block) {
                if word == "link" && eligibility::is_about(statement) {
                    continue;
                }
                let Node::Assign(assign) = &statement.node else {
                    self.misplaced(statement, "a section of a kind holds `name = value`");
                    continue;
                };
                let name = assign.target.dotted();
                let known = KEYS.iter().find(|(section, _)| *section == word).map_or(&[][..], |(_, keys)| keys);
                if !known.contains(&name.as_str()) {
                    let message = format!("`{word}` has no `{name}`");
                    let help = nearest(&name, known.iter().copied()).map_or_else(
                        || format!("it has {}", known.join(", ")),
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    self.eval.report(
                        Diagnostic::new(&codes::E0106, message, assign.target.span, "unknown property").help(help),
                    );
                    continue;
                }
                values.insert(name, self.eval.eval(&assign.value, scope));
            }
        }
        values
    }

    /// Resolves the steps of all components.
    pub(crate) fn finish_components(&mut self) {
        for index in 0..self.drafts.len() {
            let endpoints: Vec<Endpoint> = (0..self.drafts[index].endpoints.len())
                .map(|endpoint| self.resolve_endpoint(index, endpoint))
                .collect();
            let draft = &self.drafts[index];
            self.components.push(Component {
                name: draft.name.text.clone(),
                kind: draft.view.label.clone(),
                replicas: draft.most_replicas(),
                zones: draft.zones,
                station: draft.station.clone(),
                store: draft.store.clone(),
                endpoints,
                monthly_usd: draft.monthly_usd,
                fleet: draft.fleet.clone(),
                cluster: None,
                watched: draft.watched,
                leaders: draft.leaders.clone(),
            });
        }
        for index in 0..self.drafts.len() {
            self.components[index].cluster = self.is_broker_of_topics(index);
        }
        self.share_queues();
        self.pointless_eligibility();
        self.mismatched_balance();
    }

    /// Components that take messages nobody waits for have one queue, without bound, for all replicas.
    fn share_queues(&mut self) {
        let consumers: Vec<ComponentId> = self
            .edge_drafts
            .iter()
            .filter(|edge| edge.asynchronous && self.drafts[edge.to].endpoints.iter().any(|e| e.handler))
            .map(|edge| ComponentId(edge.to as u32))
            .collect();
        for ComponentId(index) in consumers {
            let Station { discipline, hold, .. } = self.components[index as usize].station;
            let interrupts = matches!(discipline, Discipline::Preemptive | Discipline::PreemptiveLifo);
            if interrupts && hold == Hold::Visit {
                let name = self.drafts[index as usize].name.clone();
                let message =
                    format!("`{}` takes messages, and its replicas share a queue: nothing is interrupted", name.text);
                let diagnostic =
                    Diagnostic::new(&codes::E0514, message, name.span, "this `discipline` would be ignored");
                self.eval
                    .report(diagnostic.help("write `discipline = fifo`, with `priority` for handlers that go first"));
            }
            let station = &mut self.components[index as usize].station;
            station.queue_capacity = None;
            if station.hold == Hold::Visit {
                station.queue = Queueing::Shared;
            }
        }
    }
}

fn declares(body: &Block, name: &str) -> bool {
    body.statements.iter().any(|s| matches!(&s.node, Node::Declare(declare) if declare.name.text == name))
}

/// A whole number, if the value is one and bounded.
pub(crate) fn count(value: Option<&Value>) -> Option<u32> {
    match value {
        Some(Value::Number(number, _)) => Some(number.clamp(0.0, f64::from(u32::MAX - 1)) as u32),
        _ => None,
    }
}

/// A duration in whole nanoseconds, if the value is one.
pub(crate) fn duration(value: Option<&Value>) -> Option<u64> {
    match value {
        Some(Value::Number(ns, Dimension::Duration)) => Some(*ns as u64),
        _ => None,
    }
}

/// A distribution of durations, if the value is one.
pub(super) fn distribution(value: Option<&Value>) -> Option<Distribution> {
    match value {
        Some(Value::Distribution(distribution, Dimension::Duration)) => Some(distribution.clone()),
        _ => None,
    }
}

/// Processor sharing, where something is shared.
fn sharing(station: &HashMap<String, Value>) -> Option<Sharing> {
    let number = |name: &str| match station.get(name) {
        Some(Value::Number(number, _)) if *number > 0.0 => Some(*number),
        _ => None,
    };
    let (cores, contention, coherency) = (number("cores"), number("contention"), number("coherency"));
    let shared = cores.is_some() || contention.is_some() || coherency.is_some();
    let (contention, coherency) = (contention.unwrap_or(0.0), coherency.unwrap_or(0.0));
    shared.then_some(Sharing { cores, contention, coherency })
}

/// A token bucket; without a burst it holds what comes in a tenth of a second, and at least one.
fn limit(rate: Option<&Value>, burst: Option<&Value>) -> Option<Limit> {
    let Some(Value::Number(rate, Dimension::Rate)) = rate else { return None };
    let burst = match burst {
        Some(Value::Number(burst, _)) => *burst,
        _ => 0.1 * rate,
    };
    (*rate > 0.0).then_some(Limit { rate: *rate, burst: burst.max(1.0) })
}

pub(super) fn is(value: Option<&Value>, word: &str) -> bool {
    matches!(value, Some(Value::Word(w)) if w == word)
}

/// Whether an endpoint says `priority = 0`.
fn goes_first(item: &Item) -> bool {
    let zero = |expr: &Expr| matches!(&expr.kind, ExprKind::Quantity(quantity) if quantity.number == 0.0);
    let first =
        |s: &Statement| matches!(&s.node, Node::Assign(a) if a.target.word() == Some("priority") && zero(&a.value));
    item.body.as_ref().is_some_and(|body| body.statements.iter().any(first))
}
