//! `sysdl metastable`: does a scenario heal by itself, and what is the smallest trigger from which it does not?

use super::args::{MetastableArgs, ReportFormat, Varied};
use super::{FINDINGS, OK, TROUBLE, files, human, pair, trouble};
use serde::Serialize;
use sysdl_lower::model::{Effect, Model};
use sysdl_lower::{Vary, compile, twin_of, varied};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::healing::State;
use sysdl_runtime::replicate::judged;
use sysdl_runtime::why::{self, Loop};
use sysdl_runtime::{Limits, Trace};

/// How much larger a trigger is tried than the scenario's own, and how much smaller.
const LARGEST: f64 = 16.0;
const SMALLEST: f64 = 1.0 / 256.0;
/// The search stops when what heals and what does not are this close.
const CLOSE: f64 = 1.1;
/// Times that a run is made longer when it ends before anything can be said.
const LONGER_MAX: u32 = 3;

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    schema: u32,
    file: String,
    scenario: String,
    seeds: Vec<u64>,
    /// The scenario as it is written.
    own: Outcome,
    /// The edge between what heals and what does not; null if there is none between the smallest and largest trigger tried.
    threshold: Option<Threshold>,
    /// In words.
    summary: Vec<String>,
}

/// What became of a trigger.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    /// `unharmed`, `healed`, `metastable`, `draining` or `disturbed`: that of most seeds.
    state: State,
    /// Runs that do not heal.
    metastable: usize,
    /// Of so many.
    runs: usize,
    /// Longest time from the last fault's end until all was well, of the runs that heal.
    healed_within_s: Option<f64>,
    /// What keeps it going.
    #[serde(rename = "loop")]
    sustained_by: Option<Loop>,
}

/// Sizes of the trigger, relative to the scenario's own.
#[derive(Clone, Debug, Serialize)]
struct Threshold {
    by: &'static str,
    /// The largest that most seeds heal from; 0 if none was found.
    heals: f64,
    /// The smallest that most seeds do not heal from.
    fails: f64,
    /// The same two as a length in seconds, where lengths are varied.
    heals_s: Option<f64>,
    fails_s: Option<f64>,
    /// What becomes of the smaller ones' neighbor.
    outcome: Outcome,
}

/// Judges, and searches.
pub fn metastable(args: &MetastableArgs) -> u8 {
    try_metastable(args).unwrap_or_else(|code| code)
}

fn try_metastable(args: &MetastableArgs) -> Result<u8, u8> {
    let (analysis, file) = pair::analysis(args.file.as_deref())?;
    let overrides = files::overrides(&args.set)?;
    let name = match &args.scenario {
        Some(name) => files::scenario(&analysis, Some(name))?,
        None => super::why::first_with_faults(&analysis, &overrides)?,
    };
    let resolved = files::usable(analysis.resolve(&name, &overrides), &analysis.sources)?;
    let Some(model) = resolved.model else { return Err(TROUBLE) };
    let ends = |effect: &Effect| effect.end_ns.is_some_and(|end| end < model.duration_ns);
    let faults: Vec<&Effect> = model.effects.iter().filter(|effect| effect.is_disturbance()).collect();
    if faults.is_empty() || !faults.iter().all(|effect| ends(effect) || effect.when.is_some()) {
        return Err(trouble(format!(
            "`{name}` must inject something that ends before the run does: `at 30s inject hang on db for 5s`"
        )));
    }
    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let own = judge(&model, &seeds)?;
    let threshold = search(&model, &seeds, args.by, &own)?;
    let mut found = Found { schema: 1, file, scenario: name, seeds, own, threshold, summary: Vec::new() };
    found.summary = summary(&found, args.by);
    match args.format {
        ReportFormat::Json => println!("{}", serde_json::to_string_pretty(&found).map_err(trouble)?),
        ReportFormat::Human | ReportFormat::Md => {
            println!("{}  {}  {}", found.scenario, found.file, human::counted(found.seeds.len(), "seed"));
            found.summary.iter().for_each(|line| println!("{line}"));
        }
    }
    Ok(if found.own.metastable * 2 > found.own.runs { FINDINGS } else { OK })
}

/// Runs a model beside its twin under every seed. Runs that end too early to tell are made longer.
fn judge(model: &Model, seeds: &[u64]) -> Result<Outcome, u8> {
    let mut model = model.clone();
    for longer in 0..=LONGER_MAX {
        let prepare = |model: &Model| -> Result<Prepared, u8> {
            Prepared::new(&compile(model).map_err(trouble)?.module.bytes).map_err(trouble)
        };
        let (run, twin) = (prepare(&model)?, prepare(&twin_of(&model).0)?);
        let pairs = judged(&run, &twin, seeds, Limits::default()).map_err(trouble)?;
        let outcome = outcome(&pairs);
        if outcome.state != State::Draining || longer == LONGER_MAX {
            return Ok(outcome);
        }
        let last = model.effects.iter().filter_map(|effect| effect.end_ns).max().unwrap_or(0);
        model.duration_ns += model.duration_ns.saturating_sub(last);
    }
    unreachable!("the last round returns")
}

fn outcome(pairs: &[(Trace, Trace)]) -> Outcome {
    let healing = |(run, _): &(Trace, Trace)| run.healing.clone();
    let states: Vec<State> = pairs.iter().filter_map(healing).map(|healing| healing.state).collect();
    let count = |state: State| states.iter().filter(|&&known| known == state).count();
    let all = [State::Unharmed, State::Healed, State::Metastable, State::Draining, State::Disturbed];
    let state = all.into_iter().max_by_key(|&state| count(state)).unwrap_or(State::Unharmed);
    let heals = pairs.iter().filter_map(healing).filter_map(|healing| healing.took_ns()).max();
    let stuck = pairs.iter().find(|pair| healing(pair).is_some_and(|h| h.state == State::Metastable));
    let sustained_by = stuck.and_then(|(run, twin)| why::tell(run, twin, "").sustained_by);
    Outcome {
        state,
        metastable: count(State::Metastable),
        runs: pairs.len(),
        healed_within_s: heals.map(|ns| ns as f64 / 1e9),
        sustained_by,
    }
}

/// The edge between what heals and what does not, by bisection.
fn search(model: &Model, seeds: &[u64], by: Varied, own: &Outcome) -> Result<Option<Threshold>, u8> {
    let vary = if by == Varied::Length { Vary::Length } else { Vary::Severity };
    let fails = |outcome: &Outcome| outcome.metastable * 2 > outcome.runs;
    let at = |times: f64| -> Result<Option<Outcome>, u8> {
        varied(model, vary, times).map(|model| judge(&model, seeds)).transpose()
    };
    let (mut heals, mut failing) = (0.0, None);
    if fails(own) {
        failing = Some((1.0, own.clone()));
    } else {
        heals = 1.0;
        let mut times = 2.0;
        while failing.is_none() && times <= LARGEST {
            let Some(found) = at(times)? else { return Ok(None) };
            if fails(&found) {
                failing = Some((times, found))
            } else {
                heals = times
            }
            times *= 2.0;
        }
    }
    let Some((mut smallest, mut outcome)) = failing else { return Ok(None) };
    while smallest > SMALLEST && (heals == 0.0 || smallest / heals > CLOSE) {
        let middle = if heals == 0.0 { smallest / 4.0 } else { f64::sqrt(smallest * heals) };
        let Some(found) = at(middle)? else { return Ok(None) };
        if fails(&found) { (smallest, outcome) = (middle, found) } else { heals = middle }
    }
    let length_s = |times: f64| (vary == Vary::Length).then(|| longest_s(model) * times);
    Ok(Some(Threshold {
        by: if vary == Vary::Length { "length" } else { "severity" },
        heals,
        fails: smallest,
        heals_s: length_s(heals),
        fails_s: length_s(smallest),
        outcome,
    }))
}

/// Length of the longest fault in seconds.
fn longest_s(model: &Model) -> f64 {
    let faults = model.effects.iter().filter(|effect| effect.is_disturbance());
    let lengths = faults.filter_map(|effect| Some(effect.end_ns? - effect.start_ns));
    lengths.max().unwrap_or(0) as f64 / 1e9
}

fn summary(found: &Found, by: Varied) -> Vec<String> {
    let own = &found.own;
    let mut said = Vec::new();
    said.push(match own.state {
        State::Metastable => format!(
            "It does not heal by itself: {} of {} runs are still sick though nothing is wrong any more.",
            own.metastable, own.runs
        ),
        State::Unharmed => "Nobody notices.".to_owned(),
        State::Healed => format!("It heals by itself, within {:.1} s.", own.healed_within_s.unwrap_or(0.0)),
        State::Draining => "It is on its way, but so slowly that the run ends before it is well.".to_owned(),
        State::Disturbed => "A fault lasts until the end.".to_owned(),
    });
    let outcome = found.threshold.as_ref().map_or(own, |threshold| &threshold.outcome);
    if let Some(found) = own.sustained_by.as_ref().or(outcome.sustained_by.as_ref()) {
        said.push(format!("What keeps it going: {}.", found.words));
    }
    said.push(match &found.threshold {
        Some(Threshold { heals_s: Some(heals), fails_s: Some(fails), .. }) => {
            format!("The smallest trigger that does not heal lasts between {heals:.2} s and {fails:.2} s.")
        }
        Some(threshold) => format!(
            "The weakest trigger that does not heal is between {:.2} and {:.2} times as strong as the scenario's.",
            threshold.heals, threshold.fails
        ),
        None if by == Varied::Length => {
            format!("Nothing up to {LARGEST:.0} times as long keeps it from healing, as far as lengths can be varied.")
        }
        None => format!(
            "Nothing up to {LARGEST:.0} times as strong keeps it from healing, as far as strengths can be varied."
        ),
    });
    said
}
