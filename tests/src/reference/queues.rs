//! Queues for servers: who waits, who is next, who leaves without having been served.

use super::Engine;
use super::calendar::{Event, Patience};
use super::draws::whole_ns;
use super::strands::{Role, StrandId};
use std::collections::VecDeque;
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{below, draw};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, UNBOUNDED};

/// Those who wait, by class; the lowest class is served first.
#[derive(Default)]
pub(super) struct Queue {
    classes: [VecDeque<StrandId>; 4],
    dropping: Dropping,
}

/// What controlled delay remembers.
#[derive(Default)]
struct Dropping {
    /// When waits will have been long for an interval.
    long_until_ns: Option<u64>,
    next_ns: u64,
    on: bool,
    count: u32,
    count_before: u32,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.classes.iter().map(VecDeque::len).sum()
    }

    fn remove(&mut self, strand: StrandId) {
        self.classes.iter_mut().for_each(|class| class.retain(|&waiting| waiting != strand));
    }
}

impl Engine<'_> {
    /// The queue of a replica: its own, or the one that all share.
    pub(super) fn queue(&mut self, c: usize, r: Option<usize>) -> &mut Queue {
        let shared = self.plan.components.shared_queue[c] == 1;
        let station = &mut self.stations[c];
        match r {
            Some(r) if !shared => &mut station.replicas[r].queue,
            _ => &mut station.shared,
        }
    }

    /// Whether there is room for one more.
    pub(super) fn has_room(&mut self, c: usize, r: Option<usize>) -> bool {
        let capacity = self.plan.components.queue_capacity[c];
        capacity == UNBOUNDED || (self.queue(c, r).len() as u64) < u64::from(capacity)
    }

    /// Puts a strand behind those of its class. False if there is no room.
    pub(super) fn enqueue(&mut self, c: usize, r: Option<usize>, strand: StrandId) -> bool {
        if !self.has_room(c, r) {
            return false;
        }
        let class = self.strands.get(strand).priority as usize;
        self.queue(c, r).classes[class].push_back(strand);
        self.waits_in_queue(c, strand);
        let patience = self.plan.components.patience[c];
        if patience != NONE {
            let key = self.strands.get(strand).key;
            let word = draw(key ^ self.now, self.plan.components.purpose_patience[c]);
            let patience_ns = whole_ns(self.draws.sample(patience, word));
            let wait = self.strands.begin_wait(strand).wait;
            let event = Event::Timeout { strand, wait, with: Patience::Queue };
            self.calendar.push(self.now + patience_ns, key, event);
        }
        true
    }

    /// Puts a strand whose work was interrupted where it is the next of its class.
    pub(super) fn put_back(&mut self, c: usize, r: usize, strand: StrandId) {
        let class = self.strands.get(strand).priority as usize;
        let newest_first = self.plan.components.discipline[c] == 1;
        let class = &mut self.queue(c, Some(r)).classes[class];
        if newest_first {
            class.push_back(strand)
        } else {
            class.push_front(strand)
        }
        self.waits_in_queue(c, strand);
    }

    fn waits_in_queue(&mut self, c: usize, strand: StrandId) {
        self.strands.get(strand).queued = true;
        let waiting = self.stations[c].waiting();
        self.windows.raise(c, component::QUEUE_MAX, waiting);
    }

    /// The strand that is served next, out of its queue.
    pub(super) fn next_in_queue(&mut self, c: usize, r: usize) -> Option<StrandId> {
        if self.plan.components.discipline[c] == 4 { self.next_after_drops(c, r) } else { self.pop(c, r) }
    }

    fn pop(&mut self, c: usize, r: usize) -> Option<StrandId> {
        let (now, rows) = (self.now, &self.plan.components);
        let (discipline, servers, order) = (rows.discipline[c], rows.servers[c], rows.purpose_order[c]);
        let queue = self.queue(c, Some(r));
        let waiting = queue.len();
        let class = queue.classes.iter().position(|class| !class.is_empty())?;
        let class = &mut queue.classes[class];
        let (first, count) = (class[0], class.len());
        let index = match discipline {
            1 => count - 1,
            2 => {
                let key = self.strands.get(first).key;
                below(draw(key ^ now, order), count as u32) as usize
            }
            3 if waiting as u64 > u64::from(servers) => count - 1,
            _ => 0,
        };
        let queue = self.queue(c, Some(r));
        let strand = queue.classes.iter().find(|class| !class.is_empty()).expect("someone waits")[index];
        self.take_out(c, Some(r), strand);
        Some(strand)
    }

    fn take_out(&mut self, c: usize, r: Option<usize>, strand: StrandId) {
        self.queue(c, r).remove(strand);
        let leaving = self.strands.get(strand);
        (leaving.queued, leaving.wait) = (false, None);
    }

    /// A strand that waits leaves unserved.
    pub(super) fn leave_queue(&mut self, strand: StrandId, result: u32) {
        let waiting = self.strands.get(strand);
        let (c, r) = (waiting.component.expect("it waits at a component"), waiting.replica);
        if self.stations[c].group.is_some() {
            return self.leave_partition(c, strand, result);
        }
        self.take_out(c, r, strand);
        self.turn_away(strand, result);
    }

    /// A strand that is in no queue any more is not served.
    fn turn_away(&mut self, strand: StrandId, result: u32) {
        let leaving = self.strands.get(strand);
        let c = leaving.component.expect("it has waited at a component");
        if matches!(leaving.role, Role::Visit(_)) && self.plan.components.hold_visit[c] == 1 {
            return self.end_visit(strand, result);
        }
        (leaving.outcome, leaving.work) = (result, None);
        let badly = leaving.badly;
        self.go_on(strand, badly);
    }

    /// Controlled delay: drops at the head, the more often the longer waits stay above the target.
    fn next_after_drops(&mut self, c: usize, r: usize) -> Option<StrandId> {
        let now = self.now;
        let interval_ns = self.plan.components.codel_interval_ns[c];
        let after = |at_ns: u64, count: u32| at_ns + (interval_ns as f64 / f64::from(count).sqrt()) as u64;
        let (mut strand, mut long) = self.pop_and_judge(c, r);
        let dropping = &mut self.queue(c, Some(r)).dropping;
        if dropping.on {
            dropping.on = long;
            loop {
                let dropping = &mut self.queue(c, Some(r)).dropping;
                if !dropping.on || now < dropping.next_ns {
                    break;
                }
                self.turn_away(strand?, outcome::SHED);
                self.queue(c, Some(r)).dropping.count += 1;
                (strand, long) = self.pop_and_judge(c, r);
                let dropping = &mut self.queue(c, Some(r)).dropping;
                dropping.on = long;
                if long {
                    dropping.next_ns = after(dropping.next_ns, dropping.count);
                }
            }
        } else if long {
            self.turn_away(strand?, outcome::SHED);
            strand = self.pop_and_judge(c, r).0;
            let dropping = &mut self.queue(c, Some(r)).dropping;
            let lately = dropping.count - dropping.count_before;
            let recent = now.saturating_sub(dropping.next_ns) < 16 * interval_ns;
            dropping.on = true;
            dropping.count = if lately > 1 && recent { lately } else { 1 };
            dropping.next_ns = after(now, dropping.count);
            dropping.count_before = dropping.count;
        }
        strand
    }

    /// The next strand, and whether waits have been above the target for an interval.
    fn pop_and_judge(&mut self, c: usize, r: usize) -> (Option<StrandId>, bool) {
        let (now, rows) = (self.now, &self.plan.components);
        let (target_ns, interval_ns) = (rows.codel_target_ns[c], rows.codel_interval_ns[c]);
        let popped = self.pop(c, r);
        let waited = popped.map_or(0, |strand| {
            let strand = self.strands.get(strand);
            let since = strand.work.map_or_else(|| strand.visit().arrived_ns, |work| Some(work.asked_ns));
            now - since.expect("it has waited since then")
        });
        let queue = self.queue(c, Some(r));
        if waited < target_ns || queue.len() == 0 {
            queue.dropping.long_until_ns = None;
            return (popped, false);
        }
        let until_ns = *queue.dropping.long_until_ns.get_or_insert(now + interval_ns);
        (popped, now >= until_ns)
    }
}
