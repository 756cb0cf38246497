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
use super::leaders::{self, LEADER};
use super::memory::{generation_of, get32, get64, header, key_of, now, row, set32, set64};
use super::transport::{self, retry_of};
use super::{
    balancing, breakers, connections, copies, dispatch, ejection, gates, gathering, idempotency, keys, lanes, logs,
    meters, observing, pacing, partitions, queues, rebalance, rooms, sizes, stations, stopping, strains, throttling,
    windows,
};
use crate::columns::edge as column;
use crate::draw::{self, draw, nth, unit_f64};
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
/// Another attempt is due beside the one under way; the number of the hedge is in the bits above.
const HEDGE: u32 = 3;
/// See [`HEDGE`].
const HEDGE_SHIFT: u32 = 8;
/// A visit's server is set up.
pub const BEGIN: u32 = 4;
/// A strand that waits for room looks again.
pub const ROOM: u32 = 5;
/// There is a leader to send to.
pub const SEND: u32 = 6;
/// What patience runs out with: waiting for an answer, at a gate, in a queue.
pub const FOR_ANSWER: u32 = 0;
/// See [`FOR_ANSWER`].
pub const AT_GATE: u32 = 1;
/// See [`FOR_ANSWER`].
pub const IN_QUEUE: u32 = 2;
/// Of a message: with being kept, with waiting for others.
pub const TOO_OLD: u32 = 3;
/// See [`TOO_OLD`].
pub const ALONE: u32 = 4;
/// From here on it is nobody's patience: a member's session is over, partitions are assigned, one is served again.
pub const GONE: u32 = 16;
/// See [`GONE`].
pub const ASSIGNED: u32 = 17;
/// See [`GONE`].
pub const BACK: u32 = 18;
/// See [`GONE`]: the first of what gathers has waited for long enough.
pub const LINGERED: u32 = 19;
/// See [`GONE`]: a partition may have been worked on for too long.
pub const POLL: u32 = 20;
/// See [`GONE`]: what happens to a broker, from here on.
pub const BROKER: u32 = 21;
/// See [`GONE`]: a replica hears nothing of a leader, others are asked for their votes, these are counted; something that
/// concerns all replicas.
pub const HEARS_NOTHING: u32 = 64;
/// See [`HEARS_NOTHING`].
pub const ASKED: u32 = 65;
/// See [`HEARS_NOTHING`].
pub const COUNTED: u32 = 66;
/// See [`HEARS_NOTHING`].
pub const FOR_ALL: u32 = 67;
/// Numbers of the visits that hedges are, within their call: those of the attempts they are beside, from so many times
/// this on.
pub const BESIDE: u64 = 1 << 32;
/// Number of the word that calls a visit off, within the visit.
const WORD: u64 = 1 << 32;
/// Jitters of that kind.
const DECORRELATED: u32 = 3;
/// See [`DECORRELATED`].
const AROUND: u32 = 4;
/// In the argument of a reply, beside the outcome: nothing was sent.
const REFUSED: u32 = 1 << 8;
/// Outcomes of being turned away.
const TURNED_AWAY: u32 = 1 << outcome::REJECTED | 1 << outcome::SHED | 1 << outcome::RATE_LIMITED;

#[inline(always)]
fn edge(index: u32) -> &'static Edge {
    row(header().edges, index)
}

#[inline(always)]
pub fn edge_state(index: u32) -> &'static EdgeState {
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
    has_called(strand, site_row, call_key, (label, bad), now());
    if idempotency::any() {
        idempotency::called(strand, site, call_key);
    }
    let policy = policy(site);
    if policy.budget != NONE {
        let tokens = &edge_state(site.edge).tokens;
        tokens.set(tokens.get().saturating_add(policy.budget).min(TOKENS_MAX));
    }
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

/// A strand hands a message over and goes on.
#[unsafe(no_mangle)]
pub extern "C" fn k_send(strand: u32, site_row: u32, call_key: u64) {
    send(strand, site_row, call_key);
    if gathering::any() {
        gathering::send_for_others(strand, site_row, call_key);
    }
}

/// A strand hands a message over.
pub fn send(strand: u32, site_row: u32, call_key: u64) {
    let site = site(site_row);
    windows::count_edge(site.edge, column::CALLS);
    windows::count_edge(site.edge, column::ATTEMPTS);
    if !nobody_to_send_to(site) {
        transmit(strand, site_row, site, (call_key, call_key), None);
    }
}

fn attempt(strand: u32, site: &Site, policy: &Policy) {
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
        Event { at, key, subject: strand, generation, argument: FOR_ANSWER, rank: Rank::Timeout },
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
        push(now() + patience, Rank::Timeout, key_of(caller), caller, generation_of(caller), FOR_ANSWER);
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
    push(now() + 1, Rank::Reply, attempt_key(strand), strand, generation_of(strand), result | REFUSED);
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
        let argument = HEDGE | number << HEDGE_SHIFT;
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

/// Whether nothing is sent from a site at the moment; an attempt that is not sent is counted.
fn nobody_to_send_to(site: &Site) -> bool {
    let row = edge(site.edge);
    let nobody = row.balancing != NONE && balancing::nobody(row, stations::component(row.to), site.role());
    if nobody {
        windows::count_edge(site.edge, column::NONE_ELIGIBLE);
    }
    nobody
}

/// Makes another attempt beside the one under way, if nothing stands in its way.
#[unsafe(export_name = "if_hedges_hedge")]
#[inline(never)]
extern "C" fn hedge(strand: u32, number: u32) {
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
fn copy_of(strand: u32, visit_key: u64) -> u32 {
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

/// Sends a request message, given the keys of the call and of the visit it will be, which waits in transit. If it is
/// answered, it is a copy of its caller's attempt.
fn transmit(strand: u32, site_row: u32, site: &Site, (call_key, visit_key): (u64, u64), answered: Option<u32>) {
    let (row, state) = (edge(site.edge), edge_state(site.edge));
    let target = stations::component(row.to);
    let key = keys::key_of_message(strand, site, call_key);
    let size = sizes::of_request(strand, site, call_key, answered.is_some());
    let replica = if site.copy != NONE {
        logs::target(strand, site) as u32 - target.first_replica
    } else if row.gather != NONE {
        0
    } else if row.balancing != NONE {
        balancing::of_some(strand, row, state, chooser(row, strand, visit_key), key, site.role())
    } else if target.replicas == 1 || target.shared_queue == 1 {
        0
    } else {
        balancing::of_all(row, state, target, chooser(row, strand, visit_key))
    };
    if let (true, Some(copy)) = (row.balancing != NONE, answered) {
        balancing::remember(strand, copy, replica);
    }
    if strains::refuses(site.edge, row, strand, visit_key, answered.is_some()) {
        if let Some(copy) = answered.filter(|_| connections::has(row)) {
            connections::none(strand, copy);
        }
        return;
    }
    let inherited = if is(strand, SAMPLED) { SAMPLED } else { 0 };
    let class = site.class() << CLASS_SHIFT;
    let Some(visit) = frames::allocate(visit_key, VISIT | inherited | class) else { return };
    if row.balancing != NONE && balancing::row_of(row.balancing).cross_zone_ns > 0 {
        balancing::remember_crossing(visit, balancing::crosses(strand, row, replica));
    }
    let bounded = rooms::any() && row.subscription != NONE;
    if bounded {
        rooms::sets_out(row.subscription);
    }
    let connects = match answered {
        Some(copy) if connections::has(row) => connections::take(site.edge, row, strand, copy, replica, visit_key),
        _ => 0,
    };
    let to = (visit_key, visit, 0, 0);
    if row.gather == NONE
        && !transport::post_later((Rank::Arrive, connects), site.edge, row, (visit_key, 0, 0), size, to)
    {
        if bounded {
            rooms::landed(row.subscription);
        }
        return frames::release(visit);
    }
    set32(frame32::REPLICA, visit, target.first_replica + replica);
    set32(frame32::ORIGIN, visit, site_row);
    keys::set(visit, key);
    sizes::born(visit, site, size);
    meters::begin(visit);
    if idempotency::any() {
        idempotency::sent(visit, site, call_key);
    }
    if header().frame_born != 0 {
        partitions::is_born(strand, visit, row, answered.is_some());
    }
    if let Some(copy) = answered {
        is_answered(strand, copy, visit, site);
    }
    if row.gather != NONE {
        gathering::join(row, strand, visit, size);
    }
}

/// Key of the draw that chooses a replica: the visit's, or the number of the caller's replica, which so keeps to one.
fn chooser(row: &Edge, strand: u32, visit_key: u64) -> u64 {
    match (row.balance, row.choices) {
        (1, 1) if row.from == NONE => 0,
        (1, 1) => (get32(frame32::REPLICA, strand) - stations::component(row.from).first_replica) as u64,
        _ => visit_key,
    }
}

/// Sends the answer of a visit to the strand that waits for it.
pub fn answer(visit: u32, outcome: u32) {
    let origin = site(get32(frame32::ORIGIN, visit));
    let key = key_of(visit);
    let size = if outcome == outcome::OK { sizes::of_answer(visit) } else { 0 };
    let (parent, generation) = (get32(frame32::PARENT, visit), get32(frame32::PARENT_GENERATION, visit));
    let to = (key, parent, generation, strains::answered(edge(origin.edge), key, outcome));
    if transport::post(Rank::Reply, origin.edge, edge(origin.edge), (key, 1, 0), size, to) {
        meters::hand_over(visit, parent, || copy_of(parent, key));
    } else {
        meters::waste(edge(origin.edge).to, visit);
    }
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

/// Patience has run out: with an answer, with a gate, with a queue.
#[inline(always)]
pub fn timeout(event: Event) {
    if event.argument >= GONE {
        return rebalance::over(event.subject, event.generation, event.argument);
    }
    let strand = event.subject;
    if generation_of(strand) != event.generation {
        return;
    }
    match event.argument {
        FOR_ANSWER => {
            let site = site(get32(frame32::SITE, strand));
            windows::count_edge(site.edge, column::TIMEOUTS);
            let sent = is_sent(strand, edge(site.edge));
            attempt_done(strand, policy(site).gives_up_as, attempt_key(strand), sent);
        }
        AT_GATE => {
            if is(strand, GATED) {
                let edge_row = site(get32(frame32::SITE, strand)).edge;
                windows::count_edge(edge_row, column::NO_PERMIT);
                attempt_done(strand, outcome::REJECTED, attempt_key(strand), false);
            }
        }
        IN_QUEUE => queues::renege(strand),
        with => partitions::waited(strand, with == TOO_OLD),
    }
}

/// A pause is over.
#[inline(always)]
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
        SEND => send_attempt(strand),
        BEGIN => stations::begin(strand),
        due if due & 0xFF == HEDGE => hedge(strand, due >> HEDGE_SHIFT),
        ROOM => rooms::look(strand),
        _ => dispatch(get32(frame32::RESUME_BAD, strand), strand),
    }
}

/// The strand goes on at a label one nanosecond later.
#[unsafe(no_mangle)]
pub extern "C" fn k_later(strand: u32, label: u32) {
    set32(frame32::RESUME, strand, label);
    push(now() + 1, Rank::Resume, key_of(strand), strand, generation_of(strand), GO_ON);
}

/// The strand waits for so many nanoseconds, then goes on at a label.
#[unsafe(no_mangle)]
pub extern "C" fn k_pause(strand: u32, label: u32, duration: u64) {
    set32(frame32::RESUME, strand, label);
    push(now() + duration, Rank::Resume, key_of(strand), strand, generation_of(strand), GO_ON);
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

/// Whether the attempt under way has been sent: not without a permit, nor while no replica was eligible.
fn is_sent(strand: u32, row: &Edge) -> bool {
    (row.permits == 0 || is(strand, PERMIT)) && (row.balancing == NONE || balancing::is_sent(strand))
}

/// The attempt under way has its result; it may never have been sent.
fn attempt_done(strand: u32, result: u32, judged: u64, sent: bool) {
    let site = site(get32(frame32::SITE, strand));
    let policy = policy(site);
    over(strand, site, policy, result);
    if sent {
        learn(strand, site.edge, judged, result != outcome::OK);
    }
    if result == outcome::OK {
        went_well(strand, edge(site.edge));
        refund(site.edge, policy);
        return finish(strand, site.edge, column::OK);
    }
    let number = get32(frame32::ATTEMPT, strand);
    if number < strains::retries(edge(site.edge), policy) && policy.retry_on >> result & 1 == 1 {
        let asked = policy.pacing != NONE && sent && TURNED_AWAY >> result & 1 == 1;
        let least = if asked { pacing::honored(policy) } else { 0 };
        let pause = backoff(strand, site, policy, number, result).max(least);
        let deadline = get64(frame64::DEADLINE, strand);
        let in_time = deadline == 0 || now() + pause < deadline;
        if in_time && afford(site.edge, policy, result) {
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
    let key = key_of(visit);
    transport::post(Rank::CallOff, site.edge, edge(site.edge), (nth(key, WORD), 0, 0), 0, (key, visit, 0, 0));
}

/// A request has been lost for good, after having been sent again.
pub fn never_arrives(row: &Edge, visit: u32) {
    if rooms::any() && row.subscription != NONE {
        rooms::landed(row.subscription);
    }
    gathering::release(visit);
}

/// A request that was lost sets out again.
#[inline(always)]
pub fn request_again(event: Event) {
    transport::request_again(Rank::Arrive, event.subject, event.key, event.key, retry_of(event));
}

/// Word that was lost sets out again.
#[inline(always)]
pub fn word_again(event: Event) {
    transport::request_again(Rank::CallOff, event.subject, event.key, nth(event.key, WORD), retry_of(event));
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

/// Takes what a retry costs, if there is enough of it.
fn afford(edge: u32, policy: &Policy, result: u32) -> bool {
    let (cost, floor) = match (policy.bucket_size, policy.budget) {
        (0, NONE) => return true,
        (0, _) => (TOKEN, 0),
        _ if policy.pacing == NONE => (policy.bucket_cost, policy.bucket_floor),
        _ => (pacing::cost(policy, result), policy.bucket_floor),
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

/// Pause after attempt `number`, which had a bad result.
fn backoff(strand: u32, site: &Site, policy: &Policy, number: u32, result: u32) -> u64 {
    let call_key = get64(frame64::CALL_KEY, strand);
    let u = |n: u32| unit_f64(draw(draw::attempt_key(call_key, n as u64), site.purpose_backoff));
    let first = if policy.pacing == NONE { policy.backoff_ns } else { pacing::first_backoff(policy, result) };
    let (first, cap) = (first as f64, policy.backoff_cap_ns as f64);
    let pause = if policy.jitter == DECORRELATED {
        (0..=number).fold(first, |before, n| (first + u(n) * (3.0 * before - first)).min(cap))
    } else {
        let pause = (0..number).fold(first, |pause, _| pause * policy.backoff_factor).min(cap);
        match policy.jitter {
            0 => pause,
            1 => u(number) * pause,
            AROUND => pause * (1.0 + pacing::jitter_share(policy) * (2.0 * u(number) - 1.0)),
            _ => pause / 2.0 + u(number) * (pause / 2.0),
        }
    };
    (strains::pause(edge(site.edge), pause) as u64).max(1)
}
