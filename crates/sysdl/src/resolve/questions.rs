//! What is asked of a scenario from outside of its file: metrics to measure, claims in the place of its own.

use super::Resolved;
use super::expectations::{From, Phases};
use super::scenario::named_metric;
use super::system::Builder;
use super::timeline::Event;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Node, Statement};
use crate::syntax::parse;
use crate::syntax::span::{FileId, Source, Sources};
use crate::units::Dimension;
use sysdl_runtime::expect::{Expectation, Metric};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    /// Metrics: `p99`, `utilization(db)`.
    pub metrics: Vec<String>,
    /// Claims: `p99 < 200ms`. None: those of the scenario.
    pub claims: Vec<String>,
}

/// A resolved scenario, and what was asked of it.
#[derive(Debug)]
pub struct Answered {
    /// The scenario. Its expectations are the claims, if there are any.
    pub resolved: Resolved,
    /// The metrics that were asked for, with the dimensions of their values.
    pub metrics: Vec<(Metric, Dimension)>,
    /// Questions that make no sense, each with what to ask instead.
    pub wrong: Vec<String>,
}

/// Questions while a scenario is resolved.
#[derive(Default)]
pub(super) struct Asking<'q> {
    pub(super) questions: Option<&'q Questions>,
    pub(super) metrics: Vec<(Metric, Dimension)>,
    pub(super) wrong: Vec<String>,
}

impl Asking<'_> {
    /// Asks. Claims, if any, come back.
    pub(super) fn ask(
        &mut self,
        builder: &mut Builder<'_>,
        phases: &Phases,
        events: &[Event],
    ) -> Option<Vec<Expectation>> {
        let questions = self.questions?;
        // What is wrong with the file is said apart from what is wrong with the question.
        let own = std::mem::take(&mut builder.eval.diagnostics);
        for text in &questions.metrics {
            match named_metric(builder, text) {
                Ok(found) => self.metrics.push(found),
                Err(wrong) => self.wrong.push(said(&format!("--metric '{text}'"), &wrong)),
            }
        }
        let mut claims = Vec::new();
        for text in &questions.claims {
            let found = claim(builder, phases, events, text);
            let wrong: Vec<Diagnostic> =
                std::mem::take(&mut builder.eval.diagnostics).into_iter().filter(Diagnostic::is_error).collect();
            match found {
                Ok(found) if wrong.is_empty() => claims.extend(found),
                Ok(_) => self.wrong.push(said(&format!("--expect '{text}'"), &wrong)),
                Err(mistakes) => self.wrong.push(said(&format!("--expect '{text}'"), &mistakes)),
            }
        }
        builder.eval.diagnostics = own;
        (!questions.claims.is_empty()).then_some(claims)
    }
}

/// Reads a claim as a statement of a scenario.
fn claim(
    builder: &mut Builder<'_>,
    phases: &Phases,
    events: &[Event],
    text: &str,
) -> Result<Vec<Expectation>, Vec<Diagnostic>> {
    let whole = format!("sysdl 1\nscenario asked {{\n expect {text}\n}}\n");
    let (file, mistakes) = parse(whole.as_bytes(), FileId(0));
    let body = file.statements.into_iter().find_map(|statement| match statement.node {
        Node::Scenario(section) => Some(section.body.statements),
        _ => None,
    });
    let statements = body.unwrap_or_default();
    let reads = |statement: &Statement| matches!(statement.node, Node::Expect(_));
    if mistakes.iter().any(Diagnostic::is_error) || statements.len() != 1 || !statements.iter().all(reads) {
        return Err(mistakes);
    }
    let mut sources = Sources::default();
    sources.add(Source::new("--expect", whole));
    let statements: Vec<&Statement> = statements.iter().collect();
    let mut claims = builder.expectations(&statements, phases, events, &sources, From::Outside);
    // It is called what the user calls it.
    claims.iter_mut().for_each(|claim| claim.text = text.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok(claims)
}

/// A question and what is wrong with it, in a line.
fn said(question: &str, wrong: &[Diagnostic]) -> String {
    let one = |d: &Diagnostic| match &d.help {
        Some(help) => format!("{}; {help}", d.message),
        None => d.message.clone(),
    };
    let mut all: Vec<String> = wrong.iter().filter(|d| d.is_error()).map(one).collect();
    all.dedup();
    if all.is_empty() {
        all.push("this is not a claim; write one such as `p99 < 200ms`, `error_rate < 1% during storm`".to_owned());
    }
    format!("`{question}`: {}", all.join("; "))
}
