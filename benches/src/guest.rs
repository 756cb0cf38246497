//! Modules in hosts.

use std::time::{Duration, Instant};
use sysdl::page::Message;
use sysdl_kernel::fact::Digest;
use sysdl_runtime::guest::{Guest, HostError, Prepared, Status, WasmtimeGuest};
use wasmtime::{Config, Engine, Instance, Module, Store};

/// Events between two returns to the host, as the runtime has it.
const SLICE_EVENTS: u64 = 2_000_000;
/// What `sysdl_run` returns at the end of a run, and before it.
const DONE: i32 = 1;
const OUT_OF_BUDGET: i32 = 2;

/// What a run of a module has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Requests created.
    pub requests: u64,
    /// Events handled.
    pub events: u64,
    /// Sum of all facts.
    pub digest: Digest,
    /// Time from the module's begin of the run to its end, without compiling or laying out state.
    pub wall: Duration,
}

/// Runs a module under wasmtime to its end.
///
/// # Errors
/// If it traps or runs out of room.
pub fn run(prepared: &Prepared, seed: u64) -> Result<Run, HostError> {
    let mut guest = prepared.instantiate()?;
    guest.init(seed)?;
    let began = Instant::now();
    while let Status::Reached | Status::OutOfBudget = guest.run(u64::MAX >> 1, SLICE_EVENTS)? {}
    let wall = began.elapsed();
    let digest = Digest { lo: guest.digest(0)?, hi: guest.digest(1)? };
    let [_, events, requests] = counters(&mut guest)?;
    Ok(Run { requests, events, digest, wall })
}

/// Windows closed, events handled and requests created.
fn counters(guest: &mut WasmtimeGuest) -> Result<[u64; 3], HostError> {
    let at = guest.columns()? as usize;
    Ok([0, 8, 16].map(|offset| word(guest.memory(), at + offset)))
}

/// A module that is metered: wasmtime counts its instructions, the same on every machine.
fn metered(wasm: &[u8]) -> Result<(Store<()>, Instance), wasmtime::Error> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config)?;
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(u64::MAX)?;
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

/// What a run of a module takes in instructions, and how many requests it simulates.
///
/// # Errors
/// If it is not a module of ours, or traps.
pub fn fuel(wasm: &[u8], seed: u64) -> Result<(u64, u64), wasmtime::Error> {
    let (mut store, instance) = metered(wasm)?;
    let init = instance.get_typed_func::<i64, i32>(&mut store, "sysdl_init")?;
    let run = instance.get_typed_func::<(i64, i64), i32>(&mut store, "sysdl_run")?;
    let columns = instance.get_typed_func::<(), i32>(&mut store, "sysdl_columns")?;
    init.call(&mut store, seed as i64)?;
    let before = store.get_fuel()?;
    let mut status = OUT_OF_BUDGET;
    while status == OUT_OF_BUDGET {
        status = run.call(&mut store, (i64::MAX, SLICE_EVENTS as i64))?;
    }
    wasmtime::ensure!(status == DONE, "the run ended with {status}");
    let used = before - store.get_fuel()?;
    let at = columns.call(&mut store, ())? as usize;
    Ok((used, word(memory(&mut store, &instance)?, at + 16)))
}

/// What the page's compiler takes in instructions from a text to what it shows: the module and the scene.
///
/// # Errors
/// If the compiler traps, or refuses the text.
pub fn fuel_of_compiling(text: &str) -> Result<u64, wasmtime::Error> {
    let (mut store, instance) = metered(sysdl_web::COMPILER)?;
    let room = instance.get_typed_func::<u32, u32>(&mut store, "sysdl_page_room")?;
    let ask = instance.get_typed_func::<(), u32>(&mut store, "sysdl_page_ask")?;
    let question = Message::from(serde_json::json!({ "op": "load", "source": text })).write();
    let at = room.call(&mut store, question.len() as u32)? as usize;
    memory(&mut store, &instance)?[at..][..question.len()].copy_from_slice(&question);
    let before = store.get_fuel()?;
    let at = ask.call(&mut store, ())? as usize;
    let used = before - store.get_fuel()?;
    let memory = memory(&mut store, &instance)?;
    let length = word(memory, at) as u32 as usize;
    let (answer, _) = Message::read(&memory[at + 4..][..length]).map_err(wasmtime::Error::msg)?;
    wasmtime::ensure!(answer.get("runs").is_some(), "the compiler says {answer}");
    Ok(used)
}

fn memory<'a>(store: &'a mut Store<()>, instance: &Instance) -> Result<&'a mut [u8], wasmtime::Error> {
    let memory = instance.get_memory(&mut *store, "memory");
    Ok(memory.ok_or_else(|| wasmtime::Error::msg("it has no memory"))?.data_mut(store))
}

/// A little-endian word at an address.
fn word(memory: &[u8], at: usize) -> u64 {
    memory[at..][..8].try_into().map_or(0, u64::from_le_bytes)
}
