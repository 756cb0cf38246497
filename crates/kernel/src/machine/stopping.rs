//! Strands that are to stop, because nobody wants their answer any more.
//!
//! Work under way is done to its end; a queue is left at once; a call under way is called off. From then
//! on whatever the strand asks for fails, so that it comes to its end by the ways of failure.

use super::calendar::Event;
use super::frames::{
    self, CALLING, CANCELLED, FORKING, LIVE, PAUSED, PRESENT, QUEUED, REPLIED, VISIT, is, lower, moves_on, raise,
};
use super::memory::{get32, get64, key_of, now};
use super::{calls, company, dispatch, messages, queues, transport};
use crate::layout::{frame32, frame64};
use crate::outcome;

/// Why a strand is to stop, if it is.
#[inline(always)]
pub fn reason(strand: u32) -> Option<u32> {
    if is(strand, CANCELLED) {
        return Some(outcome::ABANDONED);
    }
    let deadline = get64(frame64::DEADLINE, strand);
    (deadline != 0 && now() >= deadline).then_some(outcome::TIMEOUT)
}

/// Word has come that an answer is not wanted.
#[inline(always)]
pub fn called_off(event: Event) {
    if transport::retry_of(event) > 0 {
        return messages::word_again(event);
    }
    stop_if_alive(event.subject, event.key);
}

#[unsafe(export_name = "if_cancel_stop")]
#[inline(never)]
extern "C" fn stop_if_alive(visit: u32, key: u64) {
    if is(visit, LIVE | VISIT) && key_of(visit) == key && !is(visit, REPLIED) {
        stop(visit);
    }
}

/// A visit or branch is to stop.
pub fn stop(strand: u32) {
    if is(strand, CANCELLED) || company::is_in_company(strand) {
        return;
    }
    raise(strand, CANCELLED);
    if is(strand, VISIT) && !is(strand, PRESENT) {
        // It ends when it arrives.
    } else if is(strand, QUEUED) {
        if !is(strand, PAUSED) {
            queues::leave(strand, outcome::ABANDONED);
        }
    } else if is(strand, CALLING) {
        calls::abandon(strand);
    } else if is(strand, FORKING) {
        stop_branches(strand);
    }
}

fn stop_branches(strand: u32) {
    lower(strand, FORKING);
    moves_on(strand);
    let mut next = get32(frame32::CALLEE, strand);
    while next != 0 {
        let branch = next - 1;
        next = get32(frame32::ORIGIN, branch);
        stop(branch);
    }
    frames::set_outcome(strand, outcome::ABANDONED);
    dispatch(get32(frame32::RESUME_BAD, strand), strand);
}
