//! The matrix in a terminal, and as Markdown.

use super::super::human::{Paint, seconds};
use super::{Cell, Matrix};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Longest name of a target at the head of a column.
const HEAD: usize = 40;

/// For a person.
pub fn human(matrix: &Matrix, top: usize) -> String {
    let paint = Paint::of_stdout();
    let mut out = format!(
        "{}  {}  seed {}, {} cells in {}\n{}\n\n",
        paint.bold(&matrix.scenario),
        paint.dim(&matrix.file),
        matrix.seed,
        matrix.cells.len(),
        matrix.cpu_note,
        paint.dim(&matrix.protocol.words)
    );
    grid(&mut out, matrix, &paint);
    ranking(&mut out, matrix, top, &paint);
    let uncovered = matrix.cells.iter().filter(|cell| !cell.covered && cell.lost_share > 0.0).count();
    let _ = writeln!(
        out,
        "\n{uncovered} cells that do harm are in no scenario of the file (those that are have brackets). Paste a line into one."
    );
    if matrix.missing > 0 {
        let _ = writeln!(out, "stopped: {} cells are missing; `--resume FILE` goes on where it was", matrix.missing);
    }
    out
}

fn targets(matrix: &Matrix) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for cell in &matrix.cells {
        if !found.contains(&cell.target.as_str()) {
            found.push(&cell.target);
        }
    }
    // Components first, then edges.
    found.sort_by_key(|name| (name.contains("->"), name.to_owned()));
    found
}

/// A row for each fault, a column for each target: the share of good answers that is lost, in percent.
fn grid(out: &mut String, matrix: &Matrix, paint: &Paint) {
    let targets = targets(matrix);
    let mut rows: BTreeMap<&str, BTreeMap<&str, &Cell>> = BTreeMap::new();
    for cell in &matrix.cells {
        rows.entry(&cell.fault).or_default().insert(&cell.target, cell);
    }
    for (number, target) in targets.iter().enumerate() {
        let name: String = target.chars().take(HEAD).collect();
        let _ = writeln!(out, "{}  {name}", letter(number));
    }
    let width = rows.keys().map(|name| name.len()).max().unwrap_or(5);
    let heads: String = (0..targets.len()).map(|number| format!("{:>6}", letter(number))).collect();
    let _ = writeln!(out, "\n{:width$}{}", "", paint.bold(&heads));
    for (fault, cells) in &rows {
        let _ = write!(out, "{fault:width$}");
        for target in &targets {
            let text = cells.get(target).map_or_else(String::new, |cell| mark(cell));
            let text = format!("{text:>6}");
            let harm = cells.get(target).map_or(0.0, |cell| cell.lost_share);
            let painted = if harm > 0.25 {
                paint.red(&text)
            } else if harm > 0.01 {
                paint.yellow(&text)
            } else {
                text
            };
            let _ = write!(out, "{painted}");
        }
        out.push('\n');
    }
    let _ =
        writeln!(out, "{}", paint.dim("good answers lost, %: · none, ! not recovered, [ ] in a scenario of the file"));
}

/// `a`, `b` … `z`, `aa` …
fn letter(number: usize) -> String {
    let last = char::from(b'a' + (number % 26) as u8).to_string();
    if number < 26 { last } else { format!("{}{last}", letter(number / 26 - 1)) }
}

fn mark(cell: &Cell) -> String {
    let percent = cell.lost_share * 100.0;
    let number = match cell.state.as_str() {
        "unharmed" => "·".to_owned(),
        _ if percent < 0.05 => "0".to_owned(),
        _ if percent < 9.95 => format!("{percent:.1}"),
        _ => format!("{percent:.0}"),
    };
    let stuck = if matches!(cell.state.as_str(), "metastable" | "draining") { "!" } else { "" };
    if cell.covered { format!("[{number}{stuck}]") } else { format!("{number}{stuck}") }
}

fn ranking(out: &mut String, matrix: &Matrix, top: usize, paint: &Paint) {
    let harmful = matrix.cells.iter().filter(|cell| cell.state != "unharmed" && cell.same_as.is_none());
    let _ = writeln!(
        out,
        "\n{}",
        paint.bold(&format!(
            "{:>4}  {:>6}  {:>10}  {:>7}  {:>9}  injection",
            "rank", "lost", "recovered", "errors", "p99"
        ))
    );
    for cell in harmful.take(top) {
        let recovered = match (cell.state.as_str(), cell.recovered_after_s) {
            ("metastable", _) => "never".to_owned(),
            (_, Some(s)) => format!("{s:.1} s"),
            _ => "not yet".to_owned(),
        };
        let _ = writeln!(
            out,
            "{:>4}  {:>5.1}%  {recovered:>10}  {:>6.1}%  {:>9}  {}{}",
            cell.rank,
            cell.lost_share * 100.0,
            cell.error_rate * 100.0,
            seconds(cell.p99_s),
            cell.statement,
            if cell.cost_monthly_usd.abs() >= 1.0 {
                format!("  ${:+.0}/month", cell.cost_monthly_usd)
            } else {
                String::new()
            },
        );
    }
}

/// As Markdown.
pub fn markdown(matrix: &Matrix) -> String {
    let mut out = format!("### Blast radius: {} · {}\n\n{}\n\n", matrix.scenario, matrix.file, matrix.protocol.words);
    out.push_str("| rank | lost | recovered after | injection | covered |\n|--:|--:|--:|---|---|\n");
    for cell in matrix.cells.iter().filter(|cell| cell.state != "unharmed") {
        let recovered = cell.recovered_after_s.map_or_else(|| cell.state.clone(), |s| format!("{s:.1} s"));
        let covered = if cell.covered { "yes" } else { "no" };
        let lost = cell.lost_share * 100.0;
        let _ = writeln!(out, "| {} | {lost:.1} % | {recovered} | `{}` | {covered} |", cell.rank, cell.statement);
    }
    out
}
