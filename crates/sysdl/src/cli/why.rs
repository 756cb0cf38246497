//! `sysdl why`: what broke first, what followed from it, and whether it healed.

use super::args::{ReportFormat, WhyArgs};
use super::human::Paint;
use super::{OK, TROUBLE, files, pair, trouble};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use sysdl::resolve::{Analysis, Override};
use sysdl_runtime::why::{self, Moment, Signal, Story};
use sysdl_runtime::{Limits, Report, export};

/// Tells.
pub fn why(args: &WhyArgs) -> u8 {
    try_why(args).unwrap_or_else(|code| code)
}

fn try_why(args: &WhyArgs) -> Result<u8, u8> {
    let (analysis, file) = pair::analysis(args.file.as_deref())?;
    let overrides = files::overrides(&args.set)?;
    let name = match &args.scenario {
        Some(name) => files::scenario(&analysis, Some(name))?,
        None => first_with_faults(&analysis, &overrides)?,
    };
    let resolved = files::usable(analysis.resolve(&name, &overrides), &analysis.sources)?;
    let Some(model) = resolved.model else { return Err(TROUBLE) };
    let pair = pair::run(&model, args.seed.unwrap_or(model.seed), Limits::default())?;
    let story = why::tell(&pair.run, &pair.twin, pair.twin_is);
    match args.format {
        ReportFormat::Human => print!("{}", human(&story, &file, &Paint::of_stdout())),
        ReportFormat::Md => print!("{}", markdown(&story, &file)),
        ReportFormat::Json => {
            let value = json(&story, &file)?;
            println!("{}", serde_json::to_string_pretty(&value).map_err(trouble)?);
        }
    }
    if let Some(path) = &args.html {
        let report = Report::of(&pair.run, &resolved.expectations, &file);
        write_page(path, &report, &pair, &story)?;
    }
    Ok(OK)
}

fn write_page(path: &Path, report: &Report, pair: &pair::Pair, story: &Story) -> Result<(), u8> {
    let mut page = Vec::new();
    export::html_with(report, &pair.run, Some(story), &mut page).map_err(trouble)?;
    std::fs::write(path, page).map_err(|error| trouble(format!("cannot write {}: {error}", path.display())))
}

/// The first scenario that something happens in; the first of all if nothing happens in any.
pub fn first_with_faults(analysis: &Analysis, overrides: &[Override]) -> Result<String, u8> {
    let happens = |name: &str| {
        let model = analysis.resolve(name, overrides).model;
        model.is_some_and(|model| !model.effects.is_empty())
    };
    let names: Vec<String> = analysis.scenarios().into_iter().map(|scenario| scenario.name).collect();
    match names.iter().find(|name| happens(name)) {
        Some(name) => Ok(name.clone()),
        None => files::scenario(analysis, None),
    }
}

/// The story as JSON, with the name of its file.
pub fn json(story: &Story, file: &str) -> Result<Value, u8> {
    let mut value = serde_json::to_value(story).map_err(trouble)?;
    value["file"] = json!(file);
    Ok(value)
}

/// The story for a person.
pub fn human(story: &Story, file: &str, paint: &Paint) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}  {}  seed {}\n{}",
        paint.bold(&story.scenario),
        paint.dim(file),
        story.seed,
        paint.dim(&format!("beside {}; instants to {} s", story.twin, story.step_s))
    );
    section(&mut out, story, paint);
    let command = format!("reproduce: sysdl why {file} --scenario {} --seed {}", story.scenario, story.seed);
    let _ = writeln!(out, "\n{}", paint.dim(&command));
    out
}

/// The timeline and what is to be said of it.
pub fn section(out: &mut String, story: &Story, paint: &Paint) {
    if !story.timeline.is_empty() {
        out.push('\n');
    }
    for moment in &story.timeline {
        let words = match moment.signal {
            Signal::Fault => paint.yellow(&moment.words),
            Signal::Errors | Signal::Late => paint.red(&moment.words),
            _ => moment.words.clone(),
        };
        let _ = writeln!(out, "{:>9}  {words}{}", instant(moment.t_s), paint.dim(&because(story, moment)));
    }
    out.push('\n');
    for said in &story.summary {
        let _ = writeln!(out, "{said}");
    }
}

/// ` ← what caused it`, if that is not the line before.
fn because(story: &Story, moment: &Moment) -> String {
    let Some(cause) = moment.because.and_then(|index| story.timeline.get(index)) else { return String::new() };
    let who = cause.edge.as_deref().or(cause.endpoint.as_deref()).or(cause.component.as_deref());
    let who = who.map(|name| name.replace("->", " → "));
    let what = match (cause.signal, who) {
        (Signal::Fault, _) | (_, None) => cause.words.clone(),
        (signal, Some(who)) => format!("{who}: {}", noun(signal)),
    };
    format!("  ← {what}")
}

/// A signal as a noun.
pub fn noun(signal: Signal) -> &'static str {
    match signal {
        Signal::Fault => "fault",
        Signal::Down => "down",
        Signal::Cold => "misses",
        Signal::Stale => "stale hits",
        Signal::Load => "load",
        Signal::Slow => "slow",
        Signal::Stalled => "stands still",
        Signal::Saturated => "saturated",
        Signal::Queue => "queue",
        Signal::Lag => "lag",
        Signal::Rejecting => "full",
        Signal::Shedding => "shedding",
        Signal::RateLimited => "over its limit",
        Signal::Failing => "failing",
        Signal::Wasted => "wasted work",
        Signal::Scaled => "scaled",
        Signal::Rebalanced => "rebalance",
        Signal::Lost => "lost messages",
        Signal::SlowCalls => "slow calls",
        Signal::PoolWait => "waits for connections",
        Signal::PoolExhausted => "pool exhausted",
        Signal::Calls => "more calls",
        Signal::Timeouts => "timeouts",
        Signal::FailedCalls => "failed calls",
        Signal::Retries => "retries",
        Signal::BreakerOpen => "breaker open",
        Signal::Throttled => "throttled",
        Signal::Ejected => "replica left out",
        Signal::Errors => "errors",
        Signal::Late => "late answers",
        Signal::SlowAnswers => "slow answers",
    }
}

fn markdown(story: &Story, file: &str) -> String {
    let mut out = format!("### Why: {} · {file}\n\n", story.scenario);
    for said in &story.summary {
        let _ = writeln!(out, "{said}  ");
    }
    out.push_str("\n| | at | what happened | because of |\n|--:|--:|---|---|\n");
    for (number, moment) in story.timeline.iter().enumerate() {
        let because = moment.because.map_or(String::new(), |index| format!("{}", index + 1));
        let _ = writeln!(out, "| {} | {} | {} | {because} |", number + 1, instant(moment.t_s), moment.words);
    }
    out
}

/// `30.1 s`
fn instant(seconds: f64) -> String {
    let rounded = (seconds * 1e3).round() / 1e3;
    if (rounded * 10.0).fract().abs() < 1e-9 { format!("{rounded:.1} s") } else { format!("{rounded} s") }
}
