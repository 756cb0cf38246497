//! The storm with one calendar, in which every step is scheduled.
//!
//! Whoever gives up does not look for the answer that may come: what a request no longer waits for is known by its stamp, and
//! is passed over when its time comes.

use super::super::Outcome;
use super::super::source::{Arrivals, exponential};
use super::super::wheel::{Event, Wheel};
use super::Requests;
use super::setup::{Setup, path};
use super::window::Window;
use std::collections::VecDeque;
use sysdl_kernel::draw::{attempt_key, step_draw};
use sysdl_kernel::outcome::{OK, REJECTED, TIMEOUT};
use sysdl_kernel::shape::{CELLS, fill_exponential};

/// What happens, in the order in which it does at one instant.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Rank {
    WorkEnds,
    Hears,
    IsAnswered,
    GivesUp,
    TriesAgain,
    Arrives,
    Comes,
    Closes,
}

/// Bits of an event's order that are its rank's.
const RANK_BITS: u32 = 3;
/// Low bits of what goes with an answer: its outcome. The stamp is above.
const OUTCOME_BITS: u32 = 4;
/// What goes with a message: where it arrives.
const GATE: u32 = 0;
const SERVER: u32 = 1;
/// How often the longest patience goes into a turn of the calendar.
const TURN: u64 = 2;

/// A visit to the server that found room.
#[derive(Clone, Copy)]
struct Visit {
    arrived_ns: u64,
    started_ns: u64,
    key: u64,
    /// Slot of the request, and its stamp as long as that waits for it.
    slot: u32,
    stamp: u32,
}

struct Storm<'a> {
    setup: &'a Setup,
    table: Box<[f64; CELLS]>,
    window: Window,
    source: Arrivals,
    calendar: Wheel,
    now_ns: u64,
    /// Key of the request that comes next.
    next: u64,
    requests: Requests,
    /// By slot of a request, how often it has stopped to wait for something.
    stamps: Vec<u32>,
    visits: Vec<Visit>,
    free_visits: Vec<u32>,
    queue: VecDeque<u32>,
}

/// Runs the storm.
#[must_use]
pub fn run(setup: &Setup) -> Outcome {
    let mut table = Box::new([0.0; CELLS]);
    fill_exponential(&mut table);
    let mut storm = Storm {
        setup,
        table,
        window: Window::new(setup),
        source: Arrivals::new(setup.seed, setup.rate),
        calendar: Wheel::new(TURN * setup.timeout_ns),
        now_ns: 0,
        next: 0,
        requests: Requests::default(),
        stamps: Vec::new(),
        visits: Vec::new(),
        free_visits: Vec::new(),
        queue: VecDeque::new(),
    };
    storm.comes_next();
    storm.schedule(setup.window_ns, Rank::Closes, 0, 0, 0);
    storm.run()
}

impl Storm<'_> {
    fn run(mut self) -> Outcome {
        let mut requests = 0;
        while let Some(Event { at_ns, order, slot, what }) = self.calendar.pop() {
            if at_ns > self.setup.duration_ns {
                break;
            }
            self.now_ns = at_ns;
            match order >> (u64::BITS - RANK_BITS) {
                0 => self.work_ends(slot),
                1 => self.hears(slot, what),
                2 => self.is_answered(slot, what),
                3 => self.gives_up(slot, what),
                4 => self.tries_again(slot),
                5 if what == GATE => self.reaches_gate(slot),
                5 => self.reaches_server(slot),
                6 => self.comes(),
                _ => {
                    requests += self.window.sums.requests;
                    self.window.close();
                    self.schedule(at_ns + self.setup.window_ns, Rank::Closes, 0, 0, 0);
                }
            }
        }
        Outcome { requests: requests + self.window.sums.requests, digest: self.window.facts }
    }

    #[inline(always)]
    fn schedule(&mut self, at_ns: u64, rank: Rank, key: u64, slot: u32, what: u32) {
        let order = u64::from(rank as u32) << (u64::BITS - RANK_BITS) | key >> RANK_BITS;
        self.calendar.push(Event { at_ns, order, slot, what });
    }

    /// A message sets out, which takes a nanosecond.
    #[inline(always)]
    fn send(&mut self, rank: Rank, key: u64, slot: u32, what: u32) {
        self.schedule(self.now_ns + 1, rank, key, slot, what);
    }

    /// The server's answer sets out to a request that waits for it under a stamp.
    #[inline(always)]
    fn send_answer(&mut self, slot: u32, stamp: u32, outcome: u32) {
        self.send(Rank::Hears, 0, slot, stamp << OUTCOME_BITS | outcome);
    }

    #[inline(always)]
    fn comes_next(&mut self) {
        let (at_ns, key) = self.source.next(&self.table);
        self.next = key;
        self.schedule(at_ns, Rank::Comes, 0, 0, 0);
    }

    /// A request comes, and sets out to the gate.
    #[inline(always)]
    fn comes(&mut self) {
        let slot = self.requests.create(self.now_ns, self.next);
        if slot as usize == self.stamps.len() {
            self.stamps.push(0);
        }
        self.window.created();
        self.send(Rank::Arrives, self.next, slot, GATE);
        self.comes_next();
    }

    #[inline(always)]
    fn reaches_gate(&mut self, slot: u32) {
        self.window.sums.calls += 1;
        self.window.at_gate.up(self.now_ns);
        self.attempt(slot);
    }

    #[inline(always)]
    fn tries_again(&mut self, slot: u32) {
        self.window.sums.retries += 1;
        self.attempt(slot);
    }

    /// The gate asks the server, and waits for so long.
    #[inline(always)]
    fn attempt(&mut self, slot: u32) {
        let key = self.requests.visit_key(slot);
        self.send(Rank::Arrives, key, slot, SERVER);
        self.schedule(self.now_ns + self.setup.timeout_ns, Rank::GivesUp, 0, slot, self.stamps[slot as usize]);
    }

    /// An attempt takes a server, waits for one, or is turned away.
    #[inline(always)]
    fn reaches_server(&mut self, slot: u32) {
        self.window.sums.arrivals += 1;
        let all_busy = self.window.busy.count == self.setup.servers;
        let stamp = self.stamps[slot as usize];
        if all_busy && self.window.queue.count == self.setup.room {
            self.window.sums.rejected += 1;
            return self.send_answer(slot, stamp, REJECTED);
        }
        let key = self.requests.visit_key(slot);
        let visit = self.enter(Visit { arrived_ns: self.now_ns, started_ns: 0, key, slot, stamp });
        if !all_busy {
            self.window.busy.up(self.now_ns);
            return self.start(visit);
        }
        self.queue.push_back(visit);
        self.window.queue.up(self.now_ns);
        self.window.sums.queue_max = self.window.sums.queue_max.max(self.window.queue.count);
    }

    #[inline(always)]
    fn enter(&mut self, visit: Visit) -> u32 {
        let Some(place) = self.free_visits.pop() else {
            self.visits.push(visit);
            return self.visits.len() as u32 - 1;
        };
        self.visits[place as usize] = visit;
        place
    }

    /// A server begins to work for a visit.
    #[inline(always)]
    fn start(&mut self, place: u32) {
        let visit = &mut self.visits[place as usize];
        visit.started_ns = self.now_ns;
        let Visit { arrived_ns, key, .. } = *visit;
        self.window.started(self.now_ns - arrived_ns);
        let work_ns = exponential(&self.table, self.setup.work_ns, step_draw(key, path::WORK));
        self.schedule(self.now_ns + work_ns, Rank::WorkEnds, key, place, 0);
    }

    /// A server is done with a visit, answers if anybody waits for it, and takes the next.
    #[inline(always)]
    fn work_ends(&mut self, place: u32) {
        let Visit { arrived_ns, started_ns, slot, stamp, .. } = self.visits[place as usize];
        self.free_visits.push(place);
        self.window.served(self.now_ns - started_ns, self.now_ns - arrived_ns);
        if self.stamps[slot as usize] == stamp {
            self.send_answer(slot, stamp, OK);
        } else {
            self.window.sums.orphaned += 1;
        }
        match self.queue.pop_front() {
            Some(next) => {
                self.window.queue.down(self.now_ns);
                self.start(next);
            }
            None => self.window.busy.down(self.now_ns),
        }
    }

    /// The server's answer arrives.
    #[inline(always)]
    fn hears(&mut self, slot: u32, what: u32) {
        if !self.is_over(slot, what >> OUTCOME_BITS) {
            self.attempt_ends(slot, what & ((1 << OUTCOME_BITS) - 1));
        }
    }

    /// Whether a request no longer waits for what it did under a stamp, of which the highest bits may be lost.
    #[inline(always)]
    fn is_over(&self, slot: u32, stamp: u32) -> bool {
        (self.stamps[slot as usize] ^ stamp) << OUTCOME_BITS != 0
    }

    #[inline(always)]
    fn gives_up(&mut self, slot: u32, stamp: u32) {
        if !self.is_over(slot, stamp) {
            self.window.sums.timeouts += 1;
            self.attempt_ends(slot, TIMEOUT);
        }
    }

    /// The gate knows how an attempt has ended: it tries again later, or answers.
    #[inline(always)]
    fn attempt_ends(&mut self, slot: u32, outcome: u32) {
        self.stamps[slot as usize] = self.stamps[slot as usize].wrapping_add(1);
        let request = &mut self.requests.slots[slot as usize];
        if outcome != OK && request.attempt < self.setup.backoff.retries {
            let pause_ns = self.setup.backoff.pause(attempt_key(request.call, request.attempt as u64), request.attempt);
            request.attempt += 1;
            return self.schedule(self.now_ns + pause_ns, Rank::TriesAgain, 0, slot, 0);
        }
        self.window.leaves_gate(self.now_ns, outcome, self.now_ns - request.created_ns - 1);
        let key = request.key;
        self.send(Rank::IsAnswered, key, slot, outcome);
    }

    /// A request has its answer.
    #[inline(always)]
    fn is_answered(&mut self, slot: u32, outcome: u32) {
        let request = self.requests.end(slot);
        self.window.answered(request.key, outcome, request.created_ns, self.now_ns);
    }
}
