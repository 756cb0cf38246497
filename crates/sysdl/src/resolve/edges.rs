//! `a -> b { … }`: links and the policies of the calls that travel them.

use super::balance;
use super::components::duration;

use super::conduct::Hedge;
use super::connections::{self, ConnectionsDraft};
use super::eligibility::EligibilityDraft;
use super::gathering::{self, GatherDraft};
use super::messages::{MESSAGES, MessagesDraft};
use super::system::{Builder, readable};
use super::topics::Filter;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Assign, Block, Edge as EdgeNode, ExprKind, Node, Path, Statement};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{
    At, Balance, Breaker, ComponentId, Conduct, Distribution, Edge, EdgeId, GivesUpAs, Permits, Policy, Retry, Zones,
};

/// Properties of an edge.
const PROPERTIES: [&str; 32] = [
    "connect",
    "idle",
    "filter",
    "at",
    "linger",
    "batch",
    "work_per",
    "cross_zone",
    "visibility",
    "dead_letter",
    "timeout",
    "retry",
    "breaker",
    "latency",
    "loss",
    "balance",
    "fallback",
    "hedge",
    "pool",
    "bulkhead",
    "health",
    "eject",
    "slow_start",
    "fail_open",
    "panic",
    "cancel",
    "deadline",
    "throttle",
    "transport",
    "idempotent",
    "retransmit",
    "bandwidth",
];
/// An edge as written, before its calls are known.
#[derive(Debug)]
pub(crate) struct EdgeDraft {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) id: EdgeId,
    pub(crate) asynchronous: bool,
    /// Its two ends.
    pub(crate) span: Span,
    /// The whole statement.
    pub(crate) whole: Span,
    /// The policy of all calls on it, then of those to one endpoint.
    pub(crate) policy: PolicyDraft,
    pub(crate) by_endpoint: Vec<(String, PolicyDraft)>,
    /// The edge as a whole was declared, not only for some endpoints.
    said_whole: bool,
    /// A step uses it.
    pub(crate) used: bool,
    /// The text does not have it.
    pub(crate) implied: bool,
}

/// What an edge's block says; what it does not say comes from a wider block.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyDraft {
    pub(crate) timeout: Option<(u64, Span)>,
    pub(crate) retry: Option<Retry>,
    pub(crate) skip: Option<bool>,
    latency: Option<Distribution>,
    loss: Option<f64>,
    balance: Option<(Balance, bool)>,
    cross_zone_ns: Option<u64>,
    breaker: Option<Breaker>,
    permits: Option<Permits>,
    connections: ConnectionsDraft,
    pub(super) eligibility: EligibilityDraft,
    pub(crate) hedge: Option<Hedge>,
    idempotent: Option<bool>,
    conduct: Conduct,
    bandwidth: Option<f64>,
    cancel: Option<bool>,
    deadline: Option<bool>,
    /// Whom calls are for.
    pub(super) at: Option<(At, Span)>,
    /// The timeout counts from when the message was received.
    visibility: bool,
    /// Where messages go that were received in vain.
    pub(crate) dead_letter: Option<Path>,
    /// What becomes of messages.
    pub(crate) messages: MessagesDraft,
    /// How requests gather before they set out.
    pub(super) gather: GatherDraft,
    /// Which messages are handed on, and where that stands.
    pub(super) filter: Option<(Filter, Span)>,
}

impl PolicyDraft {
    /// This, with gaps filled from a wider one.
    fn over(&self, wider: &PolicyDraft) -> PolicyDraft {
        PolicyDraft {
            timeout: self.timeout.or(wider.timeout),
            retry: self.retry.clone().or_else(|| wider.retry.clone()),
            skip: self.skip.or(wider.skip),
            hedge: self.hedge.or(wider.hedge),
            idempotent: self.idempotent.or(wider.idempotent),
            cancel: self.cancel.or(wider.cancel),
            deadline: self.deadline.or(wider.deadline),
            at: self.at.or(wider.at),
            visibility: self.visibility || wider.visibility,
            // The rest is of the edge as a whole.
            ..wider.clone()
        }
    }

    /// As the model has it.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            timeout_ns: self.timeout.map(|(ns, _)| ns),
            gives_up_as: GivesUpAs::Timeout,
            retry: self.retry.clone(),
            once_received: self.visibility,
            hedge_after_ns: self.hedge.and_then(|hedge| hedge.after_ns),
            hedge_percentile: self.hedge.and_then(|hedge| hedge.percentile),
            hedges_more: self.hedge.map_or(0, |hedge| hedge.more),
            idempotent: self.idempotent.unwrap_or(false),
            cancel: self.cancel.unwrap_or(false),
            deadline: self.deadline.unwrap_or(false),
        }
    }

    /// How long a message that was received is not handed over again, if it is.
    pub(super) fn visibility_ns(&self) -> Option<u64> {
        self.timeout.filter(|_| self.visibility).map(|(ns, _)| ns)
    }

    /// Whether messages are handed over again until they are dealt with. In order, they wait for one that was received.
    pub(crate) fn redelivers(&self, ordered: bool) -> bool {
        self.visibility && !ordered || self.retry.is_some() || self.dead_letter.is_some()
    }
}

impl Builder<'_> {
    pub(crate) fn collect_edges(&mut self, statements: &[&Statement]) {
        for statement in statements {
            let Node::Edge(edge) = &statement.node else { continue };
            for (pair, asynchronous) in edge.ends.windows(2).zip(&edge.asynchronous) {
                self.edge(edge, &pair[0], &pair[1], *asynchronous, statement.span);
            }
        }
    }

    fn edge(&mut self, edge: &EdgeNode, from: &Path, to: &Path, asynchronous: bool, whole: Span) {
        let (from_index, to_index) = (self.component_of(from), self.component_of(to));
        let policy = edge.body.as_ref().map(|body| self.edge_block(body, asynchronous, whole)).unwrap_or_default();
        let (Some(from_index), Some(to_index)) = (from_index, to_index) else { return };
        let span = from.span.to(to.span);
        if from_index == to_index {
            let message = format!("`{}` calls itself", from.dotted());
            self.eval.report(
                Diagnostic::new(&codes::E0308, message, span, "both ends are the same").help("name another component"),
            );
            return;
        }
        if from.segments.first().is_some_and(|segment| segment.index.is_some()) {
            self.eval.later("an edge of some replicas", from.span);
        }
        let endpoint = to.segments.get(1).map(|segment| segment.name.clone());
        if let Some(endpoint) = &endpoint
            && !self.drafts[to_index].endpoints.iter().any(|e| e.name.text == endpoint.text)
        {
            self.unknown_endpoint(to_index, endpoint);
            return;
        }
        let known = self.by_ends.get(&(from_index, to_index)).copied();
        let index = known.unwrap_or_else(|| self.new_edge(from_index, to_index, asynchronous, span, whole));
        let whole_edge = [
            ("breaker", policy.breaker.is_some()),
            ("latency", policy.latency.is_some()),
            ("loss", policy.loss.is_some()),
            ("balance", policy.balance.is_some()),
            ("cross_zone", policy.cross_zone_ns.is_some()),
            ("pool", policy.permits.is_some()),
            (policy.connections.said().unwrap_or("connect"), policy.connections.said().is_some()),
            (policy.eligibility.said().unwrap_or("eject"), policy.eligibility.said().is_some()),
            ("throttle", policy.conduct.throttle.is_some()),
            ("transport", policy.conduct.retransmit.is_some()),
            ("bandwidth", policy.bandwidth.is_some()),
            ("linger", policy.gather.is_said()),
        ];
        if let (Some(endpoint), Some((name, _))) = (&endpoint, whole_edge.iter().find(|(_, set)| *set)) {
            return self.eval.later(&format!("`{name}` for one endpoint of an edge"), endpoint.span);
        }
        match endpoint {
            Some(endpoint) if !asynchronous => {
                self.edge_drafts[index].by_endpoint.push((endpoint.text, policy.clone()))
            }
            _ if self.edge_drafts[index].said_whole => {
                let old = self.edge_drafts[index].span;
                let message = format!("the edge `{} -> {}` is declared twice", from.dotted(), to.dotted());
                let diagnostic =
                    Diagnostic::new(&codes::E0107, message, span, "declared again").label(old, "first declared here");
                self.eval.report(diagnostic.help("put all its policies into one block"));
            }
            _ => {
                let by_kind = duration(self.drafts[from_index].link.get("timeout")).map(|ns| (ns, span));
                let draft = &mut self.edge_drafts[index];
                (draft.policy, draft.said_whole) = (policy.clone(), true);
                draft.policy.timeout = draft.policy.timeout.or(by_kind);
            }
        }
        let connections = self.connections(&policy.connections, policy.permits.as_ref(), policy.gather.is_said());
        let id = self.edge_drafts[index].id.0 as usize;
        let row = &mut self.edges[id];
        row.latency = policy.latency.unwrap_or_else(|| row.latency.clone());
        row.loss = policy.loss.unwrap_or(row.loss);
        let zones = row.zones.unwrap_or(Zones { prefer: false, cross_ns: 0 });
        let cross_ns = policy.cross_zone_ns.unwrap_or(zones.cross_ns);
        let prefer = policy.balance.as_ref().map_or(zones.prefer, |(_, prefer)| *prefer);
        row.zones = (prefer || cross_ns > 0).then_some(Zones { prefer, cross_ns });
        row.balance = policy.balance.map_or_else(|| row.balance.clone(), |(balance, _)| balance);
        row.breaker = policy.breaker.or(row.breaker);
        row.permits = policy.permits.or(row.permits);
        row.connections = connections.or_else(|| row.connections.take());
        if policy.eligibility.said().is_some() {
            row.eligibility = policy.eligibility.over(&self.drafts[from_index].eligibility).eligibility();
        }
        row.conduct.throttle = policy.conduct.throttle.or(row.conduct.throttle);
        row.conduct.retransmit = policy.conduct.retransmit.or(row.conduct.retransmit);
        row.bandwidth = policy.bandwidth.or(row.bandwidth);
        if let Some(gather) = self.gather(&policy.gather, to_index) {
            self.edges[id].gather = Some(gather);
        }
    }

    pub(super) fn new_edge(&mut self, from: usize, to: usize, asynchronous: bool, span: Span, whole: Span) -> usize {
        let link = &self.drafts[from].link;
        let (balance, prefer) = link.get("balance").map_or((Balance::RoundRobin, false), balance::of);
        let balance = if self.drafts[to].sticky { Balance::Sticky } else { balance };
        let latency = match link.get("latency") {
            Some(Value::Distribution(latency, Dimension::Duration)) => latency.clone(),
            Some(Value::Number(ns, Dimension::Duration)) => Distribution::Constant(*ns),
            _ => Distribution::Constant(0.0),
        };
        let id = EdgeId(self.edges.len() as u32);
        self.edges.push(Edge {
            name: format!("{}->{}", self.drafts[from].name.text, self.drafts[to].name.text),
            from: Some(ComponentId(from as u32)),
            to: ComponentId(to as u32),
            latency,
            loss: 0.0,
            balance,
            breaker: None,
            permits: None,
            eligibility: self.drafts[from].eligibility.eligibility(),
            zones: prefer.then_some(Zones { prefer, cross_ns: 0 }),
            conduct: Conduct::default(),
            bandwidth: self.drafts[to].bandwidth,
            subscription: None,
            gather: None,
            connections: None,
        });
        self.by_ends.insert((from, to), self.edge_drafts.len());
        self.edge_drafts.push(EdgeDraft {
            from,
            to,
            id,
            asynchronous,
            span,
            whole,
            policy: PolicyDraft::default(),
            by_endpoint: Vec::new(),
            said_whole: false,
            used: false,
            implied: false,
        });
        self.edge_drafts.len() - 1
    }

    /// The edge between two components, and the policy of calls to an endpoint on it.
    pub(crate) fn edge_between(&mut self, from: usize, to: usize, endpoint: &str) -> Option<(EdgeId, PolicyDraft)> {
        let row = *self.by_ends.get(&(from, to))?;
        let draft = &mut self.edge_drafts[row];
        draft.used = true;
        let narrow = draft.by_endpoint.iter().find(|(name, _)| name == endpoint);
        let policy = narrow.map_or_else(|| draft.policy.clone(), |(_, policy)| policy.over(&draft.policy));
        Some((draft.id, policy))
    }

    /// What is known of an edge between components.
    pub(crate) fn draft_of(&self, edge: EdgeId) -> Option<&EdgeDraft> {
        let edge = &self.edges[edge.0 as usize];
        let row = self.by_ends.get(&(edge.from?.0 as usize, edge.to.0 as usize))?;
        self.edge_drafts.get(*row)
    }

    fn edge_block(&mut self, body: &Block, asynchronous: bool, whole: Span) -> PolicyDraft {
        let mut policy = PolicyDraft::default();
        let scope = Rc::clone(&self.scope);
        let mut seen: Vec<(String, Span)> = Vec::new();
        for statement in readable(body) {
            let (name, span) = match &statement.node {
                Node::Assign(assign) => (assign.target.dotted(), assign.target.span),
                Node::Section(section) => (section.name.text.clone(), section.name.span),
                _ => {
                    self.misplaced(statement, "an edge holds policies such as `timeout = 1s`");
                    continue;
                }
            };
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == name) {
                let message = format!("`{name}` is set twice");
                let diagnostic =
                    Diagnostic::new(&codes::E0108, message, span, "set again").label(*first, "first set here");
                self.eval.report(diagnostic.help("remove one of them"));
                continue;
            }
            seen.push((name.clone(), span));
            if self.eligibility(statement, &scope, &mut policy.eligibility) {
                continue;
            }
            match &statement.node {
                Node::Assign(assign) if name == "allow" => self.waiver(&assign.value, whole),
                Node::Section(section) if name == "retry" => policy.retry = self.retry(&section.body, &scope),
                Node::Section(section) if name == "breaker" => policy.breaker = self.breaker(&section.body, &scope),
                Node::Section(section) if name == "hedge" => policy.hedge = self.hedge(&section.body, &scope),
                Node::Section(section) if name == "throttle" => {
                    policy.conduct.throttle = Some(self.throttle(&section.body, &scope));
                }
                Node::Section(section) if name == "retransmit" => {
                    policy.conduct.retransmit = Some(self.retransmit(&section.body, &scope));
                }
                Node::Section(section) if name == "pool" || name == "bulkhead" => {
                    policy.permits = self.permits(&name, &section.body, &scope);
                }
                Node::Assign(assign) if name == "filter" => self.filter_share(assign, &scope, &mut policy),
                Node::Assign(assign) if gathering::PROPERTIES.contains(&name.as_str()) => {
                    self.gather_property(&name, assign, &scope, &mut policy.gather);
                }
                Node::Assign(assign) if connections::WORDS.contains(&name.as_str()) => {
                    self.connection_property(&name, assign, &scope, &mut policy.connections);
                }
                Node::Assign(assign) if PROPERTIES.contains(&name.as_str()) => {
                    self.edge_property(&name, assign, &scope, &mut policy)
                }
                Node::Assign(assign) if MESSAGES.contains(&name.as_str()) => {
                    self.message_property(&name, assign, &scope, &mut policy);
                }
                Node::Section(section) if name == "filter" => self.filter_class(&section.body, &scope, &mut policy),
                Node::Section(section) if name == "rebalance" => {
                    policy.messages.rebalance = self.rebalance(&section.body, &scope);
                }
                Node::Section(section) if name == "batch" => {
                    policy.messages.batch = self.handler_batch(&section.body, &scope);
                }
                _ => {
                    let help = nearest(&name, PROPERTIES.into_iter().chain(MESSAGES).chain(["rebalance"]))
                        .map_or_else(|| format!("an edge has {}", PROPERTIES.join(", ")), did_you_mean);
                    let message = format!("an edge has no property `{name}`");
                    self.eval.report(Diagnostic::new(&codes::E0106, message, span, "unknown property").help(help));
                }
            }
        }
        self.at_odds(&seen, asynchronous);
        policy
    }

    /// Properties that would be ignored, or overrule each other, if they stood side by side.
    fn at_odds(&mut self, seen: &[(String, Span)], asynchronous: bool) {
        let span_of = |name: &str| seen.iter().find(|(known, _)| known == name).map(|(_, span)| *span);
        const PAIRS: [(&str, &str, &str); 11] = [
            ("linger", "hedge", "what waits for company is in no hurry: remove `hedge`"),
            ("linger", "eject", "a batch goes to whoever is next: remove `eject`"),
            ("linger", "health", "a batch goes to whoever is next: remove `health`"),
            ("idempotent", "cancel", "a later attempt takes over the work of the first: remove `cancel`"),
            ("idempotent", "deadline", "a later attempt takes over the work of the first: remove `deadline`"),
            ("idempotent", "hedge", "a hedge would join the attempt it is beside: remove `hedge`"),
            ("transport", "retransmit", "`retransmit` is `transport = tcp` with numbers of its own: keep one"),
            ("timeout", "visibility", "a message is given time once it was received: remove `timeout`"),
            ("hedge", "visibility", "a message is handed over again, never twice at once: remove `hedge`"),
            ("deadline", "visibility", "a message has no deadline: remove `deadline`"),
            ("pool", "bulkhead", "both bound the attempts under way: keep one"),
        ];
        for (one, other, help) in PAIRS {
            if let (Some(first), Some(second)) = (span_of(one), span_of(other)) {
                let message = format!("`{one}` and `{other}` do not go together");
                let diagnostic =
                    Diagnostic::new(&codes::E0514, message, second, "the second").label(first, "the first");
                self.eval.report(diagnostic.help(help));
            }
        }
        for name in connections::WORDS {
            if let (Some(span), true) = (span_of(name), asynchronous) {
                let message = format!("`{name}` is for calls, and this edge carries messages");
                let diagnostic = Diagnostic::new(&codes::E0514, message, span, "nobody waits on a connection");
                self.eval.report(diagnostic.help(format!("remove `{name}`")));
            }
        }
        for name in ["visibility", "dead_letter"] {
            if let (Some(span), false) = (span_of(name), asynchronous) {
                let message = format!("`{name}` is for messages, which nobody waits for");
                let diagnostic = Diagnostic::new(&codes::E0514, message, span, "the edge is a call");
                self.eval.report(diagnostic.help("write `a ~> b { … }` to a handler, or use `timeout`"));
            }
        }
    }

    fn edge_property(&mut self, name: &str, assign: &Assign, scope: &Scope, policy: &mut PolicyDraft) {
        let span = assign.value.span;
        if name == "dead_letter" {
            if let ExprKind::Path(path) = &assign.value.kind {
                policy.dead_letter = Some(path.clone());
            } else {
                let diagnostic = Diagnostic::new(&codes::E0203, "`dead_letter` names a component", span, "not a name");
                self.eval.report(diagnostic.help("write `dead_letter = graveyard`"));
            }
            return;
        }
        if name == "at" {
            policy.at = self.at(&assign.value, scope).map(|at| (at, span));
            return;
        }
        if name == "retry" {
            policy.retry = self.named("retry", &assign.value).and_then(|block| self.retry(block, scope));
            return;
        }
        if name == "breaker" {
            policy.breaker = self.named("breaker", &assign.value).and_then(|block| self.breaker(block, scope));
            return;
        }
        let value = self.eval.eval(&assign.value, scope);
        let ty = match name {
            "timeout" | "visibility" | "cross_zone" => Type::Quantity(Dimension::Duration),
            "latency" => Type::Distribution,
            "loss" => Type::Quantity(Dimension::Share),
            "bandwidth" => Type::Quantity(Dimension::Bandwidth),
            "balance" => Type::Balance,
            "cancel" | "deadline" | "idempotent" => Type::Flag,
            "transport" => Type::OneOf(vec!["tcp".into(), "message".into()]),
            "hedge" | "pool" | "bulkhead" | "throttle" | "retransmit" => {
                let message = format!("`{name}` is a block");
                let diagnostic = Diagnostic::new(&codes::E0203, message, span, "not a value");
                let example = match name {
                    "hedge" => "after = 50ms",
                    "throttle" => "k = 2, window = 2min",
                    "retransmit" => "rto = 200ms",
                    _ => "size = 20",
                };
                self.eval.report(diagnostic.help(format!("write `{name} {{ {example} }}`")));
                return;
            }
            _ => Type::OneOf(vec!["skip".into()]),
        };
        match (name, self.eval.hold(value, &ty, false, name, span)) {
            ("timeout", Value::Number(ns, _)) if ns >= 1.0 => policy.timeout = Some((ns as u64, span)),
            ("visibility", Value::Number(ns, _)) if ns >= 1.0 => {
                (policy.timeout, policy.visibility) = (Some((ns as u64, span)), true);
            }
            ("timeout" | "visibility", Value::Number(..)) => {
                self.eval.no_time(&codes::E0207, name, span, "remove it to wait for ever");
            }
            ("latency", Value::Distribution(latency, _)) => policy.latency = Some(latency),
            ("bandwidth", Value::Number(bandwidth, _)) if bandwidth > 0.0 => policy.bandwidth = Some(bandwidth),
            ("bandwidth", Value::Number(..)) => {
                let diagnostic =
                    Diagnostic::new(&codes::E0207, "`bandwidth` must be positive", span, "carries nothing");
                self.eval.report(diagnostic.help("remove it, or inject `partition`"));
            }
            ("loss", Value::Number(loss, _)) => policy.loss = Some(loss),
            ("balance", value @ (Value::Word(_) | Value::Choices(_) | Value::Balance(..))) => {
                policy.balance = Some(balance::of(&value));
            }
            ("cross_zone", Value::Number(ns, _)) => policy.cross_zone_ns = Some(ns as u64),
            ("cancel", Value::Word(word)) => policy.cancel = Some(word == "true"),
            ("deadline", Value::Word(word)) => policy.deadline = Some(word == "true"),
            ("transport", Value::Word(word)) => policy.conduct.retransmit = (word == "tcp").then(Self::tcp),
            ("idempotent", Value::Word(word)) => {
                policy.idempotent = Some(word == "true");
                policy.messages.idempotent = policy.idempotent;
            }
            ("fallback", Value::Word(_)) => policy.skip = Some(true),
            _ => {}
        }
    }
}
