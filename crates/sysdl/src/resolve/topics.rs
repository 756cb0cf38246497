//! What a topic is beside its consumers: how much it keeps, and the brokers that it is on.

use super::components::{count, distribution, duration};
use super::edges::PolicyDraft;
use super::steps::Place;
use super::system::Builder;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Assign, Block};
use crate::syntax::span::Span;
use crate::units::Dimension;
use rustc_hash::FxHashMap;
use sysdl_lower::model::{
    Acks, Append, At, Call, Cluster, ComponentId, Depth, Distribution, EdgeId, EndpointId, Queueing, Size, Step,
};

/// Which messages an edge hands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Filter {
    /// This share of them.
    Share(f64),
    /// Those whose key, modulo a number, is another.
    Class { of: u32, class: u32 },
}

impl Filter {
    /// A step that is done for some messages only.
    pub(super) fn around(self, step: Step) -> Step {
        match self {
            Filter::Share(probability) => Step::With { probability, then: vec![step], otherwise: Vec::new() },
            Filter::Class { of, class } => Step::OfClass { of, class, then: vec![step] },
        }
    }
}

/// Most copies of a partition.
const COPIES_MAX: u32 = 31;
/// Until a follower asks again: Kafka's `replica.fetch.backoff.ms`.
const FETCH_NS: u64 = 1_000_000_000;

/// The brokers that a topic is on.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    on: String,
    partitions: u32,
    replication: u32,
    acks: Option<Acks>,
    min_in_sync: u32,
}

/// How much a topic keeps, of the section `log` of its kind, and whether publishers wait for room.
pub(super) fn depth(section: &FxHashMap<&'static str, Value>) -> Option<(Depth, bool)> {
    let most = count(section.get("depth"))?.max(1);
    let is = |word: &str| matches!(section.get("on_full"), Some(Value::Word(known)) if known == word);
    Some((Depth { most, displaces: is("drop_oldest") }, is("block")))
}

/// The brokers that a topic is on, of the same section.
pub(super) fn placement(section: &FxHashMap<&'static str, Value>) -> Option<Placement> {
    let Some(Value::Word(on)) = section.get("on") else { return None };
    let acks = match section.get("acks") {
        Some(Value::Number(number, _)) if *number == 0.0 => Some(Acks::None),
        Some(Value::Number(number, _)) if *number == 1.0 => Some(Acks::Leader),
        Some(Value::Word(word)) if word == "all" => Some(Acks::All),
        _ => None,
    };
    Some(Placement {
        on: on.clone(),
        partitions: count(section.get("partitions")).unwrap_or(1).clamp(1, super::messages::PARTITIONS_MAX),
        replication: count(section.get("replication")).unwrap_or(1),
        acks,
        min_in_sync: count(section.get("min_in_sync")).unwrap_or(1),
    })
}

/// What the replicas of a component are as brokers, of the section `cluster` of its kind.
pub(super) fn cluster(section: &FxHashMap<&'static str, Value>) -> Cluster {
    let ns = |name: &str| duration(section.get(name)).unwrap_or(0);
    Cluster {
        detection: distribution(section.get("detection")).unwrap_or(Distribution::Constant(ns("detection") as f64)),
        catch_up_ns: ns("catch_up").max(1),
        restore_ns: ns("leaders_return"),
    }
}

impl Builder<'_> {
    /// `filter = 20%`
    pub(super) fn filter_share(&mut self, assign: &Assign, scope: &Scope, policy: &mut PolicyDraft) {
        let span = assign.value.span;
        let value = self.eval.eval(&assign.value, scope);
        let ty = Type::Quantity(Dimension::Share);
        if let Value::Number(share, _) = self.eval.hold(value, &ty, false, "filter", span) {
            policy.filter = Some((Filter::Share(share), span));
        }
    }

    /// `filter { class = 2, of = 5 }`
    pub(super) fn filter_class(&mut self, block: &Block, scope: &Scope, policy: &mut PolicyDraft) {
        let (mut class, mut of) = (None, None);
        for (name, value, span) in self.values(block, scope, "filter", &["class", "of"]) {
            let ty = Type::Quantity(Dimension::Count);
            if let Value::Number(number, _) = self.eval.hold(value, &ty, false, &name, span) {
                *(if name == "of" { &mut of } else { &mut class }) = Some(number.clamp(0.0, 1e9) as u32);
            }
        }
        match (class, of) {
            (Some(class), Some(of)) if class < of => {
                policy.filter = Some((Filter::Class { of, class }, block.span));
            }
            _ => {
                let message = "a class is one of so many, from 0 on";
                let diagnostic = Diagnostic::new(&codes::E0212, message, block.span, "no such class");
                self.eval.report(diagnostic.help("write `filter { class = 2, of = 5 }`, or `filter = 20%`"));
            }
        }
    }

    /// What an edge filters must be messages that are handed on.
    pub(super) fn odd_filters(&mut self) {
        for e in 0..self.edge_drafts.len() {
            let draft = &self.edge_drafts[e];
            let hands_on = draft.asynchronous && self.drafts[draft.from].log.is_some();
            if let (Some((_, span)), false) = (draft.policy.filter, hands_on) {
                let message = "`filter` says which messages a topic hands on".to_owned();
                let diagnostic = Diagnostic::new(&codes::E0514, message, span, "nothing is handed on here");
                self.eval.report(diagnostic.help("write it on `topic ~> service`, or use `with 20% { … }`"));
            }
        }
    }

    /// Each topic that is on brokers has an edge there, if the text has none.
    pub(crate) fn edges_to_brokers(&mut self) {
        for topic in 0..self.drafts.len() {
            let Some(placement) = self.drafts[topic].placement.clone() else { continue };
            let (name, span) = (self.drafts[topic].name.clone(), self.drafts[topic].span);
            let Some(&brokers) = self.by_name.get(&placement.on) else {
                let known = self.drafts.iter().map(|draft| draft.name.text.as_str());
                let help = nearest(&placement.on, known)
                    .map_or_else(|| format!("declare it: `broker {} {{ replicas = 3 }}`", placement.on), did_you_mean);
                let message = format!("`{}` is on `{}`, which nothing declares", name.text, placement.on);
                self.eval.report(Diagnostic::new(&codes::E0301, message, name.span, "on what?").help(help));
                self.drafts[topic].placement = None;
                continue;
            };
            if !self.fits(topic, brokers, &placement) {
                self.drafts[topic].placement = None;
                continue;
            }
            if !self.by_ends.contains_key(&(topic, brokers)) {
                self.new_edge(topic, brokers, false, name.span, span);
                if let Some(draft) = self.edge_drafts.last_mut() {
                    draft.implied = true;
                }
            }
        }
    }

    /// Whether a topic can be on brokers as it says.
    fn fits(&mut self, topic: usize, brokers: usize, placement: &Placement) -> bool {
        let Placement { replication, min_in_sync, acks, .. } = *placement;
        let (name, on) = (self.drafts[topic].name.clone(), &self.drafts[brokers]);
        let (replicas, to) = (on.replicas, on.name.text.clone());
        let wrong = if on.cluster.is_none() {
            Some((
                format!("`{to}` keeps no logs"),
                "not brokers",
                format!("declare it as a `broker`: `broker {to} {{ … }}`"),
            ))
        } else if on.fleet.is_some() {
            Some((
                format!("the replicas of `{to}` come and go, and logs would go with them"),
                "not brokers",
                "remove `autoscale`".to_owned(),
            ))
        } else if replication == 0 || replication > replicas.min(COPIES_MAX) {
            let message = format!("`{}` is to have {replication} copies on {replicas} brokers", name.text);
            Some((message, "one copy a broker", format!("write `replication = {}`", replicas.min(3))))
        } else if min_in_sync > replication {
            let message = format!("`{}` has {replication} copies, and {min_in_sync} must be in sync", name.text);
            Some((message, "never", format!("write `min_in_sync = {}`", (replication - 1).max(1))))
        } else if acks.is_none() {
            let message = format!("`acks` of `{}` is 0, 1 or `all`", name.text);
            Some((message, "none of these", "write `acks = all`".to_owned()))
        } else {
            None
        };
        if let Some((message, label, help)) = wrong {
            self.eval.report(Diagnostic::new(&codes::E0514, message, name.span, label).help(help));
            return false;
        }
        true
    }

    /// `call log`: a message is appended at the brokers, if there are any.
    pub(super) fn call_log(&mut self, place: &Place, steps: &mut Vec<Step>, span: Span) {
        let Some(placement) = self.drafts[place.component].placement.clone() else { return };
        let Some(&brokers) = self.by_name.get(&placement.on) else { return };
        let Some(endpoint) = self.drafts[brokers].endpoints.first().map(|e| e.name.text.clone()) else { return };
        let Some((edge, policy)) = self.edge_between(place.component, brokers, &endpoint) else { return };
        if self.edges[edge.0 as usize].gather.is_some() || self.edges[edge.0 as usize].eligibility.is_some() {
            let message = "an append goes to the broker that leads its partition".to_owned();
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "not to any");
            self.eval.report(diagnostic.help("remove `linger`, `health` and `eject` from the edge to the brokers"));
        }
        let call = self.append_call(edge, brokers, &policy);
        let Placement { partitions, replication, min_in_sync, acks, .. } = placement;
        let acks = acks.unwrap_or(Acks::All);
        self.drafts[brokers].is_cluster = true;
        steps.push(Step::Append(Box::new(Append {
            call,
            partitions,
            replication,
            acks,
            min_in_sync,
            fetch_ns: FETCH_NS,
        })));
    }

    fn append_call(&self, edge: EdgeId, brokers: usize, policy: &PolicyDraft) -> Call {
        Call {
            edge,
            endpoint: EndpointId { component: ComponentId(brokers as u32), index: 0 },
            policy: policy.policy(),
            skip_failure: false,
            key: None,
            size: Some(Size::OfRequest(1.0)),
            at: At::Any,
        }
    }

    /// Publishers look for room at the consumers that keep so many messages and no more.
    pub(super) fn look_for_room(&mut self, component: usize, steps: &mut Vec<Step>) {
        let Some((depth, waits)) = self.drafts[component].log.and_then(|log| log.depth) else { return };
        if depth.displaces {
            return;
        }
        let mut edges = Vec::new();
        for e in (0..self.edge_drafts.len()).filter(|&e| self.edge_drafts[e].from == component).collect::<Vec<_>>() {
            if self.is_subscribed(e) {
                edges.push(self.edge_drafts[e].id);
            }
        }
        if !edges.is_empty() {
            steps.push(Step::Room { edges, waits });
        }
    }

    /// Components that topics are on, as the model has them.
    pub(super) fn is_broker_of_topics(&self, component: usize) -> Option<Cluster> {
        let draft = &self.drafts[component];
        let cluster = draft.cluster.clone().filter(|_| draft.is_cluster)?;
        debug_assert!(draft.station.queue == Queueing::PerReplica, "brokers take no messages");
        Some(cluster)
    }
}
