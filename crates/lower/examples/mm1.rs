//! Writes the module of an M/M/1 station.
use sysdl_lower::model::*;

fn main() {
    let policy = Policy { timeout_ns: None, gives_up_as: GivesUpAs::Timeout, retry: None };
    let station = Station {
        servers: Some(1),
        queue_capacity: None,
        hold: Hold::Visit,
        queue: Queueing::PerReplica,
        overflow: Overflow::Reject,
    };
    let call = Call {
        edge: EdgeId(0),
        endpoint: EndpointId { component: ComponentId(0), index: 0 },
        policy,
        skip_failure: false,
    };
    let model = Model {
        system: "mm1".into(),
        scenario: "steady".into(),
        seed: 42,
        duration_ns: 100_000_000_000_0,
        warmup_ns: 0,
        window_ns: 1_000_000_000,
        frames_max: 1 << 20,
        components: vec![Component {
            name: "server".into(),
            kind: "service".into(),
            replicas: 1,
            station,
            store: None,
            endpoints: vec![Endpoint {
                name: "serve".into(),
                good_within_ns: None,
                steps: vec![Step::Work(Distribution::Exponential(1e5))],
            }],
            monthly_usd: None,
        }],
        edges: vec![Edge {
            name: "load->server".into(),
            from: None,
            to: ComponentId(0),
            latency: Distribution::Constant(0.0),
            loss: 0.0,
            balance: Balance::RoundRobin,
        }],
        sources: vec![Source {
            name: "load".into(),
            arrivals: Arrivals::Open { gaps: Gaps::Poisson, rate: RateProfile::Steady(8000.0) },
            mix: vec![(1.0, call)],
        }],
        effects: vec![],
        phases: vec![],
        interactive: false,
    };
    let compiled = sysdl_lower::compile(&model).unwrap();
    eprintln!("{:?}", (compiled.module.labels, compiled.module.kernel_functions, compiled.module.pages));
    std::fs::write("/tmp/mm1.wasm", &compiled.module.bytes).unwrap();
}
