//! The functions of a module, as the plan at hand needs them.

use super::fold::{self, Callee, Folded, Frozen, Known};
use super::memory::Image;
use super::template::Names;
use super::{EXPORTS, template};
use crate::passes::Passes;
use std::cell::Cell;
use wasm_encoder::Function;

/// Body of a function that nothing calls: no locals, `unreachable`, `end`.
pub(super) const ABSENT: &[u8] = &[0, 0, 0x0b];

/// Type of what the function of a label takes: a strand.
const STRAND: &[u8] = &[0x7f];
/// Labels of a system in which code is better fast than small.
const LABELS_FEW: usize = 64;
/// Labels of a system of which the kernel is a small part.
const LABELS_MANY: usize = 400;

/// Bytes by which a module may grow for a function of the kernel that stands in place of each call of it where events are handled,
/// in a system of few labels.
const GROWTH_MOST: usize = 1000;
/// How the names of functions begin that run once a window or less often.
const RARE: &str = "rare_";
/// The function that handles events.
const RUN: &str = "sysdl_run";

/// Bytes of the kernel's functions that may stand in place of a call of them: in what is generated, and in the kernel.
struct InLine {
    labels: usize,
    kernel: usize,
}

impl InLine {
    fn of(labels: usize, passes: Passes) -> Self {
        if !passes.expand {
            Self { labels: 0, kernel: 0 }
        } else if labels <= LABELS_FEW {
            Self { labels: 200, kernel: 200 }
        } else {
            Self { labels: 64, kernel: if labels <= LABELS_MANY { 0 } else { 200 } }
        }
    }
}

/// The kernel's functions as the build script has left them.
struct Kernel {
    bodies: Vec<&'static [u8]>,
    /// By index of a type, what a function of it takes and returns.
    types: Vec<(&'static [u8], Option<u8>)>,
    /// The function that calls that of a label, and its body.
    dispatch: u32,
    dispatches: Vec<u8>,
    /// By function, whether no way leads to it.
    is_absent: Vec<bool>,
}

impl Kernel {
    /// Without functions whose name begins like a part that is not entered.
    fn without(unused: &[&str], names: &Names) -> Self {
        let bodies = template::bodies();
        let mut is_absent = vec![false; bodies.len()];
        for (name, function) in names.iter() {
            is_absent[function as usize] = unused.iter().any(|part| name.starts_with(part));
        }
        let (dispatch, dispatches) = (names["dispatch"], dispatches());
        Self { bodies, types: template::types().collect(), dispatch, dispatches, is_absent }
    }

    fn body(&self, function: u32) -> &[u8] {
        if function == self.dispatch { &self.dispatches } else { self.bodies[function as usize] }
    }

    fn signature(&self, function: u32) -> (&'static [u8], Option<u8>) {
        self.types[usize::from(template::functions()[function as usize])]
    }

    /// What a function is, of the kernel or of a label. In place of a call of it stand so many bytes at most.
    fn callee(&self, function: u32, most: usize) -> Callee<'_> {
        if function as usize >= self.bodies.len() {
            return Callee { parameters: STRAND, result: None, in_line: None, is_absent: false };
        }
        let ((parameters, result), body) = (self.signature(function), self.body(function));
        let is_absent = self.is_absent[function as usize];
        Callee { parameters, result, in_line: (body.len() <= most).then_some(body), is_absent }
    }
}

/// The bodies of functions, those of the kernel before those of labels. Of the kernel's there is each that can be reached from
/// what the module exports and from labels, but for those whose name begins like a part that is not entered.
pub(super) fn linked(
    image: &Image,
    labels: Vec<Function>,
    unused: &[&str],
    names: &Names,
    passes: Passes,
) -> Vec<Option<Folded>> {
    let kernel = Kernel::without(if passes.leave_out { unused } else { &[] }, names);
    let labels: Vec<Vec<u8>> = labels.into_iter().map(Function::into_raw_body).collect();
    let frozen = Frozen::of(image, template::HEADER_ADDRESS);
    let linker = Linker { kernel: &kernel, labels: &labels, frozen: &frozen, names, passes };
    let mut linked = linker.linked(&[]);
    if passes.specialize && passes.expand && labels.len() <= LABELS_FEW {
        linked = linker.linked(&linker.uses(&linked));
    }
    linked
}

/// How a function is used where events are handled.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// It rarely runs.
    Rare,
    /// It is called.
    Called,
    /// It stands in place of each call of it.
    InLine,
}

/// What is linked, and with what.
struct Linker<'a> {
    kernel: &'a Kernel,
    labels: &'a [Vec<u8>],
    frozen: &'a Frozen<'a>,
    names: &'a Names,
    passes: Passes,
}

impl Linker<'_> {
    /// The functions of a module, by how those of the kernel are used, if that is known.
    fn linked(&self, uses: &[Use]) -> Vec<Option<Folded>> {
        let Self { kernel, labels, frozen, names, passes } = *self;
        let in_line = InLine::of(labels.len(), passes);
        let used = |function: u32| uses.get(function as usize).copied().unwrap_or(Use::Called);
        // What may stand in what is folded at the moment: so many bytes, and whether what is in line where events are handled.
        let (most, often) = (Cell::new(0), Cell::new(true));
        let callee = |function: u32| {
            let is_in_line = often.get() && used(function) == Use::InLine;
            kernel.callee(function, if is_in_line { usize::MAX } else { most.get() })
        };
        let known = Known { frozen, callee: &callee };

        let first_label = kernel.bodies.len();
        let all = first_label + labels.len();
        let mut open: Vec<u32> = (if passes.leave_out { first_label } else { 0 }..all).map(|i| i as u32).collect();
        open.extend(EXPORTS.iter().map(|name| names[name]));
        let mut bodies: Vec<Option<Folded>> = (0..all).map(|_| None).collect();
        while let Some(function) = open.pop() {
            let place = function as usize;
            if bodies[place].is_some() || place < first_label && kernel.is_absent[place] {
                continue;
            }
            let (body, parameters, bytes) = match place.checked_sub(first_label) {
                Some(label) => (&*labels[label], STRAND, in_line.labels),
                None => (kernel.body(function), kernel.signature(function).0, in_line.kernel),
            };
            most.set(bytes);
            often.set(used(function) != Use::Rare);
            let folded = match passes.specialize {
                true => fold::fold(function, body, parameters, &known),
                false => fold::plain(body),
            };
            open.extend(&folded.callees);
            bodies[place] = Some(folded);
        }
        bodies
    }

    /// How functions of the kernel are used, as they have been linked: labels and what handles events call some of them from a
    /// few places, and most only through what rarely runs.
    fn uses(&self, linked: &[Option<Folded>]) -> Vec<Use> {
        let (first_label, run) = (self.kernel.bodies.len(), self.names[RUN]);
        let mut is_rare = vec![false; first_label];
        for (name, function) in self.names.iter() {
            is_rare[function as usize] = name.starts_with(RARE);
        }
        let mut places = vec![0; first_label];
        let mut open: Vec<u32> = (first_label as u32..linked.len() as u32).collect();
        open.push(run);
        while let Some(function) = open.pop() {
            let Some(folded) = &linked[function as usize] else { continue };
            for &callee in &folded.callees {
                if is_rare.get(callee as usize) != Some(&false) {
                    continue;
                }
                let count = &mut places[callee as usize];
                if *count == 0 {
                    open.push(callee);
                }
                *count += 1;
            }
        }
        let used = |(&places, folded): (&usize, &Option<Folded>)| match folded {
            Some(folded) if places > 0 && folded.body.len() * (places - 1) <= GROWTH_MOST => Use::InLine,
            _ if places > 0 => Use::Called,
            _ => Use::Rare,
        };
        let mut uses: Vec<Use> = places.iter().zip(linked).map(used).collect();
        uses[run as usize] = Use::Called;
        uses
    }
}

/// The body of the function that calls that of a label.
fn dispatches() -> Vec<u8> {
    let label_type = template::types().count() as u32;
    let mut function = Function::new([]);
    function.instructions().local_get(1).local_get(0).call_indirect(0, label_type).end();
    function.into_raw_body()
}
