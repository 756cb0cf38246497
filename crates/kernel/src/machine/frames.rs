//! The pool of strands.
//!
//! A frame's generation survives its reuse, so that events and callees that refer to an earlier
//! strand in the same frame are recognized as late.

use super::idempotency;
use super::memory::{generation_of, get32, header, machine, set32, set64};
use crate::layout::{NONE, frame32, frame64};

/// Flag: in use.
pub const LIVE: u32 = 1 << 8;
/// Flag: serves a message at a component.
pub const VISIT: u32 = 1 << 9;
/// Flag: a branch of a fork.
pub const BRANCH: u32 = 1 << 10;
/// Flag: a source's request.
pub const REQUEST: u32 = 1 << 11;
/// Flag: has arrived at its component.
pub const PRESENT: u32 = 1 << 12;
/// Flag: service has started.
pub const STARTED: u32 = 1 << 13;
/// Flag: has answered its caller.
pub const REPLIED: u32 = 1 << 14;
/// Flag: is being killed.
pub const DYING: u32 = 1 << 15;
/// Flag: of a request that is recorded in spans.
pub const SAMPLED: u32 = 1 << 16;
/// Flag: waits for a server in a queue.
pub const QUEUED: u32 = 1 << 17;
/// Flag: holds a server for the work under way.
pub const WORKING: u32 = 1 << 18;
/// Flag: its work shares processors.
pub const SHARING: u32 = 1 << 19;
/// Flag: an event for the end of its work is under way.
pub const EXPECTED: u32 = 1 << 20;
/// Two bits: the class in queues.
pub const CLASS: u32 = 3 << CLASS_SHIFT;
/// Where they are.
pub const CLASS_SHIFT: u32 = 21;
/// Flag: its work was interrupted; it waits for a server.
pub const PAUSED: u32 = 1 << 23;
/// Flag: a call is under way, pauses between attempts included.
pub const CALLING: u32 = 1 << 24;
/// Flag: waits for its branches.
pub const FORKING: u32 = 1 << 25;
/// Flag: its answer is not wanted any more.
pub const CANCELLED: u32 = 1 << 26;
/// Flag: its attempt waits for a permit.
pub const GATED: u32 = 1 << 27;
/// Flag: its attempt has a permit.
pub const PERMIT: u32 = 1 << 28;
/// Flag: the hedge of its attempt has one.
pub const HEDGE_PERMIT: u32 = 1 << 29;
/// Flag: its attempt has been hedged, and neither has failed.
pub const HEDGED: u32 = 1 << 30;
/// Flag: its work is that of a batch; the others are linked behind it.
pub const LEADING: u32 = 1 << 31;
/// The outcome is in the low byte.
const OUTCOME: u32 = 0xFF;

/// A new strand, or `None` (and the run halts) when the pool is used up.
#[inline(always)]
pub fn allocate(key: u64, flags: u32) -> Option<u32> {
    take(key, flags).checked_sub(1)
}

/// The same, plus one, or 0: a number comes back in a register, an option in memory.
#[inline]
fn take(key: u64, flags: u32) -> u32 {
    let m = machine();
    let mut next = m.free.get();
    if next != 0 {
        m.free.set(get32(frame32::NEXT, next - 1));
    } else {
        if m.fresh.get() == header().frames_max {
            m.halted.set(1);
            return 0;
        }
        next = m.fresh.get() + 1;
        m.fresh.set(next);
    }
    let frame = next - 1;
    m.in_use.set(m.in_use.get() + 1);
    set64(frame64::KEY, frame, key);
    set32(frame32::STATE, frame, flags | LIVE);
    set32(frame32::PARENT, frame, NONE);
    set32(frame32::REPLICA, frame, NONE);
    set64(frame64::DEADLINE, frame, 0);
    next
}

/// Gives a frame back.
#[inline(never)]
pub fn release(frame: u32) {
    let m = machine();
    if idempotency::any() {
        idempotency::forget(frame);
    }
    moves_on(frame);
    set32(frame32::STATE, frame, 0);
    set32(frame32::NEXT, frame, m.free.get());
    m.free.set(frame + 1);
    m.in_use.set(m.in_use.get() - 1);
}

/// The strand no longer waits for what it waited for.
#[inline(always)]
pub fn moves_on(frame: u32) {
    set32(frame32::GENERATION, frame, generation_of(frame).wrapping_add(1));
}

/// Whether a strand has all of these flags.
#[inline(always)]
pub fn is(frame: u32, flags: u32) -> bool {
    get32(frame32::STATE, frame) & flags == flags
}

/// Raises flags.
#[inline(always)]
pub fn raise(frame: u32, flags: u32) {
    set32(frame32::STATE, frame, get32(frame32::STATE, frame) | flags);
}

/// Lowers flags.
#[inline(always)]
pub fn lower(frame: u32, flags: u32) {
    set32(frame32::STATE, frame, get32(frame32::STATE, frame) & !flags);
}

/// A strand's outcome.
#[inline(always)]
pub fn outcome(frame: u32) -> u32 {
    get32(frame32::STATE, frame) & OUTCOME
}

/// A strand's class in queues.
#[inline(always)]
pub fn class(frame: u32) -> usize {
    ((get32(frame32::STATE, frame) & CLASS) >> CLASS_SHIFT) as usize
}

/// Sets a strand's outcome.
#[inline(always)]
pub fn set_outcome(frame: u32, outcome: u32) {
    set32(frame32::STATE, frame, get32(frame32::STATE, frame) & !OUTCOME | outcome);
}

/// Whether the strand that waits for this one still does.
#[inline(always)]
pub fn awaited(frame: u32) -> bool {
    let parent = get32(frame32::PARENT, frame);
    parent != NONE && generation_of(parent) == get32(frame32::PARENT_GENERATION, frame)
}
