//! Reservations: servers that flights have taken, and whose end is known.
//!
//! Such a server counts as busy, and is given back by whoever looks at the replica after that instant. Only when somebody has
//! to wait does this become an event. What is reserved of a replica is in no order: each look goes through all.

use super::calendar::push;
use super::flights::{RELEASE, any, rank_of, state};
use super::memory::{header, now, read, row, write};
use super::stations::{self, component, replica, state_of};
use super::windows;
use crate::columns::component as column;
use crate::layout::{Release, Reserved};

#[inline(always)]
fn reserved(r: u32) -> &'static Reserved {
    row(header().reserved, r)
}

#[inline(always)]
fn release_at(of: &Reserved, index: u32) -> u32 {
    header().releases + (of.first + index) * size_of::<Release>() as u32
}

/// Whether a replica has no free server, as far as reservations go.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_full(r: u32, servers: u32) -> u32 {
    if replica(r).busy.get() >= servers {
        settle(r);
    }
    (replica(r).busy.get() >= servers) as u32
}

/// A server of a replica is taken.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_take(r: u32) {
    replica(r).busy.set(replica(r).busy.get() + 1);
}

/// A server that was taken is given back by the event of that time, rank and key: silently, unless somebody waits for it.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_hold(r: u32, at_ns: u64, rank: u32, key: u64) {
    if at_ns == now() || replica(r).waiting.get() > 0 {
        return give_back_openly(r, at_ns, rank, key);
    }
    k_flight_reserve(r, at_ns, rank, key);
}

/// The same where nobody waits, of a server that is given back by an event to come.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_reserve(r: u32, at_ns: u64, rank: u32, key: u64) {
    let of = reserved(r);
    write(release_at(of, of.len.get()), 0, Release { at_ns, key, rank: rank as u64 });
    of.len.set(of.len.get() + 1);
}

/// The same where somebody may wait for it, or it was taken by the event at hand.
#[unsafe(export_name = "if_flights_give_back_openly")]
#[inline(never)]
extern "C" fn give_back_openly(r: u32, at_ns: u64, rank: u32, key: u64) {
    let c = replica(r).component.get();
    if at_ns > now() {
        return give_back(c, r, &Release { at_ns, key, rank: rank as u64 });
    }
    windows::touch(c);
    state_of(c).busy.set(state_of(c).busy.get() + 1);
    stations::release(c, r);
}

/// A server is given back by an event of its own. All of its time has been noted already.
#[unsafe(export_name = "if_flights_give_back")]
#[inline(never)]
extern "C" fn give_back(c: u32, r: u32, one: &Release) {
    windows::touch(c);
    push(one.at_ns, rank_of(one.rank as u32), one.key, r, 0, RELEASE);
    windows::add(c, column::BUSY_NS, (one.at_ns - now()).wrapping_neg());
    state_of(c).busy.set(state_of(c).busy.get() + 1);
}

/// Gives back what was reserved until before the event at hand.
#[unsafe(export_name = "if_flights_settle")]
#[inline(never)]
pub extern "C" fn settle(r: u32) {
    settle_before(r, (now(), state().rank.get() as u64, state().key.get()));
}

/// The same of an event to come: nobody looks until then.
#[inline(always)]
pub(super) fn settle_before(r: u32, here: (u64, u64, u64)) {
    let of = reserved(r);
    let (first, mut kept, all) = (release_at(of, 0), 0, of.len.get());
    // Which are over follows no pattern that a processor could guess, so each is kept where the next is, and passed or not.
    for index in 0..all {
        let one: Release = read(first, index);
        // What the event at hand gives back, it gives back before it does anything else.
        let is_over = if one.at_ns == here.0 { is_over(one, here) } else { one.at_ns < here.0 };
        write(first, kept, one);
        kept += !is_over as u32;
    }
    of.len.set(kept);
    replica(r).busy.set(replica(r).busy.get() - (all - kept));
}

/// Whether a server is given back at a place in the order of events, or before it.
fn is_over(one: Release, here: (u64, u64, u64)) -> bool {
    (one.at_ns, one.rank, one.key) <= here
}

/// Somebody has to wait at a replica: what is reserved there is given back by events.
#[unsafe(export_name = "if_flights_reveal")]
#[inline(never)]
pub extern "C" fn reveal(c: u32, r: u32) {
    let of = reserved(r);
    settle(r);
    for index in 0..of.len.replace(0) {
        give_back(c, r, &read(release_at(of, index), 0));
    }
}

/// Servers of a replica that are free, reservations that are over not counted.
#[inline(always)]
pub fn has_free(r: u32, servers: u32) -> bool {
    if any() && replica(r).busy.get() >= servers {
        settle(r);
    }
    replica(r).busy.get() < servers
}

/// Busy servers of a replica, reservations that are over not counted.
#[inline(always)]
pub fn busy(r: u32) -> u32 {
    if any() {
        settle(r);
    }
    replica(r).busy.get()
}

/// Somebody is about to wait at a replica of a component.
#[inline(always)]
pub fn somebody_waits(c: u32, queue: u32) {
    if any() && component(c).shared_queue == 0 {
        reveal(c, queue);
    }
}

/// Nothing is reserved at a replica that goes down: all of it was over before.
#[inline(always)]
pub fn goes_down(r: u32) {
    if any() {
        settle(r);
    }
}
