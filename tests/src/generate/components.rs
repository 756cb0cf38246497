//! Components of generated models: how they serve, keep and answer.

use super::{Generator, MS, ZONES};
use rand::RngExt;
use sysdl_lower::model::{
    Assignment, Component, Discipline, Endpoint, Evict, Group, HandlerBatch, Hold, Keeping, Limit, Negative, Overflow,
    Permits, Queueing, Setup, Sharing, Station, Store,
};

impl Generator {
    pub(super) fn component(&mut self, index: usize) {
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

    pub(super) fn permits(&mut self) -> Permits {
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
}

/// Whether partitions are assigned, which only those in order are.
fn assignment_orders(assignment: &Assignment) -> bool {
    matches!(assignment, Assignment::Members { .. })
}
