//! What was meant: a resolved, complete, id-addressed architecture under one scenario.
//!
//! Before: names, units, templates, imports, kinds and faults, all with spans, in the language crate.
//! After: every reference is an id, every quantity is in base units (nanoseconds, requests per
//! second, shares in `0.0..=1.0`), every default is filled in. A `Model` that the resolver hands over
//! is right: lowering relies on it and reports nothing.
//!
//! The model knows primitives only (station, link, store, source, slot). A `cache` or a `database`
//! is a label here: what it does has been written out by its definition in the library.

mod components;
mod distributions;
mod edges;
mod fleets;
mod leaders;
mod messages;
mod meters;
mod policies;
mod sources;
mod steps;
mod stores;
mod timeline;
mod topics;

use serde::{Deserialize, Serialize};

pub use components::*;
pub use distributions::*;
pub use edges::*;
pub use fleets::*;
pub use leaders::*;
pub use messages::*;
pub use meters::*;
pub use policies::*;
pub use sources::*;
pub use steps::*;
pub use stores::*;
pub use timeline::*;
pub use topics::*;

/// Index into [`Model::components`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ComponentId(pub u32);

/// Index into [`Model::edges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EdgeId(pub u32);

/// An endpoint of a component: `(component, index into its endpoints)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EndpointId {
    /// The component that serves it.
    pub component: ComponentId,
    /// Index into [`Component::endpoints`].
    pub index: u32,
}

/// One system under one scenario, for one choice of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The system's name, as written.
    pub system: String,
    /// The scenario's name; `steady` when the file has none.
    pub scenario: String,
    /// Default seed; a host may run the module with any other.
    pub seed: u64,
    /// Length of the run in nanoseconds. Positive.
    pub duration_ns: u64,
    /// Discarded from totals, in nanoseconds. Less than the duration.
    pub warmup_ns: u64,
    /// Width of an observation window in nanoseconds (1 s unless declared).
    pub window_ns: u64,
    /// Most frames (requests and calls in flight) that a run may hold at once.
    pub frames_max: u32,
    /// Components in declaration order.
    pub components: Vec<Component>,
    /// Edges in declaration order, traffic entries included.
    pub edges: Vec<Edge>,
    /// Traffic sources in declaration order.
    pub sources: Vec<Source>,
    /// Timed changes of parameters, in declaration order.
    pub effects: Vec<Effect>,
    /// Conditions that effects wait for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Named intervals.
    pub phases: Vec<Phase>,
    /// Parameters that a live host may set; those named by effects are always live.
    pub interactive: bool,
}

/// Whether a field says what is meant without it, and so is left out.
fn is_default<T: Default + PartialEq>(field: &T) -> bool {
    *field == T::default()
}
