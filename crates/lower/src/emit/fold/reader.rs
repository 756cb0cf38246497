//! Reading code, of the kernel too, which the build script has held to what is read here.
//!
//! It is WebAssembly, but where the kernel reads a field of a row the table stands above the bits of the alignment, and the
//! offset of a field is an operation of its own, which takes the numbers of table and byte.

/// Opcodes that are named somewhere.
pub mod op {
    pub const UNREACHABLE: u8 = 0x00;
    pub const BLOCK: u8 = 0x02;
    pub const LOOP: u8 = 0x03;
    pub const IF: u8 = 0x04;
    pub const ELSE: u8 = 0x05;
    /// The kernel's: the offset of a field in a row.
    pub const OFFSET: u8 = 0x06;
    pub const END: u8 = 0x0b;
    pub const BR: u8 = 0x0c;
    pub const BR_IF: u8 = 0x0d;
    pub const BR_TABLE: u8 = 0x0e;
    pub const RETURN: u8 = 0x0f;
    pub const CALL: u8 = 0x10;
    pub const CALL_INDIRECT: u8 = 0x11;
    pub const DROP: u8 = 0x1a;
    pub const SELECT: u8 = 0x1b;
    pub const LOCAL_GET: u8 = 0x20;
    pub const LOCAL_SET: u8 = 0x21;
    pub const LOCAL_TEE: u8 = 0x22;
    pub const GLOBAL_GET: u8 = 0x23;
    pub const GLOBAL_SET: u8 = 0x24;
    pub const LOAD: u8 = 0x28;
    pub const LOAD_LAST: u8 = 0x35;
    pub const STORE: u8 = 0x36;
    pub const STORE_LAST: u8 = 0x3e;
    pub const MEMORY_SIZE: u8 = 0x3f;
    pub const I32_CONST: u8 = 0x41;
    pub const I64_CONST: u8 = 0x42;
    pub const F32_CONST: u8 = 0x43;
    pub const F64_CONST: u8 = 0x44;
    pub const I32_ADD: u8 = 0x6a;
    /// What is behind it says which.
    pub const MORE: u8 = 0xfc;
    /// Block type without a result.
    pub const EMPTY: u8 = 0x40;
}

/// A place in the code of one function.
#[derive(Clone)]
pub struct Reader<'a> {
    code: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(code: &'a [u8]) -> Self {
        Self { code, at: 0 }
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.code.len()
    }

    /// Reads what locals there are: so many of a type each.
    pub fn locals(&mut self, mut each: impl FnMut(u32, u8)) {
        for _ in 0..self.u32() {
            let count = self.u32();
            each(count, self.byte());
        }
    }

    /// What has been read since a place.
    pub fn since(&self, start: usize) -> &'a [u8] {
        &self.code[start..self.at]
    }

    pub fn byte(&mut self) -> u8 {
        self.at += 1;
        self.code[self.at - 1]
    }

    pub fn u32(&mut self) -> u32 {
        self.number().0 as u32
    }

    pub fn i32(&mut self) -> i32 {
        self.i64() as i32
    }

    pub fn i64(&mut self) -> i64 {
        let (value, bits) = self.number();
        let above = 64_u32.saturating_sub(bits);
        value << above >> above
    }

    /// A number without its sign, and how many bits were written.
    fn number(&mut self) -> (i64, u32) {
        let (mut value, mut bits) = (0, 0);
        loop {
            let byte = self.byte();
            value |= i64::from(byte & 0x7f) << bits;
            bits += 7;
            if byte & 0x80 == 0 {
                return (value, bits);
            }
        }
    }

    /// The 8 bytes of a float.
    pub fn bits64(&mut self) -> u64 {
        let bytes = self.code[self.at..].first_chunk().copied().unwrap_or_default();
        self.at += 8;
        u64::from_le_bytes(bytes)
    }

    /// What stands behind the opcode of a load: alignment, offset, and of which table the row is that it reads, if of one.
    pub fn load(&mut self) -> (u32, u32, Option<usize>) {
        let (align, offset) = (self.u32(), self.u32());
        (align & 3, offset, (align as usize >> 2).checked_sub(1))
    }

    /// Passes over what stands behind an opcode.
    pub fn skip_immediates(&mut self, opcode: u8) {
        match opcode {
            op::BLOCK | op::LOOP | op::IF => self.at += 1,
            op::BR | op::BR_IF | op::CALL | op::LOCAL_GET..=op::GLOBAL_SET | op::I32_CONST | op::I64_CONST => {
                self.number();
            }
            op::MEMORY_SIZE | 0x40 => self.at += 1,
            op::OFFSET | op::CALL_INDIRECT | op::LOAD..=op::STORE_LAST => {
                self.number();
                self.number();
            }
            op::BR_TABLE => {
                for _ in 0..=self.u32() {
                    self.u32();
                }
            }
            op::F32_CONST => self.at += 4,
            op::F64_CONST => self.at += 8,
            op::MORE => {
                let which = self.u32();
                self.at += match which {
                    10 => 2,
                    11 => 1,
                    _ => 0,
                };
            }
            _ => {}
        }
    }

    /// Goes to the `else` or `end` of what is open, which is read next.
    pub fn skip_to_end(&mut self) {
        let mut depth = 0;
        loop {
            let start = self.at;
            let opcode = self.byte();
            match opcode {
                op::BLOCK | op::LOOP | op::IF => depth += 1,
                op::END | op::ELSE if depth == 0 => {
                    self.at = start;
                    return;
                }
                op::END => depth -= 1,
                _ => {}
            }
            self.skip_immediates(opcode);
        }
    }

    /// Locals that are set until the end of what is open.
    pub fn set_until_end(&self) -> Vec<u32> {
        let (mut reader, mut depth, mut set) = (self.clone(), 0, Vec::new());
        loop {
            let opcode = reader.byte();
            match opcode {
                op::BLOCK | op::LOOP | op::IF => depth += 1,
                op::END if depth == 0 => return set,
                op::END => depth -= 1,
                op::LOCAL_SET | op::LOCAL_TEE => {
                    set.push(reader.u32());
                    continue;
                }
                _ => {}
            }
            reader.skip_immediates(opcode);
        }
    }
}
