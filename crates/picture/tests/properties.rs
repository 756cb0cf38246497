//! What holds of every picture, over many random graphs.

mod common;

use common::Draw;
use sysdl_picture::{Edge, Graph, Node, PlacedNode, Scene, Theme, arrange, svg};

fn often(draw: &mut Draw, percent: u32) -> bool {
    draw.below(100) < percent
}

/// Any shape: trees, meshes, cycles, loops, parallel edges, strangers, edges to nowhere.
fn any_graph(draw: &mut Draw) -> Graph {
    let count = 1 + draw.below(40);
    let [forward, dense, grouped] = [often(draw, 70), often(draw, 20), often(draw, 30)];
    let mut graph = Graph::default();
    for id in 0..count {
        let group = (grouped && often(draw, 60)).then(|| format!("zone {}", draw.below(4)));
        graph.nodes.push(Node {
            name: format!("node{id}"),
            kind: ["service", "database", "load_balancer"][draw.below(3) as usize].to_owned(),
            replicas: draw.below(4) * draw.below(9),
            source: id < 2 && often(draw, 80),
            group,
            ..Node::default()
        });
    }
    for _ in 0..draw.below(if dense { count * 4 } else { count + count / 2 + 1 }) {
        let bound = count + u32::from(often(draw, 3));
        let (a, b) = (draw.below(count), draw.below(bound));
        let (from, to) = if forward { (a.min(b), a.max(b)) } else { (a, b) };
        if from != to || often(draw, 20) {
            graph.edges.push(Edge { from, to });
        }
    }
    graph
}

fn graphs(count: u64) -> impl Iterator<Item = (u64, Graph)> {
    (0..count).map(|seed| (seed, any_graph(&mut Draw(seed * 7919 + 1))))
}

fn overlap(a: &PlacedNode, b: &PlacedNode) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

fn on_border(node: &PlacedNode, (x, y): (f32, f32)) -> bool {
    let near = |a: f32, b: f32| (a - b).abs() < 0.15;
    let within = |x: f32, from: f32, size: f32| x > from - 0.15 && x < from + size + 0.15;
    let upright = (near(x, node.x) || near(x, node.x + node.w)) && within(y, node.y, node.h);
    let level = (near(y, node.y) || near(y, node.y + node.h)) && within(x, node.x, node.w);
    upright || level
}

/// Points along the curve that the scene describes.
fn along(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut all = Vec::new();
    for pair in points.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        for step in 0..=12 {
            let t = step as f32 / 12.0;
            let eased = t * t * (3.0 - 2.0 * t);
            let x = ax + (bx - ax) * (1.5 * t * (1.0 - t) * (1.0 - t) + 1.5 * t * t * (1.0 - t) + t * t * t);
            all.push(if ay == by { (ax + (bx - ax) * t, ay) } else { (x, ay + (by - ay) * eased) });
        }
    }
    all
}

fn holds(graph: &Graph, scene: &Scene, what: &str) {
    nodes_are_apart(graph, scene, what);
    ends_are_right(scene, what, true);
}

fn nodes_are_apart(graph: &Graph, scene: &Scene, what: &str) {
    assert_eq!(scene.nodes.len(), graph.nodes.len(), "{what}");
    for (index, a) in scene.nodes.iter().enumerate() {
        assert!(a.x + a.w <= scene.width && a.y + a.h <= scene.height, "{what}: {} is outside", a.name);
        for b in &scene.nodes[index + 1..] {
            assert!(!overlap(a, b) || (a.pinned && b.pinned), "{what}: {} is on {}", a.name, b.name);
        }
    }
}

fn ends_are_right(scene: &Scene, what: &str, distinct: bool) {
    let mut ends: Vec<(u32, i64, i64)> = Vec::new();
    for edge in &scene.edges {
        let (first, last) = (edge.points[0], edge.points[edge.points.len() - 1]);
        assert!(edge.points.iter().all(|point| point.0.is_finite() && point.1.is_finite()), "{what}");
        assert!(on_border(&scene.nodes[edge.from as usize], first), "{what}: edge {} begins off its node", edge.id);
        assert!(on_border(&scene.nodes[edge.to as usize], last), "{what}: edge {} ends off its node", edge.id);
        let tenths = |point: (f32, f32)| ((point.0 * 10.0).round() as i64, (point.1 * 10.0).round() as i64);
        ends.extend([(edge.from, first), (edge.to, last)].map(|(node, it)| (node, tenths(it).0, tenths(it).1)));
    }
    let all = ends.len();
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() == all || !distinct, "{what}: two edges share a port");
}

fn runs_through_no_node(scene: &Scene, what: &str) {
    for edge in &scene.edges {
        for (x, y) in along(&edge.points) {
            for node in &scene.nodes {
                let inside =
                    x > node.x + 0.6 && x < node.x + node.w - 0.6 && y > node.y + 0.6 && y < node.y + node.h - 0.6;
                assert!(!inside, "{what}: edge {} runs through {}", edge.id, node.name);
            }
        }
    }
}

#[test]
fn nothing_overlaps_and_edges_end_on_borders() {
    for (seed, graph) in graphs(250) {
        let scene = arrange(&graph, None);
        holds(&graph, &scene, &format!("seed {seed}"));
        runs_through_no_node(&scene, &format!("seed {seed}"));
        assert_eq!(arrange(&graph, None), scene, "seed {seed}: not the same twice");
        let there = graph.edges.iter().filter(|edge| edge.to < graph.nodes.len() as u32).count();
        assert_eq!(scene.edges.len(), there);
    }
}

#[test]
fn frames_hold_their_members_and_no_stranger() {
    for (seed, graph) in graphs(250) {
        let scene = arrange(&graph, None);
        for frame in &scene.groups {
            for node in &scene.nodes {
                let inside = node.x < frame.x + frame.w
                    && frame.x < node.x + node.w
                    && node.y < frame.y + frame.h
                    && frame.y < node.y + node.h;
                assert_eq!(
                    inside,
                    node.group.as_ref() == Some(&frame.name),
                    "seed {seed}: {} {}",
                    node.name,
                    frame.name
                );
            }
        }
    }
}

#[test]
fn unchanged_is_unchanged() {
    for (seed, mut graph) in graphs(200) {
        let scene = arrange(&graph, None);
        assert_eq!(arrange(&graph, Some(&scene)), scene, "seed {seed}");
        let text = serde_json::to_string(&scene).expect("finite numbers");
        assert_eq!(serde_json::from_str::<Scene>(&text).expect("our own text"), scene, "seed {seed}");
        for node in &mut graph.nodes {
            node.title = format!("The {}", node.name);
            node.replicas = node.replicas.min(11) + 1;
        }
        graph.edges.reverse();
        let relabeled = arrange(&graph, Some(&scene));
        for (before, after) in scene.nodes.iter().zip(&relabeled.nodes) {
            assert_eq!((before.x, before.y), (after.x, after.y), "seed {seed}: {}", after.name);
        }
        holds(&graph, &relabeled, &format!("seed {seed}, relabeled"));
    }
}

/// A number for each node, the same for those which edges join.
fn parts(scene: &Scene) -> Vec<u32> {
    let mut part: Vec<u32> = (0..scene.nodes.len() as u32).collect();
    for _ in &scene.nodes {
        for edge in &scene.edges {
            let least = part[edge.from as usize].min(part[edge.to as usize]);
            (part[edge.from as usize], part[edge.to as usize]) = (least, least);
        }
    }
    part
}

#[test]
fn a_new_leaf_makes_room_for_itself_only() {
    let (mut moved, mut all) = (0, 0);
    for (seed, mut graph) in graphs(250) {
        let scene = arrange(&graph, None);
        let count = graph.nodes.len() as u32;
        let group = graph.nodes[(seed % u64::from(count)) as usize].group.clone();
        graph.nodes.push(Node { name: "leaf".to_owned(), kind: "cache".to_owned(), group, ..Node::default() });
        graph.edges.push(Edge { from: (seed % u64::from(count)) as u32, to: count });
        let after = arrange(&graph, Some(&scene));
        holds(&graph, &after, &format!("seed {seed}"));
        let part = parts(&scene);
        let (before, after) = (&scene.nodes, &after.nodes[..count as usize]);
        let shift = (after[0].x - before[0].x, after[0].y - before[0].y);
        all += count as usize;
        for (index, a) in before.iter().enumerate() {
            let far = (after[index].x - a.x - shift.0).abs().max((after[index].y - a.y - shift.1).abs());
            moved += usize::from(far > 1.0);
            for (other, b) in before.iter().enumerate() {
                let one_part = part[index] == part[other];
                let one_column = one_part && (a.x + a.w / 2.0 - b.x - b.w / 2.0).abs() < 1.0;
                if one_column && a.y < b.y && a.group.is_none() && b.group.is_none() {
                    assert!(after[index].y < after[other].y, "seed {seed}: {} and {} changed places", a.name, b.name);
                }
            }
        }
    }
    eprintln!("{moved} of {all} nodes moved");
    assert!(moved * 100 < all * 25, "{moved} of {all} nodes moved");
}

#[test]
fn pins_hold_and_others_give_way() {
    for (seed, mut graph) in graphs(250) {
        let scene = arrange(&graph, None);
        let mut draw = Draw(seed);
        for node in &mut graph.nodes {
            let at = (draw.below(1500) as f32 - 100.0, draw.below(900) as f32 - 50.0);
            node.pin = often(&mut draw, 15).then_some(at);
            node.group = None;
        }
        for previous in [None, Some(&scene)] {
            let pinned = arrange(&graph, previous);
            holds(&graph, &pinned, &format!("seed {seed}"));
            for (node, placed) in graph.nodes.iter().zip(&pinned.nodes) {
                assert_eq!(placed.pinned, node.pin.is_some());
                assert!(node.pin.is_none_or(|pin| pin == (placed.x, placed.y)), "seed {seed}: {}", node.name);
            }
            let again = arrange(&graph, Some(&pinned));
            assert_eq!(again, pinned, "seed {seed}: pins again");
        }
    }
}

#[test]
fn edits_of_every_kind_keep_the_rules() {
    for seed in 0..60 {
        let mut draw = Draw(seed + 1000);
        let mut graph = any_graph(&mut draw);
        let mut scene = arrange(&graph, None);
        for edit in 0..25 {
            let count = graph.nodes.len() as u32;
            match draw.below(6) {
                0 | 1 => {
                    let name = format!("new{edit}");
                    graph.nodes.push(Node { name, kind: "cache".to_owned(), ..Node::default() });
                    graph.edges.push(Edge { from: draw.below(count), to: count });
                }
                2 => graph.edges.push(Edge { from: draw.below(count), to: draw.below(count) }),
                3 if !graph.edges.is_empty() => {
                    graph.edges.remove(draw.below(graph.edges.len() as u32) as usize);
                }
                4 => graph.nodes[draw.below(count) as usize].replicas = draw.below(40),
                _ => {
                    let pin = often(&mut draw, 50).then(|| (draw.below(900) as f32, draw.below(600) as f32));
                    graph.nodes[draw.below(count) as usize].pin = pin;
                }
            }
            scene = arrange(&graph, Some(&scene));
            holds(&graph, &scene, &format!("seed {seed}, edit {edit}"));
        }
    }
}

#[test]
fn odd_shapes_are_drawn() {
    let nodes = |count: u32| (0..count).map(|id| Node { name: format!("n{id}"), ..Node::default() }).collect();
    let shapes: [fn(u32) -> (u32, u32); 7] = [
        |_| (0, 0),
        |id| (id, id + 1),
        |id| (0, id),
        |id| (id, 0),
        |id| (id, 999 - id),
        |id| (id % 30, id / 30),
        |id| (id * 7 % 1000, id * 13 % 1000),
    ];
    for (number, shape) in shapes.iter().enumerate() {
        let edges = (0..1000).map(shape).map(|(from, to)| Edge { from, to }).collect();
        let mut graph = Graph { nodes: nodes(1000), edges };
        let scene = arrange(&graph, None);
        nodes_are_apart(&graph, &scene, &format!("shape {number}"));
        ends_are_right(&scene, &format!("shape {number}"), false);
        graph.nodes[5].pin = Some((f32::NAN, f32::INFINITY));
        graph.nodes[6].pin = Some((1e30, -1e30));
        nodes_are_apart(&graph, &arrange(&graph, Some(&scene)), &format!("shape {number} again"));
    }
}

#[test]
fn scenes_from_elsewhere_are_not_believed() {
    let (_, graph) = graphs(3).last().expect("three graphs");
    let fresh = arrange(&graph, None);
    let mut odd = fresh.clone();
    odd.nodes[0].x = f32::NAN;
    let mut cut = fresh.clone();
    cut.nodes.pop();
    let mut bare = fresh.clone();
    bare.edges.iter_mut().for_each(|edge| edge.points.clear());
    for previous in [odd, cut, bare, Scene::default()] {
        holds(&graph, &arrange(&graph, Some(&previous)), "a scene from elsewhere");
    }
}

#[test]
fn names_in_the_svg_are_text() {
    let name = "<script>&\"\u{7}".to_owned();
    let graph = Graph { nodes: vec![Node { name, ..Node::default() }], edges: Vec::new() };
    let svg = svg(&arrange(&graph, None), Theme::Dark);
    assert!(svg.contains("&lt;script&gt;&amp;&quot; <") && !svg.contains("<script"));
}
