//! Who reaches whom.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::{Builder, EdgeDraft};
use crate::syntax::span::Span;
use rustc_hash::FxHashSet;
use sysdl_lower::model::{Call, Model, Step};

/// Every call of some steps, messages included.
pub(super) fn calls<'m>(steps: &'m [Step], found: &mut Vec<&'m Call>) {
    for step in steps {
        found.extend(step.call());
        step.inside().into_iter().for_each(|inner| calls(inner, found));
    }
}

/// By component, the edges that lead to it and are such.
pub(super) fn callers<'b>(builder: &'b Builder<'_>, such: impl Fn(&EdgeDraft) -> bool) -> Vec<Vec<&'b EdgeDraft>> {
    let mut callers = vec![Vec::new(); builder.drafts.len()];
    for draft in builder.edge_drafts.iter().filter(|draft| such(draft)) {
        callers[draft.to].push(draft);
    }
    callers
}

pub(super) fn check(builder: &mut Builder<'_>, model: &Model, system: Span) {
    let mut wrong = Vec::new();
    // A step that is wrong would have used its edge.
    let sound = !builder.eval.diagnostics.iter().any(Diagnostic::is_error);
    for draft in builder.edge_drafts.iter().filter(|draft| sound && !draft.used) {
        let name =
            model.edges[draft.id.0 as usize].name.replace("->", if draft.asynchronous { " ~> " } else { " -> " });
        let target = &builder.drafts[draft.to].name.text;
        let help = format!("add `call {target}` to an endpoint of the caller, or remove the edge");
        wrong
            .push(Diagnostic::new(&codes::W0304, format!("`{name}` carries no call"), draft.span, "unused").help(help));
    }
    if model.sources.is_empty()
        && builder.source_names.is_empty()
        && builder.eval.diagnostics.iter().all(|d| !d.is_error())
    {
        let diagnostic = Diagnostic::new(
            &codes::E0604,
            format!("no traffic enters `{}`", model.system),
            system,
            "nothing would happen",
        );
        wrong.push(diagnostic.help("add `traffic users -> component { open = poisson(100rps) }`"));
    }
    cycles(builder, &mut wrong);
    if !builder.eval.diagnostics.iter().any(Diagnostic::is_error) && wrong.iter().all(|d| !d.is_error()) {
        unreached(builder, model, &mut wrong);
    }
    builder.eval.diagnostics.extend(wrong);
}

/// Rows of the endpoints that requests come to, with those of their components.
pub(super) fn reached(model: &Model) -> FxHashSet<(usize, usize)> {
    let mut open: Vec<(usize, usize)> = model
        .sources
        .iter()
        .flat_map(|source| &source.mix)
        .map(|(_, call)| (call.endpoint.component.0 as usize, call.endpoint.index as usize))
        .collect();
    let mut seen: FxHashSet<(usize, usize)> = open.iter().copied().collect();
    while let Some((component, endpoint)) = open.pop() {
        let mut found = Vec::new();
        calls(&model.components[component].endpoints[endpoint].steps, &mut found);
        for call in found {
            let next = (call.endpoint.component.0 as usize, call.endpoint.index as usize);
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

fn unreached(builder: &Builder<'_>, model: &Model, wrong: &mut Vec<Diagnostic>) {
    let reached: FxHashSet<usize> = reached(model).into_iter().map(|(component, _)| component).collect();
    let missing = callers(builder, |edge| !edge.used);
    for (index, draft) in builder.drafts.iter().enumerate().filter(|(index, _)| !reached.contains(index)) {
        if !missing[index].is_empty() {
            // The edge that carries no call is what is missing, and was reported.
            continue;
        }
        let message = format!("no traffic reaches `{}`", draft.name.text);
        let help = "call it from somewhere, or remove it";
        wrong.push(Diagnostic::new(&codes::W0305, message, draft.name.span, "unreachable").help(help));
    }
}

/// Synchronous calls that come back to where they started. Each circle is found from its first component.
fn cycles(builder: &Builder<'_>, wrong: &mut Vec<Diagnostic>) {
    const STEPS_MAX: u32 = 10_000;
    let mut leaving: Vec<Vec<&EdgeDraft>> = vec![Vec::new(); builder.drafts.len()];
    for draft in builder.edge_drafts.iter().filter(|draft| !draft.asynchronous && draft.used) {
        leaving[draft.from].push(draft);
    }
    let mut steps = 0;
    for start in 0..builder.drafts.len() {
        let mut path: Vec<&EdgeDraft> = Vec::new();
        let mut stack = vec![leaving[start].clone()];
        while let Some(options) = stack.last_mut() {
            steps += 1;
            if steps > STEPS_MAX {
                return;
            }
            let Some(edge) = options.pop() else {
                stack.pop();
                path.pop();
                continue;
            };
            if edge.to == start {
                path.push(edge);
                wrong.push(circle(builder, &path));
                return;
            }
            if edge.to > start && path.iter().all(|passed| passed.to != edge.to) {
                path.push(edge);
                stack.push(leaving[edge.to].clone());
            }
        }
    }
}

fn circle(builder: &Builder<'_>, path: &[&EdgeDraft]) -> Diagnostic {
    let name = |index: usize| builder.drafts[index].name.text.as_str();
    let names: Vec<&str> = path.iter().map(|edge| name(edge.from)).chain(path.last().map(|e| name(e.to))).collect();
    let (names, span) = (names.join(" -> "), path.last().map_or(Span::default(), |edge| edge.span));
    let timeouts =
        path.iter().flat_map(|edge| std::iter::once(&edge.policy).chain(edge.by_endpoint.iter().map(|(_, p)| p)));
    match timeouts.filter_map(|policy| policy.timeout).min() {
        None => {
            Diagnostic::new(&codes::E0306, format!("`{names}` can wait on itself for ever"), span, "closes the circle")
                .help("add a timeout to this edge, or hand over with `~>`")
        }
        Some((ns, place)) => {
            let bound = crate::units::duration(ns as f64);
            let message = format!("`{names}` is a circle, bounded by {bound} only; its depth is not");
            let diagnostic = Diagnostic::new(&codes::W0307, message, span, "closes the circle");
            diagnostic.label(place, "the only bound").help("hand over with `~>`, or break the circle")
        }
    }
}
