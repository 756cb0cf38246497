//! A trace in the forms that other tools read.
//!
//! Each writes what the module recorded: windows, transitions, and the spans of sampled requests.

mod csv;
mod html;
mod jsonl;
mod perfetto;
mod text;

pub use csv::csv;
pub use html::{html, html_with};
pub use jsonl::jsonl;
pub use perfetto::perfetto;
pub use text::{escape_html, grouped, seconds};

use crate::change;
use crate::trace::{Record, Trace};
use sysdl_kernel::columns::{Column, component, edge, flow, subscription};
use sysdl_kernel::layout::record;
use sysdl_kernel::outcome;

/// A window's end in nanoseconds.
fn window_end(trace: &Trace, window: usize) -> u64 {
    (window as u64 + 1) * trace.meta.window_ns
}

/// Every row of a window: the family, the row's name, its columns and values.
fn rows(trace: &Trace, window: usize) -> impl Iterator<Item = (&'static str, &str, &'static [Column], &[u64])> {
    let meta = &trace.meta;
    let components = meta.components.iter().map(|c| ("component", c.name.as_str(), &component::ALL[..]));
    let edges = meta.edges.iter().map(|e| ("edge", e.name.as_str(), &edge::ALL[..]));
    let flows = meta.flows.iter().map(|f| ("flow", f.name.as_str(), &flow::ALL[..]));
    let subscriptions = (meta.subscriptions.iter())
        .map(|s| ("subscription", meta.edges[s.edge as usize].name.as_str(), &subscription::ALL[..]));
    let words = &trace.windows[window];
    let mut at = 0;
    components.chain(edges).chain(flows).chain(subscriptions).map(move |(family, name, columns)| {
        at += columns.len();
        (family, name, columns, &words[at - columns.len()..at])
    })
}

/// A record in words.
enum Told<'t> {
    /// A visit of a sampled request: component, replica, arrival, outcome.
    Visit { component: &'t str, replica: u32, arrived_ns: u64, outcome: &'static str },
    /// A sampled request: where it entered, creation, outcome.
    Request { flow: &'t str, created_ns: u64, outcome: &'static str },
    /// An effect began or ended.
    Effect { label: &'t str, on: bool },
    /// A breaker opened or closed.
    Breaker { edge: &'t str, open: bool },
    /// An edge stopped sending to a replica, or the reason is over.
    Peer { edge: &'t str, replica: u64, out: bool, why: &'static str },
    /// A group assigns its partitions anew, or has.
    Assignment { component: &'t str, over: bool, moved: u64 },
    /// A component changed: a word for what, and the whole story.
    Changed { component: &'t str, what: &'static str, said: String },
    /// A queue crossed a threshold: that of a replica, or of all.
    Station { component: &'t str, replica: Option<u64>, what: &'static str, busy: u64, waiting: u64 },
}

fn told<'t>(trace: &'t Trace, r: &Record) -> Option<Told<'t>> {
    if trace.is_quiet(r) {
        return None;
    }
    let component = || trace.meta.components.get(r.entity as usize).map(|c| c.name.as_str());
    let named = |code: u64| outcome::NAMES.get(code as usize).copied().unwrap_or("?");
    let replica = r.key.checked_sub(1);
    let station = |what| Some(Told::Station { component: component()?, replica, what, busy: r.a, waiting: r.b });
    match r.kind {
        record::VISIT => Some(Told::Visit {
            component: component()?,
            replica: (r.b >> 32) as u32,
            arrived_ns: r.a,
            outcome: named(r.b & 0xffff_ffff),
        }),
        record::REQUEST => {
            let flow = trace.meta.flows.get(r.entity as usize)?;
            Some(Told::Request { flow: &flow.name, created_ns: r.a, outcome: named(r.b) })
        }
        record::EFFECT_ON | record::EFFECT_OFF => {
            let effect = trace.meta.effects.get(r.entity as usize)?;
            Some(Told::Effect { label: &effect.label, on: r.kind == record::EFFECT_ON })
        }
        record::BREAKER_OPEN | record::BREAKER_CLOSED => {
            let edge = trace.meta.edges.get(r.entity as usize)?;
            Some(Told::Breaker { edge: &edge.name, open: r.kind == record::BREAKER_OPEN })
        }
        record::PEER_OUT | record::PEER_BACK => {
            let edge = &trace.meta.edges.get(r.entity as usize)?.name;
            Some(Told::Peer { edge, replica: r.a, out: r.kind == record::PEER_OUT, why: record::why(r.b) })
        }
        record::REBALANCE | record::REBALANCED => {
            Some(Told::Assignment { component: component()?, over: r.kind == record::REBALANCED, moved: r.a })
        }
        record::QUEUE_FULL => station("full"),
        record::OVERLOADED => station("overloaded"),
        record::QUEUE_DRAINED => station("drained"),
        _ => {
            let component = component()?;
            change(component, r).map(|(what, said)| Told::Changed { component, what, said })
        }
    }
}
