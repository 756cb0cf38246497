//! A run beside another: every number of both reports, their difference, and how far it can be trusted.
//!
//! The two have the same random draws, so a difference is taken pair by pair: seed by seed if there are several, stretch by
//! stretch of time (batch means) if there is one. What both have in common cancels out.

use crate::statistics::{Estimate, batches, estimate, paired};
use crate::steps::{Steps, Words, pooled};
use crate::trace::Trace;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::outcome;
use sysdl_order::Order as _;

/// Parts of a report that are compared.
const PARTS: [&str; 7] = ["totals", "latency_s", "endpoints", "components", "edges", "phases", "cost"];
/// Numbers that say when or what, not how much.
const LABELS: [&str; 4] = ["start_s", "end_s", "replicas", "servers"];

/// The differences of reports in pairs, as a tree of the report's own shape whose numbers are
/// `{ with, without, difference, ci95, n }`. `ci95` is null where nothing says how far a difference can be trusted.
#[must_use]
pub fn differences(with: &[Value], without: &[Value], batches: &BTreeMap<String, Estimate>) -> Value {
    let mut tree = Map::new();
    for part in PARTS {
        let of = |reports: &[Value]| -> Vec<Value> { reports.iter().map(|report| report[part].clone()).collect() };
        if let Some(value) = difference(part, &of(with), &of(without), batches) {
            tree.insert(part.to_owned(), value);
        }
    }
    Value::Object(tree)
}

fn difference(path: &str, with: &[Value], without: &[Value], batches: &BTreeMap<String, Estimate>) -> Option<Value> {
    let any = |test: fn(&Value) -> bool| with.iter().chain(without).any(test);
    if any(Value::is_object) {
        let objects = with.iter().chain(without).filter_map(Value::as_object);
        let mut keys: Vec<&String> = objects.flat_map(Map::keys).collect();
        keys.order();
        keys.dedup();
        let pick = |values: &[Value], key: &str| -> Vec<Value> { values.iter().map(|v| v[key].clone()).collect() };
        let found = keys.into_iter().filter(|key| !LABELS.contains(&key.as_str())).filter_map(|key| {
            let value = difference(&format!("{path}.{key}"), &pick(with, key), &pick(without, key), batches)?;
            Some((key.clone(), value))
        });
        let found: Map<String, Value> = sysdl_order::gathered(found);
        return (!found.is_empty()).then_some(Value::Object(found));
    }
    if !any(Value::is_number) {
        return None;
    }
    // An outcome that did not occur is left out of a report: it is 0.
    let numbers = |values: &[Value]| -> Vec<f64> { values.iter().map(|v| v.as_f64().unwrap_or(0.0)).collect() };
    let (a, b) = (numbers(with), numbers(without));
    let over_seeds = paired(&a, &b)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let same = a == b;
    let interval = match batches.get(path) {
        _ if same => Some(Estimate { mean: 0.0, half_width: 0.0, count: a.len() }),
        _ if a.len() > 1 => Some(over_seeds),
        Some(found) => Some(Estimate { mean: over_seeds.mean, ..*found }),
        None => None,
    };
    let ci95 = interval.filter(|e| e.half_width.is_finite()).map(|e| e.interval());
    let count = interval.map_or(a.len(), |e| e.count);
    Some(json!({ "with": mean(&a), "without": mean(&b), "difference": over_seeds.mean, "ci95": ci95, "n": count }))
}

/// Intervals of differences of two runs under one seed, from stretches of time, by the names of the report's numbers.
#[must_use]
pub fn by_time(with: &Trace, without: &Trace) -> BTreeMap<String, Estimate> {
    let mut found = BTreeMap::new();
    let (a, b) = (Batches::of(with), Batches::of(without));
    let mut put = |name: String, one: Vec<f64>, other: Vec<f64>| {
        if let Some(estimate) = stretches(&one, &other) {
            found.insert(name, estimate);
        }
    };
    put("totals.throughput_rps".to_owned(), a.rate(&a.ended()), b.rate(&b.ended()));
    put("totals.goodput_rps".to_owned(), a.rate(&a.flows(&[flow::OUTCOMES])), b.rate(&b.flows(&[flow::OUTCOMES])));
    put("totals.error_rate".to_owned(), a.share(&a.failed(), &a.ended()), b.share(&b.failed(), &b.ended()));
    let mean =
        |x: &Batches<'_>| x.share(&x.flows(&[flow::RESPONSE_NS]), &x.ended()).iter().map(|ns| ns / 1e9).collect();
    put("latency_s.mean".to_owned(), mean(&a), mean(&b));
    for (i, meta) in with.meta.components.iter().enumerate() {
        let Some(j) = without.meta.components.iter().position(|c| c.name == meta.name) else { continue };
        let mut level = |word: &str, column: usize| {
            put(format!("components.{}.{word}", meta.name), a.level(i, column), b.level(j, column));
        };
        level("mean_queue", component::QUEUE_NS);
        level("mean_in_system", component::PRESENT_NS);
        level("mean_busy", component::BUSY_NS);
        let used =
            |x: &Batches<'_>, c| x.share(&x.component(c, component::BUSY_NS), &x.component(c, component::CAPACITY_NS));
        put(format!("components.{}.utilization", meta.name), used(&a, i), used(&b, j));
        let hits = |x: &Batches<'_>, c| {
            let all = [component::HITS, component::MISSES, component::COALESCED].map(|column| x.component(c, column));
            let sum: Vec<f64> = (0..all[0].len()).map(|k| all[0][k] + all[1][k] + all[2][k]).collect();
            x.share(&all[0], &sum)
        };
        put(format!("components.{}.hit_ratio", meta.name), hits(&a, i), hits(&b, j));
    }
    for (i, meta) in with.meta.edges.iter().enumerate() {
        let Some(j) = without.meta.edges.iter().position(|e| e.name == meta.name) else { continue };
        let mean = |x: &Batches<'_>, e| {
            let calls: Vec<f64> = x.edge(e, edge::OK).iter().zip(x.edge(e, edge::FAILED)).map(|(a, b)| a + b).collect();
            x.share(&x.edge(e, edge::LATENCY_NS), &calls).iter().map(|ns| ns / 1e9).collect()
        };
        put(format!("edges.{}.mean_s", meta.name), mean(&a, i), mean(&b, j));
    }
    found
}

/// Mean difference of stretches, with its interval.
fn stretches(one: &[f64], other: &[f64]) -> Option<Estimate> {
    let differences: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
    (differences.len() == batches::BATCHES).then(|| estimate(&differences))?
}

/// A run after its warm-up, in stretches of equal length.
struct Batches<'t> {
    trace: &'t Trace,
    steps: Steps<'t>,
    words: Words,
    length: usize,
}

impl<'t> Batches<'t> {
    fn of(trace: &'t Trace) -> Self {
        let steps = Steps::of(trace);
        let warm = (trace.meta.warmup_ns / steps.step_ns) as usize;
        Self { trace, steps, words: Words::of(trace), length: steps.len().saturating_sub(warm) / batches::BATCHES }
    }

    /// Sums over stretches. What does not fill one is left out at the begin.
    fn cut(&self, values: &[f64]) -> Vec<f64> {
        if self.length == 0 {
            return Vec::new();
        }
        let sums = pooled(values, self.length);
        let first = values.len() - self.length * batches::BATCHES;
        (0..batches::BATCHES).map(|i| sums[first + i * self.length]).collect()
    }

    fn flows(&self, columns: &[usize]) -> Vec<f64> {
        let flows = 0..self.trace.meta.flows.len();
        self.cut(
            &self
                .steps
                .sums_of(flows.flat_map(|f| columns.iter().map(move |&c| (f, c))).map(|(f, c)| self.words.flow(f, c))),
        )
    }

    fn failed(&self) -> Vec<f64> {
        self.flows(&(1..outcome::COUNT).map(flow::of_outcome).collect::<Vec<_>>())
    }

    fn ended(&self) -> Vec<f64> {
        let all: Vec<usize> = (0..outcome::COUNT).map(flow::of_outcome).chain([flow::LATE]).collect();
        self.flows(&all)
    }

    fn component(&self, index: usize, column: usize) -> Vec<f64> {
        self.cut(&self.steps.sums(self.words.component(index, column)))
    }

    fn edge(&self, index: usize, column: usize) -> Vec<f64> {
        self.cut(&self.steps.sums(self.words.edge(index, column)))
    }

    fn level(&self, index: usize, column: usize) -> Vec<f64> {
        let ns = self.length as f64 * self.steps.step_ns as f64;
        self.component(index, column).iter().map(|sum| sum / ns.max(1.0)).collect()
    }

    fn rate(&self, counts: &[f64]) -> Vec<f64> {
        let seconds = self.length as f64 * self.steps.step_ns as f64 / 1e9;
        counts.iter().map(|count| count / seconds.max(1e-9)).collect()
    }

    fn share(&self, part: &[f64], whole: &[f64]) -> Vec<f64> {
        part.iter().zip(whole).map(|(part, whole)| if *whole > 0.0 { part / whole } else { 0.0 }).collect()
    }
}
