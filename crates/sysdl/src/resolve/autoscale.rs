//! `autoscale { … }` of a component → replicas that come and go, and what decides how many there are.

use super::components::duration;
use super::kinds::KindView;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Block, Expr, ExprKind, Item, Node, Step};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{Autoscaler, Fleet, ScalingMetric, ScalingRule, ScalingStep};
use sysdl_order::Order as _;

/// Defaults of Kubernetes' horizontal pod autoscaler: `--horizontal-pod-autoscaler-sync-period`, `-tolerance`, and
/// `-downscale-stabilization`; 80 % is the default target of `kubectl autoscale`'s API.
const EVERY_NS: u64 = 15_000_000_000;
const TOLERANCE: f64 = 0.1;
const COOLDOWN_NS: u64 = 300_000_000_000;
const TARGET: f64 = 0.8;

const METRICS: [(&str, ScalingMetric, Dimension); 4] = [
    ("utilization", ScalingMetric::Utilization, Dimension::Share),
    ("queue", ScalingMetric::Queue, Dimension::Count),
    ("concurrency", ScalingMetric::Concurrency, Dimension::Count),
    ("arrivals_per_replica", ScalingMetric::Arrivals, Dimension::Rate),
];
const KEYS: [&str; 8] = ["min", "max", "metric", "target", "tolerance", "every", "startup", "cooldown"];

/// What the assignments of an `autoscale` block say.
#[derive(Default)]
struct Written {
    values: Vec<(String, Value, Span)>,
    steps: Vec<ScalingStep>,
}

impl Written {
    fn number(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(known, ..)| known == name).and_then(|(_, value, _)| match value {
            Value::Number(number, _) => Some(*number),
            _ => None,
        })
    }

    fn duration(&self, name: &str) -> Option<u64> {
        self.values.iter().find(|(known, ..)| known == name).and_then(|(_, value, _)| duration(Some(value)))
    }

    fn span(&self, name: &str) -> Option<Span> {
        self.values.iter().find(|(known, ..)| known == name).map(|(.., span)| *span)
    }
}

impl Builder<'_> {
    /// The fleet of a component that says `autoscale`, itself or by its kind; the last one that says so has its way.
    pub(super) fn autoscale(
        &mut self,
        item: &Item,
        view: &KindView,
        scope: &Rc<Scope>,
        replicas: u32,
    ) -> Option<Fleet> {
        let own = item.body.as_deref().into_iter().flat_map(readable).filter_map(|statement| match &statement.node {
            Node::Section(section) if section.name.text == "autoscale" => Some(section.body.clone()),
            _ => None,
        });
        let of_kind = view.sections.iter().filter(|(name, _)| name == "autoscale").map(|(_, block)| block.clone());
        let block = of_kind.chain(own).last()?;
        let metric = self.scaling_metric(&block)?;
        let written = self.autoscale_block(item, &block, scope, metric.2);
        let startup_ns = written.duration("startup").or_else(|| duration(scope.get("startup"))).unwrap_or(0);
        let least = written.number("min").map_or(1, |min| min as u32);
        let Some(most) = written.number("max").map(|max| max as u32) else {
            let message = format!("`autoscale` of `{}` needs `max`", item.name.text);
            self.eval
                .report(Diagnostic::new(&codes::E0109, message, block.span, "`max` is not set").help("add `max = 20`"));
            return None;
        };
        let fits = (least..=most).contains(&replicas) || scope.get("replicas") == Some(&Value::Bad);
        if least == 0 || least > most || !fits {
            let message =
                format!("`{}` begins with {replicas} replicas, and is to have {least} to {most}", item.name.text);
            let span = written.span("max").unwrap_or(block.span);
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "these contradict each other");
            self.eval.report(diagnostic.help("write `replicas = 2` and `autoscale { min = 2, max = 20 }`"));
            return None;
        }
        let rule = self.scaling_rule(item, &block, &written, metric.2)?;
        let autoscaler = Autoscaler {
            least,
            most,
            metric: metric.1,
            rule,
            every_ns: written.duration("every").unwrap_or(EVERY_NS).max(1),
            cooldown_ns: written.duration("cooldown").unwrap_or(COOLDOWN_NS),
        };
        Some(Fleet { initial: replicas, startup_ns, autoscaler: Some(autoscaler) })
    }

    /// What is measured: a word, whatever the component's properties are called.
    fn scaling_metric(&mut self, block: &Block) -> Option<(&'static str, ScalingMetric, Dimension)> {
        let found = readable(block).find_map(|statement| match &statement.node {
            Node::Assign(assign) if assign.target.word() == Some("metric") => Some(&assign.value),
            _ => None,
        });
        let Some(expr) = found else { return Some(METRICS[0]) };
        let word = if let ExprKind::Path(path) = &expr.kind { path.dotted() } else { String::new() };
        let metric = METRICS.into_iter().find(|(name, ..)| *name == word);
        if metric.is_none() {
            let names = METRICS.map(|(name, ..)| name);
            let help =
                nearest(&word, names).map_or_else(|| format!("write one of `{}`", names.join("`, `")), did_you_mean);
            let message = "an autoscaler does not measure this";
            self.eval.report(Diagnostic::new(&codes::E0710, message, expr.span, "not measured").help(help));
        }
        metric
    }

    fn autoscale_block(&mut self, item: &Item, block: &Block, scope: &Rc<Scope>, unit: Dimension) -> Written {
        let mut written = Written::default();
        for statement in readable(block) {
            match &statement.node {
                Node::Assign(assign) => {
                    let name = assign.target.dotted();
                    if !KEYS.contains(&name.as_str()) {
                        self.unknown_word("autoscale", &name, assign.target.span, &KEYS);
                        continue;
                    }
                    if name == "metric" {
                        continue;
                    }
                    let path = format!("{}.autoscale.{name}", item.name.text);
                    let expr = self.replacement(&path).cloned().unwrap_or_else(|| assign.value.clone());
                    let dimension = match name.as_str() {
                        "min" | "max" => Dimension::Count,
                        "target" => unit,
                        "tolerance" => Dimension::Share,
                        _ => Dimension::Duration,
                    };
                    let value = self.quantity_in(&expr, dimension, &name, scope);
                    written.values.push((name, value, expr.span));
                }
                Node::Step(Step::Undoable(body, None)) => {
                    written.steps.extend(self.scaling_step(body, scope, unit));
                }
                _ => self.misplaced(statement, "`autoscale` holds `name = value` and `step { above = 80%, add = 2 }`"),
            }
        }
        written
    }

    /// A quantity of a dimension.
    pub(super) fn quantity_in(&mut self, expr: &Expr, dimension: Dimension, name: &str, scope: &Rc<Scope>) -> Value {
        let value = self.eval.eval(expr, scope);
        self.eval.hold(value, &Type::Quantity(dimension), false, name, expr.span)
    }

    /// `step { above = 80%, add = 2 }`, `step { below = 30%, remove = 1 }`
    fn scaling_step(&mut self, body: &Block, scope: &Rc<Scope>, unit: Dimension) -> Option<ScalingStep> {
        const STEP: [&str; 4] = ["above", "below", "add", "remove"];
        let (mut bound, mut by) = (None, None);
        for statement in readable(body) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "a step is `step { above = 80%, add = 2 }`");
                continue;
            };
            let name = assign.target.dotted();
            if !STEP.contains(&name.as_str()) {
                self.unknown_word("step", &name, assign.target.span, &STEP);
                continue;
            }
            let is_bound = name == "above" || name == "below";
            let dimension = if is_bound { unit } else { Dimension::Count };
            let Value::Number(number, _) = self.quantity_in(&assign.value, dimension, &name, scope) else { continue };
            if is_bound {
                bound = Some((name == "above", millionths(number)));
            } else {
                by = Some((name == "add", number as u32));
            }
        }
        match (bound, by) {
            (Some((above, bound)), Some((adds, by))) if above == adds => Some(ScalingStep { above, bound, by }),
            _ => {
                let message = "a step adds above a bound, or removes below one";
                let diagnostic = Diagnostic::new(&codes::E0514, message, body.span, "neither");
                self.eval.report(
                    diagnostic.help("write `step { above = 80%, add = 2 }` or `step { below = 30%, remove = 1 }`"),
                );
                None
            }
        }
    }

    fn scaling_rule(&mut self, item: &Item, block: &Block, written: &Written, unit: Dimension) -> Option<ScalingRule> {
        if written.steps.is_empty() {
            let target = written.number("target").or((unit == Dimension::Share).then_some(TARGET));
            let Some(target) = target.filter(|&target| millionths(target) > 0) else {
                let message = format!("`autoscale` of `{}` needs a `target` above zero", item.name.text);
                let example = if unit == Dimension::Rate { "100rps" } else { "10" };
                let span = written.span("target").unwrap_or(block.span);
                let diagnostic = Diagnostic::new(&codes::E0109, message, span, "what is it to bring the metric to?");
                self.eval.report(diagnostic.help(format!("add `target = {example}`, for each replica that serves")));
                return None;
            };
            let tolerance = (written.number("tolerance").unwrap_or(TOLERANCE) * 1000.0).round() as u32;
            return Some(ScalingRule::Target { target: millionths(target), tolerance });
        }
        let mut steps = written.steps.clone();
        if let Some(span) = written.span("target").or(written.span("tolerance")) {
            let message = "`target` and `step` are two ways to scale";
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "this would be ignored");
            self.eval.report(diagnostic.help("remove it, or the steps"));
        }
        steps.order_by_key(|step| (step.above, step.bound));
        let twice = steps.windows(2).any(|pair| pair[0].above == pair[1].above && pair[0].bound == pair[1].bound);
        let removes = steps.iter().filter(|step| !step.above).map(|step| step.bound).max();
        let adds = steps.iter().filter(|step| step.above).map(|step| step.bound).min();
        if twice || removes.zip(adds).is_some_and(|(removes, adds)| removes > adds) {
            let message = format!("the steps of `{}` overlap", item.name.text);
            let diagnostic = Diagnostic::new(&codes::E0514, message, block.span, "two steps at once");
            self.eval.report(diagnostic.help("let the bounds differ, and those of `remove` lie below those of `add`"));
            return None;
        }
        Some(ScalingRule::Steps(steps))
    }
}

/// In whole millionths.
fn millionths(number: f64) -> u64 {
    (number.max(0.0) * 1e6).round() as u64
}
