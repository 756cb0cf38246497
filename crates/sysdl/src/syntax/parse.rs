//! The grammar, run over a text.

use super::ast::File;
use super::build::Builder;
use super::span::{FileId, Span};
use super::{explain, limits};
use crate::codes;
use crate::diagnostic::{Diagnostic, sort};
use pest::Parser as _;
use pest_derive::Parser;

/// The parser that the grammar generates.
#[derive(Parser)]
#[grammar = "../../grammar/sysdl.pest"]
pub(super) struct Grammar;

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
    let mut builder = Builder::new(text, file);
    let tree = match Grammar::parse(Rule::file, text) {
        Ok(mut pairs) => pairs.next().map(|pair| builder.file(pair)).unwrap_or_default(),
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at as u32,
            };
            let span = Span { file, start: at, end: at };
            let message = "this cannot be read from here on";
            builder.diagnostics.push(Diagnostic::new(&codes::E0102, message, span, "here"));
            File::default()
        }
    };
    let mut diagnostics = builder.diagnostics;
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
