//! What faults change about edges and components beyond the network, service and errors.

use crate::plan::Plan;
use sysdl_kernel::layout as k;

pub(super) fn edge_strains(plan: &Plan) -> Vec<k::EdgeStrain> {
    let s = &plan.edge_strains;
    (0..s.edge.len())
        .map(|i| {
            let [purpose_refused, purpose_broken, purpose_linger, purpose_probes] = s.purposes[i];
            k::EdgeStrain {
                purpose_refused,
                purpose_broken,
                purpose_linger,
                purpose_probes,
                cell_refused: plan.cell(s.slot_refused[i]),
                cell_broken: plan.cell(s.slot_broken[i]),
                cell_timeout: plan.cell(s.slot_timeout[i]),
                cell_retries: plan.cell(s.slot_retries[i]),
                cell_backoff: plan.cell(s.slot_backoff[i]),
                cell_permits: plan.cell(s.slot_permits[i]),
                cell_linger: plan.cell(s.slot_linger[i]),
                cell_linger_time: plan.cell(s.slot_linger_time[i]),
                cell_probe_errors: plan.cell(s.slot_probe_errors[i]),
                pad: 0,
            }
        })
        .collect()
}

pub(super) fn component_strains(plan: &Plan) -> Vec<k::ComponentStrain> {
    let s = &plan.component_strains;
    (0..s.component.len())
        .map(|i| {
            let [purpose_stall, purpose_poison] = s.purposes[i];
            k::ComponentStrain {
                purpose_stall,
                purpose_poison,
                cell_servers: plan.cell(s.slot_servers[i]),
                cell_stall: plan.cell(s.slot_stall[i]),
                cell_stall_time: plan.cell(s.slot_stall_time[i]),
                cell_poison: plan.cell(s.slot_poison[i]),
                cell_startup: plan.cell(s.slot_startup[i]),
                cell_stuck: plan.cell(s.slot_stuck[i]),
            }
        })
        .collect()
}
