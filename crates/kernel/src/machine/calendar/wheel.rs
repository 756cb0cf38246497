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

use super::super::memory::header;
use super::{Entry, soon};
use crate::layout::{BLOCK_ENTRIES, LISTS};
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
    /// By level and slot, the newest of its blocks plus one.
    newest: [Cell<u32>; LISTS as usize],
    /// First free block plus one.
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
    newest: [const { Cell::new(0) }; LISTS as usize],
    free: Cell::new(0),
    fresh: Cell::new(0),
};

/// What heads a block. Its entries are behind it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Head {
    /// The block before it plus one.
    older: u32,
    /// Entries in use.
    len: u32,
}

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

/// If the first event could be at an instant or before, it is in the row afterwards. The row is empty.
#[inline(always)]
pub fn bring(until: u64) {
    if WHEEL.first_at.get() <= until {
        open(until);
    }
}

/// All events, in no order.
pub fn all() -> impl Iterator<Item = Entry> {
    (0..LISTS).flat_map(|list| events_of(WHEEL.newest[list as usize].get()))
}

/// Drops all events but some. Returns how many are left.
pub fn retain(keep: impl Fn(&Entry) -> bool) -> u32 {
    let mut kept = 0;
    for list in 0..LISTS {
        each_of(WHEEL.newest[list as usize].replace(0), |event| {
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

/// Takes all blocks of a slot out of the wheel.
fn cut(level: u32, slot: u32) -> u32 {
    let slots = &WHEEL.slots[level as usize];
    slots.set(slots.get() & !(1 << slot));
    if slots.get() == 0 {
        WHEEL.levels.set(WHEEL.levels.get() & !(1 << level));
    }
    WHEEL.newest[(level * SLOTS + slot) as usize].replace(0)
}

fn pour(newest: u32) {
    each_of(newest, |event| {
        WHEEL.passed.set(WHEEL.passed.get() + 1);
        soon::push(event);
    });
}

/// Does something with each event of some blocks, which are free afterwards.
#[inline(always)]
fn each_of(mut newest: u32, mut act: impl FnMut(Entry)) {
    while let Some(block) = newest.checked_sub(1) {
        let Head { older, len } = head(block);
        (0..len).for_each(|index| act(entry(block, index)));
        set_head(block, Head { older: WHEEL.free.get(), len: 0 });
        WHEEL.free.set(block + 1);
        newest = older;
    }
}

fn events_of(newest: u32) -> impl Iterator<Item = Entry> {
    let blocks = core::iter::successors(newest.checked_sub(1), |&block| head(block).older.checked_sub(1));
    blocks.flat_map(|block| (0..head(block).len).map(move |index| entry(block, index)))
}

/// Adds an event to a slot.
#[inline(always)]
fn append(list: u32, event: Entry) {
    let newest = &WHEEL.newest[list as usize];
    let mut block = newest.get().wrapping_sub(1);
    if newest.get() == 0 || head(block).len == BLOCK_ENTRIES {
        block = allocate();
        set_head(block, Head { older: newest.get(), len: 0 });
        newest.set(block + 1);
    }
    let Head { older, len } = head(block);
    set_entry(block, len, event);
    set_head(block, Head { older, len: len + 1 });
}

/// A block that is free. There are as many as can be needed: one that is not full for each slot, the rest full, and one more
/// while a slot is spread.
#[inline(always)]
fn allocate() -> u32 {
    if let Some(block) = WHEEL.free.get().checked_sub(1) {
        WHEEL.free.set(head(block).older);
        return block;
    }
    WHEEL.fresh.set(WHEEL.fresh.get() + 1);
    WHEEL.fresh.get() - 1
}

/// The head of a block. Entries are behind it.
#[inline(always)]
fn block_at(block: u32) -> *mut Entry {
    // SAFETY: blocks are as many as can be needed.
    unsafe { (header().blocks as *mut Entry).add((block * (BLOCK_ENTRIES + 1)) as usize) }
}

#[inline(always)]
fn entry(block: u32, index: u32) -> Entry {
    // SAFETY: a block has so many entries.
    unsafe { block_at(block).add(index as usize).add(1).read() }
}

#[inline(always)]
fn set_entry(block: u32, index: u32, entry: Entry) {
    // SAFETY: as for `entry`.
    unsafe { block_at(block).add(index as usize).add(1).write(entry) }
}

#[inline(always)]
fn head(block: u32) -> Head {
    // SAFETY: it has the size of an entry.
    unsafe { block_at(block).cast::<Head>().read() }
}

#[inline(always)]
fn set_head(block: u32, head: Head) {
    // SAFETY: as for `head`.
    unsafe { block_at(block).cast::<Head>().write(head) }
}
