//! Timed changes of generated models.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{
    Arrivals, ComesAndGoes, ComponentId, EdgeId, Effect, EffectOp, Parameter, Source, Strain, Trigger,
};

/// What an effect does, without when and where.
type Change = (Parameter, EffectOp, f64);

impl Generator {
    /// Some effects on what there is.
    pub(super) fn effects(&mut self, sources: &[Source]) -> (Vec<Effect>, Vec<Trigger>) {
        let count = self.rng.random_range(0..=10);
        let mut effects = Vec::new();
        let mut triggers = Vec::new();
        for number in 0..count {
            if let Some(change) = self.change(sources) {
                effects.push(self.effect(number, change));
            }
        }
        if self.features.triggers {
            triggers = (0..self.rng.random_range(1..=3)).map(|_| self.trigger()).collect();
            self.wait_for_triggers(&mut effects, triggers.len() as u32);
        }
        (effects, triggers)
    }

    fn change(&mut self, sources: &[Source]) -> Option<Change> {
        let features = self.features;
        if features.strains && self.chance(0.5) {
            return self.strain(sources);
        }
        let component = ComponentId(self.rng.random_range(0..self.components.len()) as u32);
        if features.brokers && self.chance(0.5) {
            let clusters: Vec<usize> = (0..self.components.len()).filter(|&c| self.is_cluster(c)).collect();
            let down = |&c: &usize| (Parameter::StationDown(ComponentId(c as u32)), EffectOp::Or, 1.0);
            return clusters.first().map(down);
        }
        match self.rng.random_range(0..8) {
            0..=3 if features.leaders && self.chance(0.7) => self.absence(),
            0..=2 if features.fleets && self.chance(0.5) => self.fleet_change(component),
            0 | 1 if features.down => {
                let how = if features.ways_down { f64::from(self.rng.random_range(1..=3)) } else { 1.0 };
                Some((Parameter::StationDown(component), EffectOp::Or, how))
            }
            2 if features.speeds && self.chance(0.5) => {
                // Work that is done in batches does not share processors.
                let station = &self.components[component.0 as usize].as_ref()?.station;
                let speed = [0.0, 0.3, 2.0][self.rng.random_range(0..3)];
                station.batch.is_none().then_some((Parameter::StationSpeed(component), EffectOp::Multiply, speed))
            }
            2 if features.slow => {
                Some((Parameter::StationService(component), EffectOp::Multiply, self.rng.random_range(0.0..6.0)))
            }
            3 if features.errors => {
                Some((Parameter::StationErrors(component), EffectOp::Combine, self.rng.random_range(0.0..=1.0)))
            }
            3 if features.flaws => {
                Some((Parameter::StationFlaws(component), EffectOp::Combine, self.rng.random_range(0.0..=0.5)))
            }
            6 if features.quotas && self.chance(0.7) => self.quota_change(component),
            4 | 5 if features.link_effects => Some(self.link_change()),
            6 if features.store_effects => self.store_change(component),
            7 if features.sizes && self.chance(0.5) => {
                let source = self.rng.random_range(0..sources.len()) as u32;
                Some((Parameter::SourceSize(source), EffectOp::Multiply, self.rng.random_range(0.0..5.0)))
            }
            7 if features.rate_effects => self.rate_change(sources),
            _ => None,
        }
    }

    /// Replicas go out of service one by one, or another number of them is wanted.
    fn fleet_change(&mut self, component: ComponentId) -> Option<Change> {
        let resize = self.chance(0.7);
        let of = self.components[component.0 as usize].as_ref()?;
        let replicas = of.replicas;
        match &of.fleet {
            Some(fleet) if fleet.autoscaler.is_none() && resize => {
                let to = f64::from(self.rng.random_range(0..=replicas));
                Some((Parameter::StationReplicas(component), EffectOp::Set, to))
            }
            _ => Some((Parameter::StationDraining(component), EffectOp::Or, 1.0)),
        }
    }

    /// A replica that may lead goes down, stands still, or drains.
    fn absence(&mut self) -> Option<Change> {
        let leads = |c: &usize| self.components[*c].as_ref().is_some_and(|of| of.leaders.is_some());
        let led: Vec<usize> = (0..self.components.len()).filter(leads).collect();
        let index = *led.get(self.rng.random_range(0..led.len().max(1)))?;
        let (of, component) = (self.components[index].as_ref()?, ComponentId(index as u32));
        let batch = of.station.batch.is_some();
        Some(match self.rng.random_range(0..4) {
            0 => (Parameter::StationDraining(component), EffectOp::Or, 1.0),
            1 if !batch => (Parameter::StationSpeed(component), EffectOp::Multiply, 0.0),
            _ => (Parameter::StationDown(component), EffectOp::Or, f64::from(self.rng.random_range(1..=2))),
        })
    }

    fn link_change(&mut self) -> Change {
        let edge = EdgeId(self.rng.random_range(0..self.edges.len()) as u32);
        if self.edges[edge.0 as usize].bandwidth.is_some() && self.chance(0.7) {
            let factor = [0.0, 0.1, 2.0][self.rng.random_range(0..3)];
            return (Parameter::LinkBandwidth(edge), EffectOp::Multiply, factor);
        }
        if self.edges[edge.0 as usize].connections.is_some() && self.chance(0.5) {
            return (Parameter::LinkConnections(edge), EffectOp::Or, 1.0);
        }
        match self.rng.random_range(0..4) {
            0 => (Parameter::LinkDelay(edge), EffectOp::Add, self.ms(0, 20)),
            1 => (Parameter::LinkJitter(edge), EffectOp::Add, self.ms(0, 10)),
            2 => (Parameter::LinkLossRequest(edge), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
            _ => (Parameter::LinkLossReply(edge), EffectOp::Combine, self.rng.random_range(0.0..=1.0)),
        }
    }

    /// Another rate of a bucket, where there is one.
    fn quota_change(&mut self, component: ComponentId) -> Option<Change> {
        let station = &self.components[component.0 as usize].as_ref()?.station;
        let parameter = match (station.quota, station.limit) {
            (Some(_), _) => Parameter::LimitWeight(component),
            (None, Some(_)) => Parameter::LimitRequests(component),
            (None, None) => return None,
        };
        Some((parameter, EffectOp::Multiply, self.rng.random_range(0.0..2.0)))
    }

    fn store_change(&mut self, component: ComponentId) -> Option<Change> {
        self.components[component.0 as usize].as_ref()?.store.as_ref()?;
        if self.features.puts && self.chance(0.5) {
            return Some(if self.chance(0.5) {
                (Parameter::StoreLag(component), EffectOp::Add, self.ms(0, 50))
            } else {
                (Parameter::StoreLagFactor(component), EffectOp::Multiply, self.rng.random_range(0.0..4.0))
            });
        }
        Some(if self.chance(0.5) {
            (Parameter::StoreClear(component), EffectOp::Or, 1.0)
        } else {
            (Parameter::StoreHits(component), EffectOp::Multiply, self.rng.random_range(0.0..1.5))
        })
    }

    fn rate_change(&mut self, sources: &[Source]) -> Option<Change> {
        let source = self.rng.random_range(0..sources.len());
        if let Arrivals::Closed { .. } = sources[source].arrivals {
            let users = f64::from(self.rng.random_range(0..=30));
            return Some((Parameter::SourceUsers(source as u32), EffectOp::Set, users));
        }
        let Arrivals::Open { .. } = sources[source].arrivals else { return None };
        let parameter = Parameter::SourceRate(source as u32);
        Some(match self.rng.random_range(0..3) {
            0 => (parameter, EffectOp::Set, [0.0, 50.0, 400.0][self.rng.random_range(0..3)]),
            1 => (parameter, EffectOp::Multiply, self.rng.random_range(0.0..3.0)),
            _ => (parameter, EffectOp::Add, self.rng.random_range(0.0..200.0)),
        })
    }

    /// Whether one of the replicas that have a parameter leads.
    fn may_lead(&self, parameter: Parameter) -> bool {
        match parameter {
            Parameter::StationDown(c)
            | Parameter::StationErrors(c)
            | Parameter::StationService(c)
            | Parameter::StationDraining(c)
            | Parameter::StationSpeed(c) => {
                self.components[c.0 as usize].as_ref().is_some_and(|component| component.leaders.is_some())
            }
            _ => false,
        }
    }

    fn effect(&mut self, number: u32, (parameter, op, value): Change) -> Effect {
        let replicas = match parameter {
            Parameter::StationDown(c)
            | Parameter::StationErrors(c)
            | Parameter::StationFlaws(c)
            | Parameter::StationService(c)
            | Parameter::StationDraining(c)
            | Parameter::StationSpeed(c)
            | Parameter::Strain(
                Strain::Servers(c) | Strain::Stall(c) | Strain::StallTime(c) | Strain::WriteErrors(c),
            ) => self.components[c.0 as usize].as_ref().map_or(1, |component| component.replicas),
            _ => 1,
        };
        let first = self.rng.random_range(0..replicas);
        let count = self.rng.random_range(1..=replicas - first);
        let count = if self.may_lead(parameter) && self.chance(0.4) { 0 } else { count };
        let start_ns = self.rng.random_range(0..self.duration_ns / MS) * MS;
        let lasting_ns = self.rng.random_range(0..=800) * MS;
        let is_switch = matches!(op, EffectOp::Or);
        let random = self.features.random_effects && self.chance(0.5);
        let random = random.then(|| ComesAndGoes {
            after: self.time(50, 600),
            lasting: self.time(10, 300),
            group: format!("group {}", number % 3),
        });
        let fade_ns = if self.features.strains && !is_switch && self.chance(0.3) {
            self.rng.random_range(0..=500) * MS
        } else {
            0
        };
        Effect {
            label: format!("effect {number}"),
            event: None,
            parameter,
            first,
            count,
            op,
            value,
            start_ns,
            end_ns: (fade_ns > 0 || self.chance(0.9)).then_some(start_ns + lasting_ns),
            fade_ns,
            when: None,
            random,
            ramp_ns: if !is_switch && self.chance(0.3) { self.rng.random_range(1..=500) * MS } else { 0 },
        }
    }
}
