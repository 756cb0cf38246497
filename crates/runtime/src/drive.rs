//! Driving a guest to its end, and collecting what it shows on the way.
//!
//! The guest is stopped right behind every instant of interest, which the [`Recorder`] names. Between them it runs in
//! slices short enough that its ring of windows never overflows.

use crate::guest::{Guest, Status};
use crate::meta::Meta;
use crate::recorder::{Digests, Recorder, View};
use crate::trace::Trace;
use std::time::Instant;
use sysdl_kernel::fact::Digest;

/// Ceilings that no run exceeds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most events.
    pub events: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 20_000_000_000 }
    }
}

/// How far a run is. Return `false` from the callback to stop it there.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Simulated nanoseconds.
    pub now_ns: u64,
    /// Of so many.
    pub duration_ns: u64,
    /// Events handled.
    pub events: u64,
}

/// Windows between two reads of the ring; half of what it holds.
const SLICE_WINDOWS: u64 = 32;
/// Events between two reports of progress.
const SLICE_EVENTS: u64 = 2_000_000;
/// Calls that neither advance time nor handle an event, after which a guest is taken for one that never will.
const IDLE_MAX: u32 = 8;

/// Runs a guest under a seed.
///
/// # Errors
/// If the guest traps.
pub fn drive<G: Guest>(
    guest: &mut G,
    meta: &Meta,
    seed: u64,
    limits: Limits,
    progress: impl FnMut(Progress) -> bool,
) -> Result<Trace, G::Error> {
    drive_filmed(guest, meta, seed, limits, 0, progress)
}

/// Runs a guest under a seed and reads its totals every so many nanoseconds (0: never). Reading changes nothing: the
/// windows that controllers see are as wide as they were.
///
/// # Errors
/// If the guest traps.
pub fn drive_filmed<G: Guest>(
    guest: &mut G,
    meta: &Meta,
    seed: u64,
    limits: Limits,
    frame_ns: u64,
    mut progress: impl FnMut(Progress) -> bool,
) -> Result<Trace, G::Error> {
    let began = Instant::now();
    guest.init(seed)?;
    let mut recorder = Recorder::new(meta, seed, frame_ns);
    let mut status = Status::Reached;
    let mut events = 0;
    while let Some(stop) = recorder.next_stop() {
        status = run_to(guest, &mut recorder, stop.at_ns + 1, limits, &mut events, &mut progress)?;
        if !matches!(status, Status::Reached | Status::Done) {
            break;
        }
        let all = if stop.checkpoint { digest(guest, 0)? } else { Digest::default() };
        recorder.stop(&view(guest)?, all);
    }
    let now_ns = guest.now()?;
    let digests = Digests {
        all: digest(guest, 0)?,
        requests: digest(guest, 2)?,
        components: (0..meta.components.len() as u32).map(|i| digest(guest, 4 + 2 * i)).collect::<Result<_, _>>()?,
    };
    recorder.look(&view(guest)?, now_ns, status, digests).wall_s = began.elapsed().as_secs_f64();
    Ok(recorder.into_trace())
}

fn digest<G: Guest>(guest: &mut G, first_word: u32) -> Result<Digest, G::Error> {
    Ok(Digest { lo: guest.digest(first_word)?, hi: guest.digest(first_word + 1)? })
}

fn view<G: Guest>(guest: &mut G) -> Result<View<'_, [u8]>, G::Error> {
    let (columns, records) = (guest.columns()?, guest.records()?);
    Ok(View::new(guest.memory(), columns, records))
}

/// Runs up to an instant, unless a ceiling is met before.
fn run_to<G: Guest>(
    guest: &mut G,
    recorder: &mut Recorder,
    until_ns: u64,
    limits: Limits,
    events: &mut u64,
    progress: &mut impl FnMut(Progress) -> bool,
) -> Result<Status, G::Error> {
    let (duration_ns, window_ns) = recorder.times();
    let mut idle = 0;
    loop {
        let now = guest.now()?;
        let slice = until_ns.min(now.saturating_add(SLICE_WINDOWS.saturating_mul(window_ns)));
        let left = limits.events.saturating_sub(*events);
        if left == 0 {
            return Ok(Status::OutOfBudget);
        }
        let status = guest.run(slice, SLICE_EVENTS.min(left))?;
        let before = *events;
        *events = recorder.drain(&view(guest)?);
        let now_ns = guest.now()?;
        idle = if now_ns > now || *events > before { 0 } else { idle + 1 };
        if idle > IDLE_MAX {
            return Ok(Status::OutOfBudget);
        }
        let on = progress(Progress { now_ns, duration_ns, events: *events });
        match status {
            Status::Done | Status::OutOfPool => return Ok(status),
            _ if !on => return Ok(Status::OutOfBudget),
            Status::Reached if slice == until_ns => return Ok(Status::Reached),
            Status::Reached | Status::OutOfBudget => {}
        }
    }
}
