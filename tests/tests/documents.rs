//! Files that are read as documents: mistakes and what is said of them, stages of compilation, the
//! architecture page.

use std::path::{Path, PathBuf};
use sysdl::resolve::analyze;
use sysdl_runtime::expect::{Verdict, evaluate};
use sysdl_tests::programs::{self, Beside};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sysdl"));
    paths.sort();
    paths
}

/// `line:column code message` and the help, a mistake each.
fn mistakes(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).expect("it can be read");
    let analysis = analyze("file.sysdl", &bytes, &Beside(path));
    let found = analysis.check();
    let place =
        |d: &sysdl::diagnostic::Diagnostic| analysis.sources.get(d.primary.span.file).position(d.primary.span.start);
    found
        .iter()
        .map(|d| {
            let (line, column) = place(d);
            format!(
                "{line}:{column} {} {}\n      help: {}",
                d.code.id,
                d.message,
                d.help.as_deref().unwrap_or("(none)")
            )
        })
        .collect()
}

#[test]
fn twelve_planted_mistakes_are_all_found() {
    let found = mistakes(&root().join("tests/corpus/twelve.sysdl"));
    assert!(found.iter().all(|text| !text.contains("(none)")), "{found:#?}");
    insta::assert_snapshot!("twelve", found.join("\n"));
    let lines: std::collections::BTreeSet<&str> =
        found.iter().filter_map(|text| text.split_once(' ')).map(|(place, _)| place).collect();
    assert!(lines.len() >= 12, "{found:#?}");
}

/// Constructs of later versions are named, never ignored and never taken for something else.
#[test]
fn the_language_samples_have_no_mistake_but_what_is_not_supported_yet() {
    for path in files("tests/corpus/language") {
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        insta::assert_snapshot!(format!("language_{name}"), mistakes(&path).join("\n"));
    }
}

#[test]
fn a_kind_and_a_fault_of_the_users_own_work() {
    let path = root().join("tests/corpus/own_kind.sysdl");
    assert_eq!(mistakes(&path), Vec::<String>::new());
    let program = programs::load(&path, "jammed");
    let outcomes = evaluate(&program.run(program.model.seed), &program.expectations);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Pass), "{outcomes:#?}");
}

/// Policies whose effect can be counted exactly.
#[test]
fn limits_and_breakers_let_through_what_they_should() {
    let path = root().join("tests/corpus/policies.sysdl");
    let program = programs::load(&path, "counted");
    let outcomes = evaluate(&program.run(program.model.seed), &program.expectations);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Pass), "{outcomes:#?}");
}

#[test]
fn stages_of_one_server_are_as_printed() {
    let program = programs::load(&root().join("tests/theory/mm1.sysdl"), "steady");
    insta::assert_debug_snapshot!("mm1_model", program.model);
    let plan = sysdl_lower::flatten(&program.model);
    insta::assert_snapshot!("mm1_plan", serde_json::to_string_pretty(&plan).expect("it is JSON"));
    // What is generated, before what it calls is put in its place.
    let passes = sysdl_lower::Passes { specialize: false, ..sysdl_lower::Passes::ALL };
    let wasm = sysdl_lower::compile_with(&program.model, passes).expect("it fits").module.bytes;
    let text = wasmprinter::print_bytes(&wasm).expect("it is valid");
    // The generated functions are the last, behind them two that branch to them; the kernel's are the same in every module.
    let generated: Vec<&str> = text.rsplit("\n  (func ").take(5 + 2).collect();
    let generated: String =
        generated.into_iter().rev().map(|f| f.split("\n  (data").next().unwrap_or(f)).collect::<Vec<_>>().join("\n");
    // Addresses and indices of the kernel are left out: they move with every change of it.
    let filters = vec![
        (r"offset=\d+", "offset=…"),
        (r"call \d+", "call …"),
        (r"\(;\d+;\)", "(;…;)"),
        (r"\(type \d+\)", "(type …)"),
        (r"i32\.const \d{5,}", "i32.const …"),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!("mm1_wat", generated);
    });
}

/// Every path that the architecture page names exists; every arrow is a dependency of a manifest.
#[test]
fn the_architecture_page_tells_the_truth() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("there is one");
    for path in page.split('`').skip(1).step_by(2).filter(|text| text.contains('/') && !text.contains(' ')) {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}");
    }
    for line in page.lines().filter(|line| line.contains(" → ") && line.starts_with("    ")) {
        let names: Vec<&str> = line.split(" → ").map(str::trim).collect();
        for pair in names.windows(2) {
            let manifest =
                std::fs::read_to_string(root().join(format!("crates/{}/Cargo.toml", pair[0]))).expect("a crate");
            assert!(manifest.contains(&format!("sysdl-{}", pair[1])), "{} does not depend on {}", pair[0], pair[1]);
        }
    }
}

/// What the documents show compiles, without a finding.
#[test]
fn programs_in_the_documents_compile() {
    for document in ["README.md", "CHANGELOG.md"] {
        let page = std::fs::read_to_string(root().join(document)).expect("there is one");
        for block in page.split("```sysdl\n").skip(1) {
            let text = block.split("```").next().unwrap_or_default();
            let analysis = analyze(document, text.as_bytes(), &Beside(&root().join(document)));
            let found: Vec<String> = analysis.check().iter().map(|d| format!("{} {}", d.code.id, d.message)).collect();
            assert!(found.is_empty(), "{document}: {found:#?}\n{text}");
        }
    }
}
