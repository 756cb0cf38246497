//! Crossings as a good postmortem writes them: who, what, how much, and what it would have been.

use super::causes::Crossing;
use super::loops::{ends, per_second};
use super::signals::{Signal, Subject};
use crate::export::grouped;
use crate::meta::Meta;
use crate::steps::{Steps, Words};
use crate::trace::Trace;
use sysdl_kernel::columns::component;

/// A crossing in a sentence, without its instant.
pub(super) fn say(run: &Trace, c: &Crossing) -> String {
    let meta = &run.meta;
    match c.subject {
        Subject::Effect(effect) => of_fault(meta, effect),
        Subject::Component(index) => of_component(run, index, c),
        Subject::Edge(index) => of_edge(&meta.edges[index].name, c),
        Subject::Flow(index) => of_flow(&meta.flows[index].name, c),
    }
}

fn of_fault(meta: &Meta, effect: usize) -> String {
    let label = &meta.effects[effect].label;
    match label.strip_prefix("rate of ") {
        Some(source) => format!("{source} sends at another rate"),
        None => label.clone(),
    }
}

fn of_component(run: &Trace, index: usize, c: &Crossing) -> String {
    let name = &run.meta.components[index].name;
    let (value, twin) = c.told();
    match c.signal {
        Signal::Down if value < 0.005 * twin.max(1.0) => format!("{name} is down"),
        Signal::Down => format!("{name} has {} of {} servers left", number(value), number(twin)),
        Signal::Cold => format!("{name} hits {} instead of {}", share(value), share(twin)),
        Signal::Stale => format!("{} of what {name} hits is out of date, instead of {}", share(value), share(twin)),
        Signal::Load => {
            format!("{name} gets {} instead of {}{}", per_second(value), per_second(twin), later(c, per_second))
        }
        Signal::Slow => format!("{name} is held for {} a request instead of {}", time(value), time(twin)),
        Signal::Stalled => {
            format!(
                "{name} finishes next to nothing: {} requests while it would have finished {}",
                number(value),
                number(twin)
            )
        }
        Signal::Saturated => {
            let servers = servers(run, index, c.at_ns).round();
            let whole = match servers {
                1.0 => "its one server".to_owned(),
                _ => format!("all {} servers", number(servers)),
            };
            format!("{name} has {whole} busy ({} without the fault)", share(twin))
        }
        Signal::Queue => format!("{name} has up to {} waiting instead of {}", number(value), number(twin)),
        Signal::Lag => format!(
            "{name} falls behind: up to {} messages are not dealt with, instead of {}",
            number(value),
            number(twin)
        ),
        Signal::Rejecting => format!("{name} is full and turns away {}", per_second(value)),
        Signal::Shedding => format!("{name} sheds {}", per_second(value)),
        Signal::RateLimited => format!("{name} turns away {} that are over its limit", per_second(value)),
        Signal::Failing => format!("{} of {name}'s requests fail{}", share(value), instead(c, share)),
        Signal::Wasted => format!("{} of what {name} does is for callers who have left", share(value)),
        Signal::Scaled => format!("{name} is scaled from {} to {} replicas", number(twin), number(value)),
        Signal::Rebalanced => format!("{name} assigns its partitions anew"),
        _ => name.clone(),
    }
}

/// Servers that a component has in service at an instant. In a step in which they change, those after it.
fn servers(run: &Trace, index: usize, at_ns: u64) -> f64 {
    let steps = Steps::of(run);
    let there = steps.sums(Words::of(run).component(index, component::CAPACITY_NS));
    let at = |k: u64| there.get(k as usize).map(|ns| ns / steps.step_ns as f64);
    let whole = |servers: &f64| (servers - servers.round()).abs() < 1e-6;
    let first = at_ns / steps.step_ns;
    let found = [first, first + 1].into_iter().filter_map(at).find(whole);
    found.or_else(|| at(first)).unwrap_or(0.0)
}

fn of_edge(edge: &str, c: &Crossing) -> String {
    let (from, to) = ends(edge);
    let (value, twin) = c.told();
    match c.signal {
        Signal::Lost => format!("messages between {from} and {to} are lost, {}", per_second(value)),
        Signal::SlowCalls => format!("{from} waits {} for {to} instead of {}", time(value), time(twin)),
        Signal::PoolWait => format!("{from} waits {} for a connection to {to} instead of {}", time(value), time(twin)),
        Signal::PoolExhausted => format!("{from} has no connection to {to} left for {}", per_second(value)),
        Signal::Calls => {
            let grown = later(c, number);
            format!("{from} calls {to} {} times a second instead of {}{grown}", number(value), number(twin))
        }
        Signal::Timeouts => format!("{from} gives up on {to}: {} timeouts", per_second(value)),
        Signal::FailedCalls => format!("{} of {from}'s calls to {to} fail{}", share(value), instead(c, share)),
        Signal::Retries => format!("{} of what {from} sends to {to} are retries{}", share(value), instead(c, share)),
        Signal::BreakerOpen => format!("{from}'s breaker to {to} opens"),
        Signal::Throttled => format!("{from} drops {} to {to} itself", per_second(value)),
        Signal::Ejected => format!("{from} stops sending to {to}[{}]", number(value)),
        _ => edge.to_owned(),
    }
}

fn of_flow(flow: &str, c: &Crossing) -> String {
    match c.signal {
        Signal::Errors => format!("{} of {flow} fail{}", share(c.value), instead(c, share)),
        Signal::Late => format!("{} of {flow} are answered too late", share(c.value)),
        _ => format!("{flow} takes {} instead of {}", time(c.value), time(c.twin)),
    }
}

/// `, later up to …`, if what began so went much further.
fn later(c: &Crossing, show: fn(f64) -> String) -> String {
    c.later().map_or(String::new(), |value| format!(", later up to {}", show(value)))
}

/// ` instead of …`, unless the twin has none.
fn instead(c: &Crossing, show: fn(f64) -> String) -> String {
    if c.twin < 0.0005 { String::new() } else { format!(" instead of {}", show(c.twin)) }
}

/// `12 %`, `0.4 %`
pub(super) fn share(value: f64) -> String {
    let percent = value * 100.0;
    if percent > 0.0 && percent < 0.05 {
        "less than 0.1 %".to_owned()
    } else if percent > 0.0 && percent < 9.95 && (percent - percent.round()).abs() > 0.05 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// `1,234`, `12`, `0.4`
pub(super) fn number(value: f64) -> String {
    if value < 9.95 && (value - value.round()).abs() > 0.05 {
        return format!("{value:.1}");
    }
    grouped(value.round_ties_even() as u64, ',')
}

/// `1.2 s`, `250 ms`, `80 us`, of nanoseconds
pub(super) fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns >= 1e9 => (ns / 1e9, "s"),
        ns if ns >= 1e6 => (ns / 1e6, "ms"),
        ns => (ns / 1e3, "us"),
    };
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// An instant, as exact as steps are.
pub(super) fn instant(ns: u64) -> String {
    let seconds = ns as f64 / 1e9;
    let rounded = (seconds * 1e3).round() / 1e3;
    if (rounded * 10.0).fract().abs() < 1e-9 { format!("{rounded:.1} s") } else { format!("{rounded} s") }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_nothing_only_if_it_is() {
        let said = [0.0, 0.0001, 0.004, 0.12, 1.0].map(share);
        assert_eq!(said, ["0 %", "less than 0.1 %", "0.4 %", "12 %", "100 %"]);
    }
}
