//! Replicas that go down and come back: what becomes of the work that they hold.

use super::ends::leave;
use super::frames::{
    self, BRANCH, CANCELLED, CLASS, DYING, LIVE, PRESENT, QUEUED, REPLIED, SAMPLED, VISIT, is, moves_on, raise,
};
use super::memory::{get32, get64, key_of, machine, set32, set64};
use super::stations::{component, free_replica, replica, state_of, take};
use super::{
    calls, connections, fleets, gates, gathering, idempotency, logs, messages, meters, partitions, processors, queues,
    rebalance, redelivery, reservations, rooms, sharing, stores, strains, watching, windows,
};
use crate::columns::component as column;
use crate::draw::nth;
use crate::layout::{NONE, frame32, frame64};
use crate::outcome;

/// Number, within a visit, of the visit that it is when it begins anew.
const ANEW: u64 = 1 << 33;

/// How a replica is down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// What it holds fails, and so does what comes.
    Fails,
    /// Both vanish without an answer.
    Silent,
    /// What it has in service goes back to the queue that it shares.
    Requeues,
}

/// What the value of the parameter means, which is not 0.
pub fn how(value: f64) -> Down {
    if value >= 3.0 {
        Down::Requeues
    } else if value >= 2.0 {
        Down::Silent
    } else {
        Down::Fails
    }
}

/// Nobody hears how a visit ends: it counts as answered.
pub fn silence(visit: u32) {
    raise(visit, REPLIED);
}

/// A replica goes down: what it holds is killed.
#[unsafe(export_name = "if_down_kill")]
#[inline(never)]
pub extern "C" fn kill(c: u32, r: u32, value: f64) {
    let (row, state) = (component(c), state_of(c));
    empty(c, r, how(value));
    if row.servers != NONE && !fleets::has(c) {
        state.capacity.set(state.capacity.get() - row.servers);
    }
    if !fleets::has(c) {
        processors::counts(row, false);
    }
    if row.group != NONE {
        rebalance::presence(c, row, r);
    }
    if logs::any() {
        logs::down(c, row, r);
    }
}

/// Kills what a replica holds.
pub fn empty(c: u32, r: u32, how: Down) {
    let (row, state, rep) = (component(c), state_of(c), replica(r));
    reservations::goes_down(r);
    windows::touch(c);
    if row.group != NONE {
        redelivery::take_back(c, row, r);
    }
    let fresh = machine().fresh.get();
    for frame in 0..fresh {
        let flags = get32(frame32::STATE, frame);
        let belongs = flags & LIVE != 0
            && (flags & BRANCH != 0 || flags & (VISIT | PRESENT) == VISIT | PRESENT)
            && get32(frame32::REPLICA, frame) == r
            && !(flags & QUEUED != 0 && row.shared_queue == 1);
        if belongs {
            raise(frame, DYING);
        }
    }
    if row.shared_queue == 0 {
        queues::clear(c, rep);
    }
    state.busy.set(state.busy.get() - rep.busy.get());
    rep.busy.set(0);
    rep.working.set(0);
    rep.idle.set(0);
    sharing::clear(row, rep);
    gates::reset(c, r);
    connections::reset(c, r);
    if gathering::any() {
        gathering::lose(c, r);
    }
    stores::forget_dying();
    if rooms::any() {
        rooms::forget_dying();
    }
    if how == Down::Requeues && row.shared_queue == 1 && row.group == NONE {
        requeue(c);
    } else {
        for frame in 0..fresh {
            if is(frame, DYING) {
                die(c, r, frame, how);
            }
        }
    }
    if fleets::has(c) {
        fleets::update(c, r);
    }
}

fn die(c: u32, r: u32, frame: u32, how: Down) {
    meters::die(c, frame, calls::callee(frame));
    if !is(frame, VISIT) {
        return frames::release(frame);
    }
    let state = state_of(c);
    windows::count(c, column::OUTCOMES + outcome::FAILED as usize);
    windows::count(c, column::KILLED);
    watching::ended(c, r, outcome::FAILED, None);
    watching::add(c, r, column::KILLED, 1);
    if how != Down::Silent && !is(frame, REPLIED) && frames::awaited(frame) {
        messages::answer(frame, outcome::FAILED);
    }
    state.present.set(state.present.get() - 1);
    leave(c, frame, r, outcome::FAILED, false);
}

/// Visits that die at a replica go back to the head of their queue; those that came first are first. Branches are gone,
/// and what was used so far is wasted.
#[unsafe(export_name = "if_requeue_all")]
#[inline(never)]
pub extern "C" fn requeue(c: u32) {
    for frame in (0..machine().fresh.get()).filter(|&frame| is(frame, DYING)) {
        meters::die(c, frame, calls::callee(frame));
        if !is(frame, VISIT) {
            frames::release(frame);
        }
    }
    while let Some(visit) = latest_dying() {
        let kept = LIVE | VISIT | PRESENT | REPLIED | SAMPLED | CLASS | CANCELLED;
        moves_on(visit);
        meters::begin(visit);
        if idempotency::any() {
            idempotency::begins_anew(visit);
        }
        set32(frame32::STATE, visit, get32(frame32::STATE, visit) & kept);
        set32(frame32::REPLICA, visit, component(c).first_replica);
        set64(frame64::KEY, visit, nth(key_of(visit), ANEW));
        windows::count(c, column::REQUEUED);
        queues::put_back(c, component(c).first_replica, visit);
    }
}

fn latest_dying() -> Option<u32> {
    let dying = (0..machine().fresh.get()).filter(|&frame| is(frame, DYING | VISIT));
    dying.max_by_key(|&frame| (get64(frame64::ARRIVED_NS, frame), key_of(frame)))
}

/// Replicas that are up take from the queue that they share what they have servers for.
#[unsafe(export_name = "if_requeue_take_up")]
#[inline(never)]
pub extern "C" fn take_up(c: u32) {
    let (row, state) = (component(c), state_of(c));
    windows::touch(c);
    while state.waiting.get() > 0 && row.group == NONE {
        let Some(r) = free_replica(row, state) else { return };
        let Some(visit) = queues::next(c, row.first_replica) else { return };
        take(c, r, visit);
    }
}

/// A replica comes back: it takes as many from a shared queue as it has servers for.
#[unsafe(export_name = "if_down_revive")]
#[inline(never)]
pub extern "C" fn revive(c: u32, r: u32) {
    let row = component(c);
    windows::touch(c);
    // What was opened while it was down leads nowhere.
    connections::reset(c, r);
    if fleets::has(c) {
        fleets::update(c, r);
    } else {
        processors::counts(row, true);
        if row.servers != NONE {
            state_of(c).capacity.set(state_of(c).capacity.get() + row.servers);
        }
    }
    if logs::any() {
        logs::up(c, row, r);
    }
    if row.group != NONE {
        rebalance::presence(c, row, r);
        partitions::serve_again(c, row, r);
    } else if fleets::takes(row, r) {
        take_from_queue(c, r);
    }
}

/// A replica that has come takes as many from a shared queue as it has servers for.
pub fn take_from_queue(c: u32, r: u32) {
    let row = component(c);
    if row.group != NONE {
        return partitions::serve_again(c, row, r);
    }
    if row.shared_queue == 1 {
        while replica(r).busy.get() < strains::servers(row, r) {
            let Some(visit) = queues::next(c, row.first_replica) else { break };
            take(c, r, visit);
        }
    }
}
