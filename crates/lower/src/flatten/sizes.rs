//! What messages weigh → rows of sizes, and of work that depends on them.

use super::tables::Tables;
use crate::model::{Call, Model, Size, WorkBySize};
use crate::plan::{NONE, Sizes, Weighing};
use sysdl_kernel::draw::purpose;

impl Tables {
    /// Row of how a call's request and its answer are weighed; [`NONE`] where neither weighs anything.
    pub(super) fn sizes_of(&mut self, model: &Model, call: &Call) -> u32 {
        let to = &model.components[call.endpoint.component.0 as usize];
        let endpoint = &to.endpoints[call.endpoint.index as usize];
        if call.size.is_none() && endpoint.result.is_none() {
            return NONE;
        }
        let parts = [&call.size, &endpoint.result].map(|size| self.weighing(size.as_ref()));
        let row = Sizes {
            how: vec![parts.map(|(how, _, _)| how)],
            distribution: vec![parts.map(|(_, distribution, _)| distribution)],
            factor: vec![parts.map(|(_, _, factor)| factor)],
            slot: vec![NONE],
            purpose: vec![[
                purpose(&model.edges[call.edge.0 as usize].name, "size"),
                purpose(&format!("{}.{}", to.name, endpoint.name), "result"),
            ]],
        };
        self.plan.sizes.place_of(row, true)
    }

    fn weighing(&mut self, size: Option<&Size>) -> (Weighing, u32, f64) {
        match size {
            None => (Weighing::Nothing, NONE, 0.0),
            Some(Size::Drawn(distribution)) => (Weighing::Drawn, self.distribution(distribution), 1.0),
            Some(Size::OfRequest(factor)) => (Weighing::OfRequest, NONE, *factor),
            Some(Size::OfContext(factor)) => (Weighing::OfContext, NONE, *factor),
        }
    }

    /// Row of how work depends on sizes.
    pub(super) fn pace(&mut self, work: &WorkBySize) -> u32 {
        let rows = &mut self.plan.paces;
        let row = (work.per_size, work.per_result, work.per_cached);
        let same =
            (0..rows.per_size.len()).find(|&i| (rows.per_size[i], rows.per_result[i], rows.per_cached[i]) == row);
        same.unwrap_or_else(|| {
            rows.per_size.push(row.0);
            rows.per_result.push(row.1);
            rows.per_cached.push(row.2);
            rows.per_size.len() - 1
        }) as u32
    }
}
