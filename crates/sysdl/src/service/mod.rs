//! What an editor asks about a text: what is wrong, what a word means, what could stand here, where a name is used.
//!
//! Before: a text that may be half written, and a place in it, counted in UTF-16 code units as editors in a browser and
//! language servers do.
//! After: an answer with places counted the same way. No text and no place make it panic; each answer reads the text anew.

mod check;
mod describe;
mod document;
mod hover;
mod names;
mod place;
mod positions;
mod tokens;
mod uses;
mod values;
mod vocabulary;
mod words;

use crate::resolve::analyze;
use crate::resolve::program::NoFiles;
pub use check::{Checked, Problem, Replacement, Scenario};
use document::Document;
pub use document::Range;
pub use hover::Hover;
use names::Names;
pub use positions::Positions;

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
