//! Sources: where requests come from, and where they end.

use super::Engine;
use super::calendar::Event;
use super::draws::whole_ns;
use super::intakes::instants;
use super::strands::{Role, Session, Strand, StrandId};
use sysdl_kernel::columns::flow;
use sysdl_kernel::draw::{draw, mix, nth, source_key, user_key};
use sysdl_kernel::{fact, outcome};
use sysdl_lower::plan::{NONE, Plan};

/// What changes about a source.
pub(super) struct Source {
    pub(super) key: u64,
    /// Arrivals of an open source.
    pub(super) ordinal: u64,
    /// Rate in force, per second.
    rate: f64,
    /// Part of the gap at unit rate that was still to come at `since_ns`.
    gap_left: f64,
    since_ns: u64,
    /// Remainder of a nanosecond by which the arrival before was due later than it was made.
    carry: f64,
    /// The same of the arrival that is planned.
    carry_next: f64,
    /// Number of the plan in force; arrivals planned before it do not happen.
    pub(super) planned: u64,
    /// What its users do, and in which cycle, if their number changes.
    users: Vec<(Does, u64)>,
    /// Instants of arrivals, if it does not go by a rate; all of them, in order.
    pub(super) given: Vec<u64>,
}

/// What a user does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    Think,
    Ask,
}

/// Sources as they are at the begin of a run.
pub(super) fn all(plan: &Plan, seed: u64) -> Vec<Source> {
    let given = |s: usize| match plan.sources.intake[s] {
        NONE => Vec::new(),
        row => instants(&plan.intakes, &plan.instants, row as usize, plan.run.duration_ns),
    };
    let source = |s: usize| Source {
        key: source_key(seed, plan.sources.hash[s]),
        given: if goes_by_rate(plan, s) { Vec::new() } else { given(s) },
        ordinal: 0,
        rate: 0.0,
        gap_left: 0.0,
        since_ns: 0,
        carry: 0.0,
        carry_next: 0.0,
        planned: 0,
        users: match plan.sources.slot_users[s] {
            NONE => Vec::new(),
            _ => vec![(Does::Nothing, 0); plan.sources.users[s] as usize],
        },
    };
    (0..plan.sources.hash.len()).map(source).collect()
}

/// Whether the arrivals of an open source have a rate.
fn goes_by_rate(plan: &Plan, s: usize) -> bool {
    let row = plan.sources.intake[s] as usize;
    plan.sources.intake[s] == NONE || plan.intakes.every_ns[row] == 0 && plan.intakes.instants[row] == 0
}

impl Engine<'_> {
    /// Plans the first request of every source and user.
    pub(super) fn schedule_sources(&mut self) {
        for s in 0..self.sources.len() {
            for user in 0..self.wanted_users(s) {
                self.think(s, user, 0);
            }
            if !goes_by_rate(self.plan, s) {
                self.plan_given(s);
            } else if self.plan.sources.users[s] == 0 {
                let rate = self.parameters.of(self.plan.sources.slot_rate[s]);
                self.sources[s].rate = rate.unwrap_or(self.plan.sources.rate[s]);
                self.sources[s].gap_left = self.gap(s);
                self.plan_arrival(s);
            }
        }
    }

    /// The gap before the next request at unit rate.
    fn gap(&self, s: usize) -> f64 {
        let rows = &self.plan.sources;
        let request_key = nth(self.sources[s].key, self.sources[s].ordinal);
        let word = draw(request_key, rows.purpose[s]);
        match (rows.poisson[s], rows.think[s]) {
            (1, _) => self.draws.exponential(word),
            (_, NONE) => 1.0,
            (_, gaps) => self.draws.sample(gaps, word),
        }
    }

    /// Plans the next arrival of an open source in place of the one planned before.
    fn plan_arrival(&mut self, s: usize) {
        let source = &mut self.sources[s];
        source.planned += 1;
        if source.rate <= 0.0 {
            return;
        }
        let wait = source.gap_left * (1e9 / source.rate) + source.carry;
        let wait_ns = whole_ns(wait);
        source.carry_next = wait - wait_ns as f64;
        let event = Event::Source { source: s, user: 0, planned: source.planned };
        self.calendar.push(source.since_ns.saturating_add(wait_ns), self.plan.sources.hash[s], event);
    }

    /// The rate of an open source changes: what is left of the gap is stretched.
    pub(super) fn change_rate(&mut self, s: usize, rate: f64) {
        let source = &mut self.sources[s];
        let elapsed = (self.now - source.since_ns) as f64 - source.carry;
        source.gap_left = (source.gap_left - elapsed * (source.rate * 1e-9)).max(0.0);
        source.since_ns = self.now;
        source.carry = 0.0;
        source.rate = rate;
        self.plan_arrival(s);
    }

    /// Users that are to be there.
    fn wanted_users(&self, s: usize) -> u32 {
        let all = self.plan.sources.users[s];
        self.parameters.of(self.plan.sources.slot_users[s]).map_or(all, |wanted| (wanted as u32).min(all))
    }

    /// Another number of users is wanted: who thinks goes at once, who waits for an answer when it is there.
    pub(super) fn change_users(&mut self, s: usize) {
        let wanted = self.wanted_users(s) as usize;
        for user in 0..self.sources[s].users.len() {
            let (does, cycle) = self.sources[s].users[user];
            if user < wanted && does == Does::Nothing {
                self.think(s, user as u32, cycle);
            } else if user >= wanted && does == Does::Think {
                self.sources[s].users[user] = (Does::Nothing, cycle + 1);
            }
        }
    }

    /// A user of a closed source thinks before the request of a cycle. The user number rides in the event.
    fn think(&mut self, s: usize, user: u32, cycle: u64) {
        let key = user_key(self.sources[s].key, u64::from(user), cycle);
        let pause = self.draws.sample(self.plan.sources.think[s], draw(key, self.plan.sources.purpose[s]));
        if let Some(known) = self.sources[s].users.get_mut(user as usize) {
            *known = (Does::Think, cycle);
        }
        let event = Event::Source { source: s, user, planned: cycle };
        self.calendar.push(self.now + whole_ns(pause), mix(self.plan.sources.hash[s] ^ u64::from(user)), event);
    }

    /// A request is due: of an open source by its plan, of a closed one by a user's cycle.
    pub(super) fn request_due(&mut self, s: usize, user: u32, planned: u64) {
        if self.plan.sources.users[s] > 0 {
            if let Some(known) = self.sources[s].users.get_mut(user as usize) {
                if *known != (Does::Think, planned) {
                    return;
                }
                *known = (Does::Ask, planned);
            }
            let key = user_key(self.sources[s].key, u64::from(user), planned);
            return self.create_request(s, user, planned, key, None);
        }
        if self.sources[s].planned != planned {
            return;
        }
        if !goes_by_rate(self.plan, s) {
            return self.given(s);
        }
        let source = &mut self.sources[s];
        let key = nth(source.key, source.ordinal);
        source.ordinal += 1;
        source.since_ns = self.now;
        source.carry = source.carry_next;
        self.sources[s].gap_left = self.gap(s);
        self.plan_arrival(s);
        if self.plan.sources.intake[s] == NONE {
            self.create_request(s, 0, 0, key, None);
        } else {
            self.arrival(s, key);
        }
    }

    pub(super) fn create_request(&mut self, s: usize, user: u32, cycle: u64, key: u64, session: Option<Session>) {
        self.requests += 1;
        let role = Role::Request { source: s, user, cycle, session, created_ns: self.now };
        let request = self.strands.add(Strand::new(key, role, self.plan.run.registers));
        let program = self.plan.sources.program[s] as usize;
        self.go_on(request, self.plan.programs.entry[program]);
    }

    /// A request knows its flow.
    pub(super) fn request_begin(&mut self, flow: usize) {
        *self.windows.flow(flow, flow::REQUESTS) += 1;
        self.in_flight[flow] += 1;
    }

    /// A request has its answer, or its user has left.
    pub(super) fn request_end(&mut self, strand: StrandId, flow: usize) {
        let strand = self.strands.remove(strand);
        let Role::Request { source, user, cycle, session, created_ns } = strand.role else {
            panic!("{:?} is no request", strand.role);
        };
        let took_ns = self.now - created_ns;
        let attempts = strand.call.attempt + 1 + strand.call.hedges;
        let good_within_ns = self.plan.flows.good_within_ns[flow];
        let late = strand.outcome == outcome::OK && good_within_ns > 0 && took_ns > good_within_ns;

        *self.windows.flow(flow, if late { flow::LATE } else { flow::of_outcome(strand.outcome as usize) }) += 1;
        *self.windows.flow(flow, flow::ATTEMPTS) += u64::from(attempts);
        *self.windows.flow(flow, flow::RESPONSE_NS) += took_ns;
        let longest = self.windows.flow(flow, flow::RESPONSE_MAX_NS);
        *longest = took_ns.max(*longest);
        self.windows.observe_response(flow, took_ns);
        self.in_flight[flow] -= 1;
        if self.plan.has_meters() {
            *self.windows.flow(flow, flow::TOKENS) += strand.usage.tokens;
            *self.windows.flow(flow, flow::NANO_USD) += strand.usage.nano_usd;
            *self.windows.flow(flow, flow::TURNS) += strand.usage.rounds;
            self.windows.observe_turns(flow, strand.usage.rounds);
        }
        let hash = self.plan.flows.hash[flow];
        self.windows.request_fact(fact::request(strand.key, hash, strand.outcome, attempts, created_ns, self.now));

        if self.plan.sources.users[source] > 0 {
            if user < self.wanted_users(source) {
                self.think(source, user, cycle + 1);
            } else {
                self.sources[source].users[user as usize] = (Does::Nothing, cycle + 1);
            }
        }
        if let Some(session) = session {
            self.session_goes_on(source, session);
        }
    }

    /// Reads the gauges of flows.
    pub(super) fn set_flow_gauges(&mut self) {
        for (flow, &in_flight) in self.in_flight.iter().enumerate() {
            *self.windows.flow(flow, flow::IN_FLIGHT) = in_flight;
        }
    }
}
