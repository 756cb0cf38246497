//! Little's law before the run: offered load against servers, by arithmetic that is shown.

use super::load::{Cold, Load, estimate};
use super::topology::calls;
use crate::codes;
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::{Builder, EdgeDraft};
use crate::syntax::span::Span;
use crate::units::{duration, trimmed};
use rustc_hash::FxHashSet;
use sysdl_lower::model::{Hit, Hold, Model, Step};

/// Utilization from which queues grow quickly.
const LITTLE_HEADROOM: f64 = 0.8;
/// A timeout this many times longer than what it waits for is likely a slip of the unit.
const MAGNITUDE: f64 = 20_000.0;

pub(super) fn check(builder: &mut Builder<'_>, model: &Model) {
    // What has no meaning yet would change the load.
    let understood = builder.eval.diagnostics.iter().all(|d| d.code.id != codes::E0112.id);
    let Some(loads) = estimate(model).filter(|_| understood) else { return };
    let mut found = Vec::new();
    let callers = super::topology::callers(builder, |_| true);
    for (index, load) in loads.iter().enumerate() {
        if load.visits > 0.0 && builder.sound(builder.drafts[index].span) {
            own(builder, model, index, load, &mut found);
            patience(builder, model, index, load, &callers[index], &mut found);
        }
    }
    cold_stores(builder, model, &loads, &mut found);
    magnitudes(builder, model, &loads, &mut found);
    builder.eval.diagnostics.extend(found);
}

/// Servers or processors of a component, whichever are fewer, all replicas together, each for as much work as it does at once; `None` if it has as many as there are requests.
fn slots(model: &Model, index: usize) -> Option<f64> {
    let component = &model.components[index];
    let batch = f64::from(component.station.batch.unwrap_or(1));
    let servers = component.station.servers.map(|servers| f64::from(servers) * batch);
    let cores = component.station.sharing.and_then(|sharing| sharing.cores);
    let fewest = match (servers, cores) {
        (Some(servers), Some(cores)) => Some(servers.min(cores)),
        (servers, cores) => servers.or(cores),
    };
    fewest.map(|fewest| fewest * f64::from(component.replicas))
}

/// `4krps × 21ms = 85 busy, 72 slots: utilization 1.18`
fn arithmetic(visits: f64, busy: f64, slots: f64) -> String {
    let each = duration((busy / visits * 1e9).round());
    let utilization = busy / slots;
    format!(
        "{}/s × {each} = {} busy, {} slots: utilization {utilization:.2}",
        trimmed(visits),
        trimmed(busy),
        trimmed(slots)
    )
}

/// Own work against servers, then servers held while others are waited for.
fn own(builder: &Builder<'_>, model: &Model, index: usize, load: &Load, found: &mut Vec<Diagnostic>) {
    let Some(slots) = slots(model, index) else { return };
    let (name, span) = (&model.components[index].name, builder.drafts[index].name.span);
    let (work, held) = (load.work_ns / 1e9, load.held_ns / 1e9);
    let shares = model.components[index].station.sharing.is_some();
    let mut report = |code: &'static Code, busy: f64, message: String, label: &str| {
        let per_replica = slots / f64::from(model.components[index].replicas);
        let needed = (busy / LITTLE_HEADROOM / per_replica).floor() + 1.0;
        let help = format!("{needed} replicas would be busy {:.0}% of the time", busy / (needed * per_replica) * 100.0);
        found.push(Diagnostic::new(code, message, span, label).help(help));
    };
    if work >= slots {
        // A warning, because an overload may be what the scenario is about.
        let message = format!("`{name}` cannot keep up: {}", arithmetic(load.visits, work, slots));
        report(&codes::W0402, work, message, "offered load exceeds capacity");
    } else if work >= LITTLE_HEADROOM * slots {
        let message = format!("`{name}` has little headroom: {}", arithmetic(load.visits, work, slots));
        report(&codes::W0403, work, message, "queues grow quickly from here");
    } else if model.components[index].station.hold == Hold::Visit && !shares && held >= LITTLE_HEADROOM * slots {
        let what = if held >= slots { "does not have" } else { "hardly has" };
        let message = format!(
            "`{name}` {what} the servers that it holds while it waits: {}",
            arithmetic(load.visits, held, slots)
        );
        report(&codes::W0404, held, message, "held through downstream calls");
    }
}

/// A waiting room so long that its last request is given up before it is served.
fn patience(
    builder: &Builder<'_>,
    model: &Model,
    index: usize,
    load: &Load,
    callers: &[&EdgeDraft],
    found: &mut Vec<Diagnostic>,
) {
    let component = &model.components[index];
    let (Some(servers), Some(queue)) = (component.station.servers, component.station.queue_capacity) else { return };
    let each = if component.station.hold == Hold::Visit { load.held_ns } else { load.work_ns } / load.visits;
    let wait = f64::from(queue) / f64::from(servers) * each;
    let callers = callers.iter().filter(|draft| draft.used && !draft.asynchronous);
    let timeouts: Vec<Option<(u64, Span)>> = callers.map(|draft| draft.policy.timeout).collect();
    let Some(&(longest, span)) = timeouts.iter().flatten().max() else { return };
    if timeouts.iter().all(Option::is_some) && wait > longest as f64 {
        let message = format!(
            "a full queue of `{}` waits {queue}/{servers} × {} = {}, its callers leave after {}",
            component.name,
            duration(each.round()),
            duration(wait.round()),
            duration(longest as f64)
        );
        let diagnostic =
            Diagnostic::new(&codes::W0413, message, builder.drafts[index].name.span, "serves those who have left");
        let enough = (longest as f64 / each * f64::from(servers)).floor();
        found.push(diagnostic.label(span, "the longest patience").help(format!("`queue = {enough}` would do")));
    }
}

/// What stands behind a store that is empty.
fn cold_stores(builder: &Builder<'_>, model: &Model, warm: &[Load], found: &mut Vec<Diagnostic>) {
    let Some(cold) = Cold::new(model) else { return };
    for (store, reader) in readers(model) {
        let (caller, endpoint) = reader;
        if !builder.sound(builder.drafts[caller].span) {
            continue;
        }
        for (index, load) in cold.loads(store).into_iter().flatten() {
            let Some(slots) = slots(model, index) else { continue };
            let busy = load.work_ns / 1e9;
            if busy < slots || warm[index].work_ns / 1e9 >= slots {
                continue;
            }
            let message = format!(
                "if `{}` is cold, `{}` gets {}",
                model.components[store].name,
                model.components[index].name,
                arithmetic(load.visits, busy, slots)
            );
            let place = builder.drafts[caller].endpoints[endpoint].name.span;
            let diagnostic = Diagnostic::new(&codes::W0405, message, place, "every lookup here would miss");
            let diagnostic = diagnostic.label(builder.drafts[index].name.span, "cannot take them all");
            found.push(diagnostic.help("add capacity, or `coalesce = on`; or waive it where a scenario is about it"));
        }
    }
}

/// Each store with the first endpoint that looks something up in it.
fn readers(model: &Model) -> Vec<(usize, (usize, usize))> {
    let mut found: Vec<(usize, (usize, usize))> = Vec::new();
    let mut known = FxHashSet::default();
    for (caller, component) in model.components.iter().enumerate() {
        for (endpoint, program) in component.endpoints.iter().enumerate() {
            lookups(&program.steps, &mut |call, _| {
                let store = call.endpoint.component.0 as usize;
                if known.insert(store) {
                    found.push((store, (caller, endpoint)));
                }
            });
        }
    }
    found
}

/// Every lookup in another's store of some steps.
pub(super) fn lookups<'m>(steps: &'m [Step], found: &mut dyn FnMut(&'m sysdl_lower::model::Call, &'m Hit)) {
    for step in steps {
        if let Step::Lookup { call: Some(call), hit, .. } = step {
            found(call, hit);
        }
        step.inside().into_iter().for_each(|inner| lookups(inner, found));
    }
}

/// Timeouts far from what they wait for.
fn magnitudes(builder: &Builder<'_>, model: &Model, loads: &[Load], found: &mut Vec<Diagnostic>) {
    for draft in builder.edge_drafts.iter().filter(|draft| draft.used && !draft.asynchronous) {
        let (Some((timeout, span)), load) = (draft.policy.timeout, &loads[draft.to]) else { continue };
        let each = load.held_ns / load.visits;
        let waits = model.components[draft.to].endpoints.iter().any(|endpoint| {
            let mut behind = Vec::new();
            calls(&endpoint.steps, &mut behind);
            !behind.is_empty()
        });
        if load.visits > 0.0 && each > 0.0 && !waits && timeout as f64 > MAGNITUDE * each {
            let message = format!(
                "`timeout = {}` is {} times the mean of `{}` ({})",
                duration(timeout as f64),
                trimmed((timeout as f64 / each).round()),
                model.components[draft.to].name,
                duration(each.round())
            );
            let diagnostic = Diagnostic::new(&codes::W0210, message, span, "far longer than any answer");
            found.push(diagnostic.help("is the unit right? a timeout near the 99.9th percentile protects the caller"));
        }
    }
}
