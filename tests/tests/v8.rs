//! The very module that wasmtime runs, in Node's V8: the same digest.

use std::path::{Path, PathBuf};
use std::process::Command;
use sysdl_kernel::columns::component::ARRIVALS;
use sysdl_lower::flatten;
use sysdl_tests::{programs, reference};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What Node says of a module.
fn node(wasm: &[u8], name: &str) -> serde_json::Value {
    let path = std::env::temp_dir().join(format!("sysdl-v8-{}-{name}.wasm", std::process::id()));
    std::fs::write(&path, wasm).expect("the temporary folder can be written");
    let run = Command::new("node").arg(root().join("tests/v8/digest.mjs")).arg(&path).output();
    let _ = std::fs::remove_file(&path);
    let run = run.expect("node is installed; `./test.sh` installs it");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("it prints JSON")
}

#[test]
fn wasmtime_v8_and_the_reference_agree() {
    for (file, scenario) in [
        ("tests/theory/mm1.sysdl", "steady"),
        ("tests/corpus/own_kind.sysdl", "jammed"),
        ("tests/exact/faults.sysdl", "put_back"),
        ("blueprints/shop.sysdl", "cache_stampede"),
    ] {
        let program = programs::load(&root().join(file), scenario);
        let trace = program.run(program.model.seed);
        let digest = sysdl_runtime::Trace::hex(trace.digest);
        let v8 = node(&program.wasm, scenario);
        assert_eq!(v8["digest"], digest.as_str(), "V8 on {file}");
        // How many events they take depends on how far each host lets a module look ahead.
        assert_eq!(v8["requests"], trace.requests);
        for (index, component) in trace.meta.components.iter().enumerate() {
            let arrivals = trace.interval(0, trace.simulated_ns).component(index, ARRIVALS);
            assert_eq!(v8["arrivals"][&component.name], arrivals, "columns read in place: {}", component.name);
        }
        let outcome = reference::run(&flatten(&program.model), program.model.seed, program.model.duration_ns + 1);
        assert_eq!(reference::hex(outcome.digest), digest, "the reference on {file}");
    }
}
