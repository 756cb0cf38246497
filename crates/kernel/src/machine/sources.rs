//! Sources: where requests come from, and where they go when they end.

use super::calendar::{Event, Rank, push};
use super::frames::{self, REQUEST, SAMPLED, is};
use super::memory::{
    cell, get32, get64, header, key_of, machine, now, read, row, sample, set32, set64, source, unit, write,
};
use super::{dispatch, flights, intakes, keys, lanes, meters, observing, records, sizes, straight, users, windows};
use crate::columns::{flow as column, histograms};
use crate::draw::{draw, mix, nth, source_key, user_key};
use crate::fact;
use crate::layout::{Flow, NONE, Source, SourceState, Table, frame32, frame64, record};
use crate::outcome;

/// Most requests that begin at once, ahead of their time.
const AT_ONCE: u64 = 256;

/// Row of a source.
#[inline(always)]
pub(super) fn source_row(index: u32) -> &'static Source {
    source(index)
}

/// A user whose request is over at an instant thinks from then on.
pub(super) fn think_again(index: u32, user: u32, from: u64) {
    let row = source(index);
    let cycle: u32 = read(header().users.address, row.first_user + user);
    think(index, row, state_of(index), user, cycle + 1, from);
}

#[inline(always)]
pub(super) fn state_of(index: u32) -> &'static SourceState {
    // Where there is one, it is known at which address.
    let index = if header().sources.len == 1 { 0 } else { index };
    row(Table { address: header().source_states, len: 0 }, index)
}

/// Schedules the first arrivals.
pub fn init(seed: u64) {
    for index in 0..header().sources.len {
        let (row, state) = (source(index), state_of(index));
        state.key.set(source_key(seed, row.hash));
        if row.users > 0 {
            for user in 0..users::at_first(row) {
                think(index, row, state, user, 0, 0);
            }
        } else {
            if row.intake != NONE && intakes::begin(index) {
                continue;
            }
            set_rate(state, if row.cell_rate == NONE { row.rate } else { cell(row.cell_rate) });
            let gap = begins_gap(row, state, nth(state.key.get(), 0), 0, 0.0);
            comes_after(gap, index, row, state);
        }
    }
}

/// Gap before the request of a key at unit rate.
#[inline(always)]
fn gap(row: &Source, key: u64) -> f64 {
    if row.poisson == 0 && row.think == NONE {
        return 1.0;
    }
    let word = draw(key, row.purpose);
    if row.poisson == 1 { unit(header().exponential, word) } else { sample(row.think, word) }
}

fn set_rate(state: &SourceState, rate: f64) {
    state.rate.set(rate);
    state.interval_ns.set(if rate > 0.0 { 1e9 / rate } else { f64::INFINITY });
}

/// When a request comes whose gap counts since an instant, and the remainder that it leaves.
#[inline(always)]
fn comes_at(interval_ns: f64, since_ns: u64, gap: f64, carry: f64) -> (u64, f64) {
    let wait = gap * interval_ns + carry;
    // What is carried is below 0 where more than one comes in a nanosecond. Neither number has its highest bit.
    let whole = (wait as i64).max(1);
    (since_ns + whole as u64, wait - whole as f64)
}

/// Requests that come at a rate, one after the other.
struct Arrivals {
    row: &'static Source,
    state: &'static SourceState,
    /// Key of the source, and interval at the rate in force: neither changes on the way.
    source_key: u64,
    interval_ns: f64,
    /// The request at hand.
    ordinal: u64,
    key: u64,
    at: u64,
    /// Remainder of a nanosecond that it leaves.
    left: f64,
}

impl Arrivals {
    /// From the one on that was scheduled, and has come.
    #[inline(always)]
    fn at_hand(row: &'static Source, state: &'static SourceState) -> Self {
        let (source_key, ordinal) = (state.key.get(), state.ordinal.get());
        let (interval_ns, left) = (state.interval_ns.get(), state.carry_next.get());
        Self { row, state, source_key, interval_ns, ordinal, key: nth(source_key, ordinal), at: now(), left }
    }

    /// The next one is at hand. What a change of the rate needs to know of it is written down.
    #[inline(always)]
    fn advance(&mut self) {
        self.ordinal += 1;
        self.key = nth(self.source_key, self.ordinal);
        let gap = begins_gap(self.row, self.state, self.key, self.at, self.left);
        (self.at, self.left) = comes_at(self.interval_ns, self.at, gap, self.left);
    }

    /// The one at hand is scheduled.
    #[inline(always)]
    fn is_due(&self, index: u32) {
        self.state.ordinal.set(self.ordinal);
        self.state.carry_next.set(self.left);
        schedule_at(index, self.row, self.state, self.at);
    }
}

/// The gap before the request of a key, from an instant on at which a remainder was left.
#[inline(always)]
fn begins_gap(row: &Source, state: &SourceState, key: u64, since_ns: u64, carry: f64) -> f64 {
    let gap = gap(row, key);
    state.since_ns.set(since_ns);
    state.carry.set(carry);
    state.gap_left.set(gap);
    gap
}

fn schedule_at(index: u32, row: &Source, state: &SourceState, at: u64) {
    let (key, generation) = (row.hash, state.generation.get());
    lanes::push_or(row.lane, Event { at, key, subject: index, generation, argument: 0, rank: Rank::Source });
}

/// The rate has changed: the same gaps, stretched.
#[unsafe(export_name = "if_rate_change")]
#[inline(never)]
pub extern "C" fn change_rate(index: u32) {
    let (row, state) = (source(index), state_of(index));
    let elapsed = (now() - state.since_ns.get()) as f64 - state.carry.get();
    let left = state.gap_left.get() - elapsed * (state.rate.get() * 1e-9);
    state.gap_left.set(left.max(0.0));
    state.since_ns.set(now());
    state.carry.set(0.0);
    set_rate(state, cell(row.cell_rate));
    state.generation.set(state.generation.get().wrapping_add(1));
    comes_after(state.gap_left.get(), index, row, state);
}

/// Schedules the next request of a source, of whose gap so much is left, if any ever comes.
fn comes_after(gap: f64, index: u32, row: &Source, state: &SourceState) {
    let interval_ns = state.interval_ns.get();
    if interval_ns < f64::INFINITY {
        let (at, left) = comes_at(interval_ns, state.since_ns.get(), gap, 0.0);
        state.carry_next.set(left);
        schedule_at(index, row, state, at);
    }
}

pub(super) fn think(index: u32, row: &Source, state: &SourceState, user: u32, cycle: u32, start: u64) {
    write(header().users.address, row.first_user + user, cycle);
    let key = user_key(state.key.get(), user as u64, cycle as u64);
    let pause = (sample(row.think, draw(key, row.purpose)) as u64).max(1);
    if row.cell_users != NONE {
        users::thinks(row, user);
    }
    push(start + pause, Rank::Source, mix(row.hash ^ user as u64), index, cycle, user);
}

/// A request is created.
#[inline(always)]
pub fn arrive(event: Event) {
    let (row, state) = (source(event.subject), state_of(event.subject));
    if row.intake != NONE {
        return intakes::arrive(event.subject, event.generation, event.argument, event.key);
    }
    if row.users > 0 {
        let cycle: u32 = read(header().users.address, row.first_user + event.argument);
        if row.cell_users != NONE && !users::asks(row, event.argument, cycle, event.generation) {
            return;
        }
        let key = user_key(state.key.get(), event.argument as u64, cycle as u64);
        return comes(event.subject, row, key, event.argument as u64);
    }
    if event.generation != state.generation.get() {
        return;
    }
    if row.ahead_ns > 0 {
        return several_come(event.subject);
    }
    let key = nth(state.key.get(), state.ordinal.get());
    next_by_rate(event.subject, row, state);
    comes(event.subject, row, key, 0);
}

/// A request comes, ahead of time or not.
fn comes(index: u32, row: &Source, key: u64, who: u64) {
    if row.flight == NONE || !flights::begins(row, key, now(), who) {
        create(index, row, key, who, 0);
    }
}

/// A request has come. It flies if it may, and so do those behind it, as far as nobody can tell when they began to; the next is
/// scheduled.
#[unsafe(export_name = "if_flights_apart_several_come")]
#[inline(never)]
extern "C" fn several_come(index: u32) {
    let (row, state) = (source(index), state_of(index));
    straight::is_found_out(row);
    let limit = flights::may_begin_before(row);
    let mut next = Arrivals::at_hand(row, state);
    let first = next.ordinal;
    while next.ordinal < first + AT_ONCE {
        if !flights::takes_off_in_order(row, next.key, next.at, limit) {
            if next.ordinal > first {
                break;
            }
            is_created(index, next.key);
        }
        next.advance();
    }
    // The one before it has begun.
    flights::have_begun(state.since_ns.get());
    next.is_due(index);
}

/// An arrival has happened: the next is scheduled.
pub(super) fn next_by_rate(index: u32, row: &'static Source, state: &'static SourceState) {
    let mut next = Arrivals::at_hand(row, state);
    next.advance();
    next.is_due(index);
}

/// A request that does not fly is created.
#[unsafe(export_name = "if_flights_apart_is_created")]
#[inline(never)]
extern "C" fn is_created(index: u32, key: u64) {
    create(index, source(index), key, 0, 0);
}

/// Whether the request of a key leaves spans.
#[inline(always)]
pub fn is_sampled(key: u64) -> bool {
    key & header().unsampled == 0
}

/// Creates a request: of a user, or the so-manieth of a session that has a key.
pub(super) fn create(index: u32, row: &Source, key: u64, who: u64, number: u32) {
    if flights::any() {
        straight::is_strand(row, now());
    }
    machine().requests.set(machine().requests.get() + 1);
    let sampled = if is_sampled(key) { SAMPLED } else { 0 };
    if let Some(request) = strand(index, (key, sampled), now(), who, number) {
        dispatch(row.entry, request);
    }
}

/// The strand of a request that was created at an instant.
#[inline(always)]
pub(super) fn strand(index: u32, (key, sampled): (u64, u32), began: u64, who: u64, number: u32) -> Option<u32> {
    let request = frames::allocate(key, REQUEST | sampled)?;
    set64(frame64::ARRIVED_NS, request, began);
    set64(frame64::STARTED_NS, request, who);
    set32(frame32::ORIGIN, request, index);
    set32(frame32::NEEDED, request, 0);
    keys::set(request, NONE);
    sizes::none(request);
    meters::begin(request);
    set32(frame32::AFFORDED, request, number);
    Some(request)
}

/// A request knows what it asks for.
#[unsafe(no_mangle)]
pub extern "C" fn k_request_begin(_request: u32, flow: u32) {
    windows::count_flow(flow, column::REQUESTS);
    let in_flight: u32 = read(header().flow_states, flow);
    write(header().flow_states, flow, in_flight + 1);
}

#[unsafe(export_name = "if_meters_of_request")]
#[inline(never)]
extern "C" fn metered(request: u32, flow: u32) {
    let [tokens, nano_usd, turns] = meters::usage(request);
    windows::add_flow(flow, column::TOKENS, tokens);
    windows::add_flow(flow, column::NANO_USD, nano_usd);
    windows::add_flow(flow, column::TURNS, turns);
    observing::observe_turns(flow, turns);
}

/// A request has its answer, or its user has left.
#[unsafe(no_mangle)]
pub extern "C" fn k_request_end(request: u32, flow: u32) {
    let flow_row: &Flow = row(header().flows, flow);
    let (began, key, result) = (get64(frame64::ARRIVED_NS, request), key_of(request), frames::outcome(request));
    let took = now() - began;
    let attempts = get32(frame32::ATTEMPT, request) + 1 + get32(frame32::NEEDED, request);
    let late = result == outcome::OK && flow_row.good_within_ns > 0 && took > flow_row.good_within_ns;
    windows::count_flow(flow, if late { column::LATE } else { column::of_outcome(result as usize) });
    windows::add_flow(flow, column::ATTEMPTS, attempts as u64);
    windows::add_flow(flow, column::RESPONSE_NS, took);
    windows::maximum_flow(flow, column::RESPONSE_MAX_NS, took);
    observing::observe(histograms::response(header().components.len, flow), took);
    if header().meters != 0 {
        metered(request, flow);
    }
    let in_flight: u32 = read(header().flow_states, flow);
    write(header().flow_states, flow, in_flight - 1);
    windows::request_fact(fact::request(key, flow_row.hash, result, attempts, began, now()));
    if is(request, SAMPLED) {
        records::write(record::REQUEST, flow, began, result as u64, key);
    }

    let (index, who) = (get32(frame32::ORIGIN, request), get64(frame64::STARTED_NS, request));
    let number = get32(frame32::AFFORDED, request);
    frames::release(request);
    let row = source(index);
    if row.users > 0 {
        let cycle: u32 = read(header().users.address, row.first_user + who as u32);
        if row.cell_users != NONE && users::leaves(row, who as u32, cycle + 1) {
            return;
        }
        think(index, row, state_of(index), who as u32, cycle + 1, now());
    } else if row.intake != NONE {
        intakes::go_on(index, who, number);
    }
}
