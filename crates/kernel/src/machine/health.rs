//! Active health checks: an edge probes each replica of its callee, and stops sending where probes fail.
//!
//! A probe is a message there and one back, by the network of the edge. It takes no server: a replica answers
//! it, if it is not standing still, however much it has to do.

use super::balancing::{peer, row_of};
use super::calendar::{Event, Rank, push};
use super::memory::{cell, header, machine, now, row};
use super::{ejection, records, stations, strains, transport, windows};
use crate::columns::edge as column;
use crate::draw::{chance, draw, nth, source_key, unit_f64};
use crate::fact;
use crate::layout::{Balancing, Component, Edge, NONE, Peer, record};

/// Why an edge does not send to a replica: attempts failed.
pub const ATTEMPTS_FAILED: u32 = 0;
/// See [`ATTEMPTS_FAILED`]: probes failed.
const PROBES_FAILED: u32 = 1;

/// What happens: an ejection is over.
pub const EJECTION_OVER: u32 = 0;
/// See [`EJECTION_OVER`]: a probe begins.
const PROBE: u32 = 1;
/// See [`EJECTION_OVER`]: it reaches the replica.
const LOOK: u32 = 2;
/// See [`EJECTION_OVER`]: it is answered well.
const WELL: u32 = 3;
/// See [`EJECTION_OVER`]: it is not.
const BADLY: u32 = 4;

/// An edge learns of a replica.
#[inline(always)]
pub fn handle(event: Event) {
    match event.argument {
        EJECTION_OVER => ejection::over(event.subject),
        step => probe(event.subject, step),
    }
}

/// Probes of a replica are numbered, and have keys of their own.
fn key_of_peer(edge: &Edge, peer: &Peer) -> u64 {
    nth(source_key(machine().seed.get(), edge.hash), peer.replica.get() as u64)
}

/// Schedules the first probe of a replica.
pub fn begin(edge: &Edge, balancing: &Balancing, peer: &Peer, index: u32) {
    let phase = balancing.probe_interval_ns as f64 * unit_f64(key_of_peer(edge, peer));
    schedule(edge, peer, index, 1 + phase as u64, PROBE);
}

fn schedule(edge: &Edge, peer: &Peer, index: u32, at: u64, step: u32) {
    push(at, Rank::Health, nth(edge.hash, 2 * peer.replica.get() as u64 + 1), index, 0, step);
}

#[unsafe(export_name = "if_probing_step")]
#[inline(never)]
extern "C" fn probe(index: u32, step: u32) {
    let peer = peer(index);
    let balancing = row_of(peer.balancing.get());
    let edge: &Edge = row(header().edges, balancing.edge);
    if step == PROBE {
        peer.probe_ns.set(now());
    }
    let key = nth(key_of_peer(edge, peer), peer.probes.get());
    let until = peer.probe_ns.get() + balancing.probe_timeout_ns;
    let (at, next) = match step {
        PROBE => match leg(edge, key, 0) {
            Some(leg) if now() + leg < until => (now() + leg, LOOK),
            _ => (until, BADLY),
        },
        LOOK => match answer(edge, peer, key) {
            Some((leg, well)) if now() + leg < until => (now() + leg, if well { WELL } else { BADLY }),
            _ => (until, BADLY),
        },
        _ => {
            learn(balancing, peer, step == WELL);
            peer.probes.set(peer.probes.get() + 1);
            (peer.probe_ns.get() + balancing.probe_interval_ns, PROBE)
        }
    };
    schedule(edge, peer, index, at, next);
}

/// Time of a probe's message on the network, or `None` if it is lost. It weighs nothing, and is not sent again.
fn leg(edge: &Edge, key: u64, reply: usize) -> Option<u64> {
    let loss = transport::loss(edge, reply);
    let lost = loss > 0.0 && chance(draw(key, edge.purposes[4 + reply]), loss);
    (!lost).then(|| transport::leg(edge, key, reply, 0))
}

/// What a replica answers a probe, and how long the answer takes; `None` if none comes.
fn answer(edge: &Edge, peer: &Peer, key: u64) -> Option<(u64, bool)> {
    let target: &Component = stations::component(edge.to);
    let value = |first: u32| if first == NONE { None } else { Some(cell(first + peer.replica.get())) };
    let is_down = value(target.cell_down).is_some_and(|down| down != 0.0);
    if !is_down && value(target.cell_speed) == Some(0.0) {
        return None;
    }
    let errs = value(target.cell_errors).is_some_and(|p| chance(draw(key, target.purpose_errors), p));
    let fails = is_down || errs || strains::probe_fails(edge, key);
    Some((leg(edge, key, 1)?, !fails))
}

/// A probe has its result.
fn learn(balancing: &Balancing, peer: &Peer, well: bool) {
    let is_contrary = well == (peer.unhealthy.get() == 1);
    peer.contrary.set(if is_contrary { peer.contrary.get() + 1 } else { 0 });
    let enough = if well { balancing.probe_rise } else { balancing.probe_fall };
    if is_contrary && peer.contrary.get() >= enough {
        peer.contrary.set(0);
        peer.unhealthy.set(!well as u32);
        tell(balancing, peer, PROBES_FAILED, !well);
    }
}

/// What an edge holds against a replica has begun or is over.
pub fn tell(balancing: &Balancing, peer: &Peer, why: u32, out: bool) {
    let edge: &Edge = row(header().edges, balancing.edge);
    let replica = peer.replica.get();
    if out {
        windows::count_edge(balancing.edge, column::EJECTIONS);
    } else if peer.ejected.get() | peer.unhealthy.get() == 0 {
        peer.since_ns.set(now());
    }
    windows::transition_fact(edge.from, fact::peer(edge.hash, now(), replica, why, out));
    let kind = if out { record::PEER_OUT } else { record::PEER_BACK };
    records::write(kind, balancing.edge, replica as u64, why as u64, 0);
}
