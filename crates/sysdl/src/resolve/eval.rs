//! Expressions → values.

use super::data::DataFiles;
use super::distributions::{scaled, shifted};
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Path, Quantity};
use crate::syntax::span::Span;
use crate::units::{self, Dimension};
use sysdl_lower::model::{Discipline, Distribution, Gaps, RateProfile};

/// Functions of expressions.
pub(crate) const FUNCTIONS: [&str; 31] = [
    "weighted",
    "zone",
    "file",
    "histogram",
    "sessions",
    "cron",
    "mmpp",
    "codel",
    "renewal",
    "ramp",
    "piecewise",
    "diurnal",
    "power_of",
    "exp",
    "lognormal",
    "gamma",
    "uniform",
    "constant",
    "geometric",
    "zipf",
    "poisson",
    "burst",
    "users",
    "if",
    "erlang",
    "hyperexp",
    "weibull",
    "pareto",
    "latency",
    "values",
    "mixture",
];

/// Functions that a later version gives a meaning.
const LATER: [&str; 1] = ["trace"];

/// Evaluates expressions and collects what is wrong with them.
#[derive(Debug, Default)]
pub struct Evaluator {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Files of numbers that the texts name.
    pub(super) files: DataFiles,
}

impl Evaluator {
    /// Reports a mistake.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports a form that a later version gives a meaning.
    pub fn later(&mut self, what: &str, span: Span) {
        self.report(
            Diagnostic::new(
                &codes::E0112,
                format!("{what} is not supported yet"),
                span,
                "has no meaning in this version",
            )
            .help("remove it to run the rest; it is not ignored silently, because that would be another system"),
        );
    }

    /// Reports what should last, and does not.
    pub(super) fn no_time(&mut self, code: &'static Code, name: &str, span: Span, help: &str) {
        let message = format!("`{name}` must be positive");
        self.report(Diagnostic::new(code, message, span, "no time at all").help(help));
    }

    /// The value of an expression.
    pub fn eval(&mut self, expr: &Expr, scope: &Scope) -> Value {
        match &expr.kind {
            ExprKind::Quantity(quantity) => self.quantity(quantity, expr.span),
            ExprKind::Text(text) => Value::Text(text.clone()),
            ExprKind::Path(path) => path_value(path, scope),
            ExprKind::Invoke(path, args) => self.invoke(path, args, expr.span, scope),
            ExprKind::List(items) => Value::List(items.iter().map(|item| self.eval(item, scope)).collect()),
            ExprKind::Sign(sign, inner) => match (sign, self.eval(inner, scope)) {
                ('-', Value::Number(number, dimension)) => Value::Number(-number, dimension),
                (_, value) => value,
            },
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, scope),
            ExprKind::Bad => Value::Bad,
        }
    }

    fn quantity(&mut self, quantity: &Quantity, span: Span) -> Value {
        if let Some((dimension, one)) = units::find(&quantity.unit, quantity.money) {
            return Value::Number(quantity.number * one, dimension);
        }
        let (number, unit) = (units::trimmed(quantity.number), quantity.unit.as_str());
        let diagnostic = match unit {
            "m" => Diagnostic::new(
                &codes::E0204,
                format!("`{number}m` could be minutes or milliseconds"),
                span,
                "ambiguous",
            )
            .help(format!("write `{number}min` or `{number}ms`")),
            unit if unit.starts_with('/') => {
                let name = &unit[1..];
                Diagnostic::new(
                    &codes::E0211,
                    format!("`{number}{unit}` reads as the unit `{unit}`"),
                    span,
                    "no such unit",
                )
                .help(format!("put spaces around `/` to divide: `{number} / {name}`"))
                .edit(span, format!("{number} / {name}"))
            }
            "Gb" | "Mb" | "Kb" | "kb" => {
                let (bits, bytes) = (units::meant(unit).unwrap_or("Gbps"), units::trimmed(quantity.number / 8.0));
                let message = format!("`{number}{unit}` is neither a bandwidth nor a size");
                let scale = unit.to_ascii_uppercase();
                let help =
                    format!("write `{number}{bits}` (bits), `{bytes}{scale}/s` (bytes) or `{bytes}{scale}` (a size)");
                Diagnostic::new(&codes::E0205, message, span, "bits or bytes?").help(help)
            }
            unit => {
                let diagnostic = Diagnostic::new(
                    &codes::E0201,
                    format!("`{number}{unit}`: there is no unit `{unit}`"),
                    span,
                    "unknown unit",
                );
                match units::meant(unit) {
                    Some(meant) => diagnostic
                        .help(format!("did you mean `{number}{meant}`?"))
                        .edit(span, format!("{number}{meant}")),
                    None => {
                        diagnostic.help("units: `ns us ms s min h d` · `rps krps` · `KB MiB GB` · `%` · `x` · `k M`")
                    }
                }
            }
        };
        self.report(diagnostic);
        Value::Bad
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, scope: &Scope) -> Value {
        let span = left.span.to(right.span);
        let (a, b) = (self.eval(left, scope), self.eval(right, scope));
        if a == Value::Bad || b == Value::Bad {
            return Value::Bad;
        }
        if op == BinaryOp::Divide && matches!(b, Value::Number(0.0, _)) {
            let diagnostic = Diagnostic::new(&codes::E0207, "nothing can be divided by zero", right.span, "zero");
            self.report(diagnostic.help("divide by something positive"));
            return Value::Bad;
        }
        if let Some(value) = super::sizes::binary(op, &a, &b) {
            return value;
        }
        match (op, a, b) {
            (BinaryOp::Equal, a, b) => Value::Word((a == b).to_string()),
            (BinaryOp::NotEqual, a, b) => Value::Word((a != b).to_string()),
            (
                BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual,
                Value::Number(a, x),
                Value::Number(b, y),
            ) if x == y || is_scalar(x) && is_scalar(y) => Value::Word(compares(op, a, b).to_string()),
            (BinaryOp::Range, Value::Number(a, x), Value::Number(b, y)) if x == y => Value::Range(a, b, x),
            (BinaryOp::Add, Value::Number(a, x), Value::Number(b, y)) if x == y => Value::Number(a + b, x),
            (BinaryOp::Subtract, Value::Number(a, x), Value::Number(b, y)) if x == y => Value::Number(a - b, x),
            (BinaryOp::Multiply, Value::Number(a, x), Value::Number(b, y)) if is_scalar(y) => Value::Number(a * b, x),
            (BinaryOp::Multiply, Value::Number(a, x), Value::Number(b, y)) if is_scalar(x) => Value::Number(a * b, y),
            (BinaryOp::Divide, Value::Number(a, x), Value::Number(b, y)) if x == y => {
                Value::Number(a / b, Dimension::Count)
            }
            (BinaryOp::Divide, Value::Number(a, x), Value::Number(b, y)) if is_scalar(y) => Value::Number(a / b, x),
            (BinaryOp::Divide, Value::Number(a, Dimension::Count), Value::Number(b, Dimension::Duration)) => {
                Value::Number(a / b * 1e9, Dimension::Rate)
            }
            (BinaryOp::Divide, Value::Number(a, Dimension::Count), Value::Number(b, Dimension::TokenRate)) => {
                Value::Number(a / b * 1e9, Dimension::Duration)
            }
            (BinaryOp::Divide, Value::Distribution(d, Dimension::Count), Value::Number(b, Dimension::TokenRate)) => {
                Value::Distribution(scaled(d, 1e9 / b), Dimension::Duration)
            }
            (BinaryOp::Multiply, Value::Distribution(d, x), Value::Number(b, y)) if is_scalar(y) && b > 0.0 => {
                Value::Distribution(scaled(d, b), x)
            }
            (BinaryOp::Multiply, Value::Number(b, y), Value::Distribution(d, x)) if is_scalar(y) && b > 0.0 => {
                Value::Distribution(scaled(d, b), x)
            }
            (BinaryOp::Add, Value::Distribution(d, x), Value::Number(b, y)) if x == y && b >= 0.0 => {
                Value::Distribution(shifted(d, b), x)
            }
            (BinaryOp::Add, Value::Number(b, y), Value::Distribution(d, x)) if x == y && b >= 0.0 => {
                Value::Distribution(shifted(d, b), x)
            }
            (BinaryOp::Divide, Value::Distribution(d, x), Value::Number(b, y)) if is_scalar(y) && b > 0.0 => {
                Value::Distribution(scaled(d, 1.0 / b), x)
            }
            (op, a, b) => {
                let message = format!("{} and {} do not go together with `{}`", a.describe(), b.describe(), symbol(op));
                self.report(
                    Diagnostic::new(&codes::E0203, message, span, "dimensions differ").help("convert one of them"),
                );
                Value::Bad
            }
        }
    }

    fn invoke(&mut self, path: &Path, args: &[Arg], span: Span, scope: &Scope) -> Value {
        let name = path.dotted();
        if name == "if" {
            return self.choose(args, span, scope);
        }
        let mut a = Args { name: name.clone(), span, positional: Vec::new(), named: Vec::new() };
        if FUNCTIONS.contains(&name.as_str()) {
            for arg in args {
                let value = self.eval(&arg.value, scope);
                match &arg.name {
                    Some(name) => a.named.push((name.text.clone(), value, arg.value.span)),
                    None => a.positional.push((value, arg.value.span)),
                }
            }
        }
        match name.as_str() {
            "exp" => match self.one(&a, "mean") {
                Some((mean, _)) if !(0.0..1e300).contains(&mean) => {
                    self.impossible(&a, "exp needs a mean of 0 or more".to_owned())
                }
                Some((mean, d)) => Value::Distribution(Distribution::Exponential(mean), d),
                None => Value::Bad,
            },
            "constant" => match self.one(&a, "value") {
                Some((value, _)) if !(0.0..1e300).contains(&value) => {
                    self.impossible(&a, "constant needs a value of 0 or more".to_owned())
                }
                Some((rate, Dimension::Rate)) => Value::Open(Gaps::Constant, RateProfile::Steady(rate)),
                Some((value, d)) => Value::Distribution(Distribution::Constant(value), d),
                None => Value::Bad,
            },
            "uniform" => self.uniform(&a),
            "lognormal" => self.lognormal(&a),
            "gamma" => self.gamma(&a),
            "erlang" => self.erlang(&a),
            "hyperexp" => self.hyperexp(&a),
            "weibull" => self.weibull(&a),
            "pareto" => self.pareto(&a),
            "latency" => self.latency(&a),
            "values" => self.values(&a),
            "mixture" => self.mixture(&a),
            "geometric" => match self.named(&a, "mean", 0) {
                Some((mean, _)) => Value::Geometric { mean, max: self.optional(&a, "max", 1).map(|(max, _)| max) },
                None => Value::Bad,
            },
            "power_of" => match self.named(&a, "d", 0) {
                Some((d, _)) if (1.0..=64.0).contains(&d) => Value::Choices(d as u32),
                Some(_) => self.impossible(&a, "power_of needs a number of choices from 1 to 64".to_owned()),
                None => Value::Bad,
            },
            "weighted" => self.weighted(&a),
            "zone" => match a.find("balance", 0) {
                Some((Value::Bad, _)) => Value::Bad,
                Some((value, _)) => Value::Balance(super::balance::of(value).0, true),
                None => self.impossible(&a, "zone needs a way to balance: `zone(least_loaded)`".to_owned()),
            },
            "codel" => self.codel(&a),
            "zipf" => match (self.named(&a, "n", 0), self.optional(&a, "s", 1)) {
                (Some(_), Some((..0.0, _))) => self.impossible(&a, "zipf needs an `s` of 0 or more".to_owned()),
                (Some((keys, _)), skew) => Value::Keys { keys, skew: skew.map_or(1.0, |(s, _)| s) },
                _ => Value::Bad,
            },
            "poisson" => match a.find("rate", 0) {
                Some((Value::Number(mean, Dimension::Count), _)) => self.poisson_count(*mean, &a),
                _ => self.rate(&a).map_or(Value::Bad, |rate| Value::Open(Gaps::Poisson, RateProfile::Steady(rate))),
            },
            "sessions" => self.sessions(&a),
            "cron" => self.cron(&a),
            "file" => self.data_file(&a),
            "histogram" => self.histogram(&a),
            "burst" => self.burst(&a),
            "mmpp" => self.mmpp(&a),
            "renewal" => self.renewal(&a),
            "ramp" => self.ramp(&a),
            "piecewise" => self.piecewise(&a),
            "diurnal" => self.diurnal(&a),
            "users" => self.users(&a),
            later if LATER.contains(&later) => {
                self.later(&format!("`{later}(…)`"), span);
                Value::Bad
            }
            unknown => {
                let diagnostic = Diagnostic::new(
                    &codes::E0210,
                    format!("there is no function `{unknown}`"),
                    path.span,
                    "unknown function",
                );
                let help = nearest(unknown, FUNCTIONS).map_or_else(
                    || "distributions: `exp`, `lognormal`, `latency`, `gamma`, `erlang`, `uniform`, `constant`, `hyperexp`, `weibull`, `pareto`, `values`, `mixture`".to_owned(),
                    did_you_mean,
                );
                self.report(diagnostic.help(help));
                Value::Bad
            }
        }
    }

    /// `if(condition, a, b)`: only the chosen one is evaluated.
    fn choose(&mut self, args: &[Arg], span: Span, scope: &Scope) -> Value {
        let [condition, yes, no] = args else {
            self.report(Diagnostic::new(
                &codes::E0210,
                "`if` takes a condition and two values",
                span,
                "write `if(x == y, a, b)`",
            ));
            return Value::Bad;
        };
        match self.eval(&condition.value, scope) {
            Value::Word(word) if word == "true" || word == "on" => self.eval(&yes.value, scope),
            Value::Bad => Value::Bad,
            _ => self.eval(&no.value, scope),
        }
    }

    /// `codel(5ms, interval = 100ms)`: target and interval of controlled delay; the interval is that of RFC 8289.
    fn codel(&mut self, a: &Args) -> Value {
        let Some((target, Dimension::Duration)) = self.named(a, "target", 0) else { return Value::Bad };
        let interval = self.optional(a, "interval", 1).map_or(100e6, |(interval, _)| interval);
        if target < 1.0 || interval < 1.0 {
            return self.impossible(a, "`codel` needs a positive target and interval".to_owned());
        }
        Value::Discipline(Discipline::CoDel { target_ns: target as u64, interval_ns: interval as u64 })
    }

    pub(super) fn impossible(&mut self, a: &Args, message: String) -> Value {
        self.report(
            Diagnostic::new(&codes::E0209, message, a.span, "no such distribution")
                .help("swap or change the parameters"),
        );
        Value::Bad
    }

    /// The only argument, by position or by name.
    pub(super) fn one(&mut self, a: &Args, name: &str) -> Option<(f64, Dimension)> {
        self.named(a, name, 0)
    }

    /// A required number.
    pub(super) fn named(&mut self, a: &Args, name: &str, position: usize) -> Option<(f64, Dimension)> {
        match a.find(name, position) {
            Some((Value::Number(number, dimension), _)) => Some((*number, *dimension)),
            Some((Value::Bad, _)) => None,
            Some((other, span)) => {
                let message = format!("`{name}` of `{}` needs a number, got {}", a.name, other.describe());
                self.report(
                    Diagnostic::new(&codes::E0203, message, *span, "not a number").help("write a number with its unit"),
                );
                None
            }
            None => {
                let message = format!("`{}` needs `{name}`", a.name);
                let help = format!("write `{}({name} = …)`", a.name);
                self.report(Diagnostic::new(&codes::E0209, message, a.span, format!("`{name}` is missing")).help(help));
                None
            }
        }
    }

    pub(super) fn optional(&mut self, a: &Args, name: &str, position: usize) -> Option<(f64, Dimension)> {
        a.find(name, position)?;
        self.named(a, name, position)
    }
}

/// Arguments, evaluated.
pub(super) struct Args {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) positional: Vec<(Value, Span)>,
    pub(super) named: Vec<(String, Value, Span)>,
}

impl Args {
    pub(super) fn find(&self, name: &str, position: usize) -> Option<(&Value, &Span)> {
        let by_name = self.named.iter().find(|(n, _, _)| n == name).map(|(_, value, span)| (value, span));
        by_name.or_else(|| self.positional.get(position).map(|(value, span)| (value, span)))
    }
}

fn path_value(path: &Path, scope: &Scope) -> Value {
    let known = match path.word() {
        Some(word) => scope.get(word),
        None => scope.get(&path.dotted()),
    };
    match known {
        Some(value) => value.clone(),
        None if path.is("none") => Value::None,
        None => Value::Word(path.dotted()),
    }
}

fn compares(op: BinaryOp, a: f64, b: f64) -> bool {
    match op {
        BinaryOp::Less => a < b,
        BinaryOp::LessEqual => a <= b,
        BinaryOp::Greater => a > b,
        _ => a >= b,
    }
}

fn is_scalar(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Count | Dimension::Factor | Dimension::Share)
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Range => "..",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
    }
}
