//! Diagnostics for people and programs.

#[cfg(feature = "cli")]
pub mod human;

use crate::diagnostic::{Diagnostic, Severity, location};
use crate::syntax::span::{Sources, Span};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use sysdl_order::Order as _;

/// `file:line:column: E0301: message`, a line each.
#[must_use]
pub fn short(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().fold(String::new(), |mut text, d| {
        let _ = writeln!(text, "{}: {}: {}", location(sources, d.primary.span), d.code.id, d.message);
        text
    })
}

/// An array of objects. `schema` counts versions of the shape.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let place = |span: Span| {
        let source = sources.get(span.file);
        let ((line, column), (end_line, end_column)) = (source.position(span.start), source.position(span.end));
        json!({
            "file": source.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column,
            "start": span.start, "end": span.end,
        })
    };
    let all: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            json!({
                "code": d.code.id,
                "severity": d.code.severity(),
                "message": d.message,
                "span": place(d.primary.span),
                "label": d.primary.text,
                "labels": d.others.iter().map(|l| json!({ "span": place(l.span), "text": l.text })).collect::<Vec<_>>(),
                "help": d.help,
                "edit": d.edit.as_ref().map(|e| json!({ "span": place(e.span), "text": e.text })),
            })
        })
        .collect();
    json!({ "schema": 1, "diagnostics": all })
}

/// Annotations of GitHub Actions: nine, then one that counts the rest, because it shows no more than ten.
#[must_use]
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    const SHOWN: usize = 9;
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.order_by_key(|d| d.code.severity());
    let mut text = String::new();
    for d in sorted.iter().take(SHOWN) {
        let source = sources.get(d.primary.span.file);
        let (line, column) = source.position(d.primary.span.start);
        let word = if d.code.severity() == Severity::Error { "error" } else { "warning" };
        let help = d.help.as_ref().map_or(String::new(), |help| format!("%0A{}", escaped(help)));
        let path = &source.path;
        let _ = writeln!(
            text,
            "::{word} file={path},line={line},col={column},title={}::{}{help}",
            d.code.id,
            escaped(&d.message)
        );
    }
    if sorted.len() > SHOWN {
        let _ = writeln!(text, "::notice::{} more, see the log", sorted.len() - SHOWN);
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// SARIF 2.1.0.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for d in diagnostics {
        rules.entry(d.code.id).or_insert_with(|| {
            json!({ "id": d.code.id, "shortDescription": { "text": d.code.title }, "help": { "text": d.code.page, "markdown": d.code.page } })
        });
    }
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            let source = sources.get(d.primary.span.file);
            let ((line, column), (end_line, end_column)) = (source.position(d.primary.span.start), source.position(d.primary.span.end));
            let text = d.help.as_ref().map_or(d.message.clone(), |help| format!("{}\n{help}", d.message));
            json!({
                "ruleId": d.code.id,
                "level": d.code.severity(),
                "message": { "text": text },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": source.path },
                    "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column.max(column + 1) },
                } }],
                "partialFingerprints": { "code/v1": format!("{}:{}", d.code.id, sources.text(d.primary.span)) },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "sysdl", "version": env!("CARGO_PKG_VERSION"), "rules": rules.into_values().collect::<Vec<_>>() } },
            "results": results,
        }],
    })
}
