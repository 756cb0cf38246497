//! `check`: what is wrong with a text, and which scenarios it has.

use super::positions::Positions;
use crate::diagnostic::{Diagnostic, Severity};
use crate::resolve::Analysis;
use crate::syntax::span::{FileId, Span};
use serde::Serialize;

/// What a text is worth.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Problem>,
    /// Its scenarios.
    pub scenarios: Vec<Scenario>,
    /// The name of its first system.
    pub system: Option<String>,
}

/// A diagnostic, for an editor. Places are UTF-16 code units of the text.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// `E0301`
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: Severity,
    /// The fact.
    pub message: String,
    /// What its place contributes.
    pub label: String,
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// Line of its begin, from 1.
    pub line: u32,
    /// Column of its begin, from 1, in characters.
    pub column: u32,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The help as a replacement that is surely right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<Replacement>,
    /// Other places that matter.
    pub others: Vec<Replacement>,
}

/// A range of the text: what is to be put there, or what it contributes to a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// First UTF-16 code unit.
    pub from: u32,
    /// The one behind the last.
    pub to: u32,
    /// The text.
    pub text: String,
}

/// A scenario of the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Its title, if any.
    pub title: Option<String>,
    /// How long it lasts in seconds; not known while it has mistakes.
    pub duration_s: Option<f64>,
}

/// Everything that is wrong with a file, as an editor shows it.
pub(super) fn checked(analysis: &Analysis, positions: &Positions<'_>) -> Checked {
    let (diagnostics, durations) = analysis.check_all();
    let scenarios = analysis.scenarios().into_iter().map(|scenario| Scenario {
        duration_s: durations.iter().find(|(name, _)| *name == scenario.name).map(|(_, ns)| *ns as f64 / 1e9),
        name: scenario.name,
        title: scenario.title,
    });
    Checked {
        diagnostics: diagnostics.into_iter().map(|diagnostic| problem(diagnostic, positions)).collect(),
        scenarios: if analysis.program.systems.is_empty() { Vec::new() } else { scenarios.collect() },
        system: analysis.program.systems.first().map(|system| system.name.text.clone()),
    }
}

/// A diagnostic with its places as an editor counts them. One of another file stands at the begin of this.
pub(super) fn problem(diagnostic: Diagnostic, positions: &Positions<'_>) -> Problem {
    let place = |span: Span| {
        if span.file == FileId(0) { (positions.utf16(span.start), positions.utf16(span.end)) } else { (0, 0) }
    };
    let replacement = |span: Span, text: String| {
        let (from, to) = place(span);
        Replacement { from, to, text }
    };
    let (from, to) = place(diagnostic.primary.span);
    let start = if diagnostic.primary.span.file == FileId(0) { diagnostic.primary.span.start } else { 0 };
    let (line, column) = positions.line_column(start);
    Problem {
        code: diagnostic.code.id,
        severity: diagnostic.code.severity(),
        message: diagnostic.message,
        label: diagnostic.primary.text,
        from,
        to,
        line,
        column,
        help: diagnostic.help,
        edit: diagnostic.edit.map(|edit| replacement(edit.span, edit.text)),
        others: diagnostic.others.into_iter().map(|label| replacement(label.span, label.text)).collect(),
    }
}
