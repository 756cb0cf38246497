//! `--duration`: a run of another length than its scenario says, and what is out of it then.

use super::human::counted;
use super::trouble;
use sysdl_lower::model::Model;
use sysdl_runtime::expect::{Condition, Expectation, Window};

/// Claims named of those that are left out.
const NAMED: usize = 3;

/// Gives a run another length. What would lie beyond its end is left out: phases, effects, and claims, which come back.
///
/// # Errors
/// If that is not a duration.
pub fn shorten(model: &mut Model, claims: &mut Vec<Expectation>, text: &str) -> Result<Vec<Expectation>, u8> {
    let until_ns = duration(text)?;
    let (beyond, within) = std::mem::take(claims).into_iter().partition(|claim| is_beyond(claim, model, until_ns));
    *claims = within;
    model.duration_ns = until_ns;
    model.warmup_ns = warmup_ns(model, until_ns);
    model.phases.retain(|phase| phase.end_ns <= until_ns);
    model.effects.retain(|effect| effect.start_ns <= until_ns);
    Ok(beyond)
}

/// Says which claims a run of such a length leaves out.
pub fn tell(beyond: &[Expectation], text: &str) {
    if beyond.is_empty() {
        return;
    }
    let mut named: Vec<String> = beyond.iter().take(NAMED).map(|claim| format!("`{}`", claim.text)).collect();
    if beyond.len() > NAMED {
        named.push(format!("{} more", beyond.len() - NAMED));
    }
    let left = counted(beyond.len(), "expectation");
    eprintln!(
        "note: a run of {text} ends before what is expected could be seen, {left} left out: {}",
        named.join(", ")
    );
}

/// No more than half of a run is warm-up, in nanoseconds.
fn warmup_ns(model: &Model, until_ns: u64) -> u64 {
    model.warmup_ns.min(until_ns / 2)
}

/// Whether a run until then does not show what a claim speaks of.
fn is_beyond(claim: &Expectation, model: &Model, until_ns: u64) -> bool {
    if until_ns >= model.duration_ns {
        return false;
    }
    match (&claim.condition, &claim.window) {
        (Condition::Heals { within_ns }, _) => faults_end_ns(model).saturating_add(within_ns.unwrap_or(0)) > until_ns,
        (Condition::Metastable, _) => faults_end_ns(model) > until_ns,
        (_, Window::Phase { .. } | Window::Within { .. }) => claim.until_ns(model.duration_ns) > until_ns,
        (_, Window::After { after_ns }) => *after_ns >= until_ns,
        (_, Window::Over { length_ns }) => *length_ns > until_ns - warmup_ns(model, until_ns),
        (_, Window::Run) => false,
    }
}

/// When the last fault is over, or begins if it never is.
fn faults_end_ns(model: &Model) -> u64 {
    model.effects.iter().map(|effect| effect.end_ns.unwrap_or(effect.start_ns)).max().unwrap_or(0)
}

/// Nanoseconds of a duration that was given as an argument.
pub fn duration(text: &str) -> Result<u64, u8> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let one = sysdl::units::find(unit, false).filter(|(dimension, _)| *dimension == sysdl::units::Dimension::Duration);
    match (number.parse::<f64>(), one) {
        (Ok(number), Some((_, one))) if number * one >= 1.0 => Ok((number * one) as u64),
        _ => Err(trouble(format!("`{text}`: write a duration such as `10s`"))),
    }
}
