//! Random models, executed four times: by the reference, by wasmtime with all passes, by wasmtime with none, and by V8.
//! Of each ten models nine are executed by the first two only, unless all are asked for:
//!
//! ```text
//! SYSDL_EXECUTIONS=4 SYSDL_FIRST_MODEL=1000 SYSDL_MODELS=1000 cargo test --release --workspace --test executions -- --nocapture
//! ```

use rayon::prelude::*;
use sysdl_kernel::columns::{component as column, flow, flows_at};
use sysdl_kernel::outcome;
use sysdl_lower::Passes;
use sysdl_lower::model::{
    Acks, Append, Cluster, ComponentId, Distribution, Effect, EffectOp, Gaps, Model, Parameter, Source, Step,
};
use sysdl_tests::executions::{Facts, compare, in_v8, interpreted, module, run};
use sysdl_tests::models::{MS, call, component, edge, model, source, work_ms};
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
    model.effects = vec![Effect {
        label: "crash".to_owned(),
        event: None,
        parameter: Parameter::StationDown(ComponentId(1)),
        first: 0,
        count: 1,
        op: EffectOp::Or,
        value: 1.0,
        start_ns: 300 * MS,
        end_ns: Some(700 * MS),
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
        random: None,
    }];
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
