//! What stores keep and how it ages, where that is not least recently used until the time to live is over.
//!
//! Entries of a store that forgets the least recently used, or who came first, are in a list (see [`super::stores`]).
//! Those of one that forgets any, or the least looked up, have places `0..size`; of the latter they are a heap.

use super::memory::{cell, header, key_of, now, read, row, sample, write};
use super::stores::{append, entry, state_of, store, touch};
use super::windows;
use crate::columns::component as column;
use crate::draw::{below, chance, draw, nth, unit_f64, warm_life_ns};
use crate::layout::{Keeping, Mark, NONE, Store, StoreState, Table};

/// Who is forgotten.
const LRU: u32 = 0;
const RANDOM: u32 = 2;
const LFU: u32 = 3;

#[inline(always)]
fn keeping(store_row: u32) -> &'static Keeping {
    row(header().keepings, store_row)
}

#[inline(always)]
fn mark(index: u32) -> &'static Mark {
    row(Table { address: header().marks, len: 0 }, index)
}

/// What the clock of a store shows.
pub fn clock(store_row: u32) -> u64 {
    let ahead = keeping(store_row).cell_clock;
    if ahead == NONE { now() } else { now().saturating_add(cell(ahead) as u64) }
}

/// How many entries a store may hold at the moment.
fn capacity(row: &Store, keeping: &Keeping) -> u32 {
    let left = keeping.cell_capacity;
    if left == NONE { row.capacity } else { (cell(left) as u32).min(row.capacity) }
}

/// Whether entries of a store have places, and are in no list.
pub fn is_placed(store_row: u32) -> bool {
    keeping(store_row).evict >= RANDOM
}

/// A lookup of a key: whether it is answered. Counts what is out of date, and what was looked up.
pub fn hits(strand: u32, store_row: u32, index: u32) -> bool {
    if_hits(strand, store_row, index) == 1
}

#[unsafe(export_name = "if_keeping_hits")]
#[inline(never)]
extern "C" fn if_hits(strand: u32, store_row: u32, index: u32) -> u32 {
    let (row, state, keeping) = (store(store_row), state_of(store_row), keeping(store_row));
    let (entry, mark) = (entry(index), mark(index));
    let expiry = entry.expiry_ns.get();
    if keeping.evict == LFU {
        mark.lookups.set(mark.lookups.get() + 1);
        use_now(row, state, index, expiry != 0);
    }
    let clock = clock(store_row);
    let valid = expiry > clock;
    if !valid && (expiry == 0 || clock - expiry >= keeping.stale_ns) {
        return 0;
    }
    if !valid || mark.stale_until_ns.get() > now() {
        windows::count(row.component, column::STALE);
    }
    if valid && keeping.sliding == 1 {
        entry.expiry_ns.set(expiry_of(strand, store_row, index));
    }
    if keeping.evict == LRU {
        touch(row, state, index);
    }
    1
}

/// Whether a key does not exist.
fn is_negative(row: &Store, keeping: &Keeping, index: u32) -> bool {
    keeping.negative_share > 0.0
        && chance(nth(keeping.purpose_negative, (index - row.first_key) as u64), keeping.negative_share)
}

/// Time to live of a key, 0 for ever; none if it is not remembered at all.
fn ttl_of(row: &Store, keeping: &Keeping, index: u32) -> Option<u64> {
    match is_negative(row, keeping, index) {
        true if keeping.negative_ttl_ns == 0 => None,
        true => Some(keeping.negative_ttl_ns),
        false => Some(row.ttl_ns),
    }
}

/// Until when a key is remembered that is filled now; 0: not at all.
fn expiry_of(strand: u32, store_row: u32, index: u32) -> u64 {
    let keeping = keeping(store_row);
    match ttl_of(store(store_row), keeping, index) {
        None => 0,
        Some(0) => u64::MAX,
        Some(ttl) if keeping.jitter > 0.0 => {
            let u = unit_f64(draw(key_of(strand) ^ now(), keeping.purpose_ttl));
            clock(store_row) + ((ttl as f64 * (1.0 + keeping.jitter * (2.0 * u - 1.0))) as u64).max(1)
        }
        Some(ttl) => clock(store_row) + ttl,
    }
}

/// The entry of a key is filled.
pub fn fill(strand: u32, store_row: u32, index: u32) {
    if_fill(strand, store_row, index);
}

#[unsafe(export_name = "if_keeping_fill")]
#[inline(never)]
extern "C" fn if_fill(strand: u32, store_row: u32, index: u32) {
    let expiry = expiry_of(strand, store_row, index);
    if expiry > 0 {
        let keeping = keeping(store_row);
        let (capacity, word) =
            (capacity(store(store_row), keeping), draw(key_of(strand) ^ now(), keeping.purpose_evict));
        remember(store_row, keeping, (index, expiry), capacity, word);
    }
}

fn remember(store_row: u32, keeping: &Keeping, (index, expiry): (u32, u64), capacity: u32, word: u64) {
    let (row, state) = (store(store_row), state_of(store_row));
    let present = entry(index).expiry_ns.replace(expiry) != 0;
    if row.capacity == NONE {
        return;
    }
    match (keeping.evict, present) {
        (LFU, true) => use_now(row, state, index, true),
        (LRU, true) => touch(row, state, index),
        (_, true) => {}
        (RANDOM, false) => place_anywhere(row, state, capacity, index, word),
        (LFU, false) => {
            use_now(row, state, index, false);
            let last = state.size.get();
            state.size.set(last + 1);
            set_place(row, last, index);
            rise(row, last);
            while state.size.get() > capacity {
                drop_from(row, state, at(row, 0));
            }
        }
        (_, false) => append(state, capacity, index),
    }
}

/// Begins with the first entries, as many as fit; the first of all is the most recently used.
pub fn warm_up(store_row: u32) {
    if_warm_up(store_row);
}

#[unsafe(export_name = "if_keeping_warm_up")]
#[inline(never)]
extern "C" fn if_warm_up(store_row: u32) {
    let (row, keeping) = (store(store_row), keeping(store_row));
    let hash = super::stations::component(row.component).hash;
    for local in (0..row.keys.min(row.capacity)).rev() {
        let index = row.first_key + local;
        if let Some(ttl) = ttl_of(row, keeping, index) {
            let life = if ttl == 0 { u64::MAX } else { warm_life_ns(hash, local, ttl) };
            // Nothing can have changed yet.
            remember(store_row, keeping, (index, life), row.capacity, 0);
        }
    }
}

/// What is written can be read after a while only; until then hits are of something old. True if an entry was to be
/// removed and still serves until then.
pub fn lags(store_row: u32, index: u32, remove: u32, word: u64) -> bool {
    if_lags(store_row, index, remove, word) == 1
}

#[unsafe(export_name = "if_keeping_lags")]
#[inline(never)]
extern "C" fn if_lags(store_row: u32, index: u32, remove: u32, word: u64) -> u32 {
    let keeping = keeping(store_row);
    let mut lag = if keeping.lag == NONE { 0.0 } else { sample(keeping.lag, word) };
    if keeping.cell_lag_factor != NONE {
        lag *= cell(keeping.cell_lag_factor);
    }
    if keeping.cell_lag != NONE {
        lag += cell(keeping.cell_lag);
    }
    let lag = lag as u64;
    if lag == 0 {
        return 0;
    }
    let until = now().saturating_add(lag);
    let mark = mark(index);
    mark.stale_until_ns.set(mark.stale_until_ns.get().max(until));
    if remove == 1 {
        let entry = entry(index);
        entry.expiry_ns.set(entry.expiry_ns.get().min(clock(store_row).saturating_add(lag)));
    }
    remove
}

/// Forgets what is known of the keys of a store; its entries are forgotten by the caller.
pub fn clear(row: &Store) {
    if_clear(row.first_key, row.keys);
}

#[unsafe(export_name = "if_keeping_clear")]
#[inline(never)]
extern "C" fn if_clear(first: u32, keys: u32) {
    for index in first..first + keys {
        mark(index).stale_until_ns.set(0);
        mark(index).lookups.set(0);
    }
}

/// Forgets an entry that has a place.
pub fn drop_placed(store_row: u32, index: u32) {
    if_drop(store_row, index);
}

#[unsafe(export_name = "if_keeping_drop")]
#[inline(never)]
extern "C" fn if_drop(store_row: u32, index: u32) {
    drop_from(store(store_row), state_of(store_row), index);
}

/// Forgets an entry; the last one takes its place.
fn drop_from(row: &Store, state: &StoreState, index: u32) {
    let (place, last) = (mark(index).place.get(), state.size.get() - 1);
    entry(index).expiry_ns.set(0);
    state.size.set(last);
    if place != last {
        let moved = at(row, last);
        set_place(row, place, moved);
        // A heap only if lookups are counted; else all are alike, and nothing moves.
        rise(row, place);
        sink(row, state, mark(moved).place.get());
    }
}

/// A new entry takes the place of any of those held, if the store is full; those in the last places are too many.
fn place_anywhere(row: &Store, state: &StoreState, capacity: u32, index: u32, word: u64) {
    let size = state.size.get();
    if size < capacity {
        set_place(row, size, index);
        return state.size.set(size + 1);
    }
    if size == 0 {
        return entry(index).expiry_ns.set(0);
    }
    let place = below(word, size);
    entry(at(row, place)).expiry_ns.set(0);
    set_place(row, place, index);
    for last in (capacity..size).rev() {
        entry(at(row, last)).expiry_ns.set(0);
        state.size.set(last);
    }
}

/// A key is used, after all others so far.
fn use_now(row: &Store, state: &StoreState, index: u32, held: bool) {
    state.uses.set(state.uses.get() + 1);
    mark(index).used.set(state.uses.get());
    if held && row.capacity != NONE {
        sink(row, state, mark(index).place.get());
    }
}

fn at(row: &Store, place: u32) -> u32 {
    read(header().places, row.first_key + place)
}

fn set_place(row: &Store, place: u32, index: u32) {
    write(header().places, row.first_key + place, index);
    mark(index).place.set(place);
}

/// Whether the entry at a place is forgotten before that at another.
fn is_before(row: &Store, a: u32, b: u32) -> bool {
    let order = |place: u32| {
        let mark = mark(at(row, place));
        (mark.lookups.get(), mark.used.get())
    };
    order(a) < order(b)
}

fn rise(row: &Store, mut place: u32) {
    while place > 0 && is_before(row, place, (place - 1) / 2) {
        swap(row, place, (place - 1) / 2);
        place = (place - 1) / 2;
    }
}

fn sink(row: &Store, state: &StoreState, mut place: u32) {
    loop {
        let mut least = place;
        for child in [2 * place + 1, 2 * place + 2] {
            if child < state.size.get() && is_before(row, child, least) {
                least = child;
            }
        }
        if least == place {
            return;
        }
        swap(row, place, least);
        place = least;
    }
}

fn swap(row: &Store, a: u32, b: u32) {
    let (first, second) = (at(row, a), at(row, b));
    set_place(row, a, second);
    set_place(row, b, first);
}
