//! Inputs that once broke a promise, and those that would: none of them panics, hangs or eats the machine.
//!
//! The promises are those of the fuzz targets (`fuzz/README.md`); a file below `tests/hostile/<target>` is one input.

use std::path::{Path, PathBuf};
use std::process::Command;
use sysdl::diagnostic::Diagnostic;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::compile;
use sysdl_runtime::golden::{Comparison, compare};
use sysdl_runtime::guest::{Prepared, Status};
use sysdl_runtime::{Limits, Meta, drive};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/hostile").join(target);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).expect("it can be read"))).collect()
}

#[test]
fn texts_that_broke_the_front_end_break_it_no_more() {
    for (name, bytes) in inputs("parser").into_iter().chain(inputs("front_end")).chain(inputs("module")) {
        if let Ok(formatted) = sysdl::fmt::format(&bytes) {
            assert_eq!(sysdl::fmt::format(formatted.as_bytes()).ok(), Some(formatted), "{name}");
        }
        let analysis = analyze(&name, &bytes, &NoFiles);
        let wrong = analysis.check().iter().any(Diagnostic::is_error);
        for scenario in analysis.scenarios() {
            let resolved = analysis.resolve(&scenario.name, &[]);
            let Some(model) = resolved.model else {
                let refused = wrong || resolved.diagnostics.iter().any(Diagnostic::is_error);
                assert!(refused, "{name}: neither a model nor a mistake");
                continue;
            };
            let Ok(compiled) = compile(&model) else { continue };
            let prepared = Prepared::new(&compiled.module.bytes).expect("it is valid");
            let mut guest = prepared.instantiate().expect("it instantiates");
            let limits = Limits { events: 20_000 };
            drive(&mut guest, prepared.meta(), model.seed, limits, |_| true).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

#[test]
fn modules_and_goldens_that_are_none_say_so() {
    for (name, bytes) in inputs("meta") {
        assert!(!Meta::of(&bytes).err().map(|error| error.to_string()).unwrap_or_default().is_empty(), "{name}");
    }
    for (_, bytes) in inputs("golden") {
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        assert!(!matches!(compare(&text, &text), Comparison::Drift(_)));
    }
}

/// What asks for the moon gets a limit with a name, at once.
#[test]
fn bombs_end_in_a_named_limit() {
    let bombs = [
        (
            "service a { endpoint get { work 1ms } }\n traffic u -> a { closed = users(1000000000, think = 1s) }",
            "1000000",
        ),
        ("service a { endpoint get { work gamma(mean = 1ms, cv = 0) } }", "gamma needs a positive"),
        ("service a { endpoint get { work exp(-1ms) } }", "exp needs a mean"),
        ("service a { endpoint get { work -1ms } }", "cannot last"),
        ("service a { endpoint get { work uniform(-2ms, 1ms) } }", "uniform needs"),
        ("service a { endpoint get { work 1ms / 0 } }", "divided by zero"),
        ("service a { endpoint get { work weibull(mean = 1ms, shape = 0) } }", "weibull needs a positive"),
        ("service a { replicas = 4000000000, endpoint get { work 1ms } }", "more than 100000 replicas"),
        ("service a { endpoint get { loop 2000000 { work 1ns } } }", "rounds are more than"),
        ("service a { endpoint get { work pareto(low = 1ms, high = 1ms, alpha = 2) } }", "pareto needs"),
        ("service a { endpoint get { work lognormal(p50 = 9ms, p99 = 2ms) } }", "lognormal needs"),
        (
            "service a { endpoint get { lookup b.get { key = zipf(n = 900M, s = 1), miss { work 1ms } } } }\n cache b { }\n a -> b { timeout = 1s }",
            "there can be from 1 to 50000000 keys",
        ),
    ];
    for (components, says) in bombs {
        let text = format!("sysdl 1\nsystem s {{ {components}\n traffic t -> a {{ open = poisson(1rps) }} }}\n");
        let found = analyze("bomb.sysdl", text.as_bytes(), &NoFiles).check();
        assert!(found.iter().any(|d| d.is_error() && d.message.contains(says)), "{components}: {found:#?}");
    }
}

/// What would not fit into any memory is not built, and says how much it would need, and what for.
#[test]
fn what_fits_no_memory_is_not_built() {
    let text = "sysdl 1\nsystem s { service a { replicas = 2, concurrency = 4000000000, setup = 1ms, endpoint get { work 1ms } }\n \
                traffic t -> a { open = poisson(1rps) } }\n";
    let model = analyze("large.sysdl", text.as_bytes(), &NoFiles).resolve("steady", &[]).model.expect("it is right");
    let error = compile(&model).expect_err("it is too large").to_string();
    assert!(error.contains("GiB") && error.contains("idle servers"), "{error}");
}

/// Loops that take no time, and a load that no pool holds, end by their bounds and say where they were.
#[test]
fn runaway_simulations_stop() {
    let run = |components: &str, traffic: &str, events: u64| {
        let text = format!("sysdl 1\nsystem s {{ {components}\n traffic t -> a {{ {traffic} }} }}\n");
        let model =
            analyze("runaway.sysdl", text.as_bytes(), &NoFiles).resolve("steady", &[]).model.expect("it is right");
        let prepared = Prepared::new(&compile(&model).expect("it fits").module.bytes).expect("it is valid");
        let mut guest = prepared.instantiate().expect("it instantiates");
        drive(&mut guest, prepared.meta(), 1, Limits { events }, |_| true).expect("it does not trap")
    };
    let endless = "service a { concurrency = 1, endpoint get { loop 1000000 { loop 1000000 { work 1ns } } } }";
    assert_eq!(run(endless, "open = poisson(1rps)", 100_000).status, Status::OutOfBudget);
    // What others have resolved ahead of time is not waited for without end.
    let beside = format!(
        "{endless}\n service b {{ concurrency = unlimited, endpoint get {{ work 300ms }} }}\n traffic u -> b {{ open = poisson(100rps) }}"
    );
    let stopped = run(&beside, "open = poisson(1rps)", 100_000);
    assert_eq!(stopped.status, Status::OutOfBudget);
    assert!(stopped.events < 100_000 + 5_000_000, "{} events", stopped.events);
    let flood = "service a { concurrency = 1, queue = unlimited, endpoint get { work 10s } }";
    assert_eq!(run(flood, "open = poisson(1Mrps)", u64::MAX).status, Status::OutOfPool);
}

/// A target that no longer builds protects nothing.
#[test]
fn fuzz_targets_build() {
    let manifest = root().join("fuzz/Cargo.toml");
    let target = root().join("target/fuzz-check");
    let check = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .output()
        .expect("cargo starts");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
