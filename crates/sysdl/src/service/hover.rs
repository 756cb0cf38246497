//! `hover`: what the word at a place is, in a few lines of Markdown.

use super::document::{Document, Range};
use super::names::Names;
use super::place::{Block, Place, path};
use super::tokens::Kind;
use super::{describe, values, vocabulary, words};
use crate::reference::{self, Property};
use crate::units;
use serde::Serialize;

/// What the word at a place is.
#[derive(Clone, Debug, Serialize)]
pub struct Hover {
    /// Where the word begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// What it is.
    pub markdown: String,
}

/// The token under the pointer and what stands around it.
struct Pointed<'d> {
    document: &'d Document<'d>,
    names: &'d Names,
    place: Place<'d>,
    row: usize,
    text: &'d str,
}

/// What stands at a UTF-16 offset; `None` where there is nothing to say.
pub(super) fn hover(document: &Document<'_>, names: &Names, at: u32) -> Option<Hover> {
    let byte = document.inner(at);
    let place = Place::of(document, byte);
    if place.quoted {
        return None;
    }
    let row = place.token.or_else(|| arrow(document, byte))?;
    let token = document.tokens[row];
    let pointed = Pointed { document, names, place, row, text: token.text(&document.text) };
    let markdown = match token.kind {
        Kind::Mark => describe::edge(document, row),
        Kind::Number => pointed.number(),
        Kind::Word => pointed.word(token.start),
        _ => None,
    }?;
    let Range { from, to } = document.outer(token.start, token.end);
    Some(Hover { from, to, markdown })
}

/// The arrow of an edge at a byte.
fn arrow(document: &Document<'_>, byte: u32) -> Option<usize> {
    document
        .tokens
        .iter()
        .position(|token| token.start <= byte && byte <= token.end && matches!(token.text(&document.text), "->" | "~>"))
}

impl Pointed<'_> {
    /// The token so many rows on.
    fn near(&self, step: isize) -> &str {
        let row = self.row.checked_add_signed(step).and_then(|row| self.document.tokens.get(row));
        row.map_or("", |token| token.text(&self.document.text))
    }

    fn word(&self, start: u32) -> Option<String> {
        if let Some((_, symbol)) = self.names.at(start) {
            return describe::symbol(self.document, self.names, symbol);
        }
        let analysis = &self.document.analysis;
        let before = self.place.before.as_slice();
        let (name, prefix) = self.dotted();
        // What stands before the whole name.
        let head = &before[..before.len().saturating_sub(prefix)];
        let last = head.last().copied().unwrap_or("");
        if last == "inject" {
            return describe::fault(analysis, self.text);
        }
        let is_kind = head.is_empty() && *self.place.block() == Block::System || matches!(last, ":" | "kind");
        if let Some(kind) = describe::kind(analysis, &name).filter(|_| is_kind && !before.contains(&"(")) {
            return Some(kind);
        }
        if let Some(found) = self.endpoint_of_kind(before) {
            return Some(found);
        }
        if self.near(1) == "("
            && let Some(found) = self.call(&name)
        {
            return Some(found);
        }
        self.property().or_else(|| self.measure(&name)).or_else(|| self.keyword()).or_else(|| self.value_of_property())
    }

    /// The dotted name that the word is part of, and how many tokens of it stand before the word.
    fn dotted(&self) -> (String, usize) {
        let mut row = self.row;
        while row >= 2 && self.document.tokens[row - 1].text(&self.document.text) == "." {
            row -= 2;
        }
        let end = (row + 12).min(self.document.tokens.len());
        (path(&self.document.words(row, end), 0).0, self.row - row)
    }

    /// `4krps`: the unit, and what the number is in others.
    fn number(&self) -> Option<String> {
        let money = self.text.starts_with('$');
        let digits = self.text.trim_start_matches('$');
        let len = digits.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.').unwrap_or(digits.len());
        let (number, unit) = digits.split_at(len);
        if unit.is_empty() {
            return self.value_of_property();
        }
        let (dimension, one) = units::find(unit, money)?;
        let number: f64 = number.replace('_', "").parse().ok()?;
        let name = dimension.name();
        let of = units::of(dimension).map(|unit| format!("`{unit}`")).collect::<Vec<_>>().join(" ");
        let mut text = format!("**{}**: {name}", self.text);
        let same = units::quantity(number * one, dimension);
        if same != self.text {
            text.push_str(&format!(", {same}"));
        }
        if !of.is_empty() {
            text.push_str(&format!("\n\nUnits: {of}"));
        }
        Some(text)
    }

    /// An endpoint that the kind of a component gives: `call redis.get`, `mix { get = … }`.
    fn endpoint_of_kind(&self, before: &[&str]) -> Option<String> {
        let component = match before {
            [.., component, "."] => component,
            [] => match self.place.block() {
                Block::Mix { target } => target.as_str(),
                _ => return None,
            },
            _ => return None,
        };
        let kind = self.names.kinds.iter().find(|(_, name, _)| name == component).map(|(.., kind)| kind)?;
        let endpoints = reference::endpoints_of(&self.document.analysis, kind);
        let (name, steps) = endpoints.into_iter().find(|(name, _)| name == self.text)?;
        Some(format!("**{component}.{name}**: endpoint that every `{kind}` has\n\n`{steps}`"))
    }

    /// `lognormal(…)`, `p99(…)`: a function with the moments of this very call, or a metric.
    fn call(&self, name: &str) -> Option<String> {
        let claims = ["expect", "warn", "when"].iter().any(|word| self.place.before.first() == Some(word));
        if let Some(metric) = vocabulary::metric(name).filter(|_| claims) {
            return Some(measured(name, metric));
        }
        let function = vocabulary::function(name)?;
        let end = self.closing()?;
        let (start, end) = (self.document.tokens[self.row].start as usize, self.document.tokens[end].end as usize);
        let worth = values::evaluate(&self.document.analysis, &self.document.text[start..end]);
        let worth = worth.map(|value| values::show(&value)).filter(|text| !text.is_empty());
        let worth = worth.map_or_else(String::new, |text| format!("\n\n{text}"));
        Some(format!("**{name}**: {}{worth}\n\n`{}`", function.doc, function.example))
    }

    /// The bracket that closes the one behind the word.
    fn closing(&self) -> Option<usize> {
        let mut depth = 0;
        for (row, token) in self.document.tokens.iter().enumerate().skip(self.row + 1) {
            match token.text(&self.document.text) {
                "(" | "[" => depth += 1,
                ")" | "]" if depth == 1 => return Some(row),
                ")" | "]" => depth -= 1,
                "{" | "}" => return None,
                _ => {}
            }
        }
        None
    }

    /// A word that a block sets: `timeout = …`, `retry { … }`.
    fn property(&self) -> Option<String> {
        let sets = self.place.before.is_empty() && matches!(self.near(1), "=" | "{" | "+=" | "*=" | "|=");
        let found = sets.then(|| property(self.document, self.place.block(), self.text)).flatten();
        found.map(|property| describe::property(&property))
    }

    /// A word that is the value of a property: the property says what it means.
    fn value_of_property(&self) -> Option<String> {
        let [name, "=", ..] = self.place.before.as_slice() else { return None };
        property(self.document, self.place.block(), name).map(|property| describe::property(&property))
    }

    fn measure(&self, name: &str) -> Option<String> {
        let first = self.place.before.first()?;
        if !matches!(*first, "expect" | "warn" | "when" | "good") {
            return None;
        }
        let time = vocabulary::TIMES.iter().find(|(time, _)| *time == self.text);
        let time = time.map(|(time, doc)| format!("**{time}**: {doc}"));
        let metric = |name: &str| vocabulary::metric(name).map(|metric| measured(name, metric));
        time.or_else(|| metric(name)).or_else(|| metric(self.text))
    }

    /// A word that begins a statement or joins its parts.
    fn keyword(&self) -> Option<String> {
        let place = match self.place.block() {
            Block::File => "file",
            Block::System => "system",
            Block::Component { .. } | Block::Kind => "component",
            Block::Endpoint | Block::Steps => "steps",
            Block::Scenario => "scenario",
            Block::Fault => "fault",
            _ => "",
        };
        let known = |place: &str| {
            let mut all = vocabulary::KEYWORDS.iter();
            all.find(|keyword| keyword.place == place && keyword.word == self.text)
        };
        let found = if self.place.before.is_empty() { known(place) } else { known("action") }?;
        Some(format!("**{}**: {}", found.word, found.doc))
    }
}

fn measured(name: &str, metric: &vocabulary::Measure) -> String {
    format!("**{name}**: metric, a {}\n\n{}", metric.ty, metric.doc)
}

/// A property of a block, of whatever it is.
pub(super) fn property(document: &Document<'_>, block: &Block, name: &str) -> Option<Property> {
    let of_kind = |kind: &str, name: &str| {
        reference::properties_of(&document.analysis, kind).into_iter().find(|property| property.name == name)
    };
    let of_table = |block: &str| words::find(block, name).map(described);
    match block {
        Block::Component { kind } => of_kind(kind, name).or_else(|| of_table("component")),
        Block::Group { kind, prefix } => of_kind(kind, &format!("{prefix}_{name}")),
        Block::System => of_table("system"),
        Block::Edge { .. } => of_table("edge"),
        Block::Traffic => of_table("traffic"),
        Block::Scenario => of_table("scenario"),
        Block::Endpoint => of_table("endpoint"),
        Block::Words(of) => of_table(of),
        _ => None,
    }
}

/// A row of the table as the library would declare it.
pub(super) fn described(word: &words::Word) -> Property {
    Property {
        name: word.name.to_owned(),
        ty: word.ty.to_owned(),
        unit: "",
        doc: word.doc.to_owned(),
        default: (!word.default.is_empty()).then(|| word.default.to_owned()),
        grade: None,
        source: None,
        of: String::new(),
        default_of: String::new(),
    }
}
