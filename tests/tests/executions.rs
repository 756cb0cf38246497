//! Random models, executed four times: by the reference, by wasmtime with all passes, by wasmtime with none, and by V8.
//! Of each ten models nine are executed by the first two only, unless all are asked for:
//!
//! ```text
//! SYSDL_EXECUTIONS=4 SYSDL_FIRST_MODEL=1000 SYSDL_MODELS=1000 cargo test --release --workspace --test executions -- --nocapture
//! ```

use rayon::prelude::*;
use sysdl_tests::executions::{Facts, compare, in_v8};
use sysdl_tests::{generate, shrink};

/// Models of a few hundred events to some ten thousand; a nightly run takes thousands of them.
const MODELS: u64 = 300;
/// Models whose modules one process of Node runs.
const BATCH: u64 = 20;

/// How the executions of some models differ, where they do.
fn batch(numbers: &[u64]) -> Vec<(u64, String)> {
    let (mut wrong, mut sound) = (Vec::new(), Vec::<(u64, Facts, Vec<u8>)>::new());
    let all = std::env::var("SYSDL_EXECUTIONS").is_ok_and(|text| text == "4");
    for &number in numbers {
        let thorough = all || number % 10 == 3;
        match compare(&generate::model(number), thorough) {
            Ok((facts, wasm)) if thorough => sound.push((number, facts, wasm)),
            Ok(_) => {}
            Err(why) => wrong.push((number, why)),
        }
    }
    let modules: Vec<Vec<u8>> = sound.iter().map(|(_, _, wasm)| wasm.clone()).collect();
    let found = in_v8(&modules).expect("node is installed; `./test.sh` installs it");
    assert_eq!(found.len(), sound.len());
    let differs = sound.iter().zip(&found).filter(|((_, facts, _), v8)| facts != *v8);
    wrong.extend(differs.map(|((number, facts, _), v8)| (*number, format!("V8: {} instead of {}", v8.all, facts.all))));
    wrong
}

#[test]
fn the_module_and_the_reference_have_the_same_facts() {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (first, count) = (asked("SYSDL_FIRST_MODEL").unwrap_or(0), asked("SYSDL_MODELS").unwrap_or(MODELS));
    let numbers: Vec<u64> = (first..first + count).collect();
    let mut wrong: Vec<(u64, String)> = numbers.par_chunks(BATCH as usize).flat_map(batch).collect();
    wrong.sort_unstable();
    println!("models {first} to {}: {} differ", first + count - 1, wrong.len());
    let told: Vec<String> = wrong.iter().map(|(number, why)| format!("model {number}: {why}")).collect();
    if let Some(&(number, _)) = wrong.first() {
        println!("{}\nshrinking model {number} …", told.join("\n"));
        // What fails in another way is another mistake, or no model.
        let model = generate::model(number);
        let how = shrink::failure(&model);
        let small = shrink::shrunk(&model, |smaller| shrink::failure(smaller) == how);
        panic!("{} of {count} models differ:\n{}\n\nmodel {number}, shrunk:\n{small}", wrong.len(), told.join("\n"));
    }
}
