//! Why a run went as it did: a run and its twin without faults → a causal timeline.
//!
//! Both have the same requests and the same draws, so whatever differs does so because of the faults. A *crossing* is a
//! signal that has left the band of the twin; its cause is the one before it that the system's edges connect it with.
//!
//! | file | question |
//! | --- | --- |
//! | `signals` | What is watched? |
//! | `departures` | When did it leave the twin's band? |
//! | `graph` | Who can cause whom? |
//! | `causes` | In which order, and what because of what? |
//! | `loops` | What kept it going? |
//! | `words` | How does one say that? |
//! | `summary` | And in five sentences? |

mod causes;
mod departures;
mod graph;
mod loops;
mod signals;
mod summary;
mod words;

pub use loops::{Kind, Loop};
pub use signals::{Signal, Subject};

use crate::healing::{self, Healing, State};
use crate::steps::{Steps, Words};
use crate::trace::{Record, Trace};
use causes::Crossing;
use departures::{Departure, Grid};
use graph::Graph;
use serde::Serialize;
use std::collections::BTreeSet;
use sysdl_kernel::columns::component;
use sysdl_kernel::layout::record;

/// A failure that outlasts its fault by no more than this needs nothing to keep it going.
const LINGERS_NS: u64 = 2_000_000_000;
/// Whoever finishes nothing for longer than this stands still; otherwise it is slow.
const STALLS_NS: u64 = 1_000_000_000;
/// Most frames of a film.
const FRAMES_MAX: u64 = 1_200;
/// Most numbers in a film.
const CELLS_MAX: u64 = 25_000_000;
/// Steps that frames may have, in milliseconds.
const STEPS_MS: [u64; 13] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 600_000];

/// Nanoseconds between frames that a run and its twin should be filmed with, for the order of things to be told.
#[must_use]
pub fn frame_ns(duration_ns: u64, row_words: usize) -> u64 {
    let frames = FRAMES_MAX.min(CELLS_MAX / row_words.max(1) as u64).max(60);
    let fits = STEPS_MS.iter().map(|ms| ms * 1_000_000).find(|step_ns| duration_ns / step_ns <= frames);
    fits.unwrap_or(duration_ns / frames).max(1)
}

/// A story.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// Version of this form.
    pub schema: u32,
    /// Scenario.
    pub scenario: String,
    /// Seed of both runs.
    pub seed: u64,
    /// Digest of the run.
    pub digest: String,
    /// How exact instants are, in seconds.
    pub step_s: f64,
    /// What the run is compared with.
    pub twin: &'static str,
    /// In a few sentences.
    pub summary: Vec<String>,
    /// The fault, or whatever else began it; null if nothing did.
    pub first_cause: Option<String>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// Components in the order in which they were struck.
    pub order: Vec<String>,
    /// What kept it going after the last fault had ended; null if nothing had to.
    #[serde(rename = "loop")]
    pub sustained_by: Option<Loop>,
    /// Whether, when and why it healed.
    pub healing: Healed,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// When, in seconds.
    pub t_s: f64,
    /// Until when, in seconds; null: until the end.
    pub until_s: Option<f64>,
    /// What.
    pub signal: Signal,
    /// At which component: of an edge its caller, of an endpoint its component.
    pub component: Option<String>,
    /// On which edge.
    pub edge: Option<String>,
    /// At which endpoint.
    pub endpoint: Option<String>,
    /// The value furthest from the twin's, of load the one it began with: a rate per second, a share, seconds or a number.
    pub value: f64,
    /// The twin's.
    pub twin: f64,
    /// What load came to later, if much further than what it began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<f64>,
    /// Position in the timeline of what caused it; null if nothing in it did.
    pub because: Option<usize>,
    /// The edge along which it came.
    pub along: Option<String>,
    /// In words.
    pub words: String,
}

/// Healing, in seconds and words.
#[derive(Clone, Debug, Serialize)]
pub struct Healed {
    /// What became of the run.
    pub state: State,
    /// When the last fault ended.
    pub trigger_end_s: Option<f64>,
    /// Since when the run is what its twin is.
    pub healed_s: Option<f64>,
    /// From the one to the other.
    pub took_s: Option<f64>,
    /// Good answers that are missing.
    pub lost: f64,
    /// Share of the twin's good answers since the first fault.
    pub lost_share: f64,
    /// Why, in words.
    pub words: String,
}

/// Tells the story of a run beside its twin.
#[must_use]
pub fn tell(run: &Trace, twin: &Trace, twin_is: &'static str) -> Story {
    let crossings = crossings(run, twin);
    let healing = healing::judge(run, twin);
    let end_ns = healing.healed_ns.unwrap_or(run.simulated_ns);
    let sustained_by = healing.trigger_end_ns.filter(|_| healing.state != State::Unharmed).and_then(|from_ns| {
        let lasted = end_ns.saturating_sub(from_ns) > LINGERS_NS;
        lasted.then(|| loops::find(run, twin, &crossings, from_ns, end_ns))?
    });
    let targets = summary::targets(run, &crossings);
    let timeline: Vec<Moment> = crossings.iter().map(|c| moment(run, c)).collect();
    let order = struck(&timeline);
    let first_cause = crossings.first().filter(|c| matches!(c.subject, Subject::Effect(_))).map(|c| words::say(run, c));
    let healed = healed(run, &crossings, &healing, sustained_by.as_ref());
    let mut story = Story {
        schema: 1,
        scenario: run.meta.scenario.clone(),
        seed: run.seed,
        digest: Trace::hex(run.digest),
        step_s: Steps::of(run).step_ns as f64 / 1e9,
        twin: twin_is,
        summary: Vec::new(),
        first_cause,
        timeline,
        order,
        sustained_by,
        healing: healed,
    };
    story.summary = summary::of(&story, &targets, run, twin);
    story
}

/// Whether a run heals, and what keeps it from healing, in words.
#[must_use]
pub fn judge(run: &Trace, twin: &Trace) -> Healing {
    let mut healing = healing::judge(run, twin);
    healing.words = tell(run, twin, "").healing.words;
    healing
}

/// Components in the order in which something went wrong with them. That one calls another more often does not count.
fn struck(timeline: &[Moment]) -> Vec<String> {
    let counts = |moment: &&Moment| match moment.edge {
        None => signals::hurts(moment.signal),
        Some(_) => signals::hurts_caller(moment.signal),
    };
    let mut order: Vec<String> = Vec::new();
    for name in timeline.iter().filter(counts).filter_map(|moment| moment.component.as_ref()) {
        if !order.contains(name) {
            order.push(name.clone());
        }
    }
    order
}

/// Everything that crossed a threshold, in order.
fn crossings(run: &Trace, twin: &Trace) -> Vec<Crossing> {
    let step_ns = Steps::of(run).step_ns;
    let grid = Grid { step_ns, first: (run.meta.warmup_ns / step_ns) as usize };
    let faults = faults(run, twin);
    let (with, without) = (signals::watch(run), signals::watch(twin));
    let mut open: Vec<Departure> =
        with.iter().zip(&without).filter_map(|(a, b)| departures::find(a, b, grid)).collect();
    open.extend(transitions(run, twin));
    said_once(run, &mut open);
    causes::order(faults, open, &Graph::of(run), step_ns)
}

/// Without what says the same twice: users see answers, not calls; who stands still takes long, and the other way round.
fn said_once(run: &Trace, open: &mut Vec<Departure>) {
    let begins = |open: &[Departure], signal: Signal, subject: Subject| {
        open.iter().find(|d| (d.signal, d.subject) == (signal, subject)).map(|d| d.at_ns)
    };
    let keep: Vec<bool> = open
        .iter()
        .map(|d| match (d.signal, d.subject) {
            (Signal::SlowCalls | Signal::FailedCalls, Subject::Edge(e)) => run.meta.edges[e].from.is_some(),
            (Signal::Stalled, subject) => {
                begins(open, Signal::Slow, subject).is_none_or(|slow_ns| slow_ns > d.at_ns + STALLS_NS)
            }
            (Signal::Slow, subject) => {
                begins(open, Signal::Stalled, subject).is_none_or(|stalled_ns| d.at_ns <= stalled_ns + STALLS_NS)
            }
            _ => true,
        })
        .collect();
    let mut kept = keep.into_iter();
    open.retain(|_| kept.next().unwrap_or(true));
}

/// What began and is not in the twin. What comes again under the same name is told once, until its last end.
fn faults(run: &Trace, twin: &Trace) -> Vec<Departure> {
    let acting = healing::disturbances(run, twin);
    let label = |r: &Record| run.meta.effects[r.entity as usize].label.as_str();
    let mut found: Vec<(usize, &str, u64, Option<u64>)> = Vec::new();
    for r in run.records.iter().filter(|r| matches!(r.kind, record::EFFECT_ON | record::EFFECT_OFF)) {
        if !acting.contains(&(r.entity as usize)) {
            continue;
        }
        let is_on = r.kind == record::EFFECT_ON;
        match found.iter_mut().find(|(_, known, ..)| *known == label(r)) {
            Some((.., until_ns)) => *until_ns = (!is_on).then_some(r.at_ns),
            None => found.push((r.entity as usize, label(r), r.at_ns, None)),
        }
    }
    let departure = |(effect, _, at_ns, until_ns)| Departure {
        signal: Signal::Fault,
        subject: Subject::Effect(effect),
        at_ns,
        slack_ns: 0,
        until_ns,
        value: 0.0,
        twin: 0.0,
        first: (0.0, 0.0),
    };
    found.into_iter().map(departure).collect()
}

/// Transitions that the twin does not make at the same instant, the first of each kind and subject.
fn transitions(run: &Trace, twin: &Trace) -> Vec<Departure> {
    let key = |r: &Record| (r.at_ns, r.kind, r.entity, r.a, r.b);
    let known: BTreeSet<_> = sysdl_order::gathered(twin.records.iter().map(key));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for r in run.records.iter().filter(|r| !known.contains(&key(r))) {
        let (entity, a, b) = (r.entity as usize, r.a as f64, r.b as f64);
        let (signal, subject, value, was, over) = match r.kind {
            record::BREAKER_OPEN => {
                (Signal::BreakerOpen, Subject::Edge(entity), 0.0, 0.0, Some(record::BREAKER_CLOSED))
            }
            record::PEER_OUT => (Signal::Ejected, Subject::Edge(entity), a, 0.0, Some(record::PEER_BACK)),
            record::SCALED if r.b > r.a => (Signal::Scaled, Subject::Component(entity), b, a, None),
            record::REBALANCE => (Signal::Rebalanced, Subject::Component(entity), 0.0, 0.0, Some(record::REBALANCED)),
            _ => continue,
        };
        if seen.insert((r.kind, r.entity)) {
            let ends = |kind| run.records.iter().rfind(|e| e.kind == kind && e.entity == r.entity).map(|e| e.at_ns);
            let until_ns = over.and_then(ends).filter(|&end| end >= r.at_ns);
            let slack_ns = 2 * Steps::of(run).step_ns;
            found.push(Departure {
                signal,
                subject,
                at_ns: r.at_ns,
                slack_ns,
                until_ns,
                value,
                twin: was,
                first: (value, was),
            });
        }
    }
    found
}

fn moment(run: &Trace, c: &Crossing) -> Moment {
    let meta = &run.meta;
    let name = |index: usize| meta.components[index].name.clone();
    let caller = |e: usize| meta.edges[e].from.map(|from| name(from as usize));
    let is_time = matches!(c.signal, Signal::Slow | Signal::SlowCalls | Signal::PoolWait | Signal::SlowAnswers);
    let unit = if is_time { 1e-9 } else { 1.0 };
    let (value, twin) = c.told();
    Moment {
        t_s: c.at_ns as f64 / 1e9,
        until_s: c.until_ns.map(|ns| ns as f64 / 1e9),
        signal: c.signal,
        component: match c.subject {
            Subject::Effect(_) => None,
            Subject::Component(index) => Some(name(index)),
            Subject::Edge(index) => caller(index),
            Subject::Flow(index) => meta.flows[index].name.split_once('.').map(|(component, _)| component.to_owned()),
        },
        edge: if let Subject::Edge(index) = c.subject { Some(meta.edges[index].name.clone()) } else { None },
        endpoint: if let Subject::Flow(index) = c.subject { Some(meta.flows[index].name.clone()) } else { None },
        value: value * unit,
        twin: twin * unit,
        later: c.later(),
        because: c.cause,
        along: c.edge.map(|index| meta.edges[index].name.clone()),
        words: words::say(run, c),
    }
}

fn healed(run: &Trace, crossings: &[Crossing], healing: &Healing, sustained_by: Option<&Loop>) -> Healed {
    let seconds = |ns: u64| ns as f64 / 1e9;
    let words = match healing.state {
        State::Unharmed => "users notice nothing".to_owned(),
        State::Disturbed => "a fault is still on".to_owned(),
        State::Draining => {
            let rest = healing
                .drain_ns
                .map_or(String::new(), |ns| format!("; what had piled up takes {} to drain", words::time(ns as f64)));
            format!("not healed when the run ends, but on its way{rest}: make the run longer")
        }
        State::Metastable => {
            let why = sustained_by.map_or(String::new(), |found| format!(": {}", found.words));
            format!("it does not heal by itself, though nothing is wrong any more{why}")
        }
        State::Healed => {
            let after = match healing.took_ns() {
                None => ", with a fault still on".to_owned(),
                Some(0) if healing.healed_ns < healing.trigger_end_ns => ", before the last fault ended".to_owned(),
                Some(0) => ", as soon as the last fault ended".to_owned(),
                Some(ns) => format!(", {} after the last fault ended", words::time(ns as f64)),
            };
            let at = healing.healed_ns.map_or(String::new(), words::instant);
            format!("healed at {at}{after}{}", turn(run, crossings, healing))
        }
    };
    Healed {
        state: healing.state,
        trigger_end_s: healing.trigger_end_ns.map(seconds),
        healed_s: healing.healed_ns.map(seconds),
        took_s: healing.took_ns().map(seconds),
        lost: healing.lost,
        lost_share: healing.lost_share,
        words,
    }
}

/// Why the tide turned: what happened when the longest queue was longest.
fn turn(run: &Trace, crossings: &[Crossing], healing: &Healing) -> String {
    let steps = Steps::of(run);
    let queue = |c: usize| steps.sums(Words::of(run).component(c, component::QUEUE_NS));
    let queued = crossings.iter().filter_map(|x| match (x.signal, x.subject) {
        (Signal::Queue, Subject::Component(c)) => Some((c, x.value)),
        _ => None,
    });
    let Some((c, _)) = queued.max_by(|a, b| a.1.total_cmp(&b.1)) else { return String::new() };
    let name = &run.meta.components[c].name;
    let queue = queue(c);
    let peak = (0..queue.len()).max_by(|&a, &b| queue[a].total_cmp(&queue[b])).unwrap_or(0);
    // A full queue stays as long as it is for a while; it turns when it is last nearly as long.
    let last = queue.iter().rposition(|&ns| ns >= 0.95 * queue[peak]).unwrap_or(peak);
    let at_ns = (last as u64 + 1) * steps.step_ns;
    let slack_ns = 2_000_000_000.max(3 * steps.step_ns);
    let near = |ns: u64| ns <= at_ns + slack_ns && ns + slack_ns >= at_ns;
    let mut over = crossings.iter().filter(|x| matches!(x.subject, Subject::Effect(_)));
    let ended = over.rfind(|x| x.until_ns.is_some_and(near) && x.until_ns != Some(x.at_ns + 1));
    let acted = crossings.iter().rev().find(|x| {
        matches!(x.signal, Signal::BreakerOpen | Signal::Ejected | Signal::Scaled | Signal::Throttled) && near(x.at_ns)
    });
    let cold = crossings
        .iter()
        .find(|x| x.signal == Signal::Cold && x.at_ns < at_ns && x.until_ns.is_none_or(|ns| ns + slack_ns >= at_ns));
    let why = match (ended, acted, cold) {
        (Some(x), ..) => format!("`{}` is over", words::say(run, x)),
        (_, Some(x), _) => words::say(run, x),
        (.., Some(Crossing { subject: Subject::Component(cache), .. })) => {
            format!("{} hits {} again", run.meta.components[*cache].name, words::share(hit_ratio(run, *cache, last)))
        }
        _ if healing.trigger_end_ns.is_some_and(|ns| ns < at_ns) => format!("less comes to {name} than it can do"),
        _ => return String::new(),
    };
    format!("; the queue of {name} shrinks from {} on, when {why}", words::instant(at_ns))
}

fn hit_ratio(run: &Trace, c: usize, step: usize) -> f64 {
    let (steps, words) = (Steps::of(run), Words::of(run));
    let from = step.saturating_sub(5);
    let sum = |column| steps.sums(words.component(c, column))[from..=step].iter().sum::<f64>();
    let hits = sum(component::HITS);
    hits / (hits + sum(component::MISSES) + sum(component::COALESCED)).max(1.0)
}
