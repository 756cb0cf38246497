//! `splice`: what was done to a run by hand, written into the text of its scenario.

use super::PATH;
use crate::diagnostic::Diagnostic;
use crate::fmt;
use crate::resolve::program::NoFiles;
use crate::resolve::{Analysis, analyze};
use crate::syntax::ast::{Node, Section, Trigger};
use crate::syntax::parse;
use crate::syntax::span::FileId;

/// The text with inputs such as `at 12.345s inject crash on redis for 10s` in a scenario, before its closing brace. A
/// scenario that the text does not have is appended. A text that was formatted still is.
///
/// # Errors
/// Which input no scenario can hold, or what would be wrong with this one.
pub fn splice(source: &str, scenario: &str, inputs: &[String]) -> Result<String, String> {
    if inputs.is_empty() {
        return Ok(source.to_owned());
    }
    inputs.iter().try_for_each(|input| is_statement(input))?;
    let before = analyze(PATH, source.as_bytes(), &NoFiles);
    let own = before.program.scenarios.iter().find(|of| of.name.text == scenario && of.name.span.file == FileId(0));
    let lines: String = inputs.iter().map(|input| format!("  {}\n", input.trim())).collect();
    let (name, text) = match own {
        Some(section) => (scenario.to_owned(), within(source, section, &lines)),
        None => appended(source, &before, scenario, &lines),
    };
    let text = if fmt::format(source.as_bytes()).is_ok_and(|formatted| formatted == source) {
        fmt::format(text.as_bytes()).unwrap_or(text)
    } else {
        text
    };
    new_mistake(&before, scenario, &text, &name).map_or(Ok(text), Err)
}

/// Whether an input is one statement that happens at an instant, or sets something for the whole run.
fn is_statement(input: &str) -> Result<(), String> {
    let whole = format!("sysdl 1\nscenario x {{\n{input}\n}}\n");
    let (file, mistakes) = parse(whole.as_bytes(), FileId(0));
    let body = match file.statements.as_slice() {
        [_, only] => match &only.node {
            Node::Scenario(section) => &*section.body.statements,
            _ => &[],
        },
        _ => &[],
    };
    let fits = matches!(body, [one] if matches!(one.node, Node::Timed(Trigger::At(_), _) | Node::Set(_)));
    if fits && mistakes.is_empty() { Ok(()) } else { Err(format!("`{input}` is not what a scenario can hold")) }
}

fn within(source: &str, section: &Section, lines: &str) -> String {
    let end = section.body.span.end as usize;
    let (before, behind) = (source[..end].strip_suffix('}').unwrap_or(&source[..end]), &source[end..]);
    format!("{}\n{lines}}}{behind}", before.trim_end())
}

/// The text with a scenario at its end. One that was imported is extended, under another name.
fn appended(source: &str, analysis: &Analysis, scenario: &str, lines: &str) -> (String, String) {
    let program = &analysis.program;
    let is_known = |name: &str| program.scenarios.iter().any(|of| of.name.text == name);
    let is_word = scenario.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_name = is_word && scenario.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    let mut name = if is_name && !is_known(scenario) { scenario.to_owned() } else { "live".to_owned() };
    while is_known(&name) {
        name.push('_');
    }
    let of = program.systems.first().map_or_else(String::new, |system| format!(" of {}", system.name.text));
    let extends = if is_known(scenario) { format!("  extends = {scenario}\n") } else { String::new() };
    let of = if extends.is_empty() { of } else { String::new() };
    (name.clone(), format!("{}\n\nscenario {name}{of} {{\n{extends}{lines}}}\n", source.trim_end()))
}

/// What is wrong with the scenario now that was not before.
fn new_mistake(before: &Analysis, scenario: &str, text: &str, name: &str) -> Option<String> {
    let errors = |analysis: &Analysis, scenario: &str| -> Vec<Diagnostic> {
        analysis.resolve(scenario, &[]).diagnostics.into_iter().filter(Diagnostic::is_error).collect()
    };
    let old = errors(before, scenario);
    let new = errors(&analyze(PATH, text.as_bytes(), &NoFiles), name);
    let is_new = |new: &&Diagnostic| old.iter().all(|old| old.message != new.message);
    new.iter().find(is_new).map(|diagnostic| diagnostic.message.clone())
}
