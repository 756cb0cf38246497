//! Where the parts of a system are drawn.
//!
//! ```text
//!  Graph ──keep──▶ what was ──layers──▶ columns ──order──▶ rows ──place──▶ x, y ──route──▶ ways ──pack, pins──▶ Scene
//! ```
//!
//! Layered, from left to right, sources at the left. Before: names, kinds and edges, in the order of the
//! text. After: no two nodes overlap, no edge runs through a node (but for what pins and grown nodes leave no room
//! for), every edge begins and ends on the border of its nodes.
//!
//! What is not here: a simulation, a color of a state, a font metric, a random number, a clock, a hash
//! table. Only additions, multiplications, divisions and comparisons touch a coordinate, so that a page and
//! a terminal draw the same picture to the last digit.

#![forbid(unsafe_code)]

mod frames;
mod keep;
mod layers;
mod measure;
mod order;
mod pack;
mod pins;
mod place;
mod route;
mod scene;
mod svg;

pub use scene::{Edge, Frame, Graph, Node, PlacedEdge, PlacedNode, Scene};
pub use svg::{Theme, svg};

use keep::Kept;
use scene::Part;

/// Draws `graph`. With `previous`, the scene shown until now, whatever is in both stays where it was as far
/// as the edges allow: an unchanged graph is an unchanged picture, and a new node only makes room for itself.
/// While a node is dragged, `previous` is the scene from before the drag, or else those that gave way stay there.
pub fn arrange(graph: &Graph, previous: Option<&Scene>) -> Scene {
    let edges = scene::edges_within(graph);
    let kept = previous.and_then(|previous| Kept::new(graph, &edges, previous));
    let mut scene = match &kept {
        Some(kept) if kept.same => keep::relabel(graph, &edges, kept),
        _ => draw(graph, &edges, kept.as_ref()),
    };
    pins::apply(graph, &mut scene);
    scene::close(graph, &mut scene);
    scene
}

/// Every connected part by itself, then all of them side by side.
fn draw(graph: &Graph, edges: &[PlacedEdge], kept: Option<&Kept>) -> Scene {
    let parts: Vec<Part> = pack::parts(graph, edges)
        .into_iter()
        .map(|members| {
            let mut columns = layers::assign(graph, edges, &members, kept);
            order::reduce_crossings(&mut columns);
            let grid = place::place(&columns);
            route::part(graph, edges, &columns, &grid)
        })
        .collect();
    pack::pack(graph, parts, edges, kept)
}
