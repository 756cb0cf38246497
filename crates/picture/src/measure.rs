//! How large a node is drawn: its labels, and a tile for each replica.

use crate::scene::Node;

const WIDTH_MIN: f64 = 150.0;
const WIDTH_MAX: f64 = 190.0;
/// Source: only a name.
const SOURCE: (f64, f64) = (120.0, 48.0);
/// Width of a letter of the name, semi-bold 13 px, a little more than the average.
const LETTER: f64 = 7.7;
/// On both sides of the name, the sign of the state among it.
const PADDING: f64 = 44.0;

/// Tiles in one row.
pub(crate) const TILES: u32 = 12;

/// Name and kind; a row of tiles; two rows.
pub(crate) fn height(node: &Node) -> f64 {
    match node.replicas {
        _ if node.source => SOURCE.1,
        0 | 1 => 64.0,
        replicas if replicas <= TILES => 80.0,
        _ => 92.0,
    }
}

/// In steps of ten, so that a letter more or less seldom moves a border.
pub(crate) fn width(node: &Node) -> f64 {
    let letters = node.name.chars().count().max(node.kind.chars().count()) as f64;
    let needed = ((letters * LETTER + PADDING) / 10.0).ceil() * 10.0;
    let least = if node.source { SOURCE.0 } else { WIDTH_MIN };
    needed.clamp(least, WIDTH_MAX)
}
