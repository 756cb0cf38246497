//! The kernel as the build script prepared it: bodies to copy, and what is known about them.

use rustc_hash::FxHashMap;
use std::ops::Range;
use wasm_encoder::{InstructionSink, ValType};

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
pub(super) fn functions() -> &'static [u8] {
    FUNCTIONS
}

/// Encoded body of a kernel function.
pub(super) fn body(function: u32) -> &'static [u8] {
    let function = function as usize;
    let end = BODIES.get(function + 1).map_or(CODE.len(), |next| next.0 as usize);
    &CODE[BODIES[function].0 as usize..end]
}

/// The same with what it reads of a header, which never changes, in place of the reading.
pub(super) fn body_for(function: u32, header: &[u8]) -> Vec<u8> {
    let body = body(function);
    let (mut made, mut place) = (Vec::with_capacity(body.len()), 0);
    while let Some(&byte) = body.get(place) {
        if constant(&body[place..], header, &mut made).is_some() {
            place += READING;
        } else {
            made.push(byte);
            place += 1;
        }
    }
    made
}

/// Bytes of reading the header: `i32.const 0`, an opcode, an alignment, an address. The build script has made sure that what
/// looks like it is it.
const READING: usize = 7;

/// Writes what these bytes read of a header, if that is what they do.
fn constant(bytes: &[u8], header: &[u8], made: &mut Vec<u8>) -> Option<()> {
    let [0x41, 0, load @ (0x28 | 0x29), _, low, middle, high] = *bytes.first_chunk::<READING>()? else { return None };
    if low & middle & 0x80 == 0 {
        return None;
    }
    let address = u32::from(low & 0x7f) | u32::from(middle & 0x7f) << 7 | u32::from(high) << 14;
    let read = header.get(address.checked_sub(HEADER)? as usize..)?;
    let mut sink = InstructionSink::new(made);
    match load {
        0x28 => sink.i32_const(i32::from_le_bytes(*read.first_chunk()?)),
        _ => sink.i64_const(i64::from_le_bytes(*read.first_chunk()?)),
    };
    Some(())
}

/// Data segments: address and bytes.
pub(super) fn segments() -> impl Iterator<Item = (i32, &'static [u8])> {
    SEGMENTS.iter().map(|(address, range)| (*address, &DATA[range.clone()]))
}

/// Index of every function that the kernel names.
pub(super) fn names() -> FxHashMap<&'static str, u32> {
    EXPORTS.iter().copied().collect()
}

/// Kernel functions that can be reached from some of them, not by way of those that are cut off.
pub(super) fn reachable(roots: impl IntoIterator<Item = u32>, cut_off: &[u32]) -> Vec<bool> {
    let mut reached = vec![false; BODIES.len()];
    let mut open: Vec<u32> = roots.into_iter().collect();
    while let Some(function) = open.pop() {
        if !cut_off.contains(&function) && !std::mem::replace(&mut reached[function as usize], true) {
            open.extend(BODIES[function as usize].1.iter().map(|&callee| u32::from(callee)));
        }
    }
    reached
}
