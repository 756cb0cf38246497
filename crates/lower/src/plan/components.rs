//! Columns of components and of fleets.

use serde::{Deserialize, Serialize};

/// One row per component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Components {
    /// Name.
    pub name: Vec<String>,
    /// Kind, a label.
    pub kind: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// Number of replicas. Positive.
    pub replicas: Vec<u32>,
    /// First row of its replicas, numbered through over all components.
    pub first_replica: Vec<u32>,
    /// Servers per replica, or [`UNBOUNDED`](super::UNBOUNDED).
    pub servers: Vec<u32>,
    /// Waiting room per queue, or [`UNBOUNDED`](super::UNBOUNDED).
    pub queue_capacity: Vec<u32>,
    /// 1: a server is held for the whole visit; 0: only while working.
    pub hold_visit: Vec<u32>,
    /// 1: all replicas share one queue; 0: one queue each.
    pub shared_queue: Vec<u32>,
    /// Outcome code of a request that finds no room.
    pub overflow: Vec<u32>,
    /// 0: first come, first served; 1: last come, first served; 2 in random order; 3 last come while more wait than
    /// there are servers; 4 first come, and some are dropped.
    pub discipline: Vec<u32>,
    /// Who interrupts work: 0 nobody, 1 a lower class that of a higher one, 2 everyone.
    pub preempt: Vec<u32>,
    /// For discipline 4: longest wait that is fine, in nanoseconds.
    pub codel_target_ns: Vec<u64>,
    /// For discipline 4: how long waits must exceed it, in nanoseconds.
    pub codel_interval_ns: Vec<u64>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): longest wait for a server; [`NONE`](super::NONE): for ever.
    pub patience: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): time to set a server up; [`NONE`](super::NONE): none.
    pub setup: Vec<u32>,
    /// How long an idle server needs none, in nanoseconds.
    pub keep_alive_ns: Vec<u64>,
    /// First of the idle times of its servers, numbered through over components with setup.
    pub first_idle: Vec<u32>,
    /// Most pieces of work that a server does together.
    pub batch: Vec<u32>,
    /// Row in [`Plan::fleets`](super::Plan::fleets); [`NONE`](super::NONE): all replicas are always in service.
    pub fleet: Vec<u32>,
    /// Row in [`Plan::leaders`](super::Plan::leaders); [`NONE`](super::NONE): all replicas are alike.
    #[serde(default)]
    pub leaders: Vec<u32>,
    /// 1: work at a replica shares its processors.
    pub sharing: Vec<u32>,
    /// Processors of a replica; 1e18 if work does not contend for them.
    pub cores: Vec<f64>,
    /// Row in [`Plan::processors`](super::Plan::processors), or [`NONE`](super::NONE): its processors are not counted.
    pub processors: Vec<u32>,
    /// Slowdown by each other at work.
    pub contention: Vec<f64>,
    /// Slowdown by each pair at work.
    pub coherency: Vec<f64>,
    /// Tokens of its limit per nanosecond, 0 for no limit.
    pub limit_rate: Vec<f64>,
    /// Most tokens.
    pub limit_burst: Vec<f64>,
    /// Row in [`Plan::stores`](super::Plan::stores), or [`NONE`](super::NONE).
    pub store: Vec<u32>,
    /// Row in [`Plan::groups`](super::Plan::groups), or [`NONE`](super::NONE).
    pub group: Vec<u32>,
    /// Row in [`Plan::clusters`](super::Plan::clusters), or [`NONE`](super::NONE).
    pub cluster: Vec<u32>,
    /// Slot that multiplies service times, or [`NONE`](super::NONE).
    pub slot_service: Vec<u32>,
    /// Slot with the probability of failing at service start, or [`NONE`](super::NONE).
    pub slot_errors: Vec<u32>,
    /// Slot of the speed of work, or [`NONE`](super::NONE).
    pub slot_speed: Vec<u32>,
    /// Slot with the probability of failing when all is done, or [`NONE`](super::NONE).
    pub slot_flaws: Vec<u32>,
    /// Slot that takes replicas down, or [`NONE`](super::NONE).
    pub slot_down: Vec<u32>,
    /// Row in [`Plan::component_strains`](super::Plan::component_strains), or [`NONE`](super::NONE).
    pub strain: Vec<u32>,
    /// Draw purpose of failing at service start: `purpose(name, "errors")`.
    pub purpose_errors: Vec<u64>,
    /// Draw purpose of patience: `purpose(name, "patience")`.
    pub purpose_patience: Vec<u64>,
    /// Draw purpose of random order: `purpose(name, "order")`.
    pub purpose_order: Vec<u64>,
    /// Draw purpose of setup times: `purpose(name, "setup")`.
    pub purpose_setup: Vec<u64>,
}

/// One row per replica that is watched, those of a component one after another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// Component.
    pub component: Vec<u32>,
    /// Number of the replica within it.
    pub replica: Vec<u32>,
    /// Hash of its facts: the number within that of the component.
    pub hash: Vec<u64>,
}

/// One row per component whose work shares a number of processors that was said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Processors {
    /// Processors of a replica, in thousandths.
    pub each: Vec<u32>,
}

/// One row per component whose replicas come and go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleets {
    /// Component.
    pub component: Vec<u32>,
    /// Replicas in service at the begin.
    pub initial: Vec<u32>,
    /// Time until a new replica serves, in nanoseconds.
    pub startup_ns: Vec<u64>,
    /// Slot of the draining flag, or [`NONE`](super::NONE).
    pub slot_draining: Vec<u32>,
}

/// One row per autoscaler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Autoscalers {
    /// Row in [`Plan::fleets`](super::Plan::fleets).
    pub fleet: Vec<u32>,
    /// Fewest replicas.
    pub least: Vec<u32>,
    /// Most replicas.
    pub most: Vec<u32>,
    /// It measures the numerator over the denominator: columns of the component.
    pub columns: Vec<[u32; 2]>,
    /// Numerator · factor / denominator is in millionths of the metric's unit.
    pub factor: Vec<u64>,
    /// Target in millionths; 0 with steps.
    pub target: Vec<u64>,
    /// In 1/1000 of the target.
    pub tolerance: Vec<u32>,
    /// Steps as `(above, bound in millionths, by)`; none: it tracks the target.
    pub steps: Vec<Vec<(bool, u64, u32)>>,
    /// It decides at every so many-th close of a window.
    pub every_windows: Vec<u32>,
    /// Earlier recommendations that keep it from scaling down.
    pub recommendations: Vec<u32>,
}
