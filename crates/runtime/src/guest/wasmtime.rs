//! The native host. The only file that knows wasmtime.
//!
//! A module gets a memory no larger than it declares and no import. One that this program has just made stops after the
//! events it is allowed; one from elsewhere ([`Prepared::foreign`]) is also interrupted by the clock. Either can trap;
//! neither can escape or hang.

use super::{Guest, Status};
use crate::meta::{Meta, MetaError};
use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, Instance, InstanceAllocationStrategy, Memory, Module, OptLevel, PoolingAllocationConfig,
    Store, StoreLimits, StoreLimitsBuilder, TypedFunc,
};

/// How long a call of a module from elsewhere may take.
const CALL_SECONDS_MAX: u64 = 10;
/// Largest memory that a module may declare.
const MEMORY_MAX: usize = 4 << 30;

/// Fewest places of the pool. Each takes 4 GiB of addresses, and no memory until it is used.
const PLACES_LEAST: usize = 256;
/// Largest record of an instance that has a place in the pool.
const INSTANCE_BYTES_MAX: usize = 64 << 20;
/// Bytes that a place keeps from one run to the next, as far as they were touched: all of a system with room for a million
/// requests, which takes some 280 MB of addresses.
const KEPT_BYTES: usize = 512 << 20;

/// Why a module does not run.
#[derive(Debug)]
pub enum HostError {
    /// It is none of ours.
    Meta(MetaError),
    /// It is not valid, or lacks an export.
    Module(String),
    /// It stopped in the middle.
    Trap(String),
    /// It asks for what a host does not give.
    Imports(String),
    /// `sysdl_init` or `sysdl_run` returned what it must not.
    Refused(i32),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::Meta(error) => error.fmt(f),
            HostError::Module(why) => write!(f, "the module is not valid: {why}"),
            HostError::Trap(why) => write!(f, "the module trapped: {why}"),
            HostError::Imports(name) => write!(f, "the module imports `{name}`; modules of sysdl import nothing"),
            HostError::Refused(code) => write!(f, "the module returned {code}, which no module of sysdl does"),
        }
    }
}

impl std::error::Error for HostError {}

/// A compiled module, ready for any number of runs, on any thread.
#[derive(Clone)]
pub struct Prepared {
    engine: Engine,
    module: Module,
    meta: Meta,
    /// Ticks while the module may run; none if it needs no clock.
    clock: Option<Arc<Clock>>,
}

/// Advances the epoch of an engine once a second, until it is dropped.
struct Clock {
    /// Whoever holds the other end is told to stop by its end.
    _stop: Sender<()>,
}

impl Clock {
    fn start(engine: Engine) -> Arc<Self> {
        let (stop, stopped) = channel();
        std::thread::spawn(move || {
            while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Arc::new(Self { _stop: stop })
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("scenario", &self.meta.scenario).finish_non_exhaustive()
    }
}

/// The engine of all modules that this program made, if the machine has the addresses for its pool.
static SHARED: OnceLock<Option<Engine>> = OnceLock::new();

fn config(foreign: bool, level: OptLevel) -> Config {
    let mut config = Config::new();
    // The machine compares its numbers and makes whole ones of them: no bit of a NaN shows. What others made may look.
    config.cranelift_opt_level(level).cranelift_nan_canonicalization(foreign);
    config.epoch_interruption(foreign);
    config
}

/// An engine whose memories go from one run to the next: what a run has touched is cleared, not given back. Runs on
/// several threads else wait for each other, since each page that one of them touches for the first time stops all.
fn pooled() -> Result<Engine, wasmtime::Error> {
    let places = std::thread::available_parallelism().map_or(1, usize::from).saturating_mul(4).max(PLACES_LEAST) as u32;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(places).total_memories(places).total_tables(places).max_unused_warm_slots(0);
    pool.max_core_instance_size(INSTANCE_BYTES_MAX);
    pool.linear_memory_keep_resident(KEPT_BYTES).pagemap_scan(Enabled::Auto);
    let mut config = config(false, OptLevel::Speed);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

impl Prepared {
    /// Compiles a module that this program made.
    ///
    /// # Errors
    /// If it is none of ours, not valid, or imports something.
    pub fn new(wasm: &[u8]) -> Result<Self, HostError> {
        Self::compile(wasm, false, OptLevel::Speed)
    }

    /// Compiles a module that this program made without optimizing it: sooner ready, slower, and the same facts.
    ///
    /// # Errors
    /// As for [`Prepared::new`].
    pub fn unoptimized(wasm: &[u8]) -> Result<Self, HostError> {
        Self::compile(wasm, false, OptLevel::None)
    }

    /// Compiles a module from elsewhere: a call that takes too long is interrupted.
    ///
    /// # Errors
    /// As for [`Prepared::new`].
    pub fn foreign(wasm: &[u8]) -> Result<Self, HostError> {
        Self::compile(wasm, true, OptLevel::Speed)
    }

    fn compile(wasm: &[u8], foreign: bool, level: OptLevel) -> Result<Self, HostError> {
        let meta = Meta::of(wasm).map_err(HostError::Meta)?;
        let shared = SHARED.get_or_init(|| pooled().ok()).as_ref().filter(|_| !foreign && level == OptLevel::Speed);
        // What is too large for a place of the pool has an engine of its own.
        let pooled = shared.and_then(|engine| Some((engine.clone(), Module::new(engine, wasm).ok()?)));
        let (engine, module) = match pooled {
            Some(found) => found,
            None => {
                let engine = Engine::new(&config(foreign, level)).map_err(|e| HostError::Module(e.to_string()))?;
                let module = Module::new(&engine, wasm).map_err(|error| HostError::Module(format!("{error:#}")))?;
                (engine, module)
            }
        };
        if let Some(import) = module.imports().next() {
            return Err(HostError::Imports(format!("{}.{}", import.module(), import.name())));
        }
        let clock = foreign.then(|| Clock::start(engine.clone()));
        Ok(Self { engine, module, meta, clock })
    }

    /// What the module says of itself.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// An instance with fresh memory.
    ///
    /// # Errors
    /// If an export is missing or memory cannot be had.
    pub fn instantiate(&self) -> Result<WasmtimeGuest, HostError> {
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY_MAX).memories(1).tables(1).instances(1).build();
        let mut store = Store::new(&self.engine, limits);
        store.limiter(|limits| limits);
        if self.clock.is_some() {
            store.set_epoch_deadline(CALL_SECONDS_MAX);
        }
        let instance = Instance::new(&mut store, &self.module, &[]).map_err(|e| HostError::Module(format!("{e:#}")))?;
        let missing = |name: &str| HostError::Module(format!("it does not export `{name}` as it should"));
        let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| missing("memory"))?;
        macro_rules! export {
            ($name:literal) => {
                instance.get_typed_func(&mut store, $name).map_err(|_| missing($name))?
            };
        }
        Ok(WasmtimeGuest {
            init: export!("sysdl_init"),
            run: export!("sysdl_run"),
            now: export!("sysdl_now"),
            set: export!("sysdl_set"),
            columns: export!("sysdl_columns"),
            records: export!("sysdl_records"),
            digest: export!("sysdl_digest"),
            memory,
            store,
            clock: self.clock.clone(),
        })
    }
}

/// A module under wasmtime.
pub struct WasmtimeGuest {
    store: Store<StoreLimits>,
    memory: Memory,
    init: TypedFunc<i64, i32>,
    run: TypedFunc<(i64, i64), i32>,
    now: TypedFunc<(), i64>,
    set: TypedFunc<(i32, f64), i32>,
    columns: TypedFunc<(), i32>,
    records: TypedFunc<(), i32>,
    digest: TypedFunc<i32, i64>,
    clock: Option<Arc<Clock>>,
}

impl WasmtimeGuest {
    /// The store, with the whole time of a call ahead.
    fn fresh(&mut self) -> &mut Store<StoreLimits> {
        if self.clock.is_some() {
            self.store.set_epoch_deadline(CALL_SECONDS_MAX);
        }
        &mut self.store
    }
}

fn trap(error: wasmtime::Error) -> HostError {
    HostError::Trap(format!("{error:#}"))
}

impl Guest for WasmtimeGuest {
    type Error = HostError;

    fn init(&mut self, seed: u64) -> Result<(), HostError> {
        match self.init.clone().call(self.fresh(), seed as i64).map_err(trap)? {
            0 => Ok(()),
            code => Err(HostError::Refused(code)),
        }
    }

    fn run(&mut self, until_ns: u64, max_events: u64) -> Result<Status, HostError> {
        let code = self.run.clone().call(self.fresh(), (until_ns as i64, max_events as i64)).map_err(trap)?;
        Status::of(code).ok_or(HostError::Refused(code))
    }

    fn now(&mut self) -> Result<u64, HostError> {
        Ok(self.now.clone().call(self.fresh(), ()).map_err(trap)? as u64)
    }

    fn set(&mut self, slot: u32, value: f64) -> Result<bool, HostError> {
        Ok(self.set.clone().call(self.fresh(), (slot as i32, value)).map_err(trap)? == 0)
    }

    fn digest(&mut self, word: u32) -> Result<u64, HostError> {
        Ok(self.digest.clone().call(self.fresh(), word as i32).map_err(trap)? as u64)
    }

    fn columns(&mut self) -> Result<u32, HostError> {
        Ok(self.columns.clone().call(self.fresh(), ()).map_err(trap)? as u32)
    }

    fn records(&mut self) -> Result<u32, HostError> {
        Ok(self.records.clone().call(self.fresh(), ()).map_err(trap)? as u32)
    }

    fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }
}
