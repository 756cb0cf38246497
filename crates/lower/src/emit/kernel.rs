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

/// Bytes of the kernel's functions that may stand in place of a call of them: in what is generated, and in the kernel.
struct InLine {
    labels: usize,
    kernel: usize,
}

impl InLine {
    fn of(labels: usize, passes: Passes) -> Self {
        match labels {
            _ if !passes.expand => Self { labels: 0, kernel: 0 },
            ..=LABELS_FEW => Self { labels: 200, kernel: 200 },
            _ => Self { labels: 64, kernel: 0 },
        }
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
    let count = template::functions().len() as u32;
    let is_unused = |name: &str| unused.iter().any(|part| name.starts_with(part));
    let mut is_absent = vec![false; count as usize];
    for (_, function) in names.iter().filter(|(name, _)| passes.leave_out && is_unused(name)) {
        is_absent[function as usize] = true;
    }
    let labels: Vec<Vec<u8>> = labels.into_iter().map(Function::into_raw_body).collect();
    let (dispatch, dispatches) = (names["dispatch"], dispatches());
    let (templates, types) = (template::bodies(), template::types().collect::<Vec<_>>());
    let signature = |function: u32| types[usize::from(template::functions()[function as usize])];
    let body_of = |function: u32| if function == dispatch { &dispatches[..] } else { templates[function as usize] };
    let callee = |function: u32, most: usize| {
        if function >= count {
            return Callee { parameters: STRAND, result: None, in_line: None, is_absent: false };
        }
        let ((parameters, result), body) = (signature(function), body_of(function));
        let is_absent = is_absent[function as usize];
        Callee { parameters, result, in_line: (body.len() <= most).then_some(body), is_absent }
    };
    let in_line = InLine::of(labels.len(), passes);
    let (in_labels, in_kernel) = (|f: u32| callee(f, in_line.labels), |f: u32| callee(f, in_line.kernel));
    let frozen = Frozen::of(image, template::HEADER_ADDRESS);
    let fold = |function: Option<u32>, body: &[u8], parameters: &[u8]| match (passes.specialize, function) {
        (true, None) => fold::fold(None, body, parameters, &Known { frozen: &frozen, callee: &in_labels }),
        (true, _) => fold::fold(function, body, parameters, &Known { frozen: &frozen, callee: &in_kernel }),
        (false, _) => fold::plain(body),
    };

    let mut open: Vec<u32> = EXPORTS.iter().map(|name| names[name]).collect();
    if !passes.leave_out {
        open = (0..count).collect();
    }
    let mut bodies = vec![None; count as usize];
    for label in &labels {
        let folded = fold(None, label, STRAND);
        open.extend(folded.callees);
        bodies.push(Some(folded.body));
    }
    while let Some(function) = open.pop() {
        if bodies[function as usize].is_some() || is_absent[function as usize] {
            continue;
        }
        let folded = fold(Some(function), body_of(function), signature(function).0);
        open.extend(folded.callees);
        bodies[function as usize] = Some(folded.body);
    }
    bodies
}

/// Calls the function of a label.
fn dispatches() -> Vec<u8> {
    let label_type = template::types().count() as u32;
    let mut function = Function::new([]);
    function.instructions().local_get(1).local_get(0).call_indirect(0, label_type).end();
    function.into_raw_body()
}
