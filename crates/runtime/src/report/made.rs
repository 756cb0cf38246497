//! A trace → its report.

use super::{
    Component, Cost, Digests, Edge, Endpoint, Expected, Fleet, Latency, Mean, Phase, Replica, Report, Sojourn, Totals,
    Usage, WindowColumns, Windows,
};
use crate::expect::{self, Expectation};
use crate::guest::Status;
use crate::statistics::confidence;
use crate::theory::{self, Prediction};
use crate::trace::{Histogram, Interval, Trace};
use std::collections::BTreeMap;
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::outcome;
use sysdl_order::gathered;

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
