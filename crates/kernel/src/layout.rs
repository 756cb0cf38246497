//! Where everything lies in linear memory: the contract between the linker and the machine.
//!
//! The linker fills one [`Header`] and the tables it points to as data segments; the machine finds
//! its state at the remaining addresses. Everything is `u32` and `u64` at fixed offsets, so native
//! code lays out memory for wasm without asking it.
//!
//! *Rows* are read-only while running. *State* starts as zeros, as fresh memory does.

use core::cell::Cell;

/// No row, no slot, no cell.
pub const NONE: u32 = u32::MAX;

/// Windows kept for the host to read.
pub const RING_WINDOWS: u32 = 64;
/// Records kept for the host to read.
pub const RING_RECORDS: u32 = 4096;
/// One request in so many (by key) is recorded in spans; a power of two.
pub const SAMPLE_ONE_IN: u64 = 256;

/// A table in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Table {
    /// Address of row 0.
    pub address: u32,
    /// Number of rows.
    pub len: u32,
}

/// Root of the layout. Lies at the kernel's `HEADER` symbol.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Header {
    /// Length of the run in nanoseconds.
    pub duration_ns: u64,
    /// Width of a window in nanoseconds.
    pub window_ns: u64,
    /// Rows of [`Component`].
    pub components: Table,
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
    /// State: frame columns of `u32`, two, laid out only if there are balancings: the replicas that the attempt
    /// under way and its hedge were sent to, [`NONE`] if it was not.
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
    /// State: frame columns of `u64`, in the order of [`frame64`], `frames_max` cells each.
    pub frames64: u32,
    /// State: frame columns of `u32`, in the order of [`frame32`], then the registers.
    pub frames32: u32,
    /// State: calendar entries of [`ENTRY_BYTES`].
    pub calendar: Table,
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
    /// State: digests, two words each: total, requests, then components.
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
    /// Unused.
    pub pad_fleets: u32,
}

/// Classes of a queue.
pub const CLASSES: usize = 4;

/// Bytes of a calendar entry.
pub const ENTRY_BYTES: u32 = 32;

/// Columns of `u64` per frame.
pub mod frame64 {
    /// Key of the strand.
    pub const KEY: u32 = 0;
    /// Arrival (of a visit), creation (of a request).
    pub const ARRIVED_NS: u32 = 1;
    /// Service start (of a visit), begin of the wait or work (held for work); user or session key (of a request).
    pub const STARTED_NS: u32 = 2;
    /// Key of the call under way.
    pub const CALL_KEY: u32 = 3;
    /// When it began.
    pub const CALL_BEGAN_NS: u32 = 4;
    /// Of work that shares processors: the replica's work clock at its end. Of work that can be interrupted: when it
    /// ends, and while it is interrupted what is left of it.
    pub const FINISH: u32 = 5;
    /// Until when its answer is wanted, 0: always.
    pub const DEADLINE: u32 = 6;
    /// Number of columns.
    pub const COUNT: u32 = 7;
}

/// Columns of `u32` per frame.
pub mod frame32 {
    /// Grows whenever the strand stops waiting for something; never reset.
    pub const GENERATION: u32 = 0;
    /// Strand that waits for this one.
    pub const PARENT: u32 = 1;
    /// Generation at which it waits.
    pub const PARENT_GENERATION: u32 = 2;
    /// Replica, numbered through; component before a replica is chosen (shared queue).
    pub const REPLICA: u32 = 3;
    /// Flags, outcome.
    pub const STATE: u32 = 4;
    /// Next in a queue, a list of waiters, the free list, or among the children of a heap's node.
    pub const NEXT: u32 = 5;
    /// Label that goes on well.
    pub const RESUME: u32 = 6;
    /// Label that goes on badly.
    pub const RESUME_BAD: u32 = 7;
    /// Site of the call under way.
    pub const SITE: u32 = 8;
    /// Site this visit came through; source of a request; of a branch the sibling that was made before it, plus one.
    pub const ORIGIN: u32 = 9;
    /// Attempt number of the call under way.
    pub const ATTEMPT: u32 = 10;
    /// Branches needed; of a request the hedges of its call.
    pub const NEEDED: u32 = 11;
    /// Branch failures that can be afforded; of a request its number in its session.
    pub const AFFORDED: u32 = 12;
    /// First child in a heap of work.
    pub const CHILD: u32 = 13;
    /// The one before it in a list, plus one.
    pub const PREVIOUS: u32 = 14;
    /// Visit of the attempt under way plus one; newest branch of a fork plus one.
    pub const CALLEE: u32 = 15;
    /// Visit of the hedge under way plus one.
    pub const HEDGE: u32 = 16;
    /// Of a branch the sibling that was made after it, plus one.
    pub const NEWER: u32 = 17;
    /// Number of columns before the registers.
    pub const COUNT: u32 = 18;
}

/// A component.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Component {
    /// Hash of its name.
    pub hash: u64,
    /// Purpose of failing at service start.
    pub purpose_errors: u64,
    /// Purpose of patience.
    pub purpose_patience: u64,
    /// Purpose of random order.
    pub purpose_order: u64,
    /// Purpose of setup times.
    pub purpose_setup: u64,
    /// How long an idle server needs no setup.
    pub keep_alive_ns: u64,
    /// Longest wait that is fine, for discipline 4.
    pub codel_target_ns: u64,
    /// How long waits must exceed it.
    pub codel_interval_ns: u64,
    /// Tokens of its limit per nanosecond, 0 for no limit.
    pub limit_rate: f64,
    /// Most tokens.
    pub limit_burst: f64,
    /// Processors of a replica.
    pub cores: f64,
    /// Slowdown by each other at work.
    pub contention: f64,
    /// Slowdown by each pair at work.
    pub coherency: f64,
    /// Replicas.
    pub replicas: u32,
    /// First of them.
    pub first_replica: u32,
    /// Servers per replica, [`NONE`] for unbounded.
    pub servers: u32,
    /// Waiting room per queue, [`NONE`] for unbounded.
    pub queue_capacity: u32,
    /// 1: held for the visit.
    pub hold_visit: u32,
    /// 1: one queue for all replicas.
    pub shared_queue: u32,
    /// Outcome of finding no room.
    pub overflow: u32,
    /// First cell of the service factor, or [`NONE`].
    pub cell_service: u32,
    /// First cell of the error probability, or [`NONE`].
    pub cell_errors: u32,
    /// First cell of the down flag, or [`NONE`].
    pub cell_down: u32,
    /// First cell of the speed of work, or [`NONE`].
    pub cell_speed: u32,
    /// 0 first come, 1 last come, 2 random, 3 last come while many wait, 4 first come and some dropped.
    pub discipline: u32,
    /// 1: work shares processors.
    pub sharing: u32,
    /// Who interrupts work: 0 nobody, 1 a lower class, 2 everyone.
    pub preempt: u32,
    /// Distribution of the longest wait for a server, or [`NONE`].
    pub patience: u32,
    /// Distribution of the time to set a server up, or [`NONE`].
    pub setup: u32,
    /// First of the idle times of its servers.
    pub first_idle: u32,
    /// Most pieces of work that a server does together.
    pub batch: u32,
    /// How its replicas share out messages, or [`NONE`].
    pub group: u32,
    /// Unused.
    pub pad: u32,
}

/// An edge.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Edge {
    /// Hash of its name.
    pub hash: u64,
    /// Purposes of draws: request time, reply time, request jitter, reply jitter, request loss, reply loss, balance.
    pub purposes: [u64; 7],
    /// Loss of a message.
    pub loss: f64,
    /// How long its breaker stays open, 0 for no breaker.
    pub breaker_open_ns: u64,
    /// Length of the breaker's window of time, 0 if it judges the last attempts.
    pub breaker_window_ns: u64,
    /// Longest wait for a permit, 0: as long as the attempt's patience.
    pub permit_wait_ns: u64,
    /// Caller, [`NONE`] for traffic.
    pub from: u32,
    /// Callee.
    pub to: u32,
    /// Distribution of the network time, or [`NONE`].
    pub latency: u32,
    /// 0 in turn, 1 at random, 2 least loaded, 3 least loaded of some, 4 by weight; by key 5 modulo, 6 on a ring, 7 in a
    /// Maglev table.
    pub balance: u32,
    /// Cell of added delay, or [`NONE`].
    pub cell_delay: u32,
    /// Cell of jitter, or [`NONE`].
    pub cell_jitter: u32,
    /// Cell of request loss, or [`NONE`].
    pub cell_loss_request: u32,
    /// Cell of reply loss, or [`NONE`].
    pub cell_loss_reply: u32,
    /// Of how many, for balance 3; for balance 1: 1 if each replica of the caller keeps to one.
    pub choices: u32,
    /// The breaker judges the last so many attempts.
    pub breaker_count: u32,
    /// It opens at this share of failures, in 1/65,536.
    pub breaker_trip: u32,
    /// Fewest attempts that it judges.
    pub breaker_least: u32,
    /// Attempts that each replica of the caller may have under way, 0: any number.
    pub permits: u32,
    /// Most that wait for a permit.
    pub permit_queue: u32,
    /// First of its gates.
    pub first_gate: u32,
    /// Row of [`Balancing`], or [`NONE`]: every replica may be chosen, always.
    pub balancing: u32,
    /// Row of [`Conduct`], or [`NONE`].
    pub conduct: u32,
    /// Its bandwidth, or [`NONE`].
    pub link: u32,
    /// What becomes of messages on it, or [`NONE`].
    pub subscription: u32,
    /// Unused.
    pub pad: u32,
}

/// To which replicas an edge may send.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Balancing {
    /// How long an ejection lasts, times how often the replica was ejected.
    pub eject_ns: u64,
    /// How long at most.
    pub eject_cap_ns: u64,
    /// Time from probe to probe, 0: it does not probe.
    pub probe_interval_ns: u64,
    /// Longest wait for the answer to a probe.
    pub probe_timeout_ns: u64,
    /// How long the share of a replica grows that has become eligible, 0: it does not.
    pub slow_start_ns: u64,
    /// Purpose of passing such a replica over.
    pub purpose_slow_start: u64,
    /// Added to the network time of an exchange between zones.
    pub cross_zone_ns: u64,
    /// The edge.
    pub edge: u32,
    /// First of its peers.
    pub first_peer: u32,
    /// 1: with fewer eligible replicas than `least` all are; 0: nothing is sent then.
    pub fail_open: u32,
    /// Fewest eligible replicas.
    pub least: u32,
    /// Failures in a row that eject a replica; 0: none do.
    pub eject_failures: u32,
    /// Most replicas ejected at once.
    pub eject_most: u32,
    /// Probes that must fail in a row.
    pub probe_fall: u32,
    /// Probes that must be answered well in a row.
    pub probe_rise: u32,
    /// For balance 4: first row of [`Weight`].
    pub first_weight: u32,
    /// Zones of caller and callee, 0: they do not matter.
    pub zones: u32,
    /// 1: replicas of the caller's zone are chosen as long as one of them is eligible.
    pub prefer_zone: u32,
    /// For balances 6 and 7: address of the table (state).
    pub table: u32,
    /// Its entries.
    pub table_len: u32,
    /// Unused.
    pub pad: u32,
}

/// What callers and the network do on an edge beyond the common.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Conduct {
    /// Purpose of the draw that throttles.
    pub purpose_throttle: u64,
    /// What an accepted attempt weighs against a made one, 0: nothing is throttled.
    pub throttle_k: f64,
    /// A sixteenth of the time over which attempts are counted.
    pub throttle_slot_ns: u64,
    /// Time until a lost message is sent again for the first time, 0: never.
    pub rto_ns: u64,
    /// Packets of a message, each of which may be lost.
    pub packets: u32,
    /// Histogram of its calls, or [`NONE`].
    pub histogram_calls: u32,
    /// Histogram of its good attempts, or [`NONE`].
    pub histogram_attempts: u32,
    /// Unused.
    pub pad: u32,
}

/// How the attempts under a policy follow each other, beyond the common.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Pacing {
    /// First backoff after a throttling outcome.
    pub throttled_ns: u64,
    /// Shortest pause after being turned away: what the callee asks for.
    pub honored_ns: u64,
    /// For jitter 4: how far it goes to either side.
    pub jitter_share: f64,
    /// Throttling outcomes, a bit each.
    pub throttled_on: u32,
    /// What a retry after one takes of the bucket.
    pub throttled_cost: u32,
    /// Percentile of good attempts after which a hedge is made, in 1/100,000, 0: not after a percentile.
    pub hedge_per_100k: u32,
    /// Histogram of the edge's good attempts.
    pub histogram: u32,
    /// 1: the callee does the work of a call once.
    pub idempotent: u32,
    /// Unused.
    pub pad: u32,
}

/// A histogram of an edge.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct EdgeHistogram {
    /// Edge.
    pub edge: u32,
    /// 3 its calls, 4 its good attempts.
    pub kind: u32,
}

/// The bandwidth of an edge.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Link {
    /// Units of weight per second without a slot.
    pub bandwidth: f64,
    /// Cell of the bandwidth, or [`NONE`].
    pub cell: u32,
    /// Unused.
    pub pad: u32,
}

/// State of a link.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct LinkState {
    /// When each direction is free again: requests, replies.
    pub free_ns: [Cell<u64>; 2],
}

/// How a request and its answer are weighed.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Sizes {
    /// Purposes of draws.
    pub purpose: [u64; 2],
    /// Factors.
    pub factor: [f64; 2],
    /// 0 nothing, 1 drawn, 2 the factor times the sender's own request, 3 times its context.
    pub how: [u32; 2],
    /// Distributions of what is drawn.
    pub distribution: [u32; 2],
    /// Cell of a factor of what the request weighs, or [`NONE`].
    pub cell: u32,
    /// Unused.
    pub pad: u32,
}

/// How work depends on sizes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Pace {
    /// Nanoseconds for each unit that the request weighs.
    pub per_size: f64,
    /// Nanoseconds for each unit that the answer will weigh.
    pub per_result: f64,
    /// Nanoseconds more for each unit of the request that is cached.
    pub per_cached: f64,
}

/// Two token buckets in front of a component: of requests, and of weight.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Quota {
    /// Tokens per second without a slot, 0: no bucket.
    pub base: [f64; 2],
    /// Most tokens at that rate.
    pub burst: [f64; 2],
    /// Cells of the rates, or [`NONE`].
    pub cell: [u32; 2],
}

/// State of a quota.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct QuotaState {
    /// What is in the buckets.
    pub tokens: [Cell<f64>; 2],
    /// Since when.
    pub since_ns: Cell<u64>,
}

/// What tokens cost, in billionths of a dollar for each.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Price {
    /// Of a request, as far as it is not cached.
    pub input: f64,
    /// Of a request, as far as it is cached.
    pub cached: f64,
    /// Of an answer.
    pub output: f64,
}

/// What of a request is cached.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct PromptCache {
    /// Share of it.
    pub share: f64,
    /// Longest time since the component was last asked.
    pub ttl_ns: u64,
}

/// What a visit may use.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Budget {
    /// Tokens.
    pub tokens: u64,
    /// Billionths of a dollar.
    pub nano_usd: u64,
    /// Time since its arrival, 0: any.
    pub wall_ns: u64,
}

/// What conversations weigh.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Context {
    /// Most.
    pub most: u64,
    /// Distribution of what they weigh at first.
    pub initial: u32,
    /// Distribution of what a round adds.
    pub per_turn: u32,
}

/// What a strand has used.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Meter {
    /// Tokens, billionths of a dollar, rounds.
    pub usage: [Cell<u64>; 3],
    /// The same of answers under way to it: of its attempt, and of the hedge beside it.
    pub pending: [[Cell<u64>; 3]; 2],
    /// Its context.
    pub context: Cell<u64>,
    /// What of its request is cached.
    pub cached: Cell<u64>,
}

/// A policy.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Policy {
    /// Patience per attempt, 0 for none.
    pub timeout_ns: u64,
    /// First backoff.
    pub backoff_ns: u64,
    /// Longest backoff.
    pub backoff_cap_ns: u64,
    /// When a second attempt is made beside the first, 0: never.
    pub hedge_after_ns: u64,
    /// Growth.
    pub backoff_factor: f64,
    /// Outcome of running out of patience.
    pub gives_up_as: u32,
    /// Attempts after the first.
    pub retry_max: u32,
    /// 0 none, 1 full, 2 equal, 3 decorrelated, 4 to either side.
    pub jitter: u32,
    /// Tokens per first attempt in 1/65,536, or [`NONE`].
    pub budget: u32,
    /// Outcomes tried again.
    pub retry_on: u32,
    /// Most tokens of the retry bucket in 1/65,536, 0: no bucket.
    pub bucket_size: u32,
    /// What a retry takes.
    pub bucket_cost: u32,
    /// What a call that ends well puts back.
    pub bucket_refund: u32,
    /// What a retry must leave.
    pub bucket_floor: u32,
    /// 1: who gives up tells the callee.
    pub cancel: u32,
    /// 1: the callee is told until when the answer is wanted.
    pub deadline: u32,
    /// Row of [`Pacing`], or [`NONE`].
    pub pacing: u32,
}

/// A call site.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Site {
    /// Purpose of the backoff draw.
    pub purpose_backoff: u64,
    /// Edge.
    pub edge: u32,
    /// Policy, [`NONE`] for a message.
    pub policy: u32,
    /// Label where the callee's program begins.
    pub entry: u32,
    /// Class of the visit in queues: 0 to 3, lower first.
    pub priority: u32,
    /// 1: patience begins when the callee's program does.
    pub once_received: u32,
    /// Population that its visits' keys are drawn from, or [`NONE`]: their key is the caller's.
    pub keys: u32,
    /// How its messages are weighed, or [`NONE`].
    pub sizes: u32,
    /// Unused.
    pub pad: u32,
}

/// A distribution.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Distribution {
    /// Nanoseconds per unit.
    pub scale: f64,
    /// Nanoseconds added.
    pub offset: f64,
    /// 0 constant, 1 uniform, 2 table, 3 + n: one of n [`crate::shape::Point`]s.
    pub form: u32,
    /// Address of the unit table, or of the points.
    pub table: u32,
}

/// A branch of a fork.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Branch {
    /// Hash of its path.
    pub path: u64,
    /// Label where it begins.
    pub entry: u32,
    /// Unused.
    pub pad: u32,
}

/// A source.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Source {
    /// Hash of its name.
    pub hash: u64,
    /// Purpose of gaps or think times.
    pub purpose: u64,
    /// Requests per second without a slot.
    pub rate: f64,
    /// Label where a request's program begins.
    pub entry: u32,
    /// Users, 0 for an open source.
    pub users: u32,
    /// First user.
    pub first_user: u32,
    /// Distribution of think times, or of an open source's gaps at unit rate, or [`NONE`].
    pub think: u32,
    /// 1: Poisson.
    pub poisson: u32,
    /// Cell of the rate, or [`NONE`].
    pub cell_rate: u32,
    /// What arrivals are where they are not one request each: a row of [`Intake`], or [`NONE`].
    pub intake: u32,
    /// Unused.
    pub pad: u32,
}

/// What arrivals of an open source are, and when, if not at a rate.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Intake {
    /// Nanoseconds between arrivals by the clock, 0: not by the clock.
    pub every_ns: u64,
    /// The first of them.
    pub first_ns: u64,
    /// Who comes does so within this time, 0: at once.
    pub spread_ns: u64,
    /// After which time the list of instants begins anew, 0: never.
    pub period_ns: u64,
    /// Purposes of draws: how many come, how many requests, think times, place within the spread.
    pub purposes: [u64; 4],
    /// How many come at an arrival.
    pub batch: Count,
    /// How many requests a session makes; at most 0: who arrives is one request.
    pub session: Count,
    /// Distribution of a session's think times, or [`NONE`].
    pub think: u32,
    /// First of its instants.
    pub first_instant: u32,
    /// How many, 0: not by a list.
    pub instants: u32,
    /// Unused.
    pub pad: u32,
}

/// A number: `min(most, base + floor(draw of extra))`, or always `most` if there is no such distribution.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Count {
    /// Upper bound.
    pub most: u32,
    /// Distribution of what is drawn, or [`NONE`].
    pub extra: u32,
    /// What is added to it.
    pub base: u32,
    /// Unused.
    pub pad: u32,
}

/// How the replicas of a component share out the messages for it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Group {
    /// How long a replica may be gone before its partitions are assigned anew; where none are, how long a message that was
    /// lost with its consumer is not handed over again.
    pub session_ns: u64,
    /// How long that takes.
    pub pause_ns: u64,
    /// How long the handler waits for a batch.
    pub wait_ns: u64,
    /// Component.
    pub component: u32,
    /// First of its partitions.
    pub first_partition: u32,
    /// Partitions, of all subscriptions.
    pub partitions: u32,
    /// First of its members.
    pub first_member: u32,
    /// 1: each partition is assigned to a replica.
    pub assigned: u32,
    /// 1: a partition's messages are served one after another.
    pub ordered: u32,
    /// 1: partitions stay where they are if they can, and are served meanwhile.
    pub sticky: u32,
    /// Most messages that the handler works on together.
    pub batch: u32,
}

/// What becomes of messages on an edge.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Subscription {
    /// Hash of the edge's name.
    pub hash: u64,
    /// How long a message is kept, 0: for ever.
    pub retention_ns: u64,
    /// Group of the consumers.
    pub group: u32,
    /// First of its partitions.
    pub first_partition: u32,
    /// Partitions.
    pub partitions: u32,
    /// Messages of a partition after which it is committed what was done: 0 before each is done, 1 after each.
    pub commit_every: u32,
    /// 1: messages that come again and were done are recognized.
    pub idempotent: u32,
    /// Component whose digest its facts belong to.
    pub component: u32,
}

/// A flow.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Flow {
    /// Hash of its name.
    pub hash: u64,
    /// Good answers come within this, 0: any time.
    pub good_within_ns: u64,
}

/// A store.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Store {
    /// Life of an entry, 0: for ever.
    pub ttl_ns: u64,
    /// Climb after a flush.
    pub refill_ns: u64,
    /// Component.
    pub component: u32,
    /// Most entries, [`NONE`] for unbounded.
    pub capacity: u32,
    /// First entry.
    pub first_key: u32,
    /// Entries.
    pub keys: u32,
    /// Cell of the hit factor, or [`NONE`].
    pub cell_hits: u32,
    /// 1: begins with its first entries, as many as fit.
    pub warm: u32,
}

/// A population of keys.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Keyspace {
    /// Zipf exponent.
    pub skew: f64,
    /// Number of keys.
    pub keys: u32,
    /// First entry; 0 for keys of requests.
    pub first_key: u32,
    /// Address of its `Zipf` table (state).
    pub zipf: u32,
    /// Unused.
    pub pad: u32,
}

/// What a store keeps and how it ages.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Keeping {
    /// Times to live are spread over so much more and less.
    pub jitter: f64,
    /// Share of keys that do not exist.
    pub negative_share: f64,
    /// How long that is remembered, 0: not at all.
    pub negative_ttl_ns: u64,
    /// How much longer than its time to live an entry serves.
    pub stale_ns: u64,
    /// Purpose of times to live.
    pub purpose_ttl: u64,
    /// Purpose of who is forgotten.
    pub purpose_evict: u64,
    /// Key of the draws of which keys do not exist.
    pub purpose_negative: u64,
    /// Who is forgotten: 0 the least recently used, 1 who came first, 2 any, 3 whose key was looked up least.
    pub evict: u32,
    /// 1: a hit begins the time to live anew.
    pub sliding: u32,
    /// Distribution of the time until what is written can be read, or [`NONE`].
    pub lag: u32,
    /// Cell of its factor, or [`NONE`].
    pub cell_lag_factor: u32,
    /// Cell of what is added to it, or [`NONE`].
    pub cell_lag: u32,
    /// Unused.
    pub pad: u32,
}

/// Buckets of tokens that a step takes from.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Admission {
    /// Tokens of each per nanosecond.
    pub rate: f64,
    /// Most tokens of each.
    pub burst: f64,
    /// Buckets.
    pub partitions: u32,
    /// First of them.
    pub first: u32,
}

/// State of a bucket.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Bucket {
    /// Tokens that are missing.
    pub missing: Cell<f64>,
    /// When they were counted.
    pub counted_ns: Cell<u64>,
}

/// A live parameter.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Slot {
    /// Hash of its name.
    pub hash: u64,
    /// Value without effects. Changed by a live host: the one row that is state.
    pub base: Cell<f64>,
    /// Value a live host has asked for.
    pub pending: Cell<f64>,
    /// 0 level, 1 down, 2 rate, 3 clear, 4 speed, 5 quota, 6 replicas, 7 draining.
    pub kind: u32,
    /// Component, edge, store or source.
    pub owner: u32,
    /// First cell.
    pub first_cell: u32,
    /// Cells.
    pub cells: u32,
    /// First effect on it, or [`NONE`].
    pub first_effect: u32,
    /// Component whose digest its changes belong to, or [`NONE`].
    pub component: u32,
}

/// An effect. `active` and `value` are state.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Effect {
    /// Hash of its label and slot.
    pub hash: u64,
    /// Current value.
    pub value: Cell<f64>,
    /// 1 while it lasts.
    pub active: Cell<u32>,
    /// Slot.
    pub slot: u32,
    /// First cell within the slot.
    pub first: u32,
    /// Cells.
    pub count: u32,
    /// 0 set, 1 multiply, 2 add, 3 combine, 4 or.
    pub op: u32,
    /// Next effect on the slot in row order, or [`NONE`].
    pub next: u32,
}

/// An effect that comes and goes at random. `turns` is state.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Flicker {
    /// Hash of what its draws belong to.
    pub hash: u64,
    /// From when on.
    pub start_ns: u64,
    /// When it is over for good.
    pub end_ns: u64,
    /// Value while it is there.
    pub value: f64,
    /// How often it has come or gone.
    pub turns: Cell<u64>,
    /// Effect.
    pub effect: u32,
    /// Distribution of the time without it.
    pub after: u32,
    /// Distribution of how long it stays.
    pub lasting: u32,
    /// Unused.
    pub pad: u32,
}

/// A change of an effect.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Change {
    /// When.
    pub at_ns: u64,
    /// Value from then on.
    pub value: f64,
    /// Effect.
    pub effect: u32,
    /// 1: active.
    pub active: u32,
}

/// State of a component.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct ComponentState {
    /// Integrals are up to date until here.
    pub flushed_ns: Cell<u64>,
    /// Tokens of its limit.
    pub tokens: Cell<f64>,
    /// When they were counted.
    pub tokens_ns: Cell<u64>,
    /// Busy servers.
    pub busy: Cell<u32>,
    /// Waiting requests.
    pub waiting: Cell<u32>,
    /// Visits present.
    pub present: Cell<u32>,
    /// Servers that are up, 0 if unbounded.
    pub capacity: Cell<u32>,
    /// Where the search for a free replica begins (shared queue).
    pub cursor: Cell<u32>,
    /// Replicas that serve, where they come and go.
    pub serving: Cell<u32>,
    /// Replicas that there are, where they come and go.
    pub deployed: Cell<u32>,
    /// Its fleet plus one, 0: all replicas are always in service.
    pub fleet: Cell<u32>,
}

/// A component whose replicas come and go. `wanted` and `takers` are state.
#[derive(Clone, Debug, Default)]
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
    /// First cell of the draining flag, or [`NONE`].
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

/// What waits for a condition. `held`, `fired` and `until_ns` are state.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Trigger {
    /// Until when what it has brought about lasts.
    pub until_ns: Cell<u64>,
    /// First of its terms, in postfix order.
    pub first_term: u32,
    /// How many.
    pub terms: u32,
    /// Windows in a row in which it must hold.
    pub windows: u32,
    /// First of what it brings about.
    pub first_effect: u32,
    /// How many.
    pub effects: u32,
    /// Windows in a row in which it has held.
    pub held: Cell<u32>,
    /// 1: it has fired, and has held since.
    pub fired: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// A comparison of cells of a closed window, or what joins the two before it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Term {
    /// What the left side is multiplied with.
    pub factor: u64,
    /// What the right side is multiplied with, by
    pub bound: u64,
    /// and by.
    pub scale: u64,
    /// First of its words, those of the left side first.
    pub first_word: u32,
    /// Words of the left side.
    pub left: u32,
    /// Words of the right side; none: it is 1.
    pub right: u32,
    /// 0 less, 1 less or equal, 2 greater, 3 greater or equal, 4 equal, 5 not equal; 6 both, 7 either of the two before it.
    pub kind: u32,
    /// 1: the largest of the left side's words, and 0 means that nothing was seen; 0: their sum.
    pub largest: u32,
    /// Unused.
    pub pad: u32,
}

/// An effect that a trigger brings about.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Triggered {
    /// Its value.
    pub value: f64,
    /// How long it lasts, 0: for ever.
    pub lasting_ns: u64,
    /// The effect.
    pub effect: u32,
    /// Unused.
    pub pad: u32,
}

/// A step of an autoscaler.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct ScalingStep {
    /// Bound of the metric, in the unit of the factor.
    pub bound: u64,
    /// 1: taken above the bound, 0: below it.
    pub above: u32,
    /// Replicas added, or removed.
    pub by: u32,
}

/// State of a replica, and of its queue.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct ReplicaState {
    /// Work done by each strand that shares its processors, in 1/256 ns; 0 when there is none.
    pub work: Cell<u64>,
    /// Up to date until here.
    pub work_ns: Cell<u64>,
    /// Heap of strands at work by their end: its root plus one, 0 for none.
    pub root: Cell<u32>,
    /// Strands at work.
    pub sharing: Cell<u32>,
    /// Component.
    pub component: Cell<u32>,
    /// Busy servers.
    pub busy: Cell<u32>,
    /// First waiting frame plus one, 0 for none, of each class. The queue shared by all replicas is the first's.
    pub heads: [Cell<u32>; CLASSES],
    /// Last waiting frame plus one, of each class.
    pub tails: [Cell<u32>; CLASSES],
    /// Waiting frames.
    pub waiting: Cell<u32>,
    /// Bit 0 after the queue filled up, bit 1 after it grew as long as there are servers, until it has drained.
    pub full: Cell<u32>,
    /// Visits that have arrived and not ended; not kept where replicas share a queue.
    pub present: Cell<u32>,
    /// Idle servers that were used before, where they need setup.
    pub idle: Cell<u32>,
    /// Strand that began work last, plus one, of those at work; kept where work can be interrupted.
    pub working: Cell<u32>,
    /// Dropping: when waits will have been long for an interval, 0 if they are not.
    pub long_until_ns: Cell<u64>,
    /// Dropping: when the next is dropped.
    pub drop_next_ns: Cell<u64>,
    /// Dropping: 1 while it goes on.
    pub dropping: Cell<u32>,
    /// Dropping: how many were dropped since it began, and before it began anew.
    pub drops: Cell<u32>,
    /// See `drops`.
    pub drops_before: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a gate: the permits of an edge for one replica of its caller.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Gate {
    /// Permits in use.
    pub used: Cell<u32>,
    /// Strands that wait for one.
    pub waiting: Cell<u32>,
    /// First of them plus one.
    pub head: Cell<u32>,
    /// Last of them plus one.
    pub tail: Cell<u32>,
}

/// State of a partition.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct PartitionState {
    /// Messages that it has got.
    pub messages: Cell<u64>,
    /// First message that waits, plus one.
    pub head: Cell<u32>,
    /// Last of them, plus one.
    pub tail: Cell<u32>,
    /// Messages that wait.
    pub waiting: Cell<u32>,
    /// Messages done and not committed.
    pub done: Cell<u32>,
    /// First of them, plus one.
    pub done_head: Cell<u32>,
    /// Last of them, plus one.
    pub done_tail: Cell<u32>,
    /// Where it is served in order: the visit at work for it, plus one.
    pub leader: Cell<u32>,
    /// Replica that it is assigned to, or [`NONE`].
    pub owner: Cell<u32>,
    /// Replica that it is being assigned to, or [`NONE`].
    pub target: Cell<u32>,
    /// Bit 0: it stands in a line. Bit 1: it is not served for now.
    pub marks: Cell<u32>,
    /// The one behind it in the line, plus one.
    pub next: Cell<u32>,
    /// The one before it, plus one.
    pub previous: Cell<u32>,
    /// How often it was held back.
    pub turns: Cell<u32>,
    /// Group.
    pub group: Cell<u32>,
    /// Subscription; the last of the group's where they share it.
    pub subscription: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a member of a group: a replica.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct MemberState {
    /// First partition in its line, plus one. Where none are assigned, the first member has the line of all.
    pub head: Cell<u32>,
    /// Last of them, plus one.
    pub tail: Cell<u32>,
    /// Bit 0: it is down or stands still. Bit 1: its session is over.
    pub marks: Cell<u32>,
    /// How often it went or came back.
    pub turns: Cell<u32>,
    /// Group.
    pub group: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a group.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct GroupState {
    /// Bit 0: it assigns partitions anew. Bit 1: and once more after that.
    pub marks: Cell<u32>,
}

/// State of a subscription.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct SubscriptionState {
    /// Messages of the partition that has got most.
    pub hottest: Cell<u64>,
    /// Turn of the next message without a key.
    pub turn: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of an edge.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct EdgeState {
    /// Results of the last attempts, a bit each, failures set; newest lowest.
    pub breaker_bits: Cell<u64>,
    /// Begin of the breaker's window of time.
    pub breaker_since_ns: Cell<u64>,
    /// End of being open, or of waiting for the probe.
    pub breaker_until_ns: Cell<u64>,
    /// Key of the probe's visit.
    pub breaker_probe: Cell<u64>,
    /// 0 closed, 1 open, 2 a probe is under way.
    pub breaker: Cell<u32>,
    /// Attempts judged so far.
    pub breaker_total: Cell<u32>,
    /// Failures among them, in a window of time.
    pub breaker_failed: Cell<u32>,
    /// Round-robin counter.
    pub turn: Cell<u32>,
    /// Retry tokens.
    pub tokens: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a peer: a replica in the eyes of an edge.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Peer {
    /// When it last became eligible, 0: it always was.
    pub since_ns: Cell<u64>,
    /// When the probe under way began.
    pub probe_ns: Cell<u64>,
    /// Number of the probe under way, or of the next.
    pub probes: Cell<u64>,
    /// By weight: how much it is behind what it should have had.
    pub behind: Cell<i64>,
    /// Row of [`Balancing`].
    pub balancing: Cell<u32>,
    /// Number of the replica within its component.
    pub replica: Cell<u32>,
    /// 1 while it is ejected.
    pub ejected: Cell<u32>,
    /// How often it was.
    pub ejections: Cell<u32>,
    /// Attempts that failed in a row.
    pub failures: Cell<u32>,
    /// 1 while probes say that it is not well.
    pub unhealthy: Cell<u32>,
    /// Probes in a row that say otherwise.
    pub contrary: Cell<u32>,
    /// Round-robin counter of the zone that has its number.
    pub turn: Cell<u32>,
}

/// State of a conduct.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct ConductState {
    /// Number of the slot of time that is counted in.
    pub slot: Cell<u64>,
    /// Attempts made, by slot modulo 16.
    pub requests: [Cell<u32>; SLOTS],
    /// Attempts that ended well.
    pub accepts: [Cell<u32>; SLOTS],
}

/// Slots of time in which throttles count.
pub const SLOTS: usize = 16;

/// Weight of a replica.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Weight {
    /// In proportion to those of the others.
    pub weight: u64,
}

/// State of a source.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct SourceState {
    /// Ordinal of the next request.
    pub ordinal: Cell<u64>,
    /// Since when `gap_left` counts.
    pub since_ns: Cell<u64>,
    /// Part of the gap still to come.
    pub gap_left: Cell<f64>,
    /// Remainder of a nanosecond that the scheduled arrival started from.
    pub carry: Cell<f64>,
    /// Remainder that it leaves for the one after it.
    pub carry_next: Cell<f64>,
    /// Rate in force.
    pub rate: Cell<f64>,
    /// Key under the seed.
    pub key: Cell<u64>,
    /// Generation of the scheduled arrival.
    pub generation: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a store.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct StoreState {
    /// When it was last cleared, 0: never.
    pub cleared_ns: Cell<u64>,
    /// Entries held.
    pub size: Cell<u32>,
    /// Most recently used entry plus one.
    pub newest: Cell<u32>,
    /// Least recently used entry plus one.
    pub oldest: Cell<u32>,
    /// Uses so far, where those are counted.
    pub uses: Cell<u32>,
}

/// More state of an entry, in stores that are not plain.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Mark {
    /// A hit before this is of something old.
    pub stale_until_ns: Cell<u64>,
    /// Lookups of the key.
    pub lookups: Cell<u32>,
    /// Number of the last use.
    pub used: Cell<u32>,
    /// Place among those held, in stores that keep no list.
    pub place: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// State of a store's entry.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Entry {
    /// Valid before this, 0: absent.
    pub expiry_ns: Cell<u64>,
    /// Next more recently used entry plus one.
    pub newer: Cell<u32>,
    /// Next less recently used entry plus one.
    pub older: Cell<u32>,
    /// Frame that fetches it plus one.
    pub fetcher: Cell<u32>,
    /// Unused.
    pub pad: u32,
    /// First waiting frame plus one.
    pub waiter_head: Cell<u32>,
    /// Last waiting frame plus one.
    pub waiter_tail: Cell<u32>,
}

/// Range in use of a window's histogram.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct HistogramState {
    /// Smallest bucket in use.
    pub low: Cell<u32>,
    /// Largest bucket in use, plus one; 0 for none.
    pub high: Cell<u32>,
    /// Number of values.
    pub count: Cell<u32>,
    /// Unused.
    pub pad: u32,
}

/// What `sysdl_columns` points to.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Directory {
    /// Closed windows.
    pub windows_closed: u64,
    /// Events handled.
    pub events: u64,
    /// Requests created.
    pub requests: u64,
    /// Frames in use.
    pub frames_in_use: u32,
    /// Most frames ever in use.
    pub frames_peak: u32,
    /// Words of a row block.
    pub row_words: u32,
    /// Windows in the ring.
    pub ring_windows: u32,
    /// Buckets of a histogram.
    pub buckets: u32,
    /// Number of histograms.
    pub histograms: u32,
    /// Address of the cumulative row block.
    pub cumulative: u32,
    /// Address of the open window's row block.
    pub current: u32,
    /// Address of the ring.
    pub ring: u32,
    /// Address of closed windows' histograms.
    pub histogram_cumulative: u32,
    /// Address of the open window's histograms.
    pub histogram_window: u32,
    /// Most entries the calendar has held.
    pub calendar_peak: u32,
    /// Why the run cannot go on: 0 it can, 1 no frame is left, 2 no calendar entry is left.
    pub halted: u32,
    /// Frames that there are.
    pub frames_max: u32,
}

/// What `sysdl_records` points to.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RecordRing {
    /// Records written so far.
    pub written: u64,
    /// Records in the ring.
    pub capacity: u32,
    /// Address of the ring.
    pub address: u32,
}

/// A transition, or a sampled span.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Record {
    /// When (a span: its end).
    pub at_ns: u64,
    /// See [`record`].
    pub kind: u32,
    /// Row of the effect, component or flow.
    pub entity: u32,
    /// First argument.
    pub a: u64,
    /// Second argument.
    pub b: u64,
    /// Key of the visit or request.
    pub key: u64,
}

/// Kinds of records.
pub mod record {
    /// An effect began or changed; `a` is its value's bits.
    pub const EFFECT_ON: u32 = 1;
    /// An effect ended.
    pub const EFFECT_OFF: u32 = 2;
    /// A queue of a component filled up; `a` busy servers, `b` waiting, of all replicas.
    pub const QUEUE_FULL: u32 = 3;
    /// A queue has drained that had filled up or grown long.
    pub const QUEUE_DRAINED: u32 = 4;
    /// As many wait at a replica as it has servers; `a` busy servers, `b` waiting, of all replicas.
    pub const OVERLOADED: u32 = 5;
    /// The breaker of an edge has opened.
    pub const BREAKER_OPEN: u32 = 6;
    /// It has closed: its probe was answered well.
    pub const BREAKER_CLOSED: u32 = 7;
    /// An edge stops sending to a replica, `a`; `b` says why, see [`why`].
    pub const PEER_OUT: u32 = 8;
    /// The reason is over.
    pub const PEER_BACK: u32 = 9;

    /// Why an edge does not send to a replica, in words.
    #[must_use]
    pub const fn why(number: u64) -> &'static str {
        match number {
            0 => "attempts failed",
            _ => "probes failed",
        }
    }

    /// Partitions of a component are assigned anew.
    pub const REBALANCE: u32 = 14;
    /// They have been; `a` of them have moved, `b` replicas have some.
    pub const REBALANCED: u32 = 15;
    /// A component is to have another number of replicas; `a` before, `b` from now on.
    pub const SCALED: u32 = 12;
    /// A sampled visit ended; `a` its arrival, `b` outcome and replica (high word).
    pub const VISIT: u32 = 16;
    /// A sampled request ended; `a` its creation, `b` outcome.
    pub const REQUEST: u32 = 17;
}

impl Header {
    /// Before the linker fills it.
    pub const ZERO: Self = {
        // SAFETY: every field is an integer.
        unsafe { core::mem::zeroed() }
    };
}
