//! Calls, and functions that stand in place of them.

use super::Callee;
use super::reader::{Reader, op};
use super::value::Value;
use super::walk::{Entry, Walk};
use super::ways::{Frame, Kind};

/// A function that waits for the end of another.
pub(super) struct Caller<'a> {
    pub(super) function: u32,
    pub(super) reader: Reader<'a>,
    /// Number of its first local among those of the function that is written.
    pub(super) first: u32,
}

/// Most functions in line within each other.
const IN_LINE_MOST: usize = 8;

impl<'a, 'k: 'a> Walk<'a, 'k> {
    /// Reads which locals the function at hand has, and gives them numbers.
    pub(super) fn declare(&mut self) {
        let types = &mut self.types;
        self.reader.locals(|count, kind| types.resize(types.len() + count as usize, kind));
    }

    /// The function at hand is over.
    pub(super) fn give_back(&mut self) {
        match self.frames.iter().rposition(|frame| frame.kind == Kind::InLine) {
            Some(index) => self.branch((self.frames.len() - 1 - index) as u32),
            None => {
                self.write(&[op::RETURN]);
                self.live = false;
            }
        }
    }

    /// A call of the function of a label: one of that function, if it is known which.
    pub(super) fn call_label(&mut self, start: usize) {
        let (kind, _) = (self.reader.u32(), self.reader.u32());
        let label = self.pop();
        if let (Some(Value::I32(number)), Some(made)) = (label.known, label.start)
            && let Some(function) = (self.known.labelled)(number as u32)
        {
            self.take_back(made);
            return self.call(function);
        }
        let (parameters, result) = self.known.types[kind as usize];
        self.stack.truncate(self.stack.len() - parameters.len());
        self.copy(start, op::CALL_INDIRECT);
        self.kinds.push(kind);
        self.pin();
        if result.is_some() {
            self.push(None, None);
        }
    }

    /// A call, or the function in its place, or nothing behind which anything could be.
    pub(super) fn call(&mut self, function: u32) {
        let callee = (self.known.callee)(function);
        if callee.is_absent {
            return self.is_never(self.stack.len() - callee.parameters.len());
        }
        if let Some(body) = callee.in_line
            && self.callers.len() < IN_LINE_MOST
            && self.function != function
            && self.callers.iter().all(|caller| caller.function != function)
        {
            return self.write_in_line(function, &callee, body);
        }
        self.stack.truncate(self.stack.len() - callee.parameters.len());
        self.write_with(op::CALL, function);
        self.callees.push(function);
        self.pin();
        if callee.result.is_some() {
            self.push(None, None);
        }
    }

    /// A function in place of a call of it: what it takes goes to locals. Those that it has besides need not be zero again when
    /// it comes a second time: what compiled the kernel lets it set a local before it reads it.
    pub(super) fn write_in_line(&mut self, function: u32, callee: &Callee<'k>, body: &'k [u8]) {
        let first = self.types.len() as u32;
        self.types.extend(callee.parameters);
        let arguments = self.stack.split_off(self.stack.len() - callee.parameters.len());
        // What does nothing but make a value can be written again, each before it is set.
        let plain = arguments.iter().position(|argument| argument.start.is_some()).unwrap_or(arguments.len());
        let end = self.code.len();
        let ends = arguments[plain..].iter().skip(1).filter_map(|next| next.start).chain([end]);
        let starts = arguments[plain..].iter().filter_map(|argument| argument.start);
        let ranges: Vec<_> = starts.zip(ends).collect();
        let taken = self.code.split_off(ranges.first().map_or(end, |first| first.0));
        let offset = self.code.len();
        for (number, argument) in arguments.iter().enumerate().rev() {
            if number >= plain {
                let (start, end) = ranges[number - plain];
                self.code.extend(&taken[start - offset..end - offset]);
            }
            let local = first + number as u32;
            self.locals.set(local, argument.known);
            self.write_local(op::LOCAL_SET, local);
        }
        self.pin();
        let caller = Caller { function: self.function, reader: self.reader.clone(), first: self.first };
        self.callers.push(caller);
        (self.function, self.reader, self.first) = (function, Reader::new(body), first);
        self.declare();
        let start = self.code.len();
        self.write(&[op::BLOCK, callee.result.unwrap_or(op::EMPTY)]);
        self.frames.push(Frame::new(Kind::InLine, callee.result.is_some(), self.stack.len(), start));
    }

    /// The end of a function in place of a call.
    pub(super) fn go_back(&mut self, mut frame: Frame) {
        let result = self.stack.get(frame.height).copied().filter(|_| self.live);
        self.stack.truncate(frame.height);
        if frame.branched || !self.live {
            self.write(&[op::END]);
            if frame.result {
                self.push(None, None);
            }
        } else {
            // Nothing branches out of it: it needs no block.
            self.code.drain(frame.start..frame.start + 2);
            (self.last, self.choice) = (None, None);
            if let Some(Entry { known, start }) = result {
                self.push(known, start.map(|start| start - 2));
            }
        }
        if let Some(joined) = &mut frame.joined {
            joined.forget_from(self.first);
        }
        if let Some(caller) = self.callers.pop() {
            (self.function, self.reader, self.first) = (caller.function, caller.reader, caller.first);
        }
        self.go_on_behind(frame);
    }
}
