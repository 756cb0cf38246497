//! Processors: how many of those that a component's replicas have are at work.
//!
//! Threads are held while they wait; processors are not. A component whose work shares so many processors counts both.

use super::memory::{header, row};
use super::windows;
use crate::columns::component as column;
use crate::layout::{Component, NONE, Processors};
use core::cell::Cell;

/// Parts of a processor that are counted.
pub const PARTS: u64 = 1000;

fn processors(row_of: &Component) -> &'static Processors {
    row(header().processors, row_of.processors)
}

/// Processors of a replica, in parts.
pub fn each(row: &Component) -> u32 {
    processors(row).each
}

/// So many strands are at work at a replica, from so many before.
#[inline(always)]
pub fn at_work(c: u32, row: &Component, before: u32, after: u32) {
    if row.processors != NONE {
        change_busy(c, row, before, after);
    }
}

#[unsafe(export_name = "if_processors_change")]
#[inline(never)]
extern "C" fn change_busy(c: u32, row: &Component, before: u32, after: u32) {
    windows::touch(c);
    let processors = processors(row);
    let busy = |strands: u32| (strands as u64 * PARTS).min(processors.each as u64);
    processors.busy.set(processors.busy.get() + busy(after) - busy(before));
}

/// A replica counts from now on, or does no longer.
#[inline(always)]
pub fn counts(row: &Component, on: bool) {
    if row.processors != NONE {
        change_up(row, on);
    }
}

#[unsafe(export_name = "if_processors_counts")]
#[inline(never)]
extern "C" fn change_up(row: &Component, on: bool) {
    let processors = processors(row);
    let each = processors.each as u64;
    processors.up.set(if on { processors.up.get() + each } else { processors.up.get() - each });
}

/// Brings the integrals of a component up by so much time.
#[unsafe(export_name = "if_processors_integrate")]
#[inline(never)]
pub extern "C" fn integrate(c: u32, row: &Component, passed: u64) {
    let processors = processors(row);
    grow(c, column::PROCESSORS_BUSY_NS, processors.busy.get() * passed, &processors.busy_left);
    grow(c, column::PROCESSORS_NS, processors.up.get() * passed, &processors.up_left);
}

/// Adds whole processors; what is left of a thousandth is kept, so that it does not matter how often this is done.
fn grow(c: u32, column: usize, thousandths: u64, left: &Cell<u64>) {
    let all = thousandths + left.get();
    windows::add(c, column, all / PARTS);
    left.set(all % PARTS);
}
