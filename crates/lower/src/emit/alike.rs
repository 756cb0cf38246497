//! Functions that differ in whole numbers only are one, which takes these numbers.
//!
//! Before: the folded functions of all labels.
//! After: of functions that are alike there is one more, with the numbers in which they differ as parameters; each of them calls
//! it with its own.
//!
//! A system of a thousand components mostly has a few kinds of them, whose operations are the same but for addresses, hashes and
//! labels. Functions are compared from those that call no label on up, so that what calls functions that are alike is alike too.

use super::fold::Folded;
use super::fold::reader::{Reader, op};
use super::fold::value::Value;
use super::fold::writer::{put, put_number};
use sysdl_order::Order as _;

/// So many functions at least are worth another one.
const FEW: usize = 4;
/// Most numbers in which they may differ.
const NUMBERS_MOST: usize = 16;

/// Parameters and result of a function, in codes of types.
pub(super) type Signature = (Vec<u8>, Option<u8>);

/// Functions that others share, to stand behind all of these.
pub(super) struct Shared {
    /// Where the first of them stands.
    pub(super) first: u32,
    pub(super) functions: Vec<(Signature, Vec<u8>)>,
    /// By function, from the first label's on, what it is by one that is shared.
    made: Vec<Option<Made>>,
}

impl Shared {
    /// Nothing, behind so many functions.
    pub(super) fn nothing(functions: usize) -> Self {
        Self { first: functions as u32, functions: Vec::new(), made: Vec::new() }
    }

    /// What a function is by one that is shared, if it is.
    pub(super) fn made(&self, function: u32) -> Option<&Made> {
        let behind = (self.first - function) as usize;
        self.made.get(self.made.len().checked_sub(behind)?)?.as_ref()
    }
}

/// A function that is a call of one that is shared, with these numbers.
pub(super) struct Made {
    function: u32,
    numbers: Vec<Value>,
}

impl Made {
    /// Calls it; its parameters are at hand.
    pub(super) fn call(&self, code: &mut Vec<u8>) {
        self.numbers.iter().for_each(|value| value.write(code));
        put(code, op::CALL, self.function);
    }

    /// The body of a function that has so many parameters and does nothing but this.
    fn body(&self, parameters: u32) -> Vec<u8> {
        // It has no locals of its own.
        let mut code = vec![0];
        (0..parameters).for_each(|parameter| put(&mut code, op::LOCAL_GET, parameter));
        self.call(&mut code);
        code.push(op::END);
        code
    }
}

/// Makes functions from a first one on share what they can.
pub(super) fn share(
    bodies: &mut [Option<Folded>],
    first: usize,
    signature: impl Fn(u32) -> (&'static [u8], Option<u8>),
) -> Shared {
    let mut shared = Shared::nothing(bodies.len());
    shared.made.resize_with(bodies.len() - first, || None);
    let mut is_done: Vec<bool> = (0..).zip(&*bodies).map(|(i, body)| i < first || body.is_none()).collect();
    let mut open: Vec<u32> = (first as u32..shared.first).collect();
    loop {
        // Those that call none that is open. What calls itself in a circle stays.
        let mut outlines = Vec::new();
        open.retain(|&function| {
            let Some(folded) = &bodies[function as usize] else { return false };
            let is_open = folded.callees.iter().any(|&callee| !is_done[callee as usize]);
            if !is_open {
                outlines.push(shared.outline(function, signature(function), &folded.body));
            }
            is_open
        });
        if outlines.is_empty() {
            return shared;
        }
        outlines.order_by(|one, other| one.code.cmp(&other.code));
        for group in outlines.chunk_by(|one, other| one.code == other.code).filter(|group| group.len() >= FEW) {
            shared.merge(bodies, group, signature(group[0].function));
        }
        outlines.iter().for_each(|outline| is_done[outline.function as usize] = true);
    }
}

/// A part of a function.
enum Part<'a> {
    /// Its locals: so many groups of a type each, what they are, and how many locals that makes.
    Locals(u32, &'a [u8], u32),
    Same(&'a [u8]),
    /// What is done with a local, and its number.
    Local(u8, u32),
    /// Any but a float.
    Number(Value),
    /// A load or store: its opcode, alignment and offset.
    Access(u8, u32, u32),
    Call(u32),
}

fn each_part<'a>(body: &'a [u8], each: &mut dyn FnMut(Part<'a>)) {
    let mut reader = Reader::new(body);
    let (groups, mut locals) = (reader.clone().u32(), 0);
    reader.locals(|count, _| locals += count);
    each(Part::Locals(groups, &reader.since(0)[len_of(groups)..], locals));
    let mut same = reader.at;
    while !reader.is_at_end() {
        let start = reader.at;
        let part = match reader.byte() {
            opcode @ (op::LOCAL_GET | op::LOCAL_SET | op::LOCAL_TEE) => Part::Local(opcode, reader.u32()),
            op::I32_CONST => Part::Number(Value::I32(reader.i32())),
            op::I64_CONST => Part::Number(Value::I64(reader.i64())),
            opcode @ op::LOAD..=op::STORE_LAST => Part::Access(opcode, reader.u32(), reader.u32()),
            op::CALL => Part::Call(reader.u32()),
            opcode => {
                reader.skip_immediates(opcode);
                continue;
            }
        };
        if same < start {
            each(Part::Same(&body[same..start]));
        }
        each(part);
        same = reader.at;
    }
    each(Part::Same(&body[same..]));
}

/// What a function shares with those that are alike, and its numbers in order, those among them that it hands to what it shares
/// with others.
struct Outline {
    function: u32,
    code: Vec<u8>,
    numbers: Vec<Value>,
}

/// What stands where functions that are alike have a number.
#[derive(Clone, Copy)]
enum Use {
    Fixed(Value),
    /// The so-manieth number in which they differ, and what is added to it.
    Taken(usize, i32),
}

impl Shared {
    fn outline(&self, function: u32, (parameters, result): (&[u8], Option<u8>), body: &[u8]) -> Outline {
        let (mut code, mut numbers) = (Vec::with_capacity(2 * body.len()), Vec::with_capacity(body.len() / 4));
        code.extend_from_slice(parameters);
        code.push(result.unwrap_or_default());
        each_part(body, &mut |part| match part {
            Part::Locals(_, bytes, _) | Part::Same(bytes) => code.extend_from_slice(bytes),
            Part::Local(opcode, local) => {
                code.push(opcode);
                code.extend_from_slice(&local.to_le_bytes());
            }
            Part::Number(value) => {
                code.push(if let Value::I64(_) = value { op::I64_CONST } else { op::I32_CONST });
                numbers.push(value);
            }
            Part::Access(opcode, align, offset) => {
                code.extend_from_slice(&[opcode, align as u8]);
                numbers.push(Value::I32(offset as i32));
            }
            Part::Call(function) => {
                let made = self.made(function);
                code.push(op::CALL);
                code.extend_from_slice(&made.map_or(function, |made| made.function).to_le_bytes());
                numbers.extend_from_slice(made.map_or(&[], |made| &made.numbers));
            }
        });
        Outline { function, code, numbers }
    }

    /// Makes a function of those that are alike, and a call of it of each of them that is longer.
    fn merge(&mut self, bodies: &mut [Option<Folded>], group: &[Outline], (parameters, result): (&[u8], Option<u8>)) {
        let Some((uses, taken)) = uses(group) else { return };
        let Some(first) = &bodies[group[0].function as usize] else { return };
        let number_of = |member: usize, place: usize| group[member].numbers[place];
        let body = self.with_numbers(&first.body, &uses, parameters.len() as u32, taken.len() as u32);
        let mut types = parameters.to_vec();
        taken.iter().for_each(|&place| types.push(type_of(number_of(0, place))));
        let function = self.first + self.functions.len() as u32;
        self.functions.push(((types, result), body));
        let first_made = bodies.len() - self.made.len();
        for (i, member) in group.iter().enumerate() {
            let made = Made { function, numbers: taken.iter().map(|&place| number_of(i, place)).collect() };
            let (call, place) = (made.body(parameters.len() as u32), member.function as usize);
            if let Some(folded) = &mut bodies[place]
                && call.len() < folded.body.len()
            {
                folded.body = call;
            }
            self.made[place - first_made] = Some(made);
        }
    }

    /// A function with what stands in it where it has numbers; it takes so many more behind its parameters.
    fn with_numbers(&self, body: &[u8], uses: &[Use], parameters: u32, more: u32) -> Vec<u8> {
        let mut writer = Writer { code: Vec::with_capacity(body.len() + body.len() / 4), taken: parameters, held: 0 };
        let mut uses = uses.iter().copied();
        let mut next = || uses.next().unwrap_or(Use::Fixed(Value::I32(0)));
        each_part(body, &mut |part| match part {
            Part::Locals(groups, types, locals) => writer.locals(groups, types, parameters + more + locals),
            Part::Same(bytes) => writer.code.extend_from_slice(bytes),
            Part::Local(opcode, local) => writer.local(opcode, if local < parameters { local } else { local + more }),
            Part::Number(_) => writer.number(next()),
            Part::Access(opcode, align, _) => writer.access(opcode, align, next()),
            Part::Call(function) => {
                let made = self.made(function);
                made.map_or(&[][..], |made| &made.numbers).iter().for_each(|_| writer.number(next()));
                put(&mut writer.code, op::CALL, made.map_or(function, |made| made.function));
            }
        });
        writer.code
    }
}

/// Writes a function that takes numbers.
struct Writer {
    code: Vec<u8>,
    /// Local of the first number that it takes.
    taken: u32,
    /// The first of three locals, of [`HELD`]: what is stored waits there while its address is made.
    held: u32,
}

/// Types of what can be stored.
const HELD: [u8; 3] = [0x7f, 0x7e, 0x7c];

impl Writer {
    fn locals(&mut self, groups: u32, types: &[u8], count: u32) {
        self.held = count;
        put_number(&mut self.code, groups + HELD.len() as u32);
        self.code.extend_from_slice(types);
        HELD.iter().for_each(|&ty| self.code.extend_from_slice(&[1, ty]));
    }

    fn local(&mut self, opcode: u8, local: u32) {
        put(&mut self.code, opcode, local);
    }

    fn number(&mut self, number: Use) {
        match number {
            Use::Fixed(value) => value.write(&mut self.code),
            Use::Taken(taken, add) => {
                self.local(op::LOCAL_GET, self.taken + taken as u32);
                if add != 0 {
                    Value::I32(add).write(&mut self.code);
                    self.code.push(op::I32_ADD);
                }
            }
        }
    }

    fn access(&mut self, opcode: u8, align: u32, offset: Use) {
        let offset = match offset {
            Use::Fixed(Value::I32(offset)) => offset,
            Use::Fixed(_) => 0,
            Use::Taken(..) => {
                let held = match opcode {
                    0x36 | 0x3a | 0x3b => Some(self.held),
                    0x37 | 0x3c..=0x3e => Some(self.held + 1),
                    0x39 => Some(self.held + 2),
                    _ => None,
                };
                // All of it is added, as an address is that goes around, since an offset must not.
                held.inspect(|&held| self.local(op::LOCAL_SET, held));
                self.number(offset);
                self.code.push(op::I32_ADD);
                held.inspect(|&held| self.local(op::LOCAL_GET, held));
                0
            }
        };
        put(&mut self.code, opcode, align);
        put_number(&mut self.code, offset as u32);
    }
}

/// Bytes of a small number as it is written.
fn len_of(number: u32) -> usize {
    let mut bytes = Vec::new();
    put_number(&mut bytes, number);
    bytes.len()
}

/// What stands where functions that are alike have numbers, and the places of those in which they differ; none if these are too
/// many. Numbers of 32 bits that lie equally far from each other in all of them are one, to which something is added.
fn uses(group: &[Outline]) -> Option<(Vec<Use>, Vec<usize>)> {
    let first = &group[0].numbers;
    let distance = |member: &Outline, place: usize| from(member.numbers[place], first[place]);
    let mut taken = Vec::<usize>::new();
    let mut indices = Vec::with_capacity(first.len());
    for (place, number) in first.iter().enumerate() {
        if group.iter().all(|member| member.numbers[place] == *number) {
            indices.push(None);
            continue;
        }
        let is_like = |like: &usize| group.iter().all(|member| distance(member, place) == distance(member, *like));
        let index = taken.iter().position(is_like).unwrap_or(taken.len());
        if index == taken.len() {
            taken.push(place);
        }
        if taken.len() > NUMBERS_MOST {
            return None;
        }
        indices.push(Some(index));
    }
    let of = |(place, index): (usize, Option<usize>)| match index {
        None => Use::Fixed(first[place]),
        Some(index) => match from(first[place], first[taken[index]]) {
            Value::I32(add) => Use::Taken(index, add),
            _ => Use::Taken(index, 0),
        },
    };
    Some((indices.into_iter().enumerate().map(of).collect(), taken))
}

/// How far a number of 32 bits lies from another; any other number itself.
fn from(value: Value, other: Value) -> Value {
    match (value, other) {
        (Value::I32(value), Value::I32(other)) => Value::I32(value.wrapping_sub(other)),
        _ => value,
    }
}

fn type_of(value: Value) -> u8 {
    if let Value::I64(_) = value { 0x7e } else { 0x7f }
}
