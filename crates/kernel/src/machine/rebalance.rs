//! Members of a group: replicas that come and go, and how partitions are assigned to them.

use super::calendar::{Rank, push};
use super::crashes::{self, Down};
use super::memory::{cell, get32, get64, header, now, row};
use super::partitions::{self, PAUSED, group, member, partition, settle};
use super::stations::{self, component};
use super::{due, fleets, gathering, leaders, logs, records, redelivery, windows};
use crate::columns::subscription as column;
use crate::draw::mix;
use crate::fact;
use crate::layout::{Component, Group, GroupState, MemberState, NONE, Table, frame32, frame64, record};

/// Marks of a member: its replica is down or stands still; its session is over.
const ABSENT: u32 = 1;
const EXPIRED: u32 = 2;
/// See [`ABSENT`]: it takes no new work, and is no member.
const OUT: u32 = 4;
/// What a group does: it assigns its partitions anew; and once more when that is over.
const UNDER_WAY: u32 = 1;
const ONCE_MORE: u32 = 2;

fn state_of(index: u32) -> &'static GroupState {
    row(Table { address: header().group_states, len: 0 }, index)
}

/// Each subscription's partitions go to the replicas in ranges.
#[unsafe(export_name = "if_groups_assign_first")]
#[inline(never)]
pub extern "C" fn assign_first(index: u32) {
    let g = group(index);
    let c = component(g.component);
    for at in g.first_partition..g.first_partition + g.partitions {
        partition(at).group.set(index);
        partition(at).owner.set(NONE);
    }
    for i in 0..c.replicas {
        member_of(g, i).group.set(index);
        member_of(g, i).marks.set(if fleets::takes(c, c.first_replica + i) { 0 } else { OUT });
    }
    let all = members(c, g).count() as u32;
    for s in 0..header().subscriptions.len {
        let sub = partitions::subscription(s);
        if sub.group != index {
            continue;
        }
        for i in 0..sub.partitions {
            let p = partition(sub.first_partition + i);
            p.subscription.set(s);
            if g.assigned == 1 && all > 0 {
                let owner = members(c, g).nth(share(i, sub.partitions, all) as usize);
                p.owner.set(owner.unwrap_or(NONE));
            }
        }
    }
}

/// Which of so many members has the i-th of so many partitions.
fn share(i: u32, partitions: u32, members: u32) -> u32 {
    (i as u64 * members as u64 / partitions as u64) as u32
}

/// A replica has gone down or come back, or its work stands still or goes on.
#[unsafe(export_name = "if_groups_presence")]
#[inline(never)]
pub extern "C" fn presence(c: u32, row: &Component, r: u32) {
    let g = group(row.group);
    if g.assigned == 0 {
        return;
    }
    let index = g.first_member + r - row.first_replica;
    let m = member(index);
    let still = row.cell_speed != NONE && cell(row.cell_speed + r - row.first_replica) == 0.0;
    let absent = still || stations::is_down(row, r);
    if absent == (m.marks.get() & ABSENT != 0) {
        return;
    }
    m.marks.set(m.marks.get() ^ ABSENT);
    m.turns.set(m.turns.get() + 1);
    if absent {
        let key = mix(row.hash ^ (r - row.first_replica + 1) as u64);
        push(now() + g.session_ns, Rank::Timeout, key, index, m.turns.get(), due::GONE);
    } else if m.marks.get() & EXPIRED != 0 {
        m.marks.set(m.marks.get() & !EXPIRED);
        if m.marks.get() & OUT == 0 {
            begin(c, row, g);
        }
    }
}

/// A replica has come into service, or is to take nothing new.
#[unsafe(export_name = "if_groups_membership")]
#[inline(never)]
pub extern "C" fn membership(c: u32, row: &Component, r: u32) {
    let g = group(row.group);
    let m = member(g.first_member + r - row.first_replica);
    let out = !fleets::takes(row, r);
    if out == (m.marks.get() & OUT != 0) {
        return;
    }
    m.marks.set(m.marks.get() ^ OUT);
    if g.assigned == 1 && m.marks.get() & EXPIRED == 0 {
        begin(c, row, g);
    }
}

/// Something is over that concerns no strand.
#[unsafe(export_name = "if_timers_over")]
#[inline(never)]
pub extern "C" fn over(subject: u32, generation: u32, argument: u32) {
    match argument {
        due::GONE => gone(subject, generation),
        due::ASSIGNED => end(subject),
        due::LINGERED => gathering::lingered(subject, generation),
        due::POLL => worked_on(subject),
        due::HEARS_NOTHING.. => leaders::over(subject, generation, argument),
        due::BROKER.. => logs::found(subject, generation, argument),
        _ => redelivery::back(subject, generation),
    }
}

/// It is looked at an instant how long a partition has been worked on.
#[unsafe(export_name = "if_polls_watch")]
#[inline(never)]
pub extern "C" fn watch(g: &Group, at: u32, when: u64) {
    partition(at).watched.set(1);
    let key = mix(component(g.component).hash ^ (at - g.first_partition + 1) as u64);
    push(when, Rank::Timeout, key, at, 0, due::POLL);
}

/// A replica that has worked on what it took for too long is expelled, and comes again at once unless it stands still.
#[unsafe(export_name = "if_polls_over")]
#[inline(never)]
extern "C" fn worked_on(at: u32) {
    let p = partition(at);
    p.watched.set(0);
    let Some(leader) = p.leader.get().checked_sub(1) else { return };
    let g = group(p.group.get());
    let due = get64(frame64::STARTED_NS, leader) + g.poll_ns;
    if now() < due {
        return watch(g, at, due);
    }
    let (c, row) = (g.component, component(g.component));
    let r = get32(frame32::REPLICA, leader);
    let m = member(g.first_member + r - row.first_replica);
    windows::touch(c);
    crashes::empty(c, r, Down::Fails);
    if m.marks.get() & (EXPIRED | OUT) != 0 {
        return;
    }
    m.marks.set(m.marks.get() | EXPIRED);
    begin(c, row, g);
    if m.marks.get() & ABSENT == 0 {
        m.marks.set(m.marks.get() & !EXPIRED);
        begin(c, row, g);
    }
}

/// A member's session is over: what it holds is taken from it.
fn gone(index: u32, turn: u32) {
    let m = member(index);
    if m.turns.get() != turn {
        return;
    }
    m.marks.set(m.marks.get() | EXPIRED);
    let g = group(m.group.get());
    let (c, row) = (g.component, component(g.component));
    let r = row.first_replica + index - g.first_member;
    windows::touch(c);
    if !stations::is_down(row, r) {
        crashes::empty(c, r, Down::Fails);
    }
    if m.marks.get() & OUT == 0 {
        begin(c, row, g);
    }
}

/// Partitions are to be assigned anew, whoever has come or gone.
#[unsafe(export_name = "if_groups_rebalance")]
#[inline(never)]
pub extern "C" fn ask(c: u32) {
    let row = component(c);
    if row.group != NONE && group(row.group).assigned == 1 {
        windows::touch(c);
        begin(c, row, group(row.group));
    }
}

/// Partitions are assigned anew; those that move, or all, are not served until that is over.
fn begin(c: u32, row: &Component, g: &Group) {
    let state = state_of(row.group);
    if state.marks.get() & UNDER_WAY != 0 {
        return state.marks.set(UNDER_WAY | ONCE_MORE);
    }
    state.marks.set(UNDER_WAY);
    for s in (0..header().subscriptions.len).filter(|&s| partitions::subscription(s).group == row.group) {
        windows::count_subscription(s, column::REBALANCES);
    }
    if g.sticky == 1 {
        assign_sticky(row, g)
    } else {
        assign_ranges(row, g)
    }
    for at in g.first_partition..g.first_partition + g.partitions {
        let p = partition(at);
        let moves = p.target.get() != p.owner.get();
        if moves || g.sticky == 0 {
            redelivery::commit(p);
            p.marks.set(p.marks.get() | PAUSED);
            settle(row, g, at);
        }
    }
    tell(row, g, false, 0);
    records::write(record::REBALANCE, c, 0, 0, 0);
    push(now() + g.pause_ns, Rank::Timeout, row.hash, row.group, 0, due::ASSIGNED);
}

/// Partitions have their new owners.
fn end(index: u32) {
    let (g, state) = (group(index), state_of(index));
    let (c, row) = (g.component, component(g.component));
    windows::touch(c);
    let mut moved = 0;
    for at in g.first_partition..g.first_partition + g.partitions {
        let p = partition(at);
        if p.marks.get() & PAUSED == 0 {
            continue;
        }
        if p.owner.get() != p.target.get() {
            moved += 1;
            windows::count_subscription(p.subscription.get(), column::MOVED);
        }
        p.owner.set(p.target.get());
        p.marks.set(p.marks.get() & !PAUSED);
        settle(row, g, at);
    }
    tell(row, g, true, moved);
    records::write(record::REBALANCED, c, moved, members(row, g).count() as u64, 0);
    for r in row.first_replica..row.first_replica + row.replicas {
        partitions::serve(c, row, g, r);
    }
    let once_more = state.marks.replace(0) & ONCE_MORE != 0;
    if once_more {
        begin(c, row, g);
    }
}

fn tell(row: &Component, g: &Group, over: bool, moved: u64) {
    windows::transition_fact(g.component, fact::rebalance(row.hash, now(), over, moved));
}

/// Replicas in service whose session lasts, in order.
fn members<'a>(row: &'a Component, g: &'a Group) -> impl Iterator<Item = u32> + 'a {
    (0..row.replicas).filter(|i| member_of(g, *i).marks.get() & (EXPIRED | OUT) == 0).map(|i| row.first_replica + i)
}

fn member_of(g: &Group, i: u32) -> &'static MemberState {
    member(g.first_member + i)
}

fn assign_ranges(row: &Component, g: &Group) {
    let count = members(row, g).count() as u32;
    for at in g.first_partition..g.first_partition + g.partitions {
        let p = partition(at);
        let sub = partitions::subscription(p.subscription.get());
        let owner = |count| members(row, g).nth(share(at - sub.first_partition, sub.partitions, count) as usize);
        p.target.set(if count == 0 { NONE } else { owner(count).unwrap_or(NONE) });
    }
}

/// Each member keeps as many as it may have, in order; the others go to those who have fewest of what they may have.
fn assign_sticky(row: &Component, g: &Group) {
    let all = || (g.first_partition..g.first_partition + g.partitions).map(partition);
    all().for_each(|p| p.target.set(NONE));
    let count = members(row, g).count() as u32;
    if count == 0 {
        return;
    }
    let (fewest, mut more) = (g.partitions / count, g.partitions % count);
    for r in members(row, g) {
        let has = all().filter(|p| p.owner.get() == r).count() as u32;
        let mut may = fewest;
        if has > fewest && more > 0 {
            (may, more) = (fewest + 1, more - 1);
        }
        all().filter(|p| p.owner.get() == r).take(may as usize).for_each(|p| p.target.set(r));
    }
    for at_most in [fewest, fewest + 1] {
        for r in members(row, g) {
            let has = all().filter(|p| p.target.get() == r).count() as u32;
            let lacks = at_most.saturating_sub(has);
            all().filter(|p| p.target.get() == NONE).take(lacks as usize).for_each(|p| p.target.set(r));
        }
    }
}
