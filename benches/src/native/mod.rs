//! Two topologies as programs written by hand, for speed, that record all that a module records.
//!
//! Each knows its topology and nothing else: state is in arrays, nothing is allocated per request. They draw by the same
//! keys and count in the same windows, so they end in the same digest, or they are wrong. Of the reference topology, `web`,
//! there are two, in which what nobody contends for is no event. Of the storm there are two in which every step is one: in one
//! calendar, or in one for each kind of event.

mod backoff;
mod facts;
mod heap;
mod ledger;
mod servers;
mod setup;
mod source;
mod storm;
mod web;
mod wheel;
mod window;

use std::rc::Rc;
use sysdl_kernel::fact::Digest;
use sysdl_lower::plan::Plan;

pub use setup::Setup;

/// What a run has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Requests created.
    pub requests: u64,
    /// Sum of all facts.
    pub digest: Digest,
}

/// A program made ready for a scenario.
pub struct Program {
    /// What it is called in tables.
    pub name: &'static str,
    /// Runs it under a seed.
    pub run: Box<dyn Fn(u64) -> Outcome>,
}

/// The programs for a plan, those that schedule more before those that schedule less.
///
/// # Errors
/// If it is of a topology that no program knows.
pub fn programs(plan: &Plan) -> Result<Vec<Program>, String> {
    if storm::Setup::is_of(plan) {
        let setup = storm::Setup::of(plan)?;
        let program = |name, run: fn(&storm::Setup) -> Outcome| {
            let setup = setup.clone();
            Program { name, run: Box::new(move |seed| run(&storm::Setup { seed, ..setup.clone() })) }
        };
        return Ok(vec![program("by hand, events", storm::events::run), program("by hand, fused", storm::rings::run)]);
    }
    let setup = Rc::new(Setup::of(plan)?);
    let program = |name, eager| {
        let setup = setup.clone();
        let run = move |seed| web::run(&Setup { seed, ..(*setup).clone() }, eager);
        Program { name, run: Box::new(run) }
    };
    Ok(vec![program("by hand, fused", false), program("by hand, eager", true)])
}
