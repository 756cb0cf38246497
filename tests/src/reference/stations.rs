//! Stations: where visits arrive, wait, are served and end.

use super::Engine;
use super::calendar::{Event, How};
use super::draws::whole_ns;
use super::fleets::Phase;
use super::meters::Usage;
use super::partitions::{self, Group};
use super::queues::Queue;
use super::sharing::Sharing;
use super::strands::{Call, Doing, Role, Strand, StrandId, Waiting, Work};
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{chance, draw, nth};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// Values of being down: nobody is told; what is in service goes back to the queue.
const SILENT: f64 = 2.0;
const REQUEUES: f64 = 3.0;

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
    present: u64,
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
    idle: Vec<u64>,
    /// Visits that have arrived and not ended.
    present: u32,
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
    /// It takes new work.
    pub(super) fn takes(&self) -> bool {
        self.phase == Phase::InService && !self.draining
    }

    /// A visit is there. Where replicas share a queue it has a server.
    pub(super) fn holds(&self) -> bool {
        if self.shares_queue { self.busy > 0 } else { self.present > 0 }
    }
}

impl Replica {
    /// Whether one of its servers is free.
    pub(super) fn has_free(&self, servers: u32) -> bool {
        self.busy < servers.min(self.most.unwrap_or(UNBOUNDED))
    }

    /// Whether a server that becomes free is one of those that it still has.
    fn keeps(&self, servers: u32) -> bool {
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
    fn setup_time(&mut self, c: usize, r: usize, strand: StrandId) -> u64 {
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
    fn start_holding(&mut self, c: usize, r: usize, visit: StrandId) {
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

/// Servers and queues.
impl Engine<'_> {
    /// A strand of a component that holds servers for work only asks for one. False if there is no room to wait.
    pub(super) fn ask_for_server(&mut self, strand: StrandId, duration_ns: u64) -> bool {
        let (c, r) = self.place(strand);
        self.strands.get(strand).work = Some(Work { asked_ns: self.now, duration_ns });
        if self.stations[c].replicas[r].has_free(self.plan.components.servers[c]) {
            self.stations[c].replicas[r].busy += 1;
            let setup_ns = self.setup_time(c, r, strand);
            self.strands.get(strand).work = Some(Work { asked_ns: self.now, duration_ns: duration_ns + setup_ns });
            self.begin_work(c, strand);
            return true;
        }
        if self.interrupt_for(c, r, strand) {
            self.begin_work(c, strand);
            return true;
        }
        let waits = self.enqueue(c, Some(r), strand);
        if !waits {
            self.strands.get(strand).work = None;
        }
        waits
    }

    /// Work starts; a server is already its own.
    fn begin_work(&mut self, c: usize, strand: StrandId) {
        let work = self.strands.get(strand).work.expect("it has asked for a server");
        self.record_start(c, work.asked_ns);
        self.strands.get(strand).work = Some(Work { asked_ns: self.now, ..work });
        self.work_for(strand, work.duration_ns);
    }

    /// Work is done.
    pub(super) fn work_end(&mut self, strand: StrandId) {
        if !self.shared_work_is_done(strand) {
            return;
        }
        self.interruptible_work_ends(strand);
        if let Some(work) = self.strands.get(strand).work.take() {
            let (c, r) = self.place(strand);
            self.windows.add(c, component::SERVED, 1);
            self.windows.add_replica((c, r), component::SERVED, 1);
            self.windows.add(c, component::SERVICE_NS, self.now - work.asked_ns);
            self.release_server(c, r);
        }
        let riders = std::mem::take(&mut self.strands.get(strand).riders);
        self.go_on_after_work(strand);
        for rider in riders {
            self.go_on_after_work(rider);
        }
    }

    fn go_on_after_work(&mut self, strand: StrandId) {
        let why = self.reason_to_stop(strand);
        let working = self.strands.get(strand);
        let (well, badly) = (working.well, working.badly);
        let Some(why) = why else { return self.go_on(strand, well) };
        working.outcome = why;
        self.go_on(strand, badly);
    }

    /// A server is free again: the head of the queue takes it.
    fn release_server(&mut self, c: usize, r: usize) {
        let station = &self.stations[c];
        let hands_on = self.plan.components.shared_queue[c] == 0 || station.replicas[r].takes();
        let too_many = !station.replicas[r].keeps(self.plan.components.servers[c]);
        let next = match station.group.is_some() {
            _ if too_many => None,
            true => self.next_of_group(c, r),
            false if hands_on => self.next_in_queue(c, r),
            false => None,
        };
        let Some(next) = next else {
            let replica = &mut self.stations[c].replicas[r];
            replica.busy -= 1;
            replica.idle.push(self.now);
            return;
        };
        match self.strands.get(next).left_ns {
            Some(left_ns) => self.resume_work(c, next, left_ns),
            None if self.plan.components.hold_visit[c] == 1 => {
                self.start_holding(c, r, next);
                if self.stations[c].group.is_some() {
                    self.attend(c, r, next);
                }
            }
            None => self.begin_batch(c, r, next),
        }
    }

    /// A server that was not there before serves who was next in the queue of its replica.
    pub(super) fn serve_next(&mut self, c: usize, r: usize, next: StrandId) {
        if let Some(left_ns) = self.strands.get(next).left_ns {
            self.stations[c].replicas[r].busy += 1;
            return self.resume_work(c, next, left_ns);
        }
        if self.plan.components.hold_visit[c] == 1 {
            return self.take_server(c, r, next);
        }
        self.stations[c].replicas[r].busy += 1;
        let setup_ns = self.setup_time(c, r, next);
        let work = self.strands.get(next).work.as_mut().expect("it has asked for a server");
        work.duration_ns += setup_ns;
        self.begin_batch(c, r, next);
    }

    /// A server does the work of a strand, and with it that of the next who wait; it lasts as long as the first's.
    fn begin_batch(&mut self, c: usize, r: usize, first: StrandId) {
        self.begin_work(c, first);
        for _ in 1..self.plan.components.batch[c] {
            let Some(rider) = self.next_in_queue(c, r) else { return };
            let work = self.strands.get(rider).work.take().expect("it has asked for a server");
            self.record_start(c, work.asked_ns);
            self.strands.get(first).riders.push(rider);
        }
    }
}

/// Replicas that go down and come back.
impl Engine<'_> {
    /// A replica goes down: what it holds is killed.
    pub(super) fn take_down(&mut self, c: usize, r: usize, value: f64) {
        self.empty_replica(c, r, value);
        if self.stations[c].group.is_some() {
            self.presence(c, r);
        }
        if self.plan.components.cluster[c] != NONE {
            self.broker_goes_down(self.plan.components.cluster[c] as usize, r);
        }
    }

    /// Every visit that has arrived at a replica and every branch there is killed, for a value of being down; 0: it is up.
    pub(super) fn empty_replica(&mut self, c: usize, r: usize, value: f64) {
        let has_group = self.stations[c].group.is_some();
        if has_group {
            self.take_back(c, r);
        }
        let at_replica = |strand: &Strand| strand.component == Some(c) && strand.replica == Some(r);
        let has_arrived = |strand: &Strand| match strand.role {
            Role::Visit(visit) => visit.arrived_ns.is_some(),
            _ => true,
        };
        let killed = self.strands.which(|strand| at_replica(strand) && has_arrived(strand));
        let Replica { phase, draining, shares_queue, most, .. } = self.stations[c].replicas[r];
        self.stations[c].replicas[r] =
            Replica { up: value == 0.0, phase, draining, shares_queue, most, ..Replica::default() };
        self.reset_gates(c, r);
        self.reset_connections(c, r);
        self.lose_baskets(c, r);
        self.fail_fetches(&killed);
        self.leave_lines(&killed);
        if value >= REQUEUES && self.plan.components.shared_queue[c] == 1 && !has_group {
            return self.requeue(c, r, killed);
        }
        // All of them end first, because none of them hears an answer of another.
        let killed: Vec<Strand> = killed.into_iter().map(|strand| self.strands.remove(strand)).collect();
        for strand in &killed {
            self.waste_of_killed(c, strand);
        }
        for mut strand in killed.into_iter().filter(|strand| matches!(strand.role, Role::Visit(_))) {
            if value == SILENT {
                strand.visit().answered = true;
            }
            self.count_killed(c, &mut strand);
        }
    }

    /// What a killed strand has used, and what was under way to it, is for nobody.
    fn waste_of_killed(&mut self, c: usize, strand: &Strand) {
        for answer in &strand.under_way {
            let edge = self.plan.sites.edge[strand.call.site as usize] as usize;
            self.waste(self.plan.edges.to[edge] as usize, answer.usage);
        }
        let has_answered = matches!(strand.role, Role::Visit(visit) if visit.answered);
        if strand.awaited_by.is_some() && !has_answered {
            self.waste(c, strand.usage);
        }
    }

    /// Visits that a replica was at go back to the head of their queue, to begin anew; its branches are gone.
    fn requeue(&mut self, c: usize, r: usize, killed: Vec<StrandId>) {
        let mut visits = Vec::new();
        for id in killed {
            let strand = self.strands.get(id).clone();
            self.waste_of_killed(c, &strand);
            match strand.role {
                Role::Visit(visit) => visits.push((visit.arrived_ns, strand.key, id)),
                _ => drop(self.strands.remove(id)),
            }
        }
        visits.sort_unstable();
        for (_, key, id) in visits.into_iter().rev() {
            let anew = self.strands.get(id);
            anew.visit().started_ns = None;
            (anew.key, anew.replica, anew.outcome, anew.wait) = (nth(key, 1 << 33), None, outcome::OK, None);
            (anew.call, anew.work, anew.doing, anew.left_ns) = (Call::default(), None, Doing::Else, None);
            (anew.gated, anew.permits, anew.remembered) = (false, 0, None);
            (anew.usage, anew.context, anew.cached) = (Usage::default(), 0, 0);
            anew.under_way.clear();
            anew.riders.clear();
            self.windows.add(c, component::REQUEUED, 1);
            self.put_back(c, r, id);
        }
    }

    /// Replicas that are up take from the queue that they share what they have servers for.
    pub(super) fn take_up(&mut self, c: usize) {
        while self.stations[c].shared.len() > 0 {
            let Some(r) = self.stations[c].find_free(self.plan.components.servers[c]) else { return };
            let Some(visit) = self.next_in_queue(c, r) else { return };
            self.take_server(c, r, visit);
        }
    }

    fn count_killed(&mut self, c: usize, strand: &mut Strand) {
        self.windows.add(c, component::OUTCOMES + outcome::FAILED as usize, 1);
        self.windows.add(c, component::KILLED, 1);
        let place = (c, strand.replica.expect("it was killed at one"));
        self.ended_at(place, outcome::FAILED, None);
        self.windows.add_replica(place, component::KILLED, 1);
        self.stations[c].present -= 1;
        let (key, visit) = (strand.key, *strand.visit());
        let caller: Option<Waiting> = strand.awaited_by.filter(|&caller| self.strands.waits(caller));
        if let (Some(caller), false) = (caller, visit.answered) {
            self.send_reply(visit.site, key, 0, Usage::default(), caller, outcome::FAILED);
        }
    }

    /// A replica comes back: it takes as many from a shared queue as it has servers for.
    pub(super) fn bring_up(&mut self, c: usize, r: usize) {
        self.stations[c].replicas[r].up = true;
        if self.plan.components.cluster[c] != NONE {
            self.broker_comes_back(self.plan.components.cluster[c] as usize, r);
        }
        self.reset_connections(c, r);
        if self.stations[c].group.is_some() {
            self.presence(c, r);
            return self.serve(c, Some(r));
        }
        self.take_from_queue(c, r);
    }

    /// A replica that has come takes as many from a shared queue as it has servers for.
    pub(super) fn take_from_queue(&mut self, c: usize, r: usize) {
        let replica = &self.stations[c].replicas[r];
        if !replica.up || !replica.takes() {
            return;
        }
        if self.stations[c].group.is_some() {
            return self.serve(c, Some(r));
        }
        while self.stations[c].replicas[r].has_free(self.plan.components.servers[c]) {
            if self.stations[c].shared.len() == 0 {
                return;
            }
            let Some(visit) = self.next_in_queue(c, r) else { return };
            self.take_server(c, r, visit);
        }
    }
}
