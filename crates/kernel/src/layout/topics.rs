//! Topics: what gathers before it is sent to them.

use core::cell::Cell;

/// How requests on an edge gather before they set out.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Gather {
    /// Hash of the edge's name.
    pub hash: u64,
    /// Longest wait of the first for others.
    pub linger_ns: u64,
    /// They set out when they weigh so much, 0: whatever they weigh.
    pub weight: u64,
    /// They set out when they are so many.
    pub messages: u32,
    /// 1: a batch comes in as one.
    pub together: u32,
    /// The edge.
    pub edge: u32,
    /// First of its baskets, one per replica of the caller.
    pub first_basket: u32,
}

/// State of a basket: what gathers at a replica of a caller.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Basket {
    /// What it weighs together.
    pub weight: Cell<u64>,
    /// First, plus one.
    pub head: Cell<u32>,
    /// Last, plus one.
    pub tail: Cell<u32>,
    /// How many.
    pub count: Cell<u32>,
    /// How often it was emptied.
    pub turn: Cell<u32>,
    /// Row of [`Gather`].
    pub gather: Cell<u32>,
    /// Unused.
    pub pad: u32,
}
