//! What happened: everything that a report, an expectation or a golden is made of.

use crate::guest::Status;
use crate::healing::Healing;
use crate::meta::{Meta, Subscription};
use sysdl_kernel::columns::{self, Kind, component, edge, flow, histograms, subscription};
use sysdl_kernel::fact::Digest;
use sysdl_kernel::histogram::{BUCKETS, quantile_ns};
use sysdl_kernel::layout::record::{BREAKER_CLOSED, BREAKER_OPEN, EFFECT_OFF, EFFECT_ON};

/// One execution.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What ran.
    pub meta: Meta,
    /// Under which seed.
    pub seed: u64,
    /// How it ended.
    pub status: Status,
    /// How far it came, in nanoseconds.
    pub simulated_ns: u64,
    /// Events handled.
    pub events: u64,
    /// Requests created.
    pub requests: u64,
    /// Most frames in use at once.
    pub frames_peak: u32,
    /// Requests and calls in flight when the run ended.
    pub frames_in_use: u32,
    /// Whether the run stopped because no entry was left for a future event, rather than no room for a request.
    pub calendar_full: bool,
    /// Wall time in seconds. Not part of what happened.
    pub wall_s: f64,
    /// Rows of closed windows, in order.
    pub windows: Vec<Vec<u64>>,
    /// Totals at instants of interest: phase boundaries, the end of the warm-up, the end.
    pub snapshots: Vec<Snapshot>,
    /// Transitions and sampled spans, in order.
    pub records: Vec<Record>,
    /// Records that the ring lost before they were read.
    pub records_lost: u64,
    /// Digest of all facts.
    pub digest: Digest,
    /// Digest of requests.
    pub digest_requests: Digest,
    /// Digest of each component.
    pub digest_components: Vec<Digest>,
    /// Cumulative digests at equal steps: `(instant, digest)`.
    pub checkpoints: Vec<(u64, Digest)>,
    /// Totals at equal steps, if the run was filmed.
    pub film: Film,
    /// Whether it healed, if somebody has compared it with its twin. Not part of what happened.
    pub healing: Option<Healing>,
}

/// Totals at equal steps, finer than windows.
#[derive(Clone, Debug, Default)]
pub struct Film {
    /// Nanoseconds between two frames; 0 if the run was not filmed.
    pub frame_ns: u64,
    /// Row blocks: sums since the begin, gauges of the instant. The first is of the end of the first step.
    pub frames: Vec<Vec<u64>>,
}

/// A transition, or a sampled span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, in nanoseconds.
    pub at_ns: u64,
    /// See `sysdl_kernel::layout::record`.
    pub kind: u32,
    /// Effect, component or flow.
    pub entity: u32,
    /// First argument.
    pub a: u64,
    /// Second argument.
    pub b: u64,
    /// Key of the visit or request.
    pub key: u64,
}

/// Totals up to and including an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The instant in nanoseconds.
    pub at_ns: u64,
    /// Row block: sums since the begin, gauges of the instant.
    pub rows: Vec<u64>,
    /// Histogram counts since the begin.
    pub histograms: Vec<u32>,
}

/// What happened in an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Begin, exclusive.
    pub start_ns: u64,
    /// End, inclusive.
    pub end_ns: u64,
    rows: Vec<u64>,
    histograms: Vec<u32>,
    components: usize,
    edges: usize,
    flows: usize,
    /// First word of the rows of replicas, and how many have one.
    replicas_at: usize,
    watched: usize,
}

impl Trace {
    /// Hexadecimal form of a digest.
    #[must_use]
    pub fn hex(digest: Digest) -> String {
        format!("{:016x}{:016x}", digest.hi, digest.lo)
    }

    /// Whether a record is of an effect that is part of how a source behaves.
    #[must_use]
    pub fn is_quiet(&self, record: &Record) -> bool {
        matches!(record.kind, EFFECT_ON | EFFECT_OFF)
            && self.meta.effects.get(record.entity as usize).is_some_and(|effect| effect.quiet)
    }

    /// The queue that a record is about: its component's name, and the replica's number if it is that of one of several.
    #[must_use]
    pub fn queue(&self, record: &Record) -> String {
        let component = self.meta.components.get(record.entity as usize).map_or("?", |c| c.name.as_str());
        record.key.checked_sub(1).map_or(component.to_owned(), |replica| format!("{component}[{replica}]"))
    }

    /// Totals at an instant at which the run was stopped; the nearest before it otherwise.
    #[must_use]
    pub fn snapshot(&self, at_ns: u64) -> Option<&Snapshot> {
        self.snapshots.iter().rev().find(|snapshot| snapshot.at_ns <= at_ns)
    }

    /// What happened in `(start, end]`.
    #[must_use]
    pub fn interval(&self, start_ns: u64, end_ns: u64) -> Interval {
        let (components, edges) = (self.meta.components.len(), self.meta.edges.len());
        let flows = self.meta.flows.len();
        let words = self.meta.row_words();
        let empty = Snapshot { at_ns: 0, rows: vec![0; words], histograms: Vec::new() };
        let start = if start_ns == 0 { None } else { self.snapshot(start_ns) }.unwrap_or(&empty);
        let end = self.snapshot(end_ns).unwrap_or(&empty);
        let mut rows = end.rows.clone();
        for (word, kind) in kinds(&self.meta).enumerate() {
            match kind {
                Kind::Sum => rows[word] = rows[word].saturating_sub(start.rows[word]),
                Kind::Max => rows[word] = self.maximum(word, start_ns, end_ns, rows[word]),
                Kind::Gauge | Kind::Quantile => {}
            }
        }
        let mut histograms = end.histograms.clone();
        for (count, before) in histograms.iter_mut().zip(&start.histograms) {
            *count = count.saturating_sub(*before);
        }
        let watched = self.meta.watched_replicas();
        let replicas_at = words - watched * component::COUNT;
        Interval { start_ns, end_ns, rows, histograms, components, edges, flows, replicas_at, watched }
    }

    /// The run after its warm-up.
    #[must_use]
    pub fn measured(&self) -> Interval {
        self.interval(self.meta.warmup_ns, self.simulated_ns)
    }

    /// A maximum over the windows that an interval touches; over the whole run, the exact one.
    fn maximum(&self, word: usize, start_ns: u64, end_ns: u64, total: u64) -> u64 {
        if start_ns == 0 && end_ns >= self.simulated_ns {
            return total;
        }
        let width = self.meta.window_ns;
        let last = end_ns.div_ceil(width) as usize;
        let windows = self.windows.iter().take(last).skip((start_ns / width) as usize);
        windows.map(|rows| rows[word]).max().unwrap_or(0)
    }

    /// Nanoseconds of an interval during which an edge's breaker was not closed. `None` if records of it were lost.
    #[must_use]
    pub fn breaker_open_ns(&self, edge: usize, start_ns: u64, end_ns: u64) -> Option<u64> {
        let (mut open_since, mut total) = (None, 0);
        let of_edge = self.records.iter().filter(|record| record.entity as usize == edge);
        for record in of_edge {
            match record.kind {
                BREAKER_OPEN => {
                    open_since.get_or_insert(record.at_ns);
                }
                BREAKER_CLOSED => total += overlap(open_since.take(), record.at_ns, start_ns, end_ns),
                _ => {}
            }
        }
        total += overlap(open_since, end_ns, start_ns, end_ns);
        (self.records_lost == 0).then_some(total)
    }

    /// A cell of a closed window's component row, or of a replica's ([`Meta::row_of_replica`]).
    #[must_use]
    pub fn window_component(&self, window: usize, index: usize, column: usize) -> u64 {
        let components = self.meta.components.len();
        let first = match index.checked_sub(components) {
            None => index * component::COUNT,
            Some(row) => {
                let watched = self.meta.watched_replicas();
                self.meta.row_words() - (watched - row) * component::COUNT
            }
        };
        self.windows[window][first + column]
    }

    /// A cell of a closed window's edge row.
    #[must_use]
    pub fn window_edge(&self, window: usize, index: usize, column: usize) -> u64 {
        self.windows[window][columns::edges_at(self.meta.components.len()) + index * edge::COUNT + column]
    }

    /// A cell of a closed window's flow row.
    #[must_use]
    pub fn window_flow(&self, window: usize, index: usize, column: usize) -> u64 {
        let first = columns::flows_at(self.meta.components.len(), self.meta.edges.len());
        self.windows[window][first + index * flow::COUNT + column]
    }

    /// A cell of a closed window's subscription row.
    #[must_use]
    pub fn window_subscription(&self, window: usize, index: usize, column: usize) -> u64 {
        let meta = &self.meta;
        let first = columns::subscriptions_at(meta.components.len(), meta.edges.len(), meta.flows.len());
        self.windows[window][first + index * subscription::COUNT + column]
    }
}

/// How much of `(since, until]` lies in `(start, end]`.
fn overlap(since: Option<u64>, until: u64, start: u64, end: u64) -> u64 {
    since.map_or(0, |since| until.min(end).saturating_sub(since.max(start)))
}

/// Kind of every word of a row block.
pub(crate) fn kinds(meta: &Meta) -> impl Iterator<Item = Kind> + use<> {
    let (components, edges, flows) = (meta.components.len(), meta.edges.len(), meta.flows.len());
    let subscriptions = meta.subscriptions.len();
    let family = |rows: usize, columns: &'static [columns::Column]| {
        (0..rows).flat_map(move |_| columns.iter().map(|(_, kind)| *kind))
    };
    let traffic = family(components, &component::ALL).chain(family(edges, &edge::ALL)).chain(family(flows, &flow::ALL));
    traffic.chain(family(subscriptions, &subscription::ALL)).chain(family(meta.watched_replicas(), &component::ALL))
}

impl Interval {
    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        (self.end_ns - self.start_ns) as f64 / 1e9
    }

    /// A cell of a component's row, or of a replica's ([`Meta::row_of_replica`]).
    #[must_use]
    pub fn component(&self, index: usize, column: usize) -> u64 {
        let first = match index.checked_sub(self.components) {
            None => index * component::COUNT,
            Some(row) => self.replicas_at + row * component::COUNT,
        };
        self.rows[first + column]
    }

    /// A cell of an edge's row.
    #[must_use]
    pub fn edge(&self, index: usize, column: usize) -> u64 {
        self.rows[columns::edges_at(self.components) + index * edge::COUNT + column]
    }

    /// A cell of a flow's row.
    #[must_use]
    pub fn flow(&self, index: usize, column: usize) -> u64 {
        self.rows[columns::flows_at(self.components, self.edges) + index * flow::COUNT + column]
    }

    /// Counts of rounds of some flows together. Theirs are the last histograms but those of replicas, where rounds are counted.
    #[must_use]
    pub fn turns(&self, flows: impl IntoIterator<Item = usize>) -> Histogram<'_> {
        let count = (self.histograms.len() / BUCKETS).saturating_sub(self.watched) as u32;
        let first = count.saturating_sub(self.flows as u32);
        Histogram(flows.into_iter().map(|flow| self.histogram(first + flow as u32)).collect())
    }

    /// A cell of a subscription's row.
    #[must_use]
    pub fn subscription(&self, index: usize, column: usize) -> u64 {
        let first = columns::subscriptions_at(self.components, self.edges, self.flows);
        self.rows[first + index * subscription::COUNT + column]
    }

    fn histogram(&self, index: u32) -> &[u32] {
        let first = index as usize * BUCKETS;
        self.histograms.get(first..first + BUCKETS).unwrap_or(&[])
    }

    /// Counts of a component's sojourn times, or of a replica's ([`Meta::row_of_replica`]).
    #[must_use]
    pub fn sojourn(&self, component: usize) -> Histogram<'_> {
        let all = (self.histograms.len() / BUCKETS) as u32;
        let index = match component.checked_sub(self.components) {
            None => histograms::sojourn(component as u32),
            Some(row) => histograms::replica(all.max(self.watched as u32), self.watched as u32, row as u32),
        };
        Histogram(vec![self.histogram(index)])
    }

    /// Counts of a component's waiting times; of a replica there are none.
    #[must_use]
    pub fn waiting(&self, component: usize) -> Histogram<'_> {
        if component >= self.components {
            return Histogram(Vec::new());
        }
        Histogram(vec![self.histogram(histograms::waiting(component as u32))])
    }

    /// Counts of the times of an edge's calls, given the number of their histogram.
    #[must_use]
    pub fn calls(&self, histogram: u32) -> Histogram<'_> {
        Histogram(vec![self.histogram(histogram)])
    }

    /// Counts of response times of some flows together.
    #[must_use]
    pub fn response(&self, flows: impl IntoIterator<Item = usize>) -> Histogram<'_> {
        let index = |flow: usize| histograms::response(self.components as u32, flow as u32);
        Histogram(flows.into_iter().map(|flow| self.histogram(index(flow))).collect())
    }
}

impl Interval {
    /// Counts of times from being published to being handled, of some subscriptions together.
    #[must_use]
    pub fn end_to_end<'s>(&self, subscriptions: impl IntoIterator<Item = &'s Subscription>) -> Histogram<'_> {
        Histogram(subscriptions.into_iter().map(|s| self.histogram(s.histogram)).collect())
    }
}

/// Counts of durations, perhaps of several entities together.
#[derive(Clone, Debug)]
pub struct Histogram<'t>(Vec<&'t [u32]>);

impl Histogram<'_> {
    /// Number of durations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().flat_map(|part| part.iter()).map(|&n| u64::from(n)).sum()
    }

    /// A percentile in nanoseconds, within 0.4 %. `None` if there are no durations.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        Some(quantile_ns(&self.counts(), total, (share * 100_000.0).round() as u64))
    }

    /// Counts by bucket.
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        let mut sum = vec![0u32; BUCKETS];
        for part in &self.0 {
            for (cell, &count) in sum.iter_mut().zip(part.iter()) {
                *cell += count;
            }
        }
        sum
    }
}
