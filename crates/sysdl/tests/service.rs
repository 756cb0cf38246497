//! What an editor is told: a caret is `|` in the text, an answer is text again.

use sysdl::service;

const SHOP: &str = include_str!("../../../blueprints/shop.sysdl");

/// A text without its caret, and where that is in UTF-16 code units.
fn caret(text: &str) -> (String, u32) {
    let at = text.find('|').expect("a caret");
    (text.replacen('|', "", 1), text[..at].encode_utf16().count() as u32)
}

/// The blueprint of the shop with a caret before the first occurrence of some text.
fn shop(before: &str) -> String {
    let at = SHOP.find(before).unwrap_or_else(|| panic!("{before}"));
    format!("{}|{}", &SHOP[..at], &SHOP[at..])
}

fn hover(text: &str) -> String {
    let (text, at) = caret(text);
    service::hover(&text, at).map_or_else(String::new, |hover| hover.markdown)
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let told = hover(text);
    for part in parts {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }
}

#[test]
fn kinds_say_what_they_model_and_what_can_be_set() {
    says(
        &shop("gateway edge {"),
        &["**gateway**: kind", "authenticates and routes", "Not modelled", "`overhead` distribution"],
    );
    says(&shop("cache redis {"), &["**cache**", "`ttl`"]);
    says("sysdl 1\nkind |printer : component { pages: count = 3 }", &["**printer**: kind", "`pages` count: `3`"]);
    says("sysdl 1\nkind a.b : cache { }\nsystem s { a.|b jobs }", &["**a.b**: kind, extends `cache`"]);
}

#[test]
fn properties_say_their_type_default_and_where_it_is_from() {
    says(&shop("on_overload = shed"), &["**on_overload**: one_of(reject, shed) = `reject`", "*assumed*"]);
    says(&shop("ttl = 1h"), &["**ttl**: duration"]);
    says(&shop("timeout = 2400ms"), &["**timeout**: duration = `none`", "waits for the answer"]);
    says(&shop("warmup = 10s"), &["**warmup**: duration = `0s`"]);
    says(&shop("coalesce = off"), &["**coalesce**: flag", "One fetch"]);
    says("sysdl 1\nsystem s { a -> b { retry { ji|tter = full } } }", &["**jitter**: one_of(none, full"]);
    says("sysdl 1\nsystem s { llm m { price { in|put = $3/Mtok } } }", &["**price_input**"]);
}

#[test]
fn names_say_what_they_stand_for() {
    says(&shop("redis {\n    cost"), &["**redis**: cache", "1 replica", "Endpoints: `get`"]);
    says(
        &shop("catalog \"Product"),
        &["**catalog**: service “Product catalog”", "10 replicas, 64 at once each, queue of 2000", "/month"],
    );
    says(&shop("peak)"), &["param peak: rate = 10krps", "Offered load at the daily peak.", "10krps"]);
    says(&shop("get }"), &["**catalog.get**", "endpoint get { … }"]);
    says(&shop("storm\n"), &["phase storm"]);
    says(&shop("get {\n        key"), &["**redis.get**: endpoint that every `cache` has"]);
    says(
        "sysdl 1\nlet careful = retry { max = 2 }\nsystem s { a -> b { retry = care|ful } }",
        &["let careful = retry { max = 2 }"],
    );
    says("sysdl 1\nlet x = 2ms + exp(4ms)\nlet y = |x", &["let x", "mean 6ms"]);
}

#[test]
fn faults_say_what_helps() {
    says(
        &shop("flush on redis"),
        &["**flush**: fault on `store`", "Empties a store.", "Mitigation: coalesced fetches"],
    );
}

#[test]
fn distributions_have_the_moments_of_the_very_call() {
    says(
        &shop("lognormal(p50 = 8ms, p99 = 40ms)"),
        &["**lognormal**", "mean 10.163ms", "CV 0.78", "p50 8ms, p99 40ms"],
    );
    says(&shop("poisson(peak)"), &["**poisson**", "10krps, at random"]);
    says(&shop("exp(300us)"), &["mean 300us, CV 1"]);
}

#[test]
fn edges_say_their_policy_as_resolved() {
    says(&shop("-> catalog  {"), &["**edge -> catalog**", "timeout 2.4s; no retries"]);
    let text = "sysdl 1\nlet careful = retry { max = 2 }\nsystem s {\n service a\n service b\n a |-> b { timeout = 1s, retry = careful, breaker { trip = 30% }, latency = exp(2ms) }\n traffic t -> a { open = poisson(1rps) } }";
    says(
        text,
        &[
            "timeout 1s; 2 retries, backoff 100ms up to 20s",
            "breaker opens at 30% of 20 attempts, for 30s",
            "2ms on the way",
        ],
    );
}

#[test]
fn units_metrics_and_keywords_are_explained() {
    says(&shop("10krps\n"), &["**10krps**: a rate", "`rps`"]);
    says(&shop("8GiB"), &["a size"]);
    says(&shop("0.0225/h"), &[]);
    says(&shop("p99(edge.browse.latency) < 100ms"), &["**p99**: metric, a duration"]);
    says(&shop("error_rate < 0.1%"), &["**error_rate**: metric, a share"]);
    says(&shop("lookup redis.get"), &["**lookup**"]);
    says(&shop("inject flush"), &["**inject**"]);
}

#[test]
fn comments_and_texts_say_nothing() {
    assert_eq!(hover(&shop("single flight")), "");
    assert_eq!(hover(&shop("Product catalog\"")), "");
}

#[test]
fn mistakes_have_places_as_editors_count_them() {
    let text = "sysdl 1\n// 🦀 µ\nsystem s {\n  cache c { ttl = 5m }\n  service a { work exp(1ms) }\n}\n";
    let checked = service::check(text);
    let at = checked.diagnostics.iter().find(|problem| problem.code == "E0204").unwrap();
    assert_eq!(
        text.encode_utf16().skip(at.from as usize).take((at.to - at.from) as usize).collect::<Vec<_>>(),
        "5m".encode_utf16().collect::<Vec<_>>()
    );
    assert_eq!((at.line, at.column), (4, 19));
    let json = serde_json::to_value(&checked).unwrap();
    assert_eq!(json["diagnostics"][0]["severity"], "error");
    assert_eq!(json["system"], "s");
}

#[test]
fn scenarios_have_titles_and_durations() {
    let json = serde_json::to_value(service::check(SHOP)).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 0);
    assert_eq!(
        json["scenarios"][1],
        serde_json::json!({"name": "cache_stampede", "title": "The cache is flushed at peak", "duration_s": 90.0})
    );
}
