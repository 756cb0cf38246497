//! What never changes while a module runs: the header, and the rows of tables that are tagged.

use super::super::memory::Image;
use std::ops::Range;
use sysdl_kernel::layout::TAGGED;

/// Memory that never changes.
pub struct Frozen<'a> {
    pub(super) header_address: u32,
    pub(super) header: &'a [u8],
    pub(super) tables: Vec<Rows<'a>>,
}

/// A table.
pub(super) struct Rows<'a> {
    address: u32,
    bytes: &'a [u8],
    /// By byte of a row, whether it is the same in all rows. There is none if there are no rows. Of an array, which the
    /// code may read at any place, all are if no bit is set, or every bit; otherwise none.
    same: Vec<bool>,
}

impl<'a> Frozen<'a> {
    /// Of an image whose header lies at an address.
    pub fn of(image: &'a Image, header_address: u32) -> Self {
        let header = image.header_bytes();
        let tables = TAGGED.iter().map(|of| {
            let word = |at: usize| number(&header[at..at + 4]) as u32;
            let (address, len) = (word(of.header_offset), word(of.header_offset + 4) as usize);
            let first = address.saturating_sub(image.address) as usize;
            let bytes = image.bytes.get(first..first + len * of.row_bytes).unwrap_or(&[]);
            Rows::of(address, bytes, of.row_bytes, of.arrays)
        });
        Self { header_address, header, tables: tables.collect() }
    }

    /// The bytes at an address, as a number, if they never change.
    pub fn at(&self, address: u32, width: usize) -> Option<u64> {
        let header = (self.header_address, self.header);
        let tables = self.tables.iter().map(|table| (table.address, table.bytes));
        std::iter::once(header).chain(tables).find_map(|(first, bytes)| {
            let at = address.checked_sub(first)? as usize;
            bytes.get(at..at + width).map(number)
        })
    }

    /// The bytes of a field, as a number, if they are the same in all rows.
    pub fn in_all_rows(&self, table: usize, offset: u32, width: usize) -> Option<u64> {
        let (table, field) = (self.tables.get(table)?, offset as usize..offset as usize + width);
        table.same.get(field.clone())?.iter().all(|&same| same).then(|| number(&table.bytes[field]))
    }
}

impl<'a> Rows<'a> {
    /// Rows of so many bytes each, with arrays in them.
    pub(super) fn of(address: u32, bytes: &'a [u8], size: usize, arrays: &[Range<usize>]) -> Self {
        Self { address, bytes, same: same(bytes, size, arrays) }
    }
}

fn same(rows: &[u8], size: usize, arrays: &[Range<usize>]) -> Vec<bool> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut same: Vec<bool> = (0..size).map(|at| rows.chunks(size).all(|row| row[at] == rows[at])).collect();
    for array in arrays {
        let plain =
            [0x00, 0xff].iter().any(|&byte| rows.chunks(size).all(|row| row[array.clone()].iter().all(|&b| b == byte)));
        same[array.clone()].fill(plain);
    }
    same
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
