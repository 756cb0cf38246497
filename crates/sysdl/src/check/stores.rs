//! Settings of stores that no lookup heeds.

use super::topology::reached;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Builder;
use rustc_hash::FxHashSet;
use sysdl_lower::model::{Hit, Model, Step};

/// What matters only to lookups by key.
const BY_KEY: [&str; 9] =
    ["capacity", "item_size", "ttl", "evict", "ttl_refresh", "ttl_jitter", "negative", "serve_stale", "stale_for"];

/// A store that was given a size or a time to live, and is only asked by ratio, does not heed them.
pub(super) fn check(builder: &mut Builder<'_>, model: &Model) {
    let (mut by_key, mut asked) = (FxHashSet::default(), FxHashSet::default());
    for (component, endpoint) in reached(model) {
        asked.insert(component);
        keyed(&model.components[component].endpoints[endpoint].steps, component, &mut by_key);
    }
    let mut found = Vec::new();
    for (index, draft) in builder.drafts.iter().enumerate() {
        // Of one that nothing reaches, that is said.
        let is_misled = asked.contains(&index) && !by_key.contains(&index);
        if model.components[index].store.is_none() || !is_misled || !builder.sound(draft.span) {
            continue;
        }
        let Some(said) = draft.said.iter().find(|name| BY_KEY.contains(&name.text.as_str())) else { continue };
        let message =
            format!("`{}` of `{}` has no effect: nothing is looked up there by key", said.text, draft.name.text);
        let diagnostic = Diagnostic::new(&codes::W0517, message, said.span, "not heeded");
        found.push(diagnostic.help(format!("look up `key = request`, or remove `{}`", said.text)));
    }
    builder.eval.diagnostics.extend(found);
}

/// Adds the components in whose stores these steps of `own` look up, fill or remove keys.
fn keyed(steps: &[Step], own: usize, found: &mut FxHashSet<usize>) {
    for step in steps {
        let by_key = match step {
            Step::Lookup { hit, .. } => !matches!(hit, Hit::Ratio(_)),
            Step::Put { .. } => true,
            _ => false,
        };
        if by_key {
            found.insert(step.call().map_or(own, |call| call.endpoint.component.0 as usize));
        }
        step.inside().into_iter().for_each(|inner| keyed(inner, own, found));
    }
}
