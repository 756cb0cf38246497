//! What is read of a module as it runs.
//!
//! A recorder says where the run has to stop, takes what the module shows there, and has a [`Trace`] at any time. Who runs
//! the module does not matter: [`drive`](crate::drive()) hands it all memory, a page hands it an [`Excerpt`].

use crate::guest::Status;
use crate::meta::Meta;
use crate::trace::{Film, Record, Snapshot, Trace, kinds};
use std::collections::BTreeMap;
use sysdl_kernel::columns::Kind;
use sysdl_kernel::fact::Digest;
use sysdl_kernel::histogram::BUCKETS;
use sysdl_kernel::layout::{RING_RECORDS, RING_WINDOWS};

/// Nanoseconds between two checkpoints of the digest, in runs that do not have too many then.
pub const CHECKPOINT_NS: u64 = 10_000_000_000;
/// Most checkpoints of a run. A longer run has them further apart, so that what they cost does not grow with it.
const CHECKPOINTS_MAX: u64 = 1_000;

/// Memory of a module, or what was copied of it. What is not there reads as 0: only a foreign module names it.
pub trait Memory {
    /// A little-endian word.
    fn u64_at(&self, address: u32) -> u64;
    /// A little-endian half word.
    fn u32_at(&self, address: u32) -> u32;
}

impl Memory for [u8] {
    fn u64_at(&self, address: u32) -> u64 {
        let at = address as usize;
        self.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
    }

    fn u32_at(&self, address: u32) -> u32 {
        let at = address as usize;
        self.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
    }
}

/// Parts of a memory: each the address where it lay, and its bytes.
#[derive(Clone, Debug, Default)]
pub struct Excerpt<'a>(pub Vec<(u32, &'a [u8])>);

impl Excerpt<'_> {
    /// The part that holds an address, and where in it.
    fn find(&self, address: u32) -> Option<(&[u8], u32)> {
        let holds =
            |(first, bytes): &&(u32, &[u8])| address.checked_sub(*first).is_some_and(|at| (at as usize) < bytes.len());
        self.0.iter().find(holds).map(|(first, bytes)| (*bytes, address - first))
    }
}

impl Memory for Excerpt<'_> {
    fn u64_at(&self, address: u32) -> u64 {
        self.find(address).map_or(0, |(bytes, at)| bytes.u64_at(at))
    }

    fn u32_at(&self, address: u32) -> u32 {
        self.find(address).map_or(0, |(bytes, at)| bytes.u32_at(at))
    }
}

/// A module that stands still: its memory, and where in it the directory of columns and the ring of records lie.
pub struct View<'a, M: Memory + ?Sized> {
    memory: &'a M,
    directory: u32,
    ring: u32,
}

impl<'a, M: Memory + ?Sized> View<'a, M> {
    /// Addresses are as `sysdl_columns` and `sysdl_records` return them.
    pub fn new(memory: &'a M, columns: u32, records: u32) -> Self {
        // Low enough to add the offset of any field.
        let root = |address: u32| address.min(u32::MAX - 4096);
        Self { memory, directory: root(columns), ring: root(records) }
    }

    fn u64(&self, offset: u32) -> u64 {
        self.memory.u64_at(self.directory + offset)
    }

    fn u32(&self, offset: u32) -> u32 {
        self.memory.u32_at(self.directory + offset)
    }

    fn windows_closed(&self) -> u64 {
        self.u64(0)
    }

    /// Events handled.
    pub fn events(&self) -> u64 {
        self.u64(8)
    }
}

/// Digests of a run: of all facts, of requests, of each component.
#[derive(Clone, Debug, Default)]
pub struct Digests {
    /// Of all facts.
    pub all: Digest,
    /// Of requests.
    pub requests: Digest,
    /// Of each component, in the order of the module.
    pub components: Vec<Digest>,
}

/// Where a run stops, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    /// The instant: everything up to and including it has happened then.
    pub at_ns: u64,
    /// Totals and histograms are read.
    snapshot: bool,
    /// The digest is noted.
    pub checkpoint: bool,
    /// Totals are read for the film.
    frame: bool,
}

/// What has been read of a run so far.
#[derive(Debug)]
pub struct Recorder {
    trace: Trace,
    words: usize,
    records_read: u64,
    stops: Vec<Stop>,
    /// First stop that the run has not come to.
    next: usize,
    /// The last snapshot is of no stop: it was taken to look.
    looked: bool,
}

impl Recorder {
    /// Before a run under a seed. Totals are read every `frame_ns` for its film, never if that is 0.
    #[must_use]
    pub fn new(meta: &Meta, seed: u64, frame_ns: u64) -> Self {
        let trace = Trace {
            meta: meta.clone(),
            seed,
            status: Status::Reached,
            simulated_ns: 0,
            events: 0,
            requests: 0,
            frames_peak: 0,
            frames_in_use: 0,
            calendar_full: false,
            wall_s: 0.0,
            windows: Vec::new(),
            snapshots: Vec::new(),
            records: Vec::new(),
            records_lost: 0,
            digest: Digest::default(),
            digest_requests: Digest::default(),
            digest_components: Vec::new(),
            checkpoints: Vec::new(),
            film: Film { frame_ns, frames: Vec::new() },
            healing: None,
        };
        let stops = stops(meta, frame_ns);
        Self { trace, words: meta.row_words(), records_read: 0, stops, next: 0, looked: false }
    }

    /// Length of the run and width of its windows, in nanoseconds.
    pub(crate) fn times(&self) -> (u64, u64) {
        (self.trace.meta.duration_ns, self.trace.meta.window_ns)
    }

    /// Where the run has to stop next.
    #[must_use]
    pub fn next_stop(&self) -> Option<Stop> {
        self.stops.get(self.next).copied()
    }

    /// The run has come to its next stop: reads what is noted there. `digest` is of all facts; it matters at checkpoints.
    pub fn stop<M: Memory + ?Sized>(&mut self, view: &View<M>, digest: Digest) {
        let Some(stop) = self.next_stop() else { return };
        self.drain(view);
        self.next += 1;
        if stop.snapshot {
            self.snapshot(view, stop.at_ns);
        }
        if stop.checkpoint {
            self.trace.checkpoints.push((stop.at_ns, digest));
        }
        if stop.frame {
            let rows = self.totals(view, stop.at_ns);
            self.trace.film.frames.push(rows);
        }
    }

    /// Reads windows and records that are new. Returns the number of events so far.
    pub fn drain<M: Memory + ?Sized>(&mut self, view: &View<M>) -> u64 {
        if std::mem::take(&mut self.looked) {
            self.trace.snapshots.pop();
        }
        self.drain_windows(view);
        self.drain_records(view);
        view.events()
    }

    fn drain_windows<M: Memory + ?Sized>(&mut self, view: &View<M>) {
        let windows = &mut self.trace.windows;
        // What a foreign module says is bounded by what an honest one can say.
        let slots = u64::from(view.u32(36)).clamp(1, u64::from(RING_WINDOWS));
        let closed = view.windows_closed().min(windows.len() as u64 + slots);
        let address = u64::from(view.u32(56));
        while (windows.len() as u64) < closed {
            let first = address + windows.len() as u64 % slots * self.words as u64 * 8;
            windows.push((0..self.words as u64).map(|word| view.memory.u64_at((first + word * 8) as u32)).collect());
        }
    }

    fn drain_records<M: Memory + ?Sized>(&mut self, view: &View<M>) {
        let (memory, ring) = (view.memory, view.ring);
        let capacity = u64::from(memory.u32_at(ring + 8)).clamp(1, u64::from(RING_RECORDS));
        let written = memory.u64_at(ring);
        let address = memory.u32_at(ring + 12);
        let oldest = written.saturating_sub(capacity);
        if self.records_read < oldest {
            self.trace.records_lost += oldest - self.records_read;
            self.records_read = oldest;
        }
        while self.records_read < written {
            let at = address.saturating_add((self.records_read % capacity) as u32 * 40).min(u32::MAX - 40);
            self.trace.records.push(Record {
                at_ns: memory.u64_at(at),
                kind: memory.u32_at(at + 8),
                entity: memory.u32_at(at + 12),
                a: memory.u64_at(at + 16),
                b: memory.u64_at(at + 24),
                key: memory.u64_at(at + 32),
            });
            self.records_read += 1;
        }
    }

    /// Rows of closed windows and the open one together.
    fn totals<M: Memory + ?Sized>(&self, view: &View<M>, at_ns: u64) -> Vec<u64> {
        let (cumulative, current) = (view.u32(48), view.u32(52));
        // Right at a window's end the open window is empty, and so are its maxima and percentiles.
        let just_closed = at_ns == view.windows_closed() * self.trace.meta.window_ns;
        (kinds(&self.trace.meta).enumerate())
            .map(|(word, kind)| {
                let at = |first: u32| view.memory.u64_at(first.saturating_add(word as u32 * 8));
                let (before, open) = (at(cumulative), at(current));
                match kind {
                    Kind::Sum => before.saturating_add(open),
                    Kind::Max => before.max(open),
                    Kind::Gauge => open,
                    Kind::Quantile if just_closed => before,
                    Kind::Quantile => open,
                }
            })
            .collect()
    }

    /// Totals and histograms.
    fn snapshot<M: Memory + ?Sized>(&mut self, view: &View<M>, at_ns: u64) {
        let rows = self.totals(view, at_ns);
        let meta = &self.trace.meta;
        // Each of them has two histograms at most.
        let most = 2 * (meta.components.len() + meta.edges.len() + meta.flows.len()) as u32;
        let count = view.u32(44).min(most) * BUCKETS as u32;
        let (closed, open) = (view.u32(60), view.u32(64));
        let at = |first: u32, i: u32| view.memory.u32_at(first.saturating_add(i * 4));
        let histograms = (0..count).map(|i| at(closed, i).saturating_add(at(open, i))).collect();
        self.trace.snapshots.push(Snapshot { at_ns, rows, histograms });
    }

    /// The run as far as it has come, `now_ns` being what `sysdl_now` returns. What is read here is forgotten when it goes on.
    pub fn look<M: Memory + ?Sized>(
        &mut self,
        view: &View<M>,
        now_ns: u64,
        status: Status,
        digests: Digests,
    ) -> &mut Trace {
        self.trace.events = self.drain(view);
        let simulated_ns = now_ns.saturating_sub(1).min(self.trace.meta.duration_ns);
        if self.trace.snapshots.last().is_none_or(|snapshot| snapshot.at_ns < simulated_ns) {
            self.snapshot(view, simulated_ns);
            self.looked = true;
        }
        let trace = &mut self.trace;
        (trace.status, trace.simulated_ns) = (status, simulated_ns);
        trace.requests = view.u64(16);
        (trace.frames_in_use, trace.frames_peak) = (view.u32(24), view.u32(28));
        trace.calendar_full = view.u32(72) == 2;
        trace.digest = digests.all;
        trace.digest_requests = digests.requests;
        trace.digest_components = digests.components;
        trace
    }

    /// The module's memory is again what it was at an instant: forgets what was read after it.
    pub fn rewind<M: Memory + ?Sized>(&mut self, view: &View<M>, now_ns: u64) {
        let happened = |at_ns: u64| at_ns < now_ns;
        let trace = &mut self.trace;
        trace.windows.truncate(view.windows_closed() as usize);
        trace.snapshots.retain(|snapshot| happened(snapshot.at_ns));
        trace.checkpoints.retain(|(at_ns, _)| happened(*at_ns));
        self.next = self.stops.partition_point(|stop| happened(stop.at_ns));
        trace.film.frames.truncate(self.stops[..self.next].iter().filter(|stop| stop.frame).count());
        let written = view.memory.u64_at(view.ring);
        trace.records.truncate(written.saturating_sub(trace.records_lost) as usize);
        self.records_read = self.records_read.min(written);
        self.looked = false;
    }

    /// What was read.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// All that was read.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        self.trace
    }
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
