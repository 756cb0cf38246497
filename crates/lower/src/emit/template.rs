//! The kernel as the build script prepared it: bodies to copy, and what is known about them.

use std::ops::{Index, Range};

include!(concat!(env!("OUT_DIR"), "/template.rs"));

static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.bin"));
static DATA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/data.bin"));

/// Address of the kernel's `HEADER`.
pub(super) const HEADER_ADDRESS: u32 = HEADER;
/// First address that the kernel leaves free.
pub(super) const HEAP_ADDRESS: u32 = HEAP;
/// Initial value of the stack pointer, the only global.
pub(super) const STACK_POINTER: i32 = STACK;

/// Types of functions of the kernel, [`TYPES_COUNT`] of them, in order of type index: what one takes and returns, as a module writes it. Each ends with
/// the code of its result less 64, or with 0.
pub(super) fn types() -> impl Iterator<Item = (&'static [u8], Option<u8>)> {
    let types = TYPES.split_inclusive(|&code| code < 0x40);
    types.filter_map(|all| all.split_last()).map(|(&end, parameters)| (parameters, (end > 0).then_some(end + 0x40)))
}

/// Type index of every kernel function.
pub(super) fn functions() -> &'static [u8] {
    FUNCTIONS
}

/// Encoded bodies of kernel functions.
pub(super) fn bodies() -> Vec<&'static [u8]> {
    let mut rest = CODE;
    SIZES.iter().filter_map(|&size| rest.split_off(..usize::from(size))).collect()
}

/// Data segments: address and bytes.
pub(super) fn segments() -> impl Iterator<Item = (i32, &'static [u8])> {
    SEGMENTS.iter().map(|(address, range)| (*address, &DATA[range.clone()]))
}

/// Functions that the kernel names, in order of names, with their indices.
pub(super) struct Names(Vec<(&'static str, u32)>);

impl Names {
    pub(super) fn new() -> Self {
        Self(NAMES.lines().zip(NAMED.iter().map(|&index| u32::from(index))).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.0.iter().copied()
    }
}

impl Index<&str> for Names {
    type Output = u32;

    fn index(&self, name: &str) -> &u32 {
        let place = self.0.partition_point(|&(other, _)| other < name);
        debug_assert_eq!(self.0[place].0, name);
        &self.0[place].1
    }
}
