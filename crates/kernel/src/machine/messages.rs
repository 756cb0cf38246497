//! Messages: requests on their way to a replica, answers on their way back, and word that an answer is not wanted.

use super::attempts::{copy_of, is_answered};
use super::calendar::{Event, Rank};
use super::edges::{edge, edge_state, site};
use super::frames::{self, CLASS_SHIFT, LIVE, REPLIED, SAMPLED, VISIT, is};
use super::memory::{generation_of, get32, header, key_of, set32};
use super::transport::{self, retry_of};
use super::{
    balancing, connections, gathering, idempotency, keys, logs, meters, partitions, rooms, sizes, stations, strains,
    windows,
};
use crate::columns::edge as column;
use crate::draw::nth;
use crate::layout::{Edge, NONE, Site, frame32};
use crate::outcome;

/// Number of the word that calls a visit off, within the visit.
const WORD: u64 = 1 << 32;

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

/// Whether nothing is sent from a site at the moment; an attempt that is not sent is counted.
pub fn nobody_to_send_to(site: &Site) -> bool {
    let row = edge(site.edge);
    let nobody = row.balancing != NONE && balancing::nobody(row, stations::component(row.to), site.role());
    if nobody {
        windows::count_edge(site.edge, column::NONE_ELIGIBLE);
    }
    nobody
}

/// Sends a request message, given the keys of the call and of the visit it will be, which waits in transit. If it is
/// answered, it is a copy of its caller's attempt.
pub fn transmit(strand: u32, site_row: u32, site: &Site, (call_key, visit_key): (u64, u64), answered: Option<u32>) {
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

/// Word goes to a callee, if it is still at it, that its answer is not wanted.
#[unsafe(export_name = "if_cancel_call_off")]
#[inline(never)]
pub extern "C" fn call_off(strand: u32, site: &Site, callee: u32) {
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
