//! What it means: the numbers of a trace under the names that people use.
//!
//! The shape is a contract: `schema` counts its versions, keys are only ever added. Times are in
//! seconds, rates per second, shares in `0..=1`. Totals are of the run after its warm-up.

use crate::expect::{self, Expectation, Verdict};
use crate::guest::Status;
use crate::statistics::confidence::{self, Confidence};
use crate::theory::{self, Compared, Prediction};
use crate::trace::{Histogram, Interval, Trace};
use serde::Serialize;
use std::collections::BTreeMap;
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::outcome;
use sysdl_order::gathered;

/// A run, reported.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this shape.
    pub schema: u32,
    /// Version of what a program means.
    pub semantics: String,
    /// The file, as given.
    pub file: String,
    /// Scenario name.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Fingerprint of the model.
    pub model: String,
    /// Digest of all facts, 32 hexadecimal digits.
    pub digest: String,
    /// Digests of parts.
    pub digests: Digests,
    /// How the run ended: `done`, `out_of_budget`, `out_of_pool`.
    pub status: &'static str,
    /// Simulated seconds.
    pub simulated_s: f64,
    /// Events handled.
    pub events: u64,
    /// Requests created, warm-up included.
    pub requests: u64,
    /// Wall time in seconds.
    pub wall_s: f64,
    /// All traffic.
    pub totals: Totals,
    /// Response times of all traffic.
    pub latency_s: Latency,
    /// By endpoint that traffic enters.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// By component.
    pub components: BTreeMap<String, Component>,
    /// By edge.
    pub edges: BTreeMap<String, Edge>,
    /// By phase.
    pub phases: BTreeMap<String, Phase>,
    /// By window.
    pub windows: Windows,
    /// How far the mean can be trusted.
    pub confidence: Confidence,
    /// What was expected.
    pub expectations: Vec<Expected>,
    /// What it costs.
    pub cost: Cost,
}

/// Digests of parts.
#[derive(Clone, Debug, Serialize)]
pub struct Digests {
    /// Of requests.
    pub requests: String,
    /// Of each component.
    pub components: BTreeMap<String, String>,
}

/// Counts and rates of some traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Requests that ended.
    pub requests: u64,
    /// Good answers.
    pub ok: u64,
    /// Answers that came too late to be good.
    pub late: u64,
    /// Failures by outcome; those that occurred.
    pub errors: BTreeMap<String, u64>,
    /// Requests ended per second.
    pub throughput_rps: f64,
    /// Good answers per second.
    pub goodput_rps: f64,
    /// Failures among ended requests.
    pub error_rate: f64,
}

/// A distribution of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Longest.
    pub max: f64,
}

/// An endpoint that traffic enters.
#[derive(Clone, Debug, Serialize)]
pub struct Endpoint {
    /// Counts and rates.
    #[serde(flatten)]
    pub totals: Totals,
    /// Response times.
    pub latency_s: Latency,
    /// What its requests have used, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What requests have used, each on average.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    /// Tokens.
    pub tokens: f64,
    /// Their price in USD.
    pub usd: f64,
    /// Rounds.
    pub turns: f64,
}

/// A replica of a component that is watched.
#[derive(Clone, Debug, Serialize)]
pub struct Replica {
    /// Messages that reached it; where replicas share a queue, those that ended at it.
    pub arrivals: u64,
    /// Pieces of work that were done.
    pub served: u64,
    /// Visits that ended well.
    pub completions: u64,
    /// Visits that ended badly, by outcome.
    pub errors: BTreeMap<String, u64>,
    /// Busy share of its servers, or processors, while it was up; null if unbounded.
    pub utilization: Option<f64>,
    /// Mean number waiting at it.
    pub mean_queue: f64,
    /// Times from arrival to end.
    pub sojourn_s: Sojourn,
}

/// A component.
#[derive(Clone, Debug, Serialize)]
pub struct Component {
    /// Its kind.
    pub kind: String,
    /// Its replicas, the most there can be where they come and go.
    pub replicas: u32,
    /// Where they come and go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Fleet>,
    /// Servers of all replicas; null if unbounded.
    pub servers: Option<u64>,
    /// Messages that reached it.
    pub arrivals: u64,
    /// Visits that ended well.
    pub completions: u64,
    /// Visits that ended badly, by outcome.
    pub errors: BTreeMap<String, u64>,
    /// Visits that ended with nobody waiting.
    pub orphaned: u64,
    /// Busy share of the servers that were up; null if unbounded.
    pub utilization: Option<f64>,
    /// Mean number of busy servers.
    pub mean_busy: f64,
    /// Mean number of processors at work, where they are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_processors_busy: Option<f64>,
    /// Mean number waiting.
    pub mean_queue: f64,
    /// Most waiting at once.
    pub max_queue: u64,
    /// Mean number present.
    pub mean_in_system: f64,
    /// Times in the queue.
    pub waiting_s: Mean,
    /// Times at a server.
    pub service_s: Mean,
    /// Times from arrival to end.
    pub sojourn_s: Sojourn,
    /// Its replicas, where they are watched one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_replica: Vec<Replica>,
    /// Servers that were set up: cold starts.
    pub setups: u64,
    /// Visits that joined the work another did for the same call.
    #[serde(skip_serializing_if = "is_zero")]
    pub joined: u64,
    /// Visits that a crash put back into the queue.
    #[serde(skip_serializing_if = "is_zero")]
    pub requeued: u64,
    /// Lookups that hit; null if nothing is looked up here.
    pub hit_ratio: Option<f64>,
    /// Lookups that hit something out of date.
    #[serde(skip_serializing_if = "is_zero")]
    pub stale: u64,
    /// What a formula says of it; absent if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theory: Option<Compared>,
    /// Tokens used here.
    #[serde(skip_serializing_if = "is_zero")]
    pub tokens: u64,
    /// Tokens of visits whose answers nobody took.
    #[serde(skip_serializing_if = "is_zero")]
    pub tokens_wasted: u64,
    /// Visits that stopped because their budget was used up.
    #[serde(skip_serializing_if = "is_zero")]
    pub budget_stops: u64,
    /// Times that a replica became the leader.
    #[serde(skip_serializing_if = "is_zero")]
    pub elections: u64,
    /// Share of time during which nobody led who attended.
    #[serde(skip_serializing_if = "is_never")]
    pub leaderless: f64,
}

/// Replicas that come and go.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Fleet {
    /// Replicas that served, on average.
    pub serving: f64,
    /// Replicas that there were, on average: those that started and drained included.
    pub deployed: f64,
    /// Replicas that serve at the end.
    pub last: u64,
}

/// A mean.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Mean {
    /// Mean.
    pub mean: f64,
}

/// Sojourn times.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sojourn {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// An edge, as its caller sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Edge {
    /// Calls begun.
    pub calls: u64,
    /// Attempts sent.
    pub attempts: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Attempts that ran out of patience.
    pub timeouts: u64,
    /// Calls that failed for good.
    pub failed: u64,
    /// Messages lost.
    pub lost: u64,
    /// Openings of its breaker.
    pub breaker_opens: u64,
    /// Second attempts beside a first one.
    pub hedges: u64,
    /// Attempts that found no permit, and no room or time to wait for one.
    pub no_permit: u64,
    /// Times that it stopped sending to a replica.
    pub ejections: u64,
    /// Attempts made while too few replicas were eligible.
    pub none_eligible: u64,
    /// Attempts that callers dropped themselves.
    #[serde(skip_serializing_if = "is_zero")]
    pub throttled: u64,
    /// Messages sent again after having been lost.
    #[serde(skip_serializing_if = "is_zero")]
    pub resent: u64,
    /// Connections opened.
    #[serde(skip_serializing_if = "is_zero")]
    pub connects: u64,
    /// Mean wait for a permit of all attempts, those that did not wait included.
    pub permit_wait_s: f64,
    /// Mean time of a call, retries included.
    pub mean_s: f64,
}

/// A phase.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// Begin in seconds.
    pub start_s: f64,
    /// End in seconds.
    pub end_s: f64,
    /// All traffic.
    pub totals: Totals,
    /// Response times.
    pub latency_s: Latency,
    /// Busy share by component, of those with bounded servers.
    pub utilization: BTreeMap<String, f64>,
    /// Hit ratio by component, of those that are looked up.
    pub hit_ratio: BTreeMap<String, f64>,
    /// Retries of all edges.
    pub retries: u64,
    /// Timeouts of all edges.
    pub timeouts: u64,
}

/// Windows of the whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Windows {
    /// Width in seconds.
    pub width_s: f64,
    /// Equally long columns.
    pub columns: WindowColumns,
}

/// Columns over time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WindowColumns {
    /// End of the window in seconds.
    pub t: Vec<f64>,
    /// Requests ended per second.
    pub rps: Vec<f64>,
    /// Good answers per second.
    pub goodput_rps: Vec<f64>,
    /// Failures.
    pub errors: Vec<u64>,
    /// Largest p99 of all endpoints.
    pub p99_s: Vec<f64>,
    /// Requests in flight at the end.
    pub in_flight: Vec<u64>,
}

/// An expectation and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Expected {
    /// As written.
    pub text: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Line in the file.
    pub line: u32,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was measured.
    pub value: String,
}

/// What it costs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// Stated prices per month.
    pub monthly_usd: f64,
}

impl Report {
    /// Reports a trace.
    #[must_use]
    pub fn of(trace: &Trace, expectations: &[Expectation], file: &str) -> Self {
        let meta = &trace.meta;
        let run = trace.measured();
        let flows: Vec<usize> = (0..meta.flows.len()).collect();
        Self {
            schema: 1,
            semantics: meta.semantics.clone(),
            file: file.to_owned(),
            scenario: meta.scenario.clone(),
            seed: trace.seed,
            model: meta.model.clone(),
            digest: Trace::hex(trace.digest),
            digests: Digests {
                requests: Trace::hex(trace.digest_requests),
                components: gathered(
                    (meta.components.iter().zip(&trace.digest_components))
                        .map(|(component, &digest)| (component.name.clone(), Trace::hex(digest))),
                ),
            },
            status: match trace.status {
                Status::Done | Status::Reached => "done",
                Status::OutOfBudget => "out_of_budget",
                Status::OutOfPool => "out_of_pool",
            },
            simulated_s: trace.simulated_ns as f64 / 1e9,
            events: trace.events,
            requests: trace.requests,
            wall_s: trace.wall_s,
            totals: totals(&run, &flows),
            latency_s: latency(&run, &flows),
            endpoints: gathered(flows.iter().map(|&f| {
                let one =
                    Endpoint { totals: totals(&run, &[f]), latency_s: latency(&run, &[f]), usage: usage(&run, f) };
                (meta.flows[f].name.clone(), one)
            })),
            components: gathered(
                (0..meta.components.len()).map(|c| (meta.components[c].name.clone(), component_of(trace, &run, c))),
            ),
            edges: gathered((0..meta.edges.len()).map(|e| (meta.edges[e].name.clone(), edge_of(&run, e)))),
            phases: gathered(meta.phases.iter().map(|phase| (phase.name.clone(), phase_of(trace, phase, &flows)))),
            windows: windows(trace),
            confidence: confidence::of(trace),
            expectations: expect::evaluate(trace, expectations)
                .into_iter()
                .map(|outcome| Expected {
                    text: outcome.expectation.text,
                    label: outcome.expectation.label,
                    line: outcome.expectation.line,
                    verdict: outcome.verdict,
                    value: outcome.value,
                })
                .collect(),
            cost: Cost {
                monthly_usd: expect::monthly_usd(meta, run.seconds(), |c| run.component(c, component::DEPLOYED_NS)),
            },
        }
    }

    /// Sets what formulas say beside what the run found, where the run is one that they speak of.
    pub fn compare(&mut self, trace: &Trace, predictions: &[Prediction]) {
        let measured_s = seconds(trace.simulated_ns.saturating_sub(trace.meta.warmup_ns));
        for prediction in predictions {
            let component = self.components.get_mut(&prediction.component);
            let spoken_of = |c: &&mut Component| prediction.expects(c.arrivals, measured_s) && is_served_out(c);
            if let Some(component) = component.filter(spoken_of) {
                component.theory = Some(prediction.beside(component.sojourn_s.mean));
            }
        }
    }

    /// Whether an expectation makes the run fail.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.expectations.iter().any(|expected| expected.verdict.is_failure())
    }
}

/// Whether visits stay until they are served, or find no room: hardly one is called off.
fn is_served_out(component: &Component) -> bool {
    let turned_away = outcome::NAMES[outcome::REJECTED as usize];
    let odd: u64 = component.errors.iter().filter(|(name, _)| *name != turned_away).map(|(_, count)| count).sum();
    odd as f64 <= theory::ODD * component.arrivals as f64
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn mean_s(sum_ns: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum_ns as f64 / count as f64 / 1e9 }
}

fn errors(count: impl Fn(usize) -> u64) -> BTreeMap<String, u64> {
    let named = |code: usize| (outcome::NAMES[code].to_owned(), count(code));
    gathered((1..outcome::COUNT).map(named).filter(|(_, count)| *count > 0))
}

fn totals(interval: &Interval, flows: &[usize]) -> Totals {
    let sum = |column: usize| flows.iter().map(|&f| interval.flow(f, column)).sum::<u64>();
    let errors = errors(|code| sum(flow::of_outcome(code)));
    let (ok, late, failed) = (sum(flow::OUTCOMES), sum(flow::LATE), errors.values().sum::<u64>());
    let requests = ok + late + failed;
    let length = interval.seconds().max(1e-9);
    Totals {
        requests,
        ok,
        late,
        throughput_rps: requests as f64 / length,
        goodput_rps: ok as f64 / length,
        error_rate: if requests == 0 { 0.0 } else { failed as f64 / requests as f64 },
        errors,
    }
}

fn latency(interval: &Interval, flows: &[usize]) -> Latency {
    let histogram = interval.response(flows.iter().copied());
    let sum = flows.iter().map(|&f| interval.flow(f, flow::RESPONSE_NS)).sum();
    let max = flows.iter().map(|&f| interval.flow(f, flow::RESPONSE_MAX_NS)).max().unwrap_or(0);
    let at = |share: f64| quantile_s(&histogram, share);
    Latency {
        mean: mean_s(sum, histogram.count()),
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        max: seconds(max),
    }
}

fn quantile_s(histogram: &Histogram<'_>, share: f64) -> f64 {
    histogram.quantile(share).map_or(0.0, seconds)
}

fn usage(run: &Interval, index: usize) -> Option<Usage> {
    let get = |column: usize| run.flow(index, column);
    let ended = (0..outcome::COUNT).map(|code| get(flow::of_outcome(code))).sum::<u64>() + get(flow::LATE);
    let each = |column: usize| get(column) as f64 / ended as f64;
    let used = get(flow::TOKENS) > 0 || get(flow::TURNS) > 0;
    (used && ended > 0).then(|| Usage {
        tokens: each(flow::TOKENS),
        usd: each(flow::NANO_USD) * 1e-9,
        turns: each(flow::TURNS),
    })
}

fn replicas_of(trace: &Trace, run: &Interval, index: usize) -> Vec<Replica> {
    let rows = (0..trace.meta.components[index].replicas).map_while(|r| trace.meta.row_of_replica(index, r));
    let ns = (run.end_ns - run.start_ns) as f64;
    let one = |row: usize| {
        let get = |column: usize| run.component(row, column);
        let sojourn = run.sojourn(row);
        Replica {
            arrivals: get(component::ARRIVALS),
            served: get(component::SERVED),
            completions: get(component::OUTCOMES),
            errors: errors(|code| get(component::OUTCOMES + code)),
            utilization: utilization(run, row),
            mean_queue: get(component::QUEUE_NS) as f64 / ns,
            sojourn_s: Sojourn {
                mean: mean_s(get(component::SOJOURN_NS), sojourn.count()),
                p50: quantile_s(&sojourn, 0.5),
                p99: quantile_s(&sojourn, 0.99),
            },
        }
    };
    rows.map(one).collect()
}

fn component_of(trace: &Trace, run: &Interval, index: usize) -> Component {
    let meta = &trace.meta.components[index];
    let get = |column: usize| run.component(index, column);
    let ns = (run.end_ns - run.start_ns) as f64;
    let errors = errors(|code| get(component::of_outcome(code)));
    let sojourn = run.sojourn(index);
    let lookups = get(component::HITS) + get(component::MISSES) + get(component::COALESCED);
    Component {
        kind: meta.kind.clone(),
        replicas: meta.replicas,
        fleet: meta.initial.map(|_| Fleet {
            serving: get(component::SERVING_NS) as f64 / ns,
            deployed: get(component::DEPLOYED_NS) as f64 / ns,
            last: get(component::SERVING),
        }),
        servers: meta.servers.map(|servers| u64::from(servers) * u64::from(meta.replicas)),
        arrivals: get(component::ARRIVALS),
        completions: get(component::OUTCOMES),
        errors,
        orphaned: get(component::ORPHANED),
        utilization: utilization(run, index),
        mean_busy: get(component::BUSY_NS) as f64 / ns,
        mean_processors_busy: (get(component::PROCESSORS_NS) > 0)
            .then(|| get(component::PROCESSORS_BUSY_NS) as f64 / ns),
        mean_queue: get(component::QUEUE_NS) as f64 / ns,
        max_queue: get(component::QUEUE_MAX),
        mean_in_system: get(component::PRESENT_NS) as f64 / ns,
        waiting_s: Mean { mean: mean_s(get(component::WAITING_NS), get(component::STARTS)) },
        service_s: Mean { mean: mean_s(get(component::SERVICE_NS), get(component::SERVED)) },
        sojourn_s: Sojourn {
            mean: mean_s(get(component::SOJOURN_NS), sojourn.count()),
            p50: quantile_s(&sojourn, 0.5),
            p99: quantile_s(&sojourn, 0.99),
        },
        by_replica: replicas_of(trace, run, index),
        setups: get(component::SETUPS),
        stale: get(component::STALE),
        joined: get(component::JOINED),
        requeued: get(component::REQUEUED),
        hit_ratio: (lookups > 0).then(|| get(component::HITS) as f64 / lookups as f64),
        theory: None,
        tokens: get(component::TOKENS),
        tokens_wasted: get(component::TOKENS_WASTED),
        budget_stops: get(component::BUDGET_STOPS),
        elections: get(component::ELECTIONS),
        leaderless: get(component::LEADERLESS_NS) as f64 / ns,
    }
}

fn utilization(interval: &Interval, index: usize) -> Option<f64> {
    let get = |column: usize| interval.component(index, column);
    let [busy, of] = component::busy_of(get(component::PROCESSORS_NS)).map(get);
    (of > 0).then(|| busy as f64 / of as f64)
}

fn is_never(share: &f64) -> bool {
    *share == 0.0
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn edge_of(run: &Interval, index: usize) -> Edge {
    let get = |column: usize| run.edge(index, column);
    Edge {
        calls: get(edge::CALLS),
        attempts: get(edge::ATTEMPTS),
        retries: get(edge::RETRIES),
        timeouts: get(edge::TIMEOUTS),
        failed: get(edge::FAILED),
        lost: get(edge::LOST),
        breaker_opens: get(edge::BREAKER_OPENS),
        hedges: get(edge::HEDGES),
        no_permit: get(edge::NO_PERMIT),
        ejections: get(edge::EJECTIONS),
        none_eligible: get(edge::NONE_ELIGIBLE),
        throttled: get(edge::THROTTLED),
        resent: get(edge::RESENT),
        connects: get(edge::CONNECTS),
        permit_wait_s: mean_s(get(edge::PERMIT_WAIT_NS), get(edge::ATTEMPTS) - get(edge::NO_PERMIT)),
        mean_s: mean_s(get(edge::LATENCY_NS), get(edge::OK) + get(edge::FAILED)),
    }
}

fn phase_of(trace: &Trace, phase: &crate::meta::Phase, flows: &[usize]) -> Phase {
    let interval = trace.interval(phase.start_ns, phase.end_ns);
    let edges = |column: usize| (0..trace.meta.edges.len()).map(|e| interval.edge(e, column)).sum();
    let named = |c: usize| trace.meta.components[c].name.clone();
    let components = 0..trace.meta.components.len();
    Phase {
        start_s: seconds(phase.start_ns),
        end_s: seconds(phase.end_ns),
        totals: totals(&interval, flows),
        latency_s: latency(&interval, flows),
        utilization: gathered(components.clone().filter_map(|c| utilization(&interval, c).map(|u| (named(c), u)))),
        hit_ratio: gathered(components.filter_map(|c| {
            let hits = interval.component(c, component::HITS);
            let all = hits + interval.component(c, component::MISSES) + interval.component(c, component::COALESCED);
            (all > 0).then(|| (named(c), hits as f64 / all as f64))
        })),
        retries: edges(edge::RETRIES),
        timeouts: edges(edge::TIMEOUTS),
    }
}

fn windows(trace: &Trace) -> Windows {
    let width_s = seconds(trace.meta.window_ns);
    let flows = 0..trace.meta.flows.len();
    let mut columns = WindowColumns::default();
    for window in 0..trace.windows.len() {
        let sum = |column: usize| flows.clone().map(|f| trace.window_flow(window, f, column)).sum::<u64>();
        let good = sum(flow::OUTCOMES);
        let errors: u64 = (1..outcome::COUNT).map(|code| sum(flow::of_outcome(code))).sum();
        let p99 = flows.clone().map(|f| trace.window_flow(window, f, flow::RESPONSE_P99)).max().unwrap_or(0);
        columns.t.push((window + 1) as f64 * width_s);
        columns.rps.push((good + sum(flow::LATE) + errors) as f64 / width_s);
        columns.goodput_rps.push(good as f64 / width_s);
        columns.errors.push(errors);
        columns.p99_s.push(seconds(p99));
        columns.in_flight.push(sum(flow::IN_FLIGHT));
    }
    Windows { width_s, columns }
}
