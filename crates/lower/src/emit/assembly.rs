//! The functions of a module, from bodies that call each other by where they stood while they were made.
//!
//! Before: bodies of the kernel's functions, of labels and of what these share; a label is called by its number.
//! After: functions without gaps, each reached by a way from what is exported. What calls a label by its number calls a function
//! that branches to it: hosts make code by which they could call whatever a table has in it, and that costs them more than the
//! functions themselves.

use super::alike::{Shared, Signature};
use super::fold::Folded;
use super::fold::reader::{Reader, op};
use super::fold::writer::{put, put_number};
use super::template::{self, Names};
use super::{EXPORTS, Generated, LabelKind, signatures};
use std::ops::Range;

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
        let switches = SWITCHED.map(|kind| {
            let (taken, result) = kind.signature();
            (([taken, &[I32]].concat(), result), switch(kind, &bodies[kernel..], generated, &shared))
        });
        let mut types: Vec<Signature> = signatures().map(|(taken, result)| (taken.to_vec(), result)).collect();
        let mut all = Vec::<Function>::with_capacity(bodies.len());
        for (index, folded) in bodies.into_iter().enumerate() {
            let ty = match index.checked_sub(kernel) {
                Some(label) => generated[label].kind.type_index(),
                None => u32::from(template::functions()[index]),
            };
            all.push((ty, folded.map_or_else(|| ABSENT.to_vec(), |folded| folded.body)));
        }
        let first_switch = shared.first + shared.functions.len() as u32;
        for (signature, body) in shared.functions.into_iter().chain(switches) {
            all.push((types.len() as u32, body));
            types.push(signature);
        }
        let mut calls = Vec::with_capacity(all.len());
        all.iter().for_each(|(_, body)| calls.push(calls_of(body, first_switch)));
        let exports = EXPORTS.map(|name| (name, names[name]));
        let numbers = numbers(&calls, &exports.map(|(_, function)| function));
        let mut functions = Vec::with_capacity(all.len());
        for (index, (ty, body)) in all.into_iter().enumerate() {
            if numbers[index] != UNREACHED {
                functions.push((ty, renumbered(&body, &calls[index], &numbers)));
            }
        }
        let exports = exports.map(|(name, function)| (name, numbers[function as usize]));
        let of_kernel = numbers[..kernel].iter().filter(|&&number| number != UNREACHED).count();
        Self { types, functions, exports, of_kernel }
    }
}

/// Number of a function to which no way leads.
const UNREACHED: u32 = u32::MAX;
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
fn calls_of(body: &[u8], first_switch: u32) -> Vec<Call> {
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
fn numbers(calls: &[Vec<Call>], exports: &[u32]) -> Vec<u32> {
    let mut numbers = vec![UNREACHED; calls.len()];
    let mut open = exports.to_vec();
    while let Some(function) = open.pop() {
        if std::mem::replace(&mut numbers[function as usize], 0) == UNREACHED {
            calls[function as usize].iter().for_each(|call| open.push(call.function));
        }
    }
    let mut next = 0;
    for number in &mut numbers {
        if *number != UNREACHED {
            *number = next;
            next += 1;
        }
    }
    numbers
}

/// A function that calls others by the numbers that these have got.
fn renumbered(body: &[u8], calls: &[Call], numbers: &[u32]) -> Vec<u8> {
    let (mut code, mut at) = (Vec::with_capacity(body.len()), 0);
    for call in calls {
        code.extend_from_slice(&body[at..call.at.start]);
        put(&mut code, op::CALL, numbers[call.function as usize]);
        at = call.at.end;
    }
    code.extend_from_slice(&body[at..]);
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
    (0..=labels.len()).for_each(|_| code.extend_from_slice(&[op::BLOCK, op::EMPTY]));
    // Numbers that are of no such label lead behind all of them.
    let mut ways = vec![labels.len() as u32; labels.last().map_or(0, |last| last + 1)];
    (0..).zip(&labels).for_each(|(way, &label)| ways[label] = way);
    put(&mut code, op::LOCAL_GET, taken);
    put(&mut code, op::BR_TABLE, ways.len() as u32);
    ways.into_iter().chain([labels.len() as u32]).for_each(|way| put_number(&mut code, way));
    for label in labels {
        code.push(op::END);
        (0..taken).for_each(|parameter| put(&mut code, op::LOCAL_GET, parameter));
        let function = first + label as u32;
        match shared.made(function) {
            Some(made) => made.call(&mut code),
            None => put(&mut code, op::CALL, function),
        }
        code.push(op::RETURN);
    }
    code.extend_from_slice(&[op::END, op::UNREACHABLE, op::END]);
    code
}
