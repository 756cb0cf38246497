//! Effects that begin when closed windows say so.

use super::Engine;
use super::calendar::Event;
use sysdl_lower::model::Order;
use sysdl_lower::plan::{Plan, Term};

/// What a trigger remembers.
#[derive(Clone, Default)]
pub(super) struct Trigger {
    /// Windows in a row in which its condition has held.
    held: u32,
    /// It has fired since the condition did not hold.
    fired: bool,
    /// Until when what it has brought about lasts.
    until_ns: u64,
}

/// Triggers as they are at the begin of a run.
pub(super) fn all(plan: &Plan) -> Vec<Trigger> {
    vec![Trigger::default(); plan.triggers.terms.len()]
}

impl Engine<'_> {
    /// A window has closed: conditions that have held for long enough fire.
    pub(super) fn watch(&mut self) {
        for i in 0..self.triggers.len() {
            let (from_ns, to_ns) = (self.plan.triggers.from_ns[i], self.plan.triggers.to_ns[i]);
            let is_awake = from_ns < self.now && self.now <= to_ns;
            let holds = is_awake && holds(&self.plan.triggers.terms[i], self.windows.last());
            let trigger = &mut self.triggers[i];
            if !holds {
                (trigger.held, trigger.fired) = (0, false);
                continue;
            }
            trigger.held += 1;
            let long_enough = trigger.held >= self.plan.triggers.windows[i];
            if long_enough && !trigger.fired && self.now >= trigger.until_ns {
                trigger.fired = true;
                self.fire(i);
            }
        }
    }

    fn fire(&mut self, i: usize) {
        let effects = &self.plan.triggers.effects;
        let first: usize = effects[..i].iter().map(Vec::len).sum();
        for (number, &(effect, value, lasting_ns)) in (first..).zip(&effects[i]) {
            self.switch(effect as usize, true, value);
            let until_ns = if lasting_ns == 0 { u64::MAX } else { self.now + lasting_ns };
            if lasting_ns > 0 {
                self.calendar.push(until_ns, (1 << 35) + number as u64, Event::Over { number });
            }
            let trigger = &mut self.triggers[i];
            trigger.until_ns = trigger.until_ns.max(until_ns);
        }
    }

    /// What a trigger has brought about is over.
    pub(super) fn over(&mut self, number: usize) {
        let (effect, ..) = *self.plan.triggers.effects.iter().flatten().nth(number).expect("it was brought about");
        self.switch(effect as usize, false, 0.0);
    }
}

/// Whether a condition in postfix order holds in a window.
fn holds(terms: &[Term], window: &[u64]) -> bool {
    let mut results: Vec<bool> = Vec::new();
    for term in terms {
        let result = match term {
            Term::And | Term::Or => {
                let (one, other) = (results.pop().expect("one side"), results.pop().expect("the other"));
                if *term == Term::And { one && other } else { one || other }
            }
            Term::Compare { left, right, largest, factor, order, bound, scale } => {
                let cells = |words: &[u32]| words.iter().map(|&word| window[word as usize]).collect::<Vec<u64>>();
                let (left, right) = (cells(left), cells(right));
                let measured: u64 = if *largest { left.into_iter().max().unwrap_or(0) } else { left.iter().sum() };
                let per: u64 = if right.is_empty() { 1 } else { right.iter().sum() };
                let seen = per > 0 && (!largest || measured > 0);
                let [measured, per, factor] = [measured, per, *factor].map(u128::from);
                let compared = (measured * factor).cmp(&(per * u128::from(*bound) * u128::from(*scale)));
                seen && match order {
                    Order::Less => compared.is_lt(),
                    Order::LessEqual => compared.is_le(),
                    Order::Greater => compared.is_gt(),
                    Order::GreaterEqual => compared.is_ge(),
                    Order::Equal => compared.is_eq(),
                    Order::NotEqual => compared.is_ne(),
                }
            }
        };
        results.push(result);
    }
    results.pop().expect("a condition has terms")
}
