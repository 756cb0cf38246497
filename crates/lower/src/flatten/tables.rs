//! Tables that programs refer to: components, edges, and the deduplicated ones.

use super::{balancing, leaders};
use crate::model::{
    BreakerWindow, Call, Component, ComponentId, Discipline, Distribution, Evict, GivesUpAs, Hold, Jitter, Keeping,
    Keys, Model, Overflow, Policy, Queueing, RetryBucket, Station,
};
use crate::plan::{Keepings, NONE, Part, Plan, Policies, Shape, UNBOUNDED};
use rustc_hash::FxHashMap;
use sysdl_kernel::draw::{name_hash, nth, purpose};
use sysdl_kernel::outcome;

/// One retry token, as budgets count them.
pub(super) const TOKEN: f64 = 65_536.0;

/// Processors where there are as many as there is work. Finite, because plans are written as JSON.
pub(super) const MANY_CORES: f64 = 1e18;

/// The plan under construction.
pub(super) struct Tables {
    pub(super) plan: Plan,
    /// First program of each component.
    first_program: Vec<u32>,
    /// Row of each flow, by its name.
    flows: FxHashMap<String, u32>,
    /// Whether equal distributions, and equal policies, share a row.
    shares: bool,
}

impl Tables {
    pub(super) fn new(model: &Model, shares: bool) -> Self {
        let mut next = 0;
        let first_program = model
            .components
            .iter()
            .map(|component| {
                let first = next;
                next += component.endpoints.len() as u32;
                first
            })
            .collect();
        Self { plan: Plan::default(), first_program, flows: FxHashMap::default(), shares }
    }

    pub(super) fn components(&mut self, model: &Model) {
        let (mut first_replica, mut first_idle) = (0, 0);
        for component in &model.components {
            let store = self.store_row(component);
            let station = &component.station;
            let patience = station.patience.as_ref().map_or(NONE, |patience| self.distribution(patience));
            let setup = station.setup.as_ref().map_or(NONE, |setup| self.distribution(&setup.time));
            let rows = &mut self.plan.components;
            rows.name.push(component.name.clone());
            rows.kind.push(component.kind.clone());
            rows.hash.push(name_hash(&component.name));
            rows.replicas.push(component.replicas);
            rows.first_replica.push(first_replica);
            rows.servers.push(station.servers.unwrap_or(UNBOUNDED));
            rows.queue_capacity.push(station.queue_capacity.unwrap_or(UNBOUNDED));
            rows.hold_visit.push((station.hold == Hold::Visit) as u32);
            rows.shared_queue.push((station.queue == Queueing::Shared) as u32);
            rows.overflow.push(match station.overflow {
                Overflow::Reject => outcome::REJECTED,
                Overflow::Shed => outcome::SHED,
            });
            let (discipline, preempt, codel_target_ns, codel_interval_ns) = discipline(station.discipline);
            rows.discipline.push(discipline);
            rows.preempt.push(preempt);
            rows.codel_target_ns.push(codel_target_ns);
            rows.codel_interval_ns.push(codel_interval_ns);
            rows.patience.push(patience);
            rows.setup.push(setup);
            rows.keep_alive_ns.push(station.setup.as_ref().map_or(0, |setup| setup.keep_alive_ns));
            rows.first_idle.push(first_idle);
            if setup != NONE {
                first_idle += component.replicas * station.servers.unwrap_or(0);
            }
            rows.batch.push(station.batch.unwrap_or(1));
            rows.fleet.push(NONE);
            rows.sharing.push(station.sharing.is_some() as u32);
            rows.cores.push(station.sharing.and_then(|sharing| sharing.cores).unwrap_or(MANY_CORES));
            let cores = station.sharing.and_then(|sharing| sharing.cores);
            rows.processors.push(cores.map_or(NONE, |_| self.plan.processors.each.len() as u32));
            let thousandths = |cores: f64| (cores * 1000.0).round().clamp(1.0, f64::from(u32::MAX)) as u32;
            self.plan.processors.each.extend(cores.map(thousandths));
            rows.contention.push(station.sharing.map_or(0.0, |sharing| sharing.contention));
            rows.coherency.push(station.sharing.map_or(0.0, |sharing| sharing.coherency));
            rows.limit_rate.push(station.limit.map_or(0.0, |limit| limit.rate * 1e-9));
            rows.limit_burst.push(station.limit.map_or(0.0, |limit| limit.burst));
            rows.store.push(store);
            rows.slot_service.push(NONE);
            rows.slot_errors.push(NONE);
            rows.slot_flaws.push(NONE);
            rows.slot_speed.push(NONE);
            rows.slot_down.push(NONE);
            rows.strain.push(NONE);
            rows.purpose_errors.push(purpose(&component.name, "errors"));
            rows.purpose_patience.push(purpose(&component.name, "patience"));
            rows.purpose_order.push(purpose(&component.name, "order"));
            rows.purpose_setup.push(purpose(&component.name, "setup"));
            first_replica += component.replicas;
            let index = self.plan.components.name.len() as u32 - 1;
            for replica in (0..component.replicas).filter(|_| component.watched) {
                let rows = &mut self.plan.watched;
                rows.component.push(index);
                rows.replica.push(replica);
                rows.hash.push(nth(name_hash(&component.name), u64::from(replica)));
            }
        }
    }

    /// The store of the component whose row is about to be added.
    fn store_row(&mut self, component: &Component) -> u32 {
        let Some(store) = &component.store else { return NONE };
        self.keeping_row(&component.name, &store.keeping);
        let index = self.plan.components.name.len() as u32;
        let rows = &mut self.plan.stores;
        rows.component.push(index);
        rows.capacity.push(store.capacity.unwrap_or(UNBOUNDED));
        rows.ttl_ns.push(store.ttl_ns.unwrap_or(0));
        rows.refill_ns.push(store.refill_ns);
        rows.warm.push(store.warm as u32);
        rows.slot_hits.push(NONE);
        rows.first_key.push(0);
        rows.keys.push(0);
        rows.component.len() as u32 - 1
    }

    /// What the store of a component keeps. Rows that are all plain go at the end: see [`Tables::stores`].
    fn keeping_row(&mut self, name: &str, keeping: &Keeping) {
        let lag = keeping.lag.as_ref().map_or(NONE, |lag| self.distribution(lag));
        let rows = &mut self.plan.keepings;
        rows.evict.push(match keeping.evict {
            Evict::Lru => 0,
            Evict::Fifo => 1,
            Evict::Random => 2,
            Evict::Lfu => 3,
        });
        rows.sliding.push(keeping.sliding as u32);
        rows.jitter.push(keeping.jitter);
        rows.negative_share.push(keeping.negative.map_or(0.0, |negative| negative.share));
        rows.negative_ttl_ns.push(keeping.negative.map_or(0, |negative| negative.ttl_ns));
        rows.stale_ns.push(keeping.stale_ns.unwrap_or(0));
        rows.lag.push(lag);
        rows.slot_lag_factor.push(NONE);
        rows.slot_lag.push(NONE);
        rows.slot_capacity.push(NONE);
        rows.slot_clock.push(NONE);
        rows.purpose_ttl.push(purpose(name, "ttl"));
        rows.purpose_evict.push(purpose(name, "evict"));
        rows.purpose_negative.push(purpose(name, "negative"));
    }

    pub(super) fn edges(&mut self, model: &Model) {
        let mut first_gate = 0;
        for (index, edge) in model.edges.iter().enumerate() {
            let latency = match edge.latency {
                Distribution::Constant(0.0) => NONE,
                ref latency => self.distribution(latency),
            };
            let conduct = self.conduct(&edge.conduct, &edge.name);
            let conduct = self.connections(edge, conduct);
            let row = balancing::row(model, index, &mut self.plan);
            let rows = &mut self.plan.edges;
            rows.conduct.push(conduct);
            rows.name.push(edge.name.clone());
            rows.hash.push(name_hash(&edge.name));
            rows.from.push(edge.from.map_or(NONE, |from| from.0));
            rows.to.push(edge.to.0);
            rows.latency.push(latency);
            rows.loss.push(edge.loss);
            let (balance, choices) = balancing::balance(&edge.balance);
            rows.balance.push(balance);
            rows.choices.push(choices);
            let breaker = edge.breaker;
            let window = breaker.map(|breaker| breaker.window);
            rows.breaker_count.push(if let Some(BreakerWindow::Count(count)) = window { count } else { 0 });
            rows.breaker_window_ns.push(if let Some(BreakerWindow::Time(ns)) = window { ns } else { 0 });
            rows.breaker_trip.push(breaker.map_or(0, |breaker| (breaker.trip * TOKEN).round() as u32));
            rows.breaker_least.push(breaker.map_or(0, |breaker| breaker.least));
            rows.breaker_open_ns.push(breaker.map_or(0, |breaker| breaker.open_ns));
            rows.permits.push(edge.permits.map_or(0, |permits| permits.count));
            rows.permit_queue.push(edge.permits.map_or(0, |permits| permits.queue.unwrap_or(UNBOUNDED)));
            rows.permit_wait_ns.push(edge.permits.and_then(|permits| permits.wait_ns).unwrap_or(0));
            rows.first_gate.push(first_gate);
            rows.balancing.push(row);
            if edge.permits.is_some() {
                first_gate += edge.from.map_or(1, |from| model.components[from.0 as usize].replicas);
            }
            rows.link.push(edge.bandwidth.map_or(NONE, |_| self.plan.links.bandwidth.len() as u32));
            if let Some(bandwidth) = edge.bandwidth {
                self.plan.links.bandwidth.push(bandwidth);
                self.plan.links.slot.push(NONE);
            }
            let rows = &mut self.plan.edges;
            rows.slot_delay.push(NONE);
            rows.slot_jitter.push(NONE);
            rows.slot_loss_request.push(NONE);
            rows.slot_loss_reply.push(NONE);
            rows.strain.push(NONE);
            rows.purposes.push(
                [
                    "request time",
                    "reply time",
                    "request jitter",
                    "reply jitter",
                    "request loss",
                    "reply loss",
                    "balance",
                ]
                .map(|word| purpose(&edge.name, word)),
            );
        }
    }

    /// Row of an equal distribution, or a new one.
    pub(super) fn distribution(&mut self, distribution: &Distribution) -> u32 {
        let (shape, scale, offset) = form(distribution);
        let rows = &mut self.plan.distributions;
        let mut candidates = if self.shares { 0..rows.shape.len() } else { 0..0 };
        let same = candidates.find(|&i| rows.shape[i] == shape && rows.scale[i] == scale && rows.offset[i] == offset);
        same.unwrap_or_else(|| {
            rows.shape.push(shape);
            rows.scale.push(scale);
            rows.offset.push(offset);
            rows.shape.len() - 1
        }) as u32
    }

    pub(super) fn site(&mut self, model: &Model, call: &Call, answered: bool) -> u32 {
        let keys = call.key.map_or(NONE, |key| self.population(NONE, key));
        let to = &model.components[call.endpoint.component.0 as usize];
        let policy = if answered { self.policy(&call.policy, call.edge.0, &to.station) } else { NONE };
        let program = self.first_program[call.endpoint.component.0 as usize] + call.endpoint.index;
        let rows = &mut self.plan.sites;
        rows.edge.push(call.edge.0);
        rows.policy.push(policy);
        rows.program.push(program);
        rows.once_received.push((answered && call.policy.once_received) as u32);
        rows.keys.push(keys);
        rows.role.push(leaders::role(call.at));
        rows.priority.push(to.endpoints[call.endpoint.index as usize].priority);
        rows.purpose_backoff.push(purpose(&model.edges[call.edge.0 as usize].name, "backoff"));
        let site = rows.edge.len() as u32 - 1;
        let sizes = self.sizes_of(model, call);
        self.plan.sites.sizes.push(sizes);
        self.plan.sites.copy.push(NONE);
        site
    }

    fn policy(&mut self, policy: &Policy, edge: u32, callee: &Station) -> u32 {
        let pacing = self.pacing(policy, edge, callee);
        let retry = policy.retry.as_ref();
        let gives_up_as = match policy.gives_up_as {
            GivesUpAs::Timeout => outcome::TIMEOUT,
            GivesUpAs::Abandoned => outcome::ABANDONED,
        };
        let jitter = retry.map_or(0, |retry| match retry.jitter {
            Jitter::None => 0,
            Jitter::Full => 1,
            Jitter::Equal => 2,
            Jitter::Decorrelated => 3,
            Jitter::Around(_) => 4,
        });
        let budget = retry.and_then(|retry| retry.budget).map_or(UNBOUNDED, |share| (share * TOKEN) as u32);
        let bucket = retry.and_then(|retry| retry.bucket);
        let tokens = |of: fn(RetryBucket) -> f64| bucket.map_or(0, |bucket| (of(bucket) * TOKEN) as u32);
        let row = Policies {
            timeout_ns: vec![policy.timeout_ns.unwrap_or(0)],
            gives_up_as: vec![gives_up_as],
            retry_max: vec![retry.map_or(0, |retry| retry.max)],
            backoff_ns: vec![retry.map_or(0, |retry| retry.backoff_ns)],
            backoff_factor: vec![retry.map_or(1.0, |retry| retry.factor)],
            backoff_cap_ns: vec![retry.map_or(0, |retry| retry.cap_ns)],
            jitter: vec![jitter],
            budget: vec![budget],
            retry_on: vec![retry.map_or(0, |retry| retry.on)],
            bucket_size: vec![tokens(|bucket| bucket.size)],
            bucket_cost: vec![tokens(|bucket| bucket.cost)],
            bucket_refund: vec![tokens(|bucket| bucket.refund)],
            bucket_floor: vec![tokens(|bucket| bucket.floor)],
            hedge_after_ns: vec![policy.hedge_after_ns.unwrap_or(0)],
            cancel: vec![policy.cancel as u32],
            deadline: vec![policy.deadline as u32],
            pacing: vec![pacing],
        };
        self.plan.policies.place_of(row, self.shares)
    }

    pub(super) fn admission(&mut self, partitions: u32, rate: f64, burst: f64, by_weight: bool) -> u32 {
        let rows = &mut self.plan.admissions;
        let first = rows.first.last().map_or(0, |first| first + rows.partitions[rows.first.len() - 1]);
        rows.first.push(first);
        rows.partitions.push(partitions);
        rows.rate.push(rate * 1e-9);
        rows.burst.push(burst);
        rows.by_weight.push(by_weight as u32);
        rows.first.len() as u32 - 1
    }

    pub(super) fn flow(&mut self, name: &str, good_within_ns: Option<u64>) -> u32 {
        let rows = &mut self.plan.flows;
        *self.flows.entry(name.to_owned()).or_insert_with(|| {
            rows.name.push(name.to_owned());
            rows.hash.push(name_hash(name));
            rows.good_within_ns.push(good_within_ns.unwrap_or(0));
            rows.name.len() as u32 - 1
        })
    }

    /// The store that lookups at a component read. The resolver gave it one.
    pub(super) fn store_of(&self, component: ComponentId) -> u32 {
        self.plan.components.store[component.0 as usize]
    }

    /// Row of an equal population of keys in the store of a component, or a new one.
    pub(super) fn keyspace(&mut self, component: ComponentId, keys: u32, skew: f64) -> u32 {
        self.population(self.store_of(component), Keys { keys, skew })
    }

    /// Row of an equal population in a store ([`NONE`]: of requests), or a new one. Entry ranges are assigned by
    /// [`Tables::stores`]; until then `first_key` holds the store.
    fn population(&mut self, store: u32, Keys { keys, skew }: Keys) -> u32 {
        let rows = &mut self.plan.keyspaces;
        let same =
            (0..rows.keys.len()).find(|&i| rows.keys[i] == keys && rows.skew[i] == skew && rows.first_key[i] == store);
        same.unwrap_or_else(|| {
            rows.keys.push(keys);
            rows.skew.push(skew);
            rows.first_key.push(store);
            rows.slot_hot.push(NONE);
            rows.keys.len() - 1
        }) as u32
    }

    /// Numbers the entries of all stores through. Populations of one size in one store share entries.
    pub(super) fn stores(&mut self, model: &Model) {
        let plain = model.components.iter().filter_map(|c| c.store.as_ref()).all(|store| store.keeping.is_plain());
        let rows = &self.plan.keepings;
        let slots = [&rows.slot_lag, &rows.slot_lag_factor, &rows.slot_capacity, &rows.slot_clock];
        if plain && slots.into_iter().flatten().all(|&slot| slot == NONE) {
            self.plan.keepings = Keepings::default();
        }
        let (stores, keyspaces) = (&mut self.plan.stores, &mut self.plan.keyspaces);
        let owner = keyspaces.first_key.clone();
        let mut next = 0;
        for store in 0..stores.component.len() {
            stores.first_key[store] = next;
            let mut ranges: Vec<(u32, u32)> = Vec::new();
            for row in (0..owner.len()).filter(|&row| owner[row] == store as u32) {
                let keys = keyspaces.keys[row];
                let range = ranges.iter().find(|(size, _)| *size == keys).copied();
                let (_, first) = range.unwrap_or_else(|| {
                    ranges.push((keys, next));
                    next += keys;
                    (keys, next - keys)
                });
                keyspaces.first_key[row] = first;
            }
            stores.keys[store] = next - stores.first_key[store];
        }
        for row in (0..owner.len()).filter(|&row| owner[row] == NONE) {
            keyspaces.first_key[row] = 0;
        }
    }
}

/// Code of a discipline, who interrupts work, target and interval of dropping.
fn discipline(discipline: Discipline) -> (u32, u32, u64, u64) {
    match discipline {
        Discipline::Fifo => (0, 0, 0, 0),
        Discipline::Lifo => (1, 0, 0, 0),
        Discipline::Random => (2, 0, 0, 0),
        Discipline::AdaptiveLifo => (3, 0, 0, 0),
        Discipline::Preemptive => (0, 1, 0, 0),
        Discipline::PreemptiveLifo => (1, 2, 0, 0),
        Discipline::CoDel { target_ns, interval_ns } => (4, 0, target_ns, interval_ns),
    }
}

/// Shape, scale and offset of a distribution.
pub(crate) fn form(distribution: &Distribution) -> (Shape, f64, f64) {
    match distribution {
        Distribution::Constant(value) => (Shape::Constant, *value, 0.0),
        Distribution::Exponential(mean) => (Shape::Exponential, *mean, 0.0),
        Distribution::Uniform(low, high) => (Shape::Uniform, high - low, *low),
        Distribution::LogNormal { median, sigma } => (Shape::LogNormal(*sigma), *median, 0.0),
        Distribution::Gamma { mean, cv } => (Shape::Gamma(*cv), *mean, 0.0),
        Distribution::Weibull { scale, shape } => (Shape::Weibull(*shape), *scale, 0.0),
        Distribution::Pareto { low, high, alpha } => (Shape::Pareto { alpha: *alpha, ratio: high / low }, *low, 0.0),
        Distribution::Percentiles(points) => (Shape::Percentiles(points.clone()), 1.0, 0.0),
        Distribution::Values(values) => (Shape::Values(values.clone()), 1.0, 0.0),
        Distribution::Mixture(parts) => {
            let part = |(weight, distribution): &(f64, Distribution)| {
                let (shape, scale, offset) = form(distribution);
                Part { weight: *weight, shape, scale, offset }
            };
            (Shape::Mixture(parts.iter().map(part).collect()), 1.0, 0.0)
        }
        Distribution::Histogram(values) => {
            let mut below = 0.0;
            let one = |&(value, weight): &(f64, f64)| {
                below += weight;
                (below, value)
            };
            (Shape::Histogram(values.iter().map(one).collect()), 1.0, 0.0)
        }
        Distribution::Shifted(by, of) => {
            let (shape, scale, offset) = form(of);
            (shape, scale, offset + by)
        }
    }
}
