//! A trace as JSON lines: what it is, then transitions and sampled spans in order, then windows.

use super::{Told, rows, told, window_end};
use crate::trace::Trace;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes a trace, an object a line, each with a `type`.
///
/// # Errors
/// If writing fails.
pub fn jsonl(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let meta = &trace.meta;
    let head = json!({
        "type": "run", "system": meta.system, "scenario": meta.scenario, "seed": trace.seed, "model": meta.model,
        "semantics": meta.semantics, "digest": Trace::hex(trace.digest), "simulated_ns": trace.simulated_ns,
        "records_lost": trace.records_lost,
    });
    writeln!(out, "{head}")?;
    for r in &trace.records {
        let Some(told) = told(trace, r) else { continue };
        let (at_ns, key) = (r.at_ns, format!("{:016x}", r.key));
        let line = match told {
            Told::Visit { component, replica, arrived_ns, outcome } => json!({
                "type": "visit", "component": component, "replica": replica, "arrived_ns": arrived_ns, "ended_ns": at_ns,
                "outcome": outcome, "key": key,
            }),
            Told::Request { flow, created_ns, outcome } => json!({
                "type": "request", "flow": flow, "created_ns": created_ns, "ended_ns": at_ns, "outcome": outcome, "key": key,
            }),
            Told::Effect { label, on } => {
                json!({ "type": if on { "fault_on" } else { "fault_off" }, "at_ns": at_ns, "label": label })
            }
            Told::Breaker { edge, open } => {
                json!({ "type": if open { "breaker_open" } else { "breaker_closed" }, "at_ns": at_ns, "edge": edge })
            }
            Told::Peer { edge, replica, out, why } => {
                let what = if out { "replica_out" } else { "replica_back" };
                json!({ "type": what, "at_ns": at_ns, "edge": edge, "replica": replica, "why": why })
            }
            Told::Assignment { component, over, moved } => json!({
                "type": if over { "rebalanced" } else { "rebalance" }, "at_ns": at_ns, "component": component,
                "moved": moved,
            }),
            Told::Changed { component, what, said } => {
                json!({ "type": what, "at_ns": at_ns, "component": component, "text": said })
            }
            Told::Station { component, replica, what, busy, waiting } => {
                json!({ "type": what, "at_ns": at_ns, "component": component, "replica": replica, "busy": busy, "waiting": waiting })
            }
        };
        writeln!(out, "{line}")?;
    }
    for window in 0..trace.windows.len() {
        for (family, name, columns, values) in rows(trace, window) {
            let cells: Map<String, Value> = columns
                .iter()
                .zip(values)
                .filter(|(_, value)| **value != 0)
                .map(|((column, _), value)| ((*column).to_owned(), json!(value)))
                .collect();
            if !cells.is_empty() {
                let end_ns = window_end(trace, window);
                writeln!(out, "{}", json!({ "type": "window", "end_ns": end_ns, family: name, "columns": cells }))?;
            }
        }
    }
    Ok(())
}
