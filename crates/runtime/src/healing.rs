//! Whether a run heals: is it, some time after its last fault, what it would have been without any?
//!
//! Before: a run and its twin without faults, the same requests and draws.
//! After: when the last fault ended, until when the run was worse than the twin, and what the rest of it says.
//!
//! A run is *worse* in a step if, over a stretch that rests on enough requests, it gives 5 % fewer good answers than the
//! twin, or takes half as long again on average as the twin ever does thereabouts, or has twice as many waiting somewhere.

use crate::steps::{Steps, Words, highest_near, pooled};
use crate::trace::Trace;
use serde::Serialize;
use std::collections::BTreeSet;
use sysdl_kernel::columns::{component, flow};
use sysdl_kernel::layout::record::{EFFECT_OFF, EFFECT_ON};
use sysdl_kernel::outcome;

/// Part of the twin's good answers that may be missing.
const MISSING: f64 = 0.05;
/// Fewest good answers that must be missing.
const MISSING_LEAST: f64 = 3.0;
/// Standard deviations of a count that are taken for chance, where requests are not the same.
const SIGMAS: f64 = 3.0;
/// Good answers of the twin that a stretch rests on.
const SAMPLES: f64 = 60.0;
/// Longest stretch in nanoseconds.
const STRETCH_MAX_NS: f64 = 30e9;
/// How far around an instant the twin's band is read, in nanoseconds.
const NEAR_NS: u64 = 15_000_000_000;
/// A backlog that has not shrunk below this part of what it was does not drain.
const STILL_THERE: f64 = 0.8;
/// Times that a plain backlog would need to drain, for which one must have waited to say that it never will.
const DRAINS: f64 = 2.0;

/// What became of a run after its last fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was never worse than its twin.
    Unharmed,
    /// It was worse, and is no more.
    Healed,
    /// It stays worse, though nothing is wrong any more and the twin is well under the same load.
    Metastable,
    /// It is worse still, but on its way: the run is too short to say more.
    Draining,
    /// A fault lasts until the end.
    Disturbed,
}

/// Healing of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Healing {
    /// What became of it.
    pub state: State,
    /// When the last fault ended, in nanoseconds; null if one lasts until the end, or there was none.
    pub trigger_end_ns: Option<u64>,
    /// Since when it is no longer worse than its twin, in nanoseconds; null if it is still, or never was.
    pub healed_ns: Option<u64>,
    /// How long it was worse altogether, in nanoseconds.
    pub worse_ns: u64,
    /// Good answers that the twin gave and the run did not.
    pub lost: f64,
    /// Share of the twin's good answers after the first fault that are missing.
    pub lost_share: f64,
    /// How long what had piled up when the last fault ended takes to drain at the twin's load, in nanoseconds.
    pub drain_ns: Option<u64>,
    /// Why it heals, or what keeps it from healing, in words; empty if nobody asked.
    pub words: String,
}

impl Healing {
    /// Time from the last fault's end until it was no longer worse; 0 if it never was.
    #[must_use]
    pub fn took_ns(&self) -> Option<u64> {
        match self.state {
            State::Unharmed => Some(0),
            _ => Some(self.healed_ns?.saturating_sub(self.trigger_end_ns?)),
        }
    }
}

/// Effects that act in a run and not in its twin.
#[must_use]
pub fn disturbances(run: &Trace, twin: &Trace) -> BTreeSet<usize> {
    let on = |trace: &Trace| -> BTreeSet<String> {
        let began = trace.records.iter().filter(|r| r.kind == EFFECT_ON);
        let named = began.filter_map(|r| trace.meta.effects.get(r.entity as usize));
        sysdl_order::gathered(named.map(|effect| effect.label.clone()))
    };
    let (with, without) = (on(run), on(twin));
    let acts = |label: &String| with.contains(label) && !without.contains(label);
    sysdl_order::gathered((0..run.meta.effects.len()).filter(|&i| acts(&run.meta.effects[i].label)))
}

/// Begin of the first disturbance, and end of the last; no end if one lasts until the run's end.
#[must_use]
pub fn trigger(run: &Trace, twin: &Trace) -> Option<(u64, Option<u64>)> {
    let which = disturbances(run, twin);
    let (mut active, mut first, mut last) = (BTreeSet::new(), None, 0);
    let of = run.records.iter().filter(|r| matches!(r.kind, EFFECT_ON | EFFECT_OFF));
    for record in of.filter(|r| which.contains(&(r.entity as usize))) {
        first.get_or_insert(record.at_ns);
        last = record.at_ns;
        if record.kind == EFFECT_ON {
            active.insert(record.entity);
        } else {
            active.remove(&record.entity);
        }
    }
    Some((first?, active.is_empty().then_some(last)))
}

/// Columns of all traffic.
struct Traffic {
    created: Vec<f64>,
    good: Vec<f64>,
    ended: Vec<f64>,
    response_ns: Vec<f64>,
}

fn traffic(trace: &Trace) -> Traffic {
    let (steps, words) = (Steps::of(trace), Words::of(trace));
    let flows = 0..trace.meta.flows.len();
    let of = |columns: Vec<usize>| {
        steps.sums_of(flows.clone().flat_map(|f| columns.iter().map(move |&c| words.flow(f, c)).collect::<Vec<_>>()))
    };
    let all = (0..outcome::COUNT).map(flow::of_outcome).chain([flow::LATE]).collect();
    Traffic {
        created: of(vec![flow::REQUESTS]),
        good: of(vec![flow::OUTCOMES]),
        ended: of(all),
        response_ns: of(vec![flow::RESPONSE_NS]),
    }
}

/// Judges a run beside its twin.
#[must_use]
pub fn judge(run: &Trace, twin: &Trace) -> Healing {
    let nothing = Healing {
        state: State::Unharmed,
        trigger_end_ns: None,
        healed_ns: None,
        worse_ns: 0,
        lost: 0.0,
        lost_share: 0.0,
        drain_ns: None,
        words: String::new(),
    };
    let Some((begin_ns, end_ns)) = trigger(run, twin) else { return nothing };
    let step_ns = Steps::of(run).step_ns;
    let first = (begin_ns / step_ns) as usize;
    let (a, b) = (traffic(run), traffic(twin));
    let count = a.good.len().min(b.good.len());
    let usual = b.good.iter().sum::<f64>() / count.max(1) as f64;
    let least = (500_000_000 / step_ns).max(1) as f64;
    let most = (STRETCH_MAX_NS / step_ns as f64).max(1.0);
    let length = (SAMPLES / usual.max(1e-9)).ceil().clamp(least, most.max(least)) as usize;
    let worse = worse(run, twin, &a, &b, length);
    let worse: Vec<usize> = (first..worse.len()).filter(|&k| worse[k]).collect();
    let missing: f64 = (first..count).map(|k| b.good[k] - a.good[k]).sum();
    let expected: f64 = b.good.get(first..count).unwrap_or_default().iter().sum();
    let mut found = Healing {
        trigger_end_ns: end_ns,
        worse_ns: worse.len() as u64 * step_ns,
        lost: missing.max(0.0),
        lost_share: if expected > 0.0 { (missing / expected).max(0.0) } else { 0.0 },
        ..nothing
    };
    let Some(&last) = worse.last() else { return found };
    let healed = last + length + length.min(3) < count;
    found.healed_ns = healed.then(|| healed_ns(last, length, step_ns, end_ns));
    found.state = match end_ns {
        _ if healed => State::Healed,
        None => State::Disturbed,
        Some(end_ns) => {
            let (state, drain_ns) = verdict(run, twin, end_ns, &a, &b);
            found.drain_ns = drain_ns;
            state
        }
    };
    found
}

/// Since when it is no longer worse. A stretch reaches ahead: if the last fault ended in it, it was that which healed the run.
fn healed_ns(last: usize, length: usize, step_ns: u64, end_ns: Option<u64>) -> u64 {
    let next_ns = (last + 1) as u64 * step_ns;
    let reaches_ns = (last + 1 + length) as u64 * step_ns;
    end_ns.filter(|&end_ns| end_ns <= reaches_ns).map_or(next_ns, |end_ns| end_ns.max(next_ns))
}

/// Good answers to be expected. A surge shifts all requests after it: then as many differ by chance, and a run is not worse
/// for fewer that came. But where less than half of them come, it is because users wait.
fn usual(created: &[f64], of_twin: &[f64], good: &[f64]) -> Vec<f64> {
    let each = created.iter().zip(of_twin).zip(good);
    each.map(
        |((&created, &of_twin), &good)| {
            if created >= 0.5 * of_twin && of_twin > 0.0 { good.min(created * good / of_twin) } else { good }
        },
    )
    .collect()
}

/// In which steps a run is worse than its twin.
fn worse(run: &Trace, twin: &Trace, a: &Traffic, b: &Traffic, length: usize) -> Vec<bool> {
    let step_ns = Steps::of(run).step_ns;
    let reach = ((NEAR_NS / step_ns) as usize).max(length);
    let warm = (run.meta.warmup_ns / step_ns) as usize;
    let pool = |values: &[f64]| pooled(values, length);
    let mean = |traffic: &Traffic| -> Vec<f64> {
        let (sum, count) = (pool(&traffic.response_ns), pool(&traffic.ended));
        sum.iter().zip(&count).map(|(s, n)| if *n > 0.0 { s / n } else { 0.0 }).collect()
    };
    let (good, ended) = (pool(&a.good), pool(&a.ended));
    let (created, of_twin) = (pool(&a.created), pool(&b.created));
    let usual = usual(&created, &of_twin, &pool(&b.good));
    let (slow, high) = (mean(a), highest_near(&mean(b), reach, warm));
    let count = good.len().min(usual.len());
    let mut worse: Vec<bool> = (0..count)
        .map(|k| {
            // Requests that are not the same in both are answered at other instants.
            let chance = if created[k] == of_twin[k] { 0.0 } else { SIGMAS * usual[k].sqrt() };
            let is_missing = usual[k] - good[k] > (MISSING * usual[k]).max(MISSING_LEAST).max(chance);
            let is_slow = ended[k] >= MISSING_LEAST && slow[k] > 1.5 * high[k] + 1e6;
            is_missing || is_slow
        })
        .collect();
    let (steps, twins) = (Steps::of(run), Steps::of(twin));
    let words = Words::of(run);
    for (c, meta) in run.meta.components.iter().enumerate() {
        let per_step = |values: Vec<f64>| -> Vec<f64> {
            pool(&values).iter().map(|ns| ns / (length as f64 * step_ns as f64)).collect()
        };
        let waiting = per_step(steps.sums(words.component(c, component::QUEUE_NS)));
        let band = highest_near(&per_step(twins.sums(words.component(c, component::QUEUE_NS))), reach, warm);
        let servers = f64::from(meta.servers.unwrap_or(0)) * f64::from(meta.replicas);
        for k in 0..count {
            worse[k] |= waiting[k] > 2.0 * band[k] + (0.25 * servers).max(5.0);
        }
    }
    worse
}

/// A run that is worse until its end, though the last fault has ended: for good, or on its way?
fn verdict(run: &Trace, twin: &Trace, end_ns: u64, a: &Traffic, b: &Traffic) -> (State, Option<u64>) {
    let step_ns = Steps::of(run).step_ns;
    let count = a.good.len().min(b.good.len());
    let from = ((end_ns / step_ns) as usize).min(count);
    let left = count - from;
    let (backlog, drain_ns) = (backlog(run, twin), drain_ns(run, twin, from));
    let at = |share: f64| (from + (left as f64 * share) as usize).min(count.saturating_sub(1));
    let mean = |values: &[f64], low: usize, high: usize| {
        values[low..high.max(low + 1).min(values.len())].iter().sum::<f64>() / (high - low).max(1) as f64
    };
    if left < 6 {
        return (State::Draining, drain_ns);
    }
    let missing: Vec<f64> = (0..count).map(|k| b.good[k] - a.good[k]).collect();
    let usual = mean(&b.good, from, count);
    let (before, after) = (mean(&missing, at(0.4), at(0.7)), mean(&missing, at(0.7), count));
    let (piled_before, piled_after) = (mean(&backlog, at(0.4), at(0.7)), mean(&backlog, at(0.7), count));
    let stays = after > MISSING * usual && after >= STILL_THERE * before;
    let grows = piled_after >= STILL_THERE * piled_before && piled_after > 5.0;
    // A backlog that drains is half gone after half of its time; one that is as large as it was does not.
    let never_shrank = piled_after >= backlog.get(from).copied().unwrap_or(0.0) * 0.9 && piled_after > 5.0;
    let drains = if never_shrank { 0.5 } else { DRAINS };
    let waited = drain_ns.is_none_or(|drain_ns| left as f64 * step_ns as f64 >= drains * drain_ns as f64);
    (if (stays || grows) && waited { State::Metastable } else { State::Draining }, drain_ns)
}

/// How many more are waiting or served than in the twin, step by step.
fn backlog(run: &Trace, twin: &Trace) -> Vec<f64> {
    let present = |trace: &Trace| {
        let (steps, words) = (Steps::of(trace), Words::of(trace));
        let all = steps.sums_of((0..trace.meta.components.len()).map(|c| words.component(c, component::PRESENT_NS)));
        all.into_iter().map(move |ns| ns / steps.step_ns as f64).collect::<Vec<_>>()
    };
    present(run).iter().zip(present(twin)).map(|(a, b)| a - b).collect()
}

/// How long what waits at a step takes to be served, at the twin's load and with the twin's service times, where it takes
/// longest. `None` if nowhere something waits, or the twin has no room to spare.
fn drain_ns(run: &Trace, twin: &Trace, from: usize) -> Option<u64> {
    let (steps, twins, words) = (Steps::of(run), Steps::of(twin), Words::of(run));
    let of = |c: usize| {
        let cell = |column| words.component(c, column);
        let waiting = *steps.sums(cell(component::QUEUE_NS)).get(from)? / steps.step_ns as f64;
        let total = |column| twins.sums(cell(column)).iter().sum::<f64>();
        let (busy, capacity, served) =
            (total(component::BUSY_NS), total(component::CAPACITY_NS), total(component::SERVED));
        let seconds = twins.len() as f64 * twins.step_ns as f64 / 1e9;
        let spare = if busy > 0.0 { (capacity / busy - 1.0) * served / seconds } else { 0.0 };
        (waiting >= 1.0 && spare > 0.0).then(|| (waiting / spare * 1e9) as u64)
    };
    (0..run.meta.components.len()).filter_map(of).max()
}
