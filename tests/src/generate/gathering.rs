//! Edges of generated models whose requests gather.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{Balance, Gather, Queueing};

impl Generator {
    /// How requests to a component gather on an edge, if that goes round all its replicas and these stay.
    pub(super) fn gather(&mut self, to: usize, balance: &Balance, chooses: bool) -> Option<Gather> {
        let callee = self.components[to].as_ref()?;
        let own_queues = callee.station.queue == Queueing::PerReplica;
        let by_key = matches!(balance, Balance::Hash | Balance::Ring | Balance::Maglev | Balance::Weighted(_));
        let odd =
            callee.station.group.is_some() || by_key || chooses || self.features.fleets || callee.leaders.is_some();
        if !self.features.gathering || odd || !self.chance(0.6) {
            return None;
        }
        Some(Gather {
            linger_ns: self.rng.random_range(1..=30) * MS,
            messages: self.chance(0.6).then(|| self.rng.random_range(1..=6)),
            weight: (self.features.sizes && self.chance(0.5)).then(|| self.rng.random_range(1..=4_000)),
            together: own_queues && self.chance(0.6),
        })
    }
}
