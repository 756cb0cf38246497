//! `sysdl capacity` as a person calls it: edges against formulas, and honest words where there is none.

mod folder;

use folder::{Folder, code, errors, text};
use serde_json::Value;

/// Servers with exponential service of 10 ms, Poisson arrivals.
const QUEUE: &str = "sysdl 1
param load: rate = 150rps
param replicas: count = 1
system one {
  service desk { replicas = replicas, concurrency = 1, queue = unlimited, endpoint get { work exp(10ms) } }
  traffic people -> desk.get { open = poisson(load) }
}
scenario steady of one { duration = 400s, warmup = 20s }
";

fn folder(name: &str) -> Folder {
    let folder = Folder::new(&format!("capacity-{name}"));
    folder.write("desk.sysdl", QUEUE);
    folder
}

fn found(folder: &Folder, args: &[&str], expected: i32) -> Value {
    let output = folder.sysdl(&[&["capacity", "desk.sysdl", "--format", "json"], args].concat());
    assert_eq!(code(&output), expected, "{}{}", text(&output), errors(&output));
    serde_json::from_str(&text(&output)).expect("it is JSON")
}

/// 99 % of M/M/1 are served within ln(100)/(µ - λ): 200 ms at λ = 100 - 23.03 per second.
#[test]
fn the_edge_of_one_server_is_where_the_formula_has_it() {
    let folder = folder("formula");
    let answer = found(&folder, &["--param", "load=10rps..95rps", "--expect", "p99 < 200ms"], 0);
    assert_eq!(answer["status"], "found");
    assert_eq!(answer["seeks"], "largest");
    let edge = |which: &str| answer["bracket"][which]["value"].as_f64().expect("a number");
    let (holds, fails) = (edge("holds"), edge("fails"));
    assert!(holds < fails && fails / holds < 1.03, "{holds} {fails}");
    assert!((holds / 76.97 - 1.0).abs() < 0.06, "{holds}");
    // One server that is busy for 10 ms a request is full at 100 of them a second.
    assert_eq!(answer["beyond"]["busiest"]["component"], "desk");
    let full = answer["beyond"]["saturation"]["at"].as_f64().expect("a rate");
    assert!((full / 100.0 - 1.0).abs() < 0.03, "{full}");
    assert_eq!(answer["beyond"]["fails"], serde_json::json!(["p99 < 200ms"]));
}

/// Who is turned away is answered fast: percentiles alone hold of a system that fails.
#[test]
fn errors_that_nobody_asks_about_are_told() {
    let folder = folder("unasked");
    folder.write("desk.sysdl", &QUEUE.replace("queue = unlimited", "queue = 2"));
    let args = ["capacity", "desk.sysdl", "--param", "load=10rps..300rps", "--expect"];
    let alone = folder.sysdl(&[&args[..], &["p99 < 200ms"]].concat());
    assert!(text(&alone).contains("requests fail, and no expectation is about that"), "{}", text(&alone));
    let both = folder.sysdl(&[&args[..], &["p99 < 200ms", "--expect", "error_rate < 1%"]].concat());
    assert!(!text(&both).contains("no expectation is about that"), "{}", text(&both));
}

/// 150 a second on servers of 100 a second are less than 60 % busy from three servers on.
#[test]
fn the_smallest_number_of_replicas_is_whole() {
    let folder = folder("replicas");
    let args = ["--param", "replicas=1..24", "--expect", "utilization(desk) < 60%"];
    let answer = found(&folder, &args, 0);
    assert_eq!(answer["seeks"], "smallest");
    assert_eq!(answer["answer"]["text"], "3");
    assert_eq!(answer["bracket"]["fails"]["text"], "2");
    let words = text(&folder.sysdl(&[&["capacity", "desk.sysdl"], &args[..]].concat()));
    assert!(words.contains("The smallest replicas that holds is 3; 2 does not: `utilization(desk) < 60%`"), "{words}");
}

/// The mean of few requests straddles every bound near it: more seeds are added, and if they do not help, it is said.
#[test]
fn what_is_too_close_to_tell_is_said_to_be() {
    let folder = folder("close");
    let args = ["--param", "load=20rps..90rps", "--expect", "mean < 25ms", "--duration", "5s", "--set", "replicas=1"];
    let answer =
        found(&folder, &[&args[..], &["--seeds", "3", "--seeds-most", "6", "--tolerance", "0.1%"]].concat(), 1);
    assert_eq!(answer["status"], "inconclusive");
    let probes = answer["probes"].as_array().expect("there are probes");
    let unclear: Vec<&Value> = probes.iter().filter(|probe| probe["standing"] == "unclear").collect();
    assert!(!unclear.is_empty() && unclear.iter().all(|probe| probe["seeds"] == 6), "{unclear:#?}");
    let edge = |which: &str| answer["bracket"][which]["value"].as_f64().expect("a number");
    // 25 ms is the mean at 60 a second, of runs that are long enough.
    assert!(edge("holds") < 75.0 && edge("fails") > 45.0 && edge("holds") < edge("fails"), "{}", answer["bracket"]);
}

#[test]
fn ends_that_both_hold_or_both_fail_are_told() {
    let folder = folder("ends");
    let args = ["--set", "load=50rps", "--param", "replicas=2..4", "--duration", "20s"];
    let all = found(&folder, &[&args[..], &["--expect", "error_rate < 1%"]].concat(), 0);
    assert_eq!(all["status"], "all_holds");
    let nothing = [&["capacity", "desk.sysdl"], &args[..], &["--expect", "p99 < 1ms"]].concat();
    let output = folder.sysdl(&nothing);
    assert_eq!(code(&output), 1);
    assert!(text(&output).contains("Nothing holds for certain at either end of replicas=2..4"), "{}", text(&output));
    assert!(text(&output).contains("2 does not: `p99 < 1ms` = "), "{}", text(&output));
}

#[test]
fn mistakes_teach() {
    let folder = folder("mistakes");
    let cases: &[(&[&str], &str)] = &[
        (&["--param", "load=1rps..9rps"], "`steady` expects nothing; say what must hold: `--expect 'p99 < 200ms'`"),
        (&["--param", "load=1rps", "--expect", "p99 < 1s"], "name both ends of the search"),
        (&["--param", "load=1rps..9ms", "--expect", "p99 < 1s"], "give both ends the same kind of unit"),
        (&["--param", "load=a..b", "--expect", "p99 < 1s"], "`a` is no quantity with a unit"),
        (&["--param", "replica=1..4", "--expect", "p99 < 1s"], "did you mean `replicas`?"),
        (&["--param", "load=1rps..9rps", "--expect", "p99 < 3rps"], "a duration is compared with a rate"),
        (&["--param", "load=1rps..9rps", "--expect", "p9x < 3ms"], "did you mean `p99`?"),
        (&["--param", "load=1rps..9rps", "--expect", "p99"], "an expectation is a comparison"),
        (&["--param", "load=1rps..9rps", "--expect", "p99 < 1s", "--tolerance", "2"], "such as `2%`"),
    ];
    for (args, message) in cases {
        let output = folder.sysdl(&[&["capacity", "desk.sysdl"], *args].concat());
        assert_eq!(code(&output), 2, "{args:?}: {}", text(&output));
        assert!(errors(&output).contains(message), "{args:?}: {}", errors(&output));
    }
}
