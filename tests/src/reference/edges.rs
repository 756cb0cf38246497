//! What changes about edges.

use super::balancing::{self, Peer};
use super::breakers::Breaker;
use super::connections::Connections;
use super::gates::{self, Gate};
use super::gathering::{self, Basket};
use super::retries;
use super::throttling::Throttle;
use std::collections::HashMap;
use sysdl_lower::plan::Plan;

/// What changes about an edge.
pub(super) struct Edge {
    /// Round robin: the replica from which the next is looked for; of all, and from 1 on of each zone.
    pub(super) turns: HashMap<usize, usize>,
    /// What it holds against replicas; nothing if it may send to all, always.
    pub(super) peers: Vec<Peer>,
    /// Its Maglev table.
    pub(super) cells: Vec<u32>,
    /// Retry tokens.
    pub(super) tokens: u32,
    pub(super) breaker: Breaker,
    pub(super) throttle: Throttle,
    /// One per replica of the caller.
    pub(super) gates: Vec<Gate>,
    /// What gathers, one per replica of the caller.
    pub(super) baskets: Vec<Basket>,
    pub(super) connections: Connections,
    /// When its link is free again, for requests and for replies.
    pub(super) free_ns: [u64; 2],
}

/// Edges as they are at the begin of a run.
pub(super) fn all(plan: &Plan) -> Vec<Edge> {
    let edge = |edge: usize| Edge {
        turns: HashMap::new(),
        peers: balancing::peers(plan, edge),
        cells: balancing::cells(plan, edge),
        tokens: retries::first_tokens(plan, edge),
        breaker: Breaker::default(),
        throttle: Throttle::default(),
        gates: gates::of_edge(plan, edge),
        baskets: gathering::of_edge(plan, edge),
        connections: Connections::default(),
        free_ns: [0; 2],
    };
    (0..plan.edges.hash.len()).map(edge).collect()
}
