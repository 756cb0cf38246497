//! Forks: branches of one visit that run side by side, and the join that waits for them.

use super::calendar::{Rank, push};
use super::calls::{GO_ON, GO_ON_BADLY};
use super::dispatch;
use super::frames::{self, BRANCH, CLASS, SAMPLED, moves_on};
use super::memory::{generation_of, get32, header, key_of, now, row, set32};
use crate::draw::step_key;
use crate::layout::{Branch, Table, frame32};

/// Starts `count` branches and waits until `need` have ended well.
#[unsafe(no_mangle)]
pub extern "C" fn k_fork(strand: u32, key: u64, first: u32, count: u32, need: u32, label: u32, bad: u32) {
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    set32(frame32::NEEDED, strand, need);
    set32(frame32::AFFORDED, strand, count - need);
    let generation = generation_of(strand);
    let inherited = get32(frame32::STATE, strand) & (SAMPLED | CLASS);
    let replica = get32(frame32::REPLICA, strand);
    let table: Table = header().branches;
    for i in first..first + count {
        let branch: &Branch = row(table, i);
        let Some(child) = frames::allocate(step_key(key, branch.path), BRANCH | inherited) else { return };
        set32(frame32::PARENT, child, strand);
        set32(frame32::PARENT_GENERATION, child, generation);
        set32(frame32::REPLICA, child, replica);
        dispatch(branch.entry, child);
    }
}

/// A branch ends well.
#[unsafe(no_mangle)]
pub extern "C" fn k_branch_end(branch: u32) {
    if frames::awaited(branch) {
        let parent = get32(frame32::PARENT, branch);
        let needed = get32(frame32::NEEDED, parent) - 1;
        set32(frame32::NEEDED, parent, needed);
        if needed == 0 {
            join(parent, GO_ON);
        }
    }
    frames::release(branch);
}

/// A branch ends badly.
#[unsafe(no_mangle)]
pub extern "C" fn k_branch_fail(branch: u32) {
    if frames::awaited(branch) {
        let parent = get32(frame32::PARENT, branch);
        let afforded = get32(frame32::AFFORDED, parent);
        if afforded == 0 {
            frames::set_outcome(parent, frames::outcome(branch));
            join(parent, GO_ON_BADLY);
        } else {
            set32(frame32::AFFORDED, parent, afforded - 1);
        }
    }
    frames::release(branch);
}

fn join(parent: u32, how: u32) {
    moves_on(parent);
    push(now() + 1, Rank::Resume, key_of(parent), parent, generation_of(parent), how);
}
