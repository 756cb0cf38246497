//! Forks: branches of one visit that run side by side, and the join that waits for them.

use super::calendar::{Rank, push_next};
use super::due::{GO_ON, GO_ON_BADLY};
use super::frames::{self, BRANCH, CANCELLED, CLASS, FORKING, SAMPLED, lower, moves_on, raise};
use super::memory::{generation_of, get32, get64, header, key_of, row, set32, set64};
use super::{dispatch, gathering, keys, logs, meters, partitions, sizes, stations};
use crate::draw::step_key;
use crate::layout::{Branch, NONE, Table, frame32, frame64};

/// Starts `count` branches and waits until `need` have ended well.
#[unsafe(no_mangle)]
pub extern "C" fn k_fork(strand: u32, key: u64, first: u32, count: u32, need: u32, label: u32, bad: u32) {
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    set32(frame32::NEEDED, strand, need);
    set32(frame32::AFFORDED, strand, count - need);
    set32(frame32::CALLEE, strand, 0);
    raise(strand, FORKING);
    let generation = generation_of(strand);
    let inherited = get32(frame32::STATE, strand) & (SAMPLED | CLASS | CANCELLED);
    let deadline = get64(frame64::DEADLINE, strand);
    let replica = get32(frame32::REPLICA, strand);
    let table: Table = header().branches;
    for i in first..first + count {
        let branch: &Branch = row(table, i);
        let Some(child) = frames::allocate(step_key(key, branch.path), BRANCH | inherited) else { return };
        set32(frame32::PARENT, child, strand);
        set32(frame32::PARENT_GENERATION, child, generation);
        set32(frame32::REPLICA, child, replica);
        set64(frame64::DEADLINE, child, deadline);
        keys::set(child, keys::key_of_request(strand));
        sizes::inherit_all(strand, child);
        meters::inherit(strand, child);
        partitions::is_born_with(strand, child);
        if logs::any() {
            logs::inherit(strand, child);
        }
        if frames::awaited(child) {
            link(strand, child);
        }
        dispatch(branch.entry, child);
    }
}

/// Starts a branch that nobody waits for, and that goes on when its strand is to stop.
#[unsafe(no_mangle)]
pub extern "C" fn k_spawn(strand: u32, key: u64, index: u32) {
    let branch: &Branch = row(header().branches, index);
    let branch_key = step_key(key, branch.path);
    if let Some((child, label)) = spawn(strand, branch_key, index) {
        dispatch(label, child);
        if gathering::any() {
            gathering::spawn_for_others(strand, branch_key, index);
        }
    }
}

/// A branch with a key that nobody waits for, and the label where it begins.
pub fn spawn(strand: u32, branch_key: u64, index: u32) -> Option<(u32, u32)> {
    let branch: &Branch = row(header().branches, index);
    let inherited = get32(frame32::STATE, strand) & (SAMPLED | CLASS);
    let child = frames::allocate(branch_key, BRANCH | inherited)?;
    set32(frame32::REPLICA, child, get32(frame32::REPLICA, strand));
    keys::set(child, keys::key_of_request(strand));
    sizes::inherit(strand, child);
    meters::inherit(strand, child);
    partitions::is_born_with(strand, child);
    Some((child, branch.entry))
}

/// A branch ends well.
#[unsafe(no_mangle)]
pub extern "C" fn k_branch_end(branch: u32) {
    if frames::awaited(branch) {
        let parent = get32(frame32::PARENT, branch);
        meters::join(branch, parent);
        unlink(parent, branch);
        let needed = get32(frame32::NEEDED, parent) - 1;
        set32(frame32::NEEDED, parent, needed);
        if needed == 0 {
            join(parent, GO_ON);
        }
    } else {
        left_over(branch);
    }
    frames::release(branch);
}

/// A branch ends badly.
#[unsafe(no_mangle)]
pub extern "C" fn k_branch_fail(branch: u32) {
    if frames::awaited(branch) {
        let parent = get32(frame32::PARENT, branch);
        meters::join(branch, parent);
        unlink(parent, branch);
        let afforded = get32(frame32::AFFORDED, parent);
        if afforded == 0 {
            frames::set_outcome(parent, frames::outcome(branch));
            join(parent, GO_ON_BADLY);
        } else {
            set32(frame32::AFFORDED, parent, afforded - 1);
        }
    } else {
        left_over(branch);
    }
    frames::release(branch);
}

/// What a branch has used that was waited for once is for nobody.
fn left_over(branch: u32) {
    if get32(frame32::PARENT, branch) != NONE {
        meters::waste(stations::component_of(branch), branch);
    }
}

/// A branch becomes the newest of those its parent waits for.
fn link(parent: u32, branch: u32) {
    let newest = get32(frame32::CALLEE, parent);
    set32(frame32::CALLEE, parent, branch + 1);
    set32(frame32::ORIGIN, branch, newest);
    set32(frame32::NEWER, branch, 0);
    if newest != 0 {
        set32(frame32::NEWER, newest - 1, branch + 1);
    }
}

fn unlink(parent: u32, branch: u32) {
    let (newer, older) = (get32(frame32::NEWER, branch), get32(frame32::ORIGIN, branch));
    match newer {
        0 => set32(frame32::CALLEE, parent, older),
        newer => set32(frame32::ORIGIN, newer - 1, older),
    }
    if older != 0 {
        set32(frame32::NEWER, older - 1, newer);
    }
}

fn join(parent: u32, how: u32) {
    lower(parent, FORKING);
    moves_on(parent);
    push_next(Rank::Resume, key_of(parent), parent, generation_of(parent), how);
}
