//! The part of the calendar that is due at the next nanosecond: one event, if nothing else is scheduled before or with it.
//!
//! A message on a network that costs nothing takes a nanosecond, and mostly nothing happens in it, so that the event which has
//! just been scheduled is the next to be handled. It is handed over in registers of the machine, past the row and the wheel. Who
//! looks at the calendar before it is taken has it [laid down](super::lay_down) there first.

use super::{Entry, Event};
use core::cell::Cell;

/// The event that is handed over.
struct Handed {
    /// Its instant; the last of all if there is none.
    at: Cell<u64>,
    key: Cell<u64>,
    subject_and_generation: Cell<u64>,
    argument_and_rank: Cell<u64>,
}

// SAFETY: a wasm module has one thread.
unsafe impl Sync for Handed {}

static HANDED: Handed = Handed {
    at: Cell::new(0),
    key: Cell::new(0),
    subject_and_generation: Cell::new(0),
    argument_and_rank: Cell::new(0),
};

/// There is none.
pub fn init() {
    HANDED.at.set(u64::MAX);
}

/// Its instant; the last of all if there is none.
#[inline(always)]
pub fn at() -> u64 {
    HANDED.at.get()
}

/// There is one; there was none.
#[inline(always)]
pub fn give(event: Event) {
    let entry = Entry::from(event);
    HANDED.at.set(entry.at);
    HANDED.key.set(entry.key);
    HANDED.subject_and_generation.set(entry.subject_and_generation);
    HANDED.argument_and_rank.set(entry.argument_and_rank);
}

/// Takes it; there is one.
#[inline(always)]
pub fn take() -> Entry {
    Entry {
        at: HANDED.at.replace(u64::MAX),
        key: HANDED.key.get(),
        subject_and_generation: HANDED.subject_and_generation.get(),
        argument_and_rank: HANDED.argument_and_rank.get(),
    }
}
