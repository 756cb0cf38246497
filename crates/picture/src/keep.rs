//! What an earlier scene has to say: which node was where, in which column, and how each edge ran.
//!
//! A node is the same as before if its name is, or if all that changed is its name. Scenes come back from
//! outside, so that nothing in them is believed before it has been looked at.

use crate::layers::NONE;
use crate::measure;
use crate::pack::{connected, pairs};
use crate::pins::pin;
use crate::scene::{Graph, PlacedEdge, PlacedNode, Rect, Scene, placed};
use sysdl_order::Order as _;

pub(crate) struct Kept<'a> {
    graph: &'a Graph,
    previous: &'a Scene,
    /// Place in the earlier scene of each node of the graph, or `NONE`.
    was: Vec<u32>,
    /// The same for the edges that are drawn.
    edge_was: Vec<u32>,
    /// First node of its part, for each node of the earlier scene.
    part: Vec<u32>,
    /// Whether only labels, small sizes and pins changed.
    pub same: bool,
}

/// A graph with more new nodes for each old one is another system, which happens to share some names.
const OTHERS_MOST: usize = 3;

impl<'a> Kept<'a> {
    /// What there is to keep, if anything.
    pub fn new(graph: &'a Graph, edges: &[PlacedEdge], previous: &'a Scene) -> Option<Self> {
        if !is_sound(previous) {
            return None;
        }
        let was = nodes_that_were(graph, edges, previous);
        let known = was.iter().filter(|was| **was != NONE).count();
        if was.len() - known > OTHERS_MOST * (known + 2) {
            return None;
        }
        let edge_was = edges_that_were(edges, previous, &was);
        let groups = previous.nodes.iter().map(|node| node.group.as_ref());
        let pairs = pairs(previous.edges.iter().map(|edge| (edge.from, edge.to)).collect(), groups);
        let part = connected(previous.nodes.len(), &pairs);
        let mut kept = Kept { graph, previous, was, edge_was, part, same: false };
        kept.same = kept.is_same();
        Some(kept)
    }

    fn old(&self, node: u32) -> Option<&'a PlacedNode> {
        self.previous.nodes.get(self.was[node as usize] as usize)
    }

    fn is_same(&self) -> bool {
        let fits = |node: u32| {
            self.old(node).is_some_and(|old| {
                let new = &self.graph.nodes[node as usize];
                let unpinned = old.pinned && pin(new).is_none();
                !unpinned && old.group == new.group && measure::height(self.graph, new) <= f64::from(old.h) + 16.0
            })
        };
        self.was.len() == self.previous.nodes.len()
            && self.edge_was.len() == self.previous.edges.len()
            && self.edge_was.iter().all(|edge| *edge != NONE)
            && (0..self.was.len() as u32).all(fits)
    }

    /// Where a node was that nobody pins or pinned.
    pub fn anchor(&self, node: u32) -> Option<Rect> {
        let old = self.old(node)?;
        (!old.pinned && pin(&self.graph.nodes[node as usize]).is_none()).then(|| old.rect())
    }

    /// The columns these nodes had, as far as they were in one part then; of several, the largest counts.
    pub fn layers(&self, members: &[u32]) -> Vec<Option<i64>> {
        let part = |node: u32| self.anchor(node).map(|_| self.part[self.was[node as usize] as usize]);
        let mut known: Vec<u32> = members.iter().filter_map(|node| part(*node)).collect();
        known.order();
        let largest = known.chunk_by(|a, b| a == b).max_by_key(|it| it.len()).map(|it| it[0]);
        let middle = |node: u32| {
            let anchor = self.anchor(node).filter(|_| part(node) == largest);
            anchor.map(|rect| rect.x + rect.w / 2.0)
        };
        let mut middles: Vec<f64> = members.iter().filter_map(|node| middle(*node)).collect();
        middles.order_by(f64::total_cmp);
        let mut begins: Vec<f64> = Vec::new();
        for (index, x) in middles.iter().enumerate() {
            if index == 0 || x - middles[index - 1] > BETWEEN {
                begins.push(*x);
            }
        }
        let column = |x: f64| begins.partition_point(|begin| *begin <= x) as i64 - 1;
        members.iter().map(|node| middle(*node).map(column)).collect()
    }

    /// How high an edge ran at `x`. Not a number: it did not.
    pub fn height_at(&self, edge: u32, x: f64) -> f64 {
        let Some(old) = self.previous.edges.get(self.edge_was[edge as usize] as usize) else { return f64::NAN };
        for pair in old.points.windows(2) {
            let ((ax, ay), (bx, by)) = (wide(pair[0]), wide(pair[1]));
            if x >= ax.min(bx) && x <= ax.max(bx) && ax != bx {
                return ay + (by - ay) * (x - ax) / (bx - ax);
            }
        }
        f64::NAN
    }
}

/// Middles of columns are farther apart than this.
const BETWEEN: f64 = 60.0;

fn wide(point: (f32, f32)) -> (f64, f64) {
    (f64::from(point.0), f64::from(point.1))
}

fn is_sound(scene: &Scene) -> bool {
    let sane = |x: f32| x.abs() < 1e6; // false for what is not a number
    let count = scene.nodes.len();
    (0u32..).zip(&scene.nodes).all(|(id, node)| {
        node.id == id && [node.x, node.y, node.w, node.h].into_iter().all(sane) && node.w > 0.0 && node.h > 0.0
    }) && scene.edges.iter().all(|edge| {
        (edge.from as usize) < count
            && (edge.to as usize) < count
            && edge.points.len() >= 2
            && edge.points.iter().all(|point| sane(point.0) && sane(point.1))
    })
}

fn nodes_that_were(graph: &Graph, edges: &[PlacedEdge], previous: &Scene) -> Vec<u32> {
    let mut by_name: Vec<u32> = (0..previous.nodes.len() as u32).collect();
    let old = |id: u32| &previous.nodes[id as usize];
    by_name.order_by(|a, b| (old(*a).source, &old(*a).name, a).cmp(&(old(*b).source, &old(*b).name, b)));
    let mut taken = vec![false; previous.nodes.len()];
    let mut was = vec![NONE; graph.nodes.len()];
    for (was, node) in was.iter_mut().zip(&graph.nodes) {
        let key = (node.source, &node.name);
        let from = by_name.partition_point(|id| (old(*id).source, &old(*id).name) < key);
        let same = by_name[from..].iter().take_while(|id| (old(**id).source, &old(**id).name) == key);
        if let Some(id) = same.copied().find(|id| !taken[*id as usize]) {
            taken[id as usize] = true;
            *was = id;
        }
    }
    follow_renames(graph, edges, previous, &mut was, &taken);
    was
}

/// One node that is gone and one that is new are one node renamed, if they are alike but for the name.
fn follow_renames(graph: &Graph, edges: &[PlacedEdge], previous: &Scene, was: &mut [u32], taken: &[bool]) {
    let gone: Vec<u32> = (0..taken.len() as u32).filter(|id| !taken[*id as usize]).collect();
    let new: Vec<u32> = (0..was.len() as u32).filter(|id| was[*id as usize] == NONE).collect();
    let (&[gone], &[new]) = (&gone[..], &new[..]) else { return };
    let (before, now) = (&previous.nodes[gone as usize], &graph.nodes[new as usize]);
    if before.kind != now.kind || before.source != now.source {
        return;
    }
    was[new as usize] = gone;
    let mut joined: Vec<(u32, u32)> = edges.iter().map(|it| (was[it.from as usize], was[it.to as usize])).collect();
    let mut had: Vec<(u32, u32)> = previous.edges.iter().map(|it| (it.from, it.to)).collect();
    joined.retain(|pair| pair.0 == gone || pair.1 == gone);
    had.retain(|pair| pair.0 == gone || pair.1 == gone);
    joined.order();
    had.order();
    if joined != had {
        was[new as usize] = NONE;
    }
}

/// The first edge between two nodes was the first edge between them, and so on.
fn edges_that_were(edges: &[PlacedEdge], previous: &Scene, was: &[u32]) -> Vec<u32> {
    let mut old: Vec<(u32, u32, u32)> = Vec::new();
    for (index, edge) in (0u32..).zip(&previous.edges) {
        old.push((edge.from, edge.to, index));
    }
    old.order();
    let mut taken = vec![false; old.len()];
    let mut edge_was = Vec::with_capacity(edges.len());
    for edge in edges {
        let (from, to) = (was[edge.from as usize], was[edge.to as usize]);
        let at = old.partition_point(|it| (it.0, it.1) < (from, to));
        let same = (at..old.len()).take_while(|at| (old[*at].0, old[*at].1) == (from, to)).find(|at| !taken[*at]);
        edge_was.push(same.map_or(NONE, |at| old[at].2));
        if let Some(at) = same {
            taken[at] = true;
        }
    }
    edge_was
}

/// The earlier scene with the labels and sizes of now.
pub(crate) fn relabel(graph: &Graph, edges: &[PlacedEdge], kept: &Kept) -> Scene {
    let mut scene = Scene { edges: edges.to_vec(), ..Scene::default() };
    for (id, node) in (0u32..).zip(&graph.nodes) {
        let old = kept.old(id).map(PlacedNode::rect).unwrap_or_default();
        let rect = Rect { w: old.w.max(measure::width(graph, node)), h: measure::height(graph, node), ..old };
        let mut node = placed(graph, id, rect);
        node.pinned = kept.old(id).is_some_and(|old| old.pinned);
        scene.nodes.push(node);
    }
    for (edge, was) in scene.edges.iter_mut().zip(&kept.edge_was) {
        let old = &kept.previous.edges[*was as usize];
        edge.points = old.points.clone();
        let last = edge.points.len() - 1;
        let node = |id: u32| (&kept.previous.nodes[kept.was[id as usize] as usize], &scene.nodes[id as usize]);
        reattach(&mut edge.points, 0, 1, node(edge.from));
        reattach(&mut edge.points, last, last - 1, node(edge.to));
    }
    scene
}

/// The end of an edge on the border of a node that has grown or shrunk, and its neighbor on the same level.
fn reattach(points: &mut [(f32, f32)], end: usize, next: usize, (old, new): (&PlacedNode, &PlacedNode)) {
    let (x, y) = points[end];
    let at_right = (x - (old.x + old.w)).abs() < 0.5;
    let at_left = (x - old.x).abs() < 0.5;
    if at_right {
        points[end].0 = new.x + new.w;
    }
    if at_right || at_left {
        let inside = y.min(new.y + new.h - 4.0).max(new.y + 4.0);
        points[end].1 = inside;
        if (points[next].1 - y).abs() < 0.05 && points.len() > 2 {
            points[next].1 = inside;
        }
    }
}
