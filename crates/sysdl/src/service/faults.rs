//! Faults that can strike a component, each with a line that injects it as it is.

use crate::reference;
use crate::resolve::Analysis;
use crate::resolve::program::FaultDef;
use crate::syntax::ast::{Declare, Node};
use serde::Serialize;
use sysdl_order::Order as _;

/// A fault that can strike something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its name.
    pub name: String,
    /// What people call it: what it is known as, or its name in words.
    pub title: String,
    /// What it does.
    pub documentation: String,
    /// What helps against it.
    pub mitigation: String,
    /// The part of the library that it is from, `Own` if it is the user's.
    pub group: String,
    /// The injection, as a scenario can have it behind an instant: `inject crash on redis for 10s`.
    pub line: String,
}

/// How long a fault lasts that would be felt at once, and one whose parts have times of their own.
const LASTING: [&str; 2] = ["10s", "60s"];

/// Faults that can strike a target in a scenario: a component, traffic, or an edge `a -> b`.
pub(super) fn faults_for(analysis: &Analysis, scenario: &str, target: &str) -> Vec<Fault> {
    let ends: Vec<&str> = target.split("->").map(str::trim).collect();
    let (target, link) = (ends.join(" -> "), ends.len() > 1);
    let is_traffic = analysis.program.systems.iter().flat_map(|system| &system.body);
    let is_traffic =
        is_traffic.into_iter().any(|s| matches!(&s.node, Node::Traffic { name, .. } if name.text == target));
    let fits = |def: &FaultDef| match def.target.text.as_str() {
        "link" => link,
        "source" => is_traffic,
        _ => !link && !is_traffic,
    };
    let mut known: Vec<(&String, &FaultDef)> =
        analysis.program.faults.iter().map(|(name, def)| (name, &**def)).filter(|(_, def)| fits(def)).collect();
    known.order_by_key(|(name, _)| *name);
    let tries = known.iter().flat_map(|(name, def)| lines(name, def, &target));
    let (owners, lines): (Vec<&FaultDef>, Vec<String>) = tries.unzip();
    let work = analysis.applicable(scenario, &lines);
    let working = owners.into_iter().zip(lines).zip(work).filter(|(_, works)| *works).map(|(one, _)| one);
    let mut found: Vec<Fault> = Vec::new();
    for (def, line) in working {
        let Some((name, _)) = known.iter().find(|(_, of)| std::ptr::eq(*of, def)) else { continue };
        if found.iter().all(|fault| fault.name != **name) {
            found.push(fault(analysis, name, def, line));
        }
    }
    found
}

fn fault(analysis: &Analysis, name: &str, def: &FaultDef, line: String) -> Fault {
    let path = &analysis.sources.get(def.name.span.file).path;
    let group = path.rsplit('/').next().unwrap_or("").trim_end_matches(".sysdl");
    Fault {
        name: name.to_owned(),
        title: in_words(&reference::known_as(&def.docs).unwrap_or_else(|| name.to_owned())),
        documentation: reference::told(&def.docs).0,
        mitigation: reference::mitigation(&def.docs),
        group: in_words(if def.own { "own" } else { group }),
        line,
    }
}

/// `cache_stampede` → `Cache stampede`
fn in_words(name: &str) -> String {
    let mut words = name.replace(['_', '.'], " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// Injections of a fault: with the arguments that it must have; then, because some do nothing unless told how much, with
/// one more that is a share or a rate.
fn lines<'d>(name: &str, def: &'d FaultDef, target: &str) -> Vec<(&'d FaultDef, String)> {
    let lasting = lasting(def).map_or_else(String::new, |time| format!(" for {time}"));
    let line = |more: Option<&Declare>| format!("inject {} on {target}{lasting}", with(name, &def.params, more));
    let spare =
        def.params.iter().filter(|param| !is_needed(param) && matches!(param.ty.text.as_str(), "share" | "rate"));
    [None].into_iter().chain(spare.map(Some)).map(|more| (def, line(more))).collect()
}

/// How long to inject a fault for that does not say it itself.
fn lasting(def: &FaultDef) -> Option<&'static str> {
    let says = def.params.iter().any(|param| param.name.text == "lasts");
    let statements = || def.body.statements.iter().map(|statement| &statement.node);
    let at_once = statements().all(|node| matches!(node, Node::Clear(_)));
    let own_times = statements().any(|node| matches!(node, Node::Part { .. }));
    (!says && !at_once).then_some(LASTING[usize::from(own_times)])
}

/// A fault with the arguments that it must have: `latency(add = 500ms)`.
pub(super) fn call(name: &str, params: &[Declare]) -> String {
    with(name, params, None)
}

fn with(name: &str, params: &[Declare], more: Option<&Declare>) -> String {
    let said = params.iter().filter(|param| is_needed(param) || more.is_some_and(|more| more.name == param.name));
    let said: Vec<String> = said.map(|param| format!("{} = {}", param.name.text, argument(&param.ty.text))).collect();
    if said.is_empty() { name.to_owned() } else { format!("{name}({})", said.join(", ")) }
}

fn is_needed(param: &Declare) -> bool {
    param.default.is_none() && !param.optional
}

/// A value of a type that is felt and not absurd.
fn argument(ty: &str) -> &'static str {
    match ty {
        "duration" | "distribution" => "500ms",
        "share" => "50%",
        "factor" => "4x",
        "rate" => "10rps",
        "size" => "1MiB",
        "bandwidth" => "1MB/s",
        "flag" => "on",
        _ => "1",
    }
}
