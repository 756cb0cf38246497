//! Flights that become strands: frames as they would be, had each step been an event.
//!
//! The generated code of a point says in order what has happened to the request so far. What has ended is only counted; what
//! has not becomes frames. Then the strand at hand does what is due at the point.

use super::edges::site;
use super::frames::{self, CLASS_SHIFT, PRESENT, QUEUED, STARTED, VISIT, is, raise};
use super::memory::{get32, get64, header, now, read, row, set32, set64, write};
use super::stations::{self, component, replica, state_of};
use super::{attempts, calls, flights, keys, meters, observing, partitions, sizes, sources, straight, windows};
use crate::columns::{component as column, edge as of_edge, flow as of_flow, histograms};
use crate::layout::{Edge, NONE, Policy, flight, frame32, frame64};

/// The strand of a request, or [`NONE`] when the pool is used up.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_request(record: u32, source: u32, flow: u32) -> u32 {
    let key = read(record, flight::KEY);
    let (began, who) = (read(record, flight::BEGAN_NS), read(record, flight::WHO));
    straight::is_strand(sources::source_row(source), now());
    let Some(request) = sources::strand(source, (key, 0), began, who, 0) else { return NONE };
    let in_flight: u32 = read(header().flow_states, flow);
    write(header().flow_states, flow, in_flight + 1);
    request
}

/// A strand has called, at an instant that is past, and its attempt is under way.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_call(strand: u32, site_row: u32, call_key: u64, label: u32, bad: u32, began: u64) {
    let site = site(site_row);
    let policy: &Policy = row(header().policies, site.policy);
    calls::has_called(strand, site_row, call_key, (label, bad), began);
    attempts::has_attempted(strand, began);
    let until = attempts::wanted_until(strand, site, policy, began);
    if until > 0 {
        attempts::patience(policy, until, strand);
    }
}

/// The visit that a strand's call came to be; [`NONE`] when the pool is used up.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_visit(strand: u32, site_row: u32, key: u64, r: u32) -> u32 {
    let Some(visit) = frames::allocate(key, VISIT | site(site_row).class() << CLASS_SHIFT) else { return NONE };
    set32(frame32::REPLICA, visit, r);
    is_visit(strand, site_row, visit);
    visit
}

/// The same of a visit that arrives now, or has waited for a server since it did.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_last(strand: u32, site_row: u32, key: u64, r: u32) -> u32 {
    let Some(visit) = flights::state().frame.get().checked_sub(1) else {
        return k_land_visit(strand, site_row, key, r);
    };
    is_visit(strand, site_row, visit);
    visit
}

fn is_visit(strand: u32, site_row: u32, visit: u32) {
    let site = site(site_row);
    let edge: &Edge = row(header().edges, site.edge);
    set32(frame32::ORIGIN, visit, site_row);
    keys::set(visit, NONE);
    sizes::born(visit, site, 0);
    meters::begin(visit);
    if header().frame_born != 0 {
        partitions::is_born(strand, visit, edge, true);
    }
    attempts::is_answered(strand, 0, visit, site);
}

/// A visit has arrived, at an instant that is past, and been served from another on. `counted`: its server counts already.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_service(visit: u32, arrived: u64, started: u64, counted: u32) {
    let r = get32(frame32::REPLICA, visit);
    let c = replica(r).component.get();
    is_present(c, r, visit, arrived);
    raise(visit, STARTED);
    if component(c).hold_visit == 1 {
        if counted == 0 {
            replica(r).busy.set(replica(r).busy.get() + 1);
        }
        holds_server(c, visit, started);
    }
}

fn is_present(c: u32, r: u32, visit: u32, arrived: u64) {
    windows::touch(c);
    state_of(c).present.set(state_of(c).present.get() + 1);
    if component(c).shared_queue == 0 {
        replica(r).present.set(replica(r).present.get() + 1);
    }
    windows::add(c, column::PRESENT_NS, now() - arrived);
    raise(visit, PRESENT);
    set64(frame64::ARRIVED_NS, visit, arrived);
}

fn holds_server(c: u32, visit: u32, started: u64) {
    set64(frame64::STARTED_NS, visit, started);
    state_of(c).busy.set(state_of(c).busy.get() + 1);
    windows::add(c, column::BUSY_NS, now() - started);
}

/// A request of a flow has begun.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_begins(flow: u32) {
    windows::count_flow(flow, of_flow::REQUESTS);
}

/// A call has been made on an edge.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_calls(edge: u32) {
    windows::count_edge(edge, of_edge::CALLS);
    windows::count_edge(edge, of_edge::ATTEMPTS);
}

/// It has been answered well.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_answered(edge: u32, took: u64) {
    windows::count_edge(edge, of_edge::OK);
    windows::add_edge(edge, of_edge::LATENCY_NS, took);
    windows::maximum_edge(edge, of_edge::LATENCY_MAX_NS, took);
}

/// A visit has arrived.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_arrives(c: u32) {
    windows::count(c, column::ARRIVALS);
}

/// A server has been taken at once.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_starts(c: u32) {
    windows::count(c, column::STARTS);
}

/// A server has been held for so long.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_served(c: u32, took: u64) {
    windows::count(c, column::SERVED);
    windows::add(c, column::SERVICE_NS, took);
    windows::add(c, column::BUSY_NS, took);
}

/// A lookup has hit, or missed.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_looks_up(c: u32, hit: u32) {
    windows::count(c, if hit == 1 { column::HITS } else { column::MISSES });
}

/// A visit has ended well after so long.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_ends(c: u32, took: u64) {
    windows::count(c, column::of_outcome(0));
    windows::add(c, column::SOJOURN_NS, took);
    windows::add(c, column::PRESENT_NS, took);
    observing::observe(histograms::sojourn(c), took);
}

/// Nothing is left of a flight but its visit, which arrives; or has arrived and waits, or has waited and is served now.
#[unsafe(no_mangle)]
pub extern "C" fn k_land_arrive(record: u32, visit: u32) {
    flights::k_flight_free(record);
    if flights::state().frame.replace(0) == 0 {
        return stations::arrive_alone(visit);
    }
    let r = get32(frame32::REPLICA, visit);
    let c = replica(r).component.get();
    k_land_arrives(c);
    is_present(c, r, visit, get64(frame64::ARRIVED_NS, visit));
    if !is(visit, QUEUED) {
        k_land_starts(c);
        raise(visit, STARTED);
        holds_server(c, visit, now());
        stations::begin(visit);
    }
}
