//! Producers' batches: messages that gather at a replica of their sender until they are enough, or until the first of
//! them has waited for long enough. Then they travel as one, and what is done for one may be done for all.
//!
//! Those that travel with a visit are linked behind it, as those are that a handler works on together (see
//! [`super::company::follow`]).

use super::calendar::{Rank, push};
use super::company::{follow, is_alone, mark_riders, riders_of};
use super::edges::{edge, edge_state};
use super::lists::List;
use super::memory::{get32, get64, header, key_of, now, row, set32, set64};
use super::{balancing, dispatch, due, ends, forks, frames, messages, stations, transport, windows};
use crate::columns::edge as column;
use crate::draw::mix;
use crate::layout::{Basket, Edge, Gather, NONE, Site, Table, frame32, frame64};
use crate::outcome;

fn gather(index: u32) -> &'static Gather {
    row(header().gathers, index)
}

fn basket(index: u32) -> &'static Basket {
    row(Table { address: header().baskets, len: 0 }, index)
}

fn messages(basket: &Basket) -> List<'_> {
    List { head: &basket.head, tail: &basket.tail }
}

/// Whether anything gathers.
#[inline(always)]
pub fn any() -> bool {
    header().gathers.len > 0
}

/// A request that weighs so much waits for others to set out with.
#[unsafe(export_name = "if_gathers_join")]
#[inline(never)]
pub extern "C" fn join(row: &Edge, strand: u32, visit: u32, size: u64) {
    let g = gather(row.gather);
    let first = if row.from == NONE { 0 } else { stations::component(row.from).first_replica };
    let number = if row.from == NONE { 0 } else { get32(frame32::REPLICA, strand) - first };
    let at = g.first_basket + number;
    let b = basket(at);
    set64(frame64::ARRIVED_NS, visit, now());
    messages(b).push_back(visit);
    b.count.set(b.count.get() + 1);
    b.weight.set(b.weight.get().saturating_add(size));
    if b.count.get() >= g.messages || g.weight > 0 && b.weight.get() >= g.weight {
        return set_out(g, at);
    }
    if b.count.get() == 1 {
        b.gather.set(row.gather);
        push(now() + g.linger_ns, Rank::Timeout, mix(g.hash ^ (number + 1) as u64), at, b.turn.get(), due::LINGERED);
    }
}

/// The first of a basket has waited for as long as it may.
#[unsafe(export_name = "if_gathers_lingered")]
#[inline(never)]
pub extern "C" fn lingered(at: u32, turn: u32) {
    let b = basket(at);
    if b.turn.get() == turn {
        set_out(gather(b.gather.get()), at);
    }
}

/// Takes everything out of a basket: the first, how many, and what they weigh together.
fn empty(b: &Basket) -> (u32, u32, u64) {
    let first = b.head.replace(0) - 1;
    b.tail.set(0);
    b.turn.set(b.turn.get().wrapping_add(1));
    (first, b.count.replace(0), b.weight.replace(0))
}

/// What a basket holds sets out as one message.
fn set_out(g: &Gather, at: u32) {
    let (first, count, weight) = empty(basket(at));
    let row = edge(g.edge);
    windows::count_edge(g.edge, column::BATCHES);
    windows::add_edge(g.edge, column::GATHERED, count as u64);
    let target = stations::component(row.to);
    let key = key_of(first);
    let chooser = if row.balance == 1 && row.choices == 1 { (at - g.first_basket) as u64 } else { key };
    let replica = if target.replicas == 1 || target.shared_queue == 1 {
        0
    } else {
        balancing::of_all(row, edge_state(g.edge), target, chooser)
    };
    let mut next = first + 1;
    while let Some(visit) = next.checked_sub(1) {
        next = get32(frame32::NEXT, visit);
        windows::add_edge(g.edge, column::GATHER_WAIT_NS, now() - get64(frame64::ARRIVED_NS, visit));
        set32(frame32::REPLICA, visit, target.first_replica + replica);
    }
    mark_riders(first);
    if !transport::post(Rank::Arrive, g.edge, row, (key, 0, 0), weight, (key, first, 0, 0)) {
        release(first);
    }
}

/// A message that never arrives, and those that are with it.
pub fn release(first: u32) {
    let mut next = riders_of(first);
    is_alone(first);
    frames::release(first);
    while let Some(visit) = next.checked_sub(1) {
        next = get32(frame32::NEXT, visit);
        is_alone(visit);
        frames::release(visit);
    }
}

/// A replica of a sender is lost, and what it has gathered.
#[unsafe(export_name = "if_gathers_lose")]
#[inline(never)]
pub extern "C" fn lose(c: u32, r: u32) {
    for index in 0..header().gathers.len {
        let g = gather(index);
        let row = edge(g.edge);
        if row.from != c {
            continue;
        }
        let b = basket(g.first_basket + r - stations::component(c).first_replica);
        if b.count.get() > 0 {
            let (first, count, _) = empty(b);
            windows::add_edge(g.edge, column::LOST, count as u64);
            mark_riders(first);
            release(first);
        }
    }
}

/// A message has arrived that brings others.
#[unsafe(export_name = "if_gathers_arrive")]
#[inline(never)]
pub extern "C" fn arrive(first: u32) {
    let site: &Site = row(header().sites, get32(frame32::ORIGIN, first));
    let together = gather(edge(site.edge).gather).together == 1;
    let (mut leader, mut last) = (NONE, NONE);
    let mut next = riders_of(first);
    let mut visit = first;
    loop {
        is_alone(visit);
        if !together {
            stations::arrive_alone(visit);
        } else if stations::passes(visit) {
            if leader == NONE {
                leader = visit;
            } else {
                follow(leader, last, visit);
            }
            last = visit;
        }
        let Some(other) = next.checked_sub(1) else { break };
        (visit, next) = (other, get32(frame32::NEXT, other));
    }
    if leader == NONE {
        return;
    }
    if last != leader {
        set64(frame64::DEADLINE, leader, 0);
    }
    stations::enter(leader);
}

/// First of those that are with a strand, plus one; 0 for none.
fn others(strand: u32) -> u32 {
    let first = riders_of(strand);
    if first == 0 || stations::component(stations::component_of(strand)).group != NONE { 0 } else { first }
}

/// Messages that a strand serves: its own, and those that are with it.
#[inline(always)]
pub fn count(strand: u32) -> u64 {
    if any() { 1 + count_others(strand) } else { 1 }
}

#[unsafe(export_name = "if_gathers_count")]
#[inline(never)]
extern "C" fn count_others(strand: u32) -> u64 {
    let (mut count, mut next) = (0, others(strand));
    while let Some(other) = next.checked_sub(1) {
        (count, next) = (count + 1, get32(frame32::NEXT, other));
    }
    count
}

/// What a strand sends is sent for those with it too.
#[unsafe(export_name = "if_gathers_send")]
#[inline(never)]
pub extern "C" fn send_for_others(strand: u32, site: u32, call_key: u64) {
    let mut next = others(strand);
    while let Some(other) = next.checked_sub(1) {
        next = get32(frame32::NEXT, other);
        messages::send(other, site, mix(call_key ^ key_of(other)));
    }
}

/// What a strand begins in the background is begun for those with it too.
#[unsafe(export_name = "if_gathers_spawn")]
#[inline(never)]
pub extern "C" fn spawn_for_others(strand: u32, branch_key: u64, index: u32) {
    let mut next = others(strand);
    while let Some(other) = next.checked_sub(1) {
        next = get32(frame32::NEXT, other);
        let Some((child, label)) = forks::spawn(other, mix(branch_key ^ key_of(other)), index) else { return };
        dispatch(label, child);
    }
}

/// A visit that has answered answers for those with it too.
#[unsafe(export_name = "if_gathers_reply")]
#[inline(never)]
pub extern "C" fn reply_for_others(c: u32, visit: u32) {
    let mut next = others(visit);
    while let Some(other) = next.checked_sub(1) {
        next = get32(frame32::NEXT, other);
        ends::answer(c, other, outcome::OK);
        frames::raise(other, frames::REPLIED);
    }
}

/// What a strand does is done for messages that weigh so much, and their answers.
#[unsafe(export_name = "if_gathers_weigh")]
#[inline(never)]
pub extern "C" fn weight_of_others(strand: u32, size: &mut [u64; 2]) {
    let mut next = others(strand);
    while let Some(other) = next.checked_sub(1) {
        next = get32(frame32::NEXT, other);
        let [request, answer] = super::sizes::of_message(other);
        *size = [size[0].saturating_add(request), size[1].saturating_add(answer)];
    }
}
