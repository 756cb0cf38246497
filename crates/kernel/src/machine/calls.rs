//! Calls: what a caller does until it has an answer or has given up.
//!
//! A caller that gives up stops waiting, nothing more: its generation moves on, and the answer that
//! comes later finds nobody. The callee's work goes on and is counted.

use super::calendar::{Event, Rank, push};
use super::frames::{self, CLASS_SHIFT, SAMPLED, VISIT, is, moves_on};
use super::memory::{cell, generation_of, get32, get64, header, key_of, now, row, sample, set32, set64};
use super::{breakers, dispatch, stations, windows};
use crate::columns::edge as column;
use crate::draw::{below, chance, draw, nth, unit_f64};
use crate::layout::{Component, Edge, EdgeState, NONE, Policy, Site, Table, frame32, frame64};
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

/// Budgets start full.
pub fn init() {
    for index in 0..header().edges.len {
        edge_state(index).tokens.set(TOKENS_MAX);
    }
}

/// A strand calls; it goes on at `label` when answered well, at `bad` when not.
#[unsafe(no_mangle)]
pub extern "C" fn k_call(strand: u32, site_row: u32, call_key: u64, label: u32, bad: u32) {
    let site = site(site_row);
    windows::count_edge(site.edge, column::CALLS);
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    set32(frame32::SITE, strand, site_row);
    set32(frame32::ATTEMPT, strand, 0);
    set64(frame64::CALL_KEY, strand, call_key);
    set64(frame64::CALL_BEGAN_NS, strand, now());
    let policy: &Policy = row(header().policies, site.policy);
    if policy.budget != NONE {
        let tokens = &edge_state(site.edge).tokens;
        tokens.set(tokens.get().saturating_add(policy.budget).min(TOKENS_MAX));
    }
    attempt(strand, site_row, site, policy);
}

/// A strand hands a message over and goes on.
#[unsafe(no_mangle)]
pub extern "C" fn k_send(strand: u32, site_row: u32, call_key: u64) {
    let site = site(site_row);
    windows::count_edge(site.edge, column::CALLS);
    windows::count_edge(site.edge, column::ATTEMPTS);
    transmit(strand, site_row, site, nth(call_key, 0), false);
}

fn attempt(strand: u32, site_row: u32, site: &Site, policy: &Policy) {
    let number = get32(frame32::ATTEMPT, strand);
    windows::count_edge(site.edge, column::ATTEMPTS);
    if number > 0 {
        windows::count_edge(site.edge, column::RETRIES);
    }
    if policy.timeout_ns > 0 {
        push(now() + policy.timeout_ns, Rank::Timeout, key_of(strand), strand, generation_of(strand), 0);
    }
    let visit_key = nth(get64(frame64::CALL_KEY, strand), number as u64);
    let row = edge(site.edge);
    if row.breaker_open_ns > 0 && !breakers::lets_through(site.edge, row, edge_state(site.edge), visit_key) {
        let answer = (strand, generation_of(strand), outcome::BREAKER_OPEN);
        return push(now() + 1, Rank::Reply, visit_key, answer.0, answer.1, answer.2);
    }
    transmit(strand, site_row, site, visit_key, true);
}

/// Sends a request message; the visit it will be waits in transit.
fn transmit(strand: u32, site_row: u32, site: &Site, visit_key: u64, answered: bool) {
    let (row, state) = (edge(site.edge), edge_state(site.edge));
    let target = stations::component(row.to);
    let replica =
        if target.replicas == 1 || target.shared_queue == 1 { 0 } else { balance(row, state, target, visit_key) };
    let Some(leg) = message(site.edge, row, visit_key, 0) else { return };
    let inherited = if is(strand, SAMPLED) { SAMPLED } else { 0 };
    let class = site.priority << CLASS_SHIFT;
    let Some(visit) = frames::allocate(visit_key, VISIT | inherited | class) else { return };
    set32(frame32::REPLICA, visit, target.first_replica + replica);
    set32(frame32::ORIGIN, visit, site_row);
    if answered {
        set32(frame32::PARENT, visit, strand);
        set32(frame32::PARENT_GENERATION, visit, generation_of(strand));
    }
    push(now() + leg, Rank::Arrive, visit_key, visit, 0, 0);
}

/// The replica that a message goes to, of several.
fn balance(row: &Edge, state: &EdgeState, target: &Component, visit_key: u64) -> u32 {
    let count = target.replicas;
    if row.balance == 0 {
        let turn = state.turn.get();
        state.turn.set((turn + 1) % count);
        return turn;
    }
    let word = draw(visit_key, row.purposes[6]);
    let (tries, drawn) = match row.balance {
        1 => return below(word, count),
        2 => (count, false),
        _ => (row.choices, true),
    };
    let first = below(word, count);
    let (mut best, mut least) = (first, stations::present_at(target, first));
    for i in 1..tries {
        let candidate = if drawn { below(nth(word, i as u64), count) } else { (first + i) % count };
        let present = stations::present_at(target, candidate);
        if present < least {
            (best, least) = (candidate, present);
        }
    }
    best
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

/// An answer has arrived.
pub fn reply(event: Event) {
    if generation_of(event.subject) == event.generation {
        attempt_done(event.subject, event.argument);
    }
}

/// Patience has run out.
pub fn timeout(event: Event) {
    if generation_of(event.subject) == event.generation {
        let site = site(get32(frame32::SITE, event.subject));
        windows::count_edge(site.edge, column::TIMEOUTS);
        let policy: &Policy = row(header().policies, site.policy);
        attempt_done(event.subject, policy.gives_up_as);
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
            let row_number = get32(frame32::SITE, strand);
            let site = site(row_number);
            attempt(strand, row_number, site, row(header().policies, site.policy));
        }
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

fn attempt_done(strand: u32, result: u32) {
    moves_on(strand);
    let site = site(get32(frame32::SITE, strand));
    let edge_row = edge(site.edge);
    if edge_row.breaker_open_ns > 0 && result != outcome::BREAKER_OPEN {
        let visit_key = nth(get64(frame64::CALL_KEY, strand), get32(frame32::ATTEMPT, strand) as u64);
        breakers::learn(site.edge, edge_row, edge_state(site.edge), visit_key, result != outcome::OK);
    }
    if result == outcome::OK {
        finish(strand, site.edge, column::OK);
        return dispatch(get32(frame32::RESUME, strand), strand);
    }
    let policy: &Policy = row(header().policies, site.policy);
    let number = get32(frame32::ATTEMPT, strand);
    if number < policy.retry_max && policy.retry_on >> result & 1 == 1 && afford(site.edge, policy) {
        set32(frame32::ATTEMPT, strand, number + 1);
        let pause = backoff(strand, site, policy, number);
        return push(now() + pause, Rank::Resume, key_of(strand), strand, generation_of(strand), NEXT_ATTEMPT);
    }
    finish(strand, site.edge, column::FAILED);
    frames::set_outcome(strand, result);
    dispatch(get32(frame32::RESUME_BAD, strand), strand);
}

fn finish(strand: u32, edge: u32, how: usize) {
    let took = now() - get64(frame64::CALL_BEGAN_NS, strand);
    windows::count_edge(edge, how);
    windows::add_edge(edge, column::LATENCY_NS, took);
    windows::maximum_edge(edge, column::LATENCY_MAX_NS, took);
}

/// Takes a retry token, if there are budgets.
fn afford(edge: u32, policy: &Policy) -> bool {
    if policy.budget == NONE {
        return true;
    }
    let tokens = &edge_state(edge).tokens;
    let enough = tokens.get() >= TOKEN;
    if enough {
        tokens.set(tokens.get() - TOKEN);
    }
    enough
}

/// Pause after attempt `number`.
fn backoff(strand: u32, site: &Site, policy: &Policy, number: u32) -> u64 {
    let mut pause = policy.backoff_ns as f64;
    for _ in 0..number {
        pause *= policy.backoff_factor;
    }
    pause = pause.min(policy.backoff_cap_ns as f64);
    if policy.jitter != 0 {
        let visit_key = nth(get64(frame64::CALL_KEY, strand), number as u64);
        let u = unit_f64(draw(visit_key, site.purpose_backoff));
        pause = if policy.jitter == 1 { u * pause } else { pause / 2.0 + u * (pause / 2.0) };
    }
    (pause as u64).max(1)
}
