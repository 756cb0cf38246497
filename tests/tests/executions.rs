//! One plan, two executions: the linked module under wasmtime, and the reference executor that
//! interprets the plan. They share draws, tables and fact encoding, nothing else; every fact of one
//! must be a fact of the other.

use rayon::prelude::*;
use sysdl_kernel::columns;
use sysdl_lower::{compile, flatten, model::Model};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, Trace, drive, verify};
use sysdl_tests::{generate, reference};

/// Models of a few hundred events to some ten thousand; a nightly run takes thousands of them.
const MODELS: u64 = 300;

fn module(model: &Model, seed: u64) -> Trace {
    let compiled = compile(model).expect("a generated model fits");
    let prepared = Prepared::new(&compiled.module.bytes).expect("the module is valid");
    let mut guest = prepared.instantiate().expect("it instantiates");
    drive(&mut guest, prepared.meta(), seed, Limits::default(), |_| true).expect("it runs")
}

/// The first window and row in which two executions differ, for whoever has to find out why.
fn difference(trace: &Trace, outcome: &reference::Outcome) -> String {
    for (window, (a, b)) in trace.windows.iter().zip(&outcome.windows).enumerate() {
        if let Some(word) = a.iter().zip(b).position(|(x, y)| x != y) {
            let name = name_of(trace, word);
            return format!("window {window}, {name}: module {} reference {}", a[word], b[word]);
        }
    }
    "rows agree".to_owned()
}

/// Whose cell a word of a block of rows is, and which.
fn name_of(trace: &Trace, word: usize) -> String {
    let meta = &trace.meta;
    let (components, edges, flows) = (meta.components.len(), meta.edges.len(), meta.flows.len());
    let families: [(usize, &[columns::Column]); 4] = [
        (0, &columns::component::ALL),
        (columns::edges_at(components), &columns::edge::ALL),
        (columns::flows_at(components, edges), &columns::flow::ALL),
        (columns::subscriptions_at(components, edges, flows), &columns::subscription::ALL),
    ];
    let family = families.iter().rposition(|(first, _)| *first <= word).unwrap_or(0);
    let (first, all) = families[family];
    let (row, column) = ((word - first) / all.len(), (word - first) % all.len());
    let owner = match family {
        0 => meta.components[row].name.clone(),
        1 => meta.edges[row].name.clone(),
        2 => meta.flows[row].name.clone(),
        _ => meta.edges[meta.subscriptions[row].edge as usize].name.clone(),
    };
    format!("{} of {owner}", all[column].0)
}

/// How the two executions of a model differ, if they do.
fn compare(number: u64) -> Option<(u64, String)> {
    let model = generate::model(number);
    let trace = module(&model, model.seed);
    let outcome = reference::run(&flatten(&model), model.seed, model.duration_ns + 1);
    let same = trace.digest == outcome.digest
        && trace.digest_requests == outcome.requests_digest
        && trace.digest_components == outcome.components;
    let broken = verify(&trace);
    let why = if same { broken.join("; ") } else { difference(&trace, &outcome) };
    (!why.is_empty()).then_some((number, why))
}

#[test]
fn the_module_and_the_reference_have_the_same_facts() {
    let first = std::env::var("SYSDL_FIRST_MODEL").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let count = std::env::var("SYSDL_MODELS").ok().and_then(|n| n.parse().ok()).unwrap_or(MODELS);
    let mut wrong: Vec<(u64, String)> = (first..first + count).into_par_iter().filter_map(compare).collect();
    wrong.sort_unstable();
    let wrong: Vec<String> = wrong.into_iter().map(|(number, text)| format!("model {number}: {text}")).collect();
    assert!(wrong.is_empty(), "{} of {count} models differ:\n{}", wrong.len(), wrong.join("\n"));
}
