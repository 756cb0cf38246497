//! Topics of generated models that keep so many messages and no more, and logs on brokers.

use super::{Generator, MS};
use crate::generate::steps::Place;
use rand::RngExt;
use sysdl_lower::model::{Acks, Append, Call, Cluster, ComponentId, Depth, EdgeId, EndpointId, Queueing, Step};

/// Most copies of a partition.
const COPIES: u32 = 3;

impl Generator {
    pub(super) fn depth(&mut self) -> Option<Depth> {
        let on = self.features.depths && self.chance(0.7);
        on.then(|| Depth { most: self.rng.random_range(1..=4), displaces: self.chance(0.6) })
    }

    /// Publishers look for room before they do anything else.
    pub(super) fn rooms(&mut self) {
        for index in 0..self.components.len() {
            let from = Some(ComponentId(index as u32));
            let bounded = |edge: &sysdl_lower::model::Edge| {
                edge.subscription.and_then(|sub| sub.depth).is_some_and(|depth| !depth.displaces) && edge.from == from
            };
            let edges: Vec<EdgeId> =
                (0..self.edges.len()).filter(|&e| bounded(&self.edges[e])).map(|e| EdgeId(e as u32)).collect();
            let waits = self.features.depths && self.chance(0.6);
            if let (Some(component), false) = (&mut self.components[index], edges.is_empty()) {
                for endpoint in &mut component.endpoints {
                    let at = endpoint.steps.len().min(1);
                    endpoint.steps.insert(at, Step::Room { edges: edges.clone(), waits });
                }
            }
        }
    }

    /// What the replicas of a component are as brokers.
    pub(super) fn cluster(&mut self, queue: Queueing, group: bool) -> Option<Cluster> {
        let odd = queue == Queueing::Shared || group || self.features.fleets;
        if odd || !self.features.brokers || !self.chance(0.6) {
            return None;
        }
        Some(Cluster {
            detection: self.time(10, 200),
            catch_up_ns: self.rng.random_range(1..=200) * MS,
            restore_ns: if self.chance(0.6) { self.rng.random_range(1..=300) * MS } else { 0 },
        })
    }

    pub(super) fn is_cluster(&self, component: usize) -> bool {
        self.components[component].as_ref().is_some_and(|component| component.cluster.is_some())
    }

    /// An append to a component behind this one, if there is one that is affordable.
    pub(super) fn append(&mut self, place: Place, visits: &mut f64) -> Option<Step> {
        let behind: Vec<usize> = (place.component + 1..self.components.len()).filter(|&c| self.is_cluster(c)).collect();
        let to = *behind.first()?;
        let brokers = self.components[to].as_ref().map_or(1, |brokers| brokers.replicas);
        let replication = self.rng.random_range(1..=COPIES.min(brokers));
        let index = self.rng.random_range(0..self.visits[to].len());
        if !self.affords(visits, place.rounds * f64::from(replication) * self.visits[to][index]) {
            return None;
        }
        let endpoint = EndpointId { component: ComponentId(to as u32), index: index as u32 };
        let call = self.call_to(place.component, endpoint);
        let mut policy = call.policy.clone();
        (policy.hedge_after_ns, policy.hedge_percentile, policy.hedges_more) = (None, None, 0);
        Some(Step::Append(Box::new(Append {
            call: Call { policy, ..call },
            partitions: self.rng.random_range(1..=6),
            replication,
            acks: [Acks::None, Acks::Leader, Acks::All][self.rng.random_range(0..3)],
            min_in_sync: self.rng.random_range(1..=replication),
            fetch_ns: self.rng.random_range(5..=60) * MS,
        })))
    }
}

#[cfg(test)]
mod tests {
    use crate::{generate, reference};
    use sysdl_kernel::columns::{component, edge, edges_at, subscription, subscriptions_at};

    /// What random models do not do they do not test.
    #[test]
    fn topics_are_full_brokers_go_down_and_batches_set_out() {
        let mut seen = [0u64; 5];
        for number in 0..150 {
            let model = generate::model(number);
            let plan = sysdl_lower::flatten(&model);
            let outcome = reference::run(&plan, model.seed, u64::MAX);
            let (components, edges, flows) = (plan.components.hash.len(), plan.edges.hash.len(), plan.flows.hash.len());
            let sum = |first: usize, rows: usize, width: usize, column: usize| {
                (0..rows).map(|row| outcome.cumulative[first + row * width + column]).sum::<u64>()
            };
            let subscriptions = plan.subscriptions.edge.len();
            let of_messages = subscriptions_at(components, edges, flows);
            seen[0] += sum(0, components, component::COUNT, component::ELECTIONS);
            seen[1] += sum(0, components, component::COUNT, component::VANISHED);
            seen[2] += sum(of_messages, subscriptions, subscription::COUNT, subscription::DISPLACED);
            seen[3] += sum(edges_at(components), edges, edge::COUNT, edge::BATCHES);
            seen[4] += plan.depots.waits.iter().map(|&waits| u64::from(waits)).sum::<u64>();
        }
        assert!(seen.iter().all(|&seen| seen > 0), "elections, vanished, displaced, batches, lines: {seen:?}");
    }
}
