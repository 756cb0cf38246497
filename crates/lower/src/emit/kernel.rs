//! The functions of a module, as the plan at hand needs them.

use super::fold::{self, Callee, Folded, Frozen, Known};
use super::memory::Image;
use super::template::Names;
use super::{EXPORTS, template};
use crate::passes::Passes;
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
) -> Vec<Option<Vec<u8>>> {
    let kernel = Kernel::without(if passes.leave_out { unused } else { &[] }, names);
    let labels: Vec<Vec<u8>> = labels.into_iter().map(Function::into_raw_body).collect();
    let frozen = Frozen::of(image, template::HEADER_ADDRESS);
    let linker = Linker { kernel: &kernel, labels: &labels, frozen: &frozen, names, passes };
    let mut linked = linker.linked(None);
    if passes.specialize && passes.expand && labels.len() <= LABELS_FEW {
        linked = linker.linked(Some(&Often::of(&linked, &kernel, names)));
    }
    linked.into_iter().map(|folded| Some(folded?.body)).collect()
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
    /// The functions of a module. If it is known what runs often, what is called there stands in place of the calls, as far as
    /// that costs few bytes.
    fn linked(&self, often: Option<&Often>) -> Vec<Option<Folded>> {
        let Self { kernel, labels, frozen, names, passes } = *self;
        let in_line = InLine::of(labels.len(), passes);
        let callee = |function: u32, most: usize| {
            let is_in_line = often.is_some_and(|often| often.is_in_line[function as usize]);
            kernel.callee(function, if is_in_line { usize::MAX } else { most })
        };
        let callee_of_label = |function: u32| callee(function, in_line.labels);
        let callee_of_kernel = |function: u32| callee(function, in_line.kernel);
        let callee_of_rare = |function: u32| kernel.callee(function, in_line.kernel);
        let in_labels = Known { frozen, callee: &callee_of_label };
        let in_kernel = Known { frozen, callee: &callee_of_kernel };
        let in_rare = Known { frozen, callee: &callee_of_rare };

        let exported = EXPORTS.iter().map(|name| names[name]);
        let all = 0..kernel.bodies.len() as u32;
        let mut open: Vec<u32> = if passes.leave_out { exported.collect() } else { all.clone().collect() };
        let mut bodies: Vec<Option<Folded>> = all.map(|_| None).collect();
        for label in labels {
            let folded =
                if passes.specialize { fold::fold(None, label, STRAND, &in_labels) } else { fold::plain(label) };
            open.extend(&folded.callees);
            bodies.push(Some(folded));
        }
        while let Some(function) = open.pop() {
            if bodies[function as usize].is_some() || kernel.is_absent[function as usize] {
                continue;
            }
            let (body, parameters) = (kernel.body(function), kernel.signature(function).0);
            let is_rare = often.is_some_and(|often| !often.is_often[function as usize]);
            let known = if is_rare { &in_rare } else { &in_kernel };
            let folded = match passes.specialize {
                true => fold::fold(Some(function), body, parameters, known),
                false => fold::plain(body),
            };
            open.extend(&folded.callees);
            bodies[function as usize] = Some(folded);
        }
        bodies
    }
}

/// What runs for every event.
struct Often {
    /// By function, whether it does.
    is_often: Vec<bool>,
    /// By function, whether it may stand in place of each call of it there.
    is_in_line: Vec<bool>,
}

impl Often {
    /// What is called by labels and where events are handled, but not through what rarely runs.
    fn of(linked: &[Option<Folded>], kernel: &Kernel, names: &Names) -> Self {
        let mut is_rare = vec![false; linked.len()];
        for (name, function) in names.iter() {
            is_rare[function as usize] = name.starts_with(RARE) || EXPORTS.contains(&name);
        }
        let (mut is_often, mut places) = (vec![false; linked.len()], vec![0; linked.len()]);
        let labels = kernel.bodies.len() as u32..linked.len() as u32;
        let mut open: Vec<u32> = labels.chain([names[RUN]]).collect();
        while let Some(function) = open.pop() {
            if std::mem::replace(&mut is_often[function as usize], true) {
                continue;
            }
            for &callee in linked[function as usize].iter().flat_map(|folded| &folded.callees) {
                if !is_rare[callee as usize] {
                    places[callee as usize] += 1;
                    open.push(callee);
                }
            }
        }
        let is_in_line = places.iter().zip(linked).map(|(&places, folded)| {
            let bytes = folded.as_ref().map_or(0, |folded| folded.body.len());
            places > 0 && bytes * (places - 1) <= GROWTH_MOST
        });
        Self { is_in_line: is_in_line.collect(), is_often }
    }
}

/// The body of the function that calls that of a label.
fn dispatches() -> Vec<u8> {
    let label_type = template::types().count() as u32;
    let mut function = Function::new([]);
    function.instructions().local_get(1).local_get(0).call_indirect(0, label_type).end();
    function.into_raw_body()
}
