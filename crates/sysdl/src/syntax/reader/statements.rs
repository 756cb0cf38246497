//! Files, blocks, statements; and what costs only a statement if it cannot be read.

use super::Reader;
use super::tokens::string_len;
use crate::syntax::ast::{File, Node, Statement};
use crate::syntax::explain::{self, Form};
use std::sync::Arc;

/// Where a statement stands, by which it is known how far a bad one reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    File,
    Block,
}

impl Reader<'_> {
    /// The whole text; or the place from which on nothing can be made of it.
    pub(in crate::syntax) fn file(&mut self) -> Result<File, usize> {
        self.statements(Place::File);
        let statements = std::mem::take(&mut self.open);
        self.gap();
        if self.at == self.text.len() { Ok(File { statements }) } else { Err(self.at) }
    }

    /// What is between braces.
    pub(super) fn body(&mut self) -> Arc<[Statement]> {
        let first = self.open.len();
        self.statements(Place::Block);
        self.open.drain(first..).collect()
    }

    /// Statements, which are open from then on.
    fn statements(&mut self, place: Place) {
        let (first, mut docs) = (self.open.len(), Vec::new());
        loop {
            let separated = self.separators(&mut docs);
            if !separated && self.open.len() > first {
                return;
            }
            match self.statement(place, std::mem::take(&mut docs)) {
                Some(statement) => self.open.push(statement),
                None => return,
            }
        }
    }

    /// Passes over what is between statements; gathers documentation.
    fn separators(&mut self, docs: &mut Vec<String>) -> bool {
        let mut any = false;
        loop {
            self.gap();
            if self.newline() {
            } else if matches!(self.peek(0), b';' | b',') {
                self.at += 1;
            } else if let Some(doc) = self.doc() {
                docs.push(doc);
            } else {
                return any;
            }
            any = true;
        }
    }

    fn statement(&mut self, place: Place, docs: Vec<String>) -> Option<Statement> {
        let start = self.at;
        let good = self.maybe(|r| {
            let node = r.good(&docs)?;
            let span = r.since(start);
            r.gap();
            r.ended(place).then_some((node, span))
        });
        if let Some((mut node, span)) = good {
            if matches!(node, Node::Item(_))
                && !self.explaining
                && let Some(diagnostic) = explain::declaration(self.text, span)
            {
                self.diagnostics.push(diagnostic);
                node = Node::Bad;
            }
            return Some(Statement { span, docs, node });
        }
        self.bad(place)?;
        let span = self.since(start);
        if !self.explaining {
            self.diagnostics.push(explain::statement(self.text, span));
        }
        Some(Statement { span, docs, node: Node::Bad })
    }

    /// Whether a statement may end here.
    fn ended(&mut self, place: Place) -> bool {
        let block = place == Place::Block;
        self.at_newline() || self.peek(0) == b';' || block && matches!(self.peek(0), b',' | b'}') || self.end_of_text()
    }

    /// Passes over a statement that cannot be read: to the end of its line, braces balanced. It must not swallow a `}` of a
    /// block around it, or every level above would be tried again.
    fn bad(&mut self, place: Place) -> Option<()> {
        let start = self.at;
        while self.at < self.text.len() {
            match self.peek(0) {
                b'\n' | b'\r' | b';' => break,
                b'}' if place == Place::Block => break,
                b'{' => self.at = self.closed().unwrap_or(self.at + 1),
                _ => self.at += 1,
            }
        }
        (self.at > start).then_some(())
    }

    /// The place behind the brace that closes the one here. Texts and comments within are passed over.
    fn closed(&mut self) -> Option<usize> {
        if self.unclosed.binary_search(&self.at).is_ok() {
            return None;
        }
        let (bytes, mut open, mut i) = (self.text.as_bytes(), Vec::new(), self.at);
        while i < bytes.len() {
            i += match bytes[i] {
                b'"' => string_len(&self.text[i..]).unwrap_or(1),
                b'/' if bytes[i..].starts_with(b"//") => {
                    bytes[i..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len() - i)
                }
                b'{' => {
                    open.push(i);
                    1
                }
                b'}' => {
                    open.pop();
                    if open.is_empty() {
                        return Some(i + 1);
                    }
                    1
                }
                _ => 1,
            };
        }
        self.unclosed = open;
        None
    }

    /// A statement, whatever it is: the first form that can be read, even if something follows that cannot.
    fn good(&mut self, docs: &[String]) -> Option<Node> {
        let word = self.letters();
        if word == "sysdl" {
            let header = self.maybe(Self::header);
            if header.is_some() {
                return header;
            }
        }
        // What begins with a path is read once for all forms that do.
        let path = self.maybe(|r| {
            let start = r.at;
            let path = r.path()?;
            let end = std::mem::replace(&mut r.at, start);
            Some((path, end))
        });
        let (path, end) = path?;
        let path = match self.maybe(|r| {
            r.at = end;
            r.assignment()
        }) {
            Some((op, value)) => return Some(self.assigned(path, op, value)),
            None => path,
        };
        if let Some(node) = self.worded(word, docs) {
            return Some(node);
        }
        let start = std::mem::replace(&mut self.at, end);
        let path = match self.edge(path) {
            Ok(edge) => return Some(edge),
            Err(path) => path,
        };
        self.at = end;
        let item = self.maybe(|r| r.item(path));
        if item.is_some() {
            return item;
        }
        self.at = start;
        let declared = self.maybe(|r| r.declare(docs.to_vec()));
        let named = declared.map(Node::Declare).or_else(|| self.maybe(Self::section).map(Node::Section));
        named.or_else(|| self.maybe(Self::bare))
    }

    /// What a word begins that is a keyword at the head of a statement.
    fn worded(&mut self, word: &str, docs: &[String]) -> Option<Node> {
        match word {
            "import" => self.maybe(Self::import),
            "param" => self.maybe(|r| r.param(docs.to_vec())),
            "let" => self.maybe(Self::let_),
            "kind" => self.maybe(Self::kind),
            "template" => self.maybe(Self::template),
            "fault" => self.maybe(Self::fault),
            "system" => self.maybe(Self::system),
            "scenario" => self.maybe(Self::scenario),
            "traffic" => self.maybe(Self::traffic),
            "phase" => self.maybe(Self::phase),
            "at" | "every" => self.maybe(Self::timed),
            "when" | "random" => self.maybe(Self::timed).or_else(|| self.maybe(Self::part)),
            "during" | "after" | "ramp" | "fade" => self.maybe(Self::part),
            "expect" | "warn" => self.maybe(Self::expect),
            "try" => self.attempt(),
            "set" => self.set().map(|(assign, ..)| Node::Set(assign)),
            "clear" => self.led("clear", Self::path).map(Node::Clear),
            word => self.step(word).map(Node::Step),
        }
    }

    /// A statement of one form.
    pub(super) fn one(&mut self, form: Form) -> Option<Node> {
        match form {
            Form::Header => self.header(),
            Form::Assign => {
                let target = self.path()?;
                let (op, value) = self.assignment()?;
                Some(self.assigned(target, op, value))
            }
            Form::Declare => self.declare(Vec::new()).map(Node::Declare),
            Form::Edge => {
                let path = self.path()?;
                self.edge(path).ok()
            }
            Form::Item => {
                let path = self.path()?;
                self.item(path)
            }
            Form::Section => self.section().map(Node::Section),
            Form::Step => {
                let word = self.letters();
                self.step(word).map(Node::Step)
            }
            Form::Part => self.part(),
            Form::Timed => self.timed(),
            Form::Set => self.set().map(|(assign, ..)| Node::Set(assign)),
            Form::Other(word) => self.worded(word, &[]),
        }
    }
}
