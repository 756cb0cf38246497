//! What does nothing changes nothing: a component that nobody calls, a fault that begins after the run, and one of no
//! severity leave the facts of everything else as they are, bit for bit.

use rayon::prelude::*;
use std::path::Path;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::compile;
use sysdl_lower::model::{Arrivals, ComponentId, Discipline, EdgeId, Effect, EffectOp, Model, Parameter, RateProfile};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, Trace, drive, verify};
use sysdl_tests::models::{component, work_ms};
use sysdl_tests::{generate, programs};

/// Random models tried, unless `SYSDL_MODELS` says otherwise.
const MODELS: u64 = 20;

fn run(model: &Model) -> Trace {
    let prepared = Prepared::new(&compile(model).expect("it fits").module.bytes).expect("it is valid");
    let mut guest = prepared.instantiate().expect("it instantiates");
    let trace = drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true).expect("it runs");
    assert_eq!(verify(&trace), Vec::<String>::new(), "{}", model.system);
    trace
}

/// Some random models, and every scenario of the blueprints, cut to three seconds.
fn models() -> Vec<Model> {
    let count = std::env::var("SYSDL_MODELS").ok().and_then(|n| n.parse().ok()).unwrap_or(MODELS);
    let mut models: Vec<Model> = (0..count).map(generate::model).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../blueprints");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("it is there").flatten().map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sysdl"));
    files.sort();
    for path in files {
        let text = std::fs::read(&path).expect("it can be read");
        let analysis = analyze(&path.display().to_string(), &text, &NoFiles);
        for scenario in analysis.scenarios() {
            let mut model = programs::load(&path, &scenario.name).model;
            model.duration_ns = model.duration_ns.min(3_000_000_000);
            model.warmup_ns = 0;
            model.phases.clear();
            models.push(model);
        }
    }
    models
}

/// What is wrong with models that a change should leave alone. The change says which component it touches.
fn unchanged(change: impl Fn(&Model) -> (Model, Option<usize>) + Sync) {
    let wrong: Vec<String> = models()
        .par_iter()
        .filter_map(|model| {
            let (changed, touched) = change(model);
            let (before, after) = (run(model), run(&changed));
            let mut names = Vec::new();
            if before.digest_requests != after.digest_requests {
                names.push("requests".to_owned());
            }
            for (index, component) in model.components.iter().enumerate() {
                if Some(index) != touched && before.digest_components[index] != after.digest_components[index] {
                    names.push(component.name.clone());
                }
            }
            (!names.is_empty()).then(|| format!("{} {}: {}", model.system, model.scenario, names.join(", ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_component_that_nobody_calls() {
    unchanged(|model| {
        let mut changed = model.clone();
        let mut idle = component("nobody", 3, vec![work_ms(1)]);
        idle.replicas = 2;
        changed.components.push(idle);
        (changed, None)
    });
}

/// An effect on everything that a component, its outgoing edges and, with the first, the sources have.
fn effects(model: &Model, index: usize, start_ns: u64, severe: bool) -> Vec<Effect> {
    let c = ComponentId(index as u32);
    let mut of = vec![
        (Parameter::StationService(c), EffectOp::Multiply, 1.0, 4.0),
        (Parameter::StationErrors(c), EffectOp::Combine, 0.0, 0.9),
        (Parameter::StationDown(c), EffectOp::Or, 0.0, 1.0),
    ];
    let station = &model.components[index].station;
    let interrupts = matches!(station.discipline, Discipline::Preemptive | Discipline::PreemptiveLifo);
    // Speeds are of processors that work shares, which excludes being interrupted or done in batches.
    if !interrupts && station.batch.is_none() {
        of.push((Parameter::StationSpeed(c), EffectOp::Multiply, 1.0, 0.5));
    }
    if model.components[index].store.is_some() {
        of.push((Parameter::StoreHits(c), EffectOp::Multiply, 1.0, 0.0));
    }
    for (number, _) in model.edges.iter().enumerate().filter(|(_, edge)| edge.from == Some(c)) {
        let e = EdgeId(number as u32);
        of.push((Parameter::LinkDelay(e), EffectOp::Add, 0.0, 5e6));
        of.push((Parameter::LinkJitter(e), EffectOp::Add, 0.0, 5e6));
        of.push((Parameter::LinkLossRequest(e), EffectOp::Combine, 0.0, 0.5));
        of.push((Parameter::LinkLossReply(e), EffectOp::Combine, 0.0, 0.5));
    }
    for (number, source) in model.sources.iter().enumerate().filter(|_| index == 0) {
        if matches!(source.arrivals, Arrivals::Open { rate: RateProfile::Steady(_), .. }) {
            of.push((Parameter::SourceRate(number as u32), EffectOp::Multiply, 1.0, 3.0));
        }
    }
    let effect = |(parameter, op, silent, loud): (Parameter, EffectOp, f64, f64)| Effect {
        label: "silence".to_owned(),
        event: None,
        parameter,
        first: 0,
        count: 1,
        op,
        value: if severe { loud } else { silent },
        start_ns,
        end_ns: Some(start_ns + 500_000_000),
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
        random: None,
    };
    of.into_iter().map(effect).collect()
}

#[test]
fn a_fault_that_never_fires() {
    unchanged(|model| {
        let mut changed = model.clone();
        for index in 0..model.components.len() {
            changed.effects.extend(effects(model, index, model.duration_ns + 1, true));
        }
        (changed, None)
    });
}

#[test]
fn a_fault_of_no_severity() {
    unchanged(|model| {
        let index = model.seed as usize % model.components.len();
        let mut changed = model.clone();
        changed.effects.extend(effects(model, index, 300_000_000, false));
        (changed, Some(index))
    });
}

/// The canary: what does something is seen.
#[test]
#[should_panic(expected = "requests")]
fn a_fault_that_fires() {
    unchanged(|model| {
        let mut changed = model.clone();
        changed.effects.extend(effects(model, 0, 300_000_000, true));
        (changed, None)
    });
}
