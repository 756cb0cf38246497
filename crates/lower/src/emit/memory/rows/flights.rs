//! Flights.

use super::super::super::Resolved;
use crate::plan::{Plan, UNBOUNDED};
use sysdl_kernel::layout as k;

/// Cells that must be calm.
pub(super) fn calms(ahead: &Resolved) -> Vec<k::Calm> {
    ahead.flights.calms.iter().map(|&(cell, neutral)| k::Calm { neutral, cell, pad: 0 }).collect()
}

/// Where the servers of each replica are reserved; none where there are no flights.
pub(super) fn reserved(plan: &Plan, ahead: &Resolved) -> Vec<k::Reserved> {
    if !ahead.flights.any() {
        return Vec::new();
    }
    let mut first = 0;
    let mut rows = Vec::new();
    for (&replicas, &servers) in plan.components.replicas.iter().zip(&plan.components.servers) {
        let each = if servers == UNBOUNDED { 0 } else { servers };
        for _ in 0..replicas {
            rows.push(k::Reserved { first, ..k::Reserved::default() });
            first += each;
        }
    }
    rows
}
