//! Steps about keys: lookups, writes, admission by partition.

use super::steps::Place;
use super::system::{Builder, readable};
use super::types::Type;
use super::value::Value;
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::syntax::ast::{Block, Node, Path};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{Hit, Keys, Step};

/// The component's own store, as a target.
const OWN: &str = "self";
/// Most lookups that serve what is out of date, each in a miss of the one before.
const STALE_LOOKUPS_MAX: u32 = 4;
/// Most partitions of an admission.
const PARTITIONS_MAX: u32 = 100_000;

impl Builder<'_> {
    pub(super) fn lookup(&mut self, target: &Path, block: &Block, place: &Place) -> Option<Step> {
        let own = target.word() == Some(OWN);
        if own && self.is_idle(target, place) {
            return None;
        }
        let call = if own { None } else { self.call(target, place, false) };
        let store = if own { Some(place.component) } else { call.as_ref().map(|c| c.endpoint.component.0 as usize) };
        let inner = self.inside_of(store, target, place);
        let place = &inner;
        let prefix = format!("{}.{}.lookup", self.drafts[place.component].name.text, place.endpoint);
        let (mut hit_ratio, mut keys, mut coalesce, mut miss) = (None, None, false, Vec::new());
        let mut says = false;
        for statement in readable(block) {
            match &statement.node {
                Node::Assign(assign) => {
                    let name = assign.target.dotted();
                    let replaced = self.replacement(&format!("{prefix}.{name}")).cloned();
                    let expr = replaced.as_ref().unwrap_or(&assign.value);
                    let value = self.eval.eval(expr, &place.scope);
                    says |= name == "hit_ratio" || name == "key";
                    match name.as_str() {
                        "hit_ratio" => {
                            let ty = Type::Quantity(Dimension::Share);
                            if let Value::Number(share, _) = self.eval.hold(value, &ty, false, &name, expr.span) {
                                hit_ratio = Some(share);
                            }
                        }
                        "key" => match value {
                            Value::Keys { .. } => keys = self.keys(&value, expr.span).map(Lookup::Drawn),
                            Value::Word(word) if word == "request" => {
                                self.needs_key(place.component, &place.endpoint, expr.span);
                                keys = Some(Lookup::Requested);
                            }
                            Value::Bad => {}
                            other => {
                                let message = format!("`key` needs a choice of keys, got {}", other.describe());
                                self.eval.report(
                                    Diagnostic::new(&codes::E0203, message, expr.span, "not keys")
                                        .help("write `request`, `zipf(n = 200k, s = 1.05)` or `uniform(n = 200k)`"),
                                );
                            }
                        },
                        "coalesce" => {
                            coalesce = self.eval.hold(value, &Type::Flag, false, &name, expr.span)
                                == Value::Word("true".into())
                        }
                        _ => {
                            let known = ["hit_ratio", "key", "coalesce"];
                            let help = nearest(&name, known).map_or_else(
                                || "a lookup has `hit_ratio`, or `key` and `coalesce`, and `miss { … }`".to_owned(),
                                did_you_mean,
                            );
                            let message = format!("`lookup` has no property `{name}`");
                            self.eval.report(
                                Diagnostic::new(&codes::E0106, message, assign.target.span, "unknown property")
                                    .help(help),
                            );
                        }
                    }
                }
                Node::Section(section) if section.name.text == "miss" => miss = self.steps(&section.body, place),
                _ => self.misplaced(statement, "a lookup holds `hit_ratio` or `key`, and `miss { … }`"),
            }
        }
        if says && hit_ratio.is_none() && keys.is_none() {
            // What it says is wrong, and was reported.
            return None;
        }
        let hit = self.hit(hit_ratio, keys, coalesce, target)?;
        let store = store?;
        self.has_store(store);
        Some(Step::Lookup { call, hit, miss })
    }

    /// Where the steps of a miss stand. Those of a store that serves what is out of date are there twice.
    fn inside_of(&mut self, store: Option<usize>, target: &Path, place: &Place) -> Place {
        let serves_stale = store
            .and_then(|store| self.drafts[store].store.as_ref())
            .is_some_and(|store| store.keeping.stale_ns.is_some());
        let stale_lookups = place.stale_lookups + u32::from(serves_stale);
        if stale_lookups > STALE_LOOKUPS_MAX {
            let message =
                format!("more than {STALE_LOOKUPS_MAX} lookups that serve what is out of date, each in a miss");
            let diagnostic = Diagnostic::new(&codes::E0212, message, target.span, "nested too deeply");
            self.eval.report(diagnostic.help("do the inner ones in an endpoint of another component"));
        }
        Place {
            component: place.component,
            endpoint: place.endpoint.clone(),
            scope: Rc::clone(&place.scope),
            stale_lookups,
        }
    }

    /// `fill cache.put { key = request }`, `invalidate cache.put { key = request }`
    pub(super) fn put(&mut self, target: &Path, body: Option<&Block>, remove: bool, place: &Place) -> Option<Step> {
        for statement in body.into_iter().flat_map(readable) {
            match &statement.node {
                Node::Assign(assign) if assign.target.word() == Some("key") => {
                    let value = self.eval.eval(&assign.value, &place.scope);
                    if value != Value::Word("request".to_owned()) && value != Value::Bad {
                        let message = format!("what is written is the request's key, got {}", value.describe());
                        let diagnostic = Diagnostic::new(&codes::E0203, message, assign.value.span, "not `request`");
                        self.eval
                            .report(diagnostic.help("write `key = request`; `call x.y(key = …)` makes it another"));
                    }
                }
                _ => self.misplaced(statement, "what is written is a key: `key = request`"),
            }
        }
        let own = target.word() == Some(OWN);
        if own && self.is_idle(target, place) {
            return None;
        }
        let call = if own { None } else { Some(self.call(target, place, false)?) };
        let store = call.as_ref().map_or(place.component, |call| call.endpoint.component.0 as usize);
        self.needs_key(place.component, &place.endpoint, target.span);
        self.has_store(store);
        Some(Step::Put { call, keys: 1, remove })
    }

    /// Whether a step that a kind of the library takes concerns a store that this component has not, as it was given
    /// nothing that would need one.
    fn is_idle(&self, target: &Path, place: &Place) -> bool {
        let draft = &self.drafts[place.component];
        draft.store.is_none() && target.span.file != draft.name.span.file
    }

    /// What is looked up or written has a store.
    fn has_store(&mut self, component: usize) {
        let store = self.drafts[component].store.get_or_insert_default().clone();
        // The component may have been built before the step that looks it up was seen.
        if let Some(built) = self.components.get_mut(component) {
            built.store = Some(store);
        }
    }

    /// `admit { rate = 1krps, partitions = 8, burst = 100 }`, `admit { weight = 1MB/s, partitions = 8, burst = 1MB }`
    pub(super) fn admit(&mut self, block: &Block, span: Span, place: &Place) -> Option<Step> {
        let (mut rate, mut partitions, mut burst, mut by_weight) = (None, 1, None, false);
        for statement in readable(block) {
            let Node::Assign(assign) = &statement.node else {
                self.misplaced(statement, "an admission holds `rate`, `partitions` and `burst`");
                continue;
            };
            let (name, value_span) = (assign.target.dotted(), assign.value.span);
            let value = self.eval.eval(&assign.value, &place.scope);
            let dimension = match name.as_str() {
                "rate" => Dimension::Rate,
                "weight" => Dimension::Bandwidth,
                "burst" if matches!(value, Value::Number(_, Dimension::Size)) => Dimension::Size,
                "partitions" | "burst" => Dimension::Count,
                _ => {
                    let message = format!("`admit` has no property `{name}`");
                    let diagnostic = Diagnostic::new(&codes::E0106, message, assign.target.span, "unknown property");
                    self.eval.report(diagnostic.help("it has `rate` or `weight`, `partitions` and `burst`"));
                    continue;
                }
            };
            match (name.as_str(), self.eval.hold(value, &Type::Quantity(dimension), true, &name, value_span)) {
                ("rate", Value::Number(number, _)) => rate = Some(number),
                ("weight", Value::Number(number, _)) => (rate, by_weight) = (Some(number), true),
                // A kind whose limit is not stated has none.
                ("rate" | "weight", Value::None) => return None,
                ("partitions", Value::Number(number, _)) => partitions = number.clamp(0.0, 1e9) as u32,
                ("burst", Value::Number(number, _)) => burst = Some(number),
                _ => {}
            }
        }
        let rate = rate.filter(|&rate| rate > 0.0);
        let Some(rate) = rate.filter(|_| (1..=PARTITIONS_MAX).contains(&partitions)) else {
            let message = format!(
                "an admission needs a positive `rate` or `weight`, and from 1 to {PARTITIONS_MAX} `partitions`"
            );
            let diagnostic = Diagnostic::new(&codes::E0209, message, span, "impossible");
            self.eval.report(diagnostic.help("write `admit { rate = 1krps, partitions = 8 }`"));
            return None;
        };
        Some(Step::Admit { partitions, rate, burst: burst.unwrap_or(rate).max(1.0), by_weight })
    }

    fn hit(&mut self, ratio: Option<f64>, keys: Option<Lookup>, coalesce: bool, target: &Path) -> Option<Hit> {
        match (ratio, keys) {
            (_, Some(Lookup::Drawn(Keys { keys, skew }))) => Some(Hit::Keyed { keys, skew, coalesce }),
            // How many there are is known once all traffic is.
            (_, Some(Lookup::Requested)) => Some(Hit::Requested { keys: 1, coalesce }),
            (Some(ratio), None) => Some(Hit::Ratio(ratio)),
            (None, None) => {
                let message = format!("`lookup {}` does not say what hits", target.dotted());
                let diagnostic =
                    Diagnostic::new(&codes::E0109, message, target.span, "`hit_ratio` or `key` is missing");
                self.eval.report(diagnostic.help("add `hit_ratio = 95%`, or `key = zipf(n = 200k, s = 1.05)`"));
                None
            }
        }
    }
}

/// Which key is looked up.
enum Lookup {
    /// One of these.
    Drawn(Keys),
    /// The request's.
    Requested,
}
