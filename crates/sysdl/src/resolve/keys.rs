//! Keys of requests: who draws them, whom they reach, and how many there are at a store.
//!
//! Before: components with steps, and sources. After: each lookup of the request's key knows the largest
//! population that reaches its store; one that a request without a key could reach has been reported.

use super::system::Builder;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::Span;
use sysdl_lower::model::{Call, ComponentId, EndpointId, Hit, Keys, Step};

/// Most keys of a population: each costs some bytes in every store that holds it.
const KEYS_MAX: f64 = 50e6;

/// A step that reads the request's key.
#[derive(Clone, Debug)]
pub(crate) struct KeyUser {
    component: usize,
    endpoint: String,
    span: Span,
}

/// The requests that come to an endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reach {
    /// Keys of the largest population that they are drawn from; 0: none has a key.
    keys: u32,
    /// Name of a source whose requests can come without one.
    keyless: Option<String>,
}

impl Builder<'_> {
    /// A population of keys that can be simulated.
    pub(super) fn keys(&mut self, value: &Value, span: Span) -> Option<Keys> {
        match value {
            Value::Keys { keys, skew } if (1.0..=KEYS_MAX).contains(keys) => {
                Some(Keys { keys: *keys as u32, skew: *skew })
            }
            Value::Keys { .. } => {
                let message = format!("there can be from 1 to {KEYS_MAX:.0} keys");
                let diagnostic = Diagnostic::new(&codes::E0212, message, span, "too many or none");
                self.eval.report(diagnostic.help("simulate a share of the keys at a share of the rate"));
                None
            }
            Value::Bad => None,
            other => {
                let message = format!("`key` needs a choice of keys, got {}", other.describe());
                let diagnostic = Diagnostic::new(&codes::E0203, message, span, "not keys");
                self.eval.report(diagnostic.help("write `zipf(n = 200k, s = 1.05)` or `uniform(n = 200k)`"));
                None
            }
        }
    }

    /// A step of an endpoint reads the request's key.
    pub(super) fn needs_key(&mut self, component: usize, endpoint: &str, span: Span) {
        // What a kind does is told where the component is.
        let library = span.file != self.drafts[component].name.span.file;
        let span = if library { self.drafts[component].name.span } else { span };
        self.key_users.push(KeyUser { component, endpoint: endpoint.to_owned(), span });
    }

    /// Follows keys from where they are drawn to where they are read.
    pub(super) fn settle_keys(&mut self) {
        if self.key_users.is_empty() {
            return;
        }
        let reaches = self.reaches();
        for user in std::mem::take(&mut self.key_users) {
            let endpoints = &self.components[user.component].endpoints;
            let Some(index) = endpoints.iter().position(|e| e.name == user.endpoint) else { continue };
            if let Some(source) = &reaches[user.component][index].keyless {
                let name = &self.components[user.component].name;
                let message = format!("requests of `{source}` come to `{name}.{}` without a key", user.endpoint);
                let diagnostic = Diagnostic::new(&codes::E0313, message, user.span, "has no key to read");
                self.eval
                    .report(diagnostic.help(format!("add `key = zipf(n = 200k, s = 1.05)` to `traffic {source}`")));
            }
        }
        let sizes = self.sizes(&reaches);
        for (own, component) in self.components.iter_mut().enumerate() {
            let steps = component.endpoints.iter_mut().flat_map(|endpoint| &mut endpoint.steps);
            steps.for_each(|step| set_sizes(step, own, &sizes));
        }
    }

    /// Which keys come to each endpoint of each component.
    fn reaches(&self) -> Vec<Vec<Reach>> {
        let mut reaches: Vec<Vec<Reach>> =
            self.components.iter().map(|c| vec![Reach::default(); c.endpoints.len()]).collect();
        let mut open: Vec<EndpointId> = Vec::new();
        for source in &self.sources {
            let own = Reach { keys: 0, keyless: Some(source.name.clone()) };
            source.mix.iter().for_each(|(_, call)| pass_on(call, &own, &mut reaches, &mut open));
        }
        while let Some(EndpointId { component: ComponentId(component), index }) = open.pop() {
            let own = reaches[component as usize][index as usize].clone();
            let steps = &self.components[component as usize].endpoints[index as usize].steps;
            each(steps, &mut |step| {
                if let Some(call) = step.call() {
                    pass_on(call, &own, &mut reaches, &mut open);
                }
            });
        }
        reaches
    }

    /// Keys at the store of each component: of the largest population that any lookup of the request's key brings.
    fn sizes(&self, reaches: &[Vec<Reach>]) -> Vec<u32> {
        let mut sizes = vec![1; self.components.len()];
        for (own, (component, reaches)) in self.components.iter().zip(reaches).enumerate() {
            for (endpoint, reach) in component.endpoints.iter().zip(reaches) {
                each(&endpoint.steps, &mut |step| {
                    if let Some((call, _)) = reads_key(step) {
                        let size = &mut sizes[call.unwrap_or(own)];
                        *size = reach.keys.max(*size);
                    }
                });
            }
        }
        sizes
    }
}

/// What comes to the target of a call, given what comes to its caller. Targets that something new comes to are open.
fn pass_on(call: &Call, own: &Reach, reaches: &mut [Vec<Reach>], open: &mut Vec<EndpointId>) {
    let drawn = call.key.map(|key| Reach { keys: key.keys, keyless: None });
    let more = drawn.as_ref().unwrap_or(own);
    let known = &mut reaches[call.endpoint.component.0 as usize][call.endpoint.index as usize];
    let both =
        Reach { keys: known.keys.max(more.keys), keyless: known.keyless.clone().or_else(|| more.keyless.clone()) };
    if both != *known {
        *known = both;
        open.push(call.endpoint);
    }
}

fn each(steps: &[Step], found: &mut dyn FnMut(&Step)) {
    for step in steps {
        found(step);
        step.inside().into_iter().for_each(|inner| each(inner, found));
    }
}

/// The component that a step asks with the request's key (none: its own), and the number of keys there.
fn reads_key(step: &Step) -> Option<(Option<usize>, u32)> {
    match step {
        Step::Lookup { call, hit: Hit::Requested { keys, .. }, .. } | Step::Put { call, keys, .. } => {
            Some((call.as_ref().map(|call| call.endpoint.component.0 as usize), *keys))
        }
        _ => None,
    }
}

fn set_sizes(step: &mut Step, own: usize, sizes: &[u32]) {
    let asked = reads_key(step).map_or(own, |(asked, _)| asked.unwrap_or(own));
    if let Step::Lookup { hit: Hit::Requested { keys, .. }, .. } | Step::Put { keys, .. } = step {
        *keys = sizes[asked];
    }
    step.inside_mut().into_iter().flatten().for_each(|inner| set_sizes(inner, own, sizes));
}
