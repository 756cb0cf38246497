//! What a formula says beside what a run finds: it is said of plain queues only, and then it is right.

use std::path::{Path, PathBuf};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_runtime::Report;
use sysdl_runtime::theory::Prediction;
use sysdl_tests::programs;

fn predictions(path: &Path, scenario: &str) -> Vec<Prediction> {
    let bytes = std::fs::read(path).expect("it can be read");
    analyze(&path.display().to_string(), &bytes, &NoFiles).resolve(scenario, &[]).predictions
}

fn theory(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("theory").join(file)
}

/// Formulas by name, one seed each: within what one long run can differ.
#[test]
fn plain_queues_have_their_formula() {
    for (file, scenario, component, formula) in [
        ("mm1.sysdl", "steady", "server", "M/M/1"),
        ("mm4.sysdl", "steady", "server", "M/M/4 (Erlang C)"),
        ("mg1.sysdl", "whole", "constant_time", "M/D/1 (Pollaczek-Khinchine)"),
        ("bounded.sysdl", "steady", "k_c", "M/M/2/10"),
        ("tandem.sysdl", "steady", "three", "M/M/1"),
    ] {
        let path = theory(file);
        let found = predictions(&path, scenario);
        let prediction =
            found.iter().find(|p| p.component == component).unwrap_or_else(|| panic!("{file}: {found:#?}"));
        assert_eq!((prediction.formula.as_str(), prediction.exact), (formula, true), "{file}");
        let trace = programs::load(&path, scenario).run(1);
        let mut report = Report::of(&trace, &[], file);
        report.compare(&trace, &found);
        let theory = report.components[component].theory.as_ref().expect("it was compared");
        assert!(theory.sojourn_off.abs() < 0.05, "{file}: {theory:?}");
    }
}

/// What a formula does not know rules a station out.
#[test]
fn other_stations_have_none() {
    let none = |extra: &str| {
        let text = format!(
            "sysdl 1\nsystem s {{ service a {{ concurrency = 2, queue = unlimited, endpoint get {{ work exp(5ms) }}, {extra} }}
             traffic t -> a {{ open = poisson(100rps) }} }}\n"
        );
        let resolved = analyze("a.sysdl", text.as_bytes(), &NoFiles).resolve("steady", &[]);
        assert!(resolved.model.is_some(), "{:#?}", resolved.diagnostics);
        resolved.predictions
    };
    assert_eq!(none("replicas = 1").len(), 1);
    for extra in
        ["limit = 90rps", "patience = 1s", "setup = 1s", "discipline = codel(5ms)", "cores = 1", "replicas = 2"]
    {
        assert_eq!(none(extra), Vec::new(), "{extra}");
    }
}

/// A queue behind a service: formulas that a run of it is held against, by component.
fn behind(web: &str, edge: &str, db: &str, rate: &str) -> Vec<String> {
    let text = format!(
        "sysdl 1\nsystem s {{
           service web {{ {web} }}
           service db {{ concurrency = 1, queue = unlimited, endpoint q {{ {db} }} }}
           web -> db {{ {edge} }}
           traffic p -> web.get {{ open = poisson({rate}) }}
         }}\nscenario steady of s {{ duration = 5min, warmup = 10s }}\n"
    );
    let resolved = analyze("behind.sysdl", text.as_bytes(), &NoFiles).resolve("steady", &[]);
    let model = resolved.model.unwrap_or_else(|| panic!("{:#?}", resolved.diagnostics));
    let trace = programs::of_model(model).run(1);
    let mut report = Report::of(&trace, &[], "behind.sysdl");
    report.compare(&trace, &resolved.predictions);
    let said = report.components.iter().filter_map(|(name, c)| Some((name, c.theory.as_ref()?)));
    said.map(|(name, theory)| format!("{name}: {}", theory.prediction.formula)).collect()
}

/// A formula is silent where what it is reckoned with is not what comes, or does not come by itself.
#[test]
fn what_comes_otherwise_has_none() {
    let calls = |work: &str| format!("concurrency = unlimited, endpoint get {{ {work}, call db.q }}");
    let (plain, exponential) = (calls("work 1ms"), "work exp(10ms)");
    assert_eq!(behind(&plain, "", exponential, "90rps"), ["db: M/M/1"]);
    let patient = behind(&plain, "timeout = 10s", exponential, "30rps");
    assert_eq!(patient, ["db: M/M/1"]);
    for (what, web, edge, rate) in [
        ("half fail before", calls("work 1ms, fail 50%"), "", "90rps"),
        ("messages are lost", plain.clone(), "timeout = 10s, loss = 40%", "90rps"),
        ("one is under way at a time", plain.clone(), "bulkhead { size = 1 }", "90rps"),
        ("one connection", plain.clone(), "pool { size = 1, wait = 10s }", "90rps"),
        ("calls come again", plain.clone(), "timeout = 15ms, retry { max = 2, backoff = constant(5ms) }", "30rps"),
    ] {
        assert_eq!(behind(&web, edge, exponential, rate), Vec::<String>::new(), "{what}");
    }
    // The caller turns away three of four, or lets one in at a time.
    let refusing = "concurrency = 1, queue = 0, endpoint get { work exp(10ms), call db.q }";
    assert_eq!(behind(refusing, "", "work exp(2ms)", "300rps"), Vec::<String>::new());
    let narrow = "concurrency = 2, queue = unlimited, endpoint get { work 1ms, call db.q }";
    assert_eq!(behind(narrow, "", exponential, "80rps"), Vec::<String>::new());
    let wide = "concurrency = 200, queue = unlimited, endpoint get { work 1ms, call db.q }";
    assert_eq!(behind(wide, "", exponential, "80rps"), ["db: M/M/1"]);
}
