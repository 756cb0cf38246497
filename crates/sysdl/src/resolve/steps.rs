//! Steps of endpoints → steps of the model.

use super::components::count;
use super::counts::Counted;
use super::edges::PolicyDraft;
use super::sizes::Arguments;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::Scope;
use crate::codes;
use crate::diagnostic::{Diagnostic, meant, nearest};
use crate::syntax::ast::{Block, Expr, Name, Need, Node, Path, Statement, Step as StepNode};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{Call, ComponentId, Count, Distribution, EdgeId, Endpoint, EndpointId, Size, Step};

/// Where steps are being resolved.
pub(super) struct Place {
    pub(super) component: usize,
    pub(super) endpoint: String,
    pub(super) scope: Rc<Scope>,
    /// Lookups around that serve what is out of date.
    pub(super) stale_lookups: u32,
}

/// Most branches of `parallel each`.
const BRANCHES_MAX: u32 = 256;
/// Rounds of a loop.
const ROUNDS: Counted = Counted {
    what: "a loop",
    of: "rounds",
    most: 1_000_000.0,
    help: "write `loop 3 { … }` or `loop geometric(mean = 4, max = 12) { … }`",
};

impl Builder<'_> {
    pub(super) fn resolve_endpoint(&mut self, component: usize, endpoint: usize) -> Endpoint {
        let draft = &self.drafts[component].endpoints[endpoint];
        let place =
            Place { component, endpoint: draft.name.text.clone(), scope: Rc::clone(&draft.scope), stale_lookups: 0 };
        let (name, span, errors, good_within_ns) = (draft.name.clone(), draft.span, draft.errors, draft.good_within_ns);
        let (priority, writes, result) = (draft.priority, draft.writes, draft.result.clone());
        let (budget, context, meter) = (draft.budget, draft.context.clone(), draft.meter.clone());
        let body = draft.body.clone();
        let mut steps = body.as_ref().map(|body| self.steps(body, &place)).unwrap_or_default();
        if steps.is_empty() && !self.drafts[component].view.properties.is_empty() {
            // A kind's own endpoint may be empty when it calls everything and there is nothing.
            let own = body.is_none_or(|body| body.span.file.0 == 0 && body.statements.is_empty());
            if own && span.file.0 == 0 {
                let message =
                    format!("`{}.{}` does nothing: it takes no time", self.drafts[component].name.text, name.text);
                let diagnostic = Diagnostic::new(&codes::W0312, message, name.span, "no steps");
                self.eval.report(diagnostic.help("add `work exp(2ms)`, or a call"));
            }
        }
        if let Some(meter) = meter {
            meter.around(&mut steps);
        }
        if errors > 0.0 {
            steps.push(Step::Fail(errors));
        }
        Endpoint { name: name.text, good_within_ns, priority, writes, steps, result, budget, context }
    }

    pub(super) fn steps(&mut self, block: &Block, place: &Place) -> Vec<Step> {
        readable(block).flat_map(|statement| self.steps_of(statement, place)).collect()
    }

    /// The steps that a statement stands for.
    pub(super) fn steps_of(&mut self, statement: &Statement, place: &Place) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Node::Step(step) = &statement.node {
            self.step(step, statement, place, &mut steps);
        } else if !matches!(statement.node, Node::Assign(_) | Node::Section(_)) {
            self.misplaced(
                statement,
                "only steps stand here: `work`, `call`, `lookup`, `parallel`, `fill`, `invalidate`, `admit`, `with`, `loop`, `try`, `background`, `saga`, `publish`",
            );
        }
        steps
    }

    fn step(&mut self, step: &StepNode, statement: &Statement, place: &Place, steps: &mut Vec<Step>) {
        match step {
            StepNode::Work(time) => {
                let value = self.eval.eval(time, &place.scope);
                steps.extend(self.eval.work(value, time.span));
            }
            StepNode::Call { target, args, .. } if target.word() == Some("everything") => {
                for arg in args {
                    self.eval.later("an argument of `call everything`", arg.value.span);
                }
                self.call_everything(place, steps);
            }
            StepNode::Call { target, args, .. }
                if target.word() == Some("log") && self.drafts[place.component].log.is_some() =>
            {
                for arg in args {
                    self.eval.later("an argument of `call log`", arg.value.span);
                }
                self.call_log(place, steps, target.span);
            }
            StepNode::Call { target, args, times } => {
                let Arguments { key, size, weight } = self.arguments(args, &place.scope, "call");
                let Some(call) = self.call(target, place, false) else { return };
                let call = Call { key, size: size.or(call.size), ..call };
                let call = Call { at: self.role_of_call(args, &call, &place.scope), ..call };
                self.check_context(&call, Some((place.component, &place.endpoint)), target.span, weight);
                match times {
                    None => steps.push(Step::Call(call)),
                    Some(times) => {
                        if let Some(count) = self.rounds(times, place) {
                            steps.push(Step::Loop { count, body: vec![Step::Call(call)] });
                        }
                    }
                }
            }
            StepNode::Publish(target, args) if target.word() == Some("consumers") => {
                for arg in args {
                    self.eval.later("an argument of `publish consumers`", arg.value.span);
                }
                self.publish_to_consumers(place, steps)
            }
            StepNode::Publish(target, args) => {
                let Arguments { key, size, weight } = self.arguments(args, &place.scope, "publish");
                let Some(call) = self.call(target, place, true) else { return };
                let call = Call { key, size: size.or(call.size), ..call };
                self.check_context(&call, Some((place.component, &place.endpoint)), target.span, weight);
                // A handler takes a message and answers nobody; a topic acknowledges its append.
                let to = &self.drafts[call.endpoint.component.0 as usize];
                let handler = to.endpoints[call.endpoint.index as usize].handler;
                let policy = self.draft_of(call.edge).map(|draft| draft.policy.clone());
                let step = match policy {
                    Some(policy) if handler => self.delivery(call, &policy, place),
                    _ => Step::Call(call),
                };
                steps.push(step);
            }
            StepNode::Reply(value) => {
                if let Some(value) = value {
                    let message = "`reply` takes no value";
                    let diagnostic = Diagnostic::new(&codes::E0115, message, value.span, "not here");
                    self.eval.report(diagnostic.help("say what the answer weighs in the endpoint: `result = 2KiB`"));
                }
                steps.push(Step::Reply);
            }
            StepNode::Fail(share) => {
                let share = share.as_ref().map_or(1.0, |share| self.share(share, &place.scope, "fail"));
                steps.push(Step::Fail(share));
            }
            StepNode::Parallel(need, None, block) => {
                let branches = self.branches(block, place);
                self.parallel(need, branches, statement.span, place, steps);
            }
            StepNode::Parallel(need, Some(each), block) => {
                if let Some(branches) = self.repeated(each, block, place) {
                    self.parallel(need, branches, statement.span, place, steps);
                }
            }
            StepNode::With { share, then, otherwise } => {
                let step = self.with(share, then, otherwise.as_ref(), place);
                steps.push(step);
            }
            StepNode::Lookup(target, block) => steps.extend(self.lookup(target, block, place)),
            StepNode::Put { target, body, remove } => steps.extend(self.put(target, body.as_ref(), *remove, place)),
            StepNode::Admit(block) => steps.extend(self.admit(block, statement.span, place)),
            StepNode::Try(block, otherwise) => {
                let body = self.steps(block, place);
                let otherwise = self.steps(otherwise, place);
                steps.push(Step::Try { body, otherwise });
            }
            StepNode::Background(block) => {
                let body = self.steps(block, place);
                steps.push(Step::Background(body));
            }
            StepNode::Saga(block, otherwise) => {
                let step = self.saga(block, otherwise.as_ref(), place);
                steps.extend(step);
            }
            StepNode::Undoable(..) => self.misplaced(statement, "put it into `saga { … }`"),
            StepNode::Loop(times, block) => {
                let count = self.rounds(times, place);
                let body = self.steps(block, place);
                steps.extend(count.map(|count| Step::Loop { count, body }));
            }
        }
    }

    /// A call of each thing behind the component, in the order of its edges.
    fn call_everything(&mut self, place: &Place, steps: &mut Vec<Step>) {
        let targets: Vec<(usize, Option<String>)> = self
            .edge_drafts
            .iter()
            .filter(|edge| edge.from == place.component && !edge.asynchronous)
            .map(|edge| (edge.to, edge.by_endpoint.first().map(|(name, _)| name.clone())))
            .collect();
        for (to, endpoint) in targets {
            let index = endpoint
                .and_then(|name| self.drafts[to].endpoints.iter().position(|e| e.name.text == name))
                .unwrap_or(0);
            let Some(target) = self.drafts[to].endpoints.get(index) else { continue };
            let (name, size) = (target.name.text.clone(), target.size.clone());
            if let Some((edge, policy)) = self.edge_between(place.component, to, &name) {
                let call = Call {
                    size,
                    edge,
                    endpoint: endpoint_id(to, index),
                    policy: policy.policy(),
                    skip_failure: policy.skip.unwrap_or(false),
                    key: None,
                    at: self.role(&policy, to, index),
                };
                let span = self.drafts[place.component].name.span;
                self.check_context(&call, Some((place.component, &place.endpoint)), span, None);
                steps.push(Step::Call(call));
            }
        }
    }

    /// A message to the handler of each consumer.
    fn publish_to_consumers(&mut self, place: &Place, steps: &mut Vec<Step>) {
        self.look_for_room(place.component, steps);
        let graveyards = self.graveyards(place.component);
        let consumers: Vec<(usize, Option<String>)> = self
            .edge_drafts
            .iter()
            .filter(|edge| edge.from == place.component && edge.asynchronous && !graveyards.contains(&edge.to))
            .map(|edge| (edge.to, edge.by_endpoint.first().map(|(name, _)| name.clone())))
            .collect();
        for (to, endpoint) in consumers {
            let by_name = endpoint.and_then(|name| self.drafts[to].endpoints.iter().position(|e| e.name.text == name));
            let index = by_name.or_else(|| self.drafts[to].endpoints.iter().position(|e| e.handler)).unwrap_or(0);
            let Some(target) = self.drafts[to].endpoints.get(index) else { continue };
            // The message is handed on as it came.
            let (name, size) = (target.name.text.clone(), target.size.clone().or(Some(Size::OfRequest(1.0))));
            if let Some((edge, policy)) = self.edge_between(place.component, to, &name) {
                let endpoint = endpoint_id(to, index);
                let at = self.role(&policy, to, index);
                let call = Call { edge, endpoint, policy: policy.policy(), skip_failure: false, key: None, size, at };
                let step = self.delivery(call, &policy, place);
                let step = self.delayed(place.component, step);
                steps.push(match policy.filter {
                    Some((filter, _)) => filter.around(step),
                    None => step,
                });
            }
        }
    }

    /// Hands a message to a handler: once, or again until it is dealt with, and in the end to where dead letters go.
    fn delivery(&mut self, call: Call, policy: &PolicyDraft, place: &Place) -> Step {
        let ordered = self.is_ordered(place.component);
        if !policy.redelivers(ordered) {
            return Step::Send(call);
        }
        let call = if ordered { in_order(call) } else { call };
        let delivered = vec![Step::Call(call)];
        let Some(graveyard) = &policy.dead_letter else { return Step::Background(delivered) };
        let otherwise = self.call(graveyard, place, true).map(Step::Send).into_iter().collect();
        Step::Background(vec![Step::Try { body: delivered, otherwise }])
    }

    /// A message is handed over later, if what hands it over delays it.
    fn delayed(&self, component: usize, step: Step) -> Step {
        let Some(delay) = self.drafts[component].delay.clone() else { return step };
        match step {
            Step::Background(mut steps) => {
                steps.insert(0, Step::Pause(delay));
                Step::Background(steps)
            }
            step => Step::Background(vec![Step::Pause(delay), step]),
        }
    }

    /// Components that take the dead letters of another's consumers.
    pub(super) fn graveyards(&mut self, component: usize) -> Vec<usize> {
        let edges = self.edge_drafts.iter().filter(|edge| edge.from == component);
        let named: Vec<Path> = edges.filter_map(|edge| edge.policy.dead_letter.clone()).collect();
        named.iter().filter_map(|path| self.component_of(path)).collect()
    }

    /// A call of `component.endpoint`, or of a component with one endpoint.
    pub(super) fn call(&mut self, target: &Path, place: &Place, publish: bool) -> Option<Call> {
        let to = self.component_of(target)?;
        let index = self.endpoint_of(to, target)?;
        let endpoint = self.drafts[to].endpoints[index].name.text.clone();
        let (from_name, to_name) = (self.drafts[place.component].name.text.clone(), self.drafts[to].name.text.clone());
        let Some((edge, policy)) = self.edge_between(place.component, to, &endpoint) else {
            if place.component == to {
                let message = format!("`{from_name}` calls itself");
                self.eval.report(
                    Diagnostic::new(&codes::E0308, message, target.span, "its own endpoint")
                        .help("name another component"),
                );
                return None;
            }
            let arrow = if publish { "~>" } else { "->" };
            let verb = if publish { "publishes to" } else { "calls" };
            let message =
                format!("`{from_name}.{}` {verb} `{}` but no edge joins them", place.endpoint, target.dotted());
            let fix = if publish { String::new() } else { " { timeout = 1s }".to_owned() };
            let diagnostic = Diagnostic::new(&codes::E0303, message, target.span, "no edge leads there");
            self.eval.report(diagnostic.help(format!("add `{from_name} {arrow} {to_name}{fix}`")));
            return None;
        };
        self.arrow(edge, target, publish);
        Some(Call {
            edge,
            endpoint: endpoint_id(to, index),
            policy: policy.policy(),
            skip_failure: policy.skip.unwrap_or(false),
            key: None,
            size: self.drafts[to].endpoints[index].size.clone(),
            at: self.role(&policy, to, index),
        })
    }

    /// `call` waits and needs `->`; `publish` hands over and needs `~>`.
    fn arrow(&mut self, edge: EdgeId, target: &Path, publish: bool) {
        let Some(draft) = self.draft_of(edge) else { return };
        if draft.asynchronous == publish {
            return;
        }
        let (from, to) = (&self.drafts[draft.from].name.text, &self.drafts[draft.to].name.text);
        let (verb, has, wants) = if publish { ("publish", "->", "~>") } else { ("call", "~>", "->") };
        let message = format!("`{verb} {}` does not go with the edge `{from} {has} {to}`", target.dotted());
        let diagnostic = Diagnostic::new(&codes::E0309, message, draft.span, "the wrong arrow");
        let diagnostic = diagnostic.label(target.span, if publish { "hands over" } else { "waits for the answer" });
        let fix = format!("{from} {wants} {to}");
        self.eval.report(diagnostic.help(format!("write `{fix}`")).edit(draft.span, fix));
    }

    /// The endpoint that a path names at a component.
    pub(super) fn endpoint_of(&mut self, component: usize, path: &Path) -> Option<usize> {
        let endpoints = &self.drafts[component].endpoints;
        let Some(segment) = path.segments.get(1) else {
            if endpoints.len() > 1
                && self.drafts[component].view.endpoints.iter().all(|e| e.name.text != endpoints[0].name.text)
            {
                let names: Vec<&str> = endpoints.iter().map(|e| e.name.text.as_str()).collect();
                let message = format!("which endpoint of `{}`?", path.dotted());
                let help = format!("write `{}.{}`; it has {}", path.dotted(), names[0], names.join(", "));
                self.eval.report(Diagnostic::new(&codes::E0302, message, path.span, "it has several").help(help));
                return None;
            }
            return (!endpoints.is_empty()).then_some(0);
        };
        if let Some(more) = path.segments.get(2) {
            let message = format!("`{}` is nothing that an endpoint has", more.name.text);
            let diagnostic = Diagnostic::new(&codes::E0302, message, more.name.span, "not known");
            self.eval.report(diagnostic.help("remove it"));
            return None;
        }
        let found = endpoints.iter().position(|e| e.name.text == segment.name.text);
        if found.is_none() {
            let name = segment.name.clone();
            self.unknown_endpoint(component, &name);
        }
        found
    }

    pub(super) fn unknown_endpoint(&mut self, component: usize, name: &Name) {
        let draft = &self.drafts[component];
        if draft.view.properties.is_empty() || draft.unread {
            return;
        }
        let names: Vec<&str> = draft.endpoints.iter().map(|e| e.name.text.as_str()).collect();
        let help = meant(&name.text, "it has", &names);
        let message = format!("`{}` has no endpoint `{}`", draft.name.text, name.text);
        let diagnostic = Diagnostic::new(&codes::E0302, message, name.span, "not found").help(help);
        let edit = nearest(&name.text, names.iter().copied()).map(str::to_owned);
        self.eval.report(match edit {
            Some(meant) => diagnostic.edit(name.span, meant),
            None => diagnostic,
        });
    }

    /// Each step of the block is a branch; a nested `with` decides whether it is there.
    fn branches(&mut self, block: &Block, place: &Place) -> Vec<Vec<Step>> {
        readable(block).map(|statement| self.steps_of(statement, place)).filter(|branch| !branch.is_empty()).collect()
    }

    /// `parallel each 3 { … }`: the steps of the block are one branch, so many times.
    fn repeated(&mut self, each: &Expr, block: &Block, place: &Place) -> Option<Vec<Vec<Step>>> {
        let value = self.eval.eval(each, &place.scope);
        let value = self.eval.hold(value, &Type::Quantity(Dimension::Count), false, "each", each.span);
        let times = count(Some(&value))?;
        if !(1..=BRANCHES_MAX).contains(&times) {
            let message = format!("{times} branches; there can be from 1 to {BRANCHES_MAX}");
            let diagnostic = Diagnostic::new(&codes::E0212, message, each.span, "too many or none");
            self.eval.report(diagnostic.help("let one branch stand for several"));
            return None;
        }
        let branch = self.steps(block, place);
        Some(if branch.is_empty() { Vec::new() } else { vec![branch; times as usize] })
    }

    fn parallel(&mut self, need: &Need, branches: Vec<Vec<Step>>, span: Span, place: &Place, steps: &mut Vec<Step>) {
        if branches.is_empty() {
            return;
        }
        let all = branches.len() as u32;
        let need = match need {
            Need::All => all,
            Need::First => 1,
            Need::Quorum(expr) => {
                let value = self.eval.eval(expr, &place.scope);
                let value = self.eval.hold(value, &Type::Quantity(Dimension::Count), false, "quorum", expr.span);
                let need = count(Some(&value)).unwrap_or(all);
                if need == 0 || need > all {
                    let message = format!("a quorum of {need} out of {all} branches");
                    self.eval.report(
                        Diagnostic::new(&codes::E0209, message, span, "impossible")
                            .help(format!("write a number from 1 to {all}")),
                    );
                }
                need.clamp(1, all)
            }
        };
        steps.push(Step::Parallel { branches, need });
    }

    /// `with 30% { } else with 40% { } else { }`: shares are of all requests, not of the rest.
    fn with(&mut self, share: &Expr, then: &Block, otherwise: Option<&Block>, place: &Place) -> Step {
        let mut arms = vec![(self.share(share, &place.scope, "with"), share.span, self.steps(then, place))];
        let mut last = Vec::new();
        let mut next = otherwise;
        while let Some(block) = next {
            next = None;
            match chained(block) {
                Some((share, then, otherwise)) => {
                    arms.push((self.share(share, &place.scope, "with"), share.span, self.steps(then, place)));
                    next = otherwise;
                }
                None => last = self.steps(block, place),
            }
        }
        let total: f64 = arms.iter().map(|(share, _, _)| share).sum();
        if total > 1.0 + 1e-9 {
            let message = format!("the branches take {:.0}% of requests together", total * 100.0);
            let place = arms.last().map_or(share.span, |(_, span, _)| *span);
            self.eval.report(
                Diagnostic::new(&codes::E0602, message, place, "beyond 100%")
                    .help("shares of `with … else with …` are of all requests"),
            );
        }
        let mut rest = 1.0;
        let conditional: Vec<f64> = arms
            .iter()
            .map(|(share, _, _)| {
                let probability = if rest > 0.0 { (share / rest).min(1.0) } else { 0.0 };
                rest -= share;
                probability
            })
            .collect();
        for ((_, _, then), probability) in arms.into_iter().zip(conditional).rev() {
            last = vec![Step::With { probability, then, otherwise: last }];
        }
        last.remove(0)
    }

    fn rounds(&mut self, expr: &Expr, place: &Place) -> Option<Count> {
        let value = self.eval.eval(expr, &place.scope);
        self.eval.count(value, expr.span, &ROUNDS)
    }
}

/// A message in order is not hidden from others: they wait behind it.
fn in_order(mut call: Call) -> Call {
    if call.policy.once_received {
        (call.policy.once_received, call.policy.timeout_ns) = (false, None);
    }
    call
}

fn endpoint_id(component: usize, index: usize) -> EndpointId {
    EndpointId { component: ComponentId(component as u32), index: index as u32 }
}

/// The parts of a `with` that stands alone in an `else`.
fn chained(block: &Block) -> Option<(&Expr, &Block, Option<&Block>)> {
    match &*block.statements {
        [Statement { node: Node::Step(StepNode::With { share, then, otherwise }), span, .. }]
            if *span == block.span =>
        {
            Some((share, then, otherwise.as_ref()))
        }
        _ => None,
    }
}

/// A distribution that takes no time at all.
#[must_use]
pub(super) fn no_time() -> Distribution {
    Distribution::Constant(0.0)
}
