//! Names followed: where one is defined, where it is used, what the file has, and another name in its place.

use super::check::Replacement;
use super::document::{Document, Range};
use super::names::{Definition, Names, Sort, Symbol, chain};
use super::words;
use crate::diagnostic::Diagnostic;
use crate::resolve::analyze;
use crate::resolve::program::NoFiles;
use crate::syntax::ast::{Node, Step};
use serde::Serialize;

/// A name that a file defines, and those inside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// `system`, `component`, `endpoint`, `traffic`, `scenario`, `moment`, `value`, `policy`, `kind`, `fault`.
    pub kind: &'static str,
    /// A title, a kind, a type.
    pub detail: String,
    /// Where its statement begins.
    pub from: u32,
    /// Where its statement ends.
    pub to: u32,
    /// Where the name begins.
    pub at: u32,
    /// Names inside.
    pub children: Vec<Entry>,
}

/// Where the name at an offset is defined in this file.
pub(super) fn definition(document: &Document<'_>, names: &Names, at: u32) -> Option<Range> {
    let (_, symbol) = names.at(document.inner(at))?;
    names.definition(symbol).map(|definition| document.range(definition.span))
}

/// Every place where the name at an offset stands, its definition included.
pub(super) fn references(document: &Document<'_>, names: &Names, at: u32) -> Vec<Range> {
    let Some((_, symbol)) = names.at(document.inner(at)) else { return Vec::new() };
    uses(names, symbol).map(|span| document.range(span)).collect()
}

fn uses<'n>(names: &'n Names, symbol: &'n Symbol) -> impl Iterator<Item = crate::syntax::span::Span> + 'n {
    names.mentions.iter().filter(move |(_, of)| of == symbol).map(|(span, _)| *span)
}

/// What a file defines, as a tree.
pub(super) fn symbols(document: &Document<'_>, names: &Names) -> Vec<Entry> {
    let own: Vec<&Definition> = names.definitions.iter().filter(|definition| !definition.imported).collect();
    entries(document, &own, 0)
}

/// Definitions of a depth, each with what is inside it.
fn entries(document: &Document<'_>, definitions: &[&Definition], depth: u32) -> Vec<Entry> {
    let heads: Vec<usize> = (0..definitions.len()).filter(|row| definitions[*row].depth == depth).collect();
    let ends = heads.iter().skip(1).copied().chain([definitions.len()]);
    let entry = |(row, end): (&usize, usize)| {
        let of = definitions[*row];
        let Range { from, to } = document.range(of.whole);
        Entry {
            name: of.symbol.name.clone(),
            kind: of.symbol.sort.word(),
            detail: of.detail.clone(),
            from,
            to,
            at: document.range(of.span).from,
            children: entries(document, &definitions[row + 1..end], depth + 1),
        }
    };
    heads.iter().zip(ends).map(entry).collect()
}

/// The edits that give the name at an offset another.
///
/// # Errors
/// Why it cannot have that name.
pub(super) fn rename(document: &Document<'_>, names: &Names, at: u32, to: &str) -> Result<Vec<Replacement>, String> {
    if document.is_mended() || document.analysis.syntax.iter().any(Diagnostic::is_error) {
        return Err("some of this text cannot be read, so a use of the name could be missed; mend it first".to_owned());
    }
    let Some((_, symbol)) = names.at(document.inner(at)) else {
        return Err("no name that this file defines stands here".to_owned());
    };
    let Some(definition) = names.definition(symbol) else {
        return Err(format!("`{}` is not defined in this file", symbol.name));
    };
    if definition.imported {
        return Err(format!("`{}` is defined in another file", symbol.name));
    }
    if !is_name(to, symbol.sort == Sort::Kind) {
        return Err(format!("`{to}` is no name: write letters, digits and `_`, a letter first"));
    }
    if to == symbol.name {
        return Ok(Vec::new());
    }
    free(document, names, symbol, to)?;
    let spans: Vec<_> = uses(names, symbol).collect();
    let mut renamed = document.text.clone();
    for span in spans.iter().rev() {
        renamed.replace_range(span.range(), to);
    }
    same_mistakes(document, &renamed, to)?;
    let edit = |span| {
        let Range { from, to: end } = document.range(span);
        Replacement { from, to: end, text: to.to_owned() }
    };
    Ok(spans.into_iter().map(edit).collect())
}

fn is_name(text: &str, dotted: bool) -> bool {
    let is_word = |word: &str| {
        let first = word.bytes().next();
        first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if dotted { text.split('.').all(is_word) } else { is_word(text) }
}

/// Whether nothing else has the name, and the name means nothing else where it would stand.
fn free(document: &Document<'_>, names: &Names, symbol: &Symbol, to: &str) -> Result<(), String> {
    let program = &document.analysis.program;
    let taken = |what: &str| Err(format!("`{to}` is taken: it is {what}"));
    let rivals: &[Sort] = match symbol.sort {
        Sort::Value | Sort::Policy => &[Sort::Value, Sort::Policy, Sort::Component, Sort::Traffic],
        Sort::Component | Sort::Traffic => &[Sort::Component, Sort::Traffic, Sort::Value],
        _ => std::slice::from_ref(&symbol.sort),
    };
    let of_file = [Sort::Value, Sort::Policy];
    let rival = names.definitions.iter().map(|definition| &definition.symbol).find(|other| {
        let near = other.owner == symbol.owner || of_file.contains(&other.sort) || of_file.contains(&symbol.sort);
        other.name == to && near && rivals.contains(&other.sort)
    });
    if let Some(rival) = rival {
        return taken(&format!("a {} of this file", rival.sort.word()));
    }
    match symbol.sort {
        Sort::Kind if program.kinds.contains_key(to) => taken("a kind of the library"),
        Sort::Fault if program.faults.contains_key(to) => taken("a fault of the library"),
        Sort::Value if means_something(document, to) => taken("a word of the language"),
        Sort::Endpoint => endpoint_is_free(document, names, symbol, to),
        _ => Ok(()),
    }
}

/// Whether a word is that of a property or of a value somewhere: a value of the file would be mistaken for it.
fn means_something(document: &Document<'_>, word: &str) -> bool {
    let words = ["on", "off", "true", "false", "none", "unlimited", "request", "self", "everything", "size", "result"];
    let declares = |node: &Node| matches!(node, Node::Declare(declare) if declare.name.text == word);
    let mut kinds = document.analysis.program.kinds.values();
    let in_text = document.tokens.iter().any(|token| token.text(&document.text) == word);
    words.contains(&word)
        || in_text
        || words::BLOCKS.iter().any(|(block, _)| words::find(block, word).is_some())
        || kinds.any(|def| def.kind.body.statements.iter().any(|statement| declares(&statement.node)))
}

/// An endpoint that takes the place of one of its kind would give that back under its old name, and the other way round.
fn endpoint_is_free(document: &Document<'_>, names: &Names, symbol: &Symbol, to: &str) -> Result<(), String> {
    let program = &document.analysis.program;
    let of_kind = |kind: &str, name: &str| {
        let found = crate::reference::endpoints_of(&document.analysis, kind);
        found.iter().any(|(endpoint, _)| endpoint == name)
    };
    if let Some((owner, component)) = symbol.owner.split_once('/') {
        let kind = names.kind_of(owner, component).unwrap_or("");
        let generic = symbol.name == "handle" && has_steps(document, names, symbol);
        let replaced = [symbol.name.as_str(), to].into_iter().find(|name| of_kind(kind, name));
        return match replaced {
            Some(name) if !generic || name == to => {
                Err(format!("every `{kind}` has an endpoint `{name}`, so this would be another"))
            }
            _ => Ok(()),
        };
    }
    let kind = symbol.owner.trim_start_matches("kind:");
    let heirs = names.kinds.iter().filter(|(.., of)| chain(program, of).contains(&kind));
    let clash = heirs.into_iter().find(|(owner, component, _)| {
        let owner = format!("{owner}/{component}");
        [symbol.name.as_str(), to].iter().any(|name| names.has(Sort::Endpoint, &owner, name))
    });
    match clash {
        Some((_, component, _)) => Err(format!("`{component}` has an endpoint of this name of its own")),
        None if of_kind(kind, to) => Err(format!("`{to}` is taken: every `{kind}` has an endpoint of this name")),
        None => Ok(()),
    }
}

fn has_steps(document: &Document<'_>, names: &Names, symbol: &Symbol) -> bool {
    let Some(definition) = names.definition(symbol) else { return false };
    let systems = document.analysis.program.systems.iter().flat_map(|system| &system.body);
    let inner = systems.filter_map(|statement| match &statement.node {
        Node::Item(item) => item.body.as_ref(),
        _ => None,
    });
    let mut endpoints = inner.flat_map(|body| &**body).filter(|statement| statement.span == definition.whole);
    endpoints.any(|statement| match &statement.node {
        Node::Item(item) => item
            .body
            .iter()
            .flat_map(|body| &**body)
            .any(|s| matches!(s.node, Node::Step(Step::Work(_) | Step::Call { .. }))),
        _ => false,
    })
}

/// Whether the renamed text has the mistakes that the text has, and no other.
fn same_mistakes(document: &Document<'_>, renamed: &str, to: &str) -> Result<(), String> {
    let count = |found: &[Diagnostic], code: &str| found.iter().filter(|diagnostic| diagnostic.code.id == code).count();
    let before = document.analysis.check();
    let after = analyze(super::PATH, renamed.as_bytes(), &NoFiles).check();
    let new = after.iter().find(|new| count(&after, new.code.id) > count(&before, new.code.id));
    match new {
        Some(new) => Err(format!("with `{to}` the file would mean something else: {}", new.message)),
        None if after.len() != before.len() => Err(format!("with `{to}` the file would mean something else")),
        None => Ok(()),
    }
}
