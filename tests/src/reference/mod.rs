//! The reference executor: `docs/semantics.md` as a program.
//!
//! It interprets a plan one operation at a time, with no pass before it and no generated code. With
//! the machine it shares draws, unit tables, histogram buckets, column numbers and the encoding of
//! facts; calendar, strands, stations, policies and stores are its own, written to be read. Where
//! the two disagree, one of them (or the page) is wrong.
//!
//! ```text
//!                        ┌──▶ program ──▶ stations ─┐
//!  calendar ──▶ handle ──┤       │  ▲               ├──▶ calendar
//!     ▲                  │       ▼  └── calls ──────┤
//!     │                  └──▶ sources, timeline     │
//!     └─────────────────────────────────────────────┘
//! ```

mod admission;
mod attempts;
mod balancing;
mod breakers;
mod calendar;
mod calls;
mod connections;
mod crashes;
mod draws;
mod edges;
mod fleets;
mod forks;
mod gates;
mod gathering;
mod health;
mod idempotency;
mod intakes;
mod keeping;
mod leaders;
mod logs;
mod messages;
mod meters;
mod network;
mod pacing;
mod partitions;
mod preemption;
mod program;
mod queues;
mod quotas;
mod rebalance;
mod retries;
mod rooms;
mod sharing;
mod sizes;
mod sources;
mod stations;
mod stopping;
mod stores;
mod strains;
mod strands;
mod throttling;
mod timeline;
mod triggers;
mod watching;
mod windows;
mod work;

use calendar::{Calendar, Event, How};
use draws::Draws;
use std::collections::{HashMap, VecDeque};
use strands::{StrandId, Strands, Waiting};
use sysdl_kernel::fact::Digest;
use sysdl_lower::plan::Plan;
use windows::Windows;

/// What a run comes to. Blocks of rows are laid out as `sysdl_kernel::columns` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// All facts.
    pub digest: Digest,
    /// Facts of ended requests.
    pub requests_digest: Digest,
    /// Facts of each component.
    pub components: Vec<Digest>,
    /// Requests created.
    pub requests: u64,
    /// Events handled, late ones included.
    pub events: u64,
    /// Strands alive at the end.
    pub strands: usize,
    /// Blocks of rows of the closed windows.
    pub windows: Vec<Vec<u64>>,
    /// Block of rows over all closed windows.
    pub cumulative: Vec<u64>,
    /// Block of rows of the window that is open at the end.
    pub open: Vec<u64>,
    /// Counts by bucket over all closed windows, in the order of `sysdl_kernel::columns::histograms`.
    pub histograms: Vec<Vec<u32>>,
}

/// A digest as 32 hexadecimal digits.
#[must_use]
pub fn hex(digest: Digest) -> String {
    format!("{:016x}{:016x}", digest.hi, digest.lo)
}

/// Runs a plan: handles every event before `until_ns`, and none after the plan's duration.
#[must_use]
pub fn run(plan: &Plan, seed: u64, until_ns: u64) -> Outcome {
    let mut engine = Engine::new(plan, seed);
    engine.run(until_ns.min(plan.run.duration_ns + 1));
    let (requests, events, strands) = (engine.requests, engine.events, engine.strands.len());
    Outcome { requests, events, strands, ..engine.windows.into_outcome() }
}

/// A run under way.
struct Engine<'a> {
    plan: &'a Plan,
    draws: Draws,
    seed: u64,
    /// How often each effect that comes and goes has done either.
    turns: Vec<u64>,
    now: u64,
    calendar: Calendar,
    strands: Strands,
    /// Visits whose service started during the event at hand, and whose programs are still to begin.
    starting: VecDeque<StrandId>,
    stations: Vec<stations::Station>,
    /// Integrals of processors at work and up, by component, in thousandths of a processor times nanoseconds.
    processors: Vec<[u128; 2]>,
    processors_of_replicas: watching::OfProcessors,
    edges: Vec<edges::Edge>,
    quotas: Vec<quotas::Buckets>,
    /// When each component was last asked whose prompts are cached.
    asked_ns: HashMap<usize, u64>,
    subscriptions: Vec<partitions::Subscription>,
    depots: Vec<rooms::Depot>,
    clusters: Vec<logs::Cluster>,
    logs: Vec<logs::Log>,
    stores: Vec<stores::Store>,
    admissions: Vec<Vec<admission::Bucket>>,
    sources: Vec<sources::Source>,
    scalers: Vec<fleets::Scaler>,
    leaderships: Vec<leaders::Leadership>,
    triggers: Vec<triggers::Trigger>,
    parameters: timeline::Parameters,
    windows: Windows,
    /// Requests created.
    requests: u64,
    /// Requests of each flow that have not ended.
    in_flight: Vec<u64>,
    events: u64,
}

impl<'a> Engine<'a> {
    fn new(plan: &'a Plan, seed: u64) -> Self {
        let mut engine = Engine {
            plan,
            draws: Draws::new(plan),
            seed,
            turns: vec![0; plan.flickers.effect.len()],
            now: 0,
            calendar: Calendar::default(),
            strands: Strands::default(),
            starting: VecDeque::new(),
            stations: stations::all(plan),
            processors: vec![[0; 2]; plan.components.hash.len()],
            processors_of_replicas: watching::OfProcessors::new(),
            edges: edges::all(plan),
            quotas: quotas::all(plan),
            asked_ns: HashMap::new(),
            depots: vec![rooms::Depot::default(); plan.depots.waits.len()],
            clusters: logs::clusters(plan),
            logs: logs::logs(plan),
            subscriptions: vec![partitions::Subscription::default(); plan.subscriptions.edge.len()],
            stores: stores::all(plan),
            admissions: admission::all(plan),
            sources: sources::all(plan, seed),
            scalers: fleets::scalers(plan),
            leaderships: leaders::all(plan),
            triggers: triggers::all(plan),
            parameters: timeline::Parameters::new(plan),
            windows: Windows::new(plan),
            requests: 0,
            in_flight: vec![0; plan.flows.hash.len()],
            events: 0,
        };
        engine.schedule_timeline();
        engine.schedule_probes();
        engine.schedule_sources();
        engine.calendar.push(plan.run.window_ns, 0, Event::Window);
        engine
    }

    fn run(&mut self, until_ns: u64) {
        while let Some((at_ns, event)) = self.calendar.pop_before(until_ns) {
            assert!(self.now <= at_ns, "time ran backwards");
            self.advance(at_ns);
            self.handle(event);
            while let Some(visit) = self.starting.pop_front() {
                self.begin(visit);
            }
            self.events += 1;
        }
        self.advance(self.now.max(until_ns.saturating_sub(1)));
        self.set_gauges();
    }

    /// Time passes: integrals grow by what the stations held.
    fn advance(&mut self, to_ns: u64) {
        let passed = to_ns - self.now;
        self.now = to_ns;
        if passed > 0 {
            self.integrate(passed);
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Timeline { row } => self.change(row),
            Event::Turn { row } => self.turn(row),
            Event::Over { number } => self.over(number),
            Event::Ready { component, replica } => self.ready(component, replica),
            Event::WorkEnd { strand, wait } => {
                if self.strands.end_wait(Waiting { strand, wait }) {
                    self.work_end(strand);
                }
            }
            Event::Reply { strand, wait, outcome, visit_key, sent } => {
                if self.strands.waits(Waiting { strand, wait }) {
                    self.take_usage(strand, visit_key);
                    self.answered(strand, outcome, visit_key, sent);
                }
            }
            Event::Timeout { strand, wait, with } => {
                if self.strands.waits(Waiting { strand, wait }) {
                    self.out_of_patience(strand, with);
                }
            }
            Event::Resume { strand, wait, how: How::Hedge { number } } => {
                if self.strands.waits(Waiting { strand, wait }) {
                    self.hedge(strand, number);
                }
            }
            Event::Resume { strand, wait, how: How::Room } => {
                if self.strands.waits(Waiting { strand, wait }) {
                    self.look_for_room(Waiting { strand, wait });
                }
            }
            Event::Resume { strand, wait, how: How::Send } => {
                if self.strands.waits(Waiting { strand, wait }) {
                    self.send_attempt(strand);
                }
            }
            Event::Resume { strand, wait, how } => {
                if self.strands.end_wait(Waiting { strand, wait }) {
                    self.resume(strand, how);
                }
            }
            Event::Gone { component, member, turn } => self.member_gone(component, member, turn),
            Event::Assigned { component } => self.assigned(component),
            Event::Poll { component, partition } => self.worked_on(component, partition),
            Event::Broker { cluster, replica, turn, finding } => self.broker_found(cluster, replica, turn, finding),
            Event::Lingered { edge, replica, turn } => self.lingered(edge, replica, turn),
            Event::Back { component, partition, turn } => self.partition_back(component, partition, turn),
            Event::HearsNothing { leadership, replica, timer } => self.hears_nothing(leadership, replica, timer),
            Event::Ballot { leadership, replica, ballot } => self.ballot(leadership, replica, ballot),
            Event::NextLeader { leadership, timer } => self.next_leader(leadership, timer),
            Event::Arrive { visit } => self.arrive(visit),
            Event::CallOff { visit, visit_key } => self.called_off(visit, visit_key),
            Event::Return { edge, replica } => self.readmit(edge, replica),
            Event::Resend { message, retries } => self.resend(message, retries),
            Event::Probe { edge, replica, step } => self.probe(edge, replica, step),
            Event::Source { source, user, planned } => self.request_due(source, user, planned),
            Event::Comer { source, key } => self.comer(source, key),
            Event::Session { source, session } => self.request_of_session(source, session),
            Event::Window => self.close_window(),
            Event::Control => {
                self.watch();
                self.control();
            }
        }
    }

    fn resume(&mut self, strand: StrandId, how: How) {
        let (well, badly) = (self.strands.get(strand).well, self.strands.get(strand).badly);
        match how {
            How::Well => self.go_on(strand, well),
            How::Badly => self.go_on(strand, badly),
            How::NextAttempt => self.attempt(strand),
            How::Begin => self.begin(strand),
            How::Hedge { .. } | How::Room | How::Send => unreachable!("a look ends no wait by itself"),
        }
    }

    /// A strand that waits goes on one nanosecond later.
    fn resume_next(&mut self, waiting: Waiting, how: How) {
        let Waiting { strand, wait } = waiting;
        let key = self.strands.get(strand).key;
        self.calendar.push(self.now + 1, key, Event::Resume { strand, wait, how });
    }

    fn close_window(&mut self) {
        self.set_gauges();
        self.windows.close();
        self.begin_queue_maxima();
        self.calendar.push(self.now + self.plan.run.window_ns, 0, Event::Window);
        if !self.scalers.is_empty() || !self.triggers.is_empty() {
            self.calendar.push(self.now + 1, 0, Event::Control);
        }
    }
}
