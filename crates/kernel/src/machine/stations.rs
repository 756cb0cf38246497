//! Stations: where visits arrive, are let in or turned away, and get a server.
//!
//! A server is given away where it becomes free: the head of the queue takes it at that instant, and
//! its program begins when the handler at hand is through ([`run_started`]), so that no chain of
//! short visits can grow the stack.

use super::calendar::{Event, Rank, push};
use super::crashes::{self, Down};
use super::frames::{CANCELLED, PAUSED, PRESENT, STARTED, is, raise};
use super::idempotency::{self, Found};
use super::memory::{cell, generation_of, get32, get64, header, key_of, machine, now, row, set32, set64};
use super::work::begin_batch;
use super::{
    attempts, company, dispatch, due, ends, fleets, flights, gathering, messages, partitions, preemption, processors,
    queues, quotas, reservations, rooms, setup, stopping, strains, transport, watching, windows,
};
use crate::columns::component as column;
use crate::draw::{chance, draw};
use crate::layout::{Component, ComponentState, NONE, ReplicaState, Site, Table, frame32, frame64};
use crate::outcome;

/// Row of a component.
#[inline(always)]
pub fn component(index: u32) -> &'static Component {
    row(header().components, index)
}

/// State of a component.
#[inline(always)]
pub fn state_of(index: u32) -> &'static ComponentState {
    row(Table { address: header().component_states, len: 0 }, index)
}

/// State of a replica.
#[inline(always)]
pub fn replica(index: u32) -> &'static ReplicaState {
    row(header().replicas, index)
}

/// Component of a strand that is a visit or a branch of one.
#[inline(always)]
pub fn component_of(strand: u32) -> u32 {
    replica(get32(frame32::REPLICA, strand)).component.get()
}

/// Every replica is up.
pub fn init() {
    for index in 0..header().components.len {
        let row = component(index);
        for r in row.first_replica..row.first_replica + row.replicas {
            replica(r).component.set(index);
            processors::counts(row, true);
        }
        if row.servers != NONE {
            state_of(index).capacity.set(row.servers.wrapping_mul(row.replicas));
        }
        state_of(index).tokens.set(row.limit_burst);
    }
}

/// Visits present at a replica of a component.
#[inline(always)]
pub fn present_at(row: &Component, index: u32) -> u32 {
    replica(row.first_replica + index).present.get()
}

/// A message has reached its component.
#[inline(always)]
pub fn arrive(event: Event) {
    let visit = event.subject;
    if transport::retry_of(event) > 0 {
        return messages::request_again(event);
    }
    if gathering::any() && company::riders_of(visit) != 0 {
        return gathering::arrive(visit);
    }
    arrive_alone(visit);
}

/// A message that comes by itself has reached its component.
#[inline]
pub fn arrive_alone(visit: u32) {
    if passes(visit) {
        enter(visit);
    }
}

/// A visit is at the door. False if it ends there.
#[inline]
pub fn passes(visit: u32) -> bool {
    let r = get32(frame32::REPLICA, visit);
    let c = replica(r).component.get();
    let (row, state) = (component(c), state_of(c));
    windows::touch(c);
    windows::count(c, column::ARRIVALS);
    state.present.set(state.present.get() + 1);
    raise(visit, PRESENT);
    set64(frame64::ARRIVED_NS, visit, now());
    if rooms::any() && row.group != NONE {
        rooms::landed(partitions::subscription_of(visit));
    }
    if row.shared_queue == 0 {
        replica(r).present.set(replica(r).present.get() + 1);
        watching::add(c, r, column::ARRIVALS, 1);
    }
    if is(visit, CANCELLED) {
        ends::end(visit, outcome::ABANDONED);
    } else if row.limit_rate > 0.0 && !admitted(row, state) || !quotas::admits(c, visit) {
        ends::end(visit, outcome::RATE_LIMITED);
    } else {
        // Or another visit does its work.
        return !(idempotency::any() && (row.shared_queue == 1 || !is_down(row, r)) && joins(c, visit));
    }
    false
}

/// A visit comes in: it is served, waits, or finds no room.
#[inline]
pub fn enter(visit: u32) {
    let r = get32(frame32::REPLICA, visit);
    let c = replica(r).component.get();
    let (row, state) = (component(c), state_of(c));
    if row.shared_queue == 1 {
        if row.group != NONE {
            return partitions::arrive(c, row, visit);
        }
        match free_replica(row, state) {
            Some(r) => take(c, r, visit),
            None => wait_or_overflow(c, row.first_replica, visit),
        }
    } else if is_down(row, r) {
        if crashes::how(cell(row.cell_down + r - row.first_replica)) == Down::Silent {
            crashes::silence(visit);
        }
        ends::end(visit, outcome::FAILED);
    } else if fleets::has(c) && fleets::is_out(c, r) {
        ends::end(visit, outcome::FAILED);
    } else if row.hold_visit == 0 {
        raise(visit, STARTED);
        append_started(visit);
    } else if reservations::has_free(r, strains::servers(row, r)) {
        take(c, r, visit);
    } else if preemption::interrupt_for(c, row, r, visit) {
        start(c, visit);
    } else {
        wait_or_overflow(c, r, visit);
    }
}

/// Whether another visit does or has done the work of the call that this one is for; then it is gone.
#[unsafe(export_name = "if_idempotent_joins")]
#[inline(never)]
extern "C" fn joins(c: u32, visit: u32) -> bool {
    let found = idempotency::look_up(visit);
    if found == Found::Nothing {
        return false;
    }
    windows::count(c, column::JOINED);
    if found == Found::Done {
        ends::answer(c, visit, outcome::OK);
    } else {
        let site: &Site = row(header().sites, get32(frame32::ORIGIN, visit));
        if site.once_received == 1 {
            attempts::received(visit, site);
        }
    }
    state_of(c).present.set(state_of(c).present.get() - 1);
    ends::leave(c, visit, get32(frame32::REPLICA, visit), outcome::OK, false);
    true
}

/// Takes a token of the component's limit, if there is one.
fn admitted(row: &Component, state: &ComponentState) -> bool {
    let earned = (now() - state.tokens_ns.get()) as f64 * row.limit_rate;
    let tokens = (state.tokens.get() + earned).min(row.limit_burst);
    state.tokens_ns.set(now());
    let enough = tokens >= 1.0;
    state.tokens.set(if enough { tokens - 1.0 } else { tokens });
    enough
}

/// Whether a replica is down.
#[inline(always)]
pub fn is_down(row: &Component, r: u32) -> bool {
    row.cell_down != NONE && cell(row.cell_down + r - row.first_replica) != 0.0
}

/// The first replica from the cursor on that is up and has a free server.
pub fn free_replica(row: &Component, state: &ComponentState) -> Option<u32> {
    for step in 0..row.replicas {
        let index = (state.cursor.get() + step) % row.replicas;
        let r = row.first_replica + index;
        if replica(r).busy.get() < strains::servers(row, r) && !is_down(row, r) && fleets::takes(row, r) {
            state.cursor.set((index + 1) % row.replicas);
            return Some(r);
        }
    }
    None
}

fn wait_or_overflow(c: u32, queue: u32, visit: u32) {
    if !queues::enqueue(c, queue, visit) {
        ends::end(visit, component(c).overflow);
    }
}

/// A free server starts a visit.
pub fn take(c: u32, r: u32, visit: u32) {
    one_more_busy(c, r);
    set32(frame32::REPLICA, visit, r);
    let row = component(c);
    let setup = setup::time(c, row, r, visit);
    if setup == 0 {
        return start(c, visit);
    }
    serve(c, visit);
    push(now() + setup, Rank::Resume, key_of(visit), visit, generation_of(visit), due::BEGIN);
}

/// A server of a replica is taken.
pub fn one_more_busy(c: u32, r: u32) {
    replica(r).busy.set(replica(r).busy.get() + 1);
    state_of(c).busy.set(state_of(c).busy.get() + 1);
}

/// Service of a visit starts; its server is counted already.
fn start(c: u32, visit: u32) {
    serve(c, visit);
    append_started(visit);
}

/// A visit has its server.
fn serve(c: u32, visit: u32) {
    raise(visit, STARTED);
    set64(frame64::STARTED_NS, visit, now());
    record_wait(c, get64(frame64::ARRIVED_NS, visit));
}

/// A strand has waited for a server since an instant.
pub fn record_wait(c: u32, since: u64) {
    let waited = now() - since;
    windows::count(c, column::STARTS);
    windows::has_waited(c, waited);
}

fn append_started(visit: u32) {
    let m = machine();
    set32(frame32::NEXT, visit, 0);
    match m.started_tail.get() {
        0 => m.started_head.set(visit + 1),
        tail => set32(frame32::NEXT, tail - 1, visit + 1),
    }
    m.started_tail.set(visit + 1);
}

/// Begins the programs of visits whose service started during the event at hand.
#[inline]
pub fn run_started() {
    let m = machine();
    while m.started_head.get() != 0 {
        let visit = m.started_head.get() - 1;
        let next = get32(frame32::NEXT, visit);
        m.started_head.set(next);
        if next == 0 {
            m.started_tail.set(0);
        }
        if flights::is_waiting(visit) {
            flights::served(visit);
        } else {
            begin(visit);
        }
    }
}

/// The program of a visit begins.
pub fn begin(visit: u32) {
    let r = get32(frame32::REPLICA, visit);
    let row = component(replica(r).component.get());
    if let Some(why) = stopping::reason(visit) {
        return ends::end(visit, why);
    }
    if row.cell_errors != NONE {
        let p = cell(row.cell_errors + r - row.first_replica);
        if p > 0.0 && chance(draw(key_of(visit), row.purpose_errors), p) {
            return ends::end(visit, outcome::FAILED);
        }
    }
    if strains::is_poison(row, visit) {
        return ends::end(visit, outcome::FAILED);
    }
    let site: &Site = super::memory::row(header().sites, get32(frame32::ORIGIN, visit));
    if site.once_received == 1 {
        attempts::received(visit, site);
    }
    dispatch(site.entry, visit);
}

/// A server of a replica is free again: the head of the queue takes it.
pub fn release(c: u32, r: u32) {
    let row = component(c);
    let next = if replica(r).busy.get() > strains::servers(row, r) {
        None
    } else if row.group != NONE {
        // A replica that is to go serves what is still its own.
        partitions::next(c, row, r).checked_sub(1)
    } else if row.shared_queue == 0 || fleets::takes(row, r) {
        queues::next(c, queues::queue_of(row, r))
    } else {
        None
    };
    match next {
        Some(strand) if is(strand, PAUSED) => preemption::resume(row, r, strand),
        Some(strand) if flights::is_waiting(strand) => append_started(strand),
        Some(strand) if row.hold_visit == 1 => {
            set32(frame32::REPLICA, strand, r);
            start(c, strand);
            if row.group != NONE {
                partitions::attend(c, r, strand);
            }
        }
        Some(strand) => begin_batch(c, row, queues::queue_of(row, r), strand),
        None => {
            setup::idles(row, r);
            replica(r).busy.set(replica(r).busy.get() - 1);
            state_of(c).busy.set(state_of(c).busy.get() - 1);
        }
    }
}
