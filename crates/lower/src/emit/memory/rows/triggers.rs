//! Conditions that effects wait for.

use crate::plan::{Plan, Term};
use sysdl_kernel::layout as k;

pub(super) fn triggers(plan: &Plan) -> Vec<k::Trigger> {
    let t = &plan.triggers;
    let (mut first_term, mut first_effect) = (0, 0);
    (0..t.terms.len())
        .map(|i| {
            let (terms, effects) = (t.terms[i].len() as u32, t.effects[i].len() as u32);
            (first_term, first_effect) = (first_term + terms, first_effect + effects);
            k::Trigger {
                from_ns: t.from_ns[i],
                to_ns: t.to_ns[i],
                first_term: first_term - terms,
                terms,
                windows: t.windows[i],
                first_effect: first_effect - effects,
                effects,
                ..k::Trigger::default()
            }
        })
        .collect()
}

pub(super) fn terms(plan: &Plan) -> Vec<k::Term> {
    let t = &plan.triggers;
    let mut first_word = 0;
    t.terms
        .iter()
        .flatten()
        .map(|term| match term {
            Term::And => k::Term { kind: 6, ..k::Term::default() },
            Term::Or => k::Term { kind: 7, ..k::Term::default() },
            Term::Compare { left, right, largest, factor, order, bound, scale } => {
                let first = first_word;
                first_word += (left.len() + right.len()) as u32;
                k::Term {
                    factor: *factor,
                    bound: *bound,
                    scale: *scale,
                    first_word: first,
                    left: left.len() as u32,
                    right: right.len() as u32,
                    kind: *order as u32,
                    largest: *largest as u32,
                    pad: 0,
                }
            }
        })
        .collect()
}

pub(super) fn term_words(plan: &Plan) -> Vec<u64> {
    plan.triggers.terms.iter().flatten().flat_map(words_of).collect()
}

pub(super) fn triggered(plan: &Plan) -> Vec<k::Triggered> {
    let effects = plan.triggers.effects.iter().flatten();
    effects.map(|&(effect, value, lasting_ns)| k::Triggered { value, lasting_ns, effect, pad: 0 }).collect()
}

/// Words that a term reads, those of its left side first.
fn words_of(term: &Term) -> impl Iterator<Item = u64> + '_ {
    let words: [&[u32]; 2] = match term {
        Term::Compare { left, right, .. } => [left, right],
        Term::And | Term::Or => [&[], &[]],
    };
    words.into_iter().flatten().map(|&word| u64::from(word))
}
