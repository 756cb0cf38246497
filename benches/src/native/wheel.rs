//! A calendar of buckets: a turn of slots, each as wide as the next, and a heap for what lies beyond a turn.
//!
//! What is in the slot at hand is in order, so that whatever is scheduled for right away concerns its end alone; another slot is
//! put in order when it is reached.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that happens, ordered by instant, then by rank and key in one word, then by the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// When, in nanoseconds.
    pub at_ns: u64,
    /// Rank in the highest bits, the key's highest bits below.
    pub order: u64,
    /// To what.
    pub slot: u32,
    /// And anything else that is to be known of it.
    pub what: u32,
}

/// Slots of a turn: of those from 256 to 65,536 so many were the fastest for the storm.
const SLOTS: usize = 1 << 11;

/// Future events.
pub struct Wheel {
    /// Logarithm of a slot's width in nanoseconds.
    shift: u32,
    /// Number of the slot at hand, counted from the begin of time.
    at: u64,
    /// What is in it, the first event last.
    row: Vec<Event>,
    slots: Vec<Vec<Event>>,
    /// Slots in which there is something, a bit each.
    used: [u64; SLOTS / 64],
    beyond: BinaryHeap<Reverse<Event>>,
}

impl Wheel {
    /// An empty one that holds so many nanoseconds at least in a turn.
    pub fn new(turn_ns: u64) -> Self {
        let shift = (turn_ns / SLOTS as u64).max(1).next_power_of_two().trailing_zeros();
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { shift, at: 0, row: Vec::new(), slots, used: [0; SLOTS / 64], beyond: BinaryHeap::new() }
    }

    /// Schedules an event.
    #[inline(always)]
    pub fn push(&mut self, event: Event) {
        let number = event.at_ns >> self.shift;
        if number <= self.at {
            let mut place = self.row.len();
            self.row.push(event);
            while place > 0 && self.row[place - 1] < event {
                self.row[place] = self.row[place - 1];
                place -= 1;
            }
            self.row[place] = event;
        } else if number - self.at < SLOTS as u64 {
            self.put(number, event);
        } else {
            self.beyond.push(Reverse(event));
        }
    }

    /// Takes the first event.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Event> {
        self.row.pop().or_else(|| self.turn())
    }

    #[inline(always)]
    fn put(&mut self, number: u64, event: Event) {
        let slot = number as usize % SLOTS;
        self.slots[slot].push(event);
        self.used[slot / 64] |= 1 << (slot % 64);
    }

    /// The next slot in which there is something is at hand. Its first event.
    #[inline(never)]
    fn turn(&mut self) -> Option<Event> {
        let far = self.beyond.peek().map(|Reverse(event)| event.at_ns >> self.shift);
        self.at = match (self.next_used(), far) {
            (None, None) => return None,
            (Some(near), Some(far)) => near.min(far),
            (near, far) => near.or(far)?,
        };
        while let Some(Reverse(event)) = self.beyond.peek().copied() {
            let number = event.at_ns >> self.shift;
            if number - self.at >= SLOTS as u64 {
                break;
            }
            self.beyond.pop();
            self.put(number, event);
        }
        let slot = self.at as usize % SLOTS;
        self.used[slot / 64] &= !(1 << (slot % 64));
        std::mem::swap(&mut self.row, &mut self.slots[slot]);
        self.row.sort_unstable_by(|one, other| other.cmp(one));
        self.row.pop()
    }

    /// Number of the first slot behind the one at hand in which there is something.
    fn next_used(&self) -> Option<u64> {
        let first = self.at as usize % SLOTS + 1;
        let words = SLOTS / 64;
        for step in 0..=words {
            let word = (first / 64 + step) % words;
            let mask = if step == 0 { u64::MAX << (first % 64) } else { u64::MAX };
            let bits = self.used[word] & mask;
            if bits != 0 {
                let slot = word * 64 + bits.trailing_zeros() as usize;
                let ahead = (slot + SLOTS - self.at as usize % SLOTS) % SLOTS;
                return Some(self.at + ahead as u64);
            }
        }
        None
    }
}
