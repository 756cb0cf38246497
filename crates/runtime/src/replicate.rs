//! Independent replications of one module on all cores.

use crate::drive::{Limits, drive_filmed};
use crate::guest::{HostError, Prepared};
use crate::trace::Trace;
use crate::why;
use rayon::prelude::*;

/// Runs a module under each seed. Traces come in the order of the seeds, however many cores there are.
///
/// # Errors
/// The first run that traps.
pub fn replicate(prepared: &Prepared, seeds: &[u64], limits: Limits) -> Result<Vec<Trace>, HostError> {
    filmed(prepared, seeds, limits, 0)
}

/// The same, each run filmed with so many nanoseconds between frames.
///
/// # Errors
/// The first run that traps.
pub fn filmed(prepared: &Prepared, seeds: &[u64], limits: Limits, frame_ns: u64) -> Result<Vec<Trace>, HostError> {
    seeds
        .par_iter()
        .map(|&seed| {
            let mut guest = prepared.instantiate()?;
            drive_filmed(&mut guest, prepared.meta(), seed, limits, frame_ns, |_| true)
        })
        .collect()
}

/// Runs a module under each seed beside its twin, and lets each run know whether it heals.
///
/// # Errors
/// The first run that traps.
pub fn judged(
    prepared: &Prepared,
    twin: &Prepared,
    seeds: &[u64],
    limits: Limits,
) -> Result<Vec<(Trace, Trace)>, HostError> {
    let frame_ns = why::frame_ns(prepared.meta().duration_ns, prepared.meta().row_words());
    let run = |module: &Prepared, seed: u64| {
        let mut guest = module.instantiate()?;
        drive_filmed(&mut guest, module.meta(), seed, limits, frame_ns, |_| true)
    };
    seeds
        .par_iter()
        .map(|&seed| {
            let (with, without) = rayon::join(|| run(prepared, seed), || run(twin, seed));
            let (mut with, without) = (with?, without?);
            with.healing = Some(why::judge(&with, &without));
            Ok((with, without))
        })
        .collect()
}
