//! Room in topics, and logs on brokers.

use super::steps::Programmer;
use super::tables::Tables;
use crate::model::{Acks, Append, Call, EdgeId, Jitter, Model, Policy, Retry};
use crate::plan::{NONE, OpKind, Plan};
use sysdl_kernel::draw::{name_hash, purpose};

/// A row for each component whose replicas are brokers.
pub(super) fn clusters(model: &Model, tables: &mut Tables) {
    tables.plan.components.cluster = vec![NONE; model.components.len()];
    for (index, component) in model.components.iter().enumerate() {
        let Some(cluster) = &component.cluster else { continue };
        let detection = tables.distribution(&cluster.detection);
        let rows = &mut tables.plan.clusters;
        tables.plan.components.cluster[index] = rows.component.len() as u32;
        rows.component.push(index as u32);
        rows.detection.push(detection);
        rows.catch_up_ns.push(cluster.catch_up_ns);
        rows.restore_ns.push(cluster.restore_ns);
        rows.purpose.push(purpose(&component.name, "detection"));
    }
}

/// Row of the depot of some edges; one that is there already if it is the same.
fn depot(model: &Model, plan: &mut Plan, edges: &[EdgeId], waits: bool) -> u32 {
    let bounds: Vec<u32> = edges.iter().map(|edge| plan.edges.subscription[edge.0 as usize]).collect();
    let rows = &mut plan.depots;
    let same = (0..rows.bounds.len()).find(|&i| rows.bounds[i] == bounds && rows.waits[i] == waits as u32);
    let row = same.unwrap_or_else(|| {
        rows.bounds.push(bounds.clone());
        rows.waits.push(waits as u32);
        rows.bounds.len() - 1
    });
    for (&s, edge) in bounds.iter().zip(edges) {
        let depth = model.edges[edge.0 as usize].subscription.and_then(|subscription| subscription.depth);
        plan.subscriptions.depot[s as usize] = row as u32;
        plan.subscriptions.depth[s as usize] = depth.map_or(0, |depth| depth.most);
    }
    row as u32
}

/// Row of the log that a component appends to; one that is there already if it is the same.
fn log(plan: &mut Plan, component: u32, append: &Append) -> u32 {
    let cluster = plan.components.cluster[append.call.endpoint.component.0 as usize];
    let min_in_sync = if append.acks == Acks::All { append.min_in_sync } else { 0 };
    let row = [component, cluster, append.partitions, append.replication, min_in_sync];
    let rows = &mut plan.logs;
    let same = (0..rows.component.len()).find(|&i| {
        row == [rows.component[i], rows.cluster[i], rows.partitions[i], rows.replication[i], rows.min_in_sync[i]]
    });
    same.unwrap_or_else(|| {
        rows.component.push(component);
        rows.cluster.push(cluster);
        rows.partitions.push(append.partitions);
        rows.replication.push(append.replication);
        rows.min_in_sync.push(min_in_sync);
        rows.component.len() - 1
    }) as u32
}

/// A follower asks again for what it could not take, until it has it or has fallen behind.
fn fetching(call: &Call, fetch_ns: u64) -> Call {
    let retry = Retry {
        max: u32::MAX - 1,
        backoff_ns: fetch_ns,
        factor: 1.0,
        cap_ns: fetch_ns,
        jitter: Jitter::None,
        budget: None,
        on: !1,
        bucket: None,
        throttled: None,
        honor: false,
    };
    let policy = Policy { timeout_ns: None, retry: Some(retry), ..call.policy.clone() };
    Call { policy, skip_failure: false, ..call.clone() }
}

impl Programmer<'_> {
    pub(super) fn room(&mut self, edges: &[EdgeId], waits: bool, (next, fail): (u32, u32), label: &str) -> u32 {
        let row = depot(self.model, &mut self.tables.plan, edges, waits);
        self.simple(OpKind::Room, label, next, fail, row)
    }

    /// The leader first, then a branch for each copy, which goes on at once where there is nothing to do.
    pub(super) fn append(&mut self, append: &Append, (next, fail): (u32, u32), label: &str) -> u32 {
        let log = log(&mut self.tables.plan, self.component, append);
        let acked = append.acks != Acks::All;
        let lost = if acked { self.simple(OpKind::LogLost, label, fail, NONE, log) } else { fail };
        let mut then = self.simple(OpKind::LogSettle, label, next, lost, log);
        if append.replication > 1 {
            then = self.copies(append, then, lost, label);
        }
        if append.acks == Acks::Leader {
            then = self.simple(OpKind::Reply, label, then, NONE, 0);
        }
        let unheard = if append.acks == Acks::None { lost } else { fail };
        let leader = self.call_copy(&append.call, 0, (then, unheard), label);
        let place = self.simple(OpKind::LogPlace, label, leader, NONE, log);
        if append.acks == Acks::None { self.simple(OpKind::Reply, label, place, NONE, 0) } else { place }
    }

    fn copies(&mut self, append: &Append, next: u32, fail: u32, label: &str) -> u32 {
        let fetch = fetching(&append.call, append.fetch_ns);
        let mut entries = Vec::new();
        for copy in 0..append.replication {
            let label = format!("{label}/copy {copy}");
            let outer = self.enter_branch();
            let end = self.op(OpKind::BranchEnd, &label);
            let failed = self.op(OpKind::BranchFail, &label);
            let copied = self.simple(OpKind::LogCopied, &label, end, NONE, copy);
            let entry = self.call_copy(&fetch, 1 + copy, (copied, failed), &label);
            self.leave_branch(outer);
            entries.push((entry, name_hash(&label)));
        }
        self.fork_of(entries, append.replication, (next, fail), label)
    }

    fn call_copy(&mut self, call: &Call, copy: u32, (next, fail): (u32, u32), label: &str) -> u32 {
        let op = self.call(call, next, fail, label);
        let site = self.ops.a[op as usize];
        self.tables.plan.sites.copy[site as usize] = copy;
        op
    }
}
