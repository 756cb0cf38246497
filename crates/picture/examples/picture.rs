//! Draws the graph in a JSON file: `cargo run -p sysdl-picture --example picture -- graph.json [dark]`.

use sysdl_picture::{Graph, Theme, arrange, svg};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: picture graph.json [dark]")?;
    let graph: Graph = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let theme = if args.next().is_some() { Theme::Dark } else { Theme::Light };
    print!("{}", svg(&arrange(&graph, None), theme));
    Ok(())
}
