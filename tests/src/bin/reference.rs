//! Runs a plan in the reference executor and prints its digest.
//!
//! ```text
//! reference PLAN.json [SEED]
//! ```

use std::process::ExitCode;
use sysdl_lower::plan::Plan;
use sysdl_tests::reference;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, seed) = match arguments.as_slice() {
        [path] => (path, None),
        [path, seed] => (path, Some(seed.as_str())),
        _ => {
            eprintln!("usage: reference PLAN.json [SEED]");
            return ExitCode::from(2);
        }
    };
    match digest(path, seed) {
        Ok(digest) => {
            println!("{digest}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("reference: {path}: {message}");
            ExitCode::from(2)
        }
    }
}

fn digest(path: &str, seed: Option<&str>) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let plan: Plan = serde_json::from_str(&text).map_err(|error| format!("no plan: {error}"))?;
    let seed = match seed {
        Some(seed) => seed.parse().map_err(|error| format!("no seed: {seed}: {error}"))?,
        None => plan.run.seed,
    };
    Ok(reference::hex(reference::run(&plan, seed, u64::MAX).digest))
}
