//! Windows: rows of counts, histograms, and the facts that a closed window leaves.

use super::Outcome;
use std::collections::HashMap;
use sysdl_kernel::columns::{
    Column, Kind, component, edge, edges_at, flow, flows_at, histograms, row_words, subscription, subscriptions_at,
};
use sysdl_kernel::fact::{self, Digest};
use sysdl_kernel::histogram::{BUCKETS, bucket_of, quantile_ns};
use sysdl_lower::plan::{NONE, Plan};

/// Where a row lies and whose it is.
struct Row {
    first_word: usize,
    columns: &'static [Column],
    /// 0 component, 1 edge, 2 flow, 3 subscription, 4 replica.
    family: u32,
    hash: u64,
    /// Component whose digest its cells belong to.
    component: Option<usize>,
}

/// A histogram, and where its percentiles go.
struct Histogram {
    hash: u64,
    /// 0 sojourn, 1 waiting, 2 response, 3 calls, 4 good attempts, 5 rounds, 6 end to end, 7 sojourn at a replica.
    kind: u32,
    component: Option<usize>,
    /// Word of the 50th percentile; the 95th and 99th follow it.
    p50: Option<usize>,
    counts: Vec<u32>,
}

/// The open window, and what the closed ones have left.
pub(super) struct Windows {
    rows: Vec<Row>,
    histograms: Vec<Histogram>,
    components: usize,
    edges: usize,
    flows: usize,
    /// Histograms of edges.
    of_edges: u32,
    /// First word of the row of each replica that is watched, and the number of its histogram.
    watched: HashMap<(usize, usize), (usize, usize)>,
    /// The open window's block of rows, laid out as `sysdl_kernel::columns` says.
    open: Vec<u64>,
    /// What the run comes to so far.
    outcome: Outcome,
}

impl Windows {
    /// No window closed, nothing counted.
    pub(super) fn new(plan: &Plan) -> Self {
        let (components, edges, flows) = (plan.components.hash.len(), plan.edges.hash.len(), plan.flows.hash.len());
        let words = row_words(components, edges, flows, plan.subscriptions.edge.len(), plan.watched.hash.len());
        let histograms = histograms_of(plan);
        let outcome = Outcome {
            components: vec![Digest::default(); components],
            cumulative: vec![0; words],
            histograms: vec![vec![0; BUCKETS]; histograms.len()],
            ..Outcome::default()
        };
        let of_edges = plan.edge_histograms.edge.len() as u32;
        let first = words - plan.watched.hash.len() * component::COUNT;
        let watched = (plan.watched.component.iter().zip(&plan.watched.replica).enumerate())
            .map(|(i, (&c, &r))| {
                let histogram = histograms.len() - plan.watched.hash.len() + i;
                ((c as usize, r as usize), (first + i * component::COUNT, histogram))
            })
            .collect();
        let open = vec![0; words];
        Windows { rows: rows_of(plan), histograms, components, edges, flows, of_edges, watched, open, outcome }
    }

    /// Adds to a column of a component in the open window.
    pub(super) fn add(&mut self, component: usize, column: usize, by: u64) {
        self.open[component * component::COUNT + column] += by;
    }

    /// Raises a maximum of a component.
    pub(super) fn raise(&mut self, component: usize, column: usize, value: u64) {
        let cell = &mut self.open[component * component::COUNT + column];
        *cell = value.max(*cell);
    }

    /// Sets a gauge of a component.
    pub(super) fn set(&mut self, component: usize, column: usize, value: u64) {
        self.open[component * component::COUNT + column] = value;
    }

    /// Adds to a column of a replica, if it is watched.
    pub(super) fn add_replica(&mut self, (c, r): (usize, usize), column: usize, by: u64) {
        if let Some(&(first, _)) = self.watched.get(&(c, r)) {
            self.open[first + column] += by;
        }
    }

    /// Sets a gauge of a replica, if it is watched.
    pub(super) fn set_replica(&mut self, place: (usize, usize), column: usize, value: u64) {
        if let Some(&(first, _)) = self.watched.get(&place) {
            self.open[first + column] = value;
        }
    }

    /// Whether a component's replicas are watched.
    pub(super) fn watches(&self, c: usize) -> bool {
        self.watched.contains_key(&(c, 0))
    }

    /// Counts a sojourn time at a replica, if it is watched.
    pub(super) fn observe_at_replica(&mut self, place: (usize, usize), ns: u64) {
        if let Some(&(_, histogram)) = self.watched.get(&place) {
            self.observe(histogram as u32, ns);
        }
    }

    /// A column of a component over all closed windows.
    pub(super) fn total(&self, component: usize, column: u32) -> u64 {
        self.outcome.cumulative[component * component::COUNT + column as usize]
    }

    /// The block of rows of the window that has closed last.
    pub(super) fn last(&self) -> &[u64] {
        self.outcome.windows.last().expect("a window has closed")
    }

    /// How many windows have closed.
    pub(super) fn closed(&self) -> usize {
        self.outcome.windows.len()
    }

    /// A column of an edge.
    pub(super) fn edge(&mut self, edge: u32, column: usize) -> &mut u64 {
        &mut self.open[edges_at(self.components) + edge as usize * edge::COUNT + column]
    }

    /// A column of a flow.
    pub(super) fn flow(&mut self, flow: usize, column: usize) -> &mut u64 {
        &mut self.open[flows_at(self.components, self.edges) + flow * flow::COUNT + column]
    }

    /// A column of a subscription.
    pub(super) fn subscription(&mut self, subscription: usize, column: usize) -> &mut u64 {
        let first = subscriptions_at(self.components, self.edges, self.flows);
        &mut self.open[first + subscription * subscription::COUNT + column]
    }

    /// Counts a time from being published to being handled.
    pub(super) fn observe_end_to_end(&mut self, subscription: usize, ns: u64) {
        self.observe(
            histograms::end_to_end(self.components as u32, self.flows as u32, self.of_edges, subscription as u32),
            ns,
        );
    }

    /// Counts a waiting time.
    pub(super) fn observe_waiting(&mut self, component: usize, ns: u64) {
        self.observe(histograms::waiting(component as u32), ns);
    }

    /// Counts a sojourn time.
    pub(super) fn observe_sojourn(&mut self, component: usize, ns: u64) {
        self.observe(histograms::sojourn(component as u32), ns);
    }

    /// Counts a response time.
    pub(super) fn observe_response(&mut self, flow: usize, ns: u64) {
        self.observe(histograms::response(self.components as u32, flow as u32), ns);
    }

    /// Counts a time in a histogram of an edge, if there is one.
    pub(super) fn observe_edge(&mut self, number: u32, ns: u64) {
        if number != NONE {
            self.observe(histograms::of_edge(self.components as u32, self.flows as u32, number), ns);
        }
    }

    /// What a histogram of an edge holds of the closed windows.
    pub(super) fn closed_counts_of_edge(&self, number: u32) -> &[u32] {
        &self.outcome.histograms[histograms::of_edge(self.components as u32, self.flows as u32, number) as usize]
    }

    /// Counts the rounds of a request.
    pub(super) fn observe_turns(&mut self, index: usize, rounds: u64) {
        let edge_histograms = self.histograms.len() - self.watched.len() - 2 * self.components - 2 * self.flows;
        let (components, flows) = (self.components as u32, self.flows as u32);
        self.observe(histograms::turns(components, flows, edge_histograms as u32, index as u32), rounds);
    }

    fn observe(&mut self, histogram: u32, ns: u64) {
        self.histograms[histogram as usize].counts[bucket_of(ns) as usize] += 1;
    }

    /// Adds the fact of an ended request.
    pub(super) fn request_fact(&mut self, hash: Digest) {
        self.outcome.digest.add(hash);
        self.outcome.requests_digest.add(hash);
    }

    /// Adds a fact of a component, or of none.
    pub(super) fn fact(&mut self, component: Option<usize>, hash: Digest) {
        self.outcome.digest.add(hash);
        if let Some(component) = component {
            self.outcome.components[component].add(hash);
        }
    }

    /// Closes the open window. Integrals and gauges are up to date.
    pub(super) fn close(&mut self) {
        let window = self.outcome.windows.len() as u64;
        for index in 0..self.histograms.len() {
            self.close_histogram(index, window);
        }
        for index in 0..self.rows.len() {
            self.close_row(index, window);
        }
        let words = self.open.len();
        self.outcome.windows.push(std::mem::replace(&mut self.open, vec![0; words]));
    }

    fn close_histogram(&mut self, index: usize, window: u64) {
        let histogram = &mut self.histograms[index];
        let counts = std::mem::replace(&mut histogram.counts, vec![0; BUCKETS]);
        let (hash, kind, component) = (histogram.hash, histogram.kind, histogram.component);
        if let Some(p50) = histogram.p50 {
            let total = counts.iter().map(|&count| u64::from(count)).sum();
            for (i, percent) in [50, 95, 99].into_iter().enumerate() {
                self.open[p50 + i] = quantile_ns(&counts, total, percent * 1000);
            }
        }
        for (bucket, &count) in counts.iter().enumerate().filter(|(_, count)| **count != 0) {
            self.outcome.histograms[index][bucket] += count;
            self.fact(component, fact::bucket(hash, kind, window, bucket as u32, count));
        }
    }

    fn close_row(&mut self, index: usize, window: u64) {
        let Row { first_word, columns, family, hash, component } = self.rows[index];
        for (column, (_, kind)) in columns.iter().enumerate() {
            let value = self.open[first_word + column];
            if value != 0 {
                self.fact(component, fact::cell(hash, family, window, column as u32, value));
            }
            let total = &mut self.outcome.cumulative[first_word + column];
            *total = match kind {
                Kind::Sum => *total + value,
                Kind::Max => value.max(*total),
                Kind::Gauge | Kind::Quantile => value,
            };
        }
    }

    /// What the run has come to.
    pub(super) fn into_outcome(self) -> Outcome {
        Outcome { open: self.open, ..self.outcome }
    }
}

fn rows_of(plan: &Plan) -> Vec<Row> {
    let (components, edges) = (plan.components.hash.len(), plan.edges.hash.len());
    let of_components = plan.components.hash.iter().enumerate().map(|(i, &hash)| Row {
        first_word: i * component::COUNT,
        columns: &component::ALL,
        family: 0,
        hash,
        component: Some(i),
    });
    let of_edges = plan.edges.hash.iter().enumerate().map(|(i, &hash)| Row {
        first_word: edges_at(components) + i * edge::COUNT,
        columns: &edge::ALL,
        family: 1,
        hash,
        component: (plan.edges.from[i] != NONE).then_some(plan.edges.from[i] as usize),
    });
    let of_flows = plan.flows.hash.iter().enumerate().map(|(i, &hash)| Row {
        first_word: flows_at(components, edges) + i * flow::COUNT,
        columns: &flow::ALL,
        family: 2,
        hash,
        component: None,
    });
    let first = subscriptions_at(components, edges, plan.flows.hash.len());
    let of_subscriptions = (0..plan.subscriptions.edge.len()).map(|i| Row {
        first_word: first + i * subscription::COUNT,
        columns: &subscription::ALL,
        family: 3,
        hash: plan.edges.hash[plan.subscriptions.edge[i] as usize],
        component: Some(consumer(plan, i)),
    });
    let first = first + plan.subscriptions.edge.len() * subscription::COUNT;
    let of_replicas = plan.watched.hash.iter().enumerate().map(|(i, &hash)| Row {
        first_word: first + i * component::COUNT,
        columns: &component::ALL,
        family: 4,
        hash,
        component: Some(plan.watched.component[i] as usize),
    });
    of_components.chain(of_edges).chain(of_flows).chain(of_subscriptions).chain(of_replicas).collect()
}

/// The component that messages of a subscription come to.
fn consumer(plan: &Plan, subscription: usize) -> usize {
    plan.groups.component[plan.subscriptions.group[subscription] as usize] as usize
}

fn histograms_of(plan: &Plan) -> Vec<Histogram> {
    let (components, edges) = (plan.components.hash.len(), plan.edges.hash.len());
    let mut all = Vec::new();
    for (i, &hash) in plan.components.hash.iter().enumerate() {
        let p50 = i * component::COUNT + component::SOJOURN_P50;
        all.push(Histogram { hash, kind: 0, component: Some(i), p50: Some(p50), counts: vec![0; BUCKETS] });
        all.push(Histogram { hash, kind: 1, component: Some(i), p50: None, counts: vec![0; BUCKETS] });
    }
    for (i, &hash) in plan.flows.hash.iter().enumerate() {
        let p50 = flows_at(components, edges) + i * flow::COUNT + flow::RESPONSE_P50;
        all.push(Histogram { hash, kind: 2, component: None, p50: Some(p50), counts: vec![0; BUCKETS] });
    }
    for (&edge, &kind) in plan.edge_histograms.edge.iter().zip(&plan.edge_histograms.kind) {
        let (hash, from) = (plan.edges.hash[edge as usize], plan.edges.from[edge as usize]);
        let component = (from != NONE).then_some(from as usize);
        all.push(Histogram { hash, kind, component, p50: None, counts: vec![0; BUCKETS] });
    }
    for (i, &edge) in plan.subscriptions.edge.iter().enumerate() {
        let first = subscriptions_at(components, edges, plan.flows.hash.len());
        let p50 = first + i * subscription::COUNT + subscription::END_TO_END_P50;
        let (hash, component) = (plan.edges.hash[edge as usize], Some(consumer(plan, i)));
        all.push(Histogram { hash, kind: 6, component, p50: Some(p50), counts: vec![0; BUCKETS] });
    }
    let with_meters = plan.flows.hash.iter().enumerate().filter(|_| plan.has_meters());
    for (i, &hash) in with_meters {
        let p50 = flows_at(components, edges) + i * flow::COUNT + flow::TURNS_P50;
        all.push(Histogram { hash, kind: 5, component: None, p50: Some(p50), counts: vec![0; BUCKETS] });
    }
    let first = subscriptions_at(components, edges, plan.flows.hash.len())
        + plan.subscriptions.edge.len() * subscription::COUNT;
    for (i, &hash) in plan.watched.hash.iter().enumerate() {
        let p50 = first + i * component::COUNT + component::SOJOURN_P50;
        let component = Some(plan.watched.component[i] as usize);
        all.push(Histogram { hash, kind: 7, component, p50: Some(p50), counts: vec![0; BUCKETS] });
    }
    all
}
