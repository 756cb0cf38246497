//! A walk over code, operation by operation: what is known of values on the stack and in locals, and what is written.

use super::Known;
use super::in_line::Caller;
use super::reader::{Reader, op};
use super::value::{self, Value};
use super::ways::{Choice, Frame, Kind};
use super::writer::{put, put_number};

/// What is known of locals: of few at a time.
#[derive(Clone, Default)]
pub(super) struct State(Vec<(u32, Value)>);

impl State {
    pub(super) fn get(&self, local: u32) -> Option<Value> {
        self.0.iter().find(|(number, _)| *number == local).map(|(_, value)| *value)
    }

    pub(super) fn set(&mut self, local: u32, value: Option<Value>) {
        self.0.retain(|(number, _)| *number != local);
        self.0.extend(value.map(|value| (local, value)));
    }

    /// What another knows as well stays known.
    pub(super) fn agree(&mut self, other: &State) {
        self.0.retain(|(local, value)| other.get(*local) == Some(*value));
    }

    /// Nothing is known of locals from one on.
    pub(super) fn forget_from(&mut self, first: u32) {
        self.0.retain(|(local, _)| *local < first);
    }
}

/// A value that the code has on its stack.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) known: Option<Value>,
    /// Where the code begins that makes it and does nothing else, if it can be taken back.
    pub(super) start: Option<usize>,
}

pub(super) struct Walk<'a, 'k> {
    pub(super) known: &'a Known<'k>,
    pub(super) reader: Reader<'a>,
    /// See [`Caller`].
    pub(super) function: u32,
    pub(super) first: u32,
    /// Those that wait for the end of the function at hand.
    pub(super) callers: Vec<Caller<'a>>,
    pub(super) code: Vec<u8>,
    /// Types of locals.
    pub(super) types: Vec<u8>,
    /// Where the operation begins that was written last, unless it was taken back.
    pub(super) last: Option<usize>,
    /// The last branch that is taken or not.
    pub(super) choice: Option<Choice>,
    pub(super) stack: Vec<Entry>,
    pub(super) frames: Vec<Frame>,
    pub(super) locals: State,
    /// Whether some way leads here.
    pub(super) live: bool,
    pub(super) callees: Vec<u32>,
    pub(super) kinds: Vec<u32>,
}

impl<'a, 'k: 'a> Walk<'a, 'k> {
    pub(super) fn begin(function: u32, body: &'a [u8], parameters: &[u8], known: &'a Known<'k>) -> Self {
        let mut walk = Self {
            known,
            reader: Reader::new(body),
            function,
            first: 0,
            callers: Vec::new(),
            code: Vec::with_capacity(body.len()),
            types: parameters.to_vec(),
            last: None,
            choice: None,
            stack: Vec::new(),
            frames: Vec::new(),
            locals: State::default(),
            live: true,
            callees: Vec::new(),
            kinds: Vec::new(),
        };
        walk.declare();
        walk.frames.push(Frame::new(Kind::Block, false, 0, 0));
        walk
    }

    /// Reads an operation, and writes what is left of it.
    pub(super) fn step(&mut self) {
        let start = self.reader.at;
        let opcode = self.reader.byte();
        match opcode {
            op::BLOCK | op::LOOP | op::IF => self.open(opcode),
            op::ELSE => self.otherwise(),
            op::END => self.close(),
            op::BR => {
                let depth = self.reader.u32();
                self.branch(depth);
            }
            op::BR_IF => self.branch_if(start),
            op::BR_TABLE => self.branch_by_number(start),
            op::UNREACHABLE => {
                self.write(&[opcode]);
                self.live = false;
            }
            op::RETURN => self.give_back(),
            op::CALL => {
                let function = self.reader.u32();
                self.call(function);
            }
            op::CALL_INDIRECT => self.call_label(start),
            op::DROP => {
                let entry = self.pop();
                self.discard(entry);
            }
            op::SELECT => self.select(),
            op::LOCAL_GET => self.local_get(),
            op::LOCAL_SET => self.local_set(),
            op::LOCAL_TEE => self.local_tee(),
            op::GLOBAL_SET => {
                self.pop();
                self.copy(start, opcode);
                self.pin();
            }
            op::GLOBAL_GET | op::MEMORY_SIZE | op::F32_CONST => {
                let made = self.code.len();
                self.copy(start, opcode);
                self.push(None, Some(made));
            }
            op::LOAD..=op::LOAD_LAST => self.load(opcode),
            op::STORE..=op::STORE_LAST => {
                self.stack.truncate(self.stack.len() - 2);
                self.copy(start, opcode);
                self.pin();
            }
            op::I32_CONST => {
                let value = self.reader.i32();
                self.push_number(Value::I32(value));
            }
            op::OFFSET => {
                let (table, offset) = (self.reader.u32() as usize, self.reader.u32());
                self.push_number(Value::I32(offset as i32));
                self.top().known = Some(Value::Offset { table, offset });
            }
            op::I64_CONST => {
                let value = self.reader.i64();
                self.push_number(Value::I64(value));
            }
            op::F64_CONST => {
                let bits = self.reader.bits64();
                self.push_number(Value::F64(bits));
            }
            op::MORE => self.more(start),
            _ if value::operands(opcode) == 1 => self.unary(opcode),
            _ => self.binary(opcode),
        }
    }

    pub(super) fn pop(&mut self) -> Entry {
        self.stack.pop().unwrap_or(Entry { known: None, start: None })
    }

    pub(super) fn push(&mut self, known: Option<Value>, start: Option<usize>) {
        self.stack.push(Entry { known, start });
    }

    pub(super) fn top(&mut self) -> &mut Entry {
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    pub(super) fn push_number(&mut self, value: Value) {
        let start = self.code.len();
        self.last = Some(start);
        value.write(&mut self.code);
        self.push(Some(value), Some(start));
    }

    /// Something is done: what is on the stack cannot be taken back any more.
    pub(super) fn pin(&mut self) {
        for entry in self.stack.iter_mut().rev() {
            if entry.start.take().is_none() {
                break;
            }
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.last = Some(self.code.len());
        self.code.extend(bytes);
    }

    /// Writes an operation on what has a number.
    pub(super) fn write_with(&mut self, opcode: u8, number: u32) {
        self.last = Some(self.code.len());
        put(&mut self.code, opcode, number);
    }

    /// Writes an operation as it is.
    pub(super) fn copy(&mut self, start: usize, opcode: u8) {
        if self.reader.at == start + 1 {
            self.reader.skip_immediates(opcode);
        }
        let bytes = self.reader.since(start);
        self.write(bytes);
    }

    /// Takes back what was written from a place on.
    pub(super) fn take_back(&mut self, start: usize) {
        self.code.truncate(start);
        self.last = None;
        self.choice = self.choice.filter(|choice| choice.end <= start);
    }

    /// Nobody wants a value that was on top.
    pub(super) fn discard(&mut self, entry: Entry) {
        match (entry.start, self.last) {
            (Some(start), _) => self.take_back(start),
            (None, Some(last)) if self.code[last] == op::LOCAL_TEE => self.code[last] = op::LOCAL_SET,
            _ => self.write(&[op::DROP]),
        }
    }

    pub(super) fn select(&mut self) {
        let (condition, b, a) = (self.pop(), self.pop(), self.pop());
        match (condition.known, condition.start, b.start, a.start) {
            (Some(Value::I32(0)), Some(end), Some(middle), Some(start)) => {
                self.take_back(end);
                self.code.drain(start..middle);
                self.push(b.known, a.start);
            }
            (Some(Value::I32(_)), Some(_), Some(middle), Some(_)) => {
                self.take_back(middle);
                self.push(a.known, a.start);
            }
            _ => {
                self.write(&[op::SELECT]);
                self.push(None, b.start.and(a.start));
            }
        }
    }

    /// Reads the number of a local.
    pub(super) fn local(&mut self) -> u32 {
        self.first + self.reader.u32()
    }

    pub(super) fn write_local(&mut self, opcode: u8, local: u32) {
        self.write_with(opcode, local);
    }

    pub(super) fn local_get(&mut self) {
        let local = self.local();
        let known = self.locals.get(local);
        match known.filter(|known| known.is_repeated()) {
            Some(number) => self.push_number(number),
            None => {
                let made = self.code.len();
                self.write_local(op::LOCAL_GET, local);
                self.push(known, Some(made));
            }
        }
    }

    pub(super) fn local_set(&mut self) {
        let local = self.local();
        let known = self.pop().known;
        self.locals.set(local, known);
        self.write_local(op::LOCAL_SET, local);
        self.pin();
    }

    pub(super) fn local_tee(&mut self) {
        let local = self.local();
        let entry = self.pop();
        self.locals.set(local, entry.known);
        self.pin();
        match entry.known.filter(|known| known.is_number()) {
            Some(number) => {
                self.write_local(op::LOCAL_SET, local);
                self.push_number(number);
            }
            None => {
                self.write_local(op::LOCAL_TEE, local);
                self.push(entry.known, None);
            }
        }
    }

    pub(super) fn load(&mut self, opcode: u8) {
        let (align, offset, table) = self.reader.load();
        let address = self.pop();
        let (width, value) = value::loaded(opcode);
        let frozen = self.known.frozen;
        let known = match (address.known, table) {
            _ if width == 0 => None,
            (Some(Value::I32(base)), _) => frozen.at((base as u32).wrapping_add(offset), width),
            (Some(Value::Field { table, offset: first }), _) => frozen.in_all_rows(table, first + offset, width),
            (_, Some(table)) => frozen.in_all_rows(table, offset, width),
            _ => None,
        };
        if let Some(bits) = known {
            self.discard(address);
            return self.push_number(value(bits));
        }
        self.last = Some(self.code.len());
        write_load(&mut self.code, opcode, align, offset);
        self.push(None, address.start);
    }

    pub(super) fn unary(&mut self, opcode: u8) {
        let a = self.pop();
        match (a.known.and_then(|known| value::unary(opcode, known)), a.start) {
            (Some(number), Some(start)) => {
                self.take_back(start);
                self.push_number(number);
            }
            (known, start) => {
                self.write(&[opcode]);
                self.push(known, start);
            }
        }
    }

    pub(super) fn binary(&mut self, opcode: u8) {
        let (b, a) = (self.pop(), self.pop());
        let known = a.known.zip(b.known).and_then(|(a, b)| value::binary(opcode, a, b));
        let field = value::field(opcode, a.known, b.known);
        match (known.or(field), a.start) {
            (Some(number), Some(start)) if number.is_number() => {
                self.take_back(start);
                self.push_number(number);
            }
            (known, start) => match b.start {
                // A number to which nothing is added.
                Some(second) if value::is_idle(opcode, b.known) => {
                    self.take_back(second);
                    self.push(known.or(a.known), start);
                }
                _ => {
                    self.write(&[opcode]);
                    self.push(known, start);
                }
            },
        }
    }

    /// Operations with a second number: conversions that cannot fail, and copies in memory.
    pub(super) fn more(&mut self, start: usize) {
        let which = self.reader.u32();
        if which < 8 {
            let entry = self.pop();
            self.copy_more(start);
            return self.push(None, entry.start);
        }
        self.stack.truncate(self.stack.len() - 3);
        self.reader.at += if which == 10 { 2 } else { 1 };
        self.copy_more(start);
        self.pin();
    }

    pub(super) fn copy_more(&mut self, start: usize) {
        let bytes = self.reader.since(start);
        self.write(bytes);
    }
}

/// Writes a load, without the table.
pub fn write_load(code: &mut Vec<u8>, opcode: u8, align: u32, offset: u32) {
    code.push(opcode);
    put_number(code, align);
    put_number(code, offset);
}
