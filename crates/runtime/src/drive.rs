//! Driving a guest to its end, and collecting what it shows on the way.
//!
//! The guest is stopped right behind every instant of interest (phase boundaries, checkpoints, the end
//! of the warm-up), where its totals are read. Between them it runs in slices short enough that its
//! ring of windows never overflows.

use crate::guest::{Guest, Status};
use crate::meta::Meta;
use crate::trace::{Film, Record, Snapshot, Trace};
use std::collections::BTreeMap;
use std::time::Instant;
use sysdl_kernel::columns::Kind;
use sysdl_kernel::fact::Digest;
use sysdl_kernel::histogram::BUCKETS;
use sysdl_kernel::layout::{RING_RECORDS, RING_WINDOWS};

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
/// Nanoseconds between two checkpoints of the digest, in runs that do not have too many then.
pub const CHECKPOINT_NS: u64 = 10_000_000_000;
/// Most checkpoints of a run. A longer run has them further apart, so that what they cost does not grow with it.
const CHECKPOINTS_MAX: u64 = 1_000;

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
    let mut reader = Reader::new(meta);
    let mut status = Status::Reached;
    let mut events = 0;
    for stop in stops(meta, frame_ns) {
        status = reader.run_to(guest, stop.at_ns + 1, limits, &mut events, &mut progress)?;
        if !matches!(status, Status::Reached | Status::Done) {
            break;
        }
        if stop.snapshot {
            reader.snapshot(guest, stop.at_ns)?;
        }
        if stop.checkpoint {
            let digest = digest(guest, 0)?;
            reader.checkpoints.push((stop.at_ns, digest));
        }
        if stop.frame {
            let rows = reader.totals(guest, stop.at_ns)?;
            reader.film.push(rows);
        }
    }
    reader.finish(guest, seed, status, began, frame_ns)
}

#[derive(Default)]
struct Stop {
    at_ns: u64,
    snapshot: bool,
    checkpoint: bool,
    frame: bool,
}

/// Instants at which a run is stopped, in order.
fn stops(meta: &Meta, frame_ns: u64) -> Vec<Stop> {
    let boundaries = meta.phases.iter().flat_map(|phase| [phase.start_ns, phase.end_ns]);
    let snapshots = boundaries.chain([meta.warmup_ns, meta.duration_ns]);
    let snapshots = snapshots.filter(|&at| at > 0 && at <= meta.duration_ns);
    let apart = CHECKPOINT_NS * meta.duration_ns.div_ceil(CHECKPOINT_NS * CHECKPOINTS_MAX).max(1);
    let checkpoints = (1..=meta.duration_ns / apart).map(|k| k * apart).chain([meta.duration_ns]);
    let mut all: BTreeMap<u64, Stop> = BTreeMap::new();
    let mut stop = |at_ns: u64, mark: fn(&mut Stop)| {
        mark(all.entry(at_ns).or_insert(Stop { at_ns, ..Stop::default() }));
    };
    snapshots.for_each(|at| stop(at, |stop| stop.snapshot = true));
    checkpoints.for_each(|at| stop(at, |stop| stop.checkpoint = true));
    let frames = (1..).map(|k| k * frame_ns).take_while(|&at| frame_ns > 0 && at <= meta.duration_ns);
    frames.for_each(|at| stop(at, |stop| stop.frame = true));
    all.into_values().collect()
}

fn digest<G: Guest>(guest: &mut G, first_word: u32) -> Result<Digest, G::Error> {
    Ok(Digest { lo: guest.digest(first_word)?, hi: guest.digest(first_word + 1)? })
}

/// What has been read of a guest so far.
struct Reader<'m> {
    meta: &'m Meta,
    words: usize,
    windows: Vec<Vec<u64>>,
    snapshots: Vec<Snapshot>,
    records: Vec<Record>,
    records_read: u64,
    records_lost: u64,
    checkpoints: Vec<(u64, Digest)>,
    film: Vec<Vec<u64>>,
}

impl<'m> Reader<'m> {
    fn new(meta: &'m Meta) -> Self {
        let words = meta.row_words();
        Self {
            meta,
            words,
            windows: Vec::new(),
            snapshots: Vec::new(),
            records: Vec::new(),
            records_read: 0,
            records_lost: 0,
            checkpoints: Vec::new(),
            film: Vec::new(),
        }
    }

    fn run_to<G: Guest>(
        &mut self,
        guest: &mut G,
        until_ns: u64,
        limits: Limits,
        events: &mut u64,
        progress: &mut impl FnMut(Progress) -> bool,
    ) -> Result<Status, G::Error> {
        let mut idle = 0;
        loop {
            let now = guest.now()?;
            let slice = until_ns.min(now.saturating_add(SLICE_WINDOWS.saturating_mul(self.meta.window_ns)));
            let left = limits.events.saturating_sub(*events);
            if left == 0 {
                return Ok(Status::OutOfBudget);
            }
            let status = guest.run(slice, SLICE_EVENTS.min(left))?;
            let before = *events;
            *events = self.drain(guest)?;
            let now_ns = guest.now()?;
            idle = if now_ns > now || *events > before { 0 } else { idle + 1 };
            if idle > IDLE_MAX {
                return Ok(Status::OutOfBudget);
            }
            let on = progress(Progress { now_ns, duration_ns: self.meta.duration_ns, events: *events });
            match status {
                Status::Done | Status::OutOfPool => return Ok(status),
                _ if !on => return Ok(Status::OutOfBudget),
                Status::Reached if slice == until_ns => return Ok(Status::Reached),
                Status::Reached | Status::OutOfBudget => {}
            }
        }
    }

    /// Reads windows and records that are new. Returns the number of events so far.
    fn drain<G: Guest>(&mut self, guest: &mut G) -> Result<u64, G::Error> {
        let directory = root(guest.columns()?);
        let ring = root(guest.records()?);
        let memory = guest.memory();
        // What a foreign module says is bounded by what an honest one can say.
        let slots = u64::from(u32_at(memory, directory + 36)).clamp(1, u64::from(RING_WINDOWS));
        let closed = u64_at(memory, directory).min(self.windows.len() as u64 + slots);
        let address = u32_at(memory, directory + 56);
        while (self.windows.len() as u64) < closed {
            let slot = self.windows.len() as u64 % slots;
            let first = u64::from(address) + slot * self.words as u64 * 8;
            self.windows.push((0..self.words as u64).map(|word| u64_at(memory, (first + word * 8) as u32)).collect());
        }
        let capacity = u64::from(u32_at(memory, ring + 8)).clamp(1, u64::from(RING_RECORDS));
        let written = u64_at(memory, ring);
        let address = u32_at(memory, ring + 12);
        let oldest = written.saturating_sub(capacity);
        if self.records_read < oldest {
            self.records_lost += oldest - self.records_read;
            self.records_read = oldest;
        }
        while self.records_read < written {
            let at = address.saturating_add((self.records_read % capacity) as u32 * 40).min(u32::MAX - 40);
            self.records.push(Record {
                at_ns: u64_at(memory, at),
                kind: u32_at(memory, at + 8),
                entity: u32_at(memory, at + 12),
                a: u64_at(memory, at + 16),
                b: u64_at(memory, at + 24),
                key: u64_at(memory, at + 32),
            });
            self.records_read += 1;
        }
        Ok(u64_at(memory, directory + 8))
    }

    /// Rows of closed windows and the open one together.
    fn totals<G: Guest>(&self, guest: &mut G, at_ns: u64) -> Result<Vec<u64>, G::Error> {
        let directory = root(guest.columns()?);
        let memory = guest.memory();
        let (cumulative, current) = (u32_at(memory, directory + 48), u32_at(memory, directory + 52));
        let closed = u64_at(memory, directory);
        // Right at a window's end the open window is empty, and so are its maxima and percentiles.
        let just_closed = at_ns == closed * self.meta.window_ns;
        let kinds = crate::trace::kinds(self.meta);
        let rows = (kinds.enumerate())
            .map(|(word, kind)| {
                let at = |first: u32| u64_at(memory, first.saturating_add(word as u32 * 8));
                let (before, open) = (at(cumulative), at(current));
                match kind {
                    Kind::Sum => before.saturating_add(open),
                    Kind::Max => before.max(open),
                    Kind::Gauge => open,
                    Kind::Quantile if just_closed => before,
                    Kind::Quantile => open,
                }
            })
            .collect();
        Ok(rows)
    }

    /// Totals and histograms.
    fn snapshot<G: Guest>(&mut self, guest: &mut G, at_ns: u64) -> Result<(), G::Error> {
        let rows = self.totals(guest, at_ns)?;
        let directory = root(guest.columns()?);
        let memory = guest.memory();
        // Each of them has two histograms at most.
        let most = 2 * (self.meta.components.len() + self.meta.edges.len() + self.meta.flows.len()) as u32;
        let count = u32_at(memory, directory + 44).min(most) * BUCKETS as u32;
        let (closed, open) = (u32_at(memory, directory + 60), u32_at(memory, directory + 64));
        let at = |first: u32, i: u32| u32_at(memory, first.saturating_add(i * 4));
        let histograms = (0..count).map(|i| at(closed, i).saturating_add(at(open, i))).collect();
        self.snapshots.push(Snapshot { at_ns, rows, histograms });
        Ok(())
    }

    fn finish<G: Guest>(
        mut self,
        guest: &mut G,
        seed: u64,
        status: Status,
        began: Instant,
        frame_ns: u64,
    ) -> Result<Trace, G::Error> {
        let simulated_ns = guest.now()?.saturating_sub(1).min(self.meta.duration_ns);
        if self.snapshots.last().is_none_or(|snapshot| snapshot.at_ns < simulated_ns) {
            self.snapshot(guest, simulated_ns)?;
        }
        let events = self.drain(guest)?;
        let directory = root(guest.columns()?);
        let requests = u64_at(guest.memory(), directory + 16);
        let frames_in_use = u32_at(guest.memory(), directory + 24);
        let frames_peak = u32_at(guest.memory(), directory + 28);
        let calendar_full = u32_at(guest.memory(), directory + 72) == 2;
        let (all, of_requests) = (digest(guest, 0)?, digest(guest, 2)?);
        let count = self.meta.components.len() as u32;
        let digest_components = (0..count).map(|i| digest(guest, 4 + 2 * i)).collect::<Result<_, _>>()?;
        Ok(Trace {
            meta: self.meta.clone(),
            seed,
            status,
            simulated_ns,
            events,
            requests,
            frames_peak,
            frames_in_use,
            calendar_full,
            wall_s: began.elapsed().as_secs_f64(),
            windows: self.windows,
            snapshots: self.snapshots,
            records: self.records,
            records_lost: self.records_lost,
            digest: all,
            digest_requests: of_requests,
            digest_components,
            checkpoints: self.checkpoints,
            film: Film { frame_ns, frames: self.film },
            healing: None,
        })
    }
}

/// The address of a directory, low enough to add the offset of any field.
fn root(address: u32) -> u32 {
    address.min(u32::MAX - 4096)
}

/// A value in memory; 0 beyond its end, which only a foreign module can name.
fn u64_at(memory: &[u8], address: u32) -> u64 {
    let at = address as usize;
    memory.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn u32_at(memory: &[u8], address: u32) -> u32 {
    let at = address as usize;
    memory.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}
