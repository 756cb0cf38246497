//! A scene as a still picture.

use crate::scene::{Frame, PlacedEdge, PlacedNode, Scene};
use std::fmt::Write as _;

/// Paper or night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on a dark blue.
    Dark,
}

struct Palette {
    background: &'static str,
    surface: &'static str,
    border: &'static str,
    line: &'static str,
    text: &'static str,
    muted: &'static str,
    frame: &'static str,
}

const LIGHT: Palette = Palette {
    background: "#ffffff",
    surface: "#f8f9fb",
    border: "#c6ccd6",
    line: "#8d97a6",
    text: "#1b212b",
    muted: "#5b6470",
    frame: "#eef1f5",
};

const DARK: Palette = Palette {
    background: "#11161d",
    surface: "#1a212b",
    border: "#3a4554",
    line: "#66748a",
    text: "#e6eaf0",
    muted: "#9aa5b4",
    frame: "#161c25",
};

/// A picture of its own: no script, no style from elsewhere, names as text.
pub fn svg(scene: &Scene, theme: Theme) -> String {
    let palette = match theme {
        Theme::Light => &LIGHT,
        Theme::Dark => &DARK,
    };
    let (x, y) = corner(scene);
    let (w, h) = ((scene.width - x).max(1.0), (scene.height - y).max(1.0));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{x} {y} {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\">"
    );
    let _ = writeln!(
        out,
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0.5 0.5 7.5 4 0.5 7.5z\" fill=\"{}\"/></marker></defs>",
        palette.line
    );
    let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{}\"/>", palette.background);
    scene.groups.iter().for_each(|frame| group(&mut out, frame, palette));
    let _ = writeln!(out, "<g fill=\"none\" stroke=\"{}\" stroke-width=\"1.4\">", palette.line);
    scene.edges.iter().for_each(|it| edge(&mut out, it));
    out.push_str("</g>\n");
    scene.nodes.iter().for_each(|it| node(&mut out, it, palette));
    out.push_str("</svg>\n");
    out
}

/// 0, or farther out where a pin is.
fn corner(scene: &Scene) -> (f32, f32) {
    let border = |least: f32| if least < 0.0 { least - 24.0 } else { 0.0 };
    let nodes = scene.nodes.iter().map(|node| (node.x, node.y));
    let frames = scene.groups.iter().map(|frame| (frame.x, frame.y));
    let points = scene.edges.iter().flat_map(|edge| edge.points.iter().copied());
    let all = nodes.chain(frames).chain(points);
    let (x, y) = all.fold((0f32, 0f32), |(x, y), it| (x.min(it.0), y.min(it.1)));
    (border(x), border(y))
}

fn group(out: &mut String, frame: &Frame, palette: &Palette) {
    let Frame { x, y, w, h, .. } = frame;
    let _ = write!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"14\" fill=\"{}\" stroke=\"{}\" \
         stroke-dasharray=\"2 4\"/>",
        palette.frame, palette.border
    );
    let label = Label { x: x + 14.0, y: y + 21.0, size: 11.5, weight: 600, color: palette.muted, anchor: "start" };
    label.write(out, &frame.name, w - 28.0);
    out.push('\n');
}

fn edge(out: &mut String, edge: &PlacedEdge) {
    let _ = writeln!(out, "<path d=\"{}\" marker-end=\"url(#arrow)\"/>", path(&edge.points));
}

/// Level and upright stretches straight, with round corners; between two heights an S with level ends.
fn path(points: &[(f32, f32)]) -> String {
    let mut out = String::new();
    let Some(&(x, y)) = points.first() else { return out };
    let _ = write!(out, "M{x} {y}");
    for index in 1..points.len() {
        let ((ax, ay), (bx, by)) = (points[index - 1], points[index]);
        if ax != bx && ay != by {
            let middle = (ax + bx) / 2.0;
            let _ = write!(out, "C{middle} {ay} {middle} {by} {bx} {by}");
            continue;
        }
        let corner = points.get(index + 1).filter(|next| (ax == bx && by == next.1) || (ay == by && bx == next.0));
        let _ = match corner {
            None => write!(out, "L{bx} {by}"),
            Some(&next) => {
                let (before, after) = (towards((bx, by), (ax, ay), 10.0), towards((bx, by), next, 10.0));
                write!(out, "L{} {}Q{bx} {by} {} {}", before.0, before.1, after.0, after.1)
            }
        };
    }
    out
}

/// From `a` towards `b`, at most half of the way.
fn towards(a: (f32, f32), b: (f32, f32), far: f32) -> (f32, f32) {
    let length = (b.0 - a.0).abs() + (b.1 - a.1).abs();
    let part = if length > 0.0 { (far / length).min(0.5) } else { 0.0 };
    (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part)
}

fn node(out: &mut String, node: &PlacedNode, palette: &Palette) {
    let PlacedNode { x, y, w, h, .. } = node;
    let radius = if node.source { h / 2.0 } else { 10.0 };
    let title = if node.title.is_empty() { &node.name } else { &node.title };
    let _ = write!(out, "<g><title>{}</title>", escaped(title));
    let _ = write!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{radius}\" fill=\"{}\" stroke=\"{}\"/>",
        palette.surface, palette.border
    );
    let name = Label { x: x + 16.0, y: y + 27.0, size: 13.5, weight: 600, color: palette.text, anchor: "start" };
    if node.source {
        let (x, y) = (x + w / 2.0, y + h / 2.0 + 4.5);
        Label { x, y, anchor: "middle", ..name }.write(out, &node.name, w - 24.0);
    } else if *h <= crate::measure::LOW as f32 {
        name.write(out, &node.name, w - 32.0);
    } else {
        name.write(out, &node.name, w - 32.0);
        let kind = Label { y: y + 45.0, size: 11.0, weight: 400, color: palette.muted, ..name };
        kind.write(out, &node.kind, w - 32.0);
        tiles(out, node, palette);
    }
    out.push_str("</g>\n");
}

/// One tile per replica, up to two rows; the rest as a number.
fn tiles(out: &mut String, node: &PlacedNode, palette: &Palette) {
    const TILES: u32 = crate::measure::TILES;
    if node.replicas < 2 {
        return;
    }
    let most = if node.replicas > 2 * TILES { 2 * TILES - 2 } else { node.replicas };
    for tile in 0..most {
        let (column, row) = ((tile % TILES) as f32, (tile / TILES) as f32);
        let (x, y) = (node.x + 16.0 + column * 10.0, node.y + 57.0 + row * 12.0);
        let _ =
            write!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"7\" height=\"9\" rx=\"1.5\" fill=\"{}\"/>", palette.border);
    }
    if most < node.replicas {
        let (x, y) = (node.x + 16.0 + (TILES - 2) as f32 * 10.0, node.y + 77.5);
        let label = Label { x, y, size: 9.5, weight: 400, color: palette.muted, anchor: "start" };
        label.write(out, &format!("+{}", node.replicas - most), 30.0);
    }
}

struct Label {
    x: f32,
    y: f32,
    size: f32,
    weight: u32,
    color: &'static str,
    anchor: &'static str,
}

impl Label {
    /// Cut where it would be wider than `room`.
    fn write(&self, out: &mut String, text: &str, room: f32) {
        let letters = (room / (self.size * 0.6)).floor().max(1.0) as usize;
        let cut: String = if text.chars().count() > letters {
            text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
        } else {
            text.to_owned()
        };
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" font-weight=\"{}\" fill=\"{}\" text-anchor=\"{}\">{}</text>",
            self.x,
            self.y,
            self.size,
            self.weight,
            self.color,
            self.anchor,
            escaped(&cut)
        );
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}
