//! Attempts: what is in the way of one before it is sent, how long it is waited for, and what is sent beside it.

use super::calendar::{Event, Rank, push, push_next};
use super::edges::{edge, edge_state, policy, site};
use super::frames::{self, HEDGED, PERMIT, REQUEST, is, raise};
use super::gates::Found;
use super::leaders::{self, LEADER};
use super::memory::{generation_of, get32, get64, key_of, now, set32, set64};
use super::messages::{nobody_to_send_to, transmit};
use super::{balancing, breakers, copies, due, gates, lanes, logs, pacing, stations, strains, throttling, windows};
use crate::columns::edge as column;
use crate::draw;
use crate::layout::{Edge, NONE, Policy, Site, frame32, frame64};
use crate::outcome;

/// Numbers of the visits that hedges are, within their call: those of the attempts they are beside, from so many times
/// this on.
pub const BESIDE: u64 = 1 << 32;
/// In the argument of a reply, beside the outcome: nothing was sent.
pub const REFUSED: u32 = 1 << 8;

/// An attempt of a strand's call has begun at an instant: there is no visit yet.
pub fn has_attempted(strand: u32, began: u64) {
    set32(frame32::CALLEE, strand, 0);
    set32(frame32::HEDGE, strand, 0);
    if copies::any() {
        copies::begin(strand);
    }
    set64(frame64::FINISH, strand, began);
}

/// A visit is that of a copy of a strand's attempt.
pub fn is_answered(strand: u32, copy: u32, visit: u32, site: &Site) {
    set32(frame32::PARENT, visit, strand);
    set32(frame32::PARENT_GENERATION, visit, generation_of(strand));
    remember_visit(strand, copy, visit + 1);
    if policy(site).deadline == 1 {
        set64(frame64::DEADLINE, visit, wanted_until(strand, site, policy(site), get64(frame64::FINISH, strand)));
    }
}

pub fn attempt(strand: u32, site: &Site, policy: &Policy) {
    windows::count_edge(site.edge, column::ATTEMPTS);
    if get32(frame32::ATTEMPT, strand) > 0 {
        windows::count_edge(site.edge, column::RETRIES);
    }
    has_attempted(strand, now());
    if site.role() == LEADER {
        balancing::remember(strand, 0, NONE);
    }
    let until = wanted_until(strand, site, policy, now());
    if until > 0 && site.once_received == 0 {
        patience(policy, until, strand);
    }
    let row = edge(site.edge);
    if throttles(row) && !throttling::lets_through(site.edge, row, attempt_key(strand)) {
        return refuse(strand, outcome::SHED);
    }
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

/// Patience with the attempt under way ends at an instant.
pub fn patience(policy: &Policy, until: u64, strand: u32) {
    let (at, key, generation) = (until, key_of(strand), generation_of(strand));
    lanes::push_or(
        policy.lane,
        Event { at, key, subject: strand, generation, argument: due::FOR_ANSWER, rank: Rank::Timeout },
    );
}

/// End of the patience with an attempt that began at an instant, but no later than the strand itself is wanted; 0: none.
pub fn wanted_until(strand: u32, site: &Site, policy: &Policy, began: u64) -> u64 {
    let deadline = get64(frame64::DEADLINE, strand);
    match (strains::timeout(edge(site.edge), policy), deadline) {
        (0, deadline) => deadline,
        (timeout, 0) => began + timeout,
        (timeout, deadline) => deadline.min(began + timeout),
    }
}

/// A visit has been received whose caller's patience begins now.
pub fn received(visit: u32, site: &Site) {
    let caller = get32(frame32::PARENT, visit);
    let patience = strains::timeout(edge(site.edge), policy(site));
    if frames::awaited(visit) && patience > 0 {
        push(now() + patience, Rank::Timeout, key_of(caller), caller, generation_of(caller), due::FOR_ANSWER);
    }
}

/// Number of the copy that an answer with a key comes from, 0 if it is that of an earlier attempt.
pub fn sent_as(strand: u32, visit_key: u64) -> u32 {
    let hedge_key =
        draw::attempt_key(get64(frame64::CALL_KEY, strand), BESIDE + get32(frame32::ATTEMPT, strand) as u64);
    if visit_key == hedge_key {
        1
    } else if copies::any() {
        copies::number(strand, visit_key)
    } else {
        0
    }
}

/// Key of the visit that the attempt under way is.
pub fn attempt_key(strand: u32) -> u64 {
    draw::attempt_key(get64(frame64::CALL_KEY, strand), get32(frame32::ATTEMPT, strand) as u64)
}

/// An attempt is answered without having been sent.
fn refuse(strand: u32, result: u32) {
    push_next(Rank::Reply, attempt_key(strand), strand, generation_of(strand), result | REFUSED);
}

/// Whether callers drop some attempts themselves.
#[inline(always)]
fn throttles(row: &Edge) -> bool {
    row.conduct != NONE && throttling::conduct(row).throttle_k > 0.0
}

/// Sends the attempt under way, which has what it needs.
pub fn send_attempt(strand: u32) {
    let site_row = get32(frame32::SITE, strand);
    let site = site(site_row);
    if site.role() == LEADER && leaders::leader_of(edge(site.edge).to) == NONE {
        return await_leader(strand, site);
    }
    if nobody_to_send_to(site) {
        balancing::remember(strand, 0, NONE);
        return refuse(strand, outcome::REJECTED);
    }
    let call_key = get64(frame64::CALL_KEY, strand);
    if site.copy != NONE && logs::target(strand, site) as u32 == NONE {
        return refuse(strand, (logs::target(strand, site) >> 32) as u32);
    }
    transmit(strand, site_row, site, (call_key, attempt_key(strand)), Some(0));
    hedge_later(strand, policy(site), 0);
}

/// A hedge of that number, from 0, is due later.
fn hedge_later(strand: u32, policy: &Policy, number: u32) {
    let after = if policy.pacing == NONE { policy.hedge_after_ns } else { pacing::hedge_after(policy) };
    if after > 0 {
        let argument = due::HEDGE | number << due::HEDGE_SHIFT;
        push(now() + after, Rank::Resume, key_of(strand), strand, generation_of(strand), argument);
    }
}

/// An attempt is for the leader, and nobody leads: it waits for one, or fails.
#[unsafe(export_name = "if_leaders_await")]
#[inline(never)]
extern "C" fn await_leader(strand: u32, site: &Site) {
    if leaders::waits(edge(site.edge).to) {
        return balancing::wait_for_leader(strand);
    }
    windows::count_edge(site.edge, column::NONE_ELIGIBLE);
    balancing::remember(strand, 0, NONE);
    refuse(strand, outcome::NO_LEADER);
}

/// Makes another attempt beside the one under way, if nothing stands in its way.
#[unsafe(export_name = "if_hedges_hedge")]
#[inline(never)]
pub extern "C" fn hedge(strand: u32, number: u32) {
    let site_row = get32(frame32::SITE, strand);
    let site = site(site_row);
    let row = edge(site.edge);
    if copies::any() && number < pacing::hedges_more(policy(site)) {
        hedge_later(strand, policy(site), number + 1);
    }
    let closed = row.breaker_open_ns == 0 || breakers::is_closed(edge_state(site.edge));
    let nobody = row.balancing != NONE && balancing::nobody(row, stations::component(row.to), site.role());
    if !closed || nobody || row.permits > 0 && !gates::enter_beside(row, strand) {
        return;
    }
    windows::count_edge(site.edge, column::ATTEMPTS);
    windows::count_edge(site.edge, column::HEDGES);
    if is(strand, REQUEST) {
        set32(frame32::NEEDED, strand, get32(frame32::NEEDED, strand) + 1);
    }
    if copies::any() {
        copies::one_more(strand);
    }
    raise(strand, HEDGED);
    let copy = number + 1;
    let beside = BESIDE * copy as u64 + get32(frame32::ATTEMPT, strand) as u64;
    let call_key = get64(frame64::CALL_KEY, strand);
    transmit(strand, site_row, site, (call_key, draw::attempt_key(call_key, beside)), Some(copy));
}

/// 0 for the visit of the attempt under way, otherwise the number of a copy beside it.
pub fn copy_of(strand: u32, visit_key: u64) -> u32 {
    if visit_key == attempt_key(strand) {
        0
    } else if copies::any() {
        copies::number(strand, visit_key).max(1)
    } else {
        1
    }
}

/// The strand remembers the visit of a copy, plus one.
fn remember_visit(strand: u32, copy: u32, visit: u32) {
    match copy {
        0 => set32(frame32::CALLEE, strand, visit),
        1 => set32(frame32::HEDGE, strand, visit),
        _ => copies::set_visit(strand, copy, visit),
    }
}

/// Whether the attempt under way has been sent: not without a permit, nor while no replica was eligible.
pub fn is_sent(strand: u32, row: &Edge) -> bool {
    (row.permits == 0 || is(strand, PERMIT)) && (row.balancing == NONE || balancing::is_sent(strand))
}
