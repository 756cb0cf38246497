//! Calls whose work is done once, however often they are attempted.
//!
//! A callee remembers, of each strand that calls it, the last call made: the visit that does its work, or that it
//! was done well. Another visit of that call does nothing: it hands its caller's wait over to the first, or answers.

use super::frames::{self, LIVE, PRESENT, VISIT, is};
use super::memory::{get32, header, read, row, set32, write};
use crate::layout::{NONE, Pacing, Policy, Site, frame32};

/// In place of the visit that does the work: it was done.
const DONE: u32 = NONE;

/// What a visit finds at the door.
#[repr(u32)]
#[derive(PartialEq, Eq)]
pub enum Found {
    /// Nobody does its work.
    Nothing,
    /// Another visit does.
    UnderWay,
    /// It was done.
    Done,
}

/// Whether any call is idempotent.
#[inline(always)]
pub fn any() -> bool {
    header().calls_served != 0
}

/// Column: key of the last call that a strand made. Then: key of the call that a visit serves, and the visit that serves it.
fn column(which: u32) -> u32 {
    header().calls_served + which * header().frames_max * 8
}

fn last_call(strand: u32) -> u64 {
    read(column(0), strand)
}

fn serves(visit: u32) -> u64 {
    read(column(1), visit)
}

fn worker(strand: u32) -> u32 {
    read(column(2), strand)
}

/// Whether calls of a site are idempotent.
fn concerns(site: &Site) -> bool {
    if site.policy == NONE {
        return false;
    }
    let policy: &Policy = row(header().policies, site.policy);
    policy.pacing != NONE && row::<Pacing>(header().pacings, policy.pacing).idempotent == 1
}

/// A strand makes a call.
#[unsafe(export_name = "if_idempotent_called")]
#[inline(never)]
pub extern "C" fn called(strand: u32, site: &Site, call_key: u64) {
    if concerns(site) {
        write(column(0), strand, call_key);
        write(column(2), strand, 0u32);
    }
}

/// A visit sets out for a call.
#[unsafe(export_name = "if_idempotent_sent")]
#[inline(never)]
pub extern "C" fn sent(visit: u32, site: &Site, call_key: u64) {
    write(column(1), visit, if concerns(site) { call_key } else { 0 });
}

/// A strand has ended: nothing is remembered of its calls.
#[unsafe(export_name = "if_idempotent_forget")]
#[inline(never)]
pub extern "C" fn forget(strand: u32) {
    write(column(0), strand, 0u64);
    write(column(1), strand, 0u64);
}

/// A visit begins anew: nothing is remembered of its calls.
#[unsafe(export_name = "if_idempotent_anew")]
#[inline(never)]
pub extern "C" fn begins_anew(visit: u32) {
    write(column(0), visit, 0u64);
}

/// Another visit takes the place of one, and with it what that does.
#[unsafe(export_name = "if_idempotent_moves")]
#[inline(never)]
pub extern "C" fn moves(old: u32, visit: u32) {
    let (caller, call) = (get32(frame32::PARENT, old), serves(old));
    write(column(1), visit, call);
    if call != 0 && last_call(caller) == call && worker(caller) == old + 1 {
        write(column(2), caller, visit + 1);
    }
}

/// A visit is at the door; if nobody does its work, it will.
#[unsafe(export_name = "if_idempotent_look_up")]
#[inline(never)]
pub extern "C" fn look_up(visit: u32) -> Found {
    let caller = get32(frame32::PARENT, visit);
    if serves(visit) == 0 || last_call(caller) != serves(visit) {
        return Found::Nothing;
    }
    if worker(caller) == DONE {
        return Found::Done;
    }
    if let Some(first) = worker(caller).checked_sub(1)
        && first != visit
        && is(first, LIVE | VISIT | PRESENT)
        && serves(first) == serves(visit)
    {
        if frames::awaited(visit) {
            set32(frame32::PARENT_GENERATION, first, get32(frame32::PARENT_GENERATION, visit));
        }
        return Found::UnderWay;
    }
    write(column(2), caller, visit + 1);
    Found::Nothing
}

/// A visit answers well.
#[unsafe(export_name = "if_idempotent_done")]
#[inline(never)]
pub extern "C" fn done(visit: u32) {
    let caller = get32(frame32::PARENT, visit);
    if serves(visit) != 0 && last_call(caller) == serves(visit) && worker(caller) == visit + 1 {
        write(column(2), caller, DONE);
    }
}

/// Whether a strand's call under way is idempotent: whoever answers it, answers the attempt under way.
#[unsafe(export_name = "if_idempotent_is")]
#[inline(never)]
pub extern "C" fn is_idempotent(site: &Site) -> bool {
    concerns(site)
}
