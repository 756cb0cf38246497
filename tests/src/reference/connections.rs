//! Connections: a call goes by one that is open and idle, or opens one first.

use super::Engine;
use super::draws::whole_ns;
use super::strands::StrandId;
use std::collections::{BTreeMap, HashMap};
use sysdl_kernel::columns::edge;
use sysdl_kernel::draw::draw;
use sysdl_lower::plan::NONE;

/// Number of a connection.
pub(super) type ConnectionId = u64;

/// The connections of an edge.
#[derive(Default)]
pub(super) struct Connections {
    /// Those that are open, by the replica of the callee where they end.
    open: BTreeMap<ConnectionId, usize>,
    /// Those of them that are idle, and since when, by replica of the caller and of the callee.
    idle: HashMap<(usize, usize), Vec<(ConnectionId, u64)>>,
    opened: u64,
}

impl Connections {
    /// Closes those that end at a replica.
    fn close(&mut self, end: usize) {
        self.open.retain(|_, at| *at != end);
        self.idle.retain(|(_, at), _| *at != end);
    }
}

impl Engine<'_> {
    fn connections_of(&self, edge: u32) -> Option<usize> {
        let conduct = self.plan.edges.conduct[edge as usize];
        let row = if conduct == NONE { NONE } else { self.plan.conducts.connections[conduct as usize] };
        (row != NONE).then_some(row as usize)
    }

    /// The replica of the caller that a strand is at; 0 for traffic.
    fn caller(&mut self, edge: u32, strand: StrandId) -> usize {
        if self.plan.edges.from[edge as usize] == NONE { 0 } else { self.place(strand).1 }
    }

    /// A copy of an attempt goes to a replica. Time until it has a connection.
    pub(super) fn connect(&mut self, edge: u32, strand: StrandId, copy: usize, end: usize, visit_key: u64) -> u64 {
        let Some(row) = self.connections_of(edge) else { return 0 };
        let rows = &self.plan.connections;
        let (idle_ns, connect, purpose) = (rows.idle_ns[row], rows.connect[row], rows.purpose[row]);
        let (caller, now) = (self.caller(edge, strand), self.now);
        let connections = &mut self.edges[edge as usize].connections;
        let idle = connections.idle.entry((caller, end)).or_default();
        if let Some((id, since_ns)) = idle.pop() {
            if now <= since_ns + idle_ns {
                self.strands.get(strand).call.connections[copy] = Some(id);
                return 0;
            }
            idle.clear();
        }
        connections.opened += 1;
        let id = connections.opened;
        connections.open.insert(id, end);
        self.strands.get(strand).call.connections[copy] = Some(id);
        *self.windows.edge(edge, edge::CONNECTS) += 1;
        whole_ns(self.draws.sample(connect, draw(visit_key, purpose)))
    }

    /// A copy of an attempt is answered.
    pub(super) fn disconnect(&mut self, strand: StrandId, copy: usize) {
        let call = self.strands.get(strand).call;
        let edge = self.edge_of(call.site);
        let Some(id) = call.connections[copy].filter(|_| self.connections_of(edge).is_some()) else { return };
        let (caller, now) = (self.caller(edge, strand), self.now);
        let connections = &mut self.edges[edge as usize].connections;
        if let Some(&end) = connections.open.get(&id) {
            connections.idle.entry((caller, end)).or_default().push((id, now));
        }
    }

    /// All connections of an edge are closed.
    pub(super) fn close_connections(&mut self, edge: usize) {
        let connections = &mut self.edges[edge].connections;
        (connections.open, connections.idle) = (BTreeMap::new(), HashMap::new());
    }

    /// All that a replica holds is lost.
    pub(super) fn reset_connections(&mut self, c: usize, r: usize) {
        let end = if self.plan.components.shared_queue[c] == 1 { 0 } else { r };
        for (row, edge) in self.edges.iter_mut().enumerate() {
            if self.plan.edges.to[row] == c as u32 {
                edge.connections.close(end);
            }
            if self.plan.edges.from[row] == c as u32 {
                edge.connections.idle.retain(|(caller, _), _| *caller != r);
            }
        }
    }
}
