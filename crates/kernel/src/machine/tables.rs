//! Unit tables, filled once per run. The linker keeps only the functions of families in use, which the
//! generated function behind the header's `tables_label` calls.

use super::dispatch;
use super::memory::header;
use crate::layout::NONE;
use crate::mixture::{Part, fill_mixture};
use crate::shape::{self, CELLS};

/// Builds all of them.
pub fn build() {
    if header().tables_label != NONE {
        dispatch(header().tables_label, 0);
    }
}

fn table(address: u32) -> &'static mut [f64; CELLS] {
    // SAFETY: the linker reserved a table there; nothing else refers to it while tables are built.
    unsafe { &mut *(address as *mut [f64; CELLS]) }
}

/// Rows that the linker wrote.
fn rows<T>(address: u32, count: u32) -> &'static [T] {
    // SAFETY: the linker wrote so many rows there, and nothing writes them again.
    unsafe { core::slice::from_raw_parts(address as *const T, count as usize) }
}

/// An exponential table.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_exponential(at: u32) {
    shape::fill_exponential(table(at));
}

/// A lognormal table.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_lognormal(at: u32, sigma: f64) {
    shape::fill_lognormal(table(at), sigma);
}

/// A gamma table.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_gamma(at: u32, cv: f64) {
    shape::fill_gamma(table(at), cv);
}

/// A Weibull table.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_weibull(at: u32, shape: f64) {
    shape::fill_weibull(table(at), shape);
}

/// A bounded Pareto table.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_pareto(at: u32, alpha: f64, ratio: f64) {
    shape::fill_pareto(table(at), alpha, ratio);
}

/// A table through percentiles.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_percentiles(at: u32, points: u32, count: u32) {
    shape::fill_percentiles(table(at), rows(points, count));
}

/// A table of equally likely values.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_values(at: u32, points: u32, count: u32) {
    shape::fill_values(table(at), rows(points, count));
}

/// A table of a mixture.
#[unsafe(no_mangle)]
pub extern "C" fn k_table_mixture(at: u32, parts: u32, count: u32) {
    fill_mixture(table(at), rows::<Part>(parts, count));
}
