//! Cold starts: a server that is taken and was not used for a while is set up first.

use super::memory::{header, key_of, now, read, sample, write};
use super::stations::replica;
use super::windows;
use crate::columns::component as column;
use crate::draw::draw;
use crate::layout::{Component, NONE};

/// Time before a server of a replica that is taken for a strand serves; 0 if it is warm. Those used last are used first.
#[inline]
pub fn time(c: u32, row: &Component, r: u32, strand: u32) -> u64 {
    if row.setup == NONE { 0 } else { time_of(c, row, r, strand) }
}

#[unsafe(export_name = "if_setup_time")]
#[inline(never)]
extern "C" fn time_of(c: u32, row: &Component, r: u32, strand: u32) -> u64 {
    let idle = &replica(r).idle;
    if let Some(newest) = idle.get().checked_sub(1) {
        let since: u64 = read(header().idle, first(row, r) + newest);
        if now() - since <= row.keep_alive_ns {
            idle.set(newest);
            return 0;
        }
        // The others have been idle for longer.
        idle.set(0);
    }
    windows::count(c, column::SETUPS);
    (sample(row.setup, draw(key_of(strand) ^ now(), row.purpose_setup)) as u64).max(1)
}

/// A server of a replica is idle from now on.
pub fn idles(row: &Component, r: u32) {
    if row.setup != NONE {
        let idle = &replica(r).idle;
        write(header().idle, first(row, r) + idle.get(), now());
        idle.set(idle.get() + 1);
    }
}

fn first(row: &Component, r: u32) -> u32 {
    row.first_idle + (r - row.first_replica) * row.servers
}
