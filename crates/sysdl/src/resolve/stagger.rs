//! Faults whose changes have times of their own: parts of a fault, and faults that go from one replica to the next.
//!
//! `at 60s inject restart(web) stagger 20s` strikes each replica 20 s after the one before it. A fault's own text can say
//! the same, and more: `during 0s..d { … }` and `after d { … }` hold changes of a part of its time, and `replica` and
//! `struck` are the number of the replica among those struck, and how many these are. `ramp d { … }` lets changes grow,
//! `fade d { … }` lets them begin in full and go back, `random(after = a, for = b) { … }` lets them come and go at each
//! replica by itself, and `when metric(target) > x for d { … }` lets them wait for a condition.

use super::faults::{Target, effect};
use super::program::FaultDef;
use super::system::{Builder, readable};
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, Block, Expr, Name, Node, Path, Way};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{
    ComesAndGoes, ComponentId, Condition, Distribution, Effect, EffectOp, Parameter, Trigger, When,
};

/// A change that an injection makes. Times of the effect are from the begin of the injection on.
#[derive(Clone, Debug)]
pub(super) struct Struck {
    /// What changes, from when, until when at the latest.
    pub(super) effect: Effect,
    /// When the fault begins at this replica.
    pub(super) delay_ns: u64,
    /// What it waits for, if it does; the times of the effect are then from when that holds.
    pub(super) watch: Option<Watch>,
}

/// What a part of a fault waits for. Times are from the begin of the injection on.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) condition: Condition,
    /// For how long it must hold.
    pub(super) for_ns: u64,
    /// From when on.
    pub(super) from_ns: u64,
    /// Until when, at the latest.
    pub(super) until_ns: Option<u64>,
    /// Where it is written: the changes of one part wait together.
    pub(super) place: Span,
}

impl Struck {
    /// The effect of an injection at an instant which lasts so long at each replica.
    pub(super) fn at(&self, at_ns: u64, lasting: Option<u64>) -> Effect {
        let start_ns = at_ns.saturating_add(self.effect.start_ns);
        let part = self.effect.end_ns.map(|end| at_ns.saturating_add(end));
        let whole = lasting.map(|ns| at_ns.saturating_add(self.delay_ns).saturating_add(ns.max(1)));
        let end_ns = if self.effect.parameter.acts_at_once() && self.effect.random.is_none() {
            // It is over at once, so that the next time acts again.
            Some(start_ns + 1)
        } else {
            part.into_iter().chain(whole).min()
        };
        Effect { start_ns, end_ns, ..self.effect.clone() }
    }

    /// Whether nothing of it happens when the fault lasts so long.
    pub(super) fn is_cut_off(&self, lasting: Option<u64>) -> bool {
        lasting.is_some_and(|ns| self.effect.start_ns - self.delay_ns >= ns.max(1))
    }
}

/// Where a fault strikes: all replicas at once, or one of them.
struct Place<'a> {
    label: &'a str,
    target: Target,
    split: Split,
    delay_ns: u64,
}

/// Whether a place is one of several, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Split {
    /// All at once.
    Whole,
    /// One after another, or not all alike: what belongs to all together has no place there.
    Staggered,
    /// Each by itself, because it comes and goes; what belongs to all together goes with the first.
    ByChance(bool),
}

/// When the changes in a part of a fault act, and how. Times are from the begin of the injection on, or of what is waited for.
#[derive(Clone, Default)]
struct Times {
    from: u64,
    until: Option<u64>,
    ramp_ns: u64,
    fade_ns: u64,
    /// Comes and goes: time without, time with, and which of the fault's parts that do it is.
    random: Option<(Distribution, Distribution, Span)>,
    watch: Option<Watch>,
}

impl Times {
    /// An effect at a place in this time.
    fn apply(&self, effect: Effect, place: &Place) -> Struck {
        let after = |ns: u64| place.delay_ns.saturating_add(ns);
        let random = self.random.as_ref().map(|(without, with, part)| ComesAndGoes {
            after: without.clone(),
            lasting: if effect.parameter.acts_at_once() { Distribution::Constant(1.0) } else { with.clone() },
            group: format!("{} {}", place.label, part.start),
        });
        let watch = self.watch.as_ref().map(|watch| Watch {
            from_ns: after(watch.from_ns),
            until_ns: watch.until_ns.map(after),
            ..watch.clone()
        });
        let effect = Effect {
            start_ns: after(self.from),
            end_ns: self.until.map(after),
            ramp_ns: self.ramp_ns,
            fade_ns: self.fade_ns,
            random,
            ..effect
        };
        Struck { effect, delay_ns: place.delay_ns, watch }
    }
}

impl Builder<'_> {
    /// What an injection changes at a target.
    pub(super) fn struck(
        &mut self,
        def: &FaultDef,
        label: &str,
        target: Target,
        scope: Rc<Scope>,
        stagger_ns: u64,
    ) -> Vec<Struck> {
        let mistakes = self.eval.diagnostics.len();
        let count = target.count();
        let mut found = Vec::new();
        let together = Place { label, target, split: Split::Whole, delay_ns: 0 };
        let numbered = self.strike(def, &scope, &together, (0, count), &mut found);
        let by_chance = |struck: &Struck| struck.effect.random.is_some() && struck.effect.parameter.is_per_replica();
        let by_chance = !numbered && stagger_ns == 0 && found.iter().any(by_chance);
        if count == 1 || stagger_ns == 0 && !numbered && !by_chance {
            return found;
        }
        self.eval.diagnostics.truncate(mistakes);
        let mut all: Vec<Struck> = Vec::new();
        let mut before: Vec<Struck> = Vec::new();
        for number in 0..count {
            let mut found = Vec::new();
            let label = format!("{}[{}]", label.split('[').next().unwrap_or(label), target.replica(number));
            let delay_ns = stagger_ns.saturating_mul(u64::from(number));
            let split = if by_chance { Split::ByChance(number == 0) } else { Split::Staggered };
            let place = Place { label: &label, target: target.only(number), split, delay_ns };
            self.strike(def, &scope, &place, (number, count), &mut found);
            if self.eval.diagnostics.len() > mistakes {
                return Vec::new();
            }
            if !widens(&mut all, &before, &found) {
                all.extend(found.iter().cloned());
            }
            before = found;
        }
        all
    }

    /// What the fault changes at a place. True if it asks which of the replicas that is.
    fn strike(
        &mut self,
        def: &FaultDef,
        outer: &Rc<Scope>,
        place: &Place,
        (number, count): (u32, u32),
        found: &mut Vec<Struck>,
    ) -> bool {
        let mut scope = Scope::inside(outer);
        scope.set("replica", Value::Number(f64::from(number), Dimension::Count));
        scope.set("struck", Value::Number(f64::from(count), Dimension::Count));
        let scope = Rc::new(scope);
        self.changes(&def.body, &scope, place, &Times::default(), found);
        scope.is_used("replica")
    }

    fn changes(&mut self, body: &Block, scope: &Rc<Scope>, place: &Place, times: &Times, found: &mut Vec<Struck>) {
        for statement in readable(body) {
            match &statement.node {
                Node::Assign(assign) => {
                    let value = self.eval.eval(&assign.value, scope);
                    let name = assign.target.dotted();
                    let Some((parameter, op, value)) =
                        self.change(&name, &assign.op, value, place.target, assign.target.span)
                    else {
                        continue;
                    };
                    let of_one = matches!(place.target, Target::Replicas { count: 0, .. });
                    match place.split {
                        Split::Staggered if !parameter.is_per_replica() => {
                            return self.belongs_to_all(&name, assign.target.span);
                        }
                        Split::ByChance(false) if !parameter.is_per_replica() => continue,
                        _ if of_one && !parameter.is_per_replica() => {
                            return self.belongs_to_all(&name, assign.target.span);
                        }
                        _ => {}
                    }
                    for (first, count) in place.target.runs(parameter) {
                        found.push(times.apply(effect(place.label, parameter, first, count, op, value), place));
                    }
                }
                // Those of a component share their memory: it is empty when all are struck at once.
                Node::Clear(path) if path.word() == Some("store") => {
                    if let Target::Replicas { component, whole: true, .. } = place.target
                        && self.components[component].store.is_some()
                    {
                        let parameter = Parameter::StoreClear(ComponentId(component as u32));
                        found.push(times.apply(effect(place.label, parameter, 0, 1, EffectOp::Or, 1.0), place));
                    }
                }
                Node::Clear(path) if path.word() == Some("connections") => {
                    if let Target::Edge(edge) = place.target
                        && self.edges[edge.0 as usize].connections.is_some()
                    {
                        let parameter = Parameter::LinkConnections(edge);
                        found.push(times.apply(effect(place.label, parameter, 0, 1, EffectOp::Or, 1.0), place));
                    }
                }
                Node::Part { way, body } => {
                    if let Some(inner) = self.inner_times(way, scope, place, times) {
                        self.changes(body, scope, place, &inner, found);
                    }
                }
                Node::Bare(..) => {}
                _ => self.misplaced(
                    statement,
                    "a fault holds changes such as `station.service *= 2x`, `clear store`, and parts around them: `during 0s..10s { … }`, `after 10s { … }`, `ramp 10s { … }`, `fade 10s { … }`, `random(after = a, for = b) { … }`, `when metric(target) > x for d { … }`",
                ),
            }
        }
    }

    /// Times of a part within those of what it is a part of; `None` if it never comes.
    fn inner_times(&mut self, way: &Way, scope: &Rc<Scope>, place: &Place, times: &Times) -> Option<Times> {
        let mut inner = times.clone();
        match way {
            Way::During(time) | Way::After(time) => {
                let (first, last) = self.part(matches!(way, Way::After(_)), time, scope)?;
                let last = last.into_iter().chain(times.until.map(|ns| ns.saturating_sub(times.from))).min();
                if last.is_some_and(|last| first >= last) {
                    return None;
                }
                inner.from = times.from.saturating_add(first);
                inner.until = last.map(|ns| times.from.saturating_add(ns));
            }
            Way::Ramp(time) => inner.ramp_ns = self.time_in(time, "ramp", scope)?,
            Way::Fade(time) => {
                inner.fade_ns = self.time_in(time, "fade", scope)?;
                inner.until = Some(times.from);
            }
            Way::Random(args, place) => {
                let [after, lasting] = self.random_times(args, *place, scope);
                inner.random = Some((after?, lasting?, *place));
            }
            Way::When(condition, sustained) => {
                let for_ns = sustained.as_ref().map_or(Some(0), |time| self.time_in(time, "for", scope))?;
                let place_of = condition.span;
                let condition = self.condition_at(condition, scope, place)?;
                let watch = Watch { condition, for_ns, from_ns: times.from, until_ns: times.until, place: place_of };
                inner = Times { watch: Some(watch), ..Times::default() };
            }
        }
        let waits = times.watch.is_some();
        let too_much = match way {
            Way::Ramp(_) | Way::Fade(_) | Way::Random(..) | Way::When(..) => waits || times.random.is_some(),
            Way::During(_) | Way::After(_) => waits && inner.from > 0 || times.random.is_some(),
        };
        if too_much {
            self.eval.later("this part within one that waits, or comes and goes,", way.span());
            return None;
        }
        Some(inner)
    }

    fn time_in(&mut self, expr: &Expr, name: &str, scope: &Rc<Scope>) -> Option<u64> {
        let outer = std::mem::replace(&mut self.scope, Rc::clone(scope));
        let time = self.time(expr, name);
        self.scope = outer;
        time
    }

    /// A condition in a fault: `target` is the component that is struck.
    fn condition_at(&mut self, written: &Expr, scope: &Rc<Scope>, place: &Place) -> Option<Condition> {
        let outer = std::mem::replace(&mut self.scope, Rc::clone(scope));
        if let Target::Replicas { component, .. } = place.target {
            self.by_name.insert("target".to_owned(), component);
        }
        let found = self.condition(written, &mut false);
        let watched = found.and_then(|found| self.watched(&found, written.span, &mut 0));
        self.by_name.remove("target");
        self.scope = outer;
        watched
    }

    /// Begin and end of a part of a fault's time; `None` if it never comes.
    fn part(&mut self, is_after: bool, time: &Expr, scope: &Scope) -> Option<(u64, Option<u64>)> {
        match (is_after, self.eval.eval(time, scope)) {
            (true, Value::Number(from, Dimension::Duration)) if from >= 0.0 => Some((from as u64, None)),
            (false, Value::Range(from, until, Dimension::Duration)) if from >= 0.0 => {
                (until > from).then_some((from as u64, Some(until as u64)))
            }
            (_, Value::None | Value::Bad) => None,
            (_, other) => {
                let message = format!("this part of a fault needs times from its begin on, got {}", other.describe());
                let diagnostic = Diagnostic::new(&codes::E0203, message, time.span, "when?");
                self.eval.report(diagnostic.help("write `during 0s..10s { … }` or `after 10s { … }`"));
                None
            }
        }
    }

    fn belongs_to_all(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` belongs to all replicas together: it does not go from one to the next");
        let diagnostic = Diagnostic::new(&codes::E0704, message, span, "not each replica's own");
        self.eval.report(diagnostic.help("inject this fault without `stagger`"));
    }

    /// How long after each replica the next is struck: as `stagger` says, or the fault's parameter of that name.
    pub(super) fn stagger(&mut self, fault: &Name, args: &[Arg], said: Option<&Expr>) -> Option<u64> {
        let program = self.program;
        let Some(said) = said else {
            let param = program.faults.get(&fault.text)?.params.iter().find(|param| param.name.text == "stagger")?;
            let given = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "stagger"));
            return self.time(given.map(|arg| &arg.value).or(param.default.as_ref())?, "stagger");
        };
        self.time(said, "stagger")
    }

    /// `stagger` at what has no replicas.
    pub(super) fn no_next(&mut self, on: &Path, said: &Expr) {
        let message = format!("`{}` is one thing: the fault has nothing to go on to", on.dotted());
        let diagnostic = Diagnostic::new(&codes::E0704, message, said.span, "no next one");
        self.eval.report(diagnostic.help("remove `stagger`, or inject it on a component: `on web`, `on web[0..3]`"));
    }

    /// Effects of a fault where it can have no times of its own.
    pub(super) fn at_once(&mut self, struck: Vec<Struck>, fault: &Name, by: &str) -> Vec<Effect> {
        let has_times = |Struck { effect, watch, .. }: &Struck| {
            effect.start_ns > 0
                || effect.end_ns.is_some()
                || effect.ramp_ns > 0
                || effect.random.is_some()
                || watch.is_some()
        };
        if struck.iter().any(has_times) {
            self.eval.later(&format!("`{by}` of a fault whose parts have times of their own"), fault.span);
            return Vec::new();
        }
        struck.into_iter().map(|struck| struck.effect).collect()
    }

    /// The effect of an injection at an instant. What waits for a condition begins with a trigger; `armed` are those of this
    /// injection so far.
    pub(super) fn begins(
        &mut self,
        struck: &Struck,
        at_ns: u64,
        lasting: Option<u64>,
        armed: &mut Vec<(Span, u64, u32)>,
    ) -> Effect {
        let effect = struck.at(at_ns, lasting);
        let Some(watch) = &struck.watch else { return effect };
        let from_ns = at_ns.saturating_add(watch.from_ns);
        let key = (watch.place, from_ns);
        let known = armed.iter().find(|(place, from, _)| (*place, *from) == key).map(|(_, _, trigger)| *trigger);
        let trigger = known.unwrap_or_else(|| {
            let whole = lasting.map(|ns| at_ns.saturating_add(struck.delay_ns).saturating_add(ns));
            let until_ns = watch.until_ns.map(|ns| at_ns.saturating_add(ns)).into_iter().chain(whole).min();
            let trigger = Trigger { condition: watch.condition.clone(), for_ns: watch.for_ns, from_ns, until_ns };
            self.triggers.push(trigger);
            armed.push((watch.place, from_ns, self.triggers.len() as u32 - 1));
            self.triggers.len() as u32 - 1
        });
        let own = struck.effect.end_ns.map(|end_ns| (end_ns - struck.delay_ns).max(1));
        let lasting_ns = if struck.effect.parameter.acts_at_once() { Some(1) } else { own };
        Effect { when: Some(When { trigger, lasting_ns }), start_ns: 0, end_ns: None, ..effect }
    }
}

/// Lets the last changes of `all` strike one replica more, if the changes found there are those of the one before it.
fn widens(all: &mut [Struck], before: &[Struck], found: &[Struck]) -> bool {
    let next_to = |a: &Struck, b: &Struck| {
        let (a, b) = (&a.effect, &b.effect);
        let alike = |e: &Effect| (e.parameter, e.op, e.value.to_bits(), e.start_ns, e.end_ns, e.ramp_ns, e.fade_ns);
        let is_alone = |e: &Effect| e.random.is_some() || !e.parameter.is_per_replica();
        alike(a) == alike(b) && a.first + 1 == b.first && !is_alone(a) && !is_alone(b)
    };
    if before.len() != found.len() || !before.iter().zip(found).all(|(a, b)| next_to(a, b)) {
        return false;
    }
    let first = all.len() - found.len();
    for struck in &mut all[first..] {
        struck.effect.count += 1;
        let effect = &mut struck.effect;
        let name = effect.label.split('[').next().unwrap_or_default();
        effect.label = format!("{name}[{}..{}]", effect.first, effect.first + effect.count - 1);
    }
    true
}
