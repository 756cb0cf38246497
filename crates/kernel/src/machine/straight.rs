//! Flights that go straight through their first points when their requests are created.
//!
//! None but the requests of its source come there, in the order in which they are created (the emitter has made sure of it).
//! So if all before it have been there, what it finds there is known when it is created: it has its server, if one will be
//! free. Otherwise it waits in a lane for the first of these points, and so do those behind it.
//!
//! Who is not in the lane and yet before these points is *on its way*: a strand of the source, or a flight between them. Until
//! they are there nobody goes straight; after a fault, which may have delayed some, nobody does until no strand is left.

use super::calendar::push;
use super::flights::{self, FLIGHT, UNRECORDED, opens, rank_of, state};
use super::memory::{machine, now, read};
use super::reservations::settle_before;
use super::stations::replica;
use super::{dispatch_straight, edges, lanes};
use crate::layout::{NONE, Source, flight};

/// Of the source at hand: others are on their way.
const BLOCKED: u32 = 0;
/// Its requests go straight.
const GOES: u32 = 1;
/// One of them could not.
const MISSED: u32 = 2;

/// Something has changed: whether all is calm from now on.
pub(super) fn has_changed(calm: bool) {
    if !calm || machine().in_use.get() == 0 {
        state().clear.set(calm as u32);
    }
}

/// Whether a request goes straight through its first points, as long as those before it do.
#[inline(always)]
pub(super) fn goes_now(source: &Source, key: u64, began_ns: u64) -> bool {
    source.straight != NONE && state().straight.get() == GOES && goes(source, UNRECORDED, key, began_ns)
}

/// Whether it goes through them. If it does not, nor does any behind it, for now.
#[inline(always)]
fn goes(source: &Source, record: u32, key: u64, began_ns: u64) -> bool {
    let goes = dispatch_straight(source.straight, record, key, began_ns);
    if !goes {
        state().straight.set(MISSED);
    }
    goes
}

/// Whether those who are on their way will be there when a request of this instant comes: then it waits for that, and is asked
/// again.
#[inline(always)]
pub(super) fn is_worth_waiting(source: &Source, began_ns: u64) -> bool {
    let state = state();
    source.straight != NONE
        && state.straight.get() == BLOCKED
        && state.clear.get() == 1
        && began_ns > state.clear_ns.get()
}

/// A request of a source comes: whether it may go straight is found out. All before it must be beyond these points; those that
/// are flights and wait in their lane go on now, if they can.
#[inline(always)]
pub fn is_found_out(source: &Source) {
    if source.straight == NONE {
        return;
    }
    let state = state();
    if lanes::has_spilled(source.straight_lane) {
        // Someone waits for a first point where nobody looks for it.
        state.clear.set(0);
    }
    let clear = opens() && state.clear.get() == 1 && now() > state.clear_ns.get();
    state.straight.set(if clear { GOES } else { BLOCKED });
    if clear && lanes::is_any_in(source.straight_lane) {
        drain(source);
    }
}

#[unsafe(export_name = "if_flights_apart_drain")]
#[inline(never)]
extern "C" fn drain(source: &Source) {
    let goes_on = |record| goes(source, record, read(record, flight::KEY), read(record, flight::BEGAN_NS));
    lanes::drain(source.straight_lane, goes_on);
}

/// A request of a source is a strand, and before its first points until so long after an instant at most.
#[inline(always)]
pub fn is_strand(source: &Source, since_ns: u64) {
    if source.straight != NONE {
        k_flight_lags(since_ns + source.straight_ns);
    }
}

/// Somebody will be at the points through which others go straight at an instant.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_lags(until_ns: u64) {
    state().straight.set(BLOCKED);
    state().clear_ns.set(state().clear_ns.get().max(until_ns));
}

/// The record of a request that goes straight to a point, a new one if it has none yet; [`UNRECORDED`] if none is left.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_record(record: u32, key: u64, began_ns: u64) -> u32 {
    if record != UNRECORDED {
        return record;
    }
    flights::allocate(key, began_ns, 0).unwrap_or(UNRECORDED)
}

/// A request that has gone straight to its end is over at an instant to come. `code`: as of a flight that lands.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_land_straight(record: u32, key: u64, began_ns: u64, code: u64, end: u64) {
    flights::has_landed(key, began_ns, code, end);
    if record != UNRECORDED {
        flights::k_flight_free(record);
    }
}

/// The next point of a flight that has gone straight to it.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_schedule(record: u32, label: u32, at: u64, rank: u32, key: u64) {
    state().landed_ns.set(state().landed_ns.get().max(at));
    push(at, rank_of(rank), key, record, label, FLIGHT);
}

/// The replica whose turn it is on an edge, counted from the first; its turn is not taken yet.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_whose_turn(edge: u32) -> u64 {
    edges::edge_state(edge).turn.get() as u64
}

/// Whether a replica will have no free server for a point to come at which nobody is before it. As long as somebody waits there,
/// it has none.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_will_be_full(r: u32, servers: u32, at: u64, rank: u32, key: u64) -> u32 {
    if replica(r).busy.get() >= servers {
        settle_before(r, (at, rank as u64, key));
    }
    (replica(r).busy.get() >= servers) as u32
}
