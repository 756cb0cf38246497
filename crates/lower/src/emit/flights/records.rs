//! What the record of a flight holds from one point to the next.

use crate::flights::{BEGAN, Block, Check, Def, Effects, End, Flight, Flights, Form, KEY, Level, Replica, Step, Var};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use sysdl_kernel::layout::flight;
use sysdl_order::gathered;

/// Words of a record, and where variables are kept in it.
pub(in crate::emit) struct Records {
    /// By flight.
    pub(super) slots: Vec<FxHashMap<Var, u32>>,
    /// By flight and point: what it reads of the record.
    pub(super) carried: Vec<Vec<BTreeSet<Var>>>,
    pub(in crate::emit) words: u32,
}

impl Records {
    pub(in crate::emit) fn of(flights: &Flights) -> Self {
        let mut records = Self { slots: Vec::new(), carried: Vec::new(), words: flight::COUNT };
        for flight in &flights.flights {
            let mut carried = vec![BTreeSet::new(); flight.points.len()];
            for point in (0..flight.points.len()).rev() {
                carried[point] = carried_to(flight, point, &carried);
            }
            let mut slots = FxHashMap::default();
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
pub(super) fn parents(def: Def) -> impl Iterator<Item = Var> {
    let of = match def {
        Def::Given | Def::Turn { .. } | Def::Wait => None,
        Def::Step { of, .. } | Def::StepDraw { of, .. } | Def::Draw { of, .. } => Some(of),
        Def::Duration { word, .. } | Def::Leg { word, .. } | Def::Random { word, .. } => Some(word),
    };
    of.into_iter()
}

/// Variables that the function of a point uses, those that others are made of included.
pub(super) fn used_in(flight: &Flight, point: usize, carried: &[BTreeSet<Var>]) -> BTreeSet<Var> {
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
    let mut all: BTreeSet<Var> = gathered(block.steps.iter().filter_map(|step| match step {
        Step::Define(var) => Some(*var),
        Step::Check(_) => None,
    }));
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
