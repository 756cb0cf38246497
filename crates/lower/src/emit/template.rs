//! The kernel as the build script prepared it: bodies to copy, and what is known about them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use wasm_encoder::{Encode, Instruction, ValType};

/// Where a body reads at a constant address: place and length of the instructions, the address from the header's on, and
/// whether it reads 64 bits.
type Read = (u32, u32, u32, bool);

include!(concat!(env!("OUT_DIR"), "/template.rs"));

static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.bin"));
static DATA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/data.bin"));

/// Address of the kernel's `HEADER`.
pub(super) const HEADER_ADDRESS: u32 = HEADER;
/// First address that the kernel leaves free.
pub(super) const HEAP_ADDRESS: u32 = HEAP;
/// Initial value of the stack pointer, the only global.
pub(super) const STACK_POINTER: i32 = STACK;

/// Signatures of the kernel, in order of type index.
pub(super) fn types() -> impl ExactSizeIterator<Item = (Vec<ValType>, Vec<ValType>)> {
    let read = |letters: &[u8]| letters.iter().map(|&letter| value_type(letter)).collect();
    TYPES.iter().map(move |(parameters, results)| (read(parameters), read(results)))
}

fn value_type(letter: u8) -> ValType {
    match letter {
        b'i' => ValType::I32,
        b'l' => ValType::I64,
        b'f' => ValType::F32,
        _ => ValType::F64,
    }
}

/// Type index of every kernel function.
pub(super) fn functions() -> &'static [u32] {
    FUNCTIONS
}

/// Encoded body of a kernel function.
pub(super) fn body(function: u32) -> &'static [u8] {
    &CODE[BODIES[function as usize].0.clone()]
}

/// The same with what it reads of a header, which never changes, in place of the reading.
pub(super) fn body_for(function: u32, header: &[u8]) -> Cow<'static, [u8]> {
    let (body, reads) = (body(function), BODIES[function as usize].2);
    let (mut made, mut done) = (Vec::with_capacity(body.len()), 0);
    for &(place, len, offset, wide) in reads {
        let (place, offset) = (place as usize, offset as usize);
        let constant = match wide {
            false => bytes_at(header, offset).map(|bytes| Instruction::I32Const(i32::from_le_bytes(bytes))),
            true => bytes_at(header, offset).map(|bytes| Instruction::I64Const(i64::from_le_bytes(bytes))),
        };
        if let Some(constant) = constant {
            made.extend_from_slice(&body[done..place]);
            constant.encode(&mut made);
            done = place + len as usize;
        }
    }
    if done == 0 {
        return Cow::Borrowed(body);
    }
    made.extend_from_slice(&body[done..]);
    Cow::Owned(made)
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// Data segments: address and bytes.
pub(super) fn segments() -> impl Iterator<Item = (i32, &'static [u8])> {
    SEGMENTS.iter().map(|(address, range)| (*address, &DATA[range.clone()]))
}

/// Index of every function that the kernel names.
pub(super) fn names() -> HashMap<&'static str, u32> {
    EXPORTS.iter().copied().collect()
}

/// Kernel functions that can be reached from some of them, not by way of those that are cut off.
pub(super) fn reachable(roots: impl IntoIterator<Item = u32>, cut_off: &[u32]) -> Vec<bool> {
    let mut reached = vec![false; BODIES.len()];
    let mut open: Vec<u32> = roots.into_iter().collect();
    while let Some(function) = open.pop() {
        if !cut_off.contains(&function) && !std::mem::replace(&mut reached[function as usize], true) {
            open.extend_from_slice(BODIES[function as usize].1);
        }
    }
    reached
}
