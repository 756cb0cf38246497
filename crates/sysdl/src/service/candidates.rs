//! Lists of what can stand somewhere: kinds, faults, properties, components, values of a type.

use super::document::Document;
use super::hover;
use super::names::{Names, Sort};
use super::place::{Block, Place};
use super::vocabulary::{self, BALANCES, DISCIPLINES, FUNCTIONS, KEYWORDS, METRICS};
use super::words;
use crate::codes;
use crate::reference::{self, BASE, Property};
use crate::units::{self, Dimension};
use serde::Serialize;
use sysdl_kernel::outcome;

/// Something that can stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What is shown.
    pub label: String,
    /// `kind`, `fault`, `property`, `component`, `endpoint`, `metric`, `unit`, `function`, `keyword` or `value`.
    pub kind: &'static str,
    /// A few words beside it: a type, a kind.
    pub detail: String,
    /// What it is.
    pub documentation: String,
    /// What is put in the place of the word so far.
    pub insert: String,
    /// Earlier ones are shown first.
    #[serde(skip)]
    pub(super) rank: u8,
}

/// Collects what can stand at a place.
pub(super) struct Candidates<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) names: &'d Names,
    pub(super) place: &'d Place<'d>,
    /// The system around, or that which the scenario around is of; the first of those that amend each other.
    pub(super) family: String,
    pub(super) items: Vec<Item>,
}

impl Candidates<'_> {
    pub(super) fn add(&mut self, kind: &'static str, label: &str, detail: &str, documentation: &str, insert: String) {
        let rank = match kind {
            "property" | "component" | "endpoint" | "metric" | "fault" | "unit" => 0,
            "value" => 1,
            "kind" | "function" => 2,
            _ => 3,
        };
        let (label, detail, documentation) = (label.to_owned(), detail.to_owned(), documentation.to_owned());
        self.items.push(Item { label, kind, detail, documentation, insert, rank });
    }

    /// Words that join the parts of a statement.
    pub(super) fn words(&mut self, words: &[&str]) {
        for word in words {
            let doc = KEYWORDS.iter().find(|known| known.word == *word).map_or("", |known| known.doc);
            self.add("keyword", word, "", doc, format!("{word} "));
        }
    }

    /// Words that begin statements.
    pub(super) fn keywords(&mut self, place: &str) {
        for keyword in KEYWORDS.iter().filter(|keyword| keyword.place == place) {
            self.add("keyword", keyword.word, "", keyword.doc, format!("{} ", keyword.word));
        }
    }

    /// Values that are single words.
    pub(super) fn values<'w>(&mut self, words: impl IntoIterator<Item = &'w str>, detail: &str) {
        for word in words {
            self.add("value", word, detail, "", word.to_owned());
        }
    }

    pub(super) fn kinds(&mut self) {
        for (name, def) in &self.document.analysis.program.kinds {
            if name != BASE {
                let detail = if def.kind.template { "template" } else { "kind" };
                self.add("kind", name, detail, &reference::summary(&def.docs), format!("{name} "));
            }
        }
    }

    /// Faults, with the arguments that they need.
    pub(super) fn faults(&mut self) {
        for (name, def) in &self.document.analysis.program.faults {
            if !reference::has_no_meaning_yet(name, def) {
                let call = super::faults::call(name, &def.params);
                let doc = reference::summary(&def.docs);
                self.add("fault", name, &format!("on {}", def.target.text), &doc, format!("{call} on "));
            }
        }
    }

    /// The user's own names of a sort.
    pub(super) fn own(&mut self, sort: Sort, owner: &str, kind: &'static str, behind: &str) {
        let names = self.names;
        for definition in names.of_sort(sort, owner) {
            let name = &definition.symbol.name;
            let doc = reference::told(&definition.docs).0;
            self.add(kind, name, &definition.detail, &doc, format!("{name}{behind}"));
        }
    }

    pub(super) fn components(&mut self, behind: &str) {
        let family = self.family.clone();
        self.own(Sort::Component, &family, "component", behind);
    }

    pub(super) fn traffic(&mut self) {
        let family = self.family.clone();
        self.own(Sort::Traffic, &family, "component", "");
    }

    /// Edges of the system, as far as the text says them.
    pub(super) fn edges(&mut self) {
        let document = self.document;
        let systems = document.analysis.program.systems.iter();
        let (family, program) = (self.family.clone(), &document.analysis.program);
        for system in systems.filter(|system| super::names::family(program, &system.name.text) == family) {
            for statement in &system.body {
                let crate::syntax::ast::Node::Edge(edge) = &statement.node else { continue };
                for pair in edge.ends.windows(2) {
                    let first =
                        |path: &crate::syntax::ast::Path| path.dotted().split('.').next().unwrap_or("").to_owned();
                    let name = format!("{} -> {}", first(&pair[0]), first(&pair[1]));
                    if self.items.iter().all(|item| item.label != name) {
                        self.add("component", &name, "edge", "", name.clone());
                    }
                }
            }
        }
    }

    /// Endpoints of a component: its own, and those that its kind gives.
    pub(super) fn endpoints(&mut self, component: &str, behind: &str) {
        let family = self.family.clone();
        self.own(Sort::Endpoint, &format!("{family}/{component}"), "endpoint", behind);
        let own = !self.items.is_empty();
        let kind = self.names.kind_of(&family, component).unwrap_or("").to_owned();
        for (name, steps) in reference::endpoints_of(&self.document.analysis, &kind) {
            let replaced = self.items.iter().any(|item| item.label == name) || own && name == "handle";
            if !replaced {
                self.add("endpoint", &name, &kind, &steps, format!("{name}{behind}"));
            }
        }
    }

    /// Properties of the block around that are not set in it.
    pub(super) fn properties(&mut self) {
        let (mut free, set) = (self.of_block(), self.set());
        free.retain(|property| !set.contains(&property.name.as_str()));
        free.iter().for_each(|property| self.property(property));
    }

    /// First words of the block around, without that of the statement at the place.
    pub(super) fn set(&self) -> Vec<&str> {
        let document = self.document;
        let heads = document.heads(self.place.open).into_iter().filter(|row| Some(*row) != self.place.token);
        heads.map(|row| document.tokens[row].text(&document.text)).collect()
    }

    fn of_block(&self) -> Vec<Property> {
        let of_kind = |kind: &str| reference::properties_of(&self.document.analysis, kind);
        let of_table = |block: &str| words::of(block).map(hover::described).collect::<Vec<_>>();
        match self.place.block() {
            Block::Component { kind } => of_kind(kind).into_iter().chain(of_table("component")).collect(),
            Block::Group { kind, prefix } => {
                let inner = |property: Property| {
                    let name = property.name.strip_prefix(prefix.as_str())?.strip_prefix('_')?.to_owned();
                    Some(Property { name, ..property })
                };
                of_kind(kind).into_iter().filter_map(inner).collect()
            }
            Block::System => of_table("system"),
            Block::Edge { messages } => {
                of_table("edge").into_iter().filter(|word| words::is_of(&word.name, *messages)).collect()
            }
            Block::Traffic => of_table("traffic"),
            Block::Scenario => of_table("scenario"),
            Block::Endpoint => of_table("endpoint"),
            Block::Words(block) => of_table(block),
            _ => Vec::new(),
        }
    }

    fn property(&mut self, property: &Property) {
        let insert = match property.ty.as_str() {
            "block" | "policy" => words::example(&property.name),
            "codes" => format!("{} = [", property.name),
            _ => format!("{} = ", property.name),
        };
        let default = property.default.as_ref().map_or_else(String::new, |default| format!(" = {default}"));
        self.add("property", &property.name, &format!("{}{default}", property.ty), &property.doc, insert);
    }

    /// What can be the value of a property of a type.
    pub(super) fn of_type(&mut self, ty: &str, property: &str) {
        let plain = ty.trim_end_matches('?');
        if let Some(choices) = plain.strip_prefix("one_of(").and_then(|rest| rest.strip_suffix(')')) {
            return self.values(choices.split(", "), "");
        }
        match plain {
            "flag" => return self.values(["on", "off"], ""),
            "balance" => self.values(BALANCES, "way to balance"),
            "discipline" => self.values(DISCIPLINES, "discipline"),
            "component" => return self.components(""),
            "policy" | "block" => self.policies(property),
            "scenario" => return self.own(Sort::Scenario, "", "value", ""),
            "codes" => return self.codes(),
            "list" => return self.values(outcome::NAMES.into_iter().skip(1), "outcome"),
            "keys" => self.values(["request"], "the key of the request"),
            "backoff" => {
                self.add("function", "exp", "doubles", "", "exp(50ms, cap = 1s)".to_owned());
                self.add("function", "constant", "stays", "", "constant(50ms)".to_owned());
            }
            _ => {}
        }
        self.functions(plain);
        self.own(Sort::Value, "", "value", "");
        if ty.ends_with('?') {
            self.values(["none"], "");
        }
    }

    fn policies(&mut self, word: &str) {
        let policies = &self.document.analysis.program.policies;
        for name in policies.iter().filter(|(_, (of, _))| of == word).map(|(name, _)| name) {
            self.add("value", name, word, "", name.clone());
        }
    }

    fn codes(&mut self) {
        for code in codes::ALL.iter().filter(|code| code.id.starts_with('W')) {
            self.add("value", code.id, code.title, code.page, code.id.to_owned());
        }
    }

    /// Functions that give a type.
    pub(super) fn functions(&mut self, gives: &str) {
        for function in FUNCTIONS.iter().filter(|function| function.gives.contains(&gives)) {
            self.add("function", function.name, "", function.doc, function.example.to_owned());
        }
    }

    /// Metrics; of the whole system, of something in brackets, or both.
    pub(super) fn metrics(&mut self) {
        for metric in METRICS {
            let open =
                if metric.of == "s" || metric.of.starts_with('s') && metric.name.contains('.') { "" } else { "(" };
            let open = if matches!(metric.name, "error_rate" | "goodput" | "throughput") { "" } else { open };
            self.add("metric", metric.name, metric.ty, metric.doc, format!("{}{open}", metric.name));
        }
    }

    /// What a metric can be of.
    pub(super) fn subjects(&mut self, metric: &str) {
        let of = vocabulary::metric(metric).map_or("cfe", |metric| metric.of);
        if of.contains(['c', 'f', 'm', 'l']) {
            self.components("");
        }
        if of.contains('e') {
            self.edges();
        }
    }

    /// Units of the dimension that a type has; the usual ones if it is not known.
    pub(super) fn units(&mut self, ty: &str) {
        let dimensions: &[Dimension] = match ty.trim_end_matches('?') {
            "duration" | "distribution" | "backoff" => &[Dimension::Duration],
            "rate" => &[Dimension::Rate],
            "arrivals" | "users" => &[Dimension::Rate, Dimension::Duration],
            "size" => &[Dimension::Size],
            "bandwidth" => &[Dimension::Bandwidth],
            "share" => &[Dimension::Share],
            "factor" => &[Dimension::Factor],
            "count" | "distribution_of_counts" | "keys" => &[Dimension::Count],
            "weight" => &[Dimension::Size, Dimension::Count],
            "money" | "price" => &[Dimension::MoneyPerHour],
            "token_price" => &[Dimension::MoneyPerTokens],
            "token_rate" => &[Dimension::TokenRate],
            "" => &[Dimension::Duration, Dimension::Share, Dimension::Rate, Dimension::Size, Dimension::Factor],
            _ => &[],
        };
        for dimension in dimensions {
            for unit in units::of(*dimension).filter(|unit| *unit != "µs") {
                self.add("unit", unit, dimension.name(), "", unit.to_owned());
            }
        }
    }
}
