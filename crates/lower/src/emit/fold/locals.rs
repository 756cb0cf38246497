//! Locals of what was written: those that nothing reads are not set, the others are numbered anew.

use super::reader::{Reader, op};
use super::writer::{put, put_number};

/// Types of numbers: of 32 and 64 bits, and floats of as many.
const NUMBERS: [u8; 4] = [0x7f, 0x7e, 0x7d, 0x7c];

/// The body of a function of code, which takes so many values and has locals of these types, the values among them.
pub fn settled(code: &[u8], parameters: usize, types: &[u8]) -> Vec<u8> {
    let read = which_are_read(code, types.len());
    let mut numbers: Vec<u32> = (0..types.len() as u32).collect();
    let (mut groups, mut next) = (Vec::new(), parameters as u32);
    for kind in NUMBERS {
        let first = next;
        for local in (parameters..types.len()).filter(|&local| read[local] && types[local] == kind) {
            numbers[local] = next;
            next += 1;
        }
        if next > first {
            groups.push((next - first, kind));
        }
    }

    let mut body = Vec::with_capacity(code.len() + 16);
    put_number(&mut body, groups.len() as u32);
    for (count, kind) in groups {
        put_number(&mut body, count);
        body.push(kind);
    }
    write(code, &read, &numbers, &mut body);
    body
}

fn which_are_read(code: &[u8], count: usize) -> Vec<bool> {
    let mut reader = Reader::new(code);
    let mut read = vec![false; count];
    while !reader.is_at_end() {
        let opcode = reader.byte();
        if opcode == op::LOCAL_GET {
            read[reader.u32() as usize] = true;
        } else {
            reader.skip_immediates(opcode);
        }
    }
    read
}

fn write(code: &[u8], read: &[bool], numbers: &[u32], body: &mut Vec<u8>) {
    let mut reader = Reader::new(code);
    // What is not yet written begins here; it is written at a time, up to what is done with a local.
    let mut from = 0;
    // Where the last operation comes to stand, if it makes a value and does nothing else.
    let mut value = None;
    while !reader.is_at_end() {
        let start = reader.at;
        let at = body.len() + start - from;
        let opcode = reader.byte();
        if !(op::LOCAL_GET..=op::LOCAL_TEE).contains(&opcode) {
            reader.skip_immediates(opcode);
            value = (op::I32_CONST..=op::F64_CONST).contains(&opcode).then_some(at);
            continue;
        }
        body.extend_from_slice(&code[from..start]);
        let local = reader.u32() as usize;
        from = reader.at;
        match (read[local], opcode, value) {
            (false, op::LOCAL_TEE, _) => {}
            (false, _, Some(start)) => {
                body.truncate(start);
                value = None;
            }
            (false, _, None) => body.push(op::DROP),
            (true, ..) => {
                put(body, opcode, numbers[local]);
                value = (opcode == op::LOCAL_GET).then_some(at);
            }
        }
    }
    body.extend_from_slice(&code[from..]);
}
