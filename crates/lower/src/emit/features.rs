//! Which parts of the machine a plan can never reach.
//!
//! What no row asks for is left out where code is folded. Of some parts only a run could tell that they are never entered: they
//! are behind the kind of an event, or a number in a frame. The kernel enters such a part through functions named
//! `if_<part>_…`; no way leads to a call of one if the plan has nothing that could ask for it.

use crate::plan::{NONE, Plan, Shape, SlotKind};

/// Prefixes of the functions that a plan never calls.
pub(super) fn unused(plan: &Plan, flights: bool) -> Vec<&'static str> {
    let (components, edges, policies) = (&plan.components, &plan.edges, &plan.policies);
    let (conducts, pacings) = (&plan.conducts, &plan.pacings);
    let has_slot = |kind: SlotKind| plan.slots.kind.contains(&kind);
    let parts = [
        ("if_permits_", edges.permits.iter().any(|&count| count > 0)),
        ("if_probing_", plan.balancings.probe_interval_ns.iter().any(|&ns| ns > 0)),
        ("if_ejecting_", plan.balancings.eject_failures.iter().any(|&failures| failures > 0)),
        (
            "if_hedges_",
            policies.hedge_after_ns.iter().any(|&ns| ns > 0) || pacings.hedge_per_100k.iter().any(|&p| p > 0),
        ),
        ("if_connections_", !plan.connections.edge.is_empty()),
        ("if_copies_", plan.copies_max() > 2),
        ("if_pacing_", !pacings.histogram.is_empty()),
        ("if_requeue_", has_slot(SlotKind::Down) && components.shared_queue.contains(&1)),
        ("if_transport_", conducts.rto_ns.iter().any(|&ns| ns > 0)),
        ("if_cancel_", policies.cancel.contains(&1)),
        ("if_patience_", components.patience.iter().any(|&row| row != NONE)),
        ("if_preempt_", components.preempt.iter().any(|&who| who != 0)),
        ("if_sharing_", components.sharing.contains(&1)),
        ("if_watching_", !plan.watched.hash.is_empty()),
        ("if_quotas_", !plan.quotas.rate.is_empty()),
        ("if_groups_", !plan.groups.component.is_empty()),
        ("if_rooms_", !plan.depots.waits.is_empty()),
        ("if_logs_", !plan.logs.cluster.is_empty()),
        ("if_polls_", plan.groups.poll_ns.iter().any(|&ns| ns > 0)),
        ("if_gathers_", !plan.gathers.edge.is_empty()),
        (
            "if_timers_",
            !plan.gathers.edge.is_empty()
                || !plan.logs.cluster.is_empty()
                || !plan.leaders.component.is_empty()
                || plan.groups.assigned.contains(&1)
                || plan.groups.session_ns.iter().any(|&ns| ns > 0),
        ),
        ("if_down_", has_slot(SlotKind::Down)),
        ("if_speed_", has_slot(SlotKind::Speed)),
        ("if_clear_", has_slot(SlotKind::Clear)),
        ("if_users_", has_slot(SlotKind::Users)),
        ("if_rate_", has_slot(SlotKind::Rate)),
        ("if_histogram_", plan.distributions.shape.iter().any(|shape| matches!(shape, Shape::Histogram(_)))),
        ("if_flights_", flights),
        ("if_flickers_", !plan.flickers.effect.is_empty()),
        ("if_fleets_", !plan.fleets.component.is_empty()),
        ("if_leaders_", !plan.leaders.component.is_empty()),
        ("if_triggers_", !plan.triggers.terms.is_empty()),
        ("if_strains_", !plan.component_strains.component.is_empty()),
    ];
    parts.into_iter().filter_map(|(part, used)| (!used).then_some(part)).collect()
}
