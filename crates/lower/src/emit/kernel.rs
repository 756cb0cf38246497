//! The functions of a module, as the plan at hand needs them.

use super::fold::{self, Callee, Frozen, Known};
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
    let (frozen, in_line) = (Frozen::of(image, template::HEADER_ADDRESS), InLine::of(labels.len(), passes));
    let callee_of_label = |function: u32| kernel.callee(function, in_line.labels);
    let callee_of_kernel = |function: u32| kernel.callee(function, in_line.kernel);
    let in_labels = Known { frozen: &frozen, callee: &callee_of_label };
    let in_kernel = Known { frozen: &frozen, callee: &callee_of_kernel };

    let exported = EXPORTS.iter().map(|name| names[name]);
    let mut open: Vec<u32> =
        if passes.leave_out { exported.collect() } else { (0..kernel.bodies.len() as u32).collect() };
    let mut bodies = vec![None; kernel.bodies.len()];
    for label in &labels {
        let folded = if passes.specialize { fold::fold(None, label, STRAND, &in_labels) } else { fold::plain(label) };
        open.extend(folded.callees);
        bodies.push(Some(folded.body));
    }
    while let Some(function) = open.pop() {
        if bodies[function as usize].is_some() || kernel.is_absent[function as usize] {
            continue;
        }
        let (body, parameters) = (kernel.body(function), kernel.signature(function).0);
        let folded = match passes.specialize {
            true => fold::fold(Some(function), body, parameters, &in_kernel),
            false => fold::plain(body),
        };
        open.extend(folded.callees);
        bodies[function as usize] = Some(folded.body);
    }
    bodies
}

/// The body of the function that calls that of a label.
fn dispatches() -> Vec<u8> {
    let label_type = template::types().count() as u32;
    let mut function = Function::new([]);
    function.instructions().local_get(1).local_get(0).call_indirect(0, label_type).end();
    function.into_raw_body()
}
