//! How it runs: the model as flat tables, one struct of columns per table.
//!
//! Before: a tree of steps, ids of the model.
//! After: every column of a table has the same length; row order is declaration order; an operation
//! names its successors by row. Both the emitter and the reference executor read this and nothing else.
//!
//! Hashes are of *names* (see [`sysdl_kernel::draw::name_hash`]), never of row numbers, so that adding
//! a component moves no draw and no fact of another.

mod calls;
mod components;
mod distributions;
mod edges;
mod leaders;
mod messages;
mod meters;
mod programs;
mod sources;
mod stores;
mod strains;
mod timeline;
mod topics;

use serde::{Deserialize, Serialize};

pub use calls::*;
pub use components::*;
pub use distributions::*;
pub use edges::*;
pub use leaders::*;
pub use messages::*;
pub use meters::*;
pub use programs::*;
pub use sources::*;
pub use stores::*;
pub use strains::*;
pub use timeline::*;
pub use topics::*;

/// No successor, no row.
pub const NONE: u32 = u32::MAX;

/// A count without bound (servers, waiting room, store capacity).
pub const UNBOUNDED: u32 = u32::MAX;

/// The whole program, ready to be emitted or interpreted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Names and bounds of the run.
    pub run: Run,
    /// One row per component.
    pub components: Components,
    /// One row per component whose processors are counted.
    #[serde(default)]
    pub processors: Processors,
    /// One row per replica that is watched.
    #[serde(default)]
    pub watched: Watched,
    /// One row per edge.
    pub edges: Edges,
    /// One row per edge with a say in who may be chosen.
    pub balancings: Balancings,
    /// Weights of replicas, where edges have some.
    pub weights: Vec<u32>,
    /// One row per distinct policy.
    pub policies: Policies,
    /// One row per call site.
    pub sites: Sites,
    /// One row per edge with anything beyond the common.
    pub conducts: Conducts,
    /// One row per edge with connections.
    #[serde(default)]
    pub connections: Connections,
    /// One row per policy whose attempts follow each other in other ways than the common.
    pub pacings: Pacings,
    /// One row per histogram of an edge.
    pub edge_histograms: EdgeHistograms,
    /// One row per distinct way to weigh a request and its answer.
    pub sizes: Sizes,
    /// One row per way in which work depends on sizes.
    pub paces: Paces,
    /// One row per edge with a bandwidth.
    pub links: Links,
    /// One row per component, if any has a quota.
    pub quotas: Quotas,
    /// One row per price list.
    pub prices: PriceLists,
    /// One row per prompt cache.
    pub caches: PromptCaches,
    /// One row per endpoint with a budget.
    pub budgets: Budgets,
    /// One row per endpoint with a context.
    pub contexts: Contexts,
    /// One row per distribution in use.
    pub distributions: Distributions,
    /// One row per endpoint or source: where its operations begin.
    pub programs: Programs,
    /// Operations of all programs.
    pub ops: Ops,
    /// Branch entries of forks, several rows per fork.
    pub branches: Branches,
    /// Loops around operations, for draw keys.
    pub scopes: Scopes,
    /// One row per source.
    pub sources: Sources,
    /// What arrivals are, where they are not one request each.
    #[serde(default)]
    pub intakes: Intakes,
    /// Instants of arrivals in nanoseconds, those of a source in order.
    #[serde(default)]
    pub instants: Vec<u64>,
    /// One row per endpoint that traffic enters.
    pub flows: Flows,
    /// One row per store.
    pub stores: Stores,
    /// One row per population of keys.
    pub keyspaces: Keyspaces,
    /// One row per store, none if all of them are plain.
    pub keepings: Keepings,
    /// One row per step that takes a token.
    pub admissions: Admissions,
    /// One row per live parameter.
    pub slots: Slots,
    /// One row per effect on a slot.
    pub effects: Effects,
    /// Instants at which an effect changes, sorted by (time, effect).
    pub timeline: Timeline,
    /// Effects that come and go at random.
    pub flickers: Flickers,
    /// One row per component whose replicas share out messages.
    pub groups: Groups,
    /// One row per edge that leads to one.
    pub subscriptions: Subscriptions,
    /// One row per edge whose requests gather.
    #[serde(default)]
    pub gathers: Gathers,
    /// Where publishers look for room.
    #[serde(default)]
    pub depots: Depots,
    /// One row per component whose replicas are brokers.
    #[serde(default)]
    pub clusters: Clusters,
    /// One row per log on brokers.
    #[serde(default)]
    pub logs: Logs,
    /// One row per component whose replicas come and go.
    #[serde(default)]
    pub fleets: Fleets,
    /// One row per component one of whose replicas leads.
    #[serde(default)]
    pub leaders: Leaders,
    /// One row per autoscaler.
    #[serde(default)]
    pub autoscalers: Autoscalers,
    /// One row per condition that effects wait for.
    #[serde(default)]
    pub triggers: Triggers,
    /// One row per edge about which more than the common can change.
    #[serde(default)]
    pub edge_strains: EdgeStrains,
    /// One row per component about which more than the common can change.
    #[serde(default)]
    pub component_strains: ComponentStrains,
}

/// Names and bounds of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// System name.
    pub system: String,
    /// Scenario name.
    pub scenario: String,
    /// Default seed.
    pub seed: u64,
    /// Length in nanoseconds.
    pub duration_ns: u64,
    /// Warm-up in nanoseconds.
    pub warmup_ns: u64,
    /// Window width in nanoseconds.
    pub window_ns: u64,
    /// Frame pool size.
    pub frames_max: u32,
    /// Registers per frame: loop counters and looked-up keys of the deepest program.
    pub registers: u32,
}

/// Rows of a table of columns, for tables whose equal rows are shared.
macro_rules! rows_of {
    ($table:ty: $($column:ident),*) => {
        impl $table {
            /// Where a row, a table of its own, stands: where an equal one does, if rows are shared, or behind all others.
            pub(crate) fn place_of(&mut self, row: Self, shares: bool) -> u32 {
                let count = [$(self.$column.len()),*][0];
                let same = (0..count).find(|&i| shares $(&& self.$column[i] == row.$column[0])*);
                same.unwrap_or_else(|| {
                    $(self.$column.extend(row.$column);)*
                    count
                }) as u32
            }
        }
    };
}

use rows_of;

impl Plan {
    /// Of a row of connections: replicas of the caller, replicas of the callee that they end at, most from one to another.
    #[must_use]
    pub fn extent_of_connections(&self, row: usize) -> (u32, u32, u32) {
        let edge = self.connections.edge[row] as usize;
        let (from, to) = (self.edges.from[edge], self.edges.to[edge] as usize);
        let gates = if from == NONE { 1 } else { self.components.replicas[from as usize] };
        let ends = if self.components.shared_queue[to] == 1 { 1 } else { self.components.replicas[to] };
        (gates, ends, self.edges.permits[edge])
    }

    /// Most copies of an attempt, itself and its hedges; two, however few there are.
    #[must_use]
    pub fn copies_max(&self) -> u32 {
        2 + self.pacings.hedges_more.iter().copied().max().unwrap_or(0)
    }

    /// Whether strands have meters.
    #[must_use]
    pub fn has_meters(&self) -> bool {
        let rows =
            [self.prices.input.len(), self.caches.share.len(), self.budgets.tokens.len(), self.contexts.most.len()];
        rows.iter().any(|&rows| rows > 0)
    }

    /// Whether strands know what their messages weigh.
    #[must_use]
    pub fn has_sizes(&self) -> bool {
        !self.sizes.how.is_empty() || !self.paces.per_size.is_empty() || self.has_meters()
    }

    /// First cell of a slot; [`NONE`] where nothing can change.
    pub(crate) fn cell(&self, slot: u32) -> u32 {
        if slot == NONE { NONE } else { self.slots.first_cell[slot as usize] }
    }

    /// The component whose program an operation belongs to; none for a source's.
    #[must_use]
    pub fn component_of_op(&self, op: u32) -> Option<u32> {
        let component = self.ops.component[op as usize];
        (component != NONE).then_some(component)
    }

    /// The component whose digest the changes of a slot belong to, or [`NONE`].
    #[must_use]
    pub fn component_of_slot(&self, slot: usize) -> u32 {
        let owner = self.slots.owner[slot];
        match self.slots.kind[slot] {
            SlotKind::Down
            | SlotKind::Speed
            | SlotKind::Quota
            | SlotKind::Replicas
            | SlotKind::Draining
            | SlotKind::Servers
            | SlotKind::Rebalance => owner,
            SlotKind::Clear => self.stores.component[owner as usize],
            SlotKind::Rate | SlotKind::Connections | SlotKind::Users | SlotKind::Permits => NONE,
            SlotKind::Level => {
                let slot = slot as u32;
                let keepings = &self.keepings;
                let of_stores = [
                    &self.stores.slot_hits,
                    &keepings.slot_lag,
                    &keepings.slot_lag_factor,
                    &keepings.slot_capacity,
                    &keepings.slot_clock,
                ];
                for of_store in of_stores {
                    if let Some(store) = of_store.iter().position(|&s| s == slot) {
                        return self.stores.component[store];
                    }
                }
                let of_component = |slots: &[u32]| slots.iter().position(|&s| s == slot);
                of_component(&self.components.slot_service)
                    .or_else(|| of_component(&self.components.slot_errors))
                    .or_else(|| of_component(&self.components.slot_flaws))
                    .map(|component| component as u32)
                    .or_else(|| self.component_strains.component_of(slot))
                    .unwrap_or(NONE)
            }
        }
    }
}
