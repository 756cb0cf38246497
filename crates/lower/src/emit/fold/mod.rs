//! The kernel's functions as one plan needs them.
//!
//! Before: the code of a kernel function, which reads from the header and from rows what it has to do.
//! After: code that has numbers where it would read what never changes, and no way on which these numbers do not lead.
//!
//! The kernel is written for every system; most of what it asks a row has one answer in a system at hand. What is read of the
//! header is known, and so is a field of a row that is the same in all rows of its table, of whichever row it is read
//! ([`Frozen`]). A walk over the code follows such numbers through locals and operations, and where a branch asks for one of
//! them, only one of its ways is written; small functions are written in place of calls of them ([`in_line`]), and so know what
//! they are called with. A function to which no way leads is left out of the module, and with it whatever only that one calls.
//!
//! The code of a function is read once, from its begin to its end, which WebAssembly's blocks allow: at the end of a block
//! what is known is what all ways that lead there agree on; at the begin of a loop nothing is known of what it sets.

mod frozen;
mod in_line;
mod locals;
pub(super) mod reader;
#[cfg(test)]
mod tests;
pub(super) mod value;
mod walk;
mod ways;
pub(super) mod writer;

pub(super) use frozen::Frozen;

use reader::{Reader, op};
use value::Value;
use walk::{Walk, write_load};

/// A function, which functions it calls, some more than once, and of which types it calls any that have a label.
pub(super) struct Folded {
    pub(super) body: Vec<u8>,
    pub(super) callees: Vec<u32>,
    pub(super) kinds: Vec<u32>,
}

/// What a call may be of.
#[derive(Clone, Copy)]
pub(super) struct Callee<'a> {
    /// Types of what it takes, and of what it returns, if anything.
    pub(super) parameters: &'a [u8],
    pub(super) result: Option<u8>,
    /// Its code, if that may stand in place of a call.
    pub(super) in_line: Option<&'a [u8]>,
    /// No way leads to a call of it.
    pub(super) is_absent: bool,
}

/// What a function is folded with.
pub(super) struct Known<'a> {
    pub(super) frozen: &'a Frozen<'a>,
    /// By index of a type, what a function of it takes, and what it returns, if anything.
    pub(super) types: &'a [(&'a [u8], Option<u8>)],
    /// What a function is, by its index.
    pub(super) callee: &'a dyn Fn(u32) -> Callee<'a>,
    /// The function of a label, if there is one.
    pub(super) labelled: &'a dyn Fn(u32) -> Option<u32>,
}

/// The body of a function that takes values of some types, with what never changes in place of reading it. It is not written in
/// place of a call of itself.
pub(super) fn fold(index: u32, body: &[u8], parameters: &[u8], known: &Known<'_>) -> Folded {
    let mut walk = Walk::begin(index, body, parameters, known);
    while !walk.frames.is_empty() {
        if !walk.live {
            walk.reader.skip_to_end();
        }
        walk.step();
    }
    let body = locals::settled(&walk.code, parameters.len(), &walk.types);
    Folded { body, callees: walk.callees, kinds: walk.kinds }
}

/// The body of a function as it is, in WebAssembly.
pub(super) fn plain(body: &[u8]) -> Folded {
    let mut reader = Reader::new(body);
    let (mut code, mut callees) = (Vec::with_capacity(body.len()), Vec::new());
    reader.locals(|_, _| ());
    code.extend(reader.since(0));
    while !reader.is_at_end() {
        let start = reader.at;
        let opcode = reader.byte();
        match opcode {
            op::LOAD..=op::LOAD_LAST => {
                let (align, offset, _) = reader.load();
                write_load(&mut code, opcode, align, offset);
            }
            op::OFFSET => {
                reader.u32();
                Value::I32(reader.u32() as i32).write(&mut code);
            }
            _ => {
                if opcode == op::CALL {
                    callees.push(reader.clone().u32());
                }
                reader.skip_immediates(opcode);
                code.extend(reader.since(start));
            }
        }
    }
    Folded { body: code, callees, kinds: Vec::new() }
}
