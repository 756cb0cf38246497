//! The functions of a module, from bodies that call each other by where they stood while they were made.
//!
//! Before: bodies of the kernel's functions, of labels and of what these share; a label is called by its number.
//! After: functions without gaps, each reached by a way from what is exported. What calls a label by its number calls a function
//! that branches to it: hosts make code by which they could call whatever a table has in it, and that costs them more than the
//! functions themselves.

use super::alike::{Shared, Signature};
use super::fold::Folded;
use super::fold::reader::{Reader, op};
use super::template::{self, Names};
use super::{EXPORTS, Generated, LabelKind, signatures};
use std::ops::Range;
use wasm_encoder::{BlockType, InstructionSink};

/// A function: the number of its type, and its body.
type Function = (u32, Vec<u8>);

/// All functions of a module.
pub(super) struct Assembly {
    pub(super) types: Vec<Signature>,
    pub(super) functions: Vec<Function>,
    /// By name, the number of what is exported.
    pub(super) exports: [(&'static str, u32); EXPORTS.len()],
    /// How many are of the kernel.
    pub(super) of_kernel: usize,
}

impl Assembly {
    /// Of bodies, those of labels last, and of what labels share.
    pub(super) fn of(bodies: Vec<Option<Folded>>, generated: &[Generated], shared: Shared, names: &Names) -> Self {
        let kernel = bodies.len() - generated.len();
        let switches = SWITCHED.map(|kind| (kind, switch(kind, &bodies[kernel..], generated, &shared)));
        let type_of = |function: usize| match function.checked_sub(kernel) {
            Some(label) => generated[label].kind.type_index(),
            None => u32::from(template::functions()[function]),
        };
        let own = bodies.into_iter().map(|folded| folded.map_or_else(|| ABSENT.to_vec(), |folded| folded.body));
        let mut all: Vec<Function> = own.enumerate().map(|(index, body)| (type_of(index), body)).collect();
        let mut types: Vec<Signature> = signatures().map(|(taken, result)| (taken.to_vec(), result)).collect();
        let behind = types.len() as u32;
        all.extend(shared.functions.into_iter().map(|(ty, body)| (behind + ty, body)));
        types.extend(shared.types);
        let first_switch = all.len() as u32;
        for (kind, body) in switches {
            let (taken, result) = kind.signature();
            all.push((types.len() as u32, body));
            types.push((taken.iter().copied().chain([I32]).collect(), result));
        }
        let calls: Vec<Vec<Call>> = all.iter().map(|(_, body)| calls(body, first_switch)).collect();
        let numbers = numbers(&calls, &EXPORTS.map(|name| names[name]));
        let of_kernel = numbers[..kernel].iter().flatten().count();
        let reached = all.into_iter().zip(&calls).zip(&numbers).filter(|(_, number)| number.is_some());
        let functions = reached.map(|(((ty, body), calls), _)| (ty, renumbered(&body, calls, &numbers))).collect();
        let exports = EXPORTS.map(|name| (name, numbers[names[name] as usize].unwrap_or_default()));
        Self { types, functions, exports, of_kernel }
    }
}

/// Body of a function that nothing calls: no locals, `unreachable`, `end`.
const ABSENT: &[u8] = &[0, 0, 0x0b];

const I32: u8 = 0x7f;

/// Kinds of labels that are called by number, each for those of its type.
const SWITCHED: [LabelKind; 2] = [LabelKind::GoesOn, LabelKind::GoesStraight];

/// A call: where it stands, and what it calls.
struct Call {
    at: Range<usize>,
    function: u32,
}

/// The calls of a function. Those by number are of a switch.
fn calls(body: &[u8], first_switch: u32) -> Vec<Call> {
    let (mut reader, mut calls) = (Reader::new(body), Vec::new());
    reader.locals(|_, _| ());
    while !reader.is_at_end() {
        let start = reader.at;
        let function = match reader.byte() {
            op::CALL => reader.u32(),
            op::CALL_INDIRECT => {
                let ty = reader.u32();
                reader.u32();
                let switch = SWITCHED.iter().position(|kind| kind.type_index() == ty);
                first_switch + switch.unwrap_or_default() as u32
            }
            opcode => {
                reader.skip_immediates(opcode);
                continue;
            }
        };
        calls.push(Call { at: start..reader.at, function });
    }
    calls
}

/// By function, the number that it gets if a way leads to it.
fn numbers(calls: &[Vec<Call>], exports: &[u32]) -> Vec<Option<u32>> {
    let mut is_reached = vec![false; calls.len()];
    let mut open = exports.to_vec();
    while let Some(function) = open.pop() {
        if !std::mem::replace(&mut is_reached[function as usize], true) {
            open.extend(calls[function as usize].iter().map(|call| call.function));
        }
    }
    let mut next = 0..;
    is_reached.into_iter().map(|is_reached| if is_reached { next.next() } else { None }).collect()
}

/// A function that calls others by the numbers that these have got.
fn renumbered(body: &[u8], calls: &[Call], numbers: &[Option<u32>]) -> Vec<u8> {
    let (mut code, mut at) = (Vec::with_capacity(body.len()), 0);
    for call in calls {
        code.extend(&body[at..call.at.start]);
        InstructionSink::new(&mut code).call(numbers[call.function as usize].unwrap_or_default());
        at = call.at.end;
    }
    code.extend(&body[at..]);
    code
}

/// The body of the function that takes what labels of a kind take, and the number of a label, and goes on at that.
fn switch(kind: LabelKind, bodies: &[Option<Folded>], generated: &[Generated], shared: &Shared) -> Vec<u8> {
    let taken = kind.signature().0.len() as u32;
    let is_there = |label: usize| bodies[label].is_some() && generated[label].kind.type_index() == kind.type_index();
    let labels: Vec<usize> = (0..generated.len()).filter(|&label| is_there(label)).collect();
    let first = shared.first - generated.len() as u32;
    // It has no locals of its own.
    let mut code = vec![0];
    let mut sink = InstructionSink::new(&mut code);
    for _ in 0..=labels.len() {
        sink.block(BlockType::Empty);
    }
    // Numbers that are of no such label lead behind all of them.
    let mut ways = vec![labels.len() as u32; labels.last().map_or(0, |last| last + 1)];
    (0..).zip(&labels).for_each(|(way, &label)| ways[label] = way);
    sink.local_get(taken).br_table(ways, labels.len() as u32);
    for label in labels {
        sink.end();
        for parameter in 0..taken {
            sink.local_get(parameter);
        }
        let function = first + label as u32;
        match shared.made(function) {
            Some(made) => made.call(&mut code),
            None => drop(InstructionSink::new(&mut code).call(function)),
        }
        sink = InstructionSink::new(&mut code);
        sink.return_();
    }
    sink.end().unreachable().end();
    code
}
