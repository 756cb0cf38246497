//! Small systems, drawn.

use sysdl_picture::{Edge, Graph, Node, Scene, arrange};

/// Nodes by name, edges as `a->b`; a name that begins with `>` is a source.
fn graph(names: &str, edges: &str) -> Graph {
    let names: Vec<&str> = names.split_whitespace().collect();
    let nodes = names.iter().map(|name| Node {
        name: name.trim_start_matches('>').to_owned(),
        kind: "service".to_owned(),
        source: name.starts_with('>'),
        ..Node::default()
    });
    let place = |name: &str| names.iter().position(|it| it.trim_start_matches('>') == name).expect("a name") as u32;
    let edges = edges.split_whitespace().map(|edge| {
        let (from, to) = edge.split_once("->").expect("an arrow");
        Edge { from: place(from), to: place(to) }
    });
    Graph { nodes: nodes.collect(), edges: edges.collect() }
}

fn text(scene: &Scene) -> String {
    let mut out = format!("{} x {}\n", scene.width, scene.height);
    for it in &scene.nodes {
        out += &format!("{} {} {} {} {}\n", it.name, it.x, it.y, it.w, it.h);
    }
    for it in &scene.edges {
        out += &format!("{}->{}", scene.nodes[it.from as usize].name, scene.nodes[it.to as usize].name);
        it.points.iter().for_each(|point| out += &format!(" {},{}", point.0, point.1));
        out.push('\n');
    }
    out
}

#[test]
fn a_chain_is_one_level_line() {
    let scene = arrange(&graph(">users edge api db", "users->edge edge->api api->db"), None);
    insta::assert_snapshot!(text(&scene));
    assert!(scene.edges.iter().all(|edge| edge.points.len() == 2 && edge.points[0].1 == edge.points[1].1));
}

#[test]
fn nothing_is_an_empty_picture() {
    assert_eq!(arrange(&Graph::default(), None), Scene::default());
}

#[test]
fn an_unchanged_graph_is_an_unchanged_picture() {
    let graph = graph(">u a b c d", "u->a a->b a->c b->d c->d d->a c->c");
    let scene = arrange(&graph, None);
    assert_eq!(arrange(&graph, Some(&scene)), scene);
}
