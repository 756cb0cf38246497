//! The library described: what `sysdl list`, `sysdl explain` and the reference pages say of kinds and faults.
//!
//! Before: an analyzed file, the library with it.
//! After: a [`KindPage`] or [`FaultPage`] of each definition. Everything in it is read off the definition: properties and
//! defaults from the declarations, prose from the `///` lines above them.
//!
//! Some conventions of the prose carry meaning. What follows `Not modelled:` says what the kind leaves out, and
//! `[published: source]`, `[measured: source]` or `[assumed]` says how well a default is known. Of a fault the prose goes on
//! with `Strikes:`, `In flight:`, `Known as:`, `Maps to:` and `Mitigation:`, in any order.

mod page;
mod prose;

use crate::resolve::Analysis;
use crate::resolve::kinds::ENDPOINT_WORDS;
use crate::resolve::program::{FaultDef, KindDef, Program};
use crate::syntax::ast::{Arg, Block, Declare, Expr, Node, Statement};
pub use page::base_markdown;
use prose::{Told, counterpart, grade, items, prose, without_grades};
use serde::Serialize;
use sysdl_order::Order as _;

/// What every kind extends; not a kind to use by itself.
pub const BASE: &str = "component";

/// What a kind is.
#[derive(Clone, Debug, Serialize)]
pub struct KindPage {
    /// Its name.
    pub name: String,
    /// The kind it extends, if any.
    pub extends: Option<String>,
    /// Defined in the user's files.
    pub own: bool,
    /// Its documentation as written, a line each.
    pub doc: String,
    /// What it models.
    pub models: String,
    /// What it leaves out, of its own or of what it extends.
    pub not_modelled: Option<String>,
    /// What a component of it can set: its own first, then what it extends.
    pub properties: Vec<Property>,
    /// Names of its endpoints.
    pub endpoints: Vec<String>,
    /// What each of them does, in the order of `endpoints`.
    pub steps: Vec<String>,
    /// Faults that can strike a component of it, or an edge to it.
    pub faults: Vec<String>,
}

/// What a fault is.
#[derive(Clone, Debug, Serialize)]
pub struct FaultPage {
    /// Its name.
    pub name: String,
    /// What it strikes: `replica`, `link`, `store`, `source`.
    pub on: String,
    /// Defined in the user's files.
    pub own: bool,
    /// Its documentation as written, a line each.
    pub doc: String,
    /// What it does.
    pub does: String,
    /// What it strikes, in words.
    pub strikes: String,
    /// Kinds that it can strike themselves; empty for what strikes edges or traffic.
    pub kinds: Vec<String>,
    /// What becomes of requests that are in flight when it begins.
    pub in_flight: String,
    /// Names that it goes by elsewhere.
    pub known_as: Vec<String>,
    /// What tools for experiments call it.
    pub maps_to: Vec<Counterpart>,
    /// What helps against it.
    pub mitigation: String,
    /// What it leaves out.
    pub not_modelled: Option<String>,
    /// Its parameters.
    pub properties: Vec<Property>,
}

/// What a tool for experiments calls a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counterpart {
    /// The tool.
    pub tool: String,
    /// Its word for it.
    pub name: String,
}

/// A property of a kind, or a parameter of a fault.
#[derive(Clone, Debug, Serialize)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its type, `?` for optional: `one_of(a, b)`, `duration?`.
    #[serde(rename = "type")]
    pub ty: String,
    /// How its values are written: `ns us ms s min h d`; empty where the type says it.
    pub unit: &'static str,
    /// What it says.
    pub doc: String,
    /// Its default as written; none if it must be set.
    pub default: Option<String>,
    /// How well the default is known: `published`, `measured`, `assumed`.
    pub grade: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// The kind that declares it; empty for a parameter.
    pub of: String,
    /// The kind that gives the default; empty for a parameter.
    pub default_of: String,
}

/// Every kind but the base of all, by name.
#[must_use]
pub fn kinds(analysis: &Analysis) -> Vec<KindPage> {
    let mut names: Vec<&String> = analysis.program.kinds.keys().filter(|name| *name != BASE).collect();
    names.order();
    names.into_iter().filter_map(|name| kind(analysis, name)).collect()
}

/// The page of a kind.
#[must_use]
pub fn kind(analysis: &Analysis, name: &str) -> Option<KindPage> {
    let chain = chain(&analysis.program, name);
    let (_, def) = chain.first()?;
    let parts: Vec<(String, Option<String>)> = chain.iter().map(|(_, def)| prose(&def.docs)).collect();
    let endpoints = endpoints(analysis, &chain);
    Some(KindPage {
        name: name.to_owned(),
        extends: def.kind.base.as_ref().map(|base| base.dotted()),
        own: def.own,
        doc: def.docs.join("\n"),
        models: parts[0].0.clone(),
        not_modelled: parts.iter().find_map(|(_, left_out)| left_out.clone()),
        properties: properties(analysis, &chain),
        faults: applicable(analysis, &chain),
        endpoints: endpoints.iter().map(|(name, _)| name.clone()).collect(),
        steps: endpoints.into_iter().map(|(_, steps)| steps).collect(),
    })
}

/// Every fault, by name.
#[must_use]
pub fn faults(analysis: &Analysis) -> Vec<FaultPage> {
    let mut known: Vec<(&String, &FaultDef)> = analysis
        .program
        .faults
        .iter()
        .map(|(name, def)| (name, &**def))
        .filter(|(name, def)| !has_no_meaning_yet(name, def))
        .collect();
    known.order_by_key(|(name, _)| *name);
    known.into_iter().map(|(name, def)| fault(analysis, name, def)).collect()
}

/// The properties of a kind, its own first.
pub(crate) fn properties_of(analysis: &Analysis, kind: &str) -> Vec<Property> {
    properties(analysis, &chain(&analysis.program, kind))
}

/// The endpoints that a kind gives, and what they do.
pub(crate) fn endpoints_of(analysis: &Analysis, kind: &str) -> Vec<(String, String)> {
    endpoints(analysis, &chain(&analysis.program, kind))
}

/// What documentation says: what something is, and what is left out.
pub(crate) fn told(docs: &[String]) -> (String, Option<String>) {
    let told = Told::of(docs);
    (told.part("").unwrap_or_default(), told.part("Not modelled"))
}

/// The first sentence of documentation.
pub(crate) fn summary(docs: &[String]) -> String {
    let (text, _) = told(docs);
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text[..end].to_owned()
}

/// What people call a fault first, if that is not its name.
pub(crate) fn known_as(docs: &[String]) -> Option<String> {
    items(&Told::of(docs).part("Known as")?).into_iter().next()
}

/// What documentation says helps against a fault.
pub(crate) fn mitigation(docs: &[String]) -> String {
    Told::of(docs).part("Mitigation").unwrap_or_default()
}

/// The page of a fault.
pub(crate) fn fault_of(analysis: &Analysis, name: &str) -> Option<FaultPage> {
    analysis.program.faults.get(name).map(|def| fault(analysis, name, def))
}

fn fault(analysis: &Analysis, name: &str, def: &FaultDef) -> FaultPage {
    let parameter = |declare: &Declare| {
        let default = declare.default.as_ref().map(|expr| (text(analysis, expr), "", &declare.docs[..]));
        property(declare, &declare.docs, "", default)
    };
    let on = def.target.text.clone();
    let told = Told::of(&def.docs);
    let listed = |word: &str| told.part(word).map_or_else(Vec::new, |text| items(&text));
    FaultPage {
        strikes: told.part("Strikes").unwrap_or_else(|| strikes(&on).to_owned()),
        kinds: struck_kinds(analysis, &on),
        does: told.part("").unwrap_or_default(),
        in_flight: told.part("In flight").unwrap_or_default(),
        known_as: listed("Known as"),
        maps_to: listed("Maps to").iter().filter_map(|text| counterpart(text)).collect(),
        mitigation: told.part("Mitigation").unwrap_or_default(),
        not_modelled: told.part("Not modelled"),
        name: name.to_owned(),
        on,
        own: def.own,
        doc: def.docs.join("\n"),
        properties: def.params.iter().map(parameter).collect(),
    }
}

/// What a fault strikes that does not say it.
fn strikes(on: &str) -> &'static str {
    match on {
        "link" => "An edge: `on a -> b`.",
        "store" => "What remembers by key: a cache, a database with a `lag`.",
        "source" => "Traffic with a rate: `on shoppers`.",
        _ => "Replicas of any component: `on web`, `on web[0]`, `on web[25%]`, `on web[zone 1]`.",
    }
}

/// Kinds that a fault with this target can strike.
fn struck_kinds(analysis: &Analysis, on: &str) -> Vec<String> {
    let has_it = |name: &&String| match on {
        "link" | "source" => false,
        "replica" => true,
        section => has_section(&chain(&analysis.program, name), section),
    };
    let mut names: Vec<String> =
        analysis.program.kinds.keys().filter(|name| *name != BASE).filter(has_it).cloned().collect();
    names.order();
    names
}

/// What `later` names has no meaning yet.
pub(crate) fn has_no_meaning_yet(name: &str, def: &FaultDef) -> bool {
    let names_it = |args: &[Arg]| args.iter().any(|arg| arg.word().as_deref() == Some(name));
    def.body.statements.iter().any(|statement| matches!(&statement.node, Node::Bare(_, args) if names_it(args)))
}

/// Definitions from the kind up to what everything extends.
fn chain<'p>(program: &'p Program, name: &str) -> Vec<(String, &'p KindDef)> {
    let mut found: Vec<(String, &KindDef)> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next.filter(|name| found.iter().all(|(seen, _)| seen != name)) {
        let Some(def) = program.kinds.get(&name) else { break };
        next = def.kind.base.as_ref().map(|base| base.dotted());
        found.push((name, def));
    }
    found
}

fn statements<'c>(chain: &'c [(String, &KindDef)]) -> impl Iterator<Item = (&'c str, &'c Statement)> {
    chain.iter().flat_map(|(name, def)| def.kind.body.statements.iter().map(|statement| (name.as_str(), statement)))
}

/// What a component of the kind can set, the kind's own first, with the defaults that hold for it.
fn properties(analysis: &Analysis, chain: &[(String, &KindDef)]) -> Vec<Property> {
    let assigned = |property: &str| {
        statements(chain).find_map(|(of, statement)| match &statement.node {
            Node::Assign(assign) if assign.target.dotted() == property => {
                Some((text(analysis, &assign.value), of, &statement.docs[..]))
            }
            _ => None,
        })
    };
    let mut rows: Vec<Property> = Vec::new();
    for (of, statement) in statements(chain) {
        let Node::Declare(declare) = &statement.node else { continue };
        if rows.iter().any(|row| row.name == declare.name.text) {
            continue;
        }
        let declared = declare.default.as_ref().map(|expr| (text(analysis, expr), of, &statement.docs[..]));
        let default = assigned(&declare.name.text).or(declared);
        rows.push(property(declare, &statement.docs, of, default));
    }
    rows
}

fn text(analysis: &Analysis, expr: &Expr) -> String {
    analysis.sources.text(expr.span).to_owned()
}

fn property(declare: &Declare, docs: &[String], of: &str, default: Option<(String, &str, &[String])>) -> Property {
    let choices: Vec<String> = declare.ty_args.iter().filter_map(Arg::word).collect();
    let choices = if choices.is_empty() { String::new() } else { format!("({})", choices.join(", ")) };
    let graded = default.as_ref().and_then(|(_, _, docs)| grade(&docs.join(" ")));
    let default_of = default.as_ref().map_or("", |(_, of, _)| of).to_owned();
    let (grade, source) = graded.map_or((None, None), |(grade, source)| (Some(grade), source));
    Property {
        name: declare.name.text.clone(),
        ty: format!("{}{choices}{}", declare.ty.text, if declare.optional { "?" } else { "" }),
        unit: unit(&declare.ty.text),
        doc: without_grades(&docs.join(" ")),
        default: default.map(|(text, _, _)| text).or_else(|| declare.optional.then(|| "none".to_owned())),
        grade,
        source,
        of: of.to_owned(),
        default_of,
    }
}

/// How values of a type are written.
fn unit(ty: &str) -> &'static str {
    match ty {
        "duration" => "ns us ms s min h d",
        "distribution" => "of durations",
        "distribution_of_counts" => "of counts",
        "rate" => "rps, /s /min /h",
        "size" => "B KiB MiB GiB",
        "bandwidth" => "MB/s, Gbps",
        "share" => "%",
        "factor" => "x",
        "money" => "$",
        "price" => "$ /h /month",
        "token_price" => "$ /Mtok",
        "token_rate" => "tok/s",
        "weight" => "bytes or tokens",
        "flag" => "on off",
        _ => "",
    }
}

/// Endpoints and what they do, as written but on one line.
fn endpoints(analysis: &Analysis, chain: &[(String, &KindDef)]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (_, statement) in statements(chain) {
        if let Node::Item(item) = &statement.node
            && ENDPOINT_WORDS.contains(&item.kind.dotted().as_str())
            && found.iter().all(|(name, _)| *name != item.name.text)
        {
            found.push((item.name.text.clone(), item.body.as_ref().map_or_else(String::new, |b| steps(analysis, b))));
        }
    }
    found
}

fn steps(analysis: &Analysis, body: &Block) -> String {
    let step =
        |statement: &Statement| analysis.sources.text(statement.span).split_whitespace().collect::<Vec<_>>().join(" ");
    body.statements.iter().map(step).collect::<Vec<_>>().join(", ")
}

/// Faults whose target the kind has: replicas and links all have, a store not all.
fn applicable(analysis: &Analysis, chain: &[(String, &KindDef)]) -> Vec<String> {
    let has = |word: &str| has_section(chain, word);
    let strikes = |fault: &FaultPage| match fault.on.as_str() {
        "replica" | "link" => true,
        "source" => false,
        section => has(section),
    };
    faults(analysis).into_iter().filter(strikes).map(|fault| fault.name).collect()
}

fn has_section(chain: &[(String, &KindDef)], word: &str) -> bool {
    statements(chain).any(|(_, s)| matches!(&s.node, Node::Section(section) if section.name.text == word))
}
