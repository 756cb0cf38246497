//! Where everything lies in linear memory: the contract between the linker and the machine.
//!
//! The linker fills one [`Header`] and the tables it points to as data segments; the machine finds
//! its state at the remaining addresses. Everything is `u32` and `u64` at fixed offsets, so native
//! code lays out memory for wasm without asking it.
//!
//! *Rows* are read-only while running. *State* starts as zeros, as fresh memory does.

mod calls;
mod components;
mod edges;
mod fleets;
mod flights;
mod frames;
mod leaders;
mod messages;
mod meters;
mod observations;
mod programs;
mod sources;
mod stores;
mod strains;
mod tags;
mod timeline;
mod topics;

pub use calls::*;
pub use components::*;
pub use edges::*;
pub use fleets::*;
pub use flights::*;
pub use frames::*;
pub use leaders::*;
pub use messages::*;
pub use meters::*;
pub use observations::*;
pub use programs::*;
pub use sources::*;
pub use stores::*;
pub use strains::*;
pub use tags::*;
pub use timeline::*;
pub use topics::*;

/// No row, no slot, no cell.
pub const NONE: u32 = u32::MAX;

/// Windows kept for the host to read.
pub const RING_WINDOWS: u32 = 64;

/// Records kept for the host to read.
pub const RING_RECORDS: u32 = 4096;

/// Of so many requests one at most is recorded in spans; a power of two.
pub const SAMPLE_ONE_IN: u64 = 256;

/// A table in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Table {
    /// Address of row 0.
    pub address: u32,
    /// Number of rows.
    pub len: u32,
}

/// Root of the layout. Lies at the kernel's `HEADER` symbol.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Header {
    /// Length of the run in nanoseconds.
    pub duration_ns: u64,
    /// Width of a window in nanoseconds.
    pub window_ns: u64,
    /// Bits of a request's key. Where all of them are 0, it is recorded in spans.
    pub unsampled: u64,
    /// Rows of [`Component`].
    pub components: Table,
    /// Rows of [`Connections`].
    pub connections: Table,
    /// State: idle connections, `u32`, by edge, replica of the caller and end.
    pub idle_connections: u32,
    /// State: since when each is idle, `u64`, as many for each of those as it can have.
    pub idle_since: u32,
    /// State: epochs of ends, `u32`, by edge.
    pub epochs: u32,
    /// State: frame columns of `u32`, two per copy: end and epoch of its connection.
    pub frame_connections: u32,
    /// State: frame columns of `u32`: copies alive, their permits, then visits of copies 2 and on; 0 where there are none.
    pub copies: u32,
    /// Most copies of an attempt, itself included: 2 unless a policy hedges more than once.
    pub copies_max: u32,
    /// State: what answers under way to a frame of copies 2 and on have used, three `u64` each; 0 where nothing is metered.
    pub copies_pending: u32,
    /// Unused.
    pub pad_copies: u32,
    /// Rows of [`WatchedReplica`].
    pub watched: Table,
    /// Rows of [`Processors`].
    pub processors: Table,
    /// Rows of [`Edge`].
    pub edges: Table,
    /// Rows of [`Policy`].
    pub policies: Table,
    /// Rows of [`Site`].
    pub sites: Table,
    /// Rows of [`Conduct`].
    pub conducts: Table,
    /// Rows of [`Pacing`].
    pub pacings: Table,
    /// Rows of [`EdgeHistogram`].
    pub edge_histograms: Table,
    /// Rows of [`Sizes`].
    pub sizes: Table,
    /// Rows of [`Pace`].
    pub paces: Table,
    /// Rows of [`Link`].
    pub links: Table,
    /// Rows of [`Quota`], one per component, or none.
    pub quotas: Table,
    /// Rows of [`Price`].
    pub prices: Table,
    /// Rows of [`PromptCache`].
    pub caches: Table,
    /// Rows of [`Budget`].
    pub budgets: Table,
    /// Rows of [`Context`].
    pub contexts: Table,
    /// Rows of [`Distribution`].
    pub distributions: Table,
    /// Rows of [`crate::shape::Point`].
    pub points: Table,
    /// Rows of [`crate::mixture::Part`].
    pub parts: Table,
    /// Rows of [`Branch`].
    pub branches: Table,
    /// Rows of [`Source`].
    pub sources: Table,
    /// Rows of [`Intake`].
    pub intakes: Table,
    /// Instants of arrivals, `u64`.
    pub instants: Table,
    /// Rows of [`Flow`].
    pub flows: Table,
    /// Rows of [`Store`].
    pub stores: Table,
    /// Rows of [`Keyspace`].
    pub keyspaces: Table,
    /// Rows of [`Keeping`], one per store; none if all of them are plain.
    pub keepings: Table,
    /// Rows of [`Admission`].
    pub admissions: Table,
    /// Rows of [`Slot`].
    pub slots: Table,
    /// Rows of [`Effect`].
    pub effects: Table,
    /// Rows of [`Change`].
    pub timeline: Table,
    /// Rows of [`Flicker`].
    pub flickers: Table,
    /// State: `f64` values of slots.
    pub cells: Table,
    /// State of components, one per row.
    pub component_states: u32,
    /// State of replicas, numbered through.
    pub replicas: Table,
    /// State of edges.
    pub edge_states: u32,
    /// State of gates, numbered through.
    pub gates: u32,
    /// State of conducts, one per row.
    pub conduct_states: u32,
    /// State: what pacings hedge after, `u64`, one per row.
    pub pacing_states: u32,
    /// State: since when servers are idle, `u64`, numbered through over components with setup.
    pub idle: u32,
    /// State: keys of requests, `u32` per frame; 0 where no request has one.
    pub request_keys: u32,
    /// State: per frame the key of its last idempotent call, the key of the call that it serves (`u64` columns), and who
    /// serves its last call (`u32`); 0 if no call is idempotent.
    pub calls_served: u32,
    /// Unused.
    pub pad_calls: u32,
    /// State: frame columns of `u32`, one per copy, laid out only if there are balancings: the replicas that the copies of
    /// the attempt under way were sent to, [`NONE`] if it was not.
    pub sent_to: u32,
    /// State: whether the message that a visit came by crossed zones, `u32` per frame, laid out as those.
    pub crossed: u32,
    /// Rows of [`Balancing`].
    pub balancings: Table,
    /// State: peers, numbered through over balancings.
    pub peers: Table,
    /// State of quotas, one per component.
    pub quota_states: u32,
    /// State: a [`Meter`] per frame; 0 where nothing is metered.
    pub meters: u32,
    /// State: when each component was last asked, `u64`, where its prompts are cached.
    pub cache_states: u32,
    /// Unused.
    pub pad_meters: u32,
    /// Rows of [`Weight`].
    pub weights: Table,
    /// State of links.
    pub link_states: u32,
    /// State: what the message that a frame serves weighs, and its answer, two `u64`; 0 where nothing weighs anything.
    pub frame_sizes: u32,
    /// State of sources.
    pub source_states: u32,
    /// State: requests in flight per flow, `u32`.
    pub flow_states: u32,
    /// State of stores.
    pub store_states: u32,
    /// State: entries of all stores, numbered through.
    pub entries: Table,
    /// State: [`Mark`] of each entry, where there are keepings.
    pub marks: u32,
    /// State: entries held by each store in no list, `u32`, from the store's first entry on.
    pub places: u32,
    /// State: [`Bucket`]s of admissions, numbered through.
    pub buckets: u32,
    /// State: next cycle of each closed user, `u32`, numbered through over sources.
    pub users: Table,
    /// Address of the unit table of the exponential, 0 if no shape needs it.
    pub exponential: u32,
    /// Most frames.
    pub frames_max: u32,
    /// Registers per frame.
    pub registers: u32,
    /// State: frames of [`FRAME_BYTES`].
    pub frames: u32,
    /// State: registers, a column of `frames_max` cells each.
    pub frame_registers: u32,
    /// State: calendar entries of [`ENTRY_BYTES`] that are due soon: as many as there can be at all, behind [`ROW`] + [`ROW_ROOM`] others.
    pub calendar: Table,
    /// State: blocks of [`BLOCK_BYTES`] with [`BLOCK_ENTRIES`] others.
    pub blocks: u32,
    /// State: the open window's row block.
    pub current: u32,
    /// State: cumulative row block of closed windows.
    pub cumulative: u32,
    /// State: row blocks of recent windows.
    pub ring: u32,
    /// Words in a row block.
    pub row_words: u32,
    /// State: `u32` counts of the open window's histograms.
    pub histogram_window: u32,
    /// State: `u32` counts of closed windows' histograms.
    pub histogram_cumulative: u32,
    /// State: range in use of each open histogram.
    pub histogram_states: Table,
    /// State: buckets whose counters are to be raised, `u32`; none where each is at once.
    pub observed: Table,
    /// State: digests, two words each: of what is of no component, of requests, then of components.
    pub digests: u32,
    /// State: ring of records.
    pub records: u32,
    /// Label of the generated function that fills the unit tables, or [`NONE`].
    pub tables_label: u32,
    /// Rows of [`Group`].
    pub groups: Table,
    /// Rows of [`Subscription`].
    pub subscriptions: Table,
    /// State of partitions, numbered through.
    pub partitions: Table,
    /// State of groups.
    pub group_states: u32,
    /// State of members of groups, one per replica, numbered through.
    pub group_members: u32,
    /// State of subscriptions.
    pub subscription_states: u32,
    /// State: partitions of messages, `u32` per frame; 0 where there are none.
    pub frame_partitions: u32,
    /// State: per frame `u32`, first of those that are done with it plus one, [`NONE`] for those; 0 where nothing is done together.
    pub frame_riders: u32,
    /// State: when messages were published, `u64` per frame; 0 where nobody asks.
    pub frame_born: u32,
    /// Rows of [`Fleet`].
    pub fleets: Table,
    /// Rows of [`Leaders`].
    pub leaders: Table,
    /// State: [`Candidate`]s, numbered through.
    pub candidates: Table,
    /// Rows of [`Autoscaler`].
    pub autoscalers: Table,
    /// Rows of [`ScalingStep`].
    pub scaling_steps: Table,
    /// Rows of [`Trigger`].
    pub triggers: Table,
    /// Rows of [`Term`].
    pub terms: Table,
    /// Words that terms read, one `u64` each.
    pub term_words: Table,
    /// Rows of [`Triggered`].
    pub triggered: Table,
    /// State: [`Member`]s of fleets, numbered through.
    pub members: Table,
    /// State: recommendations of autoscalers, `u32`, numbered through.
    pub recommendations: u32,
    /// State: [`Basket`]s, numbered through over edges that gather.
    pub baskets: u32,
    /// Rows of [`Gather`].
    pub gathers: Table,
    /// Rows of [`Depot`].
    pub depots: Table,
    /// Rows of [`Subscription`] that depots are about, `u32`.
    pub bounds: Table,
    /// Rows of [`Cluster`].
    pub clusters: Table,
    /// Rows of [`Log`].
    pub logs: Table,
    /// State: [`Broker`]s, numbered through over clusters.
    pub brokers: u32,
    /// State: [`LogPartition`]s, numbered through over logs.
    pub log_partitions: u32,
    /// State: three frame columns of `u32`: of what a strand has appended the partition, the term of its leader and the
    /// copies; 0 where there are no logs.
    pub frame_logs: u32,
    /// State: what each closed user does, `u32`, numbered through over sources, where their number changes.
    pub user_marks: u32,
    /// Rows of [`EdgeStrain`].
    pub edge_strains: Table,
    /// Rows of [`ComponentStrain`].
    pub component_strains: Table,
    /// Rows of [`Calm`].
    pub calms: Table,
    /// Rows of [`Gain`].
    pub gains: Table,
    /// Rows of [`Peak`].
    pub peaks: Table,
    /// Rows of [`Reserved`], one per replica, numbered through; none where there are no flights.
    pub reserved: Table,
    /// State: [`Release`]s, numbered through over replicas.
    pub releases: u32,
    /// State: the [`FlightState`].
    pub flight_state: u32,
    /// State: what landed flights come to, `u64` each.
    pub flight_sums: Table,
    /// State: records of flights.
    pub flight_records: Table,
    /// State: [`Lane`]s.
    pub lanes: Table,
    /// State: events of lanes.
    pub lane_events: u32,
    /// How many a lane can hold, a power of two.
    pub lane_room: u32,
    /// Words of a record.
    pub flight_words: u32,
    /// Unused.
    pub pad_flights: u32,
}

impl Header {
    /// Before the linker fills it.
    pub const ZERO: Self = {
        // SAFETY: every field is an integer.
        unsafe { core::mem::zeroed() }
    };
}
