//! Model → plan.
//!
//! Before: every name is resolved, every quantity is in base units, the model is right.
//! After: all columns of a table have the same length, rows are in declaration order, equal
//! distributions and policies share a row, and every operation knows its successors.

mod balancing;
mod conduct;
mod fleets;
mod gathering;
mod intakes;
mod leaders;
mod messages;
mod meters;
mod sizes;
mod slots;
mod steps;
mod strains;
mod tables;
mod timeline;
mod topics;
mod triggers;

use crate::model::{Arrivals, ComponentId, Effect, Gaps, Model, Parameter, RateProfile, Source};
use crate::normalize::normalize;
use crate::passes::Passes;
use crate::plan::{NONE, OpKind, Plan, Run};
use steps::Programmer;
use sysdl_kernel::draw::{name_hash, purpose};
use tables::Tables;
pub(crate) use tables::form;
pub(crate) use timeline::acts;

/// Flattens a model.
#[must_use]
pub fn flatten(model: &Model) -> Plan {
    flatten_normalized(&mut normalize(model), Passes::ALL)
}

/// Flattens a model that is normalized, by some passes only.
pub(crate) fn flatten_normalized(model: &mut Model, passes: Passes) -> Plan {
    model.interactive |= !passes.fix;
    let model = &*model;
    let mut tables = Tables::new(model, passes.share);
    tables.plan.run = run(model);
    tables.components(model);
    tables.quotas(model);
    fleets::rows(model, &mut tables.plan);
    leaders::rows(model, &mut tables);
    tables.edges(model);
    messages::groups_and_subscriptions(model, &mut tables.plan);
    gathering::rows(model, &mut tables.plan);
    topics::clusters(model, &mut tables);
    programs(model, &mut tables);
    triggers::rows(model, &mut tables.plan);
    timeline::slots_and_effects(model, &mut tables);
    tables.stores(model);
    tables.plan
}

fn run(model: &Model) -> Run {
    Run {
        system: model.system.clone(),
        scenario: model.scenario.clone(),
        seed: model.seed,
        duration_ns: model.duration_ns,
        warmup_ns: model.warmup_ns,
        window_ns: model.window_ns,
        frames_max: model.frames_max,
        registers: 0,
    }
}

/// Endpoints of all components in declaration order, then sources.
fn programs(model: &Model, tables: &mut Tables) {
    for (index, component) in model.components.iter().enumerate() {
        for endpoint in &component.endpoints {
            let name = format!("{}.{}", component.name, endpoint.name);
            let mut programmer = Programmer::new(model, tables, index as u32);
            let end = programmer.op(OpKind::End, &name);
            let failed = programmer.op(OpKind::EndFailed, &name);
            let entry = programmer.endpoint(ComponentId(index as u32), endpoint, end, failed, &name);
            programmer.finish(name, entry);
        }
    }
    for source in &model.sources {
        source_program(model, tables, source);
        source_row(model, tables, source);
    }
}

/// A request of a source: choose from the mix, make the one call, be done.
fn source_program(model: &Model, tables: &mut Tables, source: &Source) {
    let mut programmer = Programmer::new(model, tables, NONE);
    let mut entry = NONE;
    // Built from the last choice, so that each draw decides between one choice and all behind it.
    let mut behind = 0.0;
    for (weight, call) in source.mix.iter().rev() {
        let target = &model.components[call.endpoint.component.0 as usize];
        let endpoint = &target.endpoints[call.endpoint.index as usize];
        let flow_name = format!("{}.{}", target.name, endpoint.name);
        let flow = programmer.tables.flow(&flow_name, endpoint.good_within_ns);
        let label = format!("{}/{flow_name}", source.name);

        let end = programmer.op(OpKind::RequestEnd, &label);
        programmer.ops.a[end as usize] = flow;
        let asks = programmer.call(call, end, end, &label);
        let begin = programmer.op(OpKind::RequestBegin, &label);
        programmer.ops.a[begin as usize] = flow;
        programmer.ops.next[begin as usize] = asks;

        behind += weight;
        entry = if entry == NONE {
            begin
        } else {
            let choice = programmer.op(OpKind::Branch, &format!("{label}/choice"));
            programmer.ops.f[choice as usize] = weight / behind;
            programmer.ops.next[choice as usize] = begin;
            programmer.ops.alt[choice as usize] = entry;
            choice
        };
    }
    programmer.finish(source.name.clone(), entry);
}

/// Users that a closed source has at some time, at most.
fn most_users(model: &Model, source: &Source, users: u32) -> u32 {
    let is_it = |effect: &&Effect| match effect.parameter {
        Parameter::SourceUsers(index) => model.sources[index as usize].name == source.name,
        _ => false,
    };
    model.effects.iter().filter(is_it).map(|effect| effect.value as u32).fold(users, u32::max)
}

fn source_row(model: &Model, tables: &mut Tables, source: &Source) {
    let program = tables.plan.programs.entry.len() as u32 - 1;
    let intake = intakes::row(tables, source);
    let (users, think, poisson, rate) = match &source.arrivals {
        Arrivals::Open { gaps, rate } => {
            let gaps_row = if let Gaps::Renewal(gaps) = gaps { tables.distribution(gaps) } else { NONE };
            (0, gaps_row, (*gaps == Gaps::Poisson) as u32, base_rate(rate))
        }
        Arrivals::Closed { users, think } => (most_users(model, source, *users), tables.distribution(think), 0, 0.0),
        Arrivals::Cron { .. } | Arrivals::Trace { .. } => (0, NONE, 0, 0.0),
    };
    let sources = &mut tables.plan.sources;
    sources.name.push(source.name.clone());
    sources.hash.push(name_hash(&source.name));
    sources.program.push(program);
    sources.users.push(users);
    sources.think.push(think);
    sources.poisson.push(poisson);
    sources.rate.push(rate);
    sources.slot_rate.push(NONE);
    sources.slot_users.push(NONE);
    sources.purpose.push(purpose(&source.name, "gap"));
    sources.intake.push(intake);
}

pub(crate) fn base_rate(rate: &RateProfile) -> f64 {
    match rate {
        RateProfile::Steady(rate) => *rate,
        RateProfile::Burst { base, .. } | RateProfile::Modulated { base, .. } => *base,
        RateProfile::Steps { first, .. } | RateProfile::Track { first, .. } => *first,
        RateProfile::Wave { mean, peak, period_ns, peak_at_ns } => {
            timeline::wave(*mean, *peak, *period_ns as f64, *peak_at_ns as f64, 0)
        }
    }
}
