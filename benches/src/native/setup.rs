//! What a scenario of the reference topology says, read out of its plan.

use super::backoff::Backoff;
use sysdl_lower::plan::Plan;

/// Names of steps, from which draws are keyed.
pub mod path {
    use sysdl_kernel::draw::name_hash;
    /// The source's own call.
    pub const TO_BALANCER: u64 = name_hash("people/balancer.get");
    /// The balancer's call.
    pub const TO_APP: u64 = name_hash("balancer.get/call app.get");
    /// Own work of the application.
    pub const APP_WORK: u64 = name_hash("app.get/work");
    /// The lookup's call.
    pub const TO_CACHE: u64 = name_hash("app.get/lookup cache.get");
    /// Whether it hits.
    pub const HIT: u64 = name_hash("app.get/lookup cache.get/hit");
    /// The call of a miss.
    pub const TO_DATABASE: u64 = name_hash("app.get/lookup cache.get/miss/call db.read");
    /// Work of the cache.
    pub const CACHE_WORK: u64 = name_hash("cache.get/work");
    /// Work of the database.
    pub const DATABASE_WORK: u64 = name_hash("db.read/work");
}

/// How long callers wait, and what they do then.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    /// Time after which a visitor leaves, in nanoseconds.
    pub visitor_ns: u64,
    /// Time after which the application gives up the database, in nanoseconds.
    pub database_ns: u64,
    /// What it does then.
    pub backoff: Backoff,
}

/// The reference topology in numbers. Times are in nanoseconds.
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
    /// Replicas of the applications.
    pub apps: u32,
    /// Servers of each.
    pub slots: u32,
    /// Connections of the database.
    pub connections: u32,
    /// Time of the balancer.
    pub balance_ns: u64,
    /// Mean work of an application.
    pub work_ns: f64,
    /// Mean time of the cache.
    pub read_ns: f64,
    /// Share of lookups that hit.
    pub hits: f64,
    /// Mean time of the database.
    pub query_ns: f64,
    /// None if everybody waits for ever.
    pub patience: Option<Patience>,
}

impl Setup {
    /// Of a plan.
    ///
    /// # Errors
    /// If it is not the reference topology.
    pub fn of(plan: &Plan) -> Result<Self, String> {
        let names = |all: &[String]| all.join(" ");
        let parts = (names(&plan.components.name), names(&plan.edges.name), names(&plan.ops.label));
        if (parts.0.as_str(), parts.1.as_str()) != (COMPONENTS, EDGES) {
            return Err(format!("this is another topology: {} {}", parts.0, parts.1));
        }
        let mean = |label: &str| {
            let op = plan.ops.label.iter().position(|other| other == label);
            let distribution = plan.ops.a[op.ok_or(format!("there is no {label}"))?] as usize;
            Ok::<f64, String>(plan.distributions.scale[distribution])
        };
        let hit = plan.ops.label.iter().position(|label| label.ends_with("/hit")).ok_or("there is no lookup")?;
        Ok(Self {
            seed: plan.run.seed,
            duration_ns: plan.run.duration_ns,
            window_ns: plan.run.window_ns,
            rate: plan.sources.rate[0],
            apps: plan.components.replicas[1],
            slots: plan.components.servers[1],
            connections: plan.components.servers[3],
            balance_ns: mean("balancer.get/work")? as u64,
            work_ns: mean("app.get/work")?,
            read_ns: mean("cache.get/work")?,
            hits: plan.ops.f[hit],
            query_ns: mean("db.read/work")?,
            patience: patience(plan)?,
        })
    }
}

const COMPONENTS: &str = "balancer app cache db";
const EDGES: &str = "balancer->app app->cache app->db people->balancer";

/// What callers do that do not wait for ever: visitors, and the application where it asks the database.
fn patience(plan: &Plan) -> Result<Option<Patience>, String> {
    let site = |edge: u32| plan.sites.edge.iter().position(|&of| of == edge).ok_or("an edge has no call");
    let policy = |edge: u32| Ok::<usize, String>(plan.sites.policy[site(edge)?] as usize);
    let rows = &plan.policies;
    let (between, lookup, asks, comes) = (policy(0)?, policy(1)?, policy(2)?, policy(3)?);
    let waits = [rows.timeout_ns[between], rows.timeout_ns[lookup]];
    let plain = rows.hedge_after_ns.iter().chain(&waits).all(|&ns| ns == 0) && rows.retry_max[comes] == 0;
    match (rows.timeout_ns[comes], rows.timeout_ns[asks], Backoff::of(plan, site(2)?)) {
        (0, 0, _) if plain => Ok(None),
        (visitor_ns, database_ns, Some(backoff)) if plain && visitor_ns > 0 && database_ns > 0 => {
            Ok(Some(Patience { visitor_ns, database_ns, backoff }))
        }
        _ => Err("these policies are none that the program knows".to_owned()),
    }
}
