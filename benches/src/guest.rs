//! Modules in hosts.

use std::time::{Duration, Instant};
use sysdl_kernel::fact::Digest;
use sysdl_runtime::guest::{Guest, HostError, Prepared, Status, WasmtimeGuest};
use wasmtime::{Config, Engine, Instance, Module, Store};

/// Events between two returns to the host, as the runtime has it.
const SLICE_EVENTS: u64 = 2_000_000;

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
    let word = |i: usize| {
        let bytes = guest.memory()[at + 8 * i..][..8].try_into();
        bytes.map_or(0, u64::from_le_bytes)
    };
    Ok([word(0), word(1), word(2)])
}

/// What a run of a module takes in instructions, as wasmtime counts them: the same on every machine.
///
/// # Errors
/// If it is not a module of ours, or traps.
pub fn fuel(wasm: &[u8], seed: u64) -> Result<(u64, u64), wasmtime::Error> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config)?;
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(u64::MAX)?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let init = instance.get_typed_func::<i64, i32>(&mut store, "sysdl_init")?;
    let run = instance.get_typed_func::<(i64, i64), i32>(&mut store, "sysdl_run")?;
    let columns = instance.get_typed_func::<(), i32>(&mut store, "sysdl_columns")?;
    init.call(&mut store, seed as i64)?;
    let before = store.get_fuel()?;
    while run.call(&mut store, (i64::MAX, SLICE_EVENTS as i64))? != 1 {}
    let used = before - store.get_fuel()?;
    let at = columns.call(&mut store, ())? as usize;
    let memory = instance.get_memory(&mut store, "memory").map(|memory| memory.data(&store)[at + 16..][..8].to_vec());
    let requests = memory.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    Ok((used, requests))
}
