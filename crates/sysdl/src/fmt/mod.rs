//! The formatter: one style, no options.
//!
//! Lines stay where the user broke them; what changes is what stands within a line and how far it is
//! indented. So a formatted file is formatted already, and every token and comment is still there:
//! the formatter works on tokens and cannot lose what the parser would not keep.
//!
//! Indentation follows braces and brackets. Within a run of lines of one form, `=`, arrows, blocks
//! and trailing comments line up.

mod align;
mod tokens;

use crate::diagnostic::Diagnostic;
use crate::syntax::parse;
use crate::syntax::span::FileId;
use align::align;
use tokens::{Kind, Token, tokens};

/// Spaces per level.
const INDENT: usize = 2;

/// A line before it is indented: what it holds, how deep it is.
#[derive(Debug, Default)]
struct Line {
    depth: usize,
    /// Text in cells; a cell border is where an alignment may go.
    text: String,
    comment: Option<String>,
}

/// Formats a file.
///
/// # Errors
/// What is wrong with its text. A file with mistakes is left alone.
pub fn format(bytes: &[u8]) -> Result<String, Vec<Diagnostic>> {
    let (_, found) = parse(bytes, FileId(0));
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    let text = String::from_utf8_lossy(bytes);
    Ok(layout(&tokens(&text)))
}

fn layout(tokens: &[Token<'_>]) -> String {
    let mut lines: Vec<Option<Line>> = Vec::new();
    let mut depth = 0usize;
    for line in tokens.split(|token| token.kind == Kind::Break) {
        if line.is_empty() {
            // One empty line is kept; more, or one behind an opening brace, are not.
            let opens = matches!(lines.last(), Some(Some(line)) if line.text.ends_with('{'));
            if !opens && matches!(lines.last(), Some(Some(_))) {
                lines.push(None);
            }
            continue;
        }
        let closing = line.iter().take_while(|t| is_closing(t)).count();
        let indented = depth.saturating_sub(closing);
        if closing > 0 && matches!(lines.last(), Some(None)) {
            lines.pop();
        }
        let (comment, code) = match line.split_last() {
            Some((last, code)) if last.kind == Kind::Comment && !code.is_empty() => (Some(last.text.to_owned()), code),
            _ => (None, line),
        };
        lines.push(Some(Line { depth: indented, text: joined(code), comment }));
        for token in line {
            match token.text {
                "{" | "(" | "[" if token.kind == Kind::Other => depth += 1,
                _ if is_closing(token) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    while matches!(lines.last(), Some(None)) {
        lines.pop();
    }
    align(&mut lines);
    let mut out = String::new();
    for line in &lines {
        if let Some(line) = line {
            out.push_str(&" ".repeat(line.depth * INDENT));
            out.push_str(line.text.trim_end());
            if let Some(comment) = &line.comment {
                let gap = if line.text.ends_with(' ') { "" } else { " " };
                if gap.is_empty() {
                    // `align` has padded the text; `trim_end` above took it away.
                    out.push_str(&" ".repeat(line.text.chars().count() - line.text.trim_end().chars().count()));
                } else {
                    out.push_str(gap);
                }
                out.push_str(comment);
            }
        }
        out.push('\n');
    }
    out
}

fn is_closing(token: &Token<'_>) -> bool {
    token.kind == Kind::Other && matches!(token.text, "}" | ")" | "]")
}

/// Tokens of one line with the spaces that belong between them.
fn joined(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    for (i, token) in tokens.iter().enumerate() {
        if i > 0 && spaced(tokens, i) {
            text.push(' ');
        }
        text.push_str(token.text);
    }
    text
}

/// Whether a space belongs before the `i`-th token.
fn spaced(tokens: &[Token<'_>], i: usize) -> bool {
    let (before, after) = (&tokens[i - 1], &tokens[i]);
    let (a, b) = (before.text, after.text);
    if before.kind == Kind::Comment || after.kind == Kind::Comment {
        return true;
    }
    match (a, b) {
        (_, "," | ";" | ")" | "]" | "." | "..") | ("(" | "[" | "." | ".." | "$", _) => false,
        (_, ":") => after.spaced,
        (_, "?") => false,
        // A call or a selector hugs its name; a parenthesis for grouping does not.
        (_, "(") => before.kind != Kind::Word || is_operator(a) || after.spaced && is_head(tokens, i),
        (_, "[") => before.kind != Kind::Word || after.spaced,
        ("-" | "+", _)
            if i == 1 || is_operator(tokens[i - 2].text) || matches!(tokens[i - 2].text, "(" | "[" | "," | "=") =>
        {
            before.spaced_after
        }
        _ => {
            // `[az=a]` is a selector, not an assignment.
            let selector = (a == "=" || b == "=") && !before.spaced_after && !after.spaced && in_index(tokens, i);
            !selector
        }
    }
}

fn is_operator(text: &str) -> bool {
    matches!(
        text,
        "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "->" | "~>" | "and" | "or" | "in"
    )
}

/// A word that begins an expression in parentheses: `expect (…)`.
fn is_head(tokens: &[Token<'_>], i: usize) -> bool {
    matches!(
        tokens[i - 1].text,
        "expect" | "warn" | "at" | "every" | "when" | "work" | "loop" | "with" | "for" | "and" | "or"
    )
}

fn in_index(tokens: &[Token<'_>], i: usize) -> bool {
    let opens = tokens[..i].iter().filter(|t| t.text == "[").count();
    let closes = tokens[..i].iter().filter(|t| t.text == "]").count();
    opens > closes && !tokens[..i].iter().any(|t| t.text == "(")
}
