//! Timers: what is due, and who hears of it.
//!
//! A timer is an event whose argument says what it is for. Those of a strand are void once its generation has moved on.

use super::attempts::{attempt, attempt_key, hedge, is_sent, send_attempt};
use super::calendar::{Event, Rank, push, push_next};
use super::calls::attempt_done;
use super::edges::{edge, policy, site};
use super::frames::{GATED, is};
use super::memory::{generation_of, get32, key_of, now, set32};
use super::{dispatch, partitions, queues, rebalance, rooms, stations, windows};
use crate::columns::edge as column;
use crate::layout::frame32;
use crate::outcome;

/// A pause is over: the strand goes on at its label.
pub const GO_ON: u32 = 0;
/// A pause is over: the next attempt is made.
pub const NEXT_ATTEMPT: u32 = 1;
/// A pause is over: the strand goes on at its bad label.
pub const GO_ON_BADLY: u32 = 2;
/// Another attempt is due beside the one under way; the number of the hedge is in the bits above.
pub const HEDGE: u32 = 3;
/// See [`HEDGE`].
pub const HEDGE_SHIFT: u32 = 8;
/// A visit's server is set up.
pub const BEGIN: u32 = 4;
/// A strand that waits for room looks again.
pub const ROOM: u32 = 5;
/// There is a leader to send to.
pub const SEND: u32 = 6;

/// Patience has run out with waiting for an answer.
pub const FOR_ANSWER: u32 = 0;
/// Patience has run out with waiting at a gate.
pub const AT_GATE: u32 = 1;
/// Patience has run out with waiting in a queue.
pub const IN_QUEUE: u32 = 2;
/// A message has been kept for as long as it may be.
pub const TOO_OLD: u32 = 3;
/// A message has waited for others for as long as it may.
pub const ALONE: u32 = 4;
/// A member's session is over. From here on it is nobody's patience.
pub const GONE: u32 = 16;
/// Partitions are assigned.
pub const ASSIGNED: u32 = 17;
/// A partition is served again.
pub const BACK: u32 = 18;
/// The first of what gathers has waited for long enough.
pub const LINGERED: u32 = 19;
/// A partition may have been worked on for too long.
pub const POLL: u32 = 20;
/// Something happens to a broker, from here on.
pub const BROKER: u32 = 21;
/// A replica hears nothing of a leader.
pub const HEARS_NOTHING: u32 = 64;
/// Others are asked for their votes.
pub const ASKED: u32 = 65;
/// Votes are counted.
pub const COUNTED: u32 = 66;
/// Something concerns all replicas.
pub const FOR_ALL: u32 = 67;

/// Patience has run out: with an answer, with a gate, with a queue.
#[inline(always)]
pub fn timeout(event: Event) {
    if event.argument >= GONE {
        return rebalance::over(event.subject, event.generation, event.argument);
    }
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    match event.argument {
        FOR_ANSWER => {
            let site = site(get32(frame32::SITE, strand));
            windows::count_edge(site.edge, column::TIMEOUTS);
            let sent = is_sent(strand, edge(site.edge));
            attempt_done(strand, policy(site).gives_up_as, attempt_key(strand), sent);
        }
        AT_GATE => {
            if is(strand, GATED) {
                let edge_row = site(get32(frame32::SITE, strand)).edge;
                windows::count_edge(edge_row, column::NO_PERMIT);
                attempt_done(strand, outcome::REJECTED, attempt_key(strand), false);
            }
        }
        IN_QUEUE => queues::renege(strand),
        with => partitions::waited(strand, with == TOO_OLD),
    }
}

/// A pause is over.
#[inline(always)]
pub fn resume(event: Event) {
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    match event.argument {
        GO_ON => dispatch(get32(frame32::RESUME, strand), strand),
        NEXT_ATTEMPT => {
            let site = site(get32(frame32::SITE, strand));
            attempt(strand, site, policy(site));
        }
        SEND => send_attempt(strand),
        BEGIN => stations::begin(strand),
        due if due & 0xFF == HEDGE => hedge(strand, due >> HEDGE_SHIFT),
        ROOM => rooms::look(strand),
        _ => dispatch(get32(frame32::RESUME_BAD, strand), strand),
    }
}

/// The strand goes on at a label one nanosecond later.
#[unsafe(no_mangle)]
pub extern "C" fn k_later(strand: u32, label: u32) {
    set32(frame32::RESUME, strand, label);
    push_next(Rank::Resume, key_of(strand), strand, generation_of(strand), GO_ON);
}

/// The strand waits for so many nanoseconds, then goes on at a label.
#[unsafe(no_mangle)]
pub extern "C" fn k_pause(strand: u32, label: u32, duration: u64) {
    set32(frame32::RESUME, strand, label);
    push(now() + duration, Rank::Resume, key_of(strand), strand, generation_of(strand), GO_ON);
}
