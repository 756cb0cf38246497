//! Messages: how long they take, which are lost, and which are sent again.

use super::Engine;
use super::calendar::{Event, Message};
use super::draws::whole_ns;
use super::strands::Waiting;
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::{chance, draw, nth, unit_f64};
use sysdl_lower::plan::NONE;

/// Retries of a message before it is given up, and the longest wait for one.
const RETRIES_MAX: u32 = 15;
const WAIT_MAX_NS: u64 = 120_000_000_000;

impl Engine<'_> {
    /// A message that weighs so much sets out. False if it never arrives.
    pub(super) fn send_message(&mut self, edge: u32, message: Message, size: u64) -> bool {
        self.send_message_later(edge, message, size, 0)
    }

    /// The same, but it takes so much longer.
    pub(super) fn send_message_later(&mut self, edge: u32, message: Message, size: u64, later_ns: u64) -> bool {
        let reply = matches!(message, Message::Reply { .. });
        let Some(carried_ns) = self.carry(edge, reply, size) else {
            *self.windows.edge(edge, edge::LOST) += 1;
            return false;
        };
        self.set_out(edge, message, 0, carried_ns + later_ns)
    }

    /// A message that was lost sets out again, if it still matters.
    pub(super) fn resend(&mut self, message: Message, retries: u32) {
        let site = match message {
            Message::Request { visit, visit_key } | Message::Word { visit, visit_key } => {
                if !self.strands.is_alive(visit) || self.strands.get(visit).key != visit_key {
                    return;
                }
                self.strands.get(visit).visit().site
            }
            Message::Reply { strand, wait, .. } => {
                if !self.strands.waits(Waiting { strand, wait }) {
                    return;
                }
                self.strands.get(strand).call.site
            }
        };
        let edge = self.plan.sites.edge[site as usize];
        let arrives = self.set_out(edge, message, retries, 0);
        if let (Message::Request { visit, .. }, false) = (message, arrives) {
            self.message_landed(edge);
            let gone = self.strands.remove(visit);
            gone.company.into_iter().for_each(|rider| drop(self.strands.remove(rider)));
        }
    }

    fn set_out(&mut self, edge: u32, message: Message, retries: u32, carried_ns: u64) -> bool {
        let (key, arrival) = message.arrival();
        let reply = matches!(message, Message::Reply { .. });
        // Word of a visit is a message of its own.
        let drawn = if matches!(message, Message::Word { .. }) { nth(key, 1 << 32) } else { key };
        if !self.is_lost(edge, drawn, reply, retries) {
            let cross_ns = self.cross_zone_ns(edge, message);
            let leg_ns = self.leg(edge, drawn, reply, cross_ns);
            self.calendar.push(self.now + carried_ns + leg_ns, key, arrival);
            return true;
        }
        let conduct = self.plan.edges.conduct[edge as usize];
        let rto_ns = if conduct == NONE { 0 } else { self.plan.conducts.rto_ns[conduct as usize] };
        if rto_ns == 0 || retries == RETRIES_MAX {
            *self.windows.edge(edge, edge::LOST) += 1;
            return false;
        }
        *self.windows.edge(edge, edge::RESENT) += 1;
        let wait_ns = (rto_ns * 2u64.pow(retries)).min(WAIT_MAX_NS);
        self.calendar.push(self.now + carried_ns + wait_ns, key, Event::Resend { message, retries: retries + 1 });
        true
    }

    fn is_lost(&self, edge: u32, key: u64, reply: bool, retries: u32) -> bool {
        let (edges, row, mut loss) = (&self.plan.edges, edge as usize, self.loss(edge, reply));
        if loss <= 0.0 {
            return false;
        }
        let mut word = draw(key, edges.purposes[row][4 + usize::from(reply)]);
        if retries > 0 {
            word = nth(word, u64::from(retries));
        }
        if edges.conduct[row] != NONE && self.plan.conducts.rto_ns[edges.conduct[row] as usize] > 0 {
            let mut kept = 1.0;
            for _ in 0..self.plan.conducts.packets[edges.conduct[row] as usize] {
                kept *= 1.0 - loss;
            }
            loss = 1.0 - kept;
        }
        chance(word, loss)
    }

    /// Share of messages that the network loses.
    fn loss(&self, edge: u32, reply: bool) -> f64 {
        let (edges, row) = (&self.plan.edges, edge as usize);
        let slot = [edges.slot_loss_request[row], edges.slot_loss_reply[row]][usize::from(reply)];
        let more = self.parameters.of(slot);
        more.map_or(edges.loss[row], |more| 1.0 - (1.0 - edges.loss[row]) * (1.0 - more))
    }

    /// Time of a probe's message on the network; none if it is lost. It is not sent again.
    pub(super) fn leg_of_probe(&self, edge: u32, key: u64, reply: bool) -> Option<u64> {
        let purpose = self.plan.edges.purposes[edge as usize][4 + usize::from(reply)];
        (!chance(draw(key, purpose), self.loss(edge, reply))).then(|| self.leg(edge, key, reply, 0))
    }

    /// What is added to the time of an exchange, of which the message is one, because it crosses zones.
    fn cross_zone_ns(&mut self, edge: u32, message: Message) -> u64 {
        let Some((rows, row)) = self.balancing_of(edge) else { return 0 };
        let cross_ns = rows.cross_zone_ns[row];
        if cross_ns == 0 {
            return 0;
        }
        let crosses = match message {
            Message::Request { visit, .. } | Message::Word { visit, .. } => self.strands.get(visit).crosses,
            Message::Reply { strand, visit_key, .. } => {
                let call = self.strands.get(strand).call;
                // An answer may be that of an earlier attempt, which this one has joined.
                let copy = call.copy_of(visit_key).unwrap_or(0);
                let replica = call.sent_to[copy].expect("what is answered was sent");
                self.crosses(strand, edge, replica)
            }
        };
        if crosses { cross_ns } else { 0 }
    }

    /// Time of a message on the network.
    pub(super) fn leg(&self, edge: u32, key: u64, reply: bool, cross_ns: u64) -> u64 {
        let (edges, row, reply) = (&self.plan.edges, edge as usize, usize::from(reply));
        let purposes = edges.purposes[row];
        let mut time = 0.0;
        if edges.latency[row] != NONE {
            time = self.draws.sample(edges.latency[row], draw(key, purposes[reply]));
        }
        if let Some(delay) = self.parameters.of(edges.slot_delay[row]) {
            time += delay;
        }
        if let Some(jitter) = self.parameters.of(edges.slot_jitter[row]).filter(|&jitter| jitter > 0.0) {
            time += jitter * unit_f64(draw(key, purposes[2 + reply]));
        }
        if cross_ns > 0 {
            time += cross_ns as f64;
        }
        whole_ns(0.5 * time)
    }
}
