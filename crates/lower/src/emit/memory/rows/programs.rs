//! What operations refer to: distributions, branches.

use super::super::super::Labels;
use super::super::shapes::Shapes;
use crate::plan::{Plan, Shape};
use sysdl_kernel::layout as k;
use sysdl_kernel::shape::Point;

/// `points` is where the points of histograms will lie.
pub(super) fn distributions(plan: &Plan, shapes: &Shapes, unit_tables: &[u32], points: u32) -> Vec<k::Distribution> {
    let d = &plan.distributions;
    let row = |i: usize| k::Distribution {
        scale: d.scale[i],
        offset: d.offset[i],
        form: match d.shape[i] {
            Shape::Constant => 0,
            Shape::Uniform => 1,
            Shape::Histogram(ref values) => 3 + values.len() as u32,
            _ => 2,
        },
        table: match (shapes.of_distribution[i], shapes.histogram[i]) {
            (Some(shape), _) => unit_tables[shape],
            (None, Some(first)) => points + first * size_of::<Point>() as u32,
            (None, None) => 0,
        },
    };
    (0..d.shape.len()).map(row).collect()
}

pub(super) fn branches(plan: &Plan, labels: &Labels) -> Vec<k::Branch> {
    let b = &plan.branches;
    (0..b.entry.len()).map(|i| k::Branch { path: b.path[i], entry: labels.of(b.entry[i]), pad: 0 }).collect()
}
