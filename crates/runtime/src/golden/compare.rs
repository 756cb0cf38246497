//! Two goldens, and what moved between them.

use super::FIRST_LINE;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same run.
    Same,
    /// Another run; a text that says what moved.
    Drift(String),
    /// The kept golden cannot be read: it has conflict markers, or is none.
    Unreadable(&'static str),
}

/// Compares a kept golden with a fresh one.
#[must_use]
pub fn compare(kept: &str, fresh: &str) -> Comparison {
    if kept.lines().any(|line| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>")) {
        return Comparison::Unreadable("it has conflict markers");
    }
    if kept.lines().next().map(str::trim) != Some(FIRST_LINE) {
        return Comparison::Unreadable("it does not begin with `sysdl-trace 1`");
    }
    // A checkout may have changed line endings; nothing else may differ.
    let [kept, fresh] = [kept, fresh].map(|text| text.replace("\r\n", "\n"));
    if kept == fresh {
        return Comparison::Same;
    }
    let (old, new) = (sections(&kept), sections(&fresh));
    let mut text = String::new();
    for name in ["head", "expect"] {
        lines(&mut text, name, &old, &new);
    }
    summary(&mut text, &old, &new);
    first_difference(&mut text, "events", &old, &new);
    digest(&mut text, &old, &new);
    if text.is_empty() {
        text.push_str("the timeline differs\n");
    }
    Comparison::Drift(text)
}

type Sections<'t> = BTreeMap<&'t str, Vec<&'t str>>;

fn sections(text: &str) -> Sections<'_> {
    let mut sections = Sections::new();
    let mut name = "head";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix('[') {
            name = rest.split([' ', ']']).next().unwrap_or("");
            sections.entry(name).or_default().push(line);
        } else if !line.is_empty() {
            sections.entry(name).or_default().push(line);
        }
    }
    sections
}

fn section<'s, 't>(sections: &'s Sections<'t>, name: &str) -> &'s [&'t str] {
    sections.get(name).map_or(&[], Vec::as_slice)
}

/// Lines that are gone or new.
fn lines(text: &mut String, name: &str, old: &Sections<'_>, new: &Sections<'_>) {
    let (old, new) = (section(old, name), section(new, name));
    for line in old.iter().filter(|line| !new.contains(line)) {
        let _ = writeln!(text, "- {line}");
    }
    for line in new.iter().filter(|line| !old.contains(line)) {
        let _ = writeln!(text, "+ {line}");
    }
}

/// Numbers of the summary that moved, with how much.
fn summary(text: &mut String, old: &Sections<'_>, new: &Sections<'_>) {
    let (old, new) = (section(old, "summary"), section(new, "summary"));
    let names: Vec<&str> = new.first().map_or(Vec::new(), |line| line.split_whitespace().skip(1).collect());
    let row = |line: &str| -> Option<(String, Vec<i128>)> {
        let mut words = line.split_whitespace();
        let name = words.next()?.to_owned();
        Some((name, words.filter_map(|word| word.replace('_', "").parse().ok()).collect()))
    };
    let before: BTreeMap<String, Vec<i128>> = old.iter().skip(1).filter_map(|line| row(line)).collect();
    for (name, values) in new.iter().skip(1).filter_map(|line| row(line)) {
        let zeros = Vec::new();
        let previous = before.get(&name).unwrap_or(&zeros);
        for (i, &value) in values.iter().enumerate() {
            let was = previous.get(i).copied().unwrap_or(0);
            if was != value {
                let change = if was == 0 {
                    String::new()
                } else {
                    format!("  ({:+.1}%)", (value - was) as f64 / was as f64 * 100.0)
                };
                let _ = writeln!(text, "  {:<12} {name:<20} {was} -> {value}{change}", names.get(i).unwrap_or(&""));
            }
        }
    }
}

fn first_difference(text: &mut String, name: &str, old: &Sections<'_>, new: &Sections<'_>) {
    let (old, new) = (section(old, name), section(new, name));
    let at = old.iter().zip(new).position(|(a, b)| a != b).unwrap_or(old.len().min(new.len()));
    if at < old.len().max(new.len()) {
        let _ = writeln!(text, "first event that differs:");
        let _ = writeln!(text, "- {}", old.get(at).unwrap_or(&"(none)"));
        let _ = writeln!(text, "+ {}", new.get(at).unwrap_or(&"(none)"));
    }
}

fn digest(text: &mut String, old: &Sections<'_>, new: &Sections<'_>) {
    let (old, new) = (section(old, "digest"), section(new, "digest"));
    let instant = |line: &str| line.split_whitespace().next().unwrap_or("").to_owned();
    if let Some(at) = old.iter().zip(new).position(|(a, b)| a != b) {
        let before = if at <= 1 { "the begin".to_owned() } else { instant(old[at - 1]) };
        let _ = writeln!(text, "the runs part between {before} and {}", instant(old[at]));
    }
}
