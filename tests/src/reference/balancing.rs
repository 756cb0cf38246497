//! Who a message may go to, who of them it goes to, and what an edge holds against a replica.

use super::Engine;
use super::calendar::Event;
use super::strands::StrandId;
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::{below, draw, mix, nth, unit_f64};
use sysdl_kernel::fact;
use sysdl_kernel::hashing::{POINTS, Point, fill_maglev, fill_ring, maglev_size};
use sysdl_lower::plan::{Balancings, NONE, Plan};

/// Whom a call is for: the replica that leads; any but that.
pub(super) const LEADER: u32 = 1;
const FOLLOWER: u32 = 2;

/// A replica in the eyes of an edge.
#[derive(Clone, Debug, Default)]
pub(super) struct Peer {
    /// It is left alone because attempts failed.
    ejected: bool,
    /// How often it was.
    ejections: u64,
    /// Attempts that failed in a row.
    failures: u32,
    /// Probes say that it is not well.
    pub(super) unhealthy: bool,
    /// Probes in a row that say otherwise.
    pub(super) contrary: u32,
    /// When the probe under way began, and its number.
    pub(super) probe_ns: u64,
    pub(super) probes: u64,
    /// When it became eligible; none if it always was.
    since_ns: Option<u64>,
    /// By weight: how much it is behind what it should have had.
    behind: i64,
}

impl Peer {
    fn eligible(&self) -> bool {
        !self.ejected && !self.unhealthy
    }
}

/// Peers of an edge; none if it may send to every replica, always.
pub(super) fn peers(plan: &Plan, edge: usize) -> Vec<Peer> {
    let replicas = plan.components.replicas[plan.edges.to[edge] as usize];
    let has_peers = plan.edges.balancing[edge] != NONE;
    vec![Peer::default(); if has_peers { replicas as usize } else { 0 }]
}

/// The Maglev table of an edge that has one.
pub(super) fn cells(plan: &Plan, edge: usize) -> Vec<u32> {
    let to = plan.edges.to[edge] as usize;
    let replicas = plan.components.replicas[to];
    let has_table = plan.edges.balance[edge] == 7;
    let mut cells = vec![0; if has_table { maglev_size(replicas) as usize } else { 0 }];
    if has_table {
        fill_maglev(&mut cells, &mut vec![0; replicas as usize], plan.components.hash[to]);
    }
    cells
}

impl Engine<'_> {
    pub(super) fn balancing_of(&self, edge: u32) -> Option<(&Balancings, usize)> {
        let row = self.plan.edges.balancing[edge as usize];
        (row != NONE).then_some((&self.plan.balancings, row as usize))
    }

    /// Replicas that an edge may send to for a role, and whether they are enough.
    fn eligible(&self, edge: u32, role: u32) -> (Vec<usize>, bool) {
        let to = self.plan.edges.to[edge as usize] as usize;
        let all = 0..self.plan.components.replicas[to] as usize;
        let Some((rows, row)) = self.balancing_of(edge) else { return (all.collect(), true) };
        let count = all.len();
        let in_service = self.meant(to, role);
        let eligible = in_service.iter().copied().filter(|&r| self.edges[edge as usize].peers[r].eligible());
        let eligible: Vec<usize> = eligible.collect();
        // As large a share of those in service.
        let least = (rows.least[row] as usize * in_service.len()).div_ceil(count).max(1);
        let enough = eligible.len() >= least;
        (eligible, enough)
    }

    /// Replicas that take new work and have a role. The leader is meant whether it does or not.
    fn meant(&self, c: usize, role: u32) -> Vec<usize> {
        match (role, self.leader_of(c)) {
            (LEADER, leader) => leader.into_iter().collect(),
            (FOLLOWER, Some(leader)) => self.in_service(c).into_iter().filter(|&r| r != leader).collect(),
            _ => self.in_service(c),
        }
    }

    /// Replicas that take new work.
    fn in_service(&self, c: usize) -> Vec<usize> {
        let replicas = self.stations[c].replicas.iter().enumerate();
        replicas.filter(|(_, replica)| replica.takes()).map(|(r, _)| r).collect()
    }

    /// Whether an edge sends nothing, because too few replicas are eligible.
    pub(super) fn sends_to_nobody(&self, edge: u32, role: u32) -> bool {
        let Some((rows, row)) = self.balancing_of(edge) else { return false };
        let to = self.plan.edges.to[edge as usize] as usize;
        let nobody = self.meant(to, role).is_empty();
        nobody || role != LEADER && rows.fail_open[row] == 0 && !self.eligible(edge, role).1
    }

    /// Key of the draw that chooses a replica: where each replica of the caller keeps to one, the number of that.
    pub(super) fn chooser(&mut self, edge: u32, sender: StrandId, visit_key: u64) -> u64 {
        let (edges, row) = (&self.plan.edges, edge as usize);
        if (edges.balance[row], edges.choices[row]) != (1, 1) {
            return visit_key;
        }
        let replica = self.strands.get(sender).replica;
        if edges.from[row] == NONE { 0 } else { replica.expect("it runs at one") as u64 }
    }

    /// The replica that a message goes to; none where replicas share a queue.
    pub(super) fn choose_replica(
        &mut self,
        sender: StrandId,
        edge: u32,
        role: u32,
        visit_key: u64,
        request_key: Option<u32>,
    ) -> Option<usize> {
        let to = self.plan.edges.to[edge as usize] as usize;
        if self.plan.components.shared_queue[to] == 1 {
            return None;
        }
        if role == LEADER {
            return self.leader_of(to);
        }
        let (mut candidates, enough) = self.eligible(edge, role);
        if !enough {
            *self.windows.edge(edge, edge::NONE_ELIGIBLE) += 1;
            candidates = self.meant(to, role);
        }
        let mut zone = self.zone_preferred(sender, edge);
        if let Some((zone, zones)) = zone {
            candidates.retain(|r| r % zones == zone);
        }
        if candidates.is_empty() {
            zone = None;
            candidates = if enough { self.eligible(edge, role).0 } else { self.meant(to, role) };
        }
        let turn = zone.map_or(0, |(zone, _)| zone + 1);
        let word = draw(visit_key, self.plan.edges.purposes[edge as usize][6]);
        let chosen = self.choose(edge, &candidates, turn, word, request_key);
        let Some(share) = self.growing(edge, chosen) else { return Some(chosen) };
        candidates.retain(|&r| self.growing(edge, r).is_none());
        let (rows, row) = self.balancing_of(edge).expect("a share grows where a row says so");
        let passed_over = unit_f64(draw(visit_key, rows.purpose_slow_start[row])) >= share;
        let again = passed_over && !candidates.is_empty();
        Some(if again { self.choose(edge, &candidates, turn, nth(word, 1 << 32), request_key) } else { chosen })
    }

    /// The zone whose replicas an edge prefers for a sender, of so many.
    fn zone_preferred(&mut self, sender: StrandId, edge: u32) -> Option<(usize, usize)> {
        let (rows, row) = self.balancing_of(edge)?;
        let (zones, prefers) = (rows.zones[row] as usize, rows.prefer_zone[row] == 1);
        if !prefers {
            return None;
        }
        let replica = self.strands.get(sender).replica?;
        Some((replica % zones, zones))
    }

    /// Whether a message of a sender to a replica crosses zones.
    pub(super) fn crosses(&mut self, sender: StrandId, edge: u32, replica: usize) -> bool {
        let Some((rows, row)) = self.balancing_of(edge) else { return false };
        let zones = rows.zones[row] as usize;
        let from = self.strands.get(sender).replica;
        zones > 0 && from.is_some_and(|from| from % zones != replica % zones)
    }

    /// The share that a replica has of what it will have, if it has become eligible of late.
    fn growing(&self, edge: u32, replica: usize) -> Option<f64> {
        let (rows, row) = self.balancing_of(edge)?;
        let passed_ns = self.now - self.edges[edge as usize].peers[replica].since_ns?;
        (passed_ns < rows.slow_start_ns[row]).then(|| passed_ns as f64 / rows.slow_start_ns[row] as f64)
    }

    /// One of some candidates, which are in the order of their numbers.
    fn choose(&mut self, edge: u32, candidates: &[usize], turn: usize, word: u64, key: Option<u32>) -> usize {
        let row = edge as usize;
        let to = self.plan.edges.to[row] as usize;
        let count = candidates.len() as u32;
        let first = below(word, count);
        let tried: Vec<u32> = match self.plan.edges.balance[row] {
            0 => {
                let next = self.edges[row].turns.entry(turn).or_default();
                let found = candidates.iter().copied().find(|r| r >= next).unwrap_or(candidates[0]);
                *next = (found + 1) % self.plan.components.replicas[to] as usize;
                return found;
            }
            1 => vec![first],
            2 => (0..count).map(|i| (first + i) % count).collect(),
            4 => return self.choose_by_weight(edge, candidates),
            5.. => return key.map_or(candidates[first as usize], |key| self.choose_by_key(edge, candidates, key)),
            _ => {
                let drawn = 1..u64::from(self.plan.edges.choices[row]);
                std::iter::once(first).chain(drawn.map(|i| below(nth(word, i), count))).collect()
            }
        };
        // The first of the least loaded.
        let tried = tried.into_iter().map(|i| candidates[i as usize]);
        tried.min_by_key(|&r| self.present_at(to, r)).expect("one is tried at least")
    }

    /// Whoever is furthest behind what its weight promises, the first of them.
    fn choose_by_weight(&mut self, edge: u32, candidates: &[usize]) -> usize {
        let row = self.plan.edges.balancing[edge as usize] as usize;
        let first = self.plan.balancings.first_weight[row] as usize;
        let weight = |r: usize| i64::from(self.plan.weights[first + r]);
        let total: i64 = candidates.iter().map(|&r| weight(r)).sum();
        let peers = &mut self.edges[edge as usize].peers;
        for &r in candidates {
            peers[r].behind += weight(r);
        }
        let chosen = candidates.iter().copied().min_by_key(|&r| -peers[r].behind).expect("there is one");
        peers[chosen].behind -= total;
        chosen
    }

    /// Whom a key belongs to, or the next in the table.
    fn choose_by_key(&mut self, edge: u32, candidates: &[usize], key: u32) -> usize {
        let to = self.plan.edges.to[edge as usize] as usize;
        let hash = self.plan.components.hash[to];
        let place = mix(nth(hash, u64::from(key)));
        let replicas = self.plan.components.replicas[to];
        let order: Vec<u32> = match self.plan.edges.balance[edge as usize] {
            6 => {
                let mut points = vec![Point::default(); (replicas * POINTS) as usize];
                fill_ring(&mut points, hash);
                let (before, from): (Vec<Point>, Vec<Point>) = points.into_iter().partition(|p| p.at < place);
                from.into_iter().chain(before).map(|point| point.replica).collect()
            }
            7 => {
                let cells = &self.edges[edge as usize].cells;
                let (before, from) = cells.split_at(below(place, cells.len() as u32) as usize);
                let order = from.iter().chain(before).map(|&r| r as usize);
                return order.into_iter().find(|r| candidates.contains(r)).expect("each replica is in the table");
            }
            _ => return candidates[below(place, candidates.len() as u32) as usize],
        };
        order.into_iter().map(|r| r as usize).find(|r| candidates.contains(r)).expect("each replica is in the table")
    }

    /// An attempt that was sent to a replica, or its hedge, has its result.
    pub(super) fn replica_is_judged(&mut self, strand: StrandId, visit_key: u64, failed: bool) {
        let call = self.strands.get(strand).call;
        let edge = self.plan.sites.edge[call.site as usize];
        let Some((rows, row)) = self.balancing_of(edge) else { return };
        let (limit, most) = (rows.eject_failures[row], rows.eject_most[row] as usize);
        let (base_ns, cap_ns) = (rows.eject_ns[row], rows.eject_cap_ns[row]);
        let copy = call.copy_of(visit_key).expect("a copy is judged");
        let replica = call.sent_to[copy].expect("it was sent");
        let peers = &mut self.edges[edge as usize].peers;
        let ejected = peers.iter().filter(|peer| peer.ejected).count();
        let peer = &mut peers[replica];
        if limit == 0 || peer.ejected {
            return;
        }
        peer.failures = if failed { peer.failures + 1 } else { 0 };
        if peer.failures >= limit && ejected < most {
            let ejections = peer.ejections + 1;
            (peer.ejected, peer.ejections, peer.failures) = (true, ejections, 0);
            let until_ns = self.now + (base_ns * ejections).min(cap_ns);
            let key = nth(self.plan.edges.hash[edge as usize], 2 * replica as u64);
            self.calendar.push(until_ns, key, Event::Return { edge, replica });
            self.tell(edge, replica, 0, true);
        }
    }

    /// An ejection is over.
    pub(super) fn readmit(&mut self, edge: u32, replica: usize) {
        self.edges[edge as usize].peers[replica].ejected = false;
        self.tell(edge, replica, 0, false);
    }

    /// What an edge holds against a replica has begun, or is over.
    pub(super) fn tell(&mut self, edge: u32, replica: usize, why: u32, out: bool) {
        let (hash, from) = (self.plan.edges.hash[edge as usize], self.plan.edges.from[edge as usize]);
        let caller = (from != NONE).then_some(from as usize);
        self.windows.fact(caller, fact::peer(hash, self.now, replica as u32, why, out));
        if out {
            *self.windows.edge(edge, edge::EJECTIONS) += 1;
        }
        let peer = &mut self.edges[edge as usize].peers[replica];
        if peer.eligible() {
            peer.since_ns = Some(self.now);
        }
    }
}
