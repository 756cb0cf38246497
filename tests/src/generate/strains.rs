//! What faults change about edges and components beyond the network, service and errors.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{ComponentId, EdgeId, EffectOp, Parameter, Source, Strain};

type Change = (Parameter, EffectOp, f64);

impl Generator {
    /// A change of something that there is.
    pub(super) fn strain(&mut self, sources: &[Source]) -> Option<Change> {
        let (strain, op, value) = match self.rng.random_range(0..3) {
            0 => self.strain_of_edge()?,
            1 => self.strain_of_component()?,
            _ => self.strain_of_data(sources)?,
        };
        Some((Parameter::Strain(strain), op, value))
    }

    fn strain_of_edge(&mut self) -> Option<(Strain, EffectOp, f64)> {
        let edge = EdgeId(self.rng.random_range(0..self.edges.len()) as u32);
        let of = &self.edges[edge.0 as usize];
        let (has_permits, probes) = (of.permits.is_some(), of.eligibility.is_some_and(|of| of.health.is_some()));
        Some(match self.rng.random_range(0..10) {
            0 => (Strain::Refused(edge), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            1 => (Strain::Broken(edge), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            2 => (Strain::Timeout(edge), EffectOp::Multiply, self.rng.random_range(0.0..3.0)),
            3 => (Strain::Retries(edge), EffectOp::Add, f64::from(self.rng.random_range(0..4u32))),
            4 => (Strain::Backoff(edge), EffectOp::Multiply, self.rng.random_range(0.0..3.0)),
            5 | 6 => (Strain::Linger(edge), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            7 => (Strain::LingerTime(edge), EffectOp::Add, self.ms(0, 60)),
            8 if probes => (Strain::ProbeErrors(edge), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            _ if has_permits => (Strain::Permits(edge), EffectOp::Multiply, self.rng.random_range(0.0..1.5)),
            _ => return None,
        })
    }

    fn strain_of_component(&mut self) -> Option<(Strain, EffectOp, f64)> {
        let c = ComponentId(self.rng.random_range(0..self.components.len()) as u32);
        let of = self.components[c.0 as usize].as_ref()?;
        let (bounded, group) = (of.station.servers.is_some(), of.station.group.is_some());
        let (fleet, scaler) = (of.fleet.is_some(), of.fleet.as_ref().is_some_and(|fleet| fleet.autoscaler.is_some()));
        Some(match self.rng.random_range(0..9) {
            0..=2 if bounded => (Strain::Servers(c), EffectOp::Multiply, self.rng.random_range(0.0..1.3)),
            3 => (Strain::Stall(c), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            4 => (Strain::StallTime(c), EffectOp::Add, self.ms(0, 60)),
            5 => (Strain::WriteErrors(c), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            6 => (Strain::Poison(c), EffectOp::Combine, self.rng.random_range(0.0..=0.7)),
            7 if fleet => (Strain::Startup(c), EffectOp::Multiply, self.rng.random_range(0.0..4.0)),
            7 | 8 if scaler => (Strain::Stuck(c), EffectOp::Or, 1.0),
            8 if group => (Strain::Rebalance(c), EffectOp::Or, 1.0),
            _ => return None,
        })
    }

    fn strain_of_data(&mut self, sources: &[Source]) -> Option<(Strain, EffectOp, f64)> {
        let c = ComponentId(self.rng.random_range(0..self.components.len()) as u32);
        let of = self.components[c.0 as usize].as_ref()?;
        let (store, capacity) = (of.store.is_some(), of.store.as_ref().is_some_and(|of| of.capacity.is_some()));
        let budget = of.endpoints.iter().any(|endpoint| endpoint.budget.is_some());
        let source = self.rng.random_range(0..sources.len());
        let keys = sources[source].mix.iter().any(|(_, call)| call.key.is_some());
        Some(match self.rng.random_range(0..5) {
            0 | 1 if capacity => (Strain::Capacity(c), EffectOp::Multiply, self.rng.random_range(0.0..1.3)),
            2 if store => (Strain::Clock(c), EffectOp::Add, (self.rng.random_range(0..400) * MS) as f64),
            3 if budget => (Strain::Budget(c), EffectOp::Multiply, self.rng.random_range(0.0..1.5)),
            4 if keys => (Strain::HotKey(source as u32), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            _ => return None,
        })
    }
}
