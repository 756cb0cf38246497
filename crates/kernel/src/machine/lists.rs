//! Lists of strands, linked through the strands' own columns. A strand is in one of them at most.

use super::memory::{get32, set32};
use crate::layout::frame32::{NEXT, PREVIOUS};
use core::cell::Cell;

/// First and last strand of a list, each plus one; 0 for none.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// First.
    pub head: &'a Cell<u32>,
    /// Last.
    pub tail: &'a Cell<u32>,
}

impl List<'_> {
    /// Puts a strand behind the last.
    pub fn push_back(self, strand: u32) {
        let last = self.tail.replace(strand + 1);
        set32(NEXT, strand, 0);
        set32(PREVIOUS, strand, last);
        match last {
            0 => self.head.set(strand + 1),
            last => set32(NEXT, last - 1, strand + 1),
        }
    }

    /// Puts a strand before the first.
    pub fn push_front(self, strand: u32) {
        let first = self.head.replace(strand + 1);
        set32(PREVIOUS, strand, 0);
        set32(NEXT, strand, first);
        match first {
            0 => self.tail.set(strand + 1),
            first => set32(PREVIOUS, first - 1, strand + 1),
        }
    }

    /// Takes a strand out.
    pub fn remove(self, strand: u32) {
        let (previous, next) = (get32(PREVIOUS, strand), get32(NEXT, strand));
        match previous {
            0 => self.head.set(next),
            previous => set32(NEXT, previous - 1, next),
        }
        match next {
            0 => self.tail.set(previous),
            next => set32(PREVIOUS, next - 1, previous),
        }
    }

    /// Takes the first strand out.
    pub fn pop_front(self) -> Option<u32> {
        let strand = self.head.get().checked_sub(1)?;
        self.remove(strand);
        Some(strand)
    }
}
