//! Who reaches whom.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Builder;
use crate::syntax::span::Span;
use sysdl_lower::model::{Call, Model, Step};

/// Every call of some steps, messages included.
pub(super) fn calls<'m>(steps: &'m [Step], found: &mut Vec<&'m Call>) {
    for step in steps {
        match step {
            Step::Call(call) | Step::Send(call) => found.push(call),
            Step::Lookup { call, miss, .. } => {
                found.push(call);
                calls(miss, found);
            }
            Step::Parallel { branches, .. } => branches.iter().for_each(|branch| calls(branch, found)),
            Step::With { then, otherwise, .. } => {
                calls(then, found);
                calls(otherwise, found);
            }
            Step::Loop { body, .. } => calls(body, found),
            Step::Work(_) | Step::Fail(_) | Step::Reply => {}
        }
    }
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
    cycles(builder, model, &mut wrong);
    if !builder.eval.diagnostics.iter().any(Diagnostic::is_error) && wrong.iter().all(|d| !d.is_error()) {
        unreached(builder, model, &mut wrong);
    }
    builder.eval.diagnostics.extend(wrong);
}

fn unreached(builder: &Builder<'_>, model: &Model, wrong: &mut Vec<Diagnostic>) {
    let mut reached = vec![false; model.components.len()];
    let mut open: Vec<(usize, usize)> = model
        .sources
        .iter()
        .flat_map(|source| &source.mix)
        .map(|(_, call)| (call.endpoint.component.0 as usize, call.endpoint.index as usize))
        .collect();
    let mut seen = open.clone();
    while let Some((component, endpoint)) = open.pop() {
        reached[component] = true;
        let mut found = Vec::new();
        calls(&model.components[component].endpoints[endpoint].steps, &mut found);
        for call in found {
            let next = (call.endpoint.component.0 as usize, call.endpoint.index as usize);
            if !seen.contains(&next) {
                seen.push(next);
                open.push(next);
            }
        }
    }
    for (index, _) in reached.iter().enumerate().filter(|(_, reached)| !**reached) {
        let draft = &builder.drafts[index];
        let message = format!("no traffic reaches `{}`", draft.name.text);
        let help = "call it from somewhere, or remove it";
        wrong.push(Diagnostic::new(&codes::W0305, message, draft.name.span, "unreachable").help(help));
    }
}

/// Synchronous calls that come back to where they started.
fn cycles(builder: &Builder<'_>, model: &Model, wrong: &mut Vec<Diagnostic>) {
    let next = |from: usize| {
        let edges = builder.edge_drafts.iter().filter(move |d| d.from == from && !d.asynchronous && d.used);
        edges.map(|d| (d.to, d.span, d.policy.timeout.is_some()))
    };
    for start in 0..builder.drafts.len() {
        let mut path = vec![start];
        let mut stack = vec![next(start).collect::<Vec<_>>()];
        let mut steps = 0;
        while let Some(options) = stack.last_mut() {
            steps += 1;
            if steps > 10_000 {
                return;
            }
            let Some((to, span, bounded)) = options.pop() else {
                stack.pop();
                path.pop();
                continue;
            };
            if to == start && !bounded {
                let mut names: Vec<&str> = path.iter().map(|&i| builder.drafts[i].name.text.as_str()).collect();
                names.push(&builder.drafts[start].name.text);
                let message = format!("`{}` can wait on itself for ever", names.join(" -> "));
                let help = "add a timeout to this edge, or hand over with `~>`";
                wrong.push(Diagnostic::new(&codes::E0306, message, span, "closes the circle").help(help));
                return;
            }
            // Each circle is found from its first component.
            if to > start && !path.contains(&to) {
                path.push(to);
                stack.push(next(to).collect());
            }
        }
    }
    let _ = model;
}
