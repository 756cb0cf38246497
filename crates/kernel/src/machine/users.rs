//! Users of closed sources that come and go: how many there are is a parameter.
//!
//! Users are numbered; those below the number that is wanted are there. One who is to go while it thinks goes at once; one who
//! waits for an answer goes when that is there.

use super::memory::{cell, header, now, read, source, write};
use super::sources::{state_of, think};
use crate::layout::{NONE, Source};

/// What a user does.
const ABSENT: u32 = 0;
const THINKS: u32 = 1;
const ASKS: u32 = 2;

fn mark(row: &Source, user: u32) -> u32 {
    read(header().user_marks, row.first_user + user)
}

fn set_mark(row: &Source, user: u32, mark: u32) {
    write(header().user_marks, row.first_user + user, mark);
}

/// Users that are to be there.
fn wanted(row: &Source) -> u32 {
    (cell(row.cell_users) as u32).min(row.users)
}

/// Users that are there at first.
pub fn at_first(row: &Source) -> u32 {
    if row.cell_users == NONE { row.users } else { wanted(row) }
}

/// A user begins to think.
#[unsafe(export_name = "if_users_thinks")]
#[inline(never)]
pub extern "C" fn thinks(row: &Source, user: u32) {
    set_mark(row, user, THINKS);
}

/// Whether a user who has thought asks now: not if it has left since.
#[unsafe(export_name = "if_users_asks")]
#[inline(never)]
pub extern "C" fn asks(row: &Source, user: u32, cycle: u32, thought: u32) -> bool {
    let does = cycle == thought && mark(row, user) == THINKS;
    if does {
        set_mark(row, user, ASKS);
    }
    does
}

/// Whether a user who has its answer leaves; its next cycle is another.
#[unsafe(export_name = "if_users_leaves")]
#[inline(never)]
pub extern "C" fn leaves(row: &Source, user: u32, cycle: u32) -> bool {
    let goes = user >= wanted(row);
    if goes {
        set_mark(row, user, ABSENT);
        write(header().users.address, row.first_user + user, cycle);
    }
    goes
}

/// Another number of users is wanted.
#[unsafe(export_name = "if_users_change")]
#[inline(never)]
pub extern "C" fn change(index: u32, _wanted: f64) {
    let row = source(index);
    let wanted = wanted(row);
    for user in 0..row.users {
        let cycle: u32 = read(header().users.address, row.first_user + user);
        if user < wanted && mark(row, user) == ABSENT {
            think(index, row, state_of(index), user, cycle, now());
        } else if user >= wanted && mark(row, user) == THINKS {
            set_mark(row, user, ABSENT);
            write(header().users.address, row.first_user + user, cycle + 1);
        }
    }
}
