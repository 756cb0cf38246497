//! Columns within runs of lines.
//!
//! A run is a stretch of lines of one depth and one form, without an empty line between. Assignments
//! line up at their `=`, edges at their arrow and block, trailing comments at their slashes.

use super::Line;

/// What lines of a run have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `name = …`, one to a line.
    Assign,
    /// `a -> b { … }`
    Edge,
    /// Anything else.
    Other,
}

/// Widest gap that alignment may make.
const GAP_MAX: usize = 24;

pub(super) fn align(lines: &mut [Option<Line>]) {
    for (form, separators) in [(Form::Assign, &[" = "][..]), (Form::Edge, &[" -> ", " {"][..])] {
        for separator in separators {
            runs(lines, |line| form_of(line) == form && line.text.contains(separator), |run| column(run, separator));
        }
    }
    runs(lines, |line| line.comment.is_some() && !line.text.is_empty(), comments);
}

fn form_of(line: &Line) -> Form {
    let text = &line.text;
    let Some(word_end) = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')) else {
        return Form::Other;
    };
    let rest = &text[word_end..];
    if rest.starts_with(" = ") && !text.ends_with('{') && !split_statements(text) {
        Form::Assign
    } else if rest.trim_start().starts_with("-> ") || rest.trim_start().starts_with("~> ") {
        Form::Edge
    } else {
        Form::Other
    }
}

/// Several statements on one line: `replicas = 3, cost = $1/h`.
fn split_statements(text: &str) -> bool {
    let mut depth = 0;
    text.chars().any(|c| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        depth == 0 && c == ','
    })
}

/// Calls `act` with each run of at least two lines that belong.
fn runs(lines: &mut [Option<Line>], belongs: impl Fn(&Line) -> bool, mut act: impl FnMut(&mut [Option<Line>])) {
    let mut start = 0;
    while start < lines.len() {
        let Some(depth) = lines[start].as_ref().filter(|line| belongs(line)).map(|line| line.depth) else {
            start += 1;
            continue;
        };
        let same = |line: &Option<Line>| line.as_ref().is_some_and(|line| line.depth == depth && belongs(line));
        let len = lines[start..].iter().take_while(|line| same(line)).count();
        if len > 1 {
            act(&mut lines[start..start + len]);
        }
        start += len;
    }
}

/// Pads what stands before the first separator of each line to one width.
fn column(run: &mut [Option<Line>], separator: &str) {
    let width = |line: &Line| line.text.find(separator).map_or(0, |at| line.text[..at].trim_end().chars().count());
    let widths: Vec<usize> = run.iter().flatten().map(width).collect();
    let (most, least) = (widths.iter().max().copied().unwrap_or(0), widths.iter().min().copied().unwrap_or(0));
    if most - least > GAP_MAX {
        return;
    }
    for line in run.iter_mut().flatten() {
        if let Some(at) = line.text.find(separator) {
            let (before, after) = (line.text[..at].trim_end().to_owned(), line.text[at..].to_owned());
            let pad = most - before.chars().count();
            line.text = format!("{before}{}{after}", " ".repeat(pad));
        }
    }
}

fn comments(run: &mut [Option<Line>]) {
    let most = run.iter().flatten().map(|line| line.text.chars().count()).max().unwrap_or(0);
    for line in run.iter_mut().flatten() {
        let pad = most + 1 - line.text.chars().count();
        line.text.push_str(&" ".repeat(pad));
    }
}
