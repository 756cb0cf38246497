//! Connections: a call goes by one that is open and idle, or opens one first.
//!
//! A replica of the caller keeps idle connections to each replica of the callee, those used last on top. Whoever has
//! one under way gives it back with the answer; what is not answered does not come back. A connection is of an epoch
//! of its far end, which ends when all connections there are closed.

use super::memory::{get32, header, now, read, row, sample, write};
use super::stations::component;
use super::{throttling, windows};
use crate::columns::edge as column;
use crate::draw::draw;
use crate::layout::{Connections, Edge, NONE, frame32};

/// Whether any edge has connections.
#[inline(always)]
pub fn any() -> bool {
    header().connections.len > 0
}

/// Whether an edge has them.
#[inline(always)]
pub fn has(edge: &Edge) -> bool {
    any() && edge.conduct != NONE && throttling::conduct(edge).connections != NONE
}

fn of(edge: &Edge) -> &'static Connections {
    row(header().connections, throttling::conduct(edge).connections)
}

/// Stack of idle connections of a replica of the caller, by number, to an end.
fn stack(of: &Connections, gate: u32, end: u32) -> u32 {
    gate * of.ends + end
}

fn idle(of: &Connections, stack: u32) -> u32 {
    read(header().idle_connections, of.first_stack + stack)
}

fn set_idle(of: &Connections, stack: u32, count: u32) {
    write(header().idle_connections, of.first_stack + stack, count);
}

fn gate_of(edge: &Edge, strand: u32) -> u32 {
    if edge.from == NONE { 0 } else { get32(frame32::REPLICA, strand) - component(edge.from).first_replica }
}

/// Where a frame remembers the end and the epoch of the connection that a copy of its attempt goes by.
fn remembered(strand: u32, copy: u32) -> [u32; 2] {
    [2 * copy, 2 * copy + 1].map(|column| column * header().frames_max + strand)
}

/// A copy of an attempt goes to a replica, by a connection. Time to open one, 0 if one is idle.
#[unsafe(export_name = "if_connections_take")]
#[inline(never)]
pub extern "C" fn take(edge_row: u32, edge: &Edge, strand: u32, copy: u32, end: u32, visit_key: u64) -> u64 {
    let of = of(edge);
    let [end_at, epoch_at] = remembered(strand, copy);
    write(header().frame_connections, end_at, end);
    write(header().frame_connections, epoch_at, read::<u32>(header().epochs, of.first_epoch + end));
    let stack = stack(of, gate_of(edge, strand), end);
    if let Some(newest) = idle(of, stack).checked_sub(1) {
        let since: u64 = read(header().idle_since, of.first_since + stack * of.depth + newest);
        if now() - since <= of.idle_ns {
            set_idle(of, stack, newest);
            return 0;
        }
        // The others have been idle for longer.
        set_idle(of, stack, 0);
    }
    windows::count_edge(edge_row, column::CONNECTS);
    (sample(of.connect, draw(visit_key, of.purpose)) as u64).max(1)
}

/// A copy of an attempt goes nowhere, and so by no connection.
#[unsafe(export_name = "if_connections_none")]
#[inline(never)]
pub extern "C" fn none(strand: u32, copy: u32) {
    write(header().frame_connections, remembered(strand, copy)[0], NONE);
}

/// A copy of an attempt is answered: its connection is idle from now on, unless it has been closed.
#[unsafe(export_name = "if_connections_give_back")]
#[inline(never)]
pub extern "C" fn give_back(edge: &Edge, strand: u32, copy: u32) {
    let of = of(edge);
    let [end, epoch] = remembered(strand, copy).map(|at| read::<u32>(header().frame_connections, at));
    if end == NONE {
        return;
    }
    let stack = stack(of, gate_of(edge, strand), end);
    let count = idle(of, stack);
    if epoch == read(header().epochs, of.first_epoch + end) && count < of.depth {
        write(header().idle_since, of.first_since + stack * of.depth + count, now());
        set_idle(of, stack, count + 1);
    }
}

/// Closes the connections of an edge to an end.
fn close_end(of: &Connections, end: u32) {
    let epoch: u32 = read(header().epochs, of.first_epoch + end);
    write(header().epochs, of.first_epoch + end, epoch.wrapping_add(1));
    for gate in 0..of.gates {
        set_idle(of, stack(of, gate, end), 0);
    }
}

/// Closes all connections of an edge.
#[unsafe(export_name = "if_connections_close")]
#[inline(never)]
pub extern "C" fn close(edge_row: u32) {
    let of = of(row(header().edges, edge_row));
    (0..of.ends).for_each(|end| close_end(of, end));
}

/// All that a replica holds is lost: connections from it and to it are closed.
#[cold]
pub fn reset(c: u32, r: u32) {
    if any() {
        reset_all(c, r - component(c).first_replica);
    }
}

#[unsafe(export_name = "if_connections_reset")]
#[inline(never)]
extern "C" fn reset_all(c: u32, index: u32) {
    for i in 0..header().connections.len {
        let of: &Connections = row(header().connections, i);
        let edge: &Edge = row(header().edges, of.edge);
        if edge.to == c {
            close_end(of, if of.ends == 1 { 0 } else { index });
        }
        if edge.from == c {
            (0..of.ends).for_each(|end| set_idle(of, stack(of, index, end), 0));
        }
    }
}
