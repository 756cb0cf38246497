//! Where requests come from: all that is drawn for a request before it meets another.
//!
//! A draw is a function of the request's key, so requests are drawn ahead of time, many at once.

use super::setup::{Setup, path};
use sysdl_kernel::draw::{attempt_key, chance, draw, name_hash, nth, purpose, source_key, step_draw, step_key};
use sysdl_kernel::shape::{self, CELLS};

/// Requests that are drawn at once.
const BATCH: usize = 256;

/// A request and what is drawn for it.
#[derive(Clone, Copy, Default)]
pub struct Request {
    /// When it is created, in nanoseconds.
    pub created_ns: u64,
    /// Its key.
    pub key: u64,
    /// Key of its visit to the applications.
    pub visit: u64,
    /// Own work of the application in nanoseconds.
    pub work_ns: u64,
    /// Time of the cache in nanoseconds.
    pub read_ns: u64,
    /// Whether the cache has it.
    pub hit: bool,
}

/// Instants at which people come, and the keys of their requests.
pub struct Arrivals {
    key: u64,
    purpose: u64,
    interval_ns: f64,
    ordinal: u64,
    last_ns: u64,
    carry: f64,
}

impl Arrivals {
    /// From the first on, so many per second on average.
    pub fn new(seed: u64, rate: f64) -> Self {
        Self {
            key: source_key(seed, name_hash("people")),
            purpose: purpose("people", "gap"),
            interval_ns: 1e9 / rate,
            ordinal: 0,
            last_ns: 0,
            carry: 0.0,
        }
    }

    /// The next instant in nanoseconds, and its key.
    #[inline(always)]
    pub fn next(&mut self, table: &[f64; CELLS]) -> (u64, u64) {
        let key = nth(self.key, self.ordinal);
        self.ordinal += 1;
        let gap = shape::unit(table, draw(key, self.purpose));
        let wait = gap * self.interval_ns + self.carry;
        let whole = (wait as u64).max(1);
        self.carry = wait - whole as f64;
        self.last_ns += whole;
        (self.last_ns, key)
    }
}

/// Requests that are to come, in order.
pub struct Source {
    arrivals: Arrivals,
    work_ns: f64,
    read_ns: f64,
    hits: f64,
    ready: Vec<Request>,
    at: usize,
}

/// A time drawn from an exponential distribution, at least a nanosecond.
#[inline(always)]
pub fn exponential(table: &[f64; CELLS], mean_ns: f64, word: u64) -> u64 {
    ((mean_ns * shape::unit(table, word)) as u64).max(1)
}

impl Source {
    /// From the first request on.
    pub fn new(setup: &Setup, table: &[f64; CELLS]) -> Self {
        let mut source = Self {
            arrivals: Arrivals::new(setup.seed, setup.rate),
            work_ns: setup.work_ns,
            read_ns: setup.read_ns,
            hits: setup.hits,
            ready: Vec::with_capacity(2 * BATCH),
            at: 0,
        };
        source.draw(table, BATCH);
        source
    }

    /// The next request.
    #[inline(always)]
    pub fn next(&self) -> &Request {
        &self.ready[self.at]
    }

    /// It is dealt with. True if more are to be drawn.
    #[inline(always)]
    pub fn advance(&mut self) -> bool {
        self.at += 1;
        self.at == self.ready.len()
    }

    /// Draws more when all have been dealt with; those drawn.
    pub fn refill(&mut self, table: &[f64; CELLS]) -> &[Request] {
        self.ready.clear();
        self.at = 0;
        self.draw(table, BATCH);
        &self.ready
    }

    /// Draws one more behind those that are ready, if the last of these is created no later than an instant.
    pub fn more_until(&mut self, table: &[f64; CELLS], ns: u64) -> Option<Request> {
        if self.arrivals.last_ns > ns {
            return None;
        }
        self.draw(table, 1);
        self.ready.last().copied()
    }

    /// Those that are ready.
    pub fn ready(&self) -> &[Request] {
        &self.ready[self.at..]
    }

    fn draw(&mut self, table: &[f64; CELLS], count: usize) {
        for _ in 0..count {
            let (created_ns, key) = self.arrivals.next(table);
            let balancer = step_key(key, path::TO_BALANCER);
            let visit = step_key(balancer, path::TO_APP);
            let cache = step_key(visit, path::TO_CACHE);
            self.ready.push(Request {
                created_ns,
                key,
                visit,
                work_ns: exponential(table, self.work_ns, step_draw(visit, path::APP_WORK)),
                read_ns: exponential(table, self.read_ns, step_draw(cache, path::CACHE_WORK)),
                hit: chance(step_draw(visit, path::HIT), self.hits),
            });
        }
    }
}

/// Key of the visit to the database that the so-manieth attempt is.
#[inline(always)]
pub fn database_visit(app_visit: u64, attempt: u32) -> u64 {
    attempt_key(step_key(app_visit, path::TO_DATABASE), attempt as u64)
}
