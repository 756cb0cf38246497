//! Systems that try the calendar: it is full, or its events lie nanoseconds and hours apart.

use sysdl_lower::model::{Arrivals, Count, Distribution, Gaps, Step};
use sysdl_tests::executions::compare;
use sysdl_tests::models::{MS, SECOND, call, component, edge, model, source};

/// 10,000 requests a second with a patience of 20 s, most of them over within a millisecond, a few after seconds, in a module
/// that has room for some thousand events: what waits for nothing any more is dropped, or the run could not go on.
#[test]
fn what_is_over_makes_room() {
    let mut asked = call(0, 0);
    asked.policy.timeout_ns = Some(20 * SECOND);
    let long_tailed = Distribution::Weibull { scale: MS as f64, shape: 0.25 };
    let mut server = component("server", 1, vec![Step::Work(long_tailed)]);
    server.station.servers = None;
    let mut model = model(8, source(Gaps::Poisson, 10_000.0, asked), vec![server], vec![]);
    model.frames_max = 1 << 11;
    compare(&model, true).expect("all executions have the same facts");
}

/// Two thousand at the same nanosecond once a minute, work of milliseconds and of half an hour, users who think for minutes:
/// the wheel turns finer and rougher, and over many digits.
#[test]
fn events_lie_close_together_and_far_apart() {
    let work = |mean_ns: u64| Step::Work(Distribution::Exponential(mean_ns as f64));
    let parts =
        vec![component("counter", 16, vec![work(5 * MS)]), component("archive", 400, vec![work(1_800 * SECOND)])];
    let mut bursts = source(Gaps::Constant, 1.0 / 60.0, call(0, 0));
    bursts.batch = Some(Count::Constant(2_000));
    let mut model = model(3 * 3_600, bursts, parts, vec![edge("users->archive", None, 1)]);
    model.window_ns = 600 * SECOND;
    let mut users = source(Gaps::Constant, 1.0, call(1, 1));
    users.name = "users".to_owned();
    users.arrivals = Arrivals::Closed { users: 300, think: Distribution::Exponential(200e9) };
    model.sources.push(users);
    compare(&model, true).expect("all executions have the same facts");
}

/// Five requests would come in each nanosecond, and one does, or now and then one would: how late it is is carried.
#[test]
fn more_come_than_there_are_nanoseconds() {
    let mut server = component("server", 1, vec![Step::Work(Distribution::Exponential(100.0))]);
    server.station.servers = None;
    for rate in [5e9, 0.3e9] {
        let mut model = model(1, source(Gaps::Poisson, rate, call(0, 0)), vec![server.clone()], vec![]);
        (model.duration_ns, model.window_ns) = (20_000, 4_000);
        compare(&model, true).expect("all executions have the same facts");
    }
}

/// 100,000 requests a second are on their way to their first servers for 100 ms each: more than there are records of flights.
/// When the servers are full and all wait for their turn, those that come later must not overtake them.
#[test]
fn more_are_on_their_way_than_flights_have_records() {
    let way = Distribution::Constant(100.0 * MS as f64);
    let mut balancer = component("balancer", 1, vec![Step::Work(way), Step::Call(call(1, 1))]);
    balancer.station.servers = None;
    let mut app = component("app", 50, vec![Step::Work(Distribution::Exponential(1.5 * MS as f64))]);
    app.replicas = 3;
    let mut model = model(
        1,
        source(Gaps::Poisson, 100_000.0, call(0, 0)),
        vec![balancer, app],
        vec![edge("balancer->app", Some(0), 1)],
    );
    model.window_ns = 100 * MS;
    compare(&model, true).expect("all executions have the same facts");
}
