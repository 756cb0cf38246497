//! What messages weigh, and links that carry one message after another.

use super::Engine;
use super::strands::StrandId;
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::draw;
use sysdl_lower::plan::{NONE, Weighing};

/// Which of the two messages of an exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Request,
    Answer,
}

impl Engine<'_> {
    /// What the request of a strand's call weighs.
    pub(super) fn size_of_request(&mut self, strand: StrandId, site: u32, call_key: u64) -> u64 {
        let (own, _) = self.weights_of_all(strand);
        self.size_of_message(strand, site, call_key, own)
    }

    /// What a message of a strand weighs that serves one of such a weight.
    pub(super) fn size_of_message(&mut self, strand: StrandId, site: u32, call_key: u64, own: u64) -> u64 {
        let row = self.plan.sites.sizes[site as usize];
        if row == NONE {
            return 0;
        }
        let context = self.strands.get(strand).context;
        let is_of_context = self.plan.sizes.how[row as usize][0] == Weighing::OfContext;
        let size = self.weigh(row, Which::Request, if is_of_context { context } else { own }, call_key);
        let factor = self.parameters.of(self.plan.sizes.slot[row as usize]);
        factor.map_or(size, |factor| size * factor) as u64
    }

    /// What a good answer to a request weighs.
    pub(super) fn size_of_answer(&self, site: u32, size: u64, visit_key: u64) -> u64 {
        let row = self.plan.sites.sizes[site as usize];
        if row == NONE { 0 } else { self.weigh(row, Which::Answer, size, visit_key) as u64 }
    }

    fn weigh(&self, row: u32, message: Which, own: u64, key: u64) -> f64 {
        let (sizes, row, which) = (&self.plan.sizes, row as usize, message as usize);
        match sizes.how[row][which] {
            Weighing::Nothing => 0.0,
            Weighing::Drawn => self.draws.sample(sizes.distribution[row][which], draw(key, sizes.purpose[row][which])),
            Weighing::OfRequest | Weighing::OfContext => sizes.factor[row][which] * own as f64,
        }
    }

    /// Time that a message spends waiting for the link of its edge and on it; none if the link carries nothing.
    pub(super) fn carry(&mut self, edge: u32, reply: bool, size: u64) -> Option<u64> {
        let link = self.plan.edges.link[edge as usize];
        let mut time_ns = 0;
        if link != NONE {
            let bandwidth = self.parameters.of(self.plan.links.slot[link as usize]);
            let bandwidth = bandwidth.unwrap_or(self.plan.links.bandwidth[link as usize]);
            if bandwidth <= 0.0 {
                return None;
            }
            let holds_ns = ((size as f64 / (bandwidth * 1e-9)) as u64).min(self.plan.run.duration_ns);
            let free_ns = &mut self.edges[edge as usize].free_ns[usize::from(reply)];
            let starts_ns = self.now.max(*free_ns);
            *free_ns = starts_ns + holds_ns;
            time_ns = starts_ns + holds_ns - self.now;
            *self.windows.edge(edge, edge::LINK_BUSY_NS) += holds_ns;
            *self.windows.edge(edge, edge::LINK_WAIT_NS) += starts_ns - self.now;
        }
        *self.windows.edge(edge, edge::CARRIED) += size;
        Some(time_ns)
    }
}
