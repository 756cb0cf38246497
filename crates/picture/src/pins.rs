//! Pins: a node is where its pin says, whatever that does to the picture; the others give way.

use crate::route::{detour, loop_around};
use crate::scene::{Graph, Node, Rect, Scene, tenth};
use sysdl_order::Order as _;

/// Unpinned nodes keep this far from pinned ones.
const CLEAR: f64 = 20.0;

/// A pin that can be used.
pub(crate) fn pin(node: &Node) -> Option<(f32, f32)> {
    node.pin.filter(|pin| pin.0.abs() < 1e6 && pin.1.abs() < 1e6) // false for what is not a number
}

/// Moves pinned nodes to their pins, others out of their way, and leads the edges of both anew.
pub(crate) fn apply(graph: &Graph, scene: &mut Scene) {
    let mut moved = vec![false; scene.nodes.len()];
    for (id, node) in graph.nodes.iter().enumerate() {
        let Some((x, y)) = pin(node) else { continue };
        let place = &mut scene.nodes[id];
        let (x, y) = (tenth(f64::from(x)), tenth(f64::from(y)));
        moved[id] = (place.x, place.y) != (x, y);
        (place.x, place.y, place.pinned) = (x, y, true);
    }
    if !moved.contains(&true) {
        return;
    }
    for (id, moved) in moved.iter_mut().enumerate() {
        if !scene.nodes[id].pinned && hit(scene, id, &scene.nodes[id].rect(), true) {
            let rect = nearest_free(scene, id);
            (scene.nodes[id].x, scene.nodes[id].y) = (tenth(rect.x), tenth(rect.y));
            *moved = true;
        }
    }
    reroute(scene, &moved);
}

/// Whether `rect` is too near to a node other than `id`, all or only the pinned.
fn hit(scene: &Scene, id: usize, rect: &Rect, only_pinned: bool) -> bool {
    let others = scene.nodes.iter().enumerate().filter(|(other, node)| *other != id && (node.pinned || !only_pinned));
    others.into_iter().any(|(_, node)| node.rect().near(rect, CLEAR - 0.1))
}

/// The free place above, below or beside that is nearest.
fn nearest_free(scene: &Scene, id: usize) -> Rect {
    let rect = scene.nodes[id].rect();
    let mut best = (f64::INFINITY, rect);
    for (_, other) in scene.nodes.iter().enumerate().filter(|(other, _)| *other != id) {
        let other = other.rect();
        let candidates = [
            Rect { y: other.bottom() + CLEAR, ..rect },
            Rect { y: other.y - CLEAR - rect.h, ..rect },
            Rect { x: other.right() + CLEAR, ..rect },
        ];
        for place in candidates {
            let far = (place.x - rect.x).abs() * 2.0 + (place.y - rect.y).abs();
            if far < best.0 && place.y >= 0.0 && !hit(scene, id, &place, false) {
                best = (far, place);
            }
        }
    }
    best.1
}

/// New ways for edges whose ends moved, and for those that a moved node now stands on.
fn reroute(scene: &mut Scene, moved: &[bool]) {
    let rects: Vec<Rect> = scene.nodes.iter().map(|node| node.rect()).collect();
    let stands: Vec<Rect> = rects.iter().zip(moved).filter(|(_, moved)| **moved).map(|(rect, _)| *rect).collect();
    let mut lost: Vec<usize> = Vec::new();
    for (index, edge) in scene.edges.iter().enumerate() {
        let ends = [edge.from as usize, edge.to as usize];
        if ends.iter().any(|end| moved[*end]) || stands.iter().any(|rect| runs_through(&edge.points, rect)) {
            lost.push(index);
        }
    }
    let mut ends: Vec<(usize, Side, f64, usize, bool)> = Vec::new(); // node, side, height of the other, edge, out
    for &index in lost.iter().filter(|index| scene.edges[**index].from != scene.edges[**index].to) {
        let (from, to) = (scene.edges[index].from as usize, scene.edges[index].to as usize);
        let (out, into) = facing(&rects[from], &rects[to]);
        ends.push((from, out, height_of(&rects[to], &rects[from]), index, true));
        ends.push((to, into, height_of(&rects[from], &rects[to]), index, false));
    }
    ends.order_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3)));
    let mut ports = vec![[(0.0, 0.0); 2]; scene.edges.len()];
    for side in ends.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let rect = &rects[side[0].0];
        let used = used_ports(scene, &lost, side[0].0, side[0].1);
        for ((_, at, _, index, out), y) in side.iter().zip(free_ports(rect, side.len(), &used)) {
            let x = if *at == Side::Left { rect.x } else { rect.right() };
            ports[*index][usize::from(!out)] = (x, y);
        }
    }
    let mut loops = vec![0; rects.len()];
    let mut beside: Vec<(u32, u32)> = Vec::new();
    lost.order_by(|a, b| {
        let height = |index: usize| (ports[index][0].1 - ports[index][1].1).abs();
        height(*a).total_cmp(&height(*b))
    });
    for index in lost {
        let edge = &scene.edges[index];
        let (from, to) = (edge.from as usize, edge.to as usize);
        let [start, end] = ports[index];
        let points = if from == to {
            loops[from] += 1;
            loop_around(&rects[from], loops[from] - 1)
        } else if facing(&rects[from], &rects[to]) == (Side::Right, Side::Right) {
            let inner = beside.iter().filter(|it| [it.0, it.1].iter().any(|it| [edge.from, edge.to].contains(it)));
            let out = start.0.max(end.0) + 32.0 + 12.0 * inner.count().min(4) as f64;
            beside.push((edge.from, edge.to));
            vec![start, (out, start.1), (out, end.1), end]
        } else {
            detour(start, end, &rects)
        };
        scene.edges[index].points = points.iter().map(|point| (tenth(point.0), tenth(point.1))).collect();
    }
}

/// Where among the ports of a side an edge belongs: at the height of what it leads to; if it leads around to
/// the same side, the farther it leads the nearer to the middle.
fn height_of(other: &Rect, here: &Rect) -> f64 {
    const FAR: f64 = 1e8;
    match facing(here, other) {
        (Side::Right, Side::Right) if other.middle() > here.middle() => FAR - other.middle(),
        (Side::Right, Side::Right) => -FAR - other.middle(),
        _ => other.middle(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// Nodes nearer than this are above each other.
const BESIDE: f64 = 48.0;

/// The sides on which an edge leaves and arrives: towards each other, or both right if one is above the other.
fn facing(from: &Rect, to: &Rect) -> (Side, Side) {
    if to.x >= from.right() + BESIDE {
        (Side::Right, Side::Left)
    } else if from.x >= to.right() + BESIDE {
        (Side::Left, Side::Right)
    } else {
        (Side::Right, Side::Right)
    }
}

/// Heights of the ends that stay on a side of a node.
fn used_ports(scene: &Scene, lost: &[usize], node: usize, side: Side) -> Vec<f64> {
    let rect = &scene.nodes[node];
    let x = if side == Side::Left { rect.x } else { rect.x + rect.w };
    let mut used = Vec::new();
    for (index, edge) in scene.edges.iter().enumerate() {
        if lost.binary_search(&index).is_ok() {
            if edge.from == edge.to && edge.from as usize == node && side == Side::Right {
                used.extend((0..4).map(|earlier| loop_around(&rect.rect(), earlier)[0].1));
            }
        } else {
            let ends = [(edge.from, edge.points.first()), (edge.to, edge.points.last())];
            let here = ends.iter().filter(|(of, _)| *of as usize == node).filter_map(|(_, point)| *point);
            used.extend(here.filter(|point| (point.0 - x).abs() < 0.5).map(|point| f64::from(point.1)));
        }
    }
    used
}

/// `count` heights on a side, around the middle, none where an edge already is.
fn free_ports(rect: &Rect, count: usize, used: &[f64]) -> Vec<f64> {
    let (top, bottom) = (rect.y + 10.0, rect.bottom() - 10.0);
    for gap in [14.0, 10.0, 7.0, 5.0, 3.0, 2.0, 1.0, 0.5] {
        let steps = ((bottom - top) / gap).floor();
        let first = (top + bottom - steps * gap) / 2.0;
        let heights = (0..=steps as usize).map(|step| first + gap * step as f64);
        let free: Vec<f64> = heights.filter(|y| used.iter().all(|taken| (taken - y).abs() > gap * 0.45)).collect();
        if free.len() >= count {
            let skip = (free.len() - count) / 2;
            return free[skip..skip + count].to_vec();
        }
    }
    let gap = (bottom - top) / count as f64;
    (0..count).map(|place| top + gap * place as f64).collect()
}

/// Whether a way goes through a rectangle, or so near that it seems to.
fn runs_through(points: &[(f32, f32)], rect: &Rect) -> bool {
    points.windows(2).any(|pair| {
        let (ax, ay, bx, by) = (pair[0].0, pair[0].1, pair[1].0, pair[1].1);
        let line = Rect {
            x: f64::from(ax.min(bx)),
            y: f64::from(ay.min(by)),
            w: f64::from((ax - bx).abs()),
            h: f64::from((ay - by).abs()),
        };
        line.near(rect, 0.0)
    })
}
