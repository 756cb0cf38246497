//! Places in source text.

use serde::Serialize;
use std::ops::Range;
use std::sync::Arc;

/// A file among those of one analysis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FileId(pub u32);

impl FileId {
    /// What was given on the command line, which lies in no file.
    pub const GIVEN: FileId = FileId(u32::MAX);
}

/// Bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Byte behind the last.
    pub end: u32,
}

impl Span {
    /// On the command line, wherever that is.
    pub const GIVEN: Span = Span { file: FileId::GIVEN, start: 0, end: 0 };

    /// From this place to the end of another in the same file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }

    /// Whether another place lies within this one.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// As a range of byte offsets.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One source file and where its lines begin.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as the user gave it.
    pub path: String,
    /// Content.
    pub text: String,
    lines: Vec<u32>,
}

impl Source {
    /// Indexes the lines of a text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { path: path.into(), text, lines }
    }

    /// Line and column of a byte, both from 1; columns count characters.
    #[must_use]
    pub fn position(&self, byte: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|&start| start <= byte).max(1) - 1;
        let start = self.lines.get(line).copied().unwrap_or(0) as usize;
        let end = (byte as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |s| s.chars().count());
        (line as u32 + 1, column as u32 + 1)
    }
}

/// The files of one analysis.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, source: impl Into<Arc<Source>>) -> FileId {
        self.files.push(source.into());
        FileId(self.files.len() as u32 - 1)
    }

    /// A file. What was [given](FileId::GIVEN) is in one without a name.
    #[must_use]
    pub fn get(&self, id: FileId) -> &Source {
        static GIVEN: Source = Source { path: String::new(), text: String::new(), lines: Vec::new() };
        if id == FileId::GIVEN { &GIVEN } else { &self.files[id.0 as usize] }
    }

    /// The text at a place.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or("")
    }

    /// All files in the order they were added, to be shared.
    pub(crate) fn into_shared(self) -> impl Iterator<Item = Arc<Source>> {
        self.files.into_iter()
    }

    /// All files in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, source)| (FileId(i as u32), &**source))
    }
}
