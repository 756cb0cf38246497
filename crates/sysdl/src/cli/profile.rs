//! `sysdl run --profile`: where the time goes, from the text to the last event.

use super::human::{Paint, count, seconds};
use super::probe::aligned;
use super::trouble;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use sysdl_lower::meta::Meta;
use sysdl_lower::model::Model;
use sysdl_lower::{Compiled, Pool, emit, flatten};
use sysdl_runtime::Trace;
use sysdl_runtime::guest::Guest;
use sysdl_runtime::profile::{Owner, Places, Sampled, TYPES, Tally, median};

/// Owners that are shown.
const SHOWN: usize = 10;

/// How a module came about.
pub struct Made {
    /// Stages and what each took, in order.
    stages: Vec<(&'static str, Duration)>,
    places: Places,
    components: Vec<String>,
    sources: Vec<String>,
    module: Value,
    words: String,
}

/// Times of stages, as they pass.
pub struct Stages {
    began: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Stages {
    /// From now on.
    pub fn begin() -> Self {
        Self { began: Instant::now(), done: Vec::new() }
    }

    /// A stage is over.
    pub fn end(&mut self, name: &'static str) {
        self.done.push((name, self.began.elapsed()));
        self.began = Instant::now();
    }

    /// Those before, and now a scenario of its own.
    pub fn and_then(&self) -> Self {
        Self { began: Instant::now(), done: self.done.clone() }
    }

    /// Compiles a model, stage by stage.
    pub fn compile(&mut self, model: &Model) -> Result<Compiled, u8> {
        self.began = Instant::now();
        let plan = flatten(model);
        self.end("flatten");
        let module = emit(&plan, Meta::of(model, &plan)).map_err(trouble)?;
        self.end("emit");
        Ok(Compiled { plan, module })
    }

    /// All of them, and the module that they made.
    pub fn made(self, compiled: &Compiled) -> Made {
        let Compiled { plan, module } = compiled;
        let (linked, left_out) = module.kernel_functions;
        let first = |pool: Pool| module.extents.iter().find(|extent| extent.pool == pool);
        Made {
            stages: self.done,
            places: Places {
                calendar: first(Pool::Soon).map_or(0, |extent| extent.address),
                frames: first(Pool::Frames).map_or(0, |extent| extent.address),
                frames_max: first(Pool::Frames).map_or(0, |extent| extent.cells),
                first_replica: plan.components.first_replica.clone(),
            },
            components: plan.components.name.clone(),
            sources: plan.sources.name.clone(),
            module: json!({
                "bytes": module.bytes.len(),
                "pages": module.pages,
                "row_bytes": module.row_bytes,
                "functions_generated": module.labels,
                "operations": plan.ops.kind.len(),
                "kernel_functions_linked": linked,
                "kernel_functions_left_out": left_out,
                "live_parameters": plan.slots.name.len(),
            }),
            words: format!(
                "{} bytes: {} functions made of {} operations, {linked} of the kernel linked, {left_out} left out; {} pages of 64 KiB reserved",
                module.bytes.len(),
                module.labels,
                plan.ops.kind.len(),
                module.pages
            ),
        }
    }
}

impl Made {
    /// A guest that is looked at while it runs.
    pub fn sampled<G: Guest>(&self, guest: G) -> Sampled<'_, G> {
        Sampled::new(guest, &self.places)
    }

    /// What was seen, in all.
    pub fn profile<G>(&self, sampled: &Sampled<'_, G>, trace: &Trace, looked: &Trace) -> Profile<'_> {
        let named = |owner: &Owner| match owner {
            Owner::Component(number) => self.components.get(*number).map_or("?", String::as_str).to_owned(),
            Owner::Source(number) => format!("traffic {}", self.sources.get(*number).map_or("?", String::as_str)),
            Owner::Sender => "whoever sent it".to_owned(),
            Owner::Lane => "arrivals, patience".to_owned(),
            Owner::Gone => "nobody any more".to_owned(),
            Owner::Machine => "the machine".to_owned(),
        };
        let (mut types, mut owners) = (Rows::new(), Rows::new());
        for ((rank, owner), tally) in &sampled.tallies {
            let vain = if *owner == Owner::Gone { tally.events } else { 0.0 };
            add(&mut types, TYPES.get(*rank).copied().unwrap_or("?").to_owned(), tally, vain);
            add(&mut owners, named(owner), tally, vain);
        }
        Profile {
            made: self,
            looks: sampled.looks,
            steps: looked.events,
            types: finished(types),
            owners: finished(owners),
            events: trace.events,
            requests: trace.requests,
            simulated_s: trace.simulated_ns as f64 / 1e9,
            wall_s: trace.wall_s,
        }
    }
}

/// By name: what was seen, and how many of it came when nobody waited any more.
type Rows = BTreeMap<String, (Tally, f64)>;

fn add(rows: &mut Rows, name: String, tally: &Tally, vain: f64) {
    let (row, in_vain) = rows.entry(name).or_default();
    row.events += tally.events;
    *in_vain += vain;
    row.ns.extend(&tally.ns);
}

/// A type of events, or an owner.
struct Row {
    name: String,
    share: f64,
    stale_share: f64,
    ns: u32,
}

/// The most frequent first.
fn finished(rows: Rows) -> Vec<Row> {
    let all: f64 = rows.values().map(|(tally, _)| tally.events).sum();
    let row = |(name, (mut tally, vain)): (String, (Tally, f64))| Row {
        name,
        share: tally.events / all.max(1.0),
        stale_share: vain / tally.events.max(1.0),
        ns: median(&mut tally.ns),
    };
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    rows.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.name.cmp(&b.name)));
    rows
}

/// A run, taken apart.
pub struct Profile<'m> {
    made: &'m Made,
    looks: u64,
    /// Events of the run that was looked at.
    steps: u64,
    types: Vec<Row>,
    owners: Vec<Row>,
    events: u64,
    requests: u64,
    simulated_s: f64,
    wall_s: f64,
}

impl Profile<'_> {
    fn ns_per_event(&self) -> f64 {
        self.wall_s * 1e9 / self.events.max(1) as f64
    }

    fn events_per_request(&self) -> f64 {
        self.events as f64 / self.requests.max(1) as f64
    }

    fn steps_per_request(&self) -> f64 {
        self.steps as f64 / self.requests.max(1) as f64
    }

    /// For a person.
    pub fn human(&self) -> String {
        let paint = Paint::of_stdout();
        let stages = self.made.stages.iter().map(|(name, took)| format!("{name} {}", seconds(took.as_secs_f64())));
        let mut out = format!("\n{}\n", paint.bold("profile"));
        let _ = writeln!(out, "compiled  {}", stages.collect::<Vec<_>>().join(", "));
        let _ = writeln!(out, "module    {}", self.made.words);
        let _ = writeln!(
            out,
            "run       {} simulated in {}: {:.1}× real time, {} events/s, {:.0} ns per event, {:.2} events per request",
            seconds(self.simulated_s),
            seconds(self.wall_s),
            self.simulated_s / self.wall_s.max(1e-9),
            count((self.events as f64 / self.wall_s.max(1e-9)) as u64),
            self.ns_per_event(),
            self.events_per_request(),
        );
        let _ = writeln!(out, "step by step, looking at {} of {} events\n", count(self.looks), count(self.steps));
        out.push_str(&self.table("type", &self.types));
        out.push('\n');
        out.push_str(&self.table("of", &self.owners));
        out
    }

    fn table(&self, what: &str, rows: &[Row]) -> String {
        // Of owners it is no question: those who wait no more are one of them.
        let vain = what == "type";
        let head = [what, "share", "per request", "ns each", if vain { "in vain" } else { "" }];
        let cells = |row: &Row| {
            let stale = if vain && row.stale_share > 0.0 { percent(row.stale_share) } else { String::new() };
            let each = row.share * self.steps_per_request();
            vec![row.name.clone(), percent(row.share), format!("{each:.2}"), row.ns.to_string(), stale]
        };
        let head = head.map(str::to_owned).to_vec();
        let all: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().take(SHOWN).map(cells)).collect();
        let more = rows.len().saturating_sub(SHOWN);
        aligned(&all) + &if more > 0 { format!("and {more} more\n") } else { String::new() }
    }

    /// For a program.
    pub fn json(&self) -> Value {
        let rows = |rows: &[Row]| -> Value {
            let row = |row: &Row| {
                let each = row.share * self.steps_per_request();
                let of_row = json!({ "share": row.share, "per_request": each, "ns_median": row.ns, "stale_share": row.stale_share });
                (row.name.clone(), of_row)
            };
            Value::Object(rows.iter().map(row).collect())
        };
        let stages = self.made.stages.iter().map(|(name, took)| (format!("{name}_s"), json!(took.as_secs_f64())));
        json!({
            "stages": Value::Object(stages.collect()),
            "module": self.made.module,
            "events": self.events,
            "events_per_request": self.events_per_request(),
            "events_per_second": self.events as f64 / self.wall_s.max(1e-9),
            "ns_per_event": self.ns_per_event(),
            "simulated_per_wall": self.simulated_s / self.wall_s.max(1e-9),
            "looks": self.looks,
            "steps": self.steps,
            "types": rows(&self.types),
            "owners": rows(&self.owners),
        })
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}
