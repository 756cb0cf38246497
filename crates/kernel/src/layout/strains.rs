//! What faults change about edges and components beyond the network, service and errors: a row only where something can.

/// What can change about an edge: cells, or [`NONE`](super::NONE).
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct EdgeStrain {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::EdgeStrain.bytes() }>,
    /// Purpose of refusing an attempt.
    pub purpose_refused: u64,
    /// Purpose of cutting off an answer.
    pub purpose_broken: u64,
    /// Purpose of reading an answer slowly.
    pub purpose_linger: u64,
    /// Purpose of answering a probe badly.
    pub purpose_probes: u64,
    /// Share of attempts that are refused.
    pub cell_refused: u32,
    /// Share of good answers that are cut off.
    pub cell_broken: u32,
    /// Factor of timeouts.
    pub cell_timeout: u32,
    /// Retries more than the policy's.
    pub cell_retries: u32,
    /// Factor of pauses between attempts.
    pub cell_backoff: u32,
    /// Permits of each gate.
    pub cell_permits: u32,
    /// Share of visits that linger.
    pub cell_linger: u32,
    /// For how long.
    pub cell_linger_time: u32,
    /// Share of probes that are answered badly.
    pub cell_probe_errors: u32,
    /// Unused.
    pub pad: u32,
}

/// What can change about a component: cells, or [`NONE`](super::NONE).
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct ComponentStrain {
    /// See [`Tag`](super::Tag).
    #[cfg(feature = "machine")]
    pub tag: super::Tag<{ super::Tagged::ComponentStrain.bytes() }>,
    /// Purpose of stalling.
    pub purpose_stall: u64,
    /// Key of the draws of which keys are poison.
    pub purpose_poison: u64,
    /// First cell of the servers of each replica.
    pub cell_servers: u32,
    /// First cell of the share of visits that stall.
    pub cell_stall: u32,
    /// First cell of how long they do.
    pub cell_stall_time: u32,
    /// Share of keys that are poison.
    pub cell_poison: u32,
    /// Factor of the time until a new replica serves.
    pub cell_startup: u32,
    /// Not 0: its autoscaler does nothing.
    pub cell_stuck: u32,
}
