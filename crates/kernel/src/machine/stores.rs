//! Stores: what is remembered by key, and who fetches what is not.

use super::calendar::{Rank, push_next};
use super::due::{GO_ON, GO_ON_BADLY};
use super::frames::{self, DYING, is};
use super::memory::{cell, generation_of, get32, header, key_of, now, register, row, set_register, set32};
use super::{keeping, keys, windows};
use crate::columns::component as column;
use crate::draw::{chance, step_key, warm_life_ns};
use crate::layout::{Branch, Entry, Keyspace, NONE, Store, StoreState, Table, frame32};
use crate::outcome;
use crate::zipf::Zipf;

/// Row of a store.
#[inline(always)]
pub fn store(index: u32) -> &'static Store {
    row(header().stores, index)
}

/// State of a store.
#[inline(always)]
pub fn state_of(index: u32) -> &'static StoreState {
    row(Table { address: header().store_states, len: 0 }, index)
}

/// State of an entry.
#[inline(always)]
pub fn entry(index: u32) -> &'static Entry {
    row(header().entries, index)
}

/// Prepares the populations, and fills warm stores.
pub fn init() {
    for i in 0..header().keyspaces.len {
        let row: &Keyspace = row(header().keyspaces, i);
        // SAFETY: the linker reserved it; nothing else refers to it yet.
        unsafe { &mut *(row.zipf as *mut Zipf) }.init(row.keys, row.skew);
    }
    for index in 0..header().stores.len {
        if store(index).warm == 1 {
            warm_up(index);
        }
    }
}

/// The first entries, as many as fit; the first of all is the most recently used.
fn warm_up(index: u32) {
    if header().keepings.len > 0 {
        return keeping::warm_up(index);
    }
    let (row, state) = (store(index), state_of(index));
    let hash = super::stations::component(row.component).hash;
    let held = row.keys.min(row.capacity);
    for local in (0..held).rev() {
        let key = row.first_key + local;
        let life = if row.ttl_ns == 0 { u64::MAX } else { warm_life_ns(hash, local, row.ttl_ns) };
        remember(state, row, key, life);
    }
}

/// Lookup by ratio: 1 hit, 0 miss.
#[unsafe(no_mangle)]
pub extern "C" fn k_hit_ratio(store_row: u32, word: u64, ratio: f64) -> u32 {
    let (row, state) = (store(store_row), state_of(store_row));
    let mut p = ratio;
    if row.cell_hits != NONE {
        p *= cell(row.cell_hits);
    }
    let since = now() - state.cleared_ns.get();
    if state.cleared_ns.get() != 0 && since < row.refill_ns {
        p *= since as f64 / row.refill_ns as f64;
    }
    let hit = chance(word, p);
    windows::count(row.component, if hit { column::HITS } else { column::MISSES });
    hit as u32
}

/// Lookup by key: 1 hit, 0 miss, 2 the strand waits for another's fetch.
#[unsafe(no_mangle)]
pub extern "C" fn k_hit_key(
    strand: u32,
    store_row: u32,
    keyspace: u32,
    reg: u32,
    word: u64,
    coalesce: u32,
    label: u32,
    bad: u32,
) -> u32 {
    let space: &Keyspace = row(header().keyspaces, keyspace);
    let index = space.first_key + keys::drawn(space, word);
    set_register(reg, strand, index);
    look_up(strand, store_row, index, coalesce, label, bad)
}

/// 1 if a key that a flight draws is there: it has been used. Otherwise nothing has happened.
#[unsafe(no_mangle)]
pub extern "C" fn k_flight_finds(store_row: u32, keyspace: u32, word: u64) -> u32 {
    let space: &Keyspace = row(header().keyspaces, keyspace);
    let index = space.first_key + keys::drawn(space, word);
    let found = entry(index).expiry_ns.get() > now();
    if found {
        touch(store(store_row), state_of(store_row), index);
    }
    found as u32
}

/// Lookup of the request's key; as by key. A strand without a key misses and fetches for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn k_hit_request(
    strand: u32,
    store_row: u32,
    keyspace: u32,
    reg: u32,
    coalesce: u32,
    label: u32,
    bad: u32,
) -> u32 {
    let space: &Keyspace = row(header().keyspaces, keyspace);
    let key = keys::key_of_request(strand);
    if key == NONE {
        set_register(reg, strand, NONE);
        windows::count(store(store_row).component, column::MISSES);
        return 0;
    }
    set_register(reg, strand, space.first_key + key);
    look_up(strand, store_row, space.first_key + key, coalesce, label, bad)
}

fn look_up(strand: u32, store_row: u32, index: u32, coalesce: u32, label: u32, bad: u32) -> u32 {
    let (row, state) = (store(store_row), state_of(store_row));
    let entry = entry(index);
    if header().keepings.len > 0 {
        if keeping::hits(strand, store_row, index) {
            windows::count(row.component, column::HITS);
            return 1;
        }
    } else if entry.expiry_ns.get() > now() {
        windows::count(row.component, column::HITS);
        touch(row, state, index);
        return 1;
    }
    if coalesce == 1 {
        if entry.fetcher.get() != 0 {
            windows::count(row.component, column::COALESCED);
            set32(frame32::RESUME, strand, label);
            set32(frame32::RESUME_BAD, strand, bad);
            append_waiter(entry, strand);
            return 2;
        }
        entry.fetcher.set(strand + 1);
    }
    windows::count(row.component, column::MISSES);
    0
}

/// The fetch of the key in a register has come back.
#[unsafe(no_mangle)]
pub extern "C" fn k_fill(strand: u32, store_row: u32, reg: u32) {
    let index = register(reg, strand);
    if index == NONE {
        return;
    }
    fill(strand, store_row, index);
    let entry = entry(index);
    if entry.fetcher.get() == strand + 1 {
        wake(entry, GO_ON, outcome::OK);
    }
}

/// The entry of a key is filled.
fn fill(strand: u32, store_row: u32, index: u32) {
    if header().keepings.len > 0 {
        return keeping::fill(strand, store_row, index);
    }
    let row = store(store_row);
    let expiry = if row.ttl_ns == 0 { u64::MAX } else { now() + row.ttl_ns };
    remember(state_of(store_row), row, index, expiry);
}

/// A key is remembered as the one used most recently; beyond the capacity, the least recent is forgotten.
fn remember(state: &StoreState, row: &Store, index: u32, expiry: u64) {
    let absent = entry(index).expiry_ns.replace(expiry) == 0;
    if row.capacity == NONE {
        return;
    }
    if absent {
        append(state, row.capacity, index);
    } else {
        touch(row, state, index);
    }
}

/// Puts a new entry at the front of the list; beyond the capacity, the last is forgotten.
pub fn append(state: &StoreState, capacity: u32, index: u32) {
    link_newest(state, index);
    state.size.set(state.size.get() + 1);
    while state.size.get() > capacity {
        drop_linked(state, state.oldest.get() - 1);
    }
}

/// The request's key is written: its entry is filled, or removed.
#[unsafe(no_mangle)]
pub extern "C" fn k_put(strand: u32, store_row: u32, keyspace: u32, remove: u32, word: u64) {
    let key = keys::key_of_request(strand);
    if key == NONE {
        return;
    }
    let space: &Keyspace = row(header().keyspaces, keyspace);
    let index = space.first_key + key;
    if header().keepings.len > 0 && keeping::lags(store_row, index, remove, word) {
        return;
    }
    if remove == 0 {
        fill(strand, store_row, index);
    } else if entry(index).expiry_ns.get() != 0 {
        if store(store_row).capacity == NONE {
            entry(index).expiry_ns.set(0);
        } else if header().keepings.len > 0 && keeping::is_placed(store_row) {
            keeping::drop_placed(store_row, index);
        } else {
            drop_linked(state_of(store_row), index);
        }
    }
}

/// If the entry in a register is out of date and nobody fetches it, a branch does that nobody waits for.
#[unsafe(no_mangle)]
pub extern "C" fn k_refresh(strand: u32, key: u64, branch: u32, store_row: u32, reg: u32) {
    let index = register(reg, strand);
    if index == NONE {
        return;
    }
    let entry = entry(index);
    let expiry = entry.expiry_ns.get();
    if expiry == 0 || expiry > keeping::clock(store_row) || entry.fetcher.get() != 0 {
        return;
    }
    let branch_key = step_key(key, row::<Branch>(header().branches, branch).path);
    let Some((child, label)) = super::forks::spawn(strand, branch_key, branch) else { return };
    set_register(0, child, index);
    entry.fetcher.set(child + 1);
    super::dispatch(label, child);
}

/// The fetch of the key in a register has failed.
#[unsafe(no_mangle)]
pub extern "C" fn k_unfetch(strand: u32, reg: u32) {
    let index = register(reg, strand);
    if index != NONE && entry(index).fetcher.get() == strand + 1 {
        wake(entry(index), GO_ON_BADLY, frames::outcome(strand));
    }
}

/// Sets a register to no key.
#[unsafe(no_mangle)]
pub extern "C" fn k_no_key(strand: u32, reg: u32) {
    set_register(reg, strand, NONE);
}

/// Forgets everything. Fetches under way go on.
#[unsafe(export_name = "if_clear_store")]
#[inline(never)]
pub extern "C" fn clear(store_row: u32) {
    let (row, state) = (store(store_row), state_of(store_row));
    if header().keepings.len > 0 {
        keeping::clear(row);
    }
    for index in row.first_key..row.first_key + row.keys {
        let entry = entry(index);
        entry.expiry_ns.set(0);
        entry.newer.set(0);
        entry.older.set(0);
    }
    state.size.set(0);
    state.newest.set(0);
    state.oldest.set(0);
    state.cleared_ns.set(now());
}

fn append_waiter(entry: &Entry, strand: u32) {
    set32(frame32::NEXT, strand, 0);
    match entry.waiter_tail.get() {
        0 => entry.waiter_head.set(strand + 1),
        tail => set32(frame32::NEXT, tail - 1, strand + 1),
    }
    entry.waiter_tail.set(strand + 1);
}

/// Ends a fetch: its waiters go on one nanosecond later.
fn wake(entry: &Entry, how: u32, result: u32) {
    entry.fetcher.set(0);
    let mut next = entry.waiter_head.replace(0);
    entry.waiter_tail.set(0);
    while next != 0 {
        let strand = next - 1;
        next = get32(frame32::NEXT, strand);
        if result != outcome::OK {
            frames::set_outcome(strand, result);
        }
        push_next(Rank::Resume, key_of(strand), strand, generation_of(strand), how);
    }
}

/// Takes dying strands off the lists of waiters, and fails the fetches they made.
#[cold]
pub fn forget_dying() {
    for index in 0..header().entries.len {
        let entry = entry(index);
        if entry.fetcher.get() == 0 {
            continue;
        }
        let mut next = entry.waiter_head.replace(0);
        entry.waiter_tail.set(0);
        while next != 0 {
            let strand = next - 1;
            next = get32(frame32::NEXT, strand);
            if !is(strand, DYING) {
                append_waiter(entry, strand);
            }
        }
        if is(entry.fetcher.get() - 1, DYING) {
            wake(entry, GO_ON_BADLY, outcome::FAILED);
        }
    }
}

/// A key of a list is the one used most recently.
pub fn touch(row: &Store, state: &StoreState, index: u32) {
    if row.capacity != NONE && state.newest.get() != index + 1 {
        unlink(state, index);
        link_newest(state, index);
    }
}

fn link_newest(state: &StoreState, index: u32) {
    let newest = state.newest.get();
    entry(index).newer.set(0);
    entry(index).older.set(newest);
    match newest {
        0 => state.oldest.set(index + 1),
        newest => entry(newest - 1).newer.set(index + 1),
    }
    state.newest.set(index + 1);
}

fn unlink(state: &StoreState, index: u32) {
    let (newer, older) = (entry(index).newer.get(), entry(index).older.get());
    match newer {
        0 => state.newest.set(older),
        newer => entry(newer - 1).older.set(older),
    }
    match older {
        0 => state.oldest.set(newer),
        older => entry(older - 1).newer.set(newer),
    }
}

/// Forgets an entry of a list.
fn drop_linked(state: &StoreState, index: u32) {
    unlink(state, index);
    entry(index).expiry_ns.set(0);
    entry(index).newer.set(0);
    entry(index).older.set(0);
    state.size.set(state.size.get() - 1);
}
