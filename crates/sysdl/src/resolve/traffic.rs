//! `traffic x -> edge { … }` → sources.

use super::balance;
use super::eligibility::EligibilityDraft;
use super::intakes::BATCH;
use super::steps::no_time;
use super::system::{Builder, readable};
use super::traces::Trace;
use super::types::Type;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, meant, nearest};
use crate::syntax::ast::{Block, Expr, Name, Node, Path, Statement};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{
    Arrivals, Balance, Call, ComponentId, Conduct, Count, Edge, EdgeId, EndpointId, GivesUpAs, Keys, Policy, Retry,
    Session, Size, Source,
};

/// Most closed users of a source.
pub(super) const USERS_MAX: f64 = 1_000_000.0;

/// What a traffic block says.
#[derive(Default)]
struct Driver {
    open: Option<(Arrivals, Span)>,
    closed: Option<(Arrivals, Span)>,
    mix: Vec<(Name, f64, Span)>,
    mix_span: Option<Span>,
    abandon_ns: Option<u64>,
    retry: Option<Retry>,
    cancel: bool,
    size: Option<Size>,
    good_within_ns: Option<u64>,
    key: Option<Keys>,
    batch: Option<Count>,
    session: Option<Session>,
    /// How it chooses among replicas, where traffic reaches them directly.
    balance: Option<(Balance, Span)>,
    eligibility: EligibilityDraft,
    disabled: bool,
    wrong: bool,
}

impl Builder<'_> {
    pub(super) fn collect_traffic(&mut self, statements: &[&Statement]) {
        for statement in statements {
            if let Node::Traffic { name, target, body } = &statement.node {
                let before = (self.sources.len(), self.eval.diagnostics.len());
                self.traffic(name, target, body);
                let said = self.eval.diagnostics.len() > before.1 || readable(body).count() < body.statements.len();
                self.traffic_in_doubt |= said && self.sources.len() == before.0;
            }
        }
        for statement in statements {
            match &statement.node {
                Node::Item(item) if item.kind.dotted() == "slo" => self.slo(item),
                _ => {}
            }
        }
    }

    fn traffic(&mut self, name: &Name, target: &Path, body: &Block) {
        let clash = self.by_source.get(&name.text).map(|&row| self.source_names[row].span);
        let clash = clash.or_else(|| self.by_name.get(&name.text).map(|&row| self.drafts[row].name.span));
        if let Some(old) = clash {
            let message = format!("`{}` is declared twice", name.text);
            let diagnostic =
                Diagnostic::new(&codes::E0107, message, name.span, "declared again").label(old, "first declared here");
            self.eval.report(diagnostic.help("rename one of them"));
            return;
        }
        let component = self.component_of(target);
        let driver = self.driver(name, body);
        let Some(component) = component else { return };
        let mix = self.mix(component, target, &driver);
        if driver.disabled {
            return;
        }
        let arrivals = match (driver.open, driver.closed) {
            (Some((_, first)), Some((_, second))) => {
                let message = format!("`{}` is open and closed at once", name.text);
                let diagnostic =
                    Diagnostic::new(&codes::E0606, message, second, "a second driver").label(first, "the first");
                self.eval.report(diagnostic.help("choose one, or make it two `traffic` blocks"));
                return;
            }
            (Some((arrivals, _)), None) | (None, Some((arrivals, _))) => arrivals,
            (None, None) => {
                if !driver.wrong {
                    let message = format!("`{}` does not say how requests come", name.text);
                    let diagnostic = Diagnostic::new(&codes::E0606, message, name.span, "no driver");
                    self.eval.report(
                        diagnostic
                            .help("add `open = poisson(100rps)`, `closed = users(50, think = exp(10s))` or a `trace`"),
                    );
                }
                return;
            }
        };
        let edge = EdgeId(self.edges.len() as u32);
        self.edges.push(Edge {
            name: format!("{}->{}", name.text, self.drafts[component].name.text),
            from: None,
            to: ComponentId(component as u32),
            latency: no_time(),
            loss: 0.0,
            balance: driver.balance.as_ref().map_or(Balance::RoundRobin, |(balance, _)| balance.clone()),
            breaker: None,
            permits: None,
            eligibility: driver.eligibility.eligibility(),
            zones: None,
            conduct: Conduct::default(),
            bandwidth: None,
            subscription: None,
            gather: None,
            connections: None,
        });
        self.pointless_for(edge, component, &driver.eligibility);
        if let Some((_, span)) = driver.balance {
            self.mismatched_weights(edge, component, span);
        }
        let policy = Policy {
            timeout_ns: driver.abandon_ns,
            gives_up_as: GivesUpAs::Abandoned,
            retry: driver.retry.clone(),
            once_received: false,
            hedge_after_ns: None,
            hedge_percentile: None,
            hedges_more: 0,
            idempotent: false,
            cancel: driver.cancel,
            deadline: false,
        };
        let mix = mix
            .into_iter()
            .map(|(index, weight)| {
                if let Some(ns) = driver.good_within_ns {
                    self.components[component].endpoints[index].good_within_ns.get_or_insert(ns);
                }
                let endpoint = EndpointId { component: ComponentId(component as u32), index: index as u32 };
                let size = driver.size.clone().or_else(|| self.drafts[component].endpoints[index].size.clone());
                let at = self.drafts[component].endpoints[index].at;
                let policy = policy.clone();
                let call = Call { edge, endpoint, policy, skip_failure: false, key: driver.key, size, at };
                self.check_context(&call, None, name.span, None);
                (weight, call)
            })
            .collect();
        let (batch, session) = (driver.batch, driver.session);
        self.sources.push(Source { name: name.text.clone(), arrivals, mix, batch, session });
        self.by_source.insert(name.text.clone(), self.source_names.len());
        self.source_names.push(name.clone());
    }

    fn driver(&mut self, name: &Name, body: &Block) -> Driver {
        const KNOWN: [&str; 21] = [
            "open",
            "closed",
            "trace",
            "scale",
            "repeat",
            "batch",
            "mix",
            "key",
            "size",
            "abandon",
            "good_within",
            "enabled",
            "allow",
            "retry",
            "cancel",
            "balance",
            "health",
            "eject",
            "slow_start",
            "fail_open",
            "panic",
        ];
        let (mut driver, mut batch, mut trace) = (Driver::default(), None, Trace::default());
        let scope = Rc::clone(&self.scope);
        for statement in readable(body) {
            if self.eligibility(statement, &scope, &mut driver.eligibility) {
                continue;
            }
            match &statement.node {
                Node::Assign(assign) => {
                    let property = assign.target.dotted();
                    let replaced = self.replacement(&format!("{}.{property}", name.text)).cloned();
                    let expr = replaced.as_ref().unwrap_or(&assign.value);
                    match property.as_str() {
                        "open" | "closed" => {
                            let value = self.eval.eval(expr, &scope);
                            self.arrivals(&property, value, expr.span, &mut driver);
                        }
                        "abandon" | "good_within" => {
                            let value = self.eval.eval(expr, &scope);
                            let ty = Type::Quantity(Dimension::Duration);
                            if let Value::Number(ns, _) = self.eval.hold(value, &ty, false, &property, expr.span) {
                                *(if property == "abandon" {
                                    &mut driver.abandon_ns
                                } else {
                                    &mut driver.good_within_ns
                                }) = Some((ns as u64).max(1));
                            }
                        }
                        "key" => {
                            let value = self.eval.eval(expr, &scope);
                            driver.key = self.keys(&value, expr.span);
                        }
                        "size" => driver.size = self.size_of(expr, &scope, "size"),
                        "balance" => driver.balance = self.balance_of_traffic(expr, &scope),
                        "cancel" => {
                            let value = self.eval.eval(expr, &scope);
                            driver.cancel = self.eval.hold(value, &Type::Flag, false, "cancel", expr.span)
                                == Value::Word("true".into());
                        }
                        "batch" => {
                            let value = self.eval.eval(expr, &scope);
                            batch = self.eval.count(value, expr.span, &BATCH).map(|batch| (batch, expr.span));
                        }
                        "retry" => {
                            let block = self.named("retry", expr);
                            driver.retry = block.and_then(|block| self.retry(block, &scope));
                        }
                        "enabled" => {
                            let value = self.eval.eval(expr, &scope);
                            driver.disabled = self.eval.hold(value, &Type::Flag, false, "enabled", expr.span)
                                == Value::Word("false".into());
                        }
                        "allow" => self.waiver(expr, body.span),
                        "trace" => trace.file = Some(expr.clone()),
                        "scale" => {
                            let value = self.eval.eval(expr, &scope);
                            let ty = Type::Quantity(Dimension::Factor);
                            if let Value::Number(by, _) = self.eval.hold(value, &ty, false, "scale", expr.span) {
                                trace.scale = Some((by, expr.span));
                            }
                        }
                        "repeat" => {
                            let value = self.eval.eval(expr, &scope);
                            let value = self.eval.hold(value, &Type::Flag, false, "repeat", expr.span);
                            trace.repeat = Some((value == Value::Word("true".into()), expr.span));
                        }
                        other => {
                            let meant = nearest(other, KNOWN).map(did_you_mean);
                            let help = meant.or_else(|| said_otherwise(other).map(str::to_owned));
                            let help = help.unwrap_or_else(|| format!("traffic has {}", KNOWN.join(", ")));
                            let message = format!("traffic has no property `{other}`");
                            self.eval.report(
                                Diagnostic::new(&codes::E0106, message, assign.target.span, "unknown property")
                                    .help(help),
                            );
                        }
                    }
                }
                Node::Section(section) if section.name.text == "retry" => {
                    driver.retry = self.retry(&section.body, &scope);
                }
                Node::Section(section) if section.name.text == "mix" => {
                    driver.mix_span = Some(section.name.span);
                    for statement in readable(&section.body) {
                        let Node::Assign(assign) = &statement.node else {
                            self.misplaced(statement, "a mix holds `endpoint = 95%`");
                            continue;
                        };
                        let share = self.share(&assign.value, &scope, &assign.target.dotted());
                        if let Some(segment) = assign.target.segments.first() {
                            driver.mix.push((segment.name.clone(), share, assign.value.span));
                        }
                    }
                }
                _ => self.misplaced(statement, "traffic holds `open = …` or `closed = …`, and `mix { … }`"),
            }
        }
        driver.wrong |= readable(body).count() < body.statements.len();
        self.recorded(&trace, &mut driver);
        if let Some((batch, span)) = batch {
            self.batch(batch, span, &mut driver);
        }
        driver
    }

    /// `balance = random`: how those who come choose among replicas.
    fn balance_of_traffic(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Option<(Balance, Span)> {
        let value = self.eval.eval(expr, scope);
        let value = self.eval.hold(value, &Type::Balance, false, "balance", expr.span);
        if value == Value::Bad {
            return None;
        }
        let (balance, prefers_zone) = balance::of(&value);
        if prefers_zone {
            let message = "traffic lies in no zone, so it has none to prefer";
            let diagnostic = Diagnostic::new(&codes::E0514, message, expr.span, "of which caller?");
            self.eval
                .report(diagnostic.help("write `balance = round_robin`, or let a component in zones make the calls"));
            return None;
        }
        Some((balance, expr.span))
    }

    /// `trace = file("launch.csv"), scale = 2x, repeat = on`
    fn recorded(&mut self, trace: &Trace, driver: &mut Driver) {
        let Some(file) = &trace.file else {
            for (word, span) in [("scale", trace.scale.map(|s| s.1)), ("repeat", trace.repeat.map(|r| r.1))] {
                let Some(span) = span else { continue };
                let message = format!("`{word}` is of a trace, and there is none");
                let diagnostic = Diagnostic::new(&codes::E0606, message, span, "has no meaning here");
                self.eval.report(diagnostic.help("add `trace = file(\"launch.csv\")`, or remove it"));
            }
            return;
        };
        if let Some((0.0, span)) = trace.scale {
            let diagnostic = Diagnostic::new(&codes::E0207, "`scale` is 0", span, "must be positive");
            self.eval.report(diagnostic.help("write `scale = 2x`"));
            return;
        }
        match self.eval.trace(trace) {
            Some(intake) => self.arrivals("open", Value::Intake(Box::new(intake)), file.span, driver),
            None => driver.wrong = true,
        }
    }

    /// `batch = 5` of traffic that is open and does not say itself how many come.
    fn batch(&mut self, batch: Count, span: Span, driver: &mut Driver) {
        if matches!(batch, Count::Constant(0)) {
            let diagnostic = Diagnostic::new(&codes::E0207, "`batch` is 0", span, "nobody comes");
            self.eval.report(diagnostic.help("write `batch = 5`, or `enabled = off`"));
            return;
        }
        let why = if driver.closed.is_some() {
            "users come one by one: a closed source has no `batch`"
        } else if driver.batch.is_some() {
            "how many come is said twice: by `batch`, and by `count`"
        } else {
            driver.batch = Some(batch);
            return;
        };
        let diagnostic = Diagnostic::new(&codes::E0606, why, span, "has no meaning here");
        self.eval.report(diagnostic.help("remove `batch`"));
    }

    fn arrivals(&mut self, property: &str, value: Value, span: Span, driver: &mut Driver) {
        match (property, value) {
            ("open", Value::Intake(_)) if driver.open.is_some() => {
                driver.wrong = true;
                let message = "requests come in two ways at once";
                let diagnostic = Diagnostic::new(&codes::E0606, message, span, "a second driver");
                self.eval.report(diagnostic.help("choose one, or make it two `traffic` blocks"));
            }
            ("open", Value::Intake(intake)) => {
                driver.open = Some((intake.arrivals, span));
                driver.batch = intake.batch;
                driver.session = intake.session;
            }
            ("open", Value::Open(gaps, rate)) => driver.open = Some((Arrivals::Open { gaps, rate }, span)),
            ("closed", Value::Users(users, think)) => {
                if !(1.0..=USERS_MAX).contains(&users) {
                    let message = format!("a source can have from 1 to {USERS_MAX:.0} users");
                    self.eval.report(
                        Diagnostic::new(&codes::E0212, message, span, "none or too many")
                            .help("use an open source for more"),
                    );
                    driver.wrong = true;
                    return;
                }
                driver.closed = Some((Arrivals::Closed { users: users as u32, think }, span));
            }
            (_, Value::Bad) => driver.wrong = true,
            ("open", Value::Number(rate, Dimension::Rate)) => {
                driver.wrong = true;
                let message = "an open source needs an arrival process, got a rate";
                let text = crate::units::trimmed(rate);
                self.eval.report(
                    Diagnostic::new(&codes::E0203, message, span, "how are the requests spaced?")
                        .help(format!("write `poisson({text}rps)` or `constant({text}rps)`")),
                );
            }
            ("open", Value::Users(..)) => {
                driver.wrong = true;
                let message = "users wait for their answers before they ask again: they are a closed source";
                let diagnostic = Diagnostic::new(&codes::E0606, message, span, "an open source waits for nobody");
                self.eval.report(diagnostic.help("write `closed = users(…)`"));
            }
            (property, other) => {
                driver.wrong = true;
                let message = format!("`{property}` needs an arrival process, got {}", other.describe());
                let help = if property == "open" {
                    "write `open = poisson(100rps)`"
                } else {
                    "write `closed = users(50, think = exp(10s))`"
                };
                self.eval.report(Diagnostic::new(&codes::E0203, message, span, "not an arrival process").help(help));
            }
        }
    }

    /// Endpoints and their shares of the traffic.
    fn mix(&mut self, component: usize, target: &Path, driver: &Driver) -> Vec<(usize, f64)> {
        let Some(mix_span) = driver.mix_span else {
            return self.endpoint_of(component, target).map(|index| vec![(index, 1.0)]).unwrap_or_default();
        };
        let mut mix = Vec::new();
        for (name, share, _) in &driver.mix {
            match self.drafts[component].endpoints.iter().position(|e| e.name.text == name.text) {
                Some(index) if *share > 0.0 => mix.push((index, *share)),
                Some(_) => {}
                None => self.not_in_mix(component, name),
            }
        }
        let total: f64 = driver.mix.iter().map(|(_, share, _)| share).sum();
        if (total - 1.0).abs() > 1e-6 {
            let parts: Vec<String> =
                driver.mix.iter().map(|(_, share, _)| format!("{}%", crate::units::trimmed(share * 100.0))).collect();
            let message = format!("the mix sums to {}% ({})", crate::units::trimmed(total * 100.0), parts.join(" + "));
            self.eval.report(
                Diagnostic::new(&codes::E0601, message, mix_span, "must be 100%")
                    .help("change the shares so that they sum to 100%"),
            );
        }
        mix
    }

    fn not_in_mix(&mut self, component: usize, name: &Name) {
        let draft = &self.drafts[component];
        if draft.view.properties.is_empty() {
            return;
        }
        let names: Vec<&str> = draft.endpoints.iter().map(|e| e.name.text.as_str()).collect();
        let help = meant(&name.text, "it has", &names);
        let message = format!("`{}` is not an endpoint of `{}`", name.text, draft.name.text);
        self.eval.report(Diagnostic::new(&codes::E0603, message, name.span, "not found").help(help));
    }
}

/// What other tools call a property of traffic, and what it is called here.
fn said_otherwise(name: &str) -> Option<&'static str> {
    Some(match name {
        "timeout" | "deadline" | "patience" => "visitors who give up: write `abandon = 10s`",
        "sessions" | "users" | "rate" | "arrivals" | "rps" => {
            "write `open = poisson(100rps)`, `open = sessions(…)` or `closed = users(50, think = exp(10s))`"
        }
        _ => return None,
    })
}
