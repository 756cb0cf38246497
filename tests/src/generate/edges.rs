//! Edges of generated models: who is chosen, what stands in the way, and zones.

use super::{Generator, MS};
use rand::RngExt;
use sysdl_lower::model::{
    Balance, Breaker, BreakerWindow, Commit, ComponentId, Conduct, Connections, Distribution, Edge, EdgeId, Eject,
    Eligibility, Health, Queueing, Retransmit, Subscription, Throttle, Zones,
};

impl Generator {
    /// The edge between two components, or a new one.
    pub(super) fn edge(&mut self, from: usize, to: usize) -> EdgeId {
        let name = format!("c{from}->c{to}");
        let same = self.edges.iter().position(|edge| edge.name == name);
        same.map_or_else(|| self.new_edge(name, Some(from), to), |row| EdgeId(row as u32))
    }

    pub(super) fn new_edge(&mut self, name: String, from: Option<usize>, to: usize) -> EdgeId {
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
    pub(super) fn zones(&mut self) {
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
}
