//! Metrics that are 0 in every run, since what they count needs a setting that is not there.

use super::super::system::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::span::Span;
use sysdl_kernel::columns::{component, edge};
use sysdl_lower::model::{EdgeId, Policy, Queueing, Step};
use sysdl_runtime::expect::{Quantity, Subject};

/// What a component or an edge lacks, and what would give it to it.
type Lack = (&'static str, &'static str);

impl Builder<'_> {
    /// Warns of a claim about what never happens here, whatever comes.
    pub(super) fn counts_nothing(&mut self, subject: &Subject, quantity: Quantity, span: Span) {
        let (name, lack) = match subject {
            Subject::Edge(name) => (name, self.edge_lacks(name, quantity)),
            Subject::Component(name) | Subject::Replica(name, _) => (name, self.component_lacks(name, quantity)),
            Subject::System | Subject::Flow(_) => return,
        };
        if let Some((what, setting)) = lack {
            let message = format!("nothing is ever counted here: `{name}` {what}");
            let help = format!("give it {setting}, or measure something else");
            self.eval.report(Diagnostic::new(&codes::W0517, message, span, "the same in every run").help(help));
        }
    }

    fn edge_lacks(&self, name: &str, quantity: Quantity) -> Option<Lack> {
        let index = self.edges.iter().position(|known| known.name == name)?;
        let row = &self.edges[index];
        let calls = |has: fn(&Policy) -> bool| self.calls_on(EdgeId(index as u32)).any(|call| has(&call.policy));
        let (has_it, what, setting): (bool, _, _) = match quantity {
            Quantity::OfEdges(edge::RETRIES) => {
                (calls(|policy| policy.retry.is_some()), "tries nothing again", "`retry { max = 2 }`")
            }
            Quantity::OfEdges(edge::TIMEOUTS) => {
                (calls(|policy| policy.timeout_ns.is_some()), "waits for ever", "`timeout = 250ms`")
            }
            Quantity::OfEdges(edge::HEDGES) => (
                calls(|policy| policy.hedge_after_ns.is_some() || policy.hedge_percentile.is_some()),
                "has no hedge",
                "`hedge { after = 50ms }`",
            ),
            Quantity::OfEdges(edge::BREAKER_OPENS) => (row.breaker.is_some(), "has no breaker", "a `breaker`"),
            Quantity::OfEdges(edge::NO_PERMIT) | Quantity::PermitWait => {
                (row.permits.is_some(), "has no pool", "`pool { size = 20 }`")
            }
            Quantity::OfEdges(edge::EJECTIONS) => {
                (row.eligibility.is_some(), "leaves no replica out", "`health` or `eject`")
            }
            Quantity::OfEdges(edge::THROTTLED) => {
                (row.conduct.throttle.is_some(), "drops nothing by itself", "`throttle { k = 2 }`")
            }
            Quantity::OfEdges(edge::RESENT) => {
                (row.conduct.retransmit.is_some(), "sends no lost message again", "`transport = tcp`")
            }
            Quantity::OfEdges(edge::BATCHES) | Quantity::BatchSize | Quantity::BatchWait => {
                (row.gather.is_some(), "sends everything by itself", "`linger = 5ms`")
            }
            Quantity::OfEdges(edge::CONNECTS) | Quantity::ConnectShare => {
                (row.connections.is_some(), "takes nothing to connect", "`connect = 3ms` and a pool")
            }
            _ => return None,
        };
        (!has_it).then_some((what, setting))
    }

    fn component_lacks(&self, name: &str, quantity: Quantity) -> Option<Lack> {
        let index = self.components.iter().position(|known| known.name == name)?;
        let (row, draft) = (&self.components[index], &self.drafts[index]);
        let station = &row.station;
        let (any_number, say) = ("serves any number at once", "a bound, `concurrency = 64`");
        let (has_it, what, setting) = match quantity {
            Quantity::Utilization => {
                let shares = station.sharing.is_some_and(|sharing| sharing.cores.is_some());
                (station.servers.is_some() || shares, any_number, say)
            }
            Quantity::Queue
            | Quantity::QueueMean
            | Quantity::QueueMax
            | Quantity::WaitingMean
            | Quantity::WaitingPercentile(_) => {
                (station.servers.is_some() || station.queue == Queueing::Shared, any_number, say)
            }
            Quantity::HitRatio
            | Quantity::Stale
            | Quantity::StaleRatio
            | Quantity::OfComponents(component::HITS | component::MISSES | component::COALESCED) => (
                row.store.is_some() || self.is_looked_up(index),
                "is looked up nowhere",
                "a reader: `lookup cache.get`",
            ),
            Quantity::OfComponents(component::SETUPS) => {
                (station.setup.is_some(), "has no cold starts", "`setup = 400ms`")
            }
            Quantity::OfComponents(component::ELECTIONS) | Quantity::Leaderless => {
                let leads = row.leaders.is_some() || row.cluster.is_some();
                (leads, "has no leader", "`leader { failover = 30s }`")
            }
            Quantity::Tokens => (
                draft.endpoints.iter().any(|of| of.meter.is_some()),
                "uses no tokens itself",
                "a kind that does, such as `llm`",
            ),
            Quantity::BudgetStops => {
                (row.endpoints.iter().any(|of| of.budget.is_some()), "has no budget", "`budget { tokens = 60k }`")
            }
            _ => return None,
        };
        (!has_it).then_some((what, setting))
    }

    /// Whether some step looks something up at a component.
    fn is_looked_up(&self, index: usize) -> bool {
        let of = |(c, component): (usize, &sysdl_lower::model::Component)| {
            let mut open: Vec<&Step> = component.endpoints.iter().flat_map(|of| &of.steps).collect();
            while let Some(step) = open.pop() {
                if let Step::Lookup { call, .. } = step
                    && call.as_ref().map_or(c, |call| call.endpoint.component.0 as usize) == index
                {
                    return true;
                }
                open.extend(step.inside().into_iter().flatten());
            }
            false
        };
        self.components.iter().enumerate().any(of)
    }
}
