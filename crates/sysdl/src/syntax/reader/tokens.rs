//! White space, words, numbers, texts.

use super::{Reader, Wanted};
use crate::syntax::ast::{Name, Quantity};

impl<'t> Reader<'t> {
    /// The byte that is `ahead` of here; zero behind the end, which no text contains.
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn starts(&self, with: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(with.as_bytes())
    }

    pub(super) fn end_of_text(&mut self) -> bool {
        let end = self.at == self.text.len();
        if !end {
            self.missed(Wanted::End);
        }
        end
    }

    /// Passes over as many bytes as fit.
    fn skip(&mut self, fits: impl Fn(u8) -> bool) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().position(|&byte| !fits(byte)).unwrap_or(rest.len());
        self.at += count;
        count
    }

    // ---- white space -------------------------------------------------------------------------------

    /// Length of the line break here.
    fn newline_len(&self) -> usize {
        match (self.peek(0), self.peek(1)) {
            (b'\r', b'\n') => 2,
            (b'\n' | b'\r', _) => 1,
            _ => 0,
        }
    }

    pub(super) fn newline(&mut self) -> bool {
        let len = self.newline_len();
        self.at += len;
        len > 0
    }

    pub(super) fn at_newline(&self) -> bool {
        self.newline_len() > 0
    }

    /// Passes over white space within a line, and line breaks behind a backslash.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') => {
                    self.at += 1;
                    self.newline();
                }
                _ => return,
            }
        }
    }

    /// Passes over white space and comments within a line.
    pub(super) fn gap(&mut self) {
        loop {
            self.blanks();
            match (self.peek(0), self.peek(1), self.peek(2)) {
                (b'/', b'/', third) if third != b'/' => _ = self.skip(|byte| byte != b'\n' && byte != b'\r'),
                (b'/', b'*', _) => match self.text[self.at + 2..].find("*/") {
                    Some(end) => self.at += end + 4,
                    None => return,
                },
                _ => return,
            }
        }
    }

    /// Passes over line breaks and documentation, which it returns.
    pub(super) fn lines(&mut self) -> Vec<String> {
        let (mut docs, mut end) = (Vec::new(), self.at);
        loop {
            if !self.newline() {
                let Some(doc) = self.doc() else { break };
                docs.push(doc);
            }
            end = self.at;
            self.gap();
        }
        self.at = end;
        docs
    }

    /// White space, perhaps over several lines.
    pub(super) fn lines_around(&mut self) -> Vec<String> {
        self.gap();
        let docs = self.lines();
        self.gap();
        docs
    }

    /// `/// text`
    pub(super) fn doc(&mut self) -> Option<String> {
        if !self.starts("///") {
            self.missed(Wanted::Other);
            return None;
        }
        let start = self.at;
        self.skip(|byte| byte != b'\n' && byte != b'\r');
        let line = self.text[start..self.at].trim_start_matches("///");
        Some(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
    }

    // ---- words and signs ---------------------------------------------------------------------------

    /// The letters here, up to what no name contains.
    pub(super) fn letters(&self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|byte| !is_ident(byte)).unwrap_or(rest.len());
        &rest[..end]
    }

    /// A keyword.
    pub(super) fn word(&mut self, word: &'static str) -> Option<()> {
        if self.starts(word) && !is_ident(self.peek(word.len())) {
            self.at += word.len();
            return Some(());
        }
        self.missed(Wanted::keyword(word));
        None
    }

    /// One of some keywords.
    pub(super) fn word_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.word(word).is_some())
    }

    /// A sign of one letter.
    pub(super) fn sign(&mut self, sign: u8, wanted: Wanted) -> Option<()> {
        if self.peek(0) == sign {
            self.at += 1;
            return Some(());
        }
        self.missed(wanted);
        None
    }

    /// `=`, and not `==`.
    pub(super) fn equals(&mut self) -> Option<()> {
        if self.peek(0) == b'=' && self.peek(1) != b'=' {
            self.at += 1;
            return Some(());
        }
        self.missed(Wanted::Equals);
        None
    }

    pub(super) fn comma(&mut self) -> Option<()> {
        self.sign(b',', Wanted::Comma)
    }

    pub(super) fn colon(&mut self) -> Option<()> {
        self.sign(b':', Wanted::Colon)
    }

    /// `->`, or `~>`, for which it says true.
    pub(super) fn arrow(&mut self) -> Option<bool> {
        match (self.peek(0), self.peek(1)) {
            (first @ (b'-' | b'~'), b'>') => {
                self.at += 2;
                Some(first == b'~')
            }
            _ => {
                self.missed(Wanted::Arrow);
                None
            }
        }
    }

    /// A name: letters, digits and `_`, or a percentile as in `p99.9`.
    pub(super) fn ident(&mut self) -> Option<Name> {
        let start = self.at;
        match self.percentile_len() {
            Some(len) => self.at += len,
            None if self.peek(0).is_ascii_alphabetic() || self.peek(0) == b'_' => _ = self.skip(is_ident),
            None => {
                self.missed(Wanted::Name);
                return None;
            }
        }
        Some(Name { text: self.text[start..self.at].to_owned(), span: self.since(start) })
    }

    fn percentile_len(&self) -> Option<usize> {
        if self.peek(0) != b'p' {
            return None;
        }
        let digits =
            |from: usize, most: usize| (from..from + most).take_while(|&i| self.peek(i).is_ascii_digit()).count();
        let whole = digits(1, 2);
        let point = 1 + whole;
        let part = digits(point + 1, self.text.len());
        let end = point + 1 + part;
        (whole > 0 && self.peek(point) == b'.' && part > 0 && !is_ident(self.peek(end))).then_some(end)
    }

    // ---- literals ----------------------------------------------------------------------------------

    /// Digits, with `_` between them and perhaps a fraction.
    pub(super) fn digits(&mut self) -> Option<&'t str> {
        let start = self.at;
        if self.skip(|byte| byte.is_ascii_digit()) == 0 {
            self.missed(Wanted::Number);
            return None;
        }
        while self.peek(0) == b'_' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip(|byte| byte.is_ascii_digit());
        }
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip(|byte| byte.is_ascii_digit());
        }
        Some(&self.text[start..self.at])
    }

    /// What digits say.
    pub(super) fn number(&mut self) -> Option<f64> {
        let digits = self.digits()?;
        let read = if digits.contains('_') { digits.replace('_', "").parse() } else { digits.parse() };
        Some(read.unwrap_or(f64::NAN))
    }

    /// A number with its unit, behind `$` if it is one of money.
    pub(super) fn quantity(&mut self, money: bool) -> Option<Quantity> {
        let number = self.number()?;
        let start = self.at;
        if self.peek(0) == b'%' {
            self.at += 1;
        } else {
            while self.skip(|byte| byte.is_ascii_alphabetic()) > 0 || self.starts("µ") {
                if self.starts("µ") {
                    self.at += "µ".len();
                }
            }
            if self.peek(0) == b'/' && self.peek(1).is_ascii_alphabetic() {
                self.at += 1;
                self.skip(|byte| byte.is_ascii_alphabetic());
            }
        }
        if self.at == start {
            self.missed(Wanted::Other);
        }
        Some(Quantity { number, unit: self.text[start..self.at].to_owned(), money })
    }

    /// A text in quotes, escapes undone.
    pub(super) fn string(&mut self) -> Option<String> {
        let Some(len) = string_len(&self.text[self.at..]) else {
            self.missed(Wanted::Text);
            return None;
        };
        let inner = &self.text[self.at + 1..self.at + len - 1];
        self.at += len;
        Some(unescaped(inner))
    }
}

/// Whether a byte can stand in a name.
pub(super) fn is_ident(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Length of the text in quotes that begins here, with its quotes; it ends on its line.
pub(super) fn string_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut i = 1;
    loop {
        match bytes.get(i)? {
            b'"' => return Some(i + 1),
            b'\\' => i += 1 + text[i + 1..].chars().next()?.len_utf8(),
            b'\n' | b'\r' => return None,
            _ => i += 1,
        }
    }
}

fn unescaped(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            }),
            c => out.push(c),
        }
    }
    out
}
