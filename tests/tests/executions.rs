//! Random models, executed four times: by the reference, by wasmtime with all passes, by wasmtime with none, and by V8.
//! Of each ten models nine are executed by the first two only, unless all are asked for:
//!
//! ```text
//! SYSDL_EXECUTIONS=4 SYSDL_FIRST_MODEL=1000 SYSDL_MODELS=1000 cargo test --release --workspace --test executions -- --nocapture
//! ```

use rand::RngExt;
use rayon::prelude::*;
use sysdl_kernel::columns::{component as column, flow, flows_at};
use sysdl_kernel::draw::{KeyedRng, mix};
use sysdl_kernel::outcome;
use sysdl_lower::Passes;
use sysdl_lower::model::{
    Acks, Append, Balance, Call, Cluster, ComponentId, Distribution, Effect, EffectOp, Gaps, Model, Parameter, Policy,
    Source, Step,
};
use sysdl_tests::executions::{Facts, compare, in_v8, interpreted, module, run};
use sysdl_tests::models::{MS, call, component, edge, model, retry, source, work_ms};
use sysdl_tests::{generate, shrink};

/// Models of a few hundred events to some ten thousand; a nightly run takes thousands of them.
const MODELS: u64 = 300;
/// Beyond them: calm models that have found a mistake once.
const CAUGHT: [u64; 4] = [675, 684, 738, 785];
/// Models whose modules one process of Node runs.
const BATCH: u64 = 20;

/// How the executions of some models differ, where they do.
fn batch(numbers: &[u64], of: fn(u64) -> Model) -> Vec<(u64, String)> {
    let (mut wrong, mut sound) = (Vec::new(), Vec::<(u64, Facts, Vec<u8>)>::new());
    let all = std::env::var("SYSDL_EXECUTIONS").is_ok_and(|text| text == "4");
    for &number in numbers {
        let thorough = all || number % 10 == 3;
        match compare(&of(number), thorough) {
            Ok((facts, wasm)) if thorough => sound.push((number, facts, wasm)),
            Ok(_) => {}
            Err(why) => wrong.push((number, why)),
        }
    }
    let modules: Vec<Vec<u8>> = sound.iter().map(|(_, _, wasm)| wasm.clone()).collect();
    let found = in_v8(&modules).expect("node is installed; `./test.sh` installs it");
    assert_eq!(found.len(), sound.len());
    let differs = sound.iter().zip(&found).filter(|((_, facts, _), v8)| facts != *v8);
    wrong.extend(differs.map(|((number, facts, _), v8)| (*number, format!("V8: {} instead of {}", v8.all, facts.all))));
    wrong
}

/// Compares the executions of models of a kind.
fn all_agree(of: fn(u64) -> Model) {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (first, count) = (asked("SYSDL_FIRST_MODEL").unwrap_or(0), asked("SYSDL_MODELS").unwrap_or(MODELS));
    let numbers: Vec<u64> = (first..first + count).collect();
    let mut wrong: Vec<(u64, String)> =
        numbers.par_chunks(BATCH as usize).flat_map(|numbers| batch(numbers, of)).collect();
    wrong.sort_unstable();
    println!("models {first} to {}: {} differ", first + count - 1, wrong.len());
    let told: Vec<String> = wrong.iter().map(|(number, why)| format!("model {number}: {why}")).collect();
    if let Some(&(number, _)) = wrong.first() {
        println!("{}\nshrinking model {number} …", told.join("\n"));
        // What fails in another way is another mistake, or no model.
        let model = of(number);
        let how = shrink::failure(&model);
        let small = shrink::shrunk(&model, |smaller| shrink::failure(smaller) == how);
        panic!("{} of {count} models differ:\n{}\n\nmodel {number}, shrunk:\n{small}", wrong.len(), told.join("\n"));
    }
}

#[test]
fn the_module_and_the_reference_have_the_same_facts() {
    all_agree(generate::model);
}

#[test]
fn what_is_resolved_ahead_has_the_same_facts() {
    all_agree(generate::calm);
}

#[test]
fn flights_that_found_a_mistake_once() {
    assert_eq!(batch(&CAUGHT, generate::calm), []);
}

/// A random model among so many components that durations are noted first and counted later.
fn among_many(number: u64) -> Model {
    let mut model = if number.is_multiple_of(2) { generate::model(number) } else { generate::calm(number) };
    for i in 0..100 {
        let (at, by) = (model.components.len() as u32, model.edges.len() as u32);
        model.components.push(component(&format!("other{i}"), 1, vec![work_ms(1 + i % 7)]));
        model.edges.push(edge(&format!("traffic->other{i}"), None, at));
        model.sources.push(Source { name: format!("others{i}"), ..source(Gaps::Poisson, 20.0, call(by, at)) });
    }
    model
}

#[test]
fn durations_that_are_counted_later_are_the_same_facts() {
    let numbers: Vec<u64> = (0..16).collect();
    assert_eq!(batch(&numbers, among_many), []);
}

/// A system whose requests go straight to their servers, and what gets in their way: some of these are too few, a database
/// keeps others waiting, and faults delay those that are on their way, or turn them away.
fn straight(number: u64) -> Model {
    let mut rng = KeyedRng::new(mix(number ^ 0x5714));
    let servers = rng.random_range(4..=9);
    let replicas = rng.random_range(1..=3);
    let rate = f64::from(servers * replicas) * 500.0 * rng.random_range(0.2..1.1);
    let mean = |ms: f64| Distribution::Exponential(ms * MS as f64);
    let patient = |call: Call, ms: u64, tries: u32| {
        let policy =
            Policy { timeout_ns: Some(ms * MS), retry: (tries > 0).then(|| retry(tries)), ..call.policy.clone() };
        Call { policy, ..call }
    };
    let asks = patient(call(2, 2), rng.random_range(2..=30), rng.random_range(0..=2));
    let ahead = Distribution::Constant(rng.random_range(1_000.0..200_000.0));
    let app = patient(call(1, 1), rng.random_range(5..=60), u32::from(rng.random_bool(0.2)));
    let mut balancer = component("balancer", 1, vec![Step::Work(ahead), Step::Call(app)]);
    balancer.station.servers = None;
    let then = vec![Step::Call(asks)];
    let mut app = component(
        "app",
        servers,
        vec![Step::Work(mean(1.5)), Step::With { probability: 0.2, then, otherwise: Vec::new() }],
    );
    app.replicas = replicas;
    app.station.queue_capacity = rng.random_bool(0.3).then_some(5);
    let database = component("database", 3, vec![Step::Work(mean(1.0))]);
    // A message may be on its way when a window closes.
    let far: f64 = if rng.random_bool(0.4) { 4e6 } else { 50_000.0 };
    let network = Distribution::Constant((far * rng.random_range(0.0..1.0f64)).floor());
    let balance = if rng.random_bool(0.5) { Balance::RoundRobin } else { Balance::Random };
    let mut more = vec![edge("balancer->app", Some(0), 1), edge("app->database", Some(1), 2)];
    (more[0].latency, more[0].balance) = (network, balance);
    let gaps = if rng.random_bool(0.8) { Gaps::Poisson } else { Gaps::Constant };
    let mut model = model(2, source(gaps, rate, call(0, 0)), vec![balancer, app, database], more);
    model.window_ns = if rng.random_bool(0.5) { 100 * MS } else { 20 * MS };
    if rng.random_bool(0.3) {
        model.edges.push(edge("others->database", None, 2));
        model.sources.push(Source { name: "others".to_owned(), ..source(Gaps::Poisson, 300.0, call(3, 2)) });
    }
    let faults = [
        (Parameter::StationService(ComponentId(0)), EffectOp::Multiply, 200.0),
        (Parameter::StationService(ComponentId(1)), EffectOp::Multiply, 4.0),
        (Parameter::StationDown(ComponentId(1)), EffectOp::Or, 1.0),
        (Parameter::StationErrors(ComponentId(2)), EffectOp::Combine, 0.5),
    ];
    for (parameter, op, value) in faults {
        if rng.random_bool(0.4) {
            let start_ns = rng.random_range(200..=1_500) * MS;
            let end_ns = Some(start_ns + rng.random_range(20..=300) * MS);
            let label = format!("{parameter:?}");
            let when = effect(label, parameter, op, value);
            model.effects.push(Effect { start_ns, end_ns, ..when });
        }
    }
    model
}

/// An effect on the first replica of something, from the begin to the end.
fn effect(label: String, parameter: Parameter, op: EffectOp, value: f64) -> Effect {
    let (start_ns, end_ns, ramp_ns, fade_ns) = (0, None, 0, 0);
    Effect {
        label,
        event: None,
        parameter,
        first: 0,
        count: 1,
        op,
        value,
        start_ns,
        end_ns,
        ramp_ns,
        fade_ns,
        when: None,
        random: None,
    }
}

#[test]
fn requests_that_go_straight_have_the_same_facts() {
    let goes_straight = |number: u64| {
        let ahead = sysdl_lower::compile(&straight(number)).expect("it fits").module.ahead;
        ahead.sources.iter().any(|of| of.straight > 0)
    };
    // Where calls of the servers are tried again, others come between.
    let many = (0..20).filter(|&number| goes_straight(number)).count();
    assert!((12..20).contains(&many), "{many} of 20 models");
    all_agree(straight);
}

#[test]
fn a_good_part_of_calm_models_is_resolved_ahead() {
    let events = |passes: Passes, number: u64| {
        let model = generate::calm(number);
        run(&model, &module(&model, passes).expect("it fits"), false).expect("it runs").events
    };
    let one_by_one = Passes { ahead: false, ..Passes::ALL };
    let much = (0..24).filter(|&number| events(Passes::ALL, number) * 3 < events(one_by_one, number) * 2).count();
    assert!(much >= 5, "only {much} of 24 models spare a third of their events");
}

/// Appends to the one broker, which is down from 300 ms to 700 ms, and known to be from 400 ms on. Who cannot ask it goes on:
/// no text says that, but a model can.
fn appends() -> Model {
    let mut asked = call(1, 1);
    asked.skip_failure = true;
    let append =
        Append { call: asked, partitions: 1, replication: 1, acks: Acks::All, min_in_sync: 1, fetch_ns: 10 * MS };
    let mut broker = component("broker", 10, vec![work_ms(1)]);
    let detection = Distribution::Constant(100.0 * MS as f64);
    broker.cluster = Some(Cluster { detection, catch_up_ns: 0, restore_ns: 0 });
    let topic = component("topic", 10, vec![Step::Append(Box::new(append))]);
    let more = vec![edge("topic->broker", Some(0), 1)];
    let mut model = model(1, source(Gaps::Constant, 100.0, call(0, 0)), vec![topic, broker], more);
    let down = effect("crash".to_owned(), Parameter::StationDown(ComponentId(1)), EffectOp::Or, 1.0);
    model.effects = vec![Effect { start_ns: 300 * MS, end_ns: Some(700 * MS), ..down }];
    model
}

#[test]
fn what_was_never_sent_to_a_broker_is_not_there() {
    let model = appends();
    compare(&model, true).expect("all executions have the same facts");
    let found = interpreted(&model);
    // Those of 400 to 690 ms find nobody who leads. Before that they do, in vain.
    assert_eq!(found.cumulative[flows_at(2, 2) + flow::OUTCOMES + outcome::FAILED as usize], 30);
    assert_eq!(found.cumulative[column::COUNT + column::ARRIVALS], 29 + 10 + 30);
}
