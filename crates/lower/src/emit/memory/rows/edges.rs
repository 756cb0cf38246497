//! Edges, and how they choose.

use super::super::space::Space;
use crate::plan::{NONE, Plan};
use sysdl_kernel::hashing;
use sysdl_kernel::layout as k;

pub(super) fn edges(plan: &Plan) -> Vec<k::Edge> {
    let e = &plan.edges;
    (0..e.name.len())
        .map(|i| k::Edge {
            hash: e.hash[i],
            purposes: e.purposes[i],
            loss: e.loss[i],
            breaker_open_ns: e.breaker_open_ns[i],
            breaker_window_ns: e.breaker_window_ns[i],
            permit_wait_ns: e.permit_wait_ns[i],
            from: e.from[i],
            to: e.to[i],
            latency: e.latency[i],
            balance: e.balance[i],
            cell_delay: plan.cell(e.slot_delay[i]),
            cell_jitter: plan.cell(e.slot_jitter[i]),
            cell_loss_request: plan.cell(e.slot_loss_request[i]),
            cell_loss_reply: plan.cell(e.slot_loss_reply[i]),
            choices: e.choices[i],
            breaker_count: e.breaker_count[i],
            breaker_trip: e.breaker_trip[i],
            breaker_least: e.breaker_least[i],
            permits: e.permits[i],
            permit_queue: e.permit_queue[i],
            first_gate: e.first_gate[i],
            balancing: e.balancing[i],
            conduct: e.conduct[i],
            link: e.link[i],
            subscription: e.subscription[i],
            gather: e.gather[i],
            strain: e.strain[i],
            instant: u32::from(is_instant(plan, i)),
        })
        .collect()
}

/// Whether nothing slows messages on an edge, and none is lost.
fn is_instant(plan: &Plan, edge: usize) -> bool {
    let e = &plan.edges;
    let slots = [e.slot_delay[edge], e.slot_jitter[edge], e.slot_loss_request[edge], e.slot_loss_reply[edge]];
    let crosses = e.balancing[edge] != NONE && plan.balancings.cross_zone_ns[e.balancing[edge] as usize] > 0;
    let unhindered = e.latency[edge] == NONE && e.link[edge] == NONE && e.loss[edge] == 0.0 && !crosses;
    unhindered && slots.iter().all(|&slot| plan.cell(slot) == NONE)
}

pub(super) fn links(plan: &Plan) -> Vec<k::Link> {
    let l = &plan.links;
    (0..l.bandwidth.len()).map(|i| k::Link { bandwidth: l.bandwidth[i], cell: plan.cell(l.slot[i]), pad: 0 }).collect()
}

pub(super) fn edge_histograms(plan: &Plan) -> Vec<k::EdgeHistogram> {
    let h = &plan.edge_histograms;
    (0..h.edge.len()).map(|i| k::EdgeHistogram { edge: h.edge[i], kind: h.kind[i] }).collect()
}

/// Address and length of the tables by which edges choose by key.
pub(super) fn tables_by_key(plan: &Plan, late: &mut Space) -> Vec<(u32, u32)> {
    let mut table = |&edge: &u32| {
        let replicas = plan.components.replicas[plan.edges.to[edge as usize] as usize];
        match plan.edges.balance[edge as usize] {
            6 => {
                let len = replicas * hashing::POINTS;
                (late.state(u64::from(len), size_of::<hashing::Point>(), "key tables"), len)
            }
            7 => {
                let len = hashing::maglev_size(replicas);
                (late.state(u64::from(len + replicas), 4, "key tables"), len)
            }
            _ => (0, 0),
        }
    };
    plan.balancings.edge.iter().map(&mut table).collect()
}

pub(super) fn balancings(plan: &Plan, tables: &[(u32, u32)]) -> Vec<k::Balancing> {
    let b = &plan.balancings;
    let row = |i: usize| k::Balancing {
        eject_ns: b.eject_ns[i],
        eject_cap_ns: b.eject_cap_ns[i],
        edge: b.edge[i],
        first_peer: b.first_peer[i],
        fail_open: b.fail_open[i],
        least: b.least[i],
        eject_failures: b.eject_failures[i],
        eject_most: b.eject_most[i],
        probe_interval_ns: b.probe_interval_ns[i],
        probe_timeout_ns: b.probe_timeout_ns[i],
        slow_start_ns: b.slow_start_ns[i],
        purpose_slow_start: b.purpose_slow_start[i],
        probe_fall: b.probe_fall[i],
        probe_rise: b.probe_rise[i],
        cross_zone_ns: b.cross_zone_ns[i],
        first_weight: b.first_weight[i],
        zones: b.zones[i],
        prefer_zone: b.prefer_zone[i],
        table: tables[i].0,
        table_len: tables[i].1,
        pad: 0,
    };
    (0..b.edge.len()).map(row).collect()
}

pub(super) fn weights(plan: &Plan) -> Vec<k::Weight> {
    plan.weights.iter().map(|&weight| k::Weight { weight: u64::from(weight) }).collect()
}

pub(super) fn connections(plan: &Plan) -> Vec<k::Connections> {
    let c = &plan.connections;
    let (mut first_stack, mut first_since, mut first_epoch) = (0, 0, 0);
    (0..c.edge.len())
        .map(|i| {
            let (gates, ends, depth) = plan.extent_of_connections(i);
            let row = k::Connections {
                idle_ns: c.idle_ns[i],
                purpose: c.purpose[i],
                connect: c.connect[i],
                edge: c.edge[i],
                gates,
                ends,
                first_stack,
                depth,
                first_since,
                first_epoch,
            };
            first_stack += gates * ends;
            first_since += gates * ends * depth;
            first_epoch += ends;
            row
        })
        .collect()
}
