//! Live parameters, the effects on them, and when or on what condition they act.

use core::cell::Cell;

/// A live parameter.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Slot {
    /// Hash of its name.
    pub hash: u64,
    /// Value without effects. Changed by a live host: the one row that is state.
    pub base: Cell<f64>,
    /// Value a live host has asked for.
    pub pending: Cell<f64>,
    /// 0 level, 1 down, 2 rate, 3 clear, 4 speed, 5 quota, 6 replicas, 7 draining,
    /// 8 connections, 9 users, 32 servers, 33 permits, 34 rebalance.
    pub kind: u32,
    /// Component, edge, store or source.
    pub owner: u32,
    /// First cell.
    pub first_cell: u32,
    /// Cells.
    pub cells: u32,
    /// First effect on it, or [`NONE`](super::NONE).
    pub first_effect: u32,
    /// Component whose digest its changes belong to, or [`NONE`](super::NONE).
    pub component: u32,
}

/// An effect. What is in cells is state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Effect {
    /// Hash of its label and slot.
    pub hash: u64,
    /// Current value.
    pub value: Cell<f64>,
    /// 1 while it lasts.
    pub active: Cell<u32>,
    /// Slot.
    pub slot: u32,
    /// First cell within the slot; where `count` is 0, [`NONE`](super::NONE) until it begins.
    pub first: Cell<u32>,
    /// Cells; 0: that of the replica that leads when it begins.
    pub count: u32,
    /// 0 set, 1 multiply, 2 add, 3 combine, 4 or.
    pub op: u32,
    /// Next effect on the slot in row order, or [`NONE`](super::NONE).
    pub next: u32,
}

/// An effect that comes and goes at random. `turns` is state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Flicker {
    /// Hash of what its draws belong to.
    pub hash: u64,
    /// From when on.
    pub start_ns: u64,
    /// When it is over for good.
    pub end_ns: u64,
    /// Value while it is there.
    pub value: f64,
    /// How often it has come or gone.
    pub turns: Cell<u64>,
    /// Effect.
    pub effect: u32,
    /// Distribution of the time without it.
    pub after: u32,
    /// Distribution of how long it stays.
    pub lasting: u32,
    /// Unused.
    pub pad: u32,
}

/// A change of an effect.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Change {
    /// When.
    pub at_ns: u64,
    /// Value from then on.
    pub value: f64,
    /// Effect.
    pub effect: u32,
    /// 1: active.
    pub active: u32,
}

/// What waits for a condition. `held`, `fired` and `until_ns` are state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Trigger {
    /// Until when what it has brought about lasts.
    pub until_ns: Cell<u64>,
    /// It holds at no instant up to this.
    pub from_ns: u64,
    /// It holds at no instant after this.
    pub to_ns: u64,
    /// First of its terms, in postfix order.
    pub first_term: u32,
    /// How many.
    pub terms: u32,
    /// Windows in a row in which it must hold.
    pub windows: u32,
    /// First of what it brings about.
    pub first_effect: u32,
    /// How many.
    pub effects: u32,
    /// Windows in a row in which it has held.
    pub held: Cell<u32>,
    /// 1: it has fired, and has held since.
    pub fired: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// A comparison of cells of a closed window, or what joins the two before it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Term {
    /// What the left side is multiplied with.
    pub factor: u64,
    /// What the right side is multiplied with, by
    pub bound: u64,
    /// and by.
    pub scale: u64,
    /// First of its words, those of the left side first.
    pub first_word: u32,
    /// Words of the left side.
    pub left: u32,
    /// Words of the right side; none: it is 1.
    pub right: u32,
    /// 0 less, 1 less or equal, 2 greater, 3 greater or equal, 4 equal, 5 not equal; 6 both, 7 either of the two before it.
    pub kind: u32,
    /// 1: the largest of the left side's words, and 0 means that nothing was seen; 0: their sum.
    pub largest: u32,
    /// Unused.
    pub pad: u32,
}

/// An effect that a trigger brings about.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Triggered {
    /// Its value.
    pub value: f64,
    /// How long it lasts, 0: for ever.
    pub lasting_ns: u64,
    /// The effect.
    pub effect: u32,
    /// Unused.
    pub pad: u32,
}
