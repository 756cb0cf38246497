//! Arrivals that are more than one request, or not at a rate: batches, sessions, the clock, lists of instants.
//!
//! An arrival has a key; those that arrive together have keys that are parts of it, and the requests of a
//! session keys that are parts of the session's. What a session has still to do is drawn again from its key, so
//! that one which thinks is an event and nothing else.

use super::calendar::{Rank, push};
use super::memory::{header, now, read, row, sample, source};
use super::sources::{create, next_by_rate, state_of};
use crate::draw::{draw, nth, part_key, unit_f64};
use crate::layout::{Count, Intake, NONE, Source, SourceState};

/// Event of a source: an arrival.
const ARRIVAL: u32 = 0;
/// Event of a source: one who arrived with others comes a little later.
const LATER: u32 = 1;
/// Event of a source: a session's next request, whose number is in place of the generation.
const NEXT: u32 = 2;

/// Purposes of draws.
const BATCH: usize = 0;
const SESSION: usize = 1;
const THINK: usize = 2;
const SPREAD: usize = 3;

fn intake(source: &Source) -> &'static Intake {
    row(header().intakes, source.intake)
}

/// A number of a key.
fn count(count: &Count, key: u64, purpose: u64) -> u32 {
    if count.extra == NONE {
        return count.most;
    }
    let extra = (sample(count.extra, draw(key, purpose)) as u64).min(count.most as u64) as u32;
    extra.saturating_add(count.base).min(count.most)
}

/// Schedules the first arrival of a source that does not go by a rate.
#[unsafe(export_name = "if_intake_begin")]
#[inline(never)]
pub extern "C" fn begin(index: u32) -> bool {
    let row = source(index);
    let intake = intake(row);
    let by_itself = intake.every_ns > 0 || intake.instants > 0;
    if by_itself {
        schedule(index, row, intake, state_of(index));
    }
    by_itself
}

/// Instant of an arrival by the clock or by the list; never, if the list is over.
fn instant(intake: &Intake, ordinal: u64) -> u64 {
    if intake.every_ns > 0 {
        return intake.first_ns.saturating_add(intake.every_ns.saturating_mul(ordinal)).max(1);
    }
    let len = intake.instants as u64;
    let round = ordinal / len;
    if round > 0 && intake.period_ns == 0 {
        return u64::MAX;
    }
    let at: u64 = read(header().instants.address, intake.first_instant + (ordinal % len) as u32);
    at.saturating_add(intake.period_ns.saturating_mul(round)).max(1)
}

fn schedule(index: u32, row: &Source, intake: &Intake, state: &SourceState) {
    let at = instant(intake, state.ordinal.get());
    if at <= header().duration_ns {
        push(at, Rank::Source, row.hash, index, 0, ARRIVAL);
    }
}

/// An event of a source with an intake.
#[unsafe(export_name = "if_intake_arrive")]
#[inline(never)]
pub extern "C" fn arrive(index: u32, generation: u32, argument: u32, key: u64) {
    let row = source(index);
    let (intake, state) = (intake(row), state_of(index));
    match argument {
        NEXT => create(index, row, part_key(key, generation as u64), key, generation),
        LATER => enter(index, row, intake, key),
        _ if generation != state.generation.get() => {}
        _ if intake.every_ns == 0 && intake.instants == 0 => {
            let key = nth(state.key.get(), state.ordinal.get());
            next_by_rate(index, row, state);
            come(index, row, intake, key);
        }
        _ => {
            let first = state.ordinal.get();
            let mut next = first + 1;
            while intake.instants > 0 && instant(intake, next) == now() {
                next += 1;
            }
            state.ordinal.set(next);
            schedule(index, row, intake, state);
            for ordinal in first..next {
                come(index, row, intake, nth(state.key.get(), ordinal));
            }
        }
    }
}

/// An arrival: so many come, at once or spread.
fn come(index: u32, row: &Source, intake: &Intake, key: u64) {
    if intake.batch.extra == NONE && intake.batch.most == 1 {
        return spread(index, row, intake, key);
    }
    for number in 0..count(&intake.batch, key, intake.purposes[BATCH]) {
        spread(index, row, intake, part_key(key, number as u64));
    }
}

fn spread(index: u32, row: &Source, intake: &Intake, key: u64) {
    if intake.spread_ns == 0 {
        return enter(index, row, intake, key);
    }
    let wait = unit_f64(draw(key, intake.purposes[SPREAD])) * intake.spread_ns as f64;
    push(now() + (wait as u64).max(1), Rank::Source, key, index, 0, LATER);
}

/// One who comes: a request, or a session's first.
fn enter(index: u32, row: &Source, intake: &Intake, key: u64) {
    if intake.session.most == 0 {
        create(index, row, key, 0, 0);
    } else if count(&intake.session, key, intake.purposes[SESSION]) > 0 {
        create(index, row, part_key(key, 0), key, 0);
    }
}

/// A request has its answer: its session thinks, if it has not made all its requests.
#[unsafe(export_name = "if_intake_go_on")]
#[inline(never)]
pub extern "C" fn go_on(index: u32, session: u64, number: u32) {
    let intake = intake(source(index));
    if intake.session.most == 0 || number + 1 >= count(&intake.session, session, intake.purposes[SESSION]) {
        return;
    }
    let key = part_key(session, number as u64 + 1);
    let pause = (sample(intake.think, draw(key, intake.purposes[THINK])) as u64).max(1);
    push(now() + pause, Rank::Source, session, index, number + 1, NEXT);
}
