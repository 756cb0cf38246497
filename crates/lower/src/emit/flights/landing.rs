//! The function that makes strands of a flight at a point.

use super::super::code::at;
use super::records::parents;
use super::{FlightEmitter, RECORD, STRAND, Size, at_least_one, form, local, locals};
use crate::flights::{BEGAN, Def, Due, Form, Happening, KEY, Var};
use crate::plan::{NONE, Shape};
use std::collections::BTreeSet;
use sysdl_kernel::draw::PHI;
use sysdl_kernel::layout::flight;
use wasm_encoder::{BlockType, Function, InstructionSink};

/// The function that makes strands of a flight at a point.
pub(super) struct Landing<'a, 'b> {
    emitter: &'a FlightEmitter<'b>,
    flight: usize,
    defined: BTreeSet<Var>,
}

impl Landing<'_, '_> {
    pub(super) fn function(emitter: &FlightEmitter<'_>, flight: usize, point: usize) -> Function {
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
            f.local_get(RECORD).i64_load(at(u64::from(word) * 8, 3)).local_set(local(var));
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
            self.emitter.define(f, def, Size::Small);
        }
        f.local_set(local(var));
    }

    fn form(&mut self, f: &mut InstructionSink<'_>, of: &Form) {
        for &var in &of.terms {
            self.define(f, var);
        }
        form(f, of);
    }

    /// What has happened so far is counted.
    fn counts(&mut self, f: &mut InstructionSink<'_>, point: usize) {
        let all = self.emitter.flights;
        for one in &all.flights[self.flight].points[point].happened {
            self.count(f, one);
        }
    }

    fn count(&mut self, f: &mut InstructionSink<'_>, happening: &Happening) {
        let once = |f: &mut InstructionSink<'_>, of: u32, function: &'static str| {
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
        form(f, took);
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
            f.local_get(STRAND).i32_const(calling.site as i32).local_get(local(calling.key));
            self.labels_of(f, calling.op);
            self.form(f, &calling.began);
            self.emitter.call(f, "k_land_call");
            if let Some(var) = pair[1].replica {
                self.define(f, var);
            }
            f.local_get(STRAND).i32_const(calling.site as i32).local_get(local(pair[1].key));
            self.emitter.replica(f, pair[1].component.unwrap_or(NONE), pair[1].replica);
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
                f.local_get(local(key)).i64_const(self.emitter.plan.ops.path[op as usize] as i64).i64_xor();
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
            f.local_get(local(key)).i64_const(self.emitter.plan.ops.path[op as usize] as i64).i64_xor();
            f.i64_const(PHI as i64).i64_add();
            self.emitter.call(f, "k_mix");
            // The key is not needed any more: its local holds the word.
            f.local_set(local(key)).local_get(STRAND);
            self.labels_of(f, op);
            self.emitter.sample(f, local(key), distribution, Size::Small);
            f.i64_trunc_sat_f64_u();
            at_least_one(f);
        }
        self.emitter.call(f, "k_work");
    }
}

/// The frame on the stack is the strand at hand; the pool may be used up.
fn is_strand(f: &mut InstructionSink<'_>) {
    f.local_tee(STRAND).i32_const(-1).i32_eq().if_(BlockType::Empty).return_().end();
}
