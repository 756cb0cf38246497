//! Stations: where visits arrive, wait, are served and end.
//!
//! A server is given away where it becomes free: the head of the queue takes it at that instant, and
//! its program begins when the handler at hand is through ([`run_started`]), so that no chain of
//! short visits can grow the stack.

use super::calendar::{Event, Rank, push};
use super::crashes::Down;
use super::frames::{
    self, BRANCH, CANCELLED, DYING, EXPECTED, LEADING, LIVE, PAUSED, PRESENT, QUEUED, REPLIED, SAMPLED, SHARING,
    STARTED, VISIT, WORKING, is, lower, raise,
};
use super::idempotency::Found;
use super::memory::{cell, generation_of, get32, get64, header, key_of, machine, now, row, set32, set64};
use super::{
    calls, connections, crashes, dispatch, fleets, flights, gates, gathering, idempotency, logs, meters, observing,
    partitions, preemption, processors, queues, quotas, rebalance, records, reservations, rooms, setup, sharing,
    stopping, stores, strains, transport, watching, windows,
};
use crate::columns::{component as column, histograms};
use crate::draw::{chance, draw};
use crate::layout::{Component, ComponentState, NONE, ReplicaState, Site, Table, frame32, frame64, record};
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
        return calls::request_again(event);
    }
    if gathering::any() && partitions::riders_of(visit) != 0 {
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
        end(visit, outcome::ABANDONED);
    } else if row.limit_rate > 0.0 && !admitted(row, state) || !quotas::admits(c, visit) {
        end(visit, outcome::RATE_LIMITED);
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
        end(visit, outcome::FAILED);
    } else if fleets::has(c) && fleets::is_out(c, r) {
        end(visit, outcome::FAILED);
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
        answer(c, visit, outcome::OK);
    } else {
        let site: &Site = row(header().sites, get32(frame32::ORIGIN, visit));
        if site.once_received == 1 {
            calls::received(visit, site);
        }
    }
    state_of(c).present.set(state_of(c).present.get() - 1);
    leave(c, visit, get32(frame32::REPLICA, visit), outcome::OK, false);
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
        end(visit, component(c).overflow);
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
    push(now() + setup, Rank::Resume, key_of(visit), visit, generation_of(visit), calls::BEGIN);
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
        return end(visit, why);
    }
    if row.cell_errors != NONE {
        let p = cell(row.cell_errors + r - row.first_replica);
        if p > 0.0 && chance(draw(key_of(visit), row.purpose_errors), p) {
            return end(visit, outcome::FAILED);
        }
    }
    if strains::is_poison(row, visit) {
        return end(visit, outcome::FAILED);
    }
    let site: &Site = super::memory::row(header().sites, get32(frame32::ORIGIN, visit));
    if site.once_received == 1 {
        calls::received(visit, site);
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
        return calls::answer(visit, outcome);
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
    let (rider, started) = (partitions::riders_of(visit), is(visit, STARTED));
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
fn leave(c: u32, visit: u32, r: u32, outcome: u32, done: bool) {
    if component(c).shared_queue == 0 {
        replica(r).present.set(replica(r).present.get() - 1);
    }
    if is(visit, SAMPLED) {
        let which = (outcome as u64) | ((r - component(c).first_replica) as u64) << 32;
        records::write(record::VISIT, c, get64(frame64::ARRIVED_NS, visit), which, key_of(visit));
    }
    partitions::is_alone(visit);
    if !(done && component(c).group != NONE && partitions::keep(visit)) {
        frames::release(visit);
    }
}

/// A replica goes down: what it holds is killed.
#[unsafe(export_name = "if_down_kill")]
#[inline(never)]
pub extern "C" fn kill(c: u32, r: u32, value: f64) {
    let (row, state) = (component(c), state_of(c));
    empty(c, r, crashes::how(value));
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
        partitions::take_back(c, row, r);
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
        crashes::requeue(c);
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
        calls::answer(frame, outcome::FAILED);
    }
    state.present.set(state.present.get() - 1);
    leave(c, frame, r, outcome::FAILED, false);
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
