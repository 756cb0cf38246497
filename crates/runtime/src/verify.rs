//! Identities that hold exactly in every run, whatever was drawn: what came is what went and what is there,
//! Little's law on the sample path, the utilization law, and that windows add up to totals.
//!
//! They follow from what the columns mean. A run that breaks one has not been simulated rightly.

use crate::trace::{Interval, Trace, kinds};
use sysdl_kernel::columns::{
    Kind, component, edge, edges_at, flow, flows_at, replicas_at, subscription, subscriptions_at,
};
use sysdl_kernel::outcome;

/// What a run breaks, one line each; empty if every identity holds.
#[must_use]
pub fn verify(trace: &Trace) -> Vec<String> {
    let run = trace.interval(0, trace.simulated_ns);
    let mut broken = Broken(Vec::new());
    for (index, meta) in trace.meta.components.iter().enumerate() {
        of_component(trace, &run, index, &meta.name, &mut broken);
    }
    for (index, meta) in trace.meta.edges.iter().enumerate() {
        of_edge(&run, index, &meta.name, &mut broken);
    }
    for (index, meta) in trace.meta.flows.iter().enumerate() {
        of_flow(trace, &run, index, &meta.name, &mut broken);
    }
    for (index, meta) in trace.meta.subscriptions.iter().enumerate() {
        of_subscription(trace, &run, index, &trace.meta.edges[meta.edge as usize].name, &mut broken);
    }
    of_neighbors(trace, &run, &mut broken);
    of_windows(trace, &run, &mut broken);
    broken.0
}

/// Lines about what does not hold.
struct Broken(Vec<String>);

impl Broken {
    fn equal(&mut self, what: &str, name: &str, left: u64, right: u64) {
        if left != right {
            self.0.push(format!("{name}: {what}: {left} is not {right}"));
        }
    }

    fn at_most(&mut self, what: &str, name: &str, left: u64, right: u64) {
        if left > right {
            self.0.push(format!("{name}: {what}: {left} is more than {right}"));
        }
    }
}

fn of_component(trace: &Trace, run: &Interval, index: usize, name: &str, broken: &mut Broken) {
    let get = |column: usize| run.component(index, column);
    let ended: u64 = (0..outcome::COUNT).map(|code| get(component::of_outcome(code))).sum();
    let (present, busy) = (get(component::PRESENT), get(component::BUSY));
    let joined = get(component::JOINED);
    broken.equal("arrivals = ended + joined + present", name, get(component::ARRIVALS), ended + joined + present);
    let (served, sojourns) = (get(component::SERVICE_NS), run.sojourn(index).count());
    broken.equal("waiting times = starts", name, run.waiting(index).count(), get(component::STARTS));
    broken.at_most("sojourn times <= ended", name, sojourns, ended);
    broken.at_most(
        "killed <= failed",
        name,
        get(component::KILLED),
        get(component::OUTCOMES + outcome::FAILED as usize),
    );

    // Little's law: who has left contributes to the integral exactly the time that he was there.
    let stayed = get(component::SOJOURN_NS);
    broken.at_most("sojourn <= integral of present", name, stayed, get(component::PRESENT_NS));
    if get(component::REQUEUED) == 0 {
        // Who begins anew has waited since he came, while he was in service too.
        broken.at_most("waiting <= integral of queue", name, get(component::WAITING_NS), get(component::QUEUE_NS));
    }
    if present == 0 && sojourns == ended {
        broken.equal("integral of present = sojourn", name, get(component::PRESENT_NS), stayed);
    }

    // Utilization law: servers are busy with what they give, and with what is not yet given or was lost in a crash.
    broken.at_most("service <= integral of busy", name, served, get(component::BUSY_NS));
    if busy == 0 && get(component::KILLED) == 0 && !can_crash(trace, name) {
        broken.equal("integral of busy = service", name, get(component::BUSY_NS), served);
    }
    let [at_work, processors] = [get(component::PROCESSORS_BUSY_NS), get(component::PROCESSORS_NS)];
    broken.at_most("processors at work <= processors", name, at_work, processors);
    let percentiles = [component::SOJOURN_P50, component::SOJOURN_P95, component::SOJOURN_P99];
    for window in 0..trace.windows.len() {
        let [p50, p95, p99] = percentiles.map(|column| trace.window_component(window, index, column));
        broken.at_most("p50 <= p95", name, p50, p95);
        broken.at_most("p95 <= p99", name, p95, p99);
    }
}

/// Whether a replica of a component may go down, and take with it work that was never given.
fn can_crash(trace: &Trace, name: &str) -> bool {
    trace.meta.slots.iter().any(|slot| slot.name == format!("{name}.down"))
}

fn of_edge(run: &Interval, index: usize, name: &str, broken: &mut Broken) {
    let get = |column: usize| run.edge(index, column);
    let made = get(edge::CALLS) + get(edge::RETRIES) + get(edge::HEDGES);
    broken.equal("attempts = calls + retries + hedges", name, get(edge::ATTEMPTS), made);
    broken.at_most("ended <= calls", name, get(edge::OK) + get(edge::FAILED), get(edge::CALLS));
    broken.at_most("connects <= attempts", name, get(edge::CONNECTS), get(edge::ATTEMPTS));
    broken.at_most("timeouts <= attempts", name, get(edge::TIMEOUTS), get(edge::ATTEMPTS));
    broken.at_most("not sent <= attempts", name, get(edge::REFUSED) + get(edge::NO_PERMIT), get(edge::ATTEMPTS));
}

fn of_flow(trace: &Trace, run: &Interval, index: usize, name: &str, broken: &mut Broken) {
    let get = |column: usize| run.flow(index, column);
    let ended: u64 = (0..outcome::COUNT).map(|code| get(flow::of_outcome(code))).sum::<u64>() + get(flow::LATE);
    broken.equal("requests = ended + in flight", name, get(flow::REQUESTS), ended + get(flow::IN_FLIGHT));
    let times = run.response([index]);
    broken.equal("response times = ended", name, times.count(), ended);
    broken.at_most("ended <= attempts", name, ended, get(flow::ATTEMPTS));
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| times.quantile(share).unwrap_or(0));
    broken.at_most("p50 <= p95", name, p50, p95);
    broken.at_most("p95 <= p99", name, p95, p99);
    // A percentile is the middle of its bucket, at most 1/128 of its value wide.
    broken.at_most("p99 <= max", name, p99 - p99 / 128, get(flow::RESPONSE_MAX_NS));
    let _ = trace;
}

fn of_subscription(trace: &Trace, run: &Interval, index: usize, name: &str, broken: &mut Broken) {
    let get = |column: usize| run.subscription(index, column);
    let (messages, again) = (get(subscription::MESSAGES), get(subscription::REDELIVERED));
    broken.at_most("duplicates <= redelivered", name, get(subscription::DUPLICATES), again);
    let gone = get(subscription::HANDLED)
        + get(subscription::DROPPED)
        + get(subscription::EXPIRED)
        + get(subscription::DISPLACED);
    broken.at_most("handled + dropped + expired + displaced <= messages + redelivered", name, gone, messages + again);
    broken.at_most("hottest <= messages", name, get(subscription::HOTTEST), messages);
    let partitions = u64::from(trace.meta.subscriptions[index].partitions);
    broken.at_most("messages <= partitions * hottest", name, messages, partitions * get(subscription::HOTTEST));
    let times = run.end_to_end([&trace.meta.subscriptions[index]]);
    broken.equal("times from end to end = handled", name, times.count(), get(subscription::HANDLED));
    let longest = times.quantile(1.0).unwrap_or(0);
    let most = get(subscription::END_TO_END_MAX_NS);
    broken.at_most("percentiles <= max", name, longest - longest / 128, most);
    broken.at_most("max <= sum", name, most, get(subscription::END_TO_END_NS));
}

/// What arrives somewhere was sent there, or came again.
fn of_neighbors(trace: &Trace, run: &Interval, broken: &mut Broken) {
    for (index, meta) in trace.meta.components.iter().enumerate() {
        let into = (0..trace.meta.edges.len()).filter(|&e| trace.meta.edges[e].to as usize == index);
        let sent = |e: usize| run.edge(e, edge::ATTEMPTS) - run.edge(e, edge::REFUSED).min(run.edge(e, edge::ATTEMPTS));
        let again = (trace.meta.subscriptions.iter().enumerate())
            .filter(|(_, s)| trace.meta.edges[s.edge as usize].to as usize == index)
            .map(|(s, _)| run.subscription(s, subscription::REDELIVERED));
        let sent: u64 = into.map(sent).chain(again).sum();
        broken.at_most("arrivals <= sent", &meta.name, run.component(index, component::ARRIVALS), sent);
    }
    let flows = 0..trace.meta.flows.len();
    broken.equal(
        "requests = those of its flows",
        "run",
        trace.requests,
        flows.map(|f| run.flow(f, flow::REQUESTS)).sum(),
    );
}

/// Counts of closed windows, and of the one that is open, add up to the totals.
fn of_windows(trace: &Trace, run: &Interval, broken: &mut Broken) {
    let (components, edges, flows) = (trace.meta.components.len(), trace.meta.edges.len(), trace.meta.flows.len());
    let replicas = replicas_at(components, edges, flows, trace.meta.subscriptions.len());
    let whole = trace.windows.len() as u64 * trace.meta.window_ns == trace.simulated_ns;
    let total = |word: usize| match word {
        word if word < edges_at(components) => run.component(word / component::COUNT, word % component::COUNT),
        word if word < flows_at(components, edges) => {
            let word = word - edges_at(components);
            run.edge(word / edge::COUNT, word % edge::COUNT)
        }
        word if word >= replicas => {
            let word = word - replicas;
            run.component(components + word / component::COUNT, word % component::COUNT)
        }
        word if word >= subscriptions_at(components, edges, flows) => {
            let word = word - subscriptions_at(components, edges, flows);
            run.subscription(word / subscription::COUNT, word % subscription::COUNT)
        }
        word => {
            let word = word - flows_at(components, edges);
            run.flow(word / flow::COUNT, word % flow::COUNT)
        }
    };
    for (word, kind) in kinds(&trace.meta).enumerate() {
        if kind != Kind::Sum {
            continue;
        }
        let sum: u64 = trace.windows.iter().map(|window| window[word]).sum();
        let name = format!("word {word}");
        broken.at_most("windows <= total", &name, sum, total(word));
        if whole {
            broken.equal("windows = total", &name, sum, total(word));
        }
    }
}
