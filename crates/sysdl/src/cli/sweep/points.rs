//! The points of a sweep: means with intervals, and how often what is expected holds.

use super::super::human::counted;
use super::super::probe::{Question, aligned, estimated, unit};
use super::rows::{Columns, Row, line, named};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use sysdl::resolve::Override;
use sysdl::units::Dimension;
use sysdl_runtime::statistics::{Estimate, estimate};

/// All points, in the order of their values.
#[derive(Serialize)]
pub struct Sweep {
    schema: u32,
    file: String,
    scenario: String,
    seeds: u64,
    #[serde(skip)]
    columns: Columns,
    points: Vec<Point>,
}

/// A point.
struct Point {
    settings: Vec<Override>,
    /// Runs that were wanted.
    seeds: usize,
    /// Runs that were made.
    runs: usize,
    /// Of those, runs that ran out of room or events.
    stuck: usize,
    metrics: Vec<(String, Dimension, Option<Estimate>)>,
    /// Each claim, and in how many runs it holds.
    claims: Vec<(String, usize)>,
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let set: Map<String, Value> = self.settings.iter().map(|(path, value)| (path.clone(), json!(value))).collect();
        let metric = |(name, dimension, found): &(String, Dimension, Option<Estimate>)| {
            let number = found.map(|found| {
                json!({ "unit": unit(*dimension), "mean": found.mean, "ci95": interval(&found), "n": found.count })
            });
            (name.clone(), number.unwrap_or(Value::Null))
        };
        let claim = |(text, held): &(String, usize)| json!({ "text": text, "held": held, "of": self.runs });
        json!({
            "set": set,
            "runs": self.runs,
            "stuck": self.stuck,
            "metrics": self.metrics.iter().map(metric).collect::<Map<String, Value>>(),
            "expectations": self.claims.iter().map(claim).collect::<Vec<_>>(),
            "holds": self.holds(),
        })
        .serialize(serializer)
    }
}

/// The interval; null where one run says nothing of its width.
fn interval(found: &Estimate) -> Value {
    if found.half_width.is_finite() { json!(found.interval()) } else { Value::Null }
}

impl Point {
    fn holds(&self) -> bool {
        self.runs == self.seeds && self.stuck == 0 && self.claims.iter().all(|(_, held)| *held == self.runs)
    }

    fn verdict(&self) -> String {
        if self.runs < self.seeds {
            return format!("stopped after {} of {} runs", self.runs, self.seeds);
        }
        if self.stuck > 0 {
            return format!("✗ {} of {} runs ran out of room", self.stuck, self.runs);
        }
        let worst = self.claims.iter().filter(|(_, held)| *held < self.runs).min_by_key(|(_, held)| *held);
        match worst {
            Some((text, held)) => format!("✗ {held} of {}: {text}", self.runs),
            None if self.claims.is_empty() => String::new(),
            None => "✓".to_owned(),
        }
    }
}

impl Sweep {
    /// Of rows, those of each point together.
    pub fn of(question: &Question, columns: Columns, seeds: u64, points: &[Vec<Override>], rows: &[Vec<Row>]) -> Self {
        let point = |(settings, rows): (&Vec<Override>, &Vec<Row>)| {
            let metric = |(index, (name, dimension)): (usize, &(String, Dimension))| {
                let values: Vec<f64> = rows.iter().filter_map(|row| row.values[index]).collect();
                (name.clone(), *dimension, estimate(&values))
            };
            let held = |(index, text): (usize, &String)| {
                (text.clone(), rows.iter().filter(|row| row.held.get(index) == Some(&true)).count())
            };
            Point {
                settings: settings.clone(),
                seeds: seeds as usize,
                runs: rows.len(),
                stuck: rows.iter().filter(|row| !row.is_done()).count(),
                metrics: columns.metrics.iter().enumerate().map(metric).collect(),
                claims: columns.claims.iter().enumerate().map(held).collect(),
            }
        };
        Self {
            schema: 1,
            file: question.file.clone(),
            scenario: question.scenario.clone(),
            seeds,
            points: points.iter().zip(rows).map(point).collect(),
            columns,
        }
    }

    /// For a person.
    pub fn table(&self) -> String {
        let mut head = self.columns.params.clone();
        head.extend(self.columns.metrics.iter().map(|(name, _)| name.clone()));
        head.push("expectations".to_owned());
        let cell = |(_, dimension, found): &(String, Dimension, Option<Estimate>)| match found {
            Some(found) => with_half(found, *dimension),
            None => "-".to_owned(),
        };
        let row = |point: &Point| -> Vec<String> {
            let settings = point.settings.iter().map(|(_, value)| value.clone());
            settings.chain(point.metrics.iter().map(cell)).chain([point.verdict()]).collect()
        };
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(self.points.iter().map(row)).collect();
        let (points, seeds) = (counted(self.points.len(), "point"), counted(self.seeds as usize, "seed"));
        let means = if self.seeds > 1 { ", means ± half of the 95 % interval" } else { "" };
        let title = format!("{}  {}  {points} under {seeds}{means}", self.scenario, self.file);
        format!("{title}\n\n{}", aligned(&rows))
    }

    /// A row for each point.
    pub fn csv(&self) -> String {
        let mut head = self.columns.params.clone();
        head.push("runs".to_owned());
        for (name, dimension) in &self.columns.metrics {
            let name = named(name, *dimension);
            head.extend(["mean", "low", "high"].map(|what| format!("{name} {what}")));
        }
        head.extend(self.columns.claims.iter().map(|claim| format!("held {claim}")));
        head.push("holds".to_owned());
        let mut out = line(&head);
        for point in &self.points {
            let mut fields: Vec<String> = point.settings.iter().map(|(_, value)| value.clone()).collect();
            fields.push(point.runs.to_string());
            for (_, _, found) in &point.metrics {
                let number = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
                let numbers = found.map(|found| [found.mean, found.interval()[0], found.interval()[1]].map(number));
                fields.extend(numbers.unwrap_or_default());
            }
            fields.extend(point.claims.iter().map(|(_, held)| held.to_string()));
            fields.push(point.holds().to_string());
            out.push_str(&line(&fields));
        }
        out
    }
}

/// `12.3ms ± 0.4ms`, from plain numbers.
fn with_half(found: &Estimate, dimension: Dimension) -> String {
    let scale = if dimension == Dimension::Duration { 1e9 } else { 1.0 };
    estimated(&Estimate { mean: found.mean * scale, half_width: found.half_width * scale, ..*found }, dimension)
}
