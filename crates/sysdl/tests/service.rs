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

/// Labels that are offered at the caret.
fn offers(text: &str) -> Vec<String> {
    let (text, at) = caret(text);
    service::complete(&text, at).items.into_iter().map(|item| item.label).collect()
}

#[track_caller]
fn offered(text: &str, wanted: &[&str], unwanted: &[&str]) {
    let labels = offers(text);
    for label in wanted {
        assert!(labels.iter().any(|known| known == label), "`{label}` is not among {labels:?}");
    }
    for label in unwanted {
        assert!(labels.iter().all(|known| known != label), "`{label}` is among {labels:?}");
    }
}

/// The blueprint of the shop with some text put in before other text; a caret is in it.
fn shop_with(text: &str, before: &str) -> String {
    let at = SHOP.find(before).unwrap_or_else(|| panic!("{before}"));
    format!("{}{text}{}", &SHOP[..at], &SHOP[at..])
}

#[test]
fn statements_are_offered_where_they_can_begin() {
    offered("sysdl 1\n|", &["system", "scenario", "param", "import"], &["traffic", "cache"]);
    offered(&shop_with("  ca|\n", "  cache redis"), &["cache", "catalog"], &["database", "work"]);
    offered(
        &shop_with("|\n", "      work lognormal(p50 = 8ms"),
        &["work", "call", "lookup", "errors"],
        &["traffic", "ttl"],
    );
    offered(
        &shop_with("|\n", "  expect p99(edge.browse.latency) < 100ms"),
        &["expect", "at", "phase", "extends"],
        &["duration", "seed"],
    );
    let cache = shop_with("ca|", "  cache redis");
    let (text, at) = caret(&cache);
    let first = &service::complete(&text, at).items;
    let kind = first.iter().find(|item| item.label == "cache").unwrap();
    assert_eq!((kind.kind, kind.insert.as_str()), ("kind", "cache "));
    assert!(!kind.documentation.is_empty());
}

#[test]
fn properties_are_those_that_apply_and_are_not_set() {
    offered(&shop_with("\n    |\n", "    cost = $0.206"), &["refill", "evict"], &["ttl", "cost", "connections"]);
    offered(&shop_with(", |", " }\n  edge    -> orders"), &["retry", "breaker"], &["timeout", "visibility"]);
    offered(&shop_with("    |\n", "    mix {"), &["abandon", "key"], &["open", "timeout"]);
    offered(&shop_with("|, ", "browse = 95%"), &[], &["browse", "timeout"]);
    offered(&shop_with("        |\n", "        key      ="), &["hit_ratio"], &["coalesce", "key"]);
    offered("sysdl 1\nsystem s {\n a -> b { retry { max = 2, | } }\n}", &["backoff", "jitter"], &["max", "timeout"]);
    offered("sysdl 1\nsystem s {\n a ~> b { | }\n}", &["visibility", "dead_letter"], &["connect"]);
    offered("sysdl 1\nsystem s {\n llm m { price { | } }\n}", &["input", "output"], &["replicas"]);
}

#[test]
fn names_are_offered_where_they_are_wanted() {
    offered(&shop_with("call |\n", "      call postgres.write"), &["redis", "postgres"], &["timeout", "browse"]);
    offered(&shop_with("call redis.|\n", "      call postgres.write"), &["get", "put"], &["redis", "handle"]);
    offered(&shop_with("call orders.|\n", "      call postgres.write"), &["place"], &["handle"]);
    offered(&shop_with("  redis -> |\n", "  traffic shoppers"), &["postgres"], &["shoppers"]);
    offered(&shop_with("  at 5s inject |\n", "  phase storm"), &["flush", "crash"], &["redis"]);
    offered(&shop_with("  at 5s inject flush on |\n", "  phase storm"), &["redis"], &["flush", "shoppers"]);
    offered(&shop_with("  at 5s inject surge on |\n", "  phase storm"), &["shoppers"], &["redis"]);
    offered(&shop_with("  at 5s inject partition on |\n", "  phase storm"), &["edge -> catalog"], &["redis"]);
    offered(&shop_with("  at 5s |\n", "  phase storm"), &["inject", "set", "mark"], &[]);
    offered(&shop_with("  expect |\n", "  phase storm"), &["p99", "error_rate", "never"], &["phase"]);
    offered(&shop_with("  expect utilization(|\n", "  phase storm"), &["redis"], &["edge -> catalog"]);
    offered(&shop_with("  expect retries(|\n", "  phase storm"), &["edge -> catalog"], &["redis"]);
    offered(
        &shop_with("  expect error_rate < 1% during |\n", "  phase storm"),
        &["storm", "baseline"],
        &["cold_cache"],
    );
    offered(&shop_with("  expect error_rate < 1% within 5s after |\n", "  phase storm"), &["storm", "cold_cache"], &[]);
    offered(&shop_with("  extends = |\n", "  set postgres.replicas"), &["steady", "cache_stampede"], &["redis"]);
    offered(&shop_with("  set |\n", "  set postgres.replicas"), &["peak", "redis"], &["crash"]);
    offered(&shop_with("  set redis.|\n", "  set postgres.replicas"), &["ttl"], &["redis"]);
}

#[test]
fn values_and_units_are_those_of_the_property() {
    let cache = |text: &str| shop_with(&format!("\n    {text}\n"), "    cost = $0.206");
    offered(&cache("refill = 5|"), &["ms", "s", "min"], &["rps", "%"]);
    offered(&cache("negative = 95|"), &["%"], &["ms", "rps"]);
    offered(&cache("evict = |"), &["lru", "random"], &["on"]);
    offered(&cache("warm = |"), &["on", "off"], &[]);
    offered(&cache("discipline = |"), &["fifo", "codel"], &["ring"]);
    offered(&shop_with("work |\n", "      call postgres.write"), &["lognormal", "exp"], &["poisson", "zipf"]);
    offered(&shop_with("    open = |\n", "    mix {"), &["poisson", "sessions"], &["lognormal"]);
    offered(&shop_with("\n  at 5|", "  phase storm"), &["s", "ms"], &["rps"]);
    offered(&shop_with("\n  expect utilization(redis) < 5|", "  phase storm"), &["%"], &["ms"]);
    offered("sysdl 1\nlet careful = retry { max = 2 }\nsystem s { a -> b { retry = | } }", &["careful"], &["exp"]);
}

#[test]
fn half_written_texts_are_completed() {
    offered("sysdl 1\nsystem s {\n  cache c {\n    tt|\n  service b\n}", &["ttl"], &[]);
    offered("sysdl 1\nsystem s {\n  cache c\n  service a {\n    endpoint e {\n      call |", &["c"], &[]);
    assert_eq!(offers("sysdl 1 // |"), Vec::<String>::new());
}

#[test]
fn the_word_so_far_is_replaced() {
    let (text, at) = caret("sysdl 1\n// 🦀\nsys|");
    let found = service::complete(&text, at);
    assert_eq!((found.from, found.to), (at - 3, at));
    assert_eq!(found.items[0].label, "system");
    let (text, at) = caret(&shop_with("\n  at 5m|", "  phase storm"));
    let found = service::complete(&text, at);
    assert_eq!((found.from, found.to), (at - 1, at));
    assert_eq!(found.items.iter().map(|item| item.label.as_str()).collect::<Vec<_>>(), ["ms", "min"]);
}

/// The texts at ranges.
fn at_ranges(text: &str, ranges: &[service::Range]) -> Vec<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    ranges.iter().map(|range| String::from_utf16_lossy(&units[range.from as usize..range.to as usize])).collect()
}

#[test]
fn names_lead_to_their_definition_and_all_their_uses() {
    let (text, at) = caret(&shop("redis.get"));
    let uses = service::references(&text, at);
    assert_eq!(at_ranges(&text, &uses), vec!["redis"; 7]);
    let definition = service::definition(&text, at).unwrap();
    assert_eq!(text[..definition.from as usize].lines().last().unwrap().trim(), "cache");
    let (text, at) = caret(&shop("storm\n"));
    assert_eq!(service::references(&text, at).len(), 5);
    let (text, at) = caret(&shop("browse = 95%"));
    let definition = service::definition(&text, at).unwrap();
    assert!(text[..definition.from as usize].ends_with("endpoint "));
    assert_eq!(service::definition(SHOP, SHOP.find("gateway").unwrap() as u32), None);
}

/// A text with edits made.
fn edited(text: &str, edits: &[service::Replacement]) -> String {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for edit in edits.iter().rev() {
        units.splice(edit.from as usize..edit.to as usize, edit.text.encode_utf16());
    }
    String::from_utf16(&units).expect("text")
}

fn blueprints() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../blueprints");
    let paths = std::fs::read_dir(folder).expect("blueprints").filter_map(|entry| Some(entry.ok()?.path()));
    let sources = paths.filter(|path| path.extension().is_some_and(|ext| ext == "sysdl"));
    sources.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("text"))).collect()
}

/// Every model of a text, as text.
fn models(text: &str) -> Vec<String> {
    let analysis = sysdl::resolve::analyze("x", text.as_bytes(), &sysdl::resolve::program::NoFiles);
    let scenarios = analysis.scenarios();
    scenarios.iter().map(|scenario| format!("{:?}", analysis.resolve(&scenario.name, &[]).model)).collect()
}

/// Every name of every blueprint gets another one, and nothing else changes.
#[test]
fn renaming_changes_the_name_and_nothing_else() {
    fn names(entries: &[service::Entry]) -> Vec<(u32, String, &'static str)> {
        let one = |entry: &service::Entry| {
            let mut all = vec![(entry.at, entry.name.clone(), entry.kind)];
            all.extend(names(&entry.children));
            all
        };
        entries.iter().flat_map(one).collect()
    }
    let mut renamed = 0;
    for (path, text) in blueprints() {
        let before = models(&text);
        let mut seen: Vec<(String, &str)> = Vec::new();
        for (at, name, kind) in names(&service::symbols(&text)) {
            if seen.contains(&(name.clone(), kind)) {
                continue;
            }
            seen.push((name.clone(), kind));
            match service::rename(&text, at, "zz_renamed") {
                Ok(edits) => {
                    let after = edited(&text, &edits);
                    assert!(!edits.is_empty() && after.contains("zz_renamed"), "{path}: {kind} {name}");
                    let after: Vec<String> = models(&after).iter().map(|m| m.replace("zz_renamed", &name)).collect();
                    assert!(after == before, "{path}: {kind} {name} changes a model");
                    renamed += 1;
                }
                // Endpoints that stand for one of the kind's.
                Err(why) => assert!(kind == "endpoint" && why.contains("every `"), "{path}: {kind} {name}: {why}"),
            }
        }
    }
    assert!(renamed > 100, "{renamed}");
}

#[test]
fn a_name_that_is_taken_or_none_is_refused() {
    let refused = |before: &str, to: &str| {
        let (text, at) = caret(&shop(before));
        service::rename(&text, at, to).expect_err(to)
    };
    assert_eq!(refused("redis {\n    cost", "postgres"), "`postgres` is taken: it is a component of this file");
    assert!(refused("redis {\n    cost", "2nd").contains("is no name"));
    assert!(refused("redis {\n    cost", "peak").contains("is taken"));
    assert!(refused("peak)", "ttl").contains("a word of the language"));
    assert!(refused("storm\n", "recovery").contains("is taken"));
    assert!(refused("gateway", "x").contains("no name that this file defines"));
    let (text, at) = caret("sysdl 1\nsystem s {\n  cache |c {\n");
    assert!(service::rename(&text, at, "d").unwrap_err().contains("cannot be read"));
}

#[test]
fn a_file_has_an_outline() {
    let outline = service::symbols(SHOP);
    let names = |entries: &[service::Entry]| entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&outline), ["peak", "shop", "steady", "cache_stampede", "stampede_absorbed"]);
    assert_eq!(names(&outline[1].children)[..3], ["edge", "catalog", "orders"]);
    assert_eq!(names(&outline[1].children[0].children), ["browse", "checkout"]);
    assert_eq!(names(&outline[3].children), ["baseline", "storm", "recovery", "cold_cache"]);
}

/// Each line that is offered for a component works as it is.
#[test]
fn every_fault_that_is_offered_can_be_injected() {
    for (path, text) in blueprints() {
        let analysis = sysdl::resolve::analyze("x", text.as_bytes(), &sysdl::resolve::program::NoFiles);
        let scenario = &analysis.scenarios()[0].name;
        let Some(model) = analysis.resolve(scenario, &[]).model else { continue };
        let mut targets: Vec<String> = model.components.iter().map(|component| component.name.clone()).collect();
        targets.extend(model.sources.iter().map(|source| source.name.clone()));
        targets.extend(model.edges.iter().map(|edge| edge.name.clone()));
        let mut inputs = Vec::new();
        for target in &targets {
            let faults = service::faults_for(&analysis, scenario, target);
            assert!(!faults.is_empty(), "{path}: {target}: {faults:?}");
            inputs.extend(faults.iter().map(|fault| format!("at 1s {}", fault.line)));
        }
        service::splice(&text, scenario, &inputs).unwrap_or_else(|why| panic!("{path}: {why}"));
    }
}

#[test]
fn faults_come_with_what_they_do_and_what_helps() {
    let analysis = sysdl::resolve::analyze("x", SHOP.as_bytes(), &sysdl::resolve::program::NoFiles);
    let find = |target: &str, name: &str| {
        let found = service::faults_for(&analysis, "steady", target);
        found.into_iter().find(|fault| fault.name == name)
    };
    let crash = find("redis", "crash").unwrap();
    assert_eq!((crash.title.as_str(), crash.line.as_str()), ("Crash", "inject crash on redis for 10s"));
    assert!(crash.mitigation.starts_with("more replicas"));
    assert_eq!(find("redis", "flush").unwrap().line, "inject flush on redis");
    assert_eq!(find("redis", "errors").unwrap().line, "inject errors(rate = 50%) on redis for 10s");
    assert_eq!(find("orders", "flush"), None);
    assert_eq!(find("redis", "latency"), None);
    assert_eq!(
        find("catalog->redis", "latency").unwrap().line,
        "inject latency(add = 500ms) on catalog -> redis for 10s"
    );
    assert_eq!(find("shoppers", "surge").unwrap().line, "inject surge on shoppers for 10s");
}

fn splice(text: &str, scenario: &str, inputs: &[&str]) -> Result<String, String> {
    service::splice(text, scenario, &inputs.iter().map(|input| (*input).to_owned()).collect::<Vec<_>>())
}

#[test]
fn what_was_done_by_hand_is_written_into_the_scenario() {
    assert_eq!(splice(SHOP, "steady", &[]).unwrap(), SHOP);
    let crash = "at 12.345s inject crash on redis for 10s";
    for scenario in ["steady", "cache_stampede", "stampede_absorbed"] {
        let text = splice(SHOP, scenario, &[crash, "at 20s set postgres.replicas = 4"]).unwrap();
        assert_eq!(service::format(&text).unwrap(), text);
        assert!(service::check(&text).diagnostics.iter().all(|problem| problem.code.starts_with('W')));
        let effects = |text: &str| {
            let analysis = sysdl::resolve::analyze("x", text.as_bytes(), &sysdl::resolve::program::NoFiles);
            analysis.resolve(scenario, &[]).model.unwrap().effects
        };
        let new = effects(&text).into_iter().filter(|effect| effect.start_ns == 12_345_000_000).collect::<Vec<_>>();
        assert!(new.iter().any(|effect| effect.label == "crash redis"), "{scenario}: {new:?}");
        assert!(effects(&text).iter().any(|effect| effect.label == "set postgres.replicas to 4"));
        assert_eq!(effects(SHOP).len() + new.len() + 1, effects(&text).len());
    }
}

#[test]
fn a_scenario_that_is_not_there_is_appended() {
    let text = "sysdl 1\n\nsystem s {\n  service web\n  traffic people -> web { open = poisson(5rps) }\n}\n";
    let spliced = splice(text, "steady", &["at 5s inject crash on web for 1s"]).unwrap();
    assert_eq!(spliced, format!("{text}\nscenario steady of s {{\n  at 5s inject crash on web for 1s\n}}\n"));
    assert!(
        splice(text, "", &["set web.replicas = 2"])
            .unwrap()
            .ends_with("scenario live of s {\n  set web.replicas = 2\n}\n")
    );
}

#[test]
fn what_a_scenario_cannot_say_is_an_error() {
    let refused = |input: &str| splice(SHOP, "steady", &[input]).unwrap_err();
    assert!(refused("at 5s set redis.ttl = 5s").contains("cannot be set during a run"));
    assert!(refused("at 5s inject crash on nobody").contains("no component is named `nobody`"));
    assert!(refused("at 5h inject crash on redis").contains("after the run has ended"));
    assert!(refused("duration = 5s").contains("is not what a scenario can hold"));
    assert!(refused("at 5s inject").contains("is not what a scenario can hold"));
    assert!(refused("} system x {").contains("is not what a scenario can hold"));
}

#[test]
fn texts_are_formatted_or_not_at_all() {
    assert_eq!(service::format("sysdl 1\nsystem s{\ncache c\n}").unwrap(), "sysdl 1\nsystem s {\n  cache c\n}\n");
    assert!(service::format("sysdl 1\nsystem s {\n").unwrap_err().starts_with("line 2: "));
}
