//! Partitions: messages that are served in order, and the replicas that share them out.
//!
//! A partition whose next message could be served stands *in line* until a server takes it: in the line of the replica that
//! it is assigned to, or in the one line of the group. After each event, nobody is in a line whose servers are free.

use super::calendar::{Rank, push};
use super::company::follow;
use super::company::riders_of;
use super::frames::{STARTED, moves_on, raise};
use super::lists::List;
use super::memory::{generation_of, get32, get64, header, key_of, now, read, row, set32, set64, write};
use super::redelivery::commit;
use super::stations::{self, component, replica, state_of};
use super::{attempts, due, ends, fleets, keys, observing, queues, rebalance, rooms, strains, windows};
use crate::columns::{histograms, subscription as column};
use crate::draw::{below, mix};
use crate::layout::{
    Component, Edge, Group, MemberState, NONE, PartitionState, Site, Subscription, SubscriptionState, Table, frame32,
    frame64,
};
use crate::outcome;

/// Marks of a partition: it is in a line; it is not served for now.
const IN_LINE: u32 = 1;
/// See [`IN_LINE`].
pub const PAUSED: u32 = 2;

/// Row of a group.
#[inline(always)]
pub fn group(index: u32) -> &'static Group {
    row(header().groups, index)
}

/// State of a partition.
#[inline(always)]
pub fn partition(index: u32) -> &'static PartitionState {
    row(header().partitions, index)
}

/// State of a member.
#[inline(always)]
pub fn member(index: u32) -> &'static MemberState {
    row(Table { address: header().group_members, len: 0 }, index)
}

/// Row of a subscription.
#[inline(always)]
pub fn subscription(index: u32) -> &'static Subscription {
    row(header().subscriptions, index)
}

pub fn subscription_state(index: u32) -> &'static SubscriptionState {
    row(Table { address: header().subscription_states, len: 0 }, index)
}

/// The subscription that a visit came by.
pub fn subscription_of(visit: u32) -> u32 {
    let site: &Site = row(header().sites, get32(frame32::ORIGIN, visit));
    row::<Edge>(header().edges, site.edge).subscription
}

/// The partition that a visit's message is in.
pub fn partition_of(visit: u32) -> u32 {
    read(header().frame_partitions, visit)
}

fn messages(p: &PartitionState) -> List<'_> {
    List { head: &p.head, tail: &p.tail }
}

pub fn uncommitted(p: &PartitionState) -> List<'_> {
    List { head: &p.done_head, tail: &p.done_tail }
}

/// Assigns partitions for the first time.
pub fn init() {
    for index in 0..header().groups.len {
        rebalance::assign_first(index);
    }
}

/// A message that is sent was published when the sender got it, if it hands it on; else when its call began.
#[unsafe(export_name = "if_groups_is_born")]
#[inline(never)]
pub extern "C" fn is_born(strand: u32, visit: u32, edge: &Edge, answered: bool) {
    let born = header().frame_born;
    let at = match (edge.subscription != NONE, answered) {
        (true, _) => read(born, strand),
        (false, true) => get64(frame64::CALL_BEGAN_NS, strand),
        (false, false) => now(),
    };
    write(born, visit, at);
}

/// A branch hands on what its strand got.
pub fn is_born_with(strand: u32, branch: u32) {
    let born = header().frame_born;
    if born != 0 {
        write(born, branch, read::<u64>(born, strand));
    }
}

/// A message has reached its component and may be served.
#[unsafe(export_name = "if_groups_arrive")]
#[inline(never)]
pub extern "C" fn arrive(c: u32, row: &Component, visit: u32) {
    let index = subscription_of(visit);
    let (g, sub) = (group(row.group), subscription(index));
    let at = sub.first_partition + choose(index, sub, g, visit);
    write(header().frame_partitions, visit, at);
    count_message(index, at);
    let p = partition(at);
    if g.batch <= 1
        && p.waiting.get() == 0
        && is_open(g, p)
        && let Some(r) = server_for(c, row, g, p)
    {
        works(g, at, p, visit);
        return take(c, r, visit);
    }
    enqueue(c, row, g, at, visit, false);
    settle(row, g, at);
    serve(c, row, g, p.owner.get());
    if sub.depth > 0 && sub.depot == NONE {
        rooms::displace(c, index);
    }
}

fn count_message(index: u32, at: u32) {
    let (p, state) = (partition(at), subscription_state(index));
    windows::count_subscription(index, column::MESSAGES);
    p.messages.set(p.messages.get() + 1);
    if p.messages.get() > state.hottest.get() {
        state.hottest.set(p.messages.get());
        windows::count_subscription(index, column::HOTTEST);
    }
}

/// The partition of a message, within its subscription: that of its key, or the next in turn.
fn choose(index: u32, sub: &Subscription, g: &Group, visit: u32) -> u32 {
    if sub.partitions == 1 {
        return 0;
    }
    let key = keys::key_of_request(visit);
    if key != NONE {
        return if g.assigned == 1 { below(mix(key as u64 + 1), sub.partitions) } else { key % sub.partitions };
    }
    let turn = &subscription_state(index).turn;
    turn.replace((turn.get() + 1) % sub.partitions)
}

/// Whether more work of a partition may begin.
fn is_open(g: &Group, p: &PartitionState) -> bool {
    p.leader.get() == 0 && p.marks.get() & PAUSED == 0 && (g.assigned == 0 || p.owner.get() != NONE)
}

/// Whether a server could take messages of a partition now.
fn is_ready(g: &Group, p: &PartitionState) -> bool {
    if p.waiting.get() == 0 || !is_open(g, p) {
        return false;
    }
    let oldest = p.head.get().wrapping_sub(1);
    p.waiting.get() >= g.batch || now() >= get64(frame64::ARRIVED_NS, oldest).saturating_add(g.wait_ns)
}

/// A replica with a free server for a partition.
fn server_for(c: u32, row: &Component, g: &Group, p: &PartitionState) -> Option<u32> {
    if g.assigned == 0 {
        return stations::free_replica(row, state_of(c));
    }
    let r = p.owner.get();
    (replica(r).busy.get() < strains::servers(row, r) && !stations::is_down(row, r)).then_some(r)
}

/// A visit is at work for its partition.
fn works(g: &Group, at: u32, p: &PartitionState, leader: u32) {
    if g.ordered == 1 {
        p.leader.set(leader + 1);
        if g.poll_ns > 0 && p.watched.get() == 0 {
            rebalance::watch(g, at, now() + g.poll_ns);
        }
    }
}

/// A message waits in its partition: as the last or, if it comes again, as the first.
pub fn enqueue(c: u32, row: &Component, g: &Group, at: u32, visit: u32, first: bool) {
    let (p, index) = (partition(at), subscription_of(visit));
    if first {
        messages(p).push_front(visit)
    } else {
        messages(p).push_back(visit)
    }
    p.waiting.set(p.waiting.get() + 1);
    if subscription(index).depth > 0 {
        rooms::waits(index, true);
    }
    queues::waits(c, row, row.first_replica, visit);
    windows::maximum_subscription(index, column::LAG_MAX, p.waiting.get() as u64);
    let patience = |time: u64, with: u32| {
        push(now() + time, Rank::Timeout, key_of(visit), visit, generation_of(visit), with);
    };
    let retention = subscription(index).retention_ns;
    if retention > 0 {
        patience(retention, due::TOO_OLD);
    }
    if g.batch > 1 {
        patience(g.wait_ns, due::ALONE);
    }
}

/// A message leaves its partition.
fn take_out(c: u32, p: &PartitionState, visit: u32) {
    messages(p).remove(visit);
    p.waiting.set(p.waiting.get() - 1);
    let index = subscription_of(visit);
    if subscription(index).depth > 0 {
        rooms::waits(index, false);
    }
    queues::waits_no_more(c, component(c).first_replica, visit);
    moves_on(visit);
}

/// Puts a partition in its line, or takes it out, as it is ready or not.
pub fn settle(row: &Component, g: &Group, at: u32) {
    let p = partition(at);
    let ready = is_ready(g, p);
    if ready == (p.marks.get() & IN_LINE != 0) {
        return;
    }
    p.marks.set(p.marks.get() ^ IN_LINE);
    let line = line(row, g, p.owner.get());
    if ready {
        let last = line.tail.replace(at + 1);
        p.next.set(0);
        p.previous.set(last);
        match last {
            0 => line.head.set(at + 1),
            last => partition(last - 1).next.set(at + 1),
        }
    } else {
        match p.previous.get() {
            0 => line.head.set(p.next.get()),
            previous => partition(previous - 1).next.set(p.next.get()),
        }
        match p.next.get() {
            0 => line.tail.set(p.previous.get()),
            next => partition(next - 1).previous.set(p.previous.get()),
        }
    }
}

/// The line of a replica's partitions, or that of the group.
fn line(row: &Component, g: &Group, r: u32) -> &'static MemberState {
    member(g.first_member + if g.assigned == 1 { r - row.first_replica } else { 0 })
}

/// Free servers take what is in the line of a replica, or of the group.
pub fn serve(c: u32, row: &Component, g: &Group, r: u32) {
    if g.assigned == 1 && r == NONE {
        return;
    }
    while let Some(at) = line(row, g, r).head.get().checked_sub(1) {
        let Some(r) = server_for(c, row, g, partition(at)) else { return };
        let leader = take_batch(c, row, g, at);
        take(c, r, leader);
        attend(c, r, leader);
    }
}

/// A free server of a replica takes a message, of a replica that is to go too if the partition is its own still.
fn take(c: u32, r: u32, visit: u32) {
    stations::take(c, r, visit);
    if fleets::has(c) {
        fleets::holds(c, r);
    }
}

/// A server of a replica is free: what it does next, plus one; 0 for nothing.
#[unsafe(export_name = "if_groups_next")]
#[inline(never)]
pub extern "C" fn next(c: u32, row: &Component, r: u32) -> u32 {
    let g = group(row.group);
    if g.assigned == 0 && !fleets::takes(row, r) {
        return 0;
    }
    let Some(at) = line(row, g, r).head.get().checked_sub(1) else { return 0 };
    take_batch(c, row, g, at) + 1
}

/// Takes the next messages of a partition out of it; the first of them, which the others are linked behind.
fn take_batch(c: u32, row: &Component, g: &Group, at: u32) -> u32 {
    let p = partition(at);
    let leader = p.head.get() - 1;
    take_out(c, p, leader);
    let mut last = leader;
    for _ in 1..g.batch {
        let Some(rider) = p.head.get().checked_sub(1) else { break };
        take_out(c, p, rider);
        follow(leader, last, rider);
        last = rider;
    }
    if last != leader {
        set64(frame64::DEADLINE, leader, 0);
    }
    works(g, at, p, leader);
    settle(row, g, at);
    leader
}

/// A replica that has come back takes what is in its line.
#[unsafe(export_name = "if_groups_serve_again")]
#[inline(never)]
pub extern "C" fn serve_again(c: u32, row: &Component, r: u32) {
    serve(c, row, group(row.group), r);
}

/// Those who are done with a visit are at work since now, at its replica.
pub fn attend(c: u32, r: u32, leader: u32) {
    let first = riders_of(leader);
    if first != 0 {
        attend_all(c, r, first);
    }
}

#[unsafe(export_name = "if_riders_attend")]
#[inline(never)]
extern "C" fn attend_all(c: u32, r: u32, first: u32) {
    let mut next = first;
    while let Some(rider) = next.checked_sub(1) {
        next = get32(frame32::NEXT, rider);
        set32(frame32::REPLICA, rider, r);
        raise(rider, STARTED);
        set64(frame64::STARTED_NS, rider, now());
        stations::record_wait(c, get64(frame64::ARRIVED_NS, rider));
        let site: &Site = row(header().sites, get32(frame32::ORIGIN, rider));
        if site.once_received == 1 {
            attempts::received(rider, site);
        }
    }
}

/// A visit that had started ends: how long its message took from being published on.
#[unsafe(export_name = "if_groups_handled")]
#[inline(never)]
pub extern "C" fn handled(visit: u32, result: u32) {
    let index = subscription_of(visit);
    if result != outcome::OK {
        return;
    }
    let took = now() - read::<u64>(header().frame_born, visit);
    windows::count_subscription(index, column::HANDLED);
    windows::add_subscription(index, column::END_TO_END_NS, took);
    windows::maximum_subscription(index, column::END_TO_END_MAX_NS, took);
    let h = header();
    observing::observe(histograms::end_to_end(h.components.len, h.flows.len, h.edge_histograms.len, index), took);
}

/// Messages of a partition are done, and their server at a replica is about to be free.
#[unsafe(export_name = "if_groups_done")]
#[inline(never)]
pub extern "C" fn done(c: u32, row: &Component, at: u32, r: u32) {
    let (g, p) = (group(row.group), partition(at));
    p.leader.set(0);
    let every = subscription(p.subscription.get()).commit_every;
    if p.done.get() > 0 && (p.waiting.get() == 0 || p.done.get() >= every) {
        commit(p);
    }
    settle(row, g, at);
    if g.assigned == 1 && p.owner.get() != r {
        serve(c, row, g, p.owner.get());
    }
}

/// A message that waits is called off.
#[unsafe(export_name = "if_groups_leave")]
#[inline(never)]
pub extern "C" fn leave(c: u32, row: &Component, visit: u32, result: u32) {
    let at = partition_of(visit);
    take_out(c, partition(at), visit);
    settle(row, group(row.group), at);
    ends::end(visit, result);
}

/// A message has waited for as long as its topic keeps it, or as its handler waits for others.
#[unsafe(export_name = "if_groups_waited")]
#[inline(never)]
pub extern "C" fn waited(visit: u32, too_old: bool) {
    let c = stations::component_of(visit);
    let row = component(c);
    windows::touch(c);
    if too_old {
        windows::count_subscription(subscription_of(visit), column::EXPIRED);
        return leave(c, row, visit, outcome::LOST);
    }
    let (g, at) = (group(row.group), partition_of(visit));
    settle(row, g, at);
    serve(c, row, g, partition(at).owner.get());
}
