//! Declared types, and values held to them.

use super::eval::Evaluator;
use super::value::Value;
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, meant, nearest};
use crate::syntax::ast::{Arg, Declare};
use crate::syntax::span::Span;
use crate::units::{Dimension, trimmed};
use sysdl_lower::model::{Discipline, Distribution};

/// What a property can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A quantity.
    Quantity(Dimension),
    /// A distribution of durations; a plain duration is one that is constant.
    Distribution,
    /// A distribution of counts; a plain count is one that is constant.
    Counts,
    /// One of some words.
    OneOf(Vec<String>),
    /// `on` or `off`, `true` or `false`.
    Flag,
    /// How a replica is chosen: `round_robin`, `random`, `least_loaded`, `power_of(2)`.
    Balance,
    /// Who is served next: `fifo`, `lifo`, `random`, `codel(5ms)` …
    Discipline,
    /// What a message weighs: a size, a count, a distribution of them, or another's weight.
    Weight,
    /// A text.
    Text,
    /// The name of a component.
    Component,
    /// Anything.
    Any,
}

impl Type {
    /// The type of a declaration.
    pub fn of(declare: &Declare, evaluator: &mut Evaluator) -> Type {
        match declare.ty.text.as_str() {
            "duration" => Type::Quantity(Dimension::Duration),
            "rate" => Type::Quantity(Dimension::Rate),
            "size" => Type::Quantity(Dimension::Size),
            "bandwidth" => Type::Quantity(Dimension::Bandwidth),
            "share" => Type::Quantity(Dimension::Share),
            "factor" => Type::Quantity(Dimension::Factor),
            "count" => Type::Quantity(Dimension::Count),
            "money" => Type::Quantity(Dimension::Money),
            "price" => Type::Quantity(Dimension::MoneyPerHour),
            "token_price" => Type::Quantity(Dimension::MoneyPerTokens),
            "weight" => Type::Weight,
            "token_rate" => Type::Quantity(Dimension::TokenRate),
            "distribution" => Type::Distribution,
            "distribution_of_counts" => Type::Counts,
            "one_of" => Type::OneOf(declare.ty_args.iter().filter_map(Arg::word).collect()),
            "flag" => Type::Flag,
            "balance" => Type::Balance,
            "discipline" => Type::Discipline,
            "text" => Type::Text,
            "component" => Type::Component,
            "any" => Type::Any,
            unknown => {
                const TYPES: [&str; 16] = [
                    "duration",
                    "rate",
                    "size",
                    "bandwidth",
                    "share",
                    "factor",
                    "count",
                    "money",
                    "price",
                    "distribution",
                    "one_of",
                    "balance",
                    "discipline",
                    "flag",
                    "text",
                    "component",
                ];
                let help = meant(unknown, "types:", &TYPES);
                let message = format!("there is no type `{unknown}`");
                evaluator.report(Diagnostic::new(&codes::E0301, message, declare.ty.span, "unknown type").help(help));
                Type::Any
            }
        }
    }

    /// The type with its article, and how to write one.
    fn wanted(&self) -> (String, String) {
        match self {
            Type::Quantity(dimension) => (dimension.name().to_owned(), format!("write {}", dimension.examples())),
            Type::Distribution => ("a duration or a distribution".to_owned(), "write `10ms` or `exp(10ms)`".to_owned()),
            Type::Counts => ("a count or a distribution of counts".to_owned(), "write `250`".to_owned()),
            Type::OneOf(words) => (format!("one of {}", list(words)), format!("write one of {}", list(words))),
            Type::Flag => ("`on` or `off`".to_owned(), "write `on` or `off`".to_owned()),
            Type::Balance => {
                let help = "write `round_robin`, `random`, `least_loaded`, `power_of(2)`, `weighted([3, 1])`, `zone`, `hash`, `ring`, `maglev` or `sticky`";
                ("a way to balance".to_owned(), help.to_owned())
            }
            Type::Discipline => {
                let words = DISCIPLINES.map(|(word, _)| format!("`{word}`")).join(", ");
                ("a discipline".to_owned(), format!("write {words} or `codel(5ms)`"))
            }
            Type::Weight => ("what a message weighs".to_owned(), "write `24KiB`, `2k` or a distribution".to_owned()),
            Type::Text => ("a text".to_owned(), "write it in quotes".to_owned()),
            Type::Component => ("a component".to_owned(), "write its name".to_owned()),
            Type::Any => ("a value".to_owned(), String::new()),
        }
    }
}

/// Disciplines that are words.
const DISCIPLINES: [(&str, Discipline); 6] = [
    ("fifo", Discipline::Fifo),
    ("lifo", Discipline::Lifo),
    ("random", Discipline::Random),
    ("adaptive_lifo", Discipline::AdaptiveLifo),
    ("preemptive", Discipline::Preemptive),
    ("preemptive_lifo", Discipline::PreemptiveLifo),
];

fn discipline(word: &str) -> Option<Discipline> {
    DISCIPLINES.iter().find(|(known, _)| *known == word).map(|(_, discipline)| *discipline)
}

fn list(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl Evaluator {
    /// A value held to a type; [`Value::Bad`] and a diagnostic if it is not of it.
    pub fn hold(&mut self, value: Value, ty: &Type, optional: bool, name: &str, span: Span) -> Value {
        match (ty, value) {
            (_, Value::Bad) => Value::Bad,
            (Type::Any, value) => value,
            (_, Value::None) if optional => Value::None,
            (_, Value::Word(word)) if optional && word == "unlimited" => Value::None,
            (Type::Quantity(wanted), Value::Number(number, found)) => {
                self.quantity_of(*wanted, number, found, name, span)
            }
            (Type::Distribution, Value::Number(number, Dimension::Duration)) if !(0.0..1e300).contains(&number) => {
                let message = format!("`{name}` cannot last {}", crate::units::duration(number));
                let diagnostic = Diagnostic::new(&codes::E0207, message, span, "not a time that something lasts");
                self.report(diagnostic.help("write a duration of 0 or more"));
                Value::Bad
            }
            (Type::Distribution, Value::Number(number, Dimension::Duration)) => {
                Value::Distribution(Distribution::Constant(number), Dimension::Duration)
            }
            (Type::Distribution, value @ Value::Distribution(_, Dimension::Duration)) => value,
            (Type::Counts, Value::Number(number, Dimension::Count)) => {
                Value::Distribution(Distribution::Constant(number), Dimension::Count)
            }
            (Type::Counts, value @ Value::Distribution(_, Dimension::Count)) => value,
            (Type::Weight, value @ (Value::Number(..) | Value::Distribution(..) | Value::Weighed(_))) => value,
            (Type::Weight, Value::Word(word)) if word == "context" || word.ends_with(".context") => Value::Word(word),
            // The word `none` is also a value.
            (Type::OneOf(words), Value::None) if words.iter().any(|word| word == "none") => Value::None,
            (Type::OneOf(words), Value::Word(word)) if words.contains(&word) => Value::Word(word),
            (Type::OneOf(words), Value::Word(word)) => {
                let message = format!("`{name}` cannot be `{word}`");
                let help = nearest(&word, words.iter().map(String::as_str))
                    .map_or_else(|| format!("write one of {}", list(words)), did_you_mean);
                self.report(
                    Diagnostic::new(&codes::E0203, message, span, format!("one of {}", list(words))).help(help),
                );
                Value::Bad
            }
            (Type::Flag, Value::Word(word)) if matches!(word.as_str(), "on" | "off" | "true" | "false") => {
                Value::Word(if word == "on" || word == "true" { "true".into() } else { "false".into() })
            }
            (Type::Balance, Value::Word(word))
                if matches!(
                    word.as_str(),
                    "round_robin" | "random" | "least_loaded" | "zone" | "hash" | "ring" | "maglev" | "sticky"
                ) =>
            {
                Value::Word(word)
            }
            (Type::Balance, value @ (Value::Choices(_) | Value::Balance(..))) => value,
            (Type::Discipline, value @ Value::Discipline(_)) => value,
            (Type::Discipline, Value::Word(word)) if discipline(&word).is_some() => {
                discipline(&word).map_or(Value::Bad, Value::Discipline)
            }
            (Type::Text, value @ Value::Text(_)) => value,
            (Type::Component, value @ Value::Word(_)) => value,
            (ty, Value::Word(word)) => {
                let (wanted, help) = ty.wanted();
                let message = format!("`{name}` needs {wanted}; nothing is called `{word}`");
                self.report(Diagnostic::new(&codes::E0301, message, span, "unknown name").help(help));
                Value::Bad
            }
            (ty, value) => {
                let (wanted, help) = ty.wanted();
                let message = format!("`{name}` needs {wanted}, got {}", value.describe());
                self.report(Diagnostic::new(&codes::E0203, message, span, format!("not {wanted}")).help(help));
                Value::Bad
            }
        }
    }

    fn quantity_of(&mut self, wanted: Dimension, number: f64, found: Dimension, name: &str, span: Span) -> Value {
        if wanted == Dimension::Share && matches!(found, Dimension::Share | Dimension::Count) {
            if !(0.0..=1.0).contains(&number) {
                let shown = if found == Dimension::Share { number * 100.0 } else { number };
                let message = format!("`{name}` is a share: {}% is not between 0% and 100%", trimmed(shown));
                self.report(
                    Diagnostic::new(&codes::E0206, message, span, "out of range").help("write a share such as `98%`"),
                );
                return Value::Bad;
            }
            if found == Dimension::Count {
                let better = format!("{}%", trimmed(number * 100.0));
                let message = format!("`{}` as a share", trimmed(number));
                self.report(
                    Diagnostic::new(&codes::W0212, message, span, "a plain number")
                        .help(format!("write `{better}`"))
                        .edit(span, better),
                );
            }
            return Value::Number(number, Dimension::Share);
        }
        let same = wanted == found
            || (wanted == Dimension::Factor && matches!(found, Dimension::Count | Dimension::Share))
            || (wanted == Dimension::Count && found == Dimension::Factor);
        if same {
            if number < 0.0 {
                let message = format!("`{name}` is negative");
                self.report(
                    Diagnostic::new(&codes::E0207, message, span, "must not be negative")
                        .help("write a positive value"),
                );
                return Value::Bad;
            }
            return Value::Number(number, wanted);
        }
        if found == Dimension::Count {
            let message = format!("`{name}` needs {}, got a plain number", wanted.name());
            let help = match wanted {
                Dimension::Duration => format!("write a unit: `{0}ms`, `{0}s`, `{0}min`", trimmed(number)),
                Dimension::Rate => format!("write a unit: `{}rps`", trimmed(number)),
                _ => format!("write a unit: {}", wanted.examples()),
            };
            self.report(Diagnostic::new(&codes::E0202, message, span, "a unit is missing").help(help));
            return Value::Bad;
        }
        let is_price = |d: Dimension| {
            use Dimension::{Money, MoneyPerByte, MoneyPerHour, MoneyPerTokens};
            matches!(d, Money | MoneyPerHour | MoneyPerTokens | MoneyPerByte)
        };
        if is_price(wanted) && is_price(found) {
            let message = format!("`{name}` is {}, got {}", wanted.name(), found.name());
            let help = format!("write {}", wanted.examples());
            self.report(Diagnostic::new(&codes::E0802, message, span, "another unit of price").help(help));
            return Value::Bad;
        }
        let message = format!("`{name}` needs {}, got {}", wanted.name(), found.name());
        let help = format!("write {} such as {}", wanted.name(), wanted.examples());
        self.report(Diagnostic::new(&codes::E0203, message, span, format!("not {}", wanted.name())).help(help));
        Value::Bad
    }
}
