//! The library described: what `sysdl list`, `sysdl explain` and the reference pages say of kinds and faults.
//!
//! Before: an analyzed file, the library with it.
//! After: a [`KindPage`] or [`FaultPage`] of each definition. Everything in it is read off the definition: properties and
//! defaults from the declarations, prose from the `///` lines above them.
//!
//! Some conventions of the prose carry meaning. What follows `Not modelled:` says what the kind leaves out, and
//! `[published: source]`, `[measured: source]` or `[assumed]` says how well a default is known. Of a fault the prose goes on
//! with `Strikes:`, `In flight:`, `Known as:`, `Maps to:` and `Mitigation:`, in any order.

use crate::resolve::Analysis;
use crate::resolve::kinds::ENDPOINT_WORDS;
use crate::resolve::program::{FaultDef, KindDef, Program};
use crate::syntax::ast::{Arg, Block, Declare, Expr, Node, Statement};
use serde::Serialize;
use std::fmt::Write as _;
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

/// Tools whose words for faults are told.
const TOOLS: [&str; 5] = ["AWS FIS", "Chaos Mesh", "Litmus", "Gremlin", "Toxiproxy"];

/// `Chaos Mesh NetworkChaos delay`
fn counterpart(text: &str) -> Option<Counterpart> {
    let tool = TOOLS.iter().find(|tool| text.starts_with(**tool))?;
    Some(Counterpart { tool: (*tool).to_owned(), name: text[tool.len()..].trim().to_owned() })
}

/// What semicolons separate, without the last full stop.
fn items(text: &str) -> Vec<String> {
    let all = text.trim_end_matches('.').split(';').map(|item| item.trim().to_owned());
    all.filter(|item| !item.is_empty() && item != "nothing").collect()
}

/// The documentation of a fault in parts.
struct Told(Vec<(&'static str, String)>);

impl Told {
    fn of(docs: &[String]) -> Told {
        const WORDS: [&str; 6] = ["Strikes", "In flight", "Known as", "Maps to", "Mitigation", "Not modelled"];
        let all = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let mut marks: Vec<(usize, &str)> = WORDS
            .iter()
            .filter_map(|word| all.find(&format!("{word}:")).map(|at| (at, *word)))
            .chain([(0, "")])
            .collect();
        marks.order();
        let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([all.len()]);
        let parts = marks.iter().zip(ends).map(|(&(at, word), end)| {
            let begin = if word.is_empty() { at } else { at + word.len() + 1 };
            (word, all[begin..end].trim().to_owned())
        });
        Told(parts.collect())
    }

    /// What is told behind a word; behind none at first.
    fn part(&self, word: &str) -> Option<String> {
        self.0.iter().find(|(of, text)| *of == word && !text.is_empty()).map(|(_, text)| without_grades(text))
    }
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

/// What a kind models, and what it leaves out.
fn prose(docs: &[String]) -> (String, Option<String>) {
    const MARKS: [&str; 2] = ["Not modelled:", "Not modelled yet:"];
    let all = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let mark = MARKS.iter().filter_map(|mark| all.find(mark).map(|at| (at, mark.len()))).min();
    match mark {
        Some((at, len)) => (all[..at].trim().to_owned(), Some(all[at + len..].trim().to_owned())),
        None => (all, None),
    }
}

const GRADES: [&str; 3] = ["published", "measured", "assumed"];

/// The first grade that a text gives, and its source.
fn grade(text: &str) -> Option<(String, Option<String>)> {
    let tag = tags(text).next()?;
    let (word, source) = tag.split_once(':').map_or((tag, None), |(word, source)| (word, Some(source)));
    let word = word.split([' ', ',']).next().unwrap_or(word);
    Some((word.to_owned(), source.map(|source| source.trim().to_owned())))
}

/// What stands in brackets and begins with a grade.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']').map(|(tag, _)| tag));
    inside.filter(|tag| GRADES.iter().any(|grade| tag.starts_with(grade)))
}

fn without_grades(text: &str) -> String {
    let mut plain = text.to_owned();
    for tag in tags(text) {
        plain = plain.replace(&format!("[{tag}]"), "");
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",")
}

impl KindPage {
    /// The page as Markdown; `example` is a program that shows the kind.
    #[must_use]
    pub fn markdown(&self, example: Option<&str>) -> String {
        let mut page = format!("# `{}`\n\n", self.name);
        if let Some(base) = self.extends.as_ref().filter(|base| *base != BASE) {
            let _ = write!(page, "A [`{base}`]({base}.md), with other defaults or more to set.\n\n");
        }
        let _ = write!(page, "{}\n\n", self.models);
        if let Some(left_out) = &self.not_modelled {
            let _ = write!(page, "**Not modelled:** {left_out}\n\n");
        }
        if let Some(example) = example {
            let _ = write!(page, "```sysdl\n{}\n```\n\n", example.trim());
        }
        self.properties_section(&mut page);
        if !self.endpoints.is_empty() {
            page.push_str("## Endpoints\n\n| endpoint | does |\n| --- | --- |\n");
            for (name, steps) in self.endpoints.iter().zip(&self.steps) {
                let _ = writeln!(page, "| `{name}` | `{}` |", cell(steps));
            }
            page.push('\n');
        }
        let links: Vec<String> = self.faults.iter().map(|name| format!("[`{name}`](../faults.md#{name})")).collect();
        let _ = write!(page, "## Faults\n\n{}\n", links.join(" · "));
        page
    }

    /// What it declares or gives another default; the rest is every component's.
    fn properties_section(&self, page: &mut String) {
        let is_own = |p: &&Property| p.of != BASE || p.default_of != BASE && !p.default_of.is_empty();
        let own: Vec<&Property> = self.properties.iter().filter(is_own).collect();
        if !own.is_empty() {
            page.push_str("## Properties\n\n");
            table(page, own.into_iter());
            page.push('\n');
        }
        page.push_str("And [what every component has](component.md).\n\n");
    }
}

impl FaultPage {
    /// The fault as a section of a Markdown page; `example` is a program that shows it.
    #[must_use]
    pub fn markdown(&self, example: Option<&str>) -> String {
        let mut page = format!("## {}\n\n{}\n\n", self.name, self.does);
        let _ = writeln!(page, "* **Strikes** a `{}`. {}", self.on, self.strikes);
        for (title, text) in [("In flight", &self.in_flight), ("Mitigation", &self.mitigation)] {
            if !text.is_empty() {
                let _ = writeln!(page, "* **{title}** {text}");
            }
        }
        if let Some(left_out) = &self.not_modelled {
            let _ = writeln!(page, "* **Not modelled** {left_out}");
        }
        if !self.maps_to.is_empty() {
            let _ = writeln!(page, "* **Elsewhere** {}", self.elsewhere());
        }
        page.push('\n');
        if !self.properties.is_empty() {
            table(&mut page, self.properties.iter());
            page.push('\n');
        }
        if let Some(example) = example {
            let _ = write!(page, "```sysdl\n{}\n```\n\n", example.trim());
        }
        page
    }

    /// What tools call it, in one line.
    #[must_use]
    pub fn elsewhere(&self) -> String {
        self.maps_to.iter().map(|of| format!("{}: {}", of.tool, of.name)).collect::<Vec<_>>().join(" · ")
    }
}

/// The page of the base of all kinds.
#[must_use]
pub fn base_markdown(analysis: &Analysis) -> String {
    let mut page = "# What every component has\n\n".to_owned();
    if let Some(base) = kind(analysis, BASE) {
        table(&mut page, base.properties.iter());
    }
    page
}

fn table<'p>(page: &mut String, rows: impl Iterator<Item = &'p Property>) {
    page.push_str("| property | type | in | default | known from | meaning |\n| --- | --- | --- | --- | --- | --- |\n");
    for row in rows {
        let default = row.default.as_ref().map_or_else(|| "must be set".to_owned(), |text| format!("`{}`", cell(text)));
        let known = match (&row.grade, &row.source) {
            (Some(grade), Some(source)) => format!("{grade}: {source}"),
            (Some(grade), None) => grade.clone(),
            _ => String::new(),
        };
        let _ = writeln!(
            page,
            "| `{}` | `{}` | {} | {default} | {} | {} |",
            row.name,
            cell(&row.ty),
            row.unit,
            cell(&known),
            cell(&row.doc)
        );
    }
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_says_what_is_left_out() {
        let docs = ["Keeps things. Not modelled yet: shelves,".to_owned(), "drawers.".to_owned()];
        assert_eq!(prose(&docs), ("Keeps things.".to_owned(), Some("shelves, drawers.".to_owned())));
        assert_eq!(prose(&docs[1..]), ("drawers.".to_owned(), None));
    }

    #[test]
    fn faults_are_told_in_parts() {
        let docs =
            ["Slows work. In flight: keeps its".to_owned(), "time. Maps to: Gremlin CPU; AWS FIS x y.".to_owned()];
        let told = Told::of(&docs);
        assert_eq!(told.part("").as_deref(), Some("Slows work."));
        assert_eq!(told.part("In flight").as_deref(), Some("keeps its time."));
        assert_eq!(told.part("Mitigation"), None);
        let elsewhere: Vec<_> = items(&told.part("Maps to").unwrap()).iter().filter_map(|t| counterpart(t)).collect();
        assert_eq!(elsewhere[1], Counterpart { tool: "AWS FIS".to_owned(), name: "x y".to_owned() });
    }

    #[test]
    fn grades_have_sources_or_none() {
        assert_eq!(
            grade("Threads. [published: Tomcat maxThreads]"),
            Some(("published".into(), Some("Tomcat maxThreads".into())))
        );
        assert_eq!(grade("Time [assumed, as elsewhere]."), Some(("assumed".into(), None)));
        assert_eq!(grade("An index [0]."), None);
        assert_eq!(without_grades("Threads [assumed]. More."), "Threads. More.");
    }
}
