//! What visits use and may use: `budget { … }`, `context { … }`, `limit { … }`, prices.

use super::components::EndpointDraft;
use super::eval::Evaluator;
use super::kinds::KindView;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Assign, Block, Node, Section};
use crate::syntax::span::Span;
use crate::units::Dimension;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use sysdl_lower::model::{Budget, Call, Context, Distribution, Limit, Prices, PromptCache, Size, Step};

/// Properties of `meter { … }` of a kind.
pub(super) const METER: [&str; 7] = ["input", "cached", "output", "cache", "cache_ttl", "turned_away", "flawed"];

/// What `meter { … }` of a kind says of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meter {
    prices: Prices,
    cache: Option<PromptCache>,
    turned_away: f64,
    flawed: f64,
}

impl Meter {
    pub(super) fn of(values: &FxHashMap<&'static str, Value>) -> Meter {
        let number = |name: &str| match values.get(name) {
            Some(Value::Number(number, _)) => *number,
            _ => 0.0,
        };
        // A million tokens for so many dollars are so many thousand billionths for one.
        let price = |name: &str| number(name) * 1e3;
        let input = price("input");
        let cached = if matches!(values.get("cached"), Some(Value::Number(..))) { price("cached") } else { input };
        let (share, ttl_ns) = (number("cache"), number("cache_ttl") as u64);
        Meter {
            prices: Prices { input, cached, output: price("output") },
            cache: (share > 0.0).then_some(PromptCache { share, ttl_ns }),
            turned_away: number("turned_away"),
            flawed: number("flawed"),
        }
    }

    /// The steps of an endpoint, and what it does to the meter around them.
    pub(super) fn around(&self, steps: &mut Vec<Step>) {
        let before = self.cache.map(Step::ReadCache).into_iter();
        let turned_away = (self.turned_away > 0.0).then_some(Step::TurnAway(self.turned_away));
        steps.splice(0..0, turned_away.into_iter().chain(before));
        steps.push(Step::Use(self.prices));
        if self.flawed > 0.0 {
            steps.push(Step::Fail(self.flawed));
        }
    }
}

/// The properties that a block of a component or template sets: `limit { tokens = 12M/min }` sets `limit_tokens`.
/// `None` if the kind has none of that name.
pub(super) fn grouped(section: &Section, kind: &KindView) -> Option<Vec<Assign>> {
    let prefix = format!("{}_", section.name.text);
    let is_section = super::components::SECTIONS.contains(&section.name.text.as_str());
    if is_section || !kind.properties.iter().any(|(declare, _)| declare.name.text.starts_with(&prefix)) {
        return None;
    }
    let assigns = readable(&section.body).filter_map(|statement| match &statement.node {
        Node::Assign(assign) => {
            let mut assign = assign.clone();
            if let Some(first) = assign.target.segments.first_mut() {
                first.name.text = format!("{prefix}{}", first.name.text);
            }
            Some(assign)
        }
        _ => None,
    });
    Some(assigns.collect())
}

impl Evaluator {
    /// Weights, of which none is said by another's size.
    fn weights(&mut self, value: Value, name: &str, span: Span) -> Option<Distribution> {
        match self.size(value, name, span)? {
            Size::Drawn(distribution) => Some(distribution),
            _ => {
                let diagnostic =
                    Diagnostic::new(&codes::E0203, format!("`{name}` is a weight of its own"), span, "not one");
                self.report(diagnostic.help(format!("write `{name} = 3k`, or a distribution of counts")));
                None
            }
        }
    }
}

impl Builder<'_> {
    /// `budget { tokens = 60k, wall = 90s, cost = $0.40 }`
    pub(super) fn budget(&mut self, block: &Block, scope: &Rc<Scope>) -> Budget {
        let mut budget = Budget::default();
        self.settings_of(block, "budget", &["tokens", "wall", "cost"], |builder, name, assign| {
            let dimension = match name {
                "tokens" => Dimension::Count,
                "wall" => Dimension::Duration,
                _ => Dimension::Money,
            };
            let span = assign.value.span;
            let value = builder.eval.eval(&assign.value, scope);
            let Value::Number(number, _) = builder.eval.hold(value, &Type::Quantity(dimension), true, name, span)
            else {
                return;
            };
            if number <= 0.0 {
                let diagnostic = Diagnostic::new(
                    &codes::E0207,
                    format!("`{name}` of a budget must be positive"),
                    span,
                    "nothing at all",
                );
                return builder.eval.report(diagnostic.help("remove it for no bound"));
            }
            match name {
                "tokens" => budget.tokens = Some(number as u64),
                "wall" => budget.wall_ns = Some((number as u64).max(1)),
                _ => budget.nano_usd = Some(((number * 1e9) as u64).max(1)),
            }
        });
        budget
    }

    /// `context { initial = 3.5k, per_turn = lognormal(p50 = 900, p99 = 6k), max = 128k }`
    pub(super) fn context(&mut self, block: &Block, scope: &Rc<Scope>) -> Context {
        let nothing = Distribution::Constant(0.0);
        let mut context = Context { initial: nothing.clone(), per_turn: nothing, most: 1 << 40 };
        self.settings_of(block, "context", &["initial", "per_turn", "max"], |builder, name, assign| {
            let span = assign.value.span;
            let value = builder.eval.eval(&assign.value, scope);
            if name == "max" {
                let value = builder.eval.hold(value, &Type::Quantity(Dimension::Count), false, name, span);
                if let Value::Number(most, _) = value {
                    context.most = most as u64;
                }
                return;
            }
            if let Some(weights) = builder.eval.weights(value, name, span) {
                *(if name == "initial" { &mut context.initial } else { &mut context.per_turn }) = weights;
            }
        });
        context
    }

    fn settings_of(&mut self, block: &Block, of: &str, known: &[&str], mut set: impl FnMut(&mut Self, &str, &Assign)) {
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, &format!("a {of} holds {}", known.join(", ")));
                continue;
            };
            let name = assign.target.dotted();
            if known.contains(&name.as_str()) {
                set(self, &name, assign);
                continue;
            }
            self.unknown_word(of, &name, assign.target.span, known);
        }
    }

    /// A call whose size is a context is made by an endpoint that has one: that which is named, if one is, by what
    /// the call says of its weight, or else by what it calls.
    pub(super) fn check_context(
        &mut self,
        call: &Call,
        caller: Option<(usize, &str)>,
        span: Span,
        said: Option<(Option<String>, Span)>,
    ) {
        if !matches!(call.size, Some(Size::OfContext(_))) {
            return;
        }
        let to = &self.drafts[call.endpoint.component.0 as usize];
        let callee = &to.endpoints[call.endpoint.index as usize];
        let (wanted, weighed) = said.map_or((callee.context_of.clone(), None), |(named, at)| (named, Some(at)));
        let target = format!("{}.{}", to.name.text, callee.name.text);
        let has = |endpoint: &&EndpointDraft, name: &str| endpoint.name.text == name && endpoint.context.is_some();
        let (who, fits, named) = match caller {
            None => ("traffic".to_owned(), false, true),
            Some((component, endpoint)) => {
                let draft = &self.drafts[component];
                let fits = draft.endpoints.iter().any(|e| has(&e, endpoint));
                let who = format!("{}.{endpoint}", draft.name.text);
                let named = wanted.as_ref().is_none_or(|wanted| *wanted == draft.name.text || *wanted == who);
                (who, fits, named)
            }
        };
        if fits && named {
            return;
        }
        let message = if named {
            format!("`{who}` has no context, and `{target}` is asked with it")
        } else {
            format!("`{target}` is asked with the context of `{}`, and `{who}` asks it", wanted.unwrap_or_default())
        };
        let diagnostic = Diagnostic::new(&codes::E0301, message, weighed.unwrap_or(span), "no such context");
        let help = match caller {
            Some(_) if fits => format!(", or `size = context`: that of `{who}`"),
            Some(_) if named => format!("; or give `{who}` a `context {{ initial = 3k, max = 128k }}`"),
            _ => String::new(),
        };
        let diagnostic = diagnostic.help(format!("say what it weighs: `size = 2k`{help}"));
        self.eval.report(match weighed {
            Some(at) if fits => diagnostic.edit(at, "context"),
            _ => diagnostic,
        });
    }
}

/// The buckets of `limit { requests = …, tokens = … }`, which hold what comes in `limit_burst`.
pub(super) fn bucket(rate: Option<&Value>, fills_in: Option<&Value>) -> Option<Limit> {
    let Some(Value::Number(rate, Dimension::Rate)) = rate else { return None };
    let seconds = match fills_in {
        Some(Value::Number(ns, Dimension::Duration)) => ns / 1e9,
        _ => 60.0,
    };
    (*rate > 0.0).then_some(Limit { rate: *rate, burst: (rate * seconds).max(1.0) })
}
