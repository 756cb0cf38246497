//! Where in the text something was written.
//!
//! Positions are byte offsets everywhere. Lines, columns and UTF-16 units exist only at the
//! border, where a person, an editor or a browser asks for them.

use std::fmt;
use std::sync::Arc;

/// One source file, by its row in a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A stretch of one file, in bytes, the end excluded.
///
/// Ordered by file, then by place, so a list of spans sorts into reading order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file it lies in.
    pub file: FileId,
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte; never before `start`.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        debug_assert!(start <= end, "a span ends after it starts");
        Span { file, start: offset(start), end: offset(end) }
    }

    /// From the start of `self` to the end of `last`.
    pub fn to(self, last: Span) -> Span {
        Span { end: last.end.max(self.end), ..self }
    }

    /// The empty span just before this one: where something could be inserted.
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty span just after this one.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// True for a place between two bytes.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The byte range, for slicing the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// True if `inner` lies inside this span, ends included.
    pub fn contains(self, inner: Span) -> bool {
        self.file == inner.file && self.start <= inner.start && inner.end <= self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Files are capped far below 4 GiB before anything makes a span of them, so this never saturates.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A place as people say it. Both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line number.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// Where the lines of one text begin.
#[derive(Clone, Debug, Default)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds every line of `text`.
    pub fn new(text: &str) -> LineIndex {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(after_breaks.map(|(at, _)| offset(at + 1))).collect();
        LineIndex { starts }
    }

    /// The line (from 0) that holds byte `at`.
    pub fn line(&self, at: u32) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1) - 1
    }

    /// Byte offset of the first byte of line `line` (from 0), or of the last line if there are fewer.
    pub fn start(&self, line: usize) -> u32 {
        let last = self.starts.len().saturating_sub(1);
        self.starts.get(line.min(last)).copied().unwrap_or(0)
    }

    /// How many lines there are; an empty text has one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Line and column of byte `at`, for people.
    pub fn place(&self, text: &str, at: u32) -> Place {
        let line = self.line(at);
        let before = slice(text, self.start(line), at);
        Place { line: offset(line + 1), column: offset(before.chars().count() + 1) }
    }

    /// Line and UTF-16 column of byte `at`, both from 0: what editors and browsers count in.
    pub fn utf16(&self, text: &str, at: u32) -> (u32, u32) {
        let line = self.line(at);
        let before = slice(text, self.start(line), at);
        (offset(line), offset(before.encode_utf16().count()))
    }
}

/// The text between two offsets, or nothing if they do not fall on characters.
fn slice(text: &str, start: u32, end: u32) -> &str {
    let end = (end as usize).min(text.len());
    text.get(start as usize..end).unwrap_or("")
}

/// One file: its name as the user gave it, its text and its lines.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name to print, usually a path relative to where the command ran.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// Where its lines begin.
    pub lines: LineIndex,
}

/// Every file of one compilation. Rows are only ever added, so a [`FileId`] stays valid.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<Source>,
}

impl SourceMap {
    /// No files yet.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file and says which id it got.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let id = FileId(offset(self.files.len()));
        self.files.push(Source { name: name.into(), lines: LineIndex::new(&text), text });
        id
    }

    /// The file with this id, if it was added here.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// All files in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        let ids = (0..).map(FileId);
        ids.zip(&self.files)
    }

    /// The text a span covers; empty if the file is unknown.
    pub fn text(&self, span: Span) -> &str {
        let text = self.get(span.file).map_or("", |source| &source.text);
        text.get(span.range()).unwrap_or("")
    }

    /// Where a span starts, as people say it.
    pub fn place(&self, span: Span) -> Place {
        match self.get(span.file) {
            Some(source) => source.lines.place(&source.text, span.start),
            None => Place { line: 1, column: 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_for_people_and_utf16_units_for_editors() {
        let text = "a\n  5µs 🦀 x";
        let lines = LineIndex::new(text);
        let at = offset(text.find('x').expect("there is an x"));
        assert_eq!(lines.place(text, at), Place { line: 2, column: 9 });
        assert_eq!(lines.utf16(text, at), (1, 9));
    }

    #[test]
    fn offsets_past_the_end_belong_to_the_last_line() {
        let lines = LineIndex::new("a\nb");
        assert_eq!(lines.place("a\nb", 99), Place { line: 2, column: 2 });
        assert_eq!(LineIndex::new("").place("", 0), Place { line: 1, column: 1 });
    }
}
