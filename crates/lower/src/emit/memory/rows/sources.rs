//! Traffic.

use super::super::super::{Labels, Resolved};
use crate::plan::{NONE, Plan};
use sysdl_kernel::layout as k;

pub(super) fn sources(plan: &Plan, labels: &Labels, ahead: &Resolved, tables: bool) -> Vec<k::Source> {
    let s = &plan.sources;
    let mut first_user = 0;
    let row = |i: usize| {
        first_user += s.users[i];
        let (straight, straight_lane, straight_ns) =
            ahead.straight(i as u32, labels, tables).unwrap_or((NONE, NONE, 0));
        k::Source {
            hash: s.hash[i],
            purpose: s.purpose[i],
            rate: s.rate[i],
            entry: labels.of(plan.programs.entry[s.program[i] as usize]),
            users: s.users[i],
            first_user: first_user - s.users[i],
            think: s.think[i],
            poisson: s.poisson[i],
            cell_rate: plan.cell(s.slot_rate[i]),
            intake: s.intake[i],
            cell_users: plan.cell(s.slot_users[i]),
            flight: ahead.entry(i as u32, labels, tables).unwrap_or(NONE),
            straight,
            straight_lane,
            straight_ns,
            ahead_ns: ahead.shift_ns(i as u32),
            lane: ahead.lanes.of_source(i as u32).unwrap_or(NONE),
        }
    };
    (0..s.name.len()).map(row).collect()
}

pub(super) fn intakes(plan: &Plan) -> Vec<k::Intake> {
    let rows = &plan.intakes;
    let row = |i: usize| k::Intake {
        every_ns: rows.every_ns[i],
        first_ns: rows.first_ns[i],
        spread_ns: rows.spread_ns[i],
        period_ns: rows.period_ns[i],
        purposes: rows.purposes[i],
        batch: k::Count { most: rows.batch_most[i], extra: rows.batch_extra[i], base: rows.batch_base[i], pad: 0 },
        session: k::Count {
            most: rows.session_most[i],
            extra: rows.session_extra[i],
            base: rows.session_base[i],
            pad: 0,
        },
        think: rows.think[i],
        first_instant: rows.first_instant[i],
        instants: rows.instants[i],
        pad: 0,
    };
    (0..rows.batch_most.len()).map(row).collect()
}

pub(super) fn flows(plan: &Plan) -> Vec<k::Flow> {
    let f = &plan.flows;
    (0..f.name.len()).map(|i| k::Flow { hash: f.hash[i], good_within_ns: f.good_within_ns[i] }).collect()
}
