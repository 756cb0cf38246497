//! `expect heals within 30s`, `expect metastable`: claims about a run beside its twin without faults.

use super::Condition;
use crate::healing::{Healing, State};
use crate::trace::Trace;

/// Whether a claim about healing holds, and what was seen: as people read it, and as goldens keep it. Nothing is known of a
/// run that was not compared, or that ended too early.
pub(super) fn judge(trace: &Trace, condition: &Condition) -> (Option<bool>, [String; 2]) {
    let Some(healing) = &trace.healing else { return (None, twice("no run without faults to compare with")) };
    let heals = healing.took_ns();
    let holds = match condition {
        Condition::Heals { within_ns } => match (healing.state, heals) {
            (State::Unharmed | State::Healed, Some(took_ns)) => Some(within_ns.is_none_or(|most| took_ns <= most)),
            (State::Metastable, _) => Some(false),
            // A run that is worse still when the time is over has not healed in time.
            (State::Draining, _) => within_ns.and_then(|most| late(trace, healing, most).then_some(false)),
            _ => None,
        },
        _ => match healing.state {
            State::Metastable => Some(true),
            State::Unharmed | State::Healed => Some(false),
            State::Draining | State::Disturbed => None,
        },
    };
    (holds, said(healing))
}

fn late(trace: &Trace, healing: &Healing, most: u64) -> bool {
    healing.trigger_end_ns.is_some_and(|end_ns| end_ns.saturating_add(most) <= trace.simulated_ns)
}

fn said(healing: &Healing) -> [String; 2] {
    match (healing.state, healing.took_ns()) {
        (State::Healed, Some(0)) => ["at once".to_owned(), "0.0s".to_owned()],
        (State::Healed, Some(ns)) => ["{} s", "{}s"].map(|form| form.replace("{}", &format!("{:.1}", ns as f64 / 1e9))),
        (State::Unharmed, _) => twice("nothing to heal"),
        _ if healing.words.is_empty() => twice("not healed"),
        _ => twice(&healing.words),
    }
}

fn twice(words: &str) -> [String; 2] {
    [words.to_owned(), words.to_owned()]
}
