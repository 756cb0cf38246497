//! A run in the page: its module, and what is recorded of it.

use super::memory::Seen;
use super::scene::scene;
use super::{Message, number, seed, text};
use crate::resolve::program::NoFiles;
use crate::resolve::{Override, Resolved, analyze};
use crate::service;
use serde_json::{Value, json};
use sysdl_kernel::histogram::{BUCKETS, stretches};
use sysdl_lower::model::{Model, Queueing};
use sysdl_lower::{Extent, compile, twin_of};
use sysdl_runtime::expect::{Expectation, Outcome, evaluate, need_twin};
use sysdl_runtime::guest::Status;
use sysdl_runtime::recorder::{Recorder, View};
use sysdl_runtime::theory::Prediction;
use sysdl_runtime::{Meta, Report, why};

/// The name that a text has in the page.
const FILE: &str = "model.sysdl";

/// A module that runs.
#[derive(Debug)]
pub(super) struct Run {
    recorder: Recorder,
    components: usize,
    expectations: Vec<Expectation>,
    predictions: Vec<Prediction>,
    /// What it is, if it is the twin of another.
    twin_is: Option<&'static str>,
}

/// Compiles a scenario of `source`: `scenario` (the first by default), `seed`, `inputs` (lines that its block gets), `set`
/// (pairs of path and value), `previous` (the scene before) and `pins`, `with_twin` (to ask why; both are filmed then). Answers what the
/// page shows of it, and how it is read: what the module does not say of its `edges`, and `buckets` of durations, as
/// [`stretches`] has them. The bytes are the module, behind it its twin's.
pub(super) fn load(question: &Value, runs: &mut Vec<Option<Run>>) -> Result<Message, String> {
    let source = spliced(question)?;
    let analysis = analyze(FILE, source.as_bytes(), &NoFiles);
    let scenarios = analysis.scenarios();
    let wanted = question["scenario"].as_str();
    let chosen =
        scenarios.iter().find(|scenario| wanted.is_none_or(|name| scenario.name == name)).or(scenarios.first());
    let name = chosen.map_or("steady", |scenario| scenario.name.as_str());
    let resolved = analysis.resolve(name, &overrides(question));
    let Some(model) = &resolved.model else { return Ok(refused(&source)) };
    let with_twin = question["with_twin"] == true;
    let Opened { module, extents, seed, scene, edges } = open(model, question, with_twin, None, &resolved, runs)?;
    let mut bytes = module;
    let mut lengths = vec![bytes.len()];
    if with_twin {
        let (twin, twin_is) = twin_of(model);
        let module = open(&twin, question, true, Some(twin_is.words()), &resolved, runs)?.module;
        lengths.push(module.len());
        bytes.extend(module);
    }
    let opened: Vec<usize> = (runs.len() - lengths.len()..runs.len()).collect();
    let expectations = (resolved.expectations.iter()).map(|e| {
        json!({
            "text": e.text, "label": e.label, "line": e.line, "until_ns": e.until_ns(model.duration_ns),
            "twin": e.condition.is_of_healing(),
        })
    });
    let json = json!({
        "runs": opened,
        "modules": lengths,
        "scenario": name,
        "seed": seed.to_string(),
        "extents": extents.iter().map(extent).collect::<Value>(),
        "scene": scene,
        "expectations": expectations.collect::<Vec<_>>(),
        "edges": edges,
        "buckets": { "count": BUCKETS, "stretches": stretches().map(|(first, ns, apart)| json!([first, ns, apart])).collect::<Value>() },
        "next_stop_ns": runs[opened[0]].as_ref().and_then(|run| next_stop(&run.recorder)),
    });
    Ok(Message { json, bytes })
}

/// What the page is told of a module.
struct Opened {
    module: Vec<u8>,
    extents: Vec<Extent>,
    seed: u64,
    scene: Value,
    edges: Value,
}

/// How long the breaker of an edge stays open, and how it chooses among replicas, if it can.
fn conduct(model: &Model, name: &str) -> Value {
    let Some(edge) = model.edges.iter().find(|edge| edge.name == name) else { return json!({}) };
    let callee = &model.components[edge.to.0 as usize];
    let chooses = callee.replicas > 1 && callee.station.queue == Queueing::PerReplica && callee.leaders.is_none();
    json!({
        "breaker_ns": edge.breaker.as_ref().map(|breaker| breaker.open_ns),
        "balance": chooses.then(|| service::balance_in_words(edge)),
    })
}

/// `[address, columns, cells of each, bytes of each, of which pool it is]`
fn extent(extent: &Extent) -> Value {
    json!([extent.address, extent.columns, extent.cells, extent.cell_bytes, extent.pool as u32])
}

/// The module of a model, and a recorder for it.
fn open(
    model: &Model,
    question: &Value,
    filmed: bool,
    twin_is: Option<&'static str>,
    resolved: &Resolved,
    runs: &mut Vec<Option<Run>>,
) -> Result<Opened, String> {
    let emitted = compile(model).map_err(|error| error.to_string())?.module;
    let (module, extents) = (emitted.bytes, emitted.extents);
    let meta = Meta::of(&module).map_err(|error| error.to_string())?;
    let seed = seed(question).unwrap_or_else(|| meta.default_seed());
    let frame_ns = if filmed { why::frame_ns(meta.duration_ns, meta.row_words()) } else { 0 };
    let scene = scene(&meta, question.get("previous"), &question["pins"]);
    let edges = meta.edges.iter().map(|edge| conduct(model, &edge.name)).collect();
    runs.push(Some(Run {
        recorder: Recorder::new(&meta, seed, frame_ns),
        components: meta.components.len(),
        expectations: resolved.expectations.clone(),
        predictions: resolved.predictions.clone(),
        twin_is,
    }));
    Ok(Opened { module, extents, seed, scene, edges })
}

/// The text with its recorded inputs in the scenario's block.
fn spliced(question: &Value) -> Result<String, String> {
    let source = text(question, "source")?;
    let inputs: Vec<String> = question["inputs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect();
    if inputs.is_empty() {
        return Ok(source.to_owned());
    }
    let scenario = question["scenario"].as_str().map_or_else(|| first_scenario(source), str::to_owned);
    service::splice(source, &scenario, &inputs)
}

/// The scenario that a text runs if none is named.
pub(super) fn first_scenario(source: &str) -> String {
    let analysis = analyze(FILE, source.as_bytes(), &NoFiles);
    analysis.scenarios().into_iter().next().map_or_else(|| "steady".to_owned(), |scenario| scenario.name)
}

fn overrides(question: &Value) -> Vec<Override> {
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    question["set"].as_array().into_iter().flatten().filter_map(pair).collect()
}

fn refused(source: &str) -> Message {
    json!({ "error": "the text does not compile", "diagnostics": service::check(source).diagnostics }).into()
}

fn next_stop(recorder: &Recorder) -> Option<u64> {
    recorder.next_stop().map(|stop| stop.at_ns)
}

impl Run {
    /// The page has stopped the module: at the next `stop`, before its ring overflows (`drain`), to have a `report`, or
    /// because its memory is that of an earlier instant (`rewind`).
    pub(super) fn observe(&mut self, op: &str, question: &Value, bytes: &[u8]) -> Result<Message, String> {
        let seen = Seen::read(question, bytes)?;
        let view = View::new(&seen.excerpt, seen.columns, seen.records);
        match op {
            "stop" => self.recorder.stop(&view, seen.of_facts()),
            "rewind" => self.recorder.rewind(&view, seen.now_ns),
            "report" => {
                let status = Status::of(number(question, "status")? as i32).ok_or("no such status")?;
                let trace = self.recorder.look(&view, seen.now_ns, status, seen.digests(self.components));
                let mut report = Report::of(trace, &self.expectations, FILE);
                report.compare(trace, &self.predictions);
                return serde_json::to_value(report).map(Message::from).map_err(|error| error.to_string());
            }
            _ => {
                self.recorder.drain(&view);
            }
        }
        let stop = self.recorder.next_stop();
        let checkpoint = stop.is_some_and(|stop| stop.checkpoint);
        Ok(json!({ "next_stop_ns": stop.map(|stop| stop.at_ns), "checkpoint": checkpoint }).into())
    }
}

/// What made the run `run` go as it went, and how claims of its `expectations` stand that only its twin can tell: that is
/// the run behind it. Both have been reported.
pub(super) fn why(question: &Value, runs: &mut [Option<Run>]) -> Result<Message, String> {
    let first = number(question, "run")? as usize;
    let (Some(Some(run)), Some(Some(twin))) = (runs.get(first), runs.get(first + 1)) else {
        return Err("there is no twin".into());
    };
    let (with, without) = (run.recorder.trace(), twin.recorder.trace());
    let story = why::tell(with, without, twin.twin_is.unwrap_or_default());
    let mut told = serde_json::to_value(story).map_err(|error| error.to_string())?;
    if need_twin(&run.expectations) {
        let mut judged = with.clone();
        judged.healing = Some(why::judge(with, without));
        let claim = |outcome: Outcome| {
            let of_healing = outcome.expectation.condition.is_of_healing();
            of_healing.then(|| json!({ "verdict": outcome.verdict, "value": outcome.value }))
        };
        told["expectations"] = evaluate(&judged, &run.expectations).into_iter().map(claim).collect();
    }
    Ok(told.into())
}
