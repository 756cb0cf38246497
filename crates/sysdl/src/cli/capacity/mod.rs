//! `sysdl capacity`: the largest load, or the smallest system, at which what is expected holds.

mod answer;
pub mod args;
mod search;
mod standing;

use super::args::CapacityArgs;
use super::axis::{split, stretch};
use super::probe::{self, Question};
use super::{OK, files, pair, trouble};
use answer::Answer;
use args::AnswerFormat;
use search::{Plan, search};
use sysdl::resolve::Questions;

/// Searches.
pub fn capacity(args: &CapacityArgs) -> u8 {
    probe::listen();
    try_capacity(args).unwrap_or_else(|code| code)
}

fn try_capacity(args: &CapacityArgs) -> Result<u8, u8> {
    let (path, range) = split(&args.param)?;
    let Some((low, high)) = range.split_once("..") else {
        return Err(trouble(format!(
            "`--param {}`: name both ends of the search, such as `--param {path}=1krps..20krps`",
            args.param
        )));
    };
    let ends = stretch(&args.param, low.trim(), high.trim())?;
    let tolerance = share(&args.tolerance)?;
    let (analysis, file) = pair::analysis(args.file.as_deref())?;
    let scenario = files::scenario(&analysis, args.scenario.as_deref())?;
    let asked = Questions { metrics: Vec::new(), claims: args.expect.clone() };
    let set = files::overrides(&args.set)?;
    let duration = args.duration.clone();
    let mut question = Question { analysis, file, scenario, set, asked, duration, left_out: Vec::new() };
    let at = |end: &str| vec![(path.clone(), end.trim().to_owned())];
    question.settle(&[at(low), at(high)])?;
    let claims = question.answered(&at(low))?.resolved.expectations;
    if claims.is_empty() {
        let run = if question.left_out.is_empty() { "" } else { " of so short a run" };
        return Err(trouble(format!(
            "`{}` expects nothing{run}; say what must hold: `--expect 'p99 < 200ms'`",
            question.scenario
        )));
    }
    let plan =
        Plan { question: &question, path, ends, tolerance, seeds: [args.seeds, args.seeds_most.max(args.seeds)] };
    let found = search(&plan)?;
    let Some(edge) = &found.edge else {
        return Err(trouble("stopped before the search was over"));
    };
    let answer = Answer::of(&plan, &claims, &found.tried, edge);
    match args.format {
        AnswerFormat::Human => print!("{}", answer.human()),
        AnswerFormat::Json => println!("{}", serde_json::to_string_pretty(&answer.json()).map_err(trouble)?),
    }
    Ok(if answer.is_found() { OK } else { super::FINDINGS })
}

/// `2%`
fn share(text: &str) -> Result<f64, u8> {
    let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match number {
        Some(number) if (0.01..=50.0).contains(&number) => Ok(number / 100.0),
        _ => Err(trouble(format!("`--tolerance {text}`: write a share between 0.01% and 50%, such as `2%`"))),
    }
}
