//! Runs beside their twins as a person asks for them: `why`, `--against`, `metastable`, `blast`.

mod folder;

use folder::{Folder, code, text};
use serde_json::Value;

/// A small system that a stalled database keeps from healing, and one scenario that nothing happens in.
const STORM: &str = "sysdl 1
system storm {
  service web { concurrency = 500, endpoint go { work exp(1ms), call db.read } }
  database db { connections = 5, queue = 10k, endpoint read { work exp(50ms) } }
  web -> db { timeout = 500ms, retry { max = 3, backoff = 50ms, jitter = full } }
  traffic people -> web.go { open = poisson(60rps) }
}
scenario hiccup of storm {
  duration = 60s, warmup = 5s
  at 15s inject hang on db for 4s
  expect metastable
}
scenario calm of storm {
  duration = 20s
}
";

#[test]
fn why_tells_a_story() {
    let folder = Folder::new("why");
    folder.write("storm.sysdl", STORM);
    let told = folder.sysdl(&["why", "storm.sysdl", "--format", "json", "--html", "why.html"]);
    assert_eq!(code(&told), 0, "{}", String::from_utf8_lossy(&told.stderr));
    let story: Value = serde_json::from_str(&text(&told)).expect("it is JSON");
    assert_eq!((&story["schema"], &story["first_cause"]), (&1.into(), &"hang db".into()));
    assert_eq!(story["order"], serde_json::json!(["db", "web"]));
    assert_eq!((&story["loop"]["kind"], &story["healing"]["state"]), (&"retries".into(), &"metastable".into()));
    assert!(folder.read("why.html").contains("hang db"));
    // The digest is that of a run: looking on changes nothing.
    let run = folder.sysdl(&["run", "storm.sysdl", "--why", "--format", "json"]);
    let report: Value = serde_json::from_str(&text(&run)).expect("it is JSON");
    assert_eq!((&report["digest"], &report["why"]["order"]), (&story["digest"], &story["order"]));
    assert_eq!((code(&run), &report["expectations"][0]["verdict"]), (0, &"pass".into()));
    let calm = folder.sysdl(&["why", "storm.sysdl", "--scenario", "calm"]);
    assert!(text(&calm).contains("nothing to tell"), "{}", text(&calm));
}

#[test]
fn a_scenario_is_compared_with_another_and_with_its_twin() {
    let folder = Folder::new("against");
    folder.write("storm.sysdl", STORM);
    let compared = folder.sysdl(&["run", "storm.sysdl", "--against", "baseline", "--format", "json"]);
    let report: Value = serde_json::from_str(&text(&compared)).expect("it is JSON");
    let goodput = &report["against"]["differences"]["totals"]["goodput_rps"];
    assert!(goodput["difference"].as_f64().is_some_and(|d| d < -20.0) && goodput["ci95"].is_array(), "{goodput}");
    let same = folder.sysdl(&["run", "storm.sysdl", "--scenario", "calm", "--against", "calm"]);
    assert!(text(&same).contains("no difference"), "{}", text(&same));
    let wrong = folder.sysdl(&["run", "storm.sysdl", "--against", "calmm"]);
    assert_eq!(code(&wrong), 2);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `calm`?"));
}

#[test]
fn the_smallest_trigger_is_found() {
    let folder = Folder::new("metastable");
    folder.write("storm.sysdl", STORM);
    let found = folder.sysdl(&["metastable", "storm.sysdl", "--seeds", "1", "--format", "json"]);
    assert_eq!(code(&found), 1, "{}", String::from_utf8_lossy(&found.stderr));
    let found: Value = serde_json::from_str(&text(&found)).expect("it is JSON");
    // Whoever waits for half a second gives up: much shorter stops make nobody try again.
    let (heals, fails) = (found["threshold"]["heals_s"].as_f64(), found["threshold"]["fails_s"].as_f64());
    assert!(heals >= Some(0.1) && fails <= Some(2.0) && heals < fails, "{found}");
    let calm = folder.sysdl(&["metastable", "storm.sysdl", "--scenario", "calm"]);
    assert_eq!(code(&calm), 2);
    assert!(String::from_utf8_lossy(&calm.stderr).contains("must inject something"));
}

#[test]
fn everything_is_struck_and_what_is_finished_is_kept() {
    let folder = Folder::new("blast");
    folder.write("storm.sysdl", STORM);
    let args =
        ["blast", "storm.sysdl", "--fault", "hang", "--resume", "cells.jsonl", "--format", "json", "--html", "b.html"];
    let struck = folder.sysdl(&args);
    assert_eq!(code(&struck), 0, "{}", String::from_utf8_lossy(&struck.stderr));
    let first: Value = serde_json::from_str(&text(&struck)).expect("it is JSON");
    let cells = first["cells"].as_array().expect("there are some");
    assert_eq!(cells.len(), 2, "{first}");
    let covered: Vec<bool> = cells.iter().map(|cell| cell["covered"] == true).collect();
    let targets: Vec<&str> = cells.iter().filter_map(|cell| cell["target"].as_str()).collect();
    assert_eq!(covered, targets.iter().map(|target| *target == "db").collect::<Vec<_>>());
    assert!(first["protocol"]["words"].as_str().is_some_and(|words| words.contains("simulated seconds")));
    assert_eq!(folder.read("cells.jsonl").lines().count(), 2);
    let again: Value = serde_json::from_str(&text(&folder.sysdl(&args))).expect("it is JSON");
    assert_eq!((&again["cells"], folder.read("cells.jsonl").lines().count()), (&first["cells"], 2));
    assert!(folder.read("b.html").contains("hang on db"));
}
