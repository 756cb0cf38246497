//! The function that goes straight through the first points of a flight, when its request is created.
//!
//! It reckons what the functions of these points would, from the request's key and the instant of its creation, and does
//! nothing until all of it is certain: it only looks whose turn it is. What it cannot know yet it *misses*; then the flight
//! waits for its first point like any other. A request has no record until it goes to a point that it does not go through.

use super::ahead::Ahead;
use super::records::used_in;
use super::{FlightEmitter, RECORD, form, local, locals};
use crate::flights::{BEGAN, Effects, KEY, Replica, Var};
use std::collections::BTreeSet;
use wasm_encoder::{BlockType, Function, InstructionSink};

/// What is gone through.
pub(super) struct Straight<'a> {
    points: &'a [usize],
    /// The edge on which it has been looked whose turn it is, and the variable that says it: the turn is to be taken.
    turn: Option<(u32, Var)>,
}

impl Straight<'_> {
    /// Whether a point is gone through: it need not be before the horizon as long as one behind it is.
    pub(super) fn goes_through(&self, point: usize) -> bool {
        self.points.contains(&point)
    }
}

impl Ahead<'_, '_> {
    /// The function of a flight whose requests go straight through some points.
    pub(super) fn straight_function(emitter: &FlightEmitter<'_>, flight: usize, points: &[usize]) -> Function {
        let this = &emitter.flights.flights[flight];
        // The key and the instant come where the scratch of draws is.
        let [_, others @ ..] = locals(this.defs.len());
        let mut function = Function::new(others);
        let f = &mut function.instructions();
        let carried = &emitter.records.carried[flight];
        let mut used = used_in(this, 0, carried);
        for &point in points {
            used.append(&mut used_in(this, point, carried));
        }
        let straight = Some(Straight { points, turn: None });
        let mut ahead = Ahead { emitter, flight, point: 0, depth: 0, used, follows: true, straight };
        for (parameter, var) in (RECORD + 1..).zip([KEY, BEGAN]) {
            f.local_get(parameter).local_set(local(var));
        }
        f.block(BlockType::Empty);
        ahead.steps(f, &this.points[0].block.steps);
        ahead.goes_through(f, points[0]);
        f.end();
        f.i32_const(0).end();
        function
    }

    /// A point that is gone through.
    fn goes_through(&mut self, f: &mut InstructionSink<'_>, point: usize) {
        let all = self.emitter.flights;
        let next = &all.flights[self.flight].points[point];
        self.point = point;
        if let Some(wait) = next.wait {
            f.i64_const(0).local_set(local(wait));
        }
        if let Some((component, replica)) = next.needs {
            self.finds_room(f, component, replica);
        }
        self.block(f, &next.block);
    }

    /// Misses unless there will be a server.
    fn finds_room(&self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let this = &self.flight().points[self.point];
        self.emitter.replica(f, component, replica);
        f.i32_const(self.emitter.plan.components.servers[component as usize] as i32);
        form(f, &this.at);
        f.i32_const(this.rank as i32).local_get(local(this.key));
        self.emitter.call(f, "k_flight_will_be_full");
        self.gives_up_if(f);
    }

    /// The next point: gone through as well, or scheduled.
    pub(super) fn goes_straight_to(&mut self, f: &mut InstructionSink<'_>, point: usize, effects: &Effects) {
        if let Some(straight) = self.straight.as_mut().filter(|straight| straight.goes_through(point)) {
            if let Some((edge, var)) = effects.turn {
                straight.turn = Some((edge, var));
                f.i32_const(edge as i32);
                self.emitter.call(f, "k_flight_whose_turn");
                f.local_set(local(var));
            }
            return self.goes_through(f, point);
        }
        f.local_get(RECORD).local_get(local(KEY)).local_get(local(BEGAN));
        self.emitter.call(f, "k_flight_record");
        f.local_tee(RECORD).i32_eqz();
        self.gives_up_if(f);
        self.acts(f, effects);
        self.carries(f, point, &BTreeSet::new());
        self.next_point(f, point);
        self.emitter.call(f, "k_flight_schedule");
        f.i32_const(1).return_();
    }

    /// Takes the turn that has been looked at.
    pub(super) fn takes_turn(&self, f: &mut InstructionSink<'_>) {
        if let Some((edge, var)) = self.straight.as_ref().and_then(|straight| straight.turn) {
            let to = self.emitter.plan.edges.to[edge as usize];
            f.i32_const(edge as i32).i32_const(self.emitter.plan.components.replicas[to as usize] as i32);
            f.local_get(local(var));
            self.emitter.call(f, "k_flight_takes_turn");
        }
    }
}
