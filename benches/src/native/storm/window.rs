//! What is counted in a window of the storm, and how it becomes facts.

use super::setup::Setup;
use crate::native::facts::{Nonzero, buckets, cells, quantiles};
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::draw::name_hash;
use sysdl_kernel::fact::{self, Digest};
use sysdl_kernel::histogram::{BUCKETS, bucket_of};

const GATE: u64 = name_hash("gate");
const SERVER: u64 = name_hash("server");
const TO_SERVER: u64 = name_hash("gate->server");
const TO_GATE: u64 = name_hash("people->gate");
/// The flow of all requests.
pub const FLOW: u64 = name_hash("gate.get");

/// Outcomes that there are: ok, timeout, rejected.
const OUTCOMES: usize = 3;

/// How many there are of something, and the integral of that over the window.
#[derive(Clone, Copy, Default)]
pub struct Level {
    /// How many there are now.
    pub count: u64,
    /// Instants of downs less those of ups, in nanoseconds.
    moment_ns: u64,
}

impl Level {
    /// One more from an instant on.
    #[inline(always)]
    pub fn up(&mut self, at_ns: u64) {
        self.count += 1;
        self.moment_ns = self.moment_ns.wrapping_sub(at_ns);
    }

    /// One less.
    #[inline(always)]
    pub fn down(&mut self, at_ns: u64) {
        self.count -= 1;
        self.moment_ns = self.moment_ns.wrapping_add(at_ns);
    }

    /// The integral until an instant, which begins anew then.
    fn close(&mut self, end_ns: u64) -> u64 {
        let until_ns = self.count.wrapping_mul(end_ns);
        let integral = until_ns.wrapping_add(self.moment_ns);
        self.moment_ns = until_ns.wrapping_neg();
        integral
    }
}

/// How some have ended, and how long they took.
#[derive(Clone, Copy, Default)]
struct Ends {
    outcomes: [u64; OUTCOMES],
    took_ns: u64,
    took_max_ns: u64,
}

impl Ends {
    #[inline(always)]
    fn add(&mut self, outcome: u32, took_ns: u64) {
        self.outcomes[outcome as usize] += 1;
        self.took_ns += took_ns;
        self.took_max_ns = self.took_max_ns.max(took_ns);
    }

    fn count(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// As calls of an edge.
    fn write(&self, row: &mut [u64; edge::COUNT]) {
        row[edge::OK] = self.outcomes[0];
        row[edge::FAILED] = self.count() - self.outcomes[0];
        row[edge::LATENCY_NS] = self.took_ns;
        row[edge::LATENCY_MAX_NS] = self.took_max_ns;
    }
}

/// Counts and sums of a window, in nanoseconds where they are of times.
#[derive(Clone, Copy, Default)]
pub struct Sums {
    /// Requests created.
    pub requests: u64,
    /// Requests that reached the gate, each of which called at once.
    pub calls: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Attempts given up.
    pub timeouts: u64,
    /// Attempts that reached the server.
    pub arrivals: u64,
    /// Those that found no room.
    pub rejected: u64,
    /// Visits that got a server.
    pub starts: u64,
    /// Visits that were served.
    pub served: u64,
    /// Those whose answer nobody waited for.
    pub orphaned: u64,
    /// Most that waited for a server.
    pub queue_max: u64,
    waiting_ns: u64,
    service_ns: u64,
    sojourn_ns: u64,
    at_gate: Ends,
    answered: Ends,
}

/// Histograms.
#[derive(Clone)]
struct Histograms {
    at_gate: [u32; BUCKETS],
    at_server: [u32; BUCKETS],
    waiting: [u32; BUCKETS],
    response: [u32; BUCKETS],
}

/// The window that is open, and the facts so far.
pub struct Window {
    number: u64,
    width_ns: u64,
    servers: u64,
    /// The last instant in it.
    pub end_ns: u64,
    /// What is counted.
    pub sums: Sums,
    histograms: Box<Histograms>,
    /// Requests created and not ended.
    in_flight: u64,
    /// Requests at the gate.
    pub at_gate: Level,
    /// Visits that wait for a server.
    pub queue: Level,
    /// Servers at work.
    pub busy: Level,
    /// Sum of all facts.
    pub facts: Digest,
}

impl Window {
    /// The first.
    pub fn new(setup: &Setup) -> Self {
        let none = [0; BUCKETS];
        let histograms = Box::new(Histograms { at_gate: none, at_server: none, waiting: none, response: none });
        Self {
            number: 0,
            width_ns: setup.window_ns,
            servers: setup.servers,
            end_ns: setup.window_ns,
            sums: Sums::default(),
            histograms,
            in_flight: 0,
            at_gate: Level::default(),
            queue: Level::default(),
            busy: Level::default(),
            facts: Digest::default(),
        }
    }

    /// A request is created.
    #[inline(always)]
    pub fn created(&mut self) {
        self.sums.requests += 1;
        self.in_flight += 1;
    }

    /// A visit gets a server.
    #[inline(always)]
    pub fn started(&mut self, waited_ns: u64) {
        self.sums.starts += 1;
        self.sums.waiting_ns += waited_ns;
        self.histograms.waiting[bucket_of(waited_ns) as usize] += 1;
    }

    /// A visit has been served.
    #[inline(always)]
    pub fn served(&mut self, service_ns: u64, sojourn_ns: u64) {
        self.sums.served += 1;
        self.sums.service_ns += service_ns;
        self.sums.sojourn_ns += sojourn_ns;
        self.histograms.at_server[bucket_of(sojourn_ns) as usize] += 1;
    }

    /// The gate is done with a request.
    #[inline(always)]
    pub fn leaves_gate(&mut self, at_ns: u64, outcome: u32, took_ns: u64) {
        self.at_gate.down(at_ns);
        self.sums.at_gate.add(outcome, took_ns);
        self.histograms.at_gate[bucket_of(took_ns) as usize] += 1;
    }

    /// A request has its answer.
    #[inline(always)]
    pub fn answered(&mut self, key: u64, outcome: u32, created_ns: u64, at_ns: u64) {
        let took_ns = at_ns - created_ns;
        self.in_flight -= 1;
        self.sums.answered.add(outcome, took_ns);
        self.histograms.response[bucket_of(took_ns) as usize] += 1;
        self.facts.add(fact::request(key, FLOW, outcome, 1, created_ns, at_ns));
    }

    /// It closes, and the next one opens.
    pub fn close(&mut self) {
        let sums = core::mem::take(&mut self.sums);
        self.close_gate(&sums);
        self.close_server(&sums);
        self.close_edges(&sums);
        self.close_flow(&sums);
        self.number += 1;
        self.end_ns += self.width_ns;
        self.sums.queue_max = self.queue.count;
    }

    fn close_gate(&mut self, sums: &Sums) {
        let mut row = [0; component::COUNT];
        row[..OUTCOMES].copy_from_slice(&sums.at_gate.outcomes);
        row[component::ARRIVALS] = sums.calls;
        row[component::STARTS] = sums.calls;
        row[component::SERVED] = sums.at_gate.count();
        row[component::SERVICE_NS] = sums.at_gate.took_ns;
        row[component::SOJOURN_NS] = sums.at_gate.took_ns;
        let integral = self.at_gate.close(self.end_ns);
        (row[component::BUSY_NS], row[component::PRESENT_NS]) = (integral, integral);
        (row[component::BUSY], row[component::PRESENT]) = (self.at_gate.count, self.at_gate.count);
        quantiles(&self.histograms.at_gate, &mut row[component::SOJOURN_P50..][..3]);
        buckets(&mut self.facts, &mut self.histograms.at_gate, GATE, 0, self.number);
        // Nobody waits.
        self.facts.add_nonzero(sums.calls, |calls| fact::bucket(GATE, 1, self.number, 0, calls as u32));
        cells(&mut self.facts, &mut row, GATE, 0, self.number);
    }

    fn close_server(&mut self, sums: &Sums) {
        let mut row = [0; component::COUNT];
        row[component::OUTCOMES] = sums.served;
        row[component::OUTCOMES + sysdl_kernel::outcome::REJECTED as usize] = sums.rejected;
        row[component::ARRIVALS] = sums.arrivals;
        row[component::STARTS] = sums.starts;
        row[component::SERVED] = sums.served;
        row[component::ORPHANED] = sums.orphaned;
        row[component::WAITING_NS] = sums.waiting_ns;
        row[component::SERVICE_NS] = sums.service_ns;
        row[component::SOJOURN_NS] = sums.sojourn_ns;
        row[component::QUEUE_MAX] = sums.queue_max;
        let [busy_ns, queue_ns] = [self.busy.close(self.end_ns), self.queue.close(self.end_ns)];
        row[component::BUSY_NS] = busy_ns;
        row[component::QUEUE_NS] = queue_ns;
        row[component::PRESENT_NS] = busy_ns + queue_ns;
        row[component::CAPACITY_NS] = self.servers * self.width_ns;
        row[component::BUSY] = self.busy.count;
        row[component::QUEUE] = self.queue.count;
        row[component::PRESENT] = self.busy.count + self.queue.count;
        quantiles(&self.histograms.at_server, &mut row[component::SOJOURN_P50..][..3]);
        buckets(&mut self.facts, &mut self.histograms.at_server, SERVER, 0, self.number);
        buckets(&mut self.facts, &mut self.histograms.waiting, SERVER, 1, self.number);
        cells(&mut self.facts, &mut row, SERVER, 0, self.number);
    }

    fn close_edges(&mut self, sums: &Sums) {
        let mut row = [0; edge::COUNT];
        row[edge::CALLS] = sums.calls;
        row[edge::ATTEMPTS] = sums.calls + sums.retries;
        row[edge::RETRIES] = sums.retries;
        row[edge::TIMEOUTS] = sums.timeouts;
        sums.at_gate.write(&mut row);
        cells(&mut self.facts, &mut row, TO_SERVER, 1, self.number);
        row[edge::CALLS] = sums.requests;
        row[edge::ATTEMPTS] = sums.requests;
        sums.answered.write(&mut row);
        cells(&mut self.facts, &mut row, TO_GATE, 1, self.number);
    }

    fn close_flow(&mut self, sums: &Sums) {
        let mut row = [0; flow::COUNT];
        row[..OUTCOMES].copy_from_slice(&sums.answered.outcomes);
        row[flow::REQUESTS] = sums.requests;
        row[flow::ATTEMPTS] = sums.answered.count();
        row[flow::RESPONSE_NS] = sums.answered.took_ns;
        row[flow::RESPONSE_MAX_NS] = sums.answered.took_max_ns;
        row[flow::IN_FLIGHT] = self.in_flight;
        quantiles(&self.histograms.response, &mut row[flow::RESPONSE_P50..][..3]);
        buckets(&mut self.facts, &mut self.histograms.response, FLOW, 2, self.number);
        cells(&mut self.facts, &mut row, FLOW, 2, self.number);
    }
}
