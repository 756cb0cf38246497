//! Where everything lies: the plan's rows as bytes, and addresses for the state behind them.
//!
//! Before: a plan, and the labels that the generated code has.
//! After: an image to be copied to [`Image::address`], a header, and a memory size that holds all.

use super::Labels;
use crate::plan::{Intakes, NONE, Plan, Shape, SlotKind, Term, Weighing};
use std::collections::HashMap;
use sysdl_kernel::columns;
use sysdl_kernel::draw::name_hash;
use sysdl_kernel::hashing;
use sysdl_kernel::histogram::BUCKETS;
use sysdl_kernel::layout::{self as k, ENTRY_BYTES, Header, RING_RECORDS, RING_WINDOWS, Table, frame32, frame64};
use sysdl_kernel::mixture::Part;
use sysdl_kernel::shape::{CELLS, Point};
use sysdl_kernel::zipf::Zipf;

/// Bytes of a memory page.
const PAGE: u64 = 65_536;
/// Calendar entries per frame: its own event, and a stale timeout that a sweep would drop.
const CALENDAR_PER_FRAME: u64 = 2;
/// What a 32-bit memory can hold, less the last page.
const MEMORY_MAX: u64 = (1 << 32) - PAGE;

/// Bytes that room for one more request or call takes at least.
#[must_use]
pub const fn bytes_in_flight() -> u64 {
    (8 * frame64::COUNT + 4 * frame32::COUNT + CALENDAR_PER_FRAME as u32 * ENTRY_BYTES) as u64
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

/// Rows of the kernel's layout: no padding, no pointers.
///
/// # Safety
/// Every byte of the type is initialized.
unsafe trait Row {}

macro_rules! rows {
    ($($row:ty),*) => { $(
        // SAFETY: a `repr(C)` struct of integers and floats whose fields leave no gap, which the
        // assertion holds it to: its size is a multiple of 8 and its wide fields come first.
        unsafe impl Row for $row {}
        const _: () = assert!(size_of::<$row>() % 8 == 0);
    )* };
}

rows!(
    Header,
    k::Component,
    k::Edge,
    k::Balancing,
    k::Weight,
    k::Policy,
    k::Site,
    k::Conduct,
    k::Pacing,
    k::EdgeHistogram,
    k::Sizes,
    k::Pace,
    k::Link,
    k::Quota,
    k::Price,
    k::PromptCache,
    k::Budget,
    k::Context,
    k::Distribution,
    Point,
    Part,
    k::Branch,
    k::Source,
    k::Intake,
    k::Flow,
    k::Store,
    k::Keyspace,
    k::Keeping,
    k::Admission,
    k::Slot,
    k::Effect,
    k::Change,
    k::Flicker,
    k::Fleet,
    k::Autoscaler,
    k::ScalingStep,
    k::Trigger,
    k::Term,
    k::Triggered,
    u64,
    k::Group,
    k::Subscription
);

fn bytes_of<T: Row>(rows: &[T]) -> &[u8] {
    // SAFETY: `Row` promises that every byte is initialized.
    unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), size_of_val(rows)) }
}

/// Hands out addresses, 16-byte aligned, from the end of the kernel's own memory on.
struct Space {
    first: u64,
    next: u64,
    bytes: Vec<u8>,
    largest: (u64, &'static str),
}

impl Space {
    fn new(first: u32) -> Self {
        let first = u64::from(first).next_multiple_of(16);
        Self { first, next: first, bytes: Vec::new(), largest: (0, "rows") }
    }

    /// Rows to be copied; must all come before any state.
    fn rows<T: Row>(&mut self, rows: &[T]) -> Table {
        let address = self.next as u32;
        self.bytes.extend_from_slice(bytes_of(rows));
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        self.next = self.first + self.bytes.len() as u64;
        Table { address, len: rows.len() as u32 }
    }

    /// `count` items of state.
    fn state(&mut self, count: u64, item_bytes: usize, what: &'static str) -> u32 {
        let address = self.next;
        let bytes = count * item_bytes as u64;
        if bytes > self.largest.0 {
            self.largest = (bytes, what);
        }
        self.next = (address + bytes).next_multiple_of(16);
        // A sum beyond 32 bits is reported once everything is laid out.
        address as u32
    }
}

/// Lays out a plan.
pub(super) fn lay_out(plan: &Plan, labels: &Labels, first: u32) -> Result<Image, TooLarge> {
    let mut space = Space::new(first);
    let mut header = Header { duration_ns: plan.run.duration_ns, window_ns: plan.run.window_ns, ..Header::default() };

    // Unit tables and populations are state, but rows hold their addresses: they get theirs last
    // and are patched in, because rows must come first.
    let shapes = Shapes::of(plan);
    let rows_bytes = rows_len(plan, &shapes);
    let mut late = Space::new(0);
    late.next = (space.first + rows_bytes).next_multiple_of(16);
    let unit_tables: Vec<u32> =
        shapes.rows.iter().map(|_| late.state(1, size_of::<[f64; CELLS]>(), "unit tables")).collect();
    let zipfs: Vec<u32> = plan.keyspaces.keys.iter().map(|_| late.state(1, size_of::<Zipf>(), "key tables")).collect();
    let by_key = tables_by_key(plan, &mut late);

    fill_rows(plan, labels, &mut space, &mut header, &shapes, &unit_tables, &zipfs);
    header.balancings = space.rows(&balancings(plan, &by_key));
    header.weights = space.rows(&Vec::from_iter(plan.weights.iter().map(|&w| k::Weight { weight: u64::from(w) })));
    debug_assert_eq!(space.next, (space.first + rows_bytes).next_multiple_of(16));
    space.next = late.next;
    space.largest = late.largest;
    fill_state(plan, &mut space, &mut header);

    if space.next > MEMORY_MAX {
        return Err(TooLarge { bytes: space.next, mostly: space.largest.1 });
    }
    let exponential = shapes.rows.iter().position(|shape| *shape == Shape::Exponential);
    header.exponential = exponential.map_or(0, |i| unit_tables[i]);
    header.tables_label = if shapes.rows.is_empty() { NONE } else { labels.ops().len() as u32 };
    let fills = fills(&shapes, &unit_tables, &header);
    let points = |first: u32| header.points.address + first * size_of::<Point>() as u32;
    let places = shapes.of_distribution.iter().zip(&shapes.histogram);
    let tables = places.map(|(shape, first)| shape.map_or(first.map_or(0, points), |i| unit_tables[i])).collect();
    Ok(Image {
        header,
        address: space.first as u32,
        bytes: space.bytes,
        pages: space.next.div_ceil(PAGE),
        mostly: space.largest.1,
        tables,
        fills,
    })
}

fn fills(shapes: &Shapes, unit_tables: &[u32], header: &Header) -> Vec<Fill> {
    let data = |shape: &Shape, ((point, part), len): ((u32, u32), u32)| match shape {
        Shape::Mixture(_) => Table { address: header.parts.address + part * size_of::<Part>() as u32, len },
        _ => Table { address: header.points.address + point * size_of::<Point>() as u32, len },
    };
    let rows = shapes.rows.iter().zip(unit_tables).zip(&shapes.data);
    rows.map(|((shape, &table), &at)| Fill { table, shape: shape.clone(), data: data(shape, at) }).collect()
}

/// The distinct shapes that need a table.
struct Shapes {
    rows: Vec<Shape>,
    of_distribution: Vec<Option<usize>>,
    /// Data of curves and of mixtures, and where that of each shape begins in both, and how much it is.
    points: Vec<Point>,
    parts: Vec<Part>,
    data: Vec<((u32, u32), u32)>,
    /// First point of each distribution that is a histogram.
    histogram: Vec<Option<u32>>,
}

impl Shapes {
    fn of(plan: &Plan) -> Self {
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

/// Bytes of all rows, as [`fill_rows`] will write them.
fn rows_len(plan: &Plan, shapes: &Shapes) -> u64 {
    let lens = [
        plan.components.name.len() * size_of::<k::Component>(),
        plan.edges.name.len() * size_of::<k::Edge>(),
        plan.balancings.edge.len() * size_of::<k::Balancing>(),
        plan.weights.len() * size_of::<k::Weight>(),
        plan.policies.timeout_ns.len() * size_of::<k::Policy>(),
        plan.sites.edge.len() * size_of::<k::Site>(),
        plan.conducts.rto_ns.len() * size_of::<k::Conduct>(),
        plan.pacings.histogram.len() * size_of::<k::Pacing>(),
        plan.edge_histograms.edge.len() * size_of::<k::EdgeHistogram>(),
        plan.sizes.how.len() * size_of::<k::Sizes>(),
        plan.paces.per_size.len() * size_of::<k::Pace>(),
        plan.links.bandwidth.len() * size_of::<k::Link>(),
        plan.quotas.rate.len() * size_of::<k::Quota>(),
        plan.prices.input.len() * size_of::<k::Price>(),
        plan.caches.share.len() * size_of::<k::PromptCache>(),
        plan.budgets.tokens.len() * size_of::<k::Budget>(),
        plan.contexts.most.len() * size_of::<k::Context>(),
        plan.distributions.shape.len() * size_of::<k::Distribution>(),
        shapes.points.len() * size_of::<Point>(),
        shapes.parts.len() * size_of::<Part>(),
        plan.branches.entry.len() * size_of::<k::Branch>(),
        plan.sources.name.len() * size_of::<k::Source>(),
        plan.intakes.batch_most.len() * size_of::<k::Intake>(),
        plan.instants.len() * size_of::<u64>(),
        plan.flows.name.len() * size_of::<k::Flow>(),
        plan.stores.component.len() * size_of::<k::Store>(),
        plan.keyspaces.keys.len() * size_of::<k::Keyspace>(),
        plan.keepings.evict.len() * size_of::<k::Keeping>(),
        plan.admissions.first.len() * size_of::<k::Admission>(),
        plan.slots.name.len() * size_of::<k::Slot>(),
        plan.effects.label.len() * size_of::<k::Effect>(),
        plan.timeline.at_ns.len() * size_of::<k::Change>(),
        plan.flickers.effect.len() * size_of::<k::Flicker>(),
        plan.groups.component.len() * size_of::<k::Group>(),
        plan.subscriptions.edge.len() * size_of::<k::Subscription>(),
        plan.fleets.component.len() * size_of::<k::Fleet>(),
        plan.autoscalers.fleet.len() * size_of::<k::Autoscaler>(),
        plan.autoscalers.steps.iter().map(Vec::len).sum::<usize>() * size_of::<k::ScalingStep>(),
        plan.triggers.terms.len() * size_of::<k::Trigger>(),
        plan.triggers.terms.iter().map(Vec::len).sum::<usize>() * size_of::<k::Term>(),
        plan.triggers.terms.iter().flatten().map(|term| words_of(term).count()).sum::<usize>() * 8,
        plan.triggers.effects.iter().map(Vec::len).sum::<usize>() * size_of::<k::Triggered>(),
    ];
    lens.iter().map(|len| len.next_multiple_of(16) as u64).sum()
}

#[expect(clippy::too_many_lines, reason = "one statement per table")]
fn fill_rows(
    plan: &Plan,
    labels: &Labels,
    space: &mut Space,
    header: &mut Header,
    shapes: &Shapes,
    unit_tables: &[u32],
    zipfs: &[u32],
) {
    let cell = |slot: u32| if slot == NONE { NONE } else { plan.slots.first_cell[slot as usize] };
    let all = |len: usize| 0..len;

    let c = &plan.components;
    header.components = space.rows(&Vec::from_iter(all(c.name.len()).map(|i| k::Component {
        hash: c.hash[i],
        purpose_errors: c.purpose_errors[i],
        purpose_patience: c.purpose_patience[i],
        purpose_order: c.purpose_order[i],
        purpose_setup: c.purpose_setup[i],
        keep_alive_ns: c.keep_alive_ns[i],
        codel_target_ns: c.codel_target_ns[i],
        codel_interval_ns: c.codel_interval_ns[i],
        limit_rate: c.limit_rate[i],
        limit_burst: c.limit_burst[i],
        cores: c.cores[i],
        contention: c.contention[i],
        coherency: c.coherency[i],
        replicas: c.replicas[i],
        first_replica: c.first_replica[i],
        servers: c.servers[i],
        queue_capacity: c.queue_capacity[i],
        hold_visit: c.hold_visit[i],
        shared_queue: c.shared_queue[i],
        overflow: c.overflow[i],
        cell_service: cell(c.slot_service[i]),
        cell_errors: cell(c.slot_errors[i]),
        cell_down: cell(c.slot_down[i]),
        cell_speed: cell(c.slot_speed[i]),
        discipline: c.discipline[i],
        sharing: c.sharing[i],
        preempt: c.preempt[i],
        patience: c.patience[i],
        setup: c.setup[i],
        first_idle: c.first_idle[i],
        batch: c.batch[i],
        group: c.group[i],
        pad: 0,
    })));
    let e = &plan.edges;
    header.edges = space.rows(&Vec::from_iter(all(e.name.len()).map(|i| k::Edge {
        hash: e.hash[i],
        purposes: e.purposes[i],
        loss: e.loss[i],
        breaker_open_ns: e.breaker_open_ns[i],
        breaker_window_ns: e.breaker_window_ns[i],
        permit_wait_ns: e.permit_wait_ns[i],
        from: e.from[i],
        to: e.to[i],
        latency: e.latency[i],
        balance: e.balance[i],
        cell_delay: cell(e.slot_delay[i]),
        cell_jitter: cell(e.slot_jitter[i]),
        cell_loss_request: cell(e.slot_loss_request[i]),
        cell_loss_reply: cell(e.slot_loss_reply[i]),
        choices: e.choices[i],
        breaker_count: e.breaker_count[i],
        breaker_trip: e.breaker_trip[i],
        breaker_least: e.breaker_least[i],
        permits: e.permits[i],
        permit_queue: e.permit_queue[i],
        first_gate: e.first_gate[i],
        balancing: e.balancing[i],
        conduct: e.conduct[i],
        link: e.link[i],
        subscription: e.subscription[i],
        pad: 0,
    })));
    let p = &plan.policies;
    header.policies = space.rows(&Vec::from_iter(all(p.timeout_ns.len()).map(|i| k::Policy {
        timeout_ns: p.timeout_ns[i],
        backoff_ns: p.backoff_ns[i],
        backoff_cap_ns: p.backoff_cap_ns[i],
        hedge_after_ns: p.hedge_after_ns[i],
        backoff_factor: p.backoff_factor[i],
        gives_up_as: p.gives_up_as[i],
        retry_max: p.retry_max[i],
        jitter: p.jitter[i],
        budget: p.budget[i],
        retry_on: p.retry_on[i],
        bucket_size: p.bucket_size[i],
        bucket_cost: p.bucket_cost[i],
        bucket_refund: p.bucket_refund[i],
        bucket_floor: p.bucket_floor[i],
        cancel: p.cancel[i],
        deadline: p.deadline[i],
        pacing: p.pacing[i],
    })));
    let s = &plan.sites;
    header.sites = space.rows(&Vec::from_iter(all(s.edge.len()).map(|i| k::Site {
        purpose_backoff: s.purpose_backoff[i],
        edge: s.edge[i],
        policy: s.policy[i],
        entry: labels.of(plan.programs.entry[s.program[i] as usize]),
        priority: s.priority[i],
        once_received: s.once_received[i],
        keys: s.keys[i],
        sizes: s.sizes[i],
        pad: 0,
    })));
    conducts_and_pacings(plan, space, header);
    sizes(plan, space, header);
    meters(plan, space, header);
    let d = &plan.distributions;
    // Points come right behind the distributions, which name the places of some.
    let points = (space.next as usize + d.shape.len() * size_of::<k::Distribution>()).next_multiple_of(16) as u32;
    header.distributions = space.rows(&Vec::from_iter(all(d.shape.len()).map(|i| k::Distribution {
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
    })));
    header.points = space.rows(&shapes.points);
    debug_assert_eq!(header.points.address, points);
    header.parts = space.rows(&shapes.parts);
    let b = &plan.branches;
    header.branches = space.rows(&Vec::from_iter(all(b.entry.len()).map(|i| k::Branch {
        path: b.path[i],
        entry: labels.of(b.entry[i]),
        pad: 0,
    })));
    let mut first_user = 0;
    let s = &plan.sources;
    header.sources = space.rows(&Vec::from_iter(all(s.name.len()).map(|i| {
        first_user += s.users[i];
        k::Source {
            hash: s.hash[i],
            purpose: s.purpose[i],
            rate: s.rate[i],
            entry: labels.of(plan.programs.entry[s.program[i] as usize]),
            users: s.users[i],
            first_user: first_user - s.users[i],
            think: s.think[i],
            poisson: s.poisson[i],
            cell_rate: cell(s.slot_rate[i]),
            intake: s.intake[i],
            pad: 0,
        }
    })));
    header.intakes = space.rows(&intakes(&plan.intakes));
    header.instants = space.rows(&plan.instants);
    let f = &plan.flows;
    header.flows = space.rows(&Vec::from_iter(
        all(f.name.len()).map(|i| k::Flow { hash: f.hash[i], good_within_ns: f.good_within_ns[i] }),
    ));
    let s = &plan.stores;
    header.stores = space.rows(&Vec::from_iter(all(s.component.len()).map(|i| k::Store {
        ttl_ns: s.ttl_ns[i],
        refill_ns: s.refill_ns[i],
        component: s.component[i],
        capacity: s.capacity[i],
        first_key: s.first_key[i],
        keys: s.keys[i],
        cell_hits: cell(s.slot_hits[i]),
        warm: s.warm[i],
    })));
    let s = &plan.keyspaces;
    header.keyspaces = space.rows(&Vec::from_iter(all(s.keys.len()).map(|i| k::Keyspace {
        skew: s.skew[i],
        keys: s.keys[i],
        first_key: s.first_key[i],
        zipf: zipfs[i],
        pad: 0,
    })));
    let s = &plan.keepings;
    header.keepings = space.rows(&Vec::from_iter(all(s.evict.len()).map(|i| k::Keeping {
        jitter: s.jitter[i],
        negative_share: s.negative_share[i],
        negative_ttl_ns: s.negative_ttl_ns[i],
        stale_ns: s.stale_ns[i],
        purpose_ttl: s.purpose_ttl[i],
        purpose_evict: s.purpose_evict[i],
        purpose_negative: s.purpose_negative[i],
        evict: s.evict[i],
        sliding: s.sliding[i],
        lag: s.lag[i],
        cell_lag_factor: cell(s.slot_lag_factor[i]),
        cell_lag: cell(s.slot_lag[i]),
        pad: 0,
    })));
    let t = &plan.admissions;
    header.admissions = space.rows(&Vec::from_iter(all(t.first.len()).map(|i| k::Admission {
        rate: t.rate[i],
        burst: t.burst[i],
        partitions: t.partitions[i],
        first: t.first[i],
    })));
    slots_and_timeline(plan, space, header);
    messages(plan, space, header);
    fleets(plan, space, header);
    triggers(plan, space, header);
}

fn messages(plan: &Plan, space: &mut Space, header: &mut Header) {
    let (g, s) = (&plan.groups, &plan.subscriptions);
    let mut members = 0;
    header.groups = space.rows(&Vec::from_iter((0..g.component.len()).map(|i| {
        let first_member = members;
        members += plan.components.replicas[g.component[i] as usize];
        k::Group {
            session_ns: g.session_ns[i],
            pause_ns: g.pause_ns[i],
            wait_ns: g.wait_ns[i],
            component: g.component[i],
            first_partition: g.first_partition[i],
            partitions: g.partitions[i],
            first_member,
            assigned: g.assigned[i],
            ordered: g.ordered[i],
            sticky: g.sticky[i],
            batch: g.batch[i],
        }
    })));
    header.subscriptions = space.rows(&Vec::from_iter((0..s.edge.len()).map(|i| k::Subscription {
        hash: plan.edges.hash[s.edge[i] as usize],
        retention_ns: s.retention_ns[i],
        group: s.group[i],
        first_partition: s.first_partition[i],
        partitions: s.partitions[i],
        commit_every: s.commit_every[i],
        idempotent: s.idempotent[i],
        component: g.component[s.group[i] as usize],
    })));
}

fn message_state(plan: &Plan, space: &mut Space, header: &mut Header) {
    let g = &plan.groups;
    if g.component.is_empty() {
        return;
    }
    let frames = u64::from(plan.run.frames_max);
    let partitions = g.partitions.iter().map(|&n| u64::from(n)).sum();
    let address = space.state(partitions, size_of::<k::PartitionState>(), "partitions");
    header.partitions = Table { address, len: partitions as u32 };
    header.group_states = space.state(g.component.len() as u64, size_of::<k::GroupState>(), "groups");
    let members = g.component.iter().map(|&c| u64::from(plan.components.replicas[c as usize])).sum();
    header.group_members = space.state(members, size_of::<k::MemberState>(), "members of groups");
    let subscriptions = plan.subscriptions.edge.len() as u64;
    header.subscription_states = space.state(subscriptions, size_of::<k::SubscriptionState>(), "subscriptions");
    header.frame_partitions = space.state(frames, 4, "requests in flight");
    header.frame_born = space.state(frames, 8, "requests in flight");
    if g.batch.iter().any(|&size| size > 1) {
        header.frame_riders = space.state(frames, 4, "requests in flight");
    }
}

fn triggers(plan: &Plan, space: &mut Space, header: &mut Header) {
    let t = &plan.triggers;
    let (mut first_term, mut first_effect, mut first_word) = (0, 0, 0);
    header.triggers = space.rows(&Vec::from_iter((0..t.terms.len()).map(|i| {
        let (terms, effects) = (t.terms[i].len() as u32, t.effects[i].len() as u32);
        (first_term, first_effect) = (first_term + terms, first_effect + effects);
        k::Trigger {
            first_term: first_term - terms,
            terms,
            windows: t.windows[i],
            first_effect: first_effect - effects,
            effects,
            ..k::Trigger::default()
        }
    })));
    header.terms = space.rows(&Vec::from_iter(t.terms.iter().flatten().map(|term| match term {
        Term::And => k::Term { kind: 6, ..k::Term::default() },
        Term::Or => k::Term { kind: 7, ..k::Term::default() },
        Term::Compare { left, right, largest, factor, order, bound, scale } => {
            let first = first_word;
            first_word += (left.len() + right.len()) as u32;
            k::Term {
                factor: *factor,
                bound: *bound,
                scale: *scale,
                first_word: first,
                left: left.len() as u32,
                right: right.len() as u32,
                kind: *order as u32,
                largest: *largest as u32,
                pad: 0,
            }
        }
    })));
    header.term_words = space.rows(&Vec::from_iter(t.terms.iter().flatten().flat_map(words_of)));
    header.triggered =
        space.rows(&Vec::from_iter(t.effects.iter().flatten().map(|&(effect, value, lasting_ns)| k::Triggered {
            value,
            lasting_ns,
            effect,
            pad: 0,
        })));
}

/// Words that a term reads, those of its left side first.
fn words_of(term: &Term) -> impl Iterator<Item = u64> + '_ {
    let words: [&[u32]; 2] = match term {
        Term::Compare { left, right, .. } => [left, right],
        Term::And | Term::Or => [&[], &[]],
    };
    words.into_iter().flatten().map(|&word| u64::from(word))
}

fn fleets(plan: &Plan, space: &mut Space, header: &mut Header) {
    let f = &plan.fleets;
    let cell = |slot: u32| if slot == NONE { NONE } else { plan.slots.first_cell[slot as usize] };
    let mut first_member = 0;
    header.fleets = space.rows(&Vec::from_iter((0..f.component.len()).map(|i| {
        let first = first_member;
        first_member += plan.components.replicas[f.component[i] as usize];
        k::Fleet {
            startup_ns: f.startup_ns[i],
            component: f.component[i],
            first_member: first,
            initial: f.initial[i],
            cell_draining: cell(f.slot_draining[i]),
            ..k::Fleet::default()
        }
    })));
    let a = &plan.autoscalers;
    let (mut first_step, mut first_recommendation) = (0, 0);
    header.autoscalers = space.rows(&Vec::from_iter((0..a.fleet.len()).map(|i| {
        let first_word = f.component[a.fleet[i] as usize] * columns::component::COUNT as u32;
        let steps = a.steps[i].len() as u32;
        (first_step, first_recommendation) = (first_step + steps, first_recommendation + a.recommendations[i]);
        k::Autoscaler {
            factor: a.factor[i],
            target: a.target[i],
            words: a.columns[i].map(|column| first_word + column),
            fleet: a.fleet[i],
            every_windows: a.every_windows[i],
            least: a.least[i],
            most: a.most[i],
            tolerance: a.tolerance[i],
            first_step: first_step - steps,
            steps,
            first_recommendation: first_recommendation - a.recommendations[i],
            recommendations: a.recommendations[i],
            ..k::Autoscaler::default()
        }
    })));
    header.scaling_steps =
        space.rows(&Vec::from_iter((a.steps.iter().flatten()).map(|&(above, bound, by)| k::ScalingStep {
            bound,
            above: above as u32,
            by,
        })));
}

fn conducts_and_pacings(plan: &Plan, space: &mut Space, header: &mut Header) {
    let (c, p, h) = (&plan.conducts, &plan.pacings, &plan.edge_histograms);
    header.conducts = space.rows(&Vec::from_iter((0..c.rto_ns.len()).map(|i| k::Conduct {
        purpose_throttle: c.purpose_throttle[i],
        throttle_k: c.throttle_k[i],
        throttle_slot_ns: c.throttle_slot_ns[i],
        rto_ns: c.rto_ns[i],
        packets: c.packets[i],
        histogram_calls: c.histogram_calls[i],
        histogram_attempts: c.histogram_attempts[i],
        pad: 0,
    })));
    header.pacings = space.rows(&Vec::from_iter((0..p.histogram.len()).map(|i| k::Pacing {
        throttled_ns: p.throttled_ns[i],
        honored_ns: p.honored_ns[i],
        jitter_share: p.jitter_share[i],
        throttled_on: p.throttled_on[i],
        throttled_cost: p.throttled_cost[i],
        hedge_per_100k: p.hedge_per_100k[i],
        histogram: p.histogram[i],
        idempotent: p.idempotent[i],
        pad: 0,
    })));
    header.edge_histograms =
        space.rows(&Vec::from_iter((0..h.edge.len()).map(|i| k::EdgeHistogram { edge: h.edge[i], kind: h.kind[i] })));
}

fn sizes(plan: &Plan, space: &mut Space, header: &mut Header) {
    let cell = |slot: u32| if slot == NONE { NONE } else { plan.slots.first_cell[slot as usize] };
    let s = &plan.sizes;
    header.sizes = space.rows(&Vec::from_iter((0..s.how.len()).map(|i| k::Sizes {
        purpose: s.purpose[i],
        factor: s.factor[i],
        how: s.how[i].map(|how| match how {
            Weighing::Nothing => 0,
            Weighing::Drawn => 1,
            Weighing::OfRequest => 2,
            Weighing::OfContext => 3,
        }),
        distribution: s.distribution[i],
        cell: cell(s.slot[i]),
        pad: 0,
    })));
    let p = &plan.paces;
    header.paces = space.rows(&Vec::from_iter((0..p.per_size.len()).map(|i| k::Pace {
        per_size: p.per_size[i],
        per_result: p.per_result[i],
        per_cached: p.per_cached[i],
    })));
    let l = &plan.links;
    header.links = space.rows(&Vec::from_iter((0..l.bandwidth.len()).map(|i| k::Link {
        bandwidth: l.bandwidth[i],
        cell: cell(l.slot[i]),
        pad: 0,
    })));
}

fn meters(plan: &Plan, space: &mut Space, header: &mut Header) {
    let cell = |slot: u32| if slot == NONE { NONE } else { plan.slots.first_cell[slot as usize] };
    let q = &plan.quotas;
    header.quotas = space.rows(&Vec::from_iter((0..q.rate.len()).map(|i| k::Quota {
        base: q.rate[i],
        burst: q.burst[i],
        cell: q.slot[i].map(cell),
    })));
    let p = &plan.prices;
    header.prices = space.rows(&Vec::from_iter((0..p.input.len()).map(|i| k::Price {
        input: p.input[i],
        cached: p.cached[i],
        output: p.output[i],
    })));
    let c = &plan.caches;
    header.caches = space
        .rows(&Vec::from_iter((0..c.share.len()).map(|i| k::PromptCache { share: c.share[i], ttl_ns: c.ttl_ns[i] })));
    let b = &plan.budgets;
    header.budgets = space.rows(&Vec::from_iter((0..b.tokens.len()).map(|i| k::Budget {
        tokens: b.tokens[i],
        nano_usd: b.nano_usd[i],
        wall_ns: b.wall_ns[i],
    })));
    let c = &plan.contexts;
    header.contexts = space.rows(&Vec::from_iter((0..c.most.len()).map(|i| k::Context {
        most: c.most[i],
        initial: c.initial[i],
        per_turn: c.per_turn[i],
    })));
}

fn intakes(rows: &Intakes) -> Vec<k::Intake> {
    let row = |i: usize| k::Intake {
        every_ns: rows.every_ns[i],
        first_ns: rows.first_ns[i],
        spread_ns: rows.spread_ns[i],
        period_ns: rows.period_ns[i],
        purposes: rows.purposes[i],
        batch: k::Count { most: rows.batch_most[i], extra: rows.batch_extra[i], base: rows.batch_base[i], pad: 0 },
        session: k::Count {
            most: rows.session_most[i],
            extra: rows.session_extra[i],
            base: rows.session_base[i],
            pad: 0,
        },
        think: rows.think[i],
        first_instant: rows.first_instant[i],
        instants: rows.instants[i],
        pad: 0,
    };
    (0..rows.batch_most.len()).map(row).collect()
}

fn slots_and_timeline(plan: &Plan, space: &mut Space, header: &mut Header) {
    let (s, e, t) = (&plan.slots, &plan.effects, &plan.timeline);
    // Effects of a slot form a list in row order.
    let mut first_effect: HashMap<u32, u32> = HashMap::new();
    let mut next = vec![NONE; e.slot.len()];
    for i in (0..e.slot.len()).rev() {
        next[i] = first_effect.insert(e.slot[i], i as u32).unwrap_or(NONE);
    }
    header.slots = space.rows(&Vec::from_iter((0..s.name.len()).map(|i| k::Slot {
        hash: name_hash(&s.name[i]),
        base: s.base[i].into(),
        pending: 0.0.into(),
        kind: match s.kind[i] {
            SlotKind::Level => 0,
            SlotKind::Down => 1,
            SlotKind::Rate => 2,
            SlotKind::Clear => 3,
            SlotKind::Speed => 4,
            SlotKind::Quota => 5,
            SlotKind::Replicas => 6,
            SlotKind::Draining => 7,
        },
        owner: s.owner[i],
        first_cell: s.first_cell[i],
        cells: s.cells[i],
        first_effect: first_effect.get(&(i as u32)).copied().unwrap_or(NONE),
        component: plan.component_of_slot(i),
    })));
    header.effects = space.rows(&Vec::from_iter((0..e.slot.len()).map(|i| k::Effect {
        hash: e.hash[i],
        value: 0.0.into(),
        active: 0.into(),
        slot: e.slot[i],
        first: e.first[i],
        count: e.count[i],
        op: e.op[i],
        next: next[i],
    })));
    header.timeline = space.rows(&Vec::from_iter((0..t.at_ns.len()).map(|i| k::Change {
        at_ns: t.at_ns[i],
        value: t.value[i],
        effect: t.effect[i],
        active: t.active[i],
    })));
    let f = &plan.flickers;
    header.flickers = space.rows(&Vec::from_iter((0..f.effect.len()).map(|i| k::Flicker {
        hash: f.hash[i],
        start_ns: f.start_ns[i],
        end_ns: f.end_ns[i],
        value: f.value[i],
        turns: 0.into(),
        effect: f.effect[i],
        after: f.after[i],
        lasting: f.lasting[i],
        pad: 0,
    })));
}

/// Address and length of the tables by which edges choose by key.
fn tables_by_key(plan: &Plan, late: &mut Space) -> Vec<(u32, u32)> {
    let mut table = |&edge: &u32| {
        let replicas = plan.components.replicas[plan.edges.to[edge as usize] as usize];
        match plan.edges.balance[edge as usize] {
            6 => {
                let len = replicas * hashing::POINTS;
                (late.state(u64::from(len), size_of::<hashing::Point>(), "key tables"), len)
            }
            7 => {
                let len = hashing::maglev_size(replicas);
                (late.state(u64::from(len + replicas), 4, "key tables"), len)
            }
            _ => (0, 0),
        }
    };
    plan.balancings.edge.iter().map(&mut table).collect()
}

fn balancings(plan: &Plan, tables: &[(u32, u32)]) -> Vec<k::Balancing> {
    let b = &plan.balancings;
    let row = |i: usize| k::Balancing {
        eject_ns: b.eject_ns[i],
        eject_cap_ns: b.eject_cap_ns[i],
        edge: b.edge[i],
        first_peer: b.first_peer[i],
        fail_open: b.fail_open[i],
        least: b.least[i],
        eject_failures: b.eject_failures[i],
        eject_most: b.eject_most[i],
        probe_interval_ns: b.probe_interval_ns[i],
        probe_timeout_ns: b.probe_timeout_ns[i],
        slow_start_ns: b.slow_start_ns[i],
        purpose_slow_start: b.purpose_slow_start[i],
        probe_fall: b.probe_fall[i],
        probe_rise: b.probe_rise[i],
        cross_zone_ns: b.cross_zone_ns[i],
        first_weight: b.first_weight[i],
        zones: b.zones[i],
        prefer_zone: b.prefer_zone[i],
        table: tables[i].0,
        table_len: tables[i].1,
        pad: 0,
    };
    (0..b.edge.len()).map(row).collect()
}

fn fill_state(plan: &Plan, space: &mut Space, header: &mut Header) {
    let (components, edges, flows) = (plan.components.name.len(), plan.edges.name.len(), plan.flows.name.len());
    let frames = u64::from(plan.run.frames_max);
    let table = |address: u32, len: u64| Table { address, len: len as u32 };
    let count = |list: &[u32]| list.iter().map(|&n| u64::from(n)).sum::<u64>();

    let cells = count(&plan.slots.cells);
    header.cells = table(space.state(cells, 8, "cells"), cells);
    let replicas = count(&plan.components.replicas);
    header.component_states = space.state(components as u64, size_of::<k::ComponentState>(), "components");
    header.replicas = table(space.state(replicas, size_of::<k::ReplicaState>(), "replicas"), replicas);
    header.edge_states = space.state(edges as u64, size_of::<k::EdgeState>(), "edges");
    let gates: u64 = (0..edges).map(|i| gates_of(plan, i)).sum();
    header.gates = space.state(gates, size_of::<k::Gate>(), "permits");
    let peers = (plan.balancings.edge.iter()).map(|&edge| plan.edges.to[edge as usize]);
    let peers = peers.map(|to| u64::from(plan.components.replicas[to as usize])).sum();
    header.peers = table(space.state(peers, size_of::<k::Peer>(), "replicas"), peers);
    let conducts = plan.conducts.rto_ns.len() as u64;
    header.conduct_states = space.state(conducts, size_of::<k::ConductState>(), "edges");
    header.pacing_states = space.state(plan.pacings.histogram.len() as u64, 8, "policies");
    header.link_states = space.state(plan.links.bandwidth.len() as u64, size_of::<k::LinkState>(), "links");
    if plan.has_sizes() {
        header.frame_sizes = space.state(frames, 16, "requests in flight");
    }
    header.quota_states = space.state(plan.quotas.rate.len() as u64, size_of::<k::QuotaState>(), "quotas");
    if plan.has_meters() {
        header.meters = space.state(frames, size_of::<k::Meter>(), "requests in flight");
        header.cache_states = space.state(components as u64, 8, "prompt caches");
    }
    let idle = (0..components).filter(|&c| plan.components.setup[c] != NONE);
    let idle = idle.map(|c| u64::from(plan.components.servers[c]) * u64::from(plan.components.replicas[c])).sum();
    header.idle = space.state(idle, 8, "idle servers");
    header.source_states = space.state(plan.sources.name.len() as u64, size_of::<k::SourceState>(), "sources");
    header.flow_states = space.state(flows as u64, 4, "flows");
    header.store_states = space.state(plan.stores.component.len() as u64, size_of::<k::StoreState>(), "stores");
    let keys = count(&plan.stores.keys);
    header.entries = table(space.state(keys, size_of::<k::Entry>(), "the keys of stores"), keys);
    if !plan.keepings.evict.is_empty() {
        header.marks = space.state(keys, size_of::<k::Mark>(), "the keys of stores");
        header.places = space.state(keys, 4, "the keys of stores");
    }
    header.buckets = space.state(count(&plan.admissions.partitions), size_of::<k::Bucket>(), "partitions");
    let users = count(&plan.sources.users);
    header.users = table(space.state(users, 4, "users"), users);

    let members = plan.fleets.component.iter().map(|&c| u64::from(plan.components.replicas[c as usize])).sum::<u64>();
    header.members = table(space.state(members, size_of::<k::Member>(), "replicas"), members);
    header.recommendations = space.state(count(&plan.autoscalers.recommendations), 4, "autoscalers");

    let subscriptions = plan.subscriptions.edge.len();
    let words = columns::row_words(components, edges, flows, subscriptions) as u64;
    let turns = if plan.has_meters() { flows } else { 0 };
    let histograms = (components * 2 + flows + plan.edge_histograms.edge.len() + subscriptions + turns) as u64;
    header.row_words = words as u32;
    header.current = space.state(words, 8, "columns");
    header.cumulative = space.state(words, 8, "columns");
    header.ring = space.state(words * u64::from(RING_WINDOWS), 8, "recent windows");
    header.histogram_window = space.state(histograms * BUCKETS as u64, 4, "histograms");
    header.histogram_cumulative = space.state(histograms * BUCKETS as u64, 4, "histograms");
    let address = space.state(histograms, size_of::<k::HistogramState>(), "histograms");
    header.histogram_states = table(address, histograms);
    header.digests = space.state(2 + components as u64, 16, "digests");
    header.records = space.state(u64::from(RING_RECORDS), size_of::<k::Record>(), "records");

    message_state(plan, space, header);
    header.frames_max = plan.run.frames_max;
    header.registers = plan.run.registers;
    header.frames64 = space.state(frames * u64::from(frame64::COUNT), 8, "requests in flight");
    let columns32 = u64::from(frame32::COUNT + plan.run.registers);
    header.frames32 = space.state(frames * columns32, 4, "requests in flight");
    if plan.sites.keys.iter().any(|&row| row != NONE) {
        header.request_keys = space.state(frames, 4, "requests in flight");
    }
    if plan.pacings.idempotent.contains(&1) {
        header.calls_served = space.state(frames, 8 + 8 + 4, "requests in flight");
    }
    let sent_to = if plan.balancings.edge.is_empty() { 0 } else { 2 * frames };
    header.sent_to = space.state(sent_to, 4, "requests in flight");
    header.crossed = space.state(sent_to / 2, 4, "requests in flight");
    // A frame has at most one event of its own and one stale timeout that a sweep would drop; where calls are
    // hedged or called off, those too. Users, sources, the timeline and the window have theirs.
    let hedges = plan.policies.hedge_after_ns.iter().any(|&ns| ns > 0)
        || plan.pacings.hedge_per_100k.iter().any(|&percentile| percentile > 0);
    let company = plan.groups.batch.iter().any(|&size| size > 1);
    let per_frame = if company || hedges || plan.policies.cancel.contains(&1) {
        2 * CALENDAR_PER_FRAME
    } else {
        CALENDAR_PER_FRAME
    };
    let triggered = plan.triggers.effects.iter().map(Vec::len).sum::<usize>();
    let known = triggered
        + plan.timeline.at_ns.len()
        + plan.flickers.effect.len()
        + plan.sources.name.len()
        + plan.slots.name.len()
        + 16;
    let partitions = plan.groups.partitions.iter().map(|&n| u64::from(n)).sum::<u64>();
    // So may sessions that think, and those that come within a spread.
    let intakes = &plan.intakes;
    let thinking = if intakes.session_most.iter().any(|&most| most > 0) { frames } else { 0 };
    let spread = (0..intakes.spread_ns.len()).filter(|&i| intakes.spread_ns[i] > 0);
    let spread: u64 = spread.map(|i| u64::from(intakes.batch_most[i])).sum();
    let known = known as u64 + members;
    let entries = per_frame * frames + users + thinking + spread + 2 * peers + known + partitions + replicas;
    header.calendar = table(space.state(entries, ENTRY_BYTES as usize, "future events"), entries);
}

/// Gates of an edge: one per replica of its caller, if it has permits.
fn gates_of(plan: &Plan, edge: usize) -> u64 {
    let from = plan.edges.from[edge];
    match (plan.edges.permits[edge], from) {
        (0, _) => 0,
        (_, NONE) => 1,
        _ => u64::from(plan.components.replicas[from as usize]),
    }
}
