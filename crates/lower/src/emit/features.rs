//! Which parts of the machine a plan can never reach.
//!
//! The kernel enters such a part through functions named `if_<part>_…`, each behind a test of a row; where no
//! row passes the test, the functions and all that only they reach are left out of the module.

use crate::plan::{NONE, Plan, Shape, SlotKind};

/// Prefixes of the functions that a plan never calls.
pub(super) fn unused(plan: &Plan, flights: bool) -> Vec<&'static str> {
    let (components, edges, policies) = (&plan.components, &plan.edges, &plan.policies);
    let (conducts, pacings) = (&plan.conducts, &plan.pacings);
    let has_slot = |kind: SlotKind| plan.slots.kind.contains(&kind);
    let parts = [
        ("if_permits_", edges.permits.iter().any(|&count| count > 0)),
        ("if_balancing_", !plan.balancings.edge.is_empty()),
        ("if_by_key_", edges.balance.iter().any(|&how| how >= 5)),
        ("if_zones_", plan.balancings.cross_zone_ns.iter().any(|&ns| ns > 0)),
        ("if_probing_", plan.balancings.probe_interval_ns.iter().any(|&ns| ns > 0)),
        ("if_ejecting_", plan.balancings.eject_failures.iter().any(|&failures| failures > 0)),
        ("if_breakers_", edges.breaker_open_ns.iter().any(|&ns| ns > 0)),
        (
            "if_hedges_",
            policies.hedge_after_ns.iter().any(|&ns| ns > 0) || pacings.hedge_per_100k.iter().any(|&p| p > 0),
        ),
        ("if_connections_", !plan.connections.edge.is_empty()),
        ("if_copies_", plan.copies_max() > 2),
        ("if_pacing_", !pacings.histogram.is_empty()),
        ("if_idempotent_", pacings.idempotent.contains(&1)),
        ("if_requeue_", has_slot(SlotKind::Down) && components.shared_queue.contains(&1)),
        ("if_throttle_", conducts.throttle_k.iter().any(|&k| k > 0.0)),
        ("if_transport_", conducts.rto_ns.iter().any(|&ns| ns > 0)),
        ("if_edge_histograms_", !plan.edge_histograms.edge.is_empty()),
        ("if_cancel_", policies.cancel.contains(&1)),
        ("if_codel_", components.discipline.contains(&4)),
        ("if_patience_", components.patience.iter().any(|&row| row != NONE)),
        ("if_preempt_", components.preempt.iter().any(|&who| who != 0)),
        ("if_sharing_", components.sharing.contains(&1)),
        ("if_watching_", !plan.watched.hash.is_empty()),
        ("if_processors_", !plan.processors.each.is_empty()),
        ("if_setup_", components.setup.iter().any(|&row| row != NONE)),
        ("if_batch_", components.batch.iter().any(|&most| most > 1)),
        ("if_keeping_", !plan.keepings.evict.is_empty()),
        ("if_keys_", plan.sites.keys.iter().any(|&row| row != NONE)),
        ("if_sizes_", !plan.sizes.how.is_empty()),
        ("if_meters_", plan.has_meters()),
        ("if_quotas_", !plan.quotas.rate.is_empty()),
        ("if_links_", !plan.links.bandwidth.is_empty()),
        ("if_groups_", !plan.groups.component.is_empty()),
        ("if_rooms_", !plan.depots.waits.is_empty()),
        ("if_displaced_", (0..plan.subscriptions.depth.len()).any(|s| displaces(plan, s))),
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
        ("if_riders_", plan.groups.batch.iter().any(|&size| size > 1)),
        ("if_down_", has_slot(SlotKind::Down)),
        ("if_speed_", has_slot(SlotKind::Speed)),
        ("if_clear_", has_slot(SlotKind::Clear)),
        ("if_users_", has_slot(SlotKind::Users)),
        ("if_rate_", has_slot(SlotKind::Rate)),
        ("if_intake_", !plan.intakes.batch_most.is_empty()),
        ("if_histogram_", plan.distributions.shape.iter().any(|shape| matches!(shape, Shape::Histogram(_)))),
        ("if_flights_", flights),
        ("if_flickers_", !plan.flickers.effect.is_empty()),
        ("if_fleets_", !plan.fleets.component.is_empty()),
        ("if_leaders_", !plan.leaders.component.is_empty()),
        ("if_triggers_", !plan.triggers.terms.is_empty()),
        ("if_autoscalers_", !plan.autoscalers.fleet.is_empty()),
        ("if_strains_", !plan.component_strains.component.is_empty()),
        ("if_edge_strains_", !plan.edge_strains.edge.is_empty()),
    ];
    parts.into_iter().filter_map(|(part, used)| (!used).then_some(part)).collect()
}

/// Whether a message of a subscription can displace another.
fn displaces(plan: &Plan, s: usize) -> bool {
    plan.subscriptions.depth[s] > 0 && plan.subscriptions.depot[s] == NONE
}
