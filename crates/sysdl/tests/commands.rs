//! The program as a person and a CI job call it: files in, text and exit codes out.

mod folder;

use folder::{Folder, code, text};
use serde_json::Value;
use std::process::{Command, Stdio};

/// Two tiers; a timeout that matters, and a list of loads.
const TIERS: &str = "sysdl 1

param load: rate = 40rps in [40rps, 60rps]

system tiers {
  service front { concurrency = 64, queue = 64, endpoint get { work exp(2ms), call back.get } }
  service back { concurrency = 2, queue = 64, endpoint get { work exp(20ms) } }
  front -> back { timeout = 200ms }
  traffic users -> front { open = poisson(load) }
}

scenario steady of tiers {
  duration = 20s
  phase all = 5s..20s
  expect p50(front.get.latency) < 60ms during all
}

scenario slow of tiers {
  duration = 20s
  set load = 50rps
  at 8s inject slow(4x) on back for 4s
  phase storm = 8s..12s
  expect error_rate > 5% during storm
}
";

#[test]
fn goldens_are_made_kept_reviewed_and_drift() {
    let folder = Folder::new("goldens");
    folder.write("tiers.sysdl", TIERS);

    let fresh = folder.sysdl(&["test"]);
    assert_eq!(code(&fresh), 10, "{}", text(&fresh));
    assert!(text(&fresh).contains("NEW     ./tiers.sysdl::steady[load=60rps]"), "{}", text(&fresh));
    assert!(folder.read("goldens/tiers/steady[load=40rps].trace.new").starts_with("sysdl-trace 1"));

    let updated = folder.sysdl(&["test", "--update"]);
    assert_eq!(code(&updated), 0, "{}", text(&updated));
    assert!(!folder.path().join("goldens/tiers/slow.trace.new").exists(), "accepting removes the proposal");
    assert_eq!(code(&folder.sysdl(&["test", "--ci"])), 0);
    assert_eq!(code(&folder.sysdl(&["test", "--ci", "-k", "nothing like it"])), 4);

    folder.write("tiers.sysdl", &TIERS.replace("timeout = 200ms", "timeout = 150ms"));
    let drifted = folder.sysdl(&["test", "--ci"]);
    assert_eq!(code(&drifted), 10);
    assert!(text(&drifted).contains("timeouts"), "it says what moved: {}", text(&drifted));
    assert!(text(&drifted).contains("reproduce: sysdl run ./tiers.sysdl --scenario slow"), "{}", text(&drifted));

    // The first is accepted, the second not; then the input ends.
    let reviewed = folder.answering(&["test", "--review", "-k", "steady"], "a\ns\n");
    assert_eq!(code(&reviewed), 10, "{}", text(&reviewed));
    assert!(text(&folder.sysdl(&["test", "--ci"])).contains("ok      ./tiers.sysdl::steady[load=40rps]"));

    folder.write("tiers.sysdl", &TIERS.replace("< 60ms", "< 6ms"));
    assert_eq!(code(&folder.sysdl(&["test", "--update"])), 1, "a failed expectation is never accepted");

    folder.write("tiers.sysdl", &TIERS.replace("scenario slow", "scenario slower"));
    assert!(text(&folder.sysdl(&["test", "--ci"])).contains("OBSOLETE ./goldens/tiers/slow.trace"));
}

#[test]
fn one_shard_of_two_has_half_of_the_runs_and_junit_names_them() {
    let folder = Folder::new("shards");
    folder.write("tiers.sysdl", TIERS);
    folder.sysdl(&["test", "--update"]);
    let runs = |shard: &str| {
        let output = folder.sysdl(&["test", "--ci", "--shard", shard, "--junit", "results.xml"]);
        assert_eq!(code(&output), 0);
        folder.read("results.xml").matches("<testcase ").count()
    };
    assert_eq!(runs("1/2") + runs("2/2"), 3);
}

#[test]
fn the_same_seed_gives_the_same_digest_and_another_gives_another() {
    let folder = Folder::new("digests");
    folder.write("tiers.sysdl", TIERS);
    let report = |args: &[&str]| -> Value {
        let output = folder.sysdl(&[&["run", "tiers.sysdl", "--format", "json"], args].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)))
    };
    let first = report(&[]);
    assert_eq!(first["schema"], 1);
    assert_eq!(first["digest"], report(&[])["digest"]);
    assert_ne!(first["digest"], report(&["--seed", "2"])["digest"]);
    assert_ne!(first["digest"], report(&["--set", "back.concurrency=3"])["digest"]);
    assert_eq!(first["model"], report(&["--seed", "2"])["model"]);

    let built = folder.sysdl(&["build", "tiers.sysdl", "-o", "tiers.wasm"]);
    assert_eq!(code(&built), 0);
    let module = folder.sysdl(&["run", "tiers.wasm", "--format", "json"]);
    let module: Value = serde_json::from_slice(&module.stdout).expect("it is JSON");
    assert_eq!(first["digest"], module["digest"], "a module says what its text says");

    let many = report(&["--seeds", "8"]);
    let mean = &many["latency_s"]["mean"];
    assert_eq!(mean["n"], 8);
    assert!(mean["ci95"][0].as_f64() < mean["mean"].as_f64(), "{mean}");
}

/// Several runs are one table in every form; one run has no interval.
#[test]
fn replications_are_a_table_of_means() {
    let folder = Folder::new("means");
    folder.write("tiers.sysdl", TIERS);
    let run = |args: &[&str]| text(&folder.sysdl(&[&["run", "tiers.sysdl"], args].concat()));

    let many = run(&["--seeds", "4", "--format", "md"]);
    assert!(many.contains("| metric | mean | 95 % interval |") && many.contains("\n4 seeds: `sysdl run"), "{many}");
    let p99 = many.lines().find(|line| line.starts_with("| response time p99 |")).expect("it is measured");
    assert!(p99.contains("ms | ± "), "{p99}");
    let until = run(&["--until", "p99 ±50%", "--format", "md"]);
    assert!(until.contains("| metric | mean | 95 % interval |"), "{until}");

    for form in ["md", "human"] {
        let one = run(&["--seeds", "1", "--format", form]);
        assert!(one.contains("1 seed") && !one.contains("1 seeds"), "{one}");
        assert!(!one.contains('±') && !one.contains("95 %"), "{one}");
    }
    let human = run(&["--seeds", "4"]);
    assert!(human.starts_with("steady  4 seeds, means with 95 % intervals\n"), "{human}");
    let swept = text(&folder.sysdl(&["sweep", "tiers.sysdl", "--param", "load=50rps", "--seeds", "1"]));
    assert!(swept.contains("1 point under 1 seed\n"), "{swept}");
}

/// What is expected is told of all seeds together: a person reads how many hold it, a program too.
#[test]
fn replications_say_how_many_seeds_hold_what_is_expected() {
    let folder = Folder::new("held");
    folder.write("tiers.sysdl", &TIERS.replace("< 60ms", "< 19ms"));
    let run = |seeds: &str, form: &str| folder.sysdl(&["run", "tiers.sysdl", "--seeds", seeds, "--format", form]);
    let json: Value = serde_json::from_slice(&run("8", "json").stdout).expect("it is JSON");
    let claim = &json["expectations"][0];
    let held = claim["held"].as_u64().expect("it is counted");
    assert_eq!(claim["of"], 8);
    assert!(0 < held && held < 8, "some seeds hold it and some do not: {held}");
    let alone = |seed: &u64| code(&folder.sysdl(&["run", "tiers.sysdl", "--seed", &seed.to_string()])) == 0;
    assert_eq!((1..=8).filter(alone).count() as u64, held);
    let (human, md) = (run("8", "human"), run("8", "md"));
    assert_eq!(code(&human), 1);
    let told = format!("✗ {held} of 8  p50(front.get.latency) < 19ms during all");
    assert!(text(&human).contains(&told), "{}", text(&human));
    let told = format!("| `p50(front.get.latency) < 19ms during all` | {held} of 8 | ✗ |");
    assert!(text(&md).contains(&told), "{}", text(&md));
}

/// `slo` says what counts as good and how much of it is promised: a report says what became of that.
#[test]
fn a_report_says_what_became_of_objectives() {
    let folder = Folder::new("objectives");
    let promise =
        "slo fast { good = front.get.latency < 100ms, objective = 90%, window = 10min }\n}\n\nscenario steady";
    folder.write("tiers.sysdl", &TIERS.replacen("}\n\nscenario steady", promise, 1));
    let run = |args: &[&str]| folder.sysdl(&[&["run", "tiers.sysdl"], args].concat());
    let json: Value = serde_json::from_slice(&run(&["--format", "json"]).stdout).expect("it is JSON");
    let (kept, front) = (&json["objectives"]["fast"], &json["endpoints"]["front.get"]);
    let number = |value: &Value| value.as_f64().expect("a number");
    let good = number(&front["ok"]) / number(&front["requests"]);
    assert!((number(&kept["good"]) - good).abs() < 1e-12, "{kept}");
    assert!((number(&kept["burn_rate"]) - (1.0 - good) / 0.1).abs() < 1e-9, "{kept}");
    assert!((number(&kept["budget_spent"]) - number(&kept["burn_rate"]) * 20.0 / 600.0).abs() < 1e-9, "{kept}");
    assert!((number(&kept["budget_lasts_s"]) - 600.0 / number(&kept["burn_rate"])).abs() < 1e-6, "{kept}");
    let human = run(&[]);
    assert!(text(&human).contains("% of front.get good, promised 90% over 10min; error budget burns at "));
    assert_eq!(code(&human), 0, "an objective is no expectation");
    assert!(text(&run(&["--format", "md"])).contains("| `fast` | "));
    let many = text(&run(&["--seeds", "3"]));
    assert!(many.contains("\nburn rate of fast "), "{many}");
    let none = text(&folder.sysdl(&["run", "tiers.sysdl", "--set", "users.enabled=off"]));
    assert!(!none.contains("objectives"), "nothing is said of requests that do not come: {none}");
}

/// A run that is cut short is not judged by what it does not reach.
#[test]
fn what_a_shorter_run_does_not_reach_is_left_out() {
    let folder = Folder::new("shorter");
    let late = "expect error_rate < 1% during storm\n expect always error_rate < 90%\n expect heals within 5s\n";
    folder.write("tiers.sysdl", &TIERS.replace("expect error_rate > 5% during storm", late));
    let short = |args: &[&str]| folder.sysdl(&[args, &["--duration", "6s", "--scenario", "slow"]].concat());
    let run = short(&["run", "tiers.sysdl", "--format", "json"]);
    assert_eq!(code(&run), 0);
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    let said = "2 expectations left out: `error_rate < 1% during storm`, `heals within 5s`";
    assert!(errors.contains("note: a run of 6s ends before") && errors.contains(said), "{errors}");
    let report: Value = serde_json::from_slice(&run.stdout).expect("it is JSON");
    assert_eq!(report["expectations"].as_array().map(Vec::len), Some(1));

    let swept = short(&["sweep", "tiers.sysdl", "--param", "back.concurrency=2,3", "--seeds", "2", "--format", "json"]);
    assert!(String::from_utf8_lossy(&swept.stderr).contains(said));
    let swept: Value = serde_json::from_slice(&swept.stdout).expect("it is JSON");
    assert_eq!(swept["points"][0]["expectations"].as_array().map(Vec::len), Some(1));
    assert_eq!(swept["points"][0]["holds"], true);
    let capacity = short(&["capacity", "tiers.sysdl", "--param", "back.concurrency=2..3", "--format", "json"]);
    assert_eq!(code(&capacity), 0, "{}", String::from_utf8_lossy(&capacity.stderr));

    // The whole run is judged by all of it.
    assert_eq!(code(&folder.sysdl(&["run", "tiers.sysdl", "--scenario", "slow"])), 1);
}

/// What is set may leave an `allow` without a purpose: that is an error of the text, and keeps nothing from running.
#[test]
fn a_waiver_that_is_not_needed_any_more_keeps_nothing_from_running() {
    let folder = Folder::new("waivers");
    folder.write("tiers.sysdl", &TIERS.replace("concurrency = 2,", "concurrency = 2, allow = [W0403],"));
    let checked = folder.sysdl(&["check", "tiers.sysdl", "--format", "short"]);
    assert_eq!(code(&checked), 1);
    assert!(text(&checked).contains("E0113"), "nothing is to waive of that kind");
    assert_eq!(code(&folder.sysdl(&["run", "tiers.sysdl", "--set", "back.concurrency=9"])), 0);
}

/// Twelve crashes are 24 lines: what a report does not list it counts.
#[test]
fn what_is_left_out_is_counted() {
    let folder = Folder::new("crashes");
    let crashes: String = (1..=12).map(|n| format!("at {}s inject crash on back for 2s\n", 5 * n)).collect();
    let scenario = format!("\nscenario crashes of tiers {{\nduration = 70s\n{crashes}}}\n");
    folder.write("tiers.sysdl", &format!("{TIERS}{scenario}"));
    let report = text(&folder.sysdl(&["run", "tiers.sysdl", "--scenario", "crashes"]));
    let (_, happened) = report.split_once("what happened\n").expect("something did");
    let lines: Vec<&str> = happened.lines().take_while(|line| !line.is_empty()).collect();
    let told = lines.iter().filter(|line| line.contains("crash")).count();
    let left: usize = lines
        .last()
        .and_then(|line| line.strip_prefix("… and ")?.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{lines:?}"));
    assert!(told + left >= 24, "{lines:?}");

    // A fault that waits for something may never come.
    let waiting = "at 8s inject slow(4x) on back for 4s\n when queue(back) > 900 inject crash on front for 1s";
    folder.write("tiers.sysdl", &TIERS.replace("at 8s inject slow(4x) on back for 4s", waiting));
    let report = text(&folder.sysdl(&["run", "tiers.sysdl", "--scenario", "slow"]));
    assert!(report.contains("\n     never  crash front: what it waits for did not come true\n"), "{report}");

    // That a queue is full again repeats the story.
    let slow = text(&folder.sysdl(&["run", "tiers.sysdl", "--scenario", "slow"]));
    assert!(slow.lines().any(|line| line.starts_with("… and ") && line.ends_with(" like these")), "{slow}");
}

#[test]
fn traces_are_written_in_the_forms_of_other_tools() {
    let folder = Folder::new("exports");
    folder.write("tiers.sysdl", TIERS);
    let run = |args: &[&str]| {
        // Under this seed some of the thousand requests are sampled.
        let output = folder.sysdl(&[&["run", "tiers.sysdl", "--scenario", "slow", "--seed", "2"], args].concat());
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["--trace", "perfetto", "run.json", "--csv", "run.csv", "--html", "run.html"]);
    run(&["--trace", "jsonl", "run.jsonl"]);

    let perfetto: Value = serde_json::from_str(&folder.read("run.json")).expect("it is JSON");
    let events = perfetto["traceEvents"].as_array().expect("a list");
    let count = |ph: &str| events.iter().filter(|event| event["ph"] == ph).count();
    assert!(count("b") > 0 && count("b") == count("e"), "every span ends");
    assert!(events.iter().any(|event| event["name"] == "slow back"), "the fault is in the picture");

    let csv = folder.read("run.csv");
    assert!(csv.starts_with("t_s,family,name,column,value\n"));
    assert!(csv.lines().all(|line| line.split(',').count() == 5));

    let lines: Vec<Value> = folder.read("run.jsonl").lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines[0]["type"], "run");
    assert!(lines.iter().any(|line| line["type"] == "fault_on") && lines.iter().any(|line| line["type"] == "window"));

    let page = folder.read("run.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("<polyline"));
    assert!(!page.contains("http"), "it needs nothing else");
}

#[test]
fn wrong_use_exits_with_2_and_findings_with_1() {
    let folder = Folder::new("codes");
    folder.write("wrong.sysdl", &TIERS.replace("front -> back", "front -> bcak"));
    folder.write("junk.sysdl", "\u{1}\u{2}junk");
    assert_eq!(code(&folder.sysdl(&["check", "wrong.sysdl"])), 1);
    assert_eq!(code(&folder.sysdl(&["check", "junk.sysdl"])), 1);
    assert_eq!(code(&folder.sysdl(&["run", "wrong.sysdl"])), 1);
    assert_eq!(code(&folder.sysdl(&["check", "absent.sysdl"])), 2);
    assert_eq!(code(&folder.sysdl(&["run", "--no-such-flag"])), 2);
    folder.write("foreign.wasm", "\0asm\u{1}\0\0\0");
    let foreign = folder.sysdl(&["run", "foreign.wasm"]);
    assert_eq!(code(&foreign), 2);
    assert!(String::from_utf8_lossy(&foreign.stderr).contains("sysdl.meta"));
}

/// The command line counts more than a scenario, and that more than what it extends.
#[test]
fn what_is_set_further_out_counts() {
    let folder = Folder::new("set");
    let more = "\nscenario slower of tiers {\n  extends = slow\n  set load = 60rps\n}\n";
    folder.write("tiers.sysdl", &format!("\u{feff}{TIERS}{more}"));
    let arrivals = |args: &[&str]| {
        let output = folder.sysdl(&[&["run", "tiers.sysdl", "--format", "json", "--scenario"], args].concat());
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        report["requests"].as_u64().expect("they are counted") / 20
    };
    let near = |rate: u64, wanted: u64| assert!(rate.abs_diff(wanted) < 8, "{rate} a second, not {wanted}");
    near(arrivals(&["slow"]), 50);
    near(arrivals(&["slower"]), 60);
    near(arrivals(&["slower", "--set", "load=40rps"]), 40);
    let wrong = folder.sysdl(&["run", "tiers.sysdl", "--scenario", "slow", "--set", "back.concurrency=abc"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("nothing is called `abc`") && !said.contains("tiers.sysdl:"), "{said}");
}

/// What was seen of half a run says nothing of the whole.
#[test]
fn a_run_that_stops_early_is_no_success() {
    let folder = Folder::new("early");
    let full = TIERS.replace("duration = 20s", "duration = 20s, in_flight = 4").replace("p50(front", "p1(front");
    folder.write("full.sysdl", &full);
    let tested = folder.sysdl(&["test", "full.sysdl", "--update"]);
    assert_eq!(code(&tested), 1);
    assert!(text(&tested).contains("out of pool") && !folder.path().join("goldens").exists(), "{}", text(&tested));
    assert_eq!(code(&folder.sysdl(&["run", "full.sysdl", "--scenario", "steady"])), 1);
    folder.write("tiers.sysdl", TIERS);
    let cut = folder.sysdl(&["run", "tiers.sysdl", "--scenario", "steady", "--max-events", "1000"]);
    assert_eq!(code(&cut), 1);
    assert!(String::from_utf8_lossy(&cut.stderr).contains("allow more with `--max-events`"));
}

/// Formatting is stable, and what is formatted is the same program.
#[test]
fn formatting_twice_changes_nothing() {
    let folder = Folder::new("fmt");
    folder.write("tiers.sysdl", &TIERS.replace("  ", " ").replace(" = ", "="));
    assert_eq!(code(&folder.sysdl(&["fmt", "--check"])), 1);
    assert_eq!(code(&folder.sysdl(&["fmt"])), 0);
    let once = folder.read("tiers.sysdl");
    assert_eq!(code(&folder.sysdl(&["fmt", "--check"])), 0);
    assert_eq!(once, folder.read("tiers.sysdl"));
    assert!(folder.path().join("tiers.sysdl").exists());
}

#[test]
fn seeds_are_added_until_an_interval_is_narrow_enough() {
    let folder = Folder::new("until");
    folder.write("tiers.sysdl", TIERS);
    let run = |until: &str, more: &[&str]| {
        folder.sysdl(
            &[&["run", "tiers.sysdl", "--scenario", "steady", "--format", "json", "--until", until], more].concat(),
        )
    };
    let report: Value = serde_json::from_slice(&run("utilization(back) ±3%", &[]).stdout).expect("it is JSON");
    let found = &report["components"]["back"]["utilization"];
    let (mean, high) = (found["mean"].as_f64().expect("it varies"), found["ci95"][1].as_f64().expect("it varies"));
    assert!((high - mean) / mean <= 0.03, "{found}");
    assert!(found["n"].as_u64().expect("it varies") >= 10, "{found}");

    let short = run("p99 ±0.01%", &["--seeds", "12"]);
    assert!(String::from_utf8_lossy(&short.stderr).contains("12 seeds are not enough"), "{short:?}");
    for (until, says) in
        [("p99", "write a metric and a share"), ("utilisation(back) ±1%", "did you mean `utilization`?")]
    {
        let wrong = run(until, &[]);
        assert_eq!(code(&wrong), 2);
        assert!(String::from_utf8_lossy(&wrong.stderr).contains(says), "{wrong:?}");
    }
}

/// A reader that has seen enough ends a command quietly.
#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_error() {
    let program = env!("CARGO_BIN_EXE_sysdl");
    let shell = Command::new("sh").args(["-c", &format!("{program} list kinds --format json | head -c 10")]).output();
    let output = shell.expect("it starts");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Killed at any instant, an update leaves every golden as it was or as it will be.
#[test]
#[cfg(unix)]
fn an_update_that_is_killed_loses_no_golden() {
    let folder = Folder::new("killed");
    let scenarios: String =
        (0..6).map(|i| format!("scenario s{i} of tiers {{ duration = 2s, seed = {i} }}\n")).collect();
    let system = &TIERS[..TIERS.find("scenario").expect("it has one")];
    folder.write("a.sysdl", &format!("{system}{scenarios}"));
    let goldens = || {
        let entries = std::fs::read_dir(folder.path().join("goldens/a")).into_iter().flatten().flatten();
        let texts = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "trace"));
        let mut texts: Vec<(String, String)> = texts
            .map(|entry| {
                (entry.path().display().to_string(), std::fs::read_to_string(entry.path()).expect("it is text"))
            })
            .collect();
        texts.sort();
        texts
    };
    assert_eq!(code(&folder.sysdl(&["test", "--update"])), 0);
    let old = goldens();
    assert!(old.len() >= 6, "{} goldens", old.len());
    folder.write("a.sysdl", &format!("{}{scenarios}", system.replace("exp(20ms)", "exp(21ms)")));
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_sysdl"))
            .args(["test", "--update"])
            .current_dir(folder.path())
            .env_remove("CI")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    };
    let began = std::time::Instant::now();
    assert!(start().wait().expect("it ends").success());
    let whole = began.elapsed();
    let new = goldens();
    assert_eq!(old.len(), new.len());
    assert!(old.iter().zip(&new).all(|(old, new)| old.1 != new.1));
    for part in 0..20 {
        old.iter().for_each(|(name, text)| std::fs::write(name, text).expect("it can be written"));
        let mut child = start();
        std::thread::sleep(whole * part / 20);
        child.kill().and_then(|()| child.wait()).expect("it can be killed");
        let now = goldens();
        assert_eq!(now.len(), old.len());
        for ((found, old), new) in now.iter().zip(&old).zip(&new) {
            assert!(found == old || found == new, "{} is neither the old nor the new one", found.0);
        }
    }
}

#[test]
fn a_link_runs_what_it_holds() {
    let folder = Folder::new("link");
    folder.write("tiers.sysdl", TIERS);
    let printed =
        folder.sysdl(&["link", "tiers.sysdl", "--seed", "7", "--set", "load=45rps", "--base", "https://example.org/"]);
    let link = text(&printed).trim().to_owned();
    assert!(link.starts_with("https://example.org/#1."), "{link}");
    let digest = |args: &[&str]| -> Value {
        let output = folder.sysdl(&[args, &["--format", "json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str::<Value>(&text(&output)).expect("it is JSON")["digest"].clone()
    };
    let of_file = digest(&["run", "tiers.sysdl", "--seed", "7", "--set", "load=45rps"]);
    assert_eq!(digest(&["run", &link]), of_file);
    assert_eq!(digest(&["run", link.trim_start_matches("https://example.org/")]), of_file);
    assert_ne!(digest(&["run", &link, "--seed", "8"]), of_file);
    let cut = folder.sysdl(&["run", &link[..link.len() - 3]]);
    assert_eq!(code(&cut), 2);
    assert!(String::from_utf8_lossy(&cut.stderr).contains("damaged"), "{cut:?}");
    folder.write("more.sysdl", "sysdl 1\nimport \"./tiers.sysdl\" as t\nsystem s { }\n");
    let lonely = folder.sysdl(&["link", "more.sysdl"]);
    assert_eq!(code(&lonely), 2, "{lonely:?}");
}

/// What is no text says so in a line or two, and sends nothing to the terminal that would change it.
#[test]
fn what_is_no_text_is_not_shown() {
    let folder = Folder::new("binary");
    let noise: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(folder.path().join("noise.sysdl"), noise).expect("it can be written");
    folder.write("escape.sysdl", "sysdl 1\nsystem s { // \u{1b}[31mred\u{7}\n  servce web {}\n}\n");
    for file in ["noise.sysdl", "escape.sysdl"] {
        let output = folder.sysdl(&["check", file]);
        assert_eq!(code(&output), 1);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said:?}");
        assert!(said.len() < 2_000, "{} bytes", said.len());
    }
}

/// A waiver that waives nothing is a mistake, and keeps nothing from running: not here, not behind a link.
#[test]
fn an_idle_waiver_keeps_no_command_from_its_work() {
    let folder = Folder::new("idle");
    let idle = TIERS.replace("duration =", "allow = [W0402], duration =");
    assert_ne!(idle, TIERS, "the scenario has a duration");
    folder.write("idle.sysdl", &idle);
    folder.write("lib.sysdl", "sysdl 1\ntemplate small : service { concurrency = 2 }\n");
    folder.write("imports.sysdl", &idle.replacen("sysdl 1", "sysdl 1\nimport \"./lib.sysdl\" { small }", 1));
    assert_eq!(code(&folder.sysdl(&["check", "idle.sysdl"])), 1);
    let commands: [&[&str]; 4] =
        [&["run"], &["link"], &["build", "-o", "idle.wasm"], &["export-web", "--single", "idle.html"]];
    for command in commands {
        let output = folder.sysdl(&[command, &["idle.sysdl"]].concat());
        assert_eq!(code(&output), 0, "{command:?}: {output:?}");
    }
    // A link holds no other file, whatever else is wrong with the text.
    assert_eq!(code(&folder.sysdl(&["link", "imports.sysdl"])), 2);
}

#[test]
fn a_distribution_is_explained_by_formula_and_as_sampled() {
    let folder = Folder::new("explain");
    folder.write("latency.csv", "1\n2\n3\n");
    let json = |text: &str| -> Value {
        let output = folder.sysdl(&["explain", text, "--format", "json"]);
        assert_eq!(code(&output), 0, "{text}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&self::text(&output)).expect("it is JSON")
    };
    let near = |found: &Value, expected: f64| {
        let found = found.as_f64().expect("a number");
        assert!((found / expected - 1.0).abs() < 2e-4, "{found}, not {expected}");
    };
    let of = json("lognormal(p50 = 2ms, p99 = 9ms)");
    near(&of["formula"]["mean"], 0.002_464_908);
    near(&of["sampled"]["mean"], 0.002_464_908);
    near(&of["p99"], 0.009);
    let of = json("5ms + exp(2ms)");
    near(&of["formula"]["cv"], 2.0 / 7.0);
    near(&of["sampled"]["deviation"], 0.002);
    near(&of["p999"], 0.005 + 0.002 * 1_000f64.ln());
    let of = json("mixture(of = [exp(1ms), 90ms], weights = [95%, 5%])");
    near(&of["formula"]["mean"], 0.005_45);
    let of = json("file(\"latency.csv\", unit = 1ms)");
    near(&of["p50"], 0.002);
    let of = json("geometric(mean = 4, max = 12)");
    assert_eq!(of["unit"], "1");
    assert!(of["formula"]["mean"].as_f64().expect("a number") < 4.0, "it is cut");
    let human = folder.sysdl(&["explain", "exp(2ms)"]);
    assert!(text(&human).contains("as sampled"), "{}", text(&human));
    let wrong = folder.sysdl(&["explain", "lognormal(p50 = 9ms, p99 = 2ms)"]);
    assert_eq!(code(&wrong), 1);
}
