//! Calls: attempts, messages, patience, retries.

use super::Engine;
use super::breakers::Breaker;
use super::calendar::{Event, How};
use super::draws::whole_ns;
use super::program::Op;
use super::strands::{Call, Role, Strand, StrandId, Visit, Waiting};
use sysdl_kernel::columns::{component, edge};
use sysdl_kernel::draw::{below, chance, draw, nth, unit_f64};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// One retry token.
const TOKEN: u32 = 65_536;
/// Most tokens that a budget holds.
const TOKENS_MAX: u32 = 10 * TOKEN;

/// What changes about an edge.
pub(super) struct Edge {
    /// Messages sent round robin.
    turns: u64,
    /// Retry tokens.
    tokens: u32,
    pub(super) breaker: Breaker,
}

/// Edges as they are at the begin of a run.
pub(super) fn all(plan: &Plan) -> Vec<Edge> {
    plan.edges.hash.iter().map(|_| Edge { turns: 0, tokens: TOKENS_MAX, breaker: Breaker::default() }).collect()
}

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Request,
    Reply,
}

impl Engine<'_> {
    fn edge_of(&self, site: u32) -> u32 {
        self.plan.sites.edge[site as usize]
    }

    fn policy_of(&self, site: u32) -> usize {
        self.plan.sites.policy[site as usize] as usize
    }

    /// A strand calls, and waits.
    pub(super) fn call(&mut self, strand: StrandId, op: Op) {
        let (site, key, began_ns) = (op.a, self.key_of_call(strand, op), self.now);
        let edge = self.edge_of(site);
        *self.windows.edge(edge, edge::CALLS) += 1;
        let budget = self.plan.policies.budget[self.policy_of(site)];
        if budget != UNBOUNDED {
            let tokens = &mut self.edges[edge as usize].tokens;
            *tokens = tokens.saturating_add(budget).min(TOKENS_MAX);
        }
        let calling = self.strands.get(strand);
        (calling.well, calling.badly) = (op.next, op.alt);
        calling.call = Call { site, key, began_ns, attempt: 0 };
        self.attempt(strand);
    }

    /// A strand hands a message over, and goes on.
    pub(super) fn send(&mut self, strand: StrandId, op: Op) {
        let edge = self.edge_of(op.a);
        *self.windows.edge(edge, edge::CALLS) += 1;
        *self.windows.edge(edge, edge::ATTEMPTS) += 1;
        let key = self.key_of_call(strand, op);
        self.send_request(op.a, nth(key, 0), None);
    }

    /// Makes an attempt of the strand's call.
    pub(super) fn attempt(&mut self, strand: StrandId) {
        let waiting = self.strands.begin_wait(strand);
        let (key, call) = (self.strands.get(strand).key, self.strands.get(strand).call);
        let edge = self.edge_of(call.site);
        *self.windows.edge(edge, edge::ATTEMPTS) += 1;
        if call.attempt > 0 {
            *self.windows.edge(edge, edge::RETRIES) += 1;
        }
        let timeout_ns = self.plan.policies.timeout_ns[self.policy_of(call.site)];
        if timeout_ns > 0 {
            self.calendar.push(self.now + timeout_ns, key, Event::Timeout { strand, wait: waiting.wait });
        }
        let visit_key = nth(call.key, u64::from(call.attempt));
        if !self.breaker_lets_through(edge, visit_key) {
            let Waiting { strand, wait } = waiting;
            let event = Event::Reply { strand, wait, outcome: outcome::BREAKER_OPEN };
            return self.calendar.push(self.now + 1, visit_key, event);
        }
        self.send_request(call.site, visit_key, Some(waiting));
    }

    /// Sends a request message; the visit that it will be is on its way.
    fn send_request(&mut self, site: u32, visit_key: u64, caller: Option<Waiting>) {
        let edge = self.edge_of(site);
        let replica = self.choose_replica(edge, visit_key);
        let Some(leg_ns) = self.message(edge, visit_key, Way::Request) else { return };
        let visit = Visit { site, arrived_ns: None, started_ns: None, answered: false };
        let mut strand = Strand::new(visit_key, Role::Visit(visit), self.plan.run.registers);
        strand.awaited_by = caller;
        strand.priority = self.plan.sites.priority[site as usize];
        strand.component = Some(self.plan.edges.to[edge as usize] as usize);
        strand.replica = replica;
        let visit = self.strands.add(strand);
        self.calendar.push(self.now + leg_ns, visit_key, Event::Arrive { visit });
    }

    /// The replica that an attempt goes to; none where replicas share a queue.
    fn choose_replica(&mut self, edge: u32, visit_key: u64) -> Option<usize> {
        let edge = edge as usize;
        let to = self.plan.edges.to[edge] as usize;
        let replicas = self.plan.components.replicas[to];
        if self.plan.components.shared_queue[to] == 1 {
            return None;
        }
        if replicas == 1 {
            return Some(0);
        }
        let word = draw(visit_key, self.plan.edges.purposes[edge][6]);
        let first = below(word, replicas);
        let candidates: Vec<u32> = match self.plan.edges.balance[edge] {
            0 => {
                let turn = self.edges[edge].turns;
                self.edges[edge].turns += 1;
                return Some((turn % u64::from(replicas)) as usize);
            }
            1 => vec![first],
            2 => (0..replicas).map(|i| (first + i) % replicas).collect(),
            _ => {
                let drawn = 1..u64::from(self.plan.edges.choices[edge]);
                std::iter::once(first).chain(drawn.map(|i| below(nth(word, i), replicas))).collect()
            }
        };
        // The first of the least loaded.
        candidates.into_iter().map(|r| r as usize).min_by_key(|&r| self.present_at(to, r))
    }

    /// Time of a message on the network; none if it is lost.
    fn message(&mut self, edge: u32, visit_key: u64, way: Way) -> Option<u64> {
        let (edges, row) = (&self.plan.edges, edge as usize);
        let reply = usize::from(way == Way::Reply);
        let slot_loss = [edges.slot_loss_request[row], edges.slot_loss_reply[row]][reply];
        let purposes = edges.purposes[row];

        let mut loss = edges.loss[row];
        if let Some(more) = self.parameters.of(slot_loss) {
            loss = 1.0 - (1.0 - loss) * (1.0 - more);
        }
        if loss > 0.0 && chance(draw(visit_key, purposes[4 + reply]), loss) {
            *self.windows.edge(edge, edge::LOST) += 1;
            return None;
        }

        let mut time = 0.0;
        if edges.latency[row] != NONE {
            time = self.draws.sample(edges.latency[row], draw(visit_key, purposes[reply]));
        }
        if let Some(delay) = self.parameters.of(edges.slot_delay[row]) {
            time += delay;
        }
        if let Some(jitter) = self.parameters.of(edges.slot_jitter[row]).filter(|&jitter| jitter > 0.0) {
            time += jitter * unit_f64(draw(visit_key, purposes[2 + reply]));
        }
        Some(whole_ns(0.5 * time))
    }

    /// A visit answers: its caller will hear of it, if it still waits.
    pub(super) fn answer(&mut self, visit: StrandId, result: u32) {
        let strand = self.strands.get(visit);
        strand.visit().answered = true;
        let (key, component, site) = (strand.key, strand.component, strand.visit().site);
        let Some(caller) = strand.awaited_by else { return };
        if !self.strands.waits(caller) {
            let component = component.expect("a visit has a component");
            return self.windows.add(component, component::ORPHANED, 1);
        }
        self.send_reply(site, key, caller, result);
    }

    /// Sends a reply message to a strand that waits.
    pub(super) fn send_reply(&mut self, site: u32, visit_key: u64, caller: Waiting, outcome: u32) {
        let edge = self.edge_of(site);
        let Some(leg_ns) = self.message(edge, visit_key, Way::Reply) else { return };
        let Waiting { strand, wait } = caller;
        self.calendar.push(self.now + leg_ns, visit_key, Event::Reply { strand, wait, outcome });
    }

    /// Patience with an attempt has run out.
    pub(super) fn out_of_patience(&mut self, strand: StrandId) {
        let site = self.strands.get(strand).call.site;
        *self.windows.edge(self.edge_of(site), edge::TIMEOUTS) += 1;
        self.attempt_over(strand, self.plan.policies.gives_up_as[self.policy_of(site)]);
    }

    /// An attempt has its result: the call ends, or is tried again.
    pub(super) fn attempt_over(&mut self, strand: StrandId, result: u32) {
        let call = self.strands.get(strand).call;
        if result != outcome::BREAKER_OPEN {
            let visit_key = nth(call.key, u64::from(call.attempt));
            self.breaker_learns(self.edge_of(call.site), visit_key, result != outcome::OK);
        }
        if result == outcome::OK {
            return self.call_over(strand, result);
        }
        let policy = self.policy_of(call.site);
        let worth_it = self.plan.policies.retry_on[policy] >> result & 1 == 1;
        if call.attempt < self.plan.policies.retry_max[policy] && worth_it && self.take_token(call.site) {
            let pause_ns = self.backoff_ns(&call);
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
        let (well, badly, call) = (calling.well, calling.badly, calling.call);
        let took_ns = self.now - call.began_ns;
        let edge = self.edge_of(call.site);
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
    fn take_token(&mut self, site: u32) -> bool {
        if self.plan.policies.budget[self.policy_of(site)] == UNBOUNDED {
            return true;
        }
        let edge = self.edge_of(site) as usize;
        let tokens = &mut self.edges[edge].tokens;
        let left = tokens.checked_sub(TOKEN);
        *tokens = left.unwrap_or(*tokens);
        left.is_some()
    }

    /// The pause after an attempt.
    fn backoff_ns(&self, call: &Call) -> u64 {
        let (policies, policy) = (&self.plan.policies, self.policy_of(call.site));
        let mut backoff = policies.backoff_ns[policy] as f64;
        for _ in 0..call.attempt {
            backoff *= policies.backoff_factor[policy];
        }
        backoff = backoff.min(policies.backoff_cap_ns[policy] as f64);
        let visit_key = nth(call.key, u64::from(call.attempt));
        let u = unit_f64(draw(visit_key, self.plan.sites.purpose_backoff[call.site as usize]));
        whole_ns(match policies.jitter[policy] {
            0 => backoff,
            1 => u * backoff,
            _ => backoff / 2.0 + u * (backoff / 2.0),
        })
    }
}
