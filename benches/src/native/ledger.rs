//! The windows that are open, and the facts so far.
//!
//! What a request does is known before it happens, so it is counted ahead of time, in the window in which it will happen.
//! A window closes when nothing that comes can happen in it.

use super::setup::Setup;
use super::window::*;
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::draw::name_hash;
use sysdl_kernel::fact::{self, Digest};
use sysdl_kernel::histogram::bucket_of;
use sysdl_kernel::outcome::{ABANDONED, OK};

/// Windows that are open at a time.
const OPEN: u64 = 8;

/// How a visit to the application ends.
#[derive(Clone, Copy)]
pub struct End {
    /// Key of the request.
    pub key: u64,
    /// When it was created, in nanoseconds.
    pub created_ns: u64,
    /// When its service began.
    pub started_ns: u64,
    /// When it ends.
    pub at_ns: u64,
    /// One of [`sysdl_kernel::outcome`].
    pub outcome: u32,
    /// Whether it is counted already that its visitor has left.
    pub left: bool,
}

/// A query: when it starts, how long it has waited and takes, and how long ago the call for it began, if it is answered.
#[derive(Clone, Copy)]
pub struct Query {
    /// When it starts, in nanoseconds.
    pub at_ns: u64,
    /// How long it has waited.
    pub waited_ns: u64,
    /// How long it takes.
    pub work_ns: u64,
    /// Time from the call's begin to its good answer.
    pub took_ns: Option<u64>,
    /// Whether nobody waits for its answer when it ends.
    pub orphaned: bool,
}

/// See the module.
pub struct Ledger {
    windows: Vec<Window>,
    /// Number of the first window that is open.
    number: u64,
    /// Its end in nanoseconds, the last instant in it.
    pub end_ns: u64,
    duration_ns: u64,
    width_ns: u64,
    balance_ns: u64,
    visitor_ns: u64,
    /// Servers of applications and database.
    servers: [u64; 2],
    levels: Levels,
    facts: Digest,
    /// Requests created.
    pub requests: u64,
}

impl Ledger {
    /// Nothing has happened.
    pub fn new(setup: &Setup) -> Self {
        let windows = (0..OPEN).map(|_| Window::new()).collect();
        Self {
            windows,
            number: 0,
            end_ns: setup.window_ns,
            duration_ns: setup.duration_ns,
            width_ns: setup.window_ns,
            balance_ns: setup.balance_ns,
            visitor_ns: setup.patience.map_or(u64::MAX, |patience| patience.visitor_ns),
            servers: [setup.apps as u64 * setup.slots as u64, setup.connections as u64],
            levels: Levels::default(),
            facts: Digest::default(),
            requests: 0,
        }
    }

    /// Sum of all facts.
    pub fn digest(&self) -> Digest {
        self.facts
    }

    #[inline(always)]
    fn open(&mut self) -> &mut Window {
        &mut self.windows[(self.number % OPEN) as usize]
    }

    /// The window of an instant.
    fn at(&mut self, ns: u64) -> &mut Window {
        let number = (ns - 1) / self.width_ns;
        assert!(number >= self.number && number < self.number + OPEN, "an instant outside of the open windows");
        &mut self.windows[(number % OPEN) as usize]
    }

    /// The first window closes. False if it was the last.
    pub fn close(&mut self, waiting: [u64; 2]) -> bool {
        let (number, width) = (self.number, self.width_ns);
        let window = &mut self.windows[(number % OPEN) as usize];
        for (c, servers) in [(APP, self.servers[0]), (DATABASE, self.servers[1])] {
            window.components[c][component::CAPACITY_NS] = servers * width;
        }
        window.close(&mut self.facts, &mut self.levels, number, width, self.balance_ns);
        self.number += 1;
        self.end_ns += width;
        self.queue_max(APP, waiting[0]);
        self.queue_max(DATABASE, waiting[1]);
        self.end_ns <= self.duration_ns
    }

    /// So many wait at a component now.
    pub fn queue_max(&mut self, component: usize, waiting: u64) {
        let max = &mut self.open().components[component][component::QUEUE_MAX];
        *max = (*max).max(waiting);
    }

    /// A request will be created at an instant.
    #[inline(always)]
    pub fn created(&mut self, at_ns: u64) {
        self.requests += (at_ns <= self.duration_ns) as u64;
        if at_ns + 2 + self.balance_ns > self.end_ns {
            return self.created_across(at_ns);
        }
        let sums = &mut self.open().created;
        sums.count += 1;
        sums.at_ns += at_ns;
    }

    #[cold]
    fn created_across(&mut self, at_ns: u64) {
        let balance_ns = self.balance_ns;
        let window = self.at(at_ns);
        window.edges[TO_BALANCER][edge::CALLS] += 1;
        window.edges[TO_BALANCER][edge::ATTEMPTS] += 1;
        window.flow[flow::REQUESTS] += 1;
        window.in_flight = window.in_flight.wrapping_add(1);
        let window = self.at(at_ns + 1);
        window.components[BALANCER][component::ARRIVALS] += 1;
        window.components[BALANCER][component::STARTS] += 1;
        window.prompt[0] += 1;
        window.up(BALANCER, PRESENT, 1, at_ns + 1);
        window.up(BALANCER, BUSY, 1, at_ns + 1);
        let window = self.at(at_ns + 1 + balance_ns);
        window.components[BALANCER][component::SERVED] += 1;
        window.components[BALANCER][component::SERVICE_NS] += balance_ns;
        window.down(BALANCER, BUSY, 1, at_ns + 1 + balance_ns);
        window.edges[TO_APP][edge::CALLS] += 1;
        window.edges[TO_APP][edge::ATTEMPTS] += 1;
        let window = self.at(at_ns + 2 + balance_ns);
        window.components[APP][component::ARRIVALS] += 1;
        window.up(APP, PRESENT, 1, at_ns + 2 + balance_ns);
        window.up(APP, QUEUE, 1, at_ns + 2 + balance_ns);
    }

    /// Service of a visit to the application starts; it works and asks the cache. When the cache's answer comes.
    #[inline(always)]
    pub fn started(&mut self, at_ns: u64, waited_ns: u64, work_ns: u64, read_ns: u64, hit: bool) -> u64 {
        let answered_ns = at_ns + work_ns + read_ns + 2;
        if answered_ns + !hit as u64 > self.end_ns {
            self.started_across(at_ns, waited_ns, work_ns, read_ns, hit);
            return answered_ns;
        }
        let window = self.open();
        let sums = &mut window.started;
        sums.count += 1;
        sums.at_ns += at_ns;
        sums.waited_ns += waited_ns;
        sums.work_ns += work_ns;
        sums.read_ns += read_ns;
        sums.read_max_ns = sums.read_max_ns.max(read_ns);
        if !hit {
            sums.missed += 1;
            sums.missed_at_ns += answered_ns + 1;
        }
        window.histograms[APP_WAITING][bucket_of(waited_ns) as usize] += 1;
        window.histograms[CACHE_SOJOURN][bucket_of(read_ns) as usize] += 1;
        answered_ns
    }

    #[cold]
    fn started_across(&mut self, at_ns: u64, waited_ns: u64, work_ns: u64, read_ns: u64, hit: bool) {
        let window = self.at(at_ns);
        window.components[APP][component::STARTS] += 1;
        window.components[APP][component::WAITING_NS] += waited_ns;
        window.histograms[APP_WAITING][bucket_of(waited_ns) as usize] += 1;
        window.down(APP, QUEUE, 1, at_ns);
        window.up(APP, BUSY, 1, at_ns);
        let asks = at_ns + work_ns;
        let window = self.at(asks);
        window.edges[TO_CACHE][edge::CALLS] += 1;
        window.edges[TO_CACHE][edge::ATTEMPTS] += 1;
        let window = self.at(asks + 1);
        window.components[CACHE][component::ARRIVALS] += 1;
        window.components[CACHE][component::STARTS] += 1;
        window.prompt[1] += 1;
        window.up(CACHE, PRESENT, 1, asks + 1);
        window.up(CACHE, BUSY, 1, asks + 1);
        let read = asks + 1 + read_ns;
        let window = self.at(read);
        let row = &mut window.components[CACHE];
        row[component::SERVED] += 1;
        row[component::OUTCOMES] += 1;
        row[component::SERVICE_NS] += read_ns;
        row[component::SOJOURN_NS] += read_ns;
        window.histograms[CACHE_SOJOURN][bucket_of(read_ns) as usize] += 1;
        window.down(CACHE, PRESENT, 1, read);
        window.down(CACHE, BUSY, 1, read);
        let window = self.at(read + 1);
        answer(&mut window.edges[TO_CACHE], true, read_ns + 2);
        window.components[CACHE][if hit { component::HITS } else { component::MISSES }] += 1;
        if !hit {
            window.edges[TO_DATABASE][edge::CALLS] += 1;
            window.edges[TO_DATABASE][edge::ATTEMPTS] += 1;
            self.asks(read + 2);
        }
    }

    /// A message will reach the database at an instant.
    fn asks(&mut self, at_ns: u64) {
        let window = self.at(at_ns);
        window.components[DATABASE][component::ARRIVALS] += 1;
        window.up(DATABASE, PRESENT, 1, at_ns);
        window.up(DATABASE, QUEUE, 1, at_ns);
    }

    /// A query starts.
    #[inline(always)]
    pub fn queried(&mut self, query: Query) {
        let Query { at_ns, waited_ns, work_ns, took_ns, orphaned } = query;
        let (Some(took_ns), true) = (took_ns, at_ns + work_ns < self.end_ns && !orphaned) else {
            return self.queried_across(query);
        };
        let window = self.open();
        let sums = &mut window.queried;
        sums.count += 1;
        sums.at_ns += at_ns;
        sums.waited_ns += waited_ns;
        sums.work_ns += work_ns;
        sums.latency_ns += took_ns;
        sums.latency_max_ns = sums.latency_max_ns.max(took_ns);
        window.histograms[DATABASE_WAITING][bucket_of(waited_ns) as usize] += 1;
        window.histograms[DATABASE_SOJOURN][bucket_of(waited_ns + work_ns) as usize] += 1;
    }

    #[cold]
    fn queried_across(&mut self, Query { at_ns, waited_ns, work_ns, took_ns, orphaned }: Query) {
        let window = self.at(at_ns);
        window.components[DATABASE][component::STARTS] += 1;
        window.components[DATABASE][component::WAITING_NS] += waited_ns;
        window.histograms[DATABASE_WAITING][bucket_of(waited_ns) as usize] += 1;
        window.down(DATABASE, QUEUE, 1, at_ns);
        window.up(DATABASE, BUSY, 1, at_ns);
        let ends = at_ns + work_ns;
        let window = self.at(ends);
        let row = &mut window.components[DATABASE];
        row[component::SERVED] += 1;
        row[component::OUTCOMES] += 1;
        row[component::ORPHANED] += orphaned as u64;
        row[component::SERVICE_NS] += work_ns;
        row[component::SOJOURN_NS] += waited_ns + work_ns;
        window.histograms[DATABASE_SOJOURN][bucket_of(waited_ns + work_ns) as usize] += 1;
        window.down(DATABASE, BUSY, 1, ends);
        window.down(DATABASE, PRESENT, 1, ends);
        if let Some(took_ns) = took_ns {
            answer(&mut self.at(ends + 1).edges[TO_DATABASE], true, took_ns);
        }
    }

    /// An application will give up an attempt, and make another at an instant or fail with a call that has taken so long.
    pub fn gives_up(&mut self, at_ns: u64, again_ns: Option<u64>, took_ns: u64) {
        let row = &mut self.at(at_ns).edges[TO_DATABASE];
        row[edge::TIMEOUTS] += 1;
        let Some(again_ns) = again_ns else {
            return answer(row, false, took_ns);
        };
        let row = &mut self.at(again_ns).edges[TO_DATABASE];
        row[edge::ATTEMPTS] += 1;
        row[edge::RETRIES] += 1;
        self.asks(again_ns + 1);
    }

    /// A visit to the application will end well at an instant.
    #[inline(always)]
    pub fn answered(&mut self, end: End) {
        let since = end.at_ns - end.created_ns;
        if end.at_ns + 2 > self.end_ns || since + 2 > self.visitor_ns || end.left || end.outcome != OK {
            return self.answered_across(end);
        }
        let to_app = 2 + self.balance_ns;
        let window = self.open();
        let sums = &mut window.answered;
        sums.count += 1;
        sums.at_ns += end.at_ns;
        sums.since_created_ns += since;
        sums.since_created_max_ns = sums.since_created_max_ns.max(since);
        sums.held_ns += end.at_ns - end.started_ns;
        window.histograms[APP_SOJOURN][bucket_of(since - to_app) as usize] += 1;
        window.histograms[BALANCER_SOJOURN][bucket_of(since) as usize] += 1;
        window.histograms[RESPONSE][bucket_of(since + 2) as usize] += 1;
        self.facts.add(fact::request(end.key, FLOW, OK, 1, end.created_ns, end.at_ns + 2));
    }

    #[cold]
    fn answered_across(&mut self, end: End) {
        let (at_ns, since, balance_ns) = (end.at_ns, end.at_ns - end.created_ns, self.balance_ns);
        let visitor_ns = self.visitor_ns;
        let well = end.outcome == OK;
        let window = self.at(at_ns);
        let row = &mut window.components[APP];
        row[component::SERVED] += 1;
        row[component::OUTCOMES + end.outcome as usize] += 1;
        row[component::SERVICE_NS] += at_ns - end.started_ns;
        row[component::SOJOURN_NS] += since - 2 - balance_ns;
        window.histograms[APP_SOJOURN][bucket_of(since - 2 - balance_ns) as usize] += 1;
        window.down(APP, BUSY, 1, at_ns);
        window.down(APP, PRESENT, 1, at_ns);
        let window = self.at(at_ns + 1);
        let row = &mut window.components[BALANCER];
        row[component::OUTCOMES + end.outcome as usize] += 1;
        row[component::SOJOURN_NS] += since;
        row[component::ORPHANED] += (since + 1 > visitor_ns) as u64;
        window.histograms[BALANCER_SOJOURN][bucket_of(since) as usize] += 1;
        window.down(BALANCER, PRESENT, 1, at_ns + 1);
        answer(&mut window.edges[TO_APP], well, since - balance_ns);
        if since + 2 <= visitor_ns {
            answer(&mut self.at(at_ns + 2).edges[TO_BALANCER], well, since + 2);
            self.ended(end.key, end.created_ns, at_ns + 2, end.outcome);
        } else if !end.left {
            self.leaves(end.key, end.created_ns);
        }
    }

    /// A visitor will leave, if it has not had its answer.
    pub fn leaves(&mut self, key: u64, created_ns: u64) {
        let (at_ns, patience) = (created_ns + self.visitor_ns, self.visitor_ns);
        let row = &mut self.at(at_ns).edges[TO_BALANCER];
        row[edge::TIMEOUTS] += 1;
        answer(row, false, patience);
        self.ended(key, created_ns, at_ns, ABANDONED);
    }

    /// A request ends.
    fn ended(&mut self, key: u64, created_ns: u64, at_ns: u64, outcome: u32) {
        let took = at_ns - created_ns;
        let window = self.at(at_ns);
        let row = &mut window.flow;
        row[flow::OUTCOMES + outcome as usize] += 1;
        row[flow::ATTEMPTS] += 1;
        row[flow::RESPONSE_NS] += took;
        row[flow::RESPONSE_MAX_NS] = row[flow::RESPONSE_MAX_NS].max(took);
        window.histograms[RESPONSE][bucket_of(took) as usize] += 1;
        window.in_flight = window.in_flight.wrapping_sub(1);
        if at_ns <= self.duration_ns {
            self.facts.add(fact::request(key, FLOW, outcome, 1, created_ns, at_ns));
        }
    }
}

const FLOW: u64 = name_hash("balancer.get");

/// A call ends, well or not, after so many nanoseconds.
fn answer(row: &mut [u64; edge::COUNT], well: bool, took_ns: u64) {
    row[if well { edge::OK } else { edge::FAILED }] += 1;
    row[edge::LATENCY_NS] += took_ns;
    row[edge::LATENCY_MAX_NS] = row[edge::LATENCY_MAX_NS].max(took_ns);
}
