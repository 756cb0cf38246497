//! A text under edit: what it says, as far as that can be read, and the way from its places to an editor's and back.
//!
//! A brace that is missing, or one too many, would cost the tree the whole file. So the text is mended first: a block
//! ends before a line that is indented no deeper than the line that opened it. Everything in here goes by the mended
//! text; [`Document::inner`] and [`Document::outer`] lead into it and out again.

use super::names::{family, system_of};
use super::positions::Positions;
use super::tokens::{Kind, Token, tokens};
use crate::resolve::program::Loader;
use crate::resolve::{Analysis, ScenarioInfo, analyze};
use crate::syntax::span::Span;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;
use sysdl_lower::model::Model;

/// A range of the text as an editor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Range {
    /// First UTF-16 code unit.
    pub from: u32,
    /// The one behind the last.
    pub to: u32,
}

/// A text, read.
pub(super) struct Document<'t> {
    positions: Positions<'t>,
    /// The text with its braces mended.
    pub(super) text: String,
    /// Where braces were put, in the text as it is.
    put: Vec<u32>,
    /// The tokens of the mended text.
    pub(super) tokens: Vec<Token>,
    /// What it means.
    pub(super) analysis: Analysis,
    /// Models of systems that were asked for, by the name of the first that they amend.
    models: RefCell<FxHashMap<String, Option<Rc<Model>>>>,
}

/// What is put where a block should have ended.
const END: &str = "}\n";

impl<'t> Document<'t> {
    pub(super) fn new(path: &str, source: &'t str, loader: &dyn Loader) -> Self {
        let (text, put) = mend(source);
        Self {
            positions: Positions::new(source),
            tokens: tokens(&text),
            analysis: analyze(path, text.as_bytes(), loader),
            text,
            put,
            models: RefCell::default(),
        }
    }

    /// The model of the first scenario of a system, if nothing is wrong with it.
    pub(super) fn model(&self, of: &str) -> Option<Rc<Model>> {
        if let Some(known) = self.models.borrow().get(of) {
            return known.clone();
        }
        let program = &self.analysis.program;
        let is_of = |scenario: &ScenarioInfo| family(program, &system_of(program, &scenario.name)) == of;
        let scenario = self.analysis.scenarios().into_iter().find(is_of);
        let model = scenario.and_then(|scenario| self.analysis.resolve(&scenario.name, &[]).model).map(Rc::new);
        self.models.borrow_mut().insert(of.to_owned(), model.clone());
        model
    }

    /// Whether braces had to be mended.
    pub(super) fn is_mended(&self) -> bool {
        self.text != self.positions.text()
    }

    /// The byte of the mended text at a UTF-16 offset of the text.
    pub(super) fn inner(&self, utf16: u32) -> u32 {
        let byte = self.positions.byte(utf16);
        byte + (self.put.partition_point(|put| *put <= byte) * END.len()) as u32
    }

    /// The range of the text that bytes of the mended text stand for.
    pub(super) fn outer(&self, start: u32, end: u32) -> Range {
        let byte = |inner: u32| {
            let mut before = 0;
            while self
                .put
                .get(before)
                .is_some_and(|put| put + (before * END.len()) as u32 + (END.len() as u32) <= inner)
            {
                before += 1;
            }
            inner - (before * END.len()) as u32
        };
        Range { from: self.positions.utf16(byte(start)), to: self.positions.utf16(byte(end)) }
    }

    /// The range of a place in this file.
    pub(super) fn range(&self, span: Span) -> Range {
        self.outer(span.start, span.end)
    }

    /// The text of a place, of any file.
    pub(super) fn said(&self, span: Span) -> &str {
        self.analysis.sources.text(span)
    }
}

/// A brace that was opened: how deep its line is indented.
type Open = usize;

/// The text with as many closing braces as opening ones, and where some were put. Those that close nothing are blanked.
fn mend(source: &str) -> (String, Vec<u32>) {
    let tokens = tokens(source);
    if is_balanced(source, &tokens) {
        return (source.to_owned(), Vec::new());
    }
    let (mut text, mut put, mut copied) = (String::new(), Vec::new(), 0);
    let mut open: Vec<Open> = Vec::new();
    let (mut line, mut indent, mut begins) = (0, 0, true);
    for token in &tokens {
        let said = token.text(source);
        if token.kind == Kind::Break {
            (line, begins) = (token.end as usize, true);
            continue;
        }
        if begins {
            (indent, begins) = (token.start as usize - line, false);
            let closes = said == "}";
            // A block ends before what is indented like the line that opened it; a brace there is its own.
            while open.last().is_some_and(|depth| if closes { *depth > indent } else { *depth >= indent }) {
                text.push_str(&source[copied..line]);
                text.push_str(END);
                put.push(line as u32);
                copied = line;
                open.pop();
            }
        }
        if token.kind == Kind::Mark && said == "{" {
            open.push(indent);
        } else if token.kind == Kind::Mark && said == "}" && open.pop().is_none() {
            text.push_str(&source[copied..token.start as usize]);
            text.push(' ');
            copied = token.end as usize;
        }
    }
    text.push_str(&source[copied..]);
    for _ in open {
        text.push('\n');
        text.push('}');
    }
    (text, put)
}

fn is_balanced(source: &str, tokens: &[Token]) -> bool {
    let mut depth = 0;
    for token in tokens.iter().filter(|token| token.kind == Kind::Mark) {
        match token.text(source) {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::program::NoFiles;

    #[test]
    fn a_block_that_is_not_closed_ends_before_its_neighbor() {
        let (text, put) = mend("system s {\n  service a {\n    replicas = \n  service b\n}\n");
        assert_eq!(text, "system s {\n  service a {\n    replicas = \n}\n  service b\n}\n");
        assert_eq!(put, [41]);
        assert_eq!(mend("a {\n b {\n").0, "a {\n b {\n\n}\n}");
        assert_eq!(mend("a }\n{}").0, "a  \n{}");
        assert_eq!(mend("a {\n  b {\n}\n").0, "a {\n  b {\n}\n}\n");
    }

    #[test]
    fn places_lead_in_and_out_again() {
        let source = "system s {\n  service é {\n    x\n  service b {\n  edge c\n}\n";
        let document = Document::new("x", source, &NoFiles);
        for (byte, _) in source.char_indices() {
            let at = document.positions.utf16(byte as u32);
            let inner = document.inner(at);
            assert_eq!(document.text[inner as usize..].chars().next(), source[byte..].chars().next());
            assert_eq!(document.outer(inner, inner).from, at, "{byte}");
        }
    }
}
