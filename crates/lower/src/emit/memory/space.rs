//! Bytes and addresses: rows to be copied, then state.

use sysdl_kernel::layout::Table;
use zerocopy::IntoBytes;

/// Bytes of rows, none of which has a gap.
pub(super) fn bytes_of<T: IntoBytes>(rows: &[T]) -> &[u8] {
    // SAFETY: every byte of such a type is initialized. Cells in it are of whoever laid it out, who lends all of it as long as
    // the bytes are read.
    unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), size_of_val(rows)) }
}

/// Of what a pool is, which is used from its begin on, only as far as it has ever been needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Frames, up to their peak.
    Frames,
    /// Events that are due soon, up to their peak.
    Soon,
    /// Blocks of other events, up to theirs.
    Blocks,
    /// Lanes of events that come in order, each up to that of all.
    Lanes,
}

/// State that is a pool: columns of cells, one after the other. Whoever copies a module's state can leave out what was never
/// used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Address of the first column.
    pub address: u32,
    /// Columns.
    pub columns: u32,
    /// Cells of each.
    pub cells: u32,
    /// Bytes of a cell.
    pub cell_bytes: u32,
    /// How far it is used.
    pub pool: Pool,
}

/// Hands out addresses, 16-byte aligned, from the end of the kernel's own memory on.
pub(super) struct Space {
    pub(super) first: u64,
    pub(super) next: u64,
    pub(super) bytes: Vec<u8>,
    /// What takes most, in words.
    pub(super) largest: (u64, &'static str),
    /// Where most of the state is never used.
    pub(super) extents: Vec<Extent>,
}

impl Space {
    pub(super) fn new(first: u32) -> Self {
        let first = u64::from(first).next_multiple_of(16);
        Self { first, next: first, bytes: Vec::new(), largest: (0, "rows"), extents: Vec::new() }
    }

    /// Rows to be copied; must all come before any state.
    pub(super) fn rows<T: IntoBytes>(&mut self, rows: &[T]) -> Table {
        let address = self.next as u32;
        self.bytes.extend_from_slice(bytes_of(rows));
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        self.next = self.first + self.bytes.len() as u64;
        Table { address, len: rows.len() as u32 }
    }

    /// Goes on where another space, which lies behind this one, ended.
    pub(super) fn go_on_after(&mut self, other: &Self) {
        self.next = other.next;
        self.largest = other.largest;
    }

    /// `count` items of state.
    pub(super) fn state(&mut self, count: u64, item_bytes: usize, what: &'static str) -> u32 {
        let address = self.next;
        let bytes = count * item_bytes as u64;
        if bytes > self.largest.0 {
            self.largest = (bytes, what);
        }
        self.next = (address + bytes).next_multiple_of(16);
        // A sum beyond 32 bits is reported once everything is laid out.
        address as u32
    }

    /// The next address is a multiple of a power of two.
    pub(super) fn align(&mut self, to: u64) {
        self.next = self.next.next_multiple_of(to);
    }

    /// Columns of as many cells as there are frames.
    pub(super) fn frames(&mut self, columns: u32, frames: u32, cell_bytes: usize) -> u32 {
        self.pool(Pool::Frames, columns, frames, cell_bytes as u32)
    }

    /// Columns of a pool.
    pub(super) fn pool(&mut self, pool: Pool, columns: u32, cells: u32, cell_bytes: u32) -> u32 {
        let what = if pool == Pool::Frames { "requests in flight" } else { "future events" };
        let address = self.state(u64::from(columns) * u64::from(cells), cell_bytes as usize, what);
        self.extents.push(Extent { address, columns, cells, cell_bytes, pool });
        address
    }
}
