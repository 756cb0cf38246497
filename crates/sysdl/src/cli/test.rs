//! `sysdl test`: every scenario's expectations, and its golden.
//!
//! A scenario runs twice under the same seed; two digests that differ are a mistake of this program
//! and fail whatever else holds.

use super::args::TestArgs;
use super::{DRIFT, FINDINGS, NOTHING, OK, files, trouble};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use sysdl_lower::compile;
use sysdl_runtime::expect::{Outcome, Verdict, evaluate};
use sysdl_runtime::golden::{self, Comparison};
use sysdl_runtime::guest::{HostError, Prepared};
use sysdl_runtime::{Limits, Trace, drive};

/// What became of a scenario.
enum Fate {
    Pass,
    Expect(Vec<Outcome>),
    Drift(String),
    New,
    Broken(String),
}

struct Case {
    name: String,
    result: Fate,
    wall_s: f64,
    reproduce: String,
}

/// Tests.
pub fn test(args: &TestArgs) -> u8 {
    try_test(args).unwrap_or_else(|code| code)
}

fn try_test(args: &TestArgs) -> Result<u8, u8> {
    let here = [PathBuf::from(".")];
    let paths = files::find(if args.paths.is_empty() { &here } else { &args.paths })?;
    let ci = args.ci || (std::env::var_os("CI").is_some() && !args.update);
    let (part, parts) = shard(args.shard.as_deref())?;
    let mut cases = Vec::new();
    let mut number = 0;
    for path in &paths {
        let analysis = files::load(path)?;
        if analysis.program.systems.is_empty() && analysis.syntax.iter().all(|d| !d.is_error()) {
            // A file of shared definitions has nothing to run.
            continue;
        }
        for scenario in analysis.scenarios() {
            let name = format!("{}::{}", path.display(), scenario.name);
            number += 1;
            if !args.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str())) || number % parts != part {
                continue;
            }
            let case = case(path, &scenario.name, &analysis, ci, args.update);
            print_case(&case);
            cases.push(case);
        }
    }
    if let Some(path) = &args.junit {
        golden::write_atomically(path, &junit(&cases)).map_err(trouble)?;
    }
    Ok(verdict(&cases))
}

fn shard(text: Option<&str>) -> Result<(usize, usize), u8> {
    let Some(text) = text else { return Ok((0, 1)) };
    let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse::<usize>().ok()?, n.parse::<usize>().ok()?)));
    match parsed {
        Some((i, n)) if i >= 1 && i <= n => Ok((i % n, n)),
        _ => Err(trouble(format!("`--shard {text}`: write `--shard 1/4`"))),
    }
}

fn case(path: &Path, scenario: &str, analysis: &sysdl::resolve::Analysis, ci: bool, update: bool) -> Case {
    let resolved = analysis.resolve(scenario, &[]);
    let name = format!("{}::{scenario}", path.display());
    let mut case = Case { name, result: Fate::Pass, wall_s: 0.0, reproduce: String::new() };
    let Some(model) = resolved.model else {
        let errors: Vec<_> = resolved.diagnostics.into_iter().filter(sysdl::diagnostic::Diagnostic::is_error).collect();
        case.result = Fate::Broken(sysdl::render::short(&errors, &analysis.sources));
        return case;
    };
    case.reproduce = format!("sysdl run {} --scenario {scenario} --seed {}", path.display(), model.seed);
    let trace = match run(&model) {
        Ok(trace) => trace,
        Err(message) => {
            case.result = Fate::Broken(message);
            return case;
        }
    };
    case.wall_s = trace.wall_s;
    let failed: Vec<Outcome> =
        evaluate(&trace, &resolved.expectations).into_iter().filter(|outcome| outcome.verdict.is_failure()).collect();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = golden::text(&trace, &resolved.expectations, &file);
    case.result = judge(&golden_path(path, scenario), &fresh, failed, ci, update);
    case
}

/// `goldens/<stem>/<scenario>.trace` beside the file.
fn golden_path(path: &Path, scenario: &str) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new("."));
    folder.join("goldens").join(path.file_stem().unwrap_or_default()).join(format!("{scenario}.trace"))
}

/// Runs twice, and holds the second run to the first.
fn run(model: &sysdl_lower::model::Model) -> Result<Trace, String> {
    let compiled = compile(model).map_err(|error| error.to_string())?;
    let prepared = Prepared::new(&compiled.module.bytes).map_err(|error| error.to_string())?;
    let once = || -> Result<Trace, HostError> {
        let mut guest = prepared.instantiate()?;
        drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true)
    };
    let (first, second) = rayon::join(once, once);
    let (first, second) = (first.map_err(|e| e.to_string())?, second.map_err(|e| e.to_string())?);
    if first.digest != second.digest {
        return Err("nondeterministic: two runs under one seed differ; this is a mistake of sysdl".to_owned());
    }
    Ok(first)
}

fn judge(path: &Path, fresh: &str, failed: Vec<Outcome>, ci: bool, update: bool) -> Fate {
    let kept = std::fs::read_to_string(path).ok();
    let comparison = kept.as_deref().map(|kept| golden::compare(kept, fresh));
    if !failed.is_empty() {
        return Fate::Expect(failed);
    }
    let write = |path: &Path| golden::write_atomically(path, fresh).map_err(|error| error.to_string());
    match comparison {
        Some(Comparison::Same) => Fate::Pass,
        _ if update => write(path).map_or_else(Fate::Broken, |()| Fate::Pass),
        Some(Comparison::Drift(what)) => {
            if !ci && let Err(error) = write(&path.with_extension("trace.new")) {
                return Fate::Broken(error);
            }
            Fate::Drift(what)
        }
        Some(Comparison::Unreadable(why)) => Fate::Drift(format!("{}: {why}\n", path.display())),
        None => {
            if !ci && let Err(error) = write(&path.with_extension("trace.new")) {
                return Fate::Broken(error);
            }
            Fate::New
        }
    }
}

fn print_case(case: &Case) {
    let word = match &case.result {
        Fate::Pass => "ok    ",
        Fate::Expect(_) => "FAIL  ",
        Fate::Drift(_) => "DRIFT ",
        Fate::New => "NEW   ",
        Fate::Broken(_) => "BROKEN",
    };
    println!("{word}  {}  {:.2}s", case.name, case.wall_s);
    match &case.result {
        Fate::Pass => return,
        Fate::Expect(failed) => {
            for outcome in failed {
                let why = match outcome.verdict {
                    Verdict::Inconclusive => " (nothing was seen that could tell)",
                    Verdict::UnexpectedPass => " (it holds, though it is expected to fail)",
                    _ => "",
                };
                println!(
                    "        line {}: {}  = {}{why}",
                    outcome.expectation.line, outcome.expectation.text, outcome.value
                );
            }
        }
        Fate::Drift(what) => what.lines().for_each(|line| println!("        {line}")),
        Fate::New => println!("        no golden is kept; accept it with `sysdl test --update`"),
        Fate::Broken(why) => why.lines().for_each(|line| println!("        {line}")),
    }
    if !case.reproduce.is_empty() {
        println!("        reproduce: {}", case.reproduce);
    }
}

fn verdict(cases: &[Case]) -> u8 {
    let count = |wanted: fn(&Fate) -> bool| cases.iter().filter(|case| wanted(&case.result)).count();
    let passed = count(|r| matches!(r, Fate::Pass));
    let drifted = count(|r| matches!(r, Fate::Drift(_) | Fate::New));
    let failed = cases.len() - passed - drifted;
    println!("\n{} scenarios: {passed} ok, {drifted} drifted or new, {failed} failed", cases.len());
    match (cases.len(), failed, drifted) {
        (0, ..) => NOTHING,
        (_, 0, 0) => OK,
        (_, 0, _) => DRIFT,
        _ => FINDINGS,
    }
}

fn junit(cases: &[Case]) -> String {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"sysdl\" tests=\"{}\">\n",
        cases.len()
    );
    for case in cases {
        let (file, scenario) = case.name.split_once("::").unwrap_or((&case.name, ""));
        let _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">",
            escape(file),
            escape(scenario),
            case.wall_s
        );
        let body = match &case.result {
            Fate::Pass => None,
            Fate::Expect(failed) => {
                let lines: Vec<String> = failed
                    .iter()
                    .map(|o| format!("line {}: {} = {}", o.expectation.line, o.expectation.text, o.value))
                    .collect();
                Some(("failure", "expect", lines.join("\n")))
            }
            Fate::Drift(what) => Some(("failure", "drift", what.clone())),
            Fate::New => Some(("failure", "new", "no golden is kept".to_owned())),
            Fate::Broken(why) => Some(("error", "broken", why.clone())),
        };
        if let Some((element, kind, body)) = body {
            let _ = write!(
                text,
                "<{element} type=\"{kind}\">{}\nreproduce: {}</{element}>",
                escape(&body),
                escape(&case.reproduce)
            );
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}
