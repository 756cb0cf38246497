//! Work that is interrupted: it waits at the head of its class, and goes on where it stopped.

use super::calendar::{Rank, push};
use super::frames::{self, BRANCH, PAUSED, WORKING, is, lower, moves_on, raise};
use super::memory::{generation_of, get32, get64, key_of, now, set32, set64};
use super::stations::replica;
use super::{queues, windows};
use crate::columns::component as column;
use crate::layout::{Component, frame32, frame64};

/// Who interrupts: a lower class, everyone.
const EVERYONE: u32 = 2;

/// Whether a strand's work can be interrupted: it holds a server of its own, and a processor.
#[inline(always)]
fn can_be(row: &Component, strand: u32) -> bool {
    row.preempt != 0 && row.sharing == 0 && !(row.hold_visit == 1 && is(strand, BRANCH))
}

/// Work has begun and ends after a time.
#[inline]
pub fn begins(row: &Component, r: u32, strand: u32, duration: u64) {
    if can_be(row, strand) {
        link(r, strand, duration);
    }
}

#[unsafe(export_name = "if_preempt_link")]
#[inline(never)]
extern "C" fn link(r: u32, strand: u32, duration: u64) {
    set64(frame64::FINISH, strand, now() + duration);
    let newest = replica(r).working.replace(strand + 1);
    set32(frame32::PREVIOUS, strand, 0);
    set32(frame32::NEXT, strand, newest);
    if newest != 0 {
        set32(frame32::PREVIOUS, newest - 1, strand + 1);
    }
}

/// Work is over or interrupted.
#[inline]
pub fn ends(row: &Component, r: u32, strand: u32) {
    if can_be(row, strand) {
        unlink(r, strand);
    }
}

#[unsafe(export_name = "if_preempt_unlink")]
#[inline(never)]
extern "C" fn unlink(r: u32, strand: u32) {
    let (previous, next) = (get32(frame32::PREVIOUS, strand), get32(frame32::NEXT, strand));
    match previous {
        0 => replica(r).working.set(next),
        previous => set32(frame32::NEXT, previous - 1, next),
    }
    if next != 0 {
        set32(frame32::PREVIOUS, next - 1, previous);
    }
}

/// Interrupts work at a replica for a strand, if there is work to interrupt and room to wait. True if a server is now the strand's.
#[inline]
pub fn interrupt_for(c: u32, row: &Component, r: u32, strand: u32) -> bool {
    row.preempt != 0 && interrupt(c, row, r, strand)
}

#[unsafe(export_name = "if_preempt_interrupt")]
#[inline(never)]
extern "C" fn interrupt(c: u32, row: &Component, r: u32, strand: u32) -> bool {
    if !queues::has_room(row, r) {
        return false;
    }
    let Some(victim) = victim(row, r, frames::class(strand)) else { return false };
    ends(row, r, victim);
    moves_on(victim);
    let left = get64(frame64::FINISH, victim).saturating_sub(now()).max(1);
    set64(frame64::FINISH, victim, left);
    let since = if row.hold_visit == 1 { frame64::STARTED_NS } else { frame64::CALL_BEGAN_NS };
    windows::add(c, column::SERVICE_NS, now() - get64(since, victim));
    lower(victim, WORKING);
    raise(victim, PAUSED);
    queues::put_back(c, r, victim);
    true
}

/// Of the highest class at work, if that may be interrupted, who began last.
fn victim(row: &Component, r: u32, class: usize) -> Option<u32> {
    let newest_first = core::iter::successors(replica(r).working.get().checked_sub(1), |&strand| {
        get32(frame32::NEXT, strand).checked_sub(1)
    });
    let mut found: Option<u32> = None;
    for strand in newest_first {
        if found.is_none_or(|best| frames::class(strand) > frames::class(best)) {
            found = Some(strand);
        }
    }
    found.filter(|&victim| frames::class(victim) > class || row.preempt == EVERYONE && frames::class(victim) == class)
}

/// Interrupted work goes on; its server is counted already.
#[unsafe(export_name = "if_preempt_resume")]
#[inline(never)]
pub extern "C" fn resume(row: &Component, r: u32, strand: u32) {
    lower(strand, PAUSED);
    if row.hold_visit == 1 {
        set64(frame64::STARTED_NS, strand, now());
    } else {
        raise(strand, WORKING);
        set64(frame64::CALL_BEGAN_NS, strand, now());
    }
    let left = get64(frame64::FINISH, strand);
    begins(row, r, strand, left);
    push(now() + left, Rank::WorkEnd, key_of(strand), strand, generation_of(strand), 0);
}
