//! The sections of a kind, with the component's values → station, store, link.

use super::super::eligibility;
use super::super::kinds::KindView;
use super::super::messages;
use super::super::meters::{METER, bucket};
use super::super::system::{Builder, readable};
use super::super::topics;
use super::super::value::{Scope, Value};
use super::{Draft, EndpointDraft, count, distribution, duration, is};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Item, Name, Node};
use crate::syntax::span::Span;
use crate::units::{Dimension, HOURS_PER_MONTH};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;
use sysdl_lower::model::{
    Component, ComponentId, Discipline, Distribution, Endpoint, Hold, Limit, Overflow, Queueing, Setup, Sharing,
    Station,
};

impl Builder<'_> {
    pub(super) fn draft(
        &mut self,
        item: &Item,
        span: Span,
        view: Arc<KindView>,
        scope: &Rc<Scope>,
        endpoints: Vec<EndpointDraft>,
    ) -> Draft {
        let replicas = count(scope.get("replicas")).unwrap_or(1);
        if replicas == 0 {
            self.no_capacity(&item.name, "replicas");
        }
        let zones = self.zones(&item.name, replicas, scope);
        let station = self.section(&view, "station", scope);
        let station = self.station(&item.name, &station);
        let store_section = view.sections.iter().any(|(name, _)| name == "store");
        let store = if store_section {
            let values = self.section(&view, "store", scope);
            self.store(&item.name, &values)
        } else {
            None
        };
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
            station,
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

    /// Zones that replicas are spread over; 0: none.
    fn zones(&mut self, name: &Name, replicas: u32, scope: &Rc<Scope>) -> u32 {
        let zones = count(scope.get("zones")).filter(|&zones| zones > 1).unwrap_or(0);
        if zones > replicas.max(1) {
            let copies = if replicas > 1 { format!("{replicas} replicas") } else { "one replica".to_owned() };
            let message = format!("`{}` lies in {zones} zones with {copies}", name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, name.span, "some zones are empty");
            self.eval.report(diagnostic.help(format!("write `replicas = {zones}` or more, or fewer `zones`")));
        }
        zones
    }

    /// Servers and waiting room, of the section `station` of a kind.
    fn station(&mut self, name: &Name, station: &FxHashMap<&'static str, Value>) -> Station {
        let servers = station.get("servers").and_then(|value| count(Some(value)));
        if servers == Some(0) {
            self.no_capacity(name, "servers");
        }
        let discipline = match station.get("discipline") {
            Some(Value::Discipline(discipline)) => *discipline,
            _ => Discipline::Fifo,
        };
        let sharing = sharing(station);
        if sharing.is_some() && matches!(discipline, Discipline::Preemptive | Discipline::PreemptiveLifo) {
            let message = format!("`{}` shares its processors: nothing is interrupted there", name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, name.span, "work progresses side by side");
            self.eval.report(
                diagnostic.help("remove `cores`, `contention` and `coherency`, or choose another `discipline`"),
            );
        }
        let keep_alive_ns = duration(station.get("keep_alive")).unwrap_or(0);
        let setup = distribution(station.get("setup")).map(|time| Setup { time, keep_alive_ns });
        if setup.is_some() && servers.is_none() {
            let message = format!("`{}` has unlimited servers: none of them is ever cold", name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, name.span, "`setup` needs servers to count");
            self.eval.report(diagnostic.help("bound them: `concurrency = 1000`"));
        }
        let setup = setup.filter(|_| servers.is_some());
        let batch = count(station.get("batch")).filter(|&batch| batch > 1);
        let interrupts = matches!(discipline, Discipline::Preemptive | Discipline::PreemptiveLifo);
        if batch.is_some() && (sharing.is_some() || interrupts || !is(station.get("hold"), "work")) {
            let message = format!("`{}` cannot work in batches", name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, name.span, "`batch` goes with `hold = work` only");
            self.eval.report(
                diagnostic.help("write `hold = work`, without `cores`, `contention`, `coherency` and interruption"),
            );
        }
        self.odd_limits(name, station);
        Station {
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
        }
    }

    /// Reports limits that are there twice, and those that let nobody in.
    fn odd_limits(&mut self, name: &Name, station: &FxHashMap<&'static str, Value>) {
        let rate = |of: &str| match station.get(of) {
            Some(Value::Number(rate, _)) => Some(*rate),
            _ => None,
        };
        if rate("limit").is_some() && rate("limit_requests").is_some() {
            let message = format!("`{}` has two limits of requests", name.text);
            let diagnostic =
                Diagnostic::new(&codes::E0514, message, name.span, "`limit = …` and `limit { requests = … }`");
            self.eval.report(diagnostic.help("keep one of them"));
        }
        if ["limit", "limit_requests", "limit_tokens"].into_iter().filter_map(rate).any(|rate| rate <= 0.0) {
            let message = format!("a `limit` of `{}` is 0", name.text);
            let diagnostic = Diagnostic::new(&codes::E0207, message, name.span, "nobody is let in");
            self.eval.report(diagnostic.help("write a rate, or leave it out: then there is no limit"));
        }
    }

    pub(super) fn no_capacity(&mut self, name: &Name, what: &str) {
        let message = format!("`{}` has no {what}: it can never serve anyone", name.text);
        let diagnostic = Diagnostic::new(&codes::E0401, message, name.span, "no capacity");
        self.eval.report(
            diagnostic
                .help(format!("give it at least one: `{} = 1`", if what == "replicas" { what } else { "concurrency" })),
        );
    }

    /// The values of a primitive section of a kind.
    pub(super) fn section(&mut self, view: &KindView, word: &str, scope: &Rc<Scope>) -> FxHashMap<&'static str, Value> {
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
            ("store", &super::super::stores::KEYS),
            ("link", &["balance", "latency", "loss", "timeout"]),
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
        let mut values = FxHashMap::default();
        for (_, block) in view.sections.iter().filter(|(name, _)| name == word) {
            values.reserve(block.statements.len());
            for statement in readable(block) {
                if word == "link" && eligibility::is_about(statement) {
                    continue;
                }
                let Node::Assign(assign) = &statement.node else {
                    self.misplaced(statement, "a section of a kind holds `name = value`");
                    continue;
                };
                let known = KEYS.iter().find(|(section, _)| *section == word).map_or(&[][..], |(_, keys)| keys);
                let Some(&name) = known.iter().find(|name| assign.target.is(name)) else {
                    self.unknown_word(word, &assign.target.dotted(), assign.target.span, known);
                    continue;
                };
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
    pub(super) fn share_queues(&mut self) {
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

/// Processor sharing, where something is shared.
pub(super) fn sharing(station: &FxHashMap<&'static str, Value>) -> Option<Sharing> {
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
pub(super) fn limit(rate: Option<&Value>, burst: Option<&Value>) -> Option<Limit> {
    let Some(Value::Number(rate, Dimension::Rate)) = rate else { return None };
    let burst = match burst {
        Some(Value::Number(burst, _)) => *burst,
        _ => 0.1 * rate,
    };
    (*rate > 0.0).then_some(Limit { rate: *rate, burst: burst.max(1.0) })
}
