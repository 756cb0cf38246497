//! Where everything lies: the plan's rows as bytes, and addresses for the state behind them.
//!
//! Before: a plan, and the labels that the generated code has.
//! After: an image to be copied to [`Image::address`], a header, and a memory size that holds all.

mod rows;
mod shapes;
mod space;
mod state;

use super::{Labels, Resolved};
use crate::plan::{NONE, Plan, Shape};
use rows::Late;
use shapes::Shapes;
pub use space::{Extent, Pool};
use space::{Space, bytes_of};
use sysdl_kernel::layout::{ENTRY_BYTES, FRAME_BYTES, Header, SAMPLE_ONE_IN, Table};
use sysdl_kernel::mixture::Part;
use sysdl_kernel::shape::Point;

/// Bytes of a memory page.
const PAGE: u64 = 65_536;
/// Calendar entries per frame: its own event, and a stale timeout that a sweep would drop.
const CALENDAR_PER_FRAME: u64 = 2;
/// What a 32-bit memory can hold, less the last page.
const MEMORY_MAX: u64 = (1 << 32) - PAGE;

/// Bytes that room for one more request or call takes at least: each of its events may be due soon or in the wheel.
#[must_use]
pub const fn bytes_in_flight() -> u64 {
    FRAME_BYTES as u64 + 2 * CALENDAR_PER_FRAME * ENTRY_BYTES as u64
}

/// A model that needs more memory than a module can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Bytes it would need.
    pub bytes: u64,
    /// What needs most of them, in words.
    pub mostly: &'static str,
}

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gib = self.bytes as f64 / f64::from(1 << 30);
        write!(f, "this needs {gib:.1} GiB of memory, mostly for {}; a module can have 4 GiB", self.mostly)
    }
}

impl std::error::Error for TooLarge {}

/// Memory as it is before `sysdl_init`.
pub(super) struct Image {
    pub(super) header: Header,
    /// Address of `bytes`.
    pub(super) address: u32,
    /// All rows, end to end.
    pub(super) bytes: Vec<u8>,
    /// Pages that hold everything.
    pub(super) pages: u64,
    /// What takes most of them, in words.
    pub(super) mostly: &'static str,
    /// Where most of them are never used.
    pub(super) extents: Vec<Extent>,
    /// Address of the unit table of each distribution, of the points of a histogram; 0 for forms without either.
    pub(super) tables: Vec<u32>,
    /// The unit tables to build, in order.
    pub(super) fills: Vec<Fill>,
}

/// A unit table to build: the shape, and where its data lies.
pub(super) struct Fill {
    pub(super) table: u32,
    pub(super) shape: Shape,
    pub(super) data: Table,
}

impl Image {
    /// Bytes of the header.
    pub(super) fn header_bytes(&self) -> &[u8] {
        bytes_of(std::slice::from_ref(&self.header))
    }
}

/// Lays out a plan.
pub(super) fn lay_out(plan: &Plan, labels: &Labels, ahead: &Resolved, first: u32) -> Result<Image, TooLarge> {
    let shapes = Shapes::of(plan);
    // Rows name tables that lie behind all rows: laid out once to learn where they end, then in earnest.
    let (rows_end, _) = rows_laid_out(plan, labels, ahead, first, &shapes, &Late::nowhere(plan, &shapes));
    let mut late = Space::new(rows_end.next as u32);
    let places = Late::behind_rows(plan, &shapes, &mut late);
    let (mut space, mut header) = rows_laid_out(plan, labels, ahead, first, &shapes, &places);
    debug_assert_eq!(space.next, rows_end.next);
    space.go_on_after(&late);
    state::fill(plan, ahead, &mut space, &mut header);

    if space.next > MEMORY_MAX {
        return Err(TooLarge { bytes: space.next, mostly: space.largest.1 });
    }
    let unit_tables = &places.unit_tables;
    let exponential = shapes.rows.iter().position(|shape| *shape == Shape::Exponential);
    header.exponential = exponential.map_or(0, |i| unit_tables[i]);
    header.tables_label = if shapes.rows.is_empty() { NONE } else { labels.ops().len() as u32 };
    let points = |first: u32| header.points.address + first * size_of::<Point>() as u32;
    let of_distribution = shapes.of_distribution.iter().zip(&shapes.histogram);
    Ok(Image {
        header,
        address: space.first as u32,
        pages: space.next.div_ceil(PAGE),
        mostly: space.largest.1,
        extents: space.extents,
        tables: of_distribution.map(|(shape, at)| shape.map_or(at.map_or(0, points), |i| unit_tables[i])).collect(),
        fills: fills(&shapes, unit_tables, &header),
        bytes: space.bytes,
    })
}

fn rows_laid_out(
    plan: &Plan,
    labels: &Labels,
    ahead: &Resolved,
    first: u32,
    shapes: &Shapes,
    late: &Late,
) -> (Space, Header) {
    let mut space = Space::new(first);
    let (duration_ns, window_ns) = (plan.run.duration_ns, plan.run.window_ns);
    let mut header = Header { duration_ns, window_ns, unsampled: unsampled(plan), ..Header::default() };
    rows::fill(plan, (labels, ahead), shapes, late, &mut space, &mut header);
    (space, header)
}

/// The bits that are 0 in the keys of requests that leave spans: of about ten in a second, or of one in
/// [`SAMPLE_ONE_IN`] if that is less.
fn unsampled(plan: &Plan) -> u64 {
    const OFTEN_PER_S: f64 = 10.0;
    let sources = &plan.sources;
    let rate_of = |(&rate, &slot): (&f64, &u32)| if slot == NONE { rate } else { plan.slots.base[slot as usize] };
    let rate: f64 = sources.rate.iter().zip(&sources.slot_rate).map(rate_of).sum();
    let one_in = ((rate / OFTEN_PER_S).min(f64::from(1 << 30)) as u32).max(1).next_power_of_two();
    u64::from(one_in).max(SAMPLE_ONE_IN) - 1
}

fn fills(shapes: &Shapes, unit_tables: &[u32], header: &Header) -> Vec<Fill> {
    let data = |shape: &Shape, ((point, part), len): ((u32, u32), u32)| match shape {
        Shape::Mixture(_) => Table { address: header.parts.address + part * size_of::<Part>() as u32, len },
        _ => Table { address: header.points.address + point * size_of::<Point>() as u32, len },
    };
    let rows = shapes.rows.iter().zip(unit_tables).zip(&shapes.data);
    rows.map(|((shape, &table), &at)| Fill { table, shape: shape.clone(), data: data(shape, at) }).collect()
}
