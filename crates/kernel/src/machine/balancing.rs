//! Who a message may go to, and who of them it goes to.
//!
//! Most edges may send to every replica, always. The others have a row of [`Balancing`], and a [`Peer`]
//! for each replica: what they hold against it. However an edge balances, it chooses among candidates;
//! those of the others are the replicas that are [`eligible`].

use super::leaders::{self, FOLLOWER, LEADER};
use super::memory::{get32, header, now, read, row, write};
use super::stations::{component, present_at};
use super::{attempts, by_key, fleets, health, windows};
use crate::columns::edge as column;
use crate::draw::{below, draw, nth, unit_f64};
use crate::layout::{Balancing, Component, Edge, EdgeState, NONE, Peer, Weight, frame32};
use core::cell::Cell;

/// The way to balance by weight, and the first of those by key.
const BY_WEIGHT: u32 = 4;
/// See [`BY_WEIGHT`].
pub const BY_KEY: u32 = 5;
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
        if edge.balance >= BY_KEY {
            by_key::fill(edge, balancing, target);
        }
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
pub struct Eligible<'a> {
    pub edge: &'a Edge,
    target: &'a Component,
    replicas: u32,
    /// Whether too few are eligible, and all of them are candidates.
    open: bool,
    /// Whether those that have become eligible of late are passed over.
    settled: bool,
    /// The zone in which they lie, or [`NONE`]: any.
    zone: u32,
    /// One that is not meant, or [`NONE`].
    not: u32,
}

impl<'a> Eligible<'a> {
    /// Those in any zone, for a role.
    fn of(edge: &'a Edge, target: &'a Component, role: u32) -> Self {
        let not = if role == FOLLOWER { leaders::leader_of(edge.to) } else { NONE };
        Eligible { edge, target, replicas: target.replicas, open: false, settled: false, zone: NONE, not }
    }

    /// How many can be meant at all.
    fn meant(&self) -> u32 {
        let target = self.target;
        let all = if fleets::has(self.edge.to) { fleets::takers(target) } else { target.replicas };
        all - (self.not != NONE && fleets::takes(target, target.first_replica + self.not)) as u32
    }

    /// How many must be eligible: where not all can be meant, as large a share of those that are.
    fn least(&self) -> u32 {
        let least = row_of(self.edge.balancing).least;
        if self.not == NONE && !fleets::has(self.edge.to) {
            return least;
        }
        (least as u64 * self.meant() as u64).div_ceil(self.target.replicas as u64).max(1) as u32
    }
}

impl Eligible<'_> {
    /// Whether a replica can be chosen.
    pub fn has(&self, replica: u32) -> bool {
        if replica == self.not || self.zone != NONE && replica % row_of(self.edge.balancing).zones != self.zone {
            return false;
        }
        fleets::takes(self.target, self.target.first_replica + replica)
            && (self.open || eligible(self.edge, replica))
            && !(self.settled && growing(self.edge, replica).is_some())
    }
}

impl Eligible<'_> {
    /// One of them, by a draw.
    pub fn any(&self, word: u64) -> u32 {
        self.nth(below(word, self.count()))
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
    choose(row, &state.turn, target, draw(visit_key, row.purposes[6]), &All(target.replicas))
}

/// The replica that a message of a strand about a key goes to, of those that an edge with a row may send to.
#[unsafe(export_name = "if_balancing_choose")]
#[inline(never)]
pub extern "C" fn of_some(strand: u32, row: &Edge, state: &EdgeState, visit_key: u64, key: u32, role: u32) -> u32 {
    if role == LEADER {
        return leaders::leader_of(row.to);
    }
    let (balancing, target) = (row_of(row.balancing), component(row.to));
    let mut some = Eligible::of(row, target, role);
    some.open = some.count() < some.least();
    if some.open {
        windows::count_edge(balancing.edge, column::NONE_ELIGIBLE);
    }
    let mut turn = &state.turn;
    if balancing.prefer_zone == 1 && row.from != NONE {
        some.zone = zone_of_caller(strand, row, balancing);
        if some.count() > 0 {
            turn = &peer(balancing.first_peer + some.zone).turn;
        } else {
            some.zone = NONE;
        }
    }
    let word = draw(visit_key, row.purposes[6]);
    let chosen = one_of(&some, turn, target, word, key);
    let Some(share) = growing(row, chosen) else { return chosen };
    some.settled = true;
    let passed_over = unit_f64(draw(visit_key, balancing.purpose_slow_start)) >= share;
    if passed_over && some.count() > 0 { one_of(&some, turn, target, nth(word, AGAIN), key) } else { chosen }
}

fn one_of(some: &Eligible, turn: &Cell<u32>, target: &Component, word: u64, key: u32) -> u32 {
    match some.edge.balance {
        BY_WEIGHT => by_weight(some),
        BY_KEY.. => by_key::choose(some, target, word, key),
        _ => choose(some.edge, turn, target, word, some),
    }
}

/// Whoever is furthest behind what its weight promises.
fn by_weight(some: &Eligible) -> u32 {
    let balancing = row_of(some.edge.balancing);
    let (mut total, mut best) = (0, NONE);
    for r in (0..some.replicas).filter(|&r| some.has(r)) {
        let weight = row::<Weight>(header().weights, balancing.first_weight + r).weight as i64;
        let behind = &peer(balancing.first_peer + r).behind;
        behind.set(behind.get() + weight);
        total += weight;
        if best == NONE || behind.get() > peer(balancing.first_peer + best).behind.get() {
            best = r;
        }
    }
    let behind = &peer(balancing.first_peer + best).behind;
    behind.set(behind.get() - total);
    best
}

/// Zone of the replica at which a strand runs.
fn zone_of_caller(strand: u32, row: &Edge, balancing: &Balancing) -> u32 {
    (get32(frame32::REPLICA, strand) - component(row.from).first_replica) % balancing.zones
}

/// Whether a message of a strand to a replica crosses zones; remembered with the visit that it will be.
#[unsafe(export_name = "if_zones_crosses")]
#[inline(never)]
pub extern "C" fn crosses(strand: u32, row: &Edge, replica: u32) -> bool {
    let balancing = row_of(row.balancing);
    row.from != NONE && replica % balancing.zones != zone_of_caller(strand, row, balancing)
}

/// What crossing zones adds to the time of an exchange: a request's or word's, whose subject is the visit; a reply's,
/// whose subject is the strand that waits.
#[unsafe(export_name = "if_zones_extra")]
#[inline(never)]
pub extern "C" fn extra(row: &Edge, is_reply: bool, subject: u32, key: u64) -> u64 {
    let crosses = if is_reply {
        crosses(subject, row, sent_to(subject, attempts::sent_as(subject, key)))
    } else {
        read::<u32>(header().crossed, subject) == 1
    };
    if crosses { row_of(row.balancing).cross_zone_ns } else { 0 }
}

/// Remembers that the message by which a visit comes crosses zones.
pub fn remember_crossing(visit: u32, crosses: bool) {
    write(header().crossed, visit, crosses as u32);
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
pub extern "C" fn nobody(row: &Edge, target: &Component, role: u32) -> bool {
    if role == LEADER {
        return leaders::leader_of(row.to) == NONE;
    }
    let eligible = Eligible::of(row, target, role);
    eligible.meant() == 0 || row_of(row.balancing).fail_open == 0 && eligible.count() < eligible.least()
}

/// Remembers where a copy of an attempt went.
pub fn remember(strand: u32, copy: u32, replica: u32) {
    write(header().sent_to, copy * header().frames_max + strand, replica);
}

/// Instead of where an attempt went: it waits for a leader.
const WAITS: u32 = NONE - 1;

/// An attempt waits until there is a leader.
pub fn wait_for_leader(strand: u32) {
    remember(strand, 0, WAITS);
}

/// Whether it does.
pub fn waits_for_leader(strand: u32) -> bool {
    sent_to(strand, 0) == WAITS
}

/// Whether an attempt went anywhere.
pub fn is_sent(strand: u32) -> bool {
    sent_to(strand, 0) < WAITS
}

/// Where it went, or [`crate::layout::NONE`].
pub fn sent_to(strand: u32, copy: u32) -> u32 {
    read(header().sent_to, copy * header().frames_max + strand)
}

#[inline(always)]
fn choose(row: &Edge, turn: &Cell<u32>, target: &Component, word: u64, among: &impl Candidates) -> u32 {
    if row.balance == 0 {
        let chosen = among.from(turn.get());
        turn.set((chosen + 1) % target.replicas);
        return chosen;
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
