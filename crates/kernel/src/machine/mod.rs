//! The machine of one topology: handles events in the order of (time, rank, key).
//!
//! Before: the linker has filled [`crate::layout::Header`] and its rows; memory is otherwise zero.
//! After each `sysdl_run`: every event before `now` has been handled, integrals and digests are exact.
//!
//! The machine moves strands between waits. What a strand does between two waits is generated code,
//! entered through [`dispatch`] and coming back through the `k_*` functions of the sibling modules.
//!
//! ```text
//!             ┌── pop ──┐                        ┌─ k_work ──▶ work
//!  calendar ──┤  run()  ├──▶ dispatch(label) ──▶ ├─ k_call ──▶ calls
//!      ▲      └─────────┘      generated code    ├─ k_fork ──▶ forks …
//!      └────────────────── push ─────────────────┴─────────────┘
//! ```

mod admission;
mod attempts;
mod balancing;
mod breakers;
mod by_key;
mod calendar;
mod calls;
mod company;
mod connections;
mod copies;
mod crashes;
mod due;
mod edges;
mod ejection;
mod ends;
mod fleets;
mod flights;
mod forks;
mod frames;
mod gates;
mod gathering;
mod health;
mod idempotency;
mod intakes;
mod keeping;
mod keys;
mod landing;
mod lanes;
mod leaders;
mod lists;
mod logs;
mod memory;
mod messages;
mod meters;
mod observing;
mod pacing;
mod partitions;
mod preemption;
mod processors;
mod queues;
mod quotas;
mod rebalance;
mod records;
mod redelivery;
mod reservations;
mod retries;
mod rooms;
mod setup;
mod sharing;
mod sizes;
mod sources;
mod stations;
mod stopping;
mod stores;
mod straight;
mod strains;
mod tables;
mod throttling;
mod timeline;
mod transport;
mod triggers;
mod users;
mod watching;
mod windows;
mod work;

use calendar::{Event, Rank};
use memory::{header, machine};

/// Status of a run: `until` was reached.
pub const REACHED: i32 = 0;
/// Status of a run: the whole duration has been simulated.
pub const DONE: i32 = 1;
/// Status of a run: as many events as allowed were handled.
pub const OUT_OF_BUDGET: i32 = 2;
/// Status of a run: frames or calendar entries ran out; the run cannot go on.
pub const OUT_OF_POOL: i32 = 3;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    /// The generated code: what the strand does at a label. Replaced by the linker.
    #[link_name = "dispatch"]
    fn generated_dispatch(label: u32, strand: u32);
    /// The generated code: whether a request goes straight at a label. Replaced by the linker.
    #[link_name = "dispatch_straight"]
    fn generated_straight(label: u32, record: u32, key: u64, began_ns: u64) -> u32;
}

/// Lets a strand go on at a label of the generated code.
#[inline(always)]
fn dispatch(label: u32, strand: u32) {
    // SAFETY: the linker has defined it; labels come from rows and code that it made together.
    unsafe { generated_dispatch(label, strand) }
}

/// Whether the request of a key, created at an instant, goes straight at a label of the generated code. `record`: that of its
/// flight, or [`flights::UNRECORDED`].
#[inline(always)]
fn dispatch_straight(label: u32, record: u32, key: u64, began_ns: u64) -> bool {
    // SAFETY: as above.
    unsafe { generated_straight(label, record, key, began_ns) != 0 }
}

/// Lays out state and schedules what is known beforehand. 0 on success.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_init(seed: i64) -> i32 {
    let m = machine();
    if m.ready.get() {
        return 1;
    }
    m.ready.set(true);
    m.now.set(1);
    calendar::init();
    lanes::init();
    stores::init();
    tables::build();
    stations::init();
    quotas::init();
    fleets::init();
    partitions::init();
    logs::init();
    watching::init();
    leaders::init();
    windows::init();
    timeline::init(seed as u64);
    retries::init();
    balancing::init();
    sources::init(seed as u64);
    0
}

/// Handles every event before `until_ns`, but no more than `max_events`; where requests are resolved ahead of time, and more
/// than [`flights::RESERVE`] are allowed, some more, until all that has been noted has happened.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_run(until_ns: i64, max_events: i64) -> i32 {
    let m = machine();
    let end = header().duration_ns + 1;
    let until = (until_ns.max(0) as u64).min(end);
    let mut left = max_events;
    flights::prepare(until, left);
    while m.halted.get() == 0 {
        let Some(event) = calendar::pop_before(until) else {
            if flights::any() {
                flights::land_waiting();
            }
            m.now.set(m.now.get().max(until));
            windows::flush_all(m.now.get() - 1);
            return if m.now.get() == end { DONE } else { REACHED };
        };
        m.now.set(event.at);
        handle(event);
        stations::run_started();
        m.events.set(m.events.get() + 1);
        left -= 1;
        if left <= flights::RESERVE && flights::are_down(left) {
            calendar::show_first(until);
            windows::flush_waits();
            return OUT_OF_BUDGET;
        }
    }
    windows::flush_all(m.now.get());
    OUT_OF_POOL
}

#[inline(always)]
fn handle(event: Event) {
    if flights::any() {
        flights::looks_at(&event);
        if event.argument >= flights::OF_FLIGHTS && calendar::is_of_strand(event.rank) {
            return flights::go_on(event.subject, event.generation, event.argument);
        }
    }
    let looks = matches!(event.rank, Rank::Timeline | Rank::Window | Rank::Control);
    if looks && flights::any() {
        flights::land_waiting();
    }
    match event.rank {
        Rank::Timeline => timeline::change(event),
        Rank::WorkEnd => work::work_end(event),
        Rank::Reply => calls::reply(event),
        Rank::Timeout => due::timeout(event),
        Rank::Resume => due::resume(event),
        Rank::Arrive => stations::arrive(event),
        Rank::CallOff => stopping::called_off(event),
        Rank::Health => health::handle(event),
        Rank::Source => sources::arrive(event),
        Rank::Window => windows::close(),
        Rank::Control => control(),
    }
    if looks && flights::any() {
        flights::has_changed();
    }
}

/// A window has closed: what watches it acts.
#[unsafe(export_name = "rare_control")]
#[inline(never)]
extern "C" fn control() {
    if header().triggers.len > 0 {
        triggers::control();
    }
    if header().autoscalers.len > 0 {
        fleets::control();
    }
}

/// Every fact with an earlier instant is in the digest.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_now() -> i64 {
    machine().now.get() as i64
}

/// Sets a live parameter from the next nanosecond on. Nonzero if there is no such slot.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_set(slot: i32, value: f64) -> i32 {
    timeline::set_live(slot as u32, value)
}

/// Address of the [`crate::layout::Directory`].
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_columns() -> i32 {
    windows::directory() as i32
}

/// Address of the [`crate::layout::RecordRing`].
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_records() -> i32 {
    records::ring() as i32
}

/// A word of the digests; 0 beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn sysdl_digest(word: i32) -> i64 {
    windows::digest_word(word as u32) as i64
}
