//! The part of the calendar that is not due soon: a wheel of wheels, by the digits of instants.
//!
//! All that is before the *base* is due [`soon`]. An event from there on lies at the *level* of the highest digit in which its
//! instant differs from the base, in the slot of its own digit there; at the lowest level that is in use, the *grain*, also in
//! the slot of the base itself. So the slots of one level come one after the other, those of a level before all of the next
//! one. When nothing is due soon, the next slot of the grain is poured out, and the base is that slot's end; where there is
//! none, the next slot of a higher level is spread over the lower ones. An event moves as often as it has digits of its own,
//! two or three times, however many others there are.
//!
//! The grain follows the load: as many events are due soon for each slot as is good.

use super::super::memory::{header, read, write};
use super::{Entry, soon};
use crate::layout::{BLOCK_BYTES, ENTRY_BYTES, LISTS};
use core::cell::Cell;

/// Bits of a digit.
const DIGIT: u32 = 6;
/// Slots of a level.
const SLOTS: u32 = 1 << DIGIT;
/// Levels: as many digits as an instant has.
const LEVELS: u32 = u64::BITS.div_ceil(DIGIT);
const _: () = assert!(LISTS == LEVELS * SLOTS);

/// The grain at first, slots of 4 µs, and at most, of 0.3 ms.
const GRAIN: u32 = 2;
const GRAIN_MOST: u32 = 3;
/// If more events become due soon for one slot, the grain is finer; if fewer for a whole turn of them, it is rougher.
const MANY: u32 = 256;
const FEW: u32 = SLOTS;

/// State of the wheel.
struct Wheel {
    /// What is before it is due soon.
    base: Cell<u64>,
    /// Begin of the first slot in which there is something; the last of all instants if there is none.
    first_at: Cell<u64>,
    /// The lowest level in use.
    grain: Cell<u32>,
    /// Events that became due soon since the grain was last thought of.
    passed: Cell<u32>,
    /// Levels in which there is something, a bit each.
    levels: Cell<u32>,
    /// By level, slots in which there is something, a bit each.
    slots: [Cell<u64>; LEVELS as usize],
    /// By level and slot, the end of what is in it: the place of its next event, or the end of its newest block if that is full,
    /// or 0 if there is nothing in it.
    ends: [Cell<u32>; LISTS as usize],
    /// First free block, or 0.
    free: Cell<u32>,
    /// Blocks ever used.
    fresh: Cell<u32>,
}

// SAFETY: a wasm module has one thread.
unsafe impl Sync for Wheel {}

static WHEEL: Wheel = Wheel {
    base: Cell::new(0),
    first_at: Cell::new(0),
    grain: Cell::new(0),
    passed: Cell::new(0),
    levels: Cell::new(0),
    slots: [const { Cell::new(0) }; LEVELS as usize],
    ends: [const { Cell::new(0) }; LISTS as usize],
    free: Cell::new(0),
    fresh: Cell::new(0),
};

/// Nothing is in it.
pub fn init() {
    WHEEL.first_at.set(u64::MAX);
    WHEEL.grain.set(GRAIN);
}

/// Blocks ever used.
pub fn blocks_peak() -> u32 {
    WHEEL.fresh.get()
}

/// Adds an event, wherever it belongs.
#[inline(always)]
pub fn push(event: Entry) {
    if event.at < WHEEL.base.get() {
        WHEEL.passed.set(WHEEL.passed.get() + 1);
        soon::push(event);
    } else {
        insert(event);
    }
}

/// Begin of the first slot in which there is something; the last of all instants if there is none.
#[inline(always)]
pub fn first_at() -> u64 {
    WHEEL.first_at.get()
}

/// If the first event could be at an instant or before, it is in the row afterwards. The row is empty.
#[inline(always)]
pub fn bring(until: u64) {
    if WHEEL.first_at.get() <= until {
        open(until);
    }
}

/// All events, in no order.
pub fn all() -> impl Iterator<Item = Entry> {
    let mut places = Places { list: 0, next: 0, end: 0 };
    core::iter::from_fn(move || Some(places.next()).filter(|&place| place != 0).map(|place| read(place, 0)))
}

/// Where events are: those of a block from `next` to `end`, then those of the block before it, then those of the lists from `list` on.
struct Places {
    list: u32,
    next: u32,
    end: u32,
}

impl Places {
    /// The next place, 0 if there is none.
    #[inline(never)]
    fn next(&mut self) -> u32 {
        while self.next == self.end {
            if self.end > 0 {
                self.end = end_of_older(block_before(self.end));
            }
            if self.end == 0 {
                if self.list == LISTS {
                    return 0;
                }
                self.end = WHEEL.ends[self.list as usize].get();
                self.list += 1;
            }
            self.next = if self.end == 0 { 0 } else { block_before(self.end) + ENTRY_BYTES };
        }
        self.next += ENTRY_BYTES;
        self.next - ENTRY_BYTES
    }
}

/// Drops all events but some. Returns how many are left.
pub fn retain(keep: impl Fn(&Entry) -> bool) -> u32 {
    let mut kept = 0;
    for list in 0..LISTS {
        each_of(WHEEL.ends[list as usize].replace(0), |event| {
            if keep(&event) {
                append(list, event);
                kept += 1;
            }
        });
    }
    // Slots that are empty by now cost a look at them.
    kept
}

#[inline(always)]
fn insert(event: Entry) {
    insert_words(event.at, event.key, event.subject_and_generation, event.argument_and_rank);
}

/// Takes numbers, for the reason that the calendar does.
#[inline(never)]
fn insert_words(at: u64, key: u64, subject_and_generation: u64, argument_and_rank: u64) {
    let event = Entry { at, key, subject_and_generation, argument_and_rank };
    let level = level_of(event.at);
    let slot = digit(event.at, level);
    append(level * SLOTS + slot, event);
    let slots = &WHEEL.slots[level as usize];
    slots.set(slots.get() | 1 << slot);
    WHEEL.levels.set(WHEEL.levels.get() | 1 << level);
    let begin = event.at >> (DIGIT * level) << (DIGIT * level);
    if begin < WHEEL.first_at.get() {
        WHEEL.first_at.set(begin);
    }
}

/// The highest digit in which an instant differs from the base, or the grain.
#[inline(always)]
fn level_of(at: u64) -> u32 {
    let grain = WHEEL.grain.get();
    let differs = (at ^ WHEEL.base.get()) >> (DIGIT * grain);
    // 43 / 256 is a sixth, as far as there are bits.
    if differs == 0 { grain } else { grain + (((63 - differs.leading_zeros()) * 43) >> 8) }
}

#[inline(always)]
fn digit(at: u64, level: u32) -> u32 {
    (at >> (DIGIT * level)) as u32 & (SLOTS - 1)
}

/// The first slot in which there is something: level, slot, begin.
#[inline(always)]
fn next() -> Option<(u32, u32, u64)> {
    let levels = WHEEL.levels.get();
    if levels == 0 {
        return None;
    }
    let level = levels.trailing_zeros();
    let slot = WHEEL.slots[level as usize].get().trailing_zeros();
    let (width, all) = (1u64 << (DIGIT * level), (SLOTS as u64) << (DIGIT * level));
    // The highest level has no digit above it: there `all` is 0.
    let above = WHEEL.base.get() & !all.wrapping_sub(1);
    Some((level, slot, above | (slot as u64 * width)))
}

/// Turns the wheel until something is due soon, but not beyond an instant.
#[inline(never)]
fn open(until: u64) {
    loop {
        let Some((level, slot, begin)) = next() else { return WHEEL.first_at.set(u64::MAX) };
        WHEEL.first_at.set(begin);
        if begin > until || !soon::is_empty() {
            return;
        }
        WHEEL.base.set(begin);
        if level > WHEEL.grain.get() {
            think_of_grain();
        }
        if level > WHEEL.grain.get() {
            each_of(cut(level, slot), insert);
        } else {
            pour(cut(level, slot));
            WHEEL.base.set(begin.saturating_add(1 << (DIGIT * level)));
            if WHEEL.passed.get() > MANY && level > 0 {
                WHEEL.grain.set(level - 1);
                WHEEL.passed.set(0);
            } else if digit(WHEEL.base.get(), level) == 0 {
                think_of_grain();
            }
            spread();
        }
    }
}

/// What lies above the grain in a slot of the base goes to lower levels: where a turn of slots begins, or the grain is finer.
fn spread() {
    let mut level = WHEEL.grain.get();
    while digit(WHEEL.base.get(), level) == 0 && level + 1 < LEVELS {
        level += 1;
    }
    // The highest first: it may leave something in those below.
    while level > WHEEL.grain.get() {
        let slot = digit(WHEEL.base.get(), level);
        if WHEEL.slots[level as usize].get() >> slot & 1 == 1 {
            each_of(cut(level, slot), insert);
        }
        level -= 1;
    }
}

/// A turn of the slots begins, and there is nothing in any of them.
fn think_of_grain() {
    if WHEEL.passed.replace(0) < FEW && WHEEL.grain.get() < GRAIN_MOST {
        WHEEL.grain.set(WHEEL.grain.get() + 1);
    }
}

/// Takes all that is in a slot out of the wheel: where it ends.
fn cut(level: u32, slot: u32) -> u32 {
    let slots = &WHEEL.slots[level as usize];
    slots.set(slots.get() & !(1 << slot));
    if slots.get() == 0 {
        WHEEL.levels.set(WHEEL.levels.get() & !(1 << level));
    }
    WHEEL.ends[(level * SLOTS + slot) as usize].replace(0)
}

fn pour(end: u32) {
    each_of(end, |event| {
        WHEEL.passed.set(WHEEL.passed.get() + 1);
        soon::push(event);
    });
}

/// Does something with each event of a slot, by where they end; their blocks are free afterwards.
#[inline(always)]
fn each_of(mut end: u32, mut act: impl FnMut(Entry)) {
    while end != 0 {
        let block = block_before(end);
        let mut place = block + ENTRY_BYTES;
        while place < end {
            act(read(place, 0));
            place += ENTRY_BYTES;
        }
        end = end_of_older(block);
        set_older(block, WHEEL.free.get());
        WHEEL.free.set(block);
    }
}

/// Adds an event to a slot.
#[inline(always)]
fn append(list: u32, event: Entry) {
    let end = &WHEEL.ends[list as usize];
    // A block begins with its head, so no place for an event is where one begins.
    let place = if end.get().is_multiple_of(BLOCK_BYTES) { begin_block(end.get()) } else { end.get() };
    write(place, 0, event);
    end.set(place + ENTRY_BYTES);
}

/// Begins a block for a slot in which there are full ones up to an end, or none. The place of its first event.
#[inline(always)]
fn begin_block(end: u32) -> u32 {
    let block = allocate();
    set_older(block, if end == 0 { 0 } else { end - BLOCK_BYTES });
    block + ENTRY_BYTES
}

/// A block that is free. There are as many as can be needed: one that is not full for each slot, the rest full, and one more
/// while a slot is spread.
#[inline(always)]
fn allocate() -> u32 {
    let free = WHEEL.free.get();
    if free != 0 {
        WHEEL.free.set(older(free));
        return free;
    }
    WHEEL.fresh.set(WHEEL.fresh.get() + 1);
    header().blocks + (WHEEL.fresh.get() - 1) * BLOCK_BYTES
}

/// The block of which such an end is.
#[inline(always)]
fn block_before(end: u32) -> u32 {
    (end - 1) & !(BLOCK_BYTES - 1)
}

/// Where the events of the block before one end, which is full; 0 if there is none.
#[inline(always)]
fn end_of_older(block: u32) -> u32 {
    if older(block) == 0 { 0 } else { older(block) + BLOCK_BYTES }
}

/// The block before one, or the free one behind it; 0 if there is none. It heads the block, whose events are behind it.
#[inline(always)]
fn older(block: u32) -> u32 {
    read(block, 0)
}

#[inline(always)]
fn set_older(block: u32, older: u32) {
    write(block, 0, older);
}
