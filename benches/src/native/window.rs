//! What is counted in a window, and how it becomes facts.
//!
//! Requests are followed in stretches: from creation to the application, from there to the cache's answer, and so on. Where
//! a stretch lies in one window, as nearly all do, a few sums stand for all of its columns, and are taken apart when the
//! window closes. Where it does not, each of its instants is counted by itself.

use super::facts::{Nonzero, buckets, cells, quantiles};
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::draw::name_hash;
use sysdl_kernel::fact::{self, Digest};
use sysdl_kernel::histogram::BUCKETS;

/// Rows of components.
pub const BALANCER: usize = 0;
/// The applications.
pub const APP: usize = 1;
/// The cache.
pub const CACHE: usize = 2;
/// The database.
pub const DATABASE: usize = 3;
const COMPONENTS: [&str; 4] = ["balancer", "app", "cache", "db"];

/// Rows of edges: balancer to application, application to cache, to database, visitors to balancer.
pub const TO_APP: usize = 0;
/// See [`TO_APP`].
pub const TO_CACHE: usize = 1;
/// See [`TO_APP`].
pub const TO_DATABASE: usize = 2;
/// See [`TO_APP`].
pub const TO_BALANCER: usize = 3;
const EDGES: [&str; 4] = ["balancer->app", "app->cache", "app->db", "people->balancer"];

/// Histograms: the waiting times of balancer and cache are all 0 and need none.
pub const BALANCER_SOJOURN: usize = 0;
/// See [`BALANCER_SOJOURN`].
pub const APP_SOJOURN: usize = 1;
/// See [`BALANCER_SOJOURN`].
pub const CACHE_SOJOURN: usize = 2;
/// See [`BALANCER_SOJOURN`].
pub const DATABASE_SOJOURN: usize = 3;
/// See [`BALANCER_SOJOURN`].
pub const APP_WAITING: usize = 4;
/// See [`BALANCER_SOJOURN`].
pub const DATABASE_WAITING: usize = 5;
/// See [`BALANCER_SOJOURN`].
pub const RESPONSE: usize = 6;
/// How many there are.
pub const HISTOGRAMS: usize = 7;

/// What is integrated over a window: requests at work, waiting, present.
pub const BUSY: usize = 0;
/// See [`BUSY`].
pub const QUEUE: usize = 1;
/// See [`BUSY`].
pub const PRESENT: usize = 2;

/// How a quantity of a component changes in a window.
#[derive(Clone, Copy, Default)]
pub struct Changes {
    /// Ups less downs.
    pub count: u64,
    /// Their instants in nanoseconds, those of downs subtracted.
    pub moment: u64,
}

impl Changes {
    #[inline(always)]
    fn add(&mut self, count: u64, moment: u64) {
        self.count = self.count.wrapping_add(count);
        self.moment = self.moment.wrapping_add(moment);
    }
}

/// Requests created whose way to the application lies in the window.
#[derive(Clone, Copy, Default)]
pub struct Created {
    pub count: u64,
    pub at_ns: u64,
}

/// Visits to the application from the start of their service to the answer of the cache, and to the database's door.
#[derive(Clone, Copy, Default)]
pub struct Started {
    pub count: u64,
    pub at_ns: u64,
    pub waited_ns: u64,
    pub work_ns: u64,
    pub read_ns: u64,
    pub read_max_ns: u64,
    pub missed: u64,
    pub missed_at_ns: u64,
}

/// Visits to the database from their start to their end.
#[derive(Clone, Copy, Default)]
pub struct Queried {
    pub count: u64,
    pub at_ns: u64,
    pub waited_ns: u64,
    pub work_ns: u64,
    pub latency_ns: u64,
    pub latency_max_ns: u64,
}

/// Good answers from the application's end to the visitor.
#[derive(Clone, Copy, Default)]
pub struct Answered {
    pub count: u64,
    pub at_ns: u64,
    pub since_created_ns: u64,
    pub since_created_max_ns: u64,
    pub held_ns: u64,
}

/// Sums of one window.
#[derive(Clone)]
pub struct Window {
    pub created: Created,
    pub started: Started,
    pub queried: Queried,
    pub answered: Answered,
    /// Rows as they become facts.
    pub components: [[u64; component::COUNT]; 4],
    pub edges: [[u64; edge::COUNT]; 4],
    pub flow: [u64; flow::COUNT],
    /// Of each component [`BUSY`], [`QUEUE`], [`PRESENT`].
    pub changes: [[Changes; 3]; 4],
    /// Requests created, those ended subtracted.
    pub in_flight: u64,
    /// Visits that had to wait for nothing, where nobody ever waits: of balancer and cache.
    pub prompt: [u64; 2],
    pub histograms: Vec<[u32; BUCKETS]>,
}

/// What a window begins with.
#[derive(Clone, Default)]
pub struct Levels {
    /// Of each component [`BUSY`], [`QUEUE`], [`PRESENT`].
    pub of: [[u64; 3]; 4],
    /// Requests created and not ended.
    pub in_flight: u64,
}

impl Window {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            created: Created::default(),
            started: Started::default(),
            queried: Queried::default(),
            answered: Answered::default(),
            components: [[0; component::COUNT]; 4],
            edges: [[0; edge::COUNT]; 4],
            flow: [0; flow::COUNT],
            changes: Default::default(),
            in_flight: 0,
            prompt: [0; 2],
            histograms: vec![[0; BUCKETS]; HISTOGRAMS],
        }
    }

    /// So many go up, or down, at an instant; the sum of instants if they are many.
    #[inline(always)]
    pub fn up(&mut self, component: usize, what: usize, count: u64, at_ns: u64) {
        self.changes[component][what].add(count, at_ns);
    }

    /// See [`Window::up`].
    #[inline(always)]
    pub fn down(&mut self, component: usize, what: usize, count: u64, at_ns: u64) {
        self.changes[component][what].add(count.wrapping_neg(), at_ns.wrapping_neg());
    }

    /// The window closes: its facts, and what the next one begins with. It is empty then.
    pub fn close(&mut self, facts: &mut Digest, levels: &mut Levels, window: u64, width_ns: u64, balance_ns: u64) {
        self.take_apart(balance_ns);
        let end_ns = (window + 1) * width_ns;
        for (c, name) in COMPONENTS.iter().enumerate() {
            let row = &mut self.components[c];
            for (what, (integral, gauge)) in INTEGRALS.into_iter().enumerate() {
                let (changes, level) = (self.changes[c][what], &mut levels.of[c][what]);
                row[integral] =
                    (*level * width_ns).wrapping_add(changes.count.wrapping_mul(end_ns)).wrapping_sub(changes.moment);
                *level = level.wrapping_add(changes.count);
                row[gauge] = *level;
            }
            let sojourn = &mut self.histograms[BALANCER_SOJOURN + c];
            quantiles(sojourn, &mut row[component::SOJOURN_P50..][..3]);
            buckets(facts, sojourn, name_hash(name), 0, window);
            match c {
                APP | DATABASE => {
                    let waiting = if c == APP { APP_WAITING } else { DATABASE_WAITING };
                    buckets(facts, &mut self.histograms[waiting], name_hash(name), 1, window);
                }
                _ => facts.add_nonzero(self.prompt[c / 2], |n| fact::bucket(name_hash(name), 1, window, 0, n as u32)),
            }
            cells(facts, row, name_hash(name), 0, window);
        }
        for (row, name) in self.edges.iter_mut().zip(EDGES) {
            cells(facts, row, name_hash(name), 1, window);
        }
        levels.in_flight = levels.in_flight.wrapping_add(self.in_flight);
        self.flow[flow::IN_FLIGHT] = levels.in_flight;
        quantiles(&self.histograms[RESPONSE], &mut self.flow[flow::RESPONSE_P50..][..3]);
        buckets(facts, &mut self.histograms[RESPONSE], FLOW, 2, window);
        cells(facts, &mut self.flow, FLOW, 2, window);
        self.changes = Default::default();
        (self.in_flight, self.prompt) = (0, [0; 2]);
    }

    /// Sums of stretches become columns.
    fn take_apart(&mut self, balance_ns: u64) {
        let created = core::mem::take(&mut self.created);
        let started = core::mem::take(&mut self.started);
        let queried = core::mem::take(&mut self.queried);
        let answered = core::mem::take(&mut self.answered);
        self.apart_created(created, balance_ns);
        self.apart_started(started);
        self.apart_queried(queried);
        self.apart_answered(answered, balance_ns);
    }

    fn apart_created(&mut self, Created { count: n, at_ns }: Created, balance_ns: u64) {
        self.edges[TO_BALANCER][edge::CALLS] += n;
        self.edges[TO_BALANCER][edge::ATTEMPTS] += n;
        self.flow[flow::REQUESTS] += n;
        self.in_flight = self.in_flight.wrapping_add(n);
        let row = &mut self.components[BALANCER];
        for column in [component::ARRIVALS, component::STARTS, component::SERVED] {
            row[column] += n;
        }
        row[component::SERVICE_NS] += n * balance_ns;
        self.prompt[0] += n;
        self.edges[TO_APP][edge::CALLS] += n;
        self.edges[TO_APP][edge::ATTEMPTS] += n;
        self.components[APP][component::ARRIVALS] += n;
        self.up(BALANCER, PRESENT, n, at_ns + n);
        self.up(BALANCER, BUSY, n, at_ns + n);
        self.down(BALANCER, BUSY, n, at_ns + n * (1 + balance_ns));
        self.up(APP, PRESENT, n, at_ns + n * (2 + balance_ns));
        self.up(APP, QUEUE, n, at_ns + n * (2 + balance_ns));
    }

    fn apart_started(&mut self, sums: Started) {
        let n = sums.count;
        self.down(APP, QUEUE, n, sums.at_ns);
        self.up(APP, BUSY, n, sums.at_ns);
        self.components[APP][component::STARTS] += n;
        self.components[APP][component::WAITING_NS] += sums.waited_ns;
        let asked = sums.at_ns + sums.work_ns;
        let edge = &mut self.edges[TO_CACHE];
        for column in [edge::CALLS, edge::ATTEMPTS, edge::OK] {
            edge[column] += n;
        }
        edge[edge::LATENCY_NS] += sums.read_ns + 2 * n;
        if n > 0 {
            edge[edge::LATENCY_MAX_NS] = edge[edge::LATENCY_MAX_NS].max(sums.read_max_ns + 2);
        }
        let cache = &mut self.components[CACHE];
        for column in [component::ARRIVALS, component::STARTS, component::SERVED, component::OUTCOMES] {
            cache[column] += n;
        }
        cache[component::SERVICE_NS] += sums.read_ns;
        cache[component::SOJOURN_NS] += sums.read_ns;
        cache[component::HITS] += n - sums.missed;
        cache[component::MISSES] += sums.missed;
        self.prompt[1] += n;
        for what in [BUSY, PRESENT] {
            self.up(CACHE, what, n, asked + n);
            self.down(CACHE, what, n, asked + n + sums.read_ns);
        }
        self.edges[TO_DATABASE][edge::CALLS] += sums.missed;
        self.edges[TO_DATABASE][edge::ATTEMPTS] += sums.missed;
        self.components[DATABASE][component::ARRIVALS] += sums.missed;
        self.up(DATABASE, PRESENT, sums.missed, sums.missed_at_ns);
        self.up(DATABASE, QUEUE, sums.missed, sums.missed_at_ns);
    }

    fn apart_queried(&mut self, sums: Queried) {
        let n = sums.count;
        self.down(DATABASE, QUEUE, n, sums.at_ns);
        self.up(DATABASE, BUSY, n, sums.at_ns);
        self.down(DATABASE, BUSY, n, sums.at_ns + sums.work_ns);
        self.down(DATABASE, PRESENT, n, sums.at_ns + sums.work_ns);
        let row = &mut self.components[DATABASE];
        for column in [component::STARTS, component::SERVED, component::OUTCOMES] {
            row[column] += n;
        }
        row[component::WAITING_NS] += sums.waited_ns;
        row[component::SERVICE_NS] += sums.work_ns;
        row[component::SOJOURN_NS] += sums.waited_ns + sums.work_ns;
        let edge = &mut self.edges[TO_DATABASE];
        edge[edge::OK] += n;
        edge[edge::LATENCY_NS] += sums.latency_ns;
        edge[edge::LATENCY_MAX_NS] = edge[edge::LATENCY_MAX_NS].max(sums.latency_max_ns);
    }

    fn apart_answered(&mut self, sums: Answered, balance_ns: u64) {
        let (n, to_app) = (sums.count, 2 + balance_ns);
        let app = &mut self.components[APP];
        app[component::SERVED] += n;
        app[component::OUTCOMES] += n;
        app[component::SERVICE_NS] += sums.held_ns;
        app[component::SOJOURN_NS] += sums.since_created_ns - n * to_app;
        self.components[BALANCER][component::OUTCOMES] += n;
        self.components[BALANCER][component::SOJOURN_NS] += sums.since_created_ns;
        for (edge, took, max) in [
            (TO_APP, sums.since_created_ns - n * balance_ns, sums.since_created_max_ns.saturating_sub(balance_ns)),
            (TO_BALANCER, sums.since_created_ns + 2 * n, sums.since_created_max_ns + 2 * (n > 0) as u64),
        ] {
            let row = &mut self.edges[edge];
            row[edge::OK] += n;
            row[edge::LATENCY_NS] += took;
            row[edge::LATENCY_MAX_NS] = row[edge::LATENCY_MAX_NS].max(max);
        }
        self.flow[flow::OUTCOMES] += n;
        self.flow[flow::ATTEMPTS] += n;
        self.flow[flow::RESPONSE_NS] += sums.since_created_ns + 2 * n;
        let max = &mut self.flow[flow::RESPONSE_MAX_NS];
        *max = (*max).max(sums.since_created_max_ns + 2 * (n > 0) as u64);
        self.in_flight = self.in_flight.wrapping_sub(n);
        self.down(APP, BUSY, n, sums.at_ns);
        self.down(APP, PRESENT, n, sums.at_ns);
        self.down(BALANCER, PRESENT, n, sums.at_ns + n);
    }
}

const FLOW: u64 = name_hash("balancer.get");

const INTEGRALS: [(usize, usize); 3] = [
    (component::BUSY_NS, component::BUSY),
    (component::QUEUE_NS, component::QUEUE),
    (component::PRESENT_NS, component::PRESENT),
];
