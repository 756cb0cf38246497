//! Metrics of a stretch of time, from its rows and histograms.

use super::{Metric, Quantity, Subject};
use crate::meta::{Component, Meta};
use crate::trace::{Histogram, Interval, Trace};
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::outcome;

/// A stretch of time in which metrics are measured.
pub(super) enum Stretch<'t> {
    /// A difference of snapshots: exact, percentiles included.
    Interval(&'t Interval),
    /// Closed windows `first..last`. Percentiles are the largest of the windows'.
    Windows(usize, usize),
}

/// The value of a metric, or `None` if nothing was seen that could be measured.
pub(super) fn measure(trace: &Trace, stretch: &Stretch<'_>, metric: &Metric) -> Option<f64> {
    let seconds = match stretch {
        Stretch::Interval(interval) => interval.seconds(),
        Stretch::Windows(first, last) => (last - first) as f64 * trace.meta.window_ns as f64 / 1e9,
    };
    let reader = Reader { trace, stretch };
    match &metric.subject {
        Subject::System => {
            reader.flows(&(0..trace.meta.flows.len()).collect::<Vec<_>>(), metric.quantity, seconds, true)
        }
        Subject::Flow(name) => {
            let flow = trace.meta.flows.iter().position(|f| f.name == *name)?;
            reader.flows(&[flow], metric.quantity, seconds, false)
        }
        Subject::Component(name) => {
            let component = trace.meta.components.iter().position(|c| c.name == *name)?;
            if metric.quantity.is_of_messages() {
                let from = Some(component as u32);
                let of_consumers = reader.messages(metric.quantity, |edge| trace.meta.edges[edge].from == from);
                // What was lost before any consumer could have it is the topic's own.
                let own = if metric.quantity == Quantity::LostMessages {
                    reader.of_component(component, component::VANISHED) as f64
                } else {
                    0.0
                };
                return of_consumers.map(|value| value + own);
            }
            reader.component(component, metric.quantity, seconds)
        }
        Subject::Replica(name, replica) => {
            let component = trace.meta.components.iter().position(|c| c.name == *name)?;
            reader.component(trace.meta.row_of_replica(component, *replica)?, metric.quantity, seconds)
        }
        Subject::Edge(name) => {
            let edge = trace.meta.edges.iter().position(|e| e.name == *name)?;
            if metric.quantity.is_of_messages() {
                return reader.messages(metric.quantity, |other| other == edge);
            }
            reader.edge(edge, metric.quantity)
        }
    }
}

pub(super) struct Reader<'a> {
    pub(super) trace: &'a Trace,
    stretch: &'a Stretch<'a>,
}

pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Reader<'_> {
    pub(super) fn sum(&self, interval: impl Fn(&Interval) -> u64, window: impl Fn(usize) -> u64) -> u64 {
        match self.stretch {
            Stretch::Interval(rows) => interval(rows),
            Stretch::Windows(first, last) => (*first..*last).map(window).sum(),
        }
    }

    pub(super) fn largest(&self, interval: impl Fn(&Interval) -> u64, window: impl Fn(usize) -> u64) -> u64 {
        match self.stretch {
            Stretch::Interval(rows) => interval(rows),
            Stretch::Windows(first, last) => (*first..*last).map(window).max().unwrap_or(0),
        }
    }

    fn flow(&self, flow: usize, column: usize) -> u64 {
        self.sum(|i| i.flow(flow, column), |w| self.trace.window_flow(w, flow, column))
    }

    fn of_component(&self, index: usize, column: usize) -> u64 {
        self.sum(|i| i.component(index, column), |w| self.trace.window_component(w, index, column))
    }

    fn of_edge(&self, index: usize, column: usize) -> u64 {
        self.sum(|i| i.edge(index, column), |w| self.trace.window_edge(w, index, column))
    }

    fn flows(&self, flows: &[usize], quantity: Quantity, seconds: f64, system: bool) -> Option<f64> {
        let sum = |column: usize| flows.iter().map(|&f| self.flow(f, column)).sum::<u64>();
        let good = sum(flow::OUTCOMES + outcome::OK as usize);
        let late = sum(flow::LATE);
        let failed: u64 = (1..outcome::COUNT).map(|code| sum(flow::of_outcome(code))).sum();
        let ended = good + late + failed;
        match quantity {
            Quantity::Percentile(share) => self.percentile(
                |i| i.response(flows.iter().copied()),
                share,
                |w| {
                    flows
                        .iter()
                        .map(|&f| self.trace.window_flow(w, f, quantile_column(share, flow::RESPONSE_P50)))
                        .max()
                },
            ),
            Quantity::Mean => ratio(sum(flow::RESPONSE_NS), ended),
            Quantity::Max if ended == 0 => None,
            Quantity::Max => {
                let max = |&f: &usize| {
                    let column = flow::RESPONSE_MAX_NS;
                    self.largest(|i| i.flow(f, column), |w| self.trace.window_flow(w, f, column))
                };
                flows.iter().map(max).max().map(|ns| ns as f64)
            }
            Quantity::Throughput => Some(ended as f64 / seconds),
            Quantity::Goodput => Some(good as f64 / seconds),
            Quantity::GoodShare => ratio(good, ended),
            Quantity::ErrorRate => ratio(failed, ended),
            Quantity::Count => Some(sum(flow::REQUESTS) as f64),
            Quantity::Errors(None) => Some(failed as f64),
            Quantity::Errors(Some(code)) => Some(sum(flow::of_outcome(code as usize)) as f64),
            Quantity::CostPer => ratio(sum(flow::NANO_USD), ended).map(|nano_usd| nano_usd * 1e-9),
            Quantity::Tokens if !system => Some(sum(flow::TOKENS) as f64),
            Quantity::TurnsMean => ratio(sum(flow::TURNS), ended),
            Quantity::TurnsPercentile(share) => self.percentile(
                |i| i.turns(flows.iter().copied()),
                share,
                |w| {
                    let column = quantile_column(share, flow::TURNS_P50);
                    flows.iter().map(|&f| self.trace.window_flow(w, f, column)).max()
                },
            ),
            Quantity::Tokens => Some(self.all_components(component::TOKENS) as f64),
            Quantity::BudgetStops => Some(self.all_components(component::BUDGET_STOPS) as f64),
            Quantity::TokensWasted => {
                ratio(self.all_components(component::TOKENS_WASTED), self.all_components(component::TOKENS))
            }
            Quantity::MonthlyUsd if system => {
                let deployed = |c| self.of_component(c, component::DEPLOYED_NS);
                Some(monthly_usd(&self.trace.meta, seconds, deployed))
            }
            Quantity::OfEdges(column) if system => Some(self.all_edges(column)),
            _ => None,
        }
    }

    fn all_components(&self, column: usize) -> u64 {
        (0..self.trace.meta.components.len()).map(|c| self.of_component(c, column)).sum()
    }

    fn all_edges(&self, column: usize) -> f64 {
        (0..self.trace.meta.edges.len()).map(|e| self.of_edge(e, column)).sum::<u64>() as f64
    }

    fn component(&self, index: usize, quantity: Quantity, seconds: f64) -> Option<f64> {
        let get = |column: usize| self.of_component(index, column);
        let ended: u64 = (0..outcome::COUNT).map(|code| get(component::of_outcome(code))).sum();
        let failed = ended - get(component::OUTCOMES);
        let ns = seconds * 1e9;
        match quantity {
            Quantity::Percentile(share) => self.percentile(
                |i| i.sojourn(index),
                share,
                |w| Some(self.trace.window_component(w, index, quantile_column(share, component::SOJOURN_P50))),
            ),
            Quantity::WaitingPercentile(share) => match self.stretch {
                Stretch::Interval(interval) => interval.waiting(index).quantile(share).map(|ns| ns as f64),
                Stretch::Windows(..) => None,
            },
            Quantity::Mean => match self.stretch {
                // Who was turned away has no sojourn.
                Stretch::Interval(interval) => ratio(get(component::SOJOURN_NS), interval.sojourn(index).count()),
                Stretch::Windows(..) => ratio(get(component::SOJOURN_NS), ended),
            },
            Quantity::WaitingMean => ratio(get(component::WAITING_NS), get(component::STARTS)),
            Quantity::Throughput => Some(get(component::ARRIVALS) as f64 / seconds),
            Quantity::ErrorRate => ratio(failed, ended),
            Quantity::Count => Some(get(component::ARRIVALS) as f64),
            Quantity::Errors(None) => Some(failed as f64),
            Quantity::Errors(Some(code)) => Some(get(component::of_outcome(code as usize)) as f64),
            Quantity::Tokens => Some(get(component::TOKENS) as f64),
            Quantity::TokensWasted => {
                Some(get(component::TOKENS_WASTED)).and_then(|wasted| ratio(wasted, get(component::TOKENS)))
            }
            Quantity::BudgetStops => Some(get(component::BUDGET_STOPS) as f64),
            Quantity::Utilization => {
                let [busy, of] = component::busy_of(get(component::PROCESSORS_NS));
                ratio(get(busy), get(of))
            }
            Quantity::QueueMean => Some(get(component::QUEUE_NS) as f64 / ns),
            Quantity::PresentMean => Some(get(component::PRESENT_NS) as f64 / ns),
            Quantity::OfComponents(column) => Some(get(column) as f64),
            Quantity::QueueMax => {
                let column = component::QUEUE_MAX;
                let window = |w| self.trace.window_component(w, index, column);
                Some(self.largest(|i| i.component(index, column), window) as f64)
            }
            Quantity::Queue => match self.stretch {
                Stretch::Interval(interval) => Some(interval.component(index, component::QUEUE) as f64),
                Stretch::Windows(_, last) => {
                    let last = last.checked_sub(1)?;
                    Some(self.trace.window_component(last, index, component::QUEUE) as f64)
                }
            },
            Quantity::Stale => Some(get(component::STALE) as f64),
            Quantity::Leaderless => Some(get(component::LEADERLESS_NS) as f64 / ns),
            Quantity::StaleRatio => ratio(get(component::STALE), get(component::HITS)),
            Quantity::Replicas => Some(match self.trace.meta.components[index].initial {
                Some(_) => get(component::SERVING_NS) as f64 / ns,
                None => f64::from(self.trace.meta.components[index].replicas),
            }),
            Quantity::HitRatio => {
                let hits = get(component::HITS);
                ratio(hits, hits + get(component::MISSES) + get(component::COALESCED))
            }
            _ => None,
        }
    }

    fn edge(&self, index: usize, quantity: Quantity) -> Option<f64> {
        let get = |column: usize| self.of_edge(index, column);
        let (ok, failed) = (get(edge::OK), get(edge::FAILED));
        match quantity {
            Quantity::Mean => ratio(get(edge::LATENCY_NS), ok + failed),
            Quantity::Max => {
                let column = edge::LATENCY_MAX_NS;
                Some(self.largest(|i| i.edge(index, column), |w| self.trace.window_edge(w, index, column)) as f64)
            }
            Quantity::Count => Some(get(edge::CALLS) as f64),
            Quantity::Errors(None) => Some(failed as f64),
            Quantity::ErrorRate => ratio(failed, ok + failed),
            Quantity::ConnectShare => ratio(get(edge::CONNECTS), get(edge::ATTEMPTS)),
            Quantity::RetryAmplification => ratio(get(edge::ATTEMPTS), get(edge::CALLS)),
            Quantity::OfEdges(column) => Some(get(column) as f64),
            Quantity::BatchSize => ratio(get(edge::GATHERED), get(edge::BATCHES)),
            Quantity::BatchWait => ratio(get(edge::GATHER_WAIT_NS), get(edge::GATHERED)),
            Quantity::PermitWait => ratio(get(edge::PERMIT_WAIT_NS), get(edge::ATTEMPTS) - get(edge::NO_PERMIT)),
            Quantity::Percentile(share) => {
                let histogram = self.trace.meta.edges[index].histogram?;
                self.percentile(|i| i.calls(histogram), share, |_| None)
            }
            Quantity::BreakerOpenShare => {
                let width = self.trace.meta.window_ns;
                let (start, end) = match self.stretch {
                    Stretch::Interval(interval) => (interval.start_ns, interval.end_ns),
                    Stretch::Windows(first, last) => (*first as u64 * width, *last as u64 * width),
                };
                Some(self.trace.breaker_open_ns(index, start, end)? as f64 / (end - start).max(1) as f64)
            }
            _ => None,
        }
    }

    /// Exact in intervals; over windows, the largest of the nearest percentile that windows hold.
    pub(super) fn percentile<'i>(
        &'i self,
        interval: impl Fn(&'i Interval) -> Histogram<'i>,
        share: f64,
        window: impl Fn(usize) -> Option<u64>,
    ) -> Option<f64> {
        match self.stretch {
            Stretch::Interval(rows) => interval(rows).quantile(share).map(|ns| ns as f64),
            Stretch::Windows(first, last) => {
                let largest = (*first..*last).filter_map(window).max()?;
                (largest > 0).then_some(largest as f64)
            }
        }
    }
}

/// Stated prices per month. Where replicas come and go, the price is that of those that there were on average.
pub(crate) fn monthly_usd(meta: &Meta, seconds: f64, deployed_ns: impl Fn(usize) -> u64) -> f64 {
    let of = |(index, component): (usize, &Component)| {
        let usd = component.monthly_usd?;
        Some(match component.initial {
            Some(initial) => usd / f64::from(initial.max(1)) * deployed_ns(index) as f64 / (seconds * 1e9),
            None => usd,
        })
    };
    meta.components.iter().enumerate().filter_map(of).sum()
}

/// Windows hold p50, p95 and p99 in three columns; a percentile between them reads the next higher.
pub(super) fn quantile_column(share: f64, p50: usize) -> usize {
    if share <= 0.5 {
        p50
    } else if share <= 0.95 {
        p50 + 1
    } else {
        p50 + 2
    }
}
