//! Calls: what a caller does until it has an answer or has given up.
//!
//! A caller that gives up stops waiting, nothing more: its generation moves on, and the answer that
//! comes later finds nobody. The callee's work goes on and is counted.

use super::attempts::{REFUSED, attempt, attempt_key, copy_of, sent_as};
use super::calendar::{Event, Rank, push};
use super::edges::{edge, edge_state, policy, site};
use super::frames::{self, CALLING, HEDGED, is, lower, moves_on, raise};
use super::leaders::LEADER;
use super::memory::{generation_of, get32, get64, header, key_of, now, set32, set64};
use super::messages::call_off;
use super::transport::{self, retry_of};
use super::{
    balancing, breakers, connections, copies, dispatch, due, ejection, gates, idempotency, meters, observing, pacing,
    retries, stopping, strains, throttling, windows,
};
use crate::columns::edge as column;
use crate::layout::{Edge, NONE, Policy, Site, frame32, frame64};
use crate::outcome;

/// Outcomes of being turned away.
const TURNED_AWAY: u32 = 1 << outcome::REJECTED | 1 << outcome::SHED | 1 << outcome::RATE_LIMITED;

/// A strand calls; it goes on at `label` when answered well, at `bad` when not.
#[unsafe(no_mangle)]
pub extern "C" fn k_call(strand: u32, site_row: u32, call_key: u64, label: u32, bad: u32) {
    if let Some(why) = stopping::reason(strand) {
        frames::set_outcome(strand, why);
        return dispatch(bad, strand);
    }
    let site = site(site_row);
    windows::count_edge(site.edge, column::CALLS);
    has_called(strand, site_row, call_key, (label, bad), now());
    if idempotency::any() {
        idempotency::called(strand, site, call_key);
    }
    let policy = policy(site);
    retries::earn(site.edge, policy);
    attempt(strand, site, policy);
}

/// A strand has called at an instant; where it goes on when answered well, and when not.
pub fn has_called(strand: u32, site_row: u32, call_key: u64, (label, bad): (u32, u32), began: u64) {
    raise(strand, CALLING);
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    set32(frame32::SITE, strand, site_row);
    set32(frame32::ATTEMPT, strand, 0);
    set64(frame64::CALL_KEY, strand, call_key);
    set64(frame64::CALL_BEGAN_NS, strand, began);
}

/// An answer has arrived. A bad one is not the last word while a hedge is under way.
#[inline(always)]
pub fn reply(event: Event) {
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    if retry_of(event) > 0 {
        return transport::reply_again(strand, event.key, event.argument);
    }
    meters::take(strand, || copy_of(strand, event.key));
    if connections::any() && event.argument & REFUSED == 0 {
        hang_up(strand, event.key);
    }
    if event.argument != outcome::OK && is(strand, HEDGED) {
        if !copies::any() || copies::one_less(strand) {
            lower(strand, HEDGED);
        }
        return learn(strand, site(get32(frame32::SITE, strand)).edge, event.key, true);
    }
    let joined = idempotency::any() && idempotency::is_idempotent(site(get32(frame32::SITE, strand)));
    let judged = if joined { attempt_key(strand) } else { event.key };
    attempt_done(strand, event.argument & !REFUSED, judged, event.argument & REFUSED == 0);
}

/// The connection by which an answer has come is idle again.
#[unsafe(export_name = "if_connections_hang_up")]
#[inline(never)]
extern "C" fn hang_up(strand: u32, visit_key: u64) {
    let site = site(get32(frame32::SITE, strand));
    let row = edge(site.edge);
    if !connections::has(row) {
        return;
    }
    // An answer to an attempt that was joined comes to the one under way.
    let joined = idempotency::any() && idempotency::is_idempotent(site);
    let copy = if joined { 0 } else { sent_as(strand, visit_key) };
    // A visit that began anew has a key of its own; what it came by was closed.
    if joined || copy > 0 || visit_key == attempt_key(strand) {
        connections::give_back(row, strand, copy);
    }
}

/// The strand is turned away; it goes on badly from there.
#[unsafe(no_mangle)]
pub extern "C" fn k_turn_away(strand: u32) {
    frames::set_outcome(strand, outcome::REJECTED);
}

/// The strand fails by itself; it goes on badly from there.
#[unsafe(no_mangle)]
pub extern "C" fn k_fail(strand: u32) {
    frames::set_outcome(strand, outcome::FAILED);
}

/// The attempt under way has its result; it may never have been sent.
pub fn attempt_done(strand: u32, result: u32, judged: u64, sent: bool) {
    let site = site(get32(frame32::SITE, strand));
    let policy = policy(site);
    over(strand, site, policy, result);
    if sent {
        learn(strand, site.edge, judged, result != outcome::OK);
    }
    if result == outcome::OK {
        went_well(strand, edge(site.edge));
        retries::refund(site.edge, policy);
        return finish(strand, site.edge, column::OK);
    }
    let number = get32(frame32::ATTEMPT, strand);
    if number < strains::retries(edge(site.edge), policy) && policy.retry_on >> result & 1 == 1 {
        let asked = policy.pacing != NONE && sent && TURNED_AWAY >> result & 1 == 1;
        let least = if asked { pacing::honored(policy) } else { 0 };
        let pause = retries::backoff(strand, site, policy, number, result).max(least);
        let deadline = get64(frame64::DEADLINE, strand);
        let in_time = deadline == 0 || now() + pause < deadline;
        if in_time && retries::afford(site.edge, policy, result) {
            set32(frame32::ATTEMPT, strand, number + 1);
            return push(now() + pause, Rank::Resume, key_of(strand), strand, generation_of(strand), due::NEXT_ATTEMPT);
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
    if policy.cancel == 1 && copies::any() {
        call_off_more(strand, site, result);
    }
    meters::give_up(strand, edge(site.edge).to);
    if site.role() == LEADER && balancing::waits_for_leader(strand) {
        balancing::remember(strand, 0, NONE);
    }
    moves_on(strand);
    lower(strand, HEDGED);
    if edge(site.edge).permits > 0 {
        gates::leave(site.edge, edge(site.edge), strand);
    }
}

/// The same of copies beyond the first hedge; of the others too, where only one of these is under way.
#[unsafe(export_name = "if_copies_call_off")]
#[inline(never)]
extern "C" fn call_off_more(strand: u32, site: &Site, result: u32) {
    let of = |copy: u32| match copy {
        0 => get32(frame32::CALLEE, strand),
        1 => get32(frame32::HEDGE, strand),
        _ => copies::visit(strand, copy),
    };
    let all = header().copies_max;
    let told = result != outcome::OK || of(1) != 0;
    if (2..all).all(|copy| of(copy) == 0) {
        return;
    }
    for copy in if told { 2 } else { 0 }..all {
        // A copy may live in the frame that another has left.
        if (0..copy).all(|other| of(other) != of(copy)) {
            call_off(strand, site, of(copy));
        }
    }
}

/// Component that the call of a strand goes to, if it makes one.
pub fn callee(strand: u32) -> Option<u32> {
    is(strand, CALLING).then(|| edge(site(get32(frame32::SITE, strand)).edge).to)
}

/// A strand that is to stop gives up its call.
pub fn abandon(strand: u32) {
    let site = site(get32(frame32::SITE, strand));
    over(strand, site, policy(site), outcome::ABANDONED);
    frames::set_outcome(strand, outcome::ABANDONED);
    finish(strand, site.edge, column::FAILED);
}

/// An attempt has ended well: what is remembered of it.
fn went_well(strand: u32, row: &Edge) {
    if row.conduct == NONE {
        return;
    }
    let conduct = throttling::conduct(row);
    if conduct.throttle_k > 0.0 {
        throttling::accepted(row);
    }
    if conduct.histogram_attempts != NONE {
        observing::observe_edge(conduct.histogram_attempts, now() - get64(frame64::FINISH, strand));
    }
}

fn learn(strand: u32, edge_row: u32, visit_key: u64, failed: bool) {
    let row = edge(edge_row);
    if row.balancing != NONE && balancing::row_of(row.balancing).eject_failures > 0 {
        ejection::learn(row, balancing::sent_to(strand, copy_of(strand, visit_key)), failed);
    }
    if row.breaker_open_ns > 0 {
        breakers::learn(edge_row, row, edge_state(edge_row), visit_key, failed);
    }
}

/// The call is over; the strand goes on.
fn finish(strand: u32, edge_row: u32, how: usize) {
    lower(strand, CALLING);
    let took = now() - get64(frame64::CALL_BEGAN_NS, strand);
    let (row, edge) = (edge(edge_row), edge_row);
    if row.conduct != NONE && throttling::conduct(row).histogram_calls != NONE {
        observing::observe_edge(throttling::conduct(row).histogram_calls, took);
    }
    windows::count_edge(edge, how);
    windows::add_edge(edge, column::LATENCY_NS, took);
    windows::maximum_edge(edge, column::LATENCY_MAX_NS, took);
    let way = if how == column::OK { frame32::RESUME } else { frame32::RESUME_BAD };
    dispatch(get32(way, strand), strand);
}
