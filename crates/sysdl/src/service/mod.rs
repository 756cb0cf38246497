//! What an editor asks about a text: what is wrong, what a word means, what could stand here, where a name is used.
//!
//! Before: a text that may be half written, and a place in it, counted in UTF-16 code units as editors in a browser and
//! language servers do.
//! After: an answer with places counted the same way. No text and no place make it panic; each answer reads the text anew.

mod blocks;
mod candidates;
mod check;
mod claims;
mod complete;
mod describe;
mod document;
mod faults;
mod hover;
mod names;
mod place;
mod positions;
mod rename;
mod scenarios;
mod splice;
mod tokens;
mod uses;
mod values;
mod vocabulary;
mod words;

use crate::diagnostic::Diagnostic;
use crate::fmt;
use crate::resolve::program::NoFiles;
use crate::resolve::{Analysis, analyze};
pub use candidates::Item;
pub use check::{Checked, Problem, Replacement, Scenario};
pub use complete::Completion;
pub(crate) use describe::balance_in_words;
use document::Document;
pub use document::Range;
pub use faults::Fault;
pub use hover::Hover;
use names::Names;
pub use positions::Positions;
pub use rename::Entry;
pub use splice::splice;

/// The name of a text that has none.
const PATH: &str = "input.sysdl";

/// What is wrong with a text, and which scenarios it has.
#[must_use]
pub fn check(source: &str) -> Checked {
    let analysis = analyze(PATH, source.as_bytes(), &NoFiles);
    check::checked(&analysis, &Positions::new(source))
}

/// What the word at a UTF-16 offset is, in Markdown.
#[must_use]
pub fn hover(source: &str, at: u32) -> Option<Hover> {
    let document = Document::new(PATH, source, &NoFiles);
    hover::hover(&document, &Names::of(&document), at)
}

/// What could stand at a UTF-16 offset. The texts to insert are plain; the caret goes behind them.
#[must_use]
pub fn complete(source: &str, at: u32) -> Completion {
    let document = Document::new(PATH, source, &NoFiles);
    complete::complete(&document, &Names::of(&document), at)
}

/// Where the name at a UTF-16 offset is defined in the text.
#[must_use]
pub fn definition(source: &str, at: u32) -> Option<Range> {
    let document = Document::new(PATH, source, &NoFiles);
    rename::definition(&document, &Names::of(&document), at)
}

/// Every place where the name at a UTF-16 offset stands, its definition included.
#[must_use]
pub fn references(source: &str, at: u32) -> Vec<Range> {
    let document = Document::new(PATH, source, &NoFiles);
    rename::references(&document, &Names::of(&document), at)
}

/// The edits that give the name at a UTF-16 offset another, everywhere.
///
/// # Errors
/// Why it cannot have that name.
pub fn rename(source: &str, at: u32, to: &str) -> Result<Vec<Replacement>, String> {
    let document = Document::new(PATH, source, &NoFiles);
    rename::rename(&document, &Names::of(&document), at, to)
}

/// What a text defines, as a tree.
#[must_use]
pub fn symbols(source: &str) -> Vec<Entry> {
    let document = Document::new(PATH, source, &NoFiles);
    rename::symbols(&document, &Names::of(&document))
}

/// The text in the one style there is.
///
/// # Errors
/// The first mistake, if the text cannot be read.
pub fn format(source: &str) -> Result<String, String> {
    let place = |at| Positions::new(source).line_column(at).0;
    let first = |found: Vec<Diagnostic>| found.into_iter().find(Diagnostic::is_error);
    fmt::format(source.as_bytes()).map_err(|found| {
        first(found)
            .map_or_else(String::new, |first| format!("line {}: {}", place(first.primary.span.start), first.message))
    })
}

/// Faults that can strike a component, traffic, or an edge `a -> b` of a scenario, each with a line that injects it.
#[must_use]
pub fn faults_for(analysis: &Analysis, scenario: &str, component: &str) -> Vec<Fault> {
    faults::faults_for(analysis, scenario, component)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Blueprints, and files with every mistake there is.
    fn texts() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |folder: &str| {
            let paths = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
            let sources = paths.filter(|path| path.extension().is_some_and(|ext| ext == "sysdl"));
            sources
                .map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap_or_default()))
                .collect()
        };
        let texts: [Vec<_>; 2] = ["blueprints", "tests/errors"].map(read);
        texts.concat()
    }

    /// Asks at each place, as many UTF-16 code units apart.
    fn ask(source: &str, places: impl Iterator<Item = u32>) {
        let document = Document::new(PATH, source, &NoFiles);
        let names = Names::of(&document);
        let len = source.encode_utf16().count() as u32;
        for at in places.take_while(|at| *at <= len + 1) {
            if let Some(hover) = hover::hover(&document, &names, at) {
                let within = hover.from <= at.min(len) && at.min(len) <= hover.to;
                assert!(within && hover.to <= len, "{at}: {hover:?}");
            }
            let found = complete::complete(&document, &names, at);
            assert!(found.from <= found.to && found.to <= len && found.items.len() <= 100, "{at}: {found:?}");
        }
    }

    #[test]
    fn every_place_of_every_text_has_an_answer() {
        for (_, text) in texts() {
            ask(&text, 0..);
        }
    }

    #[test]
    fn texts_that_are_cut_off_anywhere_have_answers() {
        for (_, text) in texts().into_iter().filter(|(path, _)| path.contains("blueprints")) {
            for end in (0..text.len()).step_by(7).filter(|end| text.is_char_boundary(*end)) {
                let end_units = text[..end].encode_utf16().count() as u32;
                ask(&text[..end], end_units.saturating_sub(3)..);
            }
        }
    }
}
