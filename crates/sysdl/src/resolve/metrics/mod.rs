//! `p99(edge.browse.latency) < 250ms` → conditions of the runtime: metrics, their subjects, comparisons.

mod absent;
mod fits;
mod names;
mod subjects;

use super::system::Builder;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Path};
use crate::syntax::span::Span;
use crate::units::{self, Dimension};
#[cfg(test)]
pub(crate) use names::METRICS as METRIC_NAMES;
use names::{LATER, is_time, of_responses, percentile, simple};
use std::rc::Rc;
use sysdl_kernel::columns::subscription;
use sysdl_kernel::outcome;
use sysdl_runtime::expect::{Comparison, Condition, Metric, Operand, Quantity, Subject};

/// A side of a comparison, with its dimension.
struct Side {
    operand: Operand,
    dimension: Dimension,
    /// Needs a window: a rate, percentile or utilization.
    windowed: bool,
}

impl Builder<'_> {
    pub(super) fn condition(&mut self, expr: &Expr, windowed: &mut bool) -> Option<Condition> {
        let ExprKind::Binary(op, left, right) = &expr.kind else {
            return self.compares_nothing(expr);
        };
        let comparison = match op {
            BinaryOp::And | BinaryOp::Or => {
                let (a, b) = (self.condition(left, windowed), self.condition(right, windowed));
                let (a, b) = (Box::new(a?), Box::new(b?));
                return Some(if *op == BinaryOp::And { Condition::And(a, b) } else { Condition::Or(a, b) });
            }
            BinaryOp::Less => Comparison::Less,
            BinaryOp::LessEqual => Comparison::LessEqual,
            BinaryOp::Greater => Comparison::Greater,
            BinaryOp::GreaterEqual => Comparison::GreaterEqual,
            BinaryOp::Equal => Comparison::Equal,
            BinaryOp::NotEqual => Comparison::NotEqual,
            _ => return self.compares_nothing(expr),
        };
        if let Some(condition) = self.breaker_is(left, comparison, right, windowed) {
            return condition;
        }
        let a = self.side(left);
        // What a word on the right means depends on the left: `breaker(a -> b) == open`.
        let is_word = matches!(&right.kind, ExprKind::Path(path) if path.word().is_some());
        let b = if a.is_none() && is_word { None } else { self.side(right) };
        let (mut a, b) = (a?, b?);
        settle_goodput(&mut a, b.dimension);
        *windowed |= a.windowed || b.windowed;
        if !comparable(a.dimension, b.dimension) {
            return self.differ(a.dimension, b.dimension, expr.span);
        }
        if let (Operand::Number(_), Operand::Number(_)) = (&a.operand, &b.operand) {
            return self.compares_nothing(expr);
        }
        Some(Condition::Compare(a.operand, comparison, b.operand))
    }

    /// Quantities that are not of one kind.
    fn differ(&mut self, a: Dimension, b: Dimension, span: Span) -> Option<Condition> {
        let message = format!("{} is compared with {}", a.name(), b.name());
        let help = format!("write {} such as {}", a.name(), a.examples());
        self.eval.report(Diagnostic::new(&codes::E0208, message, span, "dimensions differ").help(help));
        None
    }

    /// A claim that no run could change.
    fn compares_nothing(&mut self, expr: &Expr) -> Option<Condition> {
        if expr.kind != ExprKind::Bad {
            let message = "an expectation is a comparison of what is measured";
            let diagnostic = Diagnostic::new(&codes::E0208, message, expr.span, "not one");
            self.eval.report(diagnostic.help("write `expect error_rate < 1% during phase`"));
        }
        None
    }

    /// What an expression measures, and the dimension of its values. `None` if it is wrong, or measures nothing.
    pub(super) fn metric_of(&mut self, expr: &Expr) -> Option<(Metric, Dimension)> {
        let side = self.side(expr)?;
        match side.operand {
            Operand::Metric(metric) => Some((metric, side.dimension)),
            Operand::Number(_) => None,
        }
    }

    /// `mean(server.sojourn) within 2% of 500ms`
    pub(super) fn near(&mut self, measured: &Expr, tolerance: &Expr, value: &Expr) -> Option<Condition> {
        let (a, b, t) = (self.side(measured), self.side(value), self.side(tolerance));
        let (mut a, b, t) = (a?, b?, t?);
        settle_goodput(&mut a, b.dimension);
        let (Operand::Metric(metric), Operand::Number(value)) = (a.operand, b.operand) else {
            let message = "`within … of` holds a metric to a value";
            let diagnostic = Diagnostic::new(&codes::E0208, message, measured.span, "not a metric");
            self.eval.report(diagnostic.help("write `expect mean(server.sojourn) within 2% of 500ms`"));
            return None;
        };
        if !comparable(a.dimension, b.dimension) {
            return self.differ(a.dimension, b.dimension, measured.span);
        }
        match t.operand {
            Operand::Number(tolerance) if t.dimension == Dimension::Share && tolerance > 0.0 => {
                Some(Condition::Near { metric, tolerance, value })
            }
            _ => {
                let message = "a tolerance is a share of the value";
                let diagnostic = Diagnostic::new(&codes::E0208, message, tolerance.span, "not a share above 0%");
                self.eval.report(diagnostic.help("write `within 2% of …`"));
                None
            }
        }
    }

    /// `breaker(a -> b) == open`: it is for some of the time; `closed`: all of the time. None if it is something else.
    fn breaker_is(
        &mut self,
        left: &Expr,
        comparison: Comparison,
        right: &Expr,
        windowed: &mut bool,
    ) -> Option<Option<Condition>> {
        let ExprKind::Invoke(path, args) = &left.kind else { return None };
        if path.word() != Some("breaker") {
            return None;
        }
        let state = if let ExprKind::Path(word) = &right.kind { word.dotted() } else { String::new() };
        let equal = comparison == Comparison::Equal;
        if !matches!(state.as_str(), "open" | "closed") || !equal && comparison != Comparison::NotEqual {
            let message = "a breaker is `open` or `closed`";
            let diagnostic = Diagnostic::new(&codes::E0208, message, right.span, "neither");
            self.eval.report(diagnostic.help("write `breaker(a -> b) == open`"));
            return Some(None);
        }
        let Some(subject) = args.first().and_then(|arg| self.argument(arg)) else { return Some(None) };
        let Some(side) = self.on(Quantity::BreakerOpenShare, Dimension::Share, true, subject, left.span) else {
            return Some(None);
        };
        *windowed = true;
        let comparison = if (state == "open") == equal { Comparison::Greater } else { Comparison::Equal };
        Some(Some(Condition::Compare(side.operand, comparison, Operand::Number(0.0))))
    }

    fn side(&mut self, expr: &Expr) -> Option<Side> {
        match &expr.kind {
            ExprKind::Invoke(path, args) => self.metric(path, args, expr.span),
            ExprKind::Path(path) if self.scope.get(&path.dotted()).is_none() => self.metric_path(path),
            ExprKind::Bad => None,
            _ => {
                let scope = Rc::clone(&self.scope);
                match self.eval.eval(expr, &scope) {
                    // Money is compared per month, as budgets are written.
                    Value::Number(number, Dimension::MoneyPerHour) => Some(Side {
                        operand: Operand::Number(number * units::HOURS_PER_MONTH),
                        dimension: Dimension::Money,
                        windowed: false,
                    }),
                    Value::Number(number, dimension) => {
                        Some(Side { operand: Operand::Number(number), dimension, windowed: false })
                    }
                    Value::Bad => None,
                    other => {
                        let message = format!("{} cannot be compared", other.describe());
                        self.eval.report(
                            Diagnostic::new(&codes::E0208, message, expr.span, "not a quantity")
                                .help("compare a metric with a quantity"),
                        );
                        None
                    }
                }
            }
        }
    }

    /// `error_rate`, `p99`, `cost.monthly`, `enrich.lag`, `edge.browse.error_rate`
    fn metric_path(&mut self, path: &Path) -> Option<Side> {
        let name = path.dotted();
        if name == "cost.monthly" {
            return Some(side(Quantity::MonthlyUsd, Subject::System, Dimension::Money, false));
        }
        if let Some((quantity, dimension, windowed)) = simple(&name) {
            return self.on(quantity, dimension, windowed, Subject::System, path.span);
        }
        if let Some(quantity) = of_responses(&name) {
            return self.on(quantity, Dimension::Duration, name != "max", Subject::System, path.span);
        }
        if let [subject @ .., last] = path.segments.as_slice()
            && !subject.is_empty()
            && let Some((quantity, dimension, windowed)) = simple(&last.name.text)
        {
            let subject = Path { segments: subject.to_vec(), span: path.span };
            let subject = self.subject(&subject)?;
            let subject = self.who_lags(&last.name.text, subject, path.span)?;
            return self.on(quantity, dimension, windowed, subject, path.span);
        }
        self.unknown_metric(&name, path.span);
        None
    }

    /// `p99(edge.browse.latency)`, `utilization(postgres)`, `retries(a -> b)`
    fn metric(&mut self, path: &Path, args: &[Arg], span: Span) -> Option<Side> {
        let name = path.dotted();
        if LATER.contains(&name.as_str()) {
            self.eval.later(&format!("the metric `{name}`"), path.span);
            return None;
        }
        let Some(arg) = args.first() else {
            let message = format!("`{name}` of what?");
            self.eval.report(
                Diagnostic::new(&codes::E0710, message, span, "nothing is named")
                    .help(format!("write `{name}(component)`")),
            );
            return None;
        };
        if percentile(&name).is_some() || matches!(name.as_str(), "mean" | "max") {
            return self.of_times(&name, arg, span);
        }
        let Some((quantity, dimension, windowed)) = simple(&name) else {
            self.unknown_metric(&name, path.span);
            return None;
        };
        let subject = self.argument(arg)?;
        let subject = self.who_lags(&name, subject, span)?;
        // What a topic has lost is messages.
        let lost = Quantity::Errors(Some(outcome::LOST));
        let keeps = matches!(&subject, Subject::Component(name) | Subject::Edge(name) if self.keeps_messages(name));
        let quantity = if quantity == lost && keeps { Quantity::LostMessages } else { quantity };
        self.on(quantity, dimension, windowed, subject, span)
    }

    /// `p99(…)`, `mean(…)` or `max(…)`. The last word in the brackets says of which times.
    fn of_times(&mut self, name: &str, arg: &Arg, span: Span) -> Option<Side> {
        let ExprKind::Path(path) = &arg.value.kind else {
            self.eval.report(
                Diagnostic::new(&codes::E0710, format!("`{name}` needs a name"), arg.value.span, "not a name")
                    .help(format!("write `{name}(edge.browse.latency)`")),
            );
            return None;
        };
        if let Some(last) = path.segments.last()
            && LATER.contains(&last.name.text.as_str())
        {
            self.eval.later(&format!("the metric `{}`", last.name.text), arg.value.span);
            return None;
        }
        if let Some(to) = &arg.to {
            let subject = self.edge_subject(path, to)?;
            return self.on(of_time(name, "latency"), Dimension::Duration, name != "max", subject, span);
        }
        if let [most @ .., last] = path.segments.as_slice()
            && !most.is_empty()
        {
            let (of, word) = (Path { segments: most.to_vec(), span: path.span }, last.name.text.as_str());
            match word {
                "turns" if name != "max" => return self.of_turns(name, &of, arg.value.span, span),
                "lag" | "queue" if name == "max" => {
                    let named = self.subject(&of)?;
                    let subject = self.who_lags(word, named, span)?;
                    return self.on(Quantity::QueueMax, Dimension::Count, false, subject, span);
                }
                _ if is_time(word) => return self.of_time_of(name, &of, word, span),
                _ if simple(word).is_some() => {
                    let message = format!("`{name}` is of times, and `{word}` is counted window by window");
                    let diagnostic = Diagnostic::new(&codes::E0710, message, span, "not a time");
                    let of = of.dotted();
                    let help = format!("say which windows: `expect eventually {word}({of}) > …`, or `always`");
                    self.eval.report(diagnostic.help(help));
                    return None;
                }
                _ => {}
            }
        }
        self.of_time_of(name, path, "latency", span)
    }

    fn of_time_of(&mut self, name: &str, of: &Path, word: &str, span: Span) -> Option<Side> {
        let subject = if of.dotted() == "latency" { Subject::System } else { self.subject(of)? };
        self.on(of_time(name, word), Dimension::Duration, name != "max", subject, span)
    }

    /// `mean(chat.ask.turns)`: rounds taken for a request.
    fn of_turns(&mut self, name: &str, of: &Path, named: Span, span: Span) -> Option<Side> {
        let endpoints = || self.drafts.iter().flat_map(|draft| &draft.endpoints);
        if !endpoints().any(|e| e.budget.is_some() || e.context.is_some()) {
            let diagnostic = Diagnostic::new(&codes::E0710, "no rounds are counted here", named, "not measured");
            let help = "rounds are those of loops in an endpoint with `context { … }` or `budget { … }`";
            self.eval.report(diagnostic.help(help));
            return None;
        }
        let subject = self.subject(of)?;
        let quantity = percentile(name).map_or(Quantity::TurnsMean, Quantity::TurnsPercentile);
        self.on(quantity, Dimension::Count, true, subject, span)
    }
}

/// A percentile, the mean or the longest of some times.
fn of_time(name: &str, word: &str) -> Quantity {
    match (percentile(name), name, word) {
        (Some(share), _, "end_to_end") => Quantity::EndToEndPercentile(share),
        (None, "mean", "end_to_end") => Quantity::EndToEndMean,
        (None, _, "end_to_end") => Quantity::EndToEndMax,
        (Some(share), _, "waiting") => Quantity::WaitingPercentile(share),
        (Some(share), ..) => Quantity::Percentile(share),
        (None, "mean", "waiting") => Quantity::WaitingMean,
        (None, "mean", _) => Quantity::Mean,
        _ => Quantity::Max,
    }
}

/// `goodput > 60%` means the share of good answers, `goodput > 60rps` their rate.
fn settle_goodput(side: &mut Side, with: Dimension) {
    if with == Dimension::Share
        && let Operand::Metric(metric) = &mut side.operand
        && metric.quantity == Quantity::Goodput
    {
        metric.quantity = Quantity::GoodShare;
        side.dimension = Dimension::Share;
    }
    // So with duplicates: their number, or their share of messages.
    if with == Dimension::Share
        && let Operand::Metric(metric) = &mut side.operand
        && metric.quantity == Quantity::OfMessages(subscription::DUPLICATES)
    {
        metric.quantity = Quantity::DuplicateShare;
        side.dimension = Dimension::Share;
    }
}

fn side(quantity: Quantity, subject: Subject, dimension: Dimension, windowed: bool) -> Side {
    Side { operand: Operand::Metric(Metric { quantity, subject }), dimension, windowed }
}

fn comparable(a: Dimension, b: Dimension) -> bool {
    let plain = |d: Dimension| matches!(d, Dimension::Count | Dimension::Factor);
    a == b || (plain(a) && plain(b)) || (a == Dimension::Share && plain(b)) || (plain(a) && b == Dimension::Share)
}
