//! Heights of vertices and places of columns.
//!
//! Before: the order in each column. After: the same order with room between, neighbors as level as they can
//! be: first row by row, each row the exact least-squares answer (pool adjacent violators), then whole
//! stretches that are almost level become level. Vertices of an earlier scene weigh so much that only lack
//! of room moves them.

use crate::frames::{self, Rule};
use crate::layers::{Columns, NONE};
use sysdl_order::Order as _;

/// Heights and columns.
pub(crate) struct Grid {
    /// Middle of each vertex.
    pub y: Vec<f64>,
    /// Middle of each column.
    pub x: Vec<f64>,
}

/// Room between vertices.
struct Gaps {
    /// From the border of a column to that of the next: room for a rate and a latency on the edge.
    column: f64,
    /// A new column beside old ones must not move them for the sake of beauty.
    column_min: f64,
    /// Between two nodes, a node and a bend, two bends.
    row: f64,
    bend: f64,
    bends: f64,
}

const GAPS: Gaps = Gaps { column: 104.0, column_min: 96.0, row: 36.0, bend: 24.0, bends: 16.0 };
/// Where there are many nodes, nothing is written on edges unless one is close.
const SMALL_GAPS: Gaps = Gaps { column: 76.0, column_min: 68.0, row: 20.0, bend: 16.0, bends: 12.0 };

fn gaps(columns: &Columns) -> &'static Gaps {
    if columns.crowded { &SMALL_GAPS } else { &GAPS }
}

/// Weight of where a vertex was against one edge of where it might be.
const HELD: f64 = 1e6;
/// A step of an edge that is lower than this is taken out.
const STEP: f64 = 30.0;
/// Heights nearer than this look like a mistake.
const LEVEL: f64 = 16.0;

pub(crate) fn place(columns: &Columns) -> Grid {
    let mut y = level_rows(columns);
    straighten(columns, &mut y);
    let x = place_columns(columns, &y);
    Grid { y, x }
}

/// Distance of the middles of two vertices, the one directly above the other.
fn apart(columns: &Columns, above: u32, below: u32) -> f64 {
    let gap = match (columns.is_bend(above), columns.is_bend(below)) {
        (true, true) => gaps(columns).bends,
        (false, false) => gaps(columns).row,
        _ => gaps(columns).bend,
    };
    columns.down[above as usize] + gap + columns.up[below as usize]
}

/// How much an edge wants to be level. A kink in a long edge is worse than one at its end, and the only
/// edge between two nodes that have no other there is a main flow.
fn weight(columns: &Columns, a: u32, b: u32) -> f64 {
    match (columns.is_bend(a), columns.is_bend(b)) {
        (true, true) => 8.0,
        (false, false) if is_only(columns, a, b) => 4.0,
        (false, false) => 1.0,
        _ => 2.0,
    }
}

/// Whether nothing else leaves the left of the two or arrives at the right one.
fn is_only(columns: &Columns, a: u32, b: u32) -> bool {
    let (left, right) = if columns.layer[a as usize] < columns.layer[b as usize] { (a, b) } else { (b, a) };
    columns.right[left as usize].len() == 1 && columns.left[right as usize].len() == 1
}

fn level_rows(columns: &Columns) -> Vec<f64> {
    let mut y = vec![0.0; columns.node.len()];
    for row in &columns.rows {
        let mut at = 0.0;
        for (place, &vertex) in row.iter().enumerate() {
            at += if place == 0 { 0.0 } else { apart(columns, row[place - 1], vertex) };
            y[vertex as usize] = at;
        }
        row.iter().for_each(|vertex| y[*vertex as usize] -= at / 2.0);
    }
    let links: usize = columns.right.iter().map(Vec::len).sum();
    let rounds = (600_000 / (links + y.len() + 1)).clamp(4, 24);
    let count = columns.rows.len();
    for round in 0..rounds {
        let both = round + 6 >= rounds;
        for step in 0..count {
            let (row, sides) = match round % 2 {
                0 => (step, [true, both]),
                _ => (count - 1 - step, [both, true]),
            };
            level(columns, &columns.rows[row], sides, &mut y);
        }
    }
    y
}

/// One row to the heights of its neighbors on the given sides, left and right.
fn level(columns: &Columns, row: &[u32], sides: [bool; 2], y: &mut [f64]) {
    let mut wanted = Vec::with_capacity(row.len());
    for &vertex in row {
        let v = vertex as usize;
        let (mut sum, mut weights) = (0.0, 0.0);
        let mut pull = |others: &[u32]| {
            for &other in others {
                let weight = weight(columns, vertex, other);
                sum += weight * y[other as usize];
                weights += weight;
            }
        };
        if sides[0] {
            pull(&columns.left[v]);
        }
        if sides[1] {
            pull(&columns.right[v]);
        }
        wanted.push(match columns.old_y[v] {
            old if !old.is_nan() => (old, HELD),
            _ if weights == 0.0 => (y[v], 0.25),
            _ => (sum / weights, weights),
        });
    }
    let gaps: Vec<f64> = row.windows(2).map(|pair| apart(columns, pair[0], pair[1])).collect();
    for (vertex, height) in row.iter().zip(settle(&wanted, &gaps)) {
        y[*vertex as usize] = height;
    }
}

/// The heights nearest to those wanted, in the sense of weighted least squares, of things in a given order
/// with given distances: pool adjacent violators on what is left when the distances are taken away.
pub(crate) fn settle(wanted: &[(f64, f64)], gaps: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(wanted.len()); // mean, weight, how many
    let mut offset = 0.0;
    for (index, &(want, weight)) in wanted.iter().enumerate() {
        offset += if index == 0 { 0.0 } else { gaps[index - 1] };
        let mut pool = (want - offset, weight, 1);
        while let Some(above) = pools.last().copied().filter(|above| above.0 > pool.0) {
            let weight = above.1 + pool.1;
            pool = ((above.0 * above.1 + pool.0 * pool.1) / weight, weight, above.2 + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let mut heights = Vec::with_capacity(wanted.len());
    let mut offset = 0.0;
    for (mean, _, count) in pools {
        for _ in 0..count {
            let index = heights.len();
            offset += if index == 0 { 0.0 } else { gaps[index - 1] };
            heights.push(mean + offset);
        }
    }
    heights
}

/// Makes stretches of almost level edges level, and room for frames. What cannot be level beside a frame is not.
fn straighten(columns: &Columns, y: &mut [f64]) {
    let all = |_: u32, _: u32| true;
    let together = |a: u32, b: u32| columns.group[a as usize] == columns.group[b as usize];
    let in_a_group = |a: u32, b: u32| together(a, b) && columns.group[a as usize] != NONE;
    let none = |_: u32, _: u32| false;
    let tries: [&dyn Fn(u32, u32) -> bool; 4] = [&all, &together, &in_a_group, &none];
    for may_be_level in tries {
        let block = stretches(columns, y, may_be_level);
        if let Some(heights) = settle_all(columns, y, &block) {
            for (vertex, block) in block.iter().enumerate() {
                y[vertex] = heights[*block as usize];
            }
            return;
        }
    }
}

/// Heights of stretches, then of frames. Nothing if the order of stretches contradicts that of frames.
fn settle_all(columns: &Columns, y: &[f64], block: &[u32]) -> Option<Vec<f64>> {
    let count = block.iter().max().map_or(0, |last| *last as usize + 1);
    let mut sums = vec![(0.0, 0.0); count];
    for (vertex, &block) in block.iter().enumerate() {
        let weight = if columns.old_y[vertex].is_nan() { 1.0 } else { HELD };
        sums[block as usize].0 += weight * y[vertex];
        sums[block as usize].1 += weight;
    }
    let mut wanted: Vec<f64> = sums.iter().map(|(sum, weight)| sum / weight).collect();
    let mut rules = frames::rules(columns, y, block, &mut wanted);
    for pair in columns.rows.iter().flat_map(|row| row.windows(2)) {
        rules.push((block[pair[0] as usize], block[pair[1] as usize], apart(columns, pair[0], pair[1])));
    }
    let mut heights = spread(&wanted, &rules)?;
    let mut members: Vec<(bool, u32, u32)> = (0..count as u32).map(|block| (false, 0, block)).collect();
    for (vertex, block) in block.iter().enumerate().filter(|it| columns.node[it.0] != NONE) {
        let (held, nodes, _) = &mut members[*block as usize];
        (*held, *nodes) = (*held || !columns.old_y[vertex].is_nan(), *nodes + 1);
    }
    members.retain(|it| it.1 > 0);
    members.order_by_key(|it| (!it.0, std::cmp::Reverse(it.1), it.2));
    align(&mut heights, &rules, &members);
    Some(heights)
}

/// Nodes almost on one level, in whatever columns, come to be on one level if there is room. `things` says
/// of each whether it has to stay, then how many nodes it has; the first ones decide.
fn align(heights: &mut [f64], rules: &[Rule], things: &[(bool, u32, u32)]) {
    let mut around: Vec<Vec<u32>> = vec![Vec::new(); heights.len()];
    for (index, rule) in (0u32..).zip(rules) {
        around[rule.0 as usize].push(index);
        around[rule.1 as usize].push(index);
    }
    let mut levels: Vec<f64> = Vec::new(); // in ascending order
    for &(held, _, thing) in things {
        let y = heights[thing as usize];
        let at = levels.partition_point(|level| *level < y);
        let near = levels[at.saturating_sub(1)..].iter().take(2).copied();
        let nearest = near.min_by(|a, b| (a - y).abs().total_cmp(&(b - y).abs()));
        let fits = |level: f64| {
            around[thing as usize].iter().all(|rule| {
                let (above, under, distance) = rules[*rule as usize];
                let height = |it: u32| if it == thing { level } else { heights[it as usize] };
                height(under) - height(above) >= distance - 1e-6
            })
        };
        match nearest.filter(|level| !held && (level - y).abs() <= LEVEL && fits(*level)) {
            Some(level) => heights[thing as usize] = level,
            None => levels.insert(at, y),
        }
    }
}

/// Numbers each vertex with the stretch it is in. Stretches do not cross, so that they can be ordered.
fn stretches(columns: &Columns, y: &[f64], may_be_level: &dyn Fn(u32, u32) -> bool) -> Vec<u32> {
    let mut place = vec![0u32; y.len()];
    for row in &columns.rows {
        (0u32..).zip(row).for_each(|(at, vertex)| place[*vertex as usize] = at);
    }
    let mut next = vec![NONE; y.len()];
    let mut begins = vec![true; y.len()];
    for row in &columns.rows {
        for (a, b) in level_links(columns, row, y, &place, may_be_level) {
            next[a as usize] = b;
            begins[b as usize] = false;
        }
    }
    let mut block = vec![NONE; y.len()];
    for (count, first) in (0u32..).zip((0..y.len()).filter(|vertex| begins[*vertex])) {
        let mut vertex = first as u32;
        while vertex != NONE {
            block[vertex as usize] = count;
            vertex = next[vertex as usize];
        }
    }
    block
}

/// Edges from a row to the next that become level: bends before nodes, lower steps before higher ones; one
/// per vertex, none across another.
fn level_links(
    columns: &Columns,
    row: &[u32],
    y: &[f64],
    place: &[u32],
    may_be_level: &dyn Fn(u32, u32) -> bool,
) -> Vec<(u32, u32)> {
    let held = |vertex: u32| !columns.old_y[vertex as usize].is_nan();
    let mut links: Vec<(bool, f64, u32, u32)> = Vec::new();
    for &a in row {
        for &b in columns.right[a as usize].iter().filter(|b| may_be_level(a, **b)) {
            let step = (y[a as usize] - y[b as usize]).abs();
            let bends = columns.is_bend(a) && columns.is_bend(b);
            let limit = match (held(a) && held(b), bends) {
                (true, _) => 0.5,
                (_, true) => f64::INFINITY,
                _ if is_only(columns, a, b) => 3.0 * STEP,
                _ => STEP,
            };
            if step <= limit {
                links.push((!bends, step, a, b));
            }
        }
    }
    links.order_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut chosen: Vec<(u32, u32)> = Vec::new();
    for (_, _, a, b) in links {
        let at = chosen.partition_point(|it| place[it.0 as usize] < place[a as usize]);
        let above = at.checked_sub(1).map(|at| chosen[at]);
        let fits_above = above.is_none_or(|it| place[it.1 as usize] < place[b as usize]);
        let fits_below = chosen.get(at).is_none_or(|it| it.0 != a && place[it.1 as usize] > place[b as usize]);
        if fits_above && fits_below {
            chosen.insert(at, (a, b));
        }
    }
    chosen
}

/// Keeps the distances of `rules`, if they have no cycle: the mean of pushing everything down and pushing
/// everything up, which keeps them because each of the two does.
fn spread(wanted: &[f64], rules: &[Rule]) -> Option<Vec<f64>> {
    let mut under: Vec<Vec<u32>> = vec![Vec::new(); wanted.len()];
    let mut waiting = vec![0u32; wanted.len()];
    for (index, rule) in (0u32..).zip(rules) {
        under[rule.0 as usize].push(index);
        waiting[rule.1 as usize] += 1;
    }
    let mut order: Vec<u32> = (0..wanted.len() as u32).filter(|it| waiting[*it as usize] == 0).collect();
    let mut at = 0;
    while at < order.len() {
        for &rule in &under[order[at] as usize] {
            let next = rules[rule as usize].1;
            waiting[next as usize] -= 1;
            if waiting[next as usize] == 0 {
                order.push(next);
            }
        }
        at += 1;
    }
    if order.len() < wanted.len() {
        return None;
    }
    let mut down = wanted.to_vec();
    let mut up = wanted.to_vec();
    for &above in &order {
        for &rule in &under[above as usize] {
            let (above, next, distance) = rules[rule as usize];
            down[next as usize] = down[next as usize].max(down[above as usize] + distance);
        }
    }
    for &above in order.iter().rev() {
        for &rule in &under[above as usize] {
            let (above, next, distance) = rules[rule as usize];
            up[above as usize] = up[above as usize].min(up[next as usize] - distance);
        }
    }
    Some(down.iter().zip(&up).map(|(down, up)| (down + up) / 2.0).collect())
}

/// Columns from left to right; wider apart where edges climb far. Old columns stay if there is room.
fn place_columns(columns: &Columns, y: &[f64]) -> Vec<f64> {
    let count = columns.rows.len();
    let mut x = vec![0.0; count];
    let half = |column: usize| columns.widths[column] / 2.0;
    let pitch = |column: usize| half(column) + gaps(columns).column + climb(columns, column, y) + half(column + 1);
    let pitch_min = |column: usize| half(column) + gaps(columns).column_min + half(column + 1);
    let first = columns.old_x.iter().position(|x| !x.is_nan()).unwrap_or(0);
    x[first] = if columns.old_x[first].is_nan() { 0.0 } else { columns.old_x[first] };
    for column in (0..first).rev() {
        x[column] = x[column + 1] - pitch(column);
    }
    for column in first + 1..count {
        let natural = x[column - 1] + pitch(column - 1);
        let old = columns.old_x[column];
        let least = x[column - 1] + pitch_min(column - 1);
        x[column] = if old >= least && old <= natural + 200.0 { old } else { natural };
    }
    x
}

/// Extra room after a column: an edge that climbs far should not climb steeply.
fn climb(columns: &Columns, column: usize, y: &[f64]) -> f64 {
    let mut highest = 0.0f64;
    for &a in &columns.rows[column] {
        for &b in &columns.right[a as usize] {
            highest = highest.max((y[a as usize] - y[b as usize]).abs());
        }
    }
    (highest / 8.0).min(80.0)
}
