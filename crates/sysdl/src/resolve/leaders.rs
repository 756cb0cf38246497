//! `leader { … }` of a component → one of its replicas leads; `at = leader` → whom a call is for.

use super::components::{distribution, duration};
use super::edges::PolicyDraft;
use super::kinds::KindView;
use super::policies::default_retry_on;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, Block, Expr, ExprKind, Item, Node};
use crate::syntax::span::Span;
use crate::units::Dimension;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use sysdl_kernel::outcome;
use sysdl_lower::model::{
    At, Call, ComponentId, Distribution, Effect, Leaders, Model, Parameter, Queueing, Step, Succession,
};

const KEYS: [&str; 5] = ["failover", "heartbeat", "election", "round_trip", "meanwhile"];
/// Time from word to word of a leader, and from replica to replica and back.
const HEARTBEAT_NS: u64 = 50_000_000;
const ROUND_NS: u64 = 1_000_000;
/// How long replicas wait that hear nothing: 150 ms to 300 ms, as in the paper on Raft.
const ELECTION_NS: (f64, f64) = (150e6, 300e6);

/// Values of a `leader` block, and where they stand.
type Written = FxHashMap<String, (Value, Span)>;

impl Builder<'_> {
    /// How the leader of a component is found that says `leader`, itself or by its kind. What it says itself comes first.
    pub(super) fn leaders(&mut self, item: &Item, view: &KindView, scope: &Rc<Scope>) -> Option<Leaders> {
        let of_kind = view.sections.iter().filter(|(name, _)| name == "leader").map(|(_, block)| block.clone());
        let own = item.body.as_deref().into_iter().flat_map(readable).filter_map(|statement| match &statement.node {
            Node::Section(section) if section.name.text == "leader" => Some(section.body.clone()),
            _ => None,
        });
        let (of_kind, own): (Vec<Block>, Vec<Block>) = (of_kind.collect(), own.collect());
        let mut said = FxHashMap::default();
        for block in of_kind.iter().chain(&own) {
            self.leader_block(block, &mut said);
        }
        if !of_kind.is_empty() || !own.is_empty() {
            for name in KEYS {
                let path = format!("{}.leader.{name}", item.name.text);
                said.extend(self.replacement(&path).cloned().map(|expr| (name.to_owned(), expr)));
            }
        }
        let written: Written =
            said.into_iter().filter_map(|(name, expr)| self.leader_value(name, &expr, scope)).collect();
        let says = |name: &str| written.contains_key(name);
        if own.is_empty() && !says("failover") && !says("election") {
            return None;
        }
        let span_of = |name: &str| written.get(name).map_or(item.name.span, |(_, span)| *span);
        let waits = matches!(written.get("meanwhile"), Some((Value::Word(word), _)) if word == "wait");
        if let Some(time) = distribution(written.get("failover").map(|(value, _)| value)) {
            for name in ["election", "heartbeat", "round_trip"].into_iter().filter(|name| says(name)) {
                let message = format!("`{name}` is of an election, and `failover` says that there is none");
                let diagnostic = Diagnostic::new(&codes::E0514, message, span_of(name), "the second");
                self.eval.report(diagnostic.label(span_of("failover"), "the first").help("keep one of them"));
            }
            return Some(Leaders { succession: Succession::Failover(time), waits });
        }
        let heartbeat_ns = duration(written.get("heartbeat").map(|(value, _)| value)).unwrap_or(HEARTBEAT_NS).max(1);
        let round_ns = duration(written.get("round_trip").map(|(value, _)| value)).unwrap_or(ROUND_NS);
        let timeout = distribution(written.get("election").map(|(value, _)| value))
            .unwrap_or(Distribution::Uniform(ELECTION_NS.0, ELECTION_NS.1));
        let least = match timeout {
            Distribution::Constant(time) | Distribution::Uniform(time, _) => time,
            _ => f64::MAX,
        };
        if least <= heartbeat_ns as f64 + round_ns as f64 / 2.0 {
            let message = format!("replicas of `{}` would hear from their leader too late", item.name.text);
            let at = if says("election") { span_of("election") } else { span_of("heartbeat") };
            let diagnostic = Diagnostic::new(&codes::E0209, message, at, "not longer than from word to word");
            self.eval.report(diagnostic.help("write `heartbeat = 50ms, election = uniform(150ms, 300ms)`"));
        }
        Some(Leaders { succession: Succession::Election { heartbeat_ns, timeout, round_ns }, waits })
    }

    fn leader_block(&mut self, block: &Block, said: &mut FxHashMap<String, Expr>) {
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "`leader` holds `name = value`");
                continue;
            };
            let name = assign.target.dotted();
            if KEYS.contains(&name.as_str()) {
                said.insert(name, assign.value.clone());
            } else {
                self.unknown_word("leader", &name, assign.target.span, &KEYS);
            }
        }
    }

    fn leader_value(&mut self, name: String, expr: &Expr, scope: &Rc<Scope>) -> Option<(String, (Value, Span))> {
        let ty = match name.as_str() {
            "failover" | "election" => Type::Distribution,
            "meanwhile" => Type::OneOf(vec!["refuse".into(), "wait".into()]),
            _ => Type::Quantity(Dimension::Duration),
        };
        let value = self.eval.eval(expr, scope);
        let value = self.eval.hold(value, &ty, true, &name, expr.span);
        (value != Value::None).then_some((name, (value, expr.span)))
    }

    /// `leader`, `follower`, `any`.
    pub(super) fn at(&mut self, expr: &Expr, scope: &Scope) -> Option<At> {
        let word = match &expr.kind {
            ExprKind::Path(path) if scope.get(&path.dotted()).is_none() => Value::Word(path.dotted()),
            _ => self.eval.eval(expr, scope),
        };
        let ty = Type::OneOf(vec!["leader".into(), "follower".into(), "any".into()]);
        match self.eval.hold(word, &ty, false, "at", expr.span) {
            Value::Word(word) => Some(match word.as_str() {
                "leader" => At::Leader,
                "follower" => At::Follower,
                _ => At::Any,
            }),
            _ => None,
        }
    }

    /// Whom a call of an endpoint is for, if it does not say that itself: the edge says, or the endpoint where one leads.
    pub(super) fn role(&mut self, policy: &PolicyDraft, to: usize, endpoint: usize) -> At {
        let leads = self.drafts[to].leaders.is_some();
        match policy.at {
            Some((at, span)) if at != At::Any && !leads => {
                self.nobody_leads(to, span);
                At::Any
            }
            Some((at, _)) => at,
            None if leads => self.drafts[to].endpoints[endpoint].at,
            None => At::Any,
        }
    }

    /// The same of a call that may say it.
    pub(super) fn role_of_call(&mut self, args: &[Arg], call: &Call, scope: &Scope) -> At {
        let said = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "at"));
        let Some(at) = said.and_then(|arg| self.at(&arg.value, scope)) else { return call.at };
        let to = call.endpoint.component.0 as usize;
        if at != At::Any && self.drafts[to].leaders.is_none() {
            self.nobody_leads(to, said.map_or(self.drafts[to].name.span, |arg| arg.value.span));
            return At::Any;
        }
        at
    }

    pub(super) fn nobody_leads(&mut self, component: usize, span: Span) {
        let name = self.drafts[component].name.text.clone();
        let message = format!("no replica of `{name}` leads");
        let diagnostic = Diagnostic::new(&codes::E0316, message, span, "nobody in particular");
        self.eval.report(diagnostic.help(format!("add `leader {{ failover = 30s }}` or `leader {{ }}` to `{name}`")));
    }

    /// Leaders are of replicas that are always in service, each with a queue of its own.
    pub(super) fn odd_leaders(&mut self, effects: &[Effect]) {
        for index in 0..self.components.len() {
            let component = &self.components[index];
            if component.leaders.is_none() {
                continue;
            }
            let resized = Parameter::StationReplicas(ComponentId(index as u32));
            let varies = component.fleet.is_some() || effects.iter().any(|effect| effect.parameter == resized);
            let shared = component.station.queue == Queueing::Shared;
            let span = self.drafts[index].name.span;
            if component.cluster.is_some() {
                self.eval.later("a leader of brokers, whose partitions have leaders of their own", span);
            } else if varies {
                self.eval.later("a leader of replicas that come and go", span);
            } else if shared {
                self.eval.later("a leader of replicas that take messages from one queue", span);
            }
        }
    }
}

/// Calls of what has a leader are tried again, unless said otherwise, when nobody leads.
pub(super) fn retry_without_leader(model: &mut Model) {
    let leads: Vec<bool> = model.components.iter().map(|component| component.leaders.is_some()).collect();
    if !leads.contains(&true) {
        return;
    }
    let change = |call: &mut Call| {
        let leads = leads[call.endpoint.component.0 as usize];
        if let Some(retry) = call.policy.retry.as_mut().filter(|retry| leads && retry.on == default_retry_on()) {
            retry.on |= 1 << outcome::NO_LEADER;
        }
    };
    let of_sources = model.sources.iter_mut().flat_map(|source| &mut source.mix);
    of_sources.for_each(|(_, call)| change(call));
    for component in &mut model.components {
        for endpoint in &mut component.endpoints {
            every_call(&mut endpoint.steps, &change);
        }
    }
}

fn every_call(steps: &mut [Step], change: &dyn Fn(&mut Call)) {
    for step in steps {
        if let Some(call) = step.call_mut() {
            change(call);
        }
        step.inside_mut().into_iter().for_each(|inside| every_call(inside, change));
    }
}
