//! Triggers: effects that begin when closed windows say so.
//!
//! All arithmetic is of integers, wide enough to be exact.

use super::calendar::{Rank, push};
use super::memory::{header, now, read, row};
use super::{timeline, windows};
use crate::layout::{Term, Trigger, Triggered};

/// Kinds of terms that join the two before them.
const BOTH: u32 = 6;
const EITHER: u32 = 7;

/// A window has closed: conditions that have held for long enough fire, once, until they have not held in a window.
#[unsafe(export_name = "if_triggers_control")]
#[inline(never)]
pub extern "C" fn control() {
    for index in 0..header().triggers.len {
        let trigger: &Trigger = row(header().triggers, index);
        let awake = trigger.from_ns < now() && now() <= trigger.to_ns;
        if !awake || !holds(trigger) {
            trigger.held.set(0);
            trigger.fired.set(0);
            continue;
        }
        trigger.held.set(trigger.held.get().saturating_add(1));
        if trigger.fired.get() == 0 && trigger.held.get() >= trigger.windows && now() >= trigger.until_ns.get() {
            trigger.fired.set(1);
            fire(trigger);
        }
    }
}

/// Whether the condition holds in the window that has closed. Results of terms are bits, the newest lowest.
fn holds(trigger: &Trigger) -> bool {
    let mut results = 0u64;
    for index in trigger.first_term..trigger.first_term + trigger.terms {
        let term: &Term = row(header().terms, index);
        let (one, other) = (results & 1, results >> 1 & 1);
        results = match term.kind {
            BOTH => results >> 2 << 1 | one & other,
            EITHER => results >> 2 << 1 | one | other,
            _ => results << 1 | compare(term) as u64,
        };
    }
    results & 1 == 1
}

/// A comparison. Of what nothing was seen, nothing holds.
fn compare(term: &Term) -> bool {
    let word = |i: u32| windows::last_closed(read::<u64>(header().term_words.address, term.first_word + i) as u32);
    let left = (0..term.left).map(word);
    let left = if term.largest == 1 { left.max().unwrap_or(0) } else { left.sum() };
    let right = if term.right == 0 { 1 } else { (term.left..term.left + term.right).map(word).sum() };
    if right == 0 || term.largest == 1 && left == 0 {
        return false;
    }
    let left = left as u128 * term.factor as u128;
    let right = right as u128 * term.bound as u128 * term.scale as u128;
    match term.kind {
        0 => left < right,
        1 => left <= right,
        2 => left > right,
        3 => left >= right,
        4 => left == right,
        _ => left != right,
    }
}

fn fire(trigger: &Trigger) {
    for index in trigger.first_effect..trigger.first_effect + trigger.effects {
        let effect: &Triggered = row(header().triggered, index);
        timeline::switch(effect.effect, true, effect.value);
        let mut until_ns = u64::MAX;
        if effect.lasting_ns > 0 {
            until_ns = now().saturating_add(effect.lasting_ns);
            push(until_ns, Rank::Timeline, timeline::OVER + index as u64, index, 0, 0);
        }
        trigger.until_ns.set(trigger.until_ns.get().max(until_ns));
    }
}

/// What a trigger has brought about is over.
#[unsafe(export_name = "if_triggers_over")]
#[inline(never)]
pub extern "C" fn over(index: u32) {
    let effect: &Triggered = row(header().triggered, index);
    timeline::switch(effect.effect, false, 0.0);
}
