//! Components whose replicas come and go, and what decides about it.

use crate::model::{Autoscaler, Effect, Fleet, Model, Parameter, ScalingMetric, ScalingRule};
use crate::plan::{NONE, Plan};
use sysdl_kernel::columns::component;

/// Millionths of one.
const MILLION: u64 = 1_000_000;

/// Whether some of a component's replicas may be out of service.
pub(super) fn comes_and_goes(model: &Model, index: usize) -> bool {
    let drains = |effect: &Effect| match effect.parameter {
        Parameter::StationDraining(c) => c.0 as usize == index,
        _ => false,
    };
    model.components[index].fleet.is_some() || model.effects.iter().any(drains)
}

/// A fleet for each component that has one, or whose replicas something takes out of service.
pub(super) fn rows(model: &Model, plan: &mut Plan) {
    for (index, component) in model.components.iter().enumerate() {
        if !comes_and_goes(model, index) {
            continue;
        }
        let always = Fleet { initial: component.replicas, startup_ns: 0, autoscaler: None };
        let fleet = component.fleet.as_ref().unwrap_or(&always);
        let row = plan.fleets.component.len() as u32;
        plan.components.fleet[index] = row;
        let rows = &mut plan.fleets;
        rows.component.push(index as u32);
        rows.initial.push(fleet.initial);
        rows.startup_ns.push(fleet.startup_ns);
        rows.slot_draining.push(NONE);
        if let Some(autoscaler) = &fleet.autoscaler {
            add_autoscaler(model.window_ns, plan, row, autoscaler);
        }
    }
}

fn add_autoscaler(window_ns: u64, plan: &mut Plan, fleet: u32, autoscaler: &Autoscaler) {
    let counts_processors = plan.components.processors[plan.fleets.component[fleet as usize] as usize] != NONE;
    let (columns, factor) = measured(autoscaler.metric, counts_processors);
    let every_windows = autoscaler.every_ns.div_ceil(window_ns).clamp(1, u64::from(u32::MAX));
    let (target, tolerance, steps) = match &autoscaler.rule {
        ScalingRule::Target { target, tolerance } => (*target, *tolerance, Vec::new()),
        ScalingRule::Steps(steps) => (0, 0, steps.iter().map(|step| (step.above, step.bound, step.by)).collect()),
    };
    let rows = &mut plan.autoscalers;
    rows.fleet.push(fleet);
    rows.least.push(autoscaler.least);
    rows.most.push(autoscaler.most);
    rows.columns.push(columns.map(|column| column as u32));
    rows.factor.push(factor);
    rows.target.push(target);
    rows.tolerance.push(tolerance);
    rows.steps.push(steps);
    rows.every_windows.push(every_windows as u32);
    rows.recommendations.push((autoscaler.cooldown_ns / (every_windows * window_ns)).min(1 << 16) as u32);
}

/// Numerator and denominator of a metric, and what makes their ratio millionths of its unit.
fn measured(metric: ScalingMetric, counts_processors: bool) -> ([usize; 2], u64) {
    match metric {
        ScalingMetric::Utilization if counts_processors => {
            ([component::PROCESSORS_BUSY_NS, component::PROCESSORS_NS], MILLION)
        }
        ScalingMetric::Utilization => ([component::BUSY_NS, component::CAPACITY_NS], MILLION),
        ScalingMetric::Queue => ([component::QUEUE_NS, component::SERVING_NS], MILLION),
        ScalingMetric::Concurrency => ([component::PRESENT_NS, component::SERVING_NS], MILLION),
        ScalingMetric::Arrivals => ([component::ARRIVALS, component::SERVING_NS], 1_000_000_000 * MILLION),
    }
}
