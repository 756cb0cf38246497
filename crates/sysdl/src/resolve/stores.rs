//! `store { … }` of a kind → what a component remembers by key.

use super::components::{count, distribution, duration, is};
use super::system::Builder;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::Name;
use rustc_hash::FxHashMap;
use sysdl_lower::model::{Distribution, Evict, Keeping, Negative, Store};

/// What a `store` section of a kind holds.
pub(super) const KEYS: [&str; 12] = [
    "capacity",
    "ttl",
    "refill",
    "warm",
    "evict",
    "ttl_refresh",
    "ttl_jitter",
    "negative",
    "negative_ttl",
    "serve_stale",
    "stale_for",
    "lag",
];

impl Builder<'_> {
    /// The store of a component, by the values of its section. One that could only have a lag, and has none, is none.
    pub(super) fn store(&mut self, name: &Name, values: &FxHashMap<&'static str, Value>) -> Option<Store> {
        let store = Store {
            capacity: values.get("capacity").and_then(|value| count(Some(value))),
            ttl_ns: duration(values.get("ttl")),
            refill_ns: duration(values.get("refill")).unwrap_or(0),
            warm: is_on(values.get("warm")),
            keeping: keeping(values),
        };
        let keeping = &store.keeping;
        let without_ttl = [
            ("ttl_refresh", keeping.sliding),
            ("ttl_jitter", keeping.jitter > 0.0),
            ("serve_stale", keeping.stale_ns.is_some()),
        ];
        for (word, _) in without_ttl.into_iter().filter(|(_, is_set)| *is_set && store.ttl_ns.is_none()) {
            self.without(name, word, "ttl", "its entries live for ever", "ttl = 10min");
        }
        if keeping.evict != Evict::Lru && store.capacity.is_none() {
            self.without(name, "evict", "capacity", "nothing is ever evicted", "capacity = 1GiB");
        }
        let lags_only = values.keys().all(|&key| key == "lag" || key == "warm");
        Some(store).filter(|store| !lags_only || store.keeping.lag.is_some())
    }

    /// A property that means nothing without another.
    fn without(&mut self, name: &Name, word: &str, other: &str, why: &str, fix: &str) {
        let message = format!("`{}` has `{word}` and no `{other}`: {why}", name.text);
        let diagnostic = Diagnostic::new(&codes::E0514, message, name.span, format!("`{word}` would be ignored"));
        self.eval.report(diagnostic.help(format!("add `{fix}`, or remove `{word}`")));
    }
}

fn is_on(value: Option<&Value>) -> bool {
    is(value, "true") || is(value, "on")
}

fn keeping(values: &FxHashMap<&'static str, Value>) -> Keeping {
    let share = |word: &str| match values.get(word) {
        Some(Value::Number(share, _)) => *share,
        _ => 0.0,
    };
    let negative = share("negative");
    let lag = values.get("lag").and_then(|value| match value {
        Value::Number(..) => duration(Some(value)).map(|ns| Distribution::Constant(ns as f64)),
        _ => distribution(Some(value)),
    });
    Keeping {
        evict: match values.get("evict") {
            Some(Value::Word(word)) if word == "fifo" => Evict::Fifo,
            Some(Value::Word(word)) if word == "random" => Evict::Random,
            Some(Value::Word(word)) if word == "lfu" => Evict::Lfu,
            _ => Evict::Lru,
        },
        sliding: is_on(values.get("ttl_refresh")),
        jitter: share("ttl_jitter"),
        negative: (negative > 0.0)
            .then(|| Negative { share: negative, ttl_ns: duration(values.get("negative_ttl")).unwrap_or(0) }),
        stale_ns: is_on(values.get("serve_stale")).then(|| duration(values.get("stale_for")).unwrap_or(u64::MAX)),
        lag,
    }
}
