//! Copies of an attempt beyond its first hedge.
//!
//! The attempt is copy 0, its hedges are copies 1 and on. Of the first two a frame knows by itself; columns for the others
//! are laid out only if a policy hedges more than once.

use super::frames::{HEDGED, raise};
use super::memory::{get32, get64, header, read, write};
use super::{attempts, meters};
use crate::draw::attempt_key;
use crate::layout::{frame32, frame64};

/// Column: copies that have not failed.
const ALIVE: u32 = 0;
/// Column: permits of copies beyond the first hedge.
const PERMITS: u32 = 1;
/// First of the columns that hold visits plus one, of copies 2 and on.
const VISITS: u32 = 2;

/// Whether there are any.
#[inline(always)]
pub fn any() -> bool {
    header().copies_max > 2
}

fn get(column: u32, strand: u32) -> u32 {
    read(header().copies, column * header().frames_max + strand)
}

fn set(column: u32, strand: u32, value: u32) {
    write(header().copies, column * header().frames_max + strand, value);
}

/// A new attempt is one copy.
#[unsafe(export_name = "if_copies_begin")]
#[inline(never)]
pub extern "C" fn begin(strand: u32) {
    set(ALIVE, strand, 1);
    set(PERMITS, strand, 0);
    for copy in 2..header().copies_max {
        set_visit(strand, copy, 0);
    }
}

/// One more copy is sent.
#[unsafe(export_name = "if_copies_one_more")]
#[inline(never)]
pub extern "C" fn one_more(strand: u32) {
    set(ALIVE, strand, get(ALIVE, strand) + 1);
    raise(strand, HEDGED);
}

/// A copy has failed. True if but one is left.
#[unsafe(export_name = "if_copies_one_less")]
#[inline(never)]
pub extern "C" fn one_less(strand: u32) -> bool {
    set(ALIVE, strand, get(ALIVE, strand) - 1);
    get(ALIVE, strand) == 1
}

/// Number of the copy with a key, from 2 on; 0 if it is none of those.
#[unsafe(export_name = "if_copies_number")]
#[inline(never)]
pub extern "C" fn number(strand: u32, visit_key: u64) -> u32 {
    let (call, attempt) = (get64(frame64::CALL_KEY, strand), get32(frame32::ATTEMPT, strand) as u64);
    let is = |copy: &u32| visit_key == attempt_key(call, attempts::BESIDE * *copy as u64 + attempt);
    (2..header().copies_max).find(is).unwrap_or(0)
}

/// Remembers the visit of a copy, plus one.
#[unsafe(export_name = "if_copies_set_visit")]
#[inline(never)]
pub extern "C" fn set_visit(strand: u32, copy: u32, visit: u32) {
    set(VISITS + copy - 2, strand, visit);
}

/// Visit of a copy beyond the first hedge plus one, 0 for none.
#[unsafe(export_name = "if_copies_visit")]
#[inline(never)]
pub extern "C" fn visit(strand: u32, copy: u32) -> u32 {
    get(VISITS + copy - 2, strand)
}

/// A copy beyond the first hedge has a permit.
#[unsafe(export_name = "if_copies_add_permit")]
#[inline(never)]
pub extern "C" fn add_permit(strand: u32) {
    set(PERMITS, strand, get(PERMITS, strand) + 1);
}

/// Permits that copies beyond the first hedge had, which are given back.
#[unsafe(export_name = "if_copies_permits")]
#[inline(never)]
pub extern "C" fn take_permits(strand: u32) -> u32 {
    let permits = get(PERMITS, strand);
    set(PERMITS, strand, 0);
    permits
}

/// Answers of copies beyond the first hedge that are under way from a component are for nobody.
#[unsafe(export_name = "if_copies_give_up")]
#[inline(never)]
pub extern "C" fn give_up_answers(strand: u32, component: u32) {
    for copy in 2..header().copies_max {
        meters::give_up_one(strand, copy, component);
    }
}
