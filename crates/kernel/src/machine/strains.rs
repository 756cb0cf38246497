//! Strains: what faults change about edges and components beyond the network, service and errors.
//!
//! Edges and components without a row here never come by; a cell that is missing means that nothing changes.

use super::calendar::{Rank, push};
use super::due::{GO_ON, GO_ON_BADLY};
use super::frames::{self, PAUSED, is};
use super::memory::{cell, generation_of, get32, get64, header, key_of, now, row, set32, set64};
use super::stations::{self, component, replica};
use super::{crashes, dispatch, fleets, keys, partitions, preemption, queues, setup, transport, windows, work};
use crate::columns::edge as column;
use crate::draw::{chance, draw, nth};
use crate::layout::{Component, ComponentStrain, Edge, EdgeStrain, NONE, Policy, Site, frame32, frame64};
use crate::outcome;

#[inline(always)]
fn of_edge(edge: &Edge) -> &'static EdgeStrain {
    row(header().edge_strains, edge.strain)
}

#[inline(always)]
fn of_component(of: &Component) -> &'static ComponentStrain {
    row(header().component_strains, of.strain)
}

/// Value of a cell, if there is one.
fn value(index: u32) -> Option<f64> {
    (index != NONE).then(|| cell(index))
}

/// Whether a draw is below the probability of a cell.
fn happens(index: u32, key: u64, purpose: u64) -> bool {
    value(index).is_some_and(|p| p > 0.0 && chance(draw(key, purpose), p))
}

/// Servers of a replica at the moment.
#[inline(always)]
pub fn servers(of: &Component, r: u32) -> u32 {
    if of.strain == NONE { of.servers } else { servers_left(of, r) }
}

#[unsafe(export_name = "if_strains_servers")]
#[inline(never)]
extern "C" fn servers_left(of: &Component, r: u32) -> u32 {
    let first = of_component(of).cell_servers;
    if first == NONE { of.servers } else { (cell(first + r - of.first_replica) as u32).min(of.servers) }
}

/// A replica has another number of servers: those that are free take who waits.
#[unsafe(export_name = "if_strains_servers_changed")]
#[inline(never)]
pub extern "C" fn servers_changed(c: u32, index: u32) {
    let of = component(c);
    let r = of.first_replica + index;
    windows::touch(c);
    if stations::is_down(of, r) {
        return;
    }
    if of.group != NONE {
        return partitions::serve_again(c, of, r);
    }
    if of.shared_queue == 1 {
        if fleets::takes(of, r) {
            crashes::take_from_queue(c, r);
        }
        return;
    }
    while replica(r).busy.get() < servers(of, r) {
        let Some(strand) = queues::next(c, r) else { return };
        if of.hold_visit == 1 && !is(strand, PAUSED) {
            stations::take(c, r, strand);
            continue;
        }
        stations::one_more_busy(c, r);
        if is(strand, PAUSED) {
            preemption::resume(of, r, strand);
        } else {
            set64(frame64::CALL_KEY, strand, get64(frame64::CALL_KEY, strand) + setup::time(c, of, r, strand));
            work::begin_batch(c, of, r, strand);
        }
    }
}

/// Whether what a visit is about breaks whoever handles it.
#[inline(always)]
pub fn is_poison(of: &Component, visit: u32) -> bool {
    of.strain != NONE && breaks_handler(of, visit)
}

#[unsafe(export_name = "if_strains_poison")]
#[inline(never)]
extern "C" fn breaks_handler(of: &Component, visit: u32) -> bool {
    let strain = of_component(of);
    let key = keys::key_of_request(visit);
    let share = value(strain.cell_poison).unwrap_or(0.0);
    key != NONE && share > 0.0 && chance(nth(strain.purpose_poison, key as u64), share)
}

/// Time until a new replica serves.
#[inline(always)]
pub fn startup(of: &Component, startup_ns: u64) -> u64 {
    if of.strain == NONE { startup_ns } else { startup_now(of, startup_ns) }
}

#[unsafe(export_name = "if_strains_startup")]
#[inline(never)]
extern "C" fn startup_now(of: &Component, startup_ns: u64) -> u64 {
    value(of_component(of).cell_startup).map_or(startup_ns, |factor| (startup_ns as f64 * factor) as u64)
}

/// Whether a component's autoscaler does nothing.
#[inline(always)]
pub fn is_stuck(of: &Component) -> bool {
    of.strain != NONE && value(of_component(of).cell_stuck).is_some_and(|stuck| stuck != 0.0)
}

/// A visit whose steps are done holds what it holds for a while, or stalls and fails. It goes on at `label`, or at `bad`.
#[unsafe(no_mangle)]
pub extern "C" fn k_linger(strand: u32, label: u32, bad: u32) {
    let (lingers, stalls) = (lingering(strand), stalling(strand));
    if lingers + stalls == 0 {
        return dispatch(label, strand);
    }
    if stalls > 0 {
        frames::set_outcome(strand, outcome::FAILED);
    }
    set32(frame32::RESUME, strand, label);
    set32(frame32::RESUME_BAD, strand, bad);
    let how = if stalls > 0 { GO_ON_BADLY } else { GO_ON };
    push(now() + lingers + stalls, Rank::Resume, key_of(strand), strand, generation_of(strand), how);
}

/// How long the other end of a visit's edge takes to read, 0: it does at once.
fn lingering(visit: u32) -> u64 {
    let site: &Site = row(header().sites, get32(frame32::ORIGIN, visit));
    let edge: &Edge = row(header().edges, site.edge);
    if edge.strain == NONE {
        return 0;
    }
    let strain = of_edge(edge);
    time(strain.cell_linger, strain.cell_linger_time, key_of(visit), strain.purpose_linger)
}

/// How long a visit stalls at its replica, 0: it does not.
fn stalling(visit: u32) -> u64 {
    let r = get32(frame32::REPLICA, visit);
    let of = component(replica(r).component.get());
    if of.strain == NONE || of_component(of).cell_stall == NONE || of_component(of).cell_stall_time == NONE {
        return 0;
    }
    let (strain, index) = (of_component(of), r - of.first_replica);
    time(strain.cell_stall + index, strain.cell_stall_time + index, key_of(visit), strain.purpose_stall)
}

fn time(share: u32, time: u32, key: u64, purpose: u64) -> u64 {
    match value(time) {
        Some(time) if time > 0.0 && happens(share, key, purpose) => (time as u64).max(1),
        _ => 0,
    }
}

/// Whether an attempt is refused; then its caller hears that after an exchange, or a message is gone.
#[inline(always)]
pub fn refuses(edge_row: u32, edge: &Edge, strand: u32, visit_key: u64, awaited: bool) -> bool {
    edge.strain != NONE && refused(edge_row, edge, strand, visit_key, awaited)
}

#[unsafe(export_name = "if_edge_strains_refuse")]
#[inline(never)]
extern "C" fn refused(edge_row: u32, edge: &Edge, strand: u32, visit_key: u64, awaited: bool) -> bool {
    if !happens(of_edge(edge).cell_refused, visit_key, of_edge(edge).purpose_refused) {
        return false;
    }
    if awaited {
        let at = now() + 2 * transport::leg(edge, visit_key, 0, 0);
        push(at, Rank::Reply, visit_key, strand, generation_of(strand), outcome::FAILED);
    } else {
        windows::count_edge(edge_row, column::LOST);
    }
    true
}

/// What a good answer becomes on its way.
#[inline(always)]
pub fn answered(edge: &Edge, visit_key: u64, result: u32) -> u32 {
    if edge.strain != NONE && result == outcome::OK && is_cut_off(edge, visit_key) { outcome::FAILED } else { result }
}

#[unsafe(export_name = "if_edge_strains_cut_off")]
#[inline(never)]
extern "C" fn is_cut_off(edge: &Edge, visit_key: u64) -> bool {
    happens(of_edge(edge).cell_broken, visit_key, of_edge(edge).purpose_broken)
}

/// Patience with an attempt at the moment, 0: for ever.
#[inline(always)]
pub fn timeout(edge: &Edge, policy: &Policy) -> u64 {
    if edge.strain == NONE || policy.timeout_ns == 0 { policy.timeout_ns } else { timeout_now(edge, policy) }
}

#[unsafe(export_name = "if_edge_strains_timeout")]
#[inline(never)]
extern "C" fn timeout_now(edge: &Edge, policy: &Policy) -> u64 {
    let factor = value(of_edge(edge).cell_timeout);
    factor.map_or(policy.timeout_ns, |factor| ((policy.timeout_ns as f64 * factor) as u64).max(1))
}

/// Retries after the first attempt, at the moment.
#[inline(always)]
pub fn retries(edge: &Edge, policy: &Policy) -> u32 {
    if edge.strain == NONE { policy.retry_max } else { retries_now(edge, policy) }
}

#[unsafe(export_name = "if_edge_strains_retries")]
#[inline(never)]
extern "C" fn retries_now(edge: &Edge, policy: &Policy) -> u32 {
    policy.retry_max.saturating_add(value(of_edge(edge).cell_retries).unwrap_or(0.0) as u32)
}

/// A pause between attempts, at the moment.
#[inline(always)]
pub fn pause(edge: &Edge, pause: f64) -> f64 {
    if edge.strain == NONE { pause } else { pause_now(edge, pause) }
}

#[unsafe(export_name = "if_edge_strains_pause")]
#[inline(never)]
extern "C" fn pause_now(edge: &Edge, pause: f64) -> f64 {
    value(of_edge(edge).cell_backoff).map_or(pause, |factor| pause * factor)
}

/// Permits of each gate of an edge, at the moment.
#[inline(always)]
pub fn permits(edge: &Edge) -> u32 {
    if edge.strain == NONE { edge.permits } else { permits_now(edge) }
}

#[unsafe(export_name = "if_edge_strains_permits")]
#[inline(never)]
extern "C" fn permits_now(edge: &Edge) -> u32 {
    value(of_edge(edge).cell_permits).map_or(edge.permits, |permits| permits as u32)
}

/// Whether a probe is answered badly, however its replica is.
#[inline(always)]
pub fn probe_fails(edge: &Edge, key: u64) -> bool {
    edge.strain != NONE && happens(of_edge(edge).cell_probe_errors, key, of_edge(edge).purpose_probes)
}
