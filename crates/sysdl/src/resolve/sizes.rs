//! What messages weigh: `size = 24KiB`, `size = size`, `work 5ms + size / 100MB/s`.

use super::eval::Evaluator;
use super::system::Builder;
use super::value::{Scope, Value, Weighed};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Distribution, Endpoint, Keys, Model, Size, Step, WorkBySize};

/// The words for weights in an endpoint, unless it has properties of that name.
pub(super) fn words(scope: &mut Scope) {
    let weight = |size: f64, result: f64, cached: f64| {
        Value::Weighed(Weighed { time: Distribution::Constant(0.0), size, result, cached, is_time: false })
    };
    let known = [("size", weight(1.0, 0.0, 0.0)), ("result", weight(0.0, 1.0, 0.0)), ("cached", weight(0.0, 0.0, 1.0))];
    for (word, value) in known {
        if scope.get(word).is_none() {
            scope.set(word, value);
        }
    }
}

/// Arithmetic with weights. `None`: these do not go together.
pub(super) fn binary(op: BinaryOp, a: &Value, b: &Value) -> Option<Value> {
    let time = |value: &Value| match value {
        Value::Number(ns, Dimension::Duration) => Some(Distribution::Constant(*ns)),
        Value::Distribution(time, Dimension::Duration) => Some(time.clone()),
        _ => None,
    };
    let scaled = |weighed: &Weighed, by: f64, is_time: bool| {
        let time = super::distributions::scaled(weighed.time.clone(), by);
        Value::Weighed(Weighed {
            time,
            size: weighed.size * by,
            result: weighed.result * by,
            cached: weighed.cached * by,
            is_time,
        })
    };
    match (op, a, b) {
        (BinaryOp::Divide, Value::Weighed(w), Value::Number(rate, Dimension::Bandwidth | Dimension::TokenRate))
            if !w.is_time && *rate > 0.0 =>
        {
            Some(scaled(w, 1e9 / rate, true))
        }
        (BinaryOp::Multiply, Value::Weighed(w), Value::Number(by, d))
        | (BinaryOp::Multiply, Value::Number(by, d), Value::Weighed(w))
            if is_scalar(*d) =>
        {
            Some(scaled(w, *by, w.is_time))
        }
        (BinaryOp::Divide, Value::Weighed(w), Value::Number(by, d)) if is_scalar(*d) && *by > 0.0 => {
            Some(scaled(w, 1.0 / by, w.is_time))
        }
        (BinaryOp::Add | BinaryOp::Subtract, Value::Weighed(v), Value::Weighed(w)) if v.is_time == w.is_time => {
            let sign = if op == BinaryOp::Add { 1.0 } else { -1.0 };
            let time = match (&v.time, &w.time) {
                (time, Distribution::Constant(0.0)) => time.clone(),
                (Distribution::Constant(0.0), time) if sign > 0.0 => time.clone(),
                _ => return None,
            };
            let (size, result) = (v.size + sign * w.size, v.result + sign * w.result);
            let cached = v.cached + sign * w.cached;
            Some(Value::Weighed(Weighed { time, size, result, cached, is_time: v.is_time }))
        }
        (BinaryOp::Add, Value::Weighed(w), other) | (BinaryOp::Add, other, Value::Weighed(w)) if w.is_time => {
            let time = time(other)?;
            (w.time == Distribution::Constant(0.0)).then(|| Value::Weighed(Weighed { time, ..w.clone() }))
        }
        _ => None,
    }
}

fn is_scalar(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Count | Dimension::Factor | Dimension::Share)
}

impl Evaluator {
    /// `work …`: a time, or one that depends on sizes.
    pub(super) fn work(&mut self, value: Value, span: Span) -> Option<Step> {
        if let Value::Weighed(weighed) = &value {
            if !weighed.is_time {
                let message = "`work` needs a duration, got what a message weighs";
                let diagnostic = Diagnostic::new(&codes::E0203, message, span, "not a duration");
                self.report(diagnostic.help("divide it by a speed: `work size / 100MB/s`, `work result / 50tok/s`"));
                return None;
            }
            // What is cached is a part of the request.
            if weighed.size < 0.0 || weighed.result < 0.0 || weighed.size + weighed.cached < 0.0 {
                let diagnostic = Diagnostic::new(&codes::E0207, "`work` could be negative", span, "less for more");
                self.report(diagnostic.help("add times that depend on sizes; do not subtract them"));
                return None;
            }
            let Weighed { time, size, result, cached, .. } = weighed.clone();
            return Some(Step::WorkBySize(WorkBySize { time, per_size: size, per_result: result, per_cached: cached }));
        }
        match self.hold(value, &super::types::Type::Distribution, false, "work", span) {
            Value::Distribution(time, _) => Some(Step::Work(time)),
            _ => None,
        }
    }

    /// What a message weighs.
    pub(super) fn size(&mut self, value: Value, name: &str, span: Span) -> Option<Size> {
        match value {
            Value::Number(size, Dimension::Size | Dimension::Count) if size >= 0.0 => {
                Some(Size::Drawn(Distribution::Constant(size)))
            }
            Value::Distribution(size, Dimension::Size | Dimension::Count) => Some(Size::Drawn(size)),
            Value::Weighed(Weighed { size, result: 0.0, cached: 0.0, is_time: false, .. }) if size >= 0.0 => {
                Some(Size::OfRequest(size))
            }
            // An answer is weighed by who gives it, and a context is of who asks.
            Value::Word(word) if name != "result" && (word == "context" || word.ends_with(".context")) => {
                Some(Size::OfContext(1.0))
            }
            Value::None | Value::Bad => None,
            other => {
                let message = format!("`{name}` is what a message weighs, got {}", other.describe());
                let diagnostic = Diagnostic::new(&codes::E0203, message, span, "not a weight");
                self.report(diagnostic.help(format!(
                    "write `{name} = 24KiB`, `{name} = lognormal(p50 = 2KiB, p99 = 64KiB)`, a count of tokens, or `{name} = size` for what came in"
                )));
                None
            }
        }
    }
}

/// Whose context a weight is, if it names somebody.
pub(super) fn context_of(value: &Value) -> Option<String> {
    let Value::Word(word) = value else { return None };
    word.strip_suffix(".context").map(str::to_owned)
}

/// What the arguments of a call say.
#[derive(Default)]
pub(super) struct Arguments {
    /// What it is about.
    pub(super) key: Option<Keys>,
    /// What it weighs.
    pub(super) size: Option<Size>,
    /// Whose context that is, if it names somebody, and where its weight is said.
    pub(super) weight: Option<(Option<String>, Span)>,
}

impl Builder<'_> {
    /// `call a.b(key = zipf(n = 1k), size = 24KiB)`: what a call is about, and what it weighs.
    pub(super) fn arguments(&mut self, args: &[Arg], scope: &Scope, of: &str) -> Arguments {
        let mut said = Arguments::default();
        for arg in args {
            match arg.name.as_ref().map(|name| name.text.as_str()) {
                // What is done for a request is about its key anyway.
                Some("key") if matches!(&arg.value.kind, ExprKind::Path(path) if path.word() == Some("request")) => {}
                Some("key") => {
                    let value = self.eval.eval(&arg.value, scope);
                    said.key = self.keys(&value, arg.value.span);
                }
                Some("size") => {
                    let value = self.eval.eval(&arg.value, scope);
                    said.weight = Some((context_of(&value), arg.value.span));
                    said.size = self.eval.size(value, "size", arg.value.span);
                }
                Some("at") if of == "call" => {}
                _ => self.no_argument(arg, of),
            }
        }
        said
    }

    fn no_argument(&mut self, arg: &Arg, of: &str) {
        const KNOWN: [&str; 3] = ["key", "size", "at"];
        let Some(name) = &arg.name else {
            let message = format!("an argument of `{of}` has a name");
            let diagnostic = Diagnostic::new(&codes::E0106, message, arg.value.span, "which one?");
            return self.eval.report(diagnostic.help("write `key = …` or `size = …`"));
        };
        let message = format!("`{of}` has no argument `{}`", name.text);
        let help = nearest(&name.text, KNOWN).map_or_else(|| "it has `key`, `size` and `at`".to_owned(), did_you_mean);
        self.eval.report(Diagnostic::new(&codes::E0106, message, name.span, "unknown argument").help(help));
    }

    /// What an expression says that a message weighs.
    pub(super) fn size_of(&mut self, expr: &Expr, scope: &Scope, name: &str) -> Option<Size> {
        let value = self.eval.eval(expr, scope);
        self.eval.size(value, name, expr.span)
    }
}

/// Where nothing is drawn nothing weighs anything, and the model says nothing of it.
pub(super) fn forget_weightless(model: &mut Model) {
    let mut drawn = false;
    every_size(model, &mut |size| drawn |= matches!(size, Some(Size::Drawn(_) | Size::OfContext(_))));
    if !drawn {
        every_size(model, &mut |size| *size = None);
    }
}

fn every_size(model: &mut Model, visit: &mut dyn FnMut(&mut Option<Size>)) {
    for source in &mut model.sources {
        source.mix.iter_mut().for_each(|(_, call)| visit(&mut call.size));
    }
    for Endpoint { steps, result, .. } in model.components.iter_mut().flat_map(|c| &mut c.endpoints) {
        visit(result);
        of_steps(steps, visit);
    }
}

fn of_steps(steps: &mut [Step], visit: &mut dyn FnMut(&mut Option<Size>)) {
    for step in steps {
        if let Some(call) = step.call_mut() {
            visit(&mut call.size);
        }
        step.inside_mut().into_iter().for_each(|inner| of_steps(inner, visit));
    }
}
