//! What messages weigh, and the links that take their time to carry them.

use super::memory::{cell, header, key_of, now, read, row, sample, write};
use super::{gathering, meters, windows};
use crate::columns::edge as column;
use crate::draw::draw;
use crate::layout::{Edge, Link, LinkState, NONE, Pace, Site, Sizes, Table};

/// Weighed by the sender's context.
const OF_CONTEXT: u32 = 3;
/// Time on a link that carries nothing.
const NEVER: u64 = u64::MAX;

/// What the message that a strand serves weighs, and its answer.
#[inline(always)]
fn of(frame: u32) -> [u64; 2] {
    read(header().frame_sizes, frame)
}

/// The same, also where nothing weighs anything.
#[inline(always)]
pub fn of_message(frame: u32) -> [u64; 2] {
    if header().frame_sizes == 0 { [0; 2] } else { of(frame) }
}

/// What a strand does all its work for: its own message, and those that are with it.
#[inline(always)]
pub fn of_all(strand: u32) -> [u64; 2] {
    let mut all = of_message(strand);
    if gathering::any() {
        gathering::weight_of_others(strand, &mut all);
    }
    all
}

/// A branch that is waited for serves what its strand does.
#[inline(always)]
pub fn inherit_all(strand: u32, branch: u32) {
    if header().frame_sizes != 0 {
        write(header().frame_sizes, branch, of_all(strand));
    }
}

/// A branch serves the same message as its strand.
#[inline(always)]
pub fn inherit(strand: u32, branch: u32) {
    if header().frame_sizes != 0 {
        write(header().frame_sizes, branch, of(strand));
    }
}

/// What the request of a strand's call weighs, or a message that it hands over.
#[inline(always)]
pub fn of_request(strand: u32, site: &Site, call_key: u64, call: bool) -> u64 {
    if site.sizes == NONE { 0 } else { request(strand, site.sizes, call_key, call) }
}

#[unsafe(export_name = "if_sizes_request")]
#[inline(never)]
extern "C" fn request(strand: u32, sizes: u32, call_key: u64, call: bool) -> u64 {
    let row: &Sizes = row(header().sizes, sizes);
    let own = match row.how[0] {
        OF_CONTEXT => meters::context(strand),
        _ if call => of_all(strand)[0],
        _ => of(strand)[0],
    };
    let size = weigh(row, 0, own, call_key);
    if row.cell == NONE { size as u64 } else { (size * cell(row.cell)) as u64 }
}

/// A visit is to serve a message that weighs so much.
#[inline(always)]
pub fn born(visit: u32, site: &Site, size: u64) {
    if header().frame_sizes != 0 {
        let result = if site.sizes == NONE { 0 } else { result(visit, site.sizes, size) };
        write(header().frame_sizes, visit, [size, result]);
    }
}

#[unsafe(export_name = "if_sizes_result")]
#[inline(never)]
extern "C" fn result(visit: u32, sizes: u32, size: u64) -> u64 {
    weigh(row(header().sizes, sizes), 1, size, key_of(visit)) as u64
}

/// A source's request serves no message.
#[inline(always)]
pub fn none(request: u32) {
    if header().frame_sizes != 0 {
        write(header().frame_sizes, request, [0u64, 0]);
    }
}

/// What a good answer of a visit weighs.
#[inline(always)]
pub fn of_answer(visit: u32) -> u64 {
    if header().frame_sizes == 0 { 0 } else { of(visit)[1] }
}

fn weigh(row: &Sizes, which: usize, own: u64, key: u64) -> f64 {
    match row.how[which] {
        0 => 0.0,
        1 => sample(row.distribution[which], draw(key, row.purpose[which])),
        _ => row.factor[which] * own as f64,
    }
}

/// The time of work that depends on sizes.
#[unsafe(no_mangle)]
pub extern "C" fn k_by_size(time: f64, strand: u32, pace: u32) -> f64 {
    let (pace, [size, result]): (&Pace, _) = (row(header().paces, pace), of_all(strand));
    let time = time + pace.per_size * size as f64 + pace.per_result * result as f64;
    if pace.per_cached == 0.0 { time } else { time + pace.per_cached * meters::cached(strand) as f64 }
}

/// Time that a message waits for the link of its edge and holds it; `None` if the link carries nothing.
#[inline(always)]
pub fn carry(edge_row: u32, row: &Edge, reply: usize, size: u64) -> Option<u64> {
    let time = if row.link == NONE { 0 } else { through(edge_row, row.link, reply as u32, size) };
    if time == NEVER {
        return None;
    }
    if size > 0 {
        windows::add_edge(edge_row, column::CARRIED, size);
    }
    Some(time)
}

#[unsafe(export_name = "if_links_through")]
#[inline(never)]
extern "C" fn through(edge_row: u32, link: u32, reply: u32, size: u64) -> u64 {
    let row: &Link = row(header().links, link);
    let state: &LinkState = super::memory::row(Table { address: header().link_states, len: 0 }, link);
    let bandwidth = if row.cell == NONE { row.bandwidth } else { cell(row.cell) };
    if bandwidth <= 0.0 {
        return NEVER;
    }
    let free = &state.free_ns[reply as usize];
    let holds = ((size as f64 / (bandwidth * 1e-9)) as u64).min(header().duration_ns);
    let waits = free.get().saturating_sub(now());
    free.set(now() + waits + holds);
    windows::add_edge(edge_row, column::LINK_BUSY_NS, holds);
    windows::add_edge(edge_row, column::LINK_WAIT_NS, waits);
    waits + holds
}
