//! A run as a row of a file, and the file of runs that are done.
//!
//! A row is written whole as soon as its run ends. Of a program that was killed the last line may be torn; it is cut off.
//! A row counts for a run if its model, its seed and the meaning of programs are the same. Rows of other models stay.

use super::super::probe::{Seen, plain, unit};
use super::super::trouble;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use sysdl::resolve::Override;
use sysdl::units::Dimension;
use sysdl_kernel::SEMANTICS;

/// What the rows of a sweep hold.
#[derive(Clone, Debug)]
pub struct Columns {
    /// What is varied.
    pub params: Vec<String>,
    /// What is measured.
    pub metrics: Vec<(String, Dimension)>,
    /// What is claimed.
    pub claims: Vec<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Values of what is varied.
    pub settings: Vec<String>,
    /// Its seed.
    pub seed: u64,
    /// Metrics: seconds, shares, counts.
    pub values: Vec<Option<f64>>,
    /// Whether each claim holds.
    pub held: Vec<bool>,
    /// `done`, or why not.
    pub status: String,
    /// Of the model that was run.
    pub model: String,
}

impl Row {
    /// What is kept of a run.
    pub fn of(settings: &[Override], model: &str, seen: &Seen, dimensions: &[Dimension]) -> Self {
        let values = seen.values.iter().zip(dimensions).map(|(value, of)| value.map(|value| plain(value, *of)));
        Self {
            settings: settings.iter().map(|(_, value)| value.clone()).collect(),
            seed: seen.seed,
            values: values.collect(),
            held: seen.claims.iter().map(|claim| seen.is_done() && !claim.verdict.is_failure()).collect(),
            status: seen.status.to_owned(),
            model: model.to_owned(),
        }
    }

    /// Whether the run ended by itself.
    pub fn is_done(&self) -> bool {
        self.status == "done"
    }

    fn fields(&self) -> Vec<String> {
        let number = |value: &Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let mut fields = self.settings.clone();
        fields.push(self.seed.to_string());
        fields.extend(self.values.iter().map(number));
        fields.extend(self.held.iter().map(bool::to_string));
        fields.extend([self.status.clone(), SEMANTICS.to_owned(), self.model.clone()]);
        fields
    }

    /// Reads what [`Row::fields`] wrote. None if it is of another form, or of another meaning of programs.
    fn read(fields: &[String], columns: &Columns) -> Option<Self> {
        let (params, metrics, claims) = (columns.params.len(), columns.metrics.len(), columns.claims.len());
        if fields.len() != params + 1 + metrics + claims + 3 || fields[fields.len() - 2] != SEMANTICS {
            return None;
        }
        let (settings, rest) = fields.split_at(params);
        let (values, rest) = rest[1..].split_at(metrics);
        let (held, rest) = rest.split_at(claims);
        let number = |text: &String| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        Some(Self {
            settings: settings.to_vec(),
            seed: fields[params].parse().ok()?,
            values: values.iter().map(number).collect::<Option<_>>()?,
            held: held.iter().map(|text| text.parse().ok()).collect::<Option<_>>()?,
            status: rest[0].clone(),
            model: rest[2].clone(),
        })
    }
}

impl Columns {
    /// Names of the columns of a file.
    fn names(&self) -> Vec<String> {
        let mut names = self.params.clone();
        names.push("seed".to_owned());
        names.extend(self.metrics.iter().map(|(name, dimension)| named(name, *dimension)));
        names.extend(self.claims.iter().map(|claim| format!("expect {claim}")));
        names.extend(["status", "semantics", "model"].map(str::to_owned));
        names
    }

    fn json(&self, row: &Row) -> Value {
        let fields = row.fields();
        let value = |text: &String| match text.parse::<f64>() {
            Ok(number) => json!(number),
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => text.parse::<bool>().map_or_else(|_| json!(text), |held| json!(held)),
        };
        let params = self.params.len();
        // A setting stays the text that it is.
        let entry = |(index, (name, text)): (usize, (String, &String))| {
            (name, if index < params { json!(text) } else { value(text) })
        };
        Value::Object(self.names().into_iter().zip(&fields).enumerate().map(entry).collect())
    }

    fn of_json(&self, object: &Map<String, Value>) -> Option<Vec<String>> {
        let text = |name: String| match object.get(&name)? {
            Value::Null => Some(String::new()),
            Value::String(text) => Some(text.clone()),
            Value::Number(number) if name == "seed" => Some((number.as_f64()? as u64).to_string()),
            other => Some(other.to_string()),
        };
        (object.len() == self.names().len()).then(|| self.names().into_iter().map(text).collect())?
    }
}

/// The name of a column: durations say that they are in seconds.
pub fn named(metric: &str, dimension: Dimension) -> String {
    if dimension == Dimension::Duration { format!("{metric}_{}", unit(dimension)) } else { metric.to_owned() }
}

/// A line of CSV.
pub fn line(fields: &[String]) -> String {
    let quoted = |field: &String| {
        if field.contains([',', '"', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.clone() }
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// Fields of a line of CSV.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted, mut chars) = (vec![String::new()], false, line.chars().peekable());
    while let Some(c) = chars.next() {
        let Some(last) = fields.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                last.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => last.push(c),
        }
    }
    fields
}

/// Runs that were done before, and where new ones are kept.
pub struct Kept {
    rows: HashMap<(String, u64), Row>,
    file: Option<(Mutex<File>, PathBuf)>,
    columns: Columns,
    lines: bool,
    /// Rows of the file that have another form.
    foreign: usize,
    /// Rows that counted for a run.
    used: AtomicUsize,
}

impl Kept {
    /// Reads the file, if one is named, and opens it for more.
    pub fn open(path: Option<&Path>, columns: &Columns) -> Result<Self, u8> {
        let columns = columns.clone();
        let Some(path) = path else {
            return Ok(Self {
                rows: HashMap::new(),
                file: None,
                columns,
                lines: false,
                foreign: 0,
                used: AtomicUsize::new(0),
            });
        };
        let extension = path.extension().and_then(|extension| extension.to_str());
        let lines = match extension {
            Some("csv") => false,
            Some("jsonl") => true,
            _ => return Err(trouble(format!("`--out {}`: name it `.csv` or `.jsonl`", path.display()))),
        };
        let cannot = |error| trouble(format!("cannot write {}: {error}", path.display()));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(trouble(format!("cannot read {}: {error}", path.display()))),
        };
        let whole = &text[..text.rfind('\n').map_or(0, |at| at + 1)];
        let (rows, foreign) = read(whole, &columns, lines, path)?;
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(cannot)?;
        // What is behind the last end of line was torn.
        file.set_len(whole.len() as u64).map_err(cannot)?;
        if whole.is_empty() && !lines {
            file.write_all(line(&columns.names()).as_bytes()).map_err(cannot)?;
        }
        Ok(Self {
            rows,
            file: Some((Mutex::new(file), path.to_owned())),
            columns,
            lines,
            foreign,
            used: AtomicUsize::new(0),
        })
    }

    /// What is known of a run.
    pub fn row(&self, model: &str, seed: u64) -> Option<Row> {
        let row = self.rows.get(&(model.to_owned(), seed)).cloned();
        self.used.fetch_add(usize::from(row.is_some()), Ordering::Relaxed);
        row
    }

    /// Keeps a run that is done.
    pub fn keep(&self, row: &Row) -> Result<(), u8> {
        let Some((file, path)) = &self.file else { return Ok(()) };
        let text = if self.lines { format!("{}\n", self.columns.json(row)) } else { line(&row.fields()) };
        let mut file = file.lock().map_err(|_| trouble("the file of runs cannot be written any more"))?;
        file.write_all(text.as_bytes()).map_err(|error| trouble(format!("cannot write {}: {error}", path.display())))
    }

    /// Says what the file had.
    pub fn tell(&self) {
        let Some((_, path)) = &self.file else { return };
        let (used, path) = (self.used.load(Ordering::Relaxed), path.display());
        let others = self.rows.len().saturating_sub(used);
        if used > 0 {
            eprintln!("{used} runs were in {path}, and not made again");
        }
        if others + self.foreign > 0 {
            eprintln!(
                "{} rows of {path} are of other models, points or versions; they stay there",
                others + self.foreign
            );
        }
    }
}

type Known = HashMap<(String, u64), Row>;

/// The rows of a file, and how many cannot be read as such.
fn read(text: &str, columns: &Columns, lines: bool, path: &Path) -> Result<(Known, usize), u8> {
    let mut all = text.lines();
    if !lines && let Some(head) = all.next() {
        let (found, wanted) = (fields(head), columns.names());
        if found != wanted {
            let without: Vec<&str> = wanted.iter().filter(|name| !found.contains(name)).map(String::as_str).collect();
            let beside: Vec<&str> = found.iter().filter(|name| !wanted.contains(name)).map(String::as_str).collect();
            return Err(trouble(format!(
                "{} was written by another sweep: it lacks [{}] and has [{}]; name another file, or sweep the same again",
                path.display(),
                without.join("; "),
                beside.join("; ")
            )));
        }
    }
    let (mut rows, mut foreign) = (HashMap::new(), 0);
    for text in all.filter(|line| !line.is_empty()) {
        let fields = match lines {
            true => serde_json::from_str::<Map<String, Value>>(text).ok().and_then(|object| columns.of_json(&object)),
            false => Some(fields(text)),
        };
        match fields.and_then(|fields| Row::read(&fields, columns)) {
            Some(row) => {
                rows.insert((row.model.clone(), row.seed), row);
            }
            None => foreign += 1,
        }
    }
    Ok((rows, foreign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back() {
        let all = ["peak", "expect \"a, b\" p99 < 1s", "", "x"].map(str::to_owned).to_vec();
        assert_eq!(fields(line(&all).trim_end()), all);
    }
}
