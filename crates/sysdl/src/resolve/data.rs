//! Files of numbers beside a `.sysdl` file: values, histograms, instants, rates over time.
//!
//! Before: the files that the text names in `file("…")`, loaded as bytes.
//! After: distributions and arrivals; or a diagnostic for each line that is wrong, up to a number of them.

use super::counts::normal;
use super::eval::{Args, Evaluator};
use super::program::Loader;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::{FileId, Span};
use crate::units::{self, Dimension};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use sysdl_lower::model::Distribution;
use sysdl_order::Order as _;

/// Most bytes of a data file.
pub const BYTES_MAX: usize = 8 << 20;
/// Most lines of a data file.
const LINES_MAX: usize = 200_000;
/// Most values of a distribution; of more, so many evenly spaced quantiles are kept.
const VALUES_MAX: usize = 4_096;
/// Lines of one file that are reported.
const REPORTED_MAX: usize = 8;

/// Data files by the file that names them, and the name; none if there is no such file.
pub type DataFiles = FxHashMap<(FileId, String), Option<Arc<str>>>;

/// Loads what a text names in `file("…")`, relative to the text's own path.
pub(super) fn load(loader: &dyn Loader, path: &str, id: FileId, text: &str, files: &mut DataFiles) {
    for (at, _) in text.match_indices("file(") {
        let rest = text[at + 5..].trim_start();
        let Some(name) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
        if name.contains('\n') || files.contains_key(&(id, name.to_owned())) {
            continue;
        }
        let relative = if name.starts_with("./") { name.to_owned() } else { format!("./{name}") };
        let found = loader.load(path, &relative);
        // One byte more than allowed is enough to see that it is too large.
        let text = found.map(|(_, bytes)| String::from_utf8_lossy(&bytes[..bytes.len().min(BYTES_MAX + 1)]).into());
        files.insert((id, name.to_owned()), text);
    }
}

/// A line that says something, and its number.
pub(super) struct Line<'t> {
    pub(super) number: usize,
    pub(super) cells: Vec<&'t str>,
}

/// What is wrong with the lines of a file.
pub(super) struct Wrong {
    name: String,
    span: Span,
    count: usize,
}

impl Wrong {
    /// Reports a line, unless enough are reported.
    pub(super) fn line(&mut self, eval: &mut Evaluator, number: usize, what: &str, help: &str) {
        self.count += 1;
        if self.count <= REPORTED_MAX {
            let message = format!("`{}`, line {number}: {what}", self.name);
            eval.report(Diagnostic::new(&codes::E0907, message, self.span, "in this file").help(help));
        }
    }

    /// Whether all was well; tells how many more lines are wrong.
    pub(super) fn none(self, eval: &mut Evaluator) -> bool {
        if self.count > REPORTED_MAX {
            let message = format!("`{}`: {} more lines are wrong", self.name, self.count - REPORTED_MAX);
            let diagnostic = Diagnostic::new(&codes::E0907, message, self.span, "in this file");
            eval.report(diagnostic.help("mend the first ones; the others may be like them"));
        }
        self.count == 0
    }
}

/// Lines of a text: cells between commas, semicolons, tabs or spaces. `#` begins a comment; the first line may name the columns.
fn lines(text: &str) -> Vec<Line<'_>> {
    let separator = |c: char| matches!(c, ',' | ';' | '\t');
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let cells: Vec<&str> = if line.contains(separator) {
            line.split(separator).map(|cell| cell.trim().trim_matches('"')).collect()
        } else {
            line.split_whitespace().collect()
        };
        let names = lines.is_empty()
            && cells.iter().all(|cell| !cell.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.'));
        if !names || !cells.iter().all(|cell| cell.contains(char::is_alphabetic)) {
            lines.push(Line { number: index + 1, cells });
        } else {
            // A line of names keeps its place, so that only the first can be one.
            lines.push(Line { number: 0, cells: Vec::new() });
        }
    }
    lines.retain(|line| line.number > 0);
    lines
}

/// A number and the unit behind it.
pub(super) fn quantity(cell: &str) -> Option<(f64, Dimension)> {
    let end = cell.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_'))).unwrap_or(cell.len());
    // `1.5e-3` is one number.
    let exponent = cell[end..].strip_prefix(['e', 'E']).filter(|rest| {
        let rest = rest.trim_start_matches(['+', '-']);
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())
    });
    let (digits, unit) = if exponent.is_some() { (cell, "") } else { (&cell[..end], cell[end..].trim()) };
    let number: f64 = digits.replace('_', "").parse().ok()?;
    let (dimension, one) = units::find(unit, false)?;
    number.is_finite().then_some((number * one, dimension))
}

/// Lines that say something: their number in the file, and their cells.
type Lines = Vec<(usize, Vec<String>)>;

impl Evaluator {
    /// The lines of the file that an expression names, if there is such a file of an allowed size.
    pub(super) fn data_lines(&mut self, name: &str, span: Span) -> Option<(Lines, Wrong)> {
        // What is given from outside is given for the first file.
        let from = if span.file == FileId::GIVEN { FileId(0) } else { span.file };
        let Some(Some(text)) = self.files.get(&(from, name.to_owned())).cloned() else {
            let message = format!("there is no file `{name}`");
            let diagnostic = Diagnostic::new(&codes::E0906, message, span, "not found");
            self.report(diagnostic.help("paths are relative to this file, such as `file(\"traces/launch.csv\")`"));
            return None;
        };
        let found = lines(&text);
        let too_large = if text.len() > BYTES_MAX {
            Some(format!("`{name}` is larger than {} MiB", BYTES_MAX >> 20))
        } else if found.len() > LINES_MAX {
            Some(format!("`{name}` has {} lines; the limit is {LINES_MAX}", found.len()))
        } else if found.is_empty() {
            Some(format!("`{name}` holds no numbers"))
        } else {
            None
        };
        if let Some(message) = too_large {
            let diagnostic = Diagnostic::new(&codes::E0906, message, span, "cannot be used");
            self.report(diagnostic.help("sample it: a share of the lines, at a share of the rate"));
            return None;
        }
        let owned = found.iter().map(|line| (line.number, line.cells.iter().map(|&cell| cell.to_owned()).collect()));
        Some((owned.collect(), Wrong { name: name.to_owned(), span, count: 0 }))
    }

    /// `file("latency.csv", unit = 1ms)`: a column of values, or values and how often each was seen.
    pub(super) fn data_file(&mut self, a: &Args) -> Value {
        let Some((Value::Text(name), span)) = a.find("path", 0) else {
            return self.impossible(a, "`file` needs a path in quotes: `file(\"latency.csv\")`".to_owned());
        };
        let unit = match a.find("unit", 1) {
            None => None,
            Some((Value::Number(unit, Dimension::Duration), _)) => Some(*unit),
            Some(_) => {
                return self.impossible(a, "`unit` is a duration: `file(\"latency.csv\", unit = 1ms)`".to_owned());
            }
        };
        let (name, span) = (name.clone(), *span);
        let Some((lines, mut wrong)) = self.data_lines(&name, span) else { return Value::Bad };
        let columns = lines[0].1.len();
        let mut values: Vec<(f64, f64)> = Vec::new();
        for (number, cells) in &lines {
            if cells.len() != columns || columns > 2 {
                let what = format!("{} columns", cells.len());
                wrong.line(self, *number, &what, "a line holds one value, or a value and how often it was seen");
                continue;
            }
            let value = match (quantity(&cells[0]), unit) {
                (Some((value, Dimension::Duration)), _) => Some(value),
                (Some((value, Dimension::Count)), Some(unit)) => Some(value * unit),
                (Some((_, Dimension::Count)), None) => {
                    let help = format!("write `{}ms`, or `file(\"{name}\", unit = 1ms)`", cells[0]);
                    wrong.line(self, *number, &format!("`{}` has no unit", cells[0]), &help);
                    continue;
                }
                _ => None,
            };
            let count = cells.get(1).map_or(Some((1.0, Dimension::Count)), |cell| quantity(cell));
            match (value, count) {
                (Some(value), Some((count, Dimension::Count | Dimension::Share))) if value >= 0.0 && count >= 0.0 => {
                    values.push((value, count));
                }
                _ => {
                    let what = format!(
                        "`{}` is not a duration{}",
                        cells.join(", "),
                        if columns == 2 { " and a count" } else { "" }
                    );
                    wrong.line(self, *number, &what, "write `2.5ms`, or `2.5ms, 120`");
                }
            }
        }
        if !wrong.none(self) {
            return Value::Bad;
        }
        if columns == 2 { self.histogram_of(values, a) } else { measured(values.into_iter().map(|(v, _)| v).collect()) }
    }

    /// `histogram([1ms, 2ms, 5ms], counts = [10, 70, 20])`: exactly these values.
    pub(super) fn histogram(&mut self, a: &Args) -> Value {
        let (Some((Value::List(values), _)), Some((Value::List(counts), _))) = (a.find("of", 0), a.find("counts", 1))
        else {
            let message = "histogram needs values and counts: `histogram([1ms, 2ms], counts = [10, 70])`".to_owned();
            return self.impossible(a, message);
        };
        let number = |item: &Value, wanted: &[Dimension]| match item {
            Value::Number(number, dimension) if wanted.contains(dimension) && *number >= 0.0 => Some(*number),
            _ => None,
        };
        let values: Option<Vec<f64>> = values.iter().map(|v| number(v, &[Dimension::Duration])).collect();
        let counts: Option<Vec<f64>> =
            counts.iter().map(|c| number(c, &[Dimension::Count, Dimension::Share])).collect();
        match (values, counts) {
            (Some(values), Some(counts)) if values.len() == counts.len() => {
                self.histogram_of(values.into_iter().zip(counts).collect(), a)
            }
            _ => self.impossible(a, "histogram needs as many counts as durations".to_owned()),
        }
    }

    fn histogram_of(&mut self, mut values: Vec<(f64, f64)>, a: &Args) -> Value {
        values.retain(|(_, count)| *count > 0.0);
        values.order_by(|x, y| x.0.total_cmp(&y.0));
        values.dedup_by(|next, one| {
            let same = next.0 == one.0;
            if same {
                one.1 += next.1;
            }
            same
        });
        if values.is_empty() || values.len() > VALUES_MAX {
            let message = format!("a histogram has from 1 to {VALUES_MAX} different values that were seen");
            return self.impossible(a, message);
        }
        Value::Distribution(Distribution::Histogram(normal(values)), Dimension::Duration)
    }
}

/// Values as measured, each equally likely; of many, evenly spaced quantiles.
fn measured(mut values: Vec<f64>) -> Value {
    values.order_by(f64::total_cmp);
    if values.len() > VALUES_MAX {
        let last = (values.len() - 1) as f64;
        let at = |k: usize| {
            let place = last * k as f64 / (VALUES_MAX - 1) as f64;
            let below = (place as usize).min(values.len() - 2);
            values[below] + (values[below + 1] - values[below]) * (place - below as f64)
        };
        values = (0..VALUES_MAX).map(at).collect();
    }
    Value::Distribution(Distribution::Values(values), Dimension::Duration)
}
