//! `at 60s … for 20s`, `every 60s …` → when effects begin and end, and the events that are named.

use super::system::Builder;
use super::types::Type;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Action, Arg, Expr, Trigger};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::collections::BTreeSet;
use std::rc::Rc;
use sysdl_lower::model::{ComesAndGoes, Distribution, Effect};

/// Most effects that repetition may make.
const EFFECTS_MAX: usize = 10_000;

/// A named instant of the timeline.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) at_ns: u64,
}

impl Builder<'_> {
    /// Effects of a timed action, and the event it names.
    pub(super) fn timed(
        &mut self,
        trigger: &Trigger,
        action: &Action,
        span: Span,
        duration_ns: u64,
        effects: &mut Vec<Effect>,
        events: &mut Vec<Event>,
    ) {
        let instants = match trigger {
            Trigger::At(at) => self.time(at, "at").map(|ns| vec![ns]).unwrap_or_default(),
            Trigger::Every(every, from, to) => self.instants(every, from.as_ref(), to.as_ref(), duration_ns),
            Trigger::When(condition, sustained) => return self.when(condition, sustained.as_ref(), action, effects),
            Trigger::Random(args, place) => return self.at_random(args, *place, action, effects),
        };
        if let Some(&first) = instants.first()
            && first > duration_ns
        {
            let message = format!("this happens at {}, after the run has ended", crate::units::duration(first as f64));
            let diagnostic = Diagnostic::new(&codes::E0703, message, span, "never happens");
            self.eval.report(diagnostic.help(format!(
                "the run lasts {}; make it longer or this earlier",
                crate::units::duration(duration_ns as f64)
            )));
            return;
        }
        let named = match action {
            Action::Inject { named, .. } | Action::Set { named, .. } => named.as_ref(),
            Action::Mark(name) => Some(name),
        };
        if let (Some(name), Some(&at_ns)) = (named, instants.first()) {
            events.push(Event { name: name.text.clone(), at_ns });
        }
        match action {
            Action::Inject { fault, args, on, to, lasting, ramp, stagger, named } => {
                let lasting = match lasting {
                    Some(expr) => self.time(expr, "for"),
                    None => self.lasts(fault, args),
                };
                let ramp_ns = ramp.as_ref().and_then(|expr| self.time(expr, "ramp")).unwrap_or(0);
                let Some(template) = self.inject(fault, args, on.as_ref(), to.as_ref(), stagger.as_ref()) else {
                    return;
                };
                for at_ns in instants {
                    for struck in template.iter().filter(|struck| !struck.is_cut_off(lasting)) {
                        let event = named.as_ref().map(|name| name.text.clone());
                        effects.push(Effect { event, ramp_ns, ..struck.at(at_ns, lasting) });
                    }
                }
            }
            Action::Set { assign, lasting, named } => {
                let lasting = lasting.as_ref().and_then(|expr| self.time(expr, "for"));
                let Some(template) = self.timed_set(assign) else { return };
                effects.extend(instants.into_iter().map(|at_ns| Effect {
                    event: named.as_ref().map(|name| name.text.clone()),
                    start_ns: at_ns,
                    end_ns: lasting.map(|ns| at_ns + ns.max(1)),
                    ..template.clone()
                }));
            }
            Action::Mark(_) => {}
        }
        if effects.len() > EFFECTS_MAX {
            let message = format!("the timeline has more than {EFFECTS_MAX} changes");
            self.eval.report(Diagnostic::new(&codes::E0209, message, span, "too many").help("repeat less often"));
            effects.truncate(EFFECTS_MAX);
        }
    }

    /// `random(after = exp(1h), for = exp(5min)) inject …`: a fault that comes and goes all the time.
    fn at_random(&mut self, args: &[Arg], place: Span, action: &Action, effects: &mut Vec<Effect>) {
        let scope = Rc::clone(&self.scope);
        let mut times = [None, None];
        for (position, arg) in args.iter().enumerate() {
            let name =
                arg.name.as_ref().map_or(["after", "for"].get(position).copied(), |name| Some(name.text.as_str()));
            let Some(which) = ["after", "for"].iter().position(|word| Some(*word) == name) else {
                let diagnostic =
                    Diagnostic::new(&codes::E0106, "`random` has no such argument", arg.value.span, "unknown");
                self.eval.report(diagnostic.help("write `random(after = exp(1h), for = exp(5min))`"));
                continue;
            };
            let value = self.eval.eval(&arg.value, &scope);
            let word = if which == 0 { "after" } else { "for" };
            if let Value::Distribution(time, _) =
                self.eval.hold(value, &Type::Distribution, false, word, arg.value.span)
            {
                times[which] = Some(time);
            }
        }
        let [after, lasting] = times;
        let Action::Inject { fault, args, on, to, stagger, .. } = action else {
            return self.eval.later("`random(…)` of anything but `inject`", place);
        };
        let Some(after) = after else {
            let diagnostic = Diagnostic::new(&codes::E0109, "`random` needs `after`", place, "when does it come?");
            self.eval.report(diagnostic.help("write `random(after = exp(1h), for = exp(5min))`"));
            return;
        };
        let lasts = self.lasts(fault, args).map(|ns| Distribution::Constant(ns as f64));
        let Some(template) = self.inject(fault, args, on.as_ref(), to.as_ref(), stagger.as_ref()) else { return };
        let template = self.at_once(template, fault, "random(…)");
        let Some(lasting) = lasting.or(lasts) else {
            let message = format!("`random` does not say how long `{}` lasts", fault.text);
            let diagnostic = Diagnostic::new(&codes::E0109, message, place, "`for` is missing");
            self.eval.report(diagnostic.help("write `random(after = exp(1h), for = exp(5min))`"));
            return;
        };
        // What is injected twice in the same words comes and goes twice, each by itself.
        let label = template.first().map_or_else(String::new, |effect| effect.label.clone());
        let alike = effects.iter().filter(|effect| effect.label == label).filter_map(|effect| effect.random.as_ref());
        let alike = alike.map(|random| random.group.as_str()).collect::<BTreeSet<_>>().len();
        let group = if alike == 0 { label } else { format!("{label} #{}", alike + 1) };
        effects.extend(template.into_iter().map(|effect| {
            let at_once = effect.parameter.acts_at_once();
            let lasting = if at_once { Distribution::Constant(1.0) } else { lasting.clone() };
            let random = ComesAndGoes { after: after.clone(), lasting, group: group.clone() };
            Effect { random: Some(random), ..effect }
        }));
    }

    /// A duration in nanoseconds.
    pub(super) fn time(&mut self, expr: &Expr, name: &str) -> Option<u64> {
        let scope = Rc::clone(&self.scope);
        let value = self.eval.eval(expr, &scope);
        match self.eval.hold(value, &Type::Quantity(Dimension::Duration), false, name, expr.span) {
            Value::Number(ns, _) => Some(ns as u64),
            _ => None,
        }
    }

    fn instants(&mut self, every: &Expr, from: Option<&Expr>, to: Option<&Expr>, duration_ns: u64) -> Vec<u64> {
        let Some(period) = self.time(every, "every") else { return Vec::new() };
        if period == 0 {
            let diagnostic = Diagnostic::new(&codes::E0207, "`every` must be positive", every.span, "no time at all");
            self.eval.report(diagnostic.help("write `every 60s`"));
            return Vec::new();
        }
        let start = from.and_then(|expr| self.time(expr, "from")).unwrap_or(period);
        let end = to.and_then(|expr| self.time(expr, "to")).unwrap_or(duration_ns).min(duration_ns);
        (0..=EFFECTS_MAX as u64)
            .map(|k| start.saturating_add(k.saturating_mul(period)))
            .take_while(|&at| at <= end)
            .collect()
    }
}
