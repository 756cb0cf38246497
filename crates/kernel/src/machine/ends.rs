//! Ends of visits: the answer, what is counted, and who takes the server.

use super::frames::{self, BRANCH, REPLIED, SAMPLED, STARTED, is, raise};
use super::memory::{get32, get64, key_of, now};
use super::stations::{component, component_of, release, replica, state_of};
use super::{
    company, fleets, gathering, idempotency, messages, meters, observing, partitions, records, redelivery, stopping,
    watching, windows,
};
use crate::columns::{component as column, histograms};
use crate::layout::{NONE, frame32, frame64, record};
use crate::outcome;

/// The visit answers now and goes on. A branch answers for its visit, if that still waits for it.
#[unsafe(no_mangle)]
pub extern "C" fn k_reply(strand: u32) {
    let mut visit = strand;
    while is(visit, BRANCH) {
        if !frames::awaited(visit) {
            return;
        }
        visit = get32(frame32::PARENT, visit);
    }
    if !is(visit, REPLIED) {
        let c = component_of(visit);
        answer(c, visit, outcome::OK);
        raise(visit, REPLIED);
        if gathering::any() {
            gathering::reply_for_others(c, visit);
        }
    }
}

/// The visit ends well.
#[unsafe(no_mangle)]
pub extern "C" fn k_end(visit: u32) {
    end(visit, outcome::OK);
}

/// The visit ends with its strand's outcome.
#[unsafe(no_mangle)]
pub extern "C" fn k_end_failed(visit: u32) {
    end(visit, frames::outcome(visit));
}

/// Answers, unless nobody waits; counts work that nobody waited for.
pub fn answer(c: u32, visit: u32, outcome: u32) {
    if get32(frame32::PARENT, visit) == NONE {
        return;
    }
    if idempotency::any() && outcome == outcome::OK {
        idempotency::done(visit);
    }
    if frames::awaited(visit) {
        return messages::answer(visit, outcome);
    }
    meters::waste(c, visit);
    if stopping::reason(visit).is_none() {
        windows::count(c, column::ORPHANED);
    }
}

/// A visit ends, and with it those that are done with it.
pub fn end(visit: u32, outcome: u32) {
    let r = get32(frame32::REPLICA, visit);
    let c = replica(r).component.get();
    let row = component(c);
    windows::touch(c);
    let holds = is(visit, STARTED) && row.hold_visit == 1;
    let partition = if holds && row.group != NONE { partitions::partition_of(visit) } else { NONE };
    if holds {
        windows::count(c, column::SERVED);
        watching::add(c, r, column::SERVED, 1);
        windows::add(c, column::SERVICE_NS, now() - get64(frame64::STARTED_NS, visit));
    }
    let (rider, started) = (company::riders_of(visit), is(visit, STARTED));
    end_one(c, visit, r, outcome);
    if rider != 0 {
        end_riders(c, rider, r, outcome, started);
    }
    if partition != NONE {
        partitions::done(c, row, partition, r);
    }
    if holds {
        release(c, r);
    }
    if fleets::has(c) {
        fleets::holds(c, r);
    }
}

/// Those that are done with a visit end, from the first one, plus one, on.
#[inline(never)]
fn end_riders(c: u32, mut rider: u32, r: u32, outcome: u32, started: bool) {
    while let Some(visit) = rider.checked_sub(1) {
        rider = get32(frame32::NEXT, visit);
        if started {
            raise(visit, STARTED);
        }
        end_one(c, visit, r, outcome);
    }
}

/// A visit ends, whatever becomes of its server.
#[inline(always)]
fn end_one(c: u32, visit: u32, r: u32, outcome: u32) {
    let state = state_of(c);
    windows::count(c, column::of_outcome(outcome as usize));
    if is(visit, STARTED) {
        let sojourn = now() - get64(frame64::ARRIVED_NS, visit);
        watching::ended(c, r, outcome, Some(sojourn));
        windows::add(c, column::SOJOURN_NS, sojourn);
        observing::observe(histograms::sojourn(c), sojourn);
        if component(c).group != NONE {
            partitions::handled(visit, outcome);
        }
    } else if component(c).shared_queue == 0 {
        watching::ended(c, r, outcome, None);
    }
    if !is(visit, REPLIED) {
        answer(c, visit, outcome);
    }
    state.present.set(state.present.get() - 1);
    leave(c, visit, r, outcome, true);
}

/// The frame of an ended visit goes back.
pub fn leave(c: u32, visit: u32, r: u32, outcome: u32, done: bool) {
    if component(c).shared_queue == 0 {
        replica(r).present.set(replica(r).present.get() - 1);
    }
    if is(visit, SAMPLED) {
        let which = (outcome as u64) | ((r - component(c).first_replica) as u64) << 32;
        records::write(record::VISIT, c, get64(frame64::ARRIVED_NS, visit), which, key_of(visit));
    }
    company::is_alone(visit);
    if !(done && component(c).group != NONE && redelivery::keep(visit)) {
        frames::release(visit);
    }
}
