//! A file, read.

use super::ast::File;
use super::reader::Reader;
use super::span::{FileId, Span};
use super::{explain, limits};
use crate::codes;
use crate::diagnostic::{Diagnostic, sort};

/// Most mistakes reported for one file.
const REPORTED_MAX: usize = 50;

/// Reads a file. The tree holds every statement that could be read.
#[must_use]
pub fn parse(bytes: &[u8], file: FileId) -> (File, Vec<Diagnostic>) {
    let text = match limits::text(bytes, file) {
        Ok(text) => text,
        Err(diagnostic) => return (File::default(), vec![*diagnostic]),
    };
    if let Some(diagnostic) = explain::braces(text, file) {
        return (File::default(), vec![diagnostic]);
    }
    let mut reader = Reader::new(text, file);
    let read = reader.file();
    let mut diagnostics = reader.diagnostics;
    let tree = read.unwrap_or_else(|at| {
        let span = Span { file, start: at as u32, end: at as u32 };
        let message = "this cannot be read from here on";
        diagnostics = vec![Diagnostic::new(&codes::E0102, message, span, "here")];
        File::default()
    });
    // What ends too early may be found behind the end.
    for diagnostic in &mut diagnostics {
        let span = &mut diagnostic.primary.span;
        (span.start, span.end) = (span.start.min(text.len() as u32), span.end.min(text.len() as u32));
    }
    sort(&mut diagnostics);
    if diagnostics.len() > REPORTED_MAX {
        let hidden = diagnostics.len() - REPORTED_MAX;
        diagnostics.truncate(REPORTED_MAX);
        let last = diagnostics[REPORTED_MAX - 1].primary.span;
        let message = format!("{hidden} more mistakes follow in this file");
        diagnostics.push(Diagnostic::new(&codes::E0123, message, last, "the last one shown"));
    }
    (tree, diagnostics)
}
