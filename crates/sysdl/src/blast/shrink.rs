//! Model → model: a share of the system at a share of the traffic.
//!
//! Before: a system and how many times smaller it is wanted.
//! After: so many times fewer requests, servers, places in queues, connections, keys and tokens; shares and the number of
//! replicas stay. Where servers cannot be divided evenly they work slower in proportion, so that every station is exactly as
//! busy as before, and every key is asked for as often. Chance weighs more, as it does in small systems.

use crate::resolve::distributions::{mean, scaled};
use sysdl_lower::model::{
    Arrivals, Call, Component, Edge, EffectOp, Hit, Keys, Model, Parameter, RateProfile, ScalingMetric, ScalingRule,
    Source, Step,
};

/// Fewest servers of a replica that are left of many.
const SERVERS_LEAST: u32 = 4;
/// By how much work may take longer before it has to be said, and to be short beside the patience of callers.
const STRETCH_LITTLE: f64 = 1.1;
/// Stretched work is no longer than this part of its callers' timeout.
const STRETCH_MOST: f64 = 0.125;

/// A smaller system.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// How many times smaller it is.
    pub times: u32,
    /// Components with few servers, which work so many times slower instead of having fewer.
    pub slower: Vec<(String, f64)>,
}

impl Shrunk {
    /// How to make a system about so many times smaller, no more than it bears.
    #[must_use]
    pub fn of(model: &Model, wanted: u32) -> Self {
        let traced = model.sources.iter().any(|source| matches!(source.arrivals, Arrivals::Trace { .. }));
        let most = if traced || !model.triggers.is_empty() { 1 } else { wanted.max(1) };
        let times = (1..=most).rev().find(|&times| bears(model, times)).unwrap_or(1);
        let slower = model.components.iter().filter_map(|component| {
            let (_, stretch) = servers(component, times)?;
            (stretch > STRETCH_LITTLE).then(|| (component.name.clone(), stretch))
        });
        Self { times, slower: slower.collect() }
    }
}

/// Whether no work becomes long beside the patience of those who wait for it.
fn bears(model: &Model, times: u32) -> bool {
    model.components.iter().enumerate().all(|(index, component)| {
        let Some((_, stretch)) = servers(component, times) else { return true };
        let longest = component.endpoints.iter().map(|endpoint| work_ns(&endpoint.steps)).fold(0.0, f64::max);
        stretch <= STRETCH_LITTLE || longest * stretch <= STRETCH_MOST * patience_ns(model, index)
    })
}

/// Servers of a replica in the smaller system, and how many times slower each is. `None` if they are not bounded.
fn servers(component: &Component, times: u32) -> Option<(u32, f64)> {
    let before = component.station.servers?;
    let after = divided(before, times).max(before.min(SERVERS_LEAST));
    Some((after, f64::from(times) * f64::from(after) / f64::from(before)))
}

/// Mean work of some steps, rounds and branches not counted.
fn work_ns(steps: &[Step]) -> f64 {
    let of = |step: &Step| match step {
        Step::Work(time) => mean(time),
        Step::WorkBySize(work) => mean(&work.time),
        _ => 0.0,
    };
    steps.iter().map(|step| of(step) + step_inside(step)).sum()
}

fn step_inside(step: &Step) -> f64 {
    step.inside().into_iter().map(|steps| work_ns(steps)).fold(0.0, f64::max)
}

/// Shortest timeout of those who call a component; for ever if nobody has one.
fn patience_ns(model: &Model, component: usize) -> f64 {
    fn shortest(steps: &[Step], component: usize) -> f64 {
        let of = |call: &Call| match call.policy.timeout_ns {
            Some(ns) if call.endpoint.component.0 as usize == component => ns as f64,
            _ => f64::INFINITY,
        };
        let own = |step: &Step| step.call().map_or(f64::INFINITY, of);
        let inside =
            |step: &Step| step.inside().into_iter().map(|s| shortest(s, component)).fold(f64::INFINITY, f64::min);
        steps.iter().map(|step| own(step).min(inside(step))).fold(f64::INFINITY, f64::min)
    }
    let endpoints = model.components.iter().flat_map(|c| &c.endpoints);
    endpoints.map(|endpoint| shortest(&endpoint.steps, component)).fold(f64::INFINITY, f64::min)
}

/// The system so many times smaller.
#[must_use]
pub fn shrink(model: &Model, times: u32) -> Model {
    let mut model = model.clone();
    if times <= 1 {
        return model;
    }
    model.components.iter_mut().for_each(|component| of_component(component, times));
    model.edges.iter_mut().for_each(|edge| of_edge(edge, times));
    model.sources.iter_mut().for_each(|source| of_source(source, times));
    for effect in &mut model.effects {
        let is_rate = matches!(
            effect.parameter,
            Parameter::SourceRate(_)
                | Parameter::LimitRequests(_)
                | Parameter::LimitWeight(_)
                | Parameter::LinkBandwidth(_)
        );
        if is_rate && matches!(effect.op, EffectOp::Set | EffectOp::Add) {
            effect.value /= f64::from(times);
        }
    }
    model
}

fn divided(count: u32, times: u32) -> u32 {
    count.div_ceil(times).max(1)
}

fn of_component(component: &mut Component, times: u32) {
    let by = f64::from(times);
    let stretch = servers(component, times).map_or(1.0, |(_, stretch)| stretch);
    let fewer = servers(component, times).map(|(servers, _)| servers);
    let station = &mut component.station;
    station.servers = fewer;
    station.queue_capacity = station.queue_capacity.map(|places| if places == 0 { 0 } else { divided(places, times) });
    for limit in [&mut station.limit, &mut station.quota].into_iter().flatten() {
        limit.rate /= by;
        limit.burst = (limit.burst / by).max(1.0);
    }
    if let Some(sharing) = &mut station.sharing {
        sharing.cores = sharing.cores.map(|cores| cores / by);
        // As many as slow each other down as much.
        sharing.contention *= by;
        sharing.coherency *= by * by;
    }
    if let Some(store) = &mut component.store {
        store.capacity = store.capacity.map(|entries| divided(entries, times));
    }
    if let Some(autoscaler) = component.fleet.as_mut().and_then(|fleet| fleet.autoscaler.as_mut())
        && !matches!(autoscaler.metric, ScalingMetric::Utilization)
    {
        match &mut autoscaler.rule {
            ScalingRule::Target { target, .. } => *target = (*target / u64::from(times)).max(1),
            ScalingRule::Steps(steps) => steps.iter_mut().for_each(|step| step.bound /= u64::from(times)),
        }
    }
    for endpoint in &mut component.endpoints {
        of_steps(&mut endpoint.steps, times, stretch);
    }
}

fn of_edge(edge: &mut Edge, times: u32) {
    if let Some(permits) = &mut edge.permits {
        permits.count = divided(permits.count, times);
        permits.queue = permits.queue.map(|places| if places == 0 { 0 } else { divided(places, times) });
    }
    edge.bandwidth = edge.bandwidth.map(|bandwidth| bandwidth / f64::from(times));
}

fn of_source(source: &mut Source, times: u32) {
    let by = f64::from(times);
    match &mut source.arrivals {
        Arrivals::Open { rate, .. } => of_rate(rate, by),
        Arrivals::Closed { users, .. } => *users = divided(*users, times),
        Arrivals::Cron { .. } | Arrivals::Trace { .. } => {}
    }
    source.mix.iter_mut().for_each(|(_, call)| of_call(call, times));
}

fn of_rate(rate: &mut RateProfile, by: f64) {
    match rate {
        RateProfile::Steady(rate) => *rate /= by,
        RateProfile::Burst { base, peak, .. } | RateProfile::Modulated { base, peak, .. } => {
            *base /= by;
            *peak /= by;
        }
        RateProfile::Steps { first, changes } | RateProfile::Track { first, changes, .. } => {
            *first /= by;
            changes.iter_mut().for_each(|(_, rate)| *rate /= by);
        }
        RateProfile::Wave { mean, peak, .. } => {
            *mean /= by;
            *peak /= by;
        }
    }
}

fn of_call(call: &mut Call, times: u32) {
    if let Some(Keys { keys, .. }) = &mut call.key {
        *keys = divided(*keys, times);
    }
    if let Some(bucket) = call.policy.retry.as_mut().and_then(|retry| retry.bucket.as_mut()) {
        bucket.size = (bucket.size / f64::from(times)).max(bucket.cost);
        bucket.floor /= f64::from(times);
    }
}

fn of_steps(steps: &mut [Step], times: u32, stretch: f64) {
    for step in steps {
        if let Some(call) = step.call_mut() {
            of_call(call, times);
        }
        match step {
            Step::Lookup { hit: Hit::Keyed { keys, .. } | Hit::Requested { keys, .. }, .. }
            | Step::Put { keys, .. } => {
                *keys = divided(*keys, times);
            }
            Step::Work(time) if stretch != 1.0 => *time = scaled(time.clone(), stretch),
            Step::WorkBySize(work) => {
                work.time = scaled(work.time.clone(), stretch);
                work.per_size *= stretch;
                work.per_result *= stretch;
            }
            Step::Admit { rate, burst, .. } => {
                *rate /= f64::from(times);
                *burst = (*burst / f64::from(times)).max(1.0);
            }
            _ => {}
        }
        step.inside_mut().into_iter().for_each(|steps| of_steps(steps, times, stretch));
    }
}
