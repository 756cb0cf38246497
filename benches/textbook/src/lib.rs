//! A discrete-event simulator as textbooks and tutorials have it: a binary heap of events, an enum of what they are, nodes in
//! a map by number, handlers that return what follows. It simulates the reference topology and records response times.
//!
//! Compiled for this machine, and to WebAssembly for size as pages are.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

type NodeId = u32;
type RequestId = u64;

const BALANCER: NodeId = 0;
const CACHE: NodeId = 1;
const DATABASE: NodeId = 2;
const FIRST_APP: NodeId = 3;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Create,
    Arrive { node: NodeId, request: RequestId },
    Finish { node: NodeId, request: RequestId },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    time_ns: u64,
    number: u64,
    kind: Kind,
}

struct Node {
    /// Servers; none if there is no limit.
    servers: Option<u32>,
    busy: u32,
    queue: VecDeque<RequestId>,
    /// Mean time in nanoseconds, or the time itself.
    time_ns: f64,
    constant: bool,
}

struct Request {
    created_ns: u64,
    app: NodeId,
}

/// A run under way.
pub struct Engine {
    now_ns: u64,
    events: BinaryHeap<Reverse<Event>>,
    scheduled: u64,
    nodes: HashMap<NodeId, Node>,
    requests: HashMap<RequestId, Request>,
    rate: f64,
    apps: u32,
    next_app: u32,
    created: RequestId,
    random: u64,
    ended: u64,
    response_ns: u64,
}

impl Engine {
    /// The reference topology at so many requests a second.
    #[must_use]
    pub fn new(rate: f64, apps: u32, slots: u32, connections: u32, seed: u64) -> Self {
        let node = |servers, time_ns, constant| Node { servers, busy: 0, queue: VecDeque::new(), time_ns, constant };
        let mut nodes = HashMap::from([
            (BALANCER, node(None, 100e3, true)),
            (CACHE, node(None, 500e3, false)),
            (DATABASE, node(Some(connections), 5e6, false)),
        ]);
        nodes.extend((0..apps).map(|app| (FIRST_APP + app, node(Some(slots), 2e6, false))));
        let mut engine = Self {
            now_ns: 0,
            events: BinaryHeap::new(),
            scheduled: 0,
            nodes,
            requests: HashMap::new(),
            rate,
            apps,
            next_app: 0,
            created: 0,
            random: seed,
            ended: 0,
            response_ns: 0,
        };
        engine.schedule(vec![(0, Kind::Create)]);
        engine
    }

    /// Handles all events before an instant in nanoseconds.
    pub fn run(&mut self, until_ns: u64) {
        while let Some(Reverse(event)) = self.events.peek().copied() {
            if event.time_ns >= until_ns {
                break;
            }
            self.events.pop();
            self.now_ns = event.time_ns;
            let follow = match event.kind {
                Kind::Create => self.create(),
                Kind::Arrive { node, request } => self.arrive(node, request),
                Kind::Finish { node, request } => self.finish(node, request),
            };
            self.schedule(follow);
        }
    }

    /// Requests that have ended, and the mean of their response times in nanoseconds.
    #[must_use]
    pub fn result(&self) -> (u64, f64) {
        (self.ended, self.response_ns as f64 / self.ended.max(1) as f64)
    }

    fn schedule(&mut self, events: Vec<(u64, Kind)>) {
        for (time_ns, kind) in events {
            self.scheduled += 1;
            self.events.push(Reverse(Event { time_ns, number: self.scheduled, kind }));
        }
    }

    /// Uniform in 0..1 (splitmix64).
    fn uniform(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn exponential(&mut self, mean_ns: f64) -> u64 {
        (-(1.0 - self.uniform()).ln() * mean_ns) as u64
    }

    fn create(&mut self) -> Vec<(u64, Kind)> {
        let request = self.created;
        self.created += 1;
        let app = FIRST_APP + self.next_app;
        self.next_app = (self.next_app + 1) % self.apps;
        self.requests.insert(request, Request { created_ns: self.now_ns, app });
        let gap_ns = self.exponential(1e9 / self.rate);
        vec![(self.now_ns, Kind::Arrive { node: BALANCER, request }), (self.now_ns + gap_ns, Kind::Create)]
    }

    fn arrive(&mut self, id: NodeId, request: RequestId) -> Vec<(u64, Kind)> {
        let Some(node) = self.nodes.get_mut(&id) else { return vec![] };
        if node.servers.is_some_and(|servers| node.busy == servers) {
            node.queue.push_back(request);
            return vec![];
        }
        node.busy += 1;
        vec![self.serve(id, request)]
    }

    fn serve(&mut self, id: NodeId, request: RequestId) -> (u64, Kind) {
        let (time_ns, constant) = self.nodes.get(&id).map_or((0.0, true), |node| (node.time_ns, node.constant));
        let time_ns = if constant { time_ns as u64 } else { self.exponential(time_ns) };
        (self.now_ns + time_ns, Kind::Finish { node: id, request })
    }

    fn finish(&mut self, id: NodeId, request: RequestId) -> Vec<(u64, Kind)> {
        let app = self.requests.get(&request).map_or(FIRST_APP, |request| request.app);
        let go_to = |node, now_ns| vec![(now_ns, Kind::Arrive { node, request })];
        match id {
            BALANCER => go_to(app, self.now_ns),
            CACHE if self.uniform() < 0.9 => self.answer(app, request),
            CACHE => go_to(DATABASE, self.now_ns),
            DATABASE => {
                let mut follow = self.release(DATABASE);
                follow.extend(self.answer(app, request));
                follow
            }
            _ => go_to(CACHE, self.now_ns),
        }
    }

    fn answer(&mut self, app: NodeId, request: RequestId) -> Vec<(u64, Kind)> {
        if let Some(Request { created_ns, .. }) = self.requests.remove(&request) {
            self.ended += 1;
            self.response_ns += self.now_ns - created_ns;
        }
        self.release(app)
    }

    fn release(&mut self, id: NodeId) -> Vec<(u64, Kind)> {
        let Some(node) = self.nodes.get_mut(&id) else { return vec![] };
        match node.queue.pop_front() {
            Some(next) => vec![self.serve(id, next)],
            None => {
                node.busy -= 1;
                vec![]
            }
        }
    }
}

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

/// Begins a run in a host of WebAssembly.
#[unsafe(no_mangle)]
pub extern "C" fn textbook_begin(rate: f64, apps: u32, slots: u32, connections: u32, seed: u64) {
    ENGINE.with(|engine| *engine.borrow_mut() = Some(Engine::new(rate, apps, slots, connections, seed)));
}

/// Handles all events before an instant; how many requests have ended by then.
#[unsafe(no_mangle)]
pub extern "C" fn textbook_run(until_ns: u64) -> u64 {
    ENGINE.with(|engine| {
        engine.borrow_mut().as_mut().map_or(0, |engine| {
            engine.run(until_ns);
            engine.result().0
        })
    })
}

/// Mean response time so far in nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn textbook_mean_ns() -> f64 {
    ENGINE.with(|engine| engine.borrow().as_ref().map_or(0.0, |engine| engine.result().1))
}
