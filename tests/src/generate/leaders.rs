//! Components of generated models one of whose replicas leads.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{At, ComponentId, Distribution, Leaders, Succession};

impl Generator {
    /// How the next leader is found.
    pub(super) fn leaders(&mut self) -> Leaders {
        let succession = if self.chance(0.3) {
            Succession::Failover(self.time(1, 500))
        } else {
            let least = self.ms(10, 100);
            let timeout = match self.rng.random_range(0..3) {
                0 => Distribution::Constant(least),
                1 => Distribution::Uniform(least, 2.0 * least),
                _ => self.time(10, 100),
            };
            let heartbeat_ns = self.rng.random_range(1..=40) * MS;
            Succession::Election { heartbeat_ns, timeout, round_ns: self.rng.random_range(0..=8) * MS }
        };
        Leaders { succession, waits: self.chance(0.5) }
    }

    /// Whom a call to a component is for.
    pub(super) fn at(&mut self, to: ComponentId) -> At {
        let leads = self.components[to.0 as usize].as_ref().is_some_and(|of| of.leaders.is_some());
        if leads { [At::Any, At::Leader, At::Leader, At::Follower][self.rng.random_range(0..4)] } else { At::Any }
    }
}
