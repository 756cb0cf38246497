//! Gates: how many attempts a replica of a caller may have under way on an edge.

use super::calendar::{Rank, push};
use super::frames::{GATED, HEDGE_PERMIT, PERMIT, is, lower, raise};
use super::lists::List;
use super::memory::{generation_of, get32, get64, header, key_of, now, row};
use super::stations::component;
use super::{attempts, copies, due, strains, windows};
use crate::columns::edge as column;
use crate::layout::{Edge, Gate, NONE, Table, frame32, frame64};

fn gate(row: &Edge, strand: u32) -> &'static Gate {
    let of = if row.from == NONE { 0 } else { get32(frame32::REPLICA, strand) - component(row.from).first_replica };
    at(row.first_gate + of)
}

fn at(index: u32) -> &'static Gate {
    row(Table { address: header().gates, len: 0 }, index)
}

fn list(gate: &Gate) -> List<'_> {
    List { head: &gate.head, tail: &gate.tail }
}

/// What an attempt finds at a gate.
#[repr(u32)]
pub enum Found {
    /// A permit.
    Permit,
    /// It waits for one.
    Line,
    /// Neither a permit nor room to wait.
    Nothing,
}

/// An attempt that is wanted until an instant (0: always) asks for a permit.
#[unsafe(export_name = "if_permits_enter")]
#[inline(never)]
pub extern "C" fn enter(edge: u32, row: &Edge, strand: u32, until: u64) -> Found {
    let gate = gate(row, strand);
    if gate.used.get() < strains::permits(row) {
        gate.used.set(gate.used.get() + 1);
        raise(strand, PERMIT);
        return Found::Permit;
    }
    if gate.waiting.get() >= row.permit_queue {
        windows::count_edge(edge, column::NO_PERMIT);
        return Found::Nothing;
    }
    gate.waiting.set(gate.waiting.get() + 1);
    list(gate).push_back(strand);
    raise(strand, GATED);
    let at = now() + row.permit_wait_ns;
    if row.permit_wait_ns > 0 && (until == 0 || at < until) {
        push(at, Rank::Timeout, key_of(strand), strand, generation_of(strand), due::AT_GATE);
    }
    Found::Line
}

/// A hedge takes a permit only if one is free.
#[unsafe(export_name = "if_permits_enter_beside")]
#[inline(never)]
pub extern "C" fn enter_beside(row: &Edge, strand: u32) -> bool {
    let gate = gate(row, strand);
    let free = gate.used.get() < strains::permits(row);
    if free {
        gate.used.set(gate.used.get() + 1);
        if copies::any() && is(strand, HEDGE_PERMIT) {
            copies::add_permit(strand);
        }
        raise(strand, HEDGE_PERMIT);
    }
    free
}

/// An attempt is over: its permits go to those who wait, or it waits no longer.
#[unsafe(export_name = "if_permits_leave")]
#[inline(never)]
pub extern "C" fn leave(edge: u32, row: &Edge, strand: u32) {
    if !is(strand, GATED) && !is(strand, PERMIT) {
        return;
    }
    let gate = gate(row, strand);
    if is(strand, GATED) {
        lower(strand, GATED);
        list(gate).remove(strand);
        gate.waiting.set(gate.waiting.get() - 1);
        return;
    }
    for permit in [PERMIT, HEDGE_PERMIT] {
        if is(strand, permit) {
            lower(strand, permit);
            pass_on(edge, row, gate);
        }
    }
    if copies::any() {
        for _ in 0..copies::take_permits(strand) {
            pass_on(edge, row, gate);
        }
    }
}

fn pass_on(edge: u32, row: &Edge, gate: &Gate) {
    let next = if gate.used.get() > strains::permits(row) { None } else { list(gate).pop_front() };
    match next {
        Some(next) => pass(edge, gate, next),
        None => gate.used.set(gate.used.get() - 1),
    }
}

/// There may be more permits: those in line take them.
#[unsafe(export_name = "if_permits_changed")]
#[inline(never)]
pub extern "C" fn changed(edge: u32) {
    let row: &Edge = row(header().edges, edge);
    let gates = if row.from == NONE { 1 } else { component(row.from).replicas };
    for gate in (row.first_gate..row.first_gate + gates).map(at) {
        while gate.used.get() < strains::permits(row) {
            let Some(next) = list(gate).pop_front() else { break };
            gate.used.set(gate.used.get() + 1);
            pass(edge, gate, next);
        }
    }
}

/// Who stood in line has a permit now.
fn pass(edge: u32, gate: &Gate, next: u32) {
    gate.waiting.set(gate.waiting.get() - 1);
    lower(next, GATED);
    raise(next, PERMIT);
    windows::add_edge(edge, column::PERMIT_WAIT_NS, now() - get64(frame64::FINISH, next));
    attempts::send_attempt(next);
}

/// A replica goes down: all its permits are free again.
#[cold]
pub fn reset(c: u32, replica: u32) {
    for edge in 0..header().edges.len {
        let row: &Edge = row(header().edges, edge);
        if row.from == c && row.permits > 0 {
            let gate = at(row.first_gate + replica - component(c).first_replica);
            for cell in [&gate.used, &gate.waiting, &gate.head, &gate.tail] {
                cell.set(0);
            }
        }
    }
}
