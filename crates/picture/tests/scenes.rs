//! Small systems, drawn.

mod common;

use common::Draw;
use sysdl_picture::{Edge, Graph, Node, Scene, Theme, arrange, svg};

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

/// Pairs of edges that cross, counted once for each time they do.
fn crossings(scene: &Scene) -> usize {
    let side = |a: (f32, f32), b: (f32, f32), c: (f32, f32)| {
        let [ax, ay, bx, by, cx, cy] = [a.0, a.1, b.0, b.1, c.0, c.1].map(f64::from);
        (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    };
    let cross = |a: &[(f32, f32)], b: &[(f32, f32)]| {
        side(a[0], a[1], b[0]) * side(a[0], a[1], b[1]) < 0.0 && side(b[0], b[1], a[0]) * side(b[0], b[1], a[1]) < 0.0
    };
    let mut count = 0;
    for (index, one) in scene.edges.iter().enumerate() {
        for other in &scene.edges[index + 1..] {
            let pairs = one.points.windows(2).flat_map(|a| other.points.windows(2).map(move |b| (a, b)));
            count += pairs.filter(|(a, b)| cross(a, b)).count();
        }
    }
    count
}

#[test]
fn simple_systems_have_no_crossing() {
    for (names, edges) in [
        (">u a b c d", "u->a a->b b->c c->d"),
        (">u hub a b c d e", "u->hub hub->a hub->b hub->c hub->d hub->e"),
        (">u a b c d", "u->a a->b a->c b->d c->d"),
        (">u >v a b c d", "u->a v->a a->b a->c b->d c->d a->d"),
        (">u a b c", "u->a a->b b->c c->a b->a b->b"),
        (">shoppers edge catalog orders redis postgres payments", SHOP),
    ] {
        assert_eq!(crossings(&arrange(&graph(names, edges), None)), 0, "{edges}");
    }
}

const SHOP: &str = "shoppers->edge edge->catalog edge->orders catalog->redis catalog->postgres orders->catalog \
                    orders->payments orders->postgres";

#[test]
fn a_shop() {
    let names = ">shoppers edge catalog orders redis postgres payments";
    insta::assert_snapshot!(text(&arrange(&graph(names, SHOP), None)));
}

#[test]
fn a_new_node_between() {
    let before = arrange(&graph(">users edge api db", "users->edge edge->api api->db"), None);
    let now = graph(">users edge api db cache", "users->edge edge->api api->db api->cache");
    insta::assert_snapshot!(text(&arrange(&now, Some(&before))));
}

#[test]
fn two_zones() {
    let mut graph = graph(">users lb web1 db1 web2 db2", "users->lb lb->web1 lb->web2 web1->db1 web2->db2 db1->db2");
    for node in &mut graph.nodes {
        let zone = node.name.trim_start_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
        node.group = (!zone.is_empty()).then_some(zone);
    }
    let scene = arrange(&graph, None);
    let frames: Vec<String> =
        scene.groups.iter().map(|it| format!("zone {}: {} {} {} {}", it.name, it.x, it.y, it.w, it.h)).collect();
    insta::assert_snapshot!(text(&scene) + &frames.join("\n"));
}

#[test]
fn a_pinned_cache() {
    let mut graph = graph(">users api cache db", "users->api api->cache api->db");
    let before = arrange(&graph, None);
    graph.nodes[2].pin = Some((before.nodes[3].x + 10.0, before.nodes[3].y - 20.0));
    insta::assert_snapshot!(text(&arrange(&graph, Some(&before))));
}

#[test]
fn a_still_picture() {
    let mut graph = graph(">users api db", "users->api api->db api->api");
    graph.nodes[1].replicas = 3;
    insta::assert_snapshot!(svg(&arrange(&graph, None), Theme::Light));
}

/// A system of layers: most calls go to the next layer, some further, a few back.
fn layered(count: u32, edges: u32, back: u32, seed: u64) -> Graph {
    let mut draw = Draw(seed);
    let nodes = (0..count).map(|id| Node { name: format!("n{id}"), source: id == 0, ..Node::default() }).collect();
    let mut graph = Graph { nodes, edges: Vec::new() };
    while (graph.edges.len() as u32) < edges - back {
        let to = 1 + draw.below(count - 1);
        let from = to.saturating_sub(1 + draw.below(count / 5 + 1));
        graph.edges.push(Edge { from, to });
    }
    for _ in 0..back {
        let to = 1 + draw.below(count - 5);
        graph.edges.push(Edge { from: to + 1 + draw.below(4), to });
    }
    graph
}

#[test]
fn how_many_edges_cross() {
    let mut out = String::new();
    for (count, edges, back) in [(12, 10, 0), (50, 64, 0), (50, 61, 5), (200, 279, 0)] {
        let scene = arrange(&layered(count, edges, back, 11), None);
        out += &format!("{count} nodes, {edges} edges, {back} of them back: {}\n", crossings(&scene));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn many_nodes_are_low_and_close_together() {
    let fan = |count: u32| {
        let nodes = (0..count).map(|id| Node { name: format!("n{id}"), source: id == 0, ..Node::default() }).collect();
        let edges = (1..count).map(|to| Edge { from: u32::from(to > 1), to }).collect();
        arrange(&Graph { nodes, edges }, None)
    };
    let (few, many) = (fan(30), fan(31));
    let highest = |scene: &Scene| scene.nodes.iter().map(|node| node.h).fold(0.0, f32::max);
    assert!(highest(&many) < highest(&few) && many.height < 0.8 * few.height);
}

#[test]
fn another_system_that_shares_a_name_is_drawn_anew() {
    let shop = arrange(&graph(">shoppers edge catalog orders redis postgres payments", SHOP), None);
    let other = graph(">u a b c d e f g h i edge", "u->a a->b a->c a->d a->e a->f b->g c->h d->i f->edge");
    assert_eq!(text(&arrange(&other, Some(&shop))), text(&arrange(&other, None)));
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
