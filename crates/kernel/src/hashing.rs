//! Choosing by key, so that the same key goes to the same replica.
//!
//! Both tables depend on names only: a replica that leaves or comes moves few keys of the others. A replica that
//! cannot be chosen is passed over for the next in the table, so that only its own keys move, and to all others.

use crate::draw::nth;

/// Points of each replica on a ring.
pub const POINTS: u32 = 128;
/// Sizes of Maglev tables, those of the paper: the first if it is a hundred times the replicas, else the second.
const SIZES: [u32; 2] = [65_537, 655_373];

/// A point of a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C)]
pub struct Point {
    /// Where it lies.
    pub at: u64,
    /// Whose it is.
    pub replica: u32,
    /// Unused.
    pub pad: u32,
}

/// Lays out a ring: [`POINTS`] for each replica, in order.
pub fn fill_ring(points: &mut [Point], component_hash: u64) {
    for (i, point) in points.iter_mut().enumerate() {
        let (replica, number) = (i as u32 / POINTS, i as u32 % POINTS);
        let at = nth(nth(component_hash, replica as u64), number as u64);
        *point = Point { at, replica, pad: 0 };
    }
    points.sort_unstable();
}

/// Number of the point that a key belongs to: the first that is not before it, cyclic.
#[must_use]
pub fn on_ring(points: &[Point], key: u64) -> usize {
    let behind = points.partition_point(|point| point.at < key);
    if behind == points.len() { 0 } else { behind }
}

/// Size of the Maglev table for so many replicas.
#[must_use]
pub fn maglev_size(replicas: u32) -> u32 {
    if SIZES[0] as u64 >= 100 * replicas as u64 { SIZES[0] } else { SIZES[1] }
}

/// Fills a Maglev table (Eisenbud et al., 2016): each replica in turn takes the next free cell in an order of its own.
/// `taken` has a cell for each replica: how far it has come.
pub fn fill_maglev(table: &mut [u32], taken: &mut [u32], component_hash: u64) {
    let size = table.len() as u64;
    table.fill(u32::MAX);
    taken.fill(0);
    let mut free = table.len();
    while free > 0 {
        for (replica, taken) in taken.iter_mut().enumerate() {
            let key = nth(component_hash, replica as u64);
            let (offset, skip) = (nth(key, 0) % size, nth(key, 1) % (size - 1) + 1);
            let cell = loop {
                let cell = ((offset + *taken as u64 * skip) % size) as usize;
                *taken += 1;
                if table[cell] == u32::MAX {
                    break cell;
                }
            };
            table[cell] = replica as u32;
            free -= 1;
            if free == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::draw::{below, mix};
    use std::vec;
    use std::vec::Vec;

    const KEYS: u64 = 20_000;

    fn ring(replicas: u32) -> Vec<u32> {
        let mut points = vec![Point::default(); (replicas * POINTS) as usize];
        fill_ring(&mut points, 7);
        (0..KEYS).map(|key| points[on_ring(&points, mix(nth(7, key)))].replica).collect()
    }

    fn maglev(replicas: u32) -> (Vec<u32>, Vec<u32>) {
        let size = maglev_size(replicas);
        let mut cells = vec![0; size as usize];
        fill_maglev(&mut cells, &mut vec![0; replicas as usize], 7);
        let owner = (0..KEYS).map(|key| cells[below(mix(nth(7, key)), size) as usize]).collect();
        (cells, owner)
    }

    fn moved(before: &[u32], after: &[u32]) -> f64 {
        before.iter().zip(after).filter(|(a, b)| a != b).count() as f64 / before.len() as f64
    }

    #[test]
    fn a_replica_that_joins_a_ring_takes_its_share_and_moves_nobody_elses_keys() {
        for replicas in [4, 10, 25] {
            let (before, after) = (ring(replicas), ring(replicas + 1));
            let share = 1.0 / f64::from(replicas + 1);
            let moved = moved(&before, &after);
            assert!((moved - share).abs() < 0.35 * share, "{replicas}: {moved} moved, its share is {share}");
            assert!(before.iter().zip(&after).all(|(a, b)| a == b || *b == replicas), "only to the new one");
        }
    }

    #[test]
    fn cells_of_a_maglev_table_are_shared_out_within_one_percent() {
        for replicas in [2, 3, 10, 64, 600] {
            let (cells, _) = maglev(replicas);
            let owned = |r: u32| cells.iter().filter(|&&owner| owner == r).count() as u32;
            let counts: Vec<u32> = (0..replicas).map(owned).collect();
            let (least, most) = (counts.iter().min(), counts.iter().max());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{replicas}: {counts:?}");
            assert!(cells.len() as u32 >= 100 * replicas);
        }
    }

    #[test]
    fn a_replica_that_joins_a_maglev_table_moves_little_more_than_its_share() {
        let moved = moved(&maglev(10).1, &maglev(11).1);
        assert!(moved > 1.0 / 11.0 && moved < 1.0 / 11.0 + 0.08, "{moved} moved");
    }
}
