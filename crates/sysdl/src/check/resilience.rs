//! Timeouts and retries that work against each other.

use super::capacity::lookups;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::{Builder, EdgeDraft};
use crate::units::duration;
use sysdl_lower::model::{Hit, Jitter, Model, Retry};

/// Attempts that one request may become before it is worth a warning.
const AMPLIFICATION: u64 = 8;

pub(super) fn check(builder: &mut Builder<'_>, model: &Model) {
    let mut found = Vec::new();
    let all: Vec<&EdgeDraft> = edges(builder).collect();
    let mut callers: Vec<Vec<&EdgeDraft>> = vec![Vec::new(); builder.drafts.len()];
    all.iter().for_each(|draft| callers[draft.to].push(draft));
    for draft in &all {
        let name = model.edges[draft.id.0 as usize].name.replace("->", " -> ");
        let timeouts: Vec<_> = std::iter::once(&draft.policy)
            .chain(draft.by_endpoint.iter().map(|(_, p)| p))
            .filter_map(|p| p.timeout)
            .collect();
        let Some(&(timeout, span)) = timeouts.iter().max() else {
            let message = format!("`{name}` has no timeout: a lost message would hold its caller for ever");
            let diagnostic = Diagnostic::new(&codes::W0501, message, draft.span, "waits for ever");
            found.push(diagnostic.help(format!("write `{name} {{ timeout = 1s }}`")));
            continue;
        };
        if let Some(hedge) = draft.policy.hedge
            && let Some(after) = hedge.after_ns
            && after >= timeout
        {
            let message = format!(
                "`{name}` is hedged after {}, and given up after {}",
                duration(after as f64),
                duration(timeout as f64)
            );
            let diagnostic = Diagnostic::new(&codes::W0515, message, hedge.span, "too late");
            found
                .push(diagnostic.label(span, "given up here").help("hedge earlier, such as after the 95th percentile"));
        }
        if let Some(retry) = &draft.policy.retry {
            if retry.jitter == Jitter::None {
                let message = format!("retries of `{name}` have no jitter: they come together");
                let diagnostic = Diagnostic::new(&codes::W0505, message, draft.span, "aligned retries");
                found.push(diagnostic.help("add `jitter = full`"));
            }
            if outlives(&callers[draft.from], &name, timeout, retry, span, &mut found) {
                continue;
            }
        }
        for caller in &callers[draft.from] {
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
    amplification(builder, model, &all, &mut found);
    stampedes(builder, model, &mut found);
    builder.eval.diagnostics.extend(found);
}

/// Edges whose calls are waited for, and in which nothing is wrong. Where a step is wrong, which edges are used is not known.
fn edges<'b>(builder: &'b Builder<'_>) -> impl Iterator<Item = &'b EdgeDraft> {
    let judged = move |draft: &&EdgeDraft| {
        !draft.asynchronous
            && !draft.implied
            && builder.sound(draft.whole)
            && (draft.used || !builder.sound(builder.drafts[draft.from].span))
    };
    builder.edge_drafts.iter().filter(judged)
}

/// Layers that retry multiply: one request becomes the product of their attempts.
fn amplification(builder: &Builder<'_>, model: &Model, all: &[&EdgeDraft], found: &mut Vec<Diagnostic>) {
    // A retry under a budget adds its share at most.
    let attempts = |draft: &EdgeDraft| match &draft.policy.retry {
        Some(retry) if retry.budget.is_none() => u64::from(retry.max) + 1,
        _ => 1,
    };
    // The worst chain of edges that ends at each component, grown edge by edge; circles stop growing.
    let mut worst: Vec<Vec<&EdgeDraft>> = vec![Vec::new(); builder.drafts.len()];
    let product = |chain: &[&EdgeDraft]| chain.iter().map(|draft| attempts(draft)).product::<u64>();
    for _ in 0..builder.drafts.len() {
        let mut grown = false;
        for draft in all {
            let chain = &worst[draft.from];
            let closes = draft.to == draft.from || chain.iter().any(|d| d.from == draft.to || d.id == draft.id);
            if !closes && product(chain).saturating_mul(attempts(draft)) > product(&worst[draft.to]) {
                worst[draft.to] = chain.iter().copied().chain([*draft]).collect();
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    let chains = worst.iter().filter(|chain| chain.iter().filter(|d| attempts(d) > 1).count() > 1);
    let Some(chain) = chains.max_by_key(|chain| product(chain)) else { return };
    let retrying: Vec<&EdgeDraft> = chain.iter().copied().filter(|draft| attempts(draft) > 1).collect();
    let (Some(last), total) = (retrying.last(), product(chain)) else { return };
    if total >= AMPLIFICATION {
        let factors: Vec<String> = retrying.iter().map(|draft| attempts(draft).to_string()).collect();
        let target = &model.components[last.to].name;
        let message = format!("one request may become {} = {total} calls to `{target}`", factors.join(" × "));
        let mut diagnostic = Diagnostic::new(&codes::W0504, message, last.span, format!("{} attempts", attempts(last)));
        for draft in &retrying[..retrying.len() - 1] {
            diagnostic = diagnostic.label(draft.span, format!("{} attempts", attempts(draft)));
        }
        found.push(diagnostic.help("retry at one layer only, or add `budget = 10%`"));
    }
}

/// Keys that expire together send all their readers on at once.
fn stampedes(builder: &Builder<'_>, model: &Model, found: &mut Vec<Diagnostic>) {
    for (caller, component) in model.components.iter().enumerate() {
        for (index, endpoint) in component.endpoints.iter().enumerate() {
            lookups(&endpoint.steps, &mut |call, hit| {
                let store = &model.components[call.endpoint.component.0 as usize];
                let expires = store
                    .store
                    .as_ref()
                    .is_some_and(|store| store.ttl_ns.is_some() && store.keeping.stale_ns.is_none());
                if expires && matches!(hit, Hit::Keyed { coalesce: false, .. } | Hit::Requested { coalesce: false, .. })
                {
                    let message = format!("when a hot key of `{}` expires, every reader misses at once", store.name);
                    let place = builder.drafts[caller].endpoints[index].name.span;
                    let diagnostic = Diagnostic::new(&codes::W0511, message, place, "looks up without `coalesce`");
                    found.push(
                        diagnostic.help("add `coalesce = on` to the lookup, so that one fetches and the others wait"),
                    );
                }
            });
        }
    }
}

fn outlives(
    callers: &[&EdgeDraft],
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
    for caller in callers {
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
