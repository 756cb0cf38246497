//! `when utilization(db) > 90% for 5s inject …` → a condition that the machine watches, and effects that wait for it.

use super::system::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Action, Expr};
use crate::syntax::span::Span;
use std::ops::Range;
use sysdl_kernel::columns::{component, edge, flow};
use sysdl_kernel::outcome;
use sysdl_lower::model::{Cell, Comparison, ComponentId, Condition, EdgeId, Effect, EndpointId, Order, Trigger, When};
use sysdl_runtime::expect::{self, Metric, Operand, Quantity, Subject};

/// Millionths of one.
const MILLION: u64 = 1_000_000;
/// Thousandths of a second in a nanosecond's reciprocal: rates are compared in thousandths of a request per second.
const RATE: u64 = 1_000_000_000_000;
/// Terms that a condition may have.
const TERMS_MAX: usize = 32;

/// The left side of a comparison and what it is measured per.
struct Measured {
    left: Vec<Cell>,
    right: Vec<Cell>,
    largest: bool,
    factor: u64,
    /// What makes a number of the metric's base unit the bound.
    unit: f64,
    scale: u64,
}

impl Builder<'_> {
    /// A timed action that waits for a condition.
    pub(super) fn when(
        &mut self,
        condition: &Expr,
        sustained: Option<&Expr>,
        action: &Action,
        effects: &mut Vec<Effect>,
    ) {
        let for_ns = sustained.and_then(|expr| self.time(expr, "for")).unwrap_or(0);
        let found = self.condition(condition, &mut false);
        let (template, lasting) = match action {
            Action::Inject { fault, args, on, lasting, ramp, fade, stagger, named, then } => {
                if let Some(ramp) = ramp {
                    self.eval.later("a `ramp` of what `when` injects", ramp.span);
                }
                if fade.is_some() || then.is_some() {
                    self.eval.later("`fade` and `then` of what `when` injects", fault.span);
                }
                if let Some(named) = named {
                    self.eval.later("a name for what `when` injects", named.span);
                }
                let lasting = match lasting {
                    Some(expr) => self.lasting(expr),
                    None => self.lasts(fault, args),
                };
                let template = self.inject(fault, args, on, stagger.as_ref());
                (template.map(|template| self.at_once(template, fault, "when")), lasting)
            }
            Action::Set { assign, lasting, .. } => {
                let lasting = lasting.as_ref().and_then(|expr| self.lasting(expr));
                (self.timed_set(assign).map(|effect| vec![effect]), lasting)
            }
            Action::Mark(name) => return self.eval.later("a mark that `when` sets", name.span),
        };
        let (Some(found), Some(template)) = (found, template) else { return };
        let mut terms = 0;
        let Some(condition) = self.watched(&found, condition.span, &mut terms) else { return };
        let trigger = self.triggers.len() as u32;
        self.triggers.push(Trigger { condition, for_ns, from_ns: 0, until_ns: None });
        effects.extend(template.into_iter().map(|effect| {
            let at_once = effect.parameter.acts_at_once();
            let lasting_ns = if at_once { Some(1) } else { lasting.map(|ns| ns.max(1)) };
            Effect { when: Some(When { trigger, lasting_ns }), start_ns: 0, end_ns: None, ..effect }
        }));
    }

    /// A condition as the machine watches it.
    pub(super) fn watched(
        &mut self,
        condition: &expect::Condition,
        span: Span,
        terms: &mut usize,
    ) -> Option<Condition> {
        *terms += 1;
        if *terms > TERMS_MAX {
            let message = "this condition is too long to be watched";
            self.eval.report(Diagnostic::new(&codes::E0212, message, span, "too many terms").help("split it"));
            return None;
        }
        let (left, order, right) = match condition {
            expect::Condition::And(a, b) => {
                let (a, b) = (self.watched(a, span, terms), self.watched(b, span, terms));
                return Some(Condition::And(Box::new(a?), Box::new(b?)));
            }
            expect::Condition::Or(a, b) => {
                let (a, b) = (self.watched(a, span, terms), self.watched(b, span, terms));
                return Some(Condition::Or(Box::new(a?), Box::new(b?)));
            }
            expect::Condition::Near { .. } | expect::Condition::Heals { .. } | expect::Condition::Metastable => {
                let message = "`when` compares a metric with a number";
                let diagnostic = Diagnostic::new(&codes::E0208, message, span, "not a comparison");
                self.eval.report(diagnostic.help("write `when utilization(db) > 90% for 5s inject …`"));
                return None;
            }
            expect::Condition::Compare(left, order, right) => (left, order_of(*order), right),
        };
        let (metric, order, number) = match (left, right) {
            (Operand::Metric(metric), Operand::Number(number)) => (metric, order, *number),
            (Operand::Number(number), Operand::Metric(metric)) => (metric, turned(order), *number),
            _ => {
                let message = "`when` compares a metric with a number";
                let diagnostic = Diagnostic::new(&codes::E0208, message, span, "not one of each");
                self.eval.report(diagnostic.help("write `when utilization(db) > 90% for 5s inject …`"));
                return None;
            }
        };
        let Some(measured) = self.measured(metric) else {
            self.eval.later("this metric in `when`", span);
            return None;
        };
        Some(Condition::Compare(Comparison {
            left: measured.left,
            largest: measured.largest,
            factor: measured.factor,
            order,
            right: measured.right,
            bound: (number.max(0.0) * measured.unit).round() as u64,
            scale: measured.scale,
        }))
    }

    /// Cells of a closed window that come to a metric; none of what windows do not hold.
    fn measured(&self, metric: &Metric) -> Option<Measured> {
        match &metric.subject {
            Subject::System => {
                if let Quantity::OfEdges(column) = metric.quantity {
                    let all = 0..self.edges.len() as u32;
                    return Some(count(all.map(|e| Cell::Edge(EdgeId(e), column as u32)).collect()));
                }
                let mut flows: Vec<EndpointId> = Vec::new();
                for (_, call) in self.sources.iter().flat_map(|source| &source.mix) {
                    if !flows.contains(&call.endpoint) {
                        flows.push(call.endpoint);
                    }
                }
                self.of_flows(&flows, metric.quantity)
            }
            Subject::Flow(name) => {
                let (component, endpoint) = name.split_once('.')?;
                let c = self.components.iter().position(|known| known.name == component)?;
                let index = self.components[c].endpoints.iter().position(|known| known.name == endpoint)?;
                let flow = EndpointId { component: ComponentId(c as u32), index: index as u32 };
                self.of_flows(&[flow], metric.quantity)
            }
            Subject::Component(name) => {
                let c = self.components.iter().position(|known| known.name == *name)?;
                self.of_component(ComponentId(c as u32), metric.quantity)
            }
            // Of replicas windows have rows, but triggers do not read them.
            Subject::Replica(..) => None,
            Subject::Edge(name) => {
                let e = self.edges.iter().position(|known| known.name == *name)?;
                of_edge(EdgeId(e as u32), metric.quantity)
            }
        }
    }

    fn of_component(&self, c: ComponentId, quantity: Quantity) -> Option<Measured> {
        let cells = |columns: &[usize]| columns.iter().map(|&column| Cell::Component(c, column as u32)).collect();
        let outcomes = |codes: Range<usize>| cells(&codes.map(component::of_outcome).collect::<Vec<_>>());
        Some(match quantity {
            Quantity::Utilization => {
                let sharing = self.components[c.0 as usize].station.sharing;
                let processors = sharing.is_some_and(|sharing| sharing.cores.is_some());
                let [busy, of] = component::busy_of(processors as u64);
                share(cells(&[busy]), cells(&[of]))
            }
            Quantity::HitRatio => {
                share(cells(&[component::HITS]), cells(&[component::HITS, component::MISSES, component::COALESCED]))
            }
            Quantity::ErrorRate => share(outcomes(1..outcome::COUNT), outcomes(0..outcome::COUNT)),
            Quantity::QueueMean => Measured { scale: self.window_ns, ..count(cells(&[component::QUEUE_NS])) },
            Quantity::Leaderless => Measured { scale: self.window_ns, ..count(cells(&[component::LEADERLESS_NS])) },
            Quantity::QueueMax => count(cells(&[component::QUEUE_MAX])),
            Quantity::Queue => count(cells(&[component::QUEUE])),
            // Where replicas do not come and go, the column is not kept.
            Quantity::Replicas if self.components[c.0 as usize].fleet.is_some() => count(cells(&[component::SERVING])),
            Quantity::Count => count(cells(&[component::ARRIVALS])),
            Quantity::Throughput => self.rate(cells(&[component::ARRIVALS])),
            Quantity::Errors(None) => count(outcomes(1..outcome::COUNT)),
            Quantity::Errors(Some(code)) => count(outcomes(code as usize..code as usize + 1)),
            Quantity::Mean => mean(cells(&[component::SOJOURN_NS]), outcomes(0..outcome::COUNT)),
            Quantity::WaitingMean => mean(cells(&[component::WAITING_NS]), cells(&[component::STARTS])),
            Quantity::Percentile(share) => largest(cells(&[component::SOJOURN_P50 + percentile(share)])),
            _ => return None,
        })
    }

    fn of_flows(&self, flows: &[EndpointId], quantity: Quantity) -> Option<Measured> {
        let cells = |columns: &[usize]| {
            let of = |&flow: &EndpointId| columns.iter().map(move |&column| Cell::Flow(flow, column as u32));
            flows.iter().flat_map(of).collect::<Vec<Cell>>()
        };
        let failed: Vec<usize> = (1..outcome::COUNT).map(flow::of_outcome).collect();
        let ended: Vec<usize> = failed.iter().copied().chain([flow::OUTCOMES, flow::LATE]).collect();
        Some(match quantity {
            Quantity::ErrorRate => share(cells(&failed), cells(&ended)),
            Quantity::GoodShare => share(cells(&[flow::OUTCOMES]), cells(&ended)),
            Quantity::Throughput => self.rate(cells(&ended)),
            Quantity::Goodput => self.rate(cells(&[flow::OUTCOMES])),
            Quantity::Count => count(cells(&[flow::REQUESTS])),
            Quantity::Errors(None) => count(cells(&failed)),
            Quantity::Errors(Some(code)) => count(cells(&[flow::of_outcome(code as usize)])),
            Quantity::Mean => mean(cells(&[flow::RESPONSE_NS]), cells(&ended)),
            Quantity::Percentile(share) => largest(cells(&[flow::RESPONSE_P50 + percentile(share)])),
            Quantity::Max => largest(cells(&[flow::RESPONSE_MAX_NS])),
            _ => return None,
        })
    }

    /// So many in a window, as a rate.
    fn rate(&self, left: Vec<Cell>) -> Measured {
        Measured { factor: RATE, unit: 1e3, scale: self.window_ns, ..count(left) }
    }
}

fn of_edge(e: EdgeId, quantity: Quantity) -> Option<Measured> {
    let cells = |columns: &[usize]| columns.iter().map(|&column| Cell::Edge(e, column as u32)).collect();
    Some(match quantity {
        Quantity::OfEdges(column) => count(cells(&[column])),
        Quantity::Count => count(cells(&[edge::CALLS])),
        Quantity::Errors(None) => count(cells(&[edge::FAILED])),
        Quantity::ErrorRate => share(cells(&[edge::FAILED]), cells(&[edge::OK, edge::FAILED])),
        Quantity::ConnectShare => share(cells(&[edge::CONNECTS]), cells(&[edge::ATTEMPTS])),
        Quantity::RetryAmplification => share(cells(&[edge::ATTEMPTS]), cells(&[edge::CALLS])),
        Quantity::Mean => mean(cells(&[edge::LATENCY_NS]), cells(&[edge::OK, edge::FAILED])),
        Quantity::Max => largest(cells(&[edge::LATENCY_MAX_NS])),
        _ => return None,
    })
}

/// A number of things.
fn count(left: Vec<Cell>) -> Measured {
    Measured { left, right: Vec::new(), largest: false, factor: MILLION, unit: 1e6, scale: 1 }
}

/// Some of all.
fn share(left: Vec<Cell>, right: Vec<Cell>) -> Measured {
    Measured { right, ..count(left) }
}

/// Nanoseconds in all, for each of some.
fn mean(left: Vec<Cell>, right: Vec<Cell>) -> Measured {
    Measured { left, right, largest: false, factor: 1, unit: 1.0, scale: 1 }
}

/// The longest of some times.
fn largest(left: Vec<Cell>) -> Measured {
    Measured { left, right: Vec::new(), largest: true, factor: 1, unit: 1.0, scale: 1 }
}

/// Windows hold p50, p95 and p99 in three columns; a percentile between them reads the next higher.
fn percentile(share: f64) -> usize {
    [0.5, 0.95].iter().filter(|&&held| share > held).count()
}

fn order_of(comparison: expect::Comparison) -> Order {
    match comparison {
        expect::Comparison::Less => Order::Less,
        expect::Comparison::LessEqual => Order::LessEqual,
        expect::Comparison::Greater => Order::Greater,
        expect::Comparison::GreaterEqual => Order::GreaterEqual,
        expect::Comparison::Equal => Order::Equal,
        expect::Comparison::NotEqual => Order::NotEqual,
    }
}

/// The order with its sides exchanged.
fn turned(order: Order) -> Order {
    match order {
        Order::Less => Order::Greater,
        Order::LessEqual => Order::GreaterEqual,
        Order::Greater => Order::Less,
        Order::GreaterEqual => Order::LessEqual,
        same => same,
    }
}
