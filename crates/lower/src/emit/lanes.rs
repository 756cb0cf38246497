//! Which events come in the order in which they are scheduled, and so have a lane.

use crate::flights::Flights;
use crate::plan::Plan;
use std::collections::BTreeSet;
use sysdl_order::gathered;

/// Most lanes of a kind: the next event of all lanes is looked for among their heads.
const LANES_MAX: usize = 4;

/// Lanes: one for the arrivals of each of the first sources, for the first points of each of the first flights, and for
/// each of the first timeouts.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    sources: u32,
    flights: u32,
    /// In nanoseconds.
    timeouts: Vec<u64>,
}

impl Lanes {
    pub(super) fn of(plan: &Plan, flights: &Flights) -> Self {
        let timeouts: BTreeSet<u64> = gathered(plan.policies.timeout_ns.iter().copied().filter(|&ns| ns > 0));
        let timeouts = timeouts.into_iter().take(LANES_MAX).collect();
        let sources = plan.sources.name.len().min(LANES_MAX) as u32;
        Self { sources, flights: flights.flights.len().min(LANES_MAX) as u32, timeouts }
    }

    pub(super) fn len(&self) -> u32 {
        self.sources + self.flights + self.timeouts.len() as u32
    }

    pub(super) fn of_source(&self, source: u32) -> Option<u32> {
        (source < self.sources).then_some(source)
    }

    pub(super) fn of_flight(&self, flight: usize) -> Option<u32> {
        (flight < self.flights as usize).then_some(self.sources + flight as u32)
    }

    pub(super) fn of_timeout(&self, timeout_ns: u64) -> Option<u32> {
        let place = self.timeouts.iter().position(|&ns| ns == timeout_ns)?;
        Some(self.sources + self.flights + place as u32)
    }
}
