//! Random models, to hold two ways of running one against each other.
//!
//! Swarm style: each model turns most features off entirely, so that odd corners of the others show.
//! A model is a pure function of its number. It calls nothing in circles, and its rates are chosen so that a run
//! is some ten thousand events.

mod components;
mod edges;
mod effects;
mod features;
mod fleets;
mod gathering;
mod intakes;
mod leaders;
mod meters;
mod sizes;
mod sources;
mod steps;
mod strains;
mod topics;
mod triggers;

use features::Features;
use rand::RngExt;
use sysdl_kernel::draw::{KeyedRng, mix};
use sysdl_lower::model::{Component, Distribution, Edge, Model};

/// One millisecond in nanoseconds.
const MS: u64 = 1_000_000;
/// Zones of components with as many replicas.
const ZONES: u32 = 2;
/// Most visits that one request may bring about, retries not counted.
const VISITS_MAX: f64 = 24.0;

/// A model under construction.
struct Generator {
    rng: KeyedRng,
    features: Features,
    duration_ns: u64,
    /// Components from the last to the first: each calls only those behind it.
    components: Vec<Option<Component>>,
    /// Visits that a request of each endpoint brings about.
    visits: Vec<Vec<f64>>,
    edges: Vec<Edge>,
    /// Whether the component at hand has a store.
    has_store: bool,
}

/// The model of a number.
#[must_use]
pub fn model(number: u64) -> Model {
    let mut rng = KeyedRng::new(mix(number));
    let features = Features::draw(&mut rng);
    with(number, rng, features)
}

/// The model of a number, with little of what keeps requests from being resolved ahead of time.
#[must_use]
pub fn calm(number: u64) -> Model {
    let mut rng = KeyedRng::new(mix(!number));
    let features = Features::draw(&mut rng).calm(&mut rng);
    with(number, rng, features)
}

fn with(number: u64, mut rng: KeyedRng, features: Features) -> Model {
    let count = rng.random_range(1..=8);
    let duration_ns = rng.random_range(1_000..=4_000) * MS;
    let (components, visits) = (vec![None; count], vec![Vec::new(); count]);
    let mut generator =
        Generator { rng, features, duration_ns, components, visits, edges: Vec::new(), has_store: false };
    for index in (0..count).rev() {
        generator.component(index);
    }
    let sources = generator.sources();
    generator.zones();
    generator.rooms();
    let (effects, triggers) = generator.effects(&sources);
    Model {
        system: format!("generated {number}"),
        scenario: "swarm".to_owned(),
        seed: number,
        duration_ns,
        warmup_ns: 0,
        window_ns: generator.rng.random_range(1..=10) * 100 * MS,
        frames_max: 1 << 17,
        components: generator.components.into_iter().flatten().collect(),
        edges: generator.edges,
        sources,
        effects,
        triggers,
        phases: Vec::new(),
        interactive: features.interactive,
    }
}

impl Generator {
    fn chance(&mut self, p: f64) -> bool {
        self.rng.random_bool(p)
    }

    /// A whole number of milliseconds.
    fn ms(&mut self, from: u64, to: u64) -> f64 {
        (self.rng.random_range(from..=to) * MS) as f64
    }

    /// A time of about so many milliseconds.
    fn time(&mut self, from_ms: u64, to_ms: u64) -> Distribution {
        let mean = self.ms(from_ms.max(1), to_ms.max(1));
        if self.features.histograms && self.chance(0.3) {
            return Distribution::Histogram(vec![(0.5 * mean, 0.25), (mean, 0.5), (3.0 * mean, 0.25)]);
        }
        if self.features.histograms && !self.features.grid && self.chance(0.2) {
            return Distribution::Shifted(0.5 * mean, Box::new(Distribution::Exponential(0.5 * mean)));
        }
        if self.features.grid {
            return Distribution::Constant(mean);
        }
        let mean = mean * self.rng.random_range(0.1..1.0);
        match self.rng.random_range(0..12) {
            5 => Distribution::Weibull { scale: mean, shape: 0.7 },
            6 => Distribution::Pareto { low: 0.3 * mean, high: 20.0 * mean, alpha: 1.5 },
            7 => Distribution::Percentiles(vec![(0.5, 0.7 * mean), (0.95, 2.0 * mean), (0.99, 5.0 * mean)]),
            8 => Distribution::Values(vec![0.2 * mean, 0.5 * mean, 3.0 * mean]),
            9 => Distribution::Mixture(vec![
                (0.9, Distribution::Exponential(0.5 * mean)),
                (0.1, Distribution::LogNormal { median: 4.0 * mean, sigma: 0.4 }),
            ]),
            0 => Distribution::Constant(mean),
            1 => Distribution::Uniform(0.5 * mean, 1.5 * mean),
            2 => Distribution::LogNormal { median: mean, sigma: 0.7 },
            3 => Distribution::Gamma { mean, cv: 0.5 },
            _ => Distribution::Exponential(mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;

    #[test]
    fn a_model_depends_on_its_number_only() {
        assert_eq!(model(7), model(7));
        assert_ne!(model(7), model(8));
    }

    #[test]
    fn generated_models_run_and_do_something() {
        for number in 0..20 {
            let model = model(number);
            let outcome = reference::run(&sysdl_lower::flatten(&model), model.seed, u64::MAX);
            assert!(outcome.requests > 0, "model {number} asks for nothing");
            assert!(outcome.events < 5_000_000, "model {number} runs away: {} events", outcome.events);
        }
    }
    #[test]
    fn a_plan_survives_being_written_and_read() {
        for number in 0..50 {
            let plan = sysdl_lower::flatten(&model(number));
            let text = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<sysdl_lower::plan::Plan>(&text).unwrap(), plan);
        }
    }
}
