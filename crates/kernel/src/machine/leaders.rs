//! Leaders: one replica of a component leads; when it is lost the others elect another, or one is named.
//!
//! A replica *attends* while it is up, does not stand still and takes new work. As long as the leader attends, nothing
//! happens: its word keeps every timer from running out, so no event is made for it. When it does not, the component is
//! *vacant*, and each of the others has a timer, from the last word that it can have heard.

use super::calendar::{Rank, push, push_next};
use super::frames::{CALLING, LIVE, is};
use super::memory::{cell, generation_of, get32, header, key_of, machine, now, row, sample};
use super::stations::{self, component};
use super::{balancing, due, fleets, records, windows};
use crate::columns::component as column;
use crate::draw::{draw, mix, nth, source_key};
use crate::fact::{self, transition};
use crate::layout::{Candidate, Component, Edge, Leaders, NONE, Site, frame32, record};

/// Whom a call is for: the replica that leads.
pub const LEADER: u32 = 1;
/// See [`LEADER`]: any but that.
pub const FOLLOWER: u32 = 2;

/// Why a leader is lost.
const DOWN: u32 = 0;
const SILENT: u32 = 1;
const ALONE: u32 = 2;
const REPLACED: u32 = 3;

fn at(index: u32) -> &'static Leaders {
    row(header().leaders, index)
}

fn candidate(leaders: &Leaders, replica: u32) -> &'static Candidate {
    row(header().candidates, leaders.first_candidate + replica)
}

fn replicas(leaders: &Leaders) -> u32 {
    component(leaders.component).replicas
}

/// The replica of a component that leads, or [`NONE`].
pub fn leader_of(c: u32) -> u32 {
    at(component(c).leaders).leader.get()
}

/// Whether calls for the leader of a component wait for one.
pub fn waits(c: u32) -> bool {
    at(component(c).leaders).waits == 1
}

/// The replica that leads, or did until this instant; or [`NONE`].
#[unsafe(export_name = "if_leaders_struck")]
#[inline(never)]
pub extern "C" fn struck(c: u32) -> u32 {
    let leaders = at(component(c).leaders);
    let is_lost = leaders.leader.get() == NONE && leaders.lost_ns.get() == now();
    if is_lost { leaders.lost.get() } else { leaders.leader.get() }
}

/// All replicas attend; each knows the first term, in which the first leads.
pub fn init() {
    for index in 0..header().leaders.len {
        begin(index);
    }
}

#[unsafe(export_name = "if_leaders_begin")]
#[inline(never)]
extern "C" fn begin(index: u32) {
    let leaders = at(index);
    leaders.attending.set(replicas(leaders));
    for r in 0..replicas(leaders) {
        candidate(leaders, r).leaders.set(index);
        candidate(leaders, r).term.set(1);
    }
}

/// Whether a replica (numbered through) attends.
fn attends(row: &Component, r: u32) -> bool {
    let still = row.cell_speed != NONE && cell(row.cell_speed + r - row.first_replica) == 0.0;
    !still && !stations::is_down(row, r) && fleets::takes(row, r)
}

/// A replica has gone down or come back, stands still or goes on, drains or does not.
#[unsafe(export_name = "if_leaders_presence")]
#[inline(never)]
pub extern "C" fn presence(c: u32, r: u32) {
    let row = component(c);
    let (leaders, i) = (at(row.leaders), r - row.first_replica);
    let one = candidate(leaders, i);
    if attends(row, r) {
        if one.absent.replace(0) == 1 {
            leaders.attending.set(leaders.attending.get() + 1);
            comes(leaders, i);
        }
        return;
    }
    if one.absent.replace(1) == 0 {
        leaders.attending.set(leaders.attending.get() - 1);
        void(one);
        one.votes.set(0);
        if leaders.leader.get() != i {
            watch_majority(leaders);
        } else {
            become_vacant(leaders);
        }
    }
    if leaders.leader.get() == i && stations::is_down(row, r) {
        lose(leaders, DOWN);
    }
}

fn comes(leaders: &Leaders, i: u32) {
    if leaders.leader.get() == i {
        // It was silent for a while, and nobody has noticed.
        occupied(leaders);
        return watch_majority(leaders);
    }
    if leaders.vacant.get() == 0 {
        candidate(leaders, i).term.set(leaders.term.get());
        return watch_majority(leaders);
    }
    if leaders.elected == 1 {
        wait(leaders, i, now());
    } else if leaders.overdue.get() == 1 {
        elect(leaders, i, leaders.term.get() + 1);
    }
}

/// Nobody leads who attends. The leader's last word is as old as it can be.
fn become_vacant(leaders: &Leaders) {
    let since = now() - leaders.elected_ns.get();
    leaders.vacant.set(1);
    leaders.vacant_ns.set(now());
    leaders.timer.set(leaders.timer.get() + 1);
    leaders.overdue.set(0);
    if leaders.elected == 0 {
        return set_timer_of_all(leaders);
    }
    let heard = now() - since % leaders.heartbeat_ns + leaders.leg_ns;
    for i in 0..replicas(leaders) {
        if candidate(leaders, i).absent.get() == 0 {
            wait(leaders, i, heard);
        }
    }
}

/// Somebody leads who attends.
fn occupied(leaders: &Leaders) {
    count_vacancy(leaders, now());
    leaders.vacant.set(0);
    leaders.overdue.set(0);
    leaders.timer.set(leaders.timer.get() + 1);
    for i in 0..replicas(leaders) {
        let one = candidate(leaders, i);
        void(one);
        one.votes.set(0);
    }
}

fn lose(leaders: &Leaders, why: u32) {
    let i = leaders.leader.replace(NONE);
    leaders.lost.set(i);
    leaders.lost_ns.set(now());
    tell(leaders, (record::LEADER_LOST, transition::LEADER_LOST), i, why);
}

fn tell(leaders: &Leaders, (kind, what): (u32, u32), a: u32, b: u32) {
    let c = leaders.component;
    records::write(kind, c, a as u64, b as u64, 0);
    windows::transition_fact(c, fact::changed(component(c).hash, now(), what, a, b));
}

/// A timer that was set means nothing any more.
fn void(one: &Candidate) {
    one.timer.set(one.timer.get() + 1);
}

/// Key of an event of a replica; `kind` is below 5.
fn event_key(leaders: &Leaders, i: u32, kind: u32) -> u64 {
    mix(component(leaders.component).hash ^ (5 * i as u64 + kind as u64 + 1))
}

/// The n-th time that a replica waits; those of all have the number behind the last.
fn drawn(leaders: &Leaders, i: u32, n: u32) -> u64 {
    let hash = component(leaders.component).hash;
    let key = nth(nth(source_key(machine().seed.get(), hash), i as u64), n as u64);
    (sample(leaders.timeout, draw(key, hash)) as u64).max(1)
}

/// A replica hears nothing from an instant on.
fn wait(leaders: &Leaders, i: u32, from: u64) {
    let one = candidate(leaders, i);
    void(one);
    let time = drawn(leaders, i, one.draws.get());
    one.draws.set(one.draws.get() + 1);
    let at = from.saturating_add(time).max(now() + 1);
    push(at, Rank::Timeout, event_key(leaders, i, 0), leaders.first_candidate + i, one.timer.get(), due::HEARS_NOTHING);
}

/// Sets the timer that concerns all: the next is named, or the leader steps down.
fn set_timer_of_all(leaders: &Leaders) {
    let n = replicas(leaders);
    let time = drawn(leaders, n, leaders.draws.get());
    leaders.draws.set(leaders.draws.get() + 1);
    let index = component(leaders.component).leaders;
    let at = now().saturating_add(time);
    push(at, Rank::Timeout, event_key(leaders, n, 3), index, leaders.timer.get(), due::FOR_ALL);
}

fn majority(leaders: &Leaders) -> u32 {
    replicas(leaders) / 2 + 1
}

/// A leader that does not hear from a majority for as long as a replica waits steps down.
fn watch_majority(leaders: &Leaders) {
    if leaders.elected == 0 || leaders.vacant.get() == 1 {
        return;
    }
    let few = leaders.attending.get() < majority(leaders);
    match (few, leaders.overdue.get()) {
        (true, 0) => {
            leaders.overdue.set(1);
            leaders.timer.set(leaders.timer.get() + 1);
            set_timer_of_all(leaders);
        }
        (false, 1) => {
            leaders.overdue.set(0);
            leaders.timer.set(leaders.timer.get() + 1);
        }
        _ => {}
    }
}

/// Something is over that concerns an election.
#[unsafe(export_name = "if_leaders_over")]
#[inline(never)]
pub extern "C" fn over(subject: u32, number: u32, what: u32) {
    if what == due::FOR_ALL {
        let leaders = at(subject);
        if leaders.timer.get() == number {
            for_all(leaders);
        }
        return;
    }
    let one: &Candidate = row(header().candidates, subject);
    let leaders = at(one.leaders.get());
    let i = subject - leaders.first_candidate;
    if what == due::HEARS_NOTHING {
        if one.timer.get() == number {
            stand(leaders, one, i);
        }
    } else if one.votes.get() > 0 && one.term.get() == number {
        if what == due::ASKED { ask(leaders, one, i, number) } else { count(leaders, one, i, number) }
    }
}

fn for_all(leaders: &Leaders) {
    if leaders.elected == 1 {
        leaders.overdue.set(0);
        lose(leaders, ALONE);
        leaders.vacant.set(1);
        leaders.vacant_ns.set(now());
        for i in 0..replicas(leaders) {
            if candidate(leaders, i).absent.get() == 0 {
                wait(leaders, i, now());
            }
        }
        return;
    }
    if leaders.leader.get() != NONE {
        lose(leaders, REPLACED);
    }
    let n = replicas(leaders);
    let behind = (1..=n).map(|step| (leaders.lost.get() + step) % n);
    match behind.into_iter().find(|&i| candidate(leaders, i).absent.get() == 0) {
        Some(i) => elect(leaders, i, leaders.term.get() + 1),
        None => leaders.overdue.set(1),
    }
}

/// A replica has heard nothing for as long as it waits: it asks for votes.
fn stand(leaders: &Leaders, one: &Candidate, i: u32) {
    if leaders.leader.get() != NONE {
        lose(leaders, SILENT);
    }
    records::write(record::ELECTION_TIMEOUT, leaders.component, i as u64, one.term.get() as u64, 0);
    let term = one.term.get() + 1;
    one.term.set(term);
    one.voted.set(1);
    one.votes.set(1);
    tell(leaders, (record::CANDIDATE, transition::CANDIDATE), i, term);
    let subject = leaders.first_candidate + i;
    push(now() + leaders.leg_ns, Rank::Timeout, event_key(leaders, i, 1), subject, term, due::ASKED);
    push(now() + 2 * leaders.leg_ns, Rank::Timeout, event_key(leaders, i, 2), subject, term, due::COUNTED);
    wait(leaders, i, now());
}

/// A candidate's word reaches the others: who has not voted in its term does, who knows of a later one says so.
fn ask(leaders: &Leaders, one: &Candidate, i: u32, term: u32) {
    let mut latest = term;
    for j in (0..replicas(leaders)).filter(|&j| j != i) {
        let other = candidate(leaders, j);
        if other.absent.get() == 1 {
            continue;
        }
        if other.term.get() > term {
            latest = latest.max(other.term.get());
            continue;
        }
        if other.term.get() < term {
            other.term.set(term);
            other.voted.set(0);
            other.votes.set(0);
        }
        if other.voted.replace(1) == 0 {
            one.votes.set(one.votes.get() + 1);
            wait(leaders, j, now());
        }
    }
    if latest > term {
        one.term.set(latest);
        one.voted.set(0);
        one.votes.set(0);
    }
}

/// A candidate has its votes.
fn count(leaders: &Leaders, one: &Candidate, i: u32, term: u32) {
    if one.votes.get() >= majority(leaders) {
        return elect(leaders, i, term);
    }
    one.votes.set(0);
    records::write(record::NOT_ELECTED, leaders.component, i as u64, term as u64, 0);
}

/// A replica leads from now on; calls that wait for that are sent.
fn elect(leaders: &Leaders, i: u32, term: u32) {
    leaders.leader.set(i);
    leaders.term.set(term);
    leaders.elected_ns.set(now());
    occupied(leaders);
    for j in 0..replicas(leaders) {
        let other = candidate(leaders, j);
        if other.absent.get() == 0 {
            other.term.set(term);
            other.voted.set(1);
        }
    }
    windows::count(leaders.component, column::ELECTIONS);
    tell(leaders, (record::ELECTED, transition::ELECTED), i, term);
    watch_majority(leaders);
    if leaders.waits == 1 {
        wake(leaders.component);
    }
}

fn wake(c: u32) {
    for frame in 0..machine().fresh.get() {
        if !is(frame, LIVE | CALLING) || !balancing::waits_for_leader(frame) {
            continue;
        }
        let site: &Site = row(header().sites, get32(frame32::SITE, frame));
        if row::<Edge>(header().edges, site.edge).to == c {
            push_next(Rank::Resume, key_of(frame), frame, generation_of(frame), due::SEND);
        }
    }
}

fn count_vacancy(leaders: &Leaders, until: u64) {
    if leaders.vacant.get() == 1 {
        windows::add(leaders.component, column::LEADERLESS_NS, until - leaders.vacant_ns.get());
        leaders.vacant_ns.set(until);
    }
}

/// Brings the time without a leader up to an instant.
#[unsafe(export_name = "if_leaders_flush")]
#[inline(never)]
pub extern "C" fn flush(until: u64) {
    for index in 0..header().leaders.len {
        count_vacancy(at(index), until);
    }
}
