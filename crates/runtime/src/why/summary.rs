//! A story in a few sentences.

use super::causes::Crossing;
use super::graph::Graph;
use super::{Story, Subject, words};
use crate::healing::State;
use crate::meta::Effect;
use crate::trace::Trace;

/// What began it, whom it spread to, what kept it going, how it ended, and what is missing for it.
pub(super) fn of(story: &Story, targets: &[String], run: &Trace, twin: &Trace) -> Vec<String> {
    let Some(cause) = &story.first_cause else { return vec![nothing_yet(run, twin)] };
    let begin = story.timeline.first().map_or(0.0, |moment| moment.t_s);
    let mut said = vec![
        format!("First cause: {cause}, at {}.", words::instant((begin * 1e9) as u64)),
        spread(story, targets, run),
    ];
    if let Some(found) = story.sustained_by.as_ref().filter(|_| story.healing.state != State::Metastable) {
        said.push(format!("What kept it going: {}.", found.words));
    }
    let mut end = story.healing.words.clone();
    if let Some(first) = end.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    said.push(format!("{end}."));
    if story.healing.lost >= 1.0 {
        let lost = words::number(story.healing.lost);
        let are = if lost == "1" { "answer is" } else { "answers are" };
        let share = words::share(story.healing.lost_share);
        said.push(format!("{lost} good {are} missing, {share} of those since the first fault."));
    }
    said
}

/// Components on which what was injected acts.
pub(super) fn targets(run: &Trace, crossings: &[Crossing]) -> Vec<String> {
    let graph = Graph::of(run);
    let of = |crossing: &Crossing| match crossing.subject {
        Subject::Effect(effect) => graph.target(effect).map(|c| run.meta.components[c].name.clone()),
        _ => None,
    };
    crossings.iter().filter_map(of).collect()
}

/// Who was struck besides the targets.
fn spread(story: &Story, targets: &[String], run: &Trace) -> String {
    let warmup_ns = run.meta.warmup_ns;
    let others: Vec<&str> = story.order.iter().filter(|name| !targets.contains(name)).map(String::as_str).collect();
    match others.as_slice() {
        [] if story.order.is_empty() && run.simulated_ns <= warmup_ns => {
            format!("What follows from it is told once the warm-up is over, at {}.", words::instant(warmup_ns))
        }
        [] if story.order.is_empty() => "Nothing leaves the band of the run without it.".to_owned(),
        [] => "It spread to nothing else.".to_owned(),
        _ => format!("It spread to {}.", others.join(", ")),
    }
}

/// Where nothing was injected: what is still to come first, and when.
fn nothing_yet(run: &Trace, twin: &Trace) -> String {
    let stays = |effect: &Effect| {
        twin.meta.effects.iter().any(|other| (&other.label, other.start_ns) == (&effect.label, effect.start_ns))
    };
    let comes = |effect: &&Effect| !effect.quiet && effect.start_ns >= run.simulated_ns && !stays(effect);
    match run.meta.effects.iter().filter(comes).min_by_key(|effect| effect.start_ns) {
        Some(Effect { label, start_ns, .. }) => {
            format!("Nothing has been injected so far: {label} is to come, at {}.", words::instant(*start_ns))
        }
        None => "Nothing was injected, and nothing changes: there is nothing to tell.".to_owned(),
    }
}
