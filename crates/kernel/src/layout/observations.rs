//! What the host reads: histograms, records, where each is.

use core::cell::Cell;

/// Range in use of a window's histogram.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct HistogramState {
    /// Smallest bucket in use.
    pub low: Cell<u32>,
    /// Largest bucket in use, plus one; 0 for none.
    pub high: Cell<u32>,
    /// Number of values.
    pub count: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// What `sysdl_columns` points to.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Directory {
    /// Closed windows.
    pub windows_closed: u64,
    /// Events handled.
    pub events: u64,
    /// Requests created.
    pub requests: u64,
    /// Frames in use.
    pub frames_in_use: u32,
    /// Most frames ever in use.
    pub frames_peak: u32,
    /// Words of a row block.
    pub row_words: u32,
    /// Windows in the ring.
    pub ring_windows: u32,
    /// Buckets of a histogram.
    pub buckets: u32,
    /// Number of histograms.
    pub histograms: u32,
    /// Address of the cumulative row block.
    pub cumulative: u32,
    /// Address of the open window's row block.
    pub current: u32,
    /// Address of the ring.
    pub ring: u32,
    /// Address of closed windows' histograms.
    pub histogram_cumulative: u32,
    /// Address of the open window's histograms.
    pub histogram_window: u32,
    /// Most places of what is due soon that have been in use.
    pub soon_peak: u32,
    /// Why the run cannot go on: 0 it can, 1 no frame is left, 2 no calendar entry is left.
    pub halted: u32,
    /// Frames that there are.
    pub frames_max: u32,
    /// Most blocks that the wheel of the calendar has used.
    pub blocks_peak: u32,
    /// Most places of a lane that have been in use.
    pub lanes_peak: u32,
}

/// What `sysdl_records` points to.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RecordRing {
    /// Records written so far.
    pub written: u64,
    /// Records in the ring.
    pub capacity: u32,
    /// Address of the ring.
    pub address: u32,
}

/// A transition, or a sampled span.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Record {
    /// When (a span: its end).
    pub at_ns: u64,
    /// See [`record`].
    pub kind: u32,
    /// Row of the effect, component or flow.
    pub entity: u32,
    /// First argument.
    pub a: u64,
    /// Second argument.
    pub b: u64,
    /// Key of the visit or request, or as the kind says.
    pub key: u64,
}

/// Kinds of records.
pub mod record {
    /// An effect began or changed; `a` is its value's bits.
    pub const EFFECT_ON: u32 = 1;
    /// An effect ended.
    pub const EFFECT_OFF: u32 = 2;
    /// A queue of a component filled up; `a` busy servers, `b` waiting, `key` one more than the replica whose
    /// queue it is, 0 if it is that of all.
    pub const QUEUE_FULL: u32 = 3;
    /// A queue has drained that had filled up or grown long; `a` and `key` as above.
    pub const QUEUE_DRAINED: u32 = 4;
    /// As many wait at a replica as it has servers; `a`, `b` and `key` as above.
    pub const OVERLOADED: u32 = 5;
    /// The breaker of an edge has opened.
    pub const BREAKER_OPEN: u32 = 6;
    /// It has closed: its probe was answered well.
    pub const BREAKER_CLOSED: u32 = 7;
    /// An edge stops sending to a replica, `a`; `b` says why, see [`why`].
    pub const PEER_OUT: u32 = 8;
    /// The reason is over.
    pub const PEER_BACK: u32 = 9;

    /// Why an edge does not send to a replica, in words.
    #[must_use]
    pub const fn why(number: u64) -> &'static str {
        match number {
            0 => "attempts failed",
            _ => "probes failed",
        }
    }

    /// Partitions of a component are assigned anew.
    pub const REBALANCE: u32 = 14;
    /// They have been; `a` of them have moved, `b` replicas have some.
    pub const REBALANCED: u32 = 15;
    /// A component has lost its leader, `a`; `b` is 0 if it went down, 1 if others heard nothing from it, 2 if it heard
    /// nothing from a majority, 3 if something else is named in its place.
    pub const LEADER_LOST: u32 = 21;
    /// A replica, `a`, has heard nothing of a leader for as long as it waits; `b` is the term that it knew.
    pub const ELECTION_TIMEOUT: u32 = 22;
    /// It asks the others for their votes, in the term `b`.
    pub const CANDIDATE: u32 = 23;
    /// It leads from now on, in the term `b`.
    pub const ELECTED: u32 = 24;
    /// It has not got enough votes, in the term `b`.
    pub const NOT_ELECTED: u32 = 25;
    /// A component is to have another number of replicas; `a` before, `b` from now on.
    pub const SCALED: u32 = 12;
    /// Partitions of logs on a component have other leaders; `a` of them, `b` have none.
    pub const LED_ANEW: u32 = 20;
    /// Whether a kind is a span, not a transition.
    #[must_use]
    pub const fn is_span(kind: u32) -> bool {
        kind == VISIT || kind == REQUEST
    }

    /// A sampled visit ended; `a` its arrival, `b` outcome and replica (high word).
    pub const VISIT: u32 = 16;
    /// A sampled request ended; `a` its creation, `b` outcome.
    pub const REQUEST: u32 = 17;
}
