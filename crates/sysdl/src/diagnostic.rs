//! What is wrong with a text, and what to do about it.

use crate::syntax::span::{FileId, Sources, Span};
use serde::Serialize;
use sysdl_order::Order as _;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Cannot be compiled.
    Error,
    /// Will surprise you.
    Warning,
}

/// A kind of mistake. Its number is frozen once shipped.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `E0301`, `W0501`
    pub id: &'static str,
    /// What it is called in lists.
    pub title: &'static str,
    /// Why it is reported and what to do, for `sysdl explain`.
    pub page: &'static str,
}

impl Code {
    /// Errors begin with `E`.
    #[must_use]
    pub fn severity(&self) -> Severity {
        if self.id.as_bytes().first() == Some(&b'E') { Severity::Error } else { Severity::Warning }
    }
}

/// A place and what it contributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What it contributes.
    pub text: String,
}

/// Text to put in the place of other text.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: &'static Code,
    /// The fact, in the user's own names.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that matter.
    pub others: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// The help as an edit that is surely right.
    pub edit: Option<Edit>,
}

impl Diagnostic {
    /// A mistake at one place.
    pub fn new(code: &'static Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        let primary = Label { span, text: label.into() };
        Self { code, message: message.into(), primary, others: Vec::new(), help: None, edit: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.others.push(Label { span, text: text.into() });
        self
    }

    /// Adds a replacement that is surely right.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edit = Some(Edit { span, text: text.into() });
        self
    }

    /// Whether it forbids compilation.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

/// Sorts by place, and drops what says the same twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.order_by(|a, b| (a.primary.span, a.code.id).cmp(&(b.primary.span, b.code.id)));
    diagnostics.dedup_by(|a, b| a.primary.span == b.primary.span && a.code == b.code && a.message == b.message);
}

/// The nearest of some words to one that is not among them, if any is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    // Several of a thing are no other thing.
    let one = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let near = |candidate: &&str| {
        let same = candidate.eq_ignore_ascii_case(word) || one.as_deref() == Some(*candidate);
        let distance = if same { 0 } else { distance(word, candidate) };
        (distance <= allowed).then_some(distance)
    };
    known.into_iter().filter_map(|c| near(&c).map(|d| (d, c))).min_by_key(|(d, c)| (*d, *c)).map(|(_, c)| c)
}

/// Help with a word that is not among those that are known: which of them is meant, or else all, behind what they are.
#[must_use]
pub fn meant(word: &str, what: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => did_you_mean(meant),
        None => format!("{what} {}", known.join(", ")),
    }
}

/// Help that names what is meant.
#[must_use]
pub fn did_you_mean(meant: &str) -> String {
    format!("did you mean `{meant}`?")
}

/// Edit distance with transpositions.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

/// `file:line:column` of a place.
#[must_use]
pub fn location(sources: &Sources, span: Span) -> String {
    if span.file == FileId::GIVEN {
        return "command line".to_owned();
    }
    let source = sources.get(span.file);
    let (line, column) = source.position(span.start);
    format!("{}:{line}:{column}", source.path)
}
