//! Fleets: components whose replicas come and go, and the autoscalers that decide about it.
//!
//! A replica is absent, starts, or is in service; one in service may be draining. It *takes* new work while in
//! service and not draining. Whatever it holds when it no longer does, it finishes; until then its servers count.

use super::calendar::{Rank, push};
use super::memory::{cell, header, machine, now, read, row, write};
use super::stations::{component, is_down, replica, state_of};
use super::{crashes, processors, rebalance, records, strains, timeline, windows};
use crate::fact::{self, transition};
use crate::layout::{Autoscaler, Component, Fleet, Member, NONE, ScalingStep, record};
use core::cell::Cell;

/// Two bits: 0 absent, 1 starts, 2 in service.
const PHASE: u32 = 3;
const STARTS: u32 = 1;
const IN_SERVICE: u32 = 2;
/// It takes new work.
const TAKES: u32 = 4;
/// It takes new work and is up.
const SERVES: u32 = 8;
/// Its servers count.
const COUNTS: u32 = 16;
/// There is such a replica.
const DEPLOYED: u32 = 32;
/// An event for its readiness is under way.
const AWAITED: u32 = 64;

/// Whether a component's replicas come and go.
#[inline(always)]
pub fn has(c: u32) -> bool {
    state_of(c).fleet.get() != 0
}

fn fleet(row_of: &Component) -> &'static Fleet {
    row(header().fleets, state_of(replica(row_of.first_replica).component.get()).fleet.get() - 1)
}

fn member(row_of: &Component, r: u32) -> &'static Member {
    row(header().members, fleet(row_of).first_member + r - row_of.first_replica)
}

/// Whether a replica takes new work.
#[inline(always)]
pub fn takes(row: &Component, r: u32) -> bool {
    !has(replica(r).component.get()) || takes_work(row, r)
}

#[unsafe(export_name = "if_fleets_takes")]
#[inline(never)]
extern "C" fn takes_work(row: &Component, r: u32) -> bool {
    member(row, r).flags.get() & TAKES != 0
}

/// Whether the servers of a fleet's replica count.
pub fn counts(row: &Component, r: u32) -> bool {
    member(row, r).flags.get() & COUNTS != 0
}

/// How many replicas of a fleet take new work.
pub fn takers(row: &Component) -> u32 {
    fleet(row).takers.get()
}

/// Fleets begin with their initial replicas in service.
pub fn init() {
    for index in 0..header().fleets.len {
        let fleet: &Fleet = row(header().fleets, index);
        enlist(index, fleet);
    }
}

#[unsafe(export_name = "if_fleets_enlist")]
#[inline(never)]
extern "C" fn enlist(index: u32, fleet: &Fleet) {
    let row = component(fleet.component);
    state_of(fleet.component).fleet.set(index + 1);
    state_of(fleet.component).capacity.set(0);
    for _ in 0..row.replicas {
        processors::counts(row, false);
    }
    fleet.wanted.set(fleet.initial);
    for i in 0..row.replicas {
        let r = row.first_replica + i;
        member(row, r).flags.set(if i < fleet.initial { IN_SERVICE } else { 0 });
        follow_up(fleet.component, r);
    }
}

fn set_phase(c: u32, r: u32, phase: u32) {
    let member = member(component(c), r);
    member.flags.set(member.flags.get() & !PHASE | phase);
    update(c, r);
    if component(c).group != NONE {
        rebalance::membership(c, component(c), r);
    }
}

/// What a replica is follows from its phase, its switches, and what it holds.
pub fn update(c: u32, r: u32) {
    windows::touch(c);
    follow_up(c, r);
}

#[unsafe(export_name = "if_fleets_follow_up")]
#[inline(never)]
extern "C" fn follow_up(c: u32, r: u32) {
    let (row, state) = (component(c), state_of(c));
    let (fleet, member) = (fleet(row), member(row, r));
    let old = member.flags.get();
    let cell_draining = fleet.cell_draining;
    let drains = cell_draining != NONE && cell(cell_draining + r - row.first_replica) != 0.0;
    let takes = old & PHASE == IN_SERVICE && !drains;
    let holds = if row.shared_queue == 1 { replica(r).busy.get() > 0 } else { replica(r).present.get() > 0 };
    let up = !is_down(row, r);
    let flag = |on: bool, flag: u32| if on { flag } else { 0 };
    let new = old & (PHASE | AWAITED)
        | flag(takes, TAKES)
        | flag(takes && up, SERVES)
        | flag((takes || holds) && up, COUNTS)
        | flag(old & PHASE != 0 || holds, DEPLOYED);
    member.flags.set(new);
    follow(&fleet.takers, old, new, TAKES, 1);
    follow(&state.serving, old, new, SERVES, 1);
    follow(&state.deployed, old, new, DEPLOYED, 1);
    if row.servers != NONE {
        follow(&state.capacity, old, new, COUNTS, row.servers);
    }
    if (old ^ new) & COUNTS != 0 {
        processors::counts(row, new & COUNTS != 0);
    }
}

/// A count follows a flag.
fn follow(count: &Cell<u32>, old: u32, new: u32, flag: u32, by: u32) {
    match (old & flag != 0, new & flag != 0) {
        (false, true) => count.set(count.get() + by),
        (true, false) => count.set(count.get() - by),
        _ => {}
    }
}

/// A message has reached a replica. True if it cannot be served, because no replica takes work.
#[unsafe(export_name = "if_fleets_is_out")]
#[inline(never)]
pub extern "C" fn is_out(c: u32, r: u32) -> bool {
    let row = component(c);
    if row.shared_queue == 1 || member(row, r).flags.get() & TAKES != 0 {
        return false;
    }
    update(c, r);
    fleet(row).takers.get() == 0
}

/// A replica holds a visit more, or one fewer.
#[unsafe(export_name = "if_fleets_holds")]
#[inline(never)]
pub extern "C" fn holds(c: u32, r: u32) {
    if member(component(c), r).flags.get() & TAKES == 0 {
        update(c, r);
    }
}

/// A replica is to drain, or no longer.
#[unsafe(export_name = "if_fleets_drain")]
#[inline(never)]
pub extern "C" fn change_draining(c: u32, index: u32) {
    let row = component(c);
    let r = row.first_replica + index;
    update(c, r);
    if row.group != NONE {
        rebalance::membership(c, row, r);
    }
    if takes(row, r) && !is_down(row, r) {
        crashes::take_from_queue(c, r);
    }
}

/// Another number of replicas is wanted.
#[unsafe(export_name = "if_fleets_resize")]
#[inline(never)]
pub extern "C" fn resize(c: u32, wanted: f64) {
    let (row, fleet) = (component(c), fleet(component(c)));
    let to = (wanted as u32).min(row.replicas);
    let from = fleet.wanted.replace(to);
    if from == to {
        return;
    }
    records::write(record::SCALED, c, from as u64, to as u64, 0);
    windows::transition_fact(c, fact::changed(row.hash, now(), transition::SCALED, from, to));
    let all = row.first_replica..row.first_replica + row.replicas;
    let phase = |r: &u32| member(row, *r).flags.get() & PHASE;
    if to > from {
        // Those that still drain are at hand; after them the first that are not there start.
        let count = (to - from) as usize;
        let drains = |r: &u32| phase(r) == 0 && member(row, *r).flags.get() & DEPLOYED != 0;
        let mut left = count;
        for r in all.clone().filter(drains).take(count) {
            left -= 1;
            serve(c, r);
        }
        for r in all.filter(|r| phase(r) == 0).take(left) {
            start(c, fleet, r);
        }
    } else {
        // Those that start go first; after them the last.
        let mut left = (from - to) as usize;
        for wanted_phase in [STARTS, IN_SERVICE] {
            for r in all.clone().rev().filter(|r| phase(r) == wanted_phase).take(left) {
                left -= 1;
                set_phase(c, r, 0);
            }
        }
    }
}

fn start(c: u32, fleet: &Fleet, r: u32) {
    let startup_ns = strains::startup(component(c), fleet.startup_ns);
    if startup_ns == 0 {
        return serve(c, r);
    }
    set_phase(c, r, STARTS);
    let member = member(component(c), r);
    member.ready_ns.set(now() + startup_ns);
    if member.flags.get() & AWAITED == 0 {
        await_ready(member, r);
    }
}

fn await_ready(member: &Member, r: u32) {
    member.flags.set(member.flags.get() | AWAITED);
    push(member.ready_ns.get(), Rank::Timeline, timeline::READY + r as u64, r, 0, 0);
}

/// A replica that starts may be ready.
#[unsafe(export_name = "if_fleets_ready")]
#[inline(never)]
pub extern "C" fn ready(r: u32) {
    let c = replica(r).component.get();
    let member = member(component(c), r);
    member.flags.set(member.flags.get() & !AWAITED);
    if member.flags.get() & PHASE != STARTS {
        return;
    }
    if member.ready_ns.get() > now() {
        return await_ready(member, r);
    }
    serve(c, r);
}

fn serve(c: u32, r: u32) {
    set_phase(c, r, IN_SERVICE);
    if takes(component(c), r) && !is_down(component(c), r) {
        crashes::take_from_queue(c, r);
    }
}

/// A window has closed: autoscalers whose time it is decide.
#[unsafe(export_name = "if_autoscalers_control")]
#[inline(never)]
pub extern "C" fn control() {
    for index in 0..header().autoscalers.len {
        let scaler: &Autoscaler = row(header().autoscalers, index);
        let fleet: &Fleet = row(header().fleets, scaler.fleet);
        let is_time = machine().windows_closed.get().is_multiple_of(scaler.every_windows as u64);
        if is_time && !strains::is_stuck(component(fleet.component)) {
            decide(scaler);
        }
    }
}

fn decide(scaler: &Autoscaler) {
    let fleet: &Fleet = row(header().fleets, scaler.fleet);
    let [numerator, denominator] = [0, 1].map(|i| {
        let total: u64 = read(header().cumulative, scaler.words[i]);
        (total - scaler.before[i].replace(total)) as u128
    });
    let current = fleet.wanted.get();
    let ready = state_of(fleet.component).serving.get();
    let measured = numerator * scaler.factor as u128;
    let advised = if denominator == 0 || ready == 0 {
        current
    } else if scaler.steps > 0 {
        step(scaler, measured, denominator, ready, current)
    } else {
        track(scaler, measured, denominator * scaler.target as u128, ready, current)
    };
    let advised = advised.clamp(scaler.least, scaler.most);
    let to = stabilized(scaler, fleet.initial, advised, current);
    resize(fleet.component, to as f64);
}

/// Replicas that bring a metric of `measured / target` of its target to it (Kubernetes' rule, unready replicas included).
fn track(scaler: &Autoscaler, measured: u128, target: u128, ready: u32, current: u32) -> u32 {
    let close = |a: u128, b: u128| a.abs_diff(b) * 1000 <= b * scaler.tolerance as u128;
    let wanted = (measured * ready as u128).div_ceil(target).min(u32::MAX as u128) as u32;
    if measured > target && ready < current {
        // Those that start are taken to be idle.
        let (a, b) = (measured * ready as u128, target * current as u128);
        return if close(a, b) { current } else { wanted.max(current) };
    }
    if close(measured, target) { current } else { wanted }
}

/// What the outermost step says that the metric has passed. Nothing is removed while replicas start.
fn step(scaler: &Autoscaler, measured: u128, denominator: u128, ready: u32, current: u32) -> u32 {
    let mut advised = current;
    let mut outermost: Option<u64> = None;
    for i in scaler.first_step..scaler.first_step + scaler.steps {
        let step: &ScalingStep = row(header().scaling_steps, i);
        let bound = denominator * step.bound as u128;
        let above = step.above == 1;
        let passed = if above { measured > bound } else { measured < bound };
        let further = outermost.is_none_or(|other| if above { step.bound > other } else { step.bound < other });
        if !passed || !further {
            continue;
        }
        outermost = Some(step.bound);
        advised = match above {
            true => (ready + step.by).max(current),
            false if ready < current => current,
            false => ready.saturating_sub(step.by),
        };
    }
    advised
}

/// Scales down no further than the largest of the recent recommendations.
fn stabilized(scaler: &Autoscaler, initial: u32, advised: u32, current: u32) -> u32 {
    let address = header().recommendations;
    let count = scaler.recommendations;
    let evaluated = scaler.evaluated.get();
    scaler.evaluated.set(evaluated + 1);
    let recent = |i: u32| if i < evaluated { read(address, scaler.first_recommendation + i) } else { initial };
    let largest = (0..count).map(recent).fold(advised, u32::max);
    if count > 0 {
        write(address, scaler.first_recommendation + evaluated % count, advised);
    }
    if advised >= current { advised } else { largest.min(current) }
}
