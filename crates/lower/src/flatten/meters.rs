//! Quotas, prices, prompt caches, budgets and contexts → rows.

use super::tables::Tables;
use crate::model::{Budget, ComponentId, Context, Limit, Model, Parameter, Prices, PromptCache};
use crate::plan::NONE;

impl Tables {
    /// A row of quotas for every component, if any has one of weight, or one of requests that changes.
    pub(super) fn quotas(&mut self, model: &Model) {
        let changes = |index: usize, parameter: fn(ComponentId) -> Parameter| {
            let parameter = parameter(ComponentId(index as u32));
            model.interactive || model.effects.iter().any(|effect| effect.parameter == parameter)
        };
        let limits: Vec<[Option<Limit>; 2]> = (model.components.iter().enumerate())
            .map(|(index, component)| {
                let moves = component.station.quota.is_some() || changes(index, Parameter::LimitRequests);
                [component.station.limit.filter(|_| moves), component.station.quota]
            })
            .collect();
        if limits.iter().flatten().all(Option::is_none) {
            return;
        }
        for (index, limits) in limits.into_iter().enumerate() {
            if limits[0].is_some() {
                // It is counted here instead.
                self.plan.components.limit_rate[index] = 0.0;
            }
            let rows = &mut self.plan.quotas;
            rows.rate.push(limits.map(|limit| limit.map_or(0.0, |limit| limit.rate)));
            rows.burst.push(limits.map(|limit| limit.map_or(0.0, |limit| limit.burst)));
            rows.slot.push([NONE; 2]);
        }
    }

    pub(super) fn price(&mut self, prices: &Prices) -> u32 {
        let rows = &mut self.plan.prices;
        rows.input.push(prices.input);
        rows.cached.push(prices.cached);
        rows.output.push(prices.output);
        rows.input.len() as u32 - 1
    }

    pub(super) fn prompt_cache(&mut self, cache: &PromptCache) -> u32 {
        let rows = &mut self.plan.caches;
        rows.share.push(cache.share);
        rows.ttl_ns.push(cache.ttl_ns);
        rows.share.len() as u32 - 1
    }

    pub(super) fn budget(&mut self, component: ComponentId, budget: &Budget) -> u32 {
        let rows = &mut self.plan.budgets;
        rows.tokens.push(budget.tokens.unwrap_or(u64::MAX));
        rows.nano_usd.push(budget.nano_usd.unwrap_or(u64::MAX));
        rows.wall_ns.push(budget.wall_ns.unwrap_or(0));
        rows.component.push(component.0);
        rows.slot.push(NONE);
        rows.tokens.len() as u32 - 1
    }

    pub(super) fn context(&mut self, context: &Context) -> u32 {
        let (initial, per_turn) = (self.distribution(&context.initial), self.distribution(&context.per_turn));
        let rows = &mut self.plan.contexts;
        rows.initial.push(initial);
        rows.per_turn.push(per_turn);
        rows.most.push(context.most);
        rows.most.len() as u32 - 1
    }
}
