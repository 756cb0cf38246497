//! What the page copied of a running module's memory.

use super::number;
use serde_json::Value;
use sysdl_kernel::fact::Digest;
use sysdl_runtime::recorder::{Digests, Excerpt};

/// A module that stands still, as a question describes it: `columns` and `records` are what the exports of these names
/// return, `parts` a list of `[address, length]` whose bytes follow each other, `now_ns` what `sysdl_now` returns.
pub(super) struct Seen<'b> {
    pub(super) excerpt: Excerpt<'b>,
    pub(super) columns: u32,
    pub(super) records: u32,
    pub(super) now_ns: u64,
    /// Words of `sysdl_digest`, 16 hexadecimal digits each, as many as were asked for.
    words: Vec<u64>,
}

impl<'b> Seen<'b> {
    pub(super) fn read(question: &Value, mut bytes: &'b [u8]) -> Result<Self, String> {
        let mut excerpt = Excerpt::default();
        for part in question["parts"].as_array().into_iter().flatten() {
            let (address, length) = (part[0].as_u64(), part[1].as_u64());
            let (Some(address), Some(length)) = (address, length) else { return Err("a part is no pair".into()) };
            let (part, rest) = bytes.split_at_checked(length as usize).ok_or("a part is cut off")?;
            excerpt.0.push((address as u32, part));
            bytes = rest;
        }
        let word = |word: &Value| word.as_str().and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
        Ok(Self {
            excerpt,
            columns: number(question, "columns")? as u32,
            records: number(question, "records")? as u32,
            now_ns: number(question, "now_ns")?,
            words: question["digest"].as_array().into_iter().flatten().map(word).collect(),
        })
    }

    fn digest(&self, index: usize) -> Digest {
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        Digest { lo: word(2 * index), hi: word(2 * index + 1) }
    }

    /// Of all facts.
    pub(super) fn of_facts(&self) -> Digest {
        self.digest(0)
    }

    pub(super) fn digests(&self, components: usize) -> Digests {
        let components = (0..components).map(|component| self.digest(2 + component)).collect();
        Digests { all: self.digest(0), requests: self.digest(1), components }
    }
}
