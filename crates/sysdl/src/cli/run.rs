//! `sysdl run`: a scenario, run and reported.

use super::args::{ReportFormat, RunArgs};
use super::objectives::{self, AllKept};
use super::profile::{Made, Profile, Stages};
use super::until::Until;
use super::{FINDINGS, OK, TROUBLE, files, human, length, link, many, stopped, trouble};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::Value;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use sysdl::resolve::{Analysis, Objective, Resolved};
use sysdl_lower::model::Model;
use sysdl_lower::{compile, twin_of};
use sysdl_runtime::expect::{Expectation, need_twin};
use sysdl_runtime::export;
use sysdl_runtime::guest::{Guest, Prepared, Status};
use sysdl_runtime::replicate::{judged, replicate};
use sysdl_runtime::theory::Prediction;
use sysdl_runtime::why::{self, Story};
use sysdl_runtime::{Limits, Meta, Report, Trace, drive_filmed};

/// Set by Ctrl-C: the run stops and its partial report is printed.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// The architecture that runs when none is named.
pub const BUILT_IN: &str = include_str!("../../../../blueprints/shop.sysdl");

/// Runs.
pub fn run(args: &RunArgs) -> u8 {
    let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed));
    try_run(args).unwrap_or_else(|code| code)
}

/// A module with its claims and the name of its file.
struct Job {
    prepared: Prepared,
    expectations: Vec<Expectation>,
    file: String,
    until: Option<Until>,
    objectives: Vec<Objective>,
    predictions: Vec<Prediction>,
    /// What it is compared with, if it is, and what that is.
    twin: Option<(Prepared, &'static str)>,
    /// How its module came about, if somebody wants to know.
    made: Option<Made>,
}

impl Job {
    fn report(&self, trace: &Trace) -> Report {
        let mut report = Report::of(trace, &self.expectations, &self.file);
        report.compare(trace, &self.predictions);
        report
    }

    /// A report as JSON, with what became of objectives.
    fn json(&self, report: &Report, trace: &Trace) -> Result<(Value, AllKept), u8> {
        let kept = objectives::kept(&self.objectives, report, trace.measured().seconds());
        let mut value = serde_json::to_value(report).map_err(trouble)?;
        if !kept.is_empty() {
            value["objectives"] = serde_json::to_value(&kept).map_err(trouble)?;
        }
        Ok((value, kept))
    }
}

fn try_run(args: &RunArgs) -> Result<u8, u8> {
    if let Some(other) = &args.against {
        return super::against::run(args, other);
    }
    let link = link::given(args)?;
    let args = &link.as_ref().map_or_else(|| args.clone(), |share| link::arguments(args, share));
    let jobs = match &link {
        Some(share) => {
            let mut stages = Stages::begin();
            let analysis = link::analysis(share);
            stages.end("read");
            scenarios(&analysis, Path::new("link"), args, &stages)?
        }
        None => jobs(args)?,
    };
    let mut reports = Vec::new();
    let mut code = OK;
    for job in &jobs {
        if args.seeds.is_some() || job.until.is_some() {
            let (merged, failed) = replications(job, args)?;
            code = code.max(if failed { FINDINGS } else { OK });
            reports.push(merged);
            continue;
        }
        let (trace, story, profile) = one(job, args)?;
        let report = job.report(&trace);
        code = code.max(if report.failed() { FINDINGS } else { OK });
        if let Some(why) = stopped::early(&trace) {
            eprintln!("error: {why}");
            // What was to be seen is expected of a whole run.
            let asked = trace.status == Status::OutOfPool || !report.expectations.is_empty();
            code = code.max(if asked { FINDINGS } else { OK });
        }
        if args.verify && !verified(&trace) {
            code = FINDINGS;
        }
        exports(args, &report, &trace, story.as_ref())?;
        let (mut value, kept) = job.json(&report, &trace)?;
        match args.format {
            ReportFormat::Human => {
                human::print(&report, &trace, story.as_ref(), &kept);
                print!("{}", profile.as_ref().map_or(String::new(), Profile::human));
            }
            ReportFormat::Md => print!("{}", human::markdown(&report, &kept)),
            ReportFormat::Json => {}
        }
        if let Some(story) = story {
            value["why"] = serde_json::to_value(&story).map_err(trouble)?;
        }
        if let Some(profile) = &profile {
            value["profile"] = profile.json();
        }
        reports.push(value);
    }
    if args.format == ReportFormat::Json {
        let value = if args.all { Value::Array(reports) } else { reports.pop().unwrap_or(Value::Null) };
        println!("{}", serde_json::to_string_pretty(&value).map_err(trouble)?);
    }
    Ok(code)
}

/// Whether a run obeys the identities; says which it does not.
fn verified(trace: &Trace) -> bool {
    let broken = sysdl_runtime::verify(trace);
    for line in &broken {
        eprintln!("error: {line}");
    }
    broken.is_empty()
}

/// Files for other tools.
fn exports(args: &RunArgs, report: &Report, trace: &Trace, story: Option<&Story>) -> Result<(), u8> {
    let write = |path: &Path, form: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        let cannot = |error| trouble(format!("cannot write {}: {error}", path.display()));
        let mut file = io::BufWriter::new(std::fs::File::create(path).map_err(cannot)?);
        form(&mut file).and_then(|()| file.flush()).map_err(cannot)
    };
    if let [form, path] = args.trace.as_slice() {
        match form.as_str() {
            "perfetto" => write(Path::new(path), &|out| export::perfetto(trace, out))?,
            "jsonl" => write(Path::new(path), &|out| export::jsonl(trace, out))?,
            other => {
                return Err(trouble(format!("there is no form `{other}` of traces; there are perfetto and jsonl")));
            }
        }
    }
    if let Some(path) = &args.csv {
        write(path, &|out| export::csv(trace, out))?;
    }
    if let Some(path) = &args.html {
        write(path, &|out| export::html_with(report, trace, story, out))?;
    }
    Ok(())
}

fn jobs(args: &RunArgs) -> Result<Vec<Job>, u8> {
    let mut stages = Stages::begin();
    let Some(path) = &args.file else {
        let analysis = sysdl::resolve::analyze("shop.sysdl", BUILT_IN.as_bytes(), &files::Disk);
        stages.end("read");
        return scenarios(&analysis, Path::new("shop.sysdl"), args, &stages);
    };
    if path.extension().is_some_and(|extension| extension == "wasm") {
        needs_no_text(args)?;
        let prepared = Prepared::foreign(&files::read(path)?).map_err(trouble)?;
        return Ok(vec![Job {
            prepared,
            expectations: Vec::new(),
            file: path.display().to_string(),
            until: None,
            objectives: Vec::new(),
            predictions: Vec::new(),
            twin: None,
            made: None,
        }]);
    }
    let analysis = files::load(path)?;
    stages.end("read");
    scenarios(&analysis, path, args, &stages)
}

/// What can only be asked of a text would be left out without a word.
fn needs_no_text(args: &RunArgs) -> Result<(), u8> {
    let asked = [
        ("scenario", args.scenario.is_some()),
        ("set", !args.set.is_empty()),
        ("duration", args.duration.is_some()),
        ("until", args.until.is_some()),
        ("why", args.why),
        ("profile", args.profile),
    ];
    match asked.iter().find(|(_, asked)| *asked) {
        Some((name, _)) => {
            Err(trouble(format!("`--{name}` needs the text: a module is one scenario, and knows no other")))
        }
        None => Ok(()),
    }
}

fn scenarios(analysis: &Analysis, path: &Path, args: &RunArgs, stages: &Stages) -> Result<Vec<Job>, u8> {
    let names = if args.all {
        analysis.scenarios().into_iter().map(|scenario| scenario.name).collect()
    } else {
        vec![files::scenario(analysis, args.scenario.as_deref())?]
    };
    let overrides = files::overrides(&args.set)?;
    names
        .iter()
        .map(|name| {
            let mut stages = stages.and_then();
            let mut resolved = files::usable(analysis.resolve(name, &overrides), &analysis.sources)?;
            let Some(mut model) = resolved.model else { return Err(TROUBLE) };
            if let Some(text) = &args.duration {
                length::tell(&length::shorten(&mut model, &mut resolved.expectations, text)?, text);
            }
            stages.end("resolve");
            let compiled = stages.compile(&model)?;
            let prepared = Prepared::new(&compiled.module.bytes).map_err(trouble)?;
            stages.end("machine code");
            let made = args.profile.then(|| stages.made(&compiled));
            let until = args.until.as_ref().map(|text| Until::read(analysis, name, &overrides, text)).transpose()?;
            let Resolved { expectations, objectives, predictions, .. } = resolved;
            let compared = args.why || need_twin(&expectations);
            let twin = compared.then(|| twin_of_model(&model)).transpose()?;
            let file = path.display().to_string();
            Ok(Job { prepared, expectations, file, until, objectives, predictions, twin, made })
        })
        .collect()
}

/// The twin of a model, ready to run.
fn twin_of_model(model: &Model) -> Result<(Prepared, &'static str), u8> {
    let (twin, kind) = twin_of(model);
    let compiled = compile(&twin).map_err(trouble)?;
    Ok((Prepared::new(&compiled.module.bytes).map_err(trouble)?, kind.words()))
}

type One<'j> = (Trace, Option<Story>, Option<Profile<'j>>);

fn one<'j>(job: &'j Job, args: &RunArgs) -> Result<One<'j>, u8> {
    let Some((twin, twin_is)) = &job.twin else {
        let (run, profile) = looked_at(job, args, 0)?;
        return Ok((run, None, profile));
    };
    let frame_ns = why::frame_ns(twin.meta().duration_ns, twin.meta().row_words());
    let (run, twin) = rayon::join(|| looked_at(job, args, frame_ns), || alone(twin, args, frame_ns));
    let ((mut run, profile), twin) = (run?, twin?);
    run.healing = Some(why::judge(&run, &twin));
    let story = args.why.then(|| why::tell(&run, &twin, twin_is));
    Ok((run, story, profile))
}

/// A run, taken apart if that is wanted.
fn looked_at<'j>(job: &'j Job, args: &RunArgs, frame_ns: u64) -> Result<(Trace, Option<Profile<'j>>), u8> {
    let trace = alone(&job.prepared, args, frame_ns)?;
    let Some(made) = &job.made else { return Ok((trace, None)) };
    // Whoever looks stops the run so often that it is slower: its speed is that of the run before.
    let mut guest = made.sampled(job.prepared.instantiate().map_err(trouble)?);
    let looked = driven(&mut guest, job.prepared.meta(), args, 0)?;
    let profile = made.profile(&guest, &trace, &looked);
    Ok((trace, Some(profile)))
}

fn alone(prepared: &Prepared, args: &RunArgs, frame_ns: u64) -> Result<Trace, u8> {
    let mut guest = prepared.instantiate().map_err(trouble)?;
    driven(&mut guest, prepared.meta(), args, frame_ns)
}

fn driven<G: Guest>(guest: &mut G, meta: &Meta, args: &RunArgs, frame_ns: u64) -> Result<Trace, u8> {
    let seed = args.seed.unwrap_or_else(|| meta.default_seed());
    let bar = bar(meta.duration_ns, &meta.scenario);
    let trace = drive_filmed(guest, meta, seed, Limits { events: args.max_events }, frame_ns, |progress| {
        bar.set_position(progress.now_ns / 1_000_000);
        !STOPPED.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    trace.map_err(trouble)
}

/// A bar that shows once a run takes longer than a blink, on terminals only.
fn bar(duration_ns: u64, scenario: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(duration_ns / 1_000_000);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(scenario.to_owned());
    bar
}

/// A run for each seed, compared with its twin if somebody wants to know whether it heals.
fn replicated(job: &Job, seeds: &[u64], limits: Limits) -> Result<Vec<Trace>, u8> {
    match &job.twin {
        None => replicate(&job.prepared, seeds, limits).map_err(trouble),
        Some((twin, _)) => {
            let pairs = judged(&job.prepared, twin, seeds, limits).map_err(trouble)?;
            Ok(pairs.into_iter().map(|(run, _)| run).collect())
        }
    }
}

/// Replications under seeds from 1 on: each number that varies becomes a mean with its interval.
fn replications(job: &Job, args: &RunArgs) -> Result<(Value, bool), u8> {
    let limits = Limits { events: args.max_events };
    let (traces, enough) = match &job.until {
        Some(until) => until.run(&job.prepared, args.seeds, limits)?,
        None => {
            let seeds: Vec<u64> = (1..=args.seeds.unwrap_or(1)).collect();
            (replicated(job, &seeds, limits)?, true)
        }
    };
    let stuck = traces.iter().filter(|trace| trace.status == Status::OutOfPool).find_map(stopped::early);
    stuck.iter().for_each(|why| eprintln!("error: {why}"));
    let reports: Vec<Report> = traces.par_iter().map(|trace| job.report(trace)).collect();
    let failed = stuck.is_some() || reports.iter().any(Report::failed);
    let value = |(report, trace)| job.json(report, trace).map(|(value, _)| value);
    let values: Vec<Value> = reports.par_iter().zip(&traces).map(value).collect::<Result<_, u8>>()?;
    let mut merged = human::merge(&values);
    let claims = many::claims(&reports);
    many::add_claims(&mut merged, &claims);
    match args.format {
        ReportFormat::Human => print!("{}", many::human(&merged, &claims, traces.len())),
        ReportFormat::Md => print!("{}", many::markdown(&merged, &claims, traces.len())),
        ReportFormat::Json => {}
    }
    if let (Some(until), false) = (&job.until, enough) {
        let (seeds, are) = (human::counted(traces.len(), "seed"), if traces.len() == 1 { "is" } else { "are" });
        eprintln!("warning: {seeds} {are} not enough for `{}`; allow more with `--seeds`", until.text);
    }
    Ok((merged, failed))
}
