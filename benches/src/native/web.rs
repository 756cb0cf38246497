//! Requests through applications and database, the two places where one can be in another's way.
//!
//! ```text
//!  source ──▶ application ──▶ [cache] ──hit──────────────▶ answer
//!    (in order)   │ waits                └─miss─▶ database ──▶ answer
//!                 ▼                                  │ waits
//!               queue of a replica                   ▼ queue
//! ```

use super::Outcome;
use super::heap::Heap;
use super::ledger::{End, Ledger, Query};
use super::servers::Servers;
use super::setup::{Patience, Setup, path};
use super::source::{Request, Source, database_visit, exponential};
use super::window::{APP, DATABASE};
use std::collections::VecDeque;
use sysdl_kernel::draw::step_draw;
use sysdl_kernel::outcome::{OK, TIMEOUT};
use sysdl_kernel::shape::{CELLS, fill_exponential};

/// What happens at an instant. Of one instant the first kinds come first.
#[derive(Clone, Copy)]
enum What {
    /// A server of a replica of the applications is free.
    AppFree(u32),
    /// A connection of the database is free.
    DatabaseFree,
    /// The call in a slot reaches the database.
    Ask(u32),
}

impl What {
    #[inline(always)]
    fn pack(self) -> u64 {
        match self {
            What::AppFree(replica) => replica as u64,
            What::DatabaseFree => 1 << 19,
            What::Ask(slot) => 2 << 19 | slot as u64,
        }
    }

    #[inline(always)]
    fn unpack(word: u64) -> Self {
        let low = word as u32 & ((1 << 19) - 1);
        match word >> 19 & 3 {
            0 => What::AppFree(low),
            1 => What::DatabaseFree,
            _ => What::Ask(low),
        }
    }
}

/// A request that waits for a server of its replica, or asks the database.
#[derive(Clone, Copy, Default)]
struct Slot {
    request: Request,
    replica: u32,
    /// The next free slot, or the next in the queue, plus one.
    next: u32,
    /// When its service began, 0 while it waits.
    started_ns: u64,
    /// When its call of the database began, and the attempt under way.
    called_ns: u64,
    attempted_ns: u64,
    attempt: u32,
    /// Its visitor has left, which is counted.
    left: bool,
    /// Nothing is in it.
    free: bool,
}

/// A query that waits for a connection.
#[derive(Clone, Copy)]
struct Waiting {
    slot: u32,
    arrived_ns: u64,
    work_ns: u64,
    /// When its caller gives it up.
    deadline_ns: u64,
}

struct Web<const EAGER: bool, const PATIENT: bool> {
    patience: Patience,
    query_ns: f64,
    balance_ns: u64,
    table: Box<[f64; CELLS]>,
    heap: Heap,
    ledger: Ledger,
    apps: Servers<EAGER>,
    database: Servers<EAGER>,
    /// First and last of each replica's queue, plus one.
    queues: Vec<[u32; 2]>,
    queued: u64,
    queries: VecDeque<Waiting>,
    /// How many of those who wait, from the front, have been given up by their callers.
    given_up: usize,
    slots: Vec<Slot>,
    free: u32,
    tied: Vec<(u64, u32)>,
    next_replica: u32,
}

/// Runs the reference topology: by releases that the calendar tells of, or by such as are read when they matter.
#[must_use]
pub fn run(setup: &Setup, eager: bool) -> Outcome {
    match (eager, setup.patience.is_some()) {
        (false, false) => Web::<false, false>::new(setup).run(setup),
        (false, true) => Web::<false, true>::new(setup).run(setup),
        (true, false) => Web::<true, false>::new(setup).run(setup),
        (true, true) => Web::<true, true>::new(setup).run(setup),
    }
}

impl<const EAGER: bool, const PATIENT: bool> Web<EAGER, PATIENT> {
    fn new(setup: &Setup) -> Self {
        let mut table = Box::new([0.0; CELLS]);
        fill_exponential(&mut table);
        Self {
            patience: setup.patience.unwrap_or_default(),
            query_ns: setup.query_ns,
            balance_ns: setup.balance_ns,
            table,
            heap: Heap::default(),
            ledger: Ledger::new(setup),
            apps: Servers::new(setup.apps, setup.slots),
            database: Servers::new(1, setup.connections),
            queues: vec![[0; 2]; setup.apps as usize],
            queued: 0,
            queries: VecDeque::new(),
            given_up: 0,
            slots: Vec::new(),
            free: 0,
            tied: Vec::new(),
            next_replica: 0,
        }
    }

    fn run(mut self, setup: &Setup) -> Outcome {
        let mut source = Source::new(setup, &self.table);
        source.ready().iter().for_each(|request| self.ledger.created(request.created_ns));
        let to_app = 2 + self.balance_ns;
        loop {
            let arrives = source.next().created_ns + to_app;
            let due = self.heap.first_ns();
            let gives_up = if PATIENT { self.next_deadline() } else { u64::MAX };
            if arrives.min(due).min(gives_up) > self.ledger.end_ns {
                if !self.close(&mut source) {
                    return Outcome { requests: self.ledger.requests, digest: self.ledger.digest() };
                }
            } else if due <= arrives && due <= gives_up {
                self.handle(due);
            } else if PATIENT && gives_up <= arrives {
                self.give_up_first(gives_up);
            } else {
                let request = *source.next();
                if source.advance() {
                    for request in source.refill(&self.table) {
                        self.ledger.created(request.created_ns);
                    }
                }
                self.arrive(request, arrives);
            }
        }
    }

    /// A window closes once all that happens in it is counted.
    #[cold]
    fn close(&mut self, source: &mut Source) -> bool {
        while let Some(request) = source.more_until(&self.table, self.ledger.end_ns) {
            self.ledger.created(request.created_ns);
        }
        if PATIENT {
            for slot in self.slots.iter_mut().filter(|slot| !slot.free && !slot.left) {
                if slot.request.created_ns + self.patience.visitor_ns <= self.ledger.end_ns {
                    slot.left = true;
                    self.ledger.leaves(slot.request.key, slot.request.created_ns);
                }
            }
        }
        self.ledger.close([self.queued, self.queries.len() as u64])
    }

    #[inline(always)]
    fn handle(&mut self, now_ns: u64) {
        match What::unpack(self.heap.pop()) {
            What::AppFree(replica) => {
                if self.apps.is_free(replica) {
                    self.start_first(replica, now_ns);
                }
            }
            What::DatabaseFree => {
                if self.database.is_free(0) {
                    self.query_first(now_ns);
                }
            }
            What::Ask(slot) => self.ask(slot, now_ns),
        }
    }

    /// A request reaches its replica, the next in turn.
    #[inline(always)]
    fn arrive(&mut self, request: Request, now_ns: u64) {
        let replica = self.next_replica;
        self.next_replica = if replica + 1 == self.queues.len() as u32 { 0 } else { replica + 1 };
        if self.apps.take(replica, now_ns) {
            self.start(request, replica, now_ns, false);
        } else {
            self.wait(request, replica);
        }
    }

    fn wait(&mut self, request: Request, replica: u32) {
        let slot = self.allocate(Slot { request, replica, ..Slot::default() });
        for &end in self.apps.waits(replica) {
            self.heap.push(end, What::AppFree(replica).pack());
        }
        let [first, last] = &mut self.queues[replica as usize];
        match *last {
            0 => *first = slot + 1,
            last => self.slots[last as usize - 1].next = slot + 1,
        }
        *last = slot + 1;
        self.queued += 1;
        self.ledger.queue_max(APP, self.queued);
    }

    /// The first in the queue of a replica takes the server that is free.
    fn start_first(&mut self, replica: u32, now_ns: u64) {
        let [first, last] = &mut self.queues[replica as usize];
        let slot = *first - 1;
        let Slot { request, next, left, .. } = self.slots[slot as usize];
        *first = next;
        if next == 0 {
            *last = 0;
        }
        self.queued -= 1;
        self.release(slot);
        self.start(request, replica, now_ns, left);
    }

    /// A server works for a request and asks the cache.
    #[inline(always)]
    fn start(&mut self, request: Request, replica: u32, now_ns: u64, left: bool) {
        let Request { created_ns, key, work_ns, read_ns, hit, .. } = request;
        let waited_ns = now_ns - created_ns - 2 - self.balance_ns;
        let answered_ns = self.ledger.started(now_ns, waited_ns, work_ns, read_ns, hit);
        if hit {
            let end = End { key, created_ns, started_ns: now_ns, at_ns: answered_ns, outcome: OK, left };
            return self.answer(end, replica);
        }
        let called_ns = answered_ns;
        let visit =
            Slot { request, replica, started_ns: now_ns, called_ns, attempted_ns: called_ns, left, ..Slot::default() };
        let slot = self.allocate(visit);
        self.heap.push(called_ns + 1, What::Ask(slot).pack());
    }

    /// A request is answered by the application, whose server is free then.
    #[inline(always)]
    fn answer(&mut self, end: End, replica: u32) {
        self.ledger.answered(end);
        if !self.apps.ends(replica, end.at_ns) {
            self.heap.push(end.at_ns, What::AppFree(replica).pack());
        }
    }

    /// A call reaches the database; of those that do at one instant, the one with the least key first.
    fn ask(&mut self, slot: u32, now_ns: u64) {
        if self.asks_at(now_ns).is_none() {
            return self.ask_alone(slot, now_ns);
        }
        let mut tied = core::mem::take(&mut self.tied);
        tied.push((self.visit_key(slot), slot));
        while let Some(slot) = self.asks_at(now_ns) {
            self.heap.pop();
            tied.push((self.visit_key(slot), slot));
        }
        tied.sort_unstable();
        tied.drain(..).for_each(|(_, slot)| self.ask_alone(slot, now_ns));
        self.tied = tied;
    }

    /// The call that reaches the database at an instant, if that is what happens next.
    fn asks_at(&self, at_ns: u64) -> Option<u32> {
        match What::unpack(self.heap.first_at(at_ns)?) {
            What::Ask(slot) => Some(slot),
            _ => None,
        }
    }

    fn visit_key(&self, slot: u32) -> u64 {
        let slot = &self.slots[slot as usize];
        database_visit(slot.request.visit, slot.attempt)
    }

    #[inline]
    fn ask_alone(&mut self, slot: u32, now_ns: u64) {
        let word = step_draw(self.visit_key(slot), path::DATABASE_WORK);
        let work_ns = exponential(&self.table, self.query_ns, word);
        let deadline_ns = self.slots[slot as usize].attempted_ns + self.patience.database_ns;
        let waiting = Waiting { slot, arrived_ns: now_ns, work_ns, deadline_ns };
        if self.database.take(0, now_ns) {
            return self.query(waiting, now_ns, false);
        }
        for &end in self.database.waits(0) {
            self.heap.push(end, What::DatabaseFree.pack());
        }
        self.queries.push_back(waiting);
        self.ledger.queue_max(DATABASE, self.queries.len() as u64);
    }

    /// The first that waits takes the connection that is free.
    fn query_first(&mut self, now_ns: u64) {
        let Some(waiting) = self.queries.pop_front() else { return };
        let given_up = self.given_up > 0;
        self.given_up -= given_up as usize;
        self.query(waiting, now_ns, given_up);
    }

    /// A connection works for a query, whether its caller has given it up or not.
    #[inline(always)]
    fn query(&mut self, waiting: Waiting, now_ns: u64, given_up: bool) {
        let Waiting { slot, arrived_ns, work_ns, deadline_ns } = waiting;
        let ends_ns = now_ns + work_ns;
        if !self.database.ends(0, ends_ns) {
            self.heap.push(ends_ns, What::DatabaseFree.pack());
        }
        let in_time = !PATIENT || !given_up && ends_ns < deadline_ns;
        let called_ns = self.slots[slot as usize].called_ns;
        self.ledger.queried(Query {
            at_ns: now_ns,
            waited_ns: now_ns - arrived_ns,
            work_ns,
            took_ns: if in_time { Some(ends_ns + 1 - called_ns) } else { None },
            orphaned: PATIENT && (given_up || ends_ns > deadline_ns),
        });
        if in_time {
            self.go_on(slot, ends_ns + 1, OK);
        } else if !given_up {
            self.give_up(slot, deadline_ns);
        }
    }

    /// The visit in a slot ends at an instant.
    #[inline(always)]
    fn go_on(&mut self, slot: u32, at_ns: u64, outcome: u32) {
        let Slot { request, replica, started_ns, left, .. } = self.slots[slot as usize];
        self.release(slot);
        let Request { created_ns, key, .. } = request;
        self.answer(End { key, created_ns, started_ns, at_ns, outcome, left }, replica);
    }

    /// When the first of those who wait for the database is given up, in nanoseconds.
    #[inline(always)]
    fn next_deadline(&self) -> u64 {
        self.queries.get(self.given_up).map_or(u64::MAX, |waiting| waiting.deadline_ns)
    }

    fn give_up_first(&mut self, now_ns: u64) {
        let slot = self.queries[self.given_up].slot;
        self.given_up += 1;
        self.give_up(slot, now_ns);
    }

    /// The attempt in a slot will be given up at an instant; another follows, or the call fails.
    fn give_up(&mut self, slot: u32, at_ns: u64) {
        let Slot { request, called_ns, attempt, .. } = self.slots[slot as usize];
        if attempt == self.patience.backoff.retries {
            self.ledger.gives_up(at_ns, None, at_ns - called_ns);
            return self.go_on(slot, at_ns, TIMEOUT);
        }
        let again_ns = at_ns + self.patience.backoff.pause(database_visit(request.visit, attempt), attempt);
        self.ledger.gives_up(at_ns, Some(again_ns), 0);
        let visit = &mut self.slots[slot as usize];
        (visit.attempt, visit.attempted_ns) = (attempt + 1, again_ns);
        self.heap.push(again_ns + 1, What::Ask(slot).pack());
    }

    #[inline(always)]
    fn allocate(&mut self, content: Slot) -> u32 {
        let Some(slot) = self.free.checked_sub(1) else {
            self.slots.push(content);
            assert!(self.slots.len() < 1 << 19, "too many under way for packed entries");
            return self.slots.len() as u32 - 1;
        };
        self.free = self.slots[slot as usize].next;
        self.slots[slot as usize] = content;
        slot
    }

    #[inline(always)]
    fn release(&mut self, slot: u32) {
        let content = &mut self.slots[slot as usize];
        (content.next, content.free) = (self.free, true);
        self.free = slot + 1;
    }
}
