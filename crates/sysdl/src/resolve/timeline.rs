//! `at 60s … for 20s`, `every 60s …`, `phase …` → when effects and phases begin and end, and the events that are named.

use super::expectations::Phases;
use super::settings::Settings;
use super::system::Builder;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Action, Arg, BinaryOp, Expr, ExprKind, Node, Statement, Trigger};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::collections::BTreeSet;
use std::rc::Rc;
use sysdl_lower::model::{ComesAndGoes, Distribution, Effect, Phase};

/// Most effects that repetition may make.
const EFFECTS_MAX: usize = 10_000;

/// A named instant of the timeline.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) at_ns: u64,
}

impl Builder<'_> {
    pub(super) fn timeline(
        &mut self,
        statements: &[&Statement],
        settings: &Settings,
    ) -> (Vec<Effect>, Vec<Event>, Phases) {
        let (mut effects, mut events, mut phases) = (Vec::new(), Vec::new(), Phases::default());
        self.window_ns = settings.window_ns;
        // What sets a number of replicas comes first: faults on all replicas strike those too that come later.
        let is_set = |statement: &&&Statement| matches!(statement.node, Node::Timed(_, Action::Set { .. }));
        let (sets, others): (Vec<&Statement>, Vec<&Statement>) = statements.iter().partition(|s| is_set(s));
        for statement in sets.into_iter().chain(others) {
            match &statement.node {
                Node::Timed(trigger, action) => {
                    self.timed(trigger, action, statement.span, settings.duration_ns, &mut effects, &mut events);
                }
                Node::Phase(name, range) => {
                    let bounds = self.phase_bounds(range, settings);
                    phases.spans.push((name.text.clone(), name.span));
                    if let Some((start_ns, end_ns)) = bounds {
                        phases.list.retain(|phase: &Phase| phase.name != name.text);
                        phases.list.push(Phase { name: name.text.clone(), start_ns, end_ns });
                    }
                }
                Node::Assign(_) | Node::Set(_) | Node::Expect(_) | Node::Bad => {}
                Node::Section(section) if section.name.text == "golden" => {}
                _ => self.misplaced(statement, "a scenario holds settings, `phase`, `at … inject …` and `expect …`"),
            }
        }
        (effects, events, phases)
    }

    fn phase_bounds(&mut self, range: &Expr, settings: &Settings) -> Option<(u64, u64)> {
        let ExprKind::Binary(BinaryOp::Range, from, to) = &range.kind else {
            let diagnostic = Diagnostic::new(&codes::E0702, "a phase is a range of times", range.span, "not a range");
            self.eval.report(diagnostic.help("write `phase name = 10s..30s`"));
            return None;
        };
        let (start, end) = (self.time(from, "phase")?, self.time(to, "phase")?);
        let show = |ns: u64| crate::units::duration(ns as f64);
        let message = if start >= end {
            format!("this phase ends ({}) before it begins ({})", show(end), show(start))
        } else if end > settings.duration_ns {
            format!("this phase ends at {}, the run at {}", show(end), show(settings.duration_ns))
        } else {
            if start < settings.warmup_ns {
                let message =
                    format!("{} of this phase are discarded as warm-up", show(settings.warmup_ns.min(end) - start));
                let diagnostic = Diagnostic::new(&codes::W0712, message, range.span, "begins within the warm-up");
                self.eval.report(diagnostic.help(format!("begin it at {}", show(settings.warmup_ns))));
            }
            return Some((start, end));
        };
        self.eval.report(
            Diagnostic::new(&codes::E0702, message, range.span, "outside the run")
                .help("change the phase, or `duration`"),
        );
        None
    }

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
        self.timed_at(&instants, action, span, duration_ns, effects, events);
    }

    /// The same, at some instants.
    fn timed_at(
        &mut self,
        instants: &[u64],
        action: &Action,
        span: Span,
        duration_ns: u64,
        effects: &mut Vec<Effect>,
        events: &mut Vec<Event>,
    ) {
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
            Action::Inject { fault, args, lasting, then, .. } => {
                let lasting = match lasting {
                    Some(expr) => self.lasting(expr),
                    None => self.lasts(fault, args),
                };
                self.injected(instants, action, lasting, effects);
                match (then, lasting) {
                    (Some(next), Some(ns)) => {
                        let later: Vec<u64> = instants.iter().map(|at_ns| at_ns.saturating_add(ns)).collect();
                        self.timed_at(&later, next, span, duration_ns, effects, events);
                    }
                    (Some(_), None) => {
                        let message =
                            format!("what comes after `{}` comes when it is over, and it never is", fault.text);
                        let diagnostic = Diagnostic::new(&codes::E0109, message, fault.span, "for how long?");
                        self.eval.report(diagnostic.help(format!("write `inject {} … for 30s then …`", fault.text)));
                    }
                    (None, _) => {}
                }
            }
            Action::Set { assign, lasting, named } => {
                let lasting = lasting.as_ref().and_then(|expr| self.lasting(expr));
                let Some(template) = self.timed_set(assign) else { return };
                effects.extend(instants.iter().map(|&at_ns| Effect {
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
            self.eval.report(Diagnostic::new(&codes::E0212, message, span, "too many").help("repeat less often"));
            effects.truncate(EFFECTS_MAX);
        }
    }

    /// The effects of an injection at some instants.
    fn injected(&mut self, instants: &[u64], action: &Action, lasting: Option<u64>, effects: &mut Vec<Effect>) {
        let Action::Inject { fault, args, on, ramp, fade, stagger, named, .. } = action else { return };
        let ramp_ns = ramp.as_ref().and_then(|expr| self.time(expr, "ramp")).unwrap_or(0);
        let fade_ns = fade.as_ref().and_then(|expr| self.time(expr, "fade")).unwrap_or(0);
        if let (Some(fade), None) = (fade, lasting) {
            let message = format!("`fade` begins when the fault ends, and `{}` does not", fault.text);
            let diagnostic = Diagnostic::new(&codes::E0109, message, fade.span, "for how long?");
            self.eval.report(diagnostic.help(format!("write `inject {} … for 30s fade 10s`", fault.text)));
        }
        let Some(template) = self.inject(fault, args, on, stagger.as_ref()) else { return };
        let event = named.as_ref().map(|name| name.text.clone());
        for &at_ns in instants {
            let mut armed = Vec::new();
            for struck in template.iter().filter(|struck| !struck.is_cut_off(lasting)) {
                let effect = self.begins(struck, at_ns, lasting, &mut armed);
                // What a part of the fault says about its shape goes before what is said of the whole.
                let is_whole = effect.when.is_none() && effect.random.is_none();
                let ramp_ns = if is_whole && effect.ramp_ns == 0 { ramp_ns } else { effect.ramp_ns };
                let fades = is_whole && effect.fade_ns == 0 && effect.end_ns.is_some();
                let fade_ns = if fades && !effect.parameter.acts_at_once() { fade_ns } else { effect.fade_ns };
                effects.push(Effect { event: event.clone(), ramp_ns, fade_ns, ..effect });
            }
        }
    }

    /// `random(after = exp(1h), for = exp(5min)) inject …`: a fault that comes and goes all the time.
    fn at_random(&mut self, args: &[Arg], place: Span, action: &Action, effects: &mut Vec<Effect>) {
        let Action::Inject { fault, args: of_fault, on, stagger, then, fade, .. } = action else {
            return self.eval.later("`random(…)` of anything but `inject`", place);
        };
        if then.is_some() || fade.is_some() {
            return self.eval.later("`then` and `fade` of what comes and goes at random", place);
        }
        let scope = Rc::clone(&self.scope);
        let [after, lasting] = self.random_times(args, place, &scope);
        let Some(after) = after else { return };
        let lasts = self.lasts(fault, of_fault).map(|ns| Distribution::Constant(ns as f64));
        let Some(template) = self.inject(fault, of_fault, on, stagger.as_ref()) else { return };
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
        let alike: BTreeSet<&str> = sysdl_order::gathered(alike.map(|random| random.group.as_str()));
        let alike = alike.len();
        let group = if alike == 0 { label } else { format!("{label} #{}", alike + 1) };
        effects.extend(template.into_iter().map(|effect| {
            let at_once = effect.parameter.acts_at_once();
            let lasting = if at_once { Distribution::Constant(1.0) } else { lasting.clone() };
            let random = ComesAndGoes { after: after.clone(), lasting, group: group.clone() };
            Effect { random: Some(random), ..effect }
        }));
    }

    /// The arguments of `random`: time without, time with. They are also called `mtbf` and `mttr`.
    pub(super) fn random_times(&mut self, args: &[Arg], place: Span, scope: &Rc<Scope>) -> [Option<Distribution>; 2] {
        const WORDS: [[&str; 2]; 2] = [["after", "mtbf"], ["for", "mttr"]];
        let mut times = [None, None];
        for (position, arg) in args.iter().enumerate() {
            let which = match &arg.name {
                Some(name) => WORDS.iter().position(|words| words.contains(&name.text.as_str())),
                None => (position < times.len()).then_some(position),
            };
            let Some(which) = which else {
                let diagnostic =
                    Diagnostic::new(&codes::E0106, "`random` has no such argument", arg.value.span, "unknown");
                self.eval.report(diagnostic.help("write `random(after = exp(1h), for = exp(5min))`"));
                continue;
            };
            let value = self.eval.eval(&arg.value, scope);
            if let Value::Distribution(time, _) =
                self.eval.hold(value, &Type::Distribution, false, WORDS[which][0], arg.value.span)
            {
                times[which] = Some(time);
            }
        }
        if times[0].is_none() {
            let diagnostic = Diagnostic::new(&codes::E0109, "`random` needs `after`", place, "when does it come?");
            self.eval.report(diagnostic.help("write `random(after = exp(1h), for = exp(5min))`"));
        }
        times
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

    /// How long something lasts, in nanoseconds.
    pub(super) fn lasting(&mut self, expr: &Expr) -> Option<u64> {
        let ns = self.time(expr, "for");
        if ns == Some(0) {
            self.eval.no_time(&codes::W0517, "for", expr.span, "write `for 30s`");
        }
        ns
    }

    fn instants(&mut self, every: &Expr, from: Option<&Expr>, to: Option<&Expr>, duration_ns: u64) -> Vec<u64> {
        let Some(period) = self.time(every, "every") else { return Vec::new() };
        if period == 0 {
            self.eval.no_time(&codes::E0207, "every", every.span, "write `every 60s`");
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
