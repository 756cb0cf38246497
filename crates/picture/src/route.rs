//! The ways of edges.
//!
//! Before: heights and columns. After: every edge has a port of its own on the border of its nodes, the ports
//! in the order in which the edges leave, and is level wherever that is possible; it passes columns level, at
//! the height of its bend, and changes height only between columns, where no node is.

use crate::layers::{Chain, Columns, LOOP, NONE};
use crate::measure;
use crate::place::{Grid, settle};
use crate::scene::{Graph, Part, PlacedEdge, Rect};
use sysdl_order::Order as _;

type Point = (f64, f64);

/// An edge leaves and arrives level for this long.
pub(crate) const STUB: f64 = 14.0;
const PORT_GAP: f64 = 14.0;
const PORT_GAP_MIN: f64 = 8.0;
/// No port is nearer to a corner.
const CORNER: f64 = 10.0;
/// A port leaves its place in the middle by no more than this to make its edge level.
const SHIFT: f64 = 26.0;

/// Nodes and edges of one part.
pub(crate) fn part(graph: &Graph, edges: &[PlacedEdge], columns: &Columns, grid: &Grid) -> Part {
    let mut part = Part::default();
    for (vertex, &node) in columns.node.iter().enumerate().filter(|it| *it.1 != NONE) {
        part.nodes.push((node, rectangle(graph, columns, grid, vertex)));
    }
    let ports = Ports::new(columns, grid, &part);
    let rects: Vec<Rect> = part.nodes.iter().map(|it| it.1).collect();
    for (index, chain) in columns.chains.iter().enumerate() {
        let mut points = way(columns, grid, chain, &rects, (ports.out[index], ports.into[index]));
        if chain.reversed {
            points.reverse();
        }
        part.edges.push((chain.edge, points));
    }
    for (index, &(edge, vertex)) in columns.loops.iter().enumerate() {
        let earlier = columns.loops[..index].iter().filter(|it| it.1 == vertex).count();
        part.edges.push((edge, loop_around(&rects[vertex as usize], earlier)));
    }
    part.edges.order_by_key(|it| edges[it.0 as usize].id);
    part.anchored = columns.old_y.iter().zip(&columns.node).any(|(y, node)| !y.is_nan() && *node != NONE);
    part.bounds = bounds(graph, &part);
    part
}

fn rectangle(graph: &Graph, columns: &Columns, grid: &Grid, vertex: usize) -> Rect {
    let layer = columns.layer[vertex] as usize;
    let (w, h) = (columns.widths[layer], measure::height(graph, &graph.nodes[columns.node[vertex] as usize]));
    Rect { x: grid.x[layer] - w / 2.0, y: grid.y[vertex] - h / 2.0, w, h }
}

fn bounds(graph: &Graph, part: &Part) -> Rect {
    use crate::scene::{HEADING, PADDING};
    let mut bounds: Option<Rect> = None;
    let mut add = |rect: Rect| bounds = Some(bounds.map_or(rect, |it| it.around(&rect)));
    for (node, rect) in &part.nodes {
        add(match graph.nodes[*node as usize].group {
            None => *rect,
            Some(_) => Rect {
                x: rect.x - PADDING,
                y: rect.y - PADDING - HEADING,
                w: rect.w + 2.0 * PADDING,
                h: rect.h + 2.0 * PADDING + HEADING,
            },
        });
    }
    for point in part.edges.iter().flat_map(|it| &it.1) {
        add(Rect { x: point.0, y: point.1, w: 0.0, h: 0.0 });
    }
    bounds.unwrap_or_default()
}

/// Heights at which chains begin and end.
struct Ports {
    out: Vec<f64>,
    into: Vec<f64>,
}

/// The chains that share a side of a node, from top to bottom.
struct Side {
    chains: Vec<u32>,
    /// Highest and lowest port.
    range: (f64, f64),
    gap: f64,
}

impl Ports {
    fn new(columns: &Columns, grid: &Grid, part: &Part) -> Self {
        let ends = |path: &[u32]| (path[0], path[path.len() - 1]);
        let (mut outs, mut ins) = (sides(columns, part, true), sides(columns, part, false));
        for (index, chain) in (0u32..).zip(&columns.chains) {
            let (first, last) = ends(&chain.path);
            outs[first as usize].chains.push(index);
            ins[last as usize].chains.push(index);
        }
        let y = |vertex: u32| grid.y[vertex as usize];
        for side in &mut outs {
            side.order(|chain| y(columns.chains[chain as usize].path[1]));
        }
        for side in &mut ins {
            side.order(|chain| {
                let path = &columns.chains[chain as usize].path;
                y(path[path.len() - 2])
            });
        }
        let count = columns.chains.len();
        let mut ports = Ports { out: vec![0.0; count], into: vec![0.0; count] };
        outs.iter().for_each(|side| side.in_the_middle(&mut ports.out));
        ins.iter().for_each(|side| side.in_the_middle(&mut ports.into));
        ports.level(columns, grid, &outs, &ins);
        ports
    }

    /// Moves ports so that edges with almost no step have none.
    fn level(&mut self, columns: &Columns, grid: &Grid, outs: &[Side], ins: &[Side]) {
        let slots = (self.out.clone(), self.into.clone());
        for _ in 0..4 {
            let mut wants = (Vec::new(), Vec::new());
            for (index, chain) in columns.chains.iter().enumerate() {
                let (out, into) = (slots.0[index], slots.1[index]);
                if chain.path.len() == 2 {
                    let common = (self.out[index] + self.into[index]) / 2.0;
                    let near = (out - into).abs() <= SHIFT;
                    wants.0.push(if near { (common, 1e3) } else { (out, 1.0) });
                    wants.1.push(if near { (common, 1e3) } else { (into, 1.0) });
                } else {
                    let bend = |vertex: u32, slot: f64| match grid.y[vertex as usize] {
                        y if (y - slot).abs() <= SHIFT => (y, 1e3),
                        _ => (slot, 1.0),
                    };
                    wants.0.push(bend(chain.path[1], out));
                    wants.1.push(bend(chain.path[chain.path.len() - 2], into));
                }
            }
            outs.iter().for_each(|side| side.settle(&wants.0, &mut self.out));
            ins.iter().for_each(|side| side.settle(&wants.1, &mut self.into));
        }
        for (out, into) in self.out.iter_mut().zip(&mut self.into) {
            if (*out - *into).abs() < 2.0 {
                *out = *into;
            }
        }
    }
}

fn sides(columns: &Columns, part: &Part, right: bool) -> Vec<Side> {
    let count = part.nodes.len();
    let mut sides = Vec::with_capacity(count);
    for (_, rect) in &part.nodes {
        sides.push(Side { chains: Vec::new(), range: (rect.y + CORNER, rect.bottom() - CORNER), gap: 0.0 });
    }
    for (_, vertex) in columns.loops.iter().filter(|_| right) {
        sides[*vertex as usize].range.0 = part.nodes[*vertex as usize].1.y + CORNER + PORT_GAP;
    }
    sides
}

impl Side {
    /// By the height of what comes next, then by the order of edges.
    fn order(&mut self, next: impl Fn(u32) -> f64) {
        self.chains.order_by(|a, b| next(*a).total_cmp(&next(*b)).then(a.cmp(b)));
        let (top, bottom) = self.range;
        let between = self.chains.len().saturating_sub(1).max(1) as f64;
        self.gap = PORT_GAP.min((bottom - top) / between);
    }

    fn in_the_middle(&self, ports: &mut [f64]) {
        let (top, bottom) = self.range;
        let mut y = (top + bottom) / 2.0 - self.gap * self.chains.len().saturating_sub(1) as f64 / 2.0;
        for chain in &self.chains {
            ports[*chain as usize] = y;
            y += self.gap;
        }
    }

    fn settle(&self, wants: &[(f64, f64)], ports: &mut [f64]) {
        let wanted: Vec<(f64, f64)> = self.chains.iter().map(|chain| wants[*chain as usize]).collect();
        let gap = self.gap.min(PORT_GAP_MIN);
        let gaps = vec![gap; wanted.len()];
        let (top, bottom) = self.range;
        let lowest_first = bottom - gap * wanted.len().saturating_sub(1) as f64;
        for (place, (chain, y)) in self.chains.iter().zip(settle(&wanted, &gaps)).enumerate() {
            let offset = gap * place as f64;
            ports[*chain as usize] = (y - offset).min(lowest_first).max(top) + offset;
        }
    }
}

/// From left to right.
fn way(columns: &Columns, grid: &Grid, chain: &Chain, rects: &[Rect], ports: (f64, f64)) -> Vec<Point> {
    let (first, last) = (chain.path[0], chain.path[chain.path.len() - 1]);
    let (from, to) = (&rects[first as usize], &rects[last as usize]);
    let layer = |vertex: u32| columns.layer[vertex as usize];
    if chain.path.len() == 2 && layer(last) > layer(first) + 1 {
        return detour((from.right(), ports.0), (to.x, ports.1), rects);
    }
    let mut points = vec![(from.right(), ports.0)];
    for &bend in &chain.path[1..chain.path.len() - 1] {
        let (x, half) = (grid.x[layer(bend) as usize], columns.widths[layer(bend) as usize] / 2.0);
        points.push((x - half, grid.y[bend as usize]));
        points.push((x + half, grid.y[bend as usize]));
    }
    points.push((to.x, ports.1));
    with_stubs(points)
}

/// Without points that change nothing, and level at both ends.
fn with_stubs(points: Vec<Point>) -> Vec<Point> {
    let mut way: Vec<Point> = Vec::with_capacity(points.len() + 2);
    for (index, point) in points.iter().enumerate() {
        let level = |other: Option<&Point>| other.is_some_and(|other| (other.1 - point.1).abs() < 0.05);
        let inner = index > 0 && index + 1 < points.len();
        if !(inner && level(points.get(index - 1)) && level(points.get(index + 1))) {
            way.push(*point);
        }
    }
    let stub = |end: Point, next: Point| {
        let room = if next.0 > end.0 { STUB } else { -STUB };
        ((next.1 - end.1).abs() >= 0.05 && (next.0 - end.0).abs() > 3.0 * STUB).then_some((end.0 + room, end.1))
    };
    if let (Some(first), Some(second)) = (way.first().copied(), way.get(1).copied())
        && let Some(point) = stub(first, second)
    {
        way.insert(1, point);
    }
    if let [.., before, last] = way[..]
        && let Some(point) = stub(last, before)
    {
        way.insert(way.len() - 1, point);
    }
    way
}

/// Between two points with anything in between: one curve if that meets no node; otherwise level past every
/// node in the way, on the side that is nearer.
pub(crate) fn detour(from: Point, to: Point, rects: &[Rect]) -> Vec<Point> {
    let (left, right) = if from.0 <= to.0 { (from, to) } else { (to, from) };
    let mut points = vec![left];
    if rects.iter().any(|rect| curve_meets(left, right, rect)) {
        let (first, last) = (left.0 + STUB + CLEAR, right.0 - STUB - CLEAR);
        for walls in walls(rects, first, last) {
            let (x, end) = extent(&walls);
            let before = points[points.len() - 1];
            let line = left.1 + (right.1 - left.1) * ((x + end) / 2.0 - left.0) / (right.0 - left.0);
            let y = level_past(&walls, line, (points.len() > 1).then_some(before.1));
            points.extend([((x - CLEAR).max(first), y), ((end + CLEAR).min(last), y)]);
        }
    }
    points.push(right);
    let mut way = with_stubs(points);
    if from.0 > to.0 {
        way.reverse();
    }
    way
}

/// An edge keeps this far from a node it passes.
const CLEAR: f64 = 12.0;

/// What stands between two places, those together that leave no room to climb between them.
fn walls(rects: &[Rect], first: f64, last: f64) -> Vec<Vec<Rect>> {
    let mut inside: Vec<Rect> = rects.iter().copied().filter(|it| it.right() > first && it.x < last).collect();
    inside.order_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let mut walls: Vec<Vec<Rect>> = Vec::new();
    for rect in inside {
        match walls.last_mut() {
            Some(wall) if rect.x - extent(wall).1 < 4.0 * CLEAR => wall.push(rect),
            _ => walls.push(vec![rect]),
        }
    }
    walls
}

fn extent(wall: &[Rect]) -> (f64, f64) {
    wall.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(x, end), it| (x.min(it.x), end.max(it.right())))
}

/// The height to go on at, or else the one nearest to `line`.
fn level_past(wall: &[Rect], line: f64, on: Option<f64>) -> f64 {
    let free = |y: &f64| wall.iter().all(|it| *y <= it.y - CLEAR + 0.01 || *y >= it.bottom() + CLEAR - 0.01);
    if let Some(on) = on.filter(free) {
        return on;
    }
    let beside = wall.iter().flat_map(|it| [it.y - CLEAR, it.bottom() + CLEAR]).chain([line]);
    beside.filter(free).min_by(|a, b| (a - line).abs().total_cmp(&(b - line).abs())).unwrap_or(line)
}

/// Whether the one curve between two points comes too near to a node other than at its ends.
fn curve_meets(a: Point, b: Point, rect: &Rect) -> bool {
    let around = Rect { x: a.0, y: a.1.min(b.1), w: b.0 - a.0, h: (b.1 - a.1).abs() };
    around.near(rect, CLEAR)
        && (1..24).any(|step| {
            let t = f64::from(step) / 24.0;
            let x = a.0 + (b.0 - a.0) * (1.5 * t * (1.0 - t) + t * t * t);
            let y = a.1 + (b.1 - a.1) * t * t * (3.0 - 2.0 * t);
            let room = CLEAR / 2.0;
            x > rect.x && x < rect.right() && y > rect.y - room && y < rect.bottom() + room
        })
}

/// From the right border over the corner to the upper border; the second loop of a node is around the first.
pub(crate) fn loop_around(rect: &Rect, earlier: usize) -> Vec<Point> {
    let step = 5.0 * earlier.min(3) as f64;
    let (right, top) = (rect.right(), rect.y);
    let (out, over) = (right + 16.0 + step, top - LOOP + 12.0 - step / 2.0);
    let (start, end) = (top + CORNER + 2.0 + step, right - 32.0 - step);
    vec![(right, start), (out, start), (out, over), (end, over), (end, top)]
}
