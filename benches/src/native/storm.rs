//! The storm, twice.
//!
//! ```text
//!  people ──▶ gate ──attempt──▶ server ──▶ queue ──▶ work ──▶ answer
//!               ▲                 │ no room            │ too late: nobody hears it
//!               └──pause──────────┴──after 100 ms──────┘
//! ```
//!
//! In both every step is an event. [`events`] has all of them in one calendar, as programs of this kind are written. [`rings`]
//! has none that it could do without: what comes in the order in which it was scheduled is in lists, and the visits that wait
//! are the calendar of their own deadlines.

pub mod events;
pub mod rings;
mod setup;
mod window;

use setup::path;
use sysdl_kernel::draw::{attempt_key, step_key};

pub use setup::Setup;

/// A request at the gate.
#[derive(Clone, Copy)]
struct Request {
    created_ns: u64,
    key: u64,
    /// Key of the gate's call.
    call: u64,
    /// Number of the attempt under way.
    attempt: u32,
    /// The next free slot, plus one.
    next: u32,
}

/// Requests by slots.
#[derive(Default)]
struct Requests {
    slots: Vec<Request>,
    /// The first free slot, plus one.
    free: u32,
}

impl Requests {
    /// The slot of a request that is created at an instant.
    #[inline(always)]
    fn create(&mut self, created_ns: u64, key: u64) -> u32 {
        let call = step_key(step_key(key, path::TO_GATE), path::TO_SERVER);
        let request = Request { created_ns, key, call, attempt: 0, next: 0 };
        let Some(slot) = self.free.checked_sub(1) else {
            self.slots.push(request);
            return self.slots.len() as u32 - 1;
        };
        self.free = self.slots[slot as usize].next;
        self.slots[slot as usize] = request;
        slot
    }

    /// The request of a slot, which is free from now on.
    #[inline(always)]
    fn end(&mut self, slot: u32) -> Request {
        let request = &mut self.slots[slot as usize];
        request.next = self.free;
        self.free = slot + 1;
        *request
    }

    /// Key of the visit that the attempt under way is.
    #[inline(always)]
    fn visit_key(&self, slot: u32) -> u64 {
        let Request { call, attempt, .. } = self.slots[slot as usize];
        attempt_key(call, attempt as u64)
    }
}
