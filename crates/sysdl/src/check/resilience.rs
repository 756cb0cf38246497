//! Timeouts and retries that work against each other.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Builder;
use crate::units::duration;
use sysdl_lower::model::{Jitter, Model, Retry};

pub(super) fn check(builder: &mut Builder<'_>, model: &Model) {
    let mut found = Vec::new();
    for draft in builder.edge_drafts.iter().filter(|draft| !draft.asynchronous && draft.used) {
        let name = model.edges[draft.id.0 as usize].name.replace("->", " -> ");
        let timeouts: Vec<_> = std::iter::once(&draft.policy)
            .chain(draft.by_endpoint.iter().map(|(_, p)| p))
            .filter_map(|p| p.timeout)
            .collect();
        let Some(&(timeout, span)) = timeouts.iter().max() else {
            let message = format!("`{name}` has no timeout: a lost message would hold its caller for ever");
            let diagnostic = Diagnostic::new(&codes::W0501, message, draft.span, "waits for ever");
            found.push(diagnostic.help(format!("add `{name} {{ timeout = 1s }}`")));
            continue;
        };
        if let Some(retry) = &draft.policy.retry {
            if retry.jitter == Jitter::None {
                let message = format!("retries of `{name}` have no jitter: they come together");
                let diagnostic = Diagnostic::new(&codes::W0505, message, draft.span, "aligned retries");
                found.push(diagnostic.help("add `jitter = full`"));
            }
            if outlives(builder, draft.from, &name, timeout, retry, span, &mut found) {
                continue;
            }
        }
        for caller in
            builder.edge_drafts.iter().filter(|caller| caller.to == draft.from && !caller.asynchronous && caller.used)
        {
            let Some((patience, place)) = caller.policy.timeout else { continue };
            if patience < timeout {
                let outer = model.edges[caller.id.0 as usize].name.replace("->", " -> ");
                let message = format!(
                    "`{name}` waits longer than its caller: {} > {}",
                    duration(timeout as f64),
                    duration(patience as f64)
                );
                let diagnostic = Diagnostic::new(&codes::W0503, message, span, "work continues with nobody waiting");
                let diagnostic = diagnostic.label(place, format!("`{outer}` gives up here"));
                found
                    .push(diagnostic.help(format!("lower it below {}, or raise `{outer}`", duration(patience as f64))));
                break;
            }
        }
    }
    builder.eval.diagnostics.extend(found);
}

fn outlives(
    builder: &Builder<'_>,
    from: usize,
    name: &str,
    timeout: u64,
    retry: &Retry,
    span: crate::syntax::span::Span,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let mut backoff = retry.backoff_ns as f64;
    let mut total = timeout as f64;
    for _ in 0..retry.max.min(64) {
        total += backoff.min(retry.cap_ns as f64) + timeout as f64;
        backoff *= retry.factor;
    }
    for caller in builder.edge_drafts.iter().filter(|caller| caller.to == from && !caller.asynchronous && caller.used) {
        let Some((patience, place)) = caller.policy.timeout else { continue };
        if (patience as f64) < total {
            let message = format!(
                "retries of `{name}` can take {}, its caller waits {}",
                duration(total.round()),
                duration(patience as f64)
            );
            let diagnostic = Diagnostic::new(
                &codes::W0502,
                message,
                span,
                format!("{} attempts of {}", retry.max + 1, duration(timeout as f64)),
            );
            let diagnostic = diagnostic.label(place, "the caller gives up here");
            found.push(diagnostic.help("lower the timeout or the number of retries, or let the caller wait longer"));
            return true;
        }
    }
    false
}
