//! Meters: what a strand has used, tokens and money, and the rounds it has taken.
//!
//! A callee's usage goes to its caller with the answer. It waits at the caller's frame until the answer has
//! come, because the callee's may be gone by then. Usage that nobody takes is wasted.

use super::frames::{CANCELLED, REPLIED, VISIT, is};
use super::memory::{cell, get32, get64, header, now, row, sample};
use super::{copies, sizes, stations, windows};
use crate::columns::component as column;
use crate::layout::{Budget, Context, Meter, NONE, Price, PromptCache, Table, frame32, frame64};
use core::cell::Cell;

/// Tokens, billionths of a dollar, rounds.
type Usage = [Cell<u64>; 3];

fn meter(frame: u32) -> &'static Meter {
    row(Table { address: header().meters, len: 0 }, frame)
}

/// Moves what is in one usage to another.
fn pour(from: &Usage, to: &Usage) {
    for (from, to) in from.iter().zip(to) {
        to.set(to.get() + from.replace(0));
    }
}

/// A strand begins with nothing used.
#[inline(always)]
pub fn begin(frame: u32) {
    if header().meters != 0 {
        clear(frame);
    }
}

#[unsafe(export_name = "if_meters_clear")]
#[inline(never)]
extern "C" fn clear(frame: u32) {
    let meter = meter(frame);
    meter.usage.iter().chain(meter.pending.iter().flatten()).for_each(|cell| cell.set(0));
    if copies::any() {
        (2..header().copies_max).for_each(|copy| pending(frame, copy).iter().for_each(|cell| cell.set(0)));
    }
    meter.context.set(0);
    meter.cached.set(0);
}

/// What the answer under way to a strand from a copy of its attempt has used.
fn pending(frame: u32, copy: u32) -> &'static Usage {
    if copy < 2 {
        return &meter(frame).pending[copy as usize];
    }
    row(Table { address: header().copies_pending, len: 0 }, (copy - 2) * header().frames_max + frame)
}

/// A branch begins with nothing used, and what its strand knows.
#[inline(always)]
pub fn inherit(strand: u32, branch: u32) {
    if header().meters != 0 {
        clear(branch);
        meter(branch).context.set(meter(strand).context.get());
        meter(branch).cached.set(meter(strand).cached.get());
    }
}

/// The context of a strand.
pub fn context(strand: u32) -> u64 {
    meter(strand).context.get()
}

/// What of its request a strand's component has cached.
pub fn cached(strand: u32) -> u64 {
    meter(strand).cached.get()
}

/// The answer of a visit is under way to its caller, from that copy of its attempt.
#[inline(always)]
pub fn hand_over(visit: u32, caller: u32, which: impl FnOnce() -> u32) {
    if header().meters != 0 {
        put(visit, caller, which());
    }
}

#[unsafe(export_name = "if_meters_put")]
#[inline(never)]
extern "C" fn put(visit: u32, caller: u32, which: u32) {
    pour(&meter(visit).usage, pending(caller, which));
}

/// A caller hears an answer.
#[inline(always)]
pub fn take(caller: u32, which: impl FnOnce() -> u32) {
    if header().meters != 0 {
        take_up(caller, which());
    }
}

#[unsafe(export_name = "if_meters_take")]
#[inline(never)]
extern "C" fn take_up(caller: u32, which: u32) {
    pour(pending(caller, which), &meter(caller).usage);
}

/// A branch that its strand waits for has ended.
#[inline(always)]
pub fn join(branch: u32, strand: u32) {
    if header().meters != 0 {
        join_up(branch, strand);
    }
}

#[unsafe(export_name = "if_meters_join")]
#[inline(never)]
extern "C" fn join_up(branch: u32, strand: u32) {
    pour(&meter(branch).usage, &meter(strand).usage);
}

/// Nobody takes what a strand at a component has used.
#[inline(always)]
pub fn waste(component: u32, strand: u32) {
    if header().meters != 0 {
        throw_away(component, &meter(strand).usage);
    }
}

/// An attempt is over: answers that are still under way from a component are for nobody.
#[inline(always)]
pub fn give_up(caller: u32, component: u32) {
    if header().meters != 0 {
        let [attempt, hedge] = &meter(caller).pending;
        throw_away(component, attempt);
        throw_away(component, hedge);
        if copies::any() {
            copies::give_up_answers(caller, component);
        }
    }
}

/// So is the answer of one copy.
pub fn give_up_one(caller: u32, copy: u32, component: u32) {
    throw_away(component, pending(caller, copy));
}

#[unsafe(export_name = "if_meters_throw_away")]
#[inline(never)]
extern "C" fn throw_away(component: u32, usage: &Usage) {
    if usage[0].get() > 0 {
        windows::add(component, column::TOKENS_WASTED, usage[0].get());
    }
    usage.iter().for_each(|cell| cell.set(0));
}

/// A strand at a component is killed. What was under way to it came from the callee of its call, if it makes one.
#[inline(always)]
pub fn die(component: u32, strand: u32, callee: Option<u32>) {
    if header().meters != 0 {
        if let Some(callee) = callee {
            give_up(strand, callee);
        }
        if get32(frame32::PARENT, strand) != NONE && !(is(strand, VISIT) && is(strand, REPLIED)) {
            waste(component, strand);
        }
    }
}

/// What a request has used: tokens, billionths of a dollar, rounds.
#[inline(always)]
pub fn usage(request: u32) -> [u64; 3] {
    meter(request).usage.each_ref().map(Cell::get)
}

/// A strand has used what its message and the answer weigh.
#[unsafe(no_mangle)]
pub extern "C" fn k_use(strand: u32, price: u32) {
    let price: &Price = row(header().prices, price);
    let [size, result] = sizes::of_message(strand);
    let cached = meter(strand).cached.get();
    let fresh = (size - cached) as f64;
    let nano_usd = (price.input * fresh + price.cached * cached as f64 + price.output * result as f64) as u64;
    let [tokens, money, _] = &meter(strand).usage;
    tokens.set(tokens.get() + size + result);
    money.set(money.get() + nano_usd);
    let component = stations::component_of(strand);
    windows::add(component, column::TOKENS, size + result);
    windows::add(component, column::NANO_USD, nano_usd);
}

/// A strand's component has a share of its request cached, if it was asked not long ago.
#[unsafe(no_mangle)]
pub extern "C" fn k_read_cache(strand: u32, cache: u32) {
    let cache: &PromptCache = row(header().caches, cache);
    let component = stations::component_of(strand);
    let asked: &Cell<u64> = row(Table { address: header().cache_states, len: 0 }, component);
    let before = asked.replace(now());
    let warm = before > 0 && now() - before <= cache.ttl_ns;
    let [size, _] = sizes::of_message(strand);
    meter(strand).cached.set(if warm { (cache.share * size as f64) as u64 } else { 0 });
}

/// A visit begins with a context.
#[unsafe(no_mangle)]
pub extern "C" fn k_context(strand: u32, context: u32, word: u64) {
    let context: &Context = row(header().contexts, context);
    meter(strand).context.set((sample(context.initial, word) as u64).min(context.most));
}

/// A round is over, and the context has grown, if there is one.
#[unsafe(no_mangle)]
pub extern "C" fn k_turn(strand: u32, context: u32, word: u64) {
    let meter = meter(strand);
    meter.usage[2].set(meter.usage[2].get() + 1);
    if context != NONE {
        let context: &Context = row(header().contexts, context);
        let grown = meter.context.get() + sample(context.per_turn, word) as u64;
        meter.context.set(grown.min(context.most));
    }
}

fn budget(index: u32) -> &'static Budget {
    row(header().budgets, index)
}

/// End of a visit's wall time, 0: none.
fn wall(strand: u32, budget: &Budget) -> u64 {
    if budget.wall_ns == 0 { 0 } else { get64(frame64::ARRIVED_NS, strand) + budget.wall_ns }
}

/// A visit with a budget begins: its wall time is a deadline.
#[unsafe(no_mangle)]
pub extern "C" fn k_budget_begin(strand: u32, index: u32) {
    let (wall, deadline) = (wall(strand, budget(index)), get64(frame64::DEADLINE, strand));
    if wall > 0 && (deadline == 0 || wall < deadline) {
        super::memory::set64(frame64::DEADLINE, strand, wall);
    }
}

/// A limit of a budget at the moment; there may be none.
fn limit(budget: &Budget, most: u64) -> u64 {
    if budget.cell == NONE || most == u64::MAX { most } else { (most as f64 * cell(budget.cell)) as u64 }
}

/// 1 if a visit may go on: its budget is not used up, or it is to stop for another reason.
#[unsafe(no_mangle)]
pub extern "C" fn k_budget(strand: u32, index: u32) -> u32 {
    let budget = budget(index);
    let [tokens, nano_usd, _] = usage(strand);
    let wall = wall(strand, budget);
    let [tokens_max, nano_usd_max] = [budget.tokens, budget.nano_usd].map(|most| limit(budget, most));
    let used_up = tokens >= tokens_max || nano_usd >= nano_usd_max || wall > 0 && now() >= wall;
    (!used_up || is(strand, CANCELLED)) as u32
}

/// 1 if a visit that fails does so because its wall time is over.
#[unsafe(no_mangle)]
pub extern "C" fn k_budget_over(strand: u32, index: u32) -> u32 {
    let wall = wall(strand, budget(index));
    (wall > 0 && now() >= wall && !is(strand, CANCELLED)) as u32
}

/// A visit stops because its budget is used up, and answers.
#[unsafe(no_mangle)]
pub extern "C" fn k_budget_stop(strand: u32) {
    windows::count(stations::component_of(strand), column::BUDGET_STOPS);
}
