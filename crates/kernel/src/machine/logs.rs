//! Logs on brokers: who leads a partition, who has copies of what is appended to it, and what a broker that goes down
//! takes with it.
//!
//! Copies of a partition are numbered; that of number i of partition p is on replica p + i of the brokers, cyclic. Sets of
//! copies are bits of a word.

use super::calendar::{Rank, push};
use super::frames::{self, BRANCH, is};
use super::memory::{get32, header, machine, now, read, row, write};
use super::stations::{self, component, is_down};
use super::{company, due, keys, records, windows};
use crate::columns::component as column;
use crate::draw::{below, draw, mix, nth, source_key};
use crate::fact::{self, transition};
use crate::layout::{Broker, Cluster, Component, Log, LogPartition, NONE, Site, Table, frame32, record};
use crate::outcome;

/// What happens to a broker, in the arguments of events: it was found to be gone, it has all copies again, it leads again.
const FOUND_GONE: u32 = due::BROKER;
const CAUGHT_UP: u32 = due::BROKER + 1;
const LEADS_AGAIN: u32 = due::BROKER + 2;

fn cluster(index: u32) -> &'static Cluster {
    row(header().clusters, index)
}

/// The cluster that a component is.
fn cluster_of(c: u32) -> Option<&'static Cluster> {
    (0..header().clusters.len).map(cluster).find(|row_of| row_of.component == c)
}

fn log(index: u32) -> &'static Log {
    row(header().logs, index)
}

fn partition(index: u32) -> &'static LogPartition {
    row(Table { address: header().log_partitions, len: 0 }, index)
}

fn broker(row_of: &Cluster, r: u32) -> &'static Broker {
    let first = component(row_of.component).first_replica;
    row(Table { address: header().brokers, len: 0 }, row_of.first_broker + r - first)
}

/// Columns of a frame: its partition, its leader's term when it was appended or [`NONE`] before, the copies there are.
fn column_at(which: u32) -> u32 {
    header().frame_logs + 4 * which * header().frames_max
}

fn partition_of(strand: u32) -> u32 {
    read(column_at(0), strand)
}

fn term_of(strand: u32) -> u32 {
    read(column_at(1), strand)
}

fn copies_of(strand: u32) -> u32 {
    read(column_at(2), strand)
}

/// Whether anything is appended to brokers.
#[inline(always)]
pub fn any() -> bool {
    header().logs.len > 0
}

/// Each partition is led by its first copy, and all copies are alike.
pub fn init() {
    for index in 0..header().logs.len {
        let l = log(index);
        for at in l.first_partition..l.first_partition + l.partitions {
            partition(at).log.set(index);
            partition(at).in_sync.set(all(l));
        }
    }
}

fn all(l: &Log) -> u32 {
    (1 << l.replication) - 1
}

/// Replica that has a copy of a partition of a log.
fn replica_of(l: &Log, at: u32, copy: u32) -> u32 {
    let brokers = component(cluster(l.cluster).component);
    brokers.first_replica + (at - l.first_partition + copy) % brokers.replicas
}

/// Number of the copy of a partition that a replica has.
fn copy_at(l: &Log, at: u32, r: u32) -> Option<u32> {
    let brokers = component(cluster(l.cluster).component);
    let turn = (at - l.first_partition) % brokers.replicas;
    let copy = (r - brokers.first_replica + brokers.replicas - turn) % brokers.replicas;
    (copy < l.replication).then_some(copy)
}

/// A strand appends to a log: to the partition of its key, or to the next in turn.
#[unsafe(no_mangle)]
pub extern "C" fn k_log_place(strand: u32, index: u32) {
    let l = log(index);
    let key = keys::key_of_request(strand);
    let chosen = if key == NONE {
        l.turn.replace((l.turn.get() + 1) % l.partitions)
    } else {
        below(mix(key as u64 + 1), l.partitions)
    };
    write(column_at(0), strand, l.first_partition + chosen);
    write(column_at(1), strand, NONE);
    write(column_at(2), strand, 0u32);
}

/// A branch appends what its strand does.
#[unsafe(export_name = "if_logs_inherit")]
#[inline(never)]
pub extern "C" fn inherit(strand: u32, branch: u32) {
    for which in 0..2 {
        write(column_at(which), branch, read::<u32>(column_at(which), strand));
    }
}

/// Where the call of a strand to the leader, or to another copy, goes; or its answer, if it is not sent.
#[unsafe(export_name = "if_logs_target")]
#[inline(never)]
pub extern "C" fn target(strand: u32, site: &Site) -> u64 {
    let at = partition_of(strand);
    let p = partition(at);
    let l = log(p.log.get());
    let answer = |outcome: u32| (outcome as u64) << 32 | NONE as u64;
    let leader = p.leader.get();
    if site.copy == 0 {
        if leader == NONE {
            return answer(outcome::FAILED);
        }
        if p.in_sync.get().count_ones() < l.min_in_sync {
            return answer(outcome::REJECTED);
        }
        write(column_at(1), strand, p.term.get());
        write(column_at(2), strand, 1u32 << leader);
        return replica_of(l, at, leader) as u64;
    }
    let copy = site.copy - 1;
    if p.term.get() != term_of(strand) || copy == leader || p.in_sync.get() >> copy & 1 == 0 {
        return answer(outcome::OK);
    }
    replica_of(l, at, copy) as u64
}

/// A branch has made a copy, if that was needed and its leader has not gone down meanwhile.
#[unsafe(no_mangle)]
pub extern "C" fn k_log_copied(branch: u32, copy: u32) {
    let p = partition(partition_of(branch));
    let in_time = p.term.get() == term_of(branch) && p.in_sync.get() >> copy & 1 == 1;
    if in_time && is(branch, BRANCH) && frames::awaited(branch) {
        let strand = get32(frame32::PARENT, branch);
        write(column_at(2), strand, copies_of(strand) | 1 << copy);
    }
}

/// Whether what a strand has appended is there; if not, it has failed. It is if its leader has not gone down
/// since, or who leads now or next has it.
#[unsafe(no_mangle)]
pub extern "C" fn k_log_settle(strand: u32) -> u32 {
    let there = is_there(strand);
    if !there {
        frames::set_outcome(strand, outcome::FAILED);
    }
    there as u32
}

fn is_there(strand: u32) -> bool {
    let at = partition_of(strand);
    let p = partition(at);
    let l = log(p.log.get());
    if p.term.get() == term_of(strand) {
        return true;
    }
    let leader = p.leader.get();
    if leader == NONE {
        return false;
    }
    let brokers = component(cluster(l.cluster).component);
    let down = is_down(brokers, replica_of(l, at, leader));
    let others = p.in_sync.get() & !(1 << leader);
    let heir = if down { others.trailing_zeros() } else { leader };
    heir < l.replication && copies_of(strand) >> heir & 1 == 1
}

/// What a strand has appended, and its publisher was told is there, is gone; so is what came with it.
#[unsafe(no_mangle)]
pub extern "C" fn k_log_lost(strand: u32) {
    let c = stations::component_of(strand);
    windows::count(c, column::VANISHED);
    let mut next = company::riders_of(strand);
    while let Some(other) = next.checked_sub(1) {
        next = get32(frame32::NEXT, other);
        windows::count(c, column::VANISHED);
    }
}

fn after(row_of: &Cluster, brokers: &Component, r: u32, wait: u64, what: u32) {
    let key = mix(mix(row_of.hash) ^ (r - brokers.first_replica + 1) as u64);
    push(now() + wait, Rank::Timeout, key, r, broker(row_of, r).turns.get(), what);
}

/// Partitions of the logs of a cluster that have a copy on a replica, and its number.
fn copies_on(c: u32, r: u32) -> impl Iterator<Item = (u32, u32)> {
    let of_cluster = (0..header().logs.len).map(log).filter(move |l| cluster(l.cluster).component == c);
    of_cluster.flat_map(move |l| {
        (l.first_partition..l.first_partition + l.partitions).filter_map(move |at| Some((at, copy_at(l, at, r)?)))
    })
}

/// A broker goes down: what it led and had not handed on is in doubt.
#[unsafe(export_name = "if_logs_down")]
#[inline(never)]
pub extern "C" fn down(c: u32, row: &Component, r: u32) {
    let Some(row_of) = cluster_of(c) else { return };
    let b = broker(row_of, r);
    b.turns.set(b.turns.get() + 1);
    for (at, copy) in copies_on(c, r) {
        let p = partition(at);
        if p.leader.get() == copy {
            p.term.set(p.term.get() + 1);
        }
    }
    if b.gone.get() == 0 {
        let number = (r - row.first_replica) as u64;
        let key = nth(source_key(machine().seed.get(), row_of.hash), number);
        let word = draw(nth(key, b.turns.get() as u64), row_of.purpose);
        let wait = (super::memory::sample(row_of.detection, word) as u64).max(1);
        after(row_of, row, r, wait, FOUND_GONE);
    }
}

/// Copies of a partition on brokers that are not known to be gone.
fn present(row_of: &Cluster, at: u32) -> u32 {
    let l = log(partition(at).log.get());
    let is_there = |&copy: &u32| broker(row_of, replica_of(l, at, copy)).gone.get() == 0;
    (0..l.replication).filter(is_there).fold(0, |set, copy| set | 1 << copy)
}

/// A broker is back.
#[unsafe(export_name = "if_logs_up")]
#[inline(never)]
pub extern "C" fn up(c: u32, row: &Component, r: u32) {
    let Some(row_of) = cluster_of(c) else { return };
    let b = broker(row_of, r);
    b.turns.set(b.turns.get() + 1);
    if b.gone.get() == 0 {
        return;
    }
    let mut moved = 0;
    for (at, copy) in copies_on(c, r) {
        let p = partition(at);
        if p.leader.get() == NONE && p.in_sync.get() >> copy & 1 == 1 {
            p.leader.set(copy);
            p.in_sync.set(p.in_sync.get() | present(row_of, at));
            moved += 1;
        }
    }
    tell(c, row, moved, 0);
    after(row_of, row, r, row_of.catch_up_ns, CAUGHT_UP);
}

/// Something is found out about a broker.
#[unsafe(export_name = "if_logs_found")]
#[inline(never)]
pub extern "C" fn found(r: u32, turn: u32, what: u32) {
    let c = stations::replica(r).component.get();
    let row = component(c);
    let Some(row_of) = cluster_of(c) else { return };
    if broker(row_of, r).turns.get() != turn {
        return;
    }
    windows::touch(c);
    match what {
        FOUND_GONE => elect(c, row, row_of, r),
        CAUGHT_UP => {
            broker(row_of, r).gone.set(0);
            for (at, copy) in copies_on(c, r) {
                let p = partition(at);
                if p.leader.get() != NONE {
                    p.in_sync.set(p.in_sync.get() | 1 << copy);
                }
            }
            if row_of.restore_ns > 0 {
                after(row_of, row, r, row_of.restore_ns, LEADS_AGAIN);
            }
        }
        _ => {
            let may = |p: &LogPartition| p.leader.get() != 0 && p.in_sync.get() & 1 == 1;
            let back = copies_on(c, r).filter(|&(at, copy)| copy == 0 && may(partition(at)));
            let moved = back.inspect(|&(at, _)| partition(at).leader.set(0)).count();
            tell(c, row, moved as u32, 0);
        }
    }
}

/// A broker was found to be gone: its copies fall behind, and what it led is led by the first that has not.
fn elect(c: u32, row: &Component, row_of: &Cluster, r: u32) {
    broker(row_of, r).gone.set(1);
    let (mut moved, mut without) = (0, 0);
    for (at, copy) in copies_on(c, r) {
        let p = partition(at);
        let others = p.in_sync.get() & !(1 << copy);
        if others != 0 {
            p.in_sync.set(others);
        }
        if p.leader.get() != copy {
            continue;
        }
        if others == 0 {
            p.leader.set(NONE);
            without += 1;
        } else {
            p.leader.set(others.trailing_zeros());
            moved += 1;
        }
    }
    tell(c, row, moved, without);
}

fn tell(c: u32, row: &Component, moved: u32, without: u32) {
    if moved + without == 0 {
        return;
    }
    windows::add(c, column::ELECTIONS, moved as u64);
    windows::transition_fact(c, fact::changed(row.hash, now(), transition::LED_ANEW, moved, without));
    records::write(record::LED_ANEW, c, moved as u64, without as u64, 0);
}
