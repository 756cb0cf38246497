//! The timeline: effects begin, change and end, and what they act on follows.

use super::calendar::{Event, Rank, push};
use super::memory::{header, machine, now, read, row, sample, write};
use super::{
    connections, crashes, fleets, flights, gates, leaders, quotas, rebalance, records, sources, stations, stores,
    strains, triggers, users, windows, work,
};
use crate::draw::{draw, nth, source_key};
use crate::fact;
use crate::layout::{Change, Component, Effect, Flicker, NONE, Slot, record};

/// The kind of slot that takes replicas down.
const DOWN: u32 = 1;
/// The kind of slot whose changes concern work under way.
const SPEED: u32 = 4;
/// The kind of slot whose changes concern what has come into a bucket.
const QUOTA: u32 = 5;
/// The kind of slot that says how many replicas are to be in service.
const REPLICAS: u32 = 6;
/// The kind of slot that takes replicas out of service.
const DRAINING: u32 = 7;
/// The kind of slot that closes the connections of an edge.
const CONNECTIONS: u32 = 8;
/// The kind of slot that says how many users are to be there.
const USERS: u32 = 9;
/// The kind of slot that says how many servers a replica has.
const SERVERS: u32 = 32;
/// The kind of slot that says how many permits a gate has.
const PERMITS: u32 = 33;
/// The kind of slot whose rise lets a group assign its partitions anew.
const REBALANCE: u32 = 34;
/// What comes and goes at random is ordered behind the file's own timeline.
const FLICKER: u64 = 1 << 32;
/// A live host's wishes are ordered behind both.
const LIVE: u64 = 1 << 33;
/// A new replica serves.
pub const READY: u64 = 1 << 34;
/// What a trigger has brought about is over.
pub const OVER: u64 = 1 << 35;

#[inline(always)]
fn slot(index: u32) -> &'static Slot {
    row(header().slots, index)
}

#[inline(always)]
fn flicker(index: u32) -> &'static Flicker {
    row(header().flickers, index)
}

#[inline(always)]
fn effect(index: u32) -> &'static Effect {
    row(header().effects, index)
}

/// Cells start at their base; the whole timeline is scheduled.
pub fn init(seed: u64) {
    for i in 0..header().slots.len {
        for c in 0..slot(i).cells {
            write(header().cells.address, slot(i).first_cell + c, slot(i).base.get());
        }
    }
    for i in 0..header().timeline.len {
        let change: &Change = row(header().timeline, i);
        push(change.at_ns, Rank::Timeline, i as u64, i, 0, 0);
    }
    machine().seed.set(seed);
    for i in 0..header().flickers.len {
        let flicker = flicker(i);
        turn_again(i, flicker, flicker.start_ns.max(1), flicker.after);
    }
}

/// An effect changes, or a live host's wish is granted.
#[inline(always)]
pub fn change(event: Event) {
    change_of(event.key >> 32, event.subject);
}

#[unsafe(export_name = "rare_change")]
#[inline(never)]
extern "C" fn change_of(kind: u64, subject: u32) {
    match kind {
        0 => {
            let change: &Change = row(header().timeline, subject);
            switch(change.effect, change.active == 1, change.value);
        }
        1 => turn(subject),
        2 | 3 => grant(subject),
        4..8 => fleets::ready(subject),
        _ => triggers::over(subject),
    }
}

/// An effect that comes and goes does either.
#[unsafe(export_name = "if_flickers_turn")]
#[inline(never)]
extern "C" fn turn(index: u32) {
    let flicker = flicker(index);
    let over = now() >= flicker.end_ns;
    let on = !over && flicker.turns.get().is_multiple_of(2);
    flicker.turns.set(flicker.turns.get() + 1);
    switch(flicker.effect, on, if on { flicker.value } else { 0.0 });
    if !over {
        turn_again(index, flicker, now(), if on { flicker.lasting } else { flicker.after });
    }
}

/// Schedules the next turn; an effect that is there goes at the end at the latest.
fn turn_again(index: u32, flicker: &Flicker, from: u64, time: u32) {
    let key = source_key(machine().seed.get(), flicker.hash);
    let wait = sample(time, draw(nth(key, flicker.turns.get()), flicker.hash)) as u64;
    let at = from.saturating_add(wait.max(1));
    let is_there = flicker.turns.get() % 2 == 1;
    if at < flicker.end_ns || is_there && flicker.end_ns <= header().duration_ns {
        push(at.min(flicker.end_ns), Rank::Timeline, FLICKER + index as u64, index, 0, 0);
    }
}

/// Switches an effect, and lets what it acts on follow.
pub fn switch(effect_row: u32, on: bool, value: f64) {
    let effect = effect(effect_row);
    let at_leader = effect.count == 0;
    if at_leader && on && effect.active.get() == 0 {
        effect.first.set(leaders::struck(slot(effect.slot).owner));
    }
    effect.active.set(on as u32);
    effect.value.set(value);
    let slot = slot(effect.slot);
    windows::transition_fact(slot.component, fact::effect(effect.hash, now(), on, value));
    let kind = if on { record::EFFECT_ON } else { record::EFFECT_OFF };
    records::write(kind, effect_row, value.to_bits(), 0, 0);
    if !at_leader || effect.first.get() != NONE {
        recompute(slot, effect.first.get(), effect.count.max(1));
    }
}

/// Asks for a new base value from the next nanosecond on. Nonzero if there is no such slot.
pub fn set_live(index: u32, value: f64) -> i32 {
    if index >= header().slots.len || value.is_nan() {
        return 1;
    }
    slot(index).pending.set(value);
    flights::will_change(machine().now.get() + 1);
    push(machine().now.get() + 1, Rank::Timeline, LIVE + index as u64, index, 0, 0);
    0
}

fn grant(index: u32) {
    let slot = slot(index);
    slot.base.set(slot.pending.get());
    windows::transition_fact(slot.component, fact::effect(slot.hash, now(), true, slot.base.get()));
    recompute(slot, 0, slot.cells);
}

/// Recomputes cells of a slot from its base and its active effects, and lets changes act.
fn recompute(slot: &Slot, first: u32, count: u32) {
    for index in first..first + count {
        let address = header().cells.address;
        let old: f64 = read(address, slot.first_cell + index);
        let new = value_of(slot, index);
        match slot.kind {
            SPEED => work::advance(slot.owner, index),
            QUOTA => quotas::settle(slot.owner),
            DOWN => windows::touch(slot.owner),
            _ => {}
        }
        write(address, slot.first_cell + index, new);
        if new != old {
            act(slot, index, old, new);
        }
    }
    if slot.kind == DOWN && stations::component(slot.owner).shared_queue == 1 {
        crashes::take_up(slot.owner);
    }
}

fn value_of(slot: &Slot, index: u32) -> f64 {
    let mut value = slot.base.get();
    // Ops are numbered in the order in which they compose.
    for op in 0..=4 {
        let mut next = slot.first_effect;
        while next != NONE {
            let effect = effect(next);
            let first = effect.first.get();
            let covers = first <= index && index < first.saturating_add(effect.count.max(1));
            if effect.op == op && effect.active.get() == 1 && covers {
                value = compose(op, value, effect.value.get());
            }
            next = effect.next;
        }
    }
    value
}

fn compose(op: u32, value: f64, with: f64) -> f64 {
    match op {
        0 => with,
        1 => value * with,
        2 => value + with,
        3 => 1.0 - (1.0 - value) * (1.0 - with),
        _ => value.max(with),
    }
}

fn act(slot: &Slot, index: u32, old: f64, new: f64) {
    match slot.kind {
        DOWN => {
            let component: &Component = stations::component(slot.owner);
            let replica = component.first_replica + index;
            if old == 0.0 {
                crashes::kill(slot.owner, replica, new);
            } else if new == 0.0 {
                crashes::revive(slot.owner, replica);
            }
        }
        2 => sources::change_rate(slot.owner),
        SPEED => work::change_speed(slot.owner, index),
        3 if old == 0.0 => stores::clear(slot.owner),
        REPLICAS => fleets::resize(slot.owner, new),
        CONNECTIONS if old == 0.0 => connections::close(slot.owner),
        DRAINING => fleets::change_draining(slot.owner, index),
        USERS => users::change(slot.owner, new),
        SERVERS => strains::servers_changed(slot.owner, index),
        PERMITS => gates::changed(slot.owner),
        REBALANCE if old == 0.0 => rebalance::ask(slot.owner),
        _ => {}
    }
    if matches!(slot.kind, DOWN | SPEED | DRAINING) && stations::component(slot.owner).leaders != NONE {
        leaders::presence(slot.owner, stations::component(slot.owner).first_replica + index);
    }
}
