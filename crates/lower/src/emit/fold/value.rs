//! What is known of a value before the code runs.

use super::reader::op;
use wasm_encoder::InstructionSink;

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    I32(i32),
    I64(i64),
    /// The bits of a float.
    F64(u64),
    /// Offset of a field in rows of a table, to be added to the address of one.
    Offset {
        table: usize,
        offset: u32,
    },
    /// Address of the field at an offset, in some row of a table.
    Field {
        table: usize,
        offset: u32,
    },
}

use Value::{F64, I32, I64};

impl Value {
    /// Writes it, if it is a number.
    pub fn write(self, code: &mut Vec<u8>) {
        match self {
            I32(value) => drop(InstructionSink::new(code).i32_const(value)),
            I64(value) => drop(InstructionSink::new(code).i64_const(value)),
            F64(bits) => {
                code.push(op::F64_CONST);
                code.extend(bits.to_le_bytes());
            }
            Value::Offset { .. } | Value::Field { .. } => {}
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, I32(_) | I64(_) | F64(_))
    }

    /// Whether it is written again where a local with it is read, so that the local need not be: of 32 bits always, since most
    /// are read once.
    pub fn is_repeated(self) -> bool {
        match self {
            I32(_) => true,
            I64(value) => (-8192..8192).contains(&value),
            _ => false,
        }
    }
}

/// How many values an operation on numbers takes; none that only numbers have is beyond these.
pub fn operands(opcode: u8) -> usize {
    match opcode {
        0x45 | 0x50 | 0x67..=0x69 | 0x79..=0x7b | 0x8b..=0x91 | 0x99..=0x9f | 0xa7..=0xc4 => 1,
        _ => 2,
    }
}

/// The result of an operation on one number, if it is one that is reckoned here.
pub fn unary(opcode: u8, a: Value) -> Option<Value> {
    Some(match (opcode, a) {
        (0x45, I32(a)) => I32((a == 0).into()),
        (0x50, I64(a)) => I32((a == 0).into()),
        (0xa7, I64(a)) => I32(a as i32),
        (0xac, I32(a)) => I64(a.into()),
        (0xad, I32(a)) => I64((a as u32).into()),
        _ => return None,
    })
}

/// The result of an operation on two numbers, if it is one that is reckoned here.
pub fn binary(opcode: u8, a: Value, b: Value) -> Option<Value> {
    match (a, b) {
        (I32(a), I32(b)) => binary32(opcode, a, b).map(I32),
        (I64(a), I64(b)) => match opcode {
            0x51..=0x5a => Some(I32(compare(opcode - 0x51, a, b, a as u64, b as u64).into())),
            0x7c => Some(I64(a.wrapping_add(b))),
            0x83 => Some(I64(a & b)),
            0x84 => Some(I64(a | b)),
            _ => None,
        },
        (F64(a), F64(b)) => {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            let holds = match opcode {
                0x61 => a == b,
                0x62 => a != b,
                0x63 => a < b,
                0x64 => a > b,
                0x65 => a <= b,
                0x66 => a >= b,
                _ => return None,
            };
            Some(I32(holds.into()))
        }
        _ => None,
    }
}

/// The address that comes of adding the offset of a field.
pub fn field(opcode: u8, a: Option<Value>, b: Option<Value>) -> Option<Value> {
    match (opcode, a, b) {
        (op::I32_ADD, Some(I32(row)), Some(Value::Offset { offset, .. }))
        | (op::I32_ADD, Some(Value::Offset { offset, .. }), Some(I32(row))) => {
            Some(I32(row.wrapping_add(offset as i32)))
        }
        (op::I32_ADD, _, Some(Value::Offset { table, offset }))
        | (op::I32_ADD, Some(Value::Offset { table, offset }), _) => Some(Value::Field { table, offset }),
        _ => None,
    }
}

/// Whether an operation with such a second number leaves the first as it is.
pub fn is_idle(opcode: u8, b: Option<Value>) -> bool {
    let adds = matches!(opcode, 0x6a | 0x6b | 0x72..=0x76 | 0x7c | 0x7d | 0x84..=0x88);
    adds && matches!(b, Some(I32(0) | I64(0)))
}

fn binary32(opcode: u8, a: i32, b: i32) -> Option<i32> {
    Some(match opcode {
        0x46..=0x4f => compare(opcode - 0x46, a, b, a as u32, b as u32).into(),
        0x6a => a.wrapping_add(b),
        0x6b => a.wrapping_sub(b),
        0x6c => a.wrapping_mul(b),
        0x71 => a & b,
        0x72 => a | b,
        0x73 => a ^ b,
        0x74 => a.wrapping_shl(b as u32),
        0x75 => a.wrapping_shr(b as u32),
        0x76 => (a as u32).wrapping_shr(b as u32) as i32,
        _ => return None,
    })
}

/// The comparison of that number, of those that WebAssembly has for whole numbers.
fn compare<S: Ord, U: Ord>(number: u8, a: S, b: S, a_plain: U, b_plain: U) -> bool {
    match number {
        0 => a == b,
        1 => a != b,
        2 => a < b,
        3 => a_plain < b_plain,
        4 => a > b,
        5 => a_plain > b_plain,
        6 => a <= b,
        7 => a_plain <= b_plain,
        8 => a >= b,
        _ => a_plain >= b_plain,
    }
}

/// What a load of an opcode makes of the bytes that it reads, and how many these are.
pub fn loaded(opcode: u8) -> (usize, fn(u64) -> Value) {
    match opcode {
        0x28 => (4, |bits| I32(bits as i32)),
        0x29 => (8, |bits| I64(bits as i64)),
        0x2b => (8, F64),
        0x2d => (1, |bits| I32(bits as i32)),
        0x2f => (2, |bits| I32(bits as i32)),
        0x31 | 0x33 | 0x35 => (
            match opcode {
                0x31 => 1,
                0x33 => 2,
                _ => 4,
            },
            |bits| I64(bits as i64),
        ),
        _ => (0, |_| I32(0)),
    }
}
