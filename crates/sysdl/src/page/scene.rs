//! Where the parts of a module are drawn.

use serde_json::Value;
use sysdl_picture::{Edge, Graph, Node, Scene, arrange};
use sysdl_runtime::Meta;

/// The scene of a module: its components in order, then its sources. `previous` is the scene shown until now; `pins` are
/// `[name, x, y]` of nodes that stay where somebody has put them.
pub(super) fn scene(meta: &Meta, previous: Option<&Value>, pins: &Value) -> Value {
    let node = |name: &str, kind: &str, replicas: u32, source: bool| Node {
        name: name.to_owned(),
        kind: kind.to_owned(),
        title: String::new(),
        replicas,
        source,
        group: None,
        pin: pin(pins, name),
    };
    let components = meta.components.iter().map(|c| node(&c.name, &c.kind, c.replicas, false));
    let mut sources: Vec<&str> = Vec::new();
    let mut edges = Vec::new();
    for edge in &meta.edges {
        // An edge that nobody calls by is traffic, named after its source.
        let from = edge.from.unwrap_or_else(|| {
            let name = edge.name.split("->").next().unwrap_or_default();
            let known = sources.iter().position(|source| *source == name);
            let index = known.unwrap_or_else(|| {
                sources.push(name);
                sources.len() - 1
            });
            (meta.components.len() + index) as u32
        });
        edges.push(Edge { from, to: edge.to });
    }
    let sources = sources.into_iter().map(|name| node(name, "traffic", 1, true));
    let graph = Graph { nodes: components.chain(sources).collect(), edges };
    let previous = previous
        .filter(|scene| scene.is_object())
        .and_then(|scene| serde_json::from_value::<Scene>(scene.clone()).ok());
    serde_json::to_value(arrange(&graph, previous.as_ref())).unwrap_or_default()
}

fn pin(pins: &Value, name: &str) -> Option<(f32, f32)> {
    let pin = pins.as_array()?.iter().find(|pin| pin[0] == name)?;
    Some((pin[1].as_f64()? as f32, pin[2].as_f64()? as f32))
}
