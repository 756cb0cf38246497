//! Replicas that come and go, and who decides.

use core::cell::Cell;

/// A component whose replicas come and go. `wanted` and `takers` are state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Fleet {
    /// Time until a new replica serves.
    pub startup_ns: u64,
    /// Component.
    pub component: u32,
    /// First of its members.
    pub first_member: u32,
    /// Replicas in service at the begin.
    pub initial: u32,
    /// First cell of the draining flag, or [`NONE`](super::NONE).
    pub cell_draining: u32,
    /// Replicas that are to be in service.
    pub wanted: Cell<u32>,
    /// Replicas that take new work.
    pub takers: Cell<u32>,
}

/// A replica of a fleet.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Member {
    /// When a replica that starts will serve.
    pub ready_ns: Cell<u64>,
    /// See `machine/fleets.rs`.
    pub flags: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// What decides how many replicas a fleet has. `before` and `evaluated` are state.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Autoscaler {
    /// What the numerator is multiplied with.
    pub factor: u64,
    /// Target of the metric, in the unit of the factor; unused with steps.
    pub target: u64,
    /// Cumulative numerator and denominator when it was evaluated last.
    pub before: [Cell<u64>; 2],
    /// Words of both in a row block.
    pub words: [u32; 2],
    /// Fleet.
    pub fleet: u32,
    /// Evaluated at every so many-th close of a window.
    pub every_windows: u32,
    /// Fewest replicas.
    pub least: u32,
    /// Most replicas.
    pub most: u32,
    /// Share of the target by which the metric may differ from it, in 1/1000.
    pub tolerance: u32,
    /// First of its steps.
    pub first_step: u32,
    /// Steps, 0: it tracks the target.
    pub steps: u32,
    /// First of its recommendations.
    pub first_recommendation: u32,
    /// Earlier recommendations that keep it from scaling down.
    pub recommendations: u32,
    /// How often it has been evaluated.
    pub evaluated: Cell<u32>,
}

/// A step of an autoscaler.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct ScalingStep {
    /// Bound of the metric, in the unit of the factor.
    pub bound: u64,
    /// 1: taken above the bound, 0: below it.
    pub above: u32,
    /// Replicas added, or removed.
    pub by: u32,
}
