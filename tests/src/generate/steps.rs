//! Steps of generated endpoints, and the policies of their calls.

use super::{Generator, MS, VISITS_MAX};
use rand::RngExt;
use sysdl_kernel::outcome;
use sysdl_lower::model::{
    Call, ComponentId, Count, EndpointId, GivesUpAs, Hit, Jitter, Keys, Policy, Retry, RetryBucket, Step, Throttled,
};

/// Where steps are generated: in which component, how deep, how often they run.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) component: usize,
    depth: u32,
    /// Rounds of the loops around, at most.
    pub(super) rounds: f64,
}

/// Most keys that requests are about. A size that lookups draw from too, so that these share entries with those.
const REQUEST_KEYS: u32 = 3000;

/// What a step may be.
#[derive(Clone, Copy)]
enum Kind {
    Work,
    Call,
    Send,
    Lookup,
    Put,
    Admit,
    Parallel,
    With,
    Loop,
    Try,
    Background,
    Fail,
    Reply,
    Metered,
    Append,
    Pause,
    OfClass,
}

impl Place {
    fn inside(self) -> Self {
        Place { depth: self.depth + 1, ..self }
    }
}

impl Generator {
    /// Steps of an endpoint, and the visits that they bring about, the endpoint's own included.
    pub(super) fn steps_of_endpoint(&mut self, component: usize) -> (Vec<Step>, f64) {
        let mut visits = 1.0;
        let place = Place { component, depth: 0, rounds: 1.0 };
        let mut steps = self.steps(place, &mut visits);
        if self.chance(0.8) {
            steps.insert(0, self.work());
        }
        (steps, visits)
    }

    fn steps(&mut self, place: Place, visits: &mut f64) -> Vec<Step> {
        let most = if place.depth == 0 { 4 } else { 2 };
        let count = self.rng.random_range(0..=most);
        (0..count).map(|_| self.step(place, visits)).collect()
    }

    fn step(&mut self, place: Place, visits: &mut f64) -> Step {
        match self.kind(place) {
            Kind::Work => self.work(),
            Kind::Call => self.call(place, visits, Step::Call),
            Kind::Send => self.call(place, visits, Step::Send),
            Kind::Lookup => self.lookup(place, visits),
            Kind::Put => self.put(place, visits),
            Kind::Pause => Step::Pause(self.time(1, 20)),
            Kind::OfClass => {
                let of = self.rng.random_range(1..=4);
                let class = self.rng.random_range(0..of);
                Step::OfClass { of, class, then: self.steps(place.inside(), visits) }
            }
            Kind::Admit if self.features.sizes && self.chance(0.5) => Step::Admit {
                partitions: self.rng.random_range(1..=5),
                rate: self.rng.random_range(1e4..3e5),
                burst: self.rng.random_range(1e3..2e4),
                by_weight: true,
            },
            Kind::Admit => Step::Admit {
                by_weight: false,
                partitions: self.rng.random_range(1..=5),
                rate: self.rng.random_range(1.0..300.0),
                burst: self.rng.random_range(1.0..20.0),
            },
            Kind::Parallel => {
                let count = self.rng.random_range(1..=3);
                let branches = (0..count).map(|_| self.steps(place.inside(), visits)).collect();
                Step::Parallel { branches, need: self.rng.random_range(1..=count) }
            }
            Kind::With => Step::With {
                probability: self.rng.random_range(0.0..=1.0),
                then: self.steps(place.inside(), visits),
                otherwise: self.steps(place.inside(), visits),
            },
            Kind::Loop => self.repeat(place, visits),
            Kind::Try => {
                Step::Try { body: self.steps(place.inside(), visits), otherwise: self.steps(place.inside(), visits) }
            }
            Kind::Background => Step::Background(self.steps(place.inside(), visits)),
            Kind::Fail => Step::Fail(self.rng.random_range(0.0..0.3)),
            Kind::Reply => Step::Reply,
            Kind::Metered => self.metered(),
            Kind::Append => self.append(place, visits).unwrap_or_else(|| self.work()),
        }
    }

    /// One of the kinds of steps that are on.
    fn kind(&mut self, place: Place) -> Kind {
        let features = self.features;
        let nests = place.depth < 3;
        let kinds = [
            (Kind::Work, true),
            (Kind::Call, true),
            (Kind::Call, true),
            (Kind::Send, features.sends),
            (Kind::Lookup, features.keyed_lookups || features.ratio_lookups),
            (Kind::Lookup, features.keyed_lookups || features.ratio_lookups),
            (Kind::Put, features.puts),
            (Kind::Admit, features.admissions),
            (Kind::Put, features.puts && self.has_store),
            (Kind::Parallel, nests && features.parallel),
            (Kind::With, nests && features.with),
            (Kind::Loop, nests && features.loops),
            (Kind::Try, nests && features.tries),
            (Kind::Background, nests && features.tries),
            (Kind::Fail, features.fails),
            (Kind::Reply, features.replies),
            (Kind::Metered, features.meters),
            (Kind::Append, features.brokers),
            (Kind::Append, features.brokers),
            (Kind::Pause, features.pauses),
            (Kind::OfClass, nests && features.pauses && features.request_keys),
        ];
        let on: Vec<Kind> = kinds.into_iter().filter_map(|(kind, is_on)| is_on.then_some(kind)).collect();
        on[self.rng.random_range(0..on.len())]
    }

    fn work(&mut self) -> Step {
        let time = self.time(1, 6);
        if self.features.sizes && self.chance(0.3) { self.work_by_size(time) } else { Step::Work(time) }
    }

    fn repeat(&mut self, place: Place, visits: &mut f64) -> Step {
        let count = if self.features.counts && self.chance(0.6) {
            self.count(3)
        } else if self.chance(0.5) {
            Count::Constant(self.rng.random_range(0..=3))
        } else {
            Count::Geometric { mean: self.rng.random_range(1.0..2.5), max: self.rng.random_range(1..=4) }
        };
        let place = Place { rounds: 3.0 * place.rounds, ..place.inside() };
        Step::Loop { count, body: self.steps(place, visits) }
    }

    /// A component behind this one and one of its endpoints, if a call there is affordable.
    fn callee(&mut self, place: Place, visits: &mut f64, with_store: bool) -> Option<EndpointId> {
        let has_store = |c: &usize| self.components[*c].as_ref().is_some_and(|c| c.store.is_some());
        let candidates: Vec<usize> =
            (place.component + 1..self.components.len()).filter(|c| !with_store || has_store(c)).collect();
        if candidates.is_empty() {
            return None;
        }
        let to = candidates[self.rng.random_range(0..candidates.len())];
        let index = self.rng.random_range(0..self.visits[to].len());
        let more = place.rounds * self.visits[to][index];
        if !self.affords(visits, more) {
            return None;
        }
        Some(EndpointId { component: ComponentId(to as u32), index: index as u32 })
    }

    /// Adds visits to those that a request brings about, if they are not too many.
    pub(super) fn affords(&self, visits: &mut f64, more: f64) -> bool {
        let affords = *visits + more <= VISITS_MAX;
        *visits += if affords { more } else { 0.0 };
        affords
    }

    /// A call wrapped in a step; work where no call is possible.
    fn call(&mut self, place: Place, visits: &mut f64, step: impl Fn(Call) -> Step) -> Step {
        match self.callee(place, visits, false) {
            Some(endpoint) => step(self.call_to(place.component, endpoint)),
            None => self.work(),
        }
    }

    pub(super) fn call_to(&mut self, from: usize, endpoint: EndpointId) -> Call {
        let edge = self.edge(from, endpoint.component.0 as usize);
        let skip_failure = self.features.skip_failure && self.chance(0.4);
        let policy = self.policy(false);
        let (key, size, at) = (self.key_of_call(0.2), self.size(), self.at(endpoint.component));
        Call { edge, endpoint, policy, skip_failure, key, size, at }
    }

    /// What a call is about, where it draws that itself.
    pub(super) fn key_of_call(&mut self, p: f64) -> Option<Keys> {
        let draws = self.features.request_keys && self.chance(p);
        draws.then(|| Keys { keys: [1, 40, REQUEST_KEYS][self.rng.random_range(0..3)], skew: 0.9 })
    }

    fn lookup(&mut self, place: Place, visits: &mut f64) -> Step {
        let own = self.has_store && self.features.puts && self.chance(0.5);
        let endpoint = if own { None } else { self.callee(place, visits, true) };
        if endpoint.is_none() && !own {
            return self.work();
        }
        let keyed = self.features.keyed_lookups && (!self.features.ratio_lookups || self.chance(0.5));
        let hit = if keyed { self.keyed() } else { Hit::Ratio(self.rng.random_range(0.0..=1.0)) };
        let call = endpoint.map(|endpoint| self.call_to(place.component, endpoint));
        let mut miss = if place.depth < 3 { self.steps(place.inside(), visits) } else { Vec::new() };
        if self.chance(0.7) {
            // Long enough for others to ask for the same key meanwhile.
            miss.insert(0, Step::Work(self.time(5, 40)));
        }
        Step::Lookup { call, hit, miss }
    }

    /// A write of the request's key, to another's store or the component's own.
    fn put(&mut self, place: Place, visits: &mut f64) -> Step {
        let (keys, remove) = (REQUEST_KEYS, self.chance(0.4));
        if self.has_store && self.chance(0.4) {
            return Step::Put { call: None, keys, remove };
        }
        let Some(endpoint) = self.callee(place, visits, true) else { return self.work() };
        Step::Put { call: Some(self.call_to(place.component, endpoint)), keys, remove }
    }

    fn keyed(&mut self) -> Hit {
        let coalesce = self.features.coalesce && self.chance(0.7);
        if self.features.request_keys && self.chance(0.6) {
            return Hit::Requested { keys: REQUEST_KEYS, coalesce };
        }
        // Few different sizes, so that lookups of one store share keys.
        let keys = [1, 4, 40, 3000][self.rng.random_range(0..4)];
        let skew = [0.0, 0.8, 1.0, 1.3][self.rng.random_range(0..4)];
        Hit::Keyed { keys, skew, coalesce }
    }

    /// A policy, of users or of a caller inside the system.
    pub(super) fn policy(&mut self, of_users: bool) -> Policy {
        let timeout_ns = (self.features.timeouts && self.chance(0.7)).then(|| self.rng.random_range(1..=40) * MS);
        let retry = (self.features.retries && self.chance(0.6)).then(|| self.retry());
        let gives_up_as = if of_users && self.chance(0.5) { GivesUpAs::Abandoned } else { GivesUpAs::Timeout };
        let once_received = self.features.once_received && self.chance(0.5);
        let hedge_after_ns =
            (!once_received && self.features.hedges && self.chance(0.6)).then(|| self.rng.random_range(1..=30) * MS);
        let cancel = self.features.cancel && self.chance(0.7);
        let deadline = self.features.deadlines && self.chance(0.7);
        let hedge_percentile = (!once_received && self.features.hedges && self.features.pacing && self.chance(0.5))
            .then(|| [0.5, 0.9, 0.95][self.rng.random_range(0..3)]);
        let alone = !cancel && !deadline && hedge_after_ns.is_none() && hedge_percentile.is_none();
        Policy {
            once_received,
            timeout_ns,
            gives_up_as,
            retry,
            hedge_after_ns,
            hedge_percentile,
            hedges_more: if self.features.more_hedges { self.rng.random_range(0..=3) } else { 0 },
            idempotent: alone && self.features.idempotent && self.chance(0.8),
            cancel,
            deadline,
        }
    }

    fn retry(&mut self) -> Retry {
        let all = (1 << outcome::COUNT) - 2;
        let last = if self.features.pacing { Jitter::Around(0.2) } else { Jitter::Decorrelated };
        let jitters = [Jitter::None, Jitter::Full, Jitter::Equal, last];
        Retry {
            max: self.rng.random_range(1..=3),
            backoff_ns: self.rng.random_range(0..=20) * MS,
            factor: if self.features.grid { 2.0 } else { self.rng.random_range(1.0..3.0) },
            cap_ns: self.rng.random_range(1..=60) * MS,
            jitter: if self.features.grid { Jitter::None } else { jitters[self.rng.random_range(0..4)] },
            budget: (self.features.budgets && self.chance(0.7)).then(|| self.rng.random_range(0.0..0.5)),
            bucket: (self.features.buckets && self.chance(0.7)).then(|| self.bucket()),
            on: if self.chance(0.7) { all } else { self.rng.random_range(0..=all) & all },
            throttled: (self.features.pacing && self.chance(0.6)).then(|| self.throttled()),
            honor: self.features.pacing && self.chance(0.7),
        }
    }

    fn throttled(&mut self) -> Throttled {
        Throttled {
            on: 1 << outcome::RATE_LIMITED | 1 << outcome::SHED | 1 << outcome::REJECTED,
            backoff_ns: self.rng.random_range(1..=60) * MS,
            cost: f64::from(self.rng.random_range(1..=5)),
        }
    }

    fn bucket(&mut self) -> RetryBucket {
        RetryBucket {
            size: f64::from(self.rng.random_range(1..=50)),
            cost: f64::from(self.rng.random_range(1..=5)),
            refund: self.rng.random_range(0.0..2.0),
            floor: if self.chance(0.3) { 5.0 } else { 0.0 },
        }
    }
}
