//! Stories that are told of runs, beside the stories that are true: `tests/why/*.sysdl` with a `.truth` each.
//!
//! A truth says, a line each: `first: …` the first cause; `order: a, b` the components in the order in which they were
//! struck (others may follow); `then: x signal, y signal` what happened in this order; `because: x signal of y signal` what
//! caused what; `never: x signal`; `says: …` a line of the summary; `loop: kind at
//! component` or `loop: none`; `state: …`. `file: …` and `scenario: …` if they are not the one beside it and its first. Lines
//! with `#` are remarks.

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use rayon::prelude::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_runtime::why::{self, Moment, Signal, Story};
use sysdl_tests::programs;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("why");
    let entries = std::fs::read_dir(folder).expect("there is a folder");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sysdl"));
    paths.sort();
    paths
}

/// Every truth, and the file that it is about.
fn truths() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("why");
    let entries = std::fs::read_dir(&folder).expect("there is a folder");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "truth"));
    paths.sort();
    let read = |path: PathBuf| {
        let truth = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let file = truth.lines().find_map(|line| line.strip_prefix("file:"));
        let file = file.map_or_else(|| path.with_extension("sysdl"), |file| folder.join("../..").join(file.trim()));
        (file, truth)
    };
    let truths: Vec<(PathBuf, String)> = paths.into_iter().map(read).collect();
    for file in files() {
        assert!(truths.iter().any(|(known, _)| *known == file), "nobody says what is true of {file:?}");
    }
    truths
}

fn story(path: &Path, scenario: &str, seed: u64) -> Story {
    let program = programs::load(path, scenario);
    let (run, twin) = programs::pair(&program.model, seed);
    why::tell(&run, &twin, "its twin")
}

/// A signal's name as JSON has it.
fn named<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Where a moment is: the edge, the endpoint or the component.
fn place(moment: &Moment) -> &str {
    moment.edge.as_deref().or(moment.endpoint.as_deref()).or(moment.component.as_deref()).unwrap_or("")
}

/// The position of `place signal` in the timeline.
fn position(story: &Story, what: &str) -> Option<usize> {
    let (wanted, signal) = what.trim().rsplit_once(' ').expect("a place and a signal");
    story.timeline.iter().position(|moment| place(moment) == wanted.trim() && named(&moment.signal) == signal)
}

fn told(story: &Story) -> String {
    let line = |m: &Moment| format!("{:>8.3}  {} {}: {}", m.t_s, place(m), named(&m.signal), m.words);
    let lines: Vec<String> = story.timeline.iter().map(line).collect();
    format!("{}\norder {:?}\n{}", lines.join("\n"), story.order, story.summary.join("\n"))
}

/// What is untrue of a story.
fn untrue(story: &Story, truth: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in truth.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (word, text) = line.split_once(':').expect("`word: text`");
        let text = text.trim();
        let holds = match word {
            "scenario" | "file" => true,
            "first" => story.first_cause.as_deref().is_some_and(|cause| cause.starts_with(text)),
            "order" => {
                let wanted: Vec<&str> = text.split(',').map(str::trim).collect();
                story.order.len() >= wanted.len() && story.order[..wanted.len()] == wanted
            }
            "then" => {
                let found: Vec<Option<usize>> = text.split(',').map(|what| position(story, what)).collect();
                found.iter().all(Option::is_some) && found.is_sorted()
            }
            "never" => position(story, text).is_none(),
            "because" => {
                let (effect, cause) = text.split_once(" of ").expect("`effect of cause`");
                let moment = position(story, effect).map(|at| &story.timeline[at]);
                moment.is_some_and(|moment| moment.because.is_some() && moment.because == position(story, cause))
            }
            "says" => story.summary.iter().any(|line| line == text),
            "loop" => {
                let found = story.sustained_by.as_ref();
                let found = found.map_or("none".to_owned(), |l| format!("{} at {}", named(&l.kind), l.component));
                found == text
            }
            "state" => text.split('|').any(|state| named(&story.healing.state) == state.trim()),
            other => panic!("no such word: {other}"),
        };
        if !holds {
            wrong.push(line.to_owned());
        }
    }
    wrong
}

#[test]
fn stories_are_true() {
    let mut wrong = String::new();
    for (path, truth) in truths() {
        let scenario = truth.lines().find_map(|line| line.strip_prefix("scenario:")).map(str::trim);
        let scenario = scenario.map_or_else(|| programs::first_scenario(&path), str::to_owned);
        // Blueprints are large: one seed has to do for them.
        let seeds: &[u64] = if truth.contains("file:") { &[1] } else { &[1, 2, 3] };
        for &seed in seeds {
            let story = story(&path, &scenario, seed);
            let untrue = untrue(&story, &truth);
            if !untrue.is_empty() {
                wrong.push_str(&format!("\n{} seed {seed}: {untrue:#?}\n{}\n", path.display(), told(&story)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn nothing_comes_before_its_cause() {
    for path in files() {
        let story = story(&path, &programs::first_scenario(&path), 4);
        for (index, moment) in story.timeline.iter().enumerate() {
            if let Some(cause) = moment.because {
                assert!(cause < index, "{}", told(&story));
                assert!(story.timeline[cause].t_s <= moment.t_s, "{}", told(&story));
            }
        }
        assert!(story.timeline.is_sorted_by(|a, b| a.t_s <= b.t_s), "{}", told(&story));
    }
}

/// Who reads the words and who reads the JSON are told the same numbers.
#[test]
fn words_say_the_values_of_moments() {
    let mut seen = [0, 0];
    for path in files() {
        let story = story(&path, &programs::first_scenario(&path), 4);
        for moment in story.timeline.iter().filter(|m| matches!(m.signal, Signal::Load | Signal::Calls)) {
            let words = moment.words.replace(',', "");
            let written = |value: f64| if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") };
            let says = |value: f64| words.contains(written(value).trim_end_matches(".0"));
            assert!(says(moment.value) && says(moment.twin), "{} {}: {words}", moment.value, moment.twin);
            assert_eq!(words.contains("later up to"), moment.later.is_some(), "{words}");
            assert!(moment.later.is_none_or(says), "{:?}: {words}", moment.later);
            seen[usize::from(moment.later.is_some())] += 1;
        }
    }
    assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
}

/// A chain of services, something wrong with one of them: it comes first, then its callers from the nearest on.
fn random_chain(seed: u64) -> (String, Vec<String>) {
    let mut rng = SmallRng::seed_from_u64(seed);
    let length = rng.random_range(2..=5usize);
    let struck = rng.random_range(0..length);
    let rate = [40.0, 150.0, 400.0][rng.random_range(0..3)];
    let mut text = "sysdl 1\nsystem s {\n".to_owned();
    let mut most = u32::MAX;
    for i in 0..length {
        let work_ms = rng.random_range(1..=20);
        let busy = rate * f64::from(work_ms) / 1e3;
        let servers = (busy * rng.random_range(2.0..6.0)).ceil().max(2.0) as u32;
        let call = if i + 1 < length { format!(", call s{}.go", i + 1) } else { String::new() };
        // Callers hold a server while they wait; the further up, the more of them.
        let servers = servers + 20 * (length - i) as u32 + if i + 1 < length { (rate * 0.2) as u32 } else { 0 };
        let servers = servers.min(most.saturating_sub(20)).max((2.0 * busy) as u32 + 2);
        most = servers;
        let _ = writeln!(
            text,
            "  service s{i} {{ concurrency = {servers}, queue = 200, endpoint go {{ work exp({work_ms}ms){call} }} }}"
        );
        if i > 0 {
            let timeout = 300 * (length - i) as u32 + rng.random_range(0..200);
            let retry = if rng.random_bool(0.3) { ", retry { max = 1, backoff = 50ms, jitter = full }" } else { "" };
            let _ = writeln!(text, "  s{} -> s{i} {{ timeout = {timeout}ms{retry} }}", i - 1);
        }
    }
    let fault = ["slow(50x)", "hang", "crash", "errors(60%)"][rng.random_range(0..4)];
    let _ = write!(
        text,
        "  traffic t -> s0.go {{ open = poisson({rate}rps) }}\n}}\nscenario bad of s {{\n  duration = 70s, warmup = 10s\n  at 25s inject {fault} on s{struck} for 12s\n}}\n"
    );
    let order = (0..=struck).rev().map(|i| format!("s{i}")).collect();
    (text, order)
}

#[test]
fn in_random_chains_callers_follow() {
    let count = std::env::var("SYSDL_STORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let wrong: Vec<String> = (0..count)
        .into_par_iter()
        .filter_map(|seed| {
            let (text, expected) = random_chain(seed);
            let analysis = analyze("chain.sysdl", text.as_bytes(), &NoFiles);
            let resolved = analysis.resolve("bad", &[]);
            let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
            let model = resolved.model.unwrap_or_else(|| panic!("{mistakes}\n{text}"));
            let (run, twin) = programs::pair(&model, seed);
            let story = why::tell(&run, &twin, "its twin");
            let struck = expected.first().cloned().unwrap_or_default();
            let first = story.first_cause.as_deref().is_some_and(|cause| cause.ends_with(&struck));
            let order = story.order.iter().filter(|name| expected.contains(name)).collect::<Vec<_>>();
            let in_order = order.iter().zip(&expected).all(|(told, expected)| *told == expected);
            // Nobody whom the struck one calls has anything to do with it, but for retries that reach it.
            let only = story.order.iter().all(|name| expected.contains(name)) || text.contains("retry");
            let caused = story.timeline.iter().all(|m| m.because.is_some() || m.signal == Signal::Fault);
            (!(first && in_order && only && caused && !order.is_empty()))
                .then(|| format!("seed {seed}\n{text}\n{}", told(&story)))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}

/// The story of a text's scenario beside its twin, in lines.
fn lines_of(text: &str) -> Vec<String> {
    let resolved = analyze("story.sysdl", text.as_bytes(), &NoFiles).resolve("told", &[]);
    let model = resolved.model.unwrap_or_else(|| panic!("{:#?}", resolved.diagnostics));
    let (run, twin) = programs::pair(&model, 1);
    let story = why::tell(&run, &twin, "its twin");
    story.timeline.into_iter().map(|moment| moment.words).chain(story.summary).collect()
}

/// Numbers are of the instant they are told of, not of what can be or comes later.
#[test]
fn numbers_are_of_their_instant() {
    let grown = lines_of(
        "sysdl 1\nsystem s {
           service web { replicas = 2, concurrency = 4, queue = 1000, endpoint get { work exp(20ms) }
             autoscale { min = 2, max = 20, metric = utilization, target = 60%, every = 15s, startup = 30s, cooldown = 60s } }
           traffic people -> web.get { open = ramp(from = 50rps, to = 1000rps, over = 5min) }
         }\nscenario told of s { duration = 6min, warmup = 10s }\n",
    );
    let said = |what: &str| grown.iter().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{grown:#?}"));
    // Of twenty replicas two serve when the ramp outgrows them.
    assert!(said("servers busy").starts_with("web has all 8 servers busy"), "{grown:#?}");
    let calls = said("times a second").strip_prefix("people calls web ").and_then(|rest| rest.split(' ').next());
    assert!(calls.and_then(|rate| rate.parse::<f64>().ok()).is_some_and(|rate| rate < 150.0), "{grown:#?}");

    let crashed = lines_of(
        "sysdl 1\nsystem s {
           service web { replicas = 4, concurrency = 8, endpoint get { work exp(10ms) } }
           traffic people -> web.get { open = poisson(1000rps) }
         }\nscenario told of s {
           duration = 60s, warmup = 5s
           at 20s inject crash on web[0] for 10s
           at 22s set web.replicas = 8
         }\n",
    );
    // Two seconds later there are twice as many.
    assert!(crashed.iter().any(|line| line == "web has 24 of 32 servers left"), "{crashed:#?}");
    assert!(crashed.iter().any(|line| line.to_lowercase().contains("healed at 30.0 s")), "{crashed:#?}");
}
