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
        let mut report = Report::of(&programs::load(&path, scenario).run(1), &[], file);
        report.compare(&found);
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
