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
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Index, Name, Node, Path};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{Arrivals, ComponentId, Discipline, EdgeId, Effect, EffectOp, Parameter};

/// Primitive parameters that faults act on.
const PARAMETERS: [&str; 17] = [
    "link.delay",
    "link.jitter",
    "link.loss_request",
    "link.loss_reply",
    "station.service",
    "station.speed",
    "station.errors",
    "station.down",
    "station.draining",
    "store.hits",
    "store.lag",
    "source.rate",
    "source.size",
    "link.bandwidth",
    "limit.requests",
    "limit.tokens",
    "station.flaws",
];

/// What a fault strikes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// Replicas `first..first + count` of a component of so many.
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
            Target::Replicas { count, .. } => count,
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
            Target::Replicas { first, count, step, .. } if is_per_replica(parameter) => {
                if step == 1 {
                    return vec![(first, count)];
                }
                (0..count).map(|i| (first + i * step, 1)).collect()
            }
            _ => vec![(0, 1)],
        }
    }
}

/// Whether each replica has a value of its own.
pub(super) fn is_per_replica(parameter: Parameter) -> bool {
    matches!(
        parameter,
        Parameter::StationService(_)
            | Parameter::StationErrors(_)
            | Parameter::StationFlaws(_)
            | Parameter::StationDraining(_)
            | Parameter::StationDown(_)
            | Parameter::StationSpeed(_)
    )
}

impl Builder<'_> {
    /// The effects of one injection, by times from its begin on.
    pub(super) fn inject(
        &mut self,
        fault: &Name,
        args: &[Arg],
        on: Option<&Path>,
        to: Option<&Path>,
        stagger: Option<&Expr>,
    ) -> Option<Vec<Struck>> {
        let program = self.program;
        let Some(def) = program.faults.get(&fault.text) else {
            let mut known: Vec<&str> = program.faults.keys().map(String::as_str).collect();
            known.sort_unstable();
            let near = nearest(&fault.text, known.iter().copied());
            let help = near
                .map_or_else(|| format!("faults: {}", known.join(", ")), |meant| format!("did you mean `{meant}`?"));
            let message = format!("there is no fault `{}`", fault.text);
            self.eval.report(Diagnostic::new(&codes::E0705, message, fault.span, "unknown fault").help(help));
            return None;
        };
        let Some(on) = on else {
            let message = format!("`{}` needs a target", fault.text);
            let help = format!(
                "write `inject {} on {}`",
                fault.text,
                if def.target.text == "link" { "a -> b" } else { "name" }
            );
            self.eval.report(Diagnostic::new(&codes::E0704, message, fault.span, "on what?").help(help));
            return None;
        };
        let mistakes = self.eval.diagnostics.len();
        if self.later_fault(def, fault, args) {
            return None;
        }
        let scope = self.fault_scope(def, fault, args);
        let target = self.target(def, on, to)?;
        let label = match to {
            Some(to) => format!("{} {} -> {}", fault.text, written(on), written(to)),
            None => format!("{} {}", fault.text, written(on)),
        };
        let stagger_ns = self.stagger(fault, args, stagger).unwrap_or(0);
        if let (Some(said), Target::Edge(_) | Target::Source(_)) = (stagger, target) {
            self.no_next(on, said);
            return None;
        }
        let effects = self.struck(def, &label, target, scope, stagger_ns);
        if effects.is_empty() && self.eval.diagnostics.len() == mistakes {
            let message = format!("`{}` changes nothing at `{}`", fault.text, written(on));
            self.eval.report(
                Diagnostic::new(&codes::E0704, message, on.span, "it has nothing for this fault").help(applicable(def)),
            );
        }
        Some(effects)
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
        if let Some(source) = self.source_names.iter().position(|n| n.text == name.name.text) {
            if wanted == "source" {
                let what = match self.sources[source].arrivals {
                    Arrivals::Open { .. } => return Some(Target::Source(source as u32)),
                    Arrivals::Closed { .. } => "a number of users",
                    Arrivals::Cron { .. } => "arrivals by the clock",
                    Arrivals::Trace { .. } => "a list of arrivals",
                };
                let message = format!("`{}` has {what}, and no rate to change", name.name.text);
                let diagnostic = Diagnostic::new(&codes::E0704, message, on.span, "has no rate");
                self.eval.report(diagnostic.help("use it on traffic with a rate, such as `open = poisson(100rps)`"));
                return None;
            }
            return self.not_applicable(def, on, "a source of traffic");
        }
        let component = self.component_of(on)?;
        match wanted {
            "link" => self.not_applicable(def, on, "a component"),
            "source" => self.not_applicable(def, on, "a component"),
            "store" if self.components[component].store.is_none() => {
                let kind = format!("a {}", self.drafts[component].view.label);
                self.not_applicable(def, on, &kind)
            }
            _ => self.replicas_of(component, on),
        }
    }

    fn not_applicable(&mut self, def: &FaultDef, on: &Path, is: &str) -> Option<Target> {
        let message = format!("`{}` does not work on `{}`, which is {is}", def.name.text, on.dotted());
        let diagnostic = Diagnostic::new(&codes::E0704, message, on.span, format!("{is} has nothing for this fault"));
        self.eval.report(diagnostic.help(applicable(def)));
        None
    }

    fn link_target(&mut self, def: &FaultDef, on: &Path, to: &Path) -> Option<Target> {
        let (from, to_index) = (self.component_of(on), self.component_of(to));
        let (from, to_index) = (from?, to_index?);
        if def.target.text != "link" {
            return self.not_applicable(def, on, "a link");
        }
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

    /// `x`, `x[*]`, `x[0]`, `x[0..1]`, `x[25%]`: a share selects the first replicas, rounded up.
    fn replicas_of(&mut self, component: usize, on: &Path) -> Option<Target> {
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
            // Where replicas come and go, a share is of those at the begin.
            Value::Number(share, Dimension::Share) => {
                (0, (share * f64::from(self.drafts[component].replicas)).ceil() as u32)
            }
            Value::Number(index, Dimension::Count) => (index as u32, 1),
            Value::Range(first, last, Dimension::Count) if last >= first => (first as u32, (last - first) as u32 + 1),
            Value::Bad => return None,
            other => {
                let message = format!("a selector is an index, a range or a share, got {}", other.describe());
                self.eval.report(
                    Diagnostic::new(&codes::E0311, message, expr.span, "not a selector")
                        .help("write `x[0]`, `x[0..1]` or `x[25%]`"),
                );
                return None;
            }
        };
        if count == 0 || first.saturating_add(count) > replicas {
            let name = &self.drafts[component].name.text;
            let range =
                if replicas == 1 { "only replica 0".to_owned() } else { format!("replicas 0..{}", replicas - 1) };
            let message = format!("`{name}` has {range}");
            self.eval.report(
                Diagnostic::new(&codes::E0311, message, expr.span, "selects replicas that do not exist")
                    .help(format!("write `{name}[0]`")),
            );
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

    /// What `name op value` changes.
    pub(super) fn change(
        &mut self,
        name: &str,
        op: &str,
        value: Value,
        target: Target,
        span: Span,
    ) -> Option<(Parameter, EffectOp, f64)> {
        let parameter = match (name, target) {
            ("link.delay", Target::Edge(edge)) => Parameter::LinkDelay(edge),
            ("link.jitter", Target::Edge(edge)) => Parameter::LinkJitter(edge),
            ("link.loss_request", Target::Edge(edge)) => Parameter::LinkLossRequest(edge),
            ("link.loss_reply", Target::Edge(edge)) => Parameter::LinkLossReply(edge),
            ("station.service", Target::Replicas { component, .. }) => {
                Parameter::StationService(ComponentId(component as u32))
            }
            ("station.speed", Target::Replicas { component, .. }) => {
                let station = &self.components[component].station;
                let interrupts = matches!(station.discipline, Discipline::Preemptive | Discipline::PreemptiveLifo);
                if interrupts || station.batch.is_some() {
                    let name = &self.drafts[component].name.text;
                    let message = format!(
                        "work at `{name}` is interrupted or done in batches, so its speed cannot change under way"
                    );
                    let diagnostic = Diagnostic::new(&codes::E0704, message, span, "not there");
                    self.eval.report(diagnostic.help("use `slow`, which changes work that begins"));
                    return None;
                }
                Parameter::StationSpeed(ComponentId(component as u32))
            }
            ("station.errors", Target::Replicas { component, .. }) => {
                Parameter::StationErrors(ComponentId(component as u32))
            }
            ("station.down", Target::Replicas { component, .. }) => {
                Parameter::StationDown(ComponentId(component as u32))
            }
            ("limit.requests" | "limit.tokens", Target::Replicas { component, .. }) => {
                let station = &self.components[component].station;
                let (limit, of): (_, fn(ComponentId) -> Parameter) = match name {
                    "limit.requests" => (station.limit, Parameter::LimitRequests),
                    _ => (station.quota, Parameter::LimitWeight),
                };
                if value == Value::None {
                    return None;
                }
                if limit.is_none() {
                    let message = format!("`{}` has no `{name}` to lower", self.drafts[component].name.text);
                    let diagnostic = Diagnostic::new(&codes::E0704, message, span, "not there");
                    self.eval.report(diagnostic.help("give it one: `limit { tokens = 12M/min, requests = 4k/min }`"));
                    return None;
                }
                of(ComponentId(component as u32))
            }
            ("station.flaws", Target::Replicas { component, .. }) => {
                Parameter::StationFlaws(ComponentId(component as u32))
            }
            ("station.draining", Target::Replicas { component, .. }) => {
                Parameter::StationDraining(ComponentId(component as u32))
            }
            ("store.hits", Target::Replicas { component, .. }) => {
                self.components[component].store.as_ref()?;
                Parameter::StoreHits(ComponentId(component as u32))
            }
            ("link.bandwidth", Target::Edge(edge)) => {
                self.edges[edge.0 as usize].bandwidth?;
                Parameter::LinkBandwidth(edge)
            }
            ("source.size", Target::Source(source)) => {
                self.sources[source as usize].mix.iter().find(|(_, call)| call.size.is_some())?;
                Parameter::SourceSize(source)
            }
            ("store.lag", Target::Replicas { component, .. }) => {
                let has_lag = self.components[component].store.as_ref()?.keeping.lag.is_some();
                if !has_lag || !matches!(op, "*=" | "+=") {
                    let name = &self.drafts[component].name.text;
                    let message = format!("what is written to `{name}` can be read at once: it has no `lag`");
                    let diagnostic = Diagnostic::new(&codes::E0704, message, span, "no lag to change");
                    self.eval.report(diagnostic.help(format!("add `lag = 0ms` to `{name}`")));
                    return None;
                }
                let component = ComponentId(component as u32);
                if op == "*=" { Parameter::StoreLagFactor(component) } else { Parameter::StoreLag(component) }
            }
            ("source.rate", Target::Source(source)) => Parameter::SourceRate(source),
            (known, _) if PARAMETERS.contains(&known) => return None,
            (unknown, _) => {
                let help = nearest(unknown, PARAMETERS).map_or_else(
                    || format!("parameters: {}", PARAMETERS.join(", ")),
                    |m| format!("did you mean `{m}`?"),
                );
                let message = format!("there is no parameter `{unknown}`");
                self.eval.report(Diagnostic::new(&codes::E0106, message, span, "unknown parameter").help(help));
                return None;
            }
        };
        let flag = matches!(parameter, Parameter::StationDown(_) | Parameter::StationDraining(_));
        let share = matches!(
            parameter,
            Parameter::StationErrors(_)
                | Parameter::StationFlaws(_)
                | Parameter::LinkLossRequest(_)
                | Parameter::LinkLossReply(_)
        );
        let number = match value {
            Value::Number(number, _) => number,
            Value::Word(word) if word == "true" || word == "on" => 1.0,
            Value::Word(word) if word == "false" || word == "off" => 0.0,
            Value::Bad => return None,
            other => {
                let message = format!("`{name}` needs a number, got {}", other.describe());
                self.eval.report(
                    Diagnostic::new(&codes::E0203, message, span, "not a number").help("write a number with its unit"),
                );
                return None;
            }
        };
        if let (Parameter::StationDown(component), true) = (parameter, number >= 3.0)
            && self.components[component.0 as usize].station.group.as_ref().is_some_and(|group| !group.ordered)
        {
            let name = &self.components[component.0 as usize].name;
            let message = format!("`{name}` takes messages in no order: none of them has a place to go back to");
            let diagnostic = Diagnostic::new(&codes::E0704, message, span, "put back where?");
            self.eval.report(diagnostic.help("give what keeps them an order: `order = key`, or `partitions = 12`"));
            return None;
        }
        let op = match op {
            "*=" => EffectOp::Multiply,
            "+=" => EffectOp::Add,
            "|=" if share => EffectOp::Combine,
            "|=" => EffectOp::Or,
            _ if flag => EffectOp::Or,
            _ => EffectOp::Set,
        };
        // No change at all would be a fault without effect; a direction of `partition` is such a case.
        (!(op == EffectOp::Combine && number == 0.0)).then_some((parameter, op, number))
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

fn applicable(def: &FaultDef) -> String {
    let on = match def.target.text.as_str() {
        "link" => "an edge: `on a -> b`",
        "store" => "something that lookups read: a cache",
        "source" => "traffic: `on shoppers`",
        _ => "a component: `on name`, `on name[0]`, `on name[25%]`",
    };
    format!("`{}` works on {on}", def.name.text)
}
