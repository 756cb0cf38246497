//! Attempts: what is in the way of one before it is sent, how long it is waited for, and what is sent beside it.

use super::Engine;
use super::balancing::LEADER;
use super::calendar::{Event, How, Patience};
use super::gates::Found;
use super::strands::{COPIES, StrandId, Waiting};
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::attempt_key;
use sysdl_kernel::outcome;

impl Engine<'_> {
    /// Makes an attempt of the strand's call.
    pub(super) fn attempt(&mut self, strand: StrandId) {
        let waiting = self.strands.begin_wait(strand);
        let now = self.now;
        let calling = self.strands.get(strand);
        (calling.call.waiting, calling.call.attempt_began_ns) = (Some(waiting), now);
        calling.call.visits = [None; COPIES];
        calling.call.sent_to = [None; COPIES];
        (calling.call.beside, calling.call.waits) = (0, false);
        let (key, call) = (calling.key, calling.call);
        let edge = self.edge_of(call.site);
        *self.windows.edge(edge, edge::ATTEMPTS) += 1;
        if call.attempt > 0 {
            *self.windows.edge(edge, edge::RETRIES) += 1;
        }
        let at_once = self.plan.sites.once_received[call.site as usize] == 0;
        if let Some(until_ns) = self.wanted_until(strand).filter(|_| at_once) {
            let event = Event::Timeout { strand, wait: waiting.wait, with: Patience::Attempt };
            self.calendar.push(until_ns, key, event);
        }
        let visit_key = attempt_key(call.key, u64::from(call.attempt));
        if !self.throttle_lets_through(edge, visit_key) {
            return self.refuse(waiting, visit_key, outcome::SHED);
        }
        if !self.breaker_lets_through(edge, visit_key) {
            return self.refuse(waiting, visit_key, outcome::BREAKER_OPEN);
        }
        match self.enter_gate(edge, waiting) {
            Found::Permit => self.send_attempt(strand),
            Found::Line => {}
            Found::Nothing => self.refuse(waiting, visit_key, outcome::REJECTED),
        }
    }

    /// An attempt is answered without having been sent.
    fn refuse(&mut self, waiting: Waiting, visit_key: u64, outcome: u32) {
        let Waiting { strand, wait } = waiting;
        self.calendar.push(self.now + 1, visit_key, Event::Reply { strand, wait, outcome, visit_key, sent: false });
    }

    /// A visit has been received whose caller's patience begins now.
    pub(super) fn received(&mut self, visit: StrandId) {
        let strand = self.strands.get(visit);
        let (site, caller) = (strand.visit().site, strand.awaited_by);
        let Some(Waiting { strand, wait }) = caller.filter(|&caller| self.strands.waits(caller)) else { return };
        if let Some(timeout_ns) = self.timeout_ns(site) {
            let key = self.strands.get(strand).key;
            self.calendar.push(self.now + timeout_ns, key, Event::Timeout { strand, wait, with: Patience::Attempt });
        }
    }

    /// End of the patience with the attempt under way, but no later than the strand itself is wanted.
    pub(super) fn wanted_until(&mut self, strand: StrandId) -> Option<u64> {
        let calling = self.strands.get(strand);
        let (call, deadline_ns) = (calling.call, calling.deadline_ns);
        let patience_ends = self.timeout_ns(call.site).map(|timeout_ns| call.attempt_began_ns + timeout_ns);
        [patience_ends, deadline_ns].into_iter().flatten().min()
    }

    /// Sends the attempt under way, which has what it needs.
    pub(super) fn send_attempt(&mut self, strand: StrandId) {
        let calling = self.strands.get(strand);
        let (key, call) = (calling.key, calling.call);
        let waiting = call.waiting.expect("an attempt is under way");
        let edge = self.edge_of(call.site);
        let visit_key = attempt_key(call.key, u64::from(call.attempt));
        let role = self.plan.sites.role[call.site as usize];
        if self.sends_to_nobody(edge, role) {
            let to = self.plan.edges.to[edge as usize] as usize;
            let for_leader = role == LEADER;
            self.strands.get(strand).call.waits = for_leader && self.waits_for_leader(to);
            if self.strands.get(strand).call.waits {
                return;
            }
            *self.windows.edge(edge, edge::NONE_ELIGIBLE) += 1;
            return self.refuse(waiting, visit_key, if for_leader { outcome::NO_LEADER } else { outcome::REJECTED });
        }
        if let Some(Err(outcome)) = self.broker_for(strand, call.site) {
            return self.refuse(waiting, visit_key, outcome);
        }
        self.strands.get(strand).call.waits = false;
        let until_ns = self.wanted_until(strand);
        let request_key = self.key_of_message(strand, call.site, call.key);
        let size = self.size_of_request(strand, call.site, call.key);
        let visit = self.send_request(strand, call.site, (visit_key, request_key), size, Some(waiting), until_ns);
        self.strands.get(strand).call.visits[0] = visit;
        self.hedge_later(key, call.site, waiting, 0);
    }

    /// A hedge of that number is due later.
    fn hedge_later(&mut self, key: u64, site: u32, waiting: Waiting, number: u32) {
        let after_ns = self.hedge_after_ns(site);
        if after_ns > 0 {
            let event = Event::Resume { strand: waiting.strand, wait: waiting.wait, how: How::Hedge { number } };
            self.calendar.push(self.now + after_ns, key, event);
        }
    }

    /// Makes another attempt beside the one under way, if nothing stands in its way.
    pub(super) fn hedge(&mut self, strand: StrandId, number: u32) {
        let calling = self.strands.get(strand);
        let (key, call) = (calling.key, calling.call);
        let edge = self.edge_of(call.site);
        let more = self.pacing_of(call.site).map_or(0, |row| self.plan.pacings.hedges_more[row]);
        if number < more {
            self.hedge_later(key, call.site, call.waiting.expect("an attempt is under way"), number + 1);
        }
        let copy = number as usize + 1;
        let nobody = self.sends_to_nobody(edge, self.plan.sites.role[call.site as usize]);
        if !self.breaker_is_closed(edge) || nobody || !self.enter_gate_beside(edge, strand) {
            return;
        }
        *self.windows.edge(edge, edge::ATTEMPTS) += 1;
        *self.windows.edge(edge, edge::HEDGES) += 1;
        let until_ns = self.wanted_until(strand);
        let visit_key = call.copy_key(copy);
        let request_key = self.key_of_message(strand, call.site, call.key);
        let size = self.size_of_request(strand, call.site, call.key);
        let visit = self.send_request(strand, call.site, (visit_key, request_key), size, call.waiting, until_ns);
        let calling = self.strands.get(strand);
        calling.call.visits[copy] = visit;
        calling.call.hedges += 1;
        calling.call.beside += 1;
    }
}
