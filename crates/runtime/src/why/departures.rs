//! A signal of a run and of its twin → when it left the twin's band, how far, and when it came back.
//!
//! Values are pooled over a short stretch, so that a lone event is no departure; where events are rare, over a longer one.
//! The band is what the twin does within [`NEAR_NS`] of the instant, so that what a healthy run does by itself is none.

use super::signals::{Bound, Measure, Signal, Subject, Watched};
use crate::steps::{highest_near, pooled};

/// Lengths of stretches that are tried, in nanoseconds.
const STRETCHES_NS: [u64; 4] = [500_000_000, 2_000_000_000, 8_000_000_000, 32_000_000_000];
/// How far around an instant the twin's band is read.
const NEAR_NS: u64 = 15_000_000_000;
/// Standard deviations of a count that are taken for chance.
const SIGMAS: f64 = 4.0;
/// The same, of means: their band is the twin's highest already.
const SIGMAS_OF_MEANS: f64 = 3.0;
/// Fewest events that a share or a mean rests on.
const SAMPLES_LEAST: f64 = 4.0;
/// Where more than this end for each that comes, hardly anything comes any more.
const ENDS_PER_COMER: f64 = 2.0;
/// The first step of a departure has at least this part of its mean excess.
const ONSET_SHARE: f64 = 0.25;

/// Values that differ by less than this part of them are the same.
const EQUALLY: f64 = 1e-6;

/// A signal outside of its twin's band.
#[derive(Clone, Debug)]
pub(super) struct Departure {
    pub(super) signal: Signal,
    pub(super) subject: Subject,
    /// Begin of the first step outside.
    pub(super) at_ns: u64,
    /// By how much that may be off: the rarer events are, the longer the stretch that shows the departure.
    pub(super) slack_ns: u64,
    /// End of the last step outside; `None`: it did not come back.
    pub(super) until_ns: Option<u64>,
    /// The value furthest outside: a rate per second, a share, nanoseconds or a number.
    pub(super) value: f64,
    /// The twin's at that time.
    pub(super) twin: f64,
    /// Both values in the stretch that shows it first.
    pub(super) first: (f64, f64),
}

/// Steps of a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) step_ns: u64,
    /// Steps before this one are warm-up.
    pub(super) first: usize,
}

/// Values of both runs, pooled over a stretch, and whether each is outside.
struct Judged {
    outside: Vec<bool>,
    run: Vec<f64>,
    twin: Vec<f64>,
    length: usize,
}

/// Steps by which an instant may be off, at least.
const SLACK_STEPS: u64 = 2;

fn slack_ns(step_ns: u64, length: usize) -> u64 {
    let stretch_ns = length as u64 * step_ns;
    if stretch_ns > STRETCHES_NS[0] { stretch_ns / 2 } else { 0 }.max(SLACK_STEPS * step_ns)
}

/// The departure of a signal, if there is one: that of the shortest stretch that shows it, unless a longer one shows it
/// long before. Where that is not the shortest of all, events are rare, and the next longer one says when it began.
pub(super) fn find(run: &Watched, twin: &Watched, grid: Grid) -> Option<Departure> {
    let mut best: Option<(usize, Departure)> = None;
    for (nth, stretch_ns) in STRETCHES_NS.into_iter().enumerate() {
        let length = (stretch_ns / grid.step_ns).max(1) as usize;
        let Some(found) = over(run, twin, grid, length) else { continue };
        match &mut best {
            Some((_, known)) if found.at_ns + length as u64 * grid.step_ns < known.at_ns => best = Some((nth, found)),
            Some((of, known)) if *of > 0 && nth == *of + 1 => known.at_ns = known.at_ns.min(found.at_ns),
            Some(_) => {}
            None => best = Some((nth, found)),
        }
    }
    best.map(|(_, departure)| departure)
}

/// The departure that stretches of so many steps show.
fn over(run: &Watched, twin: &Watched, grid: Grid, length: usize) -> Option<Departure> {
    let judged = judge(run, twin, grid, length)?;
    let seen = (grid.first..judged.outside.len()).find(|&k| judged.outside[k])?;
    let onset = onset(&run.measure, &twin.measure, seen, length);
    let last = judged.outside.iter().rposition(|&outside| outside).unwrap_or(seen);
    let end = last + length;
    let is_over = end + 2 * length < judged.outside.len();
    let away = |k: usize| (judged.run[k] - judged.twin[k]).abs();
    let outside = || (seen..=last).filter(|&k| judged.outside[k]);
    let most = outside().map(away).max_by(f64::total_cmp)?;
    // What stays as far away is told as it was at first: later other things may have changed as well.
    let furthest = outside().find(|&k| away(k) >= most * (1.0 - EQUALLY))?;
    let whole = (onset + 1).min(last).max(seen);
    Some(Departure {
        signal: run.signal,
        subject: run.subject,
        at_ns: onset as u64 * grid.step_ns,
        slack_ns: slack_ns(grid.step_ns, length),
        until_ns: is_over.then_some(end as u64 * grid.step_ns),
        value: judged.run[furthest].abs(),
        twin: judged.twin[furthest].abs(),
        first: (judged.run[whole].abs(), judged.twin[whole].abs()),
    })
}

fn judge(run: &Watched, twin: &Watched, grid: Grid, length: usize) -> Option<Judged> {
    let reach = (NEAR_NS / grid.step_ns) as usize;
    let highest = |values: &[f64]| highest_near(values, reach.max(length), grid.first);
    let seconds = length as f64 * grid.step_ns as f64 / 1e9;
    let Bound { floor, relative, least } = run.bound;
    let mut judged = match (&run.measure, &twin.measure) {
        (Measure::Count(a), Measure::Count(b)) => {
            let (a, b) = (pooled(a, length), pooled(b, length));
            let high = highest(&b);
            let outside = (0..a.len())
                .map(|k| a[k] - high[k] > floor.max(relative * high[k]).max(SIGMAS * b[k].sqrt()))
                .collect();
            let per_second = |values: Vec<f64>| values.into_iter().map(|value| value / seconds).collect();
            Judged { outside, run: per_second(a), twin: per_second(b), length }
        }
        (Measure::Share { part, whole, .. }, Measure::Share { part: twin_part, whole: twin_whole, .. })
            if run.signal == Signal::Stalled =>
        {
            stalled([part, whole, twin_part, twin_whole].map(|values| pooled(values, length)), length)
        }
        (Measure::Share { part, whole, falls }, Measure::Share { part: twin_part, whole: twin_whole, .. }) => {
            let (part, whole) = (pooled(part, length), pooled(whole, length));
            let (twin_part, twin_whole) = (pooled(twin_part, length), pooled(twin_whole, length));
            let sign = if *falls { -1.0 } else { 1.0 };
            let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
            let a: Vec<f64> = part.iter().zip(&whole).map(|(p, w)| sign * share(*p, *w)).collect();
            let b: Vec<f64> = twin_part.iter().zip(&twin_whole).map(|(p, w)| sign * share(*p, *w)).collect();
            // What the twin has not seen is no part of its band.
            let seen = b.iter().zip(&twin_whole).map(|(v, w)| if *w > 0.0 { *v } else { f64::NEG_INFINITY });
            let band = highest(&seen.collect::<Vec<_>>());
            let high: Vec<f64> = band.into_iter().map(|v| if v.is_finite() { v } else { 0.0 }).collect();
            let outside = (0..a.len())
                .map(|k| {
                    let p = high[k].abs().clamp(0.0, 1.0);
                    let chance = SIGMAS * (p * (1.0 - p) / whole[k].max(1.0)).sqrt();
                    whole[k] >= SAMPLES_LEAST
                        && a[k].abs() >= least
                        && a[k] - high[k] > floor.max(relative * high[k].abs()).max(chance)
                })
                .collect();
            Judged { outside, run: a, twin: b, length }
        }
        (Measure::Mean { sum, count, come }, Measure::Mean { sum: twin_sum, count: twin_count, .. }) => {
            let (sum, count) = (pooled(sum, length), pooled(count, length));
            let come = come.as_ref().map(|come| pooled(come, length));
            let goes_on = |k: usize| come.as_ref().is_none_or(|come| count[k] <= ENDS_PER_COMER * come[k]);
            let (twin_sum, twin_count) = (pooled(twin_sum, length), pooled(twin_count, length));
            let mean = |sum: &[f64], count: &[f64]| -> Vec<f64> {
                sum.iter().zip(count).map(|(s, n)| if *n > 0.0 { s / n } else { 0.0 }).collect()
            };
            let (a, b) = (mean(&sum, &count), mean(&twin_sum, &twin_count));
            let high = highest(&b);
            let outside = (0..a.len())
                .map(|k| {
                    count[k] >= SAMPLES_LEAST
                        && goes_on(k)
                        && a[k] - high[k] > floor.max(relative * high[k]).max(chance(high[k], count[k]))
                })
                .collect();
            Judged { outside, run: a, twin: b, length }
        }
        (Measure::Level(a), Measure::Level(b)) => {
            let per_step = |values: &[f64]| -> Vec<f64> {
                let n = values.len();
                pooled(values, length).iter().enumerate().map(|(k, v)| v / length.min(n - k) as f64).collect()
            };
            let (a, b) = (per_step(a), per_step(b));
            let high = highest(&b);
            // Nothing is above nothing: a band that was never seen is none.
            let outside = (0..a.len()).map(|k| a[k] - high[k] > floor.max(relative * high[k].abs())).collect();
            Judged { outside, run: a, twin: b, length }
        }
        _ => return None,
    };
    // The stretch at the end is cut short.
    let whole = judged.outside.len().saturating_sub(judged.length - 1);
    judged.outside.truncate(whole);
    Some(judged)
}

/// How far a mean of so many may be off by chance, if they vary as much as exponential times.
fn chance(mean: f64, count: f64) -> f64 {
    SIGMAS_OF_MEANS * mean / count.max(1.0).sqrt()
}

/// Work is there, more than in the twin, and less than a fifth of what the twin finishes is finished.
fn stalled([present, served, twin_present, twin_served]: [Vec<f64>; 4], length: usize) -> Judged {
    let outside = (0..served.len())
        .map(|k| {
            twin_served[k] >= 10.0
                && served[k] < 0.2 * twin_served[k]
                && present[k] > twin_present[k]
                && present[k] >= length as f64
        })
        .collect();
    Judged { outside, run: served, twin: twin_served, length }
}

/// The first step of a stretch that has its part in the difference.
fn onset(run: &Measure, twin: &Measure, seen: usize, length: usize) -> usize {
    let excess: Vec<f64> = match (run, twin) {
        (Measure::Count(a), Measure::Count(b)) | (Measure::Level(a), Measure::Level(b)) => {
            (seen..(seen + length).min(a.len())).map(|k| a[k] - b[k]).collect()
        }
        (Measure::Share { part: a, whole: n, falls }, Measure::Share { part: b, whole: m, .. }) => {
            let sign = if *falls { -1.0 } else { 1.0 };
            (seen..(seen + length).min(a.len()))
                .map(|k| sign * (a[k] - if m[k] > 0.0 { b[k] / m[k] * n[k] } else { 0.0 }))
                .collect()
        }
        (Measure::Mean { sum: a, count: n, .. }, Measure::Mean { sum: b, count: m, .. }) => (seen..(seen + length)
            .min(a.len()))
            .map(|k| a[k] - if m[k] > 0.0 { b[k] / m[k] * n[k] } else { 0.0 })
            .collect(),
        _ => return seen,
    };
    let mean = excess.iter().sum::<f64>() / excess.len().max(1) as f64;
    seen + excess.iter().position(|&value| value >= ONSET_SHARE * mean && value > 0.0).unwrap_or(0)
}
