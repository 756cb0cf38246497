//! `sysdl test`: every scenario's expectations, and its golden.
//!
//! A scenario runs once for each combination of the values that parameters list, and twice under the
//! same seed; two digests that differ are a mistake of this program and fail whatever else holds.

mod junit;
mod review;

use super::args::TestArgs;
use super::human::counted;
use super::{DRIFT, FINDINGS, NOTHING, OK, files, stopped, trouble};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use sysdl::diagnostic::Diagnostic;
use sysdl::resolve::{Analysis, Override};
use sysdl_lower::model::Model;
use sysdl_lower::{compile, twin_of};
use sysdl_runtime::expect::{Outcome, Verdict, evaluate, need_twin};
use sysdl_runtime::golden::{self, Comparison};
use sysdl_runtime::guest::{HostError, Prepared};
use sysdl_runtime::replicate::judged;
use sysdl_runtime::{Limits, Trace, drive};

/// Most combinations of parameter values of a scenario.
const VARIANTS_MAX: usize = 10_000;

/// What became of a run.
enum Fate {
    Pass,
    Expect(Vec<Outcome>),
    Drift(String),
    New,
    Broken(String),
}

/// A scenario under one choice of parameters.
struct Case {
    /// `file::scenario[param=value]`
    name: String,
    result: Fate,
    wall_s: f64,
    reproduce: String,
    /// Where its golden is kept.
    golden: PathBuf,
    /// What the golden would be now.
    fresh: String,
}

/// Tests.
pub fn test(args: &TestArgs) -> u8 {
    try_test(args).unwrap_or_else(|code| code)
}

fn try_test(args: &TestArgs) -> Result<u8, u8> {
    let here = [PathBuf::from(".")];
    let paths = files::find(if args.paths.is_empty() { &here } else { &args.paths })?;
    let writes = if args.ci || (std::env::var_os("CI").is_some() && !args.update && !args.review) {
        Writes::Nothing
    } else if args.update {
        Writes::Goldens
    } else {
        Writes::Proposals
    };
    let (part, parts) = shard(args.shard.as_deref())?;
    let files: Vec<(PathBuf, Analysis)> =
        paths.into_iter().map(|path| files::load(&path).map(|analysis| (path, analysis))).collect::<Result<_, _>>()?;
    let mut planned = Vec::new();
    let mut number = 0;
    for (path, analysis) in files.iter().filter(|(_, analysis)| !analysis.is_shared()) {
        for (plan, analysis) in plans(path, analysis)? {
            number += 1;
            let wanted = args.filter.as_ref().is_none_or(|filter| plan.name.contains(filter.as_str()));
            if wanted && number % parts == part {
                planned.push((plan, analysis));
            }
        }
    }
    let mut cases = run_all(&planned, writes);
    files.iter().filter(|(_, analysis)| !analysis.is_shared()).for_each(|(path, analysis)| obsolete(path, analysis));
    if args.review {
        review::review(&mut cases).map_err(trouble)?;
    }
    if let Some(path) = &args.junit {
        golden::write_atomically(path, &junit::junit(&cases)).map_err(trouble)?;
    }
    Ok(verdict(&cases))
}

/// Every run of a file that is to be made.
fn plans<'p>(path: &'p Path, analysis: &'p Analysis) -> Result<Vec<(Planned<'p>, &'p Analysis)>, u8> {
    let mut found = Vec::new();
    for scenario in analysis.scenarios() {
        let count = analysis.variant_count(&scenario.name);
        if count > VARIANTS_MAX {
            let what = format!("{}::{}", path.display(), scenario.name);
            return Err(trouble(format!(
                "{what} has {count} variants; at most {VARIANTS_MAX} are run: list fewer values"
            )));
        }
        let variants = analysis.variants(&scenario.name).into_iter();
        found.extend(variants.map(|variant| (Planned::new(path, &scenario.name, variant), analysis)));
    }
    Ok(found)
}

/// Makes all runs on all cores, the first first, and tells of each as soon as those before it are told.
fn run_all(planned: &[(Planned<'_>, &Analysis)], writes: Writes) -> Vec<Case> {
    let next = AtomicUsize::new(0);
    let (done, finished) = channel();
    std::thread::scope(|scope| {
        let told = scope.spawn(move || tell(finished));
        // Halving the list, as rayon would, would keep back what is told.
        rayon::broadcast(|_| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some((plan, analysis)) = planned.get(number) else { break };
                // Nobody listens any more if telling has failed; then the runs do not matter either.
                let _ = done.send((number, case(plan, analysis, writes)));
            }
        });
        drop(done);
        told.join().unwrap_or_default()
    })
}

/// Prints cases in their order.
fn tell(finished: Receiver<(usize, Case)>) -> Vec<Case> {
    let (mut told, mut early) = (Vec::new(), BTreeMap::new());
    for (number, case) in finished {
        early.insert(number, case);
        while let Some(case) = early.remove(&told.len()) {
            print_case(&case);
            told.push(case);
        }
    }
    told
}

/// What may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writes {
    Nothing,
    /// `.trace.new` beside the golden.
    Proposals,
    /// The golden itself.
    Goldens,
}

/// A run that is to be made.
struct Planned<'p> {
    path: &'p Path,
    scenario: String,
    variant: Vec<Override>,
    name: String,
    golden: PathBuf,
}

impl<'p> Planned<'p> {
    fn new(path: &'p Path, scenario: &str, variant: Vec<Override>) -> Self {
        let values: Vec<String> = variant.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let suffix = if values.is_empty() { String::new() } else { format!("[{}]", values.join(",")) };
        // A rate such as `120/min` cannot stand in the name of a file.
        let golden = goldens(path).join(format!("{scenario}{}.trace", suffix.replace('/', "per")));
        let name = format!("{}::{scenario}{suffix}", path.display());
        Self { path, scenario: scenario.to_owned(), variant, name, golden }
    }

    fn reproduce(&self, seed: u64) -> String {
        let set: String = self.variant.iter().map(|(name, value)| format!(" --set {name}={value}")).collect();
        format!("sysdl run {} --scenario {}{set} --seed {seed}", self.path.display(), self.scenario)
    }
}

/// `goldens/<stem>` beside the file.
fn goldens(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new(".")).join("goldens").join(path.file_stem().unwrap_or_default())
}

/// Names goldens that no scenario produces any more.
fn obsolete(path: &Path, analysis: &Analysis) {
    let expected: Vec<PathBuf> = analysis
        .scenarios()
        .iter()
        .flat_map(|s| analysis.variants(&s.name).into_iter().map(|v| Planned::new(path, &s.name, v).golden))
        .collect();
    let kept = std::fs::read_dir(goldens(path)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut gone: Vec<PathBuf> = kept
        .filter(|kept| kept.extension().is_some_and(|extension| extension == "trace") && !expected.contains(kept))
        .collect();
    gone.sort();
    for kept in gone {
        println!("OBSOLETE {}: no scenario makes it; remove the file", kept.display());
    }
}

fn shard(text: Option<&str>) -> Result<(usize, usize), u8> {
    let Some(text) = text else { return Ok((0, 1)) };
    let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse::<usize>().ok()?, n.parse::<usize>().ok()?)));
    match parsed {
        Some((i, n)) if i >= 1 && i <= n => Ok((i % n, n)),
        _ => Err(trouble(format!("`--shard {text}`: write `--shard 1/4`"))),
    }
}

fn case(plan: &Planned<'_>, analysis: &Analysis, writes: Writes) -> Case {
    let resolved = analysis.resolve(&plan.scenario, &plan.variant);
    let mut case = Case {
        name: plan.name.clone(),
        result: Fate::Pass,
        wall_s: 0.0,
        reproduce: String::new(),
        golden: plan.golden.clone(),
        fresh: String::new(),
    };
    let Some(model) = resolved.model else {
        let errors: Vec<_> = resolved.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        case.result = Fate::Broken(sysdl::render::short(&errors, &analysis.sources));
        return case;
    };
    case.reproduce = plan.reproduce(model.seed);
    let trace = match run(&model, need_twin(&resolved.expectations)) {
        Ok(trace) => trace,
        Err(message) => {
            case.result = Fate::Broken(message);
            return case;
        }
    };
    case.wall_s = trace.wall_s;
    if let Some(why) = stopped::early(&trace) {
        case.result = Fate::Broken(why);
        return case;
    }
    let failed: Vec<Outcome> =
        evaluate(&trace, &resolved.expectations).into_iter().filter(|outcome| outcome.verdict.is_failure()).collect();
    let file = plan.path.file_name().unwrap_or_default().to_string_lossy();
    case.fresh = golden::text(&trace, &resolved.expectations, &file);
    case.result = judge(&plan.golden, &case.fresh, failed, writes);
    case
}

/// Runs twice, and holds the second run to the first; beside its twin, for what is expected of its healing.
fn run(model: &Model, compared: bool) -> Result<Trace, String> {
    let prepare = |model: &Model| -> Result<Prepared, String> {
        let compiled = compile(model).map_err(|error| error.to_string())?;
        Prepared::new(&compiled.module.bytes).map_err(|error| error.to_string())
    };
    let prepared = prepare(model)?;
    let once = || -> Result<Trace, HostError> {
        let mut guest = prepared.instantiate()?;
        drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true)
    };
    let (first, second) = rayon::join(once, once);
    let (first, second) = (first.map_err(|e| e.to_string())?, second.map_err(|e| e.to_string())?);
    if first.digest != second.digest {
        return Err("nondeterministic: two runs under one seed differ; this is a mistake of sysdl".to_owned());
    }
    if !compared {
        return Ok(first);
    }
    let twin = prepare(&twin_of(model).0)?;
    let pairs = judged(&prepared, &twin, &[first.seed], Limits::default()).map_err(|error| error.to_string())?;
    let healing = pairs.into_iter().next().and_then(|(run, _)| run.healing);
    Ok(Trace { healing, ..first })
}

fn judge(path: &Path, fresh: &str, failed: Vec<Outcome>, writes: Writes) -> Fate {
    if !failed.is_empty() {
        return Fate::Expect(failed);
    }
    let kept = std::fs::read_to_string(path).ok();
    let fate = match kept.as_deref().map(|kept| golden::compare(kept, fresh)) {
        Some(Comparison::Same) => return Fate::Pass,
        Some(Comparison::Drift(what)) => Fate::Drift(what),
        Some(Comparison::Unreadable(why)) => Fate::Drift(format!("{}: {why}\n", path.display())),
        None => Fate::New,
    };
    let written = match writes {
        Writes::Nothing => return fate,
        Writes::Proposals => golden::write_atomically(&path.with_extension("trace.new"), fresh).map(|()| fate),
        Writes::Goldens => accept(path, fresh).map(|()| Fate::Pass),
    };
    written.unwrap_or_else(|error| Fate::Broken(format!("cannot write {}: {error}", path.display())))
}

/// Makes a run's golden the kept one, and removes the proposal.
fn accept(path: &Path, fresh: &str) -> std::io::Result<()> {
    golden::write_atomically(path, fresh)?;
    let proposal = path.with_extension("trace.new");
    if proposal.exists() { std::fs::remove_file(proposal) } else { Ok(()) }
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
        Fate::New => println!("        no golden is kept; accept it with `sysdl test --review` or `--update`"),
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
    let scenarios = counted(cases.len(), "scenario");
    println!("\n{scenarios}: {passed} ok, {drifted} drifted or new, {failed} failed");
    match (cases.len(), failed, drifted) {
        (0, ..) => NOTHING,
        (_, 0, 0) => OK,
        (_, 0, _) => DRIFT,
        _ => FINDINGS,
    }
}
