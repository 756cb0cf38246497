//! The words of this crate: what is drawn, and where it ended up.

use serde::{Deserialize, Serialize};

/// Space between the picture and its border.
pub(crate) const MARGIN: f64 = 24.0;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// Components, then sources.
    pub nodes: Vec<Node>,
    /// One per call path, in the order of the module's edges.
    pub edges: Vec<Edge>,
}

/// A component or a source of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Identity from one scene to the next, together with `source`.
    pub name: String,
    /// Kind in the library: `service`, `cache`. Empty for a source.
    pub kind: String,
    /// What the author calls it, or nothing.
    pub title: String,
    /// Deployed copies; nought and one are drawn alike.
    pub replicas: u32,
    /// Whether requests come from here.
    pub source: bool,
    /// The frame it is drawn in.
    pub group: Option<String>,
    /// Where its top left corner has to be. Not finite: as if it were absent.
    pub pin: Option<(f32, f32)>,
}

/// A call path between two nodes, given by their places in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Who calls.
    pub from: u32,
    /// Who is called. An edge to or from a node that is not there is not drawn.
    pub to: u32,
}

/// Where everything is. Units are pixels at zoom 1, rounded to a tenth; x to the right, y down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// To the right margin. The picture begins at 0 unless a pin is to the left of it.
    pub width: f32,
    /// To the lower margin.
    pub height: f32,
    /// In the order of the graph.
    pub nodes: Vec<PlacedNode>,
    /// In the order of the graph, without those that lead nowhere.
    pub edges: Vec<PlacedEdge>,
    /// In the order of their first members.
    pub groups: Vec<Frame>,
}

/// A node with its rectangle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlacedNode {
    /// Place in [`Graph::nodes`].
    pub id: u32,
    /// As given.
    pub name: String,
    /// As given.
    pub kind: String,
    /// As given.
    pub title: String,
    /// As given.
    pub source: bool,
    /// As given.
    pub replicas: u32,
    /// As given.
    pub group: Option<String>,
    /// Left.
    pub x: f32,
    /// Top.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// Whether it is where it is because a pin says so.
    #[serde(skip_serializing_if = "is_false")]
    pub pinned: bool,
}

fn is_false(it: &bool) -> bool {
    !*it
}

/// An edge with its way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacedEdge {
    /// Place in [`Graph::edges`].
    pub id: u32,
    /// Id of the caller.
    pub from: u32,
    /// Id of the called.
    pub to: u32,
    /// From border to border. A level stretch is to be drawn straight; between two heights an S whose ends
    /// are level, that is a cubic with both control points halfway in x; a vertical stretch (of a loop)
    /// straight with round corners.
    pub points: Vec<(f32, f32)>,
}

/// The border around the members of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Of the group.
    pub name: String,
    /// Left.
    pub x: f32,
    /// Top.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// A rectangle while it is still being moved about.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    pub fn middle(&self) -> f64 {
        self.y + self.h / 2.0
    }

    /// Whether the two are nearer than `gap` to each other.
    pub fn near(&self, other: &Rect, gap: f64) -> bool {
        self.x < other.right() + gap
            && other.x < self.right() + gap
            && self.y < other.bottom() + gap
            && other.y < self.bottom() + gap
    }

    /// The smallest rectangle around both.
    pub fn around(&self, other: &Rect) -> Rect {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Rect { x, y, w: self.right().max(other.right()) - x, h: self.bottom().max(other.bottom()) - y }
    }
}

impl PlacedNode {
    pub(crate) fn rect(&self) -> Rect {
        Rect { x: f64::from(self.x), y: f64::from(self.y), w: f64::from(self.w), h: f64::from(self.h) }
    }
}

/// A connected part, drawn by itself.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Node and rectangle.
    pub nodes: Vec<(u32, Rect)>,
    /// Place among the edges that are drawn, and points.
    pub edges: Vec<(u32, Vec<(f64, f64)>)>,
    /// Around all of it.
    pub bounds: Rect,
    /// Whether a node of an earlier scene holds it where it is.
    pub anchored: bool,
}

/// The edges that join nodes which are there, with no points yet.
pub(crate) fn edges_within(graph: &Graph) -> Vec<PlacedEdge> {
    let there = |node: u32| (node as usize) < graph.nodes.len();
    (0u32..)
        .zip(&graph.edges)
        .filter(|(_, edge)| there(edge.from) && there(edge.to))
        .map(|(id, edge)| PlacedEdge { id, from: edge.from, to: edge.to, points: Vec::new() })
        .collect()
}

pub(crate) fn placed(graph: &Graph, node: u32, rect: Rect) -> PlacedNode {
    let of = &graph.nodes[node as usize];
    PlacedNode {
        id: node,
        name: of.name.clone(),
        kind: of.kind.clone(),
        title: of.title.clone(),
        source: of.source,
        replicas: of.replicas,
        group: of.group.clone(),
        x: tenth(rect.x),
        y: tenth(rect.y),
        w: tenth(rect.w),
        h: tenth(rect.h),
        pinned: false,
    }
}

/// Rounded to a tenth, so that the last digit of a division is never seen.
pub(crate) fn tenth(x: f64) -> f32 {
    let tenths = (x * 10.0 + 0.5).floor();
    (tenths / 10.0) as f32
}

/// Frames and size, once nothing moves any more.
pub(crate) fn close(graph: &Graph, scene: &mut Scene) {
    scene.groups = frames(graph, scene);
    let (mut right, mut bottom) = (0f32, 0f32);
    let mut reach = |x: f32, y: f32| (right, bottom) = (right.max(x), bottom.max(y));
    scene.nodes.iter().for_each(|node| reach(node.x + node.w, node.y + node.h));
    scene.groups.iter().for_each(|frame| reach(frame.x + frame.w, frame.y + frame.h));
    scene.edges.iter().flat_map(|edge| &edge.points).for_each(|point| reach(point.0, point.1));
    let empty = scene.nodes.is_empty();
    let border = if empty { 0.0 } else { MARGIN };
    (scene.width, scene.height) = (tenth(f64::from(right) + border), tenth(f64::from(bottom) + border));
}

/// Space between the members of a group and its frame; above them is also its name.
pub(crate) const PADDING: f64 = 16.0;
pub(crate) const HEADING: f64 = 22.0;

fn frames(graph: &Graph, scene: &Scene) -> Vec<Frame> {
    let (groups, names) = groups(graph);
    let mut bounds: Vec<Option<Rect>> = vec![None; names.len()];
    for (node, group) in scene.nodes.iter().zip(&groups) {
        if let Some(group) = group {
            let around = &mut bounds[*group as usize];
            *around = Some(around.map_or(node.rect(), |rect| rect.around(&node.rect())));
        }
    }
    let framed = names.into_iter().zip(bounds);
    framed.filter_map(|(name, bounds)| Some(frame(name, bounds?))).collect()
}

fn frame(name: String, inner: Rect) -> Frame {
    Frame {
        name,
        x: tenth(inner.x - PADDING),
        y: tenth(inner.y - PADDING - HEADING),
        w: tenth(inner.w + 2.0 * PADDING),
        h: tenth(inner.h + 2.0 * PADDING + HEADING),
    }
}

/// The group of each node, numbered by first appearance, and their names.
pub(crate) fn groups(graph: &Graph) -> (Vec<Option<u32>>, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    let mut number = |name: &String| {
        let known = names.iter().position(|it| it == name);
        known.unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        }) as u32
    };
    let groups = graph.nodes.iter().map(|node| node.group.as_ref().map(&mut number)).collect();
    (groups, names)
}
