//! `expect heals within 30s`, `expect metastable` → claims that compare a run with its twin without faults.

use super::system::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Expect, ExprKind, Window};
use crate::syntax::span::Span;
use crate::units;
use sysdl_lower::model::Effect;
use sysdl_runtime::expect::Condition;

/// What a scenario injects, as far as it matters whether it heals.
#[derive(Debug, Default)]
pub(crate) struct Injected {
    /// Something is.
    any: bool,
    /// What does not end.
    endless: Option<String>,
    /// End of what ends last, in nanoseconds.
    last_end_ns: u64,
    /// Length of the run, in nanoseconds.
    pub(super) duration_ns: u64,
}

impl Injected {
    pub(super) fn of(effects: &[Effect], duration_ns: u64) -> Self {
        let faults: Vec<&Effect> = effects.iter().filter(|effect| effect.is_disturbance()).collect();
        let ends = |effect: &Effect| match (&effect.when, &effect.random) {
            (_, Some(_)) => None,
            (Some(when), _) => when.lasting_ns.map(|_| 0),
            _ => effect.end_ns.filter(|&end| end < duration_ns),
        };
        Self {
            any: !faults.is_empty(),
            endless: faults.iter().find(|effect| ends(effect).is_none()).map(|effect| effect.label.clone()),
            last_end_ns: faults.iter().filter_map(|effect| ends(effect)).max().unwrap_or(0),
            duration_ns,
        }
    }
}

impl Builder<'_> {
    /// The claim, if it is one about healing; `Some(None)` if it is a wrong one.
    pub(super) fn healing(&mut self, expect: &Expect) -> Option<Option<Condition>> {
        let ExprKind::Path(path) = &expect.condition.kind else { return None };
        let (heals, span) = match path.word() {
            Some("heals") => (true, path.span),
            Some("metastable") => (false, path.span),
            _ => return None,
        };
        let mut within_ns = None;
        let mut wrong = expect.quantifier.is_some() || expect.near.is_some() || expect.windows.len() > 1;
        match expect.windows.first() {
            None => {}
            Some(Window::InTime(time)) if heals => within_ns = self.time(time, "within"),
            Some(_) => wrong = true,
        }
        if wrong {
            let message = "healing is judged from the last fault's end to the end of the run";
            self.cannot_judge(
                message,
                span,
                "no other window",
                "write `expect heals within 30s` or `expect metastable`",
            );
            return Some(None);
        }
        if !self.may_heal(within_ns, span) {
            return Some(None);
        }
        Some(Some(if heals { Condition::Heals { within_ns } } else { Condition::Metastable }))
    }

    fn may_heal(&mut self, within_ns: Option<u64>, span: Span) -> bool {
        let Injected { any, endless, last_end_ns, duration_ns } = &self.injected;
        let (last_end_ns, duration_ns) = (*last_end_ns, *duration_ns);
        let show = |ns: u64| units::duration(ns as f64);
        if !any {
            let message = "this scenario injects nothing that it could heal from";
            self.cannot_judge(
                message,
                span,
                "heal from what?",
                "inject something: `at 30s inject slow(4x) on db for 20s`",
            );
        } else if let Some(label) = endless.clone() {
            let message = format!("`{label}` lasts until the end: there is no time after it in which to heal");
            self.cannot_judge(&message, span, "never without a fault", "let it end before the run does: `… for 20s`");
        } else if within_ns.is_some_and(|within_ns| last_end_ns + within_ns > duration_ns) {
            let left = duration_ns.saturating_sub(last_end_ns);
            let message = format!("the run goes on for {} after the last fault", show(left));
            let need = show(last_end_ns + within_ns.unwrap_or(0));
            self.cannot_judge(&message, span, "too short", &format!("make it longer: `duration = {need}`"));
        } else {
            return true;
        }
        false
    }

    fn cannot_judge(&mut self, message: &str, span: Span, label: &str, help: &str) {
        self.eval.report(Diagnostic::new(&codes::E0716, message, span, label).help(help));
    }
}
