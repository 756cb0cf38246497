//! Independent replications of one module on all cores.

use crate::drive::{Limits, drive};
use crate::guest::{HostError, Prepared};
use crate::trace::Trace;
use rayon::prelude::*;

/// Runs a module under each seed. Traces come in the order of the seeds, however many cores there are.
///
/// # Errors
/// The first run that traps.
pub fn replicate(prepared: &Prepared, seeds: &[u64], limits: Limits) -> Result<Vec<Trace>, HostError> {
    seeds
        .par_iter()
        .map(|&seed| {
            let mut guest = prepared.instantiate()?;
            drive(&mut guest, prepared.meta(), seed, limits, |_| true)
        })
        .collect()
}
