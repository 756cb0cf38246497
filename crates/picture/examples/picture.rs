//! Draws the graph in a JSON file: `cargo run -p sysdl-picture --example picture -- graph.json [dark]`. With
//! more files, each is drawn as an edit of the one before.

use std::time::Instant;
use sysdl_picture::{Graph, Scene, Theme, arrange, svg};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut theme = Theme::Light;
    let mut scene: Option<Scene> = None;
    for arg in std::env::args().skip(1) {
        if arg == "dark" {
            theme = Theme::Dark;
            continue;
        }
        let graph: Graph = serde_json::from_str(&std::fs::read_to_string(arg)?)?;
        let begin = Instant::now();
        scene = Some(arrange(&graph, scene.as_ref()));
        eprintln!("{} nodes in {:?}", graph.nodes.len(), begin.elapsed());
    }
    print!("{}", svg(&scene.ok_or("usage: picture graph.json... [dark]")?, theme));
    Ok(())
}
