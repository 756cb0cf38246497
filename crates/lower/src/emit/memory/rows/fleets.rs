//! Replicas that come and go.

use crate::plan::Plan;
use sysdl_kernel::columns;
use sysdl_kernel::layout as k;

pub(super) fn fleets(plan: &Plan) -> Vec<k::Fleet> {
    let f = &plan.fleets;
    let mut first_member = 0;
    (0..f.component.len())
        .map(|i| {
            let first = first_member;
            first_member += plan.components.replicas[f.component[i] as usize];
            k::Fleet {
                startup_ns: f.startup_ns[i],
                component: f.component[i],
                first_member: first,
                initial: f.initial[i],
                cell_draining: plan.cell(f.slot_draining[i]),
                ..k::Fleet::default()
            }
        })
        .collect()
}

pub(super) fn autoscalers(plan: &Plan) -> Vec<k::Autoscaler> {
    let (f, a) = (&plan.fleets, &plan.autoscalers);
    let (mut first_step, mut first_recommendation) = (0, 0);
    (0..a.fleet.len())
        .map(|i| {
            let first_word = f.component[a.fleet[i] as usize] * columns::component::COUNT as u32;
            let steps = a.steps[i].len() as u32;
            (first_step, first_recommendation) = (first_step + steps, first_recommendation + a.recommendations[i]);
            k::Autoscaler {
                factor: a.factor[i],
                target: a.target[i],
                words: a.columns[i].map(|column| first_word + column),
                fleet: a.fleet[i],
                every_windows: a.every_windows[i],
                least: a.least[i],
                most: a.most[i],
                tolerance: a.tolerance[i],
                first_step: first_step - steps,
                steps,
                first_recommendation: first_recommendation - a.recommendations[i],
                recommendations: a.recommendations[i],
                ..k::Autoscaler::default()
            }
        })
        .collect()
}

pub(super) fn scaling_steps(plan: &Plan) -> Vec<k::ScalingStep> {
    let steps = plan.autoscalers.steps.iter().flatten();
    steps.map(|&(above, bound, by)| k::ScalingStep { bound, above: above as u32, by }).collect()
}
