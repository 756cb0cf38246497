//! Passive ejection: an edge stops sending to a replica whose attempts keep failing.
//!
//! Nobody asks the replica. After so many failures in a row it is left alone for a while, the longer the more
//! often that has happened; then it is given another chance.

use super::balancing::{peer, row_of};
use super::calendar::{Rank, push};
use super::health::{self, ATTEMPTS_FAILED};
use super::memory::{header, now, row};
use crate::draw::nth;
use crate::layout::{Balancing, Component, Edge};

/// An attempt that was sent to a replica has its result.
#[unsafe(export_name = "if_ejecting_learn")]
#[inline(never)]
pub extern "C" fn learn(edge: &Edge, replica: u32, failed: bool) {
    let balancing = row_of(edge.balancing);
    let index = balancing.first_peer + replica;
    let peer = peer(index);
    if peer.ejected.get() == 1 {
        return;
    }
    peer.failures.set(if failed { peer.failures.get().saturating_add(1) } else { 0 });
    if peer.failures.get() < balancing.eject_failures || ejected(edge, balancing) >= balancing.eject_most {
        return;
    }
    peer.ejected.set(1);
    peer.failures.set(0);
    peer.ejections.set(peer.ejections.get() + 1);
    let lasting = balancing.eject_ns.saturating_mul(peer.ejections.get() as u64).min(balancing.eject_cap_ns);
    push(now() + lasting, Rank::Health, nth(edge.hash, 2 * replica as u64), index, 0, health::EJECTION_OVER);
    health::tell(balancing, peer, ATTEMPTS_FAILED, true);
}

/// Replicas that an edge has ejected.
fn ejected(edge: &Edge, balancing: &Balancing) -> u32 {
    let target: &Component = row(header().components, edge.to);
    (0..target.replicas).map(|r| peer(balancing.first_peer + r).ejected.get()).sum()
}

/// An ejection is over.
#[unsafe(export_name = "if_ejecting_over")]
#[inline(never)]
pub extern "C" fn over(index: u32) {
    let peer = peer(index);
    peer.ejected.set(0);
    health::tell(row_of(peer.balancing.get()), peer, ATTEMPTS_FAILED, false);
}
