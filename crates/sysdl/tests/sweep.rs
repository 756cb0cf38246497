//! `sysdl sweep` as a person calls it: points against a formula, rows that survive, words for what is wrong.

mod folder;

use folder::{Folder, code, errors, text};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One server, Poisson arrivals, exponential service of 10 ms: Erlang says all of it.
const QUEUE: &str = "sysdl 1
/// How many come.
param load: rate = 50rps
param servers: count = 1
system one {
  service desk { concurrency = servers, queue = unlimited, endpoint get { work exp(10ms) } }
  traffic people -> desk.get { open = poisson(load) }
}
scenario steady of one {
  duration = 100s, warmup = 10s
  phase all = 10s..100s
  expect utilization(desk) < 70% during all
}
";

fn folder(name: &str) -> Folder {
    let folder = Folder::new(&format!("sweep-{name}"));
    folder.write("desk.sysdl", QUEUE);
    folder
}

#[test]
fn points_agree_with_erlang() {
    let folder = folder("erlang");
    let args = ["sweep", "desk.sysdl", "--param", "load=40rps..80rps/3", "--param", "servers=1,2", "--seeds", "6"];
    let metrics = ["--metric", "mean", "--metric", "utilization(desk)", "--format", "json"];
    let output = folder.sysdl(&[&args[..], &metrics[..]].concat());
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let found: Value = serde_json::from_str(&text(&output)).expect("it is JSON");
    let points = found["points"].as_array().expect("there are points");
    assert_eq!(points.len(), 6);
    assert_eq!(points[0]["set"], serde_json::json!({ "load": "40rps", "servers": "1" }));
    for (point, load) in points.iter().step_by(2).zip([40.0, 60.0, 80.0]) {
        assert_eq!(point["runs"], 6);
        let mean = &point["metrics"]["mean"];
        let (found, told) = (mean["mean"].as_f64().expect("a number"), 1.0 / (100.0 - load));
        assert!((found / told - 1.0).abs() < 0.15, "{load}: {found} {told}");
        assert_eq!(mean["unit"], "s");
        let low = mean["ci95"][0].as_f64().expect("an interval");
        assert!(low < found && low > 0.5 * found, "{mean}");
        let busy = point["metrics"]["utilization(desk)"]["mean"].as_f64().expect("a share");
        assert!((busy - load / 100.0).abs() < 0.02, "{load}: {busy}");
        // What is expected holds up to 70 %.
        assert_eq!(point["holds"], load < 70.0);
    }
}

/// The same seeds at each point: a point that is reached on two ways has the same numbers to the last digit.
#[test]
fn points_share_their_draws() {
    let folder = folder("draws");
    let run = |param: &str| {
        text(&folder.sysdl(&["sweep", "desk.sysdl", "--param", param, "--seeds", "3", "--format", "csv"]))
    };
    let row = |out: &str, begin: &str| out.lines().find(|line| line.starts_with(begin)).map(str::to_owned);
    let (list, range) = (run("load=60rps,50rps"), run("load=40rps..60rps/3"));
    for value in ["50rps,", "60rps,"] {
        assert!(row(&list, value).is_some(), "{list}");
        assert_eq!(row(&list, value), row(&range, value));
    }
    let growing = run("load=10rps..80rps*2");
    let loads: Vec<&str> = growing.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(loads, ["10rps", "20rps", "40rps", "80rps"]);
}

fn sorted_rows(text: &str) -> Vec<&str> {
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn a_killed_sweep_loses_no_finished_row_and_goes_on() {
    let folder = folder("killed");
    let sweep =
        ["sweep", "desk.sysdl", "--param", "load=10rps..80rps/8", "--seeds", "6", "--duration", "800s", "--out"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_sysdl"))
        .args(sweep)
        .arg("cut.csv")
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let began = Instant::now();
    let rows = || std::fs::read_to_string(folder.path().join("cut.csv")).unwrap_or_default().matches('\n').count();
    while rows() < 5 && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let cut = folder.read("cut.csv");
    let kept = cut.matches('\n').count() - 1;
    assert!((4..48).contains(&kept), "{kept}");
    // As if the machine had stopped in the middle of a row.
    folder.write("cut.csv", &format!("{cut}80rps,3,0.1"));
    let again = folder.sysdl(&[&sweep[..], &["cut.csv"]].concat());
    assert_eq!(code(&again), 0, "{}", errors(&again));
    assert!(errors(&again).contains(&format!("{kept} runs were in cut.csv")), "{}", errors(&again));
    let whole = folder.sysdl(&[&sweep[..], &["whole.csv"]].concat());
    assert_eq!(text(&again), text(&whole));
    assert_eq!(sorted_rows(&folder.read("cut.csv")), sorted_rows(&folder.read("whole.csv")));
    assert_eq!(sorted_rows(&folder.read("cut.csv")).len(), 48);
}

/// What Ctrl-C leaves is told as what it is: no point holds of which runs are missing.
#[cfg(unix)]
#[test]
fn a_stopped_sweep_says_what_is_missing() {
    let folder = folder("stopped");
    let child = Command::new(env!("CARGO_BIN_EXE_sysdl"))
        .args(["sweep", "desk.sysdl", "--param", "load=10rps..60rps/6", "--seeds", "40", "--duration", "2000s"])
        .args(["--out", "rows.csv"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let began = Instant::now();
    let rows = || std::fs::read_to_string(folder.path().join("rows.csv")).unwrap_or_default().matches('\n').count();
    while rows() < 3 && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let stop = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("it starts");
    assert!(stop.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 2);
    assert!(text(&output).contains("stopped after 0 of 40 runs"), "{}", text(&output));
    assert!(!text(&output).lines().last().expect("there are points").contains('✓'), "{}", text(&output));
    let done = rows() - 1;
    let said = format!("stopped: {done} of 240 runs are done; the same command goes on from there");
    assert!(errors(&output).contains(&said), "{}", errors(&output));
}

#[test]
fn rows_of_another_model_do_not_count() {
    let folder = folder("model");
    let sweep = ["sweep", "desk.sysdl", "--param", "load=20rps,40rps", "--out"];
    for out in ["rows.csv", "rows.jsonl"] {
        let args = [&sweep[..], &[out, "--seeds", "2"]].concat();
        folder.write("desk.sysdl", QUEUE);
        let first = text(&folder.sysdl(&args));
        let again = folder.sysdl(&args);
        assert_eq!(text(&again), first);
        assert!(errors(&again).contains("4 runs were in"), "{}", errors(&again));
        // More seeds: only those are run. Another text that means the same: none. Another service time: all.
        let more = folder.sysdl(&[&sweep[..], &[out, "--seeds", "3"]].concat());
        assert!(errors(&more).contains("4 runs were in"), "{}", errors(&more));
        folder.write("desk.sysdl", &format!("{QUEUE}// nothing new\n"));
        assert!(errors(&folder.sysdl(&args)).contains("2 rows of"), "{}", errors(&folder.sysdl(&args)));
        folder.write("desk.sysdl", &QUEUE.replace("exp(10ms)", "exp(5ms)"));
        let other = folder.sysdl(&args);
        assert!(errors(&other).contains("6 rows of"), "{}", errors(&other));
        assert_ne!(text(&other), first);
    }
    folder.write("desk.sysdl", QUEUE);
    let columns = folder.sysdl(&[&sweep[..], &["rows.csv", "--metric", "p99"]].concat());
    assert_eq!(code(&columns), 2);
    assert!(errors(&columns).contains("it lacks [] and has [throughput"), "{}", errors(&columns));
}

/// A claim that a shorter run cannot show under some settings is left out under all of them: rows hold the same claims,
/// each in its own column.
#[test]
fn claims_keep_their_columns_where_some_cannot_be_seen() {
    let folder = folder("phases");
    let text = QUEUE.replace("system one", "param start: duration = 20s\nsystem one").replace(
        "  expect utilization(desk) < 70% during all\n",
        "  phase early = start..start + 10s\n  phase late = 15s..25s\n  expect p99 < 10s during early
  expect p99 > 10s during late\n  expect error_rate < 1% during late\n",
    );
    folder.write("phases.sysdl", &text);
    let shorter = ["phases.sysdl", "--duration", "40s", "--seeds", "1", "--param"];
    let swept = folder.sysdl(&[&["sweep"], &shorter[..], &["start=11s,12s,60s", "--format", "json"]].concat());
    assert!(errors(&swept).contains("1 expectation left out: `p99 < 10s during early`"), "{}", errors(&swept));
    let found: Value = serde_json::from_str(&self::text(&swept)).expect("it is JSON");
    for point in found["points"].as_array().expect("there are points") {
        let claims = point["expectations"].as_array().expect("there are claims");
        let held: Vec<_> = claims.iter().map(|claim| (claim["text"].as_str(), claim["held"].as_u64())).collect();
        let told = [(Some("p99 > 10s during late"), Some(0)), (Some("error_rate < 1% during late"), Some(1))];
        assert_eq!(held, told, "{point}");
    }
    let searched = ["capacity", "phases.sysdl", "--duration", "40s", "--param", "start=11s..60s"];
    let searched = folder.sysdl(&searched);
    assert!(errors(&searched).contains("1 expectation left out"), "{}", errors(&searched));
    // Each by itself leaves the phase within the run, and both together do not.
    folder.write(
        "both.sysdl",
        &text
            .replace("start + 10s", "start + longer")
            .replace("param servers", "param longer: duration = 10s\nparam servers"),
    );
    let both = ["sweep", "both.sysdl", "--duration", "40s", "--param", "start=11s,25s", "--param", "longer=10s,20s"];
    let both = folder.sysdl(&both);
    assert_eq!(code(&both), 2);
    assert!(errors(&both).contains("at start=25s, longer=20s a run of 40s ends before"), "{}", errors(&both));
}

#[test]
fn mistakes_teach() {
    let folder = folder("mistakes");
    let told = |args: &[&str]| {
        let output = folder.sysdl(&[&["sweep", "desk.sysdl"], args].concat());
        assert_eq!(code(&output), 2, "{args:?}: {}", text(&output));
        errors(&output)
    };
    let cases: &[(&[&str], &str)] = &[
        (&["--param", "laod=1rps,2rps"], "did you mean `load`?"),
        (&["--param", "size=1,2"], "the file's parameters: load: rate = 50rps, servers: count = 1"),
        (&["--param", "load=1ms,2ms"], "`load` needs a rate, got a duration"),
        (&["--param", "load=1rps..2ms/3"], "`1rps` is a rate, `2ms` is a duration"),
        (&["--param", "load=9rps..2rps/3"], "the lower end comes first"),
        (&["--param", "load=1rps..9rps"], "say how many values"),
        (&["--param", "load=0rps..9rps*2"], "no factor leads away from 0"),
        (&["--param", "load"], "write a name and its values"),
        (&["--param", "load=1rps", "--param", "load=2rps"], "stands twice"),
        (&["--param", "load=1rps", "--metric", "p9x"], "did you mean `p99`?"),
        (&["--param", "load=1rps", "--metric", "utilization(dsk)"], "did you mean `desk`?"),
        (&["--param", "load=1rps", "--out", "x.parquet"], "name it `.csv` or `.jsonl`"),
    ];
    for (args, message) in cases {
        let said = told(args);
        assert!(said.contains(message), "{args:?}: {said}");
    }
}
