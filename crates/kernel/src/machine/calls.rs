//! Calls: what a caller does until it has an answer or has given up.
//!
//! A caller that gives up stops waiting, nothing more: its generation moves on, and the answer that
//! comes later finds nobody. The callee's work goes on and is counted.

use super::calendar::{Event, Rank, push};
use super::frames::{
    self, CALLING, CLASS_SHIFT, GATED, HEDGED, LIVE, PERMIT, REPLIED, REQUEST, SAMPLED, VISIT, is, lower, moves_on,
    raise,
};
use super::gates::Found;
use super::memory::{cell, generation_of, get32, get64, header, key_of, now, row, sample, set32, set64};
use super::{balancing, breakers, dispatch, ejection, gates, keys, queues, stations, stopping, windows};
use crate::columns::edge as column;
use crate::draw::{chance, draw, nth, unit_f64};
use crate::layout::{Edge, EdgeState, NONE, Policy, Site, Table, frame32, frame64};
use crate::outcome;

/// One retry token.
const TOKEN: u32 = 1 << 16;
/// Most tokens a budget can hold.
const TOKENS_MAX: u32 = 10 * TOKEN;
/// What a resume event does: go on at the label, make the next attempt, go on at the bad label.
pub const GO_ON: u32 = 0;
const NEXT_ATTEMPT: u32 = 1;
/// See [`GO_ON`].
pub const GO_ON_BADLY: u32 = 2;
/// A second attempt is due beside the one under way.
const HEDGE: u32 = 3;
/// A visit's server is set up.
pub const BEGIN: u32 = 4;
/// What patience runs out with: waiting for an answer, at a gate, in a queue.
const FOR_ANSWER: u32 = 0;
/// See [`FOR_ANSWER`].
pub const AT_GATE: u32 = 1;
/// See [`FOR_ANSWER`].
pub const IN_QUEUE: u32 = 2;
/// Numbers of the visits that hedges are, within their call: those of the attempts they are beside, from here on.
const BESIDE: u64 = 1 << 32;
/// Number of the word that calls a visit off, within the visit.
const WORD: u64 = 1 << 32;
/// Jitter of that kind.
const DECORRELATED: u32 = 3;

#[inline(always)]
fn edge(index: u32) -> &'static Edge {
    row(header().edges, index)
}

#[inline(always)]
fn edge_state(index: u32) -> &'static EdgeState {
    row(Table { address: header().edge_states, len: 0 }, index)
}

#[inline(always)]
fn site(index: u32) -> &'static Site {
    row(header().sites, index)
}

/// Budgets and buckets start full.
pub fn init() {
    for index in 0..header().edges.len {
        edge_state(index).tokens.set(TOKENS_MAX);
    }
    for index in 0..header().sites.len {
        let site = site(index);
        if site.policy != NONE && policy(site).bucket_size > 0 {
            edge_state(site.edge).tokens.set(policy(site).bucket_size);
        }
    }
}

#[inline(always)]
fn policy(site: &Site) -> &'static Policy {
    row(header().policies, site.policy)
}

/// A strand calls; it goes on at `label` when answered well, at `bad` when not.
#[unsafe(no_mangle)]
pub extern "C" fn k_call(strand: u32, site_row: u32, call_key: u64, label: u32, bad: u32) {
    if let Some(why) = stopping::reason(strand) {
        frames::set_outcome(strand, why);
        return dispatch(bad, strand);
    }
    let site = site(site_row);
    windows::count_edge(site.edge, column::CALLS);
    raise(strand, CALLING);
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    set32(frame32::SITE, strand, site_row);
    set32(frame32::ATTEMPT, strand, 0);
    set64(frame64::CALL_KEY, strand, call_key);
    set64(frame64::CALL_BEGAN_NS, strand, now());
    let policy = policy(site);
    if policy.budget != NONE {
        let tokens = &edge_state(site.edge).tokens;
        tokens.set(tokens.get().saturating_add(policy.budget).min(TOKENS_MAX));
    }
    attempt(strand, site, policy);
}

/// A strand hands a message over and goes on.
#[unsafe(no_mangle)]
pub extern "C" fn k_send(strand: u32, site_row: u32, call_key: u64) {
    let site = site(site_row);
    windows::count_edge(site.edge, column::CALLS);
    windows::count_edge(site.edge, column::ATTEMPTS);
    if !nobody_to_send_to(site.edge) {
        transmit(strand, site_row, site, (call_key, nth(call_key, 0)), None);
    }
}

fn attempt(strand: u32, site: &Site, policy: &Policy) {
    windows::count_edge(site.edge, column::ATTEMPTS);
    if get32(frame32::ATTEMPT, strand) > 0 {
        windows::count_edge(site.edge, column::RETRIES);
    }
    set32(frame32::CALLEE, strand, 0);
    set32(frame32::HEDGE, strand, 0);
    let until = wanted_until(strand, policy, now());
    set64(frame64::FINISH, strand, now());
    if until > 0 && site.once_received == 0 {
        push(until, Rank::Timeout, key_of(strand), strand, generation_of(strand), FOR_ANSWER);
    }
    let row = edge(site.edge);
    if row.breaker_open_ns > 0 && !breakers::lets_through(site.edge, row, edge_state(site.edge), attempt_key(strand)) {
        return refuse(strand, outcome::BREAKER_OPEN);
    }
    if row.permits > 0 {
        match gates::enter(site.edge, row, strand, until) {
            Found::Permit => {}
            Found::Line => return,
            Found::Nothing => return refuse(strand, outcome::REJECTED),
        }
    }
    send_attempt(strand);
}

/// End of the patience with an attempt that began at an instant, but no later than the strand itself is wanted; 0: none.
fn wanted_until(strand: u32, policy: &Policy, began: u64) -> u64 {
    let deadline = get64(frame64::DEADLINE, strand);
    match (policy.timeout_ns, deadline) {
        (0, deadline) => deadline,
        (timeout, 0) => began + timeout,
        (timeout, deadline) => deadline.min(began + timeout),
    }
}

/// A visit has been received whose caller's patience begins now.
pub fn received(visit: u32, site: &Site) {
    let caller = get32(frame32::PARENT, visit);
    let patience = policy(site).timeout_ns;
    if frames::awaited(visit) && patience > 0 {
        push(now() + patience, Rank::Timeout, key_of(caller), caller, generation_of(caller), FOR_ANSWER);
    }
}

/// Key of the visit that the attempt under way is.
fn attempt_key(strand: u32) -> u64 {
    nth(get64(frame64::CALL_KEY, strand), get32(frame32::ATTEMPT, strand) as u64)
}

/// An attempt is answered without having been sent.
fn refuse(strand: u32, result: u32) {
    push(now() + 1, Rank::Reply, attempt_key(strand), strand, generation_of(strand), result);
}

/// Sends the attempt under way, which has what it needs.
pub fn send_attempt(strand: u32) {
    let site_row = get32(frame32::SITE, strand);
    let site = site(site_row);
    if nobody_to_send_to(site.edge) {
        balancing::remember(strand, false, NONE);
        return refuse(strand, outcome::REJECTED);
    }
    let call_key = get64(frame64::CALL_KEY, strand);
    transmit(strand, site_row, site, (call_key, attempt_key(strand)), Some(frame32::CALLEE));
    let after = policy(site).hedge_after_ns;
    if after > 0 {
        push(now() + after, Rank::Resume, key_of(strand), strand, generation_of(strand), HEDGE);
    }
}

/// Whether an edge sends nothing at the moment; an attempt that is not sent is counted.
fn nobody_to_send_to(edge_row: u32) -> bool {
    let row = edge(edge_row);
    let nobody = row.balancing != NONE && balancing::nobody(row, stations::component(row.to));
    if nobody {
        windows::count_edge(edge_row, column::NONE_ELIGIBLE);
    }
    nobody
}

/// Makes a second attempt beside the one under way, if nothing stands in its way.
#[unsafe(export_name = "if_hedges_hedge")]
#[inline(never)]
extern "C" fn hedge(strand: u32) {
    let site_row = get32(frame32::SITE, strand);
    let site = site(site_row);
    let row = edge(site.edge);
    let closed = row.breaker_open_ns == 0 || breakers::is_closed(edge_state(site.edge));
    let nobody = row.balancing != NONE && balancing::nobody(row, stations::component(row.to));
    if !closed || nobody || row.permits > 0 && !gates::enter_beside(row, strand) {
        return;
    }
    windows::count_edge(site.edge, column::ATTEMPTS);
    windows::count_edge(site.edge, column::HEDGES);
    if is(strand, REQUEST) {
        set32(frame32::NEEDED, strand, get32(frame32::NEEDED, strand) + 1);
    }
    raise(strand, HEDGED);
    let beside = BESIDE + get32(frame32::ATTEMPT, strand) as u64;
    let call_key = get64(frame64::CALL_KEY, strand);
    transmit(strand, site_row, site, (call_key, nth(call_key, beside)), Some(frame32::HEDGE));
}

/// Sends a request message, given the keys of the call and of the visit it will be, which waits in transit. Its
/// caller remembers it in a column.
fn transmit(strand: u32, site_row: u32, site: &Site, (call_key, visit_key): (u64, u64), answered: Option<u32>) {
    let (row, state) = (edge(site.edge), edge_state(site.edge));
    let target = stations::component(row.to);
    let key = keys::key_of_message(strand, site, call_key);
    let replica = if row.balancing != NONE {
        balancing::of_some(row, state, target, visit_key)
    } else if target.replicas == 1 || target.shared_queue == 1 {
        0
    } else {
        balancing::of_all(row, state, target, visit_key)
    };
    if let (true, Some(column)) = (row.balancing != NONE, answered) {
        balancing::remember(strand, column == frame32::HEDGE, replica);
    }
    let Some(leg) = message(site.edge, row, visit_key, 0) else { return };
    let inherited = if is(strand, SAMPLED) { SAMPLED } else { 0 };
    let class = site.priority << CLASS_SHIFT;
    let Some(visit) = frames::allocate(visit_key, VISIT | inherited | class) else { return };
    set32(frame32::REPLICA, visit, target.first_replica + replica);
    set32(frame32::ORIGIN, visit, site_row);
    keys::set(visit, key);
    if let Some(column) = answered {
        set32(frame32::PARENT, visit, strand);
        set32(frame32::PARENT_GENERATION, visit, generation_of(strand));
        set32(column, strand, visit + 1);
        if policy(site).deadline == 1 {
            set64(frame64::DEADLINE, visit, wanted_until(strand, policy(site), get64(frame64::FINISH, strand)));
        }
    }
    push(now() + leg, Rank::Arrive, visit_key, visit, 0, 0);
}

/// Time of a message on the network, or `None` if it is lost. `reply` is 0 or 1.
fn message(edge_row: u32, row: &Edge, visit_key: u64, reply: usize) -> Option<u64> {
    let loss_cell = if reply == 0 { row.cell_loss_request } else { row.cell_loss_reply };
    let mut loss = row.loss;
    if loss_cell != NONE {
        loss = 1.0 - (1.0 - loss) * (1.0 - cell(loss_cell));
    }
    if loss > 0.0 && chance(draw(visit_key, row.purposes[4 + reply]), loss) {
        windows::count_edge(edge_row, column::LOST);
        return None;
    }
    let mut time = if row.latency == NONE { 0.0 } else { sample(row.latency, draw(visit_key, row.purposes[reply])) };
    if row.cell_delay != NONE {
        time += cell(row.cell_delay);
    }
    if row.cell_jitter != NONE {
        let jitter = cell(row.cell_jitter);
        if jitter > 0.0 {
            time += jitter * unit_f64(draw(visit_key, row.purposes[2 + reply]));
        }
    }
    Some(((0.5 * time) as u64).max(1))
}

/// Sends the answer of a visit to the strand that waits for it.
pub fn answer(visit: u32, outcome: u32) {
    let origin = site(get32(frame32::ORIGIN, visit));
    let key = key_of(visit);
    let Some(leg) = message(origin.edge, edge(origin.edge), key, 1) else { return };
    let (parent, generation) = (get32(frame32::PARENT, visit), get32(frame32::PARENT_GENERATION, visit));
    push(now() + leg, Rank::Reply, key, parent, generation, outcome);
}

/// An answer has arrived. A bad one is not the last word while a hedge is under way.
pub fn reply(event: Event) {
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    if event.argument != outcome::OK && is(strand, HEDGED) {
        lower(strand, HEDGED);
        return learn(strand, site(get32(frame32::SITE, strand)).edge, event.key, true);
    }
    attempt_done(strand, event.argument, event.key);
}

/// Patience has run out: with an answer, with a gate, with a queue.
pub fn timeout(event: Event) {
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    match event.argument {
        FOR_ANSWER => {
            let site = site(get32(frame32::SITE, strand));
            windows::count_edge(site.edge, column::TIMEOUTS);
            attempt_done(strand, policy(site).gives_up_as, attempt_key(strand));
        }
        AT_GATE => {
            if is(strand, GATED) {
                let edge_row = site(get32(frame32::SITE, strand)).edge;
                windows::count_edge(edge_row, column::NO_PERMIT);
                attempt_done(strand, outcome::REJECTED, attempt_key(strand));
            }
        }
        _ => queues::renege(strand),
    }
}

/// A pause is over.
pub fn resume(event: Event) {
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    match event.argument {
        GO_ON => dispatch(get32(frame32::RESUME, strand), strand),
        NEXT_ATTEMPT => {
            let site = site(get32(frame32::SITE, strand));
            attempt(strand, site, policy(site));
        }
        HEDGE => hedge(strand),
        BEGIN => stations::begin(strand),
        _ => dispatch(get32(frame32::RESUME_BAD, strand), strand),
    }
}

/// The strand goes on at a label one nanosecond later.
#[unsafe(no_mangle)]
pub extern "C" fn k_later(strand: u32, label: u32) {
    set32(frame32::RESUME, strand, label);
    push(now() + 1, Rank::Resume, key_of(strand), strand, generation_of(strand), GO_ON);
}

/// The strand fails by itself; it goes on badly from there.
#[unsafe(no_mangle)]
pub extern "C" fn k_fail(strand: u32) {
    frames::set_outcome(strand, outcome::FAILED);
}

fn attempt_done(strand: u32, result: u32, judged: u64) {
    let site = site(get32(frame32::SITE, strand));
    let policy = policy(site);
    // An attempt without a permit was never sent, nor one for which no replica was eligible.
    let row = edge(site.edge);
    let sent = result != outcome::BREAKER_OPEN
        && (row.permits == 0 || is(strand, PERMIT))
        && (row.balancing == NONE || balancing::sent_to(strand, false) != NONE);
    over(strand, site, policy, result);
    if sent {
        learn(strand, site.edge, judged, result != outcome::OK);
    }
    if result == outcome::OK {
        refund(site.edge, policy);
        return finish(strand, site.edge, column::OK);
    }
    let number = get32(frame32::ATTEMPT, strand);
    if number < policy.retry_max && policy.retry_on >> result & 1 == 1 {
        let pause = backoff(strand, site, policy, number);
        let deadline = get64(frame64::DEADLINE, strand);
        let in_time = deadline == 0 || now() + pause < deadline;
        if in_time && afford(site.edge, policy) {
            set32(frame32::ATTEMPT, strand, number + 1);
            return push(now() + pause, Rank::Resume, key_of(strand), strand, generation_of(strand), NEXT_ATTEMPT);
        }
    }
    frames::set_outcome(strand, result);
    finish(strand, site.edge, column::FAILED);
}

/// The attempt under way is over: callees that still are at it hear of it, permits are given back.
fn over(strand: u32, site: &Site, policy: &Policy, result: u32) {
    if policy.cancel == 1 && (result != outcome::OK || get32(frame32::HEDGE, strand) != 0) {
        let (callee, hedge) = (get32(frame32::CALLEE, strand), get32(frame32::HEDGE, strand));
        // A hedge may live in the frame that the attempt's visit has left.
        if callee != hedge {
            call_off(strand, site, callee);
        }
        call_off(strand, site, hedge);
    }
    moves_on(strand);
    lower(strand, HEDGED);
    if edge(site.edge).permits > 0 {
        gates::leave(site.edge, edge(site.edge), strand);
    }
}

/// Word goes to a callee, if it is still at it, that its answer is not wanted.
#[unsafe(export_name = "if_cancel_call_off")]
#[inline(never)]
extern "C" fn call_off(strand: u32, site: &Site, callee: u32) {
    let Some(visit) = callee.checked_sub(1) else { return };
    let mine = is(visit, LIVE | VISIT)
        && get32(frame32::PARENT, visit) == strand
        && get32(frame32::PARENT_GENERATION, visit) == generation_of(strand);
    if !mine || is(visit, REPLIED) {
        return;
    }
    if let Some(leg) = message(site.edge, edge(site.edge), nth(key_of(visit), WORD), 0) {
        push(now() + leg, Rank::CallOff, key_of(visit), visit, 0, 0);
    }
}

/// A strand that is to stop gives up its call.
pub fn abandon(strand: u32) {
    let site = site(get32(frame32::SITE, strand));
    over(strand, site, policy(site), outcome::ABANDONED);
    frames::set_outcome(strand, outcome::ABANDONED);
    finish(strand, site.edge, column::FAILED);
}

fn learn(strand: u32, edge_row: u32, visit_key: u64, failed: bool) {
    let row = edge(edge_row);
    if row.balancing != NONE && balancing::row_of(row.balancing).eject_failures > 0 {
        let hedge = visit_key != attempt_key(strand);
        ejection::learn(row, balancing::sent_to(strand, hedge), failed);
    }
    if row.breaker_open_ns > 0 {
        breakers::learn(edge_row, row, edge_state(edge_row), visit_key, failed);
    }
}

/// The call is over; the strand goes on.
fn finish(strand: u32, edge: u32, how: usize) {
    lower(strand, CALLING);
    let took = now() - get64(frame64::CALL_BEGAN_NS, strand);
    windows::count_edge(edge, how);
    windows::add_edge(edge, column::LATENCY_NS, took);
    windows::maximum_edge(edge, column::LATENCY_MAX_NS, took);
    let way = if how == column::OK { frame32::RESUME } else { frame32::RESUME_BAD };
    dispatch(get32(way, strand), strand);
}

/// Takes what a retry costs, if there is enough of it.
fn afford(edge: u32, policy: &Policy) -> bool {
    let (cost, floor) = match (policy.bucket_size, policy.budget) {
        (0, NONE) => return true,
        (0, _) => (TOKEN, 0),
        _ => (policy.bucket_cost, policy.bucket_floor),
    };
    let tokens = &edge_state(edge).tokens;
    let enough = tokens.get() >= cost.saturating_add(floor);
    if enough {
        tokens.set(tokens.get() - cost);
    }
    enough
}

/// A call has ended well.
fn refund(edge: u32, policy: &Policy) {
    if policy.bucket_size > 0 {
        let tokens = &edge_state(edge).tokens;
        tokens.set(tokens.get().saturating_add(policy.bucket_refund).min(policy.bucket_size));
    }
}

/// Pause after attempt `number`.
fn backoff(strand: u32, site: &Site, policy: &Policy, number: u32) -> u64 {
    let u = |n: u32| unit_f64(draw(nth(get64(frame64::CALL_KEY, strand), n as u64), site.purpose_backoff));
    let (first, cap) = (policy.backoff_ns as f64, policy.backoff_cap_ns as f64);
    let pause = if policy.jitter == DECORRELATED {
        (0..=number).fold(first, |before, n| (first + u(n) * (3.0 * before - first)).min(cap))
    } else {
        let pause = (0..number).fold(first, |pause, _| pause * policy.backoff_factor).min(cap);
        match policy.jitter {
            0 => pause,
            1 => u(number) * pause,
            _ => pause / 2.0 + u(number) * (pause / 2.0),
        }
    };
    (pause as u64).max(1)
}
