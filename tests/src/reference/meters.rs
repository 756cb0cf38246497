//! Meters: what strands have used, whose it becomes, and what ends with a budget.

use super::Engine;
use super::program::Op;
use super::strands::StrandId;
use sysdl_kernel::columns::component;
use sysdl_lower::plan::NONE;

/// What has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) tokens: u64,
    pub(super) nano_usd: u64,
    pub(super) rounds: u64,
}

impl Usage {
    pub(super) fn add(&mut self, other: Usage) {
        self.tokens += other.tokens;
        self.nano_usd += other.nano_usd;
        self.rounds += other.rounds;
    }
}

/// The answer of a visit that is under way, and what came with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub(super) visit_key: u64,
    pub(super) usage: Usage,
}

impl Engine<'_> {
    /// Nobody takes a usage that was had at a component.
    pub(super) fn waste(&mut self, c: usize, usage: Usage) {
        self.windows.add(c, component::TOKENS_WASTED, usage.tokens);
    }

    /// A caller hears the answer of a visit, and what it has used becomes its own.
    pub(super) fn take_usage(&mut self, strand: StrandId, visit_key: u64) {
        let caller = self.strands.get(strand);
        let (taken, left) = caller.under_way.iter().partition(|answer| answer.visit_key == visit_key);
        caller.under_way = left;
        let taken: Vec<UnderWay> = taken;
        taken.into_iter().for_each(|answer| caller.usage.add(answer.usage));
    }

    /// Answers that are still under way to a strand are for nobody.
    pub(super) fn give_up_answers(&mut self, strand: StrandId) {
        let caller = self.strands.get(strand);
        let (site, answers) = (caller.call.site, std::mem::take(&mut caller.under_way));
        for answer in answers {
            let callee = self.plan.edges.to[self.plan.sites.edge[site as usize] as usize] as usize;
            self.waste(callee, answer.usage);
        }
    }

    /// A strand has used what its message and the answer weigh.
    pub(super) fn use_tokens(&mut self, strand: StrandId, op: Op) {
        let (prices, price) = (&self.plan.prices, op.a as usize);
        let strand = self.strands.get(strand);
        let tokens = strand.size + strand.result;
        let mut price_of_all = prices.input[price] * (strand.size - strand.cached) as f64;
        price_of_all += prices.cached[price] * strand.cached as f64;
        price_of_all += prices.output[price] * strand.result as f64;
        let nano_usd = price_of_all as u64;
        strand.usage.add(Usage { tokens, nano_usd, rounds: 0 });
        let c = strand.component.expect("it is at a component");
        self.windows.add(c, component::TOKENS, tokens);
        self.windows.add(c, component::NANO_USD, nano_usd);
    }

    /// The component has a share of the request cached, if it was asked not long ago.
    pub(super) fn read_cache(&mut self, strand: StrandId, op: Op) {
        let (caches, cache, now) = (&self.plan.caches, op.a as usize, self.now);
        let strand = self.strands.get(strand);
        let asked_ns = self.asked_ns.insert(strand.component.expect("it is at a component"), now);
        let is_warm = asked_ns.is_some_and(|before_ns| now - before_ns <= caches.ttl_ns[cache]);
        strand.cached = if is_warm { (caches.share[cache] * strand.size as f64) as u64 } else { 0 };
    }

    /// A visit begins with a context.
    pub(super) fn begin_context(&mut self, strand: StrandId, op: Op) {
        let (contexts, row, word) = (&self.plan.contexts, op.a as usize, self.word(strand, op));
        let tokens = self.draws.sample(contexts.initial[row], word) as u64;
        self.strands.get(strand).context = tokens.min(contexts.most[row]);
    }

    /// A round is over, and the context has grown, if there is one.
    pub(super) fn turn_is_over(&mut self, strand: StrandId, op: Op) {
        let word = self.word(strand, op);
        let more = (op.a != NONE).then(|| self.draws.sample(self.plan.contexts.per_turn[op.a as usize], word) as u64);
        let strand = self.strands.get(strand);
        strand.usage.rounds += 1;
        if let Some(more) = more {
            strand.context = (strand.context + more).min(self.plan.contexts.most[op.a as usize]);
        }
    }

    /// End of a visit's wall time.
    fn wall_ns(&mut self, visit: StrandId, budget: u32) -> Option<u64> {
        let wall_ns = self.plan.budgets.wall_ns[budget as usize];
        let arrived_ns = self.strands.get(visit).visit().arrived_ns.expect("it has arrived");
        (wall_ns > 0).then(|| arrived_ns + wall_ns)
    }

    /// A visit with a budget begins: its wall time is a deadline.
    pub(super) fn begin_budget(&mut self, visit: StrandId, op: Op) {
        let wall_ns = self.wall_ns(visit, op.a);
        let strand = self.strands.get(visit);
        strand.deadline_ns = [strand.deadline_ns, wall_ns].into_iter().flatten().min();
    }

    /// Whether a visit may go on: its budget is not used up, or it is to stop for another reason.
    pub(super) fn budget_lasts(&mut self, visit: StrandId, op: Op) -> bool {
        let budgets = &self.plan.budgets;
        let (tokens, nano_usd) = (budgets.tokens[op.a as usize], budgets.nano_usd[op.a as usize]);
        let (tokens, nano_usd) = (self.limit_of_budget(op.a, tokens), self.limit_of_budget(op.a, nano_usd));
        let is_late = self.wall_ns(visit, op.a).is_some_and(|wall_ns| self.now >= wall_ns);
        let strand = self.strands.get(visit);
        let is_used_up = strand.usage.tokens >= tokens || strand.usage.nano_usd >= nano_usd || is_late;
        strand.cancelled || !is_used_up
    }

    /// Whether a visit that fails does so because its wall time is over.
    pub(super) fn wall_is_over(&mut self, visit: StrandId, op: Op) -> bool {
        let is_late = self.wall_ns(visit, op.a).is_some_and(|wall_ns| self.now >= wall_ns);
        is_late && !self.strands.get(visit).cancelled
    }

    /// A visit stops because its budget is used up.
    pub(super) fn stop_for_budget(&mut self, visit: StrandId) {
        let c = self.strands.get(visit).component.expect("it is at a component");
        self.windows.add(c, component::BUDGET_STOPS, 1);
    }
}
