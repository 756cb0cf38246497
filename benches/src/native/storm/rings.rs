//! The storm with a calendar for each kind of event.
//!
//! A message takes a nanosecond, so all that are under way arrive at the next instant: they are in lists. Ends of patience
//! come in the order in which visits have come, so a ring of visits is their calendar and the queue. Ends of work and of
//! pauses are in heaps.

use super::super::Outcome;
use super::super::heap::{Heap, WHAT_BITS};
use super::super::source::{Arrivals, exponential};
use super::Requests;
use super::setup::{Setup, path};
use super::window::Window;
use std::cmp::Reverse;
use std::collections::VecDeque;
use sysdl_kernel::draw::{attempt_key, step_draw};
use sysdl_kernel::outcome::{OK, REJECTED, TIMEOUT};
use sysdl_kernel::shape::{CELLS, fill_exponential};

/// A visit to the server that found room.
#[derive(Clone, Copy)]
struct Visit {
    arrived_ns: u64,
    key: u64,
    /// Slot of the request, as long as that waits for it.
    slot: u32,
    /// It has its answer in time.
    answered: bool,
}

/// A server at work.
#[derive(Clone, Copy, Default)]
struct Server {
    visit: u64,
    arrived_ns: u64,
    started_ns: u64,
}

/// Messages, by slots of requests.
#[derive(Default)]
struct Messages {
    to_gate: Vec<u32>,
    to_server: Vec<u32>,
    from_server: Vec<(u32, u32)>,
    from_gate: Vec<(u32, u32)>,
}

struct Storm<'a> {
    setup: &'a Setup,
    table: Box<[f64; CELLS]>,
    window: Window,
    source: Arrivals,
    /// When the next request is created, and its key.
    next: (u64, u64),
    requests: Requests,
    /// Messages that arrive at this instant, and at the next: the first and the second or the other way around.
    messages: [Messages; 2],
    turn: usize,
    some_sent: bool,
    /// Ends of pauses, with slots of requests.
    pauses: Heap,
    /// Ends of work, with servers.
    works: Heap,
    servers: Vec<Server>,
    idle: Vec<u32>,
    /// Visits that wait for a server or are waited for, and the number of the first of them.
    visits: VecDeque<Visit>,
    first: u64,
    /// The first of them that has no server, and the first that has not been given up.
    to_serve: u64,
    to_give_up: u64,
    /// When that will be given up.
    deadline_ns: u64,
}

/// Runs the storm.
#[must_use]
pub fn run(setup: &Setup) -> Outcome {
    Storm::new(setup).run()
}

impl<'a> Storm<'a> {
    fn new(setup: &'a Setup) -> Self {
        let mut table = Box::new([0.0; CELLS]);
        fill_exponential(&mut table);
        let mut source = Arrivals::new(setup.seed, setup.rate);
        let next = source.next(&table);
        Self {
            setup,
            table,
            window: Window::new(setup),
            source,
            next,
            requests: Requests::default(),
            messages: Default::default(),
            turn: 0,
            some_sent: false,
            pauses: Heap::default(),
            works: Heap::default(),
            servers: vec![Server::default(); setup.servers as usize],
            idle: (0..setup.servers as u32).collect(),
            visits: VecDeque::new(),
            first: 0,
            to_serve: 0,
            to_give_up: 0,
            deadline_ns: u64::MAX,
        }
    }

    fn run(mut self) -> Outcome {
        let (mut now_ns, mut requests) = (0, 0);
        loop {
            let due_ns = self.due_ns();
            now_ns = if self.some_sent { now_ns + 1 } else { due_ns };
            while now_ns > self.window.end_ns && self.window.end_ns <= self.setup.duration_ns {
                requests += self.window.sums.requests;
                self.window.close();
            }
            if now_ns > self.setup.duration_ns {
                return Outcome { requests: requests + self.window.sums.requests, digest: self.window.facts };
            }
            if due_ns > now_ns {
                self.deliver();
                self.hear(now_ns);
                self.arrive_all(now_ns);
            } else {
                self.handle(now_ns);
            }
        }
    }

    /// When the first thing happens that is no message, in nanoseconds.
    #[inline(always)]
    fn due_ns(&self) -> u64 {
        self.next.0.min(self.deadline_ns).min(self.pauses.first_ns()).min(self.works.first_ns())
    }

    /// All that happens at an instant, in order of rank.
    #[inline(always)]
    fn handle(&mut self, now_ns: u64) {
        let some_arrive = self.some_sent;
        self.deliver();
        while let Some(server) = self.works.first_at(now_ns) {
            self.work_ends(server as u32, now_ns);
        }
        if some_arrive {
            self.hear(now_ns);
        }
        while self.deadline_ns == now_ns {
            self.give_up(now_ns);
        }
        while let Some(slot) = self.pauses.first_at(now_ns) {
            self.pauses.pop();
            self.window.sums.retries += 1;
            self.attempt(slot as u32);
        }
        if some_arrive {
            self.arrive_all(now_ns);
        }
        while self.next.0 == now_ns {
            self.create();
        }
    }

    /// What was sent arrives now.
    #[inline(always)]
    fn deliver(&mut self) {
        self.turn ^= self.some_sent as usize;
        self.some_sent = false;
    }

    /// Answers arrive.
    #[inline(always)]
    fn hear(&mut self, now_ns: u64) {
        while let Some((slot, outcome)) = self.arriving().from_server.pop() {
            self.attempt_ends(slot, outcome, now_ns);
        }
        while let Some((slot, outcome)) = self.arriving().from_gate.pop() {
            self.answer(slot, outcome, now_ns);
        }
    }

    /// Messages that arrive now.
    #[inline(always)]
    fn arriving(&mut self) -> &mut Messages {
        &mut self.messages[self.turn & 1]
    }

    /// Messages that will at the next instant, of which there are some.
    #[inline(always)]
    fn send(&mut self) -> &mut Messages {
        self.some_sent = true;
        &mut self.messages[(self.turn ^ 1) & 1]
    }

    fn create(&mut self) {
        let (created_ns, key) = self.next;
        self.next = self.source.next(&self.table);
        self.window.created();
        let slot = self.requests.create(created_ns, key);
        assert!(slot < 1 << WHAT_BITS, "too many under way for packed entries");
        self.send().to_gate.push(slot);
    }

    /// The gate asks the server.
    #[inline(always)]
    fn attempt(&mut self, slot: u32) {
        self.send().to_server.push(slot);
    }

    /// Requests reach the gate, and attempts the server; of those that do at one instant, the one with the least key first.
    #[inline(always)]
    fn arrive_all(&mut self, now_ns: u64) {
        while let Some(slot) = self.arriving().to_gate.pop() {
            self.window.sums.calls += 1;
            self.window.at_gate.up(now_ns);
            self.attempt(slot);
        }
        if self.arriving().to_server.len() > 1 {
            let (requests, arriving) = (&self.requests, &mut self.messages[self.turn & 1].to_server);
            arriving.sort_unstable_by_key(|&slot| Reverse(requests.visit_key(slot)));
        }
        while let Some(slot) = self.arriving().to_server.pop() {
            self.arrive(slot, now_ns);
        }
    }

    /// An attempt takes a server, waits for one, or is turned away.
    #[inline(always)]
    fn arrive(&mut self, slot: u32, now_ns: u64) {
        self.window.sums.arrivals += 1;
        if self.window.queue.count == self.setup.room && self.idle.is_empty() {
            self.window.sums.rejected += 1;
            self.send().from_server.push((slot, REJECTED));
            return;
        }
        let key = self.requests.visit_key(slot);
        self.visits.push_back(Visit { arrived_ns: now_ns, key, slot, answered: false });
        if self.deadline_ns == u64::MAX {
            self.deadline_ns = self.deadline_of(now_ns);
        }
        if let Some(server) = self.idle.pop() {
            self.window.busy.up(now_ns);
            let ends_ns = self.start(server, now_ns);
            return self.works.push(ends_ns, server as u64);
        }
        self.window.queue.up(now_ns);
        self.window.sums.queue_max = self.window.sums.queue_max.max(self.window.queue.count);
    }

    /// When a visit that has arrived at an instant will be given up: the attempt began just before.
    #[inline(always)]
    fn deadline_of(&self, arrived_ns: u64) -> u64 {
        arrived_ns - 1 + self.setup.timeout_ns
    }

    /// A server begins to work for the first visit that has none. When it will be done.
    #[inline(always)]
    fn start(&mut self, server: u32, now_ns: u64) -> u64 {
        let Visit { arrived_ns, key, .. } = self.visits[(self.to_serve - self.first) as usize];
        self.servers[server as usize] = Server { visit: self.to_serve, arrived_ns, started_ns: now_ns };
        self.to_serve += 1;
        self.forget();
        self.window.started(now_ns - arrived_ns);
        now_ns + exponential(&self.table, self.setup.work_ns, step_draw(key, path::WORK))
    }

    /// A server is done with a visit, answers, and takes the next.
    #[inline(always)]
    fn work_ends(&mut self, server: u32, now_ns: u64) {
        let Server { visit, arrived_ns, started_ns } = self.servers[server as usize];
        self.window.served(now_ns - started_ns, now_ns - arrived_ns);
        let deadline_ns = self.deadline_of(arrived_ns);
        self.window.sums.orphaned += (now_ns > deadline_ns) as u64;
        if now_ns < deadline_ns {
            let visit = &mut self.visits[(visit - self.first) as usize];
            visit.answered = true;
            let slot = visit.slot;
            self.send().from_server.push((slot, OK));
        }
        if self.window.queue.count == 0 {
            self.window.busy.down(now_ns);
            self.works.pop();
            return self.idle.push(server);
        }
        self.window.queue.down(now_ns);
        let ends_ns = self.start(server, now_ns);
        self.works.put_off(ends_ns);
    }

    /// The patience with a visit is over, unless it has its answer.
    #[inline(always)]
    fn give_up(&mut self, now_ns: u64) {
        let at = (self.to_give_up - self.first) as usize;
        let Visit { slot, answered, .. } = self.visits[at];
        self.deadline_ns = self.visits.get(at + 1).map_or(u64::MAX, |next| self.deadline_of(next.arrived_ns));
        self.to_give_up += 1;
        self.forget();
        if !answered {
            self.window.sums.timeouts += 1;
            self.attempt_ends(slot, TIMEOUT, now_ns);
        }
    }

    /// Visits that neither wait nor are waited for are forgotten.
    #[inline(always)]
    fn forget(&mut self) {
        if self.first < self.to_serve.min(self.to_give_up) {
            self.visits.pop_front();
            self.first += 1;
        }
    }

    /// The gate knows how an attempt has ended: it tries again later, or is done.
    #[inline(always)]
    fn attempt_ends(&mut self, slot: u32, outcome: u32, now_ns: u64) {
        let request = &mut self.requests.slots[slot as usize];
        if outcome != OK && request.attempt < self.setup.backoff.retries {
            let pause_ns = self.setup.backoff.pause(attempt_key(request.call, request.attempt as u64), request.attempt);
            request.attempt += 1;
            return self.pauses.push(now_ns + pause_ns, slot as u64);
        }
        self.window.leaves_gate(now_ns, outcome, now_ns - request.created_ns - 1);
        self.send().from_gate.push((slot, outcome));
    }

    /// A request has its answer.
    #[inline(always)]
    fn answer(&mut self, slot: u32, outcome: u32, now_ns: u64) {
        let request = self.requests.end(slot);
        self.window.answered(request.key, outcome, request.created_ns, now_ns);
    }
}
