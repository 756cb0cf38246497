//! What a module says of itself, in its custom section `sysdl.meta`: enough for any host to run and
//! label it without the compiler.

use crate::model::Model;
use crate::normalize::normalize;
use crate::plan::{NONE, Plan, UNBOUNDED};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use sysdl_kernel::columns::{Column, Kind, component, edge, flow, histograms, subscription};

/// Version of the module's exports and of this section.
pub const ABI: u32 = 1;

/// Names, units and bounds.
#[derive(Clone, Debug, Serialize)]
pub struct Meta {
    abi: u32,
    semantics: &'static str,
    model: String,
    system: String,
    scenario: String,
    /// Decimal, because it may exceed what JSON numbers hold.
    seed: String,
    duration_ns: u64,
    warmup_ns: u64,
    window_ns: u64,
    frames_max: u32,
    memory_pages: u64,
    columns: Columns,
    components: Vec<Component>,
    edges: Vec<Edge>,
    flows: Vec<Flow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions: Vec<Subscription>,
    sources: Vec<Source>,
    phases: Vec<Phase>,
    effects: Vec<Effect>,
    slots: Vec<Slot>,
}

/// Names and kinds of the columns of each family of rows, in order.
#[derive(Clone, Debug, Serialize)]
struct Columns {
    component: Vec<(&'static str, &'static str)>,
    edge: Vec<(&'static str, &'static str)>,
    flow: Vec<(&'static str, &'static str)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscription: Vec<(&'static str, &'static str)>,
}

impl Columns {
    fn new(subscriptions: bool) -> Self {
        let named = |columns: &[Column]| {
            let kind = |kind: Kind| match kind {
                Kind::Sum => "sum",
                Kind::Max => "max",
                Kind::Gauge => "gauge",
                Kind::Quantile => "quantile",
            };
            columns.iter().map(|(name, k)| (*name, kind(*k))).collect()
        };
        Self {
            component: named(&component::ALL),
            edge: named(&edge::ALL),
            flow: named(&flow::ALL),
            subscription: if subscriptions { named(&subscription::ALL) } else { Vec::new() },
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct Component {
    name: String,
    kind: String,
    /// Left out if it is 1.
    #[serde(skip_serializing_if = "is_one")]
    replicas: u32,
    /// Zones that they are spread over; left out if they are not divided.
    #[serde(skip_serializing_if = "Option::is_none")]
    zones: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    servers: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_capacity: Option<u32>,
    /// Left out if servers are held for the visit.
    #[serde(skip_serializing_if = "is_true")]
    hold_visit: bool,
    #[serde(skip_serializing_if = "is_false")]
    shared_queue: bool,
    #[serde(skip_serializing_if = "is_false")]
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_usd: Option<f64>,
    /// Replicas in service at the begin, where they come and go.
    #[serde(skip_serializing_if = "Option::is_none")]
    initial: Option<u32>,
    /// Each replica has a row, behind those of everything else.
    #[serde(skip_serializing_if = "is_false")]
    watched: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Edge {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u32>,
    to: u32,
    /// Number of the histogram of its calls, if they are measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    histogram: Option<u32>,
}

#[derive(Clone, Debug, Serialize)]
struct Flow {
    name: String,
    /// Left out if it is 0: any time.
    #[serde(skip_serializing_if = "is_zero")]
    good_within_ns: u64,
}

#[derive(Clone, Debug, Serialize)]
struct Subscription {
    edge: u32,
    partitions: u32,
    /// Its histogram of times from being published to being handled.
    histogram: u32,
}

#[derive(Clone, Debug, Serialize)]
struct Source {
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Phase {
    name: String,
    start_ns: u64,
    end_ns: u64,
}

#[derive(Clone, Debug, Serialize)]
struct Effect {
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    slot: u32,
    start_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ns: Option<u64>,
    /// Part of how a source behaves.
    quiet: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Slot {
    name: String,
    cells: u32,
    base: f64,
}

impl Meta {
    /// Describes a model and its plan.
    #[must_use]
    pub fn of(model: &Model, plan: &Plan) -> Self {
        Self::with(fingerprint(model), model, plan)
    }

    /// Describes a model that has this fingerprint, and its plan.
    pub(crate) fn with(fingerprint: String, model: &Model, plan: &Plan) -> Self {
        let bounded = |count: u32| (count != UNBOUNDED).then_some(count);
        Self {
            abi: ABI,
            semantics: sysdl_kernel::SEMANTICS,
            model: fingerprint,
            system: model.system.clone(),
            scenario: model.scenario.clone(),
            seed: model.seed.to_string(),
            duration_ns: model.duration_ns,
            warmup_ns: model.warmup_ns,
            window_ns: model.window_ns,
            frames_max: model.frames_max,
            memory_pages: 0,
            columns: Columns::new(!plan.subscriptions.edge.is_empty()),
            components: (model.components.iter().enumerate())
                .map(|(i, component)| Component {
                    name: component.name.clone(),
                    kind: component.kind.clone(),
                    replicas: component.replicas,
                    zones: (component.zones > 1).then_some(component.zones),
                    servers: bounded(plan.components.servers[i]),
                    queue_capacity: bounded(plan.components.queue_capacity[i]),
                    hold_visit: plan.components.hold_visit[i] == 1,
                    shared_queue: plan.components.shared_queue[i] == 1,
                    store: component.store.is_some(),
                    monthly_usd: component.monthly_usd,
                    initial: component.fleet.as_ref().map(|fleet| fleet.initial),
                    watched: component.watched,
                })
                .collect(),
            edges: (0..plan.edges.name.len())
                .map(|i| Edge {
                    name: plan.edges.name[i].clone(),
                    from: (plan.edges.from[i] != NONE).then_some(plan.edges.from[i]),
                    to: plan.edges.to[i],
                    histogram: histogram_of(plan, i),
                })
                .collect(),
            flows: (plan.flows.name.iter().zip(&plan.flows.good_within_ns))
                .map(|(name, &good_within_ns)| Flow { name: name.clone(), good_within_ns })
                .collect(),
            subscriptions: (0..plan.subscriptions.edge.len())
                .map(|i| Subscription {
                    edge: plan.subscriptions.edge[i],
                    partitions: plan.subscriptions.partitions[i],
                    histogram: end_to_end(plan, i),
                })
                .collect(),
            sources: plan.sources.name.iter().map(|name| Source { name: name.clone() }).collect(),
            phases: (model.phases.iter())
                .map(|phase| Phase { name: phase.name.clone(), start_ns: phase.start_ns, end_ns: phase.end_ns })
                .collect(),
            effects: effects(plan),
            slots: (0..plan.slots.name.len())
                .map(|i| Slot {
                    name: plan.slots.name[i].clone(),
                    cells: plan.slots.cells[i],
                    base: plan.slots.base[i],
                })
                .collect(),
        }
    }

    /// The section's text.
    pub(crate) fn into_json(mut self, memory_pages: u64) -> String {
        self.memory_pages = memory_pages;
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// The histogram of an edge's calls.
fn histogram_of(plan: &Plan, edge: usize) -> Option<u32> {
    let conduct = plan.edges.conduct[edge];
    let number = (conduct != NONE).then(|| plan.conducts.histogram_calls[conduct as usize])?;
    let (components, flows) = (plan.components.name.len() as u32, plan.flows.name.len() as u32);
    (number != NONE).then(|| histograms::of_edge(components, flows, number))
}

/// Number of a subscription's histogram.
fn end_to_end(plan: &Plan, subscription: usize) -> u32 {
    let (components, flows) = (plan.components.name.len() as u32, plan.flows.name.len() as u32);
    histograms::end_to_end(components, flows, plan.edge_histograms.edge.len() as u32, subscription as u32)
}

// What goes without saying is left out: modules stay small.

fn is_one(count: &u32) -> bool {
    *count == 1
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_true(flag: &bool) -> bool {
    *flag
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// One entry per effect row, its begin and end read off the timeline.
fn effects(plan: &Plan) -> Vec<Effect> {
    let timeline = &plan.timeline;
    (0..plan.effects.label.len())
        .map(|i| {
            let rows = || (0..timeline.at_ns.len()).filter(move |&row| timeline.effect[row] == i as u32);
            let first = rows().find(|&row| timeline.active[row] == 1);
            let last = rows().find(|&row| timeline.active[row] == 0);
            Effect {
                label: plan.effects.label[i].clone(),
                event: Some(plan.effects.event[i].clone()).filter(|event| !event.is_empty()),
                slot: plan.effects.slot[i],
                quiet: plan.effects.quiet[i] == 1,
                start_ns: first.map_or(0, |row| timeline.at_ns[row]),
                end_ns: last.map(|row| timeline.at_ns[row]),
            }
        })
        .collect()
}

/// SHA-256 of the normalized model, its seed left out: equal for texts that mean the same.
#[must_use]
pub fn fingerprint(model: &Model) -> String {
    fingerprint_of(&mut normalize(model))
}

/// The same of a model that is normalized.
pub(crate) fn fingerprint_of(normalized: &mut Model) -> String {
    let seed = std::mem::take(&mut normalized.seed);
    let text = serde_json::to_vec(normalized).unwrap_or_default();
    normalized.seed = seed;
    Sha256::digest(&text).iter().fold("sha256:".to_owned(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
