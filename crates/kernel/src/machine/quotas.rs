//! Quotas: how many requests, and how much weight, a component takes in per second.

use super::memory::{cell, header, now, row};
use super::sizes;
use crate::layout::{NONE, Quota, QuotaState, Table};

#[inline(always)]
fn quota(component: u32) -> &'static Quota {
    row(header().quotas, component)
}

#[inline(always)]
fn state_of(component: u32) -> &'static QuotaState {
    row(Table { address: header().quota_states, len: 0 }, component)
}

/// Buckets begin full.
pub fn init() {
    for index in 0..header().quotas.len {
        for which in 0..2 {
            state_of(index).tokens[which].set(quota(index).burst[which]);
        }
    }
}

/// Whether a component takes a visit in: it takes what the visit weighs from each bucket, or nothing.
#[inline(always)]
pub fn admits(component: u32, visit: u32) -> bool {
    header().quotas.len == 0 || takes(component, visit)
}

#[unsafe(export_name = "if_quotas_takes")]
#[inline(never)]
extern "C" fn takes(component: u32, visit: u32) -> bool {
    let (row, state) = (quota(component), state_of(component));
    settle(component);
    let [size, result] = sizes::of_message(visit);
    let costs = [1.0, (size + result) as f64];
    let short = |which: usize| row.base[which] > 0.0 && state.tokens[which].get() < costs[which];
    if short(0) || short(1) {
        return false;
    }
    for (which, cost) in costs.into_iter().enumerate() {
        if row.base[which] > 0.0 {
            state.tokens[which].set(state.tokens[which].get() - cost);
        }
    }
    true
}

/// Counts what has come into the buckets of a component, before its quota changes or something is taken.
#[unsafe(export_name = "if_quotas_settle")]
#[inline(never)]
pub extern "C" fn settle(component: u32) {
    let (row, state) = (quota(component), state_of(component));
    let passed = (now() - state.since_ns.get()) as f64;
    state.since_ns.set(now());
    for which in 0..2 {
        let base = row.base[which];
        if base > 0.0 {
            let rate = if row.cell[which] == NONE { base } else { cell(row.cell[which]) };
            let earned = state.tokens[which].get() + passed * (rate * 1e-9);
            state.tokens[which].set(earned.min(row.burst[which] * (rate / base)));
        }
    }
}
