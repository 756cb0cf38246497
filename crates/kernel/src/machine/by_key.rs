//! Balancing by the key of a request: hash, ring, Maglev.

use super::balancing::{BY_KEY, Eligible, row_of};
use super::memory::slice;
use crate::draw::{mix, nth};
use crate::hashing::{self, Point};
use crate::layout::{Balancing, Component, Edge, NONE};

/// On a ring.
const RING: u32 = BY_KEY + 1;
/// In a Maglev table.
const MAGLEV: u32 = BY_KEY + 2;

/// Fills the table of an edge.
#[unsafe(export_name = "if_by_key_fill")]
#[inline(never)]
pub extern "C" fn fill(edge: &Edge, balancing: &Balancing, target: &Component) {
    let (address, len) = (balancing.table, balancing.table_len);
    match edge.balance {
        RING => hashing::fill_ring(slice(address, len), target.hash),
        MAGLEV => hashing::fill_maglev(slice(address, len), slice(address + 4 * len, target.replicas), target.hash),
        _ => {}
    }
}

/// The candidate for a key; any, by a draw, if there is none.
#[unsafe(export_name = "if_by_key_choose")]
#[inline(never)]
pub extern "C" fn choose(some: &Eligible, target: &Component, word: u64, key: u32) -> u32 {
    if key == NONE {
        return some.any(word);
    }
    let balancing = row_of(some.edge.balancing);
    let hash = mix(nth(target.hash, key as u64));
    let (address, len) = (balancing.table, balancing.table_len);
    match some.edge.balance {
        RING => {
            let points: &[Point] = slice(address, len);
            let first = hashing::on_ring(points, hash);
            let behind = (first..first + points.len()).map(|i| points[i % points.len()].replica);
            behind.into_iter().find(|&r| some.has(r)).unwrap_or(0)
        }
        MAGLEV => {
            let cells: &[u32] = slice(address, len);
            let first = crate::draw::below(hash, len) as usize;
            let behind = (first..first + cells.len()).map(|i| cells[i % cells.len()]);
            behind.into_iter().find(|&r| some.has(r)).unwrap_or(0)
        }
        _ => some.any(hash),
    }
}
