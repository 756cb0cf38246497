//! `hedge { … }`, `throttle { … }`, `retransmit { … }`, `on_throttle { … }`: what callers and the network do beyond
//! waiting and trying again.

use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{BinaryOp, Block, Expr, ExprKind, Node};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_kernel::outcome;
use sysdl_lower::model::{Retransmit, Throttle, Throttled};

/// First retransmission timeout of TCP once a connection has measured: the least that Linux takes, in nanoseconds.
const RTO_NS: u64 = 200_000_000;
/// Bounds of a retransmission timeout, in nanoseconds, and of the packets of a message.
const RTO_MAX_NS: f64 = 120e9;
const PACKETS_MAX: f64 = 64.0;
/// Most hedges of an attempt.
const HEDGES_MAX: f64 = 8.0;

/// When a second attempt is made beside the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Hedge {
    /// After so many nanoseconds.
    pub(crate) after_ns: Option<u64>,
    /// After this percentile of what attempts take, as a share.
    pub(crate) percentile: Option<f64>,
    /// Hedges beyond the first.
    pub(crate) more: u32,
    /// Where that stands.
    pub(crate) span: Span,
}

impl Builder<'_> {
    /// Name and place, and value, of each assignment of a block.
    fn assignments<'b>(&mut self, block: &'b Block, holds: &str) -> Vec<(String, Span, &'b Expr)> {
        let mut found = Vec::new();
        for statement in readable(block) {
            match &statement.node {
                Node::Assign(assign) => found.push((assign.target.dotted(), assign.target.span, &assign.value)),
                _ => self.misplaced(statement, holds),
            }
        }
        found
    }

    /// A positive number of a dimension, up to a bound.
    fn positive(&mut self, name: &str, expr: &Expr, scope: &Scope, dimension: Dimension, most: f64) -> Option<f64> {
        let value = self.eval.eval(expr, scope);
        match self.eval.hold(value, &Type::Quantity(dimension), false, name, expr.span) {
            Value::Number(number, _) if number > 0.0 && number <= most => Some(number),
            Value::Number(number, _) => {
                let (message, label) = if number > 0.0 {
                    (format!("`{name}` is too large"), "too much")
                } else {
                    (format!("`{name}` must be positive"), "not positive")
                };
                let help = if dimension == Dimension::Count {
                    format!("write a number from 1 to {most}")
                } else {
                    format!("write a value such as {}", dimension.examples())
                };
                self.eval.report(Diagnostic::new(&codes::E0207, message, expr.span, label).help(help));
                None
            }
            _ => None,
        }
    }

    /// `throttle { k = 2, window = 2min }`
    pub(super) fn throttle(&mut self, block: &Block, scope: &Scope) -> Throttle {
        let mut throttle = Throttle { k: 2.0, window_ns: 120_000_000_000 };
        for (name, span, value) in self.assignments(block, "a throttle holds `k = 2, window = 2min`") {
            match name.as_str() {
                "k" => {
                    if let Some(k) = self.positive("k", value, scope, Dimension::Count, 1_000.0) {
                        throttle.k = k;
                    }
                }
                "window" => {
                    if let Some(ns) = self.positive("window", value, scope, Dimension::Duration, f64::MAX) {
                        throttle.window_ns = ns as u64;
                    }
                }
                _ => self.unknown_word("throttle", &name, span, &["k", "window"]),
            }
        }
        throttle
    }

    /// What `transport = tcp` is.
    pub(super) fn tcp() -> Retransmit {
        Retransmit { rto_ns: RTO_NS, packets: 1 }
    }

    /// `retransmit { rto = 200ms, packets = 1 }`
    pub(super) fn retransmit(&mut self, block: &Block, scope: &Scope) -> Retransmit {
        let mut retransmit = Self::tcp();
        for (name, span, value) in self.assignments(block, "a retransmission holds `rto = 200ms, packets = 1`") {
            match name.as_str() {
                "rto" => {
                    if let Some(ns) = self.positive("rto", value, scope, Dimension::Duration, RTO_MAX_NS) {
                        retransmit.rto_ns = (ns as u64).max(1);
                    }
                }
                "packets" => {
                    if let Some(packets) = self.positive("packets", value, scope, Dimension::Count, PACKETS_MAX) {
                        retransmit.packets = (packets as u32).max(1);
                    }
                }
                _ => self.unknown_word("retransmit", &name, span, &["rto", "packets"]),
            }
        }
        retransmit
    }

    /// `on_throttle { backoff = 1s, cost = 5, on = [rate_limited, shed] }`; without a cost a retry pays as others do.
    pub(super) fn on_throttle(&mut self, block: &Block, scope: &Scope) -> (Throttled, Option<Span>) {
        let on = 1 << outcome::RATE_LIMITED | 1 << outcome::SHED;
        let mut throttled = Throttled { on, backoff_ns: 1_000_000_000, cost: f64::NAN };
        let mut costs = None;
        for (name, span, expr) in self.assignments(block, "it holds `backoff = 1s, cost = 5, on = [rate_limited]`") {
            let value = self.eval.eval(expr, scope);
            let ty = match name.as_str() {
                "backoff" => Type::Quantity(Dimension::Duration),
                "cost" => Type::Quantity(Dimension::Count),
                "on" => Type::Any,
                _ => {
                    self.unknown_word("on_throttle", &name, span, &["backoff", "cost", "on"]);
                    continue;
                }
            };
            match (name.as_str(), self.eval.hold(value, &ty, false, &name, expr.span)) {
                ("backoff", Value::Number(ns, _)) => throttled.backoff_ns = ns as u64,
                ("cost", Value::Number(cost, _)) => {
                    (throttled.cost, costs) = (cost.min(super::policies::TOKENS_MAX), Some(span));
                }
                ("on", Value::List(items)) => throttled.on = self.retry_on(&items, expr.span),
                _ => {}
            }
        }
        (throttled, costs)
    }

    /// `hedge { after = 50ms, max = 2 }`, `hedge { after = p95 }`, `hedge { after = p95 or 50ms }`
    pub(super) fn hedge(&mut self, block: &Block, scope: &Scope) -> Option<Hedge> {
        let mut hedge = Hedge { span: block.span, ..Hedge::default() };
        for (name, span, expr) in self.assignments(block, "a hedge holds `after = 50ms` or `after = p95`") {
            match name.as_str() {
                "after" => {
                    hedge.span = expr.span;
                    self.hedge_after(expr, scope, &mut hedge);
                }
                "max" => {
                    if let Some(max) = self.positive("max", expr, scope, Dimension::Count, HEDGES_MAX) {
                        hedge.more = (max as u32).max(1) - 1;
                    }
                }
                _ => self.unknown_word("hedge", &name, span, &["after", "max"]),
            }
        }
        (hedge.after_ns.is_some() || hedge.percentile.is_some()).then_some(hedge)
    }

    fn hedge_after(&mut self, expr: &Expr, scope: &Scope, hedge: &mut Hedge) {
        if let ExprKind::Binary(BinaryOp::Or, first, until) = &expr.kind {
            self.hedge_after(first, scope, hedge);
            return self.hedge_after(until, scope, hedge);
        }
        match self.eval.eval(expr, scope) {
            Value::Word(word) if percentile(&word).is_some() => hedge.percentile = percentile(&word),
            value => {
                let ty = Type::Quantity(Dimension::Duration);
                if let Value::Number(ns, _) = self.eval.hold(value, &ty, false, "after", expr.span) {
                    hedge.after_ns = Some((ns as u64).max(1));
                }
            }
        }
    }
}

/// `p95` → 0.95
fn percentile(word: &str) -> Option<f64> {
    let percent: f64 = word.strip_prefix('p')?.parse().ok()?;
    (percent > 0.0 && percent < 100.0).then_some(percent / 100.0)
}
