//! `complete`: what could stand at a place, by the blocks around it and the statement so far.

use super::candidates::{Candidates, Item};
use super::document::{Document, Range};
use super::hover;
use super::names::{Names, Sort, family, system_of};
use super::place::{Block, Place, path};
use super::tokens::Kind;
use super::vocabulary;
use serde::Serialize;
use sysdl_order::Order as _;

/// Most that is offered at once.
const ITEMS_MAX: usize = 100;
/// Words that begin what is measured.
pub(super) const CLAIMS: [&str; 4] = ["expect", "warn", "when", "good"];

/// What could stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// Where the word so far begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// What could stand there, the likeliest first.
    pub items: Vec<Item>,
}

/// What could stand at a UTF-16 offset.
pub(super) fn complete(document: &Document<'_>, names: &Names, at: u32) -> Completion {
    let byte = document.inner(at);
    let place = Place::of(document, byte);
    let (start, prefix) = so_far(document, &place, byte);
    let program = &document.analysis.program;
    let system = place.system.map(str::to_owned).or_else(|| place.scenario.map(|name| system_of(program, name)));
    let family = family(program, &system.unwrap_or_else(|| system_of(program, "")));
    let mut found = Candidates { document, names, place: &place, family, items: Vec::new() };
    let number = place.token.is_some_and(|row| document.tokens[row].kind == Kind::Number);
    if !place.quoted {
        if number { found.behind_number() } else { found.here() }
    }
    let Range { from, to } = document.outer(start, byte);
    Completion { from, to, items: chosen(found.items, &prefix) }
}

/// The word so far: where it begins, and its text up to the caret. Of a number, the letters behind the digits.
fn so_far(document: &Document<'_>, place: &Place<'_>, byte: u32) -> (u32, String) {
    let Some(token) = place.token.map(|row| document.tokens[row]).filter(|token| token.start < byte) else {
        return (byte, String::new());
    };
    let text = &document.text[token.start as usize..byte.min(token.end) as usize];
    match token.kind {
        Kind::Word => (token.start, text.to_owned()),
        Kind::Number => {
            let digits =
                text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '$' | '_' | '.')).unwrap_or(text.len());
            (token.start + digits as u32, text[digits..].to_owned())
        }
        _ => (byte, String::new()),
    }
}

/// Those that a word can become, the likeliest first.
fn chosen(items: Vec<Item>, prefix: &str) -> Vec<Item> {
    let prefix = prefix.to_ascii_lowercase();
    let likeness = |item: &Item| {
        let label = item.label.to_ascii_lowercase();
        if label.starts_with(&prefix) { Some(0) } else { label.contains(&prefix).then_some(1) }
    };
    let mut fitting: Vec<(u8, Item)> = items.into_iter().filter_map(|item| Some((likeness(&item)?, item))).collect();
    // Units stay in the order of their size.
    let key = |(likeness, item): &(u8, Item)| {
        let name = if item.kind == "unit" { String::new() } else { item.label.clone() };
        (*likeness, item.rank, name)
    };
    fitting.order_by_key(key);
    fitting.dedup_by(|(_, a), (_, b)| a.label == b.label && a.kind == b.kind);
    fitting.into_iter().take(ITEMS_MAX).map(|(_, item)| item).collect()
}

impl Candidates<'_> {
    /// What the statement so far calls for.
    fn here(&mut self) {
        let before = self.place.before.as_slice();
        if before.last() == Some(&".") {
            return self.member(before);
        }
        if let Some(bracket) = self.place.brackets.first() {
            return self.within(*bracket);
        }
        if before.is_empty() {
            return self.statement();
        }
        if let [name, "=", rest @ ..] = before
            && *self.place.block() != Block::File
        {
            let ty = self.type_of(name);
            if ty == "condition" {
                return self.claim(rest);
            }
            if rest.is_empty() || operator(rest) {
                self.of_type(&ty, name);
            }
            return;
        }
        match self.place.block() {
            Block::File => self.at_top(before),
            Block::System => self.in_system(before),
            Block::Endpoint | Block::Steps => self.step(before),
            Block::Scenario => self.in_scenario(before),
            Block::Kind => self.declared(before),
            _ => {}
        }
    }

    /// What begins a statement of the block around.
    fn statement(&mut self) {
        self.properties();
        match self.place.block() {
            Block::File => self.keywords("file"),
            Block::System => {
                self.kinds();
                self.keywords("system");
                self.components(" -> ");
            }
            Block::Component { .. } => self.keywords("component"),
            Block::Kind => {
                self.keywords("component");
                self.words(&["station", "link", "store", "log"]);
            }
            Block::Endpoint | Block::Steps => self.keywords("steps"),
            Block::Scenario => self.keywords("scenario"),
            Block::Fault => {
                self.keywords("fault");
                self.values(crate::resolve::PARAMETERS, "parameter");
            }
            Block::Mix { target } => {
                let target = target.clone();
                self.endpoints(&target, " = ");
            }
            _ => {}
        }
        // What is there already: shares of a mix, the edition of the file.
        let set: Vec<String> = self.set().into_iter().map(str::to_owned).collect();
        self.items.retain(|item| !(item.kind == "endpoint" || item.label == "sysdl") || !set.contains(&item.label));
    }

    fn at_top(&mut self, before: &[&str]) {
        match before {
            ["scenario", .., "of"] | ["system", .., "amends"] => self.own(Sort::System, "", "value", ""),
            ["scenario", _] => self.words(&["of"]),
            ["kind" | "template", .., ":"] => self.kinds(),
            ["param", _, ":"] => self.types(),
            ["param", _, ":", ty, "="] => self.of_type(ty, ""),
            ["let", .., "="] => {
                self.of_type("distribution", "");
                for policy in ["retry", "breaker", "health", "eject"] {
                    self.add("keyword", policy, "policy", "", super::words::example(policy));
                }
            }
            ["fault", .., "on"] => self.values(["replica", "link", "store", "source"], "target"),
            _ => {}
        }
    }

    fn types(&mut self) {
        const TYPES: [&str; 10] =
            ["duration", "rate", "size", "bandwidth", "share", "factor", "count", "price", "distribution", "flag"];
        self.values(TYPES, "type");
    }

    fn in_system(&mut self, before: &[&str]) {
        match before {
            [.., "->" | "~>"] => self.components(""),
            [.., ":"] => self.kinds(),
            ["traffic", _] => self.words(&["->"]),
            [name] if self.names.has(Sort::Component, &self.family, name) => self.words(&["->", "~>"]),
            _ => {}
        }
    }

    fn declared(&mut self, before: &[&str]) {
        match before {
            [_, ":"] => self.types(),
            [_, ":", ty, "="] => self.of_type(ty, ""),
            _ => {}
        }
    }

    fn step(&mut self, before: &[&str]) {
        match before {
            ["call" | "lookup" | "fill" | "invalidate" | "publish"] => {
                self.components("");
                if before[0] != "call" {
                    self.values(["self"], "the component's own store");
                }
            }
            ["call", .., last] if *last != "times" => self.words(&["times"]),
            ["work"] => self.of_type("distribution", ""),
            ["work", rest @ ..] if operator(rest) => self.of_type("distribution", ""),
            ["with" | "fail" | "loop"] => self.own(Sort::Value, "", "value", ""),
            ["parallel"] => self.words(&["first", "quorum", "each"]),
            _ => {}
        }
    }

    /// What follows a point: an endpoint, a property, a metric of what stands before it.
    fn member(&mut self, before: &[&str]) {
        let mut first = before.len() - 1;
        while first >= 2 && before[first - 2] == "." {
            first -= 2;
        }
        let first = first.saturating_sub(1);
        let (name, _) = path(before, first);
        let of = name.trim_end_matches('.').to_owned();
        let component = of.split('.').next().unwrap_or("").to_owned();
        let statement = before.first().copied().unwrap_or("");
        if CLAIMS.contains(&statement) {
            for (time, doc) in vocabulary::TIMES {
                self.add("metric", time, "time", doc, time.to_owned());
            }
            for metric in ["error_rate", "goodput", "throughput", "lag", "queue"] {
                let doc = vocabulary::metric(metric).map_or("", |metric| metric.doc);
                self.add("metric", metric, "", doc, metric.to_owned());
            }
        }
        if before.contains(&"set") {
            if self.names.has(Sort::Traffic, &self.family, &component) {
                return self.values(["rate", "users"], "can be set during a run");
            }
            let kind = self.names.kind_of(&self.family, &component).unwrap_or("").to_owned();
            for property in crate::reference::properties_of(&self.document.analysis, &kind) {
                self.add("property", &property.name, &property.ty, &property.doc, format!("{} = ", property.name));
            }
        } else if !of.contains('.') {
            let known = self.items.len();
            let items = std::mem::take(&mut self.items);
            self.endpoints(&component, "");
            self.items.extend(items.into_iter().take(known));
        }
    }

    /// What can stand in brackets: arguments of a call, of a fault, of a metric, of a function.
    fn within(&mut self, bracket: usize) {
        let document = self.document;
        let word = |row: usize| document.tokens.get(row).map_or("", |token| token.text(&document.text));
        let of = bracket.checked_sub(1).map_or("", word);
        let before = self.place.before.as_slice();
        let last = before.last().copied().unwrap_or("");
        let statement = before.first().copied().unwrap_or("");
        if word(bracket) == "[" {
            return match before {
                [name, "=", ..] => {
                    let ty = self.type_of(name);
                    self.of_type(&ty, name);
                }
                [.., "on", "["] => self.targets(""),
                _ => self.values(["leader"], "who leads"),
            };
        }
        if CLAIMS.contains(&statement) && vocabulary::metric(of).is_some() {
            return if last == "->" { self.components("") } else { self.subjects(of) };
        }
        if let Some(def) = document.analysis.program.faults.get(of).filter(|_| before.contains(&"inject")) {
            for param in def.params.iter().filter(|_| last != "=") {
                let doc = crate::reference::told(&param.docs).0;
                self.add("property", &param.name.text, &param.ty.text, &doc, format!("{} = ", param.name.text));
            }
            return;
        }
        if statement == "call" || statement == "publish" {
            return match last {
                "=" => self.values(["request", "leader", "follower", "any"], ""),
                _ => {
                    for (name, doc) in
                        [("key", "What it is about."), ("size", "What it weighs."), ("at", "Whom it is for.")]
                    {
                        self.add("property", name, "", doc, format!("{name} = "));
                    }
                }
            };
        }
        self.functions("distribution");
        self.own(Sort::Value, "", "value", "");
    }

    /// Units behind a number, by what the statement wants.
    fn behind_number(&mut self) {
        let ty = self.wanted();
        self.units(&ty);
    }

    /// The type of the number at the place.
    fn wanted(&self) -> String {
        const TIMED: [&str; 15] = [
            "at", "every", "from", "to", "for", "ramp", "fade", "stagger", "within", "over", "after", "during", "work",
            "..", "phase",
        ];
        let before = self.place.before.as_slice();
        let (first, last) = (before.first().copied().unwrap_or(""), before.last().copied().unwrap_or(""));
        if CLAIMS.contains(&first) && matches!(last, "<" | ">" | "<=" | ">=" | "==" | "!=") {
            let last = before.iter().rposition(|word| matches!(*word, "and" | "or")).unwrap_or(0);
            let metric = before[last..].iter().find_map(|word| vocabulary::metric(word));
            return metric.map_or("", |metric| metric.ty).to_owned();
        }
        match before {
            [name, "=", ..] => self.type_of(name),
            ["param", _, ":", ty, ..] | [_, ":", ty, "="] => (*ty).to_owned(),
            ["with" | "fail"] => "share".to_owned(),
            ["loop"] | [.., "times"] => "count".to_owned(),
            ["phase", ..] => "duration".to_owned(),
            ["set", .., name, "="] => self.set_type(before, name),
            _ if TIMED.contains(&last) => "duration".to_owned(),
            _ => String::new(),
        }
    }

    /// The type of what `set` sets: a parameter, or a property of a component.
    fn set_type(&self, before: &[&str], name: &str) -> String {
        let program = &self.document.analysis.program;
        let param = program.params.iter().find(|param| param.name.text == name && before.len() == 3);
        let kind = before.get(1).and_then(|component| self.names.kind_of(&self.family, component)).unwrap_or("");
        let of_kind =
            || crate::reference::properties_of(&self.document.analysis, kind).into_iter().find(|p| p.name == name);
        param.map(|param| param.ty.text.clone()).or_else(|| of_kind().map(|property| property.ty)).unwrap_or_default()
    }

    /// The type of a property of the block around.
    fn type_of(&self, name: &str) -> String {
        if matches!(self.place.block(), Block::Mix { .. }) {
            return "share".to_owned();
        }
        hover::property(self.document, self.place.block(), name).map(|property| property.ty).unwrap_or_default()
    }
}

/// Whether another value must follow.
fn operator(said: &[&str]) -> bool {
    said.last().is_some_and(|last| matches!(*last, "+" | "-" | "*" | "/" | "or" | ".."))
}
