//! Faults whose changes have times of their own: parts of a fault, and faults that go from one replica to the next.
//!
//! `at 60s inject restart(web) stagger 20s` strikes each replica 20 s after the one before it. A fault's own text can say
//! the same, and more: `during 0s..d { … }` and `after d { … }` hold changes of a part of its time, and `replica` and
//! `struck` are the number of the replica among those struck, and how many these are.

use super::faults::{Target, is_per_replica};
use super::program::FaultDef;
use super::system::{Builder, readable};
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, Block, Expr, Name, Node, Path};
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{ComponentId, Effect, EffectOp, Parameter};

/// A change that an injection makes. Times of the effect are from the begin of the injection on.
#[derive(Clone, Debug)]
pub(super) struct Struck {
    /// What changes, from when, until when at the latest.
    pub(super) effect: Effect,
    /// When the fault begins at this replica.
    pub(super) delay_ns: u64,
}

impl Struck {
    /// The effect of an injection at an instant which lasts so long at each replica.
    pub(super) fn at(&self, at_ns: u64, lasting: Option<u64>) -> Effect {
        let start_ns = at_ns.saturating_add(self.effect.start_ns);
        let part = self.effect.end_ns.map(|end| at_ns.saturating_add(end));
        let whole = lasting.map(|ns| at_ns.saturating_add(self.delay_ns).saturating_add(ns.max(1)));
        let end_ns = match self.effect.parameter {
            // Emptying a store is over at once, so that the next time empties it again.
            parameter if parameter.acts_at_once() => Some(start_ns + 1),
            _ => part.into_iter().chain(whole).min(),
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
    /// One of several.
    split: bool,
    delay_ns: u64,
}

impl Builder<'_> {
    /// What an injection changes at a target.
    pub(super) fn struck(
        &mut self,
        def: &FaultDef,
        label: &str,
        target: Target,
        scope: Scope,
        stagger_ns: u64,
    ) -> Vec<Struck> {
        let scope = Rc::new(scope);
        let mistakes = self.eval.diagnostics.len();
        let count = target.count();
        let mut found = Vec::new();
        let together = Place { label, target, split: false, delay_ns: 0 };
        let numbered = self.strike(def, &scope, &together, (0, count), &mut found);
        if count == 1 || stagger_ns == 0 && !numbered {
            return found;
        }
        self.eval.diagnostics.truncate(mistakes);
        let mut all: Vec<Struck> = Vec::new();
        let mut before: Vec<Struck> = Vec::new();
        for number in 0..count {
            let mut found = Vec::new();
            let label = format!("{}[{}]", label.split('[').next().unwrap_or(label), target.replica(number));
            let delay_ns = stagger_ns.saturating_mul(u64::from(number));
            let place = Place { label: &label, target: target.only(number), split: true, delay_ns };
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
        self.changes(&def.body, &scope, place, (0, None), found);
        scope.is_used("replica")
    }

    fn changes(
        &mut self,
        body: &Block,
        scope: &Scope,
        place: &Place,
        (from, until): (u64, Option<u64>),
        found: &mut Vec<Struck>,
    ) {
        let timed = |effect: Effect| {
            let (start_ns, end_ns) = (place.delay_ns.saturating_add(from), until.map(|ns| place.delay_ns + ns));
            Struck { effect: Effect { start_ns, end_ns, ..effect }, delay_ns: place.delay_ns }
        };
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
                    if place.split && !is_per_replica(parameter) {
                        return self.belongs_to_all(&name, assign.target.span);
                    }
                    for (first, count) in place.target.runs(parameter) {
                        found.push(timed(super::faults::effect(place.label, parameter, first, count, op, value)));
                    }
                }
                // Those of a component share their memory: it is empty when all are struck at once.
                Node::Clear(path) if path.word() == Some("store") => {
                    if let Target::Replicas { component, whole: true, .. } = place.target
                        && self.components[component].store.is_some()
                    {
                        let parameter = Parameter::StoreClear(ComponentId(component as u32));
                        found.push(timed(super::faults::effect(place.label, parameter, 0, 1, EffectOp::Or, 1.0)));
                    }
                }
                Node::Clear(path) if path.word() == Some("connections") => {
                    if let Target::Edge(edge) = place.target
                        && self.edges[edge.0 as usize].connections.is_some()
                    {
                        let parameter = Parameter::LinkConnections(edge);
                        found.push(timed(super::faults::effect(place.label, parameter, 0, 1, EffectOp::Or, 1.0)));
                    }
                }
                Node::Part { is_after, time, body } => {
                    let Some((first, last)) = self.part(*is_after, time, scope) else { continue };
                    let last = last.into_iter().chain(until.map(|ns| ns.saturating_sub(from))).min();
                    if last.is_none_or(|last| first < last) {
                        let inner = (from.saturating_add(first), last.map(|ns| from.saturating_add(ns)));
                        self.changes(body, scope, place, inner, found);
                    }
                }
                Node::Bare(..) => {}
                _ => self.misplaced(
                    statement,
                    "a fault holds changes such as `station.service *= 2x`, `clear store`, and `during 0s..10s { … }` or `after 10s { … }` around them",
                ),
            }
        }
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

    fn belongs_to_all(&mut self, name: &str, span: crate::syntax::span::Span) {
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
        let has_times = |struck: &Struck| struck.effect.start_ns > 0 || struck.effect.end_ns.is_some();
        if struck.iter().any(has_times) {
            self.eval.later(&format!("`{by}` of a fault whose parts have times of their own"), fault.span);
            return Vec::new();
        }
        struck.into_iter().map(|struck| struck.effect).collect()
    }
}

/// Lets the last changes of `all` strike one replica more, if the changes found there are those of the one before it.
fn widens(all: &mut [Struck], before: &[Struck], found: &[Struck]) -> bool {
    let next_to = |a: &Struck, b: &Struck| {
        let (a, b) = (&a.effect, &b.effect);
        is_per_replica(a.parameter)
            && (a.parameter, a.op, a.value.to_bits(), a.start_ns, a.end_ns, a.first + 1)
                == (b.parameter, b.op, b.value.to_bits(), b.start_ns, b.end_ns, b.first)
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
