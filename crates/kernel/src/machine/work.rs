//! Work: a strand keeps a server for a time, alone or with others, and goes on when it is done.

use super::calendar::{Event, Rank, push};
use super::frames::{self, EXPECTED, LEADING, LIVE, SHARING, WORKING, is, lower, raise};
use super::memory::{generation_of, get32, get64, key_of, machine, now, set32, set64};
use super::stations::{component, one_more_busy, record_wait, release, replica};
use super::{
    dispatch, preemption, queues, rebalance, reservations, setup, sharing, stopping, strains, watching, windows,
};
use crate::columns::component as column;
use crate::layout::{Component, NONE, frame32, frame64};

/// A strand works for `duration` ns, then goes on at `label`; at `bad` if there is no room to wait.
#[unsafe(no_mangle)]
pub extern "C" fn k_work(strand: u32, label: u32, bad: u32, duration: u64) {
    if let Some(why) = stopping::reason(strand) {
        frames::set_outcome(strand, why);
        return dispatch(bad, strand);
    }
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    let r = get32(frame32::REPLICA, strand);
    let c = replica(r).component.get();
    let row = component(c);
    if row.hold_visit == 1 {
        return work_for(row, r, strand, duration);
    }
    windows::touch(c);
    set64(frame64::CALL_BEGAN_NS, strand, now());
    set64(frame64::CALL_KEY, strand, duration);
    if reservations::has_free(r, strains::servers(row, r)) {
        one_more_busy(c, r);
        set64(frame64::CALL_KEY, strand, duration + setup::time(c, row, r, strand));
        begin_work(c, strand);
    } else if preemption::interrupt_for(c, row, r, strand) {
        begin_work(c, strand);
    } else if !queues::enqueue(c, r, strand) {
        frames::set_outcome(strand, row.overflow);
        dispatch(bad, strand);
    }
}

/// Work held for work only starts; its server is counted already.
fn begin_work(c: u32, strand: u32) {
    record_wait(c, get64(frame64::CALL_BEGAN_NS, strand));
    raise(strand, WORKING);
    // From here on what counts is when it began.
    set64(frame64::CALL_BEGAN_NS, strand, now());
    work_for(component(c), get32(frame32::REPLICA, strand), strand, get64(frame64::CALL_KEY, strand));
}

/// A server does the work of a strand, and with it that of the next who wait, as many as it takes; it lasts as long as the first's.
pub fn begin_batch(c: u32, row: &Component, queue: u32, strand: u32) {
    begin_work(c, strand);
    if row.batch > 1 {
        take_along(c, row, queue, strand);
    }
}

#[unsafe(export_name = "if_batch_take_along")]
#[inline(never)]
extern "C" fn take_along(c: u32, row: &Component, queue: u32, strand: u32) {
    raise(strand, LEADING);
    let mut last = strand;
    set32(frame32::NEXT, strand, 0);
    for _ in 1..row.batch {
        let Some(rider) = queues::next(c, queue) else { break };
        record_wait(c, get64(frame64::CALL_BEGAN_NS, rider));
        set32(frame32::NEXT, rider, 0);
        set32(frame32::NEXT, last, rider + 1);
        last = rider;
    }
}

/// Work of so many nanoseconds, alone or sharing processors.
fn work_for(row: &Component, r: u32, strand: u32, duration: u64) {
    if row.sharing == 1 {
        return sharing::begin(row, r, strand, duration);
    }
    preemption::begins(row, r, strand, duration);
    push(now() + duration, Rank::WorkEnd, key_of(strand), strand, generation_of(strand), 0);
}

/// Work is done.
#[inline(always)]
pub fn work_end(event: Event) {
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    let r = get32(frame32::REPLICA, strand);
    let c = replica(r).component.get();
    if is(strand, SHARING) && !sharing::end(component(c), r, strand) {
        return;
    }
    preemption::ends(component(c), r, strand);
    let mut rider = if is(strand, LEADING) { get32(frame32::NEXT, strand) } else { 0 };
    lower(strand, LEADING);
    if is(strand, WORKING) {
        lower(strand, WORKING);
        windows::touch(c);
        windows::count(c, column::SERVED);
        watching::add(c, r, column::SERVED, 1);
        windows::add(c, column::SERVICE_NS, now() - get64(frame64::CALL_BEGAN_NS, strand));
        release(c, r);
    }
    go_on(strand);
    while rider != 0 {
        let strand = rider - 1;
        rider = get32(frame32::NEXT, strand);
        go_on(strand);
    }
}

/// A strand whose work is done goes on, unless it is to stop.
fn go_on(strand: u32) {
    match stopping::reason(strand) {
        None => dispatch(get32(frame32::RESUME, strand), strand),
        Some(why) => {
            frames::set_outcome(strand, why);
            dispatch(get32(frame32::RESUME_BAD, strand), strand);
        }
    }
}

/// Work under way at a replica comes up to now, before its speed changes.
pub fn advance(c: u32, index: u32) {
    sharing::advance(component(c), component(c).first_replica + index);
}

/// The speed of work at a replica has changed: all that was expected of it is wrong.
#[unsafe(export_name = "if_speed_change")]
#[inline(never)]
pub extern "C" fn change_speed(c: u32, index: u32) {
    let r = component(c).first_replica + index;
    for frame in 0..machine().fresh.get() {
        if is(frame, LIVE | SHARING | EXPECTED) && get32(frame32::REPLICA, frame) == r {
            lower(frame, EXPECTED);
            frames::moves_on(frame);
        }
    }
    sharing::expect_first(component(c), r);
    if component(c).group != NONE {
        rebalance::presence(c, component(c), r);
    }
}
