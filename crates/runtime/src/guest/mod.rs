//! A running module, whatever runs it.

#[cfg(feature = "host")]
mod wasmtime;

#[cfg(feature = "host")]
pub use self::wasmtime::{HostError, Prepared, WasmtimeGuest};

/// How a call of `sysdl_run` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything before the given instant has been handled.
    Reached,
    /// The whole duration has been simulated.
    Done,
    /// As many events as allowed were handled.
    OutOfBudget,
    /// Requests in flight or future events ran out of room.
    OutOfPool,
}

impl Status {
    /// Of the number that the module returns.
    #[must_use]
    pub fn of(code: i32) -> Option<Self> {
        Some(match code {
            0 => Status::Reached,
            1 => Status::Done,
            2 => Status::OutOfBudget,
            3 => Status::OutOfPool,
            _ => return None,
        })
    }
}

/// What the driver needs of a module.
pub trait Guest {
    /// How a call can go wrong.
    type Error: std::error::Error;

    /// Lays out state for a seed.
    ///
    /// # Errors
    /// If the module traps or refuses.
    fn init(&mut self, seed: u64) -> Result<(), Self::Error>;

    /// Handles events before `until_ns`, about as many as `max_events` at most: exactly so up to 512, and of more until what was
    /// resolved ahead of time has happened.
    ///
    /// # Errors
    /// If the module traps.
    fn run(&mut self, until_ns: u64, max_events: u64) -> Result<Status, Self::Error>;

    /// Every fact with an earlier instant is in the digest.
    ///
    /// # Errors
    /// If the module traps.
    fn now(&mut self) -> Result<u64, Self::Error>;

    /// Sets a live parameter. False if there is no such slot.
    ///
    /// # Errors
    /// If the module traps.
    fn set(&mut self, slot: u32, value: f64) -> Result<bool, Self::Error>;

    /// A word of the digests.
    ///
    /// # Errors
    /// If the module traps.
    fn digest(&mut self, word: u32) -> Result<u64, Self::Error>;

    /// Address of the column directory.
    ///
    /// # Errors
    /// If the module traps.
    fn columns(&mut self) -> Result<u32, Self::Error>;

    /// Address of the ring of records.
    ///
    /// # Errors
    /// If the module traps.
    fn records(&mut self) -> Result<u32, Self::Error>;

    /// The module's memory.
    fn memory(&self) -> &[u8];
}
