//! Keys of requests: what a request is about.
//!
//! A call or message that draws a key is about that key; any other is about what its caller is about, and
//! branches about what their strand is about. A source's own strand has no key: its calls draw theirs.

use super::memory::{cell, header, read, row, write};
use crate::draw::{HOT_KEY, KEY_OF_REQUEST, chance, draw, mix};
use crate::layout::{Keyspace, NONE, Site};
use crate::zipf::Zipf;

/// The key that a strand is about: its rank by popularity, from 0, or [`NONE`].
#[inline(always)]
pub fn key_of_request(strand: u32) -> u32 {
    let column = header().request_keys;
    if column == 0 { NONE } else { read(column, strand) }
}

/// A strand is about a key.
#[inline(always)]
pub fn set(strand: u32, key: u32) {
    let column = header().request_keys;
    if column != 0 {
        write(column, strand, key);
    }
}

/// The key that the visit of a call or message will be about; all attempts of one call have the same.
#[inline(always)]
pub fn key_of_message(strand: u32, site: &Site, call_key: u64) -> u32 {
    if header().request_keys == 0 {
        return NONE;
    }
    if site.keys == NONE { key_of_request(strand) } else { draw_key(site.keys, call_key) }
}

#[unsafe(export_name = "if_keys_draw")]
#[inline(never)]
extern "C" fn draw_key(keyspace: u32, call_key: u64) -> u32 {
    let space: &Keyspace = row(header().keyspaces, keyspace);
    if space.cell_hot != NONE {
        let share = cell(space.cell_hot);
        if share > 0.0 && chance(draw(call_key, HOT_KEY), share) {
            return 0;
        }
    }
    drawn(space, draw(call_key, KEY_OF_REQUEST))
}

/// A key of a population, from 0.
pub fn drawn(space: &Keyspace, word: u64) -> u32 {
    // SAFETY: prepared by `stores::init`, never written afterwards.
    unsafe { &*(space.zipf as *const Zipf) }.draw(word)
}

/// The finalizer of draws, where it need not be in line.
#[unsafe(no_mangle)]
pub extern "C" fn k_mix(word: u64) -> u64 {
    mix(word)
}

/// Whether the key that a strand is about is of a class, modulo a number.
#[unsafe(no_mangle)]
pub extern "C" fn k_of_class(strand: u32, of: u32, class: u32) -> u32 {
    let key = key_of_request(strand);
    (key != NONE && key % of == class) as u32
}
