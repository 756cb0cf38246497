//! Who is above whom in each column, with few crossings.
//!
//! Before: rows in the order a walk met them. After: the best order of some sweeps from left to right and
//! back; each sorts a row by the median, later by the mean, of its neighbors and then swaps neighbors while
//! that helps. Vertices of an earlier scene keep the order they had: the others find their place among them.

use crate::layers::{Columns, NONE};
use sysdl_order::Order as _;

pub(crate) fn reduce_crossings(columns: &mut Columns) {
    let mut rows = Rows::new(columns);
    if columns.old_y.iter().any(|y| !y.is_nan()) {
        rows.seed();
    }
    rows.improve();
    if rows.seeds.is_empty() {
        rows.begin_anew();
    }
    if columns.group.iter().any(|group| *group != NONE) {
        rows.rank_groups();
        rows.improve();
    }
    (columns.rows, columns.ranks) = (rows.rows, rows.ranks);
}

/// The order under work.
struct Rows<'a> {
    columns: &'a Columns,
    rows: Vec<Vec<u32>>,
    /// Place of each vertex in its row.
    place: Vec<u32>,
    /// Order of groups from top to bottom; empty while groups do not matter.
    ranks: Vec<u32>,
    /// Heights in the earlier scene, of new vertices those of their neighbors; empty without one.
    seeds: Vec<f64>,
}

/// More sweeps find little.
const SWEEPS: usize = 24;
/// Edges looked at, summed over all sweeps.
const EFFORT: usize = 200_000;
/// With more vertices than this one first order has to do.
const ANEW_MAX: usize = 1_500;

impl<'a> Rows<'a> {
    fn new(columns: &'a Columns) -> Self {
        let (rows, place) = (columns.rows.clone(), vec![0; columns.node.len()]);
        let mut rows = Rows { columns, rows, place, ranks: Vec::new(), seeds: Vec::new() };
        rows.number_all();
        rows
    }

    fn number_all(&mut self) {
        (0..self.rows.len()).for_each(|row| self.number(row));
    }

    fn number(&mut self, row: usize) {
        for (place, vertex) in (0u32..).zip(&self.rows[row]) {
            self.place[*vertex as usize] = place;
        }
    }

    fn is_old(&self, vertex: u32) -> bool {
        !self.columns.old_y[vertex as usize].is_nan()
    }

    fn group(&self, vertex: u32) -> u32 {
        if self.ranks.is_empty() { NONE } else { self.columns.group[vertex as usize] }
    }

    /// Old vertices as they were, new ones at the height of their neighbors.
    fn seed(&mut self) {
        let mut y = self.columns.old_y.clone();
        for _ in 0..self.rows.len() + 2 {
            let before = y.clone();
            for vertex in (0..y.len()).filter(|vertex| before[*vertex].is_nan()) {
                let (left, right) = (&self.columns.left[vertex], &self.columns.right[vertex]);
                let known = left.iter().chain(right).map(|it| before[*it as usize]).filter(|y| !y.is_nan());
                let (sum, count) = known.fold((0.0, 0.0), |(sum, count), y| (sum + y, count + 1.0));
                if count > 0.0 {
                    y[vertex] = sum / count;
                }
            }
        }
        for row in &mut self.rows {
            row.order_by(|a, b| y[*a as usize].total_cmp(&y[*b as usize]));
        }
        self.seeds = y;
        self.number_all();
    }

    fn improve(&mut self) {
        let links: usize = self.columns.right.iter().map(Vec::len).sum();
        let sweeps = (EFFORT / (links + self.place.len() + 1)).clamp(3, SWEEPS);
        (0..self.rows.len()).for_each(|row| self.gather(row));
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..sweeps {
            if best.0 == 0 {
                break;
            }
            self.sweep(sweep);
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
        self.number_all();
    }

    /// Another first order, as a walk against the edges meets them; kept if it leads to fewer crossings.
    fn begin_anew(&mut self) {
        let (crossings, rows) = (self.crossings(), self.rows.clone());
        if crossings == 0 || self.place.len() > ANEW_MAX {
            return;
        }
        let mut seen = vec![false; self.place.len()];
        let roots: Vec<u32> = self.rows.iter().rev().flatten().copied().collect();
        self.rows.iter_mut().for_each(Vec::clear);
        for root in roots {
            let mut stack = vec![root];
            while let Some(vertex) = stack.pop() {
                if !std::mem::replace(&mut seen[vertex as usize], true) {
                    self.rows[self.columns.layer[vertex as usize] as usize].push(vertex);
                    stack.extend(self.columns.left[vertex as usize].iter().rev());
                }
            }
        }
        self.number_all();
        self.improve();
        if self.crossings() >= crossings {
            self.rows = rows;
            self.number_all();
        }
    }

    fn sweep(&mut self, sweep: usize) {
        let count = self.rows.len();
        let (to_the_right, median, last_first) = (sweep.is_multiple_of(2), sweep % 8 < 4, sweep % 4 >= 2);
        for step in 0..count {
            let row = if to_the_right { step } else { count - 1 - step };
            if !self.rows[row].iter().any(|vertex| self.is_old(*vertex)) {
                self.sort(row, to_the_right, median, last_first);
            }
        }
        for round in 0..4 {
            let swaps: usize = (0..count).map(|row| self.swap_neighbors(row)).sum();
            if swaps == 0 || round * sweep > 60 {
                break;
            }
        }
    }

    /// Sorts a row by its neighbors on one side. Whoever has none there stays.
    fn sort(&mut self, row: usize, from_left: bool, median: bool, last_first: bool) {
        let side = if from_left { &self.columns.left } else { &self.columns.right };
        let mut keyed: Vec<(f64, u32)> = Vec::new();
        for &vertex in &self.rows[row] {
            let mut places: Vec<u32> = side[vertex as usize].iter().map(|it| self.place[*it as usize]).collect();
            places.order();
            if !places.is_empty() {
                keyed.push((if median { median_of(&places) } else { mean_of(&places) }, vertex));
            }
        }
        if last_first {
            keyed.reverse();
        }
        keyed.order_by(|a, b| a.0.total_cmp(&b.0));
        let mut sorted = keyed.into_iter();
        for vertex in &mut self.rows[row] {
            if !side[*vertex as usize].is_empty() {
                *vertex = sorted.next().map_or(*vertex, |it| it.1);
            }
        }
        self.number(row);
        self.gather(row);
    }

    fn swap_neighbors(&mut self, row: usize) -> usize {
        let mut around: Vec<[Vec<u32>; 2]> = self.rows[row].iter().map(|vertex| self.around(*vertex)).collect();
        let mut swaps = 0;
        for at in 1..around.len() {
            let (above, below) = (self.rows[row][at - 1], self.rows[row][at]);
            let bound = self.is_old(above) && self.is_old(below) || self.group(above) != self.group(below);
            if bound {
                continue;
            }
            let cost = |a: &[Vec<u32>; 2], b: &[Vec<u32>; 2]| inversions(&a[0], &b[0]) + inversions(&a[1], &b[1]);
            if cost(&around[at], &around[at - 1]) < cost(&around[at - 1], &around[at]) {
                self.rows[row].swap(at - 1, at);
                around.swap(at - 1, at);
                swaps += 1;
            }
        }
        self.number(row);
        swaps
    }

    /// Places of the neighbors on both sides, in ascending order.
    fn around(&self, vertex: u32) -> [Vec<u32>; 2] {
        [&self.columns.left, &self.columns.right].map(|side| {
            let mut places: Vec<u32> = side[vertex as usize].iter().map(|it| self.place[*it as usize]).collect();
            places.order();
            places
        })
    }

    fn crossings(&self) -> u64 {
        self.rows.windows(2).map(|pair| self.crossings_between(&pair[0], pair[1].len())).sum()
    }

    /// Crossings between a row and the next one: pairs of edges whose ends are in opposite order.
    fn crossings_between(&self, row: &[u32], next: usize) -> u64 {
        let mut ended = vec![0u32; next + 1]; // a Fenwick tree over the places of the next row
        let (mut crossings, mut all) = (0, 0);
        for &vertex in row {
            let [_, places] = self.around(vertex);
            for &place in &places {
                let (mut at, mut not_below) = (place as usize + 1, 0);
                while at > 0 {
                    not_below += ended[at];
                    at &= at - 1;
                }
                crossings += u64::from(all - not_below);
            }
            for &place in &places {
                let mut at = place as usize + 1;
                while at <= next {
                    ended[at] += 1;
                    at += at & at.wrapping_neg();
                }
                all += 1;
            }
        }
        crossings
    }

    /// Groups from top to bottom by where their members are on average.
    fn rank_groups(&mut self) {
        let count = self.columns.group.iter().filter(|it| **it != NONE).max().map_or(0, |last| *last as usize + 1);
        let mut sums = vec![(0.0, 0.0); count];
        for (vertex, &group) in self.columns.group.iter().enumerate().filter(|it| *it.1 != NONE) {
            let row = &self.rows[self.columns.layer[vertex] as usize];
            let in_row = (f64::from(self.place[vertex]) + 0.5) / row.len() as f64;
            let height = self.seeds.get(vertex).copied().unwrap_or(in_row);
            if !height.is_nan() {
                sums[group as usize].0 += height;
                sums[group as usize].1 += 1.0;
            }
        }
        let mut groups: Vec<u32> = (0..count as u32).collect();
        groups.order_by(|a, b| {
            let mean = |group: u32| sums[group as usize].0 / sums[group as usize].1;
            mean(*a).total_cmp(&mean(*b))
        });
        self.ranks = vec![0; count];
        for (rank, group) in (0u32..).zip(groups) {
            self.ranks[group as usize] = rank;
        }
    }

    /// Brings the members of a group together, and the groups of a row into their order.
    fn gather(&mut self, row: usize) {
        if self.ranks.is_empty() {
            return;
        }
        let mut sums = vec![(0.0, 0.0); self.ranks.len()];
        for (place, vertex) in self.rows[row].iter().enumerate() {
            if let Some((sum, members)) = sums.get_mut(self.group(*vertex) as usize) {
                *sum += place as f64;
                *members += 1.0;
            }
        }
        let mut present: Vec<usize> = (0..sums.len()).filter(|group| sums[*group].1 > 0.0).collect();
        present.order_by_key(|group| self.ranks[*group]);
        let mut keys = vec![0.0; sums.len()];
        let mut least = -1.0f64;
        for group in present {
            least = least.max(sums[group].0 / sums[group].1);
            keys[group] = least;
        }
        let mut keyed: Vec<(f64, u32, u32)> = Vec::new();
        for (place, &vertex) in (0u32..).zip(&self.rows[row]) {
            let group = self.group(vertex);
            let rank = self.ranks.get(group as usize).map_or(0, |rank| rank + 1);
            keyed.push((keys.get(group as usize).copied().unwrap_or(f64::from(place)), rank, vertex));
        }
        keyed.order_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.rows[row] = keyed.into_iter().map(|it| it.2).collect();
        self.number(row);
    }
}

fn mean_of(places: &[u32]) -> f64 {
    places.iter().map(|it| f64::from(*it)).sum::<f64>() / places.len() as f64
}

fn median_of(places: &[u32]) -> f64 {
    let middle = places.len() / 2;
    if places.len() % 2 == 1 { f64::from(places[middle]) } else { f64::from(places[middle - 1] + places[middle]) / 2.0 }
}

/// Pairs with a place of `above` greater than one of `below`: their edges cross.
fn inversions(above: &[u32], below: &[u32]) -> u64 {
    let (mut at, mut inversions) = (0, 0);
    for place in above {
        while at < below.len() && below[at] < *place {
            at += 1;
        }
        inversions += at as u64;
    }
    inversions
}
