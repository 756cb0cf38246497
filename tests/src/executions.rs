//! One model, four executions: the reference executor, which interprets the plan; the module under wasmtime; the module of
//! a plain lowering, without any pass, under wasmtime without optimization; the module in V8, through the page's loader.
//!
//! They share draws, tables and fact encoding, nothing else, and must find the same facts: those of all, of requests, and of each
//! component.

use crate::mutations::root;
use crate::reference;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use sysdl_kernel::columns;
use sysdl_kernel::fact::Digest;
use sysdl_lower::model::Model;
use sysdl_lower::{Passes, compile_with, flatten};
use sysdl_runtime::guest::{Guest, HostError, Prepared, Status};
use sysdl_runtime::{Limits, Trace, drive, verify};

/// What an execution found, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Digest of all facts.
    pub all: String,
    /// Digest of those of requests.
    pub requests: String,
    /// Digest of those of each component.
    pub components: Vec<String>,
}

impl Facts {
    fn of(trace: &Trace) -> Facts {
        let components = trace.digest_components.iter().map(|&digest| Trace::hex(digest)).collect();
        Facts { all: Trace::hex(trace.digest), requests: Trace::hex(trace.digest_requests), components }
    }
}

/// What the reference executor finds.
#[must_use]
pub fn interpreted(model: &Model) -> reference::Outcome {
    reference::run(&flatten(model), model.seed, model.duration_ns + 1)
}

/// The facts of an outcome of the reference executor.
#[must_use]
pub fn facts(outcome: &reference::Outcome) -> Facts {
    let components = outcome.components.iter().map(|&digest| reference::hex(digest)).collect();
    Facts { all: reference::hex(outcome.digest), requests: reference::hex(outcome.requests_digest), components }
}

/// A module, made with every pass or with none.
///
/// # Errors
/// If it does not fit into memory.
pub fn module(model: &Model, passes: Passes) -> Result<Vec<u8>, String> {
    Ok(compile_with(model, passes).map_err(|error| error.to_string())?.module.bytes)
}

/// What a module does under wasmtime, which optimizes it or not.
///
/// # Errors
/// Why it does not run, or which identities it breaks.
pub fn run(model: &Model, wasm: &[u8], optimize: bool) -> Result<Trace, String> {
    let prepared = if optimize { Prepared::new(wasm) } else { Prepared::unoptimized(wasm) };
    let prepared = prepared.map_err(|error| error.to_string())?;
    let mut guest = prepared.instantiate().map_err(|error| error.to_string())?;
    let trace = drive(&mut guest, prepared.meta(), model.seed, Limits::default(), |_| true)
        .map_err(|error| error.to_string())?;
    if trace.status != Status::Done {
        return Err(format!("it ended as {:?}", trace.status));
    }
    if optimize {
        let sliced = in_slices(&prepared, model.seed, u64::MAX >> 2, SLICE_EVENTS);
        if sliced.map_err(|error| format!("in slices: {error}"))? != trace.digest {
            return Err(format!("it has other facts when it is called anew every {SLICE_EVENTS} events"));
        }
    }
    let broken = verify(&trace);
    if broken.is_empty() { Ok(trace) } else { Err(broken.join("; ")) }
}

/// Events of a call of a module that is called anew often: enough for requests to be resolved ahead of time.
const SLICE_EVENTS: u64 = 1_000;

/// The digest of all facts of a module that handles so many events a call, and stops just behind each multiple of a time.
///
/// # Errors
/// Why it does not run.
pub fn in_slices(prepared: &Prepared, seed: u64, stop_ns: u64, events: u64) -> Result<Digest, HostError> {
    let mut guest = prepared.instantiate()?;
    guest.init(seed)?;
    let (mut stops, mut status) = (0, Status::Reached);
    while let Status::Reached | Status::OutOfBudget = status {
        stops += u64::from(status == Status::Reached);
        status = guest.run(stops * stop_ns + 1, events)?;
    }
    Ok(Digest { lo: guest.digest(0)?, hi: guest.digest(1)? })
}

/// Holds the module of a model to the reference, and, if it is to be thorough, the module of a plain lowering too. Returns the
/// facts, and the module for V8.
///
/// # Errors
/// What differs first.
pub fn compare(model: &Model, thorough: bool) -> Result<(Facts, Vec<u8>), String> {
    let outcome = interpreted(model);
    let expected = facts(&outcome);
    let wasm = module(model, Passes::ALL)?;
    let trace = run(model, &wasm, true)?;
    if Facts::of(&trace) != expected {
        return Err(difference(&trace, &outcome));
    }
    if !thorough {
        return Ok((expected, wasm));
    }
    let plain = run(model, &module(model, Passes::NONE)?, false).map_err(|why| format!("without passes: {why}"))?;
    if Facts::of(&plain) != expected {
        return Err(format!("without {}: {}", culprits(model, &expected).join(", "), difference(&plain, &outcome)));
    }
    Ok((expected, wasm))
}

/// Passes without any one of which a module has other facts.
fn culprits(model: &Model, expected: &Facts) -> Vec<&'static str> {
    let all = Passes::ALL;
    let passes = [
        ("sharing", Passes { share: false, ..all }),
        ("in-lining", Passes { in_line: false, ..all }),
        ("folding", Passes { fold: false, ..all }),
        ("specializing", Passes { specialize: false, ..all }),
        ("expanding", Passes { expand: false, ..all }),
        ("merging", Passes { merge: false, ..all }),
        ("fixing", Passes { fix: false, ..all }),
        ("leaving out", Passes { leave_out: false, ..all }),
        ("resolving ahead", Passes { ahead: false, ..all }),
    ];
    let differs = |passes: Passes| {
        let found = module(model, passes).and_then(|wasm| run(model, &wasm, true));
        found.is_ok_and(|trace| Facts::of(&trace) != *expected)
    };
    let found: Vec<&str> = passes.into_iter().filter(|(_, passes)| differs(*passes)).map(|(name, _)| name).collect();
    if found.is_empty() { vec!["several passes, or optimization"] } else { found }
}

/// The first window and row in which two executions differ, for whoever has to find out why.
fn difference(trace: &Trace, outcome: &reference::Outcome) -> String {
    for (window, (a, b)) in trace.windows.iter().zip(&outcome.windows).enumerate() {
        if let Some(word) = a.iter().zip(b).position(|(x, y)| x != y) {
            let name = name_of(trace, word);
            return format!("window {window}, {name}: module {} reference {}", a[word], b[word]);
        }
    }
    "rows agree, facts do not".to_owned()
}

/// Whose cell a word of a block of rows is, and which.
fn name_of(trace: &Trace, word: usize) -> String {
    let meta = &trace.meta;
    let (components, edges, flows) = (meta.components.len(), meta.edges.len(), meta.flows.len());
    let families: [(usize, &[columns::Column]); 5] = [
        (0, &columns::component::ALL),
        (columns::edges_at(components), &columns::edge::ALL),
        (columns::flows_at(components, edges), &columns::flow::ALL),
        (columns::subscriptions_at(components, edges, flows), &columns::subscription::ALL),
        (columns::replicas_at(components, edges, flows, meta.subscriptions.len()), &columns::component::ALL),
    ];
    let family = families.iter().rposition(|(first, _)| *first <= word).unwrap_or(0);
    let (first, all) = families[family];
    let (row, column) = ((word - first) / all.len(), (word - first) % all.len());
    let owner = match family {
        0 => meta.components[row].name.clone(),
        1 => meta.edges[row].name.clone(),
        2 => meta.flows[row].name.clone(),
        4 => format!("replica {row} of those that are watched"),
        _ => meta.edges[meta.subscriptions[row].edge as usize].name.clone(),
    };
    format!("{} of {owner}", all[column].0)
}

/// What V8 finds in some modules, by one process.
///
/// # Errors
/// What Node says.
pub fn in_v8(modules: &[Vec<u8>]) -> Result<Vec<Facts>, String> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let folder = Folder::new(CALLS.fetch_add(1, Ordering::Relaxed))?;
    let mut paths = String::new();
    for (index, wasm) in modules.iter().enumerate() {
        let path = folder.0.join(format!("{index}.wasm"));
        std::fs::write(&path, wasm).map_err(|error| error.to_string())?;
        paths.push_str(&format!("{}\n", path.display()));
    }
    let mut node = Command::new("node")
        .arg(root().join("tests/v8/digests.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("node does not start: {error}"))?;
    if let Some(mut input) = node.stdin.take() {
        input.write_all(paths.as_bytes()).map_err(|error| error.to_string())?;
    }
    let output = node.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8_lossy(&output.stdout).lines().map(read).collect()
}

fn read(line: &str) -> Result<Facts, String> {
    let value: serde_json::Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let components = value["components"].as_array().map(|list| list.iter().map(text).collect()).unwrap_or_default();
    Ok(Facts { all: text(&value["digest"]), requests: text(&value["requests"]), components })
}

/// A folder that goes with its user.
struct Folder(PathBuf);

impl Folder {
    fn new(number: u64) -> Result<Folder, String> {
        let path = std::env::temp_dir().join(format!("sysdl-v8-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
