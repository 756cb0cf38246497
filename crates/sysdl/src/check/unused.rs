//! Names that are declared and never used: imports, parameters, values, templates.
//!
//! A name is used when its word occurs once more anywhere in the file, outside of comments and
//! texts. That may take a word for a use that is none; it never calls a used name unused.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Analysis;
use crate::syntax::ast::Name;
use crate::syntax::span::FileId;
use rustc_hash::FxHashMap;

/// Names of the user's file that nothing uses.
pub(crate) fn check(analysis: &Analysis) -> Vec<Diagnostic> {
    let program = &analysis.program;
    if program.systems.is_empty() {
        // A file of shared definitions is used by others.
        return Vec::new();
    }
    let words = words(&analysis.sources.get(FileId(0)).text);
    let unused = |what: &str, name: &Name| {
        let word = name.text.split('.').next_back().unwrap_or_default();
        let own = name.span.file == FileId(0) && words.get(word).copied().unwrap_or(0) == 1;
        own.then(|| {
            let message = format!("{what} `{word}` is never used");
            Diagnostic::new(&codes::W0111, message, name.span, "unused").help(format!("remove `{word}`"))
        })
    };
    let lets = program.lets.iter().map(|(name, _, _)| unused("the value", name));
    let policies = program.policy_names.iter().map(|name| unused("the policy", name));
    let params = program.params.iter().map(|param| unused("the parameter", &param.name));
    let imports = program.imports.iter().map(|name| unused("the import", name));
    let templates = program.kinds.values().filter(|def| def.own && def.kind.template);
    let templates = templates.filter_map(|def| def.kind.name.segments.first().map(|s| unused("the template", &s.name)));
    lets.chain(policies).chain(params).chain(imports).chain(templates).flatten().collect()
}

/// How often each word occurs.
fn words(text: &str) -> FxHashMap<&str, u32> {
    let mut words = FxHashMap::default();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        // Every second part of a line is within quotes.
        for part in code.split('"').step_by(2) {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            part.split(|c| !is_word(c)).filter(|word| !word.is_empty()).for_each(|w| *words.entry(w).or_insert(0) += 1);
        }
    }
    words
}
