//! `station.service *= factor` → which parameter of the model changes, and how.

use super::faults::Target;
use super::system::Builder;
use super::value::Value;
use crate::codes;
use crate::diagnostic::{Diagnostic, meant};
use crate::syntax::span::Span;
use sysdl_lower::model::{Arrivals, ComponentId, Discipline, EdgeId, EffectOp, Limit, Parameter, Strain};

/// Primitive parameters that faults act on.
pub(crate) const PARAMETERS: [&str; 41] = [
    "link.delay",
    "link.jitter",
    "link.loss_request",
    "link.loss_reply",
    "link.bandwidth",
    "link.refused",
    "link.broken",
    "link.timeout",
    "link.retries",
    "link.backoff",
    "link.pool",
    "link.linger",
    "link.linger_time",
    "link.probe_errors",
    "station.service",
    "station.speed",
    "station.errors",
    "station.flaws",
    "station.down",
    "station.draining",
    "station.servers",
    "station.stall",
    "station.stall_time",
    "station.write_errors",
    "station.poison",
    "limit.requests",
    "limit.tokens",
    "store.hits",
    "store.lag",
    "store.capacity",
    "store.clock",
    "budget.tokens",
    "scaling.startup",
    "scaling.stuck",
    "group.rebalance",
    "source.rate",
    "source.size",
    "source.patience",
    "source.linger",
    "source.linger_time",
    "source.hot",
];

/// Requests that a limit lets in which a component has only for the sake of a fault, per second and at once.
const ANY_NUMBER: f64 = 1e9;
/// What a link carries that has a bandwidth only for the sake of a fault, in units of weight per second.
const ANY_AMOUNT: f64 = 1e18;

/// A change that cannot be made, and what to do about it.
struct Missing {
    message: String,
    help: String,
}

/// What a name stands for at a target: a parameter; nothing to change there; or nothing, which must be said.
type Found = Result<Option<Parameter>, Missing>;

fn missing(message: String, help: &str) -> Found {
    Err(Missing { message, help: help.to_owned() })
}

fn strain(strain: Strain) -> Found {
    Ok(Some(Parameter::Strain(strain)))
}

impl Builder<'_> {
    /// What `name op value` changes.
    pub(super) fn change(
        &mut self,
        name: &str,
        op: &str,
        value: Value,
        target: Target,
        span: Span,
    ) -> Option<(Parameter, EffectOp, f64)> {
        if !PARAMETERS.contains(&name) {
            let help = meant(name, "parameters:", &PARAMETERS);
            let message = format!("there is no parameter `{name}`");
            self.eval.report(Diagnostic::new(&codes::E0106, message, span, "unknown parameter").help(help));
            return None;
        }
        if value == Value::None {
            return None;
        }
        let found = match target {
            Target::Edge(edge) => self.change_of_link(name, op, edge),
            Target::Source(source) => self.change_of_source(name, source),
            Target::Replicas { component, .. } => self.change_of_component(name, op, component),
        };
        let parameter = match found {
            Ok(found) => found?,
            Err(Missing { message, help }) => {
                self.eval.report(Diagnostic::new(&codes::E0704, message, span, "not there").help(help));
                return None;
            }
        };
        let number = self.number_of_change(name, value, span)?;
        if let (Parameter::StationDown(component), true) = (parameter, number >= 3.0) {
            self.has_places(component, span)?;
        }
        let op = operation(op, parameter);
        // No change at all would be a fault without effect; a direction of `partition` is such a case.
        (!(op == EffectOp::Combine && number == 0.0)).then_some((parameter, op, number))
    }

    fn number_of_change(&mut self, name: &str, value: Value, span: Span) -> Option<f64> {
        match value {
            Value::Number(number, _) => Some(number),
            Value::Word(word) if word == "true" || word == "on" => Some(1.0),
            Value::Word(word) if word == "false" || word == "off" => Some(0.0),
            Value::Bad => None,
            other => {
                let message = format!("`{name}` needs a number, got {}", other.describe());
                self.eval.report(
                    Diagnostic::new(&codes::E0203, message, span, "not a number").help("write a number with its unit"),
                );
                None
            }
        }
    }

    /// What is put back needs a place to be put back to.
    fn has_places(&mut self, component: ComponentId, span: Span) -> Option<()> {
        let component = &self.components[component.0 as usize];
        if component.station.group.as_ref().is_none_or(|group| group.ordered) {
            return Some(());
        }
        let message =
            format!("`{}` takes messages in no order: none of them has a place to go back to", component.name);
        let diagnostic = Diagnostic::new(&codes::E0704, message, span, "put back where?");
        self.eval.report(diagnostic.help("give what keeps them an order: `order = key`, or `partitions = 12`"));
        None
    }

    fn change_of_link(&mut self, name: &str, op: &str, edge: EdgeId) -> Found {
        let row = &self.edges[edge.0 as usize];
        Ok(Some(match name {
            "link.delay" => Parameter::LinkDelay(edge),
            "link.jitter" => Parameter::LinkJitter(edge),
            "link.loss_request" => Parameter::LinkLossRequest(edge),
            "link.loss_reply" => Parameter::LinkLossReply(edge),
            "link.bandwidth" => return self.bandwidth(op, edge),
            "link.refused" => Parameter::Strain(Strain::Refused(edge)),
            "link.broken" => Parameter::Strain(Strain::Broken(edge)),
            "link.linger" => Parameter::Strain(Strain::Linger(edge)),
            "link.linger_time" => Parameter::Strain(Strain::LingerTime(edge)),
            "link.timeout" => return self.of_policies(edge, Strain::Timeout(edge)),
            "link.retries" => return self.of_policies(edge, Strain::Retries(edge)),
            "link.backoff" => return self.of_policies(edge, Strain::Backoff(edge)),
            "link.pool" if row.permits.is_some() => Parameter::Strain(Strain::Permits(edge)),
            "link.pool" => {
                let message = format!("`{}` has no pool whose size could change", row.name);
                return missing(message, "give the edge one: `pool { size = 20 }`");
            }
            "link.probe_errors" if row.eligibility.is_some_and(|of| of.health.is_some()) => {
                Parameter::Strain(Strain::ProbeErrors(edge))
            }
            "link.probe_errors" => {
                let message = format!("nobody probes the replicas at the end of `{}`", row.name);
                return missing(message, "give the edge checks: `health { interval = 10s }`");
            }
            _ => return Ok(None),
        }))
    }

    /// What messages share on their way. One that carries any amount gets a bandwidth for the sake of the fault.
    fn bandwidth(&mut self, op: &str, edge: EdgeId) -> Found {
        let parameter = Parameter::LinkBandwidth(edge);
        if self.edges[edge.0 as usize].bandwidth.is_some() {
            return Ok(Some(parameter));
        }
        if op != "=" {
            return Ok(None);
        }
        self.edges[edge.0 as usize].bandwidth = Some(ANY_AMOUNT);
        Ok(Some(parameter))
    }

    /// What callers on an edge do about time and failure, if any of them does.
    fn of_policies(&self, edge: EdgeId, of: Strain) -> Found {
        let policies = || self.calls_on(edge).map(|call| &call.policy);
        let (has_it, what, help) = match of {
            Strain::Timeout(_) => {
                (policies().any(|policy| policy.timeout_ns.is_some()), "waits for a bounded time", "`timeout = 250ms`")
            }
            _ => (policies().any(|policy| policy.retry.is_some()), "tries again", "`retry { max = 2 }`"),
        };
        if has_it {
            return strain(of);
        }
        let name = &self.edges[edge.0 as usize].name;
        missing(format!("no call on `{name}` {what}"), &format!("give the edge {help}"))
    }

    fn change_of_source(&mut self, name: &str, source: u32) -> Found {
        let of = &self.sources[source as usize];
        let calls = || of.mix.iter().map(|(_, call)| call);
        let Some(edge) = calls().next().map(|call| call.edge) else { return Ok(None) };
        match name {
            "source.rate" => {
                let what = match of.arrivals {
                    Arrivals::Open { .. } => return Ok(Some(Parameter::SourceRate(source))),
                    Arrivals::Closed { .. } => "a number of users",
                    Arrivals::Cron { .. } => "arrivals by the clock",
                    Arrivals::Trace { .. } => "a list of arrivals",
                };
                let message = format!("`{}` has {what}, and no rate to change", of.name);
                missing(message, "use it on traffic with a rate, such as `open = poisson(100rps)`")
            }
            "source.size" => Ok(calls().any(|call| call.size.is_some()).then_some(Parameter::SourceSize(source))),
            "source.patience" => self.of_policies(edge, Strain::Timeout(edge)),
            "source.linger" => strain(Strain::Linger(edge)),
            "source.linger_time" => strain(Strain::LingerTime(edge)),
            "source.hot" if calls().any(|call| call.key.is_some()) => strain(Strain::HotKey(source)),
            "source.hot" => {
                let message = format!("requests of `{}` are about no key", of.name);
                missing(message, "give the traffic keys: `key = zipf(n = 200k, s = 1.05)`")
            }
            _ => Ok(None),
        }
    }

    fn change_of_component(&mut self, name: &str, op: &str, index: usize) -> Found {
        let (component, id) = (&self.components[index], ComponentId(index as u32));
        let (station, fleet) = (&component.station, component.fleet.as_ref());
        match name {
            "station.service" => Ok(Some(Parameter::StationService(id))),
            "station.speed" => self.speed(index),
            "station.errors" => Ok(Some(Parameter::StationErrors(id))),
            "station.flaws" => Ok(Some(Parameter::StationFlaws(id))),
            "station.down" => Ok(Some(Parameter::StationDown(id))),
            "station.draining" => Ok(Some(Parameter::StationDraining(id))),
            "station.servers" if station.servers.is_some() => strain(Strain::Servers(id)),
            "station.servers" => {
                missing(format!("`{}` serves any number at once", component.name), "say how many: `concurrency = 64`")
            }
            "station.stall" => strain(Strain::Stall(id)),
            "station.stall_time" => strain(Strain::StallTime(id)),
            "station.write_errors" if component.endpoints.iter().any(|e| e.writes) => strain(Strain::WriteErrors(id)),
            "station.write_errors" => {
                let message = format!("no endpoint of `{}` writes", component.name);
                missing(message, "say which does: `endpoint save { writes = on, … }`")
            }
            "station.poison" => self.poison(index),
            "limit.requests" | "limit.tokens" => self.limit(name, index),
            "budget.tokens" if component.endpoints.iter().any(|e| e.budget.is_some()) => strain(Strain::Budget(id)),
            "budget.tokens" => {
                let message = format!("no endpoint of `{}` has a budget", component.name);
                missing(message, "give it one: `budget { tokens = 60k }`")
            }
            "scaling.stuck" if fleet.is_some_and(|fleet| fleet.autoscaler.is_some()) => strain(Strain::Stuck(id)),
            "scaling.startup" if fleet.is_some() => strain(Strain::Startup(id)),
            "scaling.stuck" | "scaling.startup" => {
                let message = format!("replicas of `{}` do not come and go", component.name);
                missing(message, "let them: `autoscale { min = 2, max = 20 }`")
            }
            "group.rebalance" if station.group.is_some() => strain(Strain::Rebalance(id)),
            "group.rebalance" => {
                let message = format!("`{}` does not share out the partitions of a topic", component.name);
                missing(message, "use it on a consumer: `topic events { partitions = 12 }`, `events ~> worker`")
            }
            _ => self.change_of_store(name, op, index),
        }
    }

    fn change_of_store(&mut self, name: &str, op: &str, index: usize) -> Found {
        let (component, id) = (&self.components[index], ComponentId(index as u32));
        let Some(store) = &component.store else { return Ok(None) };
        match name {
            "store.hits" => Ok(Some(Parameter::StoreHits(id))),
            "store.capacity" => Ok(store.capacity.map(|_| Parameter::Strain(Strain::Capacity(id)))),
            "store.clock" if store.ttl_ns.is_some() => strain(Strain::Clock(id)),
            "store.clock" => {
                let message = format!("nothing in `{}` expires: it has no `ttl`", component.name);
                missing(message, "give it one: `ttl = 60s`")
            }
            "store.lag" => {
                if store.keeping.lag.is_none() || !matches!(op, "*=" | "+=") {
                    let message =
                        format!("what is written to `{0}` can be read at once: it has no `lag`", component.name);
                    return missing(message, &format!("add `lag = 0ms` to `{}`", component.name));
                }
                Ok(Some(if op == "*=" { Parameter::StoreLagFactor(id) } else { Parameter::StoreLag(id) }))
            }
            _ => Ok(None),
        }
    }

    fn speed(&self, index: usize) -> Found {
        let station = &self.components[index].station;
        let interrupts = matches!(station.discipline, Discipline::Preemptive | Discipline::PreemptiveLifo);
        if interrupts || station.batch.is_some() {
            let name = &self.components[index].name;
            let message =
                format!("work at `{name}` is interrupted or done in batches, so its speed cannot change under way");
            return missing(message, "use `slow`, which changes work that begins");
        }
        Ok(Some(Parameter::StationSpeed(ComponentId(index as u32))))
    }

    /// A limit of requests that nothing reaches is there for the sake of the fault.
    fn limit(&mut self, name: &str, index: usize) -> Found {
        let station = &mut self.components[index].station;
        let id = ComponentId(index as u32);
        if name == "limit.requests" {
            station.limit.get_or_insert(Limit { rate: ANY_NUMBER, burst: ANY_NUMBER });
            return Ok(Some(Parameter::LimitRequests(id)));
        }
        if station.quota.is_some() {
            return Ok(Some(Parameter::LimitWeight(id)));
        }
        let message = format!("`{}` has no `{name}` to lower", self.components[index].name);
        missing(message, "give it one: `limit { tokens = 12M/min, requests = 4k/min }`")
    }

    fn poison(&self, index: usize) -> Found {
        let has_keys = self.sources.iter().flat_map(|source| &source.mix).any(|(_, call)| call.key.is_some())
            || (0..self.edges.len() as u32).any(|edge| self.calls_on(EdgeId(edge)).any(|call| call.key.is_some()));
        if has_keys {
            return strain(Strain::Poison(ComponentId(index as u32)));
        }
        let message = format!("what `{}` is asked is about no key", self.components[index].name);
        missing(message, "give the traffic keys: `key = zipf(n = 200k, s = 1.05)`")
    }
}

fn operation(op: &str, parameter: Parameter) -> EffectOp {
    let is_flag = matches!(
        parameter,
        Parameter::StationDown(_)
            | Parameter::StationDraining(_)
            | Parameter::Strain(Strain::Stuck(_) | Strain::Rebalance(_))
    );
    let is_share = matches!(
        parameter,
        Parameter::StationErrors(_)
            | Parameter::StationFlaws(_)
            | Parameter::LinkLossRequest(_)
            | Parameter::LinkLossReply(_)
            | Parameter::Strain(
                Strain::Refused(_)
                    | Strain::Broken(_)
                    | Strain::Linger(_)
                    | Strain::ProbeErrors(_)
                    | Strain::Stall(_)
                    | Strain::WriteErrors(_)
                    | Strain::Poison(_)
                    | Strain::HotKey(_)
            )
    );
    match op {
        "*=" => EffectOp::Multiply,
        "+=" => EffectOp::Add,
        "|=" if is_share => EffectOp::Combine,
        "|=" => EffectOp::Or,
        _ if is_flag => EffectOp::Or,
        _ => EffectOp::Set,
    }
}
