//! Calls: attempts, messages, patience, retries.

use super::Engine;
use super::balancing::{self, LEADER, Peer};
use super::breakers::Breaker;
use super::calendar::{Event, How, Message, Patience};
use super::connections::Connections;
use super::draws::whole_ns;
use super::gates::{self, Found, Gate};
use super::gathering::{self, Basket};
use super::meters::{UnderWay, Usage};
use super::program::Op;
use super::strands::{COPIES, Call, Doing, Role, Served, Strand, StrandId, Visit, Waiting};
use super::throttling::Throttle;
use std::collections::HashMap;
use sysdl_kernel::columns::{component, edge};
use sysdl_kernel::draw::{attempt_key, draw, unit_f64};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// One retry token.
const TOKEN: u32 = 65_536;
/// Most tokens that a budget holds.
const TOKENS_MAX: u32 = 10 * TOKEN;

/// What changes about an edge.
pub(super) struct Edge {
    /// Round robin: the replica from which the next is looked for; of all, and from 1 on of each zone.
    pub(super) turns: HashMap<usize, usize>,
    /// What it holds against replicas; nothing if it may send to all, always.
    pub(super) peers: Vec<Peer>,
    /// Its Maglev table.
    pub(super) cells: Vec<u32>,
    /// Retry tokens.
    tokens: u32,
    pub(super) breaker: Breaker,
    pub(super) throttle: Throttle,
    /// One per replica of the caller.
    pub(super) gates: Vec<Gate>,
    /// What gathers, one per replica of the caller.
    pub(super) baskets: Vec<Basket>,
    pub(super) connections: Connections,
    /// When its link is free again, for requests and for replies.
    pub(super) free_ns: [u64; 2],
}

/// Edges as they are at the begin of a run.
pub(super) fn all(plan: &Plan) -> Vec<Edge> {
    let edge = |edge: usize| Edge {
        turns: HashMap::new(),
        peers: balancing::peers(plan, edge),
        cells: balancing::cells(plan, edge),
        tokens: first_tokens(plan, edge),
        breaker: Breaker::default(),
        throttle: Throttle::default(),
        gates: gates::of_edge(plan, edge),
        baskets: gathering::of_edge(plan, edge),
        connections: Connections::default(),
        free_ns: [0; 2],
    };
    (0..plan.edges.hash.len()).map(edge).collect()
}

/// Buckets begin full. Where several policies of an edge have one, the last has its way.
fn first_tokens(plan: &Plan, edge: usize) -> u32 {
    let sites = (0..plan.sites.edge.len()).rev();
    let mut policies = sites
        .filter(|&site| plan.sites.edge[site] as usize == edge && plan.sites.policy[site] != NONE)
        .map(|site| plan.policies.bucket_size[plan.sites.policy[site] as usize]);
    policies.find(|&size| size > 0).unwrap_or(TOKENS_MAX)
}

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

    /// A strand hands a message over, and goes on.
    pub(super) fn send(&mut self, strand: StrandId, op: Op) {
        let key = self.key_of_call(strand, op);
        self.send_under(strand, op.a, key);
        self.send_for_others(strand, op);
    }

    /// A strand hands a message over under a key.
    pub(super) fn send_under(&mut self, strand: StrandId, site: u32, key: u64) {
        let edge = self.edge_of(site);
        *self.windows.edge(edge, edge::CALLS) += 1;
        *self.windows.edge(edge, edge::ATTEMPTS) += 1;
        if self.sends_to_nobody(edge, self.plan.sites.role[site as usize]) {
            *self.windows.edge(edge, edge::NONE_ELIGIBLE) += 1;
            return;
        }
        let request_key = self.key_of_message(strand, site, key);
        let own = self.strands.get(strand).size;
        let size = self.size_of_message(strand, site, key, own);
        self.send_request(strand, site, (attempt_key(key, 0), request_key), size, None, None);
    }

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

    /// The key that the visits of a call or message will be about: drawn once for all of them, or the caller's.
    fn key_of_message(&mut self, strand: StrandId, site: u32, call_key: u64) -> Option<u32> {
        match self.plan.sites.keys[site as usize] {
            NONE => self.strands.get(strand).request_key,
            keyspace => Some(self.drawn_key(keyspace, call_key)),
        }
    }

    /// Sends a request message about a key; the visit that it will be is on its way.
    fn send_request(
        &mut self,
        sender: StrandId,
        site: u32,
        (visit_key, request_key): (u64, Option<u32>),
        size: u64,
        caller: Option<Waiting>,
        until_ns: Option<u64>,
    ) -> Option<StrandId> {
        let edge = self.edge_of(site);
        let gathers = self.gathers(edge);
        let replica = if let Some(Ok(broker)) = self.broker_for(sender, site) {
            Some(broker)
        } else if gathers.is_some() {
            None
        } else {
            let chooser = self.chooser(edge, sender, visit_key);
            let role = self.plan.sites.role[site as usize];
            self.choose_replica(sender, edge, role, chooser, request_key)
        };
        let crosses = replica.is_some_and(|replica| self.crosses(sender, edge, replica));
        let mut copy = 0;
        if let Some(Waiting { strand, .. }) = caller {
            let call = &mut self.strands.get(strand).call;
            copy = call.copy_of(visit_key).expect("a request that is answered is a copy of the attempt");
            (call.sent_to[copy], call.connections[copy]) = (Some(replica.unwrap_or(0)), None);
        }
        if self.refuses(edge, visit_key, caller) {
            return None;
        }
        let connect_ns = caller
            .map_or(0, |Waiting { strand, .. }| self.connect(edge, strand, copy, replica.unwrap_or(0), visit_key));
        let visit = Visit { site, arrived_ns: None, started_ns: None, answered: false };
        let mut strand = Strand::new(visit_key, Role::Visit(visit), self.plan.run.registers);
        (strand.size, strand.result) = (size, self.size_of_answer(site, size, visit_key));
        strand.awaited_by = caller;
        if caller.is_some() && self.plan.policies.deadline[self.policy_of(site)] == 1 {
            strand.deadline_ns = until_ns;
        }
        strand.priority = self.plan.sites.priority[site as usize];
        let handed_on = self.plan.edges.subscription[edge as usize] != NONE;
        let sending = self.strands.get(sender);
        strand.born_ns = match caller {
            _ if handed_on => sending.born_ns,
            Some(_) => sending.call.began_ns,
            None => self.now,
        };
        strand.component = Some(self.plan.edges.to[edge as usize] as usize);
        (strand.replica, strand.crosses) = (replica, crosses);
        strand.request_key = request_key;
        if let Some(Waiting { strand: caller, .. }) = caller
            && self.is_idempotent(site)
        {
            strand.serves = Some(self.strands.get(caller).call.key);
        }
        let visit = self.strands.add(strand);
        if let Some(row) = gathers {
            self.gather(edge, row, sender, visit, size);
            return Some(visit);
        }
        self.message_sets_out(edge);
        if !self.send_message_later(edge, Message::Request { visit, visit_key }, size, connect_ns) {
            self.message_landed(edge);
            self.strands.remove(visit);
            return None;
        }
        Some(visit)
    }

    /// A visit answers: its caller will hear of it, if it still waits.
    pub(super) fn answer(&mut self, visit: StrandId, result: u32) {
        let strand = self.strands.get(visit);
        strand.visit().answered = true;
        let (key, component, site) = (strand.key, strand.component, strand.visit().site);
        if result == outcome::OK {
            self.is_done(visit);
        }
        let strand = self.strands.get(visit);
        let size = if result == outcome::OK { strand.result } else { 0 };
        let usage = std::mem::take(&mut strand.usage);
        let Some(caller) = strand.awaited_by else { return };
        if !self.strands.waits(caller) {
            let component = component.expect("a visit has a component");
            self.waste(component, usage);
            if self.reason_to_stop(visit).is_none() {
                self.windows.add(component, component::ORPHANED, 1);
            }
            return;
        }
        self.send_reply(site, key, size, usage, caller, result);
    }

    /// Sends a reply message to a strand that waits.
    pub(super) fn send_reply(
        &mut self,
        site: u32,
        visit_key: u64,
        size: u64,
        usage: Usage,
        caller: Waiting,
        outcome: u32,
    ) {
        let edge = self.edge_of(site);
        let Waiting { strand, wait } = caller;
        let outcome = self.cut_off(edge, visit_key, outcome);
        if self.send_message(edge, Message::Reply { strand, wait, outcome, visit_key }, size) {
            self.strands.get(strand).under_way.push(UnderWay { visit_key, usage });
        } else {
            let callee = self.plan.edges.to[edge as usize] as usize;
            self.waste(callee, usage);
        }
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

    fn call_off(&mut self, edge: u32, visit: StrandId) {
        if !self.strands.is_alive(visit) || self.strands.get(visit).visit().answered {
            return;
        }
        let visit_key = self.strands.get(visit).key;
        self.send_message(edge, Message::Word { visit, visit_key }, 0);
    }

    /// A strand that is to stop gives up its call.
    pub(super) fn abandon_call(&mut self, strand: StrandId) {
        self.end_attempt(strand);
        self.call_over(strand, outcome::ABANDONED);
    }

    /// An attempt has its result: the call ends, or is tried again.
    pub(super) fn attempt_over(&mut self, strand: StrandId, result: u32, visit_key: u64, was_sent: bool) {
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

    /// Takes a retry token. True also where retries have no budget.
    fn take_token(&mut self, site: u32, result: u32) -> bool {
        let (policies, policy) = (&self.plan.policies, self.policy_of(site));
        let (cost, floor) = match (policies.bucket_size[policy], policies.budget[policy]) {
            (0, UNBOUNDED) => return true,
            (0, _) => (TOKEN, 0),
            _ => (policies.bucket_cost[policy], policies.bucket_floor[policy]),
        };
        let throttled = policies.bucket_size[policy] > 0;
        let cost = match self.throttled_by(site, result).filter(|_| throttled) {
            Some(row) => self.plan.pacings.throttled_cost[row],
            None => cost,
        };
        let edge = self.edge_of(site) as usize;
        let tokens = &mut self.edges[edge].tokens;
        let enough = *tokens >= cost.saturating_add(floor);
        if enough {
            *tokens -= cost;
        }
        enough
    }

    /// A call has ended well.
    fn refund(&mut self, site: u32) {
        let (policies, policy, edge) = (&self.plan.policies, self.policy_of(site), self.edge_of(site) as usize);
        if policies.bucket_size[policy] > 0 {
            let tokens = &mut self.edges[edge].tokens;
            *tokens = tokens.saturating_add(policies.bucket_refund[policy]).min(policies.bucket_size[policy]);
        }
    }

    /// The pause after an attempt.
    fn backoff_ns(&self, call: &Call, result: u32) -> u64 {
        let (policies, policy) = (&self.plan.policies, self.policy_of(call.site));
        let throttled = self.throttled_by(call.site, result).map(|row| self.plan.pacings.throttled_ns[row]);
        let first = throttled.unwrap_or(policies.backoff_ns[policy]) as f64;
        let cap = policies.backoff_cap_ns[policy] as f64;
        let u = |attempt: u32| {
            let visit_key = attempt_key(call.key, u64::from(attempt));
            unit_f64(draw(visit_key, self.plan.sites.purpose_backoff[call.site as usize]))
        };
        let mut backoff = first;
        if policies.jitter[policy] == 3 {
            for attempt in 0..=call.attempt {
                backoff = (first + u(attempt) * (3.0 * backoff - first)).min(cap);
            }
            return whole_ns(self.stretched(call.site, backoff));
        }
        for _ in 0..call.attempt {
            backoff *= policies.backoff_factor[policy];
        }
        backoff = backoff.min(cap);
        let u = u(call.attempt);
        let pause = match policies.jitter[policy] {
            0 => backoff,
            1 => u * backoff,
            4 => {
                let row = self.pacing_of(call.site).expect("jitter to either side is a pacing");
                backoff * (1.0 + self.plan.pacings.jitter_share[row] * (2.0 * u - 1.0))
            }
            _ => backoff / 2.0 + u * (backoff / 2.0),
        };
        whole_ns(self.stretched(call.site, pause))
    }
}
