//! Queues for servers: who waits, who is next, who leaves without having been served.

use super::calendar::{Rank, push as schedule};
use super::frames::{self, QUEUED, VISIT, is, lower, moves_on, raise};
use super::lists::List;
use super::memory::{generation_of, get32, get64, key_of, now, sample};
use super::stations::{self, component, replica, state_of};
use super::{dispatch, due, ends, partitions, records, reservations, windows};
use crate::columns::component as column;
use crate::draw::{below, draw};
use crate::layout::{Component, NONE, ReplicaState, frame32, frame64, record};
use crate::outcome;

/// Marks of a queue: it is full; as many wait as there are servers.
const FULL: u32 = 1;
const OVERLOADED: u32 = 2;
/// Disciplines; 0 is first come, first served.
const LIFO: u32 = 1;
const RANDOM: u32 = 2;
const ADAPTIVE: u32 = 3;
const DROPPING: u32 = 4;
/// While drops follow each other within so many intervals, the next begin where they stopped.
const RECENT: u64 = 16;

fn class(q: &ReplicaState, class: usize) -> List<'_> {
    List { head: &q.heads[class], tail: &q.tails[class] }
}

/// The queue in which a strand of a replica waits.
#[inline(always)]
pub fn queue_of(row: &Component, r: u32) -> u32 {
    if row.shared_queue == 1 { row.first_replica } else { r }
}

/// Puts a strand behind those of its class. False if there is no room.
pub fn enqueue(c: u32, queue: u32, strand: u32) -> bool {
    let (row, q) = (component(c), replica(queue));
    if q.waiting.get() >= row.queue_capacity {
        return false;
    }
    reservations::somebody_waits(c, queue);
    class(q, frames::class(strand)).push_back(strand);
    waits(c, row, queue, strand);
    if row.patience != NONE {
        let word = draw(key_of(strand) ^ now(), row.purpose_patience);
        let patience = (sample(row.patience, word) as u64).max(1);
        schedule(now() + patience, Rank::Timeout, key_of(strand), strand, generation_of(strand), due::IN_QUEUE);
    }
    true
}

/// Puts a strand whose work was interrupted where it is the next of its class.
pub fn put_back(c: u32, queue: u32, strand: u32) {
    let (row, q) = (component(c), replica(queue));
    let class = class(q, frames::class(strand));
    if row.discipline == LIFO {
        class.push_back(strand)
    } else {
        class.push_front(strand)
    }
    waits(c, row, queue, strand);
}

/// One more waits.
pub fn waits(c: u32, row: &Component, queue: u32, strand: u32) {
    raise(strand, QUEUED);
    let (state, q) = (state_of(c), replica(queue));
    q.waiting.set(q.waiting.get() + 1);
    state.waiting.set(state.waiting.get() + 1);
    windows::maximum(c, column::QUEUE_MAX, state.waiting.get() as u64);
    mark(c, row.servers, OVERLOADED, record::OVERLOADED, queue);
    mark(c, row.queue_capacity, FULL, record::QUEUE_FULL, queue);
}

/// Records, once until the queue has drained, that it has grown to a length.
#[inline]
fn mark(c: u32, length: u32, bit: u32, kind: u32, queue: u32) {
    let q = replica(queue);
    if q.waiting.get() == length && q.full.get() & bit == 0 {
        q.full.set(q.full.get() | bit);
        tell(c, kind, queue, length);
    }
}

/// Records what has become of a queue, with the busy servers that it waits for.
fn tell(c: u32, kind: u32, queue: u32, waiting: u32) {
    let row = component(c);
    let of_all = row.shared_queue == 1 || row.group != NONE;
    let busy = if of_all { state_of(c).busy.get() } else { reservations::busy(queue) };
    let whose = if of_all || row.replicas == 1 { 0 } else { queue - row.first_replica + 1 };
    records::write(kind, c, busy as u64, waiting as u64, whose as u64);
}

/// The strand that is served next, out of its queue.
#[inline(always)]
pub fn next(c: u32, queue: u32) -> Option<u32> {
    next_of(c, queue).checked_sub(1)
}

/// The same, plus one, or 0: a number comes back in a register, an option in memory.
fn next_of(c: u32, queue: u32) -> u32 {
    let row = component(c);
    if row.discipline == DROPPING {
        controlled(c, row, queue)
    } else {
        pop(c, row, queue).map_or(0, |strand| strand + 1)
    }
}

#[inline(always)]
fn pop(c: u32, row: &Component, queue: u32) -> Option<u32> {
    let q = replica(queue);
    if q.waiting.get() == 0 {
        return None;
    }
    let lowest = q.heads.iter().position(|head| head.get() != 0)?;
    let list = class(q, lowest);
    let first = list.head.get() - 1;
    let strand = match row.discipline {
        LIFO => list.tail.get() - 1,
        ADAPTIVE if q.waiting.get() > row.servers => list.tail.get() - 1,
        RANDOM => {
            let count = core::iter::successors(Some(first), |&s| get32(frame32::NEXT, s).checked_sub(1)).count();
            let steps = below(draw(key_of(first) ^ now(), row.purpose_order), count as u32);
            (0..steps).fold(first, |s, _| get32(frame32::NEXT, s) - 1)
        }
        _ => first,
    };
    take_out(c, queue, lowest, strand);
    Some(strand)
}

/// A strand leaves its queue, to be served or for good.
fn take_out(c: u32, queue: u32, of: usize, strand: u32) {
    class(replica(queue), of).remove(strand);
    waits_no_more(c, queue, strand);
    if component(c).patience != NONE {
        moves_on(strand);
    }
}

/// One less waits.
pub fn waits_no_more(c: u32, queue: u32, strand: u32) {
    let (state, q) = (state_of(c), replica(queue));
    q.waiting.set(q.waiting.get() - 1);
    state.waiting.set(state.waiting.get() - 1);
    lower(strand, QUEUED);
    if q.waiting.get() == 0 && q.full.get() != 0 {
        q.full.set(0);
        tell(c, record::QUEUE_DRAINED, queue, 0);
    }
}

/// A strand that waits leaves unserved.
pub fn leave(strand: u32, result: u32) {
    let c = stations::component_of(strand);
    windows::touch(c);
    if component(c).group != NONE {
        return partitions::leave(c, component(c), strand, result);
    }
    let queue = queue_of(component(c), get32(frame32::REPLICA, strand));
    take_out(c, queue, frames::class(strand), strand);
    turn_away(strand, result);
}

/// Its patience with the queue is over.
#[unsafe(export_name = "if_patience_renege")]
#[inline(never)]
pub extern "C" fn renege(strand: u32) {
    leave(strand, outcome::ABANDONED);
}

/// A strand that is in no queue any more is not served.
fn turn_away(strand: u32, result: u32) {
    if is(strand, VISIT) && component(stations::component_of(strand)).hold_visit == 1 {
        return ends::end(strand, result);
    }
    moves_on(strand);
    frames::set_outcome(strand, result);
    dispatch(get32(frame32::RESUME_BAD, strand), strand);
}

/// The next strand plus one, with controlled delay; 0 for none.
#[unsafe(export_name = "if_codel_next")]
#[inline(never)]
extern "C" fn controlled(c: u32, row: &Component, queue: u32) -> u32 {
    next_after_drops(c, row, queue).map_or(0, |strand| strand + 1)
}

/// Controlled delay (RFC 8289): drops at the head, the more often the longer waits stay above the target.
fn next_after_drops(c: u32, row: &Component, queue: u32) -> Option<u32> {
    let q = replica(queue);
    let (mut strand, mut long) = pop_and_judge(c, row, queue);
    if q.dropping.get() == 1 {
        if !long {
            q.dropping.set(0);
        }
        while q.dropping.get() == 1 && now() >= q.drop_next_ns.get() {
            drop(strand?);
            q.drops.set(q.drops.get() + 1);
            (strand, long) = pop_and_judge(c, row, queue);
            if long {
                q.drop_next_ns.set(after(q.drop_next_ns.get(), row, q.drops.get()));
            } else {
                q.dropping.set(0);
            }
        }
    } else if long {
        drop(strand?);
        (strand, _) = pop_and_judge(c, row, queue);
        q.dropping.set(1);
        let lately = q.drops.get() - q.drops_before.get();
        let recent = now().saturating_sub(q.drop_next_ns.get()) < RECENT * row.codel_interval_ns;
        q.drops.set(if lately > 1 && recent { lately } else { 1 });
        q.drop_next_ns.set(after(now(), row, q.drops.get()));
        q.drops_before.set(q.drops.get());
    }
    strand
}

/// The next strand, and whether waits have been above the target for an interval.
fn pop_and_judge(c: u32, row: &Component, queue: u32) -> (Option<u32>, bool) {
    let q = replica(queue);
    let popped = pop(c, row, queue);
    let waited = popped.map_or(0, |strand| now() - waits_since(row, strand));
    if waited < row.codel_target_ns || q.waiting.get() == 0 {
        q.long_until_ns.set(0);
        return (popped, false);
    }
    if q.long_until_ns.get() == 0 {
        q.long_until_ns.set(now() + row.codel_interval_ns);
    }
    (popped, now() >= q.long_until_ns.get())
}

fn waits_since(row: &Component, strand: u32) -> u64 {
    get64(if row.hold_visit == 1 { frame64::ARRIVED_NS } else { frame64::CALL_BEGAN_NS }, strand)
}

fn after(at: u64, row: &Component, drops: u32) -> u64 {
    at + (row.codel_interval_ns as f64 / libm::sqrt(drops as f64)) as u64
}

fn drop(strand: u32) {
    turn_away(strand, outcome::SHED);
}

/// Those who wait at a replica that goes down are gone.
pub fn clear(c: u32, q: &ReplicaState) {
    let state = state_of(c);
    state.waiting.set(state.waiting.get() - q.waiting.get());
    q.waiting.set(0);
    q.heads.iter().chain(&q.tails).for_each(|end| end.set(0));
    q.full.set(0);
    q.long_until_ns.set(0);
    q.drop_next_ns.set(0);
    q.dropping.set(0);
    q.drops.set(0);
    q.drops_before.set(0);
}

/// Whether there is room for one more.
pub fn has_room(row: &Component, queue: u32) -> bool {
    replica(queue).waiting.get() < row.queue_capacity
}
