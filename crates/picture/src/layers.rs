//! Which column each node of a part is in, and the bends of the edges that cross columns in between.
//!
//! Cycles are broken by turning edges around for as long as this crate thinks about them. Then every edge
//! leads to the right: each node as far left as its callers allow, and pulled right towards those it calls
//! where that makes the edges shorter. Nodes of an earlier scene begin in the column they had.

use crate::keep::Kept;
use crate::measure;
use crate::scene::{Graph, PlacedEdge, groups};
use sysdl_order::Order as _;

/// No node, no group.
pub(crate) const NONE: u32 = u32::MAX;

/// Bends are an aid to beauty; a graph that would need more of them than this is past helping, and its
/// longest edges find their way without.
const BENDS_MAX: usize = 4_000;

/// Room above a node that calls itself.
pub(crate) const LOOP: f64 = 26.0;

/// The part as columns. The first vertices are its nodes, the others are bends of edges.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// Node in the graph, or `NONE` for a bend.
    pub node: Vec<u32>,
    /// Column.
    pub layer: Vec<u32>,
    /// From the middle of the vertex up.
    pub up: Vec<f64>,
    /// From the middle of the vertex down.
    pub down: Vec<f64>,
    /// Group, or `NONE`.
    pub group: Vec<u32>,
    /// Place of each group from top to bottom; empty without groups.
    pub ranks: Vec<u32>,
    /// Middle in the earlier scene. Not a number: was not there.
    pub old_y: Vec<f64>,
    /// Vertices of the column before, one entry per edge.
    pub left: Vec<Vec<u32>>,
    /// Vertices of the column after, one entry per edge.
    pub right: Vec<Vec<u32>>,
    /// Vertices of each column from top to bottom.
    pub rows: Vec<Vec<u32>>,
    /// Width of each column.
    pub widths: Vec<f64>,
    /// Middle of each column in the earlier scene, or not a number.
    pub old_x: Vec<f64>,
    /// There are many nodes: they are closer together.
    pub crowded: bool,
    /// Edges with their ways, but for loops.
    pub chains: Vec<Chain>,
    /// Edges from a node to itself: place among the edges, vertex.
    pub loops: Vec<(u32, u32)>,
}

/// An edge as a way through the columns.
#[derive(Debug)]
pub(crate) struct Chain {
    /// Place among the edges that are drawn.
    pub edge: u32,
    /// Whether the edge leads to the left.
    pub reversed: bool,
    /// Vertices from left to right; only the ends if there are too many bends.
    pub path: Vec<u32>,
}

/// An edge between vertices, turned so that the edges have no cycle.
#[derive(Clone, Copy)]
struct Link {
    edge: u32,
    from: u32,
    to: u32,
    reversed: bool,
}

/// One part, `members` in ascending order.
pub(crate) fn assign(graph: &Graph, edges: &[PlacedEdge], members: &[u32], kept: Option<&Kept>) -> Columns {
    let vertex = |node: u32| members.binary_search(&node).ok().map(|it| it as u32);
    let mut loops = Vec::new();
    let mut links = Vec::new();
    for (edge, it) in (0u32..).zip(edges) {
        match (vertex(it.from), vertex(it.to)) {
            (Some(from), Some(to)) if from == to => loops.push((edge, from)),
            (Some(from), Some(to)) => links.push(Link { edge, from, to, reversed: false }),
            _ => {}
        }
    }
    let hints = kept.map_or_else(Vec::new, |kept| kept.layers(members));
    let hint = |vertex: u32| hints.get(vertex as usize).copied().flatten();
    turn_back_edges(&mut links, members.len(), &hint);
    let order = break_cycles(&mut links, graph, members);
    let mut layer = longest_paths(&links, &order, graph, members, &hint);
    close_empty_layers(&mut layer);
    if kept.is_none() {
        stagger(&mut layer, &links, graph, members);
    }
    let mut columns = vertices(graph, members, &layer, kept, &hint);
    columns.loops = loops;
    for (_, vertex) in &columns.loops {
        columns.up[*vertex as usize] += LOOP;
    }
    bend(&mut columns, &links, kept);
    fill_rows(&mut columns);
    columns
}

fn neighbors(links: &[Link], count: usize, of: impl Fn(&Link) -> (u32, u32)) -> Vec<Vec<u32>> {
    let mut lists = vec![Vec::new(); count];
    for link in links {
        let (from, to) = of(link);
        lists[from as usize].push(to);
    }
    lists
}

/// An edge of a cycle that led to the left still does.
fn turn_back_edges(links: &mut [Link], count: usize, hint: &dyn Fn(u32) -> Option<i64>) {
    let backward = |link: &Link| matches!((hint(link.from), hint(link.to)), (Some(from), Some(to)) if from > to);
    if !links.iter().any(backward) {
        return;
    }
    let next = neighbors(links, count, |link| (link.from, link.to));
    for link in links.iter_mut().filter(|link| backward(link)) {
        if reaches(&next, link.to, link.from) {
            link.turn();
        }
    }
}

impl Link {
    fn turn(&mut self) {
        (self.from, self.to, self.reversed) = (self.to, self.from, !self.reversed);
    }
}

fn reaches(next: &[Vec<u32>], from: u32, to: u32) -> bool {
    let mut seen = vec![false; next.len()];
    let mut stack = vec![from];
    while let Some(vertex) = stack.pop() {
        if vertex == to {
            return true;
        }
        if !std::mem::replace(&mut seen[vertex as usize], true) {
            stack.extend(&next[vertex as usize]);
        }
    }
    false
}

/// Turns the edges that close a cycle, as seen from the sources; returns the vertices in an order that
/// every edge follows.
fn break_cycles(links: &mut [Link], graph: &Graph, members: &[u32]) -> Vec<u32> {
    let count = members.len();
    let mut outgoing: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut called = vec![false; count];
    for (index, link) in (0u32..).zip(links.iter()) {
        outgoing[link.from as usize].push(index);
        called[link.to as usize] = true;
    }
    let is_source = |vertex: &u32| graph.nodes[members[*vertex as usize] as usize].source;
    let mut roots: Vec<u32> = (0..count as u32).collect();
    roots.order_by_key(|vertex| (!is_source(vertex), called[*vertex as usize]));

    let mut state = vec![0u8; count]; // 0 not seen, 1 on the way, 2 done
    let mut done = Vec::with_capacity(count);
    for root in roots {
        let mut stack: Vec<(u32, usize)> = Vec::new();
        if state[root as usize] == 0 {
            state[root as usize] = 1;
            stack.push((root, 0));
        }
        while let Some((vertex, at)) = stack.last_mut() {
            let Some(&link) = outgoing[*vertex as usize].get(*at) else {
                state[*vertex as usize] = 2;
                done.push(*vertex);
                stack.pop();
                continue;
            };
            *at += 1;
            let to = links[link as usize].to;
            match state[to as usize] {
                0 => {
                    state[to as usize] = 1;
                    stack.push((to, 0));
                }
                1 => links[link as usize].turn(),
                _ => {}
            }
        }
    }
    done.reverse();
    done
}

/// Columns from left to right, not yet without empty ones; may begin below zero.
fn longest_paths(
    links: &[Link],
    order: &[u32],
    graph: &Graph,
    members: &[u32],
    hint: &dyn Fn(u32) -> Option<i64>,
) -> Vec<i64> {
    let count = members.len();
    let before = neighbors(links, count, |link| (link.to, link.from));
    let after = neighbors(links, count, |link| (link.from, link.to));
    let is_source = |vertex: usize| graph.nodes[members[vertex] as usize].source;
    let mut layer: Vec<i64> = (0..count as u32).map(|vertex| hint(vertex).unwrap_or(0)).collect();
    let mut fed = vec![false; count]; // requests of a source come by
    for &vertex in order {
        let vertex = vertex as usize;
        fed[vertex] = is_source(vertex);
        for &caller in &before[vertex] {
            layer[vertex] = layer[vertex].max(layer[caller as usize] + 1);
            fed[vertex] |= fed[caller as usize];
        }
    }
    for &vertex in order.iter().rev() {
        let v = vertex as usize;
        let Some(next) = after[v].iter().map(|to| layer[*to as usize] - 1).min() else { continue };
        if hint(vertex).is_some() {
            continue;
        }
        if is_source(v) {
            layer[v] = if before[v].is_empty() { next.min(0) } else { layer[v] };
        } else if before[v].is_empty() || !fed[v] || after[v].len() > before[v].len() {
            layer[v] = next;
        }
    }
    layer
}

fn close_empty_layers(layer: &mut [i64]) {
    let mut used: Vec<i64> = layer.to_vec();
    used.order();
    used.dedup();
    for it in layer {
        *it = used.binary_search(it).unwrap_or(0) as i64;
    }
}

/// In a column much higher than the picture is wide, every other node that calls nobody goes one column on.
fn stagger(layer: &mut [i64], links: &[Link], graph: &Graph, members: &[u32]) {
    const PITCH: (f64, f64) = (270.0, 36.0);
    let mut calls = vec![false; layer.len()];
    links.iter().for_each(|link| calls[link.from as usize] = true);
    let height = |vertex: usize| measure::height(graph, &graph.nodes[members[vertex] as usize]) + PITCH.1;
    let mut column = 0;
    let mut count = layer.iter().max().map_or(0, |last| last + 1);
    while column < count {
        let here: Vec<usize> = (0..layer.len()).filter(|vertex| layer[*vertex] == column).collect();
        let high: f64 = here.iter().map(|vertex| height(*vertex)).sum();
        let leaves: Vec<usize> = here.into_iter().filter(|vertex| !calls[*vertex]).collect();
        if leaves.len() >= 8 && high > count.max(4) as f64 * PITCH.0 * 0.9 {
            leaves.iter().skip(1).step_by(2).for_each(|vertex| layer[*vertex] += 1);
            count = count.max(column + 2);
        }
        column += 1;
    }
}

/// The nodes of the part as vertices.
fn vertices(
    graph: &Graph,
    members: &[u32],
    layer: &[i64],
    kept: Option<&Kept>,
    hint: &dyn Fn(u32) -> Option<i64>,
) -> Columns {
    let mut columns = Columns { crowded: measure::is_crowded(graph), ..Columns::default() };
    let count = layer.iter().max().map_or(0, |last| *last as usize + 1);
    columns.widths = vec![0.0; count];
    let mut middles: Vec<Vec<f64>> = vec![Vec::new(); count];
    let (groups, _) = groups(graph);
    for ((&node, &layer), vertex) in members.iter().zip(layer).zip(0u32..) {
        let of = &graph.nodes[node as usize];
        let free = kept.is_some() && crate::pins::pin(of).is_some();
        let half = if free { 0.0 } else { measure::height(graph, of) / 2.0 };
        let old = kept.filter(|_| hint(vertex).is_some()).and_then(|kept| kept.anchor(node));
        let old_y = old.map_or(f64::NAN, |old| old.y + half);
        let group = groups[node as usize].unwrap_or(NONE);
        columns.push(node, layer as u32, half, group, old_y);
        let width = &mut columns.widths[layer as usize];
        *width = width.max(measure::width(graph, of));
        middles[layer as usize].extend(old.map(|old| old.x + old.w / 2.0));
    }
    columns.old_x = middles.into_iter().map(middle_of).collect();
    columns
}

/// The median, because one node that changed its column should not move the others.
fn middle_of(mut xs: Vec<f64>) -> f64 {
    xs.order_by(f64::total_cmp);
    xs.get(xs.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Columns {
    fn push(&mut self, node: u32, layer: u32, half: f64, group: u32, old_y: f64) -> u32 {
        self.node.push(node);
        self.layer.push(layer);
        self.up.push(half);
        self.down.push(half);
        self.group.push(group);
        self.old_y.push(old_y);
        self.left.push(Vec::new());
        self.right.push(Vec::new());
        self.node.len() as u32 - 1
    }

    pub fn is_bend(&self, vertex: u32) -> bool {
        self.node[vertex as usize] == NONE
    }
}

/// A bend in every column that an edge passes.
fn bend(columns: &mut Columns, links: &[Link], kept: Option<&Kept>) {
    let longest = longest_with_bends(columns, links);
    for link in links {
        let [from, to] = [link.from, link.to].map(|end| columns.layer[end as usize]);
        let [a, b] = [link.from, link.to].map(|end| columns.group[end as usize]);
        let group = if a == b { a } else { NONE };
        let mut path = vec![link.from];
        if to - from <= longest {
            for layer in from + 1..to {
                let old_x = columns.old_x[layer as usize];
                let old_y = kept.map_or(f64::NAN, |kept| kept.height_at(link.edge, old_x));
                let bend = columns.push(NONE, layer, 0.0, group, old_y);
                columns.join(path[path.len() - 1], bend);
                path.push(bend);
            }
            columns.join(path[path.len() - 1], link.to);
        }
        path.push(link.to);
        columns.chains.push(Chain { edge: link.edge, reversed: link.reversed, path });
    }
}

/// The longest edges that can have bends, in columns.
fn longest_with_bends(columns: &Columns, links: &[Link]) -> u32 {
    let layer = |vertex: u32| columns.layer[vertex as usize];
    let mut spans: Vec<u32> = links.iter().map(|link| layer(link.to) - layer(link.from)).collect();
    spans.order();
    let mut bends = 0;
    let too_long = spans.iter().position(|span| {
        bends += *span as usize - 1;
        bends > BENDS_MAX
    });
    too_long.map_or(u32::MAX, |at| spans[at] - 1)
}

impl Columns {
    fn join(&mut self, left: u32, right: u32) {
        self.right[left as usize].push(right);
        self.left[right as usize].push(left);
    }
}

/// A first order: as a walk along the edges meets them.
fn fill_rows(columns: &mut Columns) {
    columns.rows = vec![Vec::new(); columns.widths.len()];
    let mut seen = vec![false; columns.node.len()];
    let mut roots: Vec<u32> = (0..columns.node.len() as u32).collect();
    roots.order_by_key(|vertex| columns.layer[*vertex as usize]);
    for root in roots {
        let mut stack = vec![root];
        while let Some(vertex) = stack.pop() {
            if std::mem::replace(&mut seen[vertex as usize], true) {
                continue;
            }
            columns.rows[columns.layer[vertex as usize] as usize].push(vertex);
            stack.extend(columns.right[vertex as usize].iter().rev());
        }
    }
}
