//! Parameters that change → slots, effects, and the instants at which effects change.

use super::slots;
use super::tables::Tables;
use crate::model::{
    Arrivals, ComesAndGoes, ComponentId, Distribution, Effect, EffectOp, Model, Parameter, RateProfile,
};
use crate::plan::{NONE, Plan};
use sysdl_kernel::draw::name_hash;
use sysdl_order::Order as _;

/// Steps of a ramp.
const RAMP_STEPS: u64 = 16;

/// Fills slots, effects and timeline, and the `slot_*` columns that point to slots.
pub(super) fn slots_and_effects(model: &Model, tables: &mut Tables) {
    let stated = model.effects.iter().filter(|effect| acts(effect, model.duration_ns));
    let mut effects: Vec<Effect> = stated.cloned().collect();
    let count = effects.len();
    effects.extend(rate_changes(model));
    let is_quiet = |row: usize| row >= count && !effects[row].label.starts_with(BURST);
    let mut parameters: Vec<Parameter> = Vec::new();
    let wanted = effects.iter().map(|effect| effect.parameter);
    let all = if model.interactive { every_parameter(model, &tables.plan) } else { Vec::new() };
    for parameter in all.into_iter().chain(wanted) {
        if !parameters.contains(&parameter) {
            parameters.push(parameter);
        }
    }
    for &parameter in &parameters {
        slots::add(model, &mut tables.plan, parameter);
    }
    for (row, effect) in effects.iter().enumerate() {
        tables.plan.effects.quiet.push(is_quiet(row) as u32);
        let slot = parameters.iter().position(|&p| p == effect.parameter).unwrap_or(0) as u32;
        add_effect(model.duration_ns, tables, effect, slot);
        if row >= count {
            track(model, &mut tables.plan, effect.parameter, row as u32);
        }
    }
    sort(&mut tables.plan);
}

/// The changes behind the first of a rate that follows a track: changes of one effect.
fn track(model: &Model, plan: &mut Plan, parameter: Parameter, row: u32) {
    let Parameter::SourceRate(source) = parameter else { return };
    let Arrivals::Open { rate, .. } = &model.sources[source as usize].arrivals else { return };
    let RateProfile::Track { first, changes, period_ns } = rate else { return };
    let begin = |round: u64| (round > 0).then_some((round * period_ns, *first));
    let later = |round: u64| changes.iter().map(move |&(at_ns, rate)| (round * period_ns + at_ns, rate));
    let rounds = if *period_ns == 0 { 1 } else { model.duration_ns / period_ns + 1 };
    let all = (0..rounds).flat_map(|round| begin(round).into_iter().chain(later(round)));
    for (at_ns, rate) in all.skip(1).take_while(|(at_ns, _)| *at_ns <= model.duration_ns) {
        plan.timeline.at_ns.push(at_ns);
        plan.timeline.effect.push(row);
        plan.timeline.active.push(1);
        plan.timeline.value.push(rate);
    }
}

/// Whether an effect does anything. One that does not must not give its parameter a slot: at a component whose speed
/// may change, work shares processors, and ends 1 ns later than other work that ends at the same instant.
pub(crate) fn acts(effect: &Effect, duration_ns: u64) -> bool {
    let begins_ns = effect.start_ns + effect.ramp_ns / RAMP_STEPS;
    let is_speed = matches!(effect.parameter, Parameter::StationSpeed(_));
    let is_neutral = matches!(effect.op, EffectOp::Multiply | EffectOp::Set) && effect.value == 1.0;
    begins_ns <= duration_ns && !(is_speed && is_neutral)
}

/// Begin of a burst's label. Bursts are told, other changes of a rate are not.
const BURST: &str = "burst of ";

/// Steps of a wave's period.
const WAVE_STEPS: u64 = 288;
/// Most changes of a wave in a run; a longer run takes longer steps.
const WAVE_CHANGES_MAX: u64 = 2_000;

/// Rates that change by themselves are effects that set the rate of their source.
fn rate_changes(model: &Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (index, source) in model.sources.iter().enumerate() {
        let Arrivals::Open { rate, .. } = &source.arrivals else { continue };
        let word = if matches!(rate, RateProfile::Burst { .. }) { BURST } else { "rate of " };
        let label = format!("{word}{}", source.name);
        for (start_ns, end_ns, value) in intervals(rate, model.duration_ns) {
            effects.push(Effect {
                label: label.clone(),
                event: None,
                parameter: Parameter::SourceRate(index as u32),
                first: 0,
                count: 1,
                op: EffectOp::Set,
                value,
                start_ns,
                end_ns,
                ramp_ns: 0,
                fade_ns: 0,
                when: None,
                random: None,
            });
        }
        if let RateProfile::Modulated { peak, calm, busy, .. } = rate {
            effects.push(modulation(index, &source.name, *peak, calm, busy));
        }
    }
    effects
}

/// The busy times of a source.
fn modulation(index: usize, source: &str, peak: f64, calm: &Distribution, busy: &Distribution) -> Effect {
    let label = format!("rate of {source}");
    Effect {
        random: Some(ComesAndGoes { after: calm.clone(), lasting: busy.clone(), group: label.clone() }),
        label,
        event: None,
        parameter: Parameter::SourceRate(index as u32),
        first: 0,
        count: 1,
        op: EffectOp::Set,
        value: peak,
        start_ns: 0,
        end_ns: None,
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
    }
}

/// Begin, end and rate of the intervals in which a rate is another than at the begin.
fn intervals(rate: &RateProfile, duration_ns: u64) -> Vec<(u64, Option<u64>, f64)> {
    match rate {
        RateProfile::Steady(_) | RateProfile::Modulated { .. } => Vec::new(),
        RateProfile::Burst { peak, every_ns, lasting_ns, .. } => {
            let starts = (1..).map(|k| k * every_ns).take_while(|&start| start < duration_ns);
            starts.map(|start| (start, Some(start + lasting_ns), *peak)).collect()
        }
        RateProfile::Steps { changes, .. } => {
            let ends = changes.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
            changes.iter().zip(ends).map(|(&(at, rate), end)| (at, end, rate)).collect()
        }
        RateProfile::Track { changes, .. } => changes.first().map(|&(at, rate)| (at, None, rate)).into_iter().collect(),
        RateProfile::Wave { mean, peak, period_ns, peak_at_ns } => {
            let step_ns = (period_ns / WAVE_STEPS).max(duration_ns / WAVE_CHANGES_MAX).max(1);
            let at = |k: u64| wave(*mean, *peak, *period_ns as f64, *peak_at_ns as f64, k * step_ns);
            let steps = (1..).take_while(|k| k * step_ns < duration_ns);
            steps.map(|k| (k * step_ns, Some((k + 1) * step_ns), at(k))).collect()
        }
    }
}

/// The rate of a wave at an instant.
pub(super) fn wave(mean: f64, peak: f64, period: f64, peak_at: f64, at_ns: u64) -> f64 {
    mean + (peak - mean) * libm::cos(core::f64::consts::TAU * (at_ns as f64 - peak_at) / period)
}

/// What a live host may set: one of each parameter that the plan's rows can point to.
fn every_parameter(model: &Model, plan: &Plan) -> Vec<Parameter> {
    let mut all = Vec::new();
    for (i, component) in model.components.iter().enumerate() {
        let id = ComponentId(i as u32);
        all.extend([Parameter::StationService(id), Parameter::StationErrors(id), Parameter::StationDown(id)]);
        let parameters = [Parameter::LimitRequests(id), Parameter::LimitWeight(id)];
        let rates = plan.quotas.rate.get(i).copied().unwrap_or_default();
        all.extend((0..2).filter(|&which| rates[which] > 0.0).map(|which| parameters[which]));
        if let Some(store) = &component.store {
            all.extend([Parameter::StoreHits(id), Parameter::StoreClear(id)]);
            if store.keeping.lag.is_some() {
                all.extend([Parameter::StoreLagFactor(id), Parameter::StoreLag(id)]);
            }
        }
    }
    for i in 0..plan.edges.name.len() as u32 {
        let id = crate::model::EdgeId(i);
        if plan.edges.link[i as usize] != NONE {
            all.push(Parameter::LinkBandwidth(id));
        }
        all.extend(plan.connections.edge.contains(&i).then_some(Parameter::LinkConnections(id)));
        all.extend([
            Parameter::LinkDelay(id),
            Parameter::LinkJitter(id),
            Parameter::LinkLossRequest(id),
            Parameter::LinkLossReply(id),
        ]);
    }
    for (i, source) in model.sources.iter().enumerate() {
        if source.mix.iter().any(|(_, call)| call.size.is_some()) {
            all.push(Parameter::SourceSize(i as u32));
        }
        if matches!(source.arrivals, Arrivals::Open { .. }) {
            all.push(Parameter::SourceRate(i as u32));
        }
    }
    all
}

fn add_effect(duration_ns: u64, tables: &mut Tables, effect: &Effect, slot: u32) {
    let random = effect.random.as_ref().map(|r| (r, tables.distribution(&r.after), tables.distribution(&r.lasting)));
    let plan = &mut tables.plan;
    let row = plan.effects.label.len() as u32;
    let base = plan.slots.base[slot as usize];
    let rows = &mut plan.effects;
    rows.label.push(effect.label.clone());
    rows.event.push(effect.event.clone().unwrap_or_default());
    rows.hash.push(name_hash(&format!("{} {}", effect.label, plan.slots.name[slot as usize])));
    rows.slot.push(slot);
    rows.first.push(effect.first);
    rows.count.push(effect.count);
    let (op, neutral) = match effect.op {
        EffectOp::Set => (0, base),
        EffectOp::Multiply => (1, 1.0),
        EffectOp::Add => (2, 0.0),
        EffectOp::Combine => (3, 0.0),
        EffectOp::Or => (4, 0.0),
    };
    rows.op.push(op);

    let end_ns = effect.end_ns.unwrap_or(u64::MAX).min(duration_ns.saturating_add(1));
    if let Some((random, after, lasting)) = random {
        let rows = &mut plan.flickers;
        rows.effect.push(row);
        rows.value.push(effect.value);
        rows.after.push(after);
        rows.lasting.push(lasting);
        rows.start_ns.push(effect.start_ns);
        rows.end_ns.push(end_ns);
        rows.hash.push(name_hash(&random.group));
        return;
    }
    if let Some(when) = effect.when {
        plan.triggers.effects[when.trigger as usize].push((row, effect.value, when.lasting_ns.unwrap_or(0)));
        return;
    }
    let mut change = |at_ns: u64, active: u32, value: f64| {
        if at_ns <= duration_ns {
            plan.timeline.at_ns.push(at_ns.max(1));
            plan.timeline.effect.push(row);
            plan.timeline.active.push(active);
            plan.timeline.value.push(value);
        }
    };
    let steps = if effect.ramp_ns == 0 { 1 } else { RAMP_STEPS };
    for step in 1..=steps {
        // A ramp of n steps reaches its first level one n-th of the way in, its last at its end.
        let at_ns = if steps == 1 { effect.start_ns } else { effect.start_ns + effect.ramp_ns * step / steps };
        // What fades at once begins in full.
        if at_ns < end_ns || effect.fade_ns > 0 && at_ns == end_ns {
            change(at_ns, 1, neutral + (effect.value - neutral) * (step as f64 / steps as f64));
        }
    }
    if effect.end_ns.is_none() {
        return;
    }
    let fades = if effect.fade_ns == 0 { 0 } else { RAMP_STEPS };
    for step in 1..fades {
        let at_ns = end_ns.saturating_add(effect.fade_ns.saturating_mul(step) / fades);
        change(at_ns, 1, neutral + (effect.value - neutral) * (1.0 - step as f64 / fades as f64));
    }
    change(end_ns.saturating_add(effect.fade_ns), 0, 0.0);
}

/// Sorts the timeline by (time, effect); within an effect the order of its rows is kept.
fn sort(plan: &mut Plan) {
    let timeline = &mut plan.timeline;
    let mut order: Vec<usize> = (0..timeline.at_ns.len()).collect();
    order.order_by_key(|&i| (timeline.at_ns[i], timeline.effect[i], i));
    timeline.at_ns = order.iter().map(|&i| timeline.at_ns[i]).collect();
    timeline.effect = order.iter().map(|&i| timeline.effect[i]).collect();
    timeline.active = order.iter().map(|&i| timeline.active[i]).collect();
    timeline.value = order.iter().map(|&i| timeline.value[i]).collect();
}
