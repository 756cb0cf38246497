//! Windows: what is counted, and how a closed window becomes facts.

use super::calendar::{self, Rank, push};
use super::memory::{header, machine, now, read, row, write};
use super::observing::{close_edge_histograms, close_histogram, histogram_state, observe, turns_of};
use super::{flights, leaders, observing, pacing, processors, stations, watching};
use crate::columns::{Kind, kinds};
use crate::columns::{
    component as component_column, edge as edge_column, edges_at, flow as flow_column, flows_at, histograms,
    subscription as subscription_column, subscriptions_at,
};
use crate::fact::{self, Digest};
use crate::histogram::BUCKETS;
use crate::layout::{Component, Directory, Edge, Flow, NONE, RING_WINDOWS, ROW, ROW_ROOM, Subscription};
use core::cell::{Cell, UnsafeCell};

static COMPONENTS: [Kind; component_column::COUNT] = kinds(&component_column::ALL);
static EDGES: [Kind; edge_column::COUNT] = kinds(&edge_column::ALL);
static FLOWS: [Kind; flow_column::COUNT] = kinds(&flow_column::ALL);
static SUBSCRIPTIONS: [Kind; subscription_column::COUNT] = kinds(&subscription_column::ALL);

struct Shared(UnsafeCell<Directory>);

// SAFETY: a wasm module has one thread.
unsafe impl Sync for Shared {}

static DIRECTORY: Shared = Shared(UnsafeCell::new(Directory {
    windows_closed: 0,
    events: 0,
    requests: 0,
    frames_in_use: 0,
    frames_peak: 0,
    row_words: 0,
    ring_windows: RING_WINDOWS,
    buckets: BUCKETS as u32,
    histograms: 0,
    cumulative: 0,
    current: 0,
    ring: 0,
    histogram_cumulative: 0,
    histogram_window: 0,
    soon_peak: 0,
    halted: 0,
    blocks_peak: 0,
    lanes_peak: 0,
    frames_max: 0,
}));

/// Schedules the end of the first window.
pub fn init() {
    push(header().window_ns, Rank::Window, 0, 0, 0, 0);
}

/// A column of the open window's row that begins at a word.
#[inline(always)]
fn cell_of(row: u32, column: usize) -> &'static Cell<u64> {
    // SAFETY: rows and columns are those that the linker has laid out; the column is added last, so that it is no
    // instruction of its own.
    unsafe { &*(header().current as *const Cell<u64>).add(row as usize).add(column) }
}

#[inline(always)]
fn bump(row: u32, column: usize, by: u64) {
    let cell = cell_of(row, column);
    cell.set(cell.get().wrapping_add(by));
}

#[inline(always)]
fn raise_to(row: u32, column: usize, value: u64) {
    let cell = cell_of(row, column);
    if cell.get() < value {
        cell.set(value);
    }
}

/// Adds to a word, whatever it is of.
pub fn add_word(word: u32, by: u64) {
    bump(word, 0, by);
}

/// Raises a maximum, whatever it is of.
pub fn raise_word(word: u32, value: u64) {
    raise_to(word, 0, value);
}

/// A strand has waited for so long, if at all: most have not, and they are counted together by [`flush_waits`].
pub fn has_waited(component: u32, waited: u64) {
    if waited > 0 {
        add(component, component_column::WAITING_NS, waited);
        observe(histograms::waiting(component), waited);
    }
}

/// Who has begun and is in no other bucket has not waited. A flight that has waited and is still under way begins, for its
/// component, when it lands: until then there is one more in other buckets.
pub fn flush_waits() {
    if header().observed.len > 0 {
        observing::count_noted();
    }
    for c in 0..header().components.len {
        let histogram = histograms::waiting(c);
        let state = histogram_state(histogram);
        let starts = cell_of(component_row(c), component_column::STARTS).get();
        let at_once = starts.saturating_sub(state.count.get() as u64) as u32;
        write(header().histogram_window, histogram * BUCKETS as u32, at_once);
        if at_once > 0 {
            state.low.set(0);
            state.high.set(state.high.get().max(1));
        }
    }
}

#[inline(always)]
fn component_row(component: u32) -> u32 {
    component * component_column::COUNT as u32
}

#[inline(always)]
fn edge_row(edge: u32) -> u32 {
    edges_at(header().components.len as usize) as u32 + edge * edge_column::COUNT as u32
}

#[inline(always)]
fn flow_row(flow: u32) -> u32 {
    let first = flows_at(header().components.len as usize, header().edges.len as usize) as u32;
    first + flow * flow_column::COUNT as u32
}

fn subscription_row(subscription: u32) -> u32 {
    let h = header();
    let first = subscriptions_at(h.components.len as usize, h.edges.len as usize, h.flows.len as usize) as u32;
    first + subscription * subscription_column::COUNT as u32
}

/// Adds 1 to a component's column.
#[inline(always)]
pub fn count(component: u32, column: usize) {
    bump(component_row(component), column, 1);
}

/// Adds to a component's column.
#[inline(always)]
pub fn add(component: u32, column: usize, by: u64) {
    bump(component_row(component), column, by);
}

/// Raises a component's maximum.
#[inline(always)]
pub fn maximum(component: u32, column: usize, value: u64) {
    raise_to(component_row(component), column, value);
}

/// Adds 1 to an edge's column.
#[inline(always)]
pub fn count_edge(edge: u32, column: usize) {
    bump(edge_row(edge), column, 1);
}

/// Adds to an edge's column.
#[inline(always)]
pub fn add_edge(edge: u32, column: usize, by: u64) {
    bump(edge_row(edge), column, by);
}

/// Raises an edge's maximum.
#[inline(always)]
pub fn maximum_edge(edge: u32, column: usize, value: u64) {
    raise_to(edge_row(edge), column, value);
}

/// Adds 1 to a flow's column.
#[inline(always)]
pub fn count_flow(flow: u32, column: usize) {
    bump(flow_row(flow), column, 1);
}

/// Adds to a flow's column.
#[inline(always)]
pub fn add_flow(flow: u32, column: usize, by: u64) {
    bump(flow_row(flow), column, by);
}

/// Raises a flow's maximum.
#[inline(always)]
pub fn maximum_flow(flow: u32, column: usize, value: u64) {
    raise_to(flow_row(flow), column, value);
}

/// Adds 1 to a subscription's column.
pub fn count_subscription(subscription: u32, column: usize) {
    bump(subscription_row(subscription), column, 1);
}

/// Adds to a subscription's column.
pub fn add_subscription(subscription: u32, column: usize, by: u64) {
    bump(subscription_row(subscription), column, by);
}

/// Raises a subscription's maximum.
pub fn maximum_subscription(subscription: u32, column: usize, value: u64) {
    raise_to(subscription_row(subscription), column, value);
}

/// Brings a component's integrals up to now. To be called before its state changes.
#[inline]
pub fn touch(component: u32) {
    touch_until(component, now());
}

fn touch_until(component: u32, until: u64) {
    let state = stations::state_of(component);
    let passed = until - state.flushed_ns.get();
    if passed == 0 {
        return;
    }
    state.flushed_ns.set(until);
    add(component, component_column::BUSY_NS, state.busy.get() as u64 * passed);
    add(component, component_column::QUEUE_NS, state.waiting.get() as u64 * passed);
    add(component, component_column::PRESENT_NS, state.present.get() as u64 * passed);
    add(component, component_column::CAPACITY_NS, state.capacity.get() as u64 * passed);
    if state.deployed.get() > 0 {
        integrate_fleet(component, passed);
    }
    if watching::has(component) {
        watching::integrate(component, passed);
    }
    let row = stations::component(component);
    if row.processors != NONE {
        processors::integrate(component, row, passed);
    }
}

#[unsafe(export_name = "if_fleets_integrate")]
#[inline(never)]
extern "C" fn integrate_fleet(component: u32, passed: u64) {
    let state = stations::state_of(component);
    add(component, component_column::SERVING_NS, state.serving.get() as u64 * passed);
    add(component, component_column::DEPLOYED_NS, state.deployed.get() as u64 * passed);
}

/// Brings all integrals and gauges up to an instant.
#[unsafe(export_name = "rare_flush")]
#[inline(never)]
pub extern "C" fn flush_all(until: u64) {
    if flights::any() {
        flights::flush();
    }
    flush_waits();
    for c in 0..header().components.len {
        touch_until(c, until);
        let state = stations::state_of(c);
        cell_of(component_row(c), component_column::BUSY).set(state.busy.get() as u64);
        cell_of(component_row(c), component_column::QUEUE).set(state.waiting.get() as u64);
        cell_of(component_row(c), component_column::PRESENT).set(state.present.get() as u64);
        cell_of(component_row(c), component_column::SERVING).set(state.serving.get() as u64);
    }
    if header().watched.len > 0 {
        watching::set_gauges();
    }
    if header().leaders.len > 0 {
        leaders::flush(until);
    }
    for f in 0..header().flows.len {
        let in_flight: u32 = read(header().flow_states, f);
        cell_of(flow_row(f), flow_column::IN_FLIGHT).set(in_flight as u64);
    }
}

/// A window closes: its rows become facts, are kept in the ring, and are added to the totals.
#[unsafe(export_name = "rare_close")]
#[inline(never)]
pub extern "C" fn close() {
    let m = machine();
    let window = m.windows_closed.get();
    flush_all(now());
    for c in 0..header().components.len {
        let hash = row::<Component>(header().components, c).hash;
        let p50 = component_row(c) + component_column::SOJOURN_P50 as u32;
        close_histogram(histograms::sojourn(c), Some(p50), hash, 0, c, window);
        close_histogram(histograms::waiting(c), None, hash, 1, c, window);
        close_row(component_row(c), &COMPONENTS, hash, 0, c, window);
        raise_to(component_row(c), component_column::QUEUE_MAX, stations::state_of(c).waiting.get() as u64);
    }
    for e in 0..header().edges.len {
        let edge: &Edge = row(header().edges, e);
        close_row(edge_row(e), &EDGES, edge.hash, 1, edge.from, window);
    }
    for f in 0..header().flows.len {
        let hash = row::<Flow>(header().flows, f).hash;
        let p50 = flow_row(f) + flow_column::RESPONSE_P50 as u32;
        close_histogram(histograms::response(header().components.len, f), Some(p50), hash, 2, NONE, window);
        if header().meters != 0 {
            let p50 = flow_row(f) + flow_column::TURNS_P50 as u32;
            close_histogram(turns_of(f), Some(p50), hash, 5, NONE, window);
        }
        close_row(flow_row(f), &FLOWS, hash, 2, NONE, window);
    }
    if header().edge_histograms.len > 0 {
        close_edge_histograms(window);
    }
    if header().pacings.len > 0 {
        pacing::close();
    }
    for s in 0..header().subscriptions.len {
        close_subscription(s, window);
    }
    if header().watched.len > 0 {
        watching::close(window);
    }
    m.windows_closed.set(window + 1);
    push(now() + header().window_ns, Rank::Window, 0, 0, 0, 0);
    if header().autoscalers.len + header().triggers.len > 0 {
        push(now() + 1, Rank::Control, 0, 0, 0, 0);
    }
}

/// A word of the window that has closed last.
pub fn last_closed(word: u32) -> u64 {
    let index = (machine().windows_closed.get() - 1) % RING_WINDOWS as u64;
    read(header().ring, index as u32 * header().row_words + word)
}

#[unsafe(export_name = "if_groups_close")]
#[inline(never)]
extern "C" fn close_subscription(s: u32, window: u64) {
    let h = header();
    let row: &Subscription = row(h.subscriptions, s);
    let p50 = subscription_row(s) + subscription_column::END_TO_END_P50 as u32;
    let histogram = histograms::end_to_end(h.components.len, h.flows.len, h.edge_histograms.len, s);
    close_histogram(histogram, Some(p50), row.hash, 6, row.component, window);
    close_row(subscription_row(s), &SUBSCRIPTIONS, row.hash, 3, row.component, window);
}

/// Facts of a replica that is watched.
pub fn close_replica(hash: u64, component: u32, histogram: u32, p50: u32, first: u32, window: u64) {
    close_histogram(histogram, Some(p50), hash, 7, component, window);
    close_row(first, &COMPONENTS, hash, 4, component, window);
}

/// Facts, ring and totals of one row; the open row starts anew.
fn close_row(first: u32, columns: &[Kind], hash: u64, family: u32, component: u32, window: u64) {
    let h = header();
    let ring = h.ring + ((window % RING_WINDOWS as u64) as u32) * h.row_words * 8;
    let mut facts = Digest::default();
    for (i, kind) in columns.iter().enumerate() {
        let word = first + i as u32;
        let value: u64 = read(h.current, word);
        write(ring, word, value);
        if value != 0 {
            facts.add(fact::cell(hash, family, window, i as u32, value));
        }
        let total: u64 = read(h.cumulative, word);
        let total = match kind {
            Kind::Sum => total + value,
            Kind::Max => total.max(value),
            Kind::Gauge | Kind::Quantile => value,
        };
        write(h.cumulative, word, total);
        write(h.current, word, 0u64);
    }
    transition_fact(component, facts);
}

fn add_digest(index: u32, hash: Digest) {
    let address = header().digests;
    let mut digest: Digest = read(address, index);
    digest.add(hash);
    write(address, index, digest);
}

/// Adds the fact of an ended request.
pub fn request_fact(hash: Digest) {
    add_digest(1, hash);
}

/// Adds a fact of a component, or of none.
pub fn transition_fact(component: u32, hash: Digest) {
    add_digest(if component == NONE { 0 } else { 2 + component }, hash);
}

/// A word of the digests: of all facts, of those of requests, of each component's.
pub fn digest_word(word: u32) -> u64 {
    let (index, all) = (word / 2, 2 + header().components.len);
    if index >= all {
        return 0;
    }
    // What is kept at the first place is of nothing in particular.
    let mut digest: Digest = read(header().digests, index);
    if index == 0 {
        (1..all).for_each(|index| digest.add(read(header().digests, index)));
    }
    if word & 1 == 0 { digest.lo } else { digest.hi }
}

/// Address of the directory, brought up to date.
pub fn directory() -> u32 {
    let (h, m) = (header(), machine());
    // SAFETY: no reference to it outlives this function.
    let d = unsafe { &mut *DIRECTORY.0.get() };
    d.windows_closed = m.windows_closed.get();
    d.events = m.events.get();
    d.requests = m.requests.get();
    d.frames_in_use = m.in_use.get();
    d.frames_peak = m.fresh.get();
    d.row_words = h.row_words;
    d.histograms = h.histogram_states.len;
    d.cumulative = h.cumulative;
    d.current = h.current;
    d.ring = h.ring;
    d.histogram_cumulative = h.histogram_cumulative;
    d.histogram_window = h.histogram_window;
    d.soon_peak = ROW + ROW_ROOM + m.heap_peak.get();
    d.blocks_peak = calendar::blocks_peak();
    d.lanes_peak = m.lanes_peak.get().max(1);
    d.halted = m.halted.get();
    d.frames_max = h.frames_max;
    DIRECTORY.0.get() as u32
}
