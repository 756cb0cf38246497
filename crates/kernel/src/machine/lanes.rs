//! Lanes: events that come in the order in which they were scheduled, beside the calendar.
//!
//! A source has one event at a time, a point that lies a constant time behind a source keeps its order, and so does the end
//! of a patience that is always the same. Such events wait in a ring each, at no cost but a look at its head. A lane only
//! takes what belongs behind its last event; anything else goes to the calendar, so nothing depends on what is in which.

use super::calendar::{self, Entry, Event, Rank};
use super::memory::{generation_of, header, machine, read, row, write};
use crate::layout::{Lane, NONE};

#[inline(always)]
fn lane(index: u32) -> &'static Lane {
    row(header().lanes, index)
}

/// A place, counted on around the ring.
#[inline(always)]
fn around(place: u32) -> u32 {
    place & (header().lane_room - 1)
}

#[inline(always)]
fn address(index: u32, place: u32) -> u32 {
    index * header().lane_room + around(place)
}

#[inline(always)]
fn entry(index: u32, place: u32) -> Entry {
    read(header().lane_events, address(index, place))
}

/// Schedules an event, in a lane if it belongs behind all that is in it.
#[inline(always)]
pub fn push(index: u32, of: Event) {
    let of = Entry::from(of);
    push_words(index, of.at, of.key, of.subject_and_generation, of.argument_and_rank);
}

/// Takes numbers, for the reason that the calendar does.
#[inline(never)]
fn push_words(index: u32, at: u64, key: u64, subject_and_generation: u64, argument_and_rank: u64) {
    let of = Entry { at, key, subject_and_generation, argument_and_rank };
    let (lane, m) = (lane(index), machine());
    let (head, len) = (lane.head.get(), lane.len.get());
    if len == header().lane_room || len > 0 && !entry(index, head + len - 1).is_before(&of) {
        lane.spilled.set(1);
        return calendar::push_entry(of);
    }
    lane.len.set(len + 1);
    if len > 0 {
        let place = around(head + len);
        write(header().lane_events, address(index, place), of);
        return m.lanes_peak.set(m.lanes_peak.get().max(place + 1));
    }
    // What is used of a ring is its begin, so that it stays in the cache.
    lane.head.set(0);
    write(header().lane_events, address(index, 0), of);
    if of.at <= m.lane_at.get() {
        choose();
    } else {
        m.lanes_behind_at.set(m.lanes_behind_at.get().min(of.at));
    }
}

/// Whether an event of a lane has gone to the calendar since this was asked last.
#[inline(always)]
pub fn has_spilled(index: u32) -> bool {
    lane(index).spilled.replace(0) != 0
}

/// Whether there is any event in a lane.
#[inline(always)]
pub fn is_any_in(index: u32) -> bool {
    lane(index).len.get() > 0
}

/// Takes events out of a lane in order, as long as their subjects go on ahead of time.
#[inline(always)]
pub fn drain(index: u32, goes_on: impl Fn(u32) -> bool) {
    let lane = lane(index);
    while lane.len.get() > 0 && goes_on(entry(index, lane.head.get()).event().subject) {
        lane.head.set(around(lane.head.get() + 1));
        lane.len.set(lane.len.get() - 1);
    }
    choose();
}

/// The lane whose head comes first is known again.
#[inline(never)]
fn choose() {
    let m = machine();
    m.lane_at.set(u64::MAX);
    m.lanes_behind_at.set(u64::MAX);
    for index in 0..header().lanes.len {
        forget_stale(index);
        if lane(index).len.get() == 0 {
            continue;
        }
        let head = entry(index, lane(index).head.get());
        let (at, known) = (head.at, m.lane_at.get());
        if at < known || at == known && head.is_before(&first()) {
            m.lanes_behind_at.set(known);
            m.lane_at.set(at);
            m.lane.set(index);
        } else {
            m.lanes_behind_at.set(m.lanes_behind_at.get().min(at));
        }
    }
}

/// The patience of those who wait no more is forgotten, as far as it is at the head.
#[inline]
fn forget_stale(index: u32) {
    let lane = lane(index);
    while lane.len.get() > 0 {
        let head = entry(index, lane.head.get()).event();
        if head.rank != Rank::Timeout || generation_of(head.subject) == head.generation {
            return;
        }
        lane.head.set(around(lane.head.get() + 1));
        lane.len.set(lane.len.get() - 1);
    }
}

/// The first event of all lanes; there is one if its instant is not the last of all.
#[inline(always)]
pub fn first() -> Entry {
    let index = machine().lane.get();
    entry(index, lane(index).head.get())
}

/// Takes it. Mostly the next one is in the same lane. All in a lane are of one kind: only patience can be stale.
#[inline(always)]
pub fn take() -> Event {
    let (m, of) = (machine(), first().event());
    let index = m.lane.get();
    let lane = lane(index);
    let (mut head, mut len) = (around(lane.head.get() + 1), lane.len.get() - 1);
    lane.head.set(head);
    lane.len.set(len);
    if of.rank == Rank::Timeout {
        forget_stale(index);
        (head, len) = (lane.head.get(), lane.len.get());
    }
    if len > 0 {
        let at = entry(index, head).at;
        if at < m.lanes_behind_at.get() {
            m.lane_at.set(at);
            return of;
        }
    }
    choose();
    of
}

/// No event is in any lane.
pub fn init() {
    machine().lane_at.set(u64::MAX);
}

/// Schedules an event in a lane, if there is one for it.
#[inline(always)]
pub fn push_or(index: u32, of: Event) {
    if index == NONE {
        calendar::push_entry(of.into());
    } else {
        push(index, of);
    }
}
