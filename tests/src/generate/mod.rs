//! Random models, to hold two ways of running one against each other.
//!
//! Swarm style: each model turns most features off entirely, so that odd corners of the others show.
//! A model is a pure function of its number. It calls nothing in circles, and its rates are chosen so that a run
//! is some ten thousand events.

mod effects;
mod fleets;
mod gathering;
mod intakes;
mod leaders;
mod meters;
mod sizes;
mod steps;
mod strains;
mod topics;
mod triggers;

use rand::RngExt;
use sysdl_kernel::draw::{KeyedRng, mix};
use sysdl_lower::model::{
    Arrivals, Assignment, Balance, Breaker, BreakerWindow, Call, Commit, Component, ComponentId, Conduct, Connections,
    Discipline, Distribution, Edge, EdgeId, Eject, Eligibility, Endpoint, EndpointId, Evict, Gaps, Group, HandlerBatch,
    Health, Hold, Keeping, Limit, Model, Negative, Overflow, Permits, Queueing, RateProfile, Retransmit, Setup,
    Sharing, Source, Station, Store, Subscription, Throttle, Zones,
};

/// One millisecond in nanoseconds.
const MS: u64 = 1_000_000;
/// Zones of components with as many replicas.
const ZONES: u32 = 2;
/// Most visits that one request may bring about, retries not counted.
const VISITS_MAX: f64 = 24.0;

/// What a model may use. Features that are off do not occur at all.
#[derive(Clone, Copy, Debug)]
struct Features {
    /// All times are whole milliseconds, so that much happens at the same instant.
    grid: bool,
    replicas: bool,
    random_balance: bool,
    unbounded_servers: bool,
    bounded_queues: bool,
    hold_work: bool,
    shared_queues: bool,
    latency: bool,
    loss: bool,
    timeouts: bool,
    retries: bool,
    budgets: bool,
    skip_failure: bool,
    with: bool,
    loops: bool,
    parallel: bool,
    ratio_lookups: bool,
    keyed_lookups: bool,
    coalesce: bool,
    sends: bool,
    fails: bool,
    replies: bool,
    closed: bool,
    bursts: bool,
    late: bool,
    down: bool,
    slow: bool,
    errors: bool,
    link_effects: bool,
    store_effects: bool,
    rate_effects: bool,
    interactive: bool,
    lifo: bool,
    limits: bool,
    least_loaded: bool,
    breakers: bool,
    sharing: bool,
    priorities: bool,
    disciplines: bool,
    patience: bool,
    hedges: bool,
    more_hedges: bool,
    connections: bool,
    watched: bool,
    permits: bool,
    cancel: bool,
    deadlines: bool,
    buckets: bool,
    tries: bool,
    speeds: bool,
    random_effects: bool,
    setups: bool,
    batches: bool,
    once_received: bool,
    request_keys: bool,
    ejections: bool,
    weights: bool,
    by_key: bool,
    zones: bool,
    throttles: bool,
    retransmits: bool,
    pacing: bool,
    edge_histograms: bool,
    sizes: bool,
    bandwidth: bool,
    meters: bool,
    quotas: bool,
    flaws: bool,
    sessions: bool,
    batched_arrivals: bool,
    given_instants: bool,
    tracks: bool,
    histograms: bool,
    counts: bool,
    keepings: bool,
    puts: bool,
    admissions: bool,
    idempotent: bool,
    ways_down: bool,
    partitions: bool,
    commits: bool,
    handler_batches: bool,
    retention: bool,
    fleets: bool,
    triggers: bool,
    gathering: bool,
    depths: bool,
    brokers: bool,
    pauses: bool,
    strains: bool,
    leaders: bool,
}

impl Features {
    fn draw(rng: &mut KeyedRng) -> Self {
        let mut on = |p: f64| rng.random_bool(p);
        Features {
            grid: on(0.3),
            replicas: on(0.6),
            random_balance: on(0.5),
            unbounded_servers: on(0.3),
            bounded_queues: on(0.5),
            hold_work: on(0.4),
            shared_queues: on(0.3),
            latency: on(0.6),
            loss: on(0.3),
            timeouts: on(0.5),
            retries: on(0.5),
            budgets: on(0.4),
            skip_failure: on(0.3),
            with: on(0.4),
            loops: on(0.4),
            parallel: on(0.4),
            ratio_lookups: on(0.3),
            keyed_lookups: on(0.5),
            coalesce: on(0.6),
            sends: on(0.3),
            fails: on(0.4),
            replies: on(0.3),
            closed: on(0.3),
            bursts: on(0.2),
            late: on(0.3),
            down: on(0.4),
            slow: on(0.3),
            errors: on(0.3),
            link_effects: on(0.3),
            store_effects: on(0.4),
            rate_effects: on(0.3),
            interactive: on(0.1),
            lifo: on(0.2),
            limits: on(0.2),
            least_loaded: on(0.3),
            breakers: on(0.3),
            sharing: on(0.3),
            priorities: on(0.3),
            disciplines: on(0.4),
            patience: on(0.3),
            hedges: on(0.3),
            more_hedges: on(0.4),
            connections: on(0.5),
            watched: on(0.2),
            permits: on(0.3),
            cancel: on(0.3),
            deadlines: on(0.3),
            buckets: on(0.3),
            tries: on(0.3),
            speeds: on(0.3),
            random_effects: on(0.3),
            setups: on(0.3),
            batches: on(0.3),
            once_received: on(0.2),
            request_keys: on(0.3),
            ejections: on(0.3),
            weights: on(0.2),
            by_key: on(0.2),
            zones: on(0.3),
            throttles: on(0.2),
            retransmits: on(0.2),
            pacing: on(0.2),
            edge_histograms: on(0.2),
            sizes: on(0.3),
            bandwidth: on(0.6),
            meters: on(0.3),
            quotas: on(0.3),
            flaws: on(0.2),
            sessions: on(0.15),
            batched_arrivals: on(0.15),
            given_instants: on(0.15),
            tracks: on(0.1),
            histograms: on(0.2),
            counts: on(0.3),
            keepings: on(0.4),
            puts: on(0.4),
            admissions: on(0.2),
            idempotent: on(0.2),
            ways_down: on(0.3),
            partitions: on(0.3),
            commits: on(0.6),
            handler_batches: on(0.4),
            retention: on(0.4),
            fleets: on(0.25),
            triggers: on(0.25),
            gathering: on(0.2),
            depths: on(0.4),
            brokers: on(0.2),
            pauses: on(0.2),
            strains: on(0.25),
            leaders: on(0.2),
        }
    }
}

impl Features {
    /// With little of what keeps requests from being resolved ahead of time.
    fn calm(mut self, rng: &mut KeyedRng) -> Self {
        let rare = [
            &mut self.shared_queues,
            &mut self.budgets,
            &mut self.loops,
            &mut self.parallel,
            &mut self.sends,
            &mut self.replies,
            &mut self.limits,
            &mut self.least_loaded,
            &mut self.breakers,
            &mut self.sharing,
            &mut self.priorities,
            &mut self.hedges,
            &mut self.more_hedges,
            &mut self.connections,
            &mut self.watched,
            &mut self.permits,
            &mut self.buckets,
            &mut self.tries,
            &mut self.speeds,
            &mut self.random_effects,
            &mut self.setups,
            &mut self.batches,
            &mut self.once_received,
            &mut self.request_keys,
            &mut self.ejections,
            &mut self.weights,
            &mut self.by_key,
            &mut self.zones,
            &mut self.throttles,
            &mut self.retransmits,
            &mut self.pacing,
            &mut self.edge_histograms,
            &mut self.sizes,
            &mut self.meters,
            &mut self.quotas,
            &mut self.sessions,
            &mut self.batched_arrivals,
            &mut self.given_instants,
            &mut self.tracks,
            &mut self.counts,
            &mut self.keepings,
            &mut self.puts,
            &mut self.admissions,
            &mut self.idempotent,
            &mut self.partitions,
            &mut self.fleets,
            &mut self.triggers,
            &mut self.gathering,
            &mut self.brokers,
            &mut self.strains,
            &mut self.leaders,
        ];
        for feature in rare {
            *feature &= rng.random_bool(0.04);
        }
        self.down &= rng.random_bool(0.4);
        self.disciplines &= rng.random_bool(0.2);
        self.interactive &= rng.random_bool(0.5);
        self
    }
}

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

    fn component(&mut self, index: usize) {
        let features = self.features;
        let replicas = if features.replicas { self.rng.random_range(1..=4) } else { 1 };
        let group = (index > 0 && features.partitions && self.chance(0.6)).then(|| self.group());
        let shared = group.is_some() || features.shared_queues && self.chance(0.4);
        let sharing = (features.sharing && self.chance(0.6)).then(|| self.sharing());
        let servers = (!(features.unbounded_servers && self.chance(0.3))).then(|| self.rng.random_range(1..=8));
        let batch = features.batches && sharing.is_none() && self.chance(0.7);
        let batch = batch.then(|| self.rng.random_range(1..=6));
        let discipline = self.discipline(shared || sharing.is_some() || batch.is_some());
        let discipline = if group.is_some() { Discipline::Fifo } else { discipline };
        let may_leave = group.is_none();
        let station = Station {
            servers,
            queue_capacity: (features.bounded_queues && self.chance(0.6)).then(|| self.rng.random_range(0..=10)),
            hold: if !shared && features.hold_work && self.chance(0.5) { Hold::Work } else { Hold::Visit },
            queue: if shared { Queueing::Shared } else { Queueing::PerReplica },
            overflow: if self.chance(0.5) { Overflow::Reject } else { Overflow::Shed },
            discipline,
            sharing,
            setup: (features.setups && servers.is_some() && self.chance(0.6))
                .then(|| Setup { time: self.time(5, 40), keep_alive_ns: self.rng.random_range(0..=50) * MS }),
            batch,
            retry_after_ns: (features.pacing && self.chance(0.7)).then(|| self.rng.random_range(1..=80) * MS),
            patience: (features.patience && may_leave && self.chance(0.6)).then(|| self.time(5, 50)),
            limit: (features.limits && self.chance(0.5)).then(|| self.limit()),
            quota: self.quota(),
            group,
        };
        let wants_store = features.ratio_lookups || features.keyed_lookups || features.store_effects;
        let store = (wants_store && self.chance(0.7)).then(|| self.store());
        self.has_store = store.is_some();
        let endpoints = (0..self.rng.random_range(1..=3)).map(|i| self.endpoint(index, i)).collect();
        let cluster = self.cluster(station.queue, !may_leave);
        let fleet = (features.fleets && self.chance(0.7)).then(|| self.fleet(replicas));
        let leads = features.leaders && !shared && fleet.is_none() && cluster.is_none() && self.chance(0.8);
        let leaders = leads.then(|| self.leaders());
        self.components[index] = Some(Component {
            name: format!("c{index}"),
            kind: "service".to_owned(),
            replicas,
            zones: if features.zones && replicas >= ZONES { ZONES } else { 0 },
            station,
            store,
            endpoints,
            monthly_usd: None,
            fleet,
            cluster,
            watched: self.features.watched && self.chance(0.7),
            leaders,
        });
    }

    fn store(&mut self) -> Store {
        Store {
            capacity: self.chance(0.7).then(|| self.rng.random_range(1..=60)),
            ttl_ns: self.chance(0.7).then(|| self.rng.random_range(1..=200) * MS),
            refill_ns: self.rng.random_range(0..=500) * MS,
            warm: self.rng.random_bool(0.5),
            keeping: if self.features.keepings && self.chance(0.7) { self.keeping() } else { Keeping::default() },
        }
    }

    fn keeping(&mut self) -> Keeping {
        let ttl_ns = [0, 1, 30, 100][self.rng.random_range(0..4)] * MS;
        Keeping {
            evict: [Evict::Lru, Evict::Fifo, Evict::Random, Evict::Lfu][self.rng.random_range(0..4)],
            sliding: self.chance(0.4),
            jitter: if self.chance(0.4) { self.rng.random_range(0.0..1.0) } else { 0.0 },
            negative: self.chance(0.4).then(|| Negative { share: self.rng.random_range(0.0..0.6), ttl_ns }),
            stale_ns: self.chance(0.4).then(|| [u64::MAX, 20 * MS, MS][self.rng.random_range(0..3)]),
            lag: (self.features.puts && self.chance(0.6)).then(|| self.time(1, 200)),
        }
    }

    fn endpoint(&mut self, component: usize, index: usize) -> Endpoint {
        let (steps, visits) = self.steps_of_endpoint(component);
        self.visits[component].push(visits);
        let good_within_ns = (self.features.late && self.chance(0.5)).then(|| self.rng.random_range(1..=40) * MS);
        let priority = if self.features.priorities { self.rng.random_range(0..4) } else { 0 };
        let (result, budget, context) = (self.size(), self.budget(), self.context());
        let writes = self.features.strains && self.chance(0.5);
        Endpoint { name: format!("e{index}"), good_within_ns, priority, writes, steps, result, budget, context }
    }

    /// The edge between two components, or a new one.
    fn edge(&mut self, from: usize, to: usize) -> EdgeId {
        let name = format!("c{from}->c{to}");
        let same = self.edges.iter().position(|edge| edge.name == name);
        same.map_or_else(|| self.new_edge(name, Some(from), to), |row| EdgeId(row as u32))
    }

    fn new_edge(&mut self, name: String, from: Option<usize>, to: usize) -> EdgeId {
        let has_latency = self.features.latency && self.chance(0.8);
        let latency = if has_latency { self.time(1, 4) } else { Distribution::Constant(0.0) };
        let loss = if self.features.loss && self.chance(0.5) { self.rng.random_range(0.001..0.1) } else { 0.0 };
        let to_cluster = self.is_cluster(to);
        let balance = if to_cluster { Balance::RoundRobin } else { self.balance(to) };
        let breaker = (self.features.breakers && self.chance(0.7)).then(|| self.breaker());
        let from = from.map(|from| ComponentId(from as u32));
        let permits = (self.features.permits && self.chance(0.6)).then(|| self.permits());
        let eligibility = if to_cluster { None } else { self.eligibility(to) };
        let bandwidth = self.bandwidth();
        let gather = self.gather(to, &balance, eligibility.is_some() || to_cluster);
        let kept = self.features.connections && permits.is_some() && gather.is_none() && self.chance(0.8);
        let connections =
            kept.then(|| Connections { connect: self.time(1, 20), idle_ns: self.rng.random_range(1..=100) * MS });
        let to = ComponentId(to as u32);
        let conduct = self.conduct();
        let subscription = self.subscription(to);
        self.edges.push(Edge {
            name,
            from,
            to,
            latency,
            loss,
            balance,
            breaker,
            permits,
            eligibility,
            zones: None,
            conduct,
            bandwidth,
            subscription,
            gather,
            connections,
        });
        EdgeId(self.edges.len() as u32 - 1)
    }

    fn conduct(&mut self) -> Conduct {
        Conduct {
            throttle: (self.features.throttles && self.chance(0.7)).then(|| Throttle {
                k: self.rng.random_range(1.0..3.0),
                window_ns: self.rng.random_range(1..=500) * MS,
            }),
            retransmit: (self.features.retransmits && self.chance(0.7)).then(|| Retransmit {
                rto_ns: self.rng.random_range(1..=20) * MS,
                packets: self.rng.random_range(1..=3),
            }),
            measured: self.features.edge_histograms && self.chance(0.5),
        }
    }

    fn group(&mut self) -> Group {
        let assignment = if self.chance(0.4) {
            Assignment::Free { visibility_ns: self.rng.random_range(0..=100) * MS }
        } else {
            Assignment::Members {
                session_ns: self.rng.random_range(1..=300) * MS,
                pause_ns: self.rng.random_range(1..=200) * MS,
                sticky: self.chance(0.5),
                poll_ns: if self.features.commits && self.chance(0.4) {
                    self.rng.random_range(5..=100) * MS
                } else {
                    0
                },
            }
        };
        let ordered = assignment_orders(&assignment) || self.chance(0.7);
        let batch = (self.features.handler_batches && self.chance(0.6))
            .then(|| HandlerBatch { size: self.rng.random_range(2..=8), wait_ns: self.rng.random_range(0..=30) * MS });
        Group { ordered, assignment, batch }
    }

    /// What becomes of messages on an edge to a component, if that has a group.
    fn subscription(&mut self, to: ComponentId) -> Option<Subscription> {
        let ordered = self.components[to.0 as usize].as_ref()?.station.group.as_ref()?.ordered;
        let commit = match self.rng.random_range(0..3) {
            _ if !ordered || !self.features.commits => Commit::After,
            0 => Commit::Before,
            1 => Commit::After,
            _ => Commit::Every(self.rng.random_range(2..=20)),
        };
        Some(Subscription {
            partitions: if ordered { self.rng.random_range(1..=9) } else { 1 },
            commit,
            idempotent: self.chance(0.4),
            depth: self.depth(),
            retention_ns: (self.features.retention && self.chance(0.6)).then(|| self.rng.random_range(5..=60) * MS),
        })
    }

    fn balance(&mut self, to: usize) -> Balance {
        if self.features.weights && self.chance(0.6) {
            let replicas = self.components[to].as_ref().map_or(1, |to| to.replicas);
            return Balance::Weighted((0..replicas).map(|_| self.rng.random_range(1..=5)).collect());
        }
        if self.features.by_key && self.chance(0.6) {
            return [Balance::Hash, Balance::Ring, Balance::Maglev][self.rng.random_range(0..3)].clone();
        }
        if self.features.least_loaded && self.chance(0.6) {
            return if self.chance(0.5) { Balance::Least } else { Balance::Choices(self.rng.random_range(1..=3)) };
        }
        if self.features.random_balance && self.chance(0.5) {
            return if self.chance(0.3) { Balance::Sticky } else { Balance::Random };
        }
        Balance::RoundRobin
    }

    /// Edges between components that lie in the same zones may prefer their own, or take longer between them.
    fn zones(&mut self) {
        for index in 0..self.edges.len() {
            let zones = |c: ComponentId| self.components[c.0 as usize].as_ref().map_or(0, |c| c.zones);
            let Edge { from, to, .. } = self.edges[index];
            let round_all = self.edges[index].gather.is_none() && !self.is_cluster(to.0 as usize);
            let same = round_all && zones(to) > 0 && from.is_none_or(|from| zones(from) == zones(to));
            if same && self.chance(0.8) {
                let cross_ns = if self.chance(0.7) { self.rng.random_range(1..=10) * MS } else { 0 };
                self.edges[index].zones = Some(Zones { prefer: self.chance(0.7), cross_ns });
            }
        }
    }

    /// To which replicas an edge may send. Where they share a queue, none is chosen.
    fn eligibility(&mut self, to: usize) -> Option<Eligibility> {
        let shared = self.components[to].as_ref().is_some_and(|to| to.station.queue == Queueing::Shared);
        if !self.features.ejections || shared || self.chance(0.3) {
            return None;
        }
        let eject = self.chance(0.8).then(|| Eject {
            failures: self.rng.random_range(1..=4),
            lasting_ns: self.rng.random_range(1..=200) * MS,
            most: self.rng.random_range(0.0..=1.0),
        });
        let panic = if self.chance(0.5) { self.rng.random_range(0.0..=1.0) } else { 0.0 };
        let health = self.chance(0.5).then(|| {
            let interval = self.rng.random_range(2..=150);
            Health {
                interval_ns: interval * MS,
                timeout_ns: self.rng.random_range(1..interval) * MS,
                fall: self.rng.random_range(1..=3),
                rise: self.rng.random_range(1..=3),
            }
        });
        let slow_start_ns = if self.chance(0.5) { self.rng.random_range(1..=300) * MS } else { 0 };
        Some(Eligibility { eject, health, slow_start_ns, fail_open: self.chance(0.6), panic })
    }

    fn breaker(&mut self) -> Breaker {
        let window = if self.chance(0.5) {
            BreakerWindow::Count(self.rng.random_range(1..=64))
        } else {
            BreakerWindow::Time(self.rng.random_range(5..=300) * MS)
        };
        Breaker {
            trip: self.rng.random_range(0.02..1.0),
            window,
            least: self.rng.random_range(1..=10),
            open_ns: self.rng.random_range(1..=200) * MS,
        }
    }

    /// Who is served next. Nothing is interrupted where replicas share a queue or work shares processors.
    fn discipline(&mut self, uninterrupted: bool) -> Discipline {
        if self.features.lifo && self.chance(0.6) {
            return Discipline::Lifo;
        }
        if !self.features.disciplines {
            return Discipline::Fifo;
        }
        match self.rng.random_range(0..6) {
            0 => Discipline::Random,
            1 => Discipline::AdaptiveLifo,
            2 if !uninterrupted => Discipline::Preemptive,
            3 if !uninterrupted => Discipline::PreemptiveLifo,
            4 => Discipline::CoDel {
                target_ns: self.rng.random_range(1..=10) * MS,
                interval_ns: self.rng.random_range(10..=60) * MS,
            },
            _ => Discipline::Fifo,
        }
    }

    fn permits(&mut self) -> Permits {
        Permits {
            count: self.rng.random_range(1..=4),
            queue: self.chance(0.6).then(|| self.rng.random_range(0..=5)),
            wait_ns: self.chance(0.5).then(|| self.rng.random_range(1..=30) * MS),
        }
    }

    fn sharing(&mut self) -> Sharing {
        Sharing {
            cores: self.chance(0.7).then(|| 0.5 * f64::from(self.rng.random_range(1..=8))),
            contention: if self.chance(0.5) { 0.1 } else { 0.0 },
            coherency: if self.chance(0.3) { 0.02 } else { 0.0 },
        }
    }

    fn limit(&mut self) -> Limit {
        Limit { rate: self.rng.random_range(50.0..5_000.0), burst: f64::from(self.rng.random_range(1..=40)) }
    }

    fn sources(&mut self) -> Vec<Source> {
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

/// Whether partitions are assigned, which only those in order are.
fn assignment_orders(assignment: &Assignment) -> bool {
    matches!(assignment, Assignment::Members { .. })
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
