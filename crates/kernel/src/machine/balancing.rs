//! Who a message may go to, and who of them it goes to.
//!
//! Most edges may send to every replica, always. The others have a row of [`Balancing`], and a [`Peer`]
//! for each replica: what they hold against it. However an edge balances, it chooses among candidates;
//! those of the others are the replicas that are [`eligible`].

use super::memory::{header, now, row, write};
use super::stations::present_at;
use super::{health, windows};
use crate::columns::edge as column;
use crate::draw::{below, draw, nth, unit_f64};
use crate::layout::{Balancing, Component, Edge, EdgeState, Peer};

/// Number of the draw for a second choice, within that for the first.
const AGAIN: u64 = 1 << 32;

/// Row of an edge that has one.
#[inline(always)]
pub fn row_of(index: u32) -> &'static Balancing {
    row(header().balancings, index)
}

/// State of a peer.
#[inline(always)]
pub fn peer(index: u32) -> &'static Peer {
    row(header().peers, index)
}

/// Peers know whose they are.
pub fn init() {
    for index in 0..header().balancings.len {
        let balancing = row_of(index);
        let edge: &Edge = row(header().edges, balancing.edge);
        let target: &Component = row(header().components, edge.to);
        for r in 0..target.replicas {
            let peer = peer(balancing.first_peer + r);
            peer.balancing.set(index);
            peer.replica.set(r);
            if balancing.probe_interval_ns > 0 {
                health::begin(edge, balancing, peer, balancing.first_peer + r);
            }
        }
    }
}

/// Whether an edge with a row may send to a replica of its callee.
fn eligible(row: &Edge, replica: u32) -> bool {
    let peer = peer(row_of(row.balancing).first_peer + replica);
    peer.ejected.get() | peer.unhealthy.get() == 0
}

/// Replicas that can be chosen; at least one.
trait Candidates {
    /// How many.
    fn count(&self) -> u32;
    /// One of them, in the order of their numbers.
    fn nth(&self, n: u32) -> u32;
    /// The first from a replica on, cyclic.
    fn from(&self, replica: u32) -> u32;
}

/// Every replica, of so many.
struct All(u32);

impl Candidates for All {
    #[inline(always)]
    fn count(&self) -> u32 {
        self.0
    }
    #[inline(always)]
    fn nth(&self, n: u32) -> u32 {
        n
    }
    #[inline(always)]
    fn from(&self, replica: u32) -> u32 {
        replica
    }
}

/// Those that an edge may send to.
struct Eligible<'a> {
    edge: &'a Edge,
    replicas: u32,
    /// Whether too few are eligible, and all of them are candidates.
    open: bool,
    /// Whether those that have become eligible of late are passed over.
    settled: bool,
}

impl Eligible<'_> {
    fn has(&self, replica: u32) -> bool {
        (self.open || eligible(self.edge, replica)) && !(self.settled && growing(self.edge, replica).is_some())
    }
}

impl Candidates for Eligible<'_> {
    fn count(&self) -> u32 {
        (0..self.replicas).filter(|&r| self.has(r)).count() as u32
    }
    fn nth(&self, n: u32) -> u32 {
        (0..self.replicas).filter(|&r| self.has(r)).nth(n as usize).unwrap_or(0)
    }
    fn from(&self, replica: u32) -> u32 {
        (replica..replica + self.replicas).map(|r| r % self.replicas).find(|&r| self.has(r)).unwrap_or(replica)
    }
}

/// The replica that a message goes to, of all.
#[inline(always)]
pub fn of_all(row: &Edge, state: &EdgeState, target: &Component, visit_key: u64) -> u32 {
    choose(row, state, target, draw(visit_key, row.purposes[6]), &All(target.replicas))
}

/// The replica that a message goes to, of those that an edge with a row may send to.
#[unsafe(export_name = "if_balancing_choose")]
#[inline(never)]
pub extern "C" fn of_some(row: &Edge, state: &EdgeState, target: &Component, visit_key: u64) -> u32 {
    let mut some = Eligible { edge: row, replicas: target.replicas, open: false, settled: false };
    some.open = some.count() < row_of(row.balancing).least;
    if some.open {
        windows::count_edge(row_of(row.balancing).edge, column::NONE_ELIGIBLE);
    }
    let word = draw(visit_key, row.purposes[6]);
    let chosen = choose(row, state, target, word, &some);
    let Some(share) = growing(row, chosen) else { return chosen };
    some.settled = true;
    let passed_over = unit_f64(draw(visit_key, row_of(row.balancing).purpose_slow_start)) >= share;
    if passed_over && some.count() > 0 { choose(row, state, target, nth(word, AGAIN), &some) } else { chosen }
}

/// Of what it will have, the share that a replica has which has become eligible of late.
fn growing(row: &Edge, replica: u32) -> Option<f64> {
    let balancing = row_of(row.balancing);
    let since = peer(balancing.first_peer + replica).since_ns.get();
    let passed = now() - since;
    (since > 0 && passed < balancing.slow_start_ns).then(|| passed as f64 / balancing.slow_start_ns as f64)
}

/// Whether an edge with a row sends to nobody, because too few replicas are eligible.
#[unsafe(export_name = "if_balancing_nobody")]
#[inline(never)]
pub extern "C" fn nobody(row: &Edge, target: &Component) -> bool {
    let balancing = row_of(row.balancing);
    balancing.fail_open == 0
        && Eligible { edge: row, replicas: target.replicas, open: false, settled: false }.count() < balancing.least
}

/// Remembers where an attempt went, or its hedge.
pub fn remember(strand: u32, hedge: bool, replica: u32) {
    write(header().sent_to, hedge as u32 * header().frames_max + strand, replica);
}

/// Where it went, or [`crate::layout::NONE`].
pub fn sent_to(strand: u32, hedge: bool) -> u32 {
    super::memory::read(header().sent_to, hedge as u32 * header().frames_max + strand)
}

#[inline(always)]
fn choose(row: &Edge, state: &EdgeState, target: &Component, word: u64, among: &impl Candidates) -> u32 {
    if row.balance == 0 {
        let turn = among.from(state.turn.get());
        state.turn.set((turn + 1) % target.replicas);
        return turn;
    }
    let count = among.count();
    let (tries, drawn) = match row.balance {
        1 => return among.nth(below(word, count)),
        2 => (count, false),
        _ => (row.choices, true),
    };
    let first = among.nth(below(word, count));
    let (mut last, mut best, mut least) = (first, first, present_at(target, first));
    for i in 1..tries {
        last =
            if drawn { among.nth(below(nth(word, i as u64), count)) } else { among.from((last + 1) % target.replicas) };
        let present = present_at(target, last);
        if present < least {
            (best, least) = (last, present);
        }
    }
    best
}
