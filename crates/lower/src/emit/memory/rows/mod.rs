//! The plan's rows as those of the kernel: a function per table, in the order in which they lie.

mod calls;
mod components;
mod edges;
mod fleets;
mod flights;
mod leaders;
mod messages;
mod meters;
mod programs;
mod sources;
mod stores;
mod strains;
mod timeline;
mod topics;
mod triggers;

use super::super::{Labels, Resolved};
use super::shapes::Shapes;
use super::space::Space;
use crate::plan::Plan;
use sysdl_kernel::layout::Header;
use sysdl_kernel::shape::CELLS;
use sysdl_kernel::zipf::Zipf;

/// Addresses of tables that are state but that rows name: they lie behind all rows.
pub(super) struct Late {
    /// Unit table of each shape.
    pub(super) unit_tables: Vec<u32>,
    /// Table of each population of keys.
    pub(super) zipfs: Vec<u32>,
    /// Address and length of the table by which each balancing chooses by key.
    pub(super) by_key: Vec<(u32, u32)>,
}

impl Late {
    /// Tables before it is known where they lie: as many, without addresses.
    pub(super) fn nowhere(plan: &Plan, shapes: &Shapes) -> Self {
        Self {
            unit_tables: vec![0; shapes.rows.len()],
            zipfs: vec![0; plan.keyspaces.keys.len()],
            by_key: vec![(0, 0); plan.balancings.edge.len()],
        }
    }

    pub(super) fn behind_rows(plan: &Plan, shapes: &Shapes, space: &mut Space) -> Self {
        let unit_table = size_of::<[f64; CELLS]>();
        Self {
            unit_tables: shapes.rows.iter().map(|_| space.state(1, unit_table, "unit tables")).collect(),
            zipfs: plan.keyspaces.keys.iter().map(|_| space.state(1, size_of::<Zipf>(), "key tables")).collect(),
            by_key: edges::tables_by_key(plan, space),
        }
    }
}

/// Fills `space`, which must be fresh, and says in `header` where each table is.
pub(super) fn fill(
    plan: &Plan,
    (labels, ahead): (&Labels, &Resolved),
    shapes: &Shapes,
    late: &Late,
    space: &mut Space,
    header: &mut Header,
) {
    header.components = space.rows(&components::components(plan));
    header.watched = space.rows(&components::watched(plan));
    header.processors = space.rows(&components::processors(plan));
    header.edges = space.rows(&edges::edges(plan));
    header.policies = space.rows(&calls::policies(plan, ahead));
    header.sites = space.rows(&calls::sites(plan, labels));
    header.conducts = space.rows(&calls::conducts(plan));
    header.connections = space.rows(&edges::connections(plan));
    header.pacings = space.rows(&calls::pacings(plan));
    header.edge_histograms = space.rows(&edges::edge_histograms(plan));
    header.sizes = space.rows(&meters::sizes(plan));
    header.paces = space.rows(&meters::paces(plan));
    header.links = space.rows(&edges::links(plan));
    header.quotas = space.rows(&meters::quotas(plan));
    header.prices = space.rows(&meters::prices(plan));
    header.caches = space.rows(&meters::caches(plan));
    header.budgets = space.rows(&meters::budgets(plan));
    header.contexts = space.rows(&meters::contexts(plan));
    header.points = space.rows(&shapes.points);
    let points = header.points.address;
    header.distributions = space.rows(&programs::distributions(plan, shapes, &late.unit_tables, points));
    header.parts = space.rows(&shapes.parts);
    header.branches = space.rows(&programs::branches(plan, labels));
    header.sources = space.rows(&sources::sources(plan, labels, ahead, !shapes.rows.is_empty()));
    header.intakes = space.rows(&sources::intakes(plan));
    header.instants = space.rows(&plan.instants);
    header.flows = space.rows(&sources::flows(plan));
    header.stores = space.rows(&stores::stores(plan));
    header.keyspaces = space.rows(&stores::keyspaces(plan, &late.zipfs));
    header.keepings = space.rows(&stores::keepings(plan));
    header.admissions = space.rows(&stores::admissions(plan));
    header.slots = space.rows(&timeline::slots(plan));
    header.effects = space.rows(&timeline::effects(plan));
    header.timeline = space.rows(&timeline::timeline(plan));
    header.flickers = space.rows(&timeline::flickers(plan));
    header.groups = space.rows(&messages::groups(plan));
    header.subscriptions = space.rows(&messages::subscriptions(plan));
    header.gathers = space.rows(&topics::gathers(plan));
    header.depots = space.rows(&topics::depots(plan));
    header.bounds = space.rows(&topics::bounds(plan));
    header.clusters = space.rows(&topics::clusters(plan));
    header.logs = space.rows(&topics::logs(plan));
    header.fleets = space.rows(&fleets::fleets(plan));
    header.leaders = space.rows(&leaders::leaders(plan));
    header.autoscalers = space.rows(&fleets::autoscalers(plan));
    header.scaling_steps = space.rows(&fleets::scaling_steps(plan));
    header.triggers = space.rows(&triggers::triggers(plan));
    header.terms = space.rows(&triggers::terms(plan));
    header.term_words = space.rows(&triggers::term_words(plan));
    header.triggered = space.rows(&triggers::triggered(plan));
    header.balancings = space.rows(&edges::balancings(plan, &late.by_key));
    header.edge_strains = space.rows(&strains::edge_strains(plan));
    header.component_strains = space.rows(&strains::component_strains(plan));
    header.weights = space.rows(&edges::weights(plan));
    header.calms = space.rows(&flights::calms(ahead));
    header.gains = space.rows(&ahead.leaves.gains);
    header.peaks = space.rows(&ahead.leaves.peaks);
    header.reserved = space.rows(&flights::reserved(plan, ahead));
}
