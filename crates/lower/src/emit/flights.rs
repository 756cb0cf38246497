//! Flights → functions of the module.
//!
//! Each point becomes two functions of a record. One reckons ahead to the next point or the end, checks that all of it is
//! before the horizon, and only then does something: takes a turn, takes a server, notes what the flight came to. The other
//! makes strands of the flight where that cannot be; it needs nothing but the record's key and what was found at points,
//! because everything else follows from them.

use super::Labels;
use super::code::{at, mix, unit};
use super::lanes::Lanes;
use super::memory::Image;
use crate::flights::{
    BEGAN, Block, Check, Def, Due, Effects, End, FOREVER_NS, Flight, Flights, Form, Happening, KEY, Leaves, Level,
    Replica, Step, Var,
};
use crate::plan::{NONE, Plan, Shape};
use std::collections::{BTreeSet, HashMap};
use sysdl_kernel::draw::PHI;
use sysdl_kernel::fact;
use sysdl_kernel::histogram::BUCKETS;
use sysdl_kernel::layout::flight;
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// The record at hand: the parameter. The next five locals are the scratch of draws.
const RECORD: u32 = 0;
/// The newest strand of a landing.
const STRAND: u32 = 6;
/// First local of a variable.
const VARS: u32 = 7;

/// Words of a record, and where variables are kept in it.
pub(super) struct Records {
    /// By flight.
    slots: Vec<HashMap<Var, u32>>,
    /// By flight and point: what it reads of the record.
    carried: Vec<Vec<BTreeSet<Var>>>,
    pub(super) words: u32,
}

impl Records {
    pub(super) fn of(flights: &Flights) -> Self {
        let mut records = Self { slots: Vec::new(), carried: Vec::new(), words: flight::COUNT };
        for flight in &flights.flights {
            let mut carried = vec![BTreeSet::new(); flight.points.len()];
            for point in (0..flight.points.len()).rev() {
                carried[point] = carried_to(flight, point, &carried);
            }
            let mut slots = HashMap::new();
            for &var in carried.iter().flatten() {
                let next = flight::COUNT + slots.len() as u32;
                slots.entry(var).or_insert(next);
            }
            records.words = records.words.max(flight::COUNT + slots.len() as u32);
            records.slots.push(slots);
            records.carried.push(carried);
        }
        records
    }
}

/// What a point and those behind it read of the record. Points come before those that follow them.
fn carried_to(flight: &Flight, point: usize, carried: &[BTreeSet<Var>]) -> BTreeSet<Var> {
    let mut reads = Reads { flight, carried, defined: vec![BTreeSet::new()], wanted: BTreeSet::new() };
    let this = &flight.points[point];
    for level in &this.levels {
        reads.turn(level.replica);
    }
    reads.replica(this.needs.and_then(|(_, replica)| replica));
    // Whoever makes strands of it needs to know how long it has waited so far.
    for &var in this.at.terms.iter().filter(|&&var| flight.defs[var as usize] == Def::Wait) {
        reads.var(var);
    }
    if this.wait.is_some() {
        reads.var(this.key);
        reads.untils(&this.levels);
    }
    reads.block(&this.block);
    reads.wanted
}

/// Finds what a block reads that it does not define.
struct Reads<'a> {
    flight: &'a Flight,
    carried: &'a [BTreeSet<Var>],
    defined: Vec<BTreeSet<Var>>,
    wanted: BTreeSet<Var>,
}

impl Reads<'_> {
    fn is_defined(&self, var: Var) -> bool {
        self.defined.iter().any(|block| block.contains(&var))
    }

    fn var(&mut self, var: Var) {
        if var == KEY || var == BEGAN {
            return;
        }
        if self.is_defined(var) {
            parents(self.flight.defs[var as usize]).for_each(|of| self.var(of));
        } else {
            self.wanted.insert(var);
        }
    }

    fn form(&mut self, form: &Form) {
        form.terms.iter().for_each(|&var| self.var(var));
    }

    fn replica(&mut self, replica: Replica) {
        if let Some(var) = replica {
            self.var(var);
        }
    }

    fn untils(&mut self, levels: &[Level]) {
        for calling in levels.iter().filter_map(|level| level.calling.as_ref()) {
            calling.until.iter().for_each(|(from, _)| self.form(from));
        }
    }

    /// A replica that only the landing needs: it draws it again, unless it was found at a point.
    fn turn(&mut self, replica: Replica) {
        if replica.is_some_and(|var| matches!(self.flight.defs[var as usize], Def::Turn { .. })) {
            self.replica(replica);
        }
    }

    fn block(&mut self, block: &Block) {
        self.defined.push(BTreeSet::new());
        for step in &block.steps {
            match step {
                Step::Define(var) => {
                    let last = self.defined.len() - 1;
                    self.defined[last].insert(*var);
                }
                Step::Check(Check::Not { word, .. }) => self.var(*word),
                Step::Check(Check::Within { took, .. }) => self.form(took),
            }
        }
        match &block.end {
            End::Either { word, well, badly, .. } => {
                self.var(*word);
                self.block(well);
                self.block(badly);
            }
            End::Point { point, effects } => {
                let next = &self.flight.points[*point];
                self.form(&next.at);
                self.var(next.key);
                next.levels.iter().for_each(|level| {
                    if let Some(calling) = &level.calling {
                        calling.until.iter().for_each(|(from, _)| self.form(&next.at.since(from)));
                    }
                });
                self.effects(effects);
                for &var in &self.carried[*point].clone() {
                    self.var(var);
                }
            }
            End::Landed { leaf, effects } => {
                self.form(&self.flight.leaves[*leaf].end);
                self.effects(effects);
            }
            End::GivesUp => {}
        }
        self.defined.pop();
    }

    fn effects(&mut self, effects: &Effects) {
        self.replica(effects.taken.and_then(|(_, replica)| replica));
        if let Some(lookup) = effects.lookup {
            self.var(lookup.word);
        }
        for release in &effects.released {
            self.replica(release.replica);
            self.form(&release.at);
            self.var(release.key);
        }
    }
}

/// Variables that a definition is made of.
fn parents(def: Def) -> impl Iterator<Item = Var> {
    let of = match def {
        Def::Given | Def::Turn { .. } | Def::Wait => None,
        Def::Step { of, .. } | Def::Visit { of } | Def::StepDraw { of, .. } | Def::Draw { of, .. } => Some(of),
        Def::Duration { word, .. } | Def::Leg { word, .. } | Def::Random { word, .. } => Some(word),
    };
    of.into_iter()
}

/// What is needed to emit flights.
pub(super) struct FlightEmitter<'a> {
    pub(super) plan: &'a Plan,
    pub(super) labels: &'a Labels,
    pub(super) image: &'a Image,
    pub(super) kernel: &'a HashMap<&'static str, u32>,
    pub(super) flights: &'a Flights,
    pub(super) leaves: &'a Leaves,
    pub(super) records: &'a Records,
    pub(super) lanes: &'a Lanes,
    /// Label of the first function.
    pub(super) first: u32,
    /// Function index of label 0.
    pub(super) first_label: u32,
    pub(super) called: Vec<u32>,
}

/// Functions of a flight: two per point.
pub(super) fn functions_of(flight: &Flight) -> u32 {
    2 * flight.points.len() as u32
}

/// Label of the function of a flight's first point, from that of the first flight's.
pub(super) fn entry(flights: &Flights, flight: usize) -> u32 {
    flights.flights[..flight].iter().map(functions_of).sum()
}

impl FlightEmitter<'_> {
    /// The functions of all flights, in order.
    pub(super) fn functions(&mut self) -> Vec<Function> {
        let mut bodies = Vec::new();
        for flight in 0..self.flights.flights.len() {
            for point in 0..self.flights.flights[flight].points.len() {
                bodies.push(Ahead::function(self, flight, point));
                bodies.push(Landing::function(self, flight, point));
            }
        }
        bodies
    }

    fn call(&mut self, f: &mut InstructionSink<'_>, function: &'static str) {
        let index = self.kernel[function];
        self.called.push(index);
        f.call(index);
    }

    /// How code that is run for every request is made: where there is much of it, it had better be small.
    fn size(&self) -> Size {
        let points: usize = self.flights.flights.iter().map(|flight| flight.points.len()).sum();
        if points > FAST_POINTS_MAX { Size::Small } else { Size::Fast }
    }

    fn label(&self, flight: usize, point: usize) -> u32 {
        self.first + entry(self.flights, flight) + 2 * point as u32
    }

    /// Defines a variable from others that have their locals.
    fn define(&mut self, f: &mut InstructionSink<'_>, def: Def, local: impl Fn(Var) -> u32, size: Size) {
        match def {
            Def::Given | Def::Turn { .. } | Def::Wait => {
                f.i64_const(0);
            }
            Def::Step { of, path } | Def::Draw { of, purpose: path } => {
                f.local_get(local(of)).i64_const(path as i64).i64_xor();
                self.mix(f, size);
            }
            Def::Visit { of } => {
                f.local_get(local(of)).i64_const(PHI as i64).i64_add();
                self.mix(f, size);
            }
            Def::StepDraw { of, path } => {
                f.local_get(local(of)).i64_const(path as i64).i64_xor().i64_const(PHI as i64).i64_add();
                self.mix(f, size);
            }
            Def::Duration { word, distribution } => {
                self.sample(f, local(word), distribution, size);
                self.bounded(f, distribution);
                at_least_one(f);
            }
            Def::Leg { word, distribution } => {
                f.f64_const(0.5.into());
                self.sample(f, local(word), distribution, size);
                f.f64_mul();
                self.bounded(f, distribution);
                at_least_one(f);
            }
            Def::Random { word, replicas } => {
                f.local_get(local(word)).i64_const(32).i64_shr_u().i64_const(i64::from(replicas)).i64_mul();
                f.i64_const(32).i64_shr_u();
            }
        }
    }

    /// The time on the stack, but not for ever.
    fn bounded(&self, f: &mut InstructionSink<'_>, distribution: u32) {
        let d = distribution as usize;
        let (scale, offset) = (self.plan.distributions.scale[d], self.plan.distributions.offset[d]);
        // Tables are flat where a tail is 2^-33: an exponential is no longer than 23 times its mean.
        let most = match self.plan.distributions.shape[d] {
            Shape::Uniform => offset + scale,
            Shape::Exponential => offset + 24.0 * scale,
            _ => f64::INFINITY,
        };
        if most < FOREVER_NS as f64 {
            return;
        }
        f.f64_const((FOREVER_NS as f64).into()).f64_min();
    }

    fn mix(&mut self, f: &mut InstructionSink<'_>, size: Size) {
        match size {
            Size::Fast => mix(f),
            Size::Small => self.call(f, "k_mix"),
        }
    }

    /// A value of a distribution in nanoseconds, as `sysdl_kernel` samples it.
    fn sample(&mut self, f: &mut InstructionSink<'_>, word: u32, distribution: u32, size: Size) {
        let d = distribution as usize;
        if size == Size::Small {
            f.i32_const(distribution as i32).local_get(word);
            return self.call(f, "k_sample");
        }
        let (scale, offset) = (self.plan.distributions.scale[d], self.plan.distributions.offset[d]);
        f.f64_const(offset.into()).f64_const(scale.into());
        match &self.plan.distributions.shape[d] {
            Shape::Uniform => {
                f.local_get(word).i64_const(11).i64_shr_u().f64_convert_i64_u();
                f.f64_const((1.0 / 9_007_199_254_740_992.0).into()).f64_mul();
            }
            Shape::Histogram(values) => {
                f.i32_const(self.image.tables[d] as i32).i32_const(values.len() as i32).local_get(word);
                self.call(f, "if_histogram_one_of");
            }
            _ => {
                f.local_get(word);
                unit(f, self.image.tables[d]);
            }
        }
        f.f64_mul().f64_add();
    }
}

/// Most points whose code has its draws in line.
const FAST_POINTS_MAX: usize = 12;

/// Whether code is to be fast, or is rarely run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Fast,
    Small,
}

/// The number on the stack as a positive, whole one.
fn at_least_one(f: &mut InstructionSink<'_>) {
    const SCRATCH: u32 = 2;
    f.i64_trunc_sat_f64_u().local_tee(SCRATCH).i64_const(1).local_get(SCRATCH).i64_const(0).i64_ne().select();
}

/// Locals of a function: the scratch of draws, a strand, and one per variable.
fn locals(variables: usize) -> [(u32, ValType); 4] {
    [(2, ValType::I64), (3, ValType::I32), (1, ValType::I32), (variables as u32, ValType::I64)]
}

/// A sum of variables, on the stack.
fn form(f: &mut InstructionSink<'_>, form: &Form, local: impl Fn(Var) -> u32) {
    f.i64_const(form.constant as i64);
    for &var in &form.terms {
        f.local_get(local(var)).i64_add();
    }
}

/// The function that reckons ahead from a point.
struct Ahead<'a, 'b> {
    emitter: &'a mut FlightEmitter<'b>,
    flight: usize,
    point: usize,
    /// Blocks around the instruction, within the one whose end gives up.
    depth: u32,
    /// What is worth defining.
    used: BTreeSet<Var>,
}

impl Ahead<'_, '_> {
    fn function(emitter: &mut FlightEmitter<'_>, flight: usize, point: usize) -> Function {
        let all = emitter.flights;
        let this = &all.flights[flight];
        let mut function = Function::new(locals(this.defs.len()));
        let f = &mut function.instructions();
        let used = used_in(this, point, &emitter.records.carried[flight]);
        let mut ahead = Ahead { emitter, flight, point, depth: 0, used };
        ahead.load(f);
        f.block(BlockType::Empty);
        if let Some((component, replica)) = this.points[point].needs {
            ahead.needs(f, component, replica);
        }
        ahead.block(f, &this.points[point].block);
        f.end();
        f.local_get(RECORD);
        let landing = ahead.emitter.label(flight, point) + 1 + ahead.emitter.first_label;
        f.call(landing).end();
        function
    }

    /// Goes on if there is a free server; waits for one, or gives up.
    fn needs(&mut self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let all = self.emitter.flights;
        let this = &all.flights[self.flight].points[self.point];
        let full = |ahead: &mut Self, f: &mut InstructionSink<'_>| {
            ahead.replica(f, component, replica);
            f.i32_const(ahead.emitter.plan.components.servers[component as usize] as i32);
            ahead.emitter.call(f, "k_flight_full");
        };
        let Some(wait) = this.wait else {
            full(self, f);
            f.br_if(0);
            return;
        };
        // Who has waited has been given one.
        f.local_get(Self::local(wait)).i64_eqz().if_(BlockType::Empty);
        full(self, f);
        f.if_(BlockType::Empty);
        let site = this.levels.iter().rev().find_map(|level| level.calling.as_ref()).map_or(0, |calling| calling.site);
        f.local_get(RECORD).i32_const(self.emitter.label(self.flight, self.point) as i32).i32_const(site as i32);
        f.local_get(Self::local(this.key));
        self.replica(f, component, replica);
        self.earliest(f, &this.levels);
        self.emitter.call(f, "k_flight_wait");
        f.i32_eqz().br_if(2).return_().end().end();
    }

    /// The instant at which the first of those who wait gives up, on the stack.
    fn earliest(&self, f: &mut InstructionSink<'_>, levels: &[Level]) {
        const WORD: u32 = 1;
        const SCRATCH: u32 = 2;
        f.i64_const(-1).local_set(WORD);
        for calling in levels.iter().filter_map(|level| level.calling.as_ref()) {
            for (from, limit) in &calling.until {
                form(f, from, Self::local);
                f.i64_const(*limit as i64).i64_add().local_tee(SCRATCH).local_get(WORD);
                f.local_get(SCRATCH).local_get(WORD).i64_lt_u().select().local_set(WORD);
            }
        }
        f.local_get(WORD);
    }

    fn flight(&self) -> &Flight {
        &self.emitter.flights.flights[self.flight]
    }

    fn local(var: Var) -> u32 {
        VARS + var
    }

    /// Reads what was carried here.
    fn load(&mut self, f: &mut InstructionSink<'_>) {
        for (var, word) in [(KEY, flight::KEY), (BEGAN, flight::BEGAN_NS)] {
            f.local_get(RECORD).i64_load(at(u64::from(word) * 8, 3)).local_set(Self::local(var));
        }
        if let Some(wait) = self.flight().points[self.point].wait {
            f.local_get(RECORD).i64_load(at(u64::from(flight::WAITED_NS) * 8, 3)).local_set(Self::local(wait));
        }
        let (slots, carried) = (&self.emitter.records.slots[self.flight], &self.emitter.records.carried[self.flight]);
        for var in carried[self.point].iter().filter(|var| self.used.contains(var)) {
            f.local_get(RECORD).i64_load(at(u64::from(slots[var]) * 8, 3)).local_set(Self::local(*var));
        }
    }

    /// Number of a replica, numbered through, on the stack.
    fn replica(&mut self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let first = self.emitter.plan.components.first_replica[component as usize];
        match replica {
            None => f.i32_const(first as i32),
            Some(var) => f.local_get(Self::local(var)).i32_wrap_i64().i32_const(first as i32).i32_add(),
        };
    }

    fn block(&mut self, f: &mut InstructionSink<'_>, block: &Block) {
        for step in &block.steps {
            match step {
                Step::Define(var) if self.used.contains(var) => {
                    let def = self.flight().defs[*var as usize];
                    if !matches!(def, Def::Turn { .. } | Def::Wait) {
                        let size = self.emitter.size();
                        self.emitter.define(f, def, Self::local, size);
                        f.local_set(Self::local(*var));
                    }
                }
                Step::Define(_) => {}
                Step::Check(check) => self.check(f, check),
            }
        }
        match &block.end {
            End::Either { word, probability, well, badly } => {
                chance(f, Self::local(*word), *probability);
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

    /// Gives up if the flag on the stack is set.
    fn gives_up_if(&self, f: &mut InstructionSink<'_>) {
        f.br_if(self.depth);
    }

    fn check(&mut self, f: &mut InstructionSink<'_>, check: &Check) {
        match check {
            Check::Not { word, probability } => chance(f, Self::local(*word), *probability),
            Check::Within { took, limit } => {
                form(f, took, Self::local);
                f.i64_const(*limit as i64).i64_gt_u();
            }
        }
        self.gives_up_if(f);
    }

    /// Gives up unless an instant is before the horizon.
    fn is_before_horizon(&mut self, f: &mut InstructionSink<'_>, instant: &Form) {
        form(f, instant, Self::local);
        let state = u64::from(self.emitter.image.header.flight_state);
        f.i32_const(0).i64_load(at(state, 3)).i64_ge_u();
        self.gives_up_if(f);
    }

    fn goes_to(&mut self, f: &mut InstructionSink<'_>, point: usize, effects: &Effects) {
        let all = self.emitter.flights;
        let next = &all.flights[self.flight].points[point];
        self.is_before_horizon(f, &next.at);
        for calling in next.levels.iter().filter_map(|level| level.calling.as_ref()) {
            for (from, limit) in &calling.until {
                form(f, &next.at.since(from), Self::local);
                f.i64_const(*limit as i64).i64_ge_u();
                self.gives_up_if(f);
            }
        }
        self.acts(f, effects);
        let records = self.emitter.records;
        for var in &records.carried[self.flight][point] {
            if !records.carried[self.flight][self.point].contains(var) {
                let slot = records.slots[self.flight][var];
                f.local_get(RECORD).local_get(Self::local(*var)).i64_store(at(u64::from(slot) * 8, 3));
            }
        }
        if self.flight().points[self.point].wait.is_some() {
            // The next point has not been waited at.
            f.local_get(RECORD).i64_const(0).i64_store(at(u64::from(flight::WAITED_NS) * 8, 3));
        }
        f.local_get(RECORD).i32_const(self.emitter.label(self.flight, point) as i32);
        form(f, &next.at, Self::local);
        f.i32_const(next.rank as i32).local_get(Self::local(next.key));
        let creation = &all.flights[self.flight].points[0];
        let shifts = self.point == 0 && next.at.terms == creation.at.terms;
        match self.emitter.lanes.of_flight(self.flight).filter(|_| shifts) {
            Some(lane) => {
                f.i32_const(lane as i32);
                self.emitter.call(f, "k_flight_shift");
            }
            None => self.emitter.call(f, "k_flight_next"),
        }
        f.return_();
    }

    /// Finds a key, or gives up; takes a turn and servers, and says when servers are given back.
    fn acts(&mut self, f: &mut InstructionSink<'_>, effects: &Effects) {
        if let Some(lookup) = effects.lookup {
            f.i32_const(lookup.store as i32).i32_const(lookup.keyspace as i32).local_get(Self::local(lookup.word));
            self.emitter.call(f, "k_flight_finds");
            f.i32_eqz();
            self.gives_up_if(f);
        }
        if let Some((edge, var)) = effects.turn {
            let to = self.emitter.plan.edges.to[edge as usize];
            f.i32_const(edge as i32).i32_const(self.emitter.plan.components.replicas[to as usize] as i32);
            self.emitter.call(f, "k_flight_turn");
            f.local_set(Self::local(var));
        }
        if let Some((component, replica)) = effects.taken {
            self.takes(f, component, replica);
        }
        for release in &effects.released {
            if release.taken_here {
                self.takes(f, release.component, release.replica);
            }
            self.replica(f, release.component, release.replica);
            form(f, &release.at, Self::local);
            f.i32_const(release.rank as i32).local_get(Self::local(release.key));
            self.emitter.call(f, "k_flight_hold");
        }
    }

    /// Takes a server, unless it was given one.
    fn takes(&mut self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let wait = self.flight().points[self.point].wait;
        if let Some(wait) = wait {
            f.local_get(Self::local(wait)).i64_eqz().if_(BlockType::Empty);
        }
        self.replica(f, component, replica);
        self.emitter.call(f, "k_flight_take");
        if wait.is_some() {
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
            form(f, &one.end.since(&flight.points[0].at), Self::local);
            f.i64_const(noted.good_within_ns as i64).i64_gt_u().if_(BlockType::Empty);
            add(f, noted.count + 1, &one_more);
            f.end();
        }
        for &(var, index) in &noted.sums {
            add(f, index, &|f| {
                f.local_get(Self::local(var));
            });
        }
        const WORD: u32 = 1;
        for (terms, index) in &noted.tops {
            form(f, &Form { terms: terms.clone(), constant: 0 }, Self::local);
            f.local_tee(WORD).i32_const(0).i64_load(place(*index)).i64_gt_u().if_(BlockType::Empty);
            f.i32_const(0).local_get(WORD).i64_store(place(*index)).end();
        }
        for (histogram, time) in &noted.observed {
            let first = self.emitter.image.header.histogram_window + histogram * BUCKETS as u32 * 4;
            f.i32_const(first as i32);
            form(f, time, Self::local);
            self.emitter.call(f, "k_flight_observe");
        }
        let code = fact::request_code(self.emitter.plan.flows.hash[one.flow as usize], 0, 1);
        f.local_get(RECORD).i32_const(flight.source as i32).i64_const(code as i64);
        form(f, &one.end, Self::local);
        self.emitter.call(f, "k_flight_land");
        f.return_();
    }
}

/// Whether a word is below a probability, on the stack.
fn chance(f: &mut InstructionSink<'_>, word: u32, probability: f64) {
    f.local_get(word).i64_const(11).i64_shr_u().f64_convert_i64_u();
    f.f64_const((probability * 9_007_199_254_740_992.0).into()).f64_lt();
}

/// Variables that the function of a point uses, those that others are made of included.
fn used_in(flight: &Flight, point: usize, carried: &[BTreeSet<Var>]) -> BTreeSet<Var> {
    // As if everything were defined elsewhere: then all that is used is wanted.
    let mut reads = Reads { flight, carried, defined: Vec::new(), wanted: BTreeSet::new() };
    let this = &flight.points[point];
    reads.replica(this.needs.and_then(|(_, replica)| replica));
    if this.wait.is_some() {
        reads.var(this.key);
        reads.untils(&this.levels);
    }
    let undefined = without_definitions(&this.block);
    reads.block(&undefined);
    let defined = definitions(&this.block);
    let mut open: Vec<Var> = reads.wanted.iter().copied().collect();
    while let Some(var) = open.pop() {
        if defined.contains(&var) {
            for of in parents(flight.defs[var as usize]) {
                if of != KEY && of != BEGAN && reads.wanted.insert(of) {
                    open.push(of);
                }
            }
        }
    }
    reads.wanted
}

fn definitions(block: &Block) -> BTreeSet<Var> {
    let mut all: BTreeSet<Var> = block
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Define(var) => Some(*var),
            Step::Check(_) => None,
        })
        .collect();
    if let End::Either { well, badly, .. } = &block.end {
        all.extend(definitions(well));
        all.extend(definitions(badly));
    }
    all
}

fn without_definitions(block: &Block) -> Block {
    let steps = block.steps.iter().filter(|step| matches!(step, Step::Check(_))).cloned().collect();
    let end = match &block.end {
        End::Either { word, probability, well, badly } => End::Either {
            word: *word,
            probability: *probability,
            well: Box::new(without_definitions(well)),
            badly: Box::new(without_definitions(badly)),
        },
        end => end.clone(),
    };
    Block { steps, end }
}

/// The function that makes strands of a flight at a point.
struct Landing<'a, 'b> {
    emitter: &'a mut FlightEmitter<'b>,
    flight: usize,
    defined: BTreeSet<Var>,
}

impl Landing<'_, '_> {
    fn function(emitter: &mut FlightEmitter<'_>, flight: usize, point: usize) -> Function {
        let all = emitter.flights;
        let this = &all.flights[flight];
        let mut function = Function::new(locals(this.defs.len()));
        let f = &mut function.instructions();
        let mut landing = Landing { emitter, flight, defined: BTreeSet::new() };
        if this.points[point].due == Due::Creation {
            f.local_get(RECORD).i32_const(this.source as i32);
            landing.emitter.call(f, "k_flight_decline");
            f.end();
            return function;
        }
        for (var, word) in [(KEY, flight::KEY), (BEGAN, flight::BEGAN_NS)] {
            f.local_get(RECORD).i64_load(at(u64::from(word) * 8, 3)).local_set(Ahead::local(var));
            landing.defined.insert(var);
        }
        landing.counts(f, point);
        landing.strands(f, point);
        landing.is_due(f, point);
        f.end();
        function
    }

    /// Gives a variable its local, and those that it is made of.
    fn define(&mut self, f: &mut InstructionSink<'_>, var: Var) {
        if !self.defined.insert(var) {
            return;
        }
        let def = self.emitter.flights.flights[self.flight].defs[var as usize];
        for of in parents(def) {
            self.define(f, of);
        }
        if matches!(def, Def::Turn { .. } | Def::Wait) {
            let slot = self.emitter.records.slots[self.flight][&var];
            f.local_get(RECORD).i64_load(at(u64::from(slot) * 8, 3));
        } else {
            self.emitter.define(f, def, Ahead::local, Size::Small);
        }
        f.local_set(Ahead::local(var));
    }

    fn form(&mut self, f: &mut InstructionSink<'_>, of: &Form) {
        for &var in &of.terms {
            self.define(f, var);
        }
        form(f, of, Ahead::local);
    }

    /// What has happened so far is counted.
    fn counts(&mut self, f: &mut InstructionSink<'_>, point: usize) {
        let all = self.emitter.flights;
        for one in &all.flights[self.flight].points[point].happened {
            self.count(f, one);
        }
    }

    fn count(&mut self, f: &mut InstructionSink<'_>, happening: &Happening) {
        let mut once = |f: &mut InstructionSink<'_>, of: u32, function: &'static str| {
            f.i32_const(of as i32);
            self.emitter.call(f, function);
        };
        match happening {
            &Happening::Begins { flow } => once(f, flow, "k_land_begins"),
            &Happening::Calls { edge } => once(f, edge, "k_land_calls"),
            &Happening::Arrives { component } => once(f, component, "k_land_arrives"),
            &Happening::Starts { component } => once(f, component, "k_land_starts"),
            &Happening::LooksUp { component, hit } => {
                f.i32_const(component as i32);
                once(f, u32::from(hit), "k_land_looks_up");
            }
            Happening::Works { component, took } => {
                once(f, *component, "k_land_starts");
                self.lasted(f, *component, took, "k_land_served");
            }
            Happening::Ends { component, held, took } => {
                if let Some(held) = held {
                    self.lasted(f, *component, held, "k_land_served");
                }
                self.lasted(f, *component, took, "k_land_ends");
            }
            Happening::Answered { edge, took } => self.lasted(f, *edge, took, "k_land_answered"),
        }
    }

    fn lasted(&mut self, f: &mut InstructionSink<'_>, of: u32, took: &Form, function: &'static str) {
        took.terms.iter().for_each(|&var| self.define(f, var));
        f.i32_const(of as i32);
        form(f, took, Ahead::local);
        self.emitter.call(f, function);
    }

    /// Frames for the request and all visits that have not ended.
    fn strands(&mut self, f: &mut InstructionSink<'_>, point: usize) {
        let all = self.emitter.flights;
        let this = &all.flights[self.flight];
        let flow = this.points[point].happened.iter().find_map(|one| match one {
            Happening::Begins { flow } => Some(*flow),
            _ => None,
        });
        f.local_get(RECORD).i32_const(this.source as i32).i32_const(flow.unwrap_or(0) as i32);
        self.emitter.call(f, "k_land_request");
        is_strand(f);
        let levels = &this.points[point].levels;
        for pair in levels.windows(2) {
            let Some(calling) = &pair[0].calling else { continue };
            self.define(f, calling.key);
            self.define(f, pair[1].key);
            calling.began.terms.iter().for_each(|&var| self.define(f, var));
            f.local_get(STRAND).i32_const(calling.site as i32).local_get(Ahead::local(calling.key));
            self.labels_of(f, calling.op);
            self.form(f, &calling.began);
            self.emitter.call(f, "k_land_call");
            if let Some(var) = pair[1].replica {
                self.define(f, var);
            }
            f.local_get(STRAND).i32_const(calling.site as i32).local_get(Ahead::local(pair[1].key));
            self.replica(f, pair[1].component.unwrap_or(NONE), pair[1].replica);
            self.emitter.call(f, if pair[1].arrived.is_some() { "k_land_visit" } else { "k_land_last" });
            is_strand(f);
            if let Some(arrived) = &pair[1].arrived {
                pair[1].started.terms.iter().for_each(|&var| self.define(f, var));
                f.local_get(STRAND);
                self.form(f, arrived);
                self.form(f, &pair[1].started);
                f.i32_const(i32::from(pair[1].gated));
                self.emitter.call(f, "k_land_service");
            }
        }
    }

    fn replica(&mut self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let first = self.emitter.plan.components.first_replica[component as usize];
        match replica {
            None => f.i32_const(first as i32),
            Some(var) => f.local_get(Ahead::local(var)).i32_wrap_i64().i32_const(first as i32).i32_add(),
        };
    }

    fn labels_of(&self, f: &mut InstructionSink<'_>, op: u32) {
        let (ops, labels) = (&self.emitter.plan.ops, self.emitter.labels);
        f.i32_const(labels.of(ops.next[op as usize]) as i32).i32_const(labels.of(ops.alt[op as usize]) as i32);
    }

    /// The newest strand does what is due.
    fn is_due(&mut self, f: &mut InstructionSink<'_>, point: usize) {
        let all = self.emitter.flights;
        let this = &all.flights[self.flight].points[point];
        let key = this.levels.last().map_or(KEY, |level| level.key);
        match this.due {
            Due::Creation => {}
            Due::Arrival => {
                f.local_get(RECORD).local_get(STRAND);
                self.emitter.call(f, "k_land_arrive");
            }
            Due::Call(op) => {
                self.define(f, key);
                f.local_get(RECORD);
                self.emitter.call(f, "k_flight_free");
                f.local_get(STRAND).i32_const(self.emitter.plan.ops.a[op as usize] as i32);
                f.local_get(Ahead::local(key)).i64_const(self.emitter.plan.ops.path[op as usize] as i64).i64_xor();
                self.emitter.call(f, "k_mix");
                self.labels_of(f, op);
                self.emitter.call(f, "k_call");
            }
            Due::Work(op) => self.works(f, op, key),
            Due::Operation(op) => {
                f.local_get(RECORD);
                self.emitter.call(f, "k_flight_free");
                f.local_get(STRAND).call(self.emitter.first_label + self.emitter.labels.of(op));
            }
        }
    }

    fn works(&mut self, f: &mut InstructionSink<'_>, op: u32, key: Var) {
        self.define(f, key);
        f.local_get(RECORD);
        self.emitter.call(f, "k_flight_free");
        let distribution = self.emitter.plan.ops.a[op as usize];
        if self.emitter.plan.distributions.shape[distribution as usize] == Shape::Constant {
            f.local_get(STRAND);
            self.labels_of(f, op);
            f.i64_const((self.emitter.plan.distributions.scale[distribution as usize] as u64).max(1) as i64);
        } else {
            f.local_get(Ahead::local(key)).i64_const(self.emitter.plan.ops.path[op as usize] as i64).i64_xor();
            f.i64_const(PHI as i64).i64_add();
            self.emitter.call(f, "k_mix");
            // The key is not needed any more: its local holds the word.
            f.local_set(Ahead::local(key)).local_get(STRAND);
            self.labels_of(f, op);
            self.emitter.sample(f, Ahead::local(key), distribution, Size::Small);
            at_least_one(f);
        }
        self.emitter.call(f, "k_work");
    }
}

/// The frame on the stack is the strand at hand; the pool may be used up.
fn is_strand(f: &mut InstructionSink<'_>) {
    f.local_tee(STRAND).i32_const(-1).i32_eq().if_(BlockType::Empty).return_().end();
}
