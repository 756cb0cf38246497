//! Reads a text by descending into it: one function for each form of the language, in the order of `grammar/sysdl.pest`.
//!
//! A function is called where its form would begin, behind white space, and returns what it read or nothing. It may then
//! have moved; [`Reader::maybe`] and [`Reader::next`] go back, so whoever has another idea calls through them. What was
//! looked for in vain is noted at the furthest place, which is where a mistake is.

mod definitions;
mod expressions;
mod statements;
mod steps;
mod timeline;
mod tokens;
mod wanted;

use super::ast::Statement;
use super::limits::NESTING_MAX;
use super::span::{FileId, Span};
use crate::diagnostic::Diagnostic;
pub(super) use wanted::{END, Furthest, Wanted};

/// A text, and how far it has been read.
pub(super) struct Reader<'t> {
    text: &'t str,
    file: FileId,
    at: usize,
    /// Brackets around this place.
    depth: u32,
    /// Whether this is about where a statement fails; what is wrong within its blocks was said already.
    explaining: bool,
    furthest: Furthest,
    /// Blocks that have no end, by where they begin, and braces within bad statements that have none.
    endless: Vec<usize>,
    unclosed: Vec<usize>,
    /// Statements of the blocks around this place, those of the innermost last.
    open: Vec<Statement>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, file: FileId) -> Self {
        Self {
            text,
            file,
            at: 0,
            depth: 0,
            explaining: false,
            furthest: Furthest::default(),
            endless: Vec::new(),
            unclosed: Vec::new(),
            open: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Where a text that should be one statement fails to be that.
    pub(super) fn explain(text: &'t str, form: super::explain::Form) -> Option<Furthest> {
        let mut reader = Self { explaining: true, ..Self::new(text, FileId::default()) };
        reader.gap();
        if reader.one(form).is_some() {
            reader.gap();
            if reader.end_of_text() {
                return None;
            }
        }
        Some(reader.furthest)
    }

    /// Tries to read something; goes back if it is not there.
    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (at, found) = (self.at, self.diagnostics.len());
        let read = read(self);
        if read.is_none() {
            self.at = at;
            self.diagnostics.truncate(found);
        }
        read
    }

    /// Tries to read something behind white space.
    fn next<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.gap();
        self.maybe(read)
    }

    /// Tries to read one thing more of what may be many; if there is none, the white space before it is not theirs.
    fn more<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.maybe(|r| {
            r.gap();
            read(r)
        })
    }

    /// A word and what must follow it.
    fn led<T>(&mut self, word: &'static str, read: fn(&mut Self) -> Option<T>) -> Option<T> {
        self.maybe(|r| {
            r.word(word)?;
            r.next(read)
        })
    }

    /// What is within brackets: bounded, since reading it recurses.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth > NESTING_MAX {
            return None;
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Something was not there.
    fn missed(&mut self, wanted: Wanted) {
        self.furthest.missed(self.at, wanted);
    }

    /// Tries forms that have a name in common, by which what is missing is told if none of them began.
    fn called<T>(&mut self, wanted: Wanted, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (at, before) = (self.at, self.furthest.count(self.at));
        let read = self.maybe(read);
        if read.is_none() {
            self.furthest.instead(at, before, wanted);
        }
        read
    }

    /// From a place to here, without white space at the end.
    fn since(&self, start: usize) -> Span {
        let end = start + self.text[start..self.at].trim_end().len();
        Span { file: self.file, start: start as u32, end: end as u32 }
    }
}
