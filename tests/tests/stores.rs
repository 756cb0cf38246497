//! What is remembered by key, counted exactly: files of the language whose counts follow from what they say.

use std::path::Path;
use sysdl_kernel::columns::component;
use sysdl_runtime::Trace;
use sysdl_tests::programs;

/// A run of a file, and the counts of its components.
struct Run {
    trace: Trace,
}

fn run(file: &str) -> Run {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("stores").join(file);
    let program = programs::load(&path, "steady");
    Run { trace: program.run(program.model.seed) }
}

impl Run {
    fn count(&self, name: &str, column: usize) -> u64 {
        let index = self.trace.meta.components.iter().position(|c| c.name == name).expect("it is there");
        self.trace.windows.iter().map(|row| row[index * component::COUNT + column]).sum()
    }

    fn hits(&self, name: &str) -> u64 {
        self.count(name, component::HITS)
    }

    fn misses(&self, name: &str) -> u64 {
        self.count(name, component::MISSES)
    }
}

#[test]
fn keys_of_requests_are_inherited_by_whatever_is_done_for_them() {
    let run = run("keys.sysdl");
    assert!(run.misses("near") > 900, "{} keys were asked for", run.misses("near"));
    // What one store misses once, the other does, at the same request; nothing else comes to it.
    assert_eq!(run.misses("origin"), run.misses("near"));
    assert_eq!(run.hits("origin"), 0);
    // The messages are all about the only key of their own population.
    assert_eq!(run.misses("third"), 1);
    assert!(run.hits("third") > 10_000);
}
