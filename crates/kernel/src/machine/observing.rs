//! Histograms: durations are counted in buckets, and a closed window's buckets become facts.
//!
//! Buckets of more histograms than a cache holds are far away: a counter that is loaded, raised and stored there holds up
//! whatever comes next. So where a plan has that many, what is observed is noted first ([`Header::observed`]), and notes are
//! counted together, when there are enough of them or somebody looks: loads that follow each other at once do not wait for
//! each other. A sum does not ask for an order.

use super::memory::{header, machine, read, row, write};
use super::windows::transition_fact;
use crate::columns::histograms;
use crate::fact::{self, Digest};
use crate::histogram::{BUCKETS, DISTINCT_NS, bucket_below, bucket_of, middle_ns};
use crate::layout::{Edge, EdgeHistogram, HistogramState};

/// What is known of the open histogram.
#[inline(always)]
pub fn histogram_state(histogram: u32) -> &'static HistogramState {
    row(header().histogram_states, histogram)
}

/// Bucket of a duration of this run.
#[inline(always)]
pub fn bucket_here(ns: u64) -> u32 {
    if header().duration_ns <= DISTINCT_NS { bucket_below(ns) } else { bucket_of(ns) }
}

/// Counts a duration in a histogram.
#[inline]
pub fn observe(histogram: u32, ns: u64) {
    let bucket = bucket_here(ns);
    let index = histogram * BUCKETS as u32 + bucket;
    if header().observed.len > 0 {
        return note(index);
    }
    let address = header().histogram_window;
    let before: u32 = read(address, index);
    write(address, index, before.wrapping_add(1));
    let state = histogram_state(histogram);
    state.count.set(state.count.get().wrapping_add(1));
    if before == 0 {
        state.low.set(if state.high.get() == 0 { bucket } else { state.low.get().min(bucket) });
        state.high.set(state.high.get().max(bucket + 1));
    }
}

/// Notes a bucket whose counter is to be raised.
#[inline]
fn note(index: u32) {
    let (table, noted) = (header().observed, machine().observed.get());
    write(table.address, noted, index);
    machine().observed.set(noted + 1);
    if noted + 1 == table.len {
        count_noted();
    }
}

/// Raises the counters of all buckets that are noted.
#[inline(never)]
pub fn count_noted() {
    let address = header().histogram_window;
    for i in 0..machine().observed.replace(0) {
        let index: u32 = read(header().observed.address, i);
        write(address, index, read::<u32>(address, index).wrapping_add(1));
        let (state, bucket) = (histogram_state(index / BUCKETS as u32), index % BUCKETS as u32);
        // Nothing here asks for the counter, so that those that follow are loaded meanwhile.
        state.low.set(if state.high.get() == 0 { bucket } else { state.low.get().min(bucket) });
        state.high.set(state.high.get().max(bucket + 1));
        state.count.set(state.count.get().wrapping_add(1));
    }
}

/// A histogram has got so many more values, none beyond a bucket.
pub fn has_observed(histogram: u32, count: u32, highest: u32) {
    let state = histogram_state(histogram);
    state.low.set(0);
    state.high.set(state.high.get().max(highest + 1));
    state.count.set(state.count.get().wrapping_add(count));
}

/// Counts a duration in a histogram of an edge.
#[unsafe(export_name = "if_edge_histograms_observe")]
#[inline(never)]
pub extern "C" fn observe_edge(number: u32, ns: u64) {
    observe(histogram_of_edge(number), ns);
}

fn histogram_of_edge(number: u32) -> u32 {
    histograms::of_edge(header().components.len, header().flows.len, number)
}

/// Histograms of edges close.
#[unsafe(export_name = "if_edge_histograms_close")]
#[inline(never)]
pub extern "C" fn close_edge_histograms(window: u64) {
    for number in 0..header().edge_histograms.len {
        let one: &EdgeHistogram = row(header().edge_histograms, number);
        let edge: &Edge = row(header().edges, one.edge);
        close_histogram(histogram_of_edge(number), None, edge.hash, one.kind, edge.from, window);
    }
}

/// A percentile of an edge's histogram over the closed windows, in nanoseconds; 0 if it is empty.
pub fn quantile(number: u32, per_100k: u64) -> u64 {
    let first = histogram_of_edge(number) * BUCKETS as u32;
    let count = |bucket: u32| read::<u32>(header().histogram_cumulative, first + bucket) as u64;
    let total: u64 = (0..BUCKETS as u32).map(count).sum();
    let rank = (total * per_100k).div_ceil(100_000).max(1);
    let mut seen = 0;
    let reached = (0..BUCKETS as u32).find(|&bucket| {
        seen += count(bucket);
        seen >= rank
    });
    reached.map_or(0, middle_ns)
}

/// Histogram of the rounds of a flow's requests.
pub fn turns_of(flow: u32) -> u32 {
    let before = header().edge_histograms.len + header().subscriptions.len;
    histograms::turns(header().components.len, header().flows.len, before, flow)
}

/// Counts the rounds of a request.
pub fn observe_turns(flow: u32, turns: u64) {
    observe(turns_of(flow), turns);
}

/// Facts and totals of one histogram; its percentiles go to three columns from `p50` on.
pub fn close_histogram(histogram: u32, p50: Option<u32>, hash: u64, kind: u32, component: u32, window: u64) {
    let h = header();
    let state = histogram_state(histogram);
    let total = state.count.get() as u64;
    let ranks = [50, 95, 99].map(|percent| (total * percent).div_ceil(100).max(1));
    let mut facts = Digest::default();
    let (mut seen, mut next, mut rank) = (0u64, 0, ranks[0]);
    let first = histogram * BUCKETS as u32;
    let (open, all) = (h.histogram_window + 4 * first, h.histogram_cumulative + 4 * first);
    for bucket in state.low.get()..state.high.get() {
        let count: u32 = read(open, bucket);
        if count == 0 {
            continue;
        }
        write(open, bucket, 0u32);
        write(all, bucket, read::<u32>(all, bucket) + count);
        facts.add(fact::bucket(hash, kind, window, bucket, count));
        seen += count as u64;
        while seen >= rank {
            if let Some(p50) = p50 {
                write(h.current, p50 + next as u32, middle_ns(bucket));
            }
            next += 1;
            rank = ranks.get(next).copied().unwrap_or(u64::MAX);
        }
    }
    transition_fact(component, facts);
    state.low.set(0);
    state.high.set(0);
    state.count.set(0);
}
