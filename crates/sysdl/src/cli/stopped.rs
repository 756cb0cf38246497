//! Runs that stop before their end: why, and what can be done.

use std::cmp::Reverse;
use sysdl_kernel::columns::component;
use sysdl_runtime::Trace;
use sysdl_runtime::export::grouped;
use sysdl_runtime::guest::Status;

/// Why a run has stopped before its end, with help on a line of its own; none if it has not.
pub fn early(trace: &Trace) -> Option<String> {
    match trace.status {
        Status::OutOfPool => Some(out_of_pool(trace)),
        Status::OutOfBudget => Some(out_of_budget(trace)),
        Status::Done | Status::Reached => None,
    }
}

fn out_of_budget(trace: &Trace) -> String {
    format!(
        "out of budget: {} events took it to t = {:.1} s of {:.1} s\n  help: allow more with `--max-events`, or simulate less with `duration`",
        grouped(trace.events, ','),
        trace.simulated_ns as f64 / 1e9,
        trace.meta.duration_ns as f64 / 1e9
    )
}

/// Where everything is stuck when there was no room for one more, and what can be done.
fn out_of_pool(trace: &Trace) -> String {
    let now = trace.simulated_ns as f64 / 1e9;
    let run = trace.interval(0, trace.simulated_ns);
    let (all, names) = (u64::from(trace.frames_in_use), &trace.meta.components);
    let waiting = |c: usize| run.component(c, component::QUEUE);
    let served = |c: usize| run.component(c, component::PRESENT).saturating_sub(waiting(c));
    let most = |of: &dyn Fn(usize) -> u64| (0..names.len()).map(|c| (of(c), c)).max_by_key(|&(n, c)| (n, Reverse(c)));
    let (in_queue, at_servers) = (most(&waiting).unwrap_or((0, 0)), most(&served).unwrap_or((0, 0)));
    // Who waits in a queue has a request behind it, and often callers: a queue is what holds up all of them.
    let (place, what) = if in_queue.0 >= all / 8 && in_queue.0 > 0 {
        let name = &names[in_queue.1].name;
        (
            format!("{} of them waiting at `{name}`", how_many(in_queue.0, all)),
            format!("bound the queue of `{name}` (`queue = 1000`), shed, or let callers give up"),
        )
    } else if at_servers.0 >= all / 8 && at_servers.0 > 0 {
        let name = &names[at_servers.1].name;
        (
            format!("{} of them being served at `{name}`", how_many(at_servers.0, all)),
            format!("bound `concurrency` and `queue` of `{name}`, or let callers give up"),
        )
    } else {
        ("spread over components and the ways between them".to_owned(), "let fewer requests come".to_owned())
    };
    format!(
        "out of pool: {} requests and calls in flight at t = {now:.1} s, {place}{}\n  help: {what}; or make room: `in_flight = {}` in the scenario",
        grouped(all, ','),
        if trace.calendar_full { "; no entry is left for a future event" } else { "" },
        room(trace.frames_peak)
    )
}

/// `most`, if what waits and the requests behind it are most of all; else the number.
fn how_many(part: u64, all: u64) -> String {
    if part * 2 + 1 >= all { "most".to_owned() } else { grouped(part, ',') }
}

/// Twice as much room, as it would be written.
fn room(frames: u32) -> String {
    match frames.saturating_mul(2) {
        large @ 1_000_000.. => format!("{}M", large / 1_000_000),
        large @ 1_000.. => format!("{}k", large / 1_000),
        small => small.to_string(),
    }
}
