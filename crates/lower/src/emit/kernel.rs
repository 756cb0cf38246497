//! The functions of a module, as the plan at hand needs them.

use super::alike::{self, Shared};
use super::fold::reader::op;
use super::fold::writer::put;
use super::fold::{self, Callee, Folded, Frozen, Known};
use super::memory::Image;
use super::template::Names;
use super::{EXPORTS, Generated, LabelKind, signatures, template};
use crate::passes::Passes;
use std::cell::Cell;

/// Labels of a system in which code is better fast than small.
const LABELS_FEW: usize = 64;

/// Bytes by which a module may grow for a function of the kernel that stands in place of each call of it where events are handled,
/// in a system of few labels.
const GROWTH_MOST: usize = 800;
/// How the names of functions begin that run once a window or less often.
const RARE: &str = "rare_";
/// How the name goes on, behind the part that it belongs to, of a function that is called wherever it is needed, because its loop
/// had better have all registers, or what calls it had. What goes straight is in line in it.
const APART: &str = "_apart_";
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
            Self { labels: 64, kernel: 200 }
        }
    }
}

/// The kernel's functions as the build script has left them.
struct Kernel {
    bodies: Vec<&'static [u8]>,
    /// By index of a type, what a function of it takes and returns.
    types: Vec<(&'static [u8], Option<u8>)>,
    /// The functions that call that of a label, and their bodies.
    dispatches: [(u32, Vec<u8>); 2],
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
        let dispatches = [
            (names["dispatch"], dispatches(LabelKind::GoesOn)),
            (names["dispatch_straight"], dispatches(LabelKind::GoesStraight)),
        ];
        Self { bodies, types: signatures().collect(), dispatches, is_absent }
    }

    fn body(&self, function: u32) -> &[u8] {
        let generated = self.dispatches.iter().find(|(dispatch, _)| *dispatch == function);
        generated.map_or(self.bodies[function as usize], |(_, body)| body)
    }
}

/// The bodies of functions, those of the kernel before those of labels. Of the kernel's there is each that can be reached from
/// what the module exports and from labels, but for those whose name begins like a part that is not entered.
pub(super) fn linked(
    image: &Image,
    generated: &[Generated],
    unused: &[&str],
    names: &Names,
    passes: Passes,
) -> Vec<Option<Folded>> {
    let kernel = Kernel::without(if passes.leave_out { unused } else { &[] }, names);
    let frozen = Frozen::of(image, template::HEADER_ADDRESS);
    let named = named(names, passes);
    let linker = Linker { kernel: &kernel, generated, frozen: &frozen, named: &named, names, passes };
    let mut linked = linker.linked(&named);
    if passes.specialize && passes.expand && generated.len() <= LABELS_FEW {
        linked = linker.linked(&linker.uses(&linked));
    }
    linked
}

/// Makes functions of labels share what they can, where there are many.
pub(super) fn shared(bodies: &mut [Option<Folded>], generated: &[Generated], passes: Passes) -> Shared {
    if !passes.merge || generated.len() <= LABELS_FEW {
        return Shared::nothing(bodies.len());
    }
    let first_label = bodies.len() - generated.len();
    alike::share(bodies, first_label, |function| generated[function as usize - first_label].kind.signature())
}

/// How a function of the kernel is used where events are handled.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// It rarely runs.
    Rare,
    /// It is called, unless it is very small.
    Called,
    /// It is called, and has in line what goes straight.
    Apart,
    /// It stands in place of each call of it.
    InLine,
}

/// How functions of the kernel are used, as far as their names say it.
fn named(names: &Names, passes: Passes) -> Vec<Use> {
    let mut named = vec![Use::Called; template::functions().len()];
    for (name, function) in names.iter() {
        if name.starts_with(RARE) {
            named[function as usize] = Use::Rare;
        } else if name.contains(APART) && passes.expand {
            named[function as usize] = Use::Apart;
        }
    }
    named
}

/// What is linked, and with what.
struct Linker<'a> {
    kernel: &'a Kernel,
    generated: &'a [Generated],
    frozen: &'a Frozen<'a>,
    /// See [`named`].
    named: &'a [Use],
    names: &'a Names,
    passes: Passes,
}

impl Linker<'_> {
    /// The functions of a module, by how those of the kernel are used.
    fn linked(&self, uses: &[Use]) -> Vec<Option<Folded>> {
        let Self { kernel, generated, frozen, names, passes, .. } = *self;
        let in_line = InLine::of(generated.len(), passes);
        let first_label = kernel.bodies.len() as u32;
        let all = first_label + generated.len() as u32;
        // How the function is used that is folded at the moment, and how large one may be that stands in it.
        let host = Cell::new((Use::Rare, 0));
        let callee = |function: u32| self.callee(function, uses, host.get());
        let labelled = |label: u32| Some(first_label + label).filter(|&function| function < all);
        let known = Known { frozen, types: &kernel.types, callee: &callee, labelled: &labelled };

        let mut open: Vec<u32> = EXPORTS.iter().map(|name| names[name]).collect();
        if !(passes.leave_out && passes.specialize) {
            open.extend(if passes.leave_out { first_label } else { 0 }..all);
        }
        let mut bodies: Vec<Option<Folded>> = (0..all).map(|_| None).collect();
        while let Some(function) = open.pop() {
            let place = function as usize;
            if bodies[place].is_some() || kernel.is_absent.get(place) == Some(&true) {
                continue;
            }
            host.set(match self.label(function) {
                None => (uses[place], in_line.kernel),
                Some(Generated { kind: LabelKind::Lands, .. }) => (Use::Rare, in_line.labels),
                Some(_) => (Use::Called, in_line.labels),
            });
            let folded = match passes.specialize {
                true => fold::fold(function, self.body(function), self.signature(function).0, &known),
                false => fold::plain(self.body(function)),
            };
            open.extend(&folded.callees);
            for &kind in &folded.kinds {
                let labels = (first_label..).zip(generated);
                open.extend(labels.filter(|(_, label)| label.kind.type_index() == kind).map(|(function, _)| function));
            }
            bodies[place] = Some(folded);
        }
        bodies
    }

    fn label(&self, function: u32) -> Option<&Generated> {
        self.generated.get(function.checked_sub(self.kernel.bodies.len() as u32)? as usize)
    }

    fn body(&self, function: u32) -> &[u8] {
        self.label(function).map_or_else(|| self.kernel.body(function), |label| &label.body)
    }

    fn signature(&self, function: u32) -> (&'static [u8], Option<u8>) {
        match self.label(function) {
            Some(label) => label.kind.signature(),
            None => self.kernel.types[usize::from(template::functions()[function as usize])],
        }
    }

    /// What a function is that is called where another is folded, of which it is known how it is used, and how large one may be
    /// that stands in it.
    fn callee(&self, function: u32, uses: &[Use], (host, bytes): (Use, usize)) -> Callee<'_> {
        let ((parameters, result), body) = (self.signature(function), self.body(function));
        let is_in_line = match (self.label(function), uses.get(function as usize)) {
            (Some(label), _) => host == Use::Apart && label.kind == LabelKind::GoesStraight,
            (None, _) if self.named[function as usize] != Use::Called => false,
            (None, Some(Use::InLine)) if host != Use::Rare => true,
            _ => body.len() <= bytes,
        };
        let is_absent = self.kernel.is_absent.get(function as usize) == Some(&true);
        Callee { parameters, result, in_line: is_in_line.then_some(body), is_absent }
    }

    /// How functions of the kernel are used, as they have been linked: labels and what handles events call some of them from a
    /// few places, and most only through what rarely runs.
    fn uses(&self, linked: &[Option<Folded>]) -> Vec<Use> {
        let (first_label, named, run) = (self.kernel.bodies.len(), self.named, self.names[RUN] as usize);
        let mut places = vec![0; first_label];
        let mut open: Vec<usize> = (first_label..linked.len()).collect();
        open.push(run);
        while let Some(function) = open.pop() {
            let Some(folded) = &linked[function] else { continue };
            for &callee in &folded.callees {
                let callee = callee as usize;
                if named.get(callee).is_none_or(|&used| used == Use::Rare) {
                    continue;
                }
                if places[callee] == 0 {
                    open.push(callee);
                }
                places[callee] += 1;
            }
        }
        let used = |function: usize| match (&linked[function], places[function], named[function]) {
            (_, _, Use::Apart) => Use::Apart,
            (_, 0, _) if function != run => Use::Rare,
            (Some(folded), 1.., _) if folded.body.len() * (places[function] - 1) <= GROWTH_MOST => Use::InLine,
            _ => Use::Called,
        };
        (0..first_label).map(used).collect()
    }
}

/// The body of the function that calls that of a label of a kind: the label comes before what that takes.
fn dispatches(kind: LabelKind) -> Vec<u8> {
    // It has no locals of its own.
    let mut code = vec![0];
    (1..=kind.signature().0.len() as u32).for_each(|parameter| put(&mut code, op::LOCAL_GET, parameter));
    put(&mut code, op::LOCAL_GET, 0);
    put(&mut code, op::CALL_INDIRECT, kind.type_index());
    code.extend_from_slice(&[0, op::END]);
    code
}
