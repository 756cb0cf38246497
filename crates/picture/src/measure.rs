//! How large a node is drawn: its labels, and a tile for each replica.

use crate::scene::{Graph, Node};

const WIDTH_MIN: f64 = 150.0;
const WIDTH_MAX: f64 = 190.0;
/// Source: only a name.
const SOURCE: (f64, f64) = (120.0, 48.0);
/// Width of a letter of the name, semi-bold 13 px, a little more than the average.
const LETTER: f64 = 7.7;
/// On both sides of the name, the sign of the state among it.
const PADDING: f64 = 44.0;

/// Nodes of a graph in which there is room for little more than names: more of it is seen at once.
const CROWD: usize = 30;
/// A node among many: its name, and a bar or the rate below.
pub(crate) const LOW: f64 = 44.0;
/// Of such a node: the width of a letter, what is on both sides of the name, and the greatest width.
const LARGE_LETTER: f64 = 16.0;
const LOW_PADDING: f64 = 30.0;
const LOW_WIDTH_MAX: f64 = 250.0;

/// Tiles in one row.
pub(crate) const TILES: u32 = 12;

/// Whether a graph is large.
pub(crate) fn is_crowded(graph: &Graph) -> bool {
    graph.nodes.len() > CROWD
}

/// Name and kind; a row of tiles; two rows. Among many only the name.
pub(crate) fn height(graph: &Graph, node: &Node) -> f64 {
    match node.replicas {
        _ if is_crowded(graph) => LOW,
        _ if node.source => SOURCE.1,
        0 | 1 => 64.0,
        replicas if replicas <= TILES => 80.0,
        _ => 92.0,
    }
}

/// In steps of ten, so that a letter more or less seldom moves a border. Among many the name is as large as the node is low.
pub(crate) fn width(graph: &Graph, node: &Node) -> f64 {
    let crowded = is_crowded(graph);
    let letters = if crowded { 0 } else { node.kind.chars().count() }.max(node.name.chars().count()) as f64;
    let (letter, padding, most) =
        if crowded { (LARGE_LETTER, LOW_PADDING, LOW_WIDTH_MAX) } else { (LETTER, PADDING, WIDTH_MAX) };
    let needed = ((letters * letter + padding) / 10.0).ceil() * 10.0;
    let least = if node.source { SOURCE.0 } else { WIDTH_MIN };
    needed.clamp(least, most)
}
