//! Rows of edges, of the sites that call by them, and of their policies.

use super::memory::{header, row};
use crate::layout::{Edge, EdgeState, Policy, Site, Table};

/// The row of an edge.
#[inline(always)]
pub fn edge(index: u32) -> &'static Edge {
    row(header().edges, index)
}

/// What changes of an edge.
#[inline(always)]
pub fn edge_state(index: u32) -> &'static EdgeState {
    row(Table { address: header().edge_states, len: 0 }, index)
}

/// Where a program calls or sends.
#[inline(always)]
pub fn site(index: u32) -> &'static Site {
    row(header().sites, index)
}

/// How long the calls of a site are waited for, and what follows a bad answer.
#[inline(always)]
pub fn policy(site: &Site) -> &'static Policy {
    row(header().policies, site.policy)
}
