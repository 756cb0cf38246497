//! Addresses for what changes while a module runs.

use super::super::Resolved;
use super::CALENDAR_PER_FRAME;
use super::space::{Pool, Space};
use crate::plan::{NONE, Plan, UNBOUNDED};
use sysdl_kernel::columns;
use sysdl_kernel::histogram::BUCKETS;
use sysdl_kernel::layout::{
    self as k, BLOCK_BYTES, BLOCK_ENTRIES, ENTRY_BYTES, FRAME_BYTES, Header, LISTS, RING_RECORDS, RING_WINDOWS, ROW,
    ROW_ROOM, Table,
};

/// Gives all of it addresses, behind the rows.
pub(super) fn fill(plan: &Plan, ahead: &Resolved, space: &mut Space, header: &mut Header) {
    parts(plan, space, header);
    flights(plan, ahead, space, header);
    data(plan, space, header);
    observations(plan, space, header);
    messages(plan, space, header);
    frames(plan, space, header);
    let ahead = if ahead.flights.any() { u64::from(header.flight_records.len) + gated_servers(plan) } else { 0 };
    let entries = future_events(plan) + ahead;
    let soon = entries + u64::from(ROW + ROW_ROOM);
    header.calendar = table(space.pool(Pool::Soon, 1, soon as u32, ENTRY_BYTES), entries);
    // Of each list one block is not full, and one more is under way when a list is spread.
    let blocks = entries / u64::from(BLOCK_ENTRIES) + u64::from(LISTS) + 1;
    space.align(u64::from(BLOCK_BYTES));
    header.blocks = space.pool(Pool::Blocks, 1, blocks as u32, BLOCK_BYTES);
}

fn table(address: u32, len: u64) -> Table {
    Table { address, len: len as u32 }
}

fn sum(list: &[u32]) -> u64 {
    list.iter().map(|&n| u64::from(n)).sum()
}

/// Replicas of all these components.
fn replicas_of<'a>(plan: &Plan, components: impl IntoIterator<Item = &'a u32>) -> u64 {
    components.into_iter().map(|&c| u64::from(plan.components.replicas[c as usize])).sum()
}

/// Replicas that the balancings know as peers.
fn peers(plan: &Plan) -> u64 {
    replicas_of(plan, plan.balancings.edge.iter().map(|&edge| &plan.edges.to[edge as usize]))
}

/// Components, edges, sources: what each is doing.
fn parts(plan: &Plan, space: &mut Space, header: &mut Header) {
    let (components, edges) = (plan.components.name.len(), plan.edges.name.len());
    let cells = sum(&plan.slots.cells);
    header.cells = table(space.state(cells, 8, "cells"), cells);
    let replicas = sum(&plan.components.replicas);
    header.component_states = space.state(components as u64, size_of::<k::ComponentState>(), "components");
    header.replicas = table(space.state(replicas, size_of::<k::ReplicaState>(), "replicas"), replicas);
    header.edge_states = space.state(edges as u64, size_of::<k::EdgeState>(), "edges");
    let gates: u64 = (0..edges).map(|i| gates_of(plan, i)).sum();
    header.gates = space.state(gates, size_of::<k::Gate>(), "permits");
    let peers = peers(plan);
    header.peers = table(space.state(peers, size_of::<k::Peer>(), "replicas"), peers);
    connections(plan, space, header);
    let conducts = plan.conducts.rto_ns.len() as u64;
    header.conduct_states = space.state(conducts, size_of::<k::ConductState>(), "edges");
    header.pacing_states = space.state(plan.pacings.histogram.len() as u64, 8, "policies");
    header.link_states = space.state(plan.links.bandwidth.len() as u64, size_of::<k::LinkState>(), "links");
    header.quota_states = space.state(plan.quotas.rate.len() as u64, size_of::<k::QuotaState>(), "quotas");
    let idle = (0..components).filter(|&c| plan.components.setup[c] != NONE);
    let idle = idle.map(|c| u64::from(plan.components.servers[c]) * u64::from(plan.components.replicas[c])).sum();
    header.idle = space.state(idle, 8, "idle servers");
    header.source_states = space.state(plan.sources.name.len() as u64, size_of::<k::SourceState>(), "sources");
    header.flow_states = space.state(plan.flows.name.len() as u64, 4, "flows");
    let users = sum(&plan.sources.users);
    header.users = table(space.state(users, 4, "users"), users);
    if plan.sources.slot_users.iter().any(|&slot| slot != NONE) {
        header.user_marks = space.state(users, 4, "users");
    }
    let members = replicas_of(plan, &plan.fleets.component);
    header.members = table(space.state(members, size_of::<k::Member>(), "replicas"), members);
    let candidates = replicas_of(plan, &plan.leaders.component);
    header.candidates = table(space.state(candidates, size_of::<k::Candidate>(), "replicas"), candidates);
    header.recommendations = space.state(sum(&plan.autoscalers.recommendations), 4, "autoscalers");
}

/// Servers, where a replica has only so many.
fn gated_servers(plan: &Plan) -> u64 {
    let gated = (0..plan.components.name.len()).filter(|&c| plan.components.servers[c] != UNBOUNDED);
    gated.map(|c| u64::from(plan.components.servers[c]) * u64::from(plan.components.replicas[c])).sum()
}

/// Most flights between points at a time: who finds no record is a strand.
const FLIGHTS_MAX: u64 = 1 << 13;

/// What is resolved ahead, and what comes in order.
fn flights(plan: &Plan, ahead: &Resolved, space: &mut Space, header: &mut Header) {
    let lanes = u64::from(ahead.lanes.len());
    header.lanes = table(space.state(lanes, size_of::<k::Lane>(), "future events"), lanes);
    let (least, most) = (*k::LANE_EVENTS.start(), *k::LANE_EVENTS.end());
    header.lane_room = plan.run.frames_max.min(most).next_power_of_two().max(least);
    header.lane_events = space.pool(Pool::Lanes, ahead.lanes.len(), header.lane_room, ENTRY_BYTES);
    if !ahead.flights.any() {
        return;
    }
    header.releases = space.state(gated_servers(plan), size_of::<k::Release>(), "servers");
    header.flight_state = space.state(1, size_of::<k::FlightState>(), "flights");
    let sums = u64::from(ahead.leaves.len);
    header.flight_sums = table(space.state(sums, 8, "flights"), sums);
    header.flight_words = ahead.records.words;
    let records = FLIGHTS_MAX.min(u64::from(plan.run.frames_max));
    let record_bytes = ahead.records.words as usize * 8;
    header.flight_records = table(space.state(records, record_bytes, "flights"), records);
}

/// Connections that are idle.
fn connections(plan: &Plan, space: &mut Space, header: &mut Header) {
    let all = (0..plan.connections.edge.len()).map(|row| plan.extent_of_connections(row));
    let (mut stacks, mut instants, mut epochs) = (0, 0, 0);
    for (gates, ends, depth) in all {
        let stack = u64::from(gates) * u64::from(ends);
        (stacks, instants, epochs) = (stacks + stack, instants + stack * u64::from(depth), epochs + u64::from(ends));
    }
    header.idle_connections = space.state(stacks, 4, "connections");
    header.idle_since = space.state(instants, 8, "connections");
    header.epochs = space.state(epochs, 4, "connections");
}

/// What is kept by key.
fn data(plan: &Plan, space: &mut Space, header: &mut Header) {
    header.store_states = space.state(plan.stores.component.len() as u64, size_of::<k::StoreState>(), "stores");
    let keys = sum(&plan.stores.keys);
    header.entries = table(space.state(keys, size_of::<k::Entry>(), "the keys of stores"), keys);
    if !plan.keepings.evict.is_empty() {
        header.marks = space.state(keys, size_of::<k::Mark>(), "the keys of stores");
        header.places = space.state(keys, 4, "the keys of stores");
    }
    header.buckets = space.state(sum(&plan.admissions.partitions), size_of::<k::Bucket>(), "partitions");
    if plan.has_meters() {
        header.cache_states = space.state(plan.components.name.len() as u64, 8, "prompt caches");
    }
}

/// Histograms whose buckets in use are in a cache.
const HISTOGRAMS_FEW: u64 = 200;
/// Durations that are counted together, where there are more.
const OBSERVED: u64 = 128;

/// What the host reads.
fn observations(plan: &Plan, space: &mut Space, header: &mut Header) {
    let (components, edges, flows) = (plan.components.name.len(), plan.edges.name.len(), plan.flows.name.len());
    let subscriptions = plan.subscriptions.edge.len();
    let watched = plan.watched.hash.len();
    let words = columns::row_words(components, edges, flows, subscriptions, watched) as u64;
    let turns = if plan.has_meters() { flows } else { 0 };
    let histograms =
        (components * 2 + flows + plan.edge_histograms.edge.len() + subscriptions + turns + watched) as u64;
    header.row_words = words as u32;
    header.current = space.state(words, 8, "columns");
    header.cumulative = space.state(words, 8, "columns");
    header.ring = space.state(words * u64::from(RING_WINDOWS), 8, "recent windows");
    header.histogram_window = space.state(histograms * BUCKETS as u64, 4, "histograms");
    header.histogram_cumulative = space.state(histograms * BUCKETS as u64, 4, "histograms");
    let address = space.state(histograms, size_of::<k::HistogramState>(), "histograms");
    header.histogram_states = table(address, histograms);
    let observed = if histograms > HISTOGRAMS_FEW { OBSERVED } else { 0 };
    header.observed = table(space.state(observed, 4, "histograms"), observed);
    header.digests = space.state(2 + components as u64, 16, "digests");
    header.records = space.state(u64::from(RING_RECORDS), size_of::<k::Record>(), "records");
}

/// Frames, and columns of them that only some plans need.
fn frames(plan: &Plan, space: &mut Space, header: &mut Header) {
    let frames = plan.run.frames_max;
    header.frames_max = frames;
    header.registers = plan.run.registers;
    space.align(u64::from(FRAME_BYTES));
    header.frames = space.frames(1, frames, FRAME_BYTES as usize);
    header.frame_registers = space.frames(plan.run.registers, frames, 4);
    if plan.has_sizes() {
        header.frame_sizes = space.frames(1, frames, 16);
    }
    if plan.has_meters() {
        header.meters = space.frames(1, frames, size_of::<k::Meter>());
    }
    if !plan.connections.edge.is_empty() {
        header.frame_connections = space.frames(2 * plan.copies_max(), frames, 4);
    }
    let more = plan.copies_max() - 2;
    header.copies_max = plan.copies_max();
    if more > 0 {
        header.copies = space.frames(2 + more, frames, 4);
    }
    if more > 0 && plan.has_meters() {
        header.copies_pending = space.frames(more, frames, 24);
    }
    if plan.sites.keys.iter().any(|&row| row != NONE) {
        header.request_keys = space.frames(1, frames, 4);
    }
    if plan.pacings.idempotent.contains(&1) {
        header.calls_served = space.frames(2, frames, 8);
        // Right behind them: as many cells as frames are a multiple of the alignment.
        space.frames(1, frames, 4);
    }
    if !plan.balancings.edge.is_empty() {
        header.sent_to = space.frames(plan.copies_max(), frames, 4);
        header.crossed = space.frames(1, frames, 4);
    }
}

/// Events that can be due at once.
///
/// A frame has at most one event of its own and one stale timeout that a sweep would drop; where calls are hedged or
/// called off, those too. Users, sources, the timeline, the window, sessions that think, and arrivals within a spread
/// have theirs.
fn future_events(plan: &Plan) -> u64 {
    let hedges = plan.policies.hedge_after_ns.iter().any(|&ns| ns > 0)
        || plan.pacings.hedge_per_100k.iter().any(|&percentile| percentile > 0);
    let company = plan.groups.batch.iter().any(|&size| size > 1);
    let twice = company || hedges || plan.policies.cancel.contains(&1);
    let per_frame = if twice { 2 * CALENDAR_PER_FRAME } else { CALENDAR_PER_FRAME };
    let triggered = plan.triggers.effects.iter().map(Vec::len).sum::<usize>();
    let planned = triggered + plan.timeline.at_ns.len() + plan.flickers.effect.len();
    let known = (planned + plan.sources.name.len() + plan.slots.name.len() + 16) as u64;
    let frames = u64::from(plan.run.frames_max);
    let intakes = &plan.intakes;
    let thinking = if intakes.session_most.iter().any(|&most| most > 0) { frames } else { 0 };
    let spread = (0..intakes.spread_ns.len()).filter(|&i| intakes.spread_ns[i] > 0);
    let spread: u64 = spread.map(|i| u64::from(intakes.batch_most[i])).sum();
    let replicas = sum(&plan.components.replicas) + replicas_of(plan, &plan.fleets.component) + 2 * peers(plan);
    let users = sum(&plan.sources.users);
    let brokers = 2 * replicas_of(plan, &plan.clusters.component);
    // Timers, voided ones too: as many as can be set while one is under way.
    let elections = 64 * replicas_of(plan, &plan.leaders.component);
    let own = sum(&plan.groups.partitions) + baskets(plan) + brokers + elections;
    per_frame * frames + users + thinking + spread + replicas + known + own
}

/// Gates of an edge: one per replica of its caller, if it has permits.
fn gates_of(plan: &Plan, edge: usize) -> u64 {
    if plan.edges.permits[edge] == 0 { 0 } else { senders(plan, edge) }
}

/// Replicas of the caller of an edge; traffic is one.
fn senders(plan: &Plan, edge: usize) -> u64 {
    match plan.edges.from[edge] {
        NONE => 1,
        from => u64::from(plan.components.replicas[from as usize]),
    }
}

/// Baskets of all edges that gather.
fn baskets(plan: &Plan) -> u64 {
    plan.gathers.edge.iter().map(|&edge| senders(plan, edge as usize)).sum()
}

fn messages(plan: &Plan, space: &mut Space, header: &mut Header) {
    let g = &plan.groups;
    let frames = plan.run.frames_max;
    header.baskets = space.state(baskets(plan), size_of::<k::Basket>(), "batches");
    let brokers = replicas_of(plan, &plan.clusters.component);
    header.brokers = space.state(brokers, size_of::<k::Broker>(), "brokers");
    header.log_partitions = space.state(sum(&plan.logs.partitions), size_of::<k::LogPartition>(), "partitions");
    if !plan.logs.cluster.is_empty() {
        header.frame_logs = space.frames(3, frames, 4);
    }
    if !plan.gathers.edge.is_empty() || g.batch.iter().any(|&size| size > 1) {
        header.frame_riders = space.frames(1, frames, 4);
    }
    if g.component.is_empty() {
        return;
    }
    let partitions = sum(&g.partitions);
    let address = space.state(partitions, size_of::<k::PartitionState>(), "partitions");
    header.partitions = table(address, partitions);
    header.group_states = space.state(g.component.len() as u64, size_of::<k::GroupState>(), "groups");
    let members = replicas_of(plan, &g.component);
    header.group_members = space.state(members, size_of::<k::MemberState>(), "members of groups");
    let subscriptions = plan.subscriptions.edge.len() as u64;
    header.subscription_states = space.state(subscriptions, size_of::<k::SubscriptionState>(), "subscriptions");
    header.frame_partitions = space.frames(1, frames, 4);
    header.frame_born = space.frames(1, frames, 8);
}
