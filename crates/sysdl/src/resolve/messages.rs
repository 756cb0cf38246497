//! What becomes of messages: partitions of topics, groups of consumers, what they commit and when.

use super::components::{count, duration};
use super::edges::PolicyDraft;
use super::system::{Builder, readable};
use super::topics;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Assign, Block, Node};
use crate::syntax::span::Span;
use crate::units::Dimension;
use rustc_hash::FxHashMap;
use sysdl_lower::model::{Assignment, Commit, Depth, Discipline, Group, HandlerBatch, Hold, Queueing, Subscription};

/// Properties of an edge from what keeps messages to a handler.
pub(super) const MESSAGES: [&str; 3] = ["group", "commit", "max_poll"];
/// Most partitions of a topic, and most groups of keys of a queue.
pub(super) const PARTITIONS_MAX: u32 = 1_000_000;
/// How long a consumer may be gone: Kafka's `session.timeout.ms`.
const SESSION_NS: u64 = 45_000_000_000;
/// How long it takes to assign partitions anew.
const PAUSE_NS: u64 = 3_000_000_000;
/// How long a queue does not hand a message over again: SQS' visibility timeout.
const VISIBILITY_NS: u64 = 30_000_000_000;
/// Messages of a poll: Kafka's `max.poll.records`.
const MAX_POLL: u32 = 500;

/// How a component keeps messages until they are dealt with: the section `log` of its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    /// Messages are in order within each of so many partitions. `None`: they are in no order.
    pub(crate) partitions: Option<u32>,
    /// Each partition is assigned to a replica of its consumer.
    assigned: bool,
    retention_ns: Option<u64>,
    /// How many wait at each consumer, and whether publishers wait for room.
    pub(super) depth: Option<(Depth, bool)>,
}

/// What an edge says of its messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessagesDraft {
    group: Option<(String, Span)>,
    commit: Option<(String, Span)>,
    max_poll: Option<(u32, Span)>,
    /// A message that comes again is recognized: in order by its group, else by whoever it is handed to again.
    pub(super) idempotent: Option<bool>,
    pub(super) rebalance: Option<(Assignment, Span)>,
    pub(super) batch: Option<(HandlerBatch, Span)>,
}

impl MessagesDraft {
    /// Something that it says, and where.
    fn said(&self) -> Option<(&'static str, Span)> {
        let said = [
            ("group", self.group.as_ref().map(|(_, span)| *span)),
            ("commit", self.commit.as_ref().map(|(_, span)| *span)),
            ("max_poll", self.max_poll.map(|(_, span)| span)),
            ("rebalance", self.rebalance.as_ref().map(|(_, span)| *span)),
            ("batch", self.batch.map(|(_, span)| span)),
        ];
        said.into_iter().find_map(|(name, span)| span.map(|span| (name, span)))
    }
}

/// The section `log` of a kind.
pub(super) fn log(section: &FxHashMap<&'static str, Value>) -> Log {
    Log {
        partitions: count(section.get("partitions")),
        assigned: !matches!(section.get("assign"), Some(Value::Word(word)) if word == "free"),
        retention_ns: duration(section.get("retention")),
        depth: topics::depth(section),
    }
}

impl Builder<'_> {
    fn odd(&mut self, message: String, span: Span, label: &str, help: String) {
        self.eval.report(Diagnostic::new(&codes::E0514, message, span, label.to_owned()).help(help));
    }

    /// `group = "x"`, `commit = after`, `max_poll = 500`
    pub(super) fn message_property(&mut self, name: &str, assign: &Assign, scope: &Scope, policy: &mut PolicyDraft) {
        let span = assign.value.span;
        let value = self.eval.eval(&assign.value, scope);
        let ty = match name {
            "group" => Type::Text,
            "commit" => Type::OneOf(vec!["before".into(), "after".into(), "after_batch".into()]),
            _ => Type::Quantity(Dimension::Count),
        };
        let draft = &mut policy.messages;
        match (name, self.eval.hold(value, &ty, false, name, span)) {
            ("group", Value::Text(text)) => draft.group = Some((text, span)),
            ("commit", Value::Word(word)) => draft.commit = Some((word, span)),
            ("max_poll", Value::Number(most, _)) => draft.max_poll = Some((most.clamp(2.0, 1e6) as u32, span)),
            _ => {}
        }
    }

    /// `rebalance { session_timeout = 45s, pause = 3s, strategy = eager }`
    pub(super) fn rebalance(&mut self, block: &Block, scope: &Scope) -> Option<(Assignment, Span)> {
        const WORDS: [&str; 4] = ["session_timeout", "pause", "strategy", "poll_timeout"];
        let (mut session_ns, mut pause_ns, mut sticky, mut poll_ns) = (SESSION_NS, PAUSE_NS, false, 0);
        for (name, value, span) in self.values(block, scope, "rebalance", &WORDS) {
            let ty = match name.as_str() {
                "strategy" => Type::OneOf(vec!["eager".into(), "cooperative".into()]),
                _ => Type::Quantity(Dimension::Duration),
            };
            match (name.as_str(), self.eval.hold(value, &ty, false, &name, span)) {
                ("session_timeout", Value::Number(ns, _)) => session_ns = (ns as u64).max(1),
                ("pause", Value::Number(ns, _)) => pause_ns = (ns as u64).max(1),
                ("poll_timeout", Value::Number(ns, _)) => poll_ns = (ns as u64).max(1),
                (_, Value::Word(word)) => sticky = word == "cooperative",
                _ => {}
            }
        }
        Some((Assignment::Members { session_ns, pause_ns, sticky, poll_ns }, block.span))
    }

    /// `batch { size = 50, wait = 2s }`
    pub(super) fn handler_batch(&mut self, block: &Block, scope: &Scope) -> Option<(HandlerBatch, Span)> {
        let (mut size, mut wait_ns) = (None, 0);
        for (name, value, span) in self.values(block, scope, "batch", &["size", "wait"]) {
            let dimension = if name == "size" { Dimension::Count } else { Dimension::Duration };
            if let Value::Number(number, _) = self.eval.hold(value, &Type::Quantity(dimension), false, &name, span) {
                if name == "size" { size = Some(number.clamp(1.0, 1e6) as u32) } else { wait_ns = number as u64 }
            }
        }
        let Some(size) = size else {
            let diagnostic = Diagnostic::new(&codes::E0109, "a batch needs a `size`", block.span, "how many?");
            self.eval.report(diagnostic.help("write `batch { size = 50, wait = 2s }`"));
            return None;
        };
        (size > 1).then_some((HandlerBatch { size, wait_ns }, block.span))
    }

    /// Names and values of a block of an edge.
    pub(super) fn values(
        &mut self,
        block: &Block,
        scope: &Scope,
        of: &str,
        known: &[&str],
    ) -> Vec<(String, Value, Span)> {
        let mut values = Vec::new();
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, &format!("`{of}` holds `name = value`"));
                continue;
            };
            let name = assign.target.dotted();
            if known.contains(&name.as_str()) {
                values.push((name, self.eval.eval(&assign.value, scope), assign.value.span));
            } else {
                self.unknown_word(of, &name, assign.target.span, known);
            }
        }
        values
    }

    /// Whether messages of a component are in order, within partitions.
    pub(super) fn is_ordered(&self, component: usize) -> bool {
        self.drafts[component].log.is_some_and(|log| log.partitions.is_some())
    }

    /// Edges that hand messages on become subscriptions, and their consumers groups.
    pub(crate) fn subscribe(&mut self) {
        let mut edges_to = vec![Vec::new(); self.drafts.len()];
        (0..).zip(&self.edge_drafts).for_each(|(e, edge)| edges_to[edge.to].push(e));
        for (c, edges) in edges_to.into_iter().enumerate() {
            let (subscribed, others): (Vec<usize>, Vec<usize>) =
                edges.into_iter().partition(|&e| self.is_subscribed(e));
            for &e in &others {
                self.says_in_vain(e);
            }
            if !subscribed.is_empty() && self.subscribed_alone(c, &subscribed, &others) {
                self.group_of(c, &subscribed);
            }
        }
        self.groups_of_one_name();
    }

    /// Whether an edge hands messages of something that keeps them to a handler, and says how.
    pub(super) fn is_subscribed(&mut self, e: usize) -> bool {
        let edge = &self.edge_drafts[e];
        let Some(log) = self.drafts[edge.from].log else { return false };
        let (from, to) = (edge.from, edge.to);
        let to_handler = edge.asynchronous && self.drafts[to].endpoints.iter().any(|e| e.handler);
        let bounds = log.retention_ns.is_some() || log.depth.is_some();
        let says = log.partitions.is_some() || bounds || edge.policy.messages.said().is_some();
        to_handler && says && !self.graveyards(from).contains(&to)
    }

    /// What an edge says of messages that are not there.
    fn says_in_vain(&mut self, e: usize) {
        let Some((name, span)) = self.edge_drafts[e].policy.messages.said() else { return };
        let message = format!("`{name}` is for edges from a topic or queue to a handler");
        self.odd(
            message,
            span,
            "no such edge",
            "write `topic ~> service { … }`, and a `handler` in the service".to_owned(),
        );
    }

    /// Everything that comes to a group comes by subscriptions, and all of it in order or nothing.
    fn subscribed_alone(&mut self, c: usize, subscribed: &[usize], others: &[usize]) -> bool {
        let name = self.drafts[c].name.clone();
        let entered =
            self.sources.iter().flat_map(|source| &source.mix).any(|(_, call)| call.endpoint.component.0 as usize == c);
        let other = others.first().map(|&e| self.edge_drafts[e].span).or(entered.then_some(name.span));
        if let Some(span) = other {
            let message = format!("`{}` takes messages of a group; nothing else can come to it", name.text);
            let help = "give what is called a component of its own".to_owned();
            self.odd(message, span, "this comes to it as well", help);
            return false;
        }
        let orders: Vec<bool> = subscribed.iter().map(|&e| self.is_ordered(self.edge_drafts[e].from)).collect();
        if let Some(odd) = orders.iter().position(|&order| order != orders[0]) {
            let span = self.edge_drafts[subscribed[odd]].span;
            let message = format!("`{}` takes messages that are in order, and others that are not", name.text);
            self.odd(message, span, "unlike the first", "give both topics `partitions`, or neither".to_owned());
            return false;
        }
        true
    }

    fn group_of(&mut self, c: usize, subscribed: &[usize]) {
        self.stations_of_groups(c);
        let ordered = self.is_ordered(self.edge_drafts[subscribed[0]].from);
        let mut group: Option<Group> = None;
        for &e in subscribed {
            let (one, subscription) = self.subscription(e, ordered);
            self.edges[self.edge_drafts[e].id.0 as usize].subscription = Some(subscription);
            if group.as_ref().is_some_and(|known| *known != one) {
                let message = format!("`{}` is told two ways to take messages", self.drafts[c].name.text);
                let span = self.edge_drafts[e].span;
                let help =
                    "write the same `rebalance` and `batch` on all its edges, and the same kind of order".to_owned();
                self.odd(message, span, "unlike the first", help);
            }
            group.get_or_insert(one);
        }
        let station = &mut self.components[c].station;
        (station.queue, station.queue_capacity, station.group) = (Queueing::Shared, None, group);
    }

    /// What a station must be to take messages in a group.
    fn stations_of_groups(&mut self, c: usize) {
        let station = &self.components[c].station;
        let (name, handlers) = (self.drafts[c].name.clone(), &self.drafts[c].endpoints);
        let odd = [
            (station.hold == Hold::Work, "hold = work", "a message keeps its server until it is dealt with"),
            (station.discipline != Discipline::Fifo, "discipline", "messages are served in order"),
            (station.patience.is_some(), "patience", "messages wait; `retention` of the topic says for how long"),
            (handlers.iter().any(|e| e.priority > 0), "priority", "messages are served in order"),
        ];
        for (_, what, why) in odd.into_iter().filter(|(is, ..)| *is) {
            let message = format!("`{what}` does not go with messages of a group, which `{}` takes", name.text);
            self.odd(message, name.span, why, format!("remove `{what}`"));
        }
        let station = &mut self.components[c].station;
        (station.hold, station.discipline, station.patience) = (Hold::Visit, Discipline::Fifo, None);
    }

    fn subscription(&mut self, e: usize, ordered: bool) -> (Group, Subscription) {
        let edge = &self.edge_drafts[e];
        let (draft, visibility) = (edge.policy.messages.clone(), edge.policy.visibility_ns());
        let none = Log { partitions: None, assigned: false, retention_ns: None, depth: None };
        let log = self.drafts[edge.from].log.unwrap_or(none);
        self.out_of_order(e, &draft, ordered, log.assigned);
        let assignment = match draft.rebalance {
            _ if !ordered => Assignment::Free { visibility_ns: 0 },
            Some((assignment, _)) if log.assigned => assignment,
            None if log.assigned => {
                Assignment::Members { session_ns: SESSION_NS, pause_ns: PAUSE_NS, sticky: false, poll_ns: 0 }
            }
            _ => Assignment::Free { visibility_ns: visibility.unwrap_or(VISIBILITY_NS) },
        };
        let commit = match draft.commit.as_ref().map(|(word, _)| word.as_str()) {
            Some("before") => Commit::Before,
            Some("after_batch") => Commit::Every(draft.max_poll.map_or(MAX_POLL, |(most, _)| most)),
            _ => Commit::After,
        };
        let partitions = log.partitions.unwrap_or(1).clamp(1, PARTITIONS_MAX);
        let idempotent = draft.idempotent == Some(true);
        let depth = log.depth.map(|(depth, _)| depth);
        let subscription = Subscription { partitions, commit, idempotent, retention_ns: log.retention_ns, depth };
        (Group { ordered, assignment, batch: draft.batch.map(|(batch, _)| batch) }, subscription)
    }

    /// What an edge says that means nothing for its messages.
    fn out_of_order(&mut self, e: usize, draft: &MessagesDraft, ordered: bool, assigned: bool) {
        let from = self.drafts[self.edge_drafts[e].from].name.text.clone();
        let rebalance = draft.rebalance.as_ref().map(|(_, span)| *span);
        let commit = draft.commit.as_ref().map(|(_, span)| *span).or(draft.max_poll.map(|(_, span)| span));
        for (name, span) in [("commit", commit), ("rebalance", rebalance)] {
            if let (Some(span), false) = (span, ordered) {
                let message = format!("`{name}` is for messages in order; those of `{from}` are in none");
                self.odd(
                    message,
                    span,
                    "nothing to keep track of",
                    format!("give `{from}` partitions: `partitions = 12`"),
                );
            }
        }
        if let (Some(span), true, false) = (rebalance, ordered, assigned) {
            let message = format!("partitions of `{from}` belong to nobody: any free consumer takes the next");
            self.odd(message, span, "nothing is assigned", "remove `rebalance`".to_owned());
        }
        let after_batch = draft.commit.as_ref().is_some_and(|(word, _)| word == "after_batch");
        if let (Some((_, span)), false) = (draft.max_poll, after_batch) {
            let message = "`max_poll` says what is committed together".to_owned();
            self.odd(message, span, "each message is committed by itself", "write `commit = after_batch`".to_owned());
        }
        let edge = &self.edge_drafts[e];
        if edge.policy.visibility_ns().is_some() && ordered && assigned {
            let (message, span) = (format!("messages of `{from}` are not hidden: a consumer reads on"), edge.span);
            let help = "remove `visibility`; `commit` says what comes again".to_owned();
            self.odd(message, span, "`visibility` is for queues", help);
        }
    }

    /// Two components cannot share the messages of one group.
    fn groups_of_one_name(&mut self) {
        for later in 0..self.edge_drafts.len() {
            let edge = &self.edge_drafts[later];
            let Some((name, span)) = edge.policy.messages.group.clone() else { continue };
            let same = |d: &super::edges::EdgeDraft| {
                d.from == edge.from && d.policy.messages.group.as_ref().is_some_and(|(other, _)| *other == name)
            };
            if let Some(first) = self.edge_drafts[..later].iter().find(|d| same(d)) {
                let (from, one) = (self.drafts[edge.from].name.text.clone(), self.drafts[first.to].name.text.clone());
                let message = format!("two consumers of `{from}` are in the group `{name}`");
                let help =
                    format!("the replicas of one component share messages: give `{one}` more, or name another group");
                self.odd(message, span, "each component is a group", help);
            }
        }
    }
}
