//! A trace for Perfetto and chrome://tracing: spans of sampled requests, faults, and counters per window.
//!
//! The form is the JSON trace event format; times are microseconds.

use super::{Told, told, window_end};
use crate::trace::Trace;
use serde_json::{Value, json};
use std::io::{self, Write};
use sysdl_kernel::columns::component;

/// Processes of the picture.
const SYSTEM: u32 = 1;
const REQUESTS: u32 = 2;
/// Threads of the system: phases and faults.
const PHASES: u32 = 1;
const FAULTS: u32 = 2;

/// Writes a trace.
///
/// # Errors
/// If writing fails.
pub fn perfetto(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    let mut first = true;
    let mut emit = |event: Value| {
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        write!(out, "{comma}\n{event}")
    };
    for (pid, tid, what, name) in [
        (SYSTEM, 0, "process_name", trace.meta.system.as_str()),
        (REQUESTS, 0, "process_name", "sampled requests"),
        (SYSTEM, PHASES, "thread_name", "phases"),
        (SYSTEM, FAULTS, "thread_name", "faults"),
    ] {
        emit(json!({ "ph": "M", "pid": pid, "tid": tid, "name": what, "args": { "name": name } }))?;
    }
    for phase in &trace.meta.phases {
        let (start, end) = (phase.start_ns, phase.end_ns);
        emit(
            json!({ "ph": "X", "pid": SYSTEM, "tid": PHASES, "name": phase.name, "ts": us(start), "dur": us(end - start) }),
        )?;
    }
    records(trace, &mut emit)?;
    counters(trace, &mut emit)?;
    writeln!(out, "\n]}}")
}

fn us(ns: u64) -> f64 {
    ns as f64 / 1e3
}

fn records(trace: &Trace, emit: &mut dyn FnMut(Value) -> io::Result<()>) -> io::Result<()> {
    for r in &trace.records {
        let Some(told) = told(trace, r) else { continue };
        let id = format!("{:016x}", r.key);
        let mut span = |category: &str, name: &str, start_ns: u64, args: Value| {
            let at = |ph: &str, ns: u64, args: &Value| json!({ "ph": ph, "pid": REQUESTS, "tid": 0, "cat": category, "id": id, "name": name, "ts": us(ns), "args": args });
            emit(at("b", start_ns, &args))?;
            emit(at("e", r.at_ns, &json!({})))
        };
        match told {
            Told::Visit { component, replica, arrived_ns, outcome } => {
                span("visit", component, arrived_ns, json!({ "outcome": outcome, "replica": replica }))?;
            }
            Told::Request { flow, created_ns, outcome } => {
                span("request", flow, created_ns, json!({ "outcome": outcome }))?;
            }
            Told::Effect { label, on } => {
                let name = if on { label.to_owned() } else { format!("{label} is over") };
                emit(json!({ "ph": "i", "s": "p", "pid": SYSTEM, "tid": FAULTS, "name": name, "ts": us(r.at_ns) }))?;
            }
            Told::Breaker { edge, open } => {
                let name = format!("breaker {edge} {}", if open { "opens" } else { "closes" });
                emit(json!({ "ph": "i", "s": "p", "pid": SYSTEM, "tid": FAULTS, "name": name, "ts": us(r.at_ns) }))?;
            }
            Told::Peer { edge, replica, out, why } => {
                let name = format!("{edge}[{replica}] {}: {why}", if out { "left out" } else { "back" });
                emit(json!({ "ph": "i", "s": "p", "pid": SYSTEM, "tid": FAULTS, "name": name, "ts": us(r.at_ns) }))?;
            }
            Told::Assignment { component, over, moved } => {
                let name = format!("{component} {}", if over { "rebalanced" } else { "rebalances" });
                let args = json!({ "moved": moved });
                emit(
                    json!({ "ph": "i", "s": "p", "pid": SYSTEM, "tid": FAULTS, "name": name, "ts": us(r.at_ns), "args": args }),
                )?;
            }
            Told::Changed { said, .. } => {
                emit(json!({ "ph": "i", "s": "p", "pid": SYSTEM, "tid": FAULTS, "name": said, "ts": us(r.at_ns) }))?;
            }
            Told::Station { component, replica, what, busy, waiting } => {
                let name = format!("{component}{} {what}", replica.map_or(String::new(), |r| format!("[{r}]")));
                let args = json!({ "busy": busy, "waiting": waiting });
                emit(
                    json!({ "ph": "i", "s": "p", "pid": SYSTEM, "tid": FAULTS, "name": name, "ts": us(r.at_ns), "args": args }),
                )?;
            }
        }
    }
    Ok(())
}

fn counters(trace: &Trace, emit: &mut dyn FnMut(Value) -> io::Result<()>) -> io::Result<()> {
    for window in 0..trace.windows.len() {
        let ts = us(window_end(trace, window));
        for (index, c) in trace.meta.components.iter().enumerate() {
            let cell = |column| trace.window_component(window, index, column);
            let busy_and_waiting = json!({ "busy": cell(component::BUSY), "waiting": cell(component::QUEUE) });
            emit(json!({ "ph": "C", "pid": SYSTEM, "name": c.name, "ts": ts, "args": busy_and_waiting }))?;
            let arrivals = json!({ "arrivals": cell(component::ARRIVALS) });
            emit(
                json!({ "ph": "C", "pid": SYSTEM, "name": format!("{} arrivals", c.name), "ts": ts, "args": arrivals }),
            )?;
        }
    }
    Ok(())
}
