//! `sysdl run --profile`: what was looked at is what there was, and looking changes nothing.

mod folder;

use folder::{Folder, code, errors, text};
use serde_json::Value;

/// A desk that asks a clerk under a timeout that never runs out.
const SYSTEM: &str = "sysdl 1
system office {
  service desk { concurrency = 8, queue = unlimited, endpoint get { work exp(1ms), call clerk.ask } }
  service clerk { replicas = 2, concurrency = 4, queue = unlimited, endpoint ask { work exp(2ms) } }
  desk -> clerk { timeout = 1s }
  traffic people -> desk.get { open = poisson(1krps) }
}
scenario steady of office { duration = 60s }
";

fn run(folder: &Folder, args: &[&str]) -> Value {
    let output = folder.sysdl(&[&["run", "office.sysdl", "--format", "json"], args].concat());
    assert_eq!(code(&output), 0, "{}", errors(&output));
    serde_json::from_str(&text(&output)).expect("it is JSON")
}

#[test]
fn events_are_told_apart() {
    let folder = Folder::new("profile");
    folder.write("office.sysdl", SYSTEM);
    let (plain, looked) = (run(&folder, &[]), run(&folder, &["--profile"]));
    for fact in ["digest", "events", "requests", "totals"] {
        assert_eq!(plain[fact], looked[fact], "{fact}");
    }
    assert!(plain.get("profile").is_none());
    let profile = &looked["profile"];
    let number =
        |path: &str| profile.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {profile}"));
    assert!(number("/looks") > 5_000.0, "{}", profile["looks"]);
    // A request comes once; it and its call arrive, are worked on and answered; a timeout that nobody waits for is no event.
    let near = |path: &str, told: f64| assert!((number(path) - told).abs() < 0.1 * told, "{path}: {profile:#}");
    near("/types/arrive/per_request", 2.0);
    near("/types/work_end/per_request", 2.0);
    near("/types/reply/per_request", 2.0);
    let each = |kind: &str| profile["types"][kind]["per_request"].as_f64().unwrap_or(0.0);
    let ordered = ["source", "timeout", "source_or_timeout"].map(each).iter().sum::<f64>();
    assert!((ordered - 1.0).abs() < 0.1, "{profile:#}");
    assert!(number("/types/work_end/stale_share") == 0.0 && number("/types/arrive/stale_share") == 0.0);
    near("/owners/clerk/per_request", 2.0);
    near("/owners/desk/per_request", 3.0);
    near("/owners/whoever sent it/per_request", 1.0);
    let shares: f64 = ["types", "owners"].map(|of| sum(&profile[of])).iter().sum();
    assert!((shares - 2.0).abs() < 1e-9);
    assert!(number("/ns_per_event") > 1.0 && number("/simulated_per_wall") > 1.0);
    assert!(number("/module/bytes") > 10_000.0 && number("/module/functions_generated") >= 2.0);
    for stage in ["read", "resolve", "flatten", "emit", "machine code"] {
        assert!(number(&format!("/stages/{stage}_s")) > 0.0);
    }
}

fn sum(rows: &Value) -> f64 {
    rows.as_object().into_iter().flatten().filter_map(|(_, row)| row["share"].as_f64()).sum()
}

#[test]
fn a_person_reads_it_and_a_module_has_none() {
    let folder = Folder::new("profile-words");
    folder.write("office.sysdl", SYSTEM);
    let words = text(&folder.sysdl(&["run", "office.sysdl", "--profile", "--duration", "10s"]));
    for part in ["profile\ncompiled  read ", "functions made of", "events per request", "work_end", "whoever sent it"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(code(&folder.sysdl(&["build", "office.sysdl", "-o", "office.wasm"])), 0);
    let module = folder.sysdl(&["run", "office.wasm", "--profile"]);
    assert_eq!(code(&module), 2);
    assert!(errors(&module).contains("`--profile` needs the text"), "{}", errors(&module));
}
