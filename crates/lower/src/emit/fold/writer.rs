//! Writing code.

use wasm_encoder::Encode as _;

/// Writes an operation on what has a number. It is called from many places: in line it would make the page's compiler larger.
#[inline(never)]
pub fn put(code: &mut Vec<u8>, opcode: u8, number: u32) {
    code.push(opcode);
    put_number(code, number);
}

/// Writes a number without a sign. Most are small.
pub fn put_number(code: &mut Vec<u8>, number: u32) {
    match number {
        0..0x80 => code.push(number as u8),
        _ => number.encode(code),
    }
}
