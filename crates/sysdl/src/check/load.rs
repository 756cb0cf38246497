//! What a component will have to do, by arithmetic: rates and mean times before any queue forms.
//!
//! Before: a model. After: for each component, visits, work and held servers per second, each a
//! lower bound: failures, retries and waiting only add to them.

use crate::resolve::distributions::mean;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use sysdl_lower::model::{
    Arrivals, Call, Component, Count, EndpointId, Gather, Hit, Model, RateProfile, Step, WorkBySize,
};

/// Rounds after which a chain of calls is deep enough; a circle never settles.
const ROUNDS_MAX: usize = 64;
/// Relative change of a value that has settled.
const SETTLED: f64 = 1e-9;

/// Expected load of a component.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// Visits per second.
    pub(super) visits: f64,
    /// Nanoseconds of own work per second.
    pub(super) work_ns: f64,
    /// Nanoseconds per second from the start of visits to their end, callees waited for.
    pub(super) held_ns: f64,
}

/// Loads by component. `None` if calls go around in circles and grow without end.
pub(super) fn estimate(model: &Model) -> Option<Vec<Load>> {
    let graph = Graph::new(model, None);
    let rates = graph.rates()?;
    let responses = graph.responses()?;
    let mut loads = vec![Load::default(); model.components.len()];
    for (component, load) in loads.iter_mut().enumerate() {
        for (index, endpoint) in model.components[component].endpoints.iter().enumerate() {
            let at = graph.first[component] + index;
            load.visits += rates[at];
            load.work_ns += rates[at] * graph.work(&endpoint.steps);
            load.held_ns += rates[at] * responses[at];
        }
        let share = 1.0 / graph.batch(component, load.visits);
        (load.work_ns, load.held_ns) = (share * load.work_ns, share * load.held_ns);
    }
    Some(loads)
}

/// Most messages that a component's handler works on together; while more wait than that, it is no fewer.
fn handled(model: &Model, component: usize) -> f64 {
    let group = model.components[component].station.group.as_ref();
    group.and_then(|group| group.batch).map_or(1.0, |batch| f64::from(batch.size))
}

/// What changes when lookups in each store all miss: visits and work of the components behind its readers.
pub(super) struct Cold<'m> {
    warm: Graph<'m>,
    rates: Vec<f64>,
    steps: Vec<&'m [Step]>,
    component_of: Vec<usize>,
    /// By store: the endpoints that look something up in it.
    readers: FxHashMap<usize, Vec<usize>>,
}

impl<'m> Cold<'m> {
    pub(super) fn new(model: &'m Model) -> Option<Self> {
        let warm = Graph::new(model, None);
        let rates = warm.rates()?;
        let steps: Vec<&[Step]> = warm.all().map(|(_, steps)| steps).collect();
        let component_of =
            model.components.iter().enumerate().flat_map(|(c, row)| row.endpoints.iter().map(move |_| c)).collect();
        let mut readers: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (at, steps) in steps.iter().enumerate() {
            super::capacity::lookups(steps, &mut |call, _| {
                let of = readers.entry(call.endpoint.component.0 as usize).or_default();
                if of.last() != Some(&at) {
                    of.push(at);
                }
            });
        }
        Some(Self { warm, rates, steps, component_of, readers })
    }

    /// Components whose load a cold store changes, in order, with what it is then; held servers are not counted.
    /// `None` if calls go around in circles and grow without end.
    pub(super) fn loads(&self, store: usize) -> Option<Vec<(usize, Load)>> {
        let cold = Graph {
            cold: Some(store),
            first: self.warm.first.clone(),
            component_of: self.warm.component_of.clone(),
            together: self.warm.together.clone(),
            ..self.warm
        };
        let affected = self.behind(store);
        let place: FxHashMap<usize, usize> = affected.iter().enumerate().map(|(i, &at)| (at, i)).collect();
        let add = |graph: &Graph<'m>, rates: &[f64], sign: f64, sums: &mut [f64]| {
            for (&at, &rate) in affected.iter().zip(rates) {
                let shares = [false, true].map(|waits| graph.share(at, &self.rates, waits));
                graph.calls(self.steps[at], rate, true, &mut |call, rate, waits| {
                    if let Some(&to) = place.get(&graph.at(call.endpoint)) {
                        sums[to] += sign * rate * shares[usize::from(waits)];
                    }
                });
            }
        };
        let rates: Vec<f64> = affected.iter().map(|&at| self.rates[at]).collect();
        let mut from_outside = rates.clone();
        add(&self.warm, &rates, -1.0, &mut from_outside);
        from_outside.iter_mut().for_each(|rate| *rate = rate.max(0.0));
        let rates = settle(rates, |rates| {
            let mut next = from_outside.clone();
            add(&cold, rates, 1.0, &mut next);
            next
        })?;
        let mut loads: BTreeMap<usize, Load> = BTreeMap::new();
        for &at in &affected {
            let component = self.component_of[at];
            loads.entry(component).or_insert_with(|| {
                let mut load = Load::default();
                for (index, endpoint) in self.warm.model.components[component].endpoints.iter().enumerate() {
                    let at = self.warm.first[component] + index;
                    let rate = place.get(&at).map_or(self.rates[at], |&i| rates[i]);
                    load.visits += rate;
                    load.work_ns += rate * cold.work(&endpoint.steps);
                }
                load.work_ns /= self.warm.batch(component, load.visits);
                load
            });
        }
        Some(loads.into_iter().collect())
    }

    /// The readers of a store and all endpoints that they lead to, in order.
    fn behind(&self, store: usize) -> Vec<usize> {
        let mut open = self.readers.get(&store).cloned().unwrap_or_default();
        let mut seen: BTreeSet<usize> = sysdl_order::gathered(open.iter().copied());
        while let Some(at) = open.pop() {
            let mut found = Vec::new();
            super::topology::calls(self.steps[at], &mut found);
            let next = found.iter().map(|call| self.warm.at(call.endpoint)).filter(|&next| seen.insert(next));
            open.extend(next);
        }
        seen.into_iter().collect()
    }
}

/// Endpoints in one row, and what decides which steps are taken.
struct Graph<'m> {
    model: &'m Model,
    cold: Option<usize>,
    /// Index of each component's first endpoint.
    first: Vec<usize>,
    /// Component of each endpoint.
    component_of: Vec<usize>,
    endpoints: usize,
    /// What gathers on the way to a component and is one piece of work there.
    together: Vec<(usize, Gather)>,
}

impl<'m> Graph<'m> {
    fn new(model: &'m Model, cold: Option<usize>) -> Self {
        let mut endpoints = 0;
        let first = model
            .components
            .iter()
            .map(|component| {
                endpoints += component.endpoints.len();
                endpoints - component.endpoints.len()
            })
            .collect();
        let of_component = |(c, row): (usize, &Component)| std::iter::repeat_n(c, row.endpoints.len());
        let component_of = model.components.iter().enumerate().flat_map(of_component).collect();
        let gathers = model.edges.iter().filter_map(|edge| Some((edge.to.0 as usize, edge.gather?)));
        let together = gathers.filter(|(_, gather)| gather.together).collect();
        Self { model, cold, first, component_of, endpoints, together }
    }

    fn at(&self, endpoint: EndpointId) -> usize {
        self.first[endpoint.component.0 as usize] + endpoint.index as usize
    }

    /// Share of an endpoint's calls, or of its messages, that are made where several visits are one piece of work.
    fn share(&self, at: usize, rates: &[f64], waits: bool) -> f64 {
        let component = self.component_of[at];
        let visits = rates[self.first[component]..].iter().take(self.model.components[component].endpoints.len()).sum();
        1.0 / if waits { self.batch(component, visits) } else { handled(self.model, component) }
    }

    /// Most visits, on average, that are one piece of work because they come in one batch.
    fn batch(&self, component: usize, visits: f64) -> f64 {
        let gathers = self.together.iter().filter(|(to, _)| *to == component);
        let mean = |wait_ns: u64, most: f64| (1.0 + visits * wait_ns as f64 * 1e-9).min(most);
        let sent = gathers.map(|(_, gather)| mean(gather.linger_ns, gather.messages.map_or(f64::INFINITY, f64::from)));
        sent.fold(handled(self.model, component), f64::max)
    }

    fn all(&self) -> impl Iterator<Item = (usize, &'m [Step])> {
        self.model.components.iter().flat_map(|component| &component.endpoints).map(|e| e.steps.as_slice()).enumerate()
    }

    /// Visits per second of each endpoint.
    fn rates(&self) -> Option<Vec<f64>> {
        let mut entering = vec![0.0; self.endpoints];
        for source in &self.model.sources {
            let Some(rate) = arrivals(&source.arrivals) else { continue };
            let batch = source.batch.as_ref().map_or(1.0, rounds);
            let rate = rate * batch * source.session.as_ref().map_or(1.0, |session| rounds(&session.requests));
            for (share, call) in &source.mix {
                entering[self.at(call.endpoint)] += rate * share;
            }
        }
        settle(entering.clone(), |rates| {
            let mut next = entering.clone();
            for (at, steps) in self.all() {
                let shares = [false, true].map(|waits| self.share(at, rates, waits));
                self.calls(steps, rates[at], true, &mut |call, rate, waits| {
                    next[self.at(call.endpoint)] += rate * shares[usize::from(waits)];
                });
            }
            next
        })
    }

    /// Mean time from the start of each endpoint's visits to their end when nobody waits in a queue.
    fn responses(&self) -> Option<Vec<f64>> {
        settle(vec![0.0; self.endpoints], |times| self.all().map(|(_, steps)| self.time(steps, times)).collect())
    }

    /// What a lookup by key hits is known after the run only; as a warning must be sure, none misses.
    fn misses(&self, call: Option<&Call>, hit: &Hit) -> f64 {
        let asked = call.map(|call| call.endpoint.component.0 as usize);
        match hit {
            _ if asked.is_some() && asked == self.cold => 1.0,
            Hit::Ratio(ratio) => 1.0 - ratio,
            Hit::Keyed { .. } | Hit::Requested { .. } => 0.0,
        }
    }

    /// Calls and messages of some steps, and how many a second; whether the visit waits for them.
    fn calls(&self, steps: &'m [Step], rate: f64, waits: bool, found: &mut dyn FnMut(&'m Call, f64, bool)) {
        for step in steps {
            match step {
                Step::Call(call) => found(call, rate, waits),
                Step::Send(call) => found(call, rate, false),
                Step::Append(append) => found(&append.call, rate * f64::from(append.replication), waits),
                Step::Lookup { call, hit, miss } => {
                    call.iter().for_each(|call| found(call, rate, waits));
                    self.calls(miss, rate * self.misses(call.as_ref(), hit), waits, found);
                }
                Step::Put { call, .. } => call.iter().for_each(|call| found(call, rate, waits)),
                Step::Parallel { branches, .. } => branches.iter().for_each(|b| self.calls(b, rate, waits, found)),
                Step::With { probability, then, otherwise } => {
                    self.calls(then, rate * probability, waits, found);
                    self.calls(otherwise, rate * (1.0 - probability), waits, found);
                }
                Step::OfClass { of, then, .. } => self.calls(then, rate / f64::from(*of), waits, found),
                Step::Loop { count, body } => self.calls(body, rate * rounds(count), waits, found),
                // What is done instead is rare while all is well.
                Step::Try { body, .. } => self.calls(body, rate, waits, found),
                Step::Background(body) => self.calls(body, rate, false, found),
                Step::Work(_)
                | Step::Admit { .. }
                | Step::Room { .. }
                | Step::Pause(_)
                | Step::WorkBySize(_)
                | Step::ReadCache(_)
                | Step::Use(_)
                | Step::TurnAway(_)
                | Step::Fail(_)
                | Step::Reply => {}
            }
        }
    }

    /// Own work of some steps in nanoseconds, branches added up.
    fn work(&self, steps: &[Step]) -> f64 {
        let one = |step: &Step| match step {
            // What sizes add is not known here: a lower bound.
            Step::Work(time) | Step::WorkBySize(WorkBySize { time, .. }) => mean(time),
            Step::Lookup { call, hit, miss } => self.misses(call.as_ref(), hit) * self.work(miss),
            Step::Parallel { branches, .. } => branches.iter().map(|branch| self.work(branch)).sum(),
            Step::With { probability, then, otherwise } => {
                probability * self.work(then) + (1.0 - probability) * self.work(otherwise)
            }
            Step::OfClass { of, then, .. } => self.work(then) / f64::from(*of),
            Step::Loop { count, body } => rounds(count) * self.work(body),
            Step::Try { body, .. } | Step::Background(body) => self.work(body),
            Step::ReadCache(_)
            | Step::Admit { .. }
            | Step::Room { .. }
            | Step::Append(_)
            | Step::Pause(_)
            | Step::Put { .. }
            | Step::Use(_)
            | Step::TurnAway(_)
            | Step::Call(_)
            | Step::Send(_)
            | Step::Fail(_)
            | Step::Reply => 0.0,
        };
        steps.iter().map(one).sum()
    }

    /// Mean time of some steps in nanoseconds; of branches, that of the longest.
    fn time(&self, steps: &[Step], responses: &[f64]) -> f64 {
        let wait = |call: &Call| {
            let time = mean(&self.model.edges[call.edge.0 as usize].latency) + responses[self.at(call.endpoint)];
            call.policy.timeout_ns.map_or(time, |timeout| time.min(timeout as f64))
        };
        let one = |step: &Step| match step {
            // What sizes add is not known here: a lower bound.
            Step::Work(time) | Step::WorkBySize(WorkBySize { time, .. }) => mean(time),
            Step::Call(call) => wait(call),
            Step::Append(append) => wait(&append.call),
            Step::Pause(time) => mean(time),
            Step::OfClass { of, then, .. } => self.time(then, responses) / f64::from(*of),
            Step::Lookup { call, hit, miss } => {
                call.as_ref().map_or(0.0, wait) + self.misses(call.as_ref(), hit) * self.time(miss, responses)
            }
            Step::Put { call, .. } => call.as_ref().map_or(0.0, wait),
            Step::Parallel { branches, .. } => branches.iter().map(|b| self.time(b, responses)).fold(0.0, f64::max),
            Step::With { probability, then, otherwise } => {
                probability * self.time(then, responses) + (1.0 - probability) * self.time(otherwise, responses)
            }
            Step::Loop { count, body } => rounds(count) * self.time(body, responses),
            Step::Try { body, .. } => self.time(body, responses),
            Step::ReadCache(_)
            | Step::Admit { .. }
            | Step::Room { .. }
            | Step::Use(_)
            | Step::TurnAway(_)
            | Step::Background(_)
            | Step::Send(_)
            | Step::Fail(_)
            | Step::Reply => 0.0,
        };
        steps.iter().map(one).sum()
    }
}

fn settle(mut values: Vec<f64>, step: impl Fn(&[f64]) -> Vec<f64>) -> Option<Vec<f64>> {
    for _ in 0..ROUNDS_MAX {
        let next = step(&values);
        let settled = values.iter().zip(&next).all(|(old, new)| (old - new).abs() <= SETTLED * new.abs());
        values = next;
        if settled {
            return Some(values);
        }
    }
    None
}

/// Arrivals per second, as far as they are steady. None of a closed source: it slows down with the system and
/// cannot overload it for ever.
fn arrivals(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Closed { .. } => None,
        Arrivals::Cron { every_ns, .. } => Some(1e9 / *every_ns as f64),
        Arrivals::Trace { instants, .. } => {
            instants.last().map(|&last| instants.len() as f64 * 1e9 / (last as f64).max(1e9))
        }
        Arrivals::Open { rate, .. } => Some(match rate {
            RateProfile::Steady(rate) => *rate,
            RateProfile::Burst { base, .. } => *base,
            RateProfile::Steps { first, .. } | RateProfile::Track { first, .. } => *first,
            RateProfile::Wave { mean, .. } => *mean,
            RateProfile::Modulated { base, peak, calm, busy } => {
                let (calm, busy) = (mean(calm), mean(busy));
                (base * calm + peak * busy) / (calm + busy)
            }
        }),
    }
}

/// The mean of a count.
pub(super) fn rounds(count: &Count) -> f64 {
    match count {
        Count::Constant(n) => f64::from(*n),
        Count::Geometric { mean, max } => mean.min(f64::from(*max)),
        Count::Uniform { low, high } => 0.5 * (f64::from(*low) + f64::from(*high)),
        Count::Weighted(weights) => weights.iter().map(|&(n, weight)| f64::from(n) * weight).sum(),
    }
}
