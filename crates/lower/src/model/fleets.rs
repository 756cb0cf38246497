//! Replicas that come and go.

use serde::{Deserialize, Serialize};

/// Replicas that come and go. [`Component::replicas`](super::Component::replicas) is the most there can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Replicas in service at the begin.
    pub initial: u32,
    /// Time until a new replica serves, in nanoseconds.
    pub startup_ns: u64,
    /// What decides how many there are, if anything does.
    pub autoscaler: Option<Autoscaler>,
}

/// Decides how many replicas there are, by what it measured in closed windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autoscaler {
    /// Fewest replicas.
    pub least: u32,
    /// Most replicas, at most those of the component.
    pub most: u32,
    /// What is measured.
    pub metric: ScalingMetric,
    /// What follows from it.
    pub rule: ScalingRule,
    /// How often it decides, in nanoseconds: every so many windows, rounded up.
    pub every_ns: u64,
    /// It scales down no further than the largest number it found right in this time, in nanoseconds.
    pub cooldown_ns: u64,
}

/// What an autoscaler measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScalingMetric {
    /// Busy servers among those that count.
    Utilization,
    /// Waiting for each replica that serves.
    Queue,
    /// Present for each replica that serves.
    Concurrency,
    /// Arrivals per second for each replica that serves.
    Arrivals,
}

/// What an autoscaler does about what it measured. Bounds are in millionths of the metric's unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScalingRule {
    /// As many replicas as bring the metric to a target.
    Target {
        /// The target. Positive.
        target: u64,
        /// Share of the target by which the metric may differ from it, in 1/1000.
        tolerance: u32,
    },
    /// So many more or fewer beyond bounds. Every bound above which some are added exceeds every one below which some are removed.
    Steps(Vec<ScalingStep>),
}

/// A step of an autoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingStep {
    /// Added above the bound, or removed below it.
    pub above: bool,
    /// The bound.
    pub bound: u64,
    /// How many.
    pub by: u32,
}
