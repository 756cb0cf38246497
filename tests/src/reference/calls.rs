//! Calls: what a caller does until it has an answer or has given up.

use super::Engine;
use super::calendar::{Event, How, Patience};
use super::program::Op;
use super::retries::TOKENS_MAX;
use super::strands::{COPIES, Call, Doing, Served, StrandId};
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::attempt_key;
use sysdl_kernel::outcome;
use sysdl_lower::plan::UNBOUNDED;

impl Engine<'_> {
    pub(super) fn edge_of(&self, site: u32) -> u32 {
        self.plan.sites.edge[site as usize]
    }

    pub(super) fn policy_of(&self, site: u32) -> usize {
        self.plan.sites.policy[site as usize] as usize
    }

    /// A strand calls, and waits; or goes on badly at once, if it is to stop.
    pub(super) fn call(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        if let Some(why) = self.reason_to_stop(strand) {
            self.strands.get(strand).outcome = why;
            return Some(op.alt);
        }
        let (site, key, began_ns) = (op.a, self.key_of_call(strand, op), self.now);
        let edge = self.edge_of(site);
        *self.windows.edge(edge, edge::CALLS) += 1;
        let budget = self.plan.policies.budget[self.policy_of(site)];
        if budget != UNBOUNDED {
            let tokens = &mut self.edges[edge as usize].tokens;
            *tokens = tokens.saturating_add(budget).min(TOKENS_MAX);
        }
        let calling = self.strands.get(strand);
        (calling.well, calling.badly, calling.doing) = (op.next, op.alt, Doing::Call);
        calling.call = Call { site, key, began_ns, ..Call::default() };
        if self.is_idempotent(site) {
            self.strands.get(strand).remembered = Some((key, Served::NotYet));
        }
        self.attempt(strand);
        None
    }

    /// An answer has come. A bad one is not the last word while a hedge is under way.
    pub(super) fn answered(&mut self, strand: StrandId, result: u32, visit_key: u64, sent: bool) {
        let call = self.strands.get(strand).call;
        let copy = if self.is_idempotent(call.site) { Some(0) } else { call.copy_of(visit_key) };
        if let Some(copy) = copy.filter(|_| sent) {
            self.disconnect(strand, copy);
        }
        let call = &mut self.strands.get(strand).call;
        if result != outcome::OK && call.beside > 0 {
            call.beside -= 1;
            let edge = self.plan.sites.edge[call.site as usize];
            self.breaker_learns(edge, visit_key, true);
            return self.replica_is_judged(strand, visit_key, true);
        }
        // Whoever answers an idempotent call, answers the attempt under way.
        let call = self.strands.get(strand).call;
        let joined = self.is_idempotent(call.site);
        let judged = if joined { attempt_key(call.key, u64::from(call.attempt)) } else { visit_key };
        self.attempt_over(strand, result, judged, sent);
    }

    /// Patience has run out: with an attempt, a gate, a queue.
    pub(super) fn out_of_patience(&mut self, strand: StrandId, with: Patience) {
        let calling = self.strands.get(strand);
        let (call, gated) = (calling.call, calling.gated);
        let visit_key = attempt_key(call.key, u64::from(call.attempt));
        match with {
            Patience::Attempt => {
                *self.windows.edge(self.edge_of(call.site), edge::TIMEOUTS) += 1;
                let result = self.plan.policies.gives_up_as[self.policy_of(call.site)];
                let sent = !gated && call.sent_to[0].is_some();
                self.attempt_over(strand, result, visit_key, sent);
            }
            Patience::Gate if gated => {
                *self.windows.edge(self.edge_of(call.site), edge::NO_PERMIT) += 1;
                self.attempt_over(strand, outcome::REJECTED, visit_key, false);
            }
            Patience::Gate => {}
            Patience::Queue => self.leave_queue(strand, outcome::ABANDONED),
            Patience::TooOld => self.message_too_old(strand),
            Patience::Alone => self.message_alone(strand),
        }
    }

    /// The attempt under way is over: its callees hear of it if they are still at it, permits are given back.
    fn end_attempt(&mut self, strand: StrandId) {
        self.give_up_answers(strand);
        let calling = self.strands.get(strand);
        calling.wait = None;
        (calling.call.beside, calling.call.waits) = (0, false);
        // Who pauses after it may be called off, and is not at it any more.
        let visits = std::mem::replace(&mut calling.call.visits, [None; COPIES]);
        let call = calling.call;
        let edge = self.edge_of(call.site);
        if self.plan.policies.cancel[self.policy_of(call.site)] == 1 {
            for visit in visits.into_iter().flatten() {
                self.call_off(edge, visit);
            }
        }
        self.leave_gate(edge, strand);
    }

    /// A strand that is to stop gives up its call.
    pub(super) fn abandon_call(&mut self, strand: StrandId) {
        self.end_attempt(strand);
        self.call_over(strand, outcome::ABANDONED);
    }

    /// An attempt has its result: the call ends, or is tried again.
    fn attempt_over(&mut self, strand: StrandId, result: u32, visit_key: u64, was_sent: bool) {
        let calling = self.strands.get(strand);
        let (call, deadline_ns) = (calling.call, calling.deadline_ns);
        let edge = self.edge_of(call.site);
        self.end_attempt(strand);
        if was_sent {
            self.breaker_learns(edge, visit_key, result != outcome::OK);
            self.replica_is_judged(strand, visit_key, result != outcome::OK);
        }
        if result == outcome::OK {
            self.throttle_learns(edge);
            self.observe_attempt(edge, self.now - call.attempt_began_ns);
            self.refund(call.site);
            return self.call_over(strand, result);
        }
        let policy = self.policy_of(call.site);
        let worth_it = self.plan.policies.retry_on[policy] >> result & 1 == 1;
        let mut pause_ns = self.backoff_ns(&call, result);
        if was_sent && matches!(result, outcome::REJECTED | outcome::SHED | outcome::RATE_LIMITED) {
            pause_ns = pause_ns.max(self.pacing_of(call.site).map_or(0, |row| self.plan.pacings.honored_ns[row]));
        }
        let in_time = deadline_ns.is_none_or(|deadline_ns| self.now + pause_ns < deadline_ns);
        if call.attempt < self.retries(call.site) && worth_it && in_time && self.take_token(call.site, result) {
            let wait = self.strands.begin_wait(strand).wait;
            let retrying = self.strands.get(strand);
            retrying.call.attempt += 1;
            let event = Event::Resume { strand, wait, how: How::NextAttempt };
            return self.calendar.push(self.now + pause_ns, retrying.key, event);
        }
        self.call_over(strand, result);
    }

    fn call_over(&mut self, strand: StrandId, result: u32) {
        let calling = self.strands.get(strand);
        calling.doing = Doing::Else;
        let (well, badly, call) = (calling.well, calling.badly, calling.call);
        let took_ns = self.now - call.began_ns;
        let edge = self.edge_of(call.site);
        self.observe_call(edge, took_ns);
        *self.windows.edge(edge, edge::LATENCY_NS) += took_ns;
        let longest = self.windows.edge(edge, edge::LATENCY_MAX_NS);
        *longest = took_ns.max(*longest);
        if result == outcome::OK {
            *self.windows.edge(edge, edge::OK) += 1;
            return self.go_on(strand, well);
        }
        *self.windows.edge(edge, edge::FAILED) += 1;
        self.strands.get(strand).outcome = result;
        self.go_on(strand, badly);
    }
}
