//! Diagnostics as a person reads them: the text itself, marked.
//!
//! The only file that knows miette. It prints every line between two labels, so labels that are far
//! from the first become notes with their place instead.

use crate::diagnostic::{Diagnostic, Severity, location};
use crate::syntax::span::{FileId, Source, Sources};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource};

/// Lines between labels that are shown in one picture.
const NEAR_LINES: u32 = 6;

/// All diagnostics, one below the other, with a count at the end.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool, width: usize) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width.max(40)).with_links(false);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let source = sources.get(diagnostic.primary.span.file);
        let mut report = miette::Report::new(translate(diagnostic, source, sources));
        if is_shown(diagnostic, source) {
            report = report.with_source_code(NamedSource::new(&source.path, harmless(&source.text)));
        }
        // Writing into a string cannot fail.
        let _ = handler.render_report(&mut text, report.as_ref());
        text.push('\n');
    }
    text.push_str(&count(diagnostics));
    text
}

/// Longest line, in bytes, that is shown.
const LINE_MAX: usize = 1_000;

/// Whether the text can be shown beside what is said of it.
fn is_shown(diagnostic: &Diagnostic, source: &Source) -> bool {
    let span = diagnostic.primary.span;
    let (before, after) = source.text.split_at_checked(span.start as usize).unwrap_or(("", ""));
    let begun = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    span.file != FileId::GIVEN && begun + after.find('\n').unwrap_or(after.len()) <= LINE_MAX
}

/// A text whose control characters do nothing to a terminal, with every byte in its place.
fn harmless(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        // Alone it would go back to the begin of the line.
        '\r' => ' ',
        c if c.is_ascii_control() => '?',
        // Those beyond ASCII take two bytes, and so does this.
        c if c.is_control() => '·',
        c => c,
    };
    text.chars().map(shown).collect()
}

fn translate(diagnostic: &Diagnostic, source: &Source, sources: &Sources) -> MietteDiagnostic {
    let line_of = |byte: u32| source.position(byte).0;
    let primary = diagnostic.primary.span;
    let near = |span: crate::syntax::span::Span| {
        span.file == primary.file && line_of(span.start).abs_diff(line_of(primary.start)) <= NEAR_LINES
    };
    let mut labels = vec![LabeledSpan::new_primary_with_span(Some(diagnostic.primary.text.clone()), primary.range())];
    let mut help: Vec<String> = diagnostic.help.iter().cloned().collect();
    if primary.file != FileId::GIVEN && !is_shown(diagnostic, source) {
        help.push(format!("it is at {}", location(sources, primary)));
    }
    for label in &diagnostic.others {
        if near(label.span) {
            labels.push(LabeledSpan::new_with_span(Some(label.text.clone()), label.span.range()));
        } else {
            help.push(format!("{}: {}", location(sources, label.span), label.text));
        }
    }
    let severity = match diagnostic.code.severity() {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
    };
    let mut translated = MietteDiagnostic::new(harmless(&diagnostic.message))
        .with_code(diagnostic.code.id)
        .with_severity(severity)
        .with_labels(labels);
    if !help.is_empty() {
        translated = translated.with_help(help.join("\n"));
    }
    translated
}

/// `2 errors, 1 warning`
#[must_use]
pub fn count(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => String::new(),
        (0, w) => plural(w, "warning") + "\n",
        (e, 0) => plural(e, "error") + "\n",
        (e, w) => format!("{}, {}\n", plural(e, "error"), plural(w, "warning")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_nothing_and_bytes_stay_in_their_places() {
        let text = "a\u{1b}[31m\u{9b}0m é\tb\r\n";
        assert_eq!(harmless(text), "a?[31m·0m é\tb \n");
        assert_eq!(harmless(text).len(), text.len());
    }
}
