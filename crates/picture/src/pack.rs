//! Connected parts side by side, so that the whole has a pleasant shape.

use crate::keep::Kept;
use crate::scene::{Graph, MARGIN, Part, PlacedEdge, Rect, Scene, placed, tenth};
use sysdl_order::Order as _;

/// Between two parts.
const GAP: f64 = 56.0;
/// Width by height that a screen has.
const ASPECT: f64 = 1.6;

/// Nodes of each connected part, in ascending order. Who is in one frame is in one part.
pub(crate) fn parts(graph: &Graph, edges: &[PlacedEdge]) -> Vec<Vec<u32>> {
    let joined = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let pairs = pairs(joined, graph.nodes.iter().map(|node| node.group.as_ref()));
    let root = connected(graph.nodes.len(), &pairs);
    let mut place = vec![usize::MAX; root.len()];
    let mut parts: Vec<Vec<u32>> = Vec::new();
    for (node, root) in (0u32..).zip(root) {
        let place = &mut place[root as usize];
        if *place == usize::MAX {
            *place = parts.len();
            parts.push(Vec::new());
        }
        parts[*place].push(node);
    }
    parts
}

/// Who is joined by an edge or by a frame.
pub(crate) fn pairs<'a>(
    mut pairs: Vec<(u32, u32)>,
    groups: impl Iterator<Item = Option<&'a String>>,
) -> Vec<(u32, u32)> {
    let mut grouped: Vec<(&String, u32)> = (0u32..).zip(groups).filter_map(|(node, it)| Some((it?, node))).collect();
    grouped.order();
    pairs.extend(grouped.windows(2).filter(|it| it[0].0 == it[1].0).map(|it| (it[0].1, it[1].1)));
    pairs
}

/// For each node the first node of its part.
pub(crate) fn connected(count: usize, pairs: &[(u32, u32)]) -> Vec<u32> {
    let mut root: Vec<u32> = (0..count as u32).collect();
    let find = |root: &mut Vec<u32>, mut node: u32| {
        while root[node as usize] != node {
            root[node as usize] = root[root[node as usize] as usize];
            node = root[node as usize];
        }
        node
    };
    for &(a, b) in pairs {
        let (a, b) = (find(&mut root, a), find(&mut root, b));
        root[a.max(b) as usize] = a.min(b);
    }
    (0..count as u32).map(|node| find(&mut root, node)).collect()
}

/// All parts in one scene.
pub(crate) fn pack(graph: &Graph, mut parts: Vec<Part>, edges: &[PlacedEdge], kept: Option<&Kept>) -> Scene {
    let (mut old, mut new): (Vec<Part>, Vec<Part>) = parts.drain(..).partition(|part| part.anchored);
    keep_apart(&mut old);
    let fed = |part: &Part| part.nodes.iter().any(|it| graph.nodes[it.0 as usize].source);
    new.order_by(|a, b| fed(b).cmp(&fed(a)).then(b.bounds.h.total_cmp(&a.bounds.h)));
    let taken = old.iter().map(|part| part.bounds).reduce(|a, b| a.around(&b));
    match taken {
        None => {
            let width = best_width(&new);
            shelve(&mut new, width, MARGIN, MARGIN);
        }
        Some(taken) if taken.w < taken.h * ASPECT => shelve(&mut new, GAP, taken.right() + GAP, taken.y),
        Some(taken) => shelve(&mut new, taken.w, taken.x, taken.bottom() + GAP),
    }
    let all: Vec<Part> = old.into_iter().chain(new).collect();
    let around = all.iter().map(|part| part.bounds).reduce(|a, b| a.around(&b)).unwrap_or_default();
    let inward = |least: f64| if kept.is_none() || least < MARGIN { MARGIN - least } else { 0.0 };
    scene(graph, edges, &all, inward(around.x), inward(around.y))
}

/// Old parts that have grown into each other: the smaller one gives way.
fn keep_apart(parts: &mut [Part]) {
    parts.order_by(|a, b| {
        let size = b.nodes.len().cmp(&a.nodes.len());
        size.then(a.bounds.y.total_cmp(&b.bounds.y)).then(a.bounds.x.total_cmp(&b.bounds.x))
    });
    for index in 1..parts.len() {
        let (above, rest) = parts.split_at_mut(index);
        let part = &mut rest[0];
        loop {
            let hit = above.iter().find(|it| it.bounds.near(&part.bounds, ROOM));
            let Some(hit) = hit else { break };
            part.shift(0.0, hit.bounds.bottom() + GAP - part.bounds.y);
        }
    }
}

/// Parts that were placed earlier may be this near.
const ROOM: f64 = 20.0;

impl Part {
    fn shift(&mut self, dx: f64, dy: f64) {
        for (_, rect) in &mut self.nodes {
            (rect.x, rect.y) = (rect.x + dx, rect.y + dy);
        }
        for point in self.edges.iter_mut().flat_map(|it| &mut it.1) {
            *point = (point.0 + dx, point.1 + dy);
        }
        self.bounds = Rect { x: self.bounds.x + dx, y: self.bounds.y + dy, ..self.bounds };
    }
}

/// Rows of parts, none wider than `width` unless a part is.
fn shelve(parts: &mut [Part], width: f64, left: f64, top: f64) {
    let boxes: Vec<Rect> = parts.iter().map(|part| part.bounds).collect();
    let (places, _) = shelves(&boxes, width);
    for (part, (x, y)) in parts.iter_mut().zip(places) {
        part.shift(left + x - part.bounds.x, top + y - part.bounds.y);
    }
}

/// Places on shelves, and the size of it all.
fn shelves(boxes: &[Rect], width: f64) -> (Vec<(f64, f64)>, (f64, f64)) {
    let (mut x, mut y, mut shelf, mut widest) = (0.0f64, 0.0, 0.0f64, 0.0f64);
    let mut places = Vec::with_capacity(boxes.len());
    for it in boxes {
        if x > 0.0 && x + it.w > width {
            (x, y, shelf) = (0.0, y + shelf + GAP, 0.0);
        }
        places.push((x, y));
        widest = widest.max(x + it.w);
        shelf = shelf.max(it.h);
        x += it.w + GAP;
    }
    (places, (widest, y + shelf))
}

/// The width whose picture is nearest to the shape of a screen.
fn best_width(parts: &[Part]) -> f64 {
    let boxes: Vec<Rect> = parts.iter().map(|part| part.bounds).collect();
    let mut best = (f64::INFINITY, 0.0);
    let mut width = boxes.iter().map(|it| it.w).fold(0.0, f64::max);
    for _ in 0..48 {
        let (w, h) = shelves(&boxes, width).1;
        let shape = (w + 1.0) / (h + 1.0) / ASPECT;
        let off = shape.max(1.0 / shape);
        if off < best.0 {
            best = (off, width);
        }
        width = width * 1.1 + 10.0;
    }
    best.1
}

fn scene(graph: &Graph, edges: &[PlacedEdge], parts: &[Part], dx: f64, dy: f64) -> Scene {
    let mut scene = Scene { edges: edges.to_vec(), ..Scene::default() };
    for part in parts {
        for (node, rect) in &part.nodes {
            scene.nodes.push(placed(graph, *node, Rect { x: rect.x + dx, y: rect.y + dy, ..*rect }));
        }
        for (edge, points) in &part.edges {
            let round = |point: &(f64, f64)| (tenth(point.0 + dx), tenth(point.1 + dy));
            scene.edges[*edge as usize].points = points.iter().map(round).collect();
        }
    }
    scene.nodes.order_by_key(|node| node.id);
    scene
}
