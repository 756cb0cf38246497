//! What faults change about edges and components beyond the network, service and errors.

use super::Engine;
use super::calendar::{Event, How};
use super::program::Op;
use super::strands::{StrandId, Waiting};
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::{HOT_KEY, KEY_OF_REQUEST, chance, draw, nth};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{ComponentStrains, EdgeStrains, NONE};

impl Engine<'_> {
    /// Value of a parameter of an edge; none where it cannot change.
    fn edge_strain(&self, edge: u32, column: fn(&EdgeStrains) -> &Vec<u32>) -> Option<f64> {
        let row = self.plan.edges.strain[edge as usize];
        (row != NONE).then(|| self.parameters.of(column(&self.plan.edge_strains)[row as usize])).flatten()
    }

    /// The same of a component's replica.
    fn strain(&self, c: usize, r: usize, column: fn(&ComponentStrains) -> &Vec<u32>) -> Option<f64> {
        let row = self.plan.components.strain[c];
        (row != NONE).then(|| self.parameters.at(column(&self.plan.component_strains)[row as usize], r)).flatten()
    }

    fn edge_purpose(&self, edge: u32, which: usize) -> u64 {
        let row = self.plan.edges.strain[edge as usize];
        self.plan.edge_strains.purposes[row as usize][which]
    }

    /// Whether an attempt is refused. Its caller hears of it when an answer could have come back.
    pub(super) fn refuses(&mut self, edge: u32, visit_key: u64, caller: Option<Waiting>) -> bool {
        let share = self.edge_strain(edge, |rows| &rows.slot_refused).unwrap_or(0.0);
        if share <= 0.0 || !chance(draw(visit_key, self.edge_purpose(edge, 0)), share) {
            return false;
        }
        let Some(Waiting { strand, wait }) = caller else {
            *self.windows.edge(edge, edge::LOST) += 1;
            return true;
        };
        let at_ns = self.now + 2 * self.leg(edge, visit_key, false, 0);
        let event = Event::Reply { strand, wait, outcome: outcome::FAILED, visit_key, sent: true };
        self.calendar.push(at_ns, visit_key, event);
        true
    }

    /// What an answer becomes on its way.
    pub(super) fn cut_off(&self, edge: u32, visit_key: u64, result: u32) -> u32 {
        let share = self.edge_strain(edge, |rows| &rows.slot_broken).unwrap_or(0.0);
        let is_cut = result == outcome::OK && share > 0.0 && chance(draw(visit_key, self.edge_purpose(edge, 1)), share);
        if is_cut { outcome::FAILED } else { result }
    }

    /// Patience with an attempt, none: for ever.
    pub(super) fn timeout_ns(&self, site: u32) -> Option<u64> {
        let timeout_ns = self.plan.policies.timeout_ns[self.policy_of(site)];
        let factor = self.edge_strain(self.edge_of(site), |rows| &rows.slot_timeout);
        (timeout_ns > 0).then(|| factor.map_or(timeout_ns, |factor| ((timeout_ns as f64 * factor) as u64).max(1)))
    }

    /// Attempts after the first.
    pub(super) fn retries(&self, site: u32) -> u32 {
        let more = self.edge_strain(self.edge_of(site), |rows| &rows.slot_retries).unwrap_or(0.0);
        self.plan.policies.retry_max[self.policy_of(site)].saturating_add(more as u32)
    }

    /// A pause between attempts.
    pub(super) fn stretched(&self, site: u32, pause: f64) -> f64 {
        pause * self.edge_strain(self.edge_of(site), |rows| &rows.slot_backoff).unwrap_or(1.0)
    }

    /// Permits of each gate of an edge.
    pub(super) fn permits(&self, edge: u32) -> u32 {
        let all = self.plan.edges.permits[edge as usize];
        self.edge_strain(edge, |rows| &rows.slot_permits).map_or(all, |permits| permits as u32)
    }

    /// Whether a probe is answered badly, however its replica is.
    pub(super) fn probe_is_spoiled(&self, edge: u32, key: u64) -> bool {
        let share = self.edge_strain(edge, |rows| &rows.slot_probe_errors).unwrap_or(0.0);
        share > 0.0 && chance(draw(key, self.edge_purpose(edge, 3)), share)
    }

    /// A replica has another number of servers: those that are free take who waits.
    pub(super) fn change_servers(&mut self, c: usize, r: usize, servers: f64) {
        self.stations[c].replicas[r].most = Some(servers as u32);
        if !self.stations[c].is_up(r) {
            return;
        }
        if self.stations[c].group.is_some() {
            return self.serve(c, Some(r));
        }
        if self.plan.components.shared_queue[c] == 1 {
            return self.take_from_queue(c, r);
        }
        while self.stations[c].is_free(r, self.plan.components.servers[c]) {
            let Some(next) = self.next_in_queue(c, r) else { return };
            self.serve_next(c, r, next);
        }
    }

    /// Whether a visit is about a key that breaks whoever handles it.
    pub(super) fn is_poison(&mut self, c: usize, visit: StrandId) -> bool {
        let Some(share) = self.strain(c, 0, |rows| &rows.slot_poison).filter(|&share| share > 0.0) else {
            return false;
        };
        let key_of_draws = self.plan.component_strains.purposes[self.plan.components.strain[c] as usize][1];
        let key = self.strands.get(visit).request_key;
        key.is_some_and(|key| chance(nth(key_of_draws, u64::from(key)), share))
    }

    /// Time until a new replica serves.
    pub(super) fn startup_ns(&self, c: usize) -> u64 {
        let startup_ns = self.plan.fleets.startup_ns[self.plan.components.fleet[c] as usize];
        let factor = self.strain(c, 0, |rows| &rows.slot_startup);
        factor.map_or(startup_ns, |factor| (startup_ns as f64 * factor) as u64)
    }

    /// Whether an autoscaler does nothing.
    pub(super) fn is_stuck(&self, c: usize) -> bool {
        self.strain(c, 0, |rows| &rows.slot_stuck).is_some_and(|stuck| stuck != 0.0)
    }

    /// Share of writes that fail where a strand is.
    pub(super) fn failed_writes(&mut self, strand: StrandId) -> f64 {
        let (c, r) = self.place(strand);
        self.strain(c, r, |rows| &rows.slot_writes).unwrap_or(0.0)
    }

    /// A visit whose steps are done lingers, or stalls. The operation that follows at once, if any.
    pub(super) fn linger(&mut self, visit: StrandId, op: Op) -> Option<u32> {
        let (c, r) = self.place(visit);
        let strand = self.strands.get(visit);
        let (key, site) = (strand.key, strand.visit().site);
        let edge = self.edge_of(site);
        let is_drawn = |share: f64, purpose: u64| share > 0.0 && chance(draw(key, purpose), share);
        let whole = |time: Option<f64>| time.filter(|&time| time > 0.0).map(|time| (time as u64).max(1));

        let share = self.edge_strain(edge, |rows| &rows.slot_linger).unwrap_or(0.0);
        let time = whole(self.edge_strain(edge, |rows| &rows.slot_linger_time));
        let lingers = time.filter(|_| is_drawn(share, self.edge_purpose(edge, 2)));

        let share = self.strain(c, r, |rows| &rows.slot_stall).unwrap_or(0.0);
        let time = whole(self.strain(c, r, |rows| &rows.slot_stall_time));
        let row = self.plan.components.strain[c] as usize;
        let stalls = time.filter(|_| is_drawn(share, self.plan.component_strains.purposes[row][0]));

        let strand = self.strands.get(visit);
        (strand.well, strand.badly) = (op.next, op.alt);
        if stalls.is_some() {
            strand.outcome = outcome::FAILED;
        }
        let held_ns = match (lingers, stalls) {
            (None, None) => return Some(op.next),
            (one, other) => one.unwrap_or(0) + other.unwrap_or(0),
        };
        let wait = self.strands.begin_wait(visit).wait;
        let how = if stalls.is_some() { How::Badly } else { How::Well };
        self.calendar.push(self.now + held_ns, key, Event::Resume { strand: visit, wait, how });
        None
    }

    /// What the clock of a store shows.
    pub(super) fn clock_of_store(&self, store: usize) -> u64 {
        let slot = self.plan.keepings.slot_clock.get(store).copied().unwrap_or(NONE);
        self.now.saturating_add(self.parameters.of(slot).unwrap_or(0.0) as u64)
    }

    /// How many entries a store may hold.
    pub(super) fn room_of_store(&self, store: usize) -> u32 {
        let slot = self.plan.keepings.slot_capacity.get(store).copied().unwrap_or(NONE);
        let all = self.plan.stores.capacity[store];
        self.parameters.of(slot).map_or(all, |room| all.min(room as u32))
    }

    /// A limit of a budget, which may be none.
    pub(super) fn limit_of_budget(&self, budget: u32, most: u64) -> u64 {
        let factor = self.parameters.of(self.plan.budgets.slot[budget as usize]).filter(|_| most < u64::MAX);
        factor.map_or(most, |factor| (most as f64 * factor) as u64)
    }

    /// The key of a request, drawn from a population for a call.
    pub(super) fn drawn_key(&mut self, keyspace: u32, call_key: u64) -> u32 {
        let hot = self.parameters.of(self.plan.keyspaces.slot_hot[keyspace as usize]).unwrap_or(0.0);
        if hot > 0.0 && chance(draw(call_key, HOT_KEY), hot) {
            return 0;
        }
        self.draws.key(keyspace, draw(call_key, KEY_OF_REQUEST))
    }

    /// Partitions are to be assigned anew, whoever has come or gone.
    pub(super) fn ask_for_assignment(&mut self, c: usize) {
        if self.stations[c].group.is_some() && self.is_assigned(c) {
            self.begin_assignment(c);
        }
    }
}
