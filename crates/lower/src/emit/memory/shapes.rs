//! Which unit tables a plan needs, and the data of those that have some.

use crate::plan::{Plan, Shape};
use sysdl_kernel::mixture::Part;
use sysdl_kernel::shape::Point;

/// The distinct shapes that need a table.
pub(super) struct Shapes {
    pub(super) rows: Vec<Shape>,
    pub(super) of_distribution: Vec<Option<usize>>,
    /// Data of curves and of mixtures, and where that of each shape begins in both, and how much it is.
    pub(super) points: Vec<Point>,
    pub(super) parts: Vec<Part>,
    pub(super) data: Vec<((u32, u32), u32)>,
    /// First point of each distribution that is a histogram.
    pub(super) histogram: Vec<Option<u32>>,
}

impl Shapes {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut rows: Vec<Shape> = Vec::new();
        let mut index_of = |shape: &Shape| {
            rows.iter().position(|known| known == shape).unwrap_or_else(|| {
                rows.push(shape.clone());
                rows.len() - 1
            })
        };
        let of_distribution = plan
            .distributions
            .shape
            .iter()
            .map(|shape| {
                (!matches!(shape, Shape::Constant | Shape::Uniform | Shape::Histogram(_))).then(|| index_of(shape))
            })
            .collect();
        if plan.sources.poisson.contains(&1) {
            index_of(&Shape::Exponential);
        }
        let (mut points, mut parts, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for shape in &rows {
            let first = (points.len() as u32, parts.len() as u32);
            match shape {
                Shape::Percentiles(curve) => points.extend(curve.iter().map(|&(share, value)| Point { share, value })),
                Shape::Values(values) => points.extend(values.iter().map(|&value| Point { share: 0.0, value })),
                Shape::Mixture(mixed) => parts.extend(mixed.iter().map(crate::plan::Part::row)),
                _ => {}
            }
            data.push((first, points.len() as u32 - first.0 + parts.len() as u32 - first.1));
        }
        let histogram = plan.distributions.shape.iter().map(|shape| {
            let Shape::Histogram(values) = shape else { return None };
            points.extend(values.iter().map(|&(share, value)| Point { share, value }));
            Some((points.len() - values.len()) as u32)
        });
        let histogram = histogram.collect();
        Self { rows, of_distribution, points, parts, data, histogram }
    }
}
