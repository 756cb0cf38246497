//! Where code goes on: blocks, branches, and what is known where ways come together.

use super::reader::op;
use super::value::Value;
use super::walk::{State, Walk};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Block,
    Loop,
    If,
    /// An `if` of which only the first part is written.
    Taken,
    /// A function in place of a call of it.
    InLine,
}

/// What is open in the code.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) result: bool,
    /// Values below it.
    pub(super) height: usize,
    /// Where it begins in the code that is written.
    pub(super) start: usize,
    /// Whether a branch leads to its end.
    pub(super) branched: bool,
    /// What is known behind it, if some way leads there.
    pub(super) joined: Option<State>,
    /// What is known where the other part of an `if` begins.
    pub(super) other: Option<State>,
}

impl Frame {
    pub(super) fn new(kind: Kind, result: bool, height: usize, start: usize) -> Self {
        Self { kind, result, height, start, branched: false, joined: None, other: None }
    }
}

/// A branch that is taken or not.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub(super) depth: u32,
    /// Where what it asks for is made by code that does nothing else.
    pub(super) start: Option<usize>,
    /// Where it is written.
    pub(super) at: usize,
    /// What is written next.
    pub(super) end: usize,
}

impl Walk<'_, '_> {
    pub(super) fn open(&mut self, opcode: u8) {
        let of = self.reader.byte();
        let mut kind = if opcode == op::LOOP { Kind::Loop } else { Kind::Block };
        let mut other = None;
        if opcode == op::IF {
            let condition = self.pop();
            if let Some(Value::I32(value)) = condition.known {
                self.discard(condition);
                if value != 0 {
                    kind = Kind::Taken;
                } else {
                    self.reader.skip_to_end();
                    if self.reader.byte() == op::END {
                        return;
                    }
                }
            } else {
                kind = Kind::If;
                other = Some(self.locals.clone());
            }
        }
        if kind == Kind::Loop {
            for local in self.reader.set_until_end() {
                self.locals.set(self.first + local, None);
            }
        }
        self.pin();
        let (start, height) = (self.code.len(), self.stack.len());
        let written = match kind {
            Kind::Loop => op::LOOP,
            Kind::If => op::IF,
            _ => op::BLOCK,
        };
        self.write(&[written, of]);
        self.frames.push(Frame { other, ..Frame::new(kind, of != op::EMPTY, height, start) });
    }

    pub(super) fn otherwise(&mut self) {
        let depth = self.frames.len() - 1;
        if self.live {
            self.join(depth);
        }
        let frame = &mut self.frames[depth];
        self.stack.truncate(frame.height);
        self.live = false;
        if let Some(other) = frame.other.take() {
            self.locals = other;
            self.live = true;
            self.write(&[op::ELSE]);
        }
    }

    pub(super) fn close(&mut self) {
        let depth = self.frames.len() - 1;
        if self.live {
            self.join(depth);
        }
        let Some(mut frame) = self.frames.pop() else { return };
        if frame.kind == Kind::InLine {
            return self.go_back(frame);
        }
        if let Some(other) = frame.other.take() {
            join(&mut frame.joined, &other);
        }
        self.stack.truncate(frame.height);
        let plain = matches!(frame.kind, Kind::Block | Kind::Taken) && !frame.result;
        let empty = plain && !self.frames.is_empty();
        match self.code.get(frame.start + 2..) {
            Some([] | [op::BR, 0]) if empty => self.take_back(frame.start),
            _ => self.write(&[op::END]),
        }
        if frame.result {
            self.push(None, None);
        }
        self.go_on_behind(frame);
    }

    /// What is open is closed: some way leads on, or none.
    pub(super) fn go_on_behind(&mut self, frame: Frame) {
        self.live = frame.joined.is_some();
        match frame.joined {
            Some(state) => self.locals = state,
            None if !self.frames.is_empty() => self.write(&[op::UNREACHABLE]),
            None => {}
        }
    }

    /// A way leads from here to where a branch to that depth from the outside goes.
    pub(super) fn join(&mut self, index: usize) {
        let frame = &mut self.frames[index];
        join(&mut frame.joined, &self.locals);
    }

    pub(super) fn leads_to(&mut self, depth: u32) {
        let index = self.frames.len() - 1 - depth as usize;
        self.frames[index].branched = true;
        if self.frames[index].kind != Kind::Loop {
            self.join(index);
        }
    }

    pub(super) fn branch(&mut self, depth: u32) {
        self.leads_to(depth);
        self.write_with(op::BR, depth);
        self.live = false;
    }

    pub(super) fn branch_if(&mut self, start: usize) {
        let depth = self.reader.u32();
        let condition = self.pop();
        match condition.known {
            Some(Value::I32(value)) => {
                self.discard(condition);
                if value != 0 {
                    self.branch(depth);
                }
            }
            _ => {
                self.leads_to(depth);
                let at = self.code.len();
                self.copy(start, op::BR_IF);
                self.pin();
                self.choice = Some(Choice { depth, start: condition.start, at, end: self.code.len() });
            }
        }
    }

    pub(super) fn branch_by_number(&mut self, start: usize) {
        let ways: Vec<u32> = (0..=self.reader.u32()).map(|_| self.reader.u32()).collect();
        let number = self.pop();
        if let Some(Value::I32(value)) = number.known {
            self.discard(number);
            let last = ways.len() - 1;
            return self.branch(ways[last.min(value as u32 as usize)]);
        }
        self.copy(start, op::BR_TABLE);
        ways.into_iter().for_each(|depth| self.leads_to(depth));
        self.live = false;
    }

    /// No way leads here, from a value on that was on the stack: the branch before is taken always.
    pub(super) fn is_never(&mut self, first: usize) {
        if let Some(start) = self.stack.get(first).and_then(|entry| entry.start) {
            self.take_back(start);
        }
        self.stack.truncate(first);
        match self.choice.take().filter(|choice| choice.end == self.code.len()) {
            Some(Choice { depth, start: Some(start), .. }) => {
                self.take_back(start);
                self.branch(depth);
            }
            Some(Choice { depth, at, .. }) => {
                self.take_back(at);
                self.write(&[op::DROP]);
                self.branch(depth);
            }
            None => {
                self.write(&[op::UNREACHABLE]);
                self.live = false;
            }
        }
    }
}

/// What is known where a way comes to others.
fn join(joined: &mut Option<State>, state: &State) {
    match joined {
        None => *joined = Some(state.clone()),
        Some(known) => known.agree(state),
    }
}
