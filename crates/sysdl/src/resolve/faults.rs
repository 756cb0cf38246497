//! `inject slow(4x) on db[25%]` → effects of the model.
//!
//! A fault is a definition in the library or the user's file: parameters, and changes of primitive
//! parameters of its target. Nothing here knows a fault by name.

use super::program::FaultDef;
use super::stagger::Struck;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, meant};
use crate::syntax::ast::{Aim, Arg, BinaryOp, Expr, ExprKind, Index, Name, Node, Path, Segment};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{Call, EdgeId, Effect, EffectOp, Parameter, Step};
use sysdl_order::Order as _;

/// What a fault strikes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// Replicas `first..first + count` of a component of so many; 0 of them: the one that leads.
    Replicas {
        component: usize,
        first: u32,
        count: u32,
        /// From one to the next: 1, or as many as there are zones.
        step: u32,
        whole: bool,
    },
    Edge(EdgeId),
    Source(u32),
}

impl Target {
    /// How many replicas are struck; 1 of what has none.
    pub(super) fn count(self) -> u32 {
        match self {
            Target::Replicas { count, .. } => count.max(1),
            _ => 1,
        }
    }

    /// The replica with a number among those that are struck.
    pub(super) fn replica(self, number: u32) -> u32 {
        match self {
            Target::Replicas { first, step, .. } => first + number * step,
            _ => 0,
        }
    }

    /// Only that one.
    pub(super) fn only(self, number: u32) -> Target {
        let first = self.replica(number);
        match self {
            Target::Replicas { component, .. } => {
                Target::Replicas { component, first, count: 1, step: 1, whole: false }
            }
            one => one,
        }
    }

    /// Replicas that are struck: first of them, and how many, of each run of neighbors.
    pub(super) fn runs(self, parameter: Parameter) -> Vec<(u32, u32)> {
        match self {
            Target::Replicas { first, count, step, .. } if parameter.is_per_replica() => {
                if step == 1 {
                    return vec![(first, count)];
                }
                (0..count).map(|i| (first + i * step, 1)).collect()
            }
            _ => vec![(0, 1)],
        }
    }
}

impl Builder<'_> {
    /// The effects of one injection, by times from its begin on.
    pub(super) fn inject(
        &mut self,
        fault: &Name,
        args: &[Arg],
        on: &[Aim],
        stagger: Option<&Expr>,
    ) -> Option<Vec<Struck>> {
        let program = self.program;
        let Some(def) = program.faults.get(&fault.text) else {
            let mut known: Vec<&str> = program.faults.keys().map(String::as_str).collect();
            known.order();
            let help = meant(&fault.text, "faults:", &known);
            let message = format!("there is no fault `{}`", fault.text);
            self.eval.report(Diagnostic::new(&codes::E0705, message, fault.span, "unknown fault").help(help));
            return None;
        };
        if on.is_empty() {
            let message = format!("`{}` needs a target", fault.text);
            let example = if def.target.text == "link" { "a -> b" } else { "name" };
            let help = format!("write `inject {} on {example}`", fault.text);
            self.eval.report(Diagnostic::new(&codes::E0704, message, fault.span, "on what?").help(help));
            return None;
        }
        if self.later_fault(def, fault, args) {
            return None;
        }
        let mistakes = self.eval.diagnostics.len();
        let scope = Rc::new(self.fault_scope(def, fault, args));
        let stagger_ns = self.stagger(fault, args, stagger).unwrap_or(0);
        let mut all = Vec::new();
        for aim in on {
            let mut found = Vec::new();
            for place in self.places(aim) {
                found.extend(self.at_place(def, &place, &scope, stagger, stagger_ns).unwrap_or_default());
            }
            if found.is_empty() && !self.eval.diagnostics[mistakes..].iter().any(Diagnostic::is_error) {
                let message = format!("`{}` changes nothing at {}", fault.text, in_words(aim));
                let diagnostic = Diagnostic::new(&codes::E0704, message, aim.span(), "it has nothing for this fault");
                self.eval.report(diagnostic.help(applicable(def)));
            }
            all.extend(found);
        }
        let is_no_work = |struck: &Struck| {
            let Effect { parameter, op, value, .. } = &struck.effect;
            matches!((parameter, op), (Parameter::StationService(_), EffectOp::Multiply)) && *value == 0.0
        };
        if all.iter().any(is_no_work) {
            let message = format!("`{}` leaves work that takes no time", fault.text);
            let diagnostic = Diagnostic::new(&codes::E0207, message, fault.span, "nothing is done in no time");
            self.eval.report(diagnostic.help("write `2x` for what takes twice as long"));
        }
        Some(all)
    }

    /// What an injection changes at one thing.
    fn at_place(
        &mut self,
        def: &FaultDef,
        (on, to): &(Path, Option<Path>),
        scope: &Rc<Scope>,
        stagger: Option<&Expr>,
        stagger_ns: u64,
    ) -> Option<Vec<Struck>> {
        let target = self.target(def, on, to.as_ref())?;
        let label = match to {
            Some(to) => format!("{} {} -> {}", def.name.text, written(on), written(to)),
            None => format!("{} {}", def.name.text, written(on)),
        };
        let one = matches!(target, Target::Edge(_) | Target::Source(_) | Target::Replicas { count: 0, .. });
        if let (Some(said), true) = (stagger, one) {
            self.no_next(on, said);
            return None;
        }
        Some(self.struck(def, &label, target, Rc::clone(scope), stagger_ns))
    }

    /// The things that a target names.
    fn places(&mut self, aim: &Aim) -> Vec<(Path, Option<Path>)> {
        let of = |name: &Name, index: Option<Index>, span: Span| {
            (Path { segments: vec![Segment { name: name.clone(), index }], span }, None)
        };
        match aim {
            Aim::At(path) => vec![(path.clone(), None)],
            Aim::Edge(from, to) => vec![(from.clone(), Some(to.clone()))],
            Aim::Zone(zone, span) => {
                let lies_there = self.drafts.iter().filter(|draft| draft.zones > *zone);
                let found: Vec<_> = lies_there.map(|draft| of(&draft.name, Some(Index::Zone(*zone)), *span)).collect();
                if found.is_empty() {
                    let message = format!("nothing lies in zone {zone}");
                    let diagnostic = Diagnostic::new(&codes::E0311, message, *span, "selects nothing");
                    self.eval.report(diagnostic.help("write `zones = 3` in what is spread over zones, from 0 on"));
                }
                found
            }
            Aim::Kind(kind) => {
                let name = kind.dotted();
                let is_one = self.drafts.iter().filter(|draft| draft.view.chain.contains(&name));
                let found: Vec<_> = is_one.map(|draft| of(&draft.name, None, kind.span)).collect();
                if found.is_empty() {
                    let message = format!("no component of this system is a `{name}`");
                    let diagnostic = Diagnostic::new(&codes::E0311, message, kind.span, "selects nothing");
                    self.eval.report(diagnostic.help("name a kind that the system uses, or a component: `on web`"));
                }
                found
            }
        }
    }

    /// `later(x)` in a definition names what has no meaning yet: arguments, or the fault itself.
    fn later_fault(&mut self, def: &FaultDef, fault: &Name, args: &[Arg]) -> bool {
        let named: Vec<String> = readable(&def.body)
            .filter_map(|statement| match &statement.node {
                Node::Bare(word, names) if word.text == "later" => Some(names),
                _ => None,
            })
            .flatten()
            .filter_map(Arg::word)
            .collect();
        if named.contains(&fault.text) {
            self.eval.later(&format!("the fault `{}`", fault.text), fault.span);
            return true;
        }
        let Some(name) = args.iter().filter_map(|arg| arg.name.as_ref()).find(|name| named.contains(&name.text)) else {
            return false;
        };
        self.eval.later(&format!("`{}` of the fault `{}`", name.text, fault.text), name.span);
        true
    }

    /// How long a fault lasts that has a parameter `lasts`, when the injection does not say `for`.
    pub(super) fn lasts(&mut self, fault: &Name, args: &[Arg]) -> Option<u64> {
        let program = self.program;
        let param = program.faults.get(&fault.text)?.params.iter().find(|param| param.name.text == "lasts")?;
        let given = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "lasts"));
        let expr = given.map(|arg| &arg.value).or(param.default.as_ref())?;
        self.time(expr, "lasts")
    }

    fn fault_scope(&mut self, def: &FaultDef, fault: &Name, args: &[Arg]) -> Scope {
        let outer = Rc::clone(&self.scope);
        let mut scope = Scope::inside(&outer);
        for (position, arg) in args.iter().enumerate() {
            let known = match &arg.name {
                Some(name) => def.params.iter().any(|p| p.name.text == name.text),
                None => position < def.params.len(),
            };
            if !known {
                let names: Vec<&str> = def.params.iter().map(|p| p.name.text.as_str()).collect();
                let what = arg
                    .name
                    .as_ref()
                    .map_or("so many arguments".to_owned(), |name| format!("no argument `{}`", name.text));
                let message = format!("`{}` takes {what}", fault.text);
                let message = if arg.name.is_some() {
                    message.replace("takes no", "has no")
                } else {
                    format!("`{}` does not take {what}", fault.text)
                };
                let help = if names.is_empty() {
                    "it takes none".to_owned()
                } else {
                    format!("it takes {}", names.join(", "))
                };
                self.eval
                    .report(Diagnostic::new(&codes::E0106, message, arg.value.span, "unknown argument").help(help));
            }
        }
        for (position, param) in def.params.iter().enumerate() {
            let name = &param.name.text;
            let given = args.iter().find(|arg| arg.name.as_ref().is_some_and(|n| n.text == *name));
            let given = given.or_else(|| args.get(position).filter(|arg| arg.name.is_none()));
            let ty = Type::of(param, &mut self.eval);
            let value = match (given, &param.default) {
                (Some(arg), _) => {
                    let value = self.eval.eval(&arg.value, &outer);
                    self.eval.hold(value, &ty, param.optional, name, arg.value.span)
                }
                (None, Some(default)) => {
                    let value = self.eval.eval(default, &scope);
                    self.eval.hold(value, &ty, param.optional, name, default.span)
                }
                (None, None) => {
                    let message = format!("`{}` needs `{name}`", fault.text);
                    let help = format!("write `inject {}({name} = …)`", fault.text);
                    self.eval.report(
                        Diagnostic::new(&codes::E0109, message, fault.span, format!("`{name}` is missing")).help(help),
                    );
                    Value::Bad
                }
            };
            scope.set(name.clone(), value);
        }
        scope
    }

    fn target(&mut self, def: &FaultDef, on: &Path, to: Option<&Path>) -> Option<Target> {
        let wanted = def.target.text.as_str();
        if let Some(to) = to {
            return self.link_target(def, on, to);
        }
        let name = on.segments.first()?;
        if let Some(&source) = self.by_source.get(&name.name.text) {
            if wanted == "source" {
                return Some(Target::Source(source as u32));
            }
            return self.not_applicable(def, (on.dotted(), on.span), "a source of traffic");
        }
        let component = self.component_of(on)?;
        match wanted {
            "link" => self.not_applicable(def, (on.dotted(), on.span), "a component"),
            "source" => self.not_applicable(def, (on.dotted(), on.span), "a component"),
            "store" if self.components[component].store.is_none() => {
                let kind = format!("a {}", self.drafts[component].view.label);
                self.not_applicable(def, (on.dotted(), on.span), &kind)
            }
            _ => self.replicas_of(component, on),
        }
    }

    fn not_applicable(&mut self, def: &FaultDef, (name, span): (String, Span), is: &str) -> Option<Target> {
        let message = format!("`{}` does not work on `{name}`, which is {is}", def.name.text);
        let diagnostic = Diagnostic::new(&codes::E0704, message, span, format!("{is} has nothing for this fault"));
        self.eval.report(diagnostic.help(applicable(def)));
        None
    }

    fn link_target(&mut self, def: &FaultDef, on: &Path, to: &Path) -> Option<Target> {
        if def.target.text != "link" {
            let name = format!("{} -> {}", on.dotted(), to.dotted());
            return self.not_applicable(def, (name, on.span.to(to.span)), "a link");
        }
        if let Some(edge) = self.edge_of_source(on, to) {
            return Some(Target::Edge(edge));
        }
        let (from, to_index) = (self.component_of(on), self.component_of(to));
        let (from, to_index) = (from?, to_index?);
        let found = self.edge_drafts.iter().find(|d| d.from == from && d.to == to_index).map(|d| d.id);
        if found.is_none() {
            let message = format!("no edge leads from `{}` to `{}`", on.dotted(), to.dotted());
            self.eval.report(
                Diagnostic::new(&codes::E0301, message, on.span.to(to.span), "not found")
                    .help("name an edge of the system"),
            );
        }
        found.map(Target::Edge)
    }

    /// `shoppers -> edge`: the way by which traffic comes in.
    fn edge_of_source(&self, on: &Path, to: &Path) -> Option<EdgeId> {
        let source = *self.by_source.get(on.word()?)?;
        let (_, call) = self.sources[source].mix.first()?;
        let callee = &self.components[self.edges[call.edge.0 as usize].to.0 as usize];
        (to.word() == Some(callee.name.as_str())).then_some(call.edge)
    }

    /// Calls and messages that go by an edge.
    pub(super) fn calls_on(&self, edge: EdgeId) -> impl Iterator<Item = &Call> {
        let steps = self.components.iter().flat_map(|c| &c.endpoints).flat_map(|e| e.steps.iter());
        let mut open: Vec<&Step> = steps.collect();
        let mut calls: Vec<&Call> = self.sources.iter().flat_map(|source| &source.mix).map(|(_, call)| call).collect();
        while let Some(step) = open.pop() {
            calls.extend(step.call());
            open.extend(step.inside().into_iter().flatten());
        }
        calls.into_iter().filter(move |call| call.edge == edge)
    }

    /// `x`, `x[*]`, `x[0]`, `x[0..1]`, `x[25%]`: a share selects the first replicas, rounded up.
    pub(super) fn replicas_of(&mut self, component: usize, on: &Path) -> Option<Target> {
        let replicas = self.components[component].replicas;
        let all = Target::Replicas { component, first: 0, count: replicas, step: 1, whole: true };
        let Some(index) = on.segments.first().and_then(|segment| segment.index.as_ref()) else { return Some(all) };
        let expr = match index {
            Index::All => return Some(all),
            Index::Zone(zone) => return self.replicas_of_zone(component, *zone, on),
            Index::Label(..) => {
                self.eval.later("a selector by label", on.span);
                return None;
            }
            Index::Expr(expr) => expr,
        };
        let scope = Rc::clone(&self.scope);
        let (first, count) = match self.eval.eval(expr, &scope) {
            Value::Word(word) if word == "leader" => {
                if self.components[component].leaders.is_none() {
                    self.nobody_leads(component, expr.span);
                    return None;
                }
                return Some(Target::Replicas { component, first: 0, count: 0, step: 1, whole: false });
            }
            // Where replicas come and go, a share is of those at the begin.
            Value::Number(share, Dimension::Share) => {
                (0, (share * f64::from(self.drafts[component].replicas)).ceil() as u32)
            }
            Value::Number(index, Dimension::Count) => (index as u32, 1),
            Value::Range(first, last, Dimension::Count) => (first as u32, (last - first + 1.0) as u32),
            Value::Bad => return None,
            other => {
                let message = format!("a selector is an index, a range or a share, got {}", other.describe());
                self.eval.report(
                    Diagnostic::new(&codes::E0311, message, expr.span, "not a selector")
                        .help("write `x[0]`, `x[0..1]`, `x[25%]` or `x[leader]`"),
                );
                return None;
            }
        };
        if count == 0 || first.saturating_add(count) > replicas {
            let name = &self.drafts[component].name.text;
            let range =
                if replicas == 1 { "only replica 0".to_owned() } else { format!("replicas 0..{}", replicas - 1) };
            let message = format!("`{name}` has {range}");
            let label = if count == 0 { "selects none of them" } else { "selects replicas that do not exist" };
            let diagnostic = Diagnostic::new(&codes::E0311, message, expr.span, label);
            self.eval.report(diagnostic.help(format!("write `{name}[0]`")));
            return None;
        }
        Some(Target::Replicas { component, first, count, step: 1, whole: count == replicas })
    }

    /// `x[zone 1]`: every replica of that zone.
    fn replicas_of_zone(&mut self, component: usize, zone: u32, on: &Path) -> Option<Target> {
        let (replicas, zones) = (self.drafts[component].replicas, self.drafts[component].zones.max(1));
        if zone >= zones {
            let name = &self.drafts[component].name.text;
            let message = format!(
                "`{name}` has {}",
                if zones == 1 { "no zones".to_owned() } else { format!("zones 0..{}", zones - 1) }
            );
            let help =
                if zones == 1 { format!("write `zones = 3` in `{name}`") } else { format!("write `{name}[zone 0]`") };
            self.eval.report(
                Diagnostic::new(&codes::E0311, message, on.span, "selects a zone that does not exist").help(help),
            );
            return None;
        }
        let count = (replicas - zone).div_ceil(zones);
        Some(Target::Replicas { component, first: zone, count, step: zones, whole: zones == 1 })
    }
}

pub(super) fn effect(label: &str, parameter: Parameter, first: u32, count: u32, op: EffectOp, value: f64) -> Effect {
    Effect {
        label: label.to_owned(),
        event: None,
        parameter,
        first,
        count,
        op,
        value,
        start_ns: 0,
        end_ns: None,
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
        random: None,
    }
}

/// A path with its selector, as a label: what strikes `web[0]` is not what strikes `web[1]`.
fn written(path: &Path) -> String {
    let selected = path.segments.first().and_then(|segment| segment.index.as_ref());
    selected.map_or_else(|| path.dotted(), |index| format!("{}[{}]", path.dotted(), selector(index)))
}

fn selector(index: &Index) -> String {
    match index {
        Index::All => "*".to_owned(),
        Index::Zone(zone) => format!("zone {zone}"),
        Index::Label(name, value) => format!("{}={}", name.text, value.text),
        Index::Expr(expr) => part_of_selector(expr),
    }
}

fn part_of_selector(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Quantity(quantity) => format!("{}{}", quantity.number, quantity.unit),
        ExprKind::Path(path) => path.dotted(),
        ExprKind::Binary(BinaryOp::Range, from, to) => {
            format!("{}..{}", part_of_selector(from), part_of_selector(to))
        }
        _ => "…".to_owned(),
    }
}

/// A target, for messages.
fn in_words(aim: &Aim) -> String {
    match aim {
        Aim::At(path) => format!("`{}`", written(path)),
        Aim::Edge(from, to) => format!("`{} -> {}`", written(from), written(to)),
        Aim::Zone(zone, _) => format!("anything in zone {zone}"),
        Aim::Kind(kind) => format!("any `{}`", kind.dotted()),
    }
}

fn applicable(def: &FaultDef) -> String {
    let on = match def.target.text.as_str() {
        "link" => "an edge: `on a -> b`",
        "store" => "something that lookups read: a cache",
        "source" => "traffic: `on shoppers`",
        _ => "a component: `on name`, `on name[0]`, `on name[25%]`",
    };
    format!("`{}` works on {on}", def.name.text)
}
