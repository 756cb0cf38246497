//! Flights → functions of the module.
//!
//! Each point becomes two functions of a record. One reckons ahead to the next point or the end, checks that all of it is
//! before the horizon, and only then does something: takes a turn, takes a server, notes what the flight came to. The other
//! makes strands of the flight where that cannot be; it needs nothing but the record's key and what was found at points,
//! because everything else follows from them.

mod ahead;
mod landing;
mod records;
mod straight;

pub(super) use records::Records;

use super::draws::{mix, scaled, unit};
use super::lanes::Lanes;
use super::memory::Image;
use super::template::Names;
use super::{Generated, LabelKind, Labels};
use crate::flights::{Def, FOREVER_NS, Flight, Flights, Form, Leaves, Replica, Var};
use crate::plan::{Plan, Shape};
use ahead::Ahead;
use landing::Landing;
use sysdl_kernel::draw::PHI;
use wasm_encoder::{InstructionSink, ValType};

/// The record at hand: the parameter. The next five locals are the scratch of draws.
const RECORD: u32 = 0;
/// The newest strand of a landing.
const STRAND: u32 = 6;
/// First local of a variable.
const VARS: u32 = 7;

/// What is needed to emit flights.
pub(super) struct FlightEmitter<'a> {
    pub(super) plan: &'a Plan,
    pub(super) labels: &'a Labels,
    pub(super) image: &'a Image,
    pub(super) kernel: &'a Names,
    pub(super) flights: &'a Flights,
    pub(super) leaves: &'a Leaves,
    pub(super) records: &'a Records,
    pub(super) lanes: &'a Lanes,
    pub(super) straight: &'a [Vec<usize>],
    /// Label of the first function.
    pub(super) first: u32,
    /// Function index of label 0.
    pub(super) first_label: u32,
}

/// Label of the function of a flight's first point, from that of the first flight's: there are two for each point.
pub(super) fn entry(flights: &Flights, flight: usize) -> u32 {
    flights.flights[..flight].iter().map(|flight| 2 * flight.points.len() as u32).sum()
}

/// Label of the function that goes straight through a flight's first points, from that of the first flight's. They are behind
/// all others.
pub(super) fn straight_entry(flights: &Flights, straight: &[Vec<usize>], flight: usize) -> Option<u32> {
    let before = straight[..flight].iter().filter(|points| !points.is_empty()).count() as u32;
    (!straight[flight].is_empty()).then(|| entry(flights, flights.flights.len()) + before)
}

/// Which points a flight's requests go straight through, by flight.
pub(super) fn straight(plan: &Plan, flights: &Flights, lanes: &Lanes) -> Vec<Vec<usize>> {
    let of = |flight: usize| match lanes.of_flight(flight) {
        Some(_) if size(flights) == Size::Fast => flights.flights[flight].straight(plan),
        _ => Vec::new(),
    };
    (0..flights.flights.len()).map(of).collect()
}

/// How code that is run for every request is made: where there is much of it, it had better be small.
fn size(flights: &Flights) -> Size {
    let points: usize = flights.flights.iter().map(|flight| flight.points.len()).sum();
    if points > FAST_POINTS_MAX { Size::Small } else { Size::Fast }
}

impl FlightEmitter<'_> {
    /// The functions of all flights, in order.
    pub(super) fn write_functions(&self, all: &mut Vec<Generated>) {
        let mut write = |kind, function| all.push(Generated::new(kind, function));
        for (flight, Flight { points, .. }) in self.flights.flights.iter().enumerate() {
            for point in 0..points.len() {
                write(LabelKind::GoesOn, Ahead::function(self, flight, point));
                write(LabelKind::Lands, Landing::function(self, flight, point));
            }
        }
        for (flight, points) in self.straight.iter().enumerate().filter(|(_, points)| !points.is_empty()) {
            write(LabelKind::GoesStraight, Ahead::straight_function(self, flight, points));
        }
    }

    fn call(&self, f: &mut InstructionSink<'_>, function: &'static str) {
        let index = self.kernel[function];
        f.call(index);
    }

    fn size(&self) -> Size {
        size(self.flights)
    }

    fn label(&self, flight: usize, point: usize) -> u32 {
        self.first + entry(self.flights, flight) + 2 * point as u32
    }

    /// Number of a replica, numbered through, on the stack.
    fn replica(&self, f: &mut InstructionSink<'_>, component: u32, replica: Replica) {
        let first = self.plan.components.first_replica[component as usize];
        match replica {
            None => f.i32_const(first as i32),
            Some(var) => f.local_get(local(var)).i32_wrap_i64().i32_const(first as i32).i32_add(),
        };
    }

    /// Defines a variable from others that have their locals.
    fn define(&self, f: &mut InstructionSink<'_>, def: Def, size: Size) {
        match def {
            Def::Given | Def::Turn { .. } | Def::Wait => {
                f.i64_const(0);
            }
            Def::Step { of, path } | Def::Draw { of, purpose: path } => {
                f.local_get(local(of)).i64_const(path as i64).i64_xor();
                self.mix(f, size);
            }
            Def::StepDraw { of, path } => {
                f.local_get(local(of)).i64_const(path as i64).i64_xor().i64_const(PHI as i64).i64_add();
                self.mix(f, size);
            }
            Def::Duration { word, distribution } => {
                self.sample(f, local(word), distribution, size);
                self.whole(f, distribution);
            }
            Def::Leg { word, distribution } => {
                f.f64_const(0.5.into());
                self.sample(f, local(word), distribution, size);
                f.f64_mul();
                self.whole(f, distribution);
            }
            Def::Random { word, replicas } => {
                f.local_get(local(word)).i64_const(32).i64_shr_u().i64_const(i64::from(replicas)).i64_mul();
                f.i64_const(32).i64_shr_u();
            }
        }
    }

    /// The time on the stack, of a distribution, as a positive, whole number, but not for ever.
    fn whole(&self, f: &mut InstructionSink<'_>, distribution: u32) {
        let d = distribution as usize;
        let (scale, offset) = (self.plan.distributions.scale[d], self.plan.distributions.offset[d]);
        // Tables are flat where a tail is 2^-33: an exponential is no longer than 23 times its mean.
        let most = match self.plan.distributions.shape[d] {
            Shape::Uniform => offset + scale,
            Shape::Exponential => offset + 24.0 * scale,
            _ => f64::INFINITY,
        };
        if most < FOREVER_NS as f64 && offset.min(scale) >= 0.0 {
            // It fits.
            f.i64_trunc_f64_s();
        } else {
            f.f64_const((FOREVER_NS as f64).into()).f64_min().i64_trunc_sat_f64_u();
        }
        at_least_one(f);
    }

    fn mix(&self, f: &mut InstructionSink<'_>, size: Size) {
        match size {
            Size::Fast => mix(f),
            Size::Small => self.call(f, "k_mix"),
        }
    }

    /// A value of a distribution in nanoseconds, as `sysdl_kernel` samples it.
    fn sample(&self, f: &mut InstructionSink<'_>, word: u32, distribution: u32, size: Size) {
        let d = distribution as usize;
        if size == Size::Small {
            f.i32_const(distribution as i32).local_get(word);
            return self.call(f, "k_sample");
        }
        let (scale, offset) = (self.plan.distributions.scale[d], self.plan.distributions.offset[d]);
        match &self.plan.distributions.shape[d] {
            Shape::Uniform => {
                f.local_get(word).i64_const(11).i64_shr_u().f64_convert_i64_s();
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
        scaled(f, offset, scale);
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

/// The whole number on the stack, but not zero.
fn at_least_one(f: &mut InstructionSink<'_>) {
    const SCRATCH: u32 = 2;
    f.local_tee(SCRATCH).i64_const(1).local_get(SCRATCH).i64_const(0).i64_ne().select();
}

/// Locals of a function: the scratch of draws, a strand, and one per variable.
fn locals(variables: usize) -> [(u32, ValType); 4] {
    [(2, ValType::I64), (3, ValType::I32), (1, ValType::I32), (variables as u32, ValType::I64)]
}

/// Local of a variable.
fn local(var: Var) -> u32 {
    VARS + var
}

/// A sum of variables, on the stack.
fn form(f: &mut InstructionSink<'_>, form: &Form) {
    f.i64_const(form.constant as i64);
    for &var in &form.terms {
        f.local_get(local(var)).i64_add();
    }
}
