//! Columns of live parameters, effects and triggers.

use crate::model::Order;
use serde::{Deserialize, Serialize};

/// What a slot is the value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotKind {
    /// Read by whoever needs it; nothing else happens on a change.
    Level,
    /// Rising from 0 takes the replica down and kills what it holds; falling brings it back.
    Down,
    /// The rate of a source: its next arrival is moved.
    Rate,
    /// Rising from 0 empties the store.
    Clear,
    /// Speed of work under way at the replica.
    Speed,
    /// The rate of a bucket of a component: what came in at the old rate is counted first.
    Quota,
    /// Replicas that are to be in service.
    Replicas,
    /// Rising from 0 takes the replica out of service; falling brings it back.
    Draining,
    /// Rising from 0 closes the connections of an edge.
    Connections,
    /// Users of a source that are to be there.
    Users,
    /// Servers of a replica: those that are free take who waits.
    Servers,
    /// Permits of the gates of an edge: those in line take what is free.
    Permits,
    /// Rising from 0 lets a group assign its partitions anew.
    Rebalance,
}

/// One row per condition that effects wait for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Triggers {
    /// The condition, in postfix order.
    pub terms: Vec<Vec<Term>>,
    /// Windows in a row in which it must hold. Positive.
    pub windows: Vec<u32>,
    /// Effects that it brings about as `(row, value, nanoseconds that it lasts or 0)`.
    pub effects: Vec<Vec<(u32, f64, u64)>>,
    /// It holds at no instant up to this, in nanoseconds.
    #[serde(default)]
    pub from_ns: Vec<u64>,
    /// It holds at no instant after this, in nanoseconds.
    #[serde(default)]
    pub to_ns: Vec<u64>,
}

/// Part of a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Term {
    /// A comparison, its cells as words of a block of rows.
    Compare {
        /// Words of the left side.
        left: Vec<u32>,
        /// Words of the right side.
        right: Vec<u32>,
        /// See [`crate::model::Comparison`].
        largest: bool,
        /// See [`crate::model::Comparison`].
        factor: u64,
        /// See [`crate::model::Comparison`].
        order: Order,
        /// See [`crate::model::Comparison`].
        bound: u64,
        /// See [`crate::model::Comparison`].
        scale: u64,
    },
    /// Both of the two before it.
    And,
    /// One of the two before it, or both.
    Or,
}

/// One row per live parameter; the values are `count` consecutive cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slots {
    /// `component.parameter`, `edge.parameter`.
    pub name: Vec<String>,
    /// What it is.
    pub kind: Vec<SlotKind>,
    /// Row of the component, edge, store or source it belongs to.
    pub owner: Vec<u32>,
    /// Value without effects.
    pub base: Vec<f64>,
    /// First cell.
    pub first_cell: Vec<u32>,
    /// Number of cells (replicas, or 1).
    pub cells: Vec<u32>,
}

/// One row per effect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// `flush redis`.
    pub label: Vec<String>,
    /// Name given by `as`, or empty.
    pub event: Vec<String>,
    /// `name_hash(label)`, for facts.
    pub hash: Vec<u64>,
    /// 1: part of how a source behaves, not worth telling.
    pub quiet: Vec<u32>,
    /// Slot acted on.
    pub slot: Vec<u32>,
    /// First cell of the slot, counted from the slot's first.
    pub first: Vec<u32>,
    /// Number of cells; 0: that of the replica that leads when it begins.
    pub count: Vec<u32>,
    /// 0 set, 1 multiply, 2 add, 3 combine, 4 or: the order in which they compose.
    pub op: Vec<u32>,
}

/// Effects that come and go at random; they have no rows in the timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flickers {
    /// Which effect.
    pub effect: Vec<u32>,
    /// Its value while it is there.
    pub value: Vec<f64>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): time without it.
    pub after: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): how long it stays.
    pub lasting: Vec<u32>,
    /// From when on, in nanoseconds.
    pub start_ns: Vec<u64>,
    /// When it is over for good, in nanoseconds.
    pub end_ns: Vec<u64>,
    /// `name_hash` of what the draws belong to.
    pub hash: Vec<u64>,
}

/// Instants at which an effect changes, sorted by (time, effect).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// When, in nanoseconds. At least 1.
    pub at_ns: Vec<u64>,
    /// Which effect.
    pub effect: Vec<u32>,
    /// 1: active with `value` from now on; 0: over.
    pub active: Vec<u32>,
    /// The value from now on.
    pub value: Vec<f64>,
}
