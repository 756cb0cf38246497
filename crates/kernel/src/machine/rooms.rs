//! Room in topics: how many messages a subscription keeps, and what happens to one more.
//!
//! Publishers that wait for room stand in the line of their component's depot. The first of them looks again after
//! whatever may have made room.

use super::calendar::{Rank, push_next};
use super::frames::{self, DYING, is, moves_on};
use super::lists::List;
use super::memory::{generation_of, get32, get64, header, key_of, row, set32};
use super::partitions::{self, partition, subscription, subscription_of, subscription_state};
use super::stations::component;
use super::{dispatch, due, stopping, windows};
use crate::columns::subscription as column;
use crate::layout::{Depot, NONE, SubscriptionState, frame32, frame64};
use crate::outcome;

fn depot(index: u32) -> &'static Depot {
    row(header().depots, index)
}

fn line(depot: &Depot) -> List<'_> {
    List { head: &depot.head, tail: &depot.tail }
}

/// Whether publishers look for room anywhere.
#[inline(always)]
pub fn any() -> bool {
    header().depots.len > 0
}

fn add(count: &core::cell::Cell<u32>, by: u32) {
    count.set(count.get().wrapping_add(by));
}

/// A message is on its way to a subscription.
#[unsafe(export_name = "if_rooms_sets_out")]
#[inline(never)]
pub extern "C" fn sets_out(index: u32) {
    add(&subscription_state(index).under_way, 1);
}

/// It has arrived, or never will.
#[unsafe(export_name = "if_rooms_landed")]
#[inline(never)]
pub extern "C" fn landed(index: u32) {
    add(&subscription_state(index).under_way, u32::MAX);
    may_have_room(index);
}

/// A message begins to wait at a subscription, or waits no more.
pub fn waits(index: u32, more: bool) {
    add(&subscription_state(index).waiting, if more { 1 } else { u32::MAX });
    if !more && any() {
        may_have_room(index);
    }
}

/// The first of the line looks one nanosecond later, unless somebody does already.
fn may_have_room(index: u32) {
    if subscription(index).depot != NONE {
        let d = depot(subscription(index).depot);
        if d.awake.get() == 0 {
            look_next(d);
        }
    }
}

fn look_next(d: &Depot) {
    let first = d.head.get().wrapping_sub(1);
    d.awake.set((d.head.get() != 0) as u32);
    if d.head.get() != 0 {
        push_next(Rank::Resume, key_of(first), first, generation_of(first), due::ROOM);
    }
}

fn has_room(d: &Depot) -> bool {
    (d.first_bound..d.first_bound + d.bounds).all(|i| {
        let index: u32 = super::memory::read(header().bounds.address, i);
        let state: &SubscriptionState = subscription_state(index);
        state.waiting.get() + state.under_way.get() < subscription(index).depth
    })
}

/// A strand wants to publish: it goes on at `label` when there is room, at `bad` if it does not wait for that.
#[unsafe(no_mangle)]
pub extern "C" fn k_room(strand: u32, index: u32, label: u32, bad: u32) {
    if let Some(why) = stopping::reason(strand) {
        frames::set_outcome(strand, why);
        return dispatch(bad, strand);
    }
    let d = depot(index);
    if d.head.get() == 0 && has_room(d) {
        return dispatch(label, strand);
    }
    if d.waits == 0 {
        frames::set_outcome(strand, outcome::REJECTED);
        return dispatch(bad, strand);
    }
    set32(frame32::RESUME, strand, label);
    set32(frame32::SITE, strand, index);
    line(d).push_back(strand);
}

/// The first of a line looks whether there is room.
#[unsafe(export_name = "if_rooms_look")]
#[inline(never)]
pub extern "C" fn look(strand: u32) {
    let d = depot(get32(frame32::SITE, strand));
    d.awake.set(0);
    if has_room(d) {
        line(d).remove(strand);
        moves_on(strand);
        dispatch(get32(frame32::RESUME, strand), strand);
        if d.awake.get() == 0 {
            look_next(d);
        }
    }
}

/// A replica of a publisher is lost: strands that die stand in no line.
#[unsafe(export_name = "if_rooms_forget")]
#[inline(never)]
pub extern "C" fn forget_dying() {
    for index in 0..header().depots.len {
        let d = depot(index);
        let first = d.head.get();
        let mut next = first;
        while let Some(strand) = next.checked_sub(1) {
            next = get32(frame32::NEXT, strand);
            if is(strand, DYING) {
                line(d).remove(strand);
            }
        }
        if first != d.head.get() {
            look_next(d);
        }
    }
}

/// A message waits beyond what its subscription keeps: the one that came first goes.
#[unsafe(export_name = "if_displaced_oldest")]
#[inline(never)]
pub extern "C" fn displace(c: u32, index: u32) {
    let sub = subscription(index);
    if subscription_state(index).waiting.get() <= sub.depth {
        return;
    }
    let firsts = (sub.first_partition..sub.first_partition + sub.partitions).filter_map(|at| first_of(index, at));
    let oldest = firsts.min_by_key(|&visit| (get64(frame64::ARRIVED_NS, visit), key_of(visit)));
    if let Some(visit) = oldest {
        windows::count_subscription(index, column::DISPLACED);
        partitions::leave(c, component(c), visit, outcome::LOST);
    }
}

/// The first message of a subscription that waits in a partition.
fn first_of(index: u32, at: u32) -> Option<u32> {
    let mut next = partition(at).head.get();
    while let Some(visit) = next.checked_sub(1) {
        if subscription_of(visit) == index {
            return Some(visit);
        }
        next = get32(frame32::NEXT, visit);
    }
    None
}
