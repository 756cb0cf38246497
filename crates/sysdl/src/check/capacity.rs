//! Little's law before the run: offered load against servers, by arithmetic that is shown.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Builder;
use crate::resolve::eval::mean;
use crate::units::{duration, trimmed};
use sysdl_lower::model::{Arrivals, Count, Hit, Model, RateProfile, Step};

/// Utilization from which queues grow quickly.
const LITTLE_HEADROOM: f64 = 0.8;

/// Expected load by component: visits per second, and nanoseconds of own work per second.
#[derive(Clone, Copy, Default)]
struct Load {
    visits: f64,
    work_ns: f64,
}

pub(super) fn check(builder: &mut Builder<'_>, model: &Model) {
    let mut loads = vec![Load::default(); model.components.len()];
    for source in &model.sources {
        let rate = match &source.arrivals {
            Arrivals::Open { rate: RateProfile::Steady(rate), .. } => *rate,
            Arrivals::Open { rate: RateProfile::Burst { base, .. }, .. } => *base,
            // A closed source slows down with the system: it cannot overload it for ever.
            Arrivals::Closed { .. } => continue,
        };
        for (share, call) in &source.mix {
            visit(model, call.endpoint.component.0 as usize, call.endpoint.index as usize, rate * share, &mut loads, 0);
        }
    }
    let mut found = Vec::new();
    for (index, load) in loads.iter().enumerate() {
        let component = &model.components[index];
        let Some(servers) = component.station.servers else { continue };
        if load.visits == 0.0 {
            continue;
        }
        let busy = load.work_ns / 1e9;
        let slots = f64::from(servers) * f64::from(component.replicas);
        let utilization = busy / slots;
        let name = &component.name;
        let arithmetic = format!(
            "{}/s × {} = {} busy, {} slots: utilization {:.2}",
            trimmed(load.visits),
            duration((load.work_ns / load.visits).round()),
            trimmed(busy),
            trimmed(slots),
            utilization
        );
        let span = builder.drafts[index].name.span;
        let needed = (busy / LITTLE_HEADROOM / f64::from(servers)).ceil();
        let help =
            format!("{needed} replicas would be busy {:.0}% of the time", busy / (needed * f64::from(servers)) * 100.0);
        if utilization >= 1.0 {
            // An overload that the scenario is about is not an error: it is what will be seen.
            let message = format!("`{name}` cannot keep up: {arithmetic}");
            found.push(Diagnostic::new(&codes::W0403, message, span, "offered load exceeds capacity").help(help));
        } else if utilization >= LITTLE_HEADROOM {
            let message = format!("`{name}` has little headroom: {arithmetic}");
            found.push(Diagnostic::new(&codes::W0403, message, span, "queues grow quickly from here").help(help));
        }
    }
    builder.eval.diagnostics.extend(found);
}

/// Adds the load of `rate` visits per second to an endpoint and all it calls. Failures and retries are left out.
fn visit(model: &Model, component: usize, endpoint: usize, rate: f64, loads: &mut [Load], depth: u32) {
    if depth > 32 {
        return;
    }
    loads[component].visits += rate;
    steps(model, component, &model.components[component].endpoints[endpoint].steps, rate, loads, depth);
}

fn steps(model: &Model, component: usize, list: &[Step], rate: f64, loads: &mut [Load], depth: u32) {
    for step in list {
        match step {
            Step::Work(time) => loads[component].work_ns += rate * mean(time),
            Step::Call(call) | Step::Send(call) => {
                visit(model, call.endpoint.component.0 as usize, call.endpoint.index as usize, rate, loads, depth + 1);
            }
            Step::Lookup { call, hit, miss } => {
                visit(model, call.endpoint.component.0 as usize, call.endpoint.index as usize, rate, loads, depth + 1);
                // What a lookup by key hits is known after the run only; as a warning must be sure, none misses.
                let misses = match hit {
                    Hit::Ratio(ratio) => 1.0 - ratio,
                    Hit::Keyed { .. } => 0.0,
                };
                steps(model, component, miss, rate * misses, loads, depth);
            }
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|b| steps(model, component, b, rate, loads, depth))
            }
            Step::With { probability, then, otherwise } => {
                steps(model, component, then, rate * probability, loads, depth);
                steps(model, component, otherwise, rate * (1.0 - probability), loads, depth);
            }
            Step::Loop { count, body } => {
                let rounds = match *count {
                    Count::Constant(n) => f64::from(n),
                    Count::Geometric { mean, max } => mean.min(f64::from(max)),
                };
                steps(model, component, body, rate * rounds, loads, depth);
            }
            Step::Fail(_) | Step::Reply => {}
        }
    }
}
