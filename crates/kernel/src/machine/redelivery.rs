//! Messages that come again: what a consumer had at work or had not committed when it was lost.

use super::calendar::{Rank, push};
use super::company::riders_of;
use super::frames::{self, CLASS, LIVE, PRESENT, REPLIED, SAMPLED, STARTED, VISIT, is, moves_on, raise};
use super::memory::{get32, get64, header, key_of, now, read, set32, set64, write};
use super::partitions::{
    PAUSED, enqueue, group, partition, partition_of, serve, settle, subscription, subscription_of, uncommitted,
};
use super::stations::{component, state_of};
use super::{due, idempotency, keys, meters, sizes, windows};
use crate::columns::{component as component_column, subscription as column};
use crate::draw::{mix, nth};
use crate::layout::{Component, Group, NONE, PartitionState, frame32, frame64};

/// Number of the visit that takes the place of one that was lost with its replica, within it.
const AGAIN: u64 = 1 << 33;
/// What is left of a visit's flags while its message is done and not committed.
const KEPT: u32 = LIVE | VISIT | SAMPLED | CLASS;

/// Keeps the frame of a message that is done and not committed. False if there is no need to.
#[unsafe(export_name = "if_groups_keep")]
#[inline(never)]
pub extern "C" fn keep(visit: u32) -> bool {
    if subscription(subscription_of(visit)).commit_every <= 1 || !is(visit, STARTED) {
        return false;
    }
    let p = partition(partition_of(visit));
    moves_on(visit);
    // Late word that its answer is not wanted must not find it.
    set32(frame32::STATE, visit, get32(frame32::STATE, visit) & KEPT | REPLIED);
    set32(frame32::PARENT, visit, NONE);
    if idempotency::any() {
        idempotency::forget(visit);
    }
    uncommitted(p).push_back(visit);
    p.done.set(p.done.get() + 1);
    true
}

/// Whatever was done of a partition will not come again.
pub fn commit(p: &PartitionState) {
    while let Some(visit) = uncommitted(p).pop_front() {
        frames::release(visit);
    }
    p.done.set(0);
}

/// A replica is lost: messages that it worked on, and those that it had not committed, come again, or are lost too.
#[unsafe(export_name = "if_groups_take_back")]
#[inline(never)]
pub extern "C" fn take_back(c: u32, row: &Component, r: u32) {
    let g = group(row.group);
    for at in g.first_partition..g.first_partition + g.partitions {
        let p = partition(at);
        let leader = p.leader.get().wrapping_sub(1);
        let works_here = p.leader.get() != 0 && get32(frame32::REPLICA, leader) == r;
        if works_here {
            p.leader.set(0);
            take_back_work(c, row, g, at, leader);
        }
        if g.assigned == 1 && p.owner.get() == r || g.assigned == 0 && works_here {
            take_back_done(c, row, g, at);
        }
        if works_here && g.assigned == 0 && g.session_ns > 0 {
            p.marks.set(p.marks.get() | PAUSED);
            p.turns.set(p.turns.get() + 1);
            let key = mix(row.hash ^ (at - g.first_partition + 1) as u64);
            push(now() + g.session_ns, Rank::Timeout, key, at, p.turns.get(), due::BACK);
        }
        settle(row, g, at);
        if works_here && p.owner.get() != r {
            serve(c, row, g, p.owner.get());
        }
    }
}

/// Messages at work come again before all others of their partition, or are lost if they were committed before.
fn take_back_work(c: u32, row: &Component, g: &Group, at: u32, leader: u32) {
    // The last one first.
    let (mut reversed, mut next) = (0, riders_of(leader));
    while let Some(rider) = next.checked_sub(1) {
        next = get32(frame32::NEXT, rider);
        set32(frame32::NEXT, rider, reversed);
        reversed = rider + 1;
    }
    while let Some(rider) = reversed.checked_sub(1) {
        reversed = get32(frame32::NEXT, rider);
        again(c, row, g, at, rider);
    }
    again(c, row, g, at, leader);
}

fn again(c: u32, row: &Component, g: &Group, at: u32, old: u32) {
    let index = subscription_of(old);
    if subscription(index).commit_every == 0 {
        return windows::count_subscription(index, column::DROPPED);
    }
    let flags = get32(frame32::STATE, old) & (SAMPLED | CLASS) | VISIT;
    let Some(visit) = frames::allocate(key_of(old), flags) else { return };
    for column in [frame32::ORIGIN, frame32::PARENT, frame32::PARENT_GENERATION] {
        set32(column, visit, get32(column, old));
    }
    set64(frame64::DEADLINE, visit, get64(frame64::DEADLINE, old));
    write(header().frame_born, visit, read::<u64>(header().frame_born, old));
    keys::set(visit, keys::key_of_request(old));
    sizes::inherit(old, visit);
    if idempotency::any() && get32(frame32::PARENT, old) != NONE {
        idempotency::moves(old, visit);
    }
    // Whoever waits for it waits for the other now.
    set32(frame32::PARENT, old, NONE);
    comes_again(c, row, g, at, visit);
}

/// Messages that were done and not committed come again, before those that were at work.
fn take_back_done(c: u32, row: &Component, g: &Group, at: u32) {
    let p = partition(at);
    let mut next = p.done_tail.get();
    while let Some(visit) = next.checked_sub(1) {
        next = get32(frame32::PREVIOUS, visit);
        let index = subscription_of(visit);
        if subscription(index).idempotent == 1 {
            windows::count_subscription(index, column::REDELIVERED);
            frames::release(visit);
        } else {
            set32(frame32::STATE, visit, get32(frame32::STATE, visit) & KEPT);
            comes_again(c, row, g, at, visit);
        }
    }
    p.done.set(0);
    p.done_head.set(0);
    p.done_tail.set(0);
}

/// A message is in its partition once more, with a key of its own.
fn comes_again(c: u32, row: &Component, g: &Group, at: u32, visit: u32) {
    let index = subscription_of(visit);
    windows::count_subscription(index, column::REDELIVERED);
    if subscription(index).idempotent == 0 {
        windows::count_subscription(index, column::DUPLICATES);
    }
    set64(frame64::KEY, visit, nth(key_of(visit), AGAIN));
    set64(frame64::ARRIVED_NS, visit, now());
    set32(frame32::REPLICA, visit, row.first_replica);
    write(header().frame_partitions, visit, at);
    meters::begin(visit);
    raise(visit, PRESENT);
    windows::count(c, component_column::ARRIVALS);
    let state = state_of(c);
    state.present.set(state.present.get() + 1);
    enqueue(c, row, g, at, visit, true);
}

/// A partition whose message was lost with its consumer is served again.
pub fn back(at: u32, turn: u32) {
    let p = partition(at);
    let c = group(p.group.get()).component;
    let row = component(c);
    if p.turns.get() == turn {
        windows::touch(c);
        p.marks.set(p.marks.get() & !PAUSED);
        settle(row, group(row.group), at);
        serve(c, row, group(row.group), NONE);
    }
}
