//! `retry { … }` and `breaker { … }`: what a caller does about calls that fail.

use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, meant, nearest};
use crate::syntax::ast::{Block, Expr, ExprKind, Node};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_kernel::outcome;
use sysdl_lower::model::{Breaker, BreakerWindow, Jitter, Permits, Retry, RetryBucket};

/// Properties of `retry`.
const RETRY: [&str; 11] =
    ["max", "backoff", "jitter", "budget", "on", "tokens", "cost", "refund", "floor", "honor", "on_throttle"];
/// Properties of `pool` and `bulkhead`.
const PERMITS: [&str; 3] = ["size", "queue", "wait"];
/// Most tokens of a bucket.
pub(super) const TOKENS_MAX: f64 = 60_000.0;
/// Properties of `breaker`.
const BREAKER: [&str; 4] = ["trip", "window", "min_requests", "open_for"];
/// How a backoff is spread.
const JITTERS: [(&str, Jitter); 4] =
    [("none", Jitter::None), ("full", Jitter::Full), ("equal", Jitter::Equal), ("decorrelated", Jitter::Decorrelated)];
/// Attempts that a breaker judges, and fewest, when it does not say.
const BREAKER_COUNT: u32 = 20;
const BREAKER_LEAST: u32 = 10;
/// How long it stays open, when it does not say, in nanoseconds.
const BREAKER_OPEN_NS: u64 = 30_000_000_000;

impl<'p> Builder<'p> {
    /// The block of a policy that a file names: `retry = standard_retry`.
    pub(super) fn named(&mut self, word: &str, value: &Expr) -> Option<&'p Block> {
        let name = match &value.kind {
            ExprKind::Path(path) => path.dotted(),
            _ => String::new(),
        };
        let program = self.program;
        if let Some((of, block)) = program.policies.get(&name)
            && of == word
        {
            return Some(block);
        }
        let known = program.policies.iter().filter(|(_, (of, _))| of == word).map(|(name, _)| name.as_str());
        let example = match word {
            "retry" => "write `retry { max = 2, backoff = exp(50ms, cap = 1s), jitter = full }`",
            "health" => "write `health { interval = 10s, timeout = 2s, fall = 3, rise = 2 }`",
            "eject" => "write `eject { failures = 5, for = 30s }`",
            _ => "write `breaker { trip = 50%, window = 20, open_for = 5s }`",
        };
        let help = nearest(&name, known).map_or_else(|| example.to_owned(), did_you_mean);
        let message = format!("no {word} policy is named `{name}`");
        self.eval.report(Diagnostic::new(&codes::E0301, message, value.span, "not found").help(help));
        None
    }

    /// `breaker { trip = 50%, window = 20 | 10s, min_requests = 10, open_for = 30s }`
    pub(super) fn breaker(&mut self, block: &Block, scope: &Scope) -> Option<Breaker> {
        let mut breaker = Breaker {
            trip: 0.5,
            window: BreakerWindow::Count(BREAKER_COUNT),
            least: BREAKER_LEAST,
            open_ns: BREAKER_OPEN_NS,
        };
        let mut least = None;
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "a breaker holds `name = value`");
                continue;
            };
            let (name, span) = (assign.target.dotted(), assign.value.span);
            let value = self.eval.eval(&assign.value, scope);
            let ty = match (name.as_str(), &value) {
                ("trip", _) => Type::Quantity(Dimension::Share),
                ("open_for", _) | ("window", Value::Number(_, Dimension::Duration)) => {
                    Type::Quantity(Dimension::Duration)
                }
                ("window" | "min_requests", _) => Type::Quantity(Dimension::Count),
                _ => {
                    self.unknown_word("breaker", &name, assign.target.span, &BREAKER);
                    continue;
                }
            };
            match (name.as_str(), self.eval.hold(value, &ty, false, &name, span)) {
                (_, Value::Number(number, _)) if number <= 0.0 => {
                    let message = format!("`{name}` of a breaker must be positive");
                    let diagnostic = Diagnostic::new(&codes::E0207, message, span, "it would never work");
                    self.eval.report(diagnostic.help("write `trip = 50%, window = 20, open_for = 5s`"));
                }
                ("trip", Value::Number(share, _)) => breaker.trip = share,
                ("open_for", Value::Number(ns, _)) => breaker.open_ns = ns as u64,
                ("min_requests", Value::Number(count, _)) => least = Some(count as u32),
                (_, Value::Number(ns, Dimension::Duration)) => breaker.window = BreakerWindow::Time(ns as u64),
                (_, Value::Number(count, _)) if count > 64.0 => {
                    let message = "a breaker judges the last 64 attempts at most";
                    let diagnostic = Diagnostic::new(&codes::E0514, message, span, "too many");
                    self.eval.report(diagnostic.help("judge a window of time: `window = 10s`"));
                }
                (_, Value::Number(count, _)) => breaker.window = BreakerWindow::Count(count as u32),
                _ => {}
            }
        }
        breaker.least = match breaker.window {
            BreakerWindow::Count(count) => least.unwrap_or(count).min(count),
            BreakerWindow::Time(_) => least.unwrap_or(BREAKER_LEAST),
        };
        Some(breaker)
    }

    /// `pool { size = 20, queue = 100, wait = 250ms }`, `bulkhead { size = 10 }`: a pool lets any number wait, a bulkhead nobody.
    pub(super) fn permits(&mut self, word: &str, block: &Block, scope: &Scope) -> Option<Permits> {
        let mut permits = Permits { count: 0, queue: (word == "bulkhead").then_some(0), wait_ns: None };
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, &format!("a {word} holds `name = value`"));
                continue;
            };
            let (name, span) = (assign.target.dotted(), assign.value.span);
            let value = self.eval.eval(&assign.value, scope);
            let (ty, optional) = match name.as_str() {
                "size" => (Type::Quantity(Dimension::Count), false),
                "queue" => (Type::Quantity(Dimension::Count), true),
                "wait" => (Type::Quantity(Dimension::Duration), false),
                _ => {
                    self.unknown_word(word, &name, assign.target.span, &PERMITS);
                    continue;
                }
            };
            match (name.as_str(), self.eval.hold(value, &ty, optional, &name, span)) {
                ("size", Value::Number(size, _)) => permits.count = size.min(1e9) as u32,
                ("queue", Value::None) => permits.queue = None,
                ("queue", Value::Number(room, _)) => permits.queue = Some(room.min(1e9) as u32),
                ("wait", Value::Number(ns, _)) => {
                    permits.wait_ns = Some((ns as u64).max(1));
                    permits.queue = permits.queue.filter(|&room| room > 0);
                }
                _ => {}
            }
        }
        if permits.count == 0 {
            let message = format!("a {word} needs a `size`");
            let diagnostic = Diagnostic::new(&codes::E0109, message, block.span, "nothing could pass");
            self.eval.report(diagnostic.help(format!("write `{word} {{ size = 20 }}`")));
            return None;
        }
        Some(permits)
    }

    /// A retry draws on a bucket or on a budget, and what describes a bucket needs one.
    fn odd_tokens(&mut self, said: &[(String, Span)]) {
        let span_of = |name: &str| said.iter().find(|(known, _)| known == name).map(|(_, span)| *span);
        if let (Some(_), Some(budget)) = (span_of("tokens"), span_of("budget")) {
            let message = "`budget` and `tokens` do not go together";
            let diagnostic = Diagnostic::new(&codes::E0514, message, budget, "both bound the retries");
            self.eval.report(diagnostic.help("keep one of them"));
        }
        for name in ["cost", "refund", "floor"] {
            if let (None, Some(span)) = (span_of("tokens"), span_of(name)) {
                let message = format!("`{name}` describes a bucket that is not there");
                let diagnostic = Diagnostic::new(&codes::E0514, message, span, "of which tokens?");
                self.eval.report(diagnostic.help("add `tokens = 500`"));
            }
        }
    }

    /// A property that a block does not have.
    pub(super) fn unknown_word(&mut self, of: &str, name: &str, span: Span, known: &[&str]) {
        let help = meant(name, "it has", known);
        let message = format!("`{of}` has no property `{name}`");
        self.eval.report(Diagnostic::new(&codes::E0106, message, span, "unknown property").help(help));
    }

    pub(super) fn retry(&mut self, block: &Block, scope: &Scope) -> Option<Retry> {
        let mut retry = Retry {
            max: 1,
            backoff_ns: 100_000_000,
            factor: 2.0,
            cap_ns: 20_000_000_000,
            jitter: Jitter::None,
            budget: None,
            on: default_retry_on(),
            bucket: None,
            throttled: None,
            honor: false,
        };
        let mut said = Vec::new();
        let mut bucket = RetryBucket { size: 0.0, cost: 1.0, refund: 1.0, floor: 0.0 };
        for statement in readable(block) {
            if let Node::Section(section) = &statement.node
                && section.name.text == "on_throttle"
            {
                let (throttled, costs) = self.on_throttle(&section.body, scope);
                retry.throttled = Some(throttled);
                said.extend(costs.map(|span| ("cost".to_owned(), span)));
                continue;
            }
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "a retry policy holds `name = value`");
                continue;
            };
            let name = assign.target.dotted();
            if !RETRY.contains(&name.as_str()) {
                self.unknown_word("retry", &name, assign.target.span, &RETRY);
                continue;
            }
            said.push((name.clone(), assign.target.span));
            if name == "backoff" {
                self.backoff(&assign.value, scope, &mut retry);
                continue;
            }
            let value = self.eval.eval(&assign.value, scope);
            let ty = match name.as_str() {
                "max" | "tokens" | "cost" | "refund" | "floor" => Type::Quantity(Dimension::Count),
                "budget" => Type::Quantity(Dimension::Share),
                "jitter" if matches!(value, Value::Number(_, Dimension::Share)) => Type::Quantity(Dimension::Share),
                "jitter" => Type::OneOf(JITTERS.map(|(word, _)| word.to_owned()).to_vec()),
                "honor" => Type::OneOf(vec!["retry_after".to_owned()]),
                _ => Type::Any,
            };
            let optional = name == "jitter";
            match (name.as_str(), self.eval.hold(value, &ty, optional, &name, assign.value.span)) {
                ("max", Value::Number(max, _)) => retry.max = max as u32,
                ("budget", Value::Number(share, _)) => retry.budget = Some(share),
                ("honor", Value::Word(_)) => retry.honor = true,
                ("jitter", Value::Number(share, _)) if share > 0.0 => retry.jitter = Jitter::Around(share),
                ("jitter", Value::Word(word)) => {
                    retry.jitter =
                        JITTERS.iter().find(|(known, _)| *known == word).map_or(Jitter::None, |(_, how)| *how);
                }
                ("tokens" | "cost" | "refund" | "floor", Value::Number(tokens, _)) if tokens > TOKENS_MAX => {
                    let message = format!("`{name}` of a bucket is at most {TOKENS_MAX:.0}");
                    let diagnostic = Diagnostic::new(&codes::E0212, message, assign.value.span, "too many");
                    self.eval.report(diagnostic.help("count in larger tokens: all four numbers divided by the same"));
                }
                ("tokens", Value::Number(size, _)) => bucket.size = size,
                ("cost", Value::Number(cost, _)) => bucket.cost = cost,
                ("refund", Value::Number(refund, _)) => bucket.refund = refund,
                ("floor", Value::Number(floor, _)) => bucket.floor = floor,
                ("on", Value::List(items)) => retry.on = self.retry_on(&items, assign.value.span),
                _ => {}
            }
        }
        self.odd_tokens(&said);
        retry.bucket = (bucket.size > 0.0).then_some(bucket);
        if let Some(throttled) = &mut retry.throttled
            && throttled.cost.is_nan()
        {
            throttled.cost = bucket.cost;
        }
        (retry.max > 0).then_some(retry)
    }

    /// `exp(50ms, cap = 1s)` doubles; a plain duration, or `constant(50ms)`, does not grow.
    fn backoff(&mut self, expr: &Expr, scope: &Scope, retry: &mut Retry) {
        if let ExprKind::Invoke(path, args) = &expr.kind
            && path.word() == Some("exp")
        {
            for (position, arg) in args.iter().enumerate() {
                let value = self.eval.eval(&arg.value, scope);
                let is_cap = arg.name.as_ref().is_some_and(|name| name.text == "cap") || position == 1;
                let name = if is_cap { "cap" } else { "backoff" };
                let ty = Type::Quantity(Dimension::Duration);
                if let Value::Number(ns, _) = self.eval.hold(value, &ty, false, name, arg.value.span) {
                    *(if is_cap { &mut retry.cap_ns } else { &mut retry.backoff_ns }) = ns as u64;
                }
            }
            return;
        }
        let expr = match &expr.kind {
            ExprKind::Invoke(path, args) if path.word() == Some("constant") && args.len() == 1 => &args[0].value,
            _ => expr,
        };
        let value = self.eval.eval(expr, scope);
        let ty = Type::Quantity(Dimension::Duration);
        if let Value::Number(ns, _) = self.eval.hold(value, &ty, false, "backoff", expr.span) {
            (retry.backoff_ns, retry.factor, retry.cap_ns) = (ns as u64, 1.0, ns as u64);
        }
    }

    pub(super) fn retry_on(&mut self, items: &[Value], span: Span) -> u32 {
        let mut mask = 0;
        for item in items {
            let Value::Word(word) = item else { continue };
            let code = match word.as_str() {
                "error" => Some(outcome::FAILED),
                "overloaded" => Some(outcome::REJECTED),
                word => outcome::NAMES.iter().position(|name| *name == word).map(|code| code as u32),
            };
            match code {
                Some(code) => mask |= 1 << code,
                None => {
                    let help = nearest(word, outcome::NAMES)
                        .map_or_else(|| format!("outcomes: {}", outcome::NAMES[1..].join(", ")), did_you_mean);
                    self.eval.report(
                        Diagnostic::new(
                            &codes::E0301,
                            format!("no outcome is named `{word}`"),
                            span,
                            "unknown outcome",
                        )
                        .help(help),
                    );
                }
            }
        }
        mask
    }
}

/// Everything but a user who left, unless `on` says otherwise. That nobody leads is added where somebody may.
pub(super) fn default_retry_on() -> u32 {
    (0..outcome::NO_LEADER)
        .filter(|&code| code != outcome::OK && code != outcome::ABANDONED)
        .fold(0, |mask, code| mask | 1 << code)
}
