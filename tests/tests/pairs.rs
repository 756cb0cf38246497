//! Every pair of faults on one system of twelve components: nothing breaks, every identity holds, and both faults show.
//!
//! In one test pairs follow each other in a few long runs, 4 s each: the first of a pair lasts for 2 s, the second begins 1 s
//! after it and lasts for 2 s. Identities are those of `--verify`. In the other test each pair has a run of its own, and both
//! show if it differs, in what was counted, from the run with only the first, and from that with only the second.
//!
//! `SYSDL_PAIRS=all` takes all of them (some minutes, and a quarter of an hour), `SYSDL_PAIRS=3/10` the third tenth; unless
//! said, a tenth and a hundredth, others each day.

use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use sysdl::reference::{self, FaultPage};
use sysdl::resolve::program::NoFiles;
use sysdl::resolve::{Analysis, analyze};
use sysdl_tests::programs;

/// What a fault is given here where its defaults take longer than this run, or change nothing.
const GIVEN: [(&str, &str); 29] = [
    ("latency", "(add = 50ms)"),
    ("loss", "(rate = 20%)"),
    ("errors", "(rate = 20%)"),
    ("rate_limit", "(requests = 20rps)"),
    ("rate_limit_hit", "(requests = 20rps)"),
    ("replication_lag", "(add = 2s)"),
    ("slow_scale_out", "(factor = 20x)"),
    ("memory_leak", "(fills = 1s, restart = 500ms)"),
    ("dns_failure", "(ttl = 1s)"),
    ("certificate_expiry", "(renewed_over = 1s)"),
    ("connection_leak", "(over = 1s)"),
    ("gc_pause", "(every = exp(300ms), pause = exp(100ms))"),
    ("noisy_neighbor", "(quiet = exp(300ms), noisy = exp(300ms))"),
    ("random_failure", "(mtbf = exp(500ms), mttr = exp(500ms))"),
    ("crash_loop", "(up = 300ms, down = 300ms)"),
    ("config_flap", "(right = exp(300ms), wrong = exp(300ms))"),
    ("cascading_failure", "(trip = 20%, sustained = 0s, restart = 500ms)"),
    ("correlated_restart", "(down = 500ms, warm_up = 1s)"),
    ("cold_deploy", "(warm_up = 2s)"),
    ("config_push", "(reaches_all = 500ms)"),
    ("rolling_restart", "(down = 500ms, stagger = 500ms)"),
    ("rolling_deploy", "(drain = 200ms, down = 200ms, cold = 500ms, stagger = 500ms)"),
    ("canary", "(share = 50%, watch = 2s, errors = 50%)"),
    ("blue_green", "(warmup = 500ms, cold = 1s)"),
    ("slow_clients", "(read = 500ms)"),
    ("thundering_herd", "(clients = 300)"),
    ("deadlock", "(found_after = 200ms)"),
    ("bandwidth_throttle", "(to = 3%)"),
    ("token_budget_pressure", "(left = 20%)"),
];

/// Where faults are tried, in this order: the first where one changes something is its target.
const PLACES: [(&str, &[&str]); 4] = [
    ("link", &["web -> api"]),
    ("source", &["people"]),
    ("store", &["it", "db", "index"]),
    ("replica", &["api", "web", "pool", "db", "agent"]),
];

/// Faults that say more about themselves elsewhere: pieces of the shop that they are made for.
const BETTER: [(&str, &str); 9] = [
    ("vector_index_staleness", "index"),
    ("index_staleness", "index"),
    ("tool_timeouts", "agent -> tools"),
    ("policy_denials", "tools"),
    ("third_party_timeout", "provider"),
    ("degraded_response", "provider"),
    ("queue_backlog", "pool"),
    ("zone_outage", "zone 1"),
    ("rolling_deploy", "web"),
];

/// Timelines whose text is read at once.
const CHUNK: usize = 16;
/// Pairs that follow each other in one run.
const CHAIN: usize = 40;

/// What is counted in each window of a run.
type Windows = Vec<Vec<u64>>;

fn shop() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pairs/shop.sysdl");
    std::fs::read_to_string(path).expect("the shop is there")
}

/// The shop with a scenario for each timeline.
fn analyzed(timelines: &[Vec<String>]) -> Analysis {
    let mut text = shop();
    for (number, lines) in timelines.iter().enumerate() {
        let duration = 6.max(2 * lines.len() + 2);
        text.push_str(&format!(
            "\nscenario s{number} of shop {{ duration = {duration}s, window = 200ms\n{}\n}}\n",
            lines.join("\n")
        ));
    }
    analyze("shop", text.as_bytes(), &NoFiles)
}

/// What is counted in the windows of a run under each timeline. The identities of each run are checked.
fn counted(timelines: &[Vec<String>]) -> Vec<Windows> {
    timelines.par_chunks(CHUNK).flat_map_iter(counted_together).collect()
}

/// The same of timelines whose text is read at once.
fn counted_together(timelines: &[Vec<String>]) -> Vec<Windows> {
    let analysis = analyzed(timelines);
    let run = |number: usize| {
        let resolved = analysis.resolve(&format!("s{number}"), &[]);
        let mistakes = sysdl::render::short(&resolved.diagnostics, &analysis.sources);
        let model = resolved.model.unwrap_or_else(|| panic!("{:?}: {mistakes}", timelines[number]));
        programs::of_model(model).run(1).windows
    };
    (0..timelines.len()).map(run).collect()
}

/// How a fault is injected here: its name with arguments, and where.
fn injection(fault: &FaultPage) -> String {
    let args = GIVEN.iter().find(|(name, _)| *name == fault.name).map_or("", |(_, args)| *args);
    let better = BETTER.iter().find(|(name, _)| *name == fault.name).map(|(_, place)| *place);
    let places = PLACES.iter().find(|(on, _)| *on == fault.on).map_or(&[][..], |(_, places)| *places);
    let written = |place: &str| format!("{}{args} on {place}", fault.name);
    let works = |place: &&str| analyzed(&[vec![first(&written(place))]]).resolve("s0", &[]).model.is_some();
    let place = better.into_iter().chain(places.iter().copied()).find(works);
    written(place.unwrap_or_else(|| panic!("`{}` changes nothing in the shop", fault.name)))
}

fn first(injection: &str) -> String {
    format!("at 1s inject {injection} for 3s")
}

fn second(injection: &str) -> String {
    format!("at 2s inject {injection} for 3s")
}

/// Every so many-th pair, another each day, unless it is said which.
fn chosen(faults: usize, one_in: usize) -> Vec<(usize, usize)> {
    let said = std::env::var("SYSDL_PAIRS").unwrap_or_default();
    let split = said.split_once('/').and_then(|(n, of)| Some((n.parse().ok()?, of.parse().ok()?)));
    let day = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs() / 86_400) as usize;
    let (n, of): (usize, usize) = if said == "all" { (0, 1) } else { split.unwrap_or((day % one_in, one_in)) };
    let all = (0..faults).flat_map(|a| (0..=a).map(move |b| (a, b)));
    all.skip(n).step_by(of.max(1)).collect()
}

fn injections() -> Vec<String> {
    let faults = reference::faults(&analyze("", b"sysdl 1\n", &NoFiles));
    faults.par_iter().map(injection).collect()
}

#[test]
fn pairs_of_faults_one_after_another_break_nothing() {
    let injections = injections();
    let chosen = chosen(injections.len(), 10);
    let runs: Vec<Vec<String>> = chosen
        .chunks(CHAIN)
        .map(|pairs| {
            let lines = pairs.iter().enumerate().flat_map(|(number, &(a, b))| {
                let at = 1 + 4 * number;
                let line = |at: usize, fault: usize| format!("at {at}s inject {} for 2s", injections[fault]);
                [line(at, a), line(at + 1, b)]
            });
            lines.collect()
        })
        .collect();
    let counted: Vec<usize> =
        runs.par_iter().map(|lines| counted_together(std::slice::from_ref(lines))[0].len()).collect();
    assert!(counted.iter().all(|&windows| windows > 0));
    println!("{} pairs of {} faults in {} runs", chosen.len(), injections.len(), runs.len());
}

#[test]
fn pairs_of_faults_by_themselves_both_show() {
    let injections = injections();
    let chosen = chosen(injections.len(), 100);
    let of = |which: fn(&(usize, usize)) -> usize, line: fn(&str) -> String| -> HashMap<usize, Windows> {
        let faults: Vec<usize> = chosen.iter().map(which).collect::<BTreeSet<usize>>().into_iter().collect();
        let timelines: Vec<Vec<String>> = faults.iter().map(|&fault| vec![line(&injections[fault])]).collect();
        faults.into_iter().zip(counted(&timelines)).collect()
    };
    let (quiet, firsts, seconds) = (&counted(&[Vec::new()])[0], of(|pair| pair.0, first), of(|pair| pair.1, second));
    let silent = |(fault, windows): (&usize, &Windows)| (windows == quiet).then(|| &injections[*fault]);
    let silent: Vec<&String> = firsts.iter().chain(&seconds).filter_map(silent).collect();
    assert!(silent.is_empty(), "alone, these do not show: {silent:#?}");

    let timelines = chosen.iter().map(|&(a, b)| vec![first(&injections[a]), second(&injections[b])]);
    let both = counted(&timelines.collect::<Vec<_>>());
    let hides = |((a, b), both): (&(usize, usize), &Windows)| {
        let shows = *both != firsts[a] && *both != seconds[b];
        (!shows).then(|| format!("{} and {}", injections[*a], injections[*b]))
    };
    let hidden: Vec<String> = chosen.iter().zip(&both).filter_map(hides).collect();
    println!("{} pairs of {} faults; hidden: {hidden:#?}", chosen.len(), injections.len());
    // A fault that leaves nothing for the other to strike (all are down, no request comes) hides it.
    assert!(hidden.len() <= chosen.len().div_ceil(20), "too many hide each other: {hidden:#?}");
}
