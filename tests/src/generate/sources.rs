//! Sources of generated models: what comes, and when.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{Arrivals, Call, Component, ComponentId, Distribution, EndpointId, Gaps, RateProfile, Source};

impl Generator {
    pub(super) fn sources(&mut self) -> Vec<Source> {
        let count = self.rng.random_range(1..=3);
        (0..count).map(|index| self.source(index, count)).collect()
    }

    fn source(&mut self, index: usize, sources: usize) -> Source {
        let target = if index == 0 { 0 } else { self.rng.random_range(0..self.components.len()) };
        // Messages come from components.
        let takes_messages = |c: &Component| c.station.group.is_some();
        let target = if self.components[target].as_ref().is_some_and(takes_messages) { 0 } else { target };
        let edge = self.new_edge(format!("s{index}->c{target}"), None, target);
        let endpoints = self.visits[target].len();
        let first = self.rng.random_range(0..endpoints);
        let choices: Vec<usize> = (first..endpoints).collect();
        let visits = choices.iter().map(|&endpoint| self.visits[target][endpoint]).fold(0.0, f64::max);
        let mut mix = Vec::new();
        for &endpoint in &choices {
            let endpoint = EndpointId { component: ComponentId(target as u32), index: endpoint as u32 };
            let policy = self.policy(true);
            let (key, size) = (self.key_of_call(0.8), self.size());
            let call = Call { edge, endpoint, policy, skip_failure: false, key, size, at: self.at(endpoint.component) };
            mix.push((1.0 / choices.len() as f64, call));
        }
        let arrivals = self.arrivals(visits * sources as f64);
        let open = !matches!(arrivals, Arrivals::Closed { .. });
        let batch = (open && self.features.batched_arrivals && self.chance(0.6)).then(|| self.count(6));
        let session = (open && self.features.sessions && self.chance(0.6)).then(|| self.session());
        Source { name: format!("s{index}"), arrivals, mix, batch, session }
    }

    /// Arrivals of requests that bring about so many visits each.
    fn arrivals(&mut self, visits: f64) -> Arrivals {
        if self.features.closed && self.chance(0.6) {
            return Arrivals::Closed { users: self.rng.random_range(1..=20), think: self.time(1, 100) };
        }
        if self.features.given_instants && self.chance(0.6) {
            return self.given();
        }
        let total_visits = self.rng.random_range(1_000.0..8_000.0);
        let seconds = self.duration_ns as f64 * 1e-9;
        let mut rate = (total_visits / visits / seconds).max(1.0);
        if self.features.grid {
            rate = 1000.0 / (1000.0 / rate).ceil();
        }
        let gaps = match self.rng.random_range(0..10) {
            _ if self.features.grid => Gaps::Constant,
            0 | 1 => Gaps::Constant,
            2 => Gaps::Renewal(Distribution::Gamma { mean: 1.0, cv: 0.5 }),
            3 => Gaps::Renewal(Distribution::Uniform(0.0, 2.0)),
            _ => Gaps::Poisson,
        };
        let rate = if self.features.bursts && self.chance(0.2) {
            let period_ns = self.rng.random_range(200..=3_000) * MS;
            RateProfile::Wave { mean: rate, peak: 1.7 * rate, period_ns, peak_at_ns: period_ns / 3 }
        } else if self.features.bursts && self.chance(0.2) {
            let at = |k: u64| k * 150 * MS;
            RateProfile::Steps { first: rate, changes: vec![(at(1), 3.0 * rate), (at(2), 0.0), (at(4), rate)] }
        } else if self.features.bursts && self.chance(0.5) {
            let every_ns = self.rng.random_range(100..=900) * MS;
            let lasting_ns = self.rng.random_range(1..every_ns / MS) * MS;
            let peak = rate * self.rng.random_range(0.0..4.0);
            RateProfile::Burst { base: rate, peak, every_ns, lasting_ns }
        } else if self.features.tracks && self.chance(0.6) {
            let at = |k: u64| (k * 130 * MS, rate * (k % 4) as f64);
            let period_ns = if self.chance(0.5) { 1_000 * MS } else { 0 };
            RateProfile::Track { first: rate, changes: (1..6).map(at).collect(), period_ns }
        } else {
            RateProfile::Steady(rate)
        };
        Arrivals::Open { gaps, rate }
    }
}
