//! Visits that are done together: the first of them leads, the others follow it.

use super::memory::{get32, header, read, set32, write};
use crate::layout::{NONE, frame32};

/// A message is done with others: behind the last of them.
pub fn follow(leader: u32, last: u32, rider: u32) {
    let riders = header().frame_riders;
    if last == leader {
        write(riders, leader, rider + 1);
    } else {
        set32(frame32::NEXT, last, rider + 1);
    }
    write(riders, rider, NONE);
    set32(frame32::NEXT, rider, 0);
}

/// Those that are linked behind a visit are with it.
pub fn mark_riders(leader: u32) {
    let riders = header().frame_riders;
    let mut next = get32(frame32::NEXT, leader);
    write(riders, leader, next);
    while let Some(rider) = next.checked_sub(1) {
        next = get32(frame32::NEXT, rider);
        write(riders, rider, NONE);
    }
}

/// First of those that are done with a visit, plus one; 0 for none.
#[inline(always)]
pub fn riders_of(visit: u32) -> u32 {
    if header().frame_riders == 0 {
        return 0;
    }
    let first: u32 = read(header().frame_riders, visit);
    if first == NONE { 0 } else { first }
}

/// Whether a visit is one of several that are done together.
#[inline(always)]
pub fn is_in_company(visit: u32) -> bool {
    header().frame_riders != 0 && read::<u32>(header().frame_riders, visit) != 0
}

/// A visit that ends is done with nobody any more.
#[inline(always)]
pub fn is_alone(visit: u32) {
    if header().frame_riders != 0 {
        write(header().frame_riders, visit, 0u32);
    }
}
