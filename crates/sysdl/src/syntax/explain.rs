//! Why a statement could not be read, in the user's words.
//!
//! The bad slice is read once more as the statement it seems to be. The furthest place at which something
//! was looked for is where the mistake is; what could have stood there is what to write.

use super::limits::brackets;
use super::reader::{END, Reader};
use super::span::{FileId, Span};
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};

/// What a bad statement seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Header,
    Assign,
    Declare,
    Edge,
    Item,
    Section,
    Step,
    Part,
    Timed,
    Set,
    /// What only this word begins.
    Other(&'static str),
}

/// Words that can begin a statement, and what they begin.
const HEADS: [(&str, Form); 40] = [
    ("sysdl", Form::Header),
    ("import", Form::Other("import")),
    ("param", Form::Other("param")),
    ("let", Form::Other("let")),
    ("kind", Form::Other("kind")),
    ("template", Form::Other("template")),
    ("fault", Form::Other("fault")),
    ("system", Form::Other("system")),
    ("scenario", Form::Other("scenario")),
    ("traffic", Form::Other("traffic")),
    ("phase", Form::Other("phase")),
    ("at", Form::Timed),
    ("every", Form::Timed),
    ("when", Form::Timed),
    ("random", Form::Timed),
    ("set", Form::Set),
    ("ramp", Form::Part),
    ("fade", Form::Part),
    ("during", Form::Part),
    ("after", Form::Part),
    ("expect", Form::Other("expect")),
    ("warn", Form::Other("expect")),
    ("call", Form::Step),
    ("publish", Form::Step),
    ("work", Form::Step),
    ("reply", Form::Step),
    ("fail", Form::Step),
    ("parallel", Form::Step),
    ("with", Form::Step),
    ("lookup", Form::Step),
    ("fill", Form::Step),
    ("invalidate", Form::Step),
    ("admit", Form::Step),
    ("loop", Form::Step),
    ("try", Form::Step),
    ("background", Form::Step),
    ("saga", Form::Step),
    ("endpoint", Form::Item),
    ("handler", Form::Item),
    ("service", Form::Item),
];

/// Words of other languages, and what they are here.
const MEANT: [(&str, &str); 8] = [
    ("send", "publish"),
    ("emit", "publish"),
    ("push", "publish"),
    ("enqueue", "publish"),
    ("request", "call"),
    ("query", "call"),
    ("if", "with"),
    ("repeat", "loop"),
];

/// Words that stand inside statements.
const INNER: [&str; 15] = [
    "then",
    "fade",
    "inject",
    "stagger",
    "set",
    "mark",
    "during",
    "within",
    "after",
    "over",
    "for",
    "always",
    "eventually",
    "never",
    "times",
];

/// A brace that is never closed, or closes nothing: everything behind it would be misread.
pub(super) fn braces(text: &str, file: FileId) -> Option<Diagnostic> {
    let at = |offset: usize| Span { file, start: offset as u32, end: offset as u32 + 1 };
    let mut open: Vec<usize> = Vec::new();
    let mut last_closed = None;
    for (offset, bracket) in brackets(text) {
        match bracket {
            b'{' => open.push(offset),
            b'}' => {
                if open.pop().is_none() {
                    let diagnostic =
                        Diagnostic::new(&codes::E0104, "this `}` closes nothing", at(offset), "nothing is open here")
                            .help("remove it, or look for a `}` too many above");
                    return Some(match last_closed {
                        Some(closed) => diagnostic.label(at(closed), "this one closed the last open block"),
                        None => diagnostic,
                    });
                }
                last_closed = Some(offset);
            }
            _ => {}
        }
    }
    let outermost = *open.first()?;
    // The innermost block that contains a line indented no deeper than the line that opened it is the
    // one whose brace is missing.
    let guilty = open.iter().rev().copied().find_map(|brace| outdented(text, brace).map(|line| (brace, line)));
    let (brace, next) = guilty.map_or((outermost, None), |(brace, line)| (brace, Some(line)));
    let line = text[..brace].matches('\n').count() + 1;
    let message = format!("the `{{` on line {line} is never closed");
    let diagnostic = Diagnostic::new(&codes::E0103, message, at(brace), "this block has no end").help("add a `}`");
    Some(match next {
        Some(next) => diagnostic.label(at(next), "the next item starts here"),
        None => diagnostic,
    })
}

/// The first line behind a brace that is indented no deeper than the brace's own line.
fn outdented(text: &str, brace: usize) -> Option<usize> {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let line_start = text[..brace].rfind('\n').map_or(0, |i| i + 1);
    let own = indent_of(&text[line_start..]);
    let mut offset = brace + text[brace..].find('\n')? + 1;
    for line in text[offset..].split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() && !body.starts_with(['}', '/']) && indent_of(line) <= own {
            return Some(offset + indent_of(line));
        }
        offset += line.len();
    }
    None
}

/// Explains a slice that is no statement.
pub(super) fn statement(text: &str, span: Span) -> Diagnostic {
    let slice = &text[span.range()];
    let trimmed = slice.trim_end();
    let word = trimmed.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    let after = trimmed[word.len()..].trim_start();
    if let Some((_, form)) = HEADS.iter().find(|(head, _)| *head == word) {
        return furthest(trimmed, *form, span);
    }
    if let Some(diagnostic) = misspelt(word, after, span) {
        return diagnostic;
    }
    if word.is_empty() {
        return unexpected(trimmed, span);
    }
    if after.starts_with('=') || after.starts_with("+=") || after.starts_with("*=") {
        return furthest(trimmed, Form::Assign, span);
    }
    if after.starts_with(':') {
        return furthest(trimmed, Form::Declare, span);
    }
    if trimmed.contains("->") || trimmed.contains("~>") || after.starts_with("- >") || after.starts_with("=>") {
        return edge(trimmed, span);
    }
    if trimmed.contains('{') {
        return furthest(trimmed, if after.starts_with('{') { Form::Section } else { Form::Item }, span);
    }
    missing_equals(word, after, span)
}

/// Two words may declare a component, `cache sessions`; or be a statement whose first word has a typo.
pub(super) fn declaration(text: &str, span: Span) -> Option<Diagnostic> {
    let slice = text[span.range()].trim_end();
    let word = slice.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    let two_words = slice[word.len()..].trim_start().chars().all(|c| c.is_alphanumeric() || c == '_');
    let known = HEADS.iter().any(|(head, _)| *head == word);
    if two_words && !known { misspelt(word, "", span) } else { None }
}

fn edge(slice: &str, span: Span) -> Diagnostic {
    for wrong in ["- >", "=>", "- ->", "-- >"] {
        if let Some(at) = slice.find(wrong) {
            let place = part(span, at, wrong.len());
            return Diagnostic::new(&codes::E0101, format!("`{wrong}` is no arrow"), place, "an arrow is `->` or `~>`")
                .help("write `->`")
                .edit(place, "->");
        }
    }
    furthest(slice, Form::Edge, span)
}

fn missing_equals(word: &str, after: &str, span: Span) -> Diagnostic {
    let place = part(span, 0, word.len());
    if after.is_empty() {
        return unexpected(word, span);
    }
    Diagnostic::new(
        &codes::E0102,
        format!("`{word} {after}` looks like an assignment"),
        place,
        "`=` is missing behind this",
    )
    .help(format!("write `{word} = {after}`"))
    .edit(place, format!("{word} ="))
}

fn unexpected(slice: &str, span: Span) -> Diagnostic {
    let shown: String = slice.chars().take(24).collect();
    Diagnostic::new(&codes::E0102, format!("`{shown}` is no statement"), part(span, 0, slice.len().max(1)), "not expected here")
        .help("a statement is `name = value`, `kind name { … }`, `a -> b { … }`, or begins with a word such as `call` or `expect`")
}

/// A head word with a typo.
fn misspelt(word: &str, after: &str, span: Span) -> Option<Diagnostic> {
    if after.starts_with('=') || after.starts_with(['-', '~', ':', '{']) {
        return None;
    }
    let meant = match MEANT.iter().find(|(foreign, _)| *foreign == word) {
        Some((_, meant)) => meant,
        None => nearest(word, HEADS.iter().map(|(head, _)| *head))?,
    };
    let place = part(span, 0, word.len());
    Some(
        Diagnostic::new(&codes::E0101, format!("`{word}` begins no statement"), place, "not a word of the language")
            .help(did_you_mean(meant))
            .edit(place, meant),
    )
}

/// Parses the slice as what it seems to be, and reports where that fails.
fn furthest(slice: &str, form: Form, span: Span) -> Diagnostic {
    let Some(failed) = Reader::explain(slice, form) else {
        return Diagnostic::new(&codes::E0102, "this statement does not belong here", span, "not in this place");
    };
    let at = failed.at;
    let word = word_at(slice, at);
    let place = part(span, at, word.len().max(1));
    if let Some(diagnostic) = detached_unit(slice, at, word, place) {
        return diagnostic;
    }
    if let Some(meant) = nearest_inner(word) {
        return Diagnostic::new(
            &codes::E0101,
            format!("`{word}` is not a word that can stand here"),
            place,
            "not expected",
        )
        .help(did_you_mean(meant))
        .edit(place, meant);
    }
    let expected = failed.words();
    if word == "=" && slice.get(..at).is_some_and(|before| before.trim_end().ends_with('=')) {
        return Diagnostic::new(&codes::E0102, "one `=` too many", place, "remove this")
            .help("write one `=`")
            .edit(place, "");
    }
    if word == "=" && matches!(form, Form::Other("expect")) {
        return Diagnostic::new(&codes::E0102, "one `=` sets something, two compare", place, "set")
            .help("write `==`")
            .edit(place, "==");
    }
    let found = match word {
        "" if at >= slice.trim_end().len() => "the line ends too early".to_owned(),
        "" => "this cannot stand here".to_owned(),
        word => format!("`{word}` cannot stand here"),
    };
    let is_whole = form == Form::Assign && word.starts_with(char::is_alphabetic);
    if expected == END && (is_whole || slice.get(..at).is_some_and(|before| before.trim_end().ends_with('}'))) {
        let message = format!("`{word}` begins a new statement");
        return Diagnostic::new(&codes::E0102, message, place, "on the line of another")
            .help("put it on a line of its own, or write `;` before it")
            .edit(Span { end: place.start, ..place }, "; ");
    }
    if form == Form::Other("scenario") && word == "extends" {
        return Diagnostic::new(&codes::E0102, "a scenario says inside what it extends", place, "not here")
            .help("write `scenario name { extends = other … }`");
    }
    let head = slice.split_whitespace().next().unwrap_or("");
    Diagnostic::new(&codes::E0102, format!("{found}: {expected} should follow"), place, format!("expected {expected}"))
        .help(form_of(form, head))
}

/// `5 ms`, and what looks like it: a value is complete, and a word follows that belongs to it.
fn detached_unit(slice: &str, at: usize, word: &str, place: Span) -> Option<Diagnostic> {
    let before = slice.get(..at)?.trim_end();
    let number: String = before
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '_'))
        .collect::<String>()
        .chars()
        .rev()
        .collect();
    let unit = crate::units::detached(word).filter(|_| !number.is_empty())?;
    let start = place.start - (at - before.len()) as u32 - number.len() as u32;
    let whole = Span { start, ..place };
    Some(
        Diagnostic::new(&codes::E0102, format!("`{number} {word}` has a space before its unit"), whole, "one value")
            .help(format!("write `{number}{unit}`"))
            .edit(whole, format!("{number}{unit}")),
    )
}

fn nearest_inner(word: &str) -> Option<&'static str> {
    if word.len() < 3 || INNER.contains(&word) {
        return None;
    }
    nearest(word, INNER)
}

fn word_at(slice: &str, at: usize) -> &str {
    let rest = slice.get(at..).unwrap_or("");
    let first = rest.chars().next();
    match first {
        Some(c) if c.is_alphanumeric() || c == '_' => {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
        }
        Some(c) if !c.is_whitespace() => &rest[..c.len_utf8()],
        _ => "",
    }
}

fn part(span: Span, at: usize, len: usize) -> Span {
    let start = (span.start + at as u32).min(span.end);
    Span { start, end: (start + len as u32).min(span.end.max(start + 1)), ..span }
}

/// The form of a statement, as an example to copy.
fn form_of(form: Form, head: &str) -> String {
    match form {
        Form::Header => "write `sysdl 1`".to_owned(),
        Form::Other("import") => {
            "write `import \"./file.sysdl\" as name` or `import \"./file.sysdl\" { a, b }`".to_owned()
        }
        Form::Other("param") => "write `param peak: rate = 4krps`".to_owned(),
        Form::Other("let") => "write `let name = value`".to_owned(),
        Form::Other("kind") => "write `kind name : base { … }`".to_owned(),
        Form::Other("template") => "write `template name : kind { … }`".to_owned(),
        Form::Other("fault") => "write `fault name(parameter: duration) on component { … }`".to_owned(),
        Form::Other("system") => "write `system name { … }`".to_owned(),
        Form::Other("scenario") => {
            "write `scenario name \"title\" of system { … }`, with or without the title".to_owned()
        }
        Form::Other("traffic") => "write `traffic name -> component { open = poisson(100rps) }`".to_owned(),
        Form::Other("phase") => "write `phase name = 10s..30s`".to_owned(),
        Form::Timed => format!("write `{head} 60s inject fault on component for 20s as name`"),
        Form::Part => format!("write `{head} {} {{ … }}`", if head == "during" { "0s..10s" } else { "10s" }),
        Form::Set => "write `set path = value`".to_owned(),
        Form::Other("expect") => format!("write `{head} p99(component.endpoint.latency) < 250ms during phase`"),
        Form::Edge => "write `a -> b { timeout = 1s }`".to_owned(),
        Form::Item => format!("write `{head} name {{ … }}`"),
        Form::Assign => format!("write `{head} = value`"),
        Form::Declare => format!("write `{} duration = 10ms`", if head.ends_with(':') { head } else { "name:" }),
        _ => "`sysdl explain E0102` shows the form of every statement".to_owned(),
    }
}
