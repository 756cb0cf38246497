//! Stations: where visits arrive, wait, are served and end.

use super::Engine;
use super::calendar::{Event, How};
use super::draws::whole_ns;
use super::fleets::Phase;
use super::partitions::{self, Group};
use super::queues::Queue;
use super::sharing::Sharing;
use super::strands::{Role, StrandId};
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{chance, draw};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// Value of being down: nobody is told.
pub(super) const SILENT: f64 = 2.0;

/// What changes about a component.
pub(super) struct Station {
    pub(super) replicas: Vec<Replica>,
    /// The queue of all replicas, where they share one.
    pub(super) shared: Queue,
    /// How its replicas share out messages.
    pub(super) group: Option<Group>,
    /// Where the search for a free replica begins, where they share a queue.
    cursor: usize,
    /// Visits that have arrived and not ended.
    pub(super) present: u64,
    /// Replicas that are to be in service, where they come and go.
    pub(super) wanted: Option<u32>,
    /// Tokens of its limit, and when they were counted.
    tokens: (f64, u64),
}

#[derive(Default)]
pub(super) struct Replica {
    pub(super) up: bool,
    /// Where it is between absent and in service.
    pub(super) phase: Phase,
    /// Its queue is that of all replicas.
    shares_queue: bool,
    /// It is to take nothing new.
    pub(super) draining: bool,
    /// Most servers that it may hold, where that can change.
    pub(super) most: Option<u32>,
    /// Servers held.
    pub(super) busy: u32,
    /// Its own queue.
    pub(super) queue: Queue,
    /// Strands at work that can be interrupted, in the order in which they began.
    pub(super) working: Vec<StrandId>,
    /// Since when servers that were used are idle.
    pub(super) idle: Vec<u64>,
    /// Visits that have arrived and not ended.
    pub(super) present: u32,
    /// Work that shares its processors.
    pub(super) sharing: Sharing,
}

/// Stations as they are at the begin of a run.
pub(super) fn all(plan: &Plan) -> Vec<Station> {
    let rows = &plan.components;
    let held_for_visit = |c: usize| rows.shared_queue[c] == 0 || rows.hold_visit[c] == 1;
    assert!((0..rows.hash.len()).all(held_for_visit), "a shared queue is for servers held for the visit");
    let replica = |c: usize, r: u32| {
        let initial = initial(plan, c);
        let phase = if initial.is_some_and(|initial| r >= initial) { Phase::Absent } else { Phase::InService };
        Replica { up: true, phase, shares_queue: rows.shared_queue[c] == 1, ..Replica::default() }
    };
    let station = |(c, &replicas): (usize, &u32)| Station {
        replicas: (0..replicas).map(|r| replica(c, r)).collect(),
        wanted: initial(plan, c),
        tokens: (rows.limit_burst[c], 0),
        shared: Queue::default(),
        group: partitions::of_component(plan, c),
        cursor: 0,
        present: 0,
    };
    rows.replicas.iter().enumerate().map(station).collect()
}

/// Replicas in service at the begin, where they come and go.
pub(super) fn initial(plan: &Plan, c: usize) -> Option<u32> {
    let fleet = plan.components.fleet[c];
    (fleet != NONE).then(|| plan.fleets.initial[fleet as usize])
}

impl Replica {
    /// The replica without what it held.
    pub(super) fn emptied(&self, up: bool) -> Self {
        let Self { phase, draining, shares_queue, most, .. } = *self;
        Self { up, phase, draining, shares_queue, most, ..Self::default() }
    }

    /// It takes new work.
    pub(super) fn takes(&self) -> bool {
        self.phase == Phase::InService && !self.draining
    }

    /// A visit is there. Where replicas share a queue it has a server.
    pub(super) fn holds(&self) -> bool {
        if self.shares_queue { self.busy > 0 } else { self.present > 0 }
    }

    /// Whether one of its servers is free.
    pub(super) fn has_free(&self, servers: u32) -> bool {
        self.busy < servers.min(self.most.unwrap_or(UNBOUNDED))
    }

    /// Whether a server that becomes free is one of those that it still has.
    pub(super) fn keeps(&self, servers: u32) -> bool {
        self.busy <= servers.min(self.most.unwrap_or(UNBOUNDED))
    }
}

impl Station {
    fn busy(&self) -> u64 {
        self.replicas.iter().map(|replica| u64::from(replica.busy)).sum()
    }

    pub(super) fn waiting(&self) -> u64 {
        let own: usize = self.replicas.iter().map(|replica| replica.queue.len()).sum();
        let in_partitions: usize =
            self.group.iter().flat_map(|group| &group.partitions).map(|partition| partition.waiting.len()).sum();
        (own + self.shared.len() + in_partitions) as u64
    }

    /// Servers of replicas that are up, 0 if unbounded.
    fn capacity(&self, servers: u32) -> u64 {
        if servers == UNBOUNDED { 0 } else { self.up() * u64::from(servers) }
    }

    /// Replicas whose servers count.
    fn up(&self) -> u64 {
        self.replicas.iter().filter(|replica| replica.up && (replica.takes() || replica.holds())).count() as u64
    }

    /// Processors at work, and those of replicas that are up, in thousandths, if a replica has so many.
    fn processors(&self, each: u64) -> [u64; 2] {
        let busy = self.replicas.iter().map(|replica| each.min(1000 * replica.sharing.at_work()));
        [busy.sum(), self.up() * each]
    }

    pub(super) fn is_up(&self, r: usize) -> bool {
        self.replicas[r].up
    }

    pub(super) fn is_free(&self, r: usize, servers: u32) -> bool {
        self.replicas[r].up && self.replicas[r].has_free(servers)
    }

    /// One more visit is there.
    pub(super) fn add_present(&mut self) {
        self.present += 1;
    }

    /// The first replica from the cursor on that is up and has a free server.
    pub(super) fn find_free(&mut self, servers: u32) -> Option<usize> {
        let count = self.replicas.len();
        let free = |&r: &usize| {
            let replica = &self.replicas[r];
            replica.up && replica.takes() && replica.has_free(servers)
        };
        let found = (self.cursor..self.cursor + count).map(|r| r % count).find(free)?;
        self.cursor = (found + 1) % count;
        Some(found)
    }
}

/// Integrals, gauges and maxima.
impl Engine<'_> {
    /// Adds what all stations held for a while to their integrals.
    pub(super) fn integrate(&mut self, passed_ns: u64) {
        for (c, station) in self.stations.iter().enumerate() {
            let capacity = station.capacity(self.plan.components.servers[c]);
            self.windows.add(c, component::BUSY_NS, station.busy() * passed_ns);
            self.windows.add(c, component::QUEUE_NS, station.waiting() * passed_ns);
            self.windows.add(c, component::PRESENT_NS, station.present * passed_ns);
            self.windows.add(c, component::CAPACITY_NS, capacity * passed_ns);
            let each = self.plan.components.processors[c];
            if each != NONE {
                let thousandths = station.processors(u64::from(self.plan.processors.each[each as usize]));
                for (i, column) in [component::PROCESSORS_BUSY_NS, component::PROCESSORS_NS].into_iter().enumerate() {
                    let before = self.processors[c][i];
                    let after = before + u128::from(thousandths[i]) * u128::from(passed_ns);
                    self.processors[c][i] = after;
                    self.windows.add(c, column, (after / 1000 - before / 1000) as u64);
                }
            }
            if station.wanted.is_some() {
                self.windows.add(c, component::SERVING_NS, station.serving() * passed_ns);
                self.windows.add(c, component::DEPLOYED_NS, station.deployed() * passed_ns);
            }
            if self.is_vacant(c) {
                self.windows.add(c, component::LEADERLESS_NS, passed_ns);
            }
        }
        self.integrate_replicas(passed_ns);
    }

    /// Reads all gauges.
    pub(super) fn set_gauges(&mut self) {
        for (c, station) in self.stations.iter().enumerate() {
            self.windows.set(c, component::BUSY, station.busy());
            self.windows.set(c, component::QUEUE, station.waiting());
            self.windows.set(c, component::PRESENT, station.present);
            self.windows.set(c, component::SERVING, if station.wanted.is_some() { station.serving() } else { 0 });
        }
        self.set_gauges_of_replicas();
        self.set_flow_gauges();
    }

    /// A window begins with the queues that the one before has left.
    pub(super) fn begin_queue_maxima(&mut self) {
        for (c, station) in self.stations.iter().enumerate() {
            self.windows.raise(c, component::QUEUE_MAX, station.waiting());
        }
    }
}

/// Visits.
impl Engine<'_> {
    /// Component and replica of a strand that is at one.
    pub(super) fn place(&mut self, strand: StrandId) -> (usize, usize) {
        let strand = self.strands.get(strand);
        (strand.component.expect("it is no request"), strand.replica.expect("it has been started"))
    }

    /// A message has reached its component.
    pub(super) fn arrive(&mut self, id: StrandId) {
        if self.strands.get(id).company.is_empty() { self.arrive_alone(id) } else { self.batch_arrives(id) }
    }

    /// A message that comes by itself has reached its component.
    pub(super) fn arrive_alone(&mut self, id: StrandId) {
        if self.passes(id) {
            self.enter(id);
        }
    }

    /// A visit is at the door. False if it ends there.
    pub(super) fn passes(&mut self, id: StrandId) -> bool {
        let now = self.now;
        let strand = self.strands.get(id);
        strand.visit().arrived_ns = Some(now);
        let strand_is_cancelled = strand.cancelled;
        let (c, chosen) = (strand.component.expect("a visit has a component"), strand.replica);
        self.windows.add(c, component::ARRIVALS, 1);
        self.stations[c].present += 1;
        let site = self.strands.get(id).visit().site;
        self.message_landed(self.edge_of(site));
        if let Some(r) = chosen {
            self.stations[c].replicas[r].present += 1;
            self.windows.add_replica((c, r), component::ARRIVALS, 1);
        }
        if strand_is_cancelled {
            self.end_visit(id, outcome::ABANDONED);
            return false;
        }
        if !self.admits(c) || !self.quota_admits(c, id) {
            self.end_visit(id, outcome::RATE_LIMITED);
            return false;
        }
        !(self.is_up_for(c, chosen) && self.joins(id))
    }

    /// A visit comes in: it is served, waits, or finds no room.
    pub(super) fn enter(&mut self, id: StrandId) {
        let strand = self.strands.get(id);
        let (c, chosen) = (strand.component.expect("a visit has a component"), strand.replica);
        let servers = self.plan.components.servers[c];
        let Some(r) = chosen else {
            if self.stations[c].group.is_some() {
                return self.message_arrives(c, id);
            }
            return match self.stations[c].find_free(servers) {
                Some(r) => self.take_server(c, r, id),
                None => self.wait_or_overflow(c, None, id),
            };
        };
        let replica = &self.stations[c].replicas[r];
        if !replica.up {
            if self.parameters.at(self.plan.components.slot_down[c], r) == Some(SILENT) {
                self.strands.get(id).visit().answered = true;
            }
            self.end_visit(id, outcome::FAILED);
        } else if !replica.takes() && self.stations[c].replicas.iter().all(|replica| !replica.takes()) {
            self.end_visit(id, outcome::FAILED);
        } else if self.plan.components.hold_visit[c] == 0 {
            self.start_service(id);
        } else if replica.has_free(servers) {
            self.take_server(c, r, id);
        } else if self.interrupt_for(c, r, id) {
            self.start_holding(c, r, id);
        } else {
            self.wait_or_overflow(c, Some(r), id);
        }
    }

    fn is_up_for(&self, c: usize, chosen: Option<usize>) -> bool {
        chosen.is_none_or(|r| self.stations[c].replicas[r].up)
    }

    /// One visit less is there.
    pub(super) fn leaves(&mut self, c: usize, replica: Option<usize>) {
        self.stations[c].present -= 1;
        if self.plan.components.shared_queue[c] == 0 {
            let r = replica.expect("a replica was chosen");
            self.stations[c].replicas[r].present -= 1;
        }
    }

    /// Takes a token of a component's limit. True also where there is no limit.
    fn admits(&mut self, c: usize) -> bool {
        let rate = self.plan.components.limit_rate[c];
        if rate == 0.0 {
            return true;
        }
        let (tokens, since_ns) = self.stations[c].tokens;
        let earned = (self.now - since_ns) as f64 * rate;
        let tokens = (tokens + earned).min(self.plan.components.limit_burst[c]);
        let enough = tokens >= 1.0;
        self.stations[c].tokens = (if enough { tokens - 1.0 } else { tokens }, self.now);
        enough
    }

    /// Visits present at a replica.
    pub(super) fn present_at(&self, c: usize, r: usize) -> u32 {
        self.stations[c].replicas[r].present
    }

    fn wait_or_overflow(&mut self, c: usize, replica: Option<usize>, visit: StrandId) {
        if !self.enqueue(c, replica, visit) {
            self.end_visit(visit, self.plan.components.overflow[c]);
        }
    }

    /// A visit takes a free server of a replica, for as long as it lasts.
    pub(super) fn take_server(&mut self, c: usize, r: usize, visit: StrandId) {
        self.stations[c].replicas[r].busy += 1;
        let setup_ns = self.setup_time(c, r, visit);
        self.start_holding(c, r, visit);
        if setup_ns > 0 {
            self.starting.pop_back();
            let wait = self.strands.begin_wait(visit).wait;
            let key = self.strands.get(visit).key;
            let event = Event::Resume { strand: visit, wait, how: How::Begin };
            self.calendar.push(self.now + setup_ns, key, event);
        }
    }

    /// Time before a server that is taken for a strand serves. Those used last are used first.
    pub(super) fn setup_time(&mut self, c: usize, r: usize, strand: StrandId) -> u64 {
        let rows = &self.plan.components;
        if rows.setup[c] == NONE {
            return 0;
        }
        let idle = &mut self.stations[c].replicas[r].idle;
        if let Some(since_ns) = idle.pop() {
            if self.now - since_ns <= rows.keep_alive_ns[c] {
                return 0;
            }
            idle.clear();
        }
        self.windows.add(c, component::SETUPS, 1);
        let word = draw(self.strands.get(strand).key ^ self.now, rows.purpose_setup[c]);
        whole_ns(self.draws.sample(rows.setup[c], word))
    }

    /// The service of a visit starts; a server of the replica is already its own.
    pub(super) fn start_holding(&mut self, c: usize, r: usize, visit: StrandId) {
        let strand = self.strands.get(visit);
        strand.replica = Some(r);
        let arrived_ns = strand.visit().arrived_ns.expect("it has arrived");
        self.record_start(c, arrived_ns);
        self.start_service(visit);
    }

    /// Its program begins when the event at hand is handled.
    fn start_service(&mut self, visit: StrandId) {
        let now = self.now;
        self.strands.get(visit).visit().started_ns = Some(now);
        self.starting.push_back(visit);
    }

    pub(super) fn record_start(&mut self, c: usize, since_ns: u64) {
        let waited_ns = self.now - since_ns;
        self.windows.add(c, component::STARTS, 1);
        self.windows.add(c, component::WAITING_NS, waited_ns);
        self.windows.observe_waiting(c, waited_ns);
    }

    /// The program of a visit begins, unless it fails at once.
    pub(super) fn begin(&mut self, visit: StrandId) {
        let (c, r) = self.place(visit);
        if let Some(why) = self.reason_to_stop(visit) {
            return self.end_visit(visit, why);
        }
        let strand = self.strands.get(visit);
        let (key, site) = (strand.key, strand.visit().site);
        let errors = self.parameters.at(self.plan.components.slot_errors[c], r).unwrap_or(0.0);
        if errors > 0.0 && chance(draw(key, self.plan.components.purpose_errors[c]), errors) {
            return self.end_visit(visit, outcome::FAILED);
        }
        if self.is_poison(c, visit) {
            return self.end_visit(visit, outcome::FAILED);
        }
        if self.plan.sites.once_received[site as usize] == 1 {
            self.received(visit);
        }
        let program = self.plan.sites.program[site as usize] as usize;
        self.go_on(visit, self.plan.programs.entry[program]);
    }

    /// The strand's visit answers now, and goes on.
    pub(super) fn reply_step(&mut self, mut strand: StrandId) {
        while matches!(self.strands.get(strand).role, Role::Branch) {
            let forking = self.strands.get(strand).awaited_by.filter(|&waiting| self.strands.waits(waiting));
            let Some(waiting) = forking else { return };
            strand = waiting.strand;
        }
        if !self.strands.get(strand).visit().answered {
            self.answer(strand, outcome::OK);
            self.reply_for_others(strand);
        }
    }

    /// A visit ends, and with it those that are done with it.
    pub(super) fn end_visit(&mut self, id: StrandId, result: u32) {
        let strand = self.strands.get(id);
        let (c, r, p, visit) =
            (strand.component.expect("a visit has a component"), strand.replica, strand.partition, *strand.visit());
        let company = std::mem::take(&mut strand.company);
        self.end_one(id, result);
        for rider in company {
            self.strands.get(rider).visit().started_ns = visit.started_ns;
            self.end_one(rider, result);
        }
        let Some(started_ns) = visit.started_ns else { return };
        if self.plan.components.hold_visit[c] == 1 {
            let r = r.expect("it has been started");
            self.windows.add(c, component::SERVED, 1);
            self.windows.add_replica((c, r), component::SERVED, 1);
            self.windows.add(c, component::SERVICE_NS, self.now - started_ns);
            if self.stations[c].group.is_some() {
                self.messages_done(c, p, r);
            }
            self.release_server(c, r);
        }
    }

    /// A visit ends, whatever becomes of its server.
    fn end_one(&mut self, id: StrandId, result: u32) {
        if !self.strands.get(id).visit().answered {
            self.answer(id, result);
        }
        let mut strand = self.strands.remove(id);
        let c = strand.component.expect("a visit has a component");
        let visit = *strand.visit();
        self.windows.add(c, component::of_outcome(result as usize), 1);
        self.leaves(c, strand.replica);
        if visit.started_ns.is_none() {
            if let Some(r) = strand.replica.filter(|_| self.plan.components.shared_queue[c] == 0) {
                self.ended_at((c, r), result, None);
            }
            return;
        }
        let sojourn_ns = self.now - visit.arrived_ns.expect("it has arrived");
        self.ended_at((c, strand.replica.expect("it was served at one")), result, Some(sojourn_ns));
        self.windows.add(c, component::SOJOURN_NS, sojourn_ns);
        self.windows.observe_sojourn(c, sojourn_ns);
        if self.stations[c].group.is_some() {
            self.message_handled(&strand, visit, result);
            self.keep_until_commit(c, strand, visit.site);
        }
    }
}
