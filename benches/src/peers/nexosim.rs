//! NeXosim: models with ports and mailboxes under an asynchronous executor, here with one thread.

use super::{Draws, Tally, Topology};
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A request: when it was created, and the application that serves it.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Request {
    created: MonotonicTime,
    app: usize,
}

fn after(seconds: f64) -> Duration {
    Duration::from_nanos(((seconds * 1e9) as u64).max(1))
}

/// Traffic and the balancer's delay.
#[derive(Serialize, Deserialize)]
struct Source {
    to_apps: Output<Request>,
    rate: f64,
    #[serde(skip)]
    draws: Draws,
}

#[Model]
impl Source {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        let gap = after(self.draws.exponential(1.0 / self.rate));
        cx.schedule_event(gap, schedulable!(Self::create), ()).expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn create(&mut self, _: (), cx: &Context<Self>) {
        let request = Request { created: cx.time(), app: 0 };
        cx.schedule_event(after(100e-6), schedulable!(Self::pass_on), request).expect("it is in the future");
        let gap = after(self.draws.exponential(1.0 / self.rate));
        cx.schedule_event(gap, schedulable!(Self::create), ()).expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn pass_on(&mut self, request: Request) {
        self.to_apps.send(request).await;
    }
}

#[derive(Default)]
struct Totals {
    ended: AtomicU64,
    response_ns: AtomicU64,
}

/// The applications, and the cache's delay.
#[derive(Serialize, Deserialize)]
struct Apps {
    to_database: Output<Request>,
    slots: usize,
    busy: Vec<usize>,
    queues: Vec<VecDeque<Request>>,
    next: usize,
    #[serde(skip)]
    draws: Draws,
    #[serde(skip)]
    totals: Arc<Totals>,
}

#[Model]
impl Apps {
    pub async fn arrive(&mut self, request: Request, cx: &Context<Self>) {
        let app = self.next;
        self.next = (app + 1) % self.busy.len();
        let request = Request { app, ..request };
        if self.busy[app] == self.slots {
            return self.queues[app].push_back(request);
        }
        self.busy[app] += 1;
        self.work(request, cx);
    }

    fn work(&mut self, request: Request, cx: &Context<Self>) {
        let time = after(self.draws.exponential(2e-3));
        cx.schedule_event(time, schedulable!(Self::look_up), request).expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn look_up(&mut self, request: Request, cx: &Context<Self>) {
        let time = after(self.draws.exponential(500e-6));
        cx.schedule_event(time, schedulable!(Self::looked_up), request).expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn looked_up(&mut self, request: Request, cx: &Context<Self>) {
        if self.draws.chance(0.9) {
            self.end(request, cx);
        } else {
            self.to_database.send(request).await;
        }
    }

    pub async fn answered(&mut self, request: Request, cx: &Context<Self>) {
        self.end(request, cx);
    }

    fn end(&mut self, request: Request, cx: &Context<Self>) {
        let took = cx.time().duration_since(request.created);
        self.totals.ended.fetch_add(1, Relaxed);
        self.totals.response_ns.fetch_add(took.as_nanos() as u64, Relaxed);
        match self.queues[request.app].pop_front() {
            Some(next) => self.work(next, cx),
            None => self.busy[request.app] -= 1,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Database {
    to_apps: Output<Request>,
    connections: usize,
    busy: usize,
    queue: VecDeque<Request>,
    #[serde(skip)]
    draws: Draws,
}

#[Model]
impl Database {
    pub async fn ask(&mut self, request: Request, cx: &Context<Self>) {
        if self.busy == self.connections {
            return self.queue.push_back(request);
        }
        self.busy += 1;
        self.query(request, cx);
    }

    fn query(&mut self, request: Request, cx: &Context<Self>) {
        let time = after(self.draws.exponential(5e-3));
        cx.schedule_event(time, schedulable!(Self::done), request).expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn done(&mut self, request: Request, cx: &Context<Self>) {
        match self.queue.pop_front() {
            Some(next) => self.query(next, cx),
            None => self.busy -= 1,
        }
        self.to_apps.send(request).await;
    }
}

/// Runs the topology with one thread.
///
/// # Errors
/// What the simulator says.
pub fn run(topology: Topology) -> Result<Tally, String> {
    let totals = Arc::new(Totals::default());
    let draws = |number: u64| Draws::new(topology.seed.wrapping_mul(3) + number);
    let mut source = Source { to_apps: Output::default(), rate: topology.rate, draws: draws(0) };
    let mut apps = Apps {
        to_database: Output::default(),
        slots: topology.slots,
        busy: vec![0; topology.apps],
        queues: vec![VecDeque::new(); topology.apps],
        next: 0,
        draws: draws(1),
        totals: totals.clone(),
    };
    let mut database = Database {
        to_apps: Output::default(),
        connections: topology.connections,
        busy: 0,
        queue: VecDeque::new(),
        draws: draws(2),
    };
    let (at_source, at_apps, at_database) = (Mailbox::new(), Mailbox::new(), Mailbox::new());
    source.to_apps.connect(Apps::arrive, &at_apps);
    apps.to_database.connect(Database::ask, &at_database);
    database.to_apps.connect(Apps::answered, &at_apps);
    let mut simulation = SimInit::with_num_threads(1)
        .add_model(source, at_source, "source")
        .add_model(apps, at_apps, "apps")
        .add_model(database, at_database, "database")
        .init(MonotonicTime::EPOCH)
        .map_err(|error| error.to_string())?;
    simulation.step_until(Duration::from_secs_f64(topology.seconds)).map_err(|error| error.to_string())?;
    let response_s = totals.response_ns.load(Relaxed) as f64 * 1e-9;
    Ok(Tally { ended: totals.ended.load(Relaxed), response_s })
}
