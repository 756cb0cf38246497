//! Typed access to linear memory, by the addresses of the header.
//!
//! All state is reached through `Cell`s or by-value reads and writes, so no two references to
//! changing memory ever exist. Row numbers come from the linker's rows or the machine's own pools.

use crate::layout::{Distribution, FRAME_BYTES, Header, Source, TAG_BYTES, Table, frame32, frame64};
use crate::shape::{self, CELLS, Point};
use core::cell::{Cell, UnsafeCell};

/// The header. Its content is the linker's, so it must not be a constant to the optimizer.
#[repr(transparent)]
pub struct HeaderCell(UnsafeCell<Header>);

// SAFETY: a wasm module has one thread.
unsafe impl Sync for HeaderCell {}

/// Where the linker writes the header.
#[unsafe(no_mangle)]
pub static HEADER: HeaderCell = HeaderCell(UnsafeCell::new(Header::ZERO));

/// State of the machine as a whole.
pub struct Machine {
    pub now: Cell<u64>,
    pub events: Cell<u64>,
    pub requests: Cell<u64>,
    pub seed: Cell<u64>,
    pub windows_closed: Cell<u64>,
    pub ready: Cell<bool>,
    /// Not 0 once a pool ran out.
    pub halted: Cell<u32>,
    /// Instant of the first event of all lanes; the last of all instants if there is none.
    pub lane_at: Cell<u64>,
    /// Lane that it is in.
    pub lane: Cell<u32>,
    /// An instant at which the first event of every other lane is, or before it.
    pub lanes_behind_at: Cell<u64>,
    /// Events in the calendar.
    pub calendar_len: Cell<u32>,
    /// Of those that are due soon the first: its address, and its instant.
    pub soonest: Cell<u32>,
    pub soonest_at: Cell<u64>,
    /// Address from which on nothing can be added to their row as it is.
    pub row_full: Cell<u32>,
    /// Those that are in their heap, and most of those ever.
    pub heap_len: Cell<u32>,
    pub heap_peak: Cell<u32>,
    /// Most places of a lane in use so far, the first one not counted.
    pub lanes_peak: Cell<u32>,
    /// First free frame plus one.
    pub free: Cell<u32>,
    /// Frames ever used.
    pub fresh: Cell<u32>,
    pub in_use: Cell<u32>,
    /// Visits whose server was taken and whose program has yet to begin: first and last plus one.
    pub started_head: Cell<u32>,
    pub started_tail: Cell<u32>,
    /// Durations that are noted and yet to be counted.
    pub observed: Cell<u32>,
}

// SAFETY: a wasm module has one thread.
unsafe impl Sync for Machine {}

static MACHINE: Machine = Machine {
    now: Cell::new(0),
    events: Cell::new(0),
    requests: Cell::new(0),
    seed: Cell::new(0),
    windows_closed: Cell::new(0),
    ready: Cell::new(false),
    halted: Cell::new(0),
    lane_at: Cell::new(0),
    lane: Cell::new(0),
    lanes_behind_at: Cell::new(0),
    calendar_len: Cell::new(0),
    soonest: Cell::new(0),
    soonest_at: Cell::new(0),
    row_full: Cell::new(0),
    heap_len: Cell::new(0),
    heap_peak: Cell::new(0),
    lanes_peak: Cell::new(0),
    free: Cell::new(0),
    fresh: Cell::new(0),
    in_use: Cell::new(0),
    started_head: Cell::new(0),
    started_tail: Cell::new(0),
    observed: Cell::new(0),
};

/// The machine.
#[inline(always)]
pub fn machine() -> &'static Machine {
    &MACHINE
}

/// The instant of the event at hand.
#[inline(always)]
pub fn now() -> u64 {
    MACHINE.now.get()
}

/// The layout.
#[inline(always)]
pub fn header() -> &'static Header {
    // SAFETY: the linker wrote it before instantiation; nothing writes it afterwards.
    unsafe { &*HEADER.0.get() }
}

/// Reads the `index`-th value at an address.
#[inline(always)]
pub fn read<T: Copy>(address: u32, index: u32) -> T {
    const { assert!(size_of::<T>() < TAG_BYTES) }
    // SAFETY: addresses and lengths are the linker's; memory is sized to hold them.
    unsafe { (address as *const T).add(index as usize).read() }
}

/// Writes the `index`-th value at an address.
#[inline(always)]
pub fn write<T: Copy>(address: u32, index: u32, value: T) {
    // SAFETY: as for `read`.
    unsafe { (address as *mut T).add(index as usize).write(value) }
}

/// Consecutive values at an address. Whoever fills them does so once, before anyone reads them.
#[inline(always)]
pub fn slice<T>(address: u32, len: u32) -> &'static mut [T] {
    // SAFETY: as for `read`; the tables lie apart, are filled in `sysdl_init` and never written afterwards.
    unsafe { core::slice::from_raw_parts_mut(address as *mut T, len as usize) }
}

/// A row. It takes no more memory than its fields do, whatever its tag.
#[inline(always)]
pub fn row<T>(table: Table, index: u32) -> &'static T {
    let bytes = (size_of::<T>() % TAG_BYTES) as u32;
    // SAFETY: as for `read`; what changes in a row is in cells, and a tag is never read.
    unsafe { &*((table.address + index * bytes) as *const T) }
}

/// Address of a frame.
#[inline(always)]
fn frame_at(frame: u32) -> u32 {
    header().frames + frame * FRAME_BYTES
}

/// A word of 64 bits of a frame.
#[inline(always)]
pub fn get64(word: u32, frame: u32) -> u64 {
    read(frame_at(frame), word)
}

/// Sets a word of 64 bits of a frame.
#[inline(always)]
pub fn set64(word: u32, frame: u32, value: u64) {
    write(frame_at(frame), word, value);
}

/// A word of 32 bits of a frame.
#[inline(always)]
pub fn get32(word: u32, frame: u32) -> u32 {
    read(frame_at(frame), 2 * frame64::COUNT + word)
}

/// Sets a word of 32 bits of a frame.
#[inline(always)]
pub fn set32(word: u32, frame: u32, value: u32) {
    write(frame_at(frame), 2 * frame64::COUNT + word, value);
}

/// A register of a frame.
#[inline(always)]
pub fn register(number: u32, frame: u32) -> u32 {
    read(header().frame_registers, number * header().frames_max + frame)
}

/// Sets a register of a frame.
#[inline(always)]
pub fn set_register(number: u32, frame: u32, value: u32) {
    write(header().frame_registers, number * header().frames_max + frame, value);
}

/// Key of a strand.
#[inline(always)]
pub fn key_of(frame: u32) -> u64 {
    get64(frame64::KEY, frame)
}

/// Generation of a strand.
#[inline(always)]
pub fn generation_of(frame: u32) -> u32 {
    get32(frame32::GENERATION, frame)
}

/// Value of a cell.
#[inline(always)]
pub fn cell(index: u32) -> f64 {
    read(header().cells.address, index)
}

/// A value of a distribution in nanoseconds. Not in line: it is called from many places, and a module must be small.
#[unsafe(export_name = "k_sample")]
#[inline(never)]
pub extern "C" fn sample(distribution: u32, word: u64) -> f64 {
    let row: &Distribution = row(header().distributions, distribution);
    match row.form {
        0 => row.scale,
        1 => row.offset + row.scale * shape::uniform(word),
        2 => row.offset + row.scale * unit(row.table, word),
        _ => row.offset + row.scale * one_of(row.table, row.form - 3, word),
    }
}

/// A value of a unit table.
#[inline]
pub fn unit(table: u32, word: u64) -> f64 {
    // SAFETY: the linker reserved a table there, `build_tables` filled it, and nothing writes it.
    shape::unit(unsafe { &*(table as *const [f64; CELLS]) }, word)
}

/// One of some values.
#[unsafe(export_name = "if_histogram_one_of")]
#[inline(never)]
pub extern "C" fn one_of(points: u32, count: u32, word: u64) -> f64 {
    // SAFETY: the linker wrote so many points there, and nothing writes them again.
    shape::one_of(unsafe { core::slice::from_raw_parts(points as *const Point, count as usize) }, word)
}

/// A source's row.
#[inline(always)]
pub fn source(index: u32) -> &'static Source {
    row(header().sources, index)
}
