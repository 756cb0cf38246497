//! Arrivals that are more than one request, or do not go by a rate.

use super::Engine;
use super::calendar::Event;
use super::draws::whole_ns;
use super::strands::Session;
use sysdl_kernel::draw::{draw, nth, part_key, unit_f64};
use sysdl_lower::plan::{Intakes, NONE};

/// Columns of the purposes of draws.
const BATCH: usize = 0;
const SESSION: usize = 1;
const THINK: usize = 2;
const SPREAD: usize = 3;

/// All instants at which a source that does not go by a rate has arrivals, each as often as it has some.
pub(super) fn instants(rows: &Intakes, list: &[u64], row: usize, duration_ns: u64) -> Vec<u64> {
    let mut all = Vec::new();
    if rows.every_ns[row] > 0 {
        let mut at_ns = rows.first_ns[row];
        while at_ns <= duration_ns {
            all.push(at_ns.max(1));
            at_ns += rows.every_ns[row];
        }
        return all;
    }
    let first = rows.first_instant[row] as usize;
    let list = &list[first..first + rows.instants[row] as usize];
    let mut begin_ns = 0;
    loop {
        all.extend(list.iter().map(|at_ns| (begin_ns + at_ns).max(1)).filter(|&at_ns| at_ns <= duration_ns));
        begin_ns += rows.period_ns[row];
        if rows.period_ns[row] == 0 || begin_ns > duration_ns {
            return all;
        }
    }
}

impl Engine<'_> {
    /// Plans the arrival of a source's given instants that is next, if one is left.
    pub(super) fn plan_given(&mut self, s: usize) {
        let source = &mut self.sources[s];
        source.planned += 1;
        if let Some(&at_ns) = source.given.get(source.ordinal as usize) {
            let event = Event::Source { source: s, user: 0, planned: source.planned };
            self.calendar.push(at_ns, self.plan.sources.hash[s], event);
        }
    }

    /// All arrivals of this instant.
    pub(super) fn given(&mut self, s: usize) {
        let first = self.sources[s].ordinal;
        let together = self.sources[s].given[first as usize..].iter().take_while(|&&at_ns| at_ns == self.now).count();
        self.sources[s].ordinal += together as u64;
        self.plan_given(s);
        for ordinal in first..first + together as u64 {
            self.arrival(s, nth(self.sources[s].key, ordinal));
        }
    }

    /// An arrival: those of its batch come, at once or within the spread.
    pub(super) fn arrival(&mut self, s: usize, key: u64) {
        let rows = &self.plan.intakes;
        let row = self.plan.sources.intake[s] as usize;
        let always_one = rows.batch_extra[row] == NONE && rows.batch_most[row] == 1;
        let comers: Vec<u64> = if always_one {
            vec![key]
        } else {
            let count = self.number(
                rows.batch_most[row],
                rows.batch_extra[row],
                rows.batch_base[row],
                key,
                rows.purposes[row][BATCH],
            );
            (0..count).map(|number| part_key(key, number)).collect()
        };
        let spread_ns = rows.spread_ns[row] as f64;
        let purpose = rows.purposes[row][SPREAD];
        for comer in comers {
            if spread_ns > 0.0 {
                let wait_ns = whole_ns(unit_f64(draw(comer, purpose)) * spread_ns);
                self.calendar.push(self.now + wait_ns, comer, Event::Comer { source: s, key: comer });
            } else {
                self.comer(s, comer);
            }
        }
    }

    /// One who comes makes a request, or begins a session.
    pub(super) fn comer(&mut self, s: usize, key: u64) {
        let rows = &self.plan.intakes;
        let row = self.plan.sources.intake[s] as usize;
        if rows.session_most[row] == 0 {
            return self.create_request(s, 0, 0, key, None);
        }
        let of = self.number(
            rows.session_most[row],
            rows.session_extra[row],
            rows.session_base[row],
            key,
            rows.purposes[row][SESSION],
        );
        if of > 0 {
            self.request_of_session(s, Session { key, number: 0, of });
        }
    }

    /// The request of a session that is due.
    pub(super) fn request_of_session(&mut self, s: usize, session: Session) {
        self.create_request(s, 0, 0, part_key(session.key, session.number), Some(session));
    }

    /// A session has an answer.
    pub(super) fn session_goes_on(&mut self, s: usize, session: Session) {
        let next = Session { number: session.number + 1, ..session };
        if next.number == next.of {
            return;
        }
        let row = self.plan.sources.intake[s] as usize;
        let word = draw(part_key(next.key, next.number), self.plan.intakes.purposes[row][THINK]);
        let pause_ns = whole_ns(self.draws.sample(self.plan.intakes.think[row], word));
        self.calendar.push(self.now + pause_ns, next.key, Event::Session { source: s, session: next });
    }

    fn number(&self, most: u32, extra: u32, base: u32, key: u64, purpose: u64) -> u64 {
        if extra == NONE {
            return u64::from(most);
        }
        let drawn = self.draws.sample(extra, draw(key, purpose)) as u64;
        drawn.saturating_add(u64::from(base)).min(u64::from(most))
    }
}
