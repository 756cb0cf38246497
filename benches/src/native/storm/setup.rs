//! What a scenario of the storm says, read out of its plan.

use crate::native::backoff::Backoff;
use sysdl_kernel::outcome::{REJECTED, TIMEOUT};
use sysdl_lower::plan::{Plan, UNBOUNDED};

/// Names of steps, from which draws are keyed.
pub mod path {
    use sysdl_kernel::draw::name_hash;
    /// The source's own call.
    pub const TO_GATE: u64 = name_hash("people/gate.get");
    /// The gate's call.
    pub const TO_SERVER: u64 = name_hash("gate.get/call server.get");
    /// Work of the server.
    pub const WORK: u64 = name_hash("server.get/work");
}

/// The storm in numbers. Times are in nanoseconds.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Seed of all draws.
    pub seed: u64,
    /// Length of the run.
    pub duration_ns: u64,
    /// Length of a window.
    pub window_ns: u64,
    /// Requests per second.
    pub rate: f64,
    /// Servers.
    pub servers: u64,
    /// Calls that may wait for one.
    pub room: u64,
    /// Mean work for a call.
    pub work_ns: f64,
    /// Time after which an attempt is given up.
    pub timeout_ns: u64,
    /// What the gate does then, and when it is turned away.
    pub backoff: Backoff,
}

impl Setup {
    /// Whether a plan is of the same components and edges.
    pub fn is_of(plan: &Plan) -> bool {
        plan.components.name == ["gate", "server"] && plan.edges.name == ["gate->server", "people->gate"]
    }

    /// Of a plan.
    ///
    /// # Errors
    /// If it is no storm.
    pub fn of(plan: &Plan) -> Result<Self, String> {
        let rows = &plan.components;
        let backoff = Backoff::of(plan, 0).ok_or("pauses are without jitter")?;
        let [calls, comes] = [0, 1].map(|site| plan.sites.policy[site] as usize);
        let setup = Self {
            seed: plan.run.seed,
            duration_ns: plan.run.duration_ns,
            window_ns: plan.run.window_ns,
            rate: plan.sources.rate[0],
            servers: rows.servers[1] as u64,
            room: rows.queue_capacity[1] as u64,
            work_ns: plan.distributions.scale[0],
            timeout_ns: plan.policies.timeout_ns[calls],
            backoff,
        };
        let again = 1 << TIMEOUT | 1 << REJECTED;
        let known = rows.servers[0] == UNBOUNDED
            && plan.policies.retry_on[calls] == again
            && plan.policies.timeout_ns[comes] == 0
            // Whoever is turned away hears of it before.
            && setup.timeout_ns > 2;
        if known { Ok(setup) } else { Err("this is another storm".to_owned()) }
    }
}
