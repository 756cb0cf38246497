//! What kinds, faults, components, edges and the user's other names are, in Markdown.

use super::document::Document;
use super::names::{Definition, Names, Sort, Symbol};
use super::values;
use crate::reference::{self, BASE, Property};
use crate::resolve::{Analysis, distributions};
use crate::units;
use std::fmt::Write as _;
use sysdl_kernel::outcome;
use sysdl_lower::model::{Balance, BreakerWindow, Component, Edge, Model, Policy, Step};

/// `**timeout**: duration = none`, what it means, how well its default is known.
pub(super) fn property(property: &Property) -> String {
    let default = property.default.as_ref().map_or_else(String::new, |default| format!(" = `{default}`"));
    let mut text = format!("**{}**: {}{default}", property.name, property.ty);
    if !property.doc.is_empty() {
        let _ = write!(text, "\n\n{}", property.doc);
    }
    text + &known(property, "\n\n")
}

/// `*published: its source*`
fn known(property: &Property, before: &str) -> String {
    match (&property.grade, &property.source) {
        (Some(grade), Some(source)) => format!("{before}*{grade}: {source}*"),
        (Some(grade), None) => format!("{before}*{grade}*"),
        _ => String::new(),
    }
}

fn list(properties: &[Property]) -> String {
    let line = |property: &Property| {
        let default = property.default.as_ref().map_or_else(|| "must be set".to_owned(), |d| format!("`{d}`"));
        format!("\n- `{}` {}: {default}{}", property.name, property.ty, known(property, " · "))
    };
    properties.iter().map(line).collect()
}

/// A kind: what it models, what it leaves out, what can be set.
pub(super) fn kind(analysis: &Analysis, name: &str) -> Option<String> {
    let def = analysis.program.kinds.get(name)?;
    let (models, left_out) = reference::told(&def.docs);
    let word = if def.kind.template { "template" } else { "kind" };
    let base = def.kind.base.as_ref().map(|base| base.dotted()).filter(|base| base != BASE);
    let base = base.map_or_else(String::new, |base| format!(", extends `{base}`"));
    let mut text = format!("**{name}**: {word}{base}\n\n{models}");
    if let Some(left_out) = left_out {
        let _ = write!(text, "\n\nNot modelled: {left_out}");
    }
    let own: Vec<Property> =
        reference::properties_of(analysis, name).into_iter().filter(|p| p.of != BASE || p.default_of == name).collect();
    if !own.is_empty() {
        let _ = write!(text, "\n{}", list(&own));
    }
    Some(text)
}

/// A fault: what it does, to whom, what helps.
pub(super) fn fault(analysis: &Analysis, name: &str) -> Option<String> {
    let page = reference::fault_of(analysis, name)?;
    let mut text = format!("**{name}**: fault on `{}`\n\n{}", page.on, page.does);
    for (title, part) in [("Strikes", &page.strikes), ("In flight", &page.in_flight), ("Mitigation", &page.mitigation)]
    {
        if !part.is_empty() {
            let _ = write!(text, "\n\n{title}: {part}");
        }
    }
    if !page.properties.is_empty() {
        let _ = write!(text, "\n{}", list(&page.properties));
    }
    Some(text)
}

/// One of the user's names: how it is defined, and what that comes to.
pub(super) fn symbol(document: &Document<'_>, names: &Names, symbol: &Symbol) -> Option<String> {
    let (analysis, name) = (&document.analysis, symbol.name.as_str());
    let definition = names.definition(symbol)?;
    Some(match symbol.sort {
        Sort::Kind => kind(analysis, name)?,
        Sort::Fault => fault(analysis, name)?,
        Sort::Component => {
            let model = document.model(&symbol.owner);
            let built = model.as_ref().and_then(|m| m.components.iter().find(|of| of.name == name));
            component(document, definition, built)
        }
        Sort::Value => {
            let worth = values::evaluate(analysis, name).map(|value| values::show(&value)).unwrap_or_default();
            let worth = if worth.is_empty() { String::new() } else { format!("\n\n{worth}") };
            format!("{}{worth}", written(document, definition))
        }
        Sort::Endpoint => {
            let owner = symbol.owner.rsplit(['/', ':']).next().unwrap_or("");
            format!("**{owner}.{name}**\n\n{}", written(document, definition))
        }
        _ => written(document, definition),
    })
}

/// What a definition is called, its documentation, and its first line.
fn written(document: &Document<'_>, definition: &Definition) -> String {
    const LINE_MAX: usize = 120;
    let whole = document.said(definition.whole);
    let mut line: String = whole.lines().next().unwrap_or("").chars().take(LINE_MAX).collect();
    if line.len() < whole.len() && line.trim_end().ends_with('{') {
        line.push_str(" … }");
    }
    let docs = reference::told(&definition.docs).0;
    let docs = if docs.is_empty() { docs } else { format!("\n\n{docs}") };
    format!("```sysdl\n{line}\n```{docs}")
}

fn component(document: &Document<'_>, definition: &Definition, built: Option<&Component>) -> String {
    let kind = &definition.detail;
    let docs = document.analysis.program.kinds.get(kind).map_or_else(String::new, |def| reference::summary(&def.docs));
    let title = title(document, definition);
    let mut text = format!("**{}**: {kind}{title}", definition.symbol.name);
    if let Some(of) = built {
        let servers =
            of.station.servers.map_or_else(|| "unlimited concurrency".to_owned(), |n| format!("{n} at once each"));
        let queue = of.station.queue_capacity.map_or_else(String::new, |n| format!(", queue of {n}"));
        let replicas = of.fleet.as_ref().map_or(of.replicas, |fleet| fleet.initial);
        let s = if replicas == 1 { "" } else { "s" };
        let _ = write!(text, "\n\n{replicas} replica{s}, {servers}{queue}");
        if let Some(monthly) = of.monthly_usd {
            let _ = write!(text, ", ${}/month", units::trimmed(monthly.round()));
        }
        let endpoints: Vec<String> = of.endpoints.iter().map(|endpoint| format!("`{}`", endpoint.name)).collect();
        if !endpoints.is_empty() {
            let _ = write!(text, "\n\nEndpoints: {}", endpoints.join(" "));
        }
    }
    format!("{text}\n\n{docs}")
}

/// The text in quotes of a definition.
fn title(document: &Document<'_>, definition: &Definition) -> String {
    let head = document.said(definition.whole).split(['{', '\n']).next().unwrap_or("");
    let title = head.split('"').nth(1).unwrap_or("");
    if title.is_empty() { String::new() } else { format!(" “{title}”") }
}

/// An edge by the row of its arrow: its policy as the resolver has it.
pub(super) fn edge(document: &Document<'_>, arrow: usize) -> Option<String> {
    let text = document.text.as_str();
    let word = |row: usize| document.tokens.get(row).map(|token| token.text(text));
    let to = word(arrow + 1)?;
    // `a.b -> c` has no such edge, `a[0] -> c` has.
    let mut row = arrow.checked_sub(1)?;
    if word(row) == Some("]") {
        row = (0..row).rev().find(|row| word(*row) == Some("["))?.checked_sub(1)?;
    }
    let name = format!("{}->{to}", word(row)?);
    let program = &document.analysis.program;
    let place = super::place::Place::of(document, document.tokens[arrow].start);
    let system =
        place.system.map(str::to_owned).or_else(|| place.scenario.map(|s| super::names::system_of(program, s)))?;
    let model = document.model(&super::names::family(program, &system))?;
    let found = model.edges.iter().position(|edge| edge.name == name)?;
    Some(policies(&model, found))
}

fn policies(model: &Model, index: usize) -> String {
    let edge = &model.edges[index];
    let mut lines: Vec<String> = Vec::new();
    let mut policies: Vec<(String, &Policy)> = Vec::new();
    let steps = model.components.iter().flat_map(|c| &c.endpoints).flat_map(|e| e.steps.iter());
    let mut open: Vec<&Step> = steps.collect();
    let mut calls: Vec<_> = model.sources.iter().flat_map(|source| &source.mix).map(|(_, call)| call).collect();
    while let Some(step) = open.pop() {
        calls.extend(step.call());
        open.extend(step.inside().into_iter().flatten());
    }
    for call in calls.into_iter().filter(|call| call.edge.0 as usize == index) {
        let component = &model.components[call.endpoint.component.0 as usize];
        let endpoint = component.endpoints[call.endpoint.index as usize].name.clone();
        if policies.iter().all(|(_, known)| *known != &call.policy) {
            policies.push((endpoint, &call.policy));
        }
    }
    let several = policies.len() > 1;
    for (endpoint, policy) in &policies {
        let of = if several { format!("`{endpoint}`: ") } else { String::new() };
        lines.push(format!("{of}{}", policy_in_words(policy)));
    }
    lines.extend(edge_in_words(edge));
    format!("**{}**\n\n{}", edge.name.replace("->", " -> "), lines.join("\n\n"))
}

fn policy_in_words(policy: &Policy) -> String {
    let mut said = vec![
        policy
            .timeout_ns
            .map_or_else(|| "no timeout".to_owned(), |ns| format!("timeout {}", units::duration(ns as f64))),
    ];
    if let Some(retry) = &policy.retry {
        let s = if retry.max == 1 { "y" } else { "ies" };
        let mut text = format!("{} retr{s}, backoff {}", retry.max, units::duration(retry.backoff_ns as f64));
        if retry.factor > 1.0 {
            let _ = write!(text, " up to {}", units::duration(retry.cap_ns as f64));
        }
        if let Some(budget) = retry.budget {
            let _ = write!(text, ", budget {}%", units::trimmed(budget * 100.0));
        }
        let on = outcome::NAMES.iter().enumerate().filter(|(code, _)| retry.on & (1 << code) != 0);
        let on: Vec<&str> = on.map(|(_, name)| *name).collect();
        let _ = write!(text, ", on {}", on.join(" "));
        said.push(text);
    } else {
        said.push("no retries".to_owned());
    }
    if let Some(after) = policy.hedge_after_ns {
        said.push(format!("hedged after {}", units::duration(after as f64)));
    }
    let flags =
        [(policy.cancel, "cancels"), (policy.deadline, "passes its deadline on"), (policy.idempotent, "idempotent")];
    said.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()));
    said.join("; ")
}

fn edge_in_words(edge: &Edge) -> Option<String> {
    let mut said = Vec::new();
    if let Some(breaker) = &edge.breaker {
        let window = match breaker.window {
            BreakerWindow::Count(count) => format!("{count} attempts"),
            BreakerWindow::Time(ns) => units::duration(ns as f64),
        };
        let trip = units::trimmed(breaker.trip * 100.0);
        said.push(format!("breaker opens at {trip}% of {window}, for {}", units::duration(breaker.open_ns as f64)));
    }
    if let Some(permits) = &edge.permits {
        said.push(format!("{} at once per caller", permits.count));
    }
    let latency = distributions::mean(&edge.latency);
    if latency > 0.0 {
        said.push(format!("{} on the way", units::duration(latency)));
    }
    if edge.loss > 0.0 {
        said.push(format!("loses {}%", units::trimmed(edge.loss * 100.0)));
    }
    if let Some(health) = edge.eligibility.as_ref().and_then(|of| of.health) {
        said.push(format!("probes every {}", units::duration(health.interval_ns as f64)));
    }
    if edge.balance != Balance::RoundRobin {
        said.push(balance_in_words(edge));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// How an edge chooses among the replicas of its callee.
pub(crate) fn balance_in_words(edge: &Edge) -> String {
    let whom = match &edge.balance {
        Balance::RoundRobin => "to each replica in turn".to_owned(),
        Balance::Random => "to a random replica".to_owned(),
        Balance::Least => "to the replica with the least to do".to_owned(),
        Balance::Choices(count) => format!("to the one of {count} random replicas with the least to do"),
        Balance::Weighted(_) => "to replicas by their weights".to_owned(),
        Balance::Hash => "to the replica of the key".to_owned(),
        Balance::Ring => "to the replica of the key, by a ring".to_owned(),
        Balance::Maglev => "to the replica of the key, by a table".to_owned(),
        Balance::Sticky => "to the replica of the session".to_owned(),
    };
    if edge.zones.is_some_and(|zones| zones.prefer) { format!("{whom}, in its own zone if it can") } else { whom }
}
