//! Small models, built by hand. Tests change what they are about.

use sysdl_lower::model::{
    Arrivals, At, Balance, Call, Component, ComponentId, Conduct, Discipline, Distribution, Edge, EdgeId, Endpoint,
    EndpointId, Gaps, GivesUpAs, Hold, Jitter, Model, Overflow, Policy, Queueing, RateProfile, Retry, Source, Station,
    Step, Store,
};

/// One millisecond in nanoseconds.
pub const MS: u64 = 1_000_000;
/// One second in nanoseconds.
pub const SECOND: u64 = 1_000 * MS;

/// So many milliseconds of work, always.
#[must_use]
pub fn work_ms(time: u64) -> Step {
    Step::Work(Distribution::Constant((time * MS) as f64))
}

/// A call that waits for ever and tries once.
#[must_use]
pub fn call(edge: u32, component: u32) -> Call {
    let endpoint = EndpointId { component: ComponentId(component), index: 0 };
    let policy = Policy {
        timeout_ns: None,
        gives_up_as: GivesUpAs::Timeout,
        retry: None,
        once_received: false,
        hedge_after_ns: None,
        hedge_percentile: None,
        hedges_more: 0,
        idempotent: false,
        cancel: false,
        deadline: false,
    };
    Call { edge: EdgeId(edge), endpoint, policy, skip_failure: false, key: None, size: None, at: At::Any }
}

/// Tries again after every failure, 1 ms later.
#[must_use]
pub fn retry(max: u32) -> Retry {
    Retry {
        max,
        backoff_ns: MS,
        factor: 1.0,
        cap_ns: MS,
        jitter: Jitter::None,
        budget: None,
        on: !1,
        bucket: None,
        throttled: None,
        honor: false,
    }
}

/// One replica with some servers and an endless queue, and one endpoint.
#[must_use]
pub fn component(name: &str, servers: u32, steps: Vec<Step>) -> Component {
    let station = Station {
        servers: Some(servers),
        queue_capacity: None,
        hold: Hold::Visit,
        queue: Queueing::PerReplica,
        overflow: Overflow::Reject,
        discipline: Discipline::Fifo,
        sharing: None,
        limit: None,
        quota: None,
        patience: None,
        setup: None,
        batch: None,
        retry_after_ns: None,
        group: None,
    };
    Component {
        name: name.to_owned(),
        kind: "service".to_owned(),
        replicas: 1,
        zones: 0,
        station,
        store: None,
        endpoints: vec![Endpoint {
            name: "serve".to_owned(),
            good_within_ns: None,
            priority: 0,
            writes: false,
            steps,
            result: None,
            budget: None,
            context: None,
        }],
        monthly_usd: None,
        fleet: None,
        cluster: None,
        watched: false,
        leaders: None,
    }
}

/// A store without bounds.
#[must_use]
pub fn store() -> Store {
    Store::default()
}

/// An edge on which a message takes a nanosecond and none is lost.
#[must_use]
pub fn edge(name: &str, from: Option<u32>, to: u32) -> Edge {
    Edge {
        name: name.to_owned(),
        from: from.map(ComponentId),
        to: ComponentId(to),
        latency: Distribution::Constant(0.0),
        loss: 0.0,
        balance: Balance::RoundRobin,
        breaker: None,
        permits: None,
        eligibility: None,
        zones: None,
        conduct: Conduct::default(),
        bandwidth: None,
        subscription: None,
        gather: None,
        connections: None,
    }
}

/// Open arrivals that make one call each.
#[must_use]
pub fn source(gaps: Gaps, rate: f64, call: Call) -> Source {
    let rate = RateProfile::Steady(rate);
    Source {
        name: "load".to_owned(),
        arrivals: Arrivals::Open { gaps, rate },
        mix: vec![(1.0, call)],
        batch: None,
        session: None,
    }
}

/// A model of some components. Edge 0 leads the source to component 0; more edges follow it.
#[must_use]
pub fn model(seconds: u64, source: Source, components: Vec<Component>, more_edges: Vec<Edge>) -> Model {
    let first = edge(&format!("load->{}", components[0].name), None, 0);
    Model {
        system: "hand-built".to_owned(),
        scenario: "steady".to_owned(),
        seed: 42,
        duration_ns: seconds * SECOND,
        warmup_ns: 0,
        window_ns: SECOND,
        frames_max: 1 << 17,
        components,
        edges: std::iter::once(first).chain(more_edges).collect(),
        sources: vec![source],
        effects: Vec::new(),
        triggers: Vec::new(),
        phases: Vec::new(),
        interactive: false,
    }
}
