//! Bytes as a file → models, or diagnostics that help.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;

fuzz_target!(|bytes: &[u8]| {
    let analysis = analyze("fuzz.sysdl", bytes, &NoFiles);
    let found = analysis.check();
    let wrong = found.iter().any(sysdl::diagnostic::Diagnostic::is_error);
    for scenario in analysis.scenarios() {
        let resolved = analysis.resolve(&scenario.name, &[]);
        let refused = wrong || resolved.diagnostics.iter().any(sysdl::diagnostic::Diagnostic::is_error);
        assert!(refused || resolved.model.is_some(), "`{}` has neither a model nor a mistake", scenario.name);
    }
    // What is said can be shown.
    let _ = sysdl::render::short(&found, &analysis.sources);
});
