//! The function that reckons ahead from a point.

use super::super::code::at;
use super::super::draws::is_below;
use super::records::used_in;
use super::straight::Straight;
use super::{FlightEmitter, RECORD, Size, form, local, locals};
use crate::flights::{BEGAN, Block, Check, Def, Effects, End, Flight, Form, KEY, Level, Replica, Step, Var};
use std::collections::BTreeSet;
use std::mem::offset_of;
use sysdl_kernel::fact;
use sysdl_kernel::histogram::BUCKETS;
use sysdl_kernel::layout::{FlightState, flight};
use wasm_encoder::{BlockType, Function, InstructionSink};

/// The function that reckons ahead from a point.
pub(super) struct Ahead<'a, 'b> {
    pub(super) emitter: &'a FlightEmitter<'b>,
    pub(super) flight: usize,
    pub(super) point: usize,
    /// Blocks around the instruction, within the one whose end gives up.
    pub(super) depth: u32,
    /// What is worth defining.
    pub(super) used: BTreeSet<Var>,
    /// The point is in line behind the one before it.
    pub(super) follows: bool,
    /// Where the request goes straight: the points that it goes through, and whose turn it has looked at.
    pub(super) straight: Option<Straight<'a>>,
}

impl Ahead<'_, '_> {
    pub(super) fn function(emitter: &FlightEmitter<'_>, flight: usize, point: usize) -> Function {
        let all = emitter.flights;
        let this = &all.flights[flight];
        let mut function = Function::new(locals(this.defs.len()));
        let f = &mut function.instructions();
        let used = used_in(this, point, &emitter.records.carried[flight]);
        let mut ahead = Ahead { emitter, flight, point, depth: 0, used, follows: false, straight: None };
        ahead.load(f);
        ahead.whole(f);
        f.end();
        function
    }

    /// What is done at the point. Where it gives up, the flight is a strand.
    fn whole(&mut self, f: &mut InstructionSink<'_>) {
        let all = self.emitter.flights;
        let this = &all.flights[self.flight].points[self.point];
        f.block(BlockType::Empty);
        if let Some((component, replica)) = this.needs {
            self.needs(f, component, replica);
        }
        self.block(f, &this.block);
        f.end();
        let landing = self.emitter.label(self.flight, self.point) + 1 + self.emitter.first_label;
        f.local_get(RECORD).call(landing);
    }

    /// The next point, in line: the flight is there by now, and everything it needs is in its local.
    fn goes_on_at(&mut self, f: &mut InstructionSink<'_>, point: usize) {
        let all = self.emitter.flights;
        let flight = &all.flights[self.flight];
        if let Some(wait) = flight.points[point].wait {
            f.i64_const(0).local_set(local(wait));
        }
        let used = used_in(flight, point, &self.emitter.records.carried[self.flight]);
        let mut next =
            Ahead { emitter: self.emitter, flight: self.flight, point, depth: 0, used, follows: true, straight: None };
        next.whole(f);
    }

    /// Whether the next point is worth being in line: mostly nothing comes between two that are a constant time apart.
    fn is_followed_by(&self, point: usize) -> bool {
        let points = &self.flight().points;
        let apart = self.point > 0 && points[point].at.terms == points[self.point].at.terms;
        apart && !self.follows && self.emitter.size() == Size::Fast
    }

    /// Goes on if there is a free server; waits for one, or gives up.
    fn needs(&mut self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let all = self.emitter.flights;
        let this = &all.flights[self.flight].points[self.point];
        let full = |ahead: &mut Self, f: &mut InstructionSink<'_>| {
            ahead.emitter.replica(f, component, replica);
            f.i32_const(ahead.emitter.plan.components.servers[component as usize] as i32);
            ahead.emitter.call(f, "k_flight_full");
        };
        if this.wait.is_none() {
            full(self, f);
            f.br_if(0);
            return;
        }
        let asks = !self.follows;
        if asks {
            self.has_not_waited(f);
            f.if_(BlockType::Empty);
        }
        full(self, f);
        f.if_(BlockType::Empty);
        let site = this.levels.iter().rev().find_map(|level| level.calling.as_ref()).map_or(0, |calling| calling.site);
        f.local_get(RECORD).i32_const(self.emitter.label(self.flight, self.point) as i32).i32_const(site as i32);
        f.local_get(local(this.key));
        self.emitter.replica(f, component, replica);
        self.earliest(f, &this.levels);
        self.emitter.call(f, "k_flight_wait");
        f.i32_eqz().br_if(1 + u32::from(asks)).return_().end();
        if asks {
            f.end();
        }
    }

    /// Whether no server has been given to it at this point, on the stack: who has waited, if only until the end of an event,
    /// comes from a frame.
    fn has_not_waited(&self, f: &mut InstructionSink<'_>) {
        let frame = u64::from(self.emitter.image.header.flight_state) + offset_of!(FlightState, frame) as u64;
        f.i32_const(0).i32_load(at(frame, 2)).i32_eqz();
    }

    /// The instant at which the first of those who wait gives up, on the stack.
    fn earliest(&self, f: &mut InstructionSink<'_>, levels: &[Level]) {
        const WORD: u32 = 1;
        const SCRATCH: u32 = 2;
        f.i64_const(-1).local_set(WORD);
        for calling in levels.iter().filter_map(|level| level.calling.as_ref()) {
            for (from, limit) in &calling.until {
                form(f, from);
                f.i64_const(*limit as i64).i64_add().local_tee(SCRATCH).local_get(WORD);
                f.local_get(SCRATCH).local_get(WORD).i64_lt_u().select().local_set(WORD);
            }
        }
        f.local_get(WORD);
    }

    pub(super) fn flight(&self) -> &Flight {
        &self.emitter.flights.flights[self.flight]
    }

    /// Reads what was carried here.
    fn load(&mut self, f: &mut InstructionSink<'_>) {
        for (var, word) in [(KEY, flight::KEY), (BEGAN, flight::BEGAN_NS)] {
            f.local_get(RECORD).i64_load(at(u64::from(word) * 8, 3)).local_set(local(var));
        }
        if let Some(wait) = self.flight().points[self.point].wait {
            f.local_get(RECORD).i64_load(at(u64::from(flight::WAITED_NS) * 8, 3)).local_set(local(wait));
        }
        let (slots, carried) = (&self.emitter.records.slots[self.flight], &self.emitter.records.carried[self.flight]);
        for var in carried[self.point].iter().filter(|var| self.used.contains(var)) {
            f.local_get(RECORD).i64_load(at(u64::from(slots[var]) * 8, 3)).local_set(local(*var));
        }
    }

    pub(super) fn block(&mut self, f: &mut InstructionSink<'_>, block: &Block) {
        self.steps(f, &block.steps);
        match &block.end {
            End::Either { word, probability, well, badly } => {
                chance(f, local(*word), *probability);
                f.if_(BlockType::Empty);
                self.depth += 1;
                self.block(f, well);
                f.else_();
                self.block(f, badly);
                self.depth -= 1;
                f.end();
            }
            End::Point { point, effects } => self.goes_to(f, *point, effects),
            End::Landed { leaf, effects } => self.lands(f, *leaf, effects),
            End::GivesUp => {
                f.br(self.depth);
            }
        }
    }

    pub(super) fn steps(&mut self, f: &mut InstructionSink<'_>, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Define(var) if self.used.contains(var) => {
                    let def = self.flight().defs[*var as usize];
                    if !matches!(def, Def::Turn { .. } | Def::Wait) {
                        let size = self.emitter.size();
                        self.emitter.define(f, def, size);
                        f.local_set(local(*var));
                    }
                }
                Step::Define(_) => {}
                Step::Check(check) => self.check(f, check),
            }
        }
    }

    /// Gives up if the flag on the stack is set.
    pub(super) fn gives_up_if(&self, f: &mut InstructionSink<'_>) {
        f.br_if(self.depth);
    }

    fn check(&mut self, f: &mut InstructionSink<'_>, check: &Check) {
        match check {
            Check::Not { word, probability } => chance(f, local(*word), *probability),
            Check::Within { took, limit } => {
                form(f, took);
                f.i64_const(*limit as i64).i64_gt_u();
            }
        }
        self.gives_up_if(f);
    }

    /// Gives up unless an instant is before the horizon.
    fn is_before_horizon(&mut self, f: &mut InstructionSink<'_>, instant: &Form) {
        form(f, instant);
        let state = u64::from(self.emitter.image.header.flight_state);
        f.i32_const(0).i64_load(at(state, 3)).i64_ge_u();
        self.gives_up_if(f);
    }

    fn goes_to(&mut self, f: &mut InstructionSink<'_>, point: usize, effects: &Effects) {
        let all = self.emitter.flights;
        let next = &all.flights[self.flight].points[point];
        if self.straight.as_ref().is_none_or(|straight| !straight.goes_through(point)) {
            self.is_before_horizon(f, &next.at);
        }
        for calling in next.levels.iter().filter_map(|level| level.calling.as_ref()) {
            for (from, limit) in &calling.until {
                form(f, &next.at.since(from));
                f.i64_const(*limit as i64).i64_ge_u();
                self.gives_up_if(f);
            }
        }
        if self.straight.is_some() {
            return self.goes_straight_to(f, point, effects);
        }
        self.acts(f, effects);
        self.carries(f, point, &self.emitter.records.carried[self.flight][self.point]);
        if self.flight().points[self.point].wait.is_some() {
            // The next point has not been waited at.
            f.local_get(RECORD).i64_const(0).i64_store(at(u64::from(flight::WAITED_NS) * 8, 3));
        }
        self.next_point(f, point);
        let creation = &all.flights[self.flight].points[0];
        let shifts = self.point == 0 && next.at.terms == creation.at.terms;
        match self.emitter.lanes.of_flight(self.flight).filter(|_| shifts) {
            Some(lane) => {
                f.i32_const(lane as i32);
                self.emitter.call(f, "k_flight_shift");
            }
            None if self.is_followed_by(point) => {
                self.emitter.call(f, "k_flight_is_next");
                f.if_(BlockType::Empty);
                self.goes_on_at(f, point);
                if self.emitter.straight[self.flight].contains(&point) {
                    f.else_();
                    form(f, &next.at);
                    self.emitter.call(f, "k_flight_lags");
                }
                f.end();
            }
            None => self.emitter.call(f, "k_flight_next"),
        }
        f.return_();
    }

    /// Writes down what the next point and those behind it read, but what is in the record already.
    pub(super) fn carries(&self, f: &mut InstructionSink<'_>, point: usize, there: &BTreeSet<Var>) {
        let records = self.emitter.records;
        for var in records.carried[self.flight][point].iter().filter(|var| !there.contains(var)) {
            let slot = records.slots[self.flight][var];
            f.local_get(RECORD).local_get(local(*var)).i64_store(at(u64::from(slot) * 8, 3));
        }
    }

    /// The record, and label, instant, rank and key of the next point, on the stack.
    pub(super) fn next_point(&self, f: &mut InstructionSink<'_>, point: usize) {
        let next = &self.flight().points[point];
        f.local_get(RECORD).i32_const(self.emitter.label(self.flight, point) as i32);
        form(f, &next.at);
        f.i32_const(next.rank as i32).local_get(local(next.key));
    }

    /// Finds a key, or gives up; takes a turn and servers, and says when servers are given back.
    pub(super) fn acts(&mut self, f: &mut InstructionSink<'_>, effects: &Effects) {
        self.takes_turn(f);
        if let Some(lookup) = effects.lookup {
            f.i32_const(lookup.store as i32).i32_const(lookup.keyspace as i32).local_get(local(lookup.word));
            self.emitter.call(f, "k_flight_finds");
            f.i32_eqz();
            self.gives_up_if(f);
        }
        if let Some((edge, var)) = effects.turn {
            let to = self.emitter.plan.edges.to[edge as usize];
            f.i32_const(edge as i32).i32_const(self.emitter.plan.components.replicas[to as usize] as i32);
            self.emitter.call(f, "k_flight_turn");
            f.local_set(local(var));
        }
        if let Some((component, replica)) = effects.taken {
            self.takes(f, component, replica);
        }
        for release in &effects.released {
            if release.taken_here {
                self.takes(f, release.component, release.replica);
            }
            self.emitter.replica(f, release.component, release.replica);
            form(f, &release.at);
            f.i32_const(release.rank as i32).local_get(local(release.key));
            self.emitter.call(f, if self.straight.is_some() { "k_flight_reserve" } else { "k_flight_hold" });
        }
    }

    /// Takes a server, unless it was given one.
    fn takes(&mut self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let asks = !self.follows && self.flight().points[self.point].wait.is_some();
        if asks {
            self.has_not_waited(f);
            f.if_(BlockType::Empty);
        }
        self.emitter.replica(f, component, replica);
        self.emitter.call(f, "k_flight_take");
        if asks {
            f.end();
        }
    }

    fn lands(&mut self, f: &mut InstructionSink<'_>, leaf: usize, effects: &Effects) {
        let (all, leaves) = (self.emitter.flights, self.emitter.leaves);
        let flight = &all.flights[self.flight];
        let (one, noted) = (&flight.leaves[leaf], &leaves.leaves[self.flight][leaf]);
        self.is_before_horizon(f, &one.end);
        self.acts(f, effects);
        let sums = self.emitter.image.header.flight_sums.address;
        let place = |index: u32| at(u64::from(sums) + u64::from(index) * 8, 3);
        let add = |f: &mut InstructionSink<'_>, index: u32, what: &dyn Fn(&mut InstructionSink<'_>)| {
            f.i32_const(0).i32_const(0).i64_load(place(index));
            what(f);
            f.i64_add().i64_store(place(index));
        };
        let one_more = |f: &mut InstructionSink<'_>| {
            f.i64_const(1);
        };
        add(f, noted.count, &one_more);
        if noted.good_within_ns > 0 {
            form(f, &one.end.since(&flight.points[0].at));
            f.i64_const(noted.good_within_ns as i64).i64_gt_u().if_(BlockType::Empty);
            add(f, noted.count + 1, &one_more);
            f.end();
        }
        for &(var, index) in &noted.sums {
            add(f, index, &|f| {
                f.local_get(local(var));
            });
        }
        const WORD: u32 = 1;
        for (terms, index) in &noted.tops {
            form(f, &Form { terms: terms.clone(), constant: 0 });
            f.local_tee(WORD).i32_const(0).i64_load(place(*index)).i64_gt_u().if_(BlockType::Empty);
            f.i32_const(0).local_get(WORD).i64_store(place(*index)).end();
        }
        for (histogram, time) in &noted.observed {
            let first = self.emitter.image.header.histogram_window + histogram * BUCKETS as u32 * 4;
            f.i32_const(first as i32);
            form(f, time);
            self.emitter.call(f, "k_flight_observe");
        }
        let code = fact::request_code(self.emitter.plan.flows.hash[one.flow as usize], 0, 1);
        let is_straight = self.straight.is_some();
        f.local_get(RECORD);
        if is_straight {
            f.local_get(local(KEY)).local_get(local(BEGAN));
        } else {
            f.i32_const(flight.source as i32);
        }
        f.i64_const(code as i64);
        form(f, &one.end);
        self.emitter.call(f, if is_straight { "k_flight_land_straight" } else { "k_flight_land" });
        if is_straight {
            f.i32_const(1);
        }
        f.return_();
    }
}

/// Whether a word is below a probability, on the stack.
fn chance(f: &mut InstructionSink<'_>, word: u32, probability: f64) {
    f.local_get(word);
    is_below(f, probability);
}
