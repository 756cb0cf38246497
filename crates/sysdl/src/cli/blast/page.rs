//! The matrix as a page that needs nothing else.

use super::{Cell, Matrix};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use sysdl_runtime::export::escape_html as escape;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884 }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 80rem }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin-top: 2rem } .dim { opacity: .65 } .scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { padding: .2rem .5rem; text-align: right }
td, th { border: 1px solid var(--line) } th:first-child, td:first-child { text-align: left }
thead th { writing-mode: vertical-rl; text-align: left } td.covered { outline: 2px solid #2463eb; outline-offset: -3px }
";

/// The page.
pub fn html(matrix: &Matrix) -> String {
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Blast radius of {0}</title><style>{STYLE}</style>\n<h1>Blast radius of {0}</h1>\n<p class=dim>{1} · seed {2} · {3}</p>",
        escape(&matrix.scenario),
        escape(&matrix.file),
        matrix.seed,
        escape(&matrix.protocol.words)
    );
    let targets: BTreeSet<&str> = matrix.cells.iter().map(|cell| cell.target.as_str()).collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, &Cell>> = BTreeMap::new();
    for cell in &matrix.cells {
        rows.entry(&cell.fault).or_default().insert(&cell.target, cell);
    }
    page.push_str("<div class=scroll><table><thead><tr><th>");
    for target in &targets {
        let _ = write!(page, "<th>{}", escape(target));
    }
    page.push_str("</thead>\n");
    for (fault, cells) in &rows {
        let _ = write!(page, "<tr><td>{}", escape(fault));
        for target in &targets {
            page.push_str(&cells.get(target).map_or_else(|| "<td>".to_owned(), |cell| square(cell)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n<p class=dim>Share of good answers lost. A frame: a scenario of the file injects it; !: not recovered.</p>\n");
    page.push_str("<h2>By harm</h2><div class=scroll><table><tr><th>injection<th>rank<th>lost<th>recovered after<th>errors</tr>\n");
    for cell in matrix.cells.iter().filter(|cell| cell.state != "unharmed" && cell.same_as.is_none()) {
        let recovered = cell.recovered_after_s.map_or_else(|| cell.state.clone(), |s| format!("{s:.1} s"));
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code><td>{}<td>{:.1} %<td>{recovered}<td>{:.1} %</tr>",
            escape(&cell.statement),
            cell.rank,
            cell.lost_share * 100.0,
            cell.error_rate * 100.0
        );
    }
    page.push_str("</table></div>\n");
    page
}

fn square(cell: &Cell) -> String {
    let percent = cell.lost_share * 100.0;
    let covered = if cell.covered { " class=covered" } else { "" };
    let text = if cell.state == "unharmed" { "·".to_owned() } else { format!("{percent:.1}") };
    let stuck = if matches!(cell.state.as_str(), "metastable" | "draining") { "!" } else { "" };
    let depth = (cell.lost_share.sqrt() * 0.8).clamp(0.0, 0.8);
    format!(
        "<td{covered} style=\"background: rgb(220 60 20 / {depth:.2})\" title=\"{}\">{text}{stuck}",
        escape(&cell.statement)
    )
}
