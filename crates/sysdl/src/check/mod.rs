//! What compiles, but cannot work or will surprise: capacity, resilience, reachability, cost.

mod capacity;
mod resilience;
mod topology;

use crate::codes;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::resolve::Builder;
use crate::syntax::span::Span;
use sysdl_lower::model::Model;

/// Checks a resolved model.
pub(crate) fn model(builder: &mut Builder<'_>, model: &Model, system: Span) {
    crate::resolve::bounds(builder);
    topology::check(builder, model, system);
    if builder.eval.diagnostics.iter().any(Diagnostic::is_error) {
        // What follows would build on what is wrong.
        return;
    }
    capacity::check(builder, model);
    resilience::check(builder, model);
    cost(builder, model);
}

fn cost(builder: &mut Builder<'_>, model: &Model) {
    let Some((budget, span)) = builder.budget else { return };
    let mut priced: Vec<(f64, &str)> =
        model.components.iter().filter_map(|c| c.monthly_usd.map(|usd| (usd, c.name.as_str()))).collect();
    let total: f64 = priced.iter().map(|(usd, _)| usd).sum();
    if total > budget {
        priced.sort_by(|a, b| b.0.total_cmp(&a.0));
        let most: Vec<String> = priced.iter().take(3).map(|(usd, name)| format!("{name} ${usd:.0}")).collect();
        let message = format!("${total:.0}/month is more than the budget of ${budget:.0}/month");
        let diagnostic = Diagnostic::new(&codes::W0803, message, span, "the budget");
        builder.eval.report(diagnostic.help(format!("most of it: {}", most.join(", "))));
    }
}

/// Takes out warnings that the text waives, and reports waivers that waive nothing.
pub(crate) fn waive(builder: &mut Builder<'_>) -> Vec<Diagnostic> {
    let mut found = std::mem::take(&mut builder.eval.diagnostics);
    let waivers = std::mem::take(&mut builder.waivers);
    for (block, waived) in waivers {
        for (code, span) in waived {
            let before = found.len();
            found.retain(|d| !(d.code.id == code && d.code.severity() == Severity::Warning && concerns(d, block)));
            let known = codes::find(&code).is_some();
            let judged = !found.iter().any(Diagnostic::is_error);
            if found.len() == before && known && judged {
                let message = format!("`allow = [{code}]` no longer matches anything");
                found.push(Diagnostic::new(&codes::E0113, message, span, "unused").help(format!("remove `{code}`")));
            }
        }
    }
    diagnostic::sort(&mut found);
    found
}

fn concerns(diagnostic: &Diagnostic, block: Span) -> bool {
    let within = |span: Span| span.file == block.file && span.start >= block.start && span.end <= block.end;
    within(diagnostic.primary.span) || diagnostic.others.iter().any(|label| within(label.span))
}
