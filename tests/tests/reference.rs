//! The reference executor against what is known by other means: formulas, and runs short enough to do by hand.

use sysdl_kernel::columns::{component as c, edge as e, edges_at, flow as f, flows_at};
use sysdl_lower::flatten;
use sysdl_lower::model::{
    ComponentId, Distribution, Edge, Effect, EffectOp, Gaps, Hit, Hold, Model, Parameter, Queueing, Retry, Size, Step,
};
use sysdl_tests::models::{MS, SECOND, call, component, edge, model, retry, source, store, work_ms};
use sysdl_tests::reference::{self, Outcome};

/// A run to its end, and where its rows lie.
struct Run {
    outcome: Outcome,
    components: usize,
    edges: usize,
}

fn run(model: &Model) -> Run {
    let outcome = reference::run(&flatten(model), model.seed, u64::MAX);
    Run { outcome, components: model.components.len(), edges: model.edges.len() }
}

impl Run {
    fn component(&self, row: usize, column: usize) -> u64 {
        self.outcome.cumulative[row * c::COUNT + column]
    }

    fn edge(&self, row: usize, column: usize) -> u64 {
        self.outcome.cumulative[edges_at(self.components) + row * e::COUNT + column]
    }

    fn flow(&self, column: usize) -> u64 {
        self.outcome.cumulative[flows_at(self.components, self.edges) + column]
    }
}

fn assert_near(value: f64, expected: f64, share: f64) {
    assert!((value - expected).abs() <= share * expected, "{value} is not within {share} of {expected}");
}

fn exponential_ms(mean: f64) -> Step {
    Step::Work(Distribution::Exponential(mean * MS as f64))
}

#[test]
fn one_server_with_random_arrivals_has_the_sojourn_time_of_the_formula() {
    let station = component("a", 1, vec![exponential_ms(1.0)]);
    let run = run(&model(300, source(Gaps::Poisson, 700.0, call(0, 0)), vec![station], vec![]));
    let served = run.component(0, c::SERVED) as f64;
    // 1/(μ − λ) = 1/(1000 − 700) s; busy share λ/μ; Little's law links the two.
    assert_near(run.component(0, c::SOJOURN_NS) as f64 / served, 1e9 / 300.0, 0.04);
    assert_near(run.component(0, c::BUSY_NS) as f64, 0.7 * 3e11, 0.01);
    assert_near(run.component(0, c::PRESENT_NS) as f64, run.component(0, c::SOJOURN_NS) as f64, 1e-4);
}

#[test]
fn replicas_that_share_a_queue_wait_as_one_station_with_many_servers() {
    let mut shared = component("a", 1, vec![exponential_ms(1.0)]);
    shared.replicas = 3;
    shared.station.queue = Queueing::Shared;
    let run = run(&model(100, source(Gaps::Poisson, 2_100.0, call(0, 0)), vec![shared], vec![]));
    // Erlang C of 2.1 erlangs on 3 servers: 0.4923 wait, 1/(3μ − λ) each.
    let waiting = run.component(0, c::WAITING_NS) as f64 / run.component(0, c::STARTS) as f64;
    assert_near(waiting, 0.4923 * 1e9 / 900.0, 0.06);
}

#[test]
fn equal_gaps_and_equal_work_are_exact() {
    let run =
        run(&model(2, source(Gaps::Constant, 1_000.0, call(0, 0)), vec![component("a", 1, vec![work_ms(1)])], vec![]));
    let second = &run.outcome.windows[1];
    // Requests come at 1, 2, … ms; each is 1 ns on the way, so one is in service at every window's end,
    // and one in the nanosecond of its way.
    assert_eq!(second[c::ARRIVALS], 1_000);
    assert_eq!(second[c::SERVED], 1_000);
    assert_eq!(second[c::SOJOURN_NS], 1_000 * MS);
    assert_eq!(second[c::WAITING_NS], 0);
    assert_eq!(second[c::BUSY_NS], SECOND);
    assert_eq!(second[c::CAPACITY_NS], SECOND);
    assert_eq!(second[c::QUEUE_MAX], 0);
    assert_eq!((second[c::BUSY], second[c::PRESENT]), (1, 1));
    assert_eq!(run.outcome.requests, 2_000);
    assert_eq!(run.flow(f::RESPONSE_MAX_NS), MS + 2);
    assert_eq!(run.flow(f::IN_FLIGHT), 2);
    assert_eq!(run.outcome.windows.len(), 2);
}

#[test]
fn work_that_nobody_waits_for_is_done_and_counted() {
    let mut impatient = call(0, 0);
    impatient.policy.timeout_ns = Some(4 * MS);
    let run =
        run(&model(1, source(Gaps::Constant, 50.0, impatient), vec![component("a", 1, vec![work_ms(10)])], vec![]));
    // 50 requests, the last at 1 s: it has neither timed out nor arrived.
    assert_eq!(run.edge(0, e::TIMEOUTS), 49);
    assert_eq!(run.flow(f::OUTCOMES + 1), 49);
    assert_eq!(run.component(0, c::OUTCOMES), 49);
    assert_eq!(run.component(0, c::ORPHANED), 49);
    assert_eq!(run.component(0, c::BUSY_NS), 49 * 10 * MS);
    assert_eq!(run.edge(0, e::LATENCY_MAX_NS), 4 * MS);
}

#[test]
fn two_retries_amplify_by_one_plus_p_plus_p_squared() {
    let mut stubborn = call(0, 0);
    stubborn.policy.retry = Some(retry(2));
    let failing = component("a", 100, vec![Step::Fail(0.4)]);
    let run = run(&model(30, source(Gaps::Poisson, 1_000.0, stubborn), vec![failing], vec![]));
    let (calls, attempts) = (run.edge(0, e::CALLS) as f64, run.edge(0, e::ATTEMPTS) as f64);
    assert_near(attempts / calls, 1.0 + 0.4 + 0.16, 0.01);
    assert_near(run.edge(0, e::FAILED) as f64 / calls, 0.4 * 0.4 * 0.4, 0.06);
}

#[test]
fn a_budget_holds_retries_to_its_share_after_the_first_ten() {
    let mut thrifty = call(0, 0);
    thrifty.policy.retry = Some(Retry { budget: Some(0.125), ..retry(3) });
    let failing = component("a", 100, vec![Step::Fail(1.0)]);
    let run = run(&model(10, source(Gaps::Constant, 100.0, thrifty), vec![failing], vec![]));
    assert_eq!(run.edge(0, e::CALLS), 1_000);
    // The bucket is full when the first call comes, so its share is lost; the last call has not failed yet.
    assert_eq!(run.edge(0, e::RETRIES), 10 + 998 / 8);
}

#[test]
fn lookups_of_a_key_wait_for_the_fetch_under_way() {
    let lookup = Step::Lookup {
        call: Some(call(1, 1)),
        hit: Hit::Keyed { keys: 1, skew: 0.0, coalesce: true },
        miss: vec![work_ms(10)],
    };
    let mut cache = component("cache", 100, vec![]);
    cache.store = Some(store());
    let components = vec![component("a", 100, vec![lookup]), cache];
    let run =
        run(&model(1, source(Gaps::Constant, 1_000.0, call(0, 0)), components, vec![edge("a->cache", Some(0), 1)]));
    // The first fetches from 1 ms + 3 ns until 11 ms + 3 ns; those of 2 to 10 ms wait for it. That of 11 ms
    // reads at 11 ms + 3 ns, after work has ended at that instant: it hits. That of 1 s is on its way.
    assert_eq!(run.component(1, c::MISSES), 1);
    assert_eq!(run.component(1, c::COALESCED), 9);
    assert_eq!(run.component(1, c::HITS), 989);
}

#[test]
fn a_quorum_goes_on_with_the_second_answer() {
    let branches = vec![vec![work_ms(1)], vec![work_ms(5)], vec![work_ms(2)]];
    let fork = component("a", 100, vec![Step::Parallel { branches, need: 2 }]);
    let run = run(&model(1, source(Gaps::Constant, 100.0, call(0, 0)), vec![fork], vec![]));
    // One nanosecond on the way, two milliseconds, one to join, one back.
    assert_eq!(run.flow(f::RESPONSE_MAX_NS), 2 * MS + 3);
    assert_eq!(run.component(0, c::SERVICE_NS), 99 * (2 * MS + 1));
}

#[test]
fn the_failure_that_makes_a_quorum_impossible_fails_the_fork() {
    let failing = |ms| vec![work_ms(ms), Step::Fail(1.0)];
    let branches = vec![failing(1), vec![work_ms(5)], failing(2)];
    let fork = component("a", 100, vec![Step::Parallel { branches, need: 2 }]);
    let run = run(&model(1, source(Gaps::Constant, 100.0, call(0, 0)), vec![fork], vec![]));
    assert_eq!(run.flow(f::RESPONSE_MAX_NS), 2 * MS + 3);
    assert_eq!(run.flow(f::OUTCOMES + 7), 99);
}

#[test]
fn a_reply_in_a_branch_answers_for_the_visit() {
    let branches = vec![vec![work_ms(1), Step::Reply, work_ms(1)], vec![work_ms(5)]];
    let fork = component("a", 100, vec![Step::Parallel { branches, need: 2 }]);
    let run = run(&model(1, source(Gaps::Constant, 100.0, call(0, 0)), vec![fork], vec![]));
    assert_eq!(run.flow(f::RESPONSE_MAX_NS), MS + 2);
    assert_eq!(run.component(0, c::ORPHANED), 0);
    assert_eq!(run.component(0, c::SOJOURN_NS), 99 * (5 * MS + 1));
}

#[test]
fn a_server_held_for_work_only_serves_others_during_a_call() {
    let mut caller = component("a", 1, vec![work_ms(2), Step::Call(call(1, 1)), work_ms(2)]);
    caller.station.hold = Hold::Work;
    let components = vec![caller, component("b", 100, vec![work_ms(50)])];
    let run = run(&model(1, source(Gaps::Constant, 100.0, call(0, 0)), components, vec![edge("a->b", Some(0), 1)]));
    // Work of one request falls between that of others: nobody waits, though visits overlap.
    assert_eq!(run.component(0, c::WAITING_NS), 0);
    assert_eq!(run.component(0, c::PRESENT), 5);
    assert_eq!(run.flow(f::RESPONSE_MAX_NS), 54 * MS + 4);
}

#[test]
fn a_replica_that_goes_down_kills_what_it_holds() {
    let mut pair = component("a", 1, vec![work_ms(100)]);
    pair.replicas = 2;
    let mut model = model(1, source(Gaps::Constant, 100.0, call(0, 0)), vec![pair], vec![]);
    model.effects = vec![Effect {
        label: "crash".to_owned(),
        event: None,
        parameter: Parameter::StationDown(ComponentId(0)),
        first: 0,
        count: 1,
        op: EffectOp::Or,
        value: 1.0,
        start_ns: 95 * MS,
        end_ns: Some(195 * MS),
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
        random: None,
    }];
    let run = run(&model);
    // Replica 0 gets the requests of 10, 30, … ms. Five have come before it goes down, five come while it is.
    assert_eq!(run.component(0, c::KILLED), 5);
    assert_eq!(run.component(0, c::OUTCOMES + 7), 10);
    assert_eq!(run.flow(f::OUTCOMES + 7), 10);
    assert_eq!(run.component(0, c::CAPACITY_NS), 2 * SECOND - 100 * MS);
}

#[test]
fn who_pauses_between_attempts_has_nothing_more_to_call_off() {
    // A request holds the link for 30 ms, is given up after 10, and is to be made again 50 ms later. 20 ms after it was
    // made nobody wants its answer any more. The one word that calls it off waits for 20 ms.
    let mut asked = call(1, 1);
    asked.size = Some(Size::Drawn(Distribution::Constant(30_000.0)));
    asked.policy.retry = Some(Retry { backoff_ns: 50 * MS, cap_ns: 50 * MS, ..retry(1) });
    (asked.policy.timeout_ns, asked.policy.cancel) = (Some(10 * MS), true);
    let mut asking = call(0, 0);
    (asking.policy.timeout_ns, asking.policy.cancel) = (Some(20 * MS), true);
    let link = Edge { bandwidth: Some(1e6), ..edge("a->b", Some(0), 1) };
    let components = vec![component("a", 1, vec![Step::Call(asked)]), component("b", 1, vec![work_ms(50)])];
    let run = run(&model(1, source(Gaps::Constant, 10.0, asking), components, vec![link]));
    // Nine of ten: the last comes at the end. It takes a nanosecond until it is made.
    assert_eq!(run.edge(1, e::TIMEOUTS), 9);
    assert_eq!(run.edge(1, e::RETRIES), 0);
    assert_eq!(run.edge(1, e::LINK_WAIT_NS), 9 * 20 * MS);
}

#[test]
fn a_rate_that_changes_stretches_the_gap_it_falls_into() {
    let mut model = model(2, source(Gaps::Constant, 10.0, call(0, 0)), vec![component("a", 1, vec![])], vec![]);
    model.effects = vec![Effect {
        label: "lull".to_owned(),
        event: None,
        parameter: Parameter::SourceRate(0),
        first: 0,
        count: 1,
        op: EffectOp::Multiply,
        value: 0.5,
        start_ns: 950 * MS,
        end_ns: None,
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
        random: None,
    }];
    // 9 by 900 ms, half a gap later the rate halves: then at 1.05, 1.25, 1.45, 1.65, 1.85 s.
    assert_eq!(run(&model).outcome.requests, 9 + 5);
}

#[test]
fn what_nobody_calls_changes_no_request() {
    let busy = || component("a", 2, vec![exponential_ms(1.0)]);
    let load = || source(Gaps::Poisson, 900.0, call(0, 0));
    let alone = run(&model(5, load(), vec![busy()], vec![]));
    let beside = run(&model(5, load(), vec![busy(), component("idle", 1, vec![work_ms(1)])], vec![]));
    assert_eq!(alone.outcome.requests_digest, beside.outcome.requests_digest);
    assert_eq!(alone.outcome.components[0], beside.outcome.components[0]);
    assert_ne!(alone.outcome.digest, beside.outcome.digest);
}

#[test]
fn a_run_cut_short_has_the_windows_of_the_whole() {
    let model =
        model(3, source(Gaps::Poisson, 500.0, call(0, 0)), vec![component("a", 1, vec![exponential_ms(1.5)])], vec![]);
    let plan = flatten(&model);
    let whole = reference::run(&plan, 7, u64::MAX);
    let cut = reference::run(&plan, 7, 2 * SECOND + 1);
    assert_eq!(cut.windows, whole.windows[..2]);
    assert_eq!(reference::run(&plan, 7, 2 * SECOND).windows.len(), 1);
    assert_ne!(reference::run(&plan, 8, u64::MAX).digest, whole.digest);
}
