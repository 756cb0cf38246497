//! The ring of records: transitions, and spans of sampled requests.

use super::memory::{header, now};
use crate::layout::{RING_RECORDS, Record, RecordRing};
use core::cell::UnsafeCell;

struct Ring(UnsafeCell<RecordRing>);

// SAFETY: a wasm module has one thread.
unsafe impl Sync for Ring {}

static RING: Ring = Ring(UnsafeCell::new(RecordRing { written: 0, capacity: RING_RECORDS, address: 0 }));

/// Writes a record of the instant at hand. The oldest is overwritten: a view is lost, never a fact.
pub fn write(kind: u32, entity: u32, a: u64, b: u64, key: u64) {
    // SAFETY: no reference to the ring outlives a call.
    let ring = unsafe { &mut *RING.0.get() };
    let index = (ring.written % RING_RECORDS as u64) as u32;
    ring.written += 1;
    super::memory::write(header().records, index, Record { at_ns: now(), kind, entity, a, b, key });
}

/// Address of the ring's description.
pub fn ring() -> u32 {
    // SAFETY: as above.
    unsafe { (*RING.0.get()).address = header().records };
    RING.0.get() as u32
}
