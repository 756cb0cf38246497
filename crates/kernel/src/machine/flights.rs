//! Flights: requests that are resolved ahead of time.
//!
//! Between two instants at which something changes or somebody looks (the end of the call, a window, the timeline), a request
//! can only be disturbed where it asks for what others ask for too: a server of which there are so many, a turn. There a
//! flight has a *point*, an event at the very place in the order at which its strand would be handled. What lies between
//! points is reckoned at once by generated code, and all that a flight amounts to is noted when it has *landed*: its request
//! is over before the horizon. A flight for which that does not hold is a strand like any other from its last point on
//! ([`super::landing`]).
//!
//! Through its first points it may go when its request is created ([`super::straight`]).
//!
//! A server whose end is known is reserved ([`super::reservations`]).
//!
//! Whatever is counted here is in the same window, and is the same sum, as if it had been counted at its instant.

use super::calendar::{self, Event, Rank, push};
use super::frames::{self, CLASS_SHIFT, LIVE, QUEUED, VISIT, is, moves_on};
use super::memory::{cell, generation_of, get32, get64, header, machine, now, read, row, set32, set64, slice, write};
use super::stations::{self, component, replica, state_of};
use super::{dispatch, edges, lanes, observing, queues, sources, straight, windows};
use crate::fact;
use crate::layout::{Calm, FlightState, Gain, NONE, Peak, Site, Source, Table, flight, frame32, frame64};

/// In the argument of an event: it is a flight's, whose record is the subject and whose label the generation.
pub(super) const FLIGHT: u32 = u32::MAX;
/// In the argument of an event: the flight that waits in the frame of the subject is to be a strand by now.
const WAKE: u32 = u32::MAX - 2;
/// In the argument of an event: a reserved server of the subject is given back. It is before a point of the same rank and key.
pub(super) const RELEASE: u32 = u32::MAX - 1;
/// Address of no record: of a flight that has none yet.
pub(super) const UNRECORDED: u32 = 0;
/// Arguments from here on are of flights.
pub const OF_FLIGHTS: u32 = WAKE;
/// When only so many events are left, no flight begins any more, so that most have landed when they are used up.
pub const RESERVE: i64 = 512;
/// Most events that are handled beyond a call's so that all have. Reach keeps it far below; a system that explodes does not
/// hold its host.
const OVERDRAFT: i64 = 1 << 22;

/// Whether a plan has flights.
#[inline(always)]
pub fn any() -> bool {
    header().flight_state != 0
}

#[inline(always)]
pub fn state() -> &'static FlightState {
    row(Table { address: header().flight_state, len: 0 }, 0)
}

/// A call of the host begins: the horizon is known.
#[inline(always)]
pub fn prepare(until: u64, events: i64) {
    if any() {
        open(until, events);
    }
}

#[unsafe(export_name = "rare_flights_open")]
#[inline(never)]
extern "C" fn open(until: u64, events: i64) {
    let (state, m) = (state(), machine());
    state.until_ns.set(if events > RESERVE { until } else { 0 });
    let pace = now() as f64 / m.events.get() as f64;
    let reach = if m.events.get() < RESERVE as u64 { header().window_ns as f64 } else { events as f64 * pace };
    state.reach_ns.set((reach as u64).min(header().duration_ns));
    if state.boundary_ns.get() == 0 {
        has_changed();
    }
    look_ahead();
}

/// Something has changed: when that happens next, and whether it is calm until then. What replicas that come and go wait for
/// concerns no flight, so nothing else need be asked.
#[unsafe(export_name = "rare_flights_has_changed")]
#[inline(never)]
pub extern "C" fn has_changed() {
    let changes = |event: &Event| matches!(event.rank, Rank::Timeline | Rank::Window | Rank::Control);
    let next = calendar::all().filter(changes).map(|event| event.at).min();
    let calm = (0..header().calms.len).all(|i| {
        let calm: &Calm = row(header().calms, i);
        cell(calm.cell) == calm.neutral
    });
    state().boundary_ns.set(next.unwrap_or(u64::MAX));
    state().calm.set(calm as u32);
    straight::has_changed(calm);
    look_ahead();
}

/// A host lets something change at an instant.
#[inline(always)]
pub fn will_change(at: u64) {
    if any() {
        state().boundary_ns.set(state().boundary_ns.get().min(at));
    }
}

/// Finds the horizon: the end of the call, the next change, or as far as flights reach.
#[unsafe(export_name = "if_flights_look_ahead")]
#[inline(never)]
extern "C" fn look_ahead() {
    let state = state();
    let (end, reach) = (state.until_ns.get().min(state.boundary_ns.get()), state.reach_ns.get());
    let horizon = end.min(now() + reach);
    state.horizon_ns.set(horizon);
    state.renew_ns.set(if horizon < end { now() + reach / 4 } else { u64::MAX });
    state.open.set((state.calm.get() == 1 && horizon > now()) as u32);
}

/// Whether the call is over, with so many events left: they are used up, and what has been noted has happened.
pub fn are_down(left: i64) -> bool {
    if !any() {
        return left <= 0;
    }
    wound_up(left)
}

#[unsafe(export_name = "if_flights_wound_up")]
#[inline(never)]
extern "C" fn wound_up(left: i64) -> bool {
    let state = state();
    if state.until_ns.get() > 0 {
        state.until_ns.set(0);
        look_ahead();
    }
    if left > 0 || left > -OVERDRAFT && calendar::is_before(state.landed_ns.get(), Rank::Control, u64::MAX) {
        return false;
    }
    land_waiting();
    machine().now.set(now().max(state.landed_ns.get() + 1));
    flush();
    true
}

/// An event is about to be handled.
#[inline(always)]
pub fn looks_at(event: &Event) {
    state().rank.set(event.rank as u32);
    state().key.set(event.key);
}

/// A point of a flight, or the end of a reservation.
#[inline(always)]
pub fn go_on(subject: u32, generation: u32, argument: u32) {
    if argument == FLIGHT {
        return dispatch(generation, subject);
    }
    ends(subject, generation, argument);
}

#[unsafe(export_name = "if_flights_ends")]
#[inline(never)]
extern "C" fn ends(subject: u32, generation: u32, argument: u32) {
    if argument == WAKE {
        if generation_of(subject) == generation {
            land(subject);
        }
        return;
    }
    let c = replica(subject).component.get();
    windows::touch(c);
    stations::release(c, subject);
}

/// Before which instant requests fly, of a source whose first points come in the order of its requests: they get there before
/// the horizon. 0 if none do.
#[unsafe(export_name = "if_flights_may_begin")]
#[inline(never)]
pub extern "C" fn may_begin_before(source: &Source) -> u64 {
    if opens() { state().horizon_ns.get().saturating_sub(source.ahead_ns) } else { 0 }
}

/// Requests have begun up to an instant.
#[inline(always)]
pub fn have_begun(last: u64) {
    state().landed_ns.set(last.max(state().landed_ns.get()));
}

/// Whether anything flies at all from now on.
#[inline(always)]
pub(super) fn opens() -> bool {
    if now() >= state().renew_ns.get() {
        look_ahead();
    }
    state().open.get() != 0
}

/// A request of a source flies, if it may. Otherwise it is to be created.
#[unsafe(export_name = "if_flights_begins")]
#[inline(never)]
pub extern "C" fn begins(source: &Source, key: u64, began: u64, who: u64) -> bool {
    opens() && !sources::is_sampled(key) && flies(source, key, began, who)
}

/// Such a request flies from an instant that no other event is before, if it may: straight, or from before that limit on.
#[inline(always)]
pub fn takes_off_in_order(source: &Source, key: u64, began: u64, limit: u64) -> bool {
    if sources::is_sampled(key) {
        return false;
    }
    if straight::goes_now(source, key, began) {
        machine().requests.set(machine().requests.get() + 1);
        return true;
    }
    began < limit && !straight::is_worth_waiting(source, began) && flies(source, key, began, 0)
}

/// A request flies by its points.
#[unsafe(export_name = "if_flights_flies")]
#[inline(never)]
extern "C" fn flies(source: &Source, key: u64, began: u64, who: u64) -> bool {
    let Some(record) = allocate(key, began, who) else { return false };
    machine().requests.set(machine().requests.get() + 1);
    dispatch(source.flight, record);
    true
}

/// Address of the record of a request.
#[inline(always)]
pub(super) fn allocate(key: u64, began: u64, who: u64) -> Option<u32> {
    let record = free_record()?;
    write(record, flight::KEY, key);
    write(record, flight::BEGAN_NS, began);
    write(record, flight::WHO, who);
    write(record, flight::WAITED_NS, 0u64);
    Some(record)
}

#[inline(always)]
fn free_record() -> Option<u32> {
    let (state, bytes) = (state(), header().flight_words * 8);
    if let Some(free) = state.free.get().checked_sub(1) {
        state.free.set(read(free, 0));
        return Some(free);
    }
    let fresh = state.fresh.get();
    (fresh < header().flight_records.len).then(|| {
        state.fresh.set(fresh + 1);
        header().flight_records.address + fresh * bytes
    })
}

/// A record is free again.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_free(record: u32) {
    write(record, 0, state().free.get());
    state().free.set(record + 1);
}

/// A flight cannot even begin: the request is created.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_decline(record: u32, source: u32) {
    let (key, who) = (read(record, flight::KEY), read(record, flight::WHO));
    k_flight_free(record);
    machine().requests.set(machine().requests.get() - 1);
    sources::create(source, sources::source_row(source), key, who, 0);
}

/// Those at which points and releases can be.
pub(super) fn rank_of(number: u32) -> Rank {
    const WORK_END: u32 = Rank::WorkEnd as u32;
    const REPLY: u32 = Rank::Reply as u32;
    const RESUME: u32 = Rank::Resume as u32;
    match number {
        WORK_END => Rank::WorkEnd,
        REPLY => Rank::Reply,
        RESUME => Rank::Resume,
        _ => Rank::Arrive,
    }
}

/// The next point of a flight: at once, if it may.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_next(record: u32, label: u32, at: u64, rank: u32, key: u64) {
    if k_flight_is_next(record, label, at, rank, key) == 1 {
        dispatch(label, record);
    }
}

/// Whether the next point of a flight is at once: if nothing is before it, nor anybody who has been served by the event at
/// hand and is about to go on. Otherwise it is scheduled.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_is_next(record: u32, label: u32, at: u64, rank: u32, key: u64) -> u32 {
    let of = rank_of(rank);
    if machine().started_head.get() != 0 || calendar::is_before(at, of, key) {
        push(at, of, key, record, label, FLIGHT);
        return 0;
    }
    // Who has waited in a frame has left it.
    if let Some(frame) = state().frame.get().checked_sub(1) {
        state().frame.set(0);
        frames::release(frame);
    }
    machine().now.set(at);
    state().rank.set(rank);
    state().key.set(key);
    1
}

/// A request is over at an instant to come. `code`: hash of its flow, attempts and outcome.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_land(record: u32, source: u32, code: u64, end: u64) {
    has_landed(read(record, flight::KEY), read(record, flight::BEGAN_NS), code, end);
    let row = sources::source_row(source);
    if row.users > 0 {
        let user: u64 = read(record, flight::WHO);
        sources::think_again(source, user as u32, end);
    }
    k_flight_free(record);
}

/// The request of a key is over, of which nothing is left but its fact.
#[inline(always)]
pub(super) fn has_landed(key: u64, began: u64, code: u64, end: u64) {
    windows::request_fact(fact::hash([key, code, began, end]));
    state().landed_ns.set(state().landed_ns.get().max(end));
}

/// The first point of a flight, at a constant time behind its source.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_shift(record: u32, label: u32, at: u64, rank: u32, key: u64, lane: u32) {
    let event = Event { at, key, subject: record, generation: label, argument: FLIGHT, rank: rank_of(rank) };
    lanes::push(lane, event);
}

/// The replica, counted from the first, whose turn it is on an edge.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_turn(edge: u32, replicas: u32) -> u64 {
    let chosen = edges::edge_state(edge).turn.get() as u64;
    k_flight_takes_turn(edge, replicas, chosen);
    chosen
}

/// It was the turn of a replica.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_takes_turn(edge: u32, replicas: u32, chosen: u64) {
    let next = chosen as u32 + 1;
    edges::edge_state(edge).turn.set(if next == replicas { 0 } else { next });
}

/// A flight waits for a server of a replica, in a frame that stands for its visit. 0 if it cannot.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_wait(record: u32, label: u32, site_row: u32, key: u64, r: u32, until: u64) -> u32 {
    let site: &Site = row(header().sites, site_row);
    let c = replica(r).component.get();
    if replica(r).waiting.get() >= component(c).queue_capacity {
        return 0;
    }
    let Some(frame) = frames::allocate(key, VISIT | site.class() << CLASS_SHIFT) else { return 1 };
    set32(frame32::REPLICA, frame, r);
    set32(frame32::ORIGIN, frame, NONE);
    set64(frame64::ARRIVED_NS, frame, now());
    set64(frame64::CALL_KEY, frame, record as u64);
    set32(frame32::RESUME, frame, label);
    windows::touch(c);
    queues::enqueue(c, r, frame);
    state().waiting.set(state().waiting.get() + 1);
    // At the next change too: a patience ends before what a window's end counts.
    if until <= state().boundary_ns.get() {
        push(until, Rank::Timeout, 0, frame, generation_of(frame), WAKE);
    }
    1
}

/// Whether a strand is a flight that waits.
#[inline(always)]
pub fn is_waiting(strand: u32) -> bool {
    any() && get32(frame32::ORIGIN, strand) == NONE && is(strand, VISIT)
}

/// A flight that has waited has its server.
#[unsafe(export_name = "if_flights_served")]
#[inline(never)]
pub extern "C" fn served(frame: u32) {
    let (state, record) = (state(), get64(frame64::CALL_KEY, frame) as u32);
    let c = replica(get32(frame32::REPLICA, frame)).component.get();
    let waited = now() - get64(frame64::ARRIVED_NS, frame);
    windows::touch(c);
    // From here on its time is noted when it has landed.
    state_of(c).busy.set(state_of(c).busy.get() - 1);
    windows::has_waited(c, waited);
    write(record, flight::WAITED_NS, waited);
    moves_on(frame);
    state.waiting.set(state.waiting.get() - 1);
    state.frame.set(frame + 1);
    dispatch(get32(frame32::RESUME, frame), record);
    if state.frame.replace(0) != 0 {
        frames::release(frame);
    }
}

/// A flight that waits is a strand from now on.
fn land(frame: u32) {
    let (state, record) = (state(), get64(frame64::CALL_KEY, frame) as u32);
    moves_on(frame);
    state.waiting.set(state.waiting.get() - 1);
    state.frame.set(frame + 1);
    // The function that makes strands of a flight is the one behind that of the point.
    dispatch(get32(frame32::RESUME, frame) + 1, record);
}

/// Something changes, or somebody looks: who waits is a strand.
#[unsafe(export_name = "if_flights_land_waiting")]
#[inline(never)]
pub extern "C" fn land_waiting() {
    if state().waiting.get() == 0 {
        return;
    }
    for frame in 0..machine().fresh.get() {
        if is(frame, LIVE | QUEUED | VISIT) && is_waiting(frame) {
            land(frame);
        }
    }
}

/// Notes what landed flights come to.
#[unsafe(export_name = "if_flights_flush")]
#[inline(never)]
pub extern "C" fn flush() {
    let sums: &mut [u64] = slice(header().flight_sums.address, header().flight_sums.len);
    for index in 0..header().gains.len {
        let gain: &Gain = row(header().gains, index);
        let sum = sums[gain.sum as usize];
        if sum != 0 {
            windows::add_word(gain.word, sum.wrapping_mul(gain.factor));
        }
    }
    for index in 0..header().peaks.len {
        let peak: &Peak = row(header().peaks, index);
        let count = sums[peak.count as usize];
        if count == 0 {
            continue;
        }
        let longest_ns = sums[peak.top as usize] + peak.offset_ns;
        if peak.counts == 1 {
            observing::has_observed(peak.of, count as u32, observing::bucket_here(longest_ns));
        } else {
            windows::raise_word(peak.of, longest_ns);
        }
    }
    sums.fill(0);
}

/// Counts a time in a histogram whose range and number are noted when flights are flushed.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_observe(first_bucket: u32, ns: u64) {
    let at = first_bucket + 4 * observing::bucket_here(ns);
    write(at, 0, read::<u32>(at, 0) + 1);
}
