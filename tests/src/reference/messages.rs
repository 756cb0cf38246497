//! Messages: requests on their way to a replica, answers on their way back, and word that an answer is not wanted.

use super::Engine;
use super::calendar::Message;
use super::meters::{UnderWay, Usage};
use super::program::Op;
use super::strands::{Role, Strand, StrandId, Visit, Waiting};
use sysdl_kernel::columns::{component, edge};
use sysdl_kernel::draw::attempt_key;
use sysdl_kernel::outcome;
use sysdl_lower::plan::NONE;

impl Engine<'_> {
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

    /// The key that the visits of a call or message will be about: drawn once for all of them, or the caller's.
    pub(super) fn key_of_message(&mut self, strand: StrandId, site: u32, call_key: u64) -> Option<u32> {
        match self.plan.sites.keys[site as usize] {
            NONE => self.strands.get(strand).request_key,
            keyspace => Some(self.drawn_key(keyspace, call_key)),
        }
    }

    /// Sends a request message about a key; the visit that it will be is on its way.
    pub(super) fn send_request(
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

    pub(super) fn call_off(&mut self, edge: u32, visit: StrandId) {
        if !self.strands.is_alive(visit) || self.strands.get(visit).visit().answered {
            return;
        }
        let visit_key = self.strands.get(visit).key;
        self.send_message(edge, Message::Word { visit, visit_key }, 0);
    }
}
