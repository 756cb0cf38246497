//! Producers' batches: messages that set out as one, when they are enough or the first has waited for long enough.

use super::Engine;
use super::calendar::{Event, Message};
use super::program::Op;
use super::strands::StrandId;
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::mix;
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan};

/// What gathers at one replica of a sender.
#[derive(Clone, Default)]
pub(super) struct Basket {
    /// Messages, since when they are there, and what they weigh.
    messages: Vec<(StrandId, u64, u64)>,
    /// How often it was emptied.
    turns: u32,
}

/// The baskets of an edge, one per replica of its caller.
pub(super) fn of_edge(plan: &Plan, edge: usize) -> Vec<Basket> {
    let replicas = match plan.edges.from[edge] {
        NONE => 1,
        from => plan.components.replicas[from as usize],
    };
    vec![Basket::default(); replicas as usize]
}

impl Engine<'_> {
    /// Row of what an edge says about batches, if it gathers.
    pub(super) fn gathers(&self, edge: u32) -> Option<usize> {
        let row = self.plan.edges.gather[edge as usize];
        (row != NONE).then_some(row as usize)
    }

    /// A request that weighs so much waits for others to set out with.
    pub(super) fn gather(&mut self, edge: u32, row: usize, sender: StrandId, visit: StrandId, size: u64) {
        let replica = if self.plan.edges.from[edge as usize] == NONE { 0 } else { self.place(sender).1 };
        let (now, rows) = (self.now, &self.plan.gathers);
        let (most, heavy, linger_ns) = (rows.messages[row], rows.weight[row], rows.linger_ns[row]);
        let basket = &mut self.edges[edge as usize].baskets[replica];
        basket.messages.push((visit, now, size));
        let weight = basket.messages.iter().fold(0u64, |sum, (_, _, size)| sum.saturating_add(*size));
        let (count, turn) = (basket.messages.len(), basket.turns);
        if count as u64 >= u64::from(most) || heavy > 0 && weight >= heavy {
            self.batch_sets_out(edge, replica);
        } else if count == 1 {
            let key = mix(self.plan.edges.hash[edge as usize] ^ (replica as u64 + 1));
            self.calendar.push(now + linger_ns, key, Event::Lingered { edge, replica, turn });
        }
    }

    /// The first of a basket has waited for as long as it may.
    pub(super) fn lingered(&mut self, edge: u32, replica: usize, turn: u32) {
        if self.edges[edge as usize].baskets[replica].turns == turn {
            self.batch_sets_out(edge, replica);
        }
    }

    fn empty_basket(&mut self, edge: u32, replica: usize) -> Vec<(StrandId, u64, u64)> {
        let basket = &mut self.edges[edge as usize].baskets[replica];
        basket.turns += 1;
        std::mem::take(&mut basket.messages)
    }

    fn batch_sets_out(&mut self, edge: u32, replica: usize) {
        let messages = self.empty_basket(edge, replica);
        *self.windows.edge(edge, edge::BATCHES) += 1;
        *self.windows.edge(edge, edge::GATHERED) += messages.len() as u64;
        let waited_ns: u64 = messages.iter().map(|(_, since_ns, _)| self.now - since_ns).sum();
        *self.windows.edge(edge, edge::GATHER_WAIT_NS) += waited_ns;
        let weight = messages.iter().fold(0u64, |sum, (_, _, size)| sum.saturating_add(*size));
        let visits: Vec<StrandId> = messages.into_iter().map(|(visit, _, _)| visit).collect();
        let (first, key) = (visits[0], self.strands.get(visits[0]).key);
        let row = edge as usize;
        let keeps_to_one = self.plan.edges.balance[row] == 1 && self.plan.edges.choices[row] == 1;
        let chooser = if keeps_to_one { replica as u64 } else { key };
        let chosen = self.choose_replica(first, edge, 0, chooser, None);
        for &visit in &visits {
            self.strands.get(visit).replica = chosen;
            self.strands.get(visit).in_company = visits.len() > 1;
        }
        self.strands.get(first).company = visits[1..].to_vec();
        if !self.send_message(edge, Message::Request { visit: first, visit_key: key }, weight) {
            visits.into_iter().for_each(|visit| drop(self.strands.remove(visit)));
        }
    }

    /// A replica of a sender is lost, and what it has gathered.
    pub(super) fn lose_baskets(&mut self, c: usize, r: usize) {
        for edge in 0..self.edges.len() as u32 {
            if self.plan.edges.from[edge as usize] == c as u32 {
                let lost = self.empty_basket(edge, r);
                *self.windows.edge(edge, edge::LOST) += lost.len() as u64;
                lost.into_iter().for_each(|(visit, _, _)| drop(self.strands.remove(visit)));
            }
        }
    }

    /// A message has arrived, and those that have travelled with it.
    pub(super) fn batch_arrives(&mut self, first: StrandId) {
        let site = self.strands.get(first).visit().site;
        let row = self.gathers(self.edge_of(site)).expect("what came together was gathered");
        let mut visits = vec![first];
        visits.extend(std::mem::take(&mut self.strands.get(first).company));
        visits.iter().for_each(|&visit| self.strands.get(visit).in_company = false);
        if self.plan.gathers.together[row] == 0 {
            return visits.into_iter().for_each(|visit| self.arrive_alone(visit));
        }
        let inside: Vec<StrandId> = visits.into_iter().filter(|&visit| self.passes(visit)).collect();
        let Some((&leader, others)) = inside.split_first() else { return };
        if !others.is_empty() {
            inside.iter().for_each(|&visit| self.strands.get(visit).in_company = true);
            self.strands.get(leader).deadline_ns = None;
            self.strands.get(leader).company = others.to_vec();
        }
        self.enter(leader);
    }

    /// Those that a strand does its work for as well.
    pub(super) fn others(&mut self, strand: StrandId) -> Vec<StrandId> {
        let strand = self.strands.get(strand);
        match strand.component {
            Some(c) if self.stations[c].group.is_none() => strand.company.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn send_for_others(&mut self, strand: StrandId, op: Op) {
        let key = self.key_of_call(strand, op);
        for other in self.others(strand) {
            let key = mix(key ^ self.strands.get(other).key);
            self.send_under(other, op.a, key);
        }
    }

    pub(super) fn spawn_for_others(&mut self, strand: StrandId, op: Op) {
        let key = self.key_of_branch(strand, op);
        for other in self.others(strand) {
            let key = mix(key ^ self.strands.get(other).key);
            let branch = self.spawned_under(other, key);
            self.go_on(branch, self.plan.branches.entry[op.a as usize]);
        }
    }

    pub(super) fn reply_for_others(&mut self, visit: StrandId) {
        for other in self.others(visit) {
            self.answer(other, outcome::OK);
        }
    }

    /// What the messages weigh that a strand works for, and their answers.
    pub(super) fn weights_of_all(&mut self, strand: StrandId) -> (u64, u64) {
        let own = self.strands.get(strand);
        let (mut size, mut result) = (own.size, own.result);
        for other in self.others(strand) {
            let other = self.strands.get(other);
            (size, result) = (size.saturating_add(other.size), result.saturating_add(other.result));
        }
        (size, result)
    }
}
